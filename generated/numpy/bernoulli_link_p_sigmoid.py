"""The bernoulli loss of logit_p, with its gradient and Hessian.

One trial that succeeds or fails.

Density
    p(y | p) = p^y (1 − p)^(1 − y)
    p = sigmoid(logit_p), the logit link; z below

Symbols
    y        in {0, 1}  data                       1 for success, 0 for failure; soft labels in [0, 1] are accepted
    logit_p  in ℝ       predicted for each sample  predictor of p (probability of success) through the logit link

Loss of one sample, to be minimised over logit_p
    loss    = y softplus(−z) + (1 − y) softplus(z)
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

Labels that are not hard are accepted; the loss is then the cross-entropy between the label and p, and no
longer a likelihood.

All arguments broadcast.  Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs, in float64
and float32, for value, gradient and Hessian.

Elsewhere:
    loss = -torch.distributions.Bernoulli(logits).log_prob, for hard labels
    loss = torch.nn.BCEWithLogitsLoss
    loss = torch.nn.MultiLabelSoftMarginLoss (one label)
    loss = torch.nn.SoftMarginLoss, for hard labels
    loss = -scipy.stats.bernoulli.logpmf, at p = sigmoid(logit_p), for hard labels
    loss = -torch.distributions.Bernoulli(probs).log_prob, at p = sigmoid(logit_p), for hard labels
    loss = torch.nn.BCELoss, at p = sigmoid(logit_p)

Source: Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, ch. 3.

Made by `derive bernoulli --link p=sigmoid --emit numpy`, derive 0.1.0.
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

    logit_p: np.ndarray


def loss(y, logit_p, *, reduction="mean", weight=None, validate=False):
    """The loss.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support or parameters outside their domain
    """
    with np.errstate(all="ignore"):
        (y, logit_p), penalty, weight = _prepared({"y": y, "logit_p": logit_p}, weight, validate)
        return _reduced(_loss(y, logit_p) + penalty, weight, reduction)


def loss_and_gradient(y, logit_p, *, reduction="mean", weight=None, validate=False):
    """The loss and its gradient in one pass, both reduced alike."""
    shapes = [np.shape(logit_p)]
    with np.errstate(all="ignore"):
        (y, logit_p), penalty, weight = _prepared({"y": y, "logit_p": logit_p}, weight, validate)
        value, *slopes = _loss_and_gradient(y, logit_p)
        shares = _shares(value, penalty, weight, reduction)
        slopes = [shares * slope for slope in slopes]
        if reduction != "none":
            slopes = [_summed(slope, shape) for slope, shape in zip(slopes, shapes)]
        return _reduced(value + penalty, weight, reduction), Gradient(*slopes)


def hessian(y, logit_p, *, reduction="mean", weight=None, validate=False):
    """The Hessian of the reduced loss in (logit_p), on the last two axes.

    The axes before are those of the learned arguments, broadcast: there is one block for each set
    of learned values, summed over the samples that share it.
    """
    shape = np.broadcast_shapes(np.shape(logit_p))
    with np.errstate(all="ignore"):
        (y, logit_p), penalty, weight = _prepared({"y": y, "logit_p": logit_p}, weight, validate)
        shares = _shares(_loss(y, logit_p), penalty, weight, reduction)
        entries = [shares * entry for entry in _hessian(y, logit_p)]
        if reduction != "none":
            entries = [_summed(entry, shape) for entry in entries]
    rows = ((0,),)
    return np.stack([np.stack([entries[place] for place in row], axis=-1) for row in rows], axis=-2)


def negative_log_likelihood(y, logit_p, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    with np.errstate(all="ignore"):
        (y, logit_p), penalty, weight = _prepared({"y": y, "logit_p": logit_p}, weight, validate)
        value = FACTOR * _loss(y, logit_p) + _dropped()
        return _reduced(value + penalty, weight, reduction)


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics ----------------------------------------------------------------------------------


def _loss(y, logit_p):
    return y * np.logaddexp(0, -logit_p) + np.logaddexp(0, logit_p) * (1 - y)


def _loss_and_gradient(y, logit_p):
    product = -logit_p
    difference = 1 - y
    return y * np.logaddexp(0, product) + np.logaddexp(0, logit_p) * difference, special.expit(logit_p) * difference - y * special.expit(product)


def _hessian(y, logit_p):
    return special.expit(-logit_p) * special.expit(logit_p),


def _dropped():
    return 0


# Arguments and reductions -------------------------------------------------------------------------


class _Argument(NamedTuple):
    """What an argument must be, and what replaces it in a sample of weight 0."""

    demand: str
    broken: Callable
    harmless: float
    data: bool = False
    vector: bool = False


_ARGUMENTS = {
    "y": _Argument("in the unit interval", lambda y: (y < 0) | (y > 1), 0.5, data=True),
    "logit_p": _Argument("finite", lambda logit_p: np.isinf(logit_p), 0.0),
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
