"""Fisher's noncentral hypergeometric count: its cost, and the derivatives of that in the logarithm a of the odds.

Of n items s are successes and d are drawn: a count y is the first cell of a table of two by two, whose other cells are
s - y, d - y and n - s - d + y. All compute in float64 and answer in the dtype of their arguments. Errors are in units in
the last place (ulp) beyond what one ulp in the odds explains (conditioning), for n up to a million.
"""

import numpy as np


def _odds_cells(n, s, d, a, t):
    """Give four positive numbers with the margins of the table and the odds e^a = 1/t, a >= 0, as their cross ratio.

    They solve quadratic equations, each by the form in which nothing cancels.
    """
    g = -np.expm1(-a)
    root = np.sqrt(t * (t * n * n + 2.0 * g * (s * (n - d) + d * (n - s))) + np.square(g * (s - d)))
    tiny, lead = 1e-305, g * (s - d)
    both = 2.0 * s * d / np.maximum(t * n + g * (s + d) + root, tiny)
    neither = 2.0 * (n - s) * (n - d) / np.maximum(t * n + g * (2.0 * n - s - d) + root, tiny)

    def one(product, lead):
        near = 2.0 * t * product / np.maximum(t * n - np.minimum(lead, t * n) + root, tiny)
        return np.where(lead < t * n, near, (lead - t * n + root) / np.maximum(2.0 * g, tiny))

    cells = both, one(s * (n - d), lead), one(d * (n - s), -lead), neither
    return [np.maximum(cell, tiny) for cell in cells]


def _hypergeometric_parts(y, n, s, d, a, t):
    """Give what a count y costs more than the likeliest place, that place less y, and of counts j what they are.

    That is the sum of the weights of all but that place, the probabilities, what j is more than there, j, and the
    deviation. Few counts matter: these, each of weight 1. Many do: steps of a part of the deviation, by Poisson's
    summation formula. The cost of a table is that of its four cells as Poisson counts; a >= 0.
    """
    low, high = np.maximum(d + s - n, 0.0), np.minimum(s, d)
    means = _odds_cells(n, s, d, a, t)
    signs = 1.0, -1.0, -1.0, 1.0
    width = 1.0 / np.sqrt(sum(1.0 / mean for mean in means))
    base = np.clip(np.round(means[0]), low, high)
    cells = base, s - base, d - base, (n - s - d) + base
    shift = cells[0] - means[0]
    smallest = means[0]
    for cell, mean, sign in zip(cells, means, signs, strict=True):
        shift = np.where(mean < smallest, sign * (cell - mean), shift)
        smallest = np.minimum(mean, smallest)
    table = [(cell[..., None], mean[..., None], sign) for cell, mean, sign in zip(cells, means, signs, strict=True)]
    low, high, base, shift = low[..., None], high[..., None], base[..., None], shift[..., None]

    def far(end):
        step = end - base
        return sum(_poisson_divergence(cell + sign * step, mean, sign * (shift + step)) for cell, mean, sign in table) > 42.0

    number = np.arange(160.0)
    least = np.maximum(base - 79.0, low)
    few = ((least == low) | far(least)) & ((least + 159.0 >= high) | far(least + 159.0))
    part = 0.15 * np.maximum(width, 6.0)[..., None]
    step = np.where(few, least + number - base, part * (number - 79.0))
    legal = (step >= low - base) & (step <= high - base)
    step = np.where(legal, step, 0.0)
    cost = sum(
        _poisson_divergence(cell + sign * step, mean, sign * (shift + step)) + _log_factorial_excess(cell + sign * step)
        for cell, mean, sign in table
    )
    top = np.argmin(np.where(legal, cost, np.inf), axis=-1)[..., None]
    start = np.take_along_axis(step, top, -1)

    def between(step):
        return sum(
            _cost_between(cell + sign * step, sign * (shift + step), cell + sign * start, sign * (shift + start), mean)
            for cell, mean, sign in table
        )

    beyond = np.maximum(a - 690.0, 0.0)[..., None]
    lead = step - start
    q = np.where(number == top, 0.0, between(step) - beyond * lead)
    p = np.where(legal, np.where(few, 1.0, part) * np.exp(-q), 0.0)
    rest = np.sum(np.where(number == top, p - 1.0, p), axis=-1)
    own = np.clip(y[..., None], low, high) - base
    excess = np.where(own == start, 0.0, between(own) - beyond * (own - start))[..., 0]
    return excess, (start - own)[..., 0], rest, p / (1.0 + rest)[..., None], lead, base + step, width


def _hypergeometric_moments(y, n, s, d, a, t):
    """Give what the mean is more than y, the variance, and the probabilities of counts j; a >= 0.

    Beside the mean s d/n of even odds, the difference of the means is proportional to a where that is small.
    """
    _, lead, _, p, step, j, width = _hypergeometric_parts(y, n, s, d, a, t)
    mean = np.sum(p * step, axis=-1)
    size = np.maximum(n, 1.0)
    even = (s * d - np.clip(y, np.maximum(d + s - n, 0.0), np.minimum(s, d)) * n) / size
    above = (j * n[..., None] - (s * d)[..., None]) / size[..., None]
    small = a * np.maximum(width, 1.0) < 0.3
    growth = -np.expm1(-np.where(small, a, 0.0)[..., None] * step)
    slope = np.where(small, even + np.sum(p * above * growth, axis=-1), lead + mean)
    return slope, np.sum(p * step * step, axis=-1) - mean * mean, p, j


