"""The evidence: everything that is claimed of a loss, tested.

For a density with its options: the density's mass, the ledger, every step's relation, the generated
NumPy and Torch modules against hand-written losses, against other libraries and against the oracle,
and the mean of the score.  A finding is one line of the table; nothing here loosens a bound for a
library that is wrong: the table says so.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import mpmath
import numpy as np
from sympy import Expr, log

from derive import bounds
from derive.accuracy import BOUND_IN_ULP, DTYPES, Truth, Worst, quantity_of
from derive.calculus import DIRECTION, gradient
from derive.calls import computed, places
from derive.certificate import Line, certificate
from derive.derivation import Derivation, Quantity, derivation
from derive.domains import Entries
from derive.elsewhere import Elsewhere, elsewhere
from derive.emit import load
from derive.expectation import Function, Mean, Model
from derive.oracle import Place, Point, value
from derive.relation import holds, judge
from derive.request import Request, request
from derive.resources import hand_written
from derive.scenes import arrays, numbers_in, ordered, parameter_points, points, scene, with_parameters
from derive.targets import MODULES
from derive.workers import shared_out

SKIPPED = "not tested"
NO_DENSITY = "no density, but a practice on top of one"

# A score that spreads no further is zero: that of no trials at all.
ROUNDING = mpmath.mpf(10) ** -25


@dataclass(frozen=True)
class Share:
    """How many of the numbers that one kind of contestant computed fail the certificate.

    bits  the most that one of them has lost beyond conditioning
    """

    ours: bool
    kind: str
    quantity: str
    dtype: str
    failures: int
    numbers: int
    bits: float


@dataclass(frozen=True)
class Finding:
    """What one check of one loss found.

    shares  of the accuracy certificate: what is counted in its summary
    """

    loss: str
    check: str
    passed: bool
    figure: str
    note: str = ""
    shares: tuple[Share, ...] = ()

    @property
    def skipped(self) -> bool:
        """Whether nothing was tested, for the reason in the note."""
        return self.figure == SKIPPED

    @property
    def status(self) -> str:
        """One word for the table; none for what others compute, which is told and not judged."""
        if any(not share.ours for share in self.shares):
            return ""
        return "skip" if self.skipped else "ok" if self.passed else "FAILS"


def verify(request: Request, count: int = 40, accuracy: bool = False) -> list[Finding]:
    """Every finding on one loss, over `count` ordinary points; a truth that is not found falls short.

    accuracy  the accuracy certificate instead, over `count` points of each of its levels
    """
    derived = derivation(request)
    findings = []
    for name, check in (CERTIFICATE if accuracy else CHECKS).items():
        try:
            findings += [Finding(derived.name, *found) for found in check(derived, count)]
        except ArithmeticError as error:
            note = f"{type(error).__name__}: {error}"
            findings.append(Finding(derived.name, name, False, "not resolved", note))
    return findings


def verify_all(
    requests: Sequence[Request], count: int = 40, accuracy: bool = False, workers: int | None = None
) -> Iterator[list[Finding]]:
    """The findings on each loss, in order, from several processes where there are several losses."""
    asked = partial(_asked_again, count=count, accuracy=accuracy)
    yield from shared_out(asked, [row.arguments for row in requests], "verifying", workers)


def _asked_again(arguments: dict[str, Any], count: int, accuracy: bool) -> list[Finding]:
    return verify(request(**arguments), count, accuracy)


# A check, whether it passed, the largest error, where that is, and what counts in the certificate's summary.
Found = Iterator[tuple[str, bool, str, str] | tuple[str, bool, str, str, tuple[Share, ...]]]


def _mass(derived: Derivation, count: int) -> Found:
    """The density sums or integrates to one over its support, for parameters of any size."""
    check, found = "density has mass one", []
    if derived.distribution.practice:
        yield check, True, SKIPPED, NO_DENSITY
        return
    for point in parameter_points(derived, 3):
        try:
            mass = Model(derived, point).mass
        except NotImplementedError as reason:
            yield check, True, SKIPPED, str(reason)
            return
        found.append((Mean(mass.value - 1, mass.error), point, ""))
    yield _of_means(check, found, 1e-9)


def _ledger(derived: Derivation, count: int) -> Found:
    """-log p == factor * loss + dropped, to 25 digits."""
    full = -log(derived.in_predictors(derived.density), evaluate=False)
    parts = derived.factor * derived.loss + derived.dropped
    found = []
    for point in points(derived, 12, "float64", seed=1):
        with mpmath.workdps(40):
            left, right = value(full, point, 30), value(parts, point, 30)
            found.append((_size(left - right) / max(abs(left), 1), point))
    off, where = max(found, key=lambda one: one[0])
    yield "ledger", off < 1e-25, f"off by {mpmath.nstr(off, 2)}", f"at {_shown(where)}"


def _steps(derived: Derivation, count: int) -> Found:
    """Each step stands to the one before as it claims."""
    scenes = [scene(derived, seed) for seed in range(2)]
    wrong = []
    for before, step in zip(derived.steps, derived.steps[1:], strict=False):
        verdict = judge(before.line, step.line, scenes)
        if not holds(step.relation, verdict):
            wrong.append(
                f"{step.rule} claims {step.relation.name.lower()}, found {verdict.relation.name.lower()}"
            )
    yield "steps", not wrong, f"{len(wrong)} of {len(derived.steps) - 1} wrong", "; ".join(wrong)


def _accuracy(derived: Derivation, count: int) -> Found:
    """Value, gradient and Hessian of the generated modules against the oracle."""
    for dtype in DTYPES:
        truth = Truth(derived, dtype, points(derived, count, dtype))
        for target in MODULES:
            check = f"{target.name} {dtype}, excess ulp"
            if not _installed(target.library):
                reason = f"{target.library} is not installed: pip install {target.library}"
                yield check, True, SKIPPED, reason
                continue
            found = truth.worst(target.library, load(derived, target.name))
            worst = max(found, key=lambda one: one.excess)
            figure = ", ".join(f"{one.quantity} {one.excess:.1f}" for one in found)
            passed = worst.excess <= BOUND_IN_ULP
            yield check, passed, figure, _where(worst, passed)


def _certificate(derived: Derivation, count: int) -> Found:
    """Bits lost beyond conditioning at ordinary, wide and extreme points, by library, dtype and quantity."""
    modules = {target.library: load(derived, target.name) for target in MODULES if _installed(target.library)}
    committed = bounds.committed(derived.name) if derived.distribution.origin is None else {}
    for dtype in DTYPES:
        theirs: dict[str, list[Line]] = {}
        for line in certificate(derived, modules, dtype, count):
            if not line.ours:
                theirs.setdefault(line.quantity, []).append(line)
                continue
            worst = line.worst
            figure = f"{line.failures} of {len(line.judged)} fail, {line.not_finite} not finite, "
            figure += f"worst {worst.bits:.1f} bits, median {line.median:.1f}"
            figure += f", {line.without_truth} without truth" if line.without_truth else ""
            note = f"{_named(worst.places)} at {_shown(worst.point, exact=bool(line.failures))}"
            note += f": got {worst.got!r}, truth {worst.truth!r}" if line.failures else ""
            share = _share(line)
            most = committed.get((dtype, share.quantity), math.inf)
            figure += f", more than the bound {most}" if share.bits > most else ""
            passed = not line.failures and share.bits <= most
            yield f"{line.name} {dtype} {line.quantity}", passed, figure, note, (share,)
        for quantity, lines in theirs.items():
            figure = "; ".join(f"{line.name} {line.failures} of {len(line.judged)}" for line in lines)
            yield f"others {dtype} {quantity}", True, f"fail: {figure}", "", tuple(map(_share, lines))


def _share(line: Line) -> Share:
    quantity = "Hessian" if line.quantity.startswith("Hessian") else line.quantity
    return Share(line.ours, line.kind, quantity, line.dtype, line.failures, len(line.judged), line.worst.bits)


def measured(findings: Iterable[Finding]) -> dict[str, bounds.Bounds]:
    """The bounds that the certificate's findings on our own modules make, by loss."""
    most: dict[str, dict[tuple[str, str], int]] = {}
    for finding in findings:
        for share in (share for share in finding.shares if share.ours):
            of_loss = most.setdefault(finding.loss, {})
            place = share.dtype, share.quantity
            of_loss[place] = max(of_loss.get(place, 0), bounds.bound(share.bits, share.dtype))
    return dict(most)


