"""The pasted words of ratios, divergences and of Stirling's excesses are as accurate as their docstrings say.

An error is measured beyond conditioning, as in `test_pasted_words`. The bounds were measured on
thousands of points; a run draws a sample of them, and the places where a word goes from one formula
to another, with one ulp to each side.
"""

from functools import cache

import mpmath as mp
import numpy as np
import pytest
import torch

from tests.test_pasted_words import KINDS, LIBRARIES, WORDS, bound, error, evaluate, ulp

SAMPLE = 40
DIGITS = 130


def log_power(a, b, c):
    """The logarithm of (a/b)^c."""
    return c * mp.log(a / b)


def power_slope(a, b, c):
    """The word and its derivatives in a, b and c."""
    x = log_power(a, b, c)
    cross = -(mp.expm1(x) + x * mp.exp(x)) / b
    value, bend = -c * mp.expm1(x) / b, c * ((c + 1) * mp.exp(x) - 1) / b**2
    return value, -(c**2) * mp.exp(x) / a / b, bend, cross


def power_curvature(a, b, c):
    """Likewise."""
    x = log_power(a, b, c)
    power = mp.exp(x)
    value = c * ((c + 1) * power - 1) / b**2
    of_b = -(c**2) * (c + 1) * power / b**3 - 2 * value / b
    return (
        value,
        c**2 * (c + 1) * power / a / b**2,
        of_b,
        ((2 * c + 1) * power + (c + 1) * x * power - 1) / b**2,
    )


def power_cross(a, b, c):
    """Likewise."""
    x = log_power(a, b, c)
    power = mp.exp(x)
    value, of_x = -(power * (1 + x) - 1) / b, -power * (2 + x) / b
    return value, of_x * c / a, -of_x * c / b - value / b, of_x * x / c


def xlogx(a):
    """The product a log a, 0 at 0."""
    return a * mp.log(a) if a else mp.mpf(0)


TRUTH = {  # word: its value and its derivative in each argument
    "_exp_less": lambda a, b: (mp.exp(a) - b, mp.exp(a), 0),  # as if b had no rounding to excuse
    "_exp_excess": lambda x: (mp.expm1(x) - x, mp.expm1(x)),
    "_log_ratio": lambda a, b: (mp.log(a / b), 1 / a, -1 / b),
    "_ratio_excess": lambda a, b: (a / b - 1 - mp.log(a / b), 1 / b - 1 / a, (b - a) / b**2),
    "_divergence": lambda a, b: (xlogx(a) - a * mp.log(b) - a + b, mp.log(a / b) if a else 0, 1 - a / b),
    "_log_divergence": lambda a, c: (
        xlogx(a) - a * c - a + mp.exp(c),
        mp.log(a) - c if a else 0,
        mp.exp(c) - a,
    ),
    "_power_excess_slope": power_slope,
    "_power_excess_curvature": power_curvature,
    "_power_excess_cross": power_cross,
    "_log_gamma_excess": lambda x: (mp.loggamma(x) - xlogx(x) + x, mp.digamma(x) - mp.log(x)),
    "_log_gamma_excess_of_exponential": lambda x: (
        mp.loggamma(mp.exp(x)) - x * mp.exp(x) + mp.exp(x),
        mp.exp(x) * (mp.digamma(mp.exp(x)) - x),
    ),
    "_log_gamma_excess_and_log": lambda x, y: (
        mp.loggamma(x) - xlogx(x) + x + mp.log(y),
        mp.digamma(x) - mp.log(x),
        1 / y,
    ),
    "_digamma_excess": lambda x: (mp.digamma(x) - mp.log(x), mp.psi(1, x) - 1 / x),
    "_trigamma_excess": lambda x: (mp.psi(1, x) - 1 / x, mp.psi(2, x) + 1 / x**2),
    "_digamma_excess_growth": lambda x: (
        mp.digamma(x) - mp.log(x) + x * mp.psi(1, x) - 1,
        2 * mp.psi(1, x) - 1 / x + x * mp.psi(2, x),
    ),
    "_log_factorial_excess": lambda n: (
        mp.loggamma(n + 1) - xlogx(n) + n,
        mp.digamma(n + 1) - mp.log(n) if n else 0,
    ),
}
BOUNDS = {  # word: the bound in float64 for numpy and torch, then in float32
    "_exp_less": (1, 1, 1.5, 1.5),
    "_exp_excess": (1.5, 1.5, 0.5, 1.5),
    "_log_ratio": (1.5, 1.5, 0.5, 1.5),
    "_ratio_excess": (1.5, 1.5, 0.5, 1.5),
    "_divergence": (2.5, 2.5, 0.5, 3),
    "_log_divergence": (3, 3, 0.5, 3),
    "_power_excess_slope": (4, 4, 0.5, 4),
    "_power_excess_curvature": (4, 4, 0.5, 4),
    "_power_excess_cross": (4, 4, 0.5, 4),
    "_log_gamma_excess": (4, 4, 0.5, 4),
    "_log_gamma_excess_of_exponential": (4, 4, 0.5, 4),
    "_log_gamma_excess_and_log": (4, 4, 0.5, 4),
    "_digamma_excess": (3, 3, 0.5, 3.5),
    "_trigamma_excess": (3, 3, 0.5, 3.5),
    "_digamma_excess_growth": (8, 8, 0.5, 10),
    "_log_factorial_excess": (4, 4, 0.5, 4),
}
SWITCHES = {  # the places where a word goes from one formula to another
    "_exp_less": ((-87.0, 0.0), (0.5, 1.0)),
    "_exp_excess": ((1.0,), (-1.0,)),
    "_log_ratio": ((1.5, 1.0), (0.5, 1.0)),
    "_ratio_excess": ((1.5, 1.0), (2 / 3, 1.0)),
    "_divergence": ((1.5, 1.0), (2 / 3, 1.0)),
    "_log_divergence": ((1.0, 0.5), (1.0, -0.5)),
    "_power_excess_slope": ((np.e, 1.0, 1.0),),
    "_power_excess_curvature": ((np.e, 1.0, 1.0),),
    "_power_excess_cross": ((np.e, 1.0, 1.0),),
    "_log_gamma_excess": ((0.1,),),
    "_log_gamma_excess_of_exponential": ((-50.0,),),
    "_log_gamma_excess_and_log": ((1.0, 3.0),),
    "_digamma_excess": ((0.1,),),
    "_trigamma_excess": ((0.1,),),
    "_digamma_excess_growth": ((0.2,),),
    "_log_factorial_excess": ((1.0,),),
}
CASES = [
    pytest.param(name, library, kind, id=f"{name}-{library}-{kind.__name__}")
    for name in TRUTH
    for library in LIBRARIES
    for kind in KINDS
]


