"""The ordinal probit loss of eta and cuts, with its gradient and Hessian.

Which of K + 1 ordered classes a normal variable falls into, which cut points part.

Density
    p(y | eta, cuts) = [Φ(c[y + 1] − η) − Φ(c[y] − η)]

Symbols
    y        in {0, …, K}       data                              class: 0 below all cut points, K
                                                                  above them all
    eta   η  in ℝ               predicted for each sample         mean of the variable: the larger,
                                                                  the higher the class
    cuts  c  in ℝᴷ, increasing  one learned value for all         cut points in increasing order;
                                samples                           beside them are c[0] = -inf and c[K
                                                                  + 1] = inf

Loss of one sample, to be minimised over eta, cuts
    loss    = −log[Φ(c[y + 1] − η) − Φ(c[y] − η)]
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

The class axis is the second one, as in torch.nn (the only one where there is one axis); the other
axes broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 2, gradient 3, Hessian 17
    float32  value 2, gradient 2, Hessian 3

Source: McCullagh and Nelder (1989), Generalized Linear Models, 2nd ed., ch. 5.

Made by `derive ordinal_probit --shared cuts --emit torch`, derive 0.1.0.
Anyone may use, change and share this file for any purpose, without warranty (0BSD).
"""

import inspect
import math
import warnings
from collections.abc import Callable
from typing import NamedTuple

import torch

# -log p = FACTOR * loss + dropped
FACTOR = 1


