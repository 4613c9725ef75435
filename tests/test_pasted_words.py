"""The pasted words are as accurate as their docstrings say, against mpmath.

An error is measured beyond conditioning: |value - truth|, less what one unit in the last place (ulp)
in each argument explains, in ulp of the truth.  The bounds were measured on thousands of points of
each grid; a run draws a sample of them.
"""

import sys
from functools import cache
from types import ModuleType

import mpmath as mp
import numpy as np
import pytest
import torch

from derive.modules import pasted

DIGITS = 60
SAMPLE = 60
KINDS = (np.float64, np.float32)
LIBRARIES = ("numpy", "torch")


def load(library):
    """All that can be pasted into modules of a library, as one module."""
    name = f"words_{library}"
    module = sys.modules[name] = ModuleType(name)  # torch.compile looks there
    exec(compile(pasted.source(library), name, "exec"), vars(module))
    return module


WORDS = {library: load(library) for library in LIBRARIES}


# Truth ------------------------------------------------------------------------------------------


def difference(order, x, a):
    """psi^(order)(x + a) - psi^(order)(x), with log gamma for the order -1."""
    if a < x * mp.mpf(10) ** -18:
        terms = (a**k / mp.factorial(k) * mp.psi(order + k, x) for k in range(1, 6))
        return mp.fsum(terms)
    function = mp.loggamma if order < 0 else (lambda t: mp.psi(order, t))
    return function(x + a) - function(x)


def growth(x, a):
    return x * difference(0, x, a) + x**2 * difference(1, x, a)


def log_beta(a, b):
    return mp.loggamma(min(a, b)) - difference(-1, max(a, b), min(a, b))


def half(order, x):
    """The derivative of that order of log gamma(x + 1/2) - log gamma(x) - log(x)/2."""
    with mp.workdps(DIGITS + max(0, int(4 * mp.log10(x)))):
        if order == 0:
            return mp.loggamma(x + 0.5) - mp.loggamma(x) - mp.log(x) / 2
        last = (-1) ** (order - 1) * mp.factorial(order - 1) / (2 * x**order)
        return mp.psi(order - 1, x + 0.5) - mp.psi(order - 1, x) - last


TRUTH = {  # word: its truth, then its derivative in each argument
    "_log_gamma": (mp.loggamma, mp.digamma),
    "_digamma": (mp.digamma, lambda x: mp.psi(1, x)),
    "_trigamma": (lambda x: mp.psi(1, x), lambda x: mp.psi(2, x)),
    "_tetragamma": (lambda x: mp.psi(2, x), lambda x: mp.psi(3, x)),
    "_half_step_log_gamma": (lambda x: half(0, x), lambda x: half(1, x)),
    "_half_step_digamma": (lambda x: half(1, x), lambda x: half(2, x)),
    "_half_step_trigamma": (lambda x: half(2, x), lambda x: half(3, x)),
    "_half_step_log_gamma_of_exponential": (
        lambda a: mp.log(2) / 2 - half(0, mp.exp(a) / 2),
        lambda a: -mp.exp(a) / 2 * half(1, mp.exp(a) / 2),
    ),
    "_half_step_growth": (
        lambda x: half(1, x) + x * half(2, x),
        lambda x: 2 * half(2, x) + x * half(3, x),
    ),
    "_softplus": (lambda x: mp.log1p(mp.exp(x)), lambda x: 1 / (1 + mp.exp(-x))),
    "_sigmoid": (lambda x: 1 / (1 + mp.exp(-x)), lambda x: 1 / (1 + mp.exp(x)) / (1 + mp.exp(-x))),
    "_log_gamma_difference": (
        lambda x, a: difference(-1, x, a),
        lambda x, a: difference(0, x, a),
        lambda x, a: mp.digamma(x + a),
    ),
    "_digamma_difference": (
        lambda x, a: difference(0, x, a),
        lambda x, a: difference(1, x, a),
        lambda x, a: mp.psi(1, x + a),
    ),
    "_trigamma_difference": (
        lambda x, a: difference(1, x, a),
        lambda x, a: difference(2, x, a),
        lambda x, a: mp.psi(2, x + a),
    ),
    "_digamma_difference_growth": (
        growth,
        lambda x, a: difference(0, x, a) + 3 * x * difference(1, x, a) + x**2 * difference(2, x, a),
        lambda x, a: x * mp.psi(1, x + a) + x**2 * mp.psi(2, x + a),
    ),
    "_log_beta": (log_beta, lambda a, b: -difference(0, a, b), lambda a, b: -difference(0, b, a)),
}
ON_LINE = ("_softplus", "_sigmoid")
ROWS = ("_log_sum_exp", "_log_sum_exp_difference", "_softmax", "_softmax_complement")

