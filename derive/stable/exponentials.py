"""Differences of exponentials, hyperbolic functions, and what an exponential scales."""

from derive.declare import stable
from derive.domains import Nonnegative, Nonzero, Positive, Real, Unit
from derive.words import (
    absolute,
    check,
    cosh,
    exp,
    exp_less,
    expm1,
    log,
    log1mexp,
    log_cosh,
    log_expm1_ratio,
    logaddexp,
    reciprocal_expm1,
    scaled,
    sech,
    sinh,
    sinh_square_excess,
    square,
)


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


@stable(f64={"a": 1e-5}, f32={"a": 1e-3})
def square_of_sinh_less_log_of_cosh(a: Real):
    """Near 0 the two agree to the fourth order, which is all that is left."""
    return sinh(a) ** 2 / 2 - log_cosh(a), sinh_square_excess(a)


@stable(f64={"a": 0, "b": 800}, f32={"a": 0, "b": 90})
def square_of_scaled_by_exponential(a: Real, b: Real):
    """The exponential could overflow where the product does not: its root is multiplied in twice."""
    return square(a * exp(b)), square(scaled(a, exp(b / 2)))


@stable(f64={"a": 0, "b": 0.5, "c": 800}, f32={"a": 0, "b": 0.5, "c": 90})
def check_scaled_by_exponential(a: Real, b: Unit, c: Real):
    """The exponential could overflow where the product does not: its root is multiplied in twice."""
    return check(a, b) * exp(c), scaled(check(a, b), exp(c / 2))


@stable(f64={"a": 0, "b": 800}, f32={"a": 0, "b": 90})
def absolute_scaled_by_exponential(a: Real, b: Real):
    """The exponential could overflow where the product does not: its root is multiplied in twice."""
    return absolute(a) * exp(b), scaled(absolute(a), exp(b / 2))


@stable(f64={"a": 1, "b": 1, "c": -800}, f32={"a": 1, "b": 1, "c": -90})
def residual_over_exponential_scale(a: Real, b: Real, c: Real):
    """The exponential could overflow where the product does not: its root is multiplied in twice."""
    return (a - b) * exp(-c), scaled(a - b, exp(-c / 2))


@stable(unless={"a": Nonnegative}, f64={"a": 0, "b": 400}, f32={"a": 0, "b": 45})
def scaled_by_square_of_exponential(a: Real, b: Real):
    """The square of the exponential could overflow where the product does not: the exponential is multiplied in twice."""
    return a * exp(2 * b), scaled(a, exp(b))


@stable(f64={"a": 800, "b": -200}, f32={"a": 90, "b": -23})
def product_of_exponentials(a: Real, b: Real):
    """One exponential overflows where the other vanishes; that of the sum does neither."""
    return exp(a) * exp(4 * b), exp(a + 4 * b)


@stable(f64={"a": 800, "b": 1e-100}, f32={"a": 110, "b": 1e-15})
def exponential_over_square(a: Real, b: Nonzero):
    """The exponential vanishes where the square of the quotient does not."""
    return exp(-a) / b**2, square(exp(-a / 2) / b)


@stable(f64={"a": 800, "b": 1e160}, f32={"a": 110, "b": 1e25})
def exponential_times_square(a: Real, b: Real):
    """The square overflows where the exponential has long vanished: the product is squared as a whole."""
    return exp(-a) * b**2, square(exp(-a / 2) * b)


@stable(f64={"a": 1e-17, "b": 1.0}, f32={"a": 1e-8, "b": 1.0})
def growth_of_product(a: Real, b: Real):
    """Near 0 the exponential rounds to 1, and nothing is left of the growth; expm1 keeps it."""
    return b * exp(a) - b, b * expm1(a)


@stable(f64={"a": 1e-17, "b": 1.0}, f32={"a": 1e-8, "b": 1.0})
def exponential_less_count(a: Real, b: Nonnegative):
    """Near 0 the exponential rounds to 1, from which a count of 1 leaves nothing."""
    return exp(a) - b, exp_less(a, b)


@stable(f64={"a": 400, "b": 1e-100}, f32={"a": 50, "b": 1e-10})
def square_of_sech_over(a: Real, b: Nonzero):
    """The square underflows where the square of the quotient does not."""
    return sech(a) ** 2 / b**2, square(sech(a) / b)


@stable(f64={"a": 400, "b": 1e100}, f32={"a": 50, "b": 1e10})
def square_of_sech_times(a: Real, b: Real):
    """The square underflows where the square of the product does not."""
    return sech(a) ** 2 * b**2, square(sech(a) * b)


@stable(f64={"a": 400, "b": 460}, f32={"a": 50, "b": 50})
def square_of_sech_times_exponential(a: Real, b: Real):
    """The square underflows, or the exponential overflows, where the square of the product does neither."""
    return sech(a) ** 2 * exp(b), square(scaled(sech(a), exp(b / 4)))


@stable(f64={"a": 1e-17}, f32={"a": 1e-8})
def exponential_less_one(a: Real):
    """Near 0 the exponential rounds to 1, which then cancels; expm1 keeps what is left."""
    return exp(a) - 1, expm1(a)
