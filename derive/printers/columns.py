"""Cells in aligned columns, for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import zip_longest

# The widest line of a page for a terminal, and the least that it leaves for prose.
TEXT_WIDTH = 100
PROSE = 36


def columns(rows: Sequence[Sequence[str]], width: int | None = TEXT_WIDTH) -> list[str]:
    """The rows in columns; where a line would be wider than `width`, cells take several lines.

    The last column is prose, for which the widest of the others makes room.  A column that is empty
    in every row is left out.
    """
    cells = [column for column in zip(*rows, strict=True) if any(column)]
    widths = [max(map(len, column)) for column in cells]
    if width is not None:
        *others, _ = widths
        widest = others.index(max(others))
        excess = sum(others) + 2 * len(others) + PROSE - width
        widths[widest] -= max(excess, 0)
        widths[-1] = min(widths[-1], width - sum(widths[:-1]) - 2 * len(others))
    lines = []
    for row in zip(*cells, strict=True):
        parts = (
            textwrap.wrap(cell, wide, break_on_hyphens=False) for cell, wide in zip(row, widths, strict=True)
        )
        for line in zip_longest(*parts, fillvalue=""):
            placed = zip(line, widths, strict=True)
            lines.append("  ".join(f"{part:<{wide}}" for part, wide in placed).rstrip())
    return lines
