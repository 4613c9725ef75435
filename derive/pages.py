"""What the pages show: the derivation as text and as LaTeX."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from sympy import Expr

from derive.calculus import CLASS, gradient, hessian
from derive.derivation import Derivation, Quantity, Role, Step
from derive.printers.arrange import Printer
from derive.printers.columns import TEXT_WIDTH, columns
from derive.printers.latex import Latex, set_width
from derive.printers.page import Page, rows
from derive.printers.text import Text, plain_letter
from derive.properties import Property, properties
from derive.relation import Relation
from derive.request import default_links
from derive.version import VERSION

# What a line is called, in text and in LaTeX.
NAMES = {
    "likelihood": ("L(θ)", r"L(\theta)"),
    "log-likelihood": ("log L(θ)", r"\log L(\theta)"),
    "negative log-likelihood": ("−log L(θ)", r"-\log L(\theta)"),
}

# What a fact is called, in text and in LaTeX, of data with a letter.
FACT_NAMES = {
    "cdf": ("P(Y ≤ {0})", r"P(Y \le {0})"),
    "log_survival": ("log P(Y > {0})", r"\log P(Y > {0})"),
    "dispersion": ("dispersion φ", r"\text{{dispersion }} \phi"),
}
NO_FACT = "none exists"

# The widest line of a LaTeX page, in characters as set, and the widest line of prose under it.
LINE_WIDTH = 58
PROSE_WIDTH = 84

# Where the formulas and the sentences of a text page begin.
STEP_COLUMN = 16
SENTENCE_COLUMN = 20
RESULT_COLUMN = 11
FACT_COLUMN = 16

# Characters that have a command for themselves in the text of LaTeX.
COMMANDS = {"\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}"}

NO_BREAK = "\N{NO-BREAK SPACE}"

# How a sentence spells an expression that it mentions.
Mention = Callable[[Expr], str]


def latex_printer(derivation: Derivation) -> Latex:
    """The LaTeX printer with this derivation's letters."""
    symbols = _symbols(derivation)
    return Latex({q.name: q.latex for q in symbols}, [q.name for q in symbols])


def text_printer(derivation: Derivation) -> Text:
    """The text printer with this derivation's letters."""
    symbols = _symbols(derivation)
    return Text({q.name: q.latex for q in symbols}, [q.name for q in symbols])


def text_page(derivation: Derivation) -> dict[str, Any]:
    """The derivation for a terminal."""
    show = text_printer(derivation)
    return {
        "command": derivation.command,
        "summary": derivation.distribution.summary,
        "density": text_density(derivation),
        "quantities": quantity_lines(derivation),
        "steps": [
            (
                *_text_head(shown),
                text_rows(show, shown.expression, STEP_COLUMN),
                _filled(shown.because, SENTENCE_COLUMN),
            )
            for shown in _shown_steps(derivation, show, lambda part: show(part).replace(" ", NO_BREAK))
        ],
        "ledger": [(name, text_rows(show, part, RESULT_COLUMN)) for name, part in ledger(derivation)],
        "gradient": [
            (f"∂/∂{show(_entry(derivation, name))}", text_rows(show, slope, RESULT_COLUMN))
            for name, slope in gradient(derivation).items()
        ],
        "proposal": _filled(proposal(derivation), 2).rstrip(),
        "facts": text_facts(derivation, FACT_COLUMN),
        "signs": [(relation.text, relation.meaning) for relation in _relations(derivation)],
        "remark": _filled(remark(derivation), 2).rstrip(),
        "source": _filled(f"Source: {source}", 2) if (source := derivation.distribution.source) else "",
    }


