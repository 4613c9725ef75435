"""The Tweedie distributions of power between 1 and 2: deviance and base measure.

Errors are in units in the last place (ulp) beyond what one ulp in each argument explains (conditioning).
"""

import numpy as np


def _power_difference(t, ratio, q):
    """The quotient (ratio^q - 1)/q, t = log ratio."""
    x = q * t
    return np.where(np.abs(x) < 1.0, np.expm1(np.where(np.abs(x) < 1.0, x, 0.0)), ratio**q - 1.0) / q


def _tweedie_deviance(y, mu, p):
    """Half the unit deviance of the power 1 < p < 2, the integral of (v - y) v^-p from y to mu; mu > 0, y >= 0.

    Near y = mu, where all cancels but a square, it is a power series in t = log(mu/y).

    Measured beyond conditioning: at most 0.5 ulp in float64, 0.5 in float32.
    """
    y, mu, p, kind = _wide(y, mu, p)
    with np.errstate(all="ignore"):
        b, c = 2.0 - p, 1.0 - p
        some = np.where(y > 0.0, y, 1.0)
        ratio = mu / some
        near = np.abs(np.log(ratio)) < 1.0
        t = np.where(near, np.log1p(np.where(near, (mu - some) / some, 0.0)), np.log(ratio))
        s = np.where(near, t, 0.0)
        term, of_b, of_c, total = s, np.ones_like(b), np.ones_like(b), np.zeros_like(s + b)
        for n in range(2, 22):
            term, of_b, of_c = term * s / n, of_b * b, of_c * c
            total = total + term * (of_b - of_c)
        far = _power_difference(t, ratio, b) - _power_difference(t, ratio, c)
        beyond = some**b * np.where(near, total, far)
        return np.where(y > 0.0, beyond, mu**b / b).astype(kind)


def _log1p_less_argument(x):
    """The difference log(1 + x) - x, x > -1."""
    small = np.abs(x) < 0.5
    z = np.where(small, x / (2.0 + x), 0.0)
    w, tail = z * z, 0.0
    for n in range(29, 1, -2):
        tail = tail * w + 1.0 / n
    return np.where(small, z * (2.0 * w * tail - x), np.log1p(x) - x)


def _log_tweedie_base(y, phi, p):
    """The logarithm of the base measure of the power 1 < p < 2, 0 at y = 0: y > 0, phi > 0.

    Of the series of Dunn and Smyth (2005), from which Stirling's formula is taken, the terms around the
    largest are added: each of them, or where they are many, by the trapezoidal rule in steps of a quarter
    of their spread, which is right to all digits.

    Measured beyond conditioning, of a value of at least 1 in size: at most 4 ulp in float64, 0.5 in float32.
    """
    y, phi, p, kind = _wide(y, phi, p)
    with np.errstate(all="ignore"):
        b, q = 2.0 - p, p - 1.0
        some = np.where(y > 0.0, y, 1.0)
        size = some**b / (b * q * phi)
        peak = size * q
        step = np.maximum(np.sqrt(size) * q / 4.0, 1.0)
        step = np.where(size < 40.0, 1.0, step)
        start = np.where(step == 1.0, np.maximum(np.round(peak) - 44.0, 1.0) - peak, -44.0 * step)
        offset = start[..., None] + step[..., None] * np.arange(112.0)
        j, x = peak[..., None] + offset, offset / peak[..., None]
        legal = j > 0.0
        j, x = np.where(legal, j, 1.0), np.where(legal, x, 0.0)
        bell = size[..., None] * (x * np.log1p(x) + _log1p_less_argument(x))
        height = -bell - _stirling_correction(j) - _stirling_correction(j * (b / q)[..., None])
        height = np.where(legal, height, -np.inf)
        top = np.max(height, axis=-1)
        total = np.sum(np.exp(height - top[..., None]), axis=-1)
        value = top + np.log(total * step * np.sqrt(b / q) / some) - 1.8378770664093453
        return np.where(y > 0.0, value, 0.0).astype(kind)