def summary(findings: Iterable[Finding]) -> dict[str, dict[str, str]]:
    """The share of failing numbers in the certificate, by contestant and by what was computed in which dtype."""
    tally: dict[str, dict[str, list[int]]] = {}
    for share in (share for finding in findings for share in finding.shares):
        column = f"{share.quantity} {share.dtype}"
        counted = tally.setdefault(share.kind, {}).setdefault(column, [0, 0])
        counted[0] += share.failures
        counted[1] += share.numbers
    return {
        kind: {
            column: f"{failures / numbers:.2%} of {numbers}" for column, (failures, numbers) in row.items()
        }
        for kind, row in tally.items()
    }


def _by_hand(derived: Derivation, count: int) -> Found:
    """The generated modules against losses that were written by hand."""
    pair = None if derived.distribution.origin else hand_written().find(derived.name)
    if pair is None:
        yield "hand-written", True, SKIPPED, "no hand-written loss for these options"
        return
    loss, slopes = pair
    drawn = points(derived, count, "float64", seed=2)
    given = ordered(derived, arrays(derived, drawn, "float64"))
    theirs: dict[tuple[Place, ...], Any] = {(): loss(*given)}
    for quantity, slope in zip(derived.learned, slopes(*given), strict=True):
        for number, place in enumerate(places(quantity)):
            theirs[place,] = slope[:, number] if quantity.vector else slope
    for target in MODULES:
        if not _installed(target.library):
            continue
        ours = computed(derived, target.library, load(derived, target.name), drawn, "float64")
        off, where, worst = max(
            (
                (off, one.places, number)
                for one in ours
                if one.places in theirs
                for number, off in enumerate(_differences(one.values, theirs[one.places]))
            ),
            key=lambda found: found[0],
        )
        note = f"{_named(where)} at {_shown(drawn[worst])}"
        yield f"{target.name} against hand-written", off < 1e-9, f"off by {off:.1e}", note


