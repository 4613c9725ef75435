"""The logistic normal loss of mu and log_sigma, with its gradient and Hessian.

The shares of K parts in a whole of K + 1, whose logarithms beside that of the last are normal.

Density
    p(y | mu, sigma) = (2π)^(−K/2) (∏ₖ e^(−(alr(y)ₖ − μₖ)²/(2 σₖ²)))/((∏ₖ σₖ) (∏ₖ yₖ) r(y))
    sigma = exp(log_sigma), the log link; s below

Symbols
    y             in the shares of K   data                       shares of all parts but the last,
                  parts that leave a                              which has what they leave
                  rest
    mu         μ  in ℝᴷ                predicted for each sample  means of the logarithms of the
                                                                  shares over the last
    sigma      σ  in (0, ∞)ᴷ           σₖ = e^sₖ                  standard deviations of these
    log_sigma  s  in ℝᴷ                predicted for each sample  predictor of sigma through the log
                                                                  link

Loss of one sample, to be minimised over mu, log_sigma
    loss    = Σₖ sₖ + ½ (Σₖ ((alr(y)ₖ − μₖ) e^(−sₖ))²)
    factor  = 1
    dropped = Σₖ log yₖ + log r(y) + K/2 · log 2π
    -log p  = factor · loss + dropped

The class axis is the last one; the other axes broadcast, with a warning where that makes samples
that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 3, gradient 3, Hessian 3, -log p 3
    float32  value 3, gradient 3, Hessian 3, -log p 1

Source: Aitchison and Shen (1980), Biometrika 67, 261-272; r(y) is the share of the last part, one less the others, and alr(y) are the logarithms of the shares over it.

Made by `derive logistic_normal --link sigma=exp --emit numpy`, derive 0.1.0.
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

    mu: np.ndarray
    log_sigma: np.ndarray


def loss(y, mu, log_sigma, *, reduction="mean", weight=None, validate=False):
    """The loss.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are
    """
    value, _ = _in_blocks(_loss, [], reduction, weight, validate, y=y, mu=mu, log_sigma=log_sigma)
    return value


def loss_and_gradient(y, mu, log_sigma, *, reduction="mean", weight=None, validate=False, out=None):
    """The loss and its gradient in one pass, both reduced alike.

    out  the Gradient of an earlier call alike: where its slopes are as large as the samples, they are
         overwritten, which saves the time that fresh memory takes
    """
    shapes = [np.shape(mu), np.shape(log_sigma)]
    value, slopes = _in_blocks(_loss_and_gradient, shapes, reduction, weight, validate, out, y=y, mu=mu, log_sigma=log_sigma)
    return value, Gradient(*slopes)


def hessian_diagonal(y, mu, log_sigma, *, reduction="mean", weight=None, validate=False):
    """The diagonal of the Hessian of the reduced loss, in the shape of each learned argument."""

    def diagonal(*given):
        return _loss(*given), *_hessian_diagonal(*given)

    shapes = [np.shape(mu), np.shape(log_sigma)]
    return Gradient(*_in_blocks(diagonal, shapes, reduction, weight, validate, y=y, mu=mu, log_sigma=log_sigma)[1])


def hessian_vector_product(y, mu, log_sigma, v_mu, v_log_sigma, *, reduction="mean", weight=None, validate=False):
    """The Hessian of the reduced loss times a direction, which has a part in the shape of each learned argument.

    There is a result for each of these parts; nothing of size K² is formed.
    """

    def product(y, mu, log_sigma, v_mu, v_log_sigma):
        return _loss(y, mu, log_sigma), *_hessian_vector_product(y, mu, log_sigma, v_mu, v_log_sigma)

    shapes = [np.shape(mu), np.shape(log_sigma)]
    given = {"y": y, "mu": mu, "log_sigma": log_sigma, "v_mu": v_mu, "v_log_sigma": v_log_sigma}
    return Gradient(*_in_blocks(product, shapes, reduction, weight, validate, **given)[1])


def negative_log_likelihood(y, mu, log_sigma, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""

    def in_full(y, mu, log_sigma):
        return FACTOR * _loss(y, mu, log_sigma) + _dropped(y)

    value, _ = _in_blocks(_in_double(in_full), [], reduction, weight, validate, y=y, mu=mu, log_sigma=log_sigma)
    return value


def dropped(y):
    """What was dropped from -log p of one sample: Σₖ log yₖ + log r(y) + K/2 · log 2π."""
    return _in_blocks(_dropped, [], "none", None, False, y=y)[0]


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, mu, log_sigma):
    exp = np.exp(-0.5 * log_sigma)
    return (
        np.sum(log_sigma, axis=-1)
        + 0.5 * np.sum(np.square((np.log(y / (1 - np.sum(y, axis=-1, keepdims=True))) - mu) * exp * exp), axis=-1)
    )


def _loss_and_gradient(y, mu, log_sigma):
    exp = np.exp(-0.5 * log_sigma)
    scaled = (np.log(y / (1 - np.sum(y, axis=-1, keepdims=True))) - mu) * exp * exp
    square = np.square(scaled)
    return np.sum(log_sigma, axis=-1) + 0.5 * np.sum(square, axis=-1), -scaled * exp * exp, 1 - square


def _hessian_diagonal(y, mu, log_sigma):
    exp = np.exp(-0.5 * log_sigma)
    return (
        np.square(exp**2),
        2 * np.square((np.log(y / (1 - np.sum(y, axis=-1, keepdims=True))) - mu) * exp * exp),
    )


def _hessian_vector_product(y, mu, log_sigma, v_mu, v_log_sigma):
    exp = np.exp(-0.5 * log_sigma)
    scaled = (np.log(y / (1 - np.sum(y, axis=-1, keepdims=True))) - mu) * exp * exp
    return (
        2 * (scaled * v_log_sigma * exp * exp) + np.square(exp**2) * v_mu,
        2 * (scaled * v_mu * exp * exp) + 2 * np.square(scaled) * v_log_sigma,
    )


def _dropped(y):
    return (
        np.sum(np.log(y), axis=-1)
        + np.log((1 - np.sum(y, axis=-1)))
        + 0.5 * (y.shape[-1] * math.log(2 * math.pi))
    )


def _finite(x):
    """Whether all of an array is finite, by their sum (where that overflows, it is not said to be)."""
    return math.isfinite(np.add.reduce(x, axis=None))


# Blocks and reductions ----------------------------------------------------------------------------

# How many numbers of an argument make a block: what is computed of them stays in the cache.
_BLOCK = 16384

# Which of the learned arguments are vectors: their entries lie last.
_VECTORS = (True, True)


def _in_double(function):
    """The function of its arguments in float64: where its terms nearly cancel, enough is left for float32."""
    return lambda *given: function(*(np.asarray(value, np.float64) for value in given))


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
    fulls = [samples + shape[-1:] if vector else samples for shape, vector in zip(shapes, _VECTORS)]
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
            for slope, derivative, full, vector in zip(slopes, derivatives, fulls, _VECTORS):
                count = counts[..., None] if vector else counts
                if slope.shape == full:
                    np.multiply(count, derivative, out=slope[block])
                else:
                    part = _part(slope, samples, block, vector)
                    part += _summed(np.broadcast_to(count, losses.shape + (1,) * vector) * derivative, part.shape)
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
    legal: Callable | None = None


_ARGUMENTS = {
    "y": _Argument(
        "data",
        "share, with a sum below 1",
        lambda y: np.any((y <= 0) | (y >= 1), axis=-1) | (np.sum(y, axis=-1) >= 1),
        1e-30,
        vector=True,
        legal=lambda y: y.min() > 0 and y.max() < 1 and np.all(np.sum(y, axis=-1) < 1),
    ),
    "mu": _Argument(
        "learned",
        "finite",
        lambda mu: np.any(np.isinf(mu), axis=-1),
        0.0,
        vector=True,
        legal=lambda mu: _finite(mu),
    ),
    "log_sigma": _Argument(
        "learned",
        "finite",
        lambda log_sigma: np.any(np.isinf(log_sigma), axis=-1),
        0.0,
        vector=True,
        legal=lambda log_sigma: _finite(log_sigma),
    ),
    "weight": _Argument("known", "nonnegative", lambda weight: (weight < 0) | np.isinf(weight), 1.0),
}

_ARGUMENTS["v_mu"] = _Argument(
    "direction", "given", lambda v_mu: False, 0.0, vector=True, legal=lambda v_mu: True
)
_ARGUMENTS["v_log_sigma"] = _Argument(
    "direction", "given", lambda v_log_sigma: False, 0.0, vector=True, legal=lambda v_log_sigma: True
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
