"""The exp mod normal loss of mu and sigma and rate, with its gradient and Hessian.

The sum of a normal and an exponential variable, as a response time or a peak of chromatography.

Density
    p(y | mu, sigma, rate) = α Φ((y − μ)/σ − σ α) e^(σ² α²/2 − α (y − μ))

Symbols
    y         in ℝ       data                       observation, in the units of the data
    mu     μ  in ℝ       predicted for each sample  mean of the normal part, in the units of the data
    sigma  σ  in (0, ∞)  predicted for each sample  standard deviation of the normal part, in the
                                                    units of the data
    rate   α  in (0, ∞)  predicted for each sample  rate of the exponential part, in the inverse units
                                                    of the data

Loss of one sample, to be minimised over mu, sigma, rate
    loss    = w(y − μ, σ, α) − log α
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

Also known of the density
    mean          μ + 1/α
    P(Y ≤ y)      Φ((y − μ)/σ) − Φ((y − μ)/σ − σ α) e^(σ² α²/2 − α (y − μ))

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 2, gradient 3, Hessian 3
    float32  value 2, gradient 3, Hessian 2

Elsewhere:
    loss = -scipy.stats.exponnorm.logpdf

Source: Grushka (1972), Analytical Chemistry 44, 1733-1738; w(a, b, c) is a c - (b c)**2/2 - log Phi(a/b - b c), and its index says in which argument it is differentiated.

Made by `derive exp_mod_normal --emit numpy`, derive 0.1.0.
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
    sigma: np.ndarray
    rate: np.ndarray


def loss(y, mu, sigma, rate, *, reduction="mean", weight=None, validate=False):
    """The loss.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are
    """
    value, _ = _in_blocks(_loss, [], reduction, weight, validate, y=y, mu=mu, sigma=sigma, rate=rate)
    return value


def loss_and_gradient(y, mu, sigma, rate, *, reduction="mean", weight=None, validate=False, out=None):
    """The loss and its gradient in one pass, both reduced alike.

    out  the Gradient of an earlier call alike: where its slopes are as large as the samples, they are
         overwritten, which saves the time that fresh memory takes
    """
    shapes = [np.shape(mu), np.shape(sigma), np.shape(rate)]
    value, slopes = _in_blocks(_loss_and_gradient, shapes, reduction, weight, validate, out, y=y, mu=mu, sigma=sigma, rate=rate)
    return value, Gradient(*slopes)


def hessian(y, mu, sigma, rate, *, reduction="mean", weight=None, validate=False):
    """The Hessian of the reduced loss in (mu, sigma, rate), on the last two axes.

    The axes before are those of the learned arguments, broadcast: there is one block for each set
    of learned values, summed over the samples that share it.
    """

    def triangle(*given):
        return _loss(*given), *_hessian(*given)

    shapes = [np.broadcast_shapes(np.shape(mu), np.shape(sigma), np.shape(rate))] * 6
    _, upper = _in_blocks(triangle, shapes, reduction, weight, validate, y=y, mu=mu, sigma=sigma, rate=rate)
    matrix = np.empty((*upper[0].shape, 3, 3), upper[0].dtype)
    for row, column, entry in zip(*np.triu_indices(3), upper):
        matrix[..., row, column] = matrix[..., column, row] = entry
    return matrix


def negative_log_likelihood(y, mu, sigma, rate, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""

    def in_full(y, mu, sigma, rate):
        return FACTOR * _loss(y, mu, sigma, rate) + _dropped()

    value, _ = _in_blocks(in_full, [], reduction, weight, validate, y=y, mu=mu, sigma=sigma, rate=rate)
    return value


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, mu, sigma, rate):
    return _convolution(y - mu, sigma, rate) - np.log(rate)


def _loss_and_gradient(y, mu, sigma, rate):
    difference = y - mu
    return (
        _convolution(difference, sigma, rate) - np.log(rate),
        -_convolution_slope(difference, sigma, rate),
        _convolution_deviation_slope(difference, sigma, rate),
        _convolution_rate_score(difference, sigma, rate),
    )


def _hessian(y, mu, sigma, rate):
    difference = y - mu
    return (
        _convolution_curvature(difference, sigma, rate),
        -_convolution_cross(difference, sigma, rate),
        -_inverse_mills_excess_slope(difference / sigma - sigma * rate),
        _convolution_deviation_curvature(difference, sigma, rate),
        _convolution_rate_cross(difference, sigma, rate),
        _convolution_rate_curvature(difference, sigma, rate),
    )


def _dropped():
    return 0


# 1 - t^2 Var[X | X > t] = (1 + u q)/(t^2/6 + t/2 + 1), u = t/(t + 4), t >= 0: the polynomial q in 2 u - 1.
_RESIDUAL_SHORTFALL = (
    0.8699919706006962, -1.391546687078443, 0.29398176457563735, 0.5644273006844468,
    -0.3008639350265121, -0.2260941069684973, 0.21630005674119454, 0.06169511849850278,
    -0.11644057541929403, -0.006271295383430735, 0.05186363851744587, -0.004813204044442614,
    -0.02007808541374773, 0.003972268163847158, 0.006882917417860967, -0.0019038697600028466,
    -0.0020729533020518477, 0.000702909332028021, 0.0005207087318735968, -0.00021206704847037702,
    -8.901145316704154e-05, 5.302245029815309e-05, -3.634495940474981e-06, -1.1176293958612112e-05,
    1.1369920528794296e-05, 2.134838441894899e-06, -5.6699116879960145e-06, -4.1330526755398715e-07,
    1.7394901478918744e-06, 7.338806749214472e-08, -3.3116055437025256e-07, -7.473119270880114e-09,
    3.018757035268421e-08,
)
# E[X - t | X > t] = (1 + 1.1e-10 + u q)/(t + d), u = t/(t + 4), t >= 0: the polynomial q in 2 u - 1;
# d is nearly sqrt(pi/2).
_RESIDUAL_LIFE = (
    0.37037040308782243, -0.6836493998724499, 0.39976451082145675, -0.03507909057465042,
    -0.10009244370892459, 0.04944161799645069, 0.015277149701721221, -0.020857345674694532,
    0.0006792743001895714, 0.006694486743622747, -0.0017182561932105609, -0.001802931133425243,
    0.000877262232403984, 0.0004051986301663844, -0.0003282045013748284, -6.78016176073408e-05,
    0.00010245526710703286, 3.0162114392933653e-06, -2.7337272926991804e-05, 3.922868120349483e-06,
    6.093988783126966e-06, -2.3085041219731494e-06, -1.0496260733592852e-06, 8.642331964884396e-07,
    1.1292534864138143e-07, -2.37963223541466e-07, -1.6285219760420496e-09, 4.425474160029082e-08,
    -9.74653880711547e-10, -4.131048882734954e-09,
)
# Var[X | X > t] = (1 + u q)/(t^2 + 3 t + 1/(1 - 2/pi)), u = t/(t + 4), t >= 0: the polynomial q in
# 2 u - 1.
_RESIDUAL_VARIANCE = (
    0.870560502130499, -1.442013685454566, 0.4130798485334867, 0.5400322806967814, -0.4730255549735992,
    -0.05331152958524959, 0.23497662546432665, -0.05374825274401182, -0.08450362057723708,
    0.044290777470910515, 0.023409007711389495, -0.02211028779860818, -0.0044789231994523115,
    0.008764374389109458, 0.00010523927349776915, -0.0029357274440589766, 0.00041422257960686875,
    0.0008331418044281571, -0.00025534227635275083, -0.00018932091885381135, 0.00010833203581490404,
    2.6657308933778298e-05, -3.8304117611200175e-05, 2.6559192231367397e-06, 1.1846795942956231e-05,
    -3.4078682216362973e-06, -3.1813070010044717e-06, 1.2679905887125126e-06, 6.973738685276726e-07,
    -2.649716199695798e-07, -1.0874688162429566e-07, 2.5720770784866405e-08, 8.784146294065811e-09,
)
# P(-t < X < t) = t q, 0 <= t <= 3/4: the polynomial q in t^2.
_CENTRAL = (
    0.7978845608028654, -0.13298076013381088, 0.01994711402007049, -0.0023746564309348067,
    0.0002308693749299566, -1.888931050577129e-05, 1.3319305320134912e-06, -8.243277559450809e-08,
    4.515617096145117e-09, -1.9911620372094846e-10,
)
# phi(t)/Phi(t) = sqrt(2/pi) + t q, 0 <= t <= 1: the polynomial q in t.
_MIDDLE_MILLS = (
    -0.6366197723675814, 0.10900680707249483, 0.019128447009058164, -0.00018490368667639084,
    -0.0012721544356308152, -0.0003651201532217118, -1.2933526782691086e-05, 2.5657178235145788e-05,
    9.322476224401562e-06, 8.053600373259698e-07, -4.35703298055053e-07, -3.484225938796852e-07,
    7.011591941151588e-08, -6.193947520538844e-08, 3.690913793960707e-08, -5.749534117936512e-09,
)
# Var[X | X < t] = 1 - 2/pi + t q, 0 <= t <= 1: the polynomial q in t.
_MIDDLE_VARIANCE = (
    0.21801361414499015, 0.05738534102711046, -0.0007396147438549703, -0.006360772240623053,
    -0.002190720124544004, -9.054114155173194e-05, 0.00020529290258777832, 8.376526673391417e-05,
    8.433960739203305e-06, -5.560196676468143e-06, -3.0547399305390945e-06, -2.7775099260904745e-07,
    1.2522921129179068e-08, 1.2118790772667795e-07, 3.487017929369159e-08, -1.6800809547101557e-08,
)


def _finite(x):
    """Whether all of an array is finite, by their sum (where that overflows, it is not said to be)."""
    return math.isfinite(np.add.reduce(x, axis=None))


def _wide(*arguments):
    """The arguments as float64 arrays, and the floating dtype in which to answer."""
    kind = np.result_type(*arguments)
    kind = kind if kind.kind == "f" else np.dtype(np.float64)
    return (*(np.asarray(value, dtype=np.float64) for value in arguments), kind)


def _convolved(a, b, c):
    """The numbers z, k and u, and of u the inverse Mills ratio m, e = u + m, the variance s and s - 1."""
    z, k = a / b, b * c
    u = z - k
    return z, k, u, *_mills_pair(u), *_variance_pair(u)


def _residual_parts(u):
    """Of t = -u, at least 1: t, 1 - t^2 s and t s, where s itself may vanish."""
    t = np.maximum(-u, 1.0)
    shortfall = (1.0 + _on_half_line(_RESIDUAL_SHORTFALL, t)) / (1.0 + t * (0.5 + t / 6.0))
    return t, shortfall, (1.0 - shortfall) / t


def _convolution(a, b, c):
    """The number w: left of u = 0 it is z^2/2 + log(sqrt(2 pi) m).

    Measured beyond conditioning: at most 2.5 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _wide(a, b, c)
    with np.errstate(all="ignore"):
        z, k = a / b, b * c
        u = z - k
        left = 0.5 * z * z + (np.log(_mills_pair(u)[0]) + 0.9189385332046727)
        return np.where(u < 0, left, k * (z - 0.5 * k) - _log_normal_cdf(u)).astype(kind, copy=False)


