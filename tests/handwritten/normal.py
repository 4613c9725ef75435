"""Losses of the normal distribution with mean mu and standard deviation sigma, written by hand."""

import numpy as np


def normal(y, mu, sigma):
    """Gaussian negative log likelihood, log sigma + (y - mu)^2 / (2 sigma^2).

    Source: Bishop, Pattern Recognition and Machine Learning (2006), section 1.2.4.
    """
    return np.log(sigma) + 0.5 * ((y - mu) / sigma) ** 2


def normal_gradient(y, mu, sigma):
    """Gradient in mu and sigma: -(y - mu) / sigma^2 and 1 / sigma - (y - mu)^2 / sigma^3.

    Source: Bishop, Pattern Recognition and Machine Learning (2006), section 1.2.4.
    """
    residual = y - mu
    return -residual / sigma**2, 1 / sigma - residual**2 / sigma**3


def normal_fix_sigma(y, mu):
    """Squared error, (y - mu)^2: one unknown sigma common to all samples drops out.

    Source: Bishop, Pattern Recognition and Machine Learning (2006), section 3.1.1.
    """
    return (y - mu) ** 2


def normal_fix_sigma_gradient(y, mu):
    """Gradient in mu: -2 (y - mu).

    Source: Bishop, Pattern Recognition and Machine Learning (2006), section 3.1.1.
    """
    return (-2 * (y - mu),)


def normal_fix_sigma_1(y, mu):
    """Squared error, (y - mu)^2: the likelihood of noise with unit variance.

    Source: Goodfellow, Bengio and Courville, Deep Learning (2016), section 5.5.1.
    """
    return (y - mu) ** 2


def normal_fix_sigma_1_gradient(y, mu):
    """Gradient in mu: 2 (mu - y).

    Source: Goodfellow, Bengio and Courville, Deep Learning (2016), section 5.5.1.
    """
    return (2 * (mu - y),)


def normal_fix_sigma_i(y, mu, sigma):
    """Chi-square, (y - mu)^2 / sigma^2: every sample has its own known measurement error sigma.

    Source: Press et al., Numerical Recipes (3rd edition, 2007), chapter 15, Modeling of Data.
    """
    return ((y - mu) / sigma) ** 2


def normal_fix_sigma_i_gradient(y, mu, sigma):
    """Gradient in mu alone, as sigma is known: -2 (y - mu) / sigma^2.

    Source: Press et al., Numerical Recipes (3rd edition, 2007), chapter 15, Modeling of Data.
    """
    return (-2 * (y - mu) / sigma**2,)


def normal_link_sigma_exp(y, mu, log_sigma):
    """Gaussian negative log likelihood with sigma = e^s for s = log_sigma: s + ((y - mu) e^-s)^2 / 2.

    Source: Bishop, Pattern Recognition and Machine Learning (2006), section 5.6, where a network's output
    is exponentiated to give a standard deviation.
    """
    return log_sigma + 0.5 * ((y - mu) * np.exp(-log_sigma)) ** 2


def normal_link_sigma_exp_gradient(y, mu, log_sigma):
    """Gradient in mu and s = log_sigma: -(y - mu) e^(-2 s) and 1 - ((y - mu) e^-s)^2.

    Source: Bishop, Pattern Recognition and Machine Learning (2006), section 5.6.
    """
    inverse = np.exp(-log_sigma)
    z = (y - mu) * inverse
    return -z * inverse, 1 - z**2


def normal_shared_mu_sigma(y, mu, sigma):
    """Gaussian negative log likelihood of two outputs of one model, log sigma + (y - mu)^2 / (2 sigma^2).

    Sharing changes how mu and sigma are computed, not the loss of a sample.

    Source: Nix and Weigend, Estimating the mean and variance of the target probability distribution,
    IEEE International Conference on Neural Networks (1994).
    """
    return np.log(sigma) + ((y - mu) / sigma) ** 2 / 2


def normal_shared_mu_sigma_gradient(y, mu, sigma):
    """Gradient in mu and sigma: (mu - y) / sigma^2 and (sigma^2 - (y - mu)^2) / sigma^3.

    Source: Nix and Weigend, Estimating the mean and variance of the target probability distribution,
    IEEE International Conference on Neural Networks (1994).
    """
    return (mu - y) / sigma**2, (sigma**2 - (y - mu) ** 2) / sigma**3
