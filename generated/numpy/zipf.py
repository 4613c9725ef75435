"""The zipf loss of shape, with its gradient and Hessian.

How often something is met that falls like a power, such as the links to a page.

Density
    p(y | shape) = y^(−(α + 1))/ζ(1 + α)

Symbols
    y         in {1, 2, 3, …}  data                       size
    shape  α  in (0, ∞)        predicted for each sample  shape: the tail falls like the power -shape,
                                                          and the probability like the power -(1 +
                                                          shape)

Loss of one sample, to be minimised over shape
    loss    = log ζ(1 + α) + (α + 1) log y
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

Also known of the density
    mode          1

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 3, gradient 3, Hessian 3
    float32  value 1, gradient 1, Hessian 1

Elsewhere:
    loss = -scipy.stats.zipf.logpmf

Source: Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, ch. 11.

Made by `derive zipf --emit numpy`, derive 0.1.0.
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

    shape: np.ndarray


def loss(y, shape, *, reduction="mean", weight=None, validate=False):
    """The loss.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are
    """
    value, _ = _in_blocks(_loss, [], reduction, weight, validate, y=y, shape=shape)
    return value


def loss_and_gradient(y, shape, *, reduction="mean", weight=None, validate=False, out=None):
    """The loss and its gradient in one pass, both reduced alike.

    out  the Gradient of an earlier call alike: where its slopes are as large as the samples, they are
         overwritten, which saves the time that fresh memory takes
    """
    shapes = [np.shape(shape)]
    value, slopes = _in_blocks(_loss_and_gradient, shapes, reduction, weight, validate, out, y=y, shape=shape)
    return value, Gradient(*slopes)


def hessian(y, shape, *, reduction="mean", weight=None, validate=False):
    """The Hessian of the reduced loss in (shape), on the last two axes.

    The axes before are those of the learned arguments, broadcast: there is one block for each set
    of learned values, summed over the samples that share it.
    """

    def triangle(*given):
        return _loss(*given), *_hessian(*given)

    shapes = [np.broadcast_shapes(np.shape(shape))] * 1
    _, upper = _in_blocks(triangle, shapes, reduction, weight, validate, y=y, shape=shape)
    matrix = np.empty((*upper[0].shape, 1, 1), upper[0].dtype)
    for row, column, entry in zip(*np.triu_indices(1), upper):
        matrix[..., row, column] = matrix[..., column, row] = entry
    return matrix


def negative_log_likelihood(y, shape, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""

    def in_full(y, shape):
        return FACTOR * _loss(y, shape) + _dropped()

    value, _ = _in_blocks(in_full, [], reduction, weight, validate, y=y, shape=shape)
    return value


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, shape):
    return _log_zeta(shape) + np.log(y) * (shape + 1)


def _loss_and_gradient(y, shape):
    log = np.log(y)
    return _log_zeta(shape) + log * (shape + 1), log + _log_zeta_slope(shape)


def _hessian(y, shape):
    return (_log_zeta_curvature(shape),)


def _dropped():
    return 0


# zeta(1 + a) - 1/a and its first two derivatives, in powers of a: Stieltjes's constants (DLMF 25.2.4).
_STIELTJES = (
    0.5772156649015329,
    0.07281584548367673,
    -0.00484518159643616,
    -0.00034230573671722433,
    9.689041939447084e-05,
    -6.6110318108421895e-06,
    -3.316240908752772e-07,
    1.0462094584479188e-07,
    -8.733218100273798e-09,
    9.47827778276236e-11,
    5.658421927608708e-11,
    -6.768689863513697e-12,
    3.4921159366720317e-13,
    4.4104247417577536e-15,
    -2.3997862217709992e-15,
    2.1677312200726828e-16,
    -9.544466076366965e-18,
    -7.387676660538637e-20,
    4.800850782488065e-20,
    -4.139956737713306e-21,
    1.9168201593991233e-22,
)
_STIELTJES_SLOPE = (
    0.07281584548367673,
    -0.00969036319287232,
    -0.001026917210151673,
    0.00038756167757788337,
    -3.3055159054210945e-05,
    -1.9897445452516635e-06,
    7.323466209135431e-07,
    -6.986574480219038e-08,
    8.530450004486123e-10,
    5.658421927608708e-10,
    -7.445558849865067e-11,
    4.190539124006438e-12,
    5.73355216428508e-14,
    -3.3597007104793986e-14,
    3.251596830109024e-15,
    -1.5271145722187144e-16,
    -1.2559050322915682e-18,
    8.641531408478517e-19,
    -7.865917801655281e-20,
    3.833640318798247e-21,
)
_STIELTJES_CURVATURE = (
    -0.00969036319287232,
    -0.002053834420303346,
    0.00116268503273365,
    -0.00013222063621684378,
    -9.948722726258318e-06,
    4.394079725481259e-06,
    -4.890602136153327e-07,
    6.824360003588899e-09,
    5.092579734847837e-09,
    -7.445558849865067e-10,
    4.609593036407082e-11,
    6.880262597142095e-13,
    -4.3676109236232185e-13,
    4.552235562152634e-14,
    -2.2906718583280715e-15,
    -2.0094480516665092e-17,
    1.469060339441348e-17,
    -1.4158652042979504e-18,
    7.283916605716669e-20,
)
# The numbers of Bernoulli over factorials, B_2k/(2k)!, of Euler's and Maclaurin's formula (DLMF 25.2.9).
_EULER_MACLAURIN = (
    0.08333333333333333,
    -0.001388888888888889,
    3.306878306878307e-05,
    -8.267195767195768e-07,
    2.08767569878681e-08,
    -5.284190138687493e-10,
    1.3382536530684679e-11,
    -3.3896802963225827e-13,
    8.586062056277845e-15,
)


def _finite(x):
    """Whether all of an array is finite, by their sum (where that overflows, it is not said to be)."""
    return math.isfinite(np.add.reduce(x, axis=None))


def _wide(*arguments):
    """The arguments as float64 arrays, and the floating dtype in which to answer."""
    kind = np.result_type(*arguments)
    kind = kind if kind.kind == "f" else np.dtype(np.float64)
    return (*(np.asarray(value, dtype=np.float64) for value in arguments), kind)


def _polynomial(coefficients, w):
    """The polynomial with these coefficients (lowest power first) at w, by Horner's rule."""
    *others, leading = coefficients
    total = np.full_like(w, leading)
    for coefficient in reversed(others):
        total *= w
        total += coefficient
    return total


