"""What a derivation can be written as: one row for each target.

A row's name is the word after `--emit`, the stem of its template and the name of its folder below
`generated/`.  What fills a template is imported when a row is filled, so that the names alone, which
the command line shows, need no SymPy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Context = Callable[[Any], Mapping[str, Any]]
Written = Callable[[Any], str]


@dataclass(frozen=True)
class Target:
    """Something a derivation can be written as.

    suffix     of its files, and of its template
    context    what its template shows
    written    what writes it, where it needs no template
    document   whether its template is a whole document, of which `written` writes a part
    committed  whether it stands below `generated/`
    library    the library that its modules run on, which they are loaded with; none for pages
    """

    name: str
    suffix: str
    context: Context | None = None
    written: Written | None = None
    document: bool = False
    committed: bool = False
    library: str = ""

    @property
    def template(self) -> str:
        """The file below `templates/`."""
        return f"{self.name}.{self.suffix}.j2"


def _text(derivation: Any) -> Mapping[str, Any]:
    from derive.pages import text_page

    return text_page(derivation)


def _latex(derivation: Any) -> Mapping[str, Any]:
    from derive.pages import latex_page

    return latex_page(derivation)


def _latex_block(derivation: Any) -> str:
    from derive.pages import latex_block

    return latex_block(derivation)


def _json(derivation: Any) -> str:
    import json

    from derive.record import as_record

    return json.dumps(as_record(derivation), indent=2, ensure_ascii=False) + "\n"


def _numpy(derivation: Any) -> Mapping[str, Any]:
    from derive.modules.module import numpy_module

    return numpy_module(derivation)


def _torch(derivation: Any) -> Mapping[str, Any]:
    from derive.modules.module import torch_module

    return torch_module(derivation)


TARGETS: Mapping[str, Target] = {
    row.name: row
    for row in (
        Target("text", "txt", _text),
        Target("numpy", "py", _numpy, committed=True, library="numpy"),
        Target("torch", "py", _torch, committed=True, library="torch"),
        Target("latex", "tex", _latex, written=_latex_block, document=True, committed=True),
        Target("json", "json", written=_json),
    )
}

COMMITTED = tuple(row for row in TARGETS.values() if row.committed)
MODULES = tuple(row for row in TARGETS.values() if row.library)
