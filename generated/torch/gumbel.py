"""The gumbel loss of mu and sigma, with its gradient and Hessian.

The largest of many observations.

Density
    p(y | mu, sigma) = 1/σ · e^(−(y − μ)/σ − e^(−(y − μ)/σ))

Symbols
    y         in ℝ       data                       observation, in the units of the data
    mu     μ  in ℝ       predicted for each sample  mode, in the units of the data
    sigma  σ  in (0, ∞)  predicted for each sample  scale, in the units of the data

Loss of one sample, to be minimised over mu, sigma
    loss    = log σ + (y − μ)/σ + e^(−(y − μ)/σ)
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.

Elsewhere:
    loss = -scipy.stats.gumbel_r.logpdf
    loss = -torch.distributions.Gumbel.log_prob

Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 22.

Made by `derive gumbel --emit torch`, derive 0.1.0.
Anyone may use, change and share this file for any purpose, without warranty (0BSD).
"""

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
    y, mu, sigma, penalty, weight = _prepared(weight, validate, y=target, mu=mu, sigma=sigma)
    return _reduced(_per_sample(penalty, y, mu, sigma), weight, reduction)


class GumbelLoss(torch.nn.Module):
    """The loss as a module: `GumbelLoss()(mu, sigma, target)`."""

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
    y, mu, sigma, penalty, weight = _prepared(weight, validate, y=target, mu=mu, sigma=sigma)
    value = FACTOR * _per_sample(penalty, y, mu, sigma) + _dropped()
    return _reduced(value, weight, reduction)


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, mu, sigma):
    return torch.exp(-(y - mu) / sigma) + torch.log(sigma) + (y - mu) / sigma


def _loss_and_gradient(y, mu, sigma):
    quotient = -(y - mu) / sigma
    exp = torch.exp(quotient)
    difference = y - mu
    return (
        exp + torch.log(sigma) + difference / sigma,
        (exp - 1) / sigma,
        (1 - quotient * exp - difference / sigma) / sigma,
    )


def _hessian_vector_product(y, mu, sigma, v_mu, v_sigma):
    quotient = -(y - mu) / sigma
    exp = torch.exp(quotient)
    difference = y - mu
    h_mu_mu = exp / sigma**2
    h_mu_sigma = (1 - exp - quotient * exp) / sigma**2
    h_sigma_sigma = (
        (difference / sigma**2 + quotient * exp / sigma + exp * torch.square(quotient) / sigma - (1 - quotient * exp - difference / sigma) / sigma) / sigma
    )
    return (
        _times(v_mu, h_mu_mu) + _times(v_sigma, h_mu_sigma),
        _times(v_mu, h_mu_sigma) + _times(v_sigma, h_sigma_sigma),
    )


def _dropped():
    return 0


def _times(x, y):
    """The product x y with 0 inf = 0: what is impossible and did not happen costs nothing."""
    return torch.where((x == 0) & torch.isinf(y), torch.zeros_like(y), x * y)


# The derivatives, for autograd --------------------------------------------------------------------


def _per_sample(penalty, y, mu, sigma):
    """The loss of each sample, with its own derivatives where gradients are wanted."""
    if not torch.is_grad_enabled():
        return _loss(y, mu, sigma) + penalty
    if torch.compiler.is_compiling():
        return _CompiledLoss.apply(penalty, y, mu, sigma)
    return _Loss.apply(penalty, y, mu, sigma)[0]


def _penalised(penalty, value, *slopes):
    """The loss with its penalty, and its gradient, which is nan where the loss is nan or penalised."""
    zero_or_nan = torch.where(value.isnan(), value, 0 * penalty)
    return value + penalty, *[slope + zero_or_nan for slope in slopes]


class _Loss(torch.autograd.Function):
    """Puts out the gradient beside the loss: outputs, when saved, can be differentiated again."""

    generate_vmap_rule = True

    @staticmethod
    def forward(penalty, y, mu, sigma):
        return _penalised(penalty, *_loss_and_gradient(y, mu, sigma))

    @staticmethod
    def setup_context(ctx, inputs, outputs):
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*inputs[1:], *outputs[1:])
        ctx.save_for_forward(*inputs[1:], *outputs[1:])

    @staticmethod
    def backward(ctx, g, *directions):
        y, mu, sigma, *slopes = ctx.saved_tensors
        gradient = [None if g is None else g * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, mu, sigma)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, *gradient

    @staticmethod
    def jvp(ctx, _, v_y, v_mu, v_sigma):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, mu, sigma, *slopes = ctx.saved_tensors
        directions = [v_mu, v_sigma]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return change, *_change_of_gradient(slopes, directions, y, mu, sigma)


def _change_of_gradient(slopes, directions, y, mu, sigma):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, mu, sigma, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(penalty, y, mu, sigma):
        return _loss(y, mu, sigma) + penalty

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, g):
        penalty, *arguments = ctx.saved_tensors
        _, *slopes = _penalised(penalty, *_loss_and_gradient(*arguments))
        gradient = [g * slope for slope in slopes]
        return None, None, *gradient


# Arguments and reductions -------------------------------------------------------------------------


class _Argument(NamedTuple):
    """What an argument is, what it must be, where it is not, and what stands for it in a removed sample."""

    role: str
    demand: str
    broken: Callable
    harmless: float


_ARGUMENTS = {
    "y": _Argument("data", "finite", lambda y: torch.isinf(y), 0.0),
    "mu": _Argument("learned", "finite", lambda mu: torch.isinf(mu), 0.0),
    "sigma": _Argument("learned", "positive", lambda sigma: (sigma <= 0) | torch.isinf(sigma), 1.0),
    "weight": _Argument("known", "nonnegative", lambda weight: (weight < 0) | torch.isinf(weight), 1.0),
}


def _prepared(weight, validate, **arguments):
    """The arguments in one dtype, device and shape, what each sample costs beside its loss, the weight.

    Data outside the support cost +inf and are made harmless, parameters outside their domain cost
    nan, and a sample of weight 0 is replaced by a harmless one. Half precision computes in single.
    """
    dtype, device = _dtype_and_device(arguments)
    values = [torch.as_tensor(value, dtype=dtype, device=device) for value in arguments.values()]
    removed = None
    if weight is not None:
        weight = torch.as_tensor(weight, dtype=dtype, device=device)
        removed = weight == 0
        if validate:
            _validate("weight", weight, _ARGUMENTS["weight"].broken(weight))
    values, shape = _broadcast(list(arguments), values, weight)
    prepared, penalty = [], torch.zeros(shape, dtype=dtype, device=device)
    for name, value in zip(arguments, values):
        argument = _ARGUMENTS[name]
        if removed is not None:
            value = _made_harmless(value, removed, argument)
        broken = argument.broken(value)
        if validate:
            _validate(name, value, broken)
        if argument.role == "data":
            value = _made_harmless(value, broken, argument)
        penalty = penalty.masked_fill(broken, math.inf if argument.role == "data" else math.nan)
        prepared.append(value)
    return *prepared, penalty, weight


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
    """Every argument expanded to the shape of the samples, and that shape."""
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
    return values, shape


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
