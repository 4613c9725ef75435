"""The words: functions that mathematics, LaTeX and code have in common.

Each row is a declaration whose value is the word's meaning.  Beside it stand its derivatives, in
words again and stable by themselves, and its spelling in every language.  The first rows are
SymPy's own functions; the others exist because floating point loses digits on what they abbreviate.

Placeholders of a spelling: `{0}` the first argument, `{0:atom}` bracketed unless it is one symbol,
`{0:factor}` bracketed if it is a sum, `{0:argument}` as the argument of a named function, `{0:()}`
always bracketed, `{0:raised}` as an exponent, `{0:index}` below the line, `{arguments}` all of them in
brackets, `{entry}` the entry of the vector `{0}` at the index `{1}`.  A word without a spelling in `text`
and `latex` has no notation of its own: pages write its meaning out.  `python` spells what has no symbol in
it: a Python number has no dtype to impose.  A name that begins with an underscore is a function of
`templates/words/numpy/` or `templates/words/torch/`, whose text goes into the generated module.
"""

from typing import Any

from derive.domains import Count, Nonnegative, Nonzero, Position, Positive, Real, Unit, Vector
from derive.errors import Misuse
from derive.heads import Constant, Index, Level, Word, word

j, k, m = Index("j", "K"), Index("k", "K"), Index("l", "K")
pi = Constant("pi", r"\pi")
two_pi = Constant("two_pi", r"2\pi")


def delta(first: Any, second: Any) -> Any:
    """Kronecker's delta of two indices."""
    import sympy

    return sympy.KroneckerDelta(first, second)


def total(body: Any, index: Index) -> Any:
    """The sum of `body` over the index."""
    import sympy

    return sympy.Sum(body, index.limits)


def product(body: Any, index: Index) -> Any:
    """The product of `body` over the index."""
    import sympy

    return sympy.Product(body, index.limits)


def sqrt(a: Any) -> Any:
    """The square root, a power of one half."""
    import sympy

    return sympy.sqrt(a)


def polygamma(order: int, a: Any) -> Any:
    """SymPy's derivative of the digamma function, of which it knows all others."""
    import sympy

    return sympy.polygamma(order, a)


def besseli(order: int, a: Any) -> Any:
    """SymPy's modified Bessel function of an order."""
    import sympy

    return sympy.besseli(order, a)


def _half() -> Any:
    import sympy

    return sympy.Rational(1, 2)


# SymPy's own ------------------------------------------------------------------------------------


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
    primitive="gamma",
    reference="gamma",
    text="Γ({0})",
    latex=r"\Gamma{0:()}",
    derivatives=(lambda a: gamma(a) * digamma(a),),
)
def gamma(a: Positive) -> Positive:
    """Euler's gamma function."""


@word(
    primitive="beta",
    reference="beta",
    text="B{arguments}",
    latex=r"\mathrm{{B}}{arguments}",
)
def beta(a: Positive, b: Positive) -> Positive:
    """Euler's beta function."""


@word(
    primitive="factorial",
    reference="factorial",
    text="{0:atom}!",
    latex="{0:atom}!",
)
def factorial(a: Count) -> Positive:
    """The factorial."""


# Logarithms of special functions ----------------------------------------------------------------


@word(
    reference="loggamma",
    text=("log Γ({0})", Level.FUNCTION),
    latex=(r"\log \Gamma{0:()}", Level.FUNCTION),
    numpy="_log_gamma({0})",
    torch="torch.lgamma({0})",
    python="math.lgamma({0})",
    derivatives=(lambda a: digamma(a),),
)
def log_gamma(a: Positive) -> Real:
    """The logarithm of the gamma function, which itself overflows beyond 171."""
    return log(gamma(a))


@word(
    text=("log {0:atom}!", Level.FUNCTION),
    latex=(r"\log {0:atom}!", Level.FUNCTION),
    numpy="special.gammaln({0} + 1)",
    torch="torch.lgamma({0} + 1)",
    derivatives=(lambda a: digamma(a + 1),),
)
def log_factorial(a: Nonnegative) -> Real:
    """The logarithm of the factorial, which itself overflows beyond 170!."""
    return log_gamma(a + 1)


@word(
    reference="digamma",
    text="ψ({0})",
    latex=r"\psi{0:()}",
    numpy="special.digamma({0})",
    torch="_digamma({0})",
    derivatives=(lambda a: trigamma(a),),
)
def digamma(a: Positive) -> Real:
    """The derivative of log gamma."""
    return polygamma(0, a)


@word(
    reference="psi 1",
    text="ψ′({0})",
    latex=r"\psi'{0:()}",
    numpy="_trigamma({0})",
    torch="_trigamma({0})",
    derivatives=(lambda a: tetragamma(a),),
)
def trigamma(a: Positive) -> Positive:
    """The second derivative of log gamma."""
    return polygamma(1, a)


@word(
    reference="psi 2",
    text="ψ″({0})",
    latex=r"\psi''{0:()}",
    numpy="_tetragamma({0})",
    torch="_tetragamma({0})",
)
def tetragamma(a: Positive) -> Real:
    """The third derivative of log gamma."""
    return polygamma(2, a)


@word(
    numpy="_log_gamma_difference({0}, {1})",
    torch="_log_gamma_difference({0}, {1})",
    derivatives=(lambda a, b: digamma_difference(a, b), lambda a, b: digamma(a + b)),
)
def log_gamma_difference(a: Positive, b: Positive) -> Real:
    """Log Γ(a + b) − log Γ(a): the two cancel where a is large beside b."""
    return log_gamma(a + b) - log_gamma(a)


