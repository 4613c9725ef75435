"""The accuracy certificate: how many bits a loss loses beyond conditioning, and where.

Points are drawn at three levels: ordinary (a healthy training run), wide (early or diverging training,
odd data) and extreme but representable.  At each, the value, the gradient and the Hessian of the
generated code, run in float64 and in float32, are compared with the truth of the density itself.  A
number fails where the problem is well conditioned and the code is not: what a change of a few units in
the last place of every real input explains is nobody's fault.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from types import ModuleType
from typing import Any

import mpmath
import numpy as np

from derive.accuracy import Truth, quantity_of
from derive.calls import computed
from derive.derivation import Derivation
from derive.oracle import Place, Point
from derive.scenes import LEVELS, far_points, points

# A relative error beyond this, past conditioning, is a failure.
TOLERANCE = {"float64": 1e-10, "float32": 1e-4}

# Units in the last place by which every real input may be off.
ALLOWED = 4


@dataclass(frozen=True)
class Judged:
    """One number beside its truth: the bits it has lost beyond conditioning, and whether it fails."""

    bits: float
    fails: bool
    got: float
    truth: float
    places: tuple[Place, ...]
    point: Point


@dataclass(frozen=True)
class Line:
    """What was found of one quantity of a loss, in one library and one dtype.

    without_truth  how many numbers the oracle has no truth for: they are not judged, and are told
    """

    library: str
    dtype: str
    quantity: str
    judged: tuple[Judged, ...]
    without_truth: int

    @property
    def failures(self) -> int:
        """How many numbers are wrong although well conditioned."""
        return sum(one.fails for one in self.judged)

    @property
    def not_finite(self) -> int:
        """How many of those are infinite or nan."""
        return sum(one.fails and not math.isfinite(one.got) for one in self.judged)

    @property
    def median(self) -> float:
        """The bits lost at half of the points."""
        return median(one.bits for one in self.judged)

    @property
    def worst(self) -> Judged:
        """The number that has lost most, a failure before all others."""
        return max(self.judged, key=lambda one: (one.fails, one.bits))


def certificate(
    derivation: Derivation, modules: dict[str, ModuleType], dtype: str, count: int
) -> Iterator[Line]:
    """What is found of a loss in one dtype, at `count` points of each level."""
    drawn = [*points(derivation, count, dtype)]
    for level in LEVELS:
        drawn += far_points(derivation, level, dtype, count)
    truth = Truth(derivation, dtype, drawn)
    for library, module in modules.items():
        found: dict[str, list[Judged | None]] = {}
        for one in computed(derivation, library, module, drawn, dtype):
            numbers = (_judged(truth, place, one.places, float(got)) for place, got in enumerate(one.values))
            found.setdefault(quantity_of(one.places), []).extend(numbers)
        for quantity, numbers_found in found.items():
            judged = tuple(one for one in numbers_found if one is not None)
            yield Line(library, dtype, quantity, judged, len(numbers_found) - len(judged))


def _judged(truth: Truth, number: int, places: tuple[Place, ...], got: float) -> Judged | None:
    """A number beside its truth; None where the oracle has none, or where the truth is not a number."""
    try:
        exact = truth.derivative(number, places, 18)
    except ArithmeticError:
        return None
    if mpmath.isnan(exact):
        return None
    bits, fails = _lost(truth, number, places, got, exact)
    return Judged(bits, fails, got, float(exact), places, truth.points[number])


def _lost(truth: Truth, number: int, places: Sequence[Place], got: float, exact: Any) -> tuple[float, bool]:
    """The bits lost beyond conditioning, and whether that is a failure."""
    limits = np.finfo(truth.dtype)
    every, size = float(limits.nmant + 1), abs(exact)
    # Below the smallest normal number being below it is right, above the largest number infinity is.
    if size < float(limits.tiny):
        fails = not abs(got) <= float(limits.tiny)
        return (every if fails else 0.0), fails
    if size > float(limits.max) and math.isinf(got) and (got > 0) == (exact > 0):
        return 0.0, False
    with mpmath.workdps(40):
        unit = size * mpmath.mpf(2) ** -int(limits.nmant)
        error = abs(mpmath.mpf(got) - exact) if math.isfinite(got) else mpmath.inf
        if error > ALLOWED * unit:
            for place, slope in truth.slopes(number, tuple(places)):
                allowed = ALLOWED * abs(slope) * truth.unit(truth.read(number, place))
                if not allowed < size:
                    return 0.0, False
                error -= allowed
        if error <= unit:
            return 0.0, False
        lost = float(min(mpmath.log(error / unit, 2), every)) if mpmath.isfinite(error) else every
        return lost, bool(error > TOLERANCE[truth.dtype] * size)
