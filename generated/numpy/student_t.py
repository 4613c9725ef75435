"""The student t loss of nu and mu and sigma, with its gradient and Hessian.

An observation whose error is normal with an unknown precision: heavy tails.

Density
    p(y | nu, mu, sigma) = Γ(ν/2 + ½)/(σ √ν √π Γ(ν/2)) · (1 + ((y − μ)/(σ √ν))²)^(−(ν + 1)/2)

Symbols
    y         in ℝ       data                       observation, in the units of the data
    nu     ν  in (0, ∞)  predicted for each sample  degrees of freedom
    mu     μ  in ℝ       predicted for each sample  centre, in the units of the data
    sigma  σ  in (0, ∞)  predicted for each sample  scale, in the units of the data

Loss of one sample, to be minimised over nu, mu, sigma
    loss    = log σ + (ν + 1)/2 · log(1 + ((y − μ)/(σ √ν))²) + [½ log ν + log Γ(ν/2) − log Γ((ν + 1)/2)]
    factor  = 1
    dropped = ½ log π
    -log p  = factor · loss + dropped

Also known of the density
    mean          μ   where ν > 1
    mode          μ
    P(Y ≤ y)      ½ + (1 − I(ν/2, ½; ν/(ν + (y − μ)²/σ²))) sign(y − μ)/2

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 2, gradient 3, Hessian 3, -log p 3
    float32  value 3, gradient 3, Hessian 3, -log p 4

Elsewhere:
    loss = -scipy.stats.t.logpdf - 0.572364942925
    loss = -torch.distributions.StudentT.log_prob - 0.572364942925

Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 28.

Made by `derive student_t --emit numpy`, derive 0.1.0.
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

    nu: np.ndarray
    mu: np.ndarray
    sigma: np.ndarray


def loss(y, nu, mu, sigma, *, reduction="mean", weight=None, validate=False):
    """The loss.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are
    """
    value, _ = _in_blocks(_loss, [], reduction, weight, validate, y=y, nu=nu, mu=mu, sigma=sigma)
    return value


def loss_and_gradient(y, nu, mu, sigma, *, reduction="mean", weight=None, validate=False, out=None):
    """The loss and its gradient in one pass, both reduced alike.

    out  the Gradient of an earlier call alike: where its slopes are as large as the samples, they are
         overwritten, which saves the time that fresh memory takes
    """
    shapes = [np.shape(nu), np.shape(mu), np.shape(sigma)]
    value, slopes = _in_blocks(_loss_and_gradient, shapes, reduction, weight, validate, out, y=y, nu=nu, mu=mu, sigma=sigma)
    return value, Gradient(*slopes)


def hessian(y, nu, mu, sigma, *, reduction="mean", weight=None, validate=False):
    """The Hessian of the reduced loss in (nu, mu, sigma), on the last two axes.

    The axes before are those of the learned arguments, broadcast: there is one block for each set
    of learned values, summed over the samples that share it.
    """

    def triangle(*given):
        return _loss(*given), *_hessian(*given)

    shapes = [np.broadcast_shapes(np.shape(nu), np.shape(mu), np.shape(sigma))] * 6
    _, upper = _in_blocks(triangle, shapes, reduction, weight, validate, y=y, nu=nu, mu=mu, sigma=sigma)
    matrix = np.empty((*upper[0].shape, 3, 3), upper[0].dtype)
    for row, column, entry in zip(*np.triu_indices(3), upper):
        matrix[..., row, column] = matrix[..., column, row] = entry
    return matrix


def negative_log_likelihood(y, nu, mu, sigma, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""

    def in_full(y, nu, mu, sigma):
        return FACTOR * _loss(y, nu, mu, sigma) + _dropped()

    value, _ = _in_blocks(in_full, [], reduction, weight, validate, y=y, nu=nu, mu=mu, sigma=sigma)
    return value


def dropped():
    """What was dropped from -log p of one sample: ½ log π."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, nu, mu, sigma):
    return (
        (math.log(2) / 2 - _half_step_log_gamma(nu / 2))
        + np.log(sigma)
        + 0.5 * (_log1p_square((y - mu) / (sigma * np.sqrt(nu))) * (nu + 1))
    )


