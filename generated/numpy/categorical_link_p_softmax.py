"""The categorical loss of logits, with its gradient and Hessian.

One of K classes.

Density
    p(y | p) = ∏ₖ pₖ^yₖ
    p = softmax(logits), the multinomial logit link; z below

Symbols
    y          in the one-hot vectors  data                       the class as a one-hot vector; soft
               of K classes                                       labels on the simplex are accepted
    p          in the simplex of K     pₖ = softmax(z)ₖ           probabilities of the classes
               classes
    logits  z  in [−∞, ∞)ᴷ, not all    predicted for each sample  predictor of p through the
               −∞                                                 multinomial logit link

Loss of one sample, to be minimised over logits
    loss    = Σₖ yₖ logsumexp(z − zₖ)
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

Labels that are not hard are accepted; the loss is then the cross-entropy between the labels and p, and no
longer a likelihood.

The class axis is the last one; the other axes broadcast, with a warning where that makes samples
that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.

Elsewhere:
    loss = -torch.distributions.OneHotCategorical(logits).log_prob, for hard labels
    loss = -torch.distributions.Categorical(logits).log_prob, for hard labels
    loss = torch.nn.CrossEntropyLoss (soft targets)
    loss = torch.nn.CrossEntropyLoss (class indices), for hard labels
    loss = -scipy.stats.multinomial.logpmf, at p = softmax(logits), for hard labels
    loss = -torch.distributions.OneHotCategorical(probs).log_prob, at p = softmax(logits), for hard labels
    loss = -torch.distributions.Categorical(probs).log_prob, at p = softmax(logits), for hard labels
    loss = torch.nn.NLLLoss (log p), at p = softmax(logits), for hard labels
    loss = torch.nn.KLDivLoss (log p), at p = softmax(logits), for hard labels

Source: Johnson, Kotz and Balakrishnan (1997), Discrete Multivariate Distributions, ch. 35.

Made by `derive categorical --link p=softmax --emit numpy`, derive 0.1.0.
Anyone may use, change and share this file for any purpose, without warranty (0BSD).
"""

import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

# -log p = FACTOR * loss + dropped
FACTOR = 1


class Gradient(NamedTuple):
    """The derivative of the loss in each learned argument, in its shape (the samples' where not reduced)."""

    logits: np.ndarray


def loss(y, logits, *, reduction="mean", weight=None, validate=False):
    """The loss.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are
    """
    with np.errstate(all="ignore"):
        y, logits, penalty, weight = _prepared(weight, validate, y=y, logits=logits)
        return _reduced(_loss(y, logits) + penalty, weight, reduction)


def loss_and_gradient(y, logits, *, reduction="mean", weight=None, validate=False):
    """The loss and its gradient in one pass, both reduced alike."""
    shapes = [np.shape(logits)]
    with np.errstate(all="ignore"):
        y, logits, penalty, weight = _prepared(weight, validate, y=y, logits=logits)
        value, *slopes = _loss_and_gradient(y, logits)
        sample_weight = _sample_weight(value, penalty, weight, reduction)[..., None]
        slopes = [_summed(sample_weight * slope, shape, reduction) for slope, shape in zip(slopes, shapes)]
        return _reduced(value + penalty, weight, reduction), Gradient(*slopes)


def hessian_diagonal(y, logits, *, reduction="mean", weight=None, validate=False):
    """The diagonal of the Hessian of the reduced loss, in the shape of logits."""
    shape = np.shape(logits)
    with np.errstate(all="ignore"):
        y, logits, penalty, weight = _prepared(weight, validate, y=y, logits=logits)
        sample_weight = _sample_weight(_loss(y, logits), penalty, weight, reduction)[..., None]
        return _summed(sample_weight * _hessian_diagonal(y, logits), shape, reduction)


