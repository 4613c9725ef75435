"""Where the files that are not Python modules lie: inside an installed package, beside it in a checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def _folder(inside: str, beside: str) -> Path:
    installed = _PACKAGE / inside
    return installed if installed.is_dir() else _PACKAGE.parent / beside


TEMPLATES = _folder("templates", "templates")
HANDWRITTEN = _folder("handwritten", "tests/handwritten")

# The JSON Schema of the record that `--emit json` writes.
RECORD_SCHEMA = TEMPLATES / "derivation.schema.json"
