"""What is not understood: the sentence, the place and a caret below it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from derive.errors import Misuse

Span = tuple[int, int]

# What says the size of the bracket behind it.
SIZE = re.compile(r"\\(?:left|[bB]igg?l?)\s*\Z")

# So many characters of a line are shown around the place.
SHOWN = 72


class Refusal(Misuse):
    """A text that is not read.

    kind      what is the matter, in a word or two: "ambiguous", "not declared", "proportional" ...
    span      where: from the first character to behind the last; None where no place is to blame
    readings  the ways to read the text, each with brackets that say it; none where they are not known
    """

    def __init__(
        self, kind: str, message: str, span: Span | None = None, readings: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.span = span
        self.readings = readings


@dataclass(frozen=True)
class Source:
    """A text that is read, for refusals to point into."""

    text: str

    def bracketed(self, first: int, end: int) -> str:
        r"""The text with brackets around a part; a size that the part begins with, `\left`, stays with it."""
        sized = SIZE.search(self.text, 0, first)
        first = sized.start() if sized else first
        return f"{self.text[:first]}({self.text[first:end]}){self.text[end:]}"

    def replaced(self, span: Span, piece: str) -> str:
        """The text with something else in place of a part."""
        return self.text[: span[0]] + piece + self.text[span[1] :]

    def refusal(self, kind: str, span: Span, sentence: str, readings: tuple[str, ...] = ()) -> Refusal:
        """The refusal at a place: the sentence, then the line with carets below it."""
        start = max(0, min(span[0], len(self.text)))
        end = max(start + 1, min(span[1], len(self.text)))
        first = self.text.rfind("\n", 0, start) + 1
        last = self.text.find("\n", start)
        last = len(self.text) if last < 0 else last
        left = max(first, start - SHOWN // 2)
        line = self.text[left : min(last, left + SHOWN)]
        shown = "".join(character if character.isprintable() else " " for character in line)
        carets = "^" * max(1, min(end, last, left + SHOWN) - start)
        row = self.text.count("\n", 0, start) + 1
        place = f"character {start - first + 1}" + (f" of line {row}" if "\n" in self.text else "")
        return Refusal(
            kind,
            f"{place}: {sentence}\n  {shown}\n  {' ' * (start - left)}{carets}",
            (start, end),
            readings,
        )


def quoted(text: str) -> str:
    """A piece of what was written, short enough for a sentence."""
    shown = "".join(character if character.isprintable() else " " for character in text)
    return f"'{shown}'" if len(shown) <= 40 else f"'{shown[:37]}...'"
