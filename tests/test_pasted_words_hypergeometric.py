"""The pasted words of draws without replacement are as accurate as their docstrings say, against mpmath.

An error is measured beyond conditioning, as in `test_pasted_words`.
"""

import mpmath as mp
import numpy as np
import pytest
import torch

from derive.words import hypergeometric_central_moment, hypergeometric_mean, log_hypergeometric_sum
from tests.test_pasted_words import KINDS, LIBRARIES, WORDS, bound, evaluate, ulp

SAMPLE = 12
STEP = mp.mpf(10) ** -12

# Word: the bound in float64 for numpy and torch, then in float32.
BOUNDS = dict.fromkeys(
    (
        "_hypergeometric",
        "_hypergeometric_slope",
        "_hypergeometric_curvature",
        "_hypergeometric_of_log_odds",
        "_hypergeometric_slope_of_log_odds",
        "_hypergeometric_variance",
    ),
    (16, 16, 0.5, 0.5),
)
OF_ODDS = ("_hypergeometric", "_hypergeometric_slope", "_hypergeometric_curvature")
CASES = [
    pytest.param(name, library, kind, id=f"{name}-{library}-{kind.__name__}")
    for name in BOUNDS
    for library in LIBRARIES
    for kind in KINDS
]


# Truth ------------------------------------------------------------------------------------------


def truth(name, y, n, s, d, last):
    """A word's value at the odds or their logarithm, by the sum of all terms and by its moments."""
    odds = last if name in OF_ODDS else mp.exp(last)
    above = hypergeometric_mean.truth(n, s, d, odds) - y
    variance = hypergeometric_central_moment.truth(2, n, s, d, odds)
    if name in ("_hypergeometric", "_hypergeometric_of_log_odds"):
        term = mp.log(mp.binomial(s, y)) + mp.log(mp.binomial(n - s, d - y)) + y * mp.log(odds)
        return log_hypergeometric_sum.truth(n, s, d, odds) - term
    return {
        "_hypergeometric_slope": above / odds,
        "_hypergeometric_curvature": (variance - above) / odds**2,
        "_hypergeometric_slope_of_log_odds": above,
        "_hypergeometric_variance": variance,
    }[name]


def excess(name, kind, value, *row):
    """The error in ulp of the truth that one ulp in the odds, or in their logarithm, does not explain."""
    with mp.workdps(60):
        *table, last = (mp.mpf(float(number)) for number in row)
        exact = mp.chop(truth(name, *table, last), 1e-40)
        slack = abs((truth(name, *table, last * (1 + STEP)) - exact) / (STEP * last)) * ulp(last, kind)
        return float((abs(mp.mpf(float(value)) - exact) - slack) / ulp(exact, kind))


def computed(library, name, columns):
    """The values of a word, one of which knows no data."""
    return evaluate(library, name, *(columns[1:] if name == "_hypergeometric_variance" else columns))


def points(name, kind):
    """Tables of any ordinary size, with a count anywhere between their margins, and odds of any size."""
    random = np.random.default_rng([13, *name.encode()])
    n = np.floor(10 ** random.uniform(0, 4, SAMPLE))
    s, d = (np.floor((n + 1) * random.random(SAMPLE) ** power) for power in (1, 2))
    low, high = np.maximum(0, s + d - n), np.minimum(s, d)
    y = np.clip(np.round(low + (high - low) * random.uniform(-0.2, 1.2, SAMPLE)), low, high)
    log_odds = random.normal(size=SAMPLE) * 10 ** random.uniform(-6, 1.2, SAMPLE)
    last = np.exp(log_odds) if name in OF_ODDS else log_odds
    return [column.astype(kind) for column in (y, n, s, d, last)]


# Accuracy ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "library", "kind"), CASES)
def test_bounds(name, library, kind):
    """Beyond conditioning no error exceeds the bound."""
    columns = points(name, kind)
    for value, *row in zip(computed(library, name, columns), *columns, strict=True):
        assert excess(name, kind, value, *row) <= bound(BOUNDS[name], library, kind), row


