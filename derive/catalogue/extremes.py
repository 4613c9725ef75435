"""Densities of the largest of many observations, and of what exceeds a threshold."""

from derive.counterparts import scipy, variant
from derive.declare import distribution
from derive.domains import Positive
from derive.words import exp


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
