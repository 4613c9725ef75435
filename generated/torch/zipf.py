"""The zipf loss of shape, with its gradient and Hessian.

How often something is met that falls like a power, such as the links to a page.

Density
    p(y | shape) = y^(−(α + 1))/ζ(1 + α)

Symbols
    y         in {1, 2, 3, …}  data                       size
    shape  α  in (0, ∞)        predicted for each sample  shape: the tail falls like the power -shape,
                                                          and the probability like the power -(1 +
                                                          shape)

Loss of one sample, to be minimised over shape
    loss    = log ζ(1 + α) + (α + 1) log y
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

Also known of the density
    mode          1

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 3, gradient 3, Hessian 3
    float32  value 1, gradient 1, Hessian 1

Elsewhere:
    loss = -scipy.stats.zipf.logpmf

Source: Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, ch. 11.

Made by `derive zipf --emit torch`, derive 0.1.0.
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


def loss(shape, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, shape, weight = _prepared(weight, validate, y=target, shape=shape)
    if weight is None:
        return _of_samples(reduction, None, y, shape)
    return _reduced(_of_samples("none", None, y, shape), reduction, weight)


class ZipfLoss(torch.nn.Module):
    """The loss as a module: `ZipfLoss()(shape, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, shape, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(shape, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(shape, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, shape, weight = _prepared(weight, validate, y=target, shape=shape)
    y, shape, penalty = _guarded(y=y, shape=shape)
    value = FACTOR * _of_samples("none", penalty, y, shape) + _dropped()
    return _reduced(value, reduction, weight)


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, shape):
    return _log_zeta(shape) + torch.log(y) * (shape + 1)


def _loss_and_gradient(y, shape):
    log = torch.log(y)
    return _log_zeta(shape).add_((shape + 1).mul_(log)), log.add_(_log_zeta_slope(shape))


def _hessian_vector_product(y, shape, v_shape):
    h_shape_shape = _log_zeta_curvature(shape)
    return (h_shape_shape * v_shape,)


def _dropped():
    return 0


# zeta(1 + a) - 1/a and its first two derivatives, in powers of a: Stieltjes's constants (DLMF 25.2.4).
_STIELTJES = (
    0.5772156649015329,
    0.07281584548367673,
    -0.00484518159643616,
    -0.00034230573671722433,
    9.689041939447084e-05,
    -6.6110318108421895e-06,
    -3.316240908752772e-07,
    1.0462094584479188e-07,
    -8.733218100273798e-09,
    9.47827778276236e-11,
    5.658421927608708e-11,
    -6.768689863513697e-12,
    3.4921159366720317e-13,
    4.4104247417577536e-15,
    -2.3997862217709992e-15,
    2.1677312200726828e-16,
    -9.544466076366965e-18,
    -7.387676660538637e-20,
    4.800850782488065e-20,
    -4.139956737713306e-21,
    1.9168201593991233e-22,
)
_STIELTJES_SLOPE = (
    0.07281584548367673,
    -0.00969036319287232,
    -0.001026917210151673,
    0.00038756167757788337,
    -3.3055159054210945e-05,
    -1.9897445452516635e-06,
    7.323466209135431e-07,
    -6.986574480219038e-08,
    8.530450004486123e-10,
    5.658421927608708e-10,
    -7.445558849865067e-11,
    4.190539124006438e-12,
    5.73355216428508e-14,
    -3.3597007104793986e-14,
    3.251596830109024e-15,
    -1.5271145722187144e-16,
    -1.2559050322915682e-18,
    8.641531408478517e-19,
    -7.865917801655281e-20,
    3.833640318798247e-21,
)
_STIELTJES_CURVATURE = (
    -0.00969036319287232,
    -0.002053834420303346,
    0.00116268503273365,
    -0.00013222063621684378,
    -9.948722726258318e-06,
    4.394079725481259e-06,
    -4.890602136153327e-07,
    6.824360003588899e-09,
    5.092579734847837e-09,
    -7.445558849865067e-10,
    4.609593036407082e-11,
    6.880262597142095e-13,
    -4.3676109236232185e-13,
    4.552235562152634e-14,
    -2.2906718583280715e-15,
    -2.0094480516665092e-17,
    1.469060339441348e-17,
    -1.4158652042979504e-18,
    7.283916605716669e-20,
)
# The numbers of Bernoulli over factorials, B_2k/(2k)!, of Euler's and Maclaurin's formula (DLMF 25.2.9).
_EULER_MACLAURIN = (
    0.08333333333333333,
    -0.001388888888888889,
    3.306878306878307e-05,
    -8.267195767195768e-07,
    2.08767569878681e-08,
    -5.284190138687493e-10,
    1.3382536530684679e-11,
    -3.3896802963225827e-13,
    8.586062056277845e-15,
)


def _tensors(*values):
    """Numbers beside tensors, as tensors of the same dtype and device."""
    like, *_ = [value for value in values if isinstance(value, torch.Tensor)]
    return [torch.as_tensor(value, dtype=like.dtype, device=like.device) for value in values]


def _double(*values):
    """Numbers and tensors as float64 tensors of one device, and the dtype in which to answer."""
    tensors = _tensors(*values)
    return *[tensor.double() for tensor in tensors], tensors[0].dtype


def _polynomial(coefficients, w):
    """The polynomial with these coefficients (lowest power first) at w, by Horner's rule, in place where nobody differentiates."""
    *others, leading = coefficients
    total = torch.full_like(w, leading)
    for coefficient in reversed(others):
        total = total * w + coefficient if torch.is_grad_enabled() else total.mul_(w).add_(coefficient)
    return total


def _zeta_rest(s):
    """zeta(s) - 1 and its first two derivatives for s >= 2: eight terms, and the rest by Euler's and Maclaurin's formula."""
    value, slope, curvature = 0.0, 0.0, 0.0
    for number in range(2, 10):
        log = math.log(number)
        term = torch.exp(-s * log)
        value, slope, curvature = value + term, slope - log * term, curvature + log * log * term
    log, size = math.log(10.0), torch.exp(-s * math.log(10.0))
    term, fall = 10.0 * size / (s - 1.0), -log - 1.0 / (s - 1.0)
    value, slope = value + (term + 0.5 * size), slope + (term * fall - 0.5 * log * size)
    curvature = curvature + (term * (fall * fall + 1.0 / ((s - 1.0) * (s - 1.0))) + 0.5 * log * log * size)
    power, first, second = 0.1 * s * size, 1.0 / s, 1.0 / (s * s)
    for step, number in enumerate(_EULER_MACLAURIN):
        term, rise = number * power, first - log
        value, slope = value + term, slope + term * rise
        curvature = curvature + term * (rise * rise - second)
        p, q = s + (2.0 * step + 1.0), s + (2.0 * step + 2.0)
        power = power * (0.1 * p) * (0.1 * q)
        first, second = first + (1.0 / p + 1.0 / q), second + (1.0 / (p * p) + 1.0 / (q * q))
    return value, slope, curvature


def _log_zeta(a):
    """The logarithm of zeta(1 + a) for a > 0: below 1 that of 1/a, and of one plus what is left; else of one plus zeta - 1.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    a, kind = _double(a)
    low = torch.clamp(a, max=1.0)
    near = torch.log1p(low * _polynomial(_STIELTJES, low)) - torch.log(low)
    return torch.where(a < 1.0, near, torch.log1p(_zeta_rest(torch.clamp(1.0 + a, 2.0, 1100.0))[0])).to(kind)


def _log_zeta_slope(a):
    """The derivative of the same, near -1/a for small a.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    a, kind = _double(a)
    low = torch.clamp(a, max=1.0)
    near = (low * _polynomial(_STIELTJES_SLOPE, low) - 1.0 / low) / (1.0 + low * _polynomial(_STIELTJES, low))
    value, slope, _ = _zeta_rest(torch.clamp(1.0 + a, 2.0, 1100.0))
    return torch.where(a < 1.0, near, slope / (1.0 + value)).to(kind)


def _log_zeta_curvature(a):
    """The second derivative of the same, near 1/a^2 for small a: the variance of log y.

    Measured beyond conditioning: at most 6 ulp in float64, 0.5 in float32.
    """
    a, kind = _double(a)
    low = torch.clamp(a, max=1.0)
    rest, rise = _polynomial(_STIELTJES, low), _polynomial(_STIELTJES_SLOPE, low)
    bend = low * _polynomial(_STIELTJES_CURVATURE, low) * (1.0 + low * rest)
    near = (1.0 / low / low + 2.0 * rest / low + bend + 2.0 * rise - low * low * rise * rise) / torch.square(1.0 + low * rest)
    value, slope, curvature = _zeta_rest(torch.clamp(1.0 + a, 2.0, 1100.0))
    far = (curvature - slope * (slope / (1.0 + value))) / (1.0 + value)
    return torch.where(a < 1.0, near, far).to(kind)


# The derivatives, for autograd --------------------------------------------------------------------


def _of_samples(reduction, penalty, y, shape):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, penalty, y, shape)[0]
    if penalty is None:
        y, shape, penalty = _guarded(y=y, shape=shape)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, shape), reduction)
    return _reduced(_loss(y, shape) + penalty, reduction)


# Of more than so many numbers of an argument only so many are computed at once: what the functions above
# make on their way then stays in the cache.
_MANY, _PART = 500_000, 65_536


def _in_parts(y, shape):
    """The loss and its gradient, part by part along the first axis where the samples are many."""
    numbers = y.numel()
    if numbers <= _MANY:
        return _loss_and_gradient(y, shape)
    rows, wholes = y.shape[0], []
    length = max(_PART * rows // numbers, 1)
    for start in range(0, rows, length):
        here = slice(start, start + length)
        parts = _loss_and_gradient(*[tensor[here] for tensor in (y, shape)])
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
        reduction, penalty, y, shape = inputs
        if penalty is None:
            if _surely_legal(y, shape):
                value, *slopes = _in_parts(y, shape)
                total = torch.sum(value)
                if not math.isnan(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, shape, penalty = _guarded(y=y, shape=shape)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, shape))
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
        y, shape, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y.numel() if ctx.reduction == "mean" else g
            gradient = [share * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, shape)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, *gradient

    @staticmethod
    def jvp(ctx, _reduction, _penalty, v_y, v_shape):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, shape, *slopes = ctx.saved_tensors
        directions = [v_shape]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, shape)

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


def _change_of_gradient(slopes, directions, y, shape):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, shape, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, shape):
        value = _loss(y, shape)
        ctx.save_for_backward(y, shape, _nan_or_zero(value, penalty))
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
        "a positive count: 1, 2, 3, ...",
        lambda y: (y < 1) | (torch.abs(y) == math.inf) | (torch.floor(y) < y),
        1.0,
    ),
    "shape": _Argument(
        "learned",
        "positive",
        lambda shape: (shape <= 0) | (torch.abs(shape) == math.inf),
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


def _surely_legal(y, shape):
    """Whether a quick look at the whole finds every sample legal; an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
        and torch.amin(y).item() >= 1
        and math.isfinite(torch.sum(y))
        and torch.sum(y - torch.floor(y)).item() == 0
        and torch.amin(shape).item() > 0
        and math.isfinite(torch.sum(shape))
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
