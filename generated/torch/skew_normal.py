"""The skew normal loss of mu and sigma and alpha, with its gradient and Hessian.

An observation whose error is normal but for a skewness.

Density
    p(y | mu, sigma, alpha) = 2/(σ √(2π)) · Φ(α (y − μ)/σ) e^(−(y − μ)²/(2 σ²))

Symbols
    y         in ℝ       data                       observation, in the units of the data
    mu     μ  in ℝ       predicted for each sample  location, in the units of the data: the mean where
                                                    alpha is 0
    sigma  σ  in (0, ∞)  predicted for each sample  scale, in the units of the data
    alpha  α  in ℝ       predicted for each sample  shape: 0 is the normal distribution, and its sign
                                                    is that of the skewness

Loss of one sample, to be minimised over mu, sigma, alpha
    loss    = log σ + ½ ((y − μ)/σ)² − log Φ(α (y − μ)/σ)
    factor  = 1
    dropped = ½ log 2π − log 2
    -log p  = factor · loss + dropped

Also known of the density
    mean          μ + σ α √2/(√π √(α² + 1))

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 2, gradient 3, Hessian 3, -log p 2
    float32  value 2, gradient 3, Hessian 3, -log p 2

Elsewhere:
    loss = -scipy.stats.skewnorm.logpdf - 0.225791352645

Source: Azzalini (1985), Scandinavian Journal of Statistics 12, 171-178.

Made by `derive skew_normal --emit torch`, derive 0.1.0.
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


def loss(mu, sigma, alpha, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, mu, sigma, alpha, weight = _prepared(weight, validate, y=target, mu=mu, sigma=sigma, alpha=alpha)
    if weight is None:
        return _of_samples(reduction, None, y, mu, sigma, alpha)
    return _reduced(_of_samples("none", None, y, mu, sigma, alpha), reduction, weight)


class SkewNormalLoss(torch.nn.Module):
    """The loss as a module: `SkewNormalLoss()(mu, sigma, alpha, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, mu, sigma, alpha, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(mu, sigma, alpha, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(mu, sigma, alpha, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, mu, sigma, alpha, weight = _prepared(weight, validate, y=target, mu=mu, sigma=sigma, alpha=alpha)
    y, mu, sigma, alpha, penalty = _guarded(y=y, mu=mu, sigma=sigma, alpha=alpha)
    value = FACTOR * _of_samples("none", penalty, y, mu, sigma, alpha) + _dropped()
    # The sum cancels: it gives the derivatives, and this the value.
    rounded = value.detach()
    better = _negative_log_likelihood(y, mu, sigma, alpha).detach() + penalty
    value = torch.where(torch.isfinite(rounded), value - rounded + better, value)
    return _reduced(value, reduction, weight)


def dropped():
    """What was dropped from -log p of one sample: ½ log 2π − log 2."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, mu, sigma, alpha):
    return (
        torch.log(sigma)
        + 0.5 * torch.square((y - mu) / sigma)
        - _log_normal_cdf(alpha * (y - mu) / sigma)
    )


def _loss_and_gradient(y, mu, sigma, alpha):
    quotient = (y - mu).div_(sigma)
    square = torch.square(quotient)
    quotient_2 = (y - mu).mul_(alpha).div_(sigma)
    inverse_mills = _inverse_mills(quotient_2)
    return (
        torch.log(sigma).add_(0.5 * square).sub_(_log_normal_cdf(quotient_2)),
        (alpha * inverse_mills).sub_(quotient).div_(sigma),
        quotient_2.mul_(inverse_mills).add_(1).sub_(square).div_(sigma),
        inverse_mills.neg_().mul_(y - mu).div_(sigma),
    )


def _hessian_vector_product(y, mu, sigma, alpha, v_mu, v_sigma, v_alpha):
    quotient = alpha * (y - mu) / sigma
    inverse_mills_slope = _inverse_mills_slope(quotient)
    quotient_2 = (y - mu) / sigma
    inverse_mills = _inverse_mills(quotient)
    difference = y - mu
    square = torch.square(quotient_2)
    h_mu_mu = (1 / sigma - inverse_mills_slope * alpha * alpha / sigma) / sigma
    h_mu_sigma = (
        (quotient_2 / sigma - alpha * quotient * inverse_mills_slope / sigma - (alpha * inverse_mills - quotient_2) / sigma) / sigma
    )
    h_mu_alpha = (inverse_mills + alpha * inverse_mills_slope * difference / sigma) / sigma
    h_sigma_sigma = (
        (2 * square / sigma - inverse_mills_slope * quotient * quotient / sigma - quotient * inverse_mills / sigma - (quotient * inverse_mills + 1 - square) / sigma) / sigma
    )
    h_sigma_alpha = (
        (inverse_mills * difference / sigma + quotient * inverse_mills_slope * difference / sigma) / sigma
    )
    h_alpha_alpha = -inverse_mills_slope * difference * difference / sigma**2
    return (
        _times(v_mu, h_mu_mu) + _times(v_sigma, h_mu_sigma) + _times(v_alpha, h_mu_alpha),
        _times(v_mu, h_mu_sigma) + _times(v_sigma, h_sigma_sigma) + _times(v_alpha, h_sigma_alpha),
        _times(v_mu, h_mu_alpha) + _times(v_sigma, h_sigma_alpha) + _times(v_alpha, h_alpha_alpha),
    )


def _dropped():
    return math.log(2 * math.pi) / 2 - math.log(2)


def _negative_log_likelihood(y, mu, sigma, alpha):
    return (
        _log_ratio(sigma, 2)
        + 0.5 * torch.square((y - mu) / sigma)
        + math.log(2 * math.pi) / 2
        - _log_normal_cdf(alpha * (y - mu) / sigma)
    )


# E[X - t | X > t] = (1 + 1.1e-10 + u q)/(t + d), u = t/(t + 4), t >= 0: the polynomial q in 2 u - 1;
# d is nearly sqrt(pi/2).
_RESIDUAL_LIFE = (
    0.37037040308782243, -0.6836493998724499, 0.39976451082145675, -0.03507909057465042,
    -0.10009244370892459, 0.04944161799645069, 0.015277149701721221, -0.020857345674694532,
    0.0006792743001895714, 0.006694486743622747, -0.0017182561932105609, -0.001802931133425243,
    0.000877262232403984, 0.0004051986301663844, -0.0003282045013748284, -6.78016176073408e-05,
    0.00010245526710703286, 3.0162114392933653e-06, -2.7337272926991804e-05, 3.922868120349483e-06,
    6.093988783126966e-06, -2.3085041219731494e-06, -1.0496260733592852e-06, 8.642331964884396e-07,
    1.1292534864138143e-07, -2.37963223541466e-07, -1.6285219760420496e-09, 4.425474160029082e-08,
    -9.74653880711547e-10, -4.131048882734954e-09,
)
# Var[X | X > t] = (1 + u q)/(t^2 + 3 t + 1/(1 - 2/pi)), u = t/(t + 4), t >= 0: the polynomial q in
# 2 u - 1.
_RESIDUAL_VARIANCE = (
    0.870560502130499, -1.442013685454566, 0.4130798485334867, 0.5400322806967814, -0.4730255549735992,
    -0.05331152958524959, 0.23497662546432665, -0.05374825274401182, -0.08450362057723708,
    0.044290777470910515, 0.023409007711389495, -0.02211028779860818, -0.0044789231994523115,
    0.008764374389109458, 0.00010523927349776915, -0.0029357274440589766, 0.00041422257960686875,
    0.0008331418044281571, -0.00025534227635275083, -0.00018932091885381135, 0.00010833203581490404,
    2.6657308933778298e-05, -3.8304117611200175e-05, 2.6559192231367397e-06, 1.1846795942956231e-05,
    -3.4078682216362973e-06, -3.1813070010044717e-06, 1.2679905887125126e-06, 6.973738685276726e-07,
    -2.649716199695798e-07, -1.0874688162429566e-07, 2.5720770784866405e-08, 8.784146294065811e-09,
)
# P(-t < X < t) = t q, 0 <= t <= 3/4: the polynomial q in t^2.
_CENTRAL = (
    0.7978845608028654, -0.13298076013381088, 0.01994711402007049, -0.0023746564309348067,
    0.0002308693749299566, -1.888931050577129e-05, 1.3319305320134912e-06, -8.243277559450809e-08,
    4.515617096145117e-09, -1.9911620372094846e-10,
)
# phi(t)/Phi(t) = sqrt(2/pi) + t q, 0 <= t <= 1: the polynomial q in t.
_MIDDLE_MILLS = (
    -0.6366197723675814, 0.10900680707249483, 0.019128447009058164, -0.00018490368667639084,
    -0.0012721544356308152, -0.0003651201532217118, -1.2933526782691086e-05, 2.5657178235145788e-05,
    9.322476224401562e-06, 8.053600373259698e-07, -4.35703298055053e-07, -3.484225938796852e-07,
    7.011591941151588e-08, -6.193947520538844e-08, 3.690913793960707e-08, -5.749534117936512e-09,
)
# Var[X | X < t] = 1 - 2/pi + t q, 0 <= t <= 1: the polynomial q in t.
_MIDDLE_VARIANCE = (
    0.21801361414499015, 0.05738534102711046, -0.0007396147438549703, -0.006360772240623053,
    -0.002190720124544004, -9.054114155173194e-05, 0.00020529290258777832, 8.376526673391417e-05,
    8.433960739203305e-06, -5.560196676468143e-06, -3.0547399305390945e-06, -2.7775099260904745e-07,
    1.2522921129179068e-08, 1.2118790772667795e-07, 3.487017929369159e-08, -1.6800809547101557e-08,
)


def _tensors(*values):
    """Numbers beside tensors, as tensors of the same dtype and device."""
    like, *_ = [value for value in values if isinstance(value, torch.Tensor)]
    return [torch.as_tensor(value, dtype=like.dtype, device=like.device) for value in values]


def _square_parts(x):
    """Numbers h and r with x^2 = h^2 + r, x >= 0; h^2 is exact and r small.

    So exp(x^2) = exp(h^2) exp(r) keeps its digits: the rounding of x^2 itself is not small in exp.
    Below 1, where it is, h = 0; from 64 on, where exp(x^2) has no digits, r = 0.
    """
    y = torch.clamp(x, max=64.0)
    h = torch.where(y < 1.0, 0.0, 0.00390625 * torch.floor(256.0 * y))
    return torch.where(x < 64.0, h, x), (y - h) * (y + h)


def _gaussian(x):
    """The number exp(-x^2/2), x >= 0."""
    h, r = _square_parts(x)
    return torch.exp(-0.5 * h * h) * torch.exp(-0.5 * r)


def _on_half_line(coefficients, t):
    """The product of u = t/(t + 4) and a polynomial in 2 u - 1, t >= 0."""
    t = torch.clamp(t, max=1e30)
    u = t / (t + 4.0)
    return u * _polynomial(coefficients, 2.0 * u - 1.0)


def _residual_life(t):
    """The mean E[X - t | X > t] = phi(t)/Phi(-t) - t, t >= 0.

    What the rounding of t + d takes away is given back; d is a number of float32 too.
    """
    d = 1.2533141374588013
    r = 1.0 / (t + d)
    y = torch.clamp(t, max=1.0)
    lost = torch.where(t < 1.0, y - ((y + d) - d), 0.0)
    return r + r * (1.1433767006754332e-10 + _on_half_line(_RESIDUAL_LIFE, t) - lost * r)


def _residual_variance(t):
    """The variance of X given X > t, t >= 0."""
    return (1.0 + _on_half_line(_RESIDUAL_VARIANCE, t)) / (t * (t + 3.0) + 2.751938393884109)


def _central(t):
    """The probability P(-t < X < t), 0 <= t <= 3/4."""
    t = torch.clamp(t, max=0.75)
    return t * _polynomial(_CENTRAL, t * t)


def _log_normal_cdf(x):
    """The logarithm of Phi(x).

    In the middle it is log1p((c - 1)/2) with c = P(-x < X < x), on the right log1p(-Phi(-x)), on the
    left -x^2/2 - log(sqrt(2 pi) m(x)) with m = phi/Phi, in which nothing cancels.

    Measured beyond conditioning: at most 3 ulp in float64, 3 in float32.
    """
    t = torch.abs(x)
    mills = 2.5066282746310002 * (t + _residual_life(t))
    c = torch.sign(x) * _central(t)
    left = -(0.5 * t) * t - torch.log(mills)
    right = torch.log1p(torch.where(t < 0.75, 0.5 * c - 0.5, -_gaussian(t) / mills))
    return torch.where(x > -0.75, right, left)


def _mills_pair(x):
    """The numbers m(x) and x + m(x) with m = phi/Phi.

    Left of 0 they come from the mean residual life, beyond 7/8 from phi(x)/(1 - Phi(-x)).
    """
    t = torch.abs(x)
    life = _residual_life(t)
    left = t + life
    g = _gaussian(t)
    u = torch.clamp(t, max=1.0)
    middle = 0.7978845608028654 + u * _polynomial(_MIDDLE_MILLS, u)
    right = torch.where(t < 0.875, middle, g / (2.5066282746310002 - g / left))
    return torch.where(x > 0, right, left), torch.where(x > 0, x + right, life)


def _inverse_mills(x):
    """The quotient phi(x)/Phi(x), the derivative of log Phi(x): about -x on the far left.

    Measured beyond conditioning: at most 2.5 ulp in float64, 2.5 in float32.
    """
    return _mills_pair(x)[0]


def _variance_pair(x):
    """The variance of X given X < x, 1 - m(x) (x + m(x)) with m = phi/Phi, and that less 1."""
    left = _residual_variance(torch.abs(x))
    u = torch.clamp(torch.abs(x), max=1.0)
    middle = u * _polynomial(_MIDDLE_VARIANCE, u)
    mills, excess = _mills_pair(torch.clamp(torch.clamp(x, min=1.0), max=64.0))
    far = mills * excess
    variance = torch.where(x < 1.0, 0.3633802276324186 + middle, 1.0 - far)
    slope = torch.where(x < 1.0, middle - 0.6366197723675814, -far)
    return torch.where(x < 0, left, variance), torch.where(x < 0, left - 1.0, slope)


def _inverse_mills_slope(x):
    """The derivative -m(x) (x + m(x)) of m = phi/Phi, the second derivative of log Phi(x).

    It is the variance of X given X < x, less 1: near -1 on the far left, tiny on the far right.

    Measured beyond conditioning: at most 3.5 ulp in float64, 3.5 in float32.
    """
    return _variance_pair(x)[1]


def _polynomial(coefficients, w):
    """The polynomial with these coefficients (lowest power first) at w, by Horner's rule, in place where nobody differentiates."""
    *others, leading = coefficients
    total = torch.full_like(w, leading)
    for coefficient in reversed(others):
        total = total * w + coefficient if torch.is_grad_enabled() else total.mul_(w).add_(coefficient)
    return total


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


def _of_samples(reduction, penalty, y, mu, sigma, alpha):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, penalty, y, mu, sigma, alpha)[0]
    if penalty is None:
        y, mu, sigma, alpha, penalty = _guarded(y=y, mu=mu, sigma=sigma, alpha=alpha)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, mu, sigma, alpha), reduction)
    return _reduced(_loss(y, mu, sigma, alpha) + penalty, reduction)


# Of more than so many numbers of an argument only so many are computed at once: what the functions above
# make on their way then stays in the cache.
_MANY, _PART = 500_000, 65_536


def _in_parts(y, mu, sigma, alpha):
    """The loss and its gradient, part by part along the first axis where the samples are many."""
    numbers = y.numel()
    if numbers <= _MANY:
        return _loss_and_gradient(y, mu, sigma, alpha)
    rows, wholes = y.shape[0], []
    length = max(_PART * rows // numbers, 1)
    for start in range(0, rows, length):
        here = slice(start, start + length)
        parts = _loss_and_gradient(*[tensor[here] for tensor in (y, mu, sigma, alpha)])
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
        reduction, penalty, y, mu, sigma, alpha = inputs
        if penalty is None:
            if _surely_legal(y, mu, sigma, alpha):
                value, *slopes = _in_parts(y, mu, sigma, alpha)
                total = torch.sum(value)
                if math.isfinite(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, mu, sigma, alpha, penalty = _guarded(y=y, mu=mu, sigma=sigma, alpha=alpha)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, mu, sigma, alpha))
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
        y, mu, sigma, alpha, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y.numel() if ctx.reduction == "mean" else g
            gradient = [share * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, mu, sigma, alpha)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, *gradient

    @staticmethod
    def jvp(ctx, _reduction, _penalty, v_y, v_mu, v_sigma, v_alpha):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, mu, sigma, alpha, *slopes = ctx.saved_tensors
        directions = [v_mu, v_sigma, v_alpha]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, mu, sigma, alpha)

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


def _change_of_gradient(slopes, directions, y, mu, sigma, alpha):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, mu, sigma, alpha, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, mu, sigma, alpha):
        value = _loss(y, mu, sigma, alpha)
        ctx.save_for_backward(y, mu, sigma, alpha, _nan_or_zero(value, penalty))
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
    "alpha": _Argument("learned", "finite", lambda alpha: torch.abs(alpha) == math.inf, 0.0),
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


def _surely_legal(y, mu, sigma, alpha):
    """Whether a quick look at the whole finds every sample legal (some the loss tells of); an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
        and torch.amin(sigma).item() > 0
        and math.isfinite(torch.sum(sigma))
        and math.isfinite(torch.sum(alpha))
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
