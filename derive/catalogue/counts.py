"""Mass functions of counts."""

from derive.declare import distribution
from derive.domains import Binary, Count, Positive, Unit
from derive.words import exp, factorial


@distribution(soft="the cross-entropy between the label and p")
def bernoulli(y: Binary, *, p: Unit):
    """One trial that succeeds or fails.

    y  1 for success, 0 for failure; soft labels in [0, 1] are accepted
    p  probability of success

    Source: Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, ch. 3.
    """
    return p**y * (1 - p) ** (1 - y)


@distribution(latex={"rate": r"\lambda"})
def poisson(y: Count, *, rate: Positive):
    """The number of events of a constant rate in one unit of exposure.

    y     number of events
    rate  expected number of events

    Source: Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, ch. 4.
    """
    return exp(-rate) * rate**y / factorial(y)
