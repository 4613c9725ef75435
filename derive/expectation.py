"""Means under a density: sums over its support, or integrals with an estimate of their error.

A finite support is summed whole, an infinite one until no mass is missing.  An integral is taken over
the whole line, onto which the domain says how its interval is stretched; nothing is assumed of where
the mass lies.  The peaks are searched for, and the line is broken there and at growing distances from
there, so that mpmath's quadrature meets one scale at a time.  The loss, which stays moderate where the
density does not, says where to look; what is summed is the density itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import islice, pairwise
from typing import Any, NamedTuple

import mpmath
from sympy import Expr, Indexed, IndexedBase, Sum, Symbol

from derive.derivation import Derivation
from derive.domains import Entries, Stretch
from derive.oracle import Point, evaluate
from derive.scenes import CLASSES

Function = Callable[[Any], Any]

DIGITS = 20

# An infinite sum ends when less than this is missing from one, or after so many terms.
MISSING = mpmath.mpf(10) ** -18
MOST_TERMS = 20_000

# Peaks are searched for at 4 sinh(n/16): in steps of a quarter at first, and out to 511, where a tail that
# is stretched by sinh or exp has come to 1e221.
SEARCHED = range(-89, 90)
# The golden section narrows a peak's place down so often: to 1e-19 of a step.
NARROWINGS = 90
# A piece at a peak is at least so long; beyond the outer peaks each is twice as long as the one before,
# until the mass of one is less than exp(-40), about 1e-18, or the place so far out.
SHORTEST = mpmath.mpf(10) ** -14
LAST = -40
FARTHEST = 2**20
# Mass so close to an end of its interval that more binary digits tell it from the end is left out, and
# then seen to be missing.
MOST_BITS = 12_000


@dataclass(frozen=True)
class Mean:
    """A mean, and by how much it may be off."""

    value: Any
    error: Any


class Model:
    """The density with given parameters, and means of functions of one observation under it.

    Raises NotImplementedError where an observation is a vector of reals, or more than one quantity.
    """

    def __init__(self, derivation: Derivation, point: Point) -> None:
        data, *more = derivation.data
        if more:
            raise NotImplementedError(f"no mean is taken over {len(derivation.data)} data together")
        self._name, self._point = data.name, point
        density = self.function(derivation.density)
        domain = data.domain
        if isinstance(domain, Entries) and domain.discrete:
            self._support: _Sum | _Integral = _Sum(density, map(tuple, domain.enumerate(CLASSES)))
        elif isinstance(domain, Entries):
            raise NotImplementedError(f"no mean is taken over {domain.text}")
        elif domain.stretch is None:
            self._support = _Sum(density, domain.enumerate())
        else:
            loss = derivation.factor * derivation.loss + derivation.dropped
            self._support = _Integral(density, self.function(-loss), domain.stretch)

    @cached_property
    def mass(self) -> Mean:
        """The mass of the support, which is one for a density."""
        return self.mean(lambda observation: mpmath.mpf(1))

    def mean(self, function: Function) -> Mean:
        """The mean of a function of the observation."""
        return self._support.mean(function)

    def function(self, expression: Expr, **more: Any) -> Function:
        """The expression as a function of the observation; what is free of that is evaluated once."""
        settled, point = _settled(expression, self._name, {**self._point, **more})

        @cache
        def value(observation: Any) -> Any:
            return evaluate(settled, {**point, self._name: observation})

        return value


class _Sum:
    """Sums over a discrete support."""

    def __init__(self, density: Function, values: Iterator[Any]) -> None:
        self._terms: list[tuple[Any, Any]] = []
        self._missing = mpmath.mpf(1)
        with mpmath.workdps(2 * DIGITS):
            for value in islice(values, MOST_TERMS):
                self._terms.append((value, density(value)))
                self._missing -= self._terms[-1][1]
                if self._missing < MISSING:
                    break

    def mean(self, function: Function) -> Mean:
        """The sum, and what the missing mass would add if the function stayed as it is at the last term."""
        with mpmath.workdps(2 * DIGITS):
            total = mpmath.fsum(weight * function(value) for value, weight in self._terms)
            return Mean(total, abs(self._missing * function(self._terms[-1][0])))


class _Place(NamedTuple):
    """A place on the stretched line: the observation there, how fast it moves, and its binary digits."""

    observation: Any
    speed: Any
    bits: int


class _Integral:
    """Integrals over an interval, along the line that is stretched onto it."""

    def __init__(self, density: Function, log_density: Function, stretch: Stretch) -> None:
        self._density, self._log_density, self._stretch = density, log_density, stretch
        self._places: dict[Any, _Place] = {}

    def mean(self, function: Function) -> Mean:
        """The integral, and mpmath's estimate of its error."""
        with mpmath.workdps(DIGITS):
            if not self._breaks:
                return Mean(mpmath.nan, mpmath.inf)
            # mpmath aims at an absolute error, so the function is measured by its own size.
            size = max(abs(self._at(t, function)) for t in self._breaks) or 1
            found, error = mpmath.quad(
                lambda t: self._at(t, function) / size * self._at(t, self._density) * self._place(t).speed,
                self._breaks,
                method="gauss-legendre",
                error=True,
            )
            return Mean(found * size, error * size)

    def _place(self, t: Any) -> _Place:
        if t not in self._places:
            observation, speed = self._stretch(t)
            # Close to an end that is not zero, the observation needs more digits to be told from the end.
            bits = mpmath.mp.prec + max(0, int(mpmath.mag(observation / speed)) if observation else 0)
            with mpmath.workprec(min(bits, MOST_BITS)):
                self._places[t] = _Place(*self._stretch(t), bits)
        return self._places[t]

    def _at(self, t: Any, function: Function) -> Any:
        """A function of the observation; 0 where that is not told from an end of its interval."""
        place = self._place(t)
        with mpmath.workprec(min(place.bits, MOST_BITS)):
            return function(place.observation) if place.bits <= MOST_BITS else mpmath.mpf(0)

    def _log_mass(self, t: Any) -> Any:
        """The logarithm of the mass in a unit of the line."""
        place = self._place(t)
        if place.bits > MOST_BITS:
            return -mpmath.inf
        return self._at(t, self._log_density) + mpmath.log(place.speed)

    @cached_property
    def _breaks(self) -> list[Any]:
        """Where the line is broken: at the peaks of density and mass, and further and further from them."""
        of_density = _peaks(lambda t: self._at(t, self._log_density))
        peaks = sorted({*of_density, *_peaks(self._log_mass)})
        if not peaks:
            return []
        breaks = {*peaks, *self._outward(peaks[0], -1), *self._outward(peaks[-1], 1)}
        for left, right in pairwise(peaks):
            half = (right - left) / 2
            breaks |= {left + half, *self._outward(left, 1, half), *self._outward(right, -1, half)}
        return sorted(breaks)

    def _outward(self, peak: Any, sign: int, limit: Any = FARTHEST) -> Iterator[Any]:
        """Places ever further from a peak: the first where the mass has fallen to 1/e of that at the peak."""
        distance = SHORTEST
        while distance < limit and self._log_mass(peak + sign * distance) > self._log_mass(peak) - 1:
            distance *= 2
        while distance < limit:
            place = peak + sign * distance
            yield place
            if mpmath.log(distance) + self._log_mass(place) < LAST:
                return
            distance *= 2


