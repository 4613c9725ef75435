"""The gamma function's family for positive arguments.

u = x + 1/2 is the natural variable: psi(u + 1/2) = log u + 1/(24 u^2) - ... has even powers only. The
tables _NAME_N and _NAME_D are the coefficients, lowest power first, of a quotient of polynomials,
fitted with 90 digits (all are positive: nothing cancels). Errors are in units in the last place (ulp)
beyond what one ulp in each argument explains (conditioning).
"""

import math

import numpy as np
from scipy import special

# fmt: off
# log Gamma(t + 1) = t (t - 1) q(t), 0 <= t <= 2: the quotient q of polynomials in t.
_LOG_GAMMA_N = (
    0.5772156649015329, 1.795879018997928, 2.1865334418937055, 1.3226883681228077,
    0.4175253681048576, 0.06620652414372981, 0.004630212547046027, 0.00010318936786846241,
    1.54621296801624e-07,
)
_LOG_GAMMA_D = (
    1.0, 3.5361659629745215, 5.021257900661251, 3.6722217552107503,
    1.4771004522959044, 0.3239769173460576, 0.03613884447121401, 0.0017463681006452904,
    2.4701852219090835e-05,
)
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

    Below 3 it is t (t - 1) times a fitted quotient, less log x below 1, with t = x - 1 (below 1:
    t = x), which keeps the zeros at 1 and 2; scipy.special.gammaln does not keep the one at 1
    (DLMF 5.5.1).

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        return _split(x < 3.0, _log_gamma_near, special.gammaln, x).astype(kind, copy=False)


def _log_gamma_near(x):
    below = x < 1.0
    t = np.where(below, x, x - 1.0)
    value = t * (t - 1.0) * _rational(_LOG_GAMMA_N, _LOG_GAMMA_D, t)
    return value - np.where(below, np.log(x), 0.0)


def _trigamma(x):
    """The second derivative psi'(x) of log Gamma(x), x > 0.

    Two steps of psi'(x) = 1/x^2 + psi'(x + 1) (DLMF 5.15.5), then
    psi'(u + 1/2) = 1/u - 1/(12 u^3) + ... (5.15.8) as a fitted quotient.

    Measured beyond conditioning: at most 1.5 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        r = 1.0 / (x + 1.5)
        w = r * r
        tail = r - r * w * _rational(_TRIGAMMA_N, _TRIGAMMA_D, w)
        return ((1.0 / x) ** 2 + ((1.0 / (x + 1.0)) ** 2 + tail)).astype(kind, copy=False)


def _tetragamma(x):
    """The third derivative psi''(x) of log Gamma(x), x > 0.

    Two steps of psi''(x) = -2/x^3 + psi''(x + 1) (DLMF 5.15.5), then psi''(u + 1/2) =
    -1/u^2 + 1/(4 u^4) - ... (5.15.9) as a fitted quotient.

    Measured beyond conditioning: at most 2 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        r, p, q = 1.0 / (x + 1.5), 1.0 / x, 1.0 / (x + 1.0)
        w = r * r
        tail = w - w * w * _rational(_TETRAGAMMA_N, _TETRAGAMMA_D, w)
        return (-(2.0 * p * p * p + (2.0 * q * q * q + tail))).astype(kind, copy=False)


def _log1p_quotient(a, x):
    """The logarithm of 1 + a/x, a, x > 0, also where a/x overflows."""
    q = a / x
    return _split(np.isinf(q), lambda a, x, q: np.log(a) - np.log(x), lambda a, x, q: np.log1p(q), a, x, q)


def _u_log_u_difference(u, a):
    """F(u + a) - F(u) for F(u) = u log u - u; u, a > 0.

    It is a (log(u + a) - 1) + u log(1 + a/u); for a < u/2 log(1 + a/u) is taken as 2 atanh(s) with
    s = a/(2 u + a) (DLMF 4.6.4).
    """
    q = a / u
    s = q / (2.0 + q)
    w = s * s
    rest = 2.0 * s * w * _polynomial(tuple(1.0 / (2 * k + 3) for k in range(12)), np.minimum(w, 0.04))
    near = a * np.log(u) + (a * (s + rest) + u * rest)
    return np.where(q < 0.5, near, a * (np.log(u + a) - 1.0) + u * np.log1p(q))


