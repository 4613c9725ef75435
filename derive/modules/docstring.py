"""The docstring of a generated module: the density, its symbols, the loss with its ledger, the evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from textwrap import wrap
from typing import Any

from derive import bounds
from derive.accuracy import BOUND_IN_ULP, DTYPES
from derive.catalogue import VARIANTS
from derive.derivation import Derivation
from derive.elsewhere import elsewhere
from derive.modules.layout import WIDTH
from derive.modules.library import Library
from derive.pages import quantity_lines, remark, text_facts, text_printer
from derive.version import VERSION

FACT_COLUMN = 18


@dataclass(frozen=True)
class Docstring:
    """What `templates/docstring.j2` is filled with.

    facts   what else is known of the density, a line for each fact
    remark  what the loss is where it is no likelihood, in lines
    bound   the units in the last place that the evidence holds these options to; None where it does not
    bits    the most bits that are lost near and far, a line for each dtype
    weak    the lines of each sentence on what loses digits in every form that was tried
    """

    title: str
    summary: str
    signature: str
    density: str
    links: tuple[str, ...]
    quantities: tuple[str, ...]
    theta: str
    loss_text: str
    factor_text: str
    dropped_text: str
    facts: tuple[str, ...]
    remark: tuple[str, ...]
    shapes: str
    bound: int | None
    bits: tuple[str, ...]
    weak: tuple[str, ...]
    elsewhere: tuple[str, ...]
    source: str
    command: str
    version: str


def docstring(derivation: Derivation, library: Library) -> Docstring:
    """What the module of a derivation says of itself."""
    show = text_printer(derivation)
    distribution = derivation.distribution
    learned = [quantity.name for quantity in derivation.learned]
    of_vector = any(quantity.vector for quantity in derivation.quantities)
    filled = Docstring(
        title=f"The {distribution.name.replace('_', ' ')} loss of {' and '.join(learned)}, with its gradient and Hessian.",
        summary=distribution.summary,
        signature=distribution.signature,
        density=show(derivation.density),
        links=tuple(_links(derivation)),
        quantities=tuple(quantity_lines(derivation)),
        theta=", ".join(learned),
        loss_text=show(derivation.loss),
        factor_text=show(derivation.factor),
        dropped_text=show(derivation.dropped),
        facts=tuple(f"{name:13} {rows}" for name, rows in text_facts(derivation, FACT_COLUMN)),
        remark=tuple(wrap(remark(derivation), WIDTH)),
        shapes=library.shapes[of_vector],
        bound=BOUND_IN_ULP if _is_verified(derivation) else None,
        bits=tuple(_bits(derivation)),
        weak=tuple(line for weakness in derivation.weaknesses for line in _wrapped(f"{weakness.sentence};")),
        elsewhere=tuple(version.statement for version in elsewhere(derivation)),
        source=distribution.source,
        command=f"{derivation.command} --emit {library.name}",
        version=VERSION,
    )
    return replace(filled, **{name: _quoted(part) for name, part in vars(filled).items()})


def _quoted(part: Any) -> Any:
    """Text as it stands between three quotes in code; what is no text as it is."""
    if isinstance(part, tuple):
        return tuple(map(_quoted, part))
    return part.replace("\\", r"\\").replace('"""', r"\"\"\"") if isinstance(part, str) else part


def _wrapped(sentence: str) -> list[str]:
    """A sentence as wide as a page, its later lines indented."""
    return wrap(sentence, WIDTH - 4, subsequent_indent="    ", break_long_words=False)


def _links(derivation: Derivation) -> Iterator[str]:
    """A line for each link: the parameter, what makes it, and the letter of the predictor."""
    show = text_printer(derivation)
    for quantity in derivation.learned:
        if quantity.parameter:
            link = derivation.request.linked[quantity.parameter]
            made = f"{quantity.parameter} = {link.name}({quantity.name})"
            yield f"{made}, the {link.synonym} link; {show(quantity.plain)} below"


def _bits(derivation: Derivation) -> Iterator[str]:
    """The bits that were measured to be lost at most, by dtype."""
    if _is_verified(derivation):
        measured = bounds.committed(derivation.name)
        yield from (f"{dtype}  {told}" for dtype in DTYPES if (told := bounds.told(measured, dtype)))


def _is_verified(derivation: Derivation) -> bool:
    """Whether `derive verify` holds these very options to the bound."""
    asked = derivation.request
    if asked.distribution.origin:
        return False
    return not (asked.keep_constants or asked.keep_factor) and any(
        asked.distribution.name == name and asked.options == options for name, options in VARIANTS
    )
