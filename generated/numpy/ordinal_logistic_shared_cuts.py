"""The ordinal logistic loss of eta and cuts, with its gradient and Hessian.

Which of K + 1 ordered classes a logistic variable falls into, which cut points part.

Density
    p(y | eta, cuts) = sigmoid(c[y + 1] − η) − sigmoid(c[y] − η)

Symbols
    y        in {0, …, K}       data                              class: 0 below all cut points, K
                                                                  above them all
    eta   η  in ℝ               predicted for each sample         location of the variable: the
                                                                  larger, the higher the class
    cuts  c  in ℝᴷ, increasing  one learned value for all         cut points in increasing order;
                                samples                           beside them are c[0] = -inf and c[K
                                                                  + 1] = inf

Loss of one sample, to be minimised over eta, cuts
    loss    = softplus(c[y] − η) + softplus(η − c[y + 1]) − log(1 − e^−(c[y + 1] − c[y]))
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

The class axis is the last one; the other axes broadcast, with a warning where that makes samples
that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 1, gradient 2, Hessian 3
    float32  value 1, gradient 3, Hessian 3

Source: McCullagh and Nelder (1989), Generalized Linear Models, 2nd ed., ch. 5.

Made by `derive ordinal_logistic --shared cuts --emit numpy`, derive 0.1.0.
Anyone may use, change and share this file for any purpose, without warranty (0BSD).
"""

import itertools
import math
import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import special

# -log p = FACTOR * loss + dropped
FACTOR = 1


class Gradient(NamedTuple):
    """The derivative of the loss in each learned argument, in its shape (the samples' where not reduced)."""

    eta: np.ndarray
    cuts: np.ndarray


def loss(y, eta, cuts, *, reduction="mean", weight=None, validate=False):
    """The loss.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are
    """
    value, _ = _in_blocks(_loss, [], reduction, weight, validate, y=y, eta=eta, cuts=cuts)
    return value


def loss_and_gradient(y, eta, cuts, *, reduction="mean", weight=None, validate=False, out=None):
    """The loss and its gradient in one pass, both reduced alike.

    out  the Gradient of an earlier call alike: where its slopes are as large as the samples, they are
         overwritten, which saves the time that fresh memory takes
    """
    shapes = [np.shape(eta), np.shape(cuts)]
    value, slopes = _in_blocks(_loss_and_gradient, shapes, reduction, weight, validate, out, y=y, eta=eta, cuts=cuts)
    return value, Gradient(*slopes)


def hessian_diagonal(y, eta, cuts, *, reduction="mean", weight=None, validate=False):
    """The diagonal of the Hessian of the reduced loss, in the shape of each learned argument."""

    def diagonal(*given):
        return _loss(*given), *_hessian_diagonal(*given)

    shapes = [np.shape(eta), np.shape(cuts)]
    return Gradient(*_in_blocks(diagonal, shapes, reduction, weight, validate, y=y, eta=eta, cuts=cuts)[1])


def hessian_vector_product(y, eta, cuts, v_eta, v_cuts, *, reduction="mean", weight=None, validate=False):
    """The Hessian of the reduced loss times a direction, which has a part in the shape of each learned argument.

    There is a result for each of these parts; nothing of size K² is formed.
    """

    def product(y, eta, cuts, v_eta, v_cuts):
        return _loss(y, eta, cuts), *_hessian_vector_product(y, eta, cuts, v_eta, v_cuts)

    shapes = [np.shape(eta), np.shape(cuts)]
    given = {"y": y, "eta": eta, "cuts": cuts, "v_eta": v_eta, "v_cuts": v_cuts}
    return Gradient(*_in_blocks(product, shapes, reduction, weight, validate, **given)[1])


def negative_log_likelihood(y, eta, cuts, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""

    def in_full(y, eta, cuts):
        return FACTOR * _loss(y, eta, cuts) + _dropped()

    value, _ = _in_blocks(in_full, [], reduction, weight, validate, y=y, eta=eta, cuts=cuts)
    return value


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, eta, cuts):
    cut_point = _cut_point(cuts, y + 1)
    cut_point_2 = _cut_point(cuts, y)
    return (
        _softplus(eta - cut_point)
        + _softplus(cut_point_2 - eta)
        - _log1mexp(cut_point - cut_point_2)
    )


