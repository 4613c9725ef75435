"""What else is known of the density of a derivation, with the parameters it was derived for."""

from __future__ import annotations

from typing import NamedTuple

import sympy
from sympy import Expr
from sympy.core.parameters import distribute
from sympy.core.relational import Relational

from derive.declare import Where
from derive.derivation import Derivation
from derive.facts import known_of


class Property(NamedTuple):
    """A fact in the symbols of one sample.

    expression  None where it exists for no parameters
    condition   on which parameters it holds: a comparison, or None where it is for all
    """

    name: str
    expression: Expr | None
    condition: Relational | None


def properties(derivation: Derivation) -> list[Property]:
    """The facts of the density, in the order in which they are declared (`declare.Facts`)."""
    with distribute(False):
        known = known_of(
            derivation.distribution,
            *(quantity.plain_argument for quantity in derivation.data),
            **{
                quantity.name: quantity.plain_argument if quantity.value is None else quantity.value
                for quantity in derivation.parameters
            },
        )
    return [_property(name, fact) for name, fact in known.items()]


def _property(name: str, fact: object) -> Property:
    value, condition = fact if isinstance(fact, Where) else (fact, sympy.true)
    # Of numbers a comparison is Python's True or False, and a fact may be a number of Python's.
    condition = sympy.sympify(condition)
    if value is None or condition == sympy.false:
        return Property(name, None, None)
    return Property(name, sympy.sympify(value), None if condition == sympy.true else condition)
