"""The difference of two Poisson counts, and the Bessel functions of any order that it takes."""

from functools import lru_cache
from typing import Any

from derive.domains import Nonnegative, Positive, Real, Unit, Whole
from derive.heads import Level, word
from derive.words.elementary import exp, log
from derive.words.symbols import besseli, half, sqrt


def _log_bessel(n: Any, x: Any) -> Any:
    """The logarithm of I_n(x) by mpmath, to the working precision."""
    from mpmath import mp

    return _summed(abs(n), x, mp.prec)[0]


def _bessel_slope(n: Any, x: Any) -> Any:
    """Its derivative I_n′(x)/I_n(x)."""
    from mpmath import mp

    return _summed(abs(n), x, mp.prec)[1]


# A series of fewer terms is added term by term.
_FEW = 20_000


@lru_cache(maxsize=100_000)
def _summed(n: Any, x: Any, bits: int) -> tuple[Any, Any]:
    """The logarithm of the sum of (x/2)^(n + 2j)/(j! (n + j)!) over j = 0, 1, …, and its derivative (n + 2 E[j])/x.

    For large x it is Hankel's expansion (DLMF 10.40.1). Else the terms are a bell in j: where they are many, the
    trapezoidal rule with steps of a part of its width is off by less than the digits asked for, by Poisson's
    summation formula (Trefethen and Weideman 2014, SIAM Review 56).
    """
    from mpmath import exp, floor, log, loggamma, mag, mpf, pi, sqrt, workprec

    with workprec(bits + 2 * max(0, mag(n), mag(x)) + 20):
        z, least = (x / 2) ** 2, mpf(2) ** -bits
        if x > bits + 4 * n**2:
            term = total = mpf(1)
            fall, k = mpf(0), 0
            while abs(term) > least:
                k += 1
                term = term * ((2 * k - 1) ** 2 - 4 * n**2) / (8 * k * x)
                total, fall = total + term, fall + k * term
            return x - log(2 * pi * x) / 2 + log(total), 1 - 1 / (2 * x) - fall / (x * total)
        s = sqrt(n * n + 4 * z)
        peak = 2 * z / (n + s)
        width, half = sqrt(z / s), sqrt(2 * log(2) * bits) + 2
        if peak + half * width < _FEW:
            term = total = mpf(1)
            first, j = mpf(0), 0
            while j <= peak or term > least * total:
                j += 1
                term = term * z / (j * (n + j))
                total, first = total + term, first + j * term
            return n * log(x / 2) - loggamma(n + 1) + log(total), (n + 2 * first / total) / x

        def height(j: Any) -> Any:
            return j * log(z) - loggamma(j + 1) - loggamma(n + j + 1)

        step = max(mpf(1), floor(width / (mpf("0.3") * sqrt(bits))))
        peak = floor(peak)
        top, total, first = height(peak), mpf(1), mpf(0)
        for sign in (1, -1):
            j, added = mpf(0), mpf(1)
            while peak + j >= 0 and added > least:
                j += sign * step
                added = exp(height(peak + j) - top)
                total, first = total + added, first + j * added
        whole = n * log(x / 2) + top + log(total * step)
        return whole, (n + 2 * (peak + first / total)) / x


@word(
    reference=_log_bessel,
    in_sympy=lambda n, x: _sympy_log_bessel(n, x),
    text=("log I_{0:atom}({1})", Level.FUNCTION),
    latex=(r"\log I_{{{0}}}{1:()}", Level.FUNCTION),
    derivatives=(None, lambda n, x: log_bessel_of_order_slope(n, x)),
)
def log_bessel_of_order(n: Whole, x: Positive) -> Real:
    """The logarithm of the modified Bessel function of a whole order n, alike for n and −n."""


@word(
    reference=_bessel_slope,
    in_sympy=lambda n, x: _sympy_log_bessel(n, x).diff(x),
    text=("I′_{0:atom}({1})/I_{0:atom}({1})", Level.PRODUCT),
    latex=(r"\frac{{I_{{{0}}}'{1:()}}}{{I_{{{0}}}{1:()}}}", Level.PRODUCT),
    derivatives=(
        None,
        lambda n, x: (
            1 + n**2 / x**2 - log_bessel_of_order_slope(n, x) / x - log_bessel_of_order_slope(n, x) ** 2
        ),
    ),
)
def log_bessel_of_order_slope(n: Whole, x: Positive) -> Positive:
    """Its derivative in x, whose own is given by Bessel's differential equation."""


@word(text="m_{0:atom}({1})", latex="m_{{{0}}}{1:()}")
def first_count_mean(y: Whole, z: Positive) -> Positive:
    """The mean of the first of two Poisson counts that differ by y, where the product of their means is z."""
    x = 2 * sqrt(z)
    return half() * (y + x * log_bessel_of_order_slope(y, x))


@word(text="v_{0:atom}({1})", latex="v_{{{0}}}{1:()}")
def first_count_variance(y: Whole, z: Positive) -> Positive:
    """The variance of that count, which is the second one's as well."""
    x = 2 * sqrt(z)
    return z + (y * half()) ** 2 - (x * log_bessel_of_order_slope(y, x) / 2) ** 2


def _sympy_log_bessel(n: Any, x: Any) -> Any:
    import sympy

    return sympy.log(besseli(sympy.Abs(n), x))


@word()
def count_difference_probability(y: Whole, a: Positive, b: Positive) -> Unit:
    """The probability that two Poisson counts with the means a and b differ by y."""
    return exp(y * (log(a) - log(b)) / 2 - a - b + log_bessel_of_order(y, 2 * sqrt(a) * sqrt(b)))


