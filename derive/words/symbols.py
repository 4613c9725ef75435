"""Constants, indices, and the shapes that mathematics is built of beside the words."""

from collections.abc import Callable
from typing import Any

from derive.heads import Constant, Index, Size, index_symbol

j, k, m = Index("j", "K"), Index("k", "K"), Index("l", "K")
pi = Constant("pi", r"\pi")
two_pi = Constant("two_pi", r"2\pi")
euler = Constant("EulerGamma", r"\gamma_{E}")


last = Size("K")


def delta(first: Any, second: Any) -> Any:
    """Kronecker's delta of two indices."""
    import sympy

    return sympy.KroneckerDelta(first, second)


def total(body: Any, index: Index) -> Any:
    """The sum of `body` over the index."""
    import sympy

    return sympy.Sum(body, index.limits)


def total_between(body: Any, index: Index, first: Any, last: Any) -> Any:
    """The sum of `body` over the index from one position to another, 0 where the other is the lower one."""
    import sympy

    return sympy.Sum(body, (index, first, last))


def each(body: Any, index: Index) -> Any:
    """The vector that has `body` at the position that the index says; within a sum it is another than the sum's."""
    import sympy

    return sympy.Lambda(index._sympy_(), body)


def series(term: Callable[[Any], Any]) -> Any:
    """The sum of a term over n = 1, 2, 3 and so on."""
    import sympy

    n = index_symbol("n")
    return sympy.Sum(term(n), (n, 1, sympy.oo))


def product(body: Any, index: Index) -> Any:
    """The product of `body` over the index."""
    import sympy

    return sympy.Product(body, index.limits)


def sqrt(a: Any) -> Any:
    """The square root, a power of one half."""
    import sympy

    return sympy.sqrt(a)


def polygamma(order: int, a: Any) -> Any:
    """SymPy's derivative of the digamma function, of which it knows all others."""
    import sympy

    return sympy.polygamma(order, a)


def besseli(order: int, a: Any) -> Any:
    """SymPy's modified Bessel function of an order."""
    import sympy

    return sympy.besseli(order, a)


def half() -> Any:
    """One half."""
    import sympy

    return sympy.Rational(1, 2)
