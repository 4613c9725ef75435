"""The hypotenuse √(a² + b²) of a leg a and a base b > 0, its logarithm, and the angle that they make."""

from derive.domains import Positive, Real, Unit
from derive.heads import Level, word
from derive.words.elementary import log
from derive.words.hyperbolic import asinh
from derive.words.symbols import sqrt


@word(
    text=("√({0:atom}² + {1:atom}²)", Level.FUNCTION),
    latex=(r"\sqrt{{{0:atom}^2 + {1:atom}^2}}", Level.ATOM),
    numpy="np.hypot({0}, {1})",
    torch="torch.hypot({0}, {1})",
    derivatives=(
        lambda a, b: share_of_leg(a, b),
        lambda a, b: share_of_base(a, b),
    ),
)
def hypotenuse(a: Real, b: Positive) -> Positive:
    """The root of a² + b², also where a square overflows or vanishes."""
    return sqrt(a**2 + b**2)


@word(
    text=("{0:factor}/√({0:atom}² + {1:atom}²)", Level.PRODUCT),
    latex=(r"\frac{{{0}}}{{\sqrt{{{0:atom}^2 + {1:atom}^2}}}}", Level.PRODUCT),
    numpy=("{0:factor} / np.hypot({0}, {1})", Level.PRODUCT),
    torch=("{0:factor} / torch.hypot({0}, {1})", Level.PRODUCT),
    derivatives=(
        lambda a, b: share_of_base(a, b) ** 2 / hypotenuse(a, b),
        lambda a, b: -share_of_leg(a, b) * share_of_base(a, b) / hypotenuse(a, b),
    ),
)
def share_of_leg(a: Real, b: Positive) -> Real:
    """a/√(a² + b²), the slope of the hypotenuse in a."""
    return a / sqrt(a**2 + b**2)


@word(
    text=("{1:factor}/√({0:atom}² + {1:atom}²)", Level.PRODUCT),
    latex=(r"\frac{{{1}}}{{\sqrt{{{0:atom}^2 + {1:atom}^2}}}}", Level.PRODUCT),
    numpy=("{1:factor} / np.hypot({0}, {1})", Level.PRODUCT),
    torch=("{1:factor} / torch.hypot({0}, {1})", Level.PRODUCT),
    derivatives=(
        lambda a, b: -share_of_leg(a, b) * share_of_base(a, b) / hypotenuse(a, b),
        lambda a, b: share_of_leg(a, b) ** 2 / hypotenuse(a, b),
    ),
)
def share_of_base(a: Real, b: Positive) -> Unit:
    """b/√(a² + b²), the slope of the hypotenuse in b."""
    return b / sqrt(a**2 + b**2)


@word(
    text=("log √({0:atom}² + {1:atom}²)", Level.FUNCTION),
    latex=(r"\log\sqrt{{{0:atom}^2 + {1:atom}^2}}", Level.FUNCTION),
    numpy="np.log(np.hypot({0}, {1}))",
    torch="torch.log(torch.hypot({0}, {1}))",
    derivatives=(
        lambda a, b: pull_of_leg(a, b),
        lambda a, b: pull_of_base(a, b),
    ),
)
def log_hypotenuse(a: Real, b: Positive) -> Real:
    """The logarithm of √(a² + b²), also where a square overflows or vanishes."""
    return log(a**2 + b**2) / 2


@word(
    text=("log(√({0:atom}² + {1:atom}²)/{2:atom})", Level.FUNCTION),
    latex=(r"\log\frac{{\sqrt{{{0:atom}^2 + {1:atom}^2}}}}{{{2}}}", Level.FUNCTION),
    numpy="_log_ratio(np.hypot({0}, {1}), {2})",
    torch="_log_ratio(torch.hypot({0}, {1}), {2})",
    derivatives=(
        lambda a, b, c: pull_of_leg(a, b),
        lambda a, b, c: pull_of_base(a, b),
        lambda a, b, c: -1 / c,
    ),
)
def log_ratio_of_hypotenuse(a: Real, b: Positive, c: Positive) -> Real:
    """The logarithm of √(a² + b²)/c, also where the two are close."""
    return log(a**2 + b**2) / 2 - log(c)


