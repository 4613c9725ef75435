"""The tree as mathematics: SymPy over our own words, and nothing that is evaluated without a limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy
from sympy import Expr

from derive import words
from derive.heads import Index, Row
from derive.notation import vocabulary as known
from derive.notation.refusal import Source
from derive.notation.scope import Scope
from derive.notation.tree import (
    All,
    AnyOf,
    Apply,
    Cases,
    Comparison,
    Constant,
    Entry,
    Indicator,
    Known,
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

# A gamma function or a factorial of a number is a number: of at most this.
LARGEST_ARGUMENT = 1000
# So many terms of sums over numbers are written out.
MOST_TERMS = 64
# What takes its argument twice stands at most so deep in its like, for what it makes doubles every time.
MOST_DOUBLINGS = 5
TWICE = frozenset(["maximum", "minimum"])


def _erf(a: Any) -> Any:
    return 2 * words.normal_cdf(words.sqrt(2) * a) - 1


def _binomial(a: Any, b: Any) -> Any:
    """With the lower number that is surely not negative: of (n + r − 1 over r − 1) that is n."""
    other = a - b
    return words.exp(words.log_binomial(a, other if other.is_nonnegative and not b.is_nonnegative else b))


# What each function is in our words.
MEANINGS: Mapping[str, Callable[..., Any]] = {
    "exp": words.exp,
    "log": words.log,
    "log2": lambda a: words.log(a) / words.log(2),
    "log10": lambda a: words.log(a) / words.log(10),
    "sin": words.sine,
    "cos": words.cosine,
    "tan": lambda a: words.sine(a) / words.cosine(a),
    "sinh": words.sinh,
    "asinh": words.asinh,
    "cosh": words.cosh,
    "tanh": words.tanh,
    "atanh": lambda a: (words.log1p(a) - words.log1p(-a)) / 2,
    "sech": lambda a: 1 / words.cosh(a),
    "csch": lambda a: 1 / words.sinh(a),
    "coth": lambda a: 1 / words.tanh(a),
    "sqrt": words.sqrt,
    "abs": words.absolute,
    "sign": words.sign,
    "square": lambda a: a**2,
    "gamma": words.gamma,
    "log_gamma": words.log_gamma,
    "zeta": lambda a: words.zeta_from_one(a - 1),
    "digamma": words.digamma,
    "beta": words.beta,
    "log_beta": words.log_beta,
    "factorial": words.factorial,
    "log_factorial": words.log_factorial,
    "binomial": _binomial,
    "log_binomial": words.log_binomial,
    "erf": _erf,
    "erfc": lambda a: 2 * words.normal_cdf(-words.sqrt(2) * a),
    "normal_cdf": words.normal_cdf,
    "normal_pdf": lambda a: words.exp(-(a**2) / 2) / words.sqrt(words.two_pi),
    "log_normal_cdf": words.log_normal_cdf,
    "sigmoid": words.sigmoid,
    "logit": words.logit,
    "softplus": words.softplus,
    "log1p": words.log1p,
    "expm1": words.expm1,
    "log1mexp": words.log1mexp,
    "bessel_0": words.bessel_0,
    "bessel_1": words.bessel_1,
    "power": lambda a, b: a**b,
    "xlogy": lambda a, b: a * words.log(b),
    "xlog1py": lambda a, b: a * words.log1p(b),
    "logaddexp": lambda a, b: words.log(words.exp(a) + words.exp(b)),
    "maximum": lambda a, b: (a + b + words.absolute(a - b)) / 2,
    "minimum": lambda a, b: (a + b - words.absolute(a - b)) / 2,
}
COUNTING = frozenset(
    [
        "gamma",
        "factorial",
        "beta",
        "binomial",
        "log_gamma",
        "log_beta",
        "log_factorial",
        "log_binomial",
        "digamma",
        "zeta",
    ]
)
GROWING = frozenset(["exp", "sinh", "cosh", "expm1"])


class Mathematics:
    """Makes mathematics of trees.

    values  what stands for each declared name: a SymPy expression, or a Row for a vector
    size    the name of the number of samples, whose value is among the values, or ""
    """

    def __init__(self, source: Source, scope: Scope, values: Mapping[str, Any], size: str = "") -> None:
        self.source, self.scope, self.values, self.size = source, scope, dict(values), size
        self.terms = self.doublings = 0
        self.indices: dict[str, Any] = {}

    def of(self, node: Node) -> Expr:
        """The mathematics of a tree; Refusal for what has no number."""
        found = self._of(node)
        if found.has(sympy.zoo, sympy.nan, sympy.oo, sympy.I, sympy.S.NegativeInfinity):
            raise self.source.refusal(
                "no number", node.span, "this is no real number: it divides by 0 or has no logarithm"
            )
        return found

    def _of(self, node: Node) -> Any:
        twice = isinstance(node, Indicator | Cases) or (isinstance(node, Apply) and node.function in TWICE)
        if twice and self.doublings == MOST_DOUBLINGS:
            raise self.source.refusal(
                "limit", node.span, f"maxima and indicators stand more than {MOST_DOUBLINGS} deep"
            )
        self.doublings += twice
        made = _MAKERS[type(node)](self, node)
        self.doublings -= twice
        return made

    def _number(self, node: Number) -> Any:
        return sympy.Rational(node.value.numerator, node.value.denominator)

    def _constant(self, node: Constant) -> Any:
        if node.name == "infinity":
            raise self.source.refusal("no number", node.span, "infinity is no number to calculate with")
        return sympy.pi if node.name == "pi" else sympy.E

    def _name(self, node: Name) -> Any:
        if node.name in self.indices:
            return self.indices[node.name]
        square = self.scope.roots.get(node.name)
        found = words.sqrt(self._value(square, node)) if square else self._value(node.name, node)
        if isinstance(found, Row):
            raise self.source.refusal(
                "vector", node.span, f"{node.name} is a vector; write one of its entries, {node.name}_k"
            )
        return found

    def _value(self, name: str, node: Node) -> Any:
        if name not in self.values:
            raise self.source.refusal("not declared", node.span, f"{name} is not declared")
        return self.values[name]

    def _entry(self, node: Entry) -> Any:
        value = self._value(node.name, node)
        if not isinstance(value, Row):
            return value
        if node.index in self.indices:
            return value[self.indices[node.index]]
        raise self.source.refusal("vector", node.span, f"the index {node.index} belongs to no sum or product")

    def _negative(self, node: Negative) -> Any:
        return -self._of(node.part)

    def _sum(self, node: Sum) -> Any:
        return sympy.Add(*(self._of(term) for term in node.terms))

    def _product(self, node: Product) -> Any:
        factors, made = list(node.factors), []
        while factors:
            factor = factors.pop(0)
            two = isinstance(factor, Number) and factor.value == 2
            if two and factors and isinstance(factors[0], Constant) and factors[0].name == "pi":
                factors.pop(0)
                made.append(sympy.sympify(words.two_pi))
                continue
            ramp = self._ramp(factor, factors)
            made.append(self._of(factor) if ramp is None else ramp)
        return sympy.Mul(*made)

    def _ramp(self, factor: Node, others: list[Node]) -> Any:
        """I(a < b) (b − a) is the positive part of b − a, which has no jump."""
        if not (isinstance(factor, Indicator) and isinstance(factor.condition, Comparison)):
            return None
        condition = factor.condition
        if condition.relation not in ("<", ">", "≤", "≥"):
            return None
        difference = self._of(condition.left) - self._of(condition.right)
        if condition.relation in ("<", "≤"):
            difference = -difference
        for place, other in enumerate(others):
            if self._of(other) == difference:
                del others[place]
                return (difference + words.absolute(difference)) / 2
        return None

    def _quotient(self, node: Quotient) -> Any:
        above, below = self._of(node.numerator), self._of(node.denominator)
        if below == 0:
            raise self.source.refusal("no number", node.span, "this divides by 0")
        return above / below

    def _power(self, node: Power) -> Any:
        base, exponent = self._of(node.base), self._of(node.exponent)
        if isinstance(node.base, Constant) and node.base.name == "e":
            self._small(exponent, node)
            return words.exp(exponent)
        if exponent.is_number:
            self._small(exponent, node)
        if base.is_number and exponent.is_number:
            size = abs(sympy.log(abs(base)).evalf(15)) if base != 0 else 0
            if base == 0 and exponent.is_negative:
                raise self.source.refusal("no number", node.span, "this divides by 0")
            if size * abs(exponent.evalf(15)) > 5 * known.LARGEST_EXPONENT:
                raise self._too_large(node)
        return base**exponent

    def _small(self, exponent: Any, node: Node) -> None:
        """Refuses an exponent of numbers that would not end."""
        if exponent.is_number and not abs(exponent.evalf(15)) <= known.LARGEST_EXPONENT:
            raise self._too_large(node)

    def _too_large(self, node: Node) -> Exception:
        return self.source.refusal(
            "limit", node.span, f"an exponent of numbers is at most {known.LARGEST_EXPONENT} in size"
        )

    def _apply(self, node: Apply) -> Any:
        arguments = [self._of(argument) for argument in node.arguments]
        if node.function in GROWING:
            self._small(arguments[0], node)
        if node.function in COUNTING and any(
            a.is_number and not abs(a.evalf(15)) <= LARGEST_ARGUMENT for a in arguments
        ):
            raise self.source.refusal(
                "limit", node.span, f"this is read for numbers up to {LARGEST_ARGUMENT} only"
            )
        if node.function == "power":
            power = Power(node.arguments[0], node.arguments[1], span=node.span)
            return self._power(power)
        if node.function == "bessel":
            order, argument = arguments
            if order not in (0, 1):
                raise self.source.refusal(
                    "unknown function", node.span, "of the Bessel functions derive has I_0 and I_1"
                )
            return (words.bessel_1 if order == 1 else words.bessel_0)(argument)
        return sympy.sympify(MEANINGS[node.function](*arguments), strict=True)

    # Sums over an index ---------------------------------------------------------------------------

    def _over(self, node: Over) -> Any:
        if self.size and self._of_samples(node):
            body, count = self._of(node.body), self.values[self.size]
            return count * body if node.operation == "sum" else body**count
        vectors = {
            part.name: self.values[part.name]
            for part in node.body.every()
            if isinstance(part, Entry)
            and part.index == node.index
            and isinstance(self.values.get(part.name), Row)
        }
        if vectors:
            return self._over_entries(node)
        return self._over_numbers(node)

    def _of_samples(self, node: Over) -> bool:
        """Whether the sum runs over the samples of a data set."""
        entries = [part for part in node.body.every() if isinstance(part, Entry) and part.index == node.index]
        return bool(entries) and not any(isinstance(self.values.get(entry.name), Row) for entry in entries)

    def _over_entries(self, node: Over) -> Any:
        first = node.first
        if first is not None and not (isinstance(first, Number) and first.value == 1):
            raise self.source.refusal("vector", node.span, "a sum over the entries of a vector begins at 1")
        if node.last is not None and not isinstance(node.last, Name):
            raise self.source.refusal(
                "vector", node.span, "a sum over the entries of a vector runs to its size"
            )
        free = [
            index
            for index in (words.k, words.j, words.m)
            if sympy.sympify(index) not in self.indices.values()
        ]
        if not free:
            raise self.source.refusal("vector", node.span, "sums stand in sums too deep here")
        return self._with_index(node, free[0])

    def _with_index(self, node: Over, index: Index) -> Any:
        outer = dict(self.indices)
        self.indices[node.index] = sympy.sympify(index)
        try:
            body = self._of(node.body)
        finally:
            self.indices = outer
        return words.total(body, index) if node.operation == "sum" else words.product(body, index)

    def _over_numbers(self, node: Over) -> Any:
        if not (isinstance(node.first, Number) and isinstance(node.last, Number)):
            raise self.source.refusal(
                "sum",
                node.span,
                "a sum runs over the entries of a vector, over the samples, or between two numbers",
            )
        steps = range(int(node.first.value), int(node.last.value) + 1)
        self.terms += len(steps)
        if self.terms > MOST_TERMS:
            raise self.source.refusal(
                "limit", node.span, f"at most {MOST_TERMS} terms of a sum are written out"
            )
        outer, made = dict(self.indices), []
        for step in steps:
            self.indices[node.index] = sympy.Integer(step)
            made.append(self._of(node.body))
        self.indices = outer
        return sympy.Add(*made) if node.operation == "sum" else sympy.Mul(*made)

    # Conditions -----------------------------------------------------------------------------------

    def _indicator(self, node: Indicator) -> Any:
        return self.holds(node.condition)

    def holds(self, condition: Node) -> Any:
        """1 where a condition holds, else 0, by the sign of a difference: exact at the edge as well."""
        if isinstance(condition, All):
            return sympy.Mul(*(self.holds(one) for one in condition.conditions))
        if isinstance(condition, AnyOf):
            return 1 - sympy.Mul(*(1 - self.holds(one) for one in condition.conditions))
        if isinstance(condition, Comparison):
            left, right = self._of(condition.left), self._of(condition.right)
            return _compared(left, condition.relation, right)
        assert isinstance(condition, Member)
        element, within = self._of(condition.element), condition.set
        if isinstance(within, Listed):
            values = [self._of(value) for value in within.values]
            return sympy.Add(*(_compared(element, "=", value) for value in values))
        if isinstance(within, Range):
            made = []
            for end, closed, lower in (
                (within.first, within.closed[0], True),
                (within.last, within.closed[1], False),
            ):
                infinite = isinstance(end, Constant) or (
                    isinstance(end, Negative) and isinstance(end.part, Constant)
                )
                if infinite and not any(
                    isinstance(part, Name) or getattr(part, "name", "") == "pi" for part in end.every()
                ):
                    continue
                relation = (">" if lower else "<") if not closed else ("≥" if lower else "≤")
                made.append(_compared(element, relation, self._of(end)))
            return sympy.Mul(*made)
        assert isinstance(within, Known)
        edges = {"positive": ">", "nonnegative": "≥"}
        if within.name in edges:
            return _compared(element, edges[within.name], sympy.S.Zero)
        if within.name == "real":
            return sympy.S.One
        raise self.source.refusal("domain", within.span, f"an indicator of {within.name}s is not read")

    def _cases(self, node: Cases) -> Any:
        """Each value times where it holds."""
        return sympy.Add(*(self._of(value) * held for value, held in self._branches(node)))

    def by_cases(self, node: Cases) -> Any:
        """The same of values that are positive or 0, as a product of powers, whose logarithm opens."""
        made, support, bounded = [], [], False
        for value, held in self._branches(node):
            if isinstance(value, Number) and value.value == 0:
                bounded = True
                continue
            made.append(self._of(value) ** held)
            support.append(held)
        return sympy.Mul(*made, sympy.Add(*support)) if bounded else sympy.Mul(*made)

    def _branches(self, node: Cases) -> list[tuple[Node, Any]]:
        """Each value, and where it holds: of whole numbers the first condition that holds counts."""
        found: list[tuple[Node, Any]] = []
        rest = sympy.S.One
        for value, condition in node.branches:
            held = rest if condition is None else self.holds(condition)
            if condition is not None and found and self._of_whole_numbers(condition):
                held = held * rest
            found.append((value, held))
            rest = rest - held
        return found

    def _of_whole_numbers(self, condition: Node) -> bool:
        """Whether a condition speaks of a whole number."""
        values = [self.values.get(part.name) for part in condition.every() if isinstance(part, Name | Entry)]
        labels = [value.base.label if isinstance(value, sympy.Indexed) else value for value in values]
        return any(getattr(label, "is_integer", False) for label in labels)

    def _condition(self, node: Node) -> Any:
        raise self.source.refusal("syntax", node.span, "a condition is no number")


def _compared(left: Any, relation: str, right: Any) -> Any:
    sign = words.sign(left - right)
    above, equal = (sign + sign**2) / 2, 1 - sign**2
    return {
        ">": above,
        "≤": 1 - above,
        "<": (sign**2 - sign) / 2,
        "≥": 1 - (sign**2 - sign) / 2,
        "=": equal,
        "≠": sign**2,
    }[relation]


_MAKERS: Mapping[type, Callable[[Mathematics, Any], Any]] = {
    Number: Mathematics._number,
    Constant: Mathematics._constant,
    Name: Mathematics._name,
    Entry: Mathematics._entry,
    Negative: Mathematics._negative,
    Sum: Mathematics._sum,
    Product: Mathematics._product,
    Quotient: Mathematics._quotient,
    Power: Mathematics._power,
    Apply: Mathematics._apply,
    Over: Mathematics._over,
    Indicator: Mathematics._indicator,
    Cases: Mathematics._cases,
    Comparison: Mathematics._condition,
    Member: Mathematics._condition,
    All: Mathematics._condition,
    AnyOf: Mathematics._condition,
    Known: Mathematics._condition,
    Listed: Mathematics._condition,
    Range: Mathematics._condition,
}
