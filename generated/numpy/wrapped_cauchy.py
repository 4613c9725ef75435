"""The wrapped cauchy loss of mu and rho, with its gradient and Hessian.

A direction in the plane with outliers: a Cauchy variable wound around the circle.

Density
    p(y | mu, rho) = (ρ + 1) (1 − ρ)/(2π ((1 − ρ)² + 2 ρ [1 − cos(y − μ)]))

Symbols
    y       in (−π, π]  data                       angle in radians; any turn of it is the same
    mu   μ  in (−π, π]  predicted for each sample  mean direction in radians; any turn of it is the
                                                   same
    rho  ρ  in [0, 1]   predicted for each sample  mean resultant length: 0 for no preferred
                                                   direction, 1 for no other

Loss of one sample, to be minimised over mu, rho
    loss    = log([(1 − ρ)² + 2 ρ (1 − cos(y − μ))]/(1 − ρ²))
    factor  = 1
    dropped = log 2π
    -log p  = factor · loss + dropped

Also known of the density
    mode          μ

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 3, gradient 3, Hessian 3, -log p 3
    float32  value 1, gradient 1, Hessian 1, -log p 1

Elsewhere:
    loss = -scipy.stats.wrapcauchy.logpdf - 1.83787706641

Source: Mardia and Jupp (2000), Directional Statistics, ch. 3.

Made by `derive wrapped_cauchy --emit numpy`, derive 0.1.0.
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
    rho: np.ndarray


def loss(y, mu, rho, *, reduction="mean", weight=None, validate=False):
    """The loss.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are
    """
    value, _ = _in_blocks(_loss, [], reduction, weight, validate, y=y, mu=mu, rho=rho)
    return value


def loss_and_gradient(y, mu, rho, *, reduction="mean", weight=None, validate=False, out=None):
    """The loss and its gradient in one pass, both reduced alike.

    out  the Gradient of an earlier call alike: where its slopes are as large as the samples, they are
         overwritten, which saves the time that fresh memory takes
    """
    shapes = [np.shape(mu), np.shape(rho)]
    value, slopes = _in_blocks(_loss_and_gradient, shapes, reduction, weight, validate, out, y=y, mu=mu, rho=rho)
    return value, Gradient(*slopes)


def hessian(y, mu, rho, *, reduction="mean", weight=None, validate=False):
    """The Hessian of the reduced loss in (mu, rho), on the last two axes.

    The axes before are those of the learned arguments, broadcast: there is one block for each set
    of learned values, summed over the samples that share it.
    """

    def triangle(*given):
        return _loss(*given), *_hessian(*given)

    shapes = [np.broadcast_shapes(np.shape(mu), np.shape(rho))] * 3
    _, upper = _in_blocks(triangle, shapes, reduction, weight, validate, y=y, mu=mu, rho=rho)
    matrix = np.empty((*upper[0].shape, 2, 2), upper[0].dtype)
    for row, column, entry in zip(*np.triu_indices(2), upper):
        matrix[..., row, column] = matrix[..., column, row] = entry
    return matrix


def negative_log_likelihood(y, mu, rho, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""

    def in_full(y, mu, rho):
        return FACTOR * _loss(y, mu, rho) + _dropped()

    value, _ = _in_blocks(in_full, [], reduction, weight, validate, y=y, mu=mu, rho=rho)
    return value


def dropped():
    """What was dropped from -log p of one sample: log 2π."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, mu, rho):
    return _wrapped_cauchy(y, mu, rho)


def _loss_and_gradient(y, mu, rho):
    return (
        _wrapped_cauchy(y, mu, rho),
        -_wrapped_cauchy_slope(y, mu, rho),
        _wrapped_cauchy_pull(y, mu, rho),
    )


def _hessian(y, mu, rho):
    return (
        _wrapped_cauchy_curvature(y, mu, rho),
        -_wrapped_cauchy_mixed(y, mu, rho),
        _wrapped_cauchy_pull_slope(y, mu, rho),
    )


def _dropped():
    return math.log(2 * math.pi)


def _finite(x):
    """Whether all of an array is finite, by their sum (where that overflows, it is not said to be)."""
    return math.isfinite(np.add.reduce(x, axis=None))


def _wide(*arguments):
    """The arguments as float64 arrays, and the floating dtype in which to answer."""
    kind = np.result_type(*arguments)
    kind = kind if kind.kind == "f" else np.dtype(np.float64)
    return (*(np.asarray(value, dtype=np.float64) for value in arguments), kind)


def _difference(a, b):
    """The difference a - b as it is rounded, and what it then misses, exactly (Knuth's two-sum)."""
    d = a - b
    part = d - a
    return d, (a - (d - part)) - (b + part)


