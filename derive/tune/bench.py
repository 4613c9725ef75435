"""Measures a form: how many numbers fail in it, how many bits they lose beyond conditioning, what it costs."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

import mpmath
import numpy as np
import sympy
from sympy import Expr

from derive.accuracy import DTYPES, Truth
from derive.calculus import Calculus, Parts, calculus
from derive.certificate import Judged, judge
from derive.derivation import Derivation, Quantity
from derive.domains import Interval
from derive.modules.library import NUMPY
from derive.modules.pasted import source
from derive.oracle import Place, Point
from derive.program import program
from derive.scenes import LEVELS, arguments, arrays, far_points, points

# How many points of each level a form is run at.
POINTS = 12
SEED = 5

# Of one number: what is bad enough for a search.
TOLERATED_BITS = 8.0

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, order=True)
class Score:
    """How a form does: the fewer failing numbers, the fewer lost bits, the fewer operations, the better."""

    failures: int
    bits: int
    operations: int

    def __add__(self, other: Score) -> Score:
        return Score(
            self.failures + other.failures, self.bits + other.bits, self.operations + other.operations
        )

    def much_better(self, than: Score) -> bool:
        """Whether it is worth a longer page: a fifth of the failures less, or of the lost bits and no few."""
        if self.failures != than.failures:
            return self.failures <= 0.8 * than.failures
        return self.bits < 0.8 * than.bits - TOLERATED_BITS


@dataclass(frozen=True)
class Found:
    """What was measured of one entry: its score, and every number, by dtype, where there is a truth for it."""

    score: Score
    judged: Mapping[str, tuple[Judged | None, ...]]

    @property
    def poor(self) -> bool:
        """Whether it is worth a search."""
        return any(one.fails or one.bits > TOLERATED_BITS for one in self.every)

    @property
    def every(self) -> list[Judged]:
        """All numbers that were judged."""
        return [one for numbers in self.judged.values() for one in numbers if one is not None]


@dataclass(frozen=True)
class Entry:
    """The loss, or one of its derivatives: its name in `Choices`, and what it is differentiated in."""

    name: str
    places: tuple[Place, ...]

    def of(self, found: Calculus) -> Expr:
        """Its expression over the parts of a calculus."""
        if not self.places:
            return found.loss
        rows = [[quantity.name for quantity in found.variables].index(str(place)) for place in self.places]
        return found.gradient[rows[0]] if len(rows) == 1 else found.hessian[rows[0]][rows[1]]


class Bench:
    """Runs forms of one loss and of its derivatives at the same points, against the same truth."""

    def __init__(self, derived: Derivation) -> None:
        self.derived = derived
        self.truths, self._round = {}, _round_points(derived)
        for dtype in DTYPES:
            drawn = [*points(derived, POINTS, dtype, seed=SEED)]
            for level in LEVELS:
                drawn += far_points(derived, level, dtype, POINTS, seed=SEED)
            self.truths[dtype] = Truth(derived, dtype, [*drawn, *self._round])
        self._arguments = {
            dtype: [arrays(derived, truth.points, dtype)[q.name] for q in arguments(derived)]
            for dtype, truth in self.truths.items()
        }

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The loss, its gradient and its Hessian."""
        names = [quantity.name for quantity in self.derived.learned]
        first = (Entry(f"gradient {name}", (name,)) for name in names)
        second = (
            Entry(f"Hessian {one}, {other}", (one, other))
            for place, one in enumerate(names)
            for other in names[place:]
        )
        return (Entry("loss", ()), *first, *second)

    def of_derivation(self, derived: Derivation, upto: int = 2) -> dict[Entry, Found]:
        """What a derivation does, entry by entry, up to an order of differentiation."""
        found = calculus(derived)
        entries = (entry for entry in self.entries if len(entry.places) <= upto)
        return {entry: self.found(entry, found.parts, entry.of(found)) for entry in entries}

    def of_expression(self, entry: Entry, expression: Expr) -> Found:
        """What an expression of one entry does."""
        parts = Parts(self.derived.domains)
        return self.found(entry, parts, parts.moved(expression, ()))

    def found(self, entry: Entry, parts: Parts, expression: Expr) -> Found:
        """What an expression over parts does."""
        judged, operations = {}, int(sympy.count_ops(parts.put_together(expression)))
        for dtype, numbers in self.values(parts, expression).items():
            judged[dtype] = tuple(
                self._judged(dtype, number, entry.places, float(got)) for number, got in enumerate(numbers)
            )
        every = [one for numbers in judged.values() for one in numbers if one is not None]
        # Whole bits: the last unit of a processor's exponential decides nothing.
        failures, bits = sum(one.fails for one in every), sum(round(one.bits) for one in every)
        return Found(Score(failures, bits, operations), judged)

    def values(self, parts: Parts, expression: Expr) -> Mapping[str, Array]:
        """The numbers that the generated code makes of an expression over parts, by dtype."""
        function = compiled(self.derived, parts, expression)
        return {dtype: run(function, given) for dtype, given in self._arguments.items()}

    def _judged(self, dtype: str, number: int, places: tuple[Place, ...], got: float) -> Judged | None:
        """A number beside its truth; most are right at once."""
        truth = self.truths[dtype]
        try:
            exact = float(truth.derivative(number, places, 18))
        except ArithmeticError:
            return None
        limits = np.finfo(dtype)
        if exact == 0 and math.isfinite(got) and number >= len(truth.points) - len(self._round):
            return None  # what is 0 by coincidence is rounding in every form
        ordinary = float(limits.tiny) < abs(exact) < float(limits.max)
        if ordinary and abs(got - exact) < abs(exact) * float(limits.eps) * 0.9:
            return Judged(0.0, False, got, exact, places, truth.points[number])
        return judge(truth, number, places, got)


