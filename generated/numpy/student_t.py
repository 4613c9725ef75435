"""The student t loss of nu and mu and sigma, with its gradient and Hessian.

An observation whose error is normal with an unknown precision: heavy tails.

Density
    p(y | nu, mu, sigma) = Γ((ν + 1)/2)/(σ √ν √π Γ(ν/2)) · (1 + (y − μ)²/(ν σ²))^(−(ν + 1)/2)

Symbols
    y         in ℝ       data                       observation, in the units of the data
    nu     ν  in (0, ∞)  predicted for each sample  degrees of freedom
    mu     μ  in ℝ       predicted for each sample  centre, in the units of the data
    sigma  σ  in (0, ∞)  predicted for each sample  scale, in the units of the data

Loss of one sample, to be minimised over nu, mu, sigma
    loss    = log σ + [½ log ν + log Γ(ν/2) − log Γ((ν + 1)/2)] + (ν + 1)/2 · log1p(1/ν · ((y − μ)/σ)²)
    factor  = 1
    dropped = ½ log π
    -log p  = factor · loss + dropped

All arguments broadcast.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs, in float64
and float32, for value, gradient and Hessian.

Elsewhere:
    loss = -scipy.stats.t.logpdf - 0.572364942925
    loss = -torch.distributions.StudentT.log_prob - 0.572364942925

Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 28.

Made by `derive student_t --emit numpy`, derive 0.1.0.
Anyone may use, change and share this file for any purpose, without warranty (0BSD).
"""

import math
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
    with np.errstate(all="ignore"):
        y, nu, mu, sigma, penalty, weight = _prepared(weight, validate, y=y, nu=nu, mu=mu, sigma=sigma)
        return _reduced(_loss(y, nu, mu, sigma) + penalty, weight, reduction)


def loss_and_gradient(y, nu, mu, sigma, *, reduction="mean", weight=None, validate=False):
    """The loss and its gradient in one pass, both reduced alike."""
    shapes = [np.shape(nu), np.shape(mu), np.shape(sigma)]
    with np.errstate(all="ignore"):
        y, nu, mu, sigma, penalty, weight = _prepared(weight, validate, y=y, nu=nu, mu=mu, sigma=sigma)
        value, *slopes = _loss_and_gradient(y, nu, mu, sigma)
        sample_weight = _sample_weight(value, penalty, weight, reduction)
        slopes = [_summed(sample_weight * slope, shape, reduction) for slope, shape in zip(slopes, shapes)]
        return _reduced(value + penalty, weight, reduction), Gradient(*slopes)


def hessian(y, nu, mu, sigma, *, reduction="mean", weight=None, validate=False):
    """The Hessian of the reduced loss in (nu, mu, sigma), on the last two axes.

    The axes before are those of the learned arguments, broadcast: there is one block for each set
    of learned values, summed over the samples that share it.
    """
    shape = np.broadcast_shapes(np.shape(nu), np.shape(mu), np.shape(sigma))
    with np.errstate(all="ignore"):
        y, nu, mu, sigma, penalty, weight = _prepared(weight, validate, y=y, nu=nu, mu=mu, sigma=sigma)
        sample_weight = _sample_weight(_loss(y, nu, mu, sigma), penalty, weight, reduction)
        upper = [_summed(sample_weight * entry, shape, reduction) for entry in _hessian(y, nu, mu, sigma)]
    matrix = np.empty((*upper[0].shape, 3, 3), upper[0].dtype)
    for row, column, entry in zip(*np.triu_indices(3), upper):
        matrix[..., row, column] = matrix[..., column, row] = entry
    return matrix


