"""The one inflated beta loss of alpha and mean and precision, with its gradient and Hessian.

A proportion that is often the whole.

Density
    p(y | alpha, mean, precision) = α^out(y) (1 − α)^in(y) b(y°, μ, φ)^in(y)

Symbols
    y             in (0, 1]  data                       observed proportion; 1 has a probability of
                                                        its own
    alpha      α  in [0, 1]  predicted for each sample  probability of 1
    mean       μ  in (0, 1)  predicted for each sample  mean of a proportion that is not 1
    precision  φ  in (0, ∞)  predicted for each sample  precision of one that is not 1

Loss of one sample, to be minimised over alpha, mean, precision
    loss    = −out(y) log α − in(y) log1p(−α) − ([φ + log Γ(φ) − φ log φ] − log y° − log1p(−y°) − φ [μ log(μ/y°) + (1 − μ) log((1 − μ)/(1 − y°))] − [μ φ + log Γ(μ φ) − μ φ log(μ φ)] − [φ (1 − μ) + log Γ(φ (1 − μ)) − φ (1 − μ) log(φ (1 − μ))]) in(y)
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

Also known of the density
    mean          α + μ (1 − α)
    P(Y ≤ y)      α [y=1] + (1 − α) I(μ φ, φ (1 − μ); y)

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 3, gradient 3, Hessian 3
    float32  value 3, gradient 3, Hessian 3

Source: Ospina and Ferrari (2010), Statistical Papers 51, 111-126; b is the density of the beta distribution, in(y) is 1 between 0 and 1, out(y) is 1 at either, and y° is y where that lies between.

Made by `derive one_inflated_beta --emit torch`, derive 0.1.0.
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


def loss(alpha, mean, precision, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, alpha, mean, precision, weight = _prepared(weight, validate, y=target, alpha=alpha, mean=mean, precision=precision)
    if weight is None:
        return _of_samples(reduction, None, y, alpha, mean, precision)
    return _reduced(_of_samples("none", None, y, alpha, mean, precision), reduction, weight)


class OneInflatedBetaLoss(torch.nn.Module):
    """The loss as a module: `OneInflatedBetaLoss()(alpha, mean, precision, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, alpha, mean, precision, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(alpha, mean, precision, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(alpha, mean, precision, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, alpha, mean, precision, weight = _prepared(weight, validate, y=target, alpha=alpha, mean=mean, precision=precision)
    y, alpha, mean, precision, penalty = _guarded(y=y, alpha=alpha, mean=mean, precision=precision)
    value = FACTOR * _of_samples("none", penalty, y, alpha, mean, precision) + _dropped()
    return _reduced(value, reduction, weight)


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, alpha, mean, precision):
    inside = (torch.sign(y) * torch.sign(1 - y))
    interior = torch.where(torch.sign(y) * torch.sign(1 - y) == 0, 0.5, y)
    difference = 1 - mean
    return (
        -_xlog1py(inside, -alpha)
        - torch.xlogy((1 - torch.sign(y) * torch.sign(1 - y)), alpha)
        - inside * (_log_gamma_excess(precision) - torch.log(interior) - torch.log1p(-interior) - _log_gamma_excess(mean * precision) - _log_gamma_excess(difference * precision) - precision * (_divergence(mean, interior) + _divergence(difference, 1 - interior)))
    )


def _loss_and_gradient(y, alpha, mean, precision):
    stirling_step = _stirling_step(precision)
    inside = torch.sign(y).mul_((1 - y).sign_())
    at_end = torch.sign(y).mul_((1 - y).sign_()).neg_().add_(1)
    interior = torch.where(torch.sign(y).mul_((1 - y).sign_()) == 0, 0.5, y)
    difference = 1 - mean
    bernoulli_divergence = _divergence(mean, interior).add_(_divergence(difference, 1 - interior))
    product = precision * difference
    weighted_digamma_excess = _digamma_excess(product).mul_(product)
    product_2 = mean * precision
    weighted_digamma_excess_2 = _digamma_excess(product_2).mul_(product_2)
    return (
        _xlog1py(inside, -alpha)
        .neg_()
        .sub_(torch.xlogy(at_end, alpha))
        .sub_(_log_gamma_excess(precision, stirling_step).sub_(torch.log(interior)).sub_((-interior).log1p_()).sub_(_log_gamma_excess(mean * precision)).sub_(_log_gamma_excess(difference * precision)).sub_(precision * bernoulli_divergence).mul_(inside)),
        _ratio(inside, 1 - alpha).sub_(_ratio(at_end, alpha)),
        (-inside)
        .mul_((weighted_digamma_excess / difference).sub_(weighted_digamma_excess_2 / mean).sub_(_log_ratio(mean, interior).sub_(_log_ratio(difference, 1 - interior)).mul_(precision))),
        inside
        .neg_()
        .mul_(_digamma_excess(precision, stirling_step).sub_(bernoulli_divergence).sub_(weighted_digamma_excess_2.div_(precision)).sub_(weighted_digamma_excess.div_(precision))),
    )


def _hessian_vector_product(y, alpha, mean, precision, v_alpha, v_mean, v_precision):
    inside = (torch.sign(y) * torch.sign(1 - y))
    difference = 1 - alpha
    product = mean * precision
    weighted_digamma_excess = product * _digamma_excess(product)
    difference_2 = 1 - mean
    product_2 = precision * difference_2
    weighted_digamma_excess_2 = product_2 * _digamma_excess(product_2)
    digamma_excess_growth = _digamma_excess_growth(product_2)
    digamma_excess_growth_2 = _digamma_excess_growth(product)
    interior = torch.where(torch.sign(y) * torch.sign(1 - y) == 0, 0.5, y)
    h_alpha_alpha = (
        _ratio(_ratio(inside, difference), difference)
        + _ratio(_ratio((1 - torch.sign(y) * torch.sign(1 - y)), alpha), alpha)
    )
    h_alpha_mean = 0
    h_alpha_precision = 0
    h_mean_mean = (
        -inside * (weighted_digamma_excess / mean**2 + weighted_digamma_excess_2 / difference_2**2 - precision * digamma_excess_growth / difference_2 - precision * digamma_excess_growth_2 / mean - precision * (1 / mean + 1 / difference_2))
    )
    h_mean_precision = (
        -inside * (digamma_excess_growth - digamma_excess_growth_2 - (_log_ratio(mean, interior) - _log_ratio(difference_2, 1 - interior)))
    )
    h_precision_precision = (
        -inside * (_trigamma_excess(precision) + weighted_digamma_excess / precision**2 + weighted_digamma_excess_2 / precision**2 - mean * digamma_excess_growth_2 / precision - digamma_excess_growth * difference_2 / precision)
    )
    return (
        _times(v_alpha, h_alpha_alpha) + h_alpha_mean * v_mean + h_alpha_precision * v_precision,
        h_alpha_mean * v_alpha + _times(v_mean, h_mean_mean) + _times(v_precision, h_mean_precision),
        h_alpha_precision * v_alpha
        + _times(v_mean, h_mean_precision)
        + _times(v_precision, h_precision_precision),
    )


def _dropped():
    return 0


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
# psi(x) = log x - 1/(2 x) - q/x^2, x >= 1: the quotient q of polynomials in 1/x^2.
_STIRLING_SLOPE_N = (
    0.08333333333333333, 2.4384002706996504, 25.765119919768647, 126.81801188873901, 313.222591486411,
    389.93483343927187, 233.14235736343613, 59.48532548344214, 4.968427638503493, 0.05938962247804522,
)
_STIRLING_SLOPE_D = (
    1.0, 29.36080324839579, 312.0699003144505, 1551.674999207221, 3900.3552574835117, 5008.551680334965,
    3168.4778624172873, 901.0655603408794, 95.1088803129576, 2.3258207808827107,
)
# psi'(x) = 1/x + 1/(2 x^2) + q/x^3, x >= 1: the quotient q of polynomials in 1/x^2.
_STIRLING_CURVATURE_N = (
    0.16666666666666666, 5.36538305971135, 62.58537117315088, 341.1266008414031, 935.3200901590213,
    1294.3684827092022, 859.7990991501407, 242.78648718297077, 22.20497069266673, 0.27820346819632014,
)
_STIRLING_CURVATURE_D = (
    1.0, 32.39229835826802, 381.847829567739, 2118.7016997610485, 5987.135105855408, 8724.130679948388,
    6340.684263096004, 2108.580944065058, 267.6547076280135, 8.311561411500044,
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
# atanh(v) = v + v^3 (1/3 + v^2/5 + v^4/7 + ...).
_ATANH_REST = tuple(1.0 / (2 * k + 3) for k in range(12))


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


def _stirling_correction_slope(x, stirling_step=None):
    """The difference psi(x) - log x + 1/(2 x) < 0, near -1/(12 x^2); x > 0.

    The derivative of Stirling's correction. That of the step h is -(z - h) / (x + 1/2), and both parts
    have one sign (DLMF 5.5.2, 5.11.2).

    Measured beyond conditioning: at most 3 ulp in float64, 3.5 in float32.
    """
    r = 1.0 / (x + 1.0)
    w = r * r
    step, z = stirling_step or _stirling_step(x)
    tail = w * _rational(_STIRLING_SLOPE_N, _STIRLING_SLOPE_D, w)
    return -((z - step) / (x + 0.5) + tail)


def _stirling_correction_curvature(x):
    """The difference psi'(x) - 1/x - 1/(2 x^2) > 0, near 1/(6 x^3); x > 0.

    The second derivative of Stirling's correction. That of the step is 1/(2 x^2 (x + 1)^2), and both
    parts have one sign (DLMF 5.15.5, 5.15.8).

    Measured beyond conditioning: at most 3.5 ulp in float64, 3.5 in float32.
    """
    p, r = 1.0 / x, 1.0 / (x + 1.0)
    w = r * r
    tail = r * w * _rational(_STIRLING_CURVATURE_N, _STIRLING_CURVATURE_D, w)
    return 0.5 * p * w * p + tail


def _log_gamma_excess(x, stirling_step=None):
    """The difference log Gamma(x) - (x log x - x), near log(2 pi/x)/2; x > 0.

    Measured beyond conditioning: at most 4 ulp in float64, 4 in float32.
    """
    return _stirling_correction(x, stirling_step) + (0.9189385332046728 - 0.5 * torch.log(x))


def _digamma_excess(x, stirling_step=None):
    """The difference psi(x) - log x < 0, near -1/(2 x); x > 0.

    Measured beyond conditioning: at most 3 ulp in float64, 3.5 in float32.
    """
    return _stirling_correction_slope(x, stirling_step) - 0.5 / x


def _trigamma_excess(x):
    """The difference psi'(x) - 1/x > 0, near 1/(2 x^2); x > 0.

    Measured beyond conditioning: at most 3 ulp in float64, 3.5 in float32.
    """
    return _stirling_correction_curvature(x) + 0.5 / x / x


def _digamma_excess_growth(x):
    """The sum psi(x) - log x + x psi'(x) - 1 > 0, near 1/(12 x^2); x > 0.

    For small x it is psi(x + 1) + x psi'(x + 1) - log x - 1 (DLMF 5.5.2, 5.15.5).

    Measured beyond conditioning: at most 8 ulp in float64, 10 in float32.
    """
    low, high = torch.clamp(x, max=0.2), torch.clamp(x, min=0.2)
    near = (_digamma(low + 1.0) + low * _trigamma(low + 1.0)) - (torch.log(low) + 1.0)
    far = _stirling_correction_slope(high) + high * _stirling_correction_curvature(high)
    return torch.where(x < 0.2, near, far)


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


def _small_ratio(a, b):
    """Give t = (a - b)/b, v = t/(2 + t), 2 (atanh(v) - v) for |v| < 0.2, and where |v| is so small."""
    t = (a - b) / b
    v = t / (2.0 + t)
    w = torch.clamp(v * v, max=0.04)
    return t, v, 2.0 * v * w * _polynomial(_ATANH_REST, w), torch.abs(v) < 0.2


def _divergence(a, b):
    """The sum a log(a/b) - a + b >= 0; a >= 0, b > 0.

    Measured beyond conditioning: at most 2 ulp in float64, 1.5 in float32.
    """
    a, b = _tensors(a, b)
    _, v, rest, close = _small_ratio(a, b)
    far = torch.where(a == 0.0, 0.0, a * _log_ratio(a, b))
    return torch.where(close, (a - b) * v + a * rest, far - (a - b))


def _ratio(x, y):
    """The quotient x / y with 0/0 = 0: the derivative of x log y in y."""
    quotient = x / y
    return torch.where((x == 0) & (y == 0), torch.zeros_like(quotient), quotient)


def _xlog1py(x, y):
    """The product x log(1 + y), 0 at x = 0 (nan if x or y is nan)."""
    return torch.special.xlog1py(x, y)


def _times(x, y):
    """The product x y with 0 inf = 0: what is impossible and did not happen costs nothing."""
    return torch.where((x == 0) & torch.isinf(y), torch.zeros_like(y), x * y)


# The derivatives, for autograd --------------------------------------------------------------------


def _of_samples(reduction, penalty, y, alpha, mean, precision):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, penalty, y, alpha, mean, precision)[0]
    if penalty is None:
        y, alpha, mean, precision, penalty = _guarded(y=y, alpha=alpha, mean=mean, precision=precision)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, alpha, mean, precision), reduction)
    return _reduced(_loss(y, alpha, mean, precision) + penalty, reduction)


# Of more than so many numbers of an argument only so many are computed at once: what the functions above
# make on their way then stays in the cache.
_MANY, _PART = 500_000, 65_536


def _in_parts(y, alpha, mean, precision):
    """The loss and its gradient, part by part along the first axis where the samples are many."""
    numbers = y.numel()
    if numbers <= _MANY:
        return _loss_and_gradient(y, alpha, mean, precision)
    rows, wholes = y.shape[0], []
    length = max(_PART * rows // numbers, 1)
    for start in range(0, rows, length):
        here = slice(start, start + length)
        parts = _loss_and_gradient(*[tensor[here] for tensor in (y, alpha, mean, precision)])
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
        reduction, penalty, y, alpha, mean, precision = inputs
        if penalty is None:
            if _surely_legal(y, alpha, mean, precision):
                value, *slopes = _in_parts(y, alpha, mean, precision)
                total = torch.sum(value)
                if not math.isnan(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, alpha, mean, precision, penalty = _guarded(y=y, alpha=alpha, mean=mean, precision=precision)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, alpha, mean, precision))
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
        y, alpha, mean, precision, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y.numel() if ctx.reduction == "mean" else g
            gradient = [share * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, alpha, mean, precision)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, *gradient

    @staticmethod
    def jvp(ctx, _reduction, _penalty, v_y, v_alpha, v_mean, v_precision):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, alpha, mean, precision, *slopes = ctx.saved_tensors
        directions = [v_alpha, v_mean, v_precision]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, alpha, mean, precision)

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


def _change_of_gradient(slopes, directions, y, alpha, mean, precision):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, alpha, mean, precision, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, alpha, mean, precision):
        value = _loss(y, alpha, mean, precision)
        ctx.save_for_backward(y, alpha, mean, precision, _nan_or_zero(value, penalty))
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
    "y": _Argument("data", "in (0, 1]", lambda y: (y <= 0) | (y > 1), 0.5),
    "alpha": _Argument("learned", "in the unit interval", lambda alpha: (alpha < 0) | (alpha > 1), 0.5),
    "mean": _Argument(
        "learned",
        "in the open unit interval",
        lambda mean: (mean <= 0) | (mean >= 1),
        0.5,
    ),
    "precision": _Argument(
        "learned",
        "positive",
        lambda precision: (precision <= 0) | (torch.abs(precision) == math.inf),
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


def _surely_legal(y, alpha, mean, precision):
    """Whether a quick look at the whole finds every sample legal; an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
        and torch.amin(y).item() > 0
        and torch.amax(y).item() <= 1
        and torch.amin(alpha).item() >= 0
        and torch.amax(alpha).item() <= 1
        and torch.amin(mean).item() > 0
        and torch.amax(mean).item() < 1
        and torch.amin(precision).item() > 0
        and math.isfinite(torch.sum(precision))
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
