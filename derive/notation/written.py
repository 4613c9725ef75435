"""The tree as text that is read as the same tree: every product with its sign, every part in brackets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from derive.notation import vocabulary as known
from derive.notation.tree import (
    All,
    AnyOf,
    Apply,
    Cases,
    Comparison,
    Constant,
    Entry,
    Head,
    Indicator,
    Known,
    Line,
    Listed,
    Member,
    Name,
    Negative,
    Node,
    Number,
    Over,
    Power,
    Product,
    Quotient,
    Range,
    Sum,
)

SIGNS = {"=": "=", "≠": "!=", "<": "<", "≤": "<=", ">": ">", "≥": ">="}
SETS = {
    "real": "ℝ",
    "positive": "ℝ_{+}",
    "nonnegative": "ℝ_{>=0}",
    "natural": "ℕ",
    "count": "ℕ_{0}",
    "positive integer": "ℕ_{1}",
    "integer": "ℤ",
}


def written(node: Node) -> str:
    """The text of a tree."""
    return _WRITERS[type(node)](node)


def _inner(node: Node) -> str:
    """A part in brackets, unless nothing could come loose."""
    plain = isinstance(node, Name | Entry | Constant | Apply) or (
        isinstance(node, Number) and node.value.denominator == 1
    )
    return written(node) if plain else f"({written(node)})"


def _name(name: str) -> str:
    base, _, below = name.partition("_")
    return f"{base}_{{{below.replace('_', ',')}}}" if below else base


def _number(value: Fraction) -> str:
    """The decimal that it was: its denominator has no factors but 2 and 5."""
    if value.denominator == 1:
        return str(value.numerator)
    places = next(n for n in range(1, 400) if (value * 10**n).denominator == 1)
    digits = str(int(value * 10**places)).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}"


def _range(node: Range) -> str:
    first, last = written(node.first), written(node.last)
    if node.integers and isinstance(node.last, Constant):
        return f"\\{{{first}, ..., ∞\\}}"
    if node.integers:
        return f"\\{{{first}, ..., {last}\\}}"
    return f"{'[' if node.closed[0] else '('}{first}, {last}{']' if node.closed[1] else ')'}"


def _over(node: Over) -> str:
    sign = "\\sum" if node.operation == "sum" else "\\prod"
    first = "" if node.first is None else f"={written(node.first)}"
    last = "" if node.last is None else f"^{{{written(node.last)}}}"
    return f"({sign}_{{{node.index}{first}}}{last} ({written(node.body)}))"


def _cases(node: Cases) -> str:
    rows = (
        f"{written(value)} & {'otherwise' if condition is None else written(condition)}"
        for value, condition in node.branches
    )
    lines = " \\\\ ".join(rows)
    return f"\\begin{{cases}} {lines} \\end{{cases}}"


def _apply(node: Apply) -> str:
    if node.function == "factorial":
        return f"({_inner(node.arguments[0])})!"
    if node.function == "bessel":
        return f"besseli({', '.join(written(argument) for argument in node.arguments)})"
    if node.function == "sqrt":
        return f"\\sqrt{{{written(node.arguments[0])}}}"
    if node.function == "binomial":
        return f"\\binom{{{written(node.arguments[0])}}}{{{written(node.arguments[1])}}}"
    spelling = _COMMANDS.get(node.function, known.FUNCTIONS[node.function].spellings[0])
    return f"{spelling}\\left({', '.join(written(argument) for argument in node.arguments)}\\right)"


_COMMANDS = {
    "bessel_0": "I_0",
    "bessel_1": "I_1",
    "log10": "\\operatorname{log10}",
    "log2": "\\operatorname{log2}",
    "log1p": "\\operatorname{log1p}",
    "expm1": "\\operatorname{expm1}",
    "log1mexp": "\\operatorname{log1mexp}",
    "log_gamma": "\\operatorname{lgamma}",
    "log_beta": "\\operatorname{lbeta}",
    "log_normal_cdf": "\\operatorname{log\\_ndtr}",
    "sigmoid": "\\operatorname{sigmoid}",
    "xlogy": "\\operatorname{xlogy}",
    "xlog1py": "\\operatorname{xlog1py}",
    "logaddexp": "\\operatorname{logaddexp}",
    "gamma": "\\Gamma",
    "normal_cdf": "\\Phi",
}


def _head(node: Head) -> str:
    names = ", ".join(map(_name, node.before))
    if node.behind is not None:
        names += " \\mid " + ", ".join(map(_name, node.behind))
    function = node.function if node.function.isalpha() else f"\\text{{{node.function}}}"
    logarithm = "\\log " if node.logarithm else ""
    return logarithm + function + (f"({names})" if names else "")


def _line(node: Line) -> str:
    head = "" if node.head is None else f"{_head(node.head)} = "
    condition = "" if node.condition is None else f", {written(node.condition)}"
    return head + " = ".join(written(value) for value in node.values) + condition


_WRITERS: Mapping[type, Callable[[Any], str]] = {
    Number: lambda node: _number(node.value),
    Constant: lambda node: {"pi": "\\pi", "e": "e", "infinity": "∞"}[node.name],
    Name: lambda node: _name(node.name),
    Entry: lambda node: f"{_name(node.name)}_{{{node.index}}}",
    Negative: lambda node: f"-{_inner(node.part)}",
    Sum: lambda node: " + ".join(
        f"({written(term)})" if isinstance(term, Sum | Negative) else written(term) for term in node.terms
    ),
    Product: lambda node: " \\cdot ".join(_inner(factor) for factor in node.factors),
    Quotient: lambda node: f"\\frac{{{written(node.numerator)}}}{{{written(node.denominator)}}}",
    Power: lambda node: f"({written(node.base)})^{{{written(node.exponent)}}}",
    Apply: _apply,
    Over: _over,
    Comparison: lambda node: f"{written(node.left)} {SIGNS[node.relation]} {written(node.right)}",
    Range: _range,
    Listed: lambda node: f"\\{{{', '.join(written(value) for value in node.values)}\\}}",
    Known: lambda node: SETS[node.name],
    Member: lambda node: f"{written(node.element)} \\in {written(node.set)}",
    All: lambda node: ", ".join(written(condition) for condition in node.conditions),
    AnyOf: lambda node: " \\lor ".join(written(condition) for condition in node.conditions),
    Indicator: lambda node: f"\\mathbb{{1}}\\left({written(node.condition)}\\right)",
    Cases: _cases,
    Head: _head,
    Line: _line,
}
