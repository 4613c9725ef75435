"""The poisson loss of log_rate, with its gradient and Hessian.

The number of events of a constant rate in one unit of exposure.

Density
    p(y | rate) = λ^y e^(−λ)/y!
    rate = exp(log_rate), the log link; η below

Symbols
    y            in {0, 1, 2, …}  data                       number of events
    rate      λ  in (0, ∞)        λ = e^η                    expected number of events
    log_rate  η  in ℝ             predicted for each sample  predictor of rate through the log link

Loss of one sample, to be minimised over log_rate
    loss    = e^η − y η
    factor  = 1
    dropped = log y!
    -log p  = factor · loss + dropped

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.

Elsewhere:
    loss = torch.nn.PoissonNLLLoss(log_input=True)
    loss = torch.nn.PoissonNLLLoss(log_input=True, full=True) - log y!, for y <= 1
    loss = -scipy.stats.poisson.logpmf - log y!, at rate = exp(log_rate)
    loss = -torch.distributions.Poisson.log_prob - log y!, at rate = exp(log_rate)

Source: Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, ch. 4.

Made by `derive poisson --link rate=exp --emit torch`, derive 0.1.0.
Anyone may use, change and share this file for any purpose, without warranty (0BSD).
"""

import math
import warnings
from collections.abc import Callable
from typing import NamedTuple

import torch

# -log p = FACTOR * loss + dropped
FACTOR = 1


def loss(log_rate, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, log_rate, penalty, weight = _prepared(weight, validate, y=target, log_rate=log_rate)
    return _reduced(_per_sample(penalty, y, log_rate), weight, reduction)


class PoissonLoss(torch.nn.Module):
    """The loss as a module: `PoissonLoss()(log_rate, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, log_rate, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(log_rate, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(log_rate, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, log_rate, penalty, weight = _prepared(weight, validate, y=target, log_rate=log_rate)
    value = FACTOR * _per_sample(penalty, y, log_rate) + _dropped(y)
    return _reduced(value, weight, reduction)


def dropped(target):
    """What was dropped from -log p of one sample: log y!."""
    y, penalty, _ = _prepared(None, False, y=target)
    return _dropped(y) + penalty


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, log_rate):
    return torch.exp(log_rate) - y * log_rate


def _loss_and_gradient(y, log_rate):
    return torch.exp(log_rate) - y * log_rate, _exp_less(log_rate, y)


def _hessian_vector_product(y, log_rate, v_log_rate):
    h_log_rate_log_rate = torch.exp(log_rate)
    return (h_log_rate_log_rate * v_log_rate,)


def _dropped(y):
    return torch.lgamma(y + 1)


# coth(x/2)/2 - 1/x = x q, |x| <= 3: the quotient q of polynomials in x^2.
_SINH_RATIO_1_N = (
    0.08333333333333333, 0.0014683046107621684, 5.800610289736619e-06, 4.903031346139093e-09,
)
_SINH_RATIO_1_D = (
    1.0, 0.03428632199581265, 0.0002442206265817388, 4.441317414014143e-07,
    1.1024810654110843e-10,
)


def _expm1(x):
    """The difference exp(x) - 1.

    Torch's own loses its digits near 0 where torch.compile writes vectorised code for the processor.
    Below 1/2 it is x / ((x/2) coth(x/2) - x/2) with a fitted quotient.

    Measured beyond conditioning: at most 1 ulp in float64, 1 in float32.
    """
    c = torch.clamp(x, -0.5, 0.5)
    s = c * c
    near = c / (1.0 + (s * _rational(_SINH_RATIO_1_N, _SINH_RATIO_1_D, s) - 0.5 * c))
    return torch.where(torch.abs(x) < 0.5, near, torch.exp(x) - 1.0)


def _exp_less(a, b):
    """The difference e^a - b, also where it is small because a is near 0 and b is 1."""
    small = torch.abs(a) < 0.5
    return torch.where(small, _expm1(torch.where(small, a, 0.0)) - (b - 1), torch.exp(a) - b)


def _polynomial(coefficients, w):
    """The polynomial with these coefficients (lowest power first) at w, by Horner's rule."""
    total = torch.zeros_like(w)
    for coefficient in reversed(coefficients):
        total = total * w + coefficient
    return total


def _rational(numerator, denominator, w):
    """The quotient of two polynomials at w."""
    return _polynomial(numerator, w) / _polynomial(denominator, w)


# The derivatives, for autograd --------------------------------------------------------------------


def _per_sample(penalty, y, log_rate):
    """The loss of each sample, with its own derivatives where gradients are wanted."""
    if not torch.is_grad_enabled():
        return _loss(y, log_rate) + penalty
    if torch.compiler.is_compiling():
        return _CompiledLoss.apply(penalty, y, log_rate)
    return _Loss.apply(penalty, y, log_rate)[0]


def _penalised(penalty, value, *slopes):
    """The loss with its penalty, and its gradient, which is nan where the loss is nan or penalised."""
    zero_or_nan = torch.where(value.isnan(), value, 0 * penalty)
    return value + penalty, *[slope + zero_or_nan for slope in slopes]


class _Loss(torch.autograd.Function):
    """Puts out the gradient beside the loss: outputs, when saved, can be differentiated again."""

    generate_vmap_rule = True

    @staticmethod
    def forward(penalty, y, log_rate):
        return _penalised(penalty, *_loss_and_gradient(y, log_rate))

    @staticmethod
    def setup_context(ctx, inputs, outputs):
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*inputs[1:], *outputs[1:])
        ctx.save_for_forward(*inputs[1:], *outputs[1:])

    @staticmethod
    def backward(ctx, g, *directions):
        y, log_rate, *slopes = ctx.saved_tensors
        gradient = [None if g is None else g * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, log_rate)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, *gradient

    @staticmethod
    def jvp(ctx, _, v_y, v_log_rate):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, log_rate, *slopes = ctx.saved_tensors
        directions = [v_log_rate]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return change, *_change_of_gradient(slopes, directions, y, log_rate)


def _change_of_gradient(slopes, directions, y, log_rate):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, log_rate, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(penalty, y, log_rate):
        return _loss(y, log_rate) + penalty

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
    "y": _Argument(
        "data",
        "a count: 0, 1, 2, ...",
        lambda y: (y < 0) | torch.isinf(y) | (torch.floor(y) < y),
        1.0,
    ),
    "log_rate": _Argument("learned", "finite", lambda log_rate: torch.isinf(log_rate), 0.0),
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
