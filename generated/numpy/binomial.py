"""The binomial loss of p, with its gradient and Hessian.

The number of successes in a known number of independent trials.

Density
    p(y | trials, p) = p^y C(n, y) (1 − p)^(n − y)

Symbols
    y          in {0, …, n}     data                       number of successes
    trials  n  in {0, 1, 2, …}  known for each sample      number of trials
    p          in [0, 1]        predicted for each sample  probability of success in each trial

Loss of one sample, to be minimised over p
    loss    = −y log p − (n − y) log1p(−p)
    factor  = 1
    dropped = −log C(n, y)
    -log p  = factor · loss + dropped

Also known of the density
    mean          n p
    mode          ⌊p (n + 1)⌋
    deviance      2 (y log(y/(n p)) + (n − y) log((n − y)/(n (1 − p))))
    dispersion φ  1

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 1, gradient 2, Hessian 1, -log p 3
    float32  value 1, gradient 1, Hessian 2, -log p 1

Elsewhere:
    loss = -scipy.stats.binom.logpmf + log C(n, y)
    loss = -torch.distributions.Binomial(probs).log_prob + log C(n, y)

Source: Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, ch. 3.

Made by `derive binomial --emit numpy`, derive 0.1.0.
Anyone may use, change and share this file for any purpose, without warranty (0BSD).
"""

import itertools
import math
import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

# -log p = FACTOR * loss + dropped
FACTOR = 1


class Gradient(NamedTuple):
    """The derivative of the loss in each learned argument, in its shape (the samples' where not reduced)."""

    p: np.ndarray


def loss(y, p, trials, *, reduction="mean", weight=None, validate=False):
    """The loss.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are
    """
    value, _ = _in_blocks(_loss, [], reduction, weight, validate, y=y, p=p, trials=trials)
    return value


def loss_and_gradient(y, p, trials, *, reduction="mean", weight=None, validate=False, out=None):
    """The loss and its gradient in one pass, both reduced alike.

    out  the Gradient of an earlier call alike: where its slopes are as large as the samples, they are
         overwritten, which saves the time that fresh memory takes
    """
    shapes = [np.shape(p)]
    value, slopes = _in_blocks(_loss_and_gradient, shapes, reduction, weight, validate, out, y=y, p=p, trials=trials)
    return value, Gradient(*slopes)


def hessian(y, p, trials, *, reduction="mean", weight=None, validate=False):
    """The Hessian of the reduced loss in (p), on the last two axes.

    The axes before are those of the learned arguments, broadcast: there is one block for each set
    of learned values, summed over the samples that share it.
    """

    def triangle(*given):
        return _loss(*given), *_hessian(*given)

    shapes = [np.broadcast_shapes(np.shape(p))] * 1
    _, upper = _in_blocks(triangle, shapes, reduction, weight, validate, y=y, p=p, trials=trials)
    matrix = np.empty((*upper[0].shape, 1, 1), upper[0].dtype)
    for row, column, entry in zip(*np.triu_indices(1), upper):
        matrix[..., row, column] = matrix[..., column, row] = entry
    return matrix


def negative_log_likelihood(y, p, trials, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""

    def in_full(y, p, trials):
        return FACTOR * _loss(y, p, trials) + _dropped(y, trials)

    value, _ = _in_blocks(_in_double(in_full), [], reduction, weight, validate, y=y, p=p, trials=trials)
    return value


def dropped(y, trials):
    """What was dropped from -log p of one sample: −log C(n, y)."""
    return _in_blocks(_dropped, [], "none", None, False, y=y, trials=trials)[0]


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, p, trials):
    return -_times(trials - y, np.log1p(-p)) - _times(y, np.log(p))


def _loss_and_gradient(y, p, trials):
    difference = trials - y
    return (
        -_times(difference, np.log1p(-p)) - _times(y, np.log(p)),
        _ratio(difference, 1 - p) - _ratio(y, p),
    )


def _hessian(y, p, trials):
    difference = 1 - p
    return (_ratio(_ratio(trials - y, difference), difference) + _ratio(_ratio(y, p), p),)


def _dropped(y, trials):
    return -_log_binomial(trials, y)