@word(
    numpy="_digamma_difference({0}, {1})",
    torch="_digamma_difference({0}, {1})",
    derivatives=(lambda a, b: trigamma_difference(a, b), lambda a, b: trigamma(a + b)),
)
def digamma_difference(a: Positive, b: Positive) -> Positive:
    """ψ(a + b) − ψ(a): the two cancel where a is large beside b."""
    return digamma(a + b) - digamma(a)


@word(
    numpy="_trigamma_difference({0}, {1})",
    torch="_trigamma_difference({0}, {1})",
)
def trigamma_difference(a: Positive, b: Positive) -> Real:
    """ψ′(a + b) − ψ′(a): the two cancel where a is large beside b."""
    return trigamma(a + b) - trigamma(a)


@word(
    numpy="(math.log(2) / 2 - _half_step_log_gamma({0} / 2))",
    torch="(math.log(2) / 2 - _half_step_log_gamma({0} / 2))",
    derivatives=(lambda a: -half_step_digamma(a / 2) / 2,),
)
def half_step_log_gamma(a: Positive) -> Positive:
    """log(a)/2 + log Γ(a/2) − log Γ((a + 1)/2): bounded, though each of the three is not."""
    return log(a) / 2 + log_gamma(a / 2) - log_gamma((a + 1) / 2)


@word(
    numpy="_half_step_digamma({0})",
    torch="_half_step_digamma({0})",
    derivatives=(lambda a: half_step_trigamma(a),),
)
def half_step_digamma(a: Positive) -> Positive:
    """ψ(a + ½) − ψ(a) − 1/(2a): of order 1/a², though its terms are of order log a."""
    return digamma_difference(a, _half()) - 1 / (2 * a)


@word(
    numpy="_half_step_trigamma({0})",
    torch="_half_step_trigamma({0})",
)
def half_step_trigamma(a: Positive) -> Real:
    """ψ′(a + ½) − ψ′(a) + 1/(2a²): of order 1/a³, though its terms are of order 1/a."""
    return trigamma_difference(a, _half()) + 1 / (2 * a**2)


@word(
    text=("log B{arguments}", Level.FUNCTION),
    latex=(r"\log \mathrm{{B}}{arguments}", Level.FUNCTION),
    numpy="_log_beta({0}, {1})",
    torch="_log_beta({0}, {1})",
    derivatives=(lambda a, b: -digamma_difference(a, b), lambda a, b: -digamma_difference(b, a)),
)
def log_beta(a: Positive, b: Positive) -> Real:
    """The logarithm of the beta function, which itself underflows for large shapes."""
    return log(beta(a, b))


@word(
    text=("log |{0}|", Level.FUNCTION),
    latex=(r"\log\left|{0}\right|", Level.FUNCTION),
    numpy="np.log(np.abs({0}))",
    torch="torch.log(torch.abs({0}))",
    derivatives=(lambda a: 1 / a,),
)
def log_absolute(a: Nonzero) -> Real:
    """The logarithm of |a|, whose derivative is 1/a on both sides of zero."""
    return log(absolute(a))


# Logarithms and exponentials near their edges ---------------------------------------------------


@word(
    text="log1p({0})",
    latex=r"\operatorname{{log1p}}{0:()}",
    numpy="np.log1p({0})",
    torch="torch.log1p({0})",
    derivatives=(lambda a: 1 / (1 + a),),
)
def log1p(a: Real) -> Real:
    """log(1 + a), where 1 + a would round a away."""
    return log(1 + a)


@word(
    text=("{0:factor} log{1:argument}", Level.PRODUCT),
    latex=(r"{0:factor} \log{1:argument}", Level.PRODUCT),
    numpy="special.xlogy({0}, {1})",
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
    numpy="special.xlog1py({0}, {1})",
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
)
def square(a: Real) -> Nonnegative:
    """The square of a quotient, taken of the quotient: the squares of its parts may overflow."""
    return a**2


@word(
    text="softplus({0})",
    latex=r"\operatorname{{softplus}}{0:()}",
    numpy="np.logaddexp(0, {0})",
    torch="_softplus({0})",
    derivatives=(lambda a: sigmoid(a),),
)
def softplus(a: Real) -> Positive:
    """log(1 + eᵃ), a smooth max(a, 0)."""
    return log(1 + exp(a))


@word(
    text="sigmoid({0})",
    latex=r"\operatorname{{sigmoid}}{0:()}",
    numpy="special.expit({0})",
    torch="torch.sigmoid({0})",
    derivatives=(lambda a: sigmoid(a) * sigmoid(-a),),
)
def sigmoid(a: Real) -> Unit:
    """1/(1 + e⁻ᵃ), the logistic function."""
    return 1 / (1 + exp(-a))


# Hyperbolic functions ---------------------------------------------------------------------------


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
    derivatives=(lambda a: sech_square(a),),
)
def tanh(a: Real) -> Real:
    """The hyperbolic tangent."""
    return (exp(a) - exp(-a)) / (exp(a) + exp(-a))


@word(
    text="sech²({0})",
    latex=(r"\operatorname{{sech}}^2{0:argument}", Level.FUNCTION),
    numpy="_sech_square({0})",
    torch="_sech_square({0})",
    derivatives=(lambda a: -2 * tanh(a) * sech_square(a),),
)
def sech_square(a: Real) -> Positive:
    """1/cosh²(a), the derivative of tanh: one less its square cancels."""
    return 4 / (exp(a) + exp(-a)) ** 2


