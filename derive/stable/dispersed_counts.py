"""The distribution of Conway, Maxwell and Poisson."""

from derive.declare import stable
from derive.domains import Count, Positive, Real
from derive.words import (
    dispersed_location_curvature,
    dispersed_location_slope,
    dispersed_log_location_curvature,
    exp,
)


@stable(f64={"a": 1.0, "b": 1.0, "c": 10**16}, f32={"a": 1.0, "b": 1.0, "c": 10**8})
def curvature_of_dispersed_cost_in_log_location(a: Real, b: Positive, c: Count):
    """What the mean is more than the count cancels, and a variance is left."""
    left = exp(2 * a) * dispersed_location_curvature(c, exp(a), b)
    return (
        left + exp(a) * dispersed_location_slope(c, exp(a), b),
        dispersed_log_location_curvature(exp(a), b),
    )
