"""The categorical loss of p, with its gradient and Hessian.

One of K classes.

Density
    p(y | p) = ∏ₖ pₖ^yₖ

Symbols
    y  in the one-hot vectors of K classes  data                       the class as a one-hot vector; soft labels on the simplex are accepted
    p  in the simplex of K classes          predicted for each sample  probabilities of the classes

Loss of one sample, to be minimised over p
    loss    = −Σₖ yₖ log pₖ
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

Labels that are not hard are accepted; the loss is then the cross-entropy between the labels and p, and no
longer a likelihood.

The class axis is the second one, as in torch.nn (the only one where there is one axis).  Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs, in float64
and float32, for value, gradient and Hessian.

Elsewhere:
    loss = -scipy.stats.multinomial.logpmf, for hard labels
    loss = -torch.distributions.OneHotCategorical(probs).log_prob, for hard labels
    loss = -torch.distributions.Categorical(probs).log_prob, for hard labels
    loss = torch.nn.NLLLoss (log p), for hard labels
    loss = torch.nn.KLDivLoss (log p), for hard labels

Source: Johnson, Kotz and Balakrishnan (1997), Discrete Multivariate Distributions, ch. 35.

Made by `derive categorical --emit torch`, derive 0.1.0.
Anyone may use, change and share this file for any purpose, without warranty (0BSD).
"""

import math

import torch

# -log p = FACTOR * loss + dropped
FACTOR = 1