@word(
    text=("log cosh({0})", Level.FUNCTION),
    latex=(r"\log\cosh{0:argument}", Level.FUNCTION),
    numpy="_log_cosh({0})",
    torch="_log_cosh({0})",
    derivatives=(lambda a: tanh(a),),
)
def log_cosh(a: Real) -> Nonnegative:
    """Log cosh a, which is a²/2 for small a and |a| − log 2 for large."""
    return log((exp(a) + exp(-a)) / 2)


# The logistic function and softplus -------------------------------------------------------------


@word(
    text="σ′({0})",
    latex=r"\operatorname{{sigmoid}}'{0:()}",
    numpy="(special.expit({0}) * special.expit(-{0:atom}))",
    torch="(torch.sigmoid({0}) * torch.sigmoid(-{0:atom}))",
    derivatives=(lambda a: -sigmoid_slope(a) * tanh(a / 2),),
)
def sigmoid_slope(a: Real) -> Unit:
    """sigmoid(a) (1 − sigmoid(a)), the logistic density, whose own derivative is 0 at 0 without cancelling."""
    return sigmoid(a) * sigmoid(-a)


@word(
    text=("logit{0:argument}", Level.FUNCTION),
    latex=(r"\operatorname{{logit}}{0:argument}", Level.FUNCTION),
    numpy="_logit({0})",
    torch="_logit({0})",
    derivatives=(lambda a: 1 / (a * (1 - a)),),
)
def logit(a: Unit) -> Real:
    """Log of the odds a/(1 − a), 0 at one half."""
    return log(a / (1 - a))


@word(
    text=("log softplus({0})", Level.FUNCTION),
    latex=(r"\log\operatorname{{softplus}}{0:()}", Level.FUNCTION),
    numpy="_log_softplus({0})",
    torch="_log_softplus({0})",
    derivatives=(lambda a: softplus_rate(a),),
)
def log_softplus(a: Real) -> Real:
    """The logarithm of the softplus, which itself underflows: near a far below 0, near log a far above."""
    return log(softplus(a))


@word(
    text="[sigmoid/softplus]({0})",
    latex=(r"\frac{{\operatorname{{sigmoid}}}}{{\operatorname{{softplus}}}}{0:()}", Level.PRODUCT),
    numpy="_softplus_rate({0})",
    torch="_softplus_rate({0})",
    derivatives=(lambda a: softplus_rate_slope(a),),
)
def softplus_rate(a: Real) -> Unit:
    """sigmoid(a)/softplus(a), the relative slope of the softplus: 1 far below 0, near 1/a far above."""
    return sigmoid(a) / softplus(a)


@word(
    text="[sigmoid/softplus]′({0})",
    latex=r"\left(\frac{{\operatorname{{sigmoid}}}}{{\operatorname{{softplus}}}}\right)'{0:()}",
    numpy="_softplus_rate_slope({0})",
    torch="_softplus_rate_slope({0})",
)
def softplus_rate_slope(a: Real) -> Real:
    """The derivative of sigmoid/softplus, whose two terms cancel far below 0."""
    return sigmoid(a) * (sigmoid(-a) - sigmoid(a) / softplus(a)) / softplus(a)


# Sums and differences of exponentials -----------------------------------------------------------


@word(
    reference="expm1",
    text="expm1({0})",
    latex=r"\operatorname{{expm1}}{0:()}",
    numpy="np.expm1({0})",
    torch="_expm1({0})",
    derivatives=(lambda a: exp(a),),
)
def expm1(a: Real) -> Real:
    """The difference eᵃ − 1, where eᵃ would round a away."""
    return exp(a) - 1


@word(
    text=("e^{0:atom} − {1:factor}", Level.SUM),
    latex=("e^{{{0}}} - {1:factor}", Level.SUM),
    numpy="_exp_less({0}, {1})",
    torch="_exp_less({0}, {1})",
    derivatives=(lambda a, b: exp(a), lambda a, b: -1),
)
def exp_less(a: Real, b: Real) -> Real:
    """The difference eᵃ − b, where near a = 0 eᵃ would round a away and b may be 1."""
    return exp(a) - b


@word(
    text=("1/expm1({0})", Level.PRODUCT),
    latex=(r"\frac{{1}}{{\operatorname{{expm1}}{0:()}}}", Level.PRODUCT),
    numpy="(1 / np.expm1({0}))",
    torch="_reciprocal_expm1({0})",
    derivatives=(lambda a: reciprocal_expm1(a) * reciprocal_expm1(-a),),
)
def reciprocal_expm1(a: Nonzero) -> Real:
    """1/(eᵃ − 1); at −a it is −1 less itself, so its derivative is a product, as the sigmoid's is."""
    return 1 / (exp(a) - 1)


@word(
    text=("log(1 − e^−{0:atom})", Level.FUNCTION),
    latex=(r"\log\left(1 - e^{{-{0:atom}}}\right)", Level.FUNCTION),
    numpy="_log1mexp({0})",
    torch="_log1mexp({0})",
    derivatives=(lambda a: reciprocal_expm1(a),),
)
def log1mexp(a: Positive) -> Real:
    """log(1 − e⁻ᵃ), the logarithm of the complement of a probability whose logarithm is −a."""
    return log(1 - exp(-a))


