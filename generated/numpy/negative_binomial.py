"""The negative binomial loss of mean and dispersion, with its gradient and Hessian.

Counts that vary more than Poisson's: the rate of each is drawn from a gamma distribution.

Density
    p(y | mean, dispersion) = C(r + y − 1, y) (μ/(r + μ))^y (1 − μ/(r + μ))^r

Symbols
    y              in {0, 1, 2, …}  data                       number of events
    mean        μ  in (0, ∞)        predicted for each sample  expected number of events
    dispersion  r  in (0, ∞)        predicted for each sample  shape of the gamma distribution: the
                                                               variance is mean + mean²/dispersion

Loss of one sample, to be minimised over mean, dispersion
    loss    = [r log(μ/r + 1) + y log(r/μ + 1) − log C(r + y − 1, y)]
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

Also known of the density
    mean          μ
    mode          ⌊μ (r − 1)/r⌋   where r > 1
    P(Y ≤ y)      I(r, y + 1; r/(r + μ))
    log P(Y > y)  log I(y + 1, r; μ/(r + μ))
    deviance      2 (y log(y/μ) − (r + y) log((r + y)/(r + μ)))
    dispersion φ  1

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 1, gradient 3, Hessian 3
    float32  value 1, gradient 1, Hessian 2

Elsewhere:
    loss = -scipy.stats.nbinom.logpmf
    loss = -torch.distributions.NegativeBinomial(probs).log_prob

Source: Cameron and Trivedi (2013), Regression Analysis of Count Data, 2nd ed., ch. 3.

Made by `derive negative_binomial --emit numpy`, derive 0.1.0.
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

    mean: np.ndarray
    dispersion: np.ndarray


def loss(y, mean, dispersion, *, reduction="mean", weight=None, validate=False):
    """The loss.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are
    """
    value, _ = _in_blocks(_loss, [], reduction, weight, validate, y=y, mean=mean, dispersion=dispersion)
    return value


def loss_and_gradient(y, mean, dispersion, *, reduction="mean", weight=None, validate=False, out=None):
    """The loss and its gradient in one pass, both reduced alike.

    out  the Gradient of an earlier call alike: where its slopes are as large as the samples, they are
         overwritten, which saves the time that fresh memory takes
    """
    shapes = [np.shape(mean), np.shape(dispersion)]
    value, slopes = _in_blocks(_loss_and_gradient, shapes, reduction, weight, validate, out, y=y, mean=mean, dispersion=dispersion)
    return value, Gradient(*slopes)


def hessian(y, mean, dispersion, *, reduction="mean", weight=None, validate=False):
    """The Hessian of the reduced loss in (mean, dispersion), on the last two axes.

    The axes before are those of the learned arguments, broadcast: there is one block for each set
    of learned values, summed over the samples that share it.
    """

    def triangle(*given):
        return _loss(*given), *_hessian(*given)

    shapes = [np.broadcast_shapes(np.shape(mean), np.shape(dispersion))] * 3
    _, upper = _in_blocks(triangle, shapes, reduction, weight, validate, y=y, mean=mean, dispersion=dispersion)
    matrix = np.empty((*upper[0].shape, 2, 2), upper[0].dtype)
    for row, column, entry in zip(*np.triu_indices(2), upper):
        matrix[..., row, column] = matrix[..., column, row] = entry
    return matrix


def negative_log_likelihood(y, mean, dispersion, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""

    def in_full(y, mean, dispersion):
        return FACTOR * _loss(y, mean, dispersion) + _dropped()

    value, _ = _in_blocks(in_full, [], reduction, weight, validate, y=y, mean=mean, dispersion=dispersion)
    return value


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, mean, dispersion):
    return _gamma_poisson(dispersion, y, mean)


def _loss_and_gradient(y, mean, dispersion):
    return (
        _gamma_poisson(dispersion, y, mean),
        dispersion / (dispersion + mean) * ((mean - y) / mean),
        _gamma_poisson_slope(dispersion, y, mean),
    )


def _hessian(y, mean, dispersion):
    share = dispersion / (dispersion + mean)
    share_2 = mean / (mean + dispersion)
    difference = mean - y
    return (
        share * (y - share_2 * difference) / mean**2,
        share_2 * share * difference / (mean * dispersion),
        _gamma_poisson_curvature(dispersion, y, mean),
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


def _log1p_quotient(a, x):
    """The logarithm of 1 + a/x, a, x > 0, also where a/x overflows."""
    q = a / x
    return _split(np.isinf(q), lambda a, x, q: np.log(a) - np.log(x), lambda a, x, q: np.log1p(q), a, x, q)


def _log1p_rest(t, ratio):
    """The difference t - log(1 + t) >= 0 for ratio = 1 + t > 0, near t^2/2 (DLMF 4.6.4)."""
    small = (t > -0.66) & (t < 2.0)
    low = np.where(small, t, 0.0)
    s = low / (2.0 + low)
    w = s * s
    near = s * low - 2.0 * s * w * _polynomial(tuple(1.0 / (2 * k + 3) for k in range(26)), w)
    return np.where(small, near, t - np.log(ratio))


def _gamma_poisson(r, y, m):
    """The sum r log(1 + m/r) + y log(1 + r/m) - log of Gamma(r + y) / (Gamma(r) y!) >= 0; r, m > 0, y = 0, 1, ...

    For y > 0 by Stirling's formula for the three gamma functions, in which nothing cancels: the deviance
    y log(1 + v) + r log(1 + w), log(2 pi y (1 + y/r))/2 and three corrections (Loader, 2000).

    Measured beyond conditioning: at most 4 ulp in float64, 1 in float32.
    """
    r, y, m, kind = _wide(r, y, m)
    with np.errstate(all="ignore"):
        none = r * _log1p_quotient(m, r)
        k = np.maximum(y, 1.0)
        n, d = r + k, k - m
        v, w = r / n * (d / m), -d / n
        close = r / n * d * (d / m) - k * _log1p_rest(v, 1.0 + v) - r * _log1p_rest(w, 1.0 + w)
        whole = (r + m) / n
        log_v = np.where(v > -0.5, np.log1p(v), np.log(k / m * whole))
        apart = k * log_v + r * np.where(w > -0.5, np.log1p(w), np.log(whole))
        deviance = np.where((np.maximum(v, w) < 1.0) & (np.minimum(v, w) > -0.5), close, apart)
        rest = _stirling_correction(k) + (_stirling_correction(r) - _stirling_correction(n))
        some = deviance + (0.5 * (np.log(6.283185307179586 * k) + _log1p_quotient(k, r)) + rest)
        return np.where(y == 0.0, none, some).astype(kind)


def _gamma_poisson_slope(r, y, m):
    """The derivative log(1 + m/r) + (y - m)/(r + m) - (psi(r + y) - psi(r)) of the former in r.

    With t = (y - m)/(r + m) it is t - log(1 + t) less y/(2 r (r + y)) and a difference of Stirling's
    corrections: all of order 1/r^2. For y = 1, where these cancel once more, what cancels is left out.

    Measured beyond conditioning: at most 16 ulp in float64, 1 in float32; close to its zeros the
    error stays within 8 times what one ulp in r and in m explains.
    """
    r, y, m, kind = _wide(r, y, m)
    with np.errstate(all="ignore"):
        one = y == 1.0
        n = np.where(one, 0.0, y)
        rest = _log1p_rest((n - m) / (r + m), (r + n) / (r + m))
        change = _stirling_correction_slope(r + n) - _stirling_correction_slope(r)
        taken = np.where(one, m / (r + m) / r, 0.5 * n / (r + n) / r + change)
        return (rest - taken).astype(kind)


def _gamma_poisson_curvature(r, y, m):
    """The second derivative of the same in r, of order 1/r^3.

    Measured beyond conditioning: at most 16 ulp in float64, 1 in float32; close to its zeros the
    error stays within 8 times what one ulp in r and in m explains.
    """
    r, y, m, kind = _wide(r, y, m)
    with np.errstate(all="ignore"):
        one = y == 1.0
        n = np.where(one, 0.0, y)
        t = (n - m) / (r + m)
        change = _stirling_correction_curvature(r) - _stirling_correction_curvature(r + n)
        by_one = m / (r + m) / r * (1.0 / r + 1.0 / (r + m))
        given = np.where(one, by_one, 0.5 * n / (r + n) / r * (1.0 / r + 1.0 / (r + n)) + change)
        return (given - t * (t / (r + n))).astype(kind)


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
        "a count: 0, 1, 2, ...",
        lambda y: (y < 0) | np.isinf(y) | (np.floor(y) < y),
        1.0,
        legal=lambda y: y.min() >= 0 and _finite(y) and np.array_equal(y, np.floor(y)),
    ),
    "mean": _Argument(
        "learned",
        "positive",
        lambda mean: (mean <= 0) | np.isinf(mean),
        1.0,
        legal=lambda mean: mean.min() > 0 and _finite(mean),
    ),
    "dispersion": _Argument(
        "learned",
        "positive",
        lambda dispersion: (dispersion <= 0) | np.isinf(dispersion),
        1.0,
        legal=lambda dispersion: dispersion.min() > 0 and _finite(dispersion),
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
