"""Words of a ranking y of K items with scores z: the next one is drawn from those that are left, by e to its score.

Items and their scores are numbered from 0 in y, as in code; z_k is the score of the item k − 1.
"""

from typing import Any

from derive.domains import Nonnegative, Position, Ranking, Real, Unit, Vector
from derive.heads import Index, Level, word
from derive.words.elementary import exp, log
from derive.words.symbols import delta, last, product, total, total_between

stage, place, item = Index("stage", "K"), Index("place", "K"), Index("item", "K")


def _left(y: Any, m: Any, k: Any) -> Any:
    """1 if the k-th score's item is left at the m-th stage, else 0."""
    return total_between(delta(y[place] + 1, k), place, m, last)


def _weight(z: Any, y: Any, m: Any) -> Any:
    """The sum of e to the scores of what is left at the m-th stage."""
    return total(_left(y, m, item) * exp(z[item]), item)


def _share(z: Any, y: Any, m: Any, k: Any) -> Any:
    """The probability that the k-th score's item is drawn at the m-th stage."""
    return _left(y, m, k) * exp(z[k]) / _weight(z, y, m)


@word(
    text=("∏ₖ e^{0}[{1}[k]]/Σₗ₌ₖ e^{0}[{1}[l]]", Level.PRODUCT),
    latex=(
        r"\prod_{{k=1}}^{{K}} \frac{{e^{{{0}[{1}[k]]}}}}{{\sum_{{l=k}}^{{K}} e^{{{0}[{1}[l]]}}}}",
        Level.PRODUCT,
    ),
)
def ranking_probability(z: Vector, y: Ranking) -> Unit:
    """The probability of a ranking: at each stage that of the item drawn, among those that are left."""
    chosen = total(delta(y[stage] + 1, item) * exp(z[item]), item)
    return product(chosen / _weight(z, y, stage), stage)


@word(
    text=("Σₖ log Σₗ₌ₖ e^({0}[{1}[l]] − {0}[{1}[k]])", Level.PRODUCT),
    latex=(
        r"\sum_{{k=1}}^{{K}} \log \sum_{{l=k}}^{{K}} e^{{{0}[{1}[l]] - {0}[{1}[k]]}}",
        Level.PRODUCT,
    ),
    numpy="_ranking_cost({0}, {1})",
    torch="_ranking_cost({0}, {1})",
    derivatives=(lambda z, y, j: ranking_cost_slope(z, y, j),),
    along=lambda z, y, v: total(ranking_cost_slope(z, y, item) * v[item], item),
)
def ranking_cost(z: Vector, y: Ranking) -> Nonnegative:
    """Minus the logarithm of a ranking's probability: what is left behind each item, beside it."""
    return total(log(_weight(z, y, stage)) - z[stage], stage)


@word(
    text=("Σₘ [{2} ∈ {1}[m…]] e^{0}[{2}]/Σₗ₌ₘ e^{0}[{1}[l]] − 1", Level.SUM),
    latex=(
        r"\sum_{{m=1}}^{{K}} \left[{2} \in \{{{1}[m], \dots, {1}[K]\}}\right]"
        r" \frac{{e^{{{0}[{2}]}}}}{{\sum_{{l=m}}^{{K}} e^{{{0}[{1}[l]]}}}} - 1",
        Level.SUM,
    ),
    numpy="_ranking_cost_slope({0}, {1})",
    torch="_ranking_cost_slope({0}, {1})",
    derivatives=(
        lambda z, y, k, j: (
            delta(k, j) * ranking_cost_curvature(z, y, j) - (1 - delta(k, j)) * ranking_cost_cross(z, y, k, j)
        ),
    ),
    along=lambda z, y, k, v: ranking_cost_change(z, y, v, k),
)
def ranking_cost_slope(z: Vector, y: Ranking, k: Position) -> Real:
    """The derivative of the cost in z_k: an item's shares while it is left, less 1, without cancellation."""
    return total(_share(z, y, stage, k), stage) - 1


@word(
    text=("−∂{2:index}² log p({1} | {0})", Level.SUM),
    latex=(r"-\partial_{{{2}}}^2 \log p({1} \mid {0})", Level.SUM),
    numpy="_ranking_cost_curvature({0}, {1})",
    torch="_ranking_cost_curvature({0}, {1})",
)
def ranking_cost_curvature(z: Vector, y: Ranking, k: Position) -> Nonnegative:
    """The second derivative of the cost in z_k."""
    return total(_share(z, y, stage, k) * (1 - _share(z, y, stage, k)), stage)


@word()
def ranking_cost_cross(z: Vector, y: Ranking, k: Position, j: Position) -> Nonnegative:
    """Minus the derivative of the cost in two different scores."""
    return total(_share(z, y, stage, k) * _share(z, y, stage, j), stage)


@word(
    text=("−∂{3:index} {2}·∇ log p({1} | {0})", Level.SUM),
    latex=(r"-\partial_{{{3}}} {2} \cdot \nabla \log p({1} \mid {0})", Level.SUM),
    numpy="_ranking_cost_change({0}, {1}, {2})",
    torch="_ranking_cost_change({0}, {1}, {2})",
)
def ranking_cost_change(z: Vector, y: Ranking, v: Vector, k: Position) -> Real:
    """How the slope in z_k changes along v, without cancellation at the item that is likeliest."""
    mean = total(_share(z, y, stage, item) * v[item], item)
    return total(_share(z, y, stage, k) * (v[k] - mean), stage)