@word(
    text=("log(e^{0:atom} + e^{1:atom})", Level.FUNCTION),
    latex=(r"\log\left(e^{{{0}}} + e^{{{1}}}\right)", Level.FUNCTION),
    numpy="np.logaddexp({0}, {1})",
    torch="torch.logaddexp(*_tensors({0}, {1}))",
    derivatives=(lambda a, b: sigmoid(a - b), lambda a, b: sigmoid(b - a)),
)
def logaddexp(a: Real, b: Real) -> Real:
    """log(eᵃ + eᵇ), a smooth maximum of two."""
    return log(exp(a) + exp(b))


@word(
    text=("log(e^{0:atom} − e^{1:atom})", Level.FUNCTION),
    latex=(r"\log\left(e^{{{0}}} - e^{{{1}}}\right)", Level.FUNCTION),
    numpy="_log_diff_exp({0}, {1})",
    torch="_log_diff_exp({0}, {1})",
    derivatives=(lambda a, b: -reciprocal_expm1(b - a), lambda a, b: -reciprocal_expm1(a - b)),
)
def log_diff_exp(a: Real, b: Real) -> Real:
    """log(eᵃ − eᵇ) for a > b."""
    return log(exp(a) - exp(b))


@word(
    text=("log((1 − e^−{0:atom})/{0:atom})", Level.FUNCTION),
    latex=(r"\log\frac{{1 - e^{{-{0:atom}}}}}{{{0}}}", Level.FUNCTION),
    numpy="_log_expm1_ratio({0})",
    torch="_log_expm1_ratio({0})",
    derivatives=(lambda a: log_expm1_ratio_slope(a),),
)
def log_expm1_ratio(a: Real) -> Real:
    """log((1 − e⁻ᵃ)/a) for a of either sign, near −a/2 at 0."""
    return log((1 - exp(-a)) / a)


@word(
    text="[1/expm1({0}) − 1/{0:atom}]",
    latex=r"\left[\frac{{1}}{{\operatorname{{expm1}}{0:()}}} - \frac{{1}}{{{0}}}\right]",
    numpy="_log_expm1_ratio_slope({0})",
    torch="_log_expm1_ratio_slope({0})",
    derivatives=(lambda a: log_expm1_ratio_curvature(a),),
)
def log_expm1_ratio_slope(a: Real) -> Real:
    """1/(eᵃ − 1) − 1/a, −1/2 at 0, though its terms are infinite there; at −a it is −1 less itself."""
    return 1 / (exp(a) - 1) - 1 / a


@word(
    text="[1/{0:atom}² − e^{0:atom}/expm1({0})²]",
    latex=r"\left[\frac{{1}}{{{0:atom}^2}} - \frac{{e^{{{0}}}}}{{\operatorname{{expm1}}^2{0:()}}}\right]",
    numpy="_log_expm1_ratio_curvature({0})",
    torch="_log_expm1_ratio_curvature({0})",
)
def log_expm1_ratio_curvature(a: Real) -> Positive:
    """1/a² − eᵃ/(eᵃ − 1)², 1/12 at 0, though its terms are infinite there."""
    return 1 / a**2 - exp(a) / (exp(a) - 1) ** 2


# log(1 + z²) ------------------------------------------------------------------------------------


@word(
    text=("log(1 + {0:atom}²)", Level.FUNCTION),
    latex=(r"\log\left(1 + {0:atom}^2\right)", Level.FUNCTION),
    numpy="_log1p_square({0})",
    torch="_log1p_square({0})",
    derivatives=(lambda a: log1p_square_slope(a),),
)
def log1p_square(a: Real) -> Nonnegative:
    """log(1 + a²), also where a² is lost beside 1 or overflows."""
    return log(1 + a**2)


@word(
    text=("2 {0:atom}/(1 + {0:atom}²)", Level.PRODUCT),
    latex=(r"\frac{{2 {0:atom}}}{{1 + {0:atom}^2}}", Level.PRODUCT),
    numpy="_log1p_square_slope({0})",
    torch="_log1p_square_slope({0})",
    derivatives=(lambda a: log1p_square_curvature(a),),
)
def log1p_square_slope(a: Real) -> Real:
    """2a/(1 + a²), near 2/a where a² overflows."""
    return 2 * a / (1 + a**2)


@word(
    text=("2 (1 − {0:atom}²)/(1 + {0:atom}²)²", Level.PRODUCT),
    latex=(r"\frac{{2 (1 - {0:atom}^2)}}{{(1 + {0:atom}^2)^2}}", Level.PRODUCT),
    numpy="_log1p_square_curvature({0})",
    torch="_log1p_square_curvature({0})",
)
def log1p_square_curvature(a: Real) -> Real:
    """2(1 − a²)/(1 + a²)², near −2/a² for large a."""
    return 2 * (1 - a**2) / (1 + a**2) ** 2


@word(
    text=("{0:atom}²/(1 + {0:atom}²)", Level.PRODUCT),
    latex=(r"\frac{{{0:atom}^2}}{{1 + {0:atom}^2}}", Level.PRODUCT),
    numpy="_square_share({0})",
    torch="_square_share({0})",
    derivatives=(lambda a: log1p_square_slope(a) * square_rest(a),),
)
def square_share(a: Real) -> Unit:
    """a²/(1 + a²), the share of a² in its sum with 1."""
    return a**2 / (1 + a**2)


