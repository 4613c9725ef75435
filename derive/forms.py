"""Equal forms of an expression, from which the measured search of `tune` chooses.

A form is a row: a function of an expression whose value is the same expression written otherwise.
None is better than another by itself; which loses the fewest bits depends on the density and on its
domain, and is measured.  None divides by what could be 0, or takes a logarithm of it, where the expression
did not.  A move writes one place of an expression in a form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Any

import sympy
from sympy import Add, Expr, Mul, Pow, exp, log
from sympy.core.parameters import distribute

from derive.words import (
    VOCABULARY,
    digamma,
    expm1,
    log1p,
    log_gamma,
    quotient,
    stirling_correction,
    stirling_correction_curvature,
    stirling_correction_slope,
    trigamma,
    two_pi,
)


@dataclass(frozen=True)
class Form:
    """A way to write an expression: its name, its sentence, and the writing."""

    name: str
    summary: str
    write: Callable[[Expr], Expr]


FORMS: dict[str, Form] = {}


def form(write: Callable[[Any], Any]) -> Form:
    """Declare a form."""
    row = Form(write.__name__, " ".join((write.__doc__ or "").split()), write)
    FORMS[row.name] = row
    return row


@form
def expanded(expression: Any) -> Any:
    """Products are multiplied out."""
    return sympy.expand_mul(expression)


@form
def factored(expression: Any) -> Any:
    """What the terms of a sum share stands before it."""
    return sympy.factor_terms(expression)


@form
def over_one_denominator(expression: Any) -> Any:
    """The terms of a sum stand over one denominator."""
    return sympy.together(expression)


@form
def cancelled(expression: Any) -> Any:
    """What numerator and denominator share is gone, and both are in factors."""
    return sympy.factor(sympy.cancel(sympy.together(expression)))


@form
def logarithms_opened(expression: Any) -> Any:
    """The logarithm of a product is a sum of logarithms."""
    return sympy.expand_log(expression)


@form
def logarithms_joined(expression: Any) -> Any:
    """A sum of logarithms is the logarithm of a product."""
    return sympy.logcombine(expression)


@form
def logarithm_of_quotient_about_one(expression: Any) -> Any:
    """The logarithm of a quotient is that of one plus the relative difference."""
    return expression.replace(_is_log_of_quotient, _about_one)


@form
def exponents_joined(expression: Any) -> Any:
    """A product of powers of one base is one power of it."""
    return sympy.powsimp(expression, combine="exp")


@form
def exponents_opened(expression: Any) -> Any:
    """A power of a sum is a product of powers."""
    return sympy.expand_power_exp(expression)


@form
def powers_as_exponentials(expression: Any) -> Any:
    """A power with a variable exponent is the exponential of a multiple of a logarithm."""
    return expression.replace(
        lambda part: isinstance(part, Pow) and not part.exp.is_number and part.base.is_positive,
        lambda part: exp(part.exp * log(part.base)),
    )


@form
def difference_of_squares(expression: Any) -> Any:
    """A difference of two squares is the product of sum and difference."""
    return expression.replace(lambda part: isinstance(part, Add) and len(part.args) == 2, _product)


@form
def difference_of_roots(expression: Any) -> Any:
    """A difference of two roots is the difference of what stands under them, over their sum."""
    return expression.replace(_is_pair, _conjugate)


@form
def difference_of_exponentials(expression: Any) -> Any:
    """Of a difference of two exponentials one stands in front."""
    return expression.replace(_is_pair, _exponential_in_front)


@form
def one_exponential(expression: Any) -> Any:
    """A product of positive numbers is the exponential of the sum of their logarithms."""
    return expression.replace(lambda part: isinstance(part, Mul), _exponential)


@form
def powers_of_one_base(expression: Any) -> Any:
    """A product of powers of quotients is a product of powers of what they are quotients of."""
    return sympy.powsimp(sympy.expand_power_base(expression), combine="exp")


@form
def quotients_first(expression: Any) -> Any:
    """Of a fraction of products each factor above is divided by one below before they are multiplied."""
    return expression.replace(lambda part: isinstance(part, Mul), _paired)


@form
def divided_by_first_term(expression: Any) -> Any:
    """Above and below stands what they are of the first term of the sum below."""
    return _divided(expression, 0)


@form
def divided_by_last_term(expression: Any) -> Any:
    """Above and below stands what they are of the last term of the sum below."""
    return _divided(expression, -1)


@form
def first_term_in_front(expression: Any) -> Any:
    """Of a sum the first term stands in front."""
    return _in_front(expression, 0)


@form
def last_term_in_front(expression: Any) -> Any:
    """Of a sum the last term stands in front."""
    return _in_front(expression, -1)


@form
def logarithm_about_one(expression: Any) -> Any:
    """The logarithm is that of one plus the difference from one."""
    return expression.replace(
        lambda part: isinstance(part, log),
        lambda part: log1p(sympy.factor(sympy.together(part.args[0] - 1))),
    )


@form
def gamma_about_stirling(expression: Any) -> Any:
    """The gamma function stands as Stirling's formula and what that leaves."""
    for word, written in STIRLING.items():
        expression = expression.replace(word.head, written)
    return expression


