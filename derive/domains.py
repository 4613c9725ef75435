"""Where a quantity may live.

A domain is one object with many uses: it annotates a declaration, gives SymPy its facts, guards the
arguments of generated code, names itself in prose and in LaTeX, supplies the points at which claims
are tested, and says how an integral over it is taken.  Everything here is data; nothing imports SymPy.

`Interval` holds scalars, `Entries` holds vectors of symbolic size.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate, count, permutations, takewhile
from random import Random
from typing import Any

Sampler = Callable[[Random], float]
Facts = Mapping[str, bool]

# From the whole line onto an interval: the point at t and its derivative there, as mpmath numbers.
Stretch = Callable[[Any], tuple[Any, Any]]


# How often a drawn point is an atom, and how near to an end that is not zero a number of single precision lies.
ATOM = 0.2
NEAREST = 1e-6
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
        drawn = _between(float(lower), float(upper), self.integer)
        return replace(
            self,
            lower=lower,
            upper=upper,
            closed=closed,
            typical=drawn if moved else self.typical,
            wide=drawn if moved else self.wide,
            stretch=_onto(lower, upper) if self.stretch and moved else self.stretch,
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


@dataclass(frozen=True)
class Entries:
    """A vector of symbolic size: its entries' domain, and whether they sum to one.

    typical_vector  draws an ordinary vector of a size
    far_entries     draws one with entries of any size up to so many decades
    every           all the vectors of a size, where they are finitely many, or those of one total
    accepted        the wider set of data a loss takes
    finite_maximum  whether entries may be −∞, as long as not all are
    increasing      whether each entry is greater than the one before
    ranked          whether the entries are 0, 1, …, K − 1, each of them once
    leaves_rest     whether the entries sum to less than one
    """

    name: str
    text: str
    latex: str
    entry: Interval
    sums_to_one: bool
    typical_vector: Callable[[Random, int], list[float]]
    far_entries: Callable[[Random, int, float], list[float]]
    size: str = "K"
    every: Callable[[int], list[list[float]]] | None = None
    accepted: Entries | None = None
    finite_maximum: bool = False
    increasing: bool = False
    ranked: bool = False
    leaves_rest: bool = False

    def __getitem__(self, size: str) -> Entries:
        """`Simplex["K"]` is the simplex of K entries."""
        accepted = self.accepted[size] if self.accepted else None
        return replace(
            self,
            size=size,
            accepted=accepted,
            text=self.text.replace("K", size),
            latex=self.latex.replace("K", size),
        )

    @property
    def least(self) -> str:
        """The symbol that is the least point: none."""
        return ""

    @property
    def most(self) -> str:
        """The symbol that is the greatest point: none."""
        return ""

    @property
    def positive(self) -> tuple[Callable[..., Any], ...]:
        """What must be positive too: nothing."""
        return ()

    def conditions(self, own: Any, others: Mapping[str, Any]) -> list[Any]:
        """Nothing likewise."""
        return []

    @property
    def refuge(self) -> str:
        """The symbol that lies inside whatever the others are: none."""
        return ""

    @property
    def symbols(self) -> tuple[str, ...]:
        """The other symbols that bound it: none."""
        return ()

    def at(self, point: Mapping[str, Any], nearest: float = 0.0) -> Entries:
        """Itself: no other symbol bounds it."""
        return self

    def settled(self, values: Mapping[str, Any]) -> Entries:
        """Itself likewise."""
        return self

    @property
    def demanded(self) -> str:
        """What an argument is told that it must be."""
        if self.finite_maximum:
            return f"{self.entry.demanded}, the largest entry finite"
        if self.sums_to_one:
            return f"a {self.name}: entries in {self.entry.text} that sum to one"
        if self.ranked:
            return f"a {self.name}: 0, 1, ..., {self.size} - 1 in any order"
        more = ", each greater than the one before" if self.increasing else ""
        more = ", with a sum below 1" if self.leaves_rest else more
        return self.entry.demanded + more

    @property
    def harmless(self) -> float | None:
        """An entry at which every loss is finite; None stands for one over the vector's length."""
        return None if self.sums_to_one else self.entry.harmless

    @property
    def discrete(self) -> bool:
        """Whether the measure counts points (else it is Lebesgue's)."""
        return self.every is not None

    @property
    def of_classes(self) -> bool:
        """Whether a point is one of K classes, as a vector."""
        return self.discrete and self.sums_to_one

    @property
    def free(self) -> bool:
        """Whether each entry may be anything in its domain, whatever the others are."""
        return not (
            self.sums_to_one or self.increasing or self.finite_maximum or self.ranked or self.leaves_rest
        )

    def enumerate(self, size: int) -> Iterator[list[float]]:
        """The points of a discrete domain of vectors of this size."""
        assert self.every is not None
        return iter(self.every(size))

    @property
    def facts(self) -> Facts:
        """What SymPy is told of each entry."""
        return self.entry.facts

    @property
    def data(self) -> Entries:
        """The set of data a loss accepts."""
        return self.accepted or self


