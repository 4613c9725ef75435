"""Counts whose rate or probability is itself random: the negative binomial and Pólya's urn."""

from derive.domains import Count, Nonnegative, Positive, Real, Unit
from derive.heads import Level, word
from derive.words.counts import log_multiset_coefficient
from derive.words.elementary import log, log1p, ratio, sigmoid, softplus, xlog1py, xlogy
from derive.words.gamma import (
    digamma,
    digamma_difference,
    log_beta,
    trigamma,
    trigamma_difference,
)


@word(
    text=("{0}/({0} + {1})", Level.PRODUCT),
    latex=(r"\frac{{{0}}}{{{0} + {1}}}", Level.PRODUCT),
    numpy=("{0:factor} / ({0} + {1})", Level.PRODUCT),
    torch=("{0:factor} / ({0} + {1})", Level.PRODUCT),
    derivatives=(
        lambda a, b: share(a, b) * share(b, a) / a,
        lambda a, b: -share(a, b) * share(b, a) / b,
    ),
)
def share(a: Nonnegative, b: Nonnegative) -> Unit:
    """The share a/(a + b) of a in its sum with b."""
    return a / (a + b)


@word(
    text=("log1p({0:factor}/{1:atom})", Level.FUNCTION),
    latex=(r"\operatorname{{log1p}}\left(\frac{{{0}}}{{{1}}}\right)", Level.FUNCTION),
    numpy="_log1p_ratio({0}, {1})",
    torch="_log1p_ratio({0}, {1})",
    derivatives=(lambda a, b: 1 / (a + b), lambda a, b: -share(a, b) / b),
)
def log1p_ratio(a: Nonnegative, b: Positive) -> Nonnegative:
    """log(1 + a/b), also where a/b is lost beside 1 or overflows."""
    return log(1 + a / b)


@word(
    numpy="_logistic_balance({0}, {1}, {2})",
    torch="_logistic_balance({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: sigmoid(c),
        lambda a, b, c: -sigmoid(-c),
        lambda a, b, c: (a + b) * sigmoid(c) * sigmoid(-c),
    ),
)
def logistic_balance(a: Nonnegative, b: Nonnegative, c: Real) -> Real:
    """The difference a σ(c) − b σ(−c): near c = 0 the two cancel where a = b."""
    return a * sigmoid(c) - b * sigmoid(-c)


@word(
    numpy="_failures_by_odds({0}, {1}, {2})",
    torch="_failures_by_odds({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: softplus(c) - digamma_difference(a, b),
        lambda a, b, c: softplus(-c) - digamma(a + b) + digamma(b + 1),
        lambda a, b, c: logistic_balance(a, b, c),
    ),
)
def failures_by_odds(a: Positive, b: Count, c: Real) -> Nonnegative:
    """The cost of b successes before a failures at the log odds c: its terms cancel where many ways lead there."""
    return a * softplus(c) + b * softplus(-c) - log_multiset_coefficient(a, b)


@word(
    numpy="_failures_by_chance({0}, {1}, {2})",
    torch="_failures_by_chance({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: -log1p(-c) - digamma_difference(a, b),
        lambda a, b, c: -log(c) - digamma(a + b) + digamma(b + 1),
        lambda a, b, c: ratio(a, 1 - c) - ratio(b, c),
    ),
)
def failures_by_chance(a: Positive, b: Count, c: Unit) -> Nonnegative:
    """The same at the probability c."""
    return -xlogy(b, c) - xlog1py(a, -c) - log_multiset_coefficient(a, b)


@word(
    numpy="_gamma_poisson({0}, {1}, {2})",
    torch="_gamma_poisson({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: gamma_poisson_slope(a, b, c),
        lambda a, b, c: log(1 + a / c) - digamma(a + b) + digamma(b + 1),
        lambda a, b, c: gamma_poisson_mean_slope(a, b, c),
    ),
)
def gamma_poisson(a: Positive, b: Count, c: Positive) -> Nonnegative:
    """The cost of a count b with the mean c and the shape a: its terms cancel where a, b or c is large."""
    return a * log(1 + c / a) + b * log(1 + a / c) - log_multiset_coefficient(a, b)


@word(
    numpy="_gamma_poisson_slope({0}, {1}, {2})",
    torch="_gamma_poisson_slope({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: gamma_poisson_curvature(a, b, c),
        lambda a, b, c: 1 / (a + c) - trigamma(a + b),
        lambda a, b, c: share(a, c) * share(c, a) * (c - b) / (a * c),
    ),
)
def gamma_poisson_slope(a: Positive, b: Count, c: Positive) -> Real:
    """The derivative in the shape: of order 1/a², though its terms are of order 1/a."""
    return log(1 + c / a) + (b - c) / (a + c) - digamma_difference(a, b)


