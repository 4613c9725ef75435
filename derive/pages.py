"""What the pages show: the derivation as text, as LaTeX and as a record for machines."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import Any

from sympy import Expr

from derive.calculus import gradient
from derive.derivation import Derivation, Quantity, Step
from derive.printers.arrange import Printer
from derive.printers.latex import Latex, set_width
from derive.printers.text import Text
from derive.relation import Relation
from derive.version import VERSION

SCHEMA = "derive/derivation/1"

# What a line is called, in text and in LaTeX.
NAMES = {
    "likelihood": ("L(θ)", r"L(\theta)"),
    "log-likelihood": ("log L(θ)", r"\log L(\theta)"),
    "negative log-likelihood": ("−log L(θ)", r"-\log L(\theta)"),
}

# The widest line of a page, in characters as set, and the widest line of prose under it.
LINE_WIDTH = 56
PROSE_WIDTH = 84


def latex_printer(derivation: Derivation) -> Latex:
    """The LaTeX printer with this derivation's letters."""
    return Latex(_letters(derivation), _order(derivation))


def text_printer(derivation: Derivation) -> Text:
    """The text printer with this derivation's letters."""
    return Text(_letters(derivation), _order(derivation))


def text_page(derivation: Derivation) -> dict[str, Any]:
    """The derivation for a terminal."""
    show = text_printer(derivation)
    return {
        "command": derivation.request.command,
        "summary": derivation.distribution.summary,
        "signature": _signature(derivation),
        "lines": [_text_line(step, show) for step in derivation.steps],
        "quantities": quantity_lines(derivation),
        "loss": show(derivation.loss),
        "factor": show(derivation.factor),
        "dropped": show(derivation.dropped),
        "gradient": [
            (_partial(derivation, name), show(slope)) for name, slope in gradient(derivation).items()
        ],
        "soft": derivation.distribution.soft,
        "source": derivation.distribution.source,
    }


def latex_page(derivation: Derivation) -> dict[str, Any]:
    """The derivation as an align* block, and what a whole document says around it."""
    show = latex_printer(derivation)
    distribution = derivation.distribution
    rows = [row for step in derivation.steps for row in _latex_rows(step, show)]
    return {
        "command": derivation.request.command,
        "version": VERSION,
        "title": distribution.name.replace("_", " "),
        "summary": distribution.summary,
        "rows": rows,
        "quantities": [
            {"letter": q.latex, "domain": q.domain.latex, "role": q.role.value, "prose": _escaped(q.prose)}
            for q in derivation.quantities
        ],
        "loss": show(derivation.loss),
        "factor": show(derivation.factor),
        "dropped": show(derivation.dropped),
        "density": show(derivation.density),
        "data_letters": ", ".join(q.latex for q in derivation.data),
        "parameter_letters": ", ".join(q.latex for q in derivation.parameters),
        "signs": [
            (relation.latex, relation.meaning.replace("θ", r"$\theta$"))
            for relation in _relations(derivation)
        ],
        "soft": distribution.soft,
        "source": _escaped(distribution.source),
    }


def notebook(derivation: Derivation) -> str:
    """The derivation as a notebook shows it: display mathematics that MathJax and KaTeX accept."""
    show = latex_printer(derivation)
    rows = " \\\\\n".join(row for step in derivation.steps for row in _latex_rows(step, show))
    return f"$$\\begin{{aligned}}\n{rows}\n\\end{{aligned}}$$"


def record(derivation: Derivation) -> dict[str, Any]:
    """The derivation for a machine, under the schema that the README documents."""
    in_text, in_latex = text_printer(derivation), latex_printer(derivation)

    def formula(expression: Expr) -> dict[str, str]:
        return {"sympy": str(expression), "latex": in_latex(expression), "text": in_text(expression)}

    return {
        "schema": SCHEMA,
        "version": VERSION,
        "command": derivation.request.command,
        "distribution": derivation.distribution.name,
        "quantities": [_quantity_record(quantity) for quantity in derivation.quantities],
        "steps": [
            {
                "relation": step.relation.name.lower(),
                "rule": step.rule,
                "because": because(step, in_text, ""),
                "goal": step.line.goal.value,
                "name": step.line.name,
                "line": formula(step.line.expression),
            }
            for step in derivation.steps
        ],
        "density": formula(derivation.density),
        "loss": formula(derivation.loss),
        "factor": formula(derivation.factor),
        "dropped": formula(derivation.dropped),
        "gradient": {name: formula(slope) for name, slope in gradient(derivation).items()},
    }


