"""The mass of a density that is given only up to a factor: in closed form, as a number, or not at all.

A closed form is looked up among the kernels, written out where the support is finite, or asked of SymPy,
in a process of its own, for its integration may never end.  Whatever it is from, it is compared with the
mass at random parameters before it is believed.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

import mpmath
import sympy
from sympy import Add, Expr, Symbol, Wild, log

from derive import kernels, words
from derive.declare import Distribution, Rule, rows
from derive.derivation import derivation
from derive.domains import Interval
from derive.errors import Misuse
from derive.expectation import Model
from derive.identities import OPENING
from derive.normalisation import Allowed, Ends, Mass, mass, random_points, told
from derive.oracle import evaluate
from derive.request import Request
from derive.rewriting import settled
from derive.words import VOCABULARY

KERNELS = rows((kernels,), Rule)

# A closed form agrees with the mass to this, beside what the mass may be off by.
AGREES = 1e-6
# A support of so many values is summed term by term.
MOST_VALUES = 40
# SymPy integrates for so many seconds.
SECONDS = 15
# What a kernel calls the place from which it measures the observation.
LOCATION = "m"
# A mass that is a number has so many digits.
DIGITS = 20

Statistics = Mapping[Expr, Expr]


def normaliser(row: Distribution, ends: Ends | None, allowed: Allowed | None) -> tuple[Expr | None, str]:
    """What a function must be divided by to be a density, and what a person is told; None where it is one.

    Raises Misuse where the mass is infinite, or depends on the parameters and has no closed form.
    """
    try:
        masses = [mass(row, point, ends) for point in random_points(row, allowed)]
    except NotImplementedError as reason:
        raise Misuse(
            f"--unnormalised does not go with {row.name}: {reason}; write its constant out"
        ) from None
    for one in masses:
        if not mpmath.isfinite(one.value) or one.value <= 0:
            raise Misuse(
                f"{row.name} has no normalising constant: its mass is {mpmath.nstr(one.value, 6)} at {told(one.point)}"
            )
    if all(abs(one.value - 1) <= max(AGREES, 2 * one.error) for one in masses):
        return None, ""
    for candidate in _candidates(row):
        if _is_in_words(candidate, row) and all(_agrees(candidate, one) for one in masses):
            return candidate, "It was given up to a factor, and is divided by its mass."
    first, last = masses[0], masses[-1]
    if any(abs(one.value - first.value) > AGREES * first.value for one in masses):
        raise Misuse(
            f"{row.name} cannot do without its normalising constant, which depends on the parameters: its mass is"
            f" {mpmath.nstr(first.value, 6)} at {told(first.point)} and {mpmath.nstr(last.value, 6)} at"
            f" {told(last.point)}; no closed form of it was found, and without it the minimum is another: write it out"
        )
    number = _number(row, first)
    said = mpmath.nstr(mpmath.mpf(number.p) / number.q, 8)
    return (
        number,
        f"It was given up to a factor that is free of θ: its mass, {said}, which has no closed form here.",
    )


def divided(row: Distribution, by: Expr) -> Callable[..., Any]:
    """The mathematics of a row over its mass."""

    def function(*data: Any, **parameters: Any) -> Any:
        values = {symbol: parameters[symbol.name] for symbol in by.free_symbols}
        return row.function(*data, **parameters) / _in_words(by.xreplace(values))

    return function


def _agrees(candidate: Expr, one: Mass) -> bool:
    try:
        found = evaluate(_in_words(candidate), one.point)
    except (ValueError, ZeroDivisionError, TypeError):
        return False
    return bool(abs(found - one.value) <= AGREES * abs(one.value) + 2 * one.error)


def _is_in_words(candidate: Expr, row: Distribution) -> bool:
    """Whether a candidate is made of words and the parameters alone."""
    known = {symbol.name for symbol in candidate.free_symbols} <= set(row.parameters)
    heads = _in_words(candidate).atoms(sympy.Function)
    return known and all(_is_own(head) or type(head).__name__ in VOCABULARY for head in heads)


def _in_words(expression: Expr) -> Expr:
    """SymPy's Bessel functions as words."""
    for order, word in ((0, words.bessel_0), (1, words.bessel_1)):
        expression = expression.replace(
            lambda part, order=order: isinstance(part, sympy.besseli) and part.args[0] == order,
            lambda part, word=word: word(part.args[1]),
        )
    return expression


