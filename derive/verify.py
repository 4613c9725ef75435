"""The evidence: everything that is claimed of a loss, tested.

For a density with its options: the density's mass, the ledger, every step's relation, the generated
NumPy and Torch modules against hand-written losses, against other libraries and against the oracle,
and the mean of the score.  A finding is one line of the table; nothing here loosens a bound for a
library that is wrong: the table says so.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from types import ModuleType
from typing import Any

import mpmath
import numpy as np
from sympy import Expr, log

from derive.accuracy import CLASSES, DTYPES, arrays, measured, ordered, points
from derive.calculus import gradient
from derive.catalogue.variants import BOUND_IN_ULP
from derive.derivation import Derivation, Quantity, derivation
from derive.domains import Entries, Interval
from derive.elsewhere import Elsewhere, elsewhere
from derive.emit import load
from derive.heads import index_symbol
from derive.oracle import Point, evaluate, value
from derive.relation import holds, judge
from derive.request import Request
from derive.resources import HANDWRITTEN

SKIPPED = "not tested"
SAMPLES = 3
LIBRARIES = ("numpy", "torch")


@dataclass(frozen=True)
class Finding:
    """What one check of one loss found."""

    loss: str
    check: str
    passed: bool
    figure: str
    note: str = ""

    @property
    def skipped(self) -> bool:
        """Whether nothing was tested, for the reason in the note."""
        return self.figure == SKIPPED


def verify(request: Request, count: int = 40) -> list[Finding]:
    """Every finding on one loss, over `count` ordinary points."""
    derived = derivation(request)
    findings = []
    for check in CHECKS:
        for name, passed, figure, note in check(derived, count):
            findings.append(Finding(derived.name, name, passed, figure, note))
    return findings


def verify_all(
    requests: Sequence[Request], count: int = 40, workers: int | None = None
) -> Iterator[list[Finding]]:
    """The findings on each loss, in order, from several processes."""
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(
            partial(_verify_named, count=count), [(r.distribution.name, r.options) for r in requests]
        )


def _verify_named(named: tuple[str, dict[str, str]], count: int) -> list[Finding]:
    from derive.request import request

    name, options = named
    return verify(request(name, **options), count)  # type: ignore[arg-type]


Found = Iterator[tuple[str, bool, str, str]]


def _mass(derived: Derivation, count: int) -> Found:
    """The density sums or integrates to one over its support."""
    worst = mpmath.mpf(0)
    for point in _parameter_points(derived, 3):
        worst = max(worst, abs(_expectation(derived, lambda _: mpmath.mpf(1), point) - 1))
    yield "density has mass one", worst < 1e-9, f"off by {mpmath.nstr(worst, 2)}", ""


def _ledger(derived: Derivation, count: int) -> Found:
    """-log p == factor * loss + dropped, to 25 digits."""
    worst = mpmath.mpf(0)
    full = -log(derived.in_predictors(derived.density), evaluate=False)
    parts = derived.factor * derived.loss + derived.dropped
    for point in points(derived, 12, "float64", seed=1):
        with mpmath.workdps(40):
            left, right = value(full, point, 30), value(parts, point, 30)
            worst = max(worst, abs(left - right) / max(abs(left), 1))
    yield "ledger", worst < 1e-25, f"off by {mpmath.nstr(worst, 2)}", ""


def _steps(derived: Derivation, count: int) -> Found:
    """Each step stands to the one before as it claims."""
    scenes = [_scene(derived, seed) for seed in range(2)]
    wrong = []
    for before, step in zip(derived.steps, derived.steps[1:], strict=False):
        verdict = judge(before.line, step.line, scenes)
        if not holds(step.relation, verdict):
            wrong.append(
                f"{step.rule} claims {step.relation.name.lower()}, found {verdict.relation.name.lower()}"
            )
    yield "steps", not wrong, f"{len(derived.steps) - 1} relations", "; ".join(wrong)


def _accuracy(derived: Derivation, count: int) -> Found:
    """Value, gradient and Hessian of the generated modules against the oracle."""
    for library in LIBRARIES:
        if not _installed(library):
            yield (
                f"{library} against the oracle",
                True,
                SKIPPED,
                "Torch is not installed: pip install 'derive[torch]'",
            )
            continue
        module = load(derived, library)
        for dtype in DTYPES:
            found = list(measured(derived, library, module, dtype, count))
            worst = max(found, key=lambda one: one.excess)
            figure = ", ".join(f"{one.quantity} {one.excess:.1f}" for one in found)
            where = f"worst at {_shown(worst.point)}: got {worst.got:.9g}, truth {worst.truth:.9g}"
            yield f"{library} {dtype}, excess ulp", worst.excess <= BOUND_IN_ULP, figure, where


def _by_hand(derived: Derivation, count: int) -> Found:
    """The generated modules against losses that were written by hand."""
    found = hand_written().find(derived.name)
    if found is None:
        yield "hand-written", True, SKIPPED, "no hand-written loss for these options"
        return
    loss, slopes = found
    given = ordered(derived, arrays(derived, points(derived, count, "float64", seed=2), "float64"))
    for library in filter(_installed, LIBRARIES):
        ours, our_slopes = _values(derived, library, given)
        theirs = [loss(*given), *slopes(*given)]
        off = max(_relative(one, other) for one, other in zip([ours, *our_slopes], theirs, strict=True))
        yield f"{library} against hand-written", off < 1e-9, f"off by {off:.1e}", ""


def _elsewhere(derived: Derivation, count: int) -> Found:
    """The same loss in other libraries, and where these are wrong."""
    drawn = _parameter_points(derived, count)
    module = load(derived, "numpy")
    for version in elsewhere(derived):
        name, condition, same = version.row.name, version.row.only, version.comparable(drawn)
        if not _installed(version.row.library):
            continue
        if condition and not same:
            yield name, True, SKIPPED, f"no ordinary point has {condition.words}"
            continue
        ours = module.loss(*ordered(derived, arrays(derived, same, "float64")), reduction="none")
        off = _relative(ours, version.loss(same))
        yield name, off < 1e-9, f"off by {off:.1e}", _wrong(version)


def _wrong(version: Elsewhere) -> str:
    """Where the library is known to be wrong, with what it gives there."""
    wrong, figure = version.wrong, version.row.figure.value
    if wrong is None:
        return ""
    at = _shown(wrong.point)
    return f"known wrong: {wrong.reason}: {figure} = {wrong.given:.5g} at {at}, truly {wrong.truth:.5g}"


def _mean_score(derived: Derivation, count: int) -> Found:
    """The score has mean zero under the model, where the support is free of θ."""
    if not derived.distribution.regular:
        yield "mean score", True, SKIPPED, "the support depends on θ"
        return
    worst = mpmath.mpf(0)
    for point in _parameter_points(derived, 2):
        for quantity, slope in zip(derived.learned, gradient(derived).values(), strict=True):
            if not quantity.vector:
                worst = max(worst, abs(_expectation(derived, partial(evaluate, slope), point)))
                continue
            means = [
                _expectation(derived, partial(_entry, slope, place), point) for place in range(1, CLASSES + 1)
            ]
            if (
                isinstance(quantity.domain, Entries) and quantity.domain.sums_to_one
            ):  # the simplex has only tangent directions
                means = [mean - sum(means) / CLASSES for mean in means]
            worst = max(worst, *map(abs, means))
    yield "mean score is zero", worst < 1e-8, f"off by {mpmath.nstr(worst, 2)}", ""


CHECKS: tuple[Callable[[Derivation, int], Found], ...] = (
    _mass,
    _ledger,
    _steps,
    _mean_score,
    _by_hand,
    _elsewhere,
    _accuracy,
)


# Points and means ------------------------------------------------------------------------------------


def _parameter_points(derived: Derivation, count: int) -> list[Point]:
    """Points with the parameters that the predictors make through their links."""
    return [_with_parameters(derived, point) for point in points(derived, count, "float64", seed=4)]


def _with_parameters(derived: Derivation, point: Point) -> Point:
    """The point with each linked parameter at the value that its predictor gives it."""
    made = dict(point)
    with mpmath.workdps(300):
        for parameter in derived.parameters:
            if parameter.name in derived.request.linked:
                made[parameter.name] = _value_of(derived, parameter, point)
    return made


def _value_of(derived: Derivation, parameter: Quantity, point: Point) -> Any:
    """A linked parameter's value, from the values of the predictors."""
    if not parameter.vector:
        return evaluate(derived.in_predictors(parameter.plain), point)
    entry = derived.in_predictors(parameter.plain[index_symbol("k")])
    return [_entry(entry, place, point) for place in range(1, CLASSES + 1)]


