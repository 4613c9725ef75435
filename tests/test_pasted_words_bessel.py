"""The pasted Bessel words are as accurate as their docstrings say, against mpmath.

An error is measured beyond conditioning, as in `test_pasted_words`. The bounds were measured on
tens of thousands of points; a run draws a sample of them.
"""

from functools import cache

import mpmath as mp
import numpy as np
import pytest
import torch

from tests.test_pasted_words import DIGITS, KINDS, LIBRARIES, WORDS, bound, error, evaluate, ulp

SAMPLE = 120
SWITCH = 8.0  # where a quotient in k^2 gives way to a polynomial in 1/k

BOUNDS = {  # word: the bound in float64 for numpy and torch, then in float32
    "_log_bessel_0": (1.5, 1.5, 0.5, 1.5),
    "_log_bessel_0_scaled": (3.5, 3.5, 0.5, 3.5),
    "_bessel_ratio": (4, 4, 0.5, 4),
    "_bessel_ratio_complement": (3.5, 3.5, 0.5, 3.5),
    "_bessel_ratio_slope": (3, 3, 0.5, 3),
    "_bessel_ratio_curvature": (4, 4, 0.5, 3),
    "_scaled_complement_slope": (4, 4, 0.5, 0.5),
    "_one_minus_cosine": (1.5, 1.5, 0.5, 1.5),
}
OF_BESSEL = [name for name in BOUNDS if name != "_one_minus_cosine"]
SWITCHES = [*((name, SWITCH) for name in OF_BESSEL), ("_log_bessel_0_scaled", 4.0)]
DERIVATIVE = {  # word: the word that is its derivative, and its sign
    "_log_bessel_0": ("_bessel_ratio", 1),
    "_log_bessel_0_scaled": ("_bessel_ratio_complement", -1),
    "_bessel_ratio": ("_bessel_ratio_slope", 1),
    "_bessel_ratio_complement": ("_bessel_ratio_slope", -1),
    "_bessel_ratio_slope": ("_bessel_ratio_curvature", 1),
}
CASES = [
    pytest.param(name, library, kind, id=f"{name}-{library}-{kind.__name__}")
    for name in BOUNDS
    for library in LIBRARIES
    for kind in KINDS
]


# Truth ------------------------------------------------------------------------------------------


def bessel_truths(k, factor=1):
    """Each word's value and derivative at k, from I0 and I1 with digits for all that cancels."""
    with mp.workdps(factor * int(DIGITS + 4 * abs(mp.log10(k)))):
        whole, first = mp.besseli(0, k), mp.besseli(1, k)
        ratio = first / whole
        slope = 1 - ratio / k - ratio**2
        curvature = ratio / k**2 - slope / k - 2 * ratio * slope
        third = -2 * ratio / k**3 + 2 * slope / k**2 - curvature / k - 2 * slope**2 - 2 * ratio * curvature
        return {
            "_log_bessel_0": (mp.log(whole), ratio),
            "_log_bessel_0_scaled": (mp.log(whole) - k, ratio - 1),
            "_bessel_ratio": (ratio, slope),
            "_bessel_ratio_complement": (1 - ratio, -slope),
            "_bessel_ratio_slope": (slope, curvature),
            "_bessel_ratio_curvature": (curvature, third),
            "_scaled_complement_slope": (1 - ratio - k * slope, -2 * slope - k * curvature),
        }


def truths_at(name, x, factor=1):
    """The word's value and derivative."""
    if name == "_one_minus_cosine":
        with mp.workdps(factor * (DIGITS + 340)):
            return 2 * mp.sin(x / 2) ** 2, mp.sin(x)
    return bessel_truths(x, factor)[name]


@cache
def points(name, kind, count=SAMPLE):
    """Ordinary, wide and extreme numbers, and numbers near the switch (the cosine: near its zeros)."""
    random = np.random.default_rng([5, *name.encode()])
    end = 300 if kind is np.float64 else 37
    smallest = -15 if kind is np.float64 else -6.5
    steps = 10 ** random.uniform(smallest, -1, count) * random.choice((-1, 1), count)
    if name == "_one_minus_cosine":
        found = (
            random.uniform(-10, 10, 2 * count),
            10 ** random.uniform(-end / 2, 15 if kind is np.float64 else 6, count),
            2 * np.pi * random.integers(-5, 6, count) + steps,
        )
    else:
        found = (
            random.uniform(0, 12, 2 * count),
            10 ** random.uniform(-3, 3, count),
            10 ** random.uniform(-end, end, count),
            SWITCH * (1 + steps),
        )
    return np.concatenate(found).astype(kind)


