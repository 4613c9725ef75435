"""The pasted words of proportions are as accurate as their docstrings say, against mpmath.

An error is measured beyond conditioning, as in `test_pasted_words`: by what one ulp in each argument explains.
"""

import mpmath as mp
import numpy as np
import pytest
import torch

from tests.test_pasted_words import KINDS, LIBRARIES, WORDS, error, evaluate, ulp

SAMPLE = 60


def spread(a):
    return mp.sqrt(a * (1 - a))


def log_logistic_mean(a, b):
    """Of one argument; the other is not used."""
    return mp.log((2 * a - 1) / mp.log(a / (1 - a)))


# word: its truth, whether its second argument is a logit, and the bound in float64 (float32 is rounded once)
ROWS = {
    "_simplex_residual": (lambda a, b: (a - b) / (b * (1 - b) * spread(a)), False, 3),
    "_simplex_slope": (lambda a, b: (a / b**2 + (1 - a) / (1 - b) ** 2) / spread(a), False, 3),
    "_simplex_curvature": (lambda a, b: 2 * (a / b**3 - (1 - a) / (1 - b) ** 3) / spread(a), False, 3),
    "_logistic_simplex_residual": (
        lambda a, b: (a * (1 + mp.exp(-b)) - (1 - a) * (1 + mp.exp(b))) / spread(a),
        True,
        3,
    ),
    "_logistic_simplex_slope": (lambda a, b: (a * mp.exp(-b) + (1 - a) * mp.exp(b)) / spread(a), True, 4),
    "_logistic_simplex_curvature": (lambda a, b: (a * mp.exp(-b) - (1 - a) * mp.exp(b)) / spread(a), True, 4),
    "_log_logistic_mean": (log_logistic_mean, False, 2),
}
OF_ONE = ("_log_logistic_mean",)


def points(name, kind):
    """Proportions of any size and near 1, and means or logits near them and far away."""
    random = np.random.default_rng([13, *name.encode()])
    end = 60 if kind is np.float64 else 9
    near_one = 1 - 10 ** random.uniform(-6, -0.5, SAMPLE)
    a = np.where(random.random(SAMPLE) < 0.5, 10 ** random.uniform(-end, -0.4, SAMPLE), near_one)
    far = np.where(random.random(SAMPLE) < 0.5, 10 ** random.uniform(-end, -0.4, SAMPLE), near_one[::-1])
    close = a * (1 + (1 - a) * random.uniform(-1, 1, SAMPLE) * 10 ** random.uniform(-9, -1, SAMPLE))
    b = np.where(random.random(SAMPLE) < 0.5, far, close).astype(kind)
    a = a.astype(kind)
    if name in OF_ONE:
        half = 0.5 + random.choice((-1, 1), SAMPLE) * 10 ** random.uniform(-6, -1, SAMPLE)
        a = np.where(random.random(SAMPLE) < 0.5, half, a).astype(kind)
    if ROWS[name][1]:
        b = np.log(b.astype(float) / (1 - b.astype(float))).astype(kind)
    return a, b


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", ROWS)
def test_bounds(name, library, kind):
    """Beyond conditioning no error exceeds the bound; float32 is rounded once, at the end."""
    function, _, most = ROWS[name]
    arrays = points(name, kind)
    values = evaluate(library, name, *(arrays[:1] if name in OF_ONE else arrays))
    assert values.dtype == kind
    worst = (0.0, None)
    for value, *point in zip(values, *arrays, strict=True):
        exact = [mp.mpf(float(number)) for number in point]
        with mp.workdps(320):
            twice = function(*exact)
        with mp.workdps(160):
            truth, slack = function(*exact), mp.mpf(0)
            assert abs(truth - twice) <= abs(twice) * mp.mpf(10) ** -25, point
            for place, number in enumerate(exact):
                moved = list(exact)
                moved[place] += number * mp.mpf(10) ** -50
                slope = (function(*moved) - truth) / (number * mp.mpf(10) ** -50) if number else 0
                slack += abs(slope) * ulp(number, kind)
            if np.finfo(kind).tiny < abs(truth) < np.finfo(kind).max:
                found = error(value, truth, slack, kind)
                worst = max(worst, (found, [float(number) for number in point]), key=lambda pair: pair[0])
    assert worst[0] <= (most if kind is np.float64 else 1), worst


