"""The loglogistic loss of shape and scale, with its gradient and Hessian.

A time to an event whose logarithm has a logistic distribution: the hazard rises and falls again.

Density
    p(y | shape, scale) = k/(y (1 + (y/λ)^k) (1 + (y/λ)^(−k)))

Symbols
    y         in (0, ∞)  data                       time, in the units of the data
    shape  k  in (0, ∞)  predicted for each sample  shape: the survival falls like the power -shape
    scale  λ  in (0, ∞)  predicted for each sample  median, in the units of the data

Loss of one sample, to be minimised over shape, scale
    loss    = softplus(k log(y/λ)) + softplus(−k log(y/λ)) − log k
    factor  = 1
    dropped = log y
    -log p  = factor · loss + dropped

Also known of the density
    mean          λ Γ(1/k + 1) Γ(1 − 1/k)   where k > 1
    mode          λ ((k − 1)/(k + 1))^(1/k)   where k > 1
    P(Y ≤ y)      sigmoid(k (log y − log λ))
    log P(Y > y)  −softplus(k (log y − log λ))

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 2, gradient 1, Hessian 3, -log p 2
    float32  value 2, gradient 3, Hessian 3, -log p 3

Elsewhere:
    loss = -scipy.stats.fisk.logpdf - log y

Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 23.

Made by `derive loglogistic --emit torch`, derive 0.1.0.
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


def loss(shape, scale, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, shape, scale, weight = _prepared(weight, validate, y=target, shape=shape, scale=scale)
    if weight is None:
        return _of_samples(reduction, None, y, shape, scale)
    return _reduced(_of_samples("none", None, y, shape, scale), reduction, weight)


class LoglogisticLoss(torch.nn.Module):
    """The loss as a module: `LoglogisticLoss()(shape, scale, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, shape, scale, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(shape, scale, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(shape, scale, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, shape, scale, weight = _prepared(weight, validate, y=target, shape=shape, scale=scale)
    y, shape, scale, penalty = _guarded(y=y, shape=shape, scale=scale)
    value = FACTOR * _of_samples("none", penalty, y, shape, scale) + _dropped(y)
    # The sum cancels: it gives the derivatives, and this the value.
    rounded = value.detach()
    better = _negative_log_likelihood(y, shape, scale).detach() + penalty
    value = torch.where(torch.isfinite(rounded), value - rounded + better, value)
    return _reduced(value, reduction, weight)


def dropped(target):
    """What was dropped from -log p of one sample: log y."""
    y, _ = _prepared(None, False, y=target)
    y, penalty = _guarded(y=y)
    return _dropped(y) + penalty


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, shape, scale):
    product = shape * _log_ratio(y, scale)
    return _softplus(product) + _softplus(-product) - torch.log(shape)


def _loss_and_gradient(y, shape, scale):
    log_ratio = _log_ratio(y, scale)
    product = shape * log_ratio
    quotient = shape / scale
    return (
        _softplus(product).add_(_softplus(-product)).sub_(torch.log(shape)),
        torch.sigmoid(product).mul_(log_ratio).sub_((-product).sigmoid_().mul_(log_ratio)).sub_(1 / shape),
        _logistic_balance(quotient, quotient, product).neg_(),
    )


def _hessian_vector_product(y, shape, scale, v_shape, v_scale):
    log_ratio = _log_ratio(y, scale)
    product = shape * log_ratio
    sigmoid = torch.sigmoid(product)
    sigmoid_2 = torch.sigmoid(-product)
    power = 1 / scale
    h_shape_shape = 1 / shape**2 + 2 * torch.square(log_ratio) * sigmoid * sigmoid_2
    h_shape_scale = (
        -_logistic_balance(power, power, product)
        - 2 * shape * log_ratio * sigmoid * sigmoid_2 / scale
    )
    h_scale_scale = (
        shape * (_sigmoid_difference(product, -product) + 2 * shape * sigmoid * sigmoid_2) / scale**2
    )
    return (
        _times(v_shape, h_shape_shape) + _times(v_scale, h_shape_scale),
        _times(v_shape, h_shape_scale) + _times(v_scale, h_scale_scale),
    )


def _dropped(y):
    return torch.log(y)


def _negative_log_likelihood(y, shape, scale):
    return (
        _log_ratio(y, shape)
        + _softplus(shape * _log_ratio(y, scale))
        + _softplus(-shape * _log_ratio(y, scale))
    )


# coth(x/2)/2 - 1/x = x q, |x| <= 3: the quotient q of polynomials in x^2.
_SINH_RATIO_1_N = (
    0.08333333333333333, 0.0014683046107621684, 5.800610289736619e-06, 4.903031346139093e-09,
)
_SINH_RATIO_1_D = (
    1.0, 0.03428632199581265, 0.0002442206265817388, 4.441317414014143e-07,
    1.1024810654110843e-10,
)


def _tensors(*values):
    """Numbers beside tensors, as tensors of the same dtype and device."""
    like, *_ = [value for value in values if isinstance(value, torch.Tensor)]
    return [torch.as_tensor(value, dtype=like.dtype, device=like.device) for value in values]


def _double(*values):
    """Numbers and tensors as float64 tensors of one device, and the dtype in which to answer."""
    tensors = _tensors(*values)
    return *[tensor.double() for tensor in tensors], tensors[0].dtype


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


def _sigmoid_difference(a, b):
    """The difference sigmoid(a) - sigmoid(b).

    With h the larger and l the smaller it is sigmoid(h) sigmoid(-l) (1 - exp(l - h)) in size.

    Measured beyond conditioning: at most 2.5 ulp in float64, 2.5 in float32.
    """
    high, low = torch.maximum(a, b), torch.minimum(a, b)
    size = torch.sigmoid(high) * torch.sigmoid(-low) * -_expm1(low - high)
    return torch.where(a < b, -size, size)


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


def _of_samples(reduction, penalty, y, shape, scale):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, penalty, y, shape, scale)[0]
    if penalty is None:
        y, shape, scale, penalty = _guarded(y=y, shape=shape, scale=scale)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, shape, scale), reduction)
    return _reduced(_loss(y, shape, scale) + penalty, reduction)


# Of more than so many numbers of an argument only so many are computed at once: what the functions above
# make on their way then stays in the cache.
_MANY, _PART = 500_000, 65_536


def _in_parts(y, shape, scale):
    """The loss and its gradient, part by part along the first axis where the samples are many."""
    numbers = y.numel()
    if numbers <= _MANY:
        return _loss_and_gradient(y, shape, scale)
    rows, wholes = y.shape[0], []
    length = max(_PART * rows // numbers, 1)
    for start in range(0, rows, length):
        here = slice(start, start + length)
        parts = _loss_and_gradient(*[tensor[here] for tensor in (y, shape, scale)])
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
        reduction, penalty, y, shape, scale = inputs
        if penalty is None:
            if _surely_legal(y, shape, scale):
                value, *slopes = _in_parts(y, shape, scale)
                total = torch.sum(value)
                if not math.isnan(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, shape, scale, penalty = _guarded(y=y, shape=shape, scale=scale)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, shape, scale))
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
        y, shape, scale, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y.numel() if ctx.reduction == "mean" else g
            gradient = [share * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, shape, scale)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, *gradient

    @staticmethod
    def jvp(ctx, _reduction, _penalty, v_y, v_shape, v_scale):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, shape, scale, *slopes = ctx.saved_tensors
        directions = [v_shape, v_scale]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, shape, scale)

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


def _change_of_gradient(slopes, directions, y, shape, scale):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, shape, scale, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, shape, scale):
        value = _loss(y, shape, scale)
        ctx.save_for_backward(y, shape, scale, _nan_or_zero(value, penalty))
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
    "scale": _Argument(
        "learned",
        "positive",
        lambda scale: (scale <= 0) | (torch.abs(scale) == math.inf),
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


def _surely_legal(y, shape, scale):
    """Whether a quick look at the whole finds every sample legal; an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
        and torch.amin(y).item() > 0
        and math.isfinite(torch.sum(y))
        and torch.amin(shape).item() > 0
        and math.isfinite(torch.sum(shape))
        and torch.amin(scale).item() > 0
        and math.isfinite(torch.sum(scale))
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
