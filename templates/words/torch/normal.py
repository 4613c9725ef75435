"""The normal distribution function in both tails, and of intervals.

phi and Phi are the density and the distribution function of a standard normal X. Left of 0 all comes
from its mean residual life E[X - t | X > t] = phi(t)/Phi(-t) - t at t = -x, which falls from 0.8 to
1/t; one polynomial serves the whole half line, so nothing is pieced together there. The tables hold
coefficients, lowest power first, of Chebyshev series found with 60 digits. Errors are in units in the
last place (ulp) beyond what one ulp in each argument explains (conditioning).
"""

import torch

# fmt: off
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
# fmt: on


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


def _erfcx(x):
    """The scaled complementary error function exp(x^2) erfc(x).

    With t = sqrt(2) |x| it is sqrt(2/pi) Phi(-t)/phi(t) for x >= 0, from the mean residual life; for
    x < 0 it is 2 exp(x^2) - erfcx(-x) or, near 0, erfcx(-x) (1 + c)/(1 - c) with c = erf(|x|).

    Measured beyond conditioning: at most 4 ulp in float64, 4 in float32.
    """
    t = 1.4142135623730951 * torch.abs(x)
    right = 0.7978845608028654 / (t + _residual_life(t))
    c = _central(t)
    h, r = _square_parts(torch.clamp(-x, min=0.0))
    near = right + right * (2.0 * c / (1.0 - c))
    far = 2.0 * (torch.exp(h * h) * torch.exp(r)) - right
    return torch.where(x < 0, torch.where(t < 0.5, near, far), right)


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


def _inverse_mills_excess_slope(x):
    """The derivative 1 - m(x) (x + m(x)) of x + m(x) with m = phi/Phi: the variance of X given X < x.

    Measured beyond conditioning: at most 3 ulp in float64, 3 in float32.
    """
    return _variance_pair(x)[0]


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
