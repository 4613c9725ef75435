"""The dirichlet loss of concentration, with its gradient and Hessian.

The shares of K parts in a whole.

Density
    p(y | concentration) = (∏ₖ yₖ^(αₖ − 1))/B(α)

Symbols
    y                 in the open      data                       shares, none of them zero, which sum
                      simplex of K                                to one
                      parts
    concentration  α  in (0, ∞)ᴷ       predicted for each sample  concentrations: the larger their
                                                                  sum, the closer the shares to their
                                                                  mean

Loss of one sample, to be minimised over concentration
    loss    = log B(α) − Σₖ (αₖ − 1) log yₖ
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

Also known of the density
    mean          αₖ/(Σⱼ αⱼ)

The class axis is the last one; the other axes broadcast, with a warning where that makes samples
that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 3, gradient 5, Hessian 3
    float32  value 3, gradient 3, Hessian 3

Elsewhere:
    loss = -torch.distributions.Dirichlet.log_prob

Source: Kotz, Balakrishnan and Johnson (2000), Continuous Multivariate Distributions 1, ch. 49.

Made by `derive dirichlet --emit numpy`, derive 0.1.0.
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

    concentration: np.ndarray


def loss(y, concentration, *, reduction="mean", weight=None, validate=False):
    """The loss.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are
    """
    value, _ = _in_blocks(_loss, [], reduction, weight, validate, y=y, concentration=concentration)
    return value


def loss_and_gradient(y, concentration, *, reduction="mean", weight=None, validate=False, out=None):
    """The loss and its gradient in one pass, both reduced alike.

    out  the Gradient of an earlier call alike: where its slopes are as large as the samples, they are
         overwritten, which saves the time that fresh memory takes
    """
    shapes = [np.shape(concentration)]
    value, slopes = _in_blocks(_loss_and_gradient, shapes, reduction, weight, validate, out, y=y, concentration=concentration)
    return value, Gradient(*slopes)


def hessian_diagonal(y, concentration, *, reduction="mean", weight=None, validate=False):
    """The diagonal of the Hessian of the reduced loss, in the shape of concentration."""

    def diagonal(*given):
        return _loss(*given), _hessian_diagonal(*given)

    shapes = [np.shape(concentration)]
    return _in_blocks(diagonal, shapes, reduction, weight, validate, y=y, concentration=concentration)[1][0]


def hessian_vector_product(y, concentration, vector, *, reduction="mean", weight=None, validate=False):
    """The Hessian of the reduced loss times a vector in the shape of concentration; nothing of size K² is formed."""

    def product(y, concentration, vector):
        return _loss(y, concentration), _hessian_vector_product(y, concentration, vector)

    shapes = [np.shape(concentration)]
    given = {"y": y, "concentration": concentration, "vector": vector}
    return _in_blocks(product, shapes, reduction, weight, validate, **given)[1][0]


def negative_log_likelihood(y, concentration, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""

    def in_full(y, concentration):
        return FACTOR * _loss(y, concentration) + _dropped()

    value, _ = _in_blocks(in_full, [], reduction, weight, validate, y=y, concentration=concentration)
    return value


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, concentration):
    return _log_multivariate_beta(concentration) - np.sum(np.log(y) * (concentration - 1), axis=-1)


def _loss_and_gradient(y, concentration):
    log = np.log(y)
    return (
        _log_multivariate_beta(concentration) - np.sum(log * (concentration - 1), axis=-1),
        -log - _digamma_difference(concentration, _sum_of_others(concentration)),
    )


def _hessian_diagonal(y, concentration):
    return -_trigamma_difference(concentration, _sum_of_others(concentration))


def _hessian_vector_product(y, concentration, vector):
    sum_of_other_parts = _sum_of_others(concentration)
    return (
        -(_trigamma_difference(concentration, sum_of_other_parts) * vector + _trigamma(concentration + sum_of_other_parts) * _sum_of_others(vector))
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
# log Gamma(t + 1) = t (t - 1) q(t), 0 <= t <= 2: the quotient q of polynomials in t.
_LOG_GAMMA_N = (
    0.5772156649015329, 1.795879018997928, 2.1865334418937055, 1.3226883681228077,
    0.4175253681048576, 0.06620652414372981, 0.004630212547046027, 0.00010318936786846241,
    1.54621296801624e-07,
)
_LOG_GAMMA_D = (
    1.0, 3.5361659629745215, 5.021257900661251, 3.6722217552107503,
    1.4771004522959044, 0.3239769173460576, 0.03613884447121401, 0.0017463681006452904,
    2.4701852219090835e-05,
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
# psi(u + 1/2) = log u + q/u^2: the quotient q of polynomials in 1/u^2.
_DIGAMMA_N = (
    0.04166666666666425, 0.951307620470766, 8.1005289677091, 33.72886478670227,
    75.69960382350921, 95.2298944126867, 67.69101208885793, 26.763214712539504,
    5.648402125012893, 0.5888460218721636, 0.026222564441836686, 0.00036281938636605635,
    4.1376202783511134e-07,
)
_DIGAMMA_D = (
    1.0, 23.006382891260635, 198.34655033097877, 842.1800069566671,
    1947.9733737833337, 2564.722284592683, 1950.9009541671933, 852.4353557208073,
    208.52129471746744, 27.1361710025195, 1.7146989066476013, 0.04428768801012326,
    0.000313009712830498,
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


def _sum_of_others(z):
    """The sum of all entries but z_k, for every k of the last axis: those before it and those behind it.

    Measured beyond conditioning: at most 0.5 ulp in float64, 0.5 in float32.
    """
    z, kind = _wide(z)
    with np.errstate(all="ignore"):
        none = np.zeros_like(z[..., :1])
        before = np.concatenate([none, np.cumsum(z[..., :-1], axis=-1)], axis=-1)
        behind = np.concatenate([none, np.cumsum(z[..., :0:-1], axis=-1)], axis=-1)
        return (before + behind[..., ::-1]).astype(kind)


def _log_multivariate_beta(z):
    """The logarithm of B(z) = prod_k Gamma(z_k) / Gamma(sum_k z_k) along the last axis; z_k > 0.

    B(z) is the product of B(z_1 + ... + z_k, z_(k + 1)) over k: none of these is a difference.

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32.
    """
    z, kind = _wide(z)
    with np.errstate(all="ignore"):
        before = np.cumsum(z[..., :-1], axis=-1)
        return np.sum(_log_beta(before, z[..., 1:]), axis=-1).astype(kind)


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


def _log_gamma(x):
    """The logarithm of Gamma(x), x > 0.

    Below 3 it is t (t - 1) times a fitted quotient, less log x below 1, with t = x - 1 (below 1:
    t = x), which keeps the zeros at 1 and 2; scipy.special.gammaln does not keep the one at 1
    (DLMF 5.5.1).

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        return _split(x < 3.0, _log_gamma_near, special.gammaln, x).astype(kind, copy=False)


