"""Facts of the densities on the positive half line.

Source: Johnson, Kotz and Balakrishnan (1994, 1995), Continuous Univariate Distributions 1 and 2; the sources of the rows.
"""

from derive.catalogue import extremes, lifetimes, positive
from derive.declare import Where, facts
from derive.words import (
    atan,
    beta,
    beta_below,
    exp,
    expm1,
    gamma,
    gamma_above,
    gamma_below,
    half,
    log,
    log1mexp,
    log1p,
    log_normal_cdf,
    normal_cdf,
    pi,
    sigmoid,
    softplus,
    sqrt,
    square,
    tail_exponent,
    tweedie_deviance,
)


@facts(positive.gamma)
def of_gamma(y, *, shape, rate):
    return {
        "mean": shape / rate,
        "mode": Where((shape - 1) / rate, shape > 1),
        "cdf": gamma_below(shape, rate * y),
        "log_survival": log(gamma_above(shape, rate * y)),
        "deviance": 2 * (y * rate / shape - 1 - log(y * rate / shape)),
        "dispersion": 1 / shape,
    }


@facts(positive.lognormal)
def of_lognormal(y, *, mu, sigma):
    z = (log(y) - mu) / sigma
    return {
        "mean": exp(mu + sigma**2 / 2),
        "mode": exp(mu - sigma**2),
        "cdf": normal_cdf(z),
        "log_survival": log_normal_cdf(-z),
    }


@facts(positive.weibull)
def of_weibull(y, *, shape, scale):
    hazard = (y / scale) ** shape
    return {
        "mean": scale * gamma(1 + 1 / shape),
        "mode": Where(scale * (1 - 1 / shape) ** (1 / shape), shape > 1),
        "cdf": -expm1(-hazard),
        "log_survival": -hazard,
    }


@facts(positive.inverse_gaussian)
def of_inverse_gaussian(y, *, mean, shape):
    root = sqrt(shape / y)
    return {
        "mean": mean,
        "mode": mean * (sqrt(1 + (3 * mean / (2 * shape)) ** 2) - 3 * mean / (2 * shape)),
        "cdf": normal_cdf(root * (y / mean - 1)) + exp(2 * shape / mean) * normal_cdf(-root * (y / mean + 1)),
        "deviance": square(y - mean) / (mean**2 * y),
        "dispersion": 1 / shape,
    }


@facts(positive.exponential)
def of_exponential(y, *, rate):
    return {
        "mean": 1 / rate,
        "mode": 0,
        "cdf": -expm1(-rate * y),
        "log_survival": -rate * y,
        "deviance": 2 * (rate * y - 1 - log(rate * y)),
        "dispersion": 1,
    }


@facts(positive.chi_square)
def of_chi_square(y, *, nu):
    return {"mode": Where(nu - 2, nu > 2), "deviance": None, "dispersion": None}


@facts(positive.fisher_snedecor)
def of_fisher_snedecor(y, *, m, n):
    return {
        "mean": Where(n / (n - 2), n > 2),
        "mode": Where(n * (m - 2) / (m * (n + 2)), m > 2),
        "cdf": beta_below(m / 2, n / 2, m * y / (m * y + n)),
        "log_survival": log(beta_below(n / 2, m / 2, n / (m * y + n))),
    }


@facts(positive.inverse_gamma)
def of_inverse_gamma(y, *, shape, scale):
    return {
        "mean": Where(scale / (shape - 1), shape > 1),
        "mode": scale / (shape + 1),
        "cdf": gamma_above(shape, scale / y),
        "log_survival": log(gamma_below(shape, scale / y)),
    }


@facts(positive.inv_chi_square)
def of_inv_chi_square(y, *, nu):
    return {"mean": Where(1 / (nu - 2), nu > 2), "mode": 1 / (nu + 2)}


@facts(positive.scaled_inv_chi_square)
def of_scaled_inv_chi_square(y, *, nu, sigma):
    return {"mean": Where(nu * sigma**2 / (nu - 2), nu > 2), "mode": nu * sigma**2 / (nu + 2)}


@facts(positive.rayleigh)
def of_rayleigh(y, *, sigma):
    hazard = (y / sigma) ** 2 / 2
    return {
        "mean": sigma * sqrt(pi / 2),
        "mode": sigma,
        "cdf": -expm1(-hazard),
        "log_survival": -hazard,
    }


@facts(positive.maxwell)
def of_maxwell(y, *, sigma):
    squared = (y / sigma) ** 2 / 2
    return {
        "mean": 2 * sigma * sqrt(2 / pi),
        "mode": sqrt(2) * sigma,
        "cdf": gamma_below(3 * half(), squared),
        "log_survival": log(gamma_above(3 * half(), squared)),
    }


