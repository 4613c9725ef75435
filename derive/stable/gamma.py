"""Differences of logarithms of the gamma function."""

from derive.declare import stable
from derive.domains import Count, Nonnegative, Nonzero, Positive, Real
from derive.words import (
    abel_poisson,
    digamma_difference,
    digamma_difference_growth,
    exp,
    half_step_log_gamma,
    half_step_log_gamma_of_exponential,
    log,
    log_abel_polynomial,
    log_abel_polynomial_of_exponential,
    log_factorial,
    log_gamma,
    log_gamma_difference,
    log_gamma_excess,
    log_gamma_excess_and_log,
    log_gamma_excess_of_exponential,
    log_softplus,
    quotient,
    softplus,
    trigamma,
    trigamma_difference,
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


@stable(f64={"a": -800}, f32={"a": -110})
def log_gamma_excess_of_log_of_twice_shape(a: Real):
    """The exponential may vanish; the second derivative in its logarithm, a sum whose terms cancel, is computed as one."""
    return log_gamma_excess(exp(a) / 2), log_gamma_excess_of_exponential(a - log(2))


@stable(f64={"a": -747}, f32={"a": -110})
def log_gamma_excess_of_softplus(a: Real):
    """The softplus may vanish; its logarithm does not, and the second derivative in that is computed as one."""
    return log_gamma_excess(softplus(a)), log_gamma_excess_of_exponential(log_softplus(a))


@stable(f64={"a": -747}, f32={"a": -110})
def log_gamma_excess_of_half_softplus(a: Real):
    """The softplus may vanish; its logarithm does not, and the second derivative in that is computed as one."""
    return log_gamma_excess(softplus(a) / 2), log_gamma_excess_of_exponential(log_softplus(a) - log(2))


@stable(f64={"a": 1e-100, "b": 1.000000001e-100}, f32={"a": 1e-10, "b": 1.00001e-10})
def log_gamma_excess_beside_log(a: Positive, b: Positive):
    """For close numbers the logarithms cancel: that of a ratio is taken."""
    return log_gamma_excess(a) + log(b), log_gamma_excess_and_log(a, b)


@stable(f64={"a": 1e12, "b": 0.5, "c": 2000000000000}, f32={"a": 1e6, "b": 0.5, "c": 2000000})
def abel_and_poisson(a: Positive, b: Nonnegative, c: Count):
    """Where the count is near its mean the terms cancel; they are computed as one."""
    return a + b * c - log_abel_polynomial(a, b, c) + log_factorial(c), abel_poisson(a, b, c)


@stable(f64={"a": -800, "b": 0.5, "c": 1}, f32={"a": -110, "b": 0.5, "c": 1})
def log_abel_polynomial_of_log_rate(a: Real, b: Nonnegative, c: Count):
    """The exponential may vanish; the second derivative in its logarithm, a sum whose terms cancel, is computed as one."""
    return log_abel_polynomial(exp(a), b, c), log_abel_polynomial_of_exponential(a, b, c)


@stable(f64={"a": 1e-17, "b": 2.5}, f32={"a": 1e-8, "b": 2.5})
def growth_of_digamma_difference(a: Positive, b: Positive):
    """For a small argument the two cancel; what is left of them is computed as one."""
    both = digamma_difference(a, b) + a * trigamma_difference(a, b)
    return both, digamma_difference_growth(a, b) / a


@stable(f64={"a": 1e81, "b": 1e-81}, f32={"a": 1e11, "b": 1e-11})
def trigamma_over_fourth_power(a: Real, b: Nonzero):
    """The power vanishes where the quotient is no infinity: a small trigamma is divided first."""
    return trigamma(a) / b**4, quotient(trigamma(a), b) / b**3


@stable(f64={"a": 1e-17, "b": 2.5, "c": 0, "d": 1}, f32={"a": 1e-8, "b": 2.5, "c": 0, "d": 1})
def growth_of_digamma_difference_along(a: Positive, b: Positive, c: Real, d: Real):
    """For a small argument the two cancel; what is left of them is computed as one."""
    whole = (c - digamma_difference(a, b)) * d - a * trigamma_difference(a, b) * d
    return whole, (c - digamma_difference_growth(a, b) / a) * d


@stable(f64={"a": -800}, f32={"a": -110})
def half_step_log_gamma_of_log(a: Real):
    """The second derivative in the logarithm, a sum whose terms cancel for small arguments, is computed as one."""
    return half_step_log_gamma(exp(a)), half_step_log_gamma_of_exponential(a)


@stable(f64={"a": 1e80}, f32={"a": 1e11})
def sum_of_neighbours_over_squares(a: Positive):
    """The product of the squares overflows where the quotient is no zero: it is divided by one product after the other."""
    product = a * (a + 1)
    return (2 * a + 1) / (a**2 * (a + 1) ** 2), quotient(2 * a + 1, product) / product
