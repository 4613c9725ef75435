"""The beta loss of a and b, with its gradient and Hessian.

A proportion.

Density
    p(y | a, b) = y^(a − 1) (1 − y)^(b − 1)/B(a, b)

Symbols
    y  in [0, 1]  data                       observed proportion
    a  in (0, ∞)  predicted for each sample  first shape
    b  in (0, ∞)  predicted for each sample  second shape

Loss of one sample, to be minimised over a, b
    loss    = log B(a, b) − (a − 1) log y − (b − 1) log1p(−y)
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

Also known of the density
    mean          a/(a + b)
    P(Y ≤ y)      I(a, b; y)
    log P(Y > y)  log I(b, a; 1 − y)

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 3, gradient 3, Hessian 2
    float32  value 3, gradient 3, Hessian 2

Elsewhere:
    loss = -scipy.stats.beta.logpdf
    loss = -torch.distributions.Beta.log_prob

Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 25.

Made by `derive beta --emit torch`, derive 0.1.0.
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


def loss(a, b, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, a, b, weight = _prepared(weight, validate, y=target, a=a, b=b)
    if weight is None:
        return _of_samples(reduction, None, y, a, b)
    return _reduced(_of_samples("none", None, y, a, b), reduction, weight)


class BetaLoss(torch.nn.Module):
    """The loss as a module: `BetaLoss()(a, b, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, a, b, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(a, b, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(a, b, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, a, b, weight = _prepared(weight, validate, y=target, a=a, b=b)
    y, a, b, penalty = _guarded(y=y, a=a, b=b)
    value = FACTOR * _of_samples("none", penalty, y, a, b) + _dropped()
    return _reduced(value, reduction, weight)


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, a, b):
    return _log_beta(a, b) - _xlog1py(b - 1, -y) - torch.xlogy(a - 1, y)


def _loss_and_gradient(y, a, b):
    return (
        _log_beta(a, b).sub_(_xlog1py(b - 1, -y)).sub_(torch.xlogy(a - 1, y)),
        _digamma_difference(a, b).neg_().sub_(torch.log(y)),
        _digamma_difference(b, a).neg_().sub_((-y).log1p_()),
    )


def _hessian_vector_product(y, a, b, v_a, v_b):
    h_a_a = -_trigamma_difference(a, b)
    h_a_b = -_trigamma(a + b)
    h_b_b = -_trigamma_difference(b, a)
    return _times(v_a, h_a_a) + _times(v_b, h_a_b), _times(v_a, h_a_b) + _times(v_b, h_b_b)


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
# psi(u + 1/2) = log u + q/u^2: the quotient q of polynomials in 1/u^2.
_DIGAMMA_N = (
    0.04166666666666425, 0.951307620470766, 8.1005289677091, 33.72886478670227,
    75.69960382350921, 95.2298944126867, 67.69101208885793, 26.763214712539504,
    5.648402125012893, 0.5888460218721636, 0.026222564441836686, 0.00036281938636605635,
    4.1376202783511134e-07,
)
_DIGAMMA_D = (
    1.0, 23.006382891260635, 198.34655033097877, 842.1800069566671,
    1947.9733737833337, 2564.722284592683, 1950.9009541671933, 852.4353557208073,
    208.52129471746744, 27.1361710025195, 1.7146989066476013, 0.04428768801012326,
    0.000313009712830498,
)
# psi'(u + 1/2) = 1/u - q/u^3: the quotient q of polynomials in 1/u^2.
_TRIGAMMA_N = (
    0.08333333333333325, 2.082329385038045, 17.733169698503104, 64.58011321806684,
    103.19264913325368, 65.95480540830835, 12.593195881984583, 0.16513282929255674,
)
_TRIGAMMA_D = (
    1.0, 25.337952620454512, 221.38953408560306, 845.8313871360522,
    1482.2240067332648, 1144.0319933156452, 339.02838036459434, 26.94993056216394,
)


def _tensors(*values):
    """Numbers beside tensors, as tensors of the same dtype and device."""
    like, *_ = [value for value in values if isinstance(value, torch.Tensor)]
    return [torch.as_tensor(value, dtype=like.dtype, device=like.device) for value in values]


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


def _log_gamma(x):
    """The logarithm of Gamma(x), x > 0.

    Torch's own keeps the zeros at 1 and 2.

    Measured beyond conditioning: at most 1 ulp in float64, 1 in float32.
    """
    return torch.lgamma(x)


def _trigamma(x):
    """The second derivative psi'(x) of log Gamma(x), x > 0.

    Two steps of psi'(x) = 1/x^2 + psi'(x + 1) (DLMF 5.15.5), then
    psi'(u + 1/2) = 1/u - 1/(12 u^3) + ... (5.15.8) as a fitted quotient.

    Measured beyond conditioning: at most 1.5 ulp in float64, 1.5 in float32.
    """
    r = 1.0 / (x + 1.5)
    w = r * r
    tail = r - r * w * _rational(_TRIGAMMA_N, _TRIGAMMA_D, w)
    return (1.0 / x) ** 2 + ((1.0 / (x + 1.0)) ** 2 + tail)


def _log1p_quotient(a, x):
    """The logarithm of 1 + a/x, a, x > 0, also where a/x overflows."""
    q = a / x
    return torch.where(torch.isinf(q), torch.log(a) - torch.log(x), torch.log1p(q))


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


def _log_gamma_difference(x, a):
    """The difference log Gamma(x + a) - log Gamma(x); x, a > 0.

    As written for x < 1 <= 2 a, where its zeros lie. Else one step of the recurrence, and then
    log Gamma(u + 1/2) = u log u - u + ... subtracted in closed form (DLMF 5.5.1, 5.11.8).

    Measured beyond conditioning: at most 2 ulp in float64, 2 in float32; close to its zeros nothing
    beyond it.
    """
    x, a = _tensors(x, a)
    low = torch.clamp(x, max=1.0)
    plain = _log_gamma(low + a) - _log_gamma(low)
    closed = _log_gamma_rise(x, a) - _log1p_quotient(a, x)
    return torch.where((x < 1.0) & (a >= 0.5), plain, closed)


def _digamma_difference(x, a):
    """The difference psi(x + a) - psi(x) > 0; x, a > 0.

    One step of the recurrence, then log u + 1/(24 u^2) - ... at u = x + 1/2 and at u + a, each
    subtracted in closed form (DLMF 5.5.2, 5.11.2).

    Measured beyond conditioning: at most 1 ulp in float64, 1.5 in float32.
    """
    x, a = _tensors(x, a)
    u = x + 0.5
    v = u + a
    r, s = 1.0 / u, 1.0 / v
    value, slope = _rational_slope(_DIGAMMA_N, _DIGAMMA_D, r * r, s * s)
    tail = (a / v) * r * (r + s) * (value + s * s * slope)
    return (a / (x + a)) / x + (_log1p_quotient(a, u) - tail)


def _trigamma_difference(x, a):
    """The difference psi'(x + a) - psi'(x) < 0; x, a > 0.

    Two steps of the recurrence, then 1/u - 1/(12 u^3) + ... at u = x + 3/2 and at u + a, each
    subtracted in closed form, the steps as (1/p - 1/q)(1/p + 1/q) (DLMF 5.15.5, 5.15.8).

    Measured beyond conditioning: at most 1.5 ulp in float64, 1.5 in float32.
    """
    x, a = _tensors(x, a)
    u = x + 1.5
    v = u + a
    r, s = 1.0 / u, 1.0 / v
    value, slope = _rational_slope(_TRIGAMMA_N, _TRIGAMMA_D, r * r, s * s)
    tail = (a / v) * r * (1.0 - r * r * value - s * (r + s) * (value + s * s * slope))
    p, q = x + 1.0, (x + a) + 1.0
    second = (a / q) / p * (1.0 / p + 1.0 / q)
    q = x + a
    first = (a / q) / x * (1.0 / x + 1.0 / q)
    return -(first + (second + tail))


def _log_beta(a, b):
    """The logarithm of B(a, b); a, b > 0.

    With s the smaller and t the larger, log Gamma(s) - (log Gamma(t + s) - log Gamma(t)) for s
    below 3, else Stirling's formula for the three, whose main terms have one sign (DLMF 5.12.1,
    5.11.1).

    Measured beyond conditioning: at most 2 ulp in float64, 2 in float32; close to its zeros more,
    where the error stays within 2.5 times what one ulp in a and in b explains.
    """
    a, b = _tensors(a, b)
    s, t = torch.minimum(a, b), torch.maximum(a, b)
    near = _log_gamma(s) - _log_gamma_difference(t, s)
    s, t = torch.clamp(s, min=3.0), torch.clamp(t, min=3.0)
    tail = _stirling_correction(s) + _stirling_correction(t) - _stirling_correction(s + t)
    half = 0.5 * torch.log(6.283185307179586 * (1.0 / s + 1.0 / t))
    far = (half + tail) - s * torch.log1p(t / s) - t * torch.log1p(s / t)
    return torch.where(torch.minimum(a, b) < 3.0, near, far)


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


def _xlog1py(x, y):
    """The product x log(1 + y), 0 at x = 0 (nan if x or y is nan)."""
    return torch.special.xlog1py(x, y)


def _times(x, y):
    """The product x y with 0 inf = 0: what is impossible and did not happen costs nothing."""
    return torch.where((x == 0) & torch.isinf(y), torch.zeros_like(y), x * y)


# The derivatives, for autograd --------------------------------------------------------------------


def _of_samples(reduction, penalty, y, a, b):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, penalty, y, a, b)[0]
    if penalty is None:
        y, a, b, penalty = _guarded(y=y, a=a, b=b)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, a, b), reduction)
    return _reduced(_loss(y, a, b) + penalty, reduction)


# Of more than so many numbers of an argument only so many are computed at once: what the functions above
# make on their way then stays in the cache.
_MANY, _PART = 500_000, 65_536


def _in_parts(y, a, b):
    """The loss and its gradient, part by part along the first axis where the samples are many."""
    numbers = y.numel()
    if numbers <= _MANY:
        return _loss_and_gradient(y, a, b)
    rows, wholes = y.shape[0], []
    length = max(_PART * rows // numbers, 1)
    for start in range(0, rows, length):
        here = slice(start, start + length)
        parts = _loss_and_gradient(*[tensor[here] for tensor in (y, a, b)])
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
        reduction, penalty, y, a, b = inputs
        if penalty is None:
            if _surely_legal(y, a, b):
                value, *slopes = _in_parts(y, a, b)
                total = torch.sum(value)
                if not math.isnan(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, a, b, penalty = _guarded(y=y, a=a, b=b)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, a, b))
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
        y, a, b, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y.numel() if ctx.reduction == "mean" else g
            gradient = [share * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, a, b)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, *gradient

    @staticmethod
    def jvp(ctx, _reduction, _penalty, v_y, v_a, v_b):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, a, b, *slopes = ctx.saved_tensors
        directions = [v_a, v_b]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, a, b)

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


def _change_of_gradient(slopes, directions, y, a, b):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, a, b, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, a, b):
        value = _loss(y, a, b)
        ctx.save_for_backward(y, a, b, _nan_or_zero(value, penalty))
        return value + penalty

    @staticmethod
    def backward(ctx, g):
        *arguments, without = ctx.saved_tensors
        _, *slopes = _loss_and_gradient(*arguments)
        gradient = [g * (slope + without) for slope in slopes]
        return None, None, *gradient


# Arguments and reductions -------------------------------------------------------------------------


class _Argument(NamedTuple):
    """What an argument is, what it must be, where it is not, and what stands for it in a removed sample."""

    role: str
    demand: str
    broken: Callable
    harmless: float


_ARGUMENTS = {
    "y": _Argument("data", "in the unit interval", lambda y: (y < 0) | (y > 1), 0.5),
    "a": _Argument("learned", "positive", lambda a: (a <= 0) | (torch.abs(a) == math.inf), 1.0),
    "b": _Argument("learned", "positive", lambda b: (b <= 0) | (torch.abs(b) == math.inf), 1.0),
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
        yield name, value, broken


def _surely_legal(y, a, b):
    """Whether a quick look at the whole finds every sample legal; an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
        and torch.amin(y).item() >= 0
        and torch.amax(y).item() <= 1
        and torch.amin(a).item() > 0
        and math.isfinite(torch.sum(a))
        and torch.amin(b).item() > 0
        and math.isfinite(torch.sum(b))
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
