"""Loss of the beta distribution with shapes a and b, written by hand."""

import numpy as np
from scipy.special import betaln, digamma


def beta(y, a, b):
    """Beta negative log likelihood, log B(a, b) - (a - 1) log y - (b - 1) log(1 - y).

    Source: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions, volume 2 (2nd edition,
    1995), chapter 25.
    """
    return betaln(a, b) - (a - 1) * np.log(y) - (b - 1) * np.log1p(-y)


def beta_gradient(y, a, b):
    """Gradient in a and b: psi(a) - psi(a + b) - log y and psi(b) - psi(a + b) - log(1 - y).

    Source: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions, volume 2 (2nd edition,
    1995), chapter 25: the equations of maximum likelihood.
    """
    total = digamma(a + b)
    return digamma(a) - total - np.log(y), digamma(b) - total - np.log1p(-y)
