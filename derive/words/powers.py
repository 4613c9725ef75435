"""log(1 − yᵃ), and powers of absolute values."""

from derive.domains import Nonnegative, Nonzero, Positive, Real, Unit
from derive.heads import Level, word
from derive.words.elementary import absolute, log, sign
from derive.words.exponentials import log_expm1_ratio_slope, reciprocal_expm1


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
        # 1/b + log(a) (1/(e^x - 1) - 1/x) at x = b log a: what is infinite at a = 1 is not taken.
        lambda a, b: -power_score(a, b) * (log(a) * log_expm1_ratio_slope(b * log(a)) + 1 / b),
    ),
)
def power_score(a: Unit, b: Positive) -> Positive:
    """−log(a) aᵇ/(1 − aᵇ), the derivative of log(1 − aᵇ) in b."""
    return -log(a) * a**b / (1 - a**b)


@word(
    text=("{0:factor}/{1:atom}", Level.PRODUCT),
    latex=r"\left(\frac{{{0}}}{{{1}}}\right)",
    numpy="({0:factor} / {1:atom})",
    torch="({0:factor} / {1:atom})",
    derivatives=(lambda a, b: 1 / b, lambda a, b: -quotient(a, b) / b),
)
def quotient(a: Real, b: Nonzero) -> Real:
    """The quotient a/b, taken before anything is multiplied by it: the products could overflow or vanish."""
    return a / b


@word(
    text=("|{0}|^{1:atom}", Level.POWER),
    latex=r"\left|{0}\right|^{{{1}}}",
    numpy="np.power(np.abs({0}), {1})",
    torch="torch.pow(torch.abs({0}), {1})",
    derivatives=(lambda a, b: absolute_power_slope(a, b), lambda a, b: absolute_power_log(a, b)),
)
def absolute_power(a: Real, b: Positive) -> Nonnegative:
    """|a|ᵇ, whose slope is taken for 0 at 0, a subgradient there."""
    return absolute(a) ** b


@word(
    text=("{1:factor} |{0}|^({1} − 1) sign({0})", Level.PRODUCT),
    latex=(r"{1:factor} \left|{0}\right|^{{{1} - 1}} \operatorname{{sign}}{0:()}", Level.PRODUCT),
    numpy="_absolute_power_slope({0}, {1})",
    torch="_absolute_power_slope({0}, {1})",
    derivatives=(
        lambda a, b: absolute_power_curvature(a, b),
        lambda a, b: absolute_power_log_slope(a, b),
    ),
)
def absolute_power_slope(a: Real, b: Positive) -> Real:
    """The slope b |a|ᵇ⁻¹ sign a, 0 at 0."""
    return b * absolute(a) ** (b - 1) * sign(a)


@word(
    text=("{1:factor} ({1} − 1) |{0}|^({1} − 2)", Level.PRODUCT),
    latex=(r"{1:factor} ({1} - 1) \left|{0}\right|^{{{1} - 2}}", Level.PRODUCT),
    numpy="_absolute_power_curvature({0}, {1})",
    torch="_absolute_power_curvature({0}, {1})",
)
def absolute_power_curvature(a: Real, b: Positive) -> Real:
    """The curvature b (b − 1) |a|ᵇ⁻², 0 at a kink."""
    return b * (b - 1) * absolute(a) ** (b - 2)


@word(
    text=("{1:factor} |{0}|^({1} − 1) sign({0})/{2:atom}", Level.PRODUCT),
    latex=(
        r"\frac{{{1:factor} \left|{0}\right|^{{{1} - 1}} \operatorname{{sign}}{0:()}}}{{{2}}}",
        Level.PRODUCT,
    ),
    numpy="_absolute_power_slope_over({0}, {1}, {2})",
    torch="_absolute_power_slope_over({0}, {1}, {2})",
)
def absolute_power_slope_over(a: Real, b: Positive, c: Positive) -> Real:
    """The slope b |a|ᵇ⁻¹ sign a over c, 0 at 0, also where it vanishes or overflows by itself."""
    return absolute_power_slope(a, b) / c