# (x + 1/2) log(1 + 1/x) - 1 = z q, z = 1/(4 x (x + 1)), x >= 0.1: the quotient q of polynomials in z.
_STIRLING_STEP_N = (
    0.3333333333333333, 0.8888126198668904, 0.8895558517485586, 0.41613134569476556,
    0.09234200998313634, 0.008726038859893535, 0.0002561135343095964, 4.867574700570081e-07,
)
_STIRLING_STEP_D = (
    1.0, 3.066437859600661, 3.6666712705151414, 2.1665434154622902, 0.6619913165487941,
    0.09991332096920408, 0.006421095179202529, 0.00011941334361488813,
)
# log Gamma(x) = (x - 1/2) log x - x + log(2 pi)/2 + q/x, x >= 1: the quotient q of polynomials in 1/x^2.
_STIRLING_CORRECTION_N = (
    0.08333333333333333, 1.698249287705088, 11.986266873406136, 37.396809385510025, 54.65241420128991,
    36.546282131932045, 10.096897678978026, 0.9005583387068338, 0.012249783286565289,
)
_STIRLING_CORRECTION_D = (
    1.0, 20.412324785794365, 144.50608949755176, 453.3913220389341, 669.7014673881897, 457.409764139427,
    132.20335629761487, 13.168806777385527, 0.26566195878951115,
)
# log Gamma(t + 1) = t (t q - 0.5772...), 0 <= t <= 2: the quotient q of polynomials in t.
_LOG_FACTORIAL_N = (
    0.8224670334241132, 2.2532432885294456, 2.3278113131477567, 1.130107563599626, 0.2617334459451997,
    0.025968691060374832, 0.0008050985175759481, 1.6060013282139407e-06,
)
_LOG_FACTORIAL_D = (
    1.0, 3.226790637269772, 4.073305095645863, 2.5490387413255498, 0.8274751632938193,
    0.1331045995143266, 0.009148310945100845, 0.00018266345042333633,
)
# log Gamma(u + 1/2) = u log u - u + log(2 pi)/2 - q/u: the quotient q of polynomials in 1/u^2.
_LOG_GAMMA_TAIL_N = (
    0.041666666666666484, 0.8748293807516524, 6.846784029361241, 26.212768152499205,
    54.17915743422269, 62.96359555571318, 41.55205688624877, 15.365503034849912,
    3.065653804470548, 0.3070882456584129, 0.01352539945161849, 0.00019901730490036668,
    4.2313168157975685e-07,
)
_LOG_GAMMA_TAIL_D = (
    1.0, 21.054238471370155, 165.53252823489842, 638.3881730654713,
    1334.7628823965038, 1579.1754292313499, 1071.2643744155148, 413.24903403139973,
    88.00908802640934, 9.770856947003564, 0.5102600265863146, 0.01030177718308029,
    5.0388373492194616e-05,
)


def _finite(x):
    """Whether all of an array is finite, by their sum (where that overflows, it is not said to be)."""
    return math.isfinite(np.add.reduce(x, axis=None))


def _wide(*arguments):
    """The arguments as float64 arrays, and the floating dtype in which to answer."""
    kind = np.result_type(*arguments)
    kind = kind if kind.kind == "f" else np.dtype(np.float64)
    return (*(np.asarray(value, dtype=np.float64) for value in arguments), kind)


def _split(condition, one, other, *arguments):
    """What `one` gives of the arguments where the condition holds and `other` elsewhere, each only where it is asked for."""
    if condition.all():
        return one(*arguments)
    if not condition.any():
        return other(*arguments)
    condition, *arguments = np.broadcast_arrays(condition, *arguments)
    result = np.empty(condition.shape)
    for places, function in ((np.nonzero(condition), one), (np.nonzero(~condition), other)):
        result[places] = function(*(argument[places] for argument in arguments))
    return result


def _stirling_step(x):
    """Give (x + 1/2) log(1 + 1/x) - 1 > 0, what a step from x to x + 1 leaves, and z = 1/(4 x (x + 1)).

    The words below take both from those who have them already.
    """
    x = np.asarray(x, np.float64)
    z = 0.25 / x / (x + 1.0)
    low = np.minimum(z, 2.28)
    fitted = low * _rational(_STIRLING_STEP_N, _STIRLING_STEP_D, low)
    return np.where(x < 0.1, (x + 0.5) * np.log1p(1.0 / x) - 1.0, fitted), z