def _loss_and_gradient(y, eta, cuts):
    total = y + 1
    cut_point = _cut_point(cuts, total)
    difference = eta - cut_point
    cut_point_2 = _cut_point(cuts, y)
    difference_2 = cut_point_2 - eta
    difference_3 = cut_point - cut_point_2
    at_cut_point = _at_cut_point(cuts, y)
    at_cut_point_2 = _at_cut_point(cuts, total)
    return (
        _softplus(difference) + _softplus(difference_2) - _log1mexp(difference_3),
        _sigmoid_difference(difference, difference_2),
        _sigmoid(difference_2)[..., None] * at_cut_point
        - at_cut_point_2 * _sigmoid(difference)[..., None]
        - (1 / np.expm1(difference_3))[..., None] * (at_cut_point_2 - at_cut_point),
    )


def _hessian_diagonal(y, eta, cuts):
    total = y + 1
    cut_point = _cut_point(cuts, total)
    difference = eta - cut_point
    cut_point_2 = _cut_point(cuts, y)
    difference_2 = cut_point_2 - eta
    at_cut_point = _at_cut_point(cuts, y)
    at_cut_point_2 = _at_cut_point(cuts, total)
    difference_3 = cut_point - cut_point_2
    return (
        (_sigmoid(difference) * _sigmoid(-difference)) + (_sigmoid(difference_2) * _sigmoid(-difference_2)),
        _sigmoid(difference_2)[..., None] * _sigmoid(-difference_2)[..., None] * np.square(at_cut_point)
        + _sigmoid(-difference)[..., None] * np.square(at_cut_point_2) * _sigmoid(difference)[..., None]
        - (1 / np.expm1(difference_3))[..., None] * (1 / np.expm1(-difference_3))[..., None] * (at_cut_point_2 - at_cut_point)**2,
    )


def _hessian_vector_product(y, eta, cuts, v_eta, v_cuts):
    total = y + 1
    cut_point = _cut_point(cuts, total)
    difference = eta - cut_point
    sigmoid_slope = (_sigmoid(difference) * _sigmoid(-difference))
    entry_or_zero = _entry_or_zero(v_cuts, total)
    cut_point_2 = _cut_point(cuts, y)
    difference_2 = cut_point_2 - eta
    sigmoid_slope_2 = (_sigmoid(difference_2) * _sigmoid(-difference_2))
    entry_or_zero_2 = _entry_or_zero(v_cuts, y)
    sigmoid = _sigmoid(difference_2)
    sigmoid_2 = _sigmoid(-difference_2)
    at_cut_point = _at_cut_point(cuts, y)
    sigmoid_3 = _sigmoid(-difference)
    sigmoid_4 = _sigmoid(difference)
    at_cut_point_2 = _at_cut_point(cuts, total)
    difference_3 = cut_point - cut_point_2
    return (
        _times(v_eta, sigmoid_slope + sigmoid_slope_2)
        - sigmoid_slope * entry_or_zero
        - sigmoid_slope_2 * entry_or_zero_2,
        sigmoid[..., None] * at_cut_point * sigmoid_2[..., None] * entry_or_zero_2[..., None]
        + at_cut_point_2 * sigmoid_3[..., None] * entry_or_zero[..., None] * sigmoid_4[..., None]
        + _times(v_eta[..., None], -sigmoid[..., None] * at_cut_point * sigmoid_2[..., None] - at_cut_point_2 * sigmoid_3[..., None] * sigmoid_4[..., None])
        - (1 / np.expm1(difference_3))[..., None] * (1 / np.expm1(-difference_3))[..., None] * (at_cut_point_2 - at_cut_point) * (entry_or_zero - entry_or_zero_2)[..., None],
    )


def _dropped():
    return 0


def _finite(x):
    """Whether all of an array is finite, by their sum (where that overflows, it is not said to be)."""
    return math.isfinite(np.add.reduce(x, axis=None))


def _wide(*arguments):
    """The arguments as float64 arrays, and the floating dtype in which to answer."""
    kind = np.result_type(*arguments)
    kind = kind if kind.kind == "f" else np.dtype(np.float64)
    return (*(np.asarray(value, dtype=np.float64) for value in arguments), kind)


def _chosen(z, m, before, behind):
    """The m-th entry of z along the last axis, `before` at m = 0 and `behind` at m = K + 1; nan where m is."""
    ends = np.ones_like(z[..., :1])
    z = np.concatenate([before * ends, z, behind * ends], axis=-1)
    shape = np.broadcast_shapes(z.shape[:-1], np.shape(m))
    place = np.broadcast_to(np.clip(np.where(np.isnan(m), 0, m), 0, z.shape[-1] - 1), shape).astype(np.intp)
    chosen = np.take_along_axis(np.broadcast_to(z, (*shape, z.shape[-1])), place[..., None], axis=-1)[..., 0]
    return np.where(np.isnan(m), np.nan, chosen).astype(z.dtype)