def _log_gamma_near(x):
    below = x < 1.0
    t = np.where(below, x, x - 1.0)
    value = t * (t - 1.0) * _rational(_LOG_GAMMA_N, _LOG_GAMMA_D, t)
    return value - np.where(below, np.log(x), 0.0)


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


def _log1p_quotient(a, x):
    """The logarithm of 1 + a/x, a, x > 0, also where a/x overflows."""
    q = a / x
    return _split(np.isinf(q), lambda a, x, q: np.log(a) - np.log(x), lambda a, x, q: np.log1p(q), a, x, q)


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


def _log_gamma_difference(x, a):
    """The difference log Gamma(x + a) - log Gamma(x); x, a > 0.

    As written for x < 1 <= 2 a, where its zeros lie. Else one step of the recurrence, and then
    log Gamma(u + 1/2) = u log u - u + ... subtracted in closed form (DLMF 5.5.1, 5.11.8).

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32; close to its zeros the
    error stays within 1.1 times what one ulp in x and in a explains.
    """
    x, a, kind = _wide(x, a)
    with np.errstate(all="ignore"):
        plain = (x < 1.0) & (a >= 0.5)
        return _split(plain, _log_gamma_difference_plain, _log_gamma_difference_closed, x, a).astype(
            kind, copy=False
        )


def _log_gamma_difference_plain(x, a):
    return _log_gamma(x + a) - _log_gamma(x)


def _log_gamma_difference_closed(x, a):
    return _log_gamma_rise(x, a) - _log1p_quotient(a, x)