def first_wide(low, high):
    """The logarithm of the odds at which the terms are no longer added one by one, to the last digit."""
    parts = WORDS["numpy"]._hypergeometric_parts

    def few(a):
        table = [np.array([number]) for number in (100.0, 1e5, 1e4, 3e3, a, np.exp(-a))]
        return bool(np.all(np.diff(parts(*table)[5]) <= 1.0))

    assert few(high) and not few(low)
    while np.nextafter(low, high) != high:
        middle = low + (high - low) / 2
        low, high = (low, middle) if few(middle) else (middle, high)
    return high


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", BOUNDS)
def test_at_the_switches(name, library):
    """On both sides of where fewer terms than there are begin to stand for them, of even odds, and of where they are small."""
    wide = first_wide(0.0, 9.0)
    tables = [
        (2999.0, 1e5, 1e4, 3e3, place) for place in (np.nextafter(wide, 0.0), wide, np.nextafter(wide, 9.0))
    ]
    tables += [(1.0, 4.0, 2.0, 2.0, place) for place in (-1e-20, 1e-20, np.nextafter(0.3, 0.0), 0.3, -0.3)]
    columns = [np.array(column) for column in zip(*tables, strict=True)]
    if name in OF_ODDS:
        columns[-1] = np.exp(columns[-1])
    for value, *row in zip(computed(library, name, columns), *columns, strict=True):
        assert excess(name, np.float64, value, *row) <= BOUNDS[name][0], row


@pytest.mark.parametrize("library", LIBRARIES)
def test_of_even_odds_it_is_the_classical_distribution(library):
    """Where the odds are 1 the sum is C(n, d), the mean s d/n, and the variance that of the books, for large tables too."""
    tables = [
        (3, 10, 5, 4),
        (0, 1_000_000, 1, 1),
        (1_250, 10_000, 5_000, 2_500),
        (250_300, 10**6, 500_000, 500_000),
    ]
    columns = [np.array(column, float) for column in zip(*tables, strict=True)]
    y, n, s, d = columns
    with mp.workdps(40):
        costs = [
            float(-mp.log(mp.binomial(b, a) * mp.binomial(m - b, c - a) / mp.binomial(m, c)))
            for a, m, b, c in tables
        ]
    one = np.ones(len(tables))
    near = {"rtol": 1e-13, "atol": 1e-300}
    np.testing.assert_allclose(evaluate(library, "_hypergeometric", *columns, one), costs, **near)
    slopes = (s * d - y * n) / n
    np.testing.assert_allclose(evaluate(library, "_hypergeometric_slope", *columns, one), slopes, **near)
    variances = s * d / n * ((n - s) / n) * ((n - d) / (n - 1))
    np.testing.assert_allclose(
        evaluate(library, "_hypergeometric_variance", *columns[1:], 0 * one), variances, **near
    )


def test_truth_is_the_sum():
    """The truth is the sum, term by term, and the moments of its terms; of no table it is empty."""
    with mp.workdps(30):
        n, s, d, odds = mp.mpf(30), mp.mpf(12), mp.mpf(21), mp.mpf("0.3")
        numbers = range(3, 13)
        terms = [mp.binomial(s, j) * mp.binomial(n - s, d - j) * odds**j for j in numbers]
        assert abs(log_hypergeometric_sum.truth(n, s, d, odds) - mp.log(mp.fsum(terms))) < mp.mpf(10) ** -25
        mean = mp.fdot(terms, numbers) / mp.fsum(terms)
        assert abs(hypergeometric_mean.truth(n, s, d, odds) - mean) < mp.mpf(10) ** -25
        for order in range(5):
            moment = mp.fdot(terms, [(j - mean) ** order for j in numbers]) / mp.fsum(terms)
            found = hypergeometric_central_moment.truth(order, n, s, d, odds)
            assert abs(found - moment) < mp.mpf(10) ** -25
        assert log_hypergeometric_sum.truth(d, n, s, odds) == -mp.inf


# Under Torch's transformations ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("transformation", "dtype"),
    [("compile", torch.float32), ("vmap", torch.float64), ("vmap", torch.float32)],
    ids=str,
)
def test_transformed(transformation, dtype):
    """One graph of the cost, and all words mapped over a batch, give what plain calls give."""
    chosen = ["_hypergeometric"] if transformation == "compile" else [*BOUNDS]

    def everything(y, n, s, d, odds):
        return [
            getattr(WORDS["torch"], name)(
                *((n, s, d, odds) if name == "_hypergeometric_variance" else (y, n, s, d, odds))
            )
            for name in chosen
        ]

    generator = torch.Generator().manual_seed(0)
    n = torch.round(10 + 50 * torch.rand(6, 5, dtype=dtype, generator=generator))
    s, d = (torch.round(n * torch.rand(6, 5, dtype=dtype, generator=generator)) for _ in "sd")
    y = torch.minimum(s, d)
    odds = torch.exp(torch.randn(6, 5, dtype=dtype, generator=generator))
    plain = everything(y, n, s, d, odds)
    assert all(value.dtype is dtype for value in plain)
    compiled = torch.compile(everything, fullgraph=True, backend="aot_eager")
    transformed = compiled if transformation == "compile" else torch.func.vmap(everything)
    tolerance = 16 * torch.finfo(dtype).eps
    for value, again in zip(plain, transformed(y, n, s, d, odds), strict=True):
        torch.testing.assert_close(value, again, rtol=tolerance, atol=tolerance)
