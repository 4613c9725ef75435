"""Functions of an angle, and the Bessel functions that they integrate to."""

from derive.declare import stable
from derive.domains import Positive, Real, Unit
from derive.words import (
    bessel_ratio_complement,
    bessel_ratio_slope,
    log,
    log_bessel_0,
    log_bessel_0_scaled,
    one_minus_cosine,
    one_minus_cosine_between,
    scaled_complement_slope,
    wrapped_cauchy_cost,
)


@stable(f64={"a": 1e12}, f32={"a": 1e9})
def log_bessel_less_argument(a: Positive):
    """For large arguments the two cancel, and half a logarithm is left."""
    return log_bessel_0(a) - a, log_bessel_0_scaled(a)


@stable(f64={"a": 1e17, "b": 1.3}, f32={"a": 1e9, "b": 1.3})
def one_minus_cosine_of_difference(a: Real, b: Real):
    """Where an angle is far from 0 the difference is rounded; what that loses is put back into the cosine."""
    return one_minus_cosine(a - b), one_minus_cosine_between(a, b)


@stable(f64={"a": 1e9}, f32={"a": 1e5})
def complement_less_slope(a: Positive):
    """For large arguments the two cancel to the second order."""
    return bessel_ratio_complement(a) - a * bessel_ratio_slope(a), scaled_complement_slope(a)


@stable(f64={"a": 1.0, "b": 3.0, "c": 1e-17}, f32={"a": 1.0, "b": 3.0, "c": 1e-8})
def cauchy_wound_around_the_circle(a: Real, b: Real, c: Unit):
    """For a small mean length each of the three is rounded to 0: their sum is computed as one."""
    return (
        log((1 - c) ** 2 + 2 * c * one_minus_cosine(a - b)) - log(1 - c) - log(1 + c),
        wrapped_cauchy_cost(a, b, c),
    )
