"""Densities on the unit interval."""

from derive.counterparts import Defect, scipy, torch_distribution, variant
from derive.declare import distribution
from derive.domains import OpenUnit, Positive, Real, Unit
from derive.words import beta as beta_function
from derive.words import exp, half, logistic_mean, logit, simplex_residual, sqrt, two_pi, width


@distribution(
    called={"Stan": "beta", "TFP": "Beta", "gamlss": "BEo"},
    counterparts=(
        scipy("beta.logpdf"),
        torch_distribution(
            "Beta", defect=Defect("log Gammas of about 3e13 are subtracted", (1e-12, 2.0, 1e12))
        ),
    ),
)
def beta(y: Unit, *, a: Positive, b: Positive):
    """A proportion.

    y  observed proportion
    a  first shape
    b  second shape

    Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 25.
    """
    return y ** (a - 1) * (1 - y) ** (b - 1) / beta_function(a, b)


@distribution(
    called={"Stan": "uniform", "TFP": "Uniform"},
    variants=(variant(fix="low=0"),),
    counterparts=(
        scipy("uniform.logpdf", lambda y, low, high: (y, low, high - low)),
        torch_distribution("Uniform"),
    ),
)
def uniform(
    y: Real.down_to("low").up_to("high"),
    *,
    low: Real,
    high: Real.where(lambda high, low: high - low, harmless=1.0),
):
    """An observation of which nothing is known but where it lies.

    y     observation, in the units of the data
    low   least point, in the units of the data
    high  greatest point, in the units of the data

    Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 26.
    """
    return 1 / width(high, low)


@distribution(called={"TFP": "Kumaraswamy"}, counterparts=(torch_distribution("Kumaraswamy"),))
def kumaraswamy(y: Unit, *, a: Positive, b: Positive):
    """A proportion whose distribution function needs no special function.

    y  observed proportion
    a  first shape, of the power of the proportion
    b  second shape, of the power of what is left

    Source: Jones (2009), Statistical Methodology 6, 70-81.
    """
    return a * b * y ** (a - 1) * (1 - y**a) ** (b - 1)


@distribution(called={"TFP": "LogitNormal", "gamlss": "LOGITNO"}, variants=(variant(link="sigma=exp"),))
def logit_normal(y: OpenUnit, *, mu: Real, sigma: Positive):
    """A proportion whose logit has a normal distribution.

    y      observed proportion
    mu     mean of logit y
    sigma  standard deviation of logit y

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 12.
    """
    return exp(-(((logit(y) - mu) / sigma) ** 2) / 2) / (y * (1 - y) * sigma * sqrt(two_pi))


@distribution(called={"gamlss": "SIMPLEX"}, variants=(variant(link="mu=sigmoid"),))
def simplex(y: OpenUnit, *, mu: Unit, sigma: Positive):
    """A proportion by its mean: the dispersion model of the unit interval.

    y      observed proportion
    mu     mean
    sigma  square root of the dispersion

    Source: Barndorff-Nielsen and Jørgensen (1991), Journal of Multivariate Analysis 39, 106-116; r(y, mu) is
    (y - mu)/(mu (1 - mu)) over the root of y (1 - y).
    """
    kernel = exp(-((simplex_residual(y, mu) / sigma) ** 2) / 2)
    return kernel / (sigma * sqrt(two_pi) * (y * (1 - y)) ** (3 * half()))


@distribution(
    called={"TFP": "ContinuousBernoulli"},
    variants=(variant(link="p=sigmoid"),),
    counterparts=(torch_distribution("ContinuousBernoulli"),),
)
def continuous_bernoulli(y: Unit, *, p: Unit):
    """A proportion such as the brightness of a pixel: what is often treated as a Bernoulli variable.

    y  observed proportion
    p  the shape; the mean is on the same side of one half

    Source: Loaiza-Ganem and Cunningham (2019), Advances in Neural Information Processing Systems 32.
    """
    return p**y * (1 - p) ** (1 - y) / logistic_mean(p)


@distribution(
    called={"Stan": "beta_proportion", "gamlss": "BE"},
    latex={"mean": r"\mu", "precision": r"\phi"},
    counterparts=(
        scipy("beta.logpdf", lambda y, mean, precision: (y, mean * precision, (1 - mean) * precision)),
        torch_distribution("Beta", lambda y, mean, precision: (y, mean * precision, (1 - mean) * precision)),
    ),
)
def beta_mean(y: Unit, *, mean: OpenUnit, precision: Positive):
    """The beta distribution by its mean, as beta regression has it.

    y          observed proportion
    mean       mean
    precision  precision, the sum of both shapes

    Source: Ferrari and Cribari-Neto (2004), Journal of Applied Statistics 31, 799-815.
    """
    return beta(y, a=mean * precision, b=(1 - mean) * precision)
