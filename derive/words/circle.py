"""Functions of an angle, and the Bessel functions that they integrate to."""

from typing import Any

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
    numpy="_one_minus_cosine_between({0}, {1})",
    torch="_one_minus_cosine_between({0}, {1})",
    derivatives=(lambda a, b: sine_between(a, b), lambda a, b: -sine_between(a, b)),
)
def one_minus_cosine_between(a: Real, b: Real) -> Nonnegative:
    """1 − cos(a − b), of the difference itself and not as it is rounded: far angles have few digits."""
    return one_minus_cosine(a - b)


@word(
    numpy="_sine_between({0}, {1})",
    torch="_sine_between({0}, {1})",
    derivatives=(lambda a, b: cosine_between(a, b), lambda a, b: -cosine_between(a, b)),
)
def sine_between(a: Real, b: Real) -> Real:
    """sin(a − b), of the difference itself and not as it is rounded."""
    return sine(a - b)


@word(
    numpy="_cosine_between({0}, {1})",
    torch="_cosine_between({0}, {1})",
    derivatives=(lambda a, b: -sine_between(a, b), lambda a, b: sine_between(a, b)),
)
def cosine_between(a: Real, b: Real) -> Real:
    """cos(a − b), of the difference itself and not as it is rounded."""
    return cosine(a - b)


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
    text=("I₁({0})/I₀({0})", Level.PRODUCT),
    latex=(r"\frac{{I_1{0:()}}}{{I_0{0:()}}}", Level.PRODUCT),
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


@word(
    numpy="_scaled_complement_slope({0})",
    torch="_scaled_complement_slope({0})",
)
def scaled_complement_slope(a: Positive) -> Real:
    """The derivative of a(1 − I₁(a)/I₀(a)): near −1/(8a²) for large a, where its terms cancel."""
    return bessel_ratio_complement(a) - a * bessel_ratio_slope(a)


@word(
    text="log([(1 − {2})² + 2 {2:factor} (1 − cos({0} − {1:factor}))]/(1 − {2:atom}²))",
    latex=r"\log\frac{{(1 - {2})^2 + 2 {2:factor} (1 - \cos({0} - {1:factor}))}}{{1 - {2:atom}^2}}",
    numpy="_wrapped_cauchy({0}, {1}, {2})",
    torch="_wrapped_cauchy({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: wrapped_cauchy_slope(a, b, c),
        lambda a, b, c: -wrapped_cauchy_slope(a, b, c),
        lambda a, b, c: wrapped_cauchy_pull(a, b, c),
    ),
)
def wrapped_cauchy_cost(a: Real, b: Real, c: Unit) -> Real:
    """What an angle a costs under a Cauchy variable around b that is wound with the mean length c."""
    return log((1 - c) ** 2 + 2 * c * one_minus_cosine(a - b)) - log(1 - c) - log(1 + c)


@word(
    numpy="_wrapped_cauchy_slope({0}, {1}, {2})",
    torch="_wrapped_cauchy_slope({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: wrapped_cauchy_curvature(a, b, c),
        lambda a, b, c: -wrapped_cauchy_curvature(a, b, c),
        lambda a, b, c: wrapped_cauchy_mixed(a, b, c),
    ),
)
def wrapped_cauchy_slope(a: Real, b: Real, c: Unit) -> Real:
    """The derivative in the angle."""
    return 2 * c * sine(a - b) / _spread(a, b, c)


@word(
    numpy="_wrapped_cauchy_pull({0}, {1}, {2})",
    torch="_wrapped_cauchy_pull({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: wrapped_cauchy_mixed(a, b, c),
        lambda a, b, c: -wrapped_cauchy_mixed(a, b, c),
        lambda a, b, c: wrapped_cauchy_pull_slope(a, b, c),
    ),
)
def wrapped_cauchy_pull(a: Real, b: Real, c: Unit) -> Real:
    """The derivative in the mean length: one fraction, in whose numerator little cancels."""
    return 2 * _lead(a, b, c) / (_spread(a, b, c) * (1 - c) * (1 + c))


@word(
    numpy="_wrapped_cauchy_curvature({0}, {1}, {2})",
    torch="_wrapped_cauchy_curvature({0}, {1}, {2})",
)
def wrapped_cauchy_curvature(a: Real, b: Real, c: Unit) -> Real:
    """The second derivative in the angle."""
    return -2 * c * _lead(a, b, c) / _spread(a, b, c) ** 2


@word(
    numpy="_wrapped_cauchy_mixed({0}, {1}, {2})",
    torch="_wrapped_cauchy_mixed({0}, {1}, {2})",
)
def wrapped_cauchy_mixed(a: Real, b: Real, c: Unit) -> Real:
    """The second derivative in the angle and the mean length."""
    return 2 * sine(a - b) * (1 - c) * (1 + c) / _spread(a, b, c) ** 2


@word(
    numpy="_wrapped_cauchy_pull_slope({0}, {1}, {2})",
    torch="_wrapped_cauchy_pull_slope({0}, {1}, {2})",
)
def wrapped_cauchy_pull_slope(a: Real, b: Real, c: Unit) -> Real:
    """The second derivative in the mean length."""
    spread = _spread(a, b, c)
    rest = 4 * c * _lead(a, b, c) / (spread * (1 - c) ** 2 * (1 + c) ** 2)
    return 4 * sine(a - b) ** 2 / spread**2 + rest


def _spread(a: Any, b: Any, c: Any) -> Any:
    """1 − 2c cos(a − b) + c²."""
    return 1 + c**2 - 2 * c * cosine(a - b)


def _lead(a: Any, b: Any, c: Any) -> Any:
    """2c − (1 + c²) cos(a − b)."""
    return 2 * c - (1 + c**2) * cosine(a - b)
