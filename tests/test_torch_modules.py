"""The generated Torch modules keep their promises, every variant of the table.

They are held against the NumPy modules, whose derivatives are tested by themselves, and against what
autograd's own checks find by central differences.  The draws are those of the NumPy tests.
"""

import math
import shutil
import sys
from functools import cache, partial
from random import Random

import numpy as np
import pytest

import derive
from tests import test_numpy_modules as numpy_tests
from tests.test_numpy_modules import (
    CATEGORICAL,
    CLASSES,
    FULL_SIGNATURES,
    LAYOUTS,
    REDUCTIONS,
    SCALAR,
    SIGNATURES,
    SLUGS,
    arguments,
    data_names,
    derivation,
    illegal,
    is_vector,
    positional,
    put,
    weights,
)

torch = pytest.importorskip("torch")

# Torch warns of itself: when it compiles any autograd.Function, and when it loads its rules for jvp.
pytestmark = [
    pytest.mark.filterwarnings("error"),
    pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*torch.jit.* is deprecated:DeprecationWarning"),
    # The layouts broadcast on purpose; that the modules warn of it is tested by itself.
    pytest.mark.filterwarnings("ignore:the shapes of the samples:UserWarning"),
]

CLASS_NAMES = {
    "normal": "NormalLoss",
    "normal_variance": "NormalVarianceLoss",
    "laplace": "LaplaceLoss",
    "student_t": "StudentTLoss",
    "beta": "BetaLoss",
    "bernoulli": "BernoulliLoss",
    "poisson": "PoissonLoss",
    "categorical": "CategoricalLoss",
}


@cache
def module(slug):
    """The generated Torch module of a variant, imported and, as an import is, known to Python by its name."""
    loaded = derivation(slug).load("torch")
    return sys.modules.setdefault(loaded.__name__, loaded)


@pytest.fixture(autouse=True)
def _forget_compiled():
    """Let no test see what another one compiled."""
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


def learned(slug):
    """The names of the learned arguments."""
    return numpy_tests.module(slug).Gradient._fields


def classes_second(value):
    """An array with its class axis last as one with it second, as in torch.nn."""
    return np.moveaxis(value, -1, min(1, value.ndim - 1))


def classes_last(value):
    """An array with its class axis second as one with it last, as in NumPy."""
    return np.moveaxis(value, min(1, value.ndim - 1), -1)


def tensors(slug, given, *, grad=(), dtype=torch.float64):
    """The arguments of NumPy's `loss` as tensors by name, in Torch's order: predictions, known, target."""
    made = {}
    for name in [*[n for n in given if n not in data_names(slug)], *data_names(slug)]:
        value = classes_second(given[name]) if is_vector(slug, name) else given[name]
        made[name] = torch.tensor(value, dtype=dtype, requires_grad=name in grad)
    return made


def array(slug, tensor):
    """A gradient or a Hessian's product as NumPy has it."""
    value = tensor.detach().numpy()
    return classes_last(value) if slug in CATEGORICAL else value


def tensor_weight(weight):
    """A weight as a tensor, or none."""
    return None if weight is None else torch.tensor(weight)


def equal(got, expected):
    """Equal but for rounding."""
    got = got.detach().numpy() if isinstance(got, torch.Tensor) else got
    np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-12)


def gradients(slug, given, **options):
    """The reduced loss and its gradient in the learned arguments, by autograd."""
    leaves = tensors(slug, given, grad=learned(slug))
    value = module(slug).loss(*leaves.values(), **options)
    value.sum().backward()
    return value, [leaves[name].grad for name in learned(slug)]


def scalar_of_learned(slug, leaves, **options):
    """The loss as a function of the learned arguments alone."""
    rest = {name: value for name, value in leaves.items() if name not in learned(slug)}

    def function(*values):
        whole = {**dict(zip(learned(slug), values, strict=True)), **rest}
        return module(slug).loss(*(whole[name] for name in leaves), **options)

    return function, [leaves[name].detach() for name in learned(slug)]


# Names and values ---------------------------------------------------------------------------------


def public(names, slug):
    """NumPy's argument names in Torch's order, the datum called target."""
    y, *others = names.split(", ")
    assert [y] == data_names(slug)
    return [*others, "target"]


@pytest.mark.parametrize("slug", SLUGS)
def test_signature(slug):
    """Predictions come first, then known parameters, then the target; the module class takes the same."""
    loss = public(SIGNATURES[slug], slug)
    assert positional(module(slug).loss) == loss
    assert positional(module(slug).negative_log_likelihood) == public(FULL_SIGNATURES[slug], slug)
    kind = getattr(module(slug), CLASS_NAMES[derivation(slug).distribution.name])
    assert issubclass(kind, torch.nn.Module)
    assert positional(kind.forward) == ["self", *loss, "weight"]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("slug", SLUGS)
def test_value_is_numpys(slug, layout):
    """The loss is that of the NumPy module for all shapes, reductions and weights, as function and module."""
    given = arguments(slug, layout)
    leaves = tensors(slug, given)
    kind = getattr(module(slug), CLASS_NAMES[derivation(slug).distribution.name])
    for weight in weights(slug, layout):
        for reduction in REDUCTIONS:
            expected = numpy_tests.module(slug).loss(*given.values(), reduction=reduction, weight=weight)
            options = {"weight": tensor_weight(weight)}
            got = module(slug).loss(*leaves.values(), reduction=reduction, **options)
            assert got.shape == np.shape(expected)
            equal(got, expected)
            torch.testing.assert_close(
                kind(reduction=reduction)(*leaves.values(), **options), got, rtol=0, atol=0
            )
            with torch.no_grad():
                equal(module(slug).loss(*leaves.values(), reduction=reduction, **options), expected)


@pytest.mark.parametrize("layout", ["samples", "outer", "scalars"])
@pytest.mark.parametrize("slug", SLUGS)
def test_likelihood_is_numpys(slug, layout):
    """The negative log likelihood, what was dropped and the factor are those of the NumPy module."""
    plain = numpy_tests.module(slug)
    given = arguments(slug, layout, names=positional(plain.negative_log_likelihood), hard=True)
    leaves = tensors(slug, given)
    for weight in weights(slug, layout):
        for reduction in REDUCTIONS:
            expected = plain.negative_log_likelihood(*given.values(), reduction=reduction, weight=weight)
            options = {"reduction": reduction, "weight": tensor_weight(weight)}
            equal(module(slug).negative_log_likelihood(*leaves.values(), **options), expected)
    names = positional(plain.dropped)
    got = module(slug).dropped(*(leaves[name] for name in names))
    equal(got, plain.dropped(*(given[name] for name in names)))
    assert hasattr(plain, "FACTOR") == hasattr(module(slug), "FACTOR")
    if hasattr(plain, "FACTOR"):
        assert plain.FACTOR == module(slug).FACTOR
    else:
        names = positional(plain.factor)
        got = module(slug).factor(*(leaves[name] for name in names))
        equal(got, plain.factor(*(given[name] for name in names)))


