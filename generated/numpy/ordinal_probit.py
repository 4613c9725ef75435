"""The ordinal probit loss of eta and cuts, with its gradient and Hessian.

Which of K + 1 ordered classes a normal variable falls into, which cut points part.

Density
    p(y | eta, cuts) = [Φ(c[y + 1] − η) − Φ(c[y] − η)]

Symbols
    y        in {0, …, K}       data                       class: 0 below all cut points, K above them
                                                           all
    eta   η  in ℝ               predicted for each sample  mean of the variable: the larger, the
                                                           higher the class
    cuts  c  in ℝᴷ, increasing  predicted for each sample  cut points in increasing order; beside them
                                                           are c[0] = -inf and c[K + 1] = inf

Loss of one sample, to be minimised over eta, cuts
    loss    = −log[Φ(c[y + 1] − η) − Φ(c[y] − η)]
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

The class axis is the last one; the other axes broadcast, with a warning where that makes samples
that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 3, gradient 3, Hessian 18
    float32  value 2, gradient 3, Hessian 8

Source: McCullagh and Nelder (1989), Generalized Linear Models, 2nd ed., ch. 5.

Made by `derive ordinal_probit --emit numpy`, derive 0.1.0.
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
    return -_log_normal_cdf_difference(_cut_point(cuts, y), _cut_point(cuts, y + 1), eta)


def _loss_and_gradient(y, eta, cuts):
    cut_point = _cut_point(cuts, y)
    total = y + 1
    cut_point_2 = _cut_point(cuts, total)
    return (
        -_log_normal_cdf_difference(cut_point, cut_point_2, eta),
        -_truncated_normal_mean(cut_point, cut_point_2, eta),
        -(_at_cut_point(cuts, total) * _log_normal_cdf_difference_slope(cut_point, cut_point_2, eta)[..., None] - _at_cut_point(cuts, y) * _log_normal_cdf_difference_slope(-cut_point_2, -cut_point, -eta)[..., None]),
    )


def _hessian_diagonal(y, eta, cuts):
    cut_point = _cut_point(cuts, y)
    total = y + 1
    cut_point_2 = _cut_point(cuts, total)
    at_cut_point = _at_cut_point(cuts, total)
    log_normal_cdf_difference_lower_slope = (
        _log_normal_cdf_difference_slope(-cut_point_2, -cut_point, -eta)
    )
    log_normal_cdf_difference_slope = _log_normal_cdf_difference_slope(cut_point, cut_point_2, eta)
    at_cut_point_2 = _at_cut_point(cuts, y)
    return (
        _truncated_normal_variance_complement(cut_point, cut_point_2, eta),
        -(at_cut_point * (_log_normal_cdf_difference_curvature(cut_point, cut_point_2, eta)[..., None] * at_cut_point + at_cut_point_2 * log_normal_cdf_difference_lower_slope[..., None] * log_normal_cdf_difference_slope[..., None]) - at_cut_point_2 * (-_log_normal_cdf_difference_curvature(-cut_point_2, -cut_point, -eta)[..., None] * at_cut_point_2 - log_normal_cdf_difference_lower_slope[..., None] * at_cut_point * log_normal_cdf_difference_slope[..., None])),
    )


def _hessian_vector_product(y, eta, cuts, v_eta, v_cuts):
    total = y + 1
    cut_point = _cut_point(cuts, total)
    cut_point_2 = _cut_point(cuts, y)
    truncated_normal_mean_slope = _truncated_normal_mean_slope(-cut_point, -cut_point_2, -eta)
    entry_or_zero = _entry_or_zero(v_cuts, y)
    truncated_normal_mean_slope_2 = _truncated_normal_mean_slope(cut_point_2, cut_point, eta)
    entry_or_zero_2 = _entry_or_zero(v_cuts, total)
    log_normal_cdf_difference_lower_slope = (
        _log_normal_cdf_difference_slope(-cut_point, -cut_point_2, -eta)
    )
    log_normal_cdf_difference_slope = _log_normal_cdf_difference_slope(cut_point_2, cut_point, eta)
    at_cut_point = _at_cut_point(cuts, total)
    at_cut_point_2 = _at_cut_point(cuts, y)
    return (
        _times(v_eta, _truncated_normal_variance_complement(cut_point_2, cut_point, eta))
        - (truncated_normal_mean_slope * entry_or_zero + truncated_normal_mean_slope_2 * entry_or_zero_2),
        _times(v_eta[..., None], -(truncated_normal_mean_slope[..., None] * at_cut_point_2 + truncated_normal_mean_slope_2[..., None] * at_cut_point))
        - (at_cut_point * (_log_normal_cdf_difference_curvature(cut_point_2, cut_point, eta) * entry_or_zero_2 + entry_or_zero * log_normal_cdf_difference_lower_slope * log_normal_cdf_difference_slope)[..., None] - at_cut_point_2 * (-_log_normal_cdf_difference_curvature(-cut_point, -cut_point_2, -eta) * entry_or_zero - entry_or_zero_2 * log_normal_cdf_difference_lower_slope * log_normal_cdf_difference_slope)[..., None]),
    )


def _dropped():
    return 0


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
# Gauss's quadrature with 12 points: nodes in (-1, 1), and weights, which sum to 1.
_GAUSS = (
    (-0.9815606342467192, 0.023587668193255914), (-0.9041172563704749, 0.05346966299765921),
    (-0.7699026741943047, 0.08003916427167311), (-0.5873179542866175, 0.10158371336153296),
    (-0.3678314989981802, 0.1167462682691774), (-0.1252334085114689, 0.12457352290670139),
    (0.1252334085114689, 0.12457352290670139), (0.3678314989981802, 0.1167462682691774),
    (0.5873179542866175, 0.10158371336153296), (0.7699026741943047, 0.08003916427167311),
    (0.9041172563704749, 0.05346966299765921), (0.9815606342467192, 0.023587668193255914),
)


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


def _inverse_mills(x):
    """The quotient phi(x)/Phi(x), the derivative of log Phi(x): about -x on the far left.

    Measured beyond conditioning: at most 2.5 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        return _mills_pair(x)[0].astype(kind, copy=False)


