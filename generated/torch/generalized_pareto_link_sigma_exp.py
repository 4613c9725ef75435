"""The generalized pareto loss of log_sigma and xi, with its gradient and Hessian.

By how much a high threshold is exceeded, whatever the distribution of what exceeds it.

Density
    p(y | sigma, xi) = e^(−H(y, σ, ξ))/(σ + ξ y)
    sigma = exp(log_sigma), the log link; s below

Symbols
    y             in [0, ∞), σ + y ξ > 0  data                    excess over the threshold, in the
                                                                  units of the data
    sigma      σ  in (0, ∞)               σ = e^s                 scale, in the units of the data
    log_sigma  s  in ℝ                    predicted for each      predictor of sigma through the log
                                          sample                  link
    xi         ξ  in ℝ                    predicted for each      shape: above 0 the tail falls like
                                          sample                  the power -1/xi, at 0 exponentially,
                                                                  below 0 it ends at -sigma/xi

Loss of one sample, to be minimised over log_sigma, xi
    loss    = log(e^s + ξ y) + H(y, e^s, ξ)
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

Also known of the density
    mean          σ/(1 − ξ)   where 1 > ξ
    mode          0   where ξ > −1
    P(Y ≤ y)      −expm1(−H(y, σ, ξ))
    log P(Y > y)  −H(y, σ, ξ)

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 3, gradient 3, Hessian 3
    float32  value 2, gradient 3, Hessian 3

Elsewhere:
    loss = -scipy.stats.genpareto.logpdf, at sigma = exp(log_sigma)

Source: Coles (2001), An Introduction to Statistical Modeling of Extreme Values, ch. 4; H(a, b, c) is log(1 + c a/b)/c, and a/b at c = 0: the density is (1 + xi y/sigma) to the power -1/xi - 1, over sigma.

Made by `derive generalized_pareto --link sigma=exp --emit torch`, derive 0.1.0.
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


def loss(log_sigma, xi, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, log_sigma, xi, weight = _prepared(weight, validate, y=target, log_sigma=log_sigma, xi=xi)
    if weight is None:
        return _of_samples(reduction, None, y, log_sigma, xi)
    return _reduced(_of_samples("none", None, y, log_sigma, xi), reduction, weight)


class GeneralizedParetoLoss(torch.nn.Module):
    """The loss as a module: `GeneralizedParetoLoss()(log_sigma, xi, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, log_sigma, xi, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(log_sigma, xi, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(log_sigma, xi, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, log_sigma, xi, weight = _prepared(weight, validate, y=target, log_sigma=log_sigma, xi=xi)
    y, log_sigma, xi, penalty = _guarded(y=y, log_sigma=log_sigma, xi=xi)
    value = FACTOR * _of_samples("none", penalty, y, log_sigma, xi) + _dropped()
    return _reduced(value, reduction, weight)


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, log_sigma, xi):
    return _log_tail_scale_by_log(y, log_sigma, xi) + _tail_exponent_by_log(y, log_sigma, xi)


def _loss_and_gradient(y, log_sigma, xi):
    tail_share_by_log = _tail_share_by_log(y, log_sigma, xi)
    return (
        _log_tail_scale_by_log(y, log_sigma, xi).add_(_tail_exponent_by_log(y, log_sigma, xi)),
        _tail_rest_by_log(y, log_sigma, xi).sub_(tail_share_by_log),
        tail_share_by_log.add_(_tail_exponent_slope_by_log(y, log_sigma, xi)),
    )


def _hessian_vector_product(y, log_sigma, xi, v_log_sigma, v_xi):
    tail_rest_by_log = _tail_rest_by_log(y, log_sigma, xi)
    tail_share_by_log = _tail_share_by_log(y, log_sigma, xi)
    h_log_sigma_log_sigma = tail_rest_by_log * tail_share_by_log * (xi + 1)
    h_log_sigma_xi = tail_share_by_log * (tail_share_by_log - tail_rest_by_log)
    h_xi_xi = _tail_exponent_curvature_by_log(y, log_sigma, xi) - torch.square(tail_share_by_log)
    return (
        _times(v_log_sigma, h_log_sigma_log_sigma) + _times(v_xi, h_log_sigma_xi),
        _times(v_log_sigma, h_log_sigma_xi) + _times(v_xi, h_xi_xi),
    )


def _dropped():
    return 0


# atanh(v) = v + v^3 R(v^2), R(w) = 1/3 + w/5 + w^2/7 + ..., for |v| up to 1/2.
_TAIL_REST = tuple(1.0 / (2 * k + 3) for k in range(26))


def _tensors(*values):
    """Numbers beside tensors, as tensors of the same dtype and device."""
    like, *_ = [value for value in values if isinstance(value, torch.Tensor)]
    return [torch.as_tensor(value, dtype=like.dtype, device=like.device) for value in values]


def _double(*values):
    """Numbers and tensors as float64 tensors of one device, and the dtype in which to answer."""
    tensors = _tensors(*values)
    return *[tensor.double() for tensor in tensors], tensors[0].dtype


def _polynomial(coefficients, w):
    """The polynomial with these coefficients (lowest power first) at w, by Horner's rule, in place where nobody differentiates."""
    *others, leading = coefficients
    total = torch.full_like(w, leading)
    for coefficient in reversed(others):
        total = total * w + coefficient if torch.is_grad_enabled() else total.mul_(w).add_(coefficient)
    return total


def _exponent_parts(a, b, c):
    """Of x = c a/b: x, v = x/(2 + x), R(v^2) where |v| < 1/2, x/(1 + x) and log(1 + x) beyond, which may overflow."""
    x = a / b * c
    v = x / (2 + x)
    near = torch.abs(v) < 0.5
    rest = _polynomial(_TAIL_REST, torch.where(near, v * v, 0.0))
    far = torch.where(near, 1.0, x)
    log = torch.where(far < 1e300, torch.log1p(far), torch.log(torch.abs(a)) - torch.log(b) + torch.log(torch.abs(c)))
    return x, torch.where(near, v, 0.0), near, rest, 1 / (1 + 1 / far), log


def _tail_exponent(a, b, c):
    """log(1 + c a/b)/c, a/b at c = 0; b > 0, b + c a > 0.

    Measured beyond conditioning: at most 2 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _double(a, b, c)
    x = a / b * c
    small = torch.where((torch.abs(x) < 1e-17) | (torch.abs(x) > 1), 1.0, x)
    ratio = torch.where(torch.abs(x) < 1e-17, 1.0, torch.log1p(small) / small)
    log = torch.where(x < 1e300, torch.log1p(x), torch.log(torch.abs(a)) - torch.log(b) + torch.log(torch.abs(c)))
    return torch.where(torch.abs(x) > 1, log / c, a / b * ratio).to(kind)


def _tail_exponent_slope(a, b, c):
    """The derivative of that in c, -(a/b)^2/2 at c = 0.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _double(a, b, c)
    x, v, near, rest, share, log = _exponent_parts(a, b, c)
    u = a / b / (2 + x)
    return torch.where(near, -2 * u * u * (1 / (1 + v) + v * rest), (share - log) / c / c).to(kind)


def _tail_exponent_curvature(a, b, c):
    """The second derivative of that in c, 2 (a/b)^3/3 at c = 0.

    Measured beyond conditioning: at most 6 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _double(a, b, c)
    x, v, near, rest, share, log = _exponent_parts(a, b, c)
    u = a / b / (2 + x)
    beyond = -(share * share + 2 * (share - log)) / c / c / c
    return torch.where(near, 4 * u * u * u * (1 / (1 + v) ** 2 + rest), beyond).to(kind)


def _log_tail_scale_by_log(a, b, c):
    """The logarithm of e^b + c a, where that is positive.

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _double(a, b, c)
    x = a * torch.exp(-b) * c
    log = torch.where(x < 1e300, b + torch.log1p(x), torch.log(torch.abs(a)) + torch.log(torch.abs(c)))
    return log.to(kind)


def _tail_rest_by_log(a, b, c):
    """e^b/(e^b + c a), where that is positive.

    Measured beyond conditioning: at most 2 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _double(a, b, c)
    return (1 / (1 + a * torch.exp(-b) * c)).to(kind)


def _tail_share_by_log(a, b, c):
    """a/(e^b + c a), where that denominator is positive.

    Measured beyond conditioning: at most 2 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _double(a, b, c)
    return (a / (torch.exp(b) + c * a)).to(kind)


def _tail_exponent_by_log(a, b, c):
    """log(1 + c a e^-b)/c, a e^-b at c = 0.

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _double(a, b, c)
    log = torch.log(torch.abs(a)) + torch.log(torch.abs(c)) - b
    return torch.where((c * a > 0) & (log > 600), log / c, _tail_exponent(a, torch.exp(b), c)).to(kind)


def _tail_exponent_slope_by_log(a, b, c):
    """The derivative of that in c, -(a e^-b)^2/2 at c = 0.

    Measured beyond conditioning: at most 6 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _double(a, b, c)
    return _tail_exponent_slope(a, torch.exp(b), c).to(kind)


def _tail_exponent_curvature_by_log(a, b, c):
    """The second derivative of that in c, 2 (a e^-b)^3/3 at c = 0.

    Measured beyond conditioning: at most 8 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _double(a, b, c)
    return _tail_exponent_curvature(a, torch.exp(b), c).to(kind)


def _times(x, y):
    """The product x y with 0 inf = 0: what is impossible and did not happen costs nothing."""
    return torch.where((x == 0) & torch.isinf(y), torch.zeros_like(y), x * y)


# The derivatives, for autograd --------------------------------------------------------------------


def _of_samples(reduction, penalty, y, log_sigma, xi):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, penalty, y, log_sigma, xi)[0]
    if penalty is None:
        y, log_sigma, xi, penalty = _guarded(y=y, log_sigma=log_sigma, xi=xi)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, log_sigma, xi), reduction)
    return _reduced(_loss(y, log_sigma, xi) + penalty, reduction)


# Of more than so many numbers of an argument only so many are computed at once: what the functions above
# make on their way then stays in the cache.
_MANY, _PART = 500_000, 65_536


def _in_parts(y, log_sigma, xi):
    """The loss and its gradient, part by part along the first axis where the samples are many."""
    numbers = y.numel()
    if numbers <= _MANY:
        return _loss_and_gradient(y, log_sigma, xi)
    rows, wholes = y.shape[0], []
    length = max(_PART * rows // numbers, 1)
    for start in range(0, rows, length):
        here = slice(start, start + length)
        parts = _loss_and_gradient(*[tensor[here] for tensor in (y, log_sigma, xi)])
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
        reduction, penalty, y, log_sigma, xi = inputs
        if penalty is None:
            if _surely_legal(y, log_sigma, xi):
                value, *slopes = _in_parts(y, log_sigma, xi)
                total = torch.sum(value)
                if not math.isnan(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, log_sigma, xi, penalty = _guarded(y=y, log_sigma=log_sigma, xi=xi)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, log_sigma, xi))
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
        y, log_sigma, xi, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y.numel() if ctx.reduction == "mean" else g
            gradient = [share * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, log_sigma, xi)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, *gradient

    @staticmethod
    def jvp(ctx, _reduction, _penalty, v_y, v_log_sigma, v_xi):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, log_sigma, xi, *slopes = ctx.saved_tensors
        directions = [v_log_sigma, v_xi]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, log_sigma, xi)

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


def _change_of_gradient(slopes, directions, y, log_sigma, xi):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, log_sigma, xi, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, log_sigma, xi):
        value = _loss(y, log_sigma, xi)
        ctx.save_for_backward(y, log_sigma, xi, _nan_or_zero(value, penalty))
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
    bounds: tuple = ()
    beyond: Callable | None = None


_ARGUMENTS = {
    "y": _Argument(
        "data",
        "nonnegative, with torch.exp(log_sigma) + y * xi > 0",
        lambda y: (y < 0) | (torch.abs(y) == math.inf),
        0.0,
        bounds=("log_sigma", "xi"),
        beyond=lambda y, log_sigma, xi: torch.exp(log_sigma) + y * xi <= 0,
    ),
    "log_sigma": _Argument("learned", "finite", lambda log_sigma: torch.abs(log_sigma) == math.inf, 0.0),
    "xi": _Argument("learned", "finite", lambda xi: torch.abs(xi) == math.inf, 0.0),
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
        if argument.bounds and arguments.keys() >= set(argument.bounds):
            bounds = [arguments[bound].detach() for bound in argument.bounds]
            broken = broken | argument.beyond(value.detach(), *bounds)
        yield name, value, broken


def _surely_legal(y, log_sigma, xi):
    """Whether a quick look at the whole finds every sample legal; an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
        and torch.amin(y).item() >= 0
        and math.isfinite(torch.sum(y))
        and math.isfinite(torch.sum(log_sigma))
        and math.isfinite(torch.sum(xi))
        and not torch.any(torch.exp(log_sigma) + y * xi <= 0).item()
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
