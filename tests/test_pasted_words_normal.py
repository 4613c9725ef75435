"""The pasted normal words are as accurate as their docstrings say, against mpmath.

An error is measured beyond conditioning, as in `test_pasted_words`. The bounds were measured on
tens of thousands of points in float64 and on millions in float32; a run draws a sample of them.
"""

import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import mpmath as mp
import numpy as np
import pytest
import torch

from tests.test_pasted_words import DIGITS, KINDS, LIBRARIES, bound, error, ulp

TEMPLATES = Path(__file__).parents[1] / "templates"
SAMPLE = 60
CANCELLING = 300  # digits for intervals: those of tiny width cancel up to eight times


def load(library):
    """All pasted functions of a library, as one module."""
    files = [*TEMPLATES.glob(f"words_{library}.py"), *sorted((TEMPLATES / "words" / library).glob("*.py"))]
    name = f"normal_words_{library}"
    module = sys.modules[name] = ModuleType(name)  # torch.compile looks there
    for file in files:
        exec(compile(file.read_text(encoding="utf-8"), file, "exec"), vars(module))
    return module


WORDS = {library: load(library) for library in LIBRARIES}

BOUNDS = {  # word: the bound in float64 for numpy and torch, then in float32
    "_erfcx": (4, 4, 0.5, 4),
    "_log_normal_cdf": (3, 3, 0.5, 3),
    "_inverse_mills": (2.5, 2.5, 0.5, 2.5),
    "_inverse_mills_excess": (2, 2, 0.5, 2),
    "_inverse_mills_slope": (3.5, 3.5, 0.5, 3.5),
    "_inverse_mills_excess_slope": (3, 3, 0.5, 3),
}
INTERVAL_BOUNDS = {
    "_log_normal_cdf_difference": (4, 4, 0.5, 4),
    "_log_normal_cdf_difference_slope": (3.5, 3.5, 0.5, 3.5),
    "_log_normal_cdf_difference_curvature": (4.5, 4.5, 0.5, 4.5),
    "_truncated_normal_mean": (4, 4, 0.5, 4),
    "_truncated_normal_mean_slope": (6, 6, 0.5, 6),
    "_truncated_normal_variance_complement": (4, 4, 0.5, 4),
}
SWITCHES = {  # where one formula gives way to another
    "_erfcx": (-0.5 / 2**0.5, 0.0),
    "_log_normal_cdf": (-0.75, 0.0, 0.75, 1.0),
    "_inverse_mills": (0.0, 0.875, 1.0),
    "_inverse_mills_excess": (0.0, 0.875, 1.0),
    "_inverse_mills_slope": (0.0, 1.0),
    "_inverse_mills_excess_slope": (0.0, 1.0),
}
# [c - w, c + w] where the formula for narrow intervals gives way to that of tails: c and w
NARROW = ((0.01, 0.75), (0.3, 0.75), (-0.9, 0.75), (-0.01, 1.25), (0.5, 1.25), (-4.0, 0.25), (50.0, 0.02))


def cases(table):
    """Each word of a table of bounds, for each library in each dtype."""
    return [
        pytest.param(name, library, kind, id=f"{name}-{library}-{kind.__name__}")
        for name in table
        for library in LIBRARIES
        for kind in KINDS
    ]


def evaluate(library, name, *arguments):
    """The word's values, which must have the dtype of its arguments."""
    function = getattr(WORDS[library], name)
    if name in INTERVAL_BOUNDS and len(arguments) == 2:
        arguments = (*arguments, np.zeros_like(arguments[0]))
    if library == "numpy":
        value = function(*arguments)
    else:
        value = function(*(torch.from_numpy(np.ascontiguousarray(a)) for a in arguments)).numpy()
    assert value.dtype == arguments[0].dtype
    return value


# Truth ------------------------------------------------------------------------------------------


def residual_life(t, start=0):
    """The excess 1/(t + 2/(t + 3/(t + ...))) of phi(t)/Phi(-t) over t, for large t."""
    rest = mp.mpf(0)
    for k in range(200, start, -1):
        rest = k / (t + rest)
    return rest


