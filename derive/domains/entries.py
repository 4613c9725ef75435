"""Domains of vectors, of symbolic size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from derive.domains.interval import Facts, Interval

# How far the entries of a probability vector may sum from one.  A softmax rounds its normaliser and each
# entry once, and a mixture with other labels rounds as often again, each time by at most half an eps: two
# eps of the dtype that the vector was given in.  And never less than 1e-5, for an array of doubles may hold
# what was computed in single precision over many classes, or read from a table.
EPS_OF_SUM = 2
SUM_TOLERANCE = 1e-5


@dataclass(frozen=True)
class Entries:
    """A vector of symbolic size: its entries' domain, and whether they sum to one.

    typical_vector  draws an ordinary vector of a size
    far_entries     draws one with entries of any size up to so many decades
    every           all the vectors of a size, where they are finitely many, or those of one total
    accepted        the wider set of data a loss takes
    finite_maximum  whether entries may be −∞, as long as not all are
    increasing      whether each entry is greater than the one before
    ranked          whether the entries are 0, 1, …, K − 1, each of them once
    leaves_rest     whether the entries sum to less than one
    """

    name: str
    text: str
    latex: str
    entry: Interval
    sums_to_one: bool
    typical_vector: Callable[[Random, int], list[float]]
    far_entries: Callable[[Random, int, float], list[float]]
    size: str = "K"
    every: Callable[[int], list[list[float]]] | None = None
    accepted: Entries | None = None
    finite_maximum: bool = False
    increasing: bool = False
    ranked: bool = False
    leaves_rest: bool = False

    def __getitem__(self, size: str) -> Entries:
        """`Simplex["K"]` is the simplex of K entries."""
        accepted = self.accepted[size] if self.accepted else None
        return replace(
            self,
            size=size,
            accepted=accepted,
            text=self.text.replace("K", size),
            latex=self.latex.replace("K", size),
        )

    @property
    def least(self) -> str:
        """The symbol that is the least point: none."""
        return ""

    @property
    def most(self) -> str:
        """The symbol that is the greatest point: none."""
        return ""

    @property
    def positive(self) -> tuple[Callable[..., Any], ...]:
        """What must be positive too: nothing."""
        return ()

    def conditions(self, own: Any, others: Mapping[str, Any]) -> list[Any]:
        """Nothing likewise."""
        return []

    @property
    def refuge(self) -> str:
        """The symbol that lies inside whatever the others are: none."""
        return ""

    @property
    def symbols(self) -> tuple[str, ...]:
        """The other symbols that bound it: none."""
        return ()

    def at(self, point: Mapping[str, Any], nearest: float = 0.0) -> Entries:
        """Itself: no other symbol bounds it."""
        return self

    def settled(self, values: Mapping[str, Any]) -> Entries:
        """Itself likewise."""
        return self

    @property
    def demanded(self) -> str:
        """What an argument is told that it must be."""
        if self.finite_maximum:
            return f"{self.entry.demanded}, the largest entry finite"
        if self.sums_to_one:
            return f"a {self.name}: entries in {self.entry.text} that sum to one"
        if self.ranked:
            return f"a {self.name}: 0, 1, ..., {self.size} - 1 in any order"
        more = ", each greater than the one before" if self.increasing else ""
        more = ", with a sum below 1" if self.leaves_rest else more
        return self.entry.demanded + more

    @property
    def harmless(self) -> float | None:
        """An entry at which every loss is finite; None stands for one over the vector's length."""
        return None if self.sums_to_one else self.entry.harmless

    @property
    def discrete(self) -> bool:
        """Whether the measure counts points (else it is Lebesgue's)."""
        return self.every is not None

    @property
    def of_classes(self) -> bool:
        """Whether a point is one of K classes, as a vector."""
        return self.discrete and self.sums_to_one

    @property
    def free(self) -> bool:
        """Whether each entry may be anything in its domain, whatever the others are."""
        return not (
            self.sums_to_one or self.increasing or self.finite_maximum or self.ranked or self.leaves_rest
        )

    def enumerate(self, size: int) -> Iterator[list[float]]:
        """The points of a discrete domain of vectors of this size."""
        assert self.every is not None
        return iter(self.every(size))

    @property
    def facts(self) -> Facts:
        """What SymPy is told of each entry."""
        return self.entry.facts

    @property
    def data(self) -> Entries:
        """The set of data a loss accepts."""
        return self.accepted or self


Domain = Interval | Entries
