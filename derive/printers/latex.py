"""LaTeX as a good textbook sets it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sympy import Add, Expr, Indexed, Rational, Sum

from derive.heads import Level
from derive.printers.arrange import Piece
from derive.printers.page import Page

CONSTANTS = {"pi": r"\pi", "two_pi": r"2\pi", "E": "e", "EulerGamma": r"\gamma_{\mathrm{e}}"}
TALL = (r"\frac", r"\sum", r"\prod", r"\left", "^")


class Latex(Page):
    """Prints LaTeX for a line of its own."""

    language = "latex"
    bar = r"\mid"

    def inline(self) -> Latex:
        """The printer for what stands in a sentence, in an exponent or in a fraction."""
        return Inline(self.letters, list(self.order))

    def bracketed(self, text: str) -> str:
        if any(sign in text for sign in TALL):
            return rf"\left({text}\right)"
        return f"({text})"

    def applied(self, text: str) -> str:
        """Tall brackets stand as close to the function's name as others do."""
        text = self.bracketed(text)
        return rf"\!{text}" if text.startswith(r"\left") else text

    def whole(self, text: str) -> str:
        return rf"\left[{text}\right]" if any(sign in text for sign in TALL) else f"[{text}]"

    def opened(self, text: str) -> str:
        return rf"\Biggl[{text}"

    def closed(self, text: str) -> str:
        return rf"{text}\Biggr]"

    def width(self, text: str) -> int:
        return set_width(text)

    def number(self, number: Rational) -> Piece:
        if number.q != 1:
            return rf"\frac{{{number.p}}}{{{number.q}}}", Level.PRODUCT
        return str(number), Level.SUM if number < 0 else Level.ATOM

    def constant(self, name: str) -> Piece:
        return CONSTANTS[name], Level.ATOM

    def symbol(self, name: str) -> str:
        return self.letters.get(name, name)

    def entry(self, indexed: Indexed) -> str:
        letter = self.symbol(str(indexed.base.label))
        apart = "" if all(position.is_Symbol for position in indexed.indices) else r",\,"
        positions = apart.join(self.show(position) for position in indexed.indices)
        if "_" in letter:
            letter = f"{{{letter}}}"
        return f"{letter}_{_group(positions)}"

    def quotient(self, above: Expr, below: Expr) -> Piece:
        inner = self.inline()
        return rf"\frac{{{inner.show(above)}}}{{{inner.show(below)}}}", Level.PRODUCT

    def juxtaposed(self, factors: Sequence[str]) -> str:
        return " ".join(
            rf"\cdot {factor}" if n and factor[0].isdigit() else factor for n, factor in enumerate(factors)
        )

    def raised(self, expression: Expr) -> str:
        return self.inline().show(expression)

    def power(self, base: Expr, exponent: Expr) -> Piece:
        return f"{self.base(base)}^{_group(self.raised(exponent))}", Level.POWER

    def root(self, base: Expr) -> Piece:
        return rf"\sqrt{{{self.show(base)}}}", Level.ATOM

    def over_index(self, expression: Expr) -> Piece:
        sign = r"\sum" if isinstance(expression, Sum) else r"\prod"
        body, *limits = expression.args
        signs = [
            rf"{sign}_{{{self.show(index)}={self.show(first)}}}^{_group(self.show(last))}"
            for index, first, last in reversed(limits)
        ]
        text = self.show(body, Level.PRODUCT)
        if isinstance(body, Add):
            text = rf"\left[{self.show(body)}\right]"
        return f"{' '.join(signs)} {text}", Level.PRODUCT


class Inline(Latex):
    """Prints LaTeX for a sentence, an exponent or a fraction: there a fraction has a slash."""

    def bracketed(self, text: str) -> str:
        return f"({text})"

    def number(self, number: Rational) -> Piece:
        if number.q != 1:
            return rf"\tfrac{{{number.p}}}{{{number.q}}}", Level.PRODUCT
        return super().number(number)

    def quotient(self, above: Expr, below: Expr) -> Piece:
        whole = above / below
        return self.number(whole) if whole.is_Rational else self.slashed(above, below)

    def beside(self, fraction: Piece, factors: Sequence[str]) -> Piece:
        text, level = fraction
        dot = "" if text.startswith(r"\tfrac") else r"\cdot "
        return f"{text} {dot}{self.juxtaposed(factors)}", level


def set_width(latex: str) -> int:
    """About how many characters wide LaTeX is set: a fraction is as wide as its wider half."""
    while fraction := re.search(r"\\t?frac\{((?:[^{}]|\{[^{}]*\})*)\}\{((?:[^{}]|\{[^{}]*\})*)\}", latex):
        wider = max(fraction.groups(), key=set_width)
        latex = latex[: fraction.start()] + wider + latex[fraction.end() :]
    return len(
        re.sub(
            r"\\(left|right|operatorname|Biggl|Biggr|!)|\\[a-z]+|[{}^_ ]",
            lambda m: "" if m[0] in "{}^_ " or m[1] else "x",
            latex,
        )
    )


def _group(text: str) -> str:
    return text if len(text) == 1 else f"{{{text}}}"
