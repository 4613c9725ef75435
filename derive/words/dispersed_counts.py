"""Counts that vary less or more than Poisson's: the distribution of Conway, Maxwell and Poisson, and its moments."""

from functools import lru_cache
from typing import Any

from derive.domains import Count, Nonnegative, Positive, Real, Unit
from derive.heads import Level, word
from derive.words.elementary import exp, log
from derive.words.gamma import log_factorial

# A sum of more terms is not added term by term.
_FEW = 20_000


def _log_sum(m: Any, n: Any) -> Any:
    """The logarithm of the sum over j of (m^j/j!)^n, by mpmath, to the working precision."""
    from mpmath import mp

    return _summed(m, n, mp.prec)[0] + n * m


def _moment(a: Any, b: Any, m: Any, n: Any) -> Any:
    """The mean of j^a Q(j)^b."""
    from mpmath import fsum, mp

    _, terms = _summed(m, n, mp.prec)
    return fsum(weight * j**a * q**b for weight, j, q in terms)


@lru_cache(maxsize=256)
def _summed(m: Any, n: Any, bits: int) -> tuple[Any, list[tuple[Any, Any, Any]]]:
    """The logarithm of the sum of e^(−n Q(j)), Q(j) = m − j log m + log j!, and the shares in it with j and Q(j).

    Few terms are added one by one. Where they are many and a bell in j that ends before 0, the trapezoidal rule
    with steps of a part of its width is off by less than the digits asked for, by Poisson's summation formula
    (Trefethen and Weideman 2014, SIAM Review 56).

    Raises ArithmeticError where they are many and do not end before 0: for n below about a hundredth.
    """
    from mpmath import exp, floor, fsum, log, loggamma, mag, mpf, sqrt, workprec

    # Powers of j and Q(j) are taken of the terms, so that more of them matter.
    bits += 200
    with workprec(bits + 2 * max(0, mag(m), mag(n)) + 20):
        slope, width = log(m), sqrt(m / n)

        def cost(j: Any) -> Any:
            return m - j * slope + loggamma(j + 1)

        peak, least = floor(m), mpf(2) ** -bits
        best = cost(peak)
        bell = n * m > bits + 20 and width > 2 * sqrt(bits)
        if not bell and n * (cost(peak + _FEW) - best) < bits:
            raise ArithmeticError("too many terms, of which none are small: they are not added one by one")
        step = max(mpf(1), floor(width / (mpf("0.3") * sqrt(bits)))) if bell else mpf(1)
        terms = []
        for sign in (1, -1):
            j = peak if sign > 0 else peak - step
            while j >= 0:
                q = cost(j)
                weight = exp(-n * (q - best))
                terms.append((weight, j, q))
                if weight < least and abs(j - peak) > width:
                    break
                j += sign * step
        total = fsum(weight for weight, _, _ in terms)
        return log(total * step) - n * best, [(weight / total, j, q) for weight, j, q in terms]


def _series(term: Any, m: Any, n: Any) -> Any:
    """The sum over the counts j of a term times (m^j/j!)^n, as SymPy writes it."""
    import sympy

    j = sympy.Symbol("j", integer=True, nonnegative=True)
    return sympy.Sum(term(j) * (m**j / sympy.factorial(j)) ** n, (j, 0, sympy.oo))


def _moment_in_sympy(a: Any, b: Any, m: Any, n: Any) -> Any:
    def term(j: Any) -> Any:
        return j**a * (m - j * log(m) + log_factorial(j).doit()) ** b

    return _series(term, m, n) / _series(lambda j: 1, m, n)


@word(
    reference=_log_sum,
    in_sympy=lambda m, n: log(_series(lambda j: 1, m, n)),
    text=("log Z{arguments}", Level.FUNCTION),
    latex=(r"\log Z{arguments}", Level.FUNCTION),
    derivatives=(
        lambda m, n: n * dispersed_moment(1, 0, m, n) / m,
        lambda m, n: m - dispersed_moment(0, 1, m, n),
    ),
)
def log_dispersed_sum(m: Positive, n: Positive) -> Real:
    """The logarithm of the sum over j of (mʲ/j!)ⁿ."""


