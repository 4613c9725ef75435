"""The von mises loss of mu and kappa, with its gradient and Hessian.

A direction in the plane, such as that of the wind.

Density
    p(y | mu, kappa) = e^κ e^(−κ [1 − cos(y − μ)])/(2π I₀(κ))

Symbols
    y         in (−π, π]  data                       angle in radians; any turn of it is the same
    mu     μ  in (−π, π]  predicted for each sample  mean direction in radians; any turn of it is the
                                                     same
    kappa  κ  in (0, ∞)   predicted for each sample  concentration, for large values the inverse
                                                     variance

Loss of one sample, to be minimised over mu, kappa
    loss    = [log I₀(κ) − κ] + κ [1 − cos(y − μ)]
    factor  = 1
    dropped = log 2π
    -log p  = factor · loss + dropped

Also known of the density
    mode          μ

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 3, gradient 3, Hessian 2, -log p 3
    float32  value 3, gradient 3, Hessian 2, -log p 3

Elsewhere:
    loss = -scipy.stats.vonmises.logpdf - 1.83787706641
    loss = -torch.distributions.VonMises.log_prob - 1.83787706641, within 0.0001

Source: Mardia and Jupp (2000), Directional Statistics, ch. 3.

Made by `derive von_mises --emit torch`, derive 0.1.0.
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


def loss(mu, kappa, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, mu, kappa, weight = _prepared(weight, validate, y=target, mu=mu, kappa=kappa)
    if weight is None:
        return _of_samples(reduction, None, y, mu, kappa)
    return _reduced(_of_samples("none", None, y, mu, kappa), reduction, weight)


class VonMisesLoss(torch.nn.Module):
    """The loss as a module: `VonMisesLoss()(mu, kappa, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, mu, kappa, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(mu, kappa, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(mu, kappa, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, mu, kappa, weight = _prepared(weight, validate, y=target, mu=mu, kappa=kappa)
    y, mu, kappa, penalty = _guarded(y=y, mu=mu, kappa=kappa)
    value = FACTOR * _of_samples("none", penalty, y, mu, kappa) + _dropped()
    return _reduced(value, reduction, weight)


def dropped():
    """What was dropped from -log p of one sample: log 2π."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, mu, kappa):
    return _log_bessel_0_scaled(kappa) + kappa * _one_minus_cosine_between(y, mu)


def _loss_and_gradient(y, mu, kappa):
    one_minus_cosine_between = _one_minus_cosine_between(y, mu)
    return (
        _log_bessel_0_scaled(kappa).add_(kappa * one_minus_cosine_between),
        (-kappa).mul_(_sine_between(y, mu)),
        one_minus_cosine_between.sub_(_bessel_ratio_complement(kappa)),
    )


def _hessian_vector_product(y, mu, kappa, v_mu, v_kappa):
    h_mu_mu = kappa * _cosine_between(y, mu)
    h_mu_kappa = -_sine_between(y, mu)
    h_kappa_kappa = _bessel_ratio_slope(kappa)
    return (
        _times(v_mu, h_mu_mu) + _times(v_kappa, h_mu_kappa),
        _times(v_mu, h_mu_kappa) + _times(v_kappa, h_kappa_kappa),
    )


def _dropped():
    return math.log(2 * math.pi)


# I0(k) = 1 + k^2 q, 0 <= k <= 8: the quotient q of polynomials in k^2.
_BESSEL_0_N = (
    0.25, 0.013300768475013316, 0.00029914229780106133, 3.3665501802917145e-06, 2.1045735456128586e-08,
    7.539069725785792e-11, 1.483359973233585e-13, 1.2866664069131487e-16,
)
_BESSEL_0_D = (
    1.0, -0.009296926099946779, 4.151596133985917e-05, -1.1478627241184865e-07, 2.0866193153501007e-10,
    -2.3789636653655197e-13, 1.3350868174202319e-16,
)
# log I0(k) = k - log(2 pi k)/2 + q/k, k >= 8: the polynomial q in 16/k - 1.
_BESSEL_0_TAIL = (
    0.1291891951413593, 0.004505415249687052, 0.0003551703395100526, 4.596842715801675e-05,
    8.801162930611256e-06, 2.428678577642867e-06, 9.822975383290127e-07, 5.485623528676141e-07,
    2.9552209510757267e-07, -4.070281266739966e-09, -2.734014770277677e-07, -2.5264313922890803e-07,
    6.309003701508137e-08, 2.265208935985053e-07, 2.0155105400144602e-08, -1.4171384697980662e-07,
    -2.5021514659759446e-08, 6.605829987279305e-08, 1.0341202289401167e-08, -2.00788201840142e-08,
    -1.7371683322342265e-09, 2.89873760136778e-09,
)
# A(k) = k / (2 + k^2 / (4 + k^2 q)), 0 <= k <= 8: the quotient q of polynomials in k^2.
_BESSEL_RATIO_N = (
    0.16666666666666666, 0.007345273304794834, 9.90992698624049e-05, 5.107433403807695e-07,
    9.558913246274464e-10, 4.4676662258804266e-13,
)
_BESSEL_RATIO_D = (
    1.0, 0.06490497316210145, 0.001252338115608081, 9.400226458157085e-06, 2.78940446328549e-08,
    2.6928356278146553e-11, 3.745747212158479e-15,
)
# A(k) = 1 - 1/(2 k) - q/k^2, k >= 8: the polynomial q in 16/k - 1.
_BESSEL_RATIO_TAIL = (
    0.13369461039105862, 0.009721171178785588, 0.001203416296976576, 0.00021907832522392176,
    5.6149332071055055e-05, 2.0466795828901006e-05, 1.0713995276822272e-05, 6.740965155419411e-06,
    2.640238007641119e-06, -2.6924243936936384e-06, -5.8735799857172485e-06, -2.6349954462398263e-06,
    4.049897003235572e-06, 4.49573791478843e-06, -2.452414590021511e-06, -4.727165095538084e-06,
    1.6574865984212016e-06, 4.201875882829295e-06, -1.2052309497351743e-06, -3.1380523513535546e-06,
    7.716489550506827e-07, 1.838074956507233e-06, -3.6288559036266455e-07, -7.710623492981229e-07,
    1.0615065779770186e-07, 2.0261673263603844e-07, -1.4267524853523082e-08, -2.4812879890778708e-08,
)
# A'(k) = q, 0 <= k <= 8: the quotient q of polynomials in k^2.
_BESSEL_SLOPE_N = (
    0.5, 0.03749628778673936, 0.0026895346059528143, 7.707150812189057e-05, 1.1620838755575776e-06,
    4.794475015688932e-09, -6.989201193791661e-11, -9.648563931805816e-13, -3.5491165869852475e-15,
    1.1176536316879713e-20,
)
_BESSEL_SLOPE_D = (
    1.0, 0.44999257557347855, 0.0699596183852942, 0.004579877455157024, 0.00014502249594408432,
    2.1961603954404023e-06, 1.0045068936658382e-08, -1.3008171114353322e-10, -1.849757572834571e-12,
    -7.020452661044629e-15,
)
# A'(k) = 1/(2 k^2) + q/k^3, k >= 8: the polynomial q in 16/k - 1.
_BESSEL_SLOPE_TAIL = (
    0.27711039196090514, 0.031570346130187325, 0.005470900162482262, 0.001319988970532506,
    0.0004392300569674996, 0.0002075509138246367, 0.00013289613216996933, 8.180199925634596e-05,
    2.2111108804181865e-06, -8.846935561412628e-05, -9.98476536049601e-05, 1.5094108593253587e-05,
    0.0001174510365681979, 2.9890444041064396e-05, -0.00011973302799926404, -4.430842130669602e-05,
    0.00012939509065591184, 3.804497479796107e-05, -0.00014318054443889053, -1.997866930531549e-05,
    0.00014695367077134574, 8.306029995772648e-07, -0.00012857164642577265, 9.801872645139617e-06,
    8.998122538023542e-05, -9.954957070950639e-06, -4.7513396330481275e-05, 5.23650305796399e-06,
    1.7602219573403322e-05, -1.5208789722345247e-06, -4.0538593389084385e-06, 1.9336363280246702e-07,
    4.3506308312890983e-07,
)


def _tensors(*values):
    """Numbers beside tensors, as tensors of the same dtype and device."""
    like, *_ = [value for value in values if isinstance(value, torch.Tensor)]
    return [torch.as_tensor(value, dtype=like.dtype, device=like.device) for value in values]


def _below_8(k, numerator, denominator):
    """The quotient of polynomials in k^2, whose tables hold for k <= 8."""
    k = torch.clamp(k, max=8.0)
    return _rational(numerator, denominator, k * k)


def _beyond_8(k, tail):
    """The number 1/k, and the polynomial in 16/k - 1 divided by k, whose table holds for k >= 8."""
    r = 1.0 / torch.clamp(k, min=8.0)
    return r, r * _polynomial(tail, 16.0 * r - 1.0)


def _bessel_0_below_8(k):
    """The difference I0(k) - 1 for k <= 8."""
    low = torch.clamp(k, max=8.0)
    return low * low * _below_8(k, _BESSEL_0_N, _BESSEL_0_D)


def _log_bessel_0_beyond_8(k):
    """The logarithm of I0(k) exp(-k) for k >= 8."""
    _, tail = _beyond_8(k, _BESSEL_0_TAIL)
    return tail - (0.5 * torch.log(torch.clamp(k, min=8.0)) + 0.9189385332046728)


def _log_bessel_0_scaled(k):
    """The logarithm of I0(k) exp(-k), k >= 0, of which I0 alone overflows beyond 713.

    Below 4 it is log I0(k) - k; from there to 8 these are large beside their difference, and the
    logarithm is taken of the product.

    Measured beyond conditioning: at most 3.5 ulp in float64, 3.5 in float32.
    """
    rise = _bessel_0_below_8(k)
    between = torch.log(torch.exp(-torch.clamp(k, max=8.0)) * (1.0 + rise))
    below = torch.where(k < 4.0, torch.log1p(rise) - k, between)
    return torch.where(k < 8.0, below, _log_bessel_0_beyond_8(k))


def _bessel_ratio_below_8(k):
    """The quotient A(k)/k for k <= 8, by two steps of its continued fraction (DLMF 10.33.1)."""
    low = torch.clamp(k, max=8.0)
    t = low * low
    return 1.0 / (2.0 + t / (4.0 + t * _below_8(k, _BESSEL_RATIO_N, _BESSEL_RATIO_D)))


def _bessel_ratio_complement(k):
    """The difference 1 - A(k), k >= 0, near 1/(2 k) for large k.

    Below 8 it is (A'(k) + A(k)/k) / (1 + A(k)), whose terms have one sign, because A' = 1 - A/k - A^2
    (DLMF 10.29.2).

    Measured beyond conditioning: at most 3.5 ulp in float64, 3.5 in float32.
    """
    share = _bessel_ratio_below_8(k)
    slope = _below_8(k, _BESSEL_SLOPE_N, _BESSEL_SLOPE_D)
    below = (slope + share) / (1.0 + torch.clamp(k, max=8.0) * share)
    r, tail = _beyond_8(k, _BESSEL_RATIO_TAIL)
    return torch.where(k < 8.0, below, r * (0.5 + tail))


def _bessel_ratio_slope(k):
    """The derivative A'(k) = 1 - A(k)/k - A(k)^2, k >= 0, near 1/(2 k^2) for large k.

    Measured beyond conditioning: at most 3 ulp in float64, 3 in float32.
    """
    below = _below_8(k, _BESSEL_SLOPE_N, _BESSEL_SLOPE_D)
    r, tail = _beyond_8(k, _BESSEL_SLOPE_TAIL)
    return torch.where(k < 8.0, below, r * r * (0.5 + tail))


def _difference(a, b):
    """The difference a - b as it is rounded, and what it then misses, exactly (Knuth's two-sum)."""
    d = a - b
    part = d - a
    return d, (a - (d - part)) - (b + part)


def _one_minus_cosine_between(a, b):
    """1 - cos(a - b) = 2 sin((a - b)/2)^2, of the exact difference.

    At most 4 ulp of the value, or of 1 where the difference is beyond 1.
    """
    a, b = _tensors(a, b)
    d, e = _difference(0.5 * a, 0.5 * b)
    s = torch.sin(d) * torch.cos(e) + torch.cos(d) * torch.sin(e)
    return 2.0 * s * s


def _sine_between(a, b):
    """The sine of the exact difference a - b.

    At most 4 ulp of the value, or of 1 where the difference is beyond 1.
    """
    a, b = _tensors(a, b)
    d, e = _difference(a, b)
    return torch.sin(d) * torch.cos(e) + torch.cos(d) * torch.sin(e)


def _cosine_between(a, b):
    """The cosine of the exact difference a - b.

    At most 4 ulp of the value, or of 1 where the difference is beyond 1.
    """
    a, b = _tensors(a, b)
    d, e = _difference(a, b)
    return torch.cos(d) * torch.cos(e) - torch.sin(d) * torch.sin(e)


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


def _of_samples(reduction, penalty, y, mu, kappa):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, penalty, y, mu, kappa)[0]
    if penalty is None:
        y, mu, kappa, penalty = _guarded(y=y, mu=mu, kappa=kappa)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, mu, kappa), reduction)
    return _reduced(_loss(y, mu, kappa) + penalty, reduction)


# Of more than so many numbers of an argument only so many are computed at once: what the functions above
# make on their way then stays in the cache.
_MANY, _PART = 500_000, 65_536


def _in_parts(y, mu, kappa):
    """The loss and its gradient, part by part along the first axis where the samples are many."""
    numbers = y.numel()
    if numbers <= _MANY:
        return _loss_and_gradient(y, mu, kappa)
    rows, wholes = y.shape[0], []
    length = max(_PART * rows // numbers, 1)
    for start in range(0, rows, length):
        here = slice(start, start + length)
        parts = _loss_and_gradient(*[tensor[here] for tensor in (y, mu, kappa)])
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
        reduction, penalty, y, mu, kappa = inputs
        if penalty is None:
            if _surely_legal(y, mu, kappa):
                value, *slopes = _in_parts(y, mu, kappa)
                total = torch.sum(value)
                if not math.isnan(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, mu, kappa, penalty = _guarded(y=y, mu=mu, kappa=kappa)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, mu, kappa))
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
        y, mu, kappa, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y.numel() if ctx.reduction == "mean" else g
            gradient = [share * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, mu, kappa)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, *gradient

    @staticmethod
    def jvp(ctx, _reduction, _penalty, v_y, v_mu, v_kappa):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, mu, kappa, *slopes = ctx.saved_tensors
        directions = [v_mu, v_kappa]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, mu, kappa)

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


def _change_of_gradient(slopes, directions, y, mu, kappa):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, mu, kappa, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, mu, kappa):
        value = _loss(y, mu, kappa)
        ctx.save_for_backward(y, mu, kappa, _nan_or_zero(value, penalty))
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
    "kappa": _Argument(
        "learned",
        "positive",
        lambda kappa: (kappa <= 0) | (torch.abs(kappa) == math.inf),
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


def _surely_legal(y, mu, kappa):
    """Whether a quick look at the whole finds every sample legal; an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
        and math.isfinite(torch.sum(y))
        and math.isfinite(torch.sum(mu))
        and torch.amin(kappa).item() > 0
        and math.isfinite(torch.sum(kappa))
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
