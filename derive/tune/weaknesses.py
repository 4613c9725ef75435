"""What loses digits in every form, and where: the region of the failing points, in a sentence."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from derive.certificate import Judged
from derive.choices import Weakness
from derive.derivation import Derivation, Quantity
from derive.domains import Interval
from derive.oracle import Point
from derive.scenes import arguments
from derive.tune.bench import Bench


@dataclass(frozen=True)
class Side:
    """A half of the points: where a size is below or above a bound."""

    size: str
    below: bool
    bound: float

    def holds(self, sizes: dict[str, float]) -> bool:
        """Whether a point lies in it."""
        return sizes[self.size] <= self.bound if self.below else sizes[self.size] >= self.bound

    def __str__(self) -> str:
        if self.below and self.bound == 0:
            return f"{self.size} = 0"
        return f"{self.size} {'<' if self.below else '>'} {_number(self.bound, up=self.below)}"


def weaknesses(bench: Bench, derived: Derivation) -> tuple[Weakness, ...]:
    """What of a derivation fails at some of the points of the bench, in each dtype."""
    return tuple(_weaknesses(bench, derived))


def _weaknesses(bench: Bench, derived: Derivation) -> Iterator[Weakness]:
    positive = {quantity.name: _is_positive(quantity) for quantity in arguments(derived)}
    for entry, found in bench.of_derivation(derived).items():
        for dtype, numbers in found.judged.items():
            judged = [one for one in numbers if one is not None]
            failing = [one for one in judged if one.fails]
            if failing:
                worst = max(failing, key=lambda one: one.bits)
                where = " and ".join(map(str, region(failing, judged, positive)))
                yield Weakness(
                    entry.name, dtype, math.ceil(worst.bits), where, _shown(worst.point, list(positive))
                )


def region(failing: Sequence[Judged], judged: Sequence[Judged], positive: Mapping[str, bool]) -> list[Side]:
    """At most two sides that hold every failing point and as few others as may be; none where they hold most."""
    bad = [_sizes(one.point, positive) for one in failing]
    good = [_sizes(one.point, positive) for one in judged if not one.fails]
    sides: list[Side] = []
    for _ in range(2):
        inside = [sizes for sizes in good if all(side.holds(sizes) for side in sides)]
        best = min(_sides(bad), key=lambda side: sum(side.holds(sizes) for sizes in inside), default=None)
        if best is None or sum(best.holds(sizes) for sizes in inside) > 0.7 * len(inside):
            break
        sides.append(best)
    return sides


def _sides(bad: Sequence[dict[str, float]]) -> Iterator[Side]:
    """The tightest half of the points in each size that holds all of these."""
    for size in bad[0]:
        values = [sizes[size] for sizes in bad]
        yield Side(size, True, max(values))
        yield Side(size, False, min(values))


def _sizes(point: Point, positive: Mapping[str, bool]) -> dict[str, float]:
    """What a region is told by: the size of each argument, and of two positive ones the quotient."""
    numbers = {name: float(point[name]) for name in positive}
    sizes = {name if positive[name] else f"|{name}|": abs(number) for name, number in numbers.items()}
    return sizes | _quotients({name: number for name, number in numbers.items() if positive[name]})


def _quotients(numbers: dict[str, float]) -> dict[str, float]:
    every = list(numbers)
    return {
        f"{one}/{other}": _quotient(numbers[one], numbers[other])
        for place, one in enumerate(every)
        for other in every[place + 1 :]
    }


def _quotient(one: float, other: float) -> float:
    try:
        return one / other
    except (OverflowError, ZeroDivisionError):
        return math.inf


def _number(bound: float, *, up: bool) -> str:
    """A bound with one digit, which still holds all that it held."""
    if bound == 0 or not math.isfinite(bound):
        return f"{bound:g}"
    power = math.floor(math.log10(bound))
    digit = bound / 10.0**power if abs(power) < 300 else 1.0
    digit = math.ceil(digit) if up else math.floor(digit)
    return f"{digit}e{power}" if abs(power) > 3 else f"{digit * 10.0**power:g}"


def _shown(point: Point, names: Sequence[str]) -> str:
    return ", ".join(f"{name} = {_digits(point[name])}" for name in names)


def _digits(number: Any) -> str:
    return f"{float(number):.3g}"


def _is_positive(quantity: Quantity) -> bool:
    return isinstance(quantity.domain, Interval) and quantity.domain.data.lower >= 0
