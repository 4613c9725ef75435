"""Equal forms of an expression, from which the measured search of `tune` chooses.

A form is a row: a function of an expression whose value is the same expression written otherwise.
None is better than another by itself; which loses the fewest bits depends on the density and on its
domain, and is measured.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sympy
from sympy import Add, Expr, Mul, Pow, exp, log


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
    return sympy.expand_log(expression, force=True)


@form
def logarithms_joined(expression: Any) -> Any:
    """A sum of logarithms is the logarithm of a product."""
    return sympy.logcombine(expression, force=True)


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
        lambda part: isinstance(part, Pow) and not part.exp.is_number and part.base != sympy.E,
        lambda part: exp(part.exp * log(part.base)),
    )


@form
def difference_of_squares(expression: Any) -> Any:
    """A difference of two squares is the product of sum and difference."""
    return expression.replace(lambda part: isinstance(part, Add) and len(part.args) == 2, _product)


def _is_log_of_quotient(part: Any) -> bool:
    if not isinstance(part, log) or not isinstance(part.args[0], Mul):
        return False
    _, denominator = part.args[0].as_numer_denom()
    return bool(denominator != 1)


def _about_one(part: Any) -> Any:
    numerator, denominator = part.args[0].as_numer_denom()
    return log(1 + (numerator - denominator) / denominator)


def _product(part: Any) -> Any:
    one, other = part.args
    if (-one).could_extract_minus_sign():
        one, other = other, one
    if not (other.could_extract_minus_sign() and _root(one) and _root(-other)):
        return part
    first, second = _root(one), _root(-other)
    return (first - second) * (first + second)


def _root(term: Any) -> Any:
    """The square root of a term that is a square; None of others."""
    if term == 1:
        return term
    powers = term.as_powers_dict()
    if all(power.is_Integer and power % 2 == 0 for power in powers.values()):
        return Mul(*(base ** (power // 2) for base, power in powers.items()))
    return None


def written(expression: Expr, names: tuple[str, ...]) -> Expr:
    """The expression in these forms, one after the other."""
    for name in names:
        expression = FORMS[name].write(expression)
    return expression


Choices = Mapping[str, tuple[str, ...]]
"""What was chosen of a loss: the forms of `loss`, `gradient mu`, `Hessian mu, sigma`, by these names."""

CHOSEN = Path(__file__).with_name("choices.toml")

CHOICES: Mapping[str, Choices] = {
    loss: {name: tuple(forms) for name, forms in chosen.items()}
    for loss, chosen in tomllib.loads(CHOSEN.read_text(encoding="utf-8")).items()
}
"""What `derive tune` has measured and committed, by the name of the loss: deriving never searches."""
