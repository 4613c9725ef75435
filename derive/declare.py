"""Reads a declaration: the one form in which `derive` is told mathematics.

A declaration is a Python function whose annotations are domains, whose docstring is the prose and
whose return value is the mathematics::

    @distribution
    def normal(y: Real, *, mu: Real, sigma: Positive):    # the * is the bar of p(y | mu, sigma)
        \"\"\"One sentence that says what it is.

        y      what y is, with its units
        mu     ...

        Source: a book or a paper, with its chapter.
        \"\"\"
        return exp(-(((y - mu) / sigma) ** 2) / 2) / (sigma * sqrt(two_pi))

Densities, links, identities and stable rewrites are all declared so.  Reading one runs nothing and
imports no SymPy: the mathematics is made only when the declaration is called.
"""

from __future__ import annotations

import dis
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from types import ModuleType
from typing import Any, NamedTuple, TypeVar

from derive.counterparts import Counterpart, Variant
from derive.domains import Domain, Entries, Interval, entries_in

Function = Callable[..., Any]
Breaking = Mapping[str, float | tuple[float, ...]]

GREEK = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "zeta",
    "eta",
    "theta",
    "iota",
    "kappa",
    "lambda",
    "mu",
    "nu",
    "xi",
    "omicron",
    "pi",
    "rho",
    "sigma",
    "tau",
    "upsilon",
    "phi",
    "chi",
    "psi",
    "omega",
]


@dataclass(frozen=True, eq=False)
class Declaration:
    """What a declaring function says: its name, its sentence, its symbols and its mathematics."""

    function: Function
    name: str
    summary: str
    prose: Mapping[str, str]
    source: str
    data: Mapping[str, Domain]
    parameters: Mapping[str, Domain]
    result: Domain | None

    def __call__(self, /, *arguments: Any, **named: Any) -> Any:
        """The mathematics, of these arguments."""
        return self.function(*arguments, **named)


class Called(NamedTuple):
    """A density that was called in the making of another, with the arguments and what it gave."""

    row: Distribution
    data: tuple[Any, ...]
    parameters: dict[str, Any]
    made: Any


# What is called while someone asks what a density is made of.
_HEARD: ContextVar[list[Called] | None] = ContextVar("_HEARD", default=None)


@dataclass(frozen=True)
class Origin:
    """Where a person's own density is from.

    words        what asks for it on the command line, behind `derive`
    read, texts  what reads it again, in another process: `read(*texts)`
    facts        the texts that a record holds of it
    """

    words: tuple[str, ...]
    read: Callable[..., Distribution]
    texts: tuple[Any, ...]
    facts: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Distribution(Declaration):
    """A density or mass function p(data | parameters).

    latex         how a symbol is set where its name does not say it
    known         the parameters that are never learned, beside discrete ones
    regular       whether the support is free of the parameters, where no domain says so
    soft          what the loss is once the data lie outside the support but inside the accepted set
    practice      what the loss is instead, where the density is none: weights or labels that are put on top of one
    variants      with which options it is generated and verified, beside none
    counterparts  what it is in other libraries, whatever is fixed, shared or linked: theirs takes its data
                  and parameters
    called        what it is called where no function of theirs can be tested against: `{"Stan": "normal"}`
    origin        where it is from, if it is no row of the catalogue
    """

    latex: Mapping[str, str] = field(default_factory=dict)
    known: tuple[str, ...] = ()
    regular: bool = True
    soft: str = ""
    practice: str = ""
    variants: tuple[Variant, ...] = ()
    counterparts: tuple[Counterpart, ...] = ()
    called: Mapping[str, str] = field(default_factory=dict)
    origin: Origin | None = None

    def __call__(self, /, *data: Any, **parameters: Any) -> Any:
        """The density, of these arguments."""
        made = self.function(*data, **parameters)
        if (heard := _HEARD.get()) is not None:
            heard.append(Called(self, data, parameters, made))
        return made

    def made_of(self, /, *data: Any, **parameters: Any) -> Called | None:
        """The row of which this one is a parametrisation, called with what it makes of these arguments; else None."""
        heard: list[Called] = []
        before = _HEARD.set(heard)
        try:
            made = self.function(*data, **parameters)
        finally:
            _HEARD.reset(before)
        whole = bool(heard) and heard[-1].made == made and heard[-1].data == data
        return heard[-1] if whole else None

    def __reduce_ex__(self, protocol: Any) -> Any:
        """A person's own density is pickled as its text, for its mathematics cannot be."""
        return (self.origin.read, self.origin.texts) if self.origin else super().__reduce_ex__(protocol)

    @property
    def domains(self) -> dict[str, Domain]:
        """The domain of every symbol, data first."""
        return {**self.data, **self.parameters}

    @property
    def learnable(self) -> dict[str, Domain]:
        """The parameters that a model can learn: a discrete one has no gradient and is always known."""
        return {
            name: domain
            for name, domain in self.parameters.items()
            if not domain.discrete and name not in self.known
        }

    @property
    def names(self) -> dict[str, tuple[str, ...]]:
        """What the density and its losses are called elsewhere, by library."""
        found: dict[str, list[str]] = {}
        theirs = (*self.counterparts, *(one for variant in self.variants for one in variant.counterparts))
        for library, name in (*(one.known_as for one in theirs), *self.called.items()):
            names = found.setdefault(library, [])
            names += [name] if name not in names else []
        return {library: tuple(names) for library, names in found.items()}

    @property
    def signature(self) -> str:
        """The head as a statistician writes it: `p(y | mu, sigma)`."""
        return f"p({', '.join(self.data)} | {', '.join(self.parameters)})"

    def symbol_latex(self, name: str) -> str:
        """The LaTeX of one symbol."""
        return self.latex.get(name) or (rf"\{name}" if name in GREEK else name)


