"""The tweedie loss of log_mu, with its gradient and Hessian.

An amount that is often nothing at all: the sum of a Poisson number of gamma variables.

Density
    p(y | mu, phi, p) = c(y, φ, p) e^(−1/φ · d(y, μ, p))
    mu = exp(log_mu), the log link; η below

Symbols
    y          in [0, ∞)  data                       amount, in the units of the data; 0 has a
                                                     probability of its own
    mu      μ  in (0, ∞)  μ = e^η                    mean, in the units of the data
    log_mu  η  in ℝ       predicted for each sample  predictor of mu through the log link
    phi     φ  in (0, ∞)  known                      dispersion: the variance is phi times mu to the
                                                     power p
    p          in (1, 2)  known                      power; towards 1 a Poisson number of equal
                                                     amounts, towards 2 a gamma variable

Loss of one sample, to be minimised over log_mu
    loss    = d(y, e^η, p)
    factor  = 1/φ
    dropped = −log c(y, φ, p)
    -log p  = factor · loss + dropped

Also known of the density
    mean          μ
    deviance      2 d(y, μ, p)
    dispersion φ  φ

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 3, gradient 3, Hessian 3, -log p 3
    float32  value 2, gradient 3, Hessian 3, -log p 1

Source: Dunn and Smyth (2005), Statistics and Computing 15, 267-280; d is half the unit deviance, and c is their series over the Poisson number, 1 at y = 0, with the exponential at y = mu taken into it.

Made by `derive tweedie --link mu=exp --emit numpy`, derive 0.1.0.
Anyone may use, change and share this file for any purpose, without warranty (0BSD).
"""

import itertools
import math
import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Gradient(NamedTuple):
    """The derivative of the loss in each learned argument, in its shape (the samples' where not reduced)."""

    log_mu: np.ndarray


def loss(y, log_mu, p, *, reduction="mean", weight=None, validate=False):
    """The loss.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are
    """
    value, _ = _in_blocks(_loss, [], reduction, weight, validate, y=y, log_mu=log_mu, p=p)
    return value


def loss_and_gradient(y, log_mu, p, *, reduction="mean", weight=None, validate=False, out=None):
    """The loss and its gradient in one pass, both reduced alike.

    out  the Gradient of an earlier call alike: where its slopes are as large as the samples, they are
         overwritten, which saves the time that fresh memory takes
    """
    shapes = [np.shape(log_mu)]
    value, slopes = _in_blocks(_loss_and_gradient, shapes, reduction, weight, validate, out, y=y, log_mu=log_mu, p=p)
    return value, Gradient(*slopes)


def hessian(y, log_mu, p, *, reduction="mean", weight=None, validate=False):
    """The Hessian of the reduced loss in (log_mu), on the last two axes.

    The axes before are those of the learned arguments, broadcast: there is one block for each set
    of learned values, summed over the samples that share it.
    """

    def triangle(*given):
        return _loss(*given), *_hessian(*given)

    shapes = [np.broadcast_shapes(np.shape(log_mu))] * 1
    _, upper = _in_blocks(triangle, shapes, reduction, weight, validate, y=y, log_mu=log_mu, p=p)
    matrix = np.empty((*upper[0].shape, 1, 1), upper[0].dtype)
    for row, column, entry in zip(*np.triu_indices(1), upper):
        matrix[..., row, column] = matrix[..., column, row] = entry
    return matrix


def negative_log_likelihood(y, log_mu, phi, p, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""

    def in_full(y, log_mu, phi, p):
        return _factor(phi) * _loss(y, log_mu, p) + _dropped(y, phi, p)

    value, _ = _in_blocks(_in_double(in_full), [], reduction, weight, validate, y=y, log_mu=log_mu, phi=phi, p=p)
    return value


def dropped(y, phi, p):
    """What was dropped from -log p of one sample: −log c(y, φ, p)."""
    return _in_blocks(_dropped, [], "none", None, False, y=y, phi=phi, p=p)[0]


def factor(phi):
    """The factor in -log p = factor * loss + dropped: 1/φ."""
    return _in_blocks(_factor, [], "none", None, False, phi=phi)[0]


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, log_mu, p):
    return _tweedie_deviance(y, np.exp(log_mu), p)


def _loss_and_gradient(y, log_mu, p):
    exp = np.exp(log_mu)
    return _tweedie_deviance(y, exp, p), exp * np.exp(-log_mu * p) * _exp_less(log_mu, y)


