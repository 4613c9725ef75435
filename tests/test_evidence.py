"""The evidence holds, on a few points; `derive verify` is the whole of it."""

import dataclasses

import pytest

import derive
from derive.catalogue.variants import VARIANTS
from derive.relation import Goal, Line, Relation, holds, judge
from derive.request import request
from derive.verify import _ledger, _scene, verify

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
