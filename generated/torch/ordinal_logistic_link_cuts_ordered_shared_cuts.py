"""The ordinal logistic loss of eta and raw_cuts, with its gradient and Hessian.

Which of K + 1 ordered classes a logistic variable falls into, which cut points part.

Density
    p(y | eta, cuts) = sigmoid(c[y + 1] − η) − sigmoid(c[y] − η)
    cuts = ordered(raw_cuts), the logarithms of the steps link; x below

Symbols
    y            in {0, …, K}       data                          class: 0 below all cut points, K
                                                                  above them all
    eta       η  in ℝ               predicted for each sample     location of the variable: the
                                                                  larger, the higher the class
    cuts      c  in ℝᴷ, increasing  cₖ = ord(x)[k]                cut points in increasing order;
                                                                  beside them are c[0] = -inf and c[K
                                                                  + 1] = inf
    raw_cuts  x  in ℝᴷ              one learned value for all     predictor of cuts through the
                                    samples                       logarithms of the steps link

Loss of one sample, to be minimised over eta, raw_cuts
    loss    = softplus(ord(x)[y] − η) + softplus(η − ord(x)[y + 1]) − log(1 − e^−(e^x[y + 1]))
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

The class axis is the second one, as in torch.nn (the only one where there is one axis); the other
axes broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 2, gradient 3, Hessian 3
    float32  value 2, gradient 3, Hessian 6

Source: McCullagh and Nelder (1989), Generalized Linear Models, 2nd ed., ch. 5.

Made by `derive ordinal_logistic --link cuts=ordered --shared cuts --emit torch`, derive 0.1.0.
Anyone may use, change and share this file for any purpose, without warranty (0BSD).
"""

import inspect
import math
import warnings
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F

# -log p = FACTOR * loss + dropped
FACTOR = 1


