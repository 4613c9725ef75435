"""The pasted words of tails are as accurate as their docstrings say, against mpmath.

An error is measured beyond conditioning, as in `test_pasted_words`: by what one ulp in each argument explains.
"""

import mpmath as mp
import numpy as np
import pytest
import torch

from tests.test_pasted_words import KINDS, LIBRARIES, WORDS, error, ulp

SAMPLE = 60


def exponent(a, b, c):
    return mp.log1p(c * a / b) / c


def slope(a, b, c):
    return (a / (b + c * a) - exponent(a, b, c)) / c


def curvature(a, b, c):
    return -((a / (b + c * a)) ** 2 + 2 * slope(a, b, c)) / c


def by_log(function):
    return lambda a, b, c: function(a, mp.exp(b), c)


# word: its truth, and its bound in float64; in float32 the result is rounded once
ROWS = {
    "_tail_exponent": (exponent, 2),
    "_tail_exponent_slope": (slope, 4),
    "_tail_exponent_curvature": (curvature, 6),
    "_log_tail_scale_by_log": (by_log(lambda a, b, c: mp.log(b + c * a)), 3),
    "_tail_rate_by_log": (by_log(lambda a, b, c: 1 / (b + c * a)), 2),
    "_tail_rest_by_log": (by_log(lambda a, b, c: b / (b + c * a)), 2),
    "_tail_share_by_log": (by_log(lambda a, b, c: a / (b + c * a)), 2),
    "_tail_bend_by_log": (by_log(lambda a, b, c: c / (b + c * a)), 2),
    "_tail_exponent_by_log": (by_log(exponent), 3),
    "_tail_exponent_slope_by_log": (by_log(slope), 6),
    "_tail_exponent_curvature_by_log": (by_log(curvature), 8),
}
LIMITS = {
    "_tail_exponent": lambda z: z,
    "_tail_exponent_slope": lambda z: -(z**2) / 2,
    "_tail_exponent_curvature": lambda z: 2 * z**3 / 3,
}


def points(name, kind):
    """Excesses, scales and shapes of many sizes; x = c a/b of any size, near -1, and at the switches of the code."""
    random = np.random.default_rng([19, *name.encode()])
    end = 30 if kind is np.float64 else 6
    b = 10 ** random.uniform(-end, end, SAMPLE)
    c = random.choice((-1, 1), SAMPLE) * 10 ** random.uniform(-end, end, SAMPLE)
    x = 10 ** random.uniform(-end, end, SAMPLE)
    x = np.where(random.random(SAMPLE) < 0.3, -random.uniform(0.01, 0.999, SAMPLE), x)
    x = np.where(random.random(SAMPLE) < 0.1, -(1 - 10 ** random.uniform(-4, -1, SAMPLE)), x)
    x[:6] = [2.0, -2 / 3, 1.0, -0.5, -0.7, 2.1]
    a, b, c = (x * b / c).astype(kind), b.astype(kind), c.astype(kind)
    a[:2], b[:2], c[:2] = (2.0, -2.0), (1.0, 3.0), (1.0, 1.0)
    for place, end in ((2, -np.inf), (3, np.inf)):
        a[place], b[place], c[place] = 2.0, 1.0, np.nextafter(kind(1), kind(end))
    a[4:6], b[4:6], c[4:6] = (1.0, 1.0), (1.0, 1.0), (1.0, np.nextafter(kind(1), kind(2)))
    if name.endswith("_by_log"):
        b = np.log(b.astype(float)).astype(kind)
    scale = np.exp(b.astype(float)) if name.endswith("_by_log") else b.astype(float)
    inside = scale + c.astype(float) * a.astype(float) > 1e-5 * scale
    return a[inside], b[inside], c[inside]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", ROWS)
def test_within_the_stated_bound(name, library, kind):
    """The excess over conditioning stays below what the docstring says."""
    truth, bound = ROWS[name]
    given = points(name, kind)
    values = getattr(WORDS[library], name)(*(given if library == "numpy" else map(torch.from_numpy, given)))
    values = np.asarray(values)
    assert values.dtype == kind
    with mp.workdps(150):
        for value, *numbers in zip(values, *given, strict=True):
            exact = [mp.mpf(float(number)) for number in numbers]
            slack = mp.fsum(
                abs(mp.diff(truth, tuple(exact), order)) * ulp(float(number), kind)
                for order, number in zip(((1, 0, 0), (0, 1, 0), (0, 0, 1)), numbers, strict=True)
            )
            most = bound if kind is np.float64 else 0.51
            assert error(value, truth(*exact), slack, kind) <= most, numbers


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", LIMITS)
def test_exponential_tail(name, library):
    """At c = 0, and where c a/b underflows, the word is its limit."""
    a = np.array([0.0, 1.5, -2.0, 1e-30, 40.0])
    b = np.array([1.0, 2.0, 0.5, 3.0, 0.125])
    for c in (np.zeros(5), np.full(5, 5e-324)):
        given = (a, b, c) if library == "numpy" else tuple(map(torch.from_numpy, (a, b, c)))
        found = np.asarray(getattr(WORDS[library], name)(*given))
        np.testing.assert_allclose(found, LIMITS[name](a / b), rtol=1e-15)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", LIBRARIES)
def test_width(library, kind):
    """The logarithm of a difference is rounded once, and finite where the difference is not."""
    most = np.finfo(kind).max
    ends = [(1.5, 0.25), (1.0, 1 - 2.0**-20), (most, -most), (most, 0.0), (3e-30, -1e-30), (7.0, 6.0)]
    a, b = np.array(ends, kind).T.copy()
    given = (a, b) if library == "numpy" else (torch.from_numpy(a), torch.from_numpy(b))
    found = np.asarray(WORDS[library]._log_width(*given))
    truth = [
        float(mp.log(mp.mpf(float(one)) - mp.mpf(float(other)))) for one, other in zip(a, b, strict=True)
    ]
    assert found.dtype == kind
    np.testing.assert_allclose(found, truth, rtol=2 * np.finfo(kind).eps, atol=0)
