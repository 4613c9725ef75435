"""The modified Bessel function I0 and the ratio A = I1/I0 as the von Mises density needs them.

Below 8 a quotient of polynomials in k^2 is fitted: I0 is even, A is odd. Beyond, what the leading
terms of the expansion in 1/k leave is a polynomial (DLMF 10.25.2, 10.40.1). The tables _NAME_N,
_NAME_D and _NAME_TAIL are the coefficients, lowest power first, fitted with 110 digits. Errors are in
units in the last place (ulp) beyond what one ulp in each argument explains (conditioning).
"""

import numpy as np

# fmt: off
# I0(k) = 1 + k^2 q, 0 <= k <= 8: the quotient q of polynomials in k^2.
_BESSEL_0_N = (
    0.25, 0.013300768475013316, 0.00029914229780106133, 3.3665501802917145e-06, 2.1045735456128586e-08,
    7.539069725785792e-11, 1.483359973233585e-13, 1.2866664069131487e-16,
)
_BESSEL_0_D = (
    1.0, -0.009296926099946779, 4.151596133985917e-05, -1.1478627241184865e-07, 2.0866193153501007e-10,
    -2.3789636653655197e-13, 1.3350868174202319e-16,
)
# log I0(k) = k - log(2 pi k)/2 + q/k, k >= 8: the polynomial q in 16/k - 1.
_BESSEL_0_TAIL = (
    0.1291891951413593, 0.004505415249687052, 0.0003551703395100526, 4.596842715801675e-05,
    8.801162930611256e-06, 2.428678577642867e-06, 9.822975383290127e-07, 5.485623528676141e-07,
    2.9552209510757267e-07, -4.070281266739966e-09, -2.734014770277677e-07, -2.5264313922890803e-07,
    6.309003701508137e-08, 2.265208935985053e-07, 2.0155105400144602e-08, -1.4171384697980662e-07,
    -2.5021514659759446e-08, 6.605829987279305e-08, 1.0341202289401167e-08, -2.00788201840142e-08,
    -1.7371683322342265e-09, 2.89873760136778e-09,
)
# A(k) = k / (2 + k^2 / (4 + k^2 q)), 0 <= k <= 8: the quotient q of polynomials in k^2.
_BESSEL_RATIO_N = (
    0.16666666666666666, 0.007345273304794834, 9.90992698624049e-05, 5.107433403807695e-07,
    9.558913246274464e-10, 4.4676662258804266e-13,
)
_BESSEL_RATIO_D = (
    1.0, 0.06490497316210145, 0.001252338115608081, 9.400226458157085e-06, 2.78940446328549e-08,
    2.6928356278146553e-11, 3.745747212158479e-15,
)
# A(k) = 1 - 1/(2 k) - q/k^2, k >= 8: the polynomial q in 16/k - 1.
_BESSEL_RATIO_TAIL = (
    0.13369461039105862, 0.009721171178785588, 0.001203416296976576, 0.00021907832522392176,
    5.6149332071055055e-05, 2.0466795828901006e-05, 1.0713995276822272e-05, 6.740965155419411e-06,
    2.640238007641119e-06, -2.6924243936936384e-06, -5.8735799857172485e-06, -2.6349954462398263e-06,
    4.049897003235572e-06, 4.49573791478843e-06, -2.452414590021511e-06, -4.727165095538084e-06,
    1.6574865984212016e-06, 4.201875882829295e-06, -1.2052309497351743e-06, -3.1380523513535546e-06,
    7.716489550506827e-07, 1.838074956507233e-06, -3.6288559036266455e-07, -7.710623492981229e-07,
    1.0615065779770186e-07, 2.0261673263603844e-07, -1.4267524853523082e-08, -2.4812879890778708e-08,
)
# A'(k) = q, 0 <= k <= 8: the quotient q of polynomials in k^2.
_BESSEL_SLOPE_N = (
    0.5, 0.03749628778673936, 0.0026895346059528143, 7.707150812189057e-05, 1.1620838755575776e-06,
    4.794475015688932e-09, -6.989201193791661e-11, -9.648563931805816e-13, -3.5491165869852475e-15,
    1.1176536316879713e-20,
)
_BESSEL_SLOPE_D = (
    1.0, 0.44999257557347855, 0.0699596183852942, 0.004579877455157024, 0.00014502249594408432,
    2.1961603954404023e-06, 1.0045068936658382e-08, -1.3008171114353322e-10, -1.849757572834571e-12,
    -7.020452661044629e-15,
)
# A'(k) = 1/(2 k^2) + q/k^3, k >= 8: the polynomial q in 16/k - 1.
_BESSEL_SLOPE_TAIL = (
    0.27711039196090514, 0.031570346130187325, 0.005470900162482262, 0.001319988970532506,
    0.0004392300569674996, 0.0002075509138246367, 0.00013289613216996933, 8.180199925634596e-05,
    2.2111108804181865e-06, -8.846935561412628e-05, -9.98476536049601e-05, 1.5094108593253587e-05,
    0.0001174510365681979, 2.9890444041064396e-05, -0.00011973302799926404, -4.430842130669602e-05,
    0.00012939509065591184, 3.804497479796107e-05, -0.00014318054443889053, -1.997866930531549e-05,
    0.00014695367077134574, 8.306029995772648e-07, -0.00012857164642577265, 9.801872645139617e-06,
    8.998122538023542e-05, -9.954957070950639e-06, -4.7513396330481275e-05, 5.23650305796399e-06,
    1.7602219573403322e-05, -1.5208789722345247e-06, -4.0538593389084385e-06, 1.9336363280246702e-07,
    4.3506308312890983e-07,
)
# A''(k) = -k q, 0 <= k <= 8: the quotient q of polynomials in k^2.
_BESSEL_CURVATURE_N = (
    0.375, 0.03834252081655401, 0.0018081759470284277, 7.936451918005769e-05, 1.8250793019385029e-06,
    2.8481367682855724e-08, 2.6564456988677527e-10, 1.4636864437204141e-12, 3.663993113318864e-15,
    -1.2556276854400257e-20,
)
_BESSEL_CURVATURE_D = (
    1.0, 0.6578022777330328, 0.16974667904376148, 0.021987288398086495, 0.0015570242482659314,
    6.459556150546704e-05, 1.6367751936689522e-06, 2.5765079196043646e-08, 2.493943648405043e-10,
    1.391671386242231e-12, 3.6103711987530335e-15,
)
# A''(k) = -1/k^3 - q/k^4, k >= 8: the polynomial q in 16/k - 1.
_BESSEL_CURVATURE_TAIL = (
    0.8629015220128993, 0.13722318484566878, 0.03131446772590948, 0.009676854060818543,
    0.004112364792783613, 0.0024577834870716142, 0.0017686855687842333, 0.0008357268999908758,
    -0.0007720245047338131, -0.00206040600265117, -0.001130556907050715, 0.0016238169990880017,
    0.0021393615370859267, -0.00121962788803125, -0.0026412347419388633, 0.00137936205721615,
    0.002877388986646972, -0.0021976086681965456, -0.0027333199580999185, 0.0035067735652831726,
    0.001990146988424756, -0.004793117277662491, -0.0006881739018080951, 0.005335471031951174,
    -0.0006815687735092917, -0.004705483217837002, 0.0014634120549692237, 0.003194789555070325,
    -0.0014066811658970295, -0.0016051006252130826, 0.0008577746228526444, 0.0005605469639704642,
    -0.00033879348094457756, -0.00012123768079730172, 7.96878245299603e-05, 1.2210856918458431e-05,
    -8.519718245221463e-06,
)
# fmt: on


