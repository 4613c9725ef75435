"""Densities of the largest of many observations, and of what exceeds a threshold."""

from derive.counterparts import scipy, variant
from derive.declare import distribution
from derive.domains import Nonnegative, Positive, Real, TailIndex
from derive.words import exp, tail_exponent, tail_scale


@distribution(
    called={"Stan": "frechet"},
    latex={"shape": r"\alpha", "scale": "s"},
    variants=(variant(link="scale=exp"),),
    counterparts=(scipy("genextreme.logpdf", lambda y, shape, scale: (y, -1 / shape, scale, scale / shape)),),
)
def frechet(y: Positive, *, shape: Positive, scale: Positive):
    """The largest of many positive amounts with heavy tails.

    y      amount, in the units of the data
    shape  shape: the tail falls like the power -shape
    scale  scale, in the units of the data

    Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 22.
    """
    return shape / y * (scale / y) ** shape * exp(-((scale / y) ** shape))


@distribution(
    called={"TFP": "GeneralizedPareto"},
    variants=(variant(link="sigma=exp"),),
    counterparts=(scipy("genpareto.logpdf", lambda y, sigma, xi: (y, xi, 0, sigma)),),
)
def generalized_pareto(
    y: Nonnegative.where(lambda y, sigma, xi: sigma + xi * y, harmless=0.0),
    *,
    sigma: Positive,
    xi: TailIndex,
):
    """By how much a high threshold is exceeded, whatever the distribution of what exceeds it.

    y      excess over the threshold, in the units of the data
    sigma  scale, in the units of the data
    xi     shape: above 0 the tail falls like the power -1/xi, at 0 exponentially, below 0 it ends at -sigma/xi

    Source: Coles (2001), An Introduction to Statistical Modeling of Extreme Values, ch. 4; H(a, b, c) is
    log(1 + c a/b)/c, and a/b at c = 0: the density is (1 + xi y/sigma) to the power -1/xi - 1, over sigma.
    """
    return exp(-tail_exponent(y, sigma, xi)) / tail_scale(y, sigma, xi)


@distribution(
    called={"TFP": "GeneralizedExtremeValue"},
    variants=(variant(link="sigma=exp"),),
    counterparts=(scipy("genextreme.logpdf", lambda y, mu, sigma, xi: (y, -xi, mu, sigma)),),
)
def generalized_extreme_value(
    y: Real.where(lambda y, mu, sigma, xi: sigma + xi * (y - mu), refuge="mu"),
    *,
    mu: Real,
    sigma: Positive,
    xi: TailIndex,
):
    """The largest of many observations, whatever the tails of their distribution.

    y      largest observation, in the units of the data
    mu     location, in the units of the data
    sigma  scale, in the units of the data
    xi     shape: above 0 Fréchet's, at 0 Gumbel's, below 0 that of Weibull, which ends at mu - sigma/xi

    Source: Coles (2001), An Introduction to Statistical Modeling of Extreme Values, ch. 3; H(a, b, c) is
    log(1 + c a/b)/c, and a/b at c = 0: with t = exp(-H) the density is t to the power xi + 1 times exp(-t), over sigma.
    """
    exponent = tail_exponent(y - mu, sigma, xi)
    return exp(-exponent - exp(-exponent)) / tail_scale(y - mu, sigma, xi)