def test_dropped_outside():
    """What was dropped is +inf for a datum outside the support, nan for a parameter outside its domain."""
    assert module("poisson_link_rate_exp").dropped(torch.tensor(-1)) == math.inf
    assert torch.isnan(module("normal_fix_sigma").dropped(torch.tensor(-1.7)))
    assert torch.isnan(module("normal_fix_sigma").factor(torch.tensor(-1.7)))


@pytest.mark.parametrize("slug", SLUGS)
def test_module_says_its_reduction(slug):
    """The module class shows its reduction, passes `validate` on, and holds no parameters."""
    kind = getattr(module(slug), CLASS_NAMES[derivation(slug).distribution.name])
    loss = kind(reduction="sum", validate=True)
    assert "reduction='sum'" in repr(loss)
    assert not loss.state_dict()
    with pytest.raises(ValueError, match=r"^y must be"):
        loss(*tensors(slug, put(arguments(slug), "y", 2, math.nan)).values())


@pytest.mark.parametrize("slug", SLUGS)
def test_unknown_reduction(slug):
    """A reduction that is none of the three is refused, and the three are named."""
    with pytest.raises(ValueError, match="'mean', 'sum' or 'none', got 'average'"):
        module(slug).loss(*tensors(slug, arguments(slug)).values(), reduction="average")


# Gradient and Hessian -----------------------------------------------------------------------------


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("slug", SLUGS)
def test_gradient_is_numpys(slug, layout):
    """The gradient by autograd has the arguments' shapes and is that of the NumPy module."""
    given = arguments(slug, layout, seed=1)
    for weight in weights(slug, layout):
        for reduction in ("mean", "sum"):
            expected = numpy_tests.module(slug).loss_and_gradient(
                *given.values(), reduction=reduction, weight=weight
            )
            value, slopes = gradients(slug, given, reduction=reduction, weight=tensor_weight(weight))
            equal(value, expected[0])
            for slope, other in zip(slopes, expected[1], strict=True):
                equal(array(slug, slope), other)
        _, summed = gradients(slug, given, reduction="none", weight=tensor_weight(weight))
        for slope, other in zip(summed, slopes, strict=True):
            equal(slope, other.numpy())


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("slug", SLUGS)
def test_parts_are_the_whole(slug, layout, monkeypatch):
    """What is computed part by part, where the samples are many, is what is computed at once."""
    given = arguments(slug, layout, seed=2)
    for reduction in ("mean", "none"):
        whole, slopes = gradients(slug, given, reduction=reduction)
        with monkeypatch.context() as patched:
            if hasattr(module(slug), "_MANY"):
                patched.setattr(module(slug), "_MANY", 1)
                patched.setattr(module(slug), "_PART", 3)
            parted, others = gradients(slug, given, reduction=reduction)
        equal(parted, whole.detach().numpy())
        for other, slope in zip(others, slopes, strict=True):
            equal(other, slope.numpy())


def test_only_words_are_computed_in_parts():
    """Elementary losses have few temporaries, and no memory to spare for parts."""
    assert [slug for slug in SLUGS if not hasattr(module(slug), "_MANY")]
    assert [slug for slug in SLUGS if hasattr(module(slug), "_MANY")]


@pytest.mark.parametrize("slug", SLUGS)
def test_likelihood_has_a_gradient(slug):
    """The negative log likelihood's gradient is the factor times the loss's, and a weight of 0 makes it 0."""
    names = positional(numpy_tests.module(slug).negative_log_likelihood)
    given = arguments(slug, names=names, hard=True)
    weight = torch.tensor([0.7, 0.0, 1.9, 0.4, 1.1, 0.8])
    leaves = tensors(slug, given, grad=learned(slug))
    inputs = [leaves[name] for name in learned(slug)]
    if hasattr(module(slug), "FACTOR"):
        factor = torch.full((6,), float(module(slug).FACTOR))
    else:
        factor = module(slug).factor(*(leaves[name] for name in positional(module(slug).factor)))
    within = [leaves[name] for name in leaves if name in SIGNATURES[slug].split(", ")]
    expected = torch.autograd.grad(module(slug).loss(*within, weight=weight), inputs)
    for name in given:
        spoiled = tensors(slug, put(given, name, 1, math.nan), grad=learned(slug))
        value = module(slug).negative_log_likelihood(*spoiled.values(), weight=weight)
        slopes = torch.autograd.grad(value, [spoiled[name] for name in learned(slug)])
        for slope, other in zip(slopes, expected, strict=True):
            share = factor.reshape(6, *[1] * (other.dim() - 1))
            equal(slope, (share * other).numpy())
            assert torch.all(slope[1] == 0.0)


@pytest.mark.parametrize("slug", SCALAR)
def test_second_derivative_is_numpys(slug):
    """A gradient with create_graph differentiated again is the Hessian of the NumPy module, weighted too."""
    given = arguments(slug, seed=2)
    for weight in weights(slug, "samples"):
        expected = numpy_tests.module(slug).hessian(*given.values(), weight=weight)
        leaves = tensors(slug, given, grad=learned(slug))
        value = module(slug).loss(*leaves.values(), weight=tensor_weight(weight))
        inputs = [leaves[name] for name in learned(slug)]
        slopes = torch.autograd.grad(value, inputs, create_graph=True)
        for row, slope in enumerate(slopes):
            bends = torch.autograd.grad(slope.sum(), inputs, retain_graph=True)
            for column, bend in enumerate(bends):
                equal(bend, expected[..., row, column])


@pytest.mark.parametrize("slug", SLUGS)
def test_gradient_penalty(slug):
    """The gradient of the loss plus half its squared gradient is g + H g, with g and H the NumPy module's."""
    given = arguments(slug, seed=2)
    leaves = tensors(slug, given, grad=learned(slug))
    inputs = [leaves[name] for name in learned(slug)]
    value = module(slug).loss(*leaves.values())
    slopes = torch.autograd.grad(value, inputs, create_graph=True)
    penalty = sum((slope**2).sum() for slope in slopes) / 2
    got = [array(slug, slope) for slope in torch.autograd.grad(value + penalty, inputs)]
    plain = numpy_tests.module(slug)
    gradient = plain.loss_and_gradient(*given.values())[1]
    if slug in CATEGORICAL:
        bends = [plain.hessian_vector_product(*given.values(), gradient[0])]
    else:
        bends = np.einsum("nij,jn->in", plain.hessian(*given.values()), np.stack(gradient))
    equal(np.stack(got), np.stack(gradient) + bends)


