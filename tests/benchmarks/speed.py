"""How long the generated code takes beside what people use instead: `python tests/benchmarks/speed.py`.

A number is the time of the generated code over the time of the peer, each the shortest of many runs made
in turn, for other people only ever make a run longer.  One thread is timed by the processor's clock, which
stands still while others have the processor; two are timed by the wall's.  A star marks a ratio above its goal.

    python tests/benchmarks/speed.py --families normal beta --sizes 1000 --threads 1 --no-compile

NumPy is timed in float64, on one thread: the loss with its gradient, in fresh memory and in that of an earlier
call, beside a straightforward hand-written one; the loss alone beside SciPy.  Torch is timed in float32 (see
--dtype), forward and backward.  `plain` is what one would write first, of elementary operations, with autograd.
"""

import argparse
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from scipy import special, stats
from torch import distributions as td

import derive

CLASSES = 10
ROUNDS = 41
SHORTEST = 1e-3  # seconds: a run is repeated until it takes so long, or it could not be timed
LONGEST = 6.0  # seconds: for all rounds of a cell, but never fewer than FEWEST
FEWEST = 7


# What is drawn ------------------------------------------------------------------------------------


def real(rng, n):
    return rng.normal(size=n)


def positive(rng, n):
    return rng.uniform(0.3, 3.0, n)


def unit(rng, n):
    return rng.uniform(0.02, 0.98, n)


def binary(rng, n):
    return rng.integers(0, 2, n).astype(float)


def count(rng, n):
    return rng.poisson(3.0, n).astype(float)


