"""The pasted words of rankings are as accurate as their docstrings say, against mpmath.

An error is measured beyond conditioning, as in `test_pasted_words`: by what one ulp in each score, and in each entry
of the direction, explains; and by what the rounding of the logarithms of sums does, as the docstrings say.
"""

from functools import cache
from itertools import permutations

import mpmath as mp
import numpy as np
import pytest
import torch

import derive
from tests.test_pasted_words import DIGITS, KINDS, LIBRARIES, WORDS, error, evaluate, ulp

SAMPLE = 24
# word: the bound in float64 for NumPy and Torch, then in float32, in which NumPy computes in float64
BOUNDS = {
    "_ranking_cost": (4, 4, 1, 4),
    "_ranking_cost_slope": (4, 4, 1, 4),
    "_ranking_cost_curvature": (8, 8, 1, 8),
    "_ranking_cost_change": (12, 12, 1, 8),
}


def shares(z, y):
    """The probability of each item at each stage, 0 of one that is gone."""
    for m in range(len(y)):
        weight = mp.fsum(mp.exp(z[n]) for n in y[m:])
        yield [mp.exp(z[n]) / weight if n in y[m:] else mp.mpf(0) for n in range(len(z))]


def truth(name, z, y, v):
    """What a word gives, entry by entry where it has entries."""
    rows = list(shares(z, y))
    if name == "_ranking_cost":
        return [-mp.fsum(mp.log(row[n]) for row, n in zip(rows, y, strict=True))]
    if name == "_ranking_cost_slope":
        return [mp.fsum(row[k] for row in rows) - 1 for k in range(len(z))]
    if name == "_ranking_cost_curvature":
        return [mp.fsum(row[k] * (1 - row[k]) for row in rows) for k in range(len(z))]
    return [mp.fsum(row[k] * (v[k] - mp.fdot(row, v)) for row in rows) for k in range(len(z))]


