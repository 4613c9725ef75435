"""What the generated modules say: docstring, guards and kernels, in the words of one library.

A module stands alone.  Its kernels are programs over shared parts (`program`), its guards come from
the domains, and the words that no library has are pasted from `templates/words_*.py`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Expr

from derive.calculus import DIRECTION, Calculus, calculus
from derive.catalogue.variants import BOUND_IN_ULP, VARIANTS
from derive.derivation import Derivation, Quantity
from derive.domains import SUM_TOLERANCE, Entries, Interval
from derive.elsewhere import elsewhere
from derive.pages import quantity_lines, text_printer
from derive.printers.code import Code
from derive.printers.numpy import NumPy
from derive.printers.torch import Torch
from derive.program import program
from derive.request import identifier
from derive.resources import TEMPLATES
from derive.rewriting import applied
from derive.stable import STABLE
from derive.version import VERSION


@dataclass(frozen=True)
class Kernel:
    """The body of a function: its assignments and its results, as code."""

    lines: tuple[str, ...]
    results: tuple[str, ...]


@dataclass(frozen=True)
class Guard:
    """What is demanded of an argument: where it is broken, as code, and in words."""

    name: str
    broken: str
    demand: str


@dataclass(frozen=True)
class Library:
    """How a library writes what guards need; the words file holds what it lacks."""

    name: str
    printer: type[Code]
    infinite: str
    floor: str
    any_entry: str
    sum_of_entries: str
    magnitude: str
    class_axis: str


NUMPY = Library(
    "numpy",
    NumPy,
    "np.isinf({0})",
    "np.floor({0})",
    "np.any({0}, axis=-1)",
    "np.sum({0}, axis=-1)",
    "np.abs({0})",
    "The class axis is the last one; all other axes broadcast.",
)
TORCH = Library(
    "torch",
    Torch,
    "torch.isinf({0})",
    "torch.floor({0})",
    "torch.any({0}, dim=-1)",
    "torch.sum({0}, dim=-1)",
    "torch.abs({0})",
    "The class axis is the second one, as in torch.nn (the only one where there is one axis).",
)


def numpy_module(derivation: Derivation) -> dict[str, Any]:
    """What `templates/numpy.py.j2` is filled with."""
    return _module(derivation, NUMPY)


def torch_module(derivation: Derivation) -> dict[str, Any]:
    """What `templates/torch.py.j2` is filled with."""
    return _module(derivation, TORCH)


def _module(derivation: Derivation, library: Library) -> dict[str, Any]:
    show = text_printer(derivation)
    found = calculus(derivation)
    names = {quantity.name: identifier(quantity.name) for quantity in derivation.quantities}
    data = [names[quantity.name] for quantity in derivation.data]
    learned = [quantity for quantity in derivation.predictors if quantity.role.learned]
    known = derivation.known
    in_loss = [q for q in known if _mentions(derivation.loss, q)]
    factor, dropped = (_stabilised(derivation, part) for part in (derivation.factor, derivation.dropped))
    of_constants = [q for q in (*derivation.data, *known) if _mentions(dropped, q)]

    def kernel(*results: Expr) -> Kernel:
        return _kernel(library, found, results, names, derivation)

    def plain(expression: Expr) -> str:
        return library.printer(names, {}, [q.name for q in derivation.quantities])(expression)

    hessian = (
        []
        if found.of_vector
        else [found.hessian[i][j] for i in range(len(learned)) for j in range(i, len(learned))]
    )
    vector = found.of_vector
    kernels = {
        "loss": kernel(found.loss),
        "gradient": kernel(found.loss, *found.gradient),
        "hessian": kernel(*hessian) if hessian else None,
        "diagonal": kernel(found.hessian[0][0]) if vector else None,
        "product": kernel(found.hessian_vector_product) if vector else None,
    }
    guards = [
        _guard(quantity, names[quantity.name], library) for quantity in (*derivation.data, *learned, *known)
    ]
    context: dict[str, Any] = {
        "title": _title(derivation),
        "summary": derivation.distribution.summary,
        "signature": derivation.distribution.signature,
        "density": show(derivation.density),
        "links": _links(derivation),
        "quantities": quantity_lines(derivation),
        "theta": ", ".join(q.name for q in learned),
        "loss_text": show(derivation.loss),
        "factor_text": show(derivation.factor),
        "dropped_text": show(derivation.dropped),
        "soft": derivation.distribution.soft,
        "source": derivation.distribution.source,
        "elsewhere": [version.statement for version in elsewhere(derivation)],
        "bound": BOUND_IN_ULP if _is_verified(derivation) else None,
        "command": f"{derivation.request.command} --emit {library.name}",
        "version": VERSION,
        "class_name": "".join(word.capitalize() for word in derivation.distribution.name.split("_")) + "Loss",
        "data": data,
        "learned": [names[q.name] for q in learned],
        "known": [names[q.name] for q in known],
        "known_in_loss": [names[q.name] for q in in_loss],
        "of_constants": [names[q.name] for q in of_constants],
        "vectors": [names[q.name] for q in derivation.quantities if q.vector],
        "harmless": {names[q.name]: repr(q.domain.data.harmless) for q in derivation.quantities},
        "factor": plain(factor),
        "factor_known": [names[q.name] for q in known if _mentions(factor, q)],
        "dropped": plain(dropped),
        "guards": {guard.name: guard for guard in guards},
        "kernels": kernels,
        "vector": vector,
        "of_classes": any(q.vector and q.domain.discrete for q in derivation.data),
        "direction": DIRECTION,
        "rows": _rows(len(learned)),
        "entries": [
            f"h_{one}_{other}"
            for place, one in enumerate(names[q.name] for q in learned)
            for other in [names[q.name] for q in learned][place:]
        ],
        "shapes": library.class_axis if vector else "All arguments broadcast.",
    }
    code = " ".join(
        [context["factor"], context["dropped"], *(g.broken for g in guards)]
        + [line for k in kernels.values() if k for line in (*k.lines, *k.results)]
    )
    context["words"] = _words(library, code)
    everything = code + context["words"]
    context["needs_special"] = "special." in everything
    context["needs_math"] = "math." in everything
    context["needs_functional"] = "F." in everything
    return context


def _rows(count: int) -> tuple[tuple[int, ...], ...]:
    """Where each entry of a symmetric matrix stands in the list of its upper triangle."""
    upper = [(row, column) for row in range(count) for column in range(row, count)]
    return tuple(
        tuple(upper.index((min(row, column), max(row, column))) for column in range(count))
        for row in range(count)
    )


def _kernel(
    library: Library,
    found: Calculus,
    results: Sequence[Expr],
    names: Mapping[str, str],
    derivation: Derivation,
) -> Kernel:
    """Print a program over the loss's parts."""
    arranged = program(found.parts, results, {*names.values(), DIRECTION, "weight", "value"})
    order = [quantity.name for quantity in derivation.quantities]
    show = library.printer({**names, **arranged.names}, arranged.inline, order)
    lines = tuple(f"{name} = {show(expression)}" for name, expression in arranged.assignments)
    return Kernel(lines, tuple(show(result) for result in arranged.results))


