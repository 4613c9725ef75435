"""What every printer shares: the order and the bracketing of mathematics.

A printer turns a tree into text.  This base decides what a reader expects in any language: positive
terms before negative ones, simple ones before composite ones, data before parameters, one fraction
for a quotient, brackets only where needed.  A language is a subclass that spells the pieces; the
spelling of words is in the table of `words`.  The vocabulary is closed: what has no spelling in a
language is an error, never a guess.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import total_ordering
from typing import Any

import sympy
from sympy import Add, Expr, Indexed, IndexedBase, Integer, Lambda, Mul, Pow, Product, Rational, Sum, Symbol
from sympy.core.parameters import distribute

from derive.errors import Misuse
from derive.heads import Level, Row, Word
from derive.words import word_of

Piece = tuple[str, Level]


# A number with a larger denominator was measured: it is written as a decimal.
LARGEST = 10**15


class Printer(ABC):
    """Prints an expression in one language.

    language  the key of the words' spellings
    order     the names of the loss in the order of its signature: data come first
    """

    language: str

    def __init__(self, order: Sequence[str] = ()) -> None:
        self.order = {name: place for place, name in enumerate(order)}
        self._shown_before: dict[tuple[Expr, Level], str] = {}

    def __call__(self, expression: Expr) -> str:
        """The expression's text."""
        with distribute(False):
            return self.show(expression)

    def show(self, expression: Expr, level: Level = Level.SUM) -> str:
        """The expression, in brackets where it holds together more loosely than `level`."""
        key = expression, level
        if key not in self._shown_before:
            text, own = self.piece(expression)
            self._shown_before[key] = self.bracketed(text) if own < level else text
        return self._shown_before[key]

    def piece(self, expression: Expr) -> Piece:
        """The expression's text and how tightly it holds together."""
        if isinstance(expression, Rational):
            return self.decimal(expression) if expression.q > LARGEST else self.number(expression)
        if expression.is_NumberSymbol:
            return self.constant(str(expression))
        if isinstance(expression, Symbol | IndexedBase):
            return self.symbol(str(getattr(expression, "label", expression))), Level.ATOM
        if isinstance(expression, Indexed):
            return self.entry(expression), Level.ATOM
        if isinstance(expression, Add):
            return self._sum_of_terms(expression)
        if isinstance(expression, Mul):
            return self._product(expression)
        if isinstance(expression, Pow):
            return self._power(expression)
        if isinstance(expression, Sum | Product):
            return self.over_index(expression)
        if isinstance(expression, Lambda):
            return self.piece(_as_vectors(expression))
        return self.word(expression)

    # What a language spells ------------------------------------------------------------------------

    @abstractmethod
    def bracketed(self, text: str) -> str:
        """The text in brackets."""

    @abstractmethod
    def number(self, number: Rational) -> Piece:
        """A whole number or a fraction, not negative."""

    def decimal(self, number: Rational) -> Piece:
        """A number that was measured, as all its digits."""
        return f"{float(number)!r}", Level.SUM if number < 0 else Level.ATOM

    @abstractmethod
    def constant(self, name: str) -> Piece:
        """A named number: pi, two_pi."""

    @abstractmethod
    def symbol(self, name: str) -> str:
        """A quantity of the loss."""

    @abstractmethod
    def entry(self, indexed: Indexed) -> str:
        """An entry of a vector, or a quantity at a sample."""

    @abstractmethod
    def quotient(self, above: Expr, below: Expr) -> Piece:
        """One fraction."""

    @abstractmethod
    def juxtaposed(self, factors: Sequence[str]) -> str:
        """A product of factors."""

    @abstractmethod
    def power(self, base: Expr, exponent: Expr) -> Piece:
        """A power, with an exponent that is not negative."""

    @abstractmethod
    def root(self, base: Expr) -> Piece:
        """A square root."""

    @abstractmethod
    def over_index(self, expression: Expr) -> Piece:
        """A sum or a product over an index."""

    def argument(self, expression: Expr) -> str:
        """The argument of a named function: a space and a symbol, or brackets."""
        text, level = self.piece(expression)
        return f" {text}" if level is Level.ATOM else self.applied(text)

    def applied(self, text: str) -> str:
        """The arguments of a named function, in its brackets."""
        return self.bracketed(text)

    def raised(self, expression: Expr) -> str:
        """An exponent, as it stands in its place."""
        return self.show(expression)

    def index(self, position: Expr) -> str:
        """A position, as it stands below the line."""
        return self.show(position)

    def beside(self, fraction: Piece, factors: Sequence[str]) -> Piece:
        """A fraction and the factors beside it."""
        return self.juxtaposed([fraction[0], *factors]), Level.PRODUCT

    # What all languages share ----------------------------------------------------------------------

    def in_order(self, expression: Expr) -> list[Expr]:
        """The terms of a sum, in a reader's order."""
        return sorted(Add.make_args(expression), key=self._place_of_term)

    def terms(self, expression: Expr) -> list[tuple[str, str]]:
        """The signs and the terms of a sum, in a reader's order."""
        signed = []
        for term in self.in_order(expression):
            negative = _negative(term)
            positive = -term if negative else term
            signed.append(("-" if negative else "+", self.shown_in(expression, positive, Level.PRODUCT)))
        return signed

    def _sum_of_terms(self, expression: Expr) -> Piece:
        (sign, first), *others = self.terms(expression)
        text = self.signed(sign, first) + "".join(f" {self.sign(s)} {term}" for s, term in others)
        return text, Level.SUM

    def sign(self, sign: str) -> str:
        """The sign between two terms."""
        return sign

    def signed(self, sign: str, text: str) -> str:
        """The first term of a sum with its sign."""
        return f"{self.sign(sign)}{text}" if sign == "-" else text

    def _product(self, expression: Mul) -> Piece:
        if _negative(expression):
            return self.signed("-", self.show(-expression, Level.PRODUCT)), Level.SUM
        beside = [factor for factor in expression.args if self.stands_beside(factor)]
        above, below = _fraction([factor for factor in expression.args if factor not in beside])
        factors = sorted(above + beside, key=self.place_of_factor)
        if below:
            factors = sorted(beside, key=self.place_of_factor)
            fraction = self.quotient(Mul(*above), Mul(*below))
            return self.beside(fraction, self._shown(expression, factors)) if factors else fraction
        if len(factors) == 1:
            return self.piece(factors[0])
        return self.juxtaposed(self._shown(expression, factors)), Level.PRODUCT

    def _shown(self, product: Mul, factors: Sequence[Expr]) -> list[str]:
        """Factors as they stand side by side: only the last may be a named function."""
        *others, last = factors
        shown = [self.shown_in(product, factor, Level.POWER) for factor in others]
        return [*shown, self.shown_in(product, last, Level.FUNCTION)]

    def shown_in(self, whole: Expr, part: Expr, level: Level) -> str:
        """A term of a sum, a factor of a product or an argument of a word, as it stands there."""
        return self.show(part, level)

    def stands_beside(self, factor: Expr) -> bool:
        """Whether a factor is written beside the fraction and not above its line."""
        return False

    def _power(self, expression: Pow) -> Piece:
        base, exponent = expression.args
        if exponent.is_number and _negative(exponent):
            return self.quotient(Integer(1), Pow(base, -exponent))
        if exponent == Rational(1, 2):
            return self.root(base)
        return self.power(base, exponent)

    def word(self, expression: Expr) -> Piece:
        """A word, by its spelling in this language."""
        return self.spelled(word_of(expression), expression, self.language)

    def spelled(self, word: Word, expression: Expr, language: str) -> Piece:
        """A word by its spelling in a language; Misuse where it has none."""
        spelling = word.spelling.get(language)
        if spelling is None:
            raise Misuse(f"the word {word.name} has no spelling in {language}")
        pattern, level = spelling if isinstance(spelling, tuple) else (spelling, Level.ATOM)
        arguments = [_Shown(self, expression, argument) for argument in expression.args]
        extra = {}
        if "{arguments}" in pattern:
            extra["arguments"] = self.applied(", ".join(map(self.show, expression.args)))
        if "{entry}" in pattern or "{next}" in pattern:
            vector, position, *_ = expression.args
            extra["entry"] = self.show(Row(vector)[position], Level.PRODUCT)
            extra["next"] = self.show(Row(vector)[position + 1], Level.PRODUCT)
        return pattern.format(*arguments, **extra), level

    def _place_of_term(self, term: Expr) -> tuple[Any, ...]:
        """Positive before negative, simple before composite, bare numbers last among symbols."""
        bare = term.is_Number
        return (
            _negative(term),
            not bare and not term.free_symbols,
            self._complexity(term) + 5 * bare,
            _Spelled(term),
        )

    def place_of_factor(self, factor: Expr) -> tuple[Any, ...]:
        """Numbers, then symbols in the order of the signature, then sums, then powers and words."""
        kinds = (
            isinstance(factor, Rational),
            isinstance(factor, Symbol | Indexed) or factor.is_NumberSymbol,
            isinstance(factor, Add),
            not isinstance(factor, sympy.exp | Sum),
            True,
        )
        return (kinds.index(True), self._rank(factor), self._complexity(factor), _Spelled(factor))

    def _rank(self, expression: Expr) -> int:
        names = [str(getattr(expression, "base", expression))]
        return min((self.order.get(name, len(self.order)) for name in names), default=0)

    def _complexity(self, expression: Expr) -> int:
        """How many nodes a reader sees."""
        if isinstance(expression, Indexed | IndexedBase):
            return 1
        return 1 + sum(self._complexity(part) for part in expression.args if isinstance(part, Expr))


