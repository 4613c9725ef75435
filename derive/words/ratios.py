"""How far two positive numbers are from each other: the logarithm of their ratio, and divergences."""

from derive.domains import Nonnegative, Nonzero, Positive, Real, Unit
from derive.heads import Level, word
from derive.words.elementary import exp, log, sigmoid, softplus, square, xlogy
from derive.words.exponentials import expm1
from derive.words.logistic import log_softplus, sigmoid_slope, softplus_rate, softplus_rate_slope
from derive.words.symbols import sqrt


@word(
    text=("log({0:atom}/{1:atom})", Level.FUNCTION),
    latex=(r"\log\frac{{{0}}}{{{1}}}", Level.FUNCTION),
    numpy="_log_ratio({0}, {1})",
    torch="_log_ratio({0}, {1})",
    derivatives=(lambda a, b: 1 / a, lambda a, b: -1 / b),
)
def log_ratio(a: Positive, b: Positive) -> Real:
    """log(a/b), also where a and b are close, or their quotient overflows."""
    return log(a) - log(b)


@word(
    text=("({0} − {1:factor})/{1:atom}", Level.PRODUCT),
    latex=(r"\frac{{{0} - {1:factor}}}{{{1}}}", Level.PRODUCT),
    numpy=("({0} - {1:factor}) / {1:atom}", Level.PRODUCT),
    torch=("({0} - {1:factor}) / {1:atom}", Level.PRODUCT),
    derivatives=(lambda a, b: 1 / b, lambda a, b: -a / b / b),
)
def relative_difference(a: Real, b: Positive) -> Real:
    """(a − b)/b, 0 where a is b; its derivative in b is −a/b², of which the quotient rule makes a difference."""
    return a / b - 1


@word(
    text=("e^{0:atom} − 1 − {0:factor}", Level.SUM),
    latex=("e^{{{0:raised}}} - 1 - {0:factor}", Level.SUM),
    numpy="_exp_excess({0})",
    torch="_exp_excess({0})",
    derivatives=(lambda a: expm1(a),),
)
def exp_excess(a: Real) -> Nonnegative:
    """eᵃ − 1 − a, what the exponential has above its tangent at 0: near a²/2 there."""
    return exp(a) - 1 - a


@word(
    text=("{0:atom}/{1:atom} − 1 − log({0:atom}/{1:atom})", Level.SUM),
    latex=(r"\frac{{{0}}}{{{1}}} - 1 - \log\frac{{{0}}}{{{1}}}", Level.SUM),
    numpy="_ratio_excess({0}, {1})",
    torch="_ratio_excess({0}, {1})",
    derivatives=(
        lambda a, b: relative_difference(a, b) / a,
        lambda a, b: -relative_difference(a, b) / b,
    ),
)
def ratio_excess(a: Positive, b: Positive) -> Nonnegative:
    """a/b − 1 − log(a/b), the divergence of Itakura and Saito: 0 where a is b, and half a gamma deviance."""
    return a / b - 1 - log(a) + log(b)


@word(
    text="[{0:factor} log({0:atom}/{1:atom}) − {0:factor} + {1:factor}]",
    latex=r"\left[{0:factor} \log\frac{{{0}}}{{{1}}} - {0:factor} + {1:factor}\right]",
    numpy="_divergence({0}, {1})",
    torch="_divergence({0}, {1})",
    derivatives=(lambda a, b: log_ratio(a, b), lambda a, b: -relative_difference(a, b)),
)
def divergence(a: Nonnegative, b: Positive) -> Nonnegative:
    """The divergence a log(a/b) − a + b of Kullback and Leibler: 0 where a is b, and half a Poisson deviance."""
    return xlogy(a, a) - a * log(b) - a + b


@word(
    text="[{0:factor} log({0:atom}/{2:atom}) + {1:factor} log({1:atom}/(1 − {2:factor}))]",
    latex=r"\left[{0:factor} \log\frac{{{0}}}{{{2}}} + {1:factor} \log\frac{{{1}}}{{1 - {2:factor}}}\right]",
    numpy=("_divergence({0}, {2}) + _divergence({1}, 1 - {2:factor})", Level.SUM),
    torch=("_divergence({0}, {2}) + _divergence({1}, 1 - {2:factor})", Level.SUM),
    derivatives=(
        lambda a, b, c: log_ratio(a, c),
        lambda a, b, c: log_ratio(b, 1 - c),
        lambda a, b, c: b / (1 - c) - a / c,
    ),
)
def bernoulli_divergence(a: Unit, b: Unit, c: Unit) -> Nonnegative:
    """The divergence a log(a/c) + b log(b/(1 − c)) of a probability a, whose complement b may be known better, from c."""
    return divergence(a, c) + divergence(b, 1 - c)