@pytest.mark.parametrize("layout", ["samples", "outer", "kept axes"])
@pytest.mark.parametrize("slug", CATEGORICAL)
def test_hessian_vector_product_is_numpys(slug, layout):
    """For a vector the gradient differentiated along a direction is NumPy's Hessian-vector product."""
    given = arguments(slug, layout, seed=2)
    (name,) = learned(slug)
    direction = np.random.default_rng(3).normal(size=given[name].shape)
    for weight in weights(slug, layout):
        expected = numpy_tests.module(slug).hessian_vector_product(*given.values(), direction, weight=weight)
        leaves = tensors(slug, given, grad=[name])
        value = module(slug).loss(*leaves.values(), weight=tensor_weight(weight))
        (slope,) = torch.autograd.grad(value, leaves[name], create_graph=True)
        along = torch.tensor(classes_second(direction))
        (product,) = torch.autograd.grad(slope, leaves[name], along)
        equal(array(slug, product), expected)


def few(slug, layout):
    """Arguments with as few samples as show every way of broadcasting."""
    given = arguments(slug, layout, seed=4)
    return {n: v[:2] for n, v in given.items()} if layout == "samples" else given


@pytest.mark.parametrize("layout", ["samples", "outer", "one for all"])
@pytest.mark.parametrize("slug", SLUGS)
def test_gradcheck(slug, layout):
    """First and second derivatives, backward and forward, are what central differences find."""
    leaves = tensors(slug, few(slug, layout), grad=learned(slug))
    reduction = "none" if layout == "samples" else "mean"
    function = partial(module(slug).loss, reduction=reduction)
    assert torch.autograd.gradcheck(function, tuple(leaves.values()), check_forward_ad=True)
    assert torch.autograd.gradgradcheck(function, tuple(leaves.values()))


@pytest.mark.parametrize("slug", SCALAR)
def test_gradcheck_where_only_some_are_learned(slug):
    """Each learned argument can be differentiated alone, twice, with the others held."""
    for name in learned(slug):
        leaves = tensors(slug, few(slug, "samples"), grad=[name])
        assert torch.autograd.gradcheck(module(slug).loss, tuple(leaves.values()))
        assert torch.autograd.gradgradcheck(module(slug).loss, tuple(leaves.values()))
        value = module(slug).loss(*leaves.values())
        value.backward()
        assert all((leaf.grad is not None) == (other == name) for other, leaf in leaves.items())


@pytest.mark.parametrize("slug", ["normal", "beta", "categorical_link_p_softmax"])
def test_gradcheck_with_weights(slug):
    """The weighted mean's first and second derivatives are what central differences find."""
    leaves = tensors(slug, few(slug, "samples"), grad=learned(slug))
    function = partial(module(slug).loss, weight=torch.tensor([0.7, 1.9], dtype=torch.float64))
    assert torch.autograd.gradcheck(function, tuple(leaves.values()), check_forward_ad=True)
    assert torch.autograd.gradgradcheck(function, tuple(leaves.values()))


@pytest.mark.parametrize("slug", SLUGS)
def test_func_grad_and_vmap(slug):
    """From torch.func, grad is the gradient; vmap over the samples gives each one's loss and gradient."""
    given = arguments(slug, seed=6)
    leaves = tensors(slug, given)
    places = tuple(range(len(learned(slug))))
    order = [name for name in leaves if name in learned(slug)]
    assert order == list(learned(slug))
    expected = numpy_tests.module(slug).loss_and_gradient(*given.values())[1]
    for slope, other in zip(
        torch.func.grad(module(slug).loss, places)(*leaves.values()), expected, strict=True
    ):
        equal(array(slug, slope), other)
    value, gradient = numpy_tests.module(slug).loss_and_gradient(*given.values(), reduction="none")
    equal(torch.func.vmap(module(slug).loss)(*leaves.values()), value)
    slopes = torch.func.vmap(torch.func.grad(module(slug).loss, places))(*leaves.values())
    for slope, other in zip(slopes, gradient, strict=True):
        equal(slope, other)
    slopes = torch.func.grad(lambda *x: torch.func.vmap(module(slug).loss)(*x).mean(), places)(
        *leaves.values()
    )
    for slope, other in zip(slopes, expected, strict=True):
        equal(array(slug, slope), other)


@pytest.mark.parametrize("slug", SLUGS)
def test_func_vmap_over_one_argument(slug):
    """Vmap over one learned argument alone, the others shared, is a loop over it."""
    leaves = tensors(slug, arguments(slug, seed=6))
    first = learned(slug)[0]
    many = torch.stack([leaves[first], leaves[first].flip(0), leaves[first].roll(1, 0)])
    dims = tuple(0 if name == first else None for name in leaves)
    got = torch.func.vmap(module(slug).loss, dims)(*{**leaves, first: many}.values())
    for one, value in zip(many, got, strict=True):
        equal(value, module(slug).loss(*{**leaves, first: one}.values()).numpy())


@pytest.mark.parametrize("slug", SLUGS)
def test_func_hessian(slug):
    """Both torch.func.hessian and jacrev of jacrev, of one sample is the NumPy module's Hessian."""
    given = {name: value[3] for name, value in arguments(slug, seed=7).items()}
    leaves = tensors(slug, given)
    places = tuple(range(len(learned(slug))))
    twice = torch.func.jacrev(torch.func.jacrev(module(slug).loss, places), places)
    for hessian in (torch.func.hessian(module(slug).loss, places), twice):
        got = hessian(*leaves.values())
        if slug in CATEGORICAL:
            plain = numpy_tests.module(slug)
            columns = [plain.hessian_vector_product(*given.values(), unit) for unit in np.eye(CLASSES)]
            equal(got[0][0], np.stack(columns, axis=-1))
            equal(torch.diagonal(got[0][0]), plain.hessian_diagonal(*given.values()))
        else:
            expected = numpy_tests.module(slug).hessian(*given.values())
            for row in places:
                for column in places:
                    equal(got[row][column], expected[row, column])


@pytest.mark.parametrize("slug", SLUGS)
def test_func_hessian_of_a_batch(slug):
    """Vmap of the Hessian is each sample's Hessian, and jvp and vjp agree with the gradient."""
    given = arguments(slug, seed=7)
    leaves = tensors(slug, given)
    each = torch.func.vmap(torch.func.hessian(module(slug).loss))(*leaves.values())
    if slug in CATEGORICAL:
        expected = numpy_tests.module(slug).hessian_diagonal(*given.values(), reduction="none")
        equal(torch.diagonal(each, dim1=-2, dim2=-1), expected)
    else:
        expected = numpy_tests.module(slug).hessian(*given.values(), reduction="none")
        equal(each, expected[..., 0, 0])
    function, values = scalar_of_learned(slug, leaves)
    directions = [torch.tensor(np.random.default_rng(8).normal(size=value.shape)) for value in values]
    value, change = torch.func.jvp(function, tuple(values), tuple(directions))
    slopes = torch.func.vjp(function, *values)[1](torch.ones_like(value))
    equal(change, sum((slope * v).sum() for slope, v in zip(slopes, directions, strict=True)).numpy())


