"""Densities of angles."""

from derive.counterparts import Defect, scipy, torch_distribution, variant
from derive.declare import distribution
from derive.domains import Angle, Positive
from derive.words import bessel_0, exp, one_minus_cosine, two_pi


@distribution(
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
