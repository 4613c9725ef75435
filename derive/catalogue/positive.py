"""Densities on the positive half line."""

from derive.catalogue.real_line import cauchy, student_t
from derive.counterparts import array_exp, scipy, torch_distribution, variant
from derive.declare import distribution
from derive.domains import BetweenOneAndTwo, Nonnegative, Positive, Real, Semicontinuous
from derive.words import beta as beta_function
from derive.words import (
    exp,
    half,
    inverse_gaussian_deviance,
    log,
    sqrt,
    tweedie_base,
    tweedie_deviance,
    two_pi,
)
from derive.words import gamma as gamma_function


@distribution(
    called={"Stan": "gamma", "TFP": "Gamma"},
    latex={"shape": "a", "rate": r"\beta"},
    counterparts=(
        scipy("gamma.logpdf", lambda y, shape, rate: (y, shape, 0, 1 / rate)),
        torch_distribution("Gamma"),
    ),
)
def gamma(y: Positive, *, shape: Positive, rate: Positive):
    """A positive amount: the waiting time for several events.

    y      amount, in the units of the data
    shape  shape, the number of events waited for
    rate   rate, in the inverse units of the data

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 17.
    """
    return rate**shape / gamma_function(shape) * y ** (shape - 1) * exp(-rate * y)


@distribution(
    called={"gamlss": "GA"},
    latex={"shape": "a", "mean": r"\mu"},
    variants=(variant(link="mean=exp"),),
    counterparts=(
        scipy("gamma.logpdf", lambda y, mean, shape: (y, shape, 0, mean / shape)),
        torch_distribution("Gamma", lambda y, mean, shape: (y, shape, shape / mean)),
    ),
)
def gamma_mean(y: Positive, *, mean: Positive, shape: Positive):
    """The gamma distribution by its mean, as generalised linear models have it.

    y      amount, in the units of the data
    mean   mean, in the units of the data
    shape  shape, the inverse squared coefficient of variation

    Source: McCullagh and Nelder (1989), Generalized Linear Models, 2nd ed., ch. 8.
    """
    return gamma(y, shape=shape, rate=shape / mean)


@distribution(
    called={"Stan": "lognormal", "TFP": "LogNormal", "gamlss": "LOGNO"},
    variants=(variant(link="sigma=exp"),),
    counterparts=(
        scipy("lognorm.logpdf", lambda y, mu, sigma: (y, sigma, 0, array_exp(mu))),
        torch_distribution("LogNormal"),
    ),
)
def lognormal(y: Positive, *, mu: Real, sigma: Positive):
    """A positive amount that is the product of many small effects.

    y      amount, in the units of the data
    mu     mean of log y
    sigma  standard deviation of log y

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 14.
    """
    return exp(-(((log(y) - mu) / sigma) ** 2) / 2) / (y * sigma * sqrt(two_pi))


@distribution(
    called={"Stan": "weibull", "TFP": "Weibull", "gamlss": "WEI"},
    latex={"shape": "k", "scale": r"\lambda"},
    variants=(variant(link="scale=exp"),),
    counterparts=(
        scipy("weibull_min.logpdf", lambda y, shape, scale: (y, shape, 0, scale)),
        torch_distribution("Weibull", lambda y, shape, scale: (y, scale, shape)),
    ),
)
def weibull(y: Positive, *, shape: Positive, scale: Positive):
    """A time to failure whose hazard is a power of time.

    y      time, in the units of the data
    shape  shape; 1 is a constant hazard
    scale  scale, in the units of the data

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 21.
    """
    return shape / scale * (y / scale) ** (shape - 1) * exp(-((y / scale) ** shape))


@distribution(
    called={"TFP": "InverseGaussian", "gamlss": "IG"},
    latex={"mean": r"\mu", "shape": r"\lambda"},
    variants=(variant(link="mean=exp"),),
    counterparts=(scipy("invgauss.logpdf", lambda y, mean, shape: (y, mean / shape, 0, shape)),),
)
def inverse_gaussian(y: Positive, *, mean: Positive, shape: Positive):
    """The time at which a drifting Brownian motion first reaches a level.

    y      time, in the units of the data
    mean   mean, in the units of the data
    shape  shape, in the units of the data

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 15.
    """
    return sqrt(shape / (two_pi * y**3)) * exp(-inverse_gaussian_deviance(y, mean, shape) / 2)


