"""Options beyond the generated rows: every module that can be asked for runs, and the libraries agree."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import sympy
from scipy import stats

import derive
from derive import words
from derive.catalogue import CATALOGUE
from derive.declare import Distribution, read
from derive.derivation import Role
from derive.domains import Count, Position, Positive
from derive.request import request
from derive.scenes import CLASSES, arrays, ordered, points
from tests import sampled_links

ASKED = [
    *sampled_links(),
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


@pytest.mark.parametrize("library", ["numpy", "torch"])
@pytest.mark.parametrize("kappa", [Fraction(1, 3), 4, 800])
def test_a_constant_that_python_has_no_function_for_is_a_number(library, kappa):
    """Log I0 of a known concentration is written out, also where I0 overflows."""
    pytest.importorskip(library)
    module = derive.derive("von_mises", fix={"kappa": kappa}).load(library)
    y, mu = (0.3, 0.1) if library == "numpy" else map(pytest.importorskip("torch").tensor, (0.3, 0.1))
    found = float(module.negative_log_likelihood(y, mu))
    assert found == pytest.approx(-stats.vonmises.logpdf(0.3, float(kappa), 0.1), rel=1e-5)


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


@pytest.fixture
def erlang(monkeypatch):
    """A row with an integer parameter: the waiting time for a known number of events."""

    def erlang(y: Positive, *, events: Position, rate: Positive):
        """The waiting time for several events."""
        return rate**events / words.gamma(events) * y ** (events - 1) * words.exp(-rate * y)

    row = read(Distribution, erlang)
    monkeypatch.setitem(CATALOGUE, "erlang", row)
    return row


@pytest.mark.parametrize(
    ("options", "role", "command"),
    [
        ({}, Role.KNOWN_PER_SAMPLE, "derive erlang"),
        ({"fix": "events[i]"}, Role.KNOWN_PER_SAMPLE, "derive erlang"),
        ({"fix": "events"}, Role.KNOWN, "derive erlang --fix events"),
        ({"fix": "events=10"}, Role.KNOWN, "derive erlang --fix events=10"),
        ({"link": "rate=exp"}, Role.KNOWN_PER_SAMPLE, "derive erlang --link rate=exp"),
    ],
    ids=str,
)
def test_an_integer_parameter_is_always_known(erlang, options, role, command):
    """It is known for each sample unless the request says otherwise, and can be asked for again."""
    derived = derive.derive("erlang", **options)
    assert derived.parameters[0].role is role
    assert derived.request.command == command
    assert [quantity.parameter or quantity.name for quantity in derived.learned] == ["rate"]
    assert request(**derived.request.arguments).command == command


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"shared": "events"}, "--shared events: an integer parameter is always known, so it is not learned"),
        ({"link": "events=exp"}, "--link events: an integer parameter is always known, so it is not learned"),
        ({"fix": "rate"}, "--fix names all that can be learned of erlang (rate)"),
        ({"fix": "events=2.5"}, "events lies in {1, …, K}, got 2.5"),
        ({"fix": "events=0"}, "events lies in {1, …, K}, got 0"),
    ],
    ids=str,
)
def test_an_integer_parameter_is_not_learned(erlang, options, sentence):
    """Who asks to learn one is told so, and what to do."""
    with pytest.raises(derive.Misuse) as mistake:
        derive.derive("erlang", **options)
    assert sentence in str(mistake.value)


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_an_integer_argument_does_not_widen_the_dtype(erlang, library):
    """Integers, for each sample or one for all, are computed in the dtype of what is learned, and guarded."""
    there = pytest.importorskip(library)
    module = derive.derive("erlang").load(library)

    def loss(events, **options):
        rate = there.ones(2, dtype=there.float32)
        y = there.ones(2, dtype=there.float64)
        known = there.asarray(events) if library == "numpy" else there.as_tensor(events)
        given = (y, rate, known) if library == "numpy" else (rate, known, y)
        return module.loss(*given, **options, reduction="none")

    for events in ([2, 3], 2):
        assert loss(events).dtype is there.ones(1, dtype=there.float32).dtype
    assert np.isnan(np.asarray(loss([2, 0]))).tolist() == [False, True]
    with pytest.raises(ValueError, match=r"got 2\.5"):
        loss([2.5, 1], validate=True)


def given_as(library, module, y, parameters):
    """The arguments of a module's loss in the order of the library."""
    if library == "numpy":
        return module, [np.array(y), *map(np.array, parameters)]
    torch = pytest.importorskip("torch")
    return module, [*(torch.tensor(one) for one in parameters), torch.tensor(y)]