def _zeta_rest(s):
    """zeta(s) - 1 and its first two derivatives for s >= 2: eight terms, and the rest by Euler's and Maclaurin's formula."""
    logs = np.log(np.arange(2.0, 10.0))
    value, slope, curvature = 0.0, 0.0, 0.0
    for log in logs:
        term = np.exp(-s * log)
        value, slope, curvature = value + term, slope - log * term, curvature + log * log * term
    log, size = math.log(10.0), np.exp(-s * math.log(10.0))
    term, fall = 10.0 * size / (s - 1.0), -log - 1.0 / (s - 1.0)
    value, slope = value + (term + 0.5 * size), slope + (term * fall - 0.5 * log * size)
    curvature = curvature + (term * (fall * fall + 1.0 / ((s - 1.0) * (s - 1.0))) + 0.5 * log * log * size)
    power, first, second = 0.1 * s * size, 1.0 / s, 1.0 / (s * s)
    for step, number in enumerate(_EULER_MACLAURIN):
        term, rise = number * power, first - log
        value, slope = value + term, slope + term * rise
        curvature = curvature + term * (rise * rise - second)
        p, q = s + (2.0 * step + 1.0), s + (2.0 * step + 2.0)
        power = power * (0.1 * p) * (0.1 * q)
        first, second = first + (1.0 / p + 1.0 / q), second + (1.0 / (p * p) + 1.0 / (q * q))
    return value, slope, curvature


def _log_zeta(a):
    """The logarithm of zeta(1 + a) for a > 0: below 1 that of 1/a, and of one plus what is left; else of one plus zeta - 1.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    a, kind = _wide(a)
    with np.errstate(all="ignore"):
        low = np.minimum(a, 1.0)
        near = np.log1p(low * _polynomial(_STIELTJES, low)) - np.log(low)
        return np.where(a < 1.0, near, np.log1p(_zeta_rest(np.clip(1.0 + a, 2.0, 1100.0))[0])).astype(kind)


def _log_zeta_slope(a):
    """The derivative of the same, near -1/a for small a.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    a, kind = _wide(a)
    with np.errstate(all="ignore"):
        low = np.minimum(a, 1.0)
        near = (low * _polynomial(_STIELTJES_SLOPE, low) - 1.0 / low) / (1.0 + low * _polynomial(_STIELTJES, low))
        value, slope, _ = _zeta_rest(np.clip(1.0 + a, 2.0, 1100.0))
        return np.where(a < 1.0, near, slope / (1.0 + value)).astype(kind)


def _log_zeta_curvature(a):
    """The second derivative of the same, near 1/a^2 for small a: the variance of log y.

    Measured beyond conditioning: at most 6 ulp in float64, 0.5 in float32.
    """
    a, kind = _wide(a)
    with np.errstate(all="ignore"):
        low = np.minimum(a, 1.0)
        rest, rise = _polynomial(_STIELTJES, low), _polynomial(_STIELTJES_SLOPE, low)
        bend = low * _polynomial(_STIELTJES_CURVATURE, low) * (1.0 + low * rest)
        near = (1.0 / low / low + 2.0 * rest / low + bend + 2.0 * rise - low * low * rise * rise) / np.square(1.0 + low * rest)
        value, slope, curvature = _zeta_rest(np.clip(1.0 + a, 2.0, 1100.0))
        far = (curvature - slope * (slope / (1.0 + value))) / (1.0 + value)
        return np.where(a < 1.0, near, far).astype(kind)


# Blocks and reductions ----------------------------------------------------------------------------

# How many numbers of an argument make a block: what is computed of them stays in the cache.
_BLOCK = 16384


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
            losses, subtotal, counts, derivatives = _weighted(function, parts, part, dtype.type(total))
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
    """

    role: str
    demand: str
    broken: Callable
    harmless: float
    legal: Callable | None = None


_ARGUMENTS = {
    "y": _Argument(
        "data",
        "a positive count: 1, 2, 3, ...",
        lambda y: (y < 1) | np.isinf(y) | (np.floor(y) < y),
        1.0,
        legal=lambda y: y.min() >= 1 and _finite(y) and np.array_equal(y, np.floor(y)),
    ),
    "shape": _Argument(
        "learned",
        "positive",
        lambda shape: (shape <= 0) | np.isinf(shape),
        1.0,
        legal=lambda shape: shape.min() > 0 and _finite(shape),
    ),
    "weight": _Argument("known", "nonnegative", lambda weight: (weight < 0) | np.isinf(weight), 1.0),
}



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
