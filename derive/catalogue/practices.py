"""What practitioners put on top of a likelihood, and what is no longer one.

`practice` says what the loss is instead.  A row's name is that of the likelihood and that of the practice:
`derive bernoulli --practice pos_weight=3` asks for `bernoulli_pos_weight` with `pos_weight` fixed to 3.
"""

from derive.counterparts import torch_nn, variant
from derive.declare import distribution
from derive.domains import Binary, OneHot, Positive, PositiveVector, Simplex, Unit
from derive.words import k, last, product


@distribution(
    practice="a weighted cross-entropy, whose minimum is no maximum of a likelihood: a success counts pos_weight times",
    latex={"pos_weight": "w"},
    known=("pos_weight",),
    variants=(
        variant(
            torch_nn(
                "BCEWithLogitsLoss (pos_weight)",
                lambda y, z, pos_weight: (z, y),
                by_sample=lambda y, z, pos_weight: {"pos_weight": pos_weight},
            ),
            link="p=sigmoid",
        ),
    ),
)
def bernoulli_pos_weight(y: Binary, *, p: Unit, pos_weight: Positive):
    """One trial that succeeds or fails, where a success counts for several.

    y           1 for success, 0 for failure; soft labels in [0, 1] are accepted
    p           probability of success, if pos_weight is 1
    pos_weight  how often a success counts

    Source: King and Zeng (2001), Political Analysis 9, 137-163.
    """
    return p ** (pos_weight * y) * (1 - p) ** (1 - y)


@distribution(
    practice="a cross-entropy with labels that nobody observed: each is mixed with one half",
    latex={"smoothing": r"\epsilon"},
    known=("smoothing",),
    variants=(variant(link="p=sigmoid"),),
)
def bernoulli_label_smoothing(y: Binary, *, p: Unit, smoothing: Unit):
    """One trial that succeeds or fails, with a label that is less sure than it was.

    y          1 for success, 0 for failure; soft labels in [0, 1] are accepted
    p          probability of success, drawn to one half
    smoothing  share of one half in the label

    Source: Szegedy, Vanhoucke, Ioffe, Shlens and Wojna (2016), Rethinking the Inception architecture, section 7.
    """
    success, failure = (label * (1 - smoothing) + smoothing / 2 for label in (y, 1 - y))
    return p**success * (1 - p) ** failure


@distribution(
    practice="a weighted cross-entropy, whose minimum is no maximum of a likelihood: a class counts by its weight",
    latex={"class_weight": "w"},
    known=("class_weight",),
    variants=(
        variant(
            torch_nn(
                "CrossEntropyLoss (weight, soft targets)",
                lambda y, z, class_weight: (z, y),
                by_sample=lambda y, z, class_weight: {"weight": class_weight},
            ),
            link="p=softmax",
        ),
    ),
)
def categorical_class_weight(y: OneHot["K"], *, p: Simplex["K"], class_weight: PositiveVector["K"]):
    """One of K classes, where each counts by its weight.

    y             the class as a one-hot vector; soft labels on the simplex are accepted
    p             probabilities of the classes, if the weights are equal
    class_weight  how often each class counts

    Source: King and Zeng (2001), Political Analysis 9, 137-163.
    """
    return product(p[k] ** (class_weight[k] * y[k]), k)


@distribution(
    practice="a cross-entropy with labels that nobody observed: each is mixed with the even chances",
    latex={"smoothing": r"\epsilon"},
    known=("smoothing",),
    variants=(
        variant(
            torch_nn(
                "CrossEntropyLoss (label_smoothing)",
                lambda y, z, smoothing: (z, y),
                by_sample=lambda y, z, smoothing: {"label_smoothing": float(smoothing)},
            ),
            link="p=softmax",
        ),
    ),
)
def categorical_label_smoothing(y: OneHot["K"], *, p: Simplex["K"], smoothing: Unit):
    """One of K classes, with a label that is less sure than it was.

    y          the class as a one-hot vector; soft labels on the simplex are accepted
    p          probabilities of the classes, drawn to even chances
    smoothing  share of even chances in the label

    Source: Szegedy, Vanhoucke, Ioffe, Shlens and Wojna (2016), Rethinking the Inception architecture, section 7.
    """
    return product(p[k] ** (y[k] * (1 - smoothing) + smoothing / last), k)
