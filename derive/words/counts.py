"""The binomial coefficient, and what Stirling leaves of a factorial."""

from derive.domains import Count, Nonnegative, Positive, Real
from derive.heads import Level, word
from derive.words.elementary import exp, log, xlogy
from derive.words.gamma import digamma, digamma_difference, factorial, gamma, log_gamma, trigamma
from derive.words.symbols import half, two_pi


@word(
    primitive="binomial",
    reference="binomial",
    text="C({0}, {1})",
    latex=r"\binom{{{0}}}{{{1}}}",
)
def binomial_coefficient(a: Nonnegative, b: Nonnegative.up_to("a")) -> Nonnegative:
    """The binomial coefficient, b ≤ a."""


@word(
    text="C({0} + {1} − 1, {1})",
    latex=r"\binom{{{0} + {1} - 1}}{{{1}}}",
)
def multiset_coefficient(a: Positive, b: Count) -> Positive:
    """The multisets of b out of a, which need not be whole: a (a + 1) ... (a + b − 1)/b!."""
    return gamma(a + b) / (gamma(a) * factorial(b))


@word(
    text=("log C({0} + {1} − 1, {1})", Level.FUNCTION),
    latex=(r"\log \binom{{{0} + {1} - 1}}{{{1}}}", Level.FUNCTION),
    numpy="_log_multiset({0}, {1})",
    torch="_log_multiset({0}, {1})",
    derivatives=(
        lambda a, b: digamma_difference(a, b),
        lambda a, b: digamma(a + b) - digamma(b + 1),
    ),
)
def log_multiset_coefficient(a: Positive, b: Count) -> Real:
    """The logarithm of the multisets: its terms cancel where a or b is large."""
    return log_gamma(a + b) - log_gamma(a) - log_gamma(b + 1)


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
    return log_gamma(a) - (a - half()) * log(a) + a - log(two_pi) / 2


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


@word(
    numpy="_log_gamma_excess({0})",
    torch="_log_gamma_excess({0})",
    derivatives=(lambda a: digamma_excess(a),),
)
def log_gamma_excess(a: Positive) -> Real:
    """Log Γ(a) − a log a + a: of order log a, though its terms are of order a log a."""
    return log_gamma(a) - a * log(a) + a


@word(
    numpy="_log_gamma_excess_and_log({0}, {1})",
    torch="_log_gamma_excess_and_log({0}, {1})",
    derivatives=(lambda a, b: digamma_excess(a), lambda a, b: 1 / b),
)
def log_gamma_excess_and_log(a: Positive, b: Positive) -> Real:
    """Log Γ(a) − a log a + a + log b: for small a the logarithms are those of b/a, for large ones of b/√a."""
    return log_gamma(a) - a * log(a) + a + log(b)


@word(
    numpy="_digamma_excess({0})",
    torch="_digamma_excess({0})",
    derivatives=(lambda a: trigamma_excess(a),),
)
def digamma_excess(a: Positive) -> Real:
    """ψ(a) − log a: of order 1/a, though its terms are of order log a."""
    return digamma(a) - log(a)


@word(
    numpy="_trigamma_excess({0})",
    torch="_trigamma_excess({0})",
)
def trigamma_excess(a: Positive) -> Positive:
    """ψ′(a) − 1/a: of order 1/a², though its terms are of order 1/a."""
    return trigamma(a) - 1 / a


@word(
    numpy="_log_factorial_excess({0})",
    torch="_log_factorial_excess({0})",
    derivatives=(lambda a: digamma(a + 1) - log(a),),
)
def log_factorial_excess(a: Nonnegative) -> Nonnegative:
    """Log a! − a log a + a: of order log a, though its terms are of order a log a."""
    return log_gamma(a + 1) - xlogy(a, a) + a


@word(
    numpy="_log_gamma_excess_of_exponential({0})",
    torch="_log_gamma_excess_of_exponential({0})",
    derivatives=(lambda a: weighted_digamma_excess(exp(a)),),
)
def log_gamma_excess_of_exponential(a: Real) -> Real:
    """Log Γ(b) − b log b + b at b = eᵃ, whose second derivative in a is that of its first, no sum of two that cancel."""
    return log_gamma(exp(a)) - exp(a) * a + exp(a)


@word(
    numpy="_log_gamma_excess({0:factor} * {1:factor})",
    torch="_log_gamma_excess({0:factor} * {1:factor})",
    derivatives=(
        lambda a, b: weighted_digamma_excess(a * b) / a,
        lambda a, b: weighted_digamma_excess(a * b) / b,
    ),
)
def log_gamma_excess_of_product(a: Positive, b: Positive) -> Real:
    """Log Γ(c) − c log c + c of the product c = a b, whose derivatives stay moderate where those in c overflow."""
    return log_gamma(a * b) - a * b * log(a * b) + a * b


