"""The pasted words of counts after Conway, Maxwell and Poisson are as accurate as their docstrings say, against mpmath.

An error is measured beyond conditioning, as in `test_pasted_words`.
"""

import mpmath as mp
import numpy as np
import pytest
import torch

from derive.words import dispersed_moment, log_dispersed_sum
from tests.test_pasted_words import KINDS, LIBRARIES, WORDS, bound, evaluate, ulp

SAMPLE = 5
STEP = mp.mpf(10) ** -12

BOUNDS = {  # word: the bound in float64 for numpy and torch, then in float32
    "_dispersed": (64, 64, 0.5, 0.5),
    "_dispersed_location_slope": (64, 64, 0.5, 0.5),
    "_dispersed_slope": (64, 64, 0.5, 0.5),
    "_dispersed_location_curvature": (64, 64, 0.5, 0.5),
    "_dispersed_cross": (64, 64, 0.5, 0.5),
    "_dispersed_curvature": (64, 64, 0.5, 0.5),
    "_dispersed_of_log": (64, 64, 0.5, 0.5),
    "_dispersed_log_slope": (64, 64, 0.5, 0.5),
    "_dispersed_slope_of_log": (64, 64, 0.5, 0.5),
    "_dispersed_log_curvature": (64, 64, 0.5, 0.5),
    "_dispersed_log_cross": (64, 64, 0.5, 0.5),
    "_dispersed_curvature_of_log": (64, 64, 0.5, 0.5),
}
OF_TWO = ("_dispersed_curvature", "_dispersed_log_curvature", "_dispersed_curvature_of_log")
OF_LOG = {name for name in BOUNDS if "log" in name}
CASES = [
    pytest.param(name, library, kind, id=f"{name}-{library}-{kind.__name__}")
    for name in BOUNDS
    for library in LIBRARIES
    for kind in KINDS
]


# Truth ------------------------------------------------------------------------------------------


def truth(name, y, m, n):
    """A word's value, by the moments of a count and of its cost as a Poisson count; m is a logarithm for some."""
    m = mp.exp(m) if name in OF_LOG else m

    def moment(a, b):
        return dispersed_moment.truth(mp.mpf(a), mp.mpf(b), m, n)

    mean, cost = moment(1, 0), moment(0, 1)
    meanings = {
        ("", "_of_log"): lambda: log_dispersed_sum.truth(m, n) - n * (y * mp.log(m) - mp.loggamma(y + 1)),
        ("_location_slope",): lambda: n * (mean - y) / m,
        ("_slope", "_slope_of_log"): lambda: m - y * mp.log(m) + mp.loggamma(y + 1) - cost,
        ("_location_curvature",): lambda: n * (n * (moment(2, 0) - mean**2) - mean + y) / m**2,
        ("_cross",): lambda: (mean - y - n * (moment(1, 1) - mean * cost)) / m,
        ("_curvature", "_curvature_of_log"): lambda: moment(0, 2) - cost**2,
        ("_log_slope",): lambda: n * (mean - y),
        ("_log_curvature",): lambda: n**2 * (moment(2, 0) - mean**2),
        ("_log_cross",): lambda: mean - y - n * (moment(1, 1) - mean * cost),
    }
    return next(meant() for names, meant in meanings.items() if name.removeprefix("_dispersed") in names)


def excess(name, kind, value, y, m, n):
    """The error in ulp of the truth that one ulp in the location, or its logarithm, and in the exponent does not explain."""
    with mp.workdps(60):
        y, m, n = (mp.mpf(float(number)) for number in (y, m, n))
        exact = truth(name, y, m, n)
        moved = (truth(name, y, m * (1 + STEP), n), m), (truth(name, y, m, n * (1 + STEP)), n)
        slack = sum(abs((other - exact) / (STEP * size)) * ulp(size, kind) for other, size in moved)
        return float((abs(mp.mpf(float(value)) - exact) - slack) / ulp(exact, kind))


def computed(library, name, columns):
    """The values of a word, two of which know no data."""
    return evaluate(library, name, *(columns[1:] if name in OF_TWO else columns))


def points(name, kind):
    """Locations and exponents of any ordinary size, and counts near them and far."""
    random = np.random.default_rng([11, *name.encode()])
    m, n = 10 ** random.uniform(-2, 3, SAMPLE), 10 ** random.uniform(-1, 1.5, SAMPLE)
    near = np.abs(np.round(m + 2 * random.normal(size=SAMPLE) * np.sqrt(m / n)))
    far = np.floor(10 ** random.uniform(0, 3, SAMPLE))
    y = np.where(random.random(SAMPLE) < 0.7, near, far)
    return [column.astype(kind) for column in (y, np.log(m) if name in OF_LOG else m, n)]


# Accuracy ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "library", "kind"), CASES)
def test_bounds(name, library, kind):
    """Beyond conditioning no error exceeds the bound."""
    columns = points(name, kind)
    for value, *row in zip(computed(library, name, columns), *columns, strict=True):
        assert excess(name, kind, value, *row) <= bound(BOUNDS[name], library, kind), row


