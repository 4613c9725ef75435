"""The normal loss of mu and log_sigma, with its gradient and Hessian.

An observation whose error is the sum of many small ones.

Density
    p(y | mu, sigma) = 1/(σ √(2π)) e^(−(y − μ)²/(2 σ²))
    sigma = exp(log_sigma), the log link; s below

Symbols
    y          in ℝ  data                       observation, in the units of the data
    mu         in ℝ  predicted for each sample  mean, in the units of the data
    log_sigma  in ℝ  predicted for each sample  predictor of sigma (standard deviation, in the units of the data) through the log link

Loss of one sample, to be minimised over mu, log_sigma
    loss    = s + ½ ((y − μ) e^(−s))²
    factor  = 1
    dropped = ½ log 2π
    -log p  = factor · loss + dropped

All arguments broadcast.  Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs, in float64
and float32, for value, gradient and Hessian.

Elsewhere:
    loss = -scipy.stats.norm.logpdf - 0.918938533205, at sigma = exp(log_sigma)
    loss = -torch.distributions.Normal.log_prob - 0.918938533205, at sigma = exp(log_sigma)
    loss = torch.nn.GaussianNLLLoss(full=True) - 0.918938533205, at sigma = exp(log_sigma)

Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 13.

Made by `derive normal --link sigma=exp --emit numpy`, derive 0.1.0.
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

    mu: np.ndarray
    log_sigma: np.ndarray


def loss(y, mu, log_sigma, *, reduction="mean", weight=None, validate=False):
    """The loss.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support or parameters outside their domain
    """
    with np.errstate(all="ignore"):
        (y, mu, log_sigma), penalty, weight = _prepared({"y": y, "mu": mu, "log_sigma": log_sigma}, weight, validate)
        return _reduced(_loss(y, mu, log_sigma) + penalty, weight, reduction)


def loss_and_gradient(y, mu, log_sigma, *, reduction="mean", weight=None, validate=False):
    """The loss and its gradient in one pass, both reduced alike."""
    shapes = [np.shape(mu), np.shape(log_sigma)]
    with np.errstate(all="ignore"):
        (y, mu, log_sigma), penalty, weight = _prepared({"y": y, "mu": mu, "log_sigma": log_sigma}, weight, validate)
        value, *slopes = _loss_and_gradient(y, mu, log_sigma)
        shares = _shares(value, penalty, weight, reduction)
        slopes = [shares * slope for slope in slopes]
        if reduction != "none":
            slopes = [_summed(slope, shape) for slope, shape in zip(slopes, shapes)]
        return _reduced(value + penalty, weight, reduction), Gradient(*slopes)


def hessian(y, mu, log_sigma, *, reduction="mean", weight=None, validate=False):
    """The Hessian of the reduced loss in (mu, log_sigma), on the last two axes.

    The axes before are those of the learned arguments, broadcast: there is one block for each set
    of learned values, summed over the samples that share it.
    """
    shape = np.broadcast_shapes(np.shape(mu), np.shape(log_sigma))
    with np.errstate(all="ignore"):
        (y, mu, log_sigma), penalty, weight = _prepared({"y": y, "mu": mu, "log_sigma": log_sigma}, weight, validate)
        shares = _shares(_loss(y, mu, log_sigma), penalty, weight, reduction)
        entries = [shares * entry for entry in _hessian(y, mu, log_sigma)]
        if reduction != "none":
            entries = [_summed(entry, shape) for entry in entries]
    rows = ((0, 1), (1, 2))
    return np.stack([np.stack([entries[place] for place in row], axis=-1) for row in rows], axis=-2)


def negative_log_likelihood(y, mu, log_sigma, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    with np.errstate(all="ignore"):
        (y, mu, log_sigma), penalty, weight = _prepared({"y": y, "mu": mu, "log_sigma": log_sigma}, weight, validate)
        value = FACTOR * _loss(y, mu, log_sigma) + _dropped()
        return _reduced(value + penalty, weight, reduction)


def dropped():
    """What was dropped from -log p of one sample: ½ log 2π."""
    return _dropped()


# The mathematics ----------------------------------------------------------------------------------


def _loss(y, mu, log_sigma):
    return log_sigma + np.square(np.exp(-log_sigma) * (y - mu)) / 2


def _loss_and_gradient(y, mu, log_sigma):
    exp = np.exp(-log_sigma)
    product = exp * (y - mu)
    square = np.square(product)
    return log_sigma + square / 2, -exp * product, 1 - square


def _hessian(y, mu, log_sigma):
    exp = np.exp(-log_sigma)
    product = exp * (y - mu)
    return np.square(exp), 2 * exp * product, 2 * np.square(product)


def _dropped():
    return math.log(2 * math.pi) / 2


# Arguments and reductions -------------------------------------------------------------------------


class _Argument(NamedTuple):
    """What an argument must be, and what replaces it in a sample of weight 0."""

    demand: str
    broken: Callable
    harmless: float
    data: bool = False
    vector: bool = False


_ARGUMENTS = {
    "y": _Argument("finite", lambda y: np.isinf(y), 0.0, data=True),
    "mu": _Argument("finite", lambda mu: np.isinf(mu), 0.0),
    "log_sigma": _Argument("finite", lambda log_sigma: np.isinf(log_sigma), 0.0),
}


def _prepared(arguments, weight, validate):
    """The arguments in one floating dtype, +inf for samples outside the support (else 0), the weight.

    Data outside the support are made harmless and penalised, parameters outside their domain become
    nan, and a sample of weight 0 is replaced by a harmless one.
    """
    dtype = _dtype([value for name, value in arguments.items() if not _ARGUMENTS[name].data] or arguments.values())
    weight = None if weight is None else np.asarray(weight, dtype)
    prepared, penalty = [], dtype.type(0)
    for name, value in arguments.items():
        argument = _ARGUMENTS[name]
        value = np.asarray(value, dtype)
        harmless = argument.harmless
        if weight is not None:
            value = np.where(weight == 0, dtype.type(harmless), value)
        broken = argument.broken(value)
        if validate:
            _validate(name, value, broken | np.isnan(value))
        if argument.data:
            penalty = penalty + np.where(broken, dtype.type(np.inf), dtype.type(0))
        replacement = dtype.type(harmless if argument.data else np.nan)
        prepared.append(np.where(broken, replacement, value))
    return prepared, penalty, weight


def _dtype(parameters):
    """The floating dtype of the parameters; half precision computes in single."""
    dtype = np.result_type(*(value if isinstance(value, (int, float)) else np.asarray(value) for value in parameters))
    return np.promote_types(dtype, np.float32) if dtype.kind == "f" else np.dtype(np.float64)


def _validate(name, value, broken):
    if np.any(broken):
        place = tuple(int(axis[0]) for axis in np.nonzero(np.atleast_1d(broken)))
        raise ValueError(f"{name} must be {_ARGUMENTS[name].demand}, got {np.atleast_1d(value)[place]} at index {place}")


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


def _shares(value, penalty, weight, reduction):
    """How much of each sample is in the reduced loss; nan where it has no slope: nan, or outside the support."""
    _check(reduction)
    nothing = np.where(np.isnan(value), value, 0 * penalty)
    shares = nothing + (1 if weight is None else weight)
    if reduction == "mean":
        shares = shares / (shares.size if weight is None else np.sum(np.broadcast_to(weight, shares.shape)))
    return shares


def _summed(array, shape):
    """The array summed over the axes along which an argument of this shape was broadcast."""
    array = np.sum(array, axis=tuple(range(np.ndim(array) - len(shape))))
    along = tuple(axis for axis, size in enumerate(shape) if size == 1 and array.shape[axis] != 1)
    return np.sum(array, axis=along, keepdims=True)
