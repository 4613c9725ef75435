"""The difference of two Poisson counts: its cost, and the derivatives of that in the means of the two.

Of a difference y >= 0 (else the two change places) with the means a and b, N and N - y are the counts, s = sqrt(y^2 + 4 a b),
and p = (y + s)/2 and q = (s - y)/2 are where their probability is largest: p - q = y, p q = a b. All compute in float64
and answer in the dtype of their arguments. Errors are in units in the last place (ulp) beyond what one ulp in each mean
explains (conditioning).
"""

import numpy as np

# fmt: off
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
# fmt: on


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


def _count_difference_slope(y, a, b):
    """The derivative in a: one less the mean of the first count over a.

    Measured beyond conditioning: at most 10 ulp in float64, 0.5 in float32.
    """
    y, a, b, kind = _wide(y, a, b)
    with np.errstate(all="ignore"):
        d = np.where(y >= 0.0, a - b, b - a) - np.abs(y)
        return _mean_beside(y, a, b, 1.0 - b, d).astype(kind)


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


def _count_difference_curvature(y, a, b):
    """The second derivative in a: the mean of the first count less its variance, over a^2.

    Measured beyond conditioning: at most 6 ulp in float64, 0.5 in float32.
    """
    y, a, b, kind = _wide(y, a, b)
    with np.errstate(all="ignore"):
        n, _, _, s, p, _, w, size = _difference_parts(y, a, b)
        up, share = y >= 0.0, b / size
        root = np.where(up, p / a, b / p)
        far = root * (root / size) + 16.0 * (share / size) * (share / size) * _in_inverse(_BESSEL_EXCESS, w, 1.0 / size)
        mean, excess, _ = _bessel_moments(n, a * b)
        near = np.where(up, n / a / a, 0.0) + (b * mean) * (b * mean) * excess
        return np.where(s < 40.0, near, far).astype(kind)


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
