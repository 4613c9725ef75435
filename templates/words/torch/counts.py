"""Stirling's formula for counts: its correction, and the logarithm of the binomial coefficient.

The tables _NAME_N and _NAME_D are the coefficients, lowest power first, of a quotient of polynomials
(all are positive: nothing cancels), fitted with 110 digits. Errors are in units in the last place
(ulp) beyond what one ulp in each argument explains (conditioning).
"""

import torch

# fmt: off
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
# psi(x) = log x - 1/(2 x) - q/x^2, x >= 1: the quotient q of polynomials in 1/x^2.
_STIRLING_SLOPE_N = (
    0.08333333333333333, 2.4384002706996504, 25.765119919768647, 126.81801188873901, 313.222591486411,
    389.93483343927187, 233.14235736343613, 59.48532548344214, 4.968427638503493, 0.05938962247804522,
)
_STIRLING_SLOPE_D = (
    1.0, 29.36080324839579, 312.0699003144505, 1551.674999207221, 3900.3552574835117, 5008.551680334965,
    3168.4778624172873, 901.0655603408794, 95.1088803129576, 2.3258207808827107,
)
# psi'(x) = 1/x + 1/(2 x^2) + q/x^3, x >= 1: the quotient q of polynomials in 1/x^2.
_STIRLING_CURVATURE_N = (
    0.16666666666666666, 5.36538305971135, 62.58537117315088, 341.1266008414031, 935.3200901590213,
    1294.3684827092022, 859.7990991501407, 242.78648718297077, 22.20497069266673, 0.27820346819632014,
)
_STIRLING_CURVATURE_D = (
    1.0, 32.39229835826802, 381.847829567739, 2118.7016997610485, 5987.135105855408, 8724.130679948388,
    6340.684263096004, 2108.580944065058, 267.6547076280135, 8.311561411500044,
)
# log Gamma(t + 1) = t (t q - 0.5772...), 0 <= t <= 2: the quotient q of polynomials in t.
_LOG_FACTORIAL_N = (
    0.8224670334241132, 2.2532432885294456, 2.3278113131477567, 1.130107563599626, 0.2617334459451997,
    0.025968691060374832, 0.0008050985175759481, 1.6060013282139407e-06,
)
_LOG_FACTORIAL_D = (
    1.0, 3.226790637269772, 4.073305095645863, 2.5490387413255498, 0.8274751632938193,
    0.1331045995143266, 0.009148310945100845, 0.00018266345042333633,
)
# fmt: on


def _stirling_step(x):
    """Give (x + 1/2) log(1 + 1/x) - 1 > 0, what a step from x to x + 1 leaves, and z = 1/(4 x (x + 1))."""
    z = 0.25 / x / (x + 1.0)
    low = torch.clamp(z, max=2.28)
    fitted = low * _rational(_STIRLING_STEP_N, _STIRLING_STEP_D, low)
    return torch.where(x < 0.1, (x + 0.5) * torch.log1p(1.0 / x) - 1.0, fitted), z


def _stirling_correction(x, stirling_step=None):
    """The difference log Gamma(x) - ((x - 1/2) log x - x + log(2 pi)/2) > 0, near 1/(12 x); x > 0.

    One step of the recurrence, then a fitted quotient; both have one sign (DLMF 5.5.1, 5.11.1).

    Measured beyond conditioning: at most 4 ulp in float64, 4 in float32.
    """
    r = 1.0 / (x + 1.0)
    step, _ = stirling_step or _stirling_step(x)
    return step + r * _rational(_STIRLING_CORRECTION_N, _STIRLING_CORRECTION_D, r * r)


def _stirling_correction_slope(x, stirling_step=None):
    """The difference psi(x) - log x + 1/(2 x) < 0, near -1/(12 x^2); x > 0.

    The derivative of Stirling's correction. That of the step h is -(z - h) / (x + 1/2), and both parts
    have one sign (DLMF 5.5.2, 5.11.2).

    Measured beyond conditioning: at most 3 ulp in float64, 3.5 in float32.
    """
    r = 1.0 / (x + 1.0)
    w = r * r
    step, z = stirling_step or _stirling_step(x)
    tail = w * _rational(_STIRLING_SLOPE_N, _STIRLING_SLOPE_D, w)
    return -((z - step) / (x + 0.5) + tail)


