"""Densities on the real line."""

from derive.declare import distribution
from derive.domains import Positive, Real
from derive.words import absolute, exp, gamma, pi, sqrt, two_pi


@distribution
def normal(y: Real, *, mu: Real, sigma: Positive):
    """An observation whose error is the sum of many small ones.

    y      observation, in the units of the data
    mu     mean, in the units of the data
    sigma  standard deviation, in the units of the data

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 13.
    """
    return exp(-(((y - mu) / sigma) ** 2) / 2) / (sigma * sqrt(two_pi))


@distribution(latex={"variance": "v"})
def normal_variance(y: Real, *, mu: Real, variance: Positive):
    """The normal distribution by its variance.

    y         observation, in the units of the data
    mu        mean, in the units of the data
    variance  variance, in the squared units of the data

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 13.
    """
    return normal(y, mu=mu, sigma=sqrt(variance))


@distribution
def laplace(y: Real, *, mu: Real, b: Positive):
    """An observation whose error has exponential tails on both sides.

    y   observation, in the units of the data
    mu  median, in the units of the data
    b   scale, the mean absolute deviation, in the units of the data

    Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 24.
    """
    return exp(-absolute(y - mu) / b) / (2 * b)


@distribution
def student_t(y: Real, *, nu: Positive, mu: Real, sigma: Positive):
    """An observation whose error is normal with an unknown precision: heavy tails.

    y      observation, in the units of the data
    nu     degrees of freedom
    mu     centre, in the units of the data
    sigma  scale, in the units of the data

    Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 28.
    """
    kernel = (1 + ((y - mu) / sigma) ** 2 / nu) ** (-(nu + 1) / 2)
    return gamma((nu + 1) / 2) / (gamma(nu / 2) * sqrt(pi * nu) * sigma) * kernel


@distribution
def cauchy(y: Real, *, mu: Real, sigma: Positive):
    """An observation with tails so heavy that it has no mean.

    y      observation, in the units of the data
    mu     median, in the units of the data
    sigma  scale, half the interquartile range, in the units of the data

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 16.
    """
    return 1 / (pi * sigma * (1 + ((y - mu) / sigma) ** 2))


@distribution
def logistic(y: Real, *, mu: Real, sigma: Positive):
    """An observation whose distribution function is the logistic one.

    y      observation, in the units of the data
    mu     mean, in the units of the data
    sigma  scale, in the units of the data

    Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 23.
    """
    z = (y - mu) / sigma
    return exp(-z) / (sigma * (1 + exp(-z)) ** 2)


@distribution
def gumbel(y: Real, *, mu: Real, sigma: Positive):
    """The largest of many observations.

    y      observation, in the units of the data
    mu     mode, in the units of the data
    sigma  scale, in the units of the data

    Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 22.
    """
    z = (y - mu) / sigma
    return exp(-z - exp(-z)) / sigma