def _hessian(y, log_mu, p):
    exp = np.exp(log_mu)
    exp_less = _exp_less(log_mu, y)
    return (exp * np.exp(-log_mu * p) * (exp + exp_less - p * exp_less),)


def _dropped(y, phi, p):
    return -_log_tweedie_base(y, phi, p)


def _factor(phi):
    return 1 / phi


# (x + 1/2) log(1 + 1/x) - 1 = z q, z = 1/(4 x (x + 1)), x >= 0.1: the quotient q of polynomials in z.
_STIRLING_STEP_N = (
    0.3333333333333333, 0.8888126198668904, 0.8895558517485586, 0.41613134569476556,
    0.09234200998313634, 0.008726038859893535, 0.0002561135343095964, 4.867574700570081e-07,
)
_STIRLING_STEP_D = (
    1.0, 3.066437859600661, 3.6666712705151414, 2.1665434154622902, 0.6619913165487941,
    0.09991332096920408, 0.006421095179202529, 0.00011941334361488813,
)
# log Gamma(x) = (x - 1/2) log x - x + log(2 pi)/2 + q/x, x >= 1: the quotient q of polynomials in 1/x^2.
_STIRLING_CORRECTION_N = (
    0.08333333333333333, 1.698249287705088, 11.986266873406136, 37.396809385510025, 54.65241420128991,
    36.546282131932045, 10.096897678978026, 0.9005583387068338, 0.012249783286565289,
)
_STIRLING_CORRECTION_D = (
    1.0, 20.412324785794365, 144.50608949755176, 453.3913220389341, 669.7014673881897, 457.409764139427,
    132.20335629761487, 13.168806777385527, 0.26566195878951115,
)


def _finite(x):
    """Whether all of an array is finite, by their sum (where that overflows, it is not said to be)."""
    return math.isfinite(np.add.reduce(x, axis=None))


def _wide(*arguments):
    """The arguments as float64 arrays, and the floating dtype in which to answer."""
    kind = np.result_type(*arguments)
    kind = kind if kind.kind == "f" else np.dtype(np.float64)
    return (*(np.asarray(value, dtype=np.float64) for value in arguments), kind)


def _stirling_step(x):
    """Give (x + 1/2) log(1 + 1/x) - 1 > 0, what a step from x to x + 1 leaves, and z = 1/(4 x (x + 1)).

    The words below take both from those who have them already.
    """
    x = np.asarray(x, np.float64)
    z = 0.25 / x / (x + 1.0)
    low = np.minimum(z, 2.28)
    fitted = low * _rational(_STIRLING_STEP_N, _STIRLING_STEP_D, low)
    return np.where(x < 0.1, (x + 0.5) * np.log1p(1.0 / x) - 1.0, fitted), z


def _stirling_correction(x, stirling_step=None):
    """The difference log Gamma(x) - ((x - 1/2) log x - x + log(2 pi)/2) > 0, near 1/(12 x); x > 0.

    One step of the recurrence, then a fitted quotient; both have one sign (DLMF 5.5.1, 5.11.1).

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        r = 1.0 / (x + 1.0)
        step, _ = stirling_step or _stirling_step(x)
        return (step + r * _rational(_STIRLING_CORRECTION_N, _STIRLING_CORRECTION_D, r * r)).astype(kind, copy=False)


def _exp_less(a, b):
    """The difference e^a - b, also where it is small because a is near 0 and b is 1.

    With u for e^a rounded, it is u - b + u (a - log u): what u rounded away is known from its logarithm.
    """
    with np.errstate(all="ignore"):
        u = np.exp(a)
        finite = np.finfo(u.dtype)
        rest = np.maximum(a, np.log(finite.tiny)) - np.log(np.clip(u, finite.tiny, finite.max))
        return (u - b) + u * rest


def _polynomial(coefficients, w):
    """The polynomial with these coefficients (lowest power first) at w, by Horner's rule."""
    *others, leading = coefficients
    total = np.full_like(w, leading)
    for coefficient in reversed(others):
        total *= w
        total += coefficient
    return total


def _rational(numerator, denominator, w):
    """The quotient of two polynomials at w."""
    return _polynomial(numerator, w) / _polynomial(denominator, w)


def _power_difference(t, ratio, q):
    """The quotient (ratio^q - 1)/q, t = log ratio."""
    x = q * t
    return np.where(np.abs(x) < 1.0, np.expm1(np.where(np.abs(x) < 1.0, x, 0.0)), ratio**q - 1.0) / q


