"""Differentiates a loss whose words know their own stable derivatives.

The loss is first taken apart into named parts: every word, and every composite argument of a word.
A part is one symbol from then on, so SymPy can never merge what floating point needs kept whole,
and value, gradient and Hessian share their parts by construction.  The derivative of a product in a
factor is written with the product itself (`-r` for d(e^-s (y - mu))/ds), which is both shorter and
safer than multiplying the factors out again.

What is learned comes in blocks, one for each predictor: a scalar, or a vector of K entries.  The gradient
has one part for each block, which for a vector stands at the index k.  The Hessian times a vector takes
one direction for each block and gives one part for each; nothing of size K^2 is formed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import sympy
from sympy import Add, Expr, Indexed, IndexedBase, KroneckerDelta, Lambda, Mul, Pow, Product, Sum, Symbol
from sympy.core.parameters import distribute

from derive import words
from derive.choices import Choices
from derive.declare import Rule
from derive.derivation import Derivation, Quantity
from derive.domains import Domain, Entries
from derive.errors import Misuse
from derive.forms import Move
from derive.heads import Row, Word
from derive.rewriting import label, settled
from derive.stable import DERIVED, LAST, STABLE
from derive.words import word_of

CLASS = words.k._sympy_()
OTHER = words.j._sympy_()

# What a Hessian is multiplied by: the only block's direction bears this name, one of several its own.
DIRECTION = "vector"


@dataclass(frozen=True)
class Scalar:
    """Differentiate in one scalar symbol."""

    symbol: Symbol


@dataclass(frozen=True)
class Entry:
    """Differentiate in the entry of a vector at an index."""

    vector: IndexedBase
    position: Expr


@dataclass(frozen=True)
class Along:
    """Differentiate a function of a vector in the direction of another vector."""

    vector: IndexedBase
    direction: IndexedBase


Variable = Scalar | Entry | Along


class Parts:
    """Named parts of expressions: each is defined once, whoever asks for it.

    A part that has an entry for each class is a vector `t[k]`, defined at the index k.
    """

    def __init__(self, domains: Mapping[str, Domain]) -> None:
        self.definitions: dict[Expr, Expr] = {}
        self._names: dict[Expr, Expr] = {}
        self._domains = domains

    def taken_apart(self, expression: Expr) -> Expr:
        """The expression over parts: its words and their composite arguments are named."""
        if not expression.args or isinstance(expression, Indexed | IndexedBase | KroneckerDelta):
            return expression
        if isinstance(expression, Product):
            raise Misuse("a product over an index cannot be differentiated here; take its logarithm first")
        if isinstance(expression, Sum):
            body, (index, *limits) = expression.args
            body = self.taken_apart(body.xreplace({index: CLASS}))
            if CLASS not in body.free_symbols and limits[0] == 1:
                return body * limits[1]
            return self.named(Sum(body, (CLASS, *limits)))
        if isinstance(expression, Lambda):
            ((index,), body) = expression.args
            entry = self.taken_apart(body.xreplace({index: CLASS}))
            return (entry if isinstance(entry, Indexed) else self.named(entry)).base
        if isinstance(expression, Add):
            return expression.func(*(self.taken_apart(part) for part in expression.args))
        if isinstance(expression, Mul):
            return self._known(expression.func(*(self.taken_apart(part) for part in expression.args)))
        if isinstance(expression, Pow):
            return Pow(self.atom(expression.base), self.taken_apart(expression.exp))
        if isinstance(expression, sympy.exp):
            times, rest = expression.args[0].as_coeff_Mul()
            if times.is_Integer and times > 1 and _canonical(sympy.exp(rest))[0] in self._names:
                # SymPy writes the square of an exponential as one of twice the argument.
                return self.named(sympy.exp(rest)) ** times
        return self.named(expression.func(*(self.atom(part) for part in expression.args)))

    def atom(self, expression: Expr) -> Expr:
        """The expression as one symbol, an entry or a number."""
        expression = self.taken_apart(expression)
        opposite = self.definition(-expression)
        if opposite is not None and not (-opposite).args:
            return -opposite
        if expression.as_coeff_Mul()[0] == -1:
            return -self.atom(-expression)
        if expression.is_number or not expression.args or isinstance(expression, Indexed | IndexedBase):
            return expression
        return self.named(expression)

    def _known(self, product: Expr) -> Expr:
        """The product of several parts, by its name or its opposite's where it has one already."""
        if not isinstance(product.as_coeff_Mul()[1], Mul):
            return product
        if {CLASS, OTHER} <= product.free_symbols:
            return product
        for sign in (1, -1):
            if _canonical(sign * product)[0] in self._names:
                return sign * self.named(sign * product)
        return product

    def definition(self, part: Expr) -> Expr | None:
        """What a part stands for; None for a symbol of the loss."""
        if isinstance(part, Indexed) and part.base in self.definitions:
            return self.definitions[part.base].xreplace({CLASS: part.indices[-1]})
        return self.definitions.get(part)

    def moved(self, expression: Expr, moves: Iterable[str]) -> Expr:
        """A whole derivative after these moves, over parts."""
        for move in moves:
            expression = moved(expression, Move.read(move), self._domains)
        with distribute(False):
            return self.finished(self.taken_apart(expression))

    def put_together(self, expression: Expr) -> Expr:
        """The expression with every part replaced by what it stands for."""
        with distribute(False):
            return self._put_together(expression)

    def _put_together(self, expression: Expr) -> Expr:
        found = {
            part: self._put_together(definition)
            for part in expression.atoms(Symbol, Indexed)
            if (definition := self.definition(part)) is not None
        }
        for vector in expression.atoms(IndexedBase) & self.definitions.keys():
            found[vector] = Lambda(CLASS, self._put_together(self.definitions[vector]))
        return expression.xreplace(found)

    @property
    def names(self) -> set[str]:
        """What the quantities of the loss are called."""
        return set(self._domains)

    def named(self, expression: Expr) -> Expr:
        """The symbol of an expression over parts, at whatever index it stands."""
        canonical, position = _canonical(expression)
        if canonical not in self._names:
            symbol = Symbol(f"t{len(self.definitions)}_", real=True)  # no quantity ends so
            name = symbol if position is None else IndexedBase(symbol)
            self._names[canonical] = name
            self.definitions[name] = canonical
        name = self._names[canonical]
        return name if position is None else name[position]

    # Differentiating -----------------------------------------------------------------------------

    def derivative(self, expression: Expr, variable: Variable) -> Expr:
        """The derivative of an expression over parts, over parts again, at the index k."""
        slope = self._slope(expression, variable).xreplace({OTHER: CLASS})
        slope = gathered(self.over_one_denominator(self._stabilised(slope)))
        return self._stabilised(slope)

    def finished(self, expression: Expr) -> Expr:
        """A derivative as it is written, and differentiated no more."""
        return self._stabilised(expression, LAST)

    def _stabilised(self, expression: Expr, rules: tuple[Rule, ...] = DERIVED) -> Expr:
        """The expression after the rules for derivatives, which see its words by name."""
        before = self._seen(expression)
        after = settled(before, rules, self._domains)
        return expression if after == before else self.taken_apart(after)

    def _seen(self, expression: Expr) -> Expr:
        """The expression with its words and its sums by what they are; the sums in their arguments stay parts."""
        definition = self.definition(expression)
        if isinstance(definition, Add):
            return definition
        if isinstance(definition, sympy.Function):
            return definition.func(*map(self._nested, definition.args))
        if isinstance(expression, Add | Mul | Pow | Sum):
            return expression.func(
                *(self._seen(part) if isinstance(part, Expr) else part for part in expression.args)
            )
        return expression

    def _nested(self, argument: Expr) -> Expr:
        """A word's argument as it is seen where it stands alone: words and opposites by what they are, a sum as a part."""
        definition = self.definition(argument)
        if definition is not None and not (-definition).args:
            return definition
        return self._seen(argument) if isinstance(definition, sympy.Function) else argument

    def over_one_denominator(self, expression: Expr) -> Expr:
        """The rational terms of a sum over one denominator, where that is a sum itself.

        1 - (n + 1) q/(1 + q) is (1 - n q)/(1 + q): what cancels in floating point has cancelled here.
        """
        rational = [term for term in Add.make_args(expression) if self._is_rational(term)]
        divided = [term.free_symbols for term in rational if self._divides_by_sum(term)]
        rational = [term for term in rational if any(term.free_symbols <= symbols for symbols in divided)]
        if not rational:
            return expression
        others = [term for term in Add.make_args(expression) if term not in rational]
        with distribute(True):
            one = sympy.factor(sympy.cancel(sympy.together(self._opened(Add(*rational)))))
        return Add(*others, one)

    def _is_rational(self, term: Expr) -> bool:
        """Whether no word but the square stands in the term."""
        return not any(self._is_word(symbol) for symbol in term.atoms(Symbol, Indexed))

    def _is_word(self, part: Expr) -> bool:
        definition = self.definition(part)
        return isinstance(part, Indexed) or (
            isinstance(definition, sympy.Function) and not isinstance(definition, words.square.head)
        )

    def _divides_by_sum(self, term: Expr) -> bool:
        return any(
            isinstance(self.definition(power.base) or power.base, Add) and power.exp.is_negative
            for power in term.atoms(Pow)
        )

    def _opened(self, expression: Expr) -> Expr:
        """The expression with its parts opened, as far as the quotients of differences, which stay whole."""
        found = {}
        for part in expression.atoms(Symbol):
            definition = self.definition(part)
            if definition is None or (isinstance(definition, Mul) and definition.atoms(Add)):
                continue
            found[part] = self._opened(definition.doit())
        return expression.xreplace(found)

    def _slope(self, expression: Expr, variable: Variable) -> Expr:
        definition = self.definition(expression)
        if definition is not None:
            return self._slope_of(definition, expression, variable)
        return self._slope_of(expression, expression, variable)

    def _slope_of(self, expression: Expr, whole: Expr, variable: Variable) -> Expr:
        """The derivative of an expression that also has the name `whole`."""
        if isinstance(expression, Symbol | Indexed):
            return _own_slope(expression, variable)
        if not expression.args or isinstance(expression, KroneckerDelta):
            return sympy.S.Zero
        if isinstance(expression, Add):
            return Add(*(self._slope(part, variable) for part in expression.args))
        if isinstance(expression, Mul):
            return Add(*self._product_rule(expression, whole, variable))
        if isinstance(expression, Pow):
            base, exponent = expression.args
            of_base = exponent * base ** (exponent - 1) * self._slope(base, variable)
            return of_base + self._exponent_slope(expression, whole, variable)
        if isinstance(expression, Sum):
            body, (index, *limits) = expression.args
            return self._summed(self._slope(body, variable), (index, *limits), variable)
        return self._chain_rule(expression, variable)

    def _product_rule(self, product: Mul, whole: Expr, variable: Variable) -> Iterator[Expr]:
        """One term a factor: a power, and what is a factor of its own derivative, give the product back."""
        for factor in product.args:
            slope = self._slope(factor, variable)
            if slope == 0:
                continue
            if factor.args == () and factor in Mul.make_args(slope):
                yield whole * (slope / factor)
            elif isinstance(factor, Pow) and factor.exp != 1:
                yield factor.exp * whole / factor.base * self._slope(factor.base, variable)
                yield self._exponent_slope(factor, whole, variable)
            else:
                yield Mul(*(other for other in product.args if other is not factor)) * slope

    def _exponent_slope(self, power: Pow, whole: Expr, variable: Variable) -> Expr:
        """What a power's exponent adds to the derivative of the product that holds it."""
        slope = self._slope(power.exp, variable)
        return slope if slope == 0 else whole * self.taken_apart(sympy.log(power.base)) * slope

    def _chain_rule(self, expression: Expr, variable: Variable) -> Expr:
        """A word's own derivatives, times those of its arguments."""
        word = word_of(expression)
        if word.of_vector:
            return self._chain_rule_of_vector(word, expression, variable)
        if not word.derivatives:
            return self._slope(self.taken_apart(self._meaning(word, expression)), variable)
        terms = []
        for argument, slope in zip(expression.args, word.derivatives, strict=True):
            inner = self._slope(argument, variable)
            if inner == 0:
                continue
            if slope is None:
                raise Misuse(f"the word {word.name} has no derivative in an argument that is a whole number")
            # A derivative that is constant may be a number of Python's.
            terms.append(self.taken_apart(sympy.sympify(slope(*expression.args))) * inner)
        return Add(*terms)

    def _meaning(self, word: Word, expression: Expr) -> Expr:
        """What a word abbreviates that has no derivative of its own: it stands in none below the third.

        Raises Misuse where that is no formula, or one that is nan where the word is not.
        """
        if word.reference or not word.opens:
            raise Misuse(f"the word {word.name} has no derivative; ask for no derivative of this order")
        return word.meaning(*expression.args)

    def _chain_rule_of_vector(self, word: Word, expression: Expr, variable: Variable) -> Expr:
        """The derivative of a word of a vector, whose other arguments are positions or known vectors.

        The vector is the variable's, or a part each of whose entries is a function of the same entry of that.
        """
        vector = expression.args[0]
        rows = [
            Row(argument) if isinstance(domain, Entries) else argument
            for argument, domain in zip(expression.args, word.data.values(), strict=True)
        ]
        change = self._slope(vector[CLASS], variable)
        if change == 0:
            return sympy.S.Zero
        if not (word.derivatives and word.derivatives[0] and word.along):
            raise Misuse(f"the word {word.name} has no derivative in its vector")
        if isinstance(variable, Entry):
            hit = KroneckerDelta(CLASS, variable.position)
            if change.xreplace({hit: sympy.S.Zero}) != 0:
                raise Misuse(f"{word.name} is differentiated in a vector whose entries depend on one another")
            inner = change.xreplace({hit: sympy.S.One}).xreplace({CLASS: variable.position})
            slope = word.derivatives[0](*rows, variable.position)
            return self.taken_apart(sympy.sympify(slope)) * inner
        direction = change if isinstance(change, Indexed) else self.named(change)
        return self.taken_apart(sympy.sympify(word.along(*rows, Row(direction.base))))

    def _summed(self, body: Expr, limits: Sequence[Expr], variable: Variable) -> Expr:
        """The sum of a derivative over the classes, Kronecker's delta collapsed.

        A body f(δ) is f(0) at every class but one, and f(1) there.
        """
        if not isinstance(variable, Entry):
            return self.taken_apart(Sum(body, limits)) if body != 0 else sympy.S.Zero
        index, here = limits[0], variable.position
        hit = KroneckerDelta(index, here)
        elsewhere, there = body.xreplace({hit: sympy.S.Zero}), body.xreplace({hit: sympy.S.One})
        outside, inside = elsewhere.as_independent(index, as_Add=False)
        rest = self._total(inside, limits) - inside.xreplace({index: here}) if outside != 0 else 0
        return outside * rest + there.xreplace({index: here})

    def _total(self, body: Expr, limits: Sequence[Expr]) -> Expr:
        """The sum over the classes; the entries of a probability vector sum to one."""
        if isinstance(body, Indexed):
            domain = self._domains.get(label(body))
            if isinstance(domain, Entries) and domain.sums_to_one:
                return sympy.S.One
        return self.taken_apart(Sum(body, limits))


