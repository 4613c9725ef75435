"""Mass functions of counts and of their differences that hold the sum of a series."""

from derive.counterparts import scipy, variant
from derive.declare import distribution
from derive.domains import Positive, Whole
from derive.words import count_difference_probability


@distribution(
    called={"TFP": "Skellam"},
    latex={"mu1": r"\mu_1", "mu2": r"\mu_2"},
    variants=(variant(link="mu1=exp,mu2=exp"),),
    counterparts=(scipy("skellam.logpmf"),),
)
def skellam(y: Whole, *, mu1: Positive, mu2: Positive):
    """The difference of two independent Poisson counts, such as the goals of two teams.

    y    first count less the second
    mu1  expected first count
    mu2  expected second count

    Source: Skellam (1946), Journal of the Royal Statistical Society 109, 296; I is the modified Bessel function. Given
    the difference y, the first count has a mean m and a variance v, which are functions of mu1 times mu2.
    """
    return count_difference_probability(y, mu1, mu2)
