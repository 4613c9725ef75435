"""Slopes and curvatures of powers of absolute values are as accurate as their docstrings say, against mpmath."""

import mpmath as mp
import numpy as np
import pytest
import torch

from tests.test_pasted_words import KINDS, LIBRARIES, WORDS, error, ulp

COUNT = 300
BOUNDS = {"_absolute_power_slope": 3, "_absolute_power_curvature": 4, "_absolute_power_log_slope": 4}
TRUTH = {
    "_absolute_power_slope": lambda a, b: b * abs(a) ** (b - 1) * mp.sign(a),
    "_absolute_power_curvature": lambda a, b: b * (b - 1) * abs(a) ** (b - 2),
    "_absolute_power_log_slope": lambda a, b: abs(a) ** (b - 1) * mp.sign(a) * (1 + b * mp.log(abs(a))),
}


def points(name, kind):
    """Numbers and powers of many sizes, and powers at which b is lowered in another way."""
    random = np.random.default_rng([7, *name.encode()])
    a = random.choice([-1, 1], COUNT) * 10 ** random.uniform(-8, 8, COUNT)
    b = np.concatenate([10 ** random.uniform(-6, 0.6, COUNT // 2), random.uniform(0.1, 4, COUNT // 2)])
    a, b = a.astype(kind), b.astype(kind)
    switches = [np.nextafter(kind(at), kind(end)) for at in (0.5, 1.5) for end in (-np.inf, at, np.inf)]
    b[: 3 * len(switches)] = np.repeat(switches, 3)
    return a, b


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", BOUNDS)
def test_within_the_stated_bound(name, library, kind):
    """The excess over conditioning stays below what the docstring says."""
    a, b = points(name, kind)
    function = getattr(WORDS[library], name)
    given = (a, b) if library == "numpy" else map(torch.from_numpy, (a, b))
    values = np.asarray(function(*given))
    assert values.dtype == kind
    with mp.workdps(60):
        for value, *numbers in zip(values, a, b, strict=True):
            exact = [mp.mpf(float(number)) for number in numbers]
            slack = mp.fsum(
                abs(mp.diff(TRUTH[name], tuple(exact), order)) * ulp(float(number), kind)
                for order, number in zip(((1, 0), (0, 1)), numbers, strict=True)
            )
            assert error(value, TRUTH[name](*exact), slack, kind) <= BOUNDS[name], numbers


@pytest.mark.parametrize("library", LIBRARIES)
def test_at_zero(library):
    """The slopes are 0 there, and so is the curvature at a kink; between 1 and 2 it is infinite."""
    b = np.array([0.3, 1.0, 1.5, 2.0, 2.5])
    a = np.zeros_like(b)
    given = (a, b) if library == "numpy" else tuple(map(torch.from_numpy, (a, b)))
    found = [np.asarray(getattr(WORDS[library], name)(*given)) for name in BOUNDS]
    np.testing.assert_array_equal(found, [[0] * 5, [0, 0, np.inf, 2, 0], [0] * 5])
