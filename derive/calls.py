"""What a generated module computes at given points, in whichever library it is written.

A result bears the places in which the loss was differentiated: none for the value, one for an entry of
the gradient, two for one of the Hessian.  The Hessian of a vector comes as its diagonal, and as its
product with the vector that each point holds under the name DIRECTION: that name is then the second
place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from derive.calculus import DIRECTION
from derive.derivation import Derivation, Quantity
from derive.oracle import Place, Point
from derive.scenes import CLASSES, arrays, ordered

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Computed:
    """A derivative of the loss in the named places, at each point."""

    places: tuple[Place, ...]
    values: Array


def computed(
    derivation: Derivation, library: str, module: ModuleType, points: Sequence[Point], dtype: str
) -> Iterator[Computed]:
    """The value, the gradient and the Hessian of each sample.

    Raises TypeError where the module answers in another dtype than it was asked in.
    """
    given = arrays(derivation, points, dtype)
    directions = np.array([point[DIRECTION] for point in points], dtype)
    for one in CALLS[library](derivation, module, given, directions):
        if str(one.values.dtype) != dtype:
            raise TypeError(f"{derivation.name}: asked in {dtype}, {library} answers in {one.values.dtype}")
        yield one


def in_full(
    derivation: Derivation, library: str, module: ModuleType, points: Sequence[Point], dtype: str
) -> Computed:
    """-log p of each sample, with nothing dropped."""
    given = arrays(derivation, points, dtype)
    data = [given[quantity.name] for quantity in derivation.data]
    parameters = sorted(derivation.predictors, key=lambda quantity: not quantity.role.learned)
    others = [given[quantity.name] for quantity in parameters]
    if library == "numpy":
        return Computed((), module.negative_log_likelihood(*data, *others, reduction="none"))
    import torch

    tensors = (torch.tensor(array) for array in (*others, *data))
    return Computed((), module.negative_log_likelihood(*tensors, reduction="none").numpy())


def places(quantity: Quantity) -> list[Place]:
    """The numbers that a quantity holds."""
    if not quantity.vector:
        return [quantity.name]
    return [(quantity.name, entry) for entry in range(CLASSES)]


def _numpy(
    derivation: Derivation, module: ModuleType, given: dict[str, Array], directions: Array
) -> Iterator[Computed]:
    arguments = ordered(derivation, given)
    loss, slopes = module.loss_and_gradient(*arguments, reduction="none")
    yield Computed((), loss)
    for quantity, slope in zip(derivation.learned, slopes, strict=True):
        yield from entries(quantity, np.broadcast_to(slope, given[quantity.name].shape))
    if derivation.learned[0].vector:
        (quantity,) = derivation.learned
        yield from _diagonal(quantity, module.hessian_diagonal(*arguments, reduction="none"))
        product = module.hessian_vector_product(*arguments, directions, reduction="none")
        yield from entries(quantity, product, DIRECTION)
        return
    hessian = module.hessian(*arguments, reduction="none")
    for row, one in enumerate(derivation.learned):
        for column, other in enumerate(derivation.learned[row:], row):
            yield Computed((one.name, other.name), hessian[:, row, column])


def _torch(
    derivation: Derivation, module: ModuleType, given: dict[str, Array], directions: Array
) -> Iterator[Computed]:
    import torch

    tensors = {name: torch.tensor(array) for name, array in given.items()}
    for quantity in derivation.learned:
        tensors[quantity.name].requires_grad_()
    data, *others = ordered(derivation, tensors)
    yield from by_autograd(derivation, tensors, module.loss(*others, data, reduction="none"), directions)


def by_autograd(
    derivation: Derivation, tensors: dict[str, Any], loss: Any, directions: Array
) -> Iterator[Computed]:
    """A tensor of losses and what autograd makes of it, twice, in the learned ones of the tensors."""
    import torch

    leaves = [tensors[quantity.name] for quantity in derivation.learned]
    slopes = torch.autograd.grad(loss.sum(), leaves, create_graph=True)

    def again(slope: Any, direction: Any = None) -> Any:
        """The derivative of a slope, or of its product with a direction, in every leaf."""
        if not slope.requires_grad:
            return [torch.zeros_like(leaf) for leaf in leaves]
        return torch.autograd.grad(
            slope, leaves, direction, retain_graph=True, allow_unused=True, materialize_grads=True
        )

    yield Computed((), loss.numpy(force=True))
    for quantity, slope in zip(derivation.learned, slopes, strict=True):
        yield from entries(quantity, slope.numpy(force=True))
    if derivation.learned[0].vector:
        ((quantity,), (slope,)) = derivation.learned, slopes
        rows = [again(slope[:, entry].sum())[0][:, entry] for entry in range(CLASSES)]
        yield from _diagonal(quantity, torch.stack(rows, -1).numpy(force=True))
        yield from entries(quantity, again(slope, torch.tensor(directions))[0].numpy(force=True), DIRECTION)
        return
    for row, one in enumerate(derivation.learned):
        bends = again(slopes[row].sum())
        for column, other in enumerate(derivation.learned[row:], row):
            yield Computed((one.name, other.name), bends[column].numpy(force=True))


# How the modules of each library are called.
CALLS: dict[str, Callable[[Derivation, ModuleType, dict[str, Array], Array], Iterator[Computed]]] = {
    "numpy": _numpy,
    "torch": _torch,
}


def entries(quantity: Quantity, values: Array, *others: Place) -> Iterator[Computed]:
    """What was computed for each number that a quantity holds."""
    for number, place in enumerate(places(quantity)):
        yield Computed((place, *others), values[:, number] if quantity.vector else values)


def _diagonal(quantity: Quantity, values: Array) -> Iterator[Computed]:
    for number, place in enumerate(places(quantity)):
        yield Computed((place, place), values[:, number])
