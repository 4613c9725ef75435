"""The logistic function and softplus."""

from derive.domains import Positive, Real, Unit
from derive.heads import Level, word
from derive.words.elementary import log, sigmoid, softplus
from derive.words.exponentials import log_expm1_ratio_slope
from derive.words.hyperbolic import tanh


@word(
    text="σ′({0})",
    latex=r"\operatorname{{sigmoid}}'{0:()}",
    numpy="(_sigmoid({0}) * _sigmoid(-{0:atom}))",
    torch="(torch.sigmoid({0}) * torch.sigmoid(-{0:atom}))",
    derivatives=(lambda a: -sigmoid_slope(a) * tanh(a / 2),),
)
def sigmoid_slope(a: Real) -> Unit:
    """sigmoid(a) (1 − sigmoid(a)), the logistic density, whose own derivative is 0 at 0 without cancelling."""
    return sigmoid(a) * sigmoid(-a)


@word(
    numpy="_sigmoid_difference({0}, {1})",
    torch="_sigmoid_difference({0}, {1})",
    derivatives=(lambda a, b: sigmoid_slope(a), lambda a, b: -sigmoid_slope(b)),
)
def sigmoid_difference(a: Real, b: Real) -> Real:
    """sigmoid(a) − sigmoid(b), which cancel where a and b are both small, both large or close."""
    return sigmoid(a) - sigmoid(b)


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


@word(
    text=("(2 {0:factor} − 1)/logit{0:argument}", Level.PRODUCT),
    latex=r"\frac{{2 {0:factor} - 1}}{{\operatorname{{logit}}{0:argument}}}",
)
def logistic_mean(a: Unit) -> Positive:
    """The logarithmic mean (2a − 1)/logit a of a and 1 − a, the integral of aˣ (1 − a)¹⁻ˣ: 1/2 at 1/2."""
    return (2 * a - 1) / log(a / (1 - a))


@word(
    text=("log((2 {0:factor} − 1)/logit{0:argument})", Level.FUNCTION),
    latex=(r"\log\frac{{2 {0:factor} - 1}}{{\operatorname{{logit}}{0:argument}}}", Level.FUNCTION),
    numpy="_log_logistic_mean({0})",
    torch="_log_logistic_mean({0})",
    derivatives=(lambda a: (-log_expm1_ratio_slope(-logit(a)) / a - 1) / (1 - a),),
)
def log_logistic_mean(a: Unit) -> Real:
    """The logarithm of the logarithmic mean of a and 1 − a."""
    return log((2 * a - 1) / log(a / (1 - a)))