@pytest.mark.parametrize("library", LIBRARIES)
def test_at_the_mean(library):
    """A proportion that is its mean has no residual."""
    a = np.array([1e-300, 0.25, 0.5, 1 - 1e-10])
    np.testing.assert_array_equal(evaluate(library, "_simplex_residual", a, a), 0)
    half = np.array([0.5])
    np.testing.assert_array_equal(evaluate(library, "_logistic_simplex_residual", half, 0 * half), 0)


def everything(a, b):
    """Every Torch word."""
    return [getattr(WORDS["torch"], name)(*((a,) if name in OF_ONE else (a, b))) for name in ROWS]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def test_compiled(dtype):
    """One graph of all words gives what plain calls give."""
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.rand(6, 5, dtype=dtype, generator=generator) for _ in range(2))
    compiled = torch.compile(everything, fullgraph=True, backend="aot_eager")
    for value, other in zip(everything(a, b), compiled(a, b), strict=True):
        torch.testing.assert_close(value, other)


def excess(t):
    return t - mp.log(1 + t)


def digamma_excess(a):
    return mp.digamma(a) - mp.log(a)


def trigamma_excess(a):
    return mp.psi(1, a) - 1 / a


# word of two weights and a ratio: its truth and its bound in float64
MEANS = {
    "_mean_excess": (lambda a, b, c: (a + b) * mp.log((a * c + b) / (a + b)) - a * mp.log(c), 4),
    "_mean_excess_above": (lambda a, b, c: excess(b * (c - 1) / (a * c + b)), 4),
    "_mean_excess_below": (lambda a, b, c: excess(a * (1 - c) / (a * c + b)), 4),
    "_digamma_excess_difference": (lambda a, b: digamma_excess(a + b) - digamma_excess(a), 12),
    "_trigamma_excess_difference": (lambda a, b: trigamma_excess(a) - trigamma_excess(a + b), 12),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", MEANS)
def test_means(name, library, kind):
    """Beyond conditioning no error exceeds the bound, near a ratio of 1, at the switch, and far away."""
    random = np.random.default_rng([17, *name.encode()])
    end = 40 if kind is np.float64 else 9
    a, b = (10 ** random.uniform(-end, end, SAMPLE) for _ in range(2))
    b = np.where(random.random(SAMPLE) < 0.5, a * 10 ** random.uniform(-1, 1, SAMPLE), b)
    near = 1 + random.choice((-1, 1), SAMPLE) * 10 ** random.uniform(-6, -0.1, SAMPLE)
    c = np.where(random.random(SAMPLE) < 0.5, near, 10 ** random.uniform(-end, end, SAMPLE))
    if "gamma" in name:
        end = 15 if kind is np.float64 else 9
        a = 10 ** random.uniform(-end, end, SAMPLE)
        b = a * 10 ** random.uniform(-end, 2, SAMPLE)
        b[:3] = a[:3] / 2
    arrays = [array.astype(kind) for array in ((a, b) if "gamma" in name else (a, b, c))]
    function, most = MEANS[name]
    worst = (0.0, None)
    for value, *point in zip(evaluate(library, name, *arrays), *arrays, strict=True):
        exact = [mp.mpf(float(number)) for number in point]
        with mp.workdps(120 if "gamma" in name else 400):
            truth, slack = function(*exact), mp.mpf(0)
            for place, number in enumerate(exact):
                moved = list(exact)
                moved[place] += number * mp.mpf(10) ** -50
                slope = (function(*moved) - truth) / (number * mp.mpf(10) ** -50)
                slack += abs(slope) * ulp(number, kind)
            if np.finfo(kind).tiny < abs(truth) < np.finfo(kind).max:
                found = error(value, truth, slack, kind)
                worst = max(worst, (found, [float(number) for number in point]), key=lambda pair: pair[0])
    assert worst[0] <= (most if kind is np.float64 else 1), worst
