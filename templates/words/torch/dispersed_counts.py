"""The count of Conway, Maxwell and Poisson: its cost, and the derivatives of that in the location m and the exponent n.

With Q(j) the cost of j as a Poisson count of mean m, the probabilities are proportional to e^(-n Q(j)). All compute in
float64 and answer in the dtype of their arguments. Errors are in units in the last place (ulp) beyond what one ulp in
each argument explains (conditioning), for 0.1 <= n <= 30.
"""

import math

import torch

# Weights of the first terms of a series that goes on as an integral from 16 on: Euler's and Maclaurin's formula with
# differences in place of derivatives, right for polynomials of degree 16.
# fmt: off
_FIRST_WEIGHTS = (
    1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.9999990404973844, 1.0000175303920285, 0.9998468063596058,
    1.0008560837610996, 0.9965352366546194, 1.0110016646063484, 0.970341084597445, 1.0783622633478465, 0.5,
    -0.07836226334784643, 0.029658915402555077, -0.011001664606348528, 0.0034647633453806104,
    -0.0008560837610996297, 0.00015319364039426608, -1.753039202853559e-05, 9.595026156320693e-07,
)
# fmt: on
# Gauss's rule on (0, 1): the points, then their weights.
# fmt: off
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
# fmt: on


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


def _dispersed_of_log(y, a, n):
    """The cost of a count y where a is the logarithm of m.

    Measured beyond conditioning: at most 64 ulp in float64, 0.5 in float32.
    """
    y, m, n, missed, beyond, kind = _dispersed_log_arguments(y, a, n)
    excess, _, rest, *_ = _dispersed_parts(y, m, n, missed)
    return (beyond * (torch.where(excess == 0.0, 0.0, n * excess) + torch.log1p(rest))).to(kind)


def _dispersed_log_slope(y, a, n):
    """The derivative of that in a: n times what the mean is more than y.

    Measured beyond conditioning: at most 64 ulp in float64, 0.5 in float32.
    """
    y, m, n, missed, beyond, kind = _dispersed_log_arguments(y, a, n)
    _, lead, _, p, d, *_ = _dispersed_parts(y, m, n, missed)
    return (beyond * (n * (lead + torch.sum(p * d, dim=-1)))).to(kind)


def _dispersed_slope_of_log(y, a, n):
    """Its derivative in n: what Q(y) is more than the mean of Q.

    Measured beyond conditioning: at most 64 ulp in float64, 0.5 in float32.
    """
    y, m, n, missed, beyond, kind = _dispersed_log_arguments(y, a, n)
    excess, _, _, p, _, q, *_ = _dispersed_parts(y, m, n, missed)
    return (beyond * (excess - torch.sum(p * q, dim=-1))).to(kind)


def _dispersed_log_curvature(a, n):
    """Its second derivative in a: n^2 times the variance of j.

    Measured beyond conditioning: at most 64 ulp in float64, 0.5 in float32.
    """
    y, m, n, missed, beyond, kind = _dispersed_log_arguments(0.0, a, n)
    _, _, _, p, d, *_ = _dispersed_parts(y, m, n, missed)
    variance = torch.sum(p * d * d, dim=-1) - torch.square(torch.sum(p * d, dim=-1))
    return (beyond * (n * (n * variance))).to(kind)


def _dispersed_log_cross(y, a, n):
    """Its derivative in a and n: what the mean is more than y, less n covariances of j and Q.

    Measured beyond conditioning: at most 64 ulp in float64, 0.5 in float32.
    """
    y, m, n, missed, beyond, kind = _dispersed_log_arguments(y, a, n)
    _, lead, _, p, d, q, *_ = _dispersed_parts(y, m, n, missed)
    mean = torch.sum(p * d, dim=-1)
    covariance = torch.sum(p * d * q, dim=-1) - mean * torch.sum(p * q, dim=-1)
    return (beyond * (lead + mean - n * covariance)).to(kind)


def _dispersed_curvature_of_log(a, n):
    """Its second derivative in n: the variance of Q.

    Measured beyond conditioning: at most 64 ulp in float64, 0.5 in float32.
    """
    y, m, n, missed, _, kind = _dispersed_log_arguments(0.0, a, n)
    _, _, _, p, _, q, *_ = _dispersed_parts(y, m, n, missed)
    return (torch.sum(p * q * q, dim=-1) - torch.square(torch.sum(p * q, dim=-1))).to(kind)


def _dispersed_arguments(y, m, n):
    """The arguments as arrays of one shape, and the dtype in which to answer."""
    *arguments, kind = _double(*_tensors(m, n, y))
    m, n, y = torch.broadcast_tensors(*arguments)
    return y, m, n, kind


def _dispersed_log_arguments(y, a, n):
    """The same with m = e^a inside the floats, what log m misses of a, and by what all that grows like m is to grow on."""
    *arguments, kind = _double(*_tensors(a, n, y))
    a, n, y = torch.broadcast_tensors(*arguments)
    m = torch.exp(torch.clamp(a, -690.0, 600.0))
    return y, m, n, torch.clamp(a, max=600.0) - torch.log(m), torch.exp(torch.clamp(a, min=600.0) - 600.0), kind
