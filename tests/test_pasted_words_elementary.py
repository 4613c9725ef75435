"""The pasted elementary functions are as accurate as their docstrings say, against mpmath.

Errors are those of `test_pasted_words`: units in the last place (ulp) of the truth, beyond what one
ulp in each argument explains.  The bounds were measured on thousands of points of each grid; a run
draws a sample of them.
"""

import shutil
import sys
from functools import cache, partial
from pathlib import Path
from types import ModuleType

import mpmath as mp
import numpy as np
import pytest
import torch

from tests import test_pasted_words as pasted_words
from tests.test_pasted_words import KINDS, LIBRARIES, error, ulp

WORDS_FOLDER = Path(__file__).parents[1] / "templates" / "words"
DIGITS = 60
SAMPLE = 20


def load(library):
    """The elementary functions beside the other words of a library, as one module."""
    path = WORDS_FOLDER / library / "elementary.py"
    module = sys.modules[f"elementary_{library}"] = ModuleType(f"elementary_{library}")
    vars(module).update({k: v for k, v in vars(pasted_words.WORDS[library]).items() if k[:2] != "__"})
    exec(compile(path.read_text(encoding="utf-8"), path, "exec"), vars(module))
    return module


WORDS = {library: load(library) for library in LIBRARIES}


# Truth ------------------------------------------------------------------------------------------

FAR = 10**5  # beyond, exp(-x) is taken for 0


def small(x):
    """exp(-x), without its digits where it is far below every float."""
    return mp.exp(-x) if x < FAR else mp.mpf(0)


def keeping(x, times):
    """The working precision at which `times` cancellations at a small x leave all digits."""
    lost = 0 if x == 0 else max(0, int(-mp.log10(abs(x))) + 1)
    return mp.workdps(mp.mp.dps + times * lost)


def sigmoid(x):
    return 1 / (1 + small(x)) if x > -FAR else mp.mpf(0)


def softplus(x):
    return max(x, 0) + mp.log1p(small(abs(x)))


def softplus_rate(x):
    return sigmoid(x) / softplus(x) if x > -2000 else mp.mpf(1)


def softplus_rate_slope(x):
    if x < -2000:
        return -small(-x) / 2
    with mp.workdps(mp.mp.dps + max(0, int(-x))):
        return softplus_rate(x) * (sigmoid(-x) - softplus_rate(x))


def log_cosh(x):
    x = abs(x)
    return mp.log1p(2 * mp.sinh(x / 2) ** 2) if x < 1 else x - mp.log(2) + mp.log1p(small(2 * x))


def logit(p):
    return mp.log1p((2 * p - 1) / (1 - p)) if p > 0.25 else mp.log(p) - mp.log1p(-p)


def log1mexp(x):
    return mp.log(-mp.expm1(-x)) if x < 1 else mp.log1p(-small(x))


def log_diff_exp(a, b):
    with mp.workdps(mp.mp.dps + (340 if abs(a) < 800 and abs(b) < 800 else 0)):
        return a + log1mexp(a - b)


def reciprocal_expm1(x):
    return 1 / mp.expm1(x) if abs(x) < FAR else mp.mpf(0 if x > 0 else -1)


def square_share(z):
    return z * z / (1 + z * z)


def log1p_square_excess(z):
    with keeping(z, 4):
        return mp.log1p(z * z) - square_share(z)


def log_one_minus_power(y, a):
    return log1mexp(-a * mp.log(y))


def power_score(y, a):
    return -mp.log(y) * reciprocal_expm1(-a * mp.log(y))


def log_expm1_ratio(x):
    with keeping(x, 1):
        return mp.mpf(0) if x == 0 else max(-x, 0) + log1mexp(abs(x)) - mp.log(abs(x))


def log_expm1_ratio_slope(x):
    with keeping(x, 2):
        return mp.mpf(-1) / 2 if x == 0 else reciprocal_expm1(x) - 1 / x


def log_expm1_ratio_curvature(x):
    with keeping(x, 4):
        u = mp.mpf(0) if x == 0 else reciprocal_expm1(abs(x))
        return mp.mpf(1) / 12 if x == 0 else 1 / x**2 - u * (1 + u)


def log_inverse_cloglog(x):
    if x < -800:
        return x
    return x + log_expm1_ratio(mp.exp(x)) if x < 0 else log1mexp(mp.exp(min(x, 50)))


def log_inverse_cloglog_slope(x):
    s = mp.exp(max(min(x, 50), -2000))
    return s * reciprocal_expm1(s)


