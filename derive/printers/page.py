"""What text and LaTeX have in common: letters, words written out, and long lines broken."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sympy import Add, Expr, Function, Indexed, Mul, Pow, Rational, Sum, Symbol, exp
from sympy.core.parameters import distribute

from derive.heads import Level
from derive.printers.arrange import Piece, Printer
from derive.words import VOCABULARY

# The words that stand above a fraction's line; a reader wants all others beside it.
SHORT = ("exp", "Abs", "sign", "gamma", "beta", "factorial")


class Whole(Function):  # type: ignore[misc]  # SymPy has no type information
    """A sum that a reader sees as one, because it is computed as one."""


class Page(Printer):
    """Prints for readers; `letters` gives the LaTeX of each quantity by its name."""

    bar: str

    def __init__(self, letters: Mapping[str, str], order: Sequence[str] = ()) -> None:
        super().__init__(order)
        self.letters = letters

    # What a language of pages spells beside the rest -------------------------------------------------

    @abstractmethod
    def whole(self, text: str) -> str:
        """A sum that is computed as one, in the brackets that say so."""

    @abstractmethod
    def opened(self, text: str) -> str:
        """The first row of a broken sum, from its bracket on."""

    @abstractmethod
    def closed(self, text: str) -> str:
        """The last row of a broken sum, with its bracket."""

    @abstractmethod
    def width(self, text: str) -> int:
        """How many characters wide the text is set."""

    # What they share ---------------------------------------------------------------------------------

    def __call__(self, expression: Expr) -> str:
        with distribute(False):
            return self.show(self._written_out(expression))

    def word(self, expression: Expr) -> Piece:
        if isinstance(expression, Whole):
            return self.whole(self.show(*expression.args)), Level.ATOM
        return super().word(expression)

    def _written_out(self, expression: Expr) -> Expr:
        """The expression in words that have a notation; for the others stands what they mean.

        A sum that is such a word's meaning is computed as one, and stays one for the reader.
        """
        if not expression.args or isinstance(expression, Indexed):
            return expression
        arguments = [self._written_out(part) if isinstance(part, Expr) else part for part in expression.args]
        if any(new is not old for new, old in zip(arguments, expression.args, strict=True)):
            expression = expression.func(*arguments)
        word = VOCABULARY.get(type(expression).__name__)
        if word is None or word.primitive or self.language in word.spelling:
            return expression
        meaning = self._written_out(word.meaning(*expression.args))
        meaning = meaning.xreplace({inner: inner.args[0] for inner in meaning.atoms(Whole)})
        return Whole(meaning) if isinstance(meaning, Add) else meaning

    def stands_beside(self, factor: Expr) -> bool:
        """Sums, tall powers and all words but the shortest."""
        if isinstance(factor, Sum | Whole):
            return True
        if isinstance(factor, Pow):
            return not factor.exp.is_number and _has_line(factor.base)
        if isinstance(factor, exp):
            return _has_line(factor.args[0])
        return type(factor).__name__ in VOCABULARY and type(factor).__name__ not in SHORT

    def slashed(self, above: Expr, below: Expr) -> Piece:
        """A fraction on one line: only what is below the slash needs brackets as a product."""
        over = self.show(above, Level.PRODUCT if isinstance(above, Mul) else Level.FUNCTION)
        return f"{over}/{self.show(below, Level.FUNCTION)}", Level.PRODUCT

    def place_of_factor(self, factor: Expr) -> tuple[Any, ...]:
        """As everywhere, but a power stands where its base would; a root stays behind the symbols."""
        kind, rank, *others = super().place_of_factor(factor)
        if isinstance(factor, Pow) and factor.exp.is_number:
            of_base, rank, *_ = super().place_of_factor(factor.base)
            kind = of_base if factor.exp.is_integer else kind
        return (kind, rank, *others)

    def broken(self, expression: Expr, width: int) -> list[str]:
        """The expression as rows no wider than `width` characters, broken between the terms of its sum.

        A product is broken between the terms of the sum that is a factor of it, which stands in no fraction then.
        """
        with distribute(False):
            expression = self._written_out(expression)
            text = self.show(expression)
            coefficient, total = expression.as_coeff_Mul()
            if isinstance(total, Sum) and isinstance(total.function, Whole) and self.width(text) > width:
                total = Sum(*total.function.args, *total.limits)
            summed = isinstance(total, Sum) and isinstance(total.function, Add)
            if self.width(text) <= width:
                return [text]
            body, frame = expression, Symbol("BODY")
            if summed:
                body, frame = total.function, coefficient * Sum(frame, *total.limits)
            elif isinstance(expression, Mul):
                body = next((part for part in expression.args if isinstance(part, Add)), expression)
                frame = Mul(*(frame if part is body else part for part in expression.args))
            if not isinstance(body, Add):
                return [text]
            head, tail = self.show(frame).split("BODY")
            if head.count("{") != head.count("}"):
                head, tail = f"{self.show(Mul(*(part for part in expression.args if part is not body)))} ", ""
            terms = self._pieces(body, width)
            if head or tail:
                terms[0] = head + self.opened(terms[0])
                terms[-1] = self.closed(terms[-1]) + tail
            return rows(terms, width, self.width)

    def base(self, base: Expr) -> str:
        """The base of a power: the number 2π is set as two signs, of which the power is not the second's alone."""
        shown = self.show(base, Level.ATOM)
        return self.bracketed(shown) if str(base) == "two_pi" else shown

    def _pieces(self, body: Add, width: int) -> list[str]:
        """The terms of a sum with their signs; one wider than a row in the terms of the sum that is a factor of it."""
        pieces: list[str] = []
        for number, (term, (sign, text)) in enumerate(
            zip(self.in_order(body), self.terms(body), strict=True)
        ):
            signed = f"{self.sign(sign)} {text}" if number else self.signed(sign, text)
            inner = next((part for part in term.args if isinstance(part, Add)), None)
            if self.width(signed) <= width or not isinstance(term, Mul) or inner is None:
                pieces.append(signed)
                continue
            frame = Mul(*(Symbol("BODY") if part is inner else part for part in term.args))
            shown = self.show(-frame if sign == "-" else frame)
            head, tail = shown.split("BODY")
            if head.count("{") != head.count("}"):
                pieces.append(signed)
                continue
            within = self._pieces(inner, width)
            within[0] = (f"{self.sign(sign)} {head}" if number else self.signed(sign, head)) + self.opened(
                within[0]
            )
            within[-1] = self.closed(within[-1]) + tail
            pieces += within
        return pieces


def rows(pieces: Sequence[str], width: int, measure: Callable[[str], int]) -> list[str]:
    """The pieces in the fewest rows that are no wider than `width`, filled as evenly as can be."""
    widths = [measure(piece) for piece in pieces]

    def starts(most: int) -> list[int]:
        found, filled = [0], widths[0]
        for place, wide in enumerate(widths[1:], start=1):
            filled += 1 + wide
            if filled > most:
                found.append(place)
                filled = wide
        return found

    best = starts(width)
    even = next(found for most in range(1, width + 1) if len(found := starts(most)) == len(best))
    return [" ".join(pieces[one:other]) for one, other in zip(even, [*even[1:], None], strict=True)]


def _has_line(expression: Expr) -> bool:
    """Whether a fraction's line is written somewhere in the expression."""
    return any(
        part.exp.is_number and part.exp.is_negative if isinstance(part, Pow) else part.q != 1
        for part in expression.atoms(Pow, Rational)
    )