@dataclass(frozen=True, eq=False)
class Link(Declaration):
    """A function from what a model puts out (the predictor) to a parameter.

    synonym    what statisticians call its inverse: exp is the log link
    torch      what Torch calls it, below `torch`; of a vector, with the axis of its entries
    predictor  the name of the predictor, of the parameter's name
    letters    the LaTeX letter of the predictor, by the parameter's name ("" is for all others)
    """

    synonym: str = ""
    torch: str = ""
    predictor: str = "{name}"
    letters: Mapping[str, str] = field(default_factory=dict)

    @property
    def domain(self) -> Domain:
        """Where the predictor lives."""
        return next(iter(self.data.values()))

    @property
    def range(self) -> Domain:
        """Where the parameter then lives."""
        assert self.result is not None
        return self.result

    def fits(self, domain: Domain) -> bool:
        """Whether every value of the link is legal for a parameter with this domain."""
        if isinstance(self.range, Entries):
            return isinstance(domain, Entries) and domain.name == self.range.name
        if isinstance(domain, Entries):
            return domain.free and self.range.within(domain.entry)
        # No output reaches the ends of its range: they are limits, and may be open where the parameter lives.
        legal = domain.legal
        same = (self.range.lower, self.range.upper) == (legal.lower, legal.upper)
        inside = replace(self.range, closed=(False, False))
        return self.range.within(legal) or (same and inside.within(legal))

    def over(self, domain: Entries) -> Link:
        """The link of scalars applied to each entry of a vector, which then lives in the domain."""
        assert isinstance(self.domain, Interval)
        return replace(
            self,
            function=lambda a: lambda position: self.function(a[position]),
            data={name: entries_in(self.domain) for name in self.data},
            result=domain,
        )

    def scaled(self, number: Fraction) -> Link:
        """So many times the link: `5*tanh`.  Only what gives scalars has multiples."""
        assert isinstance(self.range, Interval)
        return replace(
            self,
            function=lambda a: _rational(number) * self.function(a),
            name=f"{number}*{self.name}",
            synonym=f"scaled {self.synonym}",
            torch="",
            result=self.range.scaled(float(number)),
        )


def _rational(number: Fraction) -> Any:
    import sympy

    return sympy.Rational(number.numerator, number.denominator)


@dataclass(frozen=True, eq=False)
class Rule(Declaration):
    """A rewrite `left -> right`, true on the declared domains.

    unless       narrower domains on which the rule has nothing to do
    associative  f(a b) -> f(a) + f(b) stands for any number of factors, and for a product over an index
    f64, f32     where the left side dies in floating point (stable rewrites only)
    """

    unless: Mapping[str, Interval] = field(default_factory=dict)
    associative: bool = False
    f64: Breaking = field(default_factory=dict)
    f32: Breaking = field(default_factory=dict)

    @cached_property
    def left_names(self) -> frozenset[str]:
        """The names that the left side calls, read from the function without running it.

        A rule whose words are not in an expression cannot match there, and making its sides takes SymPy
        a millisecond.  The left side ends where the stack last held one value before the pair is built.
        """
        depth, names, left = 0, set[str](), frozenset[str]()
        for instruction in dis.get_instructions(self.function):
            if instruction.opname == "BUILD_TUPLE":
                break
            if instruction.opname == "LOAD_GLOBAL":
                names.add(instruction.argval)
            depth += dis.stack_effect(instruction.opcode, instruction.arg)
            if depth == 1:
                left = frozenset(names)
        return left


