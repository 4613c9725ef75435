r"""Sums and products over an index."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from derive.notation import vocabulary as known
from derive.notation.conditions import Conditions
from derive.notation.refusal import Span, quoted
from derive.notation.scope import Scope
from derive.notation.tokens import Token
from derive.notation.tree import Entry, Name, Node, Over


class Sums(Conditions):
    """Reads sums and products over an index."""

    def _over(self, token: Token, operation: str) -> Node:
        self.at += 1
        index, first, last = "", None, None
        while self.is_sign("_", "^"):
            sign = self.tokens[self.at]
            self.at += 1
            if sign.text == "_":
                index, first = self._lower_limit(sign)
            else:
                last = self._script() if self._limit_is_known() else self._size_limit()
        self.nesting = self._deeper([token])
        scope = self.scope
        if index:
            self.scope = Scope(
                [*(name for name in scope.names), *([index] if not scope.find(index) else [])], scope.vectors
            )
        try:
            body = self._product()
        finally:
            self.scope = scope
            self.nesting -= 1
        index = index or self._only_index(token, body)
        return self._checked(Over(operation, index, first, last, body, span=(token.span[0], body.span[1])))

    def _sum_of_code(self, token: Token) -> Node:
        """`sum(log(y))` of code: over the samples, or over the entries of the vectors in it."""
        self.at += 1
        body = self._inner(self._open(self.tokens[self.at])).whole(condition=False)
        return self._of_samples(body, (token.span[0], self.tokens[self.at - 1].span[1]))

    def _of_samples(self, body: Node, span: Span) -> Node:
        return self._checked(Over("sum", "i", None, None, _with_index(body), span=span))

    def _limit_is_known(self) -> bool:
        """Whether an upper limit is more than the size of a vector or of a data set."""
        token = self.token
        inside = [token] if token is not None else []
        if token is not None and token.sign("{"):
            inside = self._inside(self.at)
        undeclared = len(inside) == 1 and inside[0].kind == "word" and not self.scope.find(inside[0].text)
        return not undeclared

    def _size_limit(self) -> Node:
        """`^n` or `^{K}`: a size that needs no declaration."""
        token = self.tokens[self.at]
        if token.sign("{"):
            (inner,) = self._open(token)
        else:
            if len(token.text) > 1 and token.style == "plain":
                self._replace(token, [token.text[0], token.text[1:]])
                token = self.tokens[self.at]
            inner = token
            self.at += 1
        if len(inner.text) > 1:
            raise self.refusal("not declared", inner.span, f"{quoted(inner.text)} is not declared")
        return Name(inner.text, span=inner.span)

    def _lower_limit(self, sign: Token) -> tuple[str, Node | None]:
        token = self.token
        if token is None:
            raise self.refusal("syntax", sign.span, "the index is missing")
        if token.sign("{"):
            inside = self._open(token)
        else:
            if token.kind == "word" and len(token.text) > 1 and token.style == "plain":
                self._replace(token, [token.text[0], token.text[1:]])
                token = self.tokens[self.at]
            inside = [token]
            self.at += 1
        index = inside[0] if inside else token
        if index.kind != "word" or index.text not in known.INDICES:
            raise self.refusal(
                "syntax", index.span, "an index is one small letter, such as i in \\sum_{i=1}^n"
            )
        if len(inside) == 1:
            return index.text, None
        if not inside[1].sign("=") or len(inside) < 3:
            raise self.refusal("syntax", inside[1].span, "the limits of a sum are read as i or i=1")
        return index.text, self._inner(inside[2:]).whole(condition=False)

    def _only_index(self, token: Token, body: Node) -> str:
        found = sorted(
            {node.index for node in body.every() if isinstance(node, Entry) and not node.index.isdigit()}
        )
        if len(found) != 1:
            raise self.refusal(
                "ambiguous",
                token.span,
                "the sum names no index, and its terms do not show which one is meant",
            )
        return found[0]


def _with_index(part: Any) -> Any:
    """A part of the tree in which every name has the index of its sample."""
    if isinstance(part, Name):
        return Entry(part.name, "i", span=part.span)
    if isinstance(part, tuple):
        return tuple(_with_index(one) for one in part)
    if isinstance(part, Node):
        changed = {one.name: getattr(part, one.name) for one in fields(part) if one.init}
        return replace(
            part, **{name: _with_index(value) for name, value in changed.items() if name != "span"}
        )
    return part
