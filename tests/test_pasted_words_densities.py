"""The pasted words of single densities are as accurate as their docstrings say, against mpmath.

An error is measured beyond conditioning, as in `test_pasted_words`: the derivatives that say what one ulp in each
argument explains are taken of the truth itself. The bounds hold at the few points that are drawn here: at more of
them some words exceed theirs, and the neighbours of a switch are not tested. `_log_beta_fall` is not tested here.
"""

from functools import cache, partial

import mpmath as mp
import numpy as np
import pytest

from tests.test_pasted_words import KINDS, LIBRARIES, bound, error, evaluate, ulp

DIGITS = 150
SAMPLE = 40
EVERY = 4  # at one of so many points the truth is confirmed


def powers(low, high):
    """Between ten to these powers."""
    return lambda random: 10 ** random.uniform(low, high, SAMPLE)


def between(low, high):
    return lambda random: random.uniform(low, high, SAMPLE)


def whole(low, high):
    """Whole numbers of any size, and 0 and 1 where they are allowed."""
    return lambda random: np.floor(10 ** random.uniform(low, high, SAMPLE))


def beside(place, largest):
    """On both sides of a place, at most so far and as near as a few ulp of single precision."""
    return lambda random: (
        place + largest * random.choice((-1, 1), SAMPLE) * 10 ** random.uniform(-6, 0, SAMPLE)
    )


# Truth ------------------------------------------------------------------------------------------


def abel(a, b, n):
    return mp.log(a) + (n - 1) * mp.log(a + b * n)


def log_zeta(order, a):
    with mp.extradps(int(a / 3)):
        value = mp.zeta(1 + a)
        if order == 0:
            return mp.log(value)
        slope = mp.zeta(1 + a, 1, 1) / value
        return slope if order == 1 else mp.zeta(1 + a, 1, 2) / value - slope**2


def wound(orders, a, b, c):
    """The cost of an angle, and its derivatives in the angle and in the mean length."""
    cos, sin, whole = mp.cos(a - b), mp.sin(a - b), 1 - c**2
    spread = 1 - 2 * c * cos + c**2
    lead = 2 * c - (1 + c**2) * cos
    return {
        (0, 0): lambda: mp.log(spread / whole),
        (1, 0): lambda: 2 * c * sin / spread,
        (0, 1): lambda: 2 * lead / (spread * whole),
        (2, 0): lambda: -2 * c * lead / spread**2,
        (1, 1): lambda: 2 * sin * whole / spread**2,
        (0, 2): lambda: 4 * sin**2 / spread**2 + 4 * c * lead / (spread * whole**2),
    }[orders]()


def cell(order, a, b):
    """The logarithm of what a cell holds, or a derivative of minus that, by the probabilities outside of it."""
    up, down = (a + mp.mpf(1) / 2) / b, (a - mp.mpf(1) / 2) / b
    low, high, gap = 1 / (1 + mp.exp(up)), 1 / (1 + mp.exp(-down)), 1 / mp.expm1(1 / b)
    low_slope, high_slope = low * (1 - low), high * (1 - high)
    rise = down * high - up * low - gap / b
    return {
        "": lambda: mp.log(1 - low - high),
        "a": lambda: (high - low) / b,
        "b": lambda: -rise / b,
        "aa": lambda: (low_slope + high_slope) / b**2,
        "ab": lambda: (low - high - up * low_slope - down * high_slope) / b**2,
        "bb": lambda: (2 * rise + up**2 * low_slope + down**2 * high_slope + gap * (1 + gap) / b**2) / b**2,
    }[order]()


TRUTH = {
    "_log_logistic_cell": partial(cell, ""),
    "_logistic_cell_slope": partial(cell, "a"),
    "_logistic_cell_scale_slope": partial(cell, "b"),
    "_logistic_cell_curvature": partial(cell, "aa"),
    "_logistic_cell_mixed": partial(cell, "ab"),
    "_logistic_cell_scale_curvature": partial(cell, "bb"),
    "_log_abel": abel,
    "_log_abel_of_log": lambda x, b, n: x + (n - 1) * mp.log(mp.exp(x) + b * n) if n else mp.mpf(0),
    "_abel_curvature": lambda a, b, n: 1 / a**2 + (n - 1) / (a + b * n) ** 2,
    "_abel_poisson": lambda a, b, n: a + b * n - abel(a, b, n) + mp.loggamma(n + 1),
    "_log_zeta": partial(log_zeta, 0),
    "_log_zeta_slope": partial(log_zeta, 1),
    "_log_zeta_curvature": partial(log_zeta, 2),
    "_wrapped_cauchy": partial(wound, (0, 0)),
    "_wrapped_cauchy_slope": partial(wound, (1, 0)),
    "_wrapped_cauchy_pull": partial(wound, (0, 1)),
    "_wrapped_cauchy_curvature": partial(wound, (2, 0)),
    "_wrapped_cauchy_mixed": partial(wound, (1, 1)),
    "_wrapped_cauchy_pull_slope": partial(wound, (0, 2)),
}

