"""The pasted words of mixtures are as accurate as their docstrings say, against mpmath.

An error is measured beyond conditioning, as in `test_pasted_words`: by what one ulp in each real
argument explains; a count is exact.  The bounds were measured on thousands of points; a run draws a
sample of them.
"""

from functools import cache

import mpmath as mp
import numpy as np
import pytest
import torch

from tests.test_pasted_words import KINDS, LIBRARIES, WORDS, error, evaluate, ulp

SAMPLE = 20
DIGITS = 60


def psi(order, x):
    """The derivatives of log gamma; log gamma itself for the order -1."""
    return mp.loggamma(x) if order < 0 else mp.psi(order, x)


def multisets(r, y):
    return mp.loggamma(r + y) - mp.loggamma(r) - mp.loggamma(y + 1)


def second(order):
    """The second difference of a derivative of log gamma."""
    return lambda a, b, c: psi(order, a + b + c) - psi(order, a + b) - psi(order, a + c) + psi(order, a)


def slope(r, y, m):
    return mp.log1p(m / r) + (y - m) / (r + m) - (psi(0, r + y) - psi(0, r))


def curvature(r, y, m):
    return -m / (r * (r + m)) - (y - m) / (r + m) ** 2 - (psi(1, r + y) - psi(1, r))


def xlogy(a, b):
    return a * mp.log(b) if a else mp.mpf(0)


# word: its truth, which arguments are real, and the bound in float64 (float32 computes in float64: 1 ulp)
ROWS = {
    "_log_multiset": (multisets, (0,), 8),
    "_failures_by_odds": (
        lambda r, y, z: r * mp.log1p(mp.exp(z)) + y * mp.log1p(mp.exp(-z)) - multisets(r, y),
        (0, 2),
        4,
    ),
    "_failures_by_chance": (
        lambda r, y, p: -r * mp.log1p(-p) - xlogy(y, p) - multisets(r, y),
        (0, 2),
        4,
    ),
    "_gamma_poisson": (
        lambda r, y, m: r * mp.log1p(m / r) + y * mp.log1p(r / m) - multisets(r, y),
        (0, 2),
        4,
    ),
    "_gamma_poisson_slope": (slope, (0, 2), 16),
    "_gamma_poisson_curvature": (curvature, (0, 2), 16),
    "_gamma_poisson_log_curvature": (
        lambda r, y, m: r * slope(r, y, m) + r**2 * curvature(r, y, m),
        (0, 2),
        32,
    ),
    "_log_gamma_second_difference": (second(-1), (0, 1), 4),
    "_digamma_second_difference": (second(0), (0, 1), 4),
    "_trigamma_second_difference": (second(1), (0, 1), 4),
    "_logistic_balance": (lambda a, b, z: a / (1 + mp.exp(-z)) - b / (1 + mp.exp(z)), (0, 1, 2), 4),
    "_log_ratio": (lambda a, b: mp.log(a / b), (0, 1), 4),
    "_log1p_ratio": (lambda a, b: mp.log1p(a / b), (0, 1), 2),
}


@cache
def points(name, kind):
    """Arguments of ordinary and of any size, equal ones, counts up to a million, and both sides of each switch."""
    random = np.random.default_rng([11, *name.encode()])
    found = []
    for number in range(SAMPLE):
        decades = (0.5, 2, 6, 15 if kind is np.float64 else 10)[number % 4]
        one, other = 10 ** random.uniform(-decades, decades, 2)
        count = float((0, 1, 2, 3, random.integers(50), int(10 ** random.uniform(0, 6)))[number % 6])
        if number % 5 == 0:
            other = max(count, 1.0) * (1 + 10 ** random.uniform(-6, -1))
        if number % 7 == 0:
            other = one * (1 + 10 ** random.uniform(-6, -1))
        switch = (1.0, 2.0)[number % 2] * (1 + random.choice((-1, 0, 1)) * np.finfo(kind).eps)
        one = switch if number % 9 == 0 else one
        logit = float(random.choice((-1, 1))) * min(other, 400.0)
        found.append(
            {
                "_log_multiset": (one, count),
                "_failures_by_odds": (one, count, logit),
                "_failures_by_chance": (one, count, min(other / (1 + other), 1 - 2**-20)),
                "_logistic_balance": (count, count if number % 3 else one, logit),
                "_log_ratio": (one, other),
                "_log1p_ratio": (one, other),
            }.get(name, (one, other, count) if "second" in name else (one, count, other))
        )
    return tuple(np.array(column, kind) for column in zip(*found, strict=True))


