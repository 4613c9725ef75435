"""The distribution of Conway, Maxwell and Poisson."""

from derive.declare import stable
from derive.domains import Count, Positive, Real
from derive.words import dispersed_cost, dispersed_cost_of_log, exp


@stable(f64={"a": 1e-17, "b": 1e17, "c": 0}, f32={"a": 1e-8, "b": 1e8, "c": 0})
def dispersed_cost_of_log_location(a: Real, b: Positive, c: Count):
    """A logarithm tells a location from 1 where the location itself rounds to that, and never underflows."""
    return dispersed_cost(c, exp(a), b), dispersed_cost_of_log(c, a, b)