@pytest.mark.parametrize("library", ["numpy", "torch"])
@pytest.mark.parametrize(
    ("name", "options", "parameters", "beyond", "demand"),
    [
        ("binomial", {}, [[0.3, 0.3], [4.0, 4.0]], 5.0, "a count: 0, 1, 2, ... up to trials"),
        ("binomial", {"fix": "trials=4"}, [[0.3, 0.3]], 5.0, "a count: 0, 1, 2, ... up to 4"),
        ("binomial", {"fix": "trials", "link": "p=sigmoid"}, [[0.3, 0.3], 4.0], 5.0, "up to trials"),
        ("pareto", {}, [[4.0, 4.0], [1.5, 1.5]], 3.5, "positive and at least scale"),
        ("pareto", {"fix": "scale=4"}, [[1.5, 1.5]], 3.5, "positive and at least 4"),
        ("pareto", {"fix": "shape=2"}, [[4.0, 4.0]], 3.5, "positive and at least scale"),
        ("pareto", {"link": "scale=exp"}, [[1.38, 1.38], [1.5, 1.5]], 3.5, "positive and at least scale"),
        ("pareto", {"link": "scale=softplus"}, [[3.5, 3.9], [1.5, 1.5]], 3.5, "positive and at least scale"),
    ],
    ids=str,
)
def test_a_bounded_support_is_guarded(library, name, options, parameters, beyond, demand):
    """Beyond the bound a sample costs +inf, is named on validation, and can be removed."""
    module, (*given,) = given_as(
        library, derive.derive(name, **options).load(library), [4.0, beyond], parameters
    )
    cost = np.asarray(module.loss(*given, reduction="none"))
    assert np.isfinite(cost[0]) and cost[1] == np.inf
    kept = np.array([1.0, 0.0])
    weight = kept if library == "numpy" else given[-1].new_tensor(kept.tolist())
    assert np.isfinite(float(module.loss(*given, weight=weight)))
    with pytest.raises(ValueError, match="must be") as told:
        module.loss(*given, validate=True)
    assert demand in str(told.value) and f"got {beyond} at index (1,)" in str(told.value)


def test_a_bound_for_each_sample_meets_one_observation():
    """One observation beside several bounds is beyond some of them."""
    module = derive.derive("binomial").load("numpy")
    with np.errstate(all="raise"):
        cost = module.loss(3.0, 0.5, [2, 3, 4], reduction="none")
    assert np.isinf(cost).tolist() == [True, False, False]
    with pytest.raises(ValueError, match=r"got 3\.0 at index \(0,\)"):
        module.loss(3.0, 0.5, [2, 3, 4], validate=True)
    assert np.isnan(module.loss(3, 0.5, -1))


def test_a_bounded_support_is_set_in_letters():
    """Pages write the bound's letter, or its number where it is known."""
    assert "in {0, …, n}" in derive.derive("binomial").emit("text")
    assert r"\{0, \dots, n\}" in derive.derive("binomial").emit("latex", standalone=True)
    assert "in {0, …, 10}" in derive.derive("binomial", fix="trials=10").emit("text")
    assert "in [m, ∞)" in derive.derive("pareto").emit("text")
    assert "[m, \\\\infty)" in derive.derive("pareto").emit("json")


def test_a_support_that_theta_bounds_is_not_regular():
    """The mean score is zero only where the support is free of what is learned."""
    assert not derive.derive("pareto").regular
    assert derive.derive("pareto", fix="scale").regular
    assert derive.derive("binomial").regular


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


@pytest.mark.parametrize(
    ("name", "options", "linked"),
    [
        ("normal", {"link": "default"}, {"sigma": "exp"}),
        ("normal", {"link": ["default"], "fix": "sigma"}, {}),
        ("beta", {"link": "default,a=softplus"}, {"a": "softplus", "b": "exp"}),
        ("categorical", {"link": "default"}, {"p": "softmax"}),
        ("tweedie", {"link": "default"}, {"mu": "exp"}),
    ],
)
def test_default_links_are_the_first_that_fit(name, options, linked):
    """`--link default` links what not every real is legal for; what is asked for by name is taken so."""
    asked = derive.derive(name, **options).request
    assert {parameter: link.name for parameter, link in asked.linked.items()} == linked
    assert "default" not in asked.command


def test_the_page_proposes_the_links():
    """Whoever reads the plain derivation is told how a model of real outputs predicts its parameters."""
    assert "with --link sigma=exp." in derive.derive("normal").emit("text")
    assert "with --link" not in derive.derive("normal", link="default").emit("text")


# Supports and parameters of which a combination must be positive ----------------------------------------


