"""Squares, and log(1 + z²)."""

from derive.declare import stable
from derive.domains import Nonzero, Positive, Real
from derive.words import (
    clipped,
    exp,
    log,
    log1p_square,
    log1p_square_curvature,
    log1p_square_excess,
    log1p_square_slope,
    root_rest,
    scaled,
    scaled_log1p_square,
    sqrt,
    square,
    square_rest,
    square_share,
    within,
)


@stable(f64={"a": 1e-160, "b": 1e-162}, f32={"a": 1e-23, "b": 1e-25})
def square_of_quotient(a: Real, b: Nonzero):
    """The quotient is squared as a whole: the two squares could overflow or vanish by themselves."""
    return a**2 / b**2, square(a / b)


@stable(f64={"a": 1e-160, "b": 750}, f32={"a": 1e-23, "b": 110})
def square_of_scaled(a: Real, b: Real):
    """The product is squared as a whole: the two squares could overflow or vanish by themselves."""
    return a**2 * exp(b), square(a * exp(b / 2))


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


@stable(f64={"a": 1e160}, f32={"a": 1e25})
def share_of_square(a: Real):
    """The share of the square differentiates into a product; slope and curvature would cancel for large arguments."""
    return a**2 / (1 + a**2), square_share(a)


@stable(f64={"a": 1e5}, f32={"a": 300})
def slope_of_slope_times_argument(a: Real):
    """For large arguments the two cancel to the third order."""
    slope = log1p_square_slope(a)
    return slope + a * log1p_square_curvature(a), 2 * slope * square_rest(a)


@stable(f64={"a": 1e5, "b": 3}, f32={"a": 300, "b": 3})
def scaled_slope_of_slope_times_argument(a: Real, b: Real):
    """For large arguments the two cancel to the third order."""
    slope = log1p_square_slope(a)
    return b * slope + b * a * log1p_square_curvature(a), 2 * b * slope * square_rest(a)


@stable(f64={"a": 1e9}, f32={"a": 1e5})
def rest_of_share(a: Real):
    """The share rounds to 1, and nothing is left of its complement."""
    return 1 - a * log1p_square_slope(a) / 2, square_rest(a)


@stable(f64={"a": 1e170, "b": 1e100}, f32={"a": 1e25, "b": 1e15})
def rest_times_square(a: Real, b: Real):
    """The share vanishes where its product with the square does not: its root is multiplied."""
    return root_rest(a) ** 2 * b**2, square(root_rest(a) * b)


@stable(f64={"a": 1e9, "b": 1e-12}, f32={"a": 1e5, "b": 1e-6})
def rest_less_share(a: Real, b: Positive):
    """The share rounds to 1, and nothing is left of its complement."""
    return 1 - (b + 1) * a * log1p_square_slope(a) / 2, square_rest(a) - b * square_share(a)


@stable(f64={"a": 1e-5, "b": 1e300}, f32={"a": 0.003, "b": 1e30})
def excess_over_share(a: Real, b: Positive):
    """For small arguments logarithm and share agree to the fourth order, which is all that is left."""
    whole = log1p_square(a) - (b + 1) * a * log1p_square_slope(a) / (2 * b)
    return whole, log1p_square_excess(a) - square_share(a) / b


@stable(f64={"a": 1e-5, "b": 1e300}, f32={"a": 0.003, "b": 1e30})
def excess_less_share(a: Real, b: Positive):
    """For small arguments logarithm and share agree to the fourth order, which is all that is left."""
    whole = b * log1p_square(a) - (b + 1) * a * log1p_square_slope(a) / 2
    return whole, b * log1p_square_excess(a) - square_share(a)


@stable(f64={"a": 1e-5}, f32={"a": 0.01})
def excess_of_log1p_square(a: Real):
    """For small arguments the two agree to the fourth order, which is all that is left."""
    return log1p_square(a) - square_share(a), log1p_square_excess(a)


@stable(f64={"a": 1e160}, f32={"a": 1e25})
def curvature_times_square(a: Real):
    """The square overflows and the curvature vanishes; the shares of square and 1 are between 0 and 1."""
    return a**2 * log1p_square_curvature(a), 2 * square_share(a) * (square_rest(a) - square_share(a))


