"""Finds where in an expression digits are lost: the error that each operation adds, carried to the result.

Every part is known exactly.  One operation at a time is made in floating point, of its exact operands as
the dtype holds them, and all that follows is exact again: how far the result is then off is what this
operation has lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import mpmath
import numpy as np
import sympy
from sympy import Add, Expr, Mul, Pow, Symbol, preorder_traversal
from sympy.core.parameters import distribute

from derive.derivation import Derivation
from derive.errors import Misuse
from derive.forms import pairs
from derive.modules.library import NUMPY
from derive.oracle import Point, evaluate
from derive.tune.bench import defined, run

# Digits that decide nothing: an estimate of an error needs few, a difference of extremes many.
DIGITS = 420

# How many operations are looked at, those that lose most, and how many pairs of terms of a sum.
SUSPECTS = 3
PAIRS = 3

# Less than this many bits, at all points together, is rounding.
ROUNDING = 4.0


def suspects(derived: Derivation, expression: Expr, drawn: Sequence[tuple[str, Point]]) -> list[Expr]:
    """The places to rewrite, most likely first: where most is lost, what holds that, pairs of terms, all of it.

    drawn  points at which the expression loses digits, each with its dtype
    """
    parts = _operations(expression)
    lost = dict.fromkeys(parts, 0.0)
    with mpmath.workdps(DIGITS):
        for dtype, point in drawn:
            known: dict[Expr, Any] = {}
            try:
                truth = evaluate(expression, point, known)
                for part in parts:
                    evaluate(part, point, known)
            except (ArithmeticError, ValueError):
                continue
            for part in parts:
                lost[part] += _carried(expression, part, dtype, point, known, truth)
    order = {part: place for place, part in enumerate(parts)}
    ranked = sorted(lost, key=lambda part: (-round(lost[part]), order[part]))
    worst = [part for part in ranked if lost[part] > ROUNDING][:SUSPECTS]
    found = [place for part in worst for place in (part, *_holders(expression, part), *_pairs(part))]
    return list(dict.fromkeys([expression, *found]))


def _operations(expression: Expr) -> list[Expr]:
    """Every part that is computed, a product with the powers of its factors as one."""
    found = [part for part in preorder_traversal(expression) if isinstance(part, Expr) and part.args]
    inside = {
        factor for part in found if isinstance(part, Mul) for factor in part.args if _is_plain_power(factor)
    }
    return [part for part in dict.fromkeys(found) if part not in inside and not part.is_number]


def _is_plain_power(part: Expr) -> bool:
    return isinstance(part, Pow) and bool(part.exp.is_Integer)


def _operands(part: Expr) -> list[Expr]:
    factors = part.args if isinstance(part, Mul) else (part,)
    if isinstance(part, Mul) or _is_plain_power(part):
        return [factor.base if _is_plain_power(factor) else factor for factor in factors]
    return list(part.args)


def _carried(
    whole: Expr, part: Expr, dtype: str, point: Point, known: Mapping[Expr, Any], truth: Any
) -> float:
    """The bits that the result loses when only this operation is made in floating point."""
    every = float(np.finfo(dtype).nmant + 1)
    try:
        got = _in_floating_point(part, dtype, known)
        if got == known[part]:
            return 0.0
        changed = {e: v for e, v in known.items() if not e.has(part)}
        changed[part] = got
        result = evaluate(whole, point, changed)
        if not mpmath.isfinite(result):
            return every
        if result == truth:
            return 0.0
        ulps = abs(result - truth) / (abs(truth) or mpmath.mpf(float(np.finfo(dtype).tiny)))
        return float(min(every, max(0, mpmath.log(ulps, 2) + every - 1)))
    except (ArithmeticError, ValueError, TypeError):
        return every
    except Misuse:
        return 0.0


def _in_floating_point(part: Expr, dtype: str, known: Mapping[Expr, Any]) -> Any:
    operands = [operand for operand in dict.fromkeys(_operands(part)) if not operand.is_number]
    names = [f"operand_{place}" for place in range(len(operands))]
    symbols = [Symbol(name, real=True) for name in names]
    with distribute(False):
        alone = _alone(part, dict(zip(operands, symbols, strict=True)))
    function = defined(names, [f"return {NUMPY.printer({}, {}, names)(alone)}"])
    given = [np.array([_rounded(known[operand], dtype)], dtype) for operand in operands]
    return mpmath.mpf(float(run(function, given)[0]))


def _alone(part: Expr, symbols: Mapping[Expr, Expr]) -> Expr:
    """The operation over symbols for its operands."""
    factors = part.args if isinstance(part, Mul) else (part,)
    if isinstance(part, Mul) or _is_plain_power(part):
        return Mul(
            *(
                symbols[f.base] ** f.exp if _is_plain_power(f) and f.base in symbols else symbols.get(f, f)
                for f in factors
            )
        )
    return part.func(*(symbols.get(argument, argument) for argument in part.args))


def _rounded(number: Any, dtype: str) -> float:
    if mpmath.isnan(number) or mpmath.im(number) != 0:
        return float("nan")
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def _holders(expression: Expr, part: Expr) -> Iterator[Expr]:
    """What the part is an operand of, from the innermost."""
    held = [whole for whole in _operations(expression) if part in _operands(whole)]
    yield from held[:1]


def _pairs(part: Expr) -> list[Expr]:
    """Pairs of terms of a sum, those of opposite sign that are written most alike first."""
    if not isinstance(part, Add):
        return []

    def rank(pair: Expr) -> tuple[bool, int]:
        one, other = pair.args if len(pair.args) == 2 else (pair, sympy.S.Zero)
        alike = one.could_extract_minus_sign() == other.could_extract_minus_sign()
        return alike, -len(one.free_symbols & other.free_symbols)

    return sorted((pair for pair in pairs(part) if len(pair.args) == 2), key=rank)[:PAIRS]