def loss(eta, cuts, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, eta, cuts, weight = _prepared(weight, validate, y=target, eta=eta, cuts=cuts)
    if weight is None:
        return _of_samples(reduction, None, y, eta, cuts)
    return _reduced(_of_samples("none", None, y, eta, cuts), reduction, weight)


class OrdinalProbitLoss(torch.nn.Module):
    """The loss as a module: `OrdinalProbitLoss()(eta, cuts, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, eta, cuts, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(eta, cuts, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(eta, cuts, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, eta, cuts, weight = _prepared(weight, validate, y=target, eta=eta, cuts=cuts)
    y, eta, cuts, penalty = _guarded(y=y, eta=eta, cuts=cuts)
    value = FACTOR * _of_samples("none", penalty, y, eta, cuts) + _dropped()
    return _reduced(value, reduction, weight)


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
        _log_normal_cdf_difference(cut_point, cut_point_2, eta).neg_(),
        _truncated_normal_mean(cut_point, cut_point_2, eta).neg_(),
        _at_cut_point(cuts, total)
        .mul_(_log_normal_cdf_difference_slope(cut_point, cut_point_2, eta)[..., None])
        .sub_(_at_cut_point(cuts, y).mul_(_log_normal_cdf_difference_slope(-cut_point_2, -cut_point, -eta)[..., None]))
        .neg_(),
    )


def _hessian_vector_product(y, eta, cuts, v_eta, v_cuts):
    entry_or_zero = _entry_or_zero(v_cuts, y)
    total = y + 1
    cut_point = _cut_point(cuts, total)
    cut_point_2 = _cut_point(cuts, y)
    truncated_normal_mean_slope = _truncated_normal_mean_slope(-cut_point, -cut_point_2, -eta)
    entry_or_zero_2 = _entry_or_zero(v_cuts, total)
    truncated_normal_mean_slope_2 = _truncated_normal_mean_slope(cut_point_2, cut_point, eta)
    log_normal_cdf_difference_lower_slope = (
        _log_normal_cdf_difference_slope(-cut_point, -cut_point_2, -eta)
    )
    log_normal_cdf_difference_slope = _log_normal_cdf_difference_slope(cut_point_2, cut_point, eta)
    at_cut_point = _at_cut_point(cuts, total)
    at_cut_point_2 = _at_cut_point(cuts, y)
    return (
        _times(v_eta, _truncated_normal_variance_complement(cut_point_2, cut_point, eta))
        - (entry_or_zero * truncated_normal_mean_slope + entry_or_zero_2 * truncated_normal_mean_slope_2),
        _times(v_eta[..., None], -(truncated_normal_mean_slope[..., None] * at_cut_point_2 + truncated_normal_mean_slope_2[..., None] * at_cut_point))
        - (at_cut_point * (entry_or_zero_2 * _log_normal_cdf_difference_curvature(cut_point_2, cut_point, eta) + entry_or_zero * log_normal_cdf_difference_lower_slope * log_normal_cdf_difference_slope)[..., None] - at_cut_point_2 * (-entry_or_zero * _log_normal_cdf_difference_curvature(-cut_point, -cut_point_2, -eta) - entry_or_zero_2 * log_normal_cdf_difference_lower_slope * log_normal_cdf_difference_slope)[..., None]),
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


def _tensors(*values):
    """Numbers beside tensors, as tensors of the same dtype and device."""
    like, *_ = [value for value in values if isinstance(value, torch.Tensor)]
    return [torch.as_tensor(value, dtype=like.dtype, device=like.device) for value in values]


def _chosen(z, m, before, behind):
    """The m-th entry of z along the last axis, `before` at m = 0 and `behind` at m = K + 1; nan where m is."""
    ends = torch.ones_like(z[..., :1])
    z = torch.cat([before * ends, z, behind * ends], dim=-1)
    place = torch.clamp(torch.where(m.isnan(), 0, m), 0, z.shape[-1] - 1).long()
    return torch.where(m.isnan(), math.nan, torch.gather(z, -1, place[..., None])[..., 0])


def _cut_point(z, m):
    """The cut point z_m, minus infinity before the first and infinity behind the last."""
    return _chosen(z, m, -math.inf, math.inf)


def _entry_or_zero(z, m):
    """The entry z_m, zero before the first and behind the last."""
    return _chosen(z, m, 0, 0)


def _at_cut_point(z, m):
    """One at the place m of the last axis of z, zero at all others."""
    return (torch.arange(1, z.shape[-1] + 1, device=z.device) == m[..., None]).to(z.dtype)


def _square_parts(x):
    """Numbers h and r with x^2 = h^2 + r, x >= 0; h^2 is exact and r small.

    So exp(x^2) = exp(h^2) exp(r) keeps its digits: the rounding of x^2 itself is not small in exp.
    Below 1, where it is, h = 0; from 64 on, where exp(x^2) has no digits, r = 0.
    """
    y = torch.clamp(x, max=64.0)
    h = torch.where(y < 1.0, 0.0, 0.00390625 * torch.floor(256.0 * y))
    return torch.where(x < 64.0, h, x), (y - h) * (y + h)


def _gaussian(x):
    """The number exp(-x^2/2), x >= 0."""
    h, r = _square_parts(x)
    return torch.exp(-0.5 * h * h) * torch.exp(-0.5 * r)


def _on_half_line(coefficients, t):
    """The product of u = t/(t + 4) and a polynomial in 2 u - 1, t >= 0."""
    t = torch.clamp(t, max=1e30)
    u = t / (t + 4.0)
    return u * _polynomial(coefficients, 2.0 * u - 1.0)


def _residual_life(t):
    """The mean E[X - t | X > t] = phi(t)/Phi(-t) - t, t >= 0.

    What the rounding of t + d takes away is given back; d is a number of float32 too.
    """
    d = 1.2533141374588013
    r = 1.0 / (t + d)
    y = torch.clamp(t, max=1.0)
    lost = torch.where(t < 1.0, y - ((y + d) - d), 0.0)
    return r + r * (1.1433767006754332e-10 + _on_half_line(_RESIDUAL_LIFE, t) - lost * r)


def _residual_variance(t):
    """The variance of X given X > t, t >= 0."""
    return (1.0 + _on_half_line(_RESIDUAL_VARIANCE, t)) / (t * (t + 3.0) + 2.751938393884109)


def _central(t):
    """The probability P(-t < X < t), 0 <= t <= 3/4."""
    t = torch.clamp(t, max=0.75)
    return t * _polynomial(_CENTRAL, t * t)


def _log_normal_cdf(x):
    """The logarithm of Phi(x).

    In the middle it is log1p((c - 1)/2) with c = P(-x < X < x), on the right log1p(-Phi(-x)), on the
    left -x^2/2 - log(sqrt(2 pi) m(x)) with m = phi/Phi, in which nothing cancels.

    Measured beyond conditioning: at most 3 ulp in float64, 3 in float32.
    """
    t = torch.abs(x)
    mills = 2.5066282746310002 * (t + _residual_life(t))
    c = torch.sign(x) * _central(t)
    left = -(0.5 * t) * t - torch.log(mills)
    right = torch.log1p(torch.where(t < 0.75, 0.5 * c - 0.5, -_gaussian(t) / mills))
    return torch.where(x > -0.75, right, left)


def _mills_pair(x):
    """The numbers m(x) and x + m(x) with m = phi/Phi.

    Left of 0 they come from the mean residual life, beyond 7/8 from phi(x)/(1 - Phi(-x)).
    """
    t = torch.abs(x)
    life = _residual_life(t)
    left = t + life
    g = _gaussian(t)
    u = torch.clamp(t, max=1.0)
    middle = 0.7978845608028654 + u * _polynomial(_MIDDLE_MILLS, u)
    right = torch.where(t < 0.875, middle, g / (2.5066282746310002 - g / left))
    return torch.where(x > 0, right, left), torch.where(x > 0, x + right, life)


def _inverse_mills(x):
    """The quotient phi(x)/Phi(x), the derivative of log Phi(x): about -x on the far left.

    Measured beyond conditioning: at most 2.5 ulp in float64, 2.5 in float32.
    """
    return _mills_pair(x)[0]


def _inverse_mills_excess(x):
    """The sum x + phi(x)/Phi(x), which is the mean E[x - X | X < x]: about -1/x on the far left.

    Measured beyond conditioning: at most 2 ulp in float64, 2 in float32.
    """
    return _mills_pair(x)[1]


def _variance_pair(x):
    """The variance of X given X < x, 1 - m(x) (x + m(x)) with m = phi/Phi, and that less 1."""
    left = _residual_variance(torch.abs(x))
    u = torch.clamp(torch.abs(x), max=1.0)
    middle = u * _polynomial(_MIDDLE_VARIANCE, u)
    mills, excess = _mills_pair(torch.clamp(torch.clamp(x, min=1.0), max=64.0))
    far = mills * excess
    variance = torch.where(x < 1.0, 0.3633802276324186 + middle, 1.0 - far)
    slope = torch.where(x < 1.0, middle - 0.6366197723675814, -far)
    return torch.where(x < 0, left, variance), torch.where(x < 0, left - 1.0, slope)


def _inverse_mills_slope(x):
    """The derivative -m(x) (x + m(x)) of m = phi/Phi, the second derivative of log Phi(x).

    It is the variance of X given X < x, less 1: near -1 on the far left, tiny on the far right.

    Measured beyond conditioning: at most 3.5 ulp in float64, 3.5 in float32.
    """
    return _variance_pair(x)[1]


def _narrow(a, b, gap, width):
    """Where [a, b] with b - a = gap is narrow, and its midpoint c and half width w there (elsewhere 0).

    It is where w < width and |c| w < 1: there phi hardly bends.
    """
    c, w = 0.5 * a + 0.5 * b, 0.5 * gap
    narrow = (w < width) & (torch.abs(c * w) < 1.0)
    return narrow, torch.where(narrow, c, 0.0), torch.where(narrow, w, 0.0)


def _bends(c, w):
    """The means over -1 < v < 1 of g, v g and v^2 g, with g = phi(c + w v)/phi(c) - 1; all is narrow."""
    mean, first, second = 0.0, 0.0, 0.0
    for node, weight in _GAUSS:
        g = weight * torch.expm1(-node * w * (c + 0.5 * node * w))
        mean, first, second = mean + g, first + node * g, second + (node * node) * g
    return mean, first, second


def _tail_parts(a, b, gap):
    """Where the midpoint of [a, b] is right of 0; and s, t, phi(s)/phi(t), Phi(s)/Phi(t).

    [s, t] is [a, b], there reflected, with t at most 64: beyond, nothing changes.
    """
    flip = a > -b
    s = torch.where(flip, -b, a)
    t = torch.clamp(torch.where(flip, -a, b), max=64.0)
    density = torch.exp(0.5 * gap * (s + t))
    return flip, s, t, density, density * (_inverse_mills(t) / _inverse_mills(s))


def _density_of_upper_end(a, b, gap):
    """The quotient phi(b)/(Phi(b) - Phi(a)) with b - a = gap."""
    narrow, c, w = _narrow(a, b, gap, 1.25)
    near = torch.exp(-w * (c + 0.5 * w)) / (gap + gap * _bends(c, w)[0])
    flip, _, t, density, share = _tail_parts(a, b, gap)
    far = _inverse_mills(t) / (1.0 - share)
    return torch.where(narrow, near, torch.where(flip, density * far, far))


def _log_normal_cdf_difference(a, b, m):
    """The logarithm of Phi(b - m) - Phi(a - m), a < b; -inf at a = b, nan for a > b; either may be infinite.

    All but b - a is that of a - m and b - m, called a and b: a small b - a would lose digits to m.

    For narrow [a, b] it is log(b - a) + log phi(c) and the logarithm of the mean of phi(x)/phi(c), with
    the midpoint c, by Gauss's quadrature; else log Phi(t) + log(1 - Phi(s)/Phi(t)), where [s, t] is
    [a, b] or, if its midpoint is right of 0, its reflection.

    Measured beyond conditioning: at most 4 ulp in float64, 4 in float32.
    """
    a, b, m = _tensors(a, b, m)
    a, b, gap = a - m, b - m, b - a
    narrow, c, w = _narrow(a, b, gap, 0.75)
    near = (torch.log(gap) - 0.9189385332046727) + (torch.log1p(_bends(c, w)[0]) - (0.5 * c) * c)
    _, _, t, _, share = _tail_parts(a, b, gap)
    return torch.where(narrow, near, _log_normal_cdf(t) + torch.log1p(-share))


def _log_normal_cdf_difference_slope(a, b, m):
    """The derivative phi(b - m)/(Phi(b - m) - Phi(a - m)) of the logarithm above in b, a < b.

    The derivative in a is minus the slope at (-b, -a, -m).

    Measured beyond conditioning: at most 3.5 ulp in float64, 3.5 in float32.
    """
    a, b, m = _tensors(a, b, m)
    return _density_of_upper_end(a - m, b - m, b - a)


def _log_normal_cdf_difference_curvature(a, b, m):
    """The second derivative -u (b - m + u) of the logarithm above in b, a < b, with the slope u there.

    For narrow [a, b], b + u is taken as phi(a)/(Phi(b) - Phi(a)) + E[b - X | a < X < b]. The one in a
    is the curvature at (-b, -a); the mixed one is the product of the slopes at (a, b) and (-b, -a).

    Measured beyond conditioning: at most 4.5 ulp in float64, 4.5 in float32.
    """
    a, b, m = _tensors(a, b, m)
    a, b, gap = a - m, b - m, b - a
    narrow, c, w = _narrow(a, b, gap, 1.25)
    mean, first, _ = _bends(c, w)
    width = gap + gap * mean
    inside = torch.exp(-w * (c + 0.5 * w)) * width * w * (1.0 - first / (1.0 + mean))
    near = (1.0 + (torch.expm1(-w * w) + inside)) / width / width
    flip, _, t, density, share = _tail_parts(a, b, gap)
    rest = 1.0 - share
    u = _inverse_mills(t) / rest
    left = u * u * share - _inverse_mills_slope(t) / rest
    u = density * u
    right = u * torch.where(u > 0, b + u, 0.0)
    return -torch.where(narrow, near, torch.where(flip, right, left))


def _truncated_normal_mean(a, b, m):
    """The mean E[X | a - m < X < b - m], a < b; either may be infinite.

    It is the derivative of log(Phi(b - m) - Phi(a - m)) in m, in which the slopes cancel.

    Measured beyond conditioning: at most 4 ulp in float64, 4 in float32.
    """
    a, b, m = _tensors(a, b, m)
    a, b, gap = a - m, b - m, b - a
    narrow, c, w = _narrow(a, b, gap, 1.25)
    mean, first, _ = _bends(c, w)
    near = c + w * (first / (1.0 + mean))
    flip, s, t, _, share = _tail_parts(a, b, gap)
    far = _inverse_mills(t) / (1.0 - share) * torch.expm1(0.5 * gap * (t + s))
    return torch.where(narrow, near, torch.where(flip, -far, far))


def _truncated_normal_mean_slope(a, b, m):
    """The derivative of that mean in b, a < b: with m = 0 it is u (b - E[X | a < X < b]) with the slope u.

    The derivative in a is that at (-b, -a, -m). Either end may be infinite. Unless [a, b] is narrow, the
    distance of b from the mean is, where the midpoint is left of 0, that of E[X | X < b] less a part in
    Phi(a)/Phi(b).

    Measured beyond conditioning: at most 6 ulp in float64, 6 in float32.
    """
    a, b, m = _tensors(a, b, m)
    a, b, gap = a - m, b - m, b - a
    u = _density_of_upper_end(a, b, gap)
    narrow, c, w = _narrow(a, b, gap, 1.25)
    mean, first, _ = _bends(c, w)
    flip, s, t, _, share = _tail_parts(a, b, gap)
    mills, rest = _inverse_mills(t), 1.0 - share
    fall = torch.where(share > 0, share * (_inverse_mills(s) - mills) / rest, 0.0)
    center = mills / rest * torch.expm1(0.5 * gap * (t + s))
    far = torch.where(flip, center - s, _inverse_mills_excess(t) - fall)
    lag = torch.where(narrow, w * (1.0 - first / (1.0 + mean)), far)
    return torch.where(u > 0, u * torch.where(u > 0, lag, 0.0), u)


def _truncated_normal_variance_complement(a, b, m):
    """The difference 1 - Var[X | a - m < X < b - m], a < b; either may be infinite.

    It is minus the second derivative of log(Phi(b - m) - Phi(a - m)) in m. Unless [a, b] is
    narrow, it is u t - u s phi(s)/phi(t) plus the squared mean where t > 1, with the slope u at (s, t);
    below it comes from the variances given X < t and given X < s, for the former law is a mixture
    of the latter and of the one given s < X < t.

    Measured beyond conditioning: at most 4 ulp in float64, 4 in float32.
    """
    a, b, m = _tensors(a, b, m)
    a, b, gap = a - m, b - m, b - a
    narrow, c, w = _narrow(a, b, gap, 1.25)
    mean, first, second = _bends(c, w)
    first, second = first / (1.0 + mean), (0.3333333333333333 + second) / (1.0 + mean)
    near = 1.0 - w * w * (second - first * first)
    _, s, t, density, share = _tail_parts(a, b, gap)
    rest = 1.0 - share
    u = _inverse_mills(t) / rest
    center = u * torch.expm1(0.5 * gap * (t + s))
    around = u * (t - torch.where(density > 0, s * density, 0.0)) + center * center
    lag = gap - (_inverse_mills_excess(t) - _inverse_mills_excess(s))
    lag = torch.where(share > 0, lag / rest, 0.0)
    left = (share * _inverse_mills_slope(s) - _inverse_mills_slope(t)) / rest + share * lag * lag
    return torch.where(narrow, near, torch.where(t > 1.0, around, left))


def _polynomial(coefficients, w):
    """The polynomial with these coefficients (lowest power first) at w, by Horner's rule, in place where nobody differentiates."""
    *others, leading = coefficients
    total = torch.full_like(w, leading)
    for coefficient in reversed(others):
        total = total * w + coefficient if torch.is_grad_enabled() else total.mul_(w).add_(coefficient)
    return total


def _times(x, y):
    """The product x y with 0 inf = 0: what is impossible and did not happen costs nothing."""
    return torch.where((x == 0) & torch.isinf(y), torch.zeros_like(y), x * y)


# The derivatives, for autograd --------------------------------------------------------------------


def _of_samples(reduction, penalty, y, eta, cuts):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, penalty, y, eta, cuts)[0]
    if penalty is None:
        y, eta, cuts, penalty = _guarded(y=y, eta=eta, cuts=cuts)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, eta, cuts), reduction)
    return _reduced(_loss(y, eta, cuts) + penalty, reduction)


