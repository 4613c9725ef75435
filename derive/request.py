"""What a person asks for: a density and what is known, shared and linked.

A request is read and checked against the catalogue without SymPy, so that a mistake is answered at
once.  The command line, the Python interface and the table of variants all come through here.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from numbers import Real
from typing import Any, TypeVar

from derive import links
from derive.catalogue import CATALOGUE
from derive.declare import Distribution, Link, rows
from derive.domains import Domain, Entries, Interval
from derive.errors import Misuse

LINKS: Mapping[str, Link] = rows((links,), Link)

# Beyond this size the powers of a known value that a loss takes come near the ends of the double range.
SMALLEST = Fraction(1, 10**100)

# `--link default`: the first link that fits, for each parameter that needs one.
DEFAULT = "default"

# The words after `--fix sigma`: nothing, a number, or one value per sample.
PER_SAMPLE = "[i]"

# Why a discrete parameter, such as a number of trials, is not asked for.
ALWAYS_KNOWN = "an integer parameter is always known"

# A number as a person writes it: 2, -0.5, 1e-3 or 1/2.
NUMBER = re.compile(r"[+-]?([0-9]+/0*[1-9][0-9]*|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?(?P<exponent>[0-9]+))?)")

# How much of what was got a sentence shows, in characters.
LONGEST = 60

# How many characters a number may have: more than any fraction of two floats.
LONGEST_NUMBER = 1000

# The options that are there or not.
FLAGS = ("keep_constants", "keep_factor", "third_derivatives")

NOTHING_TO_LEARN = "there is nothing to learn: {} has no parameters; declare one behind the bar"
UNKNOWN = "derive list shows them all; a density of your own needs --given or a file"

Row = TypeVar("Row")
Fix = Mapping[str, object] | Iterable[str] | str
Pairs = Mapping[str, str] | Iterable[str] | str


@dataclass(frozen=True)
class Known:
    """A parameter that is not learned: its value, if it was given, or one value per sample."""

    value: Fraction | None = None
    per_sample: bool = False


@dataclass(frozen=True)
class Request:
    """A density with its options, checked.

    fixed   parameter -> what is known of it; an integer parameter is always known, one value per sample
            unless the request says otherwise, and so is one that its density never learns, one value
    linked  parameter -> the link through which a model predicts it
    shared  the parameters with one learned value for the whole data set
    """

    distribution: Distribution
    fixed: Mapping[str, Known]
    linked: Mapping[str, Link]
    shared: tuple[str, ...]
    keep_constants: bool = False
    keep_factor: bool = False
    third_derivatives: bool = False

    @property
    def options(self) -> dict[str, str]:
        """The options as a person types them, in one order."""
        texts = {
            "fix": ",".join(
                name + _known_text(known) for name, known in self.fixed.items() if self._is_asked(name)
            ),
            "link": ",".join(f"{name}={link.name}" for name, link in self.linked.items()),
            "shared": ",".join(self.shared),
        }
        return {option: text for option, text in texts.items() if text}

    def _is_asked(self, name: str) -> bool:
        """Whether it must be said what is known of a parameter."""
        return name in self.distribution.learnable or self.fixed[name] != _unasked(self.distribution, name)

    @property
    def arguments(self) -> dict[str, Any]:
        """What `request` was asked, so that another process can ask it again."""
        kept = {flag: getattr(self, flag) for flag in FLAGS}
        row = self.distribution
        return {"name": row if row.origin else row.name, **self.options, **kept}

    @property
    def command(self) -> str:
        """The command that makes this derivation."""
        origin = self.distribution.origin
        parts = [shlex.join(["derive", *(origin.words if origin else [self.distribution.name])])]
        return " ".join([*parts, *self._asked])

    @property
    def _asked(self) -> list[str]:
        """The options of the command."""
        parts = []
        for option, text in self.options.items():
            parts.append(f'--{option} "{text}"' if "[" in text else f"--{option} {text}")
        return [*parts, *(f"--{flag.replace('_', '-')}" for flag in FLAGS if getattr(self, flag))]

    @property
    def slug(self) -> str:
        """A file name and an identifier: `normal_fix_sigma`."""
        words = " ".join([self.distribution.name, *self._asked])
        words = words.replace("=-", "=minus ").replace("/", " over ")
        return "_".join("".join(c if c.isalnum() else " " for c in words).split())


def request(
    name: str | Distribution,
    fix: Fix = (),
    link: Pairs = (),
    shared: Iterable[str] | str = (),
    keep_constants: bool = False,
    keep_factor: bool = False,
    practice: str = "",
    third_derivatives: bool = False,
) -> Request:
    """Read and check a request, for a row of the catalogue by its name or for a person's own density.

    link               how a model predicts each parameter; `default` is the first link that fits, for all that need one
    practice           what is put on top of the likelihood: `pos_weight`, or `pos_weight=3` where its amount is known
    third_derivatives  whether a NumPy module writes them, too

    Raises Misuse for an unknown name, an argument of the wrong type, a value outside its domain, a
    link whose range does not fit, an integer parameter that is to be learned, a parameter in two roles,
    and when nothing is left to learn.
    """
    distribution = name if isinstance(name, Distribution) else _lookup(name, CATALOGUE, "density", UNKNOWN)
    distribution, amount = _practised(distribution, practice)
    name = distribution.name
    parameters, learnable = distribution.parameters, distribution.learnable
    if not parameters:
        raise Misuse(NOTHING_TO_LEARN.format(name))
    if not learnable and all(domain.discrete for domain in parameters.values()):
        whole = ", ".join(parameters)
        raise Misuse(f"{name} has nothing to learn: a whole number has no gradient, and {whole} are whole")
    fixed = {key: _known(key, text, parameters) for key, text in _pairs(fix, parameters, "--fix").items()}
    fixed |= {key: _known(key, text, parameters) for key, text in amount.items()}
    free = [key for key in learnable if key not in fixed]
    proposed, link = _proposed(distribution, free, link)
    given = _pairs(link, parameters, "--link")
    linked = {key: _linked(key, text, distribution) for key, text in (proposed | given).items()}
    named_shared = tuple(
        _shared(key, text, distribution) for key, text in _pairs(shared, parameters, "--shared").items()
    )
    for one, other in ((fixed, linked), (fixed, named_shared)):
        for key in one:
            if key in other:
                option = "--link" if other is linked else "--shared"
                raise Misuse(
                    f"{key} is given to both --fix and {option}: a known parameter is not learned; drop one of the two"
                )
    for key, link_of in linked.items():
        predictor = predictor_name(key, link_of)
        others = [predictor_name(other, row) for other, row in linked.items() if other != key]
        if predictor in {*distribution.domains, *others} - {key}:
            raise Misuse(
                f"--link {key}={link_of.name} predicts {predictor}, and so is another quantity of {name} called; rename one"
            )
    if third_derivatives and any(
        isinstance(domain, Entries) for key, domain in learnable.items() if key not in fixed
    ):
        raise Misuse("--third-derivatives are of scalars, and a vector is learned here; leave it out")
    if learnable and all(key in fixed for key in learnable):
        every = "every parameter" if learnable == parameters else "all that can be learned"
        raise Misuse(
            f"nothing is left to learn: --fix names {every} of {name} ({', '.join(learnable)}); leave one out"
        )
    fixed = {key: _unasked(distribution, key) for key in parameters if key not in learnable} | fixed
    return Request(
        distribution,
        {key: fixed[key] for key in parameters if key in fixed},
        {key: linked[key] for key in parameters if key in linked},
        tuple(key for key in parameters if key in named_shared),
        keep_constants,
        keep_factor,
        third_derivatives,
    )


def _practised(distribution: Distribution, practice: str) -> tuple[Distribution, dict[str, str]]:
    """The row that has a practice on top of a likelihood, and what is known of the practice's amount."""
    if not practice:
        return distribution, {}
    word, _, amount = practice.partition("=")
    before = f"{distribution.name}_"
    known = {
        name.removeprefix(before): row
        for name, row in CATALOGUE.items()
        if row.practice and name.startswith(before)
    }
    if not known:
        raise Misuse(
            f"--practice {word} is for a likelihood that has practices, and {distribution.name} has none"
        )
    row = _lookup(word, known, f"practice of {distribution.name}", "its name is that of the practice")
    return row, {row.known[0]: amount} if amount else {}