def _scene(derived: Derivation, seed: int) -> list[Point]:
    """Data sets of distinct samples with the same data and constants, which differ in θ."""
    scene = []
    drawn = points(derived, 4 * SAMPLES, "float64", seed=10 + seed)
    for start in range(0, len(drawn), SAMPLES):
        rows = [_with_parameters(derived, point) for point in drawn[start : start + SAMPLES]]
        held = [_with_parameters(derived, point) for point in drawn[:SAMPLES]]
        scene.append(_data_set(derived, rows, held))
    return scene


def _data_set(derived: Derivation, rows: Sequence[Point], held: Sequence[Point]) -> Point:
    data_set: dict[str, Any] = {"N": SAMPLES, "K": CLASSES}
    for quantity in (*derived.data, *derived.parameters, *derived.predictors):
        if quantity.value is not None:
            continue
        source = rows if quantity.role.learned else held
        values = [row[quantity.name] for row in source]
        data_set[quantity.name] = values if quantity.role.per_sample else values[0]
    return data_set


def _expectation(derived: Derivation, function: Callable[[Point], Any], point: Point) -> Any:
    """The mean of a function of the data under the model with the point's parameters."""
    (data,) = derived.data
    domain = data.domain

    def term(y: Any) -> Any:
        here = {**point, data.name: y}
        return function(here) * evaluate(derived.density, here)

    with mpmath.workdps(30 if domain.discrete else 80):
        if isinstance(domain, Entries):
            return sum(term([float(k == hot) for k in range(CLASSES)]) for hot in range(CLASSES))
        if domain.discrete:
            return sum(term(y) for y in domain.enumerate())
        assert isinstance(domain, Interval)
        return _integral(term, domain, point)


