"""The densities, one file per kind of support.

A row is a declaration (`declare`); a parametrisation is a row that calls another, never the
mathematics again.  Beside it stand its variants, which `derive generate` writes and `derive verify`
proves, and its counterparts in other libraries.
"""

from collections.abc import Mapping

from derive.catalogue import (
    circle,
    classes,
    counts,
    extremes,
    lifetimes,
    positive,
    practices,
    real_line,
    series_counts,
    unit_interval,
)
from derive.declare import Distribution, rows

CATALOGUE: Mapping[str, Distribution] = rows(
    (
        real_line,
        positive,
        lifetimes,
        extremes,
        unit_interval,
        circle,
        counts,
        series_counts,
        classes,
        practices,
    ),
    Distribution,
)

PLAIN: Mapping[str, str] = {}

VARIANTS: tuple[tuple[str, Mapping[str, str]], ...] = tuple(
    (row.name, options)
    for row in CATALOGUE.values()
    for options in (PLAIN, *(variant.options for variant in row.variants))
)
"""What is generated and verified: every density, as it stands and with the options of its variants."""
