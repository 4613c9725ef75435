"""The half student t loss of nu and sigma, with its gradient and Hessian.

The size of an error that is Student's t about zero, as a scale in Bayesian models.

Density
    p(y | nu, sigma) = 2 Γ(ν/2 + ½)/(σ √ν √π Γ(ν/2)) · (1 + (y/(σ √ν))²)^(−(ν + 1)/2)

Symbols
    y         in [0, ∞)  data                       size, in the units of the data
    nu     ν  in (0, ∞)  predicted for each sample  degrees of freedom
    sigma  σ  in (0, ∞)  predicted for each sample  scale of the error, in the units of the data

Loss of one sample, to be minimised over nu, sigma
    loss    = log σ + (ν + 1)/2 · log(1 + (y/(σ √ν))²) + [½ log ν + log Γ(ν/2) − log Γ((ν + 1)/2)]
    factor  = 1
    dropped = ½ log π − log 2
    -log p  = factor · loss + dropped

Also known of the density
    mean          2 σ √ν Γ((ν + 1)/2)/((ν − 1) √π Γ(ν/2))   where ν > 1
    mode          0
    P(Y ≤ y)      1 − I(ν/2, ½; ν/(ν + y²/σ²))
    log P(Y > y)  log I(ν/2, ½; ν/(ν + y²/σ²))

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 3, gradient 3, Hessian 3, -log p 3
    float32  value 2, gradient 2, Hessian 3, -log p 3

Source: Gelman (2006), Bayesian Analysis 1, 515-534.

Made by `derive half_student_t --emit torch`, derive 0.1.0.
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


def loss(nu, sigma, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, nu, sigma, weight = _prepared(weight, validate, y=target, nu=nu, sigma=sigma)
    if weight is None:
        return _of_samples(reduction, None, y, nu, sigma)
    return _reduced(_of_samples("none", None, y, nu, sigma), reduction, weight)


class HalfStudentTLoss(torch.nn.Module):
    """The loss as a module: `HalfStudentTLoss()(nu, sigma, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, nu, sigma, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(nu, sigma, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(nu, sigma, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, nu, sigma, weight = _prepared(weight, validate, y=target, nu=nu, sigma=sigma)
    y, nu, sigma, penalty = _guarded(y=y, nu=nu, sigma=sigma)
    value = FACTOR * _of_samples("none", penalty, y, nu, sigma) + _dropped()
    # The sum cancels: it gives the derivatives, and this the value.
    rounded = value.detach()
    better = _negative_log_likelihood(y, nu, sigma).detach() + penalty
    value = torch.where(torch.isfinite(rounded), value - rounded + better, value)
    return _reduced(value, reduction, weight)


def dropped():
    """What was dropped from -log p of one sample: ½ log π − log 2."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, nu, sigma):
    return (
        (math.log(2) / 2 - _half_step_log_gamma(nu / 2))
        + torch.log(sigma)
        + 0.5 * (_log1p_square(y / (sigma * torch.sqrt(nu))) * (nu + 1))
    )


def _loss_and_gradient(y, nu, sigma):
    quotient = y / torch.sqrt(nu).mul_(sigma)
    square_share = _square_share(quotient)
    return (
        _half_step_log_gamma(nu / 2)
        .neg_()
        .add_(math.log(2) / 2)
        .add_(torch.log(sigma))
        .add_(_log1p_square(quotient).mul_(nu + 1).mul_(0.5)),
        _log1p_square_excess(quotient)
        .mul_(0.5)
        .sub_(_half_step_digamma(0.5 * nu).mul_(0.5))
        .sub_(square_share / (2 * nu)),
        (1 / quotient.square_().add_(1)).sub_(square_share.mul_(nu)).div_(sigma),
    )


def _hessian_vector_product(y, nu, sigma, v_nu, v_sigma):
    quotient = y / (sigma * torch.sqrt(nu))
    square_share = _square_share(quotient)
    log1p_square_slope = _log1p_square_slope(quotient)
    square_rest = 1 / (1 + torch.square(quotient))
    h_nu_nu = (
        0.25 * (quotient * torch.square(1 / torch.hypot(quotient, torch.ones_like(quotient)) / nu) * log1p_square_slope)
        + square_share / (2 * nu**2)
        - 0.25 * _half_step_trigamma(0.5 * nu)
        - quotient * log1p_square_slope * square_share / (4 * nu)
    )
    h_nu_sigma = quotient * log1p_square_slope * (square_rest / (2 * nu) - 0.5 * square_share) / sigma
    h_sigma_sigma = (
        (quotient * log1p_square_slope * square_rest / sigma + nu * quotient * log1p_square_slope * square_rest / sigma - (square_rest - nu * square_share) / sigma) / sigma
    )
    return (
        _times(v_nu, h_nu_nu) + _times(v_sigma, h_nu_sigma),
        _times(v_nu, h_nu_sigma) + _times(v_sigma, h_sigma_sigma),
    )


def _dropped():
    return math.log(math.pi) / 2 - math.log(2)


def _negative_log_likelihood(y, nu, sigma):
    return (
        (math.log(2) / 2 - _half_step_log_gamma(nu / 2))
        + _log_ratio(sigma, 2)
        + 0.5 * ((nu + 1) * _log1p_square(y / (sigma * torch.sqrt(nu))))
        + math.log(math.pi) / 2
    )


# 1/log(1 + t) - 1/t = (1 - w q)/2 with w = t/(2 + t), 0 <= t <= e: the quotient q of polynomials in w^2.
_GREGORY_N = (
    0.3333333333333333, -0.8005755893373384, 0.6741995700872829, -0.23280853570392884,
    0.028426250828794346, -0.0005684771066464352,
)
_GREGORY_D = (
    1.0, -2.6683934346786806, 2.5944877531601205, -1.1081430467007107,
    0.1946969565108972, -0.009725608892435969,
)
# log Gamma(x + 1/2) - log Gamma(x) - log(x)/2 = -q/x, x >= 1: the quotient q in 1/x^2.
_HALF_STEP_LOG_GAMMA_N = (
    0.12499999999999997, 2.3784177070146426, 15.693245341443374, 45.855479804731644,
    62.9068317646183, 39.594602292383335, 10.3255492228678, 0.8711712187855304,
    0.011158045020712912,
)
_HALF_STEP_LOG_GAMMA_D = (
    1.0, 19.069008322783525, 126.32800474505335, 371.87862930050056,
    517.3379425079452, 334.63660173345573, 92.39153278235602, 8.928456287912594,
    0.1814566559809606,
)
# psi(x + 1/2) - psi(x) - 1/(2 x) = q/x^2, x >= 1: the quotient q in 1/x^2.
_HALF_STEP_DIGAMMA_N = (
    0.12499999999999997, 3.298713760722495, 31.445540095813524, 139.74249935665807,
    311.9450438102705, 351.35737121042945, 190.16991034950087, 43.87759523600884,
    3.294555273986127, 0.03411531820870513,
)
_HALF_STEP_DIGAMMA_D = (
    1.0, 26.514710085779594, 254.81615952732471, 1148.2012516536054,
    2624.799146320282, 3081.2442803040094, 1795.4696880514227, 475.83441227651787,
    47.7510578533569, 1.1592561685271756,
)
# psi'(x + 1/2) - psi'(x) + 1/(2 x^2) = -q/x^3, x >= 1: the quotient q in 1/x^2.
_HALF_STEP_TRIGAMMA_N = (
    0.24999999999999994, 8.761994839901211, 114.40519286084984, 723.0826843225557,
    2407.756304882191, 4311.224516368016, 4065.324047235452, 1893.7655193969333,
    382.1978500874862, 25.191198339444615, 0.22257198609366136,
)
_HALF_STEP_TRIGAMMA_D = (
    1.0, 35.29797935960453, 466.2577662833982, 3002.5424327179226,
    10303.008054578404, 19362.17562829618, 19747.399049226315, 10471.431143077874,
    2640.8049837923845, 265.25288590707254, 6.919928250168886,
)


def _tensors(*values):
    """Numbers beside tensors, as tensors of the same dtype and device."""
    like, *_ = [value for value in values if isinstance(value, torch.Tensor)]
    return [torch.as_tensor(value, dtype=like.dtype, device=like.device) for value in values]


def _gregory(t):
    """The difference 1/log(1 + t) - 1/t, 0 <= t <= e, which falls from 1/2 to 0.39.

    With w = t/(2 + t), log(1 + t) is 2 atanh(w) (DLMF 4.6.4), and a quotient is fitted in w^2.
    """
    w = t / (2.0 + t)
    return 0.5 - 0.5 * w * _rational(_GREGORY_N, _GREGORY_D, w * w)


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


def _log1p_square_excess(z):
    """The difference log(1 + z^2) - z^2/(1 + z^2) >= 0, near z^4/2 for small z.

    Below 1.6, with q = z^2 and g = 1/log(1 + q) - 1/q, it is q^2 (1 - g)/((1 + q)(1 + q g)).

    Measured beyond conditioning: at most 2 ulp in float64, 2 in float32.
    """
    m = torch.abs(z)
    q = torch.square(torch.clamp(m, max=1.6))
    g = _gregory(q)
    near = q * q * (1.0 - g) / ((1.0 + q) * (1.0 + q * g))
    return torch.where(m < 1.6, near, _log1p_square(m) - _square_share(m))


def _square_share(z):
    """The quotient z^2 / (1 + z^2), also where z^2 overflows.

    Measured beyond conditioning: at most 2 ulp in float64, 2 in float32.
    """
    m = torch.clamp(torch.abs(z), max=1e9)
    return m * m / (1.0 + m * m)


def _log1p_quotient(a, x):
    """The logarithm of 1 + a/x, a, x > 0, also where a/x overflows."""
    q = a / x
    return torch.where(torch.isinf(q), torch.log(a) - torch.log(x), torch.log1p(q))


def _half_step_log_gamma(x):
    """The difference log Gamma(x + 1/2) - log Gamma(x) - log(x)/2 < 0, x > 0.

    With T(x) for it, one step of T(x) = T(x + 1) - log(1 + 1/(4 x (x + 1)))/2, then T(x) =
    -1/(8 x) + 1/(192 x^3) - ... as a fitted quotient (DLMF 5.5.1, 5.11.8).

    Measured beyond conditioning: at most 3 ulp in float64, 2.5 in float32.
    """
    r = 1.0 / (x + 1.0)
    return -(
        0.5 * _log1p_quotient(0.25 * r, x)
        + r * _rational(_HALF_STEP_LOG_GAMMA_N, _HALF_STEP_LOG_GAMMA_D, r * r)
    )


def _half_step_digamma(x):
    """The difference psi(x + 1/2) - psi(x) - 1/(2 x) > 0, x > 0, near 1/(8 x^2) for large x.

    The derivative of log Gamma(x + 1/2) - log Gamma(x) - log(x)/2, by the same step and a fitted
    quotient.

    Measured beyond conditioning: at most 3 ulp in float64, 2.5 in float32.
    """
    r = 1.0 / (x + 1.0)
    step = 0.5 / x * r / (2.0 * x + 1.0)
    return step + r * r * _rational(_HALF_STEP_DIGAMMA_N, _HALF_STEP_DIGAMMA_D, r * r)


def _half_step_trigamma(x):
    """The difference psi'(x + 1/2) - psi'(x) + 1/(2 x^2) < 0, x > 0, near -1/(4 x^3) for large x.

    The second derivative of log Gamma(x + 1/2) - log Gamma(x) - log(x)/2, by the same step and a
    fitted quotient.

    Measured beyond conditioning: at most 3 ulp in float64, 2.5 in float32.
    """
    r, t = 1.0 / (x + 1.0), 1.0 / (2.0 * x + 1.0)
    step = 0.5 / x * r * t * (1.0 / x + r + 2.0 * t)
    return -(step + r * r * r * _rational(_HALF_STEP_TRIGAMMA_N, _HALF_STEP_TRIGAMMA_D, r * r))


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


def _log_ratio(a, b):
    """The logarithm of a/b; a, b > 0: that of 1 + |a - b|/min(a, b), with the sign of a - b.

    Measured beyond conditioning: at most 1 ulp in float64, 1.5 in float32.
    """
    a, b = _tensors(a, b)
    difference = a - b
    t = torch.abs(difference) / torch.minimum(a, b)
    near = torch.copysign(torch.log1p(t), difference)
    return torch.where(t < math.inf, near, torch.log(a) - torch.log(b))


def _times(x, y):
    """The product x y with 0 inf = 0: what is impossible and did not happen costs nothing."""
    return torch.where((x == 0) & torch.isinf(y), torch.zeros_like(y), x * y)


# The derivatives, for autograd --------------------------------------------------------------------


def _of_samples(reduction, penalty, y, nu, sigma):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, penalty, y, nu, sigma)[0]
    if penalty is None:
        y, nu, sigma, penalty = _guarded(y=y, nu=nu, sigma=sigma)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, nu, sigma), reduction)
    return _reduced(_loss(y, nu, sigma) + penalty, reduction)


# Of more than so many numbers of an argument only so many are computed at once: what the functions above
# make on their way then stays in the cache.
_MANY, _PART = 500_000, 65_536


def _in_parts(y, nu, sigma):
    """The loss and its gradient, part by part along the first axis where the samples are many."""
    numbers = y.numel()
    if numbers <= _MANY:
        return _loss_and_gradient(y, nu, sigma)
    rows, wholes = y.shape[0], []
    length = max(_PART * rows // numbers, 1)
    for start in range(0, rows, length):
        here = slice(start, start + length)
        parts = _loss_and_gradient(*[tensor[here] for tensor in (y, nu, sigma)])
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
        reduction, penalty, y, nu, sigma = inputs
        if penalty is None:
            if _surely_legal(y, nu, sigma):
                value, *slopes = _in_parts(y, nu, sigma)
                total = torch.sum(value)
                if not math.isnan(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, nu, sigma, penalty = _guarded(y=y, nu=nu, sigma=sigma)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, nu, sigma))
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
        y, nu, sigma, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y.numel() if ctx.reduction == "mean" else g
            gradient = [share * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, nu, sigma)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, *gradient

    @staticmethod
    def jvp(ctx, _reduction, _penalty, v_y, v_nu, v_sigma):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, nu, sigma, *slopes = ctx.saved_tensors
        directions = [v_nu, v_sigma]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, nu, sigma)

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


def _change_of_gradient(slopes, directions, y, nu, sigma):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, nu, sigma, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, nu, sigma):
        value = _loss(y, nu, sigma)
        ctx.save_for_backward(y, nu, sigma, _nan_or_zero(value, penalty))
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
    "y": _Argument("data", "nonnegative", lambda y: (y < 0) | (torch.abs(y) == math.inf), 1.0),
    "nu": _Argument("learned", "positive", lambda nu: (nu <= 0) | (torch.abs(nu) == math.inf), 1.0),
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


def _surely_legal(y, nu, sigma):
    """Whether a quick look at the whole finds every sample legal; an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
        and torch.amin(y).item() >= 0
        and math.isfinite(torch.sum(y))
        and torch.amin(nu).item() > 0
        and math.isfinite(torch.sum(nu))
        and torch.amin(sigma).item() > 0
        and math.isfinite(torch.sum(sigma))
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
