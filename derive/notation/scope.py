"""The names that a text may use: each symbol has one, whatever its spelling."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

# A variance is declared by its own name: σ is then the root of it.
SQUARES = ("sigma", "tau")


def folded(name: str) -> str:
    """What two spellings of one symbol share: x_1 and x1, varphi and phi, lambda_ and lambda."""
    return re.sub(r"_(?=[0-9]|$)", "", name).replace("varphi", "phi")


@dataclass(frozen=True)
class Scope:
    """What is declared.

    names    every name
    vectors  those that have entries
    """

    names: Collection[str]
    vectors: Collection[str] = field(default=())

    @cached_property
    def _folded(self) -> Mapping[str, str]:
        return {folded(name): name for name in self.names}

    @cached_property
    def roots(self) -> Mapping[str, str]:
        """Symbols that are known by their square: σ where σ² is declared."""
        plain = {
            base: name
            for base in SQUARES
            for name in self.names
            if folded(name) == f"{base}2" and base not in self.names and f"{base}1" not in self._folded
        }
        below = {
            f"{base}_{subscript}": name
            for base in SQUARES
            for name in self.names
            for square, _, subscript in [name.partition("_")]
            if square == f"{base}2" and subscript and f"{base}_{subscript}" not in self.names
        }
        return {**plain, **below}

    def find(self, base: str, below: str = "") -> str:
        """The declared name of a symbol and its subscript, or the empty string."""
        name = f"{base}_{below}" if below else base
        return self._folded.get(folded(name), name if name in self.roots else "")

    def prefix(self, run: str) -> str:
        """The longest declared name with which letters begin, or the empty string."""
        ends = range(len(run), 0, -1)
        return next((run[:end] for end in ends if self.find(run[:end])), "")

    @property
    def told(self) -> str:
        """The names, for a sentence."""
        return listed(self.names)


def listed(names: Iterable[str]) -> str:
    """Names, for a sentence."""
    return ", ".join(names) or "nothing"
