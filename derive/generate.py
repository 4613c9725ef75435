"""Writes the committed modules and pages, and compares them with what is there.

`generated/` is product and golden file at once: a module and a page for every density and its variants, and
an index.  The same input gives the same bytes.
"""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from derive import bounds
from derive.accuracy import DTYPES
from derive.catalogue import VARIANTS
from derive.derivation import derivation
from derive.emit import emit
from derive.errors import Misuse
from derive.pages import text_printer
from derive.remembered import NAME, Made, Memory
from derive.request import Request, request
from derive.targets import COMMITTED, Target
from derive.workers import shared_out


def requests(names: Sequence[str] = ()) -> list[Request]:
    """What is asked for in the catalogue, or that of the named densities or variants.

    Raises Misuse for a name that no row has.
    """
    rows = [request(name, **options) for name, options in VARIANTS]  # type: ignore[arg-type]
    known = {row.distribution.name for row in rows} | {row.slug for row in rows}
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(sorted(known))}."
            raise Misuse(f"nothing is generated under the name {name!r}. {hint}")
    return [row for row in rows if not names or row.distribution.name in names or row.slug in names]


def made(arguments: Mapping[str, Any]) -> Made:
    """The files of what `request` is asked, and its line in the index."""
    row = request(**arguments)
    derived = derivation(row)
    files = {_place(target, row).as_posix(): emit(derived, target.name) for target in COMMITTED}
    show = text_printer(derived)
    bits = [bounds.told(bounds.committed(row.slug), dtype) for dtype in DTYPES]
    cells = [show(part).replace("|", "\\|") for part in (derived.loss, derived.factor, derived.dropped)]
    links = [f"[{target.name}]({_place(target, row).as_posix()})" for target in COMMITTED]
    return Made(files, f"| `{row.command}` | {' | '.join([*cells, *bits])} | {' '.join(links)} |")


def any_there(folder: Path, names: Sequence[str] = ()) -> bool:
    """Whether any file of the named rows stands below the folder."""
    return any((folder / _place(target, row)).is_file() for row in requests(names) for target in COMMITTED)


def _place(target: Target, row: Request) -> Path:
    """Where a row's file stands, below the folder."""
    return Path(target.name) / f"{row.slug}.{target.suffix}"


def index(lines: Iterable[str]) -> str:
    """The index page: a line for each row, with its files."""
    head = [
        "# Generated losses",
        "",
        "Written by `derive generate`; each file says how it was made.  `loss`, `factor` and `dropped` are of one",
        "sample: `-log p = factor * loss + dropped`.  The bits are those that no point, ordinary, wide or extreme,",
        "loses more of beyond conditioning (`derive verify --accuracy`), in NumPy and in Torch.",
        "",
        "| command | loss | factor | dropped | bits, float64 | bits, float32 | files |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*head, *lines]) + "\n"


@dataclass(frozen=True)
class Contents:
    """What should stand below a folder.

    wanted     every text, by its path below the folder; the index belongs to the whole
    unchanged  how many rows were not made again
    memory     the text that remembers what this was made from
    """

    wanted: Mapping[Path, str]
    unchanged: int
    memory: str


def contents(folder: Path, names: Sequence[str] = (), afresh: bool = False) -> Contents:
    """What should stand below a folder, made in several processes; what is unchanged by content is kept.

    afresh  make every file again, whatever is remembered
    """
    rows, memory = requests(names), Memory(folder)
    kept = {} if afresh else {row.slug: one for row in rows if (one := memory.of(row))}
    missing = [row for row in rows if row.slug not in kept]
    found = shared_out(made, [row.arguments for row in missing], "generating")
    done = {**kept, **{row.slug: one for row, one in zip(missing, found, strict=True)}}
    wanted = {Path(path): text for row in rows for path, text in done[row.slug].files.items()}
    if not names:
        wanted[Path("README.md")] = index(done[row.slug].line for row in rows)
    return Contents(wanted, len(kept), memory.with_rows([(row, done[row.slug]) for row in rows]))


def write(folder: Path, contents: Contents) -> int:
    """Write what differs; how many files that were."""
    written = 0
    for path, text in contents.wanted.items():
        if _read(folder / path) != text:
            write_atomically(folder / path, text)
            written += 1
    write_atomically(folder / NAME, contents.memory)
    return written


def differences(folder: Path, wanted: Mapping[Path, str]) -> Iterator[str]:
    """A unified diff for each file that is not what it should be, and for those that should not be there."""
    for path, text in wanted.items():
        there = _read(folder / path)
        if there != text:
            yield "".join(
                difflib.unified_diff(
                    (there or "").splitlines(keepends=True),
                    text.splitlines(keepends=True),
                    str(folder / path),
                    f"{folder / path} (generated)",
                )
            )
    if Path("README.md") in wanted:
        for path in sorted(folder.rglob("*.*")):
            if path.is_file() and _stray(path.relative_to(folder)) and path.relative_to(folder) not in wanted:
                yield f"{path} is not generated by any row; remove it\n"


def _stray(path: Path) -> bool:
    """Whether a file below the folder is neither Python's nor our memory."""
    return path.name != NAME and "__pycache__" not in path.parts


def write_atomically(path: Path, text: str) -> None:
    """Write a file whole or not at all.

    Raises Misuse where it cannot be written.
    """
    path = Path(os.path.realpath(path))  # a link stays a link
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, encoding="utf-8")  # a device or a pipe is written to, never replaced
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise Misuse(f"cannot write {path}: {error.strerror}; name another file or folder") from None


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
