"""Words of a vector of classes."""

from derive.domains import Nonnegative, Position, Positive, Real, Vector
from derive.heads import word
from derive.words.elementary import exp, log
from derive.words.symbols import delta, k, m, total


@word(
    text="logsumexp({0})",
    latex=r"\operatorname{{logsumexp}}{0:()}",
    numpy="_log_sum_exp({0})",
    torch="_log_sum_exp({0})",
    derivatives=(lambda z, j: softmax(z, j),),
    along=lambda z, v: total(softmax(z, k) * v[k], k),
)
def logsumexp(z: Vector) -> Real:
    """Log Σ exp(z), a smooth maximum."""
    return log(total(exp(z[m]), m))


@word(
    text="logsumexp({0} − {entry})",
    latex=r"\operatorname{{logsumexp}}({0} - {entry})",
    numpy="_log_sum_exp_difference({0})",
    torch="_log_sum_exp_difference({0})",
    derivatives=(lambda z, k, j: (1 - delta(k, j)) * softmax(z, j) - delta(k, j) * softmax_complement(z, j),),
    along=lambda z, k, v: -softmax_deviation(z, v, k),
)
def logsumexp_difference(z: Vector, k: Position) -> Nonnegative:
    """Log Σₗ exp(zₗ − z_k): how far z_k lies below the smooth maximum, exact when it is the maximum."""
    return log(total(exp(z[m] - z[k]), m))


@word(
    text="softmax({0}){1:index}",
    latex=r"\operatorname{{softmax}}({0})_{{{1}}}",
    numpy="_softmax({0})",
    torch="_softmax({0})",
    derivatives=(
        lambda z, k, j: (
            delta(k, j) * softmax(z, j) * softmax_complement(z, j)
            - (1 - delta(k, j)) * softmax(z, k) * softmax(z, j)
        ),
    ),
    along=lambda z, k, v: softmax(z, k) * softmax_deviation(z, v, k),
)
def softmax(z: Vector, k: Position) -> Positive:
    """exp(z_k) / Σₗ exp(zₗ), the probability of the k-th class."""
    return exp(z[k]) / total(exp(z[m]), m)


@word(
    numpy="_softmax_complement({0})",
    torch="_softmax_complement({0})",
    derivatives=(
        lambda z, k, j: (
            (1 - delta(k, j)) * softmax(z, k) * softmax(z, j)
            - delta(k, j) * softmax(z, j) * softmax_complement(z, j)
        ),
    ),
    along=lambda z, k, v: -softmax(z, k) * softmax_deviation(z, v, k),
)
def softmax_complement(z: Vector, k: Position) -> Positive:
    """One minus the softmax: the probability of all the other classes, where the softmax rounds to 1."""
    return 1 - softmax(z, k)


@word(
    numpy="_softmax_deviation({0}, {1})",
    torch="_softmax_deviation({0}, {1})",
    derivatives=(lambda z, v, k, j: -softmax(z, j) * softmax_deviation(z, v, j),),
    along=lambda z, v, k, w: (
        -total(softmax(z, m) * softmax_deviation(z, v, m) * softmax_deviation(z, w, m), m)
    ),
)
def softmax_deviation(z: Vector, v: Vector, k: Position) -> Real:
    """v_k minus the mean of v under the softmax of z, without cancellation at the likeliest class."""
    return v[k] - total(softmax(z, m) * v[m], m)
