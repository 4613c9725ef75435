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
        yield from _entries(quantity, np.broadcast_to(slope, given[quantity.name].shape))
    if any(quantity.vector for quantity in derivation.learned):
        along = _blocks(derivation, directions)
        diagonal = module.hessian_diagonal(*arguments, reduction="none")
        product = module.hessian_vector_product(*arguments, *along, reduction="none")
        if len(along) == 1:
            diagonal, product = (diagonal,), (product,)
        for quantity, values in zip(derivation.learned, diagonal, strict=True):
            yield from _diagonal(quantity, values)
        for quantity, values in zip(derivation.learned, product, strict=True):
            yield from _entries(quantity, values, DIRECTION)
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
    leaves = [tensors[quantity.name].requires_grad_() for quantity in derivation.learned]
    data, *others = ordered(derivation, tensors)
    loss = module.loss(*others, data, reduction="none")
    slopes = torch.autograd.grad(loss.sum(), leaves, create_graph=True)

    def again(slopes: Any, directions: Any = None) -> Any:
        """The derivative of slopes, or of their product with directions, in every leaf."""
        return torch.autograd.grad(slopes, leaves, directions, retain_graph=True)

    yield Computed((), loss.detach().numpy())
    for quantity, slope in zip(derivation.learned, slopes, strict=True):
        yield from _entries(quantity, slope.detach().numpy())
    for row, one in enumerate(derivation.learned):
        if one.vector:
            bends = [again(slopes[row][:, entry].sum())[row][:, entry] for entry in range(CLASSES)]
            yield from _diagonal(one, torch.stack(bends, -1).numpy())
            continue
        bends = again(slopes[row].sum())
        for column, other in enumerate(derivation.learned[row:], row):
            for each in _entries(other, bends[column].numpy()):
                yield Computed((one.name, *each.places), each.values)
    if any(quantity.vector for quantity in derivation.learned):
        products = again(slopes, [torch.tensor(part) for part in _blocks(derivation, directions)])
        for quantity, product in zip(derivation.learned, products, strict=True):
            yield from _entries(quantity, product.numpy(), DIRECTION)


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


def _entries(quantity: Quantity, values: Array, *others: Place) -> Iterator[Computed]:
    """What was computed for each number that a quantity holds."""
    for number, place in enumerate(places(quantity)):
        yield Computed((place, *others), values[:, number] if quantity.vector else values)


def _diagonal(quantity: Quantity, values: Array) -> Iterator[Computed]:
    for number, place in enumerate(places(quantity)):
        yield Computed((place, place), values[:, number] if quantity.vector else values)
