"""Slopes and curvatures of powers of absolute values are as accurate as their docstrings say, against mpmath."""

import mpmath as mp
import numpy as np
import pytest
import torch

from tests.test_pasted_words import KINDS, LIBRARIES, WORDS, error, ulp

COUNT = 300
BOUNDS = {
    "_absolute_power_slope": 3,
    "_absolute_power_curvature": 4,
    "_absolute_power_curvature_over": 5,
    "_absolute_power_log_slope": 4,
    "_absolute_power_slope_over": 6,
    "_absolute_power_log_slope_over": 6,
}
TRUTH = {
    "_absolute_power_slope": lambda a, b: b * abs(a) ** (b - 1) * mp.sign(a),
    "_absolute_power_curvature": lambda a, b: b * (b - 1) * abs(a) ** (b - 2),
    "_absolute_power_curvature_over": lambda a, b, c: b * (b - 1) * abs(a) ** (b - 2) / c**2,
    "_absolute_power_log_slope": lambda a, b: abs(a) ** (b - 1) * mp.sign(a) * (1 + b * mp.log(abs(a))),
    "_absolute_power_slope_over": lambda a, b, c: b * abs(a) ** (b - 1) * mp.sign(a) / c,
    "_absolute_power_log_slope_over": lambda a, b, c: (
        abs(a) ** (b - 1) * mp.sign(a) * (1 + b * mp.log(abs(a))) / c
    ),
}


def points(name, kind):
    """Numbers, powers and divisors of many sizes, and powers at which b is lowered in another way."""
    random = np.random.default_rng([7, *name.encode()])
    a = random.choice([-1, 1], COUNT) * 10 ** random.uniform(-8, 8, COUNT)
    b = np.concatenate([10 ** random.uniform(-6, 0.6, COUNT // 2), random.uniform(0.1, 4, COUNT // 2)])
    a, b = a.astype(kind), b.astype(kind)
    switches = [np.nextafter(kind(at), kind(end)) for at in (0.5, 1.5) for end in (-np.inf, at, np.inf)]
    b[: 3 * len(switches)] = np.repeat(switches, 3)
    c = (10 ** random.uniform(-8, 8, COUNT)).astype(kind)
    return (a, b, c)[: TRUTH[name].__code__.co_argcount]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", BOUNDS)
def test_within_the_stated_bound(name, library, kind):
    """The excess over conditioning stays below what the docstring says."""
    drawn = points(name, kind)
    function = getattr(WORDS[library], name)
    given = drawn if library == "numpy" else map(torch.from_numpy, drawn)
    values = np.asarray(function(*given))
    assert values.dtype == kind
    with mp.workdps(60):
        for value, *numbers in zip(values, *drawn, strict=True):
            exact = [mp.mpf(float(number)) for number in numbers]
            slack = mp.fsum(
                abs(mp.diff(TRUTH[name], tuple(exact), tuple(order))) * ulp(float(number), kind)
                for order, number in zip(np.eye(len(numbers), dtype=int).tolist(), numbers, strict=True)
            )
            assert error(value, TRUTH[name](*exact), slack, kind) <= BOUNDS[name], numbers


@pytest.mark.parametrize("library", LIBRARIES)
def test_at_zero(library):
    """The slopes are 0 there, and so is the curvature at a kink; between 1 and 2 it is infinite."""
    b = np.array([0.3, 1.0, 1.5, 2.0, 2.5])
    a = np.zeros_like(b)
    drawn = (a, b, np.ones_like(b))
    given = drawn if library == "numpy" else tuple(map(torch.from_numpy, drawn))
    found = [
        np.asarray(getattr(WORDS[library], name)(*given[: TRUTH[name].__code__.co_argcount]))
        for name in BOUNDS
    ]
    curvature = [0, 0, np.inf, 2, 0]
    slopes = [[0] * 5] * 3
    np.testing.assert_array_equal(found, [[0] * 5, curvature, curvature, *slopes])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", LIBRARIES)
def test_curvature_over_a_square_outlives_its_factors(library, kind):
    """Where the curvature vanishes by itself and the quotient does not, that is right."""
    tiny = -60 if kind is np.float64 else -8
    drawn = [np.array([10.0**n], kind) for n in (-2.4 * tiny, tiny, tiny)]
    given = drawn if library == "numpy" else map(torch.from_numpy, drawn)
    (value,) = np.asarray(WORDS[library]._absolute_power_curvature_over(*given))
    with mp.workdps(60):
        truth = TRUTH["_absolute_power_curvature_over"](*(mp.mpf(float(n[0])) for n in drawn))
    assert abs(value / float(truth) - 1) < 1e-6


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", ["_absolute_power_slope_over", "_absolute_power_log_slope_over"])
def test_slopes_over_a_divisor_outlive_their_factors(name, library, kind):
    """Where the slope overflows by itself and the quotient does not, that is right."""
    power, divisor = (32.0, 1e20) if kind is np.float64 else (40.5, 1e5)
    drawn = [np.array([n], kind) for n in (1e10 if kind is np.float64 else 10.0, power, divisor)]
    given = drawn if library == "numpy" else map(torch.from_numpy, drawn)
    (value,) = np.asarray(getattr(WORDS[library], name)(*given))
    with mp.workdps(60):
        truth = TRUTH[name](*(mp.mpf(float(n[0])) for n in drawn))
    assert abs(value / float(truth) - 1) < 1e-6