def _canonical(expression: Expr) -> tuple[Expr, Symbol | None]:
    """An expression at the index k, and the index at which it stood; None where it has no entries.

    What has one for every two classes stays as it is: it stands beside 1 - δ, and goes where the two are one.
    """
    positions = expression.free_symbols & {CLASS, OTHER}
    if len(positions) != 1:
        return expression, None
    (position,) = positions
    return expression.xreplace({position: CLASS}), position


def gathered(expression: Expr) -> Expr:
    """A sum with the powers that all its terms share in front, once."""
    if not isinstance(expression, Add):
        return expression
    expression = Add(*(part for term in expression.args for part in _spread(term)))
    if not isinstance(expression, Add):
        return expression
    powers = [term.as_coeff_Mul()[1].as_powers_dict() for term in expression.args]
    shared = {}
    for base in set(powers[0]).intersection(*powers[1:]):
        exponents = [sympy.sympify(power[base]) for power in powers]
        numbers = all(e.is_number for e in exponents)
        same_sign = all(e.is_positive for e in exponents) or all(e.is_negative for e in exponents)
        if numbers and same_sign and not base.is_Number:
            shared[base] = min(exponents, key=abs)
        elif len(set(exponents)) == 1 and not base.is_Number:
            shared[base] = exponents[0]
    front = Mul(*(base**exponent for base, exponent in shared.items()))
    return front * Add(*(part for term in expression.args for part in _spread(term / front)))


