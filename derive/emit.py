"""A derivation through a template: the page a person reads, or the module a person runs.

Everything a template shows is prepared as text by the rooms above, so a template only arranges;
`targets` says what there is to write, and how each is rendered.
"""

from __future__ import annotations

import importlib.util
import tempfile
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from derive.derivation import Derivation
from derive.errors import Misuse
from derive.resources import TEMPLATES, imported
from derive.targets import MODULES, TARGETS, Target

if TYPE_CHECKING:
    import jinja2


def emit(derivation: Derivation, target: str, *, standalone: bool = False) -> str:
    """The derivation as text, in one of `targets`.

    standalone  a whole LaTeX document instead of its `align*` block

    Raises Misuse for an unknown target, and for one that has no document.
    """
    row = _row(target)
    if standalone and not row.document:
        whole = ", ".join(other.name for other in TARGETS.values() if other.document)
        raise Misuse(f"--standalone makes a whole document, so it goes with --emit {whole}, not {target}")
    if row.written and not standalone:
        return row.written(derivation)
    assert row.context is not None
    return _templates().get_template(row.template).render(row.context(derivation))


def load(derivation: Derivation, target: str = "numpy") -> ModuleType:
    """The generated module, imported.

    Raises Misuse for a target that is not code, and ImportError with the remedy where the library
    is not installed.
    """
    row = _row(target)
    if not row.library:
        names = " and ".join(other.name for other in MODULES)
        raise Misuse(f"only modules can be loaded, got {target!r}; there are {names}")
    if importlib.util.find_spec(row.library) is None:
        raise ImportError(
            f"the {target} loss needs {row.library}, which is not installed: pip install {row.library}"
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{derivation.name}_{target}.{row.suffix}"
        path.write_text(emit(derivation, target), encoding="utf-8")
        return imported(f"derive_{path.stem}", path)


def _row(target: str) -> Target:
    if not isinstance(target, str) or target not in TARGETS:
        raise Misuse(f"unknown target {target!r}; there are {', '.join(TARGETS)}")
    return TARGETS[target]


@cache
def _templates() -> jinja2.Environment:
    import jinja2  # what needs no template does not wait for it

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
