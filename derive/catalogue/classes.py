"""Mass functions of classes and compositions."""

from derive.counterparts import HARD, Defect, scipy, torch_distribution, torch_nn, variant
from derive.declare import distribution
from derive.domains import OneHot, Simplex
from derive.words import k, product

CLAMPED = Defect("p is clamped at 2.2e-16 from 0 and 1", ((1.0, 0.0), (1e-30, 1.0)))
CERTAIN_LEADER = Defect("the class that leads by 40 costs exactly 0", ((1.0, 0.0), (40.0, 0.0)))


@distribution(
    soft="the cross-entropy between the labels and p",
    variants=(
        variant(
            torch_distribution("OneHotCategorical", by="logits", only=HARD, defect=CERTAIN_LEADER),
            torch_distribution(
                "Categorical", lambda y, z: (y.argmax(-1), z), "logits", only=HARD, defect=CERTAIN_LEADER
            ),
            torch_nn("CrossEntropyLoss (soft targets)", lambda y, z: (z, y), defect=CERTAIN_LEADER),
            torch_nn(
                "CrossEntropyLoss (class indices)",
                lambda y, z: (z, y.argmax(-1)),
                only=HARD,
                defect=CERTAIN_LEADER,
            ),
            link="p=softmax",
        ),
    ),
    counterparts=(
        scipy("multinomial.logpmf", lambda y, p: (y, 1, p), only=HARD),
        torch_distribution("OneHotCategorical", by="probs", only=HARD, defect=CLAMPED),
        torch_distribution("Categorical", lambda y, p: (y.argmax(-1), p), "probs", only=HARD, defect=CLAMPED),
        torch_nn("NLLLoss (log p)", lambda y, p: (p.log(), y.argmax(-1)), only=HARD),
        torch_nn(
            "KLDivLoss (log p)",
            lambda y, p: (p.log(), y),
            after=lambda terms, y, p: terms.sum(-1),
            only=HARD,
        ),
    ),
)
def categorical(y: OneHot["K"], *, p: Simplex["K"]):
    """One of K classes.

    y  the class as a one-hot vector; soft labels on the simplex are accepted
    p  probabilities of the classes

    Source: Johnson, Kotz and Balakrishnan (1997), Discrete Multivariate Distributions, ch. 35.
    """
    return product(p[k] ** y[k], k)
