"""The accuracy certificate: how many bits a loss loses beyond conditioning, and where.

Points are drawn at three levels: ordinary (a healthy training run), wide (early or diverging training,
odd data) and extreme but representable.  At each, the value, the gradient and the Hessian of the
generated code, run in float64 and in float32, are compared with the truth of the density itself.  A
number fails where the problem is well conditioned and the code is not: what a change of a few units in
the last place of every real input explains is nobody's fault.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from types import ModuleType
from typing import Any, Final

import mpmath
import numpy as np

from derive.accuracy import Truth, quantity_of
from derive.calls import Computed, computed, in_full
from derive.counterparts import Figure
from derive.derivation import Derivation
from derive.oracle import Place, Point
from derive.peers import Peer, peers
from derive.scenes import LEVELS, far_points, points

LOSS: Final = Figure.LOSS
IN_FULL: Final = Figure.NEGATIVE_LOG_LIKELIHOOD

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
    """What was found of one quantity of a loss, of one who computes it, in one dtype.

    kind           the column in which it counts: a library has several versions of a loss
    without_truth  how many numbers the oracle has no truth for: they are not judged, and are told
    ours           whether a generated module computed it
    """

    name: str
    kind: str
    dtype: str
    quantity: str
    judged: tuple[Judged, ...]
    without_truth: int
    ours: bool

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


@dataclass(frozen=True)
class _Contestant:
    """Who computes what: numbers at some of the points, and what they are a figure of."""

    name: str
    kind: str
    figure: Any
    computed: Callable[[Sequence[Point]], Iterable[Computed]]
    only: Callable[[Point], bool] = lambda point: True
    ours: bool = True
    quantity: str = ""


def certificate(
    derivation: Derivation, modules: dict[str, ModuleType], dtype: str, count: int, others: bool = True
) -> Iterator[Line]:
    """What is found of a loss in one dtype, at `count` points of each level, and of those who compute it too.

    others  whether to judge other libraries, what was written by hand and SymPy at the same points
    """
    drawn = [*points(derivation, count, dtype)]
    for level in LEVELS:
        drawn += far_points(derivation, level, dtype, count)
    truths = {figure: Truth(derivation, dtype, drawn, figure) for figure in (LOSS, IN_FULL)}
    contestants = [*_ours(derivation, modules, dtype)]
    contestants += [*_theirs(derivation, dtype)] if others else []
    for one in contestants:
        numbers = [number for number, point in enumerate(drawn) if one.only(point)]
        found: dict[str, list[Judged | None]] = {}
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            for result in one.computed([drawn[number] for number in numbers]) if numbers else ():
                judged = (
                    judge(truths[one.figure], number, result.places, float(got))
                    for number, got in zip(numbers, result.values, strict=True)
                )
                found.setdefault(one.quantity or quantity_of(result.places), []).extend(judged)
        for quantity, results in found.items():
            kept = tuple(result for result in results if result is not None)
            if kept:
                yield Line(one.name, one.kind, dtype, quantity, kept, len(results) - len(kept), one.ours)


def _ours(derivation: Derivation, modules: dict[str, ModuleType], dtype: str) -> Iterator[_Contestant]:
    """The generated modules: the loss with its derivatives, and -log p in full."""
    for library, module in modules.items():
        kind = f"derive {library}"
        yield _Contestant(library, kind, LOSS, partial(_computed, derivation, library, module, dtype))
        if derivation.dropped != 0:
            whole = partial(_in_full, derivation, library, module, dtype)
            yield _Contestant(library, kind, IN_FULL, whole, quantity="-log p")


def _computed(
    derivation: Derivation, library: str, module: ModuleType, dtype: str, drawn: Sequence[Point]
) -> Iterable[Computed]:
    return computed(derivation, library, module, drawn, dtype)


def _in_full(
    derivation: Derivation, library: str, module: ModuleType, dtype: str, drawn: Sequence[Point]
) -> Iterable[Computed]:
    yield in_full(derivation, library, module, drawn, dtype)


def _theirs(derivation: Derivation, dtype: str) -> Iterator[_Contestant]:
    """Everyone else."""
    for peer in peers(derivation):
        yield _Contestant(
            peer.name, peer.kind, peer.figure, partial(_of_peer, peer, dtype), peer.only, ours=False
        )


def _of_peer(peer: Peer, dtype: str, drawn: Sequence[Point]) -> Iterable[Computed]:
    return peer.computed(drawn, dtype)


def judge(truth: Truth, number: int, places: tuple[Place, ...], got: float) -> Judged | None:
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