def _cut_point(z, m):
    """The cut point z_m, minus infinity before the first and infinity behind the last."""
    return _chosen(z, m, -np.inf, np.inf)


def _entry_or_zero(z, m):
    """The entry z_m, zero before the first and behind the last."""
    return _chosen(z, m, 0, 0)


def _at_cut_point(z, m):
    """One at the place m of the last axis of z, zero at all others."""
    return (np.arange(1, z.shape[-1] + 1) == np.asarray(m)[..., None]).astype(z.dtype)


def _softplus(x):
    """The logarithm of 1 + exp(x).

    Measured beyond conditioning: at most 1.5 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        return (np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))).astype(kind, copy=False)


def _sigmoid(x):
    """The quotient 1 / (1 + exp(-x)).

    Measured beyond conditioning: at most 1.5 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        e = np.exp(-np.abs(x))
        # The larger of the two is e below 0 and 1 above: np.where is slow where the signs alternate.
        return (np.maximum(e, x >= 0.0) / (1.0 + e)).astype(kind, copy=False)


def _log1mexp(x):
    """The logarithm of 1 - exp(-x), x > 0.

    Measured beyond conditioning: at most 1 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        near = np.log(-np.expm1(-x))
        far = np.log1p(-np.exp(-x))
        return np.where(x < 0.6931471805599453, near, far).astype(kind, copy=False)


def _sigmoid_difference(a, b):
    """The difference sigmoid(a) - sigmoid(b).

    With h the larger and l the smaller it is sigmoid(h) sigmoid(-l) (1 - exp(l - h)) in size.

    Measured beyond conditioning: at most 2.5 ulp in float64, 0.5 in float32.
    """
    a, b, kind = _wide(a, b)
    with np.errstate(all="ignore"):
        high, low = np.maximum(a, b), np.minimum(a, b)
        size = special.expit(high) * special.expit(-low) * -np.expm1(low - high)
        return np.where(a < b, -size, size).astype(kind)


def _times(x, y):
    """The product x y with 0 inf = 0: what is impossible and did not happen costs nothing."""
    product, nothing = x * y, (x == 0) & np.isinf(y)
    return np.where(nothing, np.zeros_like(y), product) if nothing.any() else product


# Blocks and reductions ----------------------------------------------------------------------------

# How many numbers of an argument make a block: what is computed of them stays in the cache.
_BLOCK = 16384

# Which of the learned arguments are vectors: their entries lie last.
_VECTORS = (False, True)


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
    ascends: bool = False
    at_most_length: bool = False
    legal: Callable | None = None


_ARGUMENTS = {
    "y": _Argument(
        "data",
        "a rank: 0, 1, ..., K beside vectors of K entries",
        lambda y: (y < 0) | np.isinf(y) | (np.floor(y) < y),
        1.0,
        at_most_length=True,
        legal=lambda y: y.min() >= 0 and _finite(y) and np.array_equal(y, np.floor(y)),
    ),
    "eta": _Argument(
        "learned",
        "finite",
        lambda eta: np.isinf(eta),
        0.0,
        legal=lambda eta: _finite(eta),
    ),
    "cuts": _Argument(
        "learned",
        "finite, each greater than the one before",
        lambda cuts: np.any(np.isinf(cuts), axis=-1) | np.any(cuts[..., 1:] <= cuts[..., :-1], axis=-1),
        0.0,
        vector=True,
        ascends=True,
        legal=lambda cuts: _finite(cuts) and np.all(cuts[..., 1:] > cuts[..., :-1]),
    ),
    "weight": _Argument("known", "nonnegative", lambda weight: (weight < 0) | np.isinf(weight), 1.0),
}

_ARGUMENTS["v_eta"] = _Argument(
    "direction", "given", lambda v_eta: False, 0.0, legal=lambda v_eta: True
)
_ARGUMENTS["v_cuts"] = _Argument(
    "direction", "given", lambda v_cuts: False, 0.0, vector=True, legal=lambda v_cuts: True
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
    length = max([given.shape[-1] for name, given in arguments.items() if _ARGUMENTS[name].vector], default=math.inf)
    for name, value in values.items():
        argument = _ARGUMENTS[name]
        broken = False if not validate and argument.legal(value) else argument.broken(value)
        if argument.at_most_length:
            broken = broken | (value > length)
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
    harmless = np.arange(value.shape[-1]) if argument.ascends else harmless
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
