"""Ratios of two positive numbers: the gamma, Poisson and Weibull densities near their means and scales."""

from derive.declare import stable
from derive.domains import Nonnegative, Nonzero, OpenUnit, Positive, Real, Unit
from derive.words import (
    bernoulli_divergence,
    divergence,
    exp,
    exp_excess,
    expm1,
    inverse_gaussian_deviance,
    inverse_gaussian_log_deviance,
    log,
    log_beta,
    log_beta_excess,
    log_divergence,
    log_factorial,
    log_factorial_excess,
    log_gamma,
    log_gamma_excess,
    log_gamma_excess_of_product,
    log_ratio,
    mean_excess,
    power_excess,
    power_excess_cross,
    product_divergence,
    ratio_excess,
    softplus,
    softplus_divergence,
    sqrt,
)


@stable(f64={"a": 1e30, "b": 1e30, "c": 1.0}, f32={"a": 1e10, "b": 1e10, "c": 1.0})
def log_gamma_beside_rate(a: Positive, b: Positive, c: Positive):
    """For a large shape huge terms cancel: with what Stirling's formula takes from the logarithm of gamma they are a divergence."""
    whole = log_gamma(a) + b * c - (a - 1) * log(b) - a * log(c)
    return whole, product_divergence(a, b, c) + log_gamma_excess(a) + log(b)


@stable(f64={"a": 1e30, "b": 2.0, "c": 2.0}, f32={"a": 1e10, "b": 2.0, "c": 2.0})
def log_gamma_beside_mean(a: Positive, b: Positive, c: Positive):
    """For a large shape huge terms cancel: with what Stirling's formula takes from the logarithm of gamma they are a divergence."""
    whole = log_gamma(a) + b * a / c - (a - 1) * log(b) - a * (log(a) - log(c))
    return whole, a * ratio_excess(b, c) + log_gamma_excess(a) + log(b)


@stable(f64={"a": 1e30, "b": 1e30, "c": 1.0}, f32={"a": 1e10, "b": 1e10, "c": 1.0})
def log_gamma_beside_scale(a: Positive, b: Positive, c: Positive):
    """For a large shape huge terms cancel: with what Stirling's formula takes from the logarithm of gamma they are a divergence."""
    whole = log_gamma(a) + b / c - (-a - 1) * log(c) - a * log(b)
    return whole, product_divergence(a, 1 / c, b) + log_gamma_excess(a) + log(c)


@stable(f64={"a": 1e306, "b": 1e306}, f32={"a": 1e37, "b": 1e37})
def log_gamma_beside_half(a: Positive, b: Positive):
    """For a large shape huge terms cancel: with what Stirling's formula takes from the logarithm of gamma they are a divergence."""
    whole = log_gamma(a / 2) + a * log(2) / 2 - (a / 2 - 1) * log(b)
    return whole, divergence(a / 2, b / 2) + log_gamma_excess(a / 2) + log(b) - b / 2


@stable(f64={"a": 1e306, "b": 1e-306}, f32={"a": 1e37, "b": 1e-37})
def log_gamma_beside_inverse_half(a: Positive, b: Positive):
    """For a large shape huge terms cancel: with what Stirling's formula takes from the logarithm of gamma they are a divergence."""
    whole = log_gamma(a / 2) + a * log(2) / 2 - (-a / 2 - 1) * log(b)
    return whole, divergence(a / 2, 1 / (2 * b)) + log_gamma_excess(a / 2) + log(b) - 1 / (2 * b)


@stable(f64={"a": 1e30, "b": 2.0, "c": 4.0}, f32={"a": 1e10, "b": 2.0, "c": 4.0})
def log_gamma_beside_mean_square(a: Positive, b: Positive, c: Positive):
    """For a large shape huge terms cancel: with what Stirling's formula takes from the logarithm of gamma a power is left of its tangent."""
    whole = log_gamma(a) + a * b**2 / c - 2 * (a - 1) * log(b) - a * (log(a) - log(c))
    return whole, a * power_excess(b, sqrt(c), 2) + log_gamma_excess(a) + 2 * log(b)


@stable(f64={"a": 1e30, "b": 2.0, "c": 4.0}, f32={"a": 1e10, "b": 2.0, "c": 4.0})
def log_gamma_beside_square(a: Positive, b: Positive, c: Positive):
    """For a large shape huge terms cancel: with what Stirling's formula takes from the logarithm of gamma a power is left of its tangent."""
    whole = (
        log_gamma(a / 2) + a * b**2 / (2 * c) - (-a / 2 - 1) * log(c) - a * (log(a) + 2 * log(b) - log(2)) / 2
    )
    return whole, a * power_excess(sqrt(c), b, -2) / 2 + log_gamma_excess(a / 2) + log(c)


@stable(f64={"a": 1e20, "b": 1e20}, f32={"a": 1e8, "b": 1e8})
def log_factorial_beside_rate(a: Nonnegative, b: Positive):
    """For a large count huge terms cancel: with what Stirling's formula takes from the logarithm of the factorial they are a divergence."""
    return b - a * log(b) + log_factorial(a), divergence(a, b) + log_factorial_excess(a)


@stable(f64={"a": 1e306, "b": 600.0}, f32={"a": 1e37, "b": 60.0})
def log_factorial_beside_log_rate(a: Nonnegative, b: Real):
    """For a large count huge terms cancel: with what Stirling's formula takes from the logarithm of the factorial they are a divergence."""
    return exp(b) - a * b + log_factorial(a), log_divergence(a, b) + log_factorial_excess(a)


