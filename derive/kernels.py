"""Densities without their constants, and their masses: what each sums or integrates to over its support.

The first argument is the observation, whose domain is the support; the others are whatever is free of it.
"""

from derive.declare import identity
from derive.domains import Count, Positive, Real, Unit
from derive.notation.given import Angle
from derive.words import (
    absolute,
    bessel_0,
    beta,
    cosine,
    exp,
    factorial,
    gamma,
    log,
    pi,
    sqrt,
    two_pi,
)


@identity
def normal_kernel(y: Real, a: Positive, b: Real):
    """The square is completed."""
    return exp(b * y - a * y**2), sqrt(pi * (1 / a)) * exp(b**2 / (4 * a))


@identity
def absolute_kernel(y: Real, m: Real, a: Positive):
    """An exponential on either side."""
    return exp(-a * absolute(y - m)), 2 / a


@identity
def power_of_distance_kernel(y: Real, m: Real, a: Positive, c: Positive):
    """A gamma function on either side."""
    return exp(-a * absolute(y - m) ** c), 2 * gamma(1 + 1 / c) * a ** (-1 / c)


@identity
def gamma_kernel(y: Positive, a: Positive, b: Positive, c: Positive):
    """Euler's integral of the gamma function, in a power of the observation."""
    return y ** (a - 1) * exp(-b * y**c), gamma(a / c) / (c * b ** (a / c))


@identity
def inverse_gamma_kernel(y: Positive, a: Positive, b: Positive, c: Positive):
    """The same in the reciprocal of the observation."""
    return y ** (-a - 1) * exp(-b * y ** (-c)), gamma(a / c) / (c * b ** (a / c))


@identity
def lognormal_kernel(y: Positive, a: Positive, b: Real):
    """The square is completed in the logarithm of the observation."""
    return y ** (b - 1) * exp(-a * log(y) ** 2), sqrt(pi * (1 / a)) * exp(b**2 / (4 * a))


@identity
def beta_prime_kernel(y: Positive, a: Positive, b: Positive):
    """Euler's integral of the beta function, over odds."""
    return y ** (a - 1) * (1 + y) ** (-a - b), beta(a, b)


@identity
def beta_kernel(y: Unit, a: Positive, b: Positive):
    """Euler's integral of the beta function."""
    return y ** (a - 1) * (1 - y) ** (b - 1), beta(a, b)


@identity
def von_mises_kernel(y: Angle, m: Real, a: Positive):
    """The Bessel function is the mean of this over the circle."""
    return exp(a * cosine(y - m)), two_pi * bessel_0(a)


@identity
def poisson_kernel(y: Count, a: Real):
    """The series of the exponential function."""
    return exp(a * y) / factorial(y), exp(exp(a))


@identity
def geometric_kernel(y: Count, a: Positive):
    """The geometric series."""
    return exp(-a * y), 1 / (1 - exp(-a))


@identity
def negative_binomial_kernel(y: Count, r: Positive, a: Positive):
    """The binomial series."""
    return gamma(y + r) * exp(-a * y) / factorial(y), gamma(r) * (1 - exp(-a)) ** (-r)