@form
def exponentials_about_one(expression: Any) -> Any:
    """An exponential is one plus its difference from one."""
    return sympy.expand_mul(expression.replace(exp, lambda a: 1 + expm1(a)))


# What Stirling's formula says of log gamma and of its derivatives, and what it leaves.
STIRLING = {
    log_gamma: lambda a: (a - sympy.Rational(1, 2)) * log(a) - a + log(two_pi) / 2 + stirling_correction(a),
    digamma: lambda a: log(a) - 1 / (2 * a) + stirling_correction_slope(a),
    trigamma: lambda a: 1 / a + 1 / (2 * a**2) + stirling_correction_curvature(a),
}


def _is_log_of_quotient(part: Any) -> bool:
    if not isinstance(part, log) or not isinstance(part.args[0], Mul):
        return False
    _, denominator = part.args[0].as_numer_denom()
    return bool(denominator != 1)


def _about_one(part: Any) -> Any:
    numerator, denominator = part.args[0].as_numer_denom()
    return log(1 + (numerator - denominator) / denominator)


def _product(part: Any) -> Any:
    for one, other in (part.args, part.args[::-1]):
        first, second = _root(one), _root(-other)
        if first is not None and second is not None:
            return (first - second) * (first + second)
    return part


def _root(term: Any) -> Any:
    """The square root of a term that is a square; None of others."""
    if term == 1:
        return term
    powers = term.as_powers_dict()
    if all(power.is_Integer and power % 2 == 0 for power in powers.values()):
        return Mul(*(base ** (power // 2) for base, power in powers.items()))
    return None


def _is_pair(part: Any) -> bool:
    return isinstance(part, Add) and len(part.args) == 2


def _conjugate(part: Any) -> Any:
    one, other = part.args
    if not any(power.exp == sympy.Rational(1, 2) for power in part.atoms(Pow)):
        return part
    return sympy.factor(sympy.expand(one**2 - other**2)) / (one - other)


def _exponential_in_front(part: Any) -> Any:
    terms = [_coefficient_and_exponent(term) for term in part.args]
    if None in terms:
        return part
    (c, a), (d, b) = terms
    if c + d == 0:
        return c * exp(b) * expm1(a - b)
    return part


def _coefficient_and_exponent(term: Any) -> Any:
    """A term c exp(a) as c and a; None of others."""
    coefficient, rest = term.as_independent(exp, as_Add=False)
    return (coefficient, rest.args[0]) if isinstance(rest, exp) else None


def _exponential(part: Any) -> Any:
    """The positive factors of a product that are not numbers as one exponential."""
    positive = [factor for factor in part.args if factor.is_positive and not factor.is_number]
    if len(positive) < 2:
        return part
    others = [factor for factor in part.args if factor not in positive]
    return Mul(*others, exp(Add(*(_logarithm(factor) for factor in positive))))


def _logarithm(factor: Any) -> Any:
    if isinstance(factor, exp):
        return factor.args[0]
    return factor.exp * log(factor.base) if isinstance(factor, Pow) else log(factor)


def _paired(part: Any) -> Any:
    """Each factor below under the one above that has most symbols in common with it; roots stay whole."""
    above: list[Any] = []
    below: list[Any] = []
    for factor in part.args:
        base, power = factor.as_base_exp()
        if not (power.is_Integer and not factor.is_number):
            above.append(factor)
        else:
            (above if power > 0 else below).extend([base] * min(abs(int(power)), MOST_FACTORS))
    if sum(abs(int(f.as_base_exp()[1])) > MOST_FACTORS for f in part.args if f.as_base_exp()[1].is_Integer):
        return part
    plain = [factor for factor in above if not factor.is_number]
    if not below or len(plain) + len(below) < 3:
        return part
    found = [factor for factor in above if factor.is_number]
    for factor in sorted(below, key=_size, reverse=True):
        if not plain:
            found.append(1 / factor)
            continue
        best = max(plain, key=lambda one: (len(one.free_symbols & factor.free_symbols), _size(one)))
        plain.remove(best)
        found.append(quotient(best, factor))
    return Mul(*found, *plain)


# A power higher than this is not taken apart into factors.
MOST_FACTORS = 4


def _size(expression: Any) -> tuple[int, str]:
    return int(sympy.count_ops(expression)), text(expression)


def _divided(expression: Any, place: int) -> Any:
    """A fraction whose denominator is a sum, or has one as a factor, divided by a term of it."""

    def written(part: Any) -> Any:
        numerator, denominator = part.as_numer_denom()
        sums = [factor for factor in Mul.make_args(denominator) if isinstance(factor.as_base_exp()[0], Add)]
        if len(sums) != 1:
            return part
        base, power = sums[0].as_base_exp()
        term = base.as_ordered_terms()[place]
        if not term.is_nonzero:
            return part
        smaller = Add(*(one / term for one in base.args)) ** power
        above = Add(*(one / term**power for one in Add.make_args(numerator)))
        return above / (smaller * denominator / sums[0])

    is_fraction = expression.is_Mul or expression.is_Pow
    return written(expression) if is_fraction else expression.replace(lambda part: part.is_Mul, written)


def _in_front(expression: Any, place: int) -> Any:
    if not isinstance(expression, Add):
        return expression
    term = expression.as_ordered_terms()[place]
    if not term.is_nonzero:
        return expression
    return Mul(term, Add(*(one / term for one in expression.args)), evaluate=False)


@lru_cache(maxsize=50_000)
def text(expression: Expr) -> str:
    """How an expression is named in a move."""
    return str(expression)


@dataclass(frozen=True)
class Move:
    """A form, and the place that is written in it: a part of the expression, or two terms of a sum; "" is all.

    Where the place is not found nothing is changed, so a move is never wrong.
    """

    form: str
    place: str = ""

    def __str__(self) -> str:
        return f"{self.form} at {self.place}" if self.place else self.form

    @classmethod
    def read(cls, said: str) -> Move:
        """The move that a string says."""
        form, _, place = said.partition(" at ")
        return cls(form, place)

    def of(self, expression: Expr, named: Callable[[Expr], Expr] = lambda part: part) -> Expr:
        """The expression after the move; `named` makes of a part what the place calls it."""
        with distribute(False):
            if not self.place:
                return self._written(expression)
            return self._moved(expression, named)

    def _written(self, part: Expr) -> Expr:
        with distribute(True):
            return FORMS[self.form].write(part)

    def _moved(self, expression: Expr, named: Callable[[Expr], Expr]) -> Expr:
        if text(named(expression)) == self.place:
            return self._written(expression)
        for pair in pairs(expression) if isinstance(expression, Add) else ():
            if text(named(pair)) == self.place:
                others = [term for term in expression.args if term not in pair.args]
                return Add(*others, self._written(pair))
        if not expression.args or isinstance(expression, sympy.Indexed):
            return expression
        arguments = [self._moved(part, named) if isinstance(part, Expr) else part for part in expression.args]
        if all(new is old for new, old in zip(arguments, expression.args, strict=True)):
            return expression
        return expression.func(*arguments)


def pairs(expression: Add) -> Iterator[Expr]:
    """Two terms of a longer sum at a time, as a sum."""
    if len(expression.args) > 2:
        yield from (Add(*pair) for pair in combinations(expression.args, 2))


def in_vocabulary(expression: Expr) -> bool:
    """Whether SymPy made nothing of an expression that is no word."""
    return all(
        type(part).__name__ in VOCABULARY or isinstance(part, sympy.KroneckerDelta)
        for part in expression.atoms(sympy.Function)
    )
