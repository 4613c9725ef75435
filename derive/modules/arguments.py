"""The arguments of generated functions, and where they are not what they must be: guards, as code."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from derive.calculus import fresh
from derive.derivation import Derivation, Quantity
from derive.domains import Domain, Entries, Interval, Nonnegative
from derive.modules.layout import call
from derive.modules.library import Library
from derive.modules.names import TARGET, identifier

INFINITY = float("inf")

# What is said of an argument only where it is true.
FLAGS = ("vector", "sums_to_one", "ascends", "at_most_length")


@dataclass(frozen=True)
class Argument:
    """An argument of the generated functions.

    name      what the mathematics calls it
    public    what a caller calls it
    role      "data", "learned" or "known"
    demand    what it must be, as an error says
    broken    where it is not, as code; nan is left to the formula
    harmless  what stands for it in a sample that is removed, as code; None: one over the vector's length
    direction  how far it goes in a direction: `v_mu`
    bounds    the names of other arguments that bound it
    beyond    where it is beyond those bounds, as code
    refuge    what stands for data beyond them, as code, where that is not the harmless value
    within    quick tests of all samples at once, as code: where they hold, it is nowhere broken, nor nan
    inside    such tests of the bounds, which need other arguments
    tabled    whether its row in the table holds the quick tests
    told      whether the loss is no finite number wherever it is broken: a look at the loss is as good as at all of it

    An argument that is at_most_length is a scalar that the length of the vectors bounds.  One that ascends is harmless
    as 0, 1, ..., K - 1.
    """

    name: str
    public: str
    role: str
    demand: str
    broken: str
    harmless: str
    within: tuple[str, ...] = ()
    vector: bool = False
    sums_to_one: bool = False
    direction: str = ""
    bounds: tuple[str, ...] = ()
    beyond: str = ""
    inside: tuple[str, ...] = ()
    refuge: str = ""
    ascends: bool = False
    at_most_length: bool = False
    tabled: bool = False
    told: bool = False

    @property
    def row(self) -> str:
        """Its row in the table of the generated module."""
        facts = [f'"{self.role}"', f'"{self.demand}"', f"lambda {self.name}: {self.broken}", self.harmless]
        flags = [f"{flag}=True" for flag in FLAGS if getattr(self, flag)]
        if self.bounds:
            names = ", ".join(self.bounds)
            quoted = ", ".join(f'"{bound}"' for bound in self.bounds)
            flags += [
                f"bounds=({quoted}{',' * (len(self.bounds) == 1)})",
                f"beyond=lambda {self.name}, {names}: {self.beyond}",
            ]
            flags += [f"refuge=lambda {names}: {self.refuge}"] * bool(self.refuge)
        if self.tabled:
            flags.append(f"legal=lambda {self.name}: {' and '.join(self.within)}")
            flags += ["told=True"] * self.told
        return "\n    ".join(call(f'"{self.name}": _Argument', [*facts, *flags]))


class Arguments(tuple[Argument, ...]):
    """Arguments in the order of a function, as code."""

    @property
    def names(self) -> str:
        """What the mathematics calls them: `y, mu`."""
        return ", ".join(argument.name for argument in self)

    @property
    def public(self) -> str:
        """What a caller calls them: `mu, target`."""
        return ", ".join(argument.public for argument in self)

    @property
    def keywords(self) -> str:
        """What a caller gave, by the names of the mathematics: `y=target, mu=mu`."""
        return ", ".join(f"{argument.name}={argument.public}" for argument in self)

    @property
    def own_keywords(self) -> str:
        """What the mathematics calls them, by that name: `y=y, mu=mu`."""
        return ", ".join(f"{argument.name}={argument.name}" for argument in self)

    @property
    def directions(self) -> str:
        """How far each goes in a direction: `v_mu, v_sigma`."""
        return ", ".join(argument.direction for argument in self)


@dataclass(frozen=True)
class Signature:
    """Who takes part in the generated functions, by role.

    known          all known parameters that have no number; known_in_loss: those that the loss mentions
    data_first     whether a caller gives the data first (else the target comes last)
    """

    data: Arguments
    learned: Arguments
    known: Arguments
    known_in_loss: Arguments
    weight: Argument
    data_first: bool

    @property
    def loss(self) -> Arguments:
        """The arguments of the loss, in the order of the mathematics."""
        return Arguments((*self.data, *self.learned, *self.known_in_loss))

    @property
    def likelihood(self) -> Arguments:
        """The arguments of the negative log likelihood, likewise."""
        return Arguments((*self.data, *self.learned, *self.known))

    @property
    def parameters(self) -> Arguments:
        """The arguments of the loss but the data."""
        return Arguments((*self.learned, *self.known_in_loss))

    @property
    def constants(self) -> Arguments:
        """The arguments of the loss that it has no gradient in."""
        return Arguments((*self.data, *self.known_in_loss))

    @property
    def bounded(self) -> bool:
        """Whether an argument bounds another."""
        return any(argument.bounds for argument in self.likelihood)

    @property
    def sheltered(self) -> bool:
        """Whether data beyond their bounds go where another argument says."""
        return any(argument.refuge for argument in self.data)

    @property
    def within(self) -> list[str]:
        """Quick tests, where all of which hold no argument of the loss is broken in any sample."""
        summing = [one.name for one in self.loss if one.sums_to_one]
        sums = [f"_sum_to_one({name}, tolerances[{place}])" for place, name in enumerate(summing)]
        lengths = [f"{one.name}.shape[-1]" for one in self.loss if one.vector]
        bounded = [
            f"torch.amax({one.name}).item() <= {lengths[0]}" for one in self.loss if one.at_most_length
        ]
        inside = [condition for one in self.loss for condition in one.inside]
        looked_at = (condition for one in self.loss if not one.told for condition in one.within)
        return [*looked_at, *inside, *sums, *bounded]

    @property
    def told(self) -> bool:
        """Whether the loss tells of any argument itself."""
        return any(argument.told for argument in self.loss)

    @property
    def tested(self) -> Arguments:
        """All that is tested to be what it must be."""
        return Arguments((*self.likelihood, self.weight))

    def telling(self, told: Collection[str]) -> Signature:
        """The signature where the loss tells of the arguments of these names."""

        def marked(arguments: Arguments) -> Arguments:
            return Arguments(replace(one, told=one.name in told) for one in arguments)

        return replace(
            self,
            data=marked(self.data),
            learned=marked(self.learned),
            known=marked(self.known),
            known_in_loss=marked(self.known_in_loss),
        )

    def given(self, arguments: Arguments) -> str:
        """The arguments as a caller gives them, in the caller's order."""
        data = [one for one in arguments if one.role == "data"]
        others = [one for one in arguments if one.role != "data"]
        return Arguments([*data, *others] if self.data_first else [*others, *data]).public


