"""Huber's loss and the mass of its density are as accurate as their docstrings say, against mpmath."""

import mpmath as mp
import numpy as np
import pytest
import torch

from tests.test_pasted_words import KINDS, LIBRARIES, WORDS, error, ulp

COUNT = 60
BOUNDS = {  # word: the bound in float64 for numpy and torch, then in float32
    "_huber": (1, 1, 1, 1),
    "_log_huber_mass": (2.5, 2.5, 0.5, 2.5),
    "_huber_tail": (1.5, 1.5, 0.5, 2),
}


def core(b):
    return mp.sqrt(2 * mp.pi) * mp.erf(b / mp.sqrt(2))


def tails(b):
    return 2 * mp.exp(-b * b / 2) / b


TRUTH = {
    "_huber": lambda a, b: a * a / 2 if abs(a) < b else b * (abs(a) - b / 2),
    "_log_huber_mass": lambda b: mp.log(core(b) + tails(b)),
    "_huber_tail": lambda b: tails(b) / (core(b) + tails(b)),
}
SLOPES = {
    "_huber": (lambda a, b: max(-b, min(b, a)), lambda a, b: max(abs(a) - b, 0)),
    "_log_huber_mass": (lambda b: -TRUTH["_huber_tail"](b) / b,),
    "_huber_tail": (lambda b: -TRUTH["_huber_tail"](b) * (b + (1 - TRUTH["_huber_tail"](b)) / b),),
}


def points(name, kind):
    """Thresholds of any size with a normal share of the tails; residuals of any size, and those at a threshold."""
    random = np.random.default_rng([7, *name.encode()])
    tiny = float(np.finfo(kind).tiny)
    small = 10 ** random.uniform(np.log10(tiny) / 2, 0, COUNT)
    b = np.concatenate([small, random.uniform(0.1, np.sqrt(-2 * np.log(tiny)) - 1, COUNT)]).astype(kind)
    if name != "_huber":
        return [b]
    a = np.concatenate([random.normal(size=COUNT) * 3, 10 ** random.uniform(-10, 15, COUNT)]).astype(kind)
    at = [np.nextafter(b, kind(end)) for end in (-np.inf, np.inf)]
    return [np.concatenate([a, -a, b, -b, *at]), np.tile(b, 6)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", BOUNDS)
def test_within_the_stated_bound(name, library, kind):
    """The excess over conditioning stays below what the docstring says."""
    arrays = points(name, kind)
    function = getattr(WORDS[library], name)
    given = arrays if library == "numpy" else [torch.from_numpy(array) for array in arrays]
    values = np.asarray(function(*given))
    assert values.dtype == kind
    bound = BOUNDS[name][2 * list(KINDS).index(kind) + list(LIBRARIES).index(library)]
    with mp.workdps(60):
        for value, *numbers in zip(values, *arrays, strict=True):
            exact = [mp.mpf(float(number)) for number in numbers]
            slack = mp.fsum(
                abs(slope(*exact)) * ulp(float(number), kind)
                for slope, number in zip(SLOPES[name], numbers, strict=True)
            )
            assert error(value, TRUTH[name](*exact), slack, kind) <= bound, numbers