@distribution(
    called={"Stan": "exponential", "TFP": "Exponential", "gamlss": "EXP"},
    latex={"rate": r"\lambda"},
    variants=(variant(link="rate=exp"),),
    counterparts=(
        scipy("expon.logpdf", lambda y, rate: (y, 0, 1 / rate)),
        torch_distribution("Exponential"),
    ),
)
def exponential(y: Positive, *, rate: Positive):
    """The time to the next event, which comes at a constant rate.

    y     time, in the units of the data
    rate  rate, in the inverse units of the data

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 19.
    """
    return rate * exp(-rate * y)


@distribution(
    called={"Stan": "chi_square", "TFP": "Chi2"},
    latex={"nu": r"\nu"},
    counterparts=(scipy("chi2.logpdf"), torch_distribution("Chi2")),
)
def chi_square(y: Positive, *, nu: Positive):
    """The sum of the squares of standard normal variables.

    y   sum of squares
    nu  degrees of freedom

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 18.
    """
    return gamma(y, shape=nu / 2, rate=half())


@distribution(
    counterparts=(scipy("f.logpdf"), torch_distribution("FisherSnedecor")),
)
def fisher_snedecor(y: Positive, *, m: Positive, n: Positive):
    """The ratio of two mean squares of independent normal variables: the F distribution.

    y  ratio
    m  degrees of freedom of the numerator
    n  degrees of freedom of the denominator

    Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 27; B*(a, b) is
    B(a, b) (a + b)^(a + b)/(a^a b^b).
    """
    return (m * y / (m * y + n)) ** (m / 2) * (n / (m * y + n)) ** (n / 2) / (y * beta_function(m / 2, n / 2))


@distribution(
    called={"Stan": "inv_gamma", "TFP": "InverseGamma", "gamlss": "IGAMMA"},
    latex={"shape": "a", "scale": r"\beta"},
    counterparts=(
        scipy("invgamma.logpdf", lambda y, shape, scale: (y, shape, 0, scale)),
        torch_distribution("InverseGamma"),
    ),
)
def inverse_gamma(y: Positive, *, shape: Positive, scale: Positive):
    """A positive amount whose reciprocal has a gamma distribution, as a variance in Bayesian models.

    y      amount, in the units of the data
    shape  shape
    scale  scale, in the units of the data

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 17.
    """
    return scale**shape / gamma_function(shape) * y ** (-shape - 1) * exp(-scale / y)


@distribution(
    called={"Stan": "inv_chi_square"},
    latex={"nu": r"\nu"},
    counterparts=(scipy("invgamma.logpdf", lambda y, nu: (y, nu / 2, 0, 1 / 2)),),
)
def inv_chi_square(y: Positive, *, nu: Positive):
    """A positive amount whose reciprocal has a chi-square distribution.

    y   amount
    nu  degrees of freedom

    Source: Gelman et al. (2013), Bayesian Data Analysis, 3rd ed., appendix A.
    """
    return inverse_gamma(y, shape=nu / 2, scale=half())


@distribution(
    called={"Stan": "scaled_inv_chi_square"},
    latex={"nu": r"\nu"},
    variants=(variant(link="sigma=exp"),),
    counterparts=(scipy("invgamma.logpdf", lambda y, nu, sigma: (y, nu / 2, 0, nu * sigma**2 / 2)),),
)
def scaled_inv_chi_square(y: Positive, *, nu: Positive, sigma: Positive):
    """A variance as the posterior of a normal model has it.

    y      variance, in the squared units of the data
    nu     degrees of freedom
    sigma  scale, in the units of the data: the variance is about its square

    Source: Gelman et al. (2013), Bayesian Data Analysis, 3rd ed., appendix A.
    """
    return inverse_gamma(y, shape=nu / 2, scale=nu * sigma**2 / 2)


@distribution(
    called={"Stan": "rayleigh"},
    variants=(variant(link="sigma=exp"),),
    counterparts=(scipy("rayleigh.logpdf", lambda y, sigma: (y, 0, sigma)),),
)
def rayleigh(y: Positive, *, sigma: Positive):
    """The length of a vector in the plane with independent normal components.

    y      length, in the units of the data
    sigma  standard deviation of a component, in the units of the data

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 18.
    """
    return y / sigma**2 * exp(-((y / sigma) ** 2) / 2)


