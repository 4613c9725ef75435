"""The binomial coefficient, and what Stirling leaves of a factorial."""

from derive.domains import Nonnegative, Positive, Real
from derive.heads import Level, word
from derive.words.elementary import log
from derive.words.gamma import digamma, digamma_difference, log_gamma, trigamma
from derive.words.symbols import half, two_pi


@word(
    text=("log C({0}, {1})", Level.FUNCTION),
    latex=(r"\log \binom{{{0}}}{{{1}}}", Level.FUNCTION),
    numpy="_log_binomial({0}, {1})",
    torch="_log_binomial({0}, {1})",
    derivatives=(
        lambda a, b: digamma_difference(a - b + 1, b),
        lambda a, b: digamma(a - b + 1) - digamma(b + 1),
    ),
)
def log_binomial(a: Nonnegative, b: Nonnegative) -> Nonnegative:
    """The logarithm of the binomial coefficient, b ≤ a: its three terms cancel where a is large."""
    return log_gamma(a + 1) - log_gamma(b + 1) - log_gamma(a - b + 1)


@word(
    numpy="_stirling_correction({0})",
    torch="_stirling_correction({0})",
    derivatives=(lambda a: stirling_correction_slope(a),),
)
def stirling_correction(a: Positive) -> Positive:
    """What Stirling's formula for log Γ(a) leaves: near 1/(12a), though its terms are of order a log a."""
    return log_gamma(a) - (a - half()) * log(a) + a - log(two_pi) / 2


@word(
    numpy="_stirling_correction_slope({0})",
    torch="_stirling_correction_slope({0})",
    derivatives=(lambda a: stirling_correction_curvature(a),),
)
def stirling_correction_slope(a: Positive) -> Real:
    """ψ(a) − log a + 1/(2a): of order 1/a², though its terms are of order log a."""
    return digamma(a) - log(a) + 1 / (2 * a)


@word(
    numpy="_stirling_correction_curvature({0})",
    torch="_stirling_correction_curvature({0})",
)
def stirling_correction_curvature(a: Positive) -> Positive:
    """ψ′(a) − 1/a − 1/(2a²): of order 1/a³, though its terms are of order 1/a."""
    return trigamma(a) - 1 / a - 1 / (2 * a**2)
