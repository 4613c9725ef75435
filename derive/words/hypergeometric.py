"""The successes among items that are drawn without replacement, where a success is drawn by other odds than a failure.

Of n items s are successes, and d are drawn. The probability of a count y of successes is proportional to
C(s, y) C(n − s, d − y) oʸ, where o are the odds.
"""

from dataclasses import replace
from functools import lru_cache
from typing import Any

from derive.domains import Count, Nonnegative, Positive, Real, Unit
from derive.heads import Level, word
from derive.words.counts import binomial_coefficient, log_binomial
from derive.words.elementary import exp, log

# Of n items, and of d that are drawn where s of the n are successes.
SomeOf = Count.up_to("n")
Drawn = Count.up_to("d").where(lambda y, s: s + 1 - y).where(lambda y, n, s, d: y + n + 1 - s - d)

# Of a moment that is neither 1 nor 0.
Order = replace(
    Count, name="order", lower=2.0, typical=lambda random: float(random.randrange(2, 6)), harmless=2.0
)


def _log_sum(n: Any, s: Any, d: Any, o: Any) -> Any:
    """The logarithm of the sum of C(s, j) C(n − s, d − j) oʲ over the counts j, by mpmath, to the working precision."""
    from mpmath import mp

    return _summed(n, s, d, o, mp.prec)[0]


def _mean(n: Any, s: Any, d: Any, o: Any) -> Any:
    """The mean of a count."""
    from mpmath import fsum, mp

    _, peak, shares = _summed(n, s, d, o, mp.prec)
    return peak + fsum(share * step for share, step in shares)


def _central_moment(a: Any, n: Any, s: Any, d: Any, o: Any) -> Any:
    """The mean of (j − E[j])ᵃ, which is 1 and 0 for a = 0 and 1."""
    from mpmath import fsum, mp, mpf

    if a < 2:
        return mpf(a == 0)
    _, _, shares = _summed(n, s, d, o, mp.prec)
    mean = fsum(share * step for share, step in shares)
    return fsum(share * (step - mean) ** a for share, step in shares)


@lru_cache(maxsize=256)
def _summed(n: Any, s: Any, d: Any, o: Any, bits: int) -> tuple[Any, Any, list[tuple[Any, Any]]]:
    """The logarithm of the sum, a count near the mode, and the shares of all that matter with their steps from it.

    A term is the one before times a quotient that falls, so that behind a small term all are smaller. Outside of the
    table's margins there is no term.
    """
    from mpmath import binomial, fsum, inf, log, mpf, nint, sqrt, workprec

    if not (0 <= s <= n and 0 <= d <= n):
        return -inf, mpf(0), []
    # Powers of the steps are taken of the terms, so that more of them matter.
    bits += 200
    with workprec(bits + 40):
        first, last, least = max(mpf(0), d + s - n), min(s, d), mpf(2) ** -bits
        most = n + (o - 1) * (s + d)
        root = sqrt(abs(most**2 - 4 * o * (o - 1) * s * d))
        peak = nint(2 * o * s * d / (most + root)) if n else mpf(0)
        peak = min(max(peak, first), last)
        terms = [(mpf(1), mpf(0))]
        for sign in (1, -1):
            j, term = peak, mpf(1)
            while first <= j + sign <= last and term > least:
                low = min(j, j + sign)
                quotient = o * (s - low) * (d - low) / ((low + 1) * (n - s - d + low + 1))
                j, term = j + sign, term * quotient**sign
                terms.append((term, j - peak))
        total = fsum(term for term, _ in terms)
        top = log(binomial(s, peak)) + log(binomial(n - s, d - peak)) + peak * log(o)
        return top + log(total), peak, [(term / total, step) for term, step in terms]


def _series(term: Any, n: Any, s: Any, d: Any, o: Any) -> Any:
    """The sum over the counts j of a term times C(s, j) C(n − s, d − j) oʲ, as SymPy writes it."""
    import sympy

    j = sympy.Symbol("j", integer=True, nonnegative=True)
    return sympy.Sum(term(j) * sympy.binomial(s, j) * sympy.binomial(n - s, d - j) * o**j, (j, 0, d))


def _mean_in_sympy(n: Any, s: Any, d: Any, o: Any) -> Any:
    return _series(lambda j: j, n, s, d, o) / _series(lambda j: 1, n, s, d, o)


def _central_moment_in_sympy(a: Any, n: Any, s: Any, d: Any, o: Any) -> Any:
    mean = _mean_in_sympy(n, s, d, o)
    return _series(lambda j: (j - mean) ** a, n, s, d, o) / _series(lambda j: 1, n, s, d, o)


@word(
    reference=_log_sum,
    in_sympy=lambda n, s, d, o: log(_series(lambda j: 1, n, s, d, o)),
    text=("log P_0{arguments}", Level.FUNCTION),
    latex=(r"\log P_0{arguments}", Level.FUNCTION),
    derivatives=(None, None, None, lambda n, s, d, o: hypergeometric_mean(n, s, d, o) / o),
)
def log_hypergeometric_sum(n: Count, s: SomeOf, d: SomeOf, o: Positive) -> Real:
    """The logarithm of the sum over j of C(s, j) C(n − s, d − j) oʲ."""


@word(
    reference=_mean,
    in_sympy=_mean_in_sympy,
    text="E_y{arguments}",
    latex=r"\operatorname{{E}}_y{arguments}",
    derivatives=(None, None, None, lambda n, s, d, o: hypergeometric_central_moment(2, n, s, d, o) / o),
)
def hypergeometric_mean(n: Count, s: SomeOf, d: SomeOf, o: Positive) -> Nonnegative:
    """The mean of a count."""


