"""The generated NumPy modules compute block by block: no result shows it, and no scratch memory grows with the samples."""

import tracemalloc
from functools import partial
from math import fsum

import numpy as np
import pytest

from tests.test_numpy_modules import (
    CATEGORICAL,
    LAYOUTS,
    REDUCTIONS,
    SLUGS,
    arguments,
    equal,
    everything,
    module,
    put,
    weights,
)

pytestmark = [
    pytest.mark.filterwarnings("error"),
    pytest.mark.filterwarnings("ignore:the shapes of the samples:UserWarning"),
]

DRAWN = 6


def many(given, size):
    """The samples of arguments over and over, until there are so many."""
    places = np.arange(size) % DRAWN
    return {name: value[places] for name, value in given.items()}


def whole(slug):
    """How many samples of a module make a block."""
    return module(slug)._BLOCK // (np.shape(arguments(slug)["y"])[-1] if slug in CATEGORICAL else 1)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("slug", SLUGS)
def test_blocks_of_any_size(slug, layout, monkeypatch):
    """Blocks of one number or of several, cut along any axis, give what one block gives."""
    given = arguments(slug, layout)
    for weight in weights(slug, layout):
        for reduction in REDUCTIONS:
            results = partial(everything, slug, given, reduction=reduction, weight=weight)
            expected = results()
            for size in (1, 4, 7):
                with monkeypatch.context() as patched:
                    patched.setattr(module(slug), "_BLOCK", size)
                    for got, one in zip(results(), expected, strict=True):
                        assert np.shape(got) == np.shape(one)
                        assert got.dtype == one.dtype
                        (np.testing.assert_array_equal if reduction == "none" else equal)(got, one)


@pytest.mark.parametrize("slug", SLUGS)
def test_ends_of_blocks(slug):
    """A sample costs the same to the last digit wherever it stands, before, at and beyond the ends of blocks."""
    given = arguments(slug)
    samples = everything(slug, given, reduction="none")
    for size in (whole(slug) - 1, whole(slug), whole(slug) + 1, 3 * whole(slug) + 5):
        places = np.arange(size) % DRAWN
        for got, few in zip(everything(slug, many(given, size), reduction="none"), samples, strict=True):
            np.testing.assert_array_equal(got, few[places])
        value, gradient = module(slug).loss_and_gradient(*many(given, size).values())
        np.testing.assert_allclose(value, fsum(samples[0][places]) / size, rtol=1e-14)
        for slope, few in zip(gradient, samples[2:], strict=False):
            np.testing.assert_allclose(slope, few[places] / size, rtol=1e-15)


@pytest.mark.parametrize("slug", SLUGS)
def test_one_sample_outside_in_the_last_block(slug):
    """A parameter that is nan spoils its own sample of the last block, and the loss, but no other sample."""
    size = 2 * whole(slug) + 3
    given = many(arguments(slug), size)
    name = module(slug).Gradient._fields[0]
    clean = everything(slug, given, reduction="sum")
    for got, expected in zip(
        everything(slug, put(given, name, size - 2, np.nan), reduction="sum"), clean, strict=True
    ):
        if np.ndim(got):
            assert np.isnan(got[size - 2]).all()
            np.testing.assert_array_equal(np.delete(got, size - 2, 0), np.delete(expected, size - 2, 0))
        else:
            assert np.isnan(got)
    with pytest.raises(ValueError, match=rf"^{name} must be .* at index \({size - 2},\)"):
        module(slug).loss(*put(given, name, size - 2, np.nan).values(), validate=True)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_no_samples_along_an_axis(shape):
    """Samples of which an axis has none sum to 0, and their slopes are as empty."""
    normal = module("normal")
    value, gradient = normal.loss_and_gradient(np.ones(shape), np.ones(shape), 2.0, reduction="sum")
    assert value == gradient.sigma == 0.0
    assert gradient.mu.shape == shape
    assert normal.hessian(np.ones(shape), np.ones(shape), 2.0, reduction="sum").shape == (*shape, 2, 2)


