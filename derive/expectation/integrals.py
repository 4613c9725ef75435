"""Integrals over an interval, along the line that is stretched onto it.

Nothing is assumed of where the mass lies.  The peaks are searched for, and the line is broken there and at growing
distances from there, so that mpmath's quadrature meets one scale at a time.  The loss, which stays moderate where the
density does not, says where to look; what is summed is the density itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property, partial
from itertools import pairwise
from typing import Any, NamedTuple

import mpmath

from derive.domains import Stretch
from derive.expectation.mean import DIGITS, LAST, MOST_BITS, Mean
from derive.expectation.peaks import FARTHEST, Function, peaks_of, reaching, searched, zeros

# A piece at a peak is at least so long; beyond the outer peaks each is twice as long as the one before.
SHORTEST = mpmath.mpf(10) ** -14
# And it is at most so long: the stretch itself bends, within a few units at 0, and in a piece that is long beside
# these neither the quadrature nor its estimate sees that.  So 0 counts as a peak when these are so far from there.
BEND = 2
FROM_BEND = 16


class _Place(NamedTuple):
    """A place on the stretched line: the observation there, how fast it moves, and its binary digits."""

    observation: Any
    speed: Any
    bits: int


class Integral:
    """Integrals over an interval, along the line that is stretched onto it.

    of_counts  whether the density is one of counts: the logarithms of factorials, as large as the observation,
               cancel there
    """

    def __init__(
        self,
        density: Function,
        log_density: Function,
        stretch: Stretch,
        kinks: tuple[Function, ...] = (),
        of_counts: bool = False,
    ) -> None:
        self._density, self._log_density, self._stretch = density, log_density, stretch
        self._kinks, self._of_counts = kinks, of_counts
        self._places: dict[Any, _Place] = {}

    def mean(self, function: Function) -> Mean:
        """The integral, and mpmath's estimate of its error with what is beyond the last places."""
        with mpmath.workdps(DIGITS):
            if not self._breaks:
                return Mean(mpmath.nan, mpmath.inf)
            # mpmath aims at an absolute error, so the function is measured by its own size where there is mass.
            size = max(abs(self._at(t, function)) * self._share(t) for t in self._breaks) or 1
            found, error = mpmath.quad(
                lambda t: self._at(t, function) / size * self._at(t, self._density) * self._place(t).speed,
                self._breaks,
                method="gauss-legendre",
                error=True,
            )
            return Mean(found * size, error * size + self._left_out(function))

    def _place(self, t: Any) -> _Place:
        if t not in self._places:
            observation, speed = self._stretch(t)
            # Close to an end that is not zero, the observation needs more digits to be told from the end.
            bits = mpmath.mp.prec + max(0, int(mpmath.mag(observation / speed)) if observation else 0)
            if self._of_counts:
                bits += max(0, int(mpmath.mag(observation * mpmath.log(abs(observation)))))
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

    def _share(self, t: Any) -> Any:
        """The mass in a unit of the line, as a share of the most that is found."""
        return mpmath.exp(self._log_mass(t) - self._most)

    @cached_property
    def _most(self) -> Any:
        return max(map(self._log_mass, self._breaks))

    @cached_property
    def _breaks(self) -> list[Any]:
        """Where the line is broken: at the peaks of density and mass, and further and further from them."""
        of_density = peaks_of(lambda t: self._at(t, self._log_density), searched())
        peaks = sorted({*of_density, *peaks_of(self._log_mass, reaching(self._log_mass))})
        if not peaks:
            return []
        if min(map(abs, peaks)) > FROM_BEND and self._log_mass(0) > max(map(self._log_mass, peaks)) + LAST:
            peaks = sorted([*peaks, mpmath.mpf(0)])
        breaks = {*peaks, *self._outward(peaks[0], -1), *self._outward(peaks[-1], 1)}
        for left, right in pairwise(peaks):
            half = (right - left) / 2
            breaks |= {left + half, *self._outward(left, 1, half), *self._outward(right, -1, half)}
        ends = min(breaks), max(breaks)
        for kink in self._kinks:
            breaks |= set(zeros(partial(self._at, function=kink), ends))
        return sorted(breaks)

    def _outward(self, peak: Any, sign: int, limit: Any = FARTHEST) -> Iterator[Any]:
        """Places ever further from a peak: the first where the mass has fallen to 1/e, or where the stretch has bent."""
        distance = SHORTEST
        while (
            distance < min(limit, BEND) and self._log_mass(peak + sign * distance) > self._log_mass(peak) - 1
        ):
            distance *= 2
        while distance < limit:
            place = peak + sign * distance
            if self._place(place).bits > MOST_BITS:
                yield self._last_told(peak + sign * distance / 2, place)
                return
            yield place
            if mpmath.log(distance) + self._log_mass(place) < LAST:
                return
            distance *= 2

    def _last_told(self, inner: Any, outer: Any) -> Any:
        """The last place, of those between two, at which the observation is told from the end of its interval."""
        while abs(outer - inner) > 1:
            middle = (inner + outer) / 2
            inner, outer = (middle, outer) if self._place(middle).bits <= MOST_BITS else (inner, middle)
        return inner

    def _left_out(self, function: Function) -> Any:
        """Twice what is beyond the last places, if the mass goes on falling as it does and the function stays as it is."""
        total = mpmath.mpf(0)
        for inner, end in (self._breaks[1::-1], self._breaks[-2:]):
            width = abs(end - inner)
            if mpmath.log(width) + self._log_mass(end) > LAST:
                fall = (self._log_mass(inner) - self._log_mass(end)) / width
                rest = mpmath.exp(self._log_mass(end)) / fall if fall > 0 else mpmath.inf
                total += 2 * abs(self._at(end, function)) * rest
        return total


class Mixture:
    """Atoms beside a density."""

    def __init__(self, density: Function, atoms: tuple[float, ...], integral: Integral) -> None:
        self._density, self._atoms, self._integral = density, atoms, integral

    def mean(self, function: Function) -> Mean:
        """What the atoms have of the mean, and the integral over the rest."""
        rest = self._integral.mean(function)
        with mpmath.workdps(DIGITS):
            atoms = map(mpmath.mpf, self._atoms)
            return Mean(rest.value + sum(self._density(at) * function(at) for at in atoms), rest.error)


class Pieces:
    """An integral over the whole line in pieces, each of which is stretched as far as its ends."""

    def __init__(self, integrals: Iterable[Integral]) -> None:
        self._integrals = tuple(integrals)

    def mean(self, function: Function) -> Mean:
        """The sum of the integrals."""
        means = [integral.mean(function) for integral in self._integrals]
        with mpmath.workdps(DIGITS):
            return Mean(mpmath.fsum(m.value for m in means), mpmath.fsum(m.error for m in means))


def between(ends: list[Any]) -> Iterator[Stretch]:
    """The whole line stretched onto each interval between neighbouring ends, of which the outer two are infinite."""
    for lower, upper in pairwise(ends):

        def stretch(t: Any, lower: Any = lower, upper: Any = upper) -> tuple[Any, Any]:
            if mpmath.isinf(lower) or mpmath.isinf(upper):
                distance = mpmath.exp(t)
                return (upper - distance if mpmath.isinf(lower) else lower + distance), distance
            share, rest = (1 / (1 + mpmath.exp(side * t)) for side in (-1, 1))
            return lower + (upper - lower) * share, (upper - lower) * share * rest

        yield stretch
