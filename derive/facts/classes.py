"""Facts of the densities of vectors, at the class k.

Source: Johnson, Kotz and Balakrishnan (1997), Discrete Multivariate Distributions, ch. 35; Kotz, Balakrishnan and
Johnson (2000), Continuous Multivariate Distributions 1, ch. 49.
"""

from derive.catalogue import classes
from derive.declare import facts
from derive.words import j, k, total


@facts(classes.categorical)
def of_categorical(y, *, p):
    return {"mean": p[k]}


@facts(classes.multinomial)
def of_multinomial(y, *, p):
    return {"mean": total(y[j], j) * p[k]}


@facts(classes.dirichlet)
def of_dirichlet(y, *, concentration):
    return {"mean": concentration[k] / total(concentration[j], j)}


@facts(classes.dirichlet_multinomial)
def of_dirichlet_multinomial(y, *, concentration):
    return {"mean": total(y[j], j) * concentration[k] / total(concentration[j], j)}
