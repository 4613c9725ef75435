"""The lognormal loss of mu and sigma, with its gradient and Hessian.

A positive amount that is the product of many small effects.

Density
    p(y | mu, sigma) = 1/(y σ √(2π)) · e^(−(log y − μ)²/(2 σ²))

Symbols
    y         in (0, ∞)  data                       amount, in the units of the data
    mu     μ  in ℝ       predicted for each sample  mean of log y
    sigma  σ  in (0, ∞)  predicted for each sample  standard deviation of log y

Loss of one sample, to be minimised over mu, sigma
    loss    = log σ + ½ ((log y − μ)/σ)²
    factor  = 1
    dropped = log y + ½ log 2π
    -log p  = factor · loss + dropped

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.

Elsewhere:
    loss = -scipy.stats.lognorm.logpdf - (log y + ½ log 2π)
    loss = -torch.distributions.LogNormal.log_prob - (log y + ½ log 2π)

Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 14.

Made by `derive lognormal --emit numpy`, derive 0.1.0.
Anyone may use, change and share this file for any purpose, without warranty (0BSD).
"""

import math
import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

# -log p = FACTOR * loss + dropped
FACTOR = 1


class Gradient(NamedTuple):
    """The derivative of the loss in each learned argument, in its shape (the samples' where not reduced)."""

    mu: np.ndarray
    sigma: np.ndarray


def loss(y, mu, sigma, *, reduction="mean", weight=None, validate=False):
    """The loss.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are
    """
    with np.errstate(all="ignore"):
        y, mu, sigma, penalty, weight = _prepared(weight, validate, y=y, mu=mu, sigma=sigma)
        return _reduced(_loss(y, mu, sigma) + penalty, weight, reduction)


def loss_and_gradient(y, mu, sigma, *, reduction="mean", weight=None, validate=False):
    """The loss and its gradient in one pass, both reduced alike."""
    shapes = [np.shape(mu), np.shape(sigma)]
    with np.errstate(all="ignore"):
        y, mu, sigma, penalty, weight = _prepared(weight, validate, y=y, mu=mu, sigma=sigma)
        value, *slopes = _loss_and_gradient(y, mu, sigma)
        sample_weight = _sample_weight(value, penalty, weight, reduction)
        slopes = [_summed(sample_weight * slope, shape, reduction) for slope, shape in zip(slopes, shapes)]
        return _reduced(value + penalty, weight, reduction), Gradient(*slopes)


def hessian(y, mu, sigma, *, reduction="mean", weight=None, validate=False):
    """The Hessian of the reduced loss in (mu, sigma), on the last two axes.

    The axes before are those of the learned arguments, broadcast: there is one block for each set
    of learned values, summed over the samples that share it.
    """
    blocks = np.broadcast_shapes(np.shape(mu), np.shape(sigma))
    with np.errstate(all="ignore"):
        y, mu, sigma, penalty, weight = _prepared(weight, validate, y=y, mu=mu, sigma=sigma)
        sample_weight = _sample_weight(_loss(y, mu, sigma), penalty, weight, reduction)
        upper = [_summed(sample_weight * entry, blocks, reduction) for entry in _hessian(y, mu, sigma)]
    matrix = np.empty((*upper[0].shape, 2, 2), upper[0].dtype)
    for row, column, entry in zip(*np.triu_indices(2), upper):
        matrix[..., row, column] = matrix[..., column, row] = entry
    return matrix


def negative_log_likelihood(y, mu, sigma, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    with np.errstate(all="ignore"):
        y, mu, sigma, penalty, weight = _prepared(weight, validate, y=y, mu=mu, sigma=sigma)
        value = FACTOR * _loss(y, mu, sigma) + _dropped(y)
        return _reduced(value + penalty, weight, reduction)


def dropped(y):
    """What was dropped from -log p of one sample: log y + ½ log 2π."""
    with np.errstate(all="ignore"):
        y, penalty, _ = _prepared(None, False, y=y)
        return _dropped(y) + penalty


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, mu, sigma):
    return np.log(sigma) + np.square((np.log(y) - mu) / sigma) / 2


def _loss_and_gradient(y, mu, sigma):
    quotient = (np.log(y) - mu) / sigma
    square = np.square(quotient)
    return np.log(sigma) + square / 2, -quotient / sigma, (1 - square) / sigma


def _hessian(y, mu, sigma):
    quotient = (np.log(y) - mu) / sigma
    return 1 / sigma**2, 2 * quotient / sigma**2, (3 * np.square(quotient) - 1) / sigma**2


def _dropped(y):
    return np.log(y) + math.log(2 * math.pi) / 2


# Arguments and reductions -------------------------------------------------------------------------


class _Argument(NamedTuple):
    """What an argument is, what it must be, where it is not, and what stands for it in a removed sample."""

    role: str
    demand: str
    broken: Callable
    harmless: float


_ARGUMENTS = {
    "y": _Argument("data", "positive", lambda y: (y <= 0) | np.isinf(y), 1.0),
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
