"""The logistic function and softplus."""

from typing import Any

from derive.domains import Positive, Real, Unit
from derive.heads import Level, word
from derive.words.elementary import exp, log, sigmoid, softplus
from derive.words.exponentials import log_expm1_ratio_slope
from derive.words.hyperbolic import tanh
from derive.words.symbols import half


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
    text="silu({0})",
    latex=r"\operatorname{{silu}}{0:()}",
)
def silu(a: Real) -> Real:
    """The product a sigmoid(a), the sigmoid linear unit."""
    return a * sigmoid(a)


@word(
    text="[sigmoid(({0} + ½)/{1:atom}) − sigmoid(({0} − ½)/{1:atom})]",
    latex=r"\left[\operatorname{{sigmoid}}\frac{{{0} + 1/2}}{{{1}}} - \operatorname{{sigmoid}}\frac{{{0} - 1/2}}{{{1}}}\right]",
)
def logistic_cell(a: Real, b: Positive) -> Unit:
    """The probability that a logistic variable of scale b rounds to a: a difference of sigmoids, as a product."""
    return sigmoid((a + half()) / b) * sigmoid((half() - a) / b) * (1 - exp(-1 / b))


@word(
    text=("log[sigmoid(({0} + ½)/{1:atom}) − sigmoid(({0} − ½)/{1:atom})]", Level.FUNCTION),
    latex=(
        r"\log\left[\operatorname{{sigmoid}}\frac{{{0} + 1/2}}{{{1}}} - \operatorname{{sigmoid}}\frac{{{0} - 1/2}}{{{1}}}\right]",
        Level.FUNCTION,
    ),
    numpy="_log_logistic_cell({0}, {1})",
    torch="_log_logistic_cell({0}, {1})",
    derivatives=(lambda a, b: -logistic_cell_slope(a, b), lambda a, b: -logistic_cell_scale_slope(a, b)),
)
def log_logistic_cell(a: Real, b: Positive) -> Real:
    """The logarithm of the probability of a cell: in both tails, and for a wide variable, the two sigmoids cancel."""
    return log(1 - exp(-1 / b)) - log(1 + exp(-(a + half()) / b)) - log(1 + exp((a - half()) / b))


@word(
    numpy="_logistic_cell_slope({0}, {1})",
    torch="_logistic_cell_slope({0}, {1})",
    derivatives=(lambda a, b: logistic_cell_curvature(a, b), lambda a, b: logistic_cell_mixed(a, b)),
)
def logistic_cell_slope(a: Real, b: Positive) -> Real:
    """The derivative of minus that in a, odd in a: near a = 0 its terms cancel."""
    return (sigmoid((a - half()) / b) - sigmoid(-(a + half()) / b)) / b


@word(
    numpy="_logistic_cell_scale_slope({0}, {1})",
    torch="_logistic_cell_scale_slope({0}, {1})",
    derivatives=(lambda a, b: logistic_cell_mixed(a, b), lambda a, b: logistic_cell_scale_curvature(a, b)),
)
def logistic_cell_scale_slope(a: Real, b: Positive) -> Real:
    """The derivative of minus that in b."""
    return (1 / (b * (exp(1 / b) - 1)) - silu(-(a + half()) / b) - silu((a - half()) / b)) / b


@word(
    numpy="_logistic_cell_curvature({0}, {1})",
    torch="_logistic_cell_curvature({0}, {1})",
)
def logistic_cell_curvature(a: Real, b: Positive) -> Real:
    """The second derivative of minus that in a."""
    low, high, _ = _cell(a, b)
    return (low * (1 - low) + high * (1 - high)) / b**2


@word(
    numpy="_logistic_cell_mixed({0}, {1})",
    torch="_logistic_cell_mixed({0}, {1})",
)
def logistic_cell_mixed(a: Real, b: Positive) -> Real:
    """The second derivative of minus that in a and b."""
    low, high, _ = _cell(a, b)
    up, down = (a + half()) / b, (a - half()) / b
    return (low - high - up * low * (1 - low) - down * high * (1 - high)) / b**2


@word(
    numpy="_logistic_cell_scale_curvature({0}, {1})",
    torch="_logistic_cell_scale_curvature({0}, {1})",
)
def logistic_cell_scale_curvature(a: Real, b: Positive) -> Real:
    """The second derivative of minus that in b."""
    low, high, gap = _cell(a, b)
    up, down = (a + half()) / b, (a - half()) / b
    first = 2 * (down * high - up * low - gap / b)
    return (first + up**2 * low * (1 - low) + down**2 * high * (1 - high) + gap * (1 + gap) / b**2) / b**2


def _cell(a: Any, b: Any) -> tuple[Any, Any, Any]:
    """The mass below the upper end that is missing, that below the lower end, and 1/(exp(1/b) − 1)."""
    return sigmoid(-(a + half()) / b), sigmoid((a - half()) / b), 1 / (exp(1 / b) - 1)


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
