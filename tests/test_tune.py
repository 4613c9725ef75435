"""The measured search: forms are equal, moves are data, what is chosen loses less, what stays weak is told."""

import subprocess
import sys
from itertools import pairwise

import mpmath
import pytest
from sympy import Symbol, exp, log, sqrt

from derive import choices, derive, words
from derive.certificate import Judged, certificate
from derive.choices import Committed, Weakness
from derive.declare import Distribution, rows
from derive.derivation import derivation
from derive.emit import emit, load
from derive.forms import FORMS, Move
from derive.oracle import value
from derive.relation import holds, judge
from derive.request import Request
from derive.scenes import scene
from derive.tune import tuned
from derive.tune.places import suspects
from derive.tune.weaknesses import region
from tests import unstable_densities

UNSTABLE = rows((unstable_densities,), Distribution)

x, y = (Symbol(name, real=True) for name in "xy")
s, t, u = (Symbol(name, positive=True) for name in "stu")
POINT = {"x": 0.37, "y": -1.21, "s": 0.83, "t": 2.19, "u": 1.57}

# Of each form, expressions that it writes otherwise.
WRITES = {
    "expanded": [s * (x + y), (s - 1) * (x - s)],
    "factored": [s * x + s * y, s / t - 2 * s * x / t],
    "over_one_denominator": [1 / s - 1 / t, x / (s + t) + y],
    "cancelled": [(x**2 - y**2) / (x - y), 1 / s - x / (s * (s + t))],
    "logarithms_opened": [log(s * t), x - log(s / t)],
    "logarithms_joined": [log(s) - log(t), x * (log(s) + log(t))],
    "logarithm_of_quotient_about_one": [log(s / t), 2 - log((s + t) / u)],
    "exponents_joined": [exp(x) * exp(y, evaluate=False), s**x * s ** (2 * y) * t],
    "exponents_opened": [exp(x + y), s ** (x + 2)],
    "powers_as_exponentials": [s**x, (s / t) ** (-u)],
    "difference_of_squares": [x**2 - y**2, 1 - s**2],
    "difference_of_roots": [sqrt(s) - sqrt(t), sqrt(1 + s**2) - s],
    "difference_of_exponentials": [exp(x) - exp(y), t * exp(x) - t * exp(s)],
    "one_exponential": [s**x * exp(y), x * s**u * t ** (-u) * exp(-t)],
    "powers_of_one_base": [(s / t) ** x * (s / t) * t, s * (s / t) ** (u - 1) / t],
    "quotients_first": [s * x / (t * (s + t) ** 2), x**2 * s / (t**2 * u)],
    "divided_by_first_term": [s / (s + t), (s + x) / (s + t) ** 2],
    "divided_by_last_term": [s / (s + t), (s + x) / (s + t) ** 2],
    "first_term_in_front": [s + t, s * u + t],
    "last_term_in_front": [s + t, u - s * t],
    "logarithm_about_one": [log(s / t), x * log(s)],
    "gamma_about_stirling": [
        words.log_gamma(s) - s * log(s),
        words.trigamma(s) - 1 / s,
        words.digamma(s + 1),
    ],
    "exponentials_about_one": [x - exp(x), s * exp(-t)],
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_has_the_value_of_what_it_writes_otherwise(name):
    """Every form changes what it is for, and not its value, to 25 digits."""
    assert len(WRITES[name]) >= 2
    for expression in WRITES[name]:
        written = Move(name).of(expression)
        assert written != expression
        one, other = (value(each, POINT, 30) for each in (expression, written))
        assert abs(one - other) <= abs(one) * mpmath.mpf(10) ** -25


@pytest.mark.parametrize("name", FORMS)
def test_a_form_says_what_it_does(name):
    """A form has a sentence for the page, which LaTeX sets as it stands."""
    assert FORMS[name].summary.endswith(".")
    assert FORMS[name].summary.isascii() and "_" not in FORMS[name].summary


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("expression", [x + y, x * y / (x + y), log(s), log(x**2), (x - 1) / (x + s), x**2])
def test_a_form_divides_by_nothing_that_may_be_zero(name, expression):
    """Where the expression is finite every form of it is, at round numbers too."""
    written = Move(name).of(expression)
    for number in (0, 1, -1):
        point = {**POINT, "x": number, "s": 1}
        before, after = (value(each, point, 20) for each in (expression, written))
        assert mpmath.isfinite(after) or not mpmath.isfinite(before)


def test_a_move_is_what_it_says():
    """A move is read as it is written; it writes its place, and where there is none it changes nothing."""
    expression = s * (x**2 - y**2) + exp(x) * (1 - s**2)
    move = Move("difference_of_squares", "1 - s**2")
    assert Move.read(str(move)) == move
    assert Move.read("expanded") == Move("expanded", "")
    assert move.of(expression) == s * (x**2 - y**2) + exp(x) * (1 - s) * (1 + s)
    assert Move("expanded", "1 - t**2").of(expression) == expression


def test_a_move_writes_two_terms_of_a_longer_sum():
    """A place may be a pair of terms."""
    assert Move("factored", "s*x - s*y").of(s * x + t - s * y) == s * (x - y) + t


def test_digits_are_lost_where_they_are_lost():
    """The operation that cancels is suspected first, beside the whole and what holds it."""
    derived = derive("logistic")
    a, b = (derived.symbols[name] for name in ("y", "mu"))
    lost = exp(a - b) - 1
    whole = log(derived.symbols["sigma"]) * lost * words.cosh(b)
    point = {"y": 1e-9, "mu": 0.0, "sigma": 2.0}
    found = suspects(derived, whole, [("float64", point)])
    assert found[0] == whole
    assert found.index(lost) < 3


# What is committed ------------------------------------------------------------------------------


def test_choices_are_read_as_they_are_written():
    """The text of choices gives them back, sorted; a loss that needs nothing has no table."""
    weak = Weakness("Hessian mu, sigma", "float32", 24, 'y > 1e9 and "x"', "y = 1e+10")
    losses = {
        "b_fix_c": Committed({"loss": ("expanded", "factored at a\\b")}, (weak,)),
        "a": Committed({"Hessian mu, sigma": ("expanded",)}),
        "c": Committed(),
    }
    text = choices.written(losses)
    assert choices.read(text) == {name: one for name, one in losses.items() if name != "c"}
    assert text.index('["a"]') < text.index('["b_fix_c"]')


def test_what_is_committed_is_as_it_would_be_written():
    """No line of the committed choices is typed, and every form in them is known."""
    text = choices.COMMITTED.read_text(encoding="utf-8")
    losses = choices.read(text)
    assert choices.written(losses) == text
    for one in losses.values():
        for moves in one.choices.values():
            assert {Move.read(move).form for move in moves} <= set(FORMS)


def test_a_density_of_ones_own_takes_nothing_that_is_committed_under_its_name():
    """What is committed belongs to the rows of the catalogue, not to their names."""
    own = Request(UNSTABLE["log_logistic"], {}, {}, ())
    assert derivation(own).choices == {}


def test_deriving_never_searches():
    """A row of the catalogue is derived, differentiated and written without the search."""
    code = (
        "import sys, derive; d = derive.derive('normal'); d.load('numpy'); "
        "assert not any(m.startswith('derive.tune') for m in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# The search -------------------------------------------------------------------------------------


def plain(name):
    """A density outside the catalogue, derived without a search."""
    return derivation(Request(UNSTABLE[name], {}, {}, ()))


def failures(derived):
    """How many numbers of the certificate fail, at points that the search has not seen."""
    modules = {"numpy": load(derived)}
    lines = (
        line for dtype in ("float64", "float32") for line in certificate(derived, modules, dtype, 10, False)
    )
    return sum(line.failures for line in lines if line.quantity != "-log p")


@pytest.fixture(scope="module")
def searched():
    """A density whose value, gradient and Hessian all fail as they stand, tuned."""
    return tuned(plain("log_logistic"))


def test_what_was_found_loses_less(searched):
    """The numbers that fail are gone, at other points too."""
    assert failures(plain("log_logistic")) > 10
    assert failures(searched) == 0


def test_the_form_of_a_loss_is_a_recorded_step(searched):
    """What was chosen for the loss stands on the page, claims equality, and is equal."""
    moves = [Move.read(move).form for move in searched.choices["loss"]]
    assert moves
    rules = [step.rule for step in searched.steps]
    assert all(move in rules for move in moves)
    for before, step in pairwise(searched.steps):
        if step.rule in moves:
            assert "loses the fewest bits" in step.because
            assert holds(step.relation, judge(before.line, step.line, [scene(searched, 3)]))


def test_what_was_found_is_written_in_every_language(searched):
    """The page, the document and the modules hold the chosen forms; NumPy and Torch agree."""
    for target in ("text", "latex", "json"):
        assert emit(searched, target)
    numpy, torch = (load(searched, library) for library in ("numpy", "torch"))
    here = numpy.loss([2.0, 0.3], [700.0, 0.5], [1.5, 0.2])
    import torch as library

    there = torch.loss(
        *(library.tensor(n, dtype=library.float64) for n in ([700.0, 0.5], [1.5, 0.2], [2.0, 0.3]))
    )
    assert float(here) == pytest.approx(float(there), rel=1e-13)


def test_the_same_loss_gives_the_same_choices():
    """A search is counted in candidates, never in seconds."""
    one, other = (tuned(plain("gompertz")) for _ in range(2))
    assert one.choices == other.choices
    assert one.weaknesses == other.weaknesses


def test_what_loses_nothing_is_left_as_it_is():
    """A loss whose numbers are all right is not searched."""
    derived = plain("levy")
    assert tuned(derived).choices == {}
    assert tuned(derived).weaknesses == ()


# What stays weak --------------------------------------------------------------------------------


def judged(fails, **point):
    return Judged(24.0 if fails else 0.0, fails, 0.0, 1.0, (), point)


def test_a_weakness_names_the_region_of_the_failing_points():
    """The region holds every failing point, in round numbers, by the sizes that tell it from the others."""
    bad = [judged(True, y=10.0**-power, sigma=0.7 * power) for power in (60, 70, 80)]
    good = [judged(False, y=10.0**power, sigma=3.0 * power + 0.1) for power in range(-20, 20, 3)]
    sides = region(bad, [*bad, *good], {"y": True, "sigma": True})
    assert str(sides[0]) == "y < 1e-60"
    assert all(side.holds({"y": 1e-70, "sigma": 50.0, "y/sigma": 1e-71}) for side in sides)


def test_a_weakness_is_a_sentence():
    """Which quantity, how much, in which dtype, where, and one point."""
    weak = Weakness("Hessian sigma, sigma", "float32", 20, "sigma < 1e-60", "y = 1, sigma = 1e-61")
    assert weak.sentence == (
        "the Hessian in sigma, sigma loses up to 20 bits of float32 where sigma < 1e-60, as at y = 1, sigma = 1e-61"
    )
    assert Weakness("loss", "float64", 53, "", "y = 1").sentence == (
        "the value loses up to 53 bits of float64, as at y = 1"
    )


def test_a_generated_module_tells_its_weaknesses():
    """What no form cured stands in the docstring of the module."""
    from dataclasses import replace

    weak = Weakness("gradient mu", "float64", 20, "y > 1e9", "y = 1e+10, mu = 0")
    derived = replace(derive("normal"), weaknesses=(weak,))
    for target in ("numpy", "torch"):
        assert "the gradient in mu loses up to 20 bits of float64 where y > 1e9" in emit(derived, target)
