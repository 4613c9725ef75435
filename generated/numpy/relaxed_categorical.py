"""The relaxed categorical loss of temperature and logits, with its gradient and Hessian.

Shares of a whole, the closer to one of K classes the lower the temperature: Concrete shares.

Density
    p(y | temperature, logits) = τ^(K − 1) Γ(K) (∏ₖ softmax(z − τ log y)ₖ)/(∏ₖ yₖ)

Symbols
    y               in the open        data                       shares, none of them zero, which sum
                    simplex of K                                  to one
                    parts
    temperature  τ  in (0, ∞)          predicted for each sample  temperature: near 0 almost all of
                                                                  the whole is in one class
    logits       z  in ℝᴷ              predicted for each sample  logarithms of the weights of the
                                                                  classes, up to a common term

Loss of one sample, to be minimised over temperature, logits
    loss    = Σₖ logsumexp(z − τ log y − (zₖ − τ log yₖ)) − (K − 1) log τ
    factor  = 1
    dropped = Σₖ log yₖ − log Γ(K)
    -log p  = factor · loss + dropped

The class axis is the last one; the other axes broadcast, with a warning where that makes samples
that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 2, gradient 3, Hessian 3, -log p 3
    float32  value 2, gradient 3, Hessian 3, -log p 1

Source: Maddison, Mnih and Teh (2017), The Concrete Distribution, ICLR, eq. 10.

Made by `derive relaxed_categorical --emit numpy`, derive 0.1.0.
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

    temperature: np.ndarray
    logits: np.ndarray


def loss(y, temperature, logits, *, reduction="mean", weight=None, validate=False):
    """The loss.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are
    """
    value, _ = _in_blocks(_loss, [], reduction, weight, validate, y=y, temperature=temperature, logits=logits)
    return value


def loss_and_gradient(y, temperature, logits, *, reduction="mean", weight=None, validate=False, out=None):
    """The loss and its gradient in one pass, both reduced alike.

    out  the Gradient of an earlier call alike: where its slopes are as large as the samples, they are
         overwritten, which saves the time that fresh memory takes
    """
    shapes = [np.shape(temperature), np.shape(logits)]
    value, slopes = _in_blocks(_loss_and_gradient, shapes, reduction, weight, validate, out, y=y, temperature=temperature, logits=logits)
    return value, Gradient(*slopes)


def hessian_diagonal(y, temperature, logits, *, reduction="mean", weight=None, validate=False):
    """The diagonal of the Hessian of the reduced loss, in the shape of each learned argument."""

    def diagonal(*given):
        return _loss(*given), *_hessian_diagonal(*given)

    shapes = [np.shape(temperature), np.shape(logits)]
    return Gradient(*_in_blocks(diagonal, shapes, reduction, weight, validate, y=y, temperature=temperature, logits=logits)[1])


def hessian_vector_product(y, temperature, logits, v_temperature, v_logits, *, reduction="mean", weight=None, validate=False):
    """The Hessian of the reduced loss times a direction, which has a part in the shape of each learned argument.

    There is a result for each of these parts; nothing of size K² is formed.
    """

    def product(y, temperature, logits, v_temperature, v_logits):
        return _loss(y, temperature, logits), *_hessian_vector_product(y, temperature, logits, v_temperature, v_logits)

    shapes = [np.shape(temperature), np.shape(logits)]
    given = {"y": y, "temperature": temperature, "logits": logits, "v_temperature": v_temperature, "v_logits": v_logits}
    return Gradient(*_in_blocks(product, shapes, reduction, weight, validate, **given)[1])


def negative_log_likelihood(y, temperature, logits, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""

    def in_full(y, temperature, logits):
        return FACTOR * _loss(y, temperature, logits) + _dropped(y)

    value, _ = _in_blocks(_in_double(in_full), [], reduction, weight, validate, y=y, temperature=temperature, logits=logits)
    return value


def dropped(y):
    """What was dropped from -log p of one sample: Σₖ log yₖ − log Γ(K)."""
    return _in_blocks(_dropped, [], "none", None, False, None, False, y=y)[0]


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, temperature, logits):
    return (
        np.sum(_log_sum_exp_difference(logits - temperature[..., None] * np.log(y)), axis=-1)
        - np.log(temperature) * (y.shape[-1] - 1)
    )


def _loss_and_gradient(y, temperature, logits):
    log = np.log(y)
    difference = logits - temperature[..., None] * log
    return (
        np.sum(_log_sum_exp_difference(difference), axis=-1) - np.log(temperature) * (y.shape[-1] - 1),
        np.sum(-_softmax_deviation(difference, -log), axis=-1) - (y.shape[-1] - 1) / temperature,
        (y.shape[-1] - 1) * _softmax(difference) - _softmax_complement(difference),
    )


def _hessian_diagonal(y, temperature, logits):
    log = np.log(y)
    difference = logits - temperature[..., None] * log
    softmax = _softmax(difference)
    return (
        y.shape[-1] * np.sum(softmax * _softmax_deviation(difference, -log)**2, axis=-1)
        + (y.shape[-1] - 1) / temperature**2,
        y.shape[-1] * softmax * _softmax_complement(difference),
    )


def _hessian_vector_product(y, temperature, logits, v_temperature, v_logits):
    log = np.log(y)
    difference = logits - temperature[..., None] * log
    softmax_deviation = _softmax_deviation(difference, v_logits)
    softmax_deviation_2 = _softmax_deviation(difference, -log)
    softmax = _softmax(difference)
    return (
        y.shape[-1] * np.sum(softmax_deviation * softmax_deviation_2 * softmax, axis=-1)
        + _times(v_temperature, y.shape[-1] * np.sum(softmax * softmax_deviation_2**2, axis=-1) + (y.shape[-1] - 1) / temperature**2),
        y.shape[-1] * softmax_deviation * softmax
        + _times(v_temperature[..., None], y.shape[-1] * softmax_deviation_2 * softmax),
    )


def _dropped(y):
    return np.sum(np.log(y), axis=-1) - math.lgamma(y.shape[-1])


def _finite(x):
    """Whether all of an array is finite, by their sum (where that overflows, it is not said to be)."""
    return math.isfinite(np.add.reduce(x, axis=None))


def _wide(*arguments):
    """The arguments as float64 arrays, and the floating dtype in which to answer."""
    kind = np.result_type(*arguments)
    kind = kind if kind.kind == "f" else np.dtype(np.float64)
    return (*(np.asarray(value, dtype=np.float64) for value in arguments), kind)


def _largest(z):
    """Where a largest entry stands along the last axis, and how small the others are beside it.

    Gives the largest entry m, a mask of exactly one largest entry, exp(z - m), and the sum S of
    exp(z - m) without that entry, in float64. The words below take it from those who have it already.
    """
    z = np.asarray(z, np.float64)
    place = np.argmax(z, axis=-1)[..., None]
    here = np.arange(z.shape[-1]) == place
    top = np.take_along_axis(z, place, axis=-1)
    weight = np.exp(z - np.where(np.isneginf(top), 0.0, top))
    np.copyto(weight, 0.0, where=here)
    rest = np.sum(weight, axis=-1, keepdims=True)
    np.copyto(weight, 1.0, where=here)
    return top, here, weight, rest


def _log_sum_exp_difference(z, largest=None):
    """The difference log sum_l exp(z_l) - z_k for every k of the last axis.

    It is (m - z_k) + log1p(S), with m a largest entry and S the sum of exp(z_l - m) over the
    others, so it is exact at the largest entry too.

    Measured beyond conditioning: at most 1.5 ulp in float64, 0.5 in float32.
    """
    z, kind = _wide(z)
    with np.errstate(all="ignore"):
        top, here, _, rest = largest or _largest(z)
        return (np.where(here, 0.0, top - z) + np.log1p(rest)).astype(kind, copy=False)


def _softmax(z, largest=None):
    """The quotient exp(z_k) / sum_l exp(z_l) for every k of the last axis.

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32.
    """
    z, kind = _wide(z)
    with np.errstate(all="ignore"):
        _, _, weight, rest = largest or _largest(z)
        return (weight / (1.0 + rest)).astype(kind, copy=False)


def _softmax_complement(z, largest=None):
    """One minus the softmax of z along the last axis.

    It is S/(1 + S) at the largest entry, with S the sum of exp(z_l - m) over the others, whose own
    softmax is at most 1/2.

    Measured beyond conditioning: at most 1.5 ulp in float64, 0.5 in float32.
    """
    z, kind = _wide(z)
    with np.errstate(all="ignore"):
        _, here, weight, rest = largest or _largest(z)
        return np.where(here, rest / (1.0 + rest), 1.0 - weight / (1.0 + rest)).astype(kind, copy=False)


def _softmax_deviation(z, v, largest=None):
    """The deviation v_k - sum_l softmax(z)_l v_l for every k of the last axis.

    Everything is taken from v at the largest entry of z, so nothing is lost where the softmax
    rounds to 1 there.

    Measured beside what one ulp in each entry of z and of v explains: an error of at most
    5 times that in float64, 0.5 times in float32.
    """
    z, v, kind = _wide(z, v)
    with np.errstate(all="ignore"):
        _, here, weight, rest = largest or _largest(z)
        v = v - np.sum(np.where(here, v, 0.0), axis=-1, keepdims=True)
        return (v - np.sum(weight * v, axis=-1, keepdims=True) / (1.0 + rest)).astype(kind, copy=False)


def _times(x, y):
    """The product x y with 0 inf = 0: what is impossible and did not happen costs nothing."""
    product, nothing = x * y, (x == 0) & np.isinf(y)
    return np.where(nothing, np.zeros_like(y), product) if nothing.any() else product


# Blocks and reductions ----------------------------------------------------------------------------

# How many numbers of an argument make a block: what is computed of them stays in the cache.
_BLOCK = 16384

# Which of the learned arguments are vectors: their entries lie last.
_VECTORS = (False, True)


def _in_double(function):
    """The function of its arguments in float64: where its terms nearly cancel, enough is left for float32."""
    return lambda *given: function(*(np.asarray(value, np.float64) for value in given))


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
            losses, subtotal, counts, derivatives = _weighted(function, parts, part, dtype.type(total), tells)
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
    told   whether the loss is infinite or nan wherever it is broken or nan
    """

    role: str
    demand: str
    broken: Callable
    harmless: float
    vector: bool = False
    sums_to_one: bool = False
    legal: Callable | None = None
    told: bool = False


