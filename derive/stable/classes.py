"""Vectors of classes."""

import math

from derive.declare import stable
from derive.domains import Position, Real, Vector
from derive.words import each, j, log, logsumexp, logsumexp_difference, softmax, times


@stable(f64={"z": (0, 746), "k": 1}, f32={"z": (0, 104), "k": 1})
def log_softmax(z: Vector, k: Position):
    """The softmax underflows to 0, which has no logarithm; logsumexp does not."""
    return log(softmax(z, k)), -(logsumexp(z) - z[k])


@stable(f64={"z": (40, 0), "k": 1}, f32={"z": (20, 0), "k": 1})
def logsumexp_of_differences(z: Vector, k: Position):
    """At the largest entry the two cancel to 0; over the differences the small rest survives."""
    return logsumexp(z) - z[k], logsumexp_difference(z, k)


@stable(f64={"a": 0, "z": (0, -math.inf), "k": 2}, f32={"a": 0, "z": (0, -math.inf), "k": 2})
def zero_times_infinity(a: Real, z: Vector, k: Position):
    """A class that did not occur costs nothing, even where it is impossible and its cost infinite: zero wins."""
    return a * logsumexp_difference(z, k), times(a, logsumexp_difference(z, k))


@stable(f64={"z": (0, 746), "a": 0, "k": 1}, f32={"z": (0, 104), "a": 0, "k": 1})
def log_softmax_of_sum(z: Vector, a: Real, k: Position):
    """The softmax underflows to 0, which has no logarithm; over the differences from its entry nothing is lost."""
    return log(softmax(each(z[j] + a, j), k)), -logsumexp_difference(each(z[j] + a, j), k)
