"""The normal distribution function."""

from typing import Any

from derive.domains import Nonnegative, OpenUnit, Positive, Real, Unit
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


def _mass(a: Any, b: Any, c: Any) -> Any:
    """The mass of a standard normal between a − c and b − c, in the tail in which the two do not cancel."""
    low, high = (a - c, b - c) if a - c < c - b else (c - b, c - a)
    return normal_cdf.truth(high) - normal_cdf.truth(low)


@word(
    reference=_mass,
    in_sympy=lambda a, b, c: (erf((b - c) / sqrt(2)) - erf((a - c) / sqrt(2))) / 2,
    text="[Φ({1:factor} − {2:factor}) − Φ({0:factor} − {2:factor})]",
    latex=r"\left[\Phi({1:factor} - {2:factor}) - \Phi({0:factor} - {2:factor})\right]",
    derivatives=(
        lambda a, b, c: -_normal_density(a - c),
        lambda a, b, c: _normal_density(b - c),
        lambda a, b, c: _normal_density(a - c) - _normal_density(b - c),
    ),
)
def normal_cdf_difference(a: Real, b: Real, c: Real) -> Unit:
    """The probability Φ(b − c) − Φ(a − c) that a normal variable around c lies between a and b, a < b.

    It has no meaning beside its reference: far from c both are beside 1, with digits without number.
    """


@word(
    text=("log[Φ({1:factor} − {2:factor}) − Φ({0:factor} − {2:factor})]", Level.FUNCTION),
    latex=(
        r"\log\left[\Phi({1:factor} - {2:factor}) - \Phi({0:factor} - {2:factor})\right]",
        Level.FUNCTION,
    ),
    numpy="_log_normal_cdf_difference({0}, {1}, {2})",
    torch="_log_normal_cdf_difference({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: -log_normal_cdf_difference_lower_slope(a, b, c),
        lambda a, b, c: log_normal_cdf_difference_slope(a, b, c),
        lambda a, b, c: truncated_normal_mean(a, b, c),
    ),
)
def log_normal_cdf_difference(a: Real, b: Real, c: Real) -> Real:
    """Log(Φ(b − c) − Φ(a − c)), a < b: the two cancel in either tail, and where a and b are close."""
    return log(normal_cdf_difference(a, b, c))


@word(
    text="φ({1:factor} − {2:factor})/[Φ({1:factor} − {2:factor}) − Φ({0:factor} − {2:factor})]",
    latex=r"\frac{{\varphi({1:factor} - {2:factor})}}{{\Phi({1:factor} - {2:factor}) - \Phi({0:factor} - {2:factor})}}",
    numpy="_log_normal_cdf_difference_slope({0}, {1}, {2})",
    torch="_log_normal_cdf_difference_slope({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: (
            log_normal_cdf_difference_slope(a, b, c) * log_normal_cdf_difference_lower_slope(a, b, c)
        ),
        lambda a, b, c: log_normal_cdf_difference_curvature(a, b, c),
        lambda a, b, c: truncated_normal_mean_slope(a, b, c),
    ),
)
def log_normal_cdf_difference_slope(a: Real, b: Real, c: Real) -> Positive:
    """φ(b − c)/(Φ(b − c) − Φ(a − c)), a < b."""
    return _normal_density(b - c) / normal_cdf_difference(a, b, c)


@word(
    text="φ({0:factor} − {2:factor})/[Φ({1:factor} − {2:factor}) − Φ({0:factor} − {2:factor})]",
    latex=r"\frac{{\varphi({0:factor} - {2:factor})}}{{\Phi({1:factor} - {2:factor}) - \Phi({0:factor} - {2:factor})}}",
    numpy="_log_normal_cdf_difference_slope(-{1:atom}, -{0:atom}, -{2:atom})",
    torch="_log_normal_cdf_difference_slope(-{1:atom}, -{0:atom}, -{2:atom})",
    derivatives=(
        lambda a, b, c: -log_normal_cdf_difference_curvature(-b, -a, -c),
        lambda a, b, c: (
            -log_normal_cdf_difference_slope(a, b, c) * log_normal_cdf_difference_lower_slope(a, b, c)
        ),
        lambda a, b, c: -truncated_normal_mean_slope(-b, -a, -c),
    ),
)
def log_normal_cdf_difference_lower_slope(a: Real, b: Real, c: Real) -> Positive:
    """φ(a − c)/(Φ(b − c) − Φ(a − c)), a < b: the slope at −b, −a and −c."""
    return _normal_density(a - c) / normal_cdf_difference(a, b, c)


@word(
    text="∂² log[Φ({1:factor} − {2:factor}) − Φ({0:factor} − {2:factor})]",
    latex=r"\partial^2_2 \log\left[\Phi({1:factor} - {2:factor}) - \Phi({0:factor} - {2:factor})\right]",
    numpy="_log_normal_cdf_difference_curvature({0}, {1}, {2})",
    torch="_log_normal_cdf_difference_curvature({0}, {1}, {2})",
)
def log_normal_cdf_difference_curvature(a: Real, b: Real, c: Real) -> Real:
    """−u (b − c + u) with u = φ(b − c)/(Φ(b − c) − Φ(a − c)), a < b."""
    slope = log_normal_cdf_difference_slope(a, b, c)
    return -slope * (b - c + slope)


@word(
    text="E[X | {0:factor} − {2:factor} < X < {1:factor} − {2:factor}]",
    latex=r"\operatorname{{E}}\left[X \mid {0:factor} - {2:factor} < X < {1:factor} - {2:factor}\right]",
    numpy="_truncated_normal_mean({0}, {1}, {2})",
    torch="_truncated_normal_mean({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: truncated_normal_mean_slope(-b, -a, -c),
        lambda a, b, c: truncated_normal_mean_slope(a, b, c),
        lambda a, b, c: -truncated_normal_variance_complement(a, b, c),
    ),
)
def truncated_normal_mean(a: Real, b: Real, c: Real) -> Real:
    """The mean of a standard normal between a − c and b − c, a < b."""
    return (_normal_density(a - c) - _normal_density(b - c)) / normal_cdf_difference(a, b, c)


@word(
    text="∂₂E[X | {0:factor} − {2:factor} < X < {1:factor} − {2:factor}]",
    latex=r"\partial_2 \operatorname{{E}}\left[X \mid {0:factor} - {2:factor} < X < {1:factor} - {2:factor}\right]",
    numpy="_truncated_normal_mean_slope({0}, {1}, {2})",
    torch="_truncated_normal_mean_slope({0}, {1}, {2})",
)
def truncated_normal_mean_slope(a: Real, b: Real, c: Real) -> Nonnegative:
    """The derivative of that mean in its upper end b, a < b; 0 at b = ∞."""
    return log_normal_cdf_difference_slope(a, b, c) * (b - c - truncated_normal_mean(a, b, c))


@word(
    text="(1 − Var[X | {0:factor} − {2:factor} < X < {1:factor} − {2:factor}])",
    latex=r"\left(1 - \operatorname{{Var}}\left[X \mid {0:factor} - {2:factor} < X < {1:factor} - {2:factor}\right]\right)",
    numpy="_truncated_normal_variance_complement({0}, {1}, {2})",
    torch="_truncated_normal_variance_complement({0}, {1}, {2})",
)
def truncated_normal_variance_complement(a: Real, b: Real, c: Real) -> Unit:
    """One minus the variance of a standard normal between a − c and b − c, a < b."""
    ends = (b - c) * _normal_density(b - c) - (a - c) * _normal_density(a - c)
    return ends / normal_cdf_difference(a, b, c) + truncated_normal_mean(a, b, c) ** 2
