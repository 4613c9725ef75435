"""Sums over a discrete support: a finite one whole, an infinite one until no mass is missing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from typing import Any

import mpmath

from derive.domains import Stretch
from derive.expectation.integrals import Integral
from derive.expectation.mean import DIGITS, Mean
from derive.expectation.peaks import Function

# An infinite sum ends when less than this is missing from one; after so many terms an integral stands for the rest.
MISSING = mpmath.mpf(10) ** -18
MOST_TERMS = 4_000


class Series:
    """Sums over a discrete support: over the whole of it, where that is said, or until no mass is missing."""

    def __init__(
        self,
        density: Function,
        values: Iterator[Any],
        whole: bool = False,
        log_density: Function | None = None,
    ) -> None:
        self._terms: list[tuple[Any, Any]] = []
        self._missing = mpmath.mpf(not whole)
        self._whole, self._density, self._log_density = whole, density, log_density
        with mpmath.workdps(2 * DIGITS):
            for observation in values if whole else islice(values, MOST_TERMS):
                self._terms.append((observation, density(observation)))
                if whole:
                    continue
                self._missing -= self._terms[-1][1]
                if self._missing < MISSING:
                    break

    def mean(self, function: Function) -> Mean:
        """The sum, and what the missing mass would add if the function stayed as it is at the last term."""
        with mpmath.workdps(2 * DIGITS):
            total = mpmath.fsum(weight * function(observation) for observation, weight in self._terms)
            if self._whole or len(self._terms) < MOST_TERMS:
                return Mean(total, abs(self._missing * function(self._terms[-1][0])))
            rests = [self._beyond(function, end) for end in range(len(self._ends))]
            return Mean(total + sum(rest.value for rest in rests), sum(rest.error for rest in rests))

    @cached_property
    def _ends(self) -> list[tuple[Any, int]]:
        """The last terms in every direction in which there are more, and the direction."""
        visited = [observation for observation, _ in self._terms]
        last = [(max(visited), 1)]
        return last if min(visited) >= visited[0] else [*last, (min(visited), -1)]

    @cached_property
    def _integrals(self) -> list[Integral]:
        """The integrals from half a step beyond the last terms on."""

        def beyond(last: Any, side: int) -> Stretch:
            def stretch(t: Any) -> tuple[Any, Any]:
                distance = mpmath.exp(t)
                return last + side * (distance + mpmath.mpf(1) / 2), distance

            return stretch

        assert self._log_density is not None
        return [
            Integral(self._density, self._log_density, beyond(*end), of_counts=True) for end in self._ends
        ]

    def _beyond(self, function: Function, end: int) -> Mean:
        """The sum of all further terms, by Euler's and Maclaurin's formula for midpoints, its derivatives from terms."""
        last, side = self._ends[end]
        before, at, after, later = (
            self._density(value) * function(value)
            for value in (last - side, last, last + side, last + 2 * side)
        )
        third = (later - before) - 3 * (after - at)
        slope = (after - at) - third / 24
        integral = self._integrals[end].mean(function)
        return Mean(integral.value + slope / 24 - 7 * third / 5760, integral.error + abs(third) / 5760)
