"""Differences of logarithms of the gamma function."""

from derive.declare import stable
from derive.domains import Nonnegative, Nonzero, Positive, Real
from derive.words import (
    exp,
    half_step_log_gamma,
    log,
    log_gamma,
    log_gamma_difference,
    log_gamma_excess,
    log_gamma_excess_and_log,
    log_gamma_excess_of_exponential,
    quotient,
    trigamma,
)


@stable(f64={"a": 1e9}, f32={"a": 1e4})
def log_gamma_over_half_a_step(a: Positive):
    """Each of the three grows without bound and their sum does not: it is computed as one."""
    return log_gamma(a / 2) - log_gamma((a + 1) / 2) + log(a) / 2, half_step_log_gamma(a)


@stable(f64={"a": 1e12, "b": 0.5}, f32={"a": 1e4, "b": 0.5})
def log_gamma_of_neighbours(a: Positive, b: Nonnegative):
    """Two large logarithms of the gamma function cancel; their difference is computed as one."""
    return log_gamma(a) - log_gamma(a + b), -log_gamma_difference(a, b)


@stable(f64={"a": -800}, f32={"a": -110})
def log_gamma_excess_of_log_shape(a: Real):
    """The exponential may vanish; the second derivative in its logarithm, a sum whose terms cancel, is computed as one."""
    return log_gamma_excess(exp(a)), log_gamma_excess_of_exponential(a)


@stable(f64={"a": 1e-100, "b": 1.000000001e-100}, f32={"a": 1e-10, "b": 1.00001e-10})
def log_gamma_excess_beside_log(a: Positive, b: Positive):
    """For close numbers the logarithms cancel: that of a ratio is taken."""
    return log_gamma_excess(a) + log(b), log_gamma_excess_and_log(a, b)


@stable(f64={"a": 1e81, "b": 1e-81}, f32={"a": 1e11, "b": 1e-11})
def trigamma_over_fourth_power(a: Real, b: Nonzero):
    """The power vanishes where the quotient is no infinity: a small trigamma is divided first."""
    return trigamma(a) / b**4, quotient(trigamma(a), b) / b**3
