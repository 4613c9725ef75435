"""Integrals over a simplex, as sums over a grid.

Each part but the last is a share of what those before it left, or is beside a rest that is not observed, and each has
a line of its own, measured from the peak in widths of the peak and stretched onto it so that every density decays
twice exponentially.  There the trapezoidal rule converges so fast that it needs no more than ever shorter steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from typing import Any, NamedTuple

import mpmath

from derive.expectation.mean import DIGITS, LAST, MOST_BITS, Mean
from derive.expectation.peaks import Function

# A place of a grid, by whole numbers of steps; the parts of a whole.
_Node = tuple[int, ...]
_Parts = tuple[Any, ...]

# The peak is searched for in steps at least so long.
SHORTEST = mpmath.mpf(10) ** -14
# The step of a grid shrinks until the mass changes by less than this, or the step is so small.
CLOSE = mpmath.mpf(10) ** -10
COARSEST, FINEST = mpmath.mpf(1) / 2, mpmath.mpf(1) / 64
SHRINKING = mpmath.mpf(3) / 4


class _Share(NamedTuple):
    """A place of a simplex: the parts that are observed, the volume's speed there, the density and its binary digits."""

    parts: _Parts
    speed: Any
    density: Any
    bits: int


class Grid:
    """Integrals over a simplex, as sums over a grid of so small a step that a smaller one changes little.

    Without the last part they are over the shares of the others.
    """

    def __init__(self, density: Function, parts: int, without_last: bool = False) -> None:
        self._density, self._lines, self._without_last = density, parts - 1, without_last

    def mean(self, function: Function) -> Mean:
        """The sum over the grid, and how far it is from that over the one before."""
        with mpmath.workdps(DIGITS):
            coarse, fine = (
                mpmath.fsum(self._at(place, function) * weight for place, weight in weighted)
                for weighted in self._weighted
            )
            return Mean(fine, abs(fine - coarse))

    @staticmethod
    def _at(place: _Share, function: Function) -> Any:
        with mpmath.workprec(place.bits):
            return function(place.parts)

    @cached_property
    def _weighted(self) -> tuple[list[tuple[_Share, Any]], list[tuple[_Share, Any]]]:
        """The places of the last two grids with their weights, once a smaller step changes the mass little."""
        step, before = COARSEST, self._visited(COARSEST)
        while True:
            step *= SHRINKING
            found = self._visited(step)
            masses = (mpmath.fsum(weight for _, weight in weighted) for weighted in (before, found))
            if abs(next(masses) - next(masses)) < CLOSE or step <= FINEST:
                return before, found
            before = found

    @cached_property
    def _peak(self) -> list[tuple[Any, Any]]:
        """For each line the logit at which the mass is densest, and about how wide the peak is there.

        It is searched for in steps that are halved until none leads higher and the mass falls little in each.
        """
        step, peak = mpmath.mpf(8), (mpmath.mpf(0),) * self._lines
        while True:
            height = self._log_mass(peak)
            around = {place: self._log_mass(place) for place in _neighbours(peak, step)}
            highest = max(around, key=lambda place: around[place])
            if around[highest] > height:
                peak = highest
            elif height - min(around.values()) > 1 and step > SHORTEST:
                step /= 2
            else:
                heights = list(around.values())
                sides = zip(heights[::2], heights[1::2], strict=True)
                falls = (2 * height - below - above for below, above in sides)
                widths = (step / mpmath.sqrt(fall) if fall > 0 else mpmath.mpf(1) for fall in falls)
                return list(zip(peak, widths, strict=True))

    def _log_mass(self, logits: _Parts) -> Any:
        place = self._place(logits)
        return mpmath.log(place.density * place.speed)

    def _place(self, logits: _Parts) -> _Share:
        """Where the logits lead; 0 is the density where the last part is not told from nothing."""
        if not self._without_last:
            parts, speed = _broken_off(logits)
            return _Share(parts, speed, self._density(parts), mpmath.mp.prec)
        parts, rest = _beside_rest(logits)
        # What the others leave is told by so many more of their digits.
        bits = mpmath.mp.prec - int(mpmath.mag(rest))
        if bits > MOST_BITS:
            return _Share(parts, mpmath.mpf(0), mpmath.mpf(0), bits)
        with mpmath.workprec(bits):
            parts, rest = _beside_rest(logits)
            return _Share(parts, mpmath.fprod(parts) * rest, self._density(parts), bits)

    def _visited(self, step: Any) -> list[tuple[_Share, Any]]:
        """The places from the peak outward, as far as the mass there is seen beside that of the peak, with weights."""

        @cache
        def stretched(line: int, number: int) -> tuple[Any, Any]:
            at, width = self._peak[line]
            return at + width * mpmath.sinh(number * step), step * width * mpmath.cosh(number * step)

        def weighted(node: _Node) -> tuple[_Share, Any]:
            logits, speeds = zip(*map(stretched, range(self._lines), node), strict=True)
            place = self._place(logits)
            return place, place.density * place.speed * mpmath.fprod(speeds)

        peak = (0,) * self._lines
        waiting, seen, found = [peak], {peak}, [weighted(peak)]
        least = found[0][1] * mpmath.exp(LAST)
        while waiting:
            for node in _neighbours(waiting.pop()):
                if node in seen:
                    continue
                seen.add(node)
                here = weighted(node)
                if here[1] > least:
                    found.append(here)
                    waiting.append(node)
        return found


def _broken_off(logits: Iterable[Any]) -> tuple[_Parts, Any]:
    """The parts of a whole, each but the last the share of the rest whose logit is given, and the volume's speed."""
    parts, rest, speed = [], mpmath.mpf(1), mpmath.mpf(1)
    for logit in logits:
        odds = mpmath.exp(logit)
        left = 1 / (1 + odds)
        share = odds * left
        parts.append(rest * share)
        speed *= rest * share * left
        rest *= left
    return (*parts, rest), speed


def _beside_rest(logits: Iterable[Any]) -> tuple[_Parts, Any]:
    """The parts of a whole of which the logarithms beside the rest are given, and the rest."""
    ratios = [mpmath.exp(logit) for logit in logits]
    rest = 1 / (1 + mpmath.fsum(ratios))
    return tuple(ratio * rest for ratio in ratios), rest


def _neighbours(place: tuple[Any, ...], step: Any = 1) -> Iterator[tuple[Any, ...]]:
    """The places that differ from one by a step along one line, either way."""
    for line, number in enumerate(place):
        for other in (number - step, number + step):
            yield (*place[:line], other, *place[line + 1 :])