def _round_points(derived: Derivation) -> list[Point]:
    """Points at which terms vanish and arguments coincide, where a form that divides by them would be found out."""
    if any(quantity.domain.symbols for quantity in arguments(derived)):
        return []  # where one bounds another, both are drawn as they are for all other points
    random = Random(SEED)
    some = points(derived, 1, "float64", seed=SEED)[0]

    def drawn(quantity: Quantity) -> float:
        assert isinstance(quantity.domain, Interval)
        there = [number for number in ROUND if number in quantity.domain.data]
        return random.choice(there) if there else some[quantity.name]

    return [{**some, **{q.name: drawn(q) for q in arguments(derived)}} for _ in range(POINTS)]


# Round numbers; those of a domain are drawn.
ROUND = (0.0, 1.0, -1.0, 2.0, 0.5, 0.25)


def compiled(derived: Derivation, parts: Parts, expression: Expr) -> Any:
    """The function of the arguments that generated NumPy code has for an expression over parts.

    Raises Misuse for what cannot be written in NumPy.
    """
    # No name of a person's is ever run: the arguments are numbered.
    names = {quantity.name: f"argument_{place}" for place, quantity in enumerate(arguments(derived))}
    arranged = program(parts, [expression], names.values())
    show = NUMPY.printer({**names, **arranged.names}, arranged.inline, list(names))
    lines = [f"{name} = {show(part)}" for name, part in arranged.assignments]
    lines.append(f"return {show(arranged.results[0])}")
    return defined(names.values(), lines)


def defined(names: Sequence[str] | Any, lines: Sequence[str]) -> Any:
    """A function with these arguments and lines, beside the words that NumPy lacks."""
    scope = dict(_words())
    exec("\n    ".join([f"def function({', '.join(names)}):", *lines]), scope)
    return scope["function"]


def run(function: Any, given: Sequence[Array]) -> Array:
    """What a function makes of arrays; it may overflow, which is then judged."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.broadcast_to(np.asarray(function(*given)), np.shape(given[0]))


def _words() -> Mapping[str, Any]:
    if not _WORDS:
        exec("\n".join([*NUMPY.imports, source(NUMPY.name)]), _WORDS)
    return _WORDS


_WORDS: dict[str, Any] = {}


def agree(left: Any, right: Any, digits: int) -> bool:
    """Whether two numbers have so many digits in common."""
    if not (mpmath.isfinite(left) and mpmath.isfinite(right)):
        return bool(left == right)
    return bool(abs(left - right) <= max(abs(left), abs(right)) * mpmath.mpf(10) ** -digits)
