"""Where a quantity may live.

    draws      how numbers are drawn for tests of claims
    stretches  how the whole line is stretched onto an interval
    interval   scalars: an interval of the real line or of the integers
    entries    vectors, of symbolic size
    scalars    the named intervals
    vectors    the named vectors

A domain is one object with many uses: it annotates a declaration, gives SymPy its facts, guards the
arguments of generated code, names itself in prose and in LaTeX, supplies the points at which claims
are tested, and says how an integral over it is taken.  Everything here is data; nothing imports SymPy.
"""

from derive.domains.draws import NEAREST
from derive.domains.entries import EPS_OF_SUM, SUM_TOLERANCE, Domain, Entries
from derive.domains.interval import Interval
from derive.domains.scalars import (
    Angle,
    BetweenOneAndTwo,
    Binary,
    Count,
    Nonnegative,
    Nonzero,
    OpenUnit,
    Position,
    Positive,
    PositiveCount,
    Precision,
    Rank,
    Real,
    Semicontinuous,
    Share,
    SignedUnit,
    TailIndex,
    Unit,
    Whole,
)
from derive.domains.stretches import Stretch
from derive.domains.vectors import (
    Composition,
    Counts,
    Increasing,
    LogWeights,
    OneHot,
    PositiveVector,
    Ranking,
    Shares,
    Simplex,
    Vector,
    entries_in,
)

__all__ = [
    "EPS_OF_SUM",
    "NEAREST",
    "SUM_TOLERANCE",
    "Angle",
    "BetweenOneAndTwo",
    "Binary",
    "Composition",
    "Count",
    "Counts",
    "Domain",
    "Entries",
    "Increasing",
    "Interval",
    "LogWeights",
    "Nonnegative",
    "Nonzero",
    "OneHot",
    "OpenUnit",
    "Position",
    "Positive",
    "PositiveCount",
    "PositiveVector",
    "Precision",
    "Rank",
    "Ranking",
    "Real",
    "Semicontinuous",
    "Share",
    "Shares",
    "SignedUnit",
    "Simplex",
    "Stretch",
    "TailIndex",
    "Unit",
    "Vector",
    "Whole",
    "entries_in",
]
