"""The normal precision loss of mu and log_precision, with its gradient and Hessian.

The normal distribution by its precision.

Density
    p(y | mu, precision) = √τ/√(2π) · e^(−τ (y − μ)²/2)
    precision = exp(log_precision), the log link; η below

Symbols
    y                 in ℝ       data                       observation, in the units of the data
    mu             μ  in ℝ       predicted for each sample  mean, in the units of the data
    precision      τ  in (0, ∞)  τ = e^η                    one over the variance
    log_precision  η  in ℝ       predicted for each sample  predictor of precision through the log
                                                            link

Loss of one sample, to be minimised over mu, log_precision
    loss    = ((y − μ) e^(η/2))² − η
    factor  = ½
    dropped = ½ log 2π
    -log p  = factor · loss + dropped

Also known of the density
    mean          μ
    mode          μ
    P(Y ≤ y)      Φ((y − μ) √τ)
    log P(Y > y)  log Φ(−(y − μ) √τ)
    deviance      (y − μ)²
    dispersion φ  1/τ

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 3, gradient 3, Hessian 3, -log p 3
    float32  value 3, gradient 3, Hessian 4, -log p 3

Elsewhere:
    loss = -2 * scipy.stats.norm.logpdf - 1.83787706641, at precision = exp(log_precision)
    loss = -2 * torch.distributions.Normal.log_prob - 1.83787706641, at precision = exp(log_precision)

Source: Bernardo and Smith (1994), Bayesian Theory, appendix A.

Made by `derive normal_precision --link precision=exp --emit torch`, derive 0.1.0.
Anyone may use, change and share this file for any purpose, without warranty (0BSD).
"""

import inspect
import math
import warnings
from collections.abc import Callable
from typing import NamedTuple

import torch

# -log p = FACTOR * loss + dropped
FACTOR = 1 / 2


def loss(mu, log_precision, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, mu, log_precision, weight = _prepared(weight, validate, y=target, mu=mu, log_precision=log_precision)
    if weight is None:
        return _of_samples(reduction, None, y, mu, log_precision)
    return _reduced(_of_samples("none", None, y, mu, log_precision), reduction, weight)


class NormalPrecisionLoss(torch.nn.Module):
    """The loss as a module: `NormalPrecisionLoss()(mu, log_precision, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, mu, log_precision, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(mu, log_precision, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(mu, log_precision, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, mu, log_precision, weight = _prepared(weight, validate, y=target, mu=mu, log_precision=log_precision)
    y, mu, log_precision, penalty = _guarded(y=y, mu=mu, log_precision=log_precision)
    value = FACTOR * _of_samples("none", penalty, y, mu, log_precision) + _dropped()
    return _reduced(value, reduction, weight)


def dropped():
    """What was dropped from -log p of one sample: ½ log 2π."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, mu, log_precision):
    exp = torch.exp(0.25 * log_precision)
    return torch.square((y - mu) * exp * exp) - log_precision


def _loss_and_gradient(y, mu, log_precision):
    exp = (0.25 * log_precision).exp_()
    scaled = (y - mu).mul_(exp).mul_(exp)
    square = torch.square(scaled)
    return square - log_precision, scaled.mul_(exp).mul_(exp).mul_(-2), square.sub_(1)


def _hessian_vector_product(y, mu, log_precision, v_mu, v_log_precision):
    exp = torch.exp(0.25 * log_precision)
    scaled = (y - mu) * exp * exp
    h_mu_mu = 2 * torch.square(exp**2)
    h_mu_log_precision = -2 * (scaled * exp * exp)
    h_log_precision_log_precision = torch.square(scaled)
    return (
        _times(v_mu, h_mu_mu) + _times(v_log_precision, h_mu_log_precision),
        _times(v_mu, h_mu_log_precision) + _times(v_log_precision, h_log_precision_log_precision),
    )


def _dropped():
    return math.log(2 * math.pi) / 2


def _times(x, y):
    """The product x y with 0 inf = 0: what is impossible and did not happen costs nothing."""
    return torch.where((x == 0) & torch.isinf(y), torch.zeros_like(y), x * y)


# The derivatives, for autograd --------------------------------------------------------------------


def _of_samples(reduction, penalty, y, mu, log_precision):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, penalty, y, mu, log_precision)[0]
    if penalty is None:
        y, mu, log_precision, penalty = _guarded(y=y, mu=mu, log_precision=log_precision)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, mu, log_precision), reduction)
    return _reduced(_loss(y, mu, log_precision) + penalty, reduction)


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
        reduction, penalty, y, mu, log_precision = inputs
        if penalty is None:
            if _surely_legal(y, mu, log_precision):
                value, *slopes = _loss_and_gradient(y, mu, log_precision)
                total = torch.sum(value)
                if math.isfinite(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, mu, log_precision, penalty = _guarded(y=y, mu=mu, log_precision=log_precision)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, mu, log_precision))
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
        y, mu, log_precision, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y.numel() if ctx.reduction == "mean" else g
            gradient = [share * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, mu, log_precision)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, *gradient

    @staticmethod
    def jvp(ctx, _reduction, _penalty, v_y, v_mu, v_log_precision):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, mu, log_precision, *slopes = ctx.saved_tensors
        directions = [v_mu, v_log_precision]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, mu, log_precision)

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


def _change_of_gradient(slopes, directions, y, mu, log_precision):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, mu, log_precision, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, mu, log_precision):
        value = _loss(y, mu, log_precision)
        ctx.save_for_backward(y, mu, log_precision, _nan_or_zero(value, penalty))
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
    "y": _Argument("data", "finite", lambda y: torch.abs(y) == math.inf, 0.0),
    "mu": _Argument("learned", "finite", lambda mu: torch.abs(mu) == math.inf, 0.0),
    "log_precision": _Argument(
        "learned",
        "finite",
        lambda log_precision: torch.abs(log_precision) == math.inf,
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


def _surely_legal(y, mu, log_precision):
    """Whether a quick look at the whole finds every sample legal (some the loss tells of); an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
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
