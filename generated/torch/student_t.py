"""The student t loss of nu and mu and sigma, with its gradient and Hessian.

An observation whose error is normal with an unknown precision: heavy tails.

Density
    p(y | nu, mu, sigma) = Γ((ν + 1)/2)/(σ √ν √π Γ(ν/2)) (1 + (y − μ)²/(ν σ²))^(−(ν + 1)/2)

Symbols
    y      in ℝ       data                       observation, in the units of the data
    nu     in (0, ∞)  predicted for each sample  degrees of freedom
    mu     in ℝ       predicted for each sample  centre, in the units of the data
    sigma  in (0, ∞)  predicted for each sample  scale, in the units of the data

Loss of one sample, to be minimised over nu, mu, sigma
    loss    = [½ log ν + log Γ(ν/2) − log Γ((ν + 1)/2)] + log σ + (ν + 1)/2 log1p(1/ν ((y − μ)/σ)²)
    factor  = 1
    dropped = ½ log π
    -log p  = factor · loss + dropped

All arguments broadcast.  Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs, in float64
and float32, for value, gradient and Hessian.

Elsewhere:
    loss = -scipy.stats.t.logpdf - 0.572364942925
    loss = -torch.distributions.StudentT.log_prob - 0.572364942925

Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 28.

Made by `derive student_t --emit torch`, derive 0.1.0.
Anyone may use, change and share this file for any purpose, without warranty (0BSD).
"""

import math

import torch

# -log p = FACTOR * loss + dropped
FACTOR = 1