def _loss_and_gradient(y, nu, mu, sigma):
    total = nu + 1
    quotient = (y - mu) / (sigma * np.sqrt(nu))
    square_share = _square_share(quotient)
    return (
        (math.log(2) / 2 - _half_step_log_gamma(nu / 2))
        + np.log(sigma)
        + 0.5 * (total * _log1p_square(quotient)),
        0.5 * _log1p_square_excess(quotient) - 0.5 * _half_step_digamma(0.5 * nu) - square_share / (2 * nu),
        -total * _log1p_square_slope(quotient) / (2 * sigma * np.sqrt(nu)),
        (1 / (1 + np.square(quotient)) - nu * square_share) / sigma,
    )


def _hessian(y, nu, mu, sigma):
    quotient = (y - mu) / (sigma * np.sqrt(nu))
    square_share = _square_share(quotient)
    root_rest = 1 / np.hypot(1, quotient)
    log1p_square_slope = _log1p_square_slope(quotient)
    square_rest = 1 / (1 + np.square(quotient))
    difference = square_rest / (2 * nu) - 0.5 * square_share
    return (
        0.25 * (quotient * np.square(root_rest / nu) * log1p_square_slope)
        + square_share / (2 * nu**2)
        - 0.25 * _half_step_trigamma(0.5 * nu)
        - quotient * log1p_square_slope * square_share / (4 * nu),
        difference * log1p_square_slope / (sigma * np.sqrt(nu)),
        quotient * difference * log1p_square_slope / sigma,
        np.square(root_rest / (sigma * np.sqrt(nu))) * (nu + 1) * (square_rest - square_share),
        np.square(root_rest * np.sqrt(nu + 1) / (sigma * nu**(1 / 4))) * log1p_square_slope,
        (quotient * log1p_square_slope * square_rest / sigma + nu * quotient * log1p_square_slope * square_rest / sigma - (square_rest - nu * square_share) / sigma) / sigma,
    )


def _dropped():
    return math.log(math.pi) / 2