def log_inverse_cloglog_curvature(x):
    if x < -800:
        return -small(-x) / 2
    s = mp.exp(min(x, 50))
    return log_inverse_cloglog_slope(x) * s * log_expm1_ratio_slope(-s)


TRUTH = {
    "_exprel": lambda x: mp.expm1(x) / x if x else mp.mpf(1),
    "_expm1": lambda x: mp.expm1(x) if x > -FAR else mp.mpf(-1),
    "_reciprocal_expm1": reciprocal_expm1,
    "_log_softplus": lambda x: mp.log(softplus(x)) if x > -FAR else x,
    "_softplus_rate": softplus_rate,
    "_softplus_rate_slope": softplus_rate_slope,
    "_sech": lambda x: 2 * small(abs(x)) / (1 + small(2 * abs(x))),
    "_log_cosh": log_cosh,
    "_logit": logit,
    "_log1mexp": log1mexp,
    "_log_diff_exp": log_diff_exp,
    "_log1p_square": lambda z: mp.log1p(z * z),
    "_log1p_square_slope": lambda z: 2 * z / (1 + z * z),
    "_log1p_square_curvature": lambda z: 2 * (1 - z * z) / (1 + z * z) ** 2,
    "_log1p_square_excess": log1p_square_excess,
    "_square_share": square_share,
    "_scaled_log1p_square": lambda z, nu: nu * mp.log1p(z * z / nu),
    "_scaled_log1p_square_slope": lambda z, nu: 2 * z / (1 + z * z / nu),
    "_log_one_minus_power": log_one_minus_power,
    "_power_hazard": lambda y, a: a / y * reciprocal_expm1(-a * mp.log(y)),
    "_power_score": power_score,
    "_log_expm1_ratio": log_expm1_ratio,
    "_log_expm1_ratio_slope": log_expm1_ratio_slope,
    "_log_expm1_ratio_curvature": log_expm1_ratio_curvature,
    "_log_inverse_cloglog": log_inverse_cloglog,
    "_log_inverse_cloglog_slope": log_inverse_cloglog_slope,
    "_log_inverse_cloglog_curvature": log_inverse_cloglog_curvature,
    "tanh": lambda x: mp.tanh(x) if abs(x) < FAR else mp.sign(x),
    "exp": lambda x: small(-x),
    "log": mp.log,
    "sqrt": mp.sqrt,
}

DERIVATIVES = {  # word: its derivative in each argument, by words again
    "_expm1": (lambda w, x: w("exp", x),),
    "_reciprocal_expm1": (lambda w, x: w("_reciprocal_expm1", x) * w("_reciprocal_expm1", -x),),
    "_log_softplus": (lambda w, x: w("_softplus_rate", x),),
    "_softplus_rate": (lambda w, x: w("_softplus_rate_slope", x),),
    "_log_cosh": (lambda w, x: w("tanh", x),),
    "_sech": (lambda w, x: -w("tanh", x) * w("_sech", x),),
    "_logit": (lambda w, p: 1 / (p * (1 - p)),),
    "_log1mexp": (lambda w, x: w("_reciprocal_expm1", x),),
    "_log_diff_exp": (
        lambda w, a, b: -w("_reciprocal_expm1", b - a),
        lambda w, a, b: -w("_reciprocal_expm1", a - b),
    ),
    "_log1p_square": (lambda w, z: w("_log1p_square_slope", z),),
    "_log1p_square_slope": (lambda w, z: w("_log1p_square_curvature", z),),
    "_log1p_square_excess": (lambda w, z: w("_log1p_square_slope", z) * w("_square_share", z),),
    "_square_share": (lambda w, z: w("_log1p_square_slope", z) / (1 + z * z),),
    "_scaled_log1p_square": (
        lambda w, z, nu: w("_scaled_log1p_square_slope", z, nu),
        lambda w, z, nu: w("_log1p_square_excess", z / w("sqrt", nu)),
    ),
    "_scaled_log1p_square_slope": (
        lambda w, z, nu: w("_log1p_square_curvature", z / w("sqrt", nu)),
        lambda w, z, nu: w("_scaled_log1p_square_slope", z, nu) * w("_square_share", z / w("sqrt", nu)) / nu,
    ),
    "_log_one_minus_power": (
        lambda w, y, a: -w("_power_hazard", y, a),
        lambda w, y, a: w("_power_score", y, a),
    ),
    "_power_hazard": (
        lambda w, y, a: -w("_power_hazard", y, a) * (a * w("_reciprocal_expm1", a * w("log", y)) + 1) / y,
        lambda w, y, a: (
            -w("_power_hazard", y, a) * w("log", y) * w("_log_expm1_ratio_slope", a * w("log", y))
        ),
    ),
    "_power_score": (
        lambda w, y, a: w("_power_hazard", y, a) * w("log", y) * w("_log_expm1_ratio_slope", a * w("log", y)),
        lambda w, y, a: (
            -w("_power_score", y, a) * (w("log", y) * w("_log_expm1_ratio_slope", a * w("log", y)) + 1 / a)
        ),
    ),
    "_log_expm1_ratio": (lambda w, x: w("_log_expm1_ratio_slope", x),),
    "_log_expm1_ratio_slope": (lambda w, x: w("_log_expm1_ratio_curvature", x),),
    "_log_inverse_cloglog": (lambda w, x: w("_log_inverse_cloglog_slope", x),),
    "_log_inverse_cloglog_slope": (lambda w, x: w("_log_inverse_cloglog_curvature", x),),
}