@stable(f64={"a": 0.5, "b": 1e30, "c": 0.5}, f32={"a": 0.5, "b": 1e10, "c": 0.5})
def log_beta_beside_mean(a: OpenUnit, b: Positive, c: Unit):
    """For a large precision huge terms cancel: with what Stirling's formula takes from the logarithms of gamma they are divergences."""
    whole = log_beta(a * b, b * (1 - a)) - (b * (1 - a) - 1) * log(1 - c) - (a * b - 1) * log(c)
    return whole, (
        b * bernoulli_divergence(a, 1 - a, c)
        + (log_gamma_excess_of_product(a, b) + log_gamma_excess_of_product(1 - a, b) - log_gamma_excess(b))
        + log(c)
        + log(1 - c)
    )


@stable(f64={"a": 1e30, "b": 1e30, "c": 1.0}, f32={"a": 1e10, "b": 1e10, "c": 1.0})
def log_beta_beside_ratio(a: Positive, b: Positive, c: Positive):
    """For many degrees of freedom huge terms cancel: with what Stirling's formula takes from the logarithms of gamma they are an excess."""
    whole = (
        log_beta(a / 2, b / 2)
        - a * (log(a) + log(c) - log(a * c + b)) / 2
        - b * (log(b) - log(a * c + b)) / 2
    )
    return whole, mean_excess(a, b, c) / 2 + log_beta_excess(a / 2, b / 2)


@stable(f64={"a": 1.0, "b": 1.0, "c": -800}, f32={"a": 1.0, "b": 1.0, "c": -110})
def divergence_from_exponential(a: Positive, b: Positive, c: Real):
    """The exponential may vanish, of which the logarithm is taken again; that is its argument."""
    return product_divergence(a, b, exp(c)), log_divergence(a, log(b) + c)


@stable(f64={"a": 1.0, "b": 1.0, "c": -800}, f32={"a": 1.0, "b": 1.0, "c": -110})
def divergence_from_softplus(a: Positive, b: Positive, c: Real):
    """The softplus may vanish, of which the logarithm is taken again; that is near its argument."""
    return product_divergence(a, b, softplus(c)), softplus_divergence(a, b, c)


@stable(f64={"a": 1e-200, "b": -800}, f32={"a": 1e-20, "b": -110})
def excess_of_ratio_to_exponential(a: Positive, b: Real):
    """The exponential may vanish where the ratio is no infinity; the difference of the logarithms bears both."""
    return ratio_excess(a, exp(b)), exp_excess(log(a) - b)


@stable(f64={"a": 2.0, "b": 800, "c": 1.0}, f32={"a": 2.0, "b": 90, "c": 1.0})
def deviance_from_exponential(a: Positive, b: Real, c: Positive):
    """The exponential may overflow; the difference of the logarithms does not."""
    return inverse_gaussian_deviance(a, exp(b), c), c * inverse_gaussian_log_deviance(a, b)


@stable(f64={"a": 1e200, "b": 1e-200, "c": 1e-3}, f32={"a": 1e25, "b": 1e-25, "c": 1e-3})
def power_of_ratio(a: Positive, b: Positive, c: Positive):
    """The ratio may overflow, or be rounded before it is raised to a large power; its logarithm keeps both."""
    whole = (a / b) ** c - (c - 1) * (log(a) - log(b))
    return whole, power_excess(a, b, c) + 1 + log_ratio(a, b)


@stable(f64={"a": 1e-200, "b": 1e200, "c": 1e-3}, f32={"a": 1e-25, "b": 1e25, "c": 1e-3})
def power_of_inverse_ratio(a: Positive, b: Positive, c: Positive):
    """The ratio may overflow, or be rounded before it is raised to a large power; its logarithm keeps both."""
    return (b / a) ** c - c * (log(b) - log(a)), power_excess(a, b, -c) + 1


@stable(f64={"a": 1.0, "b": -800, "c": 1e-3}, f32={"a": 1.0, "b": -110, "c": 1e-3})
def excess_of_power_of_exponential(a: Positive, b: Real, c: Nonzero):
    """The exponential may vanish where the power is no infinity; the difference of the logarithms bears both."""
    return power_excess(a, exp(b), c), exp_excess(c * (log(a) - b))


@stable(f64={"a": 1e-20, "b": 1e-30, "c": 0}, f32={"a": 1e-10, "b": 1e-10, "c": 0})
def excess_beside_log(a: Real, b: Positive, c: Real):
    """Near a shape of 1 and for small data the logarithms cancel."""
    left = exp_excess(exp(a) * (log(b) - c)) + 1 + log(b)
    return left, exp(exp(a) * (log(b) - c)) - expm1(a) * log(b) + exp(a) * c


@stable(f64={"a": 1.000000001, "b": 1e-300}, f32={"a": 1.0001, "b": 1e-30})
def log_of_ratio_and_denominator(a: Positive, b: Positive):
    """The denominator's logarithm cancels."""
    return log_ratio(a, b) + log(b), log(a)


@stable(f64={"a": 1.0, "b": -800}, f32={"a": 1.0, "b": -110})
def log_of_ratio_to_exponential(a: Positive, b: Real):
    """The exponential may vanish, of which the logarithm is taken again; that is its argument."""
    return log_ratio(a, exp(b)), log(a) - b


@stable(f64={"a": 1e155, "b": 1e2, "c": 2.0}, f32={"a": 3.16e20, "b": 1e2, "c": 2.0})
def slope_of_power_excess_in_the_power(a: Positive, b: Positive, c: Positive):
    """The power may overflow before it is divided."""
    power = c * log_ratio(a, b)
    return (-power * exp(power) - expm1(power)) / b, power_excess_cross(a, b, c)
