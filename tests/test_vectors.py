"""Losses of several blocks, scalars and vectors: shapes, guards, derivatives, in NumPy and in Torch."""

import math

import numpy as np
import pytest
import torch
from scipy import special, stats

import derive

N, K = 6, 3
REDUCTIONS = ("none", "mean", "sum")
ORDINAL = {target: derive.derive("ordinal_logistic").load(target) for target in ("numpy", "torch")}
DIRICHLET = {target: derive.derive("dirichlet").load(target) for target in ("numpy", "torch")}
COUNTED = {
    target: derive.derive("multinomial", link="p=softmax").load(target) for target in ("numpy", "torch")
}


def ordinal(shared=False):
    """Classes, locations and cut points, one vector of these for each sample or for all."""
    random = np.random.default_rng(5)
    cuts = np.sort(random.normal(0, 2, (K,) if shared else (N, K)), axis=-1)
    return random.integers(0, K + 1, N).astype(float), random.normal(0, 1, N), cuts


def in_words(y, eta, cuts):
    """The ordinal loss as the textbook has it."""
    cuts = np.broadcast_to(cuts, (len(y), cuts.shape[-1]))
    ends = np.full((len(y), 1), np.inf)
    edges = np.concatenate([-ends, cuts, ends], axis=-1)
    lower, upper = (edges[np.arange(len(y)), y.astype(int) + step] for step in (0, 1))
    return -np.log(special.expit(upper - eta) - special.expit(lower - eta))


# Values -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("shared", [False, True])
def test_ordinal_loss_is_the_textbooks(shared):
    """NumPy and Torch give −log of the difference of two sigmoids, with one vector of cut points or with many."""
    y, eta, cuts = ordinal(shared)
    expected = in_words(y, eta, cuts)
    np.testing.assert_allclose(ORDINAL["numpy"].loss(y, eta, cuts, reduction="none"), expected, rtol=1e-12)
    theirs = ORDINAL["torch"].loss(*map(torch.tensor, (eta, cuts, y)), reduction="none")
    np.testing.assert_allclose(theirs.numpy(), expected, rtol=1e-12)


def test_two_classes_are_the_logistic_regression():
    """With one cut point the ordinal loss is that of a Bernoulli variable with the logit η − c."""
    bernoulli = derive.derive("bernoulli", link="p=sigmoid").load("numpy")
    y, eta, cut = np.array([0.0, 1.0, 1.0]), np.array([0.3, -1.2, 50.0]), np.array([0.5])
    ours = ORDINAL["numpy"].loss(y, eta, cut, reduction="none")
    np.testing.assert_allclose(ours, bernoulli.loss(y, eta - cut, reduction="none"), rtol=1e-14)


def test_two_shares_are_the_beta_distribution():
    """A Dirichlet variable of two parts is a beta variable."""
    y, a = np.array([0.2, 0.8]), np.array([1.5, 700.0])
    value = DIRICHLET["numpy"].negative_log_likelihood(y, a)
    np.testing.assert_allclose(value, -stats.beta.logpdf(0.2, *a), rtol=1e-13)


def test_counts_of_one_trial_are_a_class():
    """One trial of the multinomial distribution is a categorical variable."""
    logits, y = np.array([0.4, -30.0, 2.0]), np.array([0.0, 1.0, 0.0])
    categorical = derive.derive("categorical", link="p=softmax").load("numpy")
    assert COUNTED["numpy"].loss(y, logits) == categorical.loss(y, logits)
    assert not hasattr(COUNTED["numpy"], "loss_from_index")


