"""The nakagami loss of shape and log_spread, with its gradient and Hessian.

The strength of a radio signal that comes on many paths: the root of a gamma variable.

Density
    p(y | shape, spread) = 2 y y^(2 (m − 1))/Γ(m) · (m/ω)^m e^(−y² m/ω)
    spread = exp(log_spread), the log link; η below

Symbols
    y              in (0, ∞)  data                       amplitude, in the units of the data
    shape       m  in (0, ∞)  predicted for each sample  shape, from one half on; 1 is Rayleigh's
                                                         distribution
    spread      ω  in (0, ∞)  ω = e^η                    mean square, in the squared units of the data
    log_spread  η  in ℝ       predicted for each sample  predictor of spread through the log link

Loss of one sample, to be minimised over shape, log_spread
    loss    = [m + log Γ(m) − m log m] + m (e^(2 (log y − η/2)) − 1 − 2 (log y − η/2))
    factor  = 1
    dropped = log y − log 2
    -log p  = factor · loss + dropped

Also known of the density
    mean          √ω Γ(m + ½)/(√m Γ(m))
    mode          √ω √2 √(2 m − 1)/(2 √m)   where m > ½
    P(Y ≤ y)      P(m, y² m/ω)
    log P(Y > y)  log Q(m, y² m/ω)

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 8, gradient 8, Hessian 8, -log p 8
    float32  value 5, gradient 5, Hessian 5, -log p 5

Elsewhere:
    loss = -scipy.stats.nakagami.logpdf - (log y − log 2), at spread = exp(log_spread)

Source: Nakagami (1960), The m-distribution, in Statistical Methods in Radio Wave Propagation, 3-36.

Made by `derive nakagami --link spread=exp --emit torch`, derive 0.1.0.
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


def loss(shape, log_spread, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, shape, log_spread, weight = _prepared(weight, validate, y=target, shape=shape, log_spread=log_spread)
    if weight is None:
        return _of_samples(reduction, None, y, shape, log_spread)
    return _reduced(_of_samples("none", None, y, shape, log_spread), reduction, weight)


class NakagamiLoss(torch.nn.Module):
    """The loss as a module: `NakagamiLoss()(shape, log_spread, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, shape, log_spread, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(shape, log_spread, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(shape, log_spread, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, shape, log_spread, weight = _prepared(weight, validate, y=target, shape=shape, log_spread=log_spread)
    y, shape, log_spread, penalty = _guarded(y=y, shape=shape, log_spread=log_spread)
    value = FACTOR * _of_samples("none", penalty, y, shape, log_spread) + _dropped(y)
    # The sum cancels: it gives the derivatives, and this the value.
    rounded = value.detach()
    better = _negative_log_likelihood(y, shape, log_spread).detach() + penalty
    value = torch.where(torch.isfinite(rounded), value - rounded + better, value)
    return _reduced(value, reduction, weight)


def dropped(target):
    """What was dropped from -log p of one sample: log y − log 2."""
    y, _ = _prepared(None, False, y=target)
    y, penalty = _guarded(y=y)
    return _dropped(y) + penalty


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, shape, log_spread):
    return _log_gamma_excess(shape) + shape * _exp_excess(2 * (torch.log(y) - 0.5 * log_spread))


def _loss_and_gradient(y, shape, log_spread):
    stirling_step = _stirling_step(shape)
    product = torch.log(y).sub_(0.5 * log_spread).mul_(2)
    exp_excess = _exp_excess(product)
    return (
        _log_gamma_excess(shape, stirling_step).add_(shape * exp_excess),
        exp_excess.add_(_digamma_excess(shape, stirling_step)),
        (-shape).mul_(_expm1(product)),
    )


def _hessian_vector_product(y, shape, log_spread, v_shape, v_log_spread):
    product = 2 * (torch.log(y) - 0.5 * log_spread)
    h_shape_shape = _trigamma_excess(shape)
    h_shape_log_spread = -_expm1(product)
    h_log_spread_log_spread = shape * torch.exp(product)
    return (
        _times(v_shape, h_shape_shape) + _times(v_log_spread, h_shape_log_spread),
        _times(v_shape, h_shape_log_spread) + _times(v_log_spread, h_log_spread_log_spread),
    )


def _dropped(y):
    return _log_ratio(y, 2)


def _negative_log_likelihood(y, shape, log_spread):
    return (
        _log_gamma_excess_and_log(shape, y)
        + shape * _exp_excess(2 * (torch.log(y) - 0.5 * log_spread))
        - math.log(2)
    )


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
# psi(x) = log x - 1/(2 x) - q/x^2, x >= 1: the quotient q of polynomials in 1/x^2.
_STIRLING_SLOPE_N = (
    0.08333333333333333, 2.4384002706996504, 25.765119919768647, 126.81801188873901, 313.222591486411,
    389.93483343927187, 233.14235736343613, 59.48532548344214, 4.968427638503493, 0.05938962247804522,
)
_STIRLING_SLOPE_D = (
    1.0, 29.36080324839579, 312.0699003144505, 1551.674999207221, 3900.3552574835117, 5008.551680334965,
    3168.4778624172873, 901.0655603408794, 95.1088803129576, 2.3258207808827107,
)
# psi'(x) = 1/x + 1/(2 x^2) + q/x^3, x >= 1: the quotient q of polynomials in 1/x^2.
_STIRLING_CURVATURE_N = (
    0.16666666666666666, 5.36538305971135, 62.58537117315088, 341.1266008414031, 935.3200901590213,
    1294.3684827092022, 859.7990991501407, 242.78648718297077, 22.20497069266673, 0.27820346819632014,
)
_STIRLING_CURVATURE_D = (
    1.0, 32.39229835826802, 381.847829567739, 2118.7016997610485, 5987.135105855408, 8724.130679948388,
    6340.684263096004, 2108.580944065058, 267.6547076280135, 8.311561411500044,
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
# e^x - 1 - x = x^2 (1/2! + x/3! + x^2/4! + ...).
_EXP_EXCESS = tuple(1.0 / math.factorial(k) for k in range(2, 20))


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


def _stirling_correction_slope(x, stirling_step=None):
    """The difference psi(x) - log x + 1/(2 x) < 0, near -1/(12 x^2); x > 0.

    The derivative of Stirling's correction. That of the step h is -(z - h) / (x + 1/2), and both parts
    have one sign (DLMF 5.5.2, 5.11.2).

    Measured beyond conditioning: at most 3 ulp in float64, 3.5 in float32.
    """
    r = 1.0 / (x + 1.0)
    w = r * r
    step, z = stirling_step or _stirling_step(x)
    tail = w * _rational(_STIRLING_SLOPE_N, _STIRLING_SLOPE_D, w)
    return -((z - step) / (x + 0.5) + tail)


def _stirling_correction_curvature(x):
    """The difference psi'(x) - 1/x - 1/(2 x^2) > 0, near 1/(6 x^3); x > 0.

    The second derivative of Stirling's correction. That of the step is 1/(2 x^2 (x + 1)^2), and both
    parts have one sign (DLMF 5.15.5, 5.15.8).

    Measured beyond conditioning: at most 3.5 ulp in float64, 3.5 in float32.
    """
    p, r = 1.0 / x, 1.0 / (x + 1.0)
    w = r * r
    tail = r * w * _rational(_STIRLING_CURVATURE_N, _STIRLING_CURVATURE_D, w)
    return 0.5 * p * w * p + tail


def _log_gamma_excess(x, stirling_step=None):
    """The difference log Gamma(x) - (x log x - x), near log(2 pi/x)/2; x > 0.

    Measured beyond conditioning: at most 4 ulp in float64, 4 in float32.
    """
    return _stirling_correction(x, stirling_step) + (0.9189385332046728 - 0.5 * torch.log(x))


def _digamma_excess(x, stirling_step=None):
    """The difference psi(x) - log x < 0, near -1/(2 x); x > 0.

    Measured beyond conditioning: at most 3 ulp in float64, 3.5 in float32.
    """
    return _stirling_correction_slope(x, stirling_step) - 0.5 / x


def _trigamma_excess(x):
    """The difference psi'(x) - 1/x > 0, near 1/(2 x^2); x > 0.

    Measured beyond conditioning: at most 3 ulp in float64, 3.5 in float32.
    """
    return _stirling_correction_curvature(x) + 0.5 / x / x


def _log_factorial_excess(n):
    """The difference log n! - (n log n - n) >= 0, near log(2 pi n)/2; n >= 0.

    Measured beyond conditioning: at most 4 ulp in float64, 4 in float32.
    """
    low, high = torch.clamp(n, max=1.0), torch.clamp(n, min=1.0)
    rest = low * (low * _rational(_LOG_FACTORIAL_N, _LOG_FACTORIAL_D, low) - 0.5772156649015329)
    near = (rest + low) - torch.xlogy(low, low)
    far = _stirling_correction(high) + (0.9189385332046728 + 0.5 * torch.log(high))
    return torch.where(n < 1.0, near, far)


def _log_gamma_excess_and_log(x, y):
    """The sum log Gamma(x) - (x log x - x) + log y; x, y > 0.

    Measured beyond conditioning: at most 4 ulp in float64, 4 in float32.
    """
    x, y = _tensors(x, y)
    low, high = torch.clamp(x, max=1.0), torch.clamp(x, min=1.0)
    near = _log_factorial_excess(low) + _log_ratio(y, low)
    far = _stirling_correction(high) + _log_ratio(y, torch.sqrt(high / 6.283185307179586))
    return torch.where(x < 1.0, near, far)


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


def _exp_excess(x):
    """The difference e^x - 1 - x, near x^2/2 at 0; for |x| below 1 its power series.

    Measured beyond conditioning: at most 1.5 ulp in float64, 1.5 in float32.
    """
    c = torch.clamp(x, -1.0, 1.0)
    near = c * c * _polynomial(_EXP_EXCESS, c)
    return torch.where(torch.abs(x) < 1.0, near, _expm1(x) - x)


def _log_ratio(a, b):
    """The logarithm of a/b; a, b > 0: that of 1 + |a - b|/min(a, b), with the sign of a - b.

    Measured beyond conditioning: at most 1 ulp in float64, 1.5 in float32.
    """
    a, b = _tensors(a, b)
    difference = a - b
    t = torch.abs(difference) / torch.minimum(a, b)
    near = torch.copysign(torch.log1p(t), difference)
    return torch.where(t < math.inf, near, torch.log(a) - torch.log(b))


def _times(x, y):
    """The product x y with 0 inf = 0: what is impossible and did not happen costs nothing."""
    return torch.where((x == 0) & torch.isinf(y), torch.zeros_like(y), x * y)


# The derivatives, for autograd --------------------------------------------------------------------


def _of_samples(reduction, penalty, y, shape, log_spread):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, penalty, y, shape, log_spread)[0]
    if penalty is None:
        y, shape, log_spread, penalty = _guarded(y=y, shape=shape, log_spread=log_spread)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, shape, log_spread), reduction)
    return _reduced(_loss(y, shape, log_spread) + penalty, reduction)


# Of more than so many numbers of an argument only so many are computed at once: what the functions above
# make on their way then stays in the cache.
_MANY, _PART = 500_000, 65_536


def _in_parts(y, shape, log_spread):
    """The loss and its gradient, part by part along the first axis where the samples are many."""
    numbers = y.numel()
    if numbers <= _MANY:
        return _loss_and_gradient(y, shape, log_spread)
    rows, wholes = y.shape[0], []
    length = max(_PART * rows // numbers, 1)
    for start in range(0, rows, length):
        here = slice(start, start + length)
        parts = _loss_and_gradient(*[tensor[here] for tensor in (y, shape, log_spread)])
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
        reduction, penalty, y, shape, log_spread = inputs
        if penalty is None:
            if _surely_legal(y, shape, log_spread):
                value, *slopes = _in_parts(y, shape, log_spread)
                total = torch.sum(value)
                if not math.isnan(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, shape, log_spread, penalty = _guarded(y=y, shape=shape, log_spread=log_spread)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, shape, log_spread))
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
        y, shape, log_spread, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y.numel() if ctx.reduction == "mean" else g
            gradient = [share * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, shape, log_spread)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, *gradient

    @staticmethod
    def jvp(ctx, _reduction, _penalty, v_y, v_shape, v_log_spread):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, shape, log_spread, *slopes = ctx.saved_tensors
        directions = [v_shape, v_log_spread]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, shape, log_spread)

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


def _change_of_gradient(slopes, directions, y, shape, log_spread):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, shape, log_spread, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, shape, log_spread):
        value = _loss(y, shape, log_spread)
        ctx.save_for_backward(y, shape, log_spread, _nan_or_zero(value, penalty))
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
    "y": _Argument("data", "positive", lambda y: (y <= 0) | (torch.abs(y) == math.inf), 1.0),
    "shape": _Argument(
        "learned",
        "positive",
        lambda shape: (shape <= 0) | (torch.abs(shape) == math.inf),
        1.0,
    ),
    "log_spread": _Argument(
        "learned",
        "finite",
        lambda log_spread: torch.abs(log_spread) == math.inf,
        0.0,
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
        yield name, value, broken


def _surely_legal(y, shape, log_spread):
    """Whether a quick look at the whole finds every sample legal; an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
        and torch.amin(y).item() > 0
        and math.isfinite(torch.sum(y))
        and torch.amin(shape).item() > 0
        and math.isfinite(torch.sum(shape))
        and math.isfinite(torch.sum(log_spread))
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