@pytest.mark.parametrize("slug", SLUGS)
def test_no_gradient_is_computed_without_need(slug, monkeypatch):
    """Under torch.no_grad and torch.inference_mode only the loss is computed."""
    leaves = tensors(slug, arguments(slug), grad=learned(slug))

    def never(*_):
        raise AssertionError("the gradient was computed")

    monkeypatch.setattr(module(slug), "_loss_and_gradient", never)
    for without in (torch.no_grad, torch.inference_mode):
        with without():
            value = module(slug).loss(*leaves.values())
            assert not value.requires_grad
            assert torch.isfinite(value)
    with pytest.raises(AssertionError, match="the gradient was computed"):
        module(slug).loss(*leaves.values())


# Compilation --------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", SLUGS)
def test_compiled(slug):
    """Compiled as one graph, value and gradient are those of the eager module, with a weight too."""
    given = arguments(slug, seed=9)
    weight = tensor_weight(weights(slug, "samples")[1])
    expected, slopes = gradients(slug, given, weight=weight)
    compiled = torch.compile(module(slug).loss, fullgraph=True, backend="aot_eager")
    leaves = tensors(slug, given, grad=learned(slug))
    value = compiled(*leaves.values(), weight=weight)
    value.backward()
    equal(value, expected.detach().numpy())
    for name, slope in zip(learned(slug), slopes, strict=True):
        equal(leaves[name].grad, slope.numpy())


@pytest.mark.parametrize("slug", ["normal_link_sigma_exp", "categorical_link_p_softmax"])
def test_compiled_module_with_changing_shapes(slug):
    """The compiled module class broadcasts, takes batches of any size and runs without gradients."""
    kind = getattr(module(slug), CLASS_NAMES[derivation(slug).distribution.name])
    compiled = torch.compile(kind(reduction="sum"), fullgraph=True, backend="aot_eager", dynamic=True)
    for layout in ("outer", "kept axes"):
        given = arguments(slug, layout)
        expected, slopes = gradients(slug, given, reduction="sum")
        leaves = tensors(slug, given, grad=learned(slug))
        value = compiled(*leaves.values())
        value.backward()
        equal(value, expected.detach().numpy())
        for name, slope in zip(learned(slug), slopes, strict=True):
            equal(leaves[name].grad, slope.numpy())
        with torch.no_grad():
            equal(compiled(*leaves.values()), expected.detach().numpy())


def test_compiled_class_index():
    """The loss of class indices compiles as one graph."""
    loss = module("categorical_link_p_softmax").loss_from_index
    logits = torch.tensor(np.random.default_rng(10).normal(size=(5, CLASSES)), requires_grad=True)
    index = torch.tensor([3, 0, 1, 1, 2])
    value = torch.compile(loss, fullgraph=True, backend="aot_eager")(logits, index)
    (slope,) = torch.autograd.grad(value, logits)
    expected = torch.nn.functional.cross_entropy(logits, index)
    equal(value, expected.item())
    equal(slope, torch.autograd.grad(expected, logits)[0].numpy())


@pytest.mark.parametrize("slug", SLUGS)
def test_compiled_outside(slug):
    """Compiled, data outside the support cost +inf and parameters outside their domain give nan slopes."""
    compiled = torch.compile(
        partial(module(slug).loss, reduction="none"), fullgraph=True, backend="aot_eager", dynamic=False
    )
    given = arguments(slug, seed=9)
    name = learned(slug)[-1]
    for changed in (put(given, "y", 2, illegal(slug, "y")[0]), put(given, name, 2, illegal(slug, name)[0])):
        expected, slopes = gradients(slug, changed, reduction="none")
        leaves = tensors(slug, changed, grad=learned(slug))
        value = compiled(*leaves.values())
        value.sum().backward()
        equal(value, expected.detach().numpy())
        for name_, slope in zip(learned(slug), slopes, strict=True):
            equal(leaves[name_].grad, slope.numpy())


@pytest.mark.skipif(not shutil.which("g++"), reason="inductor needs a C++ compiler, and there is no g++")
def test_inductor():
    """The default compiler, which writes C++, gives the eager module's value and gradient."""
    slug = "normal_link_sigma_exp"
    given = arguments(slug, seed=9)
    expected, slopes = gradients(slug, given)
    leaves = tensors(slug, given, grad=learned(slug))
    value = torch.compile(module(slug).loss, fullgraph=True)(*leaves.values())
    value.backward()
    equal(value, expected.detach().numpy())
    for name, slope in zip(learned(slug), slopes, strict=True):
        equal(leaves[name].grad, slope.numpy())


def test_loaded_module_compiles_within_a_function():
    """A function that calls the loss of a module made by `load` compiles as one graph."""
    loaded = derive.derive("normal", shared="mu").load("torch")
    given = [torch.tensor([0.3, 1.7]), torch.tensor([0.6, 1.2]), torch.tensor([-0.4, 2.9])]
    compiled = torch.compile(lambda *x: 3 * loaded.loss(*x), fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(*given), 3 * loaded.loss(*given))


# Dtypes, devices and sizes ------------------------------------------------------------------------


@pytest.mark.parametrize("slug", SLUGS)
def test_float_dtype(slug):
    """A float64 loss stays so, half precision computes in float32, gradients have their arguments' dtypes."""
    given = arguments(slug, hard=True)
    for dtype, expected in (
        (torch.float64, torch.float64),
        (torch.float32, torch.float32),
        (torch.float16, torch.float32),
        (torch.bfloat16, torch.float32),
    ):
        leaves = tensors(slug, given, grad=learned(slug), dtype=dtype)
        for of_target in (torch.float64, torch.float32, torch.int64):
            weight = torch.linspace(0.5, 2.0, 6, dtype=torch.float64)
            target = {"y": leaves["y"].to(of_target)}
            value = module(slug).loss(*{**leaves, **target}.values(), weight=weight)
            assert value.dtype == expected
            value.backward()
            assert all(leaves[name].grad.dtype == dtype for name in learned(slug))
            with torch.no_grad():
                assert module(slug).loss(*{**leaves, **target}.values()).dtype == expected


