"""The algebra by which a logarithm opens, in the order in which it is tried.

Each row is true on its declared domains.
"""

from derive.declare import identity
from derive.domains import (
    BetweenOneAndTwo,
    Count,
    Counts,
    Nonnegative,
    Nonzero,
    OpenUnit,
    Positive,
    PositiveVector,
    Ranking,
    Real,
    Unit,
    Vector,
    Whole,
)
from derive.words import (
    abel_polynomial,
    bessel_0,
    beta,
    beta_by_mean,
    binomial_coefficient,
    count_difference_cost,
    count_difference_probability,
    dispersed_cost,
    dispersed_probability,
    exp,
    factorial,
    gamma,
    hypergeometric_cost,
    hypergeometric_probability,
    log,
    log_abel_polynomial,
    log_absolute,
    log_bessel_0,
    log_beta,
    log_binomial,
    log_expm1_ratio,
    log_factorial,
    log_gamma,
    log_logistic_cell,
    log_logistic_mean,
    log_multiset_coefficient,
    log_multivariate_beta,
    log_multivariate_beta_fall,
    log_tail_scale,
    log_tweedie_base,
    log_width,
    log_zeta,
    logistic_cell,
    logistic_mean,
    multiset_coefficient,
    multivariate_beta,
    multivariate_beta_quotient,
    ranking_cost,
    ranking_probability,
    share_over_log,
    tail_scale,
    tweedie_base,
    width,
    zeta_from_one,
)
from derive.words.hypergeometric import Drawn, SomeOf


@identity
def complement_of_share(a: Positive, b: Positive):
    """What is left of a whole is the share of the other part."""
    return 1 - a / (a + b), b / (a + b)


@identity(associative=True)
def logarithm_of_product(a: Nonnegative, b: Nonnegative):
    """The logarithm of a product is the sum of the logarithms."""
    return log(a * b), log(a) + log(b)


@identity
def logarithm_of_exponential(a: Real):
    """The logarithm undoes the exponential."""
    return log(exp(a)), a


@identity
def logarithm_of_power(a: Nonnegative, b: Real):
    """The logarithm brings an exponent down."""
    return log(a**b), b * log(a)


@identity
def logarithm_of_square(a: Nonzero):
    """The logarithm of a square is twice that of the absolute value, whatever the sign."""
    return log(a**2), 2 * log_absolute(a)


@identity
def logarithm_of_gamma(a: Positive):
    """The logarithm of the gamma function is a function of its own."""
    return log(gamma(a)), log_gamma(a)


@identity
def logarithm_of_beta(a: Positive, b: Positive):
    """The logarithm of the beta function is a function of its own."""
    return log(beta(a, b)), log_beta(a, b)


@identity
def logarithm_of_beta_density(a: Unit, b: OpenUnit, c: Positive):
    """The density of the beta distribution goes in, and its logarithm opens."""
    left = log(beta_by_mean(a, b, c))
    return left, (b * c - 1) * log(a) + ((1 - b) * c - 1) * log(1 - a) - log_beta(b * c, (1 - b) * c)


@identity
def logarithm_of_multivariate_beta(z: PositiveVector):
    """The logarithm of the beta function is a function of its own."""
    return log(multivariate_beta(z)), log_multivariate_beta(z)


@identity
def logarithm_of_factorial(a: Nonnegative):
    """The logarithm of the factorial is a function of its own."""
    return log(factorial(a)), log_factorial(a)


@identity
def logarithm_of_bessel(a: Positive):
    """The logarithm of the Bessel function is a function of its own."""
    return log(bessel_0(a)), log_bessel_0(a)


@identity
def logarithm_of_binomial_coefficient(a: Nonnegative, b: Nonnegative.up_to("a")):
    """The logarithm of the binomial coefficient is a function of its own."""
    return log(binomial_coefficient(a, b)), log_binomial(a, b)


@identity
def logarithm_of_multiset_coefficient(a: Positive, b: Count):
    """The logarithm of the binomial coefficient is a function of its own."""
    return log(multiset_coefficient(a, b)), log_multiset_coefficient(a, b)


