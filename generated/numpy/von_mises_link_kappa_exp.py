"""The von mises loss of mu and log_kappa, with its gradient and Hessian.

A direction in the plane, such as that of the wind.

Density
    p(y | mu, kappa) = e^κ e^(−κ [1 − cos(y − μ)])/(2π I₀(κ))
    kappa = exp(log_kappa), the log link; η below

Symbols
    y             in (−π, π]  data                       angle in radians; any turn of it is the same
    mu         μ  in (−π, π]  predicted for each sample  mean direction in radians; any turn of it is
                                                         the same
    kappa      κ  in (0, ∞)   κ = e^η                    concentration, for large values the inverse
                                                         variance
    log_kappa  η  in ℝ        predicted for each sample  predictor of kappa through the log link

Loss of one sample, to be minimised over mu, log_kappa
    loss    = [log I₀(e^η) − e^η] + [1 − cos(y − μ)] e^η
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
    float64  value 2, gradient 3, Hessian 2, -log p 1
    float32  value 3, gradient 3, Hessian 3, -log p 2

Elsewhere:
    loss = -scipy.stats.vonmises.logpdf - 1.83787706641, at kappa = exp(log_kappa)
    loss = -torch.distributions.VonMises.log_prob - 1.83787706641, at kappa = exp(log_kappa), within 0.0001

Source: Mardia and Jupp (2000), Directional Statistics, ch. 3.

Made by `derive von_mises --link kappa=exp --emit numpy`, derive 0.1.0.
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
    log_kappa: np.ndarray


def loss(y, mu, log_kappa, *, reduction="mean", weight=None, validate=False):
    """The loss.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are
    """
    value, _ = _in_blocks(_loss, [], reduction, weight, validate, y=y, mu=mu, log_kappa=log_kappa)
    return value


def loss_and_gradient(y, mu, log_kappa, *, reduction="mean", weight=None, validate=False, out=None):
    """The loss and its gradient in one pass, both reduced alike.

    out  the Gradient of an earlier call alike: where its slopes are as large as the samples, they are
         overwritten, which saves the time that fresh memory takes
    """
    shapes = [np.shape(mu), np.shape(log_kappa)]
    value, slopes = _in_blocks(_loss_and_gradient, shapes, reduction, weight, validate, out, y=y, mu=mu, log_kappa=log_kappa)
    return value, Gradient(*slopes)


def hessian(y, mu, log_kappa, *, reduction="mean", weight=None, validate=False):
    """The Hessian of the reduced loss in (mu, log_kappa), on the last two axes.

    The axes before are those of the learned arguments, broadcast: there is one block for each set
    of learned values, summed over the samples that share it.
    """

    def triangle(*given):
        return _loss(*given), *_hessian(*given)

    shapes = [np.broadcast_shapes(np.shape(mu), np.shape(log_kappa))] * 3
    _, upper = _in_blocks(triangle, shapes, reduction, weight, validate, y=y, mu=mu, log_kappa=log_kappa)
    matrix = np.empty((*upper[0].shape, 2, 2), upper[0].dtype)
    for row, column, entry in zip(*np.triu_indices(2), upper):
        matrix[..., row, column] = matrix[..., column, row] = entry
    return matrix


def negative_log_likelihood(y, mu, log_kappa, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""

    def in_full(y, mu, log_kappa):
        return FACTOR * _loss(y, mu, log_kappa) + _dropped()

    value, _ = _in_blocks(in_full, [], reduction, weight, validate, y=y, mu=mu, log_kappa=log_kappa)
    return value


def dropped():
    """What was dropped from -log p of one sample: log 2π."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, mu, log_kappa):
    exp = np.exp(log_kappa)
    return _log_bessel_0_scaled(exp) + exp * _one_minus_cosine_between(y, mu)


def _loss_and_gradient(y, mu, log_kappa):
    exp = np.exp(log_kappa)
    one_minus_cosine_between = _one_minus_cosine_between(y, mu)
    return (
        _log_bessel_0_scaled(exp) + exp * one_minus_cosine_between,
        -exp * _sine_between(y, mu),
        exp * (one_minus_cosine_between - _bessel_ratio_complement(exp)),
    )


