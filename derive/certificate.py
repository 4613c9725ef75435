"""The accuracy certificate: how many bits a generated loss loses beyond conditioning, and where.

Points are drawn at three levels: ordinary (a healthy training run), wide (early or diverging
training, odd data) and extreme but representable.  At each the value, the gradient and the Hessian
of the generated NumPy and Torch code, run in float64 and in float32, are compared with the truth of
the density itself.  A number fails where the problem is well conditioned and the code is not: what
a change of four units in the last place of every real input explains is nobody's fault.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from statistics import median
from typing import Any

import mpmath
import numpy as np

from derive.accuracy import CLASSES, DTYPES, QUANTITIES, Truth, _arguments, _numpy, _rounded, _torch
from derive.derivation import Derivation, Quantity
from derive.domains import Entries, Interval
from derive.emit import load
from derive.oracle import Place, Point, derivative, value

LEVELS = ("ordinary", "wide", "extreme")
# A relative error beyond this, past conditioning, is a failure.
TOLERANCE = {"float64": 1e-10, "float32": 1e-4}
# Units in the last place by which every real input may be off.
ALLOWED = 4

# Decades of magnitude by level and dtype.
DECADES = {
    ("wide", "float64"): (-8.0, 4.0),
    ("wide", "float32"): (-5.0, 4.0),
    ("extreme", "float64"): (-100.0, 100.0),
    ("extreme", "float32"): (-12.0, 12.0),
}
REACH = {
    ("wide", "float64"): 30.0,
    ("wide", "float32"): 30.0,
    ("extreme", "float64"): 690.0,
    ("extreme", "float32"): 80.0,
}


def grid(derived: Derivation, dtype: str, level: str, count: int, seed: int = 0) -> list[Point]:
    """Points of a level, rounded to the dtype; the same for the same seed."""
    random = Random(f"{derived.name} {dtype} {level} {seed}")
    return [_point(derived, random, dtype, level) for _ in range(count)]


def _point(derived: Derivation, random: Random, dtype: str, level: str) -> Point:
    point: dict[str, Any] = {"K": CLASSES}
    quantities = _arguments(derived)
    for q in reversed(quantities):
        drawn = _drawn(q, random, dtype, level)
        if level != "ordinary" and not isinstance(q.domain, Entries) and random.random() < 0.5:
            drawn = _near(q, quantities, point, random, drawn)
        point[q.name] = drawn if isinstance(drawn, list) else _rounded(drawn, dtype)
        if isinstance(drawn, list):
            point[q.name] = [_rounded(entry, dtype) for entry in drawn]
    return point


def _near(q: Quantity, quantities: Sequence[Quantity], point: Point, random: Random, drawn: float) -> float:
    """A value that stands in an ordinary relation to another of the same kind."""
    others = [o for o in quantities if o.name in point and not isinstance(o.domain, Entries)]
    same = [o for o in others if o.domain.name == q.domain.name and not o.parameter]
    if q.parameter or not same:
        return drawn
    other = point[random.choice(same).name]
    if q.domain.lower == 0:
        found = other * math.exp(random.gauss(0, random.choice((1e-6, 1e-2, 1.0))))
    else:
        scales = [point[o.name] for o in others if o.domain.lower == 0 and not o.parameter] or [1.0]
        found = other + random.choice(scales) * random.gauss(0, random.choice((1e-3, 1.0, 10.0)))
    return found if math.isfinite(found) and found in q.domain else drawn


def _drawn(q: Quantity, random: Random, dtype: str, level: str) -> Any:
    domain = q.domain
    if isinstance(domain, Entries):
        if level == "ordinary" or domain.sums_to_one:
            return domain.typical_vector(random, CLASSES)
        return [_real(random, -3, math.log10(REACH[level, dtype])) for _ in range(CLASSES)]
    if level == "ordinary":
        return domain.typical(random)
    low, high = DECADES[level, dtype]
    if q.parameter and domain.lower == -math.inf and not domain.nonzero:
        return _real(random, low, math.log10(REACH[level, dtype]))
    if domain.integer:
        most = {"wide": 3, "extreme": 6}[level]
        if domain.upper < math.inf:
            return domain.typical(random)
        return float(max(int(domain.lower), int(10 ** random.uniform(-1, most))))
    if domain.upper == 1:
        small = 10 ** random.uniform(low, -0.3)
        return small if random.random() < 0.5 else 1 - small
    if domain.lower == 0:
        return 10 ** random.uniform(low, high)
    return _real(random, low, high)


def _real(random: Random, low: float, high: float) -> float:
    return random.choice((-1, 1)) * 10 ** random.uniform(low, high)


@dataclass
class Tally:
    """What was found of one quantity in one dtype."""

    points: int = 0
    nonfinite: int = 0
    failures: int = 0
    bits: list[float] = field(default_factory=list)
    worst: tuple[float, Point | None, str, float, float] = (-1.0, None, "", 0.0, 0.0)

    def line(self) -> str:
        middle = median(self.bits) if self.bits else 0.0
        return f"{self.failures:4d} of {self.points:5d} fail, {self.nonfinite:4d} non-finite, worst {self.worst[0]:6.1f} bits, median {middle:.1f}"


def judged(truth: Truth, got: float, true: Any, point: Point, places: Sequence[Place], dtype: str) -> tuple[float, bool]:
    """Bits lost beyond conditioning, and whether it is a failure."""
    kind = np.finfo(dtype)
    with mpmath.workdps(40):
        size = abs(true)
        if mpmath.isnan(true):
            return (0.0, False)
        if size > mpmath.mpf(float(kind.max)):
            fine = math.isinf(got) and (got > 0) == (true > 0)
            return (0.0, False) if fine or abs(got) > 0.99 * float(kind.max) else (53.0, True)
        if size < mpmath.mpf(float(kind.tiny)):
            return (0.0, False) if abs(got) <= 1.01 * float(kind.tiny) else (53.0, True)
        bits = 53 if dtype == "float64" else 24
        tolerance = mpmath.mpf(TOLERANCE[dtype])
        unit = size * mpmath.mpf(2) ** (1 - bits)
        error = abs(mpmath.mpf(got) - true) if math.isfinite(got) else mpmath.inf
        if error <= 4 * unit:
            return float(max(0, mpmath.log(max(error / unit, 1), 2))), False
        for place in truth.inputs:
            number = point[place] if isinstance(place, str) else point[place[0]][place[1]]
            try:
                slope = derivative(truth.loss, point, [*places, place], 6)
            except ArithmeticError:
                return 0.0, False
            change = ALLOWED * mpmath.mpf(float(np.spacing(np.dtype(dtype).type(abs(number)))))
            allowed = abs(slope) * change
            if allowed >= size:
                return 0.0, False
            error -= allowed
        if error <= 0:
            return 0.0, False
        lost = float(mpmath.log(max(error / unit, 1), 2)) if mpmath.isfinite(error) else float(bits)
        return min(lost, float(bits)), bool(error > tolerance * size)


def certificate(derived: Derivation, count: int, dtypes: Sequence[str] = DTYPES, libraries: Sequence[str] = ("numpy", "torch"), levels: Sequence[str] = LEVELS) -> Iterator[tuple[str, str, str, Tally]]:
    """For each library, dtype and quantity what was found at all levels."""
    truth = Truth(derived)
    modules = {library: load(derived, library) for library in libraries}
    for dtype in dtypes:
        drawn = [p for level in levels for p in grid(derived, dtype, level, count)]
        known: dict[Any, list[Any]] = {}
        for library in libraries:
            compute = _numpy if library == "numpy" else _torch
            tallies = {quantity: Tally() for quantity in QUANTITIES}
            for quantity, places, values in compute(derived, modules[library], drawn, dtype):
                key = tuple(places)
                if key not in known:
                    known[key] = [_true(truth, point, places) for point in drawn]
                tally = tallies[quantity]
                for point, got, true in zip(drawn, values, known[key], strict=True):
                    if true is None:
                        continue
                    tally.points += 1
                    lost, failed = judged(truth, float(got), true, point, places, dtype)
                    tally.bits.append(lost)
                    tally.failures += failed
                    tally.nonfinite += failed and not math.isfinite(float(got))
                    if lost > tally.worst[0]:
                        tally.worst = (lost, point, str(places), float(got), float(true))
            for quantity, tally in tallies.items():
                yield library, dtype, quantity, tally


def _true(truth: Truth, point: Point, places: Sequence[Place]) -> Any:
    try:
        return derivative(truth.loss, point, places, 18) if places else value(truth.loss, point, 18)
    except ArithmeticError:
        return None


if __name__ == "__main__":
    import sys
    import warnings

    import derive
    from derive.request import request
    from derive.derivation import derivation

    warnings.simplefilter("ignore")
    count, name, *options = sys.argv[1:]
    named = dict(option.split(":") for option in options)
    derived = derivation(request(name, **named))
    for library, dtype, quantity, tally in certificate(derived, int(count)):
        print(f"{derived.name:28} {library:6} {dtype} {quantity:9}", tally.line())
        if tally.failures:
            lost, point, places, got, true = tally.worst
            print("      ", {k: v for k, v in point.items() if k != "K"}, places, "got", got, "truth", true)
