"""The evidence holds, on a few points; `derive verify` is the whole of it."""

import dataclasses
import math
from types import SimpleNamespace

import mpmath
import numpy as np
import pytest

import derive
from derive.accuracy import DTYPES, Truth, quantity_of
from derive.calculus import DIRECTION
from derive.calls import computed
from derive.derivation import derivation
from derive.oracle import confirmed
from derive.relation import Goal, Line, Relation, holds, judge
from derive.request import request
from derive.scenes import CLASSES, points, scene
from derive.targets import MODULES
from derive.verify import _accuracy, _by_hand, _elsewhere, _ledger, verify
from tests import sampled

REQUESTS = [request(name, **options) for name, options in sampled()]


@pytest.mark.parametrize("asked", REQUESTS, ids=lambda asked: asked.slug)
def test_nothing_falls_short(asked):
    """Mass, ledger, relations, libraries, hand-written losses and accuracy of each row."""
    short = [finding for finding in verify(asked, 4) if not finding.passed]
    assert not short


def test_a_dropped_term_that_is_learned_breaks_the_claim():
    """Dropping log sigma is a shift when sigma is known and no shift when it is learned."""
    for fix, relation in (({"sigma": None}, Relation.SHIFT), ((), Relation.DIFFERENT)):
        derived = derive.derive("normal", fix=fix)
        opened = next(step.line for step in derived.steps if step.rule == "sign")
        terms = opened.expression.function.args
        kept = [term for term in terms if "log(sigma" not in str(term)]
        without = Line(opened.expression.func(sum(kept), *opened.expression.limits), "", Goal.MINIMISE)
        verdict = judge(opened, without, [scene(derived, seed) for seed in range(2)])
        assert verdict.relation is relation
        assert holds(Relation.SHIFT, verdict) is (relation is Relation.SHIFT)


def test_a_broken_ledger_is_seen():
    """A ledger with a lost constant fails."""
    derived = derive.derive("normal")
    broken = dataclasses.replace(derived, dropped=derived.dropped + 1)
    assert [passed for _, passed, _, _ in _ledger(derived, 3)] == [True]
    assert [passed for _, passed, _, _ in _ledger(broken, 3)] == [False]


def test_kept_constants_and_factor_stay_in_the_loss():
    """`--keep-constants` leaves nothing dropped, `--keep-factor` leaves the factor 1; the ledger holds."""
    kept = derive.derive("normal", fix="sigma", keep_constants=True)
    assert kept.dropped == 0
    scaled = derive.derive("normal", fix="sigma", keep_factor=True)
    assert scaled.factor == 1
    for derived in (kept, scaled):
        assert all(passed for _, passed, _, _ in _ledger(derived, 3))
    assert kept.request.command == "derive normal --fix sigma --keep-constants"


@pytest.mark.parametrize(
    "asked",
    [
        request("normal", fix="mu=1/3", shared="sigma"),
        request("normal", fix="sigma=2", keep_factor=True),
        request("normal_variance", fix="variance[i]", keep_constants=True),
        request("laplace", fix="mu", link="b=softplus"),
        request("student_t", link="nu=exp,sigma=softplus"),
        request("beta", fix="a=2"),
        request("poisson", link="rate=softplus"),
    ],
    ids=lambda asked: asked.slug,
)
def test_a_density_has_its_counterparts_whatever_the_options(asked):
    """What other libraries call a density is compared under options that no row of theirs names."""
    derived = derivation(asked)
    found = list(_elsewhere(derived, 6))
    assert found and all(passed and figure.startswith("off by") for _, passed, figure, _ in found)
    broken = dataclasses.replace(derived, dropped=derived.dropped + 1)
    assert not any(passed for _, passed, _, _ in _elsewhere(broken, 6))


