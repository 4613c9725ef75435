"""A loss tells of an argument itself where that is not what it must be, and then nobody looked at it before."""

import itertools
import math

import numpy as np
import pytest
import torch

from derive.derivation import derivation
from derive.emit import load
from derive.modules.module import numpy_module
from derive.request import request
from derive.scenes import LEVELS, far_points, points
from derive.words import VOCABULARY
from tests import sampled
from tests.test_words import NAMESPACES, PRINTERS, arguments

KINDS = {"numpy": np.float64, "torch": torch.float64}
SOME = [-math.inf, -1e300, -2.0, -1.0, 0.0, 0.5, 1.0, 3.0, 1e300, math.inf, math.nan]
INFINITE = [-math.inf, math.inf, math.nan]

CARRYING = [word for word in VOCABULARY.values() if word.infinite_with]
BOUNDED = [word for word in VOCABULARY.values() if word.finite_above is not None]


def computed(library, word, numbers):
    """What the printed word gives of each set of numbers."""
    expression = word(*arguments(word))
    names = list(word.data)
    scope = dict(NAMESPACES[library])
    exec(f"def f({', '.join(names)}):\n    return {PRINTERS[library]({}, {})(expression)}", scope)
    array = np.array if library == "numpy" else torch.tensor
    columns = [array(column, dtype=KINDS[library]) for column in zip(*numbers, strict=True)]
    with np.errstate(all="ignore"):
        return np.asarray(scope["f"](*columns))


@pytest.mark.parametrize("library", KINDS)
@pytest.mark.parametrize("word", CARRYING, ids=lambda word: word.name)
def test_words_are_infinite_with_their_arguments(word, library):
    """Whatever the others are, none of which need lie in its domain."""
    for place in word.infinite_with:
        grid = [INFINITE if other == place else SOME for other in range(len(word.data))]
        assert not np.isfinite(computed(library, word, list(itertools.product(*grid)))).any()


@pytest.mark.parametrize("library", KINDS)
@pytest.mark.parametrize("word", BOUNDED, ids=lambda word: word.name)
def test_words_are_finite_above_a_number_alone(word, library):
    """At it and below they are infinite or nan; above it they are finite."""
    end = word.finite_above
    outside = [(number,) for number in (*SOME, end, np.nextafter(end, -9)) if not number > end]
    assert not np.isfinite(computed(library, word, outside)).any()
    assert np.isfinite(computed(library, word, [(np.nextafter(end, 9),), (end + 1,), (1e300,)])).all()


def outside(domain):
    """Numbers that do not lie in an interval."""
    ends = (domain.lower, domain.upper)
    near = [number for end in ends for number in (end, np.nextafter(end, -9), np.nextafter(end, 9))]
    return [number for number in (*SOME, *near) if not (number in domain and math.isfinite(number))]


def test_what_is_told_of():
    """An observation and its location, a scale by its logarithm; no length, no count, nothing that a word of -log p hides."""

    def told(name, **options):
        filled = numpy_module(derivation(request(name, **options)))
        return [one.name for one in filled["arguments"].loss if one.told]

    assert told("normal") == ["y", "mu", "sigma"]
    assert told("normal", link="sigma=exp") == ["y", "mu", "log_sigma"]
    assert told("normal", fix="sigma[i]") == ["y", "mu"]
    assert told("lognormal") == ["y", "mu", "sigma"]
    assert told("poisson", link="rate=exp") == []
    assert told("categorical", link="p=softmax") == []
    assert told("exponential") == ["rate"]


@pytest.mark.parametrize(("name", "options"), sampled(), ids=str)
def test_a_loss_tells_of_what_it_says(name, options):
    """Where the argument is broken the loss of the sample, as it is computed, is infinite or nan."""
    derived = derivation(request(name, **options))
    loss_arguments = numpy_module(derived)["arguments"].loss
    told = [one for one in loss_arguments if one.told]
    for library in KINDS:
        module = load(derived, library)
        for one in told:
            (quantity,) = (q for q in derived.quantities if q.name == one.name)
            drawn = [*points(derived, 6, "float64")]
            drawn += [point for level in LEVELS for point in far_points(derived, level, "float64", 6)]
            for point in drawn:
                given = {q.name: point[q.name] for q in derived.quantities if q.name in point}
                for number in outside(quantity.domain.data):
                    changed = {**given, one.name: number}
                    arrays = [np.array(changed[other.name]) for other in loss_arguments]
                    if library == "torch":
                        arrays = [torch.from_numpy(array) for array in arrays]
                    with np.errstate(all="ignore"):
                        assert not np.isfinite(float(module._loss(*arrays))), (changed, one.name)
