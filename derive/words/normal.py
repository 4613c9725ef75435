"""The normal distribution function."""

from typing import Any

from derive.domains import OpenUnit, Positive, Real, Unit
from derive.heads import Level, word
from derive.words.elementary import exp, log
from derive.words.symbols import pi, sqrt, two_pi


def _normal_density(a: Any) -> Any:
    return exp(-(a**2) / 2) / sqrt(two_pi)


@word(
    primitive="erf",
    reference="erf",
    text="erf({0})",
    latex=r"\operatorname{{erf}}{0:()}",
    numpy="special.erf({0})",
    torch="torch.erf({0})",
    python="math.erf({0})",
    derivatives=(lambda a: 2 * exp(-(a**2)) / sqrt(pi),),
)
def erf(a: Real) -> Real:
    """The error function: the mass of a normal of variance 1/2 between −a and a."""


def _far_left(a: Any) -> Any:
    """Φ of a number that is too far on the left for mpmath's own: by the asymptotic series."""
    from mpmath import exp, fsum, mag, mp, mpf, pi, sqrt, workprec

    with workprec(mp.prec + 2 * int(mag(a)) + 20):
        terms = [mpf(1)]
        while abs(terms[-1]) > mp.eps:
            terms.append(-terms[-1] * (2 * len(terms) - 1) / a**2)
        return exp(-(a**2) / 2) / (-a * sqrt(2 * pi)) * fsum(terms)


@word(
    reference="ncdf",
    farther=_far_left,
    text="Φ({0})",
    latex=r"\Phi{0:()}",
    numpy="special.ndtr({0})",
    torch="(torch.erfc(-{0:atom} / math.sqrt(2)) / 2)",
    python=("math.erfc(-{0:atom} / math.sqrt(2)) / 2", Level.PRODUCT),
    derivatives=(lambda a: _normal_density(a),),
)
def normal_cdf(a: Real) -> OpenUnit:
    """The distribution function of the standard normal."""


@word(
    text=("log Φ({0})", Level.FUNCTION),
    latex=(r"\log\Phi{0:()}", Level.FUNCTION),
    numpy="_log_normal_cdf({0})",
    torch="_log_normal_cdf({0})",
    derivatives=(lambda a: inverse_mills(a),),
)
def log_normal_cdf(a: Real) -> Real:
    """Log Φ(a): Φ itself underflows below -38 and rounds to 1 above 8."""
    return log(normal_cdf(a))


@word(
    text="λ({0})",
    latex=r"\lambda{0:()}",
    numpy="_inverse_mills({0})",
    torch="_inverse_mills({0})",
    derivatives=(lambda a: inverse_mills_slope(a),),
)
def inverse_mills(a: Real) -> Positive:
    """The inverse Mills ratio λ(a) = φ(a)/Φ(a), about -a on the far left, where both vanish."""
    return _normal_density(a) / normal_cdf(a)


@word(
    text="λ′({0})",
    latex=r"\lambda'{0:()}",
    numpy="_inverse_mills_slope({0})",
    torch="_inverse_mills_slope({0})",
)
def inverse_mills_slope(a: Real) -> Real:
    """The derivative -λ(a) (a + λ(a)) of the inverse Mills ratio, in (-1, 0)."""
    return -inverse_mills(a) * (a + inverse_mills(a))


@word(
    text="[{0} + λ({0})]",
    latex=r"\left[{0} + \lambda{0:()}\right]",
    numpy="_inverse_mills_excess({0})",
    torch="_inverse_mills_excess({0})",
    derivatives=(lambda a: inverse_mills_excess_slope(a),),
)
def inverse_mills_excess(a: Real) -> Positive:
    """A + λ(a): of order 1/|a| on the far left, though its terms are of order |a|."""
    return a + inverse_mills(a)


@word(
    text="[1 + λ′({0})]",
    latex=r"\left[1 + \lambda'{0:()}\right]",
    numpy="_inverse_mills_excess_slope({0})",
    torch="_inverse_mills_excess_slope({0})",
)
def inverse_mills_excess_slope(a: Real) -> Positive:
    """1 + λ′(a), the variance of a standard normal that is less than a: of order 1/a² on the far left."""
    return 1 + inverse_mills_slope(a)


