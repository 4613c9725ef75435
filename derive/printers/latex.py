"""LaTeX as a good textbook sets it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sympy import Add, Expr, Indexed, Pow, Rational, Sum, Symbol, exp
from sympy.core.parameters import distribute

from derive.heads import Level
from derive.printers.arrange import Piece, Printer
from derive.words import VOCABULARY

CONSTANTS = {"pi": r"\pi", "two_pi": r"2\pi", "E": "e"}
SHORT = ("exp", "Abs", "sign", "gamma", "beta", "factorial", "ratio")
TALL = (r"\frac", r"\sum", r"\prod", r"\left", "^")


class Latex(Printer):
    """Prints LaTeX; `letters` gives the LaTeX of each quantity by its name."""

    language = "latex"

    def __init__(self, letters: Mapping[str, str], order: Sequence[str] = ()) -> None:
        super().__init__(order)
        self.letters = letters

    def bracketed(self, text: str) -> str:
        if any(sign in text for sign in TALL):
            return rf"\left({text}\right)"
        return f"({text})"

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
        positions = "".join(self.show(position) for position in indexed.indices)
        if "_" in letter:
            letter = f"{{{letter}}}"
        return f"{letter}_{positions}" if len(positions) == 1 else f"{letter}_{{{positions}}}"

    def quotient(self, above: Expr, below: Expr) -> Piece:
        return rf"\frac{{{self.show(above)}}}{{{self.show(below)}}}", Level.PRODUCT

    def juxtaposed(self, factors: Sequence[str]) -> str:
        return " ".join(
            rf"\cdot {factor}" if n and factor[0].isdigit() else factor for n, factor in enumerate(factors)
        )

    def power(self, base: Expr, exponent: Expr) -> Piece:
        return f"{self.show(base, Level.ATOM)}^{_group(self.show(exponent))}", Level.POWER

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

    def stands_beside(self, factor: Expr) -> bool:
        return stands_beside(factor)

    def broken(self, expression: Expr, width: int) -> list[str]:
        """The expression as rows no wider than `width` characters, broken between the terms of its sum."""
        with distribute(False):
            whole = self.show(expression)
            coefficient, total = expression.as_coeff_Mul()
            if set_width(whole) <= width or not isinstance(total, Sum) or not isinstance(total.function, Add):
                return [whole]
            head = self.show(coefficient * Sum(Symbol("BODY"), *total.limits)).removesuffix("BODY")
            (sign, first), *others = self.terms(total.function)
            rows = [f"{head}\\Biggl[{self.signed(sign, first)}"]
            for sign, term in others:
                longer = f"{rows[-1]} {sign} {term}"
                if set_width(longer) <= width:
                    rows[-1] = longer
                else:
                    rows.append(f"{sign} {term}")
            rows[-1] += r"\Biggr]"
            return rows


def stands_beside(factor: Expr) -> bool:
    """Sums, tall powers and all words but the shortest: a reader wants them beside the line."""
    if isinstance(factor, Sum):
        return True
    if isinstance(factor, Pow):
        return isinstance(factor.base, Add) and not factor.exp.is_number
    if isinstance(factor, exp):
        return any(_has_line(part) for part in factor.args[0].atoms(Pow, Rational))
    return type(factor).__name__ in VOCABULARY and type(factor).__name__ not in SHORT


def _has_line(number: Expr) -> bool:
    """Whether it is written with a fraction's line."""
    return number.could_extract_minus_sign() if isinstance(number, Pow) else bool(number.q != 1)


def set_width(latex: str) -> int:
    """About how many characters wide LaTeX is set: a fraction is as wide as its wider half."""
    while fraction := re.search(r"\\frac\{((?:[^{}]|\{[^{}]*\})*)\}\{((?:[^{}]|\{[^{}]*\})*)\}", latex):
        wider = max(fraction.groups(), key=set_width)
        latex = latex[: fraction.start()] + wider + latex[fraction.end() :]
    return len(
        re.sub(
            r"\\(left|right|operatorname|Biggl|Biggr)|\\[a-z]+|[{}^_ ]",
            lambda m: "" if m[0] in "{}^_ " or m[1] else "x",
            latex,
        )
    )


def _group(text: str) -> str:
    return text if len(text) == 1 else f"{{{text}}}"
