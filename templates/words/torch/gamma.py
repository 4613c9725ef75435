"""The gamma function's family for positive arguments.

u = x + 1/2 is the natural variable: psi(u + 1/2) = log u + 1/(24 u^2) - ... has even powers only. The
tables _NAME_N and _NAME_D are the coefficients, lowest power first, of a quotient of polynomials,
fitted with 90 digits (all are positive: nothing cancels). Errors are in units in the last place (ulp)
beyond what one ulp in each argument explains (conditioning).
"""

import math

import torch

# fmt: off
# log Gamma(u + 1/2) = u log u - u + log(2 pi)/2 - q/u: the quotient q of polynomials in 1/u^2.
_LOG_GAMMA_TAIL_N = (
    0.041666666666666484, 0.8748293807516524, 6.846784029361241, 26.212768152499205,
    54.17915743422269, 62.96359555571318, 41.55205688624877, 15.365503034849912,
    3.065653804470548, 0.3070882456584129, 0.01352539945161849, 0.00019901730490036668,
    4.2313168157975685e-07,
)
_LOG_GAMMA_TAIL_D = (
    1.0, 21.054238471370155, 165.53252823489842, 638.3881730654713,
    1334.7628823965038, 1579.1754292313499, 1071.2643744155148, 413.24903403139973,
    88.00908802640934, 9.770856947003564, 0.5102600265863146, 0.01030177718308029,
    5.0388373492194616e-05,
)
# psi(u + 1/2) = log u + q/u^2: the quotient q of polynomials in 1/u^2.
_DIGAMMA_N = (
    0.04166666666666425, 0.951307620470766, 8.1005289677091, 33.72886478670227,
    75.69960382350921, 95.2298944126867, 67.69101208885793, 26.763214712539504,
    5.648402125012893, 0.5888460218721636, 0.026222564441836686, 0.00036281938636605635,
    4.1376202783511134e-07,
)
_DIGAMMA_D = (
    1.0, 23.006382891260635, 198.34655033097877, 842.1800069566671,
    1947.9733737833337, 2564.722284592683, 1950.9009541671933, 852.4353557208073,
    208.52129471746744, 27.1361710025195, 1.7146989066476013, 0.04428768801012326,
    0.000313009712830498,
)
# psi'(u + 1/2) = 1/u - q/u^3: the quotient q of polynomials in 1/u^2.
_TRIGAMMA_N = (
    0.08333333333333325, 2.082329385038045, 17.733169698503104, 64.58011321806684,
    103.19264913325368, 65.95480540830835, 12.593195881984583, 0.16513282929255674,
)
_TRIGAMMA_D = (
    1.0, 25.337952620454512, 221.38953408560306, 845.8313871360522,
    1482.2240067332648, 1144.0319933156452, 339.02838036459434, 26.94993056216394,
)
# psi''(u + 1/2) = -1/u^2 + q/u^4: the quotient q of polynomials in 1/u^2.
_TETRAGAMMA_N = (
    0.2499999999999987, 6.847887205599706, 64.24507965389166, 258.9077462584382,
    459.19608435181914, 325.504265237596, 67.80813056713383, 0.5182860714168336,
)
_TETRAGAMMA_D = (
    1.0, 27.974882155721605, 272.6531665433684, 1177.8021786132028,
    2377.7279161383462, 2173.07471485897, 796.6052740842047, 84.6936943047149,
)
# The numbers B/(2 k) before x^(-2 k) in the series of log x - 1/(2 x) - psi(x) (DLMF 5.11.2).
_BERNOULLI = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12)
# log Gamma(x + 1/2) - log Gamma(x) - log(x)/2 = -q/x, x >= 1: the quotient q in 1/x^2.
_HALF_STEP_LOG_GAMMA_N = (
    0.12499999999999997, 2.3784177070146426, 15.693245341443374, 45.855479804731644,
    62.9068317646183, 39.594602292383335, 10.3255492228678, 0.8711712187855304,
    0.011158045020712912,
)
_HALF_STEP_LOG_GAMMA_D = (
    1.0, 19.069008322783525, 126.32800474505335, 371.87862930050056,
    517.3379425079452, 334.63660173345573, 92.39153278235602, 8.928456287912594,
    0.1814566559809606,
)
# psi(x + 1/2) - psi(x) - 1/(2 x) = q/x^2, x >= 1: the quotient q in 1/x^2.
_HALF_STEP_DIGAMMA_N = (
    0.12499999999999997, 3.298713760722495, 31.445540095813524, 139.74249935665807,
    311.9450438102705, 351.35737121042945, 190.16991034950087, 43.87759523600884,
    3.294555273986127, 0.03411531820870513,
)
_HALF_STEP_DIGAMMA_D = (
    1.0, 26.514710085779594, 254.81615952732471, 1148.2012516536054,
    2624.799146320282, 3081.2442803040094, 1795.4696880514227, 475.83441227651787,
    47.7510578533569, 1.1592561685271756,
)
# psi'(x + 1/2) - psi'(x) + 1/(2 x^2) = -q/x^3, x >= 1: the quotient q in 1/x^2.
_HALF_STEP_TRIGAMMA_N = (
    0.24999999999999994, 8.761994839901211, 114.40519286084984, 723.0826843225557,
    2407.756304882191, 4311.224516368016, 4065.324047235452, 1893.7655193969333,
    382.1978500874862, 25.191198339444615, 0.22257198609366136,
)
_HALF_STEP_TRIGAMMA_D = (
    1.0, 35.29797935960453, 466.2577662833982, 3002.5424327179226,
    10303.008054578404, 19362.17562829618, 19747.399049226315, 10471.431143077874,
    2640.8049837923845, 265.25288590707254, 6.919928250168886,
)
# fmt: on


