"""The weibull loss of shape and scale, with its gradient and Hessian.

A time to failure whose hazard is a power of time.

Density
    p(y | shape, scale) = k/λ · (y/λ)^(k − 1) e^(−(y/λ)^k)

Symbols
    y         in (0, ∞)  data                       time, in the units of the data
    shape  k  in (0, ∞)  predicted for each sample  shape; 1 is a constant hazard
    scale  λ  in (0, ∞)  predicted for each sample  scale, in the units of the data

Loss of one sample, to be minimised over shape, scale
    loss    = log λ + (y/λ)^k − log k − (k − 1) (log y − log λ)
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.

Elsewhere:
    loss = -scipy.stats.weibull_min.logpdf
    loss = -torch.distributions.Weibull.log_prob

Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 21.

Made by `derive weibull --emit torch`, derive 0.1.0.
Anyone may use, change and share this file for any purpose, without warranty (0BSD).
"""

import math
import warnings
from collections.abc import Callable
from typing import NamedTuple

import torch

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
    y, shape, scale, penalty, weight = _prepared(weight, validate, y=target, shape=shape, scale=scale)
    return _reduced(_per_sample(penalty, y, shape, scale), weight, reduction)


class WeibullLoss(torch.nn.Module):
    """The loss as a module: `WeibullLoss()(shape, scale, target)`."""

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
    y, shape, scale, penalty, weight = _prepared(weight, validate, y=target, shape=shape, scale=scale)
    value = FACTOR * _per_sample(penalty, y, shape, scale) + _dropped()
    return _reduced(value, weight, reduction)


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, shape, scale):
    log = torch.log(scale)
    return log + (y / scale)**shape - torch.log(shape) - (shape - 1) * (torch.log(y) - log)


def _loss_and_gradient(y, shape, scale):
    log = torch.log(scale)
    quotient = y / scale
    difference = shape - 1
    log_2 = torch.log(y)
    return (
        log + quotient**shape - torch.log(shape) - difference * (log_2 - log),
        log + torch.log(quotient) * quotient**shape - log_2 - 1 / shape,
        (shape - shape * quotient * quotient**difference) / scale,
    )


def _hessian_vector_product(y, shape, scale, v_shape, v_scale):
    quotient = y / scale
    log = torch.log(quotient)
    difference = shape - 1
    h_shape_shape = 1 / shape**2 + torch.square(log) * quotient**shape
    h_shape_scale = (1 - quotient**shape - shape * log * quotient**shape) / scale
    h_scale_scale = (
        (shape * quotient * quotient**difference / scale + shape * quotient * difference * quotient**difference / scale - (shape - shape * quotient * quotient**difference) / scale) / scale
    )
    return (
        _times(v_shape, h_shape_shape) + _times(v_scale, h_shape_scale),
        _times(v_shape, h_shape_scale) + _times(v_scale, h_scale_scale),
    )


def _dropped():
    return 0


def _times(x, y):
    """The product x y with 0 inf = 0: what is impossible and did not happen costs nothing."""
    return torch.where((x == 0) & torch.isinf(y), torch.zeros_like(y), x * y)


# The derivatives, for autograd --------------------------------------------------------------------


def _per_sample(penalty, y, shape, scale):
    """The loss of each sample, with its own derivatives where gradients are wanted."""
    if not torch.is_grad_enabled():
        return _loss(y, shape, scale) + penalty
    if torch.compiler.is_compiling():
        return _CompiledLoss.apply(penalty, y, shape, scale)
    return _Loss.apply(penalty, y, shape, scale)[0]


def _penalised(penalty, value, *slopes):
    """The loss with its penalty, and its gradient, which is nan where the loss is nan or penalised."""
    zero_or_nan = torch.where(value.isnan(), value, 0 * penalty)
    return value + penalty, *[slope + zero_or_nan for slope in slopes]


class _Loss(torch.autograd.Function):
    """Puts out the gradient beside the loss: outputs, when saved, can be differentiated again."""

    generate_vmap_rule = True

    @staticmethod
    def forward(penalty, y, shape, scale):
        return _penalised(penalty, *_loss_and_gradient(y, shape, scale))

    @staticmethod
    def setup_context(ctx, inputs, outputs):
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*inputs[1:], *outputs[1:])
        ctx.save_for_forward(*inputs[1:], *outputs[1:])

    @staticmethod
    def backward(ctx, g, *directions):
        y, shape, scale, *slopes = ctx.saved_tensors
        gradient = [None if g is None else g * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, shape, scale)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, *gradient

    @staticmethod
    def jvp(ctx, _, v_y, v_shape, v_scale):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, shape, scale, *slopes = ctx.saved_tensors
        directions = [v_shape, v_scale]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return change, *_change_of_gradient(slopes, directions, y, shape, scale)


def _change_of_gradient(slopes, directions, y, shape, scale):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, shape, scale, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(penalty, y, shape, scale):
        return _loss(y, shape, scale) + penalty

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, g):
        penalty, *arguments = ctx.saved_tensors
        _, *slopes = _penalised(penalty, *_loss_and_gradient(*arguments))
        gradient = [g * slope for slope in slopes]
        return None, None, *gradient


# Arguments and reductions -------------------------------------------------------------------------


class _Argument(NamedTuple):
    """What an argument is, what it must be, where it is not, and what stands for it in a removed sample."""

    role: str
    demand: str
    broken: Callable
    harmless: float


_ARGUMENTS = {
    "y": _Argument("data", "positive", lambda y: (y <= 0) | torch.isinf(y), 1.0),
    "shape": _Argument("learned", "positive", lambda shape: (shape <= 0) | torch.isinf(shape), 1.0),
    "scale": _Argument("learned", "positive", lambda scale: (scale <= 0) | torch.isinf(scale), 1.0),
    "weight": _Argument("known", "nonnegative", lambda weight: (weight < 0) | torch.isinf(weight), 1.0),
}


def _prepared(weight, validate, **arguments):
    """The arguments in one dtype, device and shape, what each sample costs beside its loss, the weight.

    Data outside the support cost +inf and are made harmless, parameters outside their domain cost
    nan, and a sample of weight 0 is replaced by a harmless one. Half precision computes in single.
    """
    dtype, device = _dtype_and_device(arguments)
    values = [torch.as_tensor(value, dtype=dtype, device=device) for value in arguments.values()]
    removed = None
    if weight is not None:
        weight = torch.as_tensor(weight, dtype=dtype, device=device)
        removed = weight == 0
        if validate:
            _validate("weight", weight, _ARGUMENTS["weight"].broken(weight))
    values, shape = _broadcast(list(arguments), values, weight)
    prepared, penalty = [], torch.zeros(shape, dtype=dtype, device=device)
    for name, value in zip(arguments, values):
        argument = _ARGUMENTS[name]
        if removed is not None:
            value = _made_harmless(value, removed, argument)
        broken = argument.broken(value)
        if validate:
            _validate(name, value, broken)
        if argument.role == "data":
            value = _made_harmless(value, broken, argument)
        penalty = penalty.masked_fill(broken, math.inf if argument.role == "data" else math.nan)
        prepared.append(value)
    return *prepared, penalty, weight


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
    """Every argument expanded to the shape of the samples, and that shape."""
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
    return values, shape


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


def _reduced(value, weight, reduction):
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
