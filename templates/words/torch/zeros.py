"""Products and quotients in which zero wins."""

import torch


def _ratio(x, y):
    """The quotient x / y with 0/0 = 0: the derivative of x log y in y."""
    quotient = x / y
    return torch.where((x == 0) & (y == 0), torch.zeros_like(quotient), quotient)


def _xlog1py(x, y):
    """The product x log(1 + y), 0 at x = 0 (nan if x or y is nan)."""
    return torch.special.xlog1py(x, y)


def _times(x, y):
    """The product x y with 0 inf = 0: what is impossible and did not happen costs nothing."""
    return torch.where((x == 0) & torch.isinf(y), torch.zeros_like(y), x * y)
