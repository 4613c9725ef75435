"""The dirichlet multinomial loss of concentration, with its gradient and Hessian.

How often each of K classes came up; their probabilities are drawn once from a Dirichlet density.

Density
    p(y | concentration) = (Σₖ yₖ)!/(∏ₖ yₖ!) · B(α + y)/B(α)

Symbols
    y                 in {0, 1, 2, …}ᴷ  data                      number of trials that gave each
                                                                  class
    concentration  α  in (0, ∞)ᴷ        predicted for each        concentrations: the larger their
                                        sample                    sum, the closer to a multinomial
                                                                  distribution

Loss of one sample, to be minimised over concentration
    loss    = log(B(α)/B(α + y))
    factor  = 1
    dropped = Σₖ log yₖ! − log (Σₖ yₖ)!
    -log p  = factor · loss + dropped

Also known of the density
    mean          αₖ/(Σⱼ αⱼ) · (Σⱼ yⱼ)

The class axis is the second one, as in torch.nn (the only one where there is one axis); the other
axes broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 2, gradient 3, Hessian 3, -log p 13
    float32  value 1, gradient 3, Hessian 3, -log p 1

Elsewhere:
    loss = -scipy.stats.dirichlet_multinomial.logpmf + (log (Σₖ yₖ)! − Σₖ log yₖ!)

Source: Johnson, Kotz and Balakrishnan (1997), Discrete Multivariate Distributions, ch. 35.

Made by `derive dirichlet_multinomial --emit torch`, derive 0.1.0.
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


def loss(concentration, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, concentration, weight = _prepared(weight, validate, y=target, concentration=concentration)
    if weight is None:
        return _of_samples(reduction, None, y, concentration)
    return _reduced(_of_samples("none", None, y, concentration), reduction, weight)


class DirichletMultinomialLoss(torch.nn.Module):
    """The loss as a module: `DirichletMultinomialLoss()(concentration, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, concentration, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(concentration, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(concentration, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, concentration, weight = _prepared(weight, validate, y=target, concentration=concentration)
    y, concentration, penalty = _guarded(y=y, concentration=concentration)

    def in_full(y, concentration):
        return FACTOR * _of_samples("none", penalty, y, concentration) + _dropped(y)

    value = _in_double(in_full, y, concentration)
    return _reduced(value, reduction, weight)


def dropped(target):
    """What was dropped from -log p of one sample: Σₖ log yₖ! − log (Σₖ yₖ)!."""
    y, _ = _prepared(None, False, y=target)
    y, penalty = _guarded(y=y)
    return _dropped(y) + penalty


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, concentration):
    return _log_beta_fall(concentration, y)


def _loss_and_gradient(y, concentration):
    return (
        _log_beta_fall(concentration, y),
        _digamma_difference(torch.sum(concentration, dim=-1)[..., None] + y, _sum_of_others(y))
        .add_(_digamma_second_difference(concentration, _sum_of_others(concentration), y)),
    )


def _hessian_vector_product(y, concentration, vector):
    sum_of_others = _sum_of_others(concentration)
    return (
        _sum_of_others(vector) * _trigamma_difference(concentration + sum_of_others, y)
        + torch.sum(vector, dim=-1)[..., None] * _trigamma_difference(torch.sum(concentration, dim=-1)[..., None] + y, _sum_of_others(y))
        + _trigamma_second_difference(concentration, sum_of_others, y) * vector,
    )


def _dropped(y):
    return torch.sum(torch.lgamma(y + 1), dim=-1) - torch.lgamma(torch.sum(y, dim=-1) + 1)


# log Gamma(u + 1/2) = u log u - u + log(2 pi)/2 - q/u: the quotient q of polynomials in 1/u^2.
_LOG_GAMMA_TAIL_N = (
    0.041666666666666484, 0.8748293807516524, 6.846784029361241, 26.212768152499205,
    54.17915743422269, 62.96359555571318, 41.55205688624877, 15.365503034849912,
    3.065653804470548, 0.3070882456584129, 0.01352539945161849, 0.00019901730490036668,
    4.2313168157975685e-07,
)
_LOG_GAMMA_TAIL_D = (
    1.0, 21.054238471370155, 165.53252823489842, 638.3881730654713,
    1334.7628823965038, 1579.1754292313499, 1071.2643744155148, 413.24903403139973,
    88.00908802640934, 9.770856947003564, 0.5102600265863146, 0.01030177718308029,
    5.0388373492194616e-05,
)
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


def _tensors(*values):
    """Numbers beside tensors, as tensors of the same dtype and device."""
    like, *_ = [value for value in values if isinstance(value, torch.Tensor)]
    return [torch.as_tensor(value, dtype=like.dtype, device=like.device) for value in values]


def _double(*values):
    """Numbers and tensors as float64 tensors of one device, and the dtype in which to answer."""
    tensors = _tensors(*values)
    return *[tensor.double() for tensor in tensors], tensors[0].dtype


def _sum_of_others(z):
    """The sum of all entries but z_k, for every k of the last axis: those before it and those behind it.

    Measured beyond conditioning: at most 1 ulp in float64, 1 in float32.
    """
    none = torch.zeros_like(z[..., :1])
    before = torch.cat([none, torch.cumsum(z[..., :-1], dim=-1)], dim=-1)
    behind = torch.cat([none, torch.cumsum(z[..., 1:].flip(-1), dim=-1)], dim=-1)
    return before + behind.flip(-1)


def _log_beta_fall(z, y):
    """The logarithm of B(z)/B(z + y), along the last axis, for counts y.

    Class after class, its part is that of the class beside the sum of those behind it: all of them are positive.

    Measured beyond conditioning: at most 6 ulp in float64, 1 in float32.
    """
    z, y, kind = _double(z, y)
    behind = torch.cumsum(z.flip(-1), -1).flip(-1)[..., 1:]
    others = torch.cumsum(y.flip(-1), -1).flip(-1)[..., 1:]
    z, y = z[..., :-1], y[..., :-1]
    parts = _log_gamma_second_difference(z, behind, y) + _log_gamma_second_difference(behind, z + y, others)
    return torch.sum(parts, -1).to(kind)


def _log1p_quotient(a, x):
    """The logarithm of 1 + a/x, a, x > 0, also where a/x overflows."""
    q = a / x
    return torch.where(torch.isinf(q), torch.log(a) - torch.log(x), torch.log1p(q))


def _digamma_difference(x, a):
    """The difference psi(x + a) - psi(x) > 0; x, a > 0.

    One step of the recurrence, then log u + 1/(24 u^2) - ... at u = x + 1/2 and at u + a, each
    subtracted in closed form (DLMF 5.5.2, 5.11.2).

    Measured beyond conditioning: at most 1 ulp in float64, 1.5 in float32.
    """
    x, a = _tensors(x, a)
    u = x + 0.5
    v = u + a
    r, s = 1.0 / u, 1.0 / v
    value, slope = _rational_slope(_DIGAMMA_N, _DIGAMMA_D, r * r, s * s)
    tail = (a / v) * r * (r + s) * (value + s * s * slope)
    return (a / (x + a)) / x + (_log1p_quotient(a, u) - tail)


def _trigamma_difference(x, a):
    """The difference psi'(x + a) - psi'(x) < 0; x, a > 0.

    Two steps of the recurrence, then 1/u - 1/(12 u^3) + ... at u = x + 3/2 and at u + a, each
    subtracted in closed form, the steps as (1/p - 1/q)(1/p + 1/q) (DLMF 5.15.5, 5.15.8).

    Measured beyond conditioning: at most 1.5 ulp in float64, 1.5 in float32.
    """
    x, a = _tensors(x, a)
    u = x + 1.5
    v = u + a
    r, s = 1.0 / u, 1.0 / v
    value, slope = _rational_slope(_TRIGAMMA_N, _TRIGAMMA_D, r * r, s * s)
    tail = (a / v) * r * (1.0 - r * r * value - s * (r + s) * (value + s * s * slope))
    p, q = x + 1.0, (x + a) + 1.0
    second = (a / q) / p * (1.0 / p + 1.0 / q)
    q = x + a
    first = (a / q) / x * (1.0 / x + 1.0 / q)
    return -(first + (second + tail))


def _second_log_quotient(x, b, c):
    """The logarithm of (x + b) (x + c) / (x (x + b + c)) > 0."""
    share = c / (x + b + c)
    q = b / x * share
    return torch.where(torch.isinf(q), torch.log(b) - torch.log(x) + torch.log(share), torch.log1p(q))


def _second_reciprocal(x, b, c):
    """The second difference 1/x - 1/(x + b) - 1/(x + c) + 1/(x + b + c) > 0."""
    return b / (x + b) * (c / (x + c)) / x * ((x + x + b + c) / (x + b + c))


def _second_square(x, b, c):
    """The second difference of 1/x^2, likewise."""
    s, p, q = x + b + c, x + b, x + c
    rise = b / s / q * (c / q / x + c / s / p)
    return _second_reciprocal(x, b, c) * (1.0 / x + 1.0 / p) + rise


def _log_gamma_second_difference(a, b, c):
    """The difference log Gamma(a + b + c) - log Gamma(a + b) - log Gamma(a + c) + log Gamma(a); c = 0, 1, ...

    One step of the recurrence, then u log u - u + log(2 pi)/2 - ... at u = a + 1/2, u + b, u + c and
    u + b + c in closed form (DLMF 5.5.1, 5.11.8).

    Measured beyond conditioning: at most 4 ulp in float64, 1 in float32.
    """
    a, b, c, kind = _double(a, b, c)
    u = a + 0.5
    main = b * _log1p_quotient(c, u + b) + c * _log1p_quotient(b, u + c) - u * _second_log_quotient(u, b, c)
    tail = _log_gamma_tail_fall(u, b) - _log_gamma_tail_fall(u + c, b)
    return (_second_log_quotient(a, b, c) + (main - tail)).to(kind)


def _log_gamma_tail_fall(u, b):
    """The fall of q/u from u to u + b, for log Gamma(u + 1/2) = u log u - u + log(2 pi)/2 - q/u."""
    v = u + b
    r, s = 1.0 / u, 1.0 / v
    value, slope = _rational_slope(_LOG_GAMMA_TAIL_N, _LOG_GAMMA_TAIL_D, r * r, s * s)
    return (b / v) * r * (value + s * (r + s) * slope)


def _digamma_second_difference(a, b, c):
    """The difference psi(a + b + c) - psi(a + b) - psi(a + c) + psi(a) < 0; c = 0, 1, ...

    One step of the recurrence, then log u + 1/(24 u^2) - ... in closed form (DLMF 5.5.2, 5.11.2).

    Measured beyond conditioning: at most 4 ulp in float64, 1 in float32.
    """
    a, b, c, kind = _double(a, b, c)
    u = a + 0.5
    tail = _digamma_tail_fall(u, b) - _digamma_tail_fall(u + c, b)
    return (-(_second_reciprocal(a, b, c) + (_second_log_quotient(u, b, c) - tail))).to(kind)


def _digamma_tail_fall(u, b):
    """The fall of q/u^2 from u to u + b, for psi(u + 1/2) = log u + q/u^2."""
    v = u + b
    r, s = 1.0 / u, 1.0 / v
    value, slope = _rational_slope(_DIGAMMA_N, _DIGAMMA_D, r * r, s * s)
    return (b / v) * r * (r + s) * (value + s * s * slope)


def _trigamma_second_difference(a, b, c):
    """The difference psi'(a + b + c) - psi'(a + b) - psi'(a + c) + psi'(a) > 0; c = 0, 1, ...

    Two steps of the recurrence, then 1/u - 1/(12 u^3) + ... in closed form (DLMF 5.15.5, 5.15.8).

    Measured beyond conditioning: at most 4 ulp in float64, 1 in float32.
    """
    a, b, c, kind = _double(a, b, c)
    u = a + 1.5
    tail = _trigamma_tail_fall(u, b) - _trigamma_tail_fall(u + c, b)
    steps = _second_square(a, b, c) + _second_square(a + 1.0, b, c)
    return (steps + (_second_reciprocal(u, b, c) - tail)).to(kind)


def _trigamma_tail_fall(u, b):
    """The fall of q/u^3 from u to u + b, for psi'(u + 1/2) = 1/u - q/u^3."""
    v = u + b
    r, s = 1.0 / u, 1.0 / v
    value, slope = _rational_slope(_TRIGAMMA_N, _TRIGAMMA_D, r * r, s * s)
    return (b / v) * r * (r * r * value + s * (r + s) * (value + s * s * slope))


def _polynomial_slope(coefficients, w, v):
    """Give p(w), p(v) and the slope (p(w) - p(v)) / (w - v), in which nothing cancels."""
    at_w, at_v, slope = torch.zeros_like(w), torch.zeros_like(v), torch.zeros_like(w)
    for coefficient in reversed(coefficients):
        slope = slope * w + at_v
        at_w, at_v = at_w * w + coefficient, at_v * v + coefficient
    return at_w, at_v, slope


def _rational_slope(numerator, denominator, w, v):
    """Give q(w) and the slope (q(w) - q(v)) / (w - v) of a quotient q of polynomials, 0 <= v <= w.

    The slope is taken as written for v < 0.9 w, else from the slopes of the polynomials.
    """
    top_w, top_v, top = _polynomial_slope(numerator, w, v)
    low_w, low_v, low = _polynomial_slope(denominator, w, v)
    value = top_w / low_w
    return value, torch.where(v < 0.9 * w, (value - top_v / low_v) / (w - v), (top - value * low) / low_v)


# The derivatives, for autograd --------------------------------------------------------------------


def _of_samples(reduction, penalty, y, concentration):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, penalty, y, concentration)[0]
    if penalty is None:
        y, concentration, penalty = _guarded(y=y, concentration=concentration)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, concentration), reduction)
    return _reduced(_loss(y, concentration) + penalty, reduction)


# Of more than so many numbers of an argument only so many are computed at once: what the functions above
# make on their way then stays in the cache.
_MANY, _PART = 500_000, 65_536


def _in_parts(y, concentration):
    """The loss and its gradient, part by part along the first axis where the samples are many."""
    numbers = y.numel()
    if numbers <= _MANY or y.dim() == 1:
        return _loss_and_gradient(y, concentration)
    rows, wholes = y.shape[0], []
    length = max(_PART * rows // numbers, 1)
    for start in range(0, rows, length):
        here = slice(start, start + length)
        parts = _loss_and_gradient(*[tensor[here] for tensor in (y, concentration)])
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
        reduction, penalty, y, concentration = inputs
        if penalty is None:
            if _surely_legal(y, concentration):
                value, *slopes = _in_parts(y, concentration)
                total = torch.sum(value)
                if not math.isnan(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, concentration, penalty = _guarded(y=y, concentration=concentration)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, concentration))
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
        y, concentration, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y[..., 0].numel() if ctx.reduction == "mean" else g
            gradient = [share[..., None] * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, concentration)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, *gradient

    @staticmethod
    def jvp(ctx, _reduction, _penalty, v_y, v_concentration):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, concentration, *slopes = ctx.saved_tensors
        directions = [v_concentration]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None]).sum(-1)
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, concentration)

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


def _change_of_gradient(slopes, directions, y, concentration):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, concentration, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, concentration):
        value = _loss(y, concentration)
        ctx.save_for_backward(y, concentration, _nan_or_zero(value, penalty))
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


_ARGUMENTS = {
    "y": _Argument(
        "data",
        "a count: 0, 1, 2, ...",
        lambda y: torch.any((y < 0) | (torch.abs(y) == math.inf) | (torch.floor(y) < y), dim=-1),
        1.0,
        vector=True,
    ),
    "concentration": _Argument(
        "learned",
        "positive",
        lambda concentration: torch.any((concentration <= 0) | (torch.abs(concentration) == math.inf), dim=-1),
        1.0,
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


def _surely_legal(y, concentration):
    """Whether a quick look at the whole finds every sample legal; an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
        and torch.amin(y).item() >= 0
        and math.isfinite(torch.sum(y))
        and torch.sum(y - torch.floor(y)).item() == 0
        and torch.amin(concentration).item() > 0
        and math.isfinite(torch.sum(concentration))
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
    """The tensor with a harmless value in some of the samples."""
    harmless = 1 / value.shape[-1] if argument.harmless is None else argument.harmless
    return torch.where(samples[..., None] if argument.vector else samples, harmless, value)


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