def _below_8(k, numerator, denominator):
    """The quotient of polynomials in k^2, whose tables hold for k <= 8."""
    k = np.minimum(k, 8.0)
    return _rational(numerator, denominator, k * k)


def _beyond_8(k, tail):
    """The number 1/k, and the polynomial in 16/k - 1 divided by k, whose table holds for k >= 8."""
    r = 1.0 / np.maximum(k, 8.0)
    return r, r * _polynomial(tail, 16.0 * r - 1.0)


def _bessel_0_below_8(k):
    """The difference I0(k) - 1 for k <= 8."""
    low = np.minimum(k, 8.0)
    return low * low * _below_8(k, _BESSEL_0_N, _BESSEL_0_D)


def _log_bessel_0_beyond_8(k):
    """The logarithm of I0(k) exp(-k) for k >= 8."""
    _, tail = _beyond_8(k, _BESSEL_0_TAIL)
    return tail - (0.5 * np.log(np.maximum(k, 8.0)) + 0.9189385332046728)


def _log_bessel_0(k):
    """The logarithm of I0(k), k >= 0.

    Measured beyond conditioning: at most 1.5 ulp in float64, 0.5 in float32.
    """
    k, kind = _wide(k)
    with np.errstate(all="ignore"):
        below = np.log1p(_bessel_0_below_8(k))
        return np.where(k < 8.0, below, k + _log_bessel_0_beyond_8(k)).astype(kind, copy=False)