NAN = float("nan")
BOUNDS = {  # (word, grid): the bound in float64 for numpy and torch, then in float32 (nan: has no such word)
    ("_digamma", "ordinary"): (NAN, 1.5, NAN, 1.5),
    ("_digamma", "wide"): (NAN, 1.5, NAN, 1.5),
    ("_digamma", "zeros"): (NAN, 1, NAN, 1),
    ("_digamma_difference", "ordinary"): (1, 1, 0.5, 1),
    ("_digamma_difference", "wide"): (1, 1, 0.5, 1.5),
    ("_digamma_difference_growth", "ordinary"): (100, 100, 0.5, 0.5),
    ("_digamma_difference_growth", "wide"): (100, 100, 0.5, 0.5),
    ("_log_beta", "ordinary"): (1.5, 4, 0.5, 1),
    ("_log_beta", "wide"): (1.5, 1.5, 0.5, 1.5),
    ("_log_gamma", "ordinary"): (1.5, 0.5, 0.5, 0.5),
    ("_log_gamma", "wide"): (2, 0.5, 0.5, 0.5),
    ("_log_gamma", "zeros"): (4, 1, 0.5, 1),
    ("_log_gamma_difference", "ordinary"): (5.5, 5.5, 0.5, 4),
    ("_log_gamma_difference", "wide"): (6.5, 6.5, 0.5, 1.5),
    ("_softplus", "line"): (1.5, 0.5, 0.5, 1),
    ("_sigmoid", "line"): (1.5, NAN, 0.5, NAN),
    ("_half_step_log_gamma", "ordinary"): (2, 2, 0.5, 2),
    ("_half_step_log_gamma", "wide"): (3, 3, 0.5, 2),
    ("_half_step_log_gamma", "zeros"): (2.5, 2.5, 0.5, 2.5),
    ("_half_step_digamma", "ordinary"): (2, 2, 0.5, 2),
    ("_half_step_digamma", "wide"): (3, 3, 0.5, 1.5),
    ("_half_step_digamma", "zeros"): (2.5, 2.5, 0.5, 2.5),
    ("_half_step_trigamma", "ordinary"): (2.5, 2.5, 0.5, 2),
    ("_half_step_trigamma", "wide"): (2.5, 2.5, 0.5, 2.5),
    ("_half_step_trigamma", "zeros"): (3, 3, 0.5, 2),
    ("_half_step_log_gamma_of_exponential", "ordinary"): (3, 3, 0.5, 0.5),
    ("_half_step_growth", "ordinary"): (7, 7, 0.5, 6),
    ("_half_step_growth", "wide"): (7, 7, 0.5, 6),
    ("_half_step_growth", "zeros"): (7, 7, 0.5, 6),
    ("_tetragamma", "ordinary"): (2, 2, 0.5, 1.5),
    ("_tetragamma", "wide"): (1.5, 1.5, 0.5, 2),
    ("_tetragamma", "zeros"): (1.5, 1.5, 0.5, 1.5),
    ("_trigamma", "ordinary"): (1.5, 1.5, 0.5, 1.5),
    ("_trigamma", "wide"): (1.5, 1.5, 0.5, 1),
    ("_trigamma", "zeros"): (1, 1, 0.5, 1),
    ("_trigamma_difference", "ordinary"): (1.5, 1.5, 0.5, 1),
    ("_trigamma_difference", "wide"): (1.5, 1.5, 0.5, 1.5),
}
ZERO_CURVES = {  # on the curve of its zeros: |value - truth| over what conditioning and rounding explain
    "_log_beta": (2.5, 1.5, 0.5, 1.5),
    "_log_gamma_difference": (1.6, 1.6, 0.5, 2),
}
DEVIATION_BOUNDS = (5, 5, 0.5, 8)  # likewise for the softmax deviation
ROW_BOUNDS = {
    "_log_sum_exp": (1.5, 1.5, 0.5, 1.5),
    "_log_sum_exp_difference": (1.5, 1.5, 0.5, 1.5),
    "_softmax": (3, 3, 0.5, 3),
    "_softmax_complement": (1.5, 1.5, 0.5, 1.5),
}