def _tweedie_deviance(y, mu, p):
    """Half the unit deviance of the power 1 < p < 2, the integral of (v - y) v^-p from y to mu; mu > 0, y >= 0.

    Near y = mu, where all cancels but a square, it is a power series in t = log(mu/y).

    Measured beyond conditioning: at most 0.5 ulp in float64, 0.5 in float32.
    """
    y, mu, p, kind = _wide(y, mu, p)
    with np.errstate(all="ignore"):
        b, c = 2.0 - p, 1.0 - p
        some = np.where(y > 0.0, y, 1.0)
        ratio = mu / some
        near = np.abs(np.log(ratio)) < 1.0
        t = np.where(near, np.log1p(np.where(near, (mu - some) / some, 0.0)), np.log(ratio))
        s = np.where(near, t, 0.0)
        term, of_b, of_c, total = s, np.ones_like(b), np.ones_like(b), np.zeros_like(s + b)
        for n in range(2, 22):
            term, of_b, of_c = term * s / n, of_b * b, of_c * c
            total = total + term * (of_b - of_c)
        far = _power_difference(t, ratio, b) - _power_difference(t, ratio, c)
        beyond = some**b * np.where(near, total, far)
        return np.where(y > 0.0, beyond, mu**b / b).astype(kind)


def _log1p_less_argument(x):
    """The difference log(1 + x) - x, x > -1."""
    small = np.abs(x) < 0.5
    z = np.where(small, x / (2.0 + x), 0.0)
    w, tail = z * z, 0.0
    for n in range(29, 1, -2):
        tail = tail * w + 1.0 / n
    return np.where(small, z * (2.0 * w * tail - x), np.log1p(x) - x)


def _log_tweedie_base(y, phi, p):
    """The logarithm of the base measure of the power 1 < p < 2, 0 at y = 0: y > 0, phi > 0.

    Of the series of Dunn and Smyth (2005), from which Stirling's formula is taken, the terms around the
    largest are added: each of them, or where they are many, by the trapezoidal rule in steps of a quarter
    of their spread, which is right to all digits.

    Measured beyond conditioning, of a value of at least 1 in size: at most 4 ulp in float64, 0.5 in float32.
    """
    y, phi, p, kind = _wide(y, phi, p)
    with np.errstate(all="ignore"):
        b, q = 2.0 - p, p - 1.0
        some = np.where(y > 0.0, y, 1.0)
        size = some**b / (b * q * phi)
        peak = size * q
        step = np.maximum(np.sqrt(size) * q / 4.0, 1.0)
        step = np.where(size < 40.0, 1.0, step)
        start = np.where(step == 1.0, np.maximum(np.round(peak) - 44.0, 1.0) - peak, -44.0 * step)
        offset = start[..., None] + step[..., None] * np.arange(112.0)
        j, x = peak[..., None] + offset, offset / peak[..., None]
        legal = j > 0.0
        j, x = np.where(legal, j, 1.0), np.where(legal, x, 0.0)
        bell = size[..., None] * (x * np.log1p(x) + _log1p_less_argument(x))
        height = -bell - _stirling_correction(j) - _stirling_correction(j * (b / q)[..., None])
        height = np.where(legal, height, -np.inf)
        top = np.max(height, axis=-1)
        total = np.sum(np.exp(height - top[..., None]), axis=-1)
        value = top + np.log(total * step * np.sqrt(b / q) / some) - 1.8378770664093453
        return np.where(y > 0.0, value, 0.0).astype(kind)


# Blocks and reductions ----------------------------------------------------------------------------

# How many numbers of an argument make a block: what is computed of them stays in the cache.
_BLOCK = 16384


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
        "nonnegative, with an atom at 0",
        lambda y: (y < 0) | np.isinf(y),
        1.0,
        legal=lambda y: y.min() >= 0 and _finite(y),
    ),
    "log_mu": _Argument(
        "learned",
        "finite",
        lambda log_mu: np.isinf(log_mu),
        0.0,
        legal=lambda log_mu: _finite(log_mu),
    ),
    "phi": _Argument(
        "known",
        "positive",
        lambda phi: (phi <= 0) | np.isinf(phi),
        1.0,
        legal=lambda phi: phi.min() > 0 and _finite(phi),
    ),
    "p": _Argument(
        "known",
        "between one and two",
        lambda p: (p <= 1) | (p >= 2),
        1.5,
        legal=lambda p: p.min() > 1 and p.max() < 2,
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
