"""Matches a rule's left side in an expression and puts its right side there.

Matching is structural.  Sums and products match whatever the order of their terms, and a rule for
part of a sum or product leaves the rest alone.  A symbol of a rule stands for any expression that
lies in the symbol's domain; numbers in front are never swallowed.  Only what changes is rebuilt, so
that nothing is evaluated behind a step's back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import permutations

import sympy
from sympy import Add, Basic, Expr, Indexed, IndexedBase, Mul, Pow, Symbol
from sympy.core.parameters import distribute

from derive.declare import Rule
from derive.domains import Domain, Entries, Interval
from derive.heads import Row
from derive.words import VOCABULARY

Domains = Mapping[str, Domain]
Binding = Mapping[Symbol, Expr]
Bounds = tuple[float, float]

EVERYWHERE: Bounds = (-math.inf, math.inf)


def rewrite(expression: Expr, rule: Rule, domains: Domains) -> Expr:
    """The expression with the rule applied wherever it matches, innermost places first."""
    if not NAMES & rule.left_names <= _words(expression):
        return expression
    if rule.associative:
        return _distributed(expression, rule, domains)
    left, right, variables = _sides(rule)
    return _rewrite(expression, rule, left, right, variables, domains)


def applied(expression: Expr, rules: tuple[Rule, ...], domains: Domains) -> Iterator[tuple[Rule, Expr]]:
    """Apply the rules in their order until none changes anything; yield each rule that did."""
    changing = True
    while changing:
        changing = False
        for rule in rules:
            changed = rewrite(expression, rule, domains)
            if changed != expression:
                yield rule, changed
                expression, changing = changed, True


def settled(expression: Expr, rules: tuple[Rule, ...], domains: Domains) -> Expr:
    """The expression once none of the rules changes anything."""
    for _, changed in applied(expression, rules, domains):
        expression = changed
    return expression


def label(symbol: Expr) -> str:
    """The name under which a symbol, a vector or an entry was declared."""
    if isinstance(symbol, Indexed):
        return str(symbol.base.label)
    return str(symbol.label) if isinstance(symbol, IndexedBase) else symbol.name


def bounds(expression: Expr, domains: Domains) -> Bounds:
    """An interval that holds every value of the expression on the declared domains."""
    if expression.is_Number or expression.is_NumberSymbol:
        return float(expression), float(expression)
    if isinstance(expression, Symbol | Indexed):
        domain = domains.get(label(expression))
        entry = domain.data.entry if isinstance(domain, Entries) else domain
        if entry:
            return entry.data.lower, entry.data.upper
        return (1.0, math.inf) if expression.is_integer and expression.is_positive else EVERYWHERE
    if isinstance(expression, Add):
        if _is_conditioned(expression, domains):
            return 0.0, math.inf
        excess = _excess(expression.args, domains)
        parts = [bounds(term, domains) for term in expression.args if term not in (excess or ())]
        parts += [(0.0, math.inf)] * bool(excess)
        return sum(low for low, _ in parts), sum(high for _, high in parts)
    if isinstance(expression, Mul):
        coefficient, rest = expression.as_coeff_Mul()
        if coefficient != 1:
            low, high = (float(coefficient) * end for end in bounds(rest, domains))
            return min(low, high), max(low, high)
        if all(bounds(factor, domains)[0] >= 0 for factor in expression.args):
            return 0.0, math.inf
    if isinstance(expression, Pow):
        low, high = bounds(expression.base, domains)
        if low >= 0:
            shrinks = high <= 1 and bounds(expression.exp, domains)[0] >= 0
            return 0.0, 1.0 if shrinks else math.inf
    if isinstance(expression, sympy.Sum | sympy.Product) and bounds(expression.function, domains)[0] >= 0:
        return 0.0, math.inf
    word = VOCABULARY.get(type(expression).__name__)
    if word and word.result and not isinstance(word.result, Entries):
        return word.result.lower, word.result.upper
    return (0.0, math.inf) if expression.is_nonnegative else EVERYWHERE


def _excess(terms: Sequence[Expr], domains: Domains) -> tuple[Expr, Expr] | None:
    """Two terms n and -y of a sum such that n bounds y or y bounds n: together they are not negative."""
    for one, opposite in permutations(terms, 2):
        other = -opposite
        if isinstance(one, Symbol | Indexed) and isinstance(other, Symbol | Indexed):
            above, below = domains.get(label(one)), domains.get(label(other))
            if (below and below.most == label(one)) or (above and above.least == label(other)):
                return one, opposite
    return None


def _is_conditioned(expression: Expr, domains: Domains) -> bool:
    """Whether it is what a domain says to be positive."""
    symbols = {label(part): part for kind in (Symbol, Indexed) for part in expression.atoms(kind)}
    for name, domain in domains.items():
        if not isinstance(domain, Interval) or not {name, *domain.conditioned} <= symbols.keys():
            continue
        if expression in domain.conditions(symbols[name], symbols):
            return True
    return False


def _has_positive_term(expression: Expr, domains: Domains) -> bool:
    """Whether a sum that is not negative has a term that is more than the least it is bounded by."""
    terms = expression.args if isinstance(expression, Add) else ()
    return any(
        (term.is_positive and bounds(term, domains)[0] == 0) or _ends_open(term, 0, domains) for term in terms
    )


def _ends_open(term: Expr, end: int, domains: Domains) -> bool:
    """Whether a multiple of a symbol never is at its lower end (0) or at its upper one (1), because it lives in an open interval."""
    coefficient, symbol = term.as_coeff_Mul()
    domain = domains.get(label(symbol)) if isinstance(symbol, Symbol | Indexed) else None
    if domain is None or not coefficient.is_number:
        return False
    entry = domain.data.entry if isinstance(domain, Entries) else domain.data
    return not entry.closed[end if coefficient > 0 else 1 - end]


def _is_positive(expression: Expr, domains: Domains) -> bool:
    """Whether the expression is provably more than 0."""
    low, _ = bounds(expression, domains)
    if expression.is_positive or low > 0 or (low == 0 and _has_positive_term(expression, domains)):
        return True
    if isinstance(expression, Add) and _is_conditioned(expression, domains):
        return True
    return isinstance(expression, Mul) and all(_is_positive(part, domains) for part in expression.args)


def _stays_below(expression: Expr, domain: Interval, domains: Domains) -> bool:
    """Whether the upper end of a domain is its own, or infinite, or is never reached by the terms of the expression."""
    terms = Add.make_args(expression)
    open_end = math.isinf(domain.upper) or domain.closed[1]
    return open_end or any(_ends_open(term, 1, domains) for term in terms)


def lies_in(expression: Expr, domain: Domain, domains: Domains) -> bool:
    """Whether the expression provably takes its values in the domain."""
    if isinstance(domain, Entries):
        return isinstance(expression, IndexedBase | Indexed)
    if isinstance(expression, Indexed) and (declared := domains.get(label(expression))):
        entry = declared.data.entry if isinstance(declared, Entries) else declared.data
        if entry.within(domain):
            return True
    low, high = bounds(expression, domains)
    if domain.nonzero:
        return bool(expression.is_nonzero)
    if domain.facts.get("integer") and not expression.is_integer:
        return False
    if not domain.closed[0] and domain.lower == 0:
        below = high < domain.upper or (high == domain.upper and _stays_below(expression, domain, domains))
        return below and _is_positive(expression, domains)
    return low >= domain.lower and high <= domain.upper


@cache
def _sides(rule: Rule) -> tuple[Expr, Expr, Mapping[Symbol, str]]:
    """Both sides over fresh symbols without facts, so that SymPy evaluates nothing on the way."""
    symbols = {name: Symbol(f"{name}_") for name in rule.data}
    arguments = (
        Row(IndexedBase(symbols[name])) if isinstance(domain, Entries) else symbols[name]
        for name, domain in rule.data.items()
    )
    with distribute(False):
        left, right = rule(*arguments)
    if left == right:
        raise ValueError(f"the rule {rule.name} is dead: SymPy evaluates its left side by itself")
    return left, right, {symbol: name for name, symbol in symbols.items()}


@lru_cache(maxsize=256)
def _words(expression: Expr) -> frozenset[str]:
    """The words in the expression: where one of a rule's is missing, it cannot match."""
    heads = {type(part).__name__ for part in expression.atoms(sympy.Function)}
    return frozenset(VOCABULARY[head].name for head in heads & VOCABULARY.keys())


