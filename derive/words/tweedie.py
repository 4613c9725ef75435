"""The Tweedie distributions of power between 1 and 2: sums of a Poisson number of gamma variables."""

from functools import lru_cache
from typing import Any

from derive.domains import BetweenOneAndTwo, Nonnegative, Positive, Real
from derive.heads import Level, word
from derive.words.elementary import exp, log
from derive.words.gamma import factorial, gamma
from derive.words.symbols import series


def _half_deviance(y: Any, mu: Any, p: Any) -> Any:
    """Half the unit deviance, of symbols or of numbers."""
    return y * mu ** (1 - p) / (p - 1) + mu ** (2 - p) / (2 - p) - y ** (2 - p) / ((p - 1) * (2 - p))


@word(
    reference=_half_deviance,
    text="d{arguments}",
    latex="d{arguments}",
    numpy="_tweedie_deviance({0}, {1}, {2})",
    torch="_tweedie_deviance({0}, {1}, {2})",
    derivatives=(
        lambda y, mu, p: (mu ** (1 - p) - y ** (1 - p)) / (p - 1),
        lambda y, mu, p: (mu - y) * mu**-p,
        lambda y, mu, p: (
            y * mu ** (1 - p) / (1 - p) * (log(mu) + 1 / (p - 1))
            + mu ** (2 - p) / (2 - p) * (1 / (2 - p) - log(mu))
            + y ** (2 - p) / ((p - 1) * (2 - p)) * (log(y) + 1 / (p - 1) - 1 / (2 - p))
        ),
    ),
)
def tweedie_deviance(y: Nonnegative, mu: Positive, p: BetweenOneAndTwo) -> Nonnegative:
    """Half the unit deviance: 0 at y = μ, where its terms cancel to the second order."""
    return _half_deviance(y, mu, p)


def _log_series(y: Any, phi: Any, p: Any) -> Any:
    """The logarithm of the base measure, by mpmath, to the working precision."""
    from mpmath import mp

    return _summed(y, phi, p, mp.dps)


@lru_cache(maxsize=100_000)
def _summed(y: Any, phi: Any, p: Any, digits: int) -> Any:
    """The logarithm of the sum of the series, the deviance at y taken off.

    The terms are analytic in their number, and where they are many they are a bell: by Poisson's
    summation formula the trapezoidal rule with steps of a part of its width is off by less than the
    digits asked for (Trefethen and Weideman 2014, SIAM Review 56).
    """
    from mpmath import exp, floor, log, loggamma, mag, mp, mpf, rgamma, sqrt, workprec

    size = y ** (2 - p) / ((p - 1) * (2 - p) * phi)
    with workprec(mp.prec + max(0, mag(size)) + 20):
        a, size = (2 - p) / (p - 1), y ** (2 - p) / ((p - 1) * (2 - p) * phi)
        log_z = a * log(y) - a * log(p - 1) - (1 + a) * log(phi) - log(2 - p)
        peak, width, least = size * (p - 1), sqrt(size) * (p - 1), mpf(10) ** -digits
        if size < 3 * digits:
            j, power, total, added = 0, mpf(1), mpf(0), mpf(1)
            while j < peak or added > least * total:
                j += 1
                power *= exp(log_z) / j
                added = power * rgamma(j * a)
                total += added
            return log(total) - size - log(y)

        def term(j: Any) -> Any:
            return j * log_z - loggamma(j + 1) - loggamma(j * a)

        step = width / (mpf("0.4") * sqrt(digits))
        if step < 1:
            step, peak = mpf(1), max(mpf(1), floor(peak))
        top, total = term(peak), mpf(1)
        for sign in (1, -1):
            j, added = peak + sign * step, mpf(1)
            while j > 0 and added > least:
                added = exp(term(j) - top)
                total += added
                j += sign * step
        return top + log(total * step) - size - log(y)


@word(
    reference=_log_series,
    zero_wins=True,
    text=("log c{arguments}", Level.FUNCTION),
    latex=(r"\log c{arguments}", Level.FUNCTION),
    numpy="_log_tweedie_base({0}, {1}, {2})",
    torch="_log_tweedie_base({0}, {1}, {2})",
)
def log_tweedie_base(y: Nonnegative, phi: Positive, p: BetweenOneAndTwo) -> Real:
    """The logarithm of the base measure of a Tweedie density: the sum over how many gamma variables were added."""
    a = (2 - p) / (p - 1)
    z = y**a / ((p - 1) ** a * phi ** (1 + a) * (2 - p))
    total = series(lambda n: z**n / (factorial(n) * gamma(n * a)))
    return log(total) - y ** (2 - p) / ((p - 1) * (2 - p) * phi) - log(y)


@word(text="c{arguments}", latex="c{arguments}")
def tweedie_base(y: Nonnegative, phi: Positive, p: BetweenOneAndTwo) -> Nonnegative:
    """The base measure of a Tweedie density, 1 at y = 0."""
    return exp(log_tweedie_base(y, phi, p))
