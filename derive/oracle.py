"""Numerical truth: an expression's value to as many digits as are asked for.

The tree is evaluated with mpmath, each word by its meaning, at growing precision until two
evaluations, the second with twice the digits, agree.  SymPy's own evaluation is not used: it gives
0 for log(1 + exp(-800)) and believes it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

import mpmath
from sympy import Add, Expr, Indexed, KroneckerDelta, Mul, Pow, Product, Sum, Symbol

from derive.words import word_of

# A point gives each symbol a number, each vector a list, and for a data set a list of these.
Point = Mapping[str, Any]
Place = str | tuple[str, int]

MOST_DIGITS = 4000
# What is zero to so many digits is zero: log(1 + exp(-745)), the least that a float can hold, needs 324.
ZERO_DIGITS = 400


def value(expression: Expr, point: Point, digits: int = 40) -> Any:
    """The value at the point, right to `digits` digits: an mpf, perhaps infinite or nan.

    Raises ArithmeticError where precision grew to its limit without agreement.
    """
    return confirmed(lambda: evaluate(expression, point), digits)


def confirmed(compute: Callable[[], Any], digits: int) -> Any:
    """What `compute` gives at growing precision, once twice the digits give the same.

    Raises ArithmeticError where precision grew to its limit without agreement.
    """
    precision, shrunk = digits + 10, 0
    with mpmath.workdps(precision):
        before = compute()
    while precision <= MOST_DIGITS:
        precision *= 2
        with mpmath.workdps(precision):
            after = compute()
            if _agree(before, after, digits) and (after != 0 or precision > ZERO_DIGITS):
                return after
            # Rounding that shrinks with every precision, twice by all the digits asked for, is zero.
            shrunk = shrunk + 1 if abs(after) < abs(before) * mpmath.mpf(10) ** -digits else 0
            if shrunk >= 2 and precision > ZERO_DIGITS:
                return mpmath.mpf(0)
        before = after
    raise ArithmeticError(f"no agreement within {MOST_DIGITS} digits on a value near {mpmath.nstr(after, 8)}")


def derivative(expression: Expr, point: Point, names: Sequence[Place], digits: int = 25) -> Any:
    """The partial derivative in the named places, one after the other, by central differences.

    A place is a symbol's name, or a name and the position of an entry.  The step is so small beside
    the working precision that the truncation lies far below the digits asked for.
    """
    return confirmed(lambda: _difference(expression, point, tuple(names)), digits)


def _difference(expression: Expr, point: Point, places: Sequence[Place]) -> Any:
    if not places:
        return evaluate(expression, point)
    first, *others = places
    here = mpmath.mpf(_read(point, first))
    step = (abs(here) or 1) * mpmath.mpf(10) ** (-mpmath.mp.dps // 4)
    above, below = (
        _difference(expression, _moved(point, first, here + sign * step), others) for sign in (1, -1)
    )
    return (above - below) / (2 * step)


def _read(point: Point, place: Place) -> Any:
    return point[place] if isinstance(place, str) else point[place[0]][place[1]]


def _moved(point: Point, place: Place, number: Any) -> Point:
    if isinstance(place, str):
        return {**point, place: number}
    name, position = place
    entries = list(point[name])
    entries[position] = number
    return {**point, name: entries}


def evaluate(expression: Expr, point: Point) -> Any:
    """The value at the working precision; a word that says so is 0 when its first argument is 0."""
    if expression.is_Rational:
        return mpmath.mpf(int(expression.p)) / int(expression.q)
    if expression.is_NumberSymbol or expression.is_Float:
        return mpmath.mpmathify(expression._to_mpmath(mpmath.mp.prec))
    if isinstance(expression, Symbol):
        return mpmath.mpf(point[expression.name])
    if isinstance(expression, Indexed):
        return _entry(expression, point)
    if isinstance(expression, Sum | Product):
        return _over_index(expression, point)
    if isinstance(expression, KroneckerDelta):
        first, second = (evaluate(part, point) for part in expression.args)
        return mpmath.mpf(first == second)
    if isinstance(expression, Add | Mul):
        combine = operator.add if isinstance(expression, Add) else operator.mul
        return reduce(combine, (evaluate(part, point) for part in expression.args))
    if isinstance(expression, Pow):
        base, exponent = (evaluate(part, point) for part in expression.args)
        return mpmath.inf if base == 0 and exponent < 0 else mpmath.power(base, exponent)
    return _word(expression, point)


def _word(expression: Expr, point: Point) -> Any:
    row = word_of(expression)
    if not row.reference:
        if row.zero_wins and evaluate(expression.args[0], point) == 0:
            return mpmath.mpf(0)
        return evaluate(row.meaning(*expression.args), point)
    return row.truth(*(evaluate(part, point) for part in expression.args))


def _entry(expression: Indexed, point: Point) -> Any:
    found = point[str(expression.base.label)]
    for position in expression.indices:
        found = found[int(evaluate(position, point)) - 1]
    return mpmath.mpf(found)


def _over_index(expression: Sum | Product, point: Point) -> Any:
    body, *inner, (index, first, last) = expression.args
    combine, start = (operator.add, 0) if isinstance(expression, Sum) else (operator.mul, 1)
    if inner:
        body = expression.func(body, *inner)
    steps = range(int(evaluate(first, point)), int(evaluate(last, point)) + 1)
    values = (evaluate(body, {**point, index.name: step}) for step in steps)
    return reduce(combine, values, mpmath.mpf(start))


def _agree(before: Any, after: Any, digits: int) -> bool:
    if mpmath.isnan(after):
        return bool(mpmath.isnan(before))
    if mpmath.isinf(after) or after == 0:
        return bool(before == after)
    return bool(abs(before - after) <= abs(after) * mpmath.mpf(10) ** -digits)
