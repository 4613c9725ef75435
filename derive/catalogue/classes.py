"""Mass functions of classes and compositions."""

from derive.counterparts import HARD, Defect, Figure, scipy, torch_distribution, torch_nn, variant
from derive.declare import distribution
from derive.domains import (
    Composition,
    Counts,
    Increasing,
    OneHot,
    PositiveVector,
    Precision,
    Rank,
    Ranking,
    Real,
    Shares,
    Simplex,
    Vector,
)
from derive.words import (
    additive_log_ratio,
    each,
    exp,
    factorial,
    gamma,
    j,
    k,
    last,
    log,
    multivariate_beta,
    multivariate_beta_quotient,
    normal_probability_between_cut_points,
    product,
    ranking_probability,
    share_left,
    sigmoid_of_cut_point,
    softmax,
    sqrt,
    total,
    two_pi,
)

CLAMPED = Defect("p is clamped at 2.2e-16 from 0 and 1", ((1.0, 0.0), (1e-30, 1.0)))
CERTAIN_LEADER = Defect("the class that leads by 40 costs exactly 0", ((1.0, 0.0), (40.0, 0.0)))


@distribution(
    called={"Stan": "categorical", "TFP": "OneHotCategorical, Categorical", "gamlss": "MULTIN"},
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


@distribution(
    called={"Stan": "multinomial", "TFP": "Multinomial"},
    variants=(
        variant(
            torch_nn(
                "CrossEntropyLoss (soft targets)", lambda y, z: (z, y), Figure.LOSS, defect=CERTAIN_LEADER
            ),
            link="p=softmax",
        ),
    ),
    counterparts=(scipy("multinomial.logpmf", lambda y, p: (y, y.sum(-1), p)),),
)
def multinomial(y: Counts["K"], *, p: Simplex["K"]):
    """How often each of K classes came up in independent trials, whose number is the sum of the counts.

    y  number of trials that gave each class
    p  probabilities of the classes

    Source: Johnson, Kotz and Balakrishnan (1997), Discrete Multivariate Distributions, ch. 35.
    """
    return factorial(total(y[k], k)) / product(factorial(y[k]), k) * product(p[k] ** y[k], k)


@distribution(
    called={"Stan": "dirichlet", "TFP": "Dirichlet"},
    latex={"concentration": r"\alpha"},
    counterparts=(torch_distribution("Dirichlet"),),
)
def dirichlet(y: Composition["K"], *, concentration: PositiveVector["K"]):
    """The shares of K parts in a whole.

    y              shares, none of them zero, which sum to one
    concentration  concentrations: the larger their sum, the closer the shares to their mean

    Source: Kotz, Balakrishnan and Johnson (2000), Continuous Multivariate Distributions 1, ch. 49.
    """
    return product(y[k] ** (concentration[k] - 1), k) / multivariate_beta(concentration)


@distribution(
    called={"TFP": "PlackettLuce"},
    latex={"score": "s"},
)
def plackett_luce(y: Ranking["K"], *, score: Vector["K"]):
    """A ranking of K items: each place takes one of those that are left, with odds of e to their scores.

    y      numbers of the items from 0 on, the best one first; each stands in it once
    score  scores of the items, counted from 0 too: the larger, the sooner they are ranked

    Source: Plackett (1975), Applied Statistics 24, 193-202; Luce (1959), Individual Choice Behavior. As a loss of neural
    networks it is ListMLE: Xia et al. (2008), International Conference on Machine Learning 25.
    """
    return ranking_probability(score, y)


@distribution(
    called={"Stan": "ordered_logistic", "TFP": "OrderedLogistic"},
    latex={"cuts": "c"},
    variants=(variant(shared="cuts"), variant(link="cuts=ordered", shared="cuts")),
)
def ordinal_logistic(y: Rank["K"], *, eta: Real, cuts: Increasing["K"]):
    """Which of K + 1 ordered classes a logistic variable falls into, which cut points part.

    y     class: 0 below all cut points, K above them all
    eta   location of the variable: the larger, the higher the class
    cuts  cut points in increasing order; beside them are c[0] = -inf and c[K + 1] = inf

    Source: McCullagh and Nelder (1989), Generalized Linear Models, 2nd ed., ch. 5.
    """
    return sigmoid_of_cut_point(cuts, y + 1, eta) - sigmoid_of_cut_point(cuts, y, eta)


@distribution(
    called={"TFP": "DirichletMultinomial"},
    latex={"concentration": r"\alpha"},
    counterparts=(
        scipy(
            "dirichlet_multinomial.logpmf", lambda y, concentration: (y, concentration, y.sum(-1).astype(int))
        ),
    ),
)
def dirichlet_multinomial(y: Counts["K"], *, concentration: PositiveVector["K"]):
    """How often each of K classes came up; their probabilities are drawn once from a Dirichlet density.

    y              number of trials that gave each class
    concentration  concentrations: the larger their sum, the closer to a multinomial distribution

    Source: Johnson, Kotz and Balakrishnan (1997), Discrete Multivariate Distributions, ch. 35.
    """
    arranged = factorial(total(y[k], k)) / product(factorial(y[k]), k)
    return arranged * multivariate_beta_quotient(concentration, y)


@distribution(
    called={"Stan": "ordered_probit"},
    latex={"cuts": "c"},
    variants=(variant(shared="cuts"),),
)
def ordinal_probit(y: Rank["K"], *, eta: Real, cuts: Increasing["K"]):
    """Which of K + 1 ordered classes a normal variable falls into, which cut points part.

    y     class: 0 below all cut points, K above them all
    eta   mean of the variable: the larger, the higher the class
    cuts  cut points in increasing order; beside them are c[0] = -inf and c[K + 1] = inf

    Source: McCullagh and Nelder (1989), Generalized Linear Models, 2nd ed., ch. 5.
    """
    return normal_probability_between_cut_points(cuts, y, eta)


@distribution(
    called={"TFP": "RelaxedOneHotCategorical"},
    latex={"temperature": r"\tau", "logits": "z"},
)
def relaxed_categorical(y: Composition["K"], *, temperature: Precision, logits: Vector["K"]):
    """Shares of a whole, the closer to one of K classes the lower the temperature: Concrete shares.

    y            shares, none of them zero, which sum to one
    temperature  temperature: near 0 almost all of the whole is in one class
    logits       logarithms of the weights of the classes, up to a common term

    Source: Maddison, Mnih and Teh (2017), The Concrete Distribution, ICLR, eq. 10.
    """
    shares = each(logits[j] - temperature * log(y[j]), j)
    return gamma(last) * temperature ** (last - 1) * product(softmax(shares, k), k) / product(y[k], k)


@distribution(
    variants=(variant(link="sigma=exp"),),
)
def logistic_normal(y: Shares["K"], *, mu: Vector["K"], sigma: PositiveVector["K"]):
    """The shares of K parts in a whole of K + 1, whose logarithms beside that of the last are normal.

    y      shares of all parts but the last, which has what they leave
    mu     means of the logarithms of the shares over the last
    sigma  standard deviations of these

    Source: Aitchison and Shen (1980), Biometrika 67, 261-272; r(y) is the share of the
    last part, one less the others, and alr(y) are the logarithms of the shares over it.
    """
    kernel = product(exp(-(((additive_log_ratio(y, k) - mu[k]) / sigma[k]) ** 2) / 2), k)
    return kernel / (product(sigma[k], k) * product(y[k], k) * share_left(y) * sqrt(two_pi) ** last)