def hessian_vector_product(y, logits, vector, *, reduction="mean", weight=None, validate=False):
    """The Hessian of the reduced loss times a vector in the shape of logits; nothing of size K² is formed."""
    shape = np.shape(logits)
    with np.errstate(all="ignore"):
        y, logits, penalty, weight = _prepared(weight, validate, y=y, logits=logits)
        vector = np.asarray(vector, logits.dtype)
        sample_weight = _sample_weight(_loss(y, logits), penalty, weight, reduction)[..., None]
        return _summed(sample_weight * _hessian_vector_product(y, logits, vector), shape, reduction)


def loss_from_index(index, logits, *, reduction="mean", weight=None, validate=False):
    """The loss of class indices 0, 1, …, K - 1: integers with one axis less than logits."""
    y = _one_hot(index, logits, weight, validate)
    return loss(y, logits, reduction=reduction, weight=weight, validate=validate)


def negative_log_likelihood(y, logits, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    with np.errstate(all="ignore"):
        y, logits, penalty, weight = _prepared(weight, validate, y=y, logits=logits)
        value = FACTOR * _loss(y, logits) + _dropped()
        return _reduced(value + penalty, weight, reduction)


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, logits):
    return np.sum(_times(y, _log_sum_exp_difference(logits)), axis=-1)


def _loss_and_gradient(y, logits):
    return (
        np.sum(_times(y, _log_sum_exp_difference(logits)), axis=-1),
        _softmax(logits) * (1 - y) - y * _softmax_complement(logits),
    )


def _hessian_diagonal(y, logits):
    return _softmax(logits) * _softmax_complement(logits)


def _hessian_vector_product(y, logits, vector):
    return _softmax(logits) * _softmax_deviation(logits, vector)


def _dropped():
    return 0


def _wide(*arguments):
    """The arguments as float64 arrays, and the floating dtype in which to answer."""
    kind = np.result_type(*arguments)
    kind = kind if kind.kind == "f" else np.dtype(np.float64)
    return (*(np.asarray(value, dtype=np.float64) for value in arguments), kind)


def _largest(z):
    """Where a largest entry stands along the last axis, and how small the others are beside it.

    Gives the largest entry m, a mask of exactly one largest entry, exp(z - m), and the sum S of
    exp(z - m) without that entry.
    """
    top = np.max(z, axis=-1, keepdims=True)
    here = np.arange(z.shape[-1]) == np.argmax(z, axis=-1)[..., None]
    weight = np.where(here, 1.0, np.exp(z - np.where(np.isneginf(top), 0.0, top)))
    return top, here, weight, np.sum(np.where(here, 0.0, weight), axis=-1, keepdims=True)


def _log_sum_exp_difference(z):
    """The difference log sum_l exp(z_l) - z_k for every k of the last axis.

    It is (m - z_k) + log1p(S), with m a largest entry and S the sum of exp(z_l - m) over the
    others, so it is exact at the largest entry too.

    Measured beyond conditioning: at most 1.5 ulp in float64, 0.5 in float32.
    """
    z, kind = _wide(z)
    with np.errstate(all="ignore"):
        top, here, _, rest = _largest(z)
        return (np.where(here, 0.0, top - z) + np.log1p(rest)).astype(kind)


def _softmax(z):
    """The quotient exp(z_k) / sum_l exp(z_l) for every k of the last axis.

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32.
    """
    z, kind = _wide(z)
    with np.errstate(all="ignore"):
        _, _, weight, rest = _largest(z)
        return (weight / (1.0 + rest)).astype(kind)


def _softmax_complement(z):
    """One minus the softmax of z along the last axis.

    It is S/(1 + S) at the largest entry, with S the sum of exp(z_l - m) over the others, whose own
    softmax is at most 1/2.

    Measured beyond conditioning: at most 1.5 ulp in float64, 0.5 in float32.
    """
    z, kind = _wide(z)
    with np.errstate(all="ignore"):
        _, here, weight, rest = _largest(z)
        return np.where(here, rest / (1.0 + rest), 1.0 - weight / (1.0 + rest)).astype(kind)


