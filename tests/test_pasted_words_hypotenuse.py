"""Slopes of a logarithm of a hypotenuse, and the angle, are as accurate as their docstrings say, against mpmath."""

import mpmath as mp
import numpy as np
import pytest
import torch

from tests.test_pasted_words import KINDS, LIBRARIES, WORDS, error, ulp

COUNT = 300
BOUNDS = {"_difference_of_pulls": 6, "_product_of_pulls": 6, "_asinh_of_quotient": 2}
TRUTH = {
    "_difference_of_pulls": lambda a, b: (a**2 - b**2) / (a**2 + b**2) ** 2,
    "_product_of_pulls": lambda a, b: 2 * a * b / (a**2 + b**2) ** 2,
    "_asinh_of_quotient": lambda a, b: mp.asinh(a / b),
}


def points(name, kind):
    """Sides of many sizes, sides of nearly one length, and sides whose quotient or square overflows."""
    random = np.random.default_rng([11, *name.encode()])
    decades = 6 if kind is np.float32 else 60
    a = random.choice([-1, 1], COUNT) * 10 ** random.uniform(-decades, decades, COUNT)
    b = 10 ** random.uniform(-decades, decades, COUNT)
    b[:100] = np.abs(a[:100]) * np.exp(random.normal(0, 1, 100) * 10 ** random.uniform(-6, 1, 100))
    if name == "_asinh_of_quotient":
        a[100:130] *= 10.0 ** (4 * decades)
        b[100:130] /= 10.0 ** (4 * decades)
    return a.astype(kind), b.astype(kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", BOUNDS)
def test_within_the_stated_bound(name, library, kind):
    """The excess over conditioning stays below what the docstring says."""
    a, b = points(name, kind)
    given = (a, b) if library == "numpy" else map(torch.from_numpy, (a, b))
    values = np.asarray(getattr(WORDS[library], name)(*given))
    assert values.dtype == kind
    with mp.workdps(400):
        for value, *numbers in zip(values, a, b, strict=True):
            exact = [mp.mpf(float(number)) for number in numbers]
            truth = TRUTH[name](*exact)
            slack = mp.fsum(
                abs(
                    TRUTH[name](*(n * (1 + step * (place == moved)) for place, n in enumerate(exact))) - truth
                )
                * ulp(float(numbers[moved]), kind)
                / abs(exact[moved] * step)
                for moved, step in ((0, mp.mpf(10) ** -150), (1, mp.mpf(10) ** -150))
            )
            assert error(value, truth, slack, kind) <= BOUNDS[name], numbers


@pytest.mark.parametrize("library", LIBRARIES)
def test_without_a_leg(library):
    """A leg of length 0 makes no angle and does not pull."""
    drawn = np.array([0.0]), np.array([2.0])
    given = drawn if library == "numpy" else tuple(map(torch.from_numpy, drawn))
    found = [float(getattr(WORDS[library], name)(*given)[0]) for name in BOUNDS]
    assert found == [-0.25, 0, 0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", LIBRARIES)
def test_excess_of_the_square_of_a_hyperbolic_sine(library, kind):
    """It is within the stated bound near 0, at the switch, and to the largest number that is one."""
    last = 355.2 if kind is np.float64 else 44.9
    switch = [np.nextafter(kind(9), kind(end)) for end in (0, 9, 10)]
    x = np.array([1e-3, -0.1, 1.0, 8.5, *switch, -12.0, 0.9 * last, last], kind)
    function = WORDS[library]._sinh_square_excess
    values = np.asarray(function(x if library == "numpy" else torch.from_numpy(x)))
    assert values.dtype == kind
    with mp.workdps(60):
        for value, number in zip(values, x, strict=True):
            exact = mp.mpf(float(number))
            truth = mp.sinh(exact) ** 2 / 2 - mp.log(mp.cosh(exact))
            slack = abs(mp.sinh(exact) ** 2 * mp.tanh(exact)) * ulp(float(number), kind)
            assert np.isfinite(value)
            assert error(value, truth, slack, kind) <= 4, number