# What a rule calls beside words: sums over an index, square roots, constants.
NAMES = frozenset(word.name for word in VOCABULARY.values())
OVER_INDEX = {Add: sympy.Sum, Mul: sympy.Product}


def _distributed(expression: Expr, rule: Rule, domains: Domains) -> Expr:
    """The expression with every f(a b ...) as f(a) + f(b) + ..., each part still closed.

    A part goes on its own when it lies in the rule's domain; the others stay together.
    """
    left, right, _ = _sides(rule)
    function, joined, spread = left.func, left.args[0].func, right.func
    domain = next(iter(rule.data.values()))

    def closed(part: Expr) -> Expr:
        # Of a number as SymPy writes it: log(1/2) is -log(2).
        return function(part) if part.is_Rational else function(part, evaluate=False)

    def opened(part: Expr) -> Expr:
        inside = part.args[0] if isinstance(part, function) else None
        if isinstance(inside, OVER_INDEX[joined]) and lies_in(inside.function, domain, domains):
            return OVER_INDEX[spread](closed(inside.function), *inside.limits)
        if isinstance(inside, joined):
            alone = [factor for factor in inside.args if lies_in(factor, domain, domains)]
            others = [factor for factor in inside.args if factor not in alone]
            if len(alone) + bool(others) > 1:
                return spread(*map(closed, alone), *([closed(joined(*others))] if others else []))
        arguments = [opened(each) if isinstance(each, Expr) else each for each in part.args]
        if any(new is not old for new, old in zip(arguments, part.args, strict=True)):
            return rebuilt(part, arguments)
        return part

    return opened(expression)


