"""The categorical loss of logits, with its gradient and Hessian.

One of K classes.

Density
    p(y | p) = ∏ₖ pₖ^yₖ
    p = softmax(logits), the multinomial logit link; z below

Symbols
    y          in the one-hot vectors  data                       the class as a one-hot vector; soft
               of K classes                                       labels on the simplex are accepted
    p          in the simplex of K     pₖ = softmax(z)ₖ           probabilities of the classes
               classes
    logits  z  in [−∞, ∞)ᴷ, not all    predicted for each sample  predictor of p through the
               −∞                                                 multinomial logit link

Loss of one sample, to be minimised over logits
    loss    = Σₖ yₖ logsumexp(z − zₖ)
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

Also known of the density
    mean          pₖ

Labels that are not hard are accepted; the loss is then the cross-entropy between the labels and p,
and no longer a likelihood.

The class axis is the second one, as in torch.nn (the only one where there is one axis); the other
axes broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 1, gradient 3, Hessian 3
    float32  value 2, gradient 3, Hessian 3

Elsewhere:
    loss = -torch.distributions.OneHotCategorical(logits).log_prob, for hard labels
    loss = -torch.distributions.Categorical(logits).log_prob, for hard labels
    loss = torch.nn.CrossEntropyLoss (soft targets)
    loss = torch.nn.CrossEntropyLoss (class indices), for hard labels
    loss = -scipy.stats.multinomial.logpmf, at p = softmax(logits), for hard labels
    loss = -torch.distributions.OneHotCategorical(probs).log_prob, at p = softmax(logits), for hard labels
    loss = -torch.distributions.Categorical(probs).log_prob, at p = softmax(logits), for hard labels
    loss = torch.nn.NLLLoss (log p), at p = softmax(logits), for hard labels
    loss = torch.nn.KLDivLoss (log p), at p = softmax(logits), for hard labels

Source: Johnson, Kotz and Balakrishnan (1997), Discrete Multivariate Distributions, ch. 35.

Made by `derive categorical --link p=softmax --emit torch`, derive 0.1.0.
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


def loss(logits, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, logits, tolerances, weight = _prepared(weight, validate, y=target, logits=logits)
    if weight is None:
        return _of_samples(reduction, tolerances, None, y, logits)
    return _reduced(_of_samples("none", tolerances, None, y, logits), reduction, weight)


class CategoricalLoss(torch.nn.Module):
    """The loss as a module: `CategoricalLoss()(logits, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, logits, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(logits, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def loss_from_index(logits, index, *, reduction="mean", weight=None, validate=False):
    """The loss of class indices 0, 1, ..., K - 1: an integer tensor without the class axis."""
    target = _one_hot(index, logits, weight, validate)
    return loss(logits, target, reduction=reduction, weight=weight, validate=validate)


def negative_log_likelihood(logits, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, logits, tolerances, weight = _prepared(weight, validate, y=target, logits=logits)
    y, logits, penalty = _guarded(tolerances, y=y, logits=logits)
    value = FACTOR * _of_samples("none", tolerances, penalty, y, logits) + _dropped()
    return _reduced(value, reduction, weight)


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, logits):
    return torch.sum(_times(y, _log_sum_exp_difference(logits)), dim=-1)


def _loss_and_gradient(y, logits):
    largest = _largest(logits)
    return (
        torch.sum(_times(y, _log_sum_exp_difference(logits, largest)), dim=-1),
        _softmax(logits, largest).mul_(1 - y).sub_(_softmax_complement(logits, largest).mul_(y)),
    )


def _hessian_vector_product(y, logits, vector):
    largest = _largest(logits)
    return (_softmax(logits, largest) * _softmax_deviation(logits, vector, largest),)


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


def _log_sum_exp_difference(z, largest=None):
    """The difference log sum_l exp(z_l) - z_k for every k of the last axis.

    It is (m - z_k) + log1p(S), with m a largest entry and S the sum of exp(z_l - m) over the
    others, so it is exact at the largest entry too.

    Measured beyond conditioning: at most 1.5 ulp in float64, 1.5 in float32.
    """
    top, _, _, rest = largest or _largest(z)
    return (top - z) + torch.log1p(rest)


def _softmax(z, largest=None):
    """The quotient exp(z_k) / sum_l exp(z_l) for every k of the last axis.

    Measured beyond conditioning: at most 3 ulp in float64, 3 in float32.
    """
    _, _, weight, rest = largest or _largest(z)
    return weight / (1.0 + rest)


def _softmax_complement(z, largest=None):
    """One minus the softmax of z along the last axis.

    It is S/(1 + S) at the largest entry, with S the sum of exp(z_l - m) over the others, whose own
    softmax is at most 1/2.

    Measured beyond conditioning: at most 1.5 ulp in float64, 1.5 in float32.
    """
    _, position, weight, rest = largest or _largest(z)
    total = 1.0 + rest
    return (1.0 - weight / total).scatter(-1, position, rest / total)


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


def _times(x, y):
    """The product x y with 0 inf = 0: what is impossible and did not happen costs nothing."""
    return torch.where((x == 0) & torch.isinf(y), torch.zeros_like(y), x * y)


# The derivatives, for autograd --------------------------------------------------------------------


def _of_samples(reduction, tolerances, penalty, y, logits):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, tolerances, penalty, y, logits)[0]
    if penalty is None:
        y, logits, penalty = _guarded(tolerances, y=y, logits=logits)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, logits), reduction)
    return _reduced(_loss(y, logits) + penalty, reduction)


# Of more than so many numbers of an argument only so many are computed at once: what the functions above
# make on their way then stays in the cache.
_MANY, _PART = 500_000, 65_536


def _in_parts(y, logits):
    """The loss and its gradient, part by part along the first axis where the samples are many."""
    numbers = y.numel()
    if numbers <= _MANY or y.dim() == 1:
        return _loss_and_gradient(y, logits)
    rows, wholes = y.shape[0], []
    length = max(_PART * rows // numbers, 1)
    for start in range(0, rows, length):
        here = slice(start, start + length)
        parts = _loss_and_gradient(*[tensor[here] for tensor in (y, logits)])
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
        reduction, tolerances, penalty, y, logits = inputs
        if penalty is None:
            if _surely_legal(tolerances, y, logits):
                value, *slopes = _in_parts(y, logits)
                total = torch.sum(value)
                if not math.isnan(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, logits, penalty = _guarded(tolerances, y=y, logits=logits)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, logits))
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
        y, logits, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y[..., 0].numel() if ctx.reduction == "mean" else g
            gradient = [share[..., None] * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, logits)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, None, *gradient

    @staticmethod
    def jvp(ctx, _reduction, _tolerances, _penalty, v_y, v_logits):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, logits, *slopes = ctx.saved_tensors
        directions = [v_logits]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None]).sum(-1)
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, logits)

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


def _change_of_gradient(slopes, directions, y, logits):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, logits, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, logits):
        value = _loss(y, logits)
        ctx.save_for_backward(y, logits, _nan_or_zero(value, penalty))
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
    "logits": _Argument(
        "learned",
        "finite or -inf, the largest entry finite",
        lambda logits: (torch.abs(torch.amax(logits, dim=-1)) == math.inf),
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


def _surely_legal(tolerances, y, logits):
    """Whether a quick look at the whole finds every sample legal; an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
        and torch.amin(y).item() >= 0
        and torch.amax(y).item() <= 1
        and math.isfinite(torch.sum(logits))
        and _sum_to_one(y, tolerances[0])
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
