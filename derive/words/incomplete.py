"""What distribution functions are made of: the incomplete gamma and beta functions, an angle, a step."""

from typing import Any

from derive.domains import Nonnegative, Positive, Real, Unit
from derive.heads import word


def _gamma_below(a: Any, b: Any) -> Any:
    from mpmath import gammainc

    return gammainc(a, 0, b, regularized=True)


def _gamma_above(a: Any, b: Any) -> Any:
    from mpmath import gammainc

    return gammainc(a, b, regularized=True)


def _beta_below(a: Any, b: Any, c: Any) -> Any:
    from mpmath import betainc

    return betainc(a, b, 0, c, regularized=True)


def _below(a: Any, b: Any) -> Any:
    import sympy

    return sympy.lowergamma(a, b) / sympy.gamma(a)


def _above(a: Any, b: Any) -> Any:
    import sympy

    return sympy.uppergamma(a, b) / sympy.gamma(a)


def _share(a: Any, b: Any, c: Any) -> Any:
    import sympy

    return sympy.betainc_regularized(a, b, 0, c)


@word(reference=_gamma_below, in_sympy=_below, text="P({0}, {1})", latex="P{arguments}")
def gamma_below(a: Positive, b: Nonnegative) -> Unit:
    """The mass that a gamma variable of shape a and rate 1 has below b."""


@word(reference=_gamma_above, in_sympy=_above, text="Q({0}, {1})", latex="Q{arguments}")
def gamma_above(a: Positive, b: Nonnegative) -> Unit:
    """The mass that a gamma variable of shape a and rate 1 has above b."""


@word(
    reference=_beta_below, in_sympy=_share, text="I({0}, {1}; {2})", latex=r"I_{{{2}}}\left({0}, {1}\right)"
)
def beta_below(a: Positive, b: Positive, c: Unit) -> Unit:
    """The mass that a beta variable of shapes a and b has below c."""


@word(primitive="atan", reference="atan", text="atan({0})", latex=r"\arctan{0:argument}")
def atan(a: Real) -> Real:
    """The angle whose tangent is a."""


@word(primitive="floor", reference="floor", text="⌊{0}⌋", latex=r"\lfloor {0} \rfloor")
def floor(a: Real) -> Real:
    """The largest integer that is no more than a."""
