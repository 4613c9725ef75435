"""The pasted Tweedie words are as accurate as their docstrings say, against mpmath.

An error is measured beyond conditioning, as in `test_pasted_words`.
"""

import mpmath as mp
import numpy as np
import pytest
import torch

from derive.words import log_tweedie_base
from tests.test_pasted_words import KINDS, LIBRARIES, WORDS, evaluate, ulp

SAMPLE = 60
# Decades of size, and digits with which differences over so many keep theirs.
DECADES = {np.float64: (1, 100), np.float32: (1, 12)}
DIGITS = 300


def deviance(y, mu, p):
    """Half the unit deviance, as it is written."""
    rest = y ** (2 - p) / ((p - 1) * (2 - p))
    return y * mu ** (1 - p) / (p - 1) + mu ** (2 - p) / (2 - p) - rest


def base(y, phi, p):
    """The logarithm of the base measure."""
    return log_tweedie_base.truth(y, phi, p)


TRUTH = {"_tweedie_deviance": (deviance, DIGITS), "_log_tweedie_base": (base, 30)}
# The word, and the size that its value is at least given where its error is measured.
BOUNDS = {"_tweedie_deviance": (4, 0.0), "_log_tweedie_base": (6, 1.0)}


def power(random):
    """Any power, or one close to an end."""
    near = 10 ** random.uniform(-6, -1)
    return random.choice((random.uniform(1.01, 1.99), 1 + near, 2 - near))


def points(name, kind, decades):
    """Numbers of so many decades; for the deviance many pairs that are close."""
    random = np.random.default_rng([7, decades, *name.encode()])
    first = 10 ** random.uniform(-decades, decades, SAMPLE)
    second = 10 ** random.uniform(-decades, decades, SAMPLE)
    if name == "_tweedie_deviance":
        close = first * np.exp(random.normal(size=SAMPLE) * random.choice((1e-8, 1e-3, 1.0), SAMPLE))
        second = np.where(random.random(SAMPLE) < 0.6, close, second)
    return [column.astype(kind) for column in (first, second, np.array([power(random) for _ in first]))]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", TRUTH)
def test_bounds(name, library, kind):
    """Beyond conditioning no error exceeds the bound, near the perfect fit and at any size."""
    truth, digits = TRUTH[name]
    most, least = BOUNDS[name]
    for decades in DECADES[kind]:
        columns = points(name, kind, decades)
        for value, *row in zip(evaluate(library, name, *columns), *columns, strict=True):
            with mp.workdps(digits):
                given = [mp.mpf(float(number)) for number in row]
                exact = truth(*given)
                slack = mp.mpf(0)
                for place, number in enumerate(given):
                    moved = [*given]
                    moved[place] *= 1 + mp.mpf(10) ** -10
                    slope = (truth(*moved) - exact) / (moved[place] - number)
                    slack += abs(slope) * ulp(number, kind)
                error = abs(mp.mpf(float(value)) - exact) - slack
                assert error <= most * ulp(max(abs(exact), mp.mpf(least)), kind), row


@pytest.mark.parametrize("library", LIBRARIES)
def test_at_zero_and_at_the_perfect_fit(library):
    """Nothing at all costs mu^(2-p)/(2-p), and its probability has no further factor; a perfect fit costs 0."""
    p = np.array([1.001, 1.5, 1.999])
    mu = np.array([1e-3, 2.0, 50.0])
    zero = np.zeros(3)
    np.testing.assert_allclose(
        evaluate(library, "_tweedie_deviance", zero, mu, p), mu ** (2 - p) / (2 - p), rtol=1e-15
    )
    np.testing.assert_array_equal(evaluate(library, "_log_tweedie_base", zero, mu, p), zero)
    np.testing.assert_array_equal(evaluate(library, "_tweedie_deviance", mu, mu, p), zero)


@pytest.mark.parametrize("phi", [2.0, 0.3, 0.01, 1e-4])
@pytest.mark.parametrize("p", [1.05, 1.3, 1.5, 1.8, 1.95])
def test_truth_is_the_series(p, phi):
    """The truth is the series of Dunn and Smyth, term by term, also where it takes larger steps."""
    with mp.workdps(40):
        y, phi, p = mp.mpf("1.7"), mp.mpf(phi), mp.mpf(p)
        a = (2 - p) / (p - 1)
        z = y**a / ((p - 1) ** a * phi ** (1 + a) * (2 - p))
        size = y ** (2 - p) / ((p - 1) * (2 - p) * phi)
        peak, width = size * (p - 1), mp.sqrt(size) * (p - 1)
        numbers = range(max(1, int(peak - 16 * width) - 20), int(peak + 16 * width) + 120)
        terms = [mp.exp(j * mp.log(z) - mp.loggamma(j + 1) - mp.loggamma(j * a) - size) for j in numbers]
        assert abs(base(y, phi, p) - mp.log(mp.fsum(terms) / y)) < mp.mpf(10) ** -30


@pytest.mark.parametrize(
    ("transformation", "dtype"),
    [("compile", torch.float32), ("vmap", torch.float64), ("vmap", torch.float32)],
    ids=str,
)
def test_transformed(transformation, dtype):
    """One graph of both words, and both mapped over a batch, give what plain calls give."""

    def both(y, other, p):
        return [getattr(WORDS["torch"], name)(y, other, p) for name in TRUTH]

    generator = torch.Generator().manual_seed(0)
    y, other = (torch.exp(torch.randn(6, 5, dtype=dtype, generator=generator)) for _ in range(2))
    p = 1.1 + 0.8 * torch.rand(6, 5, dtype=dtype, generator=generator)
    plain = both(y, other, p)
    assert all(value.dtype is dtype for value in plain)
    compiled = torch.compile(both, fullgraph=True, backend="aot_eager")
    transformed = compiled if transformation == "compile" else torch.func.vmap(both)
    tolerance = 8 * torch.finfo(dtype).eps
    for value, again in zip(plain, transformed(y, other, p), strict=True):
        torch.testing.assert_close(value, again, rtol=tolerance, atol=tolerance)