def test_a_line_that_is_constant_is_different():
    """An objective that θ does not enter is no shift and no multiple of one that it does."""
    derived = derive.derive("normal")
    line = derived.steps[-1].line
    flat = Line(line.expression * 0 + 3, "", Goal.MINIMISE)
    assert judge(line, flat, [scene(derived, 0)]).relation is Relation.DIFFERENT
    with pytest.raises(ValueError, match="no scene"):
        judge(line, line, [])


def test_a_parameter_in_an_exponent_is_differentiated():
    """The derivative of a power counts its exponent too."""
    import sympy

    derived = derive.derive("laplace", fix="mu")
    b, y = derived.symbols["b"], derived.symbols["y"]
    loss = 3 * (1 + y**2) ** b
    slope = dataclasses.replace(derived, loss=loss).gradient["b"]
    assert abs(sympy.N((slope - loss.diff(b)).subs({b: 0.7, y: 1.3}))) < 1e-12


SUPPORTS = {
    "bernoulli": [0.0, 1.0],
    "poisson": [0.0, 1.0, 2.0, 3.0],
    "categorical": [[float(k == hot) for k in range(CLASSES)] for hot in range(CLASSES)],
}


@pytest.mark.parametrize("name", SUPPORTS)
@pytest.mark.parametrize("seed", range(3))
def test_discrete_data_are_enumerated(name, seed):
    """Every value of a finite support, the first of an infinite one, is a point and a sample of a scene."""
    derived = derive.derive(name)
    drawn = [point["y"] for point in points(derived, 12, "float64", seed)]
    assert drawn[: len(SUPPORTS[name])] == SUPPORTS[name]
    assert len(points(derived, 1, "float64", seed)) == len(SUPPORTS[name])
    for data_set in scene(derived, seed):
        assert all(value in data_set["y"] for value in SUPPORTS[name])
        assert data_set["N"] == len(data_set["y"]) > len(SUPPORTS[name])


def test_counts_are_drawn_beyond_the_first():
    """An infinite support has drawn values too."""
    drawn = [point["y"] for point in points(derive.derive("poisson"), 40, "float64")]
    assert max(drawn) > 3


def test_a_scene_differs_in_theta_alone():
    """Data and constants are held, learned parameters are not."""
    one, *others = scene(derive.derive("normal", fix="sigma"), 0)
    for other in others:
        assert (one["y"], one["sigma"]) == (other["y"], other["sigma"])
        assert one["mu"] != other["mu"]


def test_there_is_a_truth_where_what_did_not_happen_is_impossible():
    """At y = 1 and p = 1 the other outcome, which has no logarithm, costs nothing, whatever is differentiated."""
    truth = Truth(derive.derive("bernoulli"), "float64", [{"y": 1.0, "p": 1.0}, {"y": 0.0, "p": 1.0}])
    assert [truth.derivative(0, ("p",) * order, 20) for order in range(3)] == [0, -1, 1]
    assert truth.derivative(1, (), 20) == math.inf


@pytest.mark.parametrize("target", MODULES, ids=lambda target: target.name)
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_hessian_times_a_vector_is_measured(target, dtype):
    """The product is compared with the oracle's second derivatives along the vector: a wrong one is seen."""
    pytest.importorskip(target.library)
    derived = derive.derive("categorical", link="p=softmax")
    truth = Truth(derived, dtype, points(derived, 4, dtype))
    right = {one.quantity: one for one in truth.worst(target.library, derived.load(target.name))}
    assert list(right) == ["value", "gradient", "Hessian", "Hessian times vector"]
    assert right["Hessian times vector"].excess < 4
    module = derived.load(target.name)
    products = (one for one in computed(derived, target.library, module, truth.points, dtype))
    for one in (product for product in products if DIRECTION in product.places):
        assert quantity_of(one.places) == "Hessian times vector"
        for number, got in enumerate(map(float, one.values)):
            assert truth._unexplained(truth._error(number, one.places, got * (1 + 1e-4))) > 50


