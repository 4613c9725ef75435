"""What other libraries call the densities and their losses, as rows of data.

A row says which figure theirs is, by the ledger -log p = factor * loss + dropped.  How theirs becomes
ours then follows from the derivation (`elsewhere`) and is not written here.  A library is imported
when a row of it is called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Arguments = Callable[..., tuple[Any, ...]]


class Figure(Enum):
    """What a library's function gives for each sample."""

    LOG_DENSITY = "log p"
    NEGATIVE_LOG_LIKELIHOOD = "-log p"
    LOSS = "loss"


@dataclass(frozen=True)
class Condition:
    """Which data theirs is the same for: in words, and as a test of one sample's data."""

    words: str
    holds: Callable[[Any], bool]


@dataclass(frozen=True)
class Defect:
    """Where a library is wrong: the reason, and arguments of one sample that show it."""

    reason: str
    point: tuple[Any, ...]


@dataclass(frozen=True)
class Counterpart:
    """A library's version of a density or of a loss.

    name    what it is called there
    figure  what it is by the ledger
    call    theirs: takes float64 arrays of N samples, (N, K) for vectors, and gives N numbers
    only    the data for which it is the same; None for all
    defect  where it is known to be wrong; None if nowhere known
    """

    name: str
    figure: Figure
    call: Callable[..., Array]
    only: Condition | None = None
    defect: Defect | None = None

    @property
    def library(self) -> str:
        """The package to import."""
        return self.name.partition(".")[0]


def _unchanged(*arguments: Array) -> tuple[Array, ...]:
    return arguments


def _scipy(function: str, arguments: Arguments = _unchanged, **more: Any) -> Counterpart:
    """A log density of scipy.stats; `arguments` makes its arguments of ours."""

    def call(*ours: Array) -> Array:
        from scipy import stats

        distribution, method = function.split(".")
        return np.asarray(getattr(getattr(stats, distribution), method)(*arguments(*ours)))

    return Counterpart(f"scipy.stats.{function}", Figure.LOG_DENSITY, call, **more)


def _distribution(kind: str, arguments: Arguments = _unchanged, by: str = "", **more: Any) -> Counterpart:
    """The log_prob of a Torch distribution, made of its parameters in order, or of the one named `by`."""

    def call(*ours: Array) -> Array:
        import torch

        y, *parameters = map(torch.tensor, arguments(*ours))
        make = getattr(torch.distributions, kind)
        made = make(**{by: parameters[0]}) if by else make(*parameters)
        return np.asarray(made.log_prob(y))

    shown = f"{kind}({by})" if by else kind
    return Counterpart(f"torch.distributions.{shown}.log_prob", Figure.LOG_DENSITY, call, **more)


def _nn(
    title: str,
    arguments: Arguments,
    figure: Figure = Figure.NEGATIVE_LOG_LIKELIHOOD,
    after: Callable[..., Array] | None = None,
    only: Condition | None = None,
    defect: Defect | None = None,
    **options: Any,
) -> Counterpart:
    """A loss of torch.nn: its class, the first word of the title, with its options; `after` changes what it gives."""
    kind, _, rest = title.partition(" ")
    chosen = ", ".join(f"{option}={value}" for option, value in options.items())

    def call(*ours: Array) -> Array:
        import torch

        module = getattr(torch.nn, kind)(reduction="none", **options)
        theirs = np.asarray(module(*map(torch.tensor, arguments(*ours))))
        return after(theirs, *ours) if after else theirs

    shown = f"{kind}({chosen})" if chosen else kind
    return Counterpart(f"torch.nn.{shown} {rest}".rstrip(), figure, call, only, defect)


LOSS = Figure.LOSS

HARD = Condition("hard labels", lambda y: all(label in (0, 1) for label in np.ravel(y)))
AT_MOST_ONE = Condition("y <= 1", lambda y: y <= 1)

SCALE_SQUARED = Defect("the scale is squared, which underflows below about 1e-162", (2e-170, 0.0, 1e-170))
SMALL_SCALE = Defect("a variance below eps = 1e-6 is raised to 1e-6", (1e-3, 0.0, 1e-4))
SMALL_VARIANCE = Defect(SMALL_SCALE.reason, (1e-3, 0.0, 1e-8))
T_GAMMAS = Defect("log Gammas of about 1e13 are subtracted", (1.5, 1e12, 0.5, 2.0))
BETA_GAMMAS = Defect("log Gammas of about 3e13 are subtracted", (1e-12, 2.0, 1e12))
CLAMPED_P = Defect("p is clamped at 2.2e-16 from 0 and 1", (1.0, 1e-60))
CLAMPED_CLASS = Defect(CLAMPED_P.reason, ((1.0, 0.0), (1e-30, 1.0)))
CLAMPED_LOG = Defect("the logarithm is clamped at -100", (1.0, 1e-60))
LOGIT_ADDED = Defect("the logit -40 is added to 40 + e^-40", (0.0, -40.0))
EXP_OVERFLOWS = Defect("in log(1 + e^800) the exponential overflows", (1.0, -800.0))
STIRLING = Defect("above y = 1 Stirling's approximation stands for log y!", (2.0, 0.5))
CERTAIN_LEADER = Defect("the class that leads by 40 costs exactly 0", ((1.0, 0.0), (40.0, 0.0)))

