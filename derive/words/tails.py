"""Tails that fall like a power or come to an end: the exponent of the generalized Pareto distribution."""

from typing import Any

from derive.domains import Positive, Real
from derive.heads import Level, word
from derive.words.elementary import exp, log
from derive.words.powers import quotient

# The shapes at which a lies inside the support.
TailShape = Real.where(lambda c, a, b: b + c * a)


@word(
    text=("{1} + {2:factor} {0:factor}", Level.SUM),
    latex=("{1} + {2:factor} {0:factor}", Level.SUM),
    numpy=("{1} + {2:factor} * {0:factor}", Level.SUM),
    torch=("{1} + {2:factor} * {0:factor}", Level.SUM),
    derivatives=(lambda a, b, c: c, lambda a, b, c: 1, lambda a, b, c: a),
)
def tail_scale(a: Real, b: Positive, c: TailShape) -> Positive:
    """The scale b + c a of what exceeds a, where b is that of what exceeds 0; the support ends where it is 0."""
    return b + c * a


@word(
    text=("log({1} + {2:factor} {0:factor})", Level.FUNCTION),
    latex=(r"\log\left({1} + {2:factor} {0:factor}\right)", Level.FUNCTION),
    numpy="np.log({1} + {2:factor} * {0:factor})",
    torch="torch.log({1} + {2:factor} * {0:factor})",
    derivatives=(
        lambda a, b, c: tail_bend(a, b, c),
        lambda a, b, c: tail_rate(a, b, c),
        lambda a, b, c: tail_share(a, b, c),
    ),
)
def log_tail_scale(a: Real, b: Positive, c: TailShape) -> Real:
    """log(b + c a), in whose derivatives nothing is squared that could overflow before it is divided."""
    return log(b + c * a)


@word(
    text=("1/({1} + {2:factor} {0:factor})", Level.PRODUCT),
    latex=r"\left(\frac{{1}}{{{1} + {2:factor} {0:factor}}}\right)",
    numpy="(1 / ({1} + {2:factor} * {0:factor}))",
    torch="(1 / ({1} + {2:factor} * {0:factor}))",
    derivatives=(
        lambda a, b, c: -tail_rate(a, b, c) * tail_bend(a, b, c),
        lambda a, b, c: -(tail_rate(a, b, c) ** 2),
        lambda a, b, c: -tail_rate(a, b, c) * tail_share(a, b, c),
    ),
)
def tail_rate(a: Real, b: Positive, c: TailShape) -> Positive:
    """1/(b + c a), how fast what exceeds a thins out."""
    return 1 / (b + c * a)


@word(
    text=("{0:factor}/({1} + {2:factor} {0:factor})", Level.PRODUCT),
    latex=r"\left(\frac{{{0}}}{{{1} + {2:factor} {0:factor}}}\right)",
    numpy=("{0:factor} / ({1} + {2:factor} * {0:factor})", Level.PRODUCT),
    torch=("{0:factor} / ({1} + {2:factor} * {0:factor})", Level.PRODUCT),
    derivatives=(
        lambda a, b, c: quotient(b, tail_scale(a, b, c)) * tail_rate(a, b, c),
        lambda a, b, c: -tail_share(a, b, c) * tail_rate(a, b, c),
        lambda a, b, c: -(tail_share(a, b, c) ** 2),
    ),
)
def tail_share(a: Real, b: Positive, c: TailShape) -> Real:
    """a/(b + c a), of whose derivatives none is a difference."""
    return a / (b + c * a)


@word(
    text=("{2:factor}/({1} + {2:factor} {0:factor})", Level.PRODUCT),
    latex=r"\left(\frac{{{2}}}{{{1} + {2:factor} {0:factor}}}\right)",
    numpy=("{2:factor} / ({1} + {2:factor} * {0:factor})", Level.PRODUCT),
    torch=("{2:factor} / ({1} + {2:factor} * {0:factor})", Level.PRODUCT),
    derivatives=(
        lambda a, b, c: -(tail_bend(a, b, c) ** 2),
        lambda a, b, c: -tail_bend(a, b, c) * tail_rate(a, b, c),
        lambda a, b, c: quotient(b, tail_scale(a, b, c)) * tail_rate(a, b, c),
    ),
)
def tail_bend(a: Real, b: Positive, c: TailShape) -> Real:
    """c/(b + c a), the slope of the logarithm of the scale, of whose derivatives none is a difference."""
    return c / (b + c * a)