def negative_log_likelihood(y, nu, mu, sigma, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    with np.errstate(all="ignore"):
        y, nu, mu, sigma, penalty, weight = _prepared(weight, validate, y=y, nu=nu, mu=mu, sigma=sigma)
        value = FACTOR * _loss(y, nu, mu, sigma) + _dropped()
        return _reduced(value + penalty, weight, reduction)


def dropped():
    """What was dropped from -log p of one sample: ½ log π."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, nu, mu, sigma):
    return (
        (math.log(2) / 2 - _half_step_log_gamma(nu / 2))
        + np.log(sigma)
        + np.log1p(np.square((y - mu) / sigma) / nu) * (nu + 1) / 2
    )


def _loss_and_gradient(y, nu, mu, sigma):
    quotient = (y - mu) / sigma
    square = np.square(quotient)
    log1p = np.log1p(square / nu)
    total = nu + 1
    total_2 = nu + square
    return (
        (math.log(2) / 2 - _half_step_log_gamma(nu / 2)) + np.log(sigma) + log1p * total / 2,
        log1p / 2 - _half_step_digamma(nu / 2) / 2 - square * total / (2 * nu * total_2),
        -quotient * total / (sigma * total_2),
        -nu * (quotient + 1) * (quotient - 1) / (sigma * total_2),
    )


def _hessian(y, nu, mu, sigma):
    quotient = (y - mu) / sigma
    square = np.square(quotient)
    total = nu + square
    total_2 = quotient + 1
    difference = quotient - 1
    total_3 = nu + 1
    return (
        -_half_step_trigamma(nu / 2) / 4 - square * (nu * square - 2 * nu - square) / (2 * nu**2 * total**2),
        -quotient * total_2 * difference / (sigma * total**2),
        -square * total_2 * difference / (sigma * total**2),
        -total_3 * (square - nu) / (sigma**2 * total**2),
        2 * nu * quotient * total_3 / (sigma**2 * total**2),
        nu * (square + quotient**4 + 3 * nu * square - nu) / (sigma**2 * total**2),
    )


def _dropped():
    return math.log(math.pi) / 2


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


def _wide(*arguments):
    """The arguments as float64 arrays, and the floating dtype in which to answer."""
    kind = np.result_type(*arguments)
    kind = kind if kind.kind == "f" else np.dtype(np.float64)
    return (*(np.asarray(value, dtype=np.float64) for value in arguments), kind)


def _log1p_quotient(a, x):
    """The logarithm of 1 + a/x, a, x > 0, also where a/x overflows."""
    q = a / x
    return np.where(np.isinf(q), np.log(a) - np.log(x), np.log1p(q))


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
        ).astype(kind)


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
        return (step + r * r * _rational(_HALF_STEP_DIGAMMA_N, _HALF_STEP_DIGAMMA_D, r * r)).astype(kind)


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
            kind
        )


def _polynomial(coefficients, w):
    """The polynomial with these coefficients (lowest power first) at w, by Horner's rule."""
    total = np.zeros_like(w)
    for coefficient in reversed(coefficients):
        total = total * w + coefficient
    return total


def _rational(numerator, denominator, w):
    """The quotient of two polynomials at w."""
    return _polynomial(numerator, w) / _polynomial(denominator, w)


# Arguments and reductions -------------------------------------------------------------------------


class _Argument(NamedTuple):
    """What an argument is, what it must be, where it is not, and what stands for it in a removed sample."""

    role: str
    demand: str
    broken: Callable
    harmless: float


_ARGUMENTS = {
    "y": _Argument("data", "finite", lambda y: np.isinf(y), 0.0),
    "nu": _Argument("learned", "positive", lambda nu: (nu <= 0) | np.isinf(nu), 1.0),
    "mu": _Argument("learned", "finite", lambda mu: np.isinf(mu), 0.0),
    "sigma": _Argument("learned", "positive", lambda sigma: (sigma <= 0) | np.isinf(sigma), 1.0),
    "weight": _Argument("known", "nonnegative", lambda weight: (weight < 0) | np.isinf(weight), 1.0),
}


def _prepared(weight, validate, **arguments):
    """The arguments as arrays of one floating dtype, what each sample costs beside its loss, the weight.

    Data outside the support cost +inf and are made harmless, parameters outside their domain cost
    nan, and a sample of weight 0 is replaced by a harmless one. What needs no change is not copied.
    """
    parameters = [value for name, value in arguments.items() if _ARGUMENTS[name].role != "data"]
    dtype = _dtype(parameters or arguments.values())
    prepared, penalty, removed = [], dtype.type(0), None
    if weight is not None:
        weight = np.asarray(weight, dtype)
        removed = weight == 0
        if validate:
            _validate("weight", weight, _ARGUMENTS["weight"].broken(weight))
    for name, given in arguments.items():
        argument = _ARGUMENTS[name]
        value = np.asarray(given, dtype)
        if removed is not None and removed.any():
            value = _made_harmless(value, removed, argument)
        broken = argument.broken(value)
        if validate:
            _validate(name, value, broken)
        if broken.any():
            penalty = np.where(broken, dtype.type(np.inf if argument.role == "data" else np.nan), penalty)
            if argument.role == "data":
                value = _made_harmless(value, broken, argument)
        prepared.append(value)
    return *prepared, penalty, weight


def _made_harmless(value, samples, argument):
    """The array with a harmless value in some of the samples."""
    return np.where(samples, value.dtype.type(argument.harmless), value)


def _dtype(parameters):
    """The floating dtype of the parameters; half precision computes in single."""
    numbers = (value if isinstance(value, (int, float)) else np.asarray(value) for value in parameters)
    dtype = np.result_type(*numbers)
    return np.promote_types(dtype, np.float32) if dtype.kind == "f" else np.dtype(np.float64)


def _validate(name, value, broken):
    """Raise ValueError for the first sample in which an argument is broken or nan."""
    missing = np.isnan(value)
    broken = broken | missing
    if broken.any():
        index = tuple(int(axis[0]) for axis in np.nonzero(np.atleast_1d(broken)))
        got = np.atleast_1d(value)[index]
        raise ValueError(f"{name} must be {_ARGUMENTS[name].demand}, got {got} at index {index}")


def _check(reduction):
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction must be 'mean', 'sum' or 'none', got {reduction!r}")


def _reduced(value, weight, reduction):
    """The weighted mean or sum of the samples, or the samples."""
    _check(reduction)
    if weight is not None:
        value = weight * value
    if reduction == "none":
        return value
    total = np.sum(value)
    if reduction == "sum":
        return total
    return total / (value.size if weight is None else np.sum(np.broadcast_to(weight, value.shape)))


def _sample_weight(value, penalty, weight, reduction):
    """What each sample's derivatives count in the reduced loss; nan where the loss is nan or penalised."""
    _check(reduction)
    if weight is None:
        weight = np.broadcast_to(value.dtype.type(1) / (value.size if reduction == "mean" else 1), value.shape)
    else:
        weight = np.broadcast_to(weight, np.broadcast_shapes(value.shape, weight.shape))
        weight = weight / np.sum(weight) if reduction == "mean" else weight
    undefined = np.isnan(value) | (penalty != 0)
    return np.where(undefined, value.dtype.type(np.nan), weight) if undefined.any() else weight


def _summed(derivative, shape, reduction):
    """The derivative summed over the axes along which an argument of this shape was broadcast."""
    if reduction == "none":
        return derivative
    derivative = np.sum(derivative, axis=tuple(range(np.ndim(derivative) - len(shape))))
    along = tuple(axis for axis, size in enumerate(shape) if size == 1 and derivative.shape[axis] != 1)
    return np.sum(derivative, axis=along, keepdims=True)
