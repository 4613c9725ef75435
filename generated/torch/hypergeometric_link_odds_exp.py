"""The hypergeometric loss of log_odds, with its gradient and Hessian.

The successes drawn without replacement, where a success is drawn by other odds than a failure.

Density
    p(y | population, successes, draws, odds) = ω^y/P_0(n, s, d, ω) · C(s, y) C(n − s, d − y)
    odds = exp(log_odds), the log link; η below

Symbols
    y              in {0, …, d}, s +   data                       number of successes that are drawn
                   1 − y > 0, n + y +
                   1 − d − s > 0
    population  n  in {0, 1, 2, …}     known for each sample      number of items
    successes   s  in {0, …, n}        known for each sample      number of items that are successes
    draws       d  in {0, …, n}        known for each sample      number of items that are drawn
    odds        ω  in (0, ∞)           ω = e^η                    odds of a success over those of a
                                                                  failure: 1 is the classical
                                                                  distribution of random draws
    log_odds    η  in ℝ                predicted for each sample  predictor of odds through the log
                                                                  link

Loss of one sample, to be minimised over log_odds
    loss    = [log P_0(n, s, d, e^η) − y η − log C(s, y) − log C(n − s, d − y)]
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

Also known of the density
    mean          E_y(n, s, d, ω)

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 3, gradient 2, Hessian 3
    float32  value 1, gradient 1, Hessian 1

Elsewhere:
    loss = -scipy.stats.nchypergeom_fisher.logpmf, at odds = exp(log_odds)

Source: McCullagh and Nelder (1989), Generalized Linear Models, 2nd ed., ch. 7: Fisher's noncentral distribution, the conditional likelihood of a table of two by two with the odds ratio odds. P_0 is the sum of the terms C(successes, j) C(population - successes, draws - j) odds^j, and E and V are the mean and the variance of a count.

Made by `derive hypergeometric --link odds=exp --emit torch`, derive 0.1.0.
Anyone may use, change and share this file for any purpose, without warranty (0BSD).
"""

import inspect
import math
import warnings
from collections.abc import Callable
from typing import NamedTuple

import torch

# -log p = FACTOR * loss + dropped
FACTOR = 1


