"""The bernoulli loss of logit_p, with its gradient and Hessian.

One trial that succeeds or fails.

Density
    p(y | p) = p^y (1 − p)^(1 − y)
    p = sigmoid(logit_p), the logit link; z below

Symbols
    y        in {0, 1}  data                       1 for success, 0 for failure; soft labels in [0, 1] are accepted
    logit_p  in ℝ       predicted for each sample  predictor of p (probability of success) through the logit link

Loss of one sample, to be minimised over logit_p
    loss    = y softplus(−z) + (1 − y) softplus(z)
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

Labels that are not hard are accepted; the loss is then the cross-entropy between the label and p, and no
longer a likelihood.

All arguments broadcast.  Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs, in float64
and float32, for value, gradient and Hessian.

Elsewhere:
    loss = -torch.distributions.Bernoulli(logits).log_prob, for hard labels
    loss = torch.nn.BCEWithLogitsLoss
    loss = torch.nn.MultiLabelSoftMarginLoss (one label)
    loss = torch.nn.SoftMarginLoss, for hard labels
    loss = -scipy.stats.bernoulli.logpmf, at p = sigmoid(logit_p), for hard labels
    loss = -torch.distributions.Bernoulli(probs).log_prob, at p = sigmoid(logit_p), for hard labels
    loss = torch.nn.BCELoss, at p = sigmoid(logit_p)

Source: Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, ch. 3.

Made by `derive bernoulli --link p=sigmoid --emit torch`, derive 0.1.0.
Anyone may use, change and share this file for any purpose, without warranty (0BSD).
"""

import math

import torch
import torch.nn.functional as F

# -log p = FACTOR * loss + dropped
FACTOR = 1


def loss(logit_p, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support or parameters outside their domain
               (looks at the data, so it is not for torch.compile)
    """
    (y, logit_p), penalty, weight = _prepared({"y": target, "logit_p": logit_p}, weight, validate)
    return _reduced(_per_sample(penalty, y, logit_p), weight, reduction)


class BernoulliLoss(torch.nn.Module):
    """The loss as a module: `BernoulliLoss()(logit_p, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, logit_p, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(logit_p, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(logit_p, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    (y, logit_p), penalty, weight = _prepared({"y": target, "logit_p": logit_p}, weight, validate)
    value = FACTOR * _per_sample(penalty, y, logit_p) + _dropped()
    return _reduced(value, weight, reduction)


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics ----------------------------------------------------------------------------------


def _loss(y, logit_p):
    """The loss of each sample."""
    return y * _softplus(-logit_p) + _softplus(logit_p) * (1 - y)


def _loss_and_gradient(y, logit_p):
    """The loss of each sample and its gradient, from shared parts."""
    product = -logit_p
    difference = 1 - y
    return y * _softplus(product) + _softplus(logit_p) * difference, torch.sigmoid(logit_p) * difference - y * torch.sigmoid(product)


def _hessian_product(y, logit_p, v_logit_p):
    """The Hessian of the loss of each sample times a vector."""
    h_logit_p_logit_p = torch.sigmoid(-logit_p) * torch.sigmoid(logit_p)
    return (
        h_logit_p_logit_p * v_logit_p,
    )


def _dropped():
    return 0


def _softplus(x):
    """The logarithm of 1 + exp(x), without loss at either end.

    F.softplus drops exp(-x) above its threshold of 20.

    Measured beyond conditioning: at most 0.5 ulp in float64, 1 in float32.
    """
    return -F.logsigmoid(-x)


# The derivatives, for autograd --------------------------------------------------------------------


def _per_sample(penalty, y, logit_p):
    """The loss of each sample, with its own derivatives where gradients are wanted."""
    if not torch.is_grad_enabled():
        return _loss(y, logit_p) + penalty
    if torch.compiler.is_compiling():
        return _CompiledLoss.apply(penalty, y, logit_p)
    return _Loss.apply(penalty, y, logit_p)[0]


def _penalised(penalty, value, *slopes):
    """The loss with its penalty, and the gradient: nan where the loss is nan or the penalty infinite."""
    nothing = torch.where(value.isnan(), value, 0 * penalty)
    return value + penalty, *[slope + nothing for slope in slopes]


class _Loss(torch.autograd.Function):
    """Puts out the gradient beside the loss: outputs, when saved, can be differentiated again."""

    generate_vmap_rule = True

    @staticmethod
    def forward(penalty, y, logit_p):
        return _penalised(penalty, *_loss_and_gradient(y, logit_p))

    @staticmethod
    def setup_context(ctx, inputs, outputs):
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*inputs[1:], *outputs[1:])
        ctx.save_for_forward(*inputs[1:], *outputs[1:])

    @staticmethod
    def backward(ctx, g, *directions):
        y, logit_p, *slopes = ctx.saved_tensors
        found = [None if g is None else g * slope for slope in slopes]
        if any([v is not None for v in directions]):
            bends = _bends(slopes, directions, y, logit_p)
            found = bends if g is None else [slope + bend for slope, bend in zip(found, bends)]
        return None, None, *found

    @staticmethod
    def jvp(ctx, _, v_y, v_logit_p):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, logit_p, *slopes = ctx.saved_tensors
        directions = [v_logit_p]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return change, *_bends(slopes, directions, y, logit_p)


def _bends(slopes, directions, y, logit_p):
    """The Hessian of each sample times a vector, nan where the gradient is; None is a vector of zeros."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    bends = _hessian_product(y, logit_p, *directions)
    return [torch.where(slope.isnan(), math.nan, bend) for slope, bend in zip(slopes, bends)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(penalty, y, logit_p):
        return _loss(y, logit_p) + penalty

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, g):
        penalty, *arguments = ctx.saved_tensors
        _, d_logit_p = _penalised(penalty, *_loss_and_gradient(*arguments))
        return None, None, g * d_logit_p


# Arguments and reductions -------------------------------------------------------------------------


def _broken_y(y):
    return (y < 0) | (y > 1)


def _broken_logit_p(logit_p):
    return torch.isinf(logit_p)


# For each argument: what it must be, where it is not, what replaces it in a sample of weight 0.
_ARGUMENTS = {
    "y": ("in the unit interval", _broken_y, 0.5),
    "logit_p": ("finite", _broken_logit_p, 0.0),
}
_LEARNED = ("logit_p",)
_DATA = ("y",)
_VECTORS = ()


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
    """Every argument expanded to the shape of the samples."""
    shapes = [value.shape for value in values]
    shape = torch.broadcast_shapes(*shapes, *([] if weight is None else [weight.shape]))
    return [value.expand(shape) for value in values]


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