@word(
    numpy=("{0:factor} * _digamma_excess({0})", Level.PRODUCT),
    torch=("{0:factor} * _digamma_excess({0})", Level.PRODUCT),
    derivatives=(lambda a: digamma_excess_growth(a),),
)
def weighted_digamma_excess(a: Positive) -> Real:
    """The product a (ψ(a) − log a), between −1 and −1/2."""
    return a * (digamma(a) - log(a))


@word(
    numpy="_digamma_excess_growth({0})",
    torch="_digamma_excess_growth({0})",
)
def digamma_excess_growth(a: Positive) -> Positive:
    """ψ(a) − log a + a ψ′(a) − 1, the derivative of a (ψ(a) − log a): terms of order 1/a cancel at both ends."""
    return digamma(a) - log(a) + a * trigamma(a) - 1


@word(
    text=("log B*{arguments}", Level.FUNCTION),
    latex=(r"\log \mathrm{{B}}^*{arguments}", Level.FUNCTION),
    numpy=(
        "_log_gamma_excess({0}) + _log_gamma_excess({1}) - _log_gamma_excess({0:factor} + {1:factor})",
        Level.SUM,
    ),
    torch=(
        "_log_gamma_excess({0}) + _log_gamma_excess({1}) - _log_gamma_excess({0:factor} + {1:factor})",
        Level.SUM,
    ),
    derivatives=(
        lambda a, b: -digamma_excess_difference(a, b),
        lambda a, b: -digamma_excess_difference(b, a),
    ),
)
def log_beta_excess(a: Positive, b: Positive) -> Real:
    """Log B(a, b) less a log(a/(a + b)) and b log(b/(a + b)): of order log a, though its terms are of order a."""
    return log_gamma_excess(a) + log_gamma_excess(b) - log_gamma_excess(a + b)


@word(
    numpy="_digamma_excess_difference({0}, {1})",
    torch="_digamma_excess_difference({0}, {1})",
    derivatives=(
        lambda a, b: -trigamma_excess_difference(a, b),
        lambda a, b: trigamma_excess(a + b),
    ),
)
def digamma_excess_difference(a: Positive, b: Positive) -> Positive:
    """The difference of ψ − log at a + b and at a: the two cancel where a is large beside b."""
    return digamma_excess(a + b) - digamma_excess(a)


@word(
    numpy="_trigamma_excess_difference({0}, {1})",
    torch="_trigamma_excess_difference({0}, {1})",
)
def trigamma_excess_difference(a: Positive, b: Positive) -> Positive:
    """The difference of ψ′(x) − 1/x at a and at a + b: the two cancel where a is large beside b."""
    return trigamma_excess(a) - trigamma_excess(a + b)


@word(
    text=("{0:factor} ({0} + {1:factor} {2:factor})^({2} − 1)", Level.PRODUCT),
    latex=(r"{0:factor} \left({0} + {1:factor} {2:factor}\right)^{{{2} - 1}}", Level.PRODUCT),
)
def abel_polynomial(a: Positive, b: Nonnegative, c: Count) -> Positive:
    """Abel's polynomial a (a + b c)^(c − 1), which is 1 for c = 0."""
    return a * (a + b * c) ** (c - 1)


@word(
    text="[log{0:argument} + ({2} − 1) log({0} + {1:factor} {2:factor})]",
    latex=r"\left[\log{0:argument} + ({2} - 1) \log({0} + {1:factor} {2:factor})\right]",
    numpy="_log_abel({0}, {1}, {2})",
    torch="_log_abel({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: abel_slope(a, b, c),
        lambda a, b, c: abel_step(a, b, c),
        lambda a, b, c: log(a + b * c) + b * (c - 1) / (a + b * c),
    ),
)
def log_abel_polynomial(a: Positive, b: Nonnegative, c: Count) -> Real:
    """The logarithm of Abel's polynomial: for c = 0 its terms cancel."""
    return log(a) + (c - 1) * log(a + b * c)


