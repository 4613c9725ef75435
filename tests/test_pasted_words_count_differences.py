"""The pasted words of the difference of two Poisson counts are as accurate as their docstrings say, against mpmath.

An error is measured beyond conditioning, as in `test_pasted_words`.
"""

import mpmath as mp
import numpy as np
import pytest
import torch

from derive.words import log_bessel_of_order, log_bessel_of_order_slope
from tests.test_pasted_words import KINDS, LIBRARIES, WORDS, bound, evaluate, ulp

SAMPLE = 12
DECADES = {np.float64: (0.7, 4, 100), np.float32: (0.7, 4, 12)}
STEP = mp.mpf(10) ** -15
SWITCH = 40.0  # of the root of y^2 + 4 a b, where the power series gives way to Debye's expansion

BOUNDS = {  # word: the bound in float64 for numpy and torch, then in float32
    "_count_difference": (16, 16, 0.5, 0.5),
    "_count_difference_slope": (10, 10, 0.5, 0.5),
    "_count_difference_curvature": (6, 6, 0.5, 0.5),
    "_count_difference_cross": (8, 8, 0.5, 0.5),
    "_count_difference_of_logs": (16, 16, 0.5, 0.5),
    "_count_difference_log_slope": (10, 10, 0.5, 0.5),
    "_count_difference_log_curvature": (10, 10, 0.5, 0.5),
}
OF_LOGS = [name for name in BOUNDS if "log" in name]
CASES = [
    pytest.param(name, library, kind, id=f"{name}-{library}-{kind.__name__}")
    for name in BOUNDS
    for library in LIBRARIES
    for kind in KINDS
]


# Truth ------------------------------------------------------------------------------------------


def truth(name, y, a, b):
    """A word's value, by the Bessel function and its derivative."""
    first, second = (mp.exp(a), mp.exp(b)) if name in OF_LOGS else (a, b)
    with mp.extradps(20 + int(2 * abs(mp.log10(first * second)) + 2 * mp.log10(abs(y) + 1))):
        if name in OF_LOGS:
            first, second = mp.exp(a), mp.exp(b)
        x = 2 * mp.sqrt(first * second)
        slope = log_bessel_of_order_slope.truth(y, x)
        mean, variance = (y + x * slope) / 2, (x**2 + y**2 - (x * slope) ** 2) / 4
        return {
            "": lambda: first + second - y * mp.log(first / second) / 2 - log_bessel_of_order.truth(y, x),
            "_of_logs": lambda: truth("_count_difference", y, first, second),
            "_slope": lambda: 1 - mean / first,
            "_curvature": lambda: (mean - variance) / first**2,
            "_cross": lambda: -variance / (first * second),
            "_log_slope": lambda: first - mean,
            "_log_curvature": lambda: first - variance,
        }[name.removeprefix("_count_difference")]()


def excess(name, kind, value, y, a, b):
    """The error in ulp of the truth that one ulp in each mean, or its logarithm, does not explain."""
    with mp.workdps(40):
        y, a, b = (mp.mpf(float(number)) for number in (y, a, b))
        exact = truth(name, y, a, b)
        moved = (truth(name, y, a * (1 + STEP), b), a), (truth(name, y, a, b * (1 + STEP)), b)
        slack = sum(abs((other - exact) / (STEP * size)) * ulp(size, kind) for other, size in moved)
        return float((abs(mp.mpf(float(value)) - exact) - slack) / ulp(exact, kind))


def points(name, kind, decades):
    """Means of so many decades, a third of them such that the difference is an ordinary one."""
    random = np.random.default_rng([9, int(10 * decades), *name.encode()])
    a, b = (10 ** random.uniform(-decades, decades, SAMPLE) for _ in "ab")
    y = random.choice((-1, 1), SAMPLE) * np.floor(10 ** random.uniform(-0.5, min(decades, 6), SAMPLE))
    near = np.abs(b + y + random.normal(size=SAMPLE) * np.sqrt(b + np.abs(y)))
    a = np.where((random.random(SAMPLE) < 0.3) & (near > 0), near, a)
    columns = (y, np.log(a), np.log(b)) if name in OF_LOGS else (y, a, b)
    return [column.astype(kind) for column in columns]


# Accuracy ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "library", "kind"), CASES)
def test_bounds(name, library, kind):
    """Beyond conditioning no error exceeds the bound, for means of any size and differences on both sides."""
    for decades in DECADES[kind]:
        columns = points(name, kind, decades)
        for value, *row in zip(evaluate(library, name, *columns), *columns, strict=True):
            assert excess(name, kind, value, *row) <= bound(BOUNDS[name], library, kind), row