def _digamma_difference(x, a):
    """The difference psi(x + a) - psi(x) > 0; x, a > 0.

    One step of the recurrence, then log u + 1/(24 u^2) - ... at u = x + 1/2 and at u + a, each
    subtracted in closed form (DLMF 5.5.2, 5.11.2).

    Measured beyond conditioning: at most 1 ulp in float64, 0.5 in float32.
    """
    x, a, kind = _wide(x, a)
    with np.errstate(all="ignore"):
        u = x + 0.5
        v = u + a
        r, s = 1.0 / u, 1.0 / v
        value, slope = _rational_slope(_DIGAMMA_N, _DIGAMMA_D, r * r, s * s)
        tail = (a / v) * r * (r + s) * (value + s * s * slope)
        return ((a / (x + a)) / x + (_log1p_quotient(a, u) - tail)).astype(kind, copy=False)


def _trigamma_difference(x, a):
    """The difference psi'(x + a) - psi'(x) < 0; x, a > 0.

    Two steps of the recurrence, then 1/u - 1/(12 u^3) + ... at u = x + 3/2 and at u + a, each
    subtracted in closed form, the steps as (1/p - 1/q)(1/p + 1/q) (DLMF 5.15.5, 5.15.8).

    Measured beyond conditioning: at most 1.5 ulp in float64, 0.5 in float32.
    """
    x, a, kind = _wide(x, a)
    with np.errstate(all="ignore"):
        u = x + 1.5
        v = u + a
        r, s = 1.0 / u, 1.0 / v
        value, slope = _rational_slope(_TRIGAMMA_N, _TRIGAMMA_D, r * r, s * s)
        tail = (a / v) * r * (1.0 - r * r * value - s * (r + s) * (value + s * s * slope))
        p, q = x + 1.0, (x + a) + 1.0
        second = (a / q) / p * (1.0 / p + 1.0 / q)
        q = x + a
        first = (a / q) / x * (1.0 / x + 1.0 / q)
        return (-(first + (second + tail))).astype(kind, copy=False)


def _log_beta(a, b):
    """The logarithm of B(a, b); a, b > 0.

    With s the smaller and t the larger, log Gamma(s) - (log Gamma(t + s) - log Gamma(t)) for s
    below 3, else Stirling's formula for the three, whose main terms have one sign (DLMF 5.12.1,
    5.11.1).

    Measured beyond conditioning: at most 2 ulp in float64, 0.5 in float32; close to its zeros more,
    where the error stays within 2.5 times what one ulp in a and in b explains.
    """
    a, b, kind = _wide(a, b)
    with np.errstate(all="ignore"):
        s, t = np.minimum(a, b), np.maximum(a, b)
        return _split(s < 3.0, _log_beta_near, _log_beta_far, s, t).astype(kind, copy=False)


def _log_beta_near(s, t):
    return _log_gamma(s) - _log_gamma_difference(t, s)


def _log_beta_far(s, t):
    tail = _stirling_correction(s) + _stirling_correction(t) - _stirling_correction(s + t)
    half = 0.5 * np.log(6.283185307179586 * (1.0 / s + 1.0 / t))
    return (half + tail) - s * np.log1p(t / s) - t * np.log1p(s / t)


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
    fulls = [samples + shape[-1:] for shape in shapes]
    if reduction == "none":
        shapes = fulls
    # What is summed over blocks is summed in more digits, where the platform has any.
    value = np.empty(samples, dtype) if reduction == "none" else np.longdouble(0)
    slopes = _memory(shapes, fulls, dtype, out) if shapes else []
    with np.errstate(all="ignore"):
        if validate:
            _prepared(arguments, weight, dtype, validate)
        total = _total(weight, samples) if reduction == "mean" else 1
        for block in _blocks(samples, arguments):
            parts = {
                name: _part(argument, samples, block, _ARGUMENTS[name].vector)
                for name, argument in arguments.items()
            }
            part = None if weight is None else _part(weight, samples, block)
            losses, subtotal, counts, derivatives = _weighted(function, parts, part, dtype.type(total))
            if reduction == "none":
                value[block] = losses
            else:
                value += subtotal
            if math.isnan(subtotal):
                counts = np.where(np.isnan(losses), dtype.type(np.nan), counts)
            counts = counts[..., None]
            for slope, derivative, full in zip(slopes, derivatives, fulls):
                if slope.shape == full:
                    np.multiply(counts, derivative, out=slope[block])
                else:
                    part = _part(slope, samples, block, vector=True)
                    part += _summed(np.broadcast_to(counts, losses.shape + (1,)) * derivative, part.shape)
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
    """The shape that the samples broadcast to, with a warning where none has it; the classes never broadcast."""
    lengths = {value.shape[-1:] for name, value in arguments.items() if _ARGUMENTS[name].vector}
    if len(lengths) > 1:
        raise ValueError(f"the last axis is the classes' and does not broadcast, got lengths {lengths}")
    shapes = {
        name: value.shape[:-1] if _ARGUMENTS[name].vector else value.shape for name, value in arguments.items()
    }
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


