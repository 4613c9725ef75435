"""The names that arguments have in generated code: those of the mathematics, unless they mean something else there.

What else a name could mean is read from the templates themselves: each is written with one word in the
place of every argument, and parsed.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Collection, Iterator
from dataclasses import fields
from functools import cache
from itertools import product
from typing import Any

import jinja2

from derive.calculus import DIRECTION
from derive.modules.library import NUMPY, TORCH
from derive.resources import TEMPLATES

# What a caller calls the one datum of a Torch loss.
TARGET = "target"

# What stands for every argument in a template that is only read; no argument is called so.
ARGUMENT = "_argument"


class _Anything(jinja2.Undefined):
    """What a template is filled with to be read: whatever it asks of it is the argument again."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return ARGUMENT if name == "name" else self

    def __call__(self, *_: Any, **__: Any) -> Any:
        return self

    def __getitem__(self, _: Any) -> Any:
        return self

    def __str__(self) -> str:
        return ARGUMENT

    def __iter__(self) -> Iterator[Any]:
        return iter([self])

    def __len__(self) -> int:
        return 1

    def __bool__(self) -> bool:
        return True


class _False(_Anything):
    """The same, where a template asks whether there is any."""

    def __bool__(self) -> bool:
        return False


def identifier(name: str) -> str:
    """The name in generated code.

    A Python keyword, a name of Python's own, a name of the module and one that a function of the module
    gives to something else beside its arguments get a trailing underscore, so that nothing is shadowed.
    """
    if keyword.iskeyword(name) or keyword.issoftkeyword(name) or hasattr(builtins, name):
        return f"{name}_"
    return f"{name}_" if name in _words() and name in taken() else name


@cache
def taken() -> frozenset[str]:
    """The names that a module has, and those that stand beside arguments in its functions."""
    names, loader = {TARGET, DIRECTION}, jinja2.FileSystemLoader(TEMPLATES)
    for flag, unknown in ((True, _Anything), (False, _False)):
        environment = jinja2.Environment(
            loader=loader, undefined=unknown, trim_blocks=True, lstrip_blocks=True
        )
        for library, blocks in product((NUMPY, TORCH), ((True,), (False,), (True, False))):
            code = ast.parse(
                "\n".join([*library.imports, _rendered(environment, library.name, blocks, flag)])
            )
            names |= set(_bound(code.body)) | beside_arguments(code, {ARGUMENT})
    return frozenset(names)


def beside_arguments(code: ast.AST, arguments: Collection[str]) -> set[str]:
    """What the functions of a module mention where one of the arguments has a meaning, the arguments aside."""
    found: set[str] = set()
    for function in ast.walk(code):
        if isinstance(function, ast.FunctionDef | ast.Lambda) and set(arguments) & set(_assigned(function)):
            found |= set(_mentioned(function))
    return found - set(arguments)


def _rendered(environment: jinja2.Environment, library: str, blocks: tuple[bool, ...], flag: bool) -> str:
    """The template of a library with every argument the same."""
    from derive.modules.module import Vectors  # which is made of arguments, and these of names

    vectors = Vectors(blocks, *[flag] * (len(fields(Vectors)) - 1))
    template = environment.get_template(f"{library}.py.j2")
    directions = [f"{DIRECTION}_{place}" if place else DIRECTION for place in range(len(blocks))]
    return template.render(vectors=vectors, directions=directions)


@cache
def _words() -> frozenset[str]:
    """Every word of the templates: a name that is none of them needs no further look."""
    files = (TEMPLATES / name for name in ("numpy.py.j2", "torch.py.j2", "shared.j2"))
    text = " ".join([*NUMPY.imports, *TORCH.imports, *(file.read_text("utf-8") for file in files)])
    return frozenset(re.findall(r"\w+", text)) | {TARGET, DIRECTION}


def _bound(statements: list[ast.stmt]) -> Iterator[str]:
    """The names that the statements of a module bind."""
    for statement in statements:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            yield statement.name
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in statement.names)
        elif isinstance(statement, ast.Assign):
            yield from (node.id for node in ast.walk(statement) if isinstance(node, ast.Name))


def _assigned(function: ast.AST) -> Iterator[str]:
    """The arguments and the variables of a function, and of those within it."""
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _mentioned(function: ast.AST) -> Iterator[str]:
    """Every name in a function."""
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.FunctionDef):
            yield node.name