def latex_page(derivation: Derivation) -> dict[str, Any]:
    """A whole document: what it says around the align* block of the derivation."""
    show = latex_printer(derivation)
    distribution = derivation.distribution
    return {
        "command": derivation.command,
        "command_set": _escaped(derivation.command).replace("'", r"\textquotesingle{}"),
        "version": VERSION,
        "title": distribution.name.replace("_", " "),
        "summary": _escaped(distribution.summary),
        "density": rf"{_head(derivation, show, lambda letter: letter)} = {show(derivation.density)}",
        "quantities": [
            {
                "letter": described.quantity.latex,
                "name": _escaped(described.quantity.name),
                "place": _latex_place(derivation, described.quantity, show),
                "role": described.role,
                "prose": _escaped(described.prose),
            }
            for described in _described(derivation, show, "$")
        ],
        "block": latex_block(derivation),
        "ledger": [(rf"\text{{{name}}}", _broken(part, show)) for name, part in ledger(derivation)],
        "derivatives": _derivatives(derivation, show),
        "facts": _latex_facts(derivation, show),
        "signs": [
            (relation.latex, relation.meaning.replace("θ", r"$\theta$"))
            for relation in _relations(derivation)
        ],
        "remark": _escaped(remark(derivation)),
        "source": _escaped(distribution.source),
    }


def latex_block(derivation: Derivation) -> str:
    """The derivation as an align* block; a page does not break between a line and its sentence."""
    steps = (" \\\\*\n".join(f"  {row}" for row in step) for step in _latex_steps(derivation))
    body = " \\\\[1ex]\n".join(steps)
    return f"% {derivation.command}\n\\begin{{align*}}\n{body}\n\\end{{align*}}\n"


def in_one_line(derivation: Derivation) -> str:
    """The derivation as Python shows it: the command that makes it, and the ledger."""
    show = text_printer(derivation)
    parts = ", ".join(f"{name} {show(part)}" for name, part in ledger(derivation))
    return f"Derivation({derivation.command!r}: {parts})"


def notebook(derivation: Derivation) -> str:
    """The derivation as a notebook shows it: display mathematics that MathJax and KaTeX accept."""
    steps = (" \\\\\n".join(step) for step in _latex_steps(derivation))
    return "$$\\begin{aligned}\n" + " \\\\[1ex]\n".join(steps) + "\n\\end{aligned}$$"


# What the pages have in common ---------------------------------------------------------------------


class Described(NamedTuple):
    """A symbol of the density or of the loss: what it is to the loss, and what it is."""

    quantity: Quantity
    role: str
    prose: str


class Shown(NamedTuple):
    """A line of the page: how it stands to the line before, its name, and why it follows."""

    relation: Relation
    name: str
    expression: Expr
    because: str


def text_density(derivation: Derivation) -> str:
    """The density with its head, in text: `p(y | μ, σ) = …`."""
    show = text_printer(derivation)
    return f"{_head(derivation, show, plain_letter)} = {show(derivation.density)}"


def text_rows(show: Text, expression: Expr, column: int) -> str:
    """A formula in rows that begin at a column of a text page, its first row without the indent."""
    return f"\n{' ' * (column + 4)}".join(show.broken(expression, TEXT_WIDTH - column - 4))


def ledger(derivation: Derivation) -> list[tuple[str, Expr]]:
    """The three parts of `-log p = factor * loss + dropped`, by name."""
    return [("loss", derivation.loss), ("factor", derivation.factor), ("dropped", derivation.dropped)]


def remark(derivation: Derivation) -> str:
    """What the loss is where it is no likelihood: under a practice, or soft labels; empty where it always is one."""
    if practice := derivation.distribution.practice:
        return f"This is no likelihood, but {practice}."
    soft = derivation.distribution.soft
    if not soft:
        return ""
    return f"Labels that are not hard are accepted; the loss is then {soft}, and no longer a likelihood."


def proposal(derivation: Derivation) -> str:
    """The links by which a model predicts the parameters that not every real is legal for; empty where none is."""
    predicted = [q.name for q in derivation.parameters if q.role is Role.PREDICTED]
    unlinked = [name for name in predicted if name not in derivation.request.linked]
    links = default_links(derivation.distribution, unlinked)
    if not links:
        return ""
    asked = ",".join(f"{name}={link}" for name, link in links.items())
    *others, last = links
    named = f"{', '.join(others)} and {last}" if others else last
    return f"A model whose outputs may be any reals predicts {named} with --link {asked}."