def signature(derivation: Derivation, library: Library) -> Signature:
    """Everything that the generated functions take, in the words of a library."""
    target = TARGET if len(derivation.data) == 1 and not library.data_first else ""
    taken = {identifier(quantity.name) for quantity in derivation.quantities}
    directions: dict[str, str] = {}

    def directed(quantity: Quantity, role: str, public: str = "") -> Argument:
        made = _bounded(argument(quantity, role, library, public), quantity, derivation, library)
        if made.name not in directions:
            directions[made.name] = fresh(f"v_{made.name}", taken)
            taken.add(directions[made.name])
        return replace(made, direction=directions[made.name])

    return Signature(
        data=Arguments(directed(q, "data", target) for q in derivation.data),
        learned=Arguments(directed(q, "learned") for q in derivation.learned),
        known=Arguments(directed(q, "known") for q in derivation.known),
        known_in_loss=Arguments(directed(q, "known") for q in derivation.known_in_loss),
        weight=replace(of_domain(Nonnegative, "weight", "known", library), tabled=False),
        data_first=library.data_first,
    )


def argument(quantity: Quantity, role: str, library: Library, public: str = "") -> Argument:
    """The argument that stands for a quantity of the loss."""
    return of_domain(quantity.domain.data, identifier(quantity.name), role, library, public)