def loss(eta, raw_cuts, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, eta, raw_cuts, weight = _prepared(weight, validate, y=target, eta=eta, raw_cuts=raw_cuts)
    if weight is None:
        return _of_samples(reduction, None, y, eta, raw_cuts)
    return _reduced(_of_samples("none", None, y, eta, raw_cuts), reduction, weight)


class OrdinalLogisticLoss(torch.nn.Module):
    """The loss as a module: `OrdinalLogisticLoss()(eta, raw_cuts, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, eta, raw_cuts, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(eta, raw_cuts, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(eta, raw_cuts, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, eta, raw_cuts, weight = _prepared(weight, validate, y=target, eta=eta, raw_cuts=raw_cuts)
    y, eta, raw_cuts, penalty = _guarded(y=y, eta=eta, raw_cuts=raw_cuts)
    value = FACTOR * _of_samples("none", penalty, y, eta, raw_cuts) + _dropped()
    return _reduced(value, reduction, weight)


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, eta, raw_cuts):
    return (
        _softplus(eta - _cut_point(_ordered(raw_cuts), y + 1))
        + _softplus(_cut_point(_ordered(raw_cuts), y) - eta)
        - _log_step_probability(raw_cuts, y)
    )


def _loss_and_gradient(y, eta, raw_cuts):
    total = y + 1
    difference = _cut_point(_ordered(raw_cuts), total).neg_().add_(eta)
    difference_2 = _cut_point(_ordered(raw_cuts), y).sub_(eta)
    return (
        _softplus(difference).add_(_softplus(difference_2)).sub_(_log_step_probability(raw_cuts, y)),
        _sigmoid_difference(difference, difference_2),
        _ordered_slope(raw_cuts, y)
        .mul_(_sigmoid_difference(difference_2, difference)[..., None])
        .sub_(_log_step_probability_slope(raw_cuts, y))
        .sub_(_ordered_slope_between(raw_cuts, y, total).mul_(torch.sigmoid(difference)[..., None])),
    )


def _hessian_vector_product(y, eta, raw_cuts, v_eta, v_raw_cuts):
    total = y + 1
    difference = eta - _cut_point(_ordered(raw_cuts), total)
    sigmoid_slope = (torch.sigmoid(difference) * torch.sigmoid(-difference))
    total_2 = torch.sum(_ordered_slope(raw_cuts, total) * v_raw_cuts, dim=-1)
    difference_2 = _cut_point(_ordered(raw_cuts), y) - eta
    sigmoid_slope_2 = (torch.sigmoid(difference_2) * torch.sigmoid(-difference_2))
    ordered_slope = _ordered_slope(raw_cuts, y)
    total_3 = torch.sum(ordered_slope * v_raw_cuts, dim=-1)
    sigmoid = torch.sigmoid(difference)
    sigmoid_2 = torch.sigmoid(-difference)
    ordered_slope_between = _ordered_slope_between(raw_cuts, y, total)
    return (
        _times(v_eta, sigmoid_slope + sigmoid_slope_2) - sigmoid_slope * total_2 - sigmoid_slope_2 * total_3,
        _sigmoid_difference(difference_2, difference)[..., None] * _ordered_curvature(raw_cuts, y) * v_raw_cuts
        + ordered_slope_between * total_2[..., None] * sigmoid_2[..., None] * sigmoid[..., None]
        + ordered_slope * (sigmoid_slope * total_2 + sigmoid_slope_2 * total_3)[..., None]
        + _times(v_eta[..., None], ordered_slope * (-sigmoid_slope - sigmoid_slope_2)[..., None] - ordered_slope_between * sigmoid_2[..., None] * sigmoid[..., None])
        - _log_step_probability_curvature(raw_cuts, y) * v_raw_cuts
        - _ordered_curvature_between(raw_cuts, y, total) * sigmoid[..., None] * v_raw_cuts,
    )


def _dropped():
    return 0


# log(sinh(x/2)/(x/2)) = x^2 q, |x| <= 3: the quotient q of polynomials in x^2.
_SINH_RATIO_N = (
    0.041666666666666664, 0.0018320096643310955, 2.4602287167628133e-05, 1.0293030759165288e-07,
    6.440020208810706e-11,
)
_SINH_RATIO_D = (
    1.0, 0.052301565277278764, 0.000894026137061189, 5.482507452895388e-06,
    8.587710219638681e-09,
)
# coth(x/2)/2 - 1/x = x q, |x| <= 3: the quotient q of polynomials in x^2.
_SINH_RATIO_1_N = (
    0.08333333333333333, 0.0014683046107621684, 5.800610289736619e-06, 4.903031346139093e-09,
)
_SINH_RATIO_1_D = (
    1.0, 0.03428632199581265, 0.0002442206265817388, 4.441317414014143e-07,
    1.1024810654110843e-10,
)


def _tensors(*values):
    """Numbers beside tensors, as tensors of the same dtype and device."""
    like, *_ = [value for value in values if isinstance(value, torch.Tensor)]
    return [torch.as_tensor(value, dtype=like.dtype, device=like.device) for value in values]


def _double(*values):
    """Numbers and tensors as float64 tensors of one device, and the dtype in which to answer."""
    tensors = _tensors(*values)
    return *[tensor.double() for tensor in tensors], tensors[0].dtype


def _chosen(z, m, before, behind):
    """The m-th entry of z along the last axis, `before` at m = 0 and `behind` at m = K + 1; nan where m is."""
    ends = torch.ones_like(z[..., :1])
    z = torch.cat([before * ends, z, behind * ends], dim=-1)
    place = torch.clamp(torch.where(m.isnan(), 0, m), 0, z.shape[-1] - 1).long()
    return torch.where(m.isnan(), math.nan, torch.gather(z, -1, place[..., None])[..., 0])


def _cut_point(z, m):
    """The cut point z_m, minus infinity before the first and infinity behind the last."""
    return _chosen(z, m, -math.inf, math.inf)


def _at_cut_point(z, m):
    """One at the place m of the last axis of z, zero at all others."""
    return (torch.arange(1, z.shape[-1] + 1, device=z.device) == m[..., None]).to(z.dtype)


def _ordered(z):
    """The sums z_1 + exp(z_2) + ... + exp(z_k) for every k of the last axis."""
    return torch.cumsum(torch.cat([z[..., :1], torch.exp(z[..., 1:])], dim=-1), dim=-1)


def _each_step(z):
    """What the sums have as derivatives: 1 in the first entry of the last axis, exp(z_k) in another."""
    return torch.cat([torch.ones_like(z[..., :1]), torch.exp(z[..., 1:])], dim=-1)


def _each_step_but_first(z):
    """What the sums have as second derivatives: 0 in the first entry of the last axis, exp(z_k) in another."""
    return torch.cat([torch.zeros_like(z[..., :1]), torch.exp(z[..., 1:])], dim=-1)


def _up_to(z, m):
    """One up to the place m of the last axis of z, zero behind."""
    return (torch.arange(1, z.shape[-1] + 1, device=z.device) <= m[..., None]).to(z.dtype)


def _ordered_slope(z, m):
    """The derivatives of the m-th sum in the entries of z, zero behind m."""
    return _up_to(z, m) * _each_step(z)


def _ordered_curvature(z, m):
    """The second derivatives of the m-th sum in the entries of z, zero in the first and behind m."""
    return _up_to(z, m) * _each_step_but_first(z)


def _ordered_slope_between(z, a, b):
    """The derivatives of the b-th sum less the a-th in the entries of z."""
    return (_up_to(z, b) - _up_to(z, a)) * _each_step(z)


def _ordered_curvature_between(z, a, b):
    """The second derivatives of the b-th sum less the a-th in the entries of z."""
    return (_up_to(z, b) - _up_to(z, a)) * _each_step_but_first(z)


def _log_step(z, m):
    """The entry m + 1 of z, the logarithm of a step, infinite at m = 0 and behind the last."""
    return torch.where(m == 0, math.inf, _chosen(z, m + 1, -math.inf, math.inf))


def _at_step(z, m):
    """One at the place m + 1 > 1 of the last axis of z, zero at all others."""
    return _at_cut_point(z, m + 1) * (m != 0)[..., None].to(z.dtype)


def _log_step_probability(z, m):
    """The logarithm of 1 - exp(-a) of the step a = exp(z_(m+1)), zero at m = 0 and behind the last."""
    return _log_inverse_cloglog(_log_step(z, m))


def _log_step_probability_slope(z, m):
    """The derivatives of that in the entries of z."""
    return _at_step(z, m) * _log_inverse_cloglog_slope(_log_step(z, m))[..., None]


def _log_step_probability_curvature(z, m):
    """The second derivatives of that in the entries of z."""
    return _at_step(z, m) * _log_inverse_cloglog_curvature(_log_step(z, m))[..., None]


def _expm1(x):
    """The difference exp(x) - 1.

    Torch's own loses its digits near 0 where torch.compile writes vectorised code for the processor.
    Below 1/2 it is x / ((x/2) coth(x/2) - x/2) with a fitted quotient.

    Measured beyond conditioning: at most 1 ulp in float64, 1 in float32.
    """
    if not torch.compiler.is_compiling():
        return torch.expm1(x)
    c = torch.clamp(x, -0.5, 0.5)
    s = c * c
    near = c / (1.0 + (s * _rational(_SINH_RATIO_1_N, _SINH_RATIO_1_D, s) - 0.5 * c))
    return torch.where(torch.abs(x) < 0.5, near, torch.exp(x) - 1.0)


def _log1mexp(x):
    """The logarithm of 1 - exp(-x), x > 0.

    Measured beyond conditioning: at most 1.5 ulp in float64, 1.5 in float32.
    """
    near = torch.log(-_expm1(-torch.clamp(x, max=0.7)))
    far = torch.log1p(-torch.exp(-torch.clamp(x, min=0.69)))
    return torch.where(x < 0.6931471805599453, near, far)


def _log_expm1_ratio(x):
    """The logarithm of (1 - exp(-x)) / x for real x, near -x/2 at 0.

    For |x| below 3 it is log(sinh(x/2) / (x/2)) - x/2 with a fitted quotient, else
    log(1 - exp(-|x|)) - log |x|, plus |x| for x below 0.

    Measured beyond conditioning: at most 1 ulp in float64, 1 in float32.
    """
    m = torch.abs(x)
    s = torch.square(torch.clamp(m, max=3.0))
    near = s * _rational(_SINH_RATIO_N, _SINH_RATIO_D, s) - 0.5 * x
    above = torch.clamp(m, min=3.0)
    far = torch.clamp(-x, min=0.0) + (torch.log1p(-torch.exp(-above)) - torch.log(above))
    return torch.where(m < 3.0, near, far)


def _log_expm1_ratio_slope(x):
    """The difference 1/(exp(x) - 1) - 1/x for real x, -1/2 at 0: the derivative of log((1 - exp(-x)) / x).

    Measured beyond conditioning: at most 2 ulp in float64, 2 in float32.
    """
    s = torch.clamp(x, -3.0, 3.0)
    near = s * _rational(_SINH_RATIO_1_N, _SINH_RATIO_1_D, s * s) - 0.5
    above = torch.clamp(torch.abs(x), min=3.0)
    e = torch.exp(-above)
    far = e / (1.0 - e) - 1.0 / above
    return torch.where(torch.abs(x) < 3.0, near, torch.where(x < 0.0, -1.0 - far, far))


def _log_inverse_cloglog(x):
    """The logarithm of 1 - exp(-exp(x)), near x far below 0; x may be infinite.

    Measured beyond conditioning: at most 2.5 ulp in float64, 0.5 in float32.
    """
    x, kind = _double(x)
    s = torch.exp(x)
    near, far = x + _log_expm1_ratio(torch.clamp(s, max=1.0)), _log1mexp(torch.clamp(s, min=1.0))
    return torch.where(x < 0.0, near, far).to(kind)


def _log_inverse_cloglog_slope(x):
    """The quotient exp(x) / (exp(exp(x)) - 1), 1 far below 0; x may be infinite.

    Measured beyond conditioning: at most 2.5 ulp in float64, 0.5 in float32.
    """
    x, kind = _double(x)
    x = torch.clamp(x, max=700.0)
    s = torch.exp(x)
    near = 1.0 + s * _log_expm1_ratio_slope(torch.clamp(s, max=1.0))
    far = torch.exp(x - s) / (1.0 - torch.exp(-torch.clamp(s, min=1.0)))
    return torch.where(x < 0.0, near, far).to(kind)


def _log_inverse_cloglog_curvature(x):
    """The derivative of exp(x) / (exp(exp(x)) - 1), near -exp(x)/2 far below 0; x may be infinite.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    x, kind = _double(x)
    s = torch.exp(torch.clamp(x, max=700.0))
    return (s * _log_inverse_cloglog_slope(x) * _log_expm1_ratio_slope(-s)).to(kind)


def _sigmoid_difference(a, b):
    """The difference sigmoid(a) - sigmoid(b).

    With h the larger and l the smaller it is sigmoid(h) sigmoid(-l) (1 - exp(l - h)) in size.

    Measured beyond conditioning: at most 2.5 ulp in float64, 2.5 in float32.
    """
    high, low = torch.maximum(a, b), torch.minimum(a, b)
    size = torch.sigmoid(high) * torch.sigmoid(-low) * -_expm1(low - high)
    return torch.where(a < b, -size, size)


def _softplus(x):
    """The logarithm of 1 + exp(x), without loss at either end.

    F.softplus drops exp(-x) above its threshold of 20.

    Measured beyond conditioning: at most 0.5 ulp in float64, 1 in float32.
    """
    return -F.logsigmoid(-x)


def _polynomial(coefficients, w):
    """The polynomial with these coefficients (lowest power first) at w, by Horner's rule, in place where nobody differentiates."""
    *others, leading = coefficients
    total = torch.full_like(w, leading)
    for coefficient in reversed(others):
        total = total * w + coefficient if torch.is_grad_enabled() else total.mul_(w).add_(coefficient)
    return total


def _rational(numerator, denominator, w):
    """The quotient of two polynomials at w."""
    return _polynomial(numerator, w) / _polynomial(denominator, w)


def _times(x, y):
    """The product x y with 0 inf = 0: what is impossible and did not happen costs nothing."""
    return torch.where((x == 0) & torch.isinf(y), torch.zeros_like(y), x * y)


# The derivatives, for autograd --------------------------------------------------------------------


def _of_samples(reduction, penalty, y, eta, raw_cuts):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, penalty, y, eta, raw_cuts)[0]
    if penalty is None:
        y, eta, raw_cuts, penalty = _guarded(y=y, eta=eta, raw_cuts=raw_cuts)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, eta, raw_cuts), reduction)
    return _reduced(_loss(y, eta, raw_cuts) + penalty, reduction)