def _rewrite(
    expression: Expr,
    rule: Rule,
    left: Expr,
    right: Expr,
    variables: Mapping[Symbol, str],
    domains: Domains,
) -> Expr:
    arguments = [
        _rewrite(part, rule, left, right, variables, domains) if isinstance(part, Expr) else part
        for part in expression.args
    ]
    if any(new is not old for new, old in zip(arguments, expression.args, strict=True)):
        expression = rebuilt(expression, arguments)

    def legal(symbol: Symbol, value: Expr) -> bool:
        name = variables[symbol]
        narrower = rule.unless.get(name)
        return lies_in(value, rule.data[name], domains) and not (
            narrower and lies_in(value, narrower, domains)
        )

    rest: list[Expr] | None = []
    while rest is not None:
        binding, rest, scale = next(_match_part(left, expression, variables, legal), (None, None, 1))
        if binding is not None:
            replaced = _scaled(substituted(right, binding), scale)
            expression = rebuilt(expression, [replaced, *rest]) if rest else replaced
    return expression


def rebuilt(expression: Expr, arguments: list[Expr]) -> Expr:
    """The same head over new arguments; a number in front of a summand leaves the sum."""
    if isinstance(expression, sympy.Sum):
        coefficient, body = arguments[0].as_coeff_Mul()
        return coefficient * sympy.Sum(body, *arguments[1:])
    return expression.func(*arguments)


def substituted(expression: Expr, binding: Binding) -> Expr:
    """The right side of a rule with its symbols bound; a vector's symbol takes its row."""
    if isinstance(expression, Indexed) and expression.base.label in binding:
        (position,) = expression.indices
        return Row(binding[expression.base.label])[binding.get(position, position)]
    if isinstance(expression, IndexedBase):
        return binding.get(expression.label, expression)
    if not expression.args:
        return binding.get(expression, expression)
    return expression.func(*(substituted(part, binding) for part in expression.args))


Legal = Callable[[Symbol, Expr], bool]
Variables = Mapping[Symbol, str]


def _match_part(
    pattern: Expr, expression: Expr, variables: Variables, legal: Legal
) -> Iterator[tuple[Binding, list[Expr] | None, Expr]]:
    """Match the pattern with the expression, or with some of its terms or factors (then: the rest).

    A sum matches any multiple of itself; the last of the three is that multiple.
    """
    if not isinstance(pattern, Add | Mul):
        for found in _match(pattern, expression, {}, variables, legal):
            yield found, None, sympy.S.One
    elif type(pattern) is type(expression):
        for scale in _scales(pattern, expression):
            scaled = _scaled(expression, 1 / scale)
            for found, rest in _match_some(pattern, scaled, {}, variables, legal):
                yield found, [_scaled(term, scale) for term in rest] or None, scale


def _scales(pattern: Expr, expression: Expr) -> list[Expr]:
    """Multiples of a sum that the expression might hold: 1, and what would make a term of one of the other."""
    ones = [sympy.S.One]
    if isinstance(pattern, Mul):
        return ones
    first = next((term for term in pattern.args if term.atoms(sympy.Function)), None)
    if first is None:
        return ones
    coefficient, core = first.as_coeff_Mul()
    head = type(core)
    found = (term.as_coeff_Mul() for term in expression.args)
    return list(dict.fromkeys([*ones, *(c / coefficient for c, part in found if isinstance(part, head))]))


