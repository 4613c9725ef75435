r"""Text and declaration into a density.

A line may define the density, its logarithm, the likelihood of one sample or of a data set, or a loss; the
density of one sample is what comes of it.  Where the data lie is said in the declaration, in a condition
behind the formula, by an indicator function or by cases, one of which is 0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from random import Random
from typing import Any

import mpmath
import sympy
from sympy import Expr, IndexedBase, Symbol

from derive.declare import Distribution
from derive.domains import Domain, Entries, Interval
from derive.errors import Misuse
from derive.heads import Row
from derive.normalisation import check
from derive.notation import vocabulary as known
from derive.notation.given import Bounds, Given, given, number
from derive.notation.lines import line
from derive.notation.macros import expanded
from derive.notation.meaning import Mathematics
from derive.notation.refusal import Refusal, Source
from derive.notation.scope import Scope, listed
from derive.notation.tokens import tokens
from derive.notation.tree import (
    All,
    Apply,
    Cases,
    Comparison,
    Constant,
    Entry,
    Indicator,
    Line,
    Member,
    Name,
    Negative,
    Node,
    Number,
    Over,
    Product,
    Range,
    Sum,
)
from derive.oracle import evaluate

# Two formulas are told apart at so many points, to so many digits.
POINTS = 4
DIGITS = 20
# The size that vectors have there.
CLASSES = 4

# So many ways to read a text are tried.
MOST_READINGS = 12
READ_AS_LOGARITHM = "What was given is negative, and is the logarithm of a density."
READ_AS = "It can be read in several ways, of which only one is a density: {}"

# So much of a summary and of a source is kept.
LONGEST_SENTENCE = 500

NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")


@dataclass(frozen=True)
class Reading:
    """A density that was read.

    text         what was read
    line         the tree
    given        the declaration
    conditions   what holds where the density is not 0, and mentions a parameter
    constraints  what the line says of its parameters alone
    """

    text: str
    distribution: Distribution
    line: Line
    given: Given
    conditions: tuple[Node, ...]
    constraints: tuple[Node, ...]
    mathematics: Any

    @property
    def name(self) -> str:
        """The density's name."""
        return self.distribution.name

    def ends(self, values: Mapping[str, Any]) -> tuple[Any, Any]:
        """Where the data lie, for numbers in place of the parameters: the ends that conditions set."""
        lower, upper = -mpmath.inf, mpmath.inf
        (datum,) = self.given.data
        for condition in self.conditions:
            for relation, end in _ends(condition, datum):
                bound = evaluate(self.mathematics(end), values)
                lower, upper = (max(lower, bound), upper) if relation == ">" else (lower, min(upper, bound))
        return lower, upper

    def allowed(self, values: Mapping[str, Any]) -> bool:
        """Whether numbers of the parameters meet what the line says of them."""
        for constraint in self.constraints:
            held = evaluate(Mathematics.holds(self._reader, constraint), values)
            if held != 1:
                return False
        if len(self.given.data) == 1:
            lower, upper = self.ends(values)
            return bool(lower < upper)
        return True

    @cached_property
    def _reader(self) -> Mathematics:
        return Mathematics(self.given.source, self.given.scope, _symbols(self.given))


def density(text: str, declaration: str, name: str = "density") -> tuple[str, Distribution]:
    """Read a density: its name, and what the catalogue has of one."""
    reading = read(text, declaration, name)
    return reading.name, reading.distribution


def read(
    text: str, declaration: str | Given, name: str = "density", summary: str = "", source: str = ""
) -> Reading:
    """Read a density.

    text         the density, in text or in LaTeX
    declaration  its data and parameters: `y: real | mu: real, b: positive`
    name         what it is called: small letters, digits and underscores
    summary      one sentence that says what it is
    source       where it is from

    Raises Misuse, with the place and a caret, for what is not understood or can be read in two ways.
    """
    if not NAME.fullmatch(name) or len(name) > 40:
        raise Misuse(
            f"a density's name has small letters, digits and underscores, a letter first, got {name[:60]!r}"
        )
    symbols = given(declaration) if isinstance(declaration, str) else declaration
    try:
        return _one_reading(text, symbols, name, summary, source)
    except Refusal as refusal:
        if not refusal.readings:
            raise
        return _by_mass(refusal, symbols, name, summary, source)


