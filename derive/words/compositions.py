"""Words of a vector of positive numbers, the parts of a whole."""

from derive.domains import Position, Positive, PositiveVector, Real, Vector
from derive.heads import Level, word
from derive.words.gamma import digamma_difference, gamma, log_gamma
from derive.words.symbols import delta, k, m, product, total


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