_ARGUMENTS = {
    "y": _Argument(
        "data",
        "a composition: entries in (0, 1] that sum to one",
        lambda y: np.any((y <= 0) | (y > 1), axis=-1),
        None,
        vector=True,
        sums_to_one=True,
        legal=lambda y: y.min() > 0 and y.max() <= 1,
    ),
    "temperature": _Argument(
        "learned",
        "positive",
        lambda temperature: (temperature <= 0) | np.isinf(temperature),
        1.0,
        legal=lambda temperature: temperature.min() > 0 and _finite(temperature),
        told=True,
    ),
    "logits": _Argument(
        "learned",
        "finite",
        lambda logits: np.any(np.isinf(logits), axis=-1),
        0.0,
        vector=True,
        legal=lambda logits: _finite(logits),
    ),
    "weight": _Argument("known", "nonnegative", lambda weight: (weight < 0) | np.isinf(weight), 1.0),
}

_ARGUMENTS["v_temperature"] = _Argument(
    "direction", "given", lambda v_temperature: False, 0.0, legal=lambda v_temperature: True
)
_ARGUMENTS["v_logits"] = _Argument(
    "direction", "given", lambda v_logits: False, 0.0, vector=True, legal=lambda v_logits: True
)


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
        if argument.sums_to_one:
            broken = broken | (np.abs(np.sum(value, axis=-1) - 1) > _sum_tolerance(arguments[name].dtype))
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
    """The array with a harmless value in some of the samples: one over their number for entries that sum to one."""
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


def _sum_tolerance(dtype):
    """How far entries may sum from one: by two roundings of the dtype that they were given in, or 1e-05 if more."""
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
