"""From a density to a loss, one recorded line at a time.

The lines are about the whole data set: N independent samples, `y[i]` the i-th observation.  A line
is recorded exactly when a rewrite was made, with the relation it claims to the line before and one
sentence that says why; `verify` tests every claim.  In order: likelihood, logarithm, negation, the
density, the logarithm opens, constants go, a common factor goes, links come in, stable words come.

`simplify` is never called, and SymPy is kept from distributing numbers over sums by itself, so that
what stands on a line is what a rule put there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from typing import Any

import sympy
from sympy import Add, Expr, Indexed, IndexedBase, Lambda, Mul, Product, Sum, Symbol, log
from sympy.core.parameters import distribute

from derive.catalogue import CATALOGUE
from derive.choices import Choices, Committed, Weakness, committed
from derive.declare import Distribution, Link
from derive.domains import Domain, Entries
from derive.forms import FORMS, Move
from derive.heads import Row, Word, density_word, index_symbol
from derive.identities import OPENING
from derive.relation import Goal, Line, Relation
from derive.request import Fix, Pairs, Request, predictor_name, request
from derive.rewriting import applied, label
from derive.stable import BEFORE_LINKS, DERIVED, STABLE

SAMPLE = index_symbol("i")
SIZE = index_symbol("N")


class Role(Enum):
    """What a quantity is to the loss; the value is the word for it on the page."""

    DATA = "data"
    PREDICTED = "predicted for each sample"
    SHARED = "one learned value for all samples"
    KNOWN = "known"
    KNOWN_PER_SAMPLE = "known for each sample"

    @property
    def learned(self) -> bool:
        """Whether θ holds it."""
        return self in (Role.PREDICTED, Role.SHARED)

    @property
    def per_sample(self) -> bool:
        """Whether each sample has its own."""
        return self in (Role.DATA, Role.PREDICTED, Role.KNOWN_PER_SAMPLE)


@dataclass(frozen=True)
class Quantity:
    """A symbol of the loss: its name, its role, where it lives and how it is set.

    value      its number, for a parameter known by value
    parameter  for a predictor, the parameter that its link makes of it
    """

    name: str
    role: Role
    domain: Domain
    latex: str
    prose: str = ""
    value: sympy.Rational | None = None
    parameter: str = ""

    @property
    def vector(self) -> bool:
        """Whether it is a vector of K entries."""
        return isinstance(self.domain, Entries)

    @cached_property
    def plain(self) -> Expr:
        """Its symbol in the loss of one sample: a Symbol, or an IndexedBase for a vector."""
        symbol = Symbol(self.name, **self.domain.data.facts)
        return IndexedBase(symbol) if self.vector else symbol

    @cached_property
    def at_sample(self) -> Expr:
        """Its symbol at the i-th sample of a data set."""
        if self.value is not None:
            return self.value
        return IndexedBase(self.plain)[SAMPLE] if self.role.per_sample else self.plain

    @property
    def argument(self) -> Any:
        """What a declaration is called with, at the i-th sample."""
        return Row(self.at_sample) if self.vector else self.at_sample

    @property
    def plain_argument(self) -> Any:
        """What a declaration is called with, for one sample."""
        return Row(self.plain) if self.vector else self.plain


@dataclass(frozen=True)
class Step:
    """A line, and how it follows from the line before.

    `because` is one sentence; its `{0}`, `{1}` … stand for the expressions it `mentions`.
    """

    line: Line
    relation: Relation
    rule: str
    because: str
    mentions: tuple[Expr, ...] = ()


@dataclass(frozen=True, repr=False)
class Derivation:
    """A loss and the road to it.

    `-log p == factor * loss + dropped` for one sample, always: the ledger.  `choices` says in which forms
    the loss and its derivatives are written, `weaknesses` where they still lose digits, as far as that was
    measured.
    """

    request: Request
    data: tuple[Quantity, ...]
    parameters: tuple[Quantity, ...]
    predictors: tuple[Quantity, ...]
    steps: tuple[Step, ...]
    loss: Expr
    factor: Expr
    dropped: Expr
    density: Expr
    choices: Choices
    weaknesses: tuple[Weakness, ...] = ()

    @property
    def distribution(self) -> Distribution:
        """The row of the catalogue, or a person's own density."""
        return self.request.distribution

    @property
    def name(self) -> str:
        """The name of files and modules: `normal_fix_sigma`."""
        return self.request.slug

    @property
    def command(self) -> str:
        """The command that makes it."""
        return self.request.command + " --tune" * (self.choices != _committed(self.request).choices)

    @property
    def learned(self) -> tuple[Quantity, ...]:
        """θ as the model puts it out: the predictors."""
        return tuple(quantity for quantity in self.predictors if quantity.role.learned)

    @property
    def known(self) -> tuple[Quantity, ...]:
        """The parameters that are not learned and have no number."""
        return tuple(q for q in self.parameters if not q.role.learned and q.value is None)

    @property
    def known_in_loss(self) -> tuple[Quantity, ...]:
        """The known parameters without a number that the loss takes: it mentions them, or its support does."""
        bounds = {symbol for quantity in self.quantities for symbol in self.bounded_by(quantity).symbols}
        return tuple(
            q for q in self.known if self.loss.free_symbols & q.plain.free_symbols or q.name in bounds
        )

    @property
    def regular(self) -> bool:
        """Whether the support is free of θ, so that the mean score is zero."""
        learned = {quantity.name for quantity in self.parameters if quantity.role.learned}
        bounded = any(learned.intersection(quantity.domain.symbols) for quantity in self.data)
        return self.distribution.regular and not bounded

    def bounded_by(self, quantity: Quantity) -> Domain:
        """The domain that names what bounds a quantity; of a predictor with a link, what bounds its parameter."""
        by_name = {one.name: one for one in self.parameters}
        return by_name[quantity.parameter].domain if quantity.parameter else quantity.domain

    def bound(self, symbol: str) -> Expr:
        """What bounds the support, for one sample: the number of the symbol, or the symbol with its link."""
        (quantity,) = (q for q in (*self.data, *self.parameters) if q.name == symbol)
        return self.in_predictors(quantity.plain) if quantity.value is None else quantity.value

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Every symbol of the loss and of its constants, data first; a predictor stands for its parameter."""
        with_number = (quantity for quantity in self.parameters if quantity.value is not None)
        return (*self.data, *self.predictors, *with_number)

    def in_predictors(self, expression: Expr) -> Expr:
        """An expression in the parameters of one sample, with the links in their places."""
        for parameter, predictor in zip(
            self.parameters, _aligned(self.parameters, self.predictors), strict=True
        ):
            if predictor.parameter:
                linked = self.request.linked[parameter.name](predictor.plain_argument)
                expression = expression.xreplace(_link_sides(expression, parameter.plain_argument, linked))
        return expression

    @property
    def symbols(self) -> dict[str, Expr]:
        """The SymPy symbols of the loss, by name."""
        return {quantity.name: quantity.plain for quantity in self.quantities}

    @property
    def domains(self) -> dict[str, Domain]:
        """Where each symbol lives."""
        return {quantity.name: quantity.domain for quantity in (*self.parameters, *self.quantities)}


def derive(
    name: str | Distribution | Derivation,
    *,
    fix: Fix | None = None,
    link: Pairs | None = None,
    shared: Iterable[str] | str | None = None,
    keep_constants: bool = False,
    keep_factor: bool = False,
    practice: str = "",
    third_derivatives: bool = False,
) -> Derivation:
    """Derive the loss of a density.

    name            a row of the catalogue: "normal"; or a density of one's own, from `derive.density`
    fix             what is known: ["sigma"], {"sigma": 1}, "sigma[i]" (one value per sample)
    link            how a model predicts a parameter: {"sigma": "exp"}
    shared          parameters with one learned value for the whole data set: ["mu"]
    keep_constants  keep what is free of θ
    keep_factor     keep the common factor
    practice        what is put on top of the likelihood: "pos_weight", or "pos_weight=3"
    third_derivatives
                    write them, too, in a NumPy module of scalars

    None asks for nothing.  Raises Misuse when a name, a value or a link does not fit.

    >>> d = derive("normal", fix={"sigma": 1})
    >>> d.loss, d.factor
    ((-mu + y)**2, 1/2)
    """
    fix, link, shared = (() if given is None else given for given in (fix, link, shared))
    row = name.distribution if isinstance(name, Derivation) else name
    return derivation(
        request(row, fix, link, shared, keep_constants, keep_factor, practice, third_derivatives)
    )


def derivation(request: Request, choices: Choices | None = None) -> Derivation:
    """Derive the loss that the request asks for.

    choices  in which forms it is written; None takes what was committed for it
    """
    known = _committed(request)
    weaknesses = known.weaknesses if choices is None else ()
    choices = known.choices if choices is None else choices
    data, parameters, predictors = _quantities(request)
    domains = {q.name: q.domain for q in (*parameters, *data, *predictors)}
    theta = {symbol for q in parameters if q.role.learned for symbol in q.plain.free_symbols}
    factor, dropped = sympy.S.One, sympy.S.Zero
    with distribute(False):
        density = request.distribution(
            *(quantity.argument for quantity in data),
            **{quantity.name: quantity.argument for quantity in parameters},
        )
        steps = [*_likelihood(data, parameters, density_word(request.distribution))]
        opened = log(density, evaluate=False)
        steps.append(_step(-opened, Relation.EQUAL, "density", "The density goes in."))
        for rule, changed in applied(opened, OPENING, domains):
            opened = changed
            steps.append(_step(-opened, Relation.EQUAL, rule.name, rule.summary))
        loss = _spread(-opened)
        if samples(loss) != samples(-opened):
            steps.append(_step(loss, Relation.EQUAL, "sign", SIGN))
        if not request.keep_constants:
            loss, dropped = _without_constants(loss, theta)
        if dropped != 0:
            steps.append(_step(loss, Relation.SHIFT, "constants", DROPPED_CONSTANTS, dropped))
        if not request.keep_factor:
            loss, factor = _without_factor(loss, theta)
        if factor != 1:
            steps.append(_step(loss, Relation.FACTOR, "factor", DROPPED_FACTOR, factor))
        for rule, changed in applied(loss, BEFORE_LINKS, domains):
            loss = changed
            steps.append(_step(loss, Relation.EQUAL, rule.name, rule.summary))
        if not request.keep_constants:
            loss, more = _without_constants(loss, theta)
            if more != 0:
                dropped += factor * more
                steps.append(_step(loss, Relation.SHIFT, "constants", DROPPED_CONSTANTS, more))
        if _spread(loss) != loss:
            loss = _spread(loss)
            steps.append(_step(loss, Relation.EQUAL, "sign", SIGN))
        for parameter, predictor in zip(parameters, _aligned(parameters, predictors), strict=True):
            if predictor.parameter:
                link = request.linked[parameter.name]
                loss, mentions = _linked(loss, parameter, predictor, link)
                because = f"{link.summary.removesuffix('.')}: {{0}} = {{1}}."
                steps.append(_step(loss, Relation.EQUAL, f"link_{link.name}", because, *mentions))
        for rule, changed in applied(loss, OPENING + STABLE, domains):
            loss = changed
            steps.append(_step(loss, Relation.EQUAL, rule.name, rule.summary))
        every = {q.name: q for q in (*parameters, *data, *predictors)}
        for reason, changed in _chosen(loss, choices.get("loss", ()), every, domains):
            loss = changed
            steps.append(_step(loss, Relation.EQUAL, *reason))
        loss, factor, dropped, density = (_plain(part, every) for part in (loss, factor, dropped, density))
    quantities = (data, parameters, predictors)
    ledger = (loss, factor, dropped, density)
    return Derivation(request, *quantities, tuple(steps), *ledger, choices, weaknesses)


def _chosen(
    loss: Expr, moves: Iterable[str], every: Mapping[str, Quantity], domains: Mapping[str, Domain]
) -> Iterator[tuple[tuple[str, str], Expr]]:
    """The loss after each of the chosen moves, and after the rules for which it made room, with their reasons."""
    for move in map(Move.read, moves):
        moved = move.of(loss, lambda part: _plain(part, every))
        if moved != loss:
            loss = moved
            yield (move.form, f"{FORMS[move.form].summary} {CHOSEN}"), loss
        for rule, changed in applied(loss, STABLE + DERIVED, domains):
            loss = changed
            yield (rule.name, rule.summary), loss


def _committed(request: Request) -> Committed:
    """What was measured of a row of the catalogue; for another density nothing is committed."""
    of_catalogue = CATALOGUE.get(request.distribution.name) is request.distribution
    return committed(replace(request, third_derivatives=False).slug) if of_catalogue else Committed()


SIGN = "The minus sign goes into the sum."
CHOSEN = "Of the equal forms that were measured this one loses the fewest bits."
DROPPED_CONSTANTS = "{0} is free of θ: without it the minimum stays where it is."
DROPPED_FACTOR = (
    "{0} is positive, free of θ and common to every term, so the minimum stays where it is; the "
    "gradient changes its size, and with it the learning rate and the weight of this loss beside "
    "other losses and priors."
)


def samples(term: Expr) -> Expr:
    """The sum of a term over the data set, a sign that all its parts share in front."""
    parts = Add.make_args(term)
    if all(part.could_extract_minus_sign() for part in parts):
        return -Sum(Add(*(-part for part in parts)), (SAMPLE, 1, SIZE))
    return Sum(term, (SAMPLE, 1, SIZE))


def _spread(term: Expr) -> Expr:
    """A term whose sign is in front of a sum, with the sign in that sum."""
    return Add(*(-part for part in Add.make_args(-term))) if isinstance(-term, Add) else term


def _step(term: Expr, relation: Relation, rule: str, because: str, *mentions: Expr) -> Step:
    """An objective to minimise, summed over the samples."""
    return Step(Line(samples(term), "", Goal.MINIMISE), relation, rule, because, mentions)


def _quantities(
    request: Request,
) -> tuple[tuple[Quantity, ...], tuple[Quantity, ...], tuple[Quantity, ...]]:
    """The data, the parameters and the predictors, each with its role."""
    distribution = request.distribution
    values = {name: fixed.value for name, fixed in request.fixed.items() if fixed.value is not None}

    def role(name: str) -> Role:
        if name in request.fixed:
            return Role.KNOWN_PER_SAMPLE if request.fixed[name].per_sample else Role.KNOWN
        return Role.SHARED if name in request.shared else Role.PREDICTED

    def quantity(name: str, role: Role, number: Any = None) -> Quantity:
        return Quantity(
            name,
            role,
            distribution.domains[name].settled(values),
            distribution.symbol_latex(name),
            distribution.prose.get(name, ""),
            None if number is None else sympy.Rational(number.numerator, number.denominator),
        )

    data = tuple(quantity(name, Role.DATA) for name in distribution.data)
    parameters = tuple(
        quantity(name, role(name), request.fixed[name].value if name in request.fixed else None)
        for name in distribution.parameters
    )
    predictors = tuple(
        _predictor(parameter, request) if parameter.name in request.linked else parameter
        for parameter in parameters
        if parameter.value is None
    )
    return data, parameters, predictors


def _predictor(parameter: Quantity, request: Request) -> Quantity:
    """What the model puts out for a linked parameter."""
    link = request.linked[parameter.name]
    described = f" ({parameter.prose})" if parameter.prose else ""
    letter = link.letters.get(parameter.name, link.letters.get("", parameter.latex))
    rivals = [other for other in request.linked.values() if other.letters.get("") == link.letters.get("")]
    shared = len(rivals) > 1 and parameter.name not in link.letters
    taken = {request.distribution.symbol_latex(name) for name in request.distribution.domains}
    made = predictor_name(parameter.name, link) != parameter.name
    if shared or (letter in taken and made):
        letter = f"{letter}_{{{parameter.latex}}}"
    return Quantity(
        predictor_name(parameter.name, link),
        parameter.role,
        link.domain,
        letter,
        f"predictor of {parameter.name}{described} through the {link.synonym} link",
        parameter=parameter.name,
    )


def _likelihood(
    data: tuple[Quantity, ...], parameters: tuple[Quantity, ...], density: Word
) -> Iterator[Step]:
    """The data set's likelihood, its logarithm, and the sign that makes a loss of it."""
    p = density(*(quantity.at_sample for quantity in (*data, *parameters)))
    over = (SAMPLE, 1, SIZE)
    theta = [quantity.at_sample for quantity in parameters if quantity.role.learned]
    names = ", ".join(f"{{{place}}}" for place in range(len(theta)))
    yield Step(
        Line(Product(p, over), "likelihood", Goal.MAXIMISE),
        Relation.DEFINES,
        "independence",
        f"The samples are independent, so their densities multiply; θ = ({names}) is learned.",
        tuple(theta),
    )
    yield Step(
        Line(Sum(log(p), over), "log-likelihood", Goal.MAXIMISE),
        Relation.MONOTONE,
        "logarithm",
        "The logarithm is increasing, so it keeps the maximum, and it turns the product into a sum.",
    )
    yield Step(
        Line(-Sum(log(p), over), "negative log-likelihood", Goal.MINIMISE),
        Relation.MONOTONE,
        "negation",
        "The minus sign turns the maximum into a minimum: a loss.",
    )