@cache
def found(kind):
    """The Bessel truths at the points, which all words share."""
    return [bessel_truths(mp.mpf(float(k))) for k in points("", kind)]


# Accuracy ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "library", "kind"), CASES)
def test_bounds(name, library, kind):
    """Beyond conditioning no error exceeds the measured bound, over the whole range of the dtype."""
    if name == "_one_minus_cosine":
        array = points(name, kind)
        exact = [truths_at(name, mp.mpf(float(x))) for x in array]
    else:
        array = points("", kind)
        exact = [row[name] for row in found(kind)]
    worst = (0.0, None)
    with mp.workdps(DIGITS):
        for value, x, (truth, slope) in zip(evaluate(library, name, array), array, exact, strict=True):
            slack = abs(slope) * ulp(mp.mpf(float(x)), kind)
            worst = max(worst, (error(value, truth, slack, kind), float(x)), key=lambda pair: pair[0])
    assert worst[0] <= bound(BOUNDS[name], library, kind), worst


@pytest.mark.parametrize("name", BOUNDS)
def test_truth_at_twice_the_digits(name):
    """The truth itself has 25 digits: twice the working precision gives the same."""
    for x in (1e-300, 1e-8, 0.7, 7.99, 8.01, 600.0, 1e15, 1e300):
        for once, twice in zip(truths_at(name, mp.mpf(x)), truths_at(name, mp.mpf(x), 2), strict=True):
            assert abs(once - twice) <= abs(twice) * mp.mpf(10) ** -25, x


# The switch -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(("name", "switch"), SWITCHES)
def test_value_at_the_switch(name, switch, library, kind):
    """One ulp below the switch, at it and one ulp above, the values are within the bound of the truth."""
    middle = kind(switch)
    array = np.array([np.nextafter(middle, kind(0)), middle, np.nextafter(middle, kind(9))])
    for value, k in zip(evaluate(library, name, array), array, strict=True):
        truth, slope = truths_at(name, mp.mpf(float(k)))
        slack = abs(slope) * ulp(mp.mpf(float(k)), kind)
        assert error(value, truth, slack, kind) <= bound(BOUNDS[name], library, kind)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(("name", "switch"), SWITCHES)
def test_derivatives_at_the_switch(name, switch, library):
    """Both sides have the same two derivatives there, which are the truth's."""
    nodes = np.cos(np.pi * (np.arange(17) + 0.5) / 17)
    for side in (-1, 1):
        k = switch + side * (1 + nodes)
        fit = np.polynomial.Chebyshev.fit(k, evaluate(library, name, k), 16)
        truth, slope = truths_at(name, mp.mpf(switch))
        with mp.workdps(DIGITS):
            step = mp.mpf(10) ** -20
            bend = (truths_at(name, switch + step)[1] - truths_at(name, switch - step)[1]) / (2 * step)
        scale = abs(float(truth))
        assert abs(fit.deriv()(switch) - float(slope)) <= 1e-12 * scale
        assert abs(fit.deriv(2)(switch) - float(bend)) <= 1e-10 * scale


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", DERIVATIVE)
def test_words_are_each_others_derivatives(name, library):
    """A fit of the word has the derivative that the other word gives, also across the switch."""
    other, sign = DERIVATIVE[name]
    for low, high in ((0.0, 1.5), (3.0, 4.5), (7.25, 8.75), (20.0, 30.0)):
        k = (low + high) / 2 + (high - low) / 2 * np.cos(np.pi * (np.arange(20) + 0.5) / 20)
        fit = np.polynomial.Chebyshev.fit(k, evaluate(library, name, k), 19)
        inside = np.linspace(low, high, 7)[1:-1]
        np.testing.assert_allclose(
            fit.deriv()(inside),
            sign * evaluate(library, other, inside),
            rtol=0,
            atol=1e-12 * np.abs(fit(inside)).max(),
        )


# The ends ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", LIBRARIES)
def test_ends_of_the_range(library, kind):
    """At 0 stand the limits; the largest numbers give no nan; nan stays nan."""
    at_zero = {
        "_log_bessel_0": 0,
        "_log_bessel_0_scaled": 0,
        "_bessel_ratio": 0,
        "_bessel_ratio_complement": 1,
        "_bessel_ratio_slope": 0.5,
        "_bessel_ratio_curvature": 0,
        "_scaled_complement_slope": 1,
        "_one_minus_cosine": 0,
    }
    for name, limit in at_zero.items():
        values = evaluate(library, name, np.array([0, np.nan], kind)).astype(float)
        np.testing.assert_equal(np.abs(values), [limit, np.nan])
        largest = evaluate(library, name, np.array([np.finfo(kind).max], kind))
        assert np.isfinite(largest).all(), name


