"""Words of a vector of positive numbers, the parts of a whole."""

from typing import Any

from derive.domains import (
    Counts,
    Nonnegative,
    Position,
    Positive,
    PositiveVector,
    Real,
    Share,
    Shares,
    Vector,
)
from derive.heads import Level, word
from derive.words.elementary import log
from derive.words.gamma import digamma_difference, gamma, log_gamma
from derive.words.mixtures import digamma_second_difference
from derive.words.symbols import delta, k, m, product, total


@word(
    text="r({0})",
    latex="r{0:()}",
    numpy="(1 - np.sum({0}, axis=-1))",
    torch="(1 - torch.sum({0}, dim=-1))",
)
def share_left(z: Shares) -> Share:
    """What the shares leave of the whole: 1 − Σ zₗ."""
    return 1 - total(z[m], m)


@word(
    text="alr({0}){1:index}",
    latex=r"\operatorname{{alr}}{0:()}_{{{1:index}}}",
    numpy="np.log({0} / (1 - np.sum({0}, axis=-1, keepdims=True)))",
    torch="torch.log({0} / (1 - torch.sum({0}, dim=-1, keepdim=True)))",
)
def additive_log_ratio(z: Shares, k: Position) -> Real:
    """The logarithm of a share over what all of them leave: zₖ/(1 − Σ zₗ)."""
    return log(z[k] / (1 - total(z[m], m)))


@word(
    text="B({0})",
    latex=r"\mathrm{{B}}{0:()}",
)
def multivariate_beta(z: PositiveVector) -> Positive:
    """The beta function of a vector: Π Γ(zₗ) over Γ(Σ zₗ)."""
    return product(gamma(z[m]), m) / gamma(total(z[m], m))


@word(
    text=("log B({0})", Level.FUNCTION),
    latex=(r"\log \mathrm{{B}}{0:()}", Level.FUNCTION),
    numpy="_log_multivariate_beta({0})",
    torch="_log_multivariate_beta({0})",
    derivatives=(lambda z, j: -digamma_difference(z[j], sum_of_other_parts(z, j)),),
    along=lambda z, v: -total(digamma_difference(z[k], sum_of_other_parts(z, k)) * v[k], k),
)
def log_multivariate_beta(z: PositiveVector) -> Real:
    """The logarithm of the beta function of a vector, which itself underflows for large entries."""
    return total(log_gamma(z[m]), m) - log_gamma(total(z[m], m))


@word(
    numpy="_sum_of_others({0})",
    torch="_sum_of_others({0})",
    derivatives=(lambda z, k, j: 1 - delta(k, j),),
    along=lambda z, k, v: sum_of_others(v, k),
)
def sum_of_other_parts(z: PositiveVector, k: Position) -> Positive:
    """Σₗ zₗ − z_k of a whole with positive parts."""
    return total(z[m], m) - z[k]


@word(
    numpy="_sum_of_others({0})",
    torch="_sum_of_others({0})",
    derivatives=(lambda z, k, j: 1 - delta(k, j),),
    along=lambda z, k, v: sum_of_others(v, k),
)
def sum_of_others(z: Vector, k: Position) -> Real:
    """Σₗ zₗ − z_k: where z_k is most of the sum the two cancel, and nothing is left of the others."""
    return total(z[m], m) - z[k]


def _slope(z: Any, y: Any, j: Any) -> Any:
    """ψ(Σ zₗ + Σ yₗ) − ψ(Σ zₗ) − ψ(zⱼ + yⱼ) + ψ(zⱼ), by what is drawn in the j-th class before all others."""
    others = digamma_second_difference(z[j], sum_of_others(z, j), y[j])
    return others + digamma_difference(total(z[m], m) + y[j], sum_of_others(y, j))


@word(
    text="B({0} + {1})/B({0})",
    latex=r"\frac{{\mathrm{{B}}({0} + {1})}}{{\mathrm{{B}}{0:()}}}",
)
def multivariate_beta_quotient(z: PositiveVector, y: Counts) -> Positive:
    """The quotient of beta functions of a vector, B(z + y)/B(z): the mean of a product of powers of shares."""
    raised = product(gamma(z[m] + y[m]) / gamma(z[m]), m)
    return raised * gamma(total(z[m], m)) / gamma(total(z[m], m) + total(y[m], m))


@word(
    text=("log(B({0})/B({0} + {1}))", Level.FUNCTION),
    latex=(r"\log\frac{{\mathrm{{B}}{0:()}}}{{\mathrm{{B}}({0} + {1})}}", Level.FUNCTION),
    numpy="_log_beta_fall({0}, {1})",
    torch="_log_beta_fall({0}, {1})",
    derivatives=(_slope,),
    along=lambda z, y, v: total(_slope(z, y, k) * v[k], k),
)
def log_multivariate_beta_fall(z: PositiveVector, y: Counts) -> Nonnegative:
    """log(B(z)/B(z + y)): the two cancel where z is large beside y."""
    raised = total(log_gamma(z[m] + y[m]) - log_gamma(z[m]), m)
    return log_gamma(total(z[m], m) + total(y[m], m)) - log_gamma(total(z[m], m)) - raised
