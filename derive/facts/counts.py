"""Facts of the densities of counts and of classes.

Source: Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, 3rd ed.; McCullagh and Nelder (1989),
Generalized Linear Models, 2nd ed., ch. 2; the sources of the rows.
"""

from derive.catalogue import counts, series_counts
from derive.declare import Where, facts
from derive.words import (
    beta,
    beta_below,
    floor,
    gamma_above,
    gamma_below,
    half,
    hypergeometric_mean,
    log,
    log1p,
    sigmoid,
    softplus,
    xlogy,
)


@facts(counts.bernoulli)
def of_bernoulli(y, *, p):
    return {
        "mean": p,
        "deviance": 2 * (xlogy(y, y / p) + xlogy(1 - y, (1 - y) / (1 - p))),
        "dispersion": 1,
    }


@facts(counts.poisson_exposure)
def of_poisson_exposure(y, *, rate, exposure):
    mean = exposure * rate
    return {
        "mean": mean,
        "mode": floor(mean),
        "cdf": gamma_above(y + 1, mean),
        "log_survival": log(gamma_below(y + 1, mean)),
        "deviance": 2 * (xlogy(y, y / mean) - (y - mean)),
        "dispersion": 1,
    }


@facts(counts.binomial)
def of_binomial(y, *, trials, p):
    rest = trials - y
    return {
        "mean": trials * p,
        "mode": floor((trials + 1) * p),
        "deviance": 2 * (xlogy(y, y / (trials * p)) + xlogy(rest, rest / (trials * (1 - p)))),
        "dispersion": 1,
    }


@facts(counts.geometric)
def of_geometric(y, *, p):
    return {
        "mean": (1 - p) / p,
        "mode": 0,
        "cdf": 1 - (1 - p) ** (y + 1),
        "log_survival": (y + 1) * log1p(-p),
        "deviance": 2 * (xlogy(y, y / (1 - p)) - (y + 1) * log(y + 1) - log(p)),
        "dispersion": 1,
    }


@facts(counts.negative_binomial_count)
def of_negative_binomial_count(y, *, count, p):
    return {
        "mean": count * p / (1 - p),
        "mode": Where(floor((count - 1) * p / (1 - p)), count > 1),
        "cdf": beta_below(count, y + 1, 1 - p),
        "log_survival": log(beta_below(y + 1, count, p)),
    }


@facts(counts.negative_binomial)
def of_negative_binomial(y, *, mean, dispersion):
    both = (y + dispersion) * log((y + dispersion) / (mean + dispersion))
    return {
        "mean": mean,
        "mode": Where(floor(mean * (dispersion - 1) / dispersion), dispersion > 1),
        "cdf": beta_below(dispersion, y + 1, dispersion / (mean + dispersion)),
        "deviance": 2 * (xlogy(y, y / mean) - both),
        "dispersion": 1,
    }


@facts(counts.beta_binomial)
def of_beta_binomial(y, *, trials, a, b):
    return {"mean": trials * a / (a + b)}


@facts(counts.yule_simon)
def of_yule_simon(y, *, shape):
    return {
        "mean": Where(shape / (shape - 1), shape > 1),
        "mode": 1,
        "cdf": 1 - y * beta(y, shape + 1),
        "log_survival": log(y * beta(y, shape + 1)),
    }


@facts(counts.generalized_poisson)
def of_generalized_poisson(y, *, rate, spread):
    return {"mean": rate / (1 - spread)}


@facts(counts.logarithmic)
def of_logarithmic(y, *, p):
    return {"mean": -p / ((1 - p) * log1p(-p)), "mode": 1}


@facts(counts.zipf)
def of_zipf(y, *, shape):
    return {"mode": 1}


@facts(counts.discretised_logistic)
def of_discretised_logistic(y, *, mu, sigma):
    z = (y + half() - mu) / sigma
    return {"cdf": sigmoid(z), "log_survival": -softplus(z)}


@facts(counts.beta_negative_binomial)
def of_beta_negative_binomial(y, *, successes, a, b):
    return {"mean": Where(successes * b / (a - 1), a > 1)}


@facts(series_counts.conway_maxwell_poisson)
def of_conway_maxwell_poisson(y, *, mu, nu):
    return {"mode": floor(mu)}


@facts(series_counts.skellam)
def of_skellam(y, *, mu1, mu2):
    return {"mean": mu1 - mu2}


@facts(series_counts.hypergeometric)
def of_hypergeometric(y, *, population, successes, draws, odds):
    return {"mean": hypergeometric_mean(population, successes, draws, odds)}