def loss(p, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support or parameters outside their domain
               (looks at the data, so it is not for torch.compile)
    """
    (y, p), penalty, weight = _prepared({"y": target, "p": p}, weight, validate)
    return _reduced(_per_sample(penalty, y, p), weight, reduction)


class CategoricalLoss(torch.nn.Module):
    """The loss as a module: `CategoricalLoss()(p, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, p, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(p, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def loss_from_index(p, index, *, reduction="mean", weight=None, validate=False):
    """The loss of class indices 0, 1, ..., K - 1: an integer tensor without the class axis."""
    return loss(p, _one_hot(index, p), reduction=reduction, weight=weight, validate=validate)


def negative_log_likelihood(p, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    (y, p), penalty, weight = _prepared({"y": target, "p": p}, weight, validate)
    value = FACTOR * _per_sample(penalty, y, p) + _dropped()
    return _reduced(value, weight, reduction)


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics ----------------------------------------------------------------------------------


def _loss(y, p):
    """The loss of each sample."""
    return -torch.sum(torch.xlogy(y, p), dim=-1)


def _loss_and_gradient(y, p):
    """The loss of each sample and its gradient, from shared parts."""
    return -torch.sum(torch.xlogy(y, p), dim=-1), -_ratio(y, p)


def _hessian_product(y, p, v_p):
    """The Hessian of the loss of each sample times a vector."""
    vector = v_p
    return _ratio(_ratio(y, p), p) * vector,


def _dropped():
    return 0


def _ratio(x, y):
    """The quotient x / y with 0/0 = 0: the derivative of x log y in y."""
    quotient = x / y
    return torch.where((x == 0) & (y == 0), torch.zeros_like(quotient), quotient)


# The derivatives, for autograd --------------------------------------------------------------------


def _per_sample(penalty, y, p):
    """The loss of each sample, with its own derivatives where gradients are wanted."""
    if not torch.is_grad_enabled():
        return _loss(y, p) + penalty
    if torch.compiler.is_compiling():
        return _CompiledLoss.apply(penalty, y, p)
    return _Loss.apply(penalty, y, p)[0]


def _penalised(penalty, value, *slopes):
    """The loss with its penalty, and the gradient: nan where the loss is nan or the penalty infinite."""
    nothing = torch.where(value.isnan(), value, 0 * penalty).unsqueeze(-1)
    return value + penalty, *[slope + nothing for slope in slopes]


class _Loss(torch.autograd.Function):
    """Puts out the gradient beside the loss: outputs, when saved, can be differentiated again."""

    generate_vmap_rule = True

    @staticmethod
    def forward(penalty, y, p):
        return _penalised(penalty, *_loss_and_gradient(y, p))

    @staticmethod
    def setup_context(ctx, inputs, outputs):
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*inputs[1:], *outputs[1:])
        ctx.save_for_forward(*inputs[1:], *outputs[1:])

    @staticmethod
    def backward(ctx, g, *directions):
        y, p, *slopes = ctx.saved_tensors
        found = [None if g is None else g.unsqueeze(-1) * slope for slope in slopes]
        if any([v is not None for v in directions]):
            bends = _bends(slopes, directions, y, p)
            found = bends if g is None else [slope + bend for slope, bend in zip(found, bends)]
        return None, None, *found

    @staticmethod
    def jvp(ctx, _, v_y, v_p):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, p, *slopes = ctx.saved_tensors
        directions = [v_p]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return change.sum(-1), *_bends(slopes, directions, y, p)


def _bends(slopes, directions, y, p):
    """The Hessian of each sample times a vector, nan where the gradient is; None is a vector of zeros."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    bends = _hessian_product(y, p, *directions)
    return [torch.where(slope.isnan(), math.nan, bend) for slope, bend in zip(slopes, bends)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(penalty, y, p):
        return _loss(y, p) + penalty

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, g):
        penalty, *arguments = ctx.saved_tensors
        _, d_p = _penalised(penalty, *_loss_and_gradient(*arguments))
        g = g.unsqueeze(-1)
        return None, None, g * d_p


# Arguments and reductions -------------------------------------------------------------------------


def _broken_y(y):
    return torch.any((y < 0) | (y > 1), dim=-1) | (torch.abs(torch.sum(y, dim=-1) - 1) > 1e-05)


def _broken_p(p):
    return torch.any((p < 0) | (p > 1), dim=-1) | (torch.abs(torch.sum(p, dim=-1) - 1) > 1e-05)


# For each argument: what it must be, where it is not, what replaces it in a sample of weight 0.
_ARGUMENTS = {
    "y": ("a probability vector: entries in [0, 1] that sum to one", _broken_y, None),
    "p": ("a probability vector: entries in [0, 1] that sum to one", _broken_p, None),
}
_LEARNED = ("p",)
_DATA = ("y",)
_VECTORS = ("y", "p")


def _prepared(arguments, weight, validate):
    """The arguments in one dtype and shape, +inf for samples outside the support (else 0), the weight.

    Half precision computes in single. Data outside the support are made harmless and penalised,
    parameters outside their domain become nan, and a sample of weight 0 is replaced by a harmless one.
    """
    dtype, device = torch.float32, None
    deciding = [name for name in arguments if name not in _DATA] or arguments
    for name, value in arguments.items():
        if isinstance(value, torch.Tensor):
            device = value.device if device is None or device.type == "cpu" else device
            if name not in _LEARNED and value.requires_grad:
                raise ValueError(f"the loss has no gradient in {'the target' if name in _DATA else name}; detach it")
            if name in deciding and value.is_floating_point():
                dtype = torch.promote_types(dtype, value.dtype)
    values = [torch.as_tensor(value, dtype=dtype, device=device) for value in arguments.values()]
    if weight is not None:
        weight = torch.as_tensor(weight, dtype=dtype, device=device)
    values = _broadcast(list(arguments), values, weight)
    prepared, penalty = [], torch.zeros((), dtype=dtype, device=device)
    for name, value in zip(arguments, values):
        demand, broken_at, harmless = _ARGUMENTS[name]
        vector = name in _VECTORS
        harmless = 1 / value.shape[-1] if harmless is None else harmless
        if weight is not None:
            value = torch.where((weight.unsqueeze(-1) if vector else weight) == 0, harmless, value)
        broken = broken_at(value)
        if validate:
            _validate(name, value, broken | (value.isnan().any(-1) if vector else value.isnan()), demand)
        if name in _DATA:
            penalty = penalty + torch.where(broken, math.inf, 0.0).to(dtype)
            value = torch.where(broken.unsqueeze(-1) if vector else broken, harmless, value)
        else:
            value = value + torch.where(broken.unsqueeze(-1) if vector else broken, math.nan, 0.0).to(dtype)
        prepared.append(value)
    return prepared, penalty, weight


def _broadcast(names, values, weight):
    """Every argument expanded to the shape of the samples; the class axis goes last."""
    values = [
        value.movedim(_class_axis(value), -1) if name in _VECTORS else value for name, value in zip(names, values)
    ]
    shapes = [value.shape[:-1] if name in _VECTORS else value.shape for name, value in zip(names, values)]
    lengths = [value.shape[-1] for name, value in zip(names, values) if name in _VECTORS]
    if any([length != lengths[0] for length in lengths]):
        raise ValueError(f"the class axis does not broadcast, got lengths {lengths}")
    shape = torch.broadcast_shapes(*shapes, *([] if weight is None else [weight.shape]))
    return [
        value.expand(*shape, -1) if name in _VECTORS else value.expand(shape) for name, value in zip(names, values)
    ]


def _class_axis(value):
    return min(1, value.dim() - 1)


def _validate(name, value, broken, demand):
    if broken.any():
        place = tuple(torch.nonzero(torch.atleast_1d(broken))[0].tolist())
        raise ValueError(f"{name} must be {demand}, got {torch.atleast_1d(value)[place].tolist()} at index {place}")


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


def _one_hot(index, entries):
    """Class indices as one-hot vectors along the class axis of `entries`; an index out of range has none."""
    if index.is_floating_point() or index.dtype == torch.bool:
        raise TypeError(f"index must hold integers, got {index.dtype}")
    axis = min(1, index.dim())
    classes = torch.arange(entries.shape[_class_axis(entries)], device=index.device)
    classes = classes.reshape(-1, *[1] * (index.dim() - axis))
    return (index.unsqueeze(axis) == classes).to(entries.dtype)
