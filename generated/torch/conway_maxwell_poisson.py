"""The conway maxwell poisson loss of mu and nu, with its gradient and Hessian.

A count that varies less than Poisson's (nu > 1) or more (nu < 1): probabilities go as (mu^y/y!)^nu.

Density
    p(y | mu, nu) = e^(ν (y log μ − log y!) − log Z(μ, ν))

Symbols
    y      in {0, 1, 2, …}  data                       number of events
    mu  μ  in (0, ∞)        predicted for each sample  location: the mode is the whole part of mu, and
                                                       the mean is near mu + 1/(2 nu) - 1/2; the rate
                                                       is mu^nu
    nu  ν  in (0, ∞)        predicted for each sample  dispersion: 1 is Poisson's count, large nu
                                                       leaves the mode alone; the variance is near
                                                       mu/nu

Loss of one sample, to be minimised over mu, nu
    loss    = [log Z(μ, ν) − ν (y log μ − log y!)]
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

Also known of the density
    mode          ⌊μ⌋

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 2, gradient 3, Hessian 6
    float32  value 1, gradient 1, Hessian 5

Source: Shmueli et al. (2005), Applied Statistics 54, 127-142, by the location of Guikema and Goffelt (2008), Risk Analysis 28, 213-223. Z is the sum of (mu^j/j!)^nu, and E, V and C are means, variances and the covariance of a count j and of Q(j) = mu - j log mu + log j!. Tested where nu is above 0.03; as nu vanishes, counts grow without bound.

Made by `derive conway_maxwell_poisson --emit torch`, derive 0.1.0.
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


def loss(mu, nu, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, mu, nu, weight = _prepared(weight, validate, y=target, mu=mu, nu=nu)
    if weight is None:
        return _of_samples(reduction, None, y, mu, nu)
    return _reduced(_of_samples("none", None, y, mu, nu), reduction, weight)


class ConwayMaxwellPoissonLoss(torch.nn.Module):
    """The loss as a module: `ConwayMaxwellPoissonLoss()(mu, nu, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, mu, nu, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(mu, nu, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(mu, nu, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, mu, nu, weight = _prepared(weight, validate, y=target, mu=mu, nu=nu)
    y, mu, nu, penalty = _guarded(y=y, mu=mu, nu=nu)
    value = FACTOR * _of_samples("none", penalty, y, mu, nu) + _dropped()
    return _reduced(value, reduction, weight)


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, mu, nu):
    return _dispersed(y, mu, nu)


def _loss_and_gradient(y, mu, nu):
    return _dispersed(y, mu, nu), _dispersed_location_slope(y, mu, nu), _dispersed_slope(y, mu, nu)


def _hessian_vector_product(y, mu, nu, v_mu, v_nu):
    h_mu_mu = _dispersed_location_curvature(y, mu, nu)
    h_mu_nu = _dispersed_cross(y, mu, nu)
    h_nu_nu = _dispersed_curvature(mu, nu)
    return _times(v_mu, h_mu_mu) + _times(v_nu, h_mu_nu), _times(v_mu, h_mu_nu) + _times(v_nu, h_nu_nu)


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
# log Gamma(t + 1) = t (t q - 0.5772...), 0 <= t <= 2: the quotient q of polynomials in t.
_LOG_FACTORIAL_N = (
    0.8224670334241132, 2.2532432885294456, 2.3278113131477567, 1.130107563599626, 0.2617334459451997,
    0.025968691060374832, 0.0008050985175759481, 1.6060013282139407e-06,
)
_LOG_FACTORIAL_D = (
    1.0, 3.226790637269772, 4.073305095645863, 2.5490387413255498, 0.8274751632938193,
    0.1331045995143266, 0.009148310945100845, 0.00018266345042333633,
)
_FIRST_WEIGHTS = (
    1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.9999990404973844, 1.0000175303920285, 0.9998468063596058,
    1.0008560837610996, 0.9965352366546194, 1.0110016646063484, 0.970341084597445, 1.0783622633478465, 0.5,
    -0.07836226334784643, 0.029658915402555077, -0.011001664606348528, 0.0034647633453806104,
    -0.0008560837610996297, 0.00015319364039426608, -1.753039202853559e-05, 9.595026156320693e-07,
)
_GAUSS_87 = (
    (
        0.00018882478375786826, 0.0009946392185088415, 0.0024432709310039935, 0.004533174944517715,
        0.007261696965789821, 0.010625329498091862, 0.01461974012635786, 0.01923978153196343, 0.02447949930534321,
        0.030332140012897135, 0.036790160054381404, 0.04384523545293856, 0.0514882726162153, 0.05970942007397906,
        0.06849808118514672, 0.07784292780148239, 0.08773191487210974, 0.09815229597091113, 0.10909063972728111,
        0.12053284713932533, 0.1324641697473431, 0.14486922864426355, 0.15773203429858818, 0.17103600716432532,
        0.18476399905137475, 0.1988983152288324, 0.2134207372327348, 0.22831254634885334, 0.24355454774027385,
        0.2591270951886666, 0.27501011641735784, 0.29118313896356546, 0.30762531656645153, 0.3243154560369793,
        0.34123204457494216, 0.3583532774979541, 0.37565708634666145, 0.3931211673299492, 0.4107230100734779,
        0.4284399266344959, 0.4462490807455286, 0.4641275172492503, 0.4820521916865996, 0.5, 0.5179478083134005,
        0.5358724827507497, 0.5537509192544714, 0.5715600733655041, 0.5892769899265221, 0.6068788326700508,
        0.6243429136533386, 0.6416467225020459, 0.6587679554250578, 0.6756845439630207, 0.6923746834335485,
        0.7088168610364345, 0.7249898835826422, 0.7408729048113334, 0.7564454522597261, 0.7716874536511467,
        0.7865792627672652, 0.8011016847711676, 0.8152360009486253, 0.8289639928356747, 0.8422679657014118,
        0.8551307713557365, 0.8675358302526569, 0.8794671528606747, 0.8909093602727189, 0.9018477040290889,
        0.9122680851278903, 0.9221570721985176, 0.9315019188148532, 0.9402905799260209, 0.9485117273837846,
        0.9561547645470614, 0.9632098399456186, 0.9696678599871029, 0.9755205006946568, 0.9807602184680366,
        0.9853802598736421, 0.9893746705019082, 0.9927383030342102, 0.9954668250554823, 0.997556729068996,
        0.9990053607814912, 0.9998111752162422,
    ),
    (
        0.0004845548690887205, 0.0011273453768773927, 0.0017696358276940941, 0.0024097281192508747,
        0.0030467310238173847, 0.003679811824408939, 0.004308151419244519, 0.004930938856851021,
        0.005547370970280235, 0.006156653015024045, 0.006757999559122862, 0.007350635443619869,
        0.007933796759413067, 0.008506731821500744, 0.009068702132677174, 0.009618983332678266,
        0.010156866130327662, 0.010681657216901346, 0.01119268015924262, 0.011689276271330016, 0.012170805463083766,
        0.012636647065278521, 0.013086200629466811, 0.013518886701867927, 0.013934147570214531,
        0.014331447982588062, 0.014710275837311533, 0.015070142843009436, 0.015410585147981071, 0.01573116393807538,
        0.016031466002294815, 0.016311104265400708, 0.01656971828683098, 0.016806974725288422, 0.017022567768399673,
        0.01721621952689111, 0.01738768039277392, 0.017536729361075757, 0.017663174314705092, 0.017766852272080278,
        0.01784762959720471, 0.017905402171916877, 0.01794009553009348, 0.017951664953632727, 0.01794009553009348,
        0.017905402171916877, 0.01784762959720471, 0.017766852272080278, 0.017663174314705092, 0.017536729361075757,
        0.01738768039277392, 0.01721621952689111, 0.017022567768399673, 0.016806974725288422, 0.01656971828683098,
        0.016311104265400708, 0.016031466002294815, 0.01573116393807538, 0.015410585147981071, 0.015070142843009436,
        0.014710275837311533, 0.014331447982588062, 0.013934147570214531, 0.013518886701867927,
        0.013086200629466811, 0.012636647065278521, 0.012170805463083766, 0.011689276271330016, 0.01119268015924262,
        0.010681657216901346, 0.010156866130327662, 0.009618983332678266, 0.009068702132677174,
        0.008506731821500744, 0.007933796759413067, 0.007350635443619869, 0.006757999559122862,
        0.006156653015024045, 0.005547370970280235, 0.004930938856851021, 0.004308151419244519,
        0.003679811824408939, 0.0030467310238173847, 0.0024097281192508747, 0.0017696358276940941,
        0.0011273453768773927, 0.0004845548690887205,
    ),
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


def _poisson_divergence(x, m, e):
    """The sum x log(x/m) - x + m of positive numbers with the difference e = x - m."""
    v = e / (x + m)
    w = torch.clamp(v * v, max=0.04)
    near = e * v + 2.0 * x * v * w * _polynomial(_ATANH_REST, w)
    far = torch.where(x > 0.0, x * _log_ratio(torch.where(x > 0.0, x, 1.0), m), 0.0) - e
    return torch.where(torch.abs(v) < 0.2, near, far)


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


def _digamma_excess(x, stirling_step=None):
    """The difference psi(x) - log x < 0, near -1/(2 x); x > 0.

    Measured beyond conditioning: at most 3 ulp in float64, 3.5 in float32.
    """
    return _stirling_correction_slope(x, stirling_step) - 0.5 / x


def _log_factorial_excess(n):
    """The difference log n! - (n log n - n) >= 0, near log(2 pi n)/2; n >= 0.

    Measured beyond conditioning: at most 4 ulp in float64, 4 in float32.
    """
    low, high = torch.clamp(n, max=1.0), torch.clamp(n, min=1.0)
    rest = low * (low * _rational(_LOG_FACTORIAL_N, _LOG_FACTORIAL_D, low) - 0.5772156649015329)
    near = (rest + low) - torch.xlogy(low, low)
    far = _stirling_correction(high) + (0.9189385332046728 + 0.5 * torch.log(high))
    return torch.where(n < 1.0, near, far)


def _weighted_counts(m, n):
    """Give counts j on a new last axis, j - m, and weights, such that a sum over them is the sum over all counts.

    Few counts matter: these, each of weight 1. Many do, none of them small: steps of a quarter of the deviation, by
    Poisson's summation formula. Many do, also small ones: the first with weights, and the others by Gauss's rule.
    """
    m, n = m[..., None], n[..., None]
    number = torch.arange(112.0, dtype=m.dtype, device=m.device)
    least = torch.clamp(torch.round(m) - 55.0, min=0.0)
    width = torch.clamp(torch.sqrt(m / n), min=6.0)
    last = least + 111.0
    seen = [(n * _poisson_divergence(end, m, end - m) > 42.0) for end in (least, last)]
    few = ((least == 0.0) | seen[0]) & seen[1]
    many = (n * m >= 40.0) & ~few
    step = 0.25 * width * (number - 45.0)
    rise = torch.clamp(42.0 / (n * m), min=1.05)
    u = 1.0 + torch.log(rise)
    for _ in range(9):
        u = u - ((u - 1.0) + (1.0 - rise) * torch.exp(-u)) / u
    end = torch.clamp(m * torch.exp(u), min=128.0) - 16.0
    node, share = (torch.tensor(part, dtype=m.dtype, device=m.device) for part in _GAUSS_87)
    zeros = torch.zeros(25, dtype=m.dtype, device=m.device)
    cube = torch.cat([zeros, node * node * node])
    first = torch.clamp(number, max=24.0)
    first = torch.where(number < 25.0, first, 16.0)
    weight = torch.cat([zeros, 3.0 * node * node * share])
    early = torch.cat([torch.tensor(_FIRST_WEIGHTS, dtype=m.dtype, device=m.device), torch.zeros_like(node)])
    j = torch.where(few, least + number, torch.where(many, m + step, first + end * cube))
    e = torch.where(many, step, j - m)
    weight = torch.where(few, 1.0, torch.where(many, 0.25 * width, early + end * weight))
    legal = j >= 0.0
    return torch.where(legal, j, 0.0), torch.where(legal, e, -m), torch.where(legal, weight, 0.0)


def _cost_between(j, e, start, shift, m):
    """The difference Q(j) - Q(start), of whole numbers or not, where e = j - m and shift = start - m."""
    high = torch.clamp(start, min=1.0)
    rest = _stirling_correction(torch.clamp(j, min=1.0)) - _stirling_correction(high)
    far = 0.5 * torch.log1p(torch.clamp((e - shift) / high, min=-0.5)) + rest
    near = _log_factorial_excess(j) - _log_factorial_excess(start)
    between = torch.where((start < 2.0) | (torch.abs(e - shift) > 0.5 * start), near, far)
    return _poisson_divergence(j, m, e) - _poisson_divergence(start, m, shift) + between


def _dispersed_parts(y, m, n, missed=0.0):
    """Give what Q(y) is more than the least Q and j - y at its place, and of counts j what their probabilities are.

    That is the sum of the weights of all but that place, the probabilities, what j and Q are more than there, j, and j - m.

    missed  what the logarithm of m before it was rounded is more than that of m: it makes differences of Q right to
            the last digit where m is nearly 1, and counts of 0 and 1 are nearly as likely as each other
    """
    j, e, weight = _weighted_counts(m, n)
    missed = missed + torch.zeros_like(m)
    number = torch.arange(112.0, dtype=m.dtype, device=m.device)
    cost = _poisson_divergence(j, m[..., None], e) + _log_factorial_excess(j) - j * missed[..., None]
    top = torch.argmin(torch.where(weight == 0.0, math.inf, cost), dim=-1)[..., None]
    start, shift = torch.gather(j, -1, top), torch.gather(e, -1, top)
    q = _cost_between(j, e, start, shift, m[..., None]) - (j - start) * missed[..., None]
    q = torch.where(number == top, 0.0, q)
    top = torch.argmin(torch.where(weight == 0.0, math.inf, q), dim=-1)[..., None]
    start, shift, q = torch.gather(j, -1, top), torch.gather(e, -1, top), q - torch.gather(q, -1, top)
    p = torch.where(weight == 0.0, 0.0, weight * torch.exp(-n[..., None] * q))
    rest = torch.sum(torch.where(number == top, p - 1.0, p), dim=-1)
    excess = _cost_between(y, y - m, start[..., 0], shift[..., 0], m) - (y - start[..., 0]) * missed
    excess = torch.where(y == start[..., 0], 0.0, excess)
    return excess, start[..., 0] - y, rest, p / (1.0 + rest)[..., None], e - shift, q, j, e


def _dispersed(y, m, n):
    """The cost of a count y: n Q(y) and the logarithm of the sum of e^(-n Q(j)).

    Measured beyond conditioning: at most 64 ulp in float64, 0.5 in float32.
    """
    y, m, n, kind = _dispersed_arguments(y, m, n)
    excess, _, rest, *_ = _dispersed_parts(y, m, n)
    return (torch.where(excess == 0.0, 0.0, n * excess) + torch.log1p(rest)).to(kind)


def _dispersed_location_slope(y, m, n):
    """The derivative in m: n over m times what the mean is more than y.

    Measured beyond conditioning: at most 64 ulp in float64, 0.5 in float32.
    """
    y, m, n, kind = _dispersed_arguments(y, m, n)
    _, lead, _, p, d, *_ = _dispersed_parts(y, m, n)
    return (n / m * (lead + torch.sum(p * d, dim=-1))).to(kind)


def _dispersed_slope(y, m, n):
    """The derivative in n: what Q(y) is more than the mean of Q.

    Measured beyond conditioning: at most 64 ulp in float64, 0.5 in float32.
    """
    y, m, n, kind = _dispersed_arguments(y, m, n)
    excess, _, _, p, _, q, *_ = _dispersed_parts(y, m, n)
    return (excess - torch.sum(p * q, dim=-1)).to(kind)


def _dispersed_location_curvature(y, m, n):
    """The second derivative in m: n over m^2 times the sum of n variances of j and of what y is more than the mean.

    For a bell n variances are nearly the mean: of their difference is left what the product of n and the sum of
    (j - m)(j - m - m Q'(j)) is, for the slopes of (j - m) e^(-n Q(j)) add up to 0, or its expansion (Gaunt et al. 2019).

    Measured beyond conditioning: at most 64 ulp in float64, 0.5 in float32.
    """
    y, m, n, kind = _dispersed_arguments(y, m, n)
    _, lead, _, p, d, _, j, e = _dispersed_parts(y, m, n)
    mean = torch.sum(p * d, dim=-1)
    near = n * (torch.sum(p * d * d, dim=-1) - mean * mean) - (lead + mean)
    some, size = torch.clamp(j, min=1.0), m[..., None]
    bend = size * (_log1p_excess(e / size, some / size) - (_digamma_excess(some) + 1.0 / some))
    above = torch.sum(p * e, dim=-1)
    far = n * (torch.sum(p * e * bend, dim=-1) - above * above) - above + y
    limit = 0.5 * (1.0 - 1.0 / n) + (1.0 - 1.0 / n / n) / m / 12.0 + y
    far = torch.where(n * m > 1e8, limit, far)
    return (n / m * (torch.where((n * m >= 40.0) & (m >= 6.25 * n), far, near) / m)).to(kind)


def _dispersed_cross(y, m, n):
    """The derivative in m and n: what the mean is more than y, less n covariances of j and Q, over m.

    Measured beyond conditioning: at most 64 ulp in float64, 0.5 in float32.
    """
    y, m, n, kind = _dispersed_arguments(y, m, n)
    _, lead, _, p, d, q, *_ = _dispersed_parts(y, m, n)
    mean = torch.sum(p * d, dim=-1)
    covariance = torch.sum(p * d * q, dim=-1) - mean * torch.sum(p * q, dim=-1)
    return ((lead + mean - n * covariance) / m).to(kind)


def _dispersed_curvature(m, n):
    """The second derivative in n: the variance of Q.

    Measured beyond conditioning: at most 64 ulp in float64, 0.5 in float32.
    """
    y, m, n, kind = _dispersed_arguments(0.0, m, n)
    _, _, _, p, _, q, *_ = _dispersed_parts(y, m, n)
    return (torch.sum(p * q * q, dim=-1) - torch.square(torch.sum(p * q, dim=-1))).to(kind)


def _dispersed_arguments(y, m, n):
    """The arguments as arrays of one shape, and the dtype in which to answer."""
    *arguments, kind = _double(*_tensors(m, n, y))
    m, n, y = torch.broadcast_tensors(*arguments)
    return y, m, n, kind


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


def _log1p_excess(t, s):
    """The difference t - log(s) >= 0 for s = 1 + t > 0, each as it is known best, in float64."""
    v = t / (2.0 + t)
    w = torch.clamp(v * v, max=0.04)
    return torch.where(torch.abs(v) < 0.2, t * v - 2.0 * v * w * _polynomial(_ATANH_REST, w), t - torch.log(s))


def _times(x, y):
    """The product x y with 0 inf = 0: what is impossible and did not happen costs nothing."""
    return torch.where((x == 0) & torch.isinf(y), torch.zeros_like(y), x * y)


# The derivatives, for autograd --------------------------------------------------------------------


def _of_samples(reduction, penalty, y, mu, nu):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, penalty, y, mu, nu)[0]
    if penalty is None:
        y, mu, nu, penalty = _guarded(y=y, mu=mu, nu=nu)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, mu, nu), reduction)
    return _reduced(_loss(y, mu, nu) + penalty, reduction)


# Of more than so many numbers of an argument only so many are computed at once: what the functions above
# make on their way then stays in the cache.
_MANY, _PART = 500_000, 65_536


def _in_parts(y, mu, nu):
    """The loss and its gradient, part by part along the first axis where the samples are many."""
    numbers = y.numel()
    if numbers <= _MANY:
        return _loss_and_gradient(y, mu, nu)
    rows, wholes = y.shape[0], []
    length = max(_PART * rows // numbers, 1)
    for start in range(0, rows, length):
        here = slice(start, start + length)
        parts = _loss_and_gradient(*[tensor[here] for tensor in (y, mu, nu)])
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
        reduction, penalty, y, mu, nu = inputs
        if penalty is None:
            if _surely_legal(y, mu, nu):
                value, *slopes = _in_parts(y, mu, nu)
                total = torch.sum(value)
                if not math.isnan(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, mu, nu, penalty = _guarded(y=y, mu=mu, nu=nu)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, mu, nu))
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
        y, mu, nu, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y.numel() if ctx.reduction == "mean" else g
            gradient = [share * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, mu, nu)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, *gradient

    @staticmethod
    def jvp(ctx, _reduction, _penalty, v_y, v_mu, v_nu):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, mu, nu, *slopes = ctx.saved_tensors
        directions = [v_mu, v_nu]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, mu, nu)

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


def _change_of_gradient(slopes, directions, y, mu, nu):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, mu, nu, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, mu, nu):
        value = _loss(y, mu, nu)
        ctx.save_for_backward(y, mu, nu, _nan_or_zero(value, penalty))
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
    "y": _Argument(
        "data",
        "a count: 0, 1, 2, ...",
        lambda y: (y < 0) | (torch.abs(y) == math.inf) | (torch.floor(y) < y),
        1.0,
    ),
    "mu": _Argument("learned", "positive", lambda mu: (mu <= 0) | (torch.abs(mu) == math.inf), 1.0),
    "nu": _Argument("learned", "positive", lambda nu: (nu <= 0) | (torch.abs(nu) == math.inf), 1.0),
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


def _surely_legal(y, mu, nu):
    """Whether a quick look at the whole finds every sample legal; an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
        and torch.amin(y).item() >= 0
        and math.isfinite(torch.sum(y))
        and torch.sum(y - torch.floor(y)).item() == 0
        and torch.amin(mu).item() > 0
        and math.isfinite(torch.sum(mu))
        and torch.amin(nu).item() > 0
        and math.isfinite(torch.sum(nu))
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
