"""Loss of the Poisson distribution, written by hand."""

import numpy as np


def poisson_link_rate_exp(y, log_rate):
    """Loss of Poisson regression, e^eta - y eta for the linear predictor eta = log_rate.

    Source: McCullagh and Nelder, Generalized Linear Models (2nd edition, 1989), chapter 6.
    """
    return np.exp(log_rate) - y * log_rate


def poisson_link_rate_exp_gradient(y, log_rate):
    """Gradient in eta = log_rate: e^eta - y, the fitted count less the observed one.

    Source: McCullagh and Nelder, Generalized Linear Models (2nd edition, 1989), chapter 6.
    """
    return (np.exp(log_rate) - y,)