@word(
    text="[{0:factor} log({0:atom}/({1:factor} {2:factor})) − {0:factor} + {1:factor} {2:factor}]",
    latex=r"\left[{0:factor} \log\frac{{{0}}}{{{1:factor} {2:factor}}} - {0:factor} + {1:factor} {2:factor}\right]",
    numpy="_divergence({0}, {1:factor} * {2:factor})",
    torch="_divergence({0}, {1:factor} * {2:factor})",
    derivatives=(
        lambda a, b, c: log_ratio(a, b * c),
        lambda a, b, c: c - a / b,
        lambda a, b, c: b - a / c,
    ),
)
def product_divergence(a: Nonnegative, b: Positive, c: Positive) -> Nonnegative:
    """The divergence of a from the product b c, whose square would overflow in its second derivatives."""
    return divergence(a, b * c)


@word(
    text="[e^{1:atom} − {0:factor} {1:factor} + {0:factor} log{0:argument} − {0:factor}]",
    latex=r"\left[e^{{{1:raised}}} - {0:factor} {1:factor} + {0:factor} \log{0:argument} - {0:factor}\right]",
    numpy="_log_divergence({0}, {1})",
    torch="_log_divergence({0}, {1})",
    derivatives=(lambda a, b: log(a) - b, lambda a, b: exp(b) - a),
)
def log_divergence(a: Nonnegative, b: Real) -> Nonnegative:
    """The divergence of a from eᵇ, also where eᵇ underflows: 0 where log a is b."""
    return exp(b) - a * b + xlogy(a, a) - a


@word(
    text=(
        "[{1:factor} softplus({2}) − {0:factor} log({1:factor} softplus({2})) + {0:factor} log{0:argument} − {0:factor}]"
    ),
    latex=(
        r"\left[{1:factor} \operatorname{{softplus}}{2:()} - {0:factor} \log\left({1:factor} "
        r"\operatorname{{softplus}}{2:()}\right) + {0:factor} \log{0:argument} - {0:factor}\right]"
    ),
    numpy="_log_divergence({0}, np.log({1}) + _log_softplus({2}))",
    torch="_log_divergence({0}, torch.log({1}) + _log_softplus({2}))",
    derivatives=(
        lambda a, b, c: log(a) - (log(b) + log_softplus(c)),
        lambda a, b, c: softplus(c) - a / b,
        lambda a, b, c: softplus_divergence_slope(a, b, c),
    ),
)
def softplus_divergence(a: Nonnegative, b: Positive, c: Real) -> Nonnegative:
    """The divergence of a from b softplus(c), also where the softplus underflows."""
    return divergence(a, b * softplus(c))


@word(
    text=("({1:factor} softplus({2}) − {0:factor}) [sigmoid/softplus]({2})", Level.PRODUCT),
    latex=(
        r"\left({1:factor} \operatorname{{softplus}}{2:()} - {0:factor}\right) "
        r"\frac{{\operatorname{{sigmoid}}}}{{\operatorname{{softplus}}}}{2:()}",
        Level.PRODUCT,
    ),
    numpy=("({1:factor} * _softplus({2}) - {0:factor}) * _softplus_rate({2})", Level.PRODUCT),
    torch=("({1:factor} * _softplus({2}) - {0:factor}) * _softplus_rate({2})", Level.PRODUCT),
    derivatives=(
        lambda a, b, c: -softplus_rate(c),
        lambda a, b, c: sigmoid(c),
        lambda a, b, c: b * sigmoid_slope(c) - a * softplus_rate_slope(c),
    ),
)
def softplus_divergence_slope(a: Nonnegative, b: Positive, c: Real) -> Real:
    """The difference b sigmoid(c) − a sigmoid(c)/softplus(c): 0 where b softplus(c) is a; no terms of its own derivative cancel."""
    return b * sigmoid(c) - a * sigmoid(c) / softplus(c)