def bound(row, library, kind):
    return row[2 * KINDS.index(kind) + LIBRARIES.index(library)]


# Measuring --------------------------------------------------------------------------------------


def ulp(number, kind):
    """One unit in the last place of a number, as the dtype would round it."""
    information = np.finfo(kind)
    number = abs(mp.mpf(number))
    if number < float(information.tiny):
        return mp.mpf(float(information.tiny)) * mp.mpf(2) ** -information.nmant
    return mp.mpf(2) ** (number.man.bit_length() - 1 + number.exp - information.nmant)


def error(value, truth, slack, kind):
    """|value - truth| less the slack, in ulp of the truth; beyond the dtype's range only the side counts."""
    information = np.finfo(kind)
    value = float(value)
    if abs(truth) >= float(information.max):
        right = abs(value) >= float(information.max) * (1 - 1e-6) and value * truth > 0
        return 0.0 if right else np.inf
    if abs(truth) < float(information.tiny):
        return 0.0 if abs(value) <= float(information.tiny) * (1 + 1e-6) else np.inf
    if not np.isfinite(value):
        return 0.0 if abs(truth) + slack >= float(information.max) and value * truth > 0 else np.inf
    return max(0.0, float((abs(mp.mpf(value) - truth) - slack) / ulp(truth, kind)))


def evaluate(library, name, *arguments):
    """The word's values, which must have the dtype of its arguments."""
    function = getattr(WORDS[library], name)
    if library == "numpy":
        value = function(*arguments)
    else:
        value = function(*(torch.from_numpy(np.ascontiguousarray(a)) for a in arguments)).numpy()
    assert value.dtype == arguments[0].dtype
    return value


