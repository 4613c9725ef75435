"""A person's own density: read, checked to be one, and asked for like a row of the catalogue.

It comes as a formula with what is declared of its symbols, from a TOML file, or from a function of a
Python file, which alone is imported, and only when it is named.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import sympy
from sympy import Expr, IndexedBase, Symbol

from derive.declare import Distribution, Origin
from derive.declare import read as read_declaration
from derive.derivation import Derivation, derive
from derive.domains import Entries
from derive.errors import Misuse
from derive.heads import Row
from derive.normalisation import Allowed, Ends, check
from derive.normaliser import divided, normaliser
from derive.notation.density import NAME, Reading, read
from derive.notation.files import LARGEST_FILE, densities
from derive.notation.given import IDENTIFIER, LONGEST_NAME
from derive.notation.refusal import quoted
from derive.request import NOTHING_TO_LEARN
from derive.resources import imported
from derive.words import word_of

# What a formula without a name is called, in generated code too: `OwnDensityLoss`.
UNNAMED = "own_density"

TOML = re.compile(r"(?P<path>.*\.toml)(:(?P<name>[^:/]*))?", re.DOTALL)
PYTHON = re.compile(r"(?P<path>.*\.py)(:(?P<name>[^:/]*))?", re.DOTALL)


def density(
    name: str, text: str, *, given: str, unnormalised: bool = False, summary: str = "", source: str = ""
) -> Derivation:
    r"""Derive the loss of a person's own density; `derive.derive` takes what comes back, with options.

    name          what it is called: small letters, digits and underscores
    text          p(data | parameters), in text or in LaTeX
    given         its data and parameters with their domains: "y: real | mu: real, b: positive"
    unnormalised  whether the text is the density only up to a factor free of the data
    summary       one sentence that says what it is
    source        where it is from

    Raises Misuse for what is not understood or can be read in two ways, with its place; where the mass
    is not one or a value is negative, with the point and the number; and without parameters.

    >>> d = density("exponential", r"\lambda e^{-\lambda y}", given="y: positive | lambda: positive")
    >>> d.loss
    lambda*y - log(lambda)
    >>> derive(d, link={"lambda": "exp"}).loss
    -log_lambda + y*exp(log_lambda)
    """
    return derive(formula(text, given, name, unnormalised, summary, source))


def asked(word: str, given: str, name: str, unnormalised: bool) -> str | Distribution:
    """What a word of the command line asks for: a name of the catalogue, or a person's own density.

    word          a name, a formula (if there is `given`), FILE.toml, FILE.toml:NAME or FILE.py:FUNCTION
    given         the declaration of a formula, empty without one
    name          what a formula is called
    unnormalised  whether the density is given only up to a factor

    Raises Misuse likewise, and for a file that is none.
    """
    if given:
        return formula(word, given, name or UNNAMED, unnormalised)
    if name:
        raise Misuse(f"--name {name} names a formula, which needs --given; {quoted(word)} has a name")
    for pattern, found in ((TOML, _from_toml), (PYTHON, _from_python)):
        match = pattern.fullmatch(word)
        if match:
            return found(match["path"], match["name"] or "", unnormalised)
    if unnormalised:
        raise Misuse(f"--unnormalised is for a density of your own, and {quoted(word)} is none of them")
    return word


def formula(
    text: str,
    given: str,
    name: str = UNNAMED,
    unnormalised: bool = False,
    summary: str = "",
    source: str = "",
) -> Distribution:
    """A density from a text and a declaration, checked."""
    for what, one in {
        "name": name,
        "density": text,
        "declaration": given,
        "summary": summary,
        "source": source,
    }.items():
        if not isinstance(one, str):
            raise Misuse(f"the {what} is a text, got {quoted(repr(one))} of type {type(one).__name__}")
    text, given = _on_one_line(text), _on_one_line(given)
    words = [text, "--given", given, *(["--name", name] if name != UNNAMED else [])]
    return _checked(read(text, given, name, summary, source), words, unnormalised)


def _on_one_line(text: str) -> str:
    """A text without its line ends, and without the comments of LaTeX that end there."""
    lines = text.splitlines()
    if len(lines) > 1:
        lines = [re.sub(r"(?<!\\)%.*", "", line) for line in lines]
    return " ".join(" ".join(lines).split())


def _from_toml(path: str, name: str, unnormalised: bool) -> Distribution:
    found = densities(_contents(path))
    if name and name not in found:
        raise Misuse(f"{path} has no density {quoted(name)}; it has {', '.join(found)}")
    if not name and len(found) > 1:
        raise Misuse(
            f"{path} has {len(found)} densities; name one: {path}:{next(iter(found))} (of {', '.join(found)})"
        )
    words = [f"{path}:{name}" if name else path]
    return _checked(found[name] if name else next(iter(found.values())), words, unnormalised)


def _contents(path: str) -> str:
    """The text of a file, or a little more than is read of one."""
    try:
        if not Path(path).is_file():
            raise Misuse(f"there is no file {path}; name a file of densities")
        with open(path, encoding="utf-8") as file:
            return file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, Misuse):
            raise
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise Misuse(f"cannot read {path}: {reason}") from None


def _checked(reading: Reading, words: list[str], unnormalised: bool) -> Distribution:
    """What was read, as a density with its origin."""
    row, mass = _judged(reading.distribution, unnormalised, reading.ends, reading.allowed)
    given = reading.given.source.text
    texts = (reading.text, given, row.name, row.summary, row.source, words, unnormalised, mass)
    return _read_again(*texts)


def _read_again(
    text: str,
    given: str,
    name: str,
    summary: str,
    source: str,
    words: list[str],
    unnormalised: bool,
    mass: Expr | None,
) -> Distribution:
    """The density that was read and checked, in another process."""
    row = read(text, given, name, summary, source).distribution
    texts = (text, given, name, summary, source, words, unnormalised, mass)
    facts = {"density": text, "given": given, "unnormalised": unnormalised}
    return _finished(row, mass, Origin(_words(words, unnormalised), _read_again, texts, facts))


def _judged(
    row: Distribution, unnormalised: bool, ends: Ends | None = None, allowed: Allowed | None = None
) -> tuple[Distribution, Expr | None]:
    """A row that is a density, or one with the mass that it must be divided by."""
    if not row.parameters:
        raise Misuse(NOTHING_TO_LEARN.format(row.name))
    if unnormalised:
        mass, said = normaliser(row, ends, allowed)
        return replace(row, summary=f"{row.summary} {said}".strip()), mass
    with suppress(NotImplementedError):  # over vectors no mass is taken; `verify` says that it was not tested
        check(row, ends, allowed)
    return row, None


def _finished(row: Distribution, mass: Expr | None, origin: Origin) -> Distribution:
    function = row.function if mass is None else divided(row, mass)
    return replace(row, function=function, origin=origin)


def _words(words: list[str], unnormalised: bool) -> tuple[str, ...]:
    return (*words, *["--unnormalised"] * unnormalised)


# From Python ------------------------------------------------------------------------------------------


def _from_python(path: str, name: str, unnormalised: bool) -> Distribution:
    """A declaration of a Python file, which is imported."""
    if not Path(path).is_file():
        raise Misuse(f"there is no file {path}; name a Python file and a function of it, {path}:NAME")
    if not name:
        raise Misuse(f"{path} is imported for one function of it, which is named behind a colon: {path}:NAME")
    row, mass = _judged(_declared(path, name), unnormalised)
    return _of_python(row, path, name, unnormalised, mass)


def _of_python(
    row: Distribution, path: str, name: str, unnormalised: bool, mass: Expr | None
) -> Distribution:
    texts = (path, name, row.summary, unnormalised, mass)
    facts = {"density": f"{path}:{name}", "given": None, "unnormalised": unnormalised}
    words = _words([f"{path}:{name}"], unnormalised)
    return _finished(row, mass, Origin(words, _imported_again, texts, facts))


def _imported_again(
    path: str, name: str, summary: str, unnormalised: bool, mass: Expr | None
) -> Distribution:
    """The density that was imported and checked, in another process."""
    return _of_python(replace(_declared(path, name), summary=summary), path, name, unnormalised, mass)


def _declared(path: str, name: str) -> Distribution:
    """The declaration of this name, with its mathematics tried once."""
    module = _run(
        f"{path} cannot be imported", partial(imported, f"derive_own_{Path(path).stem}", Path(path))
    )
    found = vars(module).get(name)
    if found is None:
        there = [n for n, one in vars(module).items() if isinstance(one, Distribution)]
        known = f"; it declares {', '.join(there)}" if there else ""
        raise Misuse(f"{path} has no {quoted(name)}{known}")
    if not isinstance(found, Distribution):
        if not hasattr(found, "__code__"):
            raise Misuse(
                f"{path}:{name} is no function, but of type {type(found).__name__}; name a declaration"
            )
        declared = partial(read_declaration, Distribution, found)
        found = _run(f"{path}:{name} is no declaration", declared)
    assert isinstance(found, Distribution)
    if not NAME.fullmatch(found.name):
        raise Misuse(f"a density's name has small letters, digits and underscores, got {quoted(found.name)}")
    for symbol in found.domains:
        if not IDENTIFIER.fullmatch(symbol) or len(symbol) > LONGEST_NAME:
            raise Misuse(
                f"{path}:{name}: {quoted(symbol)} is no name: a name has letters, digits and underscores between them"
            )
    if not found.data:
        raise Misuse(f"{path}:{name} has no data; data stand before the *, and parameters behind it")
    symbols = {one: Symbol(one, **domain.data.facts) for one, domain in found.domains.items()}
    values = [
        Row(IndexedBase(symbol)) if isinstance(found.domains[one], Entries) else symbol
        for one, symbol in symbols.items()
    ]
    data, others = (
        values[: len(found.data)],
        dict(zip(found.parameters, values[len(found.data) :], strict=True)),
    )
    density = _run(f"{path}:{name} gives no density", partial(found, *data, **others))
    if not isinstance(density, Expr):
        raise Misuse(f"{path}:{name} gives no formula, but {quoted(repr(density))}; return the density")
    strange = density.free_symbols - {one for value in values for one in _free(value)}
    if strange:
        raise Misuse(
            f"{path}:{name} mentions {quoted(str(min(strange, key=str)))}, which is no argument of it"
        )
    for head in density.atoms(sympy.Function):
        word_of(head)
    return found


def _free(value: Any) -> set[Any]:
    symbols: set[Any] = sympy.sympify(value).free_symbols
    return symbols


def _run(what: str, function: Callable[[], Any]) -> Any:
    """What a person's own code gives; whatever it raises is told in a sentence."""
    try:
        return function()
    except Exception as error:
        said = " ".join(str(error).split())
        raise Misuse(f"{what}: {type(error).__name__}: {said}") from None