def _unasked(distribution: Distribution, name: str) -> Known:
    """What is known of a parameter that is never learned, where nothing is said: an integer for each sample."""
    return Known(per_sample=distribution.parameters[name].discrete)


def predictor_name(parameter: str, link: Link) -> str:
    """The name of what the model puts out: `log_sigma`."""
    return link.predictor.format(name=parameter)


def fitting_links(domain: Domain) -> list[Link]:
    """The links whose every value is legal for the domain."""
    return [link for link in LINKS.values() if link.fits(domain)]


def default_links(distribution: Distribution, names: Iterable[str]) -> dict[str, str]:
    """The link of each of these parameters by which a model whose outputs are any reals predicts it.

    It is the first that fits the domain; a parameter that any real is legal for, or that no link fits, has none.
    """
    fitting = {name: fitting_links(distribution.parameters[name]) for name in names}
    return {name: links[0].name for name, links in fitting.items() if links and links[0].name != "identity"}


def _proposed(distribution: Distribution, free: Iterable[str], link: Pairs) -> tuple[dict[str, str], Pairs]:
    """The links that `--link default` asks for, and the links that are asked for by name."""
    if isinstance(link, Mapping) or DEFAULT in distribution.parameters:
        return {}, link
    texts = _texts(link, distribution.parameters, "--link")
    parts = [part.strip() for text in texts for part in text.split(",") if text]
    if DEFAULT not in parts:
        return {}, texts
    return default_links(distribution, free), [part for part in parts if part != DEFAULT]