@word(
    reference=_moment,
    in_sympy=_moment_in_sympy,
    text="E[j^{0:atom} Q^{1:atom}]({2}, {3})",
    latex=r"\operatorname{{E}}[j^{{{0}}} Q^{{{1}}}]({2}, {3})",
    derivatives=(
        None,
        None,
        lambda a, b, m, n: _moment_in_location(a, b, m, n),
        lambda a, b, m, n: (
            dispersed_moment(a, b, m, n) * dispersed_moment(0, 1, m, n) - dispersed_moment(a, b + 1, m, n)
        ),
    ),
)
def dispersed_moment(a: Count, b: Count, m: Positive, n: Positive) -> Nonnegative:
    """The mean of jᵃ Q(j)ᵇ, Q(j) = m − j log m + log j!, where the probability of j is proportional to e^(−n Q(j))."""


def _moment_in_location(a: Any, b: Any, m: Any, n: Any) -> Any:
    """Its derivative in m: that of Q is 1 − j/m."""
    mean = dispersed_moment(1, 0, m, n)
    found = n * (dispersed_moment(a + 1, b, m, n) - dispersed_moment(a, b, m, n) * mean) / m
    if b == 0:
        return found
    return found + b * (dispersed_moment(a, b - 1, m, n) - dispersed_moment(a + 1, b - 1, m, n) / m)


@word(text="E_j{arguments}", latex=r"\operatorname{{E}}_j{arguments}")
def dispersed_mean(m: Positive, n: Positive) -> Positive:
    """The mean of a count j."""
    return dispersed_moment(1, 0, m, n)


@word(text="E_Q{arguments}", latex=r"\operatorname{{E}}_Q{arguments}")
def dispersed_mean_cost(m: Positive, n: Positive) -> Positive:
    """The mean of Q(j)."""
    return dispersed_moment(0, 1, m, n)


@word(text="V_j{arguments}", latex=r"\operatorname{{V}}_j{arguments}")
def dispersed_variance(m: Positive, n: Positive) -> Positive:
    """The variance of j."""
    return dispersed_moment(2, 0, m, n) - dispersed_moment(1, 0, m, n) ** 2


@word(text="C_jQ{arguments}", latex=r"\operatorname{{C}}_{{jQ}}{arguments}")
def dispersed_covariance(m: Positive, n: Positive) -> Real:
    """The covariance of j and Q(j)."""
    return dispersed_moment(1, 1, m, n) - dispersed_moment(1, 0, m, n) * dispersed_moment(0, 1, m, n)


@word()
def dispersed_probability(y: Count, m: Positive, n: Positive) -> Unit:
    """The probability of a count y, (mʸ/y!)ⁿ over the sum of all of these."""
    return exp(n * (y * log(m) - log_factorial(y)) - log_dispersed_sum(m, n))


@word(
    numpy="_dispersed{arguments}",
    torch="_dispersed{arguments}",
    derivatives=(
        None,
        lambda y, m, n: dispersed_location_slope(y, m, n),
        lambda y, m, n: dispersed_slope(y, m, n),
    ),
)
def dispersed_cost(y: Count, m: Positive, n: Positive) -> Nonnegative:
    """Minus the logarithm of that probability, whose terms are large and cancel near the mode."""
    return log_dispersed_sum(m, n) - n * (y * log(m) - log_factorial(y))


@word(
    numpy="_dispersed_location_slope{arguments}",
    torch="_dispersed_location_slope{arguments}",
    derivatives=(
        None,
        lambda y, m, n: dispersed_location_curvature(y, m, n),
        lambda y, m, n: dispersed_cross(y, m, n),
    ),
)
def dispersed_location_slope(y: Count, m: Positive, n: Positive) -> Real:
    """Its derivative in m: n/m times what the mean is more than y."""
    return n * (dispersed_mean(m, n) - y) / m