def _log_gamma(x):
    """The logarithm of Gamma(x), x > 0.

    Torch's own keeps the zeros at 1 and 2.

    Measured beyond conditioning: at most 1 ulp in float64, 1 in float32.
    """
    return torch.lgamma(x)


def _digamma(x):
    """The derivative psi(x) of log Gamma(x), x > 0.

    One step of psi(x) = psi(x + 1) - 1/x (DLMF 5.5.2), then psi(u + 1/2) = log u + 1/(24 u^2) - ...
    (5.11.2) as a fitted quotient; torch.digamma does not keep the zero at 1.4616.

    Measured beyond conditioning: at most 1.5 ulp in float64, 1.5 in float32.
    """
    u = x + 0.5
    w = (1.0 / u) ** 2
    return (torch.log(u) - 1.0 / x) + w * _rational(_DIGAMMA_N, _DIGAMMA_D, w)


def _trigamma(x):
    """The second derivative psi'(x) of log Gamma(x), x > 0.

    Two steps of psi'(x) = 1/x^2 + psi'(x + 1) (DLMF 5.15.5), then
    psi'(u + 1/2) = 1/u - 1/(12 u^3) + ... (5.15.8) as a fitted quotient.

    Measured beyond conditioning: at most 1.5 ulp in float64, 1.5 in float32.
    """
    r = 1.0 / (x + 1.5)
    w = r * r
    tail = r - r * w * _rational(_TRIGAMMA_N, _TRIGAMMA_D, w)
    return (1.0 / x) ** 2 + ((1.0 / (x + 1.0)) ** 2 + tail)


def _tetragamma(x):
    """The third derivative psi''(x) of log Gamma(x), x > 0.

    Two steps of psi''(x) = -2/x^3 + psi''(x + 1) (DLMF 5.15.5), then psi''(u + 1/2) =
    -1/u^2 + 1/(4 u^4) - ... (5.15.9) as a fitted quotient.

    Measured beyond conditioning: at most 2 ulp in float64, 2 in float32.
    """
    r, p, q = 1.0 / (x + 1.5), 1.0 / x, 1.0 / (x + 1.0)
    w = r * r
    tail = w - w * w * _rational(_TETRAGAMMA_N, _TETRAGAMMA_D, w)
    return -(2.0 * p * p * p + (2.0 * q * q * q + tail))


def _log1p_quotient(a, x):
    """The logarithm of 1 + a/x, a, x > 0, also where a/x overflows."""
    q = a / x
    return torch.where(torch.isinf(q), torch.log(a) - torch.log(x), torch.log1p(q))


def _u_log_u_difference(u, a):
    """F(u + a) - F(u) for F(u) = u log u - u; u, a > 0.

    It is a (log(u + a) - 1) + u log(1 + a/u); for a < u/2 log(1 + a/u) is taken as 2 atanh(s) with
    s = a/(2 u + a) (DLMF 4.6.4).
    """
    q = a / u
    s = q / (2.0 + q)
    w = s * s
    rest = 2.0 * s * w * _polynomial(tuple(1.0 / (2 * k + 3) for k in range(12)), torch.clamp(w, max=0.04))
    near = a * torch.log(u) + (a * (s + rest) + u * rest)
    return torch.where(q < 0.5, near, a * (torch.log(u + a) - 1.0) + u * torch.log1p(q))


