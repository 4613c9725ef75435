"""The johnson su loss of mu and log_sigma and skewness and tails, with its gradient and Hessian.

An observation whose inverse hyperbolic sine is normal: skewness and tails of any kind.

Density
    p(y | mu, sigma, skewness, tails) = δ/(σ √(2π) √(1 + (y − μ)²/σ²)) · e^(−(γ + δ asinh((y − μ)/σ))²/2)
    sigma = exp(log_sigma), the log link; s below

Symbols
    y             in ℝ       data                       observation, in the units of the data
    mu         μ  in ℝ       predicted for each sample  location, in the units of the data
    sigma      σ  in (0, ∞)  σ = e^s                    scale, in the units of the data
    log_sigma  s  in ℝ       predicted for each sample  predictor of sigma through the log link
    skewness   γ  in ℝ       predicted for each sample  shape: 0 is symmetric, and above 0 the longer
                                                        tail is the left one
    tails      δ  in (0, ∞)  predicted for each sample  shape: the lighter the tails the larger,
                                                        towards those of the normal distribution

Loss of one sample, to be minimised over mu, log_sigma, skewness, tails
    loss    = s + ½ log(1 + ((y − μ) e^(−s))²) + (γ + δ arsinh((y − μ)/(e^s)))²/2 − log δ
    factor  = 1
    dropped = ½ log 2π
    -log p  = factor · loss + dropped

Also known of the density
    mean          μ − σ sinh(γ/δ) e^(1/(2 δ²))
    P(Y ≤ y)      Φ(γ + δ asinh((y − μ)/σ))
    log P(Y > y)  log Φ(−(γ + δ asinh((y − μ)/σ)))

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 3, gradient 3, Hessian 3, -log p 3
    float32  value 3, gradient 3, Hessian 3, -log p 3

Elsewhere:
    loss = -scipy.stats.johnsonsu.logpdf - 0.918938533205, at sigma = exp(log_sigma)

Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 12.

Made by `derive johnson_su --link sigma=exp --emit torch`, derive 0.1.0.
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


def loss(mu, log_sigma, skewness, tails, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, mu, log_sigma, skewness, tails, weight = _prepared(weight, validate, y=target, mu=mu, log_sigma=log_sigma, skewness=skewness, tails=tails)
    if weight is None:
        return _of_samples(reduction, None, y, mu, log_sigma, skewness, tails)
    return _reduced(_of_samples("none", None, y, mu, log_sigma, skewness, tails), reduction, weight)


class JohnsonSuLoss(torch.nn.Module):
    """The loss as a module: `JohnsonSuLoss()(mu, log_sigma, skewness, tails, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, mu, log_sigma, skewness, tails, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(mu, log_sigma, skewness, tails, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(mu, log_sigma, skewness, tails, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, mu, log_sigma, skewness, tails, weight = _prepared(weight, validate, y=target, mu=mu, log_sigma=log_sigma, skewness=skewness, tails=tails)
    y, mu, log_sigma, skewness, tails, penalty = _guarded(y=y, mu=mu, log_sigma=log_sigma, skewness=skewness, tails=tails)
    value = FACTOR * _of_samples("none", penalty, y, mu, log_sigma, skewness, tails) + _dropped()
    return _reduced(value, reduction, weight)


def dropped():
    """What was dropped from -log p of one sample: ½ log 2π."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, mu, log_sigma, skewness, tails):
    difference = y - mu
    exp = torch.exp(-0.5 * log_sigma)
    return (
        log_sigma
        + 0.5 * torch.square(skewness + tails * _asinh_of_quotient(difference, torch.exp(log_sigma)))
        + 0.5 * _log1p_square(difference * exp * exp)
        - torch.log(tails)
    )


def _loss_and_gradient(y, mu, log_sigma, skewness, tails):
    difference = y - mu
    exp = torch.exp(log_sigma)
    asinh_of_quotient = _asinh_of_quotient(difference, exp)
    total = (tails * asinh_of_quotient).add_(skewness)
    exp_2 = (-0.5 * log_sigma).exp_()
    scaled = (difference * exp_2).mul_(exp_2)
    return (
        torch.square(total)
        .mul_(0.5)
        .add_(log_sigma)
        .add_(_log1p_square(scaled).mul_(0.5))
        .sub_(torch.log(tails)),
        _log1p_square_slope(scaled)
        .mul_(exp_2)
        .mul_(exp_2)
        .mul_(-0.5)
        .sub_((tails * total).div_(torch.hypot(difference, exp))),
        (1 / scaled.square_().add_(1))
        .sub_((difference / torch.hypot(difference, exp)).mul_(tails).mul_(total)),
        total,
        asinh_of_quotient.mul_(total).sub_(1 / tails),
    )


def _hessian_vector_product(y, mu, log_sigma, skewness, tails, v_mu, v_log_sigma, v_skewness, v_tails):
    difference = y - mu
    exp = torch.exp(-0.5 * log_sigma)
    scaled = difference * exp * exp
    root_rest = 1 / torch.hypot(scaled, torch.ones_like(scaled))
    square_rest = 1 / (1 + torch.square(scaled))
    exp_2 = torch.exp(log_sigma)
    hypotenuse = torch.hypot(difference, exp_2)
    share_of_leg = difference / torch.hypot(difference, exp_2)
    asinh_of_quotient = _asinh_of_quotient(difference, exp_2)
    total = skewness + tails * asinh_of_quotient
    log1p_square_slope = _log1p_square_slope(scaled)
    product = root_rest * exp
    share_of_base = exp_2 / torch.hypot(difference, exp_2)
    h_mu_mu = (
        torch.square(root_rest * exp * exp) * (square_rest - _square_share(scaled))
        + tails**2 / hypotenuse**2
        - tails * share_of_leg * total / hypotenuse**2
    )
    h_mu_log_sigma = (
        log1p_square_slope * product * product
        + share_of_leg * tails**2 / hypotenuse
        + tails * exp_2 * share_of_base * total / hypotenuse**2
    )
    h_mu_skewness = -tails / hypotenuse
    h_mu_tails = (-(skewness + tails * asinh_of_quotient) - tails * asinh_of_quotient) / hypotenuse
    h_log_sigma_log_sigma = (
        square_rest * scaled * log1p_square_slope
        + torch.square(share_of_leg) * tails**2
        + tails * share_of_leg * exp_2 * share_of_base * (skewness + tails * asinh_of_quotient) / hypotenuse
    )
    h_log_sigma_skewness = -tails * share_of_leg
    h_log_sigma_tails = share_of_leg * (-skewness - 2 * tails * asinh_of_quotient)
    h_skewness_skewness = 1
    h_skewness_tails = asinh_of_quotient
    h_tails_tails = torch.square(asinh_of_quotient) + 1 / tails**2
    return (
        _times(v_mu, h_mu_mu)
        + _times(v_log_sigma, h_mu_log_sigma)
        + _times(v_skewness, h_mu_skewness)
        + _times(v_tails, h_mu_tails),
        _times(v_mu, h_mu_log_sigma)
        + _times(v_log_sigma, h_log_sigma_log_sigma)
        + _times(v_skewness, h_log_sigma_skewness)
        + _times(v_tails, h_log_sigma_tails),
        _times(v_mu, h_mu_skewness)
        + _times(v_log_sigma, h_log_sigma_skewness)
        + h_skewness_skewness * v_skewness
        + _times(v_tails, h_skewness_tails),
        _times(v_mu, h_mu_tails)
        + _times(v_log_sigma, h_log_sigma_tails)
        + _times(v_skewness, h_skewness_tails)
        + _times(v_tails, h_tails_tails),
    )


def _dropped():
    return math.log(2 * math.pi) / 2


def _tensors(*values):
    """Numbers beside tensors, as tensors of the same dtype and device."""
    like, *_ = [value for value in values if isinstance(value, torch.Tensor)]
    return [torch.as_tensor(value, dtype=like.dtype, device=like.device) for value in values]


def _double(*values):
    """Numbers and tensors as float64 tensors of one device, and the dtype in which to answer."""
    tensors = _tensors(*values)
    return *[tensor.double() for tensor in tensors], tensors[0].dtype


def _log1p_square(z):
    """The logarithm of 1 + z^2, also where z^2 overflows.

    Measured beyond conditioning: at most 1 ulp in float64, 1 in float32.
    """
    m = torch.abs(z)
    near = torch.log1p(torch.square(torch.clamp(m, max=1e9)))
    return torch.where(m < 1e9, near, 2.0 * torch.log(torch.clamp(m, min=1e9)))


def _log1p_square_slope(z):
    """The quotient 2 z / (1 + z^2), the derivative of log(1 + z^2), also where z^2 overflows.

    Measured beyond conditioning: at most 2 ulp in float64, 2 in float32.
    """
    inside = torch.abs(z) < 1.0
    c, d = torch.clamp(z, -1.0, 1.0), torch.where(inside, 1.0, z)
    return torch.where(inside, 2.0 * c / (1.0 + c * c), 2.0 / (d + 1.0 / d))


def _square_share(z):
    """The quotient z^2 / (1 + z^2), also where z^2 overflows.

    Measured beyond conditioning: at most 2 ulp in float64, 2 in float32.
    """
    m = torch.clamp(torch.abs(z), max=1e9)
    return m * m / (1.0 + m * m)


def _asinh_of_quotient(a, b):
    """The inverse hyperbolic sine of a/b, b > 0; where the quotient overflows, log |2 a| - log b with the sign of a.

    Measured beyond conditioning: at most 2 ulp in float64, 0.5 in float32.
    """
    a, b, kind = _double(a, b)
    q = torch.abs(a / b)
    far = torch.log(torch.abs(a)) + 0.6931471805599453 - torch.log(b)
    return (torch.sign(a) * torch.where(q < torch.inf, torch.asinh(q), far)).to(kind)


def _times(x, y):
    """The product x y with 0 inf = 0: what is impossible and did not happen costs nothing."""
    return torch.where((x == 0) & torch.isinf(y), torch.zeros_like(y), x * y)


# The derivatives, for autograd --------------------------------------------------------------------


def _of_samples(reduction, penalty, y, mu, log_sigma, skewness, tails):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, penalty, y, mu, log_sigma, skewness, tails)[0]
    if penalty is None:
        y, mu, log_sigma, skewness, tails, penalty = _guarded(y=y, mu=mu, log_sigma=log_sigma, skewness=skewness, tails=tails)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, mu, log_sigma, skewness, tails), reduction)
    return _reduced(_loss(y, mu, log_sigma, skewness, tails) + penalty, reduction)


# Of more than so many numbers of an argument only so many are computed at once: what the functions above
# make on their way then stays in the cache.
_MANY, _PART = 500_000, 65_536


def _in_parts(y, mu, log_sigma, skewness, tails):
    """The loss and its gradient, part by part along the first axis where the samples are many."""
    numbers = y.numel()
    if numbers <= _MANY:
        return _loss_and_gradient(y, mu, log_sigma, skewness, tails)
    rows, wholes = y.shape[0], []
    length = max(_PART * rows // numbers, 1)
    for start in range(0, rows, length):
        here = slice(start, start + length)
        parts = _loss_and_gradient(*[tensor[here] for tensor in (y, mu, log_sigma, skewness, tails)])
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
        reduction, penalty, y, mu, log_sigma, skewness, tails = inputs
        if penalty is None:
            if _surely_legal(y, mu, log_sigma, skewness, tails):
                value, *slopes = _in_parts(y, mu, log_sigma, skewness, tails)
                total = torch.sum(value)
                if math.isfinite(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, mu, log_sigma, skewness, tails, penalty = _guarded(y=y, mu=mu, log_sigma=log_sigma, skewness=skewness, tails=tails)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, mu, log_sigma, skewness, tails))
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
        y, mu, log_sigma, skewness, tails, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y.numel() if ctx.reduction == "mean" else g
            gradient = [share * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, mu, log_sigma, skewness, tails)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, *gradient

    @staticmethod
    def jvp(ctx, _reduction, _penalty, v_y, v_mu, v_log_sigma, v_skewness, v_tails):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, mu, log_sigma, skewness, tails, *slopes = ctx.saved_tensors
        directions = [v_mu, v_log_sigma, v_skewness, v_tails]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, mu, log_sigma, skewness, tails)

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


def _change_of_gradient(slopes, directions, y, mu, log_sigma, skewness, tails):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, mu, log_sigma, skewness, tails, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, mu, log_sigma, skewness, tails):
        value = _loss(y, mu, log_sigma, skewness, tails)
        ctx.save_for_backward(y, mu, log_sigma, skewness, tails, _nan_or_zero(value, penalty))
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
    "y": _Argument("data", "finite", lambda y: torch.abs(y) == math.inf, 0.0),
    "mu": _Argument("learned", "finite", lambda mu: torch.abs(mu) == math.inf, 0.0),
    "log_sigma": _Argument("learned", "finite", lambda log_sigma: torch.abs(log_sigma) == math.inf, 0.0),
    "skewness": _Argument("learned", "finite", lambda skewness: torch.abs(skewness) == math.inf, 0.0),
    "tails": _Argument(
        "learned",
        "positive",
        lambda tails: (tails <= 0) | (torch.abs(tails) == math.inf),
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


def _surely_legal(y, mu, log_sigma, skewness, tails):
    """Whether a quick look at the whole finds every sample legal (some the loss tells of); an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
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