@word(
    text=("|{0}|^({1} − 1) sign({0}) (1 + {1:factor} log |{0}|)/{2:atom}", Level.PRODUCT),
    latex=(
        r"\frac{{\left|{0}\right|^{{{1} - 1}} \operatorname{{sign}}{0:()}"
        r" \left(1 + {1:factor} \log\left|{0}\right|\right)}}{{{2}}}",
        Level.PRODUCT,
    ),
    numpy="_absolute_power_log_slope_over({0}, {1}, {2})",
    torch="_absolute_power_log_slope_over({0}, {1}, {2})",
)
def absolute_power_log_slope_over(a: Real, b: Positive, c: Positive) -> Real:
    """|a|ᵇ⁻¹ (1 + b log |a|) sign a over c, 0 at 0, also where it vanishes or overflows by itself."""
    return absolute_power_log_slope(a, b) / c


@word(
    text=("{1:factor} ({1} − 1) |{0}|^({1} − 2)/{2:atom}²", Level.PRODUCT),
    latex=(r"\frac{{{1:factor} ({1} - 1) \left|{0}\right|^{{{1} - 2}}}}{{{2:atom}^2}}", Level.PRODUCT),
    numpy="_absolute_power_curvature_over({0}, {1}, {2})",
    torch="_absolute_power_curvature_over({0}, {1}, {2})",
)
def absolute_power_curvature_over(a: Real, b: Positive, c: Positive) -> Real:
    """The curvature b (b − 1) |a|ᵇ⁻² over c², 0 at a kink, also where it vanishes or overflows by itself."""
    return absolute_power_curvature(a, b) / c**2


@word(
    text=("|{0}|^{1:atom} log |{0}|", Level.PRODUCT),
    latex=(r"\left|{0}\right|^{{{1}}} \log\left|{0}\right|", Level.PRODUCT),
    numpy="_times(np.power(np.abs({0}), {1}), np.log(np.abs({0})))",
    torch="_times(torch.pow(torch.abs({0}), {1}), torch.log(torch.abs({0})))",
    derivatives=(
        lambda a, b: absolute_power_log_slope(a, b),
        lambda a, b: absolute_power_square_log(a, b),
    ),
)
def absolute_power_log(a: Real, b: Positive) -> Real:
    """|a|ᵇ log |a|, 0 at 0: the derivative of |a|ᵇ in b."""
    return absolute(a) ** b * log(absolute(a))


@word(
    text=("|{0}|^({1} − 1) sign({0}) (1 + {1:factor} log |{0}|)", Level.PRODUCT),
    latex=(
        r"\left|{0}\right|^{{{1} - 1}} \operatorname{{sign}}{0:()} \left(1 + {1:factor} \log\left|{0}\right|\right)",
        Level.PRODUCT,
    ),
    numpy="_absolute_power_log_slope({0}, {1})",
    torch="_absolute_power_log_slope({0}, {1})",
)
def absolute_power_log_slope(a: Real, b: Positive) -> Real:
    """|a|ᵇ⁻¹ (1 + b log |a|) sign a, 0 at 0."""
    return absolute(a) ** (b - 1) * sign(a) * (1 + b * log(absolute(a)))


@word(
    text=("|{0}|^{1:atom} (log |{0}|)²", Level.PRODUCT),
    latex=(r"\left|{0}\right|^{{{1}}} \log^2\left|{0}\right|", Level.PRODUCT),
    numpy="_times(np.power(np.abs({0}), {1}), np.square(np.log(np.abs({0}))))",
    torch="_times(torch.pow(torch.abs({0}), {1}), torch.square(torch.log(torch.abs({0}))))",
)
def absolute_power_square_log(a: Real, b: Positive) -> Nonnegative:
    """|a|ᵇ (log |a|)², 0 at 0."""
    return absolute(a) ** b * log(absolute(a)) ** 2
