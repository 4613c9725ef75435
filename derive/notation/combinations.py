r"""Binomial coefficients as a C with two scripts: C_n^k, C^n_k, {}^nC_k, {}_nC_k."""

from __future__ import annotations

from derive.notation.refusal import Span
from derive.notation.sums import Sums
from derive.notation.tokens import Token
from derive.notation.tree import Apply, Node

LETTER = "C"


class Combinations(Sums):
    """Reads numbers of combinations."""

    def _refuse_scripts(self, token: Token) -> None:
        """Refuses C_n^k, in which some write the number that is drawn above and some below, with both readings."""
        letter, _, subscript = token.text.partition("_")
        if letter != LETTER or self.scope.find(LETTER):
            return
        scripts: dict[str, Span] = {"_": (token.span[1] - len(subscript), token.span[1])} if subscript else {}
        at = self.at + 1
        while (
            at < len(self.tokens) and self.tokens[at].sign("_", "^") and self.tokens[at].text not in scripts
        ):
            end = self._script_end(at + 1)
            scripts[self.tokens[at].text] = (self.tokens[at].span[1], self.tokens[end - 1].span[1])
            at = end
        if len(scripts) < 2:
            return
        span = (token.span[0], max(one.span[1] for one in self.tokens[self.at : at]))
        texts = (self.source.text[slice(*scripts[sign])].strip() for sign in "_^")
        below, above = (text[1:-1] if text.startswith("{") else text for text in texts)
        readings = (f"{LETTER}({below}, {above})", f"{LETTER}({above}, {below})")
        raise self.refusal(
            "ambiguous",
            span,
            f"this is {readings[0]} or {readings[1]}: write one of these",
            tuple(self.source.replaced(span, reading) for reading in readings),
        )

    def _begins_factor(self, token: Token) -> bool:
        return super()._begins_factor(token) or (token is self.token and self._is_before_letter())

    def _is_before_letter(self) -> bool:
        """Whether a script stands here that belongs to a C behind it."""
        number = self.next(1)
        if number is None or not self.is_sign("^", "_") or self.scope.find(LETTER):
            return False
        end = self._script_end(self.at + 1)
        return self._is_fused(number) or (end < len(self.tokens) and self.tokens[end].text == LETTER)

    @staticmethod
    def _is_fused(token: Token) -> bool:
        return token.kind == "word" and len(token.text) == 2 and token.text.endswith(LETTER)

    def _combination(self) -> Node:
        """A binomial coefficient with its first number before the C."""
        start = self.tokens[self.at].span[0]
        self.at += 1
        number = self.tokens[self.at]
        if self._is_fused(number):
            self._replace(number, [number.text[0], LETTER])
        whole = self._script()
        self.at += 1
        self._expect("_")
        drawn = self._script()
        return self._checked(
            Apply("binomial", (whole, drawn), span=(start, self.tokens[self.at - 1].span[1]))
        )