@word(
    text=("{0:factor} ({2} − {1})/({2:atom} ({0} + {2}))", Level.PRODUCT),
    latex=(r"\frac{{{0:factor} ({2} - {1})}}{{{2:atom} ({0} + {2})}}", Level.PRODUCT),
    numpy=("{0:factor} / ({0} + {2}) * (({2} - {1}) / {2:atom})", Level.PRODUCT),
    torch=("{0:factor} / ({0} + {2}) * (({2} - {1}) / {2:atom})", Level.PRODUCT),
    derivatives=(
        lambda a, b, c: share(a, c) * share(c, a) * (c - b) / (a * c),
        lambda a, b, c: -share(a, c) / c,
        lambda a, b, c: share(a, c) * (b - share(c, a) * (c - b)) / c**2,
    ),
)
def gamma_poisson_mean_slope(a: Positive, b: Count, c: Positive) -> Real:
    """The derivative in the mean, which keeps its zero at a mean c = b."""
    return a * (c - b) / (c * (a + c))


@word(
    numpy="_gamma_poisson_curvature({0}, {1}, {2})",
    torch="_gamma_poisson_curvature({0}, {1}, {2})",
)
def gamma_poisson_curvature(a: Positive, b: Count, c: Positive) -> Real:
    """The second derivative in the shape: of order 1/a³, though its terms are of order 1/a²."""
    return -c / (a * (a + c)) - (b - c) / (a + c) ** 2 - trigamma_difference(a, b)


@word(
    numpy="_gamma_poisson_log_curvature({0}, {1}, {2})",
    torch="_gamma_poisson_log_curvature({0}, {1}, {2})",
)
def gamma_poisson_log_curvature(a: Positive, b: Count, c: Positive) -> Real:
    """The second derivative in the logarithm of the shape: for small a its two terms cancel."""
    return a * gamma_poisson_slope(a, b, c) + a**2 * gamma_poisson_curvature(a, b, c)


@word(
    numpy="_log_gamma_second_difference({0}, {1}, {2})",
    torch="_log_gamma_second_difference({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: digamma_second_difference(a, b, c),
        lambda a, b, c: digamma_difference(a + b, c),
        lambda a, b, c: digamma_difference(a + c, b),
    ),
)
def log_gamma_second_difference(a: Positive, b: Positive, c: Count) -> Nonnegative:
    """Log Γ(a + b + c) − log Γ(a + b) − log Γ(a + c) + log Γ(a): near bc/a for large a."""
    return log_beta(a, b) - log_beta(a + c, b)


@word(
    numpy=(
        "_log_gamma_second_difference({0}, {1}, {2}) + _log_gamma_second_difference({1}, {0} + {2}, {3})",
        Level.SUM,
    ),
    torch=(
        "_log_gamma_second_difference({0}, {1}, {2}) + _log_gamma_second_difference({1}, {0} + {2}, {3})",
        Level.SUM,
    ),
    derivatives=(
        lambda a, b, c, d: digamma_difference(a + b + c, d) + digamma_second_difference(a, b, c),
        lambda a, b, c, d: digamma_difference(a + b + d, c) + digamma_second_difference(b, a, d),
        lambda a, b, c, d: digamma_difference(a + c, b + d),
        lambda a, b, c, d: digamma_difference(b + d, a + c),
    ),
)
def log_beta_drop(a: Positive, b: Positive, c: Count, d: Count) -> Nonnegative:
    """Log B(a, b) − log B(a + c, b + d), the cost of c and d drawn one after the other.

    In a derivative those are drawn first whose shape it is taken in: for small shapes no reciprocals are left to cancel.
    """
    return log_beta(a, b) - log_beta(a + c, b + d)


@word(
    numpy="_digamma_second_difference({0}, {1}, {2})",
    torch="_digamma_second_difference({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: trigamma_second_difference(a, b, c),
        lambda a, b, c: trigamma_difference(a + b, c),
        lambda a, b, c: trigamma_difference(a + c, b),
    ),
)
def digamma_second_difference(a: Positive, b: Positive, c: Count) -> Real:
    """ψ(a + b + c) − ψ(a + b) − ψ(a + c) + ψ(a): near −bc/a² for large a."""
    return digamma_difference(a + b, c) - digamma_difference(a, c)


@word(
    numpy="_trigamma_second_difference({0}, {1}, {2})",
    torch="_trigamma_second_difference({0}, {1}, {2})",
)
def trigamma_second_difference(a: Positive, b: Positive, c: Count) -> Nonnegative:
    """ψ′(a + b + c) − ψ′(a + b) − ψ′(a + c) + ψ′(a): near 2bc/a³ for large a."""
    return trigamma_difference(a + b, c) - trigamma_difference(a, c)