def true(name, *arguments):
    return TRUTH[name](*arguments)


def spelled(library, name, *arguments):
    """A word as code spells it: pasted, or the library's own."""
    own = {"numpy": np, "torch": torch}[library]
    if library == "numpy" and name == "_reciprocal_expm1":
        return 1 / np.expm1(*arguments)
    return getattr(WORDS[library], name, getattr(own, name, None))(*arguments)


SPELLED = {library: partial(spelled, library) for library in LIBRARIES}


def slope(function, place, arguments):
    """The derivative in one argument to 20 digits, by a central difference."""
    here = arguments[place]
    step = abs(here) * mp.mpf(10) ** -15 if here else mp.mpf(10) ** -30
    above, below = (
        function(*arguments[:place], here + sign * step, *arguments[place + 1 :]) for sign in (1, -1)
    )
    return (above - below) / (2 * step)


def explained(function, arguments, kind):
    """What one ulp in each argument changes."""
    return mp.fsum(abs(slope(function, i, arguments)) * ulp(x, kind) for i, x in enumerate(arguments))


# Points -----------------------------------------------------------------------------------------


def spread(random, low, high, count, signed=False):
    """Points between low and high, uniform in their logarithm."""
    found = 10 ** random.uniform(np.log10(low), np.log10(high), count)
    return found * random.choice((-1, 1), count) if signed else found


def ends(kind):
    """The smallest normal and the largest number, and the relative spacing."""
    information = np.finfo(kind)
    return float(information.tiny), float(information.max), float(information.eps)


def line(random, kind, count, centres=()):
    """Real numbers of every size, and some close to the centres."""
    tiny, big, eps = ends(kind)
    far = np.log(big) + 3
    parts = [random.uniform(-far, far, count), random.uniform(-5, 5, count)]
    parts += [spread(random, tiny, big / 2, count, True), spread(random, 1e-6, 100, count, True)]
    parts += [c + max(1, abs(c)) * spread(random, eps, 0.5, count, True) for c in centres]
    return np.concatenate(parts).astype(kind)


def half_line(random, kind, count, centres=()):
    found = np.abs(line(random, kind, count, centres))
    return found[found > 0]


def unit(random, kind, count):
    """Numbers between 0 and 1, many close to 0, 1/2 and 1."""
    tiny, _, eps = ends(kind)
    parts = [random.uniform(0, 1, count), spread(random, tiny, 0.5, count)]
    parts += [1 - spread(random, eps, 0.5, count), 0.5 + spread(random, eps, 0.25, count, True)]
    found = np.concatenate(parts).astype(kind)
    return found[(found > 0) & (found < 1)]


def ordered_pairs(random, kind, count):
    """Pairs a > b whose difference is tiny, ordinary or huge."""
    tiny, big, eps = ends(kind)
    far = np.log(big)
    b = [random.normal(size=count) * 3, random.uniform(-far, far, count), random.normal(size=count)]
    b += [spread(random, 1e-8, 1e8, count, True), spread(random, tiny, big / 4, count, True)]
    gap = [spread(random, eps, 50, count), spread(random, eps, 2 * far, count)]
    gap += [spread(random, 1e-3, 10, count), spread(random, 1e-8, 1e8, count)]
    b, gap = np.concatenate(b), np.concatenate([*gap, spread(random, tiny, big / 4, count)])
    a, b = (b + gap).astype(kind), b.astype(kind)
    return [a[a > b], b[a > b]]


def differences_near_one(random, kind, count):
    """Pairs a > b at which exp(a) - exp(b) is close to 1, where its logarithm is 0."""
    b = np.concatenate([-spread(random, 1e-3, 60, count), random.uniform(-3, 3, count)])
    a = np.log1p(np.exp(b)) * (1 + spread(random, 1e-16, 0.1, 2 * count, True))
    a, b = a.astype(kind), b.astype(kind)
    return [a[a > b], b[a > b]]


