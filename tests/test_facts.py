"""Every fact beside a density is tested by existing: against the density itself, by the oracle."""

import math
from functools import cache
from random import Random

import mpmath
import pytest

from derive.catalogue import CATALOGUE
from derive.declare import Facts
from derive.derivation import derive
from derive.domains import Entries
from derive.expectation import Model
from derive.facts import FACTS
from derive.oracle import value
from derive.properties import properties
from derive.scenes import inside, points

POINTS = 3
DIGITS = 25
TINY = mpmath.mpf(10) ** -20  # the rounding of a density that is right to 25 digits
AWAY = [mpmath.mpf(10) ** -power for power in range(1, 7)]


@cache
def known_of_rows():
    """The derivation of each row that is a likelihood, with its facts."""
    return [
        (derived, properties(derived))
        for row in CATALOGUE.values()
        if not row.practice
        for derived in [derive(row)]
    ]


def with_fact(name):
    """The rows of which a fact is known, with the fact."""
    return [
        pytest.param(derived, fact, id=derived.name)
        for derived, facts in known_of_rows()
        for fact in facts
        if fact.name == name and fact.expression is not None
    ]


def holds(known, point, by=0):
    """Whether the fact's condition is true of the parameters, with so much to spare."""
    if known.condition is None:
        return True
    low, high = (value(side, point) for side in (known.condition.lts, known.condition.gts))
    return low + by < high


def moderate(derived, known):
    """Parameters of the size of one, for which the mass far out adds nothing to a mean."""
    random = Random(4)
    while True:
        point = {}
        for q in derived.parameters:
            point[q.name] = q.value if q.value is not None else q.domain.at(point).typical(random)
        if all(0.3 < abs(number) < 9 for number in point.values()) and holds(known, point, by=1.5):
            return point


def scene(derived, known):
    """Points at which the fact holds: at least one."""
    found = [point for point in points(derived, 40 * POINTS, "float64", 3) if holds(known, point)][:POINTS]
    assert found, "no point tests the fact"
    return found


def density(derived, point, observation):
    """The density at an observation, and 0 outside of the support."""
    (data,) = derived.data
    with mpmath.workdps(2 * DIGITS):
        if observation not in inside(derived, data, point):
            return mpmath.mpf(0)
        return value(derived.density, {**point, data.name: observation}, DIGITS)


def test_facts_are_of_rows_of_the_catalogue():
    """A fact's row is in the catalogue, and every scalar row says something or is a parametrisation."""
    for facts in FACTS.values():
        assert isinstance(facts, Facts)
        assert CATALOGUE[facts.row.name] is facts.row
    silent = {
        derived.name
        for derived, known in known_of_rows()
        if not known
        and not any(isinstance(domain, Entries) for domain in derived.distribution.domains.values())
    }
    assert silent == set()


@pytest.mark.parametrize(("derived", "known"), with_fact("mean"))
def test_a_mean_is_the_mean(derived, known):
    """The expected value is that under the density."""
    (data,) = derived.data
    if data.vector:  # the mean of the first entry
        point = {**points(derived, 1, "float64", classes=2)[0], "k": 1}
        found = Model(derived, point).mean(lambda observation: mpmath.mpf(observation[0]))
    else:
        point = moderate(derived, known)
        found = Model(derived, point).mean(mpmath.mpf)
    assert mpmath.almosteq(found.value, value(known.expression, point, DIGITS), 1e-9, 1e-9), point


