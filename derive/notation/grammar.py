r"""Tokens into the tree: a recursive descent over sums, products, powers and atoms.

Operators bind as they do on paper: sums, then products, then signs, then powers, then what stands behind
an operand (a factorial).  What paper leaves open is refused with both readings.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from derive.notation import vocabulary as known
from derive.notation.combinations import Combinations
from derive.notation.cursor import compares
from derive.notation.functions import product_of
from derive.notation.refusal import quoted
from derive.notation.tokens import Token
from derive.notation.tree import (
    Apply,
    Constant,
    Indicator,
    Name,
    Negative,
    Node,
    Number,
    Power,
    Product,
    Quotient,
    Sum,
)


class Expressions(Combinations):
    """Reads expressions."""

    def whole(self, condition: bool) -> Node:
        """All the tokens as one expression, or as one condition."""
        if not self.tokens:
            raise self.refusal("syntax", self._end(), "a formula is missing here")
        node = self._conditions() if condition else self._infix()
        if self.token is not None:
            raise self._left_over(self.token)
        return self._checked(node)

    def _infix(self) -> Node:
        r"""A sum, or two with \over or \choose between them."""
        above = self._sum()
        if not self.is_sign("over", "choose"):
            return above
        sign = self.tokens[self.at]
        self.at += 1
        below = self._sum()
        span = (above.span[0], below.span[1])
        if self.is_sign("over", "choose"):
            raise self.refusal("ambiguous", self.tokens[self.at].span, "two \\over stand in one group")
        if sign.text == "over":
            return self._checked(Quotient(above, below, span=span))
        return self._checked(Apply("binomial", (above, below), span=span))

    def _sum(self) -> Node:
        terms: list[Node] = []
        start = self.token.span[0] if self.token else self._end()[0]
        while True:
            sign = self.token if self.is_sign("+", "-") else None
            if terms and sign is None:
                break
            self.at += sign is not None
            term = self._product()
            if sign is not None and sign.text == "-":
                term = Negative(term, span=(sign.span[0], term.span[1]))
            terms.append(self._checked(term))
        return self._checked(
            terms[0] if len(terms) == 1 else Sum(tuple(terms), span=(start, terms[-1].span[1]))
        )

    def _product(self) -> Node:
        start, behind = self.at, self.at
        factors = [self._factor()]
        slash: Token | None = None
        while self.token is not None:
            token = self.token
            if token.sign("*"):
                self.at += 1
                slash = None
                factors.append(self._factor())
            elif token.sign("/"):
                self.at += 1
                behind = self.at
                below = self._factor()
                above = product_of(factors)
                factors = [self._checked(Quotient(above, below, span=(above.span[0], below.span[1])))]
                slash = token
            elif self._begins_factor(token):
                if slash is not None:
                    self._ended_fraction(factors[-1], slash, token, start, behind)
                    slash = None
                self._apart(self.tokens[self.at - 1], token)
                factors.append(self._power())
            else:
                break
        return self._checked(product_of(factors))

    def _factor(self) -> Node:
        """A power, perhaps with a sign, as it may stand behind * and /."""
        if self.is_sign("-", "+"):
            sign = self.tokens[self.at]
            self.at += 1
            if self.is_sign("-", "+"):
                raise self.refusal(
                    "syntax", self.tokens[self.at].span, "two signs stand side by side; use brackets"
                )
            part = self._power()
            return part if sign.text == "+" else Negative(part, span=(sign.span[0], part.span[1]))
        return self._power()

    def _ended_fraction(self, fraction: Node, slash: Token, token: Token, start: int, below_at: int) -> None:
        """Refuses `1/2x`: the fraction may have ended before x, or not.

        start     where the numerator begins
        below_at  where the denominator does
        """
        if token.gap in ("command", "wide"):
            return
        assert isinstance(fraction, Quotient)
        below = isinstance(fraction.denominator, Number)
        numbers = below and isinstance(fraction.numerator, Number)
        spaced = token.gap == "space" or self.latex
        logarithm = (
            token.kind == "word"
            and known.SPELLED.get(token.text) == "log"
            and not self.scope.find(token.text)
        )
        closed = self.tokens[self.at - 1].sign(")") and isinstance(
            fraction.denominator, Number | Sum | Product | Name | Negative
        )
        if closed and self.source.text[fraction.denominator.span[0]] == "(":
            return  # the brackets say where the denominator ends
        if (numbers and spaced and token.sign("(", "[")) or (below and logarithm):
            return
        above, under = self._text_of(fraction.numerator), self._text_of(fraction.denominator)
        behind = self._written(token)
        raise self.refusal(
            "ambiguous",
            (slash.span[0], token.span[1]),
            f"{above}/{under} {behind}... is ({above}/{under})*{behind}... or {above}/({under}*{behind}...): use brackets",
            (self._bracketed(start, self.at), *self._goes_on(below_at)),
        )

    def _power(self) -> Node:
        base = self._postfix(self._atom())
        if not self.is_sign("^"):
            return base
        return self._raised(base)

    def _raised(self, base: Node) -> Node:
        sign = self.tokens[self.at]
        self.at += 1
        exponents = [self._script()]
        while self.is_sign("^") and not self._is_before_letter():
            if self.latex:
                raise self.refusal(
                    "ambiguous", self.tokens[self.at].span, "two powers stand behind one base; use braces"
                )
            self.at += 1
            exponents.append(self._script())
            if len(exponents) > known.MOST_NESTING:
                raise self.refusal("limit", sign.span, "the tower of powers is too high")
        power = exponents.pop()
        while exponents:
            below = exponents.pop()
            power = Power(below, power, span=(below.span[0], power.span[1]))
        return self._checked(self._postfix(Power(base, power, span=(base.span[0], power.span[1]))))

    def _postfix(self, node: Node) -> Node:
        while self.token is not None:
            token = self.token
            if token.sign("!"):
                self.at += 1
                if self.is_sign("!"):
                    raise self.refusal(
                        "ambiguous",
                        token.span,
                        "!! is a double factorial, or the factorial of one: use brackets",
                    )
                node = Apply("factorial", (node,), span=(node.span[0], token.span[1]))
            elif token.sign("'"):
                raise self.refusal(
                    "syntax", token.span, "a prime stands here that belongs to no declared name"
                )
            elif token.sign(".") and not self.latex:
                node = self._method(node)
            else:
                break
            self._checked(node)
        return node

    def _script(self) -> Node:
        """What stands raised."""
        token = self.token
        if token is None:
            raise self.refusal("syntax", self._end(), "the exponent is missing")
        if token.sign("{"):
            return self._group(token)
        sign, start = None, self.at
        if token.sign("-", "+"):
            sign = token
            self.at += 1
            token = self.token
        if token is None or not self._raisable(token):
            span = token.span if token else self._end()
            raise self.refusal("syntax", span, "this cannot be an exponent without braces around it")
        if self.latex and token.kind == "number" and len(token.text) > 1:
            raise self.refusal(
                "ambiguous",
                token.span,
                f"^{token.text} without braces is ^{{{token.text}}}, or ^{token.text[0]} and then {token.text[1:]}",
            )
        if token.kind == "word" and token.style == "plain" and len(token.text) > 1:
            self._first_of_run(token)
        part = self._atom()
        if self.is_sign("!"):
            raise self.refusal(
                "ambiguous",
                self.tokens[self.at].span,
                "the factorial is of the exponent or of the power: use brackets",
            )
        if sign is not None:
            behind = self.token
            if behind is not None and (
                behind.sign("/") or (self._begins_factor(behind) and not part == _number(1))
            ):
                raise self.refusal(
                    "ambiguous",
                    (sign.span[0], behind.span[1]),
                    f"the exponent ends before {quoted(self._written(behind))} or goes on: put it in braces",
                    (self._bracketed(start, self.at), *self._goes_on(start, "/")),
                )
            if sign.text == "-":
                part = Negative(part, span=(sign.span[0], part.span[1]))
        return part

    def _raisable(self, token: Token) -> bool:
        if token.kind == "word":
            return known.SPELLED.get(token.text) is None or bool(self.scope.find(token.text))
        return token.kind in ("number", "accent") or token.sign(
            "(", "[", "frac", "root", "|", "lvert", "\\{", "∞"
        )

    def _atom(self) -> Node:
        token = self.token
        if token is None:
            raise self.refusal("syntax", self._end(), "an operand is missing at the end")
        if token.kind == "number":
            return self._number(token)
        if token.kind == "word":
            return self._word(token)
        if token.kind == "accent":
            return self._accented(token)
        if token.kind == "begin":
            return self._cases(token)
        if self._is_before_letter():
            return self._combination()
        if token.sign("{"):
            return self._group(token)
        if token.sign("(", "[", "\\{"):
            return self._brackets(token)
        if token.sign("|", "mid", "lvert"):
            return self._absolute(token)
        if token.sign("frac", "binom"):
            self.at += 1
            above, below = self._macro_argument(token), self._macro_argument(token)
            span = (token.span[0], max(below.span[1], self.tokens[self.at - 1].span[1]))
            if token.text == "binom":
                return self._checked(Apply("binomial", (above, below), span=span))
            return self._checked(Quotient(above, below, span=span))
        if token.sign("root", "√"):
            return self._root(token)
        if token.sign("sum", "prod"):
            return self._over(token, "sum" if token.text == "sum" else "product")
        if token.sign("∞"):
            self.at += 1
            return Constant("infinity", span=token.span)
        if token.sign("norm"):
            raise self.refusal(
                "syntax", token.span, "norms of vectors are not read; |...| is the absolute value"
            )
        raise self.refusal("syntax", token.span, f"expected an operand, got {quoted(self._written(token))}")

    def _number(self, token: Token) -> Node:
        behind = self.next(1)
        if (
            token.text == "1"
            and behind is not None
            and (behind.sign("_") or (behind.sign("\\{") and self.latex))
        ):
            return self._indicator(token)
        self.at += 1
        return Number(Fraction(token.text), span=token.span)

    def _group(self, token: Token) -> Node:
        inside = self._open(token)
        return self._inner(inside).whole(condition=False)

    def _brackets(self, token: Token) -> Node:
        inside = self._open(token)
        closing = self.tokens[self.at - 1]
        if inside and inside[0].kind == "begin" and token.sign("\\{"):
            return self._inner(inside).whole(condition=False)
        if {token.text, closing.text} == {"(", "]"} or {token.text, closing.text} == {"[", ")"}:
            raise self.refusal(
                "syntax", closing.span, f"expected {known.BRACKETS[token.text]} before {closing.text}"
            )
        if token.sign("[") and compares(inside):
            condition = self._inner(inside).whole(condition=True)
            return Indicator(condition, span=(token.span[0], closing.span[1]))
        node = self._inner(inside).whole(condition=False)
        return replace(node, span=(token.span[0], closing.span[1]))

    def _absolute(self, token: Token) -> Node:
        self.at += 1
        if token.sign("lvert"):
            depth = 1
            for place in range(self.at, len(self.tokens)):
                depth += self.tokens[place].sign("lvert") - self.tokens[place].sign("rvert")
                if depth == 0:
                    inside = self.tokens[self.at : place]
                    self.at = place + 1
                    node = self._inner(inside).whole(condition=False)
                    return Apply("abs", (node,), span=(token.span[0], self.tokens[place].span[1]))
            raise self.refusal("syntax", token.span, "the absolute value is never closed")
        outer, self.bars = self.bars, self.bars + 1
        self.nesting = self._deeper([token])
        node = self._infix()
        closing = self.token
        if closing is None or not closing.sign(token.text):
            raise self.refusal("syntax", token.span, "the absolute value is never closed")
        self.at += 1
        self.bars = outer
        self.nesting -= 1
        return Apply("abs", (node,), span=(token.span[0], closing.span[1]))

    def _macro_argument(self, macro: Token) -> Node:
        r"""An argument of \frac: a group, or the one digit or letter that follows."""
        token = self.token
        if token is None:
            raise self.refusal("syntax", macro.span, f"{quoted(self._written(macro))} needs two arguments")
        if token.sign("{"):
            return self._group(token)
        if token.kind == "number" and len(token.text) > 1:
            first, rest = token.text[0], token.text[1:]
            start = token.span[0]
            self.tokens[self.at : self.at + 1] = [
                replace(token, text=first, span=(start, start + 1)),
                replace(token, text=rest, span=(start + 1, token.span[1]), gap=""),
            ]
            self.at += 1
            return Number(Fraction(first), span=(start, start + 1))
        if token.kind == "word" and token.style == "plain" and len(token.text) > 1:
            first = self.scope.prefix(token.text) if self.scope.find(token.text) else token.text[0]
            if first != token.text:
                self._replace(token, [first, token.text[len(first) :]])
                token = self.tokens[self.at]
        if token.kind in ("number", "word"):
            if token.kind == "word" and token.text in known.SPELLED and not self.scope.find(token.text):
                raise self.refusal(
                    "syntax", token.span, f"put the argument of {quoted(self._written(macro))} in braces"
                )
            return self._atom()
        if token.sign("frac", "root"):
            self.nesting = self._deeper([token])
            node = self._atom()
            self.nesting -= 1
            return node
        raise self.refusal(
            "syntax", token.span, f"{quoted(self._written(macro))} needs its arguments in braces"
        )

    def _root(self, token: Token) -> Node:
        start = self.at
        self.at += 1
        degree: Node | None = None
        if token.sign("root") and self.is_sign("["):
            degree = self._inner(self._open(self.tokens[self.at])).whole(condition=False)
        bracket = self.tokens[self.at] if self.is_sign("(") else None
        radicand = self._brackets(bracket) if bracket else self._macro_argument(token)
        behind = self.token
        if token.sign("√") and bracket is None and behind is not None and self._begins_factor(behind):
            inner, then = self._text_of(radicand), self._written(behind)
            raise self.refusal(
                "ambiguous",
                (token.span[0], behind.span[1]),
                f"√{inner}{then}... is √({inner}){then}... or √({inner}{then}...): use brackets",
                (self._bracketed(start, self.at), *self._goes_on(start + 1)),
            )
        span = (token.span[0], max(radicand.span[1], self.tokens[self.at - 1].span[1]))
        if degree is None:
            return self._checked(Apply("sqrt", (radicand,), span=span))
        one = Number(Fraction(1), span=degree.span)
        return self._checked(Power(radicand, Quotient(one, degree, span=degree.span), span=span))

    def _word(self, token: Token) -> Node:
        found = self._declared(token)
        if found is not None:
            return found
        if token.text == "indicator" or (token.text in known.INDICATORS and self._is_indicator()):
            return self._indicator(token)
        self._refuse_scripts(token)
        function = self._function_of(token)
        if function is not None:
            return self._applied(token, function)
        behind = self.next(1)
        if token.text in known.SUMS_OF_CODE and not self.latex and behind is not None and behind.sign("("):
            return self._sum_of_code(token)
        if token.style == "capital":
            return self._over(token, "sum" if token.text == "Sigma" else "product")
        constants = known.CONSTANTS if self.latex else {**known.CONSTANTS, **known.CAPITAL_CONSTANTS}
        if token.text in constants:
            self.at += 1
            if self.is_sign("(") and not self._inside(self.at):
                self._open(self.tokens[self.at])  # pi() of Stan
            return Constant(constants[token.text], span=token.span)
        if token.text in ("oo", "infty", "infinity", "inf") and not self.latex:
            self.at += 1
            return Constant("infinity", span=token.span)
        pieces = self._apart_run(token)
        if pieces:
            self._replace(token, pieces)
            return self._word(self.tokens[self.at])
        raise self._undeclared(token)


def _number(value: int) -> Number:
    return Number(Fraction(value), span=(0, 0))
