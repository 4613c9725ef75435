"""Options beyond the generated rows: every module that can be asked for runs, and the libraries agree."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import sympy

import derive
from derive.catalogue import CATALOGUE
from derive.request import fitting_links, request
from derive.scenes import CLASSES, arrays, ordered, points

ASKED = [
    (name, {"link": {parameter: link.name}})
    for name, row in CATALOGUE.items()
    for parameter, domain in row.parameters.items()
    for link in fitting_links(domain)
] + [
    ("beta", {"fix": {"a": 2}}),
    ("beta", {"fix": {"b": 2.5}, "link": {"a": "exp"}}),
    ("student_t", {"fix": {"nu": 3}, "link": {"sigma": "exp"}}),
    ("student_t", {"fix": {"mu": 0, "sigma": 1}, "link": {"nu": "exp"}}),
    ("normal", {"fix": {"mu": "-1/2"}}),
]


@pytest.mark.parametrize(("name", "options"), ASKED, ids=str)
def test_torch_and_numpy_agree(name, options):
    """Value and gradient of the two generated modules are the same at ordinary points."""
    torch = pytest.importorskip("torch")
    derived = derive.derive(name, **options)
    given = ordered(derived, arrays(derived, points(derived, 5, "float64"), "float64"))
    value, slopes = derived.load("numpy").loss_and_gradient(*given, reduction="none")
    tensors = [torch.tensor(array) for array in given]
    leaves = tensors[1 : 1 + len(derived.learned)]
    for leaf in leaves:
        leaf.requires_grad_()
    loss = derived.load("torch").loss(*tensors[1:], tensors[0], reduction="none")
    np.testing.assert_allclose(loss.detach().numpy(), value, rtol=1e-11, atol=1e-13)
    for one, other in zip(torch.autograd.grad(loss.sum(), leaves), slopes, strict=True):
        np.testing.assert_allclose(one.numpy(), np.broadcast_to(other, one.shape), rtol=1e-9, atol=1e-12)


def test_class_indices_meet_shared_logits():
    """One vector of logits serves every sample, and an index each."""
    torch = pytest.importorskip("torch")
    derived = derive.derive("categorical", shared="p", link={"p": "softmax"})
    logits, index = np.linspace(-1.0, 0.5, CLASSES), np.array([0, 2, 1, 1])
    ours = derived.load("numpy").loss_from_index(index, logits)
    theirs = derived.load("torch").loss_from_index(torch.tensor(logits), torch.tensor(index))
    assert abs(float(ours) - float(theirs)) < 1e-14


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        (3, {}, "a density is given by its name as a string, got 3 of type int"),
        (["normal"], {}, "got ['normal'] of type list"),
        ("normal", {"fix": 3}, "--fix takes names as strings"),
        ("normal", {"fix": ["sigma", 3]}, "got 3 of type int"),
        ("normal", {"fix": {3: 1}}, "a parameter is given by its name as a string"),
        ("normal", {"fix": {"sigma": np.array([1, 2])}}, "got array([1, 2]) of type ndarray"),
        ("normal", {"fix": {"sigma": [1]}}, "a known value is a number"),
        ("normal", {"fix": {"sigma": 1j}}, "of type complex"),
        ("normal", {"fix": {"sigma": True}}, "a known value is a number"),
        ("normal", {"fix": {"sigma": float("nan")}}, "a known value is a number"),
        ("normal", {"fix": "sigma=1_0"}, "a known value is a number"),
        ("normal", {"fix": "sigma=\u0663"}, "a known value is a number"),
        ("normal", {"fix": "sigma=1/0"}, "a known value is a number"),
        ("normal", {"fix": "sigma=" + "1" * 5000}, "11...: a known value"),
        ("normal", {"fix": "sigma=1e999999999"}, "between 1e-100 and 1e100"),
        ("normal", {"link": 3}, "--link takes names as strings"),
        ("normal", {"link": {"sigma": 3}}, "a link is given by its name as a string, got 3 of type int"),
        ("normal", {"shared": 5}, "--shared takes names as strings"),
        ("normal", {"shared": "mu=3"}, "a shared parameter is learned, so it has no value"),
        ("normal", {"shared": "mu[i]"}, "a shared parameter is learned, so it has no value"),
    ],
    ids=str,
)
def test_mistakes_of_type_are_one_sentence(name, options, sentence):
    """From Python too, a mistake is answered by what was got and what to do."""
    with pytest.raises(derive.Misuse) as mistake:
        derive.derive(name, **options)
    assert sentence in str(mistake.value)
    assert "\n" not in str(mistake.value)
    assert len(str(mistake.value)) < 250


@pytest.mark.parametrize(
    ("given", "known"),
    [
        (2, Fraction(2)),
        (0.1, Fraction(1, 10)),
        (np.float32(0.1), Fraction(1, 10)),
        (np.int64(3), Fraction(3)),
        (Decimal("0.25"), Fraction(1, 4)),
        (Fraction(1, 3), Fraction(1, 3)),
        (sympy.Rational(2, 3), Fraction(2, 3)),
        (1e-3, Fraction(1, 1000)),
        ("1e-3", Fraction(1, 1000)),
        ("+2.50", Fraction(5, 2)),
        (".5", Fraction(1, 2)),
        ("3/4", Fraction(3, 4)),
    ],
    ids=str,
)
def test_numbers_are_known_as_they_are_written(given, known):
    """A decimal, an exponent, a fraction, and the numbers of other libraries."""
    assert derive.derive("normal", fix={"sigma": given}).request.fixed["sigma"].value == known


def test_a_request_can_be_asked_again():
    """What another process is told gives the same derivation."""
    asked = request("student_t", fix="nu=3,mu[i]", link="sigma=exp", keep_constants=True, keep_factor=True)
    assert request(**asked.arguments).command == asked.command


@pytest.mark.parametrize("target", [["latex"], 3, "latx"], ids=str)
def test_an_unknown_target_is_one_sentence(target):
    """The targets that there are stand in the answer."""
    derived = derive.derive("normal")
    for write in (derived.emit, derived.load):
        with pytest.raises(derive.Misuse, match="there are text, numpy, torch, latex, json"):
            write(target)
    with pytest.raises(derive.Misuse, match="there are numpy and torch"):
        derived.load("json")


def test_a_multiple_of_a_link():
    """`5*tanh` keeps a mean between -5 and 5; its letter is its own beside another link's."""
    derived = derive.derive("normal", link="mu=5*tanh,sigma=softplus")
    assert [quantity.latex for quantity in derived.predictors] == [r"r_{\mu}", r"r_{\sigma}"]
    module = derived.load("numpy")
    tanh = np.tanh(0.3) * 5
    plain = derive.derive("normal").load("numpy")
    spread = np.log1p(np.exp(0.2))
    assert module.loss(1.0, 0.3, 0.2) == pytest.approx(plain.loss(1.0, tanh, spread), rel=1e-14)


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ("mu=5*softmax", "a number times a link of scalars"),
        ("mu=*tanh", "a number times a link of scalars"),
        ("mu=-5*tanh", "between 1e-100 and 1e100"),
        ("mu=1e999999*tanh", "between 1e-100 and 1e100"),
        ("mu=5*tan", "Did you mean tanh"),
        ("sigma=5*tanh", "gives values in \\(−5, 5\\)"),
    ],
)
def test_what_is_no_multiple_of_a_link(link, told):
    with pytest.raises(derive.Misuse, match=told):
        derive.derive("normal", link=link)
