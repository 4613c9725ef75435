"""The binomial loss of logit_p, with its gradient and Hessian.

The number of successes in a known number of independent trials.

Density
    p(y | trials, p) = p^y C(n, y) (1 − p)^(n − y)
    p = sigmoid(logit_p), the logit link; z below

Symbols
    y           in {0, …, n}     data                       number of successes
    trials   n  in {0, 1, 2, …}  known for each sample      number of trials
    p           in [0, 1]        p = sigmoid(z)             probability of success in each trial
    logit_p  z  in ℝ             predicted for each sample  predictor of p through the logit link

Loss of one sample, to be minimised over logit_p
    loss    = y softplus(−z) + (n − y) softplus(z)
    factor  = 1
    dropped = −log C(n, y)
    -log p  = factor · loss + dropped

Also known of the density
    mean          n p
    mode          ⌊p (n + 1)⌋
    deviance      2 (y log(y/(n p)) + (n − y) log((n − y)/(n (1 − p))))
    dispersion φ  1

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 1, gradient 1, Hessian 2, -log p 2
    float32  value 1, gradient 1, Hessian 1, -log p 1

Elsewhere:
    loss = -torch.distributions.Binomial(logits).log_prob + log C(n, y)
    loss = -scipy.stats.binom.logpmf + log C(n, y), at p = sigmoid(logit_p)
    loss = -torch.distributions.Binomial(probs).log_prob + log C(n, y), at p = sigmoid(logit_p)

Source: Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, ch. 3.

Made by `derive binomial --link p=sigmoid --emit torch`, derive 0.1.0.
Anyone may use, change and share this file for any purpose, without warranty (0BSD).
"""

import inspect
import math
import warnings
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F

# -log p = FACTOR * loss + dropped
FACTOR = 1


