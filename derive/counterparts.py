"""What another library calls a density or a loss: a fact that stands beside the density's declaration.

It says which figure theirs is, by the ledger -log p = factor * loss + dropped.  How theirs becomes ours
then follows from the derivation (`elsewhere`) and is not written here.  A library is imported when its
function is called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

# What people call the packages; those beside them are known by name and never called.
LIBRARIES = {"torch": "Torch", "scipy": "SciPy"}
NAMED_ONLY = ("Stan", "TFP", "gamlss")

Array = Any
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
    call    theirs: takes arrays of its own kind of N samples, (N, K) for vectors, and gives N numbers
    only    the data for which it is the same; None for all
    defect  where it is known to be wrong; None if nowhere known
    within  how much of the loss it may be off, where it computes in less than double precision
    """

    name: str
    figure: Figure
    call: Callable[..., Array]
    only: Condition | None = None
    defect: Defect | None = None
    within: float = 1e-9

    @property
    def library(self) -> str:
        """The package to import."""
        return self.name.partition(".")[0]

    @property
    def known_as(self) -> tuple[str, str]:
        """The library and what people call this of it: `("SciPy", "norm")`, `("Torch", "Normal")`."""
        _, _, path = self.name.split()[0].partition(".")
        folder, _, function = path.partition(".")
        kind = function.partition("(")[0].partition(".")[0]
        return LIBRARIES[self.library], f"nn.{kind}" if folder == "nn" else kind

    def of_arrays(self, *ours: Array) -> Array:
        """What it gives for arrays of NumPy, as one."""
        import numpy as np

        if self.library != "torch":
            return np.asarray(self.call(*ours))
        import torch

        return np.asarray(self.call(*map(torch.tensor, ours)))


def _unchanged(*arguments: Array) -> tuple[Array, ...]:
    return arguments


def scipy(function: str, arguments: Arguments = _unchanged, **more: Any) -> Counterpart:
    """A log density of scipy.stats; `arguments` makes its arguments of ours."""

    def call(*ours: Array) -> Array:
        from scipy import stats

        distribution, method = function.split(".")
        return getattr(getattr(stats, distribution), method)(*arguments(*ours))

    return Counterpart(f"scipy.stats.{function}", Figure.LOG_DENSITY, call, **more)


def torch_distribution(
    kind: str, arguments: Arguments = _unchanged, by: str = "", **more: Any
) -> Counterpart:
    """The log_prob of a Torch distribution, made of its parameters in order, the last of them by name."""

    def call(*ours: Array) -> Array:
        import torch

        y, *parameters = arguments(*ours)
        named = {by: parameters.pop()} if by else {}
        made = getattr(torch.distributions, kind)(*parameters, **named, validate_args=False)
        return made.log_prob(y)

    shown = f"{kind}({by})" if by else kind
    return Counterpart(f"torch.distributions.{shown}.log_prob", Figure.LOG_DENSITY, call, **more)


def torch_nn(
    title: str,
    arguments: Arguments,
    figure: Figure = Figure.NEGATIVE_LOG_LIKELIHOOD,
    after: Callable[..., Array] | None = None,
    only: Condition | None = None,
    defect: Defect | None = None,
    by_sample: Callable[..., Mapping[str, Any]] | None = None,
    **options: Any,
) -> Counterpart:
    """A loss of torch.nn: its class, the first word of the title, with its options.

    after      changes what it gives
    by_sample  options that each sample has of its own, of its arguments
    """
    kind, _, rest = title.partition(" ")
    chosen = ", ".join(f"{option}={value}" for option, value in options.items())

    def call(*ours: Array) -> Array:
        import torch

        loss = getattr(torch.nn, kind)
        if by_sample:
            samples = zip(*ours, strict=True)
            return torch.stack(
                [loss(reduction="none", **by_sample(*sample))(*arguments(*sample)) for sample in samples]
            )
        theirs = loss(reduction="none", **options)(*arguments(*ours))
        return after(theirs, *ours) if after else theirs

    shown = f"{kind}({chosen})" if chosen else kind
    return Counterpart(f"torch.nn.{shown} {rest}".rstrip(), figure, call, only, defect)


@dataclass(frozen=True)
class Variant:
    """A density with the options people ask for: what `derive generate` writes and `derive verify` proves.

    options       what a person would type: `{"fix": "sigma"}` is `--fix sigma`
    counterparts  of this variant only: theirs takes its data and predictors
    """

    options: Mapping[str, str]
    counterparts: tuple[Counterpart, ...] = ()


def variant(*counterparts: Counterpart, **options: str) -> Variant:
    """`variant(fix="sigma")`."""
    return Variant(options, counterparts)


HARD = Condition("hard labels", lambda y: all(label in (0, 1) for label in _numbers(y)))
AT_MOST_ONE = Condition("y <= 1", lambda y: y <= 1)


def _numbers(y: Any) -> Any:
    import numpy as np

    return np.ravel(y)


def array_exp(a: Array) -> Array:
    """The exponential of every number, for the arguments of a function of theirs."""
    import numpy as np

    return np.exp(a)