# Of more than so many numbers of an argument only so many are computed at once: what the functions above
# make on their way then stays in the cache.
_MANY, _PART = 500_000, 65_536


def _in_parts(y, eta, raw_cuts):
    """The loss and its gradient, part by part along the first axis where the samples are many."""
    numbers = y.numel()
    if numbers <= _MANY:
        return _loss_and_gradient(y, eta, raw_cuts)
    rows, wholes = y.shape[0], []
    length = max(_PART * rows // numbers, 1)
    for start in range(0, rows, length):
        here = slice(start, start + length)
        parts = _loss_and_gradient(*[tensor[here] for tensor in (y, eta, raw_cuts)])
        wholes = wholes or [part.new_empty((rows, *part.shape[1:])) for part in parts]
        for whole, part in zip(wholes, parts):
            whole[here] = part
    return wholes


def _penalised(penalty, value, *slopes):
    """The loss with its penalty, and its gradient, which is nan where the loss is nan or penalised."""
    without = _nan_or_zero(value, penalty)
    return value + penalty, *[slope + one for slope, one in zip(slopes, _for_each(without))]


def _for_each(number):
    """A number for each sample as it stands beside each learned argument: the entries of a vector lie last."""
    return [number, number[..., None]]


def _over_each(parts):
    """The parts in each learned argument, those of a vector summed over its entries."""
    eta, raw_cuts = parts
    return [eta, raw_cuts.sum(-1)]


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
        reduction, penalty, y, eta, raw_cuts = inputs
        if penalty is None:
            if _surely_legal(y, eta, raw_cuts):
                value, *slopes = _in_parts(y, eta, raw_cuts)
                total = torch.sum(value)
                if not math.isnan(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, eta, raw_cuts, penalty = _guarded(y=y, eta=eta, raw_cuts=raw_cuts)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, eta, raw_cuts))
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
        y, eta, raw_cuts, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y.numel() if ctx.reduction == "mean" else g
            gradient = [one * slope for one, slope in zip(_for_each(share), slopes)]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, eta, raw_cuts)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, *gradient

    @staticmethod
    def jvp(ctx, _reduction, _penalty, v_y, v_eta, v_raw_cuts):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, eta, raw_cuts, *slopes = ctx.saved_tensors
        directions = [v_eta, v_raw_cuts]
        directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
        change = sum(_over_each([slope * v for slope, v in zip(slopes, directions)]))
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, eta, raw_cuts)

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


