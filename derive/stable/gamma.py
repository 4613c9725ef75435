"""Differences of logarithms of the gamma function."""

from derive.declare import stable
from derive.domains import Positive
from derive.words import half_step_log_gamma, log, log_gamma, log_gamma_difference


@stable(f64={"a": 1e9}, f32={"a": 1e4})
def log_gamma_over_half_a_step(a: Positive):
    """Each of the three grows without bound and their sum does not: it is computed as one."""
    return log_gamma(a / 2) - log_gamma((a + 1) / 2) + log(a) / 2, half_step_log_gamma(a)


@stable(f64={"a": 1e12, "b": 0.5}, f32={"a": 1e4, "b": 0.5})
def log_gamma_of_neighbours(a: Positive, b: Positive):
    """Two large logarithms of the gamma function cancel; their difference is computed as one."""
    return log_gamma(a) - log_gamma(a + b), -log_gamma_difference(a, b)
