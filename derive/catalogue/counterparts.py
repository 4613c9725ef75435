"""Famous libraries' versions of the hand-written losses, as rows of data.

Each row tells how a library's figure becomes ours: ``ours == scale * theirs + shift`` for every sample. The
scale and the shift are those of the mathematics: the factor and the terms that the loss leaves out, such as
log(2 pi) / 2 of a full log density. Where the library itself is wrong, `defect` says so and `defect_point`
gives arguments at which it can be seen.

Torch is imported only when one of its rows is called.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.special import expit, gammaln, xlogy

LOG_2 = np.log(2)
LOG_PI = np.log(np.pi)
LOG_2_PI = np.log(2 * np.pi)


@dataclass(frozen=True)
class Counterpart:
    """A library's version of a loss: ours == scale * theirs + shift, wherever theirs is right."""

    variant: str
    """The slug of the hand-written loss."""
    name: str
    """The name under which the library has it."""
    call: Callable[..., np.ndarray]
    """Theirs: takes the hand-written loss's arguments, float64 arrays, and returns a figure per sample."""
    scale: float | Callable[..., np.ndarray] = 1.0
    """The factor on theirs, a number or a function of the same arguments."""
    shift: float | Callable[..., np.ndarray] = 0.0
    """The term added to scale * theirs, a number or a function of the same arguments."""
    defect: str = ""
    """Where the library is known to be wrong, with the figure seen there; empty if nowhere known."""
    defect_point: tuple = ()
    """Arguments of one sample at which the defect shows."""
    right: Callable[..., np.ndarray] | None = None
    """Which samples of ordinary size theirs is right for; None for all of them."""
    hard: bool = False
    """True if theirs takes only labels of 0 and 1, not soft targets."""

    @property
    def statement(self) -> str:
        """How theirs becomes ours, in one line; empty where scale or shift is not a number."""
        if callable(self.scale) or callable(self.shift):
            return ""
        scale = {1.0: "", -1.0: "-"}.get(self.scale, f"{self.scale:g} * ")
        shift = f" {'-' if self.shift < 0 else '+'} {abs(self.shift):.12g}" if self.shift else ""
        return f"loss = {scale}{self.name}{shift}"

    def value(self, *arguments: np.ndarray) -> np.ndarray:
        """Return scale * theirs + shift, which is to equal the hand-written loss."""
        scale = self.scale(*arguments) if callable(self.scale) else self.scale
        shift = self.shift(*arguments) if callable(self.shift) else self.shift
        return scale * self.call(*arguments) + shift


def _torch(function: Callable) -> Callable[..., np.ndarray]:
    """Turn function(torch, *tensors) into a function of arrays, given to it as float64 tensors."""

    def call(*arguments: np.ndarray) -> np.ndarray:
        import torch

        arrays = np.broadcast_arrays(*(np.asarray(each, dtype=float) for each in arguments))
        return function(torch, *(torch.tensor(np.array(each)) for each in arrays)).numpy()

    return call


def _rows(function: Callable, y, p):
    """Apply function(p, y) with the class axis last, which Torch wants second: as one row per sample."""
    return function(p.reshape(-1, p.shape[-1]), y.reshape(-1, y.shape[-1])).reshape(y.shape[:-1])


_VARIANCE_CLAMP = "GaussianNLLLoss raises a variance below eps = 1e-6 to 1e-6"
_SCALE_SQUARED = "Normal.log_prob squares the scale, which underflows below about 1e-162: nan"


def _normal_likelihoods(variant: str) -> tuple[Counterpart, ...]:
    """Return the rows of log sigma + (y - mu)^2 / (2 sigma^2)."""
    return (
        Counterpart(
            variant,
            "scipy.stats.norm.logpdf",
            stats.norm.logpdf,
            scale=-1.0,
            shift=-LOG_2_PI / 2,
        ),
        Counterpart(
            variant,
            "torch.distributions.Normal.log_prob",
            _torch(lambda torch, y, mu, sigma: torch.distributions.Normal(mu, sigma).log_prob(y)),
            scale=-1.0,
            shift=-LOG_2_PI / 2,
            defect=f"{_SCALE_SQUARED} at sigma = 1e-170, y - mu = 2e-170, truly -389.44",
            defect_point=(2e-170, 0.0, 1e-170),
        ),
        Counterpart(
            variant,
            "torch.nn.GaussianNLLLoss",
            _torch(lambda torch, y, mu, sigma: torch.nn.GaussianNLLLoss(reduction="none")(mu, y, sigma**2)),
            defect=f"{_VARIANCE_CLAMP}: -6.408 at sigma = 1e-4, y - mu = 1e-3, truly 40.79",
            defect_point=(1e-3, 0.0, 1e-4),
        ),
    )