@word(
    text="erfcx({0})",
    latex=r"\operatorname{{erfcx}}{0:()}",
    numpy="_erfcx({0})",
    torch="_erfcx({0})",
    derivatives=(lambda a: -sqrt(2) * inverse_mills_excess(-sqrt(2) * a) * erfcx(a),),
)
def erfcx(a: Real) -> Positive:
    """exp(a²) erfc(a) = 2 exp(a²) Φ(−√2 a): one factor overflows where the other vanishes."""
    return 2 * exp(a**2) * normal_cdf(-sqrt(2) * a)


@word(
    text=("log[Φ({1}) − Φ({0})]", Level.FUNCTION),
    latex=(r"\log\left[\Phi({1}) - \Phi({0})\right]", Level.FUNCTION),
    numpy="_log_normal_cdf_difference({0}, {1})",
    torch="_log_normal_cdf_difference({0}, {1})",
    derivatives=(
        lambda a, b: -log_normal_cdf_difference_slope(-b, -a),
        lambda a, b: log_normal_cdf_difference_slope(a, b),
    ),
)
def log_normal_cdf_difference(a: Real, b: Real) -> Real:
    """Log(Φ(b) − Φ(a)), a < b: the two cancel in either tail, and where a and b are close."""
    return log(normal_cdf(b) - normal_cdf(a))


@word(
    text="φ({1})/[Φ({1}) − Φ({0})]",
    latex=r"\frac{{\varphi({1})}}{{\Phi({1}) - \Phi({0})}}",
    numpy="_log_normal_cdf_difference_slope({0}, {1})",
    torch="_log_normal_cdf_difference_slope({0}, {1})",
    derivatives=(
        lambda a, b: log_normal_cdf_difference_slope(a, b) * log_normal_cdf_difference_slope(-b, -a),
        lambda a, b: log_normal_cdf_difference_curvature(a, b),
    ),
)
def log_normal_cdf_difference_slope(a: Real, b: Real) -> Positive:
    """φ(b)/(Φ(b) − Φ(a)), a < b; that of −b and −a has φ(a) above."""
    return _normal_density(b) / (normal_cdf(b) - normal_cdf(a))


@word(
    text="∂² log[Φ({1}) − Φ({0})]",
    latex=r"\partial^2_2 \log\left[\Phi({1}) - \Phi({0})\right]",
    numpy="_log_normal_cdf_difference_curvature({0}, {1})",
    torch="_log_normal_cdf_difference_curvature({0}, {1})",
)
def log_normal_cdf_difference_curvature(a: Real, b: Real) -> Real:
    """−u (b + u) with u = φ(b)/(Φ(b) − Φ(a)), a < b."""
    slope = log_normal_cdf_difference_slope(a, b)
    return -slope * (b + slope)


@word(
    text="E[X | {0} < X < {1}]",
    latex=r"\operatorname{{E}}\left[X \mid {0} < X < {1}\right]",
    numpy="_truncated_normal_mean({0}, {1})",
    torch="_truncated_normal_mean({0}, {1})",
    derivatives=(
        lambda a, b: log_normal_cdf_difference_slope(-b, -a) * (truncated_normal_mean(a, b) - a),
        lambda a, b: log_normal_cdf_difference_slope(a, b) * (b - truncated_normal_mean(a, b)),
    ),
)
def truncated_normal_mean(a: Real, b: Real) -> Real:
    """(φ(a) − φ(b))/(Φ(b) − Φ(a)), a < b, the mean of a standard normal between a and b."""
    return (_normal_density(a) - _normal_density(b)) / (normal_cdf(b) - normal_cdf(a))


@word(
    text="(1 − Var[X | {0} < X < {1}])",
    latex=r"\left(1 - \operatorname{{Var}}\left[X \mid {0} < X < {1}\right]\right)",
    numpy="_truncated_normal_variance_complement({0}, {1})",
    torch="_truncated_normal_variance_complement({0}, {1})",
)
def truncated_normal_variance_complement(a: Real, b: Real) -> Unit:
    """One minus the variance of a standard normal between a and b, a < b."""
    whole = normal_cdf(b) - normal_cdf(a)
    return (b * _normal_density(b) - a * _normal_density(a)) / whole + truncated_normal_mean(a, b) ** 2
