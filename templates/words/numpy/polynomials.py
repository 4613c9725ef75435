"""Quotients of polynomials, and their slopes."""

import numpy as np


def _polynomial(coefficients, w):
    """The polynomial with these coefficients (lowest power first) at w, by Horner's rule."""
    *others, leading = coefficients
    total = np.full_like(w, leading)
    for coefficient in reversed(others):
        total *= w
        total += coefficient
    return total


def _rational(numerator, denominator, w):
    """The quotient of two polynomials at w."""
    return _polynomial(numerator, w) / _polynomial(denominator, w)


def _polynomial_slope(coefficients, w, v):
    """Give p(w), p(v) and the slope (p(w) - p(v)) / (w - v), in which nothing cancels."""
    *others, leading = coefficients
    w, v = np.broadcast_arrays(w, v)
    at_w, at_v, slope = np.full_like(w, leading), np.full_like(v, leading), np.zeros_like(w)
    for coefficient in reversed(others):
        slope *= w
        slope += at_v
        at_w *= w
        at_w += coefficient
        at_v *= v
        at_v += coefficient
    return at_w, at_v, slope


def _rational_slope(numerator, denominator, w, v):
    """Give q(w) and the slope (q(w) - q(v)) / (w - v) of a quotient q of polynomials, 0 <= v <= w.

    The slope is taken as written for v < 0.9 w, else from the slopes of the polynomials.
    """
    value = _rational(numerator, denominator, w)

    def apart(w, v, value):
        return (value - _rational(numerator, denominator, v)) / (w - v)

    def close(w, v, value):
        _, _, top = _polynomial_slope(numerator, w, v)
        _, low_v, low = _polynomial_slope(denominator, w, v)
        return (top - value * low) / low_v

    return value, _split(v < 0.9 * w, apart, close, w, v, value)
