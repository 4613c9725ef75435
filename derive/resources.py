"""What lies inside an installed package and beside it in a checkout: templates and hand-written losses."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

_PACKAGE = Path(__file__).parent


def _folder(inside: str, beside: str) -> Path:
    installed = _PACKAGE / inside
    return installed if installed.is_dir() else _PACKAGE.parent / beside


TEMPLATES = _folder("templates", "templates")
HANDWRITTEN = _folder("handwritten", "tests/handwritten")

# The JSON Schema of the record that `--emit json` writes.
RECORD_SCHEMA = TEMPLATES / "derivation.schema.json"


@cache
def hand_written() -> ModuleType:
    """The hand-written losses, from wherever they lie."""
    return imported("derive_handwritten", HANDWRITTEN / "__init__.py")


def imported(name: str, path: Path) -> ModuleType:
    """A Python file as the module of this name; an `__init__.py` stands for its folder."""
    inside = [str(path.parent)] if path.stem == "__init__" else None
    specification = importlib.util.spec_from_file_location(name, path, submodule_search_locations=inside)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module  # a compiler looks functions up by their module
    specification.loader.exec_module(module)
    return module
