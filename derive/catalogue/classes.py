"""Mass functions of classes and compositions."""

from derive.declare import distribution
from derive.domains import OneHot, Simplex
from derive.words import k, product


@distribution(soft="the cross-entropy between the labels and p")
def categorical(y: OneHot["K"], *, p: Simplex["K"]):
    """One of K classes.

    y  the class as a one-hot vector; soft labels on the simplex are accepted
    p  probabilities of the classes

    Source: Johnson, Kotz and Balakrishnan (1997), Discrete Multivariate Distributions, ch. 35.
    """
    return product(p[k] ** y[k], k)
