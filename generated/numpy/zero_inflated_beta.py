"""The zero inflated beta loss of alpha and mean and precision, with its gradient and Hessian.

A proportion that is often nothing at all.

Density
    p(y | alpha, mean, precision) = α^out(y) (1 − α)^in(y) b(y°, μ, φ)^in(y)

Symbols
    y             in [0, 1)  data                       observed proportion; 0 has a probability of
                                                        its own
    alpha      α  in [0, 1]  predicted for each sample  probability of 0
    mean       μ  in (0, 1)  predicted for each sample  mean of a proportion that is not 0
    precision  φ  in (0, ∞)  predicted for each sample  precision of one that is not 0

Loss of one sample, to be minimised over alpha, mean, precision
    loss    = −out(y) log α − in(y) log1p(−α) − ([φ + log Γ(φ) − φ log φ] − log y° − log1p(−y°) − φ [μ log(μ/y°) + (1 − μ) log((1 − μ)/(1 − y°))] − [μ φ + log Γ(μ φ) − μ φ log(μ φ)] − [φ (1 − μ) + log Γ(φ (1 − μ)) − φ (1 − μ) log(φ (1 − μ))]) in(y)
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

Also known of the density
    mean          μ (1 − α)
    P(Y ≤ y)      α + (1 − α) I(μ φ, φ (1 − μ); y)

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 3, gradient 3, Hessian 7
    float32  value 2, gradient 3, Hessian 3

Source: Ospina and Ferrari (2010), Statistical Papers 51, 111-126; b is the density of the beta distribution, in(y) is 1 between 0 and 1, out(y) is 1 at either, and y° is y where that lies between.

Made by `derive zero_inflated_beta --emit numpy`, derive 0.1.0.
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

    alpha: np.ndarray
    mean: np.ndarray
    precision: np.ndarray


def loss(y, alpha, mean, precision, *, reduction="mean", weight=None, validate=False):
    """The loss.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are
    """
    value, _ = _in_blocks(_loss, [], reduction, weight, validate, y=y, alpha=alpha, mean=mean, precision=precision)
    return value


def loss_and_gradient(y, alpha, mean, precision, *, reduction="mean", weight=None, validate=False, out=None):
    """The loss and its gradient in one pass, both reduced alike.

    out  the Gradient of an earlier call alike: where its slopes are as large as the samples, they are
         overwritten, which saves the time that fresh memory takes
    """
    shapes = [np.shape(alpha), np.shape(mean), np.shape(precision)]
    value, slopes = _in_blocks(_loss_and_gradient, shapes, reduction, weight, validate, out, y=y, alpha=alpha, mean=mean, precision=precision)
    return value, Gradient(*slopes)


def hessian(y, alpha, mean, precision, *, reduction="mean", weight=None, validate=False):
    """The Hessian of the reduced loss in (alpha, mean, precision), on the last two axes.

    The axes before are those of the learned arguments, broadcast: there is one block for each set
    of learned values, summed over the samples that share it.
    """

    def triangle(*given):
        return _loss(*given), *_hessian(*given)

    shapes = [np.broadcast_shapes(np.shape(alpha), np.shape(mean), np.shape(precision))] * 6
    _, upper = _in_blocks(triangle, shapes, reduction, weight, validate, y=y, alpha=alpha, mean=mean, precision=precision)
    matrix = np.empty((*upper[0].shape, 3, 3), upper[0].dtype)
    for row, column, entry in zip(*np.triu_indices(3), upper):
        matrix[..., row, column] = matrix[..., column, row] = entry
    return matrix


def negative_log_likelihood(y, alpha, mean, precision, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""

    def in_full(y, alpha, mean, precision):
        return FACTOR * _loss(y, alpha, mean, precision) + _dropped()

    value, _ = _in_blocks(in_full, [], reduction, weight, validate, y=y, alpha=alpha, mean=mean, precision=precision)
    return value


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, alpha, mean, precision):
    inside = (np.sign(y) * np.sign(1 - y))
    interior = np.where(np.sign(y) * np.sign(1 - y) == 0, 0.5, y)
    difference = 1 - mean
    return (
        -_times(inside, np.log1p(-alpha))
        - _times((1 - np.sign(y) * np.sign(1 - y)), np.log(alpha))
        - inside * (_log_gamma_excess(precision) - np.log(interior) - np.log1p(-interior) - _log_gamma_excess(mean * precision) - _log_gamma_excess(difference * precision) - precision * (_divergence(mean, interior) + _divergence(difference, 1 - interior)))
    )


def _loss_and_gradient(y, alpha, mean, precision):
    stirling_step = _stirling_step(precision)
    inside = (np.sign(y) * np.sign(1 - y))
    at_end = (1 - np.sign(y) * np.sign(1 - y))
    interior = np.where(np.sign(y) * np.sign(1 - y) == 0, 0.5, y)
    difference = 1 - mean
    bernoulli_divergence = _divergence(mean, interior) + _divergence(difference, 1 - interior)
    product = precision * difference
    weighted_digamma_excess = product * _digamma_excess(product)
    product_2 = mean * precision
    weighted_digamma_excess_2 = product_2 * _digamma_excess(product_2)
    return (
        -_times(inside, np.log1p(-alpha))
        - _times(at_end, np.log(alpha))
        - inside * (_log_gamma_excess(precision, stirling_step) - np.log(interior) - np.log1p(-interior) - _log_gamma_excess(mean * precision) - _log_gamma_excess(difference * precision) - precision * bernoulli_divergence),
        _ratio(inside, 1 - alpha) - _ratio(at_end, alpha),
        -inside * (weighted_digamma_excess / difference - weighted_digamma_excess_2 / mean - precision * (_log_ratio(mean, interior) - _log_ratio(difference, 1 - interior))),
        -inside * (_digamma_excess(precision, stirling_step) - bernoulli_divergence - weighted_digamma_excess_2 / precision - weighted_digamma_excess / precision),
    )


def _hessian(y, alpha, mean, precision):
    inside = (np.sign(y) * np.sign(1 - y))
    difference = 1 - alpha
    product = mean * precision
    weighted_digamma_excess = product * _digamma_excess(product)
    difference_2 = 1 - mean
    product_2 = precision * difference_2
    weighted_digamma_excess_2 = product_2 * _digamma_excess(product_2)
    digamma_excess_growth = _digamma_excess_growth(product_2)
    digamma_excess_growth_2 = _digamma_excess_growth(product)
    interior = np.where(np.sign(y) * np.sign(1 - y) == 0, 0.5, y)
    return (
        _ratio(_ratio(inside, difference), difference)
        + _ratio(_ratio((1 - np.sign(y) * np.sign(1 - y)), alpha), alpha),
        0,
        0,
        -inside * (weighted_digamma_excess / mean**2 + weighted_digamma_excess_2 / difference_2**2 - precision * digamma_excess_growth / difference_2 - precision * digamma_excess_growth_2 / mean - precision * (1 / mean + 1 / difference_2)),
        -inside * (digamma_excess_growth - digamma_excess_growth_2 - (_log_ratio(mean, interior) - _log_ratio(difference_2, 1 - interior))),
        -inside * (_trigamma_excess(precision) + weighted_digamma_excess / precision**2 + weighted_digamma_excess_2 / precision**2 - mean * digamma_excess_growth_2 / precision - digamma_excess_growth * difference_2 / precision),
    )


def _dropped():
    return 0


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
# psi'(u + 1/2) = 1/u - q/u^3: the quotient q of polynomials in 1/u^2.
_TRIGAMMA_N = (
    0.08333333333333325, 2.082329385038045, 17.733169698503104, 64.58011321806684,
    103.19264913325368, 65.95480540830835, 12.593195881984583, 0.16513282929255674,
)
_TRIGAMMA_D = (
    1.0, 25.337952620454512, 221.38953408560306, 845.8313871360522,
    1482.2240067332648, 1144.0319933156452, 339.02838036459434, 26.94993056216394,
)
# atanh(v) = v + v^3 (1/3 + v^2/5 + v^4/7 + ...).
_ATANH_REST = tuple(1.0 / (2 * k + 3) for k in range(12))


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


def _digamma_excess_growth(x):
    """The sum psi(x) - log x + x psi'(x) - 1 > 0, near 1/(12 x^2); x > 0.

    For small x it is psi(x + 1) + x psi'(x + 1) - log x - 1 (DLMF 5.5.2, 5.15.5).

    Measured beyond conditioning: at most 8 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        low, high = np.minimum(x, 0.2), np.maximum(x, 0.2)
        near = (special.digamma(low + 1.0) + low * _trigamma(low + 1.0)) - (np.log(low) + 1.0)
        far = _stirling_correction_slope(high) + high * _stirling_correction_curvature(high)
        return np.where(x < 0.2, near, far).astype(kind, copy=False)


