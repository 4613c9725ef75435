r"""Words that are functions, and their arguments."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from derive.notation import vocabulary as known
from derive.notation.cursor import places, split
from derive.notation.names import Names
from derive.notation.refusal import Refusal, quoted
from derive.notation.tokens import Token
from derive.notation.tree import Apply, Negative, Node, Number, Power, Product, Quotient


class Functions(Names):
    """Reads functions."""

    def _function_of(self, token: Token) -> str | None:
        """The function that a word names here."""
        if token.style == "command" or token.style in ("plain", "upright", "greek", "piece"):
            behind = self.next(1)
            if token.text == "I" and behind is not None and behind.sign("_"):
                order = self.next(2)
                digits = order.text if order is not None and order.kind == "number" else ""
                if digits in ("0", "1"):
                    return f"bessel_{digits}"
                if order is not None and order.sign("{"):
                    inner = self.next(3)
                    if inner is not None and inner.text in ("0", "1"):
                        return f"bessel_{inner.text}"
            if token.text in ("I_0", "I_1"):
                return f"bessel_{token.text[-1]}"
            name = known.SPELLED.get(token.text)
            if token.text in known.LACKING:
                raise self._unknown_function(token)
            if name is None:
                return None
            bracket = behind is not None and behind.sign("(", "[", "{", "\\{")
            if token.text in known.OF_SEVERAL and not (bracket and places(self._inside(self.at + 1), ",")):
                return None
            letter = self.source.text[token.span[0] : token.span[0] + 1]
            if (token.text == "gamma" and not letter.isascii()) or (token.text == "gamma" and letter == "\\"):
                return None
            if known.FUNCTIONS[name].bare:
                return name
            raised = behind is not None and behind.sign("^") and name not in ("normal_pdf",)
            return (
                name
                if bracket or (raised and token.text not in known.CODE_WORDS and len(token.text) > 1)
                else None
            )
        return None

    def _applied(self, token: Token, function: str) -> Node:
        """A function and its argument."""
        self.at += 1
        row = known.FUNCTIONS[function]
        power: Node | None = None
        base: Node | None = None
        if self.is_sign("_"):
            base = self._base_of(function, token)
        if self.is_sign("^"):
            if function == "exp":
                raise self._raised_exp(token, self.tokens[self.at])
            caret = self.tokens[self.at]
            self.at += 1
            power = self._script()
            if power == _MINUS_ONE and function in known.INVERSES:
                function, power = known.INVERSES[function], None
            elif not (isinstance(power, Number) and power.value > 0):
                raise self.refusal(
                    "ambiguous",
                    (token.span[0], caret.span[1]),
                    f"{token.text}^... is a power of the function or its inverse: write ({token.text}(...))^... instead",
                )
        if self.is_sign("(", "[", "{", "\\{"):
            brace, opening = self.is_sign("{"), self.at
            arguments = self._arguments(function)
            closing = self.tokens[self.at - 1]
            node: Node = Apply(function, arguments, span=(token.span[0], closing.span[1]))
            if not brace or self.is_sign("^"):
                self._bounded(row, token, opening)
        elif row.bare:
            argument = self._bare_argument(token)
            node = Apply(function, (argument,), span=(token.span[0], argument.span[1]))
        else:
            raise self.refusal("syntax", token.span, f"{quoted(token.text)} needs its argument in brackets")
        if base is not None:
            node = Quotient(node, Apply("log", (base,), span=base.span), span=node.span)
        if power is not None:
            node = Power(node, power, span=node.span)
        return self._checked(node)

    def _raised_exp(self, word: Token, sign: Token) -> Refusal:
        return self.refusal(
            "nonstandard",
            (word.span[0], sign.span[1]),
            "exp^{...} raises exp itself to a power; write exp(...) or e^{...}",
        )

    def _base_of(self, function: str, token: Token) -> Node | None:
        r"""The base of a logarithm, `\log_2`; the order of a Bessel function is a part of its name."""
        at = self.at
        below = self._subscript()
        if function in ("bessel_0", "bessel_1"):
            return None
        if function == "log" and below == "e":
            return None
        if function == "log" and below is not None and below.isdigit() and int(below) > 1 and len(below) < 5:
            return Number(Fraction(below), span=self.tokens[at].span)
        raise self.refusal("syntax", self.tokens[at].span, f"{quoted(token.text)} takes no subscript")

    def _bounded(self, row: known.Function, token: Token, opening: int) -> None:
        r"""Refuses `\log(x)^2` and `\log(x)(y)`, whose argument may go on behind the bracket.

        opening  where the bracket of its argument is
        """
        behind = self.token
        if behind is None or not row.bare or not self.latex:
            return
        if behind.sign("^"):
            power = self._bracketed(self.tokens.index(token), self.at)
            self.at += 1
            self._script()
            raise self.refusal(
                "ambiguous",
                (token.span[0], behind.span[1]),
                f"{token.text}(x)^a is {token.text}(x^a) or ({token.text}(x))^a: use brackets",
                (power, self._bracketed(opening, self.at)),
            )
        if behind.sign("!"):
            raise self.refusal(
                "ambiguous",
                (token.span[0], behind.span[1]),
                f"{token.text}(x)! is {token.text}(x!) or ({token.text}(x))!: use brackets",
            )
        if row.spreads and behind.sign("(", "[") and behind.gap not in ("command", "wide"):
            raise self.refusal(
                "ambiguous",
                (token.span[0], behind.span[1]),
                f"{token.text}(x)(y) is {token.text}(x)*(y) or {token.text}((x)(y)): write \\cdot or use brackets",
                (self._bracketed(self.tokens.index(token), self.at), *self._goes_on(opening)),
            )

    def _bare_argument(self, token: Token) -> Node:
        """The argument of a function without brackets."""
        start = self.token
        if start is None or not (self._begins_factor(start) or start.sign("-")):
            raise self.refusal("syntax", token.span, f"{quoted(token.text)} has no argument")
        self.nesting = self._deeper([token])
        minus = start.sign("-")
        begins = self.at
        self.at += minus
        if self.token is None or not self._begins_factor(self.token):
            raise self.refusal("syntax", start.span, f"{quoted(token.text)} has no argument")
        led = self.token.kind == "number"
        factors = [self._power()]
        while self.token is not None and self._begins_factor(self.token):
            behind = self.token
            own = behind.kind == "word" and self._begins_function(behind)
            if own or behind.sign("sum", "prod") or behind.gap == "wide":
                break
            if not led or behind.gap == "command" or behind.sign("("):
                raise self._open_ended(token, begins, factors[-1], behind)
            self._apart(self.tokens[self.at - 1], behind)
            factors.append(self._power())
        self.nesting -= 1
        behind = self.token
        if behind is not None and behind.sign("/"):
            raise self._open_ended(token, begins, factors[-1], behind)
        if behind is not None and behind.sign("*"):
            after = self.next(1)
            if after is None or (
                not (after.kind == "word" and self._begins_function(after)) and not after.sign("sum", "prod")
            ):
                raise self._open_ended(token, begins, factors[-1], behind)
        argument = product_of(factors)
        return Negative(argument, span=(start.span[0], argument.span[1])) if minus else argument

    def _begins_function(self, token: Token) -> bool:
        name = known.SPELLED.get(token.text)
        return name is not None and known.FUNCTIONS[name].bare and not self.scope.find(token.text)

    def _apart(self, before: Token, token: Token) -> None:
        """Refuses a number that stands right behind a number or a name."""
        if token.kind != "number":
            return
        if before.kind == "number":
            raise self.refusal(
                "ambiguous",
                (before.span[0], token.span[1]),
                "two numbers stand side by side; write * between them, or write them as one",
            )
        if before.kind == "word" and not token.gap:
            raise self.refusal(
                "ambiguous",
                (before.span[0], token.span[1]),
                f"{before.text}{token.text} is {before.text} times {token.text}, {before.text}_{token.text} or"
                f" {before.text}^{token.text}: write which",
            )

    def _open_ended(self, token: Token, begins: int, argument: Node, behind: Token) -> Refusal:
        inner, then = self._text_of(argument), self._written(behind)
        then = f" {then}" if then[0].isalnum() else then
        return self.refusal(
            "ambiguous",
            (token.span[0], behind.span[1]),
            f"{token.text} {inner}{then}... is {token.text}({inner}){then}... or {token.text}({inner}{then}...): use brackets",
            (self._bracketed(self.tokens.index(token), self.at), *self._goes_on(begins, "/", "*")),
        )

    def _arguments(self, function: str, first: Node | None = None) -> tuple[Node, ...]:
        """The arguments in brackets."""
        opening = self.tokens[self.at]
        inside = self._open(opening)
        closing = self.tokens[self.at - 1]
        if closing.text != known.BRACKETS[opening.text]:
            raise self.refusal(
                "syntax", closing.span, f"expected {known.BRACKETS[opening.text]} before {closing.text}"
            )
        pieces = split(inside, ",")[0] if inside else []
        found = [self._inner(piece).whole(condition=False) for piece in pieces]
        arguments = (*([first] if first is not None else []), *found)
        arity = known.FUNCTIONS[function].arity
        if len(arguments) != arity:
            span = (opening.span[0], self.tokens[self.at - 1].span[1])
            raise self.refusal(
                "syntax",
                span,
                f"{function} takes {arity} argument{'s' if arity > 1 else ''}, got {len(arguments)}",
            )
        return arguments

    def _method(self, node: Node) -> Node:
        """`variance.log()` of code is log(variance)."""
        dot, word, opening = self.tokens[self.at], self.next(1), self.next(2)
        if word is None or word.kind != "word" or opening is None or not opening.sign("("):
            raise self.refusal("syntax", dot.span, "a dot stands here that belongs to no number and no call")
        function = known.SPELLED.get(word.text)
        if word.text in known.SUMS_OF_CODE and not self._inside(self.at + 2):
            self.at += 2
            self._open(opening)
            return self._of_samples(node, (node.span[0], self.tokens[self.at - 1].span[1]))
        if function is None:
            raise self._unknown_function(word)
        self.at += 2
        arguments = self._arguments(function, node)
        return Apply(function, arguments, span=(node.span[0], self.tokens[self.at - 1].span[1]))


_MINUS_ONE = Negative(Number(Fraction(1), span=(0, 0)), span=(0, 0))


def product_of(factors: Sequence[Node]) -> Node:
    """The product, or the one factor."""
    if len(factors) == 1:
        return factors[0]
    return Product(tuple(factors), span=(factors[0].span[0], factors[-1].span[1]))