def text_facts(derivation: Derivation, column: int) -> list[tuple[str, str]]:
    """What else is known of the density: the name of each fact, and its formula in rows that begin at a column."""
    show = text_printer(derivation)
    letter = plain_letter(derivation.data[0].latex)
    return [
        (FACT_NAMES.get(fact.name, (fact.name,))[0].format(letter), _text_fact(fact, show, column))
        for fact in properties(derivation)
    ]


def _text_fact(fact: Property, show: Text, column: int) -> str:
    if fact.expression is None:
        return NO_FACT
    formula = text_rows(show, fact.expression, column)
    if fact.condition is None:
        return formula
    return f"{formula}   where {show(fact.condition.gts)} > {show(fact.condition.lts)}"


def quantity_lines(derivation: Derivation) -> list[str]:
    """A line for each symbol: its name, its letter, where it lives, its role and its prose, in columns."""
    cells = []
    for quantity, role, prose in _described(derivation, text_printer(derivation), ""):
        letter = plain_letter(quantity.latex)
        place = f"in {text_place(derivation, quantity)}" if quantity.value is None else f"= {quantity.value}"
        cells.append((quantity.name, letter if letter != quantity.name else "", place, role, prose))
    return columns(cells, TEXT_WIDTH - 2)


def text_place(derivation: Derivation, quantity: Quantity) -> str:
    """Where a quantity lives, in text, by the letters and the numbers of what bounds it."""
    show = text_printer(derivation)
    condition = _condition(derivation, quantity, show)
    return _lettered(quantity.domain.text, derivation, quantity, show) + f", {condition}" * bool(condition)


def latex_place(derivation: Derivation, quantity: Quantity) -> str:
    """The same in LaTeX."""
    show = latex_printer(derivation)
    condition = _condition(derivation, quantity, show)
    return _lettered(quantity.domain.latex, derivation, quantity, show) + rf",\ {condition}" * bool(condition)


def _lettered(place: str, derivation: Derivation, quantity: Quantity, show: Page) -> str:
    domain, bounds = quantity.domain, _parameters(derivation)
    for symbol in (domain.least, domain.most):
        if symbol:
            place = show(bounds[symbol]).join(re.split(rf"\b{symbol}\b", place))
    return place


def _condition(derivation: Derivation, quantity: Quantity, show: Page) -> str:
    """What must be positive of a quantity and others, where anything must."""
    conditions = quantity.domain.conditions(quantity.plain, _parameters(derivation))
    return ", ".join(f"{show(condition)} > 0" for condition in conditions)


def _parameters(derivation: Derivation) -> dict[str, Expr]:
    """The parameters by name: their symbols, or their numbers where these are known."""
    return {q.name: q.plain if q.value is None else q.value for q in derivation.parameters}


def _described(derivation: Derivation, show: Page, quote: str) -> Iterator[Described]:
    """Every symbol, with the equation of a link as the role of what it makes."""
    links = derivation.request.linked
    for quantity in _symbols(derivation):
        role, prose = quantity.role.value, quantity.prose
        if quantity.parameter not in ("", quantity.name):
            prose = f"predictor of {quantity.parameter} through the {links[quantity.parameter].synonym} link"
        elif quantity.name in links and not quantity.parameter:
            role = f"{quote}{link_equation(derivation, quantity, show)}{quote}"
        yield Described(quantity, role, prose)


def link_equation(derivation: Derivation, parameter: Quantity, show: Page) -> str:
    """A linked parameter as a function of its predictor: `σ = e^s`."""
    entry = at_class(parameter)
    return f"{show(entry)} = {show(derivation.in_predictors(entry))}"


