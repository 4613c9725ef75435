"""The names of arguments in generated code mean nothing else there."""

import ast
import builtins
import keyword

import numpy as np
import pytest
import torch

import derive
from derive.catalogue import CATALOGUE
from derive.derivation import derivation
from derive.emit import emit
from derive.modules.names import identifier, taken
from derive.modules.pasted import definitions
from derive.request import request
from derive.targets import MODULES
from tests import sampled

# What a parameter may be called, of a density of one's own: the names that code would trip over.
SUSPECTS = """
    shape shapes value upper matrix weight loss np torch math self target exp log in_full penalty reduction
    difference quotient log_2 validate index lambda class None match type print g v ctx v_mu h_mu_mu vector K k
    N i F special Gradient FACTOR factor dropped t0 t1 settled_0 BODY E arguments named count name square scaled
    total point function Callable S inputs dtype
""".split()  # noqa: SIM905 — the words are read better than their quotes


# What arguments are bound to again: what they stand for, all at once.
REBINDS = ("_prepared(", "_guarded(", "_one_hot(", "ctx.saved_tensors", "parts", "inputs")


def functions(code):
    """Every function of a module, however deep, and every lambda."""
    pasted = {*definitions("numpy"), *definitions("torch")}  # these have arguments of their own
    return [
        node
        for node in ast.walk(code)
        if isinstance(node, ast.FunctionDef | ast.Lambda) and getattr(node, "name", "") not in pasted
    ]


def arguments(function):
    """The names of a function's arguments."""
    every = function.args
    several = [one for one in (every.vararg, every.kwarg) if one]
    return [one.arg for one in (*every.posonlyargs, *every.args, *every.kwonlyargs, *several)]


def stored(function):
    """What a function assigns, with the values where they are single."""
    return [
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]


def module_names(code):
    """What a module binds at its top."""
    names = set()
    for node in code.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Assign):
            names |= set(stored(node))
    return names


def check_module(text, given):
    """No argument of the loss is a name of the module or of Python, nor given a second meaning.

    The one intended re-binding makes of what a caller gave what it stands for, all at once: `y, mu, penalty,
    weight = _prepared(…)`, and the tensors that are taken from a context.
    """
    compile(text, "generated", "exec")
    code = ast.parse(text)
    assert not set(given) & module_names(code)
    assert not [name for name in given if hasattr(builtins, name) or keyword.iskeyword(name)]
    for function in functions(code):
        bound = {*arguments(function), *stored(function)}
        if len(bound & set(given)) < min(2, len(given)):
            continue  # a name of its own: it has none of the loss's arguments beside it
        assert (
            not {"reduction", "weight", "validate", "penalty", "self", "ctx", "g", "index"}
            & bound
            & set(given)
        )
        nested = {inner.name for inner in ast.walk(function) if isinstance(inner, ast.FunctionDef)}
        assert not nested & set(given)
        for node in ast.walk(function):
            if isinstance(node, ast.Assign):
                targets = {
                    n.id for target in node.targets for n in ast.walk(target) if isinstance(n, ast.Name)
                }
                if targets & set(given):
                    assert ast.unparse(node.value).startswith(REBINDS), ast.unparse(node)
            elif isinstance(node, ast.For | ast.comprehension):
                assert not {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)} & set(given)


@pytest.mark.parametrize(("name", "options"), sampled(), ids=str)
@pytest.mark.parametrize("target", [row.name for row in MODULES])
def test_no_argument_of_the_catalogue_collides(name, options, target):
    """Every committed module."""
    d = derivation(request(name, **options))
    check_module(emit(d, target), [identifier(q.name) for q in d.quantities if q.value is None])


def test_a_row_of_the_catalogue_keeps_its_names():
    """Only keywords and what truly collides get an underscore: `shape` is nothing where arguments are."""
    for row in CATALOGUE.values():
        for name in row.domains:
            assert identifier(name) == name or keyword.iskeyword(name)
    assert identifier("shape") == "shape"
    assert identifier("shapes") == "shapes_"


@pytest.mark.parametrize(("first", "second"), [*zip(SUSPECTS[::2], SUSPECTS[1::2], strict=True)])
def test_parameters_of_any_name_collide_with_nothing(first, second):
    """Two in one density: both modules compile, compute, and give the right gradient and Hessian."""
    d = derive.density(
        "mine",
        f"e^(-(y - {first})^2/(2*{second}*{second}) - y^2/2)/{second}",
        given=f"y: real | {first}: real, {second}: positive",
    )
    _right(d)


@pytest.fixture(autouse=True)
def _unchecked(monkeypatch):
    """What is tested here are names: that the densities are none is no matter."""
    monkeypatch.setattr("derive.own.check", lambda *_: None)


def _right(d):
    names = [identifier(q.name) for q in d.quantities]
    assert len(set(names)) == len(names)
    for target in MODULES:
        check_module(emit(d, target.name), names)
    y, mu, s = 1.5, 0.25, 0.75
    truth = np.log(s) + ((y - mu) / s) ** 2 / 2 + y**2 / 2
    slopes = [-(y - mu) / s**2, 1 / s - (y - mu) ** 2 / s**3]
    numpy = d.load("numpy")
    assert float(numpy.negative_log_likelihood(y, mu, s)) == pytest.approx(truth)
    assert np.allclose(numpy.loss_and_gradient(y, mu, s)[1], slopes)
    hessian = [[1 / s**2, 2 * (y - mu) / s**3], [2 * (y - mu) / s**3, -1 / s**2 + 3 * (y - mu) ** 2 / s**4]]
    assert np.allclose(numpy.hessian(y, mu, s), hessian)
    module = d.load("torch")
    tensors = [torch.tensor(number, dtype=torch.float64) for number in (mu, s)]
    found = torch.autograd.functional.hessian(
        lambda *given: module.loss(*given, torch.tensor(y)), tuple(tensors)
    )
    assert np.allclose(np.array(found, float), hessian)
    assert np.allclose(
        torch.autograd.functional.jacobian(lambda *given: module.loss(*given, y), tuple(tensors)), slopes
    )


@pytest.mark.parametrize("name", ["np", "target", "shapes", "y_1", "self"])
def test_data_of_any_name_collide_with_nothing(name):
    """The observation is named by a person, too."""
    d = derive.density("mine", f"exp(-{name}/b)/b", given=f"{name}: positive | b: positive")
    for target in MODULES:
        check_module(emit(d, target.name), [identifier(q.name) for q in d.quantities])
    assert float(d.load("numpy").loss(2.0, 0.5)) == pytest.approx(4 + np.log(0.5))
    assert float(d.load("torch").loss(torch.tensor(0.5), torch.tensor(2.0))) == pytest.approx(4 + np.log(0.5))


def test_a_predictor_that_is_a_parameter_is_refused():
    """`--link sigma=exp` predicts log_sigma, which may be another parameter."""
    d = derive.density("mine", "exp(-y/b - y/log_b)", given="y: positive | b: positive, log_b: positive")
    with pytest.raises(derive.Misuse, match="log_b"):
        derive.derive(d, link={"b": "exp"})


def test_what_is_taken_is_read_from_the_templates():
    """Locals and globals of functions that have arguments, and nothing of those that have none."""
    assert {
        "np",
        "torch",
        "math",
        "loss",
        "shapes",
        "matrix",
        "in_full",
        "ctx",
        "slopes",
        "Gradient",
    } <= taken()
    assert not {"mu", "shape", "scale", "rate", "samples", "block", "axes"} & taken()
