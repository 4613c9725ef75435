r"""Characters into tokens: numbers, words and signs, each with its place.

Space, size and dress are dropped; a token remembers only whether space stood before it.  LaTeX and text
differ in one thing here: a word of text holds digits and underscores, one of LaTeX letters alone.  A text
is LaTeX when a command or a brace behind ^ or _ stands in it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

from derive.notation import vocabulary as known
from derive.notation.refusal import Source, Span, quoted

LATEX = re.compile(r"\\[A-Za-z]|[_^]\s*\{|\$")
NUMBER = re.compile(r"[0-9]+\.[0-9]+|\.[0-9]+|[0-9]+(?:\.(?=\s*[-+*/)]))?")
POWER_OF_TEN = re.compile(r"[eE][+-]?[0-9]+")
LONGEST_POWER = 5  # e-308
COMMAND = re.compile(r"[\\¥]([A-Za-z]+\*?|.)", re.DOTALL)
TEXT_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*_?")
LATEX_WORD = re.compile(r"[A-Za-z]+")
# What an upright word may be made of: \text{if}, \mathrm{Beta\_Proportion}, \text{s.t.}
PLAIN_TEXT = re.compile(r"(?:[A-Za-z0-9 .~-]|\\_|\\[,;:! ]|_(?![{]))*")
# What sets prose apart from what is beside it.
PAUSES = ",;. "
# Only in a text that is copied from Markdown are these a bar, a star and an underscore.
ESCAPED = {"|": "|", "*": "*", "_": "_", "#": "#", "%": "%", "-": "-", "+": "+", "=": "=", ">": ">", "<": "<"}


@dataclass(frozen=True)
class Token:
    """A piece of the text that means one thing.

    kind  "number", "word", "sign", "begin", "end", "accent" or "argument" (#1 in a macro)
    text  the number, the word's plain name, or the sign
    gap   what stood before it: "", "space", "command" (a space that LaTeX was asked for) or "wide"
    style how a word was set: "plain", "command", "greek" or "upright"
    """

    kind: str
    text: str
    span: Span
    gap: str = ""
    style: str = ""

    def sign(self, *texts: str) -> bool:
        """Whether it is one of these signs."""
        return self.kind == "sign" and self.text in texts


def is_latex(text: str) -> bool:
    """Whether a text is LaTeX, where letters that stand together are several symbols."""
    return LATEX.search(text) is not None


def tokens(source: Source, latex: bool | None = None) -> tuple[Token, ...]:
    """The tokens of a text; Refusal at the first character that means nothing here."""
    return tuple(_Reader(source, is_latex(source.text) if latex is None else latex).read())


GAPS = ("", "space", "command", "wide")


class _Reader:
    def __init__(self, source: Source, latex: bool) -> None:
        self.source, self.latex, self.text = source, latex, source.text
        self.at = 0
        self.gap = ""
        self.found: list[Token] = []

    def read(self) -> list[Token]:
        if len(self.text) > known.MOST_CHARACTERS:
            raise self.source.refusal(
                "limit",
                (known.MOST_CHARACTERS, known.MOST_CHARACTERS + 1),
                f"the text has {len(self.text)} characters, and {known.MOST_CHARACTERS} are the most that is read",
            )
        while self.at < len(self.text):
            self._one(self.text[self.at])
            if len(self.found) > known.MOST_TOKENS:
                raise self.source.refusal("limit", (self.at, self.at), "the text has too many tokens to read")
        return self.found

    def _add(self, kind: str, text: str, end: int, style: str = "", start: int | None = None) -> None:
        self.found.append(Token(kind, text, (self.at if start is None else start, end), self.gap, style))
        self.at, self.gap = end, ""

    def _skip(self, end: int, gap: str = "") -> None:
        self.at = end
        if GAPS.index(gap) > GAPS.index(self.gap):
            self.gap = gap

    def _one(self, character: str) -> None:
        letter = _plain_letter(character)
        if character.isspace():
            self._skip(self.at + 1, "space")
        elif character == "~":
            self._skip(self.at + 1, "command")
        elif character in "$`\u200b\u2061\u2062\ufeff":
            self._skip(self.at + 1)
        elif character == "." and self.text.startswith(".. math::", self.at) and not self.found:
            self._skip(self.at + len(".. math::"))  # a docstring's way to begin a formula
        elif character == "%" and self.latex:
            end = self.text.find("\n", self.at)
            self._skip(len(self.text) if end < 0 else end + 1)
        elif character in "\\¥" and self.text[self.at + 1 : self.at + 2]:
            self._command()
        elif character == "#" and self.text[self.at + 1 : self.at + 2] in set("123456789"):
            self._add("argument", self.text[self.at + 1], self.at + 2)
        elif "0" <= character <= "9" or (
            character == "." and "0" <= self.text[self.at + 1 : self.at + 2] <= "9"
        ):
            self._number()
        elif character in known.FRACTIONS:
            self._add("number", known.FRACTIONS[character], self.at + 1)
        elif letter.isascii() and letter.isalpha():
            self._word(letter)
        elif letter in known.GREEK_LETTERS:
            self._greek(known.GREEK_LETTERS[letter])
        elif character in known.SUPERSCRIPTS:
            self._script("^", known.SUPERSCRIPTS)
        elif character in known.SUBSCRIPTS:
            self._script("_", known.SUBSCRIPTS)
        else:
            self._sign(character)

    def _number(self) -> None:
        written = NUMBER.match(self.text, self.at)
        assert written
        digits, end = written[0], written.end()
        power = POWER_OF_TEN.match(self.text, end)
        # 2e-3 is a number in code; in LaTeX it would be set as 2 times e less 3.
        if power:
            behind = self.text[power.end() : power.end() + 1]
            if self.latex or behind.isalnum() or behind in tuple("_^"):
                raise self.source.refusal(
                    "ambiguous",
                    (self.at, power.end()),
                    f"{digits}{power[0]} is {digits} times a power of ten, or {digits} times e and then"
                    f" {power[0][1:]}: write 10^(...), or * before and behind e",
                )
            digits, end = digits + power[0].lower(), power.end()
        if len(digits) > known.MOST_DIGITS or len(power[0] if power else "") > LONGEST_POWER:
            raise self.source.refusal(
                "limit",
                (self.at, end),
                f"a number has at most {known.MOST_DIGITS} digits, and a power of ten at most three",
            )
        if digits.endswith("."):
            digits, end = digits[:-1], end if not self.latex else end - 1
        self._add("number", digits, end)

    def _word(self, letter: str) -> None:
        if letter != self.text[self.at]:  # a mathematical alphabet: each letter is a symbol
            self._add("word", letter, self.at + 1, "plain")
            return
        written = (LATEX_WORD if self.latex else TEXT_WORD).match(self.text, self.at)
        assert written
        word, end = written[0], written.end()
        module = re.compile(r"(?:\.|::)(?=[A-Za-z])").match(self.text, end)
        if not self.latex and module and word in known.MODULES:
            self._skip(module.end())
            return
        if word == "choose" and not self.latex and self.text[end : end + 1] != "(":
            self._add("sign", "choose", end)
            return
        self._add("word", word, end, "greek" if word in known.GREEK_NAMES else "plain")

    def _greek(self, name: str) -> None:
        if name in ("Sigma", "Pi") and not self.latex and self.text[self.at] in "ΣΠ":
            self._add("word", name, self.at + 1, "capital")
            return
        end = self.at + 1
        tail = None if self.latex else re.compile(r"[0-9]*(?:_[A-Za-z0-9]+)*").match(self.text, end)
        word, end = name + (tail[0] if tail else ""), tail.end() if tail else end
        self._add("word", word, end, "greek")

    def _script(self, sign: str, alphabet: dict[str, str]) -> None:
        """x² is x^{2} and xₘ is x_{m}."""
        start = self.at
        self._add("sign", sign, start)
        self._add("sign", "{", start)
        while self.at < len(self.text) and self.text[self.at] in alphabet:
            plain = alphabet[self.text[self.at]]
            if plain.isdigit():
                end = self.at
                while end < len(self.text) and alphabet.get(self.text[end], "").isdigit():
                    end += 1
                self._add("number", "".join(alphabet[digit] for digit in self.text[self.at : end]), end)
            elif plain.isalpha():
                self._add("word", known.GREEK_LETTERS.get(plain, plain), self.at + 1, "plain")
            else:
                self._add("sign", plain, self.at + 1)
        self._add("sign", "}", self.at)

    def _sign(self, character: str) -> None:
        for length in (3, 2, 1):
            sign = known.SIGNS.get(self.text[self.at : self.at + length])
            if sign is not None and len(self.text[self.at : self.at + length]) == length:
                if sign == "+" and self.text[self.at : self.at + 2] == "+-":
                    break
                self._add("sign", sign, self.at + length)
                return
        if character == "+":
            self._add("sign", "+", self.at + 1)
            return
        name = unicodedata.name(character, "a character without a name").lower()
        raise self.source.refusal(
            "character",
            (self.at, self.at + 1),
            f"the character {quoted(character)} ({name}) means nothing here",
        )

    def _command(self) -> None:
        start = self.at
        written = COMMAND.match(self.text, start)
        assert written
        name, end = written[1], written.end()
        if name.endswith("*") and name.rstrip("*") not in {*known.MUTE, "operatorname", "newcommand"}:
            name, end = name[:-1], end - 1
        name = name.rstrip("*") if len(name) > 1 else name
        if name == "\\":
            spacing = re.compile(r"\s*\[[-0-9.a-z ]*\]").match(self.text, end)
            self._add("sign", "newline", spacing.end() if spacing else end)
        elif len(name) == 1 and name in known.SIGN_SPACES and not (name in ">" and not self.latex):
            self._skip(end, "" if name == "!" else "command")
        elif name.isspace():
            self._skip(end, "command")
        elif name in "[]()":
            self._skip(end)
        elif name in "{}":
            self._add("sign", "\\" + name, end)
        elif name == "|":
            self._add("sign", "norm" if self.latex else "|", end)
        elif not name[0].isalpha() and name in ESCAPED:
            self._escaped(name, end)
        elif name in known.SPACES:
            self._skip(end, "wide" if name in known.WIDE else "" if name.startswith("neg") else "command")
        elif name in known.SIZES:
            self._size(name, end)
        elif name in known.SILENT or name in known.DRESS:
            self._skip(end)
        elif name in known.MUTE:
            self._skip(self._group_end(end)[1])
        elif name in known.FONTS:
            self._font(name, end)
        elif name in ("begin", "end"):
            self._environment(name, end)
        elif name in known.ACCENTS:
            self._add("accent", known.ACCENTS[name], end)
        elif name in known.PROSE:
            self._add("word", known.PROSE[name], end, "upright")
        elif name in known.SIGN_COMMANDS:
            self._add("sign", known.SIGN_COMMANDS[name], end)
        elif name in known.LETTERS:
            self._add("word", known.LETTERS[name], end, "greek")
        else:
            self._add("word", name, end, "command")

    def _escaped(self, name: str, end: int) -> None:
        sign = ESCAPED[name]
        if name in known.SIGNS:
            self._add("sign", known.SIGNS[sign], end)
        else:
            raise self.source.refusal(
                "character", (self.at, end), f"{quoted(chr(92) + name)} means nothing here"
            )

    def _size(self, name: str, end: int) -> None:
        r"""\left, \right and the like: what they size follows, and a dot there is nothing."""
        blank = re.compile(r"\s*").match(self.text, end)
        end = blank.end() if blank else end
        self._skip(end + 1 if self.text[end : end + 1] == "." else end)

    def _group_end(self, start: int) -> tuple[int, int]:
        """Where the group in braces at `start` begins inside, and where it has ended."""
        opening = re.compile(r"\s*\{").match(self.text, start)
        if opening is None:
            raise self.source.refusal(
                "syntax",
                (self.at, start),
                f"{quoted(self.text[self.at : start])} needs its argument in braces",
            )
        depth, at = 1, opening.end()
        while at < len(self.text):
            if self.text[at] == "\\":
                at += 1
            elif self.text[at] in "{}":
                depth += 1 if self.text[at] == "{" else -1
                if depth == 0:
                    return opening.end(), at + 1
            at += 1
        raise self.source.refusal("syntax", (self.at, start), "the brace behind it is never closed")

    def _font(self, name: str, end: int) -> None:
        """Plain text in a font is one word; anything else is read as if the font were not there."""
        if re.compile(r"\s*\{").match(self.text, end) is None:
            self._skip(end)
            return
        inside, behind = self._group_end(end)
        content = self.text[inside : behind - 1]
        plain = PLAIN_TEXT.fullmatch(content)
        word = " ".join(re.sub(r"\\[,;:! ]|~", " ", content).replace("\\_", "_").split())
        if name in known.DOUBLE_STRUCK and word in known.INDICATORS:
            # A bold I may be a matrix or a name; a bold 1 is an indicator.
            self._add(
                "word",
                "indicator"
                if (name.startswith("mathb") and word == "1") or "bb" in name or "ds" in name
                else word,
                behind,
                "upright",
            )
        elif name in ("mathbb", "mathbf") and word in known.SETS and (name == "mathbb"):
            self._add("sign", known.SETS[word], behind)
        elif (
            plain is None
            and name in known.TEXT_FONTS
            and ("$" in content or PLAIN_TEXT.fullmatch(content.strip(PAUSES)))
        ):
            self._prose(inside, behind - 1)
        elif plain is None:
            self._skip(end)
        elif not word:
            self._skip(behind, "command")
        elif name in known.DOUBLE_STRUCK or name in (
            "mathcal",
            "mathscr",
            "mathfrak",
            "mathit",
            "mathnormal",
            "pmb",
        ):
            style = "plain" if word.isalpha() else "upright"
            self._add("word", word, behind, style)
        elif word in (",", ".", ";"):
            self._skip(behind, "wide")
        elif re.fullmatch(r"[0-9]+", word):
            self._add("number", word, behind)
        else:
            self._add("word", word.removesuffix(".") if word.count(".") == 1 else word, behind, "upright")

    def _prose(self, start: int, end: int) -> None:
        r"""`\text{for $x > 0$}`: words of prose, and between dollars what is read as it stands."""
        mathematics = False
        for piece in re.compile(r"\$|[^$]+").finditer(self.text, start, end):
            said = " ".join(piece[0].replace("~", " ").split())
            words = said.strip(PAUSES)
            if piece[0] == "$":
                mathematics = not mathematics
                self._skip(piece.end(), "space")
            elif mathematics:
                while self.at < piece.end():
                    self._one(self.text[self.at])
            elif said and not words:
                self._skip(piece.end(), "wide")
            elif words:
                self._skip(self.at, "wide" if said[0] in PAUSES else "")
                if PLAIN_TEXT.fullmatch(words) is None:
                    raise self.source.refusal("syntax", piece.span(), "this prose is not understood")
                self._add("word", words, piece.end(), "upright", piece.start())
                self._skip(self.at, "wide" if said[-1] in PAUSES else "")
        self._skip(end + 1)

    def _environment(self, name: str, end: int) -> None:
        inside, behind = self._group_end(end)
        environment = self.text[inside : behind - 1].strip()
        if environment in known.CASES:
            if name == "begin" and environment == "array":
                behind = self._group_end(behind)[1]
            self._add(name, "cases", behind)
        elif environment.rstrip("*") in known.ENVIRONMENTS:
            if name == "begin" and environment.startswith("alignat"):
                behind = self._group_end(behind)[1]
            self._skip(behind)
        else:
            raise self.source.refusal(
                "syntax",
                (self.at, behind),
                f"the environment {quoted(environment)} is not read; equation, align, cases and the like are",
            )


def _plain_letter(character: str) -> str:
    """The letter that a mathematical alphabet dresses: 𝑥 is x and 𝜇 is μ."""
    if "\U0001d400" <= character <= "\U0001d7ff" or character in "ℎℓ":
        return unicodedata.normalize("NFKC", character) if character != "ℓ" else character
    return character


def without_layout(found: tuple[Token, ...]) -> tuple[Token, ...]:
    """The tokens that say something.

    Breaks and marks of alignment stay between cases only; braces around nothing and around a sign go.
    """
    kept: list[Token] = []
    found = _without_braces(found)
    depth, gap = 0, ""
    for token in found:
        depth += {"begin": 1, "end": -1}.get(token.kind, 0)
        if depth == 0 and token.sign("&", "newline"):
            gap = "space"
            continue
        kept.append(replace(token, gap=token.gap or gap) if gap else token)
        gap = ""
    while kept and kept[-1].sign(",", ".", ";"):
        kept.pop()
    return tuple(kept)


def _without_braces(found: tuple[Token, ...]) -> tuple[Token, ...]:
    r"""`{}`, `{=}` and the brace of `\left\{\begin{array}` are layout."""
    dropped = _annotations(found)
    for place, token in enumerate(found):
        behind = found[place + 1] if place + 1 < len(found) else None
        then = found[place + 2] if place + 2 < len(found) else None
        if (
            token.sign("{")
            and behind is not None
            and behind.sign("}")
            and not (place and found[place - 1].sign("_", "^"))
        ):
            dropped |= {place, place + 1}
        if (
            token.sign("{")
            and behind is not None
            and behind.sign("=", "<", ">", "+", "-", "*", ",")
            and then is not None
            and then.sign("}")
        ):
            dropped |= {place, place + 2}
        if token.sign("\\{") and behind is not None and behind.kind == "begin":
            dropped.add(place)
    return tuple(token for place, token in enumerate(found) if place not in dropped)


def _annotations(found: tuple[Token, ...]) -> set[int]:
    """Where a brace below or above a formula stands, and what is written at it."""
    dropped = set[int]()
    for place, token in enumerate(found):
        if token.kind == "word" and token.style == "command" and token.text in ("underbrace", "overbrace"):
            end = _behind_group(found, place + 1)
            dropped.add(place)
            if end < len(found) and found[end].sign("_", "^"):
                dropped |= set(range(end, _behind_group(found, end + 1)))
    return dropped


def _behind_group(found: tuple[Token, ...], start: int) -> int:
    """The place behind the group, or behind the one token, that begins at a place."""
    depth = 0
    for place in range(start, len(found)):
        depth += found[place].sign("{") - found[place].sign("}")
        if depth == 0:
            return place + 1
    return len(found)