def _exponential(b: Any) -> Any:
    from mpmath import exp

    return exp(b)


def _exponent(a: Any, b: Any, c: Any) -> Any:
    """Of numbers; the limit at c = 0."""
    from mpmath import log1p

    return log1p(c * a / b) / c if c else a / b


@word(
    reference=_exponent,
    text="H{arguments}",
    latex="H{arguments}",
    numpy="_tail_exponent({0}, {1}, {2})",
    torch="_tail_exponent({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: tail_rate(a, b, c),
        lambda a, b, c: -tail_share(a, b, c) / b,
        lambda a, b, c: tail_exponent_slope(a, b, c),
    ),
)
def tail_exponent(a: Real, b: Positive, c: TailShape) -> Real:
    """H(a, b, c) = log(1 + c a/b)/c, and a/b at c = 0: the cumulative hazard, minus the logarithm of how often a is exceeded."""
    return log(1 + c * a / b) / c


def _exponent_slope(a: Any, b: Any, c: Any) -> Any:
    """Of numbers; the limit at c = 0."""
    return (a / (b + c * a) - _exponent(a, b, c)) / c if c else -((a / b) ** 2) / 2


@word(
    reference=_exponent_slope,
    numpy="_tail_exponent_slope({0}, {1}, {2})",
    torch="_tail_exponent_slope({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: -tail_share(a, b, c) * tail_rate(a, b, c),
        lambda a, b, c: tail_share(a, b, c) ** 2 / b,
        lambda a, b, c: tail_exponent_curvature(a, b, c),
    ),
)
def tail_exponent_slope(a: Real, b: Positive, c: TailShape) -> Real:
    """The slope (a/(b + c a) − log(1 + c a/b)/c)/c of that in c, −(a/b)²/2 at c = 0."""
    return (a / (b + c * a) - log(1 + c * a / b) / c) / c


def _exponent_curvature(a: Any, b: Any, c: Any) -> Any:
    """Of numbers; the limit at c = 0."""
    if not c:
        return 2 * (a / b) ** 3 / 3
    return -((a / (b + c * a)) ** 2 + 2 * _exponent_slope(a, b, c)) / c


@word(
    reference=_exponent_curvature,
    numpy="_tail_exponent_curvature({0}, {1}, {2})",
    torch="_tail_exponent_curvature({0}, {1}, {2})",
)
def tail_exponent_curvature(a: Real, b: Positive, c: TailShape) -> Real:
    """The curvature in c, which has the sign of a; 2 (a/b)³/3 at c = 0."""
    share = a / (b + c * a)
    return -(share**2 + 2 * (share - log(1 + c * a / b) / c) / c) / c


# By the logarithm b of the scale, whose exponential is never rounded to single precision: it may nearly cancel ------


@word(
    text=("log(e^{1:atom} + {2:factor} {0:factor})", Level.FUNCTION),
    latex=(r"\log\left(e^{{{1:raised}}} + {2:factor} {0:factor}\right)", Level.FUNCTION),
    numpy="_log_tail_scale_by_log({0}, {1}, {2})",
    torch="_log_tail_scale_by_log({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: tail_bend_by_log(a, b, c),
        lambda a, b, c: tail_rest_by_log(a, b, c),
        lambda a, b, c: tail_share_by_log(a, b, c),
    ),
)
def log_tail_scale_by_log(a: Real, b: Real, c: Real) -> Real:
    """log(eᵇ + c a), also where eᵇ is so near 1 that it rounds b away."""
    return log_tail_scale(a, exp(b), c)


@word(
    text=("1/(e^{1:atom} + {2:factor} {0:factor})", Level.PRODUCT),
    latex=r"\left(\frac{{1}}{{e^{{{1:raised}}} + {2:factor} {0:factor}}}\right)",
    numpy="_tail_rate_by_log({0}, {1}, {2})",
    torch="_tail_rate_by_log({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: -tail_rate_by_log(a, b, c) * tail_bend_by_log(a, b, c),
        lambda a, b, c: -tail_rate_by_log(a, b, c) * tail_rest_by_log(a, b, c),
        lambda a, b, c: -tail_rate_by_log(a, b, c) * tail_share_by_log(a, b, c),
    ),
)
def tail_rate_by_log(a: Real, b: Real, c: Real) -> Positive:
    """1/(eᵇ + c a), how fast what exceeds a thins out."""
    return tail_rate(a, exp(b), c)