def logits(rng, n):
    return rng.normal(size=(n // CLASSES, CLASSES))


def index(rng, n):
    return rng.integers(0, CLASSES, n // CLASSES)


def labels(rng, n):
    return special.softmax(rng.normal(size=(n // CLASSES, CLASSES)), -1)


# What one would write first -----------------------------------------------------------------------


def normal(y, mu, s):
    r, v = y - mu, np.exp(-2 * s)
    return (s + r**2 * v / 2).mean(), -r * v / y.size, (1 - r**2 * v) / y.size


def normal_of_sigma(y, mu, sigma):
    z = (y - mu) / sigma
    return (np.log(sigma) + z**2 / 2).mean(), -z / sigma / y.size, (1 - z**2) / sigma / y.size


def laplace(y, mu, b):
    r = y - mu
    return (np.log(b) + abs(r) / b).mean(), -np.sign(r) / b / y.size, (1 / b - abs(r) / b**2) / y.size


def student_t(y, nu, mu, sigma):
    z = (y - mu) / sigma
    q = 1 + z**2 / nu
    value = np.log(q) * (nu + 1) / 2 + np.log(sigma) + np.log(nu) / 2
    value += special.gammaln(nu / 2) - special.gammaln((nu + 1) / 2)
    in_nu = (np.log(q) - (nu + 1) * z**2 / (nu**2 * q) + 1 / nu) / 2
    in_nu += (special.digamma(nu / 2) - special.digamma((nu + 1) / 2)) / 2
    w = (nu + 1) * z / (nu * q)
    return value.mean(), in_nu / y.size, -w / sigma / y.size, (1 - w * z) / sigma / y.size


def bernoulli(y, z):
    return (np.logaddexp(0, z) - y * z).mean(), (special.expit(z) - y) / y.size


def poisson(y, s):
    rate = np.exp(s)
    return (rate - y * s).mean(), (rate - y) / y.size


def beta(y, a, b):
    value = special.betaln(a, b) - (a - 1) * np.log(y) - (b - 1) * np.log1p(-y)
    both = special.digamma(a + b)
    in_a, in_b = special.digamma(a) - both - np.log(y), special.digamma(b) - both - np.log1p(-y)
    return value.mean(), in_a / y.size, in_b / y.size


def gamma(y, a, b):
    value = special.gammaln(a) - a * np.log(b) - (a - 1) * np.log(y) + b * y
    return value.mean(), (special.digamma(a) - np.log(b) - np.log(y)) / y.size, (y - a / b) / y.size


def probit(y, z):
    value = -y * special.log_ndtr(z) - (1 - y) * special.log_ndtr(-z)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return value.mean(), density * ((1 - y) / special.ndtr(-z) - y / special.ndtr(z)) / y.size


def softmax(y, z):
    p = special.softmax(z, -1)
    return -(y * special.log_softmax(z, -1)).sum(-1).mean(), (p - y) / len(y)


def plain_student_t(nu, mu, sigma, y):
    constant = torch.lgamma(nu / 2) - torch.lgamma((nu + 1) / 2) + nu.log() / 2 + sigma.log()
    return (constant + (nu + 1) / 2 * torch.log1p(((y - mu) / sigma) ** 2 / nu)).mean()


def plain_beta(a, b, y):
    constant = torch.lgamma(a) + torch.lgamma(b) - torch.lgamma(a + b)
    return (constant - (a - 1) * y.log() - (b - 1) * torch.log1p(-y)).mean()


def plain_probit(z, y):
    return -(y * torch.special.log_ndtr(z) + (1 - y) * torch.special.log_ndtr(-z)).mean()


def hot_or_soft(z, y):
    return y if y.is_floating_point() else F.one_hot(y, z.shape[1]).to(z.dtype)


# The rows -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Family:
    """A loss, and its peers.

    options        of the derivation
    draws          what is drawn for the learned arguments, and for the data
    by_hand        NumPy: (y, *learned) -> value, *gradient
    scipy          NumPy: (y, *learned) -> the log density
    plain          Torch: (*learned, y) -> the mean loss, of elementary operations
    distributions  Torch: likewise, by torch.distributions
    fused          Torch: peers that are one C++ kernel, by name; functional: peers that are several
    elementary     whether there are no special functions in it
    function       which of our functions is meant in Torch
    """

    density: str
    options: Mapping[str, str]
    draws: Sequence[Callable]
    plain: Callable
    by_hand: Callable | None = None
    scipy: Callable | None = None
    distributions: Callable | None = None
    fused: Mapping[str, Callable] = field(default_factory=dict)
    functional: Mapping[str, Callable] = field(default_factory=dict)
    elementary: bool = True
    function: str = "loss"


FAMILIES = {
    "normal log sigma": Family(
        "normal",
        {"link": "sigma=exp"},
        [real, real, real],
        by_hand=normal,
        scipy=lambda y, mu, s: stats.norm.logpdf(y, mu, np.exp(s)),
        plain=lambda mu, s, y: (s + (y - mu) ** 2 * torch.exp(-2 * s) / 2).mean(),
        distributions=lambda mu, s, y: -td.Normal(mu, s.exp()).log_prob(y).mean(),
        functional={"gaussian_nll": lambda mu, s, y: F.gaussian_nll_loss(mu, y, torch.exp(2 * s))},
    ),
    "normal": Family(
        "normal",
        {},
        [real, positive, real],
        by_hand=normal_of_sigma,
        scipy=stats.norm.logpdf,
        plain=lambda mu, sigma, y: (sigma.log() + ((y - mu) / sigma) ** 2 / 2).mean(),
        distributions=lambda mu, sigma, y: -td.Normal(mu, sigma).log_prob(y).mean(),
        functional={"gaussian_nll": lambda mu, sigma, y: F.gaussian_nll_loss(mu, y, sigma**2)},
    ),
    "normal sigma=1": Family(
        "normal",
        {"fix": "sigma=1"},
        [real, real],
        by_hand=lambda y, mu: (((y - mu) ** 2).mean(), 2 * (mu - y) / y.size),
        plain=lambda mu, y: ((y - mu) ** 2).mean(),
        fused={"mse_loss": F.mse_loss},
    ),
    "laplace": Family(
        "laplace",
        {},
        [real, positive, real],
        by_hand=laplace,
        scipy=stats.laplace.logpdf,
        plain=lambda mu, b, y: (b.log() + (y - mu).abs() / b).mean(),
        distributions=lambda mu, b, y: -td.Laplace(mu, b).log_prob(y).mean(),
    ),
    "laplace b=1": Family(
        "laplace",
        {"fix": "b=1"},
        [real, real],
        by_hand=lambda y, mu: (abs(y - mu).mean(), np.sign(mu - y) / y.size),
        plain=lambda mu, y: (y - mu).abs().mean(),
        fused={"l1_loss": F.l1_loss},
    ),
    "bernoulli sigmoid": Family(
        "bernoulli",
        {"link": "p=sigmoid"},
        [real, binary],
        by_hand=bernoulli,
        plain=lambda z, y: (F.softplus(z) - y * z).mean(),
        distributions=lambda z, y: -td.Bernoulli(logits=z).log_prob(y).mean(),
        fused={"bce_with_logits": F.binary_cross_entropy_with_logits},
    ),
    "poisson exp": Family(
        "poisson",
        {"link": "rate=exp"},
        [real, count],
        by_hand=poisson,
        scipy=lambda y, s: stats.poisson.logpmf(y, np.exp(s)),
        plain=lambda s, y: (s.exp() - y * s).mean(),
        distributions=lambda s, y: -td.Poisson(s.exp()).log_prob(y).mean(),
        functional={"poisson_nll": F.poisson_nll_loss},
    ),
    "softmax": Family(
        "categorical",
        {"link": "p=softmax"},
        [logits, labels],
        by_hand=softmax,
        plain=lambda z, y: -(y * torch.log_softmax(z, 1)).sum(1).mean(),
        fused={"cross_entropy": F.cross_entropy},
    ),
    "softmax of index": Family(
        "categorical",
        {"link": "p=softmax"},
        [logits, index],
        plain=lambda z, y: -torch.log_softmax(z, 1).gather(1, y[:, None]).mean(),
        distributions=lambda z, y: -td.Categorical(logits=z).log_prob(y).mean(),
        fused={"cross_entropy": F.cross_entropy},
        function="loss_from_index",
    ),
    "student_t": Family(
        "student_t",
        {},
        [positive, real, positive, real],
        by_hand=student_t,
        scipy=stats.t.logpdf,
        plain=plain_student_t,
        distributions=lambda nu, mu, sigma, y: -td.StudentT(nu, mu, sigma).log_prob(y).mean(),
        elementary=False,
    ),
    "gamma": Family(
        "gamma",
        {},
        [positive, positive, positive],
        by_hand=gamma,
        scipy=lambda y, a, b: stats.gamma.logpdf(y, a, scale=1 / b),
        plain=lambda a, b, y: (torch.lgamma(a) - a * b.log() - (a - 1) * y.log() + b * y).mean(),
        distributions=lambda a, b, y: -td.Gamma(a, b).log_prob(y).mean(),
        elementary=False,
    ),
    "beta": Family(
        "beta",
        {},
        [positive, positive, unit],
        by_hand=beta,
        scipy=stats.beta.logpdf,
        plain=plain_beta,
        distributions=lambda a, b, y: -td.Beta(a, b).log_prob(y).mean(),
        elementary=False,
    ),
    "probit": Family(
        "bernoulli",
        {"link": "p=normal_cdf"},
        [real, binary],
        by_hand=probit,
        plain=plain_probit,
        elementary=False,
    ),
}


# Timing -------------------------------------------------------------------------------------------


def goals(family, size):
    """The highest ratio that is wanted, for each kind of peer."""
    kinds = ("by hand", "scipy", "plain", "distributions", "fused", "functional")
    if size < 10**4:
        return {**dict.fromkeys(kinds, 1.0), "compiled plain": 1.1}
    by_hand, distributions = (0.65, 0.4) if family.elementary else (1.0, 1.0)
    return {
        "by hand": by_hand,
        "scipy": 1.0,
        "plain": 1.0,
        "distributions": distributions,
        "fused": 2.0,
        "functional": 1.0,
        "compiled plain": 1.1,
    }


def ratios(ours, peers, clock):
    """The seconds of each of our calls, and the ratio of each to a peer, run in turn."""
    calls = {**ours, **{name: call for name, (_, call, _) in peers.items()}}
    repeats = {}
    for name, call in calls.items():
        call()
        start = clock()
        call()
        repeats[name] = max(1, int(SHORTEST / (clock() - start)))
    taken = {name: [] for name in calls}
    start = time.perf_counter()
    for done in range(ROUNDS):
        if done >= FEWEST and time.perf_counter() - start > LONGEST:
            break
        for name, call in calls.items():
            begin = clock()
            for _ in range(repeats[name]):
                call()
            taken[name].append((clock() - begin) / repeats[name])
    shortest = {name: min(times) for name, times in taken.items()}
    paired = {name: shortest[of] / shortest[name] for name, (of, _, _) in peers.items()}
    return {name: shortest[name] for name in ours}, paired


def numpy_cell(family, size):
    """Our calls, and for each peer what it is compared with, its call and the goal."""
    rng = np.random.default_rng(0)
    module = derive.derive(family.density, **family.options).load("numpy")
    *learned, y = [draw(rng, size) for draw in family.draws]
    _, earlier = module.loss_and_gradient(y, *learned)
    ours = {
        "numpy, with gradient": lambda: module.loss_and_gradient(y, *learned),
        "numpy, gradient into out": lambda: module.loss_and_gradient(y, *learned, out=earlier),
        "numpy, value": lambda: module.loss(y, *learned),
    }
    goal = goals(family, size)
    by_hand = partial(family.by_hand, y, *learned)
    peers = {
        "by hand": ("numpy, with gradient", by_hand, goal["by hand"]),
        "by hand, fresh memory": ("numpy, gradient into out", by_hand, goal["by hand"]),
    }
    if family.scipy:
        peers["scipy"] = ("numpy, value", lambda: -family.scipy(y, *learned).mean(), goal["scipy"])
    return ours, peers


def torch_cell(family, size, dtype, compiled):
    """Likewise."""
    rng = np.random.default_rng(0)
    module = derive.derive(family.density, **family.options).load("torch")
    *learned, y = [torch.tensor(draw(rng, size)) for draw in family.draws]
    learned = [leaf.to(dtype).requires_grad_() for leaf in learned]
    y = y.to(dtype) if y.is_floating_point() else y

    def run(function):
        return lambda: torch.autograd.grad(function(*learned, y), learned)

    own, goal = getattr(module, family.function), goals(family, size)
    ours = {"torch": run(own)}
    peers = {"plain": ("torch", run(family.plain), goal["plain"])}
    if family.distributions:
        peers["distributions"] = ("torch", run(family.distributions), goal["distributions"])
    for kind in ("fused", "functional"):
        for name, peer in getattr(family, kind).items():
            peers[name] = ("torch", run(peer), goal[kind])
    if compiled:
        torch._dynamo.reset()
        ours["torch, compiled"] = run(torch.compile(own, fullgraph=True, dynamic=False))
        plain = run(torch.compile(family.plain, fullgraph=True, dynamic=False))
        peers["plain, compiled"] = ("torch, compiled", plain, goal["compiled plain"])
        for name, peer in family.fused.items():
            peers[f"{name}, eager"] = ("torch, compiled", run(peer), 1.0)
    return ours, peers


# The table ----------------------------------------------------------------------------------------


def show(name, columns, results):
    """Print a family: our microseconds, below them the ratio to each peer, a column for each cell."""
    print(f"\n{name}")
    lines = {}
    for column, (seconds, paired, peers) in results.items():
        for of, taken in seconds.items():
            lines.setdefault((of, ""), {})[column] = f"{1e6 * taken:,.0f} us "
        for peer, ratio in paired.items():
            of, _, goal = peers[peer]
            lines.setdefault((of, peer), {})[column] = f"{ratio:.2f}{'*' if ratio > goal else ' '}"
    for of in dict.fromkeys(of for of, _ in lines):
        for (other, peer), cells in lines.items():
            if other == of:
                label = f"    / {peer}" if peer else f"  {of}"
                print(
                    f"{label:<28}" + "".join(f"{cells.get(column, ''):>14}" for column in columns), flush=True
                )


def main():
    """Time what is asked for, and print the table family by family."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=list(FAMILIES), metavar="NAME")
    parser.add_argument("--sizes", nargs="+", type=int, default=[10**3, 10**5, 10**7])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--libraries", nargs="+", choices=["numpy", "torch"], default=["numpy", "torch"])
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    parser.add_argument("--no-compile", action="store_true")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    columns = [(size, threads) for size in asked.sizes for threads in asked.threads]
    heads = [f"10^{np.log10(size):.0f} x {threads}" for size, threads in columns]
    print(f"{'elements x threads':<28}" + "".join(f"{head:>13} " for head in heads))
    for name in asked.families:
        family, results = FAMILIES[name], {}
        for size, threads in columns:
            torch.set_num_threads(threads)
            cells = []
            if "numpy" in asked.libraries and family.by_hand and threads == 1:
                cells.append(numpy_cell(family, size))
            if "torch" in asked.libraries:
                cells.append(torch_cell(family, size, getattr(torch, asked.dtype), not asked.no_compile))
            seconds, paired, peers = {}, {}, {}
            for ours, others in cells:
                taken, found = ratios(ours, others, time.process_time if threads == 1 else time.perf_counter)
                seconds, paired, peers = {**seconds, **taken}, {**paired, **found}, {**peers, **others}
            results[size, threads] = seconds, paired, peers
        show(name, columns, results)


if __name__ == "__main__":
    main()