@word(
    text=("{0:factor}/({0:atom}² + {1:atom}²)", Level.PRODUCT),
    latex=(r"\frac{{{0}}}{{{0:atom}^2 + {1:atom}^2}}", Level.PRODUCT),
    numpy=("{0:factor} / np.hypot({0}, {1}) / np.hypot({0}, {1})", Level.PRODUCT),
    torch=("{0:factor} / torch.hypot({0}, {1}) / torch.hypot({0}, {1})", Level.PRODUCT),
    derivatives=(
        lambda a, b: -difference_of_pulls(a, b),
        lambda a, b: -product_of_pulls(a, b),
    ),
)
def pull_of_leg(a: Real, b: Positive) -> Real:
    """a/(a² + b²), the slope of log √(a² + b²) in a."""
    return a / (a**2 + b**2)


@word(
    text=("{1:factor}/({0:atom}² + {1:atom}²)", Level.PRODUCT),
    latex=(r"\frac{{{1}}}{{{0:atom}^2 + {1:atom}^2}}", Level.PRODUCT),
    numpy=("{1:factor} / np.hypot({0}, {1}) / np.hypot({0}, {1})", Level.PRODUCT),
    torch=("{1:factor} / torch.hypot({0}, {1}) / torch.hypot({0}, {1})", Level.PRODUCT),
    derivatives=(
        lambda a, b: -product_of_pulls(a, b),
        lambda a, b: difference_of_pulls(a, b),
    ),
)
def pull_of_base(a: Real, b: Positive) -> Positive:
    """b/(a² + b²), the slope of log √(a² + b²) in b."""
    return b / (a**2 + b**2)


@word(
    text=("({0:atom}² − {1:atom}²)/({0:atom}² + {1:atom}²)²", Level.PRODUCT),
    latex=(r"\frac{{{0:atom}^2 - {1:atom}^2}}{{({0:atom}^2 + {1:atom}^2)^2}}", Level.PRODUCT),
    numpy="_difference_of_pulls({0}, {1})",
    torch="_difference_of_pulls({0}, {1})",
)
def difference_of_pulls(a: Real, b: Positive) -> Real:
    """(a² − b²)/(a² + b²)², how fast the slopes of log √(a² + b²) change, each in its own leg."""
    return (a**2 - b**2) / (a**2 + b**2) ** 2


@word(
    text=("2 {0:factor} {1:factor}/({0:atom}² + {1:atom}²)²", Level.PRODUCT),
    latex=(r"\frac{{2 {0:factor} {1:factor}}}{{({0:atom}^2 + {1:atom}^2)^2}}", Level.PRODUCT),
    numpy="_product_of_pulls({0}, {1})",
    torch="_product_of_pulls({0}, {1})",
)
def product_of_pulls(a: Real, b: Positive) -> Real:
    """2 a b/(a² + b²)², how fast the slopes of log √(a² + b²) change in the other leg."""
    return 2 * a * b / (a**2 + b**2) ** 2


@word(
    text="arsinh({0:factor}/{1:atom})",
    latex=(r"\operatorname{{arsinh}}\frac{{{0}}}{{{1}}}", Level.FUNCTION),
    numpy="_asinh_of_quotient({0}, {1})",
    torch="_asinh_of_quotient({0}, {1})",
    derivatives=(
        lambda a, b: 1 / hypotenuse(a, b),
        lambda a, b: -share_of_leg(a, b) / b,
    ),
)
def asinh_of_quotient(a: Real, b: Positive) -> Real:
    """The inverse hyperbolic sine of a/b, also where the quotient overflows."""
    return asinh(a / b)