def _scaled(expression: Expr, scale: Expr) -> Expr:
    """The expression times a number, which goes into the terms of a sum."""
    if scale == 1:
        return expression
    if isinstance(expression, Add):
        return Add(*(scale * term for term in expression.args))
    return scale * expression


def _match(
    pattern: Basic, expression: Basic, binding: Binding, variables: Variables, legal: Legal
) -> Iterator[Binding]:
    """Every way in which the whole expression is an instance of the pattern."""
    if isinstance(pattern, IndexedBase):
        pattern = pattern.label
    if pattern in variables:
        if pattern in binding:
            if binding[pattern] == expression:
                yield binding
        elif legal(pattern, expression):
            yield {**binding, pattern: expression}
    elif isinstance(pattern, Indexed):
        if isinstance(expression, Indexed):
            *outer, position = expression.indices
            row = expression.base[tuple(outer)] if outer else expression.base
            yield from _match_each(
                [pattern.base, *pattern.indices], [row, position], binding, variables, legal
            )
    elif isinstance(pattern, Add) and isinstance(expression, Mul):
        coefficient, terms = expression.as_coeff_Mul()
        if isinstance(terms, Add):
            spread = Add(*(coefficient * term for term in terms.args))
            yield from _match(pattern, spread, binding, variables, legal)
    elif isinstance(pattern, Mul) and isinstance(expression, Add):
        coefficient, terms = pattern.as_coeff_Mul()
        if isinstance(terms, Add):
            spread = Add(*(coefficient * term for term in terms.args))
            yield from _match(spread, expression, binding, variables, legal)
    elif type(pattern) is not type(expression) or not pattern.args:
        if pattern == expression:
            yield binding
    elif isinstance(pattern, Add | Mul):
        for found, rest in _match_some(pattern, expression, binding, variables, legal):
            if not rest:
                yield found
    else:
        yield from _match_each(pattern.args, expression.args, binding, variables, legal)


def _match_each(
    patterns: Sequence[Basic], parts: Sequence[Basic], binding: Binding, variables: Variables, legal: Legal
) -> Iterator[Binding]:
    """Match pattern by pattern, in order."""
    if len(patterns) != len(parts):
        return
    if not patterns:
        yield binding
        return
    for found in _match(patterns[0], parts[0], binding, variables, legal):
        yield from _match_each(patterns[1:], parts[1:], found, variables, legal)


def _match_some(
    pattern: Add | Mul, expression: Expr, binding: Binding, variables: Variables, legal: Legal
) -> Iterator[tuple[Binding, list[Expr]]]:
    """Match the terms of the pattern with some of the expression's, in any order; give the rest too.

    A term that is a bare symbol is matched last, and takes all that is left but a number in front.
    """
    head = type(pattern)

    def match(
        structured: Sequence[Expr], bare: Sequence[Symbol], parts: list[Expr], binding: Binding
    ) -> Iterator[tuple[Binding, list[Expr]]]:
        if structured:
            for position, part in enumerate(parts):
                others = parts[:position] + parts[position + 1 :]
                for found in _match(structured[0], part, binding, variables, legal):
                    yield from match(structured[1:], bare, others, found)
        elif not bare:
            yield binding, parts
        elif bound := [symbol for symbol in bare if symbol in binding]:
            remaining = _without(parts, head.make_args(binding[bound[0]]))
            if remaining is not None:
                yield from match((), [s for s in bare if s is not bound[0]], remaining, binding)
        elif len(bare) == 1:
            taken = [part for part in parts if not (head is Mul and part.is_Number)]
            if taken and legal(bare[0], value := head(*taken)):
                yield {**binding, bare[0]: value}, [part for part in parts if part not in taken]
        else:
            for symbol in bare:
                others = [other for other in bare if other is not symbol]
                for position, part in enumerate(parts):
                    if legal(symbol, part):
                        remaining = parts[:position] + parts[position + 1 :]
                        yield from match((), others, remaining, {**binding, symbol: part})

    structured = [part for part in pattern.args if part not in variables]
    bare = [part for part in pattern.args if part in variables]
    yield from match(structured, bare, list(expression.args), binding)


def _without(parts: list[Expr], taken: Sequence[Expr]) -> list[Expr] | None:
    """The parts less those taken, or None where one of those is missing."""
    left = list(parts)
    for part in taken:
        if part not in left:
            return None
        left.remove(part)
    return left
