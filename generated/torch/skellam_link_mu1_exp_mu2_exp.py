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

Made by `derive skellam --link mu1=exp,mu2=exp --emit torch`, derive 0.1.0.
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


def loss(log_mu1, log_mu2, target, *, reduction="mean", weight=None, validate=False):
    """The loss, with an analytic gradient and Hessian; predictions first, the target last.

    reduction  "mean" (a weighted mean divides by the sum of the weights), "sum" or "none"
    weight     the weight of each sample; 0 removes the sample, whatever it holds
    validate   raise ValueError for data outside the support, parameters outside their domain and
               negative weights, which otherwise count as they are (looks at the data, so it is not for
               torch.compile)
    """
    y, log_mu1, log_mu2, weight = _prepared(weight, validate, y=target, log_mu1=log_mu1, log_mu2=log_mu2)
    if weight is None:
        return _of_samples(reduction, None, y, log_mu1, log_mu2)
    return _reduced(_of_samples("none", None, y, log_mu1, log_mu2), reduction, weight)


class SkellamLoss(torch.nn.Module):
    """The loss as a module: `SkellamLoss()(log_mu1, log_mu2, target)`."""

    def __init__(self, reduction="mean", validate=False):
        super().__init__()
        self.reduction = reduction
        self.validate = validate

    def forward(self, log_mu1, log_mu2, target, weight=None):
        """The loss of the predictions and the target; see `loss`."""
        return loss(log_mu1, log_mu2, target, reduction=self.reduction, weight=weight, validate=self.validate)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def negative_log_likelihood(log_mu1, log_mu2, target, *, reduction="mean", weight=None, validate=False):
    """-log p in full, with nothing dropped: to compare models (AIC needs its sum)."""
    y, log_mu1, log_mu2, weight = _prepared(weight, validate, y=target, log_mu1=log_mu1, log_mu2=log_mu2)
    y, log_mu1, log_mu2, penalty = _guarded(y=y, log_mu1=log_mu1, log_mu2=log_mu2)
    value = FACTOR * _of_samples("none", penalty, y, log_mu1, log_mu2) + _dropped()
    return _reduced(value, reduction, weight)


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