def loss(log_odds, population, successes, draws, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, log_odds, population, successes, draws, weight = _prepared(weight, validate, y=target, log_odds=log_odds, population=population, successes=successes, draws=draws)
    if weight is None:
        return _of_samples(reduction, None, y, log_odds, population, successes, draws)
    return _reduced(_of_samples("none", None, y, log_odds, population, successes, draws), reduction, weight)


class HypergeometricLoss(torch.nn.Module):
    """The loss as a module: `HypergeometricLoss()(log_odds, population, successes, draws, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, log_odds, population, successes, draws, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(log_odds, population, successes, draws, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(log_odds, population, successes, draws, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, log_odds, population, successes, draws, weight = _prepared(weight, validate, y=target, log_odds=log_odds, population=population, successes=successes, draws=draws)
    y, log_odds, population, successes, draws, penalty = _guarded(y=y, log_odds=log_odds, population=population, successes=successes, draws=draws)
    value = FACTOR * _of_samples("none", penalty, y, log_odds, population, successes, draws) + _dropped()
    return _reduced(value, reduction, weight)


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, log_odds, population, successes, draws):
    return _hypergeometric_of_log_odds(y, population, successes, draws, log_odds)


def _loss_and_gradient(y, log_odds, population, successes, draws):
    return (
        _hypergeometric_of_log_odds(y, population, successes, draws, log_odds),
        _hypergeometric_slope_of_log_odds(y, population, successes, draws, log_odds),
    )


def _hessian_vector_product(y, log_odds, population, successes, draws, v_log_odds):
    h_log_odds_log_odds = _hypergeometric_variance(population, successes, draws, log_odds)
    return (h_log_odds_log_odds * v_log_odds,)


def _dropped():
    return 0


# (x + 1/2) log(1 + 1/x) - 1 = z q, z = 1/(4 x (x + 1)), x >= 0.1: the quotient q of polynomials in z.
_STIRLING_STEP_N = (
    0.3333333333333333, 0.8888126198668904, 0.8895558517485586, 0.41613134569476556,
    0.09234200998313634, 0.008726038859893535, 0.0002561135343095964, 4.867574700570081e-07,
)
_STIRLING_STEP_D = (
    1.0, 3.066437859600661, 3.6666712705151414, 2.1665434154622902, 0.6619913165487941,
    0.09991332096920408, 0.006421095179202529, 0.00011941334361488813,
)
# log Gamma(x) = (x - 1/2) log x - x + log(2 pi)/2 + q/x, x >= 1: the quotient q of polynomials in 1/x^2.
_STIRLING_CORRECTION_N = (
    0.08333333333333333, 1.698249287705088, 11.986266873406136, 37.396809385510025, 54.65241420128991,
    36.546282131932045, 10.096897678978026, 0.9005583387068338, 0.012249783286565289,
)
_STIRLING_CORRECTION_D = (
    1.0, 20.412324785794365, 144.50608949755176, 453.3913220389341, 669.7014673881897, 457.409764139427,
    132.20335629761487, 13.168806777385527, 0.26566195878951115,
)
# log Gamma(t + 1) = t (t q - 0.5772...), 0 <= t <= 2: the quotient q of polynomials in t.
_LOG_FACTORIAL_N = (
    0.8224670334241132, 2.2532432885294456, 2.3278113131477567, 1.130107563599626, 0.2617334459451997,
    0.025968691060374832, 0.0008050985175759481, 1.6060013282139407e-06,
)
_LOG_FACTORIAL_D = (
    1.0, 3.226790637269772, 4.073305095645863, 2.5490387413255498, 0.8274751632938193,
    0.1331045995143266, 0.009148310945100845, 0.00018266345042333633,
)
# coth(x/2)/2 - 1/x = x q, |x| <= 3: the quotient q of polynomials in x^2.
_SINH_RATIO_1_N = (
    0.08333333333333333, 0.0014683046107621684, 5.800610289736619e-06, 4.903031346139093e-09,
)
_SINH_RATIO_1_D = (
    1.0, 0.03428632199581265, 0.0002442206265817388, 4.441317414014143e-07,
    1.1024810654110843e-10,
)
# atanh(v) = v + v^3 (1/3 + v^2/5 + v^4/7 + ...).
_ATANH_REST = tuple(1.0 / (2 * k + 3) for k in range(12))


def _tensors(*values):
    """Numbers beside tensors, as tensors of the same dtype and device."""
    like, *_ = [value for value in values if isinstance(value, torch.Tensor)]
    return [torch.as_tensor(value, dtype=like.dtype, device=like.device) for value in values]


def _double(*values):
    """Numbers and tensors as float64 tensors of one device, and the dtype in which to answer."""
    tensors = _tensors(*values)
    return *[tensor.double() for tensor in tensors], tensors[0].dtype


def _poisson_divergence(x, m, e):
    """The sum x log(x/m) - x + m of positive numbers with the difference e = x - m."""
    v = e / (x + m)
    w = torch.clamp(v * v, max=0.04)
    near = e * v + 2.0 * x * v * w * _polynomial(_ATANH_REST, w)
    far = torch.where(x > 0.0, x * _log_ratio(torch.where(x > 0.0, x, 1.0), m), 0.0) - e
    return torch.where(torch.abs(v) < 0.2, near, far)


def _stirling_step(x):
    """Give (x + 1/2) log(1 + 1/x) - 1 > 0, what a step from x to x + 1 leaves, and z = 1/(4 x (x + 1))."""
    z = 0.25 / x / (x + 1.0)
    low = torch.clamp(z, max=2.28)
    fitted = low * _rational(_STIRLING_STEP_N, _STIRLING_STEP_D, low)
    return torch.where(x < 0.1, (x + 0.5) * torch.log1p(1.0 / x) - 1.0, fitted), z


def _stirling_correction(x, stirling_step=None):
    """The difference log Gamma(x) - ((x - 1/2) log x - x + log(2 pi)/2) > 0, near 1/(12 x); x > 0.

    One step of the recurrence, then a fitted quotient; both have one sign (DLMF 5.5.1, 5.11.1).

    Measured beyond conditioning: at most 4 ulp in float64, 4 in float32.
    """
    r = 1.0 / (x + 1.0)
    step, _ = stirling_step or _stirling_step(x)
    return step + r * _rational(_STIRLING_CORRECTION_N, _STIRLING_CORRECTION_D, r * r)


def _log_factorial_excess(n):
    """The difference log n! - (n log n - n) >= 0, near log(2 pi n)/2; n >= 0.

    Measured beyond conditioning: at most 4 ulp in float64, 4 in float32.
    """
    low, high = torch.clamp(n, max=1.0), torch.clamp(n, min=1.0)
    rest = low * (low * _rational(_LOG_FACTORIAL_N, _LOG_FACTORIAL_D, low) - 0.5772156649015329)
    near = (rest + low) - torch.xlogy(low, low)
    far = _stirling_correction(high) + (0.9189385332046728 + 0.5 * torch.log(high))
    return torch.where(n < 1.0, near, far)


def _cost_between(j, e, start, shift, m):
    """The difference Q(j) - Q(start), of whole numbers or not, where e = j - m and shift = start - m."""
    high = torch.clamp(start, min=1.0)
    rest = _stirling_correction(torch.clamp(j, min=1.0)) - _stirling_correction(high)
    far = 0.5 * torch.log1p(torch.clamp((e - shift) / high, min=-0.5)) + rest
    near = _log_factorial_excess(j) - _log_factorial_excess(start)
    between = torch.where((start < 2.0) | (torch.abs(e - shift) > 0.5 * start), near, far)
    return _poisson_divergence(j, m, e) - _poisson_divergence(start, m, shift) + between


def _expm1(x):
    """The difference exp(x) - 1.

    Torch's own loses its digits near 0 where torch.compile writes vectorised code for the processor.
    Below 1/2 it is x / ((x/2) coth(x/2) - x/2) with a fitted quotient.

    Measured beyond conditioning: at most 1 ulp in float64, 1 in float32.
    """
    if not torch.compiler.is_compiling():
        return torch.expm1(x)
    c = torch.clamp(x, -0.5, 0.5)
    s = c * c
    near = c / (1.0 + (s * _rational(_SINH_RATIO_1_N, _SINH_RATIO_1_D, s) - 0.5 * c))
    return torch.where(torch.abs(x) < 0.5, near, torch.exp(x) - 1.0)


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


def _hypergeometric_arguments(y, n, s, d, a):
    """The arguments as tensors of one shape, numbers of the table inside its margins, and the dtype in which to answer."""
    *arguments, kind = _double(*_tensors(a, n, s, d, y))
    a, n, s, d, y = torch.broadcast_tensors(*arguments)
    return y, n, torch.minimum(torch.clamp(s, min=0.0), n), torch.minimum(torch.clamp(d, min=0.0), n), a, kind


def _polynomial(coefficients, w):
    """The polynomial with these coefficients (lowest power first) at w, by Horner's rule, in place where nobody differentiates."""
    *others, leading = coefficients
    total = torch.full_like(w, leading)
    for coefficient in reversed(others):
        total = total * w + coefficient if torch.is_grad_enabled() else total.mul_(w).add_(coefficient)
    return total


def _rational(numerator, denominator, w):
    """The quotient of two polynomials at w."""
    return _polynomial(numerator, w) / _polynomial(denominator, w)


def _log_ratio(a, b):
    """The logarithm of a/b; a, b > 0: that of 1 + |a - b|/min(a, b), with the sign of a - b.

    Measured beyond conditioning: at most 1 ulp in float64, 1.5 in float32.
    """
    a, b = _tensors(a, b)
    difference = a - b
    t = torch.abs(difference) / torch.minimum(a, b)
    near = torch.copysign(torch.log1p(t), difference)
    return torch.where(t < math.inf, near, torch.log(a) - torch.log(b))


# The derivatives, for autograd --------------------------------------------------------------------


def _of_samples(reduction, penalty, y, log_odds, population, successes, draws):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, penalty, y, log_odds, population, successes, draws)[0]
    if penalty is None:
        y, log_odds, population, successes, draws, penalty = _guarded(y=y, log_odds=log_odds, population=population, successes=successes, draws=draws)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, log_odds, population, successes, draws), reduction)
    return _reduced(_loss(y, log_odds, population, successes, draws) + penalty, reduction)