def _log_gamma_difference(x, a):
    """The difference log Gamma(x + a) - log Gamma(x); x, a > 0.

    As written for x < 1 <= 2 a, where its zeros lie. Else one step of the recurrence, and then
    log Gamma(u + 1/2) = u log u - u + ... subtracted in closed form (DLMF 5.5.1, 5.11.8).

    Measured beyond conditioning: at most 2 ulp in float64, 2 in float32; close to its zeros nothing
    beyond it.
    """
    x, a = _tensors(x, a)
    low = torch.clamp(x, max=1.0)
    plain = _log_gamma(low + a) - _log_gamma(low)
    closed = _log_gamma_rise(x, a) - _log1p_quotient(a, x)
    return torch.where((x < 1.0) & (a >= 0.5), plain, closed)


def _digamma_difference(x, a):
    """The difference psi(x + a) - psi(x) > 0; x, a > 0.

    One step of the recurrence, then log u + 1/(24 u^2) - ... at u = x + 1/2 and at u + a, each
    subtracted in closed form (DLMF 5.5.2, 5.11.2).

    Measured beyond conditioning: at most 1 ulp in float64, 1.5 in float32.
    """
    x, a = _tensors(x, a)
    u = x + 0.5
    v = u + a
    r, s = 1.0 / u, 1.0 / v
    value, slope = _rational_slope(_DIGAMMA_N, _DIGAMMA_D, r * r, s * s)
    tail = (a / v) * r * (r + s) * (value + s * s * slope)
    return (a / (x + a)) / x + (_log1p_quotient(a, u) - tail)


def _trigamma_difference(x, a):
    """The difference psi'(x + a) - psi'(x) < 0; x, a > 0.

    Two steps of the recurrence, then 1/u - 1/(12 u^3) + ... at u = x + 3/2 and at u + a, each
    subtracted in closed form, the steps as (1/p - 1/q)(1/p + 1/q) (DLMF 5.15.5, 5.15.8).

    Measured beyond conditioning: at most 1.5 ulp in float64, 1.5 in float32.
    """
    x, a = _tensors(x, a)
    u = x + 1.5
    v = u + a
    r, s = 1.0 / u, 1.0 / v
    value, slope = _rational_slope(_TRIGAMMA_N, _TRIGAMMA_D, r * r, s * s)
    tail = (a / v) * r * (1.0 - r * r * value - s * (r + s) * (value + s * s * slope))
    p, q = x + 1.0, (x + a) + 1.0
    second = (a / q) / p * (1.0 / p + 1.0 / q)
    q = x + a
    first = (a / q) / x * (1.0 / x + 1.0 / q)
    return -(first + (second + tail))


def _digamma_difference_growth(x, a):
    """The difference x (psi(x + a) - psi(x)) + x^2 (psi'(x + a) - psi'(x)); x, a > 0.

    One step of the recurrence, in which what is large for small x cancels. From 16 on, with t = a/x,
    x (log(1 + t) - t/(1 + t)) - a x/(2 (x + a)^2) and Bernoulli's terms, each subtracted in closed form
    (DLMF 5.5.2, 5.11.2).

    Measured beyond conditioning: at most 100 ulp in float64 (1.5 where x > 16), 0.5 in float32.
    """
    x, a, kind = _double(x, a)
    s = x + a
    q, w = x / s, 1.0 / torch.square(torch.clamp(x, min=16.0))
    total, power, geometric = torch.zeros_like(q), torch.ones_like(q), torch.zeros_like(q)
    for k, term in enumerate(_BERNOULLI, 1):
        geometric = geometric + power * (1.0 + q)
        power = power * (q * q)
        total = total + term * w**k * ((2 * k - 1) * geometric + 2 * k * power)
    far = x * _log1p_square_excess(torch.sqrt(a / x)) - (a / s) * (q / 2.0 + x * total)
    x = torch.clamp(x, max=16.0)
    s = x + a
    steps = x * _digamma_difference(x + 1.0, a) + x * (x * _trigamma_difference(x + 1.0, a))
    near = steps - (x / s) * (a / s)
    return torch.where(x < 16.0, near, far).to(kind)


