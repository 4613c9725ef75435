"""The student t loss of mu and sigma, with its gradient and Hessian.

An observation whose error is normal with an unknown precision: heavy tails.

Density
    p(y | nu, mu, sigma) = Γ((ν + 1)/2)/(σ √ν √π Γ(ν/2)) (1 + (y − μ)²/(ν σ²))^(−(ν + 1)/2)

Symbols
    y      in ℝ       data                       observation, in the units of the data
    nu     in (0, ∞)  known                      degrees of freedom
    mu     in ℝ       predicted for each sample  centre, in the units of the data
    sigma  in (0, ∞)  predicted for each sample  scale, in the units of the data

Loss of one sample, to be minimised over mu, sigma
    loss    = log σ + (ν + 1)/2 log1p(1/ν ((y − μ)/σ)²)
    factor  = 1
    dropped = ½ log ν + log Γ(ν/2) + ½ log π − log Γ((ν + 1)/2)
    -log p  = factor · loss + dropped

All arguments broadcast.  Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs, in float64
and float32, for value, gradient and Hessian.

Elsewhere:
    loss = -scipy.stats.t.logpdf - (½ log ν + log Γ(ν/2) + ½ log π − log Γ((ν + 1)/2))
    loss = -torch.distributions.StudentT.log_prob - (½ log ν + log Γ(ν/2) + ½ log π − log Γ((ν + 1)/2))

Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 28.

Made by `derive student_t --fix nu --emit torch`, derive 0.1.0.
Anyone may use, change and share this file for any purpose, without warranty (0BSD).
"""

import math

import torch

# -log p = FACTOR * loss + dropped
FACTOR = 1