def _hessian_vector_product(y, log_mu1, log_mu2, v_log_mu1, v_log_mu2):
    exp = torch.exp(log_mu1)
    exp_2 = torch.exp(log_mu2)
    h_log_mu1_log_mu1 = _count_difference_log_curvature(y, log_mu1, log_mu2)
    h_log_mu1_log_mu2 = exp * exp_2 * _count_difference_cross(y, exp, exp_2)
    h_log_mu2_log_mu2 = _count_difference_log_curvature(y, log_mu2, log_mu1)
    return (
        _times(v_log_mu1, h_log_mu1_log_mu1) + _times(v_log_mu2, h_log_mu1_log_mu2),
        _times(v_log_mu1, h_log_mu1_log_mu2) + _times(v_log_mu2, h_log_mu2_log_mu2),
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
# coth(x/2)/2 - 1/x = x q, |x| <= 3: the quotient q of polynomials in x^2.
_SINH_RATIO_1_N = (
    0.08333333333333333, 0.0014683046107621684, 5.800610289736619e-06, 4.903031346139093e-09,
)
_SINH_RATIO_1_D = (
    1.0, 0.03428632199581265, 0.0002442206265817388, 4.441317414014143e-07,
    1.1024810654110843e-10,
)
# e^x - 1 - x = x^2 (1/2! + x/3! + x^2/4! + ...).
_EXP_EXCESS = tuple(1.0 / math.factorial(k) for k in range(2, 20))
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


def _in_inverse(rows, w, r):
    """The sum of the polynomials in w times 1, r, r^2 and so on."""
    total = torch.zeros_like(w)
    for row in reversed(rows):
        total = total * r + _polynomial(row, w)
    return total


def _difference_parts(y, a, b):
    """Give n = |y|, the means of the larger and of the smaller count, s, p, q, w = (n/s)^2 and max(s, 40)."""
    up, n = y >= 0.0, torch.abs(y)
    a, b = torch.where(up, a, b), torch.where(up, b, a)
    s = torch.hypot(n, 2.0 * torch.sqrt(a) * torch.sqrt(b))
    p = 0.5 * (n + s)
    w = torch.where(s > 0.0, n / s, 0.0)
    return n, a, b, s, p, b * (a / p), w * w, torch.clamp(s, min=40.0)


def _log_bessel_series(n, z):
    """The logarithm of the sum of z^j n!/(j! (n + j)!) over j = 0, 1 and so on, for z up to 400."""
    z = torch.clamp(z, max=400.0)
    total = torch.ones_like(z)
    for j in range(52, 1, -1):
        total = 1.0 + z / (j * (n + j)) * total
    return torch.log1p(z / (n + 1.0) * total)


def _bessel_moments(n, z):
    """Of a number j with these terms for weights: its mean over z, (mean - variance)/mean^2, and its variance over z.

    That difference is a series of its own, in which nothing cancels (DLMF 10.31.3).
    """
    z = torch.clamp(z, max=400.0)
    inner, above, square = torch.ones_like(z), torch.ones_like(z), torch.ones_like(z)
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
    w = torch.clamp(v * v, max=0.04)
    near = e * v + 2.0 * x * v * w * _polynomial(_ATANH_REST, w)
    far = torch.where(x > 0.0, x * _log_ratio(torch.where(x > 0.0, x, 1.0), m), 0.0) - e
    return torch.where(torch.abs(v) < 0.2, near, far)


def _count_difference(y, a, b):
    """The cost of a difference y of two Poisson counts with the means a, b > 0.

    What p and q cost as counts of their means, and of the Bessel function what its leading term leaves: for s < 40 by
    its power series, of q (q + y) and not of a b, so that what q is rounded by cancels.

    Measured beyond conditioning: at most 16 ulp in float64 (just below s = 40, else 4), 0.5 in float32.
    """
    y, a, b, kind = _double(y, a, b)
    n, a, b, s, p, q, w, size = _difference_parts(y, a, b)
    d = a - b - n
    costs = _poisson_divergence(p, a, -a * (d / (a + q))) + _poisson_divergence(q, b, b * (d / (b + p)))
    far = 0.5 * torch.log(6.283185307179586 * size) - _in_inverse(_BESSEL_LOG, w, 1.0 / size) / size
    share = q / torch.clamp(n, min=1.0)
    some = torch.where(n > 0.0, n * _log1p_excess(share, 1.0 + share), q)
    near = _log_factorial_excess(torch.clamp(n, max=40.0)) + (some + q - _log_bessel_series(n, q * (q + n)))
    return (costs + torch.where(s < 40.0, near, far)).to(kind)


def _mean_beside(y, a, b, fall, d):
    """The same, with 1 - b, which counts for y = 0 and small means, and what the means differ by beyond |y| as they are known best.

    The mean of N lies V/(mean of N - y + p) below p, V the variance.
    """
    n, c, f, s, p, q, w, size = _difference_parts(y, a, b)
    up, z = y >= 0.0, torch.clamp(a * b, max=400.0)
    lead = torch.where(up, d / (c + q), -d / (f + p))
    far = lead - 4.0 * (b / size / size) * _in_inverse(_BESSEL_MEAN, w, 1.0 / size)
    mean, excess, variance = _bessel_moments(n, z)
    near = lead + b * (variance / (p + z * mean))
    near = torch.where((n == 0.0) & (z < 1.0), fall + b * (z * mean * mean * (1.0 - excess)), near)
    return torch.where(s < 40.0, near, far)


def _count_difference_cross(y, a, b):
    """The derivative in a and b: minus the variance of either count over a b.

    Measured beyond conditioning: at most 8 ulp in float64, 0.5 in float32.
    """
    y, a, b, kind = _double(y, a, b)
    return -_variance_over_means(y, a, b).to(kind)


def _variance_over_means(y, a, b):
    """The variance of either count over a b."""
    n, _, _, s, _, _, w, size = _difference_parts(y, a, b)
    r = 1.0 / size
    fall = _in_inverse(_BESSEL_MEAN, w, r) - 4.0 * (a * r) * (b * r) * _in_inverse(_BESSEL_EXCESS, w, r)
    return torch.where(s < 40.0, _bessel_moments(n, a * b)[2], r + 4.0 * fall * r * r)


def _count_difference_of_logs(y, a, b):
    """The cost of a difference y of two Poisson counts with the means e^a and e^b.

    Where e^(a + b) < 1e-30 one count is 0 to all digits, and it is the cost of the other.

    Measured beyond conditioning: at most 16 ulp in float64 (just below s = 40, else 4), 0.5 in float32.
    """
    y, a, b, kind = _double(y, a, b)
    n, up, mean, other = torch.abs(y), y >= 0.0, torch.exp(a), torch.exp(b)
    tiny = torch.where(up, other, mean) + _log_divergence(n, torch.where(up, a, b)) + _log_factorial_excess(n)
    return torch.where(a + b < -69.0, tiny, _count_difference(y, mean, other)).to(kind)


def _count_difference_log_slope(y, a, b):
    """Its derivative in a: e^a less the mean of the first count.

    Measured beyond conditioning: at most 10 ulp in float64, 0.5 in float32.
    """
    y, a, b, kind = _double(y, a, b)
    n, mean, other, fall = torch.abs(y), torch.exp(a), torch.exp(b), -_expm1(b)
    larger, smaller = torch.where(y >= 0.0, a, b), torch.where(y >= 0.0, b, a)
    d = torch.where(n == 0.0, _expm1(larger) - _expm1(smaller), _exp_less(larger, n) - torch.exp(smaller))
    z = torch.exp(torch.clamp(a + b, max=0.0))
    none = mean * (fall + 0.5 * other * z)
    tiny = torch.where(y > 0.0, _exp_less(a, n) - z / (n + 1.0), torch.where(n == 0.0, none, mean * (1.0 - other / (n + 1.0))))
    return torch.where(a + b < -69.0, tiny, mean * _mean_beside(y, mean, other, fall, d)).to(kind)


def _count_difference_log_curvature(y, a, b):
    """The derivative of that in a: e^a less the variance of either count.

    Measured beyond conditioning: at most 10 ulp in float64, 0.5 in float32.
    """
    y, a, b, kind = _double(y, a, b)
    mean, other = torch.exp(a), torch.exp(b)
    z = torch.clamp(mean * other, max=1.0)
    share = z * torch.square(_bessel_moments(torch.zeros_like(z), z)[0])
    low = other * share - _expm1(b)
    high = 1.0 - other * _variance_over_means(y, mean, other)
    return (mean * torch.where((y == 0.0) & (mean * other < 1.0), low, high)).to(kind)


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


def _log_factorial_excess(n):
    """The difference log n! - (n log n - n) >= 0, near log(2 pi n)/2; n >= 0.

    Measured beyond conditioning: at most 4 ulp in float64, 4 in float32.
    """
    low, high = torch.clamp(n, max=1.0), torch.clamp(n, min=1.0)
    rest = low * (low * _rational(_LOG_FACTORIAL_N, _LOG_FACTORIAL_D, low) - 0.5772156649015329)
    near = (rest + low) - torch.xlogy(low, low)
    far = _stirling_correction(high) + (0.9189385332046728 + 0.5 * torch.log(high))
    return torch.where(n < 1.0, near, far)


def _expm1(x):
    """The difference exp(x) - 1.

    Torch's own loses its digits near 0 where torch.compile writes vectorised code for the processor.
    Below 1/2 it is x / ((x/2) coth(x/2) - x/2) with a fitted quotient.

    Measured beyond conditioning: at most 1 ulp in float64, 1 in float32.
    """
    if not torch.compiler.is_compiling():
        return torch.expm1(x)
    c = torch.clamp(x, -0.5, 0.5)
    s = c * c
    near = c / (1.0 + (s * _rational(_SINH_RATIO_1_N, _SINH_RATIO_1_D, s) - 0.5 * c))
    return torch.where(torch.abs(x) < 0.5, near, torch.exp(x) - 1.0)


def _exp_less(a, b):
    """The difference e^a - b, also where it is small because a is near 0 and b is 1.

    With u for e^a rounded, it is u - b + u (a - log u): what u rounded away is known from its logarithm.
    """
    u = torch.exp(a)
    finite = torch.finfo(u.dtype)
    rest = torch.clamp(a, min=math.log(finite.tiny)) - torch.log(torch.clamp(u, finite.tiny, finite.max))
    return (u - b) + u * rest


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


def _exp_excess(x):
    """The difference e^x - 1 - x, near x^2/2 at 0; for |x| below 1 its power series.

    Measured beyond conditioning: at most 1.5 ulp in float64, 1.5 in float32.
    """
    c = torch.clamp(x, -1.0, 1.0)
    near = c * c * _polynomial(_EXP_EXCESS, c)
    return torch.where(torch.abs(x) < 1.0, near, _expm1(x) - x)


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


def _log_divergence(a, c):
    """The sum a (log a - c) - a + e^c >= 0, a >= 0, also where e^c underflows.

    With t = c - log a, it is a (e^t - 1 - t) for small t.

    Measured beyond conditioning: at most 2 ulp in float64, 1.5 in float32.
    """
    a, c = _tensors(a, c)
    t = c - torch.log(a)
    far = torch.where(a == 0.0, 0.0, a * t)
    return torch.where(torch.abs(t) < 0.5, a * _exp_excess(t), torch.exp(c) - a - far)


def _times(x, y):
    """The product x y with 0 inf = 0: what is impossible and did not happen costs nothing."""
    return torch.where((x == 0) & torch.isinf(y), torch.zeros_like(y), x * y)


# The derivatives, for autograd --------------------------------------------------------------------


def _of_samples(reduction, penalty, y, log_mu1, log_mu2):
    """The loss of the samples, with its own derivatives where gradients are wanted; penalty None: not yet guarded."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Loss.apply(reduction, penalty, y, log_mu1, log_mu2)[0]
    if penalty is None:
        y, log_mu1, log_mu2, penalty = _guarded(y=y, log_mu1=log_mu1, log_mu2=log_mu2)
    if torch.is_grad_enabled():
        return _reduced(_CompiledLoss.apply(penalty, y, log_mu1, log_mu2), reduction)
    return _reduced(_loss(y, log_mu1, log_mu2) + penalty, reduction)


# Of more than so many numbers of an argument only so many are computed at once: what the functions above
# make on their way then stays in the cache.
_MANY, _PART = 500_000, 65_536


def _in_parts(y, log_mu1, log_mu2):
    """The loss and its gradient, part by part along the first axis where the samples are many."""
    numbers = y.numel()
    if numbers <= _MANY:
        return _loss_and_gradient(y, log_mu1, log_mu2)
    rows, wholes = y.shape[0], []
    length = max(_PART * rows // numbers, 1)
    for start in range(0, rows, length):
        here = slice(start, start + length)
        parts = _loss_and_gradient(*[tensor[here] for tensor in (y, log_mu1, log_mu2)])
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
        reduction, penalty, y, log_mu1, log_mu2 = inputs
        if penalty is None:
            if _surely_legal(y, log_mu1, log_mu2):
                value, *slopes = _in_parts(y, log_mu1, log_mu2)
                total = torch.sum(value)
                if not math.isnan(total):
                    return _reduced_total(total, value, reduction), *slopes
            y, log_mu1, log_mu2, penalty = _guarded(y=y, log_mu1=log_mu1, log_mu2=log_mu2)
        value, *slopes = _penalised(penalty, *_loss_and_gradient(y, log_mu1, log_mu2))
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
        y, log_mu1, log_mu2, *slopes = ctx.saved_tensors
        gradient = [None] * len(slopes)
        if g is not None:
            share = g / y.numel() if ctx.reduction == "mean" else g
            gradient = [share * slope for slope in slopes]
        if any([v is not None for v in directions]):
            change = _change_of_gradient(slopes, directions, y, log_mu1, log_mu2)
            gradient = change if g is None else [one + other for one, other in zip(gradient, change)]
        return None, None, None, *gradient

    @staticmethod
    def jvp(ctx, _reduction, _penalty, v_y, v_log_mu1, v_log_mu2):
        if v_y is not None:
            raise ValueError("the loss has no gradient in the target; detach it")
        y, log_mu1, log_mu2, *slopes = ctx.saved_tensors
        directions = [v_log_mu1, v_log_mu2]
        change = sum([slope * v for slope, v in zip(slopes, directions) if v is not None])
        return _reduced(change, ctx.reduction), *_change_of_gradient(slopes, directions, y, log_mu1, log_mu2)

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


def _change_of_gradient(slopes, directions, y, log_mu1, log_mu2):
    """The Hessian of each sample times the directions (None is zero), nan where the gradient is."""
    directions = [torch.zeros_like(slope) if v is None else v for slope, v in zip(slopes, directions)]
    products = _hessian_vector_product(y, log_mu1, log_mu2, *directions)
    return [torch.where(slope.isnan(), math.nan, product) for slope, product in zip(slopes, products)]


class _CompiledLoss(torch.autograd.Function):
    """For torch.compile, which shares the work of forward and backward by itself."""

    @staticmethod
    def forward(ctx, penalty, y, log_mu1, log_mu2):
        value = _loss(y, log_mu1, log_mu2)
        ctx.save_for_backward(y, log_mu1, log_mu2, _nan_or_zero(value, penalty))
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
        "a whole number",
        lambda y: (torch.abs(y) == math.inf) | (torch.floor(y) < y),
        0.0,
    ),
    "log_mu1": _Argument("learned", "finite", lambda log_mu1: torch.abs(log_mu1) == math.inf, 0.0),
    "log_mu2": _Argument("learned", "finite", lambda log_mu2: torch.abs(log_mu2) == math.inf, 0.0),
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


def _surely_legal(y, log_mu1, log_mu2):
    """Whether a quick look at the whole finds every sample legal; an accelerator would be waited for."""
    return (
        y.is_cpu
        and y.numel() > 0
        and math.isfinite(torch.sum(y))
        and torch.sum(y - torch.floor(y)).item() == 0
        and math.isfinite(torch.sum(log_mu1))
        and math.isfinite(torch.sum(log_mu2))
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
