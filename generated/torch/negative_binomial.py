"""The negative binomial loss of mean and dispersion, with its gradient and Hessian.

Counts that vary more than Poisson's: the rate of each is drawn from a gamma distribution.

Density
    p(y | mean, dispersion) = C(r + y − 1, y) (μ/(r + μ))^y (1 − μ/(r + μ))^r

Symbols
    y              in {0, 1, 2, …}  data                       number of events
    mean        μ  in (0, ∞)        predicted for each sample  expected number of events
    dispersion  r  in (0, ∞)        predicted for each sample  shape of the gamma distribution: the
                                                               variance is mean + mean²/dispersion

Loss of one sample, to be minimised over mean, dispersion
    loss    = [r log(μ/r + 1) + y log(r/μ + 1) − log C(r + y − 1, y)]
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

Also known of the density
    mean          μ
    mode          ⌊μ (r − 1)/r⌋   where r > 1
    P(Y ≤ y)      I(r, y + 1; r/(r + μ))
    log P(Y > y)  log I(y + 1, r; μ/(r + μ))
    deviance      2 (y log(y/μ) − (r + y) log((r + y)/(r + μ)))
    dispersion φ  1

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 1, gradient 3, Hessian 3
    float32  value 1, gradient 1, Hessian 2

Elsewhere:
    loss = -scipy.stats.nbinom.logpmf
    loss = -torch.distributions.NegativeBinomial(probs).log_prob

Source: Cameron and Trivedi (2013), Regression Analysis of Count Data, 2nd ed., ch. 3.

Made by `derive negative_binomial --emit torch`, derive 0.1.0.
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


def loss(mean, dispersion, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, mean, dispersion, weight = _prepared(weight, validate, y=target, mean=mean, dispersion=dispersion)
    if weight is None:
        return _of_samples(reduction, None, y, mean, dispersion)
    return _reduced(_of_samples("none", None, y, mean, dispersion), reduction, weight)


class NegativeBinomialLoss(torch.nn.Module):
    """The loss as a module: `NegativeBinomialLoss()(mean, dispersion, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, mean, dispersion, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(mean, dispersion, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(mean, dispersion, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, mean, dispersion, weight = _prepared(weight, validate, y=target, mean=mean, dispersion=dispersion)
    y, mean, dispersion, penalty = _guarded(y=y, mean=mean, dispersion=dispersion)
    value = FACTOR * _of_samples("none", penalty, y, mean, dispersion) + _dropped()
    return _reduced(value, reduction, weight)


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, mean, dispersion):
    return _gamma_poisson(dispersion, y, mean)


def _loss_and_gradient(y, mean, dispersion):
    return (
        _gamma_poisson(dispersion, y, mean),
        (dispersion / (dispersion + mean)).mul_((mean - y).div_(mean)),
        _gamma_poisson_slope(dispersion, y, mean),
    )


def _hessian_vector_product(y, mean, dispersion, v_mean, v_dispersion):
    share = dispersion / (dispersion + mean)
    share_2 = mean / (mean + dispersion)
    difference = mean - y
    h_mean_mean = share * (y - share_2 * difference) / mean**2
    h_mean_dispersion = share_2 * share * difference / (mean * dispersion)
    h_dispersion_dispersion = _gamma_poisson_curvature(dispersion, y, mean)
    return (
        _times(v_mean, h_mean_mean) + _times(v_dispersion, h_mean_dispersion),
        _times(v_mean, h_mean_dispersion) + _times(v_dispersion, h_dispersion_dispersion),
    )


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


def _log1p_quotient(a, x):
    """The logarithm of 1 + a/x, a, x > 0, also where a/x overflows."""
    q = a / x
    return torch.where(torch.isinf(q), torch.log(a) - torch.log(x), torch.log1p(q))


def _log1p_rest(t, ratio):
    """The difference t - log(1 + t) >= 0 for ratio = 1 + t > 0, near t^2/2 (DLMF 4.6.4)."""
    small = (t > -0.66) & (t < 2.0)
    low = torch.where(small, t, 0.0)
    s = low / (2.0 + low)
    w = s * s
    near = s * low - 2.0 * s * w * _polynomial(tuple(1.0 / (2 * k + 3) for k in range(26)), w)
    return torch.where(small, near, t - torch.log(ratio))


def _gamma_poisson(r, y, m):
    """The sum r log(1 + m/r) + y log(1 + r/m) - log of Gamma(r + y) / (Gamma(r) y!) >= 0; r, m > 0, y = 0, 1, ...

    For y > 0 by Stirling's formula for the three gamma functions, in which nothing cancels: the deviance
    y log(1 + v) + r log(1 + w), log(2 pi y (1 + y/r))/2 and three corrections (Loader, 2000).

    Measured beyond conditioning: at most 4 ulp in float64, 1 in float32.
    """
    r, y, m, kind = _double(r, y, m)
    none = r * _log1p_quotient(m, r)
    k = torch.clamp(y, min=1.0)
    n, d = r + k, k - m
    v, w = r / n * (d / m), -d / n
    close = r / n * d * (d / m) - k * _log1p_rest(v, 1.0 + v) - r * _log1p_rest(w, 1.0 + w)
    whole = (r + m) / n
    log_v = torch.where(v > -0.5, torch.log1p(v), torch.log(k / m * whole))
    apart = k * log_v + r * torch.where(w > -0.5, torch.log1p(w), torch.log(whole))
    deviance = torch.where((torch.maximum(v, w) < 1.0) & (torch.minimum(v, w) > -0.5), close, apart)
    rest = _stirling_correction(k) + (_stirling_correction(r) - _stirling_correction(n))
    some = deviance + (0.5 * (torch.log(6.283185307179586 * k) + _log1p_quotient(k, r)) + rest)
    return torch.where(y == 0.0, none, some).to(kind)


def _gamma_poisson_slope(r, y, m):
    """The derivative log(1 + m/r) + (y - m)/(r + m) - (psi(r + y) - psi(r)) of the former in r.

    With t = (y - m)/(r + m) it is t - log(1 + t) less y/(2 r (r + y)) and a difference of Stirling's
    corrections: all of order 1/r^2. For y = 1, where these cancel once more, what cancels is left out.

    Measured beyond conditioning: at most 16 ulp in float64, 1 in float32; close to its zeros the
    error stays within 8 times what one ulp in r and in m explains.
    """
    r, y, m, kind = _double(r, y, m)
    one = y == 1.0
    n = torch.where(one, 0.0, y)
    rest = _log1p_rest((n - m) / (r + m), (r + n) / (r + m))
    change = _stirling_correction_slope(r + n) - _stirling_correction_slope(r)
    taken = torch.where(one, m / (r + m) / r, 0.5 * n / (r + n) / r + change)
    return (rest - taken).to(kind)


def _gamma_poisson_curvature(r, y, m):
    """The second derivative of the same in r, of order 1/r^3.

    Measured beyond conditioning: at most 16 ulp in float64, 1 in float32; close to its zeros the
    error stays within 8 times what one ulp in r and in m explains.
    """
    r, y, m, kind = _double(r, y, m)
    one = y == 1.0
    n = torch.where(one, 0.0, y)
    t = (n - m) / (r + m)
    change = _stirling_correction_curvature(r) - _stirling_correction_curvature(r + n)
    by_one = m / (r + m) / r * (1.0 / r + 1.0 / (r + m))
    given = torch.where(one, by_one, 0.5 * n / (r + n) / r * (1.0 / r + 1.0 / (r + n)) + change)
    return (given - t * (t / (r + n))).to(kind)


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


def _times(x, y):
    """The product x y with 0 inf = 0: what is impossible and did not happen costs nothing."""
    return torch.where((x == 0) & torch.isinf(y), torch.zeros_like(y), x * y)


# The derivatives, for autograd --------------------------------------------------------------------


def _of_samples(reduction, penalty, y, mean, dispersion):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, penalty, y, mean, dispersion)[0]
    if penalty is None:
        y, mean, dispersion, penalty = _guarded(y=y, mean=mean, dispersion=dispersion)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, mean, dispersion), reduction)
    return _reduced(_loss(y, mean, dispersion) + penalty, reduction)


# Of more than so many numbers of an argument only so many are computed at once: what the functions above
# make on their way then stays in the cache.
_MANY, _PART = 500_000, 65_536


def _in_parts(y, mean, dispersion):
    """The loss and its gradient, part by part along the first axis where the samples are many."""
    numbers = y.numel()
    if numbers <= _MANY:
        return _loss_and_gradient(y, mean, dispersion)
    rows, wholes = y.shape[0], []
    length = max(_PART * rows // numbers, 1)
    for start in range(0, rows, length):
        here = slice(start, start + length)
        parts = _loss_and_gradient(*[tensor[here] for tensor in (y, mean, dispersion)])
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
        reduction, penalty, y, mean, dispersion = inputs
        if penalty is None:
            if _surely_legal(y, mean, dispersion):
                value, *slopes = _in_parts(y, mean, dispersion)
                total = torch.sum(value)
                if not math.isnan(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, mean, dispersion, penalty = _guarded(y=y, mean=mean, dispersion=dispersion)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, mean, dispersion))
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
        y, mean, dispersion, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y.numel() if ctx.reduction == "mean" else g
            gradient = [share * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, mean, dispersion)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, *gradient

    @staticmethod
    def jvp(ctx, _reduction, _penalty, v_y, v_mean, v_dispersion):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, mean, dispersion, *slopes = ctx.saved_tensors
        directions = [v_mean, v_dispersion]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, mean, dispersion)

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


def _change_of_gradient(slopes, directions, y, mean, dispersion):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, mean, dispersion, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, mean, dispersion):
        value = _loss(y, mean, dispersion)
        ctx.save_for_backward(y, mean, dispersion, _nan_or_zero(value, penalty))
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
    "y": _Argument(
        "data",
        "a count: 0, 1, 2, ...",
        lambda y: (y < 0) | (torch.abs(y) == math.inf) | (torch.floor(y) < y),
        1.0,
    ),
    "mean": _Argument(
        "learned",
        "positive",
        lambda mean: (mean <= 0) | (torch.abs(mean) == math.inf),
        1.0,
    ),
    "dispersion": _Argument(
        "learned",
        "positive",
        lambda dispersion: (dispersion <= 0) | (torch.abs(dispersion) == math.inf),
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
        yield name, value, broken


def _surely_legal(y, mean, dispersion):
    """Whether a quick look at the whole finds every sample legal; an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
        and torch.amin(y).item() >= 0
        and math.isfinite(torch.sum(y))
        and torch.sum(y - torch.floor(y)).item() == 0
        and torch.amin(mean).item() > 0
        and math.isfinite(torch.sum(mean))
        and torch.amin(dispersion).item() > 0
        and math.isfinite(torch.sum(dispersion))
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