@cache
def truths(name, kind):
    """At each point the truth, confirmed at twice the digits, and what one ulp in each real argument explains."""
    function, real, _ = ROWS[name]
    found = []
    for point in zip(*points(name, kind), strict=True):
        exact = [mp.mpf(float(number)) for number in point]
        with mp.workdps(320):
            twice = function(*exact)
        with mp.workdps(160):
            value = function(*exact)
            assert abs(value - twice) <= max(abs(twice), mp.mpf(10) ** -100) * mp.mpf(10) ** -25, point
            slack = mp.mpf(0)
            for place in real:
                step = exact[place] * mp.mpf(10) ** -50
                moved = list(exact)
                moved[place] += step
                slack += abs((function(*moved) - value) / step) * ulp(exact[place], kind) if step else 0
        # Close to their zeros the derivatives of the cost stay within eight times what one ulp explains.
        found.append((value, slack * (8 if "_gamma_poisson_" in name else 1)))
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", ROWS)
def test_bounds(name, library, kind):
    """Beyond conditioning no error exceeds the measured bound; float32 is rounded once, at the end."""
    arrays = points(name, kind)
    values = evaluate(library, name, *arrays)
    assert values.dtype == kind
    worst = (0.0, None)
    with mp.workdps(DIGITS):
        for value, (truth, slack), *point in zip(values, truths(name, kind), *arrays, strict=True):
            given = [float(number) for number in point]
            worst = max(worst, (error(value, truth, slack, kind), given), key=lambda pair: pair[0])
    assert worst[0] <= (ROWS[name][2] if kind is np.float64 else 1), worst


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_has_not_happened_costs_nothing(library):
    """No count has no second difference and one multiset; equal numbers have no logarithm of their ratio."""
    size = np.array([1e-100, 1e-3, 1.0, 7.5, 1e100])
    for name in ("_log_gamma_second_difference", "_digamma_second_difference", "_trigamma_second_difference"):
        np.testing.assert_array_equal(evaluate(library, name, size, size[::-1].copy(), 0 * size), 0)
    np.testing.assert_array_equal(evaluate(library, "_log_multiset", size, 0 * size), 0)
    np.testing.assert_array_equal(evaluate(library, "_log_ratio", size, size), 0)
    np.testing.assert_array_equal(evaluate(library, "_logistic_balance", size, size, 0 * size), 0)


@pytest.mark.parametrize("library", LIBRARIES)
def test_poisson_is_the_limit(library):
    """For a shape of 1e100 the cost is Poisson's, and its derivatives in the shape are ((y - m)^2 - y)/(2 r^2) and so on."""
    y, m = np.array([0.0, 1.0, 2.0, 10.0, 1e6]), np.array([1e-6, 0.5, 7.0, 11.0, 1.002e6])
    r = np.full(5, 1e100)
    cost = evaluate(library, "_gamma_poisson", r, y, m)
    with mp.workdps(40):
        poisson = [
            float(b - xlogy(a, b) + mp.loggamma(a + 1)) for a, b in zip(map(mp.mpf, y), m, strict=True)
        ]
    np.testing.assert_allclose(cost, poisson, rtol=1e-14)
    excess = (y - m) ** 2 - y
    excess[1] = 0.5**2 - 2 * 0.5
    np.testing.assert_allclose(
        evaluate(library, "_gamma_poisson_slope", r, y, m), excess / 2 / r**2, rtol=1e-9
    )
    np.testing.assert_allclose(
        evaluate(library, "_gamma_poisson_curvature", r, y, m), -excess / r**3, rtol=1e-9
    )
    np.testing.assert_allclose(
        evaluate(library, "_gamma_poisson_log_curvature", r, y, m), -excess / 2 / r, rtol=1e-9
    )


def everything(a, b, c):
    """Every Torch word."""
    words = WORDS["torch"]
    return [
        getattr(words, name)(
            *((a, c) if name in ("_log_multiset", "_log_ratio", "_log1p_ratio") else (a, b, c))
        )
        for name in ROWS
    ]


@pytest.mark.parametrize(
    ("transformation", "dtype"),
    [("compile", torch.float32), ("vmap", torch.float64), ("vmap", torch.float32)],
    ids=str,
)
def test_transformed(transformation, dtype):
    """One graph of all words, and all words mapped over a batch, give what plain calls give."""
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.exp(2 * torch.randn(6, 5, dtype=dtype, generator=generator)) for _ in range(2))
    c = torch.rand(6, 5, dtype=dtype, generator=generator)
    plain = everything(a, b, c)
    assert all(value.dtype is dtype for value in plain)
    if transformation == "compile":
        transformed = torch.compile(everything, fullgraph=True, backend="aot_eager")
    else:
        transformed = torch.func.vmap(everything)
    tolerance = 8 * torch.finfo(dtype).eps
    for value, other in zip(plain, transformed(a, b, c), strict=True):
        torch.testing.assert_close(value, other, rtol=tolerance, atol=tolerance)