def _spread(term: Expr) -> Iterator[Expr]:
    """The summands of a sum with a number in front."""
    coefficient, rest = term.as_coeff_Mul()
    return (coefficient * part for part in Add.make_args(rest))


def _own_slope(symbol: Expr, variable: Variable) -> Expr:
    """How the variable itself, or an entry of it, changes."""
    if isinstance(variable, Scalar):
        return sympy.Integer(symbol == variable.symbol)
    if isinstance(symbol, Indexed) and symbol.base == variable.vector:
        position = symbol.indices[-1]
        if isinstance(variable, Along):
            return variable.direction[position]
        return KroneckerDelta(position, variable.position)
    return sympy.S.Zero


@dataclass(frozen=True)
class Calculus:
    """A loss with its gradient and its second derivatives, over shared parts.

    `slopes` is the gradient as it is differentiated again, before it is finished.

    variables  the blocks: each is a scalar or a vector, whose part of the gradient stands at the index k
    """

    parts: Parts
    loss: Expr
    variables: tuple[Quantity, ...]
    slopes: tuple[Expr, ...]
    choices: Choices

    @cached_property
    def gradient(self) -> tuple[Expr, ...]:
        """The derivative in each predictor, in the form that was chosen for it."""
        names = (f"gradient {quantity.name}" for quantity in self.variables)
        return tuple(self._finished(name, slope) for name, slope in zip(names, self.slopes, strict=True))

    @cached_property
    def hessian(self) -> tuple[tuple[Expr, ...], ...]:
        """The second derivatives, a row for each block; between vectors those in entries at the same k."""
        with distribute(False):
            upper = {
                (row, column): self._finished(
                    f"Hessian {self.variables[row].name}, {other.name}",
                    self.parts.derivative(slope, _variable(other)),
                )
                for row, slope in enumerate(self.slopes)
                for column, other in enumerate(self.variables)
                if row <= column
            }
        places = range(len(self.variables))
        return tuple(tuple(upper[min(i, j), max(i, j)] for j in places) for i in places)

    @cached_property
    def third(self) -> dict[tuple[int, int, int], Expr]:
        """The third derivatives by the places of three scalars, none before the one to its left.

        Raises Misuse where a vector is learned.
        """
        if self.of_vector:
            raise Misuse(
                "third derivatives are of scalars, and a vector is learned here; ask for no more than two"
            )
        places = range(len(self.variables))
        with distribute(False):
            second = {
                (i, j): self.parts.derivative(self.slopes[i], _variable(self.variables[j]))
                for i in places
                for j in places[i:]
            }
            return {
                (i, j, k): self.parts.finished(self.parts.derivative(slope, _variable(self.variables[k])))
                for (i, j), slope in second.items()
                for k in places[j:]
            }

    @cached_property
    def diagonal(self) -> tuple[Expr, ...]:
        """The diagonal of the Hessian, a part for each block."""
        return tuple(row[place] for place, row in enumerate(self.hessian))

    @property
    def directions(self) -> tuple[str, ...]:
        """What the direction of each block is called."""
        if len(self.variables) == 1:
            return (DIRECTION,)
        names = self.parts.names
        taken, found = {*names, *(f"{name}_" for name in names)}, list[str]()
        for quantity in self.variables:
            found.append(fresh(f"v_{quantity.name}", {*taken, *found}))
        return tuple(found)

    @cached_property
    def hessian_vector_product(self) -> tuple[Expr, ...]:
        """The Hessian times the `directions`, a part for each block, never forming K^2 entries."""
        with distribute(False):
            return tuple(self.parts.finished(Add(*self._changes(slope))) for slope in self.slopes)

    def _changes(self, slope: Expr) -> Iterator[Expr]:
        """How a part of the gradient changes along the direction of each block."""
        for quantity, name in zip(self.variables, self.directions, strict=True):
            direction = Symbol(name, real=True)
            if quantity.vector:
                yield self.parts.derivative(slope, Along(quantity.plain, IndexedBase(direction)))
            else:
                # An infinite derivative along which nothing goes is no nan: zero wins.
                change = self.parts.derivative(slope, Scalar(quantity.plain))
                yield change * direction if change.is_number else words.times(direction, change)

    def _finished(self, name: str, expression: Expr) -> Expr:
        """A derivative as it is written: after the moves that were chosen under the name."""
        with distribute(False):
            expression = self.parts.finished(expression)
        moves = self.choices.get(name, ())
        return self.parts.moved(self.parts.put_together(expression), moves) if moves else expression

    @property
    def of_vector(self) -> bool:
        """Whether anything learned is a vector."""
        return any(quantity.vector for quantity in self.variables)


