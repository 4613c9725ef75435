"""Densities on the unit interval."""

from derive.declare import distribution
from derive.domains import Positive, Unit
from derive.words import beta as beta_function


@distribution
def beta(y: Unit, *, a: Positive, b: Positive):
    """A proportion.

    y  observed proportion
    a  first shape
    b  second shape

    Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 25.
    """
    return y ** (a - 1) * (1 - y) ** (b - 1) / beta_function(a, b)
