r"""Words that are symbols: declared names with their subscripts, and letters that stand together."""

from __future__ import annotations

from difflib import get_close_matches

from derive.notation import vocabulary as known
from derive.notation.cursor import Cursor, places
from derive.notation.refusal import Refusal, quoted
from derive.notation.tokens import Token
from derive.notation.tree import Entry, Name, Node

# Letters that stand together are taken apart up to this length.
LONGEST_RUN = 40


class Names(Cursor):
    """Reads declared names."""

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
            numbered = base + self.token.text
            if any(name.startswith(f"{numbered}_") for name in self.scope.names):
                base, self.at = numbered, self.at + 1
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
        entry = below in known.INDICES or (below.isdigit() and whole in self.scope.vectors)
        if whole and entry:
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
        several = any(places(inside, ","))
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
        r"""A declared name with an accent: `\hat\mu` is mu_hat."""
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

    def _undeclared(self, token: Token) -> Refusal:
        behind = self.next(1)
        if token.text == "sigma" and behind is not None and behind.sign("("):
            return self.refusal(
                "ambiguous",
                token.span,
                "a sigma before a bracket may be the logistic function; write sigmoid(...), or declare what it is",
            )
        if token.text == "gamma" and behind is not None and behind.sign("("):
            return self.refusal(
                "ambiguous",
                token.span,
                r"a small gamma before a bracket is no function here; write \Gamma(...)",
            )
        if behind is not None and behind.sign("(") and not behind.gap and len(token.text) > 1:
            return self._unknown_function(token)
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