@identity
def logarithm_of_base(a: Nonnegative, b: Positive, c: BetweenOneAndTwo):
    """The logarithm of the base measure is a function of its own."""
    return log(tweedie_base(a, b, c)), log_tweedie_base(a, b, c)


@identity
def logarithm_of_share_over_log(a: Unit):
    """The share is one less the exponential of what it is divided by."""
    return log(share_over_log(a)), log_expm1_ratio(-log(1 - a))


@identity
def logarithm_of_abel_polynomial(a: Positive, b: Nonnegative, c: Count):
    """The logarithm of Abel's polynomial is a function of its own."""
    return log(abel_polynomial(a, b, c)), log_abel_polynomial(a, b, c)


@identity
def logarithm_of_ranking_probability(z: Vector, y: Ranking):
    """The logarithm of a product is the sum of logarithms; each compares an item with what is left behind it."""
    return log(ranking_probability(z, y)), -ranking_cost(z, y)


@identity
def logarithm_of_multivariate_beta_quotient(z: PositiveVector, y: Counts):
    """The logarithm of the quotient of beta functions is a function of its own."""
    return log(multivariate_beta_quotient(z, y)), -log_multivariate_beta_fall(z, y)


@identity
def logarithm_of_zeta(a: Positive):
    """The logarithm of the zeta function is a function of its own."""
    return log(zeta_from_one(a)), log_zeta(a)


@identity
def logarithm_of_logistic_cell(a: Real, b: Positive):
    """The logarithm of the difference of sigmoids is a function of its own."""
    return log(logistic_cell(a, b)), log_logistic_cell(a, b)


@identity
def logarithm_of_logistic_mean(a: Unit):
    """The logarithm of the logarithmic mean is a function of its own."""
    return log(logistic_mean(a)), log_logistic_mean(a)


@identity
def logarithm_of_width(a: Real, b: Real):
    """The logarithm of a width is a function of its own: the difference may overflow."""
    return log(width(a, b)), log_width(a, b)


@identity
def logarithm_of_tail_scale(a: Real, b: Positive, c: Real):
    """The logarithm of the scale is a function of its own, which has derivatives of its own."""
    return log(tail_scale(a, b, c)), log_tail_scale(a, b, c)


@identity
def logarithm_of_count_difference(a: Whole, b: Positive, c: Positive):
    """The logarithm of a product with a Bessel function is a function of its own."""
    return log(count_difference_probability(a, b, c)), -count_difference_cost(a, b, c)


@identity
def logarithm_of_dispersed_probability(a: Count, b: Positive, c: Positive):
    """The logarithm of a power over a sum of such powers is a function of its own."""
    return log(dispersed_probability(a, b, c)), -dispersed_cost(a, b, c)


@identity
def logarithm_of_hypergeometric_probability(n: Count, s: SomeOf, d: SomeOf, y: Drawn, o: Positive):
    """The logarithm of a term over the sum of all terms is a function of its own."""
    return log(hypergeometric_probability(n, s, d, y, o)), -hypergeometric_cost(n, s, d, y, o)


OPENING = (
    complement_of_share,
    logarithm_of_product,
    logarithm_of_exponential,
    logarithm_of_power,
    logarithm_of_square,
    logarithm_of_gamma,
    logarithm_of_beta,
    logarithm_of_beta_density,
    logarithm_of_multivariate_beta,
    logarithm_of_factorial,
    logarithm_of_bessel,
    logarithm_of_binomial_coefficient,
    logarithm_of_multiset_coefficient,
    logarithm_of_base,
    logarithm_of_share_over_log,
    logarithm_of_abel_polynomial,
    logarithm_of_multivariate_beta_quotient,
    logarithm_of_ranking_probability,
    logarithm_of_zeta,
    logarithm_of_logistic_cell,
    logarithm_of_logistic_mean,
    logarithm_of_width,
    logarithm_of_tail_scale,
    logarithm_of_count_difference,
    logarithm_of_dispersed_probability,
    logarithm_of_hypergeometric_probability,
)
