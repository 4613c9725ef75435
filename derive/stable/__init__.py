"""The rewrites that floating point asks for, each with the place where its left side dies.

They are tried in the order of `STABLE`, after the constants and the factor have gone and the links
have come in, and before anything is differentiated: a word carries its own stable derivative.  Those
of `BEFORE_LINKS`, whose left side a link would break up, are tried once before the links come in.
"""

from derive.stable.classes import log_softmax, logsumexp_of_differences, zero_times_infinity
from derive.stable.exponentials import (
    absolute_scaled_by_exponential,
    exponential_less_count,
    exponential_less_one,
    log1mexp_over_argument,
    log_of_complement_of_exponential,
    log_of_cosh,
    log_of_cosh_as_exponentials,
    log_of_exponential_less_one,
    log_of_mean_exponential,
    reciprocal_of_exponential_less_one,
    scaled_once_more,
    sign_scaled_by_exponential,
    square_of_scaled_by_exponential,
)
from derive.stable.gamma import log_gamma_of_neighbours, log_gamma_over_half_a_step
from derive.stable.logistic import (
    difference_of_log_odds,
    log1p_of_exponential,
    log_of_odds,
    log_of_one_plus_exponential,
    log_of_softplus,
    log_of_two_exponentials,
    log_sigmoid,
    log_sigmoid_complement,
    logistic_complement,
    logistic_complement_of_opposite,
    logistic_quotient,
    rate_of_softplus,
    sigmoid_complement,
    twice_sigmoid_less_one,
)
from derive.stable.normal import log_of_normal_cdf, normal_complement, zero_times_log_normal_cdf
from derive.stable.products import (
    log_of_one_minus_power,
    log_of_one_plus,
    shares_of_a_whole,
    zero_times_log,
    zero_times_log1p,
)
from derive.stable.squares import (
    excess_of_log1p_square,
    excess_over_share,
    log_of_one_plus_square,
    log_of_one_plus_square_over,
    log_of_one_plus_squared,
    rest_less_share,
    scaled_log_of_one_plus_square,
    share_of_square,
    slope_of_slope_times_argument,
    square_of_quotient,
    square_of_scaled,
)

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
    log1p_of_exponential,
)

# The other tail, which the truth is computed from as well: its digits beside 1 are without number.
COMPLEMENTS = (sigmoid_complement, normal_complement)

BEFORE_LINKS = (log_gamma_over_half_a_step, log_gamma_of_neighbours)

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
    exponential_less_one,
    twice_sigmoid_less_one,
)
