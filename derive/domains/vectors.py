"""The domains of vectors that have names."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import accumulate, permutations
from random import Random

from derive.domains.entries import Entries
from derive.domains.interval import Interval
from derive.domains.scalars import Binary, Count, Positive, Real, Share, Unit


def _simplex(random: Random, size: int) -> list[float]:
    weights = [random.expovariate(1.0) + 0.02 for _ in range(size)]
    return [weight / sum(weights) for weight in weights]


def _far_shares(random: Random, size: int, decades: float) -> list[float]:
    weights = [10 ** random.uniform(-decades, 0) for _ in range(size)]
    return [weight / sum(weights) for weight in weights]


def _far_logarithms(random: Random, size: int, decades: float) -> list[float]:
    """Logarithms of weights over so many decades."""
    return [math.log(10) * random.uniform(-decades, 0) for _ in range(size)]


def _steps(random: Random, size: int) -> list[float]:
    """A number, and positive steps from there."""
    return [random.gauss(-1.0, 1.0), *(Positive.typical(random) for _ in range(size - 1))]


def _one_hots(size: int) -> list[list[float]]:
    return [[float(k == hot) for k in range(size)] for hot in range(size)]


def _rankings(size: int) -> list[list[float]]:
    """All orders of so many items."""
    return [list(map(float, order)) for order in permutations(range(size))]


def _shuffled(random: Random, size: int) -> list[float]:
    return list(map(float, random.sample(range(size), size)))


def _counts(size: int, total: int = 3) -> list[list[float]]:
    """All counts of so many classes with a total."""
    if size == 1:
        return [[float(total)]]
    return [[float(n), *rest] for n in range(total + 1) for rest in _counts(size - 1, total - n)]


Vector = Entries(
    name="real vector",
    text="ℝᴷ",
    latex=r"\mathbb{R}^{K}",
    entry=Real,
    sums_to_one=False,
    typical_vector=lambda random, size: [random.gauss(0.0, 2.0) for _ in range(size)],
    far_entries=_far_logarithms,
)


def entries_in(interval: Interval) -> Entries:
    """Vectors whose entries lie anywhere in an interval."""
    if interval is Real:
        return Vector
    return replace(
        Vector,
        name=f"{interval.name} vector",
        text=f"{interval.text}ᴷ",
        latex=f"{interval.latex}^{{K}}",
        entry=interval,
        typical_vector=lambda random, size: [interval.typical(random) for _ in range(size)],
        far_entries=lambda random, size, decades: [interval.far(random, decades) for _ in range(size)],
    )


PositiveVector = entries_in(Positive)

# Where cut a line in so many places that they are in order.
Increasing = replace(
    Vector,
    name="increasing vector",
    text="ℝᴷ, increasing",
    latex=r"\mathbb{R}^{K}_{<}",
    typical_vector=lambda random, size: list(accumulate(_steps(random, size))),
    far_entries=lambda random, size, decades: sorted(Real.far(random, decades) for _ in range(size)),
    increasing=True,
)

# A weight that is zero has the logarithm −∞: a class that is masked.
LogWeights = replace(
    Vector,
    name="vector of logarithms of weights",
    text="[−∞, ∞)ᴷ, not all −∞",
    latex=r"[-\infty, \infty)^{K}",
    entry=replace(Real, closed=(True, False), demand="finite or -inf"),
    finite_maximum=True,
)

Simplex = Entries(
    name="probability vector",
    text="the simplex of K classes",
    latex=r"\Delta^{K-1}",
    entry=Unit,
    sums_to_one=True,
    typical_vector=_simplex,
    far_entries=lambda random, size, decades: _far_shares(random, size, decades / 2),
)

# A composition has no zeros; beside parts too small to be seen a part may round to 1.
Composition = replace(
    Simplex,
    name="composition",
    text="the open simplex of K parts",
    latex=r"\mathring{\Delta}^{K-1}",
    entry=Share,
    far_entries=_far_shares,
)

# The last part is what the others leave: far out it is the largest, or rounding would leave nothing.
Shares = replace(
    Vector,
    name="vector of shares",
    text="the shares of K parts that leave a rest",
    latex=r"\{y \in (0, 1)^{K} : \textstyle\sum_k y_k < 1\}",
    entry=replace(Share, harmless=1e-30, closed=(False, False)),
    typical_vector=lambda random, size: _simplex(random, size + 1)[:-1],
    far_entries=lambda random, size, decades: sorted(_far_shares(random, size + 1, decades))[:-1],
    leaves_rest=True,
)

OneHot = Entries(
    name="one-hot vector",
    text="the one-hot vectors of K classes",
    latex=r"\{e_1, \dots, e_K\}",
    entry=Binary,
    sums_to_one=True,
    typical_vector=lambda random, size: random.choice(_one_hots(size)),
    far_entries=lambda random, size, decades: random.choice(_one_hots(size)),
    every=_one_hots,
    accepted=Simplex,
)

Counts = replace(
    Vector,
    name="vector of counts",
    text="{0, 1, 2, …}ᴷ",
    latex=r"\{0, 1, 2, \dots\}^{K}",
    entry=Count,
    typical_vector=lambda random, size: [Count.typical(random) for _ in range(size)],
    far_entries=lambda random, size, decades: [Count.far(random, decades) for _ in range(size)],
    every=_counts,
)

# The numbers of K items, the best one first.
Ranking = replace(
    Vector,
    name="ranking",
    text="the rankings of K items",
    latex=r"S_{K}",
    entry=Count,
    typical_vector=_shuffled,
    far_entries=lambda random, size, decades: _shuffled(random, size),
    every=_rankings,
    ranked=True,
)
