"""What NumPy and Torch code have in common: arrays whose last axis holds the entries of a vector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sympy import Expr, Function, Indexed, IndexedBase, Integer, Mul, Rational, Sum, Symbol

from derive.calculus import CLASS
from derive.declare import RESERVED
from derive.errors import Misuse
from derive.heads import Level
from derive.printers.arrange import Piece, Printer
from derive.rewriting import label
from derive.words import word_of

CONSTANTS = {
    "pi": ("math.pi", Level.ATOM),
    "two_pi": ("2 * math.pi", Level.PRODUCT),
    "E": ("math.e", Level.ATOM),
    "EulerGamma": ("0.5772156649015329", Level.ATOM),
}

# Beyond it a whole number is no exact float, and soon no integer of an array.
LARGEST_INTEGER = 2**53

# A number whose functions Python's own math lacks is written out, from more digits than a float has.
DIGITS = 30


class Code(Printer):
    """Prints array code.

    library  what square roots and the like are called from

    names   symbol or part -> the identifier it has in the code
    inline  part -> the expression written in its place
    """

    library: str

    def __init__(
        self,
        names: Mapping[str, str],
        inline: Mapping[str, Expr],
        order: Sequence[str] = (),
    ) -> None:
        super().__init__(order)
        self.names = names
        self.inline = inline

    def piece(self, expression: Expr) -> Piece:
        if isinstance(expression, Symbol | IndexedBase | Indexed):
            part = self.inline.get(label(expression))
            if part is not None:
                return self.piece(part)
        return super().piece(expression)

    def bracketed(self, text: str) -> str:
        return f"({text})"

    def number(self, number: Rational) -> Piece:
        if max(abs(number.p), number.q) > LARGEST_INTEGER:
            return repr(float(number)), Level.SUM if number < 0 else Level.ATOM
        if number.q != 1:
            return f"{number.p} / {number.q}", Level.PRODUCT
        return str(number), Level.SUM if number < 0 else Level.ATOM

    def constant(self, name: str) -> Piece:
        return CONSTANTS[name]

    def symbol(self, name: str) -> str:
        return self.names.get(name, name)

    def entry(self, indexed: Indexed) -> str:
        return self.symbol(str(indexed.base.label))

    def quotient(self, above: Expr, below: Expr) -> Piece:
        whole = above / below
        if isinstance(below, Integer) and below.p & (below.p - 1) == 0 and above.free_symbols:
            # The reciprocal of a power of two is exact, and a product is computed faster than a quotient.
            number, rest = above.as_coeff_Mul()
            several = isinstance(rest, Mul)
            beside = self.shown_in(whole, rest, Level.ATOM if several else Level.FUNCTION)
            return f"{float(number / below)!r} * {beside}", Level.PRODUCT
        over = self.shown_in(whole, above, Level.PRODUCT)
        return f"{over} / {self.shown_in(whole, below, Level.FUNCTION)}", Level.PRODUCT

    def juxtaposed(self, factors: Sequence[str]) -> str:
        return " * ".join(factors)

    def power(self, base: Expr, exponent: Expr) -> Piece:
        if isinstance(exponent, Integer):
            return f"{self.show(base, Level.ATOM)}**{exponent}", Level.POWER
        return f"{self.show(base, Level.ATOM)}**{self.show(exponent, Level.ATOM)}", Level.POWER

    def root(self, base: Expr) -> Piece:
        library = "math" if self._of_sizes(base) else self.library
        return f"{library}.sqrt({self.show(base)})", Level.ATOM

    def over_index(self, expression: Expr) -> Piece:
        if not isinstance(expression, Sum):
            raise Misuse(f"a product over an index cannot be written in {self.language}; take its logarithm")
        return self.total(self.show(expression.function)), Level.ATOM

    def total(self, body: str) -> str:
        """The sum over the last axis."""
        raise NotImplementedError

    def word(self, expression: Expr) -> Piece:
        word = word_of(expression)
        in_python = all("python" in word_of(part).spelling for part in expression.atoms(Function))
        if not expression.free_symbols and not in_python:
            number = float(expression.evalf(DIGITS))
            return repr(number), Level.SUM if number < 0 else Level.ATOM
        if in_python and self._of_sizes(expression):
            return self.spelled(word, expression, "python")
        return super().word(expression)

    def shown_in(self, whole: Expr, part: Expr, level: Level) -> str:
        """A scalar beside the entries of a vector gets the vector's axis."""
        text = super().shown_in(whole, part, level)
        if isinstance(whole, Function) and word_of(whole).of_vector:
            return text  # a whole vector, and places in it
        if self.has_entries(whole) and not self.has_entries(part) and not self._of_sizes(part):
            return f"{self.show(part, Level.ATOM)}[..., None]"
        return text

    def _of_sizes(self, expression: Expr) -> bool:
        """Whether the expression is one number for all samples: of nothing but the sizes of vectors."""
        return all(
            self._of_sizes(self.inline[str(symbol)])
            if str(symbol) in self.inline
            else str(symbol) in RESERVED
            for symbol in expression.free_symbols
        )

    def has_entries(self, expression: Expr) -> bool:
        """Whether the expression has one value for each class."""
        return CLASS in expression.free_symbols
