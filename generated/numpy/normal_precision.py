"""The normal precision loss of mu and precision, with its gradient and Hessian.

The normal distribution by its precision.

Density
    p(y | mu, precision) = √τ/√(2π) · e^(−τ (y − μ)²/2)

Symbols
    y             in ℝ       data                       observation, in the units of the data
    mu         μ  in ℝ       predicted for each sample  mean, in the units of the data
    precision  τ  in (0, ∞)  predicted for each sample  one over the variance

Loss of one sample, to be minimised over mu, precision
    loss    = τ (y − μ)² − log τ
    factor  = ½
    dropped = ½ log 2π
    -log p  = factor · loss + dropped

Also known of the density
    mean          μ
    mode          μ
    P(Y ≤ y)      Φ((y − μ) √τ)
    log P(Y > y)  log Φ(−(y − μ) √τ)
    deviance      (y − μ)²
    dispersion φ  1/τ

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 2, gradient 2, Hessian 1, -log p 2
    float32  value 3, gradient 2, Hessian 1, -log p 1

Elsewhere:
    loss = -2 * scipy.stats.norm.logpdf - 1.83787706641
    loss = -2 * torch.distributions.Normal.log_prob - 1.83787706641

Source: Bernardo and Smith (1994), Bayesian Theory, appendix A.

Made by `derive normal_precision --emit numpy`, derive 0.1.0.
Anyone may use, change and share this file for any purpose, without warranty (0BSD).
"""

import itertools
import math
import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

# -log p = FACTOR * loss + dropped
FACTOR = 1 / 2


class Gradient(NamedTuple):
    """The derivative of the loss in each learned argument, in its shape (the samples' where not reduced)."""

    mu: np.ndarray
    precision: np.ndarray


def loss(y, mu, precision, *, reduction="mean", weight=None, validate=False):
    """The loss.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are
    """
    value, _ = _in_blocks(_loss, [], reduction, weight, validate, y=y, mu=mu, precision=precision)
    return value


def loss_and_gradient(y, mu, precision, *, reduction="mean", weight=None, validate=False, out=None):
    """The loss and its gradient in one pass, both reduced alike.

    out  the Gradient of an earlier call alike: where its slopes are as large as the samples, they are
         overwritten, which saves the time that fresh memory takes
    """
    shapes = [np.shape(mu), np.shape(precision)]
    value, slopes = _in_blocks(_loss_and_gradient, shapes, reduction, weight, validate, out, y=y, mu=mu, precision=precision)
    return value, Gradient(*slopes)


def hessian(y, mu, precision, *, reduction="mean", weight=None, validate=False):
    """The Hessian of the reduced loss in (mu, precision), on the last two axes.

    The axes before are those of the learned arguments, broadcast: there is one block for each set
    of learned values, summed over the samples that share it.
    """

    def triangle(*given):
        return _loss(*given), *_hessian(*given)

    shapes = [np.broadcast_shapes(np.shape(mu), np.shape(precision))] * 3
    _, upper = _in_blocks(triangle, shapes, reduction, weight, validate, y=y, mu=mu, precision=precision)
    matrix = np.empty((*upper[0].shape, 2, 2), upper[0].dtype)
    for row, column, entry in zip(*np.triu_indices(2), upper):
        matrix[..., row, column] = matrix[..., column, row] = entry
    return matrix


def negative_log_likelihood(y, mu, precision, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    value, _ = _in_blocks(_negative_log_likelihood, [], reduction, weight, validate, y=y, mu=mu, precision=precision)
    return value


def dropped():
    """What was dropped from -log p of one sample: ½ log 2π."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, mu, precision):
    return precision * np.square(y - mu) - np.log(precision)


def _loss_and_gradient(y, mu, precision):
    difference = y - mu
    square = np.square(difference)
    return precision * square - np.log(precision), -2 * precision * difference, square - 1 / precision


def _hessian(y, mu, precision):
    return 2 * precision, -2 * (y - mu), 1 / precision**2


def _dropped():
    return math.log(2 * math.pi) / 2


def _negative_log_likelihood(y, mu, precision):
    return 0.5 * (precision * (y - mu)**2) - 0.5 * _log_ratio(precision, 2 * math.pi)


def _finite(x):
    """Whether all of an array is finite, by their sum (where that overflows, it is not said to be)."""
    return math.isfinite(np.add.reduce(x, axis=None))


def _wide(*arguments):
    """The arguments as float64 arrays, and the floating dtype in which to answer."""
    kind = np.result_type(*arguments)
    kind = kind if kind.kind == "f" else np.dtype(np.float64)
    return (*(np.asarray(value, dtype=np.float64) for value in arguments), kind)


def _log_ratio(a, b):
    """The logarithm of a/b; a, b > 0: that of 1 + |a - b|/min(a, b), with the sign of a - b.

    Measured beyond conditioning: at most 1 ulp in float64, 0.5 in float32.
    """
    a, b, kind = _wide(a, b)
    with np.errstate(all="ignore"):
        difference = a - b
        t = np.abs(difference) / np.minimum(a, b)
        value = np.copysign(np.log1p(t), difference)
        if np.isinf(t).any():
            value = np.where(np.isinf(t), np.log(a) - np.log(b), value)
        return value.astype(kind, copy=False)


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
    "mu": _Argument(
        "learned",
        "finite",
        lambda mu: np.isinf(mu),
        0.0,
        legal=lambda mu: _finite(mu),
        told=True,
    ),
    "precision": _Argument(
        "learned",
        "positive",
        lambda precision: (precision <= 0) | np.isinf(precision),
        1.0,
        legal=lambda precision: precision.min() > 0 and _finite(precision),
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