def _hypergeometric_reflected(y, n, s, d, a):
    """Give the count, the successes and a >= 0 with the failures for successes where a < 0, and where that is."""
    flipped = a < 0.0
    return np.where(flipped, d - y, y), np.where(flipped, n - s, s), np.abs(a), flipped


def _lesser_odds(odds):
    """The odds or one over them, whichever is less; at least e^-690."""
    lesser = np.minimum(odds, 1.0 / odds)
    return np.maximum(lesser, 2.171738281389827e-300)


def _hypergeometric_of_log_odds(y, n, s, d, a):
    """The cost of a count y, where the logarithm of the odds is a.

    Measured beyond conditioning: at most 16 ulp in float64, 0.5 in float32.
    """
    y, n, s, d, a, kind = _hypergeometric_arguments(y, n, s, d, a)
    with np.errstate(all="ignore"):
        t = np.exp(-np.minimum(np.abs(a), 690.0))
        y, s, a, _ = _hypergeometric_reflected(y, n, s, d, a)
        excess, _, rest, *_ = _hypergeometric_parts(y, n, s, d, a, t)
        return (excess + np.log1p(rest)).astype(kind)


def _hypergeometric_slope_of_log_odds(y, n, s, d, a):
    """What the mean is more than y.

    Measured beyond conditioning: at most 16 ulp in float64, 0.5 in float32.
    """
    y, n, s, d, a, kind = _hypergeometric_arguments(y, n, s, d, a)
    with np.errstate(all="ignore"):
        t = np.exp(-np.minimum(np.abs(a), 690.0))
        y, s, a, flipped = _hypergeometric_reflected(y, n, s, d, a)
        slope, *_ = _hypergeometric_moments(y, n, s, d, a, t)
        return np.where(flipped, -slope, slope).astype(kind)


def _hypergeometric_variance(n, s, d, a):
    """The variance.

    Measured beyond conditioning: at most 16 ulp in float64, 0.5 in float32.
    """
    y, n, s, d, a, kind = _hypergeometric_arguments(0.0, n, s, d, a)
    with np.errstate(all="ignore"):
        t = np.exp(-np.minimum(np.abs(a), 690.0))
        y, s, a, _ = _hypergeometric_reflected(y, n, s, d, a)
        return _hypergeometric_moments(y, n, s, d, a, t)[1].astype(kind)


def _hypergeometric(y, n, s, d, odds):
    """The cost of a count y.

    Measured beyond conditioning: at most 16 ulp in float64, 0.5 in float32.
    """
    y, n, s, d, odds, kind = _hypergeometric_arguments(y, n, s, d, odds)
    with np.errstate(all="ignore"):
        a, t = np.log(odds), _lesser_odds(odds)
        y, s, a, _ = _hypergeometric_reflected(y, n, s, d, a)
        excess, _, rest, *_ = _hypergeometric_parts(y, n, s, d, a, t)
        return (excess + np.log1p(rest)).astype(kind)


def _hypergeometric_slope(y, n, s, d, odds):
    """The derivative in the odds: what the mean is more than y, over the odds.

    Measured beyond conditioning: at most 16 ulp in float64, 0.5 in float32.
    """
    y, n, s, d, odds, kind = _hypergeometric_arguments(y, n, s, d, odds)
    with np.errstate(all="ignore"):
        a, t = np.log(odds), _lesser_odds(odds)
        y, s, a, flipped = _hypergeometric_reflected(y, n, s, d, a)
        slope, *_ = _hypergeometric_moments(y, n, s, d, a, t)
        return (np.where(flipped, -slope, slope) / odds).astype(kind)


def _hypergeometric_curvature(y, n, s, d, odds):
    """The second derivative in the odds: the variance less what the mean is more than y, over the square of the odds.

    Of the least count the difference is that of the mean of k (k - 1), k above it, and of the square of the mean of k.

    Measured beyond conditioning: at most 16 ulp in float64, 0.5 in float32.
    """
    y, n, s, d, odds, kind = _hypergeometric_arguments(y, n, s, d, odds)
    with np.errstate(all="ignore"):
        a, t = np.log(odds), _lesser_odds(odds)
        y, s, a, flipped = _hypergeometric_reflected(y, n, s, d, a)
        slope, variance, p, j = _hypergeometric_moments(y, n, s, d, a, t)
        low, high = np.maximum(d + s - n, 0.0)[..., None], np.minimum(s, d)[..., None]
        k = np.where(flipped[..., None], high - j, j - low)
        own = np.where(flipped, high[..., 0] - y, y - low[..., 0])
        mean = np.sum(p * k, axis=-1)
        near = np.sum(p * (k * (k - 1.0)), axis=-1) - mean * mean
        far = variance - np.where(flipped, -slope, slope)
        return (np.where((mean < 1.0) & (own == 0.0), near, far) / odds / odds).astype(kind)


def _hypergeometric_arguments(y, n, s, d, a):
    """The arguments as arrays of one shape, numbers of the table inside its margins, and the dtype in which to answer."""
    *arguments, kind = _wide(y, n, s, d, a)
    y, n, s, d, a = np.broadcast_arrays(*arguments)
    return y, n, np.clip(s, 0.0, n), np.clip(d, 0.0, n), a, kind
