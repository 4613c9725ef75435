"""What is known of the densities beside themselves, one file per kind of support.

A fact stands beside its row, in its row's symbols, and is tested by existing: a mean is the integral's, a
distribution function grows by the density, a mode is nowhere exceeded, a deviance differs from twice the
dispersion times -log p by what is free of the mean.  A parametrisation has the facts of the row that it
calls, in its own parameters, and may say some of them more simply.
"""

from collections.abc import Mapping
from typing import Any

from derive.declare import Distribution, Facts
from derive.facts import classes, counts, positive, real_line, unit_interval

FACTS: Mapping[str, Facts] = {
    facts.row.name: facts
    for module in (real_line, positive, unit_interval, counts, classes)
    for facts in vars(module).values()
    if isinstance(facts, Facts)
}


def known_of(row: Distribution, /, *data: Any, **parameters: Any) -> dict[str, Any]:
    """The facts of a row with these arguments: its own, and others of the row that it is a parametrisation of."""
    own, made = FACTS.get(row.name), row.made_of(*data, **parameters)
    inherited = known_of(made.row, *made.data, **made.parameters) if made else {}
    return inherited | (own(*data, **parameters) if own and own.row is row else {})