def drawn(name, kind, random, count=SAMPLE):
    """Ordinary, tiny and huge arguments, close ones, and those around the switches."""
    end = 50 if kind is np.float64 else 9
    count_of = {"_exp_excess": 1, "_log_gamma_excess_of_exponential": 1}
    arguments = len(SWITCHES[name][0])
    if name in count_of:
        sizes = 10 ** random.uniform(-8, 1.5, 2 * count)
        return [random.choice((-1, 1), 2 * count) * sizes]
    if arguments == 1:
        wide = 10 ** random.uniform(-(25 if end > 10 else 12), 25 if end > 10 else 12, count)
        return [np.concatenate([wide, 10 ** random.uniform(-2, 2, count)])]
    if name == "_exp_less":
        a = random.choice((-1, 1), 2 * count) * 10 ** random.uniform(-8, 1.9, 2 * count)
        return [a, random.choice((0.0, 1.0, 2.0, 7.0), 2 * count)]
    b = 10 ** random.uniform(-end, end, count)
    close = random.choice((-1, 1), count) * 10 ** random.uniform(-16, 0, count)
    near = b * np.exp(close)
    first = np.concatenate([10 ** random.uniform(-end, end, count), near, b * np.exp(2 * close)])
    second = np.concatenate([b, b, b])
    if name == "_log_divergence":
        return [first, np.log(second)]
    if arguments == 2:
        return [first, second]
    third = 10 ** random.uniform(-3, 1.5, 3 * count)
    return [first, second, np.minimum(third, 60 / (1 + np.abs(np.log(first / second))))]


@cache
def points(name, kind):
    """The arguments, rounded to the dtype, one ulp to each side of the switches with them."""
    random = np.random.default_rng([3, *name.encode()])
    arrays = [array.astype(kind) for array in drawn(name, kind, random)]
    for place in SWITCHES[name]:
        middle = [kind(number) for number in place]
        around = [np.nextafter(middle[0], kind(-np.inf)), middle[0], np.nextafter(middle[0], kind(np.inf))]
        columns = [np.array(around)] + [np.full(3, other) for other in middle[1:]]
        arrays = [np.concatenate(pair) for pair in zip(arrays, columns, strict=True)]
    return arrays


