"""The sigmoid, softplus and the odds."""

from derive.declare import stable
from derive.domains import Nonnegative, Nonzero, OpenUnit, Positive, Real, Unit
from derive.words import (
    check,
    check_by_odds,
    exp,
    log,
    log1p,
    log1p_ratio,
    log_expm1_ratio,
    log_logistic_mean,
    log_ratio,
    log_softplus,
    logaddexp,
    logistic_simplex_residual,
    logit,
    scaled,
    sech,
    sigmoid,
    simplex_residual,
    softplus,
    softplus_rate,
    square,
    tanh,
    xlog1py,
    xlogy,
)


@stable(f64={"a": -746}, f32={"a": -104})
def log_sigmoid(a: Real):
    """The sigmoid underflows to 0, which has no logarithm; softplus does not."""
    return log(sigmoid(a)), -softplus(-a)


@stable(f64={"a": 37}, f32={"a": 17})
def log_sigmoid_complement(a: Real):
    """The sigmoid rounds to 1, and nothing is left of its complement; softplus keeps it."""
    return log(1 - sigmoid(a)), -softplus(a)


@stable(f64={"a": 710}, f32={"a": 89})
def logistic_quotient(a: Real):
    """The exponential overflows in both places; the sigmoid does not."""
    return exp(a) / (1 + exp(a)), sigmoid(a)


@stable(f64={"a": 40}, f32={"a": 20})
def logistic_complement(a: Real):
    """The quotient rounds to 1, and nothing is left of its complement; the sigmoid of the opposite keeps it."""
    return 1 - 1 / (1 + exp(-a)), sigmoid(-a)


@stable(f64={"a": -40}, f32={"a": -20})
def logistic_complement_of_opposite(a: Real):
    """The quotient rounds to 1, and nothing is left of its complement; the sigmoid keeps it."""
    return 1 - 1 / (1 + exp(a)), sigmoid(a)


@stable(f64={"a": 40}, f32={"a": 20})
def sigmoid_complement(a: Real):
    """The sigmoid rounds to 1, and nothing is left of its complement; the sigmoid of the opposite keeps it."""
    return 1 - sigmoid(a), sigmoid(-a)


@stable(f64={"a": 800}, f32={"a": 90})
def log_of_one_plus_exponential(a: Real):
    """The exponential overflows, or is lost beside 1; softplus does neither."""
    return log(1 + exp(a)), softplus(a)


@stable(f64={"a": 1e200, "b": 1e-200, "c": 1.0}, f32={"a": 1e25, "b": 1e-25, "c": 1.0})
def log_of_one_plus_power(a: Positive, b: Positive, c: Nonzero):
    """The power may overflow, or be lost beside 1; softplus of its logarithm bears both."""
    return log(1 + (a / b) ** c), softplus(c * log_ratio(a, b))


@stable(f64={"a": 1.0, "b": -800}, f32={"a": 1.0, "b": -110})
def log_of_one_plus_ratio_to_exponential(a: Nonnegative, b: Real):
    """The exponential may vanish; softplus bears the logarithm of any ratio to it."""
    return log1p_ratio(a, exp(b)), softplus(log(a) - b)


@stable(f64={"a": 1.0, "b": 800}, f32={"a": 1.0, "b": 90})
def log_of_sum_with_exponential(a: Nonnegative, b: Real):
    """The exponential may overflow, or be lost beside the other term; logaddexp takes out the larger."""
    return log(a + exp(b)), logaddexp(log(a), b)


@stable(f64={"a": 800, "b": 799}, f32={"a": 90, "b": 89})
def log_of_two_exponentials(a: Real, b: Real):
    """Both exponentials overflow or vanish; logaddexp takes out the larger."""
    return log(exp(a) + exp(b)), logaddexp(a, b)


@stable(f64={"a": 0.4999999993}, f32={"a": 0.499997})
def difference_of_log_odds(a: Unit):
    """Near one half the two logarithms cancel; the logit keeps its zero there."""
    return log(a) - log(1 - a), logit(a)


@stable(f64={"a": 0.4999999993}, f32={"a": 0.499997})
def log_of_odds(a: Unit):
    """Near one half the odds round to 1; the logit keeps its zero there."""
    return log(a / (1 - a)), logit(a)


@stable(f64={"a": -746}, f32={"a": -104})
def log_of_softplus(a: Real):
    """The softplus underflows to 0, which has no logarithm; log softplus is near its argument there."""
    return log(softplus(a)), log_softplus(a)


@stable(f64={"a": -746}, f32={"a": -104})
def rate_of_softplus(a: Real):
    """The sigmoid and the softplus underflow to 0/0; their quotient is 1."""
    return sigmoid(a) / softplus(a), softplus_rate(a)


@stable(f64={"a": 800}, f32={"a": 90})
def log1p_of_exponential(a: Real):
    """The exponential overflows where its logarithm does not; softplus bears any argument."""
    return log1p(exp(a)), softplus(a)


@stable(f64={"a": 1e-17}, f32={"a": 1e-8})
def twice_sigmoid_less_one(a: Real):
    """Near 0 twice the sigmoid rounds to 1, which then cancels; the hyperbolic tangent keeps what is left."""
    return 2 * sigmoid(a) - 1, tanh(a / 2)


@stable(f64={"a": -1.0, "b": 40}, f32={"a": -1.0, "b": 20})
def check_of_sigmoid(a: Real, b: Real):
    """The sigmoid rounds to 1, and nothing is left of its complement; that of the opposite keeps it."""
    return check(a, sigmoid(b)), check_by_odds(a, b)


@stable(f64={"a": 0.25, "b": 40}, f32={"a": 0.25, "b": 20})
def residual_of_sigmoid(a: OpenUnit, b: Real):
    """The sigmoid underflows, or rounds to 1, by which nothing is divided; the exponentials do not."""
    return simplex_residual(a, sigmoid(b)), logistic_simplex_residual(a, b)


@stable(f64={"a": 0.45, "b": 0.5000000000001}, f32={"a": 0.45, "b": 0.500001})
def normalised_success(a: Unit, b: Unit):
    """For a probability near one half the terms cancel; in the log odds they are one function, twice."""
    whole = -xlogy(a, b) - xlog1py(1 - a, -b) + log_logistic_mean(b)
    return whole, a * log_expm1_ratio(logit(b)) + (1 - a) * log_expm1_ratio(-logit(b))


@stable(f64={"a": 1.0, "b": 40}, f32={"a": 1.0, "b": 20})
def normalised_success_at_log_odds(a: Unit, b: Real):
    """The sigmoid rounds to 1, and near 0 the terms cancel; at the log odds they are one function, twice."""
    whole = a * softplus(-b) + (1 - a) * softplus(b) + log_logistic_mean(sigmoid(b))
    return whole, a * log_expm1_ratio(b) + (1 - a) * log_expm1_ratio(-b)


@stable(f64={"a": 800, "b": 1e200}, f32={"a": 100, "b": 1e10})
def square_times_slope_of_sigmoid(a: Real, b: Positive):
    """One of the shares underflows where the square of the product does not."""
    return b**2 * sigmoid(a) * sigmoid(-a), square(b * sech(a / 2)) / 4


@stable(f64={"a": 800, "b": 1e140, "c": 1e150}, f32={"a": 100, "b": 1e10, "c": 1e12})
def product_with_sum_times_slope_of_sigmoid(a: Real, b: Positive, c: Real):
    """One of the shares underflows where the product does not, once it is taken with their root twice."""
    return b * (b + c) * sigmoid(a) * sigmoid(-a), scaled(b * (b + c), sech(a / 2)) / 4
