"""The tweedie loss of log_mu, with its gradient and Hessian.

An amount that is often nothing at all: the sum of a Poisson number of gamma variables.

Density
    p(y | mu, phi, p) = c(y, φ, p) e^(−1/φ · d(y, μ, p))
    mu = exp(log_mu), the log link; η below

Symbols
    y          in [0, ∞)  data                       amount, in the units of the data; 0 has a
                                                     probability of its own
    mu      μ  in (0, ∞)  μ = e^η                    mean, in the units of the data
    log_mu  η  in ℝ       predicted for each sample  predictor of mu through the log link
    phi     φ  in (0, ∞)  known                      dispersion: the variance is phi times mu to the
                                                     power p
    p          in (1, 2)  known                      power; towards 1 a Poisson number of equal
                                                     amounts, towards 2 a gamma variable

Loss of one sample, to be minimised over log_mu
    loss    = d(y, e^η, p)
    factor  = 1/φ
    dropped = −log c(y, φ, p)
    -log p  = factor · loss + dropped

Also known of the density
    mean          μ
    deviance      2 d(y, μ, p)
    dispersion φ  φ

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 3, gradient 3, Hessian 3, -log p 3
    float32  value 2, gradient 3, Hessian 3, -log p 1

Source: Dunn and Smyth (2005), Statistics and Computing 15, 267-280; d is half the unit deviance, and c is their series over the Poisson number, 1 at y = 0, with the exponential at y = mu taken into it.

Made by `derive tweedie --link mu=exp --emit torch`, derive 0.1.0.
Anyone may use, change and share this file for any purpose, without warranty (0BSD).
"""

import inspect
import math
import warnings
from collections.abc import Callable
from typing import NamedTuple

import torch