@stable(f64={"a": 1e170, "b": 1e-100}, f32={"a": 1e25, "b": 1e-15})
def rest_over_square(a: Real, b: Nonzero):
    """The share vanishes where the square of the quotient does not: its root is divided."""
    return square_rest(a) / b**2, square(root_rest(a) / b)


@stable(f64={"a": 1e170, "b": 1e-100}, f32={"a": 1e25, "b": 1e-15})
def curvature_over_square(a: Real, b: Nonzero):
    """The curvature vanishes where the square of the quotient does not: its root is divided."""
    return (
        log1p_square_curvature(a) / b**2,
        2 * (square_rest(a) - square_share(a)) * square(root_rest(a) / b),
    )


@stable(f64={"a": 1e110, "b": 230}, f32={"a": 1e15, "b": 30})
def slope_of_slope_times_exponential(a: Real, b: Real):
    """The product vanishes where its product with the exponential does not: the root of the share is multiplied in twice."""
    return (
        log1p_square_slope(a) * square_rest(a) * exp(2 * b),
        scaled(log1p_square_slope(a), root_rest(a) * exp(b)),
    )


@stable(f64={"a": 1e170, "b": 115}, f32={"a": 1e25, "b": 15})
def curvature_times_exponential(a: Real, b: Real):
    """The curvature vanishes where its product with the exponential does not: the root of the share is multiplied."""
    return (
        log1p_square_curvature(a) * exp(4 * b),
        2 * (square_rest(a) - square_share(a)) * square(scaled(root_rest(a), exp(b))),
    )


@stable(f64={"a": 1e160, "b": 1.0}, f32={"a": 1e25, "b": 1.0})
def square_within(a: Real, b: Positive):
    """The square overflows beyond the threshold, where the product is 0; clipped it does not."""
    return within(a, b) * a**2, within(a, b) * clipped(a, b) ** 2


@stable(f64={"a": 1e160, "b": 1e-100, "c": 1e-100}, f32={"a": 1e23, "b": 1e-12, "c": 1e-12})
def curvature_over_squares(a: Real, b: Positive, c: Positive):
    """The curvature vanishes for large arguments before the divisors make it large again: the square is taken of the quotient."""
    left = log1p_square_curvature(a) / (b * c**2)
    return left, 2 * (square_rest(a) - square_share(a)) * square(root_rest(a) / (c * sqrt(b)))


@stable(f64={"a": 1e160, "b": 200}, f32={"a": 1e23, "b": 30})
def curvature_times_square_of_exponential(a: Real, b: Real):
    """The curvature vanishes for large arguments before the exponential makes it large again: the square is taken of the product."""
    left = log1p_square_curvature(a) * exp(2 * b)
    return left, 2 * (square_rest(a) - square_share(a)) * square(root_rest(a) * exp(b))


@stable(f64={"a": 1e140, "b": 1e-100, "c": 1e-100, "d": 1}, f32={"a": 1e16, "b": 1e-12, "c": 1e-12, "d": 1})
def slope_of_slope_over_squares(a: Real, b: Positive, c: Positive, d: Positive):
    """The product vanishes for large arguments before the divisors make it large again: a square is taken of the quotient."""
    left = d * log1p_square_slope(a) * square_rest(a) / (b**2 * sqrt(c))
    return left, log1p_square_slope(a) * square(root_rest(a) * sqrt(d) / (b * sqrt(sqrt(c))))


@stable(f64={"a": 1e120, "b": 200, "c": 1e-100, "d": 1}, f32={"a": 1e16, "b": 30, "c": 1e-12, "d": 1})
def slope_of_slope_times_exponential_over_root(a: Real, b: Real, c: Positive, d: Positive):
    """The product vanishes for large arguments before the exponential makes it large again: a square is taken of the product."""
    left = d * log1p_square_slope(a) * square_rest(a) * exp(b) / sqrt(c)
    return left, log1p_square_slope(a) * square(root_rest(a) * sqrt(d) * exp(b / 2) / sqrt(sqrt(c)))


@stable(f64={"a": 1e9, "b": 1}, f32={"a": 1e5, "b": 1})
def root_less_share(a: Real, b: Real):
    """The share rounds to 1, and nothing is left of its complement."""
    left = b * root_rest(a) - b * a * log1p_square_slope(a) * root_rest(a) / 2
    return left, b * root_rest(a) * square_rest(a)
