"""What was measured of the catalogue's accuracy, near and far, as committed data.

`bounds.toml` has a table for each loss that is generated, by its file name: for each dtype and quantity
the bits that no point loses more of beyond conditioning, over NumPy and Torch.  The generated docstrings
and the index say it, and `derive verify --accuracy` holds the code to it.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

COMMITTED = Path(__file__).with_name("bounds.toml")

# The quantities that are measured, in the order in which they are told.
QUANTITIES = ("value", "gradient", "Hessian", "-log p")

# The bits that a number has.
DIGITS = {"float64": 53, "float32": 24}

# The bits that may be lost, by (dtype, quantity).
Bounds = Mapping[tuple[str, str], int]


def committed(slug: str) -> Bounds:
    """What is committed for the loss of this file name; empty where nothing was measured."""
    return _read().get(slug, {})


def bound(bits: float, dtype: str) -> int:
    """The bound that a measurement makes: whole bits, and one for other points and machines; no more than there are."""
    return min(math.ceil(bits) + 1, DIGITS[dtype])


def told(bounds: Bounds, dtype: str) -> str:
    """The bounds of a dtype in words: `value 1, gradient 2, Hessian 2`."""
    known = (quantity for quantity in QUANTITIES if (dtype, quantity) in bounds)
    return ", ".join(f"{quantity} {bounds[dtype, quantity]}" for quantity in known)


def lost(bounds: Bounds) -> list[str]:
    """A sentence for each quantity that has no digit left at some point near or far."""
    return [
        f"at some points the {quantity} has no digit left in {dtype}: derive verify --accuracy says at which"
        for (dtype, quantity), bits in bounds.items()
        if bits >= DIGITS[dtype]
    ]


@cache
def _read() -> Mapping[str, Bounds]:
    return read(COMMITTED.read_text(encoding="utf-8")) if COMMITTED.is_file() else {}


def forget() -> None:
    """Read what is committed again when it is next asked for: it was written."""
    _read.cache_clear()


def read(text: str) -> dict[str, Bounds]:
    """What the text of `bounds.toml` says, by the file name of each loss."""
    return {
        slug: {(dtype, quantity): bits for dtype, row in table.items() for quantity, bits in row.items()}
        for slug, table in tomllib.loads(text).items()
    }


def written(losses: Mapping[str, Bounds]) -> str:
    """The text of `bounds.toml`, sorted."""
    lines = list(HEADING)
    for slug, bounds in sorted(losses.items()):
        lines += ["", f"[{slug}]", *_rows(bounds)]
    return "\n".join(lines) + "\n"


def _rows(bounds: Bounds) -> Iterable[str]:
    for dtype in sorted({dtype for dtype, _ in bounds}, reverse=True):
        row = (
            f'"{quantity}" = {bounds[dtype, quantity]}'
            for quantity in QUANTITIES
            if (dtype, quantity) in bounds
        )
        yield f"{dtype} = {{ {', '.join(row)} }}"


HEADING = (
    "# Written by `derive verify --accuracy --record`: no line of it is typed.",
    "# Of each loss: the bits that no point, ordinary, wide or extreme, loses more of beyond conditioning, in",
    "# NumPy and in Torch; 53 or 24 are all of them.",
)