# Of more than so many numbers of an argument only so many are computed at once: what the functions above
# make on their way then stays in the cache.
_MANY, _PART = 500_000, 65_536


def _in_parts(y, log_odds, population, successes, draws):
    """The loss and its gradient, part by part along the first axis where the samples are many."""
    numbers = y.numel()
    if numbers <= _MANY:
        return _loss_and_gradient(y, log_odds, population, successes, draws)
    rows, wholes = y.shape[0], []
    length = max(_PART * rows // numbers, 1)
    for start in range(0, rows, length):
        here = slice(start, start + length)
        parts = _loss_and_gradient(*[tensor[here] for tensor in (y, log_odds, population, successes, draws)])
        wholes = wholes or [part.new_empty((rows, *part.shape[1:])) for part in parts]
        for whole, part in zip(wholes, parts):
            whole[here] = part
    return wholes


def _penalised(penalty, value, *slopes):
    """The loss with its penalty, and its gradient, which is nan where the loss is nan or penalised."""
    without = _nan_or_zero(value, penalty)
    return value + penalty, *[slope + without for slope in slopes]


def _nan_or_zero(value, penalty):
    """What is added to slopes: nan where the loss is nan or penalised."""
    return torch.where(value != value, value, 0 * penalty)


def _reduced_total(total, value, reduction):
    """The reduced loss of samples whose sum is known."""
    if reduction == "mean":
        return total / value.numel()
    return total if reduction == "sum" else _reduced(value, reduction)


class _Loss(torch.autograd.Function):
    """Puts out the gradient beside the loss: outputs, when saved, can be differentiated again."""

    @staticmethod
    def forward(*inputs):
        reduction, penalty, y, log_odds, population, successes, draws = inputs
        if penalty is None:
            if _surely_legal(y, log_odds, population, successes, draws):
                value, *slopes = _in_parts(y, log_odds, population, successes, draws)
                total = torch.sum(value)
                if not math.isnan(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, log_odds, population, successes, draws, penalty = _guarded(y=y, log_odds=log_odds, population=population, successes=successes, draws=draws)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, log_odds, population, successes, draws))
        return _reduced(value, reduction), *slopes

    @staticmethod
    def setup_context(ctx, inputs, outputs):
        saved = *inputs[2:], *outputs[1:]
        ctx.reduction = inputs[0]
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*saved)
        ctx.save_for_forward(*saved)

    @staticmethod
    def backward(ctx, g, *directions):
        y, log_odds, population, successes, draws, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y.numel() if ctx.reduction == "mean" else g
            gradient = [share * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, log_odds, population, successes, draws)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, *gradient, None, None, None

    @staticmethod
    def jvp(ctx, _reduction, _penalty, v_y, v_log_odds, v_population, v_successes, v_draws):
        if v_y is not None or v_population is not None or v_successes is not None or v_draws is not None:
            raise ValueError("the loss has no gradient in the target or population or successes or draws; detach it")
        y, log_odds, population, successes, draws, *slopes = ctx.saved_tensors
        directions = [v_log_odds]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, log_odds, population, successes, draws)

    @staticmethod
    def vmap(info, axes, reduction, *tensors):
        """What is mapped over becomes the first axis of the samples; each of its entries is reduced by itself."""

        def mapped(tensor, axis):
            return tensor.expand(info.batch_size, *tensor.shape) if axis is None else tensor.movedim(axis, 0)

        axes = axes[1:]
        tensors = [None if tensor is None else mapped(tensor, axis) for tensor, axis in zip(tensors, axes)]
        value, *slopes = _Loss.apply("none", *tensors)
        value = torch.func.vmap(lambda one: _reduced(one, reduction))(value)
        return (value, *slopes), (0,) * (1 + len(slopes))


