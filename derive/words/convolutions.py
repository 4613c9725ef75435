"""The density of the sum of a normal and an exponential variable, beside that of the exponential one.

Of a residual a, a deviation b and a rate c: with z = a/b and k = b c,
w(a, b, c) = k z − k²/2 − log Φ(z − k).
"""

from typing import Any

from derive.domains import Positive, Real
from derive.heads import word
from derive.words.elementary import exp, log
from derive.words.normal import inverse_mills_excess_slope, inverse_mills_slope, normal_cdf
from derive.words.symbols import sqrt, two_pi


def _mills(a: Any, b: Any, c: Any) -> Any:
    """φ(u)/Φ(u) at u = a/b − b c."""
    u = a / b - b * c
    return exp(-(u**2) / 2) / (sqrt(two_pi) * normal_cdf(u))


def _excess(a: Any, b: Any, c: Any) -> Any:
    """The sum u + φ(u)/Φ(u), the mean of u − X where X is standard normal and less than u."""
    return a / b - b * c + _mills(a, b, c)


def _variance(a: Any, b: Any, c: Any) -> Any:
    """The variance of a standard normal variable that is less than u."""
    return 1 - _mills(a, b, c) * _excess(a, b, c)


@word(
    text="w{arguments}",
    latex="w{arguments}",
    numpy="_convolution{arguments}",
    torch="_convolution{arguments}",
    derivatives=(
        lambda a, b, c: convolution_slope(a, b, c),
        lambda a, b, c: convolution_deviation_slope(a, b, c),
        lambda a, b, c: convolution_rate_slope(a, b, c),
    ),
)
def convolution(a: Real, b: Positive, c: Positive) -> Real:
    """w(a, b, c) = a c − (b c)²/2 − log Φ(a/b − b c): far on the left its terms are large and cancel."""
    return a * c - (b * c) ** 2 / 2 - log(normal_cdf(a / b - b * c))


@word(
    text="w₁{arguments}",
    latex="w_1{arguments}",
    numpy="_convolution_slope{arguments}",
    torch="_convolution_slope{arguments}",
    derivatives=(
        lambda a, b, c: convolution_curvature(a, b, c),
        lambda a, b, c: convolution_cross(a, b, c),
        lambda a, b, c: inverse_mills_excess_slope(a / b - b * c),
    ),
)
def convolution_slope(a: Real, b: Positive, c: Positive) -> Real:
    """The derivative of w in a: c less the inverse Mills ratio over b."""
    return c - _mills(a, b, c) / b


@word(
    text="w₁₁{arguments}",
    latex="w_{{11}}{arguments}",
    numpy="_convolution_curvature{arguments}",
    torch="_convolution_curvature{arguments}",
)
def convolution_curvature(a: Real, b: Positive, c: Positive) -> Positive:
    """The curvature of w in a: by b², which may be tiny, something far smaller is divided."""
    return -inverse_mills_slope(a / b - b * c) / b**2


@word(
    text="w₂{arguments}",
    latex="w_2{arguments}",
    numpy="_convolution_deviation_slope{arguments}",
    torch="_convolution_deviation_slope{arguments}",
    derivatives=(
        lambda a, b, c: convolution_cross(a, b, c),
        lambda a, b, c: convolution_deviation_curvature(a, b, c),
        lambda a, b, c: convolution_rate_cross(a, b, c),
    ),
)
def convolution_deviation_slope(a: Real, b: Positive, c: Positive) -> Real:
    """The derivative of w in b, of terms that cancel in either tail."""
    return -b * c**2 + (a / b**2 + c) * _mills(a, b, c)


@word(
    text="w₃{arguments}",
    latex="w_3{arguments}",
    numpy="_convolution_rate_slope{arguments}",
    torch="_convolution_rate_slope{arguments}",
    derivatives=(
        lambda a, b, c: inverse_mills_excess_slope(a / b - b * c),
        lambda a, b, c: convolution_rate_cross(a, b, c),
        lambda a, b, c: -(b**2) * inverse_mills_excess_slope(a / b - b * c),
    ),
)
def convolution_rate_slope(a: Real, b: Positive, c: Positive) -> Positive:
    """The derivative of w in c, near 1/c where b c is large."""
    return b * _excess(a, b, c)