# Where each family is tried: for every argument how it is drawn.
ABEL = (
    (powers(-3, 3), between(0, 1), whole(-1, 2)),
    (powers(-9, 9), powers(-9, 0), whole(-1, 6)),
    (powers(2, 4), between(0.2, 0.9), whole(3, 4)),
)
ZETA = ((powers(-2, 1),), (powers(-12, 3),), (beside(1.0, 0.1),))
WOUND = (
    (between(-3.1, 3.1), between(-3.1, 3.1), between(0.01, 0.99)),
    (between(-3.1, 3.1), between(-3.1, 3.1), powers(-9, -1)),
    (powers(-6, 0), powers(-6, 0), beside(0.5, 0.4)),
    (between(-40, 40), between(-40, 40), lambda random: 1 - 10 ** random.uniform(-6, -1, SAMPLE)),
)
CELL = (
    (between(-3, 3), powers(-1, 1)),
    (powers(-9, 2), powers(-1, 6)),
    (beside(0.5, 0.4), powers(-2, 0)),
    (lambda random: -(10 ** random.uniform(-2, 1, SAMPLE)), powers(-1, 1)),
)
FAMILIES = {"abel": ABEL, "zeta": ZETA, "wrapped": WOUND, "cell": CELL}
GRIDS = {name: grid for name in TRUTH for part, grid in FAMILIES.items() if part in name} | {
    "_log_abel_of_log": tuple((between(-20, 20), *rest) for _, *rest in ABEL)
}

BOUNDS = {  # the bound in float64 for numpy and torch, then in float32
    "_log_abel": (2, 2, 0.5, 0.5),
    "_log_abel_of_log": (2, 2, 0.5, 0.5),
    "_abel_curvature": (5, 5, 0.5, 0.5),
    "_abel_poisson": (4, 4, 0.5, 0.5),
    "_log_zeta": (3, 3, 0.5, 0.5),
    "_log_zeta_slope": (4, 4, 0.5, 0.5),
    "_log_zeta_curvature": (5, 5, 0.5, 0.5),
    "_wrapped_cauchy": (5, 5, 0.5, 0.5),
    "_wrapped_cauchy_slope": (6, 6, 0.5, 0.5),
    "_wrapped_cauchy_pull": (8, 8, 0.5, 0.5),
    "_wrapped_cauchy_curvature": (8, 8, 0.5, 0.5),
    "_wrapped_cauchy_mixed": (8, 8, 0.5, 0.5),
    "_wrapped_cauchy_pull_slope": (12, 12, 0.5, 0.5),
    "_log_logistic_cell": (4, 4, 0.5, 0.5),
    "_logistic_cell_slope": (6, 6, 0.5, 0.5),
    "_logistic_cell_scale_slope": (10, 10, 0.5, 0.5),
    "_logistic_cell_curvature": (8, 8, 0.5, 0.5),
    "_logistic_cell_mixed": (12, 12, 0.5, 0.5),
    "_logistic_cell_scale_curvature": (12, 12, 0.5, 0.5),
}
CASES = [
    pytest.param(name, library, kind, id=f"{name}-{library}-{kind.__name__}")
    for name in BOUNDS
    for library in LIBRARIES
    for kind in KINDS
]


@cache
def points(name, kind):
    """The arguments of every grid, one array each."""
    random = np.random.default_rng([11, *name.encode()])
    drawn = [[draw(random) for draw in grid] for grid in GRIDS[name]]
    return tuple(np.concatenate(column).astype(kind) for column in zip(*drawn, strict=True))


@cache
def truths(name, kind):
    """At each point the truth and what one ulp in each argument explains."""
    found = []
    with mp.workdps(DIGITS):
        for point in zip(*points(name, kind), strict=True):
            exact = [mp.mpf(float(number)) for number in point]
            slack = mp.mpf(0)
            for place, number in enumerate(exact):
                step = ulp(number, kind) * mp.mpf(10) ** -12 if number else mp.mpf(10) ** -40
                moved = [*exact[:place], number + step, *exact[place + 1 :]]
                slope = (TRUTH[name](*moved) - TRUTH[name](*exact)) / step
                slack += abs(slope) * ulp(number, kind) if number else 0
            found.append((TRUTH[name](*exact), slack))
    return found


@pytest.mark.parametrize(("name", "library", "kind"), CASES)
def test_bounds(name, library, kind):
    """Beyond conditioning no error exceeds the measured bound."""
    arrays = points(name, kind)
    values = evaluate(library, name, *arrays)
    assert values.dtype == kind
    worst = (0.0, None)
    with mp.workdps(DIGITS):
        for value, (truth, slack), *point in zip(values, truths(name, kind), *arrays, strict=True):
            given = [float(number) for number in point]
            worst = max(worst, (error(value, truth, slack, kind), given), key=lambda pair: pair[0])
    assert worst[0] <= bound(BOUNDS[name], library, kind), worst


@pytest.mark.parametrize("name", BOUNDS)
def test_truth_at_twice_the_digits(name):
    """The truth itself has 25 digits: twice the working precision gives the same."""
    for point in list(zip(*points(name, np.float64), strict=True))[::EVERY]:
        exact = [mp.mpf(float(number)) for number in point]
        with mp.workdps(DIGITS):
            once = TRUTH[name](*exact)
        with mp.workdps(2 * DIGITS):
            twice = TRUTH[name](*exact)
        assert abs(once - twice) <= abs(twice) * mp.mpf(10) ** -25
