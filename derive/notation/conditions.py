r"""Comparisons, sets, indicator functions and cases."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from derive.notation import vocabulary as known
from derive.notation.cursor import RELATIONS, compares, opens, split
from derive.notation.functions import Functions
from derive.notation.refusal import quoted
from derive.notation.tokens import Token
from derive.notation.tree import (
    All,
    AnyOf,
    Cases,
    Comparison,
    Constant,
    Indicator,
    Known,
    Listed,
    Member,
    Name,
    Negative,
    Node,
    Number,
    Range,
)


class Conditions(Functions):
    """Reads conditions, and what depends on them."""

    def _condition_start(self) -> int:
        """Where a condition begins at the end of the line; the number of tokens where there is none."""
        separator = None
        depth = 0
        for place, token in enumerate(self.tokens):
            if depth == 0 and place > 0 and self._bracketed_condition(place):
                return place
            depth += opens(token)
            if depth == 0 and place > 0 and not self._lists_names(separator, place):
                if token.gap == "wide" and not self.tokens[place - 1].sign("=", "+", "-", "*", "/"):
                    separator = place
                if token.sign(",", ";", ":") or self._word_of_condition(token):
                    separator = place
            compared = token.sign(*RELATIONS) or (token.sign("=") and separator is not None)
            if compared and depth == 0:
                if separator is None and self._stands_apart(place - 1):
                    return place - 1
                if separator is None:
                    raise self.refusal(
                        "syntax",
                        token.span,
                        "a comparison stands in the formula; where it holds is said behind it, after a comma or 'for'",
                    )
                return separator
        return len(self.tokens)

    def _stands_apart(self, place: int) -> bool:
        r"""Whether one name or number is set apart by a space of LaTeX: the left side of `\\ x > 0`."""
        token = self.tokens[place]
        return place > 0 and token.gap == "command" and token.kind in ("word", "number")

    def _lists_names(self, separator: int | None, place: int) -> bool:
        """Whether a comma stands in the names that one condition is of: `for x, λ > 0`."""
        if separator is None or not self.tokens[place].sign(","):
            return False
        between = self.tokens[separator:place]
        names = between[1:]
        return (
            self._word_of_condition(between[0])
            and bool(names)
            and all(token.kind == "word" and self.scope.find(token.text) for token in names)
        )

    def _bracketed_condition(self, place: int) -> bool:
        """Whether the line ends with a condition in brackets that begins here: `(x > 0)`."""
        before = self.tokens[place - 1]
        if (
            not self.tokens[place].sign("(")
            or (before.kind == "word" and self._may_be_called(before, self.tokens[place]))
            or before.sign("_", "^", "=", "+", "-", "*", "/")
        ):
            return False
        inside = self._inside(place)
        return place + len(inside) + 2 == len(self.tokens) and compares(inside)

    def _may_be_called(self, word: Token, opening: Token) -> bool:
        """Whether a bracket behind a word may be its own: `I(x > 0)`."""
        apart = opening.gap in ("command", "wide") and word.text not in (*known.INDICATORS, "indicator")
        return not (apart or self.scope.find(word.text))

    def _is_indicator(self) -> bool:
        """Whether I, 1 or χ is followed by a condition or a set."""
        behind = self.next(1)
        if behind is None:
            return False
        if behind.sign("(", "[", "\\{", "{"):
            return compares(self._inside(self.at + 1))
        if behind.sign("_"):
            below = self.next(2)
            if below is None:
                return False
            if below.sign("{"):
                return any(
                    token.sign(*RELATIONS, "=", "(", "[", "\\{") for token in self._inside(self.at + 2)
                )
            return below.sign("(", "[", "\\{")
        return False

    def _indicator(self, token: Token) -> Node:
        """1_{x>0}, I(x>0), 1{x>0}, 1_{[0,∞)}(x)."""
        self.at += 1
        opening = self.token
        if opening is not None and opening.sign("_"):
            self.at += 1
            below = self.token
            if below is None or not below.sign("{", "(", "[", "\\{"):
                raise self.refusal("syntax", token.span, "an indicator needs its condition in brackets")
            start = self.at
            inside = self._open(below)
            bracketed = below.sign("{") and inside and inside[0].sign("\\{", "[", "(")
            if bracketed and compares(inside[1:-1]):
                inside = inside[1:-1]
            if compares(inside):
                condition = self._inner(inside).whole(condition=True)
            else:
                group = inside if below.sign("{") else self.tokens[start : self.at]
                within = self._inner(group)._set()
                argument = self.token
                if argument is None or not argument.sign("("):
                    raise self.refusal(
                        "syntax", token.span, "an indicator of a set needs its argument in brackets"
                    )
                element = self._inner(self._open(argument)).whole(condition=False)
                condition = Member(element, within, span=(token.span[0], element.span[1]))
        elif opening is not None and opening.sign("(", "[", "\\{", "{"):
            condition = self._inner(self._open(opening)).whole(condition=True)
        else:
            raise self.refusal("syntax", token.span, "an indicator needs its condition in brackets")
        return self._checked(Indicator(condition, span=(token.span[0], self.tokens[self.at - 1].span[1])))

    def _conditions(self) -> Node:
        """Conditions with commas or `and` between them; `or` binds less."""
        start = self.token.span[0] if self.token else 0
        either = [self._together()]
        while self._says_or():
            self.at += 1
            either.append(self._together())
        return (
            either[0]
            if len(either) == 1
            else self._checked(AnyOf(tuple(either), span=(start, either[-1].span[1])))
        )

    def _together(self) -> Node:
        """Conditions that hold together."""
        found: list[Node] = []
        waiting: list[Node] = []
        start = self.token.span[0] if self.token else 0
        while self.token is not None and not self._says_or():
            if self.is_sign(",", ";", ":", "and", ".") or self._word_of_condition(self.token):
                self.at += 1
                continue
            if self.is_sign("(") and compares(self._inside(self.at)):
                found.append(self._inner(self._open(self.tokens[self.at])).whole(condition=True))
                continue
            left = self._sum()
            if self.is_sign(",") and not self.is_sign(*RELATIONS, "="):
                waiting.append(left)
                continue
            if not self.is_sign(*RELATIONS, "="):
                span = self.token.span if self.token else left.span
                raise self.refusal("syntax", span, "a condition compares two sides, such as x > 0")
            first = len(found)
            found.extend(self._chain(left))
            for other in waiting:
                found.append(_with_left(found[first], other))
            waiting = []
        if waiting or not found:
            raise self.refusal("syntax", self._end(), "a condition compares two sides, such as x > 0")
        return (
            found[0] if len(found) == 1 else self._checked(All(tuple(found), span=(start, found[-1].span[1])))
        )

    def _chain(self, left: Node) -> list[Node]:
        """0 < x < 1 is two comparisons."""
        found: list[Node] = []
        while self.is_sign(*RELATIONS, "="):
            sign = self.tokens[self.at]
            self.at += 1
            if sign.text == "in":
                within = self._set()
                found.append(Member(left, within, span=(left.span[0], within.span[1])))
                break
            right = self._sum()
            if sign.text == "=" and self.is_sign(",", "…"):
                values = self._values(right)
                if values is not None:
                    found.append(Member(left, values, span=(left.span[0], values.span[1])))
                    break
            found.append(
                Comparison(left, known.COMPARISONS[sign.text], right, span=(left.span[0], right.span[1]))
            )
            left = right
        return found

    def _values(self, first: Node) -> Node | None:
        """The rest of `0, 1, 2, …` or `0, 1` or `0, …, n`; None where another condition follows."""
        values, dots = [first], False
        while self.is_sign(",", "…"):
            at = self.at
            if self.is_sign("…"):
                dots = True
                self.at += 1
                if self.token is not None and not self.is_sign(",", ";") and self._begins_factor(self.token):
                    values.append(self._sum())
                continue
            self.at += 1
            if self.is_sign("…"):
                continue
            if self.token is None or not self._begins_factor(self.token):
                if self.token is not None and not self._word_of_condition(self.token):
                    raise self._left_over(self.token)
                self.at = at
                break
            value = self._sum()
            if self.is_sign(*RELATIONS, "="):
                self.at = at
                break
            values.append(value)
        if len(values) == 1 and not dots:
            return None
        return self._listed(values, dots)

    def _listed(self, values: list[Node], dots: bool) -> Node:
        span = (values[0].span[0], values[-1].span[1])
        if not dots:
            return Listed(tuple(values), span=span)
        numbers = [value.value for value in values if isinstance(value, Number)]
        leading = [value.value for value in values[:-1] if isinstance(value, Number)]
        steps = all(b - a == 1 for a, b in pairwise(leading))
        if not steps or not isinstance(values[0], Number | Name | Negative):
            raise self.refusal("syntax", span, "a list with dots counts up by ones")
        if len(numbers) == len(values) and (len(values) == 1 or numbers[-1] - numbers[-2] == 1):
            return Range(values[0], Constant("infinity", span=span), (True, False), True, span=span)
        if isinstance(values[-1], Constant):
            return Range(values[0], values[-1], (True, False), True, span=span)
        return Range(values[0], values[-1], (True, True), True, span=span)

    def _set(self) -> Node:
        """(a, b), {0, 1, …}, ℝ, ℝ₊, ℕ."""
        token = self.token
        if token is None:
            raise self.refusal("syntax", self._end(), "a set is missing here")
        if token.sign("ℝ", "ℕ", "ℤ") or (token.kind == "word" and token.text in known.SETS):
            self.at += 1
            name = known.SETS.get(token.text, token.text)
            above = ""
            while self.is_sign("^", "_", "+", "*"):
                sign = self.tokens[self.at]
                self.at += 1
                if sign.text in ("+", "*"):
                    above += sign.text
                    continue
                inside = [self.token] if self.token is not None else []
                if self.is_sign("{"):
                    inside = list(self._open(self.tokens[self.at]))
                else:
                    self.at += 1
                above += "".join(one.text for one in inside if one is not None)
            known_as = _NAMED_SETS.get((name, above))
            if known_as is None:
                raise self.refusal("syntax", token.span, f"the set {name} with {quoted(above)} is not known")
            return Known(known_as, span=token.span)
        if token.sign("(", "["):
            inside = self._open(token)
            closing = self.tokens[self.at - 1]
            ends = split(inside, ",", ";")[0]
            span = (token.span[0], closing.span[1])
            if len(ends) != 2:
                raise self.refusal("syntax", span, "an interval has two ends")
            first, last = (self._inner(end).whole(condition=False) for end in ends)
            return Range(first, last, (token.text == "[", closing.text == "]"), span=span)
        if token.sign("{", "\\{"):
            inside = self._open(token)
            if token.sign("{") and inside and inside[0].sign("\\{", "(", "["):
                return self._inner(inside)._set()
            reader = self._inner(inside)
            first = reader._sum()
            values = reader._values(first) or Listed((first,), span=first.span)
            if reader.token is not None:
                raise reader._left_over(reader.token)
            return replace(values, span=(token.span[0], self.tokens[self.at - 1].span[1]))
        raise self.refusal("syntax", token.span, "a set is written (a, b), [a, b], {0, 1, ...} or ℝ")

    def _cases(self, begin: Token) -> Node:
        """Values with their conditions, one pair a row."""
        self.at += 1
        depth = 1
        for place in range(self.at, len(self.tokens)):
            depth += {"begin": 1, "end": -1}.get(self.tokens[place].kind, 0)
            if depth == 0:
                break
        else:
            raise self.refusal("syntax", begin.span, "the cases are never closed")
        inside = self.tokens[self.at : place]
        self.at = place + 1
        branches: list[tuple[Node, Node | None]] = []
        for row in split(inside, "newline")[0]:
            if row:
                branches.append(self._branch(row))
        if not branches:
            raise self.refusal("syntax", begin.span, "there are no cases here")
        return self._checked(Cases(tuple(branches), span=(begin.span[0], self.tokens[place].span[1])))

    def _branch(self, row: list[Token]) -> tuple[Node, Node | None]:
        cells = split(row, "&")[0]
        if len(cells) == 1:
            reader = self._inner(row)
            start = reader._condition_start()
            stands = next(
                (n for n, token in enumerate(row) if token.kind == "word" and token.text in known.OTHERWISE),
                start,
            )
            start = min(start, stands)
            cells = [row[:start], row[start:]]
        value, condition = cells[0], [token for cell in cells[1:] for token in cell]
        while value and value[-1].sign(",", ";", ":"):
            value = value[:-1]
        node = self._inner(value).whole(condition=False)
        words = [token for token in condition if not token.sign(",", ";", ".", ":")]
        text = " ".join(token.text for token in words)
        if not words or (all(token.kind == "word" for token in words) and text in known.OTHERWISE):
            return node, None
        return node, self._inner(condition).whole(condition=True)


_NAMED_SETS = {
    ("ℝ", ""): "real",
    ("ℝ", "+"): "positive",
    ("ℝ", "++"): "positive",
    ("ℝ", ">0"): "positive",
    ("ℝ", ">=0"): "nonnegative",
    ("ℕ", ""): "natural",
    ("ℕ", "0"): "count",
    ("ℕ", "+"): "positive integer",
    ("ℕ", "1"): "positive integer",
    ("ℕ", ">0"): "positive integer",
    ("ℤ", ""): "integer",
    ("ℤ", "+"): "positive integer",
    ("ℤ", ">0"): "positive integer",
    ("ℤ", ">=0"): "count",
    ("ℕ", "*"): "positive integer",
    ("ℤ", "*+"): "positive integer",
    ("ℤ", "+0"): "count",
    ("ℤ", "0+"): "count",
    ("ℝ", "*+"): "positive",
    ("ℝ", "+*"): "positive",
    ("ℝ", "+0"): "nonnegative",
    ("ℝ", "0+"): "nonnegative",
}


def _with_left(condition: Node, left: Node) -> Node:
    if isinstance(condition, Comparison):
        return replace(condition, left=left)
    assert isinstance(condition, Member)
    return replace(condition, element=left)