_NORMAL = (
    *_normal_likelihoods("normal"),
    Counterpart(
        "normal_fix_sigma",
        "torch.nn.MSELoss",
        _torch(lambda torch, y, mu: torch.nn.MSELoss(reduction="none")(mu, y)),
    ),
    Counterpart(
        "normal_fix_sigma_1",
        "torch.nn.MSELoss",
        _torch(lambda torch, y, mu: torch.nn.MSELoss(reduction="none")(mu, y)),
    ),
    Counterpart(
        "normal_fix_sigma_1",
        "scipy.stats.norm.logpdf",
        stats.norm.logpdf,
        scale=-2.0,
        shift=-LOG_2_PI,
    ),
    Counterpart(
        "normal_fix_sigma_1",
        "torch.distributions.Normal.log_prob",
        _torch(lambda torch, y, mu: torch.distributions.Normal(mu, 1.0).log_prob(y)),
        scale=-2.0,
        shift=-LOG_2_PI,
    ),
    Counterpart(
        "normal_fix_sigma_1",
        "torch.nn.GaussianNLLLoss",
        _torch(lambda torch, y, mu: torch.nn.GaussianNLLLoss(reduction="none")(mu, y, torch.ones_like(y))),
        scale=2.0,
    ),
    Counterpart(
        "normal_fix_sigma_i",
        "torch.nn.MSELoss",
        _torch(lambda torch, y, mu, sigma: torch.nn.MSELoss(reduction="none")(mu, y)),
        scale=lambda y, mu, sigma: 1 / sigma**2,
    ),
    Counterpart(
        "normal_fix_sigma_i",
        "scipy.stats.norm.logpdf",
        stats.norm.logpdf,
        scale=-2.0,
        shift=lambda y, mu, sigma: -2 * np.log(sigma) - LOG_2_PI,
    ),
    Counterpart(
        "normal_fix_sigma_i",
        "torch.distributions.Normal.log_prob",
        _torch(lambda torch, y, mu, sigma: torch.distributions.Normal(mu, sigma).log_prob(y)),
        scale=-2.0,
        shift=lambda y, mu, sigma: -2 * np.log(sigma) - LOG_2_PI,
        defect=f"{_SCALE_SQUARED} at sigma = 1e-170, y - mu = 2e-170, truly 4",
        defect_point=(2e-170, 0.0, 1e-170),
    ),
    Counterpart(
        "normal_fix_sigma_i",
        "torch.nn.GaussianNLLLoss",
        _torch(lambda torch, y, mu, sigma: torch.nn.GaussianNLLLoss(reduction="none")(mu, y, sigma**2)),
        scale=2.0,
        shift=lambda y, mu, sigma: -2 * np.log(sigma),
        defect=f"{_VARIANCE_CLAMP}: 5.605 at sigma = 1e-4, y - mu = 1e-3, truly 100",
        defect_point=(1e-3, 0.0, 1e-4),
    ),
    Counterpart(
        "normal_link_sigma_exp",
        "scipy.stats.norm.logpdf",
        lambda y, mu, log_sigma: stats.norm.logpdf(y, mu, np.exp(log_sigma)),
        scale=-1.0,
        shift=-LOG_2_PI / 2,
    ),
    Counterpart(
        "normal_link_sigma_exp",
        "torch.distributions.Normal.log_prob",
        _torch(lambda torch, y, mu, log_sigma: torch.distributions.Normal(mu, log_sigma.exp()).log_prob(y)),
        scale=-1.0,
        shift=-LOG_2_PI / 2,
        defect=f"{_SCALE_SQUARED} at log sigma = -400, y - mu = 2e-174, truly -399.45",
        defect_point=(2e-174, 0.0, -400.0),
    ),
    Counterpart(
        "normal_link_sigma_exp",
        "torch.nn.GaussianNLLLoss",
        _torch(
            lambda torch, y, mu, log_sigma: torch.nn.GaussianNLLLoss(reduction="none")(
                mu, y, (2 * log_sigma).exp()
            )
        ),
        defect=f"{_VARIANCE_CLAMP}: -6.408 at log sigma = -9, y - mu = 1e-3, truly 23.83",
        defect_point=(1e-3, 0.0, -9.0),
    ),
    *_normal_likelihoods("normal_shared_mu_sigma"),
)