def points(grid, name, kind, count=SAMPLE, seed=0):
    """Points of a grid, one array for each argument of the word."""
    random = np.random.default_rng([seed, *name.encode(), *grid.encode()])
    if grid == "zeros":
        smallest = -15 if kind is np.float64 else -6.5
        zeros = np.repeat((1, 2, 1.4616321449683623), count // 3)
        steps = 10 ** random.uniform(smallest, -0.4, len(zeros))
        return [(zeros + random.choice((-1, 1), len(zeros)) * steps).astype(kind)]
    if grid == "line":
        end = float(np.log(np.finfo(kind).max)) + 3
        ends = np.where(np.arange(count) % 2, end, 40)
        return [random.uniform(-ends, ends).astype(kind)]
    low, high = {"ordinary": (0.05, 50), "wide": (1e-6, 1e6), "extreme": (1e-300, 1e300)}[grid]
    logarithms = random.uniform(np.log10(low), np.log10(high), (len(TRUTH[name]) - 1, count))
    return list((10**logarithms).astype(kind))


@cache
def truths(name, grid, kind, digits=DIGITS):
    """At each point: the arguments, the truth and what one ulp in each argument explains."""
    truth, *slopes = TRUTH[name]
    arrays = zero_curve(name, kind) if grid == "zero curve" else points(grid, name, kind)
    found = []
    with mp.workdps(400 if grid == "line" else digits):
        for inputs in zip(*arrays, strict=True):
            exact = [mp.mpf(float(value)) for value in inputs]
            parts = (abs(slope(*exact)) * ulp(x, kind) for slope, x in zip(slopes, exact, strict=True))
            found.append((tuple(map(float, inputs)), truth(*exact), mp.fsum(parts)))
    return arrays, found


def zero_curve(name, kind, count=30):
    """Points at relative distances 0.1 to 1e-12 (float32: 1e-6) from where the word of two is zero."""
    random = np.random.default_rng(5)
    truth = TRUTH[name][0]
    of_gamma = name == "_log_gamma_difference"
    pairs = []
    with mp.workdps(30):
        while len(pairs) < count:
            x = mp.mpf(float(10 ** random.uniform(-2 if of_gamma else -1.3, 0.1 if of_gamma else 0)))
            low, high = (1e-9, 1e4) if of_gamma else (1, 1e300 if kind is np.float64 else 1e37)
            low, high = mp.mpf(low), mp.mpf(high)
            sign = mp.sign(truth(x, high))
            if mp.sign(truth(x, low)) == sign:
                continue
            for _ in range(60):
                middle = mp.sqrt(low * high)
                low, high = (low, middle) if mp.sign(truth(x, middle)) == sign else (middle, high)
            distance = 10 ** random.uniform(-12 if kind is np.float64 else -6, -1) * random.choice((-1, 1))
            pairs.append((float(x), float(low) * (1 + distance)))
    return [np.array(column).astype(kind) for column in zip(*pairs, strict=True)]


def cases(table):
    """Each row of a table of bounds, in each dtype, for each library that has the word."""
    return [
        pytest.param(
            key,
            library,
            kind,
            id=f"{'-'.join([key] if isinstance(key, str) else key)}-{library}-{kind.__name__}",
        )
        for key, row in table.items()
        for kind in KINDS
        for library in LIBRARIES
        if bound(row, library, kind) == bound(row, library, kind)
    ]


# The words of numbers ---------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "library", "kind"), cases(BOUNDS))
def test_bounds_on_grids(key, library, kind):
    """Beyond conditioning no error exceeds the measured bound, on each grid and near the zeros."""
    name, grid = key
    arrays, found = truths(name, grid, kind)
    values = evaluate(library, name, *arrays)
    with mp.workdps(DIGITS):
        errors = [
            (error(value, truth, slack, kind), inputs)
            for value, (inputs, truth, slack) in zip(values, found, strict=True)
        ]
    worst = max(errors)
    assert worst[0] <= bound(BOUNDS[key], library, kind), worst


@pytest.mark.parametrize(("name", "library", "kind"), cases(ZERO_CURVES))
def test_bounds_on_curves_of_zeros(name, library, kind):
    """Near the curve on which a word of two is zero, the error is what conditioning explains."""
    arrays, found = truths(name, "zero curve", kind)
    values = evaluate(library, name, *arrays)
    with mp.workdps(DIGITS):
        ratios = [
            (float(abs(mp.mpf(float(value)) - truth) / (slack + ulp(truth, kind) / 2)), inputs)
            for value, (inputs, truth, slack) in zip(values, found, strict=True)
        ]
    worst = max(ratios)
    assert worst[0] <= bound(ZERO_CURVES[name], library, kind), worst


@pytest.mark.parametrize("name", TRUTH)
def test_truth_at_twice_the_digits(name):
    """The truth itself has 25 digits: twice the working precision gives the same."""
    for inputs in zip(*points("line" if name in ON_LINE else "wide", name, np.float64, 4, 99), strict=True):
        exact = [mp.mpf(float(value)) for value in inputs]
        for function in TRUTH[name]:
            with mp.workdps(400 if name in ON_LINE else DIGITS):
                once = function(*exact)
            with mp.workdps(800 if name in ON_LINE else 2 * DIGITS):
                twice = function(*exact)
                assert abs(once - twice) <= abs(twice) * mp.mpf(10) ** -25, inputs


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", LIBRARIES)
def test_ends_of_the_range(library, kind):
    """The smallest and largest numbers of the dtype give no nan, and limits where there are limits."""
    inf, nan = np.inf, np.nan
    big, tiny = np.finfo(kind).max, np.finfo(kind).tiny

    def of(name, *arrays):
        return evaluate(library, name, *(np.array(array, kind) for array in arrays)).astype(float)

    np.testing.assert_equal(of("_log_gamma", [1, 2, nan]), [0, 0, nan])
    assert np.isfinite(of("_digamma_difference", [tiny, big], [big, big])).all()
    for name in ("_log_gamma_difference", "_log_beta", "_trigamma_difference"):
        assert not np.isnan(of(name, [tiny, big, 1, tiny], [big, big, big, tiny])).any(), name
    x, y = [0, 0, 0, 1, nan, 0], [0, nan, 2, 0, 0, inf]
    np.testing.assert_equal(of("_ratio", x, y), [0, nan, 0, inf, nan, 0])
    np.testing.assert_equal(of("_softplus", [-inf, inf, nan]), [0, inf, nan])
    if library == "numpy":
        np.testing.assert_equal(of("_sigmoid", [-inf, inf, nan]), [0, 1, nan])
    else:
        np.testing.assert_equal(of("_xlog1py", x, y), [0, nan, 0, 0, nan, 0])


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", [name for name in TRUTH if len(TRUTH[name]) == 3])
def test_arguments_broadcast(library, name):
    """A column and a row give a table whose entries are those of the pairs."""
    x, a = (np.exp(np.random.default_rng(seed).normal(size=5)) for seed in (1, 2))
    table = evaluate(library, name, x[:, None], a[None, :])
    pairs = evaluate(library, name, np.repeat(x, 5), np.tile(a, 5))
    np.testing.assert_array_equal(table.ravel(), pairs)


@pytest.mark.parametrize("name", [name for name in TRUTH if hasattr(WORDS["numpy"], name)])
def test_whole_numbers_and_scalars(name):
    """NumPy's words answer whole numbers and Python numbers in float64, and single numbers with one."""
    numbers = [4, 7][: len(TRUTH[name]) - 1]
    with mp.workdps(DIGITS):
        truth = float(TRUTH[name][0](*map(mp.mpf, numbers)))
    function = getattr(WORDS["numpy"], name)
    for arguments in (numbers, map(float, numbers), map(np.array, numbers), map(np.int32, numbers)):
        value = function(*arguments)
        assert value.dtype == np.float64
        assert value.shape == ()
        np.testing.assert_allclose(value, truth, rtol=1e-14)


# The words of vectors ---------------------------------------------------------------------------


def random_row(random, kind):
    """A row of 2 to 40 entries of spread up to 30; sometimes two entries are the largest."""
    z = (random.normal(size=random.integers(2, 41)) * 10 ** random.uniform(-2, 1.5)).astype(kind)
    if random.random() < 0.2:
        z[random.integers(len(z))] = z.max()
    return z


@cache
def row_truths(kind, count=25):
    """Rows, and for each word its true entries with what one ulp in each entry of the row explains."""
    random = np.random.default_rng(7)
    found = []
    with mp.workdps(DIGITS):
        for _ in range(count):
            z = random_row(random, kind)
            exact = [mp.mpf(float(value)) for value in z]
            largest = max(exact)
            whole = largest + mp.log(mp.fsum(mp.exp(value - largest) for value in exact))
            p = [mp.exp(value - whole) for value in exact]
            units = [ulp(value, kind) if value else mp.mpf(0) for value in exact]
            mean = mp.fsum(q * unit for q, unit in zip(p, units, strict=True))
            entries = {name: [] for name in ROWS}
            entries["_log_sum_exp"].append((whole, mean))
            for k, q in enumerate(p):
                others = mean + (1 - 2 * q) * units[k]
                entries["_log_sum_exp_difference"].append((whole - exact[k], others))
                entries["_softmax"].append((q, q * others))
                entries["_softmax_complement"].append((mp.fsum(p[:k] + p[k + 1 :]), q * others))
            found.append((z, entries))
    return found


@pytest.mark.parametrize(("name", "library", "kind"), cases(ROW_BOUNDS))
def test_bounds_on_rows(name, library, kind):
    """Beyond conditioning no entry of a softmax word exceeds the measured bound, ties included."""
    worst = (0.0, None)
    for z, entries in row_truths(kind):
        values = np.atleast_1d(evaluate(library, name, z))
        with mp.workdps(DIGITS):
            for value, (truth, slack) in zip(values, entries[name], strict=True):
                worst = max(worst, (error(value, truth, slack, kind), z.tolist()), key=lambda pair: pair[0])
    assert worst[0] <= bound(ROW_BOUNDS[name], library, kind), worst


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1000, 100_000])
def test_long_rows(kind, size):
    """A hundred thousand classes are summed as well as a few: against NumPy's long double."""
    z = (np.random.default_rng(0).normal(size=(3, size)) * 4).astype(kind)
    exact = z.astype(np.longdouble)
    top = exact.max(-1, keepdims=True)
    weight = np.exp(exact - top)
    here = np.arange(size) == exact.argmax(-1)[:, None]
    rest = np.where(here, 0, weight).sum(-1, keepdims=True)
    p = weight / (1 + rest)
    truth = {
        "_log_sum_exp": ((top + np.log1p(rest))[:, 0], 1),
        "_log_sum_exp_difference": (top - exact + np.log1p(rest), 1.5),
        "_softmax": (p, 40),
        "_softmax_complement": (np.where(here, rest / (1 + rest), 1 - p), 1),
    }
    for name, (expected, most) in truth.items():
        for library in LIBRARIES:
            value = evaluate(library, name, z)
            assert (np.abs(value - expected) / np.spacing(np.abs(expected).astype(kind))).max() <= most, name


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", LIBRARIES)
def test_particular_rows(library, kind):
    """A gap of 40 keeps the small rest, ties are shared, and infinite entries give limits."""
    inf = np.inf
    tail = 4.248354255291589e-18
    rows = [[0, -40], [3, 3], [-inf, 0]]
    expected = {
        "_log_sum_exp_difference": (rows, [[tail, 40], [np.log(2)] * 2, [inf, 0]]),
        "_softmax": (rows, [[1, tail], [0.5, 0.5], [0, 1]]),
        "_softmax_complement": (rows, [[tail, 1], [0.5, 0.5], [1, 0]]),
        "_log_sum_exp": ([[0, -40], [-inf, -inf], [inf, 0]], [tail, -inf, inf]),
    }
    for name, (given, truth) in expected.items():
        value = evaluate(library, name, np.array(given, kind)).astype(float)
        np.testing.assert_allclose(value, truth, rtol=3 * np.finfo(kind).eps, atol=0, err_msg=name)