def _lookup(name: object, table: Mapping[str, Row], noun: str, advice: str) -> Row:
    if not isinstance(name, str):
        raise Misuse(f"a {noun} is given by its name as a string, got {_told(name)}; {advice}")
    if name in table:
        return table[name]
    near = get_close_matches(name, table, n=1, cutoff=0.5)
    raise Misuse(f"unknown {noun} {name!r}. " + (f"Did you mean {near[0]}?" if near else f"({advice}.)"))


def _pairs(given: Fix | Pairs, parameters: Mapping[str, Domain], option: str) -> dict[str, object]:
    """`"sigma=1,nu"`, `["sigma=1", "nu"]` and `{"sigma": 1, "nu": None}` are the same."""
    if isinstance(given, Mapping):
        pairs: dict[str, object] = dict(given)
    else:
        texts = _texts(given, parameters, option)
        pairs = {}
        for text in (part.strip() for joined in texts for part in joined.split(",")):
            if not text:
                raise Misuse(f"{option} got an empty name; name a parameter: {', '.join(parameters)}")
            key, equals, value = (part.strip() for part in text.partition("="))
            if "[" in key and (equals or not key.endswith(PER_SAMPLE)):
                raise Misuse(
                    f"{option} {text}: one known value per sample is written NAME[i], without a value"
                )
            if key.endswith(PER_SAMPLE) and not equals:
                key, value, equals = key.removesuffix(PER_SAMPLE), PER_SAMPLE, "="
            if key in pairs:
                raise Misuse(f"{option} names {key} twice; once is enough")
            pairs[key] = value if equals else None
    # A parameter k is called k_, for k is an index.
    pairs = {
        key if key in parameters or f"{key}_" not in parameters else f"{key}_": value
        for key, value in pairs.items()
    }
    for key in pairs:
        _lookup(key, parameters, "parameter", f"the parameters are {', '.join(parameters)}")
    return pairs


def _texts(given: object, parameters: Mapping[str, Domain], option: str) -> list[str]:
    """The option as strings, from one or from several."""
    several = [given] if isinstance(given, str) or not isinstance(given, Iterable) else list(given)
    texts = []
    for text in several:
        if not isinstance(text, str):
            raise Misuse(
                f'{option} takes names as strings, such as "{next(iter(parameters))}", got {_told(text)};'
                f" the parameters are {', '.join(parameters)}"
            )
        texts.append(text)
    return texts


