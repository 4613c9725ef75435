"""Fisher's noncentral hypergeometric count: its cost, and the derivatives of that in the logarithm a of the odds.

Of n items s are successes and d are drawn: a count y is the first cell of a table of two by two, whose other cells are
s - y, d - y and n - s - d + y. All compute in float64 and answer in the dtype of their arguments. Errors are in units in
the last place (ulp) beyond what one ulp in the odds explains (conditioning), for n up to a million.
"""

import math

import torch


def _odds_cells(n, s, d, a, t):
    """Give four positive numbers with the margins of the table and the odds e^a = 1/t, a >= 0, as their cross ratio.

    They solve quadratic equations, each by the form in which nothing cancels.
    """
    g = -_expm1(-a)
    root = torch.sqrt(t * (t * n * n + 2.0 * g * (s * (n - d) + d * (n - s))) + torch.square(g * (s - d)))
    tiny, lead = 1e-305, g * (s - d)
    both = 2.0 * s * d / torch.clamp(t * n + g * (s + d) + root, min=tiny)
    neither = 2.0 * (n - s) * (n - d) / torch.clamp(t * n + g * (2.0 * n - s - d) + root, min=tiny)

    def one(product, lead):
        near = 2.0 * t * product / torch.clamp(t * n - torch.minimum(lead, t * n) + root, min=tiny)
        return torch.where(lead < t * n, near, (lead - t * n + root) / torch.clamp(2.0 * g, min=tiny))

    cells = both, one(s * (n - d), lead), one(d * (n - s), -lead), neither
    return [torch.clamp(cell, min=tiny) for cell in cells]


def _hypergeometric_parts(y, n, s, d, a, t):
    """Give what a count y costs more than the likeliest place, that place less y, and of counts j what they are.

    That is the sum of the weights of all but that place, the probabilities, what j is more than there, j, and the
    deviation. Few counts matter: these, each of weight 1. Many do: steps of a part of the deviation, by Poisson's
    summation formula. The cost of a table is that of its four cells as Poisson counts; a >= 0.
    """
    low, high = torch.clamp(d + s - n, min=0.0), torch.minimum(s, d)
    means = _odds_cells(n, s, d, a, t)
    signs = 1.0, -1.0, -1.0, 1.0
    width = 1.0 / torch.sqrt(sum(1.0 / mean for mean in means))
    base = torch.clamp(torch.round(means[0]), low, high)
    cells = base, s - base, d - base, (n - s - d) + base
    shift = cells[0] - means[0]
    smallest = means[0]
    for cell, mean, sign in zip(cells, means, signs, strict=True):
        shift = torch.where(mean < smallest, sign * (cell - mean), shift)
        smallest = torch.minimum(mean, smallest)
    table = [(cell[..., None], mean[..., None], sign) for cell, mean, sign in zip(cells, means, signs, strict=True)]
    low, high, base, shift = low[..., None], high[..., None], base[..., None], shift[..., None]

    def far(end):
        step = end - base
        return sum(_poisson_divergence(cell + sign * step, mean, sign * (shift + step)) for cell, mean, sign in table) > 42.0

    number = torch.arange(160.0, dtype=a.dtype, device=a.device)
    least = torch.maximum(base - 79.0, low)
    few = ((least == low) | far(least)) & ((least + 159.0 >= high) | far(least + 159.0))
    part = 0.15 * torch.clamp(width, min=6.0)[..., None]
    step = torch.where(few, least + number - base, part * (number - 79.0))
    legal = (step >= low - base) & (step <= high - base)
    step = torch.where(legal, step, 0.0)
    cost = sum(
        _poisson_divergence(cell + sign * step, mean, sign * (shift + step)) + _log_factorial_excess(cell + sign * step)
        for cell, mean, sign in table
    )
    top = torch.argmin(torch.where(legal, cost, math.inf), dim=-1)[..., None]
    start = torch.gather(step, -1, top)

    def between(step):
        return sum(
            _cost_between(cell + sign * step, sign * (shift + step), cell + sign * start, sign * (shift + start), mean)
            for cell, mean, sign in table
        )

    beyond = torch.clamp(a - 690.0, min=0.0)[..., None]
    lead = step - start
    q = torch.where(number == top, 0.0, between(step) - beyond * lead)
    p = torch.where(legal, torch.where(few, 1.0, part) * torch.exp(-q), 0.0)
    rest = torch.sum(torch.where(number == top, p - 1.0, p), dim=-1)
    own = torch.clamp(y[..., None], low, high) - base
    excess = torch.where(own == start, 0.0, between(own) - beyond * (own - start))[..., 0]
    return excess, (start - own)[..., 0], rest, p / (1.0 + rest)[..., None], lead, base + step, width


def _hypergeometric_moments(y, n, s, d, a, t):
    """Give what the mean is more than y, the variance, and the probabilities of counts j; a >= 0.

    Beside the mean s d/n of even odds, the difference of the means is proportional to a where that is small.
    """
    _, lead, _, p, step, j, width = _hypergeometric_parts(y, n, s, d, a, t)
    mean = torch.sum(p * step, dim=-1)
    size = torch.clamp(n, min=1.0)
    even = (s * d - torch.clamp(y, torch.clamp(d + s - n, min=0.0), torch.minimum(s, d)) * n) / size
    above = (j * n[..., None] - (s * d)[..., None]) / size[..., None]
    small = a * torch.clamp(width, min=1.0) < 0.3
    growth = -_expm1(-torch.where(small, a, 0.0)[..., None] * step)
    slope = torch.where(small, even + torch.sum(p * above * growth, dim=-1), lead + mean)
    return slope, torch.sum(p * step * step, dim=-1) - mean * mean, p, j