# Of more than so many numbers of an argument only so many are computed at once: what the functions above
# make on their way then stays in the cache.
_MANY, _PART = 500_000, 65_536


def _in_parts(y, eta, cuts):
    """The loss and its gradient, part by part along the first axis where the samples are many."""
    numbers = y.numel()
    if numbers <= _MANY:
        return _loss_and_gradient(y, eta, cuts)
    rows, wholes = y.shape[0], []
    length = max(_PART * rows // numbers, 1)
    for start in range(0, rows, length):
        here = slice(start, start + length)
        parts = _loss_and_gradient(*[tensor[here] for tensor in (y, eta, cuts)])
        wholes = wholes or [part.new_empty((rows, *part.shape[1:])) for part in parts]
        for whole, part in zip(wholes, parts):
            whole[here] = part
    return wholes


def _penalised(penalty, value, *slopes):
    """The loss with its penalty, and its gradient, which is nan where the loss is nan or penalised."""
    without = _nan_or_zero(value, penalty)
    return value + penalty, *[slope + one for slope, one in zip(slopes, _for_each(without))]


def _for_each(number):
    """A number for each sample as it stands beside each learned argument: the entries of a vector lie last."""
    return [number, number[..., None]]


def _over_each(parts):
    """The parts in each learned argument, those of a vector summed over its entries."""
    eta, cuts = parts
    return [eta, cuts.sum(-1)]


def _nan_or_zero(value, penalty):
    """What is added to slopes: nan where the loss is nan or penalised."""
    return torch.where(value != value, value, 0 * penalty)


def _reduced_total(total, value, reduction):
    """The reduced loss of samples whose sum is known."""
    if reduction == "mean":
        return total / value.numel()
    return total if reduction == "sum" else _reduced(value, reduction)


class _Loss(torch.autograd.Function):
    """Puts out the gradient beside the loss: outputs, when saved, can be differentiated again."""

    @staticmethod
    def forward(*inputs):
        reduction, penalty, y, eta, cuts = inputs
        if penalty is None:
            if _surely_legal(y, eta, cuts):
                value, *slopes = _in_parts(y, eta, cuts)
                total = torch.sum(value)
                if not math.isnan(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, eta, cuts, penalty = _guarded(y=y, eta=eta, cuts=cuts)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, eta, cuts))
        return _reduced(value, reduction), *slopes

    @staticmethod
    def setup_context(ctx, inputs, outputs):
        saved = *inputs[2:], *outputs[1:]
        ctx.reduction = inputs[0]
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*saved)
        ctx.save_for_forward(*saved)

    @staticmethod
    def backward(ctx, g, *directions):
        y, eta, cuts, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y.numel() if ctx.reduction == "mean" else g
            gradient = [one * slope for one, slope in zip(_for_each(share), slopes)]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, eta, cuts)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, *gradient

    @staticmethod
    def jvp(ctx, _reduction, _penalty, v_y, v_eta, v_cuts):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, eta, cuts, *slopes = ctx.saved_tensors
        directions = [v_eta, v_cuts]
        directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
        change = sum(_over_each([slope * v for slope, v in zip(slopes, directions)]))
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, eta, cuts)

    @staticmethod
    def vmap(info, axes, reduction, *tensors):
        """What is mapped over becomes the first axis of the samples; each of its entries is reduced by itself."""

        def mapped(tensor, axis):
            return tensor.expand(info.batch_size, *tensor.shape) if axis is None else tensor.movedim(axis, 0)

        axes = axes[1:]
        tensors = [None if tensor is None else mapped(tensor, axis) for tensor, axis in zip(tensors, axes)]
        value, *slopes = _Loss.apply("none", *tensors)
        value = torch.func.vmap(lambda one: _reduced(one, reduction))(value)
        return (value, *slopes), (0,) * (1 + len(slopes))


