"""The density of the sum of a normal and an exponential variable, Torch only.

Of a residual a, a deviation b and a rate c: with z = a/b, k = b c and u = z - k it is, beside c,
exp(-w) with w = k z - k^2/2 - log Phi(u). Left of u = 0, at t = -u, what is large has cancelled:
e = E[X - t | X > t] and s = Var[X | X > t] of a standard normal X are of order 1/t and 1/t^2. Errors are
in units in the last place (ulp) beyond what one ulp in each argument explains (conditioning).
"""

import torch

# fmt: off
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
# fmt: on


def _convolved(a, b, c):
    """The numbers z, k and u, and of u the inverse Mills ratio m, e = u + m, the variance s and s - 1."""
    z, k = a / b, b * c
    u = z - k
    return z, k, u, *_mills_pair(u), *_variance_pair(u)


def _residual_parts(u):
    """Of t = -u, at least 1: t, 1 - t^2 s and t s, where s itself may vanish."""
    t = torch.clamp(-u, min=1.0)
    shortfall = (1.0 + _on_half_line(_RESIDUAL_SHORTFALL, t)) / (1.0 + t * (0.5 + t / 6.0))
    return t, shortfall, (1.0 - shortfall) / t


def _convolution(a, b, c):
    """The number w: left of u = 0 it is z^2/2 + log(sqrt(2 pi) m).

    Measured beyond conditioning: at most 2.5 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _double(a, b, c)
    z, k = a / b, b * c
    u = z - k
    left = 0.5 * z * z + (torch.log(_mills_pair(u)[0]) + 0.9189385332046727)
    return torch.where(u < 0, left, k * (z - 0.5 * k) - _log_normal_cdf(u)).to(kind)


def _convolution_slope(a, b, c):
    """The derivative c - m/b of w in a: left of u = 0 it is (z - e)/b.

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32. Near its zeros it is of
    the order of what four ulp in each argument explain.
    """
    a, b, c, kind = _double(a, b, c)
    z, k, u, m, e, _, _ = _convolved(a, b, c)
    return (torch.where(u < 0, z - e, k - m) / b).to(kind)


def _convolution_curvature(a, b, c):
    """The curvature (1 - s)/b^2 of w in a, which single precision may not hold before it is divided.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _double(a, b, c)
    *_, less = _convolved(a, b, c)
    return (-less / b / b).to(kind)


def _convolution_deviation_slope(a, b, c):
    """The derivative ((z + k) m - k^2)/b of w in b: left of u = 0 it is ((z + k) e - z^2)/b.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32. Near its zeros it is of
    the order of what four ulp in each argument explain.
    """
    a, b, c, kind = _double(a, b, c)
    z, k, u, m, e, _, _ = _convolved(a, b, c)
    return (torch.where(u < 0, (z + k) * e - z * z, (z + k) * m - k * k) / b).to(kind)


def _convolution_log_deviation_slope(a, b, c):
    """The derivative (z + k) m - k^2 of w in log b: left of u = 0 it is (z + k) e - z^2.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32. Near its zeros it is of
    the order of what four ulp in each argument explain.
    """
    a, b, c, kind = _double(a, b, c)
    z, k, u, m, e, _, _ = _convolved(a, b, c)
    return torch.where(u < 0, (z + k) * e - z * z, (z + k) * m - k * k).to(kind)


