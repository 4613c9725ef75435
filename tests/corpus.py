"""Densities as others write them: a file of them beside the checkout, or in the folder that DERIVE_CORPUS names.

Each entry has a text, a point and the log density there, or a status that says what is wrong with it.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import mpmath
import pytest
import sympy

from derive.errors import Misuse
from derive.normalisation import check
from derive.notation.density import read
from derive.notation.refusal import Refusal
from derive.oracle import evaluate

# What the refusal of each status says; a wrong constant and a dropped one are found by integration.
DIAGNOSES = {
    "macro-slip": "macro slip",
    "needs-definition": "not declared",
    "name-mismatch": "not declared",
    "nonstandard": "nonstandard",
    "proportional-only": "proportional",
    "wrong-in-source": "check its normalising constant",
    "constant-dropped": "was dropped",
}


def log_density(distribution, point):
    """The logarithm of the density at a point."""
    arguments = {}
    for name, domain in distribution.domains.items():
        arguments[name] = sympy.Symbol(name, **domain.data.facts)
    data = [arguments[name] for name in distribution.data]
    found = distribution(*data, **{name: arguments[name] for name in distribution.parameters})
    with mpmath.workdps(40):
        return float(
            mpmath.log(evaluate(found, {name: mpmath.mpf(str(value)) for name, value in point.items()}))
        )


# The domain that a support in words stands for.
DATA = {"real": "real", "angle": "angle", "R^k": "vector"}


def declared_by(entry) -> str:
    """The declaration that an entry of the corpus stands for."""
    support, name = entry["support"], entry["variable"]
    ends = support.partition("= ")[2].split("..")
    if len(ends) == 2 and "," not in support:
        data = f"{{{ends[0]}, ..., {ends[1]}}}"
    elif "{0,1}" in support:
        data = "binary"
    elif "0,1," in support or "1,2," in support:
        data = "count" if "0,1," in support else "positive integer"
    elif support in DATA:
        data = DATA[support]
    else:
        data = {"> 0": "positive", ">= 0": "nonnegative", "< 1": "unit"}.get(
            next((end for end in ("> 0", ">= 0", "< 1") if support.endswith(end)), ""), "real"
        )
    parameters = []
    for parameter, value in entry["parameters"].items():
        whole, vector = isinstance(value, int), isinstance(value, list)
        domain = (
            "vector"
            if vector
            else "count"
            if whole
            else "real"
            if parameter in ("mu", "xi", "mean")
            else "positive"
        )
        domain = (
            "unit"
            if domain != "vector" and not whole and 0 < value < 1 and parameter in ("p", "theta", "tau")
            else domain
        )
        if "Proportion" in entry["text"] and parameter == "mu":
            domain = "unit"
        parameters.append(f"{parameter}: {domain}")
    return f"{name}: {data} | {', '.join(parameters)}"


def corpus() -> Path:
    """Where densities of others lie."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "corpus"
    return Path(os.environ.get("DERIVE_CORPUS", beside)) / "densities.json"


needs_corpus = pytest.mark.skipif(not corpus().exists(), reason="the densities of others are not here")


def entries():
    """The corpus, or nothing."""
    return json.loads(corpus().read_text("utf-8")) if corpus().exists() else []


@dataclass(frozen=True)
class Outcome:
    """What became of an entry: whether that is right, and what was found in words."""

    right: bool
    told: str


def outcome(entry) -> Outcome:
    """An entry of status ok is to have its log density; any other is to be refused for what is wrong."""
    ok = entry["status"] == "ok"
    try:
        reading = read(entry["text"], declared_by(entry))
        if not ok:
            check(reading.distribution, reading.ends, reading.allowed)
            return Outcome(False, "read, though it is not right")
    except Refusal as refusal:
        return Outcome(refusal.kind == DIAGNOSES.get(entry["status"]), f"refused: {refusal.kind}: {refusal}")
    except Misuse as error:
        return Outcome(not ok and DIAGNOSES[entry["status"]] in str(error), f"refused: {error}")
    values = [entry["test_point"], *entry["parameters"].values()]
    found = log_density(reading.distribution, dict(zip(reading.distribution.domains, values, strict=True)))
    return Outcome(abs(found - entry["expected_log_density"]) <= 1e-9, f"log density {found!r}")