# Autograd asks for the signature at every call, and finding it takes longer than the mathematics of few samples.
_Loss.forward.__signature__ = inspect.signature(_Loss.forward)


def _change_of_gradient(slopes, directions, y, eta, cuts):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, eta, cuts, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, eta, cuts):
        value = _loss(y, eta, cuts)
        ctx.save_for_backward(y, eta, cuts, _nan_or_zero(value, penalty))
        return value + penalty

    @staticmethod
    def backward(ctx, g):
        *arguments, without = ctx.saved_tensors
        _, *slopes = _loss_and_gradient(*arguments)
        slopes = [slope + one for slope, one in zip(slopes, _for_each(without))]
        gradient = [one * slope for one, slope in zip(_for_each(g), slopes)]
        return None, None, *gradient


# Arguments and reductions -------------------------------------------------------------------------


class _Argument(NamedTuple):
    """What an argument is, what it must be, where it is not, and what stands for it in a removed sample."""

    role: str
    demand: str
    broken: Callable
    harmless: float
    vector: bool = False
    ascends: bool = False
    at_most_length: bool = False


_ARGUMENTS = {
    "y": _Argument(
        "data",
        "a rank: 0, 1, ..., K beside vectors of K entries",
        lambda y: (y < 0) | (torch.abs(y) == math.inf) | (torch.floor(y) < y),
        1.0,
        at_most_length=True,
    ),
    "eta": _Argument("learned", "finite", lambda eta: torch.abs(eta) == math.inf, 0.0),
    "cuts": _Argument(
        "learned",
        "finite, each greater than the one before",
        lambda cuts: torch.any(torch.abs(cuts) == math.inf, dim=-1) | torch.any(cuts[..., 1:] <= cuts[..., :-1], dim=-1),
        0.0,
        vector=True,
        ascends=True,
    ),
    "weight": _Argument(
        "known",
        "nonnegative",
        lambda weight: (weight < 0) | (torch.abs(weight) == math.inf),
        1.0,
    ),
}