class Where(NamedTuple):
    """A fact that holds under a condition on the parameters."""

    value: Any
    condition: Any


@dataclass(frozen=True, eq=False)
class Facts:
    """What is known of a density beside the density itself.

    The function takes what its row takes, and gives by name what is known, or None for what never exists:

    mean          the expected value
    mode          the most probable value, or where the density is greatest
    cdf           P(Y <= y)
    log_survival  log P(Y > y)
    deviance      of an exponential-dispersion family: twice the dispersion times what -log p is above its
                  least over all means
    dispersion    the dispersion of such a family
    """

    row: Distribution
    function: Function

    def __call__(self, /, *data: Any, **parameters: Any) -> dict[str, Any]:
        """The facts, of these arguments."""
        return dict(self.function(*data, **parameters))


def facts(row: Distribution) -> Callable[[Function], Facts]:
    """Declare what is known of a row: the symbols have their domains from there."""
    return lambda function: Facts(row, function)


AnyDeclaration = TypeVar("AnyDeclaration", bound=Declaration)


# What indices, sizes and directions are called in the mathematics; a symbol of a density is not.
RESERVED = frozenset(["i", "j", "k", "l", "K", "N", "vector"])


def read(kind: type[AnyDeclaration], function: Function, **facts: Any) -> AnyDeclaration:
    """Read `function` as a declaration of the given kind.

    Raises TypeError when an argument has no domain, a density's has a name of RESERVED, a domain names a
    symbol that is no argument, or the docstring has no sentence: all are mistakes of whoever writes a table, so they are found when the table is imported.
    """
    code = function.__code__
    positional = code.co_varnames[: code.co_argcount]
    named = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    domains = function.__annotations__
    for name in positional + named:
        if not isinstance(domains.get(name), Interval | Entries):
            raise TypeError(f"{function.__name__}: the argument {name} needs a domain")
        if kind is Distribution and name in RESERVED:
            raise TypeError(f"{function.__name__}: the name {name} is taken; choose another than {name}")
        strangers = set(domains[name].symbols) - set(positional + named)
        if strangers:
            raise TypeError(
                f"{function.__name__}: the domain of {name} names {strangers.pop()}, which is no argument"
            )
        if not _linear(domains[name]):
            raise TypeError(
                f"{function.__name__}: what must be positive of {name} is not linear in it; declare what is"
            )
    summary, prose, source = _docstring(function.__doc__ or "", positional + named)
    if not summary:
        raise TypeError(f"{function.__name__}: the docstring needs a first sentence")
    return kind(
        function=function,
        name=function.__name__.rstrip("_"),
        summary=summary,
        prose=prose,
        source=source,
        data={name: domains[name] for name in positional},
        parameters={name: domains[name] for name in named},
        result=domains.get("return"),
        **facts,
    )


def _linear(domain: Domain) -> bool:
    """Whether what must be positive, if anything must, is linear in the symbol that lives in the domain."""
    others = {name: Fraction(2 * place + 3, place + 2) for place, name in enumerate(domain.symbols)}
    values = [domain.conditions(Fraction(number), others) for number in (1, 2, 3)]
    return all(low + high == 2 * middle for low, middle, high in zip(*values, strict=True))


def _docstring(text: str, names: Iterable[str]) -> tuple[str, dict[str, str], str]:
    """The first paragraph, the line of each symbol, and the source."""
    paragraphs = [paragraph.strip() for paragraph in text.strip().split("\n\n")]
    prose = {}
    for line in text.splitlines():
        word, _, rest = line.strip().partition(" ")
        if word in names and rest.startswith(" "):
            prose[word] = rest.strip()
    source = next((p.removeprefix("Source:") for p in paragraphs if p.startswith("Source:")), "")
    return _one_line(paragraphs[0]), prose, _one_line(source)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _decorator(kind: type[AnyDeclaration]) -> Callable[..., Any]:
    """`@name` or `@name(fact=...)`, as the row needs."""

    def decorate(function: Function | None = None, **facts: Any) -> Any:
        if function is None:
            return lambda declared: read(kind, declared, **facts)
        return read(kind, function, **facts)

    return decorate


distribution = _decorator(Distribution)
link = _decorator(Link)
identity = _decorator(Rule)
stable = _decorator(Rule)


def rows(modules: Iterable[ModuleType], kind: type[AnyDeclaration]) -> dict[str, AnyDeclaration]:
    """Every declaration of a kind in the modules, by name, in the order written."""
    return {
        row.name: row
        for module in modules
        for row in vars(module).values()
        if isinstance(row, kind) and row.function.__module__ == module.__name__
    }