@word(
    numpy="_dispersed_slope{arguments}",
    torch="_dispersed_slope{arguments}",
    derivatives=(
        None,
        lambda y, m, n: dispersed_cross(y, m, n),
        lambda y, m, n: dispersed_curvature(m, n),
    ),
)
def dispersed_slope(y: Count, m: Positive, n: Positive) -> Real:
    """Its derivative in n: what Q(y) is more than the mean of Q."""
    return m - y * log(m) + log_factorial(y) - dispersed_mean_cost(m, n)


@word(
    numpy="_dispersed_location_curvature{arguments}",
    torch="_dispersed_location_curvature{arguments}",
    opens=False,
)
def dispersed_location_curvature(y: Count, m: Positive, n: Positive) -> Real:
    """Its second derivative in m."""
    return n * (n * dispersed_variance(m, n) - dispersed_mean(m, n) + y) / m**2


@word(
    numpy="_dispersed_cross{arguments}",
    torch="_dispersed_cross{arguments}",
    opens=False,
)
def dispersed_cross(y: Count, m: Positive, n: Positive) -> Real:
    """Its derivative in m and n."""
    return (dispersed_mean(m, n) - y - n * dispersed_covariance(m, n)) / m


@word(
    numpy="_dispersed_curvature{arguments}",
    torch="_dispersed_curvature{arguments}",
    text="V_Q{arguments}",
    latex=r"\operatorname{{V}}_Q{arguments}",
    opens=False,
)
def dispersed_curvature(m: Positive, n: Positive) -> Positive:
    """Its second derivative in n: the variance of Q(j)."""
    return dispersed_moment(0, 2, m, n) - dispersed_moment(0, 1, m, n) ** 2


@word(
    numpy="_dispersed_of_log{arguments}",
    torch="_dispersed_of_log{arguments}",
    derivatives=(
        None,
        lambda y, a, n: dispersed_log_slope(y, a, n),
        lambda y, a, n: dispersed_slope_of_log(y, a, n),
    ),
)
def dispersed_cost_of_log(y: Count, a: Real, n: Positive) -> Nonnegative:
    """The cost where a is the logarithm of the location."""
    return log_dispersed_sum(exp(a), n) - n * (y * a - log_factorial(y))


@word(
    numpy="_dispersed_log_slope{arguments}",
    torch="_dispersed_log_slope{arguments}",
    derivatives=(
        None,
        lambda y, a, n: dispersed_log_curvature(a, n),
        lambda y, a, n: dispersed_log_cross(y, a, n),
    ),
)
def dispersed_log_slope(y: Count, a: Real, n: Positive) -> Real:
    """Its derivative in a: n times what the mean is more than y."""
    return n * (dispersed_mean(exp(a), n) - y)


@word(
    numpy="_dispersed_slope_of_log{arguments}",
    torch="_dispersed_slope_of_log{arguments}",
    derivatives=(
        None,
        lambda y, a, n: dispersed_log_cross(y, a, n),
        lambda y, a, n: dispersed_curvature_of_log(a, n),
    ),
)
def dispersed_slope_of_log(y: Count, a: Real, n: Positive) -> Real:
    """Its derivative in n: what Q(y) is more than the mean of Q."""
    return exp(a) - y * a + log_factorial(y) - dispersed_mean_cost(exp(a), n)


@word(
    numpy="_dispersed_log_curvature{arguments}",
    torch="_dispersed_log_curvature{arguments}",
    opens=False,
)
def dispersed_log_curvature(a: Real, n: Positive) -> Positive:
    """Its second derivative in a: n² times the variance of j."""
    return n**2 * dispersed_variance(exp(a), n)


@word(
    numpy="_dispersed_log_cross{arguments}",
    torch="_dispersed_log_cross{arguments}",
    opens=False,
)
def dispersed_log_cross(y: Count, a: Real, n: Positive) -> Real:
    """Its derivative in a and n."""
    return dispersed_mean(exp(a), n) - y - n * dispersed_covariance(exp(a), n)


@word(
    numpy="_dispersed_curvature_of_log{arguments}",
    torch="_dispersed_curvature_of_log{arguments}",
    opens=False,
)
def dispersed_curvature_of_log(a: Real, n: Positive) -> Positive:
    """Its second derivative in n: the variance of Q(j)."""
    return dispersed_curvature(exp(a), n)
