"""Exponential, logarithm, sign and size, and their products and quotients where one factor vanishes."""

from derive.domains import Nonnegative, OpenUnit, Positive, Real
from derive.heads import Level, word


@word(
    primitive="exp",
    reference="exp",
    text=("e^{0:atom}", Level.POWER),
    latex=("e^{{{0:raised}}}", Level.POWER),
    numpy="np.exp({0})",
    torch="torch.exp({0})",
    python="math.exp({0})",
    derivatives=(lambda a: exp(a),),
)
def exp(a: Real) -> Positive:
    """The exponential function."""


@word(
    primitive="log",
    reference="log",
    text=("log{0:argument}", Level.FUNCTION),
    latex=(r"\log{0:argument}", Level.FUNCTION),
    numpy="np.log({0})",
    torch="torch.log({0})",
    python="math.log({0})",
    derivatives=(lambda a: 1 / a,),
    infinite_with=(0,),
    finite_above=0.0,
)
def log(a: Positive) -> Real:
    """The natural logarithm."""


@word(
    primitive="Abs",
    reference="fabs",
    text="|{0}|",
    latex=r"\left|{0}\right|",
    numpy="np.abs({0})",
    torch="torch.abs({0})",
    derivatives=(lambda a: sign(a),),
    infinite_with=(0,),
)
def absolute(a: Real) -> Nonnegative:
    """The absolute value."""


@word(
    primitive="sign",
    reference="sign",
    text="sign({0})",
    latex=r"\operatorname{{sign}}{0:()}",
    numpy="np.sign({0})",
    torch="torch.sign({0})",
    derivatives=(lambda a: 0,),
)
def sign(a: Real) -> Real:
    """The sign, 0 at 0: the derivative of the absolute value, of which 0 is a subgradient at 0."""


@word(
    text="log1p({0})",
    latex=r"\operatorname{{log1p}}{0:()}",
    numpy="np.log1p({0})",
    torch="torch.log1p({0})",
    derivatives=(lambda a: 1 / (1 + a),),
    infinite_with=(0,),
    finite_above=-1.0,
)
def log1p(a: Real) -> Real:
    """log(1 + a), where 1 + a would round a away."""
    return log(1 + a)


@word(
    text=("{0:factor} log{1:argument}", Level.PRODUCT),
    latex=(r"{0:factor} \log{1:argument}", Level.PRODUCT),
    numpy="_times({0}, np.log({1}))",
    torch="torch.xlogy({0}, {1})",
    zero_wins=True,
    derivatives=(lambda a, b: log(b), lambda a, b: ratio(a, b)),
)
def xlogy(a: Real, b: Nonnegative) -> Real:
    """The product a log b, with 0 log 0 = 0: the limit that an impossible event which did not happen needs."""
    return a * log(b)


@word(
    text=("{0:factor} log1p({1})", Level.PRODUCT),
    latex=(r"{0:factor} \operatorname{{log1p}}{1:()}", Level.PRODUCT),
    numpy="_times({0}, np.log1p({1}))",
    torch="_xlog1py({0}, {1})",
    zero_wins=True,
    derivatives=(lambda a, b: log1p(b), lambda a, b: ratio(a, 1 + b)),
)
def xlog1py(a: Real, b: Real) -> Real:
    """The product a log(1 + b), with 0 log 0 = 0."""
    return a * log(1 + b)


@word(
    numpy="_ratio({0}, {1})",
    torch="_ratio({0}, {1})",
    zero_wins=True,
    derivatives=(lambda a, b: 1 / b, lambda a, b: -ratio(ratio(a, b), b)),
)
def ratio(a: Real, b: Nonnegative) -> Real:
    """The quotient a / b, with 0/0 = 0: the derivative of a log b."""
    return a / b


@word(
    text=("{0:factor} {1:factor}", Level.PRODUCT),
    latex=(r"{0:factor} {1:factor}", Level.PRODUCT),
    numpy="_times({0}, {1})",
    torch="_times({0}, {1})",
    zero_wins=True,
    derivatives=(lambda a, b: b, lambda a, b: a),
)
def times(a: Real, b: Real) -> Real:
    """The product a b, with 0 ∞ = 0: the share of the mean that belongs to what never happens."""
    return a * b


@word(
    numpy=("{0:factor} * {1:atom} * {1:atom}", Level.PRODUCT),
    torch=("{0:factor} * {1:atom} * {1:atom}", Level.PRODUCT),
    derivatives=(lambda a, b: b**2, lambda a, b: 2 * scaled(a, b) / b),
    infinite_with=(0,),
)
def scaled(a: Real, b: Real) -> Real:
    """(a b) b: the square of b may overflow where the product does not, or where a is 0."""
    return a * b**2


@word(
    text=("{0:atom}²", Level.POWER),
    latex=("{0:atom}^{{2}}", Level.POWER),
    numpy="np.square({0})",
    torch="torch.square({0})",
    derivatives=(lambda a: 2 * a,),
    infinite_with=(0,),
)
def square(a: Real) -> Nonnegative:
    """The square of a quotient, taken of the quotient: the squares of its parts may overflow."""
    return a**2


@word(
    text="softplus({0})",
    latex=r"\operatorname{{softplus}}{0:()}",
    numpy="_softplus({0})",
    torch="_softplus({0})",
    derivatives=(lambda a: sigmoid(a),),
)
def softplus(a: Real) -> Positive:
    """log(1 + eᵃ), a smooth max(a, 0)."""
    return log(1 + exp(a))


@word(
    text="sigmoid({0})",
    latex=r"\operatorname{{sigmoid}}{0:()}",
    numpy="_sigmoid({0})",
    torch="torch.sigmoid({0})",
    derivatives=(lambda a: sigmoid(a) * sigmoid(-a),),
)
def sigmoid(a: Real) -> OpenUnit:
    """1/(1 + e⁻ᵃ), the logistic function."""
    return 1 / (1 + exp(-a))


@word(
    text=("{0} − {1:factor}", Level.SUM),
    latex=("{0} - {1:factor}", Level.SUM),
    numpy=("{0} - {1:factor}", Level.SUM),
    torch=("{0} - {1:factor}", Level.SUM),
    derivatives=(lambda a, b: 1, lambda a, b: -1),
)
def width(a: Real, b: Real.where(lambda b, a: a - b)) -> Positive:
    """The difference a − b of the ends of an interval from b to a."""
    return a - b


@word(
    text=("log({0} − {1:factor})", Level.FUNCTION),
    latex=(r"\log\left({0} - {1:factor}\right)", Level.FUNCTION),
    numpy="_log_width({0}, {1})",
    torch="_log_width({0}, {1})",
    derivatives=(lambda a, b: 1 / width(a, b), lambda a, b: -1 / width(a, b)),
)
def log_width(a: Real, b: Real.where(lambda b, a: a - b)) -> Real:
    """log(a − b), also where the difference overflows."""
    return log(a - b)
