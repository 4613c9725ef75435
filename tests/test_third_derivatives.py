"""Third derivatives, on request, are those of the density, and come from the one derivation."""

from itertools import product

import numpy as np
import pytest
import sympy

import derive
from derive import oracle
from derive.domains import Entries
from derive.request import request
from derive.scenes import arrays, ordered, points
from tests import sampled

# What needs a word that no library spells, or one that has no derivative, is refused.
REFUSED = {
    "zipf": "has no spelling in numpy",
    "exp_mod_normal": "has no derivative",
    "generalized_pareto": "has no derivative",
    "generalized_extreme_value": "has no derivative",
    "skellam": "has no derivative",
    "conway_maxwell_poisson": "has no derivative",
    "hypergeometric": "has no derivative",
}

SCALAR = [
    (name, options)
    for name, options in sampled()
    if name not in REFUSED
    and not any(
        isinstance(domain, Entries) for domain in request(name, **options).distribution.domains.values()
    )
]


@pytest.mark.parametrize(("name", "options"), SCALAR, ids=str)
def test_they_are_right(name, options):
    """Each entry of the tensor beside the oracle, at ordinary points."""
    derived = derive.derive(name, **options, third_derivatives=True)
    drawn = points(derived, 3, "float64")[:3]
    tensor = derived.load("numpy").third_derivatives(
        *ordered(derived, arrays(derived, drawn, "float64")), reduction="none"
    )
    names = [quantity.name for quantity in derived.learned]
    for number, point in enumerate(drawn):
        for where in product(range(len(names)), repeat=3):
            truth = float(oracle.derivative(derived.loss, point, [names[place] for place in where], 20))
            assert tensor[(number, *where)] == pytest.approx(truth, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_written_is_refused(name):
    """In a sentence."""
    with pytest.raises(derive.Misuse, match=REFUSED[name]):
        derive.derive(name, third_derivatives=True).emit("numpy")


def test_a_derivation_has_them_too():
    """As expressions, each set of predictors once."""
    found = derive.derive("normal", link={"sigma": "exp"}).third_derivatives
    assert [*found] == [
        ("mu", "mu", "mu"),
        ("mu", "mu", "log_sigma"),
        ("mu", "log_sigma", "log_sigma"),
        ("log_sigma",) * 3,
    ]
    s = sympy.Symbol("log_sigma", real=True)
    assert found["mu", "mu", "mu"] == 0
    assert (
        sympy.simplify(found["mu", "mu", "log_sigma"].doit().rewrite(sympy.exp) + 2 * sympy.exp(-2 * s)) == 0
    )


def test_they_are_reduced_as_the_hessian():
    """A weighted mean, in blocks for each set of learned values."""
    module = derive.derive("normal", third_derivatives=True).load("numpy")
    y, weight = np.array([0.5, 1.0, 3.0]), np.array([1.0, 2.0, 0.0])
    each = module.third_derivatives(y, np.zeros(3), np.ones(3), reduction="none")
    one = module.third_derivatives(y, 0.0, 1.0, weight=weight)
    np.testing.assert_allclose(one, np.tensordot(weight, each, 1) / 3)


def test_without_asking_there_are_none():
    """A module has what was asked for; of a vector there are none."""
    assert not hasattr(derive.derive("normal").load("numpy"), "third_derivatives")
    with pytest.raises(derive.Misuse, match="a vector is learned here"):
        derive.derive("categorical", third_derivatives=True)
    with pytest.raises(derive.Misuse, match="a vector is learned here"):
        derive.derive("categorical").third_derivatives  # noqa: B018 — it is computed when it is asked for
