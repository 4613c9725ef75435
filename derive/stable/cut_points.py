"""Probabilities between cut points."""

from derive.declare import stable
from derive.domains import Increasing, Rank, Real
from derive.words import (
    cut_point,
    exp_of_gap,
    log,
    log1mexp,
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


@stable(f64={"a": 1e-17, "b": -1e-17}, f32={"a": 1e-8, "b": -1e-8})
def difference_of_sigmoids(a: Real, b: Real):
    """Where both arguments are small, or both large, the two cancel."""
    return sigmoid(a) - sigmoid(b), sigmoid_difference(a, b)