def _inverse_mills_excess(x):
    """The sum x + phi(x)/Phi(x), which is the mean E[x - X | X < x]: about -1/x on the far left.

    Measured beyond conditioning: at most 2 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        return _mills_pair(x)[1].astype(kind, copy=False)


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


def _inverse_mills_slope(x):
    """The derivative -m(x) (x + m(x)) of m = phi/Phi, the second derivative of log Phi(x).

    It is the variance of X given X < x, less 1: near -1 on the far left, tiny on the far right.

    Measured beyond conditioning: at most 3.5 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        return _variance_pair(x)[1].astype(kind, copy=False)


def _narrow(a, b, gap, width):
    """Where [a, b] with b - a = gap is narrow, and its midpoint c and half width w there (elsewhere 0).

    It is where w < width and |c| w < 1: there phi hardly bends.
    """
    c, w = 0.5 * a + 0.5 * b, 0.5 * gap
    narrow = (w < width) & (np.abs(c * w) < 1.0)
    return narrow, np.where(narrow, c, 0.0), np.where(narrow, w, 0.0)


def _bends(c, w):
    """The means over -1 < v < 1 of g, v g and v^2 g, with g = phi(c + w v)/phi(c) - 1; all is narrow."""
    mean, first, second = 0.0, 0.0, 0.0
    for node, weight in _GAUSS:
        g = weight * np.expm1(-node * w * (c + 0.5 * node * w))
        mean, first, second = mean + g, first + node * g, second + (node * node) * g
    return mean, first, second