def _integral(term: Callable[[Any], Any], domain: Interval, point: Point) -> Any:
    """The integral over an interval, stretched so that the integrand decays exponentially at both ends."""
    if domain.name == "real":
        centre = mpmath.mpf(point.get("mu", 0))

        def stretched(t: Any) -> Any:
            return term(centre + mpmath.sinh(t)) * mpmath.cosh(t)

    elif domain.upper == 1:

        def stretched(t: Any) -> Any:
            y = 1 / (1 + mpmath.exp(-t))
            return term(y) * y / (1 + mpmath.exp(t))

    else:

        def stretched(t: Any) -> Any:
            return term(mpmath.exp(t)) * mpmath.exp(t)

    pieces = [-150, -50, -15, -4, -1, 0, 1, 4, 15, 50, 150]
    return mpmath.quad(stretched, pieces, maxdegree=5)


def _entry(expression: Expr, place: int, point: Point) -> Any:
    return evaluate(expression, {**point, "k": place})


# Modules ---------------------------------------------------------------------------------------------


@cache
def hand_written() -> ModuleType:
    """The hand-written losses, from wherever they lie."""
    name = "derive_handwritten"
    specification = importlib.util.spec_from_file_location(
        name, HANDWRITTEN / "__init__.py", submodule_search_locations=[str(HANDWRITTEN)]
    )
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)
    return module


def _installed(library: str) -> bool:
    return importlib.util.find_spec(library) is not None


def _values(derived: Derivation, library: str, given: Sequence[Any]) -> tuple[Any, list[Any]]:
    """The loss of each sample and its gradient, from a generated module."""
    module = load(derived, library)
    if library == "numpy":
        loss, slopes = module.loss_and_gradient(*given, reduction="none")
        return loss, [np.broadcast_to(s, loss.shape) if s.ndim < 2 else s for s in slopes]
    import torch

    tensors = [torch.tensor(array) for array in given]
    leaves = tensors[1 : 1 + len(derived.learned)]
    for leaf in leaves:
        leaf.requires_grad_()
    loss = module.loss(*tensors[1:], tensors[0], reduction="none")
    slopes = torch.autograd.grad(loss.sum(), leaves)
    return loss.detach().numpy(), [slope.numpy() for slope in slopes]


def _relative(one: Any, other: Any) -> float:
    """The largest relative difference; below 1e-3 absolute, for there a plainly written loss cancels."""
    one, other = np.asarray(one, float), np.asarray(other, float)
    return float(np.max(np.abs(one - other) / np.maximum(np.abs(other), 1e-3), initial=0.0))


def _shown(point: Point) -> str:
    numbers = {name: number for name, number in point.items() if name != "K"}
    return ", ".join(
        f"{name}=[{', '.join(f'{n:.4g}' for n in number)}]" if np.ndim(number) else f"{name}={number:.5g}"
        for name, number in numbers.items()
    )