def _told(given: object) -> str:
    """What was got, short enough for a sentence."""
    text = " ".join(repr(given).split())
    return f"{text if len(text) <= LONGEST else text[:LONGEST] + '...'} of type {type(given).__name__}"


def _learnable(name: str, distribution: Distribution, option: str) -> None:
    """Refuse to learn a parameter that is always known."""
    if name not in distribution.learnable:
        integer = distribution.parameters[name].discrete
        reason = ALWAYS_KNOWN if integer else f"{name} of {distribution.name} is always known"
        raise Misuse(
            f"{option} {name}: {reason}, so it is not learned; leave {option} {name} out, or write --fix {name}"
        )


def _shared(name: str, given: object, distribution: Distribution) -> str:
    _learnable(name, distribution, "--shared")
    if given is not None:
        raise Misuse(
            f"--shared {name}={given}: a shared parameter is learned, so it has no value; write {name}"
        )
    return name


def _known(name: str, given: object, parameters: Mapping[str, Domain]) -> Known:
    if given is None:
        return Known()
    if isinstance(given, str) and given == PER_SAMPLE:
        return Known(per_sample=True)
    domain = parameters[name]
    if isinstance(domain, Entries):
        raise Misuse(f"--fix {name} takes no value: {name} is a {domain.name}; write --fix {name}")
    advice = f"a known value is a number such as 1, 0.5 or 1/2, or nothing, or {name}[i]"
    if not isinstance(given, str | Real | Decimal):
        raise Misuse(f"--fix {name} got {_told(given)}: {advice}")
    text = str(given).strip()
    shown = f"--fix {name}={text if len(text) <= LONGEST else text[:LONGEST] + '...'}"
    written = NUMBER.fullmatch(text)
    if written is None or len(text) > LONGEST_NUMBER:
        raise Misuse(f"{shown}: {advice}")
    # A longer exponent is not even raised to: 1e999999999 would never end.
    value = Fraction(text) if len(written["exponent"] or "") <= 4 else None
    if value is None or (value != 0 and not SMALLEST <= abs(value) <= 1 / SMALLEST):
        raise Misuse(f"{shown}: a known value is 0 or between 1e-100 and 1e100 in size; rescale the data")
    if float(value) not in domain.legal:
        raise Misuse(f"{shown}: {name} lies in {domain.legal.text}, got {text}")
    return Known(value=value)


def _linked(name: str, given: object, distribution: Distribution) -> Link:
    _learnable(name, distribution, "--link")
    domain = distribution.parameters[name]
    fitting = ", ".join(link.name for link in fitting_links(domain))
    if given is None:
        raise Misuse(f"--link {name} needs a link: --link {name}=LINK with one of {fitting}")
    link = _multiple(name, given, fitting)
    if isinstance(domain, Entries) and isinstance(link.range, Interval) and link.fits(domain):
        return link.over(domain)
    if not link.fits(domain):
        raise Misuse(
            f"the link {link.name} gives values in {link.range.text}, but {name} lies in {domain.text}; links that fit: {fitting}"
        )
    return link


def _multiple(name: str, given: object, fitting: str) -> Link:
    """The link of this name, or a positive number times one of scalars: `5*tanh`."""
    advice = f"for {name} there are {fitting}"
    number, times, kind = given.partition("*") if isinstance(given, str) else ("", "", given)
    link = _lookup(kind.strip() if times and isinstance(kind, str) else given, LINKS, "link", advice)
    if not times:
        return link
    written = NUMBER.fullmatch(number.strip())
    if written is None or len(number) > LONGEST or isinstance(link.range, Entries):
        raise Misuse(f"--link {name}={given}: a multiple is a number times a link of scalars, such as 5*tanh")
    value = Fraction(number.strip()) if len(written["exponent"] or "") <= 4 else Fraction(0)
    if not SMALLEST <= value <= 1 / SMALLEST:
        raise Misuse(f"--link {name}={given}: the number is between 1e-100 and 1e100")
    return link.scaled(value)


def _known_text(known: Known) -> str:
    if known.per_sample:
        return PER_SAMPLE
    return "" if known.value is None else f"={known.value}"