@pytest.mark.parametrize("slug", SLUGS)
def test_half_inputs_compute_in_single(slug):
    """The loss of half-precision inputs is the loss in float32 of the numbers that they hold."""
    given = arguments(slug)
    if slug in CATEGORICAL:  # in float32 only hard ones still sum to one
        given = {name: np.eye(CLASSES)[[0, 1, 3, 0, 2, 1]] for name in given}
    for dtype in (torch.float16, torch.bfloat16):
        halves = tensors(slug, given, grad=learned(slug), dtype=dtype)
        singles = {
            name: leaf.detach().float().requires_grad_(leaf.requires_grad) for name, leaf in halves.items()
        }
        value, expected = (module(slug).loss(*leaves.values()) for leaves in (halves, singles))
        torch.testing.assert_close(value, expected, rtol=0, atol=0)
        value.backward()
        expected.backward()
        for name in learned(slug):
            torch.testing.assert_close(halves[name].grad, singles[name].grad.to(dtype), rtol=0, atol=0)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_probabilities_sum_to_one_as_well_as_their_dtype_can(dtype):
    """A softmax in half precision is a probability vector, given as p or as label; one off by more is not."""
    logits = 2 * torch.randn(20, 10, generator=torch.Generator().manual_seed(18))
    p = torch.softmax(logits.to(dtype), 1)
    hot = torch.nn.functional.one_hot(p.argmax(1), 10)
    assert (p.float().sum(1) - 1).abs().max() > 1e-4
    leaf = p.clone().requires_grad_()
    value = module("categorical").loss(leaf, hot, validate=True)
    torch.testing.assert_close(value, -p.amax(1).float().log().mean())
    assert torch.all(torch.isfinite(torch.autograd.grad(value, leaf)[0]))
    assert torch.isfinite(module("categorical_link_p_softmax").loss(logits, p, validate=True))
    for off in (p.float(), 1.05 * p):
        assert torch.isnan(module("categorical").loss(off, hot))
        assert module("categorical_link_p_softmax").loss(logits, off) == math.inf


@pytest.mark.parametrize("slug", SLUGS)
def test_autocast(slug):
    """Under autocast to bfloat16 value and gradient are those in float32, bit by bit."""
    leaves = tensors(slug, arguments(slug), grad=learned(slug), dtype=torch.float32)
    inputs = [leaves[name] for name in learned(slug)]
    expected = module(slug).loss(*leaves.values())
    slopes = torch.autograd.grad(expected, inputs)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = module(slug).loss(*leaves.values())
    assert value.dtype == torch.float32
    torch.testing.assert_close(value, expected, rtol=0, atol=0)
    for slope, other in zip(torch.autograd.grad(value, inputs), slopes, strict=True):
        torch.testing.assert_close(slope, other, rtol=0, atol=0)


def test_autocast_from_a_layer():
    """A layer's bfloat16 output under autocast goes in, and its float32 weights get float32 gradients."""
    torch.manual_seed(11)
    layer = torch.nn.Linear(3, CLASSES)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = layer(torch.randn(5, 3))
        value = module("categorical_link_p_softmax").loss_from_index(logits, torch.tensor([0, 1, 3, 2, 2]))
    assert logits.dtype == torch.bfloat16
    assert value.dtype == torch.float32
    value.backward()
    assert layer.weight.grad.dtype == torch.float32
    assert torch.all(torch.isfinite(layer.weight.grad))


@pytest.mark.parametrize("slug", SCALAR)
def test_python_numbers(slug):
    """Python numbers stand for tensors in any place, and leave float32 as it is."""
    given = arguments(slug)
    leaves = tensors(slug, given, dtype=torch.float32)
    for name in leaves:
        number = float(leaves[name][0])
        value = module(slug).loss(*{**leaves, name: number}.values())
        expected = module(slug).loss(*{**leaves, name: torch.tensor(number)}.values())
        assert value.dtype == torch.float32
        torch.testing.assert_close(value, expected, rtol=0, atol=0)


@pytest.mark.parametrize("slug", SLUGS)
def test_no_samples(slug):
    """Without samples the sum is 0 with gradients of no entries, and the mean is nan; nothing warns."""
    given = {name: value[:0] for name, value in arguments(slug).items()}
    value, slopes = gradients(slug, given, reduction="sum")
    assert value == 0.0
    assert all(slope.shape[0] == 0 for slope in slopes)
    assert torch.isnan(gradients(slug, given)[0])
    assert gradients(slug, given, reduction="none")[0].shape == (0,)
    assert torch.isnan(gradients(slug, given, weight=torch.empty(0))[0])


@pytest.mark.parametrize("place", range(3))
def test_the_accelerator_wins(place):
    """One CPU number beside tensors of another device goes there, wherever it stands."""
    given = [torch.full((3,), 1.3, device="meta") for _ in range(3)]
    given[place] = torch.tensor(1.3)
    assert module("normal").loss(*given).device.type == "meta"
    assert module("normal_fix_sigma_i").loss(*given, weight=torch.ones(3)).device.type == "meta"


@pytest.mark.parametrize("slug", SLUGS)
def test_inputs_are_left_alone(slug):
    """No argument is written into, and a weight may be a list."""
    leaves = tensors(slug, arguments(slug), grad=learned(slug))
    before = {name: leaf.detach().clone() for name, leaf in leaves.items()}
    module(slug).loss(*leaves.values(), weight=[1, 0, 2, 1, 1, 1]).backward()
    for name, leaf in leaves.items():
        torch.testing.assert_close(leaf.detach(), before[name], rtol=0, atol=0)
        assert leaf._version == 0


# Weights and what is outside ----------------------------------------------------------------------


@pytest.mark.parametrize("slug", SLUGS)
def test_weight_zero_removes_a_sample(slug):
    """With weight 0 a sample is as if it were not there, whatever it holds: its gradient is exactly 0."""
    given = arguments(slug, seed=12)
    weight = np.array([0.7, 0.0, 1.9, 0.4, 1.1, 0.8])
    left = {name: value[weight != 0] for name, value in given.items()}
    expected, others = gradients(slug, left, weight=torch.tensor(weight[weight != 0]))
    for name in given:
        for value in (math.nan, *illegal(slug, name)):
            spoiled = put(given, name, 1, value)
            got, slopes = gradients(slug, spoiled, weight=torch.tensor(weight), validate=True)
            if name in learned(slug):
                equal(got, expected.detach().numpy())
            for slope, other in zip(slopes, others, strict=True):
                assert torch.all(slope[1] == 0.0)
                equal(slope[torch.tensor(weight != 0)], other.numpy())


@pytest.mark.parametrize("slug", SLUGS)
def test_weight_zero_removes_second_derivatives(slug):
    """With weight 0 a sample of nan has second derivatives of exactly 0 and spoils no others."""
    given = arguments(slug, seed=12)
    for name in learned(slug):
        given = put(given, name, 1, math.nan)
    leaves = tensors(slug, given, grad=learned(slug))
    inputs = [leaves[name] for name in learned(slug)]
    value = module(slug).loss(*leaves.values(), weight=torch.tensor([0.7, 0.0, 1.9, 0.4, 1.1, 0.8]))
    slopes = torch.autograd.grad(value, inputs, create_graph=True)
    direction = torch.linspace(0.3, 1.2, CLASSES)
    total = sum((slope * direction).sum() if slug in CATEGORICAL else slope.sum() for slope in slopes)
    for bend in torch.autograd.grad(total, inputs):
        assert torch.all(torch.isfinite(bend))
        assert torch.all(bend[1] == 0.0)


