"""The logistic normal loss of mu and sigma, with its gradient and Hessian.

The shares of K parts in a whole of K + 1, whose logarithms beside that of the last are normal.

Density
    p(y | mu, sigma) = (2π)^(−K/2) (∏ₖ e^(−(alr(y)ₖ − μₖ)²/(2 σₖ²)))/((∏ₖ σₖ) (∏ₖ yₖ) r(y))

Symbols
    y         in the shares of K       data                       shares of all parts but the last,
              parts that leave a rest                             which has what they leave
    mu     μ  in ℝᴷ                    predicted for each sample  means of the logarithms of the
                                                                  shares over the last
    sigma  σ  in (0, ∞)ᴷ               predicted for each sample  standard deviations of these

Loss of one sample, to be minimised over mu, sigma
    loss    = Σₖ log σₖ + ½ (Σₖ ((alr(y)ₖ − μₖ)/σₖ)²)
    factor  = 1
    dropped = Σₖ log yₖ + log r(y) + K/2 · log 2π
    -log p  = factor · loss + dropped

The class axis is the second one, as in torch.nn (the only one where there is one axis); the other
axes broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 3, gradient 3, Hessian 3, -log p 3
    float32  value 3, gradient 3, Hessian 3, -log p 1

Source: Aitchison and Shen (1980), Biometrika 67, 261-272; r(y) is the share of the last part, one less the others, and alr(y) are the logarithms of the shares over it.

Made by `derive logistic_normal --emit torch`, derive 0.1.0.
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


def loss(mu, sigma, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, mu, sigma, weight = _prepared(weight, validate, y=target, mu=mu, sigma=sigma)
    if weight is None:
        return _of_samples(reduction, None, y, mu, sigma)
    return _reduced(_of_samples("none", None, y, mu, sigma), reduction, weight)


class LogisticNormalLoss(torch.nn.Module):
    """The loss as a module: `LogisticNormalLoss()(mu, sigma, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, mu, sigma, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(mu, sigma, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(mu, sigma, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, mu, sigma, weight = _prepared(weight, validate, y=target, mu=mu, sigma=sigma)
    y, mu, sigma, penalty = _guarded(y=y, mu=mu, sigma=sigma)

    def in_full(y, mu, sigma):
        return FACTOR * _of_samples("none", penalty, y, mu, sigma) + _dropped(y)

    value = _in_double(in_full, y, mu, sigma)
    return _reduced(value, reduction, weight)


def dropped(target):
    """What was dropped from -log p of one sample: Σₖ log yₖ + log r(y) + K/2 · log 2π."""
    y, _ = _prepared(None, False, y=target)
    y, penalty = _guarded(y=y)
    return _dropped(y) + penalty


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, mu, sigma):
    return (
        torch.sum(torch.log(sigma), dim=-1)
        + 0.5 * torch.sum(torch.square((torch.log(y / (1 - torch.sum(y, dim=-1, keepdim=True))) - mu) / sigma), dim=-1)
    )


def _loss_and_gradient(y, mu, sigma):
    quotient = (y / torch.sum(y, dim=-1, keepdim=True).neg_().add_(1)).log_().sub_(mu).div_(sigma)
    square = torch.square(quotient)
    return (
        torch.sum(torch.log(sigma), dim=-1).add_(torch.sum(square, dim=-1).mul_(0.5)),
        quotient.neg_().div_(sigma),
        square.neg_().add_(1).div_(sigma),
    )


def _hessian_vector_product(y, mu, sigma, v_mu, v_sigma):
    quotient = (torch.log(y / (1 - torch.sum(y, dim=-1, keepdim=True))) - mu) / sigma
    return (
        v_mu / sigma**2 + 2 * quotient * v_sigma / sigma**2,
        2 * quotient * v_mu / sigma**2 + v_sigma * (3 * torch.square(quotient) - 1) / sigma**2,
    )


def _dropped(y):
    return (
        torch.sum(torch.log(y), dim=-1)
        + torch.log((1 - torch.sum(y, dim=-1)))
        + 0.5 * (y.shape[-1] * math.log(2 * math.pi))
    )


# The derivatives, for autograd --------------------------------------------------------------------


def _of_samples(reduction, penalty, y, mu, sigma):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, penalty, y, mu, sigma)[0]
    if penalty is None:
        y, mu, sigma, penalty = _guarded(y=y, mu=mu, sigma=sigma)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, mu, sigma), reduction)
    return _reduced(_loss(y, mu, sigma) + penalty, reduction)


def _penalised(penalty, value, *slopes):
    """The loss with its penalty, and its gradient, which is nan where the loss is nan or penalised."""
    without = _nan_or_zero(value, penalty)
    return value + penalty, *[slope + one for slope, one in zip(slopes, _for_each(without))]


def _for_each(number):
    """A number for each sample as it stands beside each learned argument: the entries of a vector lie last."""
    return [number[..., None], number[..., None]]


def _over_each(parts):
    """The parts in each learned argument, those of a vector summed over its entries."""
    mu, sigma = parts
    return [mu.sum(-1), sigma.sum(-1)]


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
        reduction, penalty, y, mu, sigma = inputs
        if penalty is None:
            if _surely_legal(y, mu, sigma):
                value, *slopes = _loss_and_gradient(y, mu, sigma)
                total = torch.sum(value)
                if not math.isnan(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, mu, sigma, penalty = _guarded(y=y, mu=mu, sigma=sigma)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, mu, sigma))
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
        y, mu, sigma, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y[..., 0].numel() if ctx.reduction == "mean" else g
            gradient = [one * slope for one, slope in zip(_for_each(share), slopes)]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, mu, sigma)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, *gradient

    @staticmethod
    def jvp(ctx, _reduction, _penalty, v_y, v_mu, v_sigma):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, mu, sigma, *slopes = ctx.saved_tensors
        directions = [v_mu, v_sigma]
        directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
        change = sum(_over_each([slope * v for slope, v in zip(slopes, directions)]))
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, mu, sigma)

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


def _change_of_gradient(slopes, directions, y, mu, sigma):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, mu, sigma, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, mu, sigma):
        value = _loss(y, mu, sigma)
        ctx.save_for_backward(y, mu, sigma, _nan_or_zero(value, penalty))
        return value + penalty

    @staticmethod
    def backward(ctx, g):
        *arguments, without = ctx.saved_tensors
        _, *slopes = _loss_and_gradient(*arguments)
        slopes = [slope + one for slope, one in zip(slopes, _for_each(without))]
        gradient = [one * slope for one, slope in zip(_for_each(g), slopes)]
        return None, None, *gradient


# Arguments and reductions -------------------------------------------------------------------------


class _Argument(NamedTuple):
    """What an argument is, what it must be, where it is not, and what stands for it in a removed sample."""

    role: str
    demand: str
    broken: Callable
    harmless: float
    vector: bool = False


_ARGUMENTS = {
    "y": _Argument(
        "data",
        "share, with a sum below 1",
        lambda y: torch.any((y <= 0) | (y >= 1), dim=-1) | (torch.sum(y, dim=-1) >= 1),
        1e-30,
        vector=True,
    ),
    "mu": _Argument(
        "learned",
        "finite",
        lambda mu: torch.any(torch.abs(mu) == math.inf, dim=-1),
        0.0,
        vector=True,
    ),
    "sigma": _Argument(
        "learned",
        "positive",
        lambda sigma: torch.any((sigma <= 0) | (torch.abs(sigma) == math.inf), dim=-1),
        1.0,
        vector=True,
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


def _surely_legal(y, mu, sigma):
    """Whether a quick look at the whole finds every sample legal; an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
        and torch.amin(y).item() > 0
        and torch.amax(y).item() < 1
        and torch.all(torch.sum(y, dim=-1) < 1)
        and math.isfinite(torch.sum(mu))
        and torch.amin(sigma).item() > 0
        and math.isfinite(torch.sum(sigma))
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
    """Every argument expanded to the shape of the samples; the class axis goes last."""
    vectors = [_ARGUMENTS[name].vector for name in names]
    values = [
        value.movedim(1, -1) if vector and value.dim() > 2 else value for value, vector in zip(values, vectors)
    ]
    shapes = [value.shape[:-1] if vector else value.shape for value, vector in zip(values, vectors)]
    lengths = [value.shape[-1] for value, vector in zip(values, vectors) if vector]
    if any([length != lengths[0] for length in lengths]):
        raise ValueError(f"the class axis does not broadcast, got lengths {lengths}")
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
        shapes = [(*shape, lengths[0]) if vector else shape for vector in vectors]
        values = [value.expand(one) for value, one in zip(values, shapes)]
    return values


def _class_axis(value):
    return min(1, value.dim() - 1)


def _made_harmless(value, samples, argument):
    """The tensor with a harmless value in some of the samples."""
    harmless = 1 / value.shape[-1] if argument.harmless is None else argument.harmless
    return torch.where(samples[..., None] if argument.vector else samples, harmless, value)


def _validate(name, value, broken):
    """Raise ValueError for the first sample in which an argument is broken or nan."""
    missing = value.isnan()
    broken = broken | (missing.any(dim=-1) if _ARGUMENTS[name].vector else missing)
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
