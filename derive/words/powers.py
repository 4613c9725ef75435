"""log(1 − yᵃ)."""

from derive.domains import Nonzero, Positive, Real, Unit
from derive.heads import Level, word
from derive.words.elementary import log
from derive.words.exponentials import log_expm1_ratio_slope, reciprocal_expm1


@word(
    text=("log(1 − {0:atom}^{1:atom})", Level.FUNCTION),
    latex=(r"\log\left(1 - {0:atom}^{{{1}}}\right)", Level.FUNCTION),
    numpy="_log_one_minus_power({0}, {1})",
    torch="_log_one_minus_power({0}, {1})",
    derivatives=(lambda a, b: -power_hazard(a, b), lambda a, b: power_score(a, b)),
)
def log_one_minus_power(a: Unit, b: Positive) -> Real:
    """log(1 − aᵇ), the log survival of the power distribution, also where aᵇ rounds to 0 or to 1."""
    return log(1 - a**b)


@word(
    text=("{1:factor} {0:atom}^({1} − 1)/(1 − {0:atom}^{1:atom})", Level.PRODUCT),
    latex=(r"\frac{{{1:factor} {0:atom}^{{{1} - 1}}}}{{1 - {0:atom}^{{{1}}}}}", Level.PRODUCT),
    numpy="_power_hazard({0}, {1})",
    torch="_power_hazard({0}, {1})",
    derivatives=(
        lambda a, b: -power_hazard(a, b) * (1 + b * reciprocal_expm1(b * log(a))) / a,
        lambda a, b: -power_hazard(a, b) * log(a) * log_expm1_ratio_slope(b * log(a)),
    ),
)
def power_hazard(a: Unit, b: Positive) -> Positive:
    """The quotient b aᵇ⁻¹/(1 − aᵇ), the hazard rate of the power distribution."""
    return b * a ** (b - 1) / (1 - a**b)


@word(
    text=("−log({0}) {0:atom}^{1:atom}/(1 − {0:atom}^{1:atom})", Level.SUM),
    latex=(r"-\frac{{\log({0})\, {0:atom}^{{{1}}}}}{{1 - {0:atom}^{{{1}}}}}", Level.SUM),
    numpy="_power_score({0}, {1})",
    torch="_power_score({0}, {1})",
    derivatives=(
        lambda a, b: power_hazard(a, b) * log(a) * log_expm1_ratio_slope(b * log(a)),
        lambda a, b: -power_score(a, b) * log(a) * reciprocal_expm1(b * log(a)),
    ),
)
def power_score(a: Unit, b: Positive) -> Positive:
    """−log(a) aᵇ/(1 − aᵇ), the derivative of log(1 − aᵇ) in b."""
    return -log(a) * a**b / (1 - a**b)


@word(
    text=("{0:factor}/{1:atom}", Level.PRODUCT),
    latex=r"\left(\frac{{{0}}}{{{1}}}\right)",
    numpy="({0:factor} / {1:atom})",
    torch="({0:factor} / {1:atom})",
    derivatives=(lambda a, b: 1 / b, lambda a, b: -quotient(a, b) / b),
)
def quotient(a: Real, b: Nonzero) -> Real:
    """The quotient a/b, taken before anything is multiplied by it: the products could overflow or vanish."""
    return a / b
