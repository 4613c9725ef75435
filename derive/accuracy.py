"""How many units in the last place a generated loss is off, beyond what conditioning explains.

The truth is -log of the density itself, not of anything that was derived from it, evaluated and
differentiated by the oracle.  A change of one unit in the last place of every real input is what no
implementation can be blamed for; what remains of the error is counted in units of the truth.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from types import ModuleType
from typing import Any

import mpmath
import numpy as np
from sympy import Expr, log

from derive.derivation import Derivation, Quantity
from derive.domains import Entries
from derive.oracle import Place, Point, derivative, value

CLASSES = 4
DTYPES = ("float64", "float32")
QUANTITIES = ("value", "gradient", "Hessian")


@dataclass(frozen=True)
class Worst:
    """The largest excess error of one quantity in one dtype, and where it was."""

    quantity: str
    dtype: str
    excess: float
    point: Point
    got: float
    truth: float


def points(derivation: Derivation, count: int, dtype: str, seed: int = 0) -> list[Point]:
    """Ordinary points, drawn from the domains and rounded to the dtype; the same for the same seed."""
    random = Random(f"{derivation.name} {dtype} {seed}")
    quantities = _arguments(derivation)
    return [{**{q.name: _drawn(q, random, dtype) for q in quantities}, "K": CLASSES} for _ in range(count)]


def _arguments(derivation: Derivation) -> list[Quantity]:
    """The quantities that code is given: data, predictors, known parameters without a number."""
    return [*derivation.data, *derivation.predictors]


def _drawn(quantity: Quantity, random: Random, dtype: str) -> Any:
    domain = quantity.domain
    if isinstance(domain, Entries):
        return [_rounded(entry, dtype) for entry in domain.typical_vector(random, CLASSES)]
    return _rounded(domain.typical(random), dtype)


def _rounded(number: float, dtype: str) -> float:
    return float(np.dtype(dtype).type(number))


@dataclass(frozen=True)
class Truth:
    """The loss and its derivatives as the density itself has them."""

    derivation: Derivation

    @cached_property
    def loss(self) -> Expr:
        """(-log p - dropped) / factor."""
        negative = -log(self.derivation.in_predictors(self.derivation.density), evaluate=False)
        return (negative - self.derivation.dropped) / self.derivation.factor

    @cached_property
    def places(self) -> list[Place]:
        """Every learned number: a name, or a name and a position."""
        return [place for q in self.derivation.learned for place in _places(q)]

    @cached_property
    def inputs(self) -> list[Place]:
        """Every real number that the loss is given."""
        real = [q for q in _arguments(self.derivation) if not q.domain.discrete]
        return [place for q in real for place in _places(q)]

    def excess(self, got: float, point: Point, places: Sequence[Place], dtype: str) -> tuple[float, float]:
        """The units in the last place by which `got` is off beyond conditioning, and the truth."""
        truth = derivative(self.loss, point, places) if places else value(self.loss, point, 25)
        if not math.isfinite(got):
            return (0.0 if got == float(truth) else math.inf), float(truth)
        with mpmath.workdps(40):
            error = abs(mpmath.mpf(got) - truth)
            unit = mpmath.mpf(float(np.spacing(np.dtype(dtype).type(abs(float(truth))))))
            if error <= unit:
                return float(error / unit), float(truth)
            for place in self.inputs:
                number = point[place] if isinstance(place, str) else point[place[0]][place[1]]
                slope = derivative(self.loss, point, [*places, place], 6)
                error -= abs(slope) * mpmath.mpf(float(np.spacing(np.dtype(dtype).type(abs(number)))))
            return max(0.0, float(error / unit)), float(truth)


def _places(quantity: Quantity) -> list[Place]:
    if quantity.vector:
        return [(quantity.name, position) for position in range(CLASSES)]
    return [quantity.name]


Computed = list[tuple[str, list[Place], np.ndarray[Any, Any]]]


def measured(
    derivation: Derivation, library: str, module: ModuleType, dtype: str, count: int
) -> Iterator[Worst]:
    """The worst excess of value, gradient and Hessian of a generated module, over ordinary points."""
    truth = Truth(derivation)
    drawn = points(derivation, count, dtype)
    compute = _numpy if library == "numpy" else _torch
    computed = compute(derivation, module, drawn, dtype)
    for quantity in QUANTITIES:
        worst = Worst(quantity, dtype, -1.0, {}, 0.0, 0.0)
        for places, values in [(p, v) for q, p, v in computed if q == quantity]:
            for point, got in zip(drawn, values, strict=True):
                excess, true = truth.excess(float(got), point, places, dtype)
                if excess > worst.excess:
                    worst = Worst(quantity, dtype, excess, point, float(got), true)
        yield worst


def arrays(derivation: Derivation, drawn: Sequence[Point], dtype: str) -> dict[str, np.ndarray[Any, Any]]:
    """The points as one array for each argument."""
    return {q.name: np.array([point[q.name] for point in drawn], dtype) for q in _arguments(derivation)}


def _in_loss(derivation: Derivation) -> list[Quantity]:
    """The arguments of the generated `loss`."""
    return [
        q
        for q in _arguments(derivation)
        if q.role.learned or q in derivation.data or derivation.loss.free_symbols & q.plain.free_symbols
    ]


def _numpy(derivation: Derivation, module: ModuleType, drawn: Sequence[Point], dtype: str) -> Computed:
    given = arrays(derivation, drawn, dtype)
    arguments = ordered(derivation, given)
    loss, gradient = module.loss_and_gradient(*arguments, reduction="none")
    assert loss.dtype == dtype and all(slope.dtype == dtype for slope in gradient)
    computed: Computed = [("value", [], loss)]
    if derivation.learned[0].vector:
        (learned,) = derivation.learned
        diagonal = module.hessian_diagonal(*arguments, reduction="none")
        for place in range(CLASSES):
            here = (learned.name, place)
            computed.append(("gradient", [here], gradient[0][:, place]))
            computed.append(("Hessian", [here, here], diagonal[:, place]))
        return computed
    hessian = module.hessian(*arguments, reduction="none")
    for row, one in enumerate(derivation.learned):
        computed.append(("gradient", [one.name], np.broadcast_to(gradient[row], loss.shape)))
        for column, other in enumerate(derivation.learned[row:], row):
            computed.append(("Hessian", [one.name, other.name], hessian[:, row, column]))
    return computed


def ordered(derivation: Derivation, given: dict[str, Any]) -> list[Any]:
    """The arguments of `loss` in its order: data, learned, known."""
    used = _in_loss(derivation)
    learned = [q for q in used if q.role.learned]
    known = [q for q in used if not q.role.learned and q not in derivation.data]
    return [given[q.name] for q in (*derivation.data, *learned, *known)]


def _torch(derivation: Derivation, module: ModuleType, drawn: Sequence[Point], dtype: str) -> Computed:
    import torch

    kind = getattr(torch, dtype)
    given = {
        name: torch.tensor(array, dtype=kind) for name, array in arrays(derivation, drawn, dtype).items()
    }
    learned = derivation.learned
    for quantity in learned:
        given[quantity.name].requires_grad_()
    data, *others = ordered(derivation, given)
    loss = module.loss(*others, data, reduction="none")
    assert loss.dtype == kind
    leaves = [given[q.name] for q in learned]
    slopes = torch.autograd.grad(loss.sum(), leaves, create_graph=True)
    computed: Computed = [("value", [], loss.detach().numpy())]
    for row, (one, slope) in enumerate(zip(learned, slopes, strict=True)):
        if one.vector:
            for place in range(CLASSES):
                here = (one.name, place)
                (bend,) = torch.autograd.grad(slope[:, place].sum(), leaves[row], retain_graph=True)
                computed.append(("gradient", [here], slope[:, place].detach().numpy()))
                computed.append(("Hessian", [here, here], bend[:, place].numpy()))
            continue
        computed.append(("gradient", [one.name], slope.detach().numpy()))
        bends = torch.autograd.grad(slope.sum(), leaves, retain_graph=True)
        for other, bend in list(zip(learned, bends, strict=True))[row:]:
            computed.append(("Hessian", [one.name, other.name], bend.numpy()))
    return computed
