"""Means under a density: one is one whatever the parameters, and what is not resolved is never a pass."""

import dataclasses

import mpmath
import pytest
import sympy

import derive
from derive.declare import distribution
from derive.derivation import derivation
from derive.domains import Positive, Real, Vector
from derive.expectation import Model
from derive.request import Request
from derive.scenes import parameter_points
from derive.verify import _mass, _mean_score
from derive.words import exp

PLACES = [{"mu": mu, "sigma": sigma} for mu in (0.3, 1e4, -1e4) for sigma in (1e-3, 1.0, 1e3)]
WIDE = [
    *(("normal", place) for place in PLACES),
    *(("laplace", {"mu": place["mu"], "b": place["sigma"]}) for place in PLACES),
    *(("normal_variance", {"mu": place["mu"], "variance": place["sigma"] ** 2}) for place in PLACES[::4]),
    *(("student_t", {**place, "nu": nu}) for place in PLACES[::4] for nu in (0.01, 1.0, 1e3)),
    *(("beta", {"a": a, "b": b}) for a in (0.1, 3.3, 1e3) for b in (0.1, 1.0, 1e3)),
    ("beta", {"a": 1.5, "b": 0.02}),
    ("normal", {"mu": 2.0, "sigma": 1e50}),
    *(("huber", {"mu": 0.3, "sigma": 0.6, "delta": delta}) for delta in (0.2, 1.35)),
    *(("poisson", {"rate": rate}) for rate in (1e-3, 1.0, 1e3)),
    *(("bernoulli", {"p": p}) for p in (0.3, 1e-9)),
]


@distribution
def extreme(y: Real, *, place: Real, width: Positive):
    """The largest of many: a double exponential, whose parameters bear no usual names.

    y  what is seen

    Source: Johnson, Kotz and Balakrishnan (1995), ch. 22.
    """
    return exp(-(y - place) / width - exp(-(y - place) / width)) / width


@distribution
def many(y: Vector, *, mu: Real):
    """A vector of reals.

    Source: none.
    """
    return exp(-mu * mu)


def derived_of(row):
    """The derivation of a density that is not of the catalogue."""
    return derivation(Request(row, {}, {}, ()))


@pytest.mark.parametrize(("name", "parameters"), WIDE, ids=str)
def test_the_mass_is_one_and_the_mean_score_zero(name, parameters):
    """From tiny to large scales and far from zero, with an estimate that is as small."""
    derived = derive.derive(name)
    model = Model(derived, parameters)
    assert abs(model.mass.value - 1) + model.mass.error < 1e-14
    for slope in derived.gradient.values():
        score = model.function(slope)
        mean = model.mean(score)
        spread = mpmath.sqrt(model.mean(lambda y, score=score: score(y) ** 2).value)
        assert (abs(mean.value) + mean.error) / spread < 1e-12


@pytest.mark.parametrize("parameters", [(0.0, 1.0), (1e4, 1e-3), (-1e4, 1e3)], ids=str)
def test_no_name_says_where_the_mass_lies(parameters):
    """A density with other names and a tail of exp(-exp(y)) is found where it is."""
    mass = Model(derived_of(extreme), dict(zip(("place", "width"), parameters, strict=True))).mass
    assert abs(mass.value - 1) + mass.error < 1e-14


@pytest.mark.parametrize("concentration", [[0.2, 0.3, 0.2], [0.3, 4000.0, 2.5], [9e3, 1e4, 2e4]], ids=str)
def test_the_mass_over_shares_is_one_however_narrow_it_is(concentration):
    """The grid is laid from the peak and in its widths, and shares have their means."""
    model = Model(derive.derive("dirichlet"), {"concentration": concentration, "K": 3})
    assert abs(model.mass.value - 1) + model.mass.error < 1e-9
    mean = model.mean(lambda y: y[0])
    assert abs(mean.value - concentration[0] / sum(concentration)) + mean.error < 1e-9


@pytest.mark.parametrize("sigma", [[1e-3, 1e-2], [0.4, 0.9], [285.0, 7.0]], ids=str)
def test_the_mass_over_shares_that_leave_a_rest_is_one_however_little_they_leave(sigma):
    """The rest is told from nothing, and the density is even in the logarithms beside it."""
    model = Model(derive.derive("logistic_normal"), {"mu": [-0.7, 3.0], "sigma": sigma, "K": 2})
    assert abs(model.mass.value - 1) + model.mass.error < 1e-9
    mean = model.mean(lambda y: mpmath.log(y[1] / (1 - y[0] - y[1])))
    assert abs(mean.value - 3) + mean.error < 1e-9