def _stirling_correction(x, stirling_step=None):
    """The difference log Gamma(x) - ((x - 1/2) log x - x + log(2 pi)/2) > 0, near 1/(12 x); x > 0.

    One step of the recurrence, then a fitted quotient; both have one sign (DLMF 5.5.1, 5.11.1).

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        r = 1.0 / (x + 1.0)
        step, _ = stirling_step or _stirling_step(x)
        return (step + r * _rational(_STIRLING_CORRECTION_N, _STIRLING_CORRECTION_D, r * r)).astype(kind, copy=False)


def _log_gamma_rise(x, a):
    """The difference log Gamma(x + 1 + a) - log Gamma(x + 1), x, a >= 0, from log Gamma(u + 1/2) = u log u - u + ..."""
    u = x + 0.5
    v = u + a
    r, s = 1.0 / u, 1.0 / v
    value, slope = _rational_slope(_LOG_GAMMA_TAIL_N, _LOG_GAMMA_TAIL_D, r * r, s * s)
    return _u_log_u_difference(u, a) + (a / v) * r * (value + s * (r + s) * slope)


def _log_factorial_slope(n, m):
    """The slope of log Gamma(t + 1)/t between t = m and t = n, 0 <= m <= n <= 1."""
    top, _, top_slope = _polynomial_slope(_LOG_FACTORIAL_N, n, m)
    low, low_m, low_slope = _polynomial_slope(_LOG_FACTORIAL_D, n, m)
    value = top / low
    return value - m * ((value * low_slope - top_slope) / low_m)


def _log_binomial(n, k):
    """The logarithm of the binomial coefficient Gamma(n + 1) / (Gamma(k + 1) Gamma(n - k + 1)); 0 <= k <= n.

    With m the smaller and d the larger of k and n - k: from m = 2 on by Stirling's formula for the three
    gamma functions; else log Gamma(n + 1) - log Gamma(d + 1) less log Gamma(m + 1); below d = 1/2, where
    these two cancel, m d times the slopes of log Gamma(t + 1)/t from m and from d to n.

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32.
    """
    n, k, kind = _wide(n, k)
    with np.errstate(all="ignore"):
        m, d = np.minimum(k, n - k), np.maximum(k, n - k)
        t, p, q = np.minimum(n, 1.0), np.minimum(m, 0.5), np.minimum(d, 0.5)
        tiny = m * d * (_log_factorial_slope(t, p) + _log_factorial_slope(t, q))
        t = np.minimum(m, 2.0)
        fall = t * (0.5772156649015329 - t * _rational(_LOG_FACTORIAL_N, _LOG_FACTORIAL_D, t))
        near = _log_gamma_rise(d, m) + fall
        p, q, total = np.maximum(m, 2.0), np.maximum(d, 2.0), np.maximum(n, 4.0)
        rest = _stirling_correction(p) + _stirling_correction(q) - _stirling_correction(total)
        half = 0.5 * np.log(p * (q / total)) + 0.9189385332046728
        far = p * np.log1p(q / p) + q * np.log1p(p / q) - (half + rest)
        return np.where(d < 0.5, tiny, np.where(m < 2.0, near, far)).astype(kind, copy=False)


def _u_log_u_difference(u, a):
    """F(u + a) - F(u) for F(u) = u log u - u; u, a > 0.

    It is a (log(u + a) - 1) + u log(1 + a/u); for a < u/2 log(1 + a/u) is taken as 2 atanh(s) with
    s = a/(2 u + a) (DLMF 4.6.4).
    """
    q = a / u
    s = q / (2.0 + q)
    w = s * s
    rest = 2.0 * s * w * _polynomial(tuple(1.0 / (2 * k + 3) for k in range(12)), np.minimum(w, 0.04))
    near = a * np.log(u) + (a * (s + rest) + u * rest)
    return np.where(q < 0.5, near, a * (np.log(u + a) - 1.0) + u * np.log1p(q))


def _polynomial(coefficients, w):
    """The polynomial with these coefficients (lowest power first) at w, by Horner's rule."""
    *others, leading = coefficients
    total = np.full_like(w, leading)
    for coefficient in reversed(others):
        total *= w
        total += coefficient
    return total


