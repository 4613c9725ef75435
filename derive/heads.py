"""Makes SymPy functions of declared words.

`words` is the table; this is what a row of it becomes.  A word is called like a function and then
gives a SymPy expression; until it is called, SymPy is not imported, so that the catalogue can be
listed at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from derive.declare import Declaration, Distribution, read
from derive.domains import Entries, Nonnegative

if TYPE_CHECKING:
    import sympy


class Level(IntEnum):
    """How tightly a written expression holds together; a looser one needs brackets in a tighter place."""

    SUM = 0
    PRODUCT = 1
    FUNCTION = 2
    POWER = 3
    ATOM = 4


# More digits than any cancellation between floats can cost: log(1 + exp(-744)) needs 324.
GUARD = 350

Spelling = str | tuple[str, Level]


@dataclass(frozen=True, eq=False)
class Word(Declaration):
    """A function that mathematics, LaTeX and every target language have in common.

    primitive    the SymPy function it is, when SymPy has it; else its meaning is its declaration
    reference    what is its truth: the name of an mpmath function, or a function of mpmath numbers; else its
                 meaning is evaluated
    in_sympy     the expression of SymPy's own that a record gives in place of a meaning, for a word that has none
                 and whose reference has no name
    farther      its truth at numbers at which the mpmath function overflows
    spelling     target language -> how to write it (see `printers.arrange` for the placeholders)
    derivatives  one function per argument: the derivative, in words again; None for an argument that is whole.
                 For a vector argument the function takes a further index j and gives the derivative in the
                 j-th entry
    along        for a vector argument: the derivative in the direction of a vector v, so that
                 Hessian-vector products never form K^2 entries
    opens        whether its meaning, differentiated as it stands, is a number at ordinary arguments
    zero_wins    whether it is 0 wherever its first argument is, even beside an infinite second one
    infinite_with  the places of the arguments with which it is infinite or nan, whatever the others are
    finite_above   the number at and below which its only argument makes it infinite or nan
    """

    primitive: str = ""
    reference: str | Callable[..., Any] = ""
    in_sympy: Callable[..., Any] | None = None
    farther: Callable[..., Any] | None = None
    spelling: Mapping[str, Spelling] = field(default_factory=dict)
    derivatives: tuple[Callable[..., Any] | None, ...] = ()
    along: Callable[..., Any] | None = None
    opens: bool = True
    zero_wins: bool = False
    infinite_with: tuple[int, ...] = ()
    finite_above: float | None = None

    @property
    def of_vector(self) -> bool:
        """Whether the first argument is a vector."""
        return isinstance(next(iter(self.data.values())), Entries)

    def __call__(self, *arguments: Any, **named: Any) -> sympy.Expr:
        """The word applied, as a SymPy expression."""
        import sympy

        return self.head(*(sympy.sympify(argument, strict=True) for argument in arguments))

    def meaning(self, *arguments: sympy.Expr) -> sympy.Expr:
        """What the word abbreviates; TypeError for a primitive, which abbreviates nothing."""
        if self.primitive:
            raise TypeError(f"the word {self.name} is primitive")
        taken = (
            Row(argument) if isinstance(domain, Entries) else argument
            for argument, domain in zip(arguments, self.data.values(), strict=True)
        )
        return self.function(*taken)

    def _done(self, head: Any, **hints: Any) -> sympy.Expr:
        """The word's meaning, for SymPy's own functions to work on."""
        return head if self.reference else self.meaning(*head.args).doit(**hints)

    def truth(self, *numbers: Any) -> Any:
        """The reference's number: `psi 1` is mpmath's psi, with 1 before the arguments."""
        import mpmath

        if self.zero_wins and numbers[0] == 0:
            return mpmath.mpf(0)
        if callable(self.reference):
            return self.reference(*numbers)
        name, *orders = self.reference.split()
        try:
            return getattr(mpmath, name)(*map(int, orders), *numbers)
        except OverflowError:
            if self.farther is None:
                raise
            return self.farther(*numbers)

    def _evaluated(self, head: Any, precision: int) -> sympy.Expr | None:
        """The word's number, when its arguments are numbers; these are exact from here on."""
        import mpmath
        import sympy

        if not all(argument.is_number for argument in head.args):
            return None
        if not self.reference:
            exact = (sympy.Rational(part) if part.is_Float else part for part in head.args)
            number = self.meaning(*exact).evalf(mpmath.libmp.prec_to_dps(precision) + GUARD)
            return number._eval_evalf(precision)
        # SymPy asks for a sign with two binary digits, in which an argument may round to an end of its domain.
        with mpmath.workprec(max(precision, 60)):
            arguments = (argument._to_mpmath(mpmath.mp.prec) for argument in head.args)
            return sympy.Float._new(self.truth(*arguments)._mpf_, precision)

    def _slope(self, head: Any, place: int) -> Any:
        """The derivative in an argument, for SymPy; a vector or an undeclared one has none."""
        import sympy

        slope = self.derivatives[place - 1] if place <= len(self.derivatives) else None
        if self.of_vector or slope is None:
            raise sympy.core.function.ArgumentIndexError(head, place)
        return sympy.sympify(slope(*head.args))  # a constant one may be a number of Python's

    @cached_property
    def head(self) -> Any:
        """The SymPy function class."""
        import sympy

        if self.primitive:
            return getattr(sympy, self.primitive)
        facts = {f"is_{name}": value for name, value in self.result.facts.items()} if self.result else {}
        members = {
            "word": self,
            "nargs": len(self.data),
            "fdiff": lambda head, argindex=1: self._slope(head, argindex),
            "doit": lambda head, **hints: self._done(head, **hints),
            "_eval_evalf": lambda head, precision: self._evaluated(head, precision),
            "eval": classmethod(lambda cls, *arguments: _number(self, arguments)),
            "is_real": True,
            **facts,
        }
        return type(self.name, (sympy.Function,), members)


