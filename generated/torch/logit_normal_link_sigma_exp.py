"""The logit normal loss of mu and log_sigma, with its gradient and Hessian.

A proportion whose logit has a normal distribution.

Density
    p(y | mu, sigma) = 1/(y σ (1 − y) √(2π)) · e^(−(logit y − μ)²/(2 σ²))
    sigma = exp(log_sigma), the log link; s below

Symbols
    y             in (0, 1)  data                       observed proportion
    mu         μ  in ℝ       predicted for each sample  mean of logit y
    sigma      σ  in (0, ∞)  σ = e^s                    standard deviation of logit y
    log_sigma  s  in ℝ       predicted for each sample  predictor of sigma through the log link

Loss of one sample, to be minimised over mu, log_sigma
    loss    = s + ½ ((logit y − μ) e^(−s))²
    factor  = 1
    dropped = log y + log(1 − y) + ½ log 2π
    -log p  = factor · loss + dropped

Also known of the density
    P(Y ≤ y)      Φ((logit y − μ)/σ)
    log P(Y > y)  log Φ(−(logit y − μ)/σ)

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 3, gradient 3, Hessian 3, -log p 3
    float32  value 3, gradient 3, Hessian 3, -log p 1

Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 12.

Made by `derive logit_normal --link sigma=exp --emit torch`, derive 0.1.0.
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


def loss(mu, log_sigma, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, mu, log_sigma, weight = _prepared(weight, validate, y=target, mu=mu, log_sigma=log_sigma)
    if weight is None:
        return _of_samples(reduction, None, y, mu, log_sigma)
    return _reduced(_of_samples("none", None, y, mu, log_sigma), reduction, weight)


class LogitNormalLoss(torch.nn.Module):
    """The loss as a module: `LogitNormalLoss()(mu, log_sigma, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, mu, log_sigma, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(mu, log_sigma, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(mu, log_sigma, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, mu, log_sigma, weight = _prepared(weight, validate, y=target, mu=mu, log_sigma=log_sigma)
    y, mu, log_sigma, penalty = _guarded(y=y, mu=mu, log_sigma=log_sigma)

    def in_full(y, mu, log_sigma):
        return FACTOR * _of_samples("none", penalty, y, mu, log_sigma) + _dropped(y)

    value = _in_double(in_full, y, mu, log_sigma)
    return _reduced(value, reduction, weight)


def dropped(target):
    """What was dropped from -log p of one sample: log y + log(1 − y) + ½ log 2π."""
    y, _ = _prepared(None, False, y=target)
    y, penalty = _guarded(y=y)
    return _dropped(y) + penalty


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, mu, log_sigma):
    exp = torch.exp(-0.5 * log_sigma)
    return log_sigma + 0.5 * torch.square((_logit(y) - mu) * exp * exp)


def _loss_and_gradient(y, mu, log_sigma):
    exp = (-0.5 * log_sigma).exp_()
    scaled = _logit(y).sub_(mu).mul_(exp).mul_(exp)
    square = torch.square(scaled)
    return (0.5 * square).add_(log_sigma), scaled.neg_().mul_(exp).mul_(exp), square.neg_().add_(1)


def _hessian_vector_product(y, mu, log_sigma, v_mu, v_log_sigma):
    exp = torch.exp(-0.5 * log_sigma)
    scaled = (_logit(y) - mu) * exp * exp
    h_mu_mu = torch.square(exp**2)
    h_mu_log_sigma = 2 * (scaled * exp * exp)
    h_log_sigma_log_sigma = 2 * torch.square(scaled)
    return (
        _times(v_mu, h_mu_mu) + _times(v_log_sigma, h_mu_log_sigma),
        _times(v_mu, h_mu_log_sigma) + _times(v_log_sigma, h_log_sigma_log_sigma),
    )


def _dropped(y):
    return torch.log(y) + torch.log1p(-y) + math.log(2 * math.pi) / 2


def _logit(p):
    """The logarithm of p / (1 - p), 0 < p < 1, which keeps its zero at 1/2 (torch.logit does not).

    Measured beyond conditioning: at most 1.5 ulp in float64, 1.5 in float32.
    """
    middle = torch.clamp(p, 0.25, 0.75)
    near = -torch.log1p((1.0 - 2.0 * middle) / middle)
    return torch.where(torch.abs(p - 0.5) < 0.25, near, torch.log(p) - torch.log1p(-p))


def _times(x, y):
    """The product x y with 0 inf = 0: what is impossible and did not happen costs nothing."""
    return torch.where((x == 0) & torch.isinf(y), torch.zeros_like(y), x * y)


# The derivatives, for autograd --------------------------------------------------------------------


def _of_samples(reduction, penalty, y, mu, log_sigma):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, penalty, y, mu, log_sigma)[0]
    if penalty is None:
        y, mu, log_sigma, penalty = _guarded(y=y, mu=mu, log_sigma=log_sigma)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, mu, log_sigma), reduction)
    return _reduced(_loss(y, mu, log_sigma) + penalty, reduction)


# Of more than so many numbers of an argument only so many are computed at once: what the functions above
# make on their way then stays in the cache.
_MANY, _PART = 500_000, 65_536


def _in_parts(y, mu, log_sigma):
    """The loss and its gradient, part by part along the first axis where the samples are many."""
    numbers = y.numel()
    if numbers <= _MANY:
        return _loss_and_gradient(y, mu, log_sigma)
    rows, wholes = y.shape[0], []
    length = max(_PART * rows // numbers, 1)
    for start in range(0, rows, length):
        here = slice(start, start + length)
        parts = _loss_and_gradient(*[tensor[here] for tensor in (y, mu, log_sigma)])
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
        reduction, penalty, y, mu, log_sigma = inputs
        if penalty is None:
            if _surely_legal(y, mu, log_sigma):
                value, *slopes = _in_parts(y, mu, log_sigma)
                total = torch.sum(value)
                if math.isfinite(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, mu, log_sigma, penalty = _guarded(y=y, mu=mu, log_sigma=log_sigma)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, mu, log_sigma))
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
        y, mu, log_sigma, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y.numel() if ctx.reduction == "mean" else g
            gradient = [share * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, mu, log_sigma)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, *gradient

    @staticmethod
    def jvp(ctx, _reduction, _penalty, v_y, v_mu, v_log_sigma):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, mu, log_sigma, *slopes = ctx.saved_tensors
        directions = [v_mu, v_log_sigma]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, mu, log_sigma)

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


def _change_of_gradient(slopes, directions, y, mu, log_sigma):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, mu, log_sigma, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, mu, log_sigma):
        value = _loss(y, mu, log_sigma)
        ctx.save_for_backward(y, mu, log_sigma, _nan_or_zero(value, penalty))
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
    "y": _Argument("data", "in the open unit interval", lambda y: (y <= 0) | (y >= 1), 0.5),
    "mu": _Argument("learned", "finite", lambda mu: torch.abs(mu) == math.inf, 0.0),
    "log_sigma": _Argument("learned", "finite", lambda log_sigma: torch.abs(log_sigma) == math.inf, 0.0),
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


def _surely_legal(y, mu, log_sigma):
    """Whether a quick look at the whole finds every sample legal (some the loss tells of); an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
        and torch.amin(y).item() > 0
        and torch.amax(y).item() < 1
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