@pytest.mark.parametrize(("name", "library", "kind"), CASES)
def test_at_the_switch(name, library, kind):
    """One ulp below the switch, at it and above, the values are within the bound of the truth."""
    for y in (0.0, 3.0, -24.0, 39.0):
        for a in (0.01, 20.0, 700.0):
            last = np.log((SWITCH**2 - y**2) / 4 / a) if name in OF_LOGS else (SWITCH**2 - y**2) / 4 / a
            b = np.array([last], kind)
            b = np.concatenate([np.nextafter(b, kind(-1e9)), b, np.nextafter(b, kind(1e9))])
            first = np.full(3, np.log(a) if name in OF_LOGS else a, kind)
            for value, one, other in zip(
                evaluate(library, name, np.full(3, y, kind), first, b), first, b, strict=True
            ):
                assert excess(name, kind, value, y, one, other) <= bound(BOUNDS[name], library, kind)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", BOUNDS)
def test_at_the_other_switches(name, library):
    """Where e^(a + b) is 1e-30, where a b is 1, and where a logarithm is 0 or nearly, as well."""
    rows = [(y, a, b) for y in (0.0, 1.0, -1.0, 4.0) for a, b in OTHER[name in OF_LOGS]]
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    for value, *row in zip(evaluate(library, name, *columns), *columns, strict=True):
        assert excess(name, np.float64, value, *row) <= BOUNDS[name][0], row


LOW, HIGH = np.nextafter(1.0, 0.0), np.nextafter(1.0, 2.0)
OTHER = {
    False: [(2.0, 0.5 * LOW), (2.0, 0.5), (2.0, 0.5 * HIGH), (1e-8, 1e8), (1e-30, 1.0), (1.0, 1e-30)],
    True: [
        *((-30.0, -39.0 * step) for step in (LOW, 1.0, HIGH)),
        *((3.0, -3.0 * step) for step in (LOW, 1.0, HIGH)),
        (1e-20, -40.0),
        (-40.0, 1e-20),
        (1e-65, -70.0),
        (-70.0, 1e-65),
        (1e-18, -30.0),
        (-30.0, -1e-18),
    ],
}


@pytest.mark.parametrize("count", [3, 30, 1000])
def test_truth_is_the_sum(count):
    """The truth is the logarithm of the sum of the series, also where it takes larger steps, as mpmath has it."""
    with mp.workdps(40):
        for x in (mp.mpf("0.3"), mp.mpf(100), mp.mpf(10) ** 5):
            if x < 10**4:
                whole = mp.besseli(count, x, maxterms=10**6)
                assert abs(log_bessel_of_order.truth(mp.mpf(count), x) - mp.log(whole)) < mp.mpf(10) ** -35
            step = mp.mpf(10) ** -12
            high, low = (log_bessel_of_order.truth(mp.mpf(count), x + sign * step) for sign in (1, -1))
            slope = log_bessel_of_order_slope.truth(mp.mpf(count), x)
            assert abs((high - low) / (2 * step) - slope) < mp.mpf(10) ** -20 * (1 + abs(slope))


@pytest.mark.parametrize("library", LIBRARIES)
def test_probabilities_sum_to_one(library):
    """The probabilities of all differences sum to one, across the switch."""
    y = np.arange(-400.0, 401.0)
    for a, b in ((0.3, 2.0), (12.0, 9.0), (60.0, 3.0), (500.0, 480.0)):
        cost = evaluate(library, "_count_difference", y, np.full_like(y, a), np.full_like(y, b))
        assert np.exp(-cost).sum() == pytest.approx(1.0, rel=1e-13)


# Under Torch's transformations ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("transformation", "dtype"),
    [("compile", torch.float32), ("vmap", torch.float64), ("vmap", torch.float32)],
    ids=str,
)
def test_transformed(transformation, dtype):
    """One graph of all words, and all words mapped over a batch, give what plain calls give."""

    def everything(y, a, b):
        return [getattr(WORDS["torch"], name)(y, a, b) for name in BOUNDS]

    generator = torch.Generator().manual_seed(0)
    a, b = (torch.exp(torch.randn(6, 5, dtype=dtype, generator=generator)) for _ in "ab")
    y = torch.round(3 * torch.randn(6, 5, dtype=dtype, generator=generator))
    plain = everything(y, a, b)
    assert all(value.dtype is dtype for value in plain)
    compiled = torch.compile(everything, fullgraph=True, backend="aot_eager")
    transformed = compiled if transformation == "compile" else torch.func.vmap(everything)
    tolerance = 8 * torch.finfo(dtype).eps
    for value, again in zip(plain, transformed(y, a, b), strict=True):
        torch.testing.assert_close(value, again, rtol=tolerance, atol=tolerance)