@pytest.mark.parametrize(
    ("name", "point", "where", "truth"),
    [
        # One-sided limits at the end of a domain, finite and infinite.
        ("kumaraswamy", {"y": 1.0, "a": 4.0, "b": 3.0}, ("a",), -3 / 4),
        ("kumaraswamy", {"y": 1.0, "a": 4.0, "b": 3.0}, ("a", "a"), 3 / 16),
        ("kumaraswamy", {"y": 1.0, "a": 4.0, "b": 3.0}, ("a", "b"), -1 / 4),
        ("simplex", {"y": 0.5, "mu": 1.0, "sigma": 2.0}, ("mu",), math.inf),
        ("simplex", {"y": 0.5, "mu": 1.0, "sigma": 2.0}, ("mu", "sigma"), -math.inf),
        # No error costs nothing, whatever the shape; at a cusp 0 is the mean of both slopes.
        (
            "generalized_normal",
            {"y": 3.0, "mu": 3.0, "alpha": 2.0, "shape": 1e-3},
            ("shape",),
            -6908255.195648812,
        ),
        ("generalized_normal", {"y": 3.0, "mu": 3.0, "alpha": 2.0, "shape": 0.5}, ("mu",), 0.0),
        ("generalized_normal", {"y": 3.0, "mu": 3.0, "alpha": 2.0, "shape": 0.5}, ("mu", "alpha"), 0.0),
    ],
)
def test_the_truth_where_it_is_a_limit(name, point, where, truth):
    """Where the derivative written out is 0 times infinity the truth is its limit within the domain."""
    found = Truth(derive.derive(name), "float64", [point]).derivative(0, where, 18)
    assert float(found) == pytest.approx(truth, rel=1e-13, abs=0)


def test_a_difference_that_no_float_could_hold_is_zero():
    """Rounding alone, of which now and then nothing is left: no two precisions agree, and all are too small."""
    left = {400: 167989, 3200: 167989}
    assert confirmed(lambda: mpmath.mpf(10) ** -left.get(mpmath.mp.dps, mpmath.mp.dps), 18, 22) == 0


def test_a_wrong_product_falls_short(monkeypatch):
    """A module whose product of Hessian and vector is off is found out, with where, and to the last digit."""
    derived = derive.derive("categorical", link="p=softmax")
    module = derived.load("numpy")
    wrong = SimpleNamespace(**vars(module))
    wrong.hessian_vector_product = lambda *arguments, **options: (
        module.hessian_vector_product(*arguments, **options) + 1e-6
    )
    monkeypatch.setattr("derive.verify.load", lambda derivation, target: wrong)
    monkeypatch.setattr("derive.verify.MODULES", MODULES[:1])
    (double, _) = _accuracy(derived, 4)
    _, passed, figure, where = double
    assert not passed
    assert "Hessian times vector" in figure
    assert where.startswith("Hessian times vector in logits[")
    assert "vector=[" in where and "truth" in where


def test_a_loss_that_is_no_number_falls_short(monkeypatch):
    """A nan is no small difference."""
    derived = derive.derive("normal")
    module = derived.load("numpy")
    wrong = SimpleNamespace(**vars(module))

    def one_nan(*arguments, **options):
        value, slopes = module.loss_and_gradient(*arguments, **options)
        value[2] = float("nan")
        return value, slopes

    wrong.loss_and_gradient = one_nan
    monkeypatch.setattr("derive.verify.load", lambda derivation, target: wrong)
    monkeypatch.setattr("derive.verify.MODULES", MODULES[:1])
    for check in (_by_hand, _accuracy):
        assert not any(passed for _, passed, _, _ in check(derived, 4))


def test_findings_say_where_and_what_is_not_tested():
    """Each error has its place; a loss without a hand-written one says so."""
    findings = {finding.check: finding for finding in verify(request("normal", fix="sigma=2"), 3)}
    assert findings["hand-written"].skipped
    assert "no hand-written loss" in findings["hand-written"].note
    assert "mu=" in findings["density has mass one"].note
    assert "in mu at mu=" in findings["mean score is zero"].note
    assert all("y=" in findings[f"numpy {dtype}, excess ulp"].note for dtype in DTYPES)


