"""The nakagami loss of shape and log_spread, with its gradient and Hessian.

The strength of a radio signal that comes on many paths: the root of a gamma variable.

Density
    p(y | shape, spread) = 2 y y^(2 (m − 1))/Γ(m) · (m/ω)^m e^(−y² m/ω)
    spread = exp(log_spread), the log link; η below

Symbols
    y              in (0, ∞)  data                       amplitude, in the units of the data
    shape       m  in (0, ∞)  predicted for each sample  shape, from one half on; 1 is Rayleigh's
                                                         distribution
    spread      ω  in (0, ∞)  ω = e^η                    mean square, in the squared units of the data
    log_spread  η  in ℝ       predicted for each sample  predictor of spread through the log link

Loss of one sample, to be minimised over shape, log_spread
    loss    = [m + log Γ(m) − m log m] + m (e^(2 (log y − η/2)) − 1 − 2 (log y − η/2))
    factor  = 1
    dropped = log y − log 2
    -log p  = factor · loss + dropped

Also known of the density
    mean          √ω Γ(m + ½)/(√m Γ(m))
    mode          √ω √2 √(2 m − 1)/(2 √m)   where m > ½
    P(Y ≤ y)      P(m, y² m/ω)
    log P(Y > y)  log Q(m, y² m/ω)

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 8, gradient 8, Hessian 8, -log p 8
    float32  value 5, gradient 5, Hessian 5, -log p 5

Elsewhere:
    loss = -scipy.stats.nakagami.logpdf - (log y − log 2), at spread = exp(log_spread)

Source: Nakagami (1960), The m-distribution, in Statistical Methods in Radio Wave Propagation, 3-36.

Made by `derive nakagami --link spread=exp --emit numpy`, derive 0.1.0.
Anyone may use, change and share this file for any purpose, without warranty (0BSD).
"""

import itertools
import math
import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import special

# -log p = FACTOR * loss + dropped
FACTOR = 1


class Gradient(NamedTuple):
    """The derivative of the loss in each learned argument, in its shape (the samples' where not reduced)."""

    shape: np.ndarray
    log_spread: np.ndarray


def loss(y, shape, log_spread, *, reduction="mean", weight=None, validate=False):
    """The loss.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are
    """
    value, _ = _in_blocks(_loss, [], reduction, weight, validate, y=y, shape=shape, log_spread=log_spread)
    return value


def loss_and_gradient(y, shape, log_spread, *, reduction="mean", weight=None, validate=False, out=None):
    """The loss and its gradient in one pass, both reduced alike.

    out  the Gradient of an earlier call alike: where its slopes are as large as the samples, they are
         overwritten, which saves the time that fresh memory takes
    """
    shapes = [np.shape(shape), np.shape(log_spread)]
    value, slopes = _in_blocks(_loss_and_gradient, shapes, reduction, weight, validate, out, y=y, shape=shape, log_spread=log_spread)
    return value, Gradient(*slopes)


def hessian(y, shape, log_spread, *, reduction="mean", weight=None, validate=False):
    """The Hessian of the reduced loss in (shape, log_spread), on the last two axes.

    The axes before are those of the learned arguments, broadcast: there is one block for each set
    of learned values, summed over the samples that share it.
    """

    def triangle(*given):
        return _loss(*given), *_hessian(*given)

    shapes = [np.broadcast_shapes(np.shape(shape), np.shape(log_spread))] * 3
    _, upper = _in_blocks(triangle, shapes, reduction, weight, validate, y=y, shape=shape, log_spread=log_spread)
    matrix = np.empty((*upper[0].shape, 2, 2), upper[0].dtype)
    for row, column, entry in zip(*np.triu_indices(2), upper):
        matrix[..., row, column] = matrix[..., column, row] = entry
    return matrix


def negative_log_likelihood(y, shape, log_spread, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    value, _ = _in_blocks(_negative_log_likelihood, [], reduction, weight, validate, y=y, shape=shape, log_spread=log_spread)
    return value


def dropped(y):
    """What was dropped from -log p of one sample: log y − log 2."""
    return _in_blocks(_dropped, [], "none", None, False, y=y)[0]


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, shape, log_spread):
    return _log_gamma_excess(shape) + shape * _exp_excess(2 * (np.log(y) - 0.5 * log_spread))


