"""The pasted words of counts are as accurate as their docstrings say, against mpmath.

An error is measured beyond conditioning, as in `test_pasted_words`. The bounds were measured on
thousands of points; a run draws a sample of them.
"""

from functools import cache
from itertools import pairwise

import mpmath as mp
import numpy as np
import pytest
import torch

from tests.test_pasted_words import DIGITS, KINDS, LIBRARIES, WORDS, bound, error, evaluate, ulp

SAMPLE = 60
OF_STIRLING = ("_stirling_correction", "_stirling_correction_slope", "_stirling_correction_curvature")
BOUNDS = {  # word: the bound in float64 for numpy and torch, then in float32
    "_stirling_correction": (4, 4, 0.5, 4),
    "_stirling_correction_slope": (3, 3, 0.5, 3.5),
    "_stirling_correction_curvature": (3.5, 3.5, 0.5, 3.5),
    "_log_binomial": (3, 3, 0.5, 3.5),
}
CASES = [
    pytest.param(name, library, kind, id=f"{name}-{library}-{kind.__name__}")
    for name in BOUNDS
    for library in LIBRARIES
    for kind in KINDS
]


# Truth ------------------------------------------------------------------------------------------


def stirling_truth(order, x, factor=1):
    """The derivative of that order of log Gamma(x) - ((x - 1/2) log x - x + log(2 pi)/2)."""
    with mp.workdps(factor * int(DIGITS + 4 * abs(mp.log10(x)))):
        return (
            lambda: mp.loggamma(x) - (x - 0.5) * mp.log(x) + x - mp.log(2 * mp.pi) / 2,
            lambda: mp.digamma(x) - mp.log(x) + 1 / (2 * x),
            lambda: mp.psi(1, x) - 1 / x - 1 / (2 * x**2),
            lambda: mp.psi(2, x) + 1 / x**2 + 1 / x**3,
        )[order]()


def log_binomial_truth(n, k, factor=1):
    """The word's value and its derivatives in n and in k."""
    if k in (0, n):
        value = mp.mpf(0)
    least = min(1, k or 1, n - k or 1)
    with mp.workdps(factor * int(DIGITS + max(0, mp.log10(n)) - 3 * mp.log10(least))):
        if k not in (0, n):
            value = mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1)
        rest = mp.digamma(n - k + 1)
        return value, mp.digamma(n + 1) - rest, rest - mp.digamma(k + 1)


def truth_at(name, exact, factor=1):
    """The word's value, then its derivative in each argument."""
    if name == "_log_binomial":
        return log_binomial_truth(*exact, factor)
    order = OF_STIRLING.index(name)
    return [stirling_truth(order + step, *exact, factor) for step in (0, 1)]


