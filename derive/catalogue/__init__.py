"""The densities, one file per kind of support.

A row is a declaration (`declare`); a parametrisation is a row that calls another, never the
mathematics again.  `variants` lists what `derive generate` writes and `derive verify` proves.
"""

from collections.abc import Mapping

from derive.catalogue import classes, counts, positive, real_line, unit_interval
from derive.declare import Distribution, rows

CATALOGUE: Mapping[str, Distribution] = rows(
    (real_line, positive, unit_interval, counts, classes), Distribution
)
