"""The plackett luce loss of score, with its gradient and Hessian.

A ranking of K items: each place takes one of those that are left, with odds of e to their scores.

Density
    p(y | score) = ∏ₖ e^s[y[k]]/Σₗ₌ₖ e^s[y[l]]

Symbols
    y         in the rankings of K     data                       numbers of the items from 0 on, the
              items                                               best one first; each stands in it
                                                                  once
    score  s  in ℝᴷ                    predicted for each sample  scores of the items, counted from 0
                                                                  too: the larger, the sooner they are
                                                                  ranked

Loss of one sample, to be minimised over score
    loss    = Σₖ log Σₗ₌ₖ e^(s[y[l]] − s[y[k]])
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

The class axis is the second one, as in torch.nn (the only one where there is one axis); the other
axes broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 1, gradient 8, Hessian 3
    float32  value 2, gradient 4, Hessian 3

Source: Plackett (1975), Applied Statistics 24, 193-202; Luce (1959), Individual Choice Behavior. As a loss of neural networks it is ListMLE: Xia et al. (2008), International Conference on Machine Learning 25.

Made by `derive plackett_luce --emit torch`, derive 0.1.0.
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


def loss(score, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, score, weight = _prepared(weight, validate, y=target, score=score)
    if weight is None:
        return _of_samples(reduction, None, y, score)
    return _reduced(_of_samples("none", None, y, score), reduction, weight)


class PlackettLuceLoss(torch.nn.Module):
    """The loss as a module: `PlackettLuceLoss()(score, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, score, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(score, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(score, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, score, weight = _prepared(weight, validate, y=target, score=score)
    y, score, penalty = _guarded(y=y, score=score)
    value = FACTOR * _of_samples("none", penalty, y, score) + _dropped()
    return _reduced(value, reduction, weight)


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, score):
    return _ranking_cost(score, y)


def _loss_and_gradient(y, score):
    return _ranking_cost(score, y), _ranking_cost_slope(score, y)


def _hessian_vector_product(y, score, vector):
    return (_ranking_cost_change(score, y, vector),)


def _dropped():
    return 0


def _largest(z):
    """Where a largest entry stands along the last axis, and how small the others are beside it.

    Gives the largest entry m, its position, exp(z - m), and the sum S of exp(z - m) without that
    entry. The words below take it from those who have it already.
    """
    top, position = torch.max(z, dim=-1, keepdim=True)
    weight = torch.exp(z - torch.where(torch.isneginf(top), 0.0, top))
    return top, position, weight, torch.sum(weight.scatter(-1, position, 0.0), dim=-1, keepdim=True)


def _softmax(z, largest=None):
    """The quotient exp(z_k) / sum_l exp(z_l) for every k of the last axis.

    Measured beyond conditioning: at most 3 ulp in float64, 3 in float32.
    """
    _, _, weight, rest = largest or _largest(z)
    return weight / (1.0 + rest)


def _softmax_deviation(z, v, largest=None):
    """The deviation v_k - sum_l softmax(z)_l v_l for every k of the last axis.

    Everything is taken from v at the largest entry of z, so nothing is lost where the softmax
    rounds to 1 there.

    Measured beside what one ulp in each entry of z and of v explains: an error of at most
    5 times that in float64, 8 times in float32.
    """
    _, position, weight, rest = largest or _largest(z)
    v = v - torch.gather(v, -1, position)
    return v - torch.sum(weight * v, dim=-1, keepdim=True) / (1.0 + rest)


def _misses_items(y):
    """Whether the numbers 0, 1, ..., K - 1 are not all along the last axis; not said of nan."""
    numbers = torch.arange(y.shape[-1], dtype=y.dtype, device=y.device)
    return torch.any(torch.sort(y, dim=-1).values != numbers, dim=-1) & ~torch.any(y.isnan(), dim=-1)


def _places(y):
    """Whole numbers as positions, 0 for nan."""
    return torch.where(y.isnan(), 0, y).long()


def _log_sums(x):
    """The logarithms of exp(x_1) + ... + exp(x_k) for every k of the last axis."""
    return torch.logcumsumexp(x, dim=-1)


def _before(x):
    """The entry before each one along the last axis, minus infinity before the first."""
    return torch.cat([torch.full_like(x[..., :1], -math.inf), x[..., :-1]], dim=-1)


def _stages(z, y):
    """The scores in the order of the ranking, the log of the sum of exp over what is left, and that without the item."""
    z, y = torch.broadcast_tensors(z, y)
    score = torch.where(y.isnan(), math.nan, torch.gather(z, -1, _places(y)))
    left = _log_sums(score.flip(-1))
    return score, left.flip(-1), _before(left).flip(-1)


def _by_item(x, y):
    """What stands in the order of the ranking, in the order of the items."""
    return torch.gather(x, -1, torch.argsort(y.expand(x.shape), dim=-1))


def _ranking_cost(z, y):
    """The sum over k of log(1 + R_k/exp(s_k)), the score s_k of the k-th item and the sum R_k of exp behind it.

    Measured beyond conditioning: at most 4 ulp in float64, 4 in float32.
    """
    score, _, behind = _stages(z, y)
    return torch.sum(torch.logaddexp(torch.zeros_like(score), behind - score), dim=-1)


def _ranking_cost_slope(z, y):
    """The derivatives of the cost in z: what an item had of the stages before its own, less what the others have there.

    Measured beyond conditioning and one ulp of the largest score, which is how logarithms of sums are rounded, in the
    first of these: at most 4 ulp of the larger of both in float64, 4 in float32.
    """
    score, left, behind = _stages(z, y)
    before = torch.exp(score + _before(_log_sums(-left)))
    return _by_item(before - torch.sigmoid(behind - score), y)


def _ranking_cost_change(z, y, v):
    """The change of the slopes along v: at every stage shares times deviations of v, summed over the stages.

    Measured beside what one ulp in each entry of z and of v explains: an error of at most
    12 times that in float64, 8 times in float32.
    """
    score, _, _ = _stages(z, y)
    v = torch.gather(v.expand(score.shape), -1, _places(y).expand(score.shape))
    # One row for each stage, in which what was ranked before weighs nothing.
    gone = torch.ones_like(score[..., None, :] * score[..., :, None]).tril(-1) > 0
    score = torch.where(gone, -math.inf, score[..., None, :])
    v = v[..., None, :].expand(score.shape)
    return _by_item(torch.sum(_softmax(score) * _softmax_deviation(score, v), dim=-2), y)


# The derivatives, for autograd --------------------------------------------------------------------


def _of_samples(reduction, penalty, y, score):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, penalty, y, score)[0]
    if penalty is None:
        y, score, penalty = _guarded(y=y, score=score)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, score), reduction)
    return _reduced(_loss(y, score) + penalty, reduction)


# Of more than so many numbers of an argument only so many are computed at once: what the functions above
# make on their way then stays in the cache.
_MANY, _PART = 500_000, 65_536


def _in_parts(y, score):
    """The loss and its gradient, part by part along the first axis where the samples are many."""
    numbers = y.numel()
    if numbers <= _MANY or y.dim() == 1:
        return _loss_and_gradient(y, score)
    rows, wholes = y.shape[0], []
    length = max(_PART * rows // numbers, 1)
    for start in range(0, rows, length):
        here = slice(start, start + length)
        parts = _loss_and_gradient(*[tensor[here] for tensor in (y, score)])
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
        reduction, penalty, y, score = inputs
        if penalty is None:
            if _surely_legal(y, score):
                value, *slopes = _in_parts(y, score)
                total = torch.sum(value)
                if not math.isnan(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, score, penalty = _guarded(y=y, score=score)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, score))
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
        y, score, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y[..., 0].numel() if ctx.reduction == "mean" else g
            gradient = [share[..., None] * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, score)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, *gradient

    @staticmethod
    def jvp(ctx, _reduction, _penalty, v_y, v_score):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, score, *slopes = ctx.saved_tensors
        directions = [v_score]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None]).sum(-1)
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, score)

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


def _change_of_gradient(slopes, directions, y, score):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, score, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, score):
        value = _loss(y, score)
        ctx.save_for_backward(y, score, _nan_or_zero(value, penalty))
        return value + penalty

    @staticmethod
    def backward(ctx, g):
        *arguments, without = ctx.saved_tensors
        _, *slopes = _loss_and_gradient(*arguments)
        gradient = [g[..., None] * (slope + without[..., None]) for slope in slopes]
        return None, None, *gradient


# Arguments and reductions -------------------------------------------------------------------------


class _Argument(NamedTuple):
    """What an argument is, what it must be, where it is not, and what stands for it in a removed sample."""

    role: str
    demand: str
    broken: Callable
    harmless: float
    vector: bool = False
    ascends: bool = False


_ARGUMENTS = {
    "y": _Argument(
        "data",
        "a ranking: 0, 1, ..., K - 1 in any order",
        lambda y: _misses_items(y),
        1.0,
        vector=True,
        ascends=True,
    ),
    "score": _Argument(
        "learned",
        "finite",
        lambda score: torch.any(torch.abs(score) == math.inf, dim=-1),
        0.0,
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


def _surely_legal(y, score):
    """Whether a quick look at the whole finds every sample legal; an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
        and torch.amin(y).item() >= 0
        and math.isfinite(torch.sum(y))
        and torch.sum(y - torch.floor(y)).item() == 0
        and not torch.any(_misses_items(y)).item()
        and math.isfinite(torch.sum(score))
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
    harmless = torch.arange(value.shape[-1], dtype=value.dtype, device=value.device) if argument.ascends else harmless
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