def _tail_parts(a, b, gap):
    """Where the midpoint of [a, b] is right of 0; and s, t, phi(s)/phi(t), Phi(s)/Phi(t).

    [s, t] is [a, b], there reflected, with t at most 64: beyond, nothing changes.
    """
    flip = a > -b
    s = np.where(flip, -b, a)
    t = np.minimum(np.where(flip, -a, b), 64.0)
    density = np.exp(0.5 * gap * (s + t))
    return flip, s, t, density, density * (_inverse_mills(t) / _inverse_mills(s))


def _density_of_upper_end(a, b, gap):
    """The quotient phi(b)/(Phi(b) - Phi(a)) with b - a = gap."""
    narrow, c, w = _narrow(a, b, gap, 1.25)
    near = np.exp(-w * (c + 0.5 * w)) / (gap + gap * _bends(c, w)[0])
    flip, _, t, density, share = _tail_parts(a, b, gap)
    far = _inverse_mills(t) / (1.0 - share)
    return np.where(narrow, near, np.where(flip, density * far, far))


def _log_normal_cdf_difference(a, b, m):
    """The logarithm of Phi(b - m) - Phi(a - m), a < b; -inf at a = b, nan for a > b; either may be infinite.

    All but b - a is that of a - m and b - m, called a and b: a small b - a would lose digits to m.

    For narrow [a, b] it is log(b - a) + log phi(c) and the logarithm of the mean of phi(x)/phi(c), with
    the midpoint c, by Gauss's quadrature; else log Phi(t) + log(1 - Phi(s)/Phi(t)), where [s, t] is
    [a, b] or, if its midpoint is right of 0, its reflection.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    a, b, m, kind = _wide(a, b, m)
    with np.errstate(all="ignore"):
        a, b, gap = a - m, b - m, b - a
        narrow, c, w = _narrow(a, b, gap, 0.75)
        near = (np.log(gap) - 0.9189385332046727) + (np.log1p(_bends(c, w)[0]) - (0.5 * c) * c)
        _, _, t, _, share = _tail_parts(a, b, gap)
        return np.where(narrow, near, _log_normal_cdf(t) + np.log1p(-share)).astype(kind, copy=False)


def _log_normal_cdf_difference_slope(a, b, m):
    """The derivative phi(b - m)/(Phi(b - m) - Phi(a - m)) of the logarithm above in b, a < b.

    The derivative in a is minus the slope at (-b, -a, -m).

    Measured beyond conditioning: at most 3.5 ulp in float64, 0.5 in float32.
    """
    a, b, m, kind = _wide(a, b, m)
    with np.errstate(all="ignore"):
        return _density_of_upper_end(a - m, b - m, b - a).astype(kind, copy=False)


def _log_normal_cdf_difference_curvature(a, b, m):
    """The second derivative -u (b - m + u) of the logarithm above in b, a < b, with the slope u there.

    For narrow [a, b], b + u is taken as phi(a)/(Phi(b) - Phi(a)) + E[b - X | a < X < b]. The one in a
    is the curvature at (-b, -a); the mixed one is the product of the slopes at (a, b) and (-b, -a).

    Measured beyond conditioning: at most 4.5 ulp in float64, 0.5 in float32.
    """
    a, b, m, kind = _wide(a, b, m)
    with np.errstate(all="ignore"):
        a, b, gap = a - m, b - m, b - a
        narrow, c, w = _narrow(a, b, gap, 1.25)
        mean, first, _ = _bends(c, w)
        width = gap + gap * mean
        inside = np.exp(-w * (c + 0.5 * w)) * width * w * (1.0 - first / (1.0 + mean))
        near = (1.0 + (np.expm1(-w * w) + inside)) / width / width
        flip, _, t, density, share = _tail_parts(a, b, gap)
        rest = 1.0 - share
        u = _inverse_mills(t) / rest
        left = u * u * share - _inverse_mills_slope(t) / rest
        u = density * u
        right = u * np.where(u > 0, b + u, 0.0)
        return (-np.where(narrow, near, np.where(flip, right, left))).astype(kind, copy=False)


def _truncated_normal_mean(a, b, m):
    """The mean E[X | a - m < X < b - m], a < b; either may be infinite.

    It is the derivative of log(Phi(b - m) - Phi(a - m)) in m, in which the slopes cancel.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    a, b, m, kind = _wide(a, b, m)
    with np.errstate(all="ignore"):
        a, b, gap = a - m, b - m, b - a
        narrow, c, w = _narrow(a, b, gap, 1.25)
        mean, first, _ = _bends(c, w)
        near = c + w * (first / (1.0 + mean))
        flip, s, t, _, share = _tail_parts(a, b, gap)
        far = _inverse_mills(t) / (1.0 - share) * np.expm1(0.5 * gap * (t + s))
        return np.where(narrow, near, np.where(flip, -far, far)).astype(kind, copy=False)


