"""How many units in the last place a generated loss is off, beyond what conditioning explains.

The truth is -log of the density, opened, with the complement of a distribution function taken from its other
tail, and not otherwise stabilised; the oracle differentiates it, with none of our own derivatives.  A change of one unit in the last place of every real input is what no
implementation can be blamed for; what remains of the error is counted in units of the truth.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from types import ModuleType
from typing import Any, Literal

import mpmath
import numpy as np
from sympy import Expr, Function, Integer, log
from sympy.core.parameters import distribute

from derive.calculus import DIRECTION
from derive.calls import computed, places
from derive.counterparts import Figure
from derive.derivation import Derivation, Quantity
from derive.domains import Interval
from derive.identities import OPENING
from derive.oracle import Place, Point, agree, derivative, evaluate, one_sided, value
from derive.rewriting import settled
from derive.scenes import arguments, inside
from derive.stable import COMPLEMENTS

DTYPES = ("float64", "float32")

# What the generated modules promise and `derive verify` holds them to: on ordinary inputs, at most so
# many units in the last place beyond what conditioning explains, in float64 and in float32.
BOUND_IN_ULP = 16


@dataclass(frozen=True)
class Worst:
    """The excess error of one quantity in one dtype, and where it was: at which of the points."""

    quantity: str
    dtype: str
    excess: float
    places: tuple[Place, ...]
    number: int
    point: Point
    got: float
    truth: float


class Truth:
    """A loss, or -log p in full, and its derivatives as the density itself has them, at points of one dtype."""

    def __init__(
        self,
        derivation: Derivation,
        dtype: str,
        points: Sequence[Point],
        figure: Literal[Figure.LOSS, Figure.NEGATIVE_LOG_LIKELIHOOD] = Figure.LOSS,
    ) -> None:
        self.derivation, self.dtype, self.points, self.figure = derivation, dtype, points, figure
        self._found: dict[tuple[int, tuple[Place, ...], int], Any] = {}

    @cached_property
    def loss(self) -> Expr:
        """(-log p - dropped) / factor, or -log p, the logarithm opened: e^-(1e200) is 0, its logarithm is not."""
        derivation = self.derivation
        closed = log(derivation.density, evaluate=False)
        with distribute(False):
            opened = settled(closed, OPENING + COMPLEMENTS, derivation.domains)
            linked = settled(derivation.in_predictors(opened), COMPLEMENTS, derivation.domains)
        if self.figure is Figure.NEGATIVE_LOG_LIKELIHOOD:
            return -linked
        return (-linked - derivation.dropped) / derivation.factor

    @cached_property
    def inputs(self) -> list[Place]:
        """Every real number that the loss is given, the data last: they seldom explain an error alone."""
        real = (q for q in reversed(arguments(self.derivation)) if not q.domain.discrete)
        return [place for quantity in real for place in places(quantity)]

    @cached_property
    def _exact(self) -> dict[Place, tuple[float, ...]]:
        """The values at which an input is what it is and no rounded number: the atoms of data."""
        domains = ((q.name, q.domain) for q in self.derivation.data)
        return {name: domain.atoms for name, domain in domains if isinstance(domain, Interval)}

    @cached_property
    def learned(self) -> list[Place]:
        """Every number that is learned, block by block: a direction has as many."""
        return [place for quantity in self.derivation.learned for place in places(quantity)]

    def worst(self, library: str, module: ModuleType) -> list[Worst]:
        """The worst excess of the value, of the gradient and of the Hessian that a module computes."""
        found: dict[str, list[Worst]] = {}
        for one in computed(self.derivation, library, module, self.points, self.dtype):
            name = quantity_of(one.places)
            errors = (self._error(number, one.places, float(got)) for number, got in enumerate(one.values))
            found.setdefault(name, []).extend(errors)
        return [self._worst(errors) for errors in found.values()]

    def _worst(self, errors: list[Worst]) -> Worst:
        """The largest of the errors once conditioning is taken off, which only makes them smaller."""
        worst = None
        for one in sorted(errors, key=lambda one: one.excess, reverse=True):
            if worst is not None and one.excess <= worst.excess:
                break
            left = replace(one, excess=self._unexplained(one))
            worst = left if worst is None or left.excess > worst.excess else worst
        assert worst is not None
        return worst

    def _error(self, number: int, where: tuple[Place, ...], got: float) -> Worst:
        """The error of one number, in units in the last place of the truth."""
        truth = self.derivative(number, where, 25)
        if math.isfinite(got):
            with mpmath.workdps(40):
                error = float(abs(mpmath.mpf(got) - truth) / self.unit(float(truth)))
        else:
            error = 0.0 if got == float(truth) else math.inf
        return Worst(
            quantity_of(where), self.dtype, error, where, number, self.points[number], got, float(truth)
        )

    def _unexplained(self, one: Worst) -> float:
        """The units that are left when every real input may change by one unit; up to one, all of them."""
        left = one.excess
        if 1 < left < math.inf:
            for place, slope in self.slopes(one.number, one.places):
                change = abs(slope) * self.unit(self.read(one.number, place))
                left -= float(change / self.unit(one.truth))
                if left <= 0:
                    return 0.0
        return left

    def derivative(self, number: int, where: tuple[Place, ...], digits: int) -> Any:
        """The derivative at one of the points; in DIRECTION it is that along the point's direction."""
        key = number, tuple(sorted(where, key=str)), digits
        if key not in self._found:
            point = self.points[number]
            if DIRECTION in where:
                others = tuple(place for place in where if place != DIRECTION)
                with mpmath.workdps(2 * digits):
                    self._found[key] = mpmath.fsum(
                        mpmath.mpf(point[DIRECTION][entry])
                        * self.derivative(number, (*others, place), digits)
                        for entry, place in enumerate(self.learned)
                    )
            else:
                found = _derivative(self.loss, point, where, digits)
                if mpmath.isnan(found):
                    found = _derivative(self._with_counts(point), point, where, digits)
                if mpmath.isnan(found):
                    found = _derivative(self._with_equals(point, where), point, where, digits)
                if mpmath.isnan(found):
                    found = self._limit(point, where, digits)
                self._found[key] = found
        return self._found[key]

    def _with_counts(self, point: Point) -> Expr:
        """The loss with exact numbers for counts, and for what only tells where the data lie.

        What happened 0 times costs nothing, even at p = 0, and what is no atom owes nothing to an atom's probability.
        """
        discrete = [q for q in arguments(self.derivation) if q.domain.discrete and not q.vector]
        loss = self.loss.xreplace({q.plain: Integer(int(point[q.name])) for q in discrete})
        data = {q.plain for q in self.derivation.data if not q.vector}
        told = (f for f in loss.atoms(Function) if f.free_symbols and f.free_symbols <= data)
        steps = [f for f in told if not any(f.diff(symbol) for symbol in f.free_symbols)]
        heights = {step: evaluate(step, point) for step in steps}
        whole = {step: Integer(int(height)) for step, height in heights.items() if mpmath.isint(height)}
        return loss.xreplace(whole)

    def _with_equals(self, point: Point, where: Sequence[Place]) -> Expr:
        """That loss with one symbol for numbers that are equal at a point, and are held: no error costs nothing."""
        held = [q for q in self._scalars if q.name not in where and not q.parameter]
        first = {point[q.name]: q.plain for q in reversed(held)}
        return self._with_counts(point).xreplace({q.plain: first[point[q.name]] for q in held})

    def _limit(self, point: Point, where: Sequence[Place], digits: int) -> Any:
        """The limit of a derivative as one of the inputs comes to its number: nan where none is seen, or they differ.

        Where those from both sides differ it is their mean, a subgradient, as the slope of |x| at 0 is sign 0 = 0.
        """
        found: list[Any] = []
        loss = self._with_counts(point)
        for quantity in self._scalars:
            number = point[quantity.name]
            domain = quantity.domain if quantity.parameter else inside(self.derivation, quantity, point)
            if not isinstance(domain, Interval) or number in domain.atoms:
                continue
            nearest = ((sign, float(np.nextafter(number, sign * math.inf))) for sign in (1, -1))
            sides = [
                one_sided(loss, point, where, quantity.name, sign, digits)
                for sign, beside in nearest
                if beside in domain
            ]
            if sides and not any(mpmath.isnan(side) for side in sides):
                found.append(mpmath.mpf(0) if sides[0] == -sides[-1] else sum(sides) / len(sides))
        same = all(agree(one, found[0], digits) for one in found)
        return found[0] if found and same else mpmath.nan

    @cached_property
    def _scalars(self) -> list[Quantity]:
        """The real numbers that the loss is given, without the vectors."""
        return [q for q in arguments(self.derivation) if not q.domain.discrete and not q.vector]

    def slopes(self, number: int, where: tuple[Place, ...]) -> Iterator[tuple[Place, Any]]:
        """How what is computed changes with each real input, to a few digits; one unknown explains nothing."""
        if DIRECTION in where:
            others = tuple(place for place in where if place != DIRECTION)
            for entry, place in enumerate(self.learned):
                yield (DIRECTION, entry), self.derivative(number, (*others, place), 25)
        for place in self.inputs:
            if self.read(number, place) in self._exact.get(place, ()):
                continue
            with suppress(ArithmeticError):
                yield place, self.derivative(number, (*where, place), 6)

    def read(self, number: int, place: Place) -> float:
        """The number in a place of one of the points."""
        point = self.points[number]
        return float(point[place] if isinstance(place, str) else point[place[0]][place[1]])

    def unit(self, number: float) -> Any:
        """The unit in the last place of a number."""
        return mpmath.mpf(float(np.spacing(np.dtype(self.dtype).type(abs(number)))))


def _derivative(loss: Expr, point: Point, where: Sequence[Place], digits: int) -> Any:
    return derivative(loss, point, where, digits) if where else value(loss, point, digits)


def quantity_of(where: Sequence[Place]) -> str:
    """What is computed, by the places in which the loss is differentiated."""
    if DIRECTION in where:
        return "Hessian times vector"
    return ("value", "gradient", "Hessian")[len(where)]
