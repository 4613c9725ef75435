"""The logarithm of a ratio and divergences, of two positive numbers that may be close.

Each works in float64 and answers in the dtype of its arguments. With v = (a - b)/(a + b), log(a/b) is
2 atanh(v) = 2 v + 2 v^3/3 + ... (DLMF 4.6.4). Errors are in units in the last place (ulp) beyond what
one ulp in each argument explains (conditioning).
"""

import math

import numpy as np

# e^x - 1 - x = x^2 (1/2! + x/3! + x^2/4! + ...).
_EXP_EXCESS = tuple(1.0 / math.factorial(k) for k in range(2, 20))
# atanh(v) = v + v^3 (1/3 + v^2/5 + v^4/7 + ...).
_ATANH_REST = tuple(1.0 / (2 * k + 3) for k in range(12))


def _exp_excess(x):
    """The difference e^x - 1 - x, near x^2/2 at 0; for |x| below 1 its power series.

    Measured beyond conditioning: at most 1.5 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        c = np.clip(x, -1.0, 1.0)
        near = c * c * _polynomial(_EXP_EXCESS, c)
        return np.where(np.abs(x) < 1.0, near, np.expm1(x) - x).astype(kind)


def _log_ratio(a, b):
    """The logarithm of a/b; a, b > 0: that of 1 + |a - b|/min(a, b), with the sign of a - b.

    Measured beyond conditioning: at most 1 ulp in float64, 0.5 in float32.
    """
    a, b, kind = _wide(a, b)
    with np.errstate(all="ignore"):
        difference = a - b
        t = np.abs(difference) / np.minimum(a, b)
        value = np.copysign(np.log1p(t), difference)
        if np.isinf(t).any():
            value = np.where(np.isinf(t), np.log(a) - np.log(b), value)
        return value.astype(kind, copy=False)


def _log1p_ratio(a, b):
    """The logarithm of 1 + a/b; a >= 0, b > 0.

    Measured beyond conditioning: at most 1.5 ulp in float64, 0.5 in float32.
    """
    a, b, kind = _wide(a, b)
    with np.errstate(all="ignore"):
        q = a / b
        return np.where(q < np.inf, np.log1p(q), np.log(a) - np.log(b)).astype(kind)


def _small_ratio(a, b):
    """Give t = (a - b)/b, v = t/(2 + t), 2 (atanh(v) - v) for |v| < 0.2, and where |v| is so small."""
    t = (a - b) / b
    v = t / (2.0 + t)
    w = np.minimum(v * v, 0.04)
    return t, v, 2.0 * v * w * _polynomial(_ATANH_REST, w), np.abs(v) < 0.2


def _log1p_excess(t, s):
    """The difference t - log(s) >= 0 for s = 1 + t > 0, each as it is known best, in float64."""
    v = t / (2.0 + t)
    w = np.minimum(v * v, 0.04)
    return np.where(np.abs(v) < 0.2, t * v - 2.0 * v * w * _polynomial(_ATANH_REST, w), t - np.log(s))


def _ratio_excess(a, b):
    """The difference a/b - 1 - log(a/b) >= 0; a, b > 0.

    Measured beyond conditioning: at most 1.5 ulp in float64, 0.5 in float32.
    """
    a, b, kind = _wide(a, b)
    with np.errstate(all="ignore"):
        t, v, rest, close = _small_ratio(a, b)
        return np.where(close, t * v - rest, t - _log_ratio(a, b)).astype(kind)


def _divergence(a, b):
    """The sum a log(a/b) - a + b >= 0; a >= 0, b > 0.

    Measured beyond conditioning: at most 2 ulp in float64, 0.5 in float32.
    """
    a, b, kind = _wide(a, b)
    with np.errstate(all="ignore"):
        _, v, rest, close = _small_ratio(a, b)
        far = np.where(a == 0.0, 0.0, a * _log_ratio(a, b))
        return np.where(close, (a - b) * v + a * rest, far - (a - b)).astype(kind)


def _log_divergence(a, c):
    """The sum a (log a - c) - a + e^c >= 0, a >= 0, also where e^c underflows.

    With t = c - log a, it is a (e^t - 1 - t) for small t.

    Measured beyond conditioning: at most 2 ulp in float64, 0.5 in float32.
    """
    a, c, kind = _wide(a, c)
    with np.errstate(all="ignore"):
        t = c - np.log(a)
        far = np.where(a == 0.0, 0.0, a * t)
        return np.where(np.abs(t) < 0.5, a * _exp_excess(t), np.exp(c) - a - far).astype(kind)


def _power_excess_slope(a, b, c):
    """The quotient -c ((a/b)^c - 1) / b; a, b > 0. A large power is multiplied in by its two roots.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _wide(a, b, c)
    with np.errstate(all="ignore"):
        x = c * _log_ratio(a, b)
        root = np.exp(0.5 * x)
        far = c * (root / b * root - 1.0 / b)
        return (-np.where(x < 1.0, c * (np.expm1(np.minimum(x, 1.0)) / b), far)).astype(kind)