def _loss_and_gradient(y, shape, log_spread):
    stirling_step = _stirling_step(shape)
    product = 2 * (np.log(y) - 0.5 * log_spread)
    exp_excess = _exp_excess(product)
    return (
        _log_gamma_excess(shape, stirling_step) + shape * exp_excess,
        exp_excess + _digamma_excess(shape, stirling_step),
        -shape * np.expm1(product),
    )


def _hessian(y, shape, log_spread):
    product = 2 * (np.log(y) - 0.5 * log_spread)
    return _trigamma_excess(shape), -np.expm1(product), shape * np.exp(product)


def _dropped(y):
    return _log_ratio(y, 2)


def _negative_log_likelihood(y, shape, log_spread):
    return (
        _log_gamma_excess_and_log(shape, y)
        + shape * _exp_excess(2 * (np.log(y) - 0.5 * log_spread))
        - math.log(2)
    )


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
# psi(x) = log x - 1/(2 x) - q/x^2, x >= 1: the quotient q of polynomials in 1/x^2.
_STIRLING_SLOPE_N = (
    0.08333333333333333, 2.4384002706996504, 25.765119919768647, 126.81801188873901, 313.222591486411,
    389.93483343927187, 233.14235736343613, 59.48532548344214, 4.968427638503493, 0.05938962247804522,
)
_STIRLING_SLOPE_D = (
    1.0, 29.36080324839579, 312.0699003144505, 1551.674999207221, 3900.3552574835117, 5008.551680334965,
    3168.4778624172873, 901.0655603408794, 95.1088803129576, 2.3258207808827107,
)
# psi'(x) = 1/x + 1/(2 x^2) + q/x^3, x >= 1: the quotient q of polynomials in 1/x^2.
_STIRLING_CURVATURE_N = (
    0.16666666666666666, 5.36538305971135, 62.58537117315088, 341.1266008414031, 935.3200901590213,
    1294.3684827092022, 859.7990991501407, 242.78648718297077, 22.20497069266673, 0.27820346819632014,
)
_STIRLING_CURVATURE_D = (
    1.0, 32.39229835826802, 381.847829567739, 2118.7016997610485, 5987.135105855408, 8724.130679948388,
    6340.684263096004, 2108.580944065058, 267.6547076280135, 8.311561411500044,
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
# e^x - 1 - x = x^2 (1/2! + x/3! + x^2/4! + ...).
_EXP_EXCESS = tuple(1.0 / math.factorial(k) for k in range(2, 20))


def _finite(x):
    """Whether all of an array is finite, by their sum (where that overflows, it is not said to be)."""
    return math.isfinite(np.add.reduce(x, axis=None))


def _wide(*arguments):
    """The arguments as float64 arrays, and the floating dtype in which to answer."""
    kind = np.result_type(*arguments)
    kind = kind if kind.kind == "f" else np.dtype(np.float64)
    return (*(np.asarray(value, dtype=np.float64) for value in arguments), kind)


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


def _stirling_correction_slope(x, stirling_step=None):
    """The difference psi(x) - log x + 1/(2 x) < 0, near -1/(12 x^2); x > 0.

    The derivative of Stirling's correction. That of the step h is -(z - h) / (x + 1/2), and both parts
    have one sign (DLMF 5.5.2, 5.11.2).

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        r = 1.0 / (x + 1.0)
        w = r * r
        step, z = stirling_step or _stirling_step(x)
        tail = w * _rational(_STIRLING_SLOPE_N, _STIRLING_SLOPE_D, w)
        return (-((z - step) / (x + 0.5) + tail)).astype(kind, copy=False)


def _stirling_correction_curvature(x):
    """The difference psi'(x) - 1/x - 1/(2 x^2) > 0, near 1/(6 x^3); x > 0.

    The second derivative of Stirling's correction. That of the step is 1/(2 x^2 (x + 1)^2), and both
    parts have one sign (DLMF 5.15.5, 5.15.8).

    Measured beyond conditioning: at most 3.5 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        p, r = 1.0 / x, 1.0 / (x + 1.0)
        w = r * r
        tail = r * w * _rational(_STIRLING_CURVATURE_N, _STIRLING_CURVATURE_D, w)
        return (0.5 * p * w * p + tail).astype(kind, copy=False)


def _log_gamma_excess(x, stirling_step=None):
    """The difference log Gamma(x) - (x log x - x), near log(2 pi/x)/2; x > 0.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        return (_stirling_correction(x, stirling_step) + (0.9189385332046728 - 0.5 * np.log(x))).astype(kind, copy=False)


def _digamma_excess(x, stirling_step=None):
    """The difference psi(x) - log x < 0, near -1/(2 x); x > 0.

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        return (_stirling_correction_slope(x, stirling_step) - 0.5 / x).astype(kind, copy=False)


def _trigamma_excess(x):
    """The difference psi'(x) - 1/x > 0, near 1/(2 x^2); x > 0.

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        return (_stirling_correction_curvature(x) + 0.5 / x / x).astype(kind, copy=False)


def _log_factorial_excess(n):
    """The difference log n! - (n log n - n) >= 0, near log(2 pi n)/2; n >= 0.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    n, kind = _wide(n)
    with np.errstate(all="ignore"):
        low, high = np.minimum(n, 1.0), np.maximum(n, 1.0)
        rest = low * (low * _rational(_LOG_FACTORIAL_N, _LOG_FACTORIAL_D, low) - 0.5772156649015329)
        near = (rest + low) - special.xlogy(low, low)
        far = _stirling_correction(high) + (0.9189385332046728 + 0.5 * np.log(high))
        return np.where(n < 1.0, near, far).astype(kind, copy=False)


def _log_gamma_excess_and_log(x, y):
    """The sum log Gamma(x) - (x log x - x) + log y; x, y > 0.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    x, y, kind = _wide(x, y)
    with np.errstate(all="ignore"):
        low, high = np.minimum(x, 1.0), np.maximum(x, 1.0)
        near = _log_factorial_excess(low) + _log_ratio(y, low)
        far = _stirling_correction(high) + _log_ratio(y, np.sqrt(high / 6.283185307179586))
        return np.where(x < 1.0, near, far).astype(kind, copy=False)


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


def _exp_excess(x):
    """The difference e^x - 1 - x, near x^2/2 at 0; for |x| below 1 its power series.

    Measured beyond conditioning: at most 1.5 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        c = np.clip(x, -1.0, 1.0)
        near = c * c * _polynomial(_EXP_EXCESS, c)
        return np.where(np.abs(x) < 1.0, near, np.expm1(x) - x).astype(kind)


def _log_ratio(a, b):
    """The logarithm of a/b; a, b > 0: that of 1 + |a - b|/min(a, b), with the sign of a - b.

    Measured beyond conditioning: at most 1 ulp in float64, 0.5 in float32.
    """
    a, b, kind = _wide(a, b)
    with np.errstate(all="ignore"):
        difference = a - b
        t = np.abs(difference) / np.minimum(a, b)
        value = np.copysign(np.log1p(t), difference)
        if np.isinf(t).any():
            value = np.where(np.isinf(t), np.log(a) - np.log(b), value)
        return value.astype(kind, copy=False)


# Blocks and reductions ----------------------------------------------------------------------------

# How many numbers of an argument make a block: what is computed of them stays in the cache.
_BLOCK = 16384


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
    legal: Callable | None = None


_ARGUMENTS = {
    "y": _Argument(
        "data",
        "positive",
        lambda y: (y <= 0) | np.isinf(y),
        1.0,
        legal=lambda y: y.min() > 0 and _finite(y),
    ),
    "shape": _Argument(
        "learned",
        "positive",
        lambda shape: (shape <= 0) | np.isinf(shape),
        1.0,
        legal=lambda shape: shape.min() > 0 and _finite(shape),
    ),
    "log_spread": _Argument(
        "learned",
        "finite",
        lambda log_spread: np.isinf(log_spread),
        0.0,
        legal=lambda log_spread: _finite(log_spread),
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