# Shapes and derivatives --------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("shared", [False, True])
def test_blocks_have_the_shapes_of_their_arguments(shared, reduction):
    """Gradient, diagonal and product have one part for each learned argument, in its shape or the samples'."""
    y, eta, cuts = ordinal(shared)
    module = ORDINAL["numpy"]
    shapes = [(N,), (N, K)] if reduction == "none" else [eta.shape, cuts.shape]
    for parts in (
        module.loss_and_gradient(y, eta, cuts, reduction=reduction)[1],
        module.hessian_diagonal(y, eta, cuts, reduction=reduction),
        module.hessian_vector_product(y, eta, cuts, eta, cuts, reduction=reduction),
    ):
        assert parts._fields == ("eta", "cuts")
        assert [part.shape for part in parts] == shapes


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shared", [False, True])
def test_numpy_and_torch_agree_on_every_block(shared, weighted):
    """Torch's autograd of the mean gives NumPy's gradient, diagonal and product, for cut points of all samples too."""
    y, eta, cuts = ordinal(shared)
    random = np.random.default_rng(8)
    weight = random.uniform(0.5, 2, N) if weighted else None
    directions = random.normal(size=eta.shape), random.normal(size=cuts.shape)
    leaves = [torch.tensor(part, requires_grad=True) for part in (eta, cuts)]
    value = ORDINAL["torch"].loss(
        *leaves, torch.tensor(y), weight=None if weight is None else torch.tensor(weight)
    )
    slopes = torch.autograd.grad(value, leaves, create_graph=True)
    ours, gradient = ORDINAL["numpy"].loss_and_gradient(y, eta, cuts, weight=weight)
    assert value.item() == pytest.approx(float(ours), rel=1e-14)
    for one, other in zip(slopes, gradient, strict=True):
        np.testing.assert_allclose(one.detach().numpy(), other, rtol=1e-12, atol=1e-15)
    products = torch.autograd.grad(slopes, leaves, [torch.tensor(part) for part in directions])
    expected = ORDINAL["numpy"].hessian_vector_product(y, eta, cuts, *directions, weight=weight)
    for one, other in zip(products, expected, strict=True):
        np.testing.assert_allclose(one.numpy(), other, rtol=1e-11, atol=1e-14)


def test_the_product_has_its_cross_terms():
    """The product with each unit direction is a column of the Hessian that Torch finds."""
    y, eta, cuts = (part[:1] for part in ordinal())
    point = torch.tensor(np.concatenate([eta, cuts[0]]))

    def loss(both):
        return ORDINAL["torch"].loss(both[:1], both[None, 1:], torch.tensor(y))

    dense = torch.autograd.functional.hessian(loss, point).numpy()
    for column, unit in zip(dense.T, np.eye(1 + K), strict=True):
        parts = ORDINAL["numpy"].hessian_vector_product(y, eta, cuts, unit[:1], unit[None, 1:])
        np.testing.assert_allclose(np.concatenate([parts.eta, parts.cuts[0]]), column, rtol=1e-12, atol=1e-15)


def test_torch_derivatives_are_right_and_map():
    """The blocks pass Torch's own tests of first and second derivatives, and are mapped over samples."""
    y, eta, cuts = (torch.tensor(part) for part in ordinal())
    leaves = [part.requires_grad_() for part in (eta, cuts)]
    loss = ORDINAL["torch"].loss
    assert torch.autograd.gradcheck(lambda *both: loss(*both, y), leaves)
    assert torch.autograd.gradgradcheck(lambda *both: loss(*both, y), leaves)
    eta, cuts = (leaf.detach() for leaf in leaves)
    mapped = torch.func.vmap(torch.func.grad(loss, (0, 1)))(eta, cuts, y)
    whole = torch.func.grad(lambda *both: loss(*both, y, reduction="sum"), (0, 1))(eta, cuts)
    for one, other in zip(mapped, whole, strict=True):
        torch.testing.assert_close(one, other)


def test_the_class_axis_is_second_in_torch():
    """Samples along more axes: the cut points' axis is the second, as in torch.nn, and the location has none."""
    random = np.random.default_rng(3)
    cuts, eta = np.sort(random.normal(size=(4, 2, K)), axis=-1), random.normal(size=(4, 2))
    y = random.integers(0, K + 1, (4, 2)).astype(float)
    ours = ORDINAL["numpy"].loss(y, eta, cuts)
    theirs = ORDINAL["torch"].loss(*map(torch.tensor, (eta, np.moveaxis(cuts, -1, 1), y)))
    assert float(theirs) == pytest.approx(float(ours), rel=1e-14)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_many_samples_are_computed_in_blocks(reduction):
    """More samples than a block holds give what they give one by one, for cut points of all of them."""
    random = np.random.default_rng(6)
    count, cuts = 20_000, np.array([-1.0, 0.5, 2.0])
    y, eta = random.integers(0, K + 1, count).astype(float), random.normal(0, 1, count)
    value, gradient = ORDINAL["numpy"].loss_and_gradient(y, eta, cuts, reduction=reduction)
    np.testing.assert_allclose(
        gradient.eta[-1] * (count if reduction == "mean" else 1),
        (
            special.expit(eta[-1] - [*cuts, np.inf][int(y[-1])])
            - special.expit([-np.inf, *cuts][int(y[-1])] - eta[-1])
        ),
        rtol=1e-12,
    )
    total = {"none": lambda part: part, "mean": lambda part: part.mean(0), "sum": lambda part: part.sum(0)}[
        reduction
    ]
    one, each = ORDINAL["numpy"].loss_and_gradient(y, eta, np.tile(cuts, (count, 1)), reduction="none")
    np.testing.assert_allclose(value, total(one), rtol=1e-13)
    np.testing.assert_allclose(gradient.cuts, total(each.cuts), rtol=1e-12)


