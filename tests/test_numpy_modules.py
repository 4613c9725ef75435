"""The generated NumPy modules keep their promises, every variant of the table.

The points are drawn from the domains, with a fixed seed and no round numbers.  What is held against them is
made here from the loss alone: central differences, the same samples one by one, the samples that are left.
"""

import inspect
import tracemalloc
from functools import cache, partial
from itertools import product
from random import Random

import numpy as np
import pytest
from scipy import special, stats

import derive
from derive.catalogue import VARIANTS
from derive.domains import Entries
from derive.modules.names import identifier
from derive.request import request
from tests.handwritten import find

pytestmark = [
    pytest.mark.filterwarnings("error"),
    # The layouts broadcast on purpose; that the modules warn of it is tested by itself.
    pytest.mark.filterwarnings("ignore:the shapes of the samples:UserWarning"),
]

REQUESTS = {request(name, **options).slug: (name, options) for name, options in VARIANTS}
REDUCTIONS = ("none", "mean", "sum")
CLASSES = 4

# The shapes of the data, of the first learned argument, of the other arguments, and of the weight.
LAYOUTS = {
    "samples": ((6,), (6,), (6,), (6,)),
    "outer": ((5, 1), (3,), (3,), (5, 1)),
    "one for all": ((6,), (), (6,), (6,)),
    "kept axes": ((4, 3), (1, 3), (4, 1), (3,)),
    "scalars": ((), (), (), (2,)),
}

SIGNATURES = {
    "normal": "y, mu, sigma",
    "normal_fix_sigma": "y, mu",
    "normal_fix_sigma_1": "y, mu",
    "normal_fix_sigma_i": "y, mu, sigma",
    "normal_link_sigma_exp": "y, mu, log_sigma",
    "normal_shared_mu_sigma": "y, mu, sigma",
    "normal_variance": "y, mu, variance",
    "normal_variance_link_variance_square": "y, mu, root_variance",
    "laplace": "y, mu, b",
    "laplace_fix_b": "y, mu",
    "student_t": "y, nu, mu, sigma",
    "student_t_fix_nu": "y, mu, sigma, nu",
    "beta": "y, a, b",
    "bernoulli": "y, p",
    "bernoulli_link_p_sigmoid": "y, logit_p",
    "poisson_link_rate_exp": "y, log_rate",
    "categorical": "y, p",
    "categorical_link_p_softmax": "y, logits",
}

SLUGS = list(SIGNATURES)
CATEGORICAL = [slug for slug in SLUGS if slug.startswith("categorical")]
SCALAR = [slug for slug in SLUGS if slug not in CATEGORICAL]
FULL_SIGNATURES = {
    **SIGNATURES,
    "normal_fix_sigma": "y, mu, sigma",
    "laplace_fix_b": "y, mu, b",
}

LINKS = {
    "exp": np.exp,
    "square": np.square,
    "sigmoid": special.expit,
    "softmax": partial(special.softmax, axis=-1),
}

LOG_DENSITIES = {
    "normal": lambda y, mu, sigma: stats.norm.logpdf(y, loc=mu, scale=sigma),
    "normal_variance": lambda y, mu, variance: stats.norm.logpdf(y, loc=mu, scale=np.sqrt(variance)),
    "laplace": lambda y, mu, b: stats.laplace.logpdf(y, loc=mu, scale=b),
    "student_t": lambda y, nu, mu, sigma: stats.t.logpdf(y, df=nu, loc=mu, scale=sigma),
    "beta": stats.beta.logpdf,
    "bernoulli": stats.bernoulli.logpmf,
    "poisson": lambda y, rate: stats.poisson.logpmf(y, mu=rate),
    "categorical": lambda y, p: np.log(np.sum(y * p, axis=-1)),
}


@cache
def derivation(slug):
    """The derivation of a variant."""
    name, options = REQUESTS[slug]
    return derive.derive(name, **options)


@cache
def module(slug):
    """The generated NumPy module of a variant, imported."""
    return derivation(slug).load("numpy")


@cache
def quantities(slug):
    """The quantities of a variant by the names that code gives them."""
    return {identifier(quantity.name): quantity for quantity in derivation(slug).quantities}


def positional(function):
    """The names of the arguments that are not keyword-only."""
    parameters = inspect.signature(function).parameters.values()
    return [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]


def data_names(slug):
    """The names of the data."""
    return [identifier(quantity.name) for quantity in derivation(slug).data]


def is_vector(slug, name):
    """Whether an argument has a class axis."""
    return isinstance(quantities(slug)[name].domain, Entries)


def drawn(slug, name, shape, random, hard=False):
    """Ordinary values of one argument; `hard` data are in the support, others only in what is accepted."""
    domain = quantities(slug)[name].domain
    domain = domain if hard else domain.data
    if isinstance(domain, Entries):
        rows = [domain.typical_vector(random, CLASSES) for _ in range(int(np.prod(shape)))]
        return np.array(rows).reshape(*shape, CLASSES)
    return np.array([domain.typical(random) for _ in range(int(np.prod(shape)))]).reshape(shape)


def arguments(slug, layout="samples", *, names=None, hard=False, seed=0):
    """Ordinary arguments of `loss` by name, in order, in the shapes of a layout."""
    of_data, of_first, of_others, _ = LAYOUTS[layout]
    names = names or positional(module(slug).loss)
    random = Random(f"{slug} {layout} {seed}")
    first = module(slug).Gradient._fields[0]
    shapes = {
        name: of_data if name in data_names(slug) else of_first if name == first else of_others
        for name in names
    }
    return {name: drawn(slug, name, shape, random, hard) for name, shape in shapes.items()}


def weights(slug, layout):
    """No weight, and weights one of which is 0."""
    weight = np.random.default_rng(20).uniform(0.3, 2.0, LAYOUTS[layout][3])
    weight.reshape(-1)[1] = 0.0
    return None, weight


def samples(slug, layout, weight=None):
    """The shape of the samples of a layout."""
    return np.broadcast_shapes(*LAYOUTS[layout][:3], np.shape(weight))


def step(slug, name):
    """How far a central difference goes: an entry of a probability vector hardly moves off the simplex."""
    return 1e-6 if getattr(quantities(slug)[name].domain, "sums_to_one", False) else 1e-4


def difference(function, h):
    """The derivative of a function of one number at 0, exact for polynomials of degree 4."""
    return (8 * (function(h) - function(-h)) - (function(2 * h) - function(-2 * h))) / (12 * h)


def jacobian(function, given, name, h):
    """The derivatives of a function of named arguments in every entry of one, on the first axes."""
    value = given[name]

    def moved(place, t):
        changed = value.copy()
        changed[place] += t
        return function({**given, name: changed})

    slopes = [difference(lambda t, place=place: moved(place, t), h) for place in np.ndindex(value.shape)]
    return np.reshape(slopes, value.shape + np.shape(slopes[0]))


