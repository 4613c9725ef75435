r"""What a line abbreviates beside its density: `e^{-z}/s, z = (x - m)/s`, or lines of code that end in it.

An abbreviation is a name that is not declared, perhaps as a function of declared ones.  Its value stands in
brackets wherever the name does, and nothing else happens.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from derive.notation import vocabulary as known
from derive.notation.cursor import RELATIONS, opens
from derive.notation.refusal import Source
from derive.notation.scope import Scope
from derive.notation.tokens import Token

SEPARATORS = (",", ";", ":", ".")
# What may stand between an abbreviation and what is before it.
BETWEEN = known.CONDITION_WORDS | {"let", "Let", "here", "in which", "return"}


@dataclass(frozen=True)
class _Statement:
    """`name(arguments) = value`, or a value alone; `place` is where it begins among the tokens."""

    name: tuple[Token, ...]
    place: int
    value: tuple[Token, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """The name as it is compared."""
        return _texts(self.name)


def written_out(source: Source, found: Sequence[Token], scope: Scope) -> tuple[Token, ...]:
    """The tokens of the density, with the value of every abbreviation in its place."""
    found = _of_code(found, scope)
    letters = {one.key[0] for one in _statements(found, scope) if len(one.key) == 1}
    found = _apart(found, letters, scope)
    statements = _statements(found, scope)
    if len(statements) < 2:
        return tuple(found)
    density, others = _parted(statements, found)
    if density is None:
        return tuple(found)
    holds: list[Token] = []
    values: dict[tuple[str, ...], tuple[Token, ...]] = {}
    for other in others:
        value, condition = _value(other.value)
        if _of_samples(other, other.value):
            continue
        if other.key in values:
            raise source.refusal("twice", other.name[0].span, "this is abbreviated twice")
        values[other.key] = value
        holds.extend(condition)
    end = density.place + len(found[density.place :])
    following = [other.place for other in others if other.place > density.place]
    body = list(found[density.place : min(following, default=end)])
    done = _without_end(body, scope)
    for _ in range(len(values)):  # an abbreviation may be made of others
        done = _replaced(source, done, values)
    left = next((token for key in values for token in _found(done, key)), None)
    if left is not None:
        raise source.refusal("abbreviation", left.span, "this abbreviation is made of itself")
    return (*done, *_replaced(source, holds, values))


def _of_code(found: Sequence[Token], scope: Scope) -> Sequence[Token]:
    """`def f(y): … return value` as `… f(y) = value`, and `return value` as the value."""

    def says(word: str, token: Token) -> bool:
        return token.kind == "word" and token.text == word and not scope.find(word)

    returns = [place for place, token in enumerate(found) if says("return", token)]
    if len(returns) != 1:
        return found
    (place,) = returns
    if place == 0:
        return found[1:]
    colon = next((n for n, token in enumerate(found) if token.sign(":")), 0)
    if not (says("def", found[0]) and found[colon - 1].sign(")") and _opening(found, colon - 1) == 2):
        return found
    equal = replace(found[colon], text="=")
    return (*found[colon + 1 : place], *found[1:colon], equal, *found[place + 1 :])


def _statements(found: Sequence[Token], scope: Scope) -> list[_Statement]:
    """What stands between the names that are set equal to something, outside of all brackets."""
    starts: list[tuple[int, tuple[Token, ...], int]] = []
    depth = 0
    for place, token in enumerate(found):
        depth += opens(token)
        if depth == 0 and starts and token.text == "return" and _between(token, scope):
            starts.append((place + 1, (), place + 1))
        if depth == 0 and token.sign("=") and place:
            start = _name_start(found, place)
            if start is not None and _is_abbreviation(found, start, scope, first=not starts):
                starts.append((start, tuple(found[start:place]), place + 1))
    if not starts:
        return []
    if starts[0][0] > 0:
        starts.insert(0, (0, (), 0))
    ends = [start for start, _, _ in starts[1:]] + [len(found)]
    return [
        _Statement(name, start, tuple(found[behind:end]))
        for (start, name, behind), end in zip(starts, ends, strict=True)
    ]


def _name_start(found: Sequence[Token], end: int) -> int | None:
    """Where a name with its subscript and arguments begins that ends before a place."""
    place = end
    if found[place - 1].sign(")"):
        place = _opening(found, place - 1)
    if place > 2 and found[place - 2].sign("_"):
        place -= 2
    elif place > 1 and found[place - 1].sign("}"):
        place = _opening(found, place - 1)
        place = place - 1 if place > 0 and found[place - 1].sign("_") else 0
    if place < 1 or found[place - 1].kind != "word":
        return None
    return place - 1


def _opening(found: Sequence[Token], closing: int) -> int:
    depth = 0
    for place in range(closing, -1, -1):
        depth -= opens(found[place])
        if depth == 0:
            return place
    return 0


def _is_abbreviation(found: Sequence[Token], start: int, scope: Scope, first: bool) -> bool:
    """Whether a name is one that the line itself gives; the line's first is set apart from what is before."""
    word = found[start]
    if scope.find(word.text) or word.text in known.SPELLED:
        return False
    before = found[start - 1] if start else None
    if before is None:
        return True
    apart = before.sign(*SEPARATORS) or word.gap == "wide" or _between(before, scope)
    joined = before.sign("+", "-", "*", "/", "^", "_", "=") or before.sign(*known.BRACKETS, *RELATIONS)
    return apart or not (first or joined)