# Autograd asks for the signature at every call, and finding it takes longer than the mathematics of few samples.
_Loss.forward.__signature__ = inspect.signature(_Loss.forward)


def _change_of_gradient(slopes, directions, y, log_odds, population, successes, draws):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, log_odds, population, successes, draws, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, log_odds, population, successes, draws):
        value = _loss(y, log_odds, population, successes, draws)
        ctx.save_for_backward(y, log_odds, population, successes, draws, _nan_or_zero(value, penalty))
        return value + penalty

    @staticmethod
    def backward(ctx, g):
        *arguments, without = ctx.saved_tensors
        _, *slopes = _loss_and_gradient(*arguments)
        gradient = [g * (slope + without) for slope in slopes]
        return None, None, *gradient, None, None, None


# Arguments and reductions -------------------------------------------------------------------------


class _Argument(NamedTuple):
    """What an argument is, what it must be, where it is not, and what stands for it in a removed sample."""

    role: str
    demand: str
    broken: Callable
    harmless: float
    bounds: tuple = ()
    beyond: Callable | None = None


_ARGUMENTS = {
    "y": _Argument(
        "data",
        "a count: 0, 1, 2, ... up to draws, with successes + 1 - y > 0 and population + y + 1 - draws"
        " - successes > 0",
        lambda y: (y < 0) | (torch.abs(y) == math.inf) | (torch.floor(y) < y),
        0.0,
        bounds=("population", "successes", "draws"),
        beyond=lambda y, population, successes, draws: (y > draws) | (successes + 1 - y <= 0) | (population + y + 1 - draws - successes <= 0),
    ),
    "log_odds": _Argument("learned", "finite", lambda log_odds: torch.abs(log_odds) == math.inf, 0.0),
    "population": _Argument(
        "known",
        "a count: 0, 1, 2, ...",
        lambda population: (population < 0) | (torch.abs(population) == math.inf) | (torch.floor(population) < population),
        1.0,
    ),
    "successes": _Argument(
        "known",
        "a count: 0, 1, 2, ... up to population",
        lambda successes: (successes < 0) | (torch.abs(successes) == math.inf) | (torch.floor(successes) < successes),
        0.0,
        bounds=("population",),
        beyond=lambda successes, population: successes > population,
    ),
    "draws": _Argument(
        "known",
        "a count: 0, 1, 2, ... up to population",
        lambda draws: (draws < 0) | (torch.abs(draws) == math.inf) | (torch.floor(draws) < draws),
        0.0,
        bounds=("population",),
        beyond=lambda draws, population: draws > population,
    ),
    "weight": _Argument(
        "known",
        "nonnegative",
        lambda weight: (weight < 0) | (torch.abs(weight) == math.inf),
        1.0,
    ),
}