def _without_constants(loss: Expr, theta: set[Expr]) -> tuple[Expr, Expr]:
    """What is left of the loss, and the sum of the whole terms that θ does not enter."""
    terms = Add.make_args(loss)
    kept = [term for term in terms if term.free_symbols & theta]
    return Add(*kept), Add(*(term for term in terms if term not in kept))


def _without_factor(loss: Expr, theta: set[Expr]) -> tuple[Expr, Expr]:
    """What is left of the loss, and the product of the positive factors that every term has.

    A factor goes only if it is free of θ and the same for all samples.
    """
    terms = Add.make_args(loss)
    factor = Mul(*set.intersection(*(_common_factors(term, theta) for term in terms)))
    return Add(*(term / factor for term in terms)), factor


def _common_factors(term: Expr, theta: set[Expr]) -> set[Expr]:
    coefficient, rest = term.as_coeff_Mul()
    known = {
        part
        for part in Mul.make_args(rest)
        if part.is_positive and not part.has(SAMPLE) and not part.free_symbols & theta
    }
    return known | ({abs(coefficient)} - {sympy.S.One})


def _aligned(parameters: tuple[Quantity, ...], predictors: tuple[Quantity, ...]) -> Iterator[Quantity]:
    """For each parameter its predictor, or itself."""
    made = {predictor.parameter or predictor.name: predictor for predictor in predictors}
    return (made.get(parameter.name, parameter) for parameter in parameters)