@facts(positive.nakagami)
def of_nakagami(y, *, shape, spread):
    squared = shape * y**2 / spread
    return {
        "mean": gamma(shape + half()) / gamma(shape) * sqrt(spread / shape),
        "mode": Where(sqrt((2 * shape - 1) * spread / (2 * shape)), shape > half()),
        "cdf": gamma_below(shape, squared),
        "log_survival": log(gamma_above(shape, squared)),
    }


@facts(positive.half_normal)
def of_half_normal(y, *, sigma):
    return {
        "mean": sigma * sqrt(2 / pi),
        "mode": 0,
        "cdf": 2 * normal_cdf(y / sigma) - 1,
        "log_survival": log(2) + log_normal_cdf(-y / sigma),
    }


@facts(positive.half_cauchy)
def of_half_cauchy(y, *, sigma):
    return {
        "mean": None,
        "mode": 0,
        "cdf": 2 / pi * atan(y / sigma),
        "log_survival": log(2 / pi * atan(sigma / y)),
    }


@facts(positive.half_student_t)
def of_half_student_t(y, *, nu, sigma):
    outside = beta_below(nu / 2, half(), nu / (nu + (y / sigma) ** 2))
    mean = 2 * sigma * sqrt(nu / pi) * gamma((nu + 1) / 2) / (gamma(nu / 2) * (nu - 1))
    return {"mean": Where(mean, nu > 1), "mode": 0, "cdf": 1 - outside, "log_survival": log(outside)}


@facts(positive.pareto)
def of_pareto(y, *, scale, shape):
    return {
        "mean": Where(shape * scale / (shape - 1), shape > 1),
        "mode": scale,
        "cdf": 1 - (scale / y) ** shape,
        "log_survival": shape * log(scale / y),
    }


@facts(positive.tweedie)
def of_tweedie(y, *, mu, phi, p):
    return {"mean": mu, "deviance": 2 * tweedie_deviance(y, mu, p), "dispersion": phi}


@facts(lifetimes.lomax)
def of_lomax(y, *, shape, scale):
    return {
        "mean": Where(scale / (shape - 1), shape > 1),
        "mode": 0,
        "cdf": 1 - (scale / (scale + y)) ** shape,
        "log_survival": -shape * log1p(y / scale),
    }


@facts(lifetimes.loglogistic)
def of_loglogistic(y, *, shape, scale):
    score = shape * (log(y) - log(scale))
    return {
        "mean": Where(scale * gamma(1 + 1 / shape) * gamma(1 - 1 / shape), shape > 1),
        "mode": Where(scale * ((shape - 1) / (shape + 1)) ** (1 / shape), shape > 1),
        "cdf": sigmoid(score),
        "log_survival": -softplus(score),
    }


@facts(lifetimes.burr12)
def of_burr12(y, *, power, shape, scale):
    ratio = (y / scale) ** power
    return {
        "mean": Where(scale * shape * beta(shape - 1 / power, 1 + 1 / power), power * shape > 1),
        "mode": Where(scale * ((power - 1) / (power * shape + 1)) ** (1 / power), power > 1),
        "cdf": 1 - (1 + ratio) ** -shape,
        "log_survival": -shape * log1p(ratio),
    }


@facts(lifetimes.gompertz)
def of_gompertz(y, *, shape, rate):
    hazard = shape * expm1(rate * y)
    return {
        "mode": Where(-log(shape) / rate, shape < 1),
        "cdf": -expm1(-hazard),
        "log_survival": -hazard,
    }


@facts(extremes.frechet)
def of_frechet(y, *, shape, scale):
    rest = (scale / y) ** shape
    return {
        "mean": Where(scale * gamma(1 - 1 / shape), shape > 1),
        "mode": scale * (shape / (1 + shape)) ** (1 / shape),
        "cdf": exp(-rest),
        "log_survival": log1mexp(rest),
    }


@facts(extremes.generalized_pareto)
def of_generalized_pareto(y, *, sigma, xi):
    exponent = tail_exponent(y, sigma, xi)
    return {
        "mean": Where(sigma / (1 - xi), xi < 1),
        "mode": Where(0, xi > -1),
        "cdf": -expm1(-exponent),
        "log_survival": -exponent,
    }


@facts(extremes.generalized_extreme_value)
def of_generalized_extreme_value(y, *, mu, sigma, xi):
    rest = exp(-tail_exponent(y - mu, sigma, xi))
    return {"cdf": exp(-rest), "log_survival": log1mexp(rest)}