def _rational(numerator, denominator, w):
    """The quotient of two polynomials at w."""
    return _polynomial(numerator, w) / _polynomial(denominator, w)


def _polynomial_slope(coefficients, w, v):
    """Give p(w), p(v) and the slope (p(w) - p(v)) / (w - v), in which nothing cancels."""
    *others, leading = coefficients
    w, v = np.broadcast_arrays(w, v)
    at_w, at_v, slope = np.full_like(w, leading), np.full_like(v, leading), np.zeros_like(w)
    for coefficient in reversed(others):
        slope *= w
        slope += at_v
        at_w *= w
        at_w += coefficient
        at_v *= v
        at_v += coefficient
    return at_w, at_v, slope


def _rational_slope(numerator, denominator, w, v):
    """Give q(w) and the slope (q(w) - q(v)) / (w - v) of a quotient q of polynomials, 0 <= v <= w.

    The slope is taken as written for v < 0.9 w, else from the slopes of the polynomials.
    """
    value = _rational(numerator, denominator, w)

    def apart(w, v, value):
        return (value - _rational(numerator, denominator, v)) / (w - v)

    def close(w, v, value):
        _, _, top = _polynomial_slope(numerator, w, v)
        _, low_v, low = _polynomial_slope(denominator, w, v)
        return (top - value * low) / low_v

    return value, _split(v < 0.9 * w, apart, close, w, v, value)


def _ratio(x, y):
    """The quotient x / y with 0/0 = 0: the derivative of x log y in y."""
    with np.errstate(all="ignore"):
        return np.where((x == 0) & (y == 0), np.zeros_like(x), np.divide(x, y))


def _times(x, y):
    """The product x y with 0 inf = 0: what is impossible and did not happen costs nothing."""
    product, nothing = x * y, (x == 0) & np.isinf(y)
    return np.where(nothing, np.zeros_like(y), product) if nothing.any() else product


# Blocks and reductions ----------------------------------------------------------------------------

# How many numbers of an argument make a block: what is computed of them stays in the cache.
_BLOCK = 16384


def _in_double(function):
    """The function of its arguments in float64: where its terms nearly cancel, enough is left for float32."""
    return lambda *given: function(*(np.asarray(value, np.float64) for value in given))


def _in_blocks(function, shapes, reduction, weight, validate, out=None, /, **arguments):
    """The loss and a list of its derivatives, reduced alike: what a function gives of each sample.

    The derivatives are summed to these shapes, those of what they are taken in. The samples are
    computed block by block: beside the results nothing is as large as the arguments are.
    """
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction must be 'mean', 'sum' or 'none', got {reduction!r}")
    dtype = _dtype(arguments)
    arguments = {name: np.asarray(value) for name, value in arguments.items()}
    weight = None if weight is None else np.asarray(weight)
    samples = _shape_of_samples(arguments, weight)
    fulls = [samples for _ in shapes]
    if reduction == "none":
        shapes = fulls
    # What is summed over blocks is summed in more digits, where the platform has any.
    value = np.empty(samples, dtype) if reduction == "none" else np.longdouble(0)
    slopes = _memory(shapes, fulls, dtype, out) if shapes else []
    with np.errstate(all="ignore"):
        if validate:
            _prepared(arguments, weight, dtype, validate)
        total = _total(weight, samples) if reduction == "mean" else 1
        for block in _blocks(samples):
            parts = {name: _part(argument, samples, block) for name, argument in arguments.items()}
            part = None if weight is None else _part(weight, samples, block)
            losses, subtotal, counts, derivatives = _weighted(function, parts, part, dtype.type(total))
            if reduction == "none":
                value[block] = losses
            else:
                value += subtotal
            if math.isnan(subtotal):
                counts = np.where(np.isnan(losses), dtype.type(np.nan), counts)
            for slope, derivative, full in zip(slopes, derivatives, fulls):
                if slope.shape == full:
                    np.multiply(counts, derivative, out=slope[block])
                else:
                    part = _part(slope, samples, block)
                    part += _summed(np.broadcast_to(counts, losses.shape) * derivative, part.shape)
        value = value[()] if reduction == "none" else dtype.type(value / total)
    return value, [slope.astype(dtype, copy=False)[()] for slope in slopes]