def loss(logit_p, trials, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, logit_p, trials, weight = _prepared(weight, validate, y=target, logit_p=logit_p, trials=trials)
    if weight is None:
        return _of_samples(reduction, None, y, logit_p, trials)
    return _reduced(_of_samples("none", None, y, logit_p, trials), reduction, weight)


class BinomialLoss(torch.nn.Module):
    """The loss as a module: `BinomialLoss()(logit_p, trials, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, logit_p, trials, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(logit_p, trials, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(logit_p, trials, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, logit_p, trials, weight = _prepared(weight, validate, y=target, logit_p=logit_p, trials=trials)
    y, logit_p, trials, penalty = _guarded(y=y, logit_p=logit_p, trials=trials)

    def in_full(y, logit_p, trials):
        return FACTOR * _of_samples("none", penalty, y, logit_p, trials) + _dropped(y, trials)

    value = _in_double(in_full, y, logit_p, trials)
    return _reduced(value, reduction, weight)


def dropped(target, trials):
    """What was dropped from -log p of one sample: −log C(n, y)."""
    y, trials, _ = _prepared(None, False, y=target, trials=trials)
    y, trials, penalty = _guarded(y=y, trials=trials)
    return _dropped(y, trials) + penalty


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, logit_p, trials):
    return y * _softplus(-logit_p) + _softplus(logit_p) * (trials - y)


def _loss_and_gradient(y, logit_p, trials):
    return (
        _softplus(-logit_p).mul_(y).add_(_softplus(logit_p).mul_(trials - y)),
        _logistic_balance(trials - y, y, logit_p),
    )


def _hessian_vector_product(y, logit_p, trials, v_logit_p):
    h_logit_p_logit_p = torch.sigmoid(-logit_p) * torch.sigmoid(logit_p) * ((trials - y) + y)
    return (h_logit_p_logit_p * v_logit_p,)


def _dropped(y, trials):
    return -_log_binomial(trials, y)


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
# log Gamma(u + 1/2) = u log u - u + log(2 pi)/2 - q/u: the quotient q of polynomials in 1/u^2.
_LOG_GAMMA_TAIL_N = (
    0.041666666666666484, 0.8748293807516524, 6.846784029361241, 26.212768152499205,
    54.17915743422269, 62.96359555571318, 41.55205688624877, 15.365503034849912,
    3.065653804470548, 0.3070882456584129, 0.01352539945161849, 0.00019901730490036668,
    4.2313168157975685e-07,
)
_LOG_GAMMA_TAIL_D = (
    1.0, 21.054238471370155, 165.53252823489842, 638.3881730654713,
    1334.7628823965038, 1579.1754292313499, 1071.2643744155148, 413.24903403139973,
    88.00908802640934, 9.770856947003564, 0.5102600265863146, 0.01030177718308029,
    5.0388373492194616e-05,
)


def _tensors(*values):
    """Numbers beside tensors, as tensors of the same dtype and device."""
    like, *_ = [value for value in values if isinstance(value, torch.Tensor)]
    return [torch.as_tensor(value, dtype=like.dtype, device=like.device) for value in values]


def _double(*values):
    """Numbers and tensors as float64 tensors of one device, and the dtype in which to answer."""
    tensors = _tensors(*values)
    return *[tensor.double() for tensor in tensors], tensors[0].dtype


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


def _log_gamma_rise(x, a):
    """The difference log Gamma(x + 1 + a) - log Gamma(x + 1), x, a >= 0, from log Gamma(u + 1/2) = u log u - u + ..."""
    u = x + 0.5
    v = u + a
    r, s = 1.0 / u, 1.0 / v
    value, slope = _rational_slope(_LOG_GAMMA_TAIL_N, _LOG_GAMMA_TAIL_D, r * r, s * s)
    return _u_log_u_difference(u, a) + (a / v) * r * (value + s * (r + s) * slope)


def _log_factorial_slope(n, m):
    """The slope of log Gamma(t + 1)/t between t = m and t = n, 0 <= m <= n <= 1."""
    top, _, top_slope = _polynomial_slope(_LOG_FACTORIAL_N, n, m)
    low, low_m, low_slope = _polynomial_slope(_LOG_FACTORIAL_D, n, m)
    value = top / low
    return value - m * ((value * low_slope - top_slope) / low_m)


def _log_binomial(n, k):
    """The logarithm of the binomial coefficient Gamma(n + 1) / (Gamma(k + 1) Gamma(n - k + 1)); 0 <= k <= n.

    With m the smaller and d the larger of k and n - k: from m = 2 on by Stirling's formula for the three
    gamma functions; else log Gamma(n + 1) - log Gamma(d + 1) less log Gamma(m + 1); below d = 1/2, where
    these two cancel, m d times the slopes of log Gamma(t + 1)/t from m and from d to n.

    Measured beyond conditioning: at most 3 ulp in float64, 3.5 in float32.
    """
    n, k = _tensors(n, k)
    m, d = torch.minimum(k, n - k), torch.maximum(k, n - k)
    t, p, q = torch.clamp(n, max=1.0), torch.clamp(m, max=0.5), torch.clamp(d, max=0.5)
    tiny = m * d * (_log_factorial_slope(t, p) + _log_factorial_slope(t, q))
    t = torch.clamp(m, max=2.0)
    fall = t * (0.5772156649015329 - t * _rational(_LOG_FACTORIAL_N, _LOG_FACTORIAL_D, t))
    near = _log_gamma_rise(d, m) + fall
    p, q, total = torch.clamp(m, min=2.0), torch.clamp(d, min=2.0), torch.clamp(n, min=4.0)
    rest = _stirling_correction(p) + _stirling_correction(q) - _stirling_correction(total)
    half = 0.5 * torch.log(p * (q / total)) + 0.9189385332046728
    far = p * torch.log1p(q / p) + q * torch.log1p(p / q) - (half + rest)
    return torch.where(d < 0.5, tiny, torch.where(m < 2.0, near, far))


def _u_log_u_difference(u, a):
    """F(u + a) - F(u) for F(u) = u log u - u; u, a > 0.

    It is a (log(u + a) - 1) + u log(1 + a/u); for a < u/2 log(1 + a/u) is taken as 2 atanh(s) with
    s = a/(2 u + a) (DLMF 4.6.4).
    """
    q = a / u
    s = q / (2.0 + q)
    w = s * s
    rest = 2.0 * s * w * _polynomial(tuple(1.0 / (2 * k + 3) for k in range(12)), torch.clamp(w, max=0.04))
    near = a * torch.log(u) + (a * (s + rest) + u * rest)
    return torch.where(q < 0.5, near, a * (torch.log(u + a) - 1.0) + u * torch.log1p(q))


def _softplus(x):
    """The logarithm of 1 + exp(x), without loss at either end.

    F.softplus drops exp(-x) above its threshold of 20.

    Measured beyond conditioning: at most 0.5 ulp in float64, 1 in float32.
    """
    return -F.logsigmoid(-x)


def _logistic_balance(a, b, z):
    """The difference a sigmoid(z) - b sigmoid(-z); a, b >= 0.

    Near z = 0 it is (a - b)/2 + (a + b) tanh(z/2)/2, in which nothing cancels for a = b.

    Measured beyond conditioning: at most 2 ulp in float64, 0.5 in float32.
    """
    a, b, z, kind = _double(a, b, z)
    far = (a * torch.exp(torch.clamp(z, max=0.0)) - b * torch.exp(torch.clamp(-z, max=0.0))) / (1.0 + torch.exp(-torch.abs(z)))
    near = 0.5 * ((a - b) + (a + b) * torch.tanh(0.5 * z))
    return torch.where(torch.abs(z) < 1.0, near, far).to(kind)


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


def _polynomial_slope(coefficients, w, v):
    """Give p(w), p(v) and the slope (p(w) - p(v)) / (w - v), in which nothing cancels."""
    at_w, at_v, slope = torch.zeros_like(w), torch.zeros_like(v), torch.zeros_like(w)
    for coefficient in reversed(coefficients):
        slope = slope * w + at_v
        at_w, at_v = at_w * w + coefficient, at_v * v + coefficient
    return at_w, at_v, slope


def _rational_slope(numerator, denominator, w, v):
    """Give q(w) and the slope (q(w) - q(v)) / (w - v) of a quotient q of polynomials, 0 <= v <= w.

    The slope is taken as written for v < 0.9 w, else from the slopes of the polynomials.
    """
    top_w, top_v, top = _polynomial_slope(numerator, w, v)
    low_w, low_v, low = _polynomial_slope(denominator, w, v)
    value = top_w / low_w
    return value, torch.where(v < 0.9 * w, (value - top_v / low_v) / (w - v), (top - value * low) / low_v)


# The derivatives, for autograd --------------------------------------------------------------------


def _of_samples(reduction, penalty, y, logit_p, trials):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, penalty, y, logit_p, trials)[0]
    if penalty is None:
        y, logit_p, trials, penalty = _guarded(y=y, logit_p=logit_p, trials=trials)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, logit_p, trials), reduction)
    return _reduced(_loss(y, logit_p, trials) + penalty, reduction)


# Of more than so many numbers of an argument only so many are computed at once: what the functions above
# make on their way then stays in the cache.
_MANY, _PART = 500_000, 65_536


def _in_parts(y, logit_p, trials):
    """The loss and its gradient, part by part along the first axis where the samples are many."""
    numbers = y.numel()
    if numbers <= _MANY:
        return _loss_and_gradient(y, logit_p, trials)
    rows, wholes = y.shape[0], []
    length = max(_PART * rows // numbers, 1)
    for start in range(0, rows, length):
        here = slice(start, start + length)
        parts = _loss_and_gradient(*[tensor[here] for tensor in (y, logit_p, trials)])
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
        reduction, penalty, y, logit_p, trials = inputs
        if penalty is None:
            if _surely_legal(y, logit_p, trials):
                value, *slopes = _in_parts(y, logit_p, trials)
                total = torch.sum(value)
                if not math.isnan(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, logit_p, trials, penalty = _guarded(y=y, logit_p=logit_p, trials=trials)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, logit_p, trials))
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
        y, logit_p, trials, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y.numel() if ctx.reduction == "mean" else g
            gradient = [share * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, logit_p, trials)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, *gradient, None

    @staticmethod
    def jvp(ctx, _reduction, _penalty, v_y, v_logit_p, v_trials):
        if v_y is not None or v_trials is not None:
            raise ValueError("the loss has no gradient in the target or trials; detach it")
        y, logit_p, trials, *slopes = ctx.saved_tensors
        directions = [v_logit_p]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, logit_p, trials)

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


def _change_of_gradient(slopes, directions, y, logit_p, trials):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, logit_p, trials, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, logit_p, trials):
        value = _loss(y, logit_p, trials)
        ctx.save_for_backward(y, logit_p, trials, _nan_or_zero(value, penalty))
        return value + penalty

    @staticmethod
    def backward(ctx, g):
        *arguments, without = ctx.saved_tensors
        _, *slopes = _loss_and_gradient(*arguments)
        gradient = [g * (slope + without) for slope in slopes]
        return None, None, *gradient, None


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
        "a count: 0, 1, 2, ... up to trials",
        lambda y: (y < 0) | (torch.abs(y) == math.inf) | (torch.floor(y) < y),
        0.0,
        bounds=("trials",),
        beyond=lambda y, trials: y > trials,
    ),
    "logit_p": _Argument("learned", "finite", lambda logit_p: torch.abs(logit_p) == math.inf, 0.0),
    "trials": _Argument(
        "known",
        "a count: 0, 1, 2, ...",
        lambda trials: (trials < 0) | (torch.abs(trials) == math.inf) | (torch.floor(trials) < trials),
        1.0,
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


def _surely_legal(y, logit_p, trials):
    """Whether a quick look at the whole finds every sample legal; an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
        and torch.amin(y).item() >= 0
        and math.isfinite(torch.sum(y))
        and torch.sum(y - torch.floor(y)).item() == 0
        and math.isfinite(torch.sum(logit_p))
        and torch.amin(trials).item() >= 0
        and math.isfinite(torch.sum(trials))
        and torch.sum(trials - torch.floor(trials)).item() == 0
        and not torch.any(y > trials).item()
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


def _in_double(function, *given):
    """What a function gives of its arguments, in float64 and back: its terms may nearly cancel."""
    return function(*(value.double() for value in given)).to(given[0].dtype)


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
