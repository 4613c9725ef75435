"""The density at given parameters, and means under it."""

from __future__ import annotations

import math
from functools import cache, cached_property
from typing import Any

import mpmath
from sympy import Abs, Expr, Indexed, IndexedBase, Integer, Lambda, Pow, Product, Sum, Symbol, sign

from derive.derivation import Derivation
from derive.domains import Entries, Interval
from derive.expectation.integrals import Integral, Mixture, Pieces, between
from derive.expectation.mean import DIGITS, MOST_BITS, Mean
from derive.expectation.peaks import Function
from derive.expectation.simplex import Grid
from derive.expectation.sums import Series
from derive.heads import Word
from derive.oracle import Point, compiled, evaluate, value, written_out
from derive.scenes import CLASSES, inside


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
        self._support: Series | Integral | Mixture | Pieces | Grid
        if isinstance(domain, Entries) and domain.discrete:
            self._support = Series(
                self._exact(derivation.density), map(tuple, domain.enumerate(self.classes)), True
            )
        elif isinstance(domain, Entries):
            if not (domain.sums_to_one or domain.leaves_rest):
                raise NotImplementedError(f"no mean is taken over {domain.text}")
            self._support = Grid(density, self.classes + domain.leaves_rest, domain.leaves_rest)
        elif domain.stretch is None:
            weight = self._exact(derivation.density) if domain.finite else density
            self._support = Series(weight, domain.enumerate(), domain.finite, log_density)
        else:
            kinks = tuple(self.function(kink) for kink in _kinks(derivation.loss, data.name, point))
            integral = Integral(density, log_density, domain.stretch, kinks)
            self._support = Mixture(density, domain.atoms, integral) if domain.atoms else integral
            with mpmath.workprec(MOST_BITS):
                cusps = {evaluate(cusp, point) for cusp in _cusps(derivation.loss, data.name, point)}
            if cusps and math.isinf(domain.lower) and math.isinf(domain.upper):
                stretches = between([-mpmath.inf, *sorted(cusps), mpmath.inf])
                self._support = Pieces(Integral(density, log_density, stretch) for stretch in stretches)

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
