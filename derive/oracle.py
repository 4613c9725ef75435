"""Numerical truth: an expression's value to as many digits as are asked for.

The tree is evaluated with mpmath, each word by its meaning, at growing precision until two
evaluations, the second with twice the digits, agree.  SymPy's own evaluation is not used: it gives
0 for log(1 + exp(-800)) and believes it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache, partial, reduce
from typing import Any

import mpmath
import sympy
from sympy import Add, Expr, Indexed, KroneckerDelta, Lambda, Mul, Pow, Product, Sum, Symbol, exp

from derive.words import word_of

# A point gives each symbol a number, each vector a list, and for a data set a list of these.
Point = Mapping[str, Any]
Place = str | tuple[str, int]

MOST_DIGITS = 4000
# What SymPy makes of derivatives, beside the words.
SYMPY_ONLY = {"polygamma": mpmath.psi, "besseli": mpmath.besseli}
# How many terms of an infinite series are added.
MOST_TERMS = 2000
# What is zero or infinite to so many digits is: log(1 + exp(-745)), the least that a float can hold, needs 324.
ZERO_DIGITS = 400
# A product of so many differences that are rounding alone shrinks by so many times the digits that it gained.
MOST_SHRUNK = 8
# A limit is seen at a distance of 10 to minus so much, and of twice that; what grows or shrinks by 10 to a
# fifth of it between the two has no end or goes to zero.
NEAR = 250
# Beyond, the exponential of a number is larger or smaller than every float.
FARTHEST_EXPONENT = 750


def value(expression: Expr, point: Point, digits: int = 40) -> Any:
    """The value at the point, right to `digits` digits: an mpf, perhaps infinite or nan.

    Raises ArithmeticError where precision grew to its limit without agreement.
    """
    return confirmed(lambda: evaluate(expression, point), digits, 2 * _spread(expression, point))


def _spread(expression: Expr, point: Point) -> int:
    """Digits between 1 and the sizes at a point: with fewer, 1 is lost beside 1e63 at both precisions alike.

    A predictor is as large as the logarithm of its parameter, so its exponential is such a size too.
    """
    numbers = [n for entry in point.values() for n in (entry if isinstance(entry, list | tuple) else [entry])]
    sizes = [abs(mpmath.mpf(number)) for number in numbers if not isinstance(number, list | tuple)]
    with mpmath.workdps(15):
        known = {part.args[0] for part in expression.atoms(exp) if _names(part) <= point.keys()}
        exponents = [*sizes, *(evaluate(exponent, point) for exponent in known)]
        sizes += [mpmath.exp(a) for a in exponents if abs(a) < FARTHEST_EXPONENT]
        digits = (abs(mpmath.log10(size)) for size in sizes if size and mpmath.isfinite(size))
        return int(max(digits, default=0))


def _names(expression: Expr) -> set[str]:
    return {symbol.name for symbol in expression.free_symbols if isinstance(symbol, Symbol)}


def confirmed(compute: Callable[[], Any], digits: int, spread: int = 0) -> Any:
    """What `compute` gives at growing precision, once twice the digits give the same.

    spread  digits to begin with beside those asked for

    Raises ArithmeticError where precision grew to its limit without agreement.
    """
    precision, shrunk = digits + spread + 10, 0
    with mpmath.workdps(precision):
        before = compute()
    last, size = precision, abs(before)  # where rounding was seen last, and how large it was
    while precision <= MOST_DIGITS:
        precision *= 2
        with mpmath.workdps(precision):
            after = compute()
            ordinary = after != 0 and not mpmath.isinf(after)
            if agree(before, after, digits) and (ordinary or precision > ZERO_DIGITS):
                return after
            # Rounding that shrinks with every precision, twice by nearly all the digits it gained, is zero; what
            # shrinks by far more has an exponent that was wrong.
            gained = precision - last - digits
            least, most = (size * mpmath.mpf(10) ** -power for power in (MOST_SHRUNK * precision, gained))
            vanishes = after == 0 or least < abs(after) < most
            shrunk = shrunk + 1 if vanishes else 0
            if shrunk >= 2 and precision > ZERO_DIGITS:
                return mpmath.mpf(0)
            if after != 0:
                last, size = precision, abs(after)
        before, previous = after, before
    # Both too small for every float: what they are beside rounding does not matter.
    if max(abs(previous), abs(after)) < mpmath.mpf(10) ** -ZERO_DIGITS:
        return mpmath.mpf(0)
    # Its size alone: a number with an exponent of thousands of digits is never written out.
    raise ArithmeticError(f"no agreement within {MOST_DIGITS} digits on a value near 2^{mpmath.mag(after)}")


def derivative(expression: Expr, point: Point, names: Sequence[Place], digits: int = 25) -> Any:
    """The partial derivative in the named places, one after the other.

    A place is a symbol's name, or a name and the position of an entry.  SymPy differentiates what the
    words abbreviate, written out for the sizes at the point: none of our own derivatives are used.
    """
    sizes = tuple((name, number) for name, number in point.items() if isinstance(number, int))
    return value(_slope(expression, tuple(names), sizes), _entries_named(point), digits)


def one_sided(
    expression: Expr, point: Point, names: Sequence[Place], approaching: str, sign: int, digits: int = 25
) -> Any:
    """The limit of a derivative where a symbol comes to its number from above (1) or from below (-1).

    nan where none is seen.
    """
    sizes = tuple((name, number) for name, number in point.items() if isinstance(number, int))
    slope, named = _slope(expression, tuple(names), sizes), _entries_named(point)

    def at_distance(exponent: int) -> Any:
        size = abs(mpmath.mpf(named[approaching])) or 1
        moved = named[approaching] + sign * size * mpmath.mpf(10) ** -exponent
        return evaluate(slope, {**named, approaching: moved})

    far, near = (confirmed(partial(at_distance, NEAR * k), digits, 4 * NEAR * k) for k in (1, 2))
    if any(mpmath.isnan(one) or mpmath.im(one) for one in (far, near)):
        return mpmath.nan
    if agree(far, near, digits):
        return near
    ratio = mpmath.mpf(10) ** (NEAR // 5)
    if abs(near) * ratio < abs(far):
        return mpmath.mpf(0)
    return mpmath.sign(near) * mpmath.inf if abs(near) > abs(far) * ratio else mpmath.nan


@cache
def _slope(expression: Expr, places: tuple[Place, ...], sizes: tuple[tuple[str, int], ...]) -> Expr:
    """The derivative over the symbols of `written_out`."""
    if not places:
        return written_out(expression, dict(sizes))
    *others, last = places
    slope = _slope(expression, tuple(others), sizes)
    name = last if isinstance(last, str) else entry_name(*last)
    symbols = [symbol for symbol in slope.free_symbols if symbol.name == name]
    found = slope.diff(symbols[0]) if symbols else sympy.S.Zero
    return found.replace(sympy.DiracDelta, lambda *_: sympy.S.Zero)  # a kink has no second derivative


def compiled(expression: Expr, name: str, point: Point) -> Callable[[Sequence[Any]], Any]:
    """The expression as a function of the entries of a named vector, at the working precision, for many of them.

    It is written out for the sizes at the point once; a word with a reference keeps that.
    """
    sizes = {size: number for size, number in point.items() if isinstance(number, int)}
    written = written_out(expression, sizes, referred=True)
    symbols = {symbol.name: symbol for symbol in written.free_symbols}
    entries = [symbols.pop(entry_name(name, place), sympy.Dummy()) for place in range(sizes["K"])]
    heads = {type(part) for part in written.atoms(sympy.Function)}
    words = {head.__name__: head.word.truth for head in heads if hasattr(head, "word")}
    compute = sympy.lambdify([*entries, *symbols.values()], written, [words, "mpmath"], cse=True)
    values = _entries_named(point)
    return lambda observation: compute(*observation, *(mpmath.mpf(values[known]) for known in symbols))


def written_out(expression: Expr, point: Point, referred: bool = False) -> Expr:
    """The expression over primitives: words by their meaning, sums term by term, entries as symbols.

    referred  whether words that have a reference stay
    """
    write = partial(written_out, point=point, referred=referred)
    if isinstance(expression, Indexed):
        (position,) = expression.indices
        label = expression.base.label
        return Symbol(entry_name(label.name, int(evaluate(position, point)) - 1), **label.assumptions0)
    if isinstance(expression, Sum | Product):
        body, *inner, (index, first, last) = expression.args
        body = expression.func(body, *inner) if inner else body
        if last is sympy.oo:
            return Sum(write(body), (index, first, last))
        # The rule that gives the entries of a vector may use the same index, which is then another one.
        own = {one: Lambda(again := sympy.Dummy(), one(again)) for one in body.atoms(Lambda)}
        body = body.xreplace(own)
        steps = range(int(evaluate(first, point)), int(evaluate(last, point)) + 1)
        terms = [write(body.xreplace({index: sympy.Integer(step)})) for step in steps]
        return Add(*terms) if isinstance(expression, Sum) else Mul(*terms)
    known = isinstance(expression, KroneckerDelta) or type(expression).__name__ in SYMPY_ONLY
    if isinstance(expression, sympy.Function) and not known:
        word = word_of(expression)
        stays = word.primitive or (referred and word.reference)
        meaning = None if stays else word.meaning(*expression.args)
        if meaning is not None:
            return write(meaning)
    if not expression.args:
        size = point.get(expression.name) if isinstance(expression, Symbol) else None
        return expression if size is None else sympy.Integer(size)
    return expression.func(*map(write, expression.args))


def entry_name(name: str, position: int) -> str:
    """The name of an entry, which stands for it once a vector is written out: `z[0]`."""
    return f"{name}[{position}]"


def _entries_named(point: Point) -> Point:
    """The point with each entry of a vector under its own name."""
    named = dict(point)
    for name, entries in point.items():
        if isinstance(entries, list):
            named |= {entry_name(name, place): entry for place, entry in enumerate(entries)}
    return named


def evaluate(expression: Expr, point: Point, known: dict[Expr, Any] | None = None) -> Any:
    """The value at the working precision; a word that says so is 0 when its first argument is 0.

    known  values of parts, which are taken as they are; those of all other parts are added to it
    """
    return _evaluate(expression, point, {} if known is None else known)


def _evaluate(expression: Expr, point: Point, known: dict[Expr, Any]) -> Any:
    """The value, from the values of the parts that are already known."""
    if expression not in known:
        known[expression] = _computed(expression, point, known)
    return known[expression]


def _computed(expression: Expr, point: Point, known: dict[Expr, Any]) -> Any:
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
        first, second = (_evaluate(part, point, known) for part in expression.args)
        return mpmath.mpf(first == second)
    if isinstance(expression, Add | Mul):
        combine = operator.add if isinstance(expression, Add) else operator.mul
        return reduce(combine, (_evaluate(part, point, known) for part in expression.args))
    if isinstance(expression, Pow):
        base, exponent = (_evaluate(part, point, known) for part in expression.args)
        return mpmath.inf if base == 0 and exponent < 0 else mpmath.power(base, exponent)
    if type(expression).__name__ in SYMPY_ONLY:
        order, argument = expression.args
        return SYMPY_ONLY[type(expression).__name__](int(order), _evaluate(argument, point, known))
    row = word_of(expression)
    if row.zero_wins and _evaluate(expression.args[0], point, known) == 0:
        return mpmath.mpf(0)
    if row.reference:
        return row.truth(*(_evaluate(part, point, known) for part in expression.args))
    return _evaluate(_meaning(expression), point, known)


@lru_cache(maxsize=4096)
def _meaning(expression: Expr) -> Expr:
    """What a word abbreviates: SymPy takes longer to make it than mpmath to evaluate it, at thousands of points."""
    return word_of(expression).meaning(*expression.args)


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
    if last is sympy.oo:
        return _series(body, point, index)
    steps = range(int(evaluate(first, point)), int(evaluate(last, point)) + 1)
    values = (evaluate(body, {**point, index.name: step}) for step in steps)
    return reduce(combine, values, mpmath.mpf(start))


def _series(body: Expr, point: Point, index: Symbol) -> Any:
    """The sum over 1, 2, 3 and so on, until the terms fall and none is left beside the sum.

    Raises ArithmeticError where that needs too many terms.
    """
    total, last = mpmath.mpf(0), mpmath.mpf(0)
    for number in range(1, MOST_TERMS):
        term = abs(added := evaluate(body, {**point, index.name: number}))
        total += added
        if term < last and term < abs(total) * mpmath.eps / 1000:
            return total
        last = term
    raise ArithmeticError(f"a series goes on after {MOST_TERMS} terms")


def agree(before: Any, after: Any, digits: int) -> bool:
    """Whether two numbers have so many digits in common; nan agrees with nan."""
    if mpmath.isnan(after):
        return bool(mpmath.isnan(before))
    if mpmath.isinf(after) or after == 0:
        return bool(before == after)
    return bool(abs(before - after) <= abs(after) * mpmath.mpf(10) ** -digits)
