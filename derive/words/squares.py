"""log(1 + z²) and the shares it differentiates into."""

from derive.domains import Nonnegative, Positive, Real, Unit
from derive.heads import Level, word
from derive.words.elementary import log
from derive.words.symbols import sqrt


@word(
    text=("log(1 + {0:atom}²)", Level.FUNCTION),
    latex=(r"\log\left(1 + {0:atom}^2\right)", Level.FUNCTION),
    numpy="_log1p_square({0})",
    torch="_log1p_square({0})",
    derivatives=(lambda a: log1p_square_slope(a),),
    infinite_with=(0,),
)
def log1p_square(a: Real) -> Nonnegative:
    """log(1 + a²), also where a² is lost beside 1 or overflows."""
    return log(1 + a**2)


@word(
    text=("2 {0:atom}/(1 + {0:atom}²)", Level.PRODUCT),
    latex=(r"\frac{{2 {0:atom}}}{{1 + {0:atom}^2}}", Level.PRODUCT),
    numpy="_log1p_square_slope({0})",
    torch="_log1p_square_slope({0})",
    derivatives=(lambda a: log1p_square_curvature(a),),
)
def log1p_square_slope(a: Real) -> Real:
    """2a/(1 + a²), near 2/a where a² overflows."""
    return 2 * a / (1 + a**2)


@word(
    text=("2 (1 − {0:atom}²)/(1 + {0:atom}²)²", Level.PRODUCT),
    latex=(r"\frac{{2 (1 - {0:atom}^2)}}{{(1 + {0:atom}^2)^2}}", Level.PRODUCT),
    numpy="_log1p_square_curvature({0})",
    torch="_log1p_square_curvature({0})",
)
def log1p_square_curvature(a: Real) -> Real:
    """2(1 − a²)/(1 + a²)², near −2/a² for large a."""
    return 2 * (1 - a**2) / (1 + a**2) ** 2


@word(
    text=("{0:atom}²/(1 + {0:atom}²)", Level.PRODUCT),
    latex=(r"\frac{{{0:atom}^2}}{{1 + {0:atom}^2}}", Level.PRODUCT),
    numpy="_square_share({0})",
    torch="_square_share({0})",
    derivatives=(lambda a: log1p_square_slope(a) * square_rest(a),),
)
def square_share(a: Real) -> Unit:
    """a²/(1 + a²), the share of a² in its sum with 1."""
    return a**2 / (1 + a**2)


@word(
    text=("1/(1 + {0:atom}²)", Level.PRODUCT),
    latex=(r"\frac{{1}}{{1 + {0:atom}^2}}", Level.PRODUCT),
    numpy=("1 / (1 + np.square({0}))", Level.PRODUCT),
    torch=("1 / (1 + torch.square({0}))", Level.PRODUCT),
    derivatives=(lambda a: -log1p_square_slope(a) * square_rest(a),),
)
def square_rest(a: Real) -> Unit:
    """1/(1 + a²), the share of 1 in its sum with a²."""
    return 1 / (1 + a**2)


@word(
    text=("1/√(1 + {0:atom}²)", Level.PRODUCT),
    latex=(r"\frac{{1}}{{\sqrt{{1 + {0:atom}^2}}}}", Level.PRODUCT),
    numpy=("1 / np.hypot(1, {0})", Level.PRODUCT),
    torch=("1 / torch.hypot({0}, torch.ones_like({0}))", Level.PRODUCT),
    derivatives=(lambda a: -log1p_square_slope(a) * root_rest(a) / 2,),
)
def root_rest(a: Real) -> Unit:
    """1/√(1 + a²), the root of the share of 1, also where a² overflows."""
    return 1 / sqrt(1 + a**2)


@word(
    text="[log(1 + {0:atom}²) − {0:atom}²/(1 + {0:atom}²)]",
    latex=r"\left[\log\left(1 + {0:atom}^2\right) - \frac{{{0:atom}^2}}{{1 + {0:atom}^2}}\right]",
    numpy="_log1p_square_excess({0})",
    torch="_log1p_square_excess({0})",
    derivatives=(lambda a: log1p_square_slope(a) * square_share(a),),
)
def log1p_square_excess(a: Real) -> Nonnegative:
    """log(1 + a²) − a²/(1 + a²): of order a⁴, though its terms are of order a²."""
    return log(1 + a**2) - a**2 / (1 + a**2)


@word(
    text=("{1:factor} log(1 + {0:atom}²/{1:atom})", Level.PRODUCT),
    latex=(r"{1:factor} \log\left(1 + \frac{{{0:atom}^2}}{{{1}}}\right)", Level.PRODUCT),
    numpy="_scaled_log1p_square({0}, {1})",
    torch="_scaled_log1p_square({0}, {1})",
    derivatives=(
        lambda a, b: scaled_log1p_square_slope(a, b),
        lambda a, b: log1p_square_excess(a / sqrt(b)),
    ),
)
def scaled_log1p_square(a: Real, b: Positive) -> Nonnegative:
    """The product b log(1 + a²/b), near a² for large b, where a²/b may underflow."""
    return b * log(1 + a**2 / b)


@word(
    text=("2 {0:atom}/(1 + {0:atom}²/{1:atom})", Level.PRODUCT),
    latex=(r"\frac{{2 {0:atom}}}{{1 + {0:atom}^2 / {1:atom}}}", Level.PRODUCT),
    numpy="_scaled_log1p_square_slope({0}, {1})",
    torch="_scaled_log1p_square_slope({0}, {1})",
    derivatives=(
        lambda a, b: log1p_square_curvature(a / sqrt(b)),
        lambda a, b: scaled_log1p_square_slope(a, b) * square_share(a / sqrt(b)) / b,
    ),
)
def scaled_log1p_square_slope(a: Real, b: Positive) -> Real:
    """2a/(1 + a²/b), also where a² overflows."""
    return 2 * a / (1 + a**2 / b)