Domain = Interval | Entries

# How far the entries of a probability vector may sum from one.  A softmax rounds its normaliser and each
# entry once, and a mixture with other labels rounds as often again, each time by at most half an eps: two
# eps of the dtype that the vector was given in.  And never less than 1e-5, for an array of doubles may hold
# what was computed in single precision over many classes, or read from a table.
EPS_OF_SUM = 2
SUM_TOLERANCE = 1e-5

_INFINITY = math.inf


def _normal(scale: float) -> Sampler:
    return lambda random: random.gauss(0.0, scale)


def _lognormal(scale: float) -> Sampler:
    return lambda random: math.exp(random.gauss(0.0, scale))


def _any_size(smallest: float, largest: float) -> Sampler:
    """Between ten to these powers, every order of magnitude alike."""
    return lambda random: 10 ** random.uniform(smallest, largest)


def _either_sign(size: Sampler) -> Sampler:
    return lambda random: random.choice((-1.0, 1.0)) * size(random)


def _sinh(t: Any) -> tuple[Any, Any]:
    """Onto (-∞, ∞): a tail that falls like a power falls exponentially in t."""
    from mpmath import cosh, sinh

    return sinh(t), cosh(t)


def _exp(t: Any) -> tuple[Any, Any]:
    """Onto (0, ∞)."""
    from mpmath import exp

    y = exp(t)
    return y, y


def _logistic(t: Any) -> tuple[Any, Any]:
    """Onto (0, 1)."""
    from mpmath import exp

    y = 1 / (1 + exp(-t))
    return y, y / (1 + exp(t))


def _number(end: float) -> str:
    """An end of an interval in text."""
    return {-math.inf: "−∞", math.inf: "∞"}.get(end, f"{end:g}").replace("-", "−")


def _in_latex(text: str) -> str:
    return text.replace("−", "-").replace("∞", r"\infty")


def _others(condition: Callable[..., Any]) -> tuple[str, ...]:
    """The names of a condition's arguments behind the first one."""
    code = condition.__code__
    return code.co_varnames[1 : code.co_argcount]


def _between(lower: float, upper: float, integer: bool) -> Sampler:
    """Draws between two ends, often near either of them; or from the only one on by a share of its size."""

    def draw(random: Random) -> float:
        if math.isinf(lower):
            return upper - (abs(upper) or 1.0) * math.exp(random.gauss(-1.0, 1.5))
        if math.isinf(upper):
            above = lower + (abs(lower) or 1.0) * math.exp(random.gauss(-1.0, 1.5))
            return math.ceil(above) if integer else above
        if not integer:
            return lower + random.random() * (upper - lower)
        near = math.floor((upper - lower + 1) ** random.random()) - 1
        return random.choice((lower + near, upper - near, float(random.randint(int(lower), int(upper)))))

    return draw


def _onto(lower: Any, upper: Any) -> Stretch:
    """Onto an interval with an end or two."""

    def stretched(t: Any) -> tuple[Any, Any]:
        if math.isinf(upper):
            y, speed = _exp(t)
            return lower + y, speed
        if math.isinf(lower):
            y, speed = _exp(-t)
            return upper - y, speed
        y, speed = _logistic(t)
        return lower + (upper - lower) * y, (upper - lower) * speed

    return stretched


def _from_one_to_two(t: Any) -> tuple[Any, Any]:
    """Onto (1, 2)."""
    share, speed = _logistic(t)
    return 1 + share, speed


def _turn(t: Any) -> tuple[Any, Any]:
    """Onto (-π, π)."""
    from mpmath import cosh, pi, tanh

    return pi * tanh(t / 2), pi / (2 * cosh(t / 2) ** 2)


def _tanh(t: Any) -> tuple[Any, Any]:
    """Onto (-1, 1)."""
    from mpmath import sech, tanh

    return tanh(t / 2), sech(t / 2) ** 2 / 2