@pytest.mark.parametrize("library", LIBRARIES)
def test_no_normal_number_is_lost(library):
    """Tiny and huge concentrations keep every digit, where squares and exponentials do not."""
    k = np.array([1e-300, 1e-150, 1e150, 1e300])
    np.testing.assert_allclose(evaluate(library, "_bessel_ratio", k), [5e-301, 5e-151, 1, 1], rtol=1e-15)
    np.testing.assert_allclose(
        evaluate(library, "_bessel_ratio_complement", k), [1, 1, 5e-151, 5e-301], rtol=1e-15
    )
    np.testing.assert_allclose(
        evaluate(library, "_bessel_ratio_slope", k[:3]), [0.5, 0.5, 5e-301], rtol=1e-15
    )
    np.testing.assert_allclose(
        evaluate(library, "_log_bessel_0", k[1:]), [2.5e-301, 1e150, 1e300], rtol=1e-15
    )
    np.testing.assert_allclose(evaluate(library, "_one_minus_cosine", k[1:2]), [5e-301], rtol=1e-15)


@pytest.mark.parametrize("name", BOUNDS)
def test_whole_numbers_and_scalars(name):
    """NumPy's words answer whole numbers and Python numbers in float64, and single numbers with one."""
    function = getattr(WORDS["numpy"], name)
    for argument in (4, 4.0, np.array(4), np.int32(4)):
        value = function(argument)
        assert value.dtype == np.float64
        assert value.shape == ()
        np.testing.assert_allclose(float(value), float(truths_at(name, mp.mpf(4))[0]), rtol=1e-14)


# Under Torch's transformations ------------------------------------------------------------------


def everything(k):
    """Every Torch word."""
    return [getattr(WORDS["torch"], name)(k) for name in BOUNDS]


@pytest.mark.parametrize(
    ("transformation", "dtype"),
    [("compile", torch.float32), ("vmap", torch.float64), ("vmap", torch.float32)],
    ids=str,
)
def test_transformed(transformation, dtype):
    """One graph of all words, and all words mapped over a batch, give what plain calls give."""
    generator = torch.Generator().manual_seed(0)
    k = torch.exp(3 * torch.randn(6, 5, dtype=dtype, generator=generator))
    plain = everything(k)
    assert all(value.dtype is dtype for value in plain)
    if transformation == "compile":
        transformed = torch.compile(everything, fullgraph=True, backend="aot_eager")
    else:
        transformed = torch.func.vmap(everything)
    tolerance = 4 * torch.finfo(dtype).eps
    for value, other in zip(plain, transformed(k), strict=True):
        torch.testing.assert_close(value, other, rtol=tolerance, atol=tolerance)


def test_untaken_branches_are_harmless():
    """Autograd through the pieces gives no nan at the ends: the argument of each branch is guarded."""
    k = torch.tensor([0.0, 1e-300, 7.5, 8.0, 9.0, 1e300], dtype=torch.float64, requires_grad=True)
    for name in OF_BESSEL:
        (slope,) = torch.autograd.grad(getattr(WORDS["torch"], name)(k).sum(), k)
        assert torch.isfinite(slope).all(), name


# Of a difference of angles ----------------------------------------------------------------------

BETWEEN = {
    "_one_minus_cosine_between": lambda d: 2 * mp.sin(d / 2) ** 2,
    "_sine_between": mp.sin,
    "_cosine_between": mp.cos,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", BETWEEN)
def test_of_the_exact_difference(name, library, kind):
    """The difference loses nothing where it is rounded: angles of any size, and a tiny one beside a huge one."""
    random = np.random.default_rng([6, *name.encode()])
    decades = 100 if kind is np.float64 else 12
    a, b = (10 ** random.uniform(-decades, decades, SAMPLE) * random.choice((-1, 1), SAMPLE) for _ in "ab")
    near = a * (1 + random.normal(size=SAMPLE) * 10 ** random.uniform(-15, 0, SAMPLE))
    turns = random.uniform(-9, 9, SAMPLE)
    a, b = (np.concatenate(parts).astype(kind) for parts in ((a, a, turns), (b, near, turns[::-1])))
    with mp.workdps(320):
        for value, one, other in zip(evaluate(library, name, a, b), a, b, strict=True):
            truth = BETWEEN[name](mp.mpf(float(one)) - mp.mpf(float(other)))
            # Near a zero the sum of two terms keeps the digits of the larger one.
            least = 1 if abs(one - other) > 1 else abs(truth)
            assert abs(mp.mpf(float(value)) - truth) <= 4 * ulp(mp.mpf(max(abs(truth), least)), kind)
