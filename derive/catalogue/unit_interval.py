"""Densities on the unit interval."""

from derive.counterparts import Defect, scipy, torch_distribution
from derive.declare import distribution
from derive.domains import Positive, Unit
from derive.words import beta as beta_function


@distribution(
    counterparts=(
        scipy("beta.logpdf"),
        torch_distribution(
            "Beta", defect=Defect("log Gammas of about 3e13 are subtracted", (1e-12, 2.0, 1e12))
        ),
    ),
)
def beta(y: Unit, *, a: Positive, b: Positive):
    """A proportion.

    y  observed proportion
    a  first shape
    b  second shape

    Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 25.
    """
    return y ** (a - 1) * (1 - y) ** (b - 1) / beta_function(a, b)


@distribution(counterparts=(torch_distribution("Kumaraswamy"),))
def kumaraswamy(y: Unit, *, a: Positive, b: Positive):
    """A proportion whose distribution function needs no special function.

    y  observed proportion
    a  first shape, of the power of the proportion
    b  second shape, of the power of what is left

    Source: Jones (2009), Statistical Methodology 6, 70-81.
    """
    return a * b * y ** (a - 1) * (1 - y**a) ** (b - 1)