def _memory(shapes, fulls, dtype, out):
    """Arrays for the slopes: those of samples are `out`'s or fresh, those that are summed have more digits."""
    sizes = [math.prod(shape) if shape == full else 0 for shape, full in zip(shapes, fulls)]
    # One piece of memory for all: the system keeps one for the next call, but takes several back.
    fresh = np.empty(sum(sizes) if out is None else 0, dtype)
    slopes, at = [], 0
    for place, (shape, full, size) in enumerate(zip(shapes, fulls, sizes)):
        if shape != full:
            slopes.append(np.zeros(shape, np.longdouble))
        elif out is None:
            slopes.append(fresh[at : at + size].reshape(shape))
            at += size
        elif np.shape(out[place]) == shape and out[place].dtype == dtype:
            slopes.append(np.asarray(out[place]))
        else:
            given = f"{np.asarray(out[place]).dtype} {np.shape(out[place])}"
            raise ValueError(f"out must hold slopes as an earlier call alike gave them: {dtype} {shape}, got {given}")
    return slopes


def _weighted(function, arguments, weight, total):
    """The losses of some samples times their weights, their sum, what their derivatives count, and these derivatives.

    A sample outside its domain has none: they count nan.
    """
    *given, penalty, weight = _prepared(arguments, weight, total.dtype)
    values = function(*given)
    losses, *derivatives = values if isinstance(values, tuple) else (values,)
    counts = (1 if weight is None else weight) / total
    if penalty is not None:
        losses = losses + penalty
        counts = np.where(penalty == 0, counts, total.dtype.type(np.nan))
    losses = losses if weight is None else weight * losses
    subtotal = np.add.reduce(losses, axis=None)
    return losses, subtotal, counts, derivatives


def _total(weight, samples):
    """What a mean divides by: the sum of the weights, or the number of the samples."""
    return math.prod(samples) if weight is None else np.sum(np.broadcast_to(weight, samples), dtype=float)


def _shape_of_samples(arguments, weight):
    """The shape that the samples broadcast to, with a warning where none has it."""
    shapes = {name: value.shape for name, value in arguments.items()}
    if weight is not None:
        shapes["weight"] = weight.shape
    samples, *others = dict.fromkeys(shapes.values())
    if others:
        samples = np.broadcast_shapes(samples, *others)
    if samples not in shapes.values():
        given = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        warnings.warn(
            f"the shapes of the samples ({given}) broadcast to {samples}, which none of them has; "
            "give all the same shape, or expand one to this shape if that is meant",
            stacklevel=4,
        )
    return samples


