"""The record: a derivation for a machine, under the schema in `resources.RECORD_SCHEMA`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy
from sympy import Expr, IndexedBase, Symbol
from sympy.core.parameters import distribute

from derive.calculus import gradient, hessian
from derive.derivation import Derivation, Quantity
from derive.domains import Entries
from derive.heads import Word
from derive.pages import at_class, because, latex_place, latex_printer, ledger, text_place, text_printer
from derive.properties import Property, properties
from derive.request import PER_SAMPLE, Request
from derive.version import VERSION
from derive.words import VOCABULARY

SCHEMA = "derive/derivation/1"


def as_record(derivation: Derivation) -> dict[str, Any]:
    """The derivation as what JSON can hold."""
    in_text, in_latex = text_printer(derivation), latex_printer(derivation)
    written: list[Expr] = []

    def formula(expression: Expr) -> dict[str, str]:
        written.append(expression)
        return {**_tree(expression), "latex": in_latex(expression), "text": in_text(expression)}

    def definition(predictor: Quantity) -> dict[str, str] | None:
        made = next((q for q in derivation.parameters if q.name == predictor.parameter), None)
        return formula(derivation.in_predictors(at_class(made))) if made else None

    def known(fact: Property) -> dict[str, Any] | None:
        if fact.expression is None:
            return None
        below, above = (
            (fact.condition.lts, fact.condition.gts) if fact.condition is not None else (None, None)
        )
        where = None if below is None else {"above": formula(above), "below": formula(below)}
        return {**formula(fact.expression), "where": where}

    second: dict[str, dict[str, Any]] = {}
    for (one, other), slope in hessian(derivation).items():
        second.setdefault(one, {})[other] = formula(slope)
    request = derivation.request
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "command": derivation.command,
        "distribution": request.distribution.name,
        "own": dict(origin.facts) if (origin := request.distribution.origin) else None,
        "options": _options(request),
        "summary": request.distribution.summary,
        "source": request.distribution.source,
        "quantities": [
            {
                "name": quantity.name,
                "role": quantity.role.name.lower(),
                "domain": quantity.domain.name,
                "set": {"latex": latex_place(derivation, quantity), "text": text_place(derivation, quantity)},
                "vector": quantity.vector,
                "latex": quantity.latex,
                "prose": quantity.prose,
                "value": None if quantity.value is None else str(quantity.value),
                "parameter": quantity.parameter or None,
                "link": request.linked[quantity.parameter].name if quantity.parameter else None,
                "definition": definition(quantity),
            }
            for quantity in derivation.quantities
        ],
        "steps": [
            {
                "relation": step.relation.name.lower(),
                "rule": step.rule,
                "because": because(step, in_text),
                "goal": step.line.goal.value,
                "name": step.line.name,
                "line": formula(step.line.expression),
            }
            for step in derivation.steps
        ],
        "density": formula(derivation.density),
        **{name: formula(part) for name, part in ledger(derivation)},
        "gradient": {name: formula(slope) for name, slope in gradient(derivation).items()},
        "hessian": second,
        "facts": {fact.name: known(fact) for fact in properties(derivation)},
        "words": _words(written),
    }


def _tree(expression: Expr) -> dict[str, str]:
    return {"sympy": str(expression), "srepr": sympy.srepr(expression)}


def _options(request: Request) -> dict[str, Any]:
    """The options as `derive.derive` takes them."""
    fixed: dict[str, str | None] = {}
    for name, known in request.fixed.items():
        number = None if known.value is None else str(known.value)
        fixed[name] = PER_SAMPLE if known.per_sample else number
    return {
        "fix": fixed,
        "link": {name: link.name for name, link in request.linked.items()},
        "shared": list(request.shared),
        "keep_constants": request.keep_constants,
        "keep_factor": request.keep_factor,
    }


def _words(written: Sequence[Expr]) -> dict[str, dict[str, Any]]:
    """The words that SymPy lacks, of the expressions and of these words' own meanings."""
    found: dict[str, dict[str, Any]] = {}
    waiting = list(written)
    while waiting:
        for name in {type(part).__name__ for part in waiting.pop().atoms(sympy.Function)} - set(found):
            word = VOCABULARY.get(name)
            if word is None or word.primitive:
                continue
            meaning = _meaning(word)
            found[name] = {
                "arguments": list(word.data),
                "meaning": None if meaning is None else _tree(meaning),
                "mpmath": word.reference if isinstance(word.reference, str) and word.reference else None,
                "prose": word.summary,
            }
            waiting += [] if meaning is None else [meaning]
    return dict(sorted(found.items()))


def _meaning(word: Word) -> Expr | None:
    """What the word abbreviates, over symbols with its arguments' names; None where mpmath says it."""
    symbols = {name: Symbol(name, **domain.facts) for name, domain in word.data.items()}
    if word.in_sympy:
        return word.in_sympy(*symbols.values())
    with distribute(False):
        return word.meaning(
            *(
                IndexedBase(symbols[name]) if isinstance(domain, Entries) else symbols[name]
                for name, domain in word.data.items()
            )
        )