def one_sided(x):
    """The values log Phi, m = phi/Phi, x + m, and the variance given X < x: 1 - m (x + m)."""
    if x < -60:
        excess = residual_life(-x)
        mills = excess - x
        variance = excess * (residual_life(-x, start=1) - excess)  # as 1 = excess (-x + residual_life(-x, 1))
    else:
        below = mp.erfc(-x / mp.sqrt(2)) / 2
        mills = mp.npdf(x) / below
        excess = x + mills
        variance = 1 - mills * excess
    if x > 0:
        return mp.log1p(-mp.erfc(x / mp.sqrt(2)) / 2), mills, excess, variance
    return -x * x / 2 - mp.log(mp.sqrt(2 * mp.pi) * mills), mills, excess, variance


def truths(name, x, factor=1):
    """The word's value and derivative at x."""
    with mp.workdps(factor * DIGITS):
        if name == "_erfcx":
            _, mills, excess, _ = one_sided(-mp.sqrt(2) * x)
            value = mp.sqrt(2 / mp.pi) / mills
            return value, -mp.sqrt(2) * excess * value
        log, mills, excess, variance = one_sided(x)
        bend = mills * (excess**2 - variance)
        return {
            "_log_normal_cdf": (log, mills),
            "_inverse_mills": (mills, -mills * excess),
            "_inverse_mills_excess": (excess, variance),
            "_inverse_mills_slope": (-mills * excess, bend),
            "_inverse_mills_excess_slope": (variance, bend),
        }[name]


def interval(a, b):
    """log(Phi(b) - Phi(a)), and phi(a) and phi(b) over Phi(b) - Phi(a)."""
    if a + b > 0:
        log, lower, upper = interval(-b, -a)
        return log, upper, lower
    log, mills, *_ = one_sided(min(b, mp.mpf(100)))  # beyond, Phi(b) is 1 in every digit of any dtype
    ratio = mp.exp((b - a) * (b + a) / 2) if a > -mp.inf else mp.mpf(0)
    rest = 1 - ratio * mills / one_sided(a)[1] if ratio else mp.mpf(1)
    return log + mp.log(rest), ratio * mills / rest, mills / rest


def interval_truths(a, b, factor=1):
    """For each word: its value, and its derivatives in a and b."""
    with mp.workdps(factor * CANCELLING):
        log, lower, upper = interval(a, b)
        mean = lower - upper
        complement = b * upper - a * lower + mean**2
        slope = -upper * (b + upper)
        return {
            "_log_normal_cdf_difference": (log, -lower, upper),
            "_log_normal_cdf_difference_slope": (upper, upper * lower, slope),
            "_log_normal_cdf_difference_curvature": (
                slope,
                -upper * lower * (b + 2 * upper),
                -slope * (b + 2 * upper) - upper,
            ),
            "_truncated_normal_mean": (mean, lower * (mean - a), upper * (b - mean)),
            "_truncated_normal_mean_slope": (
                upper * (b - mean),
                upper * lower * (a + b - 2 * mean),
                slope * (b - mean) + upper - upper**2 * (b - mean),
            ),
            "_truncated_normal_variance_complement": (
                complement,
                lower * ((a - mean) ** 2 - (1 - complement)),
                -upper * ((b - mean) ** 2 - (1 - complement)),
            ),
        }


@cache
def points(name, kind, count=SAMPLE):
    """Numbers around 0, in the tails, tiny, huge, and around the switches."""
    random = np.random.default_rng([3, *name.encode()])
    double = kind is np.float64
    sign = -1 if name == "_erfcx" else 1
    switches = np.array(SWITCHES[name])
    return np.concatenate(
        [
            random.uniform(-2, 2, 3 * count),
            sign * random.uniform(-40, 37 if double else 12, 2 * count),
            10 ** random.uniform(-12, 0, count) * random.choice((-1, 1), count),
            -sign * 10 ** random.uniform(0, 150 if double else 18, count),
            random.choice(switches, count) + random.uniform(-1e-3, 1e-3, count),
            *(np.nextafter(switches.astype(kind), kind(side)) for side in (-9, 9)),
            switches,
        ]
    ).astype(kind)


