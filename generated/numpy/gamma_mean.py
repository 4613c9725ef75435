"""The gamma mean loss of mean and shape, with its gradient and Hessian.

The gamma distribution by its mean, as generalised linear models have it.

Density
    p(y | mean, shape) = y^(a − 1)/Γ(a) · (a/μ)^a e^(−y a/μ)

Symbols
    y         in (0, ∞)  data                       amount, in the units of the data
    mean   μ  in (0, ∞)  predicted for each sample  mean, in the units of the data
    shape  a  in (0, ∞)  predicted for each sample  shape, the inverse squared coefficient of
                                                    variation

Loss of one sample, to be minimised over mean, shape
    loss    = log Γ(a) + y a/μ − (a − 1) log y − a (log a − log μ)
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.

Elsewhere:
    loss = -scipy.stats.gamma.logpdf
    loss = -torch.distributions.Gamma.log_prob

Source: McCullagh and Nelder (1989), Generalized Linear Models, 2nd ed., ch. 8.

Made by `derive gamma_mean --emit numpy`, derive 0.1.0.
Anyone may use, change and share this file for any purpose, without warranty (0BSD).
"""

import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import special

# -log p = FACTOR * loss + dropped
FACTOR = 1


class Gradient(NamedTuple):
    """The derivative of the loss in each learned argument, in its shape (the samples' where not reduced)."""

    mean: np.ndarray
    shape: np.ndarray


def loss(y, mean, shape, *, reduction="mean", weight=None, validate=False):
    """The loss.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are
    """
    with np.errstate(all="ignore"):
        y, mean, shape, penalty, weight = _prepared(weight, validate, y=y, mean=mean, shape=shape)
        return _reduced(_loss(y, mean, shape) + penalty, weight, reduction)


def loss_and_gradient(y, mean, shape, *, reduction="mean", weight=None, validate=False):
    """The loss and its gradient in one pass, both reduced alike."""
    shapes = [np.shape(mean), np.shape(shape)]
    with np.errstate(all="ignore"):
        y, mean, shape, penalty, weight = _prepared(weight, validate, y=y, mean=mean, shape=shape)
        value, *slopes = _loss_and_gradient(y, mean, shape)
        sample_weight = _sample_weight(value, penalty, weight, reduction)
        slopes = [_summed(sample_weight * slope, shape, reduction) for slope, shape in zip(slopes, shapes)]
        return _reduced(value + penalty, weight, reduction), Gradient(*slopes)


def hessian(y, mean, shape, *, reduction="mean", weight=None, validate=False):
    """The Hessian of the reduced loss in (mean, shape), on the last two axes.

    The axes before are those of the learned arguments, broadcast: there is one block for each set
    of learned values, summed over the samples that share it.
    """
    blocks = np.broadcast_shapes(np.shape(mean), np.shape(shape))
    with np.errstate(all="ignore"):
        y, mean, shape, penalty, weight = _prepared(weight, validate, y=y, mean=mean, shape=shape)
        sample_weight = _sample_weight(_loss(y, mean, shape), penalty, weight, reduction)
        upper = [_summed(sample_weight * entry, blocks, reduction) for entry in _hessian(y, mean, shape)]
    matrix = np.empty((*upper[0].shape, 2, 2), upper[0].dtype)
    for row, column, entry in zip(*np.triu_indices(2), upper):
        matrix[..., row, column] = matrix[..., column, row] = entry
    return matrix


def negative_log_likelihood(y, mean, shape, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    with np.errstate(all="ignore"):
        y, mean, shape, penalty, weight = _prepared(weight, validate, y=y, mean=mean, shape=shape)
        value = FACTOR * _loss(y, mean, shape) + _dropped()
        return _reduced(value + penalty, weight, reduction)


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, mean, shape):
    return (
        _log_gamma(shape)
        + y * shape / mean
        - np.log(y) * (shape - 1)
        - shape * (np.log(shape) - np.log(mean))
    )