def _convolution_slope(a, b, c):
    """The derivative c - m/b of w in a: left of u = 0 it is (z - e)/b.

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32. Near its zeros it is of
    the order of what four ulp in each argument explain.
    """
    a, b, c, kind = _wide(a, b, c)
    with np.errstate(all="ignore"):
        z, k, u, m, e, _, _ = _convolved(a, b, c)
        return (np.where(u < 0, z - e, k - m) / b).astype(kind, copy=False)


def _convolution_curvature(a, b, c):
    """The curvature (1 - s)/b^2 of w in a, which single precision may not hold before it is divided.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _wide(a, b, c)
    with np.errstate(all="ignore"):
        *_, less = _convolved(a, b, c)
        return (-less / b / b).astype(kind, copy=False)


def _convolution_deviation_slope(a, b, c):
    """The derivative ((z + k) m - k^2)/b of w in b: left of u = 0 it is ((z + k) e - z^2)/b.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32. Near its zeros it is of
    the order of what four ulp in each argument explain.
    """
    a, b, c, kind = _wide(a, b, c)
    with np.errstate(all="ignore"):
        z, k, u, m, e, _, _ = _convolved(a, b, c)
        return (np.where(u < 0, (z + k) * e - z * z, (z + k) * m - k * k) / b).astype(kind, copy=False)


def _convolution_rate_score(a, b, c):
    """The difference b e - 1/c: left of u = 0 it is (z e - (s + e^2))/c.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32. Near its zeros it is of
    the order of what four ulp in each argument explain.
    """
    a, b, c, kind = _wide(a, b, c)
    with np.errstate(all="ignore"):
        z, k, u, _, e, s, _ = _convolved(a, b, c)
        return (np.where(u < 0, z * e - (s + e * e), k * e - 1.0) / c).astype(kind, copy=False)


def _convolution_cross(a, b, c):
    """The derivative of w in a and b: left of u = 0 it is (e + (z + k) s - 2 z)/b^2.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32. Near its zeros it is of
    the order of what four ulp in each argument explain.
    """
    a, b, c, kind = _wide(a, b, c)
    with np.errstate(all="ignore"):
        z, k, u, m, e, s, less = _convolved(a, b, c)
        t, _, ts = _residual_parts(u)
        far = e + ts - 2.0 * z * (1.0 - ts / t)
        left = np.where(u > -1.0, e + (z + k) * s - 2.0 * z, far)
        return (np.where(u < 0, left, m + (z + k) * less) / b / b).astype(kind, copy=False)


def _convolution_rate_cross(a, b, c):
    """The derivative e - (z + k) s of w in b and c; beyond t = 1, e - t s is (1 - t^2 s - s - e^2)/t.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32. Near its zeros it is of
    the order of what four ulp in each argument explain.
    """
    a, b, c, kind = _wide(a, b, c)
    with np.errstate(all="ignore"):
        z, k, u, m, e, s, less = _convolved(a, b, c)
        t, shortfall, ts = _residual_parts(u)
        far = (shortfall - (s + e * e)) / t - 2.0 * ts * (z / t)
        left = np.where(u > -1.0, e - (z + k) * s, far)
        return np.where(u < 0, left, m - (z + k) * less - 2.0 * k).astype(kind, copy=False)


def _convolution_deviation_curvature(a, b, c):
    """The second derivative of w in b: left of u = 0 it is (3 z^2 - 2 z e - (z + k)^2 s)/b^2.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32. Near its zeros it is of
    the order of what four ulp in each argument explain.
    """
    a, b, c, kind = _wide(a, b, c)
    with np.errstate(all="ignore"):
        z, k, u, m, e, s, less = _convolved(a, b, c)
        t, shortfall, ts = _residual_parts(u)
        far = 1.0 - shortfall + 4.0 * z * ts * (1.0 + z / t)
        left = 3.0 * z * z - 2.0 * z * e - np.where(u > -1.0, (z + k) * s * (z + k), far)
        right = -k * k - (z + k) * less * (z + k) - 2.0 * z * m
        return (np.where(u < 0, left, right) / b / b).astype(kind, copy=False)


def _convolution_rate_curvature(a, b, c):
    """The difference 1/c^2 - b^2 s; beyond t = 1 it is (1 - t^2 s - z (t + k) s)/c^2.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32. Near its zeros it is of
    the order of what four ulp in each argument explain.
    """
    a, b, c, kind = _wide(a, b, c)
    with np.errstate(all="ignore"):
        z, k, u, _, _, s, _ = _convolved(a, b, c)
        t, shortfall, ts = _residual_parts(u)
        far = shortfall - z * ts * (1.0 + k / t)
        return (np.where(u > -1.0, 1.0 - k * s * k, far) / c / c).astype(kind, copy=False)


def _square_parts(x):
    """Numbers h and r with x^2 = h^2 + r, x >= 0; h^2 is exact and r small.

    So exp(x^2) = exp(h^2) exp(r) keeps its digits: the rounding of x^2 itself is not small in exp.
    Below 1, where it is, h = 0; from 64 on, where exp(x^2) has no digits, r = 0.
    """
    y = np.minimum(x, 64.0)
    h = np.where(y < 1.0, 0.0, 0.00390625 * np.floor(256.0 * y))
    return np.where(x < 64.0, h, x), (y - h) * (y + h)


def _gaussian(x):
    """The number exp(-x^2/2), x >= 0."""
    h, r = _square_parts(x)
    return np.exp(-0.5 * h * h) * np.exp(-0.5 * r)


def _on_half_line(coefficients, t):
    """The product of u = t/(t + 4) and a polynomial in 2 u - 1, t >= 0."""
    t = np.minimum(t, 1e30)
    u = t / (t + 4.0)
    return u * _polynomial(coefficients, 2.0 * u - 1.0)


def _residual_life(t):
    """The mean E[X - t | X > t] = phi(t)/Phi(-t) - t, t >= 0.

    What the rounding of t + d takes away is given back; d is a number of float32 too.
    """
    d = 1.2533141374588013
    r = 1.0 / (t + d)
    y = np.minimum(t, 1.0)
    lost = np.where(t < 1.0, y - ((y + d) - d), 0.0)
    return r + r * (1.1433767006754332e-10 + _on_half_line(_RESIDUAL_LIFE, t) - lost * r)


def _residual_variance(t):
    """The variance of X given X > t, t >= 0."""
    return (1.0 + _on_half_line(_RESIDUAL_VARIANCE, t)) / (t * (t + 3.0) + 2.751938393884109)


def _central(t):
    """The probability P(-t < X < t), 0 <= t <= 3/4."""
    t = np.minimum(t, 0.75)
    return t * _polynomial(_CENTRAL, t * t)


def _log_normal_cdf(x):
    """The logarithm of Phi(x).

    In the middle it is log1p((c - 1)/2) with c = P(-x < X < x), on the right log1p(-Phi(-x)), on the
    left -x^2/2 - log(sqrt(2 pi) m(x)) with m = phi/Phi, in which nothing cancels.

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        t = np.abs(x)
        mills = 2.5066282746310002 * (t + _residual_life(t))
        c = np.sign(x) * _central(t)
        left = -(0.5 * t) * t - np.log(mills)
        right = np.log1p(np.where(t < 0.75, 0.5 * c - 0.5, -_gaussian(t) / mills))
        return np.where(x > -0.75, right, left).astype(kind, copy=False)


