"""Densities in a TOML file: one at the top, or several, each in a table of its own.

    [laplace]
    description = "An error with exponential tails on both sides."
    data        = "y: real"
    parameters  = "mu: real, b: positive"
    density     = "exp(-abs(y - mu)/b)/(2*b)"
    source      = "Laplace (1774)"

A table's name is the density's, unless it says `name`; `data` and `parameters` may be tables as well:
`parameters = { mu = "real", b = "positive" }`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from derive.errors import Misuse
from derive.notation.density import Reading, read
from derive.notation.given import Given, declared, given
from derive.notation.refusal import Refusal, quoted

KEYS = ("name", "data", "parameters", "density", "source", "description")
NEEDED = ("data", "density")
# Limits: characters of a file, and densities in one.
LARGEST_FILE = 200_000
MOST_DENSITIES = 100


def densities(text: str) -> dict[str, Reading]:
    """The densities of a file, by name, in the order written.

    Raises Misuse for what is no TOML, an unknown key, a missing one, a value that is no text, two densities
    of one name, and for whatever `read` refuses, with the name of the density in front.
    """
    found: dict[str, Reading] = {}
    for name, table in _tables(_loaded(text)):
        reading = _reading(name, table)
        if reading.name in found:
            raise Misuse(f"the file has two densities of the name {reading.name}; rename one")
        found[reading.name] = reading
    if not found:
        raise Misuse(f"the file has no density; a density has the keys {', '.join(KEYS)}")
    return found


def _loaded(text: str) -> Mapping[str, Any]:
    if len(text) > LARGEST_FILE:
        raise Misuse(f"the file has {len(text)} characters, and {LARGEST_FILE} are the most that is read")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Misuse(f"the file is not TOML: {error}") from None
    except (RecursionError, ValueError):
        raise Misuse(
            "the file is not TOML that can be read: it is nested too deeply, or a number is too long"
        ) from None


def _tables(loaded: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The tables that are densities, with the names that they stand under."""
    if any(isinstance(value, str) for value in loaded.values()):
        yield "density", loaded
        return
    several = [
        (key, one) for key, value in loaded.items() for one in (value if isinstance(value, list) else [value])
    ]
    if len(several) > MOST_DENSITIES:
        raise Misuse(f"the file has {len(several)} densities, and {MOST_DENSITIES} are the most that is read")
    for key, table in several:
        if not isinstance(table, Mapping):
            raise Misuse(f"{quoted(key)} is no density: a density is a table with the keys {', '.join(KEYS)}")
        yield key, table


def _reading(name: str, table: Mapping[str, Any]) -> Reading:
    for key in table:
        if key not in KEYS:
            near = get_close_matches(key, KEYS, n=1, cutoff=0.5)
            advice = f"did you mean {near[0]}?" if near else f"the keys are {', '.join(KEYS)}"
            raise Misuse(f"{quoted(name)} has the unknown key {quoted(key)}; {advice}")
    for key in NEEDED:
        if key not in table:
            raise Misuse(f"{quoted(name)} has no {key}; a density needs {' and '.join(NEEDED)}")
    texts = {key: _text(name, key, table.get(key, "")) for key in KEYS if key not in ("data", "parameters")}
    called = texts["name"] or name
    try:
        reading = read(texts["density"], _given(name, table), called, texts["description"], texts["source"])
    except Refusal as refusal:
        raise Refusal(refusal.kind, f"{quoted(name)}, {refusal}", refusal.span) from None
    except Misuse as error:
        raise Misuse(f"{quoted(name)}: {error}") from None
    return reading


def _given(name: str, table: Mapping[str, Any]) -> Given:
    """The declaration, from two texts or two tables."""
    data, parameters = table["data"], table.get("parameters", {})
    if isinstance(data, str) and isinstance(parameters, str):
        return given(f"{data} | {parameters}" if parameters.strip() else data)
    groups = []
    for key, written in (("data", data), ("parameters", parameters)):
        group = dict(_parts(name, key, written)) if isinstance(written, str) else written
        if not isinstance(group, Mapping):
            raise Misuse(f"{quoted(name)}: {key} is a text such as 'y: real' or a table, got {_told(group)}")
        groups.append({symbol: _text(name, f"{key}.{symbol}", domain) for symbol, domain in group.items()})
    return declared(*groups)


def _parts(name: str, key: str, text: str) -> Iterator[tuple[str, str]]:
    """`y: real` as a name and a domain."""
    symbol, colon, domain = text.partition(":")
    if not colon:
        raise Misuse(f"{quoted(name)}: {key} is written 'y: real', got {quoted(text)}")
    yield symbol.strip(), domain.strip()


def _text(name: str, key: str, value: object) -> str:
    if not isinstance(value, str):
        raise Misuse(f"{quoted(name)}: {key} is a text, got {_told(value)}")
    return value


def _told(value: object) -> str:
    return f"{quoted(repr(value)[:200])} of type {type(value).__name__}"