@word(
    text=("e^{1:atom}/(e^{1:atom} + {2:factor} {0:factor})", Level.PRODUCT),
    latex=r"\left(\frac{{e^{{{1:raised}}}}}{{e^{{{1:raised}}} + {2:factor} {0:factor}}}\right)",
    numpy="_tail_rest_by_log({0}, {1}, {2})",
    torch="_tail_rest_by_log({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: -tail_rest_by_log(a, b, c) * tail_bend_by_log(a, b, c),
        lambda a, b, c: tail_rest_by_log(a, b, c) * c * tail_share_by_log(a, b, c),
        lambda a, b, c: -tail_rest_by_log(a, b, c) * tail_share_by_log(a, b, c),
    ),
)
def tail_rest_by_log(a: Real, b: Real, c: Real) -> Positive:
    """eᵇ/(eᵇ + c a), of whose derivatives none is a difference."""
    return exp(b) / tail_scale(a, exp(b), c)


@word(
    text=("{0:factor}/(e^{1:atom} + {2:factor} {0:factor})", Level.PRODUCT),
    latex=r"\left(\frac{{{0}}}{{e^{{{1:raised}}} + {2:factor} {0:factor}}}\right)",
    numpy="_tail_share_by_log({0}, {1}, {2})",
    torch="_tail_share_by_log({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: tail_rest_by_log(a, b, c) * tail_rate_by_log(a, b, c),
        lambda a, b, c: -tail_rest_by_log(a, b, c) * tail_share_by_log(a, b, c),
        lambda a, b, c: -(tail_share_by_log(a, b, c) ** 2),
    ),
)
def tail_share_by_log(a: Real, b: Real, c: Real) -> Real:
    """a/(eᵇ + c a), of whose derivatives none is a difference."""
    return tail_share(a, exp(b), c)


@word(
    text=("{2:factor}/(e^{1:atom} + {2:factor} {0:factor})", Level.PRODUCT),
    latex=r"\left(\frac{{{2}}}{{e^{{{1:raised}}} + {2:factor} {0:factor}}}\right)",
    numpy="_tail_bend_by_log({0}, {1}, {2})",
    torch="_tail_bend_by_log({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: -(tail_bend_by_log(a, b, c) ** 2),
        lambda a, b, c: -tail_rest_by_log(a, b, c) * tail_bend_by_log(a, b, c),
        lambda a, b, c: tail_rest_by_log(a, b, c) * tail_rate_by_log(a, b, c),
    ),
)
def tail_bend_by_log(a: Real, b: Real, c: Real) -> Real:
    """c/(eᵇ + c a), of whose derivatives none is a difference."""
    return tail_bend(a, exp(b), c)


@word(
    reference=lambda a, b, c: _exponent(a, _exponential(b), c),
    text="H({0}, e^{1:atom}, {2})",
    latex=r"H({0}, e^{{{1:raised}}}, {2})",
    numpy="_tail_exponent_by_log({0}, {1}, {2})",
    torch="_tail_exponent_by_log({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: tail_rate_by_log(a, b, c),
        lambda a, b, c: -tail_share_by_log(a, b, c),
        lambda a, b, c: tail_exponent_slope_by_log(a, b, c),
    ),
)
def tail_exponent_by_log(a: Real, b: Real, c: Real) -> Real:
    """log(1 + c a e⁻ᵇ)/c, and a e⁻ᵇ at c = 0."""
    return tail_exponent(a, exp(b), c)


@word(
    reference=lambda a, b, c: _exponent_slope(a, _exponential(b), c),
    numpy="_tail_exponent_slope_by_log({0}, {1}, {2})",
    torch="_tail_exponent_slope_by_log({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: -tail_share_by_log(a, b, c) * tail_rate_by_log(a, b, c),
        lambda a, b, c: tail_share_by_log(a, b, c) ** 2,
        lambda a, b, c: tail_exponent_curvature_by_log(a, b, c),
    ),
)
def tail_exponent_slope_by_log(a: Real, b: Real, c: Real) -> Real:
    """The slope of that in c."""
    return tail_exponent_slope(a, exp(b), c)


@word(
    reference=lambda a, b, c: _exponent_curvature(a, _exponential(b), c),
    numpy="_tail_exponent_curvature_by_log({0}, {1}, {2})",
    torch="_tail_exponent_curvature_by_log({0}, {1}, {2})",
)
def tail_exponent_curvature_by_log(a: Real, b: Real, c: Real) -> Real:
    """The curvature of that in c."""
    return tail_exponent_curvature(a, exp(b), c)
