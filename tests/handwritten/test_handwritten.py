"""The hand-written losses and gradients against mpmath, and the libraries' versions against them.

The truth here is -log of the density or mass as defined, less the terms and the factor that the loss leaves
out: (-log f - dropped) / factor, with 60 digits, and its numerical derivative.
"""

import subprocess
import sys
from pathlib import Path

import mpmath
import numpy as np
import pytest

from derive.catalogue import VARIANTS
from derive.derivation import derivation
from derive.elsewhere import elsewhere
from derive.oracle import value
from derive.request import request
from derive.scenes import arrays, ordered, with_parameters
from tests.handwritten import FAMILIES, find

DIGITS = 60
SAMPLES = 24
CLASSES = 4
SIGMA = mpmath.mpf("1.7")
B = mpmath.mpf("0.6")
SLUGS = [slug for slugs in FAMILIES.values() for slug in slugs]
ASKED = [request(name, **options) for name, options in VARIANTS]
DERIVED = {asked.slug: derivation(asked) for asked in ASKED if asked.slug in SLUGS}
PEERS = [peer for derived in DERIVED.values() for peer in elsewhere(derived)]
DEFECTIVE = list({id(peer.row): peer for peer in reversed(PEERS) if peer.row.defect}.values())


def norm(y, mu, sigma):
    """Return -log of the normal density e^(-r^2 / 2) / (sigma sqrt(2 pi)), r = (y - mu) / sigma."""
    return -mpmath.log(mpmath.exp(-(((y - mu) / sigma) ** 2) / 2) / (sigma * mpmath.sqrt(2 * mpmath.pi)))


def norm_constant(sigma=1):
    """Return log sigma + log(2 pi) / 2."""
    return mpmath.log(sigma) + mpmath.log(2 * mpmath.pi) / 2


def double_exponential(y, mu, b):
    """Return -log of the Laplace density e^(-|y - mu| / b) / (2 b)."""
    return -mpmath.log(mpmath.exp(-abs(y - mu) / b) / (2 * b))


def t_constant(nu):
    """Return -log of Gamma((nu + 1) / 2) / (Gamma(nu / 2) sqrt(nu pi))."""
    return mpmath.loggamma(nu / 2) - mpmath.loggamma((nu + 1) / 2) + mpmath.log(nu * mpmath.pi) / 2


def t(y, nu, mu, sigma):
    """Return -log of the t density c(nu) (1 + r^2 / nu)^(-(nu + 1) / 2) / sigma, r = (y - mu) / sigma."""
    return t_constant(nu) - mpmath.log((1 + ((y - mu) / sigma) ** 2 / nu) ** (-(nu + 1) / 2) / sigma)


def beta_density(y, a, b):
    """Return -log of the beta density y^(a - 1) (1 - y)^(b - 1) / B(a, b)."""
    return -mpmath.log(y ** (a - 1) * (1 - y) ** (b - 1) / mpmath.beta(a, b))


def bernoulli_mass(y, p):
    """Return -log of p^y (1 - p)^(1 - y)."""
    return -mpmath.log(p**y * (1 - p) ** (1 - y))


def poisson_mass(y, rate):
    """Return -log of e^-rate rate^y / y!."""
    return -mpmath.log(mpmath.exp(-rate) * rate**y / mpmath.factorial(y))


def categorical_mass(y, p):
    """Return -log of the product of p_k^y_k."""
    return -mpmath.log(mpmath.fprod(each**label for label, each in zip(y, p, strict=True)))


def softmax(logits):
    """Return e^z_k / sum_j e^z_j for each class k."""
    total = mpmath.fsum(mpmath.exp(each) for each in logits)
    return [mpmath.exp(each) / total for each in logits]


