"""The simplex loss of logit_mu and sigma, with its gradient and Hessian.

A proportion by its mean: the dispersion model of the unit interval.

Density
    p(y | mu, sigma) = 1/(σ y^(3/2) √(2π) (1 − y)^(3/2)) · e^(−r(y, μ)²/(2 σ²))
    mu = sigmoid(logit_mu), the logit link; z below

Symbols
    y            in (0, 1)  data                       observed proportion
    mu        μ  in [0, 1]  μ = sigmoid(z)             mean
    logit_mu  z  in ℝ       predicted for each sample  predictor of mu through the logit link
    sigma     σ  in (0, ∞)  predicted for each sample  square root of the dispersion

Loss of one sample, to be minimised over logit_mu, sigma
    loss    = log σ + ½ (1/σ · r(y, sigmoid(z)))²
    factor  = 1
    dropped = 3/2 · log y + 3/2 · log(1 − y) + ½ log 2π
    -log p  = factor · loss + dropped

Also known of the density
    mean          μ
    deviance      (y − μ)²/(y μ² (1 − y) (1 − μ)²)
    dispersion φ  σ²

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 3, gradient 3, Hessian 3, -log p 3
    float32  value 2, gradient 3, Hessian 3, -log p 1

Source: Barndorff-Nielsen and Jørgensen (1991), Journal of Multivariate Analysis 39, 106-116; r(y, mu) is (y - mu)/(mu (1 - mu)) over the root of y (1 - y).

Made by `derive simplex --link mu=sigmoid --emit torch`, derive 0.1.0.
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


def loss(logit_mu, sigma, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, logit_mu, sigma, weight = _prepared(weight, validate, y=target, logit_mu=logit_mu, sigma=sigma)
    if weight is None:
        return _of_samples(reduction, None, y, logit_mu, sigma)
    return _reduced(_of_samples("none", None, y, logit_mu, sigma), reduction, weight)


class SimplexLoss(torch.nn.Module):
    """The loss as a module: `SimplexLoss()(logit_mu, sigma, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, logit_mu, sigma, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(logit_mu, sigma, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(logit_mu, sigma, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, logit_mu, sigma, weight = _prepared(weight, validate, y=target, logit_mu=logit_mu, sigma=sigma)
    y, logit_mu, sigma, penalty = _guarded(y=y, logit_mu=logit_mu, sigma=sigma)

    def in_full(y, logit_mu, sigma):
        return FACTOR * _of_samples("none", penalty, y, logit_mu, sigma) + _dropped(y)

    value = _in_double(in_full, y, logit_mu, sigma)
    return _reduced(value, reduction, weight)


def dropped(target):
    """What was dropped from -log p of one sample: 3/2 · log y + 3/2 · log(1 − y) + ½ log 2π."""
    y, _ = _prepared(None, False, y=target)
    y, penalty = _guarded(y=y)
    return _dropped(y) + penalty


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, logit_mu, sigma):
    return torch.log(sigma) + 0.5 * torch.square(_logistic_simplex_residual(y, logit_mu) / sigma)


def _loss_and_gradient(y, logit_mu, sigma):
    quotient = _logistic_simplex_residual(y, logit_mu).div_(sigma)
    square = torch.square(quotient)
    return (
        torch.log(sigma).add_(0.5 * square),
        quotient.neg_().mul_(_logistic_simplex_slope(y, logit_mu)).div_(sigma),
        square.neg_().add_(1).div_(sigma),
    )


def _hessian_vector_product(y, logit_mu, sigma, v_logit_mu, v_sigma):
    quotient = _logistic_simplex_residual(y, logit_mu) / sigma
    logistic_simplex_slope = _logistic_simplex_slope(y, logit_mu)
    h_logit_mu_logit_mu = (
        (quotient * _logistic_simplex_curvature(y, logit_mu) + torch.square(logistic_simplex_slope) / sigma) / sigma
    )
    h_logit_mu_sigma = 2 * quotient * logistic_simplex_slope / sigma**2
    h_sigma_sigma = (3 * torch.square(quotient) - 1) / sigma**2
    return (
        _times(v_logit_mu, h_logit_mu_logit_mu) + _times(v_sigma, h_logit_mu_sigma),
        _times(v_logit_mu, h_logit_mu_sigma) + _times(v_sigma, h_sigma_sigma),
    )


def _dropped(y):
    return 1.5 * torch.log(y) + 1.5 * torch.log1p(-y) + math.log(2 * math.pi) / 2


def _tensors(*values):
    """Numbers beside tensors, as tensors of the same dtype and device."""
    like, *_ = [value for value in values if isinstance(value, torch.Tensor)]
    return [torch.as_tensor(value, dtype=like.dtype, device=like.device) for value in values]


def _double(*values):
    """Numbers and tensors as float64 tensors of one device, and the dtype in which to answer."""
    tensors = _tensors(*values)
    return *[tensor.double() for tensor in tensors], tensors[0].dtype


def _logistic_simplex_residual(a, b):
    """The difference of a (1 + e^-b) and (1 - a) (1 + e^b), over sqrt(a (1 - a)): 0 where a is sigmoid(b).

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32.
    """
    a, b, kind = _double(a, b)
    up, half = torch.sqrt(a / (1.0 - a)), torch.exp(-0.5 * b)
    # The roots of the odds and of e^b are multiplied first: their product overflows where the residual does.
    one, other = up * half, 1.0 / up / half
    return ((one - other) * (half + 1.0 / half)).to(kind)


def _logistic_simplex_slope(a, b):
    """The quotient (a e^-b + (1 - a) e^b)/sqrt(a (1 - a)).

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    a, b, kind = _double(a, b)
    up, half = torch.sqrt(a / (1.0 - a)), torch.exp(-0.5 * b)
    return (up * half * half + 1.0 / up / half / half).to(kind)


def _logistic_simplex_curvature(a, b):
    """The quotient (a e^-b - (1 - a) e^b)/sqrt(a (1 - a)).

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    a, b, kind = _double(a, b)
    up, half = torch.sqrt(a / (1.0 - a)), torch.exp(-0.5 * b)
    return (up * half * half - 1.0 / up / half / half).to(kind)


def _times(x, y):
    """The product x y with 0 inf = 0: what is impossible and did not happen costs nothing."""
    return torch.where((x == 0) & torch.isinf(y), torch.zeros_like(y), x * y)


# The derivatives, for autograd --------------------------------------------------------------------


def _of_samples(reduction, penalty, y, logit_mu, sigma):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, penalty, y, logit_mu, sigma)[0]
    if penalty is None:
        y, logit_mu, sigma, penalty = _guarded(y=y, logit_mu=logit_mu, sigma=sigma)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, logit_mu, sigma), reduction)
    return _reduced(_loss(y, logit_mu, sigma) + penalty, reduction)


# Of more than so many numbers of an argument only so many are computed at once: what the functions above
# make on their way then stays in the cache.
_MANY, _PART = 500_000, 65_536


def _in_parts(y, logit_mu, sigma):
    """The loss and its gradient, part by part along the first axis where the samples are many."""
    numbers = y.numel()
    if numbers <= _MANY:
        return _loss_and_gradient(y, logit_mu, sigma)
    rows, wholes = y.shape[0], []
    length = max(_PART * rows // numbers, 1)
    for start in range(0, rows, length):
        here = slice(start, start + length)
        parts = _loss_and_gradient(*[tensor[here] for tensor in (y, logit_mu, sigma)])
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
        reduction, penalty, y, logit_mu, sigma = inputs
        if penalty is None:
            if _surely_legal(y, logit_mu, sigma):
                value, *slopes = _in_parts(y, logit_mu, sigma)
                total = torch.sum(value)
                if math.isfinite(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, logit_mu, sigma, penalty = _guarded(y=y, logit_mu=logit_mu, sigma=sigma)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, logit_mu, sigma))
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
        y, logit_mu, sigma, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y.numel() if ctx.reduction == "mean" else g
            gradient = [share * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, logit_mu, sigma)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, *gradient

    @staticmethod
    def jvp(ctx, _reduction, _penalty, v_y, v_logit_mu, v_sigma):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, logit_mu, sigma, *slopes = ctx.saved_tensors
        directions = [v_logit_mu, v_sigma]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, logit_mu, sigma)

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


def _change_of_gradient(slopes, directions, y, logit_mu, sigma):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, logit_mu, sigma, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, logit_mu, sigma):
        value = _loss(y, logit_mu, sigma)
        ctx.save_for_backward(y, logit_mu, sigma, _nan_or_zero(value, penalty))
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
    "logit_mu": _Argument("learned", "finite", lambda logit_mu: torch.abs(logit_mu) == math.inf, 0.0),
    "sigma": _Argument(
        "learned",
        "positive",
        lambda sigma: (sigma <= 0) | (torch.abs(sigma) == math.inf),
        1.0,
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


def _surely_legal(y, logit_mu, sigma):
    """Whether a quick look at the whole finds every sample legal (some the loss tells of); an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
        and torch.amin(y).item() > 0
        and torch.amax(y).item() < 1
        and math.isfinite(torch.sum(logit_mu))
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