def _convolution_rate_slope(a, b, c):
    """The derivative b e of w in c.

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _double(a, b, c)
    return (b * _mills_pair(a / b - b * c)[1]).to(kind)


def _convolution_rate_score(a, b, c):
    """The difference b e - 1/c: left of u = 0 it is (z e - (s + e^2))/c.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32. Near its zeros it is of
    the order of what four ulp in each argument explain.
    """
    a, b, c, kind = _double(a, b, c)
    z, k, u, _, e, s, _ = _convolved(a, b, c)
    return (torch.where(u < 0, z * e - (s + e * e), k * e - 1.0) / c).to(kind)


def _convolution_cross(a, b, c):
    """The derivative of w in a and b: left of u = 0 it is (e + (z + k) s - 2 z)/b^2.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32. Near its zeros it is of
    the order of what four ulp in each argument explain.
    """
    a, b, c, kind = _double(a, b, c)
    z, k, u, m, e, s, less = _convolved(a, b, c)
    t, _, ts = _residual_parts(u)
    far = e + ts - 2.0 * z * (1.0 - ts / t)
    left = torch.where(u > -1.0, e + (z + k) * s - 2.0 * z, far)
    return (torch.where(u < 0, left, m + (z + k) * less) / b / b).to(kind)


def _convolution_log_deviation_cross(a, b, c):
    """The derivative of w in a and log b: left of u = 0 it is (e + (z + k) s - 2 z)/b.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32. Near its zeros it is of
    the order of what four ulp in each argument explain.
    """
    a, b, c, kind = _double(a, b, c)
    z, k, u, m, e, s, less = _convolved(a, b, c)
    t, _, ts = _residual_parts(u)
    far = e + ts - 2.0 * z * (1.0 - ts / t)
    left = torch.where(u > -1.0, e + (z + k) * s - 2.0 * z, far)
    return (torch.where(u < 0, left, m + (z + k) * less) / b).to(kind)


def _convolution_rate_cross(a, b, c):
    """The derivative e - (z + k) s of w in b and c; beyond t = 1, e - t s is (1 - t^2 s - s - e^2)/t.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32. Near its zeros it is of
    the order of what four ulp in each argument explain.
    """
    a, b, c, kind = _double(a, b, c)
    z, k, u, m, e, s, less = _convolved(a, b, c)
    t, shortfall, ts = _residual_parts(u)
    far = (shortfall - (s + e * e)) / t - 2.0 * ts * (z / t)
    left = torch.where(u > -1.0, e - (z + k) * s, far)
    return torch.where(u < 0, left, m - (z + k) * less - 2.0 * k).to(kind)


def _convolution_deviation_curvature(a, b, c):
    """The second derivative of w in b: left of u = 0 it is (3 z^2 - 2 z e - (z + k)^2 s)/b^2.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32. Near its zeros it is of
    the order of what four ulp in each argument explain.
    """
    a, b, c, kind = _double(a, b, c)
    z, k, u, m, e, s, less = _convolved(a, b, c)
    t, shortfall, ts = _residual_parts(u)
    far = 1.0 - shortfall + 4.0 * z * ts * (1.0 + z / t)
    left = 3.0 * z * z - 2.0 * z * e - torch.where(u > -1.0, (z + k) * s * (z + k), far)
    right = -k * k - (z + k) * less * (z + k) - 2.0 * z * m
    return (torch.where(u < 0, left, right) / b / b).to(kind)


def _convolution_log_deviation_curvature(a, b, c):
    """The second derivative of w in log b: left of u = 0 it is 2 z^2 + (k - z) e - (z + k)^2 s.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32. Near its zeros it is of
    the order of what four ulp in each argument explain.
    """
    a, b, c, kind = _double(a, b, c)
    z, k, u, m, e, s, less = _convolved(a, b, c)
    t, shortfall, ts = _residual_parts(u)
    far = shortfall - (s + e * e) - 4.0 * z * ts * (1.0 + z / t)
    left = 2.0 * z * z + torch.where(u > -1.0, (k - z) * e - (z + k) * s * (z + k), far)
    right = (k - z) * m - (z + k) * less * (z + k) - 2.0 * k * k
    return torch.where(u < 0, left, right).to(kind)


def _convolution_rate_curvature(a, b, c):
    """The difference 1/c^2 - b^2 s; beyond t = 1 it is (1 - t^2 s - z (t + k) s)/c^2.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32. Near its zeros it is of
    the order of what four ulp in each argument explain.
    """
    a, b, c, kind = _double(a, b, c)
    z, k, u, _, _, s, _ = _convolved(a, b, c)
    t, shortfall, ts = _residual_parts(u)
    far = shortfall - z * ts * (1.0 + k / t)
    return (torch.where(u > -1.0, 1.0 - k * s * k, far) / c / c).to(kind)
