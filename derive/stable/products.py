"""Powers, and products of which one factor vanishes."""

from derive.declare import stable
from derive.domains import Nonnegative, Positive, Real, Unit
from derive.words import (
    absolute_power_curvature,
    absolute_power_curvature_over,
    absolute_power_log_slope,
    absolute_power_log_slope_over,
    absolute_power_slope,
    absolute_power_slope_over,
    log,
    log1p,
    log_expm1_ratio_slope,
    log_one_minus_power,
    power_score,
    quotient,
    xlog1py,
    xlogy,
)


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


@stable(f64={"a": 1e-17}, f32={"a": 1e-8})
def log_of_one_plus(a: Real):
    """One plus a small number rounds to one; log1p keeps the small number."""
    return log(1 + a), log1p(a)


@stable(f64={"a": 0.5, "b": 5e-324}, f32={"a": 0.5, "b": 1e-45})
def shares_of_a_whole(a: Unit, b: Real):
    """A share and its complement make the whole."""
    return (1 - a) * b + a * b, b


@stable(f64={"a": 0.5, "b": 1e-9, "c": 1e-20}, f32={"a": 0.5, "b": 1e-5, "c": 1e-10})
def score_of_power(a: Unit, b: Positive, c: Positive):
    """For small exponents the terms are large and cancel; the difference of the reciprocals is known as one function."""
    return (
        -(c - 1) * power_score(a, b) - log(a) - 1 / b,
        log(a) * log_expm1_ratio_slope(b * log(a)) - c * power_score(a, b),
    )


@stable(f64={"a": 0.5, "b": 1e-9, "c": 1e-20}, f32={"a": 0.5, "b": 1e-5, "c": 1e-10})
def score_of_log_power(a: Unit, b: Positive, c: Positive):
    """For small exponents the terms nearly cancel; the difference of the reciprocals is known as one function."""
    return (
        -b * (c - 1) * power_score(a, b) - b * log(a) - 1,
        b * log(a) * log_expm1_ratio_slope(b * log(a)) - b * c * power_score(a, b),
    )


@stable(f64={"a": 2.0, "b": 1e-20, "c": 3.0}, f32={"a": 2.0, "b": 1e-10, "c": 3.0})
def slope_and_curvature_of_power_times_argument(a: Real, b: Positive, c: Real):
    """For small powers the two cancel, and at 0 the curvature may be infinite."""
    return (
        c * a * absolute_power_slope(a, b) + c * a**2 * absolute_power_curvature(a, b),
        c * b * a * absolute_power_slope(a, b),
    )


@stable(f64={"a": 2.0, "b": 1e-20}, f32={"a": 2.0, "b": 1e-10})
def slope_and_curvature_of_power(a: Real, b: Positive):
    """For small powers the two cancel."""
    return (
        absolute_power_slope(a, b) + a * absolute_power_curvature(a, b),
        b * absolute_power_slope(a, b),
    )


@stable(f64={"a": 1e150, "b": 1e-60, "c": 1e-60}, f32={"a": 1e20, "b": 1e-5, "c": 1e-10})
def curvature_of_power_over_square(a: Real, b: Positive, c: Positive):
    """The curvature vanishes for large arguments before the divisor makes it large again: a square is taken of the quotient."""
    return absolute_power_curvature(a, b) / c**2, absolute_power_curvature_over(a, b, c)


@stable(f64={"a": 1e10, "b": 31.3, "c": 1e10}, f32={"a": 10.0, "b": 38.2, "c": 100.0})
def one_less_power_over(a: Real, b: Positive, c: Positive):
    """The power overflows where its quotient does not."""
    return (1 - a * absolute_power_slope(a, b)) / c, 1 / c - a * absolute_power_slope_over(a, b, c)


@stable(f64={"a": 1e10, "b": 32.0, "c": 1e10}, f32={"a": 10.0, "b": 38.5, "c": 100.0})
def power_less_one_over_square(a: Real, b: Positive, c: Positive):
    """The power overflows where its quotient does not."""
    whole = a * absolute_power_slope(a, b) + b * a * absolute_power_slope(a, b) - 1
    return whole / c**2, a * absolute_power_slope_over(a, b, quotient(c, b + 1) * c) - 1 / c**2


@stable(f64={"a": 1e200, "b": 1e-100, "c": 1e-100}, f32={"a": 1e24, "b": 1e-12, "c": 1e-12})
def slope_of_power_over_square(a: Real, b: Positive, c: Positive):
    """The product vanishes, or overflows, where its quotient by the square does not."""
    return b * absolute_power_slope(a, b) / c**2, absolute_power_slope_over(a, b, quotient(c, b) * c)


@stable(f64={"a": 1e10, "b": 32.0, "c": 1e10}, f32={"a": 10.0, "b": 38.5, "c": 100.0})
def slope_of_power_over(a: Real, b: Positive, c: Positive):
    """The slope overflows where its quotient does not."""
    return absolute_power_slope(a, b) / c, absolute_power_slope_over(a, b, c)


@stable(f64={"a": 1e10, "b": 32.0, "c": 1e10}, f32={"a": 10.0, "b": 38.5, "c": 100.0})
def slope_of_power_log_over(a: Real, b: Positive, c: Positive):
    """The slope overflows where its quotient does not."""
    return absolute_power_log_slope(a, b) / c, absolute_power_log_slope_over(a, b, c)