@word(
    text=("1/(1 + {0:atom}²)", Level.PRODUCT),
    latex=(r"\frac{{1}}{{1 + {0:atom}^2}}", Level.PRODUCT),
    numpy=("1 / (1 + np.square({0}))", Level.PRODUCT),
    torch=("1 / (1 + torch.square({0}))", Level.PRODUCT),
    derivatives=(lambda a: -log1p_square_slope(a) * square_rest(a),),
)
def square_rest(a: Real) -> Unit:
    """1/(1 + a²), the share of 1 in its sum with a²."""
    return 1 / (1 + a**2)


@word(
    text="[log(1 + {0:atom}²) − {0:atom}²/(1 + {0:atom}²)]",
    latex=r"\left[\log\left(1 + {0:atom}^2\right) - \frac{{{0:atom}^2}}{{1 + {0:atom}^2}}\right]",
    numpy="_log1p_square_excess({0})",
    torch="_log1p_square_excess({0})",
    derivatives=(lambda a: log1p_square_slope(a) * square_share(a),),
)
def log1p_square_excess(a: Real) -> Nonnegative:
    """log(1 + a²) − a²/(1 + a²): of order a⁴, though its terms are of order a²."""
    return log(1 + a**2) - a**2 / (1 + a**2)


@word(
    text=("{1:factor} log(1 + {0:atom}²/{1:atom})", Level.PRODUCT),
    latex=(r"{1:factor} \log\left(1 + \frac{{{0:atom}^2}}{{{1}}}\right)", Level.PRODUCT),
    numpy="_scaled_log1p_square({0}, {1})",
    torch="_scaled_log1p_square({0}, {1})",
    derivatives=(
        lambda a, b: scaled_log1p_square_slope(a, b),
        lambda a, b: log1p_square_excess(a / sqrt(b)),
    ),
)
def scaled_log1p_square(a: Real, b: Positive) -> Nonnegative:
    """The product b log(1 + a²/b), near a² for large b, where a²/b may underflow."""
    return b * log(1 + a**2 / b)


@word(
    text=("2 {0:atom}/(1 + {0:atom}²/{1:atom})", Level.PRODUCT),
    latex=(r"\frac{{2 {0:atom}}}{{1 + {0:atom}^2 / {1:atom}}}", Level.PRODUCT),
    numpy="_scaled_log1p_square_slope({0}, {1})",
    torch="_scaled_log1p_square_slope({0}, {1})",
    derivatives=(
        lambda a, b: log1p_square_curvature(a / sqrt(b)),
        lambda a, b: scaled_log1p_square_slope(a, b) * square_share(a / sqrt(b)) / b,
    ),
)
def scaled_log1p_square_slope(a: Real, b: Positive) -> Real:
    """2a/(1 + a²/b), also where a² overflows."""
    return 2 * a / (1 + a**2 / b)


# log(1 − yᵃ) ------------------------------------------------------------------------------------


@word(
    text=("log(1 − {0:atom}^{1:atom})", Level.FUNCTION),
    latex=(r"\log\left(1 - {0:atom}^{{{1}}}\right)", Level.FUNCTION),
    numpy="_log_one_minus_power({0}, {1})",
    torch="_log_one_minus_power({0}, {1})",
    derivatives=(lambda a, b: -power_hazard(a, b), lambda a, b: power_score(a, b)),
)
def log_one_minus_power(a: Unit, b: Positive) -> Real:
    """log(1 − aᵇ), the log survival of the power distribution, also where aᵇ rounds to 0 or to 1."""
    return log(1 - a**b)


@word(
    text=("{1:factor} {0:atom}^({1} − 1)/(1 − {0:atom}^{1:atom})", Level.PRODUCT),
    latex=(r"\frac{{{1:factor} {0:atom}^{{{1} - 1}}}}{{1 - {0:atom}^{{{1}}}}}", Level.PRODUCT),
    numpy="_power_hazard({0}, {1})",
    torch="_power_hazard({0}, {1})",
    derivatives=(
        lambda a, b: -power_hazard(a, b) * (1 + b * reciprocal_expm1(b * log(a))) / a,
        lambda a, b: -power_hazard(a, b) * log(a) * log_expm1_ratio_slope(b * log(a)),
    ),
)
def power_hazard(a: Unit, b: Positive) -> Positive:
    """The quotient b aᵇ⁻¹/(1 − aᵇ), the hazard rate of the power distribution."""
    return b * a ** (b - 1) / (1 - a**b)


@word(
    text=("−log({0}) {0:atom}^{1:atom}/(1 − {0:atom}^{1:atom})", Level.SUM),
    latex=(r"-\frac{{\log({0})\, {0:atom}^{{{1}}}}}{{1 - {0:atom}^{{{1}}}}}", Level.SUM),
    numpy="_power_score({0}, {1})",
    torch="_power_score({0}, {1})",
    derivatives=(
        lambda a, b: power_hazard(a, b) * log(a) * log_expm1_ratio_slope(b * log(a)),
        lambda a, b: -power_score(a, b) * log(a) * reciprocal_expm1(b * log(a)),
    ),
)
def power_score(a: Unit, b: Positive) -> Positive:
    """−log(a) aᵇ/(1 − aᵇ), the derivative of log(1 − aᵇ) in b."""
    return -log(a) * a**b / (1 - a**b)


# The circle -------------------------------------------------------------------------------------


@word(
    primitive="cos",
    reference="cos",
    text=("cos{0:argument}", Level.FUNCTION),
    latex=(r"\cos{0:argument}", Level.FUNCTION),
    numpy="np.cos({0})",
    torch="torch.cos({0})",
    python="math.cos({0})",
    derivatives=(lambda a: -sine(a),),
)
def cosine(a: Real) -> Real:
    """The cosine."""


