"""What was read: a neutral tree, in which every part knows its place in the text.

The tree says what stands there, not what it is worth: nothing is cancelled, ordered or evaluated.  Two
trees are equal when they say the same, wherever they stood.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from fractions import Fraction
from typing import Any

from derive.notation.refusal import Span


@dataclass(frozen=True)
class Node:
    """A part of the tree; `span` is its place in the text."""

    span: Span = field(compare=False, kw_only=True)
    depth: int = field(init=False, compare=False, repr=False, default=0)

    def __post_init__(self) -> None:
        deepest = max((part.depth for part in self.parts), default=0)
        object.__setattr__(self, "depth", deepest + 1)

    @property
    def parts(self) -> tuple[Node, ...]:
        """The parts right below."""
        return tuple(_nodes(getattr(self, one.name) for one in fields(self)))

    def every(self) -> Iterator[Node]:
        """The node and all that is below it."""
        waiting: list[Node] = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.parts))


def _nodes(values: Any) -> Iterator[Node]:
    for value in values:
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from _nodes(value)


@dataclass(frozen=True)
class Number(Node):
    """A number as it was written, exactly: 0.5 is one half."""

    value: Fraction


@dataclass(frozen=True)
class Constant(Node):
    """pi, e or infinity."""

    name: str


@dataclass(frozen=True)
class Name(Node):
    """A symbol, by the one name that all its spellings share."""

    name: str


@dataclass(frozen=True)
class Entry(Node):
    """An entry of a vector, or the value of a symbol at a sample: `x_i`."""

    name: str
    index: str


@dataclass(frozen=True)
class Negative(Node):
    """A part with a minus sign before it."""

    part: Node


@dataclass(frozen=True)
class Sum(Node):
    """Terms with + between them; a subtracted one is negative."""

    terms: tuple[Node, ...]


@dataclass(frozen=True)
class Product(Node):
    """Factors, with or without a sign of multiplication."""

    factors: tuple[Node, ...]


@dataclass(frozen=True)
class Quotient(Node):
    """A fraction, however it was written."""

    numerator: Node
    denominator: Node


@dataclass(frozen=True)
class Power(Node):
    """A base and its exponent."""

    base: Node
    exponent: Node


@dataclass(frozen=True)
class Apply(Node):
    """A known function of its arguments."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Over(Node):
    """A sum or product over an index.

    operation  "sum" or "product"
    index      its name; what it is where none was written follows from the body
    """

    operation: str
    index: str
    first: Node | None
    last: Node | None
    body: Node


@dataclass(frozen=True)
class Comparison(Node):
    """left ⋚ right, with one of = ≠ < ≤ > ≥."""

    left: Node
    relation: str
    right: Node


@dataclass(frozen=True)
class Range(Node):
    """An interval: of reals, or of the integers from first to last.

    closed  whether each end belongs to it
    """

    first: Node
    last: Node
    closed: tuple[bool, bool]
    integers: bool = False


@dataclass(frozen=True)
class Listed(Node):
    """A set of the values that are listed."""

    values: tuple[Node, ...]


@dataclass(frozen=True)
class Known(Node):
    """A set that has a name: reals, naturals ..."""

    name: str


@dataclass(frozen=True)
class Member(Node):
    """element ∈ set."""

    element: Node
    set: Node


@dataclass(frozen=True)
class All(Node):
    """Several conditions that hold together."""

    conditions: tuple[Node, ...]


@dataclass(frozen=True)
class AnyOf(Node):
    """Several conditions of which one holds at least."""

    conditions: tuple[Node, ...]


@dataclass(frozen=True)
class Indicator(Node):
    """1 where the condition holds, else 0."""

    condition: Node


@dataclass(frozen=True)
class Cases(Node):
    """Values, each with its condition; one without a condition stands for all the rest."""

    branches: tuple[tuple[Node, Node | None], ...]


@dataclass(frozen=True)
class Head(Node):
    """What a line defines: `log f(y | mu, b)`.

    function    its name: f, p, L, ell, NegBinomial
    before      the arguments before the bar, or all of them
    behind      those behind the bar
    """

    function: str
    before: tuple[str, ...]
    behind: tuple[str, ...] | None
    logarithm: bool = False


@dataclass(frozen=True)
class Line(Node):
    """A written line: what it defines, what that is, and where.

    values  the right sides: more than one where the line goes on with another =
    """

    head: Head | None
    values: tuple[Node, ...]
    condition: Node | None
