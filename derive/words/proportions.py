"""How far an observed proportion is from its mean, as the simplex distribution measures it."""

from derive.domains import OpenUnit, Positive, Real, Unit
from derive.heads import word
from derive.words.elementary import exp, sign
from derive.words.symbols import sqrt


def _spread(a):
    """The square root of a (1 − a)."""
    return sqrt(a * (1 - a))


@word(
    text="r{arguments}",
    latex="r{arguments}",
    numpy="_simplex_residual({0}, {1})",
    torch="_simplex_residual({0}, {1})",
    derivatives=(
        lambda a, b: (a * (1 - b) + b * (1 - a)) / (2 * _spread(a) ** 3 * b * (1 - b)),
        lambda a, b: -simplex_slope(a, b),
    ),
)
def simplex_residual(a: OpenUnit, b: Unit) -> Real:
    """(a − b)/(b (1 − b) √(a (1 − a))), of which the square is the unit deviance of the simplex distribution."""
    return (a - b) / (b * (1 - b) * _spread(a))


@word(
    text="[({0}/{1:atom}² + (1 − {0:factor})/(1 − {1:factor})²)/√({0:factor} (1 − {0:factor}))]",
    latex=r"\frac{{{0} / {1:atom}^2 + (1 - {0:factor}) / (1 - {1:factor})^2}}{{\sqrt{{{0:factor} (1 - {0:factor})}}}}",
    numpy="_simplex_slope({0}, {1})",
    torch="_simplex_slope({0}, {1})",
    derivatives=(
        lambda a, b: (
            (
                1 / b**2
                - 1 / (1 - b) ** 2
                - (a / b**2 + (1 - a) / (1 - b) ** 2) * (1 - 2 * a) / (2 * a * (1 - a))
            )
            / _spread(a)
        ),
        lambda a, b: -simplex_curvature(a, b),
    ),
)
def simplex_slope(a: OpenUnit, b: Unit) -> Positive:
    """(a/b² + (1 − a)/(1 − b)²)/√(a (1 − a)), two terms of one sign: minus the slope of the residual in b."""
    return (a / b**2 + (1 - a) / (1 - b) ** 2) / _spread(a)


@word(
    numpy="_simplex_curvature({0}, {1})",
    torch="_simplex_curvature({0}, {1})",
)
def simplex_curvature(a: OpenUnit, b: Unit) -> Real:
    """2 (a/b³ − (1 − a)/(1 − b)³)/√(a (1 − a)), the curvature of the residual in b."""
    return 2 * (a / b**3 - (1 - a) / (1 - b) ** 3) / _spread(a)


@word(
    text="r({0}, sigmoid({1}))",
    latex=r"r\left({0}, \operatorname{{sigmoid}}{1:()}\right)",
    numpy="_logistic_simplex_residual({0}, {1})",
    torch="_logistic_simplex_residual({0}, {1})",
    derivatives=(
        lambda a, b: (a * exp(-b) + (1 - a) * exp(b) + 1) / (2 * _spread(a) ** 3),
        lambda a, b: -logistic_simplex_slope(a, b),
    ),
)
def logistic_simplex_residual(a: OpenUnit, b: Real) -> Real:
    """The residual of the simplex distribution at the log odds b, where their sigmoid underflows or rounds to 1."""
    return (a * (1 + exp(-b)) - (1 - a) * (1 + exp(b))) / _spread(a)


@word(
    text="[({0:factor} e^−{1:atom} + (1 − {0:factor}) e^{1:atom})/√({0:factor} (1 − {0:factor}))]",
    latex=r"\frac{{{0:factor} e^{{-{1:atom}}} + (1 - {0:factor}) e^{{{1}}}}}{{\sqrt{{{0:factor} (1 - {0:factor})}}}}",
    numpy="_logistic_simplex_slope({0}, {1})",
    torch="_logistic_simplex_slope({0}, {1})",
    derivatives=(
        lambda a, b: (
            (exp(-b) - exp(b) - (a * exp(-b) + (1 - a) * exp(b)) * (1 - 2 * a) / (2 * a * (1 - a)))
            / _spread(a)
        ),
        lambda a, b: -logistic_simplex_curvature(a, b),
    ),
)
def logistic_simplex_slope(a: OpenUnit, b: Real) -> Positive:
    """(a e⁻ᵇ + (1 − a) eᵇ)/√(a (1 − a)), minus the slope of that residual in b."""
    return (a * exp(-b) + (1 - a) * exp(b)) / _spread(a)


@word(
    numpy="_logistic_simplex_curvature({0}, {1})",
    torch="_logistic_simplex_curvature({0}, {1})",
)
def logistic_simplex_curvature(a: OpenUnit, b: Real) -> Real:
    """(a e⁻ᵇ − (1 − a) eᵇ)/√(a (1 − a)), the curvature of that residual in b."""
    return (a * exp(-b) - (1 - a) * exp(b)) / _spread(a)


@word(
    text="in({0})",
    latex=r"1_{{0 < {0} < 1}}",
    numpy="(np.sign({0}) * np.sign(1 - {0:factor}))",
    torch="(torch.sign({0}) * torch.sign(1 - {0:factor}))",
    derivatives=(lambda a: 0,),
)
def inside(a: Unit) -> Unit:
    """1 between 0 and 1, and 0 at either."""
    return sign(a) * sign(1 - a)


@word(
    text="out({0})",
    latex=r"1_{{{0} \in \{{0, 1\}}}}",
    numpy="(1 - np.sign({0}) * np.sign(1 - {0:factor}))",
    torch="(1 - torch.sign({0}) * torch.sign(1 - {0:factor}))",
    derivatives=(lambda a: 0,),
)
def at_end(a: Unit) -> Unit:
    """1 at 0 and at 1, and 0 between."""
    return 1 - sign(a) * sign(1 - a)


@word(
    text="[{0}=0]",
    latex=r"1_{{{0} = 0}}",
    numpy="(1 - np.sign({0}))",
    torch="(1 - torch.sign({0}))",
    derivatives=(lambda a: 0,),
)
def at_zero(a: Unit) -> Unit:
    """1 at 0, and 0 beyond."""
    return 1 - sign(a)


@word(
    text="[{0}=1]",
    latex=r"1_{{{0} = 1}}",
    numpy="(1 - np.sign(1 - {0:factor}))",
    torch="(1 - torch.sign(1 - {0:factor}))",
    derivatives=(lambda a: 0,),
)
def at_one(a: Unit) -> Unit:
    """1 at 1, and 0 below."""
    return 1 - sign(1 - a)


@word(
    text="{0:atom}°",
    latex=r"\mathring{{{0}}}",
    numpy="np.where(np.sign({0}) * np.sign(1 - {0:factor}) == 0, 0.5, {0})",
    torch="torch.where(torch.sign({0}) * torch.sign(1 - {0:factor}) == 0, 0.5, {0})",
    derivatives=(lambda a: inside(a),),
)
def interior(a: Unit) -> OpenUnit:
    """The share itself between 0 and 1; at either any share that lies there, for it does not count."""
    return a * inside(a) + (1 - inside(a)) / 2