@word(
    primitive="sin",
    reference="sin",
    text=("sin{0:argument}", Level.FUNCTION),
    latex=(r"\sin{0:argument}", Level.FUNCTION),
    numpy="np.sin({0})",
    torch="torch.sin({0})",
    python="math.sin({0})",
    derivatives=(lambda a: cosine(a),),
)
def sine(a: Real) -> Real:
    """The sine."""


@word(
    numpy="_one_minus_cosine({0})",
    torch="_one_minus_cosine({0})",
    derivatives=(lambda a: sine(a),),
)
def one_minus_cosine(a: Real) -> Nonnegative:
    """1 − cos a, which floating point gives as 0 for |a| < 1e-8."""
    return 1 - cosine(a)


@word(
    reference="besseli 0",
    text="I₀({0})",
    latex="I_0{0:()}",
    derivatives=(lambda a: bessel_1(a),),
)
def bessel_0(a: Positive) -> Positive:
    """The modified Bessel function I₀, which overflows beyond 713."""
    return besseli(0, a)


@word(
    reference="besseli 1",
    text="I₁({0})",
    latex="I_1{0:()}",
    derivatives=(lambda a: bessel_0(a) - bessel_1(a) / a,),
)
def bessel_1(a: Positive) -> Positive:
    """The modified Bessel function I₁, the derivative of I₀."""
    return besseli(1, a)


@word(
    text=("log I₀({0})", Level.FUNCTION),
    latex=(r"\log I_0{0:()}", Level.FUNCTION),
    numpy="_log_bessel_0({0})",
    torch="_log_bessel_0({0})",
    derivatives=(lambda a: bessel_ratio(a),),
)
def log_bessel_0(a: Positive) -> Positive:
    """Log I₀(a): near a²/4 for small a, where I₀ rounds to 1, and near a for large a, where it overflows."""
    return log(bessel_0(a))


@word(
    numpy="_log_bessel_0_scaled({0})",
    torch="_log_bessel_0_scaled({0})",
    derivatives=(lambda a: -bessel_ratio_complement(a),),
)
def log_bessel_0_scaled(a: Positive) -> Real:
    """Log I₀(a) − a: for large a the two cancel, and −log(2πa)/2 is left."""
    return log_bessel_0(a) - a


@word(
    numpy="_bessel_ratio({0})",
    torch="_bessel_ratio({0})",
    derivatives=(lambda a: bessel_ratio_slope(a),),
)
def bessel_ratio(a: Positive) -> Unit:
    """I₁(a)/I₀(a), the mean of cos y under the density exp(a cos y): both overflow beyond 713."""
    return bessel_1(a) / bessel_0(a)


@word(
    numpy="_bessel_ratio_complement({0})",
    torch="_bessel_ratio_complement({0})",
    derivatives=(lambda a: -bessel_ratio_slope(a),),
)
def bessel_ratio_complement(a: Positive) -> Unit:
    """1 − I₁(a)/I₀(a): near 1/(2a) for large a, where the ratio rounds to 1."""
    return 1 - bessel_ratio(a)


@word(
    numpy="_bessel_ratio_slope({0})",
    torch="_bessel_ratio_slope({0})",
    derivatives=(lambda a: bessel_ratio_curvature(a),),
)
def bessel_ratio_slope(a: Positive) -> Positive:
    """The derivative of A = I₁/I₀, the variance of cos y: near 1/(2a²) for large a, where its terms cancel."""
    return 1 - bessel_ratio(a) / a - bessel_ratio(a) ** 2


@word(
    numpy="_bessel_ratio_curvature({0})",
    torch="_bessel_ratio_curvature({0})",
)
def bessel_ratio_curvature(a: Positive) -> Real:
    """The second derivative of I₁/I₀: near −1/a³ for large a and −3a/8 for small a, where its terms cancel."""
    return bessel_ratio(a) / a**2 - bessel_ratio_slope(a) / a - 2 * bessel_ratio(a) * bessel_ratio_slope(a)


# Counts -----------------------------------------------------------------------------------------


@word(
    text=("log C({0}, {1})", Level.FUNCTION),
    latex=(r"\log \binom{{{0}}}{{{1}}}", Level.FUNCTION),
    numpy="_log_binomial({0}, {1})",
    torch="_log_binomial({0}, {1})",
    derivatives=(
        lambda a, b: digamma_difference(a - b + 1, b),
        lambda a, b: digamma(a - b + 1) - digamma(b + 1),
    ),
)
def log_binomial(a: Nonnegative, b: Nonnegative) -> Nonnegative:
    """The logarithm of the binomial coefficient, b ≤ a: its three terms cancel where a is large."""
    return log_gamma(a + 1) - log_gamma(b + 1) - log_gamma(a - b + 1)


@word(
    numpy="_stirling_correction({0})",
    torch="_stirling_correction({0})",
    derivatives=(lambda a: stirling_correction_slope(a),),
)
def stirling_correction(a: Positive) -> Positive:
    """What Stirling's formula for log Γ(a) leaves: near 1/(12a), though its terms are of order a log a."""
    return log_gamma(a) - (a - _half()) * log(a) + a - log(two_pi) / 2


@word(
    numpy="_stirling_correction_slope({0})",
    torch="_stirling_correction_slope({0})",
    derivatives=(lambda a: stirling_correction_curvature(a),),
)
def stirling_correction_slope(a: Positive) -> Real:
    """ψ(a) − log a + 1/(2a): of order 1/a², though its terms are of order log a."""
    return digamma(a) - log(a) + 1 / (2 * a)