def deviations(z, v, kind):
    """The true deviations, with what one ulp in each entry of z and of v explains."""
    with mp.workdps(DIGITS):
        z, v = ([mp.mpf(float(entry)) for entry in row] for row in (z, v))
        whole = mp.log(mp.fsum(mp.exp(entry - max(z)) for entry in z)) + max(z)
        p = [mp.exp(entry - whole) for entry in z]
        found = []
        for k in range(len(z)):
            others = [(q, z[i], v[i]) for i, q in enumerate(p) if i != k]
            truth = mp.fsum(q * (v[k] - w) for q, _, w in others)
            mean = mp.fsum(q * w for q, w in zip(p, v, strict=True))
            slack = mp.fsum(q for q, *_ in others) * ulp(v[k], kind)
            slack += mp.fsum(q * ulp(w, kind) for q, _, w in others)
            slack += mp.fsum(q * abs(w - mean) * ulp(x, kind) for q, x, w in zip(p, z, v, strict=True) if x)
            found.append((truth, slack))
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", LIBRARIES)
def test_softmax_deviation(library, kind):
    """The error of v_k less the softmax mean is a small multiple of what one ulp in z and v explains."""
    random = np.random.default_rng(11)
    worst = (0.0, None)
    for _ in range(40):
        z = random_row(random, kind)
        v = random.normal(size=len(z)).astype(kind)
        values = evaluate(library, "_softmax_deviation", z, v)
        for value, (truth, slack) in zip(values, deviations(z, v, kind), strict=True):
            ratio = float(abs(mp.mpf(float(value)) - truth) / (slack + ulp(truth, kind) / 2))
            worst = max(worst, (ratio, z.tolist(), v.tolist()), key=lambda found: found[0])
    assert worst[0] <= bound(DEVIATION_BOUNDS, library, kind), worst


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", LIBRARIES)
def test_softmax_deviation_at_a_gap(library, kind):
    """At a gap of 40, where the softmax is 1, the deviation there keeps its digits."""
    z = np.array([[40, 0, 1.5], [-3, 37, 2], [0.25, 0.5, 40.5]], kind)
    v = np.array([[0.7, -1.3, 2.1], [1.9, 0.3, -0.4], [5.5, -2.5, 0.125]], kind)
    values = evaluate(library, "_softmax_deviation", z, v)
    truth = [[float(exact) for exact, _ in deviations(*pair, kind)] for pair in zip(z, v, strict=True)]
    np.testing.assert_allclose(values, truth, rtol=8 * np.finfo(kind).eps, atol=0)
    assert 0 < abs(values[0, 0]) < 1e-15