def _elsewhere(derived: Derivation, count: int) -> Found:
    """The same loss in other libraries, and where these are wrong."""
    versions = elsewhere(derived)
    if not versions:
        yield "other libraries", True, SKIPPED, "no counterpart of this loss is known in another library"
        return
    drawn = [with_parameters(derived, point) for point in points(derived, count, "float64", seed=3)]
    module = load(derived, "numpy")
    for version in versions:
        name, condition, same = version.row.name, version.row.only, version.comparable(drawn)
        if not _installed(version.row.library):
            continue
        if condition and not same:
            yield name, True, SKIPPED, f"no ordinary point has {condition.words}"
            continue
        ours = module.loss(*ordered(derived, arrays(derived, same, "float64")), reduction="none")
        off = _relative(ours, version.loss(same))
        yield name, off < version.row.within, f"off by {off:.1e}", _wrong(version)


def _wrong(version: Elsewhere) -> str:
    """Where the library is known to be wrong, with what it gives there."""
    wrong, figure = version.wrong, version.row.figure.value
    if wrong is None:
        return ""
    at = _shown(wrong.point)
    return f"known wrong: {wrong.reason}: {figure} = {wrong.given:.5g} at {at}, truly {wrong.truth:.5g}"


def _mean_score(derived: Derivation, count: int) -> Found:
    """The score has mean zero under the model, in units of its spread, where the support is free of θ."""
    check, found = "mean score is zero", []
    reason = "" if derived.regular else "the support depends on θ"
    if derived.distribution.practice:
        reason = NO_DENSITY
    if reason:
        yield check, True, SKIPPED, reason
        return
    for point in parameter_points(derived, 2):
        try:
            model = Model(derived, point)
        except NotImplementedError as reason:
            yield check, True, SKIPPED, str(reason)
            return
        for quantity, slope in zip(derived.learned, gradient(derived).values(), strict=True):
            found += [(mean, point, f"in {quantity.name} ") for mean in _scores(model, quantity, slope)]
    yield _of_means(check, found, 1e-8)


