"""The map in `derive/__init__.py` is true."""

import ast
import re
from pathlib import Path

import derive

PACKAGE = Path(derive.__file__).parent
ROOMS = re.findall(
    r"^ {4}(?:there is|is known|follows|is read|is written)? +([a-z]+) {2,}", derive.__doc__, re.MULTILINE
)


def room(path):
    """The room of a file: its folder, or its name."""
    relative = path.relative_to(PACKAGE)
    return relative.parts[0].removesuffix(".py")


def files():
    """Every file of the package but the map and the command's other name."""
    return [
        path
        for path in PACKAGE.rglob("*.py")
        if room(path) not in ("__init__", "__main__", "handwritten", "templates")
    ]


def test_every_file_is_a_room_of_the_map_and_every_room_is_there():
    """The map names the rooms there are, and no others."""
    assert {room(path) for path in files()} == set(ROOMS)


def test_a_file_imports_only_from_rooms_above_it():
    """Imports go up the map, never down."""
    for path in files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.Import) and any(a.name.startswith("derive") for a in node.names))
            assert not (isinstance(node, ast.ImportFrom) and node.level), f"{path.name}: a relative import"
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("derive"):
                names = [node.module.split(".")[1]] if "." in node.module else [a.name for a in node.names]
                for name in names:
                    assert name in ROOMS, f"{path.name} imports {name}"
                    assert ROOMS.index(name) <= ROOMS.index(room(path)), f"{path.name} imports {name}"
