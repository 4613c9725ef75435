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

Made by `derive conway_maxwell_poisson --emit numpy`, derive 0.1.0.
Anyone may use, change and share this file for any purpose, without warranty (0BSD).
"""

import itertools
import math
import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import special

# -log p = FACTOR * loss + dropped
FACTOR = 1


class Gradient(NamedTuple):
    """The derivative of the loss in each learned argument, in its shape (the samples' where not reduced)."""

    mu: np.ndarray
    nu: np.ndarray


def loss(y, mu, nu, *, reduction="mean", weight=None, validate=False):
    """The loss.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are
    """
    value, _ = _in_blocks(_loss, [], reduction, weight, validate, y=y, mu=mu, nu=nu)
    return value


def loss_and_gradient(y, mu, nu, *, reduction="mean", weight=None, validate=False, out=None):
    """The loss and its gradient in one pass, both reduced alike.

    out  the Gradient of an earlier call alike: where its slopes are as large as the samples, they are
         overwritten, which saves the time that fresh memory takes
    """
    shapes = [np.shape(mu), np.shape(nu)]
    value, slopes = _in_blocks(_loss_and_gradient, shapes, reduction, weight, validate, out, y=y, mu=mu, nu=nu)
    return value, Gradient(*slopes)


def hessian(y, mu, nu, *, reduction="mean", weight=None, validate=False):
    """The Hessian of the reduced loss in (mu, nu), on the last two axes.

    The axes before are those of the learned arguments, broadcast: there is one block for each set
    of learned values, summed over the samples that share it.
    """

    def triangle(*given):
        return _loss(*given), *_hessian(*given)

    shapes = [np.broadcast_shapes(np.shape(mu), np.shape(nu))] * 3
    _, upper = _in_blocks(triangle, shapes, reduction, weight, validate, y=y, mu=mu, nu=nu)
    matrix = np.empty((*upper[0].shape, 2, 2), upper[0].dtype)
    for row, column, entry in zip(*np.triu_indices(2), upper):
        matrix[..., row, column] = matrix[..., column, row] = entry
    return matrix


def negative_log_likelihood(y, mu, nu, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""

    def in_full(y, mu, nu):
        return FACTOR * _loss(y, mu, nu) + _dropped()

    value, _ = _in_blocks(in_full, [], reduction, weight, validate, y=y, mu=mu, nu=nu)
    return value


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, mu, nu):
    return _dispersed(y, mu, nu)


def _loss_and_gradient(y, mu, nu):
    return _dispersed(y, mu, nu), _dispersed_location_slope(y, mu, nu), _dispersed_slope(y, mu, nu)


def _hessian(y, mu, nu):
    return (
        _dispersed_location_curvature(y, mu, nu),
        _dispersed_cross(y, mu, nu),
        _dispersed_curvature(mu, nu),
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


def _finite(x):
    """Whether all of an array is finite, by their sum (where that overflows, it is not said to be)."""
    return math.isfinite(np.add.reduce(x, axis=None))


def _wide(*arguments):
    """The arguments as float64 arrays, and the floating dtype in which to answer."""
    kind = np.result_type(*arguments)
    kind = kind if kind.kind == "f" else np.dtype(np.float64)
    return (*(np.asarray(value, dtype=np.float64) for value in arguments), kind)


def _poisson_divergence(x, m, e):
    """The sum x log(x/m) - x + m of positive numbers with the difference e = x - m."""
    v = e / (x + m)
    w = np.minimum(v * v, 0.04)
    near = e * v + 2.0 * x * v * w * _polynomial(_ATANH_REST, w)
    far = np.where(x > 0.0, x * _log_ratio(np.where(x > 0.0, x, 1.0), m), 0.0) - e
    return np.where(np.abs(v) < 0.2, near, far)


def _stirling_step(x):
    """Give (x + 1/2) log(1 + 1/x) - 1 > 0, what a step from x to x + 1 leaves, and z = 1/(4 x (x + 1)).

    The words below take both from those who have them already.
    """
    x = np.asarray(x, np.float64)
    z = 0.25 / x / (x + 1.0)
    low = np.minimum(z, 2.28)
    fitted = low * _rational(_STIRLING_STEP_N, _STIRLING_STEP_D, low)
    return np.where(x < 0.1, (x + 0.5) * np.log1p(1.0 / x) - 1.0, fitted), z


def _stirling_correction(x, stirling_step=None):
    """The difference log Gamma(x) - ((x - 1/2) log x - x + log(2 pi)/2) > 0, near 1/(12 x); x > 0.

    One step of the recurrence, then a fitted quotient; both have one sign (DLMF 5.5.1, 5.11.1).

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        r = 1.0 / (x + 1.0)
        step, _ = stirling_step or _stirling_step(x)
        return (step + r * _rational(_STIRLING_CORRECTION_N, _STIRLING_CORRECTION_D, r * r)).astype(kind, copy=False)


def _stirling_correction_slope(x, stirling_step=None):
    """The difference psi(x) - log x + 1/(2 x) < 0, near -1/(12 x^2); x > 0.

    The derivative of Stirling's correction. That of the step h is -(z - h) / (x + 1/2), and both parts
    have one sign (DLMF 5.5.2, 5.11.2).

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        r = 1.0 / (x + 1.0)
        w = r * r
        step, z = stirling_step or _stirling_step(x)
        tail = w * _rational(_STIRLING_SLOPE_N, _STIRLING_SLOPE_D, w)
        return (-((z - step) / (x + 0.5) + tail)).astype(kind, copy=False)


def _digamma_excess(x, stirling_step=None):
    """The difference psi(x) - log x < 0, near -1/(2 x); x > 0.

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        return (_stirling_correction_slope(x, stirling_step) - 0.5 / x).astype(kind, copy=False)


def _log_factorial_excess(n):
    """The difference log n! - (n log n - n) >= 0, near log(2 pi n)/2; n >= 0.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    n, kind = _wide(n)
    with np.errstate(all="ignore"):
        low, high = np.minimum(n, 1.0), np.maximum(n, 1.0)
        rest = low * (low * _rational(_LOG_FACTORIAL_N, _LOG_FACTORIAL_D, low) - 0.5772156649015329)
        near = (rest + low) - special.xlogy(low, low)
        far = _stirling_correction(high) + (0.9189385332046728 + 0.5 * np.log(high))
        return np.where(n < 1.0, near, far).astype(kind, copy=False)


def _weighted_counts(m, n):
    """Give counts j on a new last axis, j - m, and weights, such that a sum over them is the sum over all counts.

    Few counts matter: these, each of weight 1. Many do, none of them small: steps of a quarter of the deviation, by
    Poisson's summation formula. Many do, also small ones: the first with weights, and the others by Gauss's rule.
    """
    m, n = m[..., None], n[..., None]
    number = np.arange(112.0)
    least = np.maximum(np.round(m) - 55.0, 0.0)
    width = np.maximum(np.sqrt(m / n), 6.0)
    last = least + 111.0
    seen = [(n * _poisson_divergence(end, m, end - m) > 42.0) for end in (least, last)]
    few = ((least == 0.0) | seen[0]) & seen[1]
    many = (n * m >= 40.0) & ~few
    step = 0.25 * width * (number - 45.0)
    rise = np.maximum(42.0 / (n * m), 1.05)
    u = 1.0 + np.log(rise)
    for _ in range(9):
        u = u - ((u - 1.0) + (1.0 - rise) * np.exp(-u)) / u
    end = np.maximum(m * np.exp(u), 128.0) - 16.0
    node, share = (np.array(part) for part in _GAUSS_87)
    cube = np.concatenate([np.zeros(25), node * node * node])
    first = np.concatenate([np.arange(25.0), np.full(87, 16.0)])
    weight = np.concatenate([np.zeros(25), 3.0 * node * node * share])
    early = np.concatenate([np.array(_FIRST_WEIGHTS), np.zeros(87)])
    j = np.where(few, least + number, np.where(many, m + step, first + end * cube))
    e = np.where(many, step, j - m)
    weight = np.where(few, 1.0, np.where(many, 0.25 * width, early + end * weight))
    legal = j >= 0.0
    return np.where(legal, j, 0.0), np.where(legal, e, -m), np.where(legal, weight, 0.0)


def _cost_between(j, e, start, shift, m):
    """The difference Q(j) - Q(start), of whole numbers or not, where e = j - m and shift = start - m."""
    high = np.maximum(start, 1.0)
    rest = _stirling_correction(np.maximum(j, 1.0)) - _stirling_correction(high)
    far = 0.5 * np.log1p(np.maximum((e - shift) / high, -0.5)) + rest
    near = _log_factorial_excess(j) - _log_factorial_excess(start)
    between = np.where((start < 2.0) | (np.abs(e - shift) > 0.5 * start), near, far)
    return _poisson_divergence(j, m, e) - _poisson_divergence(start, m, shift) + between


def _dispersed_parts(y, m, n, missed=0.0):
    """Give what Q(y) is more than the least Q and j - y at its place, and of counts j what their probabilities are.

    That is the sum of the weights of all but that place, the probabilities, what j and Q are more than there, j, and j - m.

    missed  what the logarithm of m before it was rounded is more than that of m: it makes differences of Q right to
            the last digit where m is nearly 1, and counts of 0 and 1 are nearly as likely as each other
    """
    j, e, weight = _weighted_counts(m, n)
    missed = np.broadcast_to(missed, m.shape)
    cost = _poisson_divergence(j, m[..., None], e) + _log_factorial_excess(j) - j * missed[..., None]
    top = np.argmin(np.where(weight == 0.0, np.inf, cost), axis=-1)[..., None]
    start, shift = np.take_along_axis(j, top, -1), np.take_along_axis(e, top, -1)
    q = _cost_between(j, e, start, shift, m[..., None]) - (j - start) * missed[..., None]
    q = np.where(np.arange(112.0) == top, 0.0, q)
    top = np.argmin(np.where(weight == 0.0, np.inf, q), axis=-1)[..., None]
    start, shift, q = np.take_along_axis(j, top, -1), np.take_along_axis(e, top, -1), q - np.take_along_axis(q, top, -1)
    p = np.where(weight == 0.0, 0.0, weight * np.exp(-n[..., None] * q))
    rest = np.sum(np.where(np.arange(112.0) == top, p - 1.0, p), axis=-1)
    excess = _cost_between(y, y - m, start[..., 0], shift[..., 0], m) - (y - start[..., 0]) * missed
    excess = np.where(y == start[..., 0], 0.0, excess)
    return excess, start[..., 0] - y, rest, p / (1.0 + rest)[..., None], e - shift, q, j, e


def _dispersed(y, m, n):
    """The cost of a count y: n Q(y) and the logarithm of the sum of e^(-n Q(j)).

    Measured beyond conditioning: at most 64 ulp in float64, 0.5 in float32.
    """
    y, m, n, kind = _dispersed_arguments(y, m, n)
    with np.errstate(all="ignore"):
        excess, _, rest, *_ = _dispersed_parts(y, m, n)
        return (np.where(excess == 0.0, 0.0, n * excess) + np.log1p(rest)).astype(kind)


def _dispersed_location_slope(y, m, n):
    """The derivative in m: n over m times what the mean is more than y.

    Measured beyond conditioning: at most 64 ulp in float64, 0.5 in float32.
    """
    y, m, n, kind = _dispersed_arguments(y, m, n)
    with np.errstate(all="ignore"):
        _, lead, _, p, d, *_ = _dispersed_parts(y, m, n)
        return (n / m * (lead + np.sum(p * d, axis=-1))).astype(kind)


def _dispersed_slope(y, m, n):
    """The derivative in n: what Q(y) is more than the mean of Q.

    Measured beyond conditioning: at most 64 ulp in float64, 0.5 in float32.
    """
    y, m, n, kind = _dispersed_arguments(y, m, n)
    with np.errstate(all="ignore"):
        excess, _, _, p, _, q, *_ = _dispersed_parts(y, m, n)
        return (excess - np.sum(p * q, axis=-1)).astype(kind)


def _dispersed_location_curvature(y, m, n):
    """The second derivative in m: n over m^2 times the sum of n variances of j and of what y is more than the mean.

    For a bell n variances are nearly the mean: of their difference is left what the product of n and the sum of
    (j - m)(j - m - m Q'(j)) is, for the slopes of (j - m) e^(-n Q(j)) add up to 0, or its expansion (Gaunt et al. 2019).

    Measured beyond conditioning: at most 64 ulp in float64, 0.5 in float32.
    """
    y, m, n, kind = _dispersed_arguments(y, m, n)
    with np.errstate(all="ignore"):
        _, lead, _, p, d, _, j, e = _dispersed_parts(y, m, n)
        mean = np.sum(p * d, axis=-1)
        near = n * (np.sum(p * d * d, axis=-1) - mean * mean) - (lead + mean)
        some, size = np.maximum(j, 1.0), m[..., None]
        bend = size * (_log1p_excess(e / size, some / size) - (_digamma_excess(some) + 1.0 / some))
        above = np.sum(p * e, axis=-1)
        far = n * (np.sum(p * e * bend, axis=-1) - above * above) - above + y
        limit = 0.5 * (1.0 - 1.0 / n) + (1.0 - 1.0 / n / n) / m / 12.0 + y
        far = np.where(n * m > 1e8, limit, far)
        return (n / m * (np.where((n * m >= 40.0) & (m >= 6.25 * n), far, near) / m)).astype(kind)


def _dispersed_cross(y, m, n):
    """The derivative in m and n: what the mean is more than y, less n covariances of j and Q, over m.

    Measured beyond conditioning: at most 64 ulp in float64, 0.5 in float32.
    """
    y, m, n, kind = _dispersed_arguments(y, m, n)
    with np.errstate(all="ignore"):
        _, lead, _, p, d, q, *_ = _dispersed_parts(y, m, n)
        mean = np.sum(p * d, axis=-1)
        covariance = np.sum(p * d * q, axis=-1) - mean * np.sum(p * q, axis=-1)
        return ((lead + mean - n * covariance) / m).astype(kind)


def _dispersed_curvature(m, n):
    """The second derivative in n: the variance of Q.

    Measured beyond conditioning: at most 64 ulp in float64, 0.5 in float32.
    """
    y, m, n, kind = _dispersed_arguments(0.0, m, n)
    with np.errstate(all="ignore"):
        _, _, _, p, _, q, *_ = _dispersed_parts(y, m, n)
        return (np.sum(p * q * q, axis=-1) - np.square(np.sum(p * q, axis=-1))).astype(kind)


def _dispersed_arguments(y, m, n):
    """The arguments as arrays of one shape, and the dtype in which to answer."""
    *arguments, kind = _wide(y, m, n)
    return *np.broadcast_arrays(*arguments), kind


def _polynomial(coefficients, w):
    """The polynomial with these coefficients (lowest power first) at w, by Horner's rule."""
    *others, leading = coefficients
    total = np.full_like(w, leading)
    for coefficient in reversed(others):
        total *= w
        total += coefficient
    return total


def _rational(numerator, denominator, w):
    """The quotient of two polynomials at w."""
    return _polynomial(numerator, w) / _polynomial(denominator, w)


def _log_ratio(a, b):
    """The logarithm of a/b; a, b > 0: that of 1 + |a - b|/min(a, b), with the sign of a - b.

    Measured beyond conditioning: at most 1 ulp in float64, 0.5 in float32.
    """
    a, b, kind = _wide(a, b)
    with np.errstate(all="ignore"):
        difference = a - b
        t = np.abs(difference) / np.minimum(a, b)
        value = np.copysign(np.log1p(t), difference)
        if np.isinf(t).any():
            value = np.where(np.isinf(t), np.log(a) - np.log(b), value)
        return value.astype(kind, copy=False)


def _log1p_excess(t, s):
    """The difference t - log(s) >= 0 for s = 1 + t > 0, each as it is known best, in float64."""
    v = t / (2.0 + t)
    w = np.minimum(v * v, 0.04)
    return np.where(np.abs(v) < 0.2, t * v - 2.0 * v * w * _polynomial(_ATANH_REST, w), t - np.log(s))


# Blocks and reductions ----------------------------------------------------------------------------

# How many numbers of an argument make a block: what is computed of them stays in the cache.
_BLOCK = 16384


def _in_blocks(function, shapes, reduction, weight, validate, out=None, /, **arguments):
    """The loss and a list of its derivatives, reduced alike: what a function gives of each sample.

    The derivatives are summed to these shapes, those of what they are taken in. The samples are
    computed block by block: beside the results nothing is as large as the arguments are.
    """
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction must be 'mean', 'sum' or 'none', got {reduction!r}")
    dtype = _dtype(arguments)
    arguments = {name: np.asarray(value) for name, value in arguments.items()}
    weight = None if weight is None else np.asarray(weight)
    samples = _shape_of_samples(arguments, weight)
    fulls = [samples for _ in shapes]
    if reduction == "none":
        shapes = fulls
    # What is summed over blocks is summed in more digits, where the platform has any.
    value = np.empty(samples, dtype) if reduction == "none" else np.longdouble(0)
    slopes = _memory(shapes, fulls, dtype, out) if shapes else []
    with np.errstate(all="ignore"):
        if validate:
            _prepared(arguments, weight, dtype, validate)
        total = _total(weight, samples) if reduction == "mean" else 1
        for block in _blocks(samples):
            parts = {name: _part(argument, samples, block) for name, argument in arguments.items()}
            part = None if weight is None else _part(weight, samples, block)
            losses, subtotal, counts, derivatives = _weighted(function, parts, part, dtype.type(total))
            if reduction == "none":
                value[block] = losses
            else:
                value += subtotal
            if math.isnan(subtotal):
                counts = np.where(np.isnan(losses), dtype.type(np.nan), counts)
            for slope, derivative, full in zip(slopes, derivatives, fulls):
                if slope.shape == full:
                    np.multiply(counts, derivative, out=slope[block])
                else:
                    part = _part(slope, samples, block)
                    part += _summed(np.broadcast_to(counts, losses.shape) * derivative, part.shape)
        value = value[()] if reduction == "none" else dtype.type(value / total)
    return value, [slope.astype(dtype, copy=False)[()] for slope in slopes]


def _memory(shapes, fulls, dtype, out):
    """Arrays for the slopes: those of samples are `out`'s or fresh, those that are summed have more digits."""
    sizes = [math.prod(shape) if shape == full else 0 for shape, full in zip(shapes, fulls)]
    # One piece of memory for all: the system keeps one for the next call, but takes several back.
    fresh = np.empty(sum(sizes) if out is None else 0, dtype)
    slopes, at = [], 0
    for place, (shape, full, size) in enumerate(zip(shapes, fulls, sizes)):
        if shape != full:
            slopes.append(np.zeros(shape, np.longdouble))
        elif out is None:
            slopes.append(fresh[at : at + size].reshape(shape))
            at += size
        elif np.shape(out[place]) == shape and out[place].dtype == dtype:
            slopes.append(np.asarray(out[place]))
        else:
            given = f"{np.asarray(out[place]).dtype} {np.shape(out[place])}"
            raise ValueError(f"out must hold slopes as an earlier call alike gave them: {dtype} {shape}, got {given}")
    return slopes


def _weighted(function, arguments, weight, total):
    """The losses of some samples times their weights, their sum, what their derivatives count, and these derivatives.

    A sample outside its domain has none: they count nan.
    """
    *given, penalty, weight = _prepared(arguments, weight, total.dtype)
    values = function(*given)
    losses, *derivatives = values if isinstance(values, tuple) else (values,)
    counts = (1 if weight is None else weight) / total
    if penalty is not None:
        losses = losses + penalty
        counts = np.where(penalty == 0, counts, total.dtype.type(np.nan))
    losses = losses if weight is None else weight * losses
    subtotal = np.add.reduce(losses, axis=None)
    return losses, subtotal, counts, derivatives


def _total(weight, samples):
    """What a mean divides by: the sum of the weights, or the number of the samples."""
    return math.prod(samples) if weight is None else np.sum(np.broadcast_to(weight, samples), dtype=float)


def _shape_of_samples(arguments, weight):
    """The shape that the samples broadcast to, with a warning where none has it."""
    shapes = {name: value.shape for name, value in arguments.items()}
    if weight is not None:
        shapes["weight"] = weight.shape
    samples, *others = dict.fromkeys(shapes.values())
    if others:
        samples = np.broadcast_shapes(samples, *others)
    if samples not in shapes.values():
        given = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        warnings.warn(
            f"the shapes of the samples ({given}) broadcast to {samples}, which none of them has; "
            "give all the same shape, or expand one to this shape if that is meant",
            stacklevel=4,
        )
    return samples


def _blocks(samples):
    """The blocks that the samples are cut into, each a slice along every axis: the longest axes are cut."""
    most = _BLOCK
    if 0 < math.prod(samples) <= most:
        return [(...,)]
    lengths = list(samples)
    while math.prod(lengths) > most:
        axis = lengths.index(max(lengths))
        lengths[axis] = max(most * lengths[axis] // math.prod(lengths), 1)
    cuts = ([slice(at, at + n) for at in range(0, size, n or 1)] for size, n in zip(samples, lengths))
    return itertools.product(*cuts, [...])


def _part(array, samples, block):
    """What an array holds of a block: all of it along an axis where it is broadcast."""
    if array.shape != samples:
        axes = zip(array.shape, block[len(samples) - array.ndim : -1])
        block = (*(slice(None) if size == 1 else cut for size, cut in axes), ...)
    return array[block]


def _summed(derivative, shape):
    """The derivative summed over the axes along which an argument of this shape was broadcast."""
    derivative = np.sum(derivative, axis=tuple(range(np.ndim(derivative) - len(shape))))
    along = tuple(axis for axis, size in enumerate(shape) if size == 1 and derivative.shape[axis] != 1)
    return np.sum(derivative, axis=along, keepdims=True)


# Arguments ----------------------------------------------------------------------------------------


class _Argument(NamedTuple):
    """What an argument is, what it must be, where it is not, and what stands for it in a removed sample.

    legal  a quick look at all of it: it is nowhere broken, nor nan (else nothing is known)
    """

    role: str
    demand: str
    broken: Callable
    harmless: float
    legal: Callable | None = None


_ARGUMENTS = {
    "y": _Argument(
        "data",
        "a count: 0, 1, 2, ...",
        lambda y: (y < 0) | np.isinf(y) | (np.floor(y) < y),
        1.0,
        legal=lambda y: y.min() >= 0 and _finite(y) and np.array_equal(y, np.floor(y)),
    ),
    "mu": _Argument(
        "learned",
        "positive",
        lambda mu: (mu <= 0) | np.isinf(mu),
        1.0,
        legal=lambda mu: mu.min() > 0 and _finite(mu),
    ),
    "nu": _Argument(
        "learned",
        "positive",
        lambda nu: (nu <= 0) | np.isinf(nu),
        1.0,
        legal=lambda nu: nu.min() > 0 and _finite(nu),
    ),
    "weight": _Argument("known", "nonnegative", lambda weight: (weight < 0) | np.isinf(weight), 1.0),
}



def _prepared(arguments, weight, dtype, validate=False):
    """The arguments in the dtype, what each sample costs beside its loss if any costs more, and the weight.

    Data outside the support cost +inf and are made harmless, parameters outside their domain cost
    nan, and a sample of weight 0 is replaced by a harmless one. What needs no change is not copied.
    """
    prepared, penalty = [], None
    values = {name: np.asarray(given, dtype) for name, given in arguments.items()}
    if weight is not None:
        weight = np.asarray(weight, dtype)
        removed = weight == 0
        if validate:
            _validate("weight", weight, _ARGUMENTS["weight"].broken(weight))
        if removed.any():
            values = {name: _made_harmless(value, removed, _ARGUMENTS[name]) for name, value in values.items()}
    for name, value in values.items():
        argument = _ARGUMENTS[name]
        broken = False if not validate and argument.legal(value) else argument.broken(value)
        if validate:
            _validate(name, value, broken)
        if broken is not False and np.count_nonzero(broken):
            cost = dtype.type(np.inf if argument.role == "data" else np.nan)
            penalty = np.where(broken, cost, dtype.type(0) if penalty is None else penalty)
            if argument.role == "data":
                value = _made_harmless(value, broken, argument)
        prepared.append(value)
    return *prepared, penalty, weight


def _made_harmless(value, samples, argument):
    """The array with a harmless value in some of the samples."""
    return np.where(samples, value.dtype.type(argument.harmless), value)


def _dtype(arguments):
    """The floating dtype of the parameters, whatever integers are among them; half precision computes in single."""
    parameters = [value for name, value in arguments.items() if _ARGUMENTS[name].role in ("learned", "known")]
    numbers = [
        value if isinstance(value, (int, float)) else np.asarray(value)
        for value in parameters or arguments.values()
    ]
    floating = [number for number in numbers if np.result_type(number).kind == "f"]
    return np.promote_types(np.result_type(*floating), np.float32) if floating else np.dtype(np.float64)


def _validate(name, value, broken):
    """Raise ValueError for the first sample in which an argument is broken or nan."""
    missing = np.isnan(value)
    broken = broken | missing
    _refuse(name, _ARGUMENTS[name].demand, value, broken)


def _refuse(name, demand, value, broken):
    """Raise ValueError for the first sample that is broken."""
    if broken.ndim == 0:
        value, broken = value[None], broken[None]
    if broken.any():
        index = tuple(int(axis[0]) for axis in np.nonzero(broken))
        raise ValueError(f"{name} must be {demand}, got {value[index]} at index {index}")