def _guard(quantity: Quantity, name: str, library: Library) -> Guard:
    domain = quantity.domain.data
    if not isinstance(domain, Entries):
        return Guard(name, _broken(domain, name, library), domain.demanded)
    broken = library.any_entry.format(_broken(domain.entry, name, library))
    if domain.sums_to_one:
        off = library.magnitude.format(f"{library.sum_of_entries.format(name)} - 1")
        broken = f"{broken} | ({off} > {SUM_TOLERANCE})"
    return Guard(name, broken, domain.demanded)


def _broken(domain: Interval, name: str, library: Library) -> str:
    """Where a value lies outside the interval; nan lies nowhere and so is left to the formula."""
    conditions = []
    for bound, closed, strict, loose in (
        (domain.lower, domain.closed[0], "<", "<="),
        (domain.upper, domain.closed[1], ">", ">="),
    ):
        if abs(bound) != float("inf"):
            conditions.append(f"({name} {strict if closed else loose} {bound:g})")
    if abs(domain.lower) == float("inf") or abs(domain.upper) == float("inf"):
        conditions.append(library.infinite.format(name))
    if domain.integer:
        conditions.append(f"({library.floor.format(name)} < {name})")
    if domain.nonzero:
        conditions.append(f"({name} == 0)")
    text = " | ".join(conditions)
    return text[1:-1] if len(conditions) == 1 and text.startswith("(") else text


def _stabilised(derivation: Derivation, expression: Expr) -> Expr:
    """What was dropped, in stable words as the loss is."""
    for _, changed in applied(expression, STABLE, derivation.domains):
        expression = changed
    return expression


def _mentions(expression: Expr, quantity: Quantity) -> bool:
    return bool(expression.free_symbols & quantity.plain.free_symbols)


def _is_verified(derivation: Derivation) -> bool:
    """Whether `derive verify` holds these very options to the bound."""
    asked = derivation.request
    return not (asked.keep_constants or asked.keep_factor) and any(
        asked.distribution.name == name and asked.options == options for name, options in VARIANTS
    )


def _title(derivation: Derivation) -> str:
    learned = " and ".join(q.name for q in derivation.learned)
    return f"The {derivation.distribution.name.replace('_', ' ')} loss of {learned}, with its gradient and Hessian."


def _links(derivation: Derivation) -> list[str]:
    show = text_printer(derivation)
    found = []
    for quantity in derivation.learned:
        if quantity.parameter:
            link = derivation.request.linked[quantity.parameter]
            found.append(
                f"{quantity.parameter} = {link.name}({quantity.name}), the {link.synonym} link; {show(quantity.plain)} below"
            )
    return found


def _words(library: Library, code: str) -> str:
    """The text of the functions that the code calls and the library lacks, with those they call."""
    source = (TEMPLATES / f"words_{library.name}.py").read_text(encoding="utf-8")
    definitions = {_defined(node): node for node in ast.parse(source).body if _defined(node)}
    needed: set[str] = set()

    def need(text: str) -> None:
        for name in re.findall(r"\b_[A-Za-z0-9_]+", text):
            if name in definitions and name not in needed:
                needed.add(name)
                need(ast.get_source_segment(source, definitions[name]) or "")

    need(code)
    functions: list[str] = []
    tables: list[str] = []
    for name, node in definitions.items():
        if name in needed:
            (functions if isinstance(node, ast.FunctionDef) else tables).append(
                ast.get_source_segment(source, node) or ""
            )
    parts = ["\n".join(tables), *functions]
    return "\n\n\n".join(part for part in parts if part)


def _defined(node: ast.stmt) -> str:
    if isinstance(node, ast.FunctionDef):
        return node.name
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    return ""
