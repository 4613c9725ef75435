"""Densities of the time to an event, whose hazard has a form of its own."""

from derive.counterparts import scipy, variant
from derive.declare import distribution
from derive.domains import Nonnegative, Positive
from derive.words import exp, expm1


@distribution(
    called={"Stan": "pareto_type_2", "gamlss": "PARETO2o"},
    latex={"shape": r"\alpha", "scale": r"\lambda"},
    counterparts=(scipy("lomax.logpdf", lambda y, shape, scale: (y, shape, 0, scale)),),
)
def lomax(y: Nonnegative, *, shape: Positive, scale: Positive):
    """A time to an event whose rate has a gamma distribution: a Pareto distribution that begins at 0.

    y      time, in the units of the data
    shape  shape: the survival falls like the power -shape
    scale  scale, in the units of the data

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 20.
    """
    return shape / (scale + y) * (scale / (scale + y)) ** shape


@distribution(
    called={"Stan": "loglogistic", "TFP": "LogLogistic"},
    latex={"shape": "k", "scale": r"\lambda"},
    variants=(variant(link="scale=exp"),),
    counterparts=(scipy("fisk.logpdf", lambda y, shape, scale: (y, shape, 0, scale)),),
)
def loglogistic(y: Positive, *, shape: Positive, scale: Positive):
    """A time to an event whose logarithm has a logistic distribution: the hazard rises and falls again.

    y      time, in the units of the data
    shape  shape: the survival falls like the power -shape
    scale  median, in the units of the data

    Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 23.
    """
    return shape / y / (1 + (y / scale) ** shape) / (1 + (y / scale) ** -shape)


@distribution(
    latex={"power": "k", "shape": r"\alpha", "scale": r"\lambda"},
    variants=(variant(link="scale=exp"),),
    counterparts=(scipy("burr12.logpdf", lambda y, power, shape, scale: (y, power, shape, 0, scale)),),
)
def burr12(y: Positive, *, power: Positive, shape: Positive, scale: Positive):
    """A time to an event of which a power has a Lomax distribution: the twelfth of Burr's family.

    y      time, in the units of the data
    power  the power
    shape  shape of the Lomax distribution: the survival falls like the power -power*shape
    scale  scale, in the units of the data

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 12.
    """
    return power * shape / y / (1 + (y / scale) ** -power) / (1 + (y / scale) ** power) ** shape


@distribution(
    latex={"shape": r"\eta", "rate": "b"},
    counterparts=(scipy("gompertz.logpdf", lambda y, shape, rate: (y, shape, 0, 1 / rate)),),
)
def gompertz(y: Nonnegative, *, shape: Positive, rate: Positive):
    """A time to death whose hazard grows exponentially with age.

    y      age, in the units of the data
    shape  shape: the hazard at age 0 is rate times shape
    rate   rate at which the hazard grows, in the inverse units of the data

    Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 22.
    """
    return rate * shape * exp(rate * y - shape * expm1(rate * y))