@pytest.mark.parametrize("slug", SLUGS)
def test_negative_weights(slug):
    """A negative weight counts as the number that it is, in value and gradient; validate=True refuses it."""
    given = arguments(slug, seed=12)
    weight = np.array([0.7, -0.5, 1.9, 0.4, -1.1, 0.8])
    expected = numpy_tests.module(slug).loss_and_gradient(*given.values(), weight=weight)
    value, slopes = gradients(slug, given, weight=torch.tensor(weight))
    equal(value, expected[0])
    for slope, other in zip(slopes, expected[1], strict=True):
        equal(array(slug, slope), other)
    for wrong in (-0.5, math.nan, math.inf):
        weight = torch.tensor([0.7, 0.0, wrong, 0.4, -1.1, 0.8])
        with pytest.raises(ValueError, match=rf"^weight must be nonnegative, got {wrong} at index \(2,\)$"):
            module(slug).loss(*tensors(slug, given).values(), weight=weight, validate=True)


SHAPES = [  # of prediction, of target, of weight (None: no weight), and whether a warning is due
    ((3,), (3, 1), None, True),
    ((3, 1), (3,), None, True),
    ((3,), (3,), (3, 1), True),
    ((3,), (3,), None, False),
    ((), (3,), None, False),
    ((3,), (), (3,), False),
    ((1,), (3, 2), (2,), False),
    ((3, 2), (2,), None, False),
]


@pytest.mark.filterwarnings("error:the shapes of the samples:UserWarning")
@pytest.mark.parametrize(("prediction", "target", "weight", "due"), SHAPES)
def test_samples_that_no_argument_has_are_warned_of(prediction, target, weight, due):
    """Where a prediction and a target broadcast to more than either is, as (N,) and (N, 1) do, a warning says so."""
    given = [torch.full(prediction, 0.3), torch.full(target, 1.7)]
    options = {} if weight is None else {"weight": torch.ones(weight)}
    for slug in ("normal_fix_sigma_1", "bernoulli_link_p_sigmoid"):
        if due:
            with pytest.warns(UserWarning, match=r"broadcast to \(3, 3\), which none of them has") as caught:
                module(slug).loss(*given, **options)
            assert caught[0].filename == __file__
        else:
            module(slug).loss(*given, **options)


@pytest.mark.filterwarnings("error:the shapes of the samples:UserWarning")
def test_classes_that_no_argument_has_are_warned_of():
    """The class axis is no axis of the samples: (N, K) and (N, K, d) are warned of, (N, K) and (K,) are not."""
    softmax = module("categorical_link_p_softmax")
    hot = torch.eye(3)
    softmax.loss(torch.zeros(3), hot)
    softmax.loss(hot, hot[0], weight=torch.ones(3))
    with pytest.warns(UserWarning, match=r"\(y \(3, 1\), logits \(3,\)\) broadcast to \(3, 3\)"):
        softmax.loss(hot, hot.unsqueeze(-1))


@pytest.mark.parametrize("slug", SLUGS)
def test_data_outside_the_support_cost_infinity(slug):
    """A datum outside the support costs +inf, with or without gradients, and has no slope (nan)."""
    given = arguments(slug, seed=13)
    for value in illegal(slug, "y"):
        spoiled = put(given, "y", 2, value)
        got, slopes = gradients(slug, spoiled, reduction="none")
        assert got[2] == math.inf
        assert torch.isfinite(got[torch.arange(6) != 2]).all()
        assert all(torch.all(torch.isnan(slope[2])) for slope in slopes)
        assert all(torch.all(torch.isfinite(slope[torch.arange(6) != 2])) for slope in slopes)
        with torch.no_grad():
            assert module(slug).loss(*tensors(slug, spoiled).values()) == math.inf


@pytest.mark.parametrize("slug", SLUGS)
def test_parameters_outside_their_domain_give_nan(slug):
    """A parameter outside its domain, or nan, makes its sample's loss and gradient nan, and no other's."""
    given = arguments(slug, seed=13)
    for name in set(given) - {"y"}:
        for value in (math.nan, *illegal(slug, name)):
            spoiled = put(given, name, 2, value)
            got, slopes = gradients(slug, spoiled, reduction="none")
            assert torch.isnan(got).tolist() == [False, False, True, False, False, False]
            for slope in slopes:
                assert torch.all(torch.isnan(slope[2]))
                assert torch.all(torch.isfinite(slope[torch.arange(6) != 2]))
            with torch.no_grad():
                assert torch.isnan(module(slug).loss(*tensors(slug, spoiled).values()))


@pytest.mark.parametrize("slug", SLUGS)
def test_nan_wins(slug):
    """Where the datum is outside and a parameter too, the loss is nan; a nan datum gives nan."""
    given = arguments(slug, seed=13)
    got, slopes = gradients(slug, put(given, "y", 2, math.nan), reduction="none")
    assert torch.isnan(got[2])
    assert all(torch.all(torch.isnan(slope[2])) for slope in slopes)
    for name in set(given) - {"y"}:
        spoiled = put(put(given, "y", 2, illegal(slug, "y")[0]), name, 2, illegal(slug, name)[0])
        got, slopes = gradients(slug, spoiled, reduction="none")
        assert torch.isnan(got[2])
        assert all(torch.all(torch.isnan(slope[2])) for slope in slopes)


@pytest.mark.parametrize("slug", SLUGS)
def test_second_derivatives_outside_are_nan(slug):
    """Where the gradient is nan the second derivatives are nan, as in the NumPy module, both ways."""
    given = arguments(slug, seed=13)
    name = learned(slug)[0]
    for spoiled in (put(given, name, 2, math.nan), put(given, "y", 2, illegal(slug, "y")[0])):
        leaves = tensors(slug, spoiled)
        sample = [leaf[2] for leaf in leaves.values()]
        for hessian in (torch.func.hessian, lambda f: torch.func.jacrev(torch.func.jacrev(f))):
            assert torch.all(torch.isnan(hessian(module(slug).loss)(*sample)))


@pytest.mark.parametrize("slug", SLUGS)
def test_target_and_known_have_no_gradient(slug):
    """A target that wants a gradient is refused, and so is a known parameter: the loss has none in them."""
    known = [name for name in arguments(slug) if name not in (*learned(slug), "y")]
    for name in ("y", *known):
        leaves = tensors(slug, arguments(slug), grad=[*learned(slug), name])
        with pytest.raises(ValueError, match="no gradient in " + ("the target" if name == "y" else name)):
            module(slug).loss(*leaves.values())
    values = list(tensors(slug, arguments(slug)).values())
    with pytest.raises(ValueError, match="no gradient in the target"):
        torch.func.grad(module(slug).loss, len(values) - 1)(*values)


