"""A derivation through a template: the page a person reads, or the module a person runs.

A target is a printer, a template and a file suffix; `TARGETS` holds them all.  Everything a template
shows is prepared here as text, so a template only arranges.  `--emit numpy`, `templates/numpy.py.j2`
and `generated/numpy/` bear one name.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import jinja2

from derive.derivation import Derivation
from derive.errors import Misuse
from derive.pages import latex_page, text_page
from derive.record import as_record
from derive.resources import TEMPLATES


@dataclass(frozen=True)
class Target:
    """Something to emit: its file suffix, and what its template is filled with."""

    name: str
    suffix: str
    context: Callable[[Derivation], Mapping[str, Any]]


def emit(derivation: Derivation, target: str, *, standalone: bool = False) -> str:
    """The derivation as text: "latex", "text", "numpy", "torch" or "json".

    standalone  a whole LaTeX document instead of its `align*` block

    Raises Misuse for an unknown target.
    """
    if target not in TARGETS:
        raise Misuse(f"unknown target {target!r}; there are {', '.join(TARGETS)}")
    if standalone and target != "latex":
        raise Misuse(f"--standalone makes a LaTeX document, so it goes with --emit latex, not {target}")
    row = TARGETS[target]
    if target == "json":
        return json.dumps(row.context(derivation), indent=2, ensure_ascii=False) + "\n"
    template = f"{target}_standalone" if standalone else target
    return _templates().get_template(f"{template}.{row.suffix}.j2").render(row.context(derivation))


def load(derivation: Derivation, target: str = "numpy") -> ModuleType:
    """The generated module, imported.

    Raises Misuse for a target that is not code, and ImportError with the remedy where the library
    is not installed.
    """
    if target not in ("numpy", "torch"):
        raise Misuse(f"only numpy and torch modules can be loaded, not {target!r}")
    if importlib.util.find_spec(target) is None:
        raise ImportError(
            f"the {target} loss needs {target}, which is not installed: pip install 'derive[{target}]'"
        )
    text = emit(derivation, target)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{derivation.name}_{target}.py"
        path.write_text(text, encoding="utf-8")
        specification = importlib.util.spec_from_file_location(f"derive_{path.stem}", path)
        assert specification is not None and specification.loader is not None
        module = importlib.util.module_from_spec(specification)
        sys.modules[specification.name] = module  # a compiler looks functions up by their module
        specification.loader.exec_module(module)
    return module


@cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )


def _numpy_module(derivation: Derivation) -> Mapping[str, Any]:
    from derive.modules.module import numpy_module  # pages do not wait for what only modules need

    return numpy_module(derivation)


def _torch_module(derivation: Derivation) -> Mapping[str, Any]:
    from derive.modules.module import torch_module

    return torch_module(derivation)


TARGETS = {
    target.name: target
    for target in (
        Target("text", "txt", text_page),
        Target("latex", "tex", latex_page),
        Target("numpy", "py", _numpy_module),
        Target("torch", "py", _torch_module),
        Target("json", "json", as_record),
    )
}
