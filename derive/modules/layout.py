"""Lines of code as wide as a page: what does not fit is taken apart at its commas and its terms."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence

# The widest line, where it can be broken.
WIDTH = 100


def statement(head: str, results: Sequence[str], *, as_tuple: bool = False) -> list[str]:
    """An assignment or a return of one result or of several, `as_tuple` of one too: `x = a`, `return a, b`."""
    several = as_tuple or len(results) > 1
    whole = f"({results[0]},)" if as_tuple and len(results) == 1 else ", ".join(results)
    if len(f"{head} {whole}") <= WIDTH:
        return [f"{head} {whole}"]
    if several:
        return _bracketed(f"{head} (", results)
    return [f"{head} (", *(f"    {term}" for term in _terms(results[0])), ")"]


def call(head: str, arguments: Sequence[str]) -> list[str]:
    """A call, with its arguments: `f(a, b)`."""
    line = f"{head}({', '.join(arguments)})"
    return [line] if len(line) <= WIDTH else _bracketed(f"{head}(", arguments)


def _bracketed(head: str, parts: Sequence[str]) -> list[str]:
    """Each part on a line of its own, or its terms where it is too long for one."""
    lines = []
    for part in parts:
        *others, last = [part] if len(part) <= WIDTH else _terms(part)
        lines += [*others, f"{last},"]
    return [head, *(f"    {line}" for line in lines), ")"]


def _terms(expression: str) -> Iterator[str]:
    """The terms of a sum, each with its sign, or the links of a chain of methods: those outside of all brackets.

    Of a string they are its lines.
    """
    if expression.startswith('"'):
        yield from (f'"{line}"' for line in textwrap.wrap(expression[1:-1], WIDTH - 8, drop_whitespace=False))
        return
    start = depth = 0
    for match in re.finditer(r"[(\[]|[)\]]| (?=[+-] )|(?=\.\w+_\()", expression):
        if match.group() in ("(", "["):
            depth += 1
        elif match.group() in (")", "]"):
            depth -= 1
        elif depth == 0:
            yield expression[start : match.start()]
            start = match.end()
    yield expression[start:]