def _symbols(derivation: Derivation) -> list[Quantity]:
    """The symbols in a reader's order: the data, then each parameter and behind it its predictor.

    The identity's predictor is the parameter itself, and stands in its place.
    """
    found = {quantity.name: quantity for quantity in derivation.data}
    for parameter in derivation.parameters:
        behind = (q for q in derivation.predictors if q.parameter == parameter.name)
        found |= {quantity.name: quantity for quantity in (parameter, *behind)}
    return list(found.values())


def _shown_steps(derivation: Derivation, show: Printer, mention: Mention) -> Iterator[Shown]:
    """The lines of a page.

    A reader takes two steps for one where the second line looks like the first, or where one rule was
    used twice in a row: the page then has one line, with the sentences of both.
    """
    groups: list[list[Step]] = []
    for step in derivation.steps:
        before = groups[-1][-1] if groups else None
        if (
            before is not None
            and step.relation is Relation.EQUAL
            and (step.rule == before.rule or show(step.line.expression) == show(before.line.expression))
        ):
            groups[-1].append(step)
        else:
            groups.append([step])
    for group in groups:
        sentences = (
            _sentence(template, list(steps), mention)
            for template, steps in groupby(group, key=lambda step: step.because)
        )
        first, last = group[0], group[-1]
        yield Shown(first.relation, last.line.name, last.line.expression, " ".join(sentences))


def because(step: Step, show: Printer) -> str:
    """The sentence of a step."""
    return _sentence(step.because, [step], show)


def _sentence(template: str, steps: Sequence[Step], mention: Mention) -> str:
    """The sentence that steps have in common, with what each of them mentions."""
    if not steps[0].mentions:
        return template
    opening, brace, rest = template.partition("{")
    said = [(brace + rest.removesuffix(".")).format(*map(mention, step.mentions)) for step in steps]
    return f"{opening}{', '.join(said)}."


def _head(derivation: Derivation, show: Page, letter: Callable[[str], str]) -> str:
    data, parameters = (
        ", ".join(letter(quantity.latex) for quantity in part)
        for part in (derivation.data, derivation.parameters)
    )
    return f"p({data} {show.bar} {parameters})"


def _relations(derivation: Derivation) -> list[Relation]:
    return list(dict.fromkeys(step.relation for step in derivation.steps))


def at_class(quantity: Quantity) -> Expr:
    """The quantity, or its entry at the index k where it is a vector."""
    return quantity.plain[CLASS] if quantity.vector else quantity.plain


def _entry(derivation: Derivation, name: str) -> Expr:
    return next(at_class(quantity) for quantity in derivation.learned if quantity.name == name)


# In text -------------------------------------------------------------------------------------------


def _text_head(shown: Shown) -> tuple[str, str]:
    """What stands before a line: its name and its sign."""
    name = NAMES.get(shown.name, ("", ""))[0]
    if shown.relation is Relation.MONOTONE:
        return f"{shown.relation.text} {name}", "="
    return name, shown.relation.text


def _filled(prose: str, column: int) -> str:
    """Prose in evenly filled lines that begin at a column; a formula is never broken."""
    indent = " " * column
    words = [word.replace(NO_BREAK, " ") for word in prose.split(" ")]
    return indent + f"\n{indent}".join(rows(words, TEXT_WIDTH - column, len))


# In LaTeX ------------------------------------------------------------------------------------------


def _latex_steps(derivation: Derivation) -> list[list[str]]:
    """The rows of each line of an align block: the formula, broken if it is long, and its sentence."""
    show = latex_printer(derivation)
    inline = show.inline()
    shown_steps = _shown_steps(derivation, show, lambda part: f"${inline(part)}$")
    return [list(_latex_rows(shown, show)) for shown in shown_steps]


def _latex_rows(shown: Shown, show: Latex) -> Iterator[str]:
    name = NAMES.get(shown.name, ("", ""))[1]
    sign = shown.relation.latex
    if shown.relation is Relation.MONOTONE:
        name, sign = rf"{sign} \quad {name}", "="
    first, *others = show.broken(shown.expression, LINE_WIDTH)
    yield f"{name} &{sign} {first}".lstrip()
    for row in others:
        yield rf"&\qquad {row}"
    for line in _wrapped(_mathematical(shown.because)):
        yield rf"&\quad \text{{\small {line}}}"