@word(
    numpy="_stirling_correction_curvature({0})",
    torch="_stirling_correction_curvature({0})",
)
def stirling_correction_curvature(a: Positive) -> Positive:
    """ψ′(a) − 1/a − 1/(2a²): of order 1/a³, though its terms are of order 1/a."""
    return trigamma(a) - 1 / a - 1 / (2 * a**2)


# The normal distribution function ---------------------------------------------------------------


def _normal_density(a: Any) -> Any:
    return exp(-(a**2) / 2) / sqrt(two_pi)


@word(
    reference="ncdf",
    text="Φ({0})",
    latex=r"\Phi{0:()}",
    numpy="special.ndtr({0})",
    torch="torch.special.ndtr({0})",
    derivatives=(lambda a: _normal_density(a),),
)
def normal_cdf(a: Real) -> Unit:
    """The distribution function of the standard normal."""


@word(
    text=("log Φ({0})", Level.FUNCTION),
    latex=(r"\log\Phi{0:()}", Level.FUNCTION),
    numpy="_log_normal_cdf({0})",
    torch="_log_normal_cdf({0})",
    derivatives=(lambda a: inverse_mills(a),),
)
def log_normal_cdf(a: Real) -> Real:
    """Log Φ(a): Φ itself underflows below -38 and rounds to 1 above 8."""
    return log(normal_cdf(a))


@word(
    text="λ({0})",
    latex=r"\lambda{0:()}",
    numpy="_inverse_mills({0})",
    torch="_inverse_mills({0})",
    derivatives=(lambda a: inverse_mills_slope(a),),
)
def inverse_mills(a: Real) -> Positive:
    """The inverse Mills ratio λ(a) = φ(a)/Φ(a), about -a on the far left, where both vanish."""
    return _normal_density(a) / normal_cdf(a)


@word(
    text="λ′({0})",
    latex=r"\lambda'{0:()}",
    numpy="_inverse_mills_slope({0})",
    torch="_inverse_mills_slope({0})",
)
def inverse_mills_slope(a: Real) -> Real:
    """The derivative -λ(a) (a + λ(a)) of the inverse Mills ratio, in (-1, 0)."""
    return -inverse_mills(a) * (a + inverse_mills(a))


@word(
    text="[{0} + λ({0})]",
    latex=r"\left[{0} + \lambda{0:()}\right]",
    numpy="_inverse_mills_excess({0})",
    torch="_inverse_mills_excess({0})",
    derivatives=(lambda a: inverse_mills_excess_slope(a),),
)
def inverse_mills_excess(a: Real) -> Positive:
    """A + λ(a): of order 1/|a| on the far left, though its terms are of order |a|."""
    return a + inverse_mills(a)


@word(
    text="[1 + λ′({0})]",
    latex=r"\left[1 + \lambda'{0:()}\right]",
    numpy="_inverse_mills_excess_slope({0})",
    torch="_inverse_mills_excess_slope({0})",
)
def inverse_mills_excess_slope(a: Real) -> Positive:
    """1 + λ′(a), the variance of a standard normal that is less than a: of order 1/a² on the far left."""
    return 1 + inverse_mills_slope(a)


@word(
    text="erfcx({0})",
    latex=r"\operatorname{{erfcx}}{0:()}",
    numpy="_erfcx({0})",
    torch="_erfcx({0})",
    derivatives=(lambda a: -sqrt(2) * inverse_mills_excess(-sqrt(2) * a) * erfcx(a),),
)
def erfcx(a: Real) -> Positive:
    """exp(a²) erfc(a) = 2 exp(a²) Φ(−√2 a): one factor overflows where the other vanishes."""
    return 2 * exp(a**2) * normal_cdf(-sqrt(2) * a)


@word(
    text=("log[Φ({1}) − Φ({0})]", Level.FUNCTION),
    latex=(r"\log\left[\Phi({1}) - \Phi({0})\right]", Level.FUNCTION),
    numpy="_log_normal_cdf_difference({0}, {1})",
    torch="_log_normal_cdf_difference({0}, {1})",
    derivatives=(
        lambda a, b: -log_normal_cdf_difference_slope(-b, -a),
        lambda a, b: log_normal_cdf_difference_slope(a, b),
    ),
)
def log_normal_cdf_difference(a: Real, b: Real) -> Real:
    """Log(Φ(b) − Φ(a)), a < b: the two cancel in either tail, and where a and b are close."""
    return log(normal_cdf(b) - normal_cdf(a))


@word(
    text="φ({1})/[Φ({1}) − Φ({0})]",
    latex=r"\frac{{\varphi({1})}}{{\Phi({1}) - \Phi({0})}}",
    numpy="_log_normal_cdf_difference_slope({0}, {1})",
    torch="_log_normal_cdf_difference_slope({0}, {1})",
    derivatives=(
        lambda a, b: log_normal_cdf_difference_slope(a, b) * log_normal_cdf_difference_slope(-b, -a),
        lambda a, b: log_normal_cdf_difference_curvature(a, b),
    ),
)
def log_normal_cdf_difference_slope(a: Real, b: Real) -> Positive:
    """φ(b)/(Φ(b) − Φ(a)), a < b; that of −b and −a has φ(a) above."""
    return _normal_density(b) / (normal_cdf(b) - normal_cdf(a))


