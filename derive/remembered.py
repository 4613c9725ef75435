"""What a folder of generated files was made from, so that what is unchanged is not made again.

A row's files follow from the sources of this package, its templates, the libraries that print and
simplify, the file that declares the row and those of the catalogue that this one imports, and what was
chosen for the row.  Their digest is remembered beside the files, with the digests of the files: a row whose
digests are all as remembered is unchanged, whatever the dates of its files.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from derive import bounds, choices
from derive.request import Request
from derive.resources import TEMPLATES

# The file in the folder that remembers; it is no product and is not committed.
NAME = ".made_from.json"

# What the bytes of a file follow from, beside our own sources.
LIBRARIES = ("sympy", "mpmath", "jinja2")

_PACKAGE = Path(__file__).parent
_CATALOGUE = _PACKAGE / "catalogue"


@dataclass(frozen=True)
class Made:
    """What was made of a row.

    files  every file's text, by its path below the folder
    line   the row's line in the index
    """

    files: Mapping[str, str]
    line: str


class Memory:
    """What a folder holds that is still as it would be made."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            read = json.loads((folder / NAME).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            read = {}
        self._rows = read if isinstance(read, dict) else {}

    def of(self, row: Request) -> Made | None:
        """What was made of a row; None where it is to be made again."""
        kept = self._rows.get(row.slug, {})
        if not isinstance(kept, dict) or kept.get("made from") != made_from(row):
            return None
        try:
            files = {path: (self._folder / path).read_text(encoding="utf-8") for path in kept["files"]}
        except OSError:
            return None
        unchanged = all(_digest(text) == kept["files"][path] for path, text in files.items())
        return Made(files, kept["line"]) if unchanged else None

    def with_rows(self, made: Iterable[tuple[Request, Made]]) -> str:
        """The text that remembers these rows beside those that were remembered."""
        rows = {
            row.slug: {
                "made from": made_from(row),
                "line": one.line,
                "files": {path: _digest(text) for path, text in one.files.items()},
            }
            for row, one in made
        }
        return json.dumps({**self._rows, **rows}, indent=1, sort_keys=True) + "\n"


def made_from(row: Request) -> str:
    """The digest of all that the files of a row follow from."""
    declared = Path(row.distribution.function.__code__.co_filename)
    catalogue = "".join(_source(path) for path in sorted(_imported(declared)))
    return _digest(
        _engine()
        + catalogue
        + repr((choices.committed(row.slug), sorted(bounds.committed(row.slug).items())))
        + row.command
    )


@cache
def _engine() -> str:
    """The digest of what all rows have in common."""
    ours = [path for path in _PACKAGE.rglob("*.py") if path.parent != _CATALOGUE]
    templates = [path for path in TEMPLATES.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    texts = [_source(path) for path in sorted({*ours, *templates})]
    return _digest("".join([*(f"{name} {version(name)}" for name in LIBRARIES), *texts]))


def _imported(path: Path) -> set[Path]:
    """A file of the catalogue, and those that it imports."""
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += _imports(one)
    return found


@cache
def _imports(path: Path) -> tuple[Path, ...]:
    return tuple(name for name in _named(ast.parse(_source(path))) if name.is_file())


def _named(tree: ast.Module) -> Iterator[Path]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("derive.catalogue"):
            for name in (node.module or "").rpartition(".")[2], *(alias.name for alias in node.names):
                yield _CATALOGUE / f"{name}.py"


@cache
def _source(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