_NORMAL_VARIANCE = (
    Counterpart(
        "normal_variance",
        "scipy.stats.norm.logpdf",
        lambda y, mu, variance: stats.norm.logpdf(y, mu, np.sqrt(variance)),
        scale=-2.0,
        shift=-LOG_2_PI,
    ),
    Counterpart(
        "normal_variance",
        "torch.distributions.Normal.log_prob",
        _torch(lambda torch, y, mu, variance: torch.distributions.Normal(mu, variance.sqrt()).log_prob(y)),
        scale=-2.0,
        shift=-LOG_2_PI,
    ),
    Counterpart(
        "normal_variance",
        "torch.nn.GaussianNLLLoss",
        _torch(lambda torch, y, mu, variance: torch.nn.GaussianNLLLoss(reduction="none")(mu, y, variance)),
        scale=2.0,
        defect=f"{_VARIANCE_CLAMP}: -12.82 at variance = 1e-8, y - mu = 1e-3, truly 81.58",
        defect_point=(1e-3, 0.0, 1e-8),
    ),
    Counterpart(
        "normal_variance_link_variance_square",
        "scipy.stats.norm.logpdf",
        lambda y, mu, root_variance: stats.norm.logpdf(y, mu, np.abs(root_variance)),
        scale=-2.0,
        shift=-LOG_2_PI,
    ),
    Counterpart(
        "normal_variance_link_variance_square",
        "torch.distributions.Normal.log_prob",
        _torch(
            lambda torch, y, mu, root_variance: torch.distributions.Normal(mu, root_variance.abs()).log_prob(
                y
            )
        ),
        scale=-2.0,
        shift=-LOG_2_PI,
        defect=f"{_SCALE_SQUARED} at f = -1e-170, y - mu = 2e-170, truly -778.88",
        defect_point=(2e-170, 0.0, -1e-170),
    ),
    Counterpart(
        "normal_variance_link_variance_square",
        "torch.nn.GaussianNLLLoss",
        _torch(
            lambda torch, y, mu, root_variance: torch.nn.GaussianNLLLoss(reduction="none")(
                mu, y, root_variance**2
            )
        ),
        scale=2.0,
        defect=f"{_VARIANCE_CLAMP}: -12.82 at f = -1e-4, y - mu = 1e-3, truly 81.58",
        defect_point=(1e-3, 0.0, -1e-4),
    ),
)

_LAPLACE = (
    Counterpart(
        "laplace",
        "scipy.stats.laplace.logpdf",
        stats.laplace.logpdf,
        scale=-1.0,
        shift=-LOG_2,
    ),
    Counterpart(
        "laplace",
        "torch.distributions.Laplace.log_prob",
        _torch(lambda torch, y, mu, b: torch.distributions.Laplace(mu, b).log_prob(y)),
        scale=-1.0,
        shift=-LOG_2,
    ),
    Counterpart(
        "laplace_fix_b",
        "torch.nn.L1Loss",
        _torch(lambda torch, y, mu: torch.nn.L1Loss(reduction="none")(mu, y)),
    ),
)


def _minus_log_t_constant(y, mu, sigma, nu):
    """Return -(log(nu pi) / 2 + log Gamma(nu / 2) - log Gamma((nu + 1) / 2)), dropped where nu is known."""
    return gammaln((nu + 1) / 2) - gammaln(nu / 2) - np.log(nu) / 2 - LOG_PI / 2


_GAMMA_DIFFERENCE = (
    "StudentT.log_prob subtracts log Gamma((nu + 1) / 2) from log Gamma(nu / 2), each about 1e13 at nu = 1e12"
)

_STUDENT_T = (
    Counterpart(
        "student_t",
        "scipy.stats.t.logpdf",
        stats.t.logpdf,
        scale=-1.0,
        shift=-LOG_PI / 2,
    ),
    Counterpart(
        "student_t",
        "torch.distributions.StudentT.log_prob",
        _torch(lambda torch, y, nu, mu, sigma: torch.distributions.StudentT(nu, mu, sigma).log_prob(y)),
        scale=-1.0,
        shift=-LOG_PI / 2,
        defect=f"{_GAMMA_DIFFERENCE}: 1.1639 at (y - mu) / sigma = 0.5, truly 1.1647",
        defect_point=(1.5, 1e12, 0.5, 2.0),
    ),
    Counterpart(
        "student_t_fix_nu",
        "scipy.stats.t.logpdf",
        lambda y, mu, sigma, nu: stats.t.logpdf(y, nu, mu, sigma),
        scale=-1.0,
        shift=_minus_log_t_constant,
    ),
    Counterpart(
        "student_t_fix_nu",
        "torch.distributions.StudentT.log_prob",
        _torch(lambda torch, y, mu, sigma, nu: torch.distributions.StudentT(nu, mu, sigma).log_prob(y)),
        scale=-1.0,
        shift=_minus_log_t_constant,
    ),
)

