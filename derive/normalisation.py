"""Whether a function is a density: its mass over the support at random parameters, and its sign.

The mass is a sum over a discrete support, or an integral by Gauss's rule on the pieces into which the
domain's stretch divides the line, each halved until its two halves agree with it.  A mass that differs
from one at every point by one number is a constant that was dropped; the sentence says which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from random import Random
from typing import Any

import mpmath
from sympy import Expr, Symbol

from derive.declare import Distribution
from derive.domains import Entries, Interval
from derive.errors import Misuse
from derive.oracle import evaluate

# So many random points, of so many that are tried.
POINTS = 3
TRIED = 60
# A mass may be off by this, a negative value by rounding.
TOLERANCE = 1e-5
DIGITS = 18
# Pieces of the stretched line: at first, how often one is halved, and where it ends.
FARTHEST = 2.0**9
HALVINGS = 24
MOST_BITS = 1500
MOST_TERMS = 4000
# So near, in digits, a value at a pole is taken.
NEAR = 15
# A tail whose terms are this small beside the sum has ended, and one that falls like no greater a power never does.
NEGLIGIBLE = mpmath.mpf(10) ** -12
SLOWEST = 1.001

# What a person says who means it.
MEANT = ", or say --unnormalised"

Ends = Callable[[Mapping[str, Any]], tuple[Any, Any]]
Allowed = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True)
class Mass:
    """The mass at one point of the parameters; `error` is what it may be off by."""

    point: Mapping[str, float]
    value: Any
    error: Any


def check(distribution: Distribution, ends: Ends | None = None, allowed: Allowed | None = None) -> None:
    """Refuse what is no density.

    ends     where the data lie beyond what their domain says, for given parameters
    allowed  whether parameters may be drawn so

    Raises Misuse where a value is negative or the mass is not one, with the point and the number, and
    NotImplementedError where no mass is taken: over vectors, and over several data together.
    """
    masses = [mass(distribution, point, ends) for point in random_points(distribution, allowed)]
    wrong = [one for one in masses if not abs(one.value - 1) <= max(TOLERANCE, 2 * one.error)]
    if not wrong:
        return
    worst = wrong[0]
    if not mpmath.isfinite(worst.value):
        raise Misuse(f"{distribution.name} is not a density: its mass is infinite at {told(worst.point)}")
    number = mpmath.nstr(worst.value, 8)
    verb = "sums" if next(iter(distribution.data.values())).discrete else "integrates"
    sentence = f"{distribution.name} is not a density: it {verb} to {number} at {told(worst.point)}"
    alone = len(masses) == 1 and bool(_constant(worst.value))
    same = alone or (
        len(masses) > 1 and all(abs(one.value - worst.value) <= 1e-5 * abs(worst.value) for one in masses)
    )
    if same:
        known = _constant(worst.value)
        which = f"; a constant factor{known} was dropped, the same at every point"
        raise Misuse(sentence + which + MEANT)
    raise Misuse(f"{sentence}; check its normalising constant, its support and its domains{MEANT}")


def _constant(value: Any) -> str:
    """The name of a number that constants of densities have."""
    named = {
        "√(2π)": mpmath.sqrt(2 * mpmath.pi),
        "1/√(2π)": 1 / mpmath.sqrt(2 * mpmath.pi),
        "2π": 2 * mpmath.pi,
        "1/(2π)": 1 / (2 * mpmath.pi),
        "π": mpmath.pi,
        "1/π": 1 / mpmath.pi,
        "√π": mpmath.sqrt(mpmath.pi),
        "1/√π": 1 / mpmath.sqrt(mpmath.pi),
        "2": mpmath.mpf(2),
        "1/2": mpmath.mpf("0.5"),
    }
    found = next((name for name, number in named.items() if abs(value - number) <= 1e-5 * number), "")
    return f" {found}" if found else ""


def mass(distribution: Distribution, point: Mapping[str, Any], ends: Ends | None = None) -> Mass:
    """The mass of the support, for numbers in place of the parameters."""
    if len(distribution.data) != 1 or any(isinstance(d, Entries) for d in distribution.domains.values()):
        raise NotImplementedError("no mass is taken over vectors, or over several data together")
    ((name, domain),) = distribution.data.items()
    assert isinstance(domain, Interval)
    domain = domain.at(point)
    symbols = {one: Symbol(one, **domain.data.facts) for one, domain in distribution.domains.items()}
    density = distribution(symbols[name], **{one: symbols[one] for one in distribution.parameters})
    lower, upper = ends(point) if ends else (-mpmath.inf, mpmath.inf)
    lower, upper = max(lower, domain.lower), min(upper, domain.upper)
    value = _function(distribution, density, name, point)
    shown = {one: float(number) for one, number in point.items()}
    with mpmath.workdps(DIGITS):
        total, error = _summed(value, lower, upper) if domain.integer else _integrated(value, lower, upper)
        total += mpmath.fsum(value(mpmath.mpf(atom)) for atom in domain.atoms)
    return Mass(shown, total, error)


def _function(
    distribution: Distribution, density: Expr, name: str, point: Mapping[str, Any]
) -> Callable[[Any], Any]:
    """The density at an observation; Misuse where it is negative or no real number."""

    def value(observation: Any) -> Any:
        try:
            found = evaluate(density, {**point, name: observation})
        except ValueError:  # a pole: 1/(n - k)! is 0 beyond n, and (n - k)! is infinite
            with mpmath.extradps(NEAR):
                found = evaluate(density, {**point, name: observation + mpmath.mpf(10) ** -NEAR})
            found = mpmath.mpf(0) if abs(found) < TOLERANCE else mpmath.inf
        real = (
            found.real
            if isinstance(found, mpmath.mpc) and abs(found.imag) <= TOLERANCE * abs(found)
            else found
        )
        at = told({**{one: float(number) for one, number in point.items()}, name: float(observation)})
        if isinstance(real, mpmath.mpc):
            raise Misuse(f"{distribution.name} is not a density: it is no real number at {at}")
        if real < -TOLERANCE:
            raise Misuse(f"{distribution.name} is not a density: it is {mpmath.nstr(real, 6)} < 0 at {at}")
        return real

    return value


def told(point: Mapping[str, float]) -> str:
    """A point in a sentence."""
    return ", ".join(f"{name} = {number:.6g}" for name, number in point.items()) or "its only point"


def random_points(distribution: Distribution, allowed: Allowed | None = None) -> Iterator[Mapping[str, Any]]:
    """Random parameters of ordinary size."""
    random = Random(distribution.name)

    def drawn() -> Iterator[Mapping[str, Any]]:
        for _ in range(TRIED):
            point = {}
            for name, domain in distribution.parameters.items():
                if isinstance(domain, Entries):
                    raise NotImplementedError("no mass is taken over vectors")
                point[name] = mpmath.mpf(domain.typical(random))
            for name, domain in distribution.parameters.items():
                if isinstance(domain, Interval) and domain.symbols:
                    point[name] = mpmath.mpf(domain.at(point).typical(random))
            if allowed is None or allowed(point):
                yield point

    return islice(drawn(), POINTS if distribution.parameters else 1)


def _summed(value: Callable[[Any], Any], lower: Any, upper: Any) -> tuple[Any, Any]:
    """The sum over whole numbers, to both sides of 0 where there is no least one."""
    if mpmath.isfinite(lower):
        return _onwards(value, int(mpmath.ceil(lower)), upper, 1)
    up, down = _onwards(value, 0, upper, 1), _onwards(value, -1, mpmath.inf, -1)
    return up[0] + down[0], up[1] + down[1]


def _onwards(value: Callable[[Any], Any], first: int, last: Any, side: int) -> tuple[Any, Any]:
    """The sum from a whole number on; a tail that falls no faster than 1/n is infinite.

    What is left after many terms falls like the power that the terms at a quarter, at a half and at the whole of
    the way show; how far these differ is what the rest may be off by.
    """
    terms = list[Any]()
    total = mpmath.mpf(0)
    for count in range(MOST_TERMS):
        observation = first + side * count
        if observation > last:
            return total, mpmath.mpf(0)
        terms.append(value(mpmath.mpf(observation)))
        total += terms[-1]
        if not mpmath.isfinite(total):
            return mpmath.inf, mpmath.mpf(0)
        if count > 20 and terms[-1] <= NEGLIGIBLE * total / 100 and total > 0.5:
            return total, terms[-1] * 100
    whole = MOST_TERMS - 1
    places = [whole // 4, whole // 2, whole]
    sizes = [mpmath.log(1 + abs(first) + place) for place in places]
    heights = [mpmath.log(terms[place]) if terms[place] > 0 else -mpmath.inf for place in places]
    if not all(map(mpmath.isfinite, heights)):
        return total, terms[-1] * MOST_TERMS
    before, after = ((heights[i] - heights[i + 1]) / (sizes[i + 1] - sizes[i]) for i in (0, 1))
    if after <= SLOWEST:
        return mpmath.inf, mpmath.mpf(0)
    rest = terms[-1] * (mpmath.exp(sizes[-1]) / (after - 1) - mpmath.mpf(1) / 2)
    return total + rest, abs(rest) * (abs(after - before) / (after - 1) + mpmath.mpf(1) / MOST_TERMS)


def _integrated(value: Callable[[Any], Any], lower: Any, upper: Any) -> tuple[Any, Any]:
    """The integral, by a substitution that brings both ends within reach."""

    def stretched(t: Any) -> Any:
        """The density along the line; near an end it takes more digits to tell a place from the end."""
        with mpmath.extraprec(int(min(1.5 * abs(t), MOST_BITS))):
            return along(t)

    def along(t: Any) -> Any:
        if mpmath.isfinite(lower) and mpmath.isfinite(upper):
            share = mpmath.exp(-abs(t))
            near = share / (1 + share)
            place = lower + (upper - lower) * near if t < 0 else upper - (upper - lower) * near
            speed = (upper - lower) * near * (1 - near)
        elif mpmath.isfinite(lower) or mpmath.isfinite(upper):
            speed = mpmath.exp(t if mpmath.isfinite(lower) else -t)
            place = lower + speed if mpmath.isfinite(lower) else upper - speed
        else:
            place, speed = mpmath.sinh(t), mpmath.cosh(t)
        found = value(place) if lower < place < upper else mpmath.mpf(0)
        return found * speed if mpmath.isfinite(found) else found

    breaks = [mpmath.mpf(0)]
    for sign in (-1, 1):
        quiet, t = 0, 0
        step = mpmath.mpf("0.5")
        while abs(t) < FARTHEST and quiet < 3:
            t += sign * step
            breaks.append(mpmath.mpf(t))
            height = stretched(t)
            quiet = quiet + 1 if height * max(1, abs(t)) < NEGLIGIBLE and abs(t) > 6 else 0
            step = step if abs(t) < 12 else step * mpmath.mpf("1.25")
    breaks.sort()
    total, error = mpmath.mpf(0), mpmath.mpf(0)
    at_ends = [stretched(end) * abs(end) for end in (breaks[0], breaks[-1])]
    if max(at_ends) > 1e-3:
        return mpmath.inf, mpmath.mpf(0)
    for left, right in pairwise(breaks):
        part, off = _piece(stretched, left, right, HALVINGS)
        total, error = total + part, error + off
        if not mpmath.isfinite(total) or total > 1e12:
            return mpmath.inf, mpmath.mpf(0)
    return total, error + sum(at_ends)


# Gauss's rule of five points, and of ten on the two halves.
_GAUSS = [
    (0.0, 0.5688888888888889),
    (0.5384693101056831, 0.47862867049936647),
    (-0.5384693101056831, 0.47862867049936647),
    (0.906179845938664, 0.23692688505618908),
    (-0.906179845938664, 0.23692688505618908),
]


def _gauss(value: Callable[[Any], Any], left: Any, right: Any) -> Any:
    middle, half = (left + right) / 2, (right - left) / 2
    return half * mpmath.fsum(weight * value(middle + half * place) for place, weight in _GAUSS)


def _piece(
    value: Callable[[Any], Any], left: Any, right: Any, halvings: int, whole: Any = None, agreed: bool = False
) -> tuple[Any, Any]:
    """The integral over a piece: halved until two halves agree with the whole, and their halves with them.

    Beside a kink two halves may agree with the whole by chance.
    """
    whole = _gauss(value, left, right) if whole is None else whole
    middle = (left + right) / 2
    first, second = _gauss(value, left, middle), _gauss(value, middle, right)
    off = abs(first + second - whole)
    close = off <= TOLERANCE / 1000 * max(1, abs(whole))
    if (close and agreed) or halvings == 0 or not mpmath.isfinite(off):
        return first + second, off
    parts: Sequence[tuple[Any, Any]] = (
        _piece(value, left, middle, halvings - 1, first, close),
        _piece(value, middle, right, halvings - 1, second, close),
    )
    return sum(part for part, _ in parts), sum(error for _, error in parts)