def _hessian(y, mu, log_kappa):
    exp = np.exp(log_kappa)
    return (
        exp * _cosine_between(y, mu),
        -exp * _sine_between(y, mu),
        exp * (_one_minus_cosine_between(y, mu) - _scaled_complement_slope(exp)),
    )


def _dropped():
    return math.log(2 * math.pi)


# I0(k) = 1 + k^2 q, 0 <= k <= 8: the quotient q of polynomials in k^2.
_BESSEL_0_N = (
    0.25, 0.013300768475013316, 0.00029914229780106133, 3.3665501802917145e-06, 2.1045735456128586e-08,
    7.539069725785792e-11, 1.483359973233585e-13, 1.2866664069131487e-16,
)
_BESSEL_0_D = (
    1.0, -0.009296926099946779, 4.151596133985917e-05, -1.1478627241184865e-07, 2.0866193153501007e-10,
    -2.3789636653655197e-13, 1.3350868174202319e-16,
)
# log I0(k) = k - log(2 pi k)/2 + q/k, k >= 8: the polynomial q in 16/k - 1.
_BESSEL_0_TAIL = (
    0.1291891951413593, 0.004505415249687052, 0.0003551703395100526, 4.596842715801675e-05,
    8.801162930611256e-06, 2.428678577642867e-06, 9.822975383290127e-07, 5.485623528676141e-07,
    2.9552209510757267e-07, -4.070281266739966e-09, -2.734014770277677e-07, -2.5264313922890803e-07,
    6.309003701508137e-08, 2.265208935985053e-07, 2.0155105400144602e-08, -1.4171384697980662e-07,
    -2.5021514659759446e-08, 6.605829987279305e-08, 1.0341202289401167e-08, -2.00788201840142e-08,
    -1.7371683322342265e-09, 2.89873760136778e-09,
)
# A(k) = k / (2 + k^2 / (4 + k^2 q)), 0 <= k <= 8: the quotient q of polynomials in k^2.
_BESSEL_RATIO_N = (
    0.16666666666666666, 0.007345273304794834, 9.90992698624049e-05, 5.107433403807695e-07,
    9.558913246274464e-10, 4.4676662258804266e-13,
)
_BESSEL_RATIO_D = (
    1.0, 0.06490497316210145, 0.001252338115608081, 9.400226458157085e-06, 2.78940446328549e-08,
    2.6928356278146553e-11, 3.745747212158479e-15,
)
# A(k) = 1 - 1/(2 k) - q/k^2, k >= 8: the polynomial q in 16/k - 1.
_BESSEL_RATIO_TAIL = (
    0.13369461039105862, 0.009721171178785588, 0.001203416296976576, 0.00021907832522392176,
    5.6149332071055055e-05, 2.0466795828901006e-05, 1.0713995276822272e-05, 6.740965155419411e-06,
    2.640238007641119e-06, -2.6924243936936384e-06, -5.8735799857172485e-06, -2.6349954462398263e-06,
    4.049897003235572e-06, 4.49573791478843e-06, -2.452414590021511e-06, -4.727165095538084e-06,
    1.6574865984212016e-06, 4.201875882829295e-06, -1.2052309497351743e-06, -3.1380523513535546e-06,
    7.716489550506827e-07, 1.838074956507233e-06, -3.6288559036266455e-07, -7.710623492981229e-07,
    1.0615065779770186e-07, 2.0261673263603844e-07, -1.4267524853523082e-08, -2.4812879890778708e-08,
)
# A'(k) = q, 0 <= k <= 8: the quotient q of polynomials in k^2.
_BESSEL_SLOPE_N = (
    0.5, 0.03749628778673936, 0.0026895346059528143, 7.707150812189057e-05, 1.1620838755575776e-06,
    4.794475015688932e-09, -6.989201193791661e-11, -9.648563931805816e-13, -3.5491165869852475e-15,
    1.1176536316879713e-20,
)
_BESSEL_SLOPE_D = (
    1.0, 0.44999257557347855, 0.0699596183852942, 0.004579877455157024, 0.00014502249594408432,
    2.1961603954404023e-06, 1.0045068936658382e-08, -1.3008171114353322e-10, -1.849757572834571e-12,
    -7.020452661044629e-15,
)
# 1 - (A(k) + k A'(k))^2 = (z^2 - k^2) q, 0 <= k <= 8, with the zero z: the quotient q of polynomials in k^2.
_BESSEL_GROWTH_N = (
    0.34505395626992713, 0.08247228224962984, 0.008869491496495399, 0.00048310376692575096,
    1.9644748943339438e-05, 6.474022722490585e-07, 1.5764178844509324e-08, 2.77921686666578e-10,
    3.5696049753873876e-12, 3.271719359137412e-14, 2.0375373520138635e-16, 8.024736325153785e-19,
    1.5377955211617117e-21,
)
_BESSEL_GROWTH_D = (
    1.0, 0.8939587568175112, 0.3371911254937158, 0.07024233739638024, 0.008942036849902829,
    0.0007346351291711942, 4.054320883028638e-05, 1.5479231879644984e-06, 4.170252452714911e-08,
    8.013489722481587e-10, 1.0988741250866025e-11, 1.0609490559849634e-13, 6.963819246557568e-16,
    2.859403744617757e-18, 5.8972912928775875e-21, 9.321344667081778e-26, -3.5681913109139025e-29,
)
# 1 - A(k) - k A'(k) = -q/k^2, k >= 8: the polynomial q in 16/k - 1.
_BESSEL_GROWTH_TAIL = (
    0.14341578156984638, 0.021849174951397158, 0.004267483865552979, 0.0011009106460611014,
    0.00038308072214111465, 0.0001870840806581662, 0.00012218219368272912, 7.50619139160743e-05,
    -4.295809699574953e-07, -8.578888122351783e-05, -9.397448723957542e-05, 1.7833066813218434e-05,
    0.00011343845712595142, 2.477708537271446e-05, -0.00011762415746168705, -3.697171598038735e-05,
    0.00012950337275505433, 2.5797894659921905e-05, -0.00014799658329038483, 1.5249052470792565e-06,
    0.00016066496554327116, -3.2219703209120685e-05, -0.00015342743944071757, 4.992160140475492e-05,
    0.00012189230068106652, -4.6434533215259506e-05, -7.69012581703399e-05, 2.9015260485945533e-05,
    3.6644864220804325e-05, -1.1979475954296002e-05, -1.2310206652320064e-05,
    2.9688246565358783e-06, 2.5869734336235514e-06, -3.353777555439007e-07, -2.550284234223132e-07,
)
# The zero z, and what is missing of it.
_BESSEL_GROWTH_ZERO = (1.7023799448787635, -1.1698278222356116e-17)


