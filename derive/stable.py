"""The rewrites that floating point asks for, each with the place where its left side dies.

They are tried in the order of `STABLE`, after the constants and the factor have gone and the links
have come in, and before anything is differentiated: a word carries its own stable derivative.  Those
of `BEFORE_LINKS`, whose left side a link would break up, are tried once before the links come in.
"""

import math

from derive.declare import stable
from derive.domains import Nonnegative, Nonzero, Position, Positive, Real, Unit, Vector
from derive.words import (
    absolute,
    cosh,
    exp,
    exp_less,
    half_step_log_gamma,
    log,
    log1mexp,
    log1p,
    log1p_square,
    log1p_square_curvature,
    log1p_square_excess,
    log1p_square_slope,
    log_cosh,
    log_expm1_ratio,
    log_gamma,
    log_gamma_difference,
    log_normal_cdf,
    log_one_minus_power,
    log_softplus,
    logaddexp,
    logit,
    logsumexp,
    logsumexp_difference,
    normal_cdf,
    reciprocal_expm1,
    scaled,
    scaled_log1p_square,
    sigmoid,
    sign,
    softmax,
    softplus,
    softplus_rate,
    sqrt,
    square,
    square_rest,
    square_share,
    times,
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


@stable(f64={"z": (0, 746), "k": 1}, f32={"z": (0, 104), "k": 1})
def log_softmax(z: Vector, k: Position):
    """The softmax underflows to 0, which has no logarithm; logsumexp does not."""
    return log(softmax(z, k)), -(logsumexp(z) - z[k])


@stable(f64={"z": (40, 0), "k": 1}, f32={"z": (20, 0), "k": 1})
def logsumexp_of_differences(z: Vector, k: Position):
    """At the largest entry the two cancel to 0; over the differences the small rest survives."""
    return logsumexp(z) - z[k], logsumexp_difference(z, k)


@stable(f64={"a": 1e-160, "b": 1e-162}, f32={"a": 1e-23, "b": 1e-25})
def square_of_quotient(a: Real, b: Nonzero):
    """The quotient is squared as a whole: the two squares could overflow or vanish by themselves."""
    return a**2 / b**2, square(a / b)


@stable(f64={"a": 1e-160, "b": 750}, f32={"a": 1e-23, "b": 110})
def square_of_scaled(a: Real, b: Real):
    """The product is squared as a whole: the two squares could overflow or vanish by themselves."""
    return a**2 * exp(b), square(a * exp(b / 2))


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


@stable(f64={"a": 1e-17}, f32={"a": 1e-8})
def log_of_complement_of_exponential(a: Positive):
    """The exponential rounds to 1, or is lost beside 1; log1mexp bears both."""
    return log(1 - exp(-a)), log1mexp(a)


@stable(f64={"a": 800}, f32={"a": 90})
def log_of_exponential_less_one(a: Positive):
    """The exponential overflows, or rounds to 1; log1mexp bears both."""
    return log(exp(a) - 1), a + log1mexp(a)


@stable(f64={"a": 1e-17}, f32={"a": 1e-8})
def reciprocal_of_exponential_less_one(a: Nonzero):
    """The exponential rounds to 1, and 0 has no reciprocal; expm1 keeps what is left."""
    return 1 / (exp(a) - 1), reciprocal_expm1(a)


@stable(f64={"a": 1e-9}, f32={"a": 1e-5})
def log_of_mean_exponential(a: Nonzero):
    """Near 0 the two logarithms cancel, and far from it the words bear more; the logarithm of the quotient keeps what is left."""
    return log((1 - exp(-a)) / a), log_expm1_ratio(a)


@stable(f64={"a": 1e-9}, f32={"a": 1e-5})
def log1mexp_over_argument(a: Positive):
    """Near 0 the two logarithms cancel; the logarithm of the quotient keeps what is left."""
    return log1mexp(a) - log(a), log_expm1_ratio(a)


@stable(f64={"a": 711}, f32={"a": 90})
def log_of_cosh(a: Real):
    """The hyperbolic cosine overflows, and near 0 it rounds to 1; its logarithm does neither."""
    return log(cosh(a)), log_cosh(a)


@stable(f64={"a": 1e-9}, f32={"a": 1e-4})
def log_of_cosh_as_exponentials(a: Real):
    """Near 0 everything cancels but a square, which is lost."""
    return logaddexp(a, -a) - log(2), log_cosh(a)


@stable(f64={"a": 1e-9}, f32={"a": 1e-5})
def log_of_one_plus_square(a: Real):
    """A small square is lost beside 1, a large one overflows; the logarithm as one function bears both."""
    return log(1 + a**2), log1p_square(a)


@stable(f64={"a": 1e-9}, f32={"a": 1e-5})
def log_of_one_plus_squared(a: Real):
    """A small square is lost beside 1, a large one overflows; the logarithm as one function bears both."""
    return log(1 + square(a)), log1p_square(a)


@stable(f64={"a": 1e160, "b": 3}, f32={"a": 1e22, "b": 3})
def log_of_one_plus_square_over(a: Real, b: Positive):
    """A small quotient is lost beside 1 and a large square overflows; with all of it under the square neither happens."""
    return log(1 + square(a) / b), log1p_square(a / sqrt(b))


@stable(f64={"a": 1e-10, "b": 1e308}, f32={"a": 1e-5, "b": 1e38})
def scaled_log_of_one_plus_square(a: Real, b: Positive):
    """The square underflows where the product does not."""
    return b * log1p_square(a / sqrt(b)), scaled_log1p_square(a, b)


@stable(f64={"a": 0.5, "b": 60}, f32={"a": 0.5, "b": 30})
def log_of_one_minus_power(a: Unit, b: Positive):
    """The power is lost beside 1, or rounds to 1; the logarithm as one function bears both."""
    return log(1 - a**b), log_one_minus_power(a, b)


@stable(unless={"b": Nonnegative}, f64={"a": 0, "b": -1}, f32={"a": 0, "b": -1})
def zero_times_log1p(a: Real, b: Real):
    """The function log1p keeps a small argument, and 0 times its infinity is 0, the limit."""
    return a * log(1 + b), xlog1py(a, b)


@stable(unless={"b": Positive}, f64={"a": 0, "b": 0}, f32={"a": 0, "b": 0})
def zero_times_log(a: Real, b: Nonnegative):
    """Where a factor is 0 so is its product with log 0, the limit (0 log 0 = 0)."""
    return a * log(b), xlogy(a, b)


@stable(f64={"a": 0, "z": (0, -math.inf), "k": 2}, f32={"a": 0, "z": (0, -math.inf), "k": 2})
def zero_times_infinity(a: Real, z: Vector, k: Position):
    """A class that did not occur costs nothing, even where it is impossible and its cost infinite: zero wins."""
    return a * logsumexp_difference(z, k), times(a, logsumexp_difference(z, k))


@stable(f64={"a": 1e-17}, f32={"a": 1e-8})
def log_of_one_plus(a: Real):
    """One plus a small number rounds to one; log1p keeps the small number."""
    return log(1 + a), log1p(a)


@stable(f64={"a": 1e9}, f32={"a": 1e4})
def log_gamma_over_half_a_step(a: Positive):
    """Each of the three grows without bound and their sum does not: it is computed as one."""
    return log_gamma(a / 2) - log_gamma((a + 1) / 2) + log(a) / 2, half_step_log_gamma(a)


@stable(f64={"a": 1e12, "b": 0.5}, f32={"a": 1e4, "b": 0.5})
def log_gamma_of_neighbours(a: Positive, b: Positive):
    """Two large logarithms of the gamma function cancel; their difference is computed as one."""
    return log_gamma(a) - log_gamma(a + b), -log_gamma_difference(a, b)


@stable(f64={"a": 0, "b": 800}, f32={"a": 0, "b": 90})
def square_of_scaled_by_exponential(a: Real, b: Real):
    """The exponential could overflow where the product does not: its root is multiplied in twice."""
    return square(a * exp(b)), square(scaled(a, exp(b / 2)))


@stable(f64={"a": 0, "b": 800}, f32={"a": 0, "b": 90})
def absolute_scaled_by_exponential(a: Real, b: Real):
    """The exponential could overflow where the product does not: its root is multiplied in twice."""
    return absolute(a) * exp(b), scaled(absolute(a), exp(b / 2))


STABLE = (
    log_sigmoid,
    log_sigmoid_complement,
    normal_complement,
    log_of_normal_cdf,
    zero_times_log_normal_cdf,
    log_softmax,
    logsumexp_of_differences,
    square_of_quotient,
    square_of_scaled,
    logistic_quotient,
    logistic_complement,
    logistic_complement_of_opposite,
    sigmoid_complement,
    log_of_one_plus_exponential,
    log_of_two_exponentials,
    difference_of_log_odds,
    log_of_odds,
    log_of_softplus,
    rate_of_softplus,
    log_of_complement_of_exponential,
    log_of_exponential_less_one,
    reciprocal_of_exponential_less_one,
    log_of_mean_exponential,
    log1mexp_over_argument,
    log_of_cosh,
    log_of_cosh_as_exponentials,
    log_of_one_plus_square,
    log_of_one_plus_squared,
    log_of_one_plus_square_over,
    scaled_log_of_one_plus_square,
    log_of_one_minus_power,
    zero_times_log1p,
    zero_times_log,
    zero_times_infinity,
    log_of_one_plus,
    log_gamma_over_half_a_step,
    log_gamma_of_neighbours,
    square_of_scaled_by_exponential,
    absolute_scaled_by_exponential,
)

# The other tail, which the truth is computed from as well: its digits beside 1 are without number.
COMPLEMENTS = (sigmoid_complement, normal_complement)

BEFORE_LINKS = (log_gamma_over_half_a_step, log_gamma_of_neighbours)


@stable(f64={"a": 0.5, "b": 5e-324}, f32={"a": 0.5, "b": 1e-45})
def shares_of_a_whole(a: Unit, b: Real):
    """A share and its complement make the whole."""
    return (1 - a) * b + a * b, b


@stable(f64={"a": 1e160}, f32={"a": 1e25})
def share_of_square(a: Real):
    """The share of the square differentiates into a product; slope and curvature would cancel for large arguments."""
    return a**2 / (1 + a**2), square_share(a)


@stable(f64={"a": 1e5}, f32={"a": 300})
def slope_of_slope_times_argument(a: Real):
    """For large arguments the two cancel to the third order."""
    slope = log1p_square_slope(a)
    return slope + a * log1p_square_curvature(a), 2 * slope * square_rest(a)


@stable(f64={"a": 1e9, "b": 1e-12}, f32={"a": 1e5, "b": 1e-6})
def rest_less_share(a: Real, b: Positive):
    """The share rounds to 1, and nothing is left of its complement."""
    return 1 - (b + 1) * a * log1p_square_slope(a) / 2, square_rest(a) - b * square_share(a)


@stable(f64={"a": 1e-5, "b": 1e300}, f32={"a": 0.003, "b": 1e30})
def excess_over_share(a: Real, b: Positive):
    """For small arguments logarithm and share agree to the fourth order, which is all that is left."""
    whole = log1p_square(a) - (b + 1) * a * log1p_square_slope(a) / (2 * b)
    return whole, log1p_square_excess(a) - square_share(a) / b


@stable(f64={"a": 1e-5}, f32={"a": 0.01})
def excess_of_log1p_square(a: Real):
    """For small arguments the two agree to the fourth order, which is all that is left."""
    return log1p_square(a) - square_share(a), log1p_square_excess(a)


@stable(f64={"a": 0, "b": 1, "c": 800}, f32={"a": 0, "b": 1, "c": 90})
def scaled_once_more(a: Real, b: Real, c: Real):
    """The exponential could overflow where the product does not: its root is multiplied in twice."""
    return scaled(a, b) * exp(c), scaled(scaled(a, b), exp(c / 2))


@stable(f64={"a": 0, "b": 800}, f32={"a": 0, "b": 90})
def sign_scaled_by_exponential(a: Real, b: Real):
    """The exponential overflows even where the sign is 0: its root is multiplied in twice."""
    return sign(a) * exp(b), scaled(sign(a), exp(b / 2))


@stable(f64={"a": 1e-17, "b": 1.0}, f32={"a": 1e-8, "b": 1.0})
def exponential_less_count(a: Real, b: Nonnegative):
    """Near 0 the exponential rounds to 1, from which a count of 1 leaves nothing."""
    return exp(a) - b, exp_less(a, b)


# Tried after differentiating, on the gradient and on the Hessian.
DERIVED = (
    exponential_less_count,
    shares_of_a_whole,
    share_of_square,
    slope_of_slope_times_argument,
    rest_less_share,
    excess_over_share,
    excess_of_log1p_square,
    scaled_once_more,
    sign_scaled_by_exponential,
)