@cache
def intervals(kind, count=SAMPLE):
    """Ordinary, narrow, one-tailed, symmetrical and far intervals, and those around the switches."""
    random = np.random.default_rng(4)
    smallest = -8 if kind is np.float64 else -3
    found = []
    for lower, logarithm in ((3, (-1.5, 0.7)), (3, (smallest, 0.3)), (20, (-4, 1.2))):
        a = random.uniform(-lower, lower, count)
        found.append((a, a + 10 ** random.uniform(*logarithm, count)))
    c, w = random.uniform(-0.01, 0.01, count), 10 ** random.uniform(-2, 1, count)
    found.append((c - w, c + w))
    a = -(10 ** random.uniform(1, 4, count))
    found.append((a, a * (1 - 10 ** random.uniform(smallest, -1, count))))
    c = 10 ** random.uniform(-3, 1.5, count) * random.choice((-1, 1), count)
    for width in (0.75, 1.25):
        w = np.minimum(width, 1 / np.abs(c)) * random.uniform(0.9, 1.1, count)
        found.append((c - w, c + w))
    a, b = (np.concatenate(column).astype(kind) for column in zip(*found, strict=True))
    return a[a < b], b[a < b]


@cache
def found_intervals(kind):
    """The truths of the intervals, which all words share."""
    return [
        interval_truths(mp.mpf(float(a)), mp.mpf(float(b))) for a, b in zip(*intervals(kind), strict=True)
    ]


# Accuracy ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "library", "kind"), cases(BOUNDS))
def test_bounds(name, library, kind):
    """Beyond conditioning no error exceeds the measured bound, over the whole line and at the switches."""
    array = points(name, kind)
    worst = (0.0, None)
    for value, x in zip(evaluate(library, name, array), array, strict=True):
        truth, slope = truths(name, mp.mpf(float(x)))
        with mp.workdps(DIGITS):
            slack = abs(slope) * ulp(mp.mpf(float(x)), kind)
            worst = max(worst, (error(value, truth, slack, kind), float(x)), key=lambda pair: pair[0])
    assert worst[0] <= bound(BOUNDS[name], library, kind), worst


@pytest.mark.parametrize(("name", "library", "kind"), cases(INTERVAL_BOUNDS))
def test_bounds_of_intervals(name, library, kind):
    """Beyond conditioning no error exceeds the measured bound: narrow, wide, in one tail or in both."""
    a, b = intervals(kind)
    worst = (0.0, None)
    for value, x, y, row in zip(evaluate(library, name, a, b), a, b, found_intervals(kind), strict=True):
        truth, in_a, in_b = row[name]
        with mp.workdps(DIGITS):
            slack = abs(in_a) * ulp(mp.mpf(float(x)), kind) + abs(in_b) * ulp(mp.mpf(float(y)), kind)
            worst = max(worst, (error(value, truth, slack, kind), (x, y)), key=lambda pair: pair[0])
    assert worst[0] <= bound(INTERVAL_BOUNDS[name], library, kind), worst


@pytest.mark.parametrize("table", [BOUNDS, INTERVAL_BOUNDS], ids=["numbers", "intervals"])
@pytest.mark.parametrize("library", LIBRARIES)
def test_docstrings_state_the_bounds(library, table):
    """What a docstring says was measured is what is tested."""
    for name in table:
        stated = getattr(WORDS[library], name).__doc__
        double, single = (bound(table[name], library, kind) for kind in KINDS)
        assert f"at most {double:g} ulp in float64, {single:g} in float32" in stated


@pytest.mark.parametrize("name", BOUNDS)
def test_truth_at_twice_the_digits(name):
    """The truth itself has 25 digits: twice the working precision gives the same."""
    sign = -1 if name == "_erfcx" else 1
    for x in (sign * mp.mpf(x) for x in (-1e150, -61.0, -59.0, -7.0, -1e-8, 1e-8, 0.7, 3.0, 25.0)):
        for once, twice in zip(truths(name, x), truths(name, x, 2), strict=True):
            assert abs(once - twice) <= abs(twice) * mp.mpf(10) ** -25, x


def test_truth_of_intervals_at_twice_the_digits():
    """Likewise for intervals."""
    for a, b in ((-1e4, -9999.9999), (-20, -19.5), (-3, 5), (-0.3, 0.31), (1, 1.00000001), (6, 30)):
        once, twice = (interval_truths(mp.mpf(a), mp.mpf(b), factor) for factor in (1, 2))
        for name, row in once.items():
            for one, other in zip(row, twice[name], strict=True):
                assert abs(one - other) <= abs(other) * mp.mpf(10) ** -25, (name, a, b)


