"""Densities on the real line."""

import math

from derive.counterparts import Defect, Figure, scipy, torch_distribution, torch_nn, variant
from derive.declare import distribution
from derive.domains import Positive, Real, Unit
from derive.words import (
    absolute,
    absolute_power,
    asinh,
    check,
    cosh,
    exp,
    gamma,
    half,
    log_huber_mass,
    normal_cdf,
    pi,
    sinh_square_excess,
    sqrt,
    square,
    two_pi,
)
from derive.words import huber as huber_loss

MEAN_SQUARED_ERROR = torch_nn("MSELoss", lambda y, mu, sigma=1: (mu, y), Figure.LOSS)
SMALL_VARIANCE = "a variance below eps = 1e-6 is raised to 1e-6"


@distribution(
    called={"Stan": "normal", "TFP": "Normal", "gamlss": "NO"},
    variants=(
        variant(MEAN_SQUARED_ERROR, fix="sigma"),
        variant(MEAN_SQUARED_ERROR, fix="sigma=1"),
        variant(
            torch_nn(
                "MSELoss / sigma**2",
                lambda y, mu, sigma: (mu, y),
                Figure.LOSS,
                after=lambda square, y, mu, sigma: square / sigma**2,
            ),
            fix="sigma[i]",
        ),
        variant(link="sigma=exp"),
        variant(shared="mu,sigma"),
    ),
    counterparts=(
        scipy("norm.logpdf"),
        torch_distribution(
            "Normal",
            defect=Defect("the scale is squared, which underflows below about 1e-162", (2e-170, 0.0, 1e-170)),
        ),
        torch_nn(
            "GaussianNLLLoss",
            lambda y, mu, sigma: (mu, y, sigma**2),
            full=True,
            defect=Defect(SMALL_VARIANCE, (1e-3, 0.0, 1e-4)),
        ),
    ),
)
def normal(y: Real, *, mu: Real, sigma: Positive):
    """An observation whose error is the sum of many small ones.

    y      observation, in the units of the data
    mu     mean, in the units of the data
    sigma  standard deviation, in the units of the data

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 13.
    """
    return exp(-(((y - mu) / sigma) ** 2) / 2) / (sigma * sqrt(two_pi))


@distribution(
    called={"gamlss": "NO2"},
    latex={"variance": "v"},
    variants=(variant(link="variance=square"),),
    counterparts=(
        scipy("norm.logpdf", lambda y, mu, variance: (y, mu, variance**0.5)),
        torch_distribution("Normal", lambda y, mu, variance: (y, mu, variance**0.5)),
        torch_nn(
            "GaussianNLLLoss",
            lambda y, mu, variance: (mu, y, variance),
            full=True,
            defect=Defect(SMALL_VARIANCE, (1e-3, 0.0, 1e-8)),
        ),
    ),
)
def normal_variance(y: Real, *, mu: Real, variance: Positive):
    """The normal distribution by its variance.

    y         observation, in the units of the data
    mu        mean, in the units of the data
    variance  variance, in the squared units of the data

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 13.
    """
    return normal(y, mu=mu, sigma=sqrt(variance))


@distribution(
    latex={"precision": r"\tau"},
    variants=(variant(link="precision=exp"),),
    counterparts=(
        scipy("norm.logpdf", lambda y, mu, precision: (y, mu, precision**-0.5)),
        torch_distribution("Normal", lambda y, mu, precision: (y, mu, precision**-0.5)),
    ),
)
def normal_precision(y: Real, *, mu: Real, precision: Positive):
    """The normal distribution by its precision.

    y          observation, in the units of the data
    mu         mean, in the units of the data
    precision  one over the variance

    Source: Bernardo and Smith (1994), Bayesian Theory, appendix A.
    """
    return normal(y, mu=mu, sigma=1 / sqrt(precision))


@distribution(
    called={"Stan": "double_exponential", "TFP": "Laplace"},
    variants=(
        variant(torch_nn("L1Loss", lambda y, mu, b: (mu, y), Figure.LOSS), fix="b"),
        variant(link="b=exp"),
    ),
    counterparts=(scipy("laplace.logpdf"), torch_distribution("Laplace")),
)
def laplace(y: Real, *, mu: Real, b: Positive):
    """An observation whose error has exponential tails on both sides.

    y   observation, in the units of the data
    mu  median, in the units of the data
    b   scale, the mean absolute deviation, in the units of the data

    Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 24.
    """
    return exp(-absolute(y - mu) / b) / (2 * b)


@distribution(
    called={"Stan": "skew_double_exponential"},
    variants=(variant(link="b=exp"), variant(fix="b,tau=0.9"), variant(fix="b,tau")),
    counterparts=(
        scipy(
            "laplace_asymmetric.logpdf",
            lambda y, mu, b, tau: (y, (tau / (1 - tau)) ** 0.5, mu, b / (tau * (1 - tau)) ** 0.5),
        ),
    ),
)
def asymmetric_laplace(y: Real, *, mu: Real, b: Positive, tau: Unit):
    """An observation whose quantile is modelled; with a known scale, quantile regression.

    y    observation, in the units of the data
    mu   the tau-quantile, in the units of the data
    b    scale, in the units of the data
    tau  the probability of an observation below mu

    Source: Koenker and Machado (1999), Journal of the American Statistical Association 94, 1296-1310.
    """
    return tau * (1 - tau) / b * exp(-check(y - mu, tau) / b)