def _stirling_correction_curvature(x):
    """The difference psi'(x) - 1/x - 1/(2 x^2) > 0, near 1/(6 x^3); x > 0.

    The second derivative of Stirling's correction. That of the step is 1/(2 x^2 (x + 1)^2), and both
    parts have one sign (DLMF 5.15.5, 5.15.8).

    Measured beyond conditioning: at most 3.5 ulp in float64, 3.5 in float32.
    """
    p, r = 1.0 / x, 1.0 / (x + 1.0)
    w = r * r
    tail = r * w * _rational(_STIRLING_CURVATURE_N, _STIRLING_CURVATURE_D, w)
    return 0.5 * p * w * p + tail


def _log_gamma_rise(x, a):
    """The difference log Gamma(x + 1 + a) - log Gamma(x + 1), x, a >= 0, from log Gamma(u + 1/2) = u log u - u + ..."""
    u = x + 0.5
    v = u + a
    r, s = 1.0 / u, 1.0 / v
    value, slope = _rational_slope(_LOG_GAMMA_TAIL_N, _LOG_GAMMA_TAIL_D, r * r, s * s)
    return _u_log_u_difference(u, a) + (a / v) * r * (value + s * (r + s) * slope)


def _log_factorial_slope(n, m):
    """The slope of log Gamma(t + 1)/t between t = m and t = n, 0 <= m <= n <= 1."""
    top, _, top_slope = _polynomial_slope(_LOG_FACTORIAL_N, n, m)
    low, low_m, low_slope = _polynomial_slope(_LOG_FACTORIAL_D, n, m)
    value = top / low
    return value - m * ((value * low_slope - top_slope) / low_m)


def _log_binomial(n, k):
    """The logarithm of the binomial coefficient Gamma(n + 1) / (Gamma(k + 1) Gamma(n - k + 1)); 0 <= k <= n.

    With m the smaller and d the larger of k and n - k: from m = 2 on by Stirling's formula for the three
    gamma functions; else log Gamma(n + 1) - log Gamma(d + 1) less log Gamma(m + 1); below d = 1/2, where
    these two cancel, m d times the slopes of log Gamma(t + 1)/t from m and from d to n.

    Measured beyond conditioning: at most 3 ulp in float64, 3.5 in float32.
    """
    n, k = _tensors(n, k)
    m, d = torch.minimum(k, n - k), torch.maximum(k, n - k)
    t, p, q = torch.clamp(n, max=1.0), torch.clamp(m, max=0.5), torch.clamp(d, max=0.5)
    tiny = m * d * (_log_factorial_slope(t, p) + _log_factorial_slope(t, q))
    t = torch.clamp(m, max=2.0)
    fall = t * (0.5772156649015329 - t * _rational(_LOG_FACTORIAL_N, _LOG_FACTORIAL_D, t))
    near = _log_gamma_rise(d, m) + fall
    p, q, total = torch.clamp(m, min=2.0), torch.clamp(d, min=2.0), torch.clamp(n, min=4.0)
    rest = _stirling_correction(p) + _stirling_correction(q) - _stirling_correction(total)
    half = 0.5 * torch.log(p * (q / total)) + 0.9189385332046728
    far = p * torch.log1p(q / p) + q * torch.log1p(p / q) - (half + rest)
    return torch.where(d < 0.5, tiny, torch.where(m < 2.0, near, far))


def _log_gamma_excess(x, stirling_step=None):
    """The difference log Gamma(x) - (x log x - x), near log(2 pi/x)/2; x > 0.

    Measured beyond conditioning: at most 4 ulp in float64, 4 in float32.
    """
    return _stirling_correction(x, stirling_step) + (0.9189385332046728 - 0.5 * torch.log(x))