def _prepared(weight, validate, **arguments):
    """The arguments in one dtype, device and shape, and the weight.

    A sample of weight 0 is replaced by a harmless one. Half precision computes in single.
    """
    dtype, device = _dtype_and_device(arguments)
    values = [torch.as_tensor(value, dtype=dtype, device=device) for value in arguments.values()]
    if weight is not None:
        weight = torch.as_tensor(weight, dtype=dtype, device=device)
        if validate:
            _validate("weight", weight, _ARGUMENTS["weight"].broken(weight))
    values = _broadcast(list(arguments), values, weight)
    if weight is not None:
        removed = weight == 0
        values = [_made_harmless(value, removed, _ARGUMENTS[name]) for name, value in zip(arguments, values)]
    if validate:
        for name, value, broken in _broken(dict(zip(arguments, values))):
            _validate(name, value, broken)
    return *values, weight


def _guarded(**arguments):
    """The arguments, and what each sample costs beside its loss.

    Data outside the support cost +inf and are made harmless, parameters outside their domain cost nan.
    """
    guarded, penalty = [], None
    for name, value, broken in _broken(arguments):
        argument = _ARGUMENTS[name]
        if argument.role == "data":
            value = _made_harmless(value, broken, argument)
        penalty = value.new_zeros(broken.shape) if penalty is None else penalty
        penalty = penalty.masked_fill(broken, math.inf if argument.role == "data" else math.nan)
        guarded.append(value)
    return *guarded, penalty