def scaled(random, kind, count):
    """Any z with a positive nu: of ordinary size, and anywhere."""
    tiny, big, _ = ends(kind)
    z = [spread(random, 1e-3, 1e3, count, True), spread(random, tiny, big, 2 * count, True)]
    nu = [
        spread(random, 1e-2, 1e4, count),
        spread(random, 1e-2, 1e6, count),
        spread(random, tiny, big, count),
    ]
    return [np.concatenate(z).astype(kind), np.concatenate(nu).astype(kind)]


def powers(random, kind, count):
    """Bases y in the unit interval and exponents a, of ordinary size, anywhere, and with y^a a normal number."""
    tiny, *_ = ends(kind)
    y = np.concatenate([unit(random, kind, count) for _ in range(4)])
    count = len(y) // 4
    a = [spread(random, 0.1, 20, count), spread(random, 1e-6, 1e6, count), spread(random, 1e-30, 1e30, count)]
    middle = spread(random, 1e-6, -np.log(tiny), len(y) - 3 * count)
    a = np.concatenate([*a, middle / -np.log(y[3 * count :].astype(float))]).astype(kind)
    fits = (a > 10 * tiny) & np.isfinite(a)
    return [y[fits], a[fits]]


def below_overflow(grid):
    """The grid, cut off where exp overflows."""
    return lambda random, kind, count: [
        np.minimum(grid(random, kind, count), kind(np.log(ends(kind)[1]) - 0.001))
    ]


def alone(grid, *centres):
    return lambda random, kind, count: [grid(random, kind, count, *([centres] if centres else []))]


def bounded_line(random, kind, count):
    """Real numbers, none so far below 0 that the truth would need thousands of digits."""
    return [np.maximum(line(random, kind, count, (1.0,)), -800)]


LOG_2 = 0.6931471805599453
GRIDS = {
    "_exprel": below_overflow(lambda *drawn: np.maximum(line(*drawn, (0.5, -0.5)), -1e30)),
    "_expm1": below_overflow(lambda *drawn: line(*drawn, (0.5, -0.5))),
    "_reciprocal_expm1": alone(line, 0.5, -0.5),
    "_log_softplus": alone(line, 0.5413248546129181, -0.1, 1.5, -40.0),
    "_softplus_rate": alone(line, 1.0),
    "_softplus_rate_slope": bounded_line,
    "_sech": alone(line),
    "_log_cosh": alone(line, 1.0),
    "_logit": alone(unit),
    "_log1mexp": alone(half_line, LOG_2),
    "_log_diff_exp": ordered_pairs,
    "_log1p_square": alone(line, 1e9),
    "_log1p_square_slope": alone(line, 1.0),
    "_log1p_square_curvature": alone(line, 1.0, 0.6, 1.4, 1e9),
    "_log1p_square_excess": alone(line, 1.6),
    "_square_share": alone(line, 1e9),
    "_scaled_log1p_square": scaled,
    "_scaled_log1p_square_slope": scaled,
    "_log_one_minus_power": powers,
    "_power_hazard": powers,
    "_power_score": powers,
    "_log_expm1_ratio": alone(line, 3.0, -3.0),
    "_log_expm1_ratio_slope": alone(line, 3.0, -3.0),
    "_log_expm1_ratio_curvature": alone(line, 3.0),
    "_log_inverse_cloglog": alone(line, 0.0),
    "_log_inverse_cloglog_slope": alone(line, 0.0, 6.0),
    "_log_inverse_cloglog_curvature": alone(line, 0.0, 1.1, 6.0),
}
PAIRS = [name for name, grid in GRIDS.items() if grid in (ordered_pairs, scaled, powers)]