@word(
    text=("{2:factor} ({0} + {1})/({0:atom} ({0} + {1:factor} {2:factor}))", Level.PRODUCT),
    latex=(r"\frac{{{2:factor} ({0} + {1})}}{{{0:atom} ({0} + {1:factor} {2:factor})}}", Level.PRODUCT),
    numpy=("{2:factor} * (({0} + {1}) / ({0} + {1:factor} * {2:factor})) / {0:atom}", Level.PRODUCT),
    torch=("{2:factor} * (({0} + {1}) / ({0} + {1:factor} * {2:factor})) / {0:atom}", Level.PRODUCT),
    derivatives=(
        lambda a, b, c: -abel_curvature(a, b, c),
        lambda a, b, c: -c * (c - 1) / (a + b * c) ** 2,
        lambda a, b, c: (a + b) / (a + b * c) ** 2,
    ),
)
def abel_slope(a: Positive, b: Nonnegative, c: Count) -> Nonnegative:
    """1/a + (c − 1)/(a + b c), whose terms cancel for c = 0."""
    return c * (a + b) / (a * (a + b * c))


@word(
    text=("{2:factor} ({2} − 1)/({0} + {1:factor} {2:factor})", Level.PRODUCT),
    latex=(r"\frac{{{2:factor} ({2} - 1)}}{{{0} + {1:factor} {2:factor}}}", Level.PRODUCT),
    numpy=("{2:factor} * ({2} - 1) / ({0} + {1:factor} * {2:factor})", Level.PRODUCT),
    torch=("{2:factor} * ({2} - 1) / ({0} + {1:factor} * {2:factor})", Level.PRODUCT),
    derivatives=(
        lambda a, b, c: -c * (c - 1) / (a + b * c) ** 2,
        lambda a, b, c: -(c**2) * (c - 1) / (a + b * c) ** 2,
        lambda a, b, c: (2 * a * c - a + b * c**2) / (a + b * c) ** 2,
    ),
)
def abel_step(a: Positive, b: Nonnegative, c: Count) -> Nonnegative:
    """The derivative c (c − 1)/(a + b c) in the step b."""
    return c * (c - 1) / (a + b * c)


@word(
    numpy="_abel_curvature({0}, {1}, {2})",
    torch="_abel_curvature({0}, {1}, {2})",
)
def abel_curvature(a: Positive, b: Nonnegative, c: Count) -> Nonnegative:
    """1/a² + (c − 1)/(a + b c)², whose terms cancel for c = 0."""
    return 1 / a**2 + (c - 1) / (a + b * c) ** 2


@word(
    text="[{0:factor} + ({2} − 1) log(e^{0:atom} + {1:factor} {2:factor})]",
    latex=r"\left[{0:factor} + ({2} - 1) \log(e^{{{0:raised}}} + {1:factor} {2:factor})\right]",
    numpy="_log_abel_of_log({0}, {1}, {2})",
    torch="_log_abel_of_log({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: abel_share(exp(a), b, c),
        lambda a, b, c: abel_step(exp(a), b, c),
        lambda a, b, c: log(exp(a) + b * c) + b * (c - 1) / (exp(a) + b * c),
    ),
)
def log_abel_polynomial_of_exponential(a: Real, b: Nonnegative, c: Count) -> Real:
    """The same at eᵃ; its second derivative in a is that of its first, no sum of two that cancel."""
    return a + (c - 1) * log(exp(a) + b * c)


@word(
    text=("{2:factor} ({0} + {1})/({0} + {1:factor} {2:factor})", Level.PRODUCT),
    latex=(r"\frac{{{2:factor} ({0} + {1})}}{{{0} + {1:factor} {2:factor}}}", Level.PRODUCT),
    numpy=("{2:factor} * (({0} + {1}) / ({0} + {1:factor} * {2:factor}))", Level.PRODUCT),
    torch=("{2:factor} * (({0} + {1}) / ({0} + {1:factor} * {2:factor}))", Level.PRODUCT),
    derivatives=(
        lambda a, b, c: b * c * (c - 1) / (a + b * c) ** 2,
        lambda a, b, c: -a * c * (c - 1) / (a + b * c) ** 2,
        lambda a, b, c: a * (a + b) / (a + b * c) ** 2,
    ),
)
def abel_share(a: Positive, b: Nonnegative, c: Count) -> Nonnegative:
    """The product of a with the slope of the logarithm of Abel's polynomial."""
    return c * (a + b) / (a + b * c)


@word(
    numpy="_abel_poisson({0}, {1}, {2})",
    torch="_abel_poisson({0}, {1}, {2})",
    derivatives=(
        lambda a, b, c: 1 - abel_slope(a, b, c),
        lambda a, b, c: c - abel_step(a, b, c),
        lambda a, b, c: b + digamma(c + 1) - log(a + b * c) - b * (c - 1) / (a + b * c),
    ),
)
def abel_poisson(a: Positive, b: Nonnegative, c: Count) -> Positive:
    """The cost of a count c whose mean is a + b c: its terms cancel where c is large and near that."""
    return a + b * c - log_abel_polynomial(a, b, c) + log_gamma(c + 1)