COUNTERPARTS: Mapping[str, tuple[Counterpart, ...]] = {
    "normal": (
        _scipy("norm.logpdf"),
        _distribution("Normal", defect=SCALE_SQUARED),
        _nn("GaussianNLLLoss", lambda y, mu, sigma: (mu, y, sigma**2), full=True, defect=SMALL_SCALE),
    ),
    "normal_fix_sigma": (_nn("MSELoss", lambda y, mu, sigma: (mu, y), LOSS),),
    "normal_fix_sigma_1": (_nn("MSELoss", lambda y, mu: (mu, y), LOSS),),
    "normal_fix_sigma_i": (
        _nn(
            "MSELoss / sigma**2",
            lambda y, mu, sigma: (mu, y),
            LOSS,
            lambda square, y, mu, sigma: square / sigma**2,
        ),
    ),
    "normal_variance": (
        _scipy("norm.logpdf", lambda y, mu, variance: (y, mu, np.sqrt(variance))),
        _distribution("Normal", lambda y, mu, variance: (y, mu, np.sqrt(variance))),
        _nn("GaussianNLLLoss", lambda y, mu, variance: (mu, y, variance), full=True, defect=SMALL_VARIANCE),
    ),
    "laplace": (_scipy("laplace.logpdf"), _distribution("Laplace")),
    "laplace_fix_b": (_nn("L1Loss", lambda y, mu, b: (mu, y), LOSS),),
    "student_t": (_scipy("t.logpdf"), _distribution("StudentT", defect=T_GAMMAS)),
    "beta": (_scipy("beta.logpdf"), _distribution("Beta", defect=BETA_GAMMAS)),
    "bernoulli": (
        _scipy("bernoulli.logpmf", only=HARD),
        _distribution("Bernoulli", by="probs", only=HARD, defect=CLAMPED_P),
        _nn("BCELoss", lambda y, p: (p, y), defect=CLAMPED_LOG),
    ),
    "bernoulli_link_p_sigmoid": (
        _distribution("Bernoulli", by="logits", only=HARD, defect=LOGIT_ADDED),
        _nn("BCEWithLogitsLoss", lambda y, z: (z, y), defect=LOGIT_ADDED),
        _nn("MultiLabelSoftMarginLoss (one label)", lambda y, z: (z[:, None], y[:, None])),
        _nn("SoftMarginLoss", lambda y, z: (z, 2 * y - 1), only=HARD, defect=EXP_OVERFLOWS),
    ),
    "poisson": (_scipy("poisson.logpmf"), _distribution("Poisson")),
    "poisson_link_rate_exp": (
        _nn("PoissonNLLLoss", lambda y, eta: (eta, y), LOSS, log_input=True),
        _nn(
            "PoissonNLLLoss",
            lambda y, eta: (eta, y),
            only=AT_MOST_ONE,
            defect=STIRLING,
            log_input=True,
            full=True,
        ),
    ),
    "categorical": (
        _scipy("multinomial.logpmf", lambda y, p: (y, 1, p), only=HARD),
        _distribution("OneHotCategorical", by="probs", only=HARD, defect=CLAMPED_CLASS),
        _distribution(
            "Categorical", lambda y, p: (y.argmax(-1), p), "probs", only=HARD, defect=CLAMPED_CLASS
        ),
        _nn("NLLLoss (log p)", lambda y, p: (np.log(p), y.argmax(-1)), only=HARD),
        _nn(
            "KLDivLoss (log p)",
            lambda y, p: (np.log(p), y),
            after=lambda terms, y, p: terms.sum(-1),
            only=HARD,
        ),
    ),
    "categorical_link_p_softmax": (
        _distribution("OneHotCategorical", by="logits", only=HARD, defect=CERTAIN_LEADER),
        _distribution(
            "Categorical", lambda y, z: (y.argmax(-1), z), "logits", only=HARD, defect=CERTAIN_LEADER
        ),
        _nn("CrossEntropyLoss (soft targets)", lambda y, z: (z, y), defect=CERTAIN_LEADER),
        _nn(
            "CrossEntropyLoss (class indices)",
            lambda y, z: (z, y.argmax(-1)),
            only=HARD,
            defect=CERTAIN_LEADER,
        ),
    ),
}
"""The rows by what they are of.

Of a density: theirs takes its data and parameters, and is the counterpart of every variant, whatever is
fixed, shared or linked.  Of a variant, by its slug: theirs takes its data and predictors; a LOSS is of
that variant only.
"""