def _finite(x):
    """Whether all of an array is finite, by their sum (where that overflows, it is not said to be)."""
    return math.isfinite(np.add.reduce(x, axis=None))


def _wide(*arguments):
    """The arguments as float64 arrays, and the floating dtype in which to answer."""
    kind = np.result_type(*arguments)
    kind = kind if kind.kind == "f" else np.dtype(np.float64)
    return (*(np.asarray(value, dtype=np.float64) for value in arguments), kind)


def _below_8(k, numerator, denominator):
    """The quotient of polynomials in k^2, whose tables hold for k <= 8."""
    k = np.minimum(k, 8.0)
    return _rational(numerator, denominator, k * k)


def _beyond_8(k, tail):
    """The number 1/k, and the polynomial in 16/k - 1 divided by k, whose table holds for k >= 8."""
    r = 1.0 / np.maximum(k, 8.0)
    return r, r * _polynomial(tail, 16.0 * r - 1.0)


def _bessel_0_below_8(k):
    """The difference I0(k) - 1 for k <= 8."""
    low = np.minimum(k, 8.0)
    return low * low * _below_8(k, _BESSEL_0_N, _BESSEL_0_D)


def _log_bessel_0_beyond_8(k):
    """The logarithm of I0(k) exp(-k) for k >= 8."""
    _, tail = _beyond_8(k, _BESSEL_0_TAIL)
    return tail - (0.5 * np.log(np.maximum(k, 8.0)) + 0.9189385332046728)