def _log_gamma_difference(x, a):
    """The difference log Gamma(x + a) - log Gamma(x); x, a > 0.

    As written for x < 1 <= 2 a, where its zeros lie. Else one step of the recurrence, and then
    log Gamma(u + 1/2) = u log u - u + ... subtracted in closed form (DLMF 5.5.1, 5.11.8).

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32; close to its zeros the
    error stays within 1.1 times what one ulp in x and in a explains.
    """
    x, a, kind = _wide(x, a)
    with np.errstate(all="ignore"):
        plain = (x < 1.0) & (a >= 0.5)
        return _split(plain, _log_gamma_difference_plain, _log_gamma_difference_closed, x, a).astype(
            kind, copy=False
        )


def _log_gamma_difference_plain(x, a):
    return _log_gamma(x + a) - _log_gamma(x)


def _log_gamma_difference_closed(x, a):
    return _log_gamma_rise(x, a) - _log1p_quotient(a, x)


def _digamma_difference(x, a):
    """The difference psi(x + a) - psi(x) > 0; x, a > 0.

    One step of the recurrence, then log u + 1/(24 u^2) - ... at u = x + 1/2 and at u + a, each
    subtracted in closed form (DLMF 5.5.2, 5.11.2).

    Measured beyond conditioning: at most 1 ulp in float64, 0.5 in float32.
    """
    x, a, kind = _wide(x, a)
    with np.errstate(all="ignore"):
        u = x + 0.5
        v = u + a
        r, s = 1.0 / u, 1.0 / v
        value, slope = _rational_slope(_DIGAMMA_N, _DIGAMMA_D, r * r, s * s)
        tail = (a / v) * r * (r + s) * (value + s * s * slope)
        return ((a / (x + a)) / x + (_log1p_quotient(a, u) - tail)).astype(kind, copy=False)


def _trigamma_difference(x, a):
    """The difference psi'(x + a) - psi'(x) < 0; x, a > 0.

    Two steps of the recurrence, then 1/u - 1/(12 u^3) + ... at u = x + 3/2 and at u + a, each
    subtracted in closed form, the steps as (1/p - 1/q)(1/p + 1/q) (DLMF 5.15.5, 5.15.8).

    Measured beyond conditioning: at most 1.5 ulp in float64, 0.5 in float32.
    """
    x, a, kind = _wide(x, a)
    with np.errstate(all="ignore"):
        u = x + 1.5
        v = u + a
        r, s = 1.0 / u, 1.0 / v
        value, slope = _rational_slope(_TRIGAMMA_N, _TRIGAMMA_D, r * r, s * s)
        tail = (a / v) * r * (1.0 - r * r * value - s * (r + s) * (value + s * s * slope))
        p, q = x + 1.0, (x + a) + 1.0
        second = (a / q) / p * (1.0 / p + 1.0 / q)
        q = x + a
        first = (a / q) / x * (1.0 / x + 1.0 / q)
        return (-(first + (second + tail))).astype(kind, copy=False)


def _digamma_difference_growth(x, a):
    """The difference x (psi(x + a) - psi(x)) + x^2 (psi'(x + a) - psi'(x)); x, a > 0.

    One step of the recurrence, in which what is large for small x cancels. From 16 on, with t = a/x,
    x (log(1 + t) - t/(1 + t)) - a x/(2 (x + a)^2) and Bernoulli's terms, each subtracted in closed form
    (DLMF 5.5.2, 5.11.2).

    Measured beyond conditioning: at most 100 ulp in float64 (1.5 where x > 16), 0.5 in float32.
    """
    x, a, kind = _wide(x, a)
    with np.errstate(all="ignore"):
        return _split(x < 16.0, _digamma_difference_growth_near, _digamma_difference_growth_far, x, a).astype(
            kind, copy=False
        )


def _digamma_difference_growth_near(x, a):
    s = x + a
    steps = x * _digamma_difference(x + 1.0, a) + x * (x * _trigamma_difference(x + 1.0, a))
    return steps - (x / s) * (a / s)


def _digamma_difference_growth_far(x, a):
    s = x + a
    q, w = x / s, 1.0 / (x * x)
    total, power, geometric = np.zeros_like(q), np.ones_like(q), np.zeros_like(q)
    for k, term in enumerate(_BERNOULLI, 1):
        geometric = geometric + power * (1.0 + q)
        power = power * (q * q)
        total = total + term * w**k * ((2 * k - 1) * geometric + 2 * k * power)
    return x * _log1p_square_excess(np.sqrt(a / x)) - (a / s) * (q / 2.0 + x * total)


