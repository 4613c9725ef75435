"""Means under a density: sums over its support, integrals with an estimate of their error, or both.

A finite support is summed whole, an infinite one until no mass is missing.  An integral is taken over
the whole line, onto which the domain says how its interval is stretched; nothing is assumed of where
the mass lies.  The peaks are searched for, and the line is broken there and at growing distances from
there, so that mpmath's quadrature meets one scale at a time.  The loss, which stays moderate where the
density does not, says where to look; what is summed is the density itself.

Over a simplex the integral is a sum over a grid: each part but the last is a share of what those before it
left, or is beside a rest that is not observed, and each has a line of its own, measured from the peak in widths
of the peak and stretched onto it so that every density decays twice exponentially.  There the trapezoidal rule converges so fast that it needs no
more than ever shorter steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property, partial
from itertools import islice, pairwise
from typing import Any, NamedTuple

import mpmath
from sympy import Abs, Expr, Indexed, IndexedBase, Integer, Lambda, Pow, Product, Sum, Symbol, sign

from derive.derivation import Derivation
from derive.domains import Entries, Interval, Stretch
from derive.heads import Word
from derive.oracle import Point, compiled, evaluate, value, written_out
from derive.scenes import CLASSES, inside

Function = Callable[[Any], Any]

# A place of a grid, by whole numbers of steps; the parts of a whole.
_Node = tuple[int, ...]
_Parts = tuple[Any, ...]

DIGITS = 20

# An infinite sum ends when less than this is missing from one; after so many terms an integral stands for the rest.
MISSING = mpmath.mpf(10) ** -18
MOST_TERMS = 4_000

# Peaks are searched for at 4 sinh(n/16): in steps of a quarter at first, and out to 511, where a tail that
# is stretched by sinh or exp has come to 1e221.
SEARCHED = range(-89, 90)
# Where the mass still rises at an end of those, the next step is so many times as long as the one before.
WIDENING = mpmath.mpf(17) / 16
# The golden section narrows a peak's place down so often: to 1e-19 of a step.
NARROWINGS = 90
# A piece at a peak is at least so long; beyond the outer peaks each is twice as long as the one before,
# until the mass of one is less than exp(-40), about 1e-18, or the place so far out.
SHORTEST = mpmath.mpf(10) ** -14
# And it is at most so long: the stretch itself bends, within a few units at 0, and in a piece that is long beside
# these neither the quadrature nor its estimate sees that.  So 0 counts as a peak when these are so far from there.
BEND = 2
FROM_BEND = 16
LAST = -40
FARTHEST = 2**20
# The step of a grid shrinks until the mass changes by less than this, or the step is so small.
CLOSE = mpmath.mpf(10) ** -10
COARSEST, FINEST = mpmath.mpf(1) / 2, mpmath.mpf(1) / 64
SHRINKING = mpmath.mpf(3) / 4
# Mass so close to an end of its interval that more binary digits tell it from the end is left out, and
# counts as error.
MOST_BITS = 12_000


@dataclass(frozen=True)
class Mean:
    """A mean, and by how much it may be off."""

    value: Any
    error: Any


class Model:
    """The density with given parameters, and means of functions of one observation under it.

    Raises NotImplementedError where an observation is more than one quantity, or a vector of reals that
    do not sum to one.
    """

    def __init__(self, derivation: Derivation, point: Point) -> None:
        data, *more = derivation.data
        if more:
            raise NotImplementedError(f"no mean is taken over {len(derivation.data)} data together")
        self._name, self._point, self.classes = data.name, point, point.get("K", CLASSES)
        self._of_shares = isinstance(data.domain, Entries) and not data.domain.discrete
        self._of_counts = isinstance(data.domain, Interval) and data.domain.integer
        density = self.function(derivation.density)
        log_density = self.function(-derivation.factor * derivation.loss - derivation.dropped)
        with mpmath.workprec(MOST_BITS):
            domain = inside(derivation, data, point)
        domain = domain if isinstance(domain, Entries) else domain.of_length(self.classes)
        self._support: _Sum | _Integral | _Mixture | _Pieces | _Grid
        if isinstance(domain, Entries) and domain.discrete:
            self._support = _Sum(
                self._exact(derivation.density), map(tuple, domain.enumerate(self.classes)), True
            )
        elif isinstance(domain, Entries):
            if not (domain.sums_to_one or domain.leaves_rest):
                raise NotImplementedError(f"no mean is taken over {domain.text}")
            self._support = _Grid(density, self.classes + domain.leaves_rest, domain.leaves_rest)
        elif domain.stretch is None:
            weight = self._exact(derivation.density) if domain.finite else density
            self._support = _Sum(weight, domain.enumerate(), domain.finite, log_density)
        else:
            kinks = tuple(self.function(kink) for kink in _kinks(derivation.loss, data.name, point))
            integral = _Integral(density, log_density, domain.stretch, kinks)
            self._support = _Mixture(density, domain.atoms, integral) if domain.atoms else integral
            with mpmath.workprec(MOST_BITS):
                cusps = {evaluate(cusp, point) for cusp in _cusps(derivation.loss, data.name, point)}
            if cusps and math.isinf(domain.lower) and math.isinf(domain.upper):
                stretches = _between([-mpmath.inf, *sorted(cusps), mpmath.inf])
                self._support = _Pieces(_Integral(density, log_density, stretch) for stretch in stretches)

    @cached_property
    def mass(self) -> Mean:
        """The mass of the support, which is one for a density."""
        return self.mean(lambda observation: mpmath.mpf(1))

    def mean(self, function: Function) -> Mean:
        """The mean of a function of the observation."""
        return self._support.mean(function)

    def _exact(self, expression: Expr) -> Function:
        """The expression as a function of the observation, right to the digits however small it is."""
        return lambda observation: value(expression, {**self._point, self._name: observation}, 2 * DIGITS)

    def function(self, expression: Expr, **more: Any) -> Function:
        """The expression as a function of the observation; what is free of that is evaluated once."""
        settled, point = _settled(expression, self._name, {**self._point, **more}, self._of_counts)
        if self._of_shares:
            return cache(compiled(settled, self._name, {**point, "K": self.classes}))

        @cache
        def at(observation: Any) -> Any:
            return evaluate(settled, {**point, self._name: observation})

        return at


class _Sum:
    """Sums over a discrete support: over the whole of it, where that is said, or until no mass is missing."""

    def __init__(
        self,
        density: Function,
        values: Iterator[Any],
        whole: bool = False,
        log_density: Function | None = None,
    ) -> None:
        self._terms: list[tuple[Any, Any]] = []
        self._missing = mpmath.mpf(not whole)
        self._whole, self._density, self._log_density = whole, density, log_density
        with mpmath.workdps(2 * DIGITS):
            for observation in values if whole else islice(values, MOST_TERMS):
                self._terms.append((observation, density(observation)))
                if whole:
                    continue
                self._missing -= self._terms[-1][1]
                if self._missing < MISSING:
                    break

    def mean(self, function: Function) -> Mean:
        """The sum, and what the missing mass would add if the function stayed as it is at the last term."""
        with mpmath.workdps(2 * DIGITS):
            total = mpmath.fsum(weight * function(observation) for observation, weight in self._terms)
            if self._whole or len(self._terms) < MOST_TERMS:
                return Mean(total, abs(self._missing * function(self._terms[-1][0])))
            rests = [self._beyond(function, end) for end in range(len(self._ends))]
            return Mean(total + sum(rest.value for rest in rests), sum(rest.error for rest in rests))

    @cached_property
    def _ends(self) -> list[tuple[Any, int]]:
        """The last terms in every direction in which there are more, and the direction."""
        visited = [observation for observation, _ in self._terms]
        last = [(max(visited), 1)]
        return last if min(visited) >= visited[0] else [*last, (min(visited), -1)]

    @cached_property
    def _integrals(self) -> list[_Integral]:
        """The integrals from half a step beyond the last terms on."""

        def beyond(last: Any, side: int) -> Stretch:
            def stretch(t: Any) -> tuple[Any, Any]:
                distance = mpmath.exp(t)
                return last + side * (distance + mpmath.mpf(1) / 2), distance

            return stretch

        assert self._log_density is not None
        return [
            _Integral(self._density, self._log_density, beyond(*end), of_counts=True) for end in self._ends
        ]

    def _beyond(self, function: Function, end: int) -> Mean:
        """The sum of all further terms, by Euler's and Maclaurin's formula for midpoints, its derivatives from terms."""
        last, side = self._ends[end]
        before, at, after, later = (
            self._density(value) * function(value)
            for value in (last - side, last, last + side, last + 2 * side)
        )
        third = (later - before) - 3 * (after - at)
        slope = (after - at) - third / 24
        integral = self._integrals[end].mean(function)
        return Mean(integral.value + slope / 24 - 7 * third / 5760, integral.error + abs(third) / 5760)


class _Mixture:
    """Atoms beside a density."""

    def __init__(self, density: Function, atoms: tuple[float, ...], integral: _Integral) -> None:
        self._density, self._atoms, self._integral = density, atoms, integral

    def mean(self, function: Function) -> Mean:
        """What the atoms have of the mean, and the integral over the rest."""
        rest = self._integral.mean(function)
        with mpmath.workdps(DIGITS):
            atoms = map(mpmath.mpf, self._atoms)
            return Mean(rest.value + sum(self._density(at) * function(at) for at in atoms), rest.error)


class _Pieces:
    """An integral over the whole line in pieces, each of which is stretched as far as its ends."""

    def __init__(self, integrals: Iterable[_Integral]) -> None:
        self._integrals = tuple(integrals)

    def mean(self, function: Function) -> Mean:
        """The sum of the integrals."""
        means = [integral.mean(function) for integral in self._integrals]
        with mpmath.workdps(DIGITS):
            return Mean(mpmath.fsum(m.value for m in means), mpmath.fsum(m.error for m in means))


class _Place(NamedTuple):
    """A place on the stretched line: the observation there, how fast it moves, and its binary digits."""

    observation: Any
    speed: Any
    bits: int


class _Integral:
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
        of_density = _peaks(lambda t: self._at(t, self._log_density), _grid())
        peaks = sorted({*of_density, *_peaks(self._log_mass, _reaching(self._log_mass))})
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
            breaks |= set(_zeros(partial(self._at, function=kink), ends))
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


def _grid() -> list[Any]:
    return [4 * mpmath.sinh(mpmath.mpf(step) / 16) for step in SEARCHED]


def _sizes(point: Point) -> dict[str, int]:
    """What a point says of the lengths of vectors."""
    return {size: number for size, number in point.items() if isinstance(number, int)}


def _kinks(expression: Expr, name: str, point: Point) -> list[Expr]:
    """What stands between bars, or has its sign taken, and depends on the named observation."""
    found = written_out(expression, _sizes(point)).atoms(Abs, sign)
    arguments = {part.args[0] for part in found}
    return [part for part in arguments if name in {symbol.name for symbol in part.free_symbols}]


def _cusps(expression: Expr, name: str, point: Point) -> list[Expr]:
    """Where what stands between bars and is raised to a power that is no integer vanishes.

    There the slope may be infinite.  Only what is linear in the named observation is found.
    """
    powers = written_out(expression, _sizes(point)).atoms(Pow)
    raised = {part.args[0] for power in powers if not power.exp.is_integer for part in power.base.atoms(Abs)}
    found = []
    for argument in raised:
        for symbol in argument.free_symbols:
            slope = argument.diff(symbol)
            if symbol.name == name and symbol not in slope.free_symbols:
                found.append(-argument.xreplace({symbol: Integer(0)}) / slope)
    return found


def _between(ends: list[Any]) -> Iterator[Stretch]:
    """The whole line stretched onto each interval between neighbouring ends, of which the outer two are infinite."""
    for lower, upper in pairwise(ends):

        def stretch(t: Any, lower: Any = lower, upper: Any = upper) -> tuple[Any, Any]:
            if mpmath.isinf(lower) or mpmath.isinf(upper):
                distance = mpmath.exp(t)
                return (upper - distance if mpmath.isinf(lower) else lower + distance), distance
            share, rest = (1 / (1 + mpmath.exp(side * t)) for side in (-1, 1))
            return lower + (upper - lower) * share, (upper - lower) * share * rest

        yield stretch


def _zeros(function: Function, ends: tuple[Any, Any]) -> Iterator[Any]:
    """The places between the ends at which a function changes its sign, as far as a grid shows them."""
    grid = sorted({*ends, *(t for t in _grid() if ends[0] < t < ends[1])})
    for left, right in pairwise(grid):
        below = function(left)
        if below * function(right) < 0:
            place, half = (left + right) / 2, (right - left) / 2
            for _ in range(NARROWINGS):
                half /= 2
                place += half if below * function(place) > 0 else -half
            yield place


class _Share(NamedTuple):
    """A place of a simplex: the parts that are observed, the volume's speed there, the density and its binary digits."""

    parts: _Parts
    speed: Any
    density: Any
    bits: int