def _truncated_normal_mean_slope(a, b, m):
    """The derivative of that mean in b, a < b: with m = 0 it is u (b - E[X | a < X < b]) with the slope u.

    The derivative in a is that at (-b, -a, -m). Either end may be infinite. Unless [a, b] is narrow, the
    distance of b from the mean is, where the midpoint is left of 0, that of E[X | X < b] less a part in
    Phi(a)/Phi(b).

    Measured beyond conditioning: at most 6 ulp in float64, 0.5 in float32.
    """
    a, b, m, kind = _wide(a, b, m)
    with np.errstate(all="ignore"):
        a, b, gap = a - m, b - m, b - a
        u = _density_of_upper_end(a, b, gap)
        narrow, c, w = _narrow(a, b, gap, 1.25)
        mean, first, _ = _bends(c, w)
        flip, s, t, _, share = _tail_parts(a, b, gap)
        mills, rest = _inverse_mills(t), 1.0 - share
        fall = np.where(share > 0, share * (_inverse_mills(s) - mills) / rest, 0.0)
        center = mills / rest * np.expm1(0.5 * gap * (t + s))
        far = np.where(flip, center - s, _inverse_mills_excess(t) - fall)
        lag = np.where(narrow, w * (1.0 - first / (1.0 + mean)), far)
        return np.where(u > 0, u * lag, u).astype(kind, copy=False)


def _truncated_normal_variance_complement(a, b, m):
    """The difference 1 - Var[X | a - m < X < b - m], a < b; either may be infinite.

    It is minus the second derivative of log(Phi(b - m) - Phi(a - m)) in m. Unless [a, b] is
    narrow, it is u t - u s phi(s)/phi(t) plus the squared mean where t > 1, with the slope u at (s, t);
    below it comes from the variances given X < t and given X < s, for the former law is a mixture
    of the latter and of the one given s < X < t.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    a, b, m, kind = _wide(a, b, m)
    with np.errstate(all="ignore"):
        a, b, gap = a - m, b - m, b - a
        narrow, c, w = _narrow(a, b, gap, 1.25)
        mean, first, second = _bends(c, w)
        first, second = first / (1.0 + mean), (0.3333333333333333 + second) / (1.0 + mean)
        near = 1.0 - w * w * (second - first * first)
        _, s, t, density, share = _tail_parts(a, b, gap)
        rest = 1.0 - share
        u = _inverse_mills(t) / rest
        center = u * np.expm1(0.5 * gap * (t + s))
        around = u * (t - np.where(density > 0, s * density, 0.0)) + center * center
        lag = gap - (_inverse_mills_excess(t) - _inverse_mills_excess(s))
        lag = np.where(share > 0, lag / rest, 0.0)
        left = (share * _inverse_mills_slope(s) - _inverse_mills_slope(t)) / rest + share * lag * lag
        return np.where(narrow, near, np.where(t > 1.0, around, left)).astype(kind, copy=False)


def _polynomial(coefficients, w):
    """The polynomial with these coefficients (lowest power first) at w, by Horner's rule."""
    *others, leading = coefficients
    total = np.full_like(w, leading)
    for coefficient in reversed(others):
        total *= w
        total += coefficient
    return total


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
