"""Functions of an angle, and the Bessel functions that they integrate to."""

from derive.declare import stable
from derive.domains import Positive, Real
from derive.words import (
    bessel_ratio_complement,
    bessel_ratio_slope,
    cosine,
    log_bessel_0,
    log_bessel_0_scaled,
    one_minus_cosine,
    scaled_complement_slope,
)


@stable(f64={"a": 1e12, "b": 1e-6}, f32={"a": 1e6, "b": 1e-3})
def log_bessel_less_cosine(a: Positive, b: Real):
    """For a large concentration the two cancel near the mean direction; what each is less than it does not."""
    return log_bessel_0(a) - a * cosine(b), log_bessel_0_scaled(a) + a * one_minus_cosine(b)


@stable(f64={"a": 1e9}, f32={"a": 1e5})
def complement_less_slope(a: Positive):
    """For large arguments the two cancel to the second order."""
    return bessel_ratio_complement(a) - a * bessel_ratio_slope(a), scaled_complement_slope(a)
