"""What others compute of the same density, with its derivatives, at the same points.

A peer is a counterpart in another library, a loss that was written by hand, or what SymPy alone makes
of the density.  Torch's are differentiated by autograd, twice; SymPy's by SymPy.  Each is judged by the
figure that it computes: -log p in full, or the loss.
"""

from __future__ import annotations

import importlib.util
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import sympy
from sympy import log

from derive.calculus import DIRECTION
from derive.calls import Computed, by_autograd, entries, places
from derive.counterparts import Figure
from derive.derivation import Derivation, Quantity
from derive.domains import Entries
from derive.elsewhere import Elsewhere, elsewhere
from derive.oracle import Place, Point, entry_name, written_out
from derive.resources import hand_written
from derive.scenes import CLASSES, arguments, arrays, ordered, with_parameters

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Peer:
    """What another computes of a loss.

    name      what it is called
    kind      the column of the summary in which it counts
    figure    what it computes: the loss, or -log p in full
    computed  its numbers at points of a dtype
    only      whether it computes the same at a point
    """

    name: str
    kind: str
    figure: Figure
    computed: Callable[[Sequence[Point], str], Iterator[Computed]]
    only: Callable[[Point], bool]


def peers(derived: Derivation) -> Iterator[Peer]:
    """Everyone who computes the loss of a derivation, as far as installed."""
    for version in elsewhere(derived):
        if importlib.util.find_spec(version.row.library) and _has_links(version):
            yield _counterpart(version)
    pair = None if derived.distribution.origin else hand_written().find(derived.name)
    if pair is not None:
        yield Peer(
            "hand-written",
            "hand-written NumPy",
            Figure.LOSS,
            partial(_by_hand, derived, pair),
            _everywhere,
        )
    for name, expand in (("SymPy, naive", False), ("SymPy, log expanded", True)):
        yield Peer(
            name,
            name,
            Figure.NEGATIVE_LOG_LIKELIHOOD,
            partial(_lambdified, derived, expand),
            _everywhere,
        )


def _has_links(version: Elsewhere) -> bool:
    """Whether the library has the links that make its arguments of the predictors."""
    linked = version.derived.request.linked
    needed = [linked[quantity.name] for quantity in version.arguments if quantity.name in linked]
    return version.row.library != "torch" or all(link.torch for link in needed)


def _everywhere(point: Point) -> bool:
    return True


def _counterpart(version: Elsewhere) -> Peer:
    """A library's version: SciPy gives the value alone, Torch whatever autograd makes of it."""
    figure = Figure.LOSS if version.row.figure is Figure.LOSS else Figure.NEGATIVE_LOG_LIKELIHOOD
    kind = ".".join(version.row.name.split(".")[:2])
    compute = _autograd if version.row.library == "torch" else _value
    return Peer(
        version.row.name,
        kind,
        figure,
        partial(compute, version),
        lambda point: bool(version.comparable([point])),
    )


def _sign(version: Elsewhere) -> int:
    return -1 if version.row.figure is Figure.LOG_DENSITY else 1


def _value(version: Elsewhere, points: Sequence[Point], dtype: str) -> Iterator[Computed]:
    rows = [with_parameters(version.derived, point) for point in points]
    columns = (
        np.array([row[q.name] if q.value is None else float(q.value) for row in rows], dtype)
        for q in version.arguments
    )
    yield Computed((), (_sign(version) * version.row.of_arrays(*columns)).astype(dtype))


def _autograd(version: Elsewhere, points: Sequence[Point], dtype: str) -> Iterator[Computed]:
    import torch

    derived = version.derived
    tensors = {name: torch.tensor(array) for name, array in arrays(derived, points, dtype).items()}
    for quantity in derived.learned:
        tensors[quantity.name].requires_grad_()
    directions = np.array([point[DIRECTION] for point in points], dtype)
    value = _sign(version) * version.row.call(*(_tensor(version, q, tensors) for q in version.arguments))
    yield from by_autograd(derived, tensors, value, directions)


def _tensor(version: Elsewhere, quantity: Quantity, tensors: dict[str, Any]) -> Any:
    """An argument of theirs: given, known by value, or made of its predictor by Torch's own link."""
    import torch

    if quantity.name in tensors:
        return tensors[quantity.name]
    if quantity.value is not None:
        return torch.full_like(next(iter(tensors.values())), float(quantity.value))
    (predictor,) = (q for q in version.derived.predictors if q.parameter == quantity.name)
    linked = pkgutil.resolve_name(f"torch.{version.derived.request.linked[quantity.name].torch}")
    along = [-1] if isinstance(quantity.domain, Entries) and quantity.domain.sums_to_one else []
    return linked(tensors[predictor.name], *along)


def _by_hand(derived: Derivation, pair: Any, points: Sequence[Point], dtype: str) -> Iterator[Computed]:
    loss, slopes = pair
    given = ordered(derived, arrays(derived, points, dtype))
    yield Computed((), loss(*given).astype(dtype))
    for quantity, slope in zip(derived.learned, slopes(*given), strict=True):
        yield from entries(quantity, np.asarray(slope, dtype))


def _lambdified(derived: Derivation, expand: bool, points: Sequence[Point], dtype: str) -> Iterator[Computed]:
    """-log of the density, perhaps expanded, and SymPy's derivatives of it, through `sympy.lambdify`."""
    density = written_out(derived.in_predictors(derived.density), {"K": CLASSES})
    value = -sympy.expand_log(log(density)) if expand else -log(density, evaluate=False)
    given, columns = arrays(derived, points, dtype), {}
    for quantity in arguments(derived):
        for place in places(quantity):
            name = place if isinstance(place, str) else entry_name(*place)
            columns[name] = given[quantity.name] if isinstance(place, str) else given[place[0]][:, place[1]]
    symbols = {symbol.name: symbol for symbol in value.free_symbols}

    def numbers(expression: sympy.Expr, where: tuple[Place, ...]) -> Iterator[Computed]:
        # SymPy writes Kronecker's delta for numbers, but cases for arrays too.
        expression = expression.replace(
            sympy.KroneckerDelta, lambda one, other: sympy.Piecewise((1, sympy.Eq(one, other)), (0, True))
        )
        try:
            function = sympy.lambdify(list(symbols.values()), expression, ["scipy", "numpy"])
            found = function(*(columns[name] for name in symbols))
        except (NameError, TypeError, NotImplementedError):
            return  # an infinite series, or a function that neither library has: SymPy computes no number
        yield Computed(where, np.broadcast_to(np.asarray(found).astype(dtype), (len(points),)))

    yield from numbers(value, ())
    learned = [place for quantity in derived.learned for place in places(quantity)]
    for number, place in enumerate(learned):
        slope = _slope(value, symbols, place)
        yield from numbers(slope, (place,))
        for other in learned[number:]:
            yield from numbers(_slope(slope, symbols, other), (place, other))


def _slope(expression: sympy.Expr, symbols: dict[str, sympy.Symbol], place: Place) -> sympy.Expr:
    name = place if isinstance(place, str) else entry_name(*place)
    slope = expression.diff(symbols[name]) if name in symbols else sympy.S.Zero
    return slope.replace(sympy.DiracDelta, lambda *_: sympy.S.Zero)