@word(
    text=("{2:factor} ({0} − {1:factor})²/({0:factor} {1:atom}²)", Level.PRODUCT),
    latex=(r"\frac{{{2:factor} ({0} - {1:factor})^2}}{{{0:factor} {1:atom}^2}}", Level.PRODUCT),
    numpy=("{2:factor} * np.square(({0} - {1:factor}) / {1:atom} / np.sqrt({0}))", Level.PRODUCT),
    torch=("{2:factor} * torch.square(({0} - {1:factor}) / {1:atom} / torch.sqrt({0}))", Level.PRODUCT),
    derivatives=(
        lambda a, b, c: c * relative_difference(a, b) * (a + b) / a**2 / b,
        lambda a, b, c: inverse_gaussian_slope(a, b, c),
        lambda a, b, c: square(relative_difference(a, b) / sqrt(a)),
    ),
)
def inverse_gaussian_deviance(a: Positive, b: Positive, c: Positive) -> Nonnegative:
    """The deviance c (a − b)²/(a b²) of the inverse Gaussian distribution with the shape c: 0 where a is b."""
    return c * (a - b) ** 2 / (a * b**2)


@word(
    numpy=("-2 * ({2:factor} * (({0} - {1:factor}) / {1:atom}) / {1:atom} / {1:atom})", Level.SUM),
    torch=("-2 * ({2:factor} * (({0} - {1:factor}) / {1:atom}) / {1:atom} / {1:atom})", Level.SUM),
    derivatives=(
        lambda a, b, c: -2 * c / b**3,
        lambda a, b, c: inverse_gaussian_curvature(a, b, c),
        lambda a, b, c: -2 * relative_difference(a, b) / b**2,
    ),
)
def inverse_gaussian_slope(a: Positive, b: Positive, c: Positive) -> Real:
    """−2c (a − b)/b³, where b³ may overflow."""
    return -2 * c * (a - b) / b**3


@word(
    numpy=("{2:factor} * (6 * ({0:factor} / {1:atom}) - 4) / {1:atom} / {1:atom} / {1:atom}", Level.PRODUCT),
    torch=("{2:factor} * (6 * ({0:factor} / {1:atom}) - 4) / {1:atom} / {1:atom} / {1:atom}", Level.PRODUCT),
)
def inverse_gaussian_curvature(a: Positive, b: Positive, c: Positive) -> Real:
    """The quotient c (6a/b − 4)/b³, where b³ may overflow."""
    return c * (6 * a / b - 4) / b**3


@word(
    text="[expm1(log{0:argument} − {1:factor})²/{0:atom}]",
    latex=r"\frac{{\operatorname{{expm1}}^2\left(\log{0:argument} - {1:factor}\right)}}{{{0}}}",
    numpy="np.square(np.expm1(np.log({0}) - {1:factor}) / np.sqrt({0}))",
    torch="torch.square(_expm1(torch.log({0}) - {1:factor}) / torch.sqrt({0}))",
    derivatives=(
        lambda a, b: expm1(log(a) - b) * (1 + exp(log(a) - b)) / a**2,
        lambda a, b: -2 * expm1(log(a) - b) * exp(-b),
    ),
)
def inverse_gaussian_log_deviance(a: Positive, b: Real) -> Nonnegative:
    """The unit deviance of a from eᵇ, also where eᵇ overflows or vanishes."""
    return (a * exp(-b) - 1) ** 2 / a


@word(
    text="[({0:atom}/{1:atom})^{2:atom} − 1 − {2:factor} log({0:atom}/{1:atom})]",
    latex=r"\left[\left(\frac{{{0}}}{{{1}}}\right)^{{{2:raised}}} - 1 - {2:factor} \log\frac{{{0}}}{{{1}}}\right]",
    numpy="_exp_excess({2:factor} * _log_ratio({0}, {1}))",
    torch="_exp_excess({2:factor} * _log_ratio({0}, {1}))",
    derivatives=(
        lambda a, b, c: c * expm1(c * log_ratio(a, b)) / a,
        lambda a, b, c: power_excess_slope(a, b, c),
        lambda a, b, c: log_ratio(a, b) * expm1(c * log_ratio(a, b)),
    ),
)
def power_excess(a: Positive, b: Positive, c: Nonzero) -> Nonnegative:
    """(a/b)ᶜ − 1 − log (a/b)ᶜ, what a power of a ratio has above its tangent at 1: 0 where a is b."""
    return expm1(c * log_ratio(a, b)) - c * log_ratio(a, b)


