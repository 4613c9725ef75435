"""How the whole line is stretched onto an interval, for integrals over it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

# From the whole line onto an interval: the point at t and its derivative there, as mpmath numbers.
Stretch = Callable[[Any], tuple[Any, Any]]


def sinh(t: Any) -> tuple[Any, Any]:
    """Onto (-∞, ∞): a tail that falls like a power falls exponentially in t."""
    from mpmath import cosh, sinh

    return sinh(t), cosh(t)


def exp(t: Any) -> tuple[Any, Any]:
    """Onto (0, ∞)."""
    from mpmath import exp

    y = exp(t)
    return y, y


def logistic(t: Any) -> tuple[Any, Any]:
    """Onto (0, 1)."""
    from mpmath import exp

    y = 1 / (1 + exp(-t))
    return y, y / (1 + exp(t))


def onto(lower: Any, upper: Any) -> Stretch:
    """Onto an interval with an end or two."""

    def stretched(t: Any) -> tuple[Any, Any]:
        if math.isinf(upper):
            y, speed = exp(t)
            return lower + y, speed
        if math.isinf(lower):
            y, speed = exp(-t)
            return upper - y, speed
        y, speed = logistic(t)
        return lower + (upper - lower) * y, (upper - lower) * speed

    return stretched


def from_one_to_two(t: Any) -> tuple[Any, Any]:
    """Onto (1, 2)."""
    share, speed = logistic(t)
    return 1 + share, speed


def turn(t: Any) -> tuple[Any, Any]:
    """Onto (-π, π)."""
    from mpmath import cosh, pi, tanh

    return pi * tanh(t / 2), pi / (2 * cosh(t / 2) ** 2)


def tanh(t: Any) -> tuple[Any, Any]:
    """Onto (-1, 1)."""
    from mpmath import sech, tanh

    return tanh(t / 2), sech(t / 2) ** 2 / 2
