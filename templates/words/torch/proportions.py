"""The residual of the simplex distribution and its derivatives, of 0 < a < 1."""

import torch


def _simplex_residual(a, b):
    """The quotient (a - b)/(b (1 - b) sqrt(a (1 - a))); 0 < b < 1.

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32.
    """
    a, b, kind = _double(a, b)
    return ((a - b) / b / (1.0 - b) / torch.sqrt(a * (1.0 - a))).to(kind)


def _simplex_slope(a, b):
    """The quotient (a/b^2 + (1 - a)/(1 - b)^2)/sqrt(a (1 - a)); 0 < b < 1.

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32.
    """
    a, b, kind = _double(a, b)
    c, d = 1.0 - a, 1.0 - b
    return (torch.sqrt(a / c) / b / b + torch.sqrt(c / a) / d / d).to(kind)


def _simplex_curvature(a, b):
    """The quotient 2 (a/b^3 - (1 - a)/(1 - b)^3)/sqrt(a (1 - a)); 0 < b < 1.

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32.
    """
    a, b, kind = _double(a, b)
    c, d = 1.0 - a, 1.0 - b
    return (2.0 * (torch.sqrt(a / c) / b / b / b - torch.sqrt(c / a) / d / d / d)).to(kind)


def _logistic_simplex_residual(a, b):
    """The difference of a (1 + e^-b) and (1 - a) (1 + e^b), over sqrt(a (1 - a)): 0 where a is sigmoid(b).

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32.
    """
    a, b, kind = _double(a, b)
    up, half = torch.sqrt(a / (1.0 - a)), torch.exp(-0.5 * b)
    # The roots of the odds and of e^b are multiplied first: their product overflows where the residual does.
    one, other = up * half, 1.0 / up / half
    return ((one - other) * (half + 1.0 / half)).to(kind)


def _logistic_simplex_slope(a, b):
    """The quotient (a e^-b + (1 - a) e^b)/sqrt(a (1 - a)).

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    a, b, kind = _double(a, b)
    up, half = torch.sqrt(a / (1.0 - a)), torch.exp(-0.5 * b)
    return (up * half * half + 1.0 / up / half / half).to(kind)


def _logistic_simplex_curvature(a, b):
    """The quotient (a e^-b - (1 - a) e^b)/sqrt(a (1 - a)).

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    a, b, kind = _double(a, b)
    up, half = torch.sqrt(a / (1.0 - a)), torch.exp(-0.5 * b)
    return (up * half * half - 1.0 / up / half / half).to(kind)


def _log_logistic_mean(a):
    """The logarithm of (2 a - 1)/logit(a), the logarithmic mean of a and 1 - a; 0 < a < 1.

    Measured beyond conditioning: at most 2 ulp in float64, 1 in float32.
    """
    a, kind = _double(a)
    return (_log_expm1_ratio(-_logit(a)) + torch.log1p(-a)).to(kind)