def _broken(arguments):
    """The name of each argument, its value, and the samples in which it is not what it must be."""
    for name, value in arguments.items():
        argument = _ARGUMENTS[name]
        broken = argument.broken(value.detach())
        if argument.bounds and arguments.keys() >= set(argument.bounds):
            bounds = [arguments[bound].detach() for bound in argument.bounds]
            broken = broken | argument.beyond(value.detach(), *bounds)
        yield name, value, broken


def _surely_legal(y, log_odds, population, successes, draws):
    """Whether a quick look at the whole finds every sample legal; an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
        and torch.amin(y).item() >= 0
        and math.isfinite(torch.sum(y))
        and torch.sum(y - torch.floor(y)).item() == 0
        and math.isfinite(torch.sum(log_odds))
        and torch.amin(population).item() >= 0
        and math.isfinite(torch.sum(population))
        and torch.sum(population - torch.floor(population)).item() == 0
        and torch.amin(successes).item() >= 0
        and math.isfinite(torch.sum(successes))
        and torch.sum(successes - torch.floor(successes)).item() == 0
        and torch.amin(draws).item() >= 0
        and math.isfinite(torch.sum(draws))
        and torch.sum(draws - torch.floor(draws)).item() == 0
        and not torch.any(y > draws).item()
        and not torch.any(successes + 1 - y <= 0).item()
        and not torch.any(population + y + 1 - draws - successes <= 0).item()
        and not torch.any(successes > population).item()
        and not torch.any(draws > population).item()
    )


def _dtype_and_device(arguments):
    """The widest floating dtype of the parameters, single at least; the accelerator, where one is used."""
    tensors = {name: value for name, value in arguments.items() if isinstance(value, torch.Tensor)}
    for name, tensor in tensors.items():
        if tensor.requires_grad and _ARGUMENTS[name].role != "learned":
            constant = "the target" if _ARGUMENTS[name].role == "data" else name
            raise ValueError(f"the loss has no gradient in {constant}; detach it")
    parameters = [tensor for name, tensor in tensors.items() if _ARGUMENTS[name].role != "data"]
    dtype = torch.float32
    for tensor in parameters or tensors.values():
        if tensor.is_floating_point():
            dtype = torch.promote_types(dtype, tensor.dtype)
    devices = [tensor.device for tensor in tensors.values()]
    accelerators = [device for device in devices if device.type != "cpu"]
    return dtype, (accelerators or devices or [None])[0]


def _broadcast(names, values, weight):
    """Every argument expanded to the shape of the samples."""
    shapes = [value.shape for value in values]
    shapes = shapes if weight is None else [*shapes, weight.shape]
    shape = shapes[0]
    if any([one != shape for one in shapes]):
        shape = torch.broadcast_shapes(*shapes)
        if shape not in shapes and not torch.compiler.is_compiling():
            given = ", ".join([f"{name} {tuple(one)}" for name, one in zip([*names, "weight"], shapes)])
            warnings.warn(
                f"the shapes of the samples ({given}) broadcast to {tuple(shape)}, which none of them has; "
                "give all the same shape, or expand one to this shape if that is meant",
                stacklevel=4,
            )
        values = [value.expand(shape) for value in values]
    return values


def _made_harmless(value, samples, argument):
    """The tensor with a harmless value in some of the samples."""
    return torch.where(samples, argument.harmless, value)


def _validate(name, value, broken):
    """Raise ValueError for the first sample in which an argument is broken or nan."""
    missing = value.isnan()
    broken = broken | missing
    _refuse(name, _ARGUMENTS[name].demand, value, broken)


def _refuse(name, demand, value, broken):
    """Raise ValueError for the first sample that is broken."""
    if broken.dim() == 0:
        value, broken = value[None], broken[None]
    if broken.any():
        index = tuple(torch.nonzero(broken)[0].tolist())
        raise ValueError(f"{name} must be {demand}, got {value[index].tolist()} at index {index}")


def _reduced(value, reduction, weight=None):
    """The weighted mean or sum of the samples, or the samples."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction must be 'mean', 'sum' or 'none', got {reduction!r}")
    if weight is not None:
        value = weight * value
    if reduction == "none":
        return value
    if reduction == "sum":
        return value.sum()
    return value.mean() if weight is None else value.sum() / weight.expand(value.shape).sum()
