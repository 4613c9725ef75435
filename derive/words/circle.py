"""Functions of an angle, and the Bessel functions that they integrate to."""

from derive.domains import Nonnegative, Positive, Real, Unit
from derive.heads import Level, word
from derive.words.elementary import log
from derive.words.symbols import besseli


@word(
    primitive="cos",
    reference="cos",
    text=("cos{0:argument}", Level.FUNCTION),
    latex=(r"\cos{0:argument}", Level.FUNCTION),
    numpy="np.cos({0})",
    torch="torch.cos({0})",
    python="math.cos({0})",
    derivatives=(lambda a: -sine(a),),
)
def cosine(a: Real) -> Real:
    """The cosine."""


@word(
    primitive="sin",
    reference="sin",
    text=("sin{0:argument}", Level.FUNCTION),
    latex=(r"\sin{0:argument}", Level.FUNCTION),
    numpy="np.sin({0})",
    torch="torch.sin({0})",
    python="math.sin({0})",
    derivatives=(lambda a: cosine(a),),
)
def sine(a: Real) -> Real:
    """The sine."""


@word(
    numpy="_one_minus_cosine({0})",
    torch="_one_minus_cosine({0})",
    derivatives=(lambda a: sine(a),),
)
def one_minus_cosine(a: Real) -> Nonnegative:
    """1 − cos a, which floating point gives as 0 for |a| < 1e-8."""
    return 1 - cosine(a)


@word(
    reference="besseli 0",
    text="I₀({0})",
    latex="I_0{0:()}",
    derivatives=(lambda a: bessel_1(a),),
)
def bessel_0(a: Positive) -> Positive:
    """The modified Bessel function I₀, which overflows beyond 713."""
    return besseli(0, a)


@word(
    reference="besseli 1",
    text="I₁({0})",
    latex="I_1{0:()}",
    derivatives=(lambda a: bessel_0(a) - bessel_1(a) / a,),
)
def bessel_1(a: Positive) -> Positive:
    """The modified Bessel function I₁, the derivative of I₀."""
    return besseli(1, a)


@word(
    text=("log I₀({0})", Level.FUNCTION),
    latex=(r"\log I_0{0:()}", Level.FUNCTION),
    numpy="_log_bessel_0({0})",
    torch="_log_bessel_0({0})",
    derivatives=(lambda a: bessel_ratio(a),),
)
def log_bessel_0(a: Positive) -> Positive:
    """Log I₀(a): near a²/4 for small a, where I₀ rounds to 1, and near a for large a, where it overflows."""
    return log(bessel_0(a))


@word(
    numpy="_log_bessel_0_scaled({0})",
    torch="_log_bessel_0_scaled({0})",
    derivatives=(lambda a: -bessel_ratio_complement(a),),
)
def log_bessel_0_scaled(a: Positive) -> Real:
    """Log I₀(a) − a: for large a the two cancel, and −log(2πa)/2 is left."""
    return log_bessel_0(a) - a


@word(
    numpy="_bessel_ratio({0})",
    torch="_bessel_ratio({0})",
    derivatives=(lambda a: bessel_ratio_slope(a),),
)
def bessel_ratio(a: Positive) -> Unit:
    """I₁(a)/I₀(a), the mean of cos y under the density exp(a cos y): both overflow beyond 713."""
    return bessel_1(a) / bessel_0(a)


@word(
    numpy="_bessel_ratio_complement({0})",
    torch="_bessel_ratio_complement({0})",
    derivatives=(lambda a: -bessel_ratio_slope(a),),
)
def bessel_ratio_complement(a: Positive) -> Unit:
    """1 − I₁(a)/I₀(a): near 1/(2a) for large a, where the ratio rounds to 1."""
    return 1 - bessel_ratio(a)


@word(
    numpy="_bessel_ratio_slope({0})",
    torch="_bessel_ratio_slope({0})",
    derivatives=(lambda a: bessel_ratio_curvature(a),),
)
def bessel_ratio_slope(a: Positive) -> Positive:
    """The derivative of A = I₁/I₀, the variance of cos y: near 1/(2a²) for large a, where its terms cancel."""
    return 1 - bessel_ratio(a) / a - bessel_ratio(a) ** 2


@word(
    numpy="_bessel_ratio_curvature({0})",
    torch="_bessel_ratio_curvature({0})",
)
def bessel_ratio_curvature(a: Positive) -> Real:
    """The second derivative of I₁/I₀: near −1/a³ for large a and −3a/8 for small a, where its terms cancel."""
    return bessel_ratio(a) / a**2 - bessel_ratio_slope(a) / a - 2 * bessel_ratio(a) * bessel_ratio_slope(a)