@word(
    reference=_central_moment,
    in_sympy=_central_moment_in_sympy,
    text="M_{0:atom}({1}, {2}, {3}, {4})",
    latex=r"M_{{{0}}}({1}, {2}, {3}, {4})",
    derivatives=(None, None, None, None, lambda a, n, s, d, o: _central_moment_in_odds(a, n, s, d, o)),
)
def hypergeometric_central_moment(a: Order, n: Count, s: SomeOf, d: SomeOf, o: Positive) -> Real:
    """The mean of (y − E[y])ᵃ."""


def _central_moment_in_odds(a: Any, n: Any, s: Any, d: Any, o: Any) -> Any:
    """Its derivative in the odds."""
    moved = (
        a * hypergeometric_central_moment(a - 1, n, s, d, o) * hypergeometric_central_moment(2, n, s, d, o)
    )
    return (hypergeometric_central_moment(a + 1, n, s, d, o) - moved) / o


@word(text="V_y{arguments}", latex=r"\operatorname{{V}}_y{arguments}")
def hypergeometric_variance_of_odds(n: Count, s: SomeOf, d: SomeOf, o: Positive) -> Nonnegative:
    """The variance of a count."""
    return hypergeometric_central_moment(2, n, s, d, o)


@word(text="P_0{arguments}", latex="P_0{arguments}")
def hypergeometric_sum(n: Count, s: SomeOf, d: SomeOf, o: Positive) -> Positive:
    """That sum."""
    return exp(log_hypergeometric_sum(n, s, d, o))


@word()
def hypergeometric_probability(n: Count, s: SomeOf, d: SomeOf, y: Drawn, o: Positive) -> Unit:
    """The probability of a count y: its term over the sum of all."""
    return (
        binomial_coefficient(s, y)
        * binomial_coefficient(n - s, d - y)
        * o**y
        / hypergeometric_sum(n, s, d, o)
    )


@word(
    numpy="_hypergeometric({3}, {0}, {1}, {2}, {4})",
    torch="_hypergeometric({3}, {0}, {1}, {2}, {4})",
    derivatives=(None, None, None, None, lambda n, s, d, y, o: hypergeometric_slope(n, s, d, y, o)),
)
def hypergeometric_cost(n: Count, s: SomeOf, d: SomeOf, y: Drawn, o: Positive) -> Nonnegative:
    """Minus the logarithm of that probability, whose terms are large and cancel."""
    return log_hypergeometric_sum(n, s, d, o) - log_binomial(s, y) - log_binomial(n - s, d - y) - y * log(o)


@word(
    numpy="_hypergeometric_slope({3}, {0}, {1}, {2}, {4})",
    torch="_hypergeometric_slope({3}, {0}, {1}, {2}, {4})",
    derivatives=(None, None, None, None, lambda n, s, d, y, o: hypergeometric_curvature(n, s, d, y, o)),
)
def hypergeometric_slope(n: Count, s: SomeOf, d: SomeOf, y: Drawn, o: Positive) -> Real:
    """Its derivative in the odds: what the mean is more than y, over the odds."""
    return (hypergeometric_mean(n, s, d, o) - y) / o


@word(
    numpy="_hypergeometric_curvature({3}, {0}, {1}, {2}, {4})",
    torch="_hypergeometric_curvature({3}, {0}, {1}, {2}, {4})",
    opens=False,
)
def hypergeometric_curvature(n: Count, s: SomeOf, d: SomeOf, y: Drawn, o: Positive) -> Real:
    """Its second derivative in the odds."""
    return (hypergeometric_variance_of_odds(n, s, d, o) - hypergeometric_mean(n, s, d, o) + y) / o**2


@word(
    numpy="_hypergeometric_of_log_odds({3}, {0}, {1}, {2}, {4})",
    torch="_hypergeometric_of_log_odds({3}, {0}, {1}, {2}, {4})",
    derivatives=(
        None,
        None,
        None,
        None,
        lambda n, s, d, y, a: hypergeometric_slope_of_log_odds(n, s, d, y, a),
    ),
)
def hypergeometric_cost_of_log_odds(n: Count, s: SomeOf, d: SomeOf, y: Drawn, a: Real) -> Nonnegative:
    """The cost, where a is the logarithm of the odds."""
    return hypergeometric_cost(n, s, d, y, exp(a))


@word(
    numpy="_hypergeometric_slope_of_log_odds({3}, {0}, {1}, {2}, {4})",
    torch="_hypergeometric_slope_of_log_odds({3}, {0}, {1}, {2}, {4})",
    derivatives=(None, None, None, None, lambda n, s, d, y, a: hypergeometric_variance(n, s, d, a)),
)
def hypergeometric_slope_of_log_odds(n: Count, s: SomeOf, d: SomeOf, y: Drawn, a: Real) -> Real:
    """Its derivative in the logarithm of the odds: what the mean is more than y."""
    return hypergeometric_mean(n, s, d, exp(a)) - y


@word(
    numpy="_hypergeometric_variance{arguments}",
    torch="_hypergeometric_variance{arguments}",
    opens=False,
)
def hypergeometric_variance(n: Count, s: SomeOf, d: SomeOf, a: Real) -> Nonnegative:
    """Its second derivative in the logarithm of the odds: the variance."""
    return hypergeometric_variance_of_odds(n, s, d, exp(a))