def per_sample(function, given, name, h, vector):
    """The derivatives of each sample's figure in one argument, entry by entry for a vector."""
    units = np.eye(CLASSES) if vector else [1.0]
    slopes = [
        difference(lambda t, unit=unit: function({**given, name: given[name] + t * unit}), h)
        for unit in units
    ]
    return np.stack(slopes, axis=-1) if vector else slopes[0]


def close(got, expected, rtol=1e-6, atol=1e-7):
    """Equal but for the error of a central difference."""
    largest = np.max(np.abs(expected), initial=1.0)
    np.testing.assert_allclose(got, expected, rtol=rtol, atol=atol * largest)


def equal(got, expected):
    """Equal but for rounding."""
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-13)


def second(slug, given, **options):
    """The Hessian as the module has it: the matrix, or for vectors its diagonal and a product."""
    if slug in SCALAR:
        return [module(slug).hessian(*given.values(), **options)]
    direction = np.random.default_rng(21).normal(size=np.shape(given["y"])[-1])
    return [
        module(slug).hessian_diagonal(*given.values(), **options),
        module(slug).hessian_vector_product(*given.values(), direction, **options),
    ]


def everything(slug, given, **options):
    """Value, gradient and Hessian as a list of arrays."""
    value, gradient = module(slug).loss_and_gradient(*given.values(), **options)
    return [module(slug).loss(*given.values(), **options), value, *gradient, *second(slug, given, **options)]


NUMBERS = (-1.5, 0.0, 0.5, 2.5, np.inf, -np.inf)


def illegal(slug, name):
    """Values of one sample's argument outside its domain, or for data outside what is accepted."""
    domain = quantities(slug)[name].domain.data
    numbers = [value for value in NUMBERS if value not in getattr(domain, "entry", domain)]
    if not isinstance(domain, Entries):
        return numbers
    row = drawn(slug, name, (), Random(22))
    spoiled = [np.where(np.arange(CLASSES) == 2, value, row) for value in numbers]
    if domain.sums_to_one:
        spoiled.append(np.array([0.5, 0.2, 0.2, 0.2]))
    if domain.finite_maximum:
        spoiled.append(np.full(CLASSES, -np.inf))
    return spoiled


def put(given, name, place, value):
    """The arguments with one sample of one of them replaced."""
    changed = given[name].copy()
    changed[place] = value
    return {**given, name: changed}


# Names and shapes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", SLUGS)
def test_signature(slug):
    """Data come first, then predictors, then known parameters; the options are keyword-only with defaults."""
    second = "hessian" if slug in SCALAR else "hessian_diagonal"
    for name in ("loss", "loss_and_gradient", second, "negative_log_likelihood"):
        function = getattr(module(slug), name)
        options = {"reduction": "mean", "weight": None, "validate": False}
        options |= {"out": None} if name == "loss_and_gradient" else {}
        table = FULL_SIGNATURES if name == "negative_log_likelihood" else SIGNATURES
        assert ", ".join(positional(function)) == table[slug]
        parameters = inspect.signature(function).parameters.values()
        assert {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY} == options
    if slug in CATEGORICAL:
        assert positional(module(slug).hessian_vector_product) == [*positional(module(slug).loss), "vector"]
        assert positional(module(slug).loss_from_index) == ["index", *positional(module(slug).loss)[1:]]


@pytest.mark.parametrize("slug", SLUGS)
def test_gradient_is_named(slug):
    """The gradient is a named tuple of the learned arguments, in their order among the arguments."""
    known = {"normal_fix_sigma_i": "sigma", "student_t_fix_nu": "nu"}.get(slug)
    learned = [name for name in SIGNATURES[slug].split(", ")[1:] if name != known]
    gradient = module(slug).loss_and_gradient(*arguments(slug).values())[1]
    assert isinstance(gradient, tuple)
    assert list(gradient._asdict()) == learned


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("slug", SLUGS)
def test_shapes(slug, layout):
    """Reduced, a loss is a number and its derivatives have the arguments' shapes; else, the samples'."""
    given = arguments(slug, layout)
    fields = module(slug).Gradient._fields
    entries = (CLASSES,) if slug in CATEGORICAL else ()
    for weight in weights(slug, layout):
        for reduction in REDUCTIONS:
            value, gradient = module(slug).loss_and_gradient(
                *given.values(), reduction=reduction, weight=weight
            )
            bends = second(slug, given, reduction=reduction, weight=weight)
            every = samples(slug, layout, weight)
            shapes = [every + entries if reduction == "none" else given[name].shape for name in fields]
            block = np.broadcast_shapes(*shapes)
            assert np.shape(value) == (every if reduction == "none" else ())
            assert [slope.shape for slope in gradient] == shapes
            assert all(bend.shape == block + ((len(fields),) * 2 if slug in SCALAR else ()) for bend in bends)


# Values and derivatives ---------------------------------------------------------------------------


@pytest.mark.parametrize("slug", SLUGS)
def test_likelihood_is_scipy(slug):
    """The negative log likelihood is that of SciPy's density with the linked and fixed parameters."""
    given = arguments(slug, names=positional(module(slug).negative_log_likelihood), hard=True)
    parameters = {q.name: float(q.value) for q in derivation(slug).parameters if q.value is not None}
    for name in set(given) - set(data_names(slug)):
        parameter = quantities(slug)[name].parameter
        link = LINKS[derivation(slug).request.linked[parameter].name] if parameter else np.positive
        parameters[parameter or name] = link(given[name])
    expected = -LOG_DENSITIES[derivation(slug).distribution.name](given["y"], **parameters)
    got = module(slug).negative_log_likelihood(*given.values(), reduction="none")
    np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("slug", SLUGS)