# 1/log(1 + t) - 1/t = (1 - w q)/2 with w = t/(2 + t), 0 <= t <= e: the quotient q of polynomials in w^2.
_GREGORY_N = (
    0.3333333333333333, -0.8005755893373384, 0.6741995700872829, -0.23280853570392884,
    0.028426250828794346, -0.0005684771066464352,
)
_GREGORY_D = (
    1.0, -2.6683934346786806, 2.5944877531601205, -1.1081430467007107,
    0.1946969565108972, -0.009725608892435969,
)
# log Gamma(x + 1/2) - log Gamma(x) - log(x)/2 = -q/x, x >= 1: the quotient q in 1/x^2.
_HALF_STEP_LOG_GAMMA_N = (
    0.12499999999999997, 2.3784177070146426, 15.693245341443374, 45.855479804731644,
    62.9068317646183, 39.594602292383335, 10.3255492228678, 0.8711712187855304,
    0.011158045020712912,
)
_HALF_STEP_LOG_GAMMA_D = (
    1.0, 19.069008322783525, 126.32800474505335, 371.87862930050056,
    517.3379425079452, 334.63660173345573, 92.39153278235602, 8.928456287912594,
    0.1814566559809606,
)
# psi(x + 1/2) - psi(x) - 1/(2 x) = q/x^2, x >= 1: the quotient q in 1/x^2.
_HALF_STEP_DIGAMMA_N = (
    0.12499999999999997, 3.298713760722495, 31.445540095813524, 139.74249935665807,
    311.9450438102705, 351.35737121042945, 190.16991034950087, 43.87759523600884,
    3.294555273986127, 0.03411531820870513,
)
_HALF_STEP_DIGAMMA_D = (
    1.0, 26.514710085779594, 254.81615952732471, 1148.2012516536054,
    2624.799146320282, 3081.2442803040094, 1795.4696880514227, 475.83441227651787,
    47.7510578533569, 1.1592561685271756,
)
# psi'(x + 1/2) - psi'(x) + 1/(2 x^2) = -q/x^3, x >= 1: the quotient q in 1/x^2.
_HALF_STEP_TRIGAMMA_N = (
    0.24999999999999994, 8.761994839901211, 114.40519286084984, 723.0826843225557,
    2407.756304882191, 4311.224516368016, 4065.324047235452, 1893.7655193969333,
    382.1978500874862, 25.191198339444615, 0.22257198609366136,
)
_HALF_STEP_TRIGAMMA_D = (
    1.0, 35.29797935960453, 466.2577662833982, 3002.5424327179226,
    10303.008054578404, 19362.17562829618, 19747.399049226315, 10471.431143077874,
    2640.8049837923845, 265.25288590707254, 6.919928250168886,
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


def _gregory(t):
    """The difference 1/log(1 + t) - 1/t, 0 <= t <= e, which falls from 1/2 to 0.39.

    With w = t/(2 + t), log(1 + t) is 2 atanh(w) (DLMF 4.6.4), and a quotient is fitted in w^2.
    """
    w = t / (2.0 + t)
    return 0.5 - 0.5 * w * _rational(_GREGORY_N, _GREGORY_D, w * w)


def _log1p_square(z):
    """The logarithm of 1 + z^2, also where z^2 overflows.

    Measured beyond conditioning: at most 1 ulp in float64, 0.5 in float32.
    """
    z, kind = _wide(z)
    with np.errstate(all="ignore"):
        m = np.abs(z)
        value = _split(m < 1e9, lambda m: np.log1p(m * m), lambda m: 2.0 * np.log(m), m)
        return value.astype(kind, copy=False)


def _log1p_square_slope(z):
    """The quotient 2 z / (1 + z^2), the derivative of log(1 + z^2), also where z^2 overflows.

    Measured beyond conditioning: at most 2 ulp in float64, 0.5 in float32.
    """
    z, kind = _wide(z)
    with np.errstate(all="ignore"):
        return (2.0 / (z + 1.0 / z)).astype(kind, copy=False)


def _log1p_square_excess(z):
    """The difference log(1 + z^2) - z^2/(1 + z^2) >= 0, near z^4/2 for small z.

    Below 1.6, with q = z^2 and g = 1/log(1 + q) - 1/q, it is q^2 (1 - g)/((1 + q)(1 + q g)).

    Measured beyond conditioning: at most 2 ulp in float64, 0.5 in float32.
    """
    z, kind = _wide(z)
    with np.errstate(all="ignore"):
        m = np.abs(z)
        return _split(m < 1.6, _log1p_square_excess_near, _log1p_square_excess_far, m).astype(kind, copy=False)


def _log1p_square_excess_near(m):
    q = m * m
    g = _gregory(q)
    return q * q * (1.0 - g) / ((1.0 + q) * (1.0 + q * g))


def _log1p_square_excess_far(m):
    return _log1p_square(m) - _square_share(m)


def _square_share(z):
    """The quotient z^2 / (1 + z^2), also where z^2 overflows.

    Measured beyond conditioning: at most 2 ulp in float64, 0.5 in float32.
    """
    z, kind = _wide(z)
    with np.errstate(all="ignore"):
        m = np.minimum(np.abs(z), 1e9)
        return (m * m / (1.0 + m * m)).astype(kind, copy=False)


def _log1p_quotient(a, x):
    """The logarithm of 1 + a/x, a, x > 0, also where a/x overflows."""
    q = a / x
    return _split(np.isinf(q), lambda a, x, q: np.log(a) - np.log(x), lambda a, x, q: np.log1p(q), a, x, q)


def _half_step_log_gamma(x):
    """The difference log Gamma(x + 1/2) - log Gamma(x) - log(x)/2 < 0, x > 0.

    With T(x) for it, one step of T(x) = T(x + 1) - log(1 + 1/(4 x (x + 1)))/2, then T(x) =
    -1/(8 x) + 1/(192 x^3) - ... as a fitted quotient (DLMF 5.5.1, 5.11.8).

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        r = 1.0 / (x + 1.0)
        return (
            -(
                0.5 * _log1p_quotient(0.25 * r, x)
                + r * _rational(_HALF_STEP_LOG_GAMMA_N, _HALF_STEP_LOG_GAMMA_D, r * r)
            )
        ).astype(kind, copy=False)


def _half_step_digamma(x):
    """The difference psi(x + 1/2) - psi(x) - 1/(2 x) > 0, x > 0, near 1/(8 x^2) for large x.

    The derivative of log Gamma(x + 1/2) - log Gamma(x) - log(x)/2, by the same step and a fitted
    quotient.

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        r = 1.0 / (x + 1.0)
        step = 0.5 / x * r / (2.0 * x + 1.0)
        return (step + r * r * _rational(_HALF_STEP_DIGAMMA_N, _HALF_STEP_DIGAMMA_D, r * r)).astype(kind, copy=False)


def _half_step_trigamma(x):
    """The difference psi'(x + 1/2) - psi'(x) + 1/(2 x^2) < 0, x > 0, near -1/(4 x^3) for large x.

    The second derivative of log Gamma(x + 1/2) - log Gamma(x) - log(x)/2, by the same step and a
    fitted quotient.

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        r, t = 1.0 / (x + 1.0), 1.0 / (2.0 * x + 1.0)
        step = 0.5 / x * r * t * (1.0 / x + r + 2.0 * t)
        return (-(step + r * r * r * _rational(_HALF_STEP_TRIGAMMA_N, _HALF_STEP_TRIGAMMA_D, r * r))).astype(
            kind, copy=False
        )


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


def _in_blocks(function, shapes, reduction, weight, validate, out=None, tells=True, /, **arguments):
    """The loss and a list of its derivatives, reduced alike: what a function gives of each sample.

    tells  whether it is the loss, which is infinite or nan where an argument that it tells of is broken

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
            losses, subtotal, counts, derivatives = _weighted(function, parts, part, dtype.type(total), tells)
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


def _weighted(function, arguments, weight, total, tells):
    """The losses of some samples times their weights, their sum, what their derivatives count, and these derivatives.

    A sample outside its domain has none: they count nan.
    """
    *given, penalty, weight = _prepared(arguments, weight, total.dtype, tells=tells)
    values = function(*given)
    losses, *derivatives = values if isinstance(values, tuple) else (values,)
    counts = (1 if weight is None else weight) / total
    if penalty is not None:
        losses = losses + penalty
        counts = np.where(penalty == 0, counts, total.dtype.type(np.nan))
    losses = losses if weight is None else weight * losses
    subtotal = np.add.reduce(losses, axis=None)
    if tells and not math.isfinite(subtotal):
        return _weighted(function, arguments, weight, total, False)
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
    told   whether the loss is infinite or nan wherever it is broken or nan
    """

    role: str
    demand: str
    broken: Callable
    harmless: float
    legal: Callable | None = None
    told: bool = False


_ARGUMENTS = {
    "y": _Argument("data", "finite", lambda y: np.isinf(y), 0.0, legal=lambda y: _finite(y), told=True),
    "nu": _Argument(
        "learned",
        "positive",
        lambda nu: (nu <= 0) | np.isinf(nu),
        1.0,
        legal=lambda nu: nu.min() > 0 and _finite(nu),
    ),
    "mu": _Argument(
        "learned",
        "finite",
        lambda mu: np.isinf(mu),
        0.0,
        legal=lambda mu: _finite(mu),
        told=True,
    ),
    "sigma": _Argument(
        "learned",
        "positive",
        lambda sigma: (sigma <= 0) | np.isinf(sigma),
        1.0,
        legal=lambda sigma: sigma.min() > 0 and _finite(sigma),
        told=True,
    ),
    "weight": _Argument("known", "nonnegative", lambda weight: (weight < 0) | np.isinf(weight), 1.0),
}



def _prepared(arguments, weight, dtype, validate=False, tells=False):
    """The arguments in the dtype, what each sample costs beside its loss if any costs more, and the weight.

    Data outside the support cost +inf and are made harmless, parameters outside their domain cost
    nan, and a sample of weight 0 is replaced by a harmless one. What needs no change is not copied.
    What the loss tells of is not looked at where it is asked to.
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
        sound = (tells and argument.told) or (not validate and argument.legal(value))
        broken = False if sound else argument.broken(value)
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