def _by_mass(refusal: Refusal, symbols: Given, name: str, summary: str, source: str) -> Reading:
    """The one reading of a text that is a density, where it can be read in several ways; it is told."""
    found: list[Reading] = []
    waiting = list(refusal.readings)
    for _ in range(MOST_READINGS):
        if not waiting:
            break
        try:
            reading = _one_reading(waiting.pop(0), symbols, name, summary, source)
        except Refusal as inner:
            waiting.extend(inner.readings)
            continue
        if _is_density(reading) and all(reading.line != other.line for other in found):
            found.append(reading)
    if waiting or len(found) != 1:
        raise refusal
    (reading,) = found
    return _told(reading, READ_AS.format(" ".join(reading.text.split())))


def _is_density(reading: Reading) -> bool:
    try:
        check(reading.distribution, reading.ends, reading.allowed)
    except (Misuse, NotImplementedError):
        return False
    return True


def _told(reading: Reading, sentence: str) -> Reading:
    """The reading, with what a person is told of it."""
    summary = reading.distribution.summary
    told = summary if sentence in summary else f"{summary} {sentence}"
    return replace(reading, distribution=replace(reading.distribution, summary=told))


def _one_reading(text: str, symbols: Given, name: str, summary: str, source: str) -> Reading:
    """What a text says; Refusal where that is not one thing."""
    written = Source(text)
    scope, size = _scope(written, symbols)
    read_line = line(text, scope)
    reader = _Reader(written, symbols, scope, size, read_line)
    reading = reader.reading(name, summary, source)
    if read_line.head is None and reader.is_negative():
        reader.kind = "logarithm"
        logarithm = reader.reading(name, summary, source)
        if _is_density(logarithm):
            return _told(logarithm, READ_AS_LOGARITHM)
    return reading


def _scope(source: Source, symbols: Given) -> tuple[Scope, str]:
    """The names of the declaration, and that of the number of samples where a sum has terms for each."""
    scope = symbols.scope
    found = expanded(source, tokens(source))
    over = any(
        t.sign("sum", "prod")
        or (t.kind == "word" and t.text in known.SUMS_OF_CODE and not scope.find(t.text))
        or (t.style == "capital" and not scope.find(t.text))
        for t in found
    )
    runs = [token.text for token in found if token.kind == "word" and token.style in ("plain", "piece")]
    for name in known.SIZES_OF_SAMPLE:
        beginning = [run for run in runs if run.startswith(name)]
        if over and not scope.find(name) and any(_begins_with(name, run, scope) for run in beginning):
            return Scope((*scope.names, name), scope.vectors), name
    return scope, ("n" if over and not scope.find("n") else "")


def _begins_with(name: str, run: str, scope: Scope) -> bool:
    """Whether letters are a name, or that and then a function or a declared name: `nlog`."""
    rest = run.removeprefix(name)
    return not rest or rest in known.SPELLED or bool(scope.find(rest))


def _symbols(symbols: Given) -> dict[str, Any]:
    """A SymPy symbol for each name, with what its domain says of it."""
    made: dict[str, Any] = {}
    for name, symbol in symbols.symbols.items():
        plain = Symbol(symbol.identifier, **symbol.domain.data.facts)
        made[name] = Row(IndexedBase(plain)) if isinstance(symbol.domain, Entries) else plain
    return made


