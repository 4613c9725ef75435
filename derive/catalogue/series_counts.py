"""Mass functions of counts and of their differences that hold the sum of a series."""

from derive.counterparts import scipy, variant
from derive.declare import distribution
from derive.domains import Count, Positive, Whole
from derive.words import count_difference_probability, dispersed_probability, hypergeometric_probability


@distribution(
    called={"TFP": "Skellam"},
    latex={"mu1": r"\mu_1", "mu2": r"\mu_2"},
    variants=(variant(link="mu1=exp,mu2=exp"),),
    counterparts=(scipy("skellam.logpmf"),),
)
def skellam(y: Whole, *, mu1: Positive, mu2: Positive):
    """The difference of two independent Poisson counts, such as the goals of two teams.

    y    first count less the second
    mu1  expected first count
    mu2  expected second count

    Source: Skellam (1946), Journal of the Royal Statistical Society 109, 296; I is the modified Bessel function. Given
    the difference y, the first count has a mean m and a variance v, which are functions of mu1 times mu2.
    """
    return count_difference_probability(y, mu1, mu2)


@distribution(
    latex={"mu": r"\mu", "nu": r"\nu"},
    variants=(variant(link="mu=exp"),),
)
def conway_maxwell_poisson(y: Count, *, mu: Positive, nu: Positive):
    """A count that varies less than Poisson's (nu > 1) or more (nu < 1): probabilities go as (mu^y/y!)^nu.

    y   number of events
    mu  location: the mode is the whole part of mu, and the mean is near mu + 1/(2 nu) - 1/2; the rate is mu^nu
    nu  dispersion: 1 is Poisson's count, large nu leaves the mode alone; the variance is near mu/nu

    Source: Shmueli et al. (2005), Applied Statistics 54, 127-142, by the location of Guikema and Goffelt (2008), Risk
    Analysis 28, 213-223. Z is the sum of (mu^j/j!)^nu, and E, V and C are means, variances and the covariance of a count
    j and of Q(j) = mu - j log mu + log j!. Tested where nu is above 0.03; as nu vanishes, counts grow without bound.
    """
    return dispersed_probability(y, mu, nu)


@distribution(
    called={"Stan": "hypergeometric"},
    latex={"population": "n", "successes": "s", "draws": "d", "odds": r"\omega"},
    variants=(variant(link="odds=exp"),),
    counterparts=(scipy("nchypergeom_fisher.logpmf"),),
)
def hypergeometric(
    y: Count.up_to("draws")
    .where(lambda y, successes: successes + 1 - y)
    .where(lambda y, population, successes, draws: y + population + 1 - successes - draws),
    *,
    population: Count,
    successes: Count.up_to("population"),
    draws: Count.up_to("population"),
    odds: Positive,
):
    """The successes drawn without replacement, where a success is drawn by other odds than a failure.

    y           number of successes that are drawn
    population  number of items
    successes   number of items that are successes
    draws       number of items that are drawn
    odds        odds of a success over those of a failure: 1 is the classical distribution of random draws

    Source: McCullagh and Nelder (1989), Generalized Linear Models, 2nd ed., ch. 7: Fisher's noncentral distribution, the
    conditional likelihood of a table of two by two with the odds ratio odds. P_0 is the sum of the terms C(successes, j)
    C(population - successes, draws - j) odds^j, and E and V are the mean and the variance of a count.
    """
    return hypergeometric_probability(population, successes, draws, y, odds)
