"""The Tweedie distributions of power between 1 and 2: deviance and base measure.

Errors are in units in the last place (ulp) beyond what one ulp in each argument explains (conditioning).
"""

import math

import torch


def _power_difference(t, ratio, q):
    """The quotient (ratio^q - 1)/q, t = log ratio."""
    x = q * t
    return torch.where(torch.abs(x) < 1.0, _expm1(torch.where(torch.abs(x) < 1.0, x, 0.0)), ratio**q - 1.0) / q


def _tweedie_deviance(y, mu, p):
    """Half the unit deviance of the power 1 < p < 2, the integral of (v - y) v^-p from y to mu; mu > 0, y >= 0.

    Near y = mu, where all cancels but a square, it is a power series in t = log(mu/y).

    Measured beyond conditioning: at most 0.5 ulp in float64, 0.5 in float32.
    """
    y, mu, p = torch.broadcast_tensors(*_tensors(y, mu, p))
    kind, y, mu, p = mu.dtype, y.double(), mu.double(), p.double()
    b, c = 2.0 - p, 1.0 - p
    some = torch.where(y > 0.0, y, 1.0)
    ratio = mu / some
    near = torch.abs(torch.log(ratio)) < 1.0
    t = torch.where(near, torch.log1p(torch.where(near, (mu - some) / some, 0.0)), torch.log(ratio))
    s = torch.where(near, t, 0.0)
    term, of_b, of_c, total = s, torch.ones_like(b), torch.ones_like(b), torch.zeros_like(s + b)
    for n in range(2, 22):
        term, of_b, of_c = term * s / n, of_b * b, of_c * c
        total = total + term * (of_b - of_c)
    far = _power_difference(t, ratio, b) - _power_difference(t, ratio, c)
    beyond = some**b * torch.where(near, total, far)
    return torch.where(y > 0.0, beyond, mu**b / b).to(kind)


def _log1p_less_argument(x):
    """The difference log(1 + x) - x, x > -1."""
    small = torch.abs(x) < 0.5
    z = torch.where(small, x / (2.0 + x), 0.0)
    w, tail = z * z, 0.0
    for n in range(29, 1, -2):
        tail = tail * w + 1.0 / n
    return torch.where(small, z * (2.0 * w * tail - x), torch.log1p(x) - x)


def _log_tweedie_base(y, phi, p):
    """The logarithm of the base measure of the power 1 < p < 2, 0 at y = 0: y > 0, phi > 0.

    Of the series of Dunn and Smyth (2005), from which Stirling's formula is taken, the terms around the
    largest are added: each of them, or where they are many, by the trapezoidal rule in steps of a quarter
    of their spread, which is right to all digits.

    Measured beyond conditioning, of a value of at least 1 in size: at most 4 ulp in float64, 0.5 in float32.
    """
    y, phi, p = torch.broadcast_tensors(*_tensors(y, phi, p))
    kind, y, phi, p = y.dtype, y.double(), phi.double(), p.double()
    nodes = torch.arange(112.0, dtype=torch.float64, device=y.device)
    b, q = 2.0 - p, p - 1.0
    some = torch.where(y > 0.0, y, 1.0)
    size = some**b / (b * q * phi)
    peak = size * q
    step = torch.clamp(torch.sqrt(size) * q / 4.0, min=1.0)
    step = torch.where(size < 40.0, 1.0, step)
    start = torch.where(step == 1.0, torch.clamp(torch.round(peak) - 44.0, min=1.0) - peak, -44.0 * step)
    offset = start[..., None] + step[..., None] * nodes
    j, x = peak[..., None] + offset, offset / peak[..., None]
    legal = j > 0.0
    j, x = torch.where(legal, j, 1.0), torch.where(legal, x, 0.0)
    bell = size[..., None] * (x * torch.log1p(x) + _log1p_less_argument(x))
    height = -bell - _stirling_correction(j) - _stirling_correction(j * (b / q)[..., None])
    height = torch.where(legal, height, -math.inf)
    top = torch.amax(height, dim=-1)
    total = torch.sum(torch.exp(height - top[..., None]), dim=-1)
    value = top + torch.log(total * step * torch.sqrt(b / q) / some) - 1.8378770664093453
    return torch.where(y > 0.0, value, 0.0).to(kind)
