"""Rankings y of items with scores z along the last axis: y holds the numbers of the items, the best one first."""

import numpy as np


def _misses_items(y):
    """Whether the numbers 0, 1, ..., K - 1 are not all along the last axis; not said of nan."""
    return np.any(np.sort(y, axis=-1) != np.arange(y.shape[-1]), axis=-1) & ~np.any(np.isnan(y), axis=-1)


def _places(y):
    """Whole numbers as positions, 0 for nan."""
    return np.where(np.isnan(y), 0, y).astype(np.intp)


def _log_sums(x):
    """The logarithms of exp(x_1) + ... + exp(x_k) for every k of the last axis."""
    return np.logaddexp.accumulate(x, axis=-1)


def _before(x):
    """The entry before each one along the last axis, minus infinity before the first."""
    return np.concatenate([np.full_like(x[..., :1], -np.inf), x[..., :-1]], axis=-1)


def _stages(z, y):
    """The scores in the order of the ranking, the log of the sum of exp over what is left, and that without the item."""
    z, y = np.broadcast_arrays(z, y)
    score = np.where(np.isnan(y), np.nan, np.take_along_axis(z, _places(y), axis=-1))
    left = _log_sums(score[..., ::-1])
    return score, left[..., ::-1], _before(left)[..., ::-1]


def _by_item(x, y):
    """What stands in the order of the ranking, in the order of the items."""
    return np.take_along_axis(x, np.argsort(np.broadcast_to(y, x.shape), axis=-1), axis=-1)


def _ranking_cost(z, y):
    """The sum over k of log(1 + R_k/exp(s_k)), the score s_k of the k-th item and the sum R_k of exp behind it.

    Measured beyond conditioning: at most 4 ulp in float64, 1 in float32.
    """
    z, y, kind = _wide(z, y)
    with np.errstate(all="ignore"):
        score, _, behind = _stages(z, y)
        return np.sum(np.logaddexp(0.0, behind - score), axis=-1).astype(kind)


def _ranking_cost_slope(z, y):
    """The derivatives of the cost in z: what an item had of the stages before its own, less what the others have there.

    Measured beyond conditioning and one ulp of the largest score, which is how logarithms of sums are rounded, in the
    first of these: at most 4 ulp of the larger of both in float64, 1 in float32.
    """
    z, y, kind = _wide(z, y)
    with np.errstate(all="ignore"):
        score, left, behind = _stages(z, y)
        before = np.exp(score + _before(_log_sums(-left)))
        return _by_item(before - special.expit(behind - score), y).astype(kind)


def _ranking_cost_curvature(z, y):
    """The second derivatives of the cost in the entries of z: shares times those of the others, summed over stages.

    The others are those ranked before the item and still there, and those behind it: nothing cancels.

    Measured beyond conditioning and three ulp of the largest score: at most 8 ulp in float64, 1 in float32.
    """
    z, y, kind = _wide(z, y)
    with np.errstate(all="ignore"):
        score, left, behind = _stages(z, y)
        squares = _log_sums(-2.0 * left)
        others = np.logaddexp(_before(_log_sums(score + squares)), behind + _before(squares))
        own = special.expit(behind - score) * special.expit(score - behind)
        return _by_item(np.exp(score + others) + own, y).astype(kind)


def _ranking_cost_change(z, y, v):
    """The change of the slopes along v: at every stage shares times deviations of v, summed over the stages.

    Measured beside what one ulp in each entry of z and of v explains: an error of at most
    12 times that in float64, once that in float32.
    """
    z, y, v, kind = _wide(z, y, v)
    with np.errstate(all="ignore"):
        score, _, _ = _stages(z, y)
        v = np.take_along_axis(*np.broadcast_arrays(v, _places(y)), axis=-1)
        # One row for each stage, in which what was ranked before weighs nothing.
        gone = np.tri(score.shape[-1], k=-1, dtype=bool)
        score = np.where(gone, -np.inf, score[..., None, :])
        change = np.sum(_softmax(score) * _softmax_deviation(score, v[..., None, :]), axis=-2)
        return _by_item(change, y).astype(kind)
