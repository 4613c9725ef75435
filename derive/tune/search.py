"""Searches the moves: first of the loss, from which all derivatives follow, then of each that still loses bits.

A beam is kept of the few best ways to write an entry; each is moved, in every form, at the places where
it loses digits.  What counts is measured, what is kept is proven equal by the oracle at random points.
The search is bounded in candidates, never in seconds, so that it chooses the same everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import sympy
from sympy import Expr

from derive.calculus import calculus, moved
from derive.derivation import Derivation, derivation
from derive.errors import Misuse
from derive.forms import FORMS, Move, in_vocabulary, text
from derive.oracle import Point, value
from derive.scenes import points
from derive.tune.bench import Bench, Entry, Found, Score, agree
from derive.tune.places import suspects

# How many ways to write an entry are kept after each move, and how many are measured from each that was kept.
WIDTH = 3
# Where more entries lose digits than these, each gets a smaller share of that.
BUDGETS = (24, 9, 9)
SHARED = 6

# How many ways to write the loss are measured with the gradient, and how many of those with the Hessian too.
LOSSES = 24
FINALISTS = 4

# SymPy is not asked to rewrite more operations than these, and a candidate has at most so many times those before.
LARGEST = 300
LONGER = 4

# Points at which digits are looked for, and those at which a form is proven equal, to so many digits.
LOOKED = 4
COMPARED = 8
DIGITS = 20

# What SymPy raises where it cannot write an expression in a form, or writes what is no word.
UNWRITABLE = (Misuse, ArithmeticError, ValueError, TypeError, AttributeError, RecursionError, KeyError)


@dataclass(frozen=True)
class Way:
    """A way to write an entry: the moves that lead to it, the expression, and what it does."""

    moves: tuple[Move, ...]
    expression: Expr
    found: Found

    @property
    def score(self) -> Score:
        """What it costs, in failures, bits and operations."""
        return self.found.score

    @property
    def said(self) -> tuple[str, ...]:
        """Its moves as `Choices` holds them."""
        return tuple(str(move) for move in self.moves)


class Search:
    """Looks for the best form of a derivation, and of each of its derivatives."""

    def __init__(self, derived: Derivation, bench: Bench) -> None:
        self.plain = derived
        self.bench = bench
        self.share = 1.0

    def best(self) -> Derivation:
        """The derivation in the best forms that were found."""
        derived = self._best_loss()
        found = self.bench.of_derivation(derived)
        chosen = dict(derived.choices)
        self.share = min(1.0, SHARED / max(1, sum(was.poor for was in found.values())))
        for entry, was in found.items():
            if entry.places and was.poor:
                way = self._best_way(entry, self._entry(derived, entry))
                if way.score.much_better(was.score):
                    chosen[entry.name] = way.said
        return derivation(derived.request, chosen)

    def _best_loss(self) -> Derivation:
        """The derivation in the form of the loss with which all entries together do best."""
        plain = self.bench.of_derivation(self.plain)
        if not any(one.poor for one in plain.values()):
            return self.plain
        found = []
        for moves in islice(self._losses(plain), LOSSES):
            with suppress(*UNWRITABLE):
                candidate = derivation(self.plain.request, {**self.plain.choices, "loss": moves})
                first = self.bench.of_derivation(candidate, upto=1)
                found.append((_total(first), candidate))
        found.sort(key=lambda pair: pair[0])
        best, score = self.plain, _total(plain)
        for _, candidate in found[:FINALISTS]:
            with suppress(*UNWRITABLE):
                total = _total(self.bench.of_derivation(candidate))
                if total.much_better(score):
                    best, score = candidate, total
        return best

    def _losses(self, plain: dict[Entry, Found]) -> Iterator[tuple[str, ...]]:
        """Ways to write the loss: those in which its value does best, then every form of all of it."""
        loss, entry = self.plain.loss, self.bench.entries[0]
        seen = {loss}
        if plain[entry].poor:
            for way in self._beam(entry, loss):
                if way.moves and way.expression not in seen:
                    seen.add(way.expression)
                    yield way.said
        for move, expression in self._moves(loss, [loss], seen):
            if self._equal(entry, expression):
                yield (str(move),)

    def _best_way(self, entry: Entry, expression: Expr) -> Way:
        return self._beam(entry, expression)[0]

    def _beam(self, entry: Entry, expression: Expr) -> list[Way]:
        """The best ways that were found to write an entry, the best first."""
        start = Way((), expression, self.bench.of_expression(entry, expression))
        beam, every, seen = [start], [start], {expression}
        for each in BUDGETS:
            found = []
            for way in beam:
                for move, changed in islice(
                    self._moves(way.expression, self._places(way), seen), int(each * self.share)
                ):
                    with suppress(*UNWRITABLE):
                        measured = self.bench.of_expression(entry, changed)
                        found.append(Way((*way.moves, move), changed, measured))
            found.sort(key=lambda way: way.score)
            kept = list(islice((way for way in found if self._equal(entry, way.expression)), WIDTH))
            every += kept
            beam = kept
            if not kept or not min(every, key=lambda way: way.score).found.poor:
                break
        return sorted(every, key=lambda way: way.score)

    def _places(self, way: Way) -> list[Expr]:
        """Where to move: the points that lose most say it."""
        judged = [
            (dtype, one)
            for dtype, numbers in way.found.judged.items()
            for one in numbers
            if one is not None and one.bits > 0
        ]
        judged.sort(key=lambda pair: (not pair[1].fails, -pair[1].bits))
        return suspects(self.plain, way.expression, [(dtype, one.point) for dtype, one in judged[:LOOKED]])

    def _moves(
        self, expression: Expr, places: Sequence[Expr], seen: set[Expr]
    ) -> Iterator[tuple[Move, Expr]]:
        """Every form at every place that gives what was not seen before and is bearably long."""
        before = int(sympy.count_ops(expression))
        if before > LARGEST:
            return
        for place in places:
            for form in FORMS:
                move = Move(form, "" if place == expression else text(place))
                with suppress(*UNWRITABLE):
                    rough = move.of(expression)
                    if rough in seen or sympy.count_ops(rough) > LONGER * before + 10:
                        continue
                    seen.add(rough)
                    changed = moved(expression, move, self.plain.domains)
                    if (changed == rough or changed not in seen) and in_vocabulary(changed):
                        seen.add(changed)
                        yield move, changed

    def _entry(self, derived: Derivation, entry: Entry) -> Expr:
        found = calculus(derived)
        return found.parts.put_together(entry.of(found))

    def _equal(self, entry: Entry, expression: Expr) -> bool:
        """Whether an expression is the entry, by the oracle, at random points."""
        for point, truth in zip(self._random, self._truths(entry), strict=True):
            try:
                if not agree(value(expression, point, DIGITS), truth, DIGITS - 1):
                    return False
            except (ArithmeticError, ValueError, TypeError):
                return False
        return True

    @cached_property
    def _random(self) -> list[Point]:
        return points(self.plain, COMPARED, "float64", seed=6)[:COMPARED]

    def _truths(self, entry: Entry) -> list[object]:
        if entry not in self._known:
            expression = self._entry(self.plain, entry)
            self._known[entry] = [value(expression, point, DIGITS) for point in self._random]
        return self._known[entry]

    @cached_property
    def _known(self) -> dict[Entry, list[object]]:
        return {}


def _total(found: dict[Entry, Found]) -> Score:
    total = Score(0, 0, 0)
    for one in found.values():
        total += one.score
    return total