@cache
def truths(name, kind):
    """At each point the truth and what one ulp in each argument explains."""
    found = []
    with mp.workdps(DIGITS if kind is np.float64 else 80):
        for point in zip(*points(name, kind), strict=True):
            exact = [mp.mpf(float(number)) for number in point]
            value, *slopes = TRUTH[name](*exact)
            parts = (abs(slope) * ulp(x, kind) for slope, x in zip(slopes, exact, strict=True) if x)
            found.append((value, mp.fsum(parts)))
    return found


@pytest.mark.parametrize(("name", "library", "kind"), CASES)
def test_bounds(name, library, kind):
    """Beyond conditioning no error exceeds the measured bound, at the switches either."""
    arrays, worst = points(name, kind), (0.0, None)
    limits = np.finfo(kind)
    values = evaluate(library, name, *arrays)
    with mp.workdps(60):
        for value, (truth, slack), *point in zip(values, truths(name, kind), *arrays, strict=True):
            if float(limits.tiny) <= abs(truth) <= float(limits.max):
                given = [float(number) for number in point]
                worst = max(worst, (error(value, truth, slack, kind), given), key=lambda pair: pair[0])
    assert worst[0] <= bound(BOUNDS[name], library, kind), worst


@pytest.mark.parametrize("name", TRUTH)
def test_truth_at_twice_the_digits(name):
    """The truth has 25 digits: twice the working precision gives the same."""
    arrays = points(name, np.float64)
    for place in range(0, len(arrays[0]), 29):
        exact = [mp.mpf(float(array[place])) for array in arrays]
        with mp.workdps(DIGITS):
            once = TRUTH[name](*exact)
        with mp.workdps(2 * DIGITS):
            twice = TRUTH[name](*exact)
            for one, other in zip(once, twice, strict=True):
                assert abs(one - other) <= abs(other) * mp.mpf(10) ** -25, exact


@pytest.mark.parametrize("library", LIBRARIES)
def test_ends_of_the_range(library):
    """Equal numbers are at no distance, a count of 0 is at b from b, and large powers stay finite."""
    same = np.array([1e-300, 0.3, 1e300])
    for name in ("_log_ratio", "_ratio_excess", "_divergence"):
        np.testing.assert_array_equal(evaluate(library, name, same, same), 0)
    far = np.array([1e300, 1e-300])
    np.testing.assert_allclose(evaluate(library, "_log_ratio", far, far[::-1]), np.log(far) * 2, rtol=1e-15)
    ends = evaluate(library, "_exp_less", np.array([-800.0, 800.0]), np.array([2.0, 3.0]))
    np.testing.assert_array_equal(ends, [-2, np.inf])
    zero, b = np.zeros(2), np.array([1e-5, 7.0])
    np.testing.assert_array_equal(evaluate(library, "_divergence", zero, b), b)
    np.testing.assert_array_equal(evaluate(library, "_log_divergence", zero, np.array([0.0, -800.0])), [1, 0])
    np.testing.assert_array_equal(evaluate(library, "_log_factorial_excess", zero), 0)
    np.testing.assert_array_equal(
        evaluate(library, "_log_gamma_excess_of_exponential", np.array([-800.0])), 800
    )
    large = evaluate(library, "_power_excess_curvature", *np.array([[1e100 * np.e, 1e100, 720.0]]).T)
    assert np.isfinite(large).all()


def everything(x, y, c):
    """Every Torch word."""
    given = {1: (x,), 2: (x, y), 3: (x, y, c)}
    return [getattr(WORDS["torch"], name)(*given[len(SWITCHES[name][0])]) for name in TRUTH]


@pytest.mark.parametrize(
    ("transformation", "dtype"),
    [("compile", torch.float32), ("vmap", torch.float64), ("vmap", torch.float32)],
    ids=str,
)
def test_transformed(transformation, dtype):
    """One graph of all words, and all words mapped over a batch, give what plain calls give."""
    generator = torch.Generator().manual_seed(0)
    x, y, c = (torch.exp(torch.randn(6, 5, dtype=dtype, generator=generator)) for _ in range(3))
    plain = everything(x, y, c)
    assert all(value.dtype is dtype for value in plain)
    if transformation == "compile":
        transformed = torch.compile(everything, fullgraph=True, backend="aot_eager")
    else:
        transformed = torch.func.vmap(everything)
    tolerance = 8 * torch.finfo(dtype).eps
    for value, other in zip(plain, transformed(x, y, c), strict=True):
        torch.testing.assert_close(value, other, rtol=tolerance, atol=tolerance)