def loss(log_mu, p, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, log_mu, p, weight = _prepared(weight, validate, y=target, log_mu=log_mu, p=p)
    if weight is None:
        return _of_samples(reduction, None, y, log_mu, p)
    return _reduced(_of_samples("none", None, y, log_mu, p), reduction, weight)


class TweedieLoss(torch.nn.Module):
    """The loss as a module: `TweedieLoss()(log_mu, p, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, log_mu, p, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(log_mu, p, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(log_mu, phi, p, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, log_mu, phi, p, weight = _prepared(weight, validate, y=target, log_mu=log_mu, phi=phi, p=p)
    y, log_mu, phi, p, penalty = _guarded(y=y, log_mu=log_mu, phi=phi, p=p)

    def in_full(y, log_mu, phi, p):
        return _factor(phi) * _of_samples("none", penalty, y, log_mu, p) + _dropped(y, phi, p)

    value = _in_double(in_full, y, log_mu, phi, p)
    return _reduced(value, reduction, weight)


def dropped(target, phi, p):
    """What was dropped from -log p of one sample: −log c(y, φ, p)."""
    y, phi, p, _ = _prepared(None, False, y=target, phi=phi, p=p)
    y, phi, p, penalty = _guarded(y=y, phi=phi, p=p)
    return _dropped(y, phi, p) + penalty


def factor(phi):
    """The factor in -log p = factor * loss + dropped: 1/φ."""
    phi, _ = _prepared(None, False, phi=phi)
    phi, penalty = _guarded(phi=phi)
    return _factor(phi) + penalty


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, log_mu, p):
    return _tweedie_deviance(y, torch.exp(log_mu), p)


def _loss_and_gradient(y, log_mu, p):
    exp = torch.exp(log_mu)
    return _tweedie_deviance(y, exp, p), exp.mul_((-log_mu).mul_(p).exp_()).mul_(_exp_less(log_mu, y))


def _hessian_vector_product(y, log_mu, p, v_log_mu):
    exp = torch.exp(log_mu)
    exp_less = _exp_less(log_mu, y)
    h_log_mu_log_mu = exp * torch.exp(-log_mu * p) * (exp + exp_less - p * exp_less)
    return (h_log_mu_log_mu * v_log_mu,)


def _dropped(y, phi, p):
    return -_log_tweedie_base(y, phi, p)


def _factor(phi):
    return 1 / phi


# (x + 1/2) log(1 + 1/x) - 1 = z q, z = 1/(4 x (x + 1)), x >= 0.1: the quotient q of polynomials in z.
_STIRLING_STEP_N = (
    0.3333333333333333, 0.8888126198668904, 0.8895558517485586, 0.41613134569476556,
    0.09234200998313634, 0.008726038859893535, 0.0002561135343095964, 4.867574700570081e-07,
)
_STIRLING_STEP_D = (
    1.0, 3.066437859600661, 3.6666712705151414, 2.1665434154622902, 0.6619913165487941,
    0.09991332096920408, 0.006421095179202529, 0.00011941334361488813,
)
# log Gamma(x) = (x - 1/2) log x - x + log(2 pi)/2 + q/x, x >= 1: the quotient q of polynomials in 1/x^2.
_STIRLING_CORRECTION_N = (
    0.08333333333333333, 1.698249287705088, 11.986266873406136, 37.396809385510025, 54.65241420128991,
    36.546282131932045, 10.096897678978026, 0.9005583387068338, 0.012249783286565289,
)
_STIRLING_CORRECTION_D = (
    1.0, 20.412324785794365, 144.50608949755176, 453.3913220389341, 669.7014673881897, 457.409764139427,
    132.20335629761487, 13.168806777385527, 0.26566195878951115,
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


def _stirling_step(x):
    """Give (x + 1/2) log(1 + 1/x) - 1 > 0, what a step from x to x + 1 leaves, and z = 1/(4 x (x + 1))."""
    z = 0.25 / x / (x + 1.0)
    low = torch.clamp(z, max=2.28)
    fitted = low * _rational(_STIRLING_STEP_N, _STIRLING_STEP_D, low)
    return torch.where(x < 0.1, (x + 0.5) * torch.log1p(1.0 / x) - 1.0, fitted), z


def _stirling_correction(x, stirling_step=None):
    """The difference log Gamma(x) - ((x - 1/2) log x - x + log(2 pi)/2) > 0, near 1/(12 x); x > 0.

    One step of the recurrence, then a fitted quotient; both have one sign (DLMF 5.5.1, 5.11.1).

    Measured beyond conditioning: at most 4 ulp in float64, 4 in float32.
    """
    r = 1.0 / (x + 1.0)
    step, _ = stirling_step or _stirling_step(x)
    return step + r * _rational(_STIRLING_CORRECTION_N, _STIRLING_CORRECTION_D, r * r)


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


def _exp_less(a, b):
    """The difference e^a - b, also where it is small because a is near 0 and b is 1.

    With u for e^a rounded, it is u - b + u (a - log u): what u rounded away is known from its logarithm.
    """
    u = torch.exp(a)
    finite = torch.finfo(u.dtype)
    rest = torch.clamp(a, min=math.log(finite.tiny)) - torch.log(torch.clamp(u, finite.tiny, finite.max))
    return (u - b) + u * rest


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


def _power_difference(t, ratio, q):
    """The quotient (ratio^q - 1)/q, t = log ratio."""
    x = q * t
    return torch.where(torch.abs(x) < 1.0, _expm1(torch.where(torch.abs(x) < 1.0, x, 0.0)), ratio**q - 1.0) / q


def _tweedie_deviance(y, mu, p):
    """Half the unit deviance of the power 1 < p < 2, the integral of (v - y) v^-p from y to mu; mu > 0, y >= 0.

    Near y = mu, where all cancels but a square, it is a power series in t = log(mu/y).

    Measured beyond conditioning: at most 0.5 ulp in float64, 0.5 in float32.
    """
    y, mu, p = torch.broadcast_tensors(*_tensors(y, mu, p))
    kind, y, mu, p = mu.dtype, y.double(), mu.double(), p.double()
    b, c = 2.0 - p, 1.0 - p
    some = torch.where(y > 0.0, y, 1.0)
    ratio = mu / some
    near = torch.abs(torch.log(ratio)) < 1.0
    t = torch.where(near, torch.log1p(torch.where(near, (mu - some) / some, 0.0)), torch.log(ratio))
    s = torch.where(near, t, 0.0)
    term, of_b, of_c, total = s, torch.ones_like(b), torch.ones_like(b), torch.zeros_like(s + b)
    for n in range(2, 22):
        term, of_b, of_c = term * s / n, of_b * b, of_c * c
        total = total + term * (of_b - of_c)
    far = _power_difference(t, ratio, b) - _power_difference(t, ratio, c)
    beyond = some**b * torch.where(near, total, far)
    return torch.where(y > 0.0, beyond, mu**b / b).to(kind)


def _log1p_less_argument(x):
    """The difference log(1 + x) - x, x > -1."""
    small = torch.abs(x) < 0.5
    z = torch.where(small, x / (2.0 + x), 0.0)
    w, tail = z * z, 0.0
    for n in range(29, 1, -2):
        tail = tail * w + 1.0 / n
    return torch.where(small, z * (2.0 * w * tail - x), torch.log1p(x) - x)


def _log_tweedie_base(y, phi, p):
    """The logarithm of the base measure of the power 1 < p < 2, 0 at y = 0: y > 0, phi > 0.

    Of the series of Dunn and Smyth (2005), from which Stirling's formula is taken, the terms around the
    largest are added: each of them, or where they are many, by the trapezoidal rule in steps of a quarter
    of their spread, which is right to all digits.

    Measured beyond conditioning, of a value of at least 1 in size: at most 4 ulp in float64, 0.5 in float32.
    """
    y, phi, p = torch.broadcast_tensors(*_tensors(y, phi, p))
    kind, y, phi, p = y.dtype, y.double(), phi.double(), p.double()
    nodes = torch.arange(112.0, dtype=torch.float64, device=y.device)
    b, q = 2.0 - p, p - 1.0
    some = torch.where(y > 0.0, y, 1.0)
    size = some**b / (b * q * phi)
    peak = size * q
    step = torch.clamp(torch.sqrt(size) * q / 4.0, min=1.0)
    step = torch.where(size < 40.0, 1.0, step)
    start = torch.where(step == 1.0, torch.clamp(torch.round(peak) - 44.0, min=1.0) - peak, -44.0 * step)
    offset = start[..., None] + step[..., None] * nodes
    j, x = peak[..., None] + offset, offset / peak[..., None]
    legal = j > 0.0
    j, x = torch.where(legal, j, 1.0), torch.where(legal, x, 0.0)
    bell = size[..., None] * (x * torch.log1p(x) + _log1p_less_argument(x))
    height = -bell - _stirling_correction(j) - _stirling_correction(j * (b / q)[..., None])
    height = torch.where(legal, height, -math.inf)
    top = torch.amax(height, dim=-1)
    total = torch.sum(torch.exp(height - top[..., None]), dim=-1)
    value = top + torch.log(total * step * torch.sqrt(b / q) / some) - 1.8378770664093453
    return torch.where(y > 0.0, value, 0.0).to(kind)


# The derivatives, for autograd --------------------------------------------------------------------


def _of_samples(reduction, penalty, y, log_mu, p):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, penalty, y, log_mu, p)[0]
    if penalty is None:
        y, log_mu, p, penalty = _guarded(y=y, log_mu=log_mu, p=p)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, log_mu, p), reduction)
    return _reduced(_loss(y, log_mu, p) + penalty, reduction)


# Of more than so many numbers of an argument only so many are computed at once: what the functions above
# make on their way then stays in the cache.
_MANY, _PART = 500_000, 65_536


def _in_parts(y, log_mu, p):
    """The loss and its gradient, part by part along the first axis where the samples are many."""
    numbers = y.numel()
    if numbers <= _MANY:
        return _loss_and_gradient(y, log_mu, p)
    rows, wholes = y.shape[0], []
    length = max(_PART * rows // numbers, 1)
    for start in range(0, rows, length):
        here = slice(start, start + length)
        parts = _loss_and_gradient(*[tensor[here] for tensor in (y, log_mu, p)])
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
        reduction, penalty, y, log_mu, p = inputs
        if penalty is None:
            if _surely_legal(y, log_mu, p):
                value, *slopes = _in_parts(y, log_mu, p)
                total = torch.sum(value)
                if not math.isnan(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, log_mu, p, penalty = _guarded(y=y, log_mu=log_mu, p=p)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, log_mu, p))
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
        y, log_mu, p, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y.numel() if ctx.reduction == "mean" else g
            gradient = [share * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, log_mu, p)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, *gradient, None

    @staticmethod
    def jvp(ctx, _reduction, _penalty, v_y, v_log_mu, v_p):
        if v_y is not None or v_p is not None:
            raise ValueError("the loss has no gradient in the target or p; detach it")
        y, log_mu, p, *slopes = ctx.saved_tensors
        directions = [v_log_mu]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, log_mu, p)

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


def _change_of_gradient(slopes, directions, y, log_mu, p):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, log_mu, p, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, log_mu, p):
        value = _loss(y, log_mu, p)
        ctx.save_for_backward(y, log_mu, p, _nan_or_zero(value, penalty))
        return value + penalty

    @staticmethod
    def backward(ctx, g):
        *arguments, without = ctx.saved_tensors
        _, *slopes = _loss_and_gradient(*arguments)
        gradient = [g * (slope + without) for slope in slopes]
        return None, None, *gradient, None


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
        "nonnegative, with an atom at 0",
        lambda y: (y < 0) | (torch.abs(y) == math.inf),
        1.0,
    ),
    "log_mu": _Argument("learned", "finite", lambda log_mu: torch.abs(log_mu) == math.inf, 0.0),
    "phi": _Argument("known", "positive", lambda phi: (phi <= 0) | (torch.abs(phi) == math.inf), 1.0),
    "p": _Argument("known", "between one and two", lambda p: (p <= 1) | (p >= 2), 1.5),
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


def _surely_legal(y, log_mu, p):
    """Whether a quick look at the whole finds every sample legal; an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
        and torch.amin(y).item() >= 0
        and math.isfinite(torch.sum(y))
        and math.isfinite(torch.sum(log_mu))
        and torch.amin(p).item() > 1
        and torch.amax(p).item() < 2
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