def _prepared(weight, validate, **arguments):
    """The arguments in one dtype, device and shape, and the weight.

    A sample of weight 0 is replaced by a harmless one. Half precision computes in single.
    """
    dtype, device = _dtype_and_device(arguments)
    values = [torch.as_tensor(value, dtype=dtype, device=device) for value in arguments.values()]
    if weight is not None:
        weight = torch.as_tensor(weight, dtype=dtype, device=device)
        if validate:
            _validate("weight", weight, _ARGUMENTS["weight"].broken(weight))
    values = _broadcast(list(arguments), values, weight)
    if weight is not None:
        removed = weight == 0
        values = [_made_harmless(value, removed, _ARGUMENTS[name]) for name, value in zip(arguments, values)]
    if validate:
        for name, value, broken in _broken(dict(zip(arguments, values))):
            _validate(name, value, broken)
    return *values, weight


def _guarded(**arguments):
    """The arguments, and what each sample costs beside its loss.

    Data outside the support cost +inf and are made harmless, parameters outside their domain cost nan.
    """
    guarded, penalty = [], None
    for name, value, broken in _broken(arguments):
        argument = _ARGUMENTS[name]
        if argument.role == "data":
            value = _made_harmless(value, broken, argument)
        penalty = value.new_zeros(broken.shape) if penalty is None else penalty
        penalty = penalty.masked_fill(broken, math.inf if argument.role == "data" else math.nan)
        guarded.append(value)
    return *guarded, penalty