def first_switch(n, low, high):
    """The location at which the terms are no longer added one by one, to the last digit."""
    weighted = WORDS["numpy"]._weighted_counts

    def few(m):
        return bool((weighted(np.array(m), np.array(n))[2] == 1.0).all())

    assert few(low) != few(high)
    while np.nextafter(low, high) != high:
        middle = low + (high - low) / 2
        low, high = (middle, high) if few(middle) == few(low) else (low, middle)
    return low


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", BOUNDS)
@pytest.mark.parametrize(("n", "low", "high"), [(1.0, 10.0, 400.0), (0.2, 1e-3, 60.0), (5.0, 20.0, 2000.0)])
def test_at_the_switches(n, low, high, name, library):
    """On both sides of where fewer terms than there are begin to stand for them, and of where none is small."""
    for place in (first_switch(n, low, high), 40.0 / n):
        m = np.array([np.nextafter(place, 0.0), place, np.nextafter(place, 1e9)])
        columns = [np.full(3, np.floor(place) + 1.0), np.log(m) if name in OF_LOG else m, np.full(3, n)]
        for value, *row in zip(computed(library, name, columns), *columns, strict=True):
            assert excess(name, np.float64, value, *row) <= BOUNDS[name][0], row


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", sorted(OF_LOG))
@pytest.mark.parametrize(
    ("y", "a", "n"),
    [
        (0, 1e-21, 1e21),
        (0, -4e-20, 1e21),
        (3, 6e-29, 1e57),
        (1, -1000.0, 1e-2),
        (0, -1e5, 0.5),
        (2, 640.0, 1e-9),
    ],
)
def test_logarithms_beyond_the_floats(y, a, n, name, library):
    """Where the location rounds to 1, or underflows, or nearly overflows, its logarithm still tells the counts from one another."""
    (value,) = computed(library, name, [np.array([float(number)]) for number in (y, a, n)])
    with mp.workdps(700):
        exact = truth(name, *(mp.mpf(float(number)) for number in (y, a, n)))
    np.testing.assert_allclose(value, float(exact), rtol=2e-13, atol=np.finfo(np.float64).tiny)


def test_truth_is_the_sum():
    """The truth is the sum, term by term, also where it takes larger steps."""
    with mp.workdps(30):
        for m, n in ((mp.mpf("0.4"), mp.mpf("0.5")), (mp.mpf(30), mp.mpf(2)), (mp.mpf(40000), mp.mpf("0.7"))):
            width = mp.sqrt(m / n)
            numbers = range(max(0, int(m - 15 * width) - 5), int(m + 15 * width) + 200)
            terms = [mp.exp(n * (j * mp.log(m) - mp.loggamma(j + 1) - m)) for j in numbers]
            assert abs(log_dispersed_sum.truth(m, n) - mp.log(mp.fsum(terms)) - n * m) < mp.mpf(10) ** -24
            mean = mp.fdot(terms, numbers) / mp.fsum(terms)
            assert abs(dispersed_moment.truth(mp.mpf(1), mp.mpf(0), m, n) / mean - 1) < mp.mpf(10) ** -24


@pytest.mark.parametrize("library", LIBRARIES)
def test_of_exponent_one_it_is_poissons(library):
    """Where the exponent is 1, the cost is that of a Poisson count, and the mean is the location."""
    y, m = np.array([0.0, 3.0, 50.0, 1e6]), np.array([0.7, 3.5, 40.0, 1e6])
    one = np.ones(4)
    poisson = m - y * np.log(m) + np.array([float(mp.loggamma(count + 1)) for count in y])
    np.testing.assert_allclose(evaluate(library, "_dispersed", y, m, one), poisson, rtol=1e-9)
    np.testing.assert_allclose(
        evaluate(library, "_dispersed_location_slope", y, m, one), 1 - y / m, rtol=1e-9, atol=1e-15
    )


# Under Torch's transformations ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("transformation", "dtype"),
    [("compile", torch.float32), ("vmap", torch.float64), ("vmap", torch.float32)],
    ids=str,
)
def test_transformed(transformation, dtype):
    """One graph of the cost, and all words mapped over a batch, give what plain calls give."""
    chosen = ["_dispersed"] if transformation == "compile" else [*BOUNDS]

    def everything(y, m, n):
        return [getattr(WORDS["torch"], name)(*((m, n) if name in OF_TWO else (y, m, n))) for name in chosen]

    generator = torch.Generator().manual_seed(0)
    m, n = (torch.exp(torch.randn(6, 5, dtype=dtype, generator=generator)) for _ in "mn")
    y = torch.round(3 * torch.rand(6, 5, dtype=dtype, generator=generator))
    plain = everything(y, m, n)
    assert all(value.dtype is dtype for value in plain)
    compiled = torch.compile(everything, fullgraph=True, backend="aot_eager")
    transformed = compiled if transformation == "compile" else torch.func.vmap(everything)
    tolerance = 8 * torch.finfo(dtype).eps
    for value, again in zip(plain, transformed(y, m, n), strict=True):
        torch.testing.assert_close(value, again, rtol=tolerance, atol=tolerance)
