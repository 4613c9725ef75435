"""The gamma loss of shape and rate, with its gradient and Hessian.

A positive amount: the waiting time for several events.

Density
    p(y | shape, rate) = y^(a − 1) β^a e^(−y β)/Γ(a)

Symbols
    y         in (0, ∞)  data                       amount, in the units of the data
    shape  a  in (0, ∞)  predicted for each sample  shape, the number of events waited for
    rate   β  in (0, ∞)  predicted for each sample  rate, in the inverse units of the data

Loss of one sample, to be minimised over shape, rate
    loss    = log Γ(a) + y β − a log β − (a − 1) log y
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.

Elsewhere:
    loss = -scipy.stats.gamma.logpdf
    loss = -torch.distributions.Gamma.log_prob

Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 17.

Made by `derive gamma --emit torch`, derive 0.1.0.
Anyone may use, change and share this file for any purpose, without warranty (0BSD).
"""

import math
import warnings
from collections.abc import Callable
from typing import NamedTuple

import torch

# -log p = FACTOR * loss + dropped
FACTOR = 1


def loss(shape, rate, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, shape, rate, penalty, weight = _prepared(weight, validate, y=target, shape=shape, rate=rate)
    return _reduced(_per_sample(penalty, y, shape, rate), weight, reduction)


class GammaLoss(torch.nn.Module):
    """The loss as a module: `GammaLoss()(shape, rate, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, shape, rate, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(shape, rate, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(shape, rate, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, shape, rate, penalty, weight = _prepared(weight, validate, y=target, shape=shape, rate=rate)
    value = FACTOR * _per_sample(penalty, y, shape, rate) + _dropped()
    return _reduced(value, weight, reduction)


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, shape, rate):
    return torch.lgamma(shape) + y * rate - shape * torch.log(rate) - torch.log(y) * (shape - 1)


def _loss_and_gradient(y, shape, rate):
    log = torch.log(rate)
    log_2 = torch.log(y)
    return (
        torch.lgamma(shape) + y * rate - shape * log - log_2 * (shape - 1),
        _digamma(shape) - log - log_2,
        y - shape / rate,
    )


def _hessian_vector_product(y, shape, rate, v_shape, v_rate):
    h_shape_shape = _trigamma(shape)
    h_shape_rate = -1 / rate
    h_rate_rate = shape / rate**2
    return (
        _times(v_shape, h_shape_shape) + _times(v_rate, h_shape_rate),
        _times(v_shape, h_shape_rate) + _times(v_rate, h_rate_rate),
    )


def _dropped():
    return 0


# psi(u + 1/2) = log u + q/u^2: the quotient q of polynomials in 1/u^2.
_DIGAMMA_N = (
    0.04166666666666425, 0.951307620470766, 8.1005289677091, 33.72886478670227,
    75.69960382350921, 95.2298944126867, 67.69101208885793, 26.763214712539504,
    5.648402125012893, 0.5888460218721636, 0.026222564441836686, 0.00036281938636605635,
    4.1376202783511134e-07,
)
_DIGAMMA_D = (
    1.0, 23.006382891260635, 198.34655033097877, 842.1800069566671,
    1947.9733737833337, 2564.722284592683, 1950.9009541671933, 852.4353557208073,
    208.52129471746744, 27.1361710025195, 1.7146989066476013, 0.04428768801012326,
    0.000313009712830498,
)
# psi'(u + 1/2) = 1/u - q/u^3: the quotient q of polynomials in 1/u^2.
_TRIGAMMA_N = (
    0.08333333333333325, 2.082329385038045, 17.733169698503104, 64.58011321806684,
    103.19264913325368, 65.95480540830835, 12.593195881984583, 0.16513282929255674,
)
_TRIGAMMA_D = (
    1.0, 25.337952620454512, 221.38953408560306, 845.8313871360522,
    1482.2240067332648, 1144.0319933156452, 339.02838036459434, 26.94993056216394,
)


def _digamma(x):
    """The derivative psi(x) of log Gamma(x), x > 0.

    One step of psi(x) = psi(x + 1) - 1/x (DLMF 5.5.2), then psi(u + 1/2) = log u + 1/(24 u^2) - ...
    (5.11.2) as a fitted quotient; torch.digamma does not keep the zero at 1.4616.

    Measured beyond conditioning: at most 1.5 ulp in float64, 1.5 in float32.
    """
    u = x + 0.5
    w = (1.0 / u) ** 2
    return (torch.log(u) - 1.0 / x) + w * _rational(_DIGAMMA_N, _DIGAMMA_D, w)


def _trigamma(x):
    """The second derivative psi'(x) of log Gamma(x), x > 0.

    Two steps of psi'(x) = 1/x^2 + psi'(x + 1) (DLMF 5.15.5), then
    psi'(u + 1/2) = 1/u - 1/(12 u^3) + ... (5.15.8) as a fitted quotient.

    Measured beyond conditioning: at most 1.5 ulp in float64, 1.5 in float32.
    """
    r = 1.0 / (x + 1.5)
    w = r * r
    tail = r - r * w * _rational(_TRIGAMMA_N, _TRIGAMMA_D, w)
    return (1.0 / x) ** 2 + ((1.0 / (x + 1.0)) ** 2 + tail)


def _polynomial(coefficients, w):
    """The polynomial with these coefficients (lowest power first) at w, by Horner's rule."""
    total = torch.zeros_like(w)
    for coefficient in reversed(coefficients):
        total = total * w + coefficient
    return total


def _rational(numerator, denominator, w):
    """The quotient of two polynomials at w."""
    return _polynomial(numerator, w) / _polynomial(denominator, w)


def _times(x, y):
    """The product x y with 0 inf = 0: what is impossible and did not happen costs nothing."""
    return torch.where((x == 0) & torch.isinf(y), torch.zeros_like(y), x * y)


# The derivatives, for autograd --------------------------------------------------------------------


def _per_sample(penalty, y, shape, rate):
    """The loss of each sample, with its own derivatives where gradients are wanted."""
    if not torch.is_grad_enabled():
        return _loss(y, shape, rate) + penalty
    if torch.compiler.is_compiling():
        return _CompiledLoss.apply(penalty, y, shape, rate)
    return _Loss.apply(penalty, y, shape, rate)[0]


def _penalised(penalty, value, *slopes):
    """The loss with its penalty, and its gradient, which is nan where the loss is nan or penalised."""
    zero_or_nan = torch.where(value.isnan(), value, 0 * penalty)
    return value + penalty, *[slope + zero_or_nan for slope in slopes]


class _Loss(torch.autograd.Function):
    """Puts out the gradient beside the loss: outputs, when saved, can be differentiated again."""

    generate_vmap_rule = True

    @staticmethod
    def forward(penalty, y, shape, rate):
        return _penalised(penalty, *_loss_and_gradient(y, shape, rate))

    @staticmethod
    def setup_context(ctx, inputs, outputs):
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*inputs[1:], *outputs[1:])
        ctx.save_for_forward(*inputs[1:], *outputs[1:])

    @staticmethod
    def backward(ctx, g, *directions):
        y, shape, rate, *slopes = ctx.saved_tensors
        gradient = [None if g is None else g * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, shape, rate)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, *gradient

    @staticmethod
    def jvp(ctx, _, v_y, v_shape, v_rate):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, shape, rate, *slopes = ctx.saved_tensors
        directions = [v_shape, v_rate]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return change, *_change_of_gradient(slopes, directions, y, shape, rate)


def _change_of_gradient(slopes, directions, y, shape, rate):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, shape, rate, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(penalty, y, shape, rate):
        return _loss(y, shape, rate) + penalty

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
    "y": _Argument("data", "positive", lambda y: (y <= 0) | torch.isinf(y), 1.0),
    "shape": _Argument("learned", "positive", lambda shape: (shape <= 0) | torch.isinf(shape), 1.0),
    "rate": _Argument("learned", "positive", lambda rate: (rate <= 0) | torch.isinf(rate), 1.0),
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
