"""The loss by what other libraries compute: theirs becomes ours by the ledger.

The ledger says -log p = factor * loss + dropped, and a counterpart says which part of
it theirs is.  So loss = scale * theirs - removed, with a scale and a removed term of the derivation itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sympy
from sympy import Add, Expr, log

from derive.counterparts import Counterpart, Figure
from derive.derivation import Derivation, Quantity, derivation
from derive.oracle import Point, value
from derive.pages import text_printer
from derive.request import request

DIGITS = 20


@dataclass(frozen=True)
class Wrong:
    """A point at which a library is wrong: the reason, what it gives there, and the truth of that figure."""

    reason: str
    point: Point
    given: float
    truth: float


@dataclass(frozen=True)
class Elsewhere:
    """A library's version of the loss of a derivation.

    arguments  the quantities that it takes: the data, then the parameters or the predictors
    """

    derived: Derivation
    row: Counterpart
    arguments: tuple[Quantity, ...]

    @cached_property
    def scale(self) -> Expr:
        """What theirs is multiplied by."""
        if self.row.figure is Figure.LOSS:
            return sympy.S.One
        sign = -1 if self.row.figure is Figure.LOG_DENSITY else 1
        return sign / self.derived.factor

    @cached_property
    def removed(self) -> Expr:
        """What is then subtracted."""
        if self.row.figure is Figure.LOSS:
            return sympy.S.Zero
        return self.derived.dropped / self.derived.factor

    @property
    def statement(self) -> str:
        """How the loss reads in it, in one line: `loss = -2 * scipy.stats.norm.logpdf - 1.83787706641`."""
        made = ", ".join(
            f"{quantity.parameter} = {self.derived.request.linked[quantity.parameter].name}({quantity.name})"
            for quantity in self.derived.predictors
            if quantity.parameter and quantity not in self.arguments
        )
        negative = self.scale.could_extract_minus_sign()
        size = self._shown(-self.scale if negative else self.scale)
        times = "" if size == "1" else f"{size} * "
        parts = [f"loss = {'-' * negative}{times}{self.row.name}{self._subtracted(times)}"]
        parts += [f"at {made}"] * bool(made)
        parts += [f"for {self.row.only.words}"] if self.row.only else []
        return ", ".join(parts)

    def _subtracted(self, times: str) -> str:
        """What is removed: one number, or what was dropped times what theirs is multiplied by."""
        if not self.removed.free_symbols:
            number = float(value(self.removed, {}, DIGITS))
            return f" {'+' if number < 0 else '-'} {abs(number):.12g}" if number else ""
        negative = self.derived.dropped.could_extract_minus_sign()
        dropped = self._shown(-self.derived.dropped if negative else self.derived.dropped)
        bracketed = f"({dropped})" if isinstance(self.derived.dropped, Add) else dropped
        return f" {'+' if negative else '-'} {times}{bracketed}"

    def _shown(self, expression: Expr) -> str:
        """A number as a number, anything else as formulas are shown in text."""
        if expression.free_symbols:
            return text_printer(self.derived)(expression)
        return f"{float(value(expression, {}, DIGITS)):.12g}"

    def comparable(self, points: Sequence[Point]) -> list[Point]:
        """Those of the points for whose data theirs is the same."""
        condition = self.row.only
        data = [quantity.name for quantity in self.derived.data]
        return [
            point for point in points if not condition or condition.holds(*(point[name] for name in data))
        ]

    def theirs(self, points: Sequence[Point]) -> np.ndarray[Any, Any]:
        """What the library gives at the points, which hold the parameters and the predictors."""
        columns = (
            [point[quantity.name] if quantity.value is None else quantity.value for point in points]
            for quantity in self.arguments
        )
        given = (np.array(column, float) for column in columns)
        return np.asarray(self.row.of_arrays(*given))

    def loss(self, points: Sequence[Point]) -> np.ndarray[Any, Any]:
        """Our loss at the points, by what the library gives."""
        scale, removed = (
            np.array([float(value(part, point, DIGITS)) for point in points])
            for part in (self.scale, self.removed)
        )
        return np.asarray(scale * self.theirs(points) - removed)

    @cached_property
    def wrong(self) -> Wrong | None:
        """Where the library is known to be wrong, at a point of what the row is of; None if nowhere known."""
        if self.row.defect is None:
            return None
        home = self.derived
        if self.arguments != (*home.data, *home.predictors):
            home = derivation(request(home.distribution.name))
        taken = (*home.data, *home.predictors)
        point = {q.name: number for q, number in zip(taken, self.row.defect.point, strict=True)}
        here = {**point, "K": max(np.size(number) for number in point.values())}
        density = log(home.in_predictors(home.density), evaluate=False)
        figures = {
            Figure.LOG_DENSITY: density,
            Figure.NEGATIVE_LOG_LIKELIHOOD: -density,
            Figure.LOSS: home.loss,
        }
        with np.errstate(all="ignore"):
            given = self.row.of_arrays(*(np.array([number], float) for number in point.values())).item()
        return Wrong(
            self.row.defect.reason, point, given, float(value(figures[self.row.figure], here, DIGITS))
        )


def elsewhere(derived: Derivation) -> list[Elsewhere]:
    """The versions of the loss in other libraries: those of this variant, then those of its density.

    >>> from derive.derivation import derive
    >>> for version in elsewhere(derive("normal", fix="sigma")):
    ...     print(version.statement)
    loss = torch.nn.MSELoss
    loss = -2 σ² * scipy.stats.norm.logpdf - 2 σ² * (log σ + ½ log 2π)
    loss = -2 σ² * torch.distributions.Normal.log_prob - 2 σ² * (log σ + ½ log 2π)
    loss = 2 σ² * torch.nn.GaussianNLLLoss(full=True) - 2 σ² * (log σ + ½ log 2π)
    >>> print(elsewhere(derive("normal_variance"))[0].statement)
    loss = -2 * scipy.stats.norm.logpdf - 1.83787706641
    >>> print(elsewhere(derive("bernoulli", link={"p": "sigmoid"}))[-2].statement)
    loss = -torch.distributions.Bernoulli(probs).log_prob, at p = sigmoid(logit_p), for hard labels
    """
    density, asked = derived.distribution, derived.request.options
    own = (variant.counterparts for variant in density.variants if variant.options == asked)
    taken = (*derived.data, *derived.predictors)
    given = (*derived.data, *derived.parameters)
    return [
        *(Elsewhere(derived, row, taken) for rows in own for row in rows),
        *(Elsewhere(derived, row, given) for row in density.counterparts),
    ]