_BETA = (
    Counterpart("beta", "scipy.stats.beta.logpdf", stats.beta.logpdf, scale=-1.0),
    Counterpart(
        "beta",
        "torch.distributions.Beta.log_prob",
        _torch(lambda torch, y, a, b: torch.distributions.Beta(a, b).log_prob(y)),
        scale=-1.0,
        defect="Beta.log_prob subtracts log Gammas of about 3e13: -26.6289 at y = 1e-12, a = 2, b = 1e12, "
        "truly -26.6310",
        defect_point=(1e-12, 2.0, 1e12),
    ),
)

_BERNOULLI = (
    Counterpart(
        "bernoulli",
        "scipy.stats.bernoulli.logpmf",
        stats.bernoulli.logpmf,
        scale=-1.0,
        hard=True,
    ),
    Counterpart(
        "bernoulli",
        "torch.distributions.Bernoulli(probs).log_prob",
        _torch(lambda torch, y, p: torch.distributions.Bernoulli(probs=p).log_prob(y)),
        scale=-1.0,
        hard=True,
        defect="Bernoulli(probs) clamps p at 2.2e-16 from 0 and 1: 36.04 at y = 1, p = 1e-60, truly 138.16",
        defect_point=(1.0, 1e-60),
    ),
    Counterpart(
        "bernoulli",
        "torch.nn.BCELoss",
        _torch(lambda torch, y, p: torch.nn.BCELoss(reduction="none")(p, y)),
        defect="BCELoss clamps the logarithm at -100: 100 at y = 1, p = 1e-60, truly 138.16",
        defect_point=(1.0, 1e-60),
    ),
    Counterpart(
        "bernoulli_link_p_sigmoid",
        "scipy.stats.bernoulli.logpmf",
        lambda y, logit_p: stats.bernoulli.logpmf(y, expit(logit_p)),
        scale=-1.0,
        hard=True,
        defect="the sigmoid of 40 rounds to 1, so y = 0 there costs inf, truly 40",
        defect_point=(0.0, 40.0),
    ),
    Counterpart(
        "bernoulli_link_p_sigmoid",
        "torch.distributions.Bernoulli(logits).log_prob",
        _torch(lambda torch, y, logit_p: torch.distributions.Bernoulli(logits=logit_p).log_prob(y)),
        scale=-1.0,
        hard=True,
        defect="Bernoulli(logits) adds the logit -40 to 40 + e^-40: 0 at y = 0, truly 4.2e-18",
        defect_point=(0.0, -40.0),
    ),
    Counterpart(
        "bernoulli_link_p_sigmoid",
        "torch.nn.BCEWithLogitsLoss",
        _torch(lambda torch, y, logit_p: torch.nn.BCEWithLogitsLoss(reduction="none")(logit_p, y)),
        defect="BCEWithLogitsLoss adds the logit -40 to 40 + e^-40: 0 at y = 0, truly 4.2e-18",
        defect_point=(0.0, -40.0),
    ),
    Counterpart(
        "bernoulli_link_p_sigmoid",
        "torch.nn.SoftMarginLoss",
        _torch(lambda torch, y, logit_p: torch.nn.SoftMarginLoss(reduction="none")(logit_p, 2 * y - 1)),
        hard=True,
        defect="SoftMarginLoss takes log(1 + e^800), which overflows: inf at y = 1, logit -800, truly 800",
        defect_point=(1.0, -800.0),
    ),
)

_RATE_UNDERFLOW = "the rate e^-800 underflows to 0, so y = 3 there costs inf, truly 2400"