def _number(word: Word, arguments: tuple[sympy.Expr, ...]) -> Any:
    """A word of exact numbers is its meaning's number; anything else stays a word."""
    if word.zero_wins and arguments[0].is_zero:
        return arguments[0] * 0
    exact = not word.of_vector and not word.reference
    return word.meaning(*arguments) if exact and all(a.is_Rational for a in arguments) else None


@dataclass(frozen=True)
class Constant:
    """A named number, such as 2 pi, that keeps its name on the page."""

    name: str
    latex: str

    def _sympy_(self) -> sympy.Expr:
        return _constant(self.name)

    def __mul__(self, other: Any) -> sympy.Expr:
        return self._sympy_() * other

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> sympy.Expr:
        return self._sympy_() / other

    def __rtruediv__(self, other: Any) -> sympy.Expr:
        return other / self._sympy_()


@cache
def _constant(name: str) -> sympy.Expr:
    """The SymPy number of a constant: its own class, or two_pi, which SymPy lacks."""
    import sympy
    from mpmath.libmp import mpf_pi, mpf_shift

    if name != "two_pi":
        return getattr(sympy, name)

    class TwoPi(sympy.NumberSymbol):  # type: ignore[misc]  # SymPy has no type information
        """2 pi kept together, so that its square root is not taken apart."""

        is_real = is_positive = is_irrational = is_number = True
        is_negative = is_algebraic = False
        __slots__ = ()

        def _as_mpf_val(self, prec: int) -> Any:
            return mpf_shift(mpf_pi(prec), 1)

        def approximation_interval(self, number_class: Any) -> Any:
            return sympy.Integer(6), sympy.Integer(7)

        def _sympystr(self, printer: Any) -> str:
            return "two_pi"

    return TwoPi()


@dataclass(frozen=True)
class Index:
    """An index that runs from 1 to a symbolic size."""

    name: str
    size: str

    def _sympy_(self) -> sympy.Symbol:
        return index_symbol(self.name)

    @property
    def limits(self) -> tuple[sympy.Symbol, int, sympy.Symbol]:
        """The bounds, as SymPy's Sum and Product take them."""
        return index_symbol(self.name), 1, index_symbol(self.size)


@dataclass(frozen=True)
class Size:
    """How many entries a vector has, which is also the last position."""

    name: str

    def _sympy_(self) -> sympy.Symbol:
        return index_symbol(self.name)

    def __add__(self, other: Any) -> sympy.Expr:
        return self._sympy_() + other

    def __sub__(self, other: Any) -> sympy.Expr:
        return self._sympy_() - other


@cache
def index_symbol(name: str) -> sympy.Symbol:
    """The symbol of an index or a size: a positive integer."""
    import sympy

    return sympy.Symbol(name, integer=True, positive=True)


@dataclass(frozen=True)
class Row:
    """A vector as the mathematics of a declaration sees it: `p[k]` is its k-th entry.

    `vector` is an IndexedBase, or one row of it (`p[i]`) when it belongs to the i-th sample, or a Lambda that
    gives the entry at a position.
    """

    vector: sympy.Expr

    def _sympy_(self) -> sympy.Expr:
        return self.vector

    def __getitem__(self, position: Any) -> sympy.Expr:
        import sympy

        position = sympy.sympify(position, strict=True)
        if isinstance(self.vector, sympy.Lambda):
            return self.vector(position)
        if isinstance(self.vector, sympy.Indexed):
            return self.vector.base[(*self.vector.indices, position)]
        return self.vector[position]


@cache
def density_word(distribution: Distribution) -> Word:
    """The density by its name alone, p(y | mu, sigma), which abbreviates what the row declares."""
    places = [f"{{{place}}}" for place in range(len(distribution.domains))]
    data, parameters = (
        ", ".join(part) for part in (places[: len(distribution.data)], places[len(distribution.data) :])
    )

    def formula(*arguments: Any) -> Any:
        count = len(distribution.data)
        parameters = zip(distribution.parameters, arguments[count:], strict=True)
        return distribution(*arguments[:count], **dict(parameters))

    return Word(
        function=formula,
        name="p",
        summary=distribution.summary,
        prose=distribution.prose,
        source=distribution.source,
        data=distribution.domains,
        parameters={},
        result=Nonnegative,
        spelling={"text": f"p({data} | {parameters})", "latex": rf"p({data} \mid {parameters})"},
    )


def word(**facts: Any) -> Callable[..., Word]:
    """Declare a word: its spellings by language, its derivatives, its reference."""
    spelling = {language: facts.pop(language) for language in LANGUAGES if language in facts}
    return lambda function: read(Word, function, spelling=spelling, **facts)


LANGUAGES = ("text", "latex", "numpy", "torch", "python")