# Guards -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [-1.0, 0.5, K + 1.0, math.inf])
def test_a_class_that_there_is_not(wrong):
    """A class outside 0, ..., K costs +inf, and validation says so."""
    y, eta, cuts = ordinal()
    y[2] = wrong
    value = ORDINAL["numpy"].loss(y, eta, cuts, reduction="none")
    assert np.isposinf(value[2]) and np.isfinite(np.delete(value, 2)).all()
    theirs = ORDINAL["torch"].loss(*map(torch.tensor, (eta, cuts, y)), reduction="none").numpy()
    assert np.isposinf(theirs[2]) and np.isfinite(np.delete(theirs, 2)).all()
    with pytest.raises(ValueError, match=r"y must be a rank: 0, 1, \.\.\., K .* at index \(2,\)"):
        ORDINAL["numpy"].loss(y, eta, cuts, validate=True)


@pytest.mark.parametrize("gap", [0.0, -1.0, math.nan])
def test_cut_points_that_do_not_increase(gap):
    """Cut points out of order give nan, wherever the class lies, and validation says so."""
    y, eta, cuts = np.array([0.0, 3.0]), np.zeros(2), np.array([[0.0, gap, 5.0], [-1.0, 0.0, 1.0]])
    for value, slopes in (
        ORDINAL["numpy"].loss_and_gradient(y, eta, cuts, reduction="none"),
        ORDINAL["numpy"].loss_and_gradient(y[::-1], eta, cuts, reduction="none"),
    ):
        assert np.isnan(value[0]) == np.isnan(slopes.cuts[0]).all()
        assert np.isfinite(value[1])
        assert np.isnan(value[0]) or math.isnan(gap)
    with pytest.raises(ValueError, match="cuts must be finite, each greater than the one before"):
        ORDINAL["numpy"].loss(y, eta, cuts, validate=True)


def test_a_removed_sample_counts_for_nothing():
    """Weight 0 removes a sample, whatever its class and its cut points are."""
    y, eta, cuts = ordinal()
    expected = ORDINAL["numpy"].loss_and_gradient(y[1:], eta[1:], cuts[1:])
    weight = np.ones(N)
    weight[0], y[0], eta[0], cuts[0] = 0, 99, math.nan, (3, 2, 1)
    value, gradient = ORDINAL["numpy"].loss_and_gradient(y, eta, cuts, weight=weight, validate=True)
    assert value == pytest.approx(expected[0], rel=1e-14)
    assert gradient.eta[0] == 0 and not gradient.cuts[0].any()
    np.testing.assert_allclose(gradient.cuts[1:], expected[1].cuts, rtol=1e-13)
    leaves = [torch.tensor(part, requires_grad=True) for part in (eta, cuts)]
    theirs = ORDINAL["torch"].loss(*leaves, torch.tensor(y), weight=torch.tensor(weight))
    theirs.backward()
    assert theirs.item() == pytest.approx(float(value), rel=1e-14)
    assert leaves[0].grad[0] == 0 and not leaves[1].grad[0].any()


def test_a_composition_has_no_zeros():
    """A part that is zero lies outside the support; one that is all but everything does not."""
    a = np.array([1.0, 2.0, 0.5])
    assert DIRICHLET["numpy"].loss([0.0, 0.5, 0.5], a) == np.inf
    assert np.isfinite(DIRICHLET["numpy"].loss([1e-300, 1e-200, 1.0], a))
    with pytest.raises(ValueError, match=r"a composition: entries in \(0, 1\] that sum to one"):
        DIRICHLET["numpy"].loss([0.0, 0.5, 0.5], a, validate=True)
    assert np.isnan(DIRICHLET["numpy"].loss([0.25, 0.25, 0.5], [1.0, 0.0, 1.0]))


def test_counts_are_whole():
    """Counts that are not whole, or negative, cost +inf; no trials at all cost nothing."""
    logits = np.array([0.1, 0.2, 0.3])
    for wrong in (0.5, -1.0, math.inf):
        assert COUNTED["numpy"].loss([1.0, wrong, 0.0], logits) == np.inf
    assert COUNTED["numpy"].loss(np.zeros(3), logits) == 0


# Far away ----------------------------------------------------------------------------------------