# Under Torch's transformations ------------------------------------------------------------------


def everything(x, a, z, v):
    """Every Torch word."""
    words = WORDS["torch"]
    alone = [getattr(words, name)(x) for name, row in TRUTH.items() if len(row) == 2 and hasattr(words, name)]
    pairs = [name for name, row in TRUTH.items() if len(row) == 3]
    pairs = [getattr(words, name)(x, a) for name in [*pairs, "_xlog1py", "_ratio"]]
    return alone + pairs + [getattr(words, name)(z) for name in ROWS] + [words._softmax_deviation(z, v)]


@pytest.mark.parametrize(
    ("transformation", "dtype"),
    [("compile", torch.float32), ("vmap", torch.float64), ("vmap", torch.float32)],
    ids=str,
)
def test_transformed(transformation, dtype):
    """One graph of all words, and all words mapped over a batch, give what plain calls give."""
    generator = torch.Generator().manual_seed(0)
    x, a = (torch.exp(3 * torch.randn(6, 5, dtype=dtype, generator=generator)) for _ in range(2))
    z, v = (torch.randn(6, 9, dtype=dtype, generator=generator) for _ in range(2))
    plain = everything(x, a, z, v)
    assert all(value.dtype is dtype for value in plain)
    if transformation == "compile":
        transformed = torch.compile(everything, fullgraph=True, backend="aot_eager")
    else:
        transformed = torch.func.vmap(everything)
    tolerance = 4 * torch.finfo(dtype).eps
    for value, other in zip(plain, transformed(x, a, z, v), strict=True):
        torch.testing.assert_close(value, other, rtol=tolerance, atol=tolerance)


