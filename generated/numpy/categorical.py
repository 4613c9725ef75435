"""The categorical loss of p, with its gradient and Hessian.

One of K classes.

Density
    p(y | p) = ∏ₖ pₖ^yₖ

Symbols
    y  in the one-hot vectors of K classes  data                       the class as a one-hot vector; soft labels on the simplex are accepted
    p  in the simplex of K classes          predicted for each sample  probabilities of the classes

Loss of one sample, to be minimised over p
    loss    = −Σₖ yₖ log pₖ
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

Labels that are not hard are accepted; the loss is then the cross-entropy between the labels and p, and no
longer a likelihood.

The class axis is the last one; all other axes broadcast.  Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs, in float64
and float32, for value, gradient and Hessian.

Elsewhere:
    loss = -scipy.stats.multinomial.logpmf, for hard labels
    loss = -torch.distributions.OneHotCategorical(probs).log_prob, for hard labels
    loss = -torch.distributions.Categorical(probs).log_prob, for hard labels
    loss = torch.nn.NLLLoss (log p), for hard labels
    loss = torch.nn.KLDivLoss (log p), for hard labels

Source: Johnson, Kotz and Balakrishnan (1997), Discrete Multivariate Distributions, ch. 35.

Made by `derive categorical --emit numpy`, derive 0.1.0.
Anyone may use, change and share this file for any purpose, without warranty (0BSD).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import special

# -log p = FACTOR * loss + dropped
FACTOR = 1


class Gradient(NamedTuple):
    """The derivative of the loss in each learned argument, in its shape (the samples' where not reduced)."""

    p: np.ndarray


def loss(y, p, *, reduction="mean", weight=None, validate=False):
    """The loss.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support or parameters outside their domain
    """
    with np.errstate(all="ignore"):
        (y, p), penalty, weight = _prepared({"y": y, "p": p}, weight, validate)
        return _reduced(_loss(y, p) + penalty, weight, reduction)


def loss_and_gradient(y, p, *, reduction="mean", weight=None, validate=False):
    """The loss and its gradient in one pass, both reduced alike."""
    shapes = [np.shape(p)]
    with np.errstate(all="ignore"):
        (y, p), penalty, weight = _prepared({"y": y, "p": p}, weight, validate)
        value, *slopes = _loss_and_gradient(y, p)
        shares = _shares(value, penalty, weight, reduction)[..., None]
        slopes = [shares * slope for slope in slopes]
        if reduction != "none":
            slopes = [_summed(slope, shape) for slope, shape in zip(slopes, shapes)]
        return _reduced(value + penalty, weight, reduction), Gradient(*slopes)


def hessian_diagonal(y, p, *, reduction="mean", weight=None, validate=False):
    """The diagonal of the Hessian of the reduced loss, in the shape of p."""
    shape = np.shape(p)
    with np.errstate(all="ignore"):
        (y, p), penalty, weight = _prepared({"y": y, "p": p}, weight, validate)
        shares = _shares(_loss(y, p), penalty, weight, reduction)[..., None]
        diagonal = shares * _hessian_diagonal(y, p)
        return diagonal if reduction == "none" else _summed(diagonal, shape)


def hessian_vector_product(y, p, vector, *, reduction="mean", weight=None, validate=False):
    """The Hessian of the reduced loss times a vector in the shape of p; nothing of size K² is formed."""
    shape = np.shape(p)
    with np.errstate(all="ignore"):
        (y, p), penalty, weight = _prepared({"y": y, "p": p}, weight, validate)
        vector = np.asarray(vector, p.dtype)
        shares = _shares(_loss(y, p), penalty, weight, reduction)[..., None]
        product = shares * _hessian_vector_product(y, p, vector)
        return product if reduction == "none" else _summed(product, shape)


def loss_from_index(index, p, *, reduction="mean", weight=None, validate=False):
    """The loss of class indices 0, 1, …, K - 1: integers with one axis less than p."""
    return loss(_one_hot(index, p), p, reduction=reduction, weight=weight, validate=validate)


def negative_log_likelihood(y, p, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    with np.errstate(all="ignore"):
        (y, p), penalty, weight = _prepared({"y": y, "p": p}, weight, validate)
        value = FACTOR * _loss(y, p) + _dropped()
        return _reduced(value + penalty, weight, reduction)


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics ----------------------------------------------------------------------------------


def _loss(y, p):
    return -np.sum(special.xlogy(y, p), axis=-1)


def _loss_and_gradient(y, p):
    return -np.sum(special.xlogy(y, p), axis=-1), -_ratio(y, p)


def _hessian_diagonal(y, p):
    return _ratio(_ratio(y, p), p)


def _hessian_vector_product(y, p, vector):
    return _ratio(_ratio(y, p), p) * vector


def _dropped():
    return 0


def _ratio(x, y):
    """The quotient x / y with 0/0 = 0: the derivative of x log y in y."""
    with np.errstate(all="ignore"):
        return np.where((x == 0) & (y == 0), np.zeros_like(x), np.divide(x, y))


# Arguments and reductions -------------------------------------------------------------------------


class _Argument(NamedTuple):
    """What an argument must be, and what replaces it in a sample of weight 0."""

    demand: str
    broken: Callable
    harmless: float
    data: bool = False
    vector: bool = False


_ARGUMENTS = {
    "y": _Argument("a probability vector: entries in [0, 1] that sum to one", lambda y: np.any((y < 0) | (y > 1), axis=-1) | (np.abs(np.sum(y, axis=-1) - 1) > 1e-05), None, data=True, vector=True),
    "p": _Argument("a probability vector: entries in [0, 1] that sum to one", lambda p: np.any((p < 0) | (p > 1), axis=-1) | (np.abs(np.sum(p, axis=-1) - 1) > 1e-05), None, vector=True),
}


def _prepared(arguments, weight, validate):
    """The arguments in one floating dtype, +inf for samples outside the support (else 0), the weight.

    Data outside the support are made harmless and penalised, parameters outside their domain become
    nan, and a sample of weight 0 is replaced by a harmless one.
    """
    dtype = _dtype([value for name, value in arguments.items() if not _ARGUMENTS[name].data] or arguments.values())
    weight = None if weight is None else np.asarray(weight, dtype)
    lengths = {np.shape(value)[-1:] for name, value in arguments.items() if _ARGUMENTS[name].vector}
    if len(lengths) > 1:
        raise ValueError(f"the last axis is the classes' and does not broadcast, got lengths {lengths}")
    prepared, penalty = [], dtype.type(0)
    for name, value in arguments.items():
        argument = _ARGUMENTS[name]
        value = np.asarray(value, dtype)
        harmless = 1 / value.shape[-1] if argument.harmless is None else argument.harmless
        if weight is not None:
            value = np.where((weight[..., None] if argument.vector else weight) == 0, dtype.type(harmless), value)
        broken = argument.broken(value)
        if validate:
            _validate(name, value, broken | (np.isnan(value).any(-1) if argument.vector else np.isnan(value)))
        if argument.data:
            penalty = penalty + np.where(broken, dtype.type(np.inf), dtype.type(0))
        replacement = dtype.type(harmless if argument.data else np.nan)
        prepared.append(np.where(broken[..., None] if argument.vector else broken, replacement, value))
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


def _one_hot(index, entries):
    """Class indices as one-hot vectors of the dtype and length of `entries`; an index out of range has none."""
    index = np.asarray(index)
    if index.dtype.kind not in "iu":
        raise TypeError(f"index must hold integers, got {index.dtype}")
    entries = np.asarray(entries)
    return (index[..., None] == np.arange(entries.shape[-1])).astype(_dtype([entries]))
