"""Plain text for a terminal: one line, Unicode letters."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Add, Expr, Indexed, Integer, Rational, Sum, Symbol

from derive.declare import GREEK
from derive.heads import Level
from derive.printers.arrange import Piece
from derive.printers.page import Page

CONSTANTS = {"pi": "π", "two_pi": "2π", "E": "e", "EulerGamma": "γₑ"}
FRACTIONS = {Rational(1, 2): "½", Rational(1, 4): "¼", Rational(3, 4): "¾"}
LETTERS = dict(zip(GREEK, "αβγδεζηθικλμνξοπρστυφχψω", strict=True))
SUBSCRIPTS = str.maketrans("0123456789ijkl", "₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₗ")
PLAIN = "ijkl"  # the indices that stand below the line
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class Text(Page):
    """Prints Unicode text."""

    language = "text"
    bar = "|"

    def bracketed(self, text: str) -> str:
        return f"({text})"

    def whole(self, text: str) -> str:
        return f"[{text}]"

    def opened(self, text: str) -> str:
        return f"[{text}"

    def closed(self, text: str) -> str:
        return f"{text}]"

    def width(self, text: str) -> int:
        return len(text)

    def sign(self, sign: str) -> str:
        return "−" if sign == "-" else sign

    def number(self, number: Rational) -> Piece:
        if number in FRACTIONS:
            return FRACTIONS[number], Level.ATOM
        if number.q != 1:
            return f"{number.p}/{number.q}", Level.PRODUCT
        return str(number).replace("-", "−"), Level.SUM if number < 0 else Level.ATOM

    def constant(self, name: str) -> Piece:
        return CONSTANTS[name], Level.ATOM

    def symbol(self, name: str) -> str:
        return plain_letter(self.letters.get(name, name))

    def entry(self, indexed: Indexed) -> str:
        letter = self.symbol(str(indexed.base.label))
        if all(isinstance(position, Symbol) and str(position) in PLAIN for position in indexed.indices):
            return letter + "".join(map(self.index, indexed.indices))
        return f"{letter}[{', '.join(map(self.show, indexed.indices))}]"

    def index(self, position: Expr) -> str:
        return self.show(position).translate(SUBSCRIPTS)

    def quotient(self, above: Expr, below: Expr) -> Piece:
        whole = above / below
        return self.number(whole) if whole.is_Rational else self.slashed(above, below)

    def beside(self, fraction: Piece, factors: Sequence[str]) -> Piece:
        """A dot after a slash, so that nobody takes the factors for part of the denominator."""
        text, level = fraction
        dot = "" if level is Level.ATOM else "· "
        return f"{text} {dot}{self.juxtaposed(factors)}", Level.PRODUCT

    def juxtaposed(self, factors: Sequence[str]) -> str:
        return " ".join(
            f"· {factor}" if n and factor[0].isdigit() else factor for n, factor in enumerate(factors)
        )

    def power(self, base: Expr, exponent: Expr) -> Piece:
        shown = self.base(base)
        if isinstance(exponent, Integer):
            return shown + str(exponent).translate(SUPERSCRIPTS), Level.POWER
        return f"{shown}^{self.show(exponent, Level.ATOM)}", Level.POWER

    def root(self, base: Expr) -> Piece:
        text = self.show(base)
        bare = len(text) == 1 or isinstance(base, Symbol | Indexed)
        return (f"√{text}" if bare else f"√({text})"), Level.ATOM

    def over_index(self, expression: Expr) -> Piece:
        sign = "Σ" if isinstance(expression, Sum) else "∏"
        body, *limits = expression.args
        signs = "".join(f"{sign}{self.index(index)} " for index, _, _ in reversed(limits))
        text = f"[{self.show(body)}]" if isinstance(body, Add) else self.show(body, Level.PRODUCT)
        return signs + text, Level.PRODUCT


def plain_letter(latex: str) -> str:
    r"""A LaTeX letter as text: `\eta_{a}` is η_a."""
    letter, _, subscript = latex.partition("_")
    letter = LETTERS.get(letter.removeprefix("\\"), letter)
    subscript = subscript.strip("{}").removeprefix("\\")
    return f"{letter}_{LETTERS.get(subscript, subscript)}" if subscript else letter
