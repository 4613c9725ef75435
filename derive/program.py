"""Arranges expressions over shared parts as a short program: assignments, then results.

Common subexpressions are eliminated jointly over all results.  A part that is used once is written
where it is used, one that is used again gets a name that says what it is.  Parts are only ever
nested, never multiplied out, so nothing is associated anew across a word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import sympy
from sympy import Add, Basic, Expr, Indexed, IndexedBase, Mul, Pow, Sum
from sympy.core.parameters import distribute

from derive.calculus import Parts, fresh
from derive.declare import RESERVED
from derive.words import square, word_of


@dataclass(frozen=True)
class Program:
    """Assignments in order, the results over them, and what is written in place.

    names   part -> the name it is assigned to
    inline  part -> the expression written where the part stands
    """

    assignments: tuple[tuple[str, Expr], ...]
    results: tuple[Expr, ...]
    names: Mapping[str, str]
    inline: Mapping[str, Expr]


def program(parts: Parts, results: Sequence[Expr], reserved: Collection[str]) -> Program:
    """Arrange the results; no name is taken from `reserved` (the arguments of the function)."""
    with distribute(False):
        results = [_with_squares(parts, result) for result in results]
        results = [_with_shared(parts, result, results) for result in results]
    uses: Counter[Expr] = Counter()
    order: list[Expr] = []
    for result in results:
        _count(parts, result, uses, order)
    named = [part for part in order if uses[part] > 1 and not _of_sizes(parts, part)]
    names: dict[str, str] = {}
    for part in named:
        names[str(part)] = fresh(_kind(parts.definitions[part]), {*reserved, *names.values()})
    inline = {str(part): parts.definitions[part] for part in order if str(part) not in names}
    assignments = tuple((names[str(part)], parts.definitions[part]) for part in named)
    return Program(assignments, tuple(results), names, inline)


def _of_sizes(parts: Parts, part: Expr) -> bool:
    """Whether a part is of nothing but the sizes of vectors: it is as short where it stands as its name."""
    return {symbol.name for symbol in parts.put_together(part).free_symbols} <= RESERVED


def _count(parts: Parts, expression: Expr, uses: Counter[Expr], order: list[Expr]) -> None:
    """Count the uses of every part, and list the parts so that each follows those it needs."""
    for part in _parts_of(parts, expression):
        uses[part] += 1
        if uses[part] == 1:
            _count(parts, parts.definitions[part], uses, order)
            order.append(part)


def _parts_of(parts: Parts, expression: Basic) -> Iterator[Expr]:
    """The parts that the expression mentions, as often as it does."""
    if isinstance(expression, Indexed):
        expression = expression.base
    if expression in parts.definitions:
        yield expression
    elif not isinstance(expression, IndexedBase):
        for place, part in enumerate(expression.args):
            for _ in range(_times_written(expression, place)):
                yield from _parts_of(parts, part)


def _times_written(expression: Basic, place: int) -> int:
    """How often code writes an argument: a word's spelling may hold it twice."""
    if not isinstance(expression, sympy.Function):
        return 1
    spellings = [word_of(expression).spelling.get(language, "") for language in ("numpy", "torch")]
    return max(1, *(str(spelling).count(f"{{{place}") for spelling in spellings))


def _with_squares(parts: Parts, expression: Expr) -> Expr:
    """The expression with the even powers of a part as squares: the loss has mostly computed them already."""
    squares = {
        power: parts.taken_apart(square(power.base ** (power.exp / 2)))
        for power in expression.atoms(Pow)
        if power.exp.is_even and power.exp.is_positive and parts.definition(power.base) is not None
    }
    return expression.xreplace(squares)


def _with_shared(parts: Parts, expression: Expr, results: Sequence[Expr]) -> Expr:
    """The expression with every sum, product and power that stands twice in the results as a part."""
    found = Counter(part for result in results for part in _worth_sharing(result))
    shared = {part: parts.named(part) for part, count in found.items() if count > 1}
    return expression.xreplace(shared)


def _worth_sharing(expression: Basic) -> Iterator[Expr]:
    """The sums, products and powers within the expression, of more than a number."""
    if isinstance(expression, Indexed | IndexedBase):
        return
    for part in expression.args:
        several = sum(not factor.is_number for factor in part.args) > 1
        if isinstance(part, Add) or (isinstance(part, Mul | Pow) and several):
            yield part
        yield from _worth_sharing(part)


def _kind(definition: Expr) -> str:
    """A name that says what a part is."""
    if isinstance(definition, Add):
        return "difference" if any(t.could_extract_minus_sign() for t in definition.args) else "total"
    if isinstance(definition, Mul):
        divides = any(isinstance(f, Pow) and f.exp.could_extract_minus_sign() for f in definition.args)
        return "quotient" if divides else "product"
    if isinstance(definition, Sum):
        return "total"
    if isinstance(definition, Pow):
        return "root" if definition.exp == sympy.Rational(1, 2) else "power"
    return word_of(definition).name
