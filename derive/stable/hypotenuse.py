"""A quotient a/b as the sides of a triangle: neither √(a² + b²) nor its slopes lose digits."""

from derive.declare import stable
from derive.domains import Positive, Real
from derive.words import (
    asinh,
    asinh_of_quotient,
    hypotenuse,
    log,
    log1p_square,
    log_hypotenuse,
    log_ratio_of_hypotenuse,
    share_of_base,
    share_of_leg,
)


@stable(f64={"a": 1e200, "b": 1e-200}, f32={"a": 1e25, "b": 1e-25})
def log_of_hypotenuse(a: Real, b: Positive):
    """The quotient overflows, or its slopes cancel, where those of the hypotenuse do neither."""
    return log(b) + log1p_square(a / b) / 2, log_hypotenuse(a, b)


@stable(f64={"a": 3e9, "b": 4e9, "c": 5000000001.0}, f32={"a": 300000.0, "b": 400000.0, "c": 500001.0})
def log_of_hypotenuse_beside_log(a: Real, b: Positive, c: Positive):
    """The logarithms of neighbours cancel; that of their quotient does not."""
    return log_hypotenuse(a, b) - log(c), log_ratio_of_hypotenuse(a, b, c)


@stable(f64={"a": 1e200, "b": 1e-200}, f32={"a": 1e25, "b": 1e-25})
def inverse_sine_of_quotient(a: Real, b: Positive):
    """The quotient overflows, or its slopes cancel, where those of both do neither."""
    return asinh(a / b), asinh_of_quotient(a, b)


@stable(
    f64={"a": 1, "b": 1e-100, "c": 1e55, "d": -9.99999e54}, f32={"a": 1, "b": 1e-10, "c": 1e10, "d": -9.999e9}
)
def squares_of_shares_over_square(a: Real, b: Positive, c: Positive, d: Real):
    """Terms of both signs overflow; what they share is multiplied with their sum."""
    share = share_of_leg(a, b)
    left = c**2 * share**2 / b**2 + c * d * share / b**2
    left += c * d * share * share_of_base(a, b) / (b * hypotenuse(a, b))
    return left, c * share / b * ((c * share + d) / b + d * share_of_base(a, b) / hypotenuse(a, b))
