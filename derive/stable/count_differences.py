"""The difference of two Poisson counts."""

from derive.declare import stable
from derive.domains import Positive, Real, Whole
from derive.words import (
    count_difference_cost,
    count_difference_cross,
    count_difference_curvature,
    count_difference_of_logs,
    count_difference_second_curvature,
    count_difference_second_slope,
    count_difference_slope,
    exp,
)


@stable(f64={"a": -800, "b": 1.0, "c": 0}, f32={"a": -110, "b": 1.0, "c": 0})
def count_difference_of_log_means(a: Real, b: Real, c: Whole):
    """In the logarithms of both means the derivatives are those means less a mean and a variance, each computed as one."""
    return count_difference_cost(c, exp(a), exp(b)), count_difference_of_logs(c, a, b)


@stable(f64={"a": -40, "b": 1.0, "c": 5}, f32={"a": -20, "b": 1.0, "c": 5})
def curvature_of_count_difference_in_log_mean(a: Real, b: Positive, c: Whole):
    """The mean of the first count cancels; what is left of its mean and its variance is proportional to the mean."""
    left = exp(2 * a) * count_difference_curvature(c, exp(a), b)
    return (
        left + exp(a) * count_difference_slope(c, exp(a), b),
        exp(a) * (1 + b * count_difference_cross(c, exp(a), b)),
    )


@stable(f64={"a": -40, "b": 1.0, "c": -5}, f32={"a": -20, "b": 1.0, "c": -5})
def curvature_of_count_difference_in_second_log_mean(a: Real, b: Positive, c: Whole):
    """The mean of the second count cancels; what is left of its mean and its variance is proportional to the mean."""
    left = exp(2 * a) * count_difference_second_curvature(c, b, exp(a))
    return (
        left + exp(a) * count_difference_second_slope(c, b, exp(a)),
        exp(a) * (1 + b * count_difference_cross(c, b, exp(a))),
    )