# The switches -----------------------------------------------------------------------------------


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", BOUNDS)
def test_derivatives_at_the_switches(name, library):
    """Both sides have the same two derivatives there, which are the truth's."""
    nodes = np.cos(np.pi * (np.arange(12) + 0.5) / 12)
    for switch in SWITCHES[name]:
        with mp.workdps(DIGITS):
            step = mp.mpf(10) ** -20
            above, below = (truths(name, switch + side * step)[1] for side in (1, -1))
            slope, bend = (float(value) for value in ((above + below) / 2, (above - below) / (2 * step)))
        for side in (-1, 1):
            x = switch + side * 0.0625 * (1 + nodes)
            fit = np.polynomial.Chebyshev.fit(x, evaluate(library, name, x), 11)
            assert abs(fit.deriv()(switch) - slope) <= 1e-10
            assert abs(fit.deriv(2)(switch) - bend) <= 1e-7


@pytest.mark.parametrize(("name", "library", "kind"), cases(INTERVAL_BOUNDS))
def test_values_at_the_switches_of_intervals(name, library, kind):
    """One ulp to either side of where an interval stops being narrow, the values keep the bound."""
    for c, w in NARROW:
        a = kind(c - w)
        middle = kind(c + w)
        ends = [np.nextafter(middle, kind(-99)), middle, np.nextafter(middle, kind(99))]
        values = evaluate(library, name, np.repeat(a, 3), np.array(ends))
        for value, b in zip(values, ends, strict=True):
            x, y = mp.mpf(float(a)), mp.mpf(float(b))
            truth, in_a, in_b = interval_truths(x, y)[name]
            with mp.workdps(DIGITS):
                slack = abs(in_a) * ulp(x, kind) + abs(in_b) * ulp(y, kind)
                assert error(value, truth, slack, kind) <= bound(INTERVAL_BOUNDS[name], library, kind)


@pytest.mark.parametrize("library", LIBRARIES)
def test_words_are_each_others_derivatives(library):
    """A fit of the word has the derivative that the other word gives, also across the switches."""
    derivative = {  # of the word, in other words
        "_log_normal_cdf": lambda of, x: of("_inverse_mills", x),
        "_inverse_mills": lambda of, x: of("_inverse_mills_slope", x),
        "_inverse_mills_excess": lambda of, x: of("_inverse_mills_excess_slope", x),
        "_erfcx": lambda of, x: -np.sqrt(2) * of("_inverse_mills_excess", -np.sqrt(2) * x) * of("_erfcx", x),
    }

    def of(name, x):
        return evaluate(library, name, x)

    for low, high in ((-9, -8), (-1.25, -0.25), (-0.5, 0.5), (0.4, 1.4), (3, 4)):
        x = (low + high) / 2 + (high - low) / 2 * np.cos(np.pi * (np.arange(20) + 0.5) / 20)
        inside = np.linspace(low, high, 7)[1:-1]
        for name, other in derivative.items():
            x, inside = (-x, -inside) if name == "_erfcx" else (x, inside)
            fit = np.polynomial.Chebyshev.fit(x, of(name, x), 19)
            largest = np.abs(fit(np.array([low, high]))).max()
            np.testing.assert_allclose(
                fit.deriv()(inside), other(of, inside), rtol=1e-11, atol=1e-11 * largest, err_msg=name
            )


@pytest.mark.parametrize("library", LIBRARIES)
def test_derivatives_of_intervals(library):
    """Moving one end, or both at once, changes the words of intervals as their derivatives say."""

    def of(name, a, b):
        return evaluate(library, name, a, b)

    nodes = 0.25 * np.cos(np.pi * (np.arange(20) + 0.5) / 20)
    inside = np.linspace(-0.2, 0.2, 5)

    def slope_of(values):
        return np.polynomial.Chebyshev.fit(nodes, values, 19).deriv()(inside)

    log, slope, bend = (f"_log_normal_cdf_difference{ending}" for ending in ("", "_slope", "_curvature"))
    mean, complement = "_truncated_normal_mean", "_truncated_normal_variance_complement"
    for a, b in ((-1.0, 0.6), (-0.7, 0.9), (-6.0, -5.5), (4.0, 6.0), (-0.4, 2.2), (-3.0, 0.5)):
        fixed, moved = np.full(20, a), b + nodes
        at, there = np.full(5, a), b + inside
        pairs = [
            (of(log, fixed, moved), of(slope, at, there)),
            (of(slope, fixed, moved), of(bend, at, there)),
            (of(log, -moved, -fixed), of(slope, at, there)),
            (of(slope, -moved, -fixed), -of(slope, -there, -at) * of(slope, at, there)),
            (of(log, a - nodes, b - nodes), of(mean, a - inside, b - inside)),
            (of(mean, a - nodes, b - nodes), -of(complement, a - inside, b - inside)),
        ]
        for values, expected in pairs:
            np.testing.assert_allclose(slope_of(values), expected, rtol=1e-9, atol=1e-10)


