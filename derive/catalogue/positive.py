"""Densities on the positive half line."""

from derive.declare import distribution
from derive.domains import Positive, Real
from derive.words import exp, log, sqrt, two_pi
from derive.words import gamma as gamma_function


@distribution(latex={"shape": "a", "rate": r"\beta"})
def gamma(y: Positive, *, shape: Positive, rate: Positive):
    """A positive amount: the waiting time for several events.

    y      amount, in the units of the data
    shape  shape, the number of events waited for
    rate   rate, in the inverse units of the data

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 17.
    """
    return rate**shape / gamma_function(shape) * y ** (shape - 1) * exp(-rate * y)


@distribution(latex={"shape": "a", "mean": r"\mu"})
def gamma_mean(y: Positive, *, mean: Positive, shape: Positive):
    """The gamma distribution by its mean, as generalised linear models have it.

    y      amount, in the units of the data
    mean   mean, in the units of the data
    shape  shape, the inverse squared coefficient of variation

    Source: McCullagh and Nelder (1989), Generalized Linear Models, 2nd ed., ch. 8.
    """
    return gamma(y, shape=shape, rate=shape / mean)


@distribution
def lognormal(y: Positive, *, mu: Real, sigma: Positive):
    """A positive amount that is the product of many small effects.

    y      amount, in the units of the data
    mu     mean of log y
    sigma  standard deviation of log y

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 14.
    """
    return exp(-(((log(y) - mu) / sigma) ** 2) / 2) / (y * sigma * sqrt(two_pi))


@distribution(latex={"shape": "k", "scale": r"\lambda"})
def weibull(y: Positive, *, shape: Positive, scale: Positive):
    """A time to failure whose hazard is a power of time.

    y      time, in the units of the data
    shape  shape; 1 is a constant hazard
    scale  scale, in the units of the data

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 21.
    """
    return shape / scale * (y / scale) ** (shape - 1) * exp(-((y / scale) ** shape))


@distribution(latex={"mean": r"\mu", "shape": r"\lambda"})
def inverse_gaussian(y: Positive, *, mean: Positive, shape: Positive):
    """The time at which a drifting Brownian motion first reaches a level.

    y      time, in the units of the data
    mean   mean, in the units of the data
    shape  shape, in the units of the data

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 15.
    """
    return sqrt(shape / (two_pi * y**3)) * exp(-shape * (y - mean) ** 2 / (2 * mean**2 * y))