def _is_own(part: Any) -> bool:
    """Whether an expression is a word that SymPy lacks."""
    return hasattr(type(part), "word")


def _in_sympy(expression: Expr) -> Expr:
    """The words of an expression as what they mean to SymPy."""
    while any(_is_own(part) for part in expression.atoms(sympy.Function)):
        expression = expression.replace(_is_own, lambda part: type(part).word.meaning(*part.args))
    return expression.replace(
        lambda part: part.is_NumberSymbol and str(part) == "two_pi", lambda _: 2 * sympy.pi
    )


def _candidates(row: Distribution) -> Iterator[Expr]:
    """What the mass may be."""
    ((name, domain),) = row.data.items()
    symbols = {one: Symbol(one, **d.data.facts) for one, d in row.domains.items()}
    y = symbols[name]
    density = row(y, **{one: symbols[one] for one in row.parameters})
    assert isinstance(domain, Interval)
    if domain.integer and domain.upper - domain.lower < MOST_VALUES:
        values = range(int(domain.lower), int(domain.upper) + 1)
        yield _in_sympy(Add(*(density.xreplace({y: sympy.Integer(value)}) for value in values)))
        return
    opened = _statistics(density, y, dict(row.domains))
    for kernel in KERNELS.values():
        support = next(iter(kernel.data.values()))
        assert isinstance(support, Interval)
        if (support.lower, support.upper, support.integer) == (domain.lower, domain.upper, domain.integer):
            yield from _by_kernel(kernel, opened, y)
    asked = _asked_of_sympy(_in_sympy(density), y, domain)
    if asked is not None:
        yield asked


def _statistics(density: Expr, y: Symbol, domains: Mapping[str, Any]) -> dict[Expr, Expr]:
    """The logarithm as a sum of statistics of the observation, each with its coefficient."""
    opened = sympy.expand(settled(log(density, evaluate=False), OPENING, domains))
    found: dict[Expr, Expr] = {}
    for term in Add.make_args(opened):
        coefficient, statistic = term.as_independent(y, as_Add=False)
        found[statistic] = found.get(statistic, sympy.S.Zero) + coefficient
    return found


def _by_kernel(kernel: Rule, opened: Statistics, y: Symbol) -> Iterator[Expr]:
    """The mass, where a kernel's parameters can be chosen so that it differs by a factor free of the data."""
    names = list(kernel.data)[1:]
    if LOCATION in names:
        for place in _places(opened, y):
            yield from _by_kernel_at(kernel, names, {LOCATION: place}, opened, y)
    else:
        yield from _by_kernel_at(kernel, names, {}, opened, y)


def _places(opened: Statistics, y: Symbol) -> list[Expr]:
    """From where the statistics may measure the observation: mu in |mu − y|."""
    found = dict.fromkeys([sympy.S.Zero])
    for part in (part for statistic in opened for part in sympy.preorder_traversal(statistic)):
        if isinstance(part, Add) and abs(part.coeff(y, 1)) == 1:
            place = y - part * part.coeff(y, 1)
            found |= {} if place.has(y) else {place: None}
    return list(found)