class _Reader:
    """What is made of one line."""

    def __init__(self, source: Source, symbols: Given, scope: Scope, size: str, read_line: Line) -> None:
        self.source, self.given, self.scope, self.size, self.line = source, symbols, scope, size, read_line
        self.regular = True
        self.kind = ""

    def is_negative(self) -> bool:
        """Whether the line is a sum, or less something, and negative at a random point."""
        tree = self._support_of(self.line.values[-1])[0]
        if not isinstance(tree, Negative | Sum):
            return False
        value = self._mathematics(tree)
        with mpmath.workdps(3 * DIGITS):
            found = [_number(value, point) for point in self._points()]
        return any(isinstance(one, mpmath.mpf) and one < 0 for one in found)

    def reading(self, name: str, summary: str, source: str) -> Reading:
        """The density."""
        self._check_head()
        self._check_indices()
        value = self.line.values[-1]
        value, stated = self._support_of(value)
        conditions = [*_each(self.line.condition), *stated]
        conditions += [
            symbol.condition for symbol in self.given.symbols.values() if symbol.condition is not None
        ]
        domains, moving, constraints = self._domains(conditions)
        kind = self.kind or self._kind(value)
        self._same(self.line.values, kind)
        self._check_used([*self.line.values, *conditions])
        distribution = self._distribution(value, kind, moving, domains, name, summary, source)
        reader = Mathematics(self.source, self.scope, _symbols(self.given))
        return Reading(
            self.source.text,
            distribution,
            self.line,
            self.given,
            tuple(moving),
            tuple(constraints),
            reader.of,
        )

    # The head -------------------------------------------------------------------------------------

    def _check_head(self) -> None:
        head = self.line.head
        if head is None or not head.before:
            return
        data, parameters = set(self.given.data), set(self.given.parameters)
        first, rest = set(head.before), set(head.behind or ())
        generic = {"theta"} - data - parameters
        unknown = (first | rest) - data - parameters - generic
        if unknown:
            raise self.source.refusal(
                "not declared",
                head.span,
                f"the head mentions {listed(sorted(unknown))}, which is not declared; declared are {self.scope.told}",
            )
        likelihood = head.function in known.LIKELIHOODS | known.LOG_LIKELIHOODS | known.LOSSES
        if head.behind is None:
            return
        if first <= data and not rest & data:
            return
        turned = first <= parameters | generic and rest <= data
        if likelihood and turned:
            return
        raise self.source.refusal(
            "head",
            head.span,
            f"the head has {listed(sorted(first))} before the bar and {listed(sorted(rest))} behind it; declared as data"
            f" are {listed(self.given.data)}, and as parameters {listed(self.given.parameters)}",
        )

    def _check_indices(self) -> None:
        """Refuses an index that goes on behind the sum that binds it, and two that are free."""
        bound, free = set[str](), set[str]()
        for value in self.line.values:
            free |= _free(value, frozenset(), bound)
        for index in sorted(free & bound):
            raise self.source.refusal(
                "ambiguous",
                self.line.span,
                f"the index {index} stands outside of its sum, too: a sum ends at the next + or −, so use brackets",
            )
        scalars = {
            node.index
            for value in self.line.values
            for node in value.every()
            if isinstance(node, Entry) and node.index in free and node.name not in self.scope.vectors
        }
        if len(scalars) > 1:
            raise self.source.refusal(
                "index", self.line.span, f"one sample has one index, and here are {listed(sorted(scalars))}"
            )

    def _check_used(self, trees: list[Node]) -> None:
        """Every parameter occurs: one that does not is misspelt in the formula or in the declaration."""
        named = {getattr(node, "name", "") for tree in trees for node in tree.every()}
        named |= {self.scope.roots[root] for root in named & set(self.scope.roots)}
        for name in self.given.parameters:
            if name not in named:
                raise self.source.refusal(
                    "not used",
                    self.line.span,
                    f"the parameter {name} is declared, and the density does not mention it",
                )

    # Where the data lie ---------------------------------------------------------------------------

    def _support_of(self, value: Node) -> tuple[Node, list[Node]]:
        """The formula without the indicator functions and zero cases that say where it holds."""
        stated: list[Node] = []
        if isinstance(value, Cases):
            zeros = [branch for branch in value.branches if _zero(branch[0])]
            others = [branch for branch in value.branches if not _zero(branch[0])]
            if zeros and len(others) == 1 and others[0][1] is not None:
                return others[0][0], _each(others[0][1])
        if isinstance(value, Indicator):
            return Number(Fraction(1), span=value.span), _each(value.condition)
        if isinstance(value, Product):
            kept = []
            for factor in value.factors:
                if isinstance(factor, Indicator) and self._bounds_data(factor.condition, value, factor):
                    stated.extend(_each(factor.condition))
                elif isinstance(factor, Cases):
                    inner, more = self._support_of(factor)
                    kept.append(inner)
                    stated.extend(more)
                else:
                    kept.append(factor)
            if stated:
                value = replace(value, factors=tuple(kept)) if len(kept) != 1 else kept[0]
        return value, stated

    def _bounds_data(self, condition: Node, value: Product, factor: Indicator) -> bool:
        """Whether a condition says where the data lie."""
        return any(
            isinstance(node, Name | Entry) and node.name in self.given.data for node in condition.every()
        ) and all(isinstance(one, Comparison | Member) for one in _each(condition))

    def _domains(self, conditions: list[Node]) -> tuple[dict[str, Domain], list[Node], list[Node]]:
        """The domain of each symbol, the conditions that move with a parameter, and those on parameters alone."""
        domains = {name: symbol.domain for name, symbol in self.given.symbols.items()}
        moving: list[Node] = []
        constraints: list[Node] = []
        for condition in conditions:
            names = {n.name for n in condition.every() if isinstance(n, Name | Entry)} - {self.size}
            for name in names - set(domains):
                raise self.source.refusal("not declared", condition.span, f"{name} is not declared")
            about_data = names & set(self.given.data)
            if len(names) == 1 and not isinstance(domains[next(iter(names))], Entries):
                (name,) = names
                if name in self.given.data:
                    domains[name] = self._narrowed(name, domains[name], condition)
                else:
                    self._implied(name, domains[name], condition)
            elif about_data and len(self.given.data) == 1 and _ends(condition, next(iter(about_data))):
                moving.extend(_moving(condition, next(iter(about_data)), domains))
                domains = self._whole(domains, condition, next(iter(about_data)))
                self.regular = False
            elif not about_data and names:
                constraints.append(condition)
            else:
                raise self.source.refusal(
                    "domain", condition.span, "this condition is no interval of the data between two ends"
                )
        return domains, moving, constraints

    def _whole(self, domains: dict[str, Domain], condition: Node, name: str) -> dict[str, Domain]:
        """`x = 1, …, n` says that x is whole, whatever n is."""
        domain = domains[name]
        within = condition.set if isinstance(condition, Member) else None
        if (
            isinstance(within, Range)
            and within.integers
            and isinstance(domain, Interval)
            and not domain.integer
        ):
            raise self.source.refusal(
                "domain", condition.span, f"{name} is a whole number here; declare {name}: count"
            )
        if isinstance(within, Range) and isinstance(domain, Interval):
            first = number(within.first)
            if first is not None and first > domain.lower:
                bounds = Bounds.of(domain)
                bounds._raise(first, within.closed[0])
                return {**domains, name: bounds.domain(self.source, condition.span)}
        return domains

    def _narrowed(self, name: str, domain: Domain, condition: Node) -> Domain:
        assert isinstance(domain, Interval)
        bounds = Bounds.of(domain)
        bounds.narrow(self._source_of(condition), _by_name(condition), name)
        narrowed = bounds.domain(self.source, condition.span)
        if narrowed.integer and not domain.integer:
            raise self.source.refusal(
                "domain", condition.span, f"{name} is a whole number here, and declared {domain.name}"
            )
        inside = (narrowed.lower, narrowed.upper) == (domain.lower, domain.upper)
        return domain if inside else narrowed

    def _implied(self, name: str, domain: Domain, condition: Node) -> None:
        """A condition on one parameter must follow from its declared domain."""
        assert isinstance(domain, Interval)
        bounds = Bounds()
        bounds.narrow(self._source_of(condition), _by_name(condition), name)
        low = domain.lower > bounds.lower or domain.lower == bounds.lower
        high = domain.upper < bounds.upper or domain.upper == bounds.upper
        if not (low and high and (domain.integer or not bounds.integer)):
            raise self.source.refusal(
                "domain",
                condition.span,
                f"this does not hold wherever {name} is declared to lie, in {domain.text}",
            )

    def _source_of(self, condition: Node) -> Source:
        declared = any(symbol.condition is condition for symbol in self.given.symbols.values())
        return self.given.source if declared else self.source

    # What kind of line it is ----------------------------------------------------------------------

    def _kind(self, value: Node) -> str:
        """What the value is: a "density", its "logarithm", or a "loss", which is less the logarithm."""
        head = self.line.head
        function = head.function if head else ""
        if head is not None and function in known.LOSSES:
            kind = "loss"
        elif head is not None and (head.logarithm or function in known.LOG_LIKELIHOODS):
            kind = "logarithm"
        else:
            kind = "density"
        if any(self._over_samples(node) for node in value.every()):
            additive, multiplicative = self._growth(value)
            if additive == multiplicative:
                raise self.source.refusal(
                    "data set",
                    value.span,
                    "this is neither the likelihood of independent samples nor its logarithm: with every sample twice"
                    " it is neither squared nor doubled",
                )
            if additive and kind == "density":
                kind = "logarithm"
            elif multiplicative and kind != "density":
                raise self.source.refusal(
                    "data set", value.span, "the head names a logarithm, and this is a product"
                )
        return kind

    def _over_samples(self, node: Node) -> bool:
        """Whether a node speaks of a data set: a sum over samples, or their number."""
        if isinstance(node, Over):
            entries = [n for n in node.body.every() if isinstance(n, Entry) and n.index == node.index]
            return bool(entries) and not any(entry.name in self.scope.vectors for entry in entries)
        return isinstance(node, Name) and node.name == self.size and self.size not in self.given.symbols

    def _growth(self, value: Node) -> tuple[bool, bool]:
        """Whether the value doubles, and whether it is squared, with every sample twice."""
        additive = multiplicative = True
        one, two = (self._mathematics(value, number_of_samples) for number_of_samples in (1, 2))
        for point in self._points():
            with mpmath.workdps(3 * DIGITS):
                first, second = _number(one, point), _number(two, point)
                if mpmath.isnan(first) or mpmath.isnan(second):
                    continue
                additive = additive and _close(second, 2 * first)
                multiplicative = multiplicative and _close(second, first**2)
        return additive, multiplicative

    def _mathematics(self, value: Node, count: int = 1, values: Mapping[str, Any] | None = None) -> Expr:
        made = dict(values or _symbols(self.given))
        if self.size:
            made[self.size] = sympy.Integer(count)
        return Mathematics(self.source, self.scope, made, self.size).of(value)

    def _points(self) -> list[dict[str, Any]]:
        """Random points of the declared domains."""
        random = Random(self.source.text)
        points = []
        for _ in range(POINTS):
            point: dict[str, Any] = {"K": CLASSES}
            for symbol in self.given.symbols.values():
                domain = symbol.domain
                vector = isinstance(domain, Entries)
                drawn = (
                    domain.typical_vector(random, CLASSES)
                    if isinstance(domain, Entries)
                    else domain.typical(random)
                )
                point[symbol.identifier] = drawn if vector else mpmath.mpf(drawn)
            points.append(point)
        return points

    def _same(self, values: tuple[Node, ...], kind: str) -> None:
        """Several right sides are one: each has the last one's value at random points."""
        *others, last = (self._support_of(value)[0] for value in values)
        for other in others:
            left, right = self._mathematics(other), self._mathematics(last)
            for point in self._points():
                with mpmath.workdps(3 * DIGITS):
                    one, two = _number(left, point), _number(right, point)
                    if not (_close(one, two) or mpmath.isnan(one) or mpmath.isnan(two)):
                        raise self.source.refusal(
                            "not equal", other.span, "the two sides of the next = differ at a random point"
                        )

    # The density ----------------------------------------------------------------------------------

    def _distribution(
        self,
        value: Node,
        kind: str,
        moving: list[Node],
        domains: Mapping[str, Domain],
        name: str,
        summary: str,
        source: str,
    ) -> Distribution:
        symbols = self.given.symbols
        reader = self

        def formula(*data: Any, **parameters: Any) -> Any:
            order = [*data, *(parameters[symbols[name].identifier] for name in reader.given.parameters)]
            values: dict[str, Any] = dict(zip(symbols, order, strict=True))
            if reader.size and reader.size not in symbols:
                values[reader.size] = sympy.S.One
            made = Mathematics(reader.source, reader.scope, values, reader.size)
            found = made.by_cases(value) if isinstance(value, Cases) and kind == "density" else made.of(value)
            if kind != "density":
                found = sympy.exp(-found if kind == "loss" else found)
            held = [made.holds(condition) for condition in moving]
            return sympy.Mul(found, *held) if held else found

        formula(*(_symbols(self.given)[n] for n in self.given.data), **{
            symbols[n].identifier: _symbols(self.given)[n] for n in self.given.parameters
        })  # fmt: skip
        return Distribution(
            function=formula,
            name=name,
            summary=_sentence(summary) or "A density as it was given.",
            prose={},
            source=_sentence(source),
            data={symbols[n].identifier: domains[n] for n in self.given.data},
            parameters={symbols[n].identifier: domains[n] for n in self.given.parameters},
            result=None,
            latex={symbol.identifier: symbol.latex for symbol in symbols.values()},
            regular=self.regular,
        )


