"""Mass functions of counts."""

from derive.counterparts import (
    AT_MOST_ONE,
    HARD,
    Defect,
    Figure,
    array_exp,
    scipy,
    torch_distribution,
    torch_nn,
    variant,
)
from derive.declare import distribution
from derive.domains import Binary, Count, Positive, PositiveCount, Real, Unit, Whole
from derive.words import (
    abel_polynomial,
    beta,
    binomial_coefficient,
    exp,
    factorial,
    logistic_cell,
    multiset_coefficient,
    share_over_log,
    sigmoid,
    zeta_from_one,
)

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
    return poisson_exposure(y, rate=rate, exposure=1)


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


@distribution(
    latex={"rate": r"\lambda", "exposure": "t"},
    known=("exposure",),
    variants=(variant(link="rate=exp"),),
    counterparts=(
        scipy("poisson.logpmf", lambda y, rate, exposure: (y, exposure * rate)),
        torch_distribution("Poisson", lambda y, rate, exposure: (y, exposure * rate)),
    ),
)
def poisson_exposure(y: Count, *, rate: Positive, exposure: Positive):
    """The number of events of a constant rate in a known exposure, such as a time, an area or people.

    y         number of events
    rate      expected number of events in one unit of exposure
    exposure  exposure, known for each sample; its logarithm is the offset of a log-linear model

    Source: McCullagh and Nelder (1989), Generalized Linear Models, 2nd ed., ch. 6.
    """
    return exp(-exposure * rate) * exposure**y * rate**y / factorial(y)


@distribution(
    latex={"shape": r"\rho"},
    counterparts=(scipy("yulesimon.logpmf"),),
)
def yule_simon(y: PositiveCount, *, shape: Positive):
    """The size of a group that grows the faster the larger it is, such as the species of a genus.

    y      size of the group
    shape  shape: the tail falls like the power -shape

    Source: Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, ch. 6; Waring's with one parameter, shape B(y, shape + 1).
    """
    return 1 / ((1 + 1 / shape) * multiset_coefficient(shape + 2, y - 1))


@distribution(
    latex={"rate": r"\theta", "spread": r"\lambda"},
    variants=(variant(link="rate=exp"),),
)
def generalized_poisson(y: Count, *, rate: Positive, spread: Unit):
    """The number of all who fall ill when each of a Poisson number of cases infects others in turn.

    y       number of events
    rate    expected number of events that came by themselves
    spread  expected number of events that each event brings about; the mean is rate/(1 - spread)

    Source: Consul (1989), Generalized Poisson Distributions, ch. 1.
    """
    return abel_polynomial(rate, spread, y) * exp(-rate - spread * y) / factorial(y)


@distribution(
    variants=(variant(link="p=sigmoid"),),
    counterparts=(scipy("logser.logpmf"),),
)
def logarithmic(y: PositiveCount, *, p: Unit):
    """The number of individuals of a species that are caught.

    y  number of individuals
    p  parameter: each further individual is about p times as likely

    Source: Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, ch. 7.
    """
    return p ** (y - 1) / y * share_over_log(p)


@distribution(
    soft="the cross-entropy between the label and the probability that the first player wins",
    latex={"first": "a", "second": "b"},
    counterparts=(
        scipy(
            "bernoulli.logpmf", lambda y, first, second: (y, 1 / (1 + array_exp(second - first))), only=HARD
        ),
        torch_distribution(
            "Bernoulli",
            lambda y, first, second: (y, first - second),
            "logits",
            only=HARD,
            defect=Defect("the logit -40 is added to 40 + e^-40", (0.0, -40.0, 0.0)),
        ),
    ),
)
def bradley_terry(y: Binary, *, first: Real, second: Real):
    """Which of two players wins.

    y       1 if the first player wins, 0 if the second; soft labels in [0, 1] are accepted
    first   logarithm of the strength of the first player
    second  logarithm of the strength of the second player

    Source: Bradley and Terry (1952), Biometrika 39, 324-345.
    """
    return bernoulli(y, p=sigmoid(first - second))


@distribution(
    latex={"shape": r"\alpha"},
    counterparts=(scipy("zipf.logpmf", lambda y, shape: (y, 1 + shape)),),
)
def zipf(y: PositiveCount, *, shape: Positive):
    """How often something is met that falls like a power, such as the links to a page.

    y      size
    shape  shape: the tail falls like the power -shape, and the probability like the power -(1 + shape)

    Source: Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, ch. 11.
    """
    return 1 / (y ** (1 + shape) * zeta_from_one(shape))


@distribution
def discretised_logistic(y: Whole, *, mu: Real, sigma: Positive):
    """A whole number that is a rounded logistic variable, such as the brightness of a pixel.

    y      whole number
    mu     median before rounding
    sigma  scale before rounding

    Source: Salimans, Karpathy, Chen and Kingma (2017), PixelCNN++, ICLR, eq. 2, without its cells at both ends.
    """
    return logistic_cell(y - mu, sigma)


@distribution(
    latex={"successes": "n"},
    counterparts=(scipy("betanbinom.logpmf"),),
)
def beta_negative_binomial(y: Count, *, successes: PositiveCount, a: Positive, b: Positive):
    """The failures before some successes, whose probability is drawn once from a beta distribution.

    y          number of failures
    successes  number of successes to wait for
    a          first shape of the beta distribution: the tail falls like the power -a
    b          second shape of the beta distribution

    Source: Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, ch. 6.
    """
    return multiset_coefficient(successes, y) * beta(a + successes, b + y) / beta(a, b)
