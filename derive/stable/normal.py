"""The normal distribution function."""

from derive.declare import stable
from derive.domains import Positive, Real
from derive.words import (
    convolution,
    convolution_cross,
    convolution_deviation_curvature,
    convolution_deviation_slope,
    convolution_log_deviation_cross,
    convolution_log_deviation_curvature,
    convolution_log_deviation_slope,
    convolution_rate_score,
    convolution_rate_slope,
    exp,
    inverse_mills_slope,
    log,
    log_normal_cdf,
    normal_cdf,
    scaled,
    times,
)


@stable(f64={"a": -39}, f32={"a": -15})
def log_of_normal_cdf(a: Real):
    """The distribution function underflows to 0, which has no logarithm; its logarithm is computed as one."""
    return log(normal_cdf(a)), log_normal_cdf(a)


@stable(f64={"a": 9}, f32={"a": 6})
def normal_complement(a: Real):
    """The distribution function rounds to 1, and nothing is left of its complement; the other tail keeps it."""
    return 1 - normal_cdf(a), normal_cdf(-a)


@stable(f64={"a": 0, "b": -1e155}, f32={"a": 0, "b": -1e20})
def zero_times_log_normal_cdf(a: Real, b: Real):
    """Where a factor is 0 so is its product with the logarithm of a vanished probability: zero wins."""
    return a * log_normal_cdf(b), times(a, log_normal_cdf(b))


@stable(f64={"a": 30, "b": 1e160, "c": 2}, f32={"a": 12, "b": 1e20, "c": 2})
def inverse_mills_slope_times_squares(a: Real, b: Real, c: Real):
    """The squares overflow where the slope has long vanished: it is multiplied by the product twice."""
    return inverse_mills_slope(a) * b**2 * c**2, scaled(inverse_mills_slope(a), b * c)


@stable(f64={"a": 30, "b": 1e160}, f32={"a": 12, "b": 1e20})
def inverse_mills_slope_times_square(a: Real, b: Real):
    """The square overflows where the slope has long vanished: it is multiplied by the root twice."""
    return inverse_mills_slope(a) * b**2, scaled(inverse_mills_slope(a), b)


@stable(f64={"a": 1.0, "b": 1.0, "c": 1e9}, f32={"a": 1.0, "b": 1.0, "c": 1e4})
def log_of_convolution(a: Real, b: Positive, c: Positive):
    """Where the rate is large the square of the deviation times the rate cancels: all three are computed as one."""
    return a * c - b**2 * c**2 / 2 - log(normal_cdf(a / b - b * c)), convolution(a, b, c)


@stable(f64={"a": 1.0, "b": 1.0, "c": 1e9}, f32={"a": 1.0, "b": 1.0, "c": 1e4})
def rate_slope_of_convolution(a: Real, b: Positive, c: Positive):
    """Where the rate is large the two nearly cancel."""
    return convolution_rate_slope(a, b, c) - 1 / c, convolution_rate_score(a, b, c)


@stable(f64={"a": 1.0, "b": 1.0, "c": 1e9}, f32={"a": 1.0, "b": 1.0, "c": 1e6})
def rate_slope_of_convolution_times_rate(a: Real, b: Positive, c: Positive):
    """Where the rate is large the product is nearly 1."""
    return c * convolution_rate_slope(a, b, c) - 1, c * convolution_rate_score(a, b, c)


@stable(f64={"a": 0.1, "b": 20.0, "c": 1e9}, f32={"a": 0.1, "b": 5.0, "c": 1e3})
def curvature_of_convolution_in_log_deviation(a: Real, b: Real, c: Positive):
    """Where the rate is large the two nearly cancel."""
    left = exp(2 * b) * convolution_deviation_curvature(a, exp(b), c)
    return (
        left + exp(b) * convolution_deviation_slope(a, exp(b), c),
        convolution_log_deviation_curvature(a, exp(b), c),
    )


@stable(f64={"a": -1e-20, "b": -276, "c": 1.0}, f32={"a": -1e5, "b": -23, "c": 1.0})
def slope_of_convolution_in_log_deviation(a: Real, b: Real, c: Positive):
    """The slope overflows where its product with the deviation does not."""
    return (
        exp(b) * convolution_deviation_slope(a, exp(b), c),
        convolution_log_deviation_slope(a, exp(b), c),
    )


@stable(f64={"a": -1.0, "b": -276, "c": 1.0}, f32={"a": -1e8, "b": -24, "c": 1.0})
def cross_of_convolution_in_log_deviation(a: Real, b: Real, c: Positive):
    """The slope overflows where its product with the deviation does not."""
    return (
        exp(b) * convolution_cross(a, exp(b), c),
        convolution_log_deviation_cross(a, exp(b), c),
    )
