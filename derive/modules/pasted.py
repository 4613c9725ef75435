"""The functions that a module carries with it, because its library lacks them, and what it imports.

`templates/words/LIBRARY/` holds the functions, one file for a family.  The files of a library are read
as one: a function may call those of other files, and a name is defined once.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from derive.resources import TEMPLATES


@dataclass(frozen=True)
class Definition:
    """A function, or a table of coefficients with the comment above it.

    shares  the function of its first argument that it begins with, and takes from who has its value:
            `_largest` of one whose last parameter is `largest=None`; empty where there is none
    """

    text: str
    is_function: bool
    mentions: frozenset[str]
    shares: str = ""


def source(library: str) -> str:
    """All that is there to be pasted into modules of a library, as one file."""
    files = sorted((TEMPLATES / "words" / library).glob("*.py"))
    return "\n\n".join(file.read_text(encoding="utf-8") for file in files)


@cache
def definitions(library: str) -> Mapping[str, Definition]:
    """What can be pasted, by name.

    Raises ValueError for a name that is defined twice: a mistake of whoever writes those files.
    """
    text = source(library)
    lines = text.splitlines()
    found: dict[str, Definition] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            name, first = node.name, node.lineno - 1
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, first = node.targets[0].id, node.lineno - 1
            while lines[first - 1].startswith("# ") and not lines[first - 1].startswith("# fmt:"):
                first -= 1
        else:
            continue
        if name in found:
            raise ValueError(f"templates/words/{library} defines {name} twice; keep one of the two")
        body = "\n".join(lines[first : node.end_lineno])
        optional = isinstance(node, ast.FunctionDef) and node.args.defaults and node.args.args[-1].arg
        shares = f"_{optional}" if optional else ""
        found[name] = Definition(body, isinstance(node, ast.FunctionDef), names_in(body), shares)
    return found


def pasted(library: str, code: str) -> str:
    """The text of the functions that the code calls and the library lacks, with all that these need."""
    known = definitions(library)
    wanted, needed = known.keys() & names_in(code), set()
    while wanted:
        name = wanted.pop()
        needed.add(name)
        wanted |= known.keys() & known[name].mentions - needed
    chosen = [definition for name, definition in known.items() if name in needed]
    tables = "\n".join(definition.text for definition in chosen if not definition.is_function)
    functions = [definition.text for definition in chosen if definition.is_function]
    return "\n\n\n".join(part for part in (tables, *functions) if part)


def sharing(library: str, argument: str, codes: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """What several calls of functions of an argument begin with, by the name it gets, and the codes that use it.

    `_softmax(z) * _softmax_complement(z)` becomes `_softmax(z, largest) * _softmax_complement(z, largest)`
    over `largest = _largest(z)`.
    """
    known = definitions(library)
    calls = re.compile(rf"\b(_\w+)\({argument}((?:, \w+)*)\)")
    found = [known[name].shares for code in codes for name, _ in calls.findall(code) if name in known]
    shared = {
        first[1:]: f"{first}({argument})"
        for first in dict.fromkeys(found)
        if first and found.count(first) > 1
    }

    def shared_call(call: re.Match[str]) -> str:
        first = known[call[1]].shares[1:] if call[1] in known else ""
        return f"{call[1]}({argument}{call[2]}, {first})" if first in shared else call[0]

    return shared, [calls.sub(shared_call, code) for code in codes]


def imports(library: str, statements: Sequence[str], code: str) -> str:
    """Those of the statements, and of the imports of the pasted functions, that bind a name of the code."""
    used = names_in(code)
    bound = dict(_bindings("\n".join([*statements, source(library)])))
    needed = sorted({statement for name, statement in bound.items() if name in used}, key=_place_of_import)
    standard = [statement for statement in needed if _is_standard(statement)]
    others = [statement for statement in needed if not _is_standard(statement)]
    return "\n\n".join("\n".join(group) for group in (standard, others) if group)


def names_in(code: str) -> frozenset[str]:
    """The names that the code mentions, attributes and strings aside."""
    return frozenset(node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name))


def _bindings(code: str) -> Iterator[tuple[str, str]]:
    """Each name that an import of the code binds, with the statement that binds it alone."""
    for node in ast.parse(code).body:
        for alias in getattr(node, "names", ()):
            if isinstance(node, ast.Import):
                yield alias.asname or alias.name, ast.unparse(ast.Import([alias]))
            elif isinstance(node, ast.ImportFrom):
                yield (
                    alias.asname or alias.name,
                    ast.unparse(ast.ImportFrom(node.module, [alias], node.level)),
                )


def _is_standard(statement: str) -> bool:
    """Whether the statement imports from Python's standard library."""
    return statement.split()[1].partition(".")[0] in sys.stdlib_module_names


def _place_of_import(statement: str) -> tuple[bool, str]:
    """Modules before names from modules, each by the alphabet."""
    return statement.startswith("from"), statement