def _digamma_excess(x, stirling_step=None):
    """The difference psi(x) - log x < 0, near -1/(2 x); x > 0.

    Measured beyond conditioning: at most 3 ulp in float64, 3.5 in float32.
    """
    return _stirling_correction_slope(x, stirling_step) - 0.5 / x


def _trigamma_excess(x):
    """The difference psi'(x) - 1/x > 0, near 1/(2 x^2); x > 0.

    Measured beyond conditioning: at most 3 ulp in float64, 3.5 in float32.
    """
    return _stirling_correction_curvature(x) + 0.5 / x / x


def _log_factorial_excess(n):
    """The difference log n! - (n log n - n) >= 0, near log(2 pi n)/2; n >= 0.

    Measured beyond conditioning: at most 4 ulp in float64, 4 in float32.
    """
    low, high = torch.clamp(n, max=1.0), torch.clamp(n, min=1.0)
    rest = low * (low * _rational(_LOG_FACTORIAL_N, _LOG_FACTORIAL_D, low) - 0.5772156649015329)
    near = (rest + low) - torch.xlogy(low, low)
    far = _stirling_correction(high) + (0.9189385332046728 + 0.5 * torch.log(high))
    return torch.where(n < 1.0, near, far)


def _digamma_excess_growth(x):
    """The sum psi(x) - log x + x psi'(x) - 1 > 0, near 1/(12 x^2); x > 0.

    For small x it is psi(x + 1) + x psi'(x + 1) - log x - 1 (DLMF 5.5.2, 5.15.5).

    Measured beyond conditioning: at most 8 ulp in float64, 10 in float32.
    """
    low, high = torch.clamp(x, max=0.2), torch.clamp(x, min=0.2)
    near = (_digamma(low + 1.0) + low * _trigamma(low + 1.0)) - (torch.log(low) + 1.0)
    far = _stirling_correction_slope(high) + high * _stirling_correction_curvature(high)
    return torch.where(x < 0.2, near, far)


def _log_gamma_excess_and_log(x, y):
    """The sum log Gamma(x) - (x log x - x) + log y; x, y > 0.

    Measured beyond conditioning: at most 4 ulp in float64, 4 in float32.
    """
    x, y = _tensors(x, y)
    low, high = torch.clamp(x, max=1.0), torch.clamp(x, min=1.0)
    near = _log_factorial_excess(low) + _log_ratio(y, low)
    far = _stirling_correction(high) + _log_ratio(y, torch.sqrt(high / 6.283185307179586))
    return torch.where(x < 1.0, near, far)


def _log_gamma_excess_of_exponential(x):
    """The difference log Gamma(z) - (z log z - z) at z = e^x, -x where z is lost beside 1.

    Measured beyond conditioning: at most 4 ulp in float64, 4 in float32.
    """
    return torch.where(x < -50.0, -x, _log_gamma_excess(torch.exp(torch.clamp(x, min=-50.0))))


# The places and weights of Gauss's rule of twelve points on the unit interval.
_UNIT_GAUSS = (
    (0.009219682876640378, 0.023587668193255706),
    (0.0479413718147626, 0.05346966299765953),
    (0.11504866290284765, 0.08003916427167321),
    (0.20634102285669126, 0.10158371336153287),
    (0.31608425050090994, 0.1167462682691773),
    (0.43738329574426554, 0.12457352290670134),
    (0.5626167042557344, 0.12457352290670134),
    (0.6839157494990901, 0.1167462682691773),
    (0.7936589771433087, 0.10158371336153287),
    (0.8849513370971523, 0.08003916427167321),
    (0.9520586281852375, 0.05346966299765953),
    (0.9907803171233596, 0.023587668193255706),
)
# psi''(x) + 1/x^2 = -1/x^3 - sum of B(2k) (2k + 1)/x^(2k + 2) (DLMF 5.15.9): those products, k = 1, 2, ...
_TETRAGAMMA_EXCESS = (
    1 / 2, -1 / 6, 1 / 6, -3 / 10, 5 / 6, -691 / 210, 35 / 2, -3617 / 30, 833473 / 798, -1222277 / 110,
)


