r"""The tokens, where the reader stands among them, and the brackets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Self

from derive.notation import vocabulary as known
from derive.notation.refusal import Refusal, Source, Span, quoted
from derive.notation.scope import Scope
from derive.notation.tokens import Token
from derive.notation.tree import Node

RELATIONS = ("<", ">", "<=", ">=", "!=", "in")
BARS = ("|", "mid", "norm")
# Signs with which a factor begins.
BEGINNING = ("(", "[", "{", "\\{", "lvert", "frac", "root", "√", "binom", "sum", "prod", "∞")


class Cursor:
    """A reader of some tokens; `nesting` counts the brackets around them."""

    def __init__(
        self, source: Source, found: Sequence[Token], scope: Scope, latex: bool, nesting: int = 0
    ) -> None:
        self.source, self.scope, self.latex, self.nesting = source, scope, latex, nesting
        self.tokens = list(found)
        self.at = 0
        self.bars = 0

    @property
    def token(self) -> Token | None:
        """The token that is next, if there is one."""
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def next(self, ahead: int) -> Token | None:
        """The token so far ahead."""
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else None

    def is_sign(self, *texts: str) -> bool:
        """Whether the next token is one of these signs."""
        return self.token is not None and self.token.sign(*texts)

    def refusal(self, kind: str, span: Span, sentence: str, readings: tuple[str, ...] = ()) -> Refusal:
        """The refusal at a place."""
        return self.source.refusal(kind, span, sentence, readings)

    def _bracketed(self, first: int, end: int) -> str:
        """The text with brackets around the tokens from one place to before another."""
        return self.source.bracketed(self.tokens[first].span[0], self.tokens[end - 1].span[1])

    def _goes_on(self, first: int, *signs: str) -> tuple[str, ...]:
        """The text with brackets from a token to behind each factor that follows, also after these signs."""
        found = list[str]()
        while self.token is not None and (self._begins_factor(self.token) or self.token.sign(*signs)):
            self.at += self.token.sign(*signs)
            self._power()
            found.append(self._bracketed(first, self.at))
        return tuple(found)

    def _end(self) -> Span:
        last = self.tokens[-1].span[1] if self.tokens else 0
        return (last, last + 1) if last < len(self.source.text) else (max(0, last - 1), last)

    def _last_end(self) -> int:
        return max(token.span[1] for token in self.tokens)

    def _expect(self, *signs: str) -> Token:
        token = self.token
        if token is None or not token.sign(*signs):
            span = token.span if token else self._end()
            got = "the text ends" if token is None else f"got {quoted(self._written(token))}"
            raise self.refusal("syntax", span, f"expected {' or '.join(signs)}, {got}")
        self.at += 1
        return token

    def _written(self, token: Token) -> str:
        return self.source.text[token.span[0] : token.span[1]] or token.text

    def _text_of(self, node: Node) -> str:
        text = " ".join(self.source.text[node.span[0] : node.span[1]].split())
        return text if len(text) <= 24 else "..." + text[-21:]

    def _checked(self, node: Node) -> Node:
        if node.depth > known.MOST_DEPTH:
            raise self.refusal("limit", node.span, f"the formula is more than {known.MOST_DEPTH} levels deep")
        return node

    def _inner(self, found: Sequence[Token]) -> Self:
        """A reader of a part of the tokens."""
        return type(self)(self.source, found, self.scope, self.latex, self._deeper(found))

    def _deeper(self, found: Sequence[Token]) -> int:
        if self.nesting >= known.MOST_NESTING:
            span = found[0].span if found else self._end()
            raise self.refusal("limit", span, f"brackets stand more than {known.MOST_NESTING} deep here")
        return self.nesting + 1

    def _replace(self, token: Token, pieces: Sequence[str]) -> None:
        """Puts a token's pieces in its place."""
        made, start = [], token.span[0]
        for number, piece in enumerate(pieces):
            gap = token.gap if number == 0 else ""
            style = "piece" if len(piece) == 1 or number == 0 else token.style
            span = (
                (start, start + len(piece))
                if token.span[1] - token.span[0] == len(token.text)
                else token.span
            )
            made.append(replace(token, text=piece, span=span, gap=gap, style=style))
            start += len(piece)
        self.tokens[self.at : self.at + 1] = made

    def _open(self, token: Token) -> list[Token]:
        """Steps over a bracket and what it holds; what it holds."""
        self.at += 1
        return self._bracket(token)

    def _bracket(self, opening: Token) -> list[Token]:
        """The tokens up to the bracket that closes; the reader stands behind it."""
        depth, start = 1, self.at
        expected = [known.BRACKETS[opening.text]]
        for place in range(self.at, len(self.tokens)):
            token = self.tokens[place]
            if token.sign(*known.BRACKETS):
                expected.append(known.BRACKETS[token.text])
                depth += 1
            elif token.sign(*known.CLOSING):
                closing = expected.pop()
                half_open = {token.text, closing} == {"]", ")"}
                if token.text != closing and not (half_open and depth >= 1):
                    raise self.refusal("syntax", token.span, f"expected {closing} before {token.text}")
                depth -= 1
                if depth == 0:
                    self.at = place + 1
                    return self.tokens[start:place]
        raise self.refusal("syntax", opening.span, f"the bracket {opening.text} is never closed")

    def _inside(self, at: int) -> list[Token]:
        depth = 0
        for place in range(at, len(self.tokens)):
            depth += opens(self.tokens[place])
            if depth <= 0:
                return self.tokens[at + 1 : place]
        return self.tokens[at + 1 :]

    def _left_over(self, token: Token) -> Refusal:
        if token.sign(*known.CLOSING):
            return self.refusal("syntax", token.span, f"{token.text} closes a bracket that was never opened")
        if token.sign(*RELATIONS, "="):
            return self.refusal("syntax", token.span, "a comparison cannot stand here")
        if token.sign(*BARS):
            return self.refusal("syntax", token.span, "a bar stands here that neither opens nor closes |...|")
        if token.kind == "word":
            return self.refusal("syntax", token.span, f"the word {quoted(token.text)} is not understood here")
        return self.refusal("syntax", token.span, f"{quoted(self._written(token))} is not understood here")

    def _word_of_condition(self, token: Token) -> bool:
        words = known.CONDITION_WORDS | known.OTHERWISE
        return token.kind == "word" and token.text in words and not self.scope.find(token.text)

    def _says_or(self) -> bool:
        token = self.token
        return (
            token is not None
            and token.kind == "word"
            and token.text in ("or", "lor", "vee")
            and not self.scope.find(token.text)
        )

    def _begins_factor(self, token: Token) -> bool:
        if token.kind in ("number", "accent"):
            return True
        if token.kind == "begin":
            return True
        if token.kind == "word":
            return not (self._word_of_condition(token) or (token.text == "or" and not self.scope.find("or")))
        return token.sign(*BEGINNING) or (token.sign("|") and not self.bars)

    # What the classes below read, each in its file ---------------------------------------------------

    def whole(self, condition: bool) -> Node:
        """All the tokens as one expression, or as one condition."""
        raise NotImplementedError

    def _of_samples(self, body: Node, span: Span) -> Node:
        raise NotImplementedError

    def _infix(self) -> Node:
        raise NotImplementedError

    def _sum(self) -> Node:
        raise NotImplementedError

    def _product(self) -> Node:
        raise NotImplementedError

    def _power(self) -> Node:
        raise NotImplementedError

    def _script(self) -> Node:
        raise NotImplementedError

    def _atom(self) -> Node:
        raise NotImplementedError


def opens(token: Token) -> int:
    """1 for what opens a bracket, −1 for what closes one."""
    if token.kind in ("begin", "end"):
        return 1 if token.kind == "begin" else -1
    return token.sign(*known.BRACKETS) - token.sign(*known.CLOSING)


def places(found: Sequence[Token], *signs: str) -> list[int]:
    """Where these signs stand outside of all brackets."""
    depth, found_at = 0, []
    for place, token in enumerate(found):
        depth += opens(token)
        if depth == 0 and token.sign(*signs):
            found_at.append(place)
    return found_at


def split(found: Sequence[Token], *signs: str, keep: bool = False) -> tuple[list[list[Token]], list[Token]]:
    """The tokens between these signs, outside of brackets, and the signs; kept, each begins its piece."""
    ends = places(found, *signs)
    starts = [0, *(place + (0 if keep else 1) for place in ends)]
    return (
        [list(found[start:end]) for start, end in zip(starts, [*ends, len(found)], strict=True)],
        [found[place] for place in ends],
    )


def compares(found: Sequence[Token]) -> bool:
    """Whether a comparison stands there outside of brackets."""
    return bool(places(found, *RELATIONS, "="))