@distribution(
    latex={"delta": r"\delta"},
    variants=(
        variant(
            torch_nn("HuberLoss", lambda y, mu: (mu, y), Figure.LOSS, delta=1.35),
            torch_nn(
                "SmoothL1Loss * beta",
                lambda y, mu: (mu, y),
                Figure.LOSS,
                after=lambda loss, y, mu: 1.35 * loss,
                beta=1.35,
            ),
            fix="sigma=1,delta=27/20",
        ),
        variant(fix="delta", link="sigma=exp"),
    ),
)
def huber(y: Real, *, mu: Real, sigma: Positive, delta: Positive):
    """An observation that is normal near its centre and has exponential tails.

    y      observation, in the units of the data
    mu     centre, in the units of the data
    sigma  scale, in the units of the data
    delta  threshold in units of the scale, beyond which the tails are exponential

    Source: Huber (1964), Annals of Mathematical Statistics 35, 73-101.
    """
    return exp(-huber_loss((y - mu) / sigma, delta) - log_huber_mass(delta)) / sigma


@distribution(
    called={"Stan": "student_t", "TFP": "StudentT", "gamlss": "TF"},
    variants=(variant(fix="nu"),),
    counterparts=(
        scipy("t.logpdf"),
        torch_distribution(
            "StudentT",
            defect=Defect("log Gammas of about 1e13 are subtracted", (1.5, 1e12, 0.5, 2.0)),
        ),
    ),
)
def student_t(y: Real, *, nu: Positive, mu: Real, sigma: Positive):
    """An observation whose error is normal with an unknown precision: heavy tails.

    y      observation, in the units of the data
    nu     degrees of freedom
    mu     centre, in the units of the data
    sigma  scale, in the units of the data

    Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 28.
    """
    kernel = (1 + square((y - mu) / (sigma * sqrt(nu)))) ** (-(nu + 1) / 2)
    return gamma(nu / 2 + half()) / (gamma(nu / 2) * sqrt(pi * nu) * sigma) * kernel


@distribution(
    called={"Stan": "cauchy", "TFP": "Cauchy"},
    variants=(variant(link="sigma=exp"),),
    counterparts=(scipy("cauchy.logpdf"), torch_distribution("Cauchy")),
)
def cauchy(y: Real, *, mu: Real, sigma: Positive):
    """An observation with tails so heavy that it has no mean.

    y      observation, in the units of the data
    mu     median, in the units of the data
    sigma  scale, half the interquartile range, in the units of the data

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 16.
    """
    return 1 / (pi * sigma * (1 + square((y - mu) / sigma)))


@distribution(
    called={"Stan": "logistic", "TFP": "Logistic", "gamlss": "LO"},
    variants=(variant(link="sigma=exp"),),
    counterparts=(scipy("logistic.logpdf"),),
)
def logistic(y: Real, *, mu: Real, sigma: Positive):
    """An observation whose distribution function is the logistic one.

    y      observation, in the units of the data
    mu     mean, in the units of the data
    sigma  scale, in the units of the data

    Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 23.
    """
    return 1 / (4 * sigma * cosh((y - mu) / (2 * sigma)) ** 2)


@distribution(
    variants=(variant(fix="s"), variant(link="s=exp")),
    counterparts=(scipy("hypsecant.logpdf"),),
)
def log_cosh(y: Real, *, mu: Real, s: Positive):
    """An observation whose loss is log cosh: a square near mu, an absolute value far away.

    The hyperbolic secant distribution by its scale s, which is 2/pi of its standard deviation.

    y   observation, in the units of the data
    mu  mean, in the units of the data
    s   scale, in the units of the data

    Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 23.
    """
    return 1 / (pi * s * cosh((y - mu) / s))


@distribution(
    variants=(variant(link="sigma=exp"),),
    counterparts=(scipy("hypsecant.logpdf", lambda y, mu, sigma: (y, mu, 2 * sigma / math.pi)),),
)
def hyperbolic_secant(y: Real, *, mu: Real, sigma: Positive):
    """An observation with exponential tails on both sides of a round peak, by its deviation.

    y      observation, in the units of the data
    mu     mean, in the units of the data
    sigma  standard deviation, in the units of the data

    Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 23.
    """
    return log_cosh(y, mu=mu, s=2 * sigma / pi)


@distribution(
    called={"Stan": "gumbel", "TFP": "Gumbel", "gamlss": "RG"},
    variants=(variant(link="sigma=exp"),),
    counterparts=(scipy("gumbel_r.logpdf"), torch_distribution("Gumbel")),
)
def gumbel(y: Real, *, mu: Real, sigma: Positive):
    """The largest of many observations.

    y      observation, in the units of the data
    mu     mode, in the units of the data
    sigma  scale, in the units of the data

    Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 22.
    """
    z = (y - mu) / sigma
    return exp(-z - exp(-z)) / sigma