def _mills_pair(x):
    """The numbers m(x) and x + m(x) with m = phi/Phi.

    Left of 0 they come from the mean residual life, beyond 7/8 from phi(x)/(1 - Phi(-x)).
    """
    t = np.abs(x)
    life = _residual_life(t)
    left = t + life
    g = _gaussian(t)
    u = np.minimum(t, 1.0)
    middle = 0.7978845608028654 + u * _polynomial(_MIDDLE_MILLS, u)
    right = np.where(t < 0.875, middle, g / (2.5066282746310002 - g / left))
    return np.where(x > 0, right, left), np.where(x > 0, x + right, life)


def _variance_pair(x):
    """The variance of X given X < x, 1 - m(x) (x + m(x)) with m = phi/Phi, and that less 1."""
    left = _residual_variance(np.abs(x))
    u = np.minimum(np.abs(x), 1.0)
    middle = u * _polynomial(_MIDDLE_VARIANCE, u)
    mills, excess = _mills_pair(np.minimum(np.maximum(x, 1.0), 64.0))
    far = mills * excess
    variance = np.where(x < 1.0, 0.3633802276324186 + middle, 1.0 - far)
    slope = np.where(x < 1.0, middle - 0.6366197723675814, -far)
    return np.where(x < 0, left, variance), np.where(x < 0, left - 1.0, slope)


def _inverse_mills_excess_slope(x):
    """The derivative 1 - m(x) (x + m(x)) of x + m(x) with m = phi/Phi: the variance of X given X < x.

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        return _variance_pair(x)[0].astype(kind, copy=False)


def _polynomial(coefficients, w):
    """The polynomial with these coefficients (lowest power first) at w, by Horner's rule."""
    *others, leading = coefficients
    total = np.full_like(w, leading)
    for coefficient in reversed(others):
        total *= w
        total += coefficient
    return total


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
    "y": _Argument("data", "finite", lambda y: np.isinf(y), 0.0, legal=lambda y: _finite(y)),
    "mu": _Argument("learned", "finite", lambda mu: np.isinf(mu), 0.0, legal=lambda mu: _finite(mu)),
    "sigma": _Argument(
        "learned",
        "positive",
        lambda sigma: (sigma <= 0) | np.isinf(sigma),
        1.0,
        legal=lambda sigma: sigma.min() > 0 and _finite(sigma),
    ),
    "rate": _Argument(
        "learned",
        "positive",
        lambda rate: (rate <= 0) | np.isinf(rate),
        1.0,
        legal=lambda rate: rate.min() > 0 and _finite(rate),
        told=True,
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
