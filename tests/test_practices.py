"""What is put on top of a likelihood is asked for as an option, and told to be no likelihood."""

import numpy as np
import pytest
from click.testing import CliRunner

import derive
from derive.catalogue import CATALOGUE
from derive.cli import main

PRACTICES = [row for row in CATALOGUE.values() if row.practice]


@pytest.mark.parametrize("row", PRACTICES, ids=lambda row: row.name)
def test_a_practice_goes_with_its_likelihood(row):
    """Its name is that of the likelihood and that of its own amount, which is never learned."""
    (amount,) = row.known
    likelihood = next(name for name in CATALOGUE if row.name.startswith(f"{name}_"))
    derived = derive.derive(likelihood, practice=row.name.removeprefix(f"{likelihood}_"))
    assert derived.distribution is row
    assert amount not in [quantity.name for quantity in derived.learned]
    for target in ("text", "latex", "numpy"):
        assert ("no likelihood" in derived.emit(target)) == (target != "latex")
    assert "no likelihood" in derived.emit("latex", standalone=True)


def test_without_a_practice_it_is_the_likelihood_again():
    """A weight of one, a smoothing of next to nothing."""
    y, z = np.array([0.0, 1.0, 1.0]), np.array([-1.5, 0.25, 3.0])
    plain = derive.derive("bernoulli", link={"p": "sigmoid"}).load("numpy")
    for practice in ("pos_weight=1", "label_smoothing=1e-30"):
        module = derive.derive("bernoulli", link={"p": "sigmoid"}, practice=practice).load("numpy")
        np.testing.assert_allclose(module.loss(y, z), plain.loss(y, z), rtol=1e-15)


def test_a_weight_multiplies_the_successes_alone():
    """As its name says."""
    module = derive.derive("bernoulli", link={"p": "sigmoid"}, practice="pos_weight").load("numpy")
    plain = derive.derive("bernoulli", link={"p": "sigmoid"}).load("numpy")
    found = module.loss([1, 0], [0.5, 0.5], [3.0, 3.0], reduction="none")
    np.testing.assert_allclose(found, [3, 1] * plain.loss([1, 0], [0.5, 0.5], reduction="none"), rtol=1e-15)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bernoulli", "--practice", "posweight"], "Did you mean pos_weight?"),
        (["normal", "--practice", "pos_weight"], "normal has none"),
        (["bernoulli", "--practice", "pos_weight=-1"], "pos_weight"),
        (["bernoulli", "--practice", "pos_weight=a"], "pos_weight"),
    ],
)
def test_what_is_no_practice_is_refused(arguments, said):
    """In one sentence, with exit code 2."""
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert said in result.stderr
