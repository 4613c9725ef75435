"""What the measured search chose for the catalogue, and what it left weak, as committed data.

`choices.toml` has a table for each loss that needed one, by its file name: the moves of the loss and of
its derivatives, and the weaknesses that no form cured.  Deriving reads it and never searches.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

# The moves of `loss`, of `gradient mu`, of `Hessian mu, sigma`, by these names; each as `forms.Move` says it.
Choices = Mapping[str, tuple[str, ...]]

COMMITTED = Path(__file__).with_name("choices.toml")


@dataclass(frozen=True)
class Weakness:
    """What loses digits beyond conditioning in every form that was tried, how many, and where.

    entry   "loss", "gradient mu" or "Hessian mu, sigma"
    dtype   "float64" or "float32"
    bits    the most bits that were lost; 53 or 24 are all of them
    where   the region that holds every failing point, `y < 1e-3 and sigma > 1e60`; "" where that is nothing less
            than all points
    point   one of the failing points
    """

    entry: str
    dtype: str
    bits: int
    where: str
    point: str

    @property
    def quantity(self) -> str:
        """What it is of the loss, in prose."""
        kind, _, names = self.entry.partition(" ")
        return f"the {kind} in {names}" if names else "the value"

    @property
    def sentence(self) -> str:
        """What a person is warned of."""
        where = f" where {self.where}" if self.where else ""
        return f"{self.quantity} loses up to {self.bits} bits of {self.dtype}{where}, as at {self.point}"


@dataclass(frozen=True)
class Committed:
    """The choices and the weaknesses of one loss."""

    choices: Choices = field(default_factory=dict)
    weaknesses: tuple[Weakness, ...] = ()

    @property
    def told(self) -> str:
        """How much there is of it, in a line."""
        moves = sum(len(moves) for moves in self.choices.values())
        return f"{len(self.choices)} entries in {moves} moves, {len(self.weaknesses)} weaknesses"


def committed(slug: str) -> Committed:
    """What is committed for the loss of this file name."""
    return _read().get(slug, Committed())


@cache
def _read() -> Mapping[str, Committed]:
    return read(COMMITTED.read_text(encoding="utf-8"))


def forget() -> None:
    """Read what is committed again when it is next asked for: it was written."""
    _read.cache_clear()


def read(text: str) -> dict[str, Committed]:
    """What the text of `choices.toml` says, by the file name of each loss."""
    found = {}
    for slug, table in tomllib.loads(text).items():
        weaknesses = tuple(Weakness(**row) for row in table.pop("weaknesses", ()))
        found[slug] = Committed({name: tuple(moves) for name, moves in table.items()}, weaknesses)
    return found


def written(losses: Mapping[str, Committed]) -> str:
    """The text of `choices.toml`, sorted; a loss without choices and weaknesses has no table."""
    lines = list(HEADING)
    for slug, one in sorted(losses.items()):
        if not (one.choices or one.weaknesses):
            continue
        lines += ["", f"[{_quoted(slug)}]"]
        for name, moves in sorted(one.choices.items()):
            lines += [f"{_quoted(name)} = [", *(f"    {_quoted(move)}," for move in moves), "]"]
        if one.weaknesses:
            lines += ["weaknesses = [", *(f"    {_inline(row)}," for row in one.weaknesses), "]"]
    return "\n".join(lines) + "\n"


HEADING = (
    "# Written by `derive tune`, and compared by `derive tune --check`: no line of it is typed.",
    "# Of each loss: the forms in which it and its derivatives lose the fewest bits, each with the place that it",
    "# rewrites, and what loses digits beyond conditioning in every form that was tried.",
)


def _inline(weakness: Weakness) -> str:
    pairs = (f"{name} = {_quoted(value)}" for name, value in vars(weakness).items())
    return f"{{ {', '.join(pairs)} }}"


def _quoted(value: str | int) -> str:
    """A number, or a basic string of TOML."""
    if isinstance(value, int):
        return str(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
