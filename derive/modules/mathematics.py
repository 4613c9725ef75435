"""The mathematics of a module: functions over the shared parts of a loss, printed for a library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sympy import Add, Expr

from derive.calculus import Calculus, calculus, fresh
from derive.derivation import Derivation, derivation
from derive.domains import Entries
from derive.modules.arguments import Arguments, Signature
from derive.modules.layout import statement
from derive.modules.library import Library
from derive.modules.names import identifier
from derive.modules.pasted import sharing
from derive.modules.telling import tells
from derive.modules.temporaries import overwriting
from derive.program import program
from derive.rewriting import settled
from derive.stable import STABLE


@dataclass(frozen=True)
class Function:
    """A function of the generated code: its name, its arguments and its lines."""

    name: str
    arguments: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """Its definition."""
        return "\n    ".join([f"def {self.name}({self.arguments}):", *self.lines])


@dataclass(frozen=True)
class Mathematics:
    """Writes the functions of one loss."""

    derivation: Derivation
    library: Library
    arguments: Signature

    @cached_property
    def calculus(self) -> Calculus:
        """The loss with its gradient and Hessian."""
        return calculus(self.derivation)

    @cached_property
    def names(self) -> dict[str, str]:
        """What code calls each quantity, and the number of entries of a vector."""
        called = {quantity.name: identifier(quantity.name) for quantity in self.derivation.quantities}
        sizes = {
            quantity.domain.size: f"{called[quantity.name]}.shape[-1]"
            for quantity in (*self.derivation.learned, *self.derivation.data)
            if isinstance(quantity.domain, Entries)
        }
        return {**sizes, **called}

    def loss(self) -> Function:
        """The loss of each sample."""
        return self._function("_loss", [self.calculus.loss])

    def loss_and_gradient(self) -> Function:
        """The loss and its gradient, from shared parts."""
        results = [self.calculus.loss, *self.calculus.gradient]
        return self._function("_loss_and_gradient", results, overwrites=self.library.overwrites)

    def hessian(self) -> Function:
        """The upper triangle of the Hessian, row by row."""
        return self._function("_hessian", self._upper_triangle, as_tuple=True)

    def third_derivatives(self) -> Function:
        """The third derivatives in three learned arguments, none before the one to its left."""
        return self._function("_third_derivatives", [*self.calculus.third.values()], as_tuple=True)

    def hessian_diagonal(self) -> Function:
        """The diagonal of the Hessian, a result for each block."""
        return self._function("_hessian_diagonal", self.calculus.diagonal)

    def hessian_vector_product(self, *, as_tuple: bool = False) -> Function:
        """The Hessian times a direction for each block, a result for each."""
        return self._function(
            "_hessian_vector_product",
            self.calculus.hessian_vector_product,
            f", {', '.join(self.calculus.directions)}",
            as_tuple=as_tuple,
        )

    def hessian_vector_product_of_scalars(self) -> Function:
        """The Hessian in several scalars, times a vector with an entry for each: `v_mu`, `v_sigma`."""
        lines, entries = self._printed(self._upper_triangle)
        learned = [argument.name for argument in self.arguments.learned]
        directions = {argument.name: argument.direction for argument in self.arguments.learned}
        taken = {*self.names.values(), *directions.values(), *(line.split(" ")[0] for line in lines)}
        products: dict[tuple[str, str], str] = {}
        pairs = ((one, other) for place, one in enumerate(learned) for other in learned[place:])
        for (one, other), entry, expression in zip(pairs, entries, self._upper_triangle, strict=True):
            name = fresh(f"h_{one}_{other}", taken)
            taken.add(name)
            lines += statement(f"{name} =", [entry])
            # An infinite entry for which the vector has a zero is no nan: zero wins.
            plain = expression.is_number or len(learned) == 1
            product = "{0} * {1}" if plain else "_times({1}, {0})"
            products[one, other] = product.format(name, directions[other])
            products[other, one] = product.format(name, directions[one])
        rows = [" + ".join(products[row, column] for column in learned) for row in learned]
        lines += statement("return", rows, as_tuple=True)
        arguments = f"{self.arguments.loss.names}, {self.arguments.learned.directions}"
        return Function("_hessian_vector_product", arguments, tuple(lines))

    def in_full(self) -> Function | None:
        """-log p of each sample, where the stable words of what was dropped and of what was kept meet; else None.

        Log y! is large and so is the Poisson loss, but not their sum.
        """
        if self._whole is None:
            return None
        arguments = self.arguments.likelihood.names
        lines = statement("return", [self.code(self._whole)])
        return Function("_negative_log_likelihood", arguments, tuple(lines))

    @cached_property
    def _whole(self) -> Expr | None:
        """-log p in words, where it is no sum of the words of the loss and of those that were dropped."""
        derived = self.derivation
        whole = derivation(replace(derived.request, keep_constants=True, keep_factor=True)).loss
        dropped = settled(derived.dropped, STABLE, derived.domains)
        terms = [derived.factor * term for term in Add.make_args(derived.loss)]
        return None if derived.dropped == 0 or whole == Add(*terms, dropped) else whole

    @property
    def told(self) -> list[str]:
        """What code calls the arguments that the loss tells of itself, and -log p too where that is written anew."""
        definitions = self.calculus.parts.definitions
        written = [self.calculus.loss, *([] if self._whole is None else [self._whole])]
        return [
            self.names[quantity.name]
            for quantity in (*self.derivation.data, *self.derivation.learned, *self.derivation.known_in_loss)
            if not self.derivation.bounded_by(quantity).symbols
            and all(tells(loss, definitions, quantity.plain, quantity.domain) for loss in written)
        ]

    def plain(self, name: str, arguments: Arguments, expression: Expr) -> Function:
        """A function of an expression as it stands: the factor, or what was dropped."""
        return Function(name, arguments.names, tuple(statement("return", [self.code(expression)])))

    def code(self, expression: Expr) -> str:
        """An expression of the ledger in stable words, as the loss is."""
        stable = settled(expression, STABLE, self.derivation.domains)
        return self.library.printer(self.names, {}, self._order)(stable)

    @property
    def _order(self) -> list[str]:
        return [quantity.name for quantity in self.derivation.quantities]

    @property
    def _upper_triangle(self) -> list[Expr]:
        return [entry for place, row in enumerate(self.calculus.hessian) for entry in row[place:]]

    def _function(
        self,
        name: str,
        results: Sequence[Expr],
        more: str = "",
        *,
        as_tuple: bool = False,
        overwrites: bool = False,
    ) -> Function:
        lines, shown = self._printed(results, overwrites)
        lines += statement("return", shown, as_tuple=as_tuple)
        return Function(name, self.arguments.loss.names + more, tuple(lines))

    def _printed(self, results: Sequence[Expr], overwrites: bool = False) -> tuple[list[str], list[str]]:
        """The assignments, as lines, and the results over them; perhaps so that temporaries are overwritten."""
        reserved = {*self.names.values(), *self.calculus.directions, "weight", "value"}
        arranged = program(self.calculus.parts, results, reserved)
        show = self.library.printer({**self.names, **arranged.names}, arranged.inline, self._order)
        names = [name for name, _ in arranged.assignments]
        codes = [show(expression) for expression in (*dict(arranged.assignments).values(), *arranged.results)]
        for argument in self.arguments.learned:
            shared, sharing_codes = sharing(self.library.name, argument.name, codes)
            if shared.keys().isdisjoint(names):
                names, codes = [*shared, *names], [*shared.values(), *sharing_codes]
        assignments, shown = list(zip(names, codes, strict=False)), codes[len(names) :]
        if overwrites:
            assignments, shown = overwriting([one.name for one in self.arguments.loss], assignments, shown)
        lines = [line for name, code in assignments for line in statement(f"{name} =", [code])]
        return lines, shown