def _log_beta(a, b):
    """The logarithm of B(a, b); a, b > 0.

    With s the smaller and t the larger, log Gamma(s) - (log Gamma(t + s) - log Gamma(t)) for s
    below 3, else Stirling's formula for the three, whose main terms have one sign (DLMF 5.12.1,
    5.11.1).

    Measured beyond conditioning: at most 2 ulp in float64, 2 in float32; close to its zeros more,
    where the error stays within 2.5 times what one ulp in a and in b explains.
    """
    a, b = _tensors(a, b)
    s, t = torch.minimum(a, b), torch.maximum(a, b)
    near = _log_gamma(s) - _log_gamma_difference(t, s)
    s, t = torch.clamp(s, min=3.0), torch.clamp(t, min=3.0)
    tail = _stirling_correction(s) + _stirling_correction(t) - _stirling_correction(s + t)
    half = 0.5 * torch.log(6.283185307179586 * (1.0 / s + 1.0 / t))
    far = (half + tail) - s * torch.log1p(t / s) - t * torch.log1p(s / t)
    return torch.where(torch.minimum(a, b) < 3.0, near, far)


def _half_step_log_gamma(x):
    """The difference log Gamma(x + 1/2) - log Gamma(x) - log(x)/2 < 0, x > 0.

    With T(x) for it, one step of T(x) = T(x + 1) - log(1 + 1/(4 x (x + 1)))/2, then T(x) =
    -1/(8 x) + 1/(192 x^3) - ... as a fitted quotient (DLMF 5.5.1, 5.11.8).

    Measured beyond conditioning: at most 3 ulp in float64, 2.5 in float32.
    """
    r = 1.0 / (x + 1.0)
    return -(
        0.5 * _log1p_quotient(0.25 * r, x)
        + r * _rational(_HALF_STEP_LOG_GAMMA_N, _HALF_STEP_LOG_GAMMA_D, r * r)
    )


def _half_step_log_gamma_of_exponential(a):
    """The sum log(x)/2 + log Gamma(x/2) - log Gamma((x + 1)/2) > 0 at x = e^a, also where e^a vanishes or overflows.

    By the step and the quotient of _half_step_log_gamma, the step as a softplus.

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32.
    """
    a, kind = _double(a)
    r = 1.0 / (0.5 * torch.exp(a) + 1.0)
    step = 0.5 * _softplus(torch.log(0.5 * r) - a)
    tail = r * _rational(_HALF_STEP_LOG_GAMMA_N, _HALF_STEP_LOG_GAMMA_D, r * r)
    return (math.log(2) / 2 + torch.where(a < 700.0, step, torch.zeros_like(a)) + tail).to(kind)


def _half_step_digamma(x):
    """The difference psi(x + 1/2) - psi(x) - 1/(2 x) > 0, x > 0, near 1/(8 x^2) for large x.

    The derivative of log Gamma(x + 1/2) - log Gamma(x) - log(x)/2, by the same step and a fitted
    quotient.

    Measured beyond conditioning: at most 3 ulp in float64, 2.5 in float32.
    """
    r = 1.0 / (x + 1.0)
    step = 0.5 / x * r / (2.0 * x + 1.0)
    return step + r * r * _rational(_HALF_STEP_DIGAMMA_N, _HALF_STEP_DIGAMMA_D, r * r)


def _half_step_trigamma(x):
    """The difference psi'(x + 1/2) - psi'(x) + 1/(2 x^2) < 0, x > 0, near -1/(4 x^3) for large x.

    The second derivative of log Gamma(x + 1/2) - log Gamma(x) - log(x)/2, by the same step and a
    fitted quotient.

    Measured beyond conditioning: at most 3 ulp in float64, 2.5 in float32.
    """
    r, t = 1.0 / (x + 1.0), 1.0 / (2.0 * x + 1.0)
    step = 0.5 / x * r * t * (1.0 / x + r + 2.0 * t)
    return -(step + r * r * r * _rational(_HALF_STEP_TRIGAMMA_N, _HALF_STEP_TRIGAMMA_D, r * r))


def _half_step_growth(x):
    """The difference h(x) + x h'(x) < 0 with h(x) = psi(x + 1/2) - psi(x) - 1/(2 x), x > 0.

    The derivative of x h(x), by the same step, whose terms in 1/x cancel exactly, and the two fitted
    quotients.

    Measured beyond conditioning: at most 7 ulp in float64, 6 in float32.
    """
    r, t = 1.0 / (x + 1.0), 1.0 / (2.0 * x + 1.0)
    slope = _rational(_HALF_STEP_DIGAMMA_N, _HALF_STEP_DIGAMMA_D, r * r)
    bend = _rational(_HALF_STEP_TRIGAMMA_N, _HALF_STEP_TRIGAMMA_D, r * r)
    return r * (r * (slope - x * r * bend) - 0.5 * t * (r + 2.0 * t))