@distribution(
    variants=(variant(link="sigma=exp"),),
    counterparts=(scipy("maxwell.logpdf", lambda y, sigma: (y, 0, sigma)),),
)
def maxwell(y: Positive, *, sigma: Positive):
    """The length of a vector in space with independent normal components, as the speed of a molecule.

    y      length, in the units of the data
    sigma  standard deviation of a component, in the units of the data

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 18.
    """
    return 2 * y**2 / (sigma**3 * sqrt(two_pi)) * exp(-((y / sigma) ** 2) / 2)


@distribution(
    latex={"shape": "m", "spread": r"\omega"},
    variants=(variant(link="spread=exp"),),
    counterparts=(scipy("nakagami.logpdf", lambda y, shape, spread: (y, shape, 0, spread**0.5)),),
)
def nakagami(y: Positive, *, shape: Positive, spread: Positive):
    """The strength of a radio signal that comes on many paths: the root of a gamma variable.

    y       amplitude, in the units of the data
    shape   shape, from one half on; 1 is Rayleigh's distribution
    spread  mean square, in the squared units of the data

    Source: Nakagami (1960), The m-distribution, in Statistical Methods in Radio Wave Propagation, 3-36.
    """
    return 2 * y * gamma_mean(y**2, mean=spread, shape=shape)


@distribution(
    called={"TFP": "HalfNormal"},
    variants=(variant(link="sigma=exp"),),
    counterparts=(
        scipy("halfnorm.logpdf", lambda y, sigma: (y, 0, sigma)),
        torch_distribution("HalfNormal"),
    ),
)
def half_normal(y: Nonnegative, *, sigma: Positive):
    """The size of an error that is normal about zero.

    y      size, in the units of the data
    sigma  standard deviation of the error, in the units of the data

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 13.
    """
    return 2 / (sigma * sqrt(two_pi)) * exp(-((y / sigma) ** 2) / 2)


@distribution(
    called={"TFP": "HalfCauchy"},
    variants=(variant(link="sigma=exp"),),
    counterparts=(
        scipy("halfcauchy.logpdf", lambda y, sigma: (y, 0, sigma)),
        torch_distribution("HalfCauchy"),
    ),
)
def half_cauchy(y: Nonnegative, *, sigma: Positive):
    """The size of an error that is Cauchy about zero, as a scale in Bayesian models.

    y      size, in the units of the data
    sigma  scale, the median, in the units of the data

    Source: Gelman (2006), Bayesian Analysis 1, 515-534.
    """
    return 2 * cauchy(y, mu=0, sigma=sigma)


@distribution(called={"TFP": "HalfStudentT"}, variants=(variant(fix="nu"),))
def half_student_t(y: Nonnegative, *, nu: Positive, sigma: Positive):
    """The size of an error that is Student's t about zero, as a scale in Bayesian models.

    y      size, in the units of the data
    nu     degrees of freedom
    sigma  scale of the error, in the units of the data

    Source: Gelman (2006), Bayesian Analysis 1, 515-534.
    """
    return 2 * student_t(y, nu=nu, mu=0, sigma=sigma)


@distribution(
    called={"Stan": "pareto", "TFP": "Pareto", "gamlss": "PARETO1o"},
    latex={"scale": "m", "shape": r"\alpha"},
    counterparts=(
        scipy("pareto.logpdf", lambda y, scale, shape: (y, shape, 0, scale)),
        torch_distribution("Pareto"),
    ),
)
def pareto(y: Positive.down_to("scale"), *, scale: Positive, shape: Positive):
    """An amount above a least one, with a tail that falls like a power.

    y      amount, in the units of the data
    scale  least amount, in the units of the data
    shape  shape: the tail falls like the power -shape

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 20.
    """
    return shape / y * (scale / y) ** shape


@distribution(
    known=("phi", "p"),
    variants=(variant(fix="p=3/2"), variant(link="mu=exp")),
)
def tweedie(y: Semicontinuous, *, mu: Positive, phi: Positive, p: BetweenOneAndTwo):
    """An amount that is often nothing at all: the sum of a Poisson number of gamma variables.

    y    amount, in the units of the data; 0 has a probability of its own
    mu   mean, in the units of the data
    phi  dispersion: the variance is phi times mu to the power p
    p    power; towards 1 a Poisson number of equal amounts, towards 2 a gamma variable

    Source: Dunn and Smyth (2005), Statistics and Computing 15, 267-280; d is half the unit deviance, and c is
    their series over the Poisson number, 1 at y = 0, with the exponential at y = mu taken into it.
    """
    return tweedie_base(y, phi, p) * exp(-tweedie_deviance(y, mu, p) / phi)
