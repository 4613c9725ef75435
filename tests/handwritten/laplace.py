"""Losses of the Laplace distribution with location mu and scale b, written by hand."""

import numpy as np


def laplace(y, mu, b):
    """Laplace negative log likelihood, log b + |y - mu| / b.

    Source: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions, volume 2 (2nd edition,
    1995), chapter 24.
    """
    return np.log(b) + np.abs(y - mu) / b


def laplace_gradient(y, mu, b):
    """Gradient in mu and b: -sign(y - mu) / b and 1 / b - |y - mu| / b^2, with sign(0) = 0.

    Source: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions, volume 2 (2nd edition,
    1995), chapter 24.
    """
    residual = y - mu
    return -np.sign(residual) / b, 1 / b - np.abs(residual) / b**2


def laplace_fix_b(y, mu):
    """Absolute error, |y - mu|: one scale b common to all samples drops out.

    Source: Hastie, Tibshirani and Friedman, The Elements of Statistical Learning (2nd edition, 2009),
    section 10.6.
    """
    return np.abs(y - mu)


def laplace_fix_b_gradient(y, mu):
    """Gradient in mu: -sign(y - mu), with sign(0) = 0, one of the subgradients there.

    Source: Hastie, Tibshirani and Friedman, The Elements of Statistical Learning (2nd edition, 2009),
    section 10.6.
    """
    return (-np.sign(y - mu),)