def _scores(model: Model, quantity: Quantity, slope: Expr) -> Iterator[Mean]:
    """The mean of each entry of a score, by its spread; a mass that is missing is missing from it too."""
    scores = [model.function(slope, k=entry) for entry in range(1, numbers_in(quantity, model.classes) + 1)]
    with mpmath.workdps(30):
        means = [model.mean(score) for score in scores]
        tangent = isinstance(quantity.domain, Entries) and quantity.domain.sums_to_one
        normal = sum(mean.value for mean in means) / len(means) if tangent else 0
        missing = abs(model.mass.value - 1) + model.mass.error
        for score, mean in zip(scores, means, strict=True):
            spread = mpmath.sqrt(model.mean(_squared(score)).value)
            spread = spread if abs(spread) > ROUNDING else 1
            yield Mean((mean.value - normal) / spread, mean.error / spread + missing)


def _squared(function: Function) -> Function:
    return lambda observation: function(observation) ** 2


def _of_means(
    check: str, found: Sequence[tuple[Mean, Point, str]], bound: float
) -> tuple[str, bool, str, str]:
    """The finding on means that should be zero: what is not resolved to the bound falls short."""
    mean, point, what = max(found, key=lambda one: _largest(one[0]))
    figure = f"off by {mpmath.nstr(abs(mean.value), 2)}"
    if not mean.error < bound:
        figure = f"not resolved, error {mpmath.nstr(mean.error, 2)}"
    return check, bool(_largest(mean) < bound), figure, f"{what}at {_shown(point)}"


def _largest(mean: Mean) -> Any:
    """How far from zero a mean may be."""
    return _size(mean.value) + _size(mean.error)


def _size(number: Any) -> Any:
    """How large an error is; one that is no number is infinite."""
    return mpmath.inf if mpmath.isnan(number) else abs(number)


CHECKS: dict[str, Callable[[Derivation, int], Found]] = {
    "density has mass one": _mass,
    "ledger": _ledger,
    "steps": _steps,
    "mean score is zero": _mean_score,
    "hand-written": _by_hand,
    "other libraries": _elsewhere,
    "accuracy": _accuracy,
}
CERTIFICATE: dict[str, Callable[[Derivation, int], Found]] = {"accuracy certificate": _certificate}


def _installed(library: str) -> bool:
    return importlib.util.find_spec(library) is not None


def _relative(one: Any, other: Any) -> float:
    """The largest relative difference; below 1e-3 absolute, for there a plainly written loss cancels."""
    return float(np.max(_differences(one, other), initial=0.0))


def _differences(one: Any, other: Any) -> Any:
    """The relative differences; one that is no number is infinite."""
    one, other = np.asarray(one, float), np.asarray(other, float)
    off = np.abs(one - other) / np.maximum(np.abs(other), 1e-3)
    return np.where(np.isnan(off), np.inf, off)


def _where(worst: Worst, passed: bool) -> str:
    """Where the largest error is; of one that falls short, all the digits."""
    if passed:
        return f"{_named(worst.places)} at {_shown(worst.point)}"
    point = _shown(worst.point, exact=True, along=DIRECTION in worst.places)
    return f"{_named(worst.places)} at {point}: got {worst.got!r}, truth {worst.truth!r}"


def _named(where: Sequence[Place]) -> str:
    """What was computed: "value", "gradient in mu", "Hessian in mu, sigma"."""
    numbers = [
        place if isinstance(place, str) else f"{place[0]}[{place[1]}]"
        for place in where
        if place != DIRECTION
    ]
    return f"{quantity_of(where)} in {', '.join(numbers)}" if numbers else quantity_of(where)


def _shown(point: Point, exact: bool = False, along: bool = False) -> str:
    """The numbers of a point, rounded unless exact; along says whether its direction matters."""

    def digits(number: Any) -> str:
        return repr(float(number)) if exact else f"{float(number):.5g}"

    left_out = {"K"} if along else {"K", DIRECTION}
    shown = {
        name: f"[{', '.join(map(digits, number))}]" if np.ndim(number) else digits(number)
        for name, number in point.items()
        if name not in left_out
    }
    return ", ".join(f"{name}={text}" for name, text in shown.items())