NAN = float("nan")
BOUNDS = {  # word: the bound in float64 for numpy and torch, then in float32 (nan: has no such word)
    "_exprel": (NAN, 2.5, NAN, 2.5),
    "_expm1": (NAN, 1, NAN, 1),
    "_reciprocal_expm1": (NAN, 1.5, NAN, 1.5),
    "_log_softplus": (3, 3, 0.5, 3.5),
    "_softplus_rate": (2, 2, 0.5, 2.5),
    "_softplus_rate_slope": (4, 4, 0.5, 4),
    "_sech": (1.5, 1.5, 0.5, 1.5),
    "_log_cosh": (1, 1, 0.5, 1.5),
    "_logit": (1.5, 1.5, 0.5, 1.5),
    "_log1mexp": (1, 1.5, 0.5, 1.5),
    "_log_diff_exp": (1.5, 1.5, 0.5, 1.5),
    "_log1p_square": (1, 1, 0.5, 1),
    "_log1p_square_slope": (2, 2, 0.5, 2),
    "_log1p_square_curvature": (4, 4, 0.5, 3.5),
    "_log1p_square_excess": (2, 2, 0.5, 2),
    "_square_share": (2, 2, 0.5, 2),
    "_scaled_log1p_square": (2, 2, 0.5, 2.5),
    "_scaled_log1p_square_slope": (1.5, 1.5, 0.5, 1.5),
    "_log_one_minus_power": (2, 2, 0.5, 2),
    "_power_hazard": (3.5, 3.5, 0.5, 4),
    "_power_score": (3, 3.5, 0.5, 2.5),
    "_log_expm1_ratio": (1, 1, 0.5, 1),
    "_log_expm1_ratio_slope": (2, 2, 0.5, 2),
    "_log_expm1_ratio_curvature": (4, 4, 0.5, 3.5),
    "_log_inverse_cloglog": (2.5, 2.5, 0.5, 0.5),
    "_log_inverse_cloglog_slope": (2.5, 2.5, 0.5, 0.5),
    "_log_inverse_cloglog_curvature": (4, 4, 0.5, 0.5),
}
ZERO_CURVE = (1.3, 1.3, 0.5, 1.3)

SWITCHES = {  # where a word goes from one formula to another
    "_exprel": ((0.5,), (-0.5,)),
    "_expm1": ((0.5,), (-0.5,)),
    "_reciprocal_expm1": ((0.5,), (-0.5,)),
    "_log_softplus": ((-40.0,), (-0.1,), (1.5,)),
    "_softplus_rate": ((-40.0,), (-0.1,), (1.0,), (1.5,)),
    "_softplus_rate_slope": ((-40.0,), (-0.1,), (1.0,), (1.5,)),
    "_log_cosh": ((1.0,), (-1.0,)),
    "_sech": ((1.0,), (-1.0,)),
    "_logit": ((0.25,), (0.5,), (0.75,)),
    "_log1mexp": ((0.5,), (LOG_2,), (0.7,)),
    "_log_diff_exp": ((float(np.log(2.5)), 0.0), (float(np.log(1.5)), 0.0), (30.0, 29.9), (30.0, 3.0)),
    "_log1p_square": ((1e9,), (-1e9,)),
    "_log1p_square_slope": ((1.0,), (-1.0,), (1e9,)),
    "_log1p_square_curvature": ((0.6,), (1.0,), (1.4,), (1e9,)),
    "_log1p_square_excess": ((1.6,), (-1.6,), (1e9,)),
    "_square_share": ((1.6,), (1e9,)),
    "_scaled_log1p_square": ((1e-9, 1.0), (1.0, 1e18), (1.6, 1.0), (1e9, 1.0)),
    "_scaled_log1p_square_slope": ((1e-9, 1.0), (1.0, 1e18), (1.0, 1.0)),
    "_log_one_minus_power": ((0.5, 1.0), (0.25, 0.5), (0.36787944117144233, 1e-18), (0.6, 0.5)),
    "_power_hazard": ((0.5, 1.0), (0.25, 0.5), (0.36787944117144233, 0.5), (0.6, 1.0)),
    "_power_score": ((0.5, 1.0), (0.25, 0.5), (0.36787944117144233, 0.5), (0.6, 1.0)),
    "_log_expm1_ratio": ((0.0,), (3.0,), (-3.0,)),
    "_log_expm1_ratio_slope": ((0.0,), (3.0,), (-3.0,)),
    "_log_expm1_ratio_curvature": ((0.0,), (3.0,), (-3.0,)),
    "_log_inverse_cloglog": ((0.0,),),
    "_log_inverse_cloglog_slope": ((0.0,),),
    "_log_inverse_cloglog_curvature": ((0.0,), (1.0986122886681098,)),
}


@cache
def drawn(name, kind, count=SAMPLE, seed=0):
    """The points of a word's grid, one array for each argument."""
    arrays = GRIDS[name](np.random.default_rng([seed, *name.encode()]), kind, count)
    assert all(array.dtype == kind for array in arrays)
    return arrays


@cache
def around(name, kind):
    """The switches of a word and their neighbours one ulp away, in each argument alone and in all."""
    found = []
    for point in SWITCHES[name]:
        at = np.array(point, kind)
        steps = [np.nextafter(at, np.array(end, kind)) for end in (-np.inf, np.inf)]
        found += [at, *steps]
        if len(point) == 2:
            found += [np.array([step[0], at[1]], kind) for step in steps]
            found += [np.array([at[0], step[1]], kind) for step in steps]
    return list(np.array(found).T)