@pytest.mark.parametrize("library", ["numpy", "torch"])
@pytest.mark.parametrize(
    ("name", "options", "parameters", "inside", "beyond", "demand"),
    [
        ("generalized_pareto", {}, [2.0, -0.5], 3.999, 4.0, "nonnegative, with sigma + y * xi > 0"),
        ("generalized_pareto", {}, [2.0, 0.5], 0.0, -0.1, "nonnegative"),
        ("generalized_pareto", {"fix": "xi=-1/2"}, [2.0], 3.999, 4.0, "nonnegative, with"),
        ("generalized_pareto", {"link": "sigma=exp"}, [math.log(2), -0.5], 3.999, 4.001, "np.exp(log_sigma)"),
        ("generalized_extreme_value", {}, [1.0, 2.0, -0.5], 4.999, 5.0, "sigma + xi * (y - mu) > 0"),
        ("generalized_extreme_value", {}, [1.0, 2.0, 0.5], -2.999, -3.0, "sigma + xi * (y - mu) > 0"),
        ("generalized_extreme_value", {"fix": "mu=1"}, [2.0, 0.5], -2.999, -3.0, "sigma + xi * (y - 1) > 0"),
        ("uniform", {}, [-1.0, 3.0], 3.0, 3.5, "finite and at least low and at most high"),
        ("uniform", {}, [-1.0, 3.0], -1.0, -1.5, "finite and at least low and at most high"),
        ("uniform", {"fix": "low=-1"}, [3.0], -1.0, -1.5, "finite and at least -1 and at most high"),
    ],
    ids=str,
)
def test_a_conditioned_support_is_guarded(library, name, options, parameters, inside, beyond, demand):
    """Data that θ leaves no place cost +inf whatever the others are, and a nan among these stays nan."""
    module = derive.derive(name, **options).load(library)
    columns = [[number] * 3 for number in parameters]
    columns[0][2] = math.nan
    module, given = given_as(library, module, [inside, beyond, beyond], columns)
    cost = np.asarray(module.loss(*given, reduction="none"))
    assert np.isfinite(cost[0]) and cost[1] == np.inf and np.isnan(cost[2])
    kept = np.array([1.0, 0.0, 0.0])
    weight = kept if library == "numpy" else given[-1].new_tensor(kept.tolist())
    assert np.isfinite(float(module.loss(*given, weight=weight)))
    with pytest.raises(ValueError, match="must be") as told:
        module.loss(*given, validate=True)
    assert demand.replace("np.", "torch." if library == "torch" else "np.") in str(told.value)


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_parameters_in_the_wrong_order_cost_nan(library):
    """No interval has its ends in the wrong order, or both in one place."""
    module, given = given_as(
        library, derive.derive("uniform").load(library), [0.5, 0.5, 0.5], [[0.0, 1.0, 0.5], [1.0, 0.0, 0.5]]
    )
    cost = np.asarray(module.loss(*given, reduction="none"))
    assert cost[0] == 0 and np.isnan(cost[1:]).all()


@pytest.mark.parametrize(
    ("name", "limit", "of_limit"),
    [
        ("generalized_pareto", "exponential", lambda y, sigma: (y, 1 / sigma)),
        ("generalized_extreme_value", "gumbel", lambda y, mu, sigma: (y, mu, sigma)),
    ],
)
def test_a_tail_between_two_kinds(name, limit, of_limit):
    """At xi = 0 the loss is that of the exponential tail, and its derivatives are those beside it."""
    module = derive.derive(name).load("numpy")
    y, mu, sigma = np.array([0.25, 2.0, 7.0]), np.array([0.5, 1.0, -2.0]), np.array([2.0, 0.5, 1.5])
    others = (sigma,) if name == "generalized_pareto" else (mu, sigma)
    theirs = (
        derive.derive(limit).load("numpy").negative_log_likelihood(*of_limit(y, *others), reduction="none")
    )
    ours = module.loss(y, *others, np.zeros(3), reduction="none")
    np.testing.assert_allclose(ours, theirs, rtol=1e-14)
    near, there = (
        np.concatenate(
            [
                np.ravel(one)
                for one in module.loss_and_gradient(y, *others, np.full(3, xi), reduction="none")[1]
            ]
            + [np.ravel(module.hessian(y, *others, np.full(3, xi), reduction="none"))]
        )
        for xi in (1e-13, 0.0)
    )
    assert np.isfinite(there).all()
    np.testing.assert_allclose(there, near, rtol=1e-9, atol=1e-11)


def test_a_condition_is_set_in_letters():
    """Pages write what must be positive with the letters of the symbols."""
    assert "in ℝ, σ + ξ (y − μ) > 0" in derive.derive("generalized_extreme_value").emit("text")
    assert r"\\sigma + \\xi (y - \\mu) > 0" in derive.derive("generalized_extreme_value").emit("json")
    assert "in (0, ∞)" in derive.derive("uniform", fix="low=0").emit("text")


def test_whole_parameters_alone_leave_nothing_to_learn():
    """A density all of whose parameters are whole numbers, such as the hypergeometric, is refused in a sentence."""

    def fair_binomial(y: Count.up_to("trials"), *, trials: Count):
        """The heads of a fair coin.

        y       number of heads
        trials  number of throws

        Source: none.
        """
        return words.binomial_coefficient(trials, y) / 2**trials

    with pytest.raises(derive.Misuse, match="nothing to learn: a whole number has no gradient"):
        derive.derive(read(Distribution, fair_binomial))
