"""The points at which claims are tested, drawn from the domains; the same for the same seed.

A point gives each argument of a loss a number, or a list of numbers for a vector, and the Hessian a
direction: a number for each learned number, block by block.  Discrete data
are enumerated: the first points hold every value of a finite support, or the first values of an
infinite one, and only then drawn ones.  A scene is several data sets that differ in θ alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, product
from random import Random
from typing import Any

import mpmath
import numpy as np

from derive.calculus import DIRECTION
from derive.derivation import Derivation, Quantity
from derive.domains import NEAREST, Domain, Entries, Interval, Positive, Vector
from derive.heads import index_symbol
from derive.oracle import Point, evaluate

# How many classes a vector has (and a composition, where an integral is taken over it), how many values of
# an infinite support come first, how many samples of a data set are drawn, and how many data sets a scene has.
CLASSES = 4
PARTS = 3
FIRST = 4
SAMPLES = 3
DATA_SETS = 4


# A bound that a link makes is rounded as the link is: so much of itself inside, data are legal in every dtype.
MARGIN = 1e-4

# So often a number is drawn again until it lies where others let it, and a data set until θ lets its data be.
TRIED = 100
SETS_TRIED = 1000


# Decades of size at the levels beyond the ordinary.
LEVELS = {
    "wide": {"float64": 4.0, "float32": 4.0},
    "extreme": {"float64": 100.0, "float32": 12.0},
}


def arguments(derivation: Derivation) -> list[Quantity]:
    """The quantities that code is given: data, predictors, known parameters without a number."""
    return [*derivation.data, *derivation.predictors]


def numbers_in(quantity: Quantity, classes: int = CLASSES) -> int:
    """How many numbers a quantity holds."""
    return classes if quantity.vector else 1


def points(
    derivation: Derivation, count: int, dtype: str, seed: int = 0, classes: int = CLASSES
) -> list[Point]:
    """Ordinary points, rounded to the dtype: `count` of them, or as many as the support needs."""
    random = Random(f"{derivation.name} {dtype} {seed}")
    listed = _listed(derivation, classes)
    drawn: list[Point] = []
    for number in range(max(count, len(listed))):
        point = {q.name: _rounded(_typical(q.domain, random, classes), dtype) for q in arguments(derivation)}
        direction = _rounded(_direction(derivation, random), dtype)
        point |= listed[number] if number < len(listed) else {}
        for quantity in _bounds_first(derivation):
            if not _holds(derivation, quantity, point, MARGIN):
                _draw_inside(derivation, quantity, point, lambda d: _typical(d, random, classes), dtype)
        drawn.append({**point, "K": classes, DIRECTION: direction})
    return drawn


def inside(derivation: Derivation, quantity: Quantity, point: Point, margin: float = 0.0) -> Domain:
    """Where the quantity lives at a point that holds what bounds it; of a predictor with a link, its parameter.

    By a margin less, where a link makes a bound.  An end that a condition makes is no number of any dtype.
    """
    domain = derivation.bounded_by(quantity)
    bounds: dict[str, Any] = {}
    for symbol in domain.symbols:
        sign = {domain.least: 1, domain.most: -1}.get(symbol, 0)
        linked = symbol in derivation.request.linked
        bounds[symbol] = evaluate(derivation.bound(symbol), point) * (1 + sign * linked * margin)
    return domain.at(bounds, NEAREST if margin else 0.0)


def _bounds_first(derivation: Derivation) -> list[Quantity]:
    """The quantities that code is given, in an order in which what bounds another comes before it."""
    waiting, ordered = arguments(derivation)[::-1], list[Quantity]()
    while waiting:
        names = {quantity.parameter or quantity.name for quantity in waiting}
        ready = [q for q in waiting if not names.intersection(derivation.bounded_by(q).symbols)]
        ordered += ready[:1]
        waiting.remove(ready[0])
    return ordered


def _draw_inside(
    derivation: Derivation,
    quantity: Quantity,
    point: dict[str, Any],
    draw: Callable[[Domain], Any],
    dtype: str,
) -> None:
    """Draw a number, in a dtype, that lies where the rest of the point lets it; else take one that always does."""
    linked = bool(quantity.parameter)
    domain = quantity.domain if linked else inside(derivation, quantity, point, MARGIN)
    for _ in range(TRIED if derivation.bounded_by(quantity).positive else 1):
        point[quantity.name] = _rounded(draw(domain), dtype)
        if _holds(derivation, quantity, point):
            return
    if quantity.domain.positive:
        refuge = quantity.domain.refuge
        number = evaluate(derivation.bound(refuge), point) if refuge else quantity.domain.harmless
        point[quantity.name] = _rounded(number, dtype)


def far_points(derivation: Derivation, level: str, dtype: str, count: int, seed: int = 0) -> list[Point]:
    """Points of a level: sizes over so many decades, and half of the numbers near another of their kind."""
    random = Random(f"{derivation.name} {dtype} {level} {seed}")
    decades = LEVELS[level][dtype]
    drawn: list[Point] = []
    for _ in range(count):
        point: dict[str, Any] = {}
        for quantity in _bounds_first(derivation):

            def number(domain: Domain, quantity: Quantity = quantity, point: Point = point) -> Any:
                placed = replace(quantity, domain=domain)
                far = _far(placed, random, decades)
                if isinstance(quantity.domain, Interval) and not quantity.parameter and random.random() < 0.5:
                    return _near(placed, derivation, point, random) or far
                return far

            _draw_inside(derivation, quantity, point, number, dtype)
        direction = _rounded(_direction(derivation, random), dtype)
        drawn.append({**point, "K": CLASSES, DIRECTION: direction})
    return drawn


def _direction(derivation: Derivation, random: Random) -> list[float]:
    """What the Hessian is multiplied by."""
    count = sum(map(numbers_in, derivation.learned))
    return Vector.typical_vector(random, max(count, CLASSES))


def _far(quantity: Quantity, random: Random, decades: float) -> Any:
    """A number of any size; a predictor with a link is as large as the logarithm of such a one."""
    domain = quantity.domain
    if isinstance(domain, Entries):
        if quantity.parameter and domain.free:
            return [_far(replace(quantity, domain=domain.entry), random, decades) for _ in range(CLASSES)]
        return domain.far_entries(random, CLASSES, decades)
    if quantity.parameter and not domain.nonzero:
        size = decades * math.log(10)
        small = 10 ** random.uniform(-decades, math.log10(size))
        return random.choice((-small, small, random.uniform(-size, size)))
    return domain.of_length(CLASSES).far(random, decades)


def _near(quantity: Quantity, derivation: Derivation, point: Point, random: Random) -> float | None:
    """A number in an ordinary relation to another of the same domain: some scales from it, or some times it."""
    others = [q for q in arguments(derivation) if q.name in point and not q.parameter]
    same = [q for q in others if q.domain is quantity.domain or q.name == quantity.domain.refuge]
    scales = [point[q.name] for q in others if q.domain is Positive] or [1.0]
    if not same or isinstance(quantity.domain, Entries):
        return None
    other, offset = point[random.choice(same).name], random.gauss(0, random.choice((1e-3, 1.0, 10.0)))
    number = other + random.choice(scales) * offset
    if quantity.domain is Positive:
        number = other * math.exp(offset)
    return number if number in quantity.domain.legal else None


def parameter_points(derivation: Derivation, count: int) -> Iterator[Point]:
    """Predictors and parameters without data: `count` ordinary points, then as many of any size.

    A predictor with a link is ordinary in both, for the link gives its parameter any size already.
    """
    random = Random(f"{derivation.name} wide")
    data = [quantity.name for quantity in derivation.data]
    integrated = any(quantity.vector and not quantity.domain.discrete for quantity in derivation.data)
    rest = any(isinstance(q.domain, Entries) and q.domain.leaves_rest for q in derivation.data)
    classes = PARTS - rest if integrated else CLASSES
    for number, point in enumerate(points(derivation, 2 * count, "float64", 4, classes)[: 2 * count]):
        free = {name: value for name, value in point.items() if name not in data}
        for quantity in _bounds_first(derivation):
            wide = number >= count and not quantity.parameter and quantity.name not in data
            if wide and isinstance(quantity.domain, Interval):
                domain = inside(derivation, quantity, free, MARGIN)
                assert isinstance(domain, Interval)
                free[quantity.name] = domain.wide(random)
        yield with_parameters(derivation, free)


def with_parameters(derivation: Derivation, point: Point) -> Point:
    """The point with each linked parameter at the value that its predictor gives it."""
    made = dict(point)
    with mpmath.workdps(300):
        for parameter in derivation.parameters:
            if parameter.name in derivation.request.linked:
                made[parameter.name] = _value(derivation, parameter, point)
    return made


def scene(derivation: Derivation, seed: int) -> list[Point]:
    """Data sets of distinct samples with the same data and constants, which differ in θ."""
    samples = SAMPLES + len(_listed(derivation))
    drawn = points(derivation, DATA_SETS * samples, "float64", seed=10 + seed)
    rows = [with_parameters(derivation, point) for point in drawn]
    sets = [
        _data_set(derivation, rows[start : start + samples], rows[:samples])
        for start in range(0, len(rows), samples)
    ]
    if any(quantity.domain.positive for quantity in derivation.data):
        sets = [sets[0], *islice(_admitting(derivation, rows[:samples], 10 + seed), DATA_SETS - 1)]
    return sets


def _admitting(derivation: Derivation, held: Sequence[Point], seed: int) -> Iterator[Point]:
    """Data sets with the data and constants that are held, which lie where θ lets them."""
    for more in range(1, SETS_TRIED):
        drawn = points(derivation, len(held), "float64", seed=1000 * more + seed)
        data_set = _data_set(derivation, [with_parameters(derivation, one) for one in drawn], held)
        rows = [_row(data_set, number) for number in range(len(held))]
        if all(_holds(derivation, quantity, row) for row in rows for quantity in derivation.data):
            yield data_set


def _row(data_set: Point, number: int) -> Point:
    """One sample of a data set of scalars."""
    return {
        name: entries[number] if isinstance(entries, list) else entries for name, entries in data_set.items()
    }


def arrays(derivation: Derivation, drawn: Sequence[Point], dtype: str) -> dict[str, np.ndarray[Any, Any]]:
    """The points as one array for each argument."""
    return {q.name: np.array([point[q.name] for point in drawn], dtype) for q in arguments(derivation)}


def ordered(derivation: Derivation, given: Mapping[str, Any]) -> list[Any]:
    """The arguments of `loss` in its order: data, learned, and those known ones that it mentions."""
    taken = (*derivation.data, *derivation.learned, *derivation.known_in_loss)
    return [given[quantity.name] for quantity in taken]


def _listed(derivation: Derivation, classes: int = CLASSES) -> list[Point]:
    """The values of the discrete data that come first, each with each, and with those of what bounds them."""
    bounds = {symbol for quantity in derivation.data for symbol in quantity.domain.symbols}
    discrete = [
        quantity
        for quantity in arguments(derivation)
        if (quantity.domain.discrete or _atoms(quantity.domain))
        and (quantity in derivation.data or quantity.name in bounds)
    ]
    names = [quantity.name for quantity in discrete]
    every = product(*(_first(quantity.domain, classes) for quantity in discrete))
    listed = [dict(zip(names, values, strict=True)) for values in every if values]
    return [point for point in listed if all(_holds(derivation, q, point) for q in discrete)]


def _holds(derivation: Derivation, quantity: Quantity, point: Point, margin: float = 0.0) -> bool:
    """Whether what bounds the quantity, if anything does, lets it be what it is at the point."""
    domain = inside(derivation, quantity, point, margin)
    if not isinstance(domain, Interval) or not derivation.bounded_by(quantity).symbols:
        return True
    if quantity.parameter:
        return evaluate(derivation.bound(quantity.parameter), point) in domain
    return point[quantity.name] in domain


def _first(domain: Domain, classes: int) -> list[Any]:
    """Every value of a finite support, the first of an infinite one; the atoms of what is not discrete."""
    if isinstance(domain, Entries):
        return list(domain.enumerate(classes))
    if domain.atoms:
        return list(domain.atoms)
    domain = domain.of_length(classes)
    return list(domain.enumerate() if domain.finite else islice(domain.enumerate(), FIRST))


def _atoms(domain: Domain) -> tuple[float, ...]:
    return domain.atoms if isinstance(domain, Interval) else ()


def _typical(domain: Domain, random: Random, classes: int) -> Any:
    if isinstance(domain, Entries):
        return domain.typical_vector(random, classes)
    return domain.of_length(classes).typical(random)


def _rounded(number: Any, dtype: str) -> Any:
    return np.array(number, dtype).tolist()


def _value(derivation: Derivation, parameter: Quantity, point: Point) -> Any:
    """A linked parameter's value, from the values of the predictors."""
    if not parameter.vector:
        return evaluate(derivation.in_predictors(parameter.plain), point)
    entry = derivation.in_predictors(parameter.plain[index_symbol("k")])
    return [evaluate(entry, {**point, "k": place}) for place in range(1, point["K"] + 1)]


def _data_set(derivation: Derivation, rows: Sequence[Point], held: Sequence[Point]) -> Point:
    """One data set: θ from the rows, data and constants from the samples that are held."""
    data_set: dict[str, Any] = {"N": len(held), "K": CLASSES}
    for quantity in (*derivation.data, *derivation.parameters, *derivation.predictors):
        if quantity.value is not None:
            continue
        source = rows if quantity.role.learned else held
        values = [row[quantity.name] for row in source]
        data_set[quantity.name] = values if quantity.role.per_sample else values[0]
    return data_set