def _hypergeometric_reflected(y, n, s, d, a):
    """Give the count, the successes and a >= 0 with the failures for successes where a < 0, and where that is."""
    flipped = a < 0.0
    return torch.where(flipped, d - y, y), torch.where(flipped, n - s, s), torch.abs(a), flipped


def _lesser_odds(odds):
    """The odds or one over them, whichever is less; at least e^-690."""
    lesser = torch.minimum(odds, 1.0 / odds)
    return torch.clamp(lesser, min=2.171738281389827e-300)


def _hypergeometric_of_log_odds(y, n, s, d, a):
    """The cost of a count y, where the logarithm of the odds is a.

    Measured beyond conditioning: at most 16 ulp in float64, 0.5 in float32.
    """
    y, n, s, d, a, kind = _hypergeometric_arguments(y, n, s, d, a)
    t = torch.exp(-torch.clamp(torch.abs(a), max=690.0))
    y, s, a, _ = _hypergeometric_reflected(y, n, s, d, a)
    excess, _, rest, *_ = _hypergeometric_parts(y, n, s, d, a, t)
    return (excess + torch.log1p(rest)).to(kind)


def _hypergeometric_slope_of_log_odds(y, n, s, d, a):
    """What the mean is more than y.

    Measured beyond conditioning: at most 16 ulp in float64, 0.5 in float32.
    """
    y, n, s, d, a, kind = _hypergeometric_arguments(y, n, s, d, a)
    t = torch.exp(-torch.clamp(torch.abs(a), max=690.0))
    y, s, a, flipped = _hypergeometric_reflected(y, n, s, d, a)
    slope, *_ = _hypergeometric_moments(y, n, s, d, a, t)
    return torch.where(flipped, -slope, slope).to(kind)


def _hypergeometric_variance(n, s, d, a):
    """The variance.

    Measured beyond conditioning: at most 16 ulp in float64, 0.5 in float32.
    """
    y, n, s, d, a, kind = _hypergeometric_arguments(0.0, n, s, d, a)
    t = torch.exp(-torch.clamp(torch.abs(a), max=690.0))
    y, s, a, _ = _hypergeometric_reflected(y, n, s, d, a)
    return _hypergeometric_moments(y, n, s, d, a, t)[1].to(kind)


def _hypergeometric(y, n, s, d, odds):
    """The cost of a count y.

    Measured beyond conditioning: at most 16 ulp in float64, 0.5 in float32.
    """
    y, n, s, d, odds, kind = _hypergeometric_arguments(y, n, s, d, odds)
    a, t = torch.log(odds), _lesser_odds(odds)
    y, s, a, _ = _hypergeometric_reflected(y, n, s, d, a)
    excess, _, rest, *_ = _hypergeometric_parts(y, n, s, d, a, t)
    return (excess + torch.log1p(rest)).to(kind)


def _hypergeometric_slope(y, n, s, d, odds):
    """The derivative in the odds: what the mean is more than y, over the odds.

    Measured beyond conditioning: at most 16 ulp in float64, 0.5 in float32.
    """
    y, n, s, d, odds, kind = _hypergeometric_arguments(y, n, s, d, odds)
    a, t = torch.log(odds), _lesser_odds(odds)
    y, s, a, flipped = _hypergeometric_reflected(y, n, s, d, a)
    slope, *_ = _hypergeometric_moments(y, n, s, d, a, t)
    return (torch.where(flipped, -slope, slope) / odds).to(kind)


def _hypergeometric_curvature(y, n, s, d, odds):
    """The second derivative in the odds: the variance less what the mean is more than y, over the square of the odds.

    Of the least count the difference is that of the mean of k (k - 1), k above it, and of the square of the mean of k.

    Measured beyond conditioning: at most 16 ulp in float64, 0.5 in float32.
    """
    y, n, s, d, odds, kind = _hypergeometric_arguments(y, n, s, d, odds)
    a, t = torch.log(odds), _lesser_odds(odds)
    y, s, a, flipped = _hypergeometric_reflected(y, n, s, d, a)
    slope, variance, p, j = _hypergeometric_moments(y, n, s, d, a, t)
    low, high = torch.clamp(d + s - n, min=0.0)[..., None], torch.minimum(s, d)[..., None]
    k = torch.where(flipped[..., None], high - j, j - low)
    own = torch.where(flipped, high[..., 0] - y, y - low[..., 0])
    mean = torch.sum(p * k, dim=-1)
    near = torch.sum(p * (k * (k - 1.0)), dim=-1) - mean * mean
    far = variance - torch.where(flipped, -slope, slope)
    return (torch.where((mean < 1.0) & (own == 0.0), near, far) / odds / odds).to(kind)


def _hypergeometric_arguments(y, n, s, d, a):
    """The arguments as tensors of one shape, numbers of the table inside its margins, and the dtype in which to answer."""
    *arguments, kind = _double(*_tensors(a, n, s, d, y))
    a, n, s, d, y = torch.broadcast_tensors(*arguments)
    return y, n, torch.minimum(torch.clamp(s, min=0.0), n), torch.minimum(torch.clamp(d, min=0.0), n), a, kind
