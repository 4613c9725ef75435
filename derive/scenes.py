"""The points at which claims are tested, drawn from the domains; the same for the same seed.

A point gives each argument of a loss a number, or a list of numbers for a vector, and the Hessian a
direction: a number for each learned number, block by block.  Discrete data
are enumerated: the first points hold every value of a finite support, or the first values of an
infinite one, and only then drawn ones.  A scene is several data sets that differ in θ alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, product
from random import Random
from typing import Any

import mpmath
import numpy as np

from derive.calculus import DIRECTION
from derive.derivation import Derivation, Quantity
from derive.domains import Domain, Entries, Interval, Positive, Vector
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
        for quantity in derivation.data:
            domain = inside(derivation, quantity, point, MARGIN)
            if not _holds(domain, quantity, point):
                point[quantity.name] = _rounded(_typical(domain, random, classes), dtype)
        drawn.append({**point, "K": classes, DIRECTION: direction})
    return drawn


def inside(derivation: Derivation, quantity: Quantity, point: Point, margin: float = 0.0) -> Domain:
    """Where the quantity lives at a point that holds what bounds it; by a margin less, where a link makes a bound."""
    bounds: dict[str, Any] = {}
    for symbol in quantity.domain.symbols:
        sign = 1 if symbol == quantity.domain.least else -1
        linked = symbol in derivation.request.linked
        bounds[symbol] = evaluate(derivation.bound(symbol), point) * (1 + sign * linked * margin)
    return quantity.domain.at(bounds)


def far_points(derivation: Derivation, level: str, dtype: str, count: int, seed: int = 0) -> list[Point]:
    """Points of a level: sizes over so many decades, and half of the numbers near another of their kind."""
    random = Random(f"{derivation.name} {dtype} {level} {seed}")
    decades = LEVELS[level][dtype]
    drawn: list[Point] = []
    for _ in range(count):
        point: dict[str, Any] = {}
        for quantity in reversed(arguments(derivation)):
            domain = inside(derivation, quantity, point, MARGIN)
            number = _far(replace(quantity, domain=domain), random, decades)
            if isinstance(quantity.domain, Interval) and not quantity.parameter and random.random() < 0.5:
                number = _near(quantity, derivation, point, random) or number
            point[quantity.name] = _rounded(number, dtype)
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
    same = [q for q in others if q.domain is quantity.domain]
    scales = [point[q.name] for q in others if q.domain is Positive] or [1.0]
    if not same or isinstance(quantity.domain, Entries):
        return None
    other, offset = point[random.choice(same).name], random.gauss(0, random.choice((1e-3, 1.0, 10.0)))
    number = other + random.choice(scales) * offset
    if quantity.domain is Positive:
        number = other * math.exp(offset)
    return number if number in quantity.domain else None


def parameter_points(derivation: Derivation, count: int) -> Iterator[Point]:
    """Predictors and parameters without data: `count` ordinary points, then as many of any size.

    A predictor with a link is ordinary in both, for the link gives its parameter any size already.
    """
    random = Random(f"{derivation.name} wide")
    data = [quantity.name for quantity in derivation.data]
    integrated = any(quantity.vector and not quantity.domain.discrete for quantity in derivation.data)
    classes = PARTS if integrated else CLASSES
    for number, point in enumerate(points(derivation, 2 * count, "float64", 4, classes)[: 2 * count]):
        free = {name: value for name, value in point.items() if name not in data}
        for quantity in derivation.predictors:
            wide = number >= count and not quantity.parameter
            if wide and isinstance(quantity.domain, Interval):
                free[quantity.name] = quantity.domain.wide(random)
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
    return [
        _data_set(derivation, rows[start : start + samples], rows[:samples])
        for start in range(0, len(rows), samples)
    ]


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
        if quantity.domain.discrete and (quantity in derivation.data or quantity.name in bounds)
    ]
    names = [quantity.name for quantity in discrete]
    every = product(*(_first(quantity.domain, classes) for quantity in discrete))
    listed = [dict(zip(names, values, strict=True)) for values in every if values]
    return [
        point for point in listed if all(_holds(inside(derivation, q, point), q, point) for q in discrete)
    ]


def _holds(domain: Domain, quantity: Quantity, point: Point) -> bool:
    """Whether what bounds the quantity, if anything does, lets it be what it is at the point."""
    return not isinstance(domain, Interval) or domain is quantity.domain or point[quantity.name] in domain


def _first(domain: Domain, classes: int) -> list[Any]:
    """Every value of a finite support, the first of an infinite one."""
    if isinstance(domain, Entries):
        return list(domain.enumerate(classes))
    domain = domain.of_length(classes)
    return list(domain.enumerate() if domain.finite else islice(domain.enumerate(), FIRST))


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
