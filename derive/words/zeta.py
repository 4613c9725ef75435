"""Riemann's zeta function, at its distance from 1."""

from typing import Any

from derive.domains import Positive, Real
from derive.heads import Level, word
from derive.words.elementary import log


def _truth(order: int) -> Any:
    """The derivative of that order of ζ(1 + a): beside a pole the distance from it keeps its digits."""

    def truth(a: Any) -> Any:
        import mpmath

        with mpmath.extradps(10 + max(0, -int(mpmath.log10(a)))):
            return mpmath.zeta(1 + a, 1, order)

    return truth


def _series(order: int) -> Any:
    """The same as the series over n^−(1 + a), which converges for every a > 0."""

    def series(a: Any) -> Any:
        import sympy

        n = sympy.Symbol("n", integer=True, positive=True)
        return (
            sympy.Sum((-sympy.log(n)) ** order * n ** (-1 - a), (n, 1, sympy.oo))
            if order
            else sympy.zeta(1 + a)
        )

    return series


@word(
    reference=_truth(0),
    in_sympy=_series(0),
    text="ζ(1 + {0})",
    latex=r"\zeta(1 + {0})",
    derivatives=(lambda a: zeta_from_one_slope(a),),
)
def zeta_from_one(a: Positive) -> Positive:
    """Riemann's zeta function at 1 + a."""


@word(
    reference=_truth(1),
    in_sympy=_series(1),
    text="ζ′(1 + {0})",
    latex=r"\zeta'(1 + {0})",
    derivatives=(lambda a: zeta_from_one_curvature(a),),
)
def zeta_from_one_slope(a: Positive) -> Real:
    """The derivative of the zeta function at 1 + a."""


@word(
    reference=_truth(2),
    in_sympy=_series(2),
    text="ζ″(1 + {0})",
    latex=r"\zeta''(1 + {0})",
    derivatives=(lambda a: zeta_from_one_third(a),),
)
def zeta_from_one_curvature(a: Positive) -> Positive:
    """The second derivative of the zeta function at 1 + a."""


@word(
    reference=_truth(3),
    in_sympy=_series(3),
    text="ζ‴(1 + {0})",
    latex=r"\zeta^{{(3)}}(1 + {0})",
)
def zeta_from_one_third(a: Positive) -> Real:
    """The third derivative of the zeta function at 1 + a."""


@word(
    text=("log ζ(1 + {0})", Level.FUNCTION),
    latex=(r"\log \zeta(1 + {0})", Level.FUNCTION),
    numpy="_log_zeta({0})",
    torch="_log_zeta({0})",
    derivatives=(lambda a: log_zeta_slope(a),),
)
def log_zeta(a: Positive) -> Positive:
    """The logarithm of the zeta function at 1 + a, which itself is 1 to the last digit for large a."""
    return log(zeta_from_one(a))


@word(
    text=("ζ′(1 + {0})/ζ(1 + {0})", Level.PRODUCT),
    latex=(r"\frac{{\zeta'(1 + {0})}}{{\zeta(1 + {0})}}", Level.PRODUCT),
    numpy="_log_zeta_slope({0})",
    torch="_log_zeta_slope({0})",
    derivatives=(lambda a: log_zeta_curvature(a),),
)
def log_zeta_slope(a: Positive) -> Real:
    """The derivative of log ζ(1 + a), near −1/a for small a."""
    return zeta_from_one_slope(a) / zeta_from_one(a)


@word(
    numpy="_log_zeta_curvature({0})",
    torch="_log_zeta_curvature({0})",
)
def log_zeta_curvature(a: Positive) -> Positive:
    """The second derivative of log ζ(1 + a), near 1/a² for small a."""
    return zeta_from_one_curvature(a) / zeta_from_one(a) - log_zeta_slope(a) ** 2