@word(
    numpy="_count_difference{arguments}",
    torch="_count_difference{arguments}",
    derivatives=(
        None,
        lambda y, a, b: count_difference_slope(y, a, b),
        lambda y, a, b: count_difference_second_slope(y, a, b),
    ),
)
def count_difference_cost(y: Whole, a: Positive, b: Positive) -> Nonnegative:
    """Minus the logarithm of that probability, whose terms are large and cancel beside the mean."""
    return a + b - y * (log(a) - log(b)) / 2 - log_bessel_of_order(y, 2 * sqrt(a) * sqrt(b))


@word(
    numpy="_count_difference_slope{arguments}",
    torch="_count_difference_slope{arguments}",
    derivatives=(
        None,
        lambda y, a, b: count_difference_curvature(y, a, b),
        lambda y, a, b: count_difference_cross(y, a, b),
    ),
)
def count_difference_slope(y: Whole, a: Positive, b: Positive) -> Real:
    """The derivative of the cost in a: one less the mean of the first count, given the difference, over a."""
    return 1 - first_count_mean(y, a * b) / a


@word(
    numpy="_count_difference_slope(-{0:atom}, {2}, {1})",
    torch="_count_difference_slope(-{0:atom}, {2}, {1})",
    derivatives=(
        None,
        lambda y, a, b: count_difference_cross(y, a, b),
        lambda y, a, b: count_difference_second_curvature(y, a, b),
    ),
)
def count_difference_second_slope(y: Whole, a: Positive, b: Positive) -> Real:
    """The derivative of the cost in b: the same of the difference the other way round."""
    return 1 + (y - first_count_mean(y, a * b)) / b


@word(
    numpy="_count_difference_curvature{arguments}",
    torch="_count_difference_curvature{arguments}",
    opens=False,
)
def count_difference_curvature(y: Whole, a: Positive, b: Positive) -> Nonnegative:
    """The second derivative in a: the mean of the first count less its variance, over a²."""
    return (first_count_mean(y, a * b) - first_count_variance(y, a * b)) / a**2


@word(
    numpy="_count_difference_curvature(-{0:atom}, {2}, {1})",
    torch="_count_difference_curvature(-{0:atom}, {2}, {1})",
    opens=False,
)
def count_difference_second_curvature(y: Whole, a: Positive, b: Positive) -> Nonnegative:
    """The second derivative in b: the same of the difference the other way round."""
    return (first_count_mean(y, a * b) - y - first_count_variance(y, a * b)) / b**2


@word(
    numpy="_count_difference_cross{arguments}",
    torch="_count_difference_cross{arguments}",
    opens=False,
)
def count_difference_cross(y: Whole, a: Positive, b: Positive) -> Real:
    """The derivative in a and b: minus the variance of either count over a b."""
    return -first_count_variance(y, a * b) / (a * b)


@word(
    numpy="_count_difference_of_logs{arguments}",
    torch="_count_difference_of_logs{arguments}",
    derivatives=(
        None,
        lambda y, a, b: count_difference_log_slope(y, a, b),
        lambda y, a, b: count_difference_second_log_slope(y, a, b),
    ),
)
def count_difference_of_logs(y: Whole, a: Real, b: Real) -> Nonnegative:
    """The cost where a and b are the logarithms of the means."""
    return exp(a) + exp(b) - y * (a - b) / 2 - log_bessel_of_order(y, 2 * exp((a + b) / 2))


@word(
    numpy="_count_difference_log_slope{arguments}",
    torch="_count_difference_log_slope{arguments}",
    derivatives=(
        None,
        lambda y, a, b: count_difference_log_curvature(y, a, b),
        lambda y, a, b: exp(a) * exp(b) * count_difference_cross(y, exp(a), exp(b)),
    ),
)
def count_difference_log_slope(y: Whole, a: Real, b: Real) -> Real:
    """The derivative of that in a: the first mean less that of the first count, given the difference."""
    return exp(a) - first_count_mean(y, exp(a + b))


@word(
    numpy="_count_difference_log_slope(-{0:atom}, {2}, {1})",
    torch="_count_difference_log_slope(-{0:atom}, {2}, {1})",
    derivatives=(
        None,
        lambda y, a, b: exp(a) * exp(b) * count_difference_cross(y, exp(a), exp(b)),
        lambda y, a, b: count_difference_second_log_curvature(y, a, b),
    ),
)
def count_difference_second_log_slope(y: Whole, a: Real, b: Real) -> Real:
    """The derivative in b: the same of the difference the other way round."""
    return exp(b) + y - first_count_mean(y, exp(a + b))


@word(
    numpy="_count_difference_log_curvature{arguments}",
    torch="_count_difference_log_curvature{arguments}",
    opens=False,
)
def count_difference_log_curvature(y: Whole, a: Real, b: Real) -> Real:
    """The derivative of its slope in a: the first mean less the variance of either count."""
    return exp(a) - first_count_variance(y, exp(a + b))


@word(
    numpy="_count_difference_log_curvature({0}, {2}, {1})",
    torch="_count_difference_log_curvature({0}, {2}, {1})",
    opens=False,
)
def count_difference_second_log_curvature(y: Whole, a: Real, b: Real) -> Real:
    """The derivative of its slope in b: the second mean less the variance of either count."""
    return exp(b) - first_count_variance(y, exp(a + b))
