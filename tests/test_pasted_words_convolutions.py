"""The density of a sum of a normal and an exponential variable is as accurate as its docstrings say, against mpmath."""

import mpmath as mp
import numpy as np
import pytest
import sympy
import torch

from derive import oracle
from derive.words import VOCABULARY
from tests.test_pasted_words import KINDS, LIBRARIES, WORDS, error, ulp

COUNT = 30
BOUNDS = {  # word: the bound in float64, and how many units of each argument are conditioning: four near zeros
    "convolution": (2.5, 1),
    "convolution_slope": (3, 4),
    "convolution_curvature": (4, 4),
    "convolution_deviation_slope": (4, 4),
    "convolution_log_deviation_slope": (4, 4),
    "convolution_log_deviation_cross": (4, 4),
    "convolution_rate_slope": (3, 1),
    "convolution_rate_score": (4, 4),
    "convolution_cross": (4, 4),
    "convolution_rate_cross": (4, 4),
    "convolution_deviation_curvature": (4, 4),
    "convolution_log_deviation_curvature": (4, 4),
    "convolution_rate_curvature": (4, 4),
}
SYMBOLS = sympy.symbols("a b c", positive=True)


def points(name, kind):
    """Residuals, deviations and rates of many sizes, and some at each switch: u = a/b − b c at 0 and at −1."""
    random = np.random.default_rng([7, *name.encode()])
    decades = 4 if kind == np.float64 else 2
    b, c = 10 ** random.uniform(-1, 1, COUNT), 10 ** random.uniform(-2, decades, COUNT)
    u = np.concatenate([[-1.0, 0.0, -1e-6, 1e-6] * 2, random.uniform(-6, 6, COUNT - 8)])
    near = np.nextafter(u.astype(kind), kind(random.choice([-np.inf, np.inf])))
    a = np.concatenate([b * random.normal(size=COUNT) * 3, b * (near + b * c)])
    return [numbers.astype(kind) for numbers in (a, np.tile(b, 2), np.tile(c, 2))]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", BOUNDS)
def test_within_the_stated_bound(name, library, kind):
    """The excess over conditioning stays below what the docstring says."""
    arrays = points(name, kind)
    function = getattr(WORDS[library], f"_{name}")
    given = arrays if library == "numpy" else [torch.from_numpy(array) for array in arrays]
    values = np.asarray(function(*given))
    assert values.dtype == kind
    bound, units = BOUNDS[name]
    bound = bound if kind == np.float64 else 0.5
    meaning = VOCABULARY[name](*SYMBOLS)
    for value, *numbers in zip(values, *arrays, strict=True):
        point = dict(zip("abc", map(float, numbers), strict=True))
        slack = units * sum(
            abs(oracle.derivative(meaning, point, [place], 20)) * ulp(number, kind)
            for place, number in point.items()
        )
        with mp.workdps(60):
            assert error(value, oracle.value(meaning, point, 30), slack, kind) <= bound, numbers
