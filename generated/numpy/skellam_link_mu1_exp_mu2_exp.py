"""The skellam loss of log_mu1 and log_mu2, with its gradient and Hessian.

The difference of two independent Poisson counts, such as the goals of two teams.

Density
    p(y | mu1, mu2) = e^(log I_y(2 √μ_1 √μ_2) + y (log μ_1 − log μ_2)/2 − μ_1 − μ_2)
    mu1 = exp(log_mu1), the log link; η_mu_1 below
    mu2 = exp(log_mu2), the log link; η_mu_2 below

Symbols
    y                in {…, −1, 0, 1, …}  data                    first count less the second
    mu1      μ_1     in (0, ∞)            μ_1 = e^η_mu_1          expected first count
    log_mu1  η_mu_1  in ℝ                 predicted for each      predictor of mu1 through the log
                                          sample                  link
    mu2      μ_2     in (0, ∞)            μ_2 = e^η_mu_2          expected second count
    log_mu2  η_mu_2  in ℝ                 predicted for each      predictor of mu2 through the log
                                          sample                  link

Loss of one sample, to be minimised over log_mu1, log_mu2
    loss    = [e^η_mu_1 + e^η_mu_2 − y (η_mu_1 − η_mu_2)/2 − log I_y(2 e^((η_mu_1 + η_mu_2)/2))]
    factor  = 1
    dropped = 0
    -log p  = factor · loss + dropped

Also known of the density
    mean          μ_1 − μ_2

All arguments broadcast, with a warning where that makes samples that no argument has.
Data outside the support cost +inf, parameters outside their domain give nan.

Accuracy: at most 16 units in the last place beyond conditioning on ordinary inputs (those that
`derive verify` draws from each domain), in float64 and float32, for value, gradient and Hessian.
Near and far (`derive verify --accuracy`) at most so many bits are lost beyond conditioning:
    float64  value 2, gradient 3, Hessian 3
    float32  value 1, gradient 1, Hessian 2

Elsewhere:
    loss = -scipy.stats.skellam.logpmf, at mu1 = exp(log_mu1), mu2 = exp(log_mu2)

Source: Skellam (1946), Journal of the Royal Statistical Society 109, 296; I is the modified Bessel function. Given the difference y, the first count has a mean m and a variance v, which are functions of mu1 times mu2.

Made by `derive skellam --link mu1=exp,mu2=exp --emit numpy`, derive 0.1.0.
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

    log_mu1: np.ndarray
    log_mu2: np.ndarray


def loss(y, log_mu1, log_mu2, *, reduction="mean", weight=None, validate=False):
    """The loss.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are
    """
    value, _ = _in_blocks(_loss, [], reduction, weight, validate, y=y, log_mu1=log_mu1, log_mu2=log_mu2)
    return value


def loss_and_gradient(y, log_mu1, log_mu2, *, reduction="mean", weight=None, validate=False, out=None):
    """The loss and its gradient in one pass, both reduced alike.

    out  the Gradient of an earlier call alike: where its slopes are as large as the samples, they are
         overwritten, which saves the time that fresh memory takes
    """
    shapes = [np.shape(log_mu1), np.shape(log_mu2)]
    value, slopes = _in_blocks(_loss_and_gradient, shapes, reduction, weight, validate, out, y=y, log_mu1=log_mu1, log_mu2=log_mu2)
    return value, Gradient(*slopes)


def hessian(y, log_mu1, log_mu2, *, reduction="mean", weight=None, validate=False):
    """The Hessian of the reduced loss in (log_mu1, log_mu2), on the last two axes.

    The axes before are those of the learned arguments, broadcast: there is one block for each set
    of learned values, summed over the samples that share it.
    """

    def triangle(*given):
        return _loss(*given), *_hessian(*given)

    shapes = [np.broadcast_shapes(np.shape(log_mu1), np.shape(log_mu2))] * 3
    _, upper = _in_blocks(triangle, shapes, reduction, weight, validate, y=y, log_mu1=log_mu1, log_mu2=log_mu2)
    matrix = np.empty((*upper[0].shape, 2, 2), upper[0].dtype)
    for row, column, entry in zip(*np.triu_indices(2), upper):
        matrix[..., row, column] = matrix[..., column, row] = entry
    return matrix


def negative_log_likelihood(y, log_mu1, log_mu2, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""

    def in_full(y, log_mu1, log_mu2):
        return FACTOR * _loss(y, log_mu1, log_mu2) + _dropped()

    value, _ = _in_blocks(in_full, [], reduction, weight, validate, y=y, log_mu1=log_mu1, log_mu2=log_mu2)
    return value


def dropped():
    """What was dropped from -log p of one sample: 0."""
    return _dropped()


# The mathematics: of each sample, without guards, weights and reductions ---------------------------


def _loss(y, log_mu1, log_mu2):
    return _count_difference_of_logs(y, log_mu1, log_mu2)


def _loss_and_gradient(y, log_mu1, log_mu2):
    return (
        _count_difference_of_logs(y, log_mu1, log_mu2),
        _count_difference_log_slope(y, log_mu1, log_mu2),
        _count_difference_log_slope(-y, log_mu2, log_mu1),
    )


def _hessian(y, log_mu1, log_mu2):
    exp = np.exp(log_mu1)
    exp_2 = np.exp(log_mu2)
    return (
        _count_difference_log_curvature(y, log_mu1, log_mu2),
        exp * exp_2 * _count_difference_cross(y, exp, exp_2),
        _count_difference_log_curvature(y, log_mu2, log_mu1),
    )


def _dropped():
    return 0


# Debye's expansion for s >= 40: the logarithm of I_y(x) is that of its leading term and the sum of
# L_k(w) / s^k for k = 1, 2 and so on, w = (y/s)^2 (DLMF 10.41.3); the rows are the L_k, lowest power of w first.
_BESSEL_LOG = (
    (0.125, -0.20833333333333334),
    (0.0625, -0.375, 0.3125),
    (0.06510416666666667, -0.8296875, 1.7265625, -0.9592013888888888),
    (0.1015625, -2.21875, 8.296875, -10.59375, 4.4140625),
    (0.2095703125, -6.982282366071429, 40.542751736111114, -87.693359375, 80.8837890625, -26.961263020833332),
    (0.5364583333333334, -25.3125, 209.625, -673.625, 1021.640625, -737.8125, 204.94791666666666),
    (1.6380658830915178, -103.97592163085938, 1160.8294372558594, -5140.211273193359, 11304.659503173829,
     -13184.767364501953, 7824.899444580078, -1863.07129632859),
    (5.809814453125, -477.615234375, 6904.2763671875, -40090.447265625, 119071.95263671875, -198321.806640625,
     187801.9013671875, -94603.037109375, 19708.966064453125),
    (23.475127749972874, -2427.2885336442428, 44069.78581237793, -323875.5657704671, 1240124.8821487427,
     -2752869.211418152, 3683609.1391855874, -2935198.3014678955, 1284393.7849998474, -237850.70092589766),
    (106.467822265625, -13526.99560546875, 301187.0236816406, -2727462.591796875, 13026405.797363281,
     -36852414.786914065, 65112147.795410156, -72748886.00585938, 50027742.52075195, -19350359.06982422,
     3225059.844970703),
    (535.640519510616, -82046.56579866775, 2197624.750671816, -24011994.284158945, 139535179.1724906,
     -487422412.2709402, 1088470361.2907014, -1594676024.676859, 1528592829.647338, -924445055.3424871,
     320384038.82623315, -48543036.1857929),
    (2960.739786783854, -538164.052734375, 17067704.537109375, -221216118.06429037, 1533944655.227417,
     -6461280179.630859, 17683879971.17871, -32540336002.749023, 40681628863.23303, -34134822577.796875,
     18421426618.901367, -5782944462.414551, 803186730.8909098),
)
# The mean of N - y is q and (1 - w) times this, k = 0, 1 and so on.
_BESSEL_MEAN = (
    (-0.25,),
    (-0.0625, 0.3125),
    (-0.0625, 0.75, -0.9375),
    (-0.09765625, 2.07421875, -6.04296875, 4.31640625),
    (-0.203125, 6.65625, -33.1875, 52.96875, -26.484375),
    (-0.52392578125, 24.43798828125, -182.4423828125, 482.3134765625, -525.74462890625, 202.20947265625),
    (-1.609375, 101.25, -1048.125, 4041.75, -7151.484375, 5902.5, -1844.53125),
    (-5.7332305908203125, 467.8916473388672, -6384.561904907227, 33411.373275756836, -84784.94627380371,
     112070.5225982666, -74336.54472351074, 19562.248611450195),
    (-23.2392578125, 2388.076171875, -41425.658203125, 280633.130859375, -952575.62109375, 1784896.259765625,
     -1878019.013671875, 1040633.408203125, -236507.5927734375),
    (-105.63807487487793, 13350.086935043335, -286453.60778045654, 2429066.7432785034, -10541061.498264313,
     26152257.508472443, -38677895.96144867, 33754780.4668808, -16054922.312498093, 3210984.4624996185),
    (-532.339111328125, 81161.9736328125, -2108309.1657714844, 21819700.734375, -117237652.17626953,
     368524147.8691406, -716233625.7495117, 872986632.0703125, -650360652.7697754, 270905026.97753906,
     -48375897.67456055),
    (-2946.0228573083878, 533302.6776913404, -16482185.630038619, 204101951.41535103, -1325584202.1386607,
     5117935328.844872, -12517409154.843065, 19933450308.46074, -20636003200.239063, 13404453302.466063,
     -4965952601.806614, 800960097.0655829),
    (-17764.438720703125, 3767148.369140625, -136541636.296875, 1990945062.5786133, -15339446552.27417,
     71074081975.93945, -212206559654.14453, 423024368035.7373, -569542804085.2625, 512022338666.9531,
     -294742825902.4219, 98310055861.04736, -14457361156.036377),
)
# That mean less the variance is q^2/s and (1 - w)^2 times this.
_BESSEL_EXCESS = (
    (-0.25,),
    (-0.09375, 0.78125),
    (-0.125, 2.25, -3.75),
    (-0.244140625, 7.259765625, -27.193359375, 23.740234375),
    (-0.609375, 26.625, -165.9375, 317.8125, -185.390625),
    (-1.833740234375, 109.970947265625, -1003.43310546875, 3135.03759765625, -3943.084716796875,
     1718.780517578125),
    (-6.4375, 506.25, -6288.75, 28292.25, -57211.875, 53122.5, -18445.3125),
    (-25.799537658691406, 2573.4040603637695, -41499.65238189697, 250585.29956817627, -720672.0433273315,
     1064669.9646835327, -780533.7195968628, 224965.85903167725),
    (-116.1962890625, 14328.45703125, -289979.607421875, 2245065.046875, -8573180.58984375, 17848962.59765625,
     -20658209.150390625, 12487600.8984375, -3074598.7060546875),
    (-581.0094118118286, 86775.56507778168, -2148402.058353424, 20647067.31786728, -100140084.23351097,
     274598703.83896065, -444795803.5566597, 421934755.83601, -216741451.21872425, 46559274.70624447),
    (-3194.03466796875, 568133.8154296875, -16866473.326171875, 196377306.609375, -1172376521.7626953,
     4053765626.560547, -8594803508.99414, 11348826216.914062, -9105049138.776855, 4063575404.663086,
     -774014362.7929688),
    (-19149.14857250452, 3999770.0826850533, -140098577.85532826, 1938968538.4458349, -13918634122.455936,
     58856256281.716034, -156467614435.53833, 269101579164.21997, -299222046403.4664, 207769026188.22397,
     -81938217929.80913, 14016801698.6477),
    (-124351.07104492188, 30137186.953125, -1228874726.671875, 19909450625.786133, -168733912075.01587,
     852888983711.2734, -2758685275503.879, 5922341152500.322, -8543142061278.937, 8192357418671.25,
     -5010628040341.172, 1769581005498.8525, -274689861964.69116),
)
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
# log Gamma(t + 1) = t (t q - 0.5772...), 0 <= t <= 2: the quotient q of polynomials in t.
_LOG_FACTORIAL_N = (
    0.8224670334241132, 2.2532432885294456, 2.3278113131477567, 1.130107563599626, 0.2617334459451997,
    0.025968691060374832, 0.0008050985175759481, 1.6060013282139407e-06,
)
_LOG_FACTORIAL_D = (
    1.0, 3.226790637269772, 4.073305095645863, 2.5490387413255498, 0.8274751632938193,
    0.1331045995143266, 0.009148310945100845, 0.00018266345042333633,
)
# e^x - 1 - x = x^2 (1/2! + x/3! + x^2/4! + ...).
_EXP_EXCESS = tuple(1.0 / math.factorial(k) for k in range(2, 20))
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


def _in_inverse(rows, w, r):
    """The sum of the polynomials in w times 1, r, r^2 and so on."""
    total = np.zeros_like(w)
    for row in reversed(rows):
        total = total * r + _polynomial(row, w)
    return total


def _difference_parts(y, a, b):
    """Give n = |y|, the means of the larger and of the smaller count, s, p, q, w = (n/s)^2 and max(s, 40)."""
    up, n = y >= 0.0, np.abs(y)
    a, b = np.where(up, a, b), np.where(up, b, a)
    s = np.hypot(n, 2.0 * np.sqrt(a) * np.sqrt(b))
    p = 0.5 * (n + s)
    w = np.where(s > 0.0, n / s, 0.0)
    return n, a, b, s, p, b * (a / p), w * w, np.maximum(s, 40.0)


def _log_bessel_series(n, z):
    """The logarithm of the sum of z^j n!/(j! (n + j)!) over j = 0, 1 and so on, for z up to 400."""
    z = np.minimum(z, 400.0)
    total = np.ones_like(z)
    for j in range(52, 1, -1):
        total = 1.0 + z / (j * (n + j)) * total
    return np.log1p(z / (n + 1.0) * total)


def _bessel_moments(n, z):
    """Of a number j with these terms for weights: its mean over z, (mean - variance)/mean^2, and its variance over z.

    That difference is a series of its own, in which nothing cancels (DLMF 10.31.3).
    """
    z = np.minimum(z, 400.0)
    inner, above, square = np.ones_like(z), np.ones_like(z), np.ones_like(z)
    for j in range(88, 0, -1):
        square = 1.0 + z / j * ((4.0 * n + (4.0 * j + 2.0)) / (2.0 * n + (j + 2.0)) / (n + (j + 2.0))) * square
        if j <= 52:
            inner = 1.0 + z / (j * (n + j)) * inner
            above = 1.0 + z / (j * (n + (j + 1.0))) * above
    mean = above / inner / (n + 1.0)
    excess = square / above / above / (n + 2.0)
    return mean, excess, mean * (1.0 - z * mean * excess)


def _poisson_divergence(x, m, e):
    """The sum x log(x/m) - x + m of positive numbers with the difference e = x - m."""
    v = e / (x + m)
    w = np.minimum(v * v, 0.04)
    near = e * v + 2.0 * x * v * w * _polynomial(_ATANH_REST, w)
    far = np.where(x > 0.0, x * _log_ratio(np.where(x > 0.0, x, 1.0), m), 0.0) - e
    return np.where(np.abs(v) < 0.2, near, far)


def _count_difference(y, a, b):
    """The cost of a difference y of two Poisson counts with the means a, b > 0.

    What p and q cost as counts of their means, and of the Bessel function what its leading term leaves: for s < 40 by
    its power series, of q (q + y) and not of a b, so that what q is rounded by cancels.

    Measured beyond conditioning: at most 16 ulp in float64 (just below s = 40, else 4), 0.5 in float32.
    """
    y, a, b, kind = _wide(y, a, b)
    with np.errstate(all="ignore"):
        n, a, b, s, p, q, w, size = _difference_parts(y, a, b)
        d = a - b - n
        costs = _poisson_divergence(p, a, -a * (d / (a + q))) + _poisson_divergence(q, b, b * (d / (b + p)))
        far = 0.5 * np.log(6.283185307179586 * size) - _in_inverse(_BESSEL_LOG, w, 1.0 / size) / size
        share = q / np.maximum(n, 1.0)
        some = np.where(n > 0.0, n * _log1p_excess(share, 1.0 + share), q)
        near = _log_factorial_excess(np.minimum(n, 40.0)) + (some + q - _log_bessel_series(n, q * (q + n)))
        return (costs + np.where(s < 40.0, near, far)).astype(kind)


def _mean_beside(y, a, b, fall, d):
    """The same, with 1 - b, which counts for y = 0 and small means, and what the means differ by beyond |y| as they are known best.

    The mean of N lies V/(mean of N - y + p) below p, V the variance.
    """
    n, c, f, s, p, q, w, size = _difference_parts(y, a, b)
    up, z = y >= 0.0, np.minimum(a * b, 400.0)
    lead = np.where(up, d / (c + q), -d / (f + p))
    far = lead - 4.0 * (b / size / size) * _in_inverse(_BESSEL_MEAN, w, 1.0 / size)
    mean, excess, variance = _bessel_moments(n, z)
    near = lead + b * (variance / (p + z * mean))
    near = np.where((n == 0.0) & (z < 1.0), fall + b * (z * mean * mean * (1.0 - excess)), near)
    return np.where(s < 40.0, near, far)


def _count_difference_cross(y, a, b):
    """The derivative in a and b: minus the variance of either count over a b.

    Measured beyond conditioning: at most 8 ulp in float64, 0.5 in float32.
    """
    y, a, b, kind = _wide(y, a, b)
    with np.errstate(all="ignore"):
        return -_variance_over_means(y, a, b).astype(kind)


def _variance_over_means(y, a, b):
    """The variance of either count over a b."""
    n, _, _, s, _, _, w, size = _difference_parts(y, a, b)
    r = 1.0 / size
    fall = _in_inverse(_BESSEL_MEAN, w, r) - 4.0 * (a * r) * (b * r) * _in_inverse(_BESSEL_EXCESS, w, r)
    return np.where(s < 40.0, _bessel_moments(n, a * b)[2], r + 4.0 * fall * r * r)


def _count_difference_of_logs(y, a, b):
    """The cost of a difference y of two Poisson counts with the means e^a and e^b.

    Where e^(a + b) < 1e-30 one count is 0 to all digits, and it is the cost of the other.

    Measured beyond conditioning: at most 16 ulp in float64 (just below s = 40, else 4), 0.5 in float32.
    """
    y, a, b, kind = _wide(y, a, b)
    with np.errstate(all="ignore"):
        n, up, mean, other = np.abs(y), y >= 0.0, np.exp(a), np.exp(b)
        tiny = np.where(up, other, mean) + _log_divergence(n, np.where(up, a, b)) + _log_factorial_excess(n)
        return np.where(a + b < -69.0, tiny, _count_difference(y, mean, other)).astype(kind)


def _count_difference_log_slope(y, a, b):
    """Its derivative in a: e^a less the mean of the first count.

    Measured beyond conditioning: at most 10 ulp in float64, 0.5 in float32.
    """
    y, a, b, kind = _wide(y, a, b)
    with np.errstate(all="ignore"):
        n, mean, other, fall = np.abs(y), np.exp(a), np.exp(b), -np.expm1(b)
        larger, smaller = np.where(y >= 0.0, a, b), np.where(y >= 0.0, b, a)
        d = np.where(n == 0.0, np.expm1(larger) - np.expm1(smaller), _exp_less(larger, n) - np.exp(smaller))
        z = np.exp(np.minimum(a + b, 0.0))
        none = mean * (fall + 0.5 * other * z)
        tiny = np.where(y > 0.0, _exp_less(a, n) - z / (n + 1.0), np.where(n == 0.0, none, mean * (1.0 - other / (n + 1.0))))
        return np.where(a + b < -69.0, tiny, mean * _mean_beside(y, mean, other, fall, d)).astype(kind)


def _count_difference_log_curvature(y, a, b):
    """The derivative of that in a: e^a less the variance of either count.

    Measured beyond conditioning: at most 10 ulp in float64, 0.5 in float32.
    """
    y, a, b, kind = _wide(y, a, b)
    with np.errstate(all="ignore"):
        mean, other = np.exp(a), np.exp(b)
        z = np.minimum(mean * other, 1.0)
        share = z * np.square(_bessel_moments(np.zeros_like(z), z)[0])
        low = other * share - np.expm1(b)
        high = 1.0 - other * _variance_over_means(y, mean, other)
        return (mean * np.where((y == 0.0) & (mean * other < 1.0), low, high)).astype(kind)


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


def _exp_less(a, b):
    """The difference e^a - b, also where it is small because a is near 0 and b is 1.

    With u for e^a rounded, it is u - b + u (a - log u): what u rounded away is known from its logarithm.
    """
    with np.errstate(all="ignore"):
        u = np.exp(a)
        finite = np.finfo(u.dtype)
        rest = np.maximum(a, np.log(finite.tiny)) - np.log(np.clip(u, finite.tiny, finite.max))
        return (u - b) + u * rest


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


def _exp_excess(x):
    """The difference e^x - 1 - x, near x^2/2 at 0; for |x| below 1 its power series.

    Measured beyond conditioning: at most 1.5 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        c = np.clip(x, -1.0, 1.0)
        near = c * c * _polynomial(_EXP_EXCESS, c)
        return np.where(np.abs(x) < 1.0, near, np.expm1(x) - x).astype(kind)


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


def _log_divergence(a, c):
    """The sum a (log a - c) - a + e^c >= 0, a >= 0, also where e^c underflows.

    With t = c - log a, it is a (e^t - 1 - t) for small t.

    Measured beyond conditioning: at most 2 ulp in float64, 0.5 in float32.
    """
    a, c, kind = _wide(a, c)
    with np.errstate(all="ignore"):
        t = c - np.log(a)
        far = np.where(a == 0.0, 0.0, a * t)
        return np.where(np.abs(t) < 0.5, a * _exp_excess(t), np.exp(c) - a - far).astype(kind)


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
        "a whole number",
        lambda y: np.isinf(y) | (np.floor(y) < y),
        0.0,
        legal=lambda y: _finite(y) and np.array_equal(y, np.floor(y)),
    ),
    "log_mu1": _Argument(
        "learned",
        "finite",
        lambda log_mu1: np.isinf(log_mu1),
        0.0,
        legal=lambda log_mu1: _finite(log_mu1),
    ),
    "log_mu2": _Argument(
        "learned",
        "finite",
        lambda log_mu2: np.isinf(log_mu2),
        0.0,
        legal=lambda log_mu2: _finite(log_mu2),
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