def _loss_and_gradient(y, mean, shape):
    log = np.log(y)
    log_2 = np.log(shape)
    log_3 = np.log(mean)
    return (
        _log_gamma(shape) + y * shape / mean - log * (shape - 1) - shape * (log_2 - log_3),
        shape * (1 - y / mean) / mean,
        log_3 + special.digamma(shape) + y / mean - log_2 - log - 1,
    )


def _hessian(y, mean, shape):
    return shape * (2 * y / mean - 1) / mean**2, (1 - y / mean) / mean, _trigamma(shape) - 1 / shape


def _dropped():
    return 0


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
# psi'(u + 1/2) = 1/u - q/u^3: the quotient q of polynomials in 1/u^2.
_TRIGAMMA_N = (
    0.08333333333333325, 2.082329385038045, 17.733169698503104, 64.58011321806684,
    103.19264913325368, 65.95480540830835, 12.593195881984583, 0.16513282929255674,
)
_TRIGAMMA_D = (
    1.0, 25.337952620454512, 221.38953408560306, 845.8313871360522,
    1482.2240067332648, 1144.0319933156452, 339.02838036459434, 26.94993056216394,
)


def _wide(*arguments):
    """The arguments as float64 arrays, and the floating dtype in which to answer."""
    kind = np.result_type(*arguments)
    kind = kind if kind.kind == "f" else np.dtype(np.float64)
    return (*(np.asarray(value, dtype=np.float64) for value in arguments), kind)


def _log_gamma(x):
    """The logarithm of Gamma(x), x > 0.

    Below 3 it is t (t - 1) times a fitted quotient, less log x below 1, with t = x - 1 (below 1:
    t = x), which keeps the zeros at 1 and 2; scipy.special.gammaln does not keep the one at 1
    (DLMF 5.5.1).

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        below = x < 1.0
        t = np.minimum(np.where(below, x, x - 1.0), 2.0)
        near = t * (t - 1.0) * _rational(_LOG_GAMMA_N, _LOG_GAMMA_D, t) + np.where(below, -np.log(x), 0.0)
        return np.where(x < 3.0, near, special.gammaln(x)).astype(kind)


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
        return ((1.0 / x) ** 2 + ((1.0 / (x + 1.0)) ** 2 + tail)).astype(kind)


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
    "y": _Argument("data", "positive", lambda y: (y <= 0) | np.isinf(y), 1.0),
    "mean": _Argument("learned", "positive", lambda mean: (mean <= 0) | np.isinf(mean), 1.0),
    "shape": _Argument("learned", "positive", lambda shape: (shape <= 0) | np.isinf(shape), 1.0),
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
    values = {name: np.asarray(value, dtype) for name, value in arguments.items()}
    _compare_shapes(values, weight)
    if weight is not None:
        weight = np.asarray(weight, dtype)
        removed = weight == 0
        if validate:
            _validate("weight", weight, _ARGUMENTS["weight"].broken(weight))
    for name, value in values.items():
        argument = _ARGUMENTS[name]
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


def _compare_shapes(values, weight):
    """Warn where the samples broadcast to a shape that no argument has."""
    shapes = {name: value.shape for name, value in values.items()}
    if weight is not None:
        shapes["weight"] = np.shape(weight)
    shape = np.broadcast_shapes(*shapes.values())
    if shape not in shapes.values():
        given = ", ".join(f"{name} {one}" for name, one in shapes.items())
        warnings.warn(
            f"the shapes of the samples ({given}) broadcast to {shape}, which none of them has; "
            "give all the same shape, or expand one to this shape if that is meant",
            stacklevel=4,
        )


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
    _refuse(name, _ARGUMENTS[name].demand, value, broken)


def _refuse(name, demand, value, broken):
    """Raise ValueError for the first sample that is broken."""
    if broken.ndim == 0:
        value, broken = value[None], broken[None]
    if broken.any():
        index = tuple(int(axis[0]) for axis in np.nonzero(broken))
        raise ValueError(f"{name} must be {demand}, got {value[index]} at index {index}")


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