def _sentence(text: str) -> str:
    """What a person says of a density, on one line and without what is no character of it."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= LONGEST_SENTENCE else f"{line[:LONGEST_SENTENCE]}..."


def _each(condition: Node | None) -> list[Node]:
    if condition is None:
        return []
    conditions = condition.conditions if isinstance(condition, All) else (condition,)
    return [one for each in conditions for one in _distances(each)]


def _distances(condition: Node) -> list[Node]:
    """`|x − m| < d` as `x > m − d` and `x < m + d`."""
    if not isinstance(condition, Comparison):
        return [condition]
    near, far, relation = condition.left, condition.right, condition.relation
    if relation in (">", "≥"):
        near, far, relation = far, near, {">": "<", "≥": "≤"}[relation]
    if relation not in ("<", "≤") or not (isinstance(near, Apply) and near.function == "abs"):
        return [condition]
    (inner,), span = near.arguments, condition.span
    beyond: Node = Negative(far, span=span)
    terms = inner.terms if isinstance(inner, Sum) else ()
    if len(terms) == 2 and isinstance(terms[1], Negative):
        inner, middle = terms[0], terms[1].part
        far, beyond = Sum((middle, far), span=span), Sum((middle, beyond), span=span)
    above = {"<": ">", "≤": "≥"}[relation]
    return [Comparison(inner, above, beyond, span=span), Comparison(inner, relation, far, span=span)]


def _zero(node: Node) -> bool:
    return isinstance(node, Number) and node.value == 0


def _number(expression: Expr, point: Mapping[str, Any]) -> Any:
    """The value at a point, nan at a pole and where it is too large to be written."""
    try:
        return evaluate(expression, point)
    except (ValueError, ZeroDivisionError, OverflowError):
        return mpmath.nan


def _close(one: Any, other: Any) -> bool:
    if not (mpmath.isfinite(one) and mpmath.isfinite(other)):
        return bool(one == other)
    return bool(
        abs(one - other) <= mpmath.mpf(10) ** -DIGITS * max(abs(one), abs(other), mpmath.mpf(10) ** -DIGITS)
    )


def _by_name(condition: Node) -> Node:
    """The condition on x where x_i was written: it holds for every sample."""
    if isinstance(condition, Comparison):
        return replace(condition, left=_plain(condition.left), right=_plain(condition.right))
    if isinstance(condition, Member):
        return replace(condition, element=_plain(condition.element))
    return condition


def _plain(node: Node) -> Node:
    return Name(node.name, span=node.span) if isinstance(node, Entry) else node


def _free(node: Node, inside: frozenset[str], bound: set[str]) -> set[str]:
    """The indices that no sum around them binds; all that are bound go into `bound`."""
    if isinstance(node, Over):
        bound.add(node.index)
        return _free(node.body, inside | {node.index}, bound)
    found = {node.index} - inside if isinstance(node, Entry) and not node.index.isdigit() else set[str]()
    return found.union(*(_free(part, inside, bound) for part in node.parts))


def _ends(condition: Node, datum: str) -> list[tuple[str, Node]]:
    """The ends that a condition sets to the data: (">", an end below them) or ("<", one above)."""

    def is_datum(node: Node) -> bool:
        return isinstance(node, Name | Entry) and node.name == datum

    def free(node: Node) -> bool:
        return not any(is_datum(part) for part in node.every())

    if isinstance(condition, Comparison) and condition.relation in ("<", "≤", ">", "≥"):
        above = condition.relation in (">", "≥")
        if is_datum(condition.left) and free(condition.right):
            return [(">" if above else "<", condition.right)]
        if is_datum(condition.right) and free(condition.left):
            return [("<" if above else ">", condition.left)]
    if isinstance(condition, Member) and is_datum(condition.element) and isinstance(condition.set, Range):
        within = condition.set
        ends = [(">", within.first), ("<", within.last)]
        return [(relation, end) for relation, end in ends if not _infinite(end) and free(end)]
    return []


def _moving(condition: Node, datum: str, domains: Mapping[str, Domain]) -> list[Node]:
    """The comparisons that a condition is, without those that the domain of the data says already."""
    if not isinstance(condition, Member):
        return [condition]
    assert isinstance(condition.set, Range)
    domain, kept = domains[datum], list[Node]()
    for relation, end in _ends(condition, datum):
        fixed = number(end)
        inside = fixed is not None and isinstance(domain, Interval)
        if inside and isinstance(domain, Interval) and (fixed or 0.0) in (domain.lower, domain.upper):
            continue
        closed = condition.set.closed[relation == "<"]
        sign = {">": "≥", "<": "≤"}[relation] if closed else relation
        kept.append(Comparison(condition.element, sign, end, span=condition.span))
    return kept


def _infinite(node: Node) -> bool:
    inner = node.part if isinstance(node, Negative) else node
    return isinstance(inner, Constant) and inner.name == "infinity"
