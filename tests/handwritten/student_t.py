"""Losses of the location-scale Student t distribution, written by hand."""

import numpy as np
from scipy.special import digamma, gammaln


def student_t(y, nu, mu, sigma):
    """Student t negative log likelihood with the degrees of freedom nu learned too.

    With r = (y - mu) / sigma it is log sigma + (nu + 1)/2 log(1 + r^2 / nu) + log(nu)/2
    + log Gamma(nu / 2) - log Gamma((nu + 1) / 2). The difference of the two log Gammas loses digits as nu
    grows, as it does wherever the formula is typed in like this.

    Source: Lange, Little and Taylor, Robust statistical modeling using the t distribution, Journal of the
    American Statistical Association 84 (1989).
    """
    r = (y - mu) / sigma
    kernel = np.log(sigma) + 0.5 * (nu + 1) * np.log1p(r**2 / nu)
    return kernel + 0.5 * np.log(nu) + gammaln(0.5 * nu) - gammaln(0.5 * (nu + 1))


def student_t_gradient(y, nu, mu, sigma):
    """Gradient in nu, mu and sigma, with r = (y - mu) / sigma and the digamma function psi.

    In nu: (log(1 + r^2 / nu) - (nu + 1) r^2 / (nu (nu + r^2)) + 1 / nu + psi(nu / 2)
    - psi((nu + 1) / 2)) / 2; in mu: -(nu + 1) r / (sigma (nu + r^2)); in sigma:
    1 / sigma - (nu + 1) r^2 / (sigma (nu + r^2)).

    Source: Lange, Little and Taylor, Robust statistical modeling using the t distribution, Journal of the
    American Statistical Association 84 (1989).
    """
    r = (y - mu) / sigma
    weight = (nu + 1) / (nu + r**2)
    by_nu = np.log1p(r**2 / nu) - weight * r**2 / nu + 1 / nu + digamma(nu / 2) - digamma((nu + 1) / 2)
    return 0.5 * by_nu, -weight * r / sigma, (1 - weight * r**2) / sigma


def student_t_fix_nu(y, mu, sigma, nu):
    """Robust regression loss for known nu, log sigma + (nu + 1)/2 log(1 + r^2 / nu), r = (y - mu) / sigma.

    Source: Lange, Little and Taylor, Robust statistical modeling using the t distribution, Journal of the
    American Statistical Association 84 (1989).
    """
    r = (y - mu) / sigma
    return np.log(sigma) + 0.5 * (nu + 1) * np.log1p(r**2 / nu)


def student_t_fix_nu_gradient(y, mu, sigma, nu):
    """Gradient in mu and sigma: -w r / sigma and (1 - w r^2) / sigma, with w = (nu + 1) / (nu + r^2).

    The weight w is the one of iteratively reweighted least squares: small for an outlier.

    Source: Lange, Little and Taylor, Robust statistical modeling using the t distribution, Journal of the
    American Statistical Association 84 (1989).
    """
    r = (y - mu) / sigma
    weight = (nu + 1) / (nu + r**2)
    return -weight * r / sigma, (1 - weight * r**2) / sigma
