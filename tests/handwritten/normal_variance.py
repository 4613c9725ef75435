"""Losses of the normal distribution with mean mu and a learned variance, written by hand."""

import numpy as np


def normal_variance(y, mu, variance):
    """Twice the Gaussian negative log likelihood, log v + (y - mu)^2 / v for the variance v.

    Source: Lakshminarayanan, Pritzel and Blundell, Simple and scalable predictive uncertainty estimation
    using deep ensembles, NeurIPS (2017), section 2.2.
    """
    return np.log(variance) + (y - mu) ** 2 / variance


def normal_variance_gradient(y, mu, variance):
    """Gradient in mu and v: -2 (y - mu) / v and 1 / v - (y - mu)^2 / v^2.

    Source: Lakshminarayanan, Pritzel and Blundell, Simple and scalable predictive uncertainty estimation
    using deep ensembles, NeurIPS (2017), section 2.2.
    """
    residual = y - mu
    return -2 * residual / variance, 1 / variance - (residual / variance) ** 2


def normal_variance_link_variance_square(y, mu, root_variance):
    """Twice the Gaussian negative log likelihood with variance f^2: 2 log |f| + ((y - mu) / f)^2.

    The root f = root_variance is unconstrained and may have either sign.

    Source: Pinheiro and Bates, Unconstrained parametrizations for variance-covariance matrices,
    Statistics and Computing 6 (1996): the Cholesky parametrisation, here of a single variance.
    """
    return 2 * np.log(np.abs(root_variance)) + ((y - mu) / root_variance) ** 2


def normal_variance_link_variance_square_gradient(y, mu, root_variance):
    """Gradient in mu and f: -2 (y - mu) / f^2 and 2 / f - 2 (y - mu)^2 / f^3.

    Source: Pinheiro and Bates, Unconstrained parametrizations for variance-covariance matrices,
    Statistics and Computing 6 (1996).
    """
    residual = y - mu
    return -2 * residual / root_variance**2, 2 / root_variance - 2 * residual**2 / root_variance**3