def _broken(arguments):
    """The name of each argument, its value, and the samples in which it is not what it must be."""
    length = max([value.shape[-1] for name, value in arguments.items() if _ARGUMENTS[name].vector], default=math.inf)
    for name, value in arguments.items():
        argument = _ARGUMENTS[name]
        broken = argument.broken(value.detach())
        if argument.at_most_length:
            broken = broken | (value > length)
        yield name, value, broken


def _surely_legal(y, eta, cuts):
    """Whether a quick look at the whole finds every sample legal; an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
        and torch.amin(y).item() >= 0
        and math.isfinite(torch.sum(y))
        and torch.sum(y - torch.floor(y)).item() == 0
        and math.isfinite(torch.sum(eta))
        and math.isfinite(torch.sum(cuts))
        and torch.all(cuts[..., 1:] > cuts[..., :-1])
        and torch.amax(y).item() <= cuts.shape[-1]
    )


def _dtype_and_device(arguments):
    """The widest floating dtype of the parameters, single at least; the accelerator, where one is used."""
    tensors = {name: value for name, value in arguments.items() if isinstance(value, torch.Tensor)}
    for name, tensor in tensors.items():
        if tensor.requires_grad and _ARGUMENTS[name].role != "learned":
            constant = "the target" if _ARGUMENTS[name].role == "data" else name
            raise ValueError(f"the loss has no gradient in {constant}; detach it")
    parameters = [tensor for name, tensor in tensors.items() if _ARGUMENTS[name].role != "data"]
    dtype = torch.float32
    for tensor in parameters or tensors.values():
        if tensor.is_floating_point():
            dtype = torch.promote_types(dtype, tensor.dtype)
    devices = [tensor.device for tensor in tensors.values()]
    accelerators = [device for device in devices if device.type != "cpu"]
    return dtype, (accelerators or devices or [None])[0]


def _broadcast(names, values, weight):
    """Every argument expanded to the shape of the samples; the class axis goes last."""
    vectors = [_ARGUMENTS[name].vector for name in names]
    values = [
        value.movedim(1, -1) if vector and value.dim() > 2 else value for value, vector in zip(values, vectors)
    ]
    shapes = [value.shape[:-1] if vector else value.shape for value, vector in zip(values, vectors)]
    lengths = [value.shape[-1] for value, vector in zip(values, vectors) if vector]
    if any([length != lengths[0] for length in lengths]):
        raise ValueError(f"the class axis does not broadcast, got lengths {lengths}")
    shapes = shapes if weight is None else [*shapes, weight.shape]
    shape = shapes[0]
    if any([one != shape for one in shapes]):
        shape = torch.broadcast_shapes(*shapes)
        if shape not in shapes and not torch.compiler.is_compiling():
            given = ", ".join([f"{name} {tuple(one)}" for name, one in zip([*names, "weight"], shapes)])
            warnings.warn(
                f"the shapes of the samples ({given}) broadcast to {tuple(shape)}, which none of them has; "
                "give all the same shape, or expand one to this shape if that is meant",
                stacklevel=4,
            )
        shapes = [(*shape, lengths[0]) if vector else shape for vector in vectors]
        values = [value.expand(one) for value, one in zip(values, shapes)]
    return values


def _class_axis(value):
    return min(1, value.dim() - 1)


def _made_harmless(value, samples, argument):
    """The tensor with a harmless value in some of the samples."""
    harmless = 1 / value.shape[-1] if argument.harmless is None else argument.harmless
    harmless = torch.arange(value.shape[-1], dtype=value.dtype, device=value.device) if argument.ascends else harmless
    return torch.where(samples[..., None] if argument.vector else samples, harmless, value)


def _validate(name, value, broken):
    """Raise ValueError for the first sample in which an argument is broken or nan."""
    missing = value.isnan()
    broken = broken | (missing.any(dim=-1) if _ARGUMENTS[name].vector else missing)
    _refuse(name, _ARGUMENTS[name].demand, value, broken)


def _refuse(name, demand, value, broken):
    """Raise ValueError for the first sample that is broken."""
    if broken.dim() == 0:
        value, broken = value[None], broken[None]
    if broken.any():
        index = tuple(torch.nonzero(broken)[0].tolist())
        raise ValueError(f"{name} must be {demand}, got {value[index].tolist()} at index {index}")


def _reduced(value, reduction, weight=None):
    """The weighted mean or sum of the samples, or the samples."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction must be 'mean', 'sum' or 'none', got {reduction!r}")
    if weight is not None:
        value = weight * value
    if reduction == "none":
        return value
    if reduction == "sum":
        return value.sum()
    return value.mean() if weight is None else value.sum() / weight.expand(value.shape).sum()
