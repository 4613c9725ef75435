"""The gamma function, its logarithm, and differences of its logarithms."""

from typing import Any

from derive.domains import Count, Nonnegative, Nonzero, OpenUnit, Positive, Real, Unit
from derive.heads import Level, word
from derive.words.elementary import absolute, exp, log
from derive.words.symbols import half, polygamma


@word(
    primitive="gamma",
    reference="gamma",
    text="Γ({0})",
    latex=r"\Gamma{0:()}",
    derivatives=(lambda a: gamma(a) * digamma(a),),
)
def gamma(a: Positive) -> Positive:
    """Euler's gamma function."""


@word(
    primitive="beta",
    reference="beta",
    text="B{arguments}",
    latex=r"\mathrm{{B}}{arguments}",
    numpy="np.exp(_log_beta({0}, {1}))",
    torch="torch.exp(_log_beta({0}, {1}))",
    derivatives=(
        lambda a, b: -beta(a, b) * digamma_difference(a, b),
        lambda a, b: -beta(a, b) * digamma_difference(b, a),
    ),
)
def beta(a: Positive, b: Positive) -> Positive:
    """Euler's beta function."""


def beta_density(a: Any, b: Any, c: Any) -> Any:
    """The density of the beta distribution at a, with the shapes b and c, written out."""
    return a ** (b - 1) * (1 - a) ** (c - 1) / beta(b, c)


@word(text="b{arguments}", latex="b{arguments}")
def beta_by_mean(a: Unit, b: OpenUnit, c: Positive) -> Nonnegative:
    """The density of the beta distribution at a, with the mean b and the precision c."""
    return beta_density(a, b * c, (1 - b) * c)


@word(
    primitive="factorial",
    reference="factorial",
    text="{0:atom}!",
    latex="{0:atom}!",
    numpy="special.gamma({0} + 1)",
    torch="torch.exp(torch.lgamma({0} + 1))",
    derivatives=(lambda a: factorial(a) * digamma(a + 1),),
)
def factorial(a: Count) -> Positive:
    """The factorial."""


@word(
    reference="loggamma",
    text=("log Γ({0})", Level.FUNCTION),
    latex=(r"\log \Gamma{0:()}", Level.FUNCTION),
    numpy="_log_gamma({0})",
    torch="torch.lgamma({0})",
    python="math.lgamma({0})",
    derivatives=(lambda a: digamma(a),),
)
def log_gamma(a: Positive) -> Real:
    """The logarithm of the gamma function, which itself overflows beyond 171."""
    return log(gamma(a))


@word(
    text=("log {0:atom}!", Level.FUNCTION),
    latex=(r"\log {0:atom}!", Level.FUNCTION),
    numpy="special.gammaln({0} + 1)",
    torch="torch.lgamma({0} + 1)",
    derivatives=(lambda a: digamma(a + 1),),
)
def log_factorial(a: Nonnegative) -> Real:
    """The logarithm of the factorial, which itself overflows beyond 170!."""
    return log_gamma(a + 1)


@word(
    reference="digamma",
    text="ψ({0})",
    latex=r"\psi{0:()}",
    numpy="special.digamma({0})",
    torch="_digamma({0})",
    derivatives=(lambda a: trigamma(a),),
)
def digamma(a: Positive) -> Real:
    """The derivative of log gamma."""
    return polygamma(0, a)


@word(
    reference="psi 1",
    text="ψ′({0})",
    latex=r"\psi'{0:()}",
    numpy="_trigamma({0})",
    torch="_trigamma({0})",
    derivatives=(lambda a: tetragamma(a),),
)
def trigamma(a: Positive) -> Positive:
    """The second derivative of log gamma."""
    return polygamma(1, a)


@word(
    reference="psi 2",
    text="ψ″({0})",
    latex=r"\psi''{0:()}",
    numpy="_tetragamma({0})",
    torch="_tetragamma({0})",
)
def tetragamma(a: Positive) -> Real:
    """The third derivative of log gamma."""
    return polygamma(2, a)


@word(
    numpy="_log_gamma_difference({0}, {1})",
    torch="_log_gamma_difference({0}, {1})",
    derivatives=(lambda a, b: digamma_difference(a, b), lambda a, b: digamma(a + b)),
)
def log_gamma_difference(a: Positive, b: Nonnegative) -> Real:
    """Log Γ(a + b) − log Γ(a): the two cancel where a is large beside b."""
    return log_gamma(a + b) - log_gamma(a)