def _change_of_gradient(slopes, directions, y, eta, raw_cuts):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, eta, raw_cuts, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, eta, raw_cuts):
        value = _loss(y, eta, raw_cuts)
        ctx.save_for_backward(y, eta, raw_cuts, _nan_or_zero(value, penalty))
        return value + penalty

    @staticmethod
    def backward(ctx, g):
        *arguments, without = ctx.saved_tensors
        _, *slopes = _loss_and_gradient(*arguments)
        slopes = [slope + one for slope, one in zip(slopes, _for_each(without))]
        gradient = [one * slope for one, slope in zip(_for_each(g), slopes)]
        return None, None, *gradient


# Arguments and reductions -------------------------------------------------------------------------


class _Argument(NamedTuple):
    """What an argument is, what it must be, where it is not, and what stands for it in a removed sample."""

    role: str
    demand: str
    broken: Callable
    harmless: float
    vector: bool = False
    at_most_length: bool = False


_ARGUMENTS = {
    "y": _Argument(
        "data",
        "a rank: 0, 1, ..., K beside vectors of K entries",
        lambda y: (y < 0) | (torch.abs(y) == math.inf) | (torch.floor(y) < y),
        1.0,
        at_most_length=True,
    ),
    "eta": _Argument("learned", "finite", lambda eta: torch.abs(eta) == math.inf, 0.0),
    "raw_cuts": _Argument(
        "learned",
        "finite",
        lambda raw_cuts: torch.any(torch.abs(raw_cuts) == math.inf, dim=-1),
        0.0,
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
    length = max([value.shape[-1] for name, value in arguments.items() if _ARGUMENTS[name].vector], default=math.inf)
    for name, value in arguments.items():
        argument = _ARGUMENTS[name]
        broken = argument.broken(value.detach())
        if argument.at_most_length:
            broken = broken | (value > length)
        yield name, value, broken


def _surely_legal(y, eta, raw_cuts):
    """Whether a quick look at the whole finds every sample legal; an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
        and torch.amin(y).item() >= 0
        and math.isfinite(torch.sum(y))
        and torch.sum(y - torch.floor(y)).item() == 0
        and math.isfinite(torch.sum(eta))
        and math.isfinite(torch.sum(raw_cuts))
        and torch.amax(y).item() <= raw_cuts.shape[-1]
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