def _by_kernel_at(
    kernel: Rule, names: list[str], known: Mapping[str, Expr], opened: Statistics, y: Symbol
) -> Iterator[Expr]:
    made = {name: Symbol(f"_{name}", **kernel.data[name].facts) for name in names if name not in known}
    left, right = kernel(y, *({**made, **known}[name] for name in names))
    theirs = _statistics(
        left,
        y,
        {y.name: next(iter(kernel.data.values())), **{s.name: kernel.data[n] for n, s in made.items()}},
    )
    ours = [statistic for statistic in opened if statistic != 1]
    moved = [one for one in theirs if one != 1 and one.free_symbols - {y}]
    wild = {symbol: Wild(symbol.name, exclude=[y]) for symbol in made.values()}
    for chosen in product(ours, repeat=len(moved)):
        bound: dict[Expr, Expr] = {}
        for statistic, one in zip(moved, chosen, strict=True):
            matched = one.match(statistic.xreplace(wild)) or {}
            bound |= {symbol: matched[wild[symbol]] for symbol in made.values() if wild[symbol] in matched}
        placed = {one.xreplace(bound): coefficient.xreplace(bound) for one, coefficient in theirs.items()}
        if not set(ours) <= set(placed):
            continue
        unknown = [symbol for symbol in made.values() if symbol not in bound]
        equations = [placed[one] - opened.get(one, sympy.S.Zero) for one in placed if one != 1]
        solved = _solved(equations, unknown)
        if solved is not None:
            offset = opened.get(sympy.S.One, sympy.S.Zero) - placed.get(sympy.S.One, sympy.S.Zero)
            mass = _in_sympy(right).xreplace(bound).xreplace(solved) * sympy.exp(offset.xreplace(solved))
            yield sympy.powsimp(mass)


def _solved(equations: list[Expr], unknown: list[Symbol]) -> dict[Expr, Expr] | None:
    """The kernel's parameters; they stand linearly in its coefficients."""
    solved: dict[Expr, Expr] = {}
    for equation in equations:
        rest = sympy.expand(equation.xreplace(solved))
        left = [symbol for symbol in unknown if symbol not in solved and rest.has(symbol)]
        if not left and sympy.simplify(rest) != 0:
            return None
        if left:
            slope = rest.coeff(left[0], 1)
            if slope == 0:
                return None
            solved[left[0]] = -(rest - slope * left[0]) / slope
            solved = {one: value.xreplace(solved) for one, value in solved.items()}
    return solved if len(solved) == len(unknown) else None


# What the other process runs: a question comes in, an answer goes out.
_INTEGRATES = """
import pickle, sys, sympy
density, y, lower, upper, whole = pickle.load(sys.stdin.buffer)
try:
    if whole:
        found = sympy.summation(density, (y, lower, upper))
    else:
        found = sympy.integrate(density, (y, lower, upper), conds="none")
    found = sympy.hyperexpand(found)
except Exception:  # SymPy gives up in many ways: no closed form is found
    found = None
pickle.dump(found, sys.stdout.buffer)
"""


def _asked_of_sympy(density: Expr, y: Symbol, domain: Interval) -> Expr | None:
    """The integral or the sum that SymPy finds, within its time."""
    lower, upper = (_end(end) for end in (domain.lower, domain.upper))
    question = pickle.dumps((density, y, lower, upper, domain.integer))
    try:
        ran = subprocess.run(
            [sys.executable, "-c", _INTEGRATES],
            input=question,
            capture_output=True,
            timeout=SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = pickle.loads(ran.stdout)
    bad = (sympy.Integral, sympy.Sum, sympy.Piecewise, sympy.I, sympy.nan, sympy.zoo, sympy.oo)
    return None if found is None or found.has(*bad) else sympy.powsimp(found)


def _end(end: float) -> Expr:
    if mpmath.isinf(end):
        return sympy.oo if end > 0 else -sympy.oo
    multiple = end / mpmath.pi
    return int(multiple) * sympy.pi if multiple and multiple == int(multiple) else sympy.Rational(end)


def _number(row: Distribution, found: Mass) -> Any:
    """A mass that is free of the parameters, to as many digits as can be had."""
    exact = found.value
    ((_, domain),) = row.data.items()
    if isinstance(domain, Interval) and not domain.integer:
        mean = Model(derivation(Request(row, {}, {}, ())), found.point).mass
        if abs(mean.value - found.value) <= AGREES * found.value:
            exact = mean.value
    with mpmath.workdps(DIGITS):
        return sympy.Rational(mpmath.nstr(exact, DIGITS, strip_zeros=False))