def _trigamma(x):
    """The second derivative psi'(x) of log Gamma(x), x > 0.

    Two steps of psi'(x) = 1/x^2 + psi'(x + 1) (DLMF 5.15.5), then
    psi'(u + 1/2) = 1/u - 1/(12 u^3) + ... (5.15.8) as a fitted quotient.

    Measured beyond conditioning: at most 1.5 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        r = 1.0 / (x + 1.5)
        w = r * r
        tail = r - r * w * _rational(_TRIGAMMA_N, _TRIGAMMA_D, w)
        return ((1.0 / x) ** 2 + ((1.0 / (x + 1.0)) ** 2 + tail)).astype(kind, copy=False)


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


def _small_ratio(a, b):
    """Give t = (a - b)/b, v = t/(2 + t), 2 (atanh(v) - v) for |v| < 0.2, and where |v| is so small."""
    t = (a - b) / b
    v = t / (2.0 + t)
    w = np.minimum(v * v, 0.04)
    return t, v, 2.0 * v * w * _polynomial(_ATANH_REST, w), np.abs(v) < 0.2


def _divergence(a, b):
    """The sum a log(a/b) - a + b >= 0; a >= 0, b > 0.

    Measured beyond conditioning: at most 2 ulp in float64, 0.5 in float32.
    """
    a, b, kind = _wide(a, b)
    with np.errstate(all="ignore"):
        _, v, rest, close = _small_ratio(a, b)
        far = np.where(a == 0.0, 0.0, a * _log_ratio(a, b))
        return np.where(close, (a - b) * v + a * rest, far - (a - b)).astype(kind)


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
        "in [0, 1)",
        lambda y: (y < 0) | (y >= 1),
        0.5,
        legal=lambda y: y.min() >= 0 and y.max() < 1,
    ),
    "alpha": _Argument(
        "learned",
        "in the unit interval",
        lambda alpha: (alpha < 0) | (alpha > 1),
        0.5,
        legal=lambda alpha: alpha.min() >= 0 and alpha.max() <= 1,
    ),
    "mean": _Argument(
        "learned",
        "in the open unit interval",
        lambda mean: (mean <= 0) | (mean >= 1),
        0.5,
        legal=lambda mean: mean.min() > 0 and mean.max() < 1,
    ),
    "precision": _Argument(
        "learned",
        "positive",
        lambda precision: (precision <= 0) | np.isinf(precision),
        1.0,
        legal=lambda precision: precision.min() > 0 and _finite(precision),
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