def _between(token: Token, scope: Scope) -> bool:
    return token.kind == "word" and token.text in BETWEEN and not scope.find(token.text)


def _parted(
    statements: list[_Statement], found: Sequence[Token]
) -> tuple[_Statement | None, list[_Statement]]:
    """The density, and what it is written with: the density is what no other mentions."""
    for density in (statements[0], statements[-1]):
        others = [one for one in statements if one is not density]
        mentioned = any(_found(one.value, density.key) for one in others) if density.name else False
        used = all(
            _of_samples(one, one.value)
            or any(_found(other.value, one.key) for other in statements if other is not one)
            for one in others
        )
        if not mentioned and used:
            return density, others
    return None, []


def _of_samples(statement: _Statement, value: Sequence[Token]) -> bool:
    """`i = 1, …, n` numbers the samples."""
    numbered = len(statement.name) == 1 and statement.name[0].text in known.INDICES
    return numbered and any(token.sign("…") for token in value)


def _value(value: Sequence[Token]) -> tuple[tuple[Token, ...], list[Token]]:
    """The value, and the conditions that follow it."""
    depth = 0
    for place, token in enumerate(value):
        depth += opens(token)
        condition = token.sign(*SEPARATORS) or (token.kind == "word" and token.text in BETWEEN)
        if depth == 0 and place and (condition or token.gap == "wide"):
            rest = list(value[place:])
            said = any(not (one.sign(*SEPARATORS) or one.text in BETWEEN) for one in rest)
            return tuple(value[:place]), rest if said else []
    return tuple(value), []


def _apart(found: Sequence[Token], letters: Collection[str], scope: Scope) -> list[Token]:
    """Letters that stand together, as declared names and abbreviations: `pq` with q = 1 - p."""
    done: list[Token] = []
    for token in found:
        run = token.text
        known_letters = all(letter in letters or scope.find(letter) for letter in run)
        whole = scope.find(run) or run in known.SPELLED or run in letters or set(run).isdisjoint(letters)
        if token.kind != "word" or token.style != "plain" or whole or not known_letters:
            done.append(token)
            continue
        for place, letter in enumerate(run):
            span = (token.span[0] + place, token.span[0] + place + 1)
            done.append(replace(token, text=letter, span=span, gap=token.gap if place == 0 else ""))
    return done


def _without_end(body: list[Token], scope: Scope) -> list[Token]:
    while body and (body[-1].sign(*SEPARATORS) or _between(body[-1], scope)):
        body.pop()
    return body


def _texts(name: Sequence[Token]) -> tuple[str, ...]:
    return tuple(token.text for token in name if not token.sign("{", "}"))


def _found(tokens: Sequence[Token], key: tuple[str, ...]) -> list[Token]:
    """Where a name stands."""
    return [tokens[place] for place in range(len(tokens)) if _ends(tokens, place, key)]


def _ends(tokens: Sequence[Token], start: int, key: tuple[str, ...]) -> int:
    """Where the name that begins at a place has ended, or 0."""
    if not key or tokens[start].kind != "word":
        return 0
    said, place, braces = 0, start, 0
    while place < len(tokens) and said < len(key):
        braces += tokens[place].sign("{") - tokens[place].sign("}")
        if not tokens[place].sign("{", "}"):
            if tokens[place].text != key[said]:
                return 0
            said += 1
        place += 1
    if said < len(key):
        return 0
    if braces and not (place < len(tokens) and tokens[place].sign("}")):
        return 0
    place += braces
    subscripted = place < len(tokens) and tokens[place].sign("_")
    return 0 if subscripted else place


def _replaced(
    source: Source, found: Sequence[Token], values: dict[tuple[str, ...], tuple[Token, ...]]
) -> list[Token]:
    done: list[Token] = []
    at = 0
    while at < len(found):
        token = found[at]
        key, end = next(((key, end) for key in values if (end := _ends(found, at, key))), ((), 0))
        if not end:
            done.append(token)
            at += 1
            continue
        bracket = replace(token, kind="sign", text="(", style="")
        done += [bracket, *values[key], replace(bracket, text=")", gap="")]
        at = end
        if len(done) > known.MOST_TOKENS:
            raise source.refusal("limit", token.span, "the abbreviations make too many tokens")
    return done