def loss(mu, sigma, nu, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support or parameters outside their domain
               (looks at the data, so it is not for torch.compile)
    """
    (y, mu, sigma, nu), penalty, weight = _prepared({"y": target, "mu": mu, "sigma": sigma, "nu": nu}, weight, validate)
    return _reduced(_per_sample(penalty, y, mu, sigma, nu), weight, reduction)


class StudentTLoss(torch.nn.Module):
    """The loss as a module: `StudentTLoss()(mu, sigma, nu, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, mu, sigma, nu, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(mu, sigma, nu, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(mu, sigma, nu, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    (y, mu, sigma, nu), penalty, weight = _prepared({"y": target, "mu": mu, "sigma": sigma, "nu": nu}, weight, validate)
    value = FACTOR * _per_sample(penalty, y, mu, sigma, nu) + _dropped(nu)
    return _reduced(value, weight, reduction)


def dropped(nu):
    """What was dropped from -log p of one sample: ½ log ν + log Γ(ν/2) + ½ log π − log Γ((ν + 1)/2)."""
    (nu,), penalty, _ = _prepared({"nu": nu}, None, False)
    return _dropped(nu) + penalty


# The mathematics ----------------------------------------------------------------------------------


def _loss(y, mu, sigma, nu):
    """The loss of each sample."""
    return torch.log(sigma) + torch.log1p(torch.square((y - mu) / sigma) / nu) * (nu + 1) / 2


def _loss_and_gradient(y, mu, sigma, nu):
    """The loss of each sample and its gradient, from shared parts."""
    quotient = (y - mu) / sigma
    square = torch.square(quotient)
    total = nu + 1
    total_2 = nu + square
    return torch.log(sigma) + torch.log1p(square / nu) * total / 2, -quotient * total / (sigma * total_2), -nu * (quotient + 1) * (quotient - 1) / (sigma * total_2)


def _hessian_product(y, mu, sigma, nu, v_mu, v_sigma):
    """The Hessian of the loss of each sample times a vector."""
    total = nu + 1
    quotient = (y - mu) / sigma
    square = torch.square(quotient)
    total_2 = nu + square
    h_mu_mu, h_mu_sigma, h_sigma_sigma = -total * (square - nu) / (sigma**2 * total_2**2), 2 * nu * quotient * total / (sigma**2 * total_2**2), nu * (square + quotient**4 + 3 * nu * square - nu) / (sigma**2 * total_2**2)
    return (
        h_mu_mu * v_mu + h_mu_sigma * v_sigma,
        h_mu_sigma * v_mu + h_sigma_sigma * v_sigma,
    )


def _dropped(nu):
    return (math.log(2) / 2 - _stirling_half(nu / 2)) + math.log(math.pi) / 2


_HALF_N = (
    0.12499999999999997, 2.3784177070146426, 15.693245341443374, 45.855479804731644,
    62.9068317646183, 39.594602292383335, 10.3255492228678, 0.8711712187855304,
    0.011158045020712912,
)
_HALF_D = (
    1.0, 19.069008322783525, 126.32800474505335, 371.87862930050056,
    517.3379425079452, 334.63660173345573, 92.39153278235602, 8.928456287912594,
    0.1814566559809606,
)


def _polynomial(coefficients, w):
    """The polynomial with these coefficients (lowest power first) at w, by Horner's rule."""
    total = torch.zeros_like(w)
    for coefficient in reversed(coefficients):
        total = total * w + coefficient
    return total


def _rational(numerator, denominator, w):
    """The quotient of two polynomials at w."""
    return _polynomial(numerator, w) / _polynomial(denominator, w)


def _log1p_quotient(a, x):
    """The logarithm of 1 + a/x, a, x > 0, also where a/x overflows."""
    q = a / x
    return torch.where(torch.isinf(q), torch.log(a) - torch.log(x), torch.log1p(q))


def _stirling_half(x):
    """The difference log Gamma(x + 1/2) - log Gamma(x) - log(x)/2 < 0, x > 0.

    With T(x) for it, one step of T(x) = T(x + 1) - log(1 + 1/(4 x (x + 1)))/2, then T(x) =
    -1/(8 x) + 1/(192 x^3) - ... as a fitted quotient (DLMF 5.5.1, 5.11.8).

    Measured beyond conditioning: at most 3 ulp in float64, 2.5 in float32.
    """
    r = 1.0 / (x + 1.0)
    return -(0.5 * _log1p_quotient(0.25 * r, x) + r * _rational(_HALF_N, _HALF_D, r * r))


# The derivatives, for autograd --------------------------------------------------------------------


def _per_sample(penalty, y, mu, sigma, nu):
    """The loss of each sample, with its own derivatives where gradients are wanted."""
    if not torch.is_grad_enabled():
        return _loss(y, mu, sigma, nu) + penalty
    if torch.compiler.is_compiling():
        return _CompiledLoss.apply(penalty, y, mu, sigma, nu)
    return _Loss.apply(penalty, y, mu, sigma, nu)[0]


def _penalised(penalty, value, *slopes):
    """The loss with its penalty, and the gradient: nan where the loss is nan or the penalty infinite."""
    nothing = torch.where(value.isnan(), value, 0 * penalty)
    return value + penalty, *[slope + nothing for slope in slopes]


class _Loss(torch.autograd.Function):
    """Puts out the gradient beside the loss: outputs, when saved, can be differentiated again."""

    generate_vmap_rule = True

    @staticmethod
    def forward(penalty, y, mu, sigma, nu):
        return _penalised(penalty, *_loss_and_gradient(y, mu, sigma, nu))

    @staticmethod
    def setup_context(ctx, inputs, outputs):
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*inputs[1:], *outputs[1:])
        ctx.save_for_forward(*inputs[1:], *outputs[1:])

    @staticmethod
    def backward(ctx, g, *directions):
        y, mu, sigma, nu, *slopes = ctx.saved_tensors
        found = [None if g is None else g * slope for slope in slopes]
        if any([v is not None for v in directions]):
            bends = _bends(slopes, directions, y, mu, sigma, nu)
            found = bends if g is None else [slope + bend for slope, bend in zip(found, bends)]
        return None, None, *found, None

    @staticmethod
    def jvp(ctx, _, v_y, v_mu, v_sigma, v_nu):
        if v_y is not None or v_nu is not None:
            raise ValueError("the loss has no gradient in the target or nu; detach it")
        y, mu, sigma, nu, *slopes = ctx.saved_tensors
        directions = [v_mu, v_sigma]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return change, *_bends(slopes, directions, y, mu, sigma, nu)


def _bends(slopes, directions, y, mu, sigma, nu):
    """The Hessian of each sample times a vector, nan where the gradient is; None is a vector of zeros."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    bends = _hessian_product(y, mu, sigma, nu, *directions)
    return [torch.where(slope.isnan(), math.nan, bend) for slope, bend in zip(slopes, bends)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(penalty, y, mu, sigma, nu):
        return _loss(y, mu, sigma, nu) + penalty

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, g):
        penalty, *arguments = ctx.saved_tensors
        _, d_mu, d_sigma = _penalised(penalty, *_loss_and_gradient(*arguments))
        return None, None, g * d_mu, g * d_sigma, None


# Arguments and reductions -------------------------------------------------------------------------


def _broken_y(y):
    return torch.isinf(y)


def _broken_mu(mu):
    return torch.isinf(mu)


def _broken_sigma(sigma):
    return (sigma <= 0) | torch.isinf(sigma)


def _broken_nu(nu):
    return (nu <= 0) | torch.isinf(nu)


# For each argument: what it must be, where it is not, what replaces it in a sample of weight 0.
_ARGUMENTS = {
    "y": ("finite", _broken_y, 0.0),
    "mu": ("finite", _broken_mu, 0.0),
    "sigma": ("positive", _broken_sigma, 1.0),
    "nu": ("positive", _broken_nu, 1.0),
}
_LEARNED = ("mu", "sigma")
_DATA = ("y",)
_VECTORS = ()


def _prepared(arguments, weight, validate):
    """The arguments in one dtype and shape, +inf for samples outside the support (else 0), the weight.

    Half precision computes in single. Data outside the support are made harmless and penalised,
    parameters outside their domain become nan, and a sample of weight 0 is replaced by a harmless one.
    """
    dtype, device = torch.float32, None
    deciding = [name for name in arguments if name not in _DATA] or arguments
    for name, value in arguments.items():
        if isinstance(value, torch.Tensor):
            device = value.device if device is None or device.type == "cpu" else device
            if name not in _LEARNED and value.requires_grad:
                raise ValueError(f"the loss has no gradient in {'the target' if name in _DATA else name}; detach it")
            if name in deciding and value.is_floating_point():
                dtype = torch.promote_types(dtype, value.dtype)
    values = [torch.as_tensor(value, dtype=dtype, device=device) for value in arguments.values()]
    if weight is not None:
        weight = torch.as_tensor(weight, dtype=dtype, device=device)
    values = _broadcast(list(arguments), values, weight)
    prepared, penalty = [], torch.zeros((), dtype=dtype, device=device)
    for name, value in zip(arguments, values):
        demand, broken_at, harmless = _ARGUMENTS[name]
        vector = name in _VECTORS
        harmless = 1 / value.shape[-1] if harmless is None else harmless
        if weight is not None:
            value = torch.where((weight.unsqueeze(-1) if vector else weight) == 0, harmless, value)
        broken = broken_at(value)
        if validate:
            _validate(name, value, broken | (value.isnan().any(-1) if vector else value.isnan()), demand)
        if name in _DATA:
            penalty = penalty + torch.where(broken, math.inf, 0.0).to(dtype)
            value = torch.where(broken.unsqueeze(-1) if vector else broken, harmless, value)
        else:
            value = value + torch.where(broken.unsqueeze(-1) if vector else broken, math.nan, 0.0).to(dtype)
        prepared.append(value)
    return prepared, penalty, weight


def _broadcast(names, values, weight):
    """Every argument expanded to the shape of the samples."""
    shapes = [value.shape for value in values]
    shape = torch.broadcast_shapes(*shapes, *([] if weight is None else [weight.shape]))
    return [value.expand(shape) for value in values]


def _validate(name, value, broken, demand):
    if broken.any():
        place = tuple(torch.nonzero(torch.atleast_1d(broken))[0].tolist())
        raise ValueError(f"{name} must be {demand}, got {torch.atleast_1d(value)[place].tolist()} at index {place}")


def _reduced(value, weight, reduction):
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