def test_hand_written_loss_and_gradient(slug):
    """Value and gradient are those of the loss written by hand from the literature."""
    loss, slopes = find(slug)
    given = arguments(slug, seed=1)
    value, gradient = module(slug).loss_and_gradient(*given.values(), reduction="none")
    np.testing.assert_allclose(value, loss(*given.values()), rtol=1e-12, atol=1e-13)
    for got, expected in zip(gradient, slopes(*given.values()), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("layout", ["samples", "outer", "scalars"])
@pytest.mark.parametrize("slug", SLUGS)
def test_ledger(slug, layout):
    """negative_log_likelihood == factor * loss + dropped, sample by sample and reduced, weighted or not."""
    full = arguments(slug, layout, names=positional(module(slug).negative_log_likelihood), hard=True)
    names = {name: full[name] for name in positional(module(slug).loss)}
    constant = module(slug).dropped(*(full[name] for name in positional(module(slug).dropped)))
    if hasattr(module(slug), "FACTOR"):
        assert not hasattr(module(slug), "factor")
        assert isinstance(module(slug).FACTOR, int | float)
        factor = module(slug).FACTOR
    else:
        factor = module(slug).factor(*(full[name] for name in positional(module(slug).factor)))
    each = factor * module(slug).loss(*names.values(), reduction="none") + constant
    equal(module(slug).negative_log_likelihood(*full.values(), reduction="none"), each)
    equal(module(slug).negative_log_likelihood(*full.values(), reduction="sum"), np.sum(each))
    equal(module(slug).negative_log_likelihood(*full.values()), np.mean(each))
    weight = weights(slug, layout)[1]
    mean = module(slug).negative_log_likelihood(*full.values(), weight=weight)
    each, weight = np.broadcast_arrays(each, weight)
    equal(mean, np.sum(weight * each) / np.sum(weight))


def test_known_factor_is_a_function():
    """A factor that holds a known parameter is a function of it: 1 / (2 sigma^2), 1 / b."""
    equal(module("normal_fix_sigma").factor(1.7), 1 / (2 * 1.7**2))
    equal(module("laplace_fix_b").factor(np.array([0.6, 3.0])), [1 / 0.6, 1 / 3.0])
    equal(module("normal_fix_sigma").dropped(1.7), np.log(1.7) + np.log(2 * np.pi) / 2)
    assert np.isnan(module("normal_fix_sigma").factor(-1.7))
    assert np.isnan(module("normal_fix_sigma").dropped(-1.7))
    assert module("poisson_link_rate_exp").dropped(-1) == np.inf
    assert module("poisson_link_rate_exp").dropped(np.float32(3)).dtype == np.float32


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("slug", SLUGS)
def test_reductions(slug, layout):
    """The sum and the mean are those of the samples; a weighted mean divides by the sum of the weights."""
    given = arguments(slug, layout)
    each = module(slug).loss(*given.values(), reduction="none")
    for weight in weights(slug, layout):
        every, share = np.broadcast_arrays(each, 1.0 if weight is None else weight)
        equal(module(slug).loss(*given.values(), reduction="none", weight=weight), share * every)
        equal(module(slug).loss(*given.values(), reduction="sum", weight=weight), np.sum(share * every))
        equal(module(slug).loss(*given.values(), weight=weight), np.sum(share * every) / np.sum(share))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("slug", SLUGS)
def test_gradient_is_that_of_the_reduced_loss(slug, layout):
    """The gradient is the derivative of the loss as reduced and weighted, else each sample's own."""
    given = arguments(slug, layout, seed=2)
    for weight in weights(slug, layout):
        for reduction in REDUCTIONS:
            options = {"reduction": reduction, "weight": weight}
            value, gradient = module(slug).loss_and_gradient(*given.values(), **options)
            equal(value, module(slug).loss(*given.values(), **options))

            def loss(changed, options=options):
                return module(slug).loss(*changed.values(), **options)

            for name, slope in gradient._asdict().items():
                h = step(slug, name)
                if reduction == "none":
                    close(slope, per_sample(loss, given, name, h, is_vector(slug, name)))
                else:
                    close(slope, jacobian(loss, given, name, h))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("slug", SCALAR)
def test_hessian_is_that_of_the_reduced_loss(slug, layout):
    """The Hessian's blocks add up to the derivative of the gradient of the loss as reduced and weighted."""
    given = arguments(slug, layout, seed=3)
    fields = module(slug).Gradient._fields
    for weight in weights(slug, layout):
        for reduction in REDUCTIONS:
            options = {"reduction": reduction, "weight": weight}
            hessian = module(slug).hessian(*given.values(), **options)
            equal(hessian, np.swapaxes(hessian, -1, -2))
            for row, one in enumerate(fields):
                for column, other in enumerate(fields):

                    def slope(changed, column=column, options=options):
                        return module(slug).loss_and_gradient(*changed.values(), **options)[1][column]

                    block = hessian[..., row, column]
                    if reduction == "none":
                        close(block, per_sample(slope, given, one, step(slug, one), False))
                    else:
                        shapes = given[one].shape, given[other].shape
                        close(dense(block, *shapes), jacobian(slope, given, one, step(slug, one)))


def dense(block, one, other):
    """A matrix of all second derivatives, from one entry for each set of values that meet in a sample."""
    whole = np.zeros(one + other)
    for place in np.ndindex(block.shape):
        whole[_within(place, one) + _within(place, other)] += block[place]
    return whole


def _within(place, shape):
    """Where the value lies that an argument of this shape has at a place of the broadcast shape."""
    along = place[len(place) - len(shape) :]
    return tuple(p if size > 1 else 0 for p, size in zip(along, shape, strict=True))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("slug", CATEGORICAL)
def test_hessian_of_a_vector_is_that_of_the_reduced_loss(slug, layout):
    """The diagonal and the product with a vector are those of the matrix of all second derivatives."""
    given = arguments(slug, layout, seed=3)
    (name,) = module(slug).Gradient._fields
    direction = np.random.default_rng(4).normal(size=given[name].shape)
    for weight in weights(slug, layout):
        for reduction in ("mean", "sum"):
            options = {"reduction": reduction, "weight": weight}

            def slope(changed, options=options):
                return module(slug).loss_and_gradient(*changed.values(), **options)[1][0]

            bends = jacobian(slope, given, name, step(slug, name))
            diagonal = module(slug).hessian_diagonal(*given.values(), **options)
            product = module(slug).hessian_vector_product(*given.values(), direction, **options)
            size = direction.size
            close(diagonal.ravel(), np.diag(bends.reshape(size, size)))
            close(product.ravel(), bends.reshape(size, size) @ direction.ravel())


@pytest.mark.parametrize("slug", CATEGORICAL)
def test_hessian_of_each_vector(slug):
    """Without reduction the diagonal and the product are each sample's own, weighted."""
    given = arguments(slug, seed=3)
    (name,) = module(slug).Gradient._fields
    direction = np.random.default_rng(4).normal(size=given[name].shape)
    weight = weights(slug, "samples")[1]
    diagonal = module(slug).hessian_diagonal(*given.values(), reduction="none", weight=weight)
    product = module(slug).hessian_vector_product(*given.values(), direction, reduction="none", weight=weight)
    for i in range(6):
        alone = [value[i] for value in given.values()]
        equal(diagonal[i], weight[i] * module(slug).hessian_diagonal(*alone))
        equal(product[i], weight[i] * module(slug).hessian_vector_product(*alone, direction[i]))


@pytest.mark.parametrize("slug", ["laplace", "laplace_fix_b"])
def test_laplace_gradient_is_zero_at_a_tie(slug):
    """At y = mu, where |y - mu| has no derivative, the gradient in mu is the subgradient 0."""
    given = arguments(slug)
    gradient = module(slug).loss_and_gradient(*{**given, "mu": given["y"]}.values())[1]
    np.testing.assert_array_equal(gradient.mu, 0.0)


@pytest.mark.parametrize("slug", SLUGS)
def test_unknown_reduction(slug):
    """A reduction that is none of the three is refused, and the three are named."""
    with pytest.raises(ValueError, match="'mean', 'sum' or 'none', got 'average'"):
        module(slug).loss(*arguments(slug).values(), reduction="average")
    with pytest.raises(ValueError, match="'mean', 'sum' or 'none', got 'average'"):
        module(slug).loss_and_gradient(*arguments(slug).values(), reduction="average")
    with pytest.raises(ValueError, match="'mean', 'sum' or 'none', got 'average'"):
        second(slug, arguments(slug), reduction="average")


# Weights ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("slug", SLUGS)
def test_weight_zero_removes_a_sample(slug, reduction):
    """With weight 0 a sample is as if it were not there, whatever it holds, and its own slopes are 0."""
    given = arguments(slug, seed=5)
    weight = np.array([0.7, 0.0, 1.9, 0.4, 1.1, 0.8])
    kept = weight != 0
    for name in given:
        for value in (np.nan, *illegal(slug, name)):
            spoiled = put(given, name, 1, value)
            got = everything(slug, spoiled, reduction=reduction, weight=weight, validate=True)
            left = {key: array[kept] for key, array in spoiled.items()}
            expected = everything(slug, left, reduction=reduction, weight=weight[kept])
            for one, other in zip(got, expected, strict=True):
                if np.ndim(one) == 0:
                    equal(one, other)
                else:
                    np.testing.assert_array_equal(one[1], 0.0)
                    equal(one[kept], other)


@pytest.mark.parametrize("slug", SLUGS)
def test_weight_zero_removes_the_likelihood(slug):
    """With weight 0 a sample is not in the negative log likelihood, even if all that it holds is nan."""
    given = arguments(slug, names=positional(module(slug).negative_log_likelihood), hard=True)
    weight = np.array([0.7, 0.0, 1.9, 0.4, 1.1, 0.8])
    spoiled = dict(given)
    for name in given:
        spoiled = put(spoiled, name, 1, np.nan)
    got = module(slug).negative_log_likelihood(*spoiled.values(), weight=weight)
    left = [array[weight != 0] for array in given.values()]
    equal(got, module(slug).negative_log_likelihood(*left, weight=weight[weight != 0]))


@pytest.mark.parametrize("slug", SLUGS)
def test_weights_that_are_all_zero(slug):
    """Where every weight is 0 the mean is nan, the sum and its slopes are 0, and nothing warns."""
    given = arguments(slug)
    assert np.isnan(module(slug).loss(*given.values(), weight=np.zeros(6)))
    for array in everything(slug, given, weight=np.zeros(6), reduction="sum"):
        np.testing.assert_array_equal(array, 0.0)


@pytest.mark.parametrize("slug", SLUGS)
def test_weight_may_be_a_number(slug):
    """One weight for all samples scales the sum and leaves the mean; integers and lists are weights too."""
    given = arguments(slug)
    for reduction, factor in (("mean", 1), ("sum", 3)):
        plain = everything(slug, given, reduction=reduction)
        for got, expected in zip(everything(slug, given, reduction=reduction, weight=3), plain, strict=True):
            equal(got, factor * np.asarray(expected))
    whole = [1, 2, 0, 1, 1, 1]
    equal(
        module(slug).loss(*given.values(), weight=whole),
        module(slug).loss(*given.values(), weight=np.array(whole, float)),
    )


@pytest.mark.parametrize("slug", SLUGS)
def test_negative_weights(slug):
    """A negative weight counts as the number that it is, in value and derivatives; validate=True refuses it."""
    given = arguments(slug)
    weight = np.array([0.7, -0.5, 1.9, 0.4, -1.1, 0.8])
    each = everything(slug, given, reduction="none")
    for got, one in zip(everything(slug, given, reduction="none", weight=weight), each, strict=True):
        equal(got, weight.reshape(6, *[1] * (one.ndim - 1)) * one)
    equal(module(slug).loss(*given.values(), weight=weight), np.sum(weight * each[0]) / np.sum(weight))
    for wrong in (-0.5, np.nan, np.inf):
        weight = np.array([0.7, 0.0, wrong, 0.4, -1.1, 0.8])
        for function in (module(slug).loss, module(slug).loss_and_gradient):
            with pytest.raises(
                ValueError, match=rf"^weight must be nonnegative, got {wrong} at index \(2,\)$"
            ):
                function(*given.values(), weight=weight, validate=True)
    with pytest.raises(ValueError, match=r"^weight must be nonnegative, got -3.0 at index \(0,\)$"):
        module(slug).loss(*given.values(), weight=-3, validate=True)


# Dtypes and sizes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", SLUGS)
def test_float_dtype_of_the_parameters_is_kept(slug):
    """Results have the parameters' dtype, whatever the data's and the weight's; half computes in single."""
    given = arguments(slug, names=positional(module(slug).negative_log_likelihood), hard=True)
    weight = np.random.default_rng(6).uniform(0.3, 2.0, 6)
    for dtype, expected in ((np.float16, np.float32), (np.float32, np.float32), (np.float64, np.float64)):
        for of_data in (np.float16, np.float32, np.float64, np.int64):
            typed = {n: v.astype(of_data if n in data_names(slug) else dtype) for n, v in given.items()}
            in_loss = {name: typed[name] for name in positional(module(slug).loss)}
            for reduction in REDUCTIONS:
                for array in everything(slug, in_loss, reduction=reduction, weight=weight):
                    assert array.dtype == expected
                likelihood = module(slug).negative_log_likelihood
                assert likelihood(*typed.values(), reduction=reduction, weight=weight).dtype == expected


def softmax_in(dtype, size, rows=20):
    """Rows of a softmax all of which, its normaliser too, was computed in the dtype."""
    logits = np.random.default_rng(size).normal(0, 2, (rows, size)).astype(dtype)
    weight = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weight / weight.sum(axis=-1, keepdims=True, dtype=dtype)


@pytest.mark.parametrize("size", [2, 10, 1000])
def test_probabilities_sum_to_one_as_well_as_their_dtype_can(size):
    """A softmax in half precision is a probability vector, given as p or as label; one off by more is not."""
    p = softmax_in(np.float16, size)
    hot = np.eye(size)[np.argmax(p, axis=-1)]
    assert np.abs(p.astype(float).sum(axis=-1) - 1).max() > 1e-4
    expected = np.mean(-np.log(np.max(p, axis=-1).astype(float)))
    np.testing.assert_allclose(module("categorical").loss(hot, p), expected, rtol=1e-6)
    assert module("categorical").loss(hot, p, validate=True) < np.inf
    assert module("categorical_link_p_softmax").loss(p, np.zeros(p.shape), validate=True) < np.inf
    for wide in (p.astype(np.float32), p.astype(float), 1.01 * p):
        assert np.isnan(module("categorical").loss(hot, wide))
        assert module("categorical_link_p_softmax").loss(wide, np.zeros(p.shape)) == np.inf


def test_single_precision_probabilities_in_doubles():
    """A softmax that was computed in single precision is a probability vector in an array of doubles too."""
    p = softmax_in(np.float32, 1000)
    hot = np.eye(1000)[np.argmax(p, axis=-1)]
    for given in (p, p.astype(float)):
        assert np.isfinite(module("categorical").loss(hot, given, validate=True))
        assert np.isfinite(module("categorical_link_p_softmax").loss(given, p, validate=True))


@pytest.mark.parametrize("slug", SCALAR)
def test_python_numbers_do_not_widen(slug):
    """A Python number beside float32 parameters leaves them float32, as datum or as parameter."""
    given = arguments(slug)
    single = {name: value.astype(np.float32) for name, value in given.items()}
    first = module(slug).Gradient._fields[0]
    for name in given:
        if name != first:
            for array in everything(slug, {**single, name: float(given[name][0])}):
                assert array.dtype == np.float32
        if name == "y":
            for array in everything(slug, {**single, name: 1}):
                assert array.dtype == np.float32


@pytest.mark.parametrize("slug", SCALAR)
def test_integers_become_float64(slug):
    """Integer arguments, lists and Python numbers compute in float64."""
    legal = {name: 0 if name == "p" else 1 for name in positional(module(slug).loss)}
    for kind in (int, np.int32, lambda x: [x], lambda x: np.array([x, x]), float):
        given = {name: kind(value) for name, value in legal.items()}
        for array in everything(slug, given):
            assert array.dtype == np.float64
    equal(module(slug).loss(*legal.values()), module(slug).loss(*(float(v) for v in legal.values())))


@pytest.mark.parametrize("slug", SLUGS)
def test_single_precision_is_close_to_double(slug):
    """In float32 value, gradient and Hessian are those of float64 to single precision."""
    given = {name: value.astype(np.float32) for name, value in arguments(slug, hard=True).items()}
    wide = {name: value.astype(np.float64) for name, value in given.items()}
    for got, expected in zip(everything(slug, given), everything(slug, wide), strict=True):
        np.testing.assert_allclose(got, expected, rtol=3e-5, atol=1e-5)


@pytest.mark.parametrize("slug", SLUGS)
def test_no_samples(slug):
    """Without samples the sum is 0, the mean is nan, the rest is empty, and nothing warns."""
    given = {name: value[:0] for name, value in arguments(slug).items()}
    for weight in (None, np.empty(0)):
        assert module(slug).loss(*given.values(), reduction="sum", weight=weight) == 0.0
        assert np.isnan(module(slug).loss(*given.values(), weight=weight))
        for reduction in REDUCTIONS:
            for array in everything(slug, given, reduction=reduction, weight=weight)[2:]:
                assert array.shape[0] == 0
        assert module(slug).loss(*given.values(), reduction="none", weight=weight).shape == (0,)
        module(slug).loss(*given.values(), validate=True, weight=weight)


@pytest.mark.parametrize("slug", SLUGS)
def test_no_samples_of_one_value(slug):
    """A learned value that all of no samples share has slope 0 in the sum."""
    given = arguments(slug, "one for all")
    first = module(slug).Gradient._fields[0]
    given = {name: value if name == first else value[:0] for name, value in given.items()}
    slope = module(slug).loss_and_gradient(*given.values(), reduction="sum")[1][0]
    assert slope.shape == given[first].shape
    np.testing.assert_array_equal(slope, 0.0)


@pytest.mark.parametrize("slug", SLUGS)
def test_arguments_are_left_alone(slug):
    """No function writes into its arguments, read-only arrays do, and the results are the caller's own."""
    given = arguments(slug)
    before = {name: value.copy() for name, value in given.items()}
    for value in given.values():
        value.setflags(write=False)
    for array in everything(slug, given, reduction="none", weight=np.linspace(0, 2, 6)):
        array[...] = 1.0
    for name, value in given.items():
        np.testing.assert_array_equal(value, before[name])


# Outside ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", SLUGS)
def test_data_outside_the_support_cost_infinity(slug):
    """A datum outside the support costs +inf, has no slope (nan), and leaves the other samples alone."""
    given = arguments(slug, seed=7)
    clean = everything(slug, given, reduction="none")
    (name,) = data_names(slug)
    assert illegal(slug, name)
    for value in illegal(slug, name):
        spoiled = put(given, name, 2, value)
        got = everything(slug, spoiled, reduction="none")
        assert got[0][2] == got[1][2] == np.inf
        for array, expected in zip(got, clean, strict=True):
            np.testing.assert_array_equal(np.delete(array, 2, 0), np.delete(expected, 2, 0))
        for array in got[2:]:
            assert np.all(np.isnan(array[2]))
        for reduction in ("sum", "mean"):
            assert module(slug).loss(*spoiled.values(), reduction=reduction) == np.inf


@pytest.mark.parametrize("slug", SLUGS)
def test_data_outside_the_support_have_no_likelihood(slug):
    """The negative log likelihood of a datum outside the support is +inf."""
    given = arguments(slug, names=positional(module(slug).negative_log_likelihood), hard=True)
    (name,) = data_names(slug)
    for value in illegal(slug, name):
        spoiled = put(given, name, 2, value)
        assert module(slug).negative_log_likelihood(*spoiled.values(), reduction="none")[2] == np.inf


@pytest.mark.parametrize("slug", SLUGS)
def test_parameters_outside_their_domain_give_nan(slug):
    """A parameter outside its domain makes its sample nan in value, gradient and Hessian, and no other."""
    given = arguments(slug, seed=7)
    clean = everything(slug, given, reduction="none")
    for name in set(given) - set(data_names(slug)):
        assert illegal(slug, name)
        for value in illegal(slug, name):
            spoiled = put(given, name, 2, value)
            for array, expected in zip(everything(slug, spoiled, reduction="none"), clean, strict=True):
                assert np.all(np.isnan(array[2]))
                np.testing.assert_array_equal(np.delete(array, 2, 0), np.delete(expected, 2, 0))
            assert np.isnan(module(slug).loss(*spoiled.values()))


@pytest.mark.parametrize("slug", SLUGS)
def test_known_parameters_outside_their_domain_give_nan(slug):
    """A known parameter outside its domain makes the negative log likelihood nan."""
    given = arguments(slug, names=positional(module(slug).negative_log_likelihood), hard=True)
    for name in set(given) - set(data_names(slug)):
        for value in illegal(slug, name):
            spoiled = put(given, name, 2, value)
            assert np.isnan(module(slug).negative_log_likelihood(*spoiled.values(), reduction="none")[2])


@pytest.mark.parametrize("slug", SLUGS)
def test_nan_wins(slug):
    """Where the data are outside the support and a parameter is outside its domain, the loss is nan."""
    given = arguments(slug, seed=7)
    (data,) = data_names(slug)
    for outside in illegal(slug, data):
        for name in set(given) - {data}:
            for value in (np.nan, *illegal(slug, name)):
                spoiled = put(put(given, name, 2, value), data, 2, outside)
                assert np.isnan(module(slug).loss(*spoiled.values(), reduction="none")[2])
                assert np.isnan(module(slug).loss(*spoiled.values()))


@pytest.mark.parametrize("slug", SLUGS)
def test_nan_gives_nan(slug):
    """A nan in any argument is nan in that sample's value, gradient and Hessian, and in no other's."""
    given = arguments(slug, seed=7)
    clean = everything(slug, given, reduction="none")
    for name in given:
        got = everything(slug, put(given, name, 2, np.nan), reduction="none")
        for array, expected in zip(got, clean, strict=True):
            assert np.all(np.isnan(array[2])), name
            np.testing.assert_array_equal(np.delete(array, 2, 0), np.delete(expected, 2, 0))
    if slug in CATEGORICAL:
        for name in given:
            spoiled = given[name].copy()
            spoiled[2, 1] = np.nan
            got = everything(slug, {**given, name: spoiled}, reduction="none")
            assert np.isnan(got[0][2])
            assert all(np.all(np.isnan(array[2])) for array in got)


@pytest.mark.parametrize("slug", SLUGS)
def test_validate_names_the_first_offence(slug):
    """validate=True raises ValueError with the argument, what it must be, and the first value that is not."""
    full = arguments(slug, names=positional(module(slug).negative_log_likelihood), hard=True)
    module(slug).negative_log_likelihood(*full.values(), validate=True)
    in_loss = {name: full[name] for name in positional(module(slug).loss)}
    for name in full:
        offences = [np.nan, *illegal(slug, name)]
        for value in offences:
            spoiled = put(put(full, name, 4, offences[-1]), name, 2, value)
            first = str(spoiled[name][2])
            calls = [(module(slug).negative_log_likelihood, spoiled)]
            if name in in_loss:
                changed = {**in_loss, name: spoiled[name]}
                calls += [(module(slug).loss, changed), (module(slug).loss_and_gradient, changed)]
            for function, given in calls:
                with pytest.raises(ValueError, match=f"^{name} must be ") as caught:
                    function(*given.values(), validate=True)
                assert f"got {first} at index (2,)" in str(caught.value)


@pytest.mark.parametrize(
    ("slug", "given", "message"),
    [
        ("normal", (1.0, 2.0, -3.0), "sigma must be positive, got -3.0"),
        ("normal", (np.inf, 2.0, 3.0), "y must be finite, got inf"),
        ("beta", (1.5, 2.0, 3.0), "y must be in the unit interval, got 1.5"),
        ("poisson_link_rate_exp", ([[1.0, 2.5]], 0.3), "a count: 0, 1, 2, ..., got 2.5 at index (0, 1)"),
        ("categorical", ([1, 0], [0.5, 0.2]), "got [0.5 0.2] at index (0,)"),
        (
            "normal_variance_link_variance_square",
            (1.0, 2.0, 0.0),
            "root_variance must be finite and not zero",
        ),
    ],
)
def test_validate_says_what_is_demanded(slug, given, message):
    """The message is a sentence that a person can act on, also for numbers and for several axes."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the text is compared below)
        module(slug).loss(*given, validate=True)
    assert message in str(caught.value)


SHAPES = [  # of predictor, of data, of weight (None: no weight), and whether a warning is due
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
@pytest.mark.parametrize(("predictor", "data", "weight", "due"), SHAPES)
def test_samples_that_no_argument_has_are_warned_of(predictor, data, weight, due):
    """Where a predictor and data broadcast to more than either is, as (N,) and (N, 1) do, a warning says so."""
    options = {} if weight is None else {"weight": np.ones(weight)}
    functions = ("loss", "loss_and_gradient", "hessian", "negative_log_likelihood")
    for slug, name in product(("normal_fix_sigma_1", "bernoulli_link_p_sigmoid"), functions):
        call = partial(getattr(module(slug), name), np.full(data, 1.0), np.full(predictor, 0.3), **options)
        if due:
            with pytest.warns(UserWarning, match=r"broadcast to \(3, 3\), which none of them has") as caught:
                call()
            assert caught[0].filename == __file__
        else:
            call()


@pytest.mark.filterwarnings("error:the shapes of the samples:UserWarning")
def test_classes_that_no_argument_has_are_warned_of():
    """The class axis is no axis of the samples: (N, K) and (N, 1, K) are warned of, (N, K) and (K,) are not."""
    softmax = module("categorical_link_p_softmax")
    hot = np.eye(3)
    softmax.loss(hot[0], hot)
    softmax.loss(hot, hot[0], weight=np.ones(3))
    with pytest.warns(UserWarning, match=r"\(y \(3, 1\), logits \(3,\)\) broadcast to \(3, 3\)"):
        softmax.loss(hot[:, None], hot)


@pytest.mark.parametrize(("dtype", "log_scale"), [(np.float32, -89.0), (np.float64, -800.0)])
@pytest.mark.parametrize(
    ("name", "link", "least"),
    [
        ("normal", {"sigma": "exp"}, 0),
        ("laplace", {"b": "exp"}, 0),
        ("cauchy", {"sigma": "exp"}, 0),
        ("logistic", {"sigma": "exp"}, 0),
        ("gumbel", {"sigma": "exp"}, 1),
    ],
)
def test_perfect_fit(name, link, least, dtype, log_scale):
    """A sample that is met exactly costs the logarithm of its scale, however small: 0 beats exp(-log_scale)."""
    given = np.array([1.5, 1.5, log_scale], dtype)
    loss = derive.derive(name, link=link).load("numpy")
    value, (location, scale) = loss.loss_and_gradient(*given)
    assert (value, location, scale) == (log_scale + least, 0, 1)
    (of_location, mixed), (_, of_scale) = loss.hessian(*given)
    assert (mixed, of_scale) == (0, 0)
    assert of_location == (0 if name == "laplace" else np.inf)


def test_small_error_of_smaller_scale():
    """Half the square of 1e-30 e^100 is a float32, though e^100 is none."""
    given = np.array([1e-30, 0, -100], np.float32)
    value = module("normal_link_sigma_exp").loss(*given)
    exact = np.square(np.float64(given[0]) * np.exp(100)) / 2
    np.testing.assert_allclose(value, exact, rtol=1e-5)


def test_wide_data_beside_single_parameters():
    """A float64 datum that float32 cannot hold costs +inf beside float32 parameters, and nothing warns."""
    single = np.array([0.3], np.float32)
    value, gradient = module("normal").loss_and_gradient(np.array([1e300]), single, single)
    assert value == np.inf
    assert value.dtype == gradient.mu.dtype == np.float32


def test_opposite_infinities_do_not_warn():
    """Where samples cost +inf and -inf their sum is nan, and nothing warns."""
    value, gradient = module("beta").loss_and_gradient([0.0, 0.0], [0.5, 2.5], [1.5, 1.5])
    assert np.isnan(value)
    assert gradient.a.shape == (2,)
    assert np.isnan(module("beta").loss([0.0, 0.0], [0.5, 2.5], [1.5, 1.5], weight=[1.0, 2.0]))


def test_overflow_does_not_warn():
    """Where the loss overflows it is inf, and nothing warns, reduced and weighted too."""
    huge = np.array([1e200, -1e200])
    for reduction in REDUCTIONS:
        options = {"reduction": reduction, "weight": [1e300, 2.0]}
        value, _ = module("normal").loss_and_gradient(huge, -huge, [1.1, 1.3], **options)
        assert np.all(value == np.inf)
        module("normal").hessian(huge, -huge, [1e-200, 1.3], **options)
    assert module("poisson_link_rate_exp").loss([3.0, 4.0], [800.0, 2.0]) == np.inf


# Boundaries ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("y", "p", "value", "slope", "bend"),
    [
        (0.0, 0.0, 0.0, 1.0, 1.0),
        (1.0, 1.0, 0.0, -1.0, 1.0),
        (1.0, 0.0, np.inf, -np.inf, np.inf),
        (0.0, 1.0, np.inf, np.inf, np.inf),
        (0.3, 0.0, np.inf, -np.inf, np.inf),
        (0.3, 1.0, np.inf, np.inf, np.inf),
    ],
)
def test_bernoulli_on_the_boundary(y, p, value, slope, bend):
    """A sure prediction costs nothing if it is right, with the one-sided slope, and +inf if it is wrong."""
    got, gradient = module("bernoulli").loss_and_gradient(y, p)
    assert (got, gradient.p, module("bernoulli").hessian(y, p)) == (value, slope, bend)


def test_categorical_on_the_boundary():
    """A class of probability 0 that did not occur costs nothing and has slope 0; one that occurred, +inf."""
    p = np.array([0.0, 0.3, 0.7])
    value, gradient = module("categorical").loss_and_gradient([0.0, 0.0, 1.0], p)
    equal(value, -np.log(0.7))
    equal(gradient.p, [0.0, 0.0, -1 / 0.7])
    equal(module("categorical").hessian_diagonal([0.0, 0.0, 1.0], p), [0.0, 0.0, 0.7**-2])
    value, gradient = module("categorical").loss_and_gradient([1.0, 0.0, 0.0], p)
    assert value == np.inf
    np.testing.assert_array_equal(gradient.p, [-np.inf, 0.0, 0.0])


@pytest.mark.parametrize(("shape", "value"), [(0.4, -np.inf), (1.0, "finite"), (2.3, np.inf)])
def test_beta_on_the_boundary(shape, value):
    """At y = 0 the loss is -inf for a < 1, finite at a = 1 and +inf for a > 1; at y = 1 likewise in b."""
    for given in ((0.0, shape, 1.7), (1.0, 1.7, shape)):
        got = module("beta").loss(*given)
        if value == "finite":
            equal(got, special.betaln(1.0, 1.7))
        else:
            assert got == value
        assert module("beta").loss(*given, reduction="none") == got
        module("beta").loss_and_gradient(*given)
        assert np.all(np.isfinite(module("beta").hessian(*given)))


def test_beta_slopes_on_the_boundary():
    """At y = 0 the slope in a is +inf and that in b is finite, at y = 1 the other way round."""
    a, b = module("beta").loss_and_gradient(0.0, 2.3, 1.7)[1]
    assert a == np.inf
    assert np.isfinite(b)
    a, b = module("beta").loss_and_gradient(1.0, 2.3, 1.7)[1]
    assert np.isfinite(a)
    assert b == np.inf


# Classes ------------------------------------------------------------------------------------------


def test_softmax_of_many_classes():
    """With 100000 classes all but the full Hessian is there, and nothing of size K^2 is made."""
    size = 100_000
    rng = np.random.default_rng(8)
    logits, direction, hot = rng.normal(0, 2, size), rng.normal(size=size), 4321
    y = np.zeros(size)
    y[hot] = 1.0
    softmax = module("categorical_link_p_softmax")
    tracemalloc.start()
    value, gradient = softmax.loss_and_gradient(y, logits)
    product = softmax.hessian_vector_product(y, logits, direction)
    diagonal = softmax.hessian_diagonal(y, logits)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    p = special.softmax(logits)
    np.testing.assert_allclose(value, special.logsumexp(logits) - logits[hot], rtol=1e-12)
    np.testing.assert_allclose(gradient.logits, p - y, rtol=1e-9, atol=1e-18)
    np.testing.assert_allclose(product, p * (direction - p @ direction), rtol=1e-9, atol=1e-18)
    np.testing.assert_allclose(diagonal, p * (1 - p), rtol=1e-9, atol=1e-18)
    assert peak < 40 * 8 * size


def test_softmax_with_a_gap_of_forty():
    """logsumexp(z) - z_1 at z = (0, -40) is log1p(e^-40), and the gradient keeps its small entries."""
    softmax = module("categorical_link_p_softmax")
    value, gradient = softmax.loss_and_gradient([1.0, 0.0], [0.0, -40.0])
    np.testing.assert_allclose(value, 4.248354255291589e-18, rtol=1e-15)
    small = np.exp(-40.0) / (1 + np.exp(-40.0))
    np.testing.assert_allclose(gradient.logits, [-small, small], rtol=1e-15)
    value, gradient = softmax.loss_and_gradient([0.0, 1.0], [0.0, -40.0])
    np.testing.assert_allclose(value, 40.0, rtol=1e-15)
    np.testing.assert_allclose(gradient.logits, [1.0, -1.0], rtol=1e-15)


@pytest.mark.parametrize("slug", CATEGORICAL)
def test_class_index(slug):
    """Integer classes cost what their one-hot vectors cost, with weights, reductions and several axes."""
    given = arguments(slug, "kept axes")
    (name,) = module(slug).Gradient._fields
    index = np.random.default_rng(9).integers(0, CLASSES, (4, 3))
    weight = np.array([0.0, 0.7, 1.9])
    for kind in (np.int64, np.uint8, np.int32):
        for reduction in REDUCTIONS:
            options = {"reduction": reduction, "weight": weight}
            got = module(slug).loss_from_index(index.astype(kind), given[name], **options)
            equal(got, module(slug).loss(np.eye(CLASSES)[index], given[name], **options))
    for few, learned in ((2, given[name][0, 0]), ([2, 0], given[name][0, :2])):
        equal(module(slug).loss_from_index(few, learned), module(slug).loss(np.eye(CLASSES)[few], learned))


@pytest.mark.parametrize("slug", CATEGORICAL)
def test_class_index_outside(slug):
    """A class index out of range costs +inf, raises ValueError if asked to, and is nothing with weight 0."""
    learned = arguments(slug)[module(slug).Gradient._fields[0]]
    for outside in (-1, CLASSES, 1000):
        index = np.array([0, 1, outside, 3, 2, 1])
        got = module(slug).loss_from_index(index, learned, reduction="none")
        assert got[2] == np.inf
        assert np.all(np.isfinite(np.delete(got, 2)))
        message = rf"^index must be in 0, ..., K - 1, got {outside} at index \(2,\)$"
        with pytest.raises(ValueError, match=message):
            module(slug).loss_from_index(index, learned, validate=True)
        with pytest.raises(ValueError, match=message.replace("2,", "0,")):
            module(slug).loss_from_index(outside, learned[0], validate=True)
        weight = np.array([1.0, 1.0, 0.0, 1.0, 1.0, 1.0])
        assert np.isfinite(module(slug).loss_from_index(index, learned, weight=weight, validate=True))


@pytest.mark.parametrize("slug", CATEGORICAL)
def test_class_index_must_be_integer(slug):
    """Class indices that are not integers are refused."""
    learned = arguments(slug)[module(slug).Gradient._fields[0]]
    with pytest.raises(TypeError, match="integers, got float64"):
        module(slug).loss_from_index(np.array([0.0, 1.0, 2.0, 3.0, 2.0, 1.0]), learned)


@pytest.mark.parametrize("slug", CATEGORICAL)
def test_integers_are_never_taken_for_indices(slug):
    """An integer array given to `loss` is taken for one-hot vectors, within or outside the support."""
    learned = arguments(slug)[module(slug).Gradient._fields[0]]
    index = np.array([0, 2, 1, 3, 3, 0])
    hot = np.eye(CLASSES, dtype=int)[index]
    equal(module(slug).loss(hot, learned), module(slug).loss(hot.astype(float), learned))
    assert module(slug).loss(np.array([0, 2, 1, 3]), learned[:4]) == np.inf
    with pytest.raises(ValueError):  # noqa: PT011 (NumPy's own words)
        module(slug).loss(index, learned)


@pytest.mark.parametrize("slug", CATEGORICAL)
def test_class_axis_does_not_broadcast(slug):
    """A column of class indices, or any vector of another number of classes, is refused and not broadcast."""
    learned = arguments(slug)[module(slug).Gradient._fields[0]]
    with pytest.raises(ValueError):  # noqa: PT011 (either library's words)
        module(slug).loss(np.ones((6, 1), int), learned)


@pytest.mark.parametrize("slug", CATEGORICAL)
def test_soft_labels(slug):
    """A soft label costs the mixture of what the hard labels cost."""
    given = arguments(slug)
    (name,) = module(slug).Gradient._fields
    hard = [module(slug).loss(np.eye(CLASSES)[k], given[name], reduction="none") for k in range(CLASSES)]
    mixed = np.sum(given["y"] * np.stack(hard, axis=-1), axis=-1)
    equal(module(slug).loss(given["y"], given[name], reduction="none"), mixed)


def test_softmax_is_shift_invariant_and_stable():
    """A common shift of the logits by 2^13 changes nothing, and a gap of 2e4 does not overflow."""
    slug = "categorical_link_p_softmax"
    given = {"y": np.array([0.1, 0.2, 0.3, 0.4]), "logits": np.array([3.0, -2.0, 0.5, 1.5])}
    shifted = {**given, "logits": given["logits"] + 2.0**13}
    for got, expected in zip(everything(slug, shifted), everything(slug, given), strict=True):
        equal(got, expected)
    assert module(slug).loss([0.0, 1.0], [1e4, -1e4]) == 2e4


MASKS = ([False, True, False, False], [True, False, True, False], [True, True, False, True])


@pytest.mark.parametrize("mask", MASKS)
def test_masked_classes(mask):
    """A class whose logit is -inf and that did not occur is as if it were not there, with slopes of exactly 0."""
    slug = "categorical_link_p_softmax"
    left = ~np.array(mask)
    logits, direction = np.random.default_rng(23).normal(0, 3, (2, 5, CLASSES))
    y = np.random.default_rng(24).dirichlet(np.ones(CLASSES), 5) * left
    y /= y.sum(axis=-1, keepdims=True)
    masked = {"y": y, "logits": np.where(left, logits, -np.inf)}
    got = [
        *everything(slug, masked, reduction="none", validate=True),
        module(slug).hessian_vector_product(*masked.values(), direction, reduction="none"),
    ]
    alone = {"y": y[:, left], "logits": logits[:, left]}
    value, gradient = module(slug).loss_and_gradient(*alone.values(), reduction="none")
    diagonal = module(slug).hessian_diagonal(*alone.values(), reduction="none")
    product = module(slug).hessian_vector_product(*alone.values(), direction[:, left], reduction="none")
    expected = [value, value, gradient.logits, diagonal, None, product]
    for one, other in zip(got, expected, strict=True):
        if other is not None:
            equal(one[:, left] if one.ndim == 2 else one, other)
        if one.ndim == 2:
            np.testing.assert_array_equal(one[:, ~left], 0.0)


def test_masked_class_that_occurred():
    """A label that names a masked class costs +inf; its gradient is still softmax less label."""
    softmax = module("categorical_link_p_softmax")
    logits = np.array([-np.inf, 0.3, 1.2])
    for y in ([1.0, 0.0, 0.0], [0.2, 0.5, 0.3]):
        value, gradient = softmax.loss_and_gradient(y, logits)
        assert value == np.inf
        equal(gradient.logits, special.softmax(logits) - y)
    assert softmax.loss_from_index(0, logits) == np.inf
    equal(softmax.loss_from_index(1, logits), special.logsumexp(logits) - 0.3)


@pytest.mark.parametrize("logits", [[-np.inf] * 3, [np.inf, 0.0, 1.0], [-np.inf, np.inf, 0.0]])
def test_logits_without_a_finite_maximum(logits):
    """Where all classes are masked, or a logit is +inf, there is no softmax: nan."""
    softmax = module("categorical_link_p_softmax")
    for array in everything("categorical_link_p_softmax", {"y": [0.0, 0.0, 1.0], "logits": logits}):
        assert np.all(np.isnan(array))
    with pytest.raises(ValueError, match="logits must be finite or -inf, the largest entry finite, got"):
        softmax.loss([0.0, 0.0, 1.0], logits, validate=True)
    assert np.isnan(softmax.loss([1.0], [-np.inf]))


def test_bernoulli_logit_is_stable():
    """At logits of 40 and of 1e4 the loss and its slope keep their small values."""
    sigmoid = module("bernoulli_link_p_sigmoid")
    value, gradient = sigmoid.loss_and_gradient(1.0, 40.0)
    np.testing.assert_allclose(value, 4.248354255291589e-18, rtol=1e-15)
    np.testing.assert_allclose(gradient.logit_p, -np.exp(-40.0) / (1 + np.exp(-40.0)), rtol=1e-15)
    assert sigmoid.loss(0.0, 1e4) == 1e4
    assert sigmoid.loss(1.0, 1e4) == 0.0
