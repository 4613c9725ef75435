"""What a generated module computes at given points, in whichever library it is written.

A result bears the places in which the loss was differentiated: none for the value, one for an entry of
the gradient, two for one of the Hessian.  Where a vector is learned the Hessian comes as its diagonal, and
as its product with the numbers that each point holds under the name DIRECTION, one for each learned
number: that name is then the second place.  Between a scalar and a vector, and between two scalars, Torch
gives all of it as well.
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
from derive.scenes import CLASSES, arrays, numbers_in, ordered

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


def places(quantity: Quantity, classes: int = CLASSES) -> list[Place]:
    """The numbers that a quantity holds."""
    if not quantity.vector:
        return [quantity.name]
    return [(quantity.name, entry) for entry in range(classes)]


def _numpy(
    derivation: Derivation, module: ModuleType, given: dict[str, Array], directions: Array
) -> Iterator[Computed]:
    arguments = ordered(derivation, given)
    loss, slopes = module.loss_and_gradient(*arguments, reduction="none")
    yield Computed((), loss)
    for quantity, slope in zip(derivation.learned, slopes, strict=True):
        yield from entries(quantity, np.broadcast_to(slope, given[quantity.name].shape))
    if any(quantity.vector for quantity in derivation.learned):
        along = _blocks(derivation, directions)
        diagonal = module.hessian_diagonal(*arguments, reduction="none")
        product = module.hessian_vector_product(*arguments, *along, reduction="none")
        if len(along) == 1:
            diagonal, product = (diagonal,), (product,)
        for quantity, values in zip(derivation.learned, diagonal, strict=True):
            yield from _diagonal(quantity, values)
        for quantity, values in zip(derivation.learned, product, strict=True):
            yield from entries(quantity, values, DIRECTION)
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
    for row, one in enumerate(derivation.learned):
        if one.vector:
            bends = [again(slopes[row][:, entry].sum())[row][:, entry] for entry in range(CLASSES)]
            yield from _diagonal(one, torch.stack(bends, -1).numpy(force=True))
            continue
        bends = again(slopes[row].sum())
        for column, other in enumerate(derivation.learned[row:], row):
            for each in entries(other, bends[column].numpy(force=True)):
                yield Computed((one.name, *each.places), each.values)
    if any(quantity.vector for quantity in derivation.learned):
        along = (torch.tensor(part) for part in _blocks(derivation, directions))
        changes = [again(slope, direction) for slope, direction in zip(slopes, along, strict=True)]
        for quantity, *parts in zip(derivation.learned, *changes, strict=True):
            yield from entries(quantity, sum(parts).numpy(force=True), DIRECTION)


# How the modules of each library are called.
CALLS: dict[str, Callable[[Derivation, ModuleType, dict[str, Array], Array], Iterator[Computed]]] = {
    "numpy": _numpy,
    "torch": _torch,
}


def _blocks(derivation: Derivation, directions: Array) -> list[Array]:
    """The direction of each block, in its shape."""
    found, first = [], 0
    for quantity in derivation.learned:
        last = first + numbers_in(quantity)
        found.append(directions[:, first:last] if quantity.vector else directions[:, first])
        first = last
    return found


def entries(quantity: Quantity, values: Array, *others: Place) -> Iterator[Computed]:
    """What was computed for each number that a quantity holds."""
    for number, place in enumerate(places(quantity)):
        yield Computed((place, *others), values[:, number] if quantity.vector else values)


def _diagonal(quantity: Quantity, values: Array) -> Iterator[Computed]:
    for number, place in enumerate(places(quantity)):
        yield Computed((place, place), values[:, number] if quantity.vector else values)