def _log_bessel_0_scaled(k):
    """The logarithm of I0(k) exp(-k), k >= 0, of which I0 alone overflows beyond 713.

    Below 4 it is log I0(k) - k; from there to 8 these are large beside their difference, and the
    logarithm is taken of the product.

    Measured beyond conditioning: at most 3.5 ulp in float64, 0.5 in float32.
    """
    k, kind = _wide(k)
    with np.errstate(all="ignore"):
        rise = _bessel_0_below_8(k)
        between = np.log(np.exp(-np.minimum(k, 8.0)) * (1.0 + rise))
        below = np.where(k < 4.0, np.log1p(rise) - k, between)
        return np.where(k < 8.0, below, _log_bessel_0_beyond_8(k)).astype(kind, copy=False)


def _bessel_ratio_below_8(k):
    """The quotient A(k)/k for k <= 8, by two steps of its continued fraction (DLMF 10.33.1)."""
    low = np.minimum(k, 8.0)
    t = low * low
    return 1.0 / (2.0 + t / (4.0 + t * _below_8(k, _BESSEL_RATIO_N, _BESSEL_RATIO_D)))


def _bessel_ratio(k):
    """The ratio A(k) = I1(k)/I0(k), k >= 0: the mean of cos x under the density exp(k cos x).

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    k, kind = _wide(k)
    with np.errstate(all="ignore"):
        below = k * _bessel_ratio_below_8(k)
        r, tail = _beyond_8(k, _BESSEL_RATIO_TAIL)
        return np.where(k < 8.0, below, 1.0 - r * (0.5 + tail)).astype(kind, copy=False)


def _bessel_ratio_complement(k):
    """The difference 1 - A(k), k >= 0, near 1/(2 k) for large k.

    Below 8 it is (A'(k) + A(k)/k) / (1 + A(k)), whose terms have one sign, because A' = 1 - A/k - A^2
    (DLMF 10.29.2).

    Measured beyond conditioning: at most 3.5 ulp in float64, 0.5 in float32.
    """
    k, kind = _wide(k)
    with np.errstate(all="ignore"):
        share = _bessel_ratio_below_8(k)
        slope = _below_8(k, _BESSEL_SLOPE_N, _BESSEL_SLOPE_D)
        below = (slope + share) / (1.0 + np.minimum(k, 8.0) * share)
        r, tail = _beyond_8(k, _BESSEL_RATIO_TAIL)
        return np.where(k < 8.0, below, r * (0.5 + tail)).astype(kind, copy=False)


def _bessel_ratio_slope(k):
    """The derivative A'(k) = 1 - A(k)/k - A(k)^2, k >= 0, near 1/(2 k^2) for large k.

    Measured beyond conditioning: at most 3 ulp in float64, 0.5 in float32.
    """
    k, kind = _wide(k)
    with np.errstate(all="ignore"):
        below = _below_8(k, _BESSEL_SLOPE_N, _BESSEL_SLOPE_D)
        r, tail = _beyond_8(k, _BESSEL_SLOPE_TAIL)
        return np.where(k < 8.0, below, r * r * (0.5 + tail)).astype(kind, copy=False)


def _bessel_ratio_curvature(k):
    """The second derivative A''(k) <= 0, k >= 0, near -1/k^3 for large k.

    Measured beyond conditioning: at most 4 ulp in float64, 0.5 in float32.
    """
    k, kind = _wide(k)
    with np.errstate(all="ignore"):
        below = k * _below_8(k, _BESSEL_CURVATURE_N, _BESSEL_CURVATURE_D)
        r, tail = _beyond_8(k, _BESSEL_CURVATURE_TAIL)
        return (-np.where(k < 8.0, below, r * r * r * (1.0 + tail))).astype(kind, copy=False)


def _one_minus_cosine(x):
    """The difference 1 - cos x = 2 sin(x/2)^2.

    Measured beyond conditioning: at most 1.5 ulp in float64, 0.5 in float32.
    """
    x, kind = _wide(x)
    with np.errstate(all="ignore"):
        s = np.sin(0.5 * x)
        return (2.0 * s * s).astype(kind, copy=False)
