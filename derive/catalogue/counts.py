"""Mass functions of counts."""

from derive.counterparts import (
    AT_MOST_ONE,
    HARD,
    Defect,
    Figure,
    scipy,
    torch_distribution,
    torch_nn,
    variant,
)
from derive.declare import distribution
from derive.domains import Binary, Count, Positive, Unit
from derive.words import beta, binomial_coefficient, exp, factorial, multiset_coefficient

CLAMPED = Defect("p is clamped at 2.2e-16 from 0 and 1", (1.0, 1.0, 1e-60))
LOGIT_ADDED = Defect("the logit -40 is added to 40 + e^-40", (0.0, -40.0))


@distribution(
    soft="the cross-entropy between the label and p",
    variants=(
        variant(
            torch_distribution("Bernoulli", by="logits", only=HARD, defect=LOGIT_ADDED),
            torch_nn("BCEWithLogitsLoss", lambda y, z: (z, y), defect=LOGIT_ADDED),
            torch_nn("MultiLabelSoftMarginLoss (one label)", lambda y, z: (z[:, None], y[:, None])),
            torch_nn(
                "SoftMarginLoss",
                lambda y, z: (z, 2 * y - 1),
                only=HARD,
                defect=Defect("in log(1 + e^800) the exponential overflows", (1.0, -800.0)),
            ),
            link="p=sigmoid",
        ),
    ),
    counterparts=(
        scipy("bernoulli.logpmf", only=HARD),
        torch_distribution(
            "Bernoulli",
            by="probs",
            only=HARD,
            defect=Defect("p is clamped at 2.2e-16 from 0 and 1", (1.0, 1e-60)),
        ),
        torch_nn(
            "BCELoss",
            lambda y, p: (p, y),
            defect=Defect("the logarithm is clamped at -100", (1.0, 1e-60)),
        ),
    ),
)
def bernoulli(y: Binary, *, p: Unit):
    """One trial that succeeds or fails.

    y  1 for success, 0 for failure; soft labels in [0, 1] are accepted
    p  probability of success

    Source: Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, ch. 3.
    """
    return p**y * (1 - p) ** (1 - y)


@distribution(
    latex={"rate": r"\lambda"},
    variants=(
        variant(
            torch_nn("PoissonNLLLoss", lambda y, eta: (eta, y), Figure.LOSS, log_input=True),
            torch_nn(
                "PoissonNLLLoss",
                lambda y, eta: (eta, y),
                only=AT_MOST_ONE,
                defect=Defect("above y = 1 Stirling's approximation stands for log y!", (2.0, 0.5)),
                log_input=True,
                full=True,
            ),
            link="rate=exp",
        ),
    ),
    counterparts=(scipy("poisson.logpmf"), torch_distribution("Poisson")),
)
def poisson(y: Count, *, rate: Positive):
    """The number of events of a constant rate in one unit of exposure.

    y     number of events
    rate  expected number of events

    Source: Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, ch. 4.
    """
    return exp(-rate) * rate**y / factorial(y)


@distribution(
    latex={"trials": "n"},
    variants=(variant(torch_distribution("Binomial", by="logits"), link="p=sigmoid"),),
    counterparts=(scipy("binom.logpmf"), torch_distribution("Binomial", by="probs", defect=CLAMPED)),
)
def binomial(y: Count.up_to("trials"), *, trials: Count, p: Unit):
    """The number of successes in a known number of independent trials.

    y       number of successes
    trials  number of trials
    p       probability of success in each trial

    Source: Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, ch. 3.
    """
    return binomial_coefficient(trials, y) * p**y * (1 - p) ** (trials - y)


@distribution(
    variants=(
        variant(
            torch_distribution("Geometric", by="logits", defect=LOGIT_ADDED),
            link="p=sigmoid",
        ),
    ),
    counterparts=(
        scipy("geom.logpmf", lambda y, p: (y + 1, p)),
        torch_distribution("Geometric", by="probs"),
    ),
)
def geometric(y: Count, *, p: Unit):
    """The number of failures before the first success.

    y  number of failures
    p  probability of success in each trial

    Source: Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, ch. 5.
    """
    return p * (1 - p) ** y


@distribution(
    latex={"count": "r"},
    variants=(variant(torch_distribution("NegativeBinomial", by="logits"), link="p=sigmoid"),),
    counterparts=(
        scipy("nbinom.logpmf", lambda y, count, p: (y, count, 1 - p)),
        torch_distribution("NegativeBinomial", by="probs"),
    ),
)
def negative_binomial_count(y: Count, *, count: Positive, p: Unit):
    """The number of successes before a given number of failures, which need not be whole.

    y      number of successes
    count  number of failures to wait for
    p      probability of success in each trial

    Source: Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, ch. 5.
    """
    return multiset_coefficient(count, y) * p**y * (1 - p) ** count


@distribution(
    latex={"mean": r"\mu", "dispersion": "r"},
    variants=(variant(link="mean=exp"), variant(link="mean=exp,dispersion=exp")),
    counterparts=(
        scipy("nbinom.logpmf", lambda y, mean, dispersion: (y, dispersion, dispersion / (dispersion + mean))),
        torch_distribution(
            "NegativeBinomial",
            lambda y, mean, dispersion: (y, dispersion, mean / (dispersion + mean)),
            "probs",
        ),
    ),
)
def negative_binomial(y: Count, *, mean: Positive, dispersion: Positive):
    """Counts that vary more than Poisson's: the rate of each is drawn from a gamma distribution.

    y           number of events
    mean        expected number of events
    dispersion  shape of the gamma distribution: the variance is mean + mean²/dispersion

    Source: Cameron and Trivedi (2013), Regression Analysis of Count Data, 2nd ed., ch. 3.
    """
    return negative_binomial_count(y, count=dispersion, p=mean / (mean + dispersion))


@distribution(
    latex={"trials": "n"},
    counterparts=(scipy("betabinom.logpmf"),),
)
def beta_binomial(y: Count.up_to("trials"), *, trials: Count, a: Positive, b: Positive):
    """The number of successes in trials whose probability is drawn once from a beta distribution.

    y       number of successes
    trials  number of trials
    a       first shape of the beta distribution
    b       second shape of the beta distribution

    Source: Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, ch. 6.
    """
    return binomial_coefficient(trials, y) * beta(y + a, trials - y + b) / beta(a, b)