def _log_beta(a, b):
    """The logarithm of B(a, b); a, b > 0.

    With s the smaller and t the larger, log Gamma(s) - (log Gamma(t + s) - log Gamma(t)) for s
    below 3, else Stirling's formula for the three, whose main terms have one sign (DLMF 5.12.1,
    5.11.1).

    Measured beyond conditioning: at most 2 ulp in float64, 0.5 in float32; close to its zeros more,
    where the error stays within 2.5 times what one ulp in a and in b explains.
    """
    a, b, kind = _wide(a, b)
    with np.errstate(all="ignore"):
        s, t = np.minimum(a, b), np.maximum(a, b)
        return _split(s < 3.0, _log_beta_near, _log_beta_far, s, t).astype(kind, copy=False)


def _log_beta_near(s, t):
    return _log_gamma(s) - _log_gamma_difference(t, s)


def _log_beta_far(s, t):
    tail = _stirling_correction(s) + _stirling_correction(t) - _stirling_correction(s + t)
    half = 0.5 * np.log(6.283185307179586 * (1.0 / s + 1.0 / t))
    return (half + tail) - s * np.log1p(t / s) - t * np.log1p(s / t)


def _half_step_log_gamma(x):
    """The difference log Gamma(x + 1/2) - log Gamma(x) - log(x)/2 < 0, x > 0.

    With T(x) for it, one step of T(x) = T(x + 1) - log(1 + 1/(4 x (x + 1)))/2, then T(x) =
    -1/(8 x) + 1/(192 x^3) - ... as a fitted quotient (DLMF 5.5.1, 5.11.8).

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        r = 1.0 / (x + 1.0)
        return (
            -(
                0.5 * _log1p_quotient(0.25 * r, x)
                + r * _rational(_HALF_STEP_LOG_GAMMA_N, _HALF_STEP_LOG_GAMMA_D, r * r)
            )
        ).astype(kind, copy=False)


def _half_step_log_gamma_of_exponential(a):
    """The sum log(x)/2 + log Gamma(x/2) - log Gamma((x + 1)/2) > 0 at x = e^a, also where e^a vanishes or overflows.

    By the step and the quotient of _half_step_log_gamma, the step as a softplus.

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32.
    """
    a, kind = _wide(a)
    with np.errstate(all="ignore"):
        r = 1.0 / (0.5 * np.exp(a) + 1.0)
        step = 0.5 * _softplus(np.log(0.5 * r) - a)
        tail = r * _rational(_HALF_STEP_LOG_GAMMA_N, _HALF_STEP_LOG_GAMMA_D, r * r)
        return (math.log(2) / 2 + np.where(a < 700.0, step, 0.0) + tail).astype(kind, copy=False)


def _half_step_digamma(x):
    """The difference psi(x + 1/2) - psi(x) - 1/(2 x) > 0, x > 0, near 1/(8 x^2) for large x.

    The derivative of log Gamma(x + 1/2) - log Gamma(x) - log(x)/2, by the same step and a fitted
    quotient.

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        r = 1.0 / (x + 1.0)
        step = 0.5 / x * r / (2.0 * x + 1.0)
        return (step + r * r * _rational(_HALF_STEP_DIGAMMA_N, _HALF_STEP_DIGAMMA_D, r * r)).astype(kind, copy=False)


def _half_step_trigamma(x):
    """The difference psi'(x + 1/2) - psi'(x) + 1/(2 x^2) < 0, x > 0, near -1/(4 x^3) for large x.

    The second derivative of log Gamma(x + 1/2) - log Gamma(x) - log(x)/2, by the same step and a
    fitted quotient.

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        r, t = 1.0 / (x + 1.0), 1.0 / (2.0 * x + 1.0)
        step = 0.5 / x * r * t * (1.0 / x + r + 2.0 * t)
        return (-(step + r * r * r * _rational(_HALF_STEP_TRIGAMMA_N, _HALF_STEP_TRIGAMMA_D, r * r))).astype(
            kind, copy=False
        )


def _half_step_growth(x):
    """The difference h(x) + x h'(x) < 0 with h(x) = psi(x + 1/2) - psi(x) - 1/(2 x), x > 0.

    The derivative of x h(x), by the same step, whose terms in 1/x cancel exactly, and the two fitted
    quotients.

    Measured beyond conditioning: at most 7 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        r, t = 1.0 / (x + 1.0), 1.0 / (2.0 * x + 1.0)
        slope = _rational(_HALF_STEP_DIGAMMA_N, _HALF_STEP_DIGAMMA_D, r * r)
        bend = _rational(_HALF_STEP_TRIGAMMA_N, _HALF_STEP_TRIGAMMA_D, r * r)
        return (r * (r * (slope - x * r * bend) - 0.5 * t * (r + 2.0 * t))).astype(kind, copy=False)