_POISSON = (
    Counterpart(
        "poisson_link_rate_exp",
        "scipy.stats.poisson.logpmf",
        lambda y, log_rate: stats.poisson.logpmf(y, np.exp(log_rate)),
        scale=-1.0,
        shift=lambda y, log_rate: -gammaln(y + 1),
        defect=_RATE_UNDERFLOW,
        defect_point=(3.0, -800.0),
    ),
    Counterpart(
        "poisson_link_rate_exp",
        "torch.distributions.Poisson.log_prob",
        _torch(lambda torch, y, log_rate: torch.distributions.Poisson(log_rate.exp()).log_prob(y)),
        scale=-1.0,
        shift=lambda y, log_rate: -gammaln(y + 1),
        defect=_RATE_UNDERFLOW,
        defect_point=(3.0, -800.0),
    ),
    Counterpart(
        "poisson_link_rate_exp",
        "torch.nn.PoissonNLLLoss(log_input=True)",
        _torch(
            lambda torch, y, log_rate: torch.nn.PoissonNLLLoss(log_input=True, reduction="none")(log_rate, y)
        ),
    ),
    Counterpart(
        "poisson_link_rate_exp",
        "torch.nn.PoissonNLLLoss(log_input=True, full=True)",
        _torch(
            lambda torch, y, log_rate: torch.nn.PoissonNLLLoss(log_input=True, full=True, reduction="none")(
                log_rate, y
            )
        ),
        shift=lambda y, log_rate: -gammaln(y + 1),
        right=lambda y, log_rate: y <= 1,
        defect="PoissonNLLLoss(full=True) adds Stirling's approximation, not log y!, above y = 1: 1.3005 for "
        "1.3419 at y = 2, log rate 0.5",
        defect_point=(2.0, 0.5),
    ),
)

_CATEGORICAL = (
    Counterpart(
        "categorical",
        "scipy.stats.multinomial.logpmf",
        lambda y, p: stats.multinomial.logpmf(y, 1, p),
        scale=-1.0,
        hard=True,
    ),
    Counterpart(
        "categorical",
        "torch.distributions.OneHotCategorical(probs).log_prob",
        _torch(lambda torch, y, p: torch.distributions.OneHotCategorical(probs=p).log_prob(y)),
        scale=-1.0,
        hard=True,
        defect="OneHotCategorical(probs) clamps p at 2.2e-16: 36.04 for a class of p = 1e-30, truly 69.08",
        defect_point=((1.0, 0.0), (1e-30, 1.0)),
    ),
    Counterpart(
        "categorical",
        "torch.nn.NLLLoss",
        _torch(
            lambda torch, y, p: _rows(
                lambda p, y: torch.nn.NLLLoss(reduction="none")(p.log(), y.argmax(1)), y, p
            )
        ),
        hard=True,
    ),
    Counterpart(
        "categorical",
        "torch.nn.KLDivLoss",
        _torch(lambda torch, y, p: torch.nn.KLDivLoss(reduction="none")(p.log(), y).sum(-1)),
        shift=lambda y, p: -np.sum(xlogy(y, y), axis=-1),
    ),
    Counterpart(
        "categorical_link_p_softmax",
        "torch.distributions.OneHotCategorical(logits).log_prob",
        _torch(lambda torch, y, logits: torch.distributions.OneHotCategorical(logits=logits).log_prob(y)),
        scale=-1.0,
        hard=True,
        defect="OneHotCategorical(logits) is exactly 0 for the class that leads by 40, truly 4.2e-18",
        defect_point=((1.0, 0.0), (40.0, 0.0)),
    ),
    Counterpart(
        "categorical_link_p_softmax",
        "torch.nn.CrossEntropyLoss (soft targets)",
        _torch(lambda torch, y, logits: _rows(torch.nn.CrossEntropyLoss(reduction="none"), y, logits)),
        defect="CrossEntropyLoss is exactly 0 for the class that leads by 40, truly 4.2e-18",
        defect_point=((1.0, 0.0), (40.0, 0.0)),
    ),
    Counterpart(
        "categorical_link_p_softmax",
        "torch.nn.CrossEntropyLoss (class indices)",
        _torch(
            lambda torch, y, logits: _rows(
                lambda z, y: torch.nn.CrossEntropyLoss(reduction="none")(z, y.argmax(1)), y, logits
            )
        ),
        hard=True,
        defect="CrossEntropyLoss is exactly 0 for the class that leads by 40, truly 4.2e-18",
        defect_point=((1.0, 0.0), (40.0, 0.0)),
    ),
)

COUNTERPARTS: tuple[Counterpart, ...] = (
    *_NORMAL,
    *_NORMAL_VARIANCE,
    *_LAPLACE,
    *_STUDENT_T,
    *_BETA,
    *_BERNOULLI,
    *_POISSON,
    *_CATEGORICAL,
)
"""Every row, in the order of the families."""


def counterparts(variant: str) -> list[Counterpart]:
    """The rows of one variant, by its slug."""
    return [row for row in COUNTERPARTS if row.variant == variant]
