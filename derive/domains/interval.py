"""Domains of scalars: intervals of the real line or of the integers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count, takewhile
from random import Random
from typing import Any

from derive.domains.draws import ATOM, NEAREST, Sampler, between
from derive.domains.stretches import Stretch, onto

Facts = Mapping[str, bool]

# In so many bits the products of a few floats, and their sums, are exact.
EXACT = 20_000


@dataclass(frozen=True)
class Interval:
    """An interval of the real line or of the integers, perhaps without zero.

    facts     the assumptions SymPy is told
    typical   draws an ordinary point of the interior: truth is tested there
    wide      draws over many orders of magnitude: means under the model are right there too
    extremes  legal points at which floating point is tempted to fail
    harmless  an interior point at which every loss is finite: what a removed sample is replaced by
    stretch   the whole line stretched onto the interval, with ends so far that a density that has a
              mass decays exponentially; none for integers
    atoms     points of the interval that have a mass of their own, beside a density on the rest of it
    accepted  the wider set that a loss takes when the density itself needs less (soft labels in
              [0, 1] beside {0, 1}, any angle beside those of one turn)
    demand    what an argument is told that it must be, where that is not the name
    least     the name of another symbol of the density that is the least point; empty for none
    most      likewise the greatest point: `Count.up_to("trials")`
    positive  what must be positive too, of this symbol and of others by name: `Real.where(lambda b, a: b - a)`;
              of whole numbers perhaps several
    refuge    the name of a symbol that lies inside whatever the others are, where the harmless point may not
    size      the length of the vectors of a loss, if no point is greater than it
    """

    name: str
    text: str
    latex: str
    lower: float
    upper: float
    facts: Facts
    typical: Sampler
    wide: Sampler
    extremes: tuple[float, ...]
    harmless: float
    stretch: Stretch | None = None
    closed: tuple[bool, bool] = (False, False)
    integer: bool = False
    nonzero: bool = False
    atoms: tuple[float, ...] = ()
    accepted: Interval | None = None
    demand: str = ""
    least: str = ""
    most: str = ""
    size: str = ""
    positive: tuple[Callable[..., Any], ...] = ()
    refuge: str = ""

    def up_to(self, symbol: str) -> Interval:
        """The points up to another symbol of the same density, which its text and its LaTeX name."""
        low = self.least or _number(self.lower)
        text = f"{{{low}, …, {symbol}}}" if self.integer else f"{'(['[self.closed_below]}{low}, {symbol}]"
        latex = rf"\{{{low}, \dots, {symbol}\}}" if self.integer else _in_latex(text)
        return replace(
            self,
            most=symbol,
            name=f"{self.name} up to {symbol}",
            text=text,
            latex=latex,
            demand=f"{self.demanded} {'and at most' if self.least else 'up to'} {symbol}",
            harmless=self.lower if self.closed[0] else self.harmless,
        )

    def down_to(self, symbol: str) -> Interval:
        """The points from another symbol of the same density on, without an end."""
        text, latex = f"[{symbol}, ∞)", rf"[{symbol}, \infty)"
        if self.integer:
            text, latex = f"{{{symbol}, {symbol} + 1, …}}", rf"\{{{symbol}, {symbol} + 1, \dots\}}"
        return replace(
            self,
            least=symbol,
            name=f"{self.name} from {symbol} on",
            text=text,
            latex=latex,
            demand=f"{self.demanded} and at least {symbol}",
        )

    def where(
        self, positive: Callable[..., Any], refuge: str = "", harmless: float | None = None
    ) -> Interval:
        """The points at which a function of this symbol and of others is positive, too, beside those that already are.

        positive  takes this symbol first and the others by their names; linear in the first, whatever the
                  others are, so that the points are an interval: `lambda y, mu, sigma: sigma - (y - mu)`
        refuge    the name of another symbol that is such a point, whatever the others are; else the harmless
                  point must be one
        """
        harmless = self.harmless if harmless is None else harmless
        return replace(self, positive=(*self.positive, positive), refuge=refuge, harmless=harmless)

    def with_atoms(self, *atoms: float) -> Interval:
        """The interval with a mass of its own at these of its ends, and without the others."""
        closed = (self.lower in atoms, self.upper in atoms)
        text = "(["[closed[0]] + f"{_number(self.lower)}, {_number(self.upper)}" + ")]"[closed[1]]
        inside = replace(self, closed=closed)

        def typical(random: Random) -> float:
            return random.choice(atoms) if random.random() < ATOM else self.typical(random)

        return replace(
            inside,
            name=f"{self.name}, with atoms at {' and '.join(map(_number, atoms))}",
            text=text,
            latex=_in_latex(text),
            demand=f"in {text}",
            facts={"positive": True} if self.lower == 0 and not closed[0] else self.facts,
            typical=typical,
            extremes=tuple(point for point in self.extremes if point in inside),
            atoms=atoms,
        )

    @property
    def conditioned(self) -> tuple[str, ...]:
        """The other symbols in what must be positive, by name."""
        return tuple(dict.fromkeys(name for condition in self.positive for name in _others(condition)))

    def conditions(self, own: Any, others: Mapping[str, Any]) -> list[Any]:
        """What must be positive, of this symbol and of the others by name."""
        return [
            condition(own, **{name: others[name] for name in _others(condition)})
            for condition in self.positive
        ]

    @property
    def symbols(self) -> tuple[str, ...]:
        """The other symbols that bound it."""
        return tuple(symbol for symbol in dict.fromkeys((self.least, self.most, *self.conditioned)) if symbol)

    @property
    def closed_below(self) -> bool:
        """Whether the least point belongs to it, be it a number or a symbol."""
        return bool(self.least) or self.closed[0]

    def at(self, point: Mapping[str, Any], nearest: float = 0.0) -> Interval:
        """The interval once the symbols that bound it have the numbers of a point; itself where none does.

        nearest  how near to an end that a condition makes its points lie, as a share of the way to the refuge
        """
        if not self.symbols:
            return self
        lower = point[self.least] if self.least else self.lower
        upper = point[self.most] if self.most else self.upper
        closed = (self.closed_below, bool(self.most) or self.closed[1])
        for condition in self.positive:
            end, side = self._end(condition, point, 0.0 if self.integer else nearest)
            if self.integer:
                lower = max(lower, math.floor(end) + 1) if side > 0 else lower
                upper = min(upper, math.ceil(end) - 1) if side < 0 else upper
            elif side > 0 and end >= lower:
                lower, closed = end, (False, closed[1])
            elif side < 0 and end <= upper:
                upper, closed = end, (closed[0], False)
        moved = (lower, upper) != (self.lower, self.upper)
        drawn = between(float(lower), float(upper), self.integer)
        return replace(
            self,
            lower=lower,
            upper=upper,
            closed=closed,
            typical=drawn if moved else self.typical,
            wide=drawn if moved else self.wide,
            stretch=onto(lower, upper) if self.stretch and moved else self.stretch,
            least="",
            most="",
            positive=(),
        )

    def _end(
        self, condition: Callable[..., Any], point: Mapping[str, Any], nearest: float
    ) -> tuple[Any, int]:
        """Where what must be positive is zero, and on which side of that it is positive: 0 where on both."""
        from mpmath import mpf, sign, workprec

        with workprec(EXACT):
            others = {name: mpf(1) * point[name] for name in _others(condition)}
            at_zero = condition(mpf(0), **others)
            slope = condition(mpf(1), **others) - at_zero
            if not slope:
                return mpf(0), 0
            end = -at_zero / slope
            refuge = point[self.refuge] if self.refuge else self.harmless
            distance = abs(refuge - end) if sign(refuge - end) == sign(slope) else abs(end)
            return end + sign(slope) * nearest * distance, int(sign(slope))

    def settled(self, values: Mapping[str, Any]) -> Interval:
        """The interval once numbers for the other symbols settle what must be positive, with a name of its own."""
        if not self.positive or not set(self.symbols) <= set(values):
            return self
        inside = self.at(values)
        lower, upper = float(inside.lower), float(inside.upper)
        text = "(["[inside.closed[0]] + f"{_number(lower)}, {_number(upper)}" + ")]"[inside.closed[1]]
        latex = _in_latex(text)
        if self.integer:
            text, latex = f"{{{lower:g}, …, {upper:g}}}", rf"\{{{lower:g}, \dots, {upper:g}\}}"
        near = (self.harmless, lower + 1, upper - 1, (lower + upper) / 2, lower)
        harmless = next((number for number in near if number in inside), self.harmless)
        return replace(
            inside,
            lower=lower,
            upper=upper,
            name=f"in {text}",
            text=text,
            latex=latex,
            demand=f"in {text}" if math.isfinite(upper) else f"finite and above {lower:g}",
            facts={"positive": True} if lower >= 0 and not self.integer else self.facts,
            harmless=harmless,
        )

    def __getitem__(self, size: str) -> Interval:
        """`Rank["K"]` holds the whole numbers up to K."""
        text, latex = (part.replace(self.size, size) for part in (self.text, self.latex))
        return replace(self, size=size, text=text, latex=latex)

    def of_length(self, length: int) -> Interval:
        """The interval beside vectors of a length."""
        if not self.size:
            return self
        return replace(
            self, size="", upper=length, typical=lambda random: float(random.randrange(length + 1))
        )

    @property
    def demanded(self) -> str:
        """What an argument is told that it must be."""
        return self.demand or self.name

    @property
    def discrete(self) -> bool:
        """Whether the measure counts points (else it is Lebesgue's); a parameter with one is never learned."""
        return self.integer

    @property
    def of_classes(self) -> bool:
        """Whether a point is one of K classes, as a vector."""
        return False

    @property
    def data(self) -> Interval:
        """The set of data a loss accepts."""
        return self.accepted or self

    @property
    def legal(self) -> Interval:
        """The set of values a parameter may have: all that is accepted, of a discrete domain its points."""
        return self if self.discrete else self.data

    def __contains__(self, value: float) -> bool:
        above = value > self.lower or (self.closed[0] and value == self.lower)
        below = value < self.upper or (self.closed[1] and value == self.upper)
        whole = not self.integer or (math.isfinite(value) and value == math.floor(value))
        return above and below and whole and not (self.nonzero and value == 0)

    def within(self, other: Interval) -> bool:
        """Whether every point of this interval lies in the other."""
        at_ends = (
            self.lower > other.lower or (self.lower == other.lower and self.closed[0] <= other.closed[0]),
            self.upper < other.upper or (self.upper == other.upper and self.closed[1] <= other.closed[1]),
        )
        holes = (self.integer or not other.integer) and not (other.nonzero and 0 in self)
        return all(at_ends) and holes

    @property
    def finite(self) -> bool:
        """Whether there are finitely many points."""
        return self.integer and math.isfinite(self.upper - self.lower)

    def scaled(self, size: float) -> Interval:
        """The interval of so many times its points, for a positive size; its ends stay open or closed."""
        lower, upper = size * self.lower, size * self.upper
        text = "(["[self.closed[0]] + f"{_number(lower)}, {_number(upper)}" + ")]"[self.closed[1]]
        return replace(
            self,
            name=f"in {text}",
            text=text,
            latex=_in_latex(text),
            lower=lower,
            upper=upper,
            typical=lambda random: size * self.typical(random),
            wide=lambda random: size * self.wide(random),
            extremes=tuple(size * point for point in self.extremes),
            harmless=size * self.harmless,
            stretch=None,
        )

    def far(self, random: Random, decades: float) -> float:
        """A point of any size up to so many decades; of a bounded interval one as near to either end.

        Half of the points are of the accepted set, where that is wider, and some are atoms.
        """
        if self.finite:
            return self.typical(random)
        if self.accepted and random.random() < 0.5:
            return self.accepted.far(random, decades)
        if self.atoms and random.random() < ATOM:
            return random.choice(self.atoms)
        small = 10 ** random.uniform(-decades, -0.3)
        if math.isfinite(self.upper - self.lower):
            if self.lower != 0 and not self.accepted:
                small = max(small, NEAREST)
            below = small if self.closed[1] else max(small, NEAREST)
            share = random.choice((small, 1 - below))
            return self.lower + share * (self.upper - self.lower)
        if self.integer:
            steps = math.floor(10 ** random.uniform(-1, min(decades, 6)))
            return self.lower + steps if math.isfinite(self.lower) else random.choice((-1.0, 1.0)) * steps
        size = 10 ** random.uniform(-decades, decades)
        if 0 < self.lower < math.inf:
            size *= self.lower
        if math.isfinite(self.upper):
            return self.upper - size
        return self.lower + size if math.isfinite(self.lower) else random.choice((-1.0, 1.0)) * size

    def enumerate(self) -> Iterator[float]:
        """The points of a discrete domain from the first one on, else from 0 on to both sides; perhaps without an end."""
        if math.isinf(self.lower):
            return (float(sign * n) for n in count() for sign in (1, -1)[: n + 1])
        return map(float, takewhile(lambda n: n <= self.upper, count(int(self.lower))))


def _number(end: float) -> str:
    """An end of an interval in text."""
    return {-math.inf: "−∞", math.inf: "∞"}.get(end, f"{end:g}").replace("-", "−")


def _in_latex(text: str) -> str:
    return text.replace("−", "-").replace("∞", r"\infty")


def _others(condition: Callable[..., Any]) -> tuple[str, ...]:
    """The names of a condition's arguments behind the first one."""
    code = condition.__code__
    return code.co_varnames[1 : code.co_argcount]
