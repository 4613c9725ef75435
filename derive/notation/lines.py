r"""A line: what it defines, what that is, and where it holds."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, takewhile

from derive.notation import vocabulary as known
from derive.notation.abbreviations import written_out
from derive.notation.cursor import BARS, compares, opens, places, split
from derive.notation.grammar import Expressions
from derive.notation.macros import expanded
from derive.notation.refusal import Source
from derive.notation.scope import Scope
from derive.notation.tokens import Token, is_latex, tokens, without_layout
from derive.notation.tree import Entry, Head, Line, Name, Node, Number, Power

# Names of a head that stand for all the parameters together.
ALL_PARAMETERS = frozenset(["theta", "Theta", "vartheta"])


def line(text: str, scope: Scope) -> Line:
    """Read one line: what it defines, if it says so, what that is, and where.

    Raises Refusal.
    """
    source = Source(text)
    found = without_layout(expanded(source, tokens(source)))
    found = written_out(source, found, scope)
    return Lines(source, found, scope, is_latex(text)).line()


def expression(text: str, scope: Scope) -> Node:
    """Read one expression."""
    source = Source(text)
    found = without_layout(expanded(source, tokens(source)))
    return Lines(source, found, scope, is_latex(text)).whole(condition=False)


class Lines(Expressions):
    """Reads a line and its head."""

    def line(self) -> Line:
        """A head and its values, and where they hold."""
        if not self.tokens:
            raise self.refusal("syntax", (0, 1), "there is nothing to read")
        while self.tokens[0].sign("{") and len(self._inside(0)) == len(self.tokens) - 2:
            self.tokens = self._inside(0)  # a box around the line
            if not self.tokens:
                raise self.refusal("syntax", (0, 1), "there is nothing to read")
        for word, sign in pairwise(self.tokens):
            if word.kind == "word" and known.SPELLED.get(word.text) == "exp" and sign.sign("^"):
                raise self._raised_exp(word, sign)
        whole = (self.tokens[0].span[0], self._last_end())
        self._assignment()
        self._without_arrow()
        self._without_rest()
        start = self._condition_start()
        body, condition = self.tokens[:start], self.tokens[start:]
        while body and condition and body[-1].sign(",", ";", ":"):
            body = body[:-1]
        sides, signs = split(body, "=", "propto", "sim", "approx")
        for sign in signs:
            self._definite(sign)
        sides = [self._without_mean(self._without_differential(side)) for side in sides]
        heads = next((n for n, side in enumerate(sides) if n and not self._is_head(side)), len(sides))
        heads = min(heads, len(sides) - 1)
        head = self._one_head([self._inner(side).head() for side in sides[:heads]]) if heads else None
        values = tuple(self._inner(side).whole(condition=False) for side in sides[heads:])
        holds = self._inner(condition).whole(condition=True) if condition else None
        return Line(head, values, holds, span=whole)

    def _assignment(self) -> None:
        """`d <- exp(-y)` of R and `target += -y` of Stan set what is before them to what follows."""
        if len(self.tokens) < 4 or self.latex:
            return
        name, sign, then = self.tokens[:3]
        arrow = (sign.text + then.text) in ("<-", "+=") and sign.span[1] == then.span[0]
        if arrow and name.kind == "word" and not self.scope.find(name.text):
            self.tokens[1:3] = [replace(sign, text="=", span=(sign.span[0], then.span[1]))]

    def _without_arrow(self) -> None:
        r"""Drops `f: y \mapsto` before the value: what y is, is declared."""
        before = list(takewhile(lambda token: not token.sign("mapsto"), self.tokens))
        if len(before) == len(self.tokens):
            return
        called = len(before) == 3 and before[0].kind == "word" and before[1].sign(":")
        if (called or len(before) == 1) and self.scope.find(before[-1].text):
            self.tokens = self.tokens[len(before) + 1 :]

    def _without_rest(self) -> None:
        """Drops `, and 0 otherwise` behind a condition: that is what a support says."""
        for words in range(2, 5):
            end = self.tokens[-words:]
            text = " ".join(token.text for token in end)
            if text in known.ZERO_OTHERWISE and compares(self.tokens[:-words]):
                self.tokens = self.tokens[:-words]
                while self.tokens[-1].sign(",", ";", ".", "and"):
                    self.tokens.pop()
                return

    def _without_differential(self, side: list[Token]) -> list[Token]:
        """`f(x) dx` without its dx."""
        if len(side) < 2:
            return side
        letters = [token.text for token in side[-2:] if token.kind == "word"]
        if side[-1].kind == "word" and side[-1].text == f"d{self.scope.find(side[-1].text[1:])}":
            return side if self.scope.find(side[-1].text) else side[:-1]
        if len(letters) == 2 and letters[0] == "d" and self.scope.find(letters[1]) and len(side) > 2:
            return side if self.scope.find("d") else side[:-2]
        return side

    def _without_mean(self, side: list[Token]) -> list[Token]:
        """A mean over the samples, as the value of one: `mean(...)` and `(...).mean()` of code."""
        start = 1 if side and side[0].sign("-") else 0
        if self.latex or len(side) < start + 4:
            return side
        last = len(side) - 1
        words = [token.text if token.kind == "word" else "" for token in side]
        means = [place for place in (start, last - 2) if words[place] in known.MEANS_OF_CODE]
        if not means or self.scope.find(words[means[0]]):
            return side
        if means[0] == start and side[start + 1].sign("(") and _closing(side, start + 1) == last:
            return [*side[:start], *side[start + 1 :]]
        called = side[last - 3].sign(".") and side[last - 1].sign("(") and side[last].sign(")")
        if called and side[start].sign("(") and _closing(side, start) == last - 4:
            return side[: last - 3]
        return side

    def _is_head(self, side: list[Token]) -> bool:
        r"""Whether another name of the density stands between two =: `f(k) = \Pr(X = k) = …`."""
        reader = self._inner(side)
        reader.at += reader.is_sign("-")
        reader._logarithm_of_head()
        word = reader.token
        if word is None or word.kind != "word" or self.scope.find(word.text):
            return False
        reader.at += 1
        if reader.is_sign("_"):
            reader._step_over_subscript()
        if not reader.is_sign("(", "[", "\\{"):
            return False
        inside = reader._open(reader.tokens[reader.at])
        named = word.text not in known.SPELLED or bool(places(inside, *BARS, ";"))
        return named and reader.token is None

    def _one_head(self, heads: list[Head]) -> Head:
        """Of several names the last, which is of what follows: a logarithm of a likelihood."""
        for head in heads:
            if head.before:
                last = heads[-1]
                return last if last.before else replace(last, before=head.before, behind=head.behind)
        return heads[-1]

    def _step_over_subscript(self) -> None:
        """The subscript of a head only says which density it is."""
        self.at += 1
        if self.is_sign("{", "("):
            self._open(self.tokens[self.at])
        else:
            self.at += 1

    def _definite(self, sign: Token) -> None:
        """Refuses a sign between two sides that is no equality."""
        sentences = {
            "propto": "∝ gives the density up to a constant only; write it with = and its normalising constant",
            "sim": "~ names a distribution and gives no density; write p(y | ...) = ...",
            "approx": "≈ gives no density; write =",
        }
        if sign.text in sentences:
            kind = "proportional" if sign.text == "propto" else "no density"
            raise self.refusal(kind, sign.span, sentences[sign.text])

    def head(self) -> Head:
        """`log f(y | mu, b)`: a name and what it is a function of."""
        if self.token is None:
            raise self.refusal("syntax", (0, 1), "nothing stands before the =")
        span = (self.token.span[0], self._last_end())
        negative = self.is_sign("-")
        self.at += negative
        logarithm = self._logarithm_of_head()
        word = self.token
        if word is None or word.kind not in ("word", "accent"):
            raise self.refusal(
                "syntax", span, "what stands before the = is not the name of a density, such as p(y | mu)"
            )
        self.at += 1
        if word.kind == "accent" and self.token is not None:
            word = self.token
            self.at += 1
        name = word.text
        if self.is_sign("_"):
            self._step_over_subscript()
        while self.is_sign("'", "^"):
            raise self.refusal("syntax", self.tokens[self.at].span, "a power stands before the =")
        groups = self._arguments_of_head() if self.token is not None else []
        if self.token is not None:
            raise self.refusal("syntax", self.token.span, "the name of a density ends before this")
        before = tuple(groups[0]) if groups else ()
        behind = tuple(argument for group in groups[1:] for argument in group) if len(groups) > 1 else None
        if negative and not logarithm and name not in known.LOG_LIKELIHOODS:
            raise self.refusal("syntax", span, "minus a density is not a density")
        if negative:
            return Head("loss", before, behind, False, span=span)
        return Head(name, before, behind, logarithm, span=span)

    def _logarithm_of_head(self) -> bool:
        token, behind = self.token, self.next(1)
        if token is None or behind is None or token.kind != "word":
            return False
        if known.SPELLED.get(token.text) != "log" or behind.kind not in ("word", "accent"):
            return False
        self.at += 1
        return True

    def _arguments_of_head(self) -> list[list[str]]:
        opening = self._expect("(", "[", "\\{", "{")
        inside = self._bracket(opening)
        groups: list[list[str]] = [[]]
        samples = any(token.sign("…") for token in inside)
        for piece in split(inside, ",", ";", ":", *BARS, keep=True)[0]:
            separator = piece[0] if piece and piece[0].sign(",", ";", ":", *BARS) else None
            if separator is not None and not separator.sign(","):
                groups.append([])
            argument = piece[1:] if separator else piece
            for relation in argument:
                if relation.sign("<=", "<", ">", ">="):
                    raise self.refusal(
                        "no density", relation.span, "this is the probability of a range, not a density"
                    )
            argument = split(argument, "=")[0][-1]
            if samples and len(argument) == 1 and argument[0].sign("…"):
                continue
            if samples and len(argument) > 1 and argument[1].sign("_") and self.scope.find(argument[0].text):
                groups[-1].append(self.scope.find(argument[0].text))  # x_1, …, x_n
                continue
            if not argument:
                span = separator.span if separator else opening.span
                raise self.refusal("syntax", span, "an argument is missing here")
            groups[-1].extend(self._inner(argument).argument_of_head(parameters=len(groups) > 1))
        return groups

    def argument_of_head(self, parameters: bool) -> list[str]:
        r"""The name of one argument; `\theta` alone may stand for all parameters.

        Behind the bar may stand what is made of parameters, such as a rate for its scale: `f(y; 1/b)`.
        """
        token = self.token
        assert token
        if token.kind == "word" and len(self.tokens) == 1 and token.text in ALL_PARAMETERS:
            found = self.scope.find(token.text)
            return [found or "theta"]
        node = self.whole(condition=False) if parameters else self._power()
        if self.token is not None:
            raise self.refusal("syntax", self.token.span, "an argument of the head is one name")
        if (
            isinstance(node, Power)
            and isinstance(node.base, Name)
            and node.exponent == Number(Fraction(2), span=node.span)
        ):
            node = node.base  # f(x | μ, σ²) of a density that is written with σ
        if isinstance(node, Name | Entry):
            return [self.scope.roots.get(node.name, node.name)]
        names = [part.name for part in node.every() if isinstance(part, Name | Entry)]
        if parameters and (names or isinstance(node, Number)):
            return [self.scope.roots.get(name, name) for name in names]
        raise self.refusal("syntax", token.span, "an argument of the head is one name")


def _closing(found: list[Token], opening: int) -> int:
    """Where the bracket that opens at a place closes."""
    depth = 0
    for place in range(opening, len(found)):
        depth += opens(found[place])
        if depth == 0:
            return place
    return len(found)