@pytest.mark.parametrize(("derived", "known"), with_fact("cdf"))
def test_a_distribution_function_grows_by_the_density(derived, known):
    """Its derivative is the density, or its step from the count before; it begins at 0 and ends at 1."""
    (data,) = derived.data
    domain, tested = data.domain, 0
    for point in scene(derived, known):
        at = mpmath.mpf(point[data.name])
        here = inside(derived, data, point)
        if at in (here.lower, here.upper):
            continue
        with mpmath.workdps(4 * DIGITS):

            def cdf(observation, point=point):
                return value(known.expression, {**point, data.name: observation}, 2 * DIGITS)

            assert -1e-20 <= cdf(at) <= 1 + 1e-20, point
            if domain.discrete:
                below = cdf(at - 1) if at - 1 >= here.lower else mpmath.mpf(0)
                grown = cdf(at) - below
            else:
                step = mpmath.mpf(10) ** -8 * min(at - here.lower, here.upper - at, 1 + abs(at))
                # Richardson's step: the error is of the fourth order.
                narrow, wide = ((cdf(at + h) - cdf(at - h)) / (2 * h) for h in (step, 2 * step))
                grown = (4 * narrow - wide) / 3
            assert mpmath.almosteq(grown, density(derived, point, at), 1e-12, mpmath.mpf(10) ** -30), point
            tested += 1
    assert tested, "no point is inside the support"


@pytest.mark.parametrize(("derived", "known"), with_fact("log_survival"))
def test_a_log_survival_is_that_of_the_distribution_function(derived, known):
    """Log P(Y > y) = log(1 - P(Y <= y))."""
    (cdf,) = (fact for fact in properties(derived) if fact.name == "cdf")
    for point in scene(derived, known):
        with mpmath.workdps(400):
            rest = 1 - value(cdf.expression, point, 200)
        if rest > mpmath.mpf(10) ** -150:
            stated = value(known.expression, point, DIGITS)
            assert mpmath.almosteq(stated, mpmath.log(rest), 1e-15, 1e-15), point


@pytest.mark.parametrize(("derived", "known"), with_fact("mode"))
def test_a_mode_is_nowhere_exceeded(derived, known):
    """The density is greatest there: near it and at random places of the support."""
    (data,) = derived.data
    for point in scene(derived, known):
        mode = value(known.expression, point, 2 * DIGITS)
        with mpmath.workdps(2 * DIGITS):
            # At an end of the support the mode is a limit.
            highest = value(derived.density, {**point, data.name: mode}, DIGITS) * (1 + TINY)
        if data.domain.discrete:
            near = [mode + step for step in range(-3, 4)]
        else:
            near = [mode + side * step * (abs(mode) or 1) for step in AWAY for side in (-1, 1)]
        random = Random(5)
        others = [inside(derived, data, point).typical(random) for _ in range(10)]
        for other in (*near, *map(mpmath.mpf, others)):
            assert density(derived, point, other) <= highest, (point, other)


@pytest.mark.parametrize(("derived", "known"), with_fact("deviance"))
def test_a_deviance_is_twice_the_dispersion_times_what_the_loss_is_above_its_least(derived, known):
    """deviance/(2 dispersion) + log p is free of the mean, and the deviance is 0 where the data are the mean."""
    facts = {fact.name: fact for fact in properties(derived)}
    (data,) = derived.data
    mean = facts["mean"].expression
    movable = [q for q in derived.parameters if q.role.learned and mean.has(q.plain)]
    fixed = facts["dispersion"].expression.free_symbols
    movable = [q for q in movable if q.plain not in fixed]
    for point in scene(derived, known):

        def rest(point):
            with mpmath.workdps(60):
                log_density = mpmath.log(value(derived.density, point, 60))
                dispersion = value(facts["dispersion"].expression, point, 60)
                return value(known.expression, point, 60) / (2 * dispersion) + log_density

        for quantity in movable:
            other = {**point, quantity.name: quantity.domain.typical(Random(7))}
            assert other[quantity.name] != point[quantity.name]
            assert mpmath.almosteq(rest(point), rest(other), 1e-15, 1e-15), (point, other)
        saturated = {**point, data.name: value(mean, point, 60)}
        assert abs(value(known.expression, saturated, 40)) < mpmath.mpf(10) ** -30
        assert value(known.expression, point, 40) >= 0
        assert math.isfinite(value(known.expression, point, 40))