# Measuring --------------------------------------------------------------------------------------


def evaluate(library, function, arrays):
    """A function's values, which must have the dtype of its arguments."""
    if library == "numpy":
        value = function(*arrays)
    else:
        value = function(*(torch.from_numpy(np.ascontiguousarray(array)) for array in arrays)).numpy()
    assert value.dtype == arrays[0].dtype
    return value


@cache
def truths(name, kind, where):
    """The points of the word's grid, or around its switches, with the truth and what conditioning explains."""
    arrays = {"grid": drawn, "switches": around}[where](name, kind)
    found = []
    with mp.workdps(DIGITS):
        for inputs in zip(*arrays, strict=True):
            exact = [mp.mpf(float(value)) for value in inputs]
            found.append(
                (tuple(map(float, inputs)), TRUTH[name](*exact), explained(TRUTH[name], exact, kind))
            )
    return arrays, found


def worst(library, name, kind, where):
    """The largest error beyond conditioning in ulp, and where it was."""
    arrays, found = truths(name, kind, where)
    values = evaluate(library, getattr(WORDS[library], name), arrays)
    with mp.workdps(DIGITS):
        return max(
            (error(value, truth, slack, kind), inputs)
            for value, (inputs, truth, slack) in zip(values, found, strict=True)
        )


def bound(row, library, kind):
    return row[2 * KINDS.index(kind) + LIBRARIES.index(library)]


def cases(names):
    """Each word in each library that has it, in each dtype."""
    return [
        pytest.param(name, library, kind, id=f"{name}-{library}-{kind.__name__}")
        for name in names
        for kind in KINDS
        for library in LIBRARIES
        if hasattr(WORDS[library], name)
    ]


# How accurate they are --------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "library", "kind"), cases(GRIDS))
def test_bounds_on_grids(name, library, kind):
    """Beyond conditioning no error exceeds the measured bound, from the smallest to the largest numbers."""
    found = worst(library, name, kind, "grid")
    assert found[0] <= bound(BOUNDS[name], library, kind), found


@pytest.mark.parametrize(("name", "library", "kind"), cases(SWITCHES))
def test_bounds_at_switches(name, library, kind):
    """Where one formula takes over from another, and one ulp to either side, the error has the same bound."""
    found = worst(library, name, kind, "switches")
    assert found[0] <= bound(BOUNDS[name], library, kind), found


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("kind", KINDS)
def test_logarithm_of_a_difference_near_one(library, kind):
    """Near the curve on which exp(a) - exp(b) is 1, the error is what conditioning explains."""
    arrays = differences_near_one(np.random.default_rng(3), kind, 150)
    values = evaluate(library, WORDS[library]._log_diff_exp, arrays)
    with mp.workdps(DIGITS):
        for value, *inputs in zip(values, *arrays, strict=True):
            exact = [mp.mpf(float(number)) for number in inputs]
            truth = log_diff_exp(*exact)
            most = explained(log_diff_exp, exact, kind) + ulp(truth, kind) / 2
            assert abs(float(value) - truth) <= bound(ZERO_CURVE, library, kind) * most, inputs


@pytest.mark.parametrize("name", GRIDS)
def test_truth_at_twice_the_digits(name):
    """The truth itself has 25 digits: twice the working precision gives the same."""
    for inputs in zip(*drawn(name, np.float64, 3, 99), strict=True):
        exact = [mp.mpf(float(value)) for value in inputs]
        with mp.workdps(DIGITS):
            once = TRUTH[name](*exact)
        with mp.workdps(2 * DIGITS):
            twice = TRUTH[name](*exact)
            assert abs(once - twice) <= abs(twice) * mp.mpf(10) ** -25, inputs


