"""The rewrites that floating point asks for, each with the place where its left side dies.

They are tried in the order of `STABLE`, after the constants and the factor have gone and the links
have come in, and before anything is differentiated: a word carries its own stable derivative.  Those
of `BEFORE_LINKS`, whose left side a link would break up, are tried once before the links come in.
"""

import math

from derive.declare import stable
from derive.domains import Nonnegative, Nonzero, Position, Positive, Real, Unit, Vector
from derive.words import (
    exp,
    half_step_log_gamma,
    log,
    log1p,
    log_gamma,
    log_gamma_difference,
    logsumexp,
    logsumexp_difference,
    sigmoid,
    softmax,
    softplus,
    square,
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


STABLE = (
    log_sigmoid,
    log_sigmoid_complement,
    log_softmax,
    logsumexp_of_differences,
    square_of_quotient,
    square_of_scaled,
    zero_times_log1p,
    zero_times_log,
    zero_times_infinity,
    log_of_one_plus,
    log_gamma_over_half_a_step,
    log_gamma_of_neighbours,
)

BEFORE_LINKS = (log_gamma_over_half_a_step, log_gamma_of_neighbours)


@stable(f64={"a": 0.5, "b": 5e-324}, f32={"a": 0.5, "b": 1e-45})
def shares_of_a_whole(a: Unit, b: Real):
    """A share and its complement make the whole."""
    return (1 - a) * b + a * b, b


# Tried after differentiating, on the gradient and on the Hessian.
DERIVED = (shares_of_a_whole,)