Real = Interval(
    name="real",
    text="ℝ",
    latex=r"\mathbb{R}",
    lower=-_INFINITY,
    upper=_INFINITY,
    facts={"real": True},
    typical=_normal(2.0),
    wide=_either_sign(_any_size(-3, 4)),
    extremes=(0.0, 1e-8, -1e-8, 40.0, -40.0, 1e4, -1e4),
    harmless=0.0,
    stretch=_sinh,
    demand="finite",
)

# What says whether a tail falls like a power or comes to an end: far below -1 no mass near that end is resolved.
TailIndex = replace(
    Real,
    typical=_normal(0.5),
    wide=lambda random: random.uniform(-0.9, 2.0),
    extremes=(0.0, 1e-8, -1e-8, 1.0, -1.0, 10.0),
)

Nonzero = Interval(
    name="nonzero real",
    text="ℝ∖{0}",
    latex=r"\mathbb{R} \setminus \{0\}",
    lower=-_INFINITY,
    upper=_INFINITY,
    facts={"real": True, "nonzero": True},
    typical=_either_sign(_lognormal(0.7)),
    wide=_either_sign(_any_size(-3, 3)),
    extremes=(1.0, -1.0, 1e-4, -1e4),
    harmless=1.0,
    stretch=_sinh,
    nonzero=True,
    demand="finite and not zero",
)

Positive = Interval(
    name="positive",
    text="(0, ∞)",
    latex=r"(0, \infty)",
    lower=0.0,
    upper=_INFINITY,
    facts={"positive": True},
    typical=_lognormal(0.8),
    wide=_any_size(-2, 3),
    extremes=(1.0, 1e-8, 1e-3, 1e3, 1e8),
    harmless=1.0,
    stretch=_exp,
)

# How closely shares lie around their mean: with far less than one they are all at 0 and 1, where no mass is resolved.
Precision = replace(Positive, wide=_any_size(-1, 3))

Nonnegative = Interval(
    name="nonnegative",
    text="[0, ∞)",
    latex=r"[0, \infty)",
    lower=0.0,
    upper=_INFINITY,
    facts={"nonnegative": True},
    typical=_lognormal(0.8),
    wide=_any_size(-2, 3),
    extremes=(1.0, 0.0, 1e-8, 1e8),
    harmless=1.0,
    stretch=_exp,
    closed=(True, False),
)

# Counting at zero, Lebesgue's measure beyond: what is mostly nothing, and else an amount.
Semicontinuous = replace(
    Nonnegative,
    name="nonnegative, with an atom at 0",
    typical=lambda random: 0.0 if random.random() < ATOM else _lognormal(0.8)(random),
    atoms=(0.0,),
)

BetweenOneAndTwo = Interval(
    name="between one and two",
    text="(1, 2)",
    latex="(1, 2)",
    lower=1.0,
    upper=2.0,
    facts={"positive": True},
    typical=lambda random: random.uniform(1.1, 1.9),
    wide=lambda random: random.uniform(1.02, 1.98),
    extremes=(1.5, 1.001, 1.999),
    harmless=1.5,
    stretch=_from_one_to_two,
)

Unit = Interval(
    name="in the unit interval",
    text="[0, 1]",
    latex="[0, 1]",
    lower=0.0,
    upper=1.0,
    facts={"nonnegative": True},
    typical=lambda random: random.uniform(0.02, 0.98),
    wide=lambda random: 1 / (1 + math.exp(random.uniform(-20, 20))),
    extremes=(0.5, 0.0, 1.0, 1e-8, 1 - 1e-8),
    harmless=0.5,
    stretch=_logistic,
    closed=(True, True),
)

# Its parameters are drawn nearer to the middle than a share's: no mass of a beta is resolved at a mean of 0.99999.
OpenUnit = replace(
    Unit,
    name="in the open unit interval",
    text="(0, 1)",
    latex="(0, 1)",
    facts={"positive": True},
    wide=lambda random: 1 / (1 + math.exp(random.uniform(-4, 4))),
    extremes=(0.5, 1e-300, 1e-8, 1 - 1e-8),
    closed=(False, False),
)

# A density of angles has the period 2π: it is one over a turn, and any finite angle is an angle.
Angle = Interval(
    name="angle",
    text="(−π, π]",
    latex=r"(-\pi, \pi]",
    lower=-math.pi,
    upper=math.pi,
    facts={"real": True},
    typical=lambda random: random.uniform(-math.pi, math.pi),
    wide=lambda random: random.uniform(-math.pi, math.pi),
    extremes=(1.0, 0.0, 1e-8, -1e-8, 3.14159, -3.14159, math.pi),
    harmless=0.0,
    stretch=_turn,
    closed=(False, True),
    accepted=Real,
)

