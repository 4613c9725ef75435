"""Facts of the densities on the unit interval.

Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 25; the sources of the rows.
"""

from derive.catalogue import unit_interval
from derive.declare import facts
from derive.words import at_one, beta, beta_below, log, log1p, log_normal_cdf, logit, normal_cdf


@facts(unit_interval.uniform)
def of_uniform(y, *, low, high):
    return {
        "mean": (low + high) / 2,
        "cdf": (y - low) / (high - low),
        "log_survival": log((high - y) / (high - low)),
    }


@facts(unit_interval.beta)
def of_beta(y, *, a, b):
    return {
        "mean": a / (a + b),
        "cdf": beta_below(a, b, y),
        "log_survival": log(beta_below(b, a, 1 - y)),
    }


@facts(unit_interval.beta_mean)
def of_beta_mean(y, *, mean, precision):
    return {"mean": mean}


@facts(unit_interval.zero_inflated_beta)
def of_zero_inflated_beta(y, *, alpha, mean, precision):
    inside = beta_below(mean * precision, (1 - mean) * precision, y)
    return {"mean": (1 - alpha) * mean, "cdf": alpha + (1 - alpha) * inside}


@facts(unit_interval.one_inflated_beta)
def of_one_inflated_beta(y, *, alpha, mean, precision):
    inside = beta_below(mean * precision, (1 - mean) * precision, y)
    return {"mean": alpha + (1 - alpha) * mean, "cdf": (1 - alpha) * inside + alpha * at_one(y)}


@facts(unit_interval.zero_one_inflated_beta)
def of_zero_one_inflated_beta(y, *, alpha, gamma, mean, precision):
    inside = beta_below(mean * precision, (1 - mean) * precision, y)
    return {
        "mean": alpha * gamma + (1 - alpha) * mean,
        "cdf": alpha * (1 - gamma) + (1 - alpha) * inside + alpha * gamma * at_one(y),
    }


@facts(unit_interval.kumaraswamy)
def of_kumaraswamy(y, *, a, b):
    return {
        "mean": b * beta(1 + 1 / a, b),
        "cdf": 1 - (1 - y**a) ** b,
        "log_survival": b * log1p(-(y**a)),
    }


@facts(unit_interval.logit_normal)
def of_logit_normal(y, *, mu, sigma):
    z = (logit(y) - mu) / sigma
    return {"cdf": normal_cdf(z), "log_survival": log_normal_cdf(-z)}


@facts(unit_interval.simplex)
def of_simplex(y, *, mu, sigma):
    return {
        "mean": mu,
        "deviance": (y - mu) ** 2 / (y * (1 - y) * mu**2 * (1 - mu) ** 2),
        "dispersion": sigma**2,
    }


@facts(unit_interval.continuous_bernoulli)
def of_continuous_bernoulli(y, *, p):
    return {"mean": p / (2 * p - 1) + 1 / (log(1 - p) - log(p))}
