"""Where a function along a line has its peaks and its zeros."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import mpmath

Function = Callable[[Any], Any]

# Peaks are searched for at 4 sinh(n/16): in steps of a quarter at first, and out to 511, where a tail that
# is stretched by sinh or exp has come to 1e221.
SEARCHED = range(-89, 90)
# Where the mass still rises at an end of those, the next step is so many times as long as the one before.
WIDENING = mpmath.mpf(17) / 16
FARTHEST = 2**20
# The golden section narrows a peak's place down so often: to 1e-19 of a step.
NARROWINGS = 90


def searched() -> list[Any]:
    """The places at which peaks and zeros are searched for at first."""
    return [4 * mpmath.sinh(mpmath.mpf(step) / 16) for step in SEARCHED]


def reaching(height: Function) -> list[Any]:
    """The grid, and further out on either side as long as the function still rises there."""
    grid = searched()
    for end, beside in ((-1, -2), (0, 1)):
        while height(grid[end]) > height(grid[beside]) and abs(grid[end]) < FARTHEST:
            further = grid[end] + (grid[end] - grid[beside]) * WIDENING
            grid.insert(len(grid) if end else 0, further)
    return grid


def peaks_of(height: Function, grid: list[Any]) -> Iterator[Any]:
    """The places of the peaks of a function, narrowed down by the golden section."""
    heights = [height(t) for t in grid]
    for place in range(1, len(grid) - 1):
        if heights[place - 1] < heights[place] >= heights[place + 1]:
            yield _peak(height, grid[place - 1], grid[place + 1])


def _peak(height: Function, left: Any, right: Any) -> Any:
    inner, outer = (left + (right - left) * share for share in (1 - 1 / mpmath.phi, 1 / mpmath.phi))
    for _ in range(NARROWINGS):
        if height(inner) >= height(outer):
            right, outer = outer, inner
            inner = left + (right - left) * (1 - 1 / mpmath.phi)
        else:
            left, inner = inner, outer
            outer = left + (right - left) / mpmath.phi
    return (left + right) / 2


def zeros(function: Function, ends: tuple[Any, Any]) -> Iterator[Any]:
    """The places between the ends at which a function changes its sign, as far as a grid shows them."""
    grid = sorted({*ends, *(t for t in searched() if ends[0] < t < ends[1])})
    for left, right in pairwise(grid):
        below = function(left)
        if below * function(right) < 0:
            place, half = (left + right) / 2, (right - left) / 2
            for _ in range(NARROWINGS):
                half /= 2
                place += half if below * function(place) > 0 else -half
            yield place