def test_shared_values_sum_over_all_blocks():
    """The slope of one scale for all of many samples is the sum of theirs, as is that of a scale for each column."""
    normal = module("normal")
    random = np.random.default_rng(3)
    y, mu = random.normal(size=(2, 20000, 3))
    for sigma in (np.array(1.5), np.array([0.5, 1.5, 2.5]), np.full((20000, 1), 1.5)):
        value, gradient = normal.loss_and_gradient(y, mu, sigma, reduction="sum")
        z = (y - mu) / sigma
        np.testing.assert_allclose(value, fsum((np.log(sigma) + z**2 / 2).ravel()), rtol=1e-14)
        slopes = (1 - z**2) / sigma
        axes = {0: None, 1: 0, 2: 1}[sigma.ndim]
        expected = np.sum(slopes, axis=axes, keepdims=sigma.ndim == 2)
        np.testing.assert_allclose(gradient.sigma, expected, atol=1e-13 * np.abs(slopes).sum())
        assert gradient.sigma.shape == sigma.shape
        assert gradient.mu.shape == mu.shape


@pytest.mark.parametrize("slug", SLUGS)
def test_memory_of_an_earlier_call(slug):
    """A gradient given as `out` is overwritten with what a fresh one holds; of another shape or dtype it is refused."""
    function = module(slug).loss_and_gradient
    given, other = (list(many(arguments(slug), size).values()) for size in (2 * whole(slug) + 1, whole(slug)))
    for reduction in REDUCTIONS:
        value, expected = function(*given, reduction=reduction)
        old = type(expected)(*(np.full_like(slope, np.nan) for slope in expected))
        again, gradient = function(*given, reduction=reduction, out=old)
        assert again is value or np.array_equal(again, value)
        for slope, fresh, memory in zip(gradient, expected, old, strict=True):
            np.testing.assert_array_equal(slope, fresh)
            assert np.shares_memory(slope, memory)
        with pytest.raises(
            ValueError, match=r"^out must hold slopes as an earlier call alike gave them: float64"
        ):
            function(*other, reduction=reduction, out=old)
    narrow = type(expected)(*(slope.astype(np.float32) for slope in expected))
    with pytest.raises(ValueError, match="got float32"):
        function(*given, out=narrow)


def test_summed_slopes_are_fresh():
    """The slope of a value that all samples share is a sum, and is not put into `out`."""
    normal = module("normal")
    y = np.arange(5.0)
    _, gradient = normal.loss_and_gradient(y, y + 1, 2.0)
    _, again = normal.loss_and_gradient(y, y + 1, 2.0, out=gradient)
    assert np.shares_memory(again.mu, gradient.mu)
    np.testing.assert_array_equal(again.sigma, gradient.sigma)


def test_single_precision_sums_keep_their_digits():
    """The mean of a million float32 losses is that of their float64 values to single precision."""
    mu = np.random.default_rng(4).normal(size=10**6).astype(np.float32)
    squares = module("normal_fix_sigma_1").loss(np.float32(1000.0), mu, reduction="none")
    value = module("normal_fix_sigma_1").loss(np.float32(1000.0), mu)
    assert value.dtype == np.float32
    np.testing.assert_allclose(value, np.mean(squares, dtype=float), rtol=2e-7)


def scratch(function, *given, **options):
    """How many bytes a call holds at most, less those of its results."""
    tracemalloc.start()
    try:
        results = function(*given, **options)
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    del results
    return peak - held


@pytest.mark.parametrize("slug", SLUGS)
def test_scratch_memory_does_not_grow(slug):
    """What a call needs beside its results is the same for four times the samples: a few blocks."""
    few, more = (many(arguments(slug), blocks * whole(slug)) for blocks in (3, 12))
    for kind in (np.float64, np.float32):
        for weighted in (False, True):
            for function in (module(slug).loss, module(slug).loss_and_gradient):
                needs = [
                    scratch(
                        function,
                        given["y"],
                        *(value.astype(kind) for name, value in given.items() if name != "y"),
                        weight=np.linspace(0, 1, len(given["y"])) if weighted else None,
                    )
                    for given in (few, more)
                ]
                assert needs[1] < needs[0] + 10000, (function.__name__, kind, needs)