def _softmax_deviation(z, v):
    """The deviation v_k - sum_l softmax(z)_l v_l for every k of the last axis.

    Everything is taken from v at the largest entry of z, so nothing is lost where the softmax
    rounds to 1 there.

    Measured beside what one ulp in each entry of z and of v explains: an error of at most
    5 times that in float64, 0.5 times in float32.
    """
    z, v, kind = _wide(z, v)
    with np.errstate(all="ignore"):
        _, here, weight, rest = _largest(z)
        v = v - np.sum(np.where(here, v, 0.0), axis=-1, keepdims=True)
        return (v - np.sum(weight * v, axis=-1, keepdims=True) / (1.0 + rest)).astype(kind)


def _times(x, y):
    """The product x y with 0 inf = 0: what is impossible and did not happen costs nothing."""
    return np.where((x == 0) & np.isinf(y), np.zeros_like(y), x * y)


# Arguments and reductions -------------------------------------------------------------------------


class _Argument(NamedTuple):
    """What an argument is, what it must be, where it is not, and what stands for it in a removed sample."""

    role: str
    demand: str
    broken: Callable
    harmless: float
    vector: bool = False
    sums_to_one: bool = False


_ARGUMENTS = {
    "y": _Argument(
        "data",
        "a probability vector: entries in [0, 1] that sum to one",
        lambda y: np.any((y < 0) | (y > 1), axis=-1),
        None,
        vector=True,
        sums_to_one=True,
    ),
    "logits": _Argument(
        "learned",
        "finite or -inf, the largest entry finite",
        lambda logits: np.isinf(np.amax(logits, axis=-1)),
        0.0,
        vector=True,
    ),
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
        if argument.sums_to_one:
            broken = broken | (np.abs(np.sum(value, axis=-1) - 1) > _sum_tolerance(arguments[name]))
        if validate:
            _validate(name, value, broken)
        if broken.any():
            penalty = np.where(broken, dtype.type(np.inf if argument.role == "data" else np.nan), penalty)
            if argument.role == "data":
                value = _made_harmless(value, broken, argument)
        prepared.append(value)
    return *prepared, penalty, weight


def _compare_shapes(values, weight):
    """Warn where the samples broadcast to a shape that no argument has; the classes never broadcast."""
    lengths = {value.shape[-1:] for name, value in values.items() if _ARGUMENTS[name].vector}
    if len(lengths) > 1:
        raise ValueError(f"the last axis is the classes' and does not broadcast, got lengths {lengths}")
    shapes = {name: value.shape[:-1] if _ARGUMENTS[name].vector else value.shape for name, value in values.items()}
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
    """The array with a harmless value in some of the samples: one over their number for entries that sum to one."""
    harmless = 1 / value.shape[-1] if argument.harmless is None else argument.harmless
    return np.where(samples[..., None] if argument.vector else samples, value.dtype.type(harmless), value)


def _dtype(parameters):
    """The floating dtype of the parameters; half precision computes in single."""
    numbers = (value if isinstance(value, (int, float)) else np.asarray(value) for value in parameters)
    dtype = np.result_type(*numbers)
    return np.promote_types(dtype, np.float32) if dtype.kind == "f" else np.dtype(np.float64)


def _sum_tolerance(given):
    """How far entries may sum from one: by two roundings of the dtype they were given in, or 1e-05 if more."""
    dtype = np.asarray(given).dtype
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


def _one_hot(index, entries, weight, validate):
    """Class indices as one-hot vectors of the dtype and length of `entries`; an index out of range has none."""
    index = np.asarray(index)
    if index.dtype.kind not in "iu":
        raise TypeError(f"index must hold integers, got {index.dtype}")
    entries = np.asarray(entries)
    hot = index[..., None] == np.arange(entries.shape[-1])
    if validate:
        outside = ~hot.any(axis=-1) & (weight is None or np.not_equal(weight, 0))
        _refuse("index", "in 0, ..., K - 1", np.broadcast_to(index, outside.shape), outside)
    return hot.astype(_dtype([entries]))