# Their derivatives ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DERIVATIVES)
def test_derivatives_are_words(name):
    """The derivative in each argument, written in words, is the derivative of the truth."""
    random = np.random.default_rng(17)
    count = 12
    points = {
        ordered_pairs: lambda: [b + 2 * random.random(count) for b in [random.normal(size=count)] * 2],
        scaled: lambda: [random.normal(size=count), np.exp(random.normal(size=count))],
        powers: lambda: [random.uniform(0.05, 0.95, count), np.exp(random.normal(size=count))],
    }.get(GRIDS[name], lambda: [random.uniform(0.05, 0.95, count)])()
    with mp.workdps(DIGITS):
        for inputs in zip(*points, strict=True):
            exact = [mp.mpf(float(value)) for value in inputs]
            if name == "_log_diff_exp":
                exact = sorted(exact, reverse=True)
            assert len(DERIVATIVES[name]) == len(exact)
            for place, derivative in enumerate(DERIVATIVES[name]):
                truth = slope(TRUTH[name], place, exact)
                assert abs(derivative(true, *exact) - truth) <= abs(truth) * mp.mpf(10) ** -20, inputs


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", DERIVATIVES)
def test_derivatives_in_words_are_stable(name, kind, library):
    """Written in words, no derivative is off by more than 8 ulp and twice what conditioning explains."""
    arrays = drawn(name, kind)
    middle = np.all([(np.abs(array) > 1e-8) & (np.abs(array) < 1e8) for array in arrays], axis=0)
    arrays = [array[middle] for array in arrays]
    for derivative in DERIVATIVES[name]:
        with np.errstate(all="ignore"):
            values = evaluate(library, partial(derivative, SPELLED[library]), arrays)
        with mp.workdps(DIGITS):
            for value, *inputs in zip(values, *arrays, strict=True):
                exact = [mp.mpf(float(number)) for number in inputs]
                function = partial(derivative, true)
                slack = 2 * explained(function, exact, kind)
                assert error(value, function(*exact), slack, kind) <= 8, inputs


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", DERIVATIVES)
def test_slopes_at_switches(name, kind):
    """Where one formula takes over from another, and one ulp to either side, Torch's own slope is the word."""
    arguments = [torch.from_numpy(array.copy()).requires_grad_() for array in around(name, kind)]
    slopes = torch.autograd.grad(getattr(WORDS["torch"], name)(*arguments).sum(), arguments)
    for derivative, found in zip(DERIVATIVES[name], slopes, strict=True):
        expected = derivative(SPELLED["torch"], *(argument.detach() for argument in arguments))
        tolerance = 400 * torch.finfo(found.dtype).eps
        torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance)


# Ends of the range, shapes and dtypes -----------------------------------------------------------


@pytest.mark.parametrize(("name", "library", "kind"), cases(GRIDS))
def test_ends_of_the_range(name, library, kind):
    """The smallest and largest numbers of the domain give no nan, and nan gives nan."""
    tiny, big, eps = ends(kind)
    inner = [1.0, tiny, 8 * tiny * eps, big]
    below_one = [0.5, tiny, 1 - eps / 2]
    signed = [*inner, *(-x for x in inner), 0.0]
    function = getattr(WORDS[library], name)
    if name in PAIRS:
        first = {ordered_pairs: [big, 1.0, tiny], scaled: signed, powers: below_one}[GRIDS[name]]
        second = {ordered_pairs: [0.0, -1.0, -tiny, -big]}.get(GRIDS[name], inner)
        table = np.array([(x, y) for x in first for y in second], kind)
        given, broken = list(table.T), [np.array([np.nan, 0.5], kind), np.array([0.5, np.nan], kind)]
    else:
        domain = {"_logit": below_one, "_log1mexp": inner}.get(name, signed)
        given, broken = [np.array(domain, kind)], [np.array([np.nan], kind)]
    assert not np.isnan(evaluate(library, function, given)).any()
    assert np.isnan(evaluate(library, function, broken)).all()


PARTICULAR = [  # a word, its arguments, its value in float64 and in float32
    ("_log_softplus", (-1e6,), -1e6, -1e6),
    ("_softplus_rate", (-1e6,), 1.0, 1.0),
    ("_softplus_rate", (1e6,), 1e-6, 1e-6),
    ("_log_cosh", (1e6,), 1e6 - np.log(2), 1e6 - np.log(2)),
    ("_logit", (0.5,), 0.0, 0.0),
    ("_logit", (0.0,), -np.inf, -np.inf),
    ("_logit", (1.0,), np.inf, np.inf),
    ("_log1mexp", (0.0,), -np.inf, -np.inf),
    ("_log_diff_exp", (1.0, 1.0), -np.inf, -np.inf),
    ("_log_diff_exp", (2.5, -np.inf), 2.5, 2.5),
    ("_log1p_square", (1e200,), 921.0340371976183, np.inf),
    ("_log1p_square_slope", (1e200,), 2e-200, 0.0),
    ("_scaled_log1p_square", (1e-10, 1e308), 1e-20, 1e-20),
    ("_log_one_minus_power", (1.0, 2.0), -np.inf, -np.inf),
    ("_power_hazard", (1.0, 2.0), np.inf, np.inf),
    ("_power_score", (1.0, 2.0), 0.5, 0.5),
    ("_log_expm1_ratio", (0.0,), 0.0, 0.0),
    ("_log_expm1_ratio_slope", (0.0,), -0.5, -0.5),
    ("_log_expm1_ratio_curvature", (0.0,), 1 / 12, 1 / 12),
]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(("name", "arguments", "wide", "narrow"), PARTICULAR)
def test_particular_values(name, arguments, wide, narrow, library):
    """Limits at the ends of the domains, and values where the textbook form gives 0, infinity or nan."""
    for kind, expected in zip(KINDS, (wide, narrow), strict=True):
        with np.errstate(over="ignore"):
            given = [np.array([number], kind) for number in arguments]
        value = evaluate(library, getattr(WORDS[library], name), given)
        np.testing.assert_allclose(value, [expected], rtol=2 * np.finfo(kind).eps)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", PAIRS)
