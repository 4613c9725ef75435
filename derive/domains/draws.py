"""How numbers are drawn for tests of claims."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

Sampler = Callable[[Random], float]

# How often a drawn point is an atom, and how near to an end that is not zero a number of single precision lies.
ATOM = 0.2
NEAREST = 1e-6


def normal(scale: float) -> Sampler:
    """Around zero."""
    return lambda random: random.gauss(0.0, scale)


def lognormal(scale: float) -> Sampler:
    """Around one, on the logarithmic scale."""
    return lambda random: math.exp(random.gauss(0.0, scale))


def any_size(smallest: float, largest: float) -> Sampler:
    """Between ten to these powers, every order of magnitude alike."""
    return lambda random: 10 ** random.uniform(smallest, largest)


def either_sign(size: Sampler) -> Sampler:
    """Of such a size, and as often below zero as above."""
    return lambda random: random.choice((-1.0, 1.0)) * size(random)


def between(lower: float, upper: float, integer: bool) -> Sampler:
    """Draws between two ends, often near either of them; or from the only one on by a share of its size."""

    def draw(random: Random) -> float:
        if math.isinf(lower):
            return upper - (abs(upper) or 1.0) * math.exp(random.gauss(-1.0, 1.5))
        if math.isinf(upper):
            above = lower + (abs(lower) or 1.0) * math.exp(random.gauss(-1.0, 1.5))
            return math.ceil(above) if integer else above
        if not integer:
            return lower + random.random() * (upper - lower)
        near = math.floor((upper - lower + 1) ** random.random()) - 1
        return random.choice((lower + near, upper - near, float(random.randint(int(lower), int(upper)))))

    return draw