def test_a_moment_is_right():
    """The second moment of a normal is its variance and the square of its mean."""
    derived = derive.derive("normal")
    mean = Model(derived, {"mu": 3.0, "sigma": 0.5}).mean(lambda y: y * y)
    assert abs(mean.value - mpmath.mpf("9.25")) + mean.error < 1e-15


def test_a_lost_constant_is_seen_in_the_mass():
    """Twice a density has the mass two, and the finding falls short."""
    for name in ("normal", "beta", "bernoulli", "poisson", "categorical"):
        derived = derive.derive(name)
        doubled = dataclasses.replace(derived, density=2 * derived.density)
        assert [passed for _, passed, _, _ in _mass(derived, 1)] == [True]
        assert [passed for _, passed, _, _ in _mass(doubled, 1)] == [False]


def test_a_wrong_slope_is_seen_in_the_mean_score():
    """A loss with a lost factor of its normaliser has a score whose mean is not zero."""
    derived = derive.derive("normal")
    wrong = dataclasses.replace(derived, loss=derived.loss + sympy.log(derived.symbols["sigma"]) / 10**6)
    assert [passed for _, passed, _, _ in _mean_score(derived, 1)] == [True]
    assert [passed for _, passed, _, _ in _mean_score(wrong, 1)] == [False]


def test_what_is_not_resolved_falls_short():
    """Mass beside an end of the interval beyond all digits, and mass without an end, are no passes."""
    lost = Model(derive.derive("beta"), {"a": 1.0, "b": 1e-5}).mass
    assert not abs(lost.value - 1) + lost.error < 0.1
    derived = derive.derive("normal")
    tail = sympy.sqrt(1 + derived.symbols["y"] ** 2)
    endless = dataclasses.replace(derived, density=1 / tail, loss=sympy.log(tail), dropped=sympy.S.Zero)
    assert [passed for _, passed, _, _ in _mass(endless, 1)] == [False]


@pytest.mark.parametrize("parameters", [(0.026, 0.026), (0.01, 0.1), (0.3, 0.02)], ids=str)
def test_mass_at_both_ends_of_an_interval_is_resolved(parameters):
    """Where nearly all mass lies next to the ends, the bend of the line between these is seen too."""
    mass = Model(derive.derive("beta_mean"), dict(zip(("mean", "precision"), parameters, strict=True))).mass
    assert abs(mass.value - 1) + mass.error < 1e-14


@pytest.mark.parametrize("parameters", [(0.5, 1e-3), (1e-12, 0.1)], ids=str)
def test_mass_beyond_all_digits_is_told(parameters):
    """What is not told from an end of the interval, or too far out, counts as error, and not many times over."""
    mass = Model(derive.derive("beta_mean"), dict(zip(("mean", "precision"), parameters, strict=True))).mass
    assert 1e-3 < abs(mass.value - 1) < mass.error < 4 * abs(mass.value - 1)


def test_an_error_that_mpmath_estimates_is_not_hidden(monkeypatch):
    """The estimate itself decides where the value happens to be right."""
    right = mpmath.quad

    def rough(*arguments, **options):
        return right(*arguments, **options)[0], mpmath.mpf("1e-3")

    monkeypatch.setattr(mpmath, "quad", rough)
    ((_, passed, figure, _),) = _mass(derive.derive("normal"), 1)
    assert not passed
    assert "not resolved" in figure


def test_a_mean_over_vectors_of_reals_is_said_not_to_be_tested():
    """What cannot be taken is skipped with its reason, not passed."""
    derived = derived_of(many)
    for check in (_mass, _mean_score):
        ((_, _, figure, note),) = check(derived, 1)
        assert figure == "not tested"
        assert "ℝᴷ" in note


def test_parameters_of_any_size_are_drawn():
    """Half of the points are ordinary, the others reach over many orders of magnitude; a link's are ordinary."""
    points = list(parameter_points(derive.derive("normal"), 40))
    assert len(points) == 80
    ordinary, wide = ([point["sigma"] for point in half] for half in (points[:40], points[40:]))
    assert min(ordinary) > 0.02 and max(ordinary) < 50
    assert min(wide) < 0.1 and max(wide) > 100
    assert all("y" not in point for point in points)
    linked = parameter_points(derive.derive("normal", link="sigma=exp"), 40)
    assert all(abs(point["log_sigma"]) < 12 and point["sigma"] > 0 for point in linked)
