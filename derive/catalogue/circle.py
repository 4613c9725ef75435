"""Densities of angles."""

import math

from derive.counterparts import Defect, scipy, torch_distribution, variant
from derive.declare import distribution
from derive.domains import Angle, Positive, Unit
from derive.words import bessel_0, exp, one_minus_cosine, two_pi

TURN = 2 * math.pi


@distribution(
    called={"Stan": "von_mises", "TFP": "VonMises"},
    variants=(variant(fix="kappa"), variant(link="kappa=exp")),
    counterparts=(
        scipy("vonmises.logpdf", lambda y, mu, kappa: (y, kappa, mu)),
        torch_distribution(
            "VonMises",
            within=1e-4,
            defect=Defect(
                "log I0(kappa), to single precision, is formed before kappa is subtracted", (0.0, 0.0, 1e20)
            ),
        ),
    ),
)
def von_mises(y: Angle, *, mu: Angle, kappa: Positive):
    """A direction in the plane, such as that of the wind.

    y      angle in radians; any turn of it is the same
    mu     mean direction in radians; any turn of it is the same
    kappa  concentration, for large values the inverse variance

    Source: Mardia and Jupp (2000), Directional Statistics, ch. 3.
    """
    return exp(-kappa * one_minus_cosine(y - mu)) / (two_pi * exp(-kappa) * bessel_0(kappa))


@distribution(
    latex={"rho": r"\rho"},
    counterparts=(scipy("wrapcauchy.logpdf", lambda y, mu, rho: ((y - mu) % TURN, rho)),),
)
def wrapped_cauchy(y: Angle, *, mu: Angle, rho: Unit):
    """A direction in the plane with outliers: a Cauchy variable wound around the circle.

    y    angle in radians; any turn of it is the same
    mu   mean direction in radians; any turn of it is the same
    rho  mean resultant length: 0 for no preferred direction, 1 for no other

    Source: Mardia and Jupp (2000), Directional Statistics, ch. 3.
    """
    return (1 - rho) * (1 + rho) / (two_pi * ((1 - rho) ** 2 + 2 * rho * one_minus_cosine(y - mu)))
