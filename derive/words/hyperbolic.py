"""Hyperbolic functions."""

from derive.domains import Nonnegative, Positive, Real
from derive.heads import Level, word
from derive.words.elementary import exp, log
from derive.words.squares import root_rest
from derive.words.symbols import sqrt


@word(
    reference="sinh",
    text="sinh({0})",
    latex=(r"\sinh{0:argument}", Level.FUNCTION),
    numpy="np.sinh({0})",
    torch="torch.sinh({0})",
    derivatives=(lambda a: cosh(a),),
)
def sinh(a: Real) -> Real:
    """The hyperbolic sine."""
    return (exp(a) - exp(-a)) / 2


@word(
    reference="cosh",
    text="cosh({0})",
    latex=(r"\cosh{0:argument}", Level.FUNCTION),
    numpy="np.cosh({0})",
    torch="torch.cosh({0})",
    derivatives=(lambda a: sinh(a),),
)
def cosh(a: Real) -> Positive:
    """The hyperbolic cosine."""
    return (exp(a) + exp(-a)) / 2


@word(
    reference="tanh",
    text="tanh({0})",
    latex=(r"\tanh{0:argument}", Level.FUNCTION),
    numpy="np.tanh({0})",
    torch="torch.tanh({0})",
    derivatives=(lambda a: sech(a) ** 2,),
)
def tanh(a: Real) -> Real:
    """The hyperbolic tangent."""
    return (exp(a) - exp(-a)) / (exp(a) + exp(-a))


@word(
    text="sech({0})",
    latex=(r"\operatorname{{sech}}{0:argument}", Level.FUNCTION),
    numpy="_sech({0})",
    torch="_sech({0})",
    derivatives=(lambda a: -tanh(a) * sech(a),),
)
def sech(a: Real) -> Positive:
    """1/cosh(a): its square is the derivative of tanh, which one less the square of that would lose."""
    return 2 / (exp(a) + exp(-a))


@word(
    text=("log cosh({0})", Level.FUNCTION),
    latex=(r"\log\cosh{0:argument}", Level.FUNCTION),
    numpy="_log_cosh({0})",
    torch="_log_cosh({0})",
    derivatives=(lambda a: tanh(a),),
    infinite_with=(0,),
)
def log_cosh(a: Real) -> Nonnegative:
    """Log cosh a, which is a²/2 for small a and |a| − log 2 for large."""
    return log((exp(a) + exp(-a)) / 2)


@word(
    reference="asinh",
    text="asinh({0})",
    latex=(r"\operatorname{{arsinh}}{0:argument}", Level.FUNCTION),
    numpy="np.arcsinh({0})",
    torch="torch.asinh({0})",
    python="math.asinh({0})",
    derivatives=(lambda a: root_rest(a),),
)
def asinh(a: Real) -> Real:
    """The inverse hyperbolic sine."""
    return log(a + sqrt(1 + a**2))


@word(
    text="h({0})",
    latex="h{0:()}",
    numpy="_sinh_square_excess({0})",
    torch="_sinh_square_excess({0})",
    derivatives=(lambda a: sinh_square_excess_slope(a),),
)
def sinh_square_excess(a: Real) -> Nonnegative:
    """h(a) = sinh²(a)/2 − log cosh a: of order a⁴, though its terms are of order a²."""
    return sinh(a) ** 2 / 2 - log(cosh(a))


@word(
    text="h′({0})",
    latex="h'{0:()}",
    numpy=("np.tanh({0}) * np.square(np.sinh({0}))", Level.PRODUCT),
    torch=("torch.tanh({0}) * torch.square(torch.sinh({0}))", Level.PRODUCT),
    derivatives=(lambda a: sinh_square_excess_curvature(a),),
)
def sinh_square_excess_slope(a: Real) -> Real:
    """h′(a) = sinh(a) cosh(a) − tanh(a), as a product in which nothing cancels."""
    return sinh(a) ** 2 * tanh(a)


@word(
    text="h″({0})",
    latex="h''{0:()}",
    numpy=("np.square(np.sinh({0})) * (2 + np.square(_sech({0})))", Level.PRODUCT),
    torch=("torch.square(torch.sinh({0})) * (2 + torch.square(_sech({0})))", Level.PRODUCT),
    derivatives=(lambda a: 2 * tanh(a) * (2 * cosh(a) ** 2 + sech(a) ** 2),),
)
def sinh_square_excess_curvature(a: Real) -> Nonnegative:
    """h″(a) = sinh²(a) (2 + sech²(a)), as a product in which nothing cancels."""
    return sinh(a) ** 2 * (2 + sech(a) ** 2)