def _tetragamma_excess(x):
    """The difference -psi''(x) - 1/x^2 > 0 in float64: ten steps of one sign, then its expansion."""
    total = 0.0
    for step in range(10):
        place = x + float(step)
        total = total + (3.0 * place + 2.0) / place / (place * (place + 1.0)) / (place * (place + 1.0))
    r = 1.0 / (x + 10.0)
    return total + r * r * r * (1.0 + r * _polynomial(_TETRAGAMMA_EXCESS, r * r))


def _digamma_excess_difference(a, b):
    """The difference of psi - log at a + b and at a; a, b > 0: near b its slope is integrated by Gauss's rule.

    Measured beyond conditioning: at most 12 ulp in float64, 0.5 in float32.
    """
    a, b, kind = _double(a, b)
    near = torch.minimum(b, 0.5 * a)
    area = sum(weight * _trigamma_excess(a + node * near) for node, weight in _UNIT_GAUSS)
    return torch.where(b < 0.5 * a, near * area, _digamma_excess(a + b) - _digamma_excess(a)).to(kind)


def _trigamma_excess_difference(a, b):
    """The difference of psi'(x) - 1/x at a and at a + b; a, b > 0: near b its slope is integrated by Gauss's rule.

    Measured beyond conditioning: at most 12 ulp in float64, 0.5 in float32.
    """
    a, b, kind = _double(a, b)
    near = torch.minimum(b, 0.5 * a)
    area = sum(weight * _tetragamma_excess(a + node * near) for node, weight in _UNIT_GAUSS)
    return torch.where(b < 0.5 * a, near * area, _trigamma_excess(a) - _trigamma_excess(a + b)).to(kind)


def _log_abel(a, b, n):
    """The logarithm of Abel's polynomial a (a + b n)^(n - 1); a > 0, b >= 0, n = 0, 1, ...: 0 for n = 0.

    Measured beyond conditioning: at most 2 ulp in float64, 0.5 in float32.
    """
    a, b, n, kind = _double(a, b, n)
    value = torch.where(n > 0, torch.log(a), 0.0) + torch.clamp(n - 1, min=0) * torch.log(a + b * n)
    return value.to(kind)


def _abel_curvature(a, b, n):
    """The sum 1/a^2 + (n - 1)/(a + b n)^2; a > 0, b >= 0, n = 0, 1, ...: 0 for n = 0.

    It is n (u (a + b)/(a + b n) + b/(a + b n))/a^2 with u = a/(a + b n), in which nothing cancels.

    Measured beyond conditioning: at most 5 ulp in float64, 0.5 in float32.
    """
    a, b, n, kind = _double(a, b, n)
    mean = a + b * n
    return (n * (a / mean * ((a + b) / mean) + b / mean) / a / a).to(kind)


def _abel_poisson(a, b, n):
    """The cost a + b n - log(a (a + b n)^(n - 1)/n!) of a count n; a > 0, b >= 0, n = 0, 1, ...

    It is the divergence of n from the mean a + b n, Stirling's rest of n! and log(1 + b n/a).

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    a, b, n, kind = _double(a, b, n)
    rest = _log_factorial_excess(n) + torch.log1p(b * (n / a))
    return (_divergence(n, a + b * n) + rest).to(kind)


def _log_abel_of_log(x, b, n):
    """The logarithm of Abel's polynomial at a = e^x, which itself may vanish; b >= 0, n = 0, 1, ...

    Measured beyond conditioning: at most 2 ulp in float64, 0.5 in float32.
    """
    x, b, n, kind = _double(x, b, n)
    value = torch.where(n > 0, x, 0.0) + torch.clamp(n - 1, min=0) * torch.logaddexp(x, torch.log(b * n))
    return value.to(kind)