class _Grid:
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


def _reaching(height: Function) -> list[Any]:
    """The grid, and further out on either side as long as the function still rises there."""
    grid = _grid()
    for end, beside in ((-1, -2), (0, 1)):
        while height(grid[end]) > height(grid[beside]) and abs(grid[end]) < FARTHEST:
            further = grid[end] + (grid[end] - grid[beside]) * WIDENING
            grid.insert(len(grid) if end else 0, further)
    return grid


def _peaks(height: Function, grid: list[Any]) -> Iterator[Any]:
    """The places of the peaks of a function, narrowed down by the golden section."""
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


def _settled(expression: Expr, name: str, point: Point, of_counts: bool) -> tuple[Expr, Point]:
    """The expression with a number in place of every part that the named observation does not enter.

    The parts of a sum over the classes are many small ones: it is settled as a whole or not at all, and so is a vector.
    What a word abbreviates has such parts too, which need as many digits as the observation where that comes close
    to an end of its interval.  Counts never do.
    """
    numbers: dict[Expr, Symbol] = {}
    values: dict[str, Any] = {}

    def settle(part: Expr) -> Expr:
        if isinstance(part, IndexedBase) or not part.args:
            return part
        if name in {symbol.name for symbol in part.free_symbols if isinstance(symbol, Symbol)}:
            if isinstance(part, Indexed | Lambda | Sum | Product):
                return part
            opened = _opened(part) if of_counts else part
            return settle(opened) if opened != part else part.func(*map(settle, part.args))
        if part not in numbers:
            numbers[part] = Symbol(f"_settled_{len(numbers)}", real=True)
            with mpmath.workdps(2 * DIGITS):
                values[numbers[part].name] = evaluate(part, point)
        return numbers[part]

    return settle(expression), {**point, **values}


def _opened(part: Expr) -> Expr:
    """What a word abbreviates, where it is evaluated by that; anything else as it is."""
    word: Word | None = getattr(type(part), "word", None)
    if word is None or word.reference or word.zero_wins or word.of_vector:
        return part
    return word.meaning(*part.args)