# The ends ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", LIBRARIES)
def test_ends_of_the_line(library, kind):
    """At the ends stand the limits, and nan stays nan."""
    inf, nan = np.inf, np.nan
    big = float(np.finfo(kind).max)
    limits = {
        "_erfcx": (inf, inf, 0, 0),
        "_log_normal_cdf": (-inf, -inf, 0, 0),
        "_inverse_mills": (inf, big, 0, 0),
        "_inverse_mills_excess": (0, 1 / big, big, inf),
        "_inverse_mills_slope": (-1, -1, 0, 0),
        "_inverse_mills_excess_slope": (0, 0, 1, 1),
    }
    for name, expected in limits.items():
        values = evaluate(library, name, np.array([-inf, -big, big, inf, nan], kind)).astype(float)
        np.testing.assert_allclose(values, [*expected, nan], rtol=1e-5, atol=2 * np.finfo(kind).tiny)


@pytest.mark.parametrize("library", LIBRARIES)
def test_no_normal_number_is_lost(library):
    """What a double can hold is held: where squares overflow, where tails are tiny, where terms cancel."""
    extremes = {
        "_log_normal_cdf": (-1e150, -1.5e154, 37.0),
        "_inverse_mills": (-1e300, 37.0),
        "_inverse_mills_excess": (-1e300, 1e100),
        "_inverse_mills_slope": (-1e9, -1e308, 37.0),
        "_inverse_mills_excess_slope": (-1e100, -1e150),
        "_erfcx": (1e300, -26.6),
    }
    for name, x in extremes.items():
        exact = [float(truths(name, mp.mpf(value))[0]) for value in x]
        np.testing.assert_allclose(evaluate(library, name, np.array(x)), exact, rtol=1e-13, err_msg=name)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", LIBRARIES)
def test_endless_intervals(library, kind):
    """An interval with an infinite end is a tail; the whole line is certain."""
    x = np.array([-30, -3, -0.9, -0.2, 0, 0.4, 1.1, 5], kind)
    inf = np.full(len(x), np.inf, kind)
    tails = {
        "_log_normal_cdf_difference": ("_log_normal_cdf", 1, 1),
        "_log_normal_cdf_difference_slope": ("_inverse_mills", 1, None),
        "_log_normal_cdf_difference_curvature": ("_inverse_mills_slope", 1, None),
        "_truncated_normal_mean": ("_inverse_mills", -1, 1),
        "_truncated_normal_variance_complement": ("_inverse_mills_slope", -1, -1),
    }
    for name, (tail, left, right) in tails.items():
        rtol = 6 * np.finfo(kind).eps
        expected = evaluate(library, tail, x)
        np.testing.assert_allclose(evaluate(library, name, -inf, x), left * expected, rtol=rtol)
        mirrored = evaluate(library, name, -x, inf)
        np.testing.assert_allclose(mirrored, 0 * x if right is None else right * expected, rtol=rtol)
        assert (evaluate(library, name, -inf[:1], inf[:1]) == 0).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", LIBRARIES)
def test_empty_and_extreme_intervals(library, kind):
    """An empty interval is impossible, a reversed one has no probability, the tiniest keeps its digits."""
    tiny, big = np.finfo(kind).tiny, np.finfo(kind).max
    a = np.array([1, 2, 0, tiny, 3, -big, 2, np.nan, -big], kind)
    b = np.array([1, 1, tiny, 2 * tiny, 3 * (1 + np.finfo(kind).eps), big, np.nan, 2, -big / 2], kind)
    values = evaluate(library, "_log_normal_cdf_difference", a, b).astype(float)
    smallest = float(np.log(float(tiny)) - np.log(2 * np.pi) / 2)
    density = np.log(3 * float(np.finfo(kind).eps) * np.exp(-4.5) / np.sqrt(2 * np.pi))
    expected = [-np.inf, np.nan, smallest, smallest, density, 0, np.nan, np.nan, -np.inf]
    np.testing.assert_allclose(values, expected, rtol=3e-2 if kind is np.float32 else 1e-2)
    np.testing.assert_allclose(values[2:4], expected[2:4], rtol=3 * np.finfo(kind).eps)