@distribution(
    called={"Stan": "skew_normal", "gamlss": "SN1"},
    variants=(variant(link="sigma=exp"),),
    counterparts=(scipy("skewnorm.logpdf", lambda y, mu, sigma, alpha: (y, alpha, mu, sigma)),),
)
def skew_normal(y: Real, *, mu: Real, sigma: Positive, alpha: Real):
    """An observation whose error is normal but for a skewness.

    y      observation, in the units of the data
    mu     location, in the units of the data: the mean where alpha is 0
    sigma  scale, in the units of the data
    alpha  shape: 0 is the normal distribution, and its sign is that of the skewness

    Source: Azzalini (1985), Scandinavian Journal of Statistics 12, 171-178.
    """
    return 2 * normal(y, mu=mu, sigma=sigma) * normal_cdf(alpha * (y - mu) / sigma)


@distribution(
    called={"TFP": "JohnsonSU", "gamlss": "JSUo"},
    variants=(variant(link="sigma=exp"),),
    counterparts=(
        scipy("johnsonsu.logpdf", lambda y, mu, sigma, skewness, tails: (y, skewness, tails, mu, sigma)),
    ),
    latex={"skewness": r"\gamma", "tails": r"\delta"},
)
def johnson_su(y: Real, *, mu: Real, sigma: Positive, skewness: Real, tails: Positive):
    """An observation whose inverse hyperbolic sine is normal: skewness and tails of any kind.

    y         observation, in the units of the data
    mu        location, in the units of the data
    sigma     scale, in the units of the data
    skewness  shape: 0 is symmetric, and above 0 the longer tail is the left one
    tails     shape: the lighter the tails the larger, towards those of the normal distribution

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 12.
    """
    z = (y - mu) / sigma
    score = skewness + tails * asinh(z)
    return tails / (sigma * sqrt(two_pi * (1 + z**2))) * exp(-(score**2) / 2)


@distribution(
    called={"TFP": "SinhArcsinh", "gamlss": "SHASHo"},
    latex={"skewness": r"\epsilon", "tails": r"\delta"},
    variants=(variant(link="sigma=exp"),),
)
def sinh_arcsinh(y: Real, *, mu: Real, sigma: Positive, skewness: Real, tails: Positive):
    """An observation whose tails are lighter or heavier than normal, and skewed.

    y         observation, in the units of the data
    mu        location, in the units of the data
    sigma     scale, in the units of the data
    skewness  shape: 0 is symmetric, and above 0 the longer tail is the right one
    tails     shape: 1 is as the normal distribution, and the lighter the tails the larger

    Source: Jones and Pewsey (2009), Biometrika 96, 761-780; sinh u is standard normal, and h(u) is
    sinh(u)**2/2 - log cosh(u), the cosine from the change of variable.
    """
    z = (y - mu) / sigma
    score = tails * asinh(z) - skewness
    return tails / (sigma * sqrt(two_pi * (1 + z**2))) * exp(-sinh_square_excess(score))


@distribution(
    called={"TFP": "GeneralizedNormal", "gamlss": "PE"},
    latex={"shape": "k"},
    variants=(variant(fix="shape"),),
    counterparts=(scipy("gennorm.logpdf", lambda y, mu, alpha, shape: (y, shape, mu, alpha)),),
)
def generalized_normal(y: Real, *, mu: Real, alpha: Positive, shape: Positive):
    """An observation whose loss is a power of its error; also the exponential power distribution.

    y      observation, in the units of the data
    mu     mean, in the units of the data
    alpha  scale, in the units of the data
    shape  shape: 1 is the Laplace distribution, 2 the normal, and larger is flatter

    Source: Nadarajah (2005), Journal of Applied Statistics 32, 685-694.
    """
    return exp(-absolute_power((y - mu) / alpha, shape)) / (2 * alpha * gamma(1 + 1 / shape))


@distribution(
    called={"Stan": "exp_mod_normal", "TFP": "ExponentiallyModifiedGaussian", "gamlss": "exGAUS"},
    latex={"rate": r"\alpha"},
    variants=(variant(link="sigma=exp"),),
    counterparts=(scipy("exponnorm.logpdf", lambda y, mu, sigma, rate: (y, 1 / (sigma * rate), mu, sigma)),),
)
def exp_mod_normal(y: Real, *, mu: Real, sigma: Positive, rate: Positive):
    """The sum of a normal and an exponential variable, as a response time or a peak of chromatography.

    y      observation, in the units of the data
    mu     mean of the normal part, in the units of the data
    sigma  standard deviation of the normal part, in the units of the data
    rate   rate of the exponential part, in the inverse units of the data

    Source: Grushka (1972), Analytical Chemistry 44, 1733-1738; w(a, b, c) is a c - (b c)**2/2 - log Phi(a/b - b c),
    and its index says in which argument it is differentiated.
    """
    density = exp(-rate * (y - mu) + (sigma * rate) ** 2 / 2)
    return rate * density * normal_cdf((y - mu) / sigma - sigma * rate)