def _linked(
    loss: Expr, parameter: Quantity, predictor: Quantity, link: Link
) -> tuple[Expr, tuple[Expr, ...]]:
    """The loss with the link in the parameter's place, and the link's two sides at one sample."""
    sides = _link_sides(loss, parameter.argument, link(predictor.argument))
    return loss.xreplace(sides), next(iter(sides.items()), ())


def _link_sides(expression: Expr, parameter: Any, linked: Any) -> dict[Expr, Expr]:
    """What stands for what: the parameter, or each of its entries in the expression, for its link."""
    if not isinstance(parameter, Row):
        return {parameter: linked}
    index = index_symbol("k")
    entries = (entry for entry in expression.atoms(Indexed) if parameter[entry.indices[-1]] == entry)
    whole = Lambda(index, linked(index))
    return {**{entry: linked(entry.indices[-1]) for entry in entries}, parameter.vector: whole}


def _plain(expression: Expr, quantities: Mapping[str, Quantity]) -> Expr:
    """The expression of one sample: `y[i]` becomes y, `z[i, k]` becomes `z[k]`."""
    plain = {}
    for indexed in expression.atoms(Indexed):
        quantity = quantities[label(indexed)]
        if quantity.role.per_sample:
            positions = indexed.indices[1:]
            plain[indexed] = quantity.plain[positions] if positions else quantity.plain
    return expression.xreplace(plain)
