"""The sinh arcsinh loss of mu and sigma and skewness and tails, with its gradient and Hessian.

An observation whose tails are lighter or heavier than normal, and skewed.

Density
    p(y | mu, sigma, skewness, tails) = δ/(σ √(2π) √(1 + (y − μ)²/σ²)) · e^(−h(δ asinh((y − μ)/σ) − ε))

Symbols
    y            in ℝ       data                       observation, in the units of the data
    mu        μ  in ℝ       predicted for each sample  location, in the units of the data
    sigma     σ  in (0, ∞)  predicted for each sample  scale, in the units of the data
    skewness  ε  in ℝ       predicted for each sample  shape: 0 is symmetric, and above 0 the longer
                                                       tail is the right one
    tails     δ  in (0, ∞)  predicted for each sample  shape: 1 is as the normal distribution, and the
                                                       lighter the tails the larger

Loss of one sample, to be minimised over mu, sigma, skewness, tails
    loss    = log(√((y − μ)² + σ²)/δ) + h(δ arsinh((y − μ)/σ) − ε)
    factor  = 1
    dropped = ½ log 2π
    -log p  = factor · loss + dropped

Also known of the density
    P(Y ≤ y)      Φ(sinh(δ asinh((y − μ)/σ) − ε))
    log P(Y > y)  log Φ(−sinh(δ asinh((y − μ)/σ) − ε))

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 3, gradient 3, Hessian 3, -log p 3
    float32  value 3, gradient 3, Hessian 3, -log p 3

Source: Jones and Pewsey (2009), Biometrika 96, 761-780; sinh u is standard normal, and h(u) is sinh(u)**2/2 - log cosh(u), the cosine from the change of variable.

Made by `derive sinh_arcsinh --emit torch`, derive 0.1.0.
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


def loss(mu, sigma, skewness, tails, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, mu, sigma, skewness, tails, weight = _prepared(weight, validate, y=target, mu=mu, sigma=sigma, skewness=skewness, tails=tails)
    if weight is None:
        return _of_samples(reduction, None, y, mu, sigma, skewness, tails)
    return _reduced(_of_samples("none", None, y, mu, sigma, skewness, tails), reduction, weight)


class SinhArcsinhLoss(torch.nn.Module):
    """The loss as a module: `SinhArcsinhLoss()(mu, sigma, skewness, tails, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, mu, sigma, skewness, tails, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(mu, sigma, skewness, tails, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(mu, sigma, skewness, tails, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, mu, sigma, skewness, tails, weight = _prepared(weight, validate, y=target, mu=mu, sigma=sigma, skewness=skewness, tails=tails)
    y, mu, sigma, skewness, tails, penalty = _guarded(y=y, mu=mu, sigma=sigma, skewness=skewness, tails=tails)
    value = FACTOR * _of_samples("none", penalty, y, mu, sigma, skewness, tails) + _dropped()
    return _reduced(value, reduction, weight)


def dropped():
    """What was dropped from -log p of one sample: ½ log 2π."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, mu, sigma, skewness, tails):
    difference = y - mu
    return (
        _log_ratio(torch.hypot(difference, sigma), tails)
        + _sinh_square_excess(tails * _asinh_of_quotient(difference, sigma) - skewness)
    )


def _loss_and_gradient(y, mu, sigma, skewness, tails):
    difference = y - mu
    asinh_of_quotient = _asinh_of_quotient(difference, sigma)
    difference_2 = (tails * asinh_of_quotient).sub_(skewness)
    tanh = torch.tanh(difference_2)
    sinh = torch.sinh(difference_2)
    return (
        _log_ratio(torch.hypot(difference, sigma), tails).add_(_sinh_square_excess(difference_2)),
        _times(_times((tails * tanh).div_(torch.hypot(difference, sigma)), sinh), sinh)
        .neg_()
        .sub_((difference / torch.hypot(difference, sigma)).div_(torch.hypot(difference, sigma))),
        (sigma / torch.hypot(difference, sigma))
        .div_(torch.hypot(difference, sigma))
        .sub_(_times(_times((tails * tanh).mul_(difference / torch.hypot(difference, sigma)).div_(sigma), sinh), sinh)),
        torch.tanh(difference_2).neg_().mul_(torch.sinh(difference_2).square_()),
        _times(_times(tanh.mul_(asinh_of_quotient), sinh), sinh).sub_(1 / tails),
    )


def _hessian_vector_product(y, mu, sigma, skewness, tails, v_mu, v_sigma, v_skewness, v_tails):
    difference = y - mu
    hypotenuse = torch.hypot(difference, sigma)
    asinh_of_quotient = _asinh_of_quotient(difference, sigma)
    difference_2 = tails * asinh_of_quotient - skewness
    sech = _sech(difference_2)
    tanh = torch.tanh(difference_2)
    share_of_leg = difference / torch.hypot(difference, sigma)
    sinh = torch.sinh(difference_2)
    difference_of_pulls = _difference_of_pulls(difference, sigma)
    share_of_base = sigma / torch.hypot(difference, sigma)
    h_mu_mu = (
        _times(_times((sech**2 + 2) * tails**2 / hypotenuse**2 - tails * tanh * share_of_leg / hypotenuse**2, sinh), sinh)
        - difference_of_pulls
    )
    h_mu_sigma = (
        _product_of_pulls(difference, sigma)
        + _times(_times(tails * tanh * share_of_base / hypotenuse**2 + share_of_leg * (sech**2 + 2) * tails**2 / (sigma * hypotenuse), sinh), sinh)
    )
    h_mu_skewness = _times(_times(tails * (sech**2 + 2) / hypotenuse, sinh), sinh)
    h_mu_tails = (
        -_times(_times((tanh + tails * asinh_of_quotient * (sech**2 + 2)) / hypotenuse, sinh), sinh)
    )
    h_sigma_sigma = (
        difference_of_pulls
        + _times(_times((sech**2 + 2) * tails**2 * share_of_leg**2 / sigma**2 + tanh * (tails * share_of_leg / sigma**2 + tails * share_of_base * share_of_leg / (sigma * hypotenuse)), sinh), sinh)
    )
    h_sigma_skewness = _times(_times(tails * share_of_leg * (sech**2 + 2) / sigma, sinh), sinh)
    h_sigma_tails = (
        -_times(_times(share_of_leg * (tanh + tails * asinh_of_quotient * (sech**2 + 2)) / sigma, sinh), sinh)
    )
    h_skewness_skewness = (
        torch.square(torch.sinh(difference_2)) * (2 + torch.square(_sech(difference_2)))
    )
    h_skewness_tails = -_times(_times(asinh_of_quotient * (sech**2 + 2), sinh), sinh)
    h_tails_tails = _times(_times((sech**2 + 2) * asinh_of_quotient**2, sinh), sinh) + 1 / tails**2
    return (
        _times(v_mu, h_mu_mu)
        + _times(v_sigma, h_mu_sigma)
        + _times(v_skewness, h_mu_skewness)
        + _times(v_tails, h_mu_tails),
        _times(v_mu, h_mu_sigma)
        + _times(v_sigma, h_sigma_sigma)
        + _times(v_skewness, h_sigma_skewness)
        + _times(v_tails, h_sigma_tails),
        _times(v_mu, h_mu_skewness)
        + _times(v_sigma, h_sigma_skewness)
        + _times(v_skewness, h_skewness_skewness)
        + _times(v_tails, h_skewness_tails),
        _times(v_mu, h_mu_tails)
        + _times(v_sigma, h_sigma_tails)
        + _times(v_skewness, h_skewness_tails)
        + _times(v_tails, h_tails_tails),
    )


def _dropped():
    return math.log(2 * math.pi) / 2


# coth(x/2)/2 - 1/x = x q, |x| <= 3: the quotient q of polynomials in x^2.
_SINH_RATIO_1_N = (
    0.08333333333333333, 0.0014683046107621684, 5.800610289736619e-06, 4.903031346139093e-09,
)
_SINH_RATIO_1_D = (
    1.0, 0.03428632199581265, 0.0002442206265817388, 4.441317414014143e-07,
    1.1024810654110843e-10,
)
# e^x - 1 - x = x^2 (1/2! + x/3! + x^2/4! + ...).
_EXP_EXCESS = tuple(1.0 / math.factorial(k) for k in range(2, 20))


def _tensors(*values):
    """Numbers beside tensors, as tensors of the same dtype and device."""
    like, *_ = [value for value in values if isinstance(value, torch.Tensor)]
    return [torch.as_tensor(value, dtype=like.dtype, device=like.device) for value in values]


def _double(*values):
    """Numbers and tensors as float64 tensors of one device, and the dtype in which to answer."""
    tensors = _tensors(*values)
    return *[tensor.double() for tensor in tensors], tensors[0].dtype


def _sech(x):
    """The quotient 1 / cosh(x), whose square is the derivative of tanh(x).

    Measured beyond conditioning: at most 1.5 ulp in float64, 1.5 in float32.
    """
    e = torch.exp(-torch.abs(x))
    return 2.0 * e / (1.0 + e * e)


def _log_cosh(x):
    """The logarithm of cosh(x), near x^2/2 for small x.

    For |x| below 1 it is log1p(2 sinh(x/2)^2), else |x| - log 2 + log1p(exp(-2 |x|)).

    Measured beyond conditioning: at most 1 ulp in float64, 1.5 in float32.
    """
    m = torch.abs(x)
    s = torch.sinh(0.5 * torch.clamp(m, max=1.0))
    far = (m - 0.6931471805599453) + torch.log1p(torch.exp(-2.0 * torch.clamp(m, min=1.0)))
    return torch.where(m < 1.0, torch.log1p(2.0 * s * s), far)


def _sinh_square_excess(x):
    """The difference sinh(x)^2/2 - log cosh(x), of order x^4 at 0: with e^y - 1 - y at y = 2 log cosh(x), halved.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    x, kind = _double(x)
    logarithm, s = _log_cosh(x), torch.sinh(x)
    near = 0.5 * _exp_excess(2.0 * logarithm)
    return torch.where(torch.abs(x) < 9.0, near, 0.5 * s * s - logarithm).to(kind)


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


def _difference_of_pulls(a, b):
    """The quotient (a^2 - b^2)/(a^2 + b^2)^2, b > 0, from quotients that neither over- nor underflow.

    Measured beyond conditioning: at most 6 ulp in float64, 0.5 in float32.
    """
    a, b, kind = _double(a, b)
    a, h = torch.abs(a), torch.hypot(a, b)
    return ((a - b) / h * ((a + b) / h) / h / h).to(kind)


def _product_of_pulls(a, b):
    """The quotient 2 a b/(a^2 + b^2)^2, b > 0, from quotients that neither over- nor underflow.

    Measured beyond conditioning: at most 6 ulp in float64, 0.5 in float32.
    """
    a, b, kind = _double(a, b)
    h = torch.hypot(a, b)
    return (2.0 * (a / h) * (b / h) / h / h).to(kind)


def _asinh_of_quotient(a, b):
    """The inverse hyperbolic sine of a/b, b > 0; where the quotient overflows, log |2 a| - log b with the sign of a.

    Measured beyond conditioning: at most 2 ulp in float64, 0.5 in float32.
    """
    a, b, kind = _double(a, b)
    q = torch.abs(a / b)
    far = torch.log(torch.abs(a)) + 0.6931471805599453 - torch.log(b)
    return (torch.sign(a) * torch.where(q < torch.inf, torch.asinh(q), far)).to(kind)


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


def _exp_excess(x):
    """The difference e^x - 1 - x, near x^2/2 at 0; for |x| below 1 its power series.

    Measured beyond conditioning: at most 1.5 ulp in float64, 1.5 in float32.
    """
    c = torch.clamp(x, -1.0, 1.0)
    near = c * c * _polynomial(_EXP_EXCESS, c)
    return torch.where(torch.abs(x) < 1.0, near, _expm1(x) - x)


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


def _of_samples(reduction, penalty, y, mu, sigma, skewness, tails):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, penalty, y, mu, sigma, skewness, tails)[0]
    if penalty is None:
        y, mu, sigma, skewness, tails, penalty = _guarded(y=y, mu=mu, sigma=sigma, skewness=skewness, tails=tails)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, mu, sigma, skewness, tails), reduction)
    return _reduced(_loss(y, mu, sigma, skewness, tails) + penalty, reduction)


# Of more than so many numbers of an argument only so many are computed at once: what the functions above
# make on their way then stays in the cache.
_MANY, _PART = 500_000, 65_536


def _in_parts(y, mu, sigma, skewness, tails):
    """The loss and its gradient, part by part along the first axis where the samples are many."""
    numbers = y.numel()
    if numbers <= _MANY:
        return _loss_and_gradient(y, mu, sigma, skewness, tails)
    rows, wholes = y.shape[0], []
    length = max(_PART * rows // numbers, 1)
    for start in range(0, rows, length):
        here = slice(start, start + length)
        parts = _loss_and_gradient(*[tensor[here] for tensor in (y, mu, sigma, skewness, tails)])
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
        reduction, penalty, y, mu, sigma, skewness, tails = inputs
        if penalty is None:
            if _surely_legal(y, mu, sigma, skewness, tails):
                value, *slopes = _in_parts(y, mu, sigma, skewness, tails)
                total = torch.sum(value)
                if not math.isnan(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, mu, sigma, skewness, tails, penalty = _guarded(y=y, mu=mu, sigma=sigma, skewness=skewness, tails=tails)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, mu, sigma, skewness, tails))
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
        y, mu, sigma, skewness, tails, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y.numel() if ctx.reduction == "mean" else g
            gradient = [share * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, mu, sigma, skewness, tails)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, *gradient

    @staticmethod
    def jvp(ctx, _reduction, _penalty, v_y, v_mu, v_sigma, v_skewness, v_tails):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, mu, sigma, skewness, tails, *slopes = ctx.saved_tensors
        directions = [v_mu, v_sigma, v_skewness, v_tails]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, mu, sigma, skewness, tails)

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


def _change_of_gradient(slopes, directions, y, mu, sigma, skewness, tails):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, mu, sigma, skewness, tails, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, mu, sigma, skewness, tails):
        value = _loss(y, mu, sigma, skewness, tails)
        ctx.save_for_backward(y, mu, sigma, skewness, tails, _nan_or_zero(value, penalty))
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
    "sigma": _Argument(
        "learned",
        "positive",
        lambda sigma: (sigma <= 0) | (torch.abs(sigma) == math.inf),
        1.0,
    ),
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


def _surely_legal(y, mu, sigma, skewness, tails):
    """Whether a quick look at the whole finds every sample legal; an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
        and math.isfinite(torch.sum(y))
        and math.isfinite(torch.sum(mu))
        and torch.amin(sigma).item() > 0
        and math.isfinite(torch.sum(sigma))
        and math.isfinite(torch.sum(skewness))
        and torch.amin(tails).item() > 0
        and math.isfinite(torch.sum(tails))
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
