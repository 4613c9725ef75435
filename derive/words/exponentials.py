"""Sums and differences of exponentials, and their logarithms."""

from derive.domains import Nonzero, Positive, Real, Unit
from derive.heads import Level, word
from derive.words.elementary import exp, log, sigmoid


@word(
    reference="expm1",
    text="expm1({0})",
    latex=r"\operatorname{{expm1}}{0:()}",
    numpy="np.expm1({0})",
    torch="_expm1({0})",
    derivatives=(lambda a: exp(a),),
)
def expm1(a: Real) -> Real:
    """The difference eᵃ − 1, where eᵃ would round a away."""
    return exp(a) - 1


@word(
    text=("e^{0:atom} − {1:factor}", Level.SUM),
    latex=("e^{{{0}}} - {1:factor}", Level.SUM),
    numpy="_exp_less({0}, {1})",
    torch="_exp_less({0}, {1})",
    derivatives=(lambda a, b: exp(a), lambda a, b: -1),
)
def exp_less(a: Real, b: Real) -> Real:
    """The difference eᵃ − b, where near a = 0 eᵃ would round a away and b may be 1."""
    return exp(a) - b


@word(
    text=("1/expm1({0})", Level.PRODUCT),
    latex=(r"\frac{{1}}{{\operatorname{{expm1}}{0:()}}}", Level.PRODUCT),
    numpy="(1 / np.expm1({0}))",
    torch="_reciprocal_expm1({0})",
    derivatives=(lambda a: reciprocal_expm1(a) * reciprocal_expm1(-a),),
)
def reciprocal_expm1(a: Nonzero) -> Real:
    """1/(eᵃ − 1); at −a it is −1 less itself, so its derivative is a product, as the sigmoid's is."""
    return 1 / (exp(a) - 1)


@word(
    text=("log(1 − e^−{0:atom})", Level.FUNCTION),
    latex=(r"\log\left(1 - e^{{-{0:atom}}}\right)", Level.FUNCTION),
    numpy="_log1mexp({0})",
    torch="_log1mexp({0})",
    derivatives=(lambda a: reciprocal_expm1(a),),
)
def log1mexp(a: Positive) -> Real:
    """log(1 − e⁻ᵃ), the logarithm of the complement of a probability whose logarithm is −a."""
    return log(1 - exp(-a))


@word(
    text=("log(e^{0:atom} + e^{1:atom})", Level.FUNCTION),
    latex=(r"\log\left(e^{{{0}}} + e^{{{1}}}\right)", Level.FUNCTION),
    numpy="np.logaddexp({0}, {1})",
    torch="torch.logaddexp(*_tensors({0}, {1}))",
    derivatives=(lambda a, b: sigmoid(a - b), lambda a, b: sigmoid(b - a)),
)
def logaddexp(a: Real, b: Real) -> Real:
    """log(eᵃ + eᵇ), a smooth maximum of two."""
    return log(exp(a) + exp(b))


@word(
    text=("log(e^{0:atom} − e^{1:atom})", Level.FUNCTION),
    latex=(r"\log\left(e^{{{0}}} - e^{{{1}}}\right)", Level.FUNCTION),
    numpy="_log_diff_exp({0}, {1})",
    torch="_log_diff_exp({0}, {1})",
    derivatives=(lambda a, b: -reciprocal_expm1(b - a), lambda a, b: -reciprocal_expm1(a - b)),
)
def log_diff_exp(a: Real, b: Real) -> Real:
    """log(eᵃ − eᵇ) for a > b."""
    return log(exp(a) - exp(b))


@word(
    text=("log((1 − e^−{0:atom})/{0:atom})", Level.FUNCTION),
    latex=(r"\log\frac{{1 - e^{{-{0:atom}}}}}{{{0}}}", Level.FUNCTION),
    numpy="_log_expm1_ratio({0})",
    torch="_log_expm1_ratio({0})",
    derivatives=(lambda a: log_expm1_ratio_slope(a),),
)
def log_expm1_ratio(a: Real) -> Real:
    """log((1 − e⁻ᵃ)/a) for a of either sign, near −a/2 at 0."""
    return log((1 - exp(-a)) / a)


@word(
    text=("{0}/(−log(1 − {0}))", Level.PRODUCT),
    latex=(r"\frac{{{0}}}{{-\log(1 - {0})}}", Level.PRODUCT),
)
def share_over_log(a: Unit) -> Unit:
    """a/(−log(1 − a)), the logarithmic mean of 1 and 1 − a: 1 at a = 0."""
    return a / -log(1 - a)


@word(
    text="[1/expm1({0}) − 1/{0:atom}]",
    latex=r"\left[\frac{{1}}{{\operatorname{{expm1}}{0:()}}} - \frac{{1}}{{{0}}}\right]",
    numpy="_log_expm1_ratio_slope({0})",
    torch="_log_expm1_ratio_slope({0})",
    derivatives=(lambda a: log_expm1_ratio_curvature(a),),
)
def log_expm1_ratio_slope(a: Real) -> Real:
    """1/(eᵃ − 1) − 1/a, −1/2 at 0, though its terms are infinite there; at −a it is −1 less itself."""
    return 1 / (exp(a) - 1) - 1 / a


@word(
    text="[1/{0:atom}² − e^{0:atom}/expm1({0})²]",
    latex=r"\left[\frac{{1}}{{{0:atom}^2}} - \frac{{e^{{{0}}}}}{{\operatorname{{expm1}}^2{0:()}}}\right]",
    numpy="_log_expm1_ratio_curvature({0})",
    torch="_log_expm1_ratio_curvature({0})",
)
def log_expm1_ratio_curvature(a: Real) -> Positive:
    """1/a² − eᵃ/(eᵃ − 1)², 1/12 at 0, though its terms are infinite there."""
    return 1 / a**2 - exp(a) / (exp(a) - 1) ** 2