def test_a_truth_that_is_not_found_falls_short(monkeypatch):
    """Where the oracle gives up, the check falls short and says why; the others go on."""

    def gives_up(*arguments):
        raise ArithmeticError("no agreement")

    monkeypatch.setattr("derive.verify.value", gives_up)
    findings = {finding.check: finding for finding in verify(request("normal"), 2)}
    assert not findings["ledger"].passed
    assert findings["ledger"].note == "ArithmeticError: no agreement"
    assert findings["steps"].passed


def test_a_line_that_is_not_real_is_different_and_the_witness_shows_it():
    """The logarithm of a negative number is no objective; two lines differ where a witness says how."""
    import sympy

    derived = derive.derive("normal", fix="sigma")
    line, scenes = derived.steps[-1].line, [scene(derived, 0)]
    undefined = judge(line, Line(sympy.log(line.expression - 10**6), "", Goal.MINIMISE), scenes)
    assert undefined.relation is Relation.DIFFERENT
    assert mpmath.isnan(undefined.values[1])
    squared = judge(line, Line(line.expression**2, "", Goal.MINIMISE), scenes)
    assert squared.relation is Relation.DIFFERENT
    one, other = squared.values
    assert abs(one - other) > 1e-3
    assert squared.between[0] != squared.between[1]


def test_a_letter_names_one_thing():
    """A predictor's letter that the density uses already gets the parameter as its index."""
    from derive.catalogue import CATALOGUE
    from derive.request import fitting_links

    for name, row in CATALOGUE.items():
        for parameter, domain in row.learnable.items():
            for link in fitting_links(domain):
                derived = derive.derive(name, link={parameter: link.name})
                letters = {q.latex for q in (*derived.data, *derived.parameters)}
                made = [q.latex for q in derived.predictors if q.parameter and q.name != parameter]
                assert not letters.intersection(made)


def test_the_certificate_sees_a_digit_that_is_lost():
    """A loss that cancels fails the certificate where it is well conditioned, and ours does not."""
    from derive.certificate import certificate
    from derive.emit import load

    derived = derive.derive("bernoulli", link={"p": "sigmoid"})
    stable = load(derived, "numpy")
    popular = SimpleNamespace(
        **{name: getattr(stable, name) for name in ("hessian", "loss")},
        loss_and_gradient=lambda y, z, **options: (
            np.logaddexp(0, z) - y * z,
            stable.loss_and_gradient(y, z, **options)[1],
        ),
    )
    for module, fails in ((stable, False), (popular, True)):
        lines = list(certificate(derived, {"numpy": module}, "float64", 20, others=False))
        assert bool(lines[0].failures) is fails
        assert not any(line.failures for line in lines[1:])
        assert lines[0].worst.fails is fails


def test_the_certificate_judges_others_at_the_same_points():
    """Libraries, a loss written by hand and SymPy are counted beside ours; the variance that torch.nn raises fails."""
    from derive.certificate import certificate

    pytest.importorskip("torch")
    derived = derive.derive("normal")
    lines = {line.name: line for line in certificate(derived, {}, "float64", 20) if line.quantity == "value"}
    assert list(lines) == [
        "scipy.stats.norm.logpdf",
        "torch.distributions.Normal.log_prob",
        "torch.nn.GaussianNLLLoss(full=True)",
        "hand-written",
        "SymPy, naive",
        "SymPy, log expanded",
    ]
    assert not any(line.ours for line in lines.values())
    assert lines["torch.nn.GaussianNLLLoss(full=True)"].failures > 0
    assert lines["scipy.stats.norm.logpdf"].failures == 0
    assert lines["SymPy, naive"].failures > 0