def _power_excess_curvature(a, b, c):
    """The quotient c ((c + 1) (a/b)^c - 1) / b^2; a, b > 0. A large power is multiplied in by its two roots.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _wide(a, b, c)
    with np.errstate(all="ignore"):
        x = c * _log_ratio(a, b)
        root = np.exp(0.5 * x) / b
        low = np.minimum(x, 1.0)
        near = c * ((np.expm1(low) + c * np.exp(low)) / b / b)
        return np.where(x < 1.0, near, c * (((c + 1.0) * root) * root - 1.0 / b / b)).astype(kind)


def _power_excess_cross(a, b, c):
    """The quotient -((a/b)^c (1 + c log(a/b)) - 1) / b; a, b > 0. A large power is multiplied in by its two roots.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _wide(a, b, c)
    with np.errstate(all="ignore"):
        x = c * _log_ratio(a, b)
        root = np.exp(0.5 * x)
        low = np.minimum(x, 1.0)
        near = (np.expm1(low) + low * np.exp(low)) / b
        return (-np.where(x < 1.0, near, root / b * (1.0 + x) * root - 1.0 / b)).astype(kind)


def _mean_excess_above(a, b, c):
    """The difference t - log(1 + t) at t = b (c - 1)/(a c + b); a, b, c > 0: t is at most b/a, and above -1.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _wide(a, b, c)
    with np.errstate(all="ignore"):
        whole = a / b * c + 1.0
        t, s = (c - 1.0) / whole, (a / b + 1.0) * (c / whole)
        return (_log1p_excess(t, s)).astype(kind)


def _mean_excess_below(a, b, c):
    """The difference t - log(1 + t) at t = a (1 - c)/(a c + b); a, b, c > 0: t is at most a/b, and above -1.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _wide(a, b, c)
    with np.errstate(all="ignore"):
        t, s = (1.0 - c) / (c + b / a), (1.0 + b / a) / (c + b / a)
        return (_log1p_excess(t, s)).astype(kind)


def _mean_excess(a, b, c):
    """The sum (a + b) log((a c + b)/(a + b)) - a log c >= 0; a, b, c > 0: the weights times its slopes in them.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _wide(a, b, c)
    with np.errstate(all="ignore"):
        return (a * _mean_excess_above(a, b, c) + b * _mean_excess_below(a, b, c)).astype(kind)


def _mean_excess_bend(p, q, a, b, c):
    """The quotient p q (c - 1)^2/((a + b) (a c + b)^2); all > 0.

    Measured beyond conditioning: at most 6 ulp in float64, 0.5 in float32.
    """
    p, q, a, b, c, kind = _wide(p, q, a, b, c)
    with np.errstate(all="ignore"):
        u = (c - 1.0) / (a * c + b)
        return (p * u * (q * u) / (a + b)).astype(kind)