def _blocks(samples, arguments):
    """The blocks that the samples are cut into, each a slice along every axis: the longest axes are cut."""
    entries = max((value.shape[-1] for name, value in arguments.items() if _ARGUMENTS[name].vector), default=1)
    most = max(_BLOCK // max(entries, 1), 1)
    if 0 < math.prod(samples) <= most:
        return [(...,)]
    lengths = list(samples)
    while math.prod(lengths) > most:
        axis = lengths.index(max(lengths))
        lengths[axis] = max(most * lengths[axis] // math.prod(lengths), 1)
    cuts = ([slice(at, at + n) for at in range(0, size, n or 1)] for size, n in zip(samples, lengths))
    return itertools.product(*cuts, [...])


def _part(array, samples, block, vector=False):
    """What an array holds of a block: all of it along an axis where it is broadcast."""
    own = array.shape[:-1] if vector else array.shape
    if own != samples:
        axes = zip(own, block[len(samples) - len(own) : -1])
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
    vector: bool = False
    sums_to_one: bool = False
    legal: Callable | None = None


_ARGUMENTS = {
    "y": _Argument(
        "data",
        "a composition: entries in (0, 1] that sum to one",
        lambda y: np.any((y <= 0) | (y > 1), axis=-1),
        None,
        vector=True,
        sums_to_one=True,
        legal=lambda y: y.min() > 0 and y.max() <= 1,
    ),
    "concentration": _Argument(
        "learned",
        "positive",
        lambda concentration: np.any((concentration <= 0) | np.isinf(concentration), axis=-1),
        1.0,
        vector=True,
        legal=lambda concentration: concentration.min() > 0 and _finite(concentration),
    ),
    "weight": _Argument("known", "nonnegative", lambda weight: (weight < 0) | np.isinf(weight), 1.0),
}

_ARGUMENTS["vector"] = _Argument(
    "direction", "given", lambda vector: False, 0.0, vector=True, legal=lambda vector: True
)


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
        if argument.sums_to_one:
            broken = broken | (np.abs(np.sum(value, axis=-1) - 1) > _sum_tolerance(arguments[name].dtype))
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
    """The array with a harmless value in some of the samples: one over their number for entries that sum to one."""
    harmless = 1 / value.shape[-1] if argument.harmless is None else argument.harmless
    return np.where(samples[..., None] if argument.vector else samples, value.dtype.type(harmless), value)


def _dtype(arguments):
    """The floating dtype of the parameters, whatever integers are among them; half precision computes in single."""
    parameters = [value for name, value in arguments.items() if _ARGUMENTS[name].role in ("learned", "known")]
    numbers = [
        value if isinstance(value, (int, float)) else np.asarray(value)
        for value in parameters or arguments.values()
    ]
    floating = [number for number in numbers if np.result_type(number).kind == "f"]
    return np.promote_types(np.result_type(*floating), np.float32) if floating else np.dtype(np.float64)


def _sum_tolerance(dtype):
    """How far entries may sum from one: by two roundings of the dtype that they were given in, or 1e-05 if more."""
    return max(1e-05, 2 * float(np.finfo(dtype).eps)) if dtype.kind == "f" else 1e-05


def _validate(name, value, broken):
    """Raise ValueError for the first sample in which an argument is broken or nan."""
    missing = np.isnan(value)
    broken = broken | (missing.any(axis=-1) if _ARGUMENTS[name].vector else missing)
    _refuse(name, _ARGUMENTS[name].demand, value, broken)


def _refuse(name, demand, value, broken):
    """Raise ValueError for the first sample that is broken."""
    if broken.ndim == 0:
        value, broken = value[None], broken[None]
    if broken.any():
        index = tuple(int(axis[0]) for axis in np.nonzero(broken))
        raise ValueError(f"{name} must be {demand}, got {value[index]} at index {index}")