# Pasting ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("library", LIBRARIES)
def test_pasted_with_all_that_is_needed(library):
    """What code calls is pasted with what that calls, from whatever file; the text runs by itself."""
    text = pasted.pasted(library, "value = _half_step_digamma(x) + other._softmax(y)")
    assert "def _rational" in text
    assert "_HALF_STEP_DIGAMMA_N = (" in text
    assert "# psi(x + 1/2) - psi(x) - 1/(2 x) = q/x^2" in text
    assert "_softmax" not in text
    scope = {}
    exec(pasted.imports(library, (), text) + "\n" + text, scope)
    x = np.array([0.7, 3.1]) if library == "numpy" else torch.tensor([0.7, 3.1], dtype=torch.float64)
    np.testing.assert_array_equal(scope["_half_step_digamma"](x), WORDS[library]._half_step_digamma(x))
    assert pasted.pasted(library, "def f(x):\n    return x") == ""


def test_a_name_is_defined_once(tmp_path, monkeypatch):
    """Two definitions of one name are a mistake of whoever wrote them, and the name is said."""
    for name in ("one", "other"):
        (tmp_path / "words" / "numpy").mkdir(parents=True, exist_ok=True)
        (tmp_path / "words" / "numpy" / f"{name}.py").write_text("def _f(x):\n    return x\n")
    monkeypatch.setattr(pasted, "TEMPLATES", tmp_path)
    with pytest.raises(ValueError, match=r"words/numpy defines _f twice"):
        pasted.definitions.__wrapped__("numpy")


def test_imports_are_what_the_code_mentions():
    """Only names of the syntax count, not letters of a string; the standard library stands first."""
    statements = ("from scipy import special", "import numpy as np", "import math", "from typing import Any")
    code = 'def f(x: Any):\n    """F.x math.pi special."""\n    return np.sqrt(x.math)'
    assert pasted.imports("torch", statements, code) == "from typing import Any\n\nimport numpy as np"
    code = "special.psi(math.pi) + np.pi"
    assert pasted.imports("numpy", statements, code) == (
        "import math\n\nimport numpy as np\nfrom scipy import special"
    )