@cache
def points(kind):
    """Scores of ordinary and of any size, equal ones and close ones, rankings by the scores and against them."""
    random = np.random.default_rng(12)
    found = []
    for number in range(SAMPLE):
        scores = random.choice((-1, 1), 4) * 10 ** random.uniform(-3, (0.5, 1.5, 2)[number % 3], 4)
        if number % 4 == 0:
            scores = scores[0] * (1 + 1e-5 * random.integers(-2, 3, 4))
        order = (np.argsort(scores), np.argsort(-scores), random.permutation(4))[number // 3 % 3]
        found.append((scores.astype(kind), order.astype(kind), random.normal(size=4).astype(kind)))
    return tuple(np.array(column) for column in zip(*found, strict=True))


@cache
def truths(name, kind):
    """At each point the truth of each entry, and what one ulp in each real argument explains."""
    found = []
    for z, y, v in zip(*points(kind), strict=True):
        scores, order, direction = (
            [mp.mpf(float(n)) for n in z],
            list(map(int, y)),
            [mp.mpf(float(n)) for n in v],
        )
        with mp.workdps(160):
            value = truth(name, scores, order, direction)
            slack = [mp.mpf(0)] * len(value)
            for numbers in (scores, direction):
                for place, number in enumerate(numbers):
                    step = number * mp.mpf(10) ** -50
                    numbers[place] = number + step
                    moved = truth(name, scores, order, direction)
                    numbers[place] = number
                    for entry, (one, other) in enumerate(zip(moved, value, strict=True)):
                        slack[entry] += abs((one - other) / step) * ulp(number, kind)
            # The logarithm of a sum is rounded like the largest score, and the slope is one such part less another.
            largest = ulp(max(map(abs, scores)), kind)
            for place, exact in enumerate(value):
                if name == "_ranking_cost_slope":
                    own = list(shares(scores, order))[order.index(place)][place]
                    part = exact + (1 - own)
                    slack[place] += part * largest + 3 * ulp(part, kind)
                if name == "_ranking_cost_curvature":
                    slack[place] += 3 * exact * largest
        found.append((value, slack))
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", BOUNDS)
def test_bounds(name, library, kind):
    """Beyond conditioning no error exceeds the measured bound."""
    z, y, v = points(kind)
    values = evaluate(library, name, z, y, *([v] if name == "_ranking_cost_change" else []))
    assert values.dtype == kind
    worst = (0.0, None)
    with mp.workdps(DIGITS):
        for number, (entries, slacks) in enumerate(truths(name, kind)):
            for value, exact, slack in zip(np.atleast_1d(values[number]), entries, slacks, strict=True):
                worst = max(worst, (error(value, exact, slack, kind), number), key=lambda pair: pair[0])
    assert worst[0] <= BOUNDS[name][2 * KINDS.index(kind) + LIBRARIES.index(library)], worst


@pytest.mark.parametrize("library", LIBRARIES)
def test_one_item_costs_nothing(library):
    """The only item is the first one, whatever its score."""
    z, y = np.array([[3.0], [-700.0]]), np.zeros((2, 1))
    for name in ("_ranking_cost", "_ranking_cost_slope", "_ranking_cost_curvature"):
        assert not evaluate(library, name, z, y).any()
    assert not evaluate(library, "_ranking_cost_change", z, y, z).any()


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_is_no_ranking(library):
    """A number that is missing, not whole or too large makes no ranking; of nan nothing is said."""
    y = np.array([[0, 1, 2], [2, 0, 1], [0, 0, 1], [1, 2, 3], [0.5, 1, 2], [0, np.nan, 1]])
    y = torch.from_numpy(y) if library == "torch" else y
    assert WORDS[library]._misses_items(y).tolist() == [False, False, True, True, True, False]


# The loss ----------------------------------------------------------------------------------------


def test_probabilities_of_all_rankings_sum_to_one():
    """Five items: 120 rankings."""
    module = derive.derive("plackett_luce").load("numpy")
    y = np.array(list(permutations(range(5))))
    score = np.broadcast_to([0.3, -2.0, 1.5, 40.0, 0.0], y.shape)
    assert np.exp(-module.loss(y, score, reduction="none")).sum() == pytest.approx(1, rel=1e-14)


def test_data_that_are_no_ranking():
    """No ranking costs infinity and counts nothing in the gradient, nan gives nan, and validation names the argument."""
    y = np.array([[1.0, 0, 2], [1, 1, 2], [0, np.nan, 2]])
    score = np.array([[0.1, 0.2, 0.3]] * 3)
    module = derive.derive("plackett_luce").load("numpy")
    values = module.loss(y, score, reduction="none")
    assert np.isfinite(values[0])
    assert values[1] == np.inf
    assert np.isnan(values[2])
    with pytest.raises(ValueError, match=r"y must be a ranking: 0, 1, ..., K - 1 in any order"):
        module.loss(y[:2], score[:2], validate=True)
    torch_module = derive.derive("plackett_luce").load("torch")
    found = torch_module.loss(torch.tensor(score), torch.tensor(y), reduction="none")
    np.testing.assert_array_equal(np.isfinite(found.numpy()), [True, False, False])
    assert found[1] == torch.inf


def test_torch_takes_the_items_along_the_second_axis():
    """A batch of rankings in a grid is that of its cells, and each costs what one softmax after the other does."""
    module = derive.derive("plackett_luce").load("torch")
    generator = torch.Generator().manual_seed(3)
    score = torch.randn(2, 4, 3, generator=generator, dtype=torch.float64)
    y = torch.argsort(torch.rand(2, 4, 3, generator=generator), dim=1)
    grid = module.loss(score, y, reduction="none")
    cells = module.loss(
        score.movedim(1, -1).reshape(-1, 4), y.movedim(1, -1).reshape(-1, 4), reduction="none"
    )
    torch.testing.assert_close(grid.reshape(-1), cells)
    direct = -torch.stack(
        [
            torch.log_softmax(row[order[m:]], 0)[0]
            for row, order in zip(
                score.movedim(1, -1).reshape(-1, 4), y.movedim(1, -1).reshape(-1, 4), strict=True
            )
            for m in range(4)
        ]
    )
    torch.testing.assert_close(cells, direct.reshape(-1, 4).sum(-1))


def test_words_follow_each_other():
    """In the pasted words of both libraries, the derivative along v is the difference of slopes."""
    z, y, v = points(np.float64)
    z = np.clip(z, -3, 3)
    for library in LIBRARIES:
        step = 1e-6
        slopes = [evaluate(library, "_ranking_cost_slope", z + side * step * v, y) for side in (1, -1)]
        change = evaluate(library, "_ranking_cost_change", z, y, v)
        np.testing.assert_allclose((slopes[0] - slopes[1]) / (2 * step), change, atol=1e-8)