def loss(nu, mu, sigma, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support or parameters outside their domain
               (looks at the data, so it is not for torch.compile)
    """
    (y, nu, mu, sigma), penalty, weight = _prepared({"y": target, "nu": nu, "mu": mu, "sigma": sigma}, weight, validate)
    return _reduced(_per_sample(penalty, y, nu, mu, sigma), weight, reduction)


class StudentTLoss(torch.nn.Module):
    """The loss as a module: `StudentTLoss()(nu, mu, sigma, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, nu, mu, sigma, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(nu, mu, sigma, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(nu, mu, sigma, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    (y, nu, mu, sigma), penalty, weight = _prepared({"y": target, "nu": nu, "mu": mu, "sigma": sigma}, weight, validate)
    value = FACTOR * _per_sample(penalty, y, nu, mu, sigma) + _dropped()
    return _reduced(value, weight, reduction)


def dropped():
    """What was dropped from -log p of one sample: ½ log π."""
    return _dropped()


# The mathematics ----------------------------------------------------------------------------------


def _loss(y, nu, mu, sigma):
    """The loss of each sample."""
    return (math.log(2) / 2 - _stirling_half(nu / 2)) + torch.log(sigma) + torch.log1p(torch.square((y - mu) / sigma) / nu) * (nu + 1) / 2


def _loss_and_gradient(y, nu, mu, sigma):
    """The loss of each sample and its gradient, from shared parts."""
    total = nu + 1
    quotient = (y - mu) / sigma
    square = torch.square(quotient)
    log1p = torch.log1p(square / nu)
    total_2 = nu + square
    return (math.log(2) / 2 - _stirling_half(nu / 2)) + torch.log(sigma) + total * log1p / 2, log1p / 2 - _stirling_half_1(nu / 2) / 2 - square * total / (2 * nu * total_2), -quotient * total / (sigma * total_2), -nu * (quotient + 1) * (quotient - 1) / (sigma * total_2)


def _hessian_product(y, nu, mu, sigma, v_nu, v_mu, v_sigma):
    """The Hessian of the loss of each sample times a vector."""
    quotient = (y - mu) / sigma
    square = torch.square(quotient)
    total = nu + square
    total_2 = quotient + 1
    difference = quotient - 1
    total_3 = nu + 1
    h_nu_nu, h_nu_mu, h_nu_sigma, h_mu_mu, h_mu_sigma, h_sigma_sigma = -_stirling_half_2(nu / 2) / 4 - square * (nu * square - 2 * nu - square) / (2 * nu**2 * total**2), -quotient * total_2 * difference / (sigma * total**2), -square * total_2 * difference / (sigma * total**2), -total_3 * (square - nu) / (sigma**2 * total**2), 2 * nu * quotient * total_3 / (sigma**2 * total**2), nu * (square + quotient**4 + 3 * nu * square - nu) / (sigma**2 * total**2)
    return (
        h_nu_nu * v_nu + h_nu_mu * v_mu + h_nu_sigma * v_sigma,
        h_nu_mu * v_nu + h_mu_mu * v_mu + h_mu_sigma * v_sigma,
        h_nu_sigma * v_nu + h_mu_sigma * v_mu + h_sigma_sigma * v_sigma,
    )


def _dropped():
    return math.log(math.pi) / 2


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
_HALF_1_N = (
    0.12499999999999997, 3.298713760722495, 31.445540095813524, 139.74249935665807,
    311.9450438102705, 351.35737121042945, 190.16991034950087, 43.87759523600884,
    3.294555273986127, 0.03411531820870513,
)
_HALF_1_D = (
    1.0, 26.514710085779594, 254.81615952732471, 1148.2012516536054,
    2624.799146320282, 3081.2442803040094, 1795.4696880514227, 475.83441227651787,
    47.7510578533569, 1.1592561685271756,
)
_HALF_2_N = (
    0.24999999999999994, 8.761994839901211, 114.40519286084984, 723.0826843225557,
    2407.756304882191, 4311.224516368016, 4065.324047235452, 1893.7655193969333,
    382.1978500874862, 25.191198339444615, 0.22257198609366136,
)
_HALF_2_D = (
    1.0, 35.29797935960453, 466.2577662833982, 3002.5424327179226,
    10303.008054578404, 19362.17562829618, 19747.399049226315, 10471.431143077874,
    2640.8049837923845, 265.25288590707254, 6.919928250168886,
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


def _stirling_half_1(x):
    """The difference psi(x + 1/2) - psi(x) - 1/(2 x) > 0, x > 0, near 1/(8 x^2) for large x.

    The derivative of log Gamma(x + 1/2) - log Gamma(x) - log(x)/2, by the same step and a fitted
    quotient.

    Measured beyond conditioning: at most 3 ulp in float64, 2.5 in float32.
    """
    r = 1.0 / (x + 1.0)
    step = 0.5 / x * r / (2.0 * x + 1.0)
    return step + r * r * _rational(_HALF_1_N, _HALF_1_D, r * r)


def _stirling_half_2(x):
    """The difference psi'(x + 1/2) - psi'(x) + 1/(2 x^2) < 0, x > 0, near -1/(4 x^3) for large x.

    The second derivative of log Gamma(x + 1/2) - log Gamma(x) - log(x)/2, by the same step and a
    fitted quotient.

    Measured beyond conditioning: at most 3 ulp in float64, 2.5 in float32.
    """
    r, t = 1.0 / (x + 1.0), 1.0 / (2.0 * x + 1.0)
    step = 0.5 / x * r * t * (1.0 / x + r + 2.0 * t)
    return -(step + r * r * r * _rational(_HALF_2_N, _HALF_2_D, r * r))


# The derivatives, for autograd --------------------------------------------------------------------


def _per_sample(penalty, y, nu, mu, sigma):
    """The loss of each sample, with its own derivatives where gradients are wanted."""
    if not torch.is_grad_enabled():
        return _loss(y, nu, mu, sigma) + penalty
    if torch.compiler.is_compiling():
        return _CompiledLoss.apply(penalty, y, nu, mu, sigma)
    return _Loss.apply(penalty, y, nu, mu, sigma)[0]


def _penalised(penalty, value, *slopes):
    """The loss with its penalty, and the gradient: nan where the loss is nan or the penalty infinite."""
    nothing = torch.where(value.isnan(), value, 0 * penalty)
    return value + penalty, *[slope + nothing for slope in slopes]


class _Loss(torch.autograd.Function):
    """Puts out the gradient beside the loss: outputs, when saved, can be differentiated again."""

    generate_vmap_rule = True

    @staticmethod
    def forward(penalty, y, nu, mu, sigma):
        return _penalised(penalty, *_loss_and_gradient(y, nu, mu, sigma))

    @staticmethod
    def setup_context(ctx, inputs, outputs):
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*inputs[1:], *outputs[1:])
        ctx.save_for_forward(*inputs[1:], *outputs[1:])

    @staticmethod
    def backward(ctx, g, *directions):
        y, nu, mu, sigma, *slopes = ctx.saved_tensors
        found = [None if g is None else g * slope for slope in slopes]
        if any([v is not None for v in directions]):
            bends = _bends(slopes, directions, y, nu, mu, sigma)
            found = bends if g is None else [slope + bend for slope, bend in zip(found, bends)]
        return None, None, *found

    @staticmethod
    def jvp(ctx, _, v_y, v_nu, v_mu, v_sigma):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, nu, mu, sigma, *slopes = ctx.saved_tensors
        directions = [v_nu, v_mu, v_sigma]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return change, *_bends(slopes, directions, y, nu, mu, sigma)


def _bends(slopes, directions, y, nu, mu, sigma):
    """The Hessian of each sample times a vector, nan where the gradient is; None is a vector of zeros."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    bends = _hessian_product(y, nu, mu, sigma, *directions)
    return [torch.where(slope.isnan(), math.nan, bend) for slope, bend in zip(slopes, bends)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(penalty, y, nu, mu, sigma):
        return _loss(y, nu, mu, sigma) + penalty

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, g):
        penalty, *arguments = ctx.saved_tensors
        _, d_nu, d_mu, d_sigma = _penalised(penalty, *_loss_and_gradient(*arguments))
        return None, None, g * d_nu, g * d_mu, g * d_sigma


# Arguments and reductions -------------------------------------------------------------------------


def _broken_y(y):
    return torch.isinf(y)


def _broken_nu(nu):
    return (nu <= 0) | torch.isinf(nu)


def _broken_mu(mu):
    return torch.isinf(mu)


def _broken_sigma(sigma):
    return (sigma <= 0) | torch.isinf(sigma)


# For each argument: what it must be, where it is not, what replaces it in a sample of weight 0.
_ARGUMENTS = {
    "y": ("finite", _broken_y, 0.0),
    "nu": ("positive", _broken_nu, 1.0),
    "mu": ("finite", _broken_mu, 0.0),
    "sigma": ("positive", _broken_sigma, 1.0),
}
_LEARNED = ("nu", "mu", "sigma")
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
