"""Quotients of polynomials, and their slopes."""

import torch


def _polynomial(coefficients, w):
    """The polynomial with these coefficients (lowest power first) at w, by Horner's rule, in place where nobody differentiates."""
    *others, leading = coefficients
    total = torch.full_like(w, leading)
    for coefficient in reversed(others):
        total = total * w + coefficient if torch.is_grad_enabled() else total.mul_(w).add_(coefficient)
    return total


def _rational(numerator, denominator, w):
    """The quotient of two polynomials at w."""
    return _polynomial(numerator, w) / _polynomial(denominator, w)


def _polynomial_slope(coefficients, w, v):
    """Give p(w), p(v) and the slope (p(w) - p(v)) / (w - v), in which nothing cancels."""
    at_w, at_v, slope = torch.zeros_like(w), torch.zeros_like(v), torch.zeros_like(w)
    for coefficient in reversed(coefficients):
        slope = slope * w + at_v
        at_w, at_v = at_w * w + coefficient, at_v * v + coefficient
    return at_w, at_v, slope


def _rational_slope(numerator, denominator, w, v):
    """Give q(w) and the slope (q(w) - q(v)) / (w - v) of a quotient q of polynomials, 0 <= v <= w.

    The slope is taken as written for v < 0.9 w, else from the slopes of the polynomials.
    """
    top_w, top_v, top = _polynomial_slope(numerator, w, v)
    low_w, low_v, low = _polynomial_slope(denominator, w, v)
    value = top_w / low_w
    return value, torch.where(v < 0.9 * w, (value - top_v / low_v) / (w - v), (top - value * low) / low_v)
