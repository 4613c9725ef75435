"""The links: from what a model puts out (the predictor) to a parameter.

The statistician names a link by its inverse: a model that predicts log sigma uses the log link, and
its row is `exp`, because sigma = exp(predictor).

Source: McCullagh and Nelder (1989), Generalized Linear Models, 2nd ed., ch. 2.
"""

from derive import words
from derive.declare import link
from derive.domains import Increasing, LogWeights, Nonzero, Positive, Real, SignedUnit, Simplex, Unit, Vector


@link(synonym="identity", predictor="{name}")
def identity(a: Real) -> Real:
    """The model predicts the parameter itself."""
    return a


@link(synonym="log", torch="exp", predictor="log_{name}", letters={"": r"\eta", "sigma": "s", "b": r"\beta"})
def exp(a: Real) -> Positive:
    """The model predicts the logarithm, so every output is a legal positive parameter."""
    return words.exp(a)


@link(synonym="inverse softplus", torch="nn.functional.softplus", predictor="raw_{name}", letters={"": "r"})
def softplus(a: Real) -> Positive:
    """The model's output is bent smoothly to be positive and stays itself where it is large."""
    return words.softplus(a)


@link(synonym="signed square root", torch="square", predictor="root_{name}", letters={"": "f"})
def square(a: Nonzero) -> Positive:
    """The model predicts a root of the parameter, of either sign but not zero."""
    return a**2


@link(synonym="logit", torch="sigmoid", predictor="logit_{name}", letters={"": "z"})
def sigmoid(a: Real) -> Unit:
    """The model predicts the logarithm of the odds."""
    return words.sigmoid(a)


@link(synonym="Fisher's z", torch="tanh", predictor="raw_{name}", letters={"": "r"})
def tanh(a: Real) -> SignedUnit:
    """The model's output is bent smoothly to stay between two bounds; `5*tanh` stays between -5 and 5."""
    return words.tanh(a)


@link(synonym="probit", torch="special.ndtr", predictor="probit_{name}", letters={"": "z"})
def normal_cdf(a: Real) -> Unit:
    """The model predicts the quantile of a standard normal."""
    return words.normal_cdf(a)


@link(synonym="multinomial logit", torch="softmax", predictor="logits", letters={"": "z"})
def softmax(a: LogWeights["K"]) -> Simplex["K"]:
    """The model predicts the logarithms of the class probabilities, up to a common term."""
    return lambda position: words.softmax(a, position)


@link(synonym="logarithms of the steps", predictor="raw_{name}", letters={"": "x"})
def ordered(a: Vector["K"]) -> Increasing["K"]:
    """The model predicts the first entry, and the logarithm of the step to each further one."""
    return lambda position: words.ordered(a, position)