TRUTH = {
    "normal": lambda y, mu, sigma: norm(y, mu, sigma) - norm_constant(),
    "normal_fix_sigma": lambda y, mu: (norm(y, mu, SIGMA) - norm_constant(SIGMA)) * 2 * SIGMA**2,
    "normal_fix_sigma_1": lambda y, mu: (norm(y, mu, 1) - norm_constant()) * 2,
    "normal_fix_sigma_i": lambda y, mu, sigma: (norm(y, mu, sigma) - norm_constant(sigma)) * 2,
    "normal_link_sigma_exp": lambda y, mu, s: norm(y, mu, mpmath.exp(s)) - norm_constant(),
    "normal_shared_mu_sigma": lambda y, mu, sigma: norm(y, mu, sigma) - norm_constant(),
    "normal_variance": lambda y, mu, v: (norm(y, mu, mpmath.sqrt(v)) - norm_constant()) * 2,
    "normal_variance_link_variance_square": lambda y, mu, f: (
        (norm(y, mu, mpmath.sqrt(f**2)) - norm_constant()) * 2
    ),
    "laplace": lambda y, mu, b: double_exponential(y, mu, b) - mpmath.log(2),
    "laplace_fix_b": lambda y, mu: (double_exponential(y, mu, B) - mpmath.log(2 * B)) * B,
    "student_t": lambda y, nu, mu, sigma: t(y, nu, mu, sigma) - mpmath.log(mpmath.pi) / 2,
    "student_t_fix_nu": lambda y, mu, sigma, nu: t(y, nu, mu, sigma) - t_constant(nu),
    "beta": beta_density,
    "bernoulli": bernoulli_mass,
    "bernoulli_link_p_sigmoid": lambda y, z: bernoulli_mass(y, 1 / (1 + mpmath.exp(-z))),
    "poisson_link_rate_exp": lambda y, eta: (
        poisson_mass(y, mpmath.exp(eta)) - mpmath.log(mpmath.factorial(y))
    ),
    "categorical": categorical_mass,
    "categorical_link_p_softmax": lambda y, z: categorical_mass(y, softmax(z)),
}
"""Each variant's loss of one sample as (-log density - dropped) / factor, in mpmath numbers."""


def simplex(rng):
    """Return random rows of CLASSES positive weights that sum to 1, none of them below 0.01."""
    weights = rng.uniform(0.02, 1, (SAMPLES, CLASSES))
    return weights / weights.sum(-1, keepdims=True)


def ordinary(slug, *, hard=False):
    """Return random arguments of ordinary size for a variant, with labels of 0 and 1 if `hard`."""
    rng = np.random.default_rng([SLUGS.index(slug), 20])
    signed = [rng.normal(0, 2, SAMPLES) for _ in range(3)]
    positive = [rng.uniform(0.3, 4, SAMPLES) for _ in range(2)]
    unit = [rng.uniform(0.02, 0.98, SAMPLES) for _ in range(2)]
    target = rng.integers(0, 2, SAMPLES).astype(float) if hard else unit[0]
    classes = np.eye(CLASSES)[rng.integers(0, CLASSES, SAMPLES)] if hard else simplex(rng)
    y, mu, free = signed
    scale, nu = positive
    return {
        "normal_fix_sigma": (y, mu),
        "normal_fix_sigma_1": (y, mu),
        "normal_link_sigma_exp": (y, mu, 0.5 * free),
        "normal_variance_link_variance_square": (y, mu, np.copysign(scale, free)),
        "laplace_fix_b": (y, mu),
        "student_t": (y, 5 * nu, mu, scale),
        "student_t_fix_nu": (y, mu, scale, 5 * nu),
        "beta": (unit[0], scale, nu),
        "bernoulli": (target, unit[1]),
        "bernoulli_link_p_sigmoid": (target, mu),
        "poisson_link_rate_exp": (rng.poisson(3, SAMPLES).astype(float), 0.5 * mu),
        "categorical": (classes, simplex(rng)),
        "categorical_link_p_softmax": (classes, rng.normal(0, 2, (SAMPLES, CLASSES))),
    }.get(slug, (y, mu, scale))


def exact(value):
    """Return a float, or each of an array's, as an mpmath number of the same value."""
    return mpmath.mpf(float(value)) if np.ndim(value) == 0 else [exact(each) for each in value]


def derivative(loss, arguments, position):
    """Return d loss / d arguments[position], or the list of the derivatives in each of its entries."""

    def along(entry, x):
        changed = list(arguments[position])
        changed[entry] = x
        return loss(*arguments[:position], changed, *arguments[position + 1 :])

    if isinstance(arguments[position], list):
        entries = enumerate(arguments[position])
        return [mpmath.diff(lambda x, k=k: along(k, x), value) for k, value in entries]
    return mpmath.diff(
        lambda x: loss(*arguments[:position], x, *arguments[position + 1 :]), arguments[position]
    )


def samples(arguments):
    """Return each sample's arguments as mpmath numbers."""
    return [[exact(each) for each in sample] for sample in zip(*arguments, strict=True)]


def title(peer):
    """Return a test's name for a library's version of a loss."""
    return f"{peer.derived.name}: {peer.row.name}"


