"""What quantile and robust losses make of a residual."""

from derive.domains import Nonnegative, Positive, Real, Unit
from derive.heads import word
from derive.words.elementary import absolute, exp, log, sigmoid, sign
from derive.words.logistic import sigmoid_slope
from derive.words.normal import erf
from derive.words.symbols import sqrt, two_pi


@word(
    text="check({0}, {1})",
    latex=r"\rho_{{{1}}}{0:()}",
    numpy="np.where({0:atom} < 0, ({1:factor} - 1) * {0:atom}, {1:factor} * {0:atom})",
    torch="torch.where({0:atom} < 0, ({1:factor} - 1) * {0:atom}, {1:factor} * {0:atom})",
    derivatives=(lambda a, b: check_slope(a, b), lambda a, b: a),
    infinite_with=(0,),
)
def check(a: Real, b: Unit) -> Nonnegative:
    """The check function a (b − 1{a < 0}), whose mean is least at the b-quantile."""
    return a * (b - (1 - sign(a)) / 2)


@word(
    text="check′({0}, {1})",
    latex=r"\rho'_{{{1}}}{0:()}",
    numpy="({1:factor} - (1 - np.sign({0})) / 2)",
    torch="({1:factor} - (1 - torch.sign({0})) / 2)",
    derivatives=(lambda a, b: 0, lambda a, b: 1),
)
def check_slope(a: Real, b: Unit) -> Real:
    """The slope b − 1{a < 0} of the check function, b − 1/2 at 0: a subgradient there."""
    return (sign(a) + 2 * b - 1) / 2


@word(
    text="check({0}, sigmoid({1}))",
    latex=r"\rho_{{\operatorname{{sigmoid}}{1:()}}}{0:()}",
    numpy="({0:factor} * _logistic_balance((1 + np.sign({0})) / 2, (1 - np.sign({0})) / 2, {1}))",
    torch="({0:factor} * _logistic_balance((1 + torch.sign({0})) / 2, (1 - torch.sign({0})) / 2, {1}))",
    derivatives=(lambda a, b: check_slope_by_odds(a, b), lambda a, b: a * sigmoid_slope(b)),
)
def check_by_odds(a: Real, b: Real) -> Nonnegative:
    """The check function for the quantile whose log odds are b: 1 − sigmoid(b) is taken from the other tail."""
    return check(a, sigmoid(b))


@word(
    text="check′({0}, sigmoid({1}))",
    latex=r"\rho'_{{\operatorname{{sigmoid}}{1:()}}}{0:()}",
    numpy="_logistic_balance((1 + np.sign({0})) / 2, (1 - np.sign({0})) / 2, {1})",
    torch="_logistic_balance((1 + torch.sign({0})) / 2, (1 - torch.sign({0})) / 2, {1})",
    derivatives=(lambda a, b: 0, lambda a, b: sigmoid_slope(b)),
)
def check_slope_by_odds(a: Real, b: Real) -> Real:
    """The slope of that, sigmoid(b) above 0 and −sigmoid(−b) below."""
    return check_slope(a, sigmoid(b))


@word(
    text="clip({0}, {1})",
    latex=r"\psi_{{{1}}}{0:()}",
    numpy="np.clip({0}, -{1:factor}, {1})",
    torch="torch.clamp({0}, -{1:factor}, {1})",
    derivatives=(
        lambda a, b: within(a, b),
        lambda a, b: sign(a) * beyond(a, b),
    ),
)
def clipped(a: Real, b: Positive) -> Real:
    """Huber's ψ: a where it is between −b and b, else the nearer of the two."""
    return within(a, b) * a + beyond(a, b) * sign(a) * b


@word(
    text="within({0}, {1})",
    latex=r"1_{{\left|{0}\right| < {1}}}",
    numpy="((np.sign({0} + {1:factor}) - np.sign({0} - {1:factor})) / 2)",
    torch="((torch.sign({0} + {1:factor}) - torch.sign({0} - {1:factor})) / 2)",
    derivatives=(lambda a, b: 0, lambda a, b: 0),
)
def within(a: Real, b: Positive) -> Unit:
    """1 where a is between −b and b, 0 beyond, one half at either: the derivative of Huber's ψ."""
    return (sign(a + b) - sign(a - b)) / 2


@word(
    text="beyond({0}, {1})",
    latex=r"1_{{\left|{0}\right| > {1}}}",
    numpy="((2 + np.sign({0} - {1:factor}) - np.sign({0} + {1:factor})) / 2)",
    torch="((2 + torch.sign({0} - {1:factor}) - torch.sign({0} + {1:factor})) / 2)",
    derivatives=(lambda a, b: 0, lambda a, b: 0),
)
def beyond(a: Real, b: Positive) -> Unit:
    """1 where a is not between −b and b, 0 where it is, one half at either."""
    return 1 + (sign(a - b) - sign(a + b)) / 2


@word(
    text="huber({0}, {1})",
    latex=r"\rho_{{{1}}}{0:()}",
    numpy="_huber({0}, {1})",
    torch="_huber({0}, {1})",
    derivatives=(lambda a, b: clipped(a, b), lambda a, b: excess(a, b)),
    infinite_with=(0,),
)
def huber(a: Real, b: Positive) -> Nonnegative:
    """Huber's ρ: a²/2 where a is between −b and b, b |a| − b²/2 beyond."""
    return within(a, b) * a**2 / 2 + beyond(a, b) * (absolute(a) - b / 2) * b


@word(
    text="excess({0}, {1})",
    latex=r"\left(\left|{0}\right| - {1:factor}\right)_+",
    numpy="np.maximum(np.abs({0}) - {1:factor}, 0)",
    torch="torch.relu(torch.abs({0}) - {1:factor})",
    derivatives=(
        lambda a, b: sign(a) * beyond(a, b),
        lambda a, b: -beyond(a, b),
    ),
)
def excess(a: Real, b: Positive) -> Nonnegative:
    """By how much |a| exceeds b, 0 where it does not."""
    return beyond(a, b) * (absolute(a) - b)


def _huber_mass(a):
    """The integral of the exponential of −ρ: of the core, and of both tails."""
    return sqrt(two_pi) * erf(a / sqrt(2)) + 2 * exp(-(a**2) / 2) / a


@word(
    text="log M({0})",
    latex=r"\log M{0:()}",
    numpy="_log_huber_mass({0})",
    torch="_log_huber_mass({0})",
    derivatives=(lambda a: -huber_tail(a) / a,),
)
def log_huber_mass(a: Positive) -> Positive:
    """The logarithm of M(a), which makes a density of the exponential of minus Huber's ρ with threshold a."""
    return log(_huber_mass(a))


@word(
    text="T({0})",
    latex="T{0:()}",
    numpy="_huber_tail({0})",
    torch="_huber_tail({0})",
    derivatives=(lambda a: -huber_tail(a) * (a + (1 - huber_tail(a)) / a),),
)
def huber_tail(a: Positive) -> Unit:
    """The share of Huber's density that lies beyond the threshold a."""
    return 2 * exp(-(a**2) / 2) / (a * _huber_mass(a))