def _mathematical(sentence: str) -> str:
    """Formulas that only a sign, a comma or a bracket parts are one formula."""
    joined = re.sub(r"\$(, | = | = \()\$", r"\1", sentence.replace("θ", r"$\theta$"))
    return re.sub(r"( = \([^$()]*)\$\)", r"\1)$", joined)


def _wrapped(prose: str) -> list[str]:
    """Prose in lines as wide as they are set; a formula between dollars is never broken."""
    return rows(re.findall(r"(?:\$[^$]*\$|[^\s$])+", prose), PROSE_WIDTH, _prose_width)


def _prose_width(word: str) -> int:
    return sum(set_width(part) if place % 2 else len(part) for place, part in enumerate(word.split("$")))


def _latex_place(derivation: Derivation, quantity: Quantity, show: Latex) -> str:
    if quantity.value is not None:
        return f"$= {show(quantity.value)}$"
    return rf"in ${latex_place(derivation, quantity)}$"


def _broken(expression: Expr, show: Latex) -> list[str]:
    """The rows behind an equality sign."""
    first, *others = show.broken(expression, LINE_WIDTH)
    return [first, *(rf"&\qquad {row}" for row in others)]


def _derivatives(derivation: Derivation, show: Latex) -> list[tuple[str, list[str]]]:
    """The gradient, and the Hessian if each entry has room on a line; nothing if the gradient has none."""
    names = [quantity.name for quantity in derivation.learned]
    below = {name: rf"\partial {show(_entry(derivation, name))}" for name in names}
    first = [
        (rf"\frac{{\partial\,\text{{loss}}}}{{{below[name]}}}", _broken(slope, show))
        for name, slope in gradient(derivation).items()
    ]
    second = [
        (
            r"\frac{\partial^2\,\text{loss}}"
            + (f"{{{below[one]}^2}}" if one == other else rf"{{{below[one]}\,{below[other]}}}"),
            _broken(slope, show),
        )
        for (one, other), slope in hessian(derivation).items()
        if names.index(one) <= names.index(other)
    ]
    if any(set_width(row) > LINE_WIDTH for _, rows_of in first for row in rows_of):
        return []
    short = all(len(rows_of) == 1 and set_width(rows_of[0]) <= LINE_WIDTH for _, rows_of in second)
    return first + second * short


def _latex_facts(derivation: Derivation, show: Latex) -> list[tuple[str, list[str]]]:
    """What else is known of the density: the name of each fact and its formula."""
    letter = derivation.data[0].latex
    return [
        (
            FACT_NAMES[fact.name][1].format(letter) if fact.name in FACT_NAMES else rf"\text{{{fact.name}}}",
            _latex_fact(fact, show),
        )
        for fact in properties(derivation)
    ]


def _latex_fact(fact: Property, show: Latex) -> list[str]:
    if fact.expression is None:
        return [rf"\text{{{NO_FACT}}}"]
    rows_of = _broken(fact.expression, show)
    if fact.condition is not None:
        rows_of[-1] += rf" \quad \text{{where }} {show(fact.condition.gts)} > {show(fact.condition.lts)}"
    return rows_of


def _escaped(text: str) -> str:
    """Prose for LaTeX; two hyphens stay two, and nothing in it is a command."""
    return re.sub(r"[&%$#_{}\\^~\u0370-\u03ff]", _character, text).replace("--", "-{}-")


def _character(found: re.Match[str]) -> str:
    """A character that LaTeX takes for something else, or has in formulas only."""
    kind, _, name = unicodedata.name(found[0]).lower().rpartition(" ")
    if kind in ("greek small letter", "greek capital letter"):
        return rf"\ensuremath{{\{name if 'small' in kind else name.title()}}}"
    return COMMANDS.get(found[0]) or rf"\{found[0]}"
