"""Tails that fall like a power or come to an end, by the logarithm of their scale."""

from derive.declare import stable
from derive.domains import Positive, Real
from derive.words import (
    exp,
    expm1,
    log_tail_scale,
    log_tail_scale_by_log,
    tail_exponent,
    tail_exponent_by_log,
)


@stable(f64={"a": 1e-30, "b": 1e-20, "c": 1.0}, f32={"a": 1e-12, "b": 1e-10, "c": 1.0})
def log_tail_scale_of_exponential(a: Real, b: Real, c: Real):
    """Beside 1 a small logarithm of the scale is lost, and in the second derivative two terms cancel."""
    return log_tail_scale(a, exp(b), c), log_tail_scale_by_log(a, b, c)


@stable(f64={"a": 1.0, "b": -750.0, "c": 1.0}, f32={"a": 1.0, "b": -110.0, "c": 1.0})
def tail_exponent_of_exponential(a: Real, b: Real, c: Real):
    """The scale may vanish, and near the end of the support what its rounding changes is all that is left."""
    return tail_exponent(a, exp(b), c), tail_exponent_by_log(a, b, c)


@stable(f64={"a": 1.0, "b": 40.0, "c": -1.0}, f32={"a": 1.0, "b": 20.0, "c": -1.0})
def exponential_beside_its_growth(a: Positive, b: Real, c: Real):
    """Two large terms of opposite signs cancel, or are both infinite; where the exponential is taken out once, it is one."""
    return a**2 * exp(b) + a * c * expm1(b), a * ((a + c) * exp(b) - c)
