"""The categorical class weight loss of p, with its gradient and Hessian.

One of K classes, where each counts by its weight.

Density
    p(y | p, class_weight) = ∏ₖ pₖ^(yₖ wₖ)

Symbols
    y                in the one-hot    data                       the class as a one-hot vector; soft
                     vectors of K                                 labels on the simplex are accepted
                     classes
    p                in the simplex    predicted for each sample  probabilities of the classes, if the
                     of K classes                                 weights are equal
    class_weight  w  in (0, ∞)ᴷ        known                      how often each class counts

Loss of one sample, to be minimised over p
    loss    = −Σₖ yₖ wₖ log pₖ
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

This is no likelihood, but a weighted cross-entropy, whose minimum is no maximum of a likelihood: a
class counts by its weight.

The class axis is the second one, as in torch.nn (the only one where there is one axis); the other
axes broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 1, gradient 1, Hessian 1
    float32  value 2, gradient 1, Hessian 1

Source: King and Zeng (2001), Political Analysis 9, 137-163.

Made by `derive categorical_class_weight --emit torch`, derive 0.1.0.
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


def loss(p, class_weight, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, p, class_weight, tolerances, weight = _prepared(weight, validate, y=target, p=p, class_weight=class_weight)
    if weight is None:
        return _of_samples(reduction, tolerances, None, y, p, class_weight)
    return _reduced(_of_samples("none", tolerances, None, y, p, class_weight), reduction, weight)


class CategoricalClassWeightLoss(torch.nn.Module):
    """The loss as a module: `CategoricalClassWeightLoss()(p, class_weight, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, p, class_weight, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(p, class_weight, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def loss_from_index(p, class_weight, index, *, reduction="mean", weight=None, validate=False):
    """The loss of class indices 0, 1, ..., K - 1: an integer tensor without the class axis."""
    target = _one_hot(index, p, weight, validate)
    return loss(p, class_weight, target, reduction=reduction, weight=weight, validate=validate)


def negative_log_likelihood(p, class_weight, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, p, class_weight, tolerances, weight = _prepared(weight, validate, y=target, p=p, class_weight=class_weight)
    y, p, class_weight, penalty = _guarded(tolerances, y=y, p=p, class_weight=class_weight)
    value = FACTOR * _of_samples("none", tolerances, penalty, y, p, class_weight) + _dropped()
    return _reduced(value, reduction, weight)


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, p, class_weight):
    return -torch.sum(torch.xlogy(y * class_weight, p), dim=-1)


def _loss_and_gradient(y, p, class_weight):
    product = y * class_weight
    return torch.sum(torch.xlogy(product, p), dim=-1).neg_(), _ratio(product, p).neg_()


def _hessian_vector_product(y, p, class_weight, vector):
    return (_ratio(_ratio(y * class_weight, p), p) * vector,)


def _dropped():
    return 0


def _ratio(x, y):
    """The quotient x / y with 0/0 = 0: the derivative of x log y in y."""
    quotient = x / y
    return torch.where((x == 0) & (y == 0), torch.zeros_like(quotient), quotient)


# The derivatives, for autograd --------------------------------------------------------------------


def _of_samples(reduction, tolerances, penalty, y, p, class_weight):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, tolerances, penalty, y, p, class_weight)[0]
    if penalty is None:
        y, p, class_weight, penalty = _guarded(tolerances, y=y, p=p, class_weight=class_weight)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, p, class_weight), reduction)
    return _reduced(_loss(y, p, class_weight) + penalty, reduction)


# Of more than so many numbers of an argument only so many are computed at once: what the functions above
# make on their way then stays in the cache.
_MANY, _PART = 500_000, 65_536


def _in_parts(y, p, class_weight):
    """The loss and its gradient, part by part along the first axis where the samples are many."""
    numbers = y.numel()
    if numbers <= _MANY or y.dim() == 1:
        return _loss_and_gradient(y, p, class_weight)
    rows, wholes = y.shape[0], []
    length = max(_PART * rows // numbers, 1)
    for start in range(0, rows, length):
        here = slice(start, start + length)
        parts = _loss_and_gradient(*[tensor[here] for tensor in (y, p, class_weight)])
        wholes = wholes or [part.new_empty((rows, *part.shape[1:])) for part in parts]
        for whole, part in zip(wholes, parts):
            whole[here] = part
    return wholes


def _penalised(penalty, value, *slopes):
    """The loss with its penalty, and its gradient, which is nan where the loss is nan or penalised."""
    without = _nan_or_zero(value, penalty)[..., None]
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
        reduction, tolerances, penalty, y, p, class_weight = inputs
        if penalty is None:
            if _surely_legal(tolerances, y, p, class_weight):
                value, *slopes = _in_parts(y, p, class_weight)
                total = torch.sum(value)
                if not math.isnan(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, p, class_weight, penalty = _guarded(tolerances, y=y, p=p, class_weight=class_weight)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, p, class_weight))
        return _reduced(value, reduction), *slopes

    @staticmethod
    def setup_context(ctx, inputs, outputs):
        saved = *inputs[3:], *outputs[1:]
        ctx.reduction = inputs[0]
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*saved)
        ctx.save_for_forward(*saved)

    @staticmethod
    def backward(ctx, g, *directions):
        y, p, class_weight, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y[..., 0].numel() if ctx.reduction == "mean" else g
            gradient = [share[..., None] * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, p, class_weight)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, None, *gradient, None

    @staticmethod
    def jvp(ctx, _reduction, _tolerances, _penalty, v_y, v_p, v_class_weight):
        if v_y is not None or v_class_weight is not None:
            raise ValueError("the loss has no gradient in the target or class_weight; detach it")
        y, p, class_weight, *slopes = ctx.saved_tensors
        directions = [v_p]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None]).sum(-1)
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, p, class_weight)

    @staticmethod
    def vmap(info, axes, reduction, tolerances, *tensors):
        """What is mapped over becomes the first axis of the samples; each of its entries is reduced by itself."""

        def mapped(tensor, axis):
            return tensor.expand(info.batch_size, *tensor.shape) if axis is None else tensor.movedim(axis, 0)

        axes = axes[2:]
        tensors = [None if tensor is None else mapped(tensor, axis) for tensor, axis in zip(tensors, axes)]
        value, *slopes = _Loss.apply("none", tolerances, *tensors)
        value = torch.func.vmap(lambda one: _reduced(one, reduction))(value)
        return (value, *slopes), (0,) * (1 + len(slopes))


# Autograd asks for the signature at every call, and finding it takes longer than the mathematics of few samples.
_Loss.forward.__signature__ = inspect.signature(_Loss.forward)


def _change_of_gradient(slopes, directions, y, p, class_weight):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, p, class_weight, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, p, class_weight):
        value = _loss(y, p, class_weight)
        ctx.save_for_backward(y, p, class_weight, _nan_or_zero(value, penalty))
        return value + penalty

    @staticmethod
    def backward(ctx, g):
        *arguments, without = ctx.saved_tensors
        _, *slopes = _loss_and_gradient(*arguments)
        gradient = [g[..., None] * (slope + without[..., None]) for slope in slopes]
        return None, None, *gradient, None


# Arguments and reductions -------------------------------------------------------------------------


class _Argument(NamedTuple):
    """What an argument is, what it must be, where it is not, and what stands for it in a removed sample."""

    role: str
    demand: str
    broken: Callable
    harmless: float
    vector: bool = False
    sums_to_one: bool = False


_ARGUMENTS = {
    "y": _Argument(
        "data",
        "a probability vector: entries in [0, 1] that sum to one",
        lambda y: torch.any((y < 0) | (y > 1), dim=-1),
        None,
        vector=True,
        sums_to_one=True,
    ),
    "p": _Argument(
        "learned",
        "a probability vector: entries in [0, 1] that sum to one",
        lambda p: torch.any((p < 0) | (p > 1), dim=-1),
        None,
        vector=True,
        sums_to_one=True,
    ),
    "class_weight": _Argument(
        "known",
        "positive",
        lambda class_weight: torch.any((class_weight <= 0) | (torch.abs(class_weight) == math.inf), dim=-1),
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
    """The arguments in one dtype, device and shape, how far each may sum from one, and the weight.

    A sample of weight 0 is replaced by a harmless one. Half precision computes in single.
    """
    dtype, device = _dtype_and_device(arguments)
    tolerances = tuple([_sum_tolerance(value) for name, value in arguments.items() if _ARGUMENTS[name].sums_to_one])
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
        for name, value, broken in _broken(tolerances, dict(zip(arguments, values))):
            _validate(name, value, broken)
    return *values, tolerances, weight


def _guarded(tolerances, **arguments):
    """The arguments, and what each sample costs beside its loss.

    Data outside the support cost +inf and are made harmless, parameters outside their domain cost nan.
    """
    guarded, penalty = [], None
    for name, value, broken in _broken(tolerances, arguments):
        argument = _ARGUMENTS[name]
        if argument.role == "data":
            value = _made_harmless(value, broken, argument)
        penalty = value.new_zeros(broken.shape) if penalty is None else penalty
        penalty = penalty.masked_fill(broken, math.inf if argument.role == "data" else math.nan)
        guarded.append(value)
    return *guarded, penalty


def _broken(tolerances, arguments):
    """The name of each argument, its value, and the samples in which it is not what it must be."""
    tolerance = iter(tolerances)
    for name, value in arguments.items():
        argument = _ARGUMENTS[name]
        broken = argument.broken(value.detach())
        if argument.sums_to_one:
            broken = broken | (torch.abs(torch.sum(value.detach(), dim=-1) - 1) > next(tolerance))
        yield name, value, broken


def _surely_legal(tolerances, y, p, class_weight):
    """Whether a quick look at the whole finds every sample legal; an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
        and torch.amin(y).item() >= 0
        and torch.amax(y).item() <= 1
        and torch.amin(p).item() >= 0
        and torch.amax(p).item() <= 1
        and torch.amin(class_weight).item() > 0
        and math.isfinite(torch.sum(class_weight))
        and _sum_to_one(y, tolerances[0])
        and _sum_to_one(p, tolerances[1])
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
    """The tensor with a harmless value in some of the samples: one over their number for entries that sum to one."""
    harmless = 1 / value.shape[-1] if argument.harmless is None else argument.harmless
    return torch.where(samples[..., None] if argument.vector else samples, harmless, value)


def _sum_to_one(value, tolerance):
    """Whether the entries of every vector sum to one, as nearly as they must."""
    return torch.amax(torch.abs(torch.sum(value, dim=-1) - 1)) <= tolerance


def _sum_tolerance(given):
    """How far entries may sum from one: by two roundings of the dtype they were given in, or 1e-05 if more."""
    floating = isinstance(given, torch.Tensor) and given.is_floating_point()
    return max(1e-05, 2 * torch.finfo(given.dtype).eps) if floating else 1e-05


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


def _one_hot(index, entries, weight, validate):
    """Class indices as one-hot vectors along the class axis of `entries`; an index out of range has none."""
    if index.is_floating_point() or index.dtype == torch.bool:
        raise TypeError(f"index must hold integers, got {index.dtype}")
    axis = min(1, index.dim())
    classes = torch.arange(entries.shape[_class_axis(entries)], device=index.device)
    classes = classes.reshape(-1, *[1] * (index.dim() - axis))
    hot = index.unsqueeze(axis) == classes
    if validate:
        outside = ~hot.any(dim=axis)
        if weight is not None:
            outside = outside & (torch.as_tensor(weight, device=index.device) != 0)
        _refuse("index", "in 0, ..., K - 1", index.expand(outside.shape), outside)
    return hot.to(entries.dtype)