@word(
    text="∂² log[Φ({1}) − Φ({0})]",
    latex=r"\partial^2_2 \log\left[\Phi({1}) - \Phi({0})\right]",
    numpy="_log_normal_cdf_difference_curvature({0}, {1})",
    torch="_log_normal_cdf_difference_curvature({0}, {1})",
)
def log_normal_cdf_difference_curvature(a: Real, b: Real) -> Real:
    """−u (b + u) with u = φ(b)/(Φ(b) − Φ(a)), a < b."""
    slope = log_normal_cdf_difference_slope(a, b)
    return -slope * (b + slope)


@word(
    text="E[X | {0} < X < {1}]",
    latex=r"\operatorname{{E}}\left[X \mid {0} < X < {1}\right]",
    numpy="_truncated_normal_mean({0}, {1})",
    torch="_truncated_normal_mean({0}, {1})",
    derivatives=(
        lambda a, b: log_normal_cdf_difference_slope(-b, -a) * (truncated_normal_mean(a, b) - a),
        lambda a, b: log_normal_cdf_difference_slope(a, b) * (b - truncated_normal_mean(a, b)),
    ),
)
def truncated_normal_mean(a: Real, b: Real) -> Real:
    """(φ(a) − φ(b))/(Φ(b) − Φ(a)), a < b, the mean of a standard normal between a and b."""
    return (_normal_density(a) - _normal_density(b)) / (normal_cdf(b) - normal_cdf(a))


@word(
    text="(1 − Var[X | {0} < X < {1}])",
    latex=r"\left(1 - \operatorname{{Var}}\left[X \mid {0} < X < {1}\right]\right)",
    numpy="_truncated_normal_variance_complement({0}, {1})",
    torch="_truncated_normal_variance_complement({0}, {1})",
)
def truncated_normal_variance_complement(a: Real, b: Real) -> Unit:
    """One minus the variance of a standard normal between a and b, a < b."""
    whole = normal_cdf(b) - normal_cdf(a)
    return (b * _normal_density(b) - a * _normal_density(a)) / whole + truncated_normal_mean(a, b) ** 2


# Of a vector ------------------------------------------------------------------------------------


@word(
    text="logsumexp({0})",
    latex=r"\operatorname{{logsumexp}}{0:()}",
    numpy="_log_sum_exp({0})",
    torch="_log_sum_exp({0})",
    derivatives=(lambda z, j: softmax(z, j),),
    along=lambda z, v: total(softmax(z, k) * v[k], k),
)
def logsumexp(z: Vector) -> Real:
    """Log Σ exp(z), a smooth maximum."""
    return log(total(exp(z[m]), m))


@word(
    text="logsumexp({0} − {entry})",
    latex=r"\operatorname{{logsumexp}}({0} - {entry})",
    numpy="_log_sum_exp_difference({0})",
    torch="_log_sum_exp_difference({0})",
    derivatives=(lambda z, k, j: (1 - delta(k, j)) * softmax(z, j) - delta(k, j) * softmax_complement(z, j),),
    along=lambda z, k, v: -softmax_deviation(z, v, k),
)
def logsumexp_difference(z: Vector, k: Position) -> Nonnegative:
    """Log Σₗ exp(zₗ − z_k): how far z_k lies below the smooth maximum, exact when it is the maximum."""
    return log(total(exp(z[m] - z[k]), m))


@word(
    text="softmax({0}){1:index}",
    latex=r"\operatorname{{softmax}}({0})_{{{1}}}",
    numpy="_softmax({0})",
    torch="_softmax({0})",
    derivatives=(
        lambda z, k, j: (
            delta(k, j) * softmax(z, j) * softmax_complement(z, j)
            - (1 - delta(k, j)) * softmax(z, k) * softmax(z, j)
        ),
    ),
    along=lambda z, k, v: softmax(z, k) * softmax_deviation(z, v, k),
)
def softmax(z: Vector, k: Position) -> Positive:
    """exp(z_k) / Σₗ exp(zₗ), the probability of the k-th class."""
    return exp(z[k]) / total(exp(z[m]), m)


@word(
    numpy="_softmax_complement({0})",
    torch="_softmax_complement({0})",
    derivatives=(
        lambda z, k, j: (
            (1 - delta(k, j)) * softmax(z, k) * softmax(z, j)
            - delta(k, j) * softmax(z, j) * softmax_complement(z, j)
        ),
    ),
    along=lambda z, k, v: -softmax(z, k) * softmax_deviation(z, v, k),
)
def softmax_complement(z: Vector, k: Position) -> Positive:
    """One minus the softmax: the probability of all the other classes, where the softmax rounds to 1."""
    return 1 - softmax(z, k)


@word(
    numpy="_softmax_deviation({0}, {1})",
    torch="_softmax_deviation({0}, {1})",
)
def softmax_deviation(z: Vector, v: Vector, k: Position) -> Real:
    """v_k minus the mean of v under the softmax of z, without cancellation at the likeliest class."""
    return v[k] - total(softmax(z, m) * v[m], m)


# Every word, by the name of its SymPy class: a function outside this table is an error everywhere.
VOCABULARY = {row.primitive or row.name: row for row in list(vars().values()) if isinstance(row, Word)}


def word_of(expression: Any) -> Word:
    """The word that the expression applies; Misuse when it is none of ours."""
    head = type(expression)
    found = getattr(head, "word", None) or VOCABULARY.get(head.__name__)
    if found is None:
        raise Misuse(
            f"the function {head.__name__} is not in the vocabulary of derive; "
            f"its words are {', '.join(VOCABULARY)}"
        )
    return found
