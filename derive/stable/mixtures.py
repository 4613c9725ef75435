"""Counts whose rate or probability is itself random, and the odds between successes and failures."""

from derive.declare import stable
from derive.domains import Count, Nonnegative, Positive, Real, Unit
from derive.words import (
    exp,
    exp_less,
    failures_by_chance,
    failures_by_odds,
    gamma_poisson,
    gamma_poisson_curvature,
    gamma_poisson_log_curvature,
    gamma_poisson_mean_slope,
    gamma_poisson_slope,
    log,
    log1p_ratio,
    log_beta,
    log_beta_drop,
    log_multiset_coefficient,
    log_ratio,
    logistic_balance,
    share,
    sigmoid,
    softplus,
    xlog1py,
    xlogy,
)


@stable(f64={"a": 1e12, "b": 3, "c": 4.0}, f32={"a": 1e6, "b": 3, "c": 4.0})
def gamma_and_poisson(a: Positive, b: Count, c: Positive):
    """For a large shape the terms cancel, and so do their derivatives, to high order: they are computed as one."""
    powers = -a * (log(a) - log(a + c)) - b * (log(c) - log(a + c))
    return powers - log_multiset_coefficient(a, b), gamma_poisson(a, b, c)


@stable(f64={"a": 1e12, "b": 1e12, "c": 0.0}, f32={"a": 1e6, "b": 1e6, "c": 0.0})
def failures_and_odds(a: Positive, b: Count, c: Real):
    """Where many ways lead to a count the terms cancel; they are computed as one."""
    return a * softplus(c) + b * softplus(-c) - log_multiset_coefficient(a, b), failures_by_odds(a, b, c)


@stable(f64={"a": 1e12, "b": 1e12, "c": 0.5}, f32={"a": 1e6, "b": 1e6, "c": 0.5})
def failures_and_chance(a: Positive, b: Count, c: Unit):
    """Where many ways lead to a count the terms cancel; they are computed as one."""
    return -xlogy(b, c) - xlog1py(a, -c) - log_multiset_coefficient(a, b), failures_by_chance(a, b, c)


@stable(f64={"a": 1e17, "b": 1.0}, f32={"a": 1e8, "b": 1.0})
def log_of_share(a: Positive, b: Nonnegative):
    """A small part of the sum is lost in it; log1p keeps it."""
    return log(a) - log(a + b), -log1p_ratio(b, a)


@stable(f64={"a": 1e9, "b": 1000000001.0}, f32={"a": 1e5, "b": 100001.0})
def difference_of_logarithms(a: Positive, b: Positive):
    """The logarithms of neighbours cancel; that of their quotient does not."""
    return log(a) - log(b), log_ratio(a, b)


@stable(f64={"a": 1e12, "b": 0.5, "c": 3, "d": 0}, f32={"a": 1e5, "b": 0.5, "c": 3, "d": 0})
def log_beta_after_counts(a: Positive, b: Positive, c: Count, d: Count):
    """Two large logarithms of the beta function cancel; drawn one after the other, the counts cost two positive terms."""
    return log_beta(a, b) - log_beta(a + c, b + d), log_beta_drop(a, b, c, d)


@stable(unless={"b": Unit}, f64={"a": 3.0, "b": 3.0, "c": 1e-17}, f32={"a": 3.0, "b": 3.0, "c": 1e-8})
def balance_of_odds(a: Nonnegative, b: Nonnegative, c: Real):
    """Near equal odds and equal counts nothing is left of the difference; the hyperbolic tangent keeps it."""
    return a * sigmoid(c) - b * sigmoid(-c), logistic_balance(a, b, c)


@stable(f64={"a": 1.0, "c": 1e-17}, f32={"a": 1.0, "c": 1e-8})
def balance_with_one_success(a: Count, c: Real):
    """Near equal odds and for a count of 1 nothing is left of the difference; the hyperbolic tangent keeps it."""
    return a * sigmoid(c) - sigmoid(-c), logistic_balance(a, 1, c)


@stable(f64={"a": 1e-17, "b": 3, "c": 2.0}, f32={"a": 1e-8, "b": 3, "c": 2.0})
def slope_and_curvature_in_the_shape(a: Positive, b: Count, c: Positive):
    """For a small shape the two cancel; the second derivative in its logarithm is computed as one."""
    both = gamma_poisson_slope(a, b, c) + a * gamma_poisson_curvature(a, b, c)
    return both, gamma_poisson_log_curvature(a, b, c) / a


@stable(f64={"a": 2.0, "b": 1, "c": 1e-17}, f32={"a": 2.0, "b": 1, "c": 1e-8})
def slope_in_the_log_mean(a: Positive, b: Count, c: Real):
    """The exponential cancels; what is left of it is less by a count."""
    return exp(c) * gamma_poisson_mean_slope(a, b, exp(c)), share(a, exp(c)) * exp_less(c, b)


@stable(f64={"a": 1e-17, "b": 0, "c": 2.0}, f32={"a": 1e-8, "b": 0, "c": 2.0})
def curvature_in_the_log_mean(a: Positive, b: Count, c: Real):
    """Where the share is near 1 the two terms cancel."""
    return exp(c) - share(exp(c), a) * exp_less(c, b), share(exp(c), a) * (a + b)


@stable(f64={"a": 1e200, "b": 3, "c": 1e200}, f32={"a": 1e25, "b": 3, "c": 1e25})
def slope_in_the_mean(a: Positive, b: Count, c: Positive):
    """The products overflow where the shares do not."""
    return a * (b - c) / (c * (a + c)), -gamma_poisson_mean_slope(a, b, c)