@pytest.mark.parametrize("name", [*BOUNDS, *INTERVAL_BOUNDS])
def test_whole_numbers_and_scalars(name):
    """NumPy's words answer whole numbers and Python numbers in float64, and single numbers with one."""
    numbers = (1,) if name in BOUNDS else (-2, 1, 0)
    exact = [mp.mpf(number) for number in numbers[:2]]
    truth = truths(name, *exact)[0] if name in BOUNDS else interval_truths(*exact)[name][0]
    function = getattr(WORDS["numpy"], name)
    for convert in (int, float, np.array, np.int32):
        value = function(*map(convert, numbers))
        assert value.dtype == np.float64
        assert value.shape == ()
        np.testing.assert_allclose(float(value), float(truth), rtol=1e-14)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", INTERVAL_BOUNDS)
def test_ends_broadcast(library, name):
    """A column and a row give a table whose entries are those of the pairs; a number is an end for all."""
    random = np.random.default_rng(1)
    a, b = random.normal(size=5) - 3, random.normal(size=5) + 2
    table = evaluate(library, name, a[:, None], b[None, :])
    np.testing.assert_array_equal(table.ravel(), evaluate(library, name, np.repeat(a, 5), np.tile(b, 5)))
    function = getattr(WORDS[library], name)
    below = function(-1.5, torch.from_numpy(b) if library == "torch" else b, 0.0)
    np.testing.assert_array_equal(np.asarray(below), evaluate(library, name, np.full(5, -1.5), b))


# Under Torch's transformations ------------------------------------------------------------------


def everything(x, w):
    """Every Torch word, of x and of the interval from x of width w."""
    words = WORDS["torch"]
    return [getattr(words, name)(x) for name in BOUNDS] + [
        getattr(words, name)(x, x + w, 0.0 * x) for name in INTERVAL_BOUNDS
    ]


@pytest.mark.parametrize(
    ("transformation", "dtype"),
    [("compile", torch.float32), ("vmap", torch.float64), ("vmap", torch.float32)],
    ids=str,
)
def test_transformed(transformation, dtype):
    """One graph of all words, and all words mapped over a batch, give what plain calls give."""
    generator = torch.Generator().manual_seed(0)
    x = 3 * torch.randn(6, 5, dtype=dtype, generator=generator)
    w = torch.exp(2 * torch.randn(6, 5, dtype=dtype, generator=generator))
    plain = everything(x, w)
    assert all(value.dtype is dtype for value in plain)
    if transformation == "compile":
        transformed = torch.compile(everything, fullgraph=True, backend="aot_eager")
    else:
        transformed = torch.func.vmap(everything)
    tolerance = 4 * torch.finfo(dtype).eps
    for value, other in zip(plain, transformed(x, w), strict=True):
        torch.testing.assert_close(value, other, rtol=tolerance, atol=0)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def test_untaken_branches_are_harmless(dtype):
    """Autograd through the pieces gives no nan where the value is finite: each branch is guarded."""
    big = 1e150 if dtype is torch.float64 else 1e18
    x = torch.tensor([-big, -100, -20, -1, -0.75, 0, 0.75, 0.875, 1, 20, 64, 100, big], dtype=dtype)
    for name in BOUNDS:
        at = x.clone().requires_grad_()
        value = getattr(WORDS["torch"], name)(at)
        (slope,) = torch.autograd.grad(value.sum(), at)
        assert not (slope.isnan() & value.isfinite()).any(), name
    a = torch.tensor([-big, -100, -20, -20, -1, -0.5, 0, 0, 30, -30, -5], dtype=dtype)
    b = torch.tensor([0, -99, -19, -19.99, 1, 0.5, 1e-5, 30, 31, 30, big], dtype=dtype)
    for name in INTERVAL_BOUNDS:
        ends = (a.clone().requires_grad_(), b.clone().requires_grad_())
        value = getattr(WORDS["torch"], name)(*ends, torch.zeros_like(a))
        for slope in torch.autograd.grad(value.sum(), ends):
            assert not (slope.isnan() & value.isfinite()).any(), name