def because(step: Step, show: Printer, quote: str) -> str:
    """The sentence of a step, each expression it mentions between quotes (`$` in LaTeX)."""
    shown = [f"{quote}{show(mention)}{quote}" for mention in step.mentions]
    return step.because.format(*shown) if shown else step.because


def quantity_lines(derivation: Derivation) -> list[str]:
    """A line for each symbol: its name, where it lives, its role and its prose, in columns."""
    cells = [
        (q.name, f"in {q.domain.text}" if q.value is None else f"= {q.value}", q.role.value, q.prose)
        for q in derivation.quantities
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(3)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True)).rstrip()
        for row in cells
    ]


def _signature(derivation: Derivation) -> str:
    return derivation.distribution.signature


def _letters(derivation: Derivation) -> dict[str, str]:
    return {q.name: q.latex for q in (*derivation.parameters, *derivation.quantities)}


def _order(derivation: Derivation) -> list[str]:
    """The symbols in a reader's order: data, predictors, parameters."""
    return [quantity.name for quantity in derivation.quantities]


def _relations(derivation: Derivation) -> list[Relation]:
    return list(dict.fromkeys(step.relation for step in derivation.steps))


def _text_line(step: Step, show: Text) -> tuple[str, str, str]:
    name = NAMES.get(step.line.name, ("", ""))[0]
    sign = "=" if step.relation is Relation.MONOTONE else step.relation.text
    left = f"{step.relation.text} {name}" if step.relation is Relation.MONOTONE else name
    return left, f"{sign} {show(step.line.expression)}", because(step, show, "")


def _latex_rows(step: Step, show: Latex) -> Iterator[str]:
    """The rows of an align block: the line, broken if it is long, and the sentence under it."""
    name = NAMES.get(step.line.name, ("", ""))[1]
    sign = step.relation.latex
    if step.relation is Relation.MONOTONE:
        name, sign = rf"{sign} \quad {name}", "="
    first, *others = show.broken(step.line.expression, LINE_WIDTH)
    yield f"{name} &{sign} {first}"
    for row in others:
        yield rf"&\qquad {row}"
    for line in _wrapped(because(step, show, "$").replace("θ", r"$\theta$")):
        yield rf"&\quad \text{{\small {line}}}"


def _wrapped(prose: str) -> list[str]:
    """Prose in lines as wide as they are set; a formula between dollars is never broken."""
    formulas = re.findall(r"\$[^$]*\$", prose)
    for place, formula in enumerate(formulas):
        prose = prose.replace(formula, f"<{place}>".ljust(set_width(formula), "·"), 1)
    lines = textwrap.wrap(prose, PROSE_WIDTH, break_long_words=False, break_on_hyphens=False)
    return [re.sub(r"<(\d+)>·*", lambda match: formulas[int(match[1])], line) for line in lines]


def _partial(derivation: Derivation, name: str) -> str:
    quantity = derivation.symbols[name]
    return f"∂/∂{text_printer(derivation)(quantity)}"


def _quantity_record(quantity: Quantity) -> dict[str, Any]:
    return {
        "name": quantity.name,
        "role": quantity.role.name.lower(),
        "domain": quantity.domain.name,
        "latex": quantity.latex,
        "prose": quantity.prose,
        "value": None if quantity.value is None else str(quantity.value),
        "parameter": quantity.parameter or None,
    }


def _escaped(text: str) -> str:
    """Prose for LaTeX."""
    return re.sub(r"([&%$#_{}])", r"\\\1", text)
