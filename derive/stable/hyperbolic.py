"""Squares of the hyperbolic sine, which overflow where their products do not."""

from derive.declare import stable
from derive.domains import Real
from derive.words import (
    sech,
    sinh,
    sinh_square_excess_curvature,
    sinh_square_excess_slope,
    tanh,
    times,
)


def _times_square(a, b):
    """The product a sinh(b)^2: the sine is multiplied in twice, and 0 stays 0."""
    return times(times(a, sinh(b)), sinh(b))


@stable(
    f64={"a": 400, "b": 1e-60, "c": -1e-60, "d": -2e-60}, f32={"a": 50, "b": 1e-9, "c": -1e-9, "d": -2e-9}
)
def curvature_and_two_slopes_of_excess(a: Real, b: Real, c: Real, d: Real):
    """Terms of both signs overflow; the square of the hyperbolic sine that they share is multiplied with their sum."""
    slope = sinh_square_excess_slope(a)
    left = b * sinh_square_excess_curvature(a) + c * slope + d * slope
    return left, _times_square(b * (2 + sech(a) ** 2) + (c + d) * tanh(a), a)


@stable(f64={"a": 400, "b": 1e-60, "c": -3e-60}, f32={"a": 50, "b": 1e-9, "c": -3e-9})
def curvature_and_slope_of_excess(a: Real, b: Real, c: Real):
    """Terms of both signs overflow; the square of the hyperbolic sine that they share is multiplied with their sum."""
    left = b * sinh_square_excess_curvature(a) + c * sinh_square_excess_slope(a)
    return left, _times_square(b * (2 + sech(a) ** 2) + c * tanh(a), a)


@stable(f64={"a": 400, "b": 1e-60, "c": 3e-60}, f32={"a": 50, "b": 1e-9, "c": 3e-9})
def curvature_less_slope_of_excess(a: Real, b: Real, c: Real):
    """Terms of both signs overflow; the square of the hyperbolic sine that they share is multiplied with their sum."""
    left = b * sinh_square_excess_curvature(a) - c * sinh_square_excess_slope(a)
    return left, _times_square(b * (2 + sech(a) ** 2) - c * tanh(a), a)


@stable(f64={"a": 400, "b": -1, "c": 1e-300}, f32={"a": 50, "b": -1, "c": 1e-30})
def opposite_of_slope_and_curvature_of_excess(a: Real, b: Real, c: Real):
    """Terms of both signs overflow; the square of the hyperbolic sine that they share is multiplied with their sum."""
    left = (-sinh_square_excess_slope(a) - b * sinh_square_excess_curvature(a)) * c
    return left, -_times_square(c * (b * (2 + sech(a) ** 2) + tanh(a)), a)


@stable(f64={"a": 400, "b": 1e-100}, f32={"a": 50, "b": 1e-20})
def curvature_of_excess_times(a: Real, b: Real):
    """The square overflows where the product does not, and is infinite where 0 of it is 0."""
    return b * sinh_square_excess_curvature(a), _times_square(b * (2 + sech(a) ** 2), a)


@stable(f64={"a": 400, "b": 1e-100}, f32={"a": 50, "b": 1e-20})
def slope_of_excess_times(a: Real, b: Real):
    """The square overflows where the product does not, and is infinite where 0 of it is 0."""
    return b * sinh_square_excess_slope(a), _times_square(b * tanh(a), a)