def test_sigmoids_that_both_round_to_one():
    """Between cut points far above the location the textbook's difference is 0; the loss keeps its digits."""
    value, gradient = ORDINAL["numpy"].loss_and_gradient(1.0, 0.0, [400.0, 401.0])
    assert float(value) == pytest.approx(400 - math.log(1 - math.exp(-1)), rel=1e-15)
    assert float(gradient.eta) == -1.0


def test_a_concentration_that_is_most_of_the_sum():
    """The others are seen beside a concentration of 1e20: its score is not that of a difference of 0."""
    _, gradient = DIRICHLET["numpy"].loss_and_gradient([1 - 2**-53, 2**-53], [1e20, 1e-3])
    assert gradient.concentration[0] == pytest.approx(2**-53, rel=1e-6)


# Pages -------------------------------------------------------------------------------------------


def test_pages_show_the_chosen_cut_points():
    """The page has the textbook's density, with the entry that the class chooses in brackets."""
    page = derive.derive("ordinal_logistic").emit("text")
    assert "p(y | η, c) = sigmoid(c[y + 1] − η) − sigmoid(c[y] − η)" in page
    assert r"c_{i,\,y_i + 1}" in derive.derive("ordinal_logistic").emit("latex")


# Links --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("link", ["exp", "softplus", "square"])
def test_a_link_of_scalars_is_applied_to_each_entry(link):
    """A model that predicts a vector entry by entry: the chain rule through the words of the vector."""
    module = derive.derive("dirichlet", link={"concentration": link}).load("torch")
    made = {"exp": torch.exp, "softplus": torch.nn.functional.softplus, "square": torch.square}[link]
    y = torch.tensor(np.random.default_rng(2).dirichlet(np.ones(K), N))
    raw = torch.tensor(np.random.default_rng(4).normal(1, 0.5, (N, K)), requires_grad=True)
    direction = torch.linspace(-1, 1, N * K, dtype=torch.float64).reshape(N, K)
    found = []
    for value in (module.loss(raw, y), DIRICHLET["torch"].loss(made(raw), y)):
        (slope,) = torch.autograd.grad(value, raw, create_graph=True)
        (product,) = torch.autograd.grad(slope, raw, direction)
        found.append((value.detach(), slope.detach(), product))
    for ours, chained in zip(*found, strict=True):
        torch.testing.assert_close(ours, chained, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", ["ordinal_logistic", "ordinal_probit"])
def test_cut_points_are_summed_from_their_steps(name):
    """The link of cut points gives what their sums give, through autograd: value, gradient and a Hessian's product."""
    module = derive.derive(name, link={"cuts": "ordered"}).load("torch")
    unlinked = derive.derive(name).load("torch")
    y, eta, cuts = map(torch.tensor, ordinal())
    raw = torch.cat([cuts[:, :1], torch.log(torch.diff(cuts))], -1).requires_grad_()
    eta.requires_grad_()
    direction = [
        torch.linspace(-1, 1, N, dtype=torch.float64),
        torch.linspace(2, -1, N * K).double().reshape(N, K),
    ]
    found = []
    for value in (
        module.loss(eta, raw, y),
        unlinked.loss(eta, torch.cumsum(torch.cat([raw[:, :1], torch.exp(raw[:, 1:])], -1), -1), y),
    ):
        slopes = torch.autograd.grad(value, (eta, raw), create_graph=True)
        found.append((value.detach(), *slopes, *torch.autograd.grad(slopes, (eta, raw), direction)))
    for ours, chained in zip(*found, strict=True):
        torch.testing.assert_close(ours, chained, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "density"), [("ordinal_logistic", 1 / 4), ("ordinal_probit", 1 / math.sqrt(2 * math.pi))]
)
def test_a_step_that_is_lost_beside_the_sum(name, density):
    """Cut points that round to one number still part a class from its neighbours, for their step is known."""
    module = derive.derive(name, link={"cuts": "ordered"}).load("numpy")
    value, gradient = module.loss_and_gradient(1.0, 5.0, [5.0, -100.0])
    assert float(value) == pytest.approx(100 - math.log(density), rel=1e-15)
    np.testing.assert_allclose(gradient.raw_cuts, [0, -1], atol=1e-40)


def test_a_vector_whose_entries_are_bound_has_no_link_of_scalars():
    """Shares that sum to one and cut points in order are not made entry by entry."""
    for name, parameter in (("multinomial", "p=sigmoid"), ("ordinal_logistic", "cuts=identity")):
        with pytest.raises(derive.Misuse, match="links that fit"):
            derive.derive(name, link=parameter)