Share = replace(
    Unit,
    name="share",
    text="(0, 1]",
    latex="(0, 1]",
    facts={"positive": True},
    extremes=(0.5, 1.0, 1e-300, 1 - 1e-8),
    closed=(False, True),
)

SignedUnit = Interval(
    name="between -1 and 1",
    text="(−1, 1)",
    latex="(-1, 1)",
    lower=-1.0,
    upper=1.0,
    facts={"real": True},
    typical=lambda random: random.uniform(-0.98, 0.98),
    wide=lambda random: math.tanh(random.uniform(-10, 10)),
    extremes=(0.0, 1e-8, -1e-8, 1 - 1e-8, 1e-8 - 1),
    harmless=0.0,
    stretch=_tanh,
)

Binary = Interval(
    name="binary",
    text="{0, 1}",
    latex=r"\{0, 1\}",
    lower=0.0,
    upper=1.0,
    facts={"nonnegative": True},
    typical=lambda random: float(random.randrange(2)),
    wide=lambda random: float(random.randrange(2)),
    extremes=(0.0, 1.0),
    harmless=0.0,
    closed=(True, True),
    integer=True,
    accepted=Unit,
)

Count = Interval(
    name="count",
    text="{0, 1, 2, …}",
    latex=r"\{0, 1, 2, \dots\}",
    lower=0.0,
    upper=_INFINITY,
    facts={"integer": True, "nonnegative": True},
    typical=lambda random: float(random.randrange(12)),
    wide=lambda random: float(random.randrange(1000)),
    extremes=(1.0, 0.0, 1000.0),
    harmless=1.0,
    closed=(True, False),
    integer=True,
    demand="a count: 0, 1, 2, ...",
)

Whole = Interval(
    name="whole number",
    text="{…, −1, 0, 1, …}",
    latex=r"\{\dots, -1, 0, 1, \dots\}",
    lower=-_INFINITY,
    upper=_INFINITY,
    facts={"integer": True},
    typical=lambda random: float(random.randrange(-6, 7)),
    wide=lambda random: float(random.randrange(-1000, 1000)),
    extremes=(0.0, 1.0, -1.0, 1000.0, -1000.0),
    harmless=0.0,
    integer=True,
    demand="a whole number",
)

PositiveCount = replace(
    Count,
    name="positive count",
    text="{1, 2, 3, …}",
    latex=r"\{1, 2, 3, \dots\}",
    lower=1.0,
    facts={"integer": True, "positive": True},
    typical=lambda random: float(random.randrange(1, 12)),
    wide=lambda random: float(random.randrange(1, 1000)),
    extremes=(1.0, 2.0, 1000.0),
    demand="a positive count: 1, 2, 3, ...",
)

Rank = replace(
    Count,
    name="rank",
    text="{0, …, K}",
    latex=r"\{0, \dots, K\}",
    typical=lambda random: float(random.randrange(4)),
    wide=lambda random: float(random.randrange(100)),
    extremes=(0.0, 1.0),
    demand="a rank: 0, 1, ..., K beside vectors of K entries",
    size="K",
)

Position = Interval(
    name="index",
    text="{1, …, K}",
    latex=r"\{1, \dots, K\}",
    lower=1.0,
    upper=_INFINITY,
    facts={"integer": True, "positive": True},
    typical=lambda random: float(random.randrange(1, 4)),
    wide=lambda random: float(random.randrange(1, 100)),
    extremes=(1.0,),
    harmless=1.0,
    closed=(True, False),
    integer=True,
)


def _simplex(random: Random, size: int) -> list[float]:
    weights = [random.expovariate(1.0) + 0.02 for _ in range(size)]
    return [weight / sum(weights) for weight in weights]


def _far_shares(random: Random, size: int, decades: float) -> list[float]:
    weights = [10 ** random.uniform(-decades, 0) for _ in range(size)]
    return [weight / sum(weights) for weight in weights]


def _far_logarithms(random: Random, size: int, decades: float) -> list[float]:
    """Logarithms of weights over so many decades."""
    return [math.log(10) * random.uniform(-decades, 0) for _ in range(size)]


def _steps(random: Random, size: int) -> list[float]:
    """A number, and positive steps from there."""
    return [random.gauss(-1.0, 1.0), *(Positive.typical(random) for _ in range(size - 1))]


def _one_hots(size: int) -> list[list[float]]:
    return [[float(k == hot) for k in range(size)] for hot in range(size)]