@pytest.mark.parametrize("slug", SLUGS)
def test_target_has_no_forward_derivative(slug):
    """A tangent of the target is refused: to pass over it would give a wrong derivative."""
    *others, target = tensors(slug, arguments(slug)).values()
    with pytest.raises(ValueError, match="no gradient in the target"):
        torch.func.jvp(lambda y: module(slug).loss(*others, y), (target,), (torch.ones_like(target),))


@pytest.mark.parametrize("slug", SLUGS)
def test_validate_names_the_first_offence(slug):
    """validate=True raises ValueError with the argument, what it must be, and the first value that is not."""
    given = arguments(slug)
    module(slug).loss(*tensors(slug, given).values(), validate=True)
    for name in given:
        offences = [math.nan, *illegal(slug, name)]
        for value in offences:
            spoiled = put(put(given, name, 4, offences[-1]), name, 2, value)
            first = str(np.asarray(spoiled[name][2]).tolist())
            with pytest.raises(ValueError, match=f"^{name} must be ") as caught:
                module(slug).loss(*tensors(slug, spoiled).values(), validate=True)
            assert f"got {first} at index (2,)" in str(caught.value)


def test_validate_shows_the_vector_of_one_sample():
    """A vector that is no probability vector is shown whole, also where there is one sample."""
    message = r"got \[0.5, 0.25\] at index \(0,\)$"
    with pytest.raises(ValueError, match=message):
        module("categorical").loss(torch.tensor([0.5, 0.25]), torch.tensor([1, 0]), validate=True)


# Boundaries ---------------------------------------------------------------------------------------


def at(slug, *numbers, target):
    """The loss of one sample and its gradient."""
    given = [torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in numbers]
    value = module(slug).loss(*given, torch.tensor(target, dtype=torch.float64))
    return value.item(), [slope.tolist() for slope in torch.autograd.grad(value, given)]


@pytest.mark.parametrize(
    ("y", "p", "value", "slope"),
    [
        (0.0, 0.0, 0.0, 1.0),
        (1.0, 1.0, 0.0, -1.0),
        (1.0, 0.0, math.inf, -math.inf),
        (0.0, 1.0, math.inf, math.inf),
        (0.3, 0.0, math.inf, -math.inf),
    ],
)
def test_bernoulli_on_the_boundary(y, p, value, slope):
    """A sure prediction costs nothing if it is right, with the one-sided slope, and +inf if it is wrong."""
    assert at("bernoulli", p, target=y) == (value, [slope])


def test_categorical_on_the_boundary():
    """A class of probability 0 that did not occur costs nothing and has slope 0; one that occurred, +inf."""
    value, (slope,) = at("categorical", [0.0, 0.3, 0.7], target=[0.0, 0.0, 1.0])
    equal(value, -math.log(0.7))
    equal(slope, [0.0, 0.0, -1 / 0.7])
    assert at("categorical", [0.0, 0.3, 0.7], target=[1.0, 0.0, 0.0]) == (math.inf, [[-math.inf, 0.0, 0.0]])


@pytest.mark.parametrize(("shape", "value"), [(0.4, -math.inf), (1.0, None), (2.3, math.inf)])
def test_beta_on_the_boundary(shape, value):
    """At y = 0 the loss is -inf for a < 1, finite at a = 1 and +inf for a > 1; at y = 1 likewise in b."""
    for a, b, y in ((shape, 1.7, 0.0), (1.7, shape, 1.0)):
        got, slopes = at("beta", a, b, target=y)
        assert math.isfinite(got) if value is None else got == value
        equal(slopes, numpy_tests.module("beta").loss_and_gradient(y, a, b)[1])


def test_beta_bends_on_the_boundary():
    """At y = 0 the slope in a is infinite, but the second derivatives are finite, as in the NumPy module."""
    given = [torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in (2.3, 1.7)]
    value = module("beta").loss(*given, torch.tensor(0.0, dtype=torch.float64))
    slopes = torch.autograd.grad(value, given, create_graph=True)
    bends = [torch.autograd.grad(slope, given, retain_graph=True) for slope in slopes]
    equal(torch.tensor(bends), numpy_tests.module("beta").hessian(0.0, 2.3, 1.7))


@pytest.mark.parametrize("slug", ["laplace", "laplace_fix_b"])
def test_laplace_gradient_is_zero_at_a_tie(slug):
    """At y = mu, where |y - mu| has no derivative, the gradient in mu is the subgradient 0."""
    given = arguments(slug)
    assert torch.all(gradients(slug, {**given, "mu": given["y"]})[1][0] == 0.0)


# Classes ------------------------------------------------------------------------------------------


def test_softmax_with_a_gap_of_forty():
    """logsumexp(z) - z_1 at z = (0, -40) is log1p(e^-40), and the gradient keeps its small entries."""
    value, (slope,) = at("categorical_link_p_softmax", [0.0, -40.0], target=[1.0, 0.0])
    small = math.exp(-40.0) / (1 + math.exp(-40.0))
    np.testing.assert_allclose(value, 4.248354255291589e-18, rtol=1e-15)
    np.testing.assert_allclose(slope, [-small, small], rtol=1e-15)


@pytest.mark.parametrize("mask", numpy_tests.MASKS)
def test_masked_classes(mask):
    """A class whose logit is -inf and that did not occur is as if it were not there, with slopes of exactly 0."""
    slug = "categorical_link_p_softmax"
    left = ~torch.tensor(mask)
    generator = torch.Generator().manual_seed(19)
    logits, direction = 3 * torch.randn(2, 5, CLASSES, dtype=torch.float64, generator=generator)
    y = torch.where(left, torch.rand(5, CLASSES, dtype=torch.float64, generator=generator), 0.0)
    y = y / y.sum(1, keepdim=True)
    masked = torch.where(left, logits, -math.inf).requires_grad_()
    alone = logits[:, left].requires_grad_()
    found = []
    for leaf, label, v in ((masked, y, direction), (alone, y[:, left], direction[:, left])):
        value = module(slug).loss(leaf, label, validate=True)
        (slope,) = torch.autograd.grad(value, leaf, create_graph=True)
        (product,) = torch.autograd.grad(slope, leaf, v)
        found.append((value, slope, product))
    for one, other in zip(*found, strict=True):
        equal(one[:, left] if one.dim() else one, other.detach().numpy())
        assert not one.dim() or torch.all(one[:, ~left] == 0.0)
    compiled = torch.compile(module(slug).loss, fullgraph=True, backend="aot_eager")
    (slope,) = torch.autograd.grad(compiled(masked, y), masked)
    equal(slope, found[0][1].detach().numpy())


def test_masked_class_that_occurred():
    """A label that names a masked class costs +inf; its gradient is still softmax less label."""
    value, (slope,) = at("categorical_link_p_softmax", [-math.inf, 0.0], target=[1.0, 0.0])
    assert (value, slope) == (math.inf, [-1.0, 1.0])