def _blocks(samples):
    """The blocks that the samples are cut into, each a slice along every axis: the longest axes are cut."""
    most = _BLOCK
    if 0 < math.prod(samples) <= most:
        return [(...,)]
    lengths = list(samples)
    while math.prod(lengths) > most:
        axis = lengths.index(max(lengths))
        lengths[axis] = max(most * lengths[axis] // math.prod(lengths), 1)
    cuts = ([slice(at, at + n) for at in range(0, size, n or 1)] for size, n in zip(samples, lengths))
    return itertools.product(*cuts, [...])


def _part(array, samples, block):
    """What an array holds of a block: all of it along an axis where it is broadcast."""
    if array.shape != samples:
        axes = zip(array.shape, block[len(samples) - array.ndim : -1])
        block = (*(slice(None) if size == 1 else cut for size, cut in axes), ...)
    return array[block]


def _summed(derivative, shape):
    """The derivative summed over the axes along which an argument of this shape was broadcast."""
    derivative = np.sum(derivative, axis=tuple(range(np.ndim(derivative) - len(shape))))
    along = tuple(axis for axis, size in enumerate(shape) if size == 1 and derivative.shape[axis] != 1)
    return np.sum(derivative, axis=along, keepdims=True)


# Arguments ----------------------------------------------------------------------------------------


class _Argument(NamedTuple):
    """What an argument is, what it must be, where it is not, and what stands for it in a removed sample.

    legal  a quick look at all of it: it is nowhere broken, nor nan (else nothing is known)
    """

    role: str
    demand: str
    broken: Callable
    harmless: float
    bounds: tuple = ()
    beyond: Callable | None = None
    legal: Callable | None = None


_ARGUMENTS = {
    "y": _Argument(
        "data",
        "a count: 0, 1, 2, ... up to trials",
        lambda y: (y < 0) | np.isinf(y) | (np.floor(y) < y),
        0.0,
        bounds=("trials",),
        beyond=lambda y, trials: y > trials,
        legal=lambda y: y.min() >= 0 and _finite(y) and np.array_equal(y, np.floor(y)),
    ),
    "p": _Argument(
        "learned",
        "in the unit interval",
        lambda p: (p < 0) | (p > 1),
        0.5,
        legal=lambda p: p.min() >= 0 and p.max() <= 1,
    ),
    "trials": _Argument(
        "known",
        "a count: 0, 1, 2, ...",
        lambda trials: (trials < 0) | np.isinf(trials) | (np.floor(trials) < trials),
        1.0,
        legal=lambda trials: trials.min() >= 0 and _finite(trials) and np.array_equal(trials, np.floor(trials)),
    ),
    "weight": _Argument("known", "nonnegative", lambda weight: (weight < 0) | np.isinf(weight), 1.0),
}



def _prepared(arguments, weight, dtype, validate=False):
    """The arguments in the dtype, what each sample costs beside its loss if any costs more, and the weight.

    Data outside the support cost +inf and are made harmless, parameters outside their domain cost
    nan, and a sample of weight 0 is replaced by a harmless one. What needs no change is not copied.
    """
    prepared, penalty = [], None
    values = {name: np.asarray(given, dtype) for name, given in arguments.items()}
    if weight is not None:
        weight = np.asarray(weight, dtype)
        removed = weight == 0
        if validate:
            _validate("weight", weight, _ARGUMENTS["weight"].broken(weight))
        if removed.any():
            values = {name: _made_harmless(value, removed, _ARGUMENTS[name]) for name, value in values.items()}
    for name, value in values.items():
        argument = _ARGUMENTS[name]
        broken = False if not validate and argument.legal(value) else argument.broken(value)
        if argument.bounds and values.keys() >= set(argument.bounds):
            value, *bounds = np.broadcast_arrays(value, *(values[bound] for bound in argument.bounds))
            broken = broken | argument.beyond(value, *bounds)
        if validate:
            _validate(name, value, broken)
        if broken is not False and np.count_nonzero(broken):
            cost = dtype.type(np.inf if argument.role == "data" else np.nan)
            penalty = np.where(broken, cost, dtype.type(0) if penalty is None else penalty)
            if argument.role == "data":
                value = _made_harmless(value, broken, argument)
        prepared.append(value)
    return *prepared, penalty, weight


def _made_harmless(value, samples, argument):
    """The array with a harmless value in some of the samples."""
    return np.where(samples, value.dtype.type(argument.harmless), value)


def _dtype(arguments):
    """The floating dtype of the parameters, whatever integers are among them; half precision computes in single."""
    parameters = [value for name, value in arguments.items() if _ARGUMENTS[name].role in ("learned", "known")]
    numbers = [
        value if isinstance(value, (int, float)) else np.asarray(value)
        for value in parameters or arguments.values()
    ]
    floating = [number for number in numbers if np.result_type(number).kind == "f"]
    return np.promote_types(np.result_type(*floating), np.float32) if floating else np.dtype(np.float64)


def _validate(name, value, broken):
    """Raise ValueError for the first sample in which an argument is broken or nan."""
    missing = np.isnan(value)
    broken = broken | missing
    _refuse(name, _ARGUMENTS[name].demand, value, broken)


def _refuse(name, demand, value, broken):
    """Raise ValueError for the first sample that is broken."""
    if broken.ndim == 0:
        value, broken = value[None], broken[None]
    if broken.any():
        index = tuple(int(axis[0]) for axis in np.nonzero(broken))
        raise ValueError(f"{name} must be {demand}, got {value[index]} at index {index}")
