"""Tokens into the tree: a recursive descent over sums, products, powers and atoms.

Operators bind as they do on paper: sums, then products, then signs, then powers, then what stands behind
an operand (a factorial).  What paper leaves open is refused with both readings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from fractions import Fraction
from itertools import pairwise

from derive.notation import vocabulary as known
from derive.notation.macros import expanded
from derive.notation.refusal import Refusal, Source, Span, quoted
from derive.notation.scope import Scope
from derive.notation.tokens import Token, is_latex, tokens, without_layout
from derive.notation.tree import (
    All,
    AnyOf,
    Apply,
    Cases,
    Comparison,
    Constant,
    Entry,
    Head,
    Indicator,
    Known,
    Line,
    Listed,
    Member,
    Name,
    Negative,
    Node,
    Number,
    Over,
    Power,
    Product,
    Quotient,
    Range,
    Sum,
)

# Letters that stand together are taken apart up to this length.
LONGEST_RUN = 40
RELATIONS = ("<", ">", "<=", ">=", "!=", "in")
BARS = ("|", "mid", "norm")
# Signs with which a factor begins.
BEGINNING = ("(", "[", "{", "\\{", "lvert", "frac", "root", "√", "binom", "sum", "prod", "∞")
# Names of a head that stand for all the parameters together.
ALL_PARAMETERS = frozenset(["theta", "Theta", "vartheta"])


def line(text: str, scope: Scope) -> Line:
    """Read one line: what it defines, if it says so, what that is, and where.

    Raises Refusal.
    """
    source = Source(text)
    found = without_layout(expanded(source, tokens(source)))
    return Parser(source, found, scope, is_latex(text)).line()


def expression(text: str, scope: Scope) -> Node:
    """Read one expression."""
    source = Source(text)
    found = without_layout(expanded(source, tokens(source)))
    return Parser(source, found, scope, is_latex(text)).whole(condition=False)


class Parser:
    """A reader of some tokens; `nesting` counts the brackets around them."""

    def __init__(
        self, source: Source, found: Sequence[Token], scope: Scope, latex: bool, nesting: int = 0
    ) -> None:
        self.source, self.scope, self.latex, self.nesting = source, scope, latex, nesting
        self.tokens = list(found)
        self.at = 0
        self.bars = 0

    # Small tools ----------------------------------------------------------------------------------

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

    def refusal(self, kind: str, span: Span, sentence: str) -> Refusal:
        """The refusal at a place."""
        return self.source.refusal(kind, span, sentence)

    def _end(self) -> Span:
        last = self.tokens[-1].span[1] if self.tokens else 0
        return (last, last + 1) if last < len(self.source.text) else (max(0, last - 1), last)

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

    def _checked(self, node: Node) -> Node:
        if node.depth > known.MOST_DEPTH:
            raise self.refusal("limit", node.span, f"the formula is more than {known.MOST_DEPTH} levels deep")
        return node

    def _inner(self, found: Sequence[Token]) -> Parser:
        """A reader of a part of the tokens."""
        return Parser(self.source, found, self.scope, self.latex, self._deeper(found))

    def _deeper(self, found: Sequence[Token]) -> int:
        if self.nesting >= known.MOST_NESTING:
            span = found[0].span if found else self._end()
            raise self.refusal("limit", span, f"brackets stand more than {known.MOST_NESTING} deep here")
        return self.nesting + 1

    # Lines ----------------------------------------------------------------------------------------

    def line(self) -> Line:
        """A head and its values, and where they hold."""
        if not self.tokens:
            raise self.refusal("syntax", (0, 1), "there is nothing to read")
        for word, sign in pairwise(self.tokens):
            if word.kind == "word" and known.SPELLED.get(word.text) == "exp" and sign.sign("^"):
                raise self._raised_exp(word, sign)
        whole = (self.tokens[0].span[0], self._last_end())
        start = self._condition_start()
        body, condition = self.tokens[:start], self.tokens[start:]
        while body and condition and body[-1].sign(",", ";", ":"):
            body = body[:-1]
        pieces = _split(body, "=", "propto", "sim", "approx")
        for sign in pieces[1]:
            self._definite(sign)
        head = self._inner(pieces[0][0]).head() if pieces[1] else None
        values = tuple(self._inner(piece).whole(condition=False) for piece in pieces[0][bool(pieces[1]) :])
        holds = self._inner(condition).whole(condition=True) if condition else None
        return Line(head, values, holds, span=whole)

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

    def _last_end(self) -> int:
        return max(token.span[1] for token in self.tokens)

    def _condition_start(self) -> int:
        """Where a condition begins at the end of the line; the number of tokens where there is none."""
        separator = None
        depth = 0
        for place, token in enumerate(self.tokens):
            depth += _opens(token)
            if depth == 0 and place > 0:
                if token.gap == "wide" and not self.tokens[place - 1].sign("=", "+", "-", "*", "/"):
                    separator = place
                if token.sign(",", ";", ":") or self._word_of_condition(token):
                    separator = place
            compares = token.sign(*RELATIONS) or (token.sign("=") and separator is not None)
            bracketed = separator is not None and depth == 1 and self.tokens[separator].sign("(")
            if compares and (depth == 0 or bracketed):
                if separator is None:
                    raise self.refusal(
                        "syntax",
                        token.span,
                        "a comparison stands in the formula; where it holds is said behind it, after a comma or 'for'",
                    )
                return separator
        return len(self.tokens)

    def _word_of_condition(self, token: Token) -> bool:
        words = known.CONDITION_WORDS | known.OTHERWISE
        return token.kind == "word" and token.text in words and not self.scope.find(token.text)

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
            self._subscript()
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
        for piece in _split(inside, ",", ";", ":", *BARS, keep=True)[0]:
            separator = piece[0] if piece and piece[0].sign(",", ";", ":", *BARS) else None
            if separator is not None and not separator.sign(","):
                groups.append([])
            argument = piece[1:] if separator else piece
            for relation in argument:
                if relation.sign("<=", "<", ">", ">="):
                    raise self.refusal(
                        "no density", relation.span, "this is the probability of a range, not a density"
                    )
            argument = _split(argument, "=")[0][-1]
            if not argument:
                span = separator.span if separator else opening.span
                raise self.refusal("syntax", span, "an argument is missing here")
            groups[-1].append(self._inner(argument).argument_of_head())
        return groups

    def argument_of_head(self) -> str:
        """The name of one argument; `\\theta` alone may stand for all parameters."""
        token = self.token
        assert token
        if token.kind == "word" and len(self.tokens) == 1 and token.text in ALL_PARAMETERS:
            found = self.scope.find(token.text)
            return found or "theta"
        node = self._power()
        if self.token is not None:
            raise self.refusal("syntax", self.token.span, "an argument of the head is one name")
        if isinstance(node, Power) and isinstance(node.base, Name) and node.exponent == _number(2):
            node = node.base  # f(x | μ, σ²) of a density that is written with σ
        if isinstance(node, Name | Entry):
            return self.scope.roots.get(node.name, node.name)
        raise self.refusal("syntax", token.span, "an argument of the head is one name")

    def whole(self, condition: bool) -> Node:
        """All the tokens as one expression, or as one condition."""
        if not self.tokens:
            raise self.refusal("syntax", self._end(), "a formula is missing here")
        node = self._conditions() if condition else self._infix()
        if self.token is not None:
            raise self._left_over(self.token)
        return self._checked(node)

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

    # Sums and products ----------------------------------------------------------------------------

    def _infix(self) -> Node:
        """A sum, or two with \\over or \\choose between them."""
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
                below = self._factor()
                above = _product(factors)
                factors = [self._checked(Quotient(above, below, span=(above.span[0], below.span[1])))]
                slash = token
            elif self._begins_factor(token):
                if slash is not None:
                    self._ended_fraction(factors[-1], slash, token)
                    slash = None
                self._apart(self.tokens[self.at - 1], token)
                factors.append(self._power())
            else:
                break
        return self._checked(_product(factors))

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

    def _begins_factor(self, token: Token) -> bool:
        if token.kind in ("number", "accent"):
            return True
        if token.kind == "begin":
            return True
        if token.kind == "word":
            return not (self._word_of_condition(token) or (token.text == "or" and not self.scope.find("or")))
        return token.sign(*BEGINNING) or (token.sign("|") and not self.bars)

    def _ended_fraction(self, fraction: Node, slash: Token, token: Token) -> None:
        """Refuses `1/2x`: the fraction may have ended before x, or not."""
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
        )

    def _text_of(self, node: Node) -> str:
        text = " ".join(self.source.text[node.span[0] : node.span[1]].split())
        return text if len(text) <= 24 else "..." + text[-21:]

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

    # Powers and what stands behind an operand -----------------------------------------------------

    def _power(self) -> Node:
        base = self._postfix(self._atom())
        if not self.is_sign("^"):
            return base
        return self._raised(base)

    def _raised(self, base: Node) -> Node:
        sign = self.tokens[self.at]
        self.at += 1
        exponents = [self._script(base)]
        while self.is_sign("^"):
            if self.latex:
                raise self.refusal(
                    "ambiguous", self.tokens[self.at].span, "two powers stand behind one base; use braces"
                )
            self.at += 1
            exponents.append(self._script(base))
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

    def _method(self, node: Node) -> Node:
        """`variance.log()` of code is log(variance)."""
        dot, word, opening = self.tokens[self.at], self.next(1), self.next(2)
        if word is None or word.kind != "word" or opening is None or not opening.sign("("):
            raise self.refusal("syntax", dot.span, "a dot stands here that belongs to no number and no call")
        function = known.SPELLED.get(word.text)
        if function is None:
            raise self._unknown_function(word)
        self.at += 2
        arguments = self._arguments(function, node)
        return Apply(function, arguments, span=(node.span[0], self.tokens[self.at - 1].span[1]))

    def _script(self, base: Node) -> Node:
        """What stands raised."""
        token = self.token
        if token is None:
            raise self.refusal("syntax", self._end(), "the exponent is missing")
        if token.sign("{"):
            return self._group(token)
        sign = None
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

    def _first_of_run(self, token: Token) -> None:
        """x^ab of LaTeX is x^a b; a text is refused."""
        whole = self.scope.find(token.text)
        if whole or token.text == "pi":
            return
        if not self.latex:
            raise self.refusal(
                "not declared",
                token.span,
                f"the exponent {quoted(token.text)} is not declared; put an exponent of several symbols in brackets",
            )
        first = self.scope.prefix(token.text) or token.text[0]
        self._replace(token, [first, token.text[len(first) :]])

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

    # Atoms ----------------------------------------------------------------------------------------

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
        if token.sign("{"):
            return self._group(token)
        if token.sign("(", "[", "\\{"):
            return self._brackets(token)
        if token.sign("|", "lvert"):
            return self._absolute(token)
        if token.sign("frac", "binom"):
            self.at += 1
            above, below = self._macro_argument(token), self._macro_argument(token)
            span = (token.span[0], below.span[1])
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

    def _brackets(self, token: Token) -> Node:
        inside = self._open(token)
        closing = self.tokens[self.at - 1]
        if inside and inside[0].kind == "begin" and token.sign("\\{"):
            return self._inner(inside).whole(condition=False)
        if {token.text, closing.text} == {"(", "]"} or {token.text, closing.text} == {"[", ")"}:
            raise self.refusal(
                "syntax", closing.span, f"expected {known.BRACKETS[token.text]} before {closing.text}"
            )
        if token.sign("[") and _compares(inside):
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
        if closing is None or not closing.sign("|"):
            raise self.refusal("syntax", token.span, "the absolute value is never closed")
        self.at += 1
        self.bars = outer
        self.nesting -= 1
        return Apply("abs", (node,), span=(token.span[0], closing.span[1]))

    def _macro_argument(self, macro: Token) -> Node:
        """An argument of \\frac: a group, or the one digit or letter that follows."""
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
        if token.kind == "number" or token.kind == "word":
            if token.kind == "word" and token.text in known.SPELLED and not self.scope.find(token.text):
                raise self.refusal(
                    "syntax", token.span, f"put the argument of {quoted(self._written(macro))} in braces"
                )
            return self._atom()
        if token.sign("frac", "root"):
            return self._atom()
        raise self.refusal(
            "syntax", token.span, f"{quoted(self._written(macro))} needs its arguments in braces"
        )

    def _root(self, token: Token) -> Node:
        self.at += 1
        degree: Node | None = None
        if token.sign("root") and self.is_sign("["):
            degree = self._inner(self._open(self.tokens[self.at])).whole(condition=False)
        if self.is_sign("("):
            radicand = self._brackets(self.tokens[self.at])
        else:
            radicand = self._macro_argument(token)
        span = (token.span[0], radicand.span[1])
        if degree is None:
            return self._checked(Apply("sqrt", (radicand,), span=span))
        one = Number(Fraction(1), span=degree.span)
        return self._checked(Power(radicand, Quotient(one, degree, span=degree.span), span=span))

    # Words ----------------------------------------------------------------------------------------

    def _word(self, token: Token) -> Node:
        found = self._declared(token)
        if found is not None:
            return found
        if token.text == "indicator" or (token.text in ("I", "1") and self._is_indicator()):
            return self._indicator(token)
        function = self._function_of(token)
        if function is not None:
            return self._applied(token, function)
        if token.style == "capital":
            return self._over(token, "sum" if token.text == "Sigma" else "product")
        if token.text == "pi" or (token.text == "e" and token.style != "greek"):
            self.at += 1
            return Constant(token.text, span=token.span)
        if token.text in ("oo", "infty", "infinity", "inf") and not self.latex:
            self.at += 1
            return Constant("infinity", span=token.span)
        pieces = self._apart_run(token)
        if pieces:
            self._replace(token, pieces)
            return self._word(self.tokens[self.at])
        raise self._undeclared(token)

    def _declared(self, token: Token) -> Node | None:
        """The declared symbol that begins here with its subscript, if there is one."""
        start = self.at
        self._subscript_first(self.at + 1)
        self.at += 1
        base, _, below = token.text.partition("_")
        if self.latex and self.token is not None and self.token.kind == "number" and not self.token.gap:
            joined = self.scope.find(token.text + self.token.text)
            if joined:
                self.at += 1
                return Name(joined, span=(token.span[0], self.tokens[self.at - 1].span[1]))
        if not below and self.is_sign("_"):
            if token.style == "plain" and len(token.text) > 1 and not self.scope.find(token.text):
                self.at = start
                return None  # the subscript belongs to the last letter of the run
            before = self.at
            below = self._subscript(quietly=not self.scope.find(base)) or ""
            if not below:
                self.at = before
        primes = 0
        while self.is_sign("'") and self.scope.find(base, "_".join(filter(None, [below, "prime"]))):
            self.at += 1
            below, primes = "_".join(filter(None, [below, "prime"])), primes + 1
        span = (token.span[0], self.tokens[self.at - 1].span[1])
        name = self.scope.find(base, below)
        if name:
            self._not_a_call(token)
            return Name(name, span=span)
        whole = self.scope.find(base)
        if whole and below and (whole in self.scope.vectors or below in known.INDICES):
            if below.isdigit() or below in known.INDICES:
                return Entry(whole, below, span=span)
        if whole and below:
            raise self.refusal(
                "not declared", span, f"{base}_{below} is not declared; declared are {self.scope.told}"
            )
        self.at = start
        return None

    def _subscript_first(self, at: int) -> None:
        """σ^2_0 is σ_0^2: the subscript is put before the power."""
        if not (at < len(self.tokens) and self.tokens[at].sign("^")):
            return
        end = self._script_end(at + 1)
        if end < len(self.tokens) and self.tokens[end].sign("_"):
            last = self._script_end(end + 1)
            moved = self.tokens[end:last]
            self.tokens[at:last] = [*moved, *self.tokens[at:end]]

    def _script_end(self, at: int) -> int:
        if at < len(self.tokens) and self.tokens[at].sign("{"):
            depth = 0
            for place in range(at, len(self.tokens)):
                depth += self.tokens[place].sign("{") - self.tokens[place].sign("}")
                if depth == 0:
                    return place + 1
        return at + 1

    def _not_a_call(self, token: Token) -> None:
        """Refuses gamma(k) where gamma is declared: code means the function."""
        written = self.source.text[token.span[0] : token.span[1]]
        opening = self.token
        if opening is None or not opening.sign("(") or opening.gap or written != token.text:
            return
        inside = self._inside(self.at)
        several = any(_depth_free(inside, ","))
        called = token.text in known.CODE_WORDS or (token.text in known.SPELLED and len(token.text) > 1)
        if called or (several and token.text in known.SPELLED):
            name = known.SPELLED[token.text]
            raise self.refusal(
                "ambiguous",
                (token.span[0], opening.span[1]),
                f"{token.text} is declared, and {token.text}(...) is {token.text} times the bracket or the function"
                f" {name}: write {token.text}*(...) or name the symbol otherwise",
            )
        if several:
            raise self.refusal(
                "syntax", opening.span, f"{token.text} is declared as a symbol; it is no function of two"
            )

    def _inside(self, at: int) -> list[Token]:
        depth = 0
        for place in range(at, len(self.tokens)):
            depth += _opens(self.tokens[place])
            if depth <= 0:
                return self.tokens[at + 1 : place]
        return self.tokens[at + 1 :]

    def _subscript(self, quietly: bool = False) -> str | None:
        """The subscript as part of a name: `_{y,0}` is y_0."""
        self.at += 1
        token = self.token
        if token is None:
            raise self.refusal("syntax", self._end(), "the subscript is missing")
        if token.sign("{"):
            inside = self._open(token)
        else:
            if token.kind == "word" and token.style == "plain" and len(token.text) > 1 and self.latex:
                self._replace(token, [token.text[0], token.text[1:]])
                token = self.tokens[self.at]
            if token.kind == "number" and len(token.text) > 1 and self.latex:
                if quietly:
                    return None
                raise self.refusal(
                    "ambiguous",
                    token.span,
                    f"_{token.text} without braces is _{{{token.text}}}, or _{token.text[0]} and then {token.text[1:]}",
                )
            inside = [token]
            self.at += 1
        parts = []
        for piece in inside:
            if piece.kind in ("word", "number") and "." not in piece.text:
                parts.append("_".join(piece.text.split()))
            elif piece.sign("-"):
                parts.append("minus")
            elif not piece.sign(",", "{", "}"):
                if quietly:
                    return None
                raise self.refusal("syntax", piece.span, "this cannot stand in a subscript")
        return "_".join(parts).strip("_") or None

    def _accented(self, token: Token) -> Node:
        """A declared name with an accent: `\\hat\\mu` is mu_hat."""
        self.at += 1
        inner = self.token
        if inner is not None and inner.sign("{"):
            inside = self._open(inner)
            span = (token.span[0], self.tokens[self.at - 1].span[1])
        else:
            inside = [inner] if inner is not None else []
            self.at += 1
            span = (token.span[0], inner.span[1] if inner else token.span[1])
        word = inside[0].text if inside and inside[0].kind == "word" and len(inside) == 1 else ""
        name = self.scope.find(word, token.text) if word else ""
        if not name:
            shown = f"{word}_{token.text}" if word else token.text
            raise self.refusal(
                "not declared", span, f"{shown} is not declared; declared are {self.scope.told}"
            )
        return Name(name, span=span)

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

    def _unknown_function(self, token: Token) -> Refusal:
        if token.text in known.LACKING:
            return self.refusal(
                "unknown function",
                token.span,
                f"{token.text} is {known.LACKING[token.text]}, for which derive has no words yet",
            )
        near = get_close_matches(token.text, known.SPELLED, n=1, cutoff=0.75)
        advice = f"did you mean {near[0]}?" if near else f"the functions are {', '.join(known.FUNCTIONS)}"
        return self.refusal(
            "unknown function",
            token.span,
            f"{quoted(token.text)} is neither declared nor a function; {advice}",
        )

    def _undeclared(self, token: Token) -> Refusal:
        behind = self.next(1)
        if behind is not None and behind.sign("(") and not behind.gap and len(token.text) > 1:
            return self._unknown_function(token)
        if token.text in ("gamma",) and behind is not None and behind.sign("("):
            return self.refusal(
                "ambiguous",
                token.span,
                r"a small gamma before a bracket is no function here; write \Gamma(...)",
            )
        if token.style == "command" and not self.scope.find(token.text):
            return self.refusal(
                "unknown command", token.span, f"the command {quoted(self._written(token))} is not known"
            )
        name = token.text
        if behind is not None and behind.sign("_"):
            at = self.at
            self.at += 1
            below = self._subscript(quietly=True)
            self.at = at
            name = f"{name}_{below}" if below else name
        near = get_close_matches(name, self.scope.names, n=1, cutoff=0.6)
        asked = f" (did you mean {near[0]}?)" if near else ""
        return self.refusal(
            "not declared",
            token.span,
            f"{quoted(name)} is not declared{asked}; declared are {self.scope.told}",
        )

    def _apart_run(self, token: Token) -> list[str]:
        """Letters that stand together, as declared names, an e that is raised, and a function at the end."""
        run = token.text
        if token.style != "plain" or not 1 < len(run) <= LONGEST_RUN:
            return []
        behind = self.next(1)
        raised = behind is not None and behind.sign("^")
        called = behind is not None and behind.sign("(", "[", "{", "\\{")
        below = behind is not None and behind.sign("_")
        parts: dict[int, list[str]] = {len(run): []}
        for start in range(len(run) - 1, -1, -1):
            for end in range(len(run), start, -1):
                if end not in parts:
                    continue
                piece, last = run[start:end], end == len(run)
                function = known.SPELLED.get(piece)
                applies = function is not None and last and (called or known.FUNCTIONS[function].bare)
                # The last letter takes the subscript: f_i is looked at when its turn comes.
                subscripted = (
                    last and below and any(name.startswith(f"{piece}_") for name in self.scope.names)
                )
                if self.scope.find(piece) or (piece == "e" and last and raised) or applies or subscripted:
                    parts[start] = [piece, *parts[end]]
                    break
        found = parts.get(0, [])
        return found if len(found) > 1 else []

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
            power = self._script(Constant("e", span=token.span))
            if not (isinstance(power, Number) and power.value > 0):
                raise self.refusal(
                    "ambiguous",
                    (token.span[0], caret.span[1]),
                    f"{token.text}^... is a power of the function or its inverse: write ({token.text}(...))^... instead",
                )
        if self.is_sign("(", "[", "{", "\\{"):
            brace = self.is_sign("{")
            arguments = self._arguments(function)
            closing = self.tokens[self.at - 1]
            node: Node = Apply(function, arguments, span=(token.span[0], closing.span[1]))
            if not brace or self.is_sign("^"):
                self._bounded(row, token, closing)
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
        """The base of a logarithm, `\\log_2`; the order of a Bessel function is a part of its name."""
        at = self.at
        below = self._subscript()
        if function in ("bessel_0", "bessel_1"):
            return None
        if function == "log" and below == "e":
            return None
        if function == "log" and below is not None and below.isdigit() and int(below) > 1 and len(below) < 5:
            return Number(Fraction(below), span=self.tokens[at].span)
        raise self.refusal("syntax", self.tokens[at].span, f"{quoted(token.text)} takes no subscript")

    def _bounded(self, row: known.Function, token: Token, closing: Token) -> None:
        """Refuses `\\log(x)^2` and `\\log(x)(y)`, whose argument may go on behind the bracket."""
        behind = self.token
        if behind is None or not row.bare or not self.latex:
            return
        if behind.sign("^"):
            raise self.refusal(
                "ambiguous",
                (token.span[0], behind.span[1]),
                f"{token.text}(x)^a is {token.text}(x^a) or ({token.text}(x))^a: use brackets",
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
            )

    def _bare_argument(self, token: Token) -> Node:
        """The argument of a function without brackets."""
        start = self.token
        if start is None or not (self._begins_factor(start) or start.sign("-")):
            raise self.refusal("syntax", token.span, f"{quoted(token.text)} has no argument")
        self.nesting = self._deeper([token])
        minus = start.sign("-")
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
                raise self._open_ended(token, factors[-1], behind)
            self._apart(self.tokens[self.at - 1], behind)
            factors.append(self._power())
        self.nesting -= 1
        behind = self.token
        if behind is not None and behind.sign("/"):
            raise self._open_ended(token, factors[-1], behind)
        if behind is not None and behind.sign("*"):
            after = self.next(1)
            if after is None or (
                not (after.kind == "word" and self._begins_function(after)) and not after.sign("sum", "prod")
            ):
                raise self._open_ended(token, factors[-1], behind)
        argument = _product(factors)
        return Negative(argument, span=(start.span[0], argument.span[1])) if minus else argument

    def _begins_function(self, token: Token) -> bool:
        name = known.SPELLED.get(token.text)
        return name is not None and known.FUNCTIONS[name].bare and not self.scope.find(token.text)

    def _open_ended(self, token: Token, argument: Node, behind: Token) -> Refusal:
        inner, then = self._text_of(argument), self._written(behind)
        return self.refusal(
            "ambiguous",
            (token.span[0], behind.span[1]),
            f"{token.text} {inner}{then}... is {token.text}({inner}){then}... or {token.text}({inner}{then}...): use brackets",
        )

    def _arguments(self, function: str, first: Node | None = None) -> tuple[Node, ...]:
        """The arguments in brackets."""
        opening = self.tokens[self.at]
        inside = self._open(opening)
        pieces = _split(inside, ",")[0] if inside else []
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

    # Sums over an index ---------------------------------------------------------------------------

    def _over(self, token: Token, operation: str) -> Node:
        self.at += 1
        index, first, last = "", None, None
        while self.is_sign("_", "^"):
            sign = self.tokens[self.at]
            self.at += 1
            if sign.text == "_":
                index, first = self._lower_limit(sign)
            else:
                last = (
                    self._script(Constant("e", span=sign.span))
                    if self._limit_is_known()
                    else self._size_limit()
                )
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

    # Conditions -----------------------------------------------------------------------------------

    def _is_indicator(self) -> bool:
        """Whether I or 1 is followed by a condition."""
        behind = self.next(1)
        if behind is None:
            return False
        if behind.sign("(", "[", "\\{", "{"):
            return _compares(self._inside(self.at + 1))
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
            if below.sign("{") and inside and inside[0].sign("\\{") and _compares(inside[1:-1]):
                inside = inside[1:-1]
            if _compares(inside):
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

    def _says_or(self) -> bool:
        token = self.token
        return (
            token is not None
            and token.kind == "word"
            and token.text in ("or", "lor", "vee")
            and not self.scope.find(token.text)
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
            if self.is_sign("(") and _compares(self._inside(self.at)):
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
        steps = all(b - a == 1 for a, b in zip(leading, leading[1:], strict=False))
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
            while self.is_sign("^", "_", "+"):
                sign = self.tokens[self.at]
                self.at += 1
                if sign.text == "+":
                    above += "+"
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
            ends = _split(inside, ",", ";")[0]
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
        for row in _split(inside, "newline")[0]:
            if row:
                branches.append(self._branch(row))
        if not branches:
            raise self.refusal("syntax", begin.span, "there are no cases here")
        return self._checked(Cases(tuple(branches), span=(begin.span[0], self.tokens[place].span[1])))

    def _branch(self, row: list[Token]) -> tuple[Node, Node | None]:
        cells = _split(row, "&")[0]
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
    ("ℕ", "^*"): "positive integer",
}


def _number(value: int) -> Number:
    return Number(Fraction(value), span=(0, 0))


def _product(factors: Sequence[Node]) -> Node:
    if len(factors) == 1:
        return factors[0]
    return Product(tuple(factors), span=(factors[0].span[0], factors[-1].span[1]))


def _opens(token: Token) -> int:
    if token.kind in ("begin", "end"):
        return 1 if token.kind == "begin" else -1
    return token.sign(*known.BRACKETS) - token.sign(*known.CLOSING)


def _depth_free(found: Sequence[Token], *signs: str) -> list[int]:
    """Where these signs stand outside of all brackets."""
    depth, places = 0, []
    for place, token in enumerate(found):
        depth += _opens(token)
        if depth == 0 and token.sign(*signs):
            places.append(place)
    return places


def _split(found: Sequence[Token], *signs: str, keep: bool = False) -> tuple[list[list[Token]], list[Token]]:
    """The tokens between these signs, outside of brackets, and the signs; kept, each begins its piece."""
    places = _depth_free(found, *signs)
    starts = [0, *(place + (0 if keep else 1) for place in places)]
    return (
        [list(found[start:end]) for start, end in zip(starts, [*places, len(found)], strict=True)],
        [found[place] for place in places],
    )


def _compares(found: Sequence[Token]) -> bool:
    """Whether a comparison stands there outside of brackets."""
    return bool(_depth_free(found, *RELATIONS, "="))


def _with_left(condition: Node, left: Node) -> Node:
    if isinstance(condition, Comparison):
        return replace(condition, left=left)
    assert isinstance(condition, Member)
    return replace(condition, element=left)
