"""Facts of the densities on the real line and on the circle.

Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 1 and 2; the sources of the rows.
"""

from derive.catalogue import circle, real_line
from derive.declare import Where, facts
from derive.words import (
    absolute,
    asinh,
    atan,
    beta_below,
    euler,
    exp,
    gamma_below,
    half,
    log,
    log1mexp,
    log_normal_cdf,
    normal_cdf,
    pi,
    sigmoid,
    sign,
    sinh,
    softplus,
    sqrt,
    square,
)


@facts(real_line.normal)
def of_normal(y, *, mu, sigma):
    z = (y - mu) / sigma
    return {
        "mean": mu,
        "mode": mu,
        "cdf": normal_cdf(z),
        "log_survival": log_normal_cdf(-z),
        "deviance": square(y - mu),
        "dispersion": sigma**2,
    }


@facts(real_line.laplace)
def of_laplace(y, *, mu, b):
    z = (y - mu) / b
    return {"mean": mu, "mode": mu, "cdf": half() + sign(z) * (1 - exp(-absolute(z))) / 2}


@facts(real_line.asymmetric_laplace)
def of_asymmetric_laplace(y, *, mu, b, tau):
    return {"mean": mu + b * (1 - 2 * tau) / (tau * (1 - tau)), "mode": mu}


@facts(real_line.huber)
def of_huber(y, *, mu, sigma, delta):
    return {"mean": mu, "mode": mu}


@facts(real_line.student_t)
def of_student_t(y, *, nu, mu, sigma):
    z = (y - mu) / sigma
    outside = beta_below(nu / 2, half(), nu / (nu + z**2))
    return {"mean": Where(mu, nu > 1), "mode": mu, "cdf": half() + sign(z) * (1 - outside) / 2}


@facts(real_line.cauchy)
def of_cauchy(y, *, mu, sigma):
    angle = atan((y - mu) / sigma) / pi
    return {
        "mean": None,
        "mode": mu,
        "cdf": half() + angle,
        "log_survival": log(half() - angle),
    }


@facts(real_line.logistic)
def of_logistic(y, *, mu, sigma):
    z = (y - mu) / sigma
    return {"mean": mu, "mode": mu, "cdf": sigmoid(z), "log_survival": -softplus(z)}


@facts(real_line.log_cosh)
def of_log_cosh(y, *, mu, s):
    return {"mean": mu, "mode": mu, "cdf": 2 / pi * atan(exp((y - mu) / s))}


@facts(real_line.gumbel)
def of_gumbel(y, *, mu, sigma):
    rest = exp(-(y - mu) / sigma)
    return {"mean": mu + euler * sigma, "mode": mu, "cdf": exp(-rest), "log_survival": log1mexp(rest)}


@facts(real_line.skew_normal)
def of_skew_normal(y, *, mu, sigma, alpha):
    return {"mean": mu + sigma * alpha * sqrt(2 / (pi * (1 + alpha**2)))}


@facts(real_line.johnson_su)
def of_johnson_su(y, *, mu, sigma, skewness, tails):
    score = skewness + tails * asinh((y - mu) / sigma)
    return {
        "mean": mu - sigma * exp(1 / (2 * tails**2)) * sinh(skewness / tails),
        "cdf": normal_cdf(score),
        "log_survival": log_normal_cdf(-score),
    }


@facts(real_line.sinh_arcsinh)
def of_sinh_arcsinh(y, *, mu, sigma, skewness, tails):
    score = sinh(tails * asinh((y - mu) / sigma) - skewness)
    return {"cdf": normal_cdf(score), "log_survival": log_normal_cdf(-score)}


@facts(real_line.generalized_normal)
def of_generalized_normal(y, *, mu, alpha, shape):
    z = (y - mu) / alpha
    return {
        "mean": mu,
        "mode": mu,
        "cdf": half() + sign(z) * gamma_below(1 / shape, absolute(z) ** shape) / 2,
    }


@facts(real_line.exp_mod_normal)
def of_exp_mod_normal(y, *, mu, sigma, rate):
    z = (y - mu) / sigma
    later = exp(-rate * (y - mu) + (sigma * rate) ** 2 / 2) * normal_cdf(z - sigma * rate)
    return {"mean": mu + 1 / rate, "cdf": normal_cdf(z) - later}


@facts(circle.von_mises)
def of_von_mises(y, *, mu, kappa):
    return {"mode": mu}


@facts(circle.wrapped_cauchy)
def of_wrapped_cauchy(y, *, mu, rho):
    return {"mode": mu}