@word(
    numpy="_digamma_difference({0}, {1})",
    torch="_digamma_difference({0}, {1})",
    derivatives=(lambda a, b: trigamma_difference(a, b), lambda a, b: trigamma(a + b)),
)
def digamma_difference(a: Positive, b: Nonnegative) -> Nonnegative:
    """ψ(a + b) − ψ(a): the two cancel where a is large beside b."""
    return digamma(a + b) - digamma(a)


@word(
    numpy="_trigamma_difference({0}, {1})",
    torch="_trigamma_difference({0}, {1})",
)
def trigamma_difference(a: Positive, b: Nonnegative) -> Real:
    """ψ′(a + b) − ψ′(a): the two cancel where a is large beside b."""
    return trigamma(a + b) - trigamma(a)


@word(
    numpy="_digamma_difference_growth({0}, {1})",
    torch="_digamma_difference_growth({0}, {1})",
)
def digamma_difference_growth(a: Positive, b: Positive) -> Real:
    """The derivative of a (ψ(a + b) − ψ(a)) in log a: of order a for small a, though its two terms are near 1."""
    return a * digamma_difference(a, b) + a**2 * trigamma_difference(a, b)


@word(
    numpy="(math.log(2) / 2 - _half_step_log_gamma({0} / 2))",
    torch="(math.log(2) / 2 - _half_step_log_gamma({0} / 2))",
    derivatives=(lambda a: -half_step_digamma(a / 2) / 2,),
)
def half_step_log_gamma(a: Positive) -> Positive:
    """log(a)/2 + log Γ(a/2) − log Γ((a + 1)/2): bounded, though each of the three is not."""
    return log(a) / 2 + log_gamma(a / 2) - log_gamma((a + 1) / 2)


@word(
    numpy="_half_step_digamma({0})",
    torch="_half_step_digamma({0})",
    derivatives=(lambda a: half_step_trigamma(a),),
)
def half_step_digamma(a: Positive) -> Positive:
    """ψ(a + ½) − ψ(a) − 1/(2a): of order 1/a², though its terms are of order log a."""
    return digamma_difference(a, half()) - 1 / (2 * a)


@word(
    numpy="_half_step_trigamma({0})",
    torch="_half_step_trigamma({0})",
)
def half_step_trigamma(a: Positive) -> Real:
    """ψ′(a + ½) − ψ′(a) + 1/(2a²): of order 1/a³, though its terms are of order 1/a."""
    return trigamma_difference(a, half()) + 1 / (2 * a**2)


@word(
    numpy="_half_step_log_gamma_of_exponential({0})",
    torch="_half_step_log_gamma_of_exponential({0})",
    derivatives=(lambda a: -weighted_half_step_digamma(exp(a) / 2),),
)
def half_step_log_gamma_of_exponential(a: Real) -> Positive:
    """The same of eᵃ, whose second derivative in a is that of its first, no sum of two that cancel."""
    return half_step_log_gamma(exp(a))


@word(
    numpy=("{0:factor} * _half_step_digamma({0})", Level.PRODUCT),
    torch=("{0:factor} * _half_step_digamma({0})", Level.PRODUCT),
    derivatives=(lambda a: half_step_growth(a),),
)
def weighted_half_step_digamma(a: Positive) -> Positive:
    """The product a (ψ(a + ½) − ψ(a)) − ½, near ½ for small a."""
    return a * half_step_digamma(a)


@word(
    numpy="_half_step_growth({0})",
    torch="_half_step_growth({0})",
)
def half_step_growth(a: Positive) -> Real:
    """The derivative of a (ψ(a + ½) − ψ(a)) − ½: bounded, though its two terms are of order 1/a for small a."""
    return half_step_digamma(a) + a * half_step_trigamma(a)


@word(
    text=("log B{arguments}", Level.FUNCTION),
    latex=(r"\log \mathrm{{B}}{arguments}", Level.FUNCTION),
    numpy="_log_beta({0}, {1})",
    torch="_log_beta({0}, {1})",
    derivatives=(lambda a, b: -digamma_difference(a, b), lambda a, b: -digamma_difference(b, a)),
)
def log_beta(a: Positive, b: Positive) -> Real:
    """The logarithm of the beta function, which itself underflows for large shapes."""
    return log(beta(a, b))


@word(
    text=("log |{0}|", Level.FUNCTION),
    latex=(r"\log\left|{0}\right|", Level.FUNCTION),
    numpy="np.log(np.abs({0}))",
    torch="torch.log(torch.abs({0}))",
    derivatives=(lambda a: 1 / a,),
)
def log_absolute(a: Nonzero) -> Real:
    """The logarithm of |a|, whose derivative is 1/a on both sides of zero."""
    return log(absolute(a))
