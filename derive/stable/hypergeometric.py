"""The successes among items that are drawn without replacement."""

from derive.declare import stable
from derive.domains import Count, Real
from derive.words import exp, hypergeometric_cost, hypergeometric_cost_of_log_odds
from derive.words.hypergeometric import Drawn, SomeOf


@stable(
    f64={"n": 4, "s": 2, "d": 2, "y": 1, "a": -800.0},
    f32={"n": 4, "s": 2, "d": 2, "y": 1, "a": -110.0},
)
def hypergeometric_cost_in_log_odds(n: Count, s: SomeOf, d: SomeOf, y: Drawn, a: Real):
    """In the logarithm of the odds the derivatives are what the mean is more than the count, and the variance."""
    return hypergeometric_cost(n, s, d, y, exp(a)), hypergeometric_cost_of_log_odds(n, s, d, y, a)
