"""The fisher snedecor loss of m and n, with its gradient and Hessian.

The ratio of two mean squares of independent normal variables: the F distribution.

Density
    p(y | m, n) = 1/(y B(m/2, n/2)) · (n/(n + y m))^(n/2) (y m/(n + y m))^(m/2)

Symbols
    y  in (0, ∞)  data                       ratio
    m  in (0, ∞)  predicted for each sample  degrees of freedom of the numerator
    n  in (0, ∞)  predicted for each sample  degrees of freedom of the denominator

Loss of one sample, to be minimised over m, n
    loss    = ½ [(m + n) log((m y + n)/(m + n)) − m log(y)] + log B*(m/2, n/2)
    factor  = 1
    dropped = log y
    -log p  = factor · loss + dropped

Also known of the density
    mean          n/(n − 2)   where n > 2
    mode          n (m − 2)/(m (n + 2))   where m > 2
    P(Y ≤ y)      I(m/2, n/2; y m/(n + y m))
    log P(Y > y)  log I(n/2, m/2; n/(n + y m))

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 2, gradient 3, Hessian 3, -log p 6
    float32  value 2, gradient 2, Hessian 2, -log p 1

Elsewhere:
    loss = -scipy.stats.f.logpdf - log y
    loss = -torch.distributions.FisherSnedecor.log_prob - log y

Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 27; B*(a, b) is B(a, b) (a + b)^(a + b)/(a^a b^b).

Made by `derive fisher_snedecor --emit torch`, derive 0.1.0.
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


def loss(m, n, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, m, n, weight = _prepared(weight, validate, y=target, m=m, n=n)
    if weight is None:
        return _of_samples(reduction, None, y, m, n)
    return _reduced(_of_samples("none", None, y, m, n), reduction, weight)


class FisherSnedecorLoss(torch.nn.Module):
    """The loss as a module: `FisherSnedecorLoss()(m, n, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, m, n, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(m, n, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(m, n, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, m, n, weight = _prepared(weight, validate, y=target, m=m, n=n)
    y, m, n, penalty = _guarded(y=y, m=m, n=n)

    def in_full(y, m, n):
        return FACTOR * _of_samples("none", penalty, y, m, n) + _dropped(y)

    value = _in_double(in_full, y, m, n)
    return _reduced(value, reduction, weight)


def dropped(target):
    """What was dropped from -log p of one sample: log y."""
    y, _ = _prepared(None, False, y=target)
    y, penalty = _guarded(y=y)
    return _dropped(y) + penalty


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, m, n):
    product = 0.5 * m
    product_2 = 0.5 * n
    return (
        (_log_gamma_excess(product) + _log_gamma_excess(product_2) - _log_gamma_excess(product + product_2))
        + 0.5 * _mean_excess(m, n, y)
    )


def _loss_and_gradient(y, m, n):
    product = 0.5 * m
    product_2 = 0.5 * n
    return (
        _log_gamma_excess(product)
        .add_(_log_gamma_excess(product_2))
        .sub_(_log_gamma_excess(product + product_2))
        .add_(_mean_excess(m, n, y).mul_(0.5)),
        _mean_excess_above(m, n, y).mul_(0.5).sub_(_digamma_excess_difference(product, product_2).mul_(0.5)),
        _mean_excess_below(m, n, y).mul_(0.5).sub_(_digamma_excess_difference(product_2, product).mul_(0.5)),
    )


def _hessian_vector_product(y, m, n, v_m, v_n):
    product = 0.5 * m
    product_2 = 0.5 * n
    h_m_m = (
        0.25 * _trigamma_excess_difference(product, product_2)
        - 0.5 * _mean_excess_bend(n, n, m, n, y)
    )
    h_m_n = 0.5 * _mean_excess_bend(m, n, m, n, y) - 0.25 * _trigamma_excess(product + product_2)
    h_n_n = (
        0.25 * _trigamma_excess_difference(product_2, product)
        - 0.5 * _mean_excess_bend(m, m, m, n, y)
    )
    return _times(v_m, h_m_m) + _times(v_n, h_m_n), _times(v_m, h_m_n) + _times(v_n, h_n_n)


def _dropped(y):
    return torch.log(y)


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
# The places and weights of Gauss's rule of twelve points on the unit interval.
_UNIT_GAUSS = (
    (0.009219682876640378, 0.023587668193255706),
    (0.0479413718147626, 0.05346966299765953),
    (0.11504866290284765, 0.08003916427167321),
    (0.20634102285669126, 0.10158371336153287),
    (0.31608425050090994, 0.1167462682691773),
    (0.43738329574426554, 0.12457352290670134),
    (0.5626167042557344, 0.12457352290670134),
    (0.6839157494990901, 0.1167462682691773),
    (0.7936589771433087, 0.10158371336153287),
    (0.8849513370971523, 0.08003916427167321),
    (0.9520586281852375, 0.05346966299765953),
    (0.9907803171233596, 0.023587668193255706),
)
# psi''(x) + 1/x^2 = -1/x^3 - sum of B(2k) (2k + 1)/x^(2k + 2) (DLMF 5.15.9): those products, k = 1, 2, ...
_TETRAGAMMA_EXCESS = (
    1 / 2, -1 / 6, 1 / 6, -3 / 10, 5 / 6, -691 / 210, 35 / 2, -3617 / 30, 833473 / 798, -1222277 / 110,
)
# atanh(v) = v + v^3 (1/3 + v^2/5 + v^4/7 + ...).
_ATANH_REST = tuple(1.0 / (2 * k + 3) for k in range(12))


def _tensors(*values):
    """Numbers beside tensors, as tensors of the same dtype and device."""
    like, *_ = [value for value in values if isinstance(value, torch.Tensor)]
    return [torch.as_tensor(value, dtype=like.dtype, device=like.device) for value in values]


def _double(*values):
    """Numbers and tensors as float64 tensors of one device, and the dtype in which to answer."""
    tensors = _tensors(*values)
    return *[tensor.double() for tensor in tensors], tensors[0].dtype


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


def _tetragamma_excess(x):
    """The difference -psi''(x) - 1/x^2 > 0 in float64: ten steps of one sign, then its expansion."""
    total = 0.0
    for step in range(10):
        place = x + float(step)
        total = total + (3.0 * place + 2.0) / place / (place * (place + 1.0)) / (place * (place + 1.0))
    r = 1.0 / (x + 10.0)
    return total + r * r * r * (1.0 + r * _polynomial(_TETRAGAMMA_EXCESS, r * r))


def _digamma_excess_difference(a, b):
    """The difference of psi - log at a + b and at a; a, b > 0: near b its slope is integrated by Gauss's rule.

    Measured beyond conditioning: at most 12 ulp in float64, 0.5 in float32.
    """
    a, b, kind = _double(a, b)
    near = torch.minimum(b, 0.5 * a)
    area = sum(weight * _trigamma_excess(a + node * near) for node, weight in _UNIT_GAUSS)
    return torch.where(b < 0.5 * a, near * area, _digamma_excess(a + b) - _digamma_excess(a)).to(kind)


def _trigamma_excess_difference(a, b):
    """The difference of psi'(x) - 1/x at a and at a + b; a, b > 0: near b its slope is integrated by Gauss's rule.

    Measured beyond conditioning: at most 12 ulp in float64, 0.5 in float32.
    """
    a, b, kind = _double(a, b)
    near = torch.minimum(b, 0.5 * a)
    area = sum(weight * _tetragamma_excess(a + node * near) for node, weight in _UNIT_GAUSS)
    return torch.where(b < 0.5 * a, near * area, _trigamma_excess(a) - _trigamma_excess(a + b)).to(kind)


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


def _log1p_excess(t, s):
    """The difference t - log(s) >= 0 for s = 1 + t > 0, each as it is known best, in float64."""
    v = t / (2.0 + t)
    w = torch.clamp(v * v, max=0.04)
    return torch.where(torch.abs(v) < 0.2, t * v - 2.0 * v * w * _polynomial(_ATANH_REST, w), t - torch.log(s))


def _mean_excess_above(a, b, c):
    """The difference t - log(1 + t) at t = b (c - 1)/(a c + b); a, b, c > 0: t is at most b/a, and above -1.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _double(a, b, c)
    whole = a / b * c + 1.0
    t, s = (c - 1.0) / whole, (a / b + 1.0) * (c / whole)
    return (_log1p_excess(t, s)).to(kind)


def _mean_excess_below(a, b, c):
    """The difference t - log(1 + t) at t = a (1 - c)/(a c + b); a, b, c > 0: t is at most a/b, and above -1.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _double(a, b, c)
    t, s = (1.0 - c) / (c + b / a), (1.0 + b / a) / (c + b / a)
    return (_log1p_excess(t, s)).to(kind)


def _mean_excess(a, b, c):
    """The sum (a + b) log((a c + b)/(a + b)) - a log c >= 0; a, b, c > 0: the weights times its slopes in them.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    a, b, c, kind = _double(a, b, c)
    return (a * _mean_excess_above(a, b, c) + b * _mean_excess_below(a, b, c)).to(kind)


def _mean_excess_bend(p, q, a, b, c):
    """The quotient p q (c - 1)^2/((a + b) (a c + b)^2); all > 0.

    Measured beyond conditioning: at most 6 ulp in float64, 0.5 in float32.
    """
    p, q, a, b, c, kind = _double(p, q, a, b, c)
    u = (c - 1.0) / (a * c + b)
    return (p * u * (q * u) / (a + b)).to(kind)


def _times(x, y):
    """The product x y with 0 inf = 0: what is impossible and did not happen costs nothing."""
    return torch.where((x == 0) & torch.isinf(y), torch.zeros_like(y), x * y)


# The derivatives, for autograd --------------------------------------------------------------------


def _of_samples(reduction, penalty, y, m, n):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, penalty, y, m, n)[0]
    if penalty is None:
        y, m, n, penalty = _guarded(y=y, m=m, n=n)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, m, n), reduction)
    return _reduced(_loss(y, m, n) + penalty, reduction)


# Of more than so many numbers of an argument only so many are computed at once: what the functions above
# make on their way then stays in the cache.
_MANY, _PART = 500_000, 65_536


def _in_parts(y, m, n):
    """The loss and its gradient, part by part along the first axis where the samples are many."""
    numbers = y.numel()
    if numbers <= _MANY:
        return _loss_and_gradient(y, m, n)
    rows, wholes = y.shape[0], []
    length = max(_PART * rows // numbers, 1)
    for start in range(0, rows, length):
        here = slice(start, start + length)
        parts = _loss_and_gradient(*[tensor[here] for tensor in (y, m, n)])
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
        reduction, penalty, y, m, n = inputs
        if penalty is None:
            if _surely_legal(y, m, n):
                value, *slopes = _in_parts(y, m, n)
                total = torch.sum(value)
                if not math.isnan(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, m, n, penalty = _guarded(y=y, m=m, n=n)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, m, n))
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
        y, m, n, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y.numel() if ctx.reduction == "mean" else g
            gradient = [share * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, m, n)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, *gradient

    @staticmethod
    def jvp(ctx, _reduction, _penalty, v_y, v_m, v_n):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, m, n, *slopes = ctx.saved_tensors
        directions = [v_m, v_n]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, m, n)

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


def _change_of_gradient(slopes, directions, y, m, n):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, m, n, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, m, n):
        value = _loss(y, m, n)
        ctx.save_for_backward(y, m, n, _nan_or_zero(value, penalty))
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
    "y": _Argument("data", "positive", lambda y: (y <= 0) | (torch.abs(y) == math.inf), 1.0),
    "m": _Argument("learned", "positive", lambda m: (m <= 0) | (torch.abs(m) == math.inf), 1.0),
    "n": _Argument("learned", "positive", lambda n: (n <= 0) | (torch.abs(n) == math.inf), 1.0),
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


def _surely_legal(y, m, n):
    """Whether a quick look at the whole finds every sample legal; an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
        and torch.amin(y).item() > 0
        and math.isfinite(torch.sum(y))
        and torch.amin(m).item() > 0
        and math.isfinite(torch.sum(m))
        and torch.amin(n).item() > 0
        and math.isfinite(torch.sum(n))
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
