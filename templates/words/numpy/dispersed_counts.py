"""The count of Conway, Maxwell and Poisson: its cost, and the derivatives of that in the location m and the exponent n.

With Q(j) the cost of j as a Poisson count of mean m, the probabilities are proportional to e^(-n Q(j)). All compute in
float64 and answer in the dtype of their arguments. Errors are in units in the last place (ulp) beyond what one ulp in
each argument explains (conditioning), for 0.1 <= n <= 30.
"""

import numpy as np

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


def _dispersed_of_log(y, a, n):
    """The cost of a count y where a is the logarithm of m.

    Measured beyond conditioning: at most 64 ulp in float64, 0.5 in float32.
    """
    y, m, n, missed, beyond, kind = _dispersed_log_arguments(y, a, n)
    with np.errstate(all="ignore"):
        excess, _, rest, *_ = _dispersed_parts(y, m, n, missed)
        return (beyond * (np.where(excess == 0.0, 0.0, n * excess) + np.log1p(rest))).astype(kind)


def _dispersed_log_slope(y, a, n):
    """The derivative of that in a: n times what the mean is more than y.

    Measured beyond conditioning: at most 64 ulp in float64, 0.5 in float32.
    """
    y, m, n, missed, beyond, kind = _dispersed_log_arguments(y, a, n)
    with np.errstate(all="ignore"):
        _, lead, _, p, d, *_ = _dispersed_parts(y, m, n, missed)
        return (beyond * (n * (lead + np.sum(p * d, axis=-1)))).astype(kind)


def _dispersed_slope_of_log(y, a, n):
    """Its derivative in n: what Q(y) is more than the mean of Q.

    Measured beyond conditioning: at most 64 ulp in float64, 0.5 in float32.
    """
    y, m, n, missed, beyond, kind = _dispersed_log_arguments(y, a, n)
    with np.errstate(all="ignore"):
        excess, _, _, p, _, q, *_ = _dispersed_parts(y, m, n, missed)
        return (beyond * (excess - np.sum(p * q, axis=-1))).astype(kind)


def _dispersed_log_curvature(a, n):
    """Its second derivative in a: n^2 times the variance of j.

    Measured beyond conditioning: at most 64 ulp in float64, 0.5 in float32.
    """
    y, m, n, missed, beyond, kind = _dispersed_log_arguments(0.0, a, n)
    with np.errstate(all="ignore"):
        _, _, _, p, d, *_ = _dispersed_parts(y, m, n, missed)
        variance = np.sum(p * d * d, axis=-1) - np.square(np.sum(p * d, axis=-1))
        return (beyond * (n * (n * variance))).astype(kind)


def _dispersed_log_cross(y, a, n):
    """Its derivative in a and n: what the mean is more than y, less n covariances of j and Q.

    Measured beyond conditioning: at most 64 ulp in float64, 0.5 in float32.
    """
    y, m, n, missed, beyond, kind = _dispersed_log_arguments(y, a, n)
    with np.errstate(all="ignore"):
        _, lead, _, p, d, q, *_ = _dispersed_parts(y, m, n, missed)
        mean = np.sum(p * d, axis=-1)
        covariance = np.sum(p * d * q, axis=-1) - mean * np.sum(p * q, axis=-1)
        return (beyond * (lead + mean - n * covariance)).astype(kind)


def _dispersed_curvature_of_log(a, n):
    """Its second derivative in n: the variance of Q.

    Measured beyond conditioning: at most 64 ulp in float64, 0.5 in float32.
    """
    y, m, n, missed, _, kind = _dispersed_log_arguments(0.0, a, n)
    with np.errstate(all="ignore"):
        _, _, _, p, _, q, *_ = _dispersed_parts(y, m, n, missed)
        return (np.sum(p * q * q, axis=-1) - np.square(np.sum(p * q, axis=-1))).astype(kind)


def _dispersed_arguments(y, m, n):
    """The arguments as arrays of one shape, and the dtype in which to answer."""
    *arguments, kind = _wide(y, m, n)
    return *np.broadcast_arrays(*arguments), kind


def _dispersed_log_arguments(y, a, n):
    """The same with m = e^a inside the floats, what log m misses of a, and by what all that grows like m is to grow on."""
    *arguments, kind = _wide(y, a, n)
    y, a, n = np.broadcast_arrays(*arguments)
    m = np.exp(np.clip(a, -690.0, 600.0))
    return y, m, n, np.minimum(a, 600.0) - np.log(m), np.exp(np.maximum(a, 600.0) - 600.0), kind