def points(derived, arguments):
    """Return each sample of a hand-written loss's arguments as a point that holds the parameters too."""
    names = ordered(derived, {q.name: q.name for q in (*derived.data, *derived.predictors)})
    rest = {"sigma": float(SIGMA), "b": float(B), "K": CLASSES}
    rows = zip(*(argument.tolist() for argument in arguments), strict=True)
    drawn = [dict(zip(names, sample, strict=True)) for sample in rows]
    return [with_parameters(derived, rest | point) for point in drawn]


def test_every_variant_is_written_and_has_a_peer():
    """Each slug has a true value to compare with, and at least one library to agree with."""
    assert set(TRUTH) == set(SLUGS) == set(DERIVED) == {peer.derived.name for peer in PEERS}
    assert len(set(map(title, PEERS))) == len(PEERS)


@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("slug", SLUGS)
def test_loss_is_the_density_less_factor_and_constants(slug, hard):
    """Each hand-written loss equals (-log density - dropped) / factor to 1e-12."""
    loss, _ = find(slug)
    arguments = ordinary(slug, hard=hard)
    with mpmath.workdps(DIGITS):
        true = [float(TRUTH[slug](*sample)) for sample in samples(arguments)]
    np.testing.assert_allclose(loss(*arguments), true, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("slug", SLUGS)
def test_gradient_is_the_derivative(slug):
    """Each hand-written derivative equals the numerical one of the true loss to 1e-11."""
    _, gradient = find(slug)
    arguments = ordinary(slug)
    parts = gradient(*arguments)
    known = slug in ("normal_fix_sigma_i", "student_t_fix_nu")
    assert len(parts) == len(arguments) - 1 - known
    for position, part in enumerate(parts, start=1):
        assert part.shape == arguments[position].shape
        with mpmath.workdps(DIGITS):
            true = [derivative(TRUTH[slug], sample, position) for sample in samples(arguments)]
        np.testing.assert_allclose(part, np.array(true, dtype=float), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("slug", ["laplace", "laplace_fix_b"])
def test_laplace_gradient_is_zero_at_a_tie(slug):
    """At y = mu, where |y - mu| has no derivative, the gradient in mu is the subgradient 0."""
    _, gradient = find(slug)
    y, _, *rest = ordinary(slug)
    np.testing.assert_array_equal(gradient(y, y, *rest)[0], 0)


@pytest.mark.parametrize("peer", PEERS, ids=title)
def test_peer_agrees_with_the_hand_written_loss(peer):
    """On ordinary arguments theirs, by the ledger, equals the hand-written loss to 1e-9."""
    pytest.importorskip(peer.row.library)
    slug = peer.derived.name
    loss, _ = find(slug)
    compared = 0
    for hard in (False, True):
        kept = peer.comparable(points(peer.derived, ordinary(slug, hard=hard)))
        if kept:
            ours = loss(*ordered(peer.derived, arrays(peer.derived, kept, "float64")))
            np.testing.assert_allclose(peer.loss(kept), ours, rtol=1e-9, atol=1e-12)
        compared += len(kept)
    assert compared


@pytest.mark.parametrize("peer", DEFECTIVE, ids=title)
def test_defect_is_real(peer):
    """At the point given theirs is off the true figure by more than 1e-6 of it, or not finite."""
    pytest.importorskip(peer.row.library)
    wrong = peer.wrong
    print(f"{title(peer)}: {wrong.given!r}, truly {wrong.truth!r}")
    assert np.isfinite(wrong.truth)
    assert not abs(wrong.given - wrong.truth) <= 1e-6 * abs(wrong.truth)


@pytest.mark.parametrize("peer", DEFECTIVE, ids=title)
def test_truth_beside_a_defect_is_the_density(peer):
    """By the ledger the figure called true there is the true loss."""
    scale, removed = (float(value(part, peer.wrong.point)) for part in (peer.scale, peer.removed))
    with mpmath.workdps(DIGITS):
        true = float(TRUTH[peer.derived.name](*map(exact, peer.wrong.point.values())))
    np.testing.assert_allclose(scale * peer.wrong.truth - removed, true, rtol=1e-9)


def test_reading_the_peers_imports_no_library():
    """A library is imported only by the rows that call it."""
    script = "import sys, derive.elsewhere; assert not {'torch', 'scipy'} & set(sys.modules)"
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", script], cwd=root, check=True)