@word(
    numpy="_power_excess_slope({0}, {1}, {2})",
    torch="_power_excess_slope({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: -(c**2) * exp(c * log_ratio(a, b)) / a / b,
        lambda a, b, c: power_excess_curvature(a, b, c),
        lambda a, b, c: power_excess_cross(a, b, c),
    ),
)
def power_excess_slope(a: Positive, b: Positive, c: Nonzero) -> Real:
    """−c ((a/b)ᶜ − 1)/b, where the power may overflow before it is divided."""
    return -c * expm1(c * log_ratio(a, b)) / b


@word(
    numpy="_power_excess_curvature({0}, {1}, {2})",
    torch="_power_excess_curvature({0}, {1}, {2})",
)
def power_excess_curvature(a: Positive, b: Positive, c: Nonzero) -> Real:
    """The quotient c ((c + 1) (a/b)ᶜ − 1)/b², where the power may overflow before it is divided."""
    return c * (c + (c + 1) * expm1(c * log_ratio(a, b))) / b**2


@word(
    numpy="_power_excess_cross({0}, {1}, {2})",
    torch="_power_excess_cross({0}, {1}, {2})",
)
def power_excess_cross(a: Positive, b: Positive, c: Nonzero) -> Real:
    """−((a/b)ᶜ (1 + c log(a/b)) − 1)/b, where the power may overflow before it is divided."""
    power = c * log_ratio(a, b)
    return -(power + (1 + power) * expm1(power)) / b


@word(
    text="[({0} + {1:factor}) log(({0:factor} {2:factor} + {1:factor})/({0} + {1:factor})) − {0:factor} log({2})]",
    latex=(
        r"\left[({0} + {1:factor}) \log\frac{{{0:factor} {2:factor} + {1:factor}}}{{{0} + {1:factor}}}"
        r" - {0:factor} \log{2:argument}\right]"
    ),
    numpy="_mean_excess({0}, {1}, {2})",
    torch="_mean_excess({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: mean_excess_above(a, b, c),
        lambda a, b, c: mean_excess_below(a, b, c),
        lambda a, b, c: a * b * (c - 1) / (c * (a * c + b)),
    ),
)
def mean_excess(a: Positive, b: Positive, c: Positive) -> Nonnegative:
    """By how much a + b times the logarithm of the weighted mean of c and 1 exceeds that of the geometric one: 0 at 1."""
    return (a + b) * log((a * c + b) / (a + b)) - a * log(c)


@word(
    numpy="_mean_excess_above({0}, {1}, {2})",
    torch="_mean_excess_above({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: -mean_excess_bend(b, b, a, b, c),
        lambda a, b, c: mean_excess_bend(a, b, a, b, c),
        lambda a, b, c: b**2 * (c - 1) / (c * (a * c + b) ** 2),
    ),
)
def mean_excess_above(a: Positive, b: Positive, c: Positive) -> Nonnegative:
    """T − log(1 + t) at t = b (c − 1)/(a c + b), the slope of that in the weight of c."""
    return b * (c - 1) / (a * c + b) - log((a + b) * c / (a * c + b))


@word(
    numpy="_mean_excess_below({0}, {1}, {2})",
    torch="_mean_excess_below({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: mean_excess_bend(a, b, a, b, c),
        lambda a, b, c: -mean_excess_bend(a, a, a, b, c),
        lambda a, b, c: a**2 * (c - 1) / (a * c + b) ** 2,
    ),
)
def mean_excess_below(a: Positive, b: Positive, c: Positive) -> Nonnegative:
    """T − log(1 + t) at t = a (1 − c)/(a c + b), the slope of that in the weight of 1."""
    return a * (1 - c) / (a * c + b) - log((a + b) / (a * c + b))


@word(
    numpy="_mean_excess_bend({0}, {1}, {2}, {3}, {4})",
    torch="_mean_excess_bend({0}, {1}, {2}, {3}, {4})",
)
def mean_excess_bend(p: Positive, q: Positive, a: Positive, b: Positive, c: Positive) -> Nonnegative:
    """P q (c − 1)²/((a + b) (a c + b)²), of which the squares may overflow."""
    return p * q * (c - 1) ** 2 / ((a + b) * (a * c + b) ** 2)