def calculus(derivation: Derivation) -> Calculus:
    """Differentiate the loss in every learned predictor."""
    parts = Parts(derivation.domains)
    with distribute(False):
        parts.taken_apart(derivation.loss)
        loss = parts.taken_apart(derivation.loss)  # now what is an argument somewhere has its name everywhere
        slopes = tuple(parts.derivative(loss, _variable(quantity)) for quantity in derivation.learned)
    return Calculus(parts, loss, derivation.learned, slopes, derivation.choices)


def _variable(quantity: Quantity) -> Variable:
    """What to differentiate in; for a vector the entry at j, which is then called k."""
    return Entry(quantity.plain, OTHER) if quantity.vector else Scalar(quantity.plain)


def moved(expression: Expr, move: Move, domains: Mapping[str, Domain]) -> Expr:
    """The expression after a move, once the stable rewrites have found what they know in it."""
    with distribute(False):
        return settled(move.of(expression), STABLE + DERIVED, domains)


def gradient(derivation: Derivation) -> dict[str, Expr]:
    """The derivative of the loss in each learned predictor; at the index k for a vector."""
    found = calculus(derivation)
    return {
        quantity.name: found.parts.put_together(slope)
        for quantity, slope in zip(found.variables, found.gradient, strict=True)
    }


def hessian(derivation: Derivation) -> dict[tuple[str, str], Expr]:
    """The second derivatives by pairs of predictors; the diagonal at the index k for a vector."""
    found = calculus(derivation)
    names = [quantity.name for quantity in found.variables]
    return {
        (one, other): found.parts.put_together(slope)
        for one, row in zip(names, found.hessian, strict=True)
        for other, slope in zip(names, row, strict=True)
    }


def third_derivatives(derivation: Derivation) -> dict[tuple[str, str, str], Expr]:
    """The third derivatives by three predictors, each in the order in which they are learned.

    Raises Misuse where a vector is learned.
    """
    found = calculus(derivation)
    names = [quantity.name for quantity in found.variables]
    return {
        (names[i], names[j], names[k]): found.parts.put_together(e) for (i, j, k), e in found.third.items()
    }


def fresh(name: str, taken: Collection[str]) -> str:
    """The name, numbered if it is taken."""
    candidates = (f"{name}_{number}" if number > 1 else name for number in range(1, len(taken) + 2))
    return next(candidate for candidate in candidates if candidate not in taken)
