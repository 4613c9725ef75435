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
from derive.words import exp, factorial

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
