"""The ordinal logistic loss of eta and cuts, with its gradient and Hessian.

Which of K + 1 ordered classes a logistic variable falls into, which cut points part.

Density
    p(y | eta, cuts) = sigmoid(c[y + 1] − η) − sigmoid(c[y] − η)

Symbols
    y        in {0, …, K}       data                              class: 0 below all cut points, K
                                                                  above them all
    eta   η  in ℝ               predicted for each sample         location of the variable: the
                                                                  larger, the higher the class
    cuts  c  in ℝᴷ, increasing  one learned value for all         cut points in increasing order;
                                samples                           beside them are c[0] = -inf and c[K
                                                                  + 1] = inf

Loss of one sample, to be minimised over eta, cuts
    loss    = softplus(c[y] − η) + softplus(η − c[y + 1]) − log(1 − e^−(c[y + 1] − c[y]))
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

The class axis is the second one, as in torch.nn (the only one where there is one axis); the other
axes broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 1, gradient 2, Hessian 3
    float32  value 1, gradient 3, Hessian 3

Source: McCullagh and Nelder (1989), Generalized Linear Models, 2nd ed., ch. 5.

Made by `derive ordinal_logistic --shared cuts --emit torch`, derive 0.1.0.
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


def loss(eta, cuts, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, eta, cuts, weight = _prepared(weight, validate, y=target, eta=eta, cuts=cuts)
    if weight is None:
        return _of_samples(reduction, None, y, eta, cuts)
    return _reduced(_of_samples("none", None, y, eta, cuts), reduction, weight)


class OrdinalLogisticLoss(torch.nn.Module):
    """The loss as a module: `OrdinalLogisticLoss()(eta, cuts, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, eta, cuts, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(eta, cuts, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(eta, cuts, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, eta, cuts, weight = _prepared(weight, validate, y=target, eta=eta, cuts=cuts)
    y, eta, cuts, penalty = _guarded(y=y, eta=eta, cuts=cuts)
    value = FACTOR * _of_samples("none", penalty, y, eta, cuts) + _dropped()
    return _reduced(value, reduction, weight)


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, eta, cuts):
    cut_point = _cut_point(cuts, y + 1)
    cut_point_2 = _cut_point(cuts, y)
    return (
        _softplus(eta - cut_point)
        + _softplus(cut_point_2 - eta)
        - _log1mexp(cut_point - cut_point_2)
    )


def _loss_and_gradient(y, eta, cuts):
    total = y + 1
    cut_point = _cut_point(cuts, total)
    difference = eta - cut_point
    cut_point_2 = _cut_point(cuts, y)
    difference_2 = cut_point_2 - eta
    difference_3 = cut_point.sub_(cut_point_2)
    at_cut_point = _at_cut_point(cuts, y)
    at_cut_point_2 = _at_cut_point(cuts, total)
    return (
        _softplus(difference).add_(_softplus(difference_2)).sub_(_log1mexp(difference_3)),
        _sigmoid_difference(difference, difference_2),
        (difference_2.sigmoid_()[..., None] * at_cut_point)
        .sub_(at_cut_point_2 * difference.sigmoid_()[..., None])
        .sub_((at_cut_point_2 - at_cut_point).mul_(_reciprocal_expm1(difference_3)[..., None])),
    )


def _hessian_vector_product(y, eta, cuts, v_eta, v_cuts):
    total = y + 1
    cut_point = _cut_point(cuts, total)
    difference = eta - cut_point
    sigmoid_slope = (torch.sigmoid(difference) * torch.sigmoid(-difference))
    entry_or_zero = _entry_or_zero(v_cuts, total)
    cut_point_2 = _cut_point(cuts, y)
    difference_2 = cut_point_2 - eta
    sigmoid_slope_2 = (torch.sigmoid(difference_2) * torch.sigmoid(-difference_2))
    entry_or_zero_2 = _entry_or_zero(v_cuts, y)
    sigmoid = torch.sigmoid(difference_2)
    sigmoid_2 = torch.sigmoid(-difference_2)
    at_cut_point = _at_cut_point(cuts, y)
    sigmoid_3 = torch.sigmoid(-difference)
    sigmoid_4 = torch.sigmoid(difference)
    at_cut_point_2 = _at_cut_point(cuts, total)
    difference_3 = cut_point - cut_point_2
    return (
        _times(v_eta, sigmoid_slope + sigmoid_slope_2)
        - sigmoid_slope * entry_or_zero
        - sigmoid_slope_2 * entry_or_zero_2,
        sigmoid[..., None] * at_cut_point * entry_or_zero_2[..., None] * sigmoid_2[..., None]
        + at_cut_point_2 * entry_or_zero[..., None] * sigmoid_3[..., None] * sigmoid_4[..., None]
        + _times(v_eta[..., None], -sigmoid[..., None] * at_cut_point * sigmoid_2[..., None] - at_cut_point_2 * sigmoid_3[..., None] * sigmoid_4[..., None])
        - _reciprocal_expm1(difference_3)[..., None] * _reciprocal_expm1(-difference_3)[..., None] * (at_cut_point_2 - at_cut_point) * (entry_or_zero - entry_or_zero_2)[..., None],
    )


def _dropped():
    return 0


# coth(x/2)/2 - 1/x = x q, |x| <= 3: the quotient q of polynomials in x^2.
_SINH_RATIO_1_N = (
    0.08333333333333333, 0.0014683046107621684, 5.800610289736619e-06, 4.903031346139093e-09,
)
_SINH_RATIO_1_D = (
    1.0, 0.03428632199581265, 0.0002442206265817388, 4.441317414014143e-07,
    1.1024810654110843e-10,
)


def _chosen(z, m, before, behind):
    """The m-th entry of z along the last axis, `before` at m = 0 and `behind` at m = K + 1; nan where m is."""
    ends = torch.ones_like(z[..., :1])
    z = torch.cat([before * ends, z, behind * ends], dim=-1)
    place = torch.clamp(torch.where(m.isnan(), 0, m), 0, z.shape[-1] - 1).long()
    return torch.where(m.isnan(), math.nan, torch.gather(z, -1, place[..., None])[..., 0])


def _cut_point(z, m):
    """The cut point z_m, minus infinity before the first and infinity behind the last."""
    return _chosen(z, m, -math.inf, math.inf)


def _entry_or_zero(z, m):
    """The entry z_m, zero before the first and behind the last."""
    return _chosen(z, m, 0, 0)


def _at_cut_point(z, m):
    """One at the place m of the last axis of z, zero at all others."""
    return (torch.arange(1, z.shape[-1] + 1, device=z.device) == m[..., None]).to(z.dtype)


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


def _reciprocal_expm1(x):
    """The reciprocal of exp(x) - 1.

    Measured beyond conditioning: at most 1.5 ulp in float64, 1.5 in float32.
    """
    return 1.0 / _expm1(x)


def _log1mexp(x):
    """The logarithm of 1 - exp(-x), x > 0.

    Measured beyond conditioning: at most 1.5 ulp in float64, 1.5 in float32.
    """
    near = torch.log(-_expm1(-torch.clamp(x, max=0.7)))
    far = torch.log1p(-torch.exp(-torch.clamp(x, min=0.69)))
    return torch.where(x < 0.6931471805599453, near, far)


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


def _of_samples(reduction, penalty, y, eta, cuts):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, penalty, y, eta, cuts)[0]
    if penalty is None:
        y, eta, cuts, penalty = _guarded(y=y, eta=eta, cuts=cuts)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, eta, cuts), reduction)
    return _reduced(_loss(y, eta, cuts) + penalty, reduction)


# Of more than so many numbers of an argument only so many are computed at once: what the functions above
# make on their way then stays in the cache.
_MANY, _PART = 500_000, 65_536


def _in_parts(y, eta, cuts):
    """The loss and its gradient, part by part along the first axis where the samples are many."""
    numbers = y.numel()
    if numbers <= _MANY:
        return _loss_and_gradient(y, eta, cuts)
    rows, wholes = y.shape[0], []
    length = max(_PART * rows // numbers, 1)
    for start in range(0, rows, length):
        here = slice(start, start + length)
        parts = _loss_and_gradient(*[tensor[here] for tensor in (y, eta, cuts)])
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
    eta, cuts = parts
    return [eta, cuts.sum(-1)]


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
        reduction, penalty, y, eta, cuts = inputs
        if penalty is None:
            if _surely_legal(y, eta, cuts):
                value, *slopes = _in_parts(y, eta, cuts)
                total = torch.sum(value)
                if not math.isnan(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, eta, cuts, penalty = _guarded(y=y, eta=eta, cuts=cuts)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, eta, cuts))
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
        y, eta, cuts, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y.numel() if ctx.reduction == "mean" else g
            gradient = [one * slope for one, slope in zip(_for_each(share), slopes)]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, eta, cuts)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, *gradient

    @staticmethod
    def jvp(ctx, _reduction, _penalty, v_y, v_eta, v_cuts):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, eta, cuts, *slopes = ctx.saved_tensors
        directions = [v_eta, v_cuts]
        directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
        change = sum(_over_each([slope * v for slope, v in zip(slopes, directions)]))
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, eta, cuts)

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


def _change_of_gradient(slopes, directions, y, eta, cuts):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, eta, cuts, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, eta, cuts):
        value = _loss(y, eta, cuts)
        ctx.save_for_backward(y, eta, cuts, _nan_or_zero(value, penalty))
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
    ascends: bool = False
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
    "cuts": _Argument(
        "learned",
        "finite, each greater than the one before",
        lambda cuts: torch.any(torch.abs(cuts) == math.inf, dim=-1) | torch.any(cuts[..., 1:] <= cuts[..., :-1], dim=-1),
        0.0,
        vector=True,
        ascends=True,
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


def _surely_legal(y, eta, cuts):
    """Whether a quick look at the whole finds every sample legal; an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
        and torch.amin(y).item() >= 0
        and math.isfinite(torch.sum(y))
        and torch.sum(y - torch.floor(y)).item() == 0
        and math.isfinite(torch.sum(eta))
        and math.isfinite(torch.sum(cuts))
        and torch.all(cuts[..., 1:] > cuts[..., :-1])
        and torch.amax(y).item() <= cuts.shape[-1]
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
    harmless = torch.arange(value.shape[-1], dtype=value.dtype, device=value.device) if argument.ascends else harmless
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