def _log_bessel_0_scaled(k):
    """The logarithm of I0(k) exp(-k), k >= 0, of which I0 alone overflows beyond 713.

    Below 4 it is log I0(k) - k; from there to 8 these are large beside their difference, and the
    logarithm is taken of the product.

    Measured beyond conditioning: at most 3.5 ulp in float64, 0.5 in float32.
    """
    k, kind = _wide(k)
    with np.errstate(all="ignore"):
        rise = _bessel_0_below_8(k)
        between = np.log(np.exp(-np.minimum(k, 8.0)) * (1.0 + rise))
        below = np.where(k < 4.0, np.log1p(rise) - k, between)
        return np.where(k < 8.0, below, _log_bessel_0_beyond_8(k)).astype(kind, copy=False)


def _bessel_ratio_below_8(k):
    """The quotient A(k)/k for k <= 8, by two steps of its continued fraction (DLMF 10.33.1)."""
    low = np.minimum(k, 8.0)
    t = low * low
    return 1.0 / (2.0 + t / (4.0 + t * _below_8(k, _BESSEL_RATIO_N, _BESSEL_RATIO_D)))


def _bessel_ratio_complement(k):
    """The difference 1 - A(k), k >= 0, near 1/(2 k) for large k.

    Below 8 it is (A'(k) + A(k)/k) / (1 + A(k)), whose terms have one sign, because A' = 1 - A/k - A^2
    (DLMF 10.29.2).

    Measured beyond conditioning: at most 3.5 ulp in float64, 0.5 in float32.
    """
    k, kind = _wide(k)
    with np.errstate(all="ignore"):
        share = _bessel_ratio_below_8(k)
        slope = _below_8(k, _BESSEL_SLOPE_N, _BESSEL_SLOPE_D)
        below = (slope + share) / (1.0 + np.minimum(k, 8.0) * share)
        r, tail = _beyond_8(k, _BESSEL_RATIO_TAIL)
        return np.where(k < 8.0, below, r * (0.5 + tail)).astype(kind, copy=False)


def _scaled_complement_slope(k):
    """The derivative (1 - A(k)) - k A'(k) of k (1 - A(k)), k >= 0: 1 at 0, near -1/(8 k^2) for large k.

    Below 8 it is (1 - u^2) / (1 + u) with u = A(k) + k A'(k), for 1 - u^2 is even and keeps its zero.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    k, kind = _wide(k)
    with np.errstate(all="ignore"):
        low = np.minimum(k, 8.0)
        share = _bessel_ratio_below_8(k)
        slope = _below_8(k, _BESSEL_SLOPE_N, _BESSEL_SLOPE_D)
        zero, missing = _BESSEL_GROWTH_ZERO
        even = (zero - low + missing) * (zero + low) * _below_8(k, _BESSEL_GROWTH_N, _BESSEL_GROWTH_D)
        below = even / (1.0 + low * (share + slope))
        r, tail = _beyond_8(k, _BESSEL_GROWTH_TAIL)
        return np.where(k < 8.0, below, -(r * tail)).astype(kind)


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


def _cosine_between(a, b):
    """The cosine of the exact difference a - b.

    At most 4 ulp of the value, or of 1 where the difference is beyond 1.
    """
    a, b, kind = _wide(a, b)
    with np.errstate(all="ignore"):
        d, e = _difference(a, b)
        return (np.cos(d) * np.cos(e) - np.sin(d) * np.sin(e)).astype(kind)


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
    "log_kappa": _Argument(
        "learned",
        "finite",
        lambda log_kappa: np.isinf(log_kappa),
        0.0,
        legal=lambda log_kappa: _finite(log_kappa),
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