@pytest.mark.parametrize("logits", [[-math.inf] * 3, [math.inf, 0.0, 1.0], [-math.inf, math.inf, 0.0]])
def test_logits_without_a_finite_maximum(logits):
    """Where all classes are masked, or a logit is +inf, there is no softmax: nan in value and gradient."""
    value, (slope,) = at("categorical_link_p_softmax", logits, target=[0.0, 0.0, 1.0])
    assert math.isnan(value)
    assert all(map(math.isnan, slope))


def test_softmax_of_many_classes():
    """With 100000 classes value, gradient and Hessian-vector product work: nothing of size K^2 is made."""
    size = 100_000
    rng = np.random.default_rng(14)
    logits = torch.tensor(rng.normal(0, 2, size), requires_grad=True)
    direction = torch.tensor(rng.normal(size=size))
    value = module("categorical_link_p_softmax").loss_from_index(logits, torch.tensor(4321))
    (slope,) = torch.autograd.grad(value, logits, create_graph=True)
    (product,) = torch.autograd.grad(slope, logits, direction)
    p = torch.softmax(logits, 0).detach()
    equal(value, torch.nn.functional.cross_entropy(logits, torch.tensor(4321)).item())
    np.testing.assert_allclose(product, p * (direction - p @ direction), rtol=1e-9, atol=1e-18)


@pytest.mark.parametrize("shape", [(CLASSES,), (6, CLASSES), (6, CLASSES, 3), (2, CLASSES, 3, 2)])
def test_class_axis_is_that_of_torch_nn(shape):
    """Value and gradient are torch.nn's cross entropy for (C), (N, C) and (N, C, d, ...), either target."""
    rng = np.random.default_rng(15)
    axis = min(1, len(shape) - 1)
    logits = torch.tensor(rng.normal(0, 2, shape), requires_grad=True)
    index = torch.tensor(rng.integers(0, CLASSES, shape[:axis] + shape[axis + 1 :]))
    soft = torch.softmax(torch.tensor(rng.normal(size=shape)), axis)
    ours, theirs = module("categorical_link_p_softmax"), torch.nn.functional.cross_entropy
    for function, target in ((ours.loss_from_index, index), (ours.loss, soft)):
        for reduction in REDUCTIONS:
            values = [f(logits, target, reduction=reduction) for f in (function, theirs)]
            torch.testing.assert_close(*values, rtol=1e-12, atol=1e-12)
            slopes = [torch.autograd.grad(value.sum(), logits)[0] for value in values]
            torch.testing.assert_close(*slopes, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("slug", CATEGORICAL)
def test_class_index(slug):
    """Integer classes cost what their one-hot vectors cost, whatever the dtype, the weight and the axes."""
    rng = np.random.default_rng(16)
    values = arguments(slug, "kept axes")[learned(slug)[0]] + np.zeros((4, 3, 1))
    index = rng.integers(0, CLASSES, (4, 3))
    leaf = torch.tensor(classes_second(values), requires_grad=True)
    hot = torch.tensor(classes_second(np.eye(CLASSES)[index]))
    weight = torch.tensor([0.0, 0.7, 1.9], dtype=torch.float64)
    for kind in (torch.int64, torch.int32, torch.uint8):
        for reduction in REDUCTIONS:
            got = module(slug).loss_from_index(
                leaf, torch.tensor(index, dtype=kind), reduction=reduction, weight=weight
            )
            expected = module(slug).loss(leaf, hot, reduction=reduction, weight=weight)
            torch.testing.assert_close(got, expected, rtol=0, atol=0)
    one = module(slug).loss_from_index(leaf[0, :, 0], torch.tensor(2))
    torch.testing.assert_close(one, module(slug).loss(leaf[0, :, 0], torch.eye(CLASSES)[2]), rtol=0, atol=0)


@pytest.mark.parametrize("slug", CATEGORICAL)
def test_class_index_outside(slug):
    """A class index out of range costs +inf, raises ValueError if asked to, and is nothing with weight 0."""
    leaf = tensors(slug, arguments(slug))[learned(slug)[0]]
    for outside in (-100, -1, CLASSES):
        index = torch.tensor([0, 1, outside, 3, 2, 1])
        got = module(slug).loss_from_index(leaf, index, reduction="none")
        assert torch.isinf(got).tolist() == [False, False, True, False, False, False]
        message = rf"^index must be in 0, ..., K - 1, got {outside} at index \(2,\)$"
        with pytest.raises(ValueError, match=message):
            module(slug).loss_from_index(leaf, index, validate=True)
        with pytest.raises(ValueError, match=message.replace("2,", "0,")):
            module(slug).loss_from_index(leaf[0], torch.tensor(outside), validate=True)
        weight = torch.tensor([1.0, 1.0, 0.0, 1.0, 1.0, 1.0])
        assert torch.isfinite(module(slug).loss_from_index(leaf, index, weight=weight, validate=True))


@pytest.mark.parametrize("slug", CATEGORICAL)
def test_class_index_must_be_integer(slug):
    """Class indices that are not integers are refused, truth values too."""
    leaf = tensors(slug, arguments(slug))[learned(slug)[0]]
    for kind in (torch.float32, torch.bool):
        with pytest.raises(TypeError, match="must hold integers"):
            module(slug).loss_from_index(leaf, torch.tensor([0, 1, 1, 0, 0, 1], dtype=kind))


@pytest.mark.parametrize("slug", CATEGORICAL)
def test_integers_are_never_taken_for_indices(slug):
    """An integer tensor given to `loss` is taken for one-hot vectors, within or outside the support."""
    leaf = tensors(slug, arguments(slug))[learned(slug)[0]]
    index = torch.tensor([0, 2, 1, 3, 3, 0])
    hot = torch.nn.functional.one_hot(index, CLASSES)
    equal(module(slug).loss(leaf, hot), module(slug).loss(leaf, hot.double()).item())
    assert module(slug).loss(leaf, torch.tensor([0, 2, 1, 3])) == math.inf
    for wrong in (index, torch.ones(6, 1, dtype=torch.int64)):
        with pytest.raises(ValueError, match="class axis"):
            module(slug).loss(leaf, wrong)


@pytest.mark.parametrize("slug", CATEGORICAL)
def test_drawn_shapes_are_those_of_numpy(slug):
    """The class axis goes second for any number of axes, alone where there is one."""
    random = Random(17)
    for shape in ((), (3,), (3, 2), (3, 2, 2)):
        name = learned(slug)[0]
        given = {n: numpy_tests.drawn(slug, n, shape, random) for n in ("y", name)}
        got = module(slug).loss(*tensors(slug, given).values(), reduction="none")
        equal(got, numpy_tests.module(slug).loss(*given.values(), reduction="none"))