def _rankings(size: int) -> list[list[float]]:
    """All orders of so many items."""
    return [list(map(float, order)) for order in permutations(range(size))]


def _shuffled(random: Random, size: int) -> list[float]:
    return list(map(float, random.sample(range(size), size)))


def _counts(size: int, total: int = 3) -> list[list[float]]:
    """All counts of so many classes with a total."""
    if size == 1:
        return [[float(total)]]
    return [[float(n), *rest] for n in range(total + 1) for rest in _counts(size - 1, total - n)]


Vector = Entries(
    name="real vector",
    text="ℝᴷ",
    latex=r"\mathbb{R}^{K}",
    entry=Real,
    sums_to_one=False,
    typical_vector=lambda random, size: [random.gauss(0.0, 2.0) for _ in range(size)],
    far_entries=_far_logarithms,
)


def entries_in(interval: Interval) -> Entries:
    """Vectors whose entries lie anywhere in an interval."""
    if interval is Real:
        return Vector
    return replace(
        Vector,
        name=f"{interval.name} vector",
        text=f"{interval.text}ᴷ",
        latex=f"{interval.latex}^{{K}}",
        entry=interval,
        typical_vector=lambda random, size: [interval.typical(random) for _ in range(size)],
        far_entries=lambda random, size, decades: [interval.far(random, decades) for _ in range(size)],
    )


PositiveVector = entries_in(Positive)

# Where cut a line in so many places that they are in order.
Increasing = replace(
    Vector,
    name="increasing vector",
    text="ℝᴷ, increasing",
    latex=r"\mathbb{R}^{K}_{<}",
    typical_vector=lambda random, size: list(accumulate(_steps(random, size))),
    far_entries=lambda random, size, decades: sorted(Real.far(random, decades) for _ in range(size)),
    increasing=True,
)

# A weight that is zero has the logarithm −∞: a class that is masked.
LogWeights = replace(
    Vector,
    name="vector of logarithms of weights",
    text="[−∞, ∞)ᴷ, not all −∞",
    latex=r"[-\infty, \infty)^{K}",
    entry=replace(Real, closed=(True, False), demand="finite or -inf"),
    finite_maximum=True,
)

Simplex = Entries(
    name="probability vector",
    text="the simplex of K classes",
    latex=r"\Delta^{K-1}",
    entry=Unit,
    sums_to_one=True,
    typical_vector=_simplex,
    far_entries=lambda random, size, decades: _far_shares(random, size, decades / 2),
)

# A composition has no zeros; beside parts too small to be seen a part may round to 1.
Composition = replace(
    Simplex,
    name="composition",
    text="the open simplex of K parts",
    latex=r"\mathring{\Delta}^{K-1}",
    entry=Share,
    far_entries=_far_shares,
)

# The last part is what the others leave: far out it is the largest, or rounding would leave nothing.
Shares = replace(
    Vector,
    name="vector of shares",
    text="the shares of K parts that leave a rest",
    latex=r"\{y \in (0, 1)^{K} : \textstyle\sum_k y_k < 1\}",
    entry=replace(Share, harmless=1e-30, closed=(False, False)),
    typical_vector=lambda random, size: _simplex(random, size + 1)[:-1],
    far_entries=lambda random, size, decades: sorted(_far_shares(random, size + 1, decades))[:-1],
    leaves_rest=True,
)

OneHot = Entries(
    name="one-hot vector",
    text="the one-hot vectors of K classes",
    latex=r"\{e_1, \dots, e_K\}",
    entry=Binary,
    sums_to_one=True,
    typical_vector=lambda random, size: random.choice(_one_hots(size)),
    far_entries=lambda random, size, decades: random.choice(_one_hots(size)),
    every=_one_hots,
    accepted=Simplex,
)

Counts = replace(
    Vector,
    name="vector of counts",
    text="{0, 1, 2, …}ᴷ",
    latex=r"\{0, 1, 2, \dots\}^{K}",
    entry=Count,
    typical_vector=lambda random, size: [Count.typical(random) for _ in range(size)],
    far_entries=lambda random, size, decades: [Count.far(random, decades) for _ in range(size)],
    every=_counts,
)

# The numbers of K items, the best one first.
Ranking = replace(
    Vector,
    name="ranking",
    text="the rankings of K items",
    latex=r"S_{K}",
    entry=Count,
    typical_vector=_shuffled,
    far_entries=lambda random, size, decades: _shuffled(random, size),
    every=_rankings,
    ranked=True,
)
