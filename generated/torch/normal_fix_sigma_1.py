"""The normal loss of mu, with its gradient and Hessian.

An observation whose error is the sum of many small ones.

Density
    p(y | mu, sigma) = 1/√(2π) e^(−(y − μ)²/2)

Symbols
    y      in ℝ  data                       observation, in the units of the data
    mu     in ℝ  predicted for each sample  mean, in the units of the data
    sigma  = 1   known                      standard deviation, in the units of the data

Loss of one sample, to be minimised over mu
    loss    = (y − μ)²
    factor  = ½
    dropped = ½ log 2π
    -log p  = factor · loss + dropped

All arguments broadcast.  Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs, in float64
and float32, for value, gradient and Hessian.

Elsewhere:
    loss = torch.nn.MSELoss
    loss = -2 * scipy.stats.norm.logpdf - 1.83787706641
    loss = -2 * torch.distributions.Normal.log_prob - 1.83787706641
    loss = 2 * torch.nn.GaussianNLLLoss(full=True) - 1.83787706641

Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 13.

Made by `derive normal --fix sigma=1 --emit torch`, derive 0.1.0.
Anyone may use, change and share this file for any purpose, without warranty (0BSD).
"""

import math

import torch

# -log p = FACTOR * loss + dropped
FACTOR = 1 / 2


def loss(mu, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support or parameters outside their domain
               (looks at the data, so it is not for torch.compile)
    """
    (y, mu), penalty, weight = _prepared({"y": target, "mu": mu}, weight, validate)
    return _reduced(_per_sample(penalty, y, mu), weight, reduction)


class NormalLoss(torch.nn.Module):
    """The loss as a module: `NormalLoss()(mu, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, mu, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(mu, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(mu, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    (y, mu), penalty, weight = _prepared({"y": target, "mu": mu}, weight, validate)
    value = FACTOR * _per_sample(penalty, y, mu) + _dropped()
    return _reduced(value, weight, reduction)


def dropped():
    """What was dropped from -log p of one sample: ½ log 2π."""
    return _dropped()


# The mathematics ----------------------------------------------------------------------------------


def _loss(y, mu):
    """The loss of each sample."""
    return torch.square(y - mu)


def _loss_and_gradient(y, mu):
    """The loss of each sample and its gradient, from shared parts."""
    difference = y - mu
    return torch.square(difference), -2 * difference


def _hessian_product(y, mu, v_mu):
    """The Hessian of the loss of each sample times a vector."""
    h_mu_mu = 2
    return (
        h_mu_mu * v_mu,
    )


def _dropped():
    return math.log(2 * math.pi) / 2


# The derivatives, for autograd --------------------------------------------------------------------


def _per_sample(penalty, y, mu):
    """The loss of each sample, with its own derivatives where gradients are wanted."""
    if not torch.is_grad_enabled():
        return _loss(y, mu) + penalty
    if torch.compiler.is_compiling():
        return _CompiledLoss.apply(penalty, y, mu)
    return _Loss.apply(penalty, y, mu)[0]


def _penalised(penalty, value, *slopes):
    """The loss with its penalty, and the gradient: nan where the loss is nan or the penalty infinite."""
    nothing = torch.where(value.isnan(), value, 0 * penalty)
    return value + penalty, *[slope + nothing for slope in slopes]


class _Loss(torch.autograd.Function):
    """Puts out the gradient beside the loss: outputs, when saved, can be differentiated again."""

    generate_vmap_rule = True

    @staticmethod
    def forward(penalty, y, mu):
        return _penalised(penalty, *_loss_and_gradient(y, mu))

    @staticmethod
    def setup_context(ctx, inputs, outputs):
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*inputs[1:], *outputs[1:])
        ctx.save_for_forward(*inputs[1:], *outputs[1:])

    @staticmethod
    def backward(ctx, g, *directions):
        y, mu, *slopes = ctx.saved_tensors
        found = [None if g is None else g * slope for slope in slopes]
        if any([v is not None for v in directions]):
            bends = _bends(slopes, directions, y, mu)
            found = bends if g is None else [slope + bend for slope, bend in zip(found, bends)]
        return None, None, *found

    @staticmethod
    def jvp(ctx, _, v_y, v_mu):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, mu, *slopes = ctx.saved_tensors
        directions = [v_mu]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return change, *_bends(slopes, directions, y, mu)


def _bends(slopes, directions, y, mu):
    """The Hessian of each sample times a vector, nan where the gradient is; None is a vector of zeros."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    bends = _hessian_product(y, mu, *directions)
    return [torch.where(slope.isnan(), math.nan, bend) for slope, bend in zip(slopes, bends)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(penalty, y, mu):
        return _loss(y, mu) + penalty

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, g):
        penalty, *arguments = ctx.saved_tensors
        _, d_mu = _penalised(penalty, *_loss_and_gradient(*arguments))
        return None, None, g * d_mu


# Arguments and reductions -------------------------------------------------------------------------


def _broken_y(y):
    return torch.isinf(y)


def _broken_mu(mu):
    return torch.isinf(mu)


# For each argument: what it must be, where it is not, what replaces it in a sample of weight 0.
_ARGUMENTS = {
    "y": ("finite", _broken_y, 0.0),
    "mu": ("finite", _broken_mu, 0.0),
}
_LEARNED = ("mu",)
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