def _peaks(height: Function) -> Iterator[Any]:
    """The places of the peaks of a function, narrowed down by the golden section."""
    grid = [4 * mpmath.sinh(mpmath.mpf(step) / 16) for step in SEARCHED]
    heights = [height(t) for t in grid]
    for place in range(1, len(grid) - 1):
        if heights[place - 1] < heights[place] >= heights[place + 1]:
            yield _peak(height, grid[place - 1], grid[place + 1])


def _peak(height: Function, left: Any, right: Any) -> Any:
    inner, outer = (left + (right - left) * share for share in (1 - 1 / mpmath.phi, 1 / mpmath.phi))
    for _ in range(NARROWINGS):
        if height(inner) >= height(outer):
            right, outer = outer, inner
            inner = left + (right - left) * (1 - 1 / mpmath.phi)
        else:
            left, inner = inner, outer
            outer = left + (right - left) / mpmath.phi
    return (left + right) / 2


def _settled(expression: Expr, name: str, point: Point) -> tuple[Expr, Point]:
    """The expression with a number in place of every part that the named observation does not enter."""
    if expression.has(Indexed, IndexedBase, Sum):
        return expression, point  # the parts of a sum over the classes are many small ones
    numbers: dict[Expr, Symbol] = {}
    values: dict[str, Any] = {}

    def settle(part: Expr) -> None:
        if name in {symbol.name for symbol in part.free_symbols}:
            for argument in part.args:
                settle(argument)
        elif part.args and part not in numbers:
            numbers[part] = Symbol(f"_settled_{len(numbers)}", real=True)
            with mpmath.workdps(2 * DIGITS):
                values[numbers[part].name] = evaluate(part, point)

    settle(expression)
    return expression.xreplace(numbers), {**point, **values}