def _bounded(one: Argument, quantity: Quantity, derivation: Derivation, library: Library) -> Argument:
    """The argument that other symbols of the density bound: known numbers are a guard like any other.

    Of a predictor it is the parameter that is bounded.
    """
    domain = derivation.bounded_by(quantity)
    if not domain.symbols:
        return one
    names = {q.name: identifier(q.name) for q in derivation.quantities}
    show = library.printer(names, {}, list(names))
    own = derivation.bound(quantity.parameter or quantity.name)
    bounds = {symbol: derivation.bound(symbol) for symbol in domain.symbols}
    conditions, demand, harmless = [], one.demand, one.harmless
    for symbol, sign in ((domain.least, "<"), (domain.most, ">")):
        if symbol:
            conditions.append((f"{show(own)} {sign} {show(bounds[symbol])}", bounds[symbol]))
        if symbol and bounds[symbol].is_number:
            number = f"{float(bounds[symbol]):g}"
            demand = re.sub(rf"\b{re.escape(symbol)}\b", number, demand)
            harmless = f"{float(bounds[symbol])!r}" if symbol == domain.least else harmless
    positive = domain.conditions(own, bounds)
    conditions += [(f"{show(condition)} <= 0", condition) for condition in positive]
    if positive:
        demand = f"{demand}, with {' and '.join(f'{show(condition)} > 0' for condition in positive)}"
    free = {symbol.name for bound in bounds.values() for symbol in bound.free_symbols}
    theirs = {text: bool({symbol.name for symbol in what.free_symbols} & free) for text, what in conditions}
    beyond = [text for text, depends in theirs.items() if depends]
    known = [f"({text})" for text, depends in theirs.items() if not depends]
    alone = known and " " in one.broken and " | " not in one.broken
    return replace(
        one,
        demand=demand,
        harmless=harmless,
        broken=" | ".join([*known, f"({one.broken})" if alone else one.broken]),
        within=(*one.within, *(library.none.format(text) for text, depends in theirs.items() if not depends)),
        inside=tuple(library.none.format(text) for text in beyond),
        bounds=tuple(name for symbol, name in names.items() if symbol in free) if beyond else (),
        beyond=beyond[0] if len(beyond) == 1 else " | ".join(f"({text})" for text in beyond),
        refuge=show(bounds[domain.refuge]) if domain.refuge and beyond else "",
    )


def of_domain(domain: Domain, name: str, role: str, library: Library, public: str = "") -> Argument:
    """An argument that must lie in a domain."""
    return Argument(
        name=name,
        public=public or name,
        role=role,
        demand=domain.demanded,
        broken=" | ".join(broken(domain, name, library)),
        harmless=repr(domain.harmless),
        within=tuple(within(domain, name, library)),
        vector=isinstance(domain, Entries),
        sums_to_one=isinstance(domain, Entries) and domain.sums_to_one,
        ascends=isinstance(domain, Entries) and (domain.increasing or domain.ranked),
        at_most_length=isinstance(domain, Interval) and bool(domain.size),
        tabled=library.quick,
    )


def broken(domain: Domain, name: str, library: Library) -> list[str]:
    """The conditions, any of which says that a value is outside the domain; nan lies nowhere.

    That a vector's entries sum to one is not among them: it is asked with the tolerance of a dtype.
    """
    if isinstance(domain, Interval):
        conditions = list(_outside(domain, name, library))
        alone = len(conditions) == 1 and conditions[0].startswith("(")
        return [conditions[0][1:-1]] if alone else conditions
    if domain.finite_maximum:
        return [library.infinite.format(library.over_entries("amax", name))]
    if domain.ranked:
        return [f"_misses_items({name})"]
    conditions = [library.over_entries("any", " | ".join(broken(domain.entry, name, library)))]
    if domain.increasing:
        conditions.append(library.over_entries("any", f"{name}[..., 1:] <= {name}[..., :-1]"))
    if domain.leaves_rest:
        conditions.append(f"({library.over_entries('sum', name)} >= 1)")
    return conditions


def _outside(domain: Interval, name: str, library: Library) -> Iterator[str]:
    for bound, closed, strict, loose in (
        (domain.lower, domain.closed[0], "<", "<="),
        (domain.upper, domain.closed[1], ">", ">="),
    ):
        if abs(bound) != INFINITY:
            yield f"({name} {strict if closed else loose} {_exact(bound)})"
    if INFINITY in (-domain.lower, domain.upper):
        yield library.infinite.format(name)
    if domain.integer:
        yield f"({library.of('floor', name)} < {name})"
    if domain.nonzero:
        yield f"({name} == 0)"


def _exact(bound: float) -> str:
    """A number in code, in few digits where these are all."""
    return f"{bound:g}" if float(f"{bound:g}") == bound else repr(bound)


def within(domain: Domain, name: str, library: Library) -> Iterator[str]:
    """Reductions of all values at once that together say that each lies inside the domain and none is nan."""
    if not isinstance(domain, Interval):
        yield from within(domain.entry, name, library)
        if domain.ranked:
            yield library.none.format(f"_misses_items({name})")
        if domain.increasing:
            yield library.of("all", f"{name}[..., 1:] > {name}[..., :-1]")
        if domain.leaves_rest:
            yield library.of("all", f"{library.over_entries('sum', name)} < 1")
        return
    for bound, closed, end, sign in (
        (domain.lower, domain.closed[0], library.least, ">"),
        (domain.upper, domain.closed[1], library.most, "<"),
    ):
        if abs(bound) != INFINITY:
            yield f"{end.format(name)} {sign}{'=' if closed else ''} {_exact(bound)}"
    if INFINITY in (-domain.lower, domain.upper):
        yield library.finite.format(name)
    if domain.integer:
        yield library.whole.format(name)
    if domain.nonzero:
        yield library.of("all", name)
