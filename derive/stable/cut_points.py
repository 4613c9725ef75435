"""Probabilities between cut points."""

from derive.declare import stable
from derive.domains import Increasing, Position, Rank, Real, Vector
from derive.words import (
    cut_point,
    each,
    exp_of_gap,
    k,
    log,
    log1mexp,
    log_normal_cdf_difference,
    log_step_probability,
    nearest_ordered_cut_point,
    normal_probability_between_cut_points,
    ordered,
    ordered_above,
    ordered_below,
    ordered_cut_point,
    ordered_slope,
    ordered_slope_between,
    sigmoid,
    sigmoid_difference,
    sigmoid_of_cut_point,
    sigmoid_over_cut_point,
    softplus,
)


@stable(f64={"z": (40, 41), "m": 1, "a": 0}, f32={"z": (20, 21), "m": 1, "a": 0})
def probability_between_cut_points(z: Increasing, m: Rank, a: Real):
    """Both probabilities round to 1, or to one number, and nothing is left; as a product something is."""
    return (
        sigmoid_of_cut_point(z, m + 1, a) - sigmoid_of_cut_point(z, m, a),
        sigmoid_of_cut_point(z, m + 1, a) * sigmoid_over_cut_point(z, m, a) * (1 - exp_of_gap(z, m)),
    )


@stable(f64={"z": (40, 41), "m": 1, "a": 0}, f32={"z": (20, 21), "m": 1, "a": 0})
def log_probability_between_cut_points(z: Increasing, m: Rank, a: Real):
    """Both probabilities round to 1, or to one number, and nothing is left; below, above and apart are never lost."""
    return (
        log(sigmoid_of_cut_point(z, m + 1, a) - sigmoid_of_cut_point(z, m, a)),
        log1mexp(cut_point(z, m + 1) - cut_point(z, m))
        - softplus(a - cut_point(z, m + 1))
        - softplus(cut_point(z, m) - a),
    )


@stable(f64={"z": (9, 10), "m": 1, "a": 0}, f32={"z": (6, 7), "m": 1, "a": 0})
def log_normal_probability_between_cut_points(z: Increasing, m: Rank, a: Real):
    """Both probabilities round to 1, or to one number, and nothing is left; their difference is computed as one."""
    return (
        log(normal_probability_between_cut_points(z, m, a)),
        log_normal_cdf_difference(cut_point(z, m), cut_point(z, m + 1), a),
    )


@stable(f64={"a": 1e-17, "b": -1e-17}, f32={"a": 1e-8, "b": -1e-8})
def difference_of_sigmoids(a: Real, b: Real):
    """Where both arguments are small, or both large, the two cancel."""
    return sigmoid(a) - sigmoid(b), sigmoid_difference(a, b)


@stable(f64={"z": (40, -40), "m": 1, "a": 0}, f32={"z": (20, -20), "m": 1, "a": 0})
def log_probability_between_ordered_cut_points(z: Vector, m: Rank, a: Real):
    """A small step is lost beside the sum of those before it, and cannot be got back: its logarithm is known."""
    low, high = cut_point(each(ordered(z, k), k), m), cut_point(each(ordered(z, k), k), m + 1)
    return (
        log1mexp(high - low) - softplus(a - high) - softplus(low - a),
        log_step_probability(z, m)
        - softplus(a - ordered_cut_point(z, m + 1))
        - softplus(ordered_cut_point(z, m) - a),
    )


@stable(f64={"z": (40, -40), "m": 1, "a": 40}, f32={"z": (20, -20), "m": 1, "a": 20})
def log_normal_probability_between_ordered_cut_points(z: Vector, m: Rank, a: Real):
    """A small step is lost beside the sum of those before it: both are counted from the end that is finite."""
    low, high = cut_point(each(ordered(z, k), k), m), cut_point(each(ordered(z, k), k), m + 1)
    return (
        log_normal_cdf_difference(low, high, a),
        log_normal_cdf_difference(
            ordered_below(z, m), ordered_above(z, m), a - nearest_ordered_cut_point(z, m)
        ),
    )


@stable(
    f64={"z": (0, 0), "m": 1, "n": 2, "k": 1, "a": 1e-17, "b": -1e-17},
    f32={"z": (0, 0), "m": 1, "n": 2, "k": 1, "a": 1e-9, "b": -1e-9},
)
def difference_of_sigmoids_up_to_cut_point(z: Vector, m: Rank, n: Real, k: Position, a: Real, b: Real):
    """What moves both cut points moves them alike; where the sigmoids are close the two cancel."""
    return (
        sigmoid(a) * ordered_slope(z, m, k) - sigmoid(b) * ordered_slope(z, n, k),
        sigmoid_difference(a, b) * ordered_slope(z, m, k) - sigmoid(b) * ordered_slope_between(z, m, n, k),
    )
