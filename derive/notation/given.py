r"""What is declared: `y: real | mu: real, b: positive`.

Data stand before the bar (or a semicolon), parameters behind it, each with its domain; names that share
one may be listed before it, `a, b: positive`.  A domain is a word, a set or a comparison: `b: positive`,
`b in (0, ∞)`, `b > 0`.  Names are spelled as in the density: `\sigma^2`, `σ²` and `sigma2` are one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from derive.declare import RESERVED
from derive.domains import (
    Binary,
    Count,
    Domain,
    Entries,
    Interval,
    Nonnegative,
    Nonzero,
    OneHot,
    Positive,
    Real,
    Simplex,
    Unit,
    Vector,
)
from derive.notation import vocabulary as known
from derive.notation.cursor import RELATIONS, split
from derive.notation.grammar import Expressions
from derive.notation.refusal import Source, quoted
from derive.notation.scope import SQUARES, Scope, folded
from derive.notation.tokens import Token, is_latex, tokens, without_layout
from derive.notation.tree import (
    All,
    Comparison,
    Constant,
    Known,
    Listed,
    Member,
    Name,
    Negative,
    Node,
    Number,
    Quotient,
    Range,
)

LONGEST_NAME = 30
MOST_NAMES = 30
IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*")

PositiveCount = replace(
    Count,
    name="positive count",
    text="{1, 2, …}",
    latex=r"\{1, 2, \dots\}",
    lower=1.0,
    facts={"integer": True, "positive": True},
    typical=lambda random: float(1 + random.randrange(12)),
    wide=lambda random: float(1 + random.randrange(1000)),
    extremes=(1.0, 1000.0),
    demand="a positive count: 1, 2, 3, ...",
)


def interval(lower: float, upper: float, closed: tuple[bool, bool], integer: bool = False) -> Interval:
    """The domain between two ends: one that has a name where there is one."""
    for one in (Real, Positive, Nonnegative, Binary, Count, PositiveCount):
        ends = (one.lower, one.upper) == (lower, upper) and one.integer == integer
        if ends and (integer or one.closed == closed):
            return one
    if (lower, upper, integer) == (0.0, 1.0, False):
        return Unit
    text, latex = _written(lower, upper, closed, integer)
    sign = {"positive": True} if lower > 0 or (lower == 0 and not closed[0]) else {"nonnegative": True}
    facts = {"real": True, **(sign if lower >= 0 else {"negative": True} if upper < 0 else {})}
    facts = {"integer": True, **facts} if integer else facts
    if integer:
        span = min(upper - lower + 1, 12.0)
        return replace(
            Count,
            name=f"in {text}",
            text=text,
            latex=latex,
            lower=lower,
            upper=upper,
            facts=facts,
            typical=lambda random: lower + random.randrange(int(span)),
            wide=lambda random: lower + random.randrange(int(min(upper - lower + 1, 1000))),
            extremes=(lower, upper) if math.isfinite(upper) else (lower, lower + 1000),
            harmless=lower,
            closed=(True, math.isfinite(upper)),
            demand=f"a whole number in {text}",
        )
    base = Unit if math.isfinite(lower) and math.isfinite(upper) else Positive

    def moved(t: float) -> float:
        if base is Unit:
            return lower + (upper - lower) * t
        return lower + t if math.isfinite(lower) else upper - t

    def stretched(t: object) -> tuple[object, object]:
        assert base.stretch
        place, speed = base.stretch(t)
        if base is Unit:
            return lower + (upper - lower) * place, (upper - lower) * speed
        return (lower + place, speed) if math.isfinite(lower) else (upper - place, speed)

    return replace(
        base,
        name=f"in {text}",
        text=text,
        latex=latex,
        lower=lower,
        upper=upper,
        facts=facts,
        typical=lambda random: moved(base.typical(random)),
        wide=lambda random: moved(base.wide(random)),
        extremes=tuple(moved(t) for t in base.extremes if 0 < t < math.inf and (base is not Unit or t < 1)),
        harmless=moved(base.harmless),
        stretch=stretched,
        closed=closed,
        demand=f"in {text}",
    )


def _written(lower: float, upper: float, closed: tuple[bool, bool], integer: bool) -> tuple[str, str]:
    def end(value: float, infinite: str) -> str:
        for multiple, shown in ((1, "π"), (2, "2π"), (0.5, "π/2"), (-1, "−π"), (-0.5, "−π/2")):
            if value == multiple * math.pi:
                return shown
        return infinite if math.isinf(value) else f"{value:g}".replace("-", "−")

    first = end(lower, "−∞")
    last = end(upper, "∞")
    if integer:
        text = f"{{{first}, …, {last}}}" if math.isfinite(upper) else f"{{{first}, {end(lower + 1, '')}, …}}"
        return text, text.replace("{", r"\{").replace("}", r"\}").replace("…", r"\dots").replace("−", "-")
    text = f"{'[' if closed[0] else '('}{first}, {last}{']' if closed[1] else ')'}"
    return text, text.replace("∞", r"\infty").replace("π", r"\pi ").replace("−", "-")


Angle = interval(-math.pi, math.pi, (False, True))

DOMAINS: dict[str, Domain] = {
    **dict.fromkeys(["real", "reals", "r", "real number", "any real", "unbounded", "line"], Real),
    **dict.fromkeys(
        ["positive", "positive real", "r+", "r>0", "positive reals", "strictly positive"], Positive
    ),
    **dict.fromkeys(
        ["nonnegative", "non-negative", "nonnegative real", "non-negative real", "r>=0"], Nonnegative
    ),
    **dict.fromkeys(["nonzero", "non-zero", "nonzero real"], Nonzero),
    **dict.fromkeys(["unit", "unit interval", "probability", "proportion", "in the unit interval"], Unit),
    **dict.fromkeys(["binary", "bit", "boolean", "0/1"], Binary),
    **dict.fromkeys(
        ["count", "counts", "natural", "nonnegative integer", "non-negative integer", "n0", "whole number"],
        Count,
    ),
    **dict.fromkeys(["positive count", "positive integer", "positive natural", "index"], PositiveCount),
    **dict.fromkeys(["angle", "direction", "circular"], Angle),
    **dict.fromkeys(["simplex", "probability vector", "probabilities"], Simplex),
    **dict.fromkeys(["one-hot", "onehot", "one hot", "one-hot vector", "class"], OneHot),
    **dict.fromkeys(["vector", "real vector", "logits"], Vector),
}
KNOWN_SETS: Mapping[str, Domain] = {
    "real": Real,
    "positive": Positive,
    "nonnegative": Nonnegative,
    "natural": Count,
    "count": Count,
    "positive integer": PositiveCount,
}


@dataclass(frozen=True)
class Symbol:
    """A declared symbol.

    name        the one that all its spellings share
    identifier  its name in the mathematics, where indices have theirs: `k_` for k
    condition   what is declared of it beside its domain: the ends of its range that are parameters
    """

    name: str
    identifier: str
    domain: Domain
    latex: str
    condition: Node | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Given:
    """The data and the parameters that are declared, by name."""

    data: Mapping[str, Symbol]
    parameters: Mapping[str, Symbol]
    source: Source

    @property
    def symbols(self) -> dict[str, Symbol]:
        """All of them, data first."""
        return {**self.data, **self.parameters}

    @property
    def scope(self) -> Scope:
        """The names that a text may use."""
        vectors = [name for name, symbol in self.symbols.items() if isinstance(symbol.domain, Entries)]
        return Scope(tuple(self.symbols), tuple(vectors))


def given(text: str) -> Given:
    """Read a declaration.

    Raises Refusal for a name that cannot be one, a symbol that is declared twice and an unknown domain.
    """
    source = Source(text)
    latex = is_latex(text)
    found = without_layout(tokens(source, latex))
    bars = split(found, "|", "mid", ";", "norm")[0]
    if len(bars) > 2 or not bars[0]:
        raise source.refusal(
            "syntax", (0, len(text)), "data and parameters are declared as 'y: real | mu: real, b: positive'"
        )
    names = _names(source, found, latex)
    scope = Scope(tuple(names))
    reader = _Reader(source, scope, latex)
    data = reader.group(bars[0], data=True)
    parameters = reader.group(bars[1], data=False) if len(bars) > 1 else {}
    for name in (*data, *parameters):
        root = next((base for base in SQUARES if folded(name) == f"{base}2"), "")
        if root and root in {**data, **parameters}:
            raise source.refusal(
                "twice", (0, len(text)), f"{root} and its square are both declared; declare one of the two"
            )
    for name in data:
        if name in parameters:
            raise source.refusal(
                "twice", (0, len(text)), f"{name} is declared twice, as data and as a parameter"
            )
    taken: dict[str, str] = {}
    for name, symbol in {**data, **parameters}.items():
        for other in (folded(name), symbol.identifier):
            if taken.setdefault(other, name) != name:
                raise source.refusal("twice", (0, len(text)), f"{name} and {taken[other]} are one symbol")
    return Given(data, parameters, source)


def declared(data: Mapping[str, str], parameters: Mapping[str, str]) -> Given:
    """The same from names and domains that are already apart."""
    groups = [
        ", ".join(f"{name}: {domain}" for name, domain in group.items()) for group in (data, parameters)
    ]
    return given(" | ".join(group for group in groups if group))


class _Reader:
    def __init__(self, source: Source, scope: Scope, latex: bool) -> None:
        self.source, self.scope, self.latex = source, scope, latex

    def group(self, found: Sequence[Token], data: bool) -> dict[str, Symbol]:
        """The symbols of one side of the bar."""
        symbols: dict[str, Symbol] = {}
        waiting: list[Sequence[Token]] = []
        for piece in split(found, ",")[0]:
            if not piece:
                raise self.source.refusal("syntax", _span(found), "a name is missing between two commas")
            place = next(
                (n for n, token in enumerate(piece) if token.sign(":", *RELATIONS, "=") or _says_in(token)),
                None,
            )
            if place is None:
                waiting.append(piece)
                continue
            for named in (*waiting, piece[:place]):
                symbol = self._symbol(named, piece, place, data)
                if symbol.name in symbols:
                    raise self.source.refusal("twice", _span(named), f"{symbol.name} is declared twice")
                symbols[symbol.name] = symbol
            waiting = []
        if waiting:
            raise self.source.refusal(
                "syntax", _span(waiting[0]), "a name has no domain; write 'b: positive' or 'mu: real'"
            )
        return symbols

    def _symbol(self, named: Sequence[Token], piece: Sequence[Token], place: int, data: bool) -> Symbol:
        sign = piece[place]
        if not named or (not sign.sign(":", "in") and not _says_in(sign) and named[0].kind != "word"):
            named = [token for token in piece if token.kind == "word"][:1]
            if not named:
                raise self.source.refusal("syntax", _span(piece), "a name is missing here")
            name, latex = _name(self.source, named, self.latex, data)
            place = 0
        else:
            name, latex = _name(self.source, named, self.latex, data)
        if sign.sign(":", "in") or _says_in(sign):
            domain, condition = self._domain(piece[place + 1 :], name, named)
        else:
            condition = Expressions(self.source, piece, self.scope, self.latex).whole(condition=True)
            domain, condition = of_condition(self.source, condition, name), None
        identifier = f"{name}_" if name in RESERVED else name
        return Symbol(name, identifier, domain, latex, condition)

    def _domain(
        self, found: Sequence[Token], name: str, named: Sequence[Token]
    ) -> tuple[Domain, Node | None]:
        if not found:
            raise self.source.refusal("syntax", _span(named), f"{name} has no domain")
        span = _span(found)
        text = " ".join(self.source.text[span[0] : span[1]].lower().replace("_", " ").split())
        size = re.fullmatch(r"(.*?)\s*[\[(]\s*([a-z])\s*[\])]", text)
        if size and isinstance(DOMAINS.get(size[1]), Entries):
            return DOMAINS[size[1]], None
        compact = text.replace(" ", "")
        if text in DOMAINS or compact in DOMAINS:
            return DOMAINS.get(text) or DOMAINS[compact], None
        if (
            found[0].kind == "word"
            and found[0].style != "command"
            and text.replace(" ", "").isalpha()
            and text not in ("z", "n")
        ):
            near = get_close_matches(text, DOMAINS, n=1, cutoff=0.6)
            asked = f"did you mean {near[0]}?" if near else f"there are {', '.join(dict.fromkeys(_FIRST))}"
            raise self.source.refusal("domain", span, f"{quoted(text)} is no domain; {asked}")
        reader = Expressions(self.source, found, self.scope, self.latex)
        if found[0].kind in ("number",) or (
            found[0].kind == "word" and any(token.sign("…") for token in found)
        ):
            first = reader._sum()
            within = reader._values(first)
        elif found[0].sign(*RELATIONS):
            left = Name(name, span=_span(named))
            conditions = reader._chain(left)
            return of_condition(self.source, conditions[0], name), None
        else:
            within = reader._set()
        if reader.token is not None or within is None:
            raise self.source.refusal(
                "domain", span, f"{quoted(self.source.text[span[0] : span[1]])} is no domain"
            )
        member = Member(Name(name, span=_span(named)), within, span=span)
        if any(isinstance(node, Name) and node.name != name for node in member.every()):
            return _around(within), member
        return of_condition(self.source, member, name), None


_FIRST = [
    "real",
    "positive",
    "nonnegative",
    "unit",
    "binary",
    "count",
    "positive count",
    "angle",
    "simplex",
    "one-hot",
    "vector",
]


def _around(within: Node) -> Domain:
    """The domain that holds a range whose ends are parameters, whatever these are."""
    assert isinstance(within, Range)
    first = number(within.first)
    last = number(within.last)
    if within.integers:
        return Count if first is None or first >= 0 else interval(first, math.inf, (True, False), True)
    lower = -math.inf if first is None else first
    return interval(lower, math.inf if last is None else last, within.closed)


def _says_in(token: Token) -> bool:
    return token.kind == "word" and token.text in ("in", "∈", "is") and token.style != "command"


def _span(found: Sequence[Token]) -> tuple[int, int]:
    return found[0].span[0], found[-1].span[1]


def _names(source: Source, found: Sequence[Token], latex: bool) -> Iterable[str]:
    """The names that a declaration declares, for ranges that mention them."""
    names = []
    for number_of_group, group in enumerate(split(found, "|", "mid", ";", "norm")[0]):
        for piece in split(group, ",")[0]:
            head = []
            for token in piece:
                if token.sign(":", *RELATIONS, "=") or _says_in(token):
                    break
                head.append(token)
            if head and head[0].kind not in ("word", "accent"):
                head = [token for token in piece if token.kind == "word"][:1]  # 0 < p < 1
            if head:
                names.append(_name(source, head, latex, number_of_group == 0)[0])
    if len(names) > MOST_NAMES:
        raise source.refusal(
            "limit", (0, len(source.text)), f"{len(names)} names are declared, and {MOST_NAMES} are the most"
        )
    return names


def _name(source: Source, found: Sequence[Token], latex: bool, data: bool) -> tuple[str, str]:
    """The name of a symbol and its LaTeX."""
    span = _span(found)
    pieces = list(found)
    accent = pieces.pop(0).text if pieces and pieces[0].kind == "accent" else ""
    pieces = [token for token in pieces if not token.sign("{", "}")]
    square = len(pieces) > 2 and pieces[-2].sign("^") and pieces[-1].text == "2"
    pieces = pieces[:-2] if square else pieces
    primes = 0
    while pieces and pieces[-1].sign("'"):
        pieces.pop()
        primes += 1
    base = pieces[0].text if pieces and pieces[0].kind == "word" else ""
    below = []
    rest = pieces[1:]
    if rest and rest[0].kind == "number" and not rest[0].gap:
        base, rest = base + rest[0].text, rest[1:]
    if rest and rest[0].sign("_"):
        for token in rest[1:]:
            if token.kind in ("word", "number") and "." not in token.text:
                below.append("_".join(token.text.split()))
            elif token.sign("-"):
                below.append("minus")
            elif not token.sign(","):
                base = ""
    elif rest:
        base = ""
    base, *more = base.split("_") if base else ("",)
    below = [*[part for part in more if part], *below]
    if data and len(below) == 1 and below[0] in ("i", "j", "n", "t"):
        below = []  # the i-th observation is the observation
    if square and base not in SQUARES:
        raise source.refusal(
            "name", span, f"a square is a symbol of its own only for {' and '.join(SQUARES)}; declare {base}"
        )
    parts = [base + ("2" if square else ""), *below, *([accent] if accent else []), *(["prime"] * primes)]
    name = "_".join(parts)
    if not base or not name.isascii() or not IDENTIFIER.fullmatch(name) or len(name) > LONGEST_NAME:
        raise source.refusal(
            "name",
            span,
            f"{quoted(source.text[span[0] : span[1]])} is no name: a name has a letter first, then letters, digits and"
            f" underscores, at most {LONGEST_NAME}",
        )
    return name, _latex(base, below, accent, primes, square)


def _latex(base: str, below: Sequence[str], accent: str, primes: int, square: bool) -> str:
    """How a symbol is set."""
    letters = re.fullmatch(r"([A-Za-z]+?)([0-9]*)", base)
    stem, digits = (letters[1], letters[2]) if letters else (base, "")
    if stem in SQUARES and digits == "2":
        square, digits = True, ""
    stem = rf"\{stem}" if stem in known.LETTERS and stem != "omicron" else stem
    stem = stem if len(stem) == 1 or stem.startswith("\\") else rf"\mathit{{{stem}}}"
    subscripts = [digits] if digits else []
    for part in below:
        greek = rf"\{part}" if part in known.LETTERS else part
        subscripts.append(
            greek if len(part) == 1 or part.isdigit() or greek != part else rf"\mathrm{{{part}}}"
        )
    stem = rf"\{accent}{{{stem}}}" if accent and accent != "ring" else stem
    stem += "'" * primes
    if subscripts:
        stem += f"_{{{','.join(subscripts)}}}" if len(",".join(subscripts)) > 1 else f"_{subscripts[0]}"
    return f"{stem}^2" if square else stem


def of_condition(source: Source, condition: Node, name: str) -> Domain:
    """The domain that a condition on one symbol describes; Refusal where it is none."""
    bounds = Bounds()
    bounds.narrow(source, condition, name)
    return bounds.domain(source, condition.span)


class Bounds:
    """The ends between which a symbol lies, narrowed by one condition after another."""

    def __init__(self) -> None:
        self.lower, self.upper = -math.inf, math.inf
        self.closed = [False, False]
        self.integer = False
        self.nonzero = False

    @classmethod
    def of(cls, domain: Interval) -> Bounds:
        """Those of a domain."""
        bounds = cls()
        bounds.lower, bounds.upper = domain.lower, domain.upper
        bounds.closed, bounds.integer, bounds.nonzero = list(domain.closed), domain.integer, domain.nonzero
        return bounds

    def narrow(self, source: Source, condition: Node, name: str) -> None:
        """Take one condition in."""
        if isinstance(condition, Member) and _is(condition.element, name):
            self._within(source, condition.set)
        elif isinstance(condition, Comparison):
            left, right = number(condition.left), number(condition.right)
            relation = condition.relation
            if _is(condition.left, name) and right is not None:
                self._compare(source, relation, right, condition)
            elif _is(condition.right, name) and left is not None:
                mirrored = {"<": ">", ">": "<", "≤": "≥", "≥": "≤"}.get(relation, relation)
                self._compare(source, mirrored, left, condition)
            else:
                raise source.refusal("domain", condition.span, f"this says not where {name} lies")
        elif isinstance(condition, All):
            for one in condition.conditions:
                self.narrow(source, one, name)
        else:
            raise source.refusal("domain", condition.span, f"this says not where {name} lies")

    def _compare(self, source: Source, relation: str, value: float, condition: Node) -> None:
        if relation in (">", "≥"):
            self._raise(value, relation == "≥")
        elif relation in ("<", "≤"):
            self._sink(value, relation == "≤")
        elif relation == "≠" and value == 0:
            self.nonzero = True
        elif relation == "≠":
            raise source.refusal(
                "domain", condition.span, "a domain is an interval; one point cannot be left out"
            )
        else:
            self._raise(value, True)
            self._sink(value, True)
            self.integer = value == int(value)

    def _raise(self, value: float, closed: bool) -> None:
        if value > self.lower or (value == self.lower and not closed):
            self.lower, self.closed[0] = value, closed and math.isfinite(value)

    def _sink(self, value: float, closed: bool) -> None:
        if value < self.upper or (value == self.upper and not closed):
            self.upper, self.closed[1] = value, closed and math.isfinite(value)

    def _within(self, source: Source, within: Node) -> None:
        if isinstance(within, Known):
            domain = KNOWN_SETS.get(within.name)
            if not isinstance(domain, Interval):
                raise source.refusal(
                    "domain", within.span, f"the set of {within.name}s is no domain that derive has"
                )
            self._raise(domain.lower, domain.closed[0])
            self._sink(domain.upper, domain.closed[1])
            self.integer = self.integer or domain.integer
        elif isinstance(within, Range):
            first, last = number(within.first), number(within.last)
            if first is None or last is None:
                raise source.refusal("domain", within.span, "the ends of a domain are numbers")
            self._raise(first, within.closed[0])
            self._sink(last, within.closed[1])
            self.integer = self.integer or within.integers
        elif isinstance(within, Listed):
            values = [number(value) for value in within.values]
            whole = [value for value in values if value is not None and value == int(value)]
            if len(whole) != len(values) or whole != [whole[0] + step for step in range(len(whole))]:
                raise source.refusal(
                    "domain", within.span, "a list of values counts up by ones: {0, 1}, {1, 2, ...}"
                )
            self._raise(whole[0], True)
            self._sink(whole[-1], True)
            self.integer = True

    def domain(self, source: Source, span: tuple[int, int]) -> Interval:
        """The domain between the ends."""
        lower, upper = self.lower, self.upper
        if self.integer:
            if not math.isfinite(lower):
                raise source.refusal(
                    "domain", span, "integers without a least one are no domain that derive has"
                )
            first, last = math.ceil(lower), upper if math.isinf(upper) else math.floor(upper)
            lower = first + 1 if lower == first and not self.closed[0] else float(first)
            upper = last - 1 if upper == last and not self.closed[1] and math.isfinite(upper) else float(last)
        if lower > upper or (lower == upper and not (self.integer or all(self.closed))):
            raise source.refusal("domain", span, "nothing lies there: the least value is above the greatest")
        if self.nonzero and lower < 0 < upper:
            if (lower, upper) != (-math.inf, math.inf):
                raise source.refusal("domain", span, "0 is left out of the real line only")
            return Nonzero
        return interval(float(lower), float(upper), (self.closed[0], self.closed[1]), self.integer)


def _is(node: Node, name: str) -> bool:
    return getattr(node, "name", None) == name and not isinstance(node, Constant | Known)


def number(node: Node) -> float | None:
    """The number that an end of a range is, or None."""
    if isinstance(node, Number):
        return float(node.value)
    if isinstance(node, Constant):
        return {"pi": math.pi, "e": math.e, "infinity": math.inf}[node.name]
    if isinstance(node, Negative):
        part = number(node.part)
        return None if part is None else -part
    if isinstance(node, Quotient):
        above, below = number(node.numerator), number(node.denominator)
        return None if above is None or not below else above / below
    if hasattr(node, "factors"):
        parts = [number(factor) for factor in node.factors]
        return None if None in parts else math.prod(part for part in parts if part is not None)
    return None