@word(
    text="[w₃{arguments} − 1/{2:atom}]",
    latex=r"\left[w_3{arguments} - \frac{{1}}{{{2}}}\right]",
    numpy="_convolution_rate_score{arguments}",
    torch="_convolution_rate_score{arguments}",
    derivatives=(
        lambda a, b, c: inverse_mills_excess_slope(a / b - b * c),
        lambda a, b, c: convolution_rate_cross(a, b, c),
        lambda a, b, c: convolution_rate_curvature(a, b, c),
    ),
)
def convolution_rate_score(a: Real, b: Positive, c: Positive) -> Real:
    """w₃ less 1/c, which nearly cancel where b c is large."""
    return b * _excess(a, b, c) - 1 / c


@word(
    opens=False,
    text="w₁₂{arguments}",
    latex="w_{{12}}{arguments}",
    numpy="_convolution_cross{arguments}",
    torch="_convolution_cross{arguments}",
)
def convolution_cross(a: Real, b: Positive, c: Positive) -> Real:
    """The derivative of w in a and b."""
    share = 1 - (a / b + b * c) * _excess(a, b, c)
    return _mills(a, b, c) * share / b**2


@word(
    opens=False,
    text="w₂₃{arguments}",
    latex="w_{{23}}{arguments}",
    numpy="_convolution_rate_cross{arguments}",
    torch="_convolution_rate_cross{arguments}",
)
def convolution_rate_cross(a: Real, b: Positive, c: Positive) -> Real:
    """The derivative of w in b and c."""
    return _excess(a, b, c) - (a / b + b * c) * _variance(a, b, c)


@word(
    opens=False,
    text="w₂₂{arguments}",
    latex="w_{{22}}{arguments}",
    numpy="_convolution_deviation_curvature{arguments}",
    torch="_convolution_deviation_curvature{arguments}",
)
def convolution_deviation_curvature(a: Real, b: Positive, c: Positive) -> Real:
    """The second derivative of w in b."""
    z, k = a / b, b * c
    mills = _mills(a, b, c)
    return (-(k**2) + (z + k) ** 2 * mills * _excess(a, b, c) - 2 * z * mills) / b**2


@word(
    opens=False,
    text="[w₃₃{arguments} + 1/{2:atom}²]",
    latex=r"\left[w_{{33}}{arguments} + \frac{{1}}{{{2:atom}^2}}\right]",
    numpy="_convolution_rate_curvature{arguments}",
    torch="_convolution_rate_curvature{arguments}",
)
def convolution_rate_curvature(a: Real, b: Positive, c: Positive) -> Real:
    """The second derivative of w in c, and 1/c², which nearly cancel where b c is large."""
    return 1 / c**2 - b**2 * _variance(a, b, c)


@word(
    opens=False,
    text="{1:factor} w₂{arguments}",
    latex="{1:factor} w_2{arguments}",
    numpy="_convolution_log_deviation_slope{arguments}",
    torch="_convolution_log_deviation_slope{arguments}",
)
def convolution_log_deviation_slope(a: Real, b: Positive, c: Positive) -> Real:
    """The derivative of w in log b: b w₂, which is finite where w₂ overflows."""
    return b * convolution_deviation_slope(a, b, c)


@word(
    opens=False,
    text="{1:factor} w₁₂{arguments}",
    latex="{1:factor} w_{{12}}{arguments}",
    numpy="_convolution_log_deviation_cross{arguments}",
    torch="_convolution_log_deviation_cross{arguments}",
)
def convolution_log_deviation_cross(a: Real, b: Positive, c: Positive) -> Real:
    """The derivative of w in a and log b: b w₁₂, which is finite where w₁₂ overflows."""
    return b * convolution_cross(a, b, c)


@word(
    opens=False,
    numpy="_convolution_log_deviation_curvature{arguments}",
    torch="_convolution_log_deviation_curvature{arguments}",
)
def convolution_log_deviation_curvature(a: Real, b: Positive, c: Positive) -> Real:
    """The second derivative of w in log b: b w₂ + b² w₂₂, in which a one cancels where b c is large."""
    return b * convolution_deviation_slope(a, b, c) + b**2 * convolution_deviation_curvature(a, b, c)