def test_arguments_broadcast(library, name):
    """A column and a row give a table whose entries are those of the pairs."""
    random = np.random.default_rng(1)
    x, a = random.uniform(0.1, 0.9, 5), random.uniform(-0.9, -0.1, 5)
    a = a if name == "_log_diff_exp" else -a
    function = getattr(WORDS[library], name)
    table = evaluate(library, function, [x[:, None], a[None, :]])
    pairs = evaluate(library, function, [np.repeat(x, 5), np.tile(a, 5)])
    np.testing.assert_array_equal(table.ravel(), pairs)


@pytest.mark.parametrize("name", [name for name in GRIDS if hasattr(WORDS["numpy"], name)])
def test_whole_numbers_and_scalars(name):
    """NumPy's words answer whole numbers and Python numbers in float64, and single numbers with one."""
    numbers = [2, 1] if name in PAIRS else [2]
    if name in ("_logit", "_log_one_minus_power", "_power_hazard", "_power_score"):
        numbers = [0.25, 2][: len(numbers)]
    with mp.workdps(DIGITS):
        truth = float(TRUTH[name](*map(mp.mpf, numbers)))
    function = getattr(WORDS["numpy"], name)
    for arguments in (numbers, map(float, numbers), map(np.array, numbers)):
        value = function(*arguments)
        assert value.dtype == np.float64
        assert value.shape == ()
        np.testing.assert_allclose(value, truth, rtol=1e-14)


# Under Torch's transformations ------------------------------------------------------------------


def everything(x, p, gap):
    """Every Torch word: of real numbers x, of p in the unit interval, of positive gaps."""
    words = WORDS["torch"]
    given = {
        ordered_pairs: (x, x - gap),
        scaled: (x, gap),
        powers: (p, gap),
        GRIDS["_logit"]: (p,),
        GRIDS["_log1mexp"]: (gap,),
    }
    found = [getattr(words, name)(*given.get(grid, (x,))) for name, grid in GRIDS.items()]
    with_numbers = (words._log_diff_exp(x, -9.0), words._log_one_minus_power(p, 2.0))
    return [*found, *with_numbers, words._scaled_log1p_square(x, 3.0)]


def batch(dtype):
    generator = torch.Generator().manual_seed(0)
    x, z, y = (torch.randn(6, 64, dtype=dtype, generator=generator) for _ in range(3))
    return x, torch.sigmoid(2 * z), torch.exp(2 * y)


@pytest.mark.parametrize(
    ("transformation", "dtype"),
    [("compile", torch.float64), ("vmap", torch.float64), ("vmap", torch.float32)],
    ids=str,
)
def test_transformed(transformation, dtype):
    """One graph of all words, and all words mapped over a batch, give what plain calls give."""
    given = batch(dtype)
    plain = everything(*given)
    assert all(value.dtype is dtype for value in plain)
    if transformation == "compile":
        transformed = torch.compile(everything, fullgraph=True, backend="aot_eager")
    else:
        transformed = torch.func.vmap(everything)
    tolerance = 8 * torch.finfo(dtype).eps
    for value, other in zip(plain, transformed(*given), strict=True):
        torch.testing.assert_close(value, other, rtol=tolerance, atol=tolerance)


@pytest.mark.filterwarnings("ignore:.*torch.jit.* is deprecated:DeprecationWarning")
@pytest.mark.skipif(not shutil.which("g++"), reason="inductor needs a C++ compiler, and there is no g++")
def test_small_arguments_in_compiled_code():
    """The code that the default compiler writes keeps exp(x) - 1 for small x, which torch.expm1 loses there."""
    words = WORDS["torch"]

    def both(x):
        return words._expm1(x), words._log1mexp(x)

    x = torch.logspace(-30, 0, 64, dtype=torch.float64)
    for value, other in zip(both(x), torch.compile(both, fullgraph=True)(x), strict=True):
        torch.testing.assert_close(value, other, rtol=8 * torch.finfo(x.dtype).eps, atol=0)