class _Shown:
    """An argument of a word, for the placeholders of its spelling."""

    def __init__(self, printer: Printer, whole: Expr, expression: Expr) -> None:
        self._printer = printer
        self._whole = whole
        self._expression = expression

    def __format__(self, specification: str) -> str:
        printer, expression = self._printer, self._expression
        if specification == "atom":
            return printer.shown_in(self._whole, expression, Level.ATOM)
        if specification == "factor":
            return printer.shown_in(self._whole, expression, Level.PRODUCT)
        if specification == "argument":
            return printer.argument(expression)
        if specification == "()":
            return printer.applied(printer.show(expression))
        if specification == "raised":
            return printer.raised(expression)
        if specification == "index":
            return printer.index(expression)
        return printer.shown_in(self._whole, expression, Level.SUM)


@total_ordering
class _Spelled:
    """An expression that sorts by its text, which is made only when all else ties."""

    def __init__(self, expression: Expr) -> None:
        self._expression = expression

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Spelled) and self._expression == other._expression

    def __lt__(self, other: _Spelled) -> bool:
        return str(self._expression) < str(other._expression)

    __hash__ = None  # type: ignore[assignment]  # sorted, never looked up


def _as_vectors(function: Lambda) -> Expr:
    """A vector that is a function of others entry by entry, over these as wholes: exp(z[k]) is exp(z)."""
    ((index,), body) = function.args
    entries = (entry for entry in body.atoms(Indexed) if entry.indices[-1] == index)
    return body.xreplace(
        {entry: entry.base[entry.indices[:-1]] if entry.indices[:-1] else entry.base for entry in entries}
    )


def _negative(term: Expr) -> bool:
    """Whether a term is written with a minus in front."""
    coefficient, _ = term.as_coeff_Mul()
    return bool(coefficient.is_negative)


def _fraction(factors: Sequence[Expr]) -> tuple[list[Expr], list[Expr]]:
    """Numerator and denominator as a reader writes them, every factor kept whole."""
    above: list[Expr] = []
    below: list[Expr] = []
    for factor in factors:
        if isinstance(factor, Rational) and factor.q <= LARGEST:
            above += [Integer(factor.p)] * (factor.p != 1)
            below += [Integer(factor.q)] * (factor.q != 1)
        elif isinstance(factor, Pow) and factor.exp.is_number and _negative(factor.exp):
            below.append(Pow(factor.base, -factor.exp))
        else:
            above.append(factor)
    return above, below
