"""How two lines of a derivation stand to each other, decided by numbers.

Each line is read as its objective over a whole data set, a likelihood through its logarithm, on
distinct samples: θ varies, data and known constants are held, and the differences
a(θ) - a(θ') and b(θ) - b(θ') are compared.  The engine claims a relation for every step it makes;
`judge` tests the claim, and where it fails gives two points and what each line changes by between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import mpmath
from sympy import Expr

from derive.oracle import Point, value


class Relation(Enum):
    """A relation, with its meaning, its sign in text and its sign in LaTeX."""

    DEFINES = ("the right names the left", "≔", r":=")
    EQUAL = ("the same value everywhere", "=", "=")
    SHIFT = ("they differ by a term free of θ", "≐", r"\doteq")
    FACTOR = ("a positive factor free of θ, perhaps with a shift", "∝₊", r"\propto_{+}")
    MONOTONE = (
        "an increasing function with the same goal, or a decreasing one with the goal exchanged",
        "⇔",
        r"\Longleftrightarrow",
    )
    DIFFERENT = ("none of these", "≠", r"\neq")

    def __init__(self, meaning: str, text: str, latex: str) -> None:
        self.meaning = meaning
        self.text = text
        self.latex = latex


# From the strongest to the weakest: an equal line is also a shift by nothing, and so on.
STRENGTH = (Relation.EQUAL, Relation.SHIFT, Relation.FACTOR, Relation.MONOTONE, Relation.DIFFERENT)


class Goal(Enum):
    """What is sought of a line over θ."""

    MAXIMISE = "maximise"
    MINIMISE = "minimise"


@dataclass(frozen=True)
class Line:
    """One line: an expression over the data set, what it is called and what is sought of it.

    `name` is "likelihood", "log-likelihood", "negative log-likelihood" or "" for an objective that
    has been changed since; a likelihood is compared through its logarithm.
    """

    expression: Expr
    name: str
    goal: Goal

    @property
    def likelihood(self) -> bool:
        """Whether the line is a product whose logarithm is the objective."""
        return self.name == "likelihood"


@dataclass(frozen=True)
class Verdict:
    """What was found, and a witness where the lines are not equal.

    between  the two points that were compared, which differ in θ
    values   how much each line changes from the one to the other; nan where a line is not real
    """

    relation: Relation
    between: tuple[Point, Point] | None = None
    values: tuple[Any, Any] | None = None


def judge(first: Line, second: Line, scenes: Sequence[Sequence[Point]], digits: int = 30) -> Verdict:
    """Decide the strongest relation between two lines.

    scenes   for each choice of data and known constants, several points that differ in θ alone

    Values are compared to `digits` digits, each computed by the oracle with more.  Of the monotone
    functions only the logarithm of a likelihood and the change of sign are known.

    Raises ValueError without scenes: nothing was then tested.
    """
    if not scenes:
        raise ValueError("no scene was given, so nothing can be judged; give at least one")
    verdict = Verdict(Relation.EQUAL)
    for scene in scenes:
        found = _judge_scene(first, second, scene, digits)
        if STRENGTH.index(found.relation) > STRENGTH.index(verdict.relation):
            verdict = found
    return verdict


def holds(claim: Relation, verdict: Verdict) -> bool:
    """Whether what was found is at least as strong as what was claimed."""
    return claim is Relation.DEFINES or STRENGTH.index(verdict.relation) <= STRENGTH.index(claim)


def _judge_scene(first: Line, second: Line, scene: Sequence[Point], digits: int) -> Verdict:
    found = [(point, *(_objective(line, point, digits) for line in (first, second))) for point in scene]
    for point, one, other in found:
        if mpmath.isnan(one) != mpmath.isnan(other):
            return Verdict(Relation.DIFFERENT, (scene[0], point), (one, other))
    real = [(point, one, other) for point, one, other in found if not mpmath.isnan(one)]
    if len(real) < 2:
        raise ValueError("fewer than two points at which both lines are real; give others")
    points, a, b = zip(*real, strict=True)
    with mpmath.workdps(2 * digits):
        same_goal = first.goal is second.goal
        both = first.likelihood and second.likelihood
        either = first.likelihood or second.likelihood
        if same_goal and _close(a, b, digits):
            return Verdict(Relation.MONOTONE if either and not both else Relation.EQUAL)
        changes_a = [value - a[0] for value in a[1:]]
        changes_b = [value - b[0] for value in b[1:]]
        gaps = [abs(one - other) for one, other in zip(changes_a, changes_b, strict=True)]
        widest = gaps.index(max(gaps))
        witness = (points[0], points[widest + 1]), (changes_a[widest], changes_b[widest])
        if same_goal and _close(changes_a, changes_b, digits):
            shifted = Relation.FACTOR if both else Relation.MONOTONE if either else Relation.SHIFT
            return Verdict(shifted, *witness)
        if all(changes_b):
            ratios = [one / other for one, other in zip(changes_a, changes_b, strict=True)]
            if _close(ratios, [ratios[0]] * len(ratios), digits):
                if ratios[0] > 0 and same_goal:
                    return Verdict(Relation.MONOTONE if either else Relation.FACTOR, *witness)
                if ratios[0] < 0 and not same_goal:
                    return Verdict(Relation.MONOTONE, *witness)
    return Verdict(Relation.DIFFERENT, *witness)


def _objective(line: Line, point: Point, digits: int) -> Any:
    """The line's value, a likelihood's through its logarithm; nan where it is not real."""
    found = value(line.expression, point, 2 * digits)
    with mpmath.workdps(2 * digits):
        found = mpmath.log(found) if line.likelihood else found
    return found if mpmath.im(found) == 0 else mpmath.nan


def _close(left: Sequence[Any], right: Sequence[Any], digits: int) -> bool:
    scale = max(map(abs, (*left, *right, mpmath.mpf(0))))
    return all(
        abs(one - other) <= scale * mpmath.mpf(10) ** -digits for one, other in zip(left, right, strict=True)
    )
