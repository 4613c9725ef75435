"""The measured search: of equal forms, the one that loses the fewest bits on the declared domain.

A loss and each entry of its gradient and Hessian are written in the forms of `forms`, one or two after
another, and every candidate is run in float64 and in float32 at the points of the certificate.  What
counts is, in this order: how many numbers fail, how many bits are lost beyond conditioning, and the
cost, in operations.  A form that is not equal at a point is thrown away.  What is chosen for a row of
the catalogue is committed (`choices.toml`), so that deriving never searches; for a person's own
density the search is made on the fly, and only for what loses bits.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import mpmath
import numpy as np
import sympy
from sympy import Expr

from derive.accuracy import DTYPES, Truth
from derive.calculus import calculus
from derive.calls import computed
from derive.certificate import judge
from derive.derivation import Derivation, derivation
from derive.emit import load
from derive.errors import Misuse
from derive.forms import FORMS, Choices
from derive.oracle import Place, value
from derive.scenes import LEVELS, far_points, points

# How many points of each level a candidate is run at, and what is bad enough for a search.
POINTS = 12
TOLERATED_BITS = 6.0

# SymPy is not asked to write more operations than these, and a candidate has at most so many times those before.
LARGEST = 300
LONGER = 4

# Points at which a form is compared with what it is a form of, and to how many digits.
COMPARED = 4
DIGITS = 20


@dataclass(frozen=True, order=True)
class Score:
    """How a form does: the fewer failing numbers, the fewer lost bits, the fewer operations, the better."""

    failures: int
    bits: float
    operations: int
    worst: float = 0.0

    @property
    def poor(self) -> bool:
        """Whether it is worth a search."""
        return self.failures > 0 or self.worst > TOLERATED_BITS


Scores = Mapping[str, Score]


class Bench:
    """Measures derivations of one request at the same points, against the same truth."""

    def __init__(self, derived: Derivation) -> None:
        self.truths = {}
        for dtype in DTYPES:
            drawn = [*points(derived, POINTS, dtype, seed=5)]
            for level in LEVELS:
                drawn += far_points(derived, level, dtype, POINTS, seed=5)
            self.truths[dtype] = Truth(derived, dtype, drawn)

    def scores(self, derived: Derivation) -> Scores:
        """The score of the loss and of each of its derivatives, by the names of `Choices`."""
        module = load(derived, "numpy")
        lost: dict[str, list[Any]] = {}
        for dtype, truth in self.truths.items():
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)
                for one in computed(derived, "numpy", module, truth.points, dtype):
                    numbers = (judge(truth, n, one.places, float(got)) for n, got in enumerate(one.values))
                    lost.setdefault(_name(one.places), []).extend(n for n in numbers if n is not None)
        operations = _operations(derived)
        return {
            name: Score(
                sum(one.fails for one in numbers),
                round(sum(one.bits for one in numbers), 1),
                operations.get(name, 0),
                max((one.bits for one in numbers), default=0.0),
            )
            for name, numbers in lost.items()
        }


def tuned(derived: Derivation) -> Derivation:
    """The derivation in the best forms that were found; the same one where nothing does better."""
    if any(quantity.vector for quantity in derived.quantities):
        return derived
    bench, plain = Bench(derived), dict(derived.choices)
    best, scores = derived, bench.scores(derived)
    if not _poor(scores):
        return derived
    for candidate in _written(derived, [{**plain, "loss": names} for names in _sequences()]):
        if _same(candidate, derived, "loss"):
            found = bench.scores(candidate)
            if _total(found) < _total(scores):
                best, scores = candidate, found
    chosen = dict(best.choices)
    for names in _sequences():
        poor = [name for name in _poor(scores) if name != "loss"]
        if not poor:
            break
        for candidate in _written(derived, [chosen | dict.fromkeys(poor, names)]):
            found = bench.scores(candidate)
            better = {n: names for n in poor if found[n] < scores[n] and _same(candidate, derived, n)}
            chosen |= better
            scores = {**scores, **{name: found[name] for name in better}}
    return derivation(derived.request, chosen)


def _poor(scores: Scores) -> list[str]:
    return [name for name, score in scores.items() if score.poor]


def _total(scores: Scores) -> tuple[int, float, int]:
    every = scores.values()
    return (
        sum(one.failures for one in every),
        sum(one.bits for one in every),
        sum(one.operations for one in every),
    )


def _sequences() -> Iterator[tuple[str, ...]]:
    """One form, then two after another."""
    yield from ((name,) for name in FORMS)
    yield from (pair for pair in product(FORMS, repeat=2) if pair[0] != pair[1])


def _written(derived: Derivation, candidates: Iterable[Choices]) -> Iterator[Derivation]:
    """The derivations with these choices that are bearably long and not seen before."""
    before = sum(_operations(derived).values())
    seen = {_entries(derived)}
    for choices in candidates if before <= LARGEST else ():
        try:
            candidate = derivation(derived.request, choices)
            written = _entries(candidate)
            operations = sum(_operations(candidate).values())
        except (Misuse, ArithmeticError, ValueError, TypeError, AttributeError, RecursionError):
            continue  # SymPy cannot write it so, or writes what is no word of ours
        if operations <= LONGER * before and written not in seen:
            seen.add(written)
            yield candidate


def _entries(derived: Derivation) -> tuple[tuple[str, Expr], ...]:
    """The loss and its derivatives as they are written, by the names of `Choices`."""
    found = calculus(derived)
    names = [quantity.name for quantity in found.variables]
    named = {"loss": found.loss}
    named |= {f"gradient {name}": slope for name, slope in zip(names, found.gradient, strict=True)}
    for row, one in enumerate(names):
        for column, other in enumerate(names[row:], row):
            named[f"Hessian {one}, {other}"] = found.hessian[row][column]
    return tuple((name, found.parts.put_together(entry)) for name, entry in named.items())


def _operations(derived: Derivation) -> dict[str, int]:
    return {name: int(sympy.count_ops(entry)) for name, entry in _entries(derived)}


def _name(places: tuple[Place, ...]) -> str:
    """What was computed, by the names of `Choices`."""
    if not places:
        return "loss"
    return f"{('gradient', 'Hessian')[len(places) - 1]} {', '.join(map(str, places))}"


def _same(one: Derivation, other: Derivation, name: str) -> bool:
    """Whether what is computed under the name is equal in two derivations, at random points."""
    pair = [dict(_entries(derived))[name] for derived in (one, other)]
    for point in points(one, COMPARED, "float64", seed=6):
        with mpmath.workdps(2 * DIGITS):
            left, right = (value(entry, point, DIGITS) for entry in pair)
            if not abs(left - right) <= abs(right) * mpmath.mpf(10) ** (3 - DIGITS):
                return False
    return True
