"""Means under a density: sums over its support, integrals with an estimate of their error, or both.

mean       a mean with its error, and the digits that all keep to
peaks      where a function along a line has its peaks and its zeros
integrals  over an interval, along the line that is stretched onto it
sums       over a discrete support
simplex    over shares, as sums over a grid
model      the density at given parameters
"""

from derive.expectation.mean import Mean
from derive.expectation.model import Model
from derive.expectation.peaks import Function

__all__ = ["Function", "Mean", "Model"]