def _one_minus_cosine_between(a, b):
    """1 - cos(a - b) = 2 sin((a - b)/2)^2, of the exact difference.

    At most 4 ulp of the value, or of 1 where the difference is beyond 1.
    """
    a, b, kind = _wide(a, b)
    with np.errstate(all="ignore"):
        d, e = _difference(0.5 * a, 0.5 * b)
        s = np.sin(d) * np.cos(e) + np.cos(d) * np.sin(e)
        return (2.0 * s * s).astype(kind)


def _sine_between(a, b):
    """The sine of the exact difference a - b.

    At most 4 ulp of the value, or of 1 where the difference is beyond 1.
    """
    a, b, kind = _wide(a, b)
    with np.errstate(all="ignore"):
        d, e = _difference(a, b)
        return (np.sin(d) * np.cos(e) + np.cos(d) * np.sin(e)).astype(kind)


def _wrapped_parts(a, b, c):
    """1 - cos(a - b), sin(a - b), 1 - 2 c cos(a - b) + c^2 and 2 c - (1 + c^2) cos(a - b)."""
    rise, square = _one_minus_cosine_between(a, b), (1.0 - c) * (1.0 - c)
    return rise, _sine_between(a, b), square + 2.0 * c * rise, (1.0 + c * c) * rise - square


def _wrapped_cauchy(a, b, c):
    """The logarithm of (1 - 2 c cos(a - b) + c^2)/(1 - c^2); 0 <= c <= 1.

    It is that of one plus 2 c (c - cos(a - b))/(1 - c^2), unless that is near -1.

    Measured beyond conditioning: at most 5 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _wide(a, b, c)
    with np.errstate(all="ignore"):
        rise, whole = _one_minus_cosine_between(a, b), (1.0 - c) * (1.0 + c)
        excess = 2.0 * c * (rise - (1.0 - c)) / whole
        direct = np.log((1.0 - c) / (1.0 + c) + 2.0 * c * rise / whole)
        return np.where(excess > -0.5, np.log1p(np.maximum(excess, -0.5)), direct).astype(kind)


def _wrapped_cauchy_slope(a, b, c):
    """The derivative 2 c sin(a - b)/(1 - 2 c cos(a - b) + c^2) of the same in a.

    Measured beyond conditioning: at most 6 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _wide(a, b, c)
    with np.errstate(all="ignore"):
        _, sine, spread, _ = _wrapped_parts(a, b, c)
        return (2.0 * c * (sine / spread)).astype(kind)


def _wrapped_cauchy_pull(a, b, c):
    """The derivative of the same in c.

    Measured beyond conditioning: at most 8 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _wide(a, b, c)
    with np.errstate(all="ignore"):
        _, _, spread, lead = _wrapped_parts(a, b, c)
        return (2.0 * (lead / spread) / ((1.0 - c) * (1.0 + c))).astype(kind)


def _wrapped_cauchy_curvature(a, b, c):
    """The second derivative of the same in a.

    Measured beyond conditioning: at most 8 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _wide(a, b, c)
    with np.errstate(all="ignore"):
        _, _, spread, lead = _wrapped_parts(a, b, c)
        return (-2.0 * c * (lead / spread / spread)).astype(kind)


def _wrapped_cauchy_mixed(a, b, c):
    """The second derivative of the same in a and c.

    Measured beyond conditioning: at most 8 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _wide(a, b, c)
    with np.errstate(all="ignore"):
        _, sine, spread, _ = _wrapped_parts(a, b, c)
        return (2.0 * (sine / spread) * ((1.0 - c) * (1.0 + c) / spread)).astype(kind)


def _wrapped_cauchy_pull_slope(a, b, c):
    """The second derivative of the same in c.

    Measured beyond conditioning: at most 12 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _wide(a, b, c)
    with np.errstate(all="ignore"):
        _, sine, spread, lead = _wrapped_parts(a, b, c)
        share, whole = sine / spread, (1.0 - c) * (1.0 + c)
        return (4.0 * share * share + 4.0 * c * (lead / spread / whole / whole)).astype(kind)


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
    "y": _Argument("data", "finite", lambda y: np.isinf(y), 0.0, legal=lambda y: _finite(y)),
    "mu": _Argument("learned", "finite", lambda mu: np.isinf(mu), 0.0, legal=lambda mu: _finite(mu)),
    "rho": _Argument(
        "learned",
        "in the unit interval",
        lambda rho: (rho < 0) | (rho > 1),
        0.5,
        legal=lambda rho: rho.min() >= 0 and rho.max() <= 1,
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
