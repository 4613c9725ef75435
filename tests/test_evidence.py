"""The evidence holds, on a few points; `derive verify` is the whole of it."""

import dataclasses

import pytest

import derive
from derive.catalogue.variants import VARIANTS
from derive.derivation import derivation
from derive.relation import Goal, Line, Relation, holds, judge
from derive.request import request
from derive.verify import _elsewhere, _ledger, _scene, verify

REQUESTS = [request(name, **options) for name, options in VARIANTS]


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
        verdict = judge(opened, without, [_scene(derived, seed) for seed in range(2)])
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
    assert judge(line, flat, [_scene(derived, 0)]).relation is Relation.DIFFERENT
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
