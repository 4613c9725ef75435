"""Which arguments a loss tells of itself: where one is not what it must be, the loss is no finite number.

What is added to something that is infinite or nan, or multiplied by it, leaves it infinite or nan, and so do some
words.  Where an argument reaches the loss in no other way than that, nobody needs to look at the argument before: a
look at the sum of the losses is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from sympy import Add, Expr, Function, KroneckerDelta, Mul, Pow, Symbol

from derive.domains import Domain, Interval
from derive.words import word_of

INFINITY = float("inf")

# Whether a part by itself is no finite number wherever a symbol is not what it must be in one way.
Shows = Callable[[Expr], bool]


def tells(loss: Expr, definitions: Mapping[Expr, Expr], symbol: Symbol, domain: Domain) -> bool:
    """Whether the loss is infinite or nan wherever the symbol is nan or outside its domain, however the rest is.

    definitions  what the parts of the loss abbreviate
    """
    if not isinstance(domain, Interval) or domain.integer or domain.nonzero or domain.symbols or domain.size:
        return False
    ways: list[Shows] = [symbol.__eq__]
    for end, one in ((domain.lower, symbol), (-domain.upper, -symbol)):
        if end != -INFINITY:
            ways.append(partial(_fails, symbol=one, end=end))
    return all(_passes(loss, definitions, shows) for shows in ways)


def _fails(part: Expr, symbol: Expr, end: float) -> bool:
    """Whether a part is a word of the symbol (or of its opposite) that is no finite number at the end and below."""
    return isinstance(part, Function) and part.args == (symbol,) and word_of(part).finite_above == end


def _passes(expression: Expr, definitions: Mapping[Expr, Expr], shows: Shows) -> bool:
    """Whether the expression holds a part that shows it, in such a way that it shows it too."""
    if shows(expression):
        return True
    if expression in definitions:
        return _passes(definitions[expression], definitions, shows)
    if isinstance(expression, Add | Mul):
        carried = expression.args
    elif isinstance(expression, Pow):
        carried = expression.args[:1] if expression.exp.is_positive and expression.exp.is_number else ()
    elif isinstance(expression, Function) and not isinstance(expression, KroneckerDelta):
        carried = tuple(expression.args[place] for place in word_of(expression).infinite_with)
    else:
        carried = ()
    return any(_passes(part, definitions, shows) for part in carried)