def near(place, kind, random, count=SAMPLE // 2):
    """Numbers at relative distances from a tenth to a few ulp of a place."""
    smallest = -15 if kind is np.float64 else -6.5
    return place * (1 + 10 ** random.uniform(smallest, -1, count) * random.choice((-1, 1), count))


@cache
def points(name, kind):
    """Ordinary, tiny and huge arguments, and arguments near the switches; whole and fractional counts."""
    random = np.random.default_rng([7, *name.encode()])
    if name != "_log_binomial":
        end = 25 if kind is np.float64 else 12
        ends, middle = ((-end, end), (-2, 2))
        drawn = (10 ** random.uniform(*ends, SAMPLE), 10 ** random.uniform(*middle, 2 * SAMPLE))
        return (np.concatenate([*drawn, near(0.1, kind, random)]).astype(kind),)
    end, most = (15, 300) if kind is np.float64 else (7, 37)
    share = random.uniform(0, 1, SAMPLE)
    whole = np.floor(10 ** random.uniform(0, end, SAMPLE))
    ordinary, tiny = 10 ** random.uniform(-2, 2, SAMPLE), 10 ** random.uniform(-8, 0, SAMPLE)
    huge, small = 10 ** random.uniform(0, most, SAMPLE), 10 ** random.uniform(-6, 0, SAMPLE)
    two, half = near(2, kind, random), near(0.5, kind, random)
    pairs = (
        (whole, np.floor(whole * share)),
        (whole, np.floor(whole**share)),
        (whole, whole - np.floor(whole**share)),
        (ordinary, ordinary * share),
        (ordinary, ordinary * small),
        (ordinary, ordinary * (1 - small)),
        (tiny, tiny * share),
        (huge, np.minimum(huge, 10 * share)),
        (two * (2 + ordinary[: len(two)]), two),
        (half * (1 + share[: len(half)]), half),
    )
    n, k = (np.concatenate(column).astype(kind) for column in zip(*pairs, strict=True))
    return n, np.minimum(k, n)


@cache
def truths(name, kind):
    """At each point the truth and what one ulp in each argument explains."""
    found = []
    for point in zip(*points(name, kind), strict=True):
        exact = [mp.mpf(float(number)) for number in point]
        value, *slopes = truth_at(name, exact)
        with mp.workdps(DIGITS):
            parts = (abs(slope) * ulp(x, kind) for slope, x in zip(slopes, exact, strict=True) if x)
            found.append((value, mp.fsum(parts)))
    return found


# Accuracy ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "library", "kind"), CASES)
def test_bounds(name, library, kind):
    """Beyond conditioning no error exceeds the measured bound."""
    arrays = points(name, kind)
    values = evaluate(library, name, *arrays)
    worst = (0.0, None)
    with mp.workdps(DIGITS):
        for value, (truth, slack), *point in zip(values, truths(name, kind), *arrays, strict=True):
            given = [float(number) for number in point]
            worst = max(worst, (error(value, truth, slack, kind), given), key=lambda pair: pair[0])
    assert worst[0] <= bound(BOUNDS[name], library, kind), worst


@pytest.mark.parametrize("name", BOUNDS)
def test_truth_at_twice_the_digits(name):
    """The truth itself has 25 digits: twice the working precision gives the same."""
    places = (1e-25, 0.02, 0.1, 3.7, 1e12, 1e25)
    pairs = ((1e15, 3.0), (1e15, 5e14), (7.0, 2.0), (1e-8, 1e-12), (3.5, 1e-9), (1e300, 4.0))
    for point in pairs if name == "_log_binomial" else [(x,) for x in places]:
        exact = [mp.mpf(number) for number in point]
        for once, twice in zip(truth_at(name, exact), truth_at(name, exact, 2), strict=True):
            assert abs(once - twice) <= abs(twice) * mp.mpf(10) ** -25, point


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", LIBRARIES)
def test_switch_of_stirling(library, kind):
    """One ulp below 0.1, at it and one ulp above, value and both derivatives are within their bounds."""
    middle = kind(0.1)
    array = np.array([np.nextafter(middle, kind(0)), middle, np.nextafter(middle, kind(1))])
    for name in OF_STIRLING:
        for value, x in zip(evaluate(library, name, array), array, strict=True):
            truth, slope = truth_at(name, [mp.mpf(float(x))])
            slack = abs(slope) * ulp(mp.mpf(float(x)), kind)
            assert error(value, truth, slack, kind) <= bound(BOUNDS[name], library, kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", LIBRARIES)
def test_switches_of_the_binomial(library, kind):
    """Where the smaller count passes 2 and the larger one 1/2, one ulp to each side changes nothing else."""
    up, down = kind(9), kind(0)
    pairs = [(k + 3, k) for k in (np.nextafter(kind(2), down), kind(2), np.nextafter(kind(2), up))]
    halves = (np.nextafter(kind(0.5), down), kind(0.5), np.nextafter(kind(0.5), up))
    pairs += [(k + kind(0.25), k) for k in halves]
    n, k = (np.array(column, kind) for column in zip(*pairs, strict=True))
    for value, first, second in zip(evaluate(library, "_log_binomial", n, k), n, k, strict=True):
        exact = [mp.mpf(float(first)), mp.mpf(float(second))]
        truth, *slopes = log_binomial_truth(*exact)
        slack = sum(abs(slope) * ulp(x, kind) for slope, x in zip(slopes, exact, strict=True))
        assert error(value, truth, slack, kind) <= bound(BOUNDS["_log_binomial"], library, kind)


@pytest.mark.parametrize(("name", "other"), list(pairwise(OF_STIRLING)))
@pytest.mark.parametrize("library", LIBRARIES)
def test_words_are_each_others_derivatives(name, other, library):
    """A fit of the word has the derivative that the other word gives, also across the switch."""
    for low, high in ((0.09, 0.11), (0.4, 0.6), (5.0, 8.0)):
        x = (low + high) / 2 + (high - low) / 2 * np.cos(np.pi * (np.arange(20) + 0.5) / 20)
        fit = np.polynomial.Chebyshev.fit(x, evaluate(library, name, x), 19)
        inside = np.linspace(low, high, 7)[1:-1]
        scale = np.abs(fit(inside)).max() / (high - low)
        np.testing.assert_allclose(
            fit.deriv()(inside), evaluate(library, other, inside), rtol=0, atol=1e-12 * scale
        )


@pytest.mark.parametrize("library", LIBRARIES)
def test_derivatives_of_the_binomial(library):
    """Its derivatives in n are differences of digamma and trigamma, of which k = 0 makes zero."""
    n = np.array([1e15, 12.0, 3.5, 1e15])
    k = np.array([3.0, 5.0, 1e-9, 0.0])
    for name, order in (("_digamma_difference", 0), ("_trigamma_difference", 1)):
        values = evaluate(library, name, n - k + 1, k)
        with mp.workdps(DIGITS):
            pairs = [(mp.mpf(a), mp.mpf(b)) for a, b in zip(n, k, strict=True)]
            truth = [float(mp.psi(order, a + 1) - mp.psi(order, a - b + 1)) for a, b in pairs]
        np.testing.assert_allclose(values, truth, rtol=1e-9 if order else 1e-14, atol=0)


# The ends ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", LIBRARIES)
def test_ends_of_the_range(library, kind):
    """One way to choose none or all; nan stays nan; the largest numbers give no nan and no infinity."""
    big, tiny = np.finfo(kind).max, np.finfo(kind).tiny
    n, k = np.array([[0, 0], [0.25, 0], [0.25, 0.25], [1, 0], [1, 1], [7, 7], [1e7, 0], [big, 0]], kind).T
    np.testing.assert_array_equal(evaluate(library, "_log_binomial", n, k), 0)
    n, k = np.array([[big, 3], [big, big / 2], [big, tiny], [1, tiny], [1e-30, tiny]], kind).T
    values = evaluate(library, "_log_binomial", n, k)
    assert np.isfinite(values).all() and (values >= 0).all() and (values[:4] > 0).all()
    broken = np.array([[np.nan, 1], [3, np.nan]], kind).T
    assert np.isnan(evaluate(library, "_log_binomial", *broken)).all()
    for name in OF_STIRLING:
        values = evaluate(library, name, np.array([big, 1, np.nan], kind))
        assert np.isfinite(values[:2]).all() and np.isnan(values[2]), name
    for name in OF_STIRLING[:2]:
        assert np.isfinite(evaluate(library, name, np.array([tiny], kind))).all(), name


@pytest.mark.parametrize("library", LIBRARIES)
def test_numbers_beside_arrays(library):
    """Arguments broadcast, and whole numbers are answered in the floating dtype."""
    n = np.array([4.0, 1e15])
    table = evaluate(library, "_log_binomial", n[:, None], np.array([[0.0, 2.0]]))
    np.testing.assert_allclose(table, [[0, np.log(6)], [0, np.log(1e15) + np.log(1e15 - 1) - np.log(2)]])
    if library == "numpy":
        assert WORDS["numpy"]._log_binomial(4, 2) == pytest.approx(np.log(6), rel=1e-15)
    else:
        assert WORDS["torch"]._log_binomial(torch.tensor(4.0), 2).item() == pytest.approx(np.log(6), rel=1e-6)


# Under Torch's transformations ------------------------------------------------------------------


def everything(x, n, k):
    """Every Torch word."""
    words = WORDS["torch"]
    return [getattr(words, name)(x) for name in OF_STIRLING] + [words._log_binomial(n, k)]


@pytest.mark.parametrize(
    ("transformation", "dtype"),
    [("compile", torch.float32), ("vmap", torch.float64), ("vmap", torch.float32)],
    ids=str,
)
def test_transformed(transformation, dtype):
    """One graph of all words, and all words mapped over a batch, give what plain calls give."""
    generator = torch.Generator().manual_seed(0)
    x, k, d = (torch.exp(2 * torch.randn(6, 5, dtype=dtype, generator=generator)) for _ in range(3))
    plain = everything(x, k + d, k)
    assert all(value.dtype is dtype for value in plain)
    if transformation == "compile":
        transformed = torch.compile(everything, fullgraph=True, backend="aot_eager")
    else:
        transformed = torch.func.vmap(everything)
    tolerance = 4 * torch.finfo(dtype).eps
    for value, other in zip(plain, transformed(x, k + d, k), strict=True):
        torch.testing.assert_close(value, other, rtol=tolerance, atol=tolerance)
