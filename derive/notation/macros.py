r"""Definitions that a text brings with it: `\newcommand`, `\newcommandx` and `\def`.

A macro is replaced by its tokens, and nothing else happens.  A text that is one definition and nothing
more is read as what the macro gives with its defaults.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from derive.notation import vocabulary as known
from derive.notation.refusal import Source, quoted
from derive.notation.tokens import Token

DEFINING = frozenset(["newcommand", "newcommandx", "renewcommand", "renewcommandx", "providecommand", "def"])
# A macro may be made of macros to this depth.
MOST_LEVELS = 10


@dataclass(frozen=True)
class Macro:
    """A definition: how many arguments, the defaults of some, and the body."""

    name: Token
    arity: int
    defaults: Mapping[int, tuple[Token, ...]]
    body: tuple[Token, ...]
    optional: bool


def expanded(source: Source, found: tuple[Token, ...]) -> tuple[Token, ...]:
    """The tokens with every macro that the text defines in its place."""
    macros: dict[str, Macro] = {}
    rest: list[Token] = []
    at = 0
    while at < len(found):
        token = found[at]
        if token.kind == "word" and token.style == "command" and token.text in DEFINING:
            macro, at = _definition(source, found, at)
            macros[macro.name.text] = macro
        else:
            rest.append(token)
            at += 1
    if not macros:
        for token in rest:
            if token.kind == "argument":
                raise source.refusal("macro", token.span, f"#{token.text} stands outside of a definition")
        return tuple(rest)
    if not rest:
        rest = list(_alone(source, list(macros.values())[-1]))
    return tuple(_replaced(source, rest, macros, 0))


def _alone(source: Source, macro: Macro) -> Sequence[Token]:
    """What the macro gives with its defaults."""
    missing = [place for place in range(1, macro.arity + 1) if place not in macro.defaults]
    if missing:
        raise source.refusal(
            "macro",
            macro.name.span,
            f"the macro {quoted(macro.name.text)} has no default for #{missing[0]}; write a line that uses it",
        )
    for token in macro.body:
        for place, default in macro.defaults.items():
            if len(default) == 1 and token.kind == "word" and token.text == default[0].text:
                raise source.refusal(
                    "macro slip",
                    token.span,
                    f"the body of the macro says {token.text} itself where its argument #{place} stands for that:"
                    f" with another argument the two would differ; write #{place}",
                )
    return _filled(macro.body, macro.defaults)


def _definition(source: Source, found: tuple[Token, ...], at: int) -> tuple[Macro, int]:
    command = found[at]
    at += 1
    braced = at < len(found) and found[at].sign("{")
    at += braced
    if at >= len(found) or found[at].kind != "word":
        raise source.refusal(
            "macro", command.span, f"{quoted(command.text)} needs the name of a macro behind it"
        )
    name = found[at]
    at += 1 + braced
    arity, defaults = 0, dict[int, tuple[Token, ...]]()
    while at < len(found) and found[at].kind == "argument":  # \def\f#1#2
        arity, at = arity + 1, at + 1
    brackets = 0
    while at < len(found) and found[at].sign("["):
        inside, at = _bracketed(source, found, at, "[", "]")
        if brackets == 0 and len(inside) == 1 and inside[0].kind == "number" and len(inside[0].text) == 1:
            arity = int(inside[0].text)
        elif command.text.endswith("x"):
            defaults |= _defaults(source, inside)
        else:
            defaults[1] = inside
        brackets += 1
    if at >= len(found) or not found[at].sign("{"):
        raise source.refusal("macro", name.span, f"the macro {quoted(name.text)} has no body in braces")
    body, at = _bracketed(source, found, at, "{", "}")
    for token in body:
        if token.kind == "argument" and int(token.text) > arity:
            raise source.refusal(
                "macro", token.span, f"the macro has {arity} arguments, and this is #{token.text}"
            )
    return Macro(name, arity, defaults, body, bool(defaults)), at


def _defaults(source: Source, inside: Sequence[Token]) -> dict[int, tuple[Token, ...]]:
    r"""`1=x,2=\mu` of \newcommandx."""
    found: dict[int, tuple[Token, ...]] = {}
    place, value, depth = 0, list[Token](), 0
    for number, token in enumerate(inside):
        follows = number + 1 < len(inside) and inside[number + 1].sign("=")
        depth += token.sign("{", "(", "[") - token.sign("}", ")", "]")
        if depth == 0 and token.kind == "number" and follows and not value:
            place = int(token.text) if len(token.text) == 1 else 0
        elif depth == 0 and token.sign(",") and place:
            found[place], value, place = tuple(value), [], 0
        elif not (token.sign("=") and not value):
            value.append(token)
    if place:
        found[place] = tuple(value)
    if not found:
        span = inside[0].span if inside else (0, 1)
        raise source.refusal("macro", span, "the defaults of a macro are written 1=x,2=y")
    return found


def _bracketed(
    source: Source, found: Sequence[Token], at: int, opening: str, closing: str
) -> tuple[tuple[Token, ...], int]:
    """The tokens between the bracket at a place and the one that closes it, and the place behind."""
    depth = 0
    for place in range(at, len(found)):
        depth += found[place].sign(opening) - found[place].sign(closing)
        if depth == 0:
            return tuple(found[at + 1 : place]), place + 1
    raise source.refusal("syntax", found[at].span, f"the bracket {opening} is never closed")


def _filled(body: Sequence[Token], arguments: Mapping[int, Sequence[Token]]) -> list[Token]:
    filled: list[Token] = []
    for token in body:
        if token.kind == "argument":
            given = list(arguments.get(int(token.text), ()))
            if given and token.gap:
                given[0] = replace(given[0], gap=token.gap)
            filled.extend(given)
        else:
            filled.append(token)
    return filled


def _replaced(source: Source, found: Sequence[Token], macros: Mapping[str, Macro], level: int) -> list[Token]:
    done: list[Token] = []
    at = 0
    while at < len(found):
        token = found[at]
        macro = macros.get(token.text) if token.kind == "word" and token.style == "command" else None
        if macro is None:
            if token.kind == "argument":
                raise source.refusal("macro", token.span, f"#{token.text} stands outside of a definition")
            done.append(token)
            at += 1
            continue
        if level >= MOST_LEVELS:
            raise source.refusal(
                "limit", token.span, f"macros are made of macros more than {MOST_LEVELS} deep"
            )
        arguments = dict(macro.defaults)
        at += 1
        for place in range(1, macro.arity + 1):
            if place in macro.defaults and at < len(found) and found[at].sign("["):
                arguments[place], at = _bracketed(source, found, at, "[", "]")
            elif place not in macro.defaults:
                if at >= len(found):
                    raise source.refusal("macro", token.span, f"the macro needs {macro.arity} arguments")
                if found[at].sign("{"):
                    arguments[place], at = _bracketed(source, found, at, "{", "}")
                else:
                    arguments[place], at = (found[at],), at + 1
        done.extend(_replaced(source, _filled(macro.body, arguments), macros, level + 1))
        if len(done) > known.MOST_TOKENS:
            raise source.refusal("limit", token.span, f"the macros make more than {known.MOST_TOKENS} tokens")
    return done
