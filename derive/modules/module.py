"""What the generated modules say, in the words of one library.

A module stands alone.  Its functions are programs over shared parts (`mathematics`), its guards come
from the domains (`arguments`), and what its library lacks it carries with it (`pasted`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sympy import Expr

from derive.derivation import Derivation
from derive.domains import EPS_OF_SUM, SUM_TOLERANCE
from derive.modules.arguments import Arguments, Signature, signature
from derive.modules.docstring import docstring
from derive.modules.library import NUMPY, TORCH, Library
from derive.modules.mathematics import Function, Mathematics
from derive.modules.pasted import definitions, imports, names_in, pasted


@dataclass(frozen=True)
class Ledger:
    """-log p = factor * loss + dropped, as code.

    factor             the factor itself: the value of FACTOR, where no parameter is in it
    named              how other functions write it: `FACTOR`, or `_factor(sigma)`
    factor_arguments   the known parameters in it
    dropped_arguments  the data and the known parameters in what was dropped
    """

    factor: str
    named: str
    factor_arguments: Arguments
    dropped_arguments: Arguments


@dataclass(frozen=True)
class Vectors:
    """Where a module has to do with vectors, whose entries lie along an axis of their own.

    blocks        for each learned argument whether it is a vector
    classes       whether the data are classes, so that an index can stand for them
    any           whether any argument is a vector
    sum_to_one    whether the entries of any argument sum to one
    ascending     whether any argument is harmless as 0, 1, ..., K - 1
    bounding      whether their length bounds a scalar
    """

    blocks: tuple[bool, ...]
    classes: bool
    any: bool
    sum_to_one: bool
    ascending: bool
    bounding: bool

    @property
    def learned(self) -> bool:
        """Whether any learned argument is a vector."""
        return any(self.blocks)

    @property
    def several(self) -> bool:
        """Whether a vector is learned beside something else, so that each block is treated by itself."""
        return self.learned and len(self.blocks) > 1

    @property
    def to_entries(self) -> str:
        """What puts a number for each sample beside what is learned: an axis for the entries of the only block."""
        return "[..., None]" if self.learned and not self.several else ""

    @property
    def over_entries(self) -> str:
        """What sums over these entries."""
        return ".sum(-1)" if self.learned and not self.several else ""

    def named(self, names: Sequence[str]) -> list[tuple[str, bool]]:
        """For each block its name and whether it is a vector."""
        return list(zip(names, self.blocks, strict=True))

    def for_each(self, number: str) -> str:
        """A number for each sample, as it stands beside each block: `g, g[..., None]`."""
        return ", ".join(f"{number}[..., None]" if vector else number for vector in self.blocks)

    def over_each(self, names: Arguments) -> str:
        """Each block summed over its entries, where it has some: `mu, cuts.sum(-1)`."""
        summed = (f"{one.name}.sum(-1)" if one.vector else one.name for one in names)
        return ", ".join(summed)


@dataclass(frozen=True)
class Module:
    """What a module's template is filled with, beside the docstring.

    directions     what Hessians are multiplied by, where vectors are learned
    sum_tolerance  how far the entries of a probability vector may sum from one; eps_of_sum: in eps
    functions      the mathematics
    in_full        whether -log p has a function of its own, for what was dropped and what was kept cancel
    third          whether third derivatives were asked for
    in_parts       whether many samples are computed part by part: the words that a library lacks make many temporaries
    words          the functions that it calls and the library lacks
    imports        gives the import statements that a text of code needs
    """

    class_name: str
    arguments: Signature
    ledger: Ledger
    vectors: Vectors
    directions: Sequence[str]
    sum_tolerance: float
    eps_of_sum: int
    functions: Sequence[Function]
    in_full: bool
    third: bool
    in_parts: bool
    words: str
    imports: Callable[[str], str]


def numpy_module(derivation: Derivation) -> Mapping[str, Any]:
    """What `templates/numpy.py.j2` is filled with."""

    def second_derivatives(mathematics: Mathematics) -> list[Function]:
        if mathematics.calculus.of_vector:
            return [mathematics.hessian_diagonal(), mathematics.hessian_vector_product()]
        third = [mathematics.third_derivatives()] if derivation.request.third_derivatives else []
        return [mathematics.hessian(), *third]

    return _filled(derivation, NUMPY, second_derivatives)


def torch_module(derivation: Derivation) -> Mapping[str, Any]:
    """What `templates/torch.py.j2` is filled with."""

    def second_derivatives(mathematics: Mathematics) -> list[Function]:
        if mathematics.calculus.of_vector:
            return [mathematics.hessian_vector_product(as_tuple=True)]
        return [mathematics.hessian_vector_product_of_scalars()]

    return _filled(derivation, TORCH, second_derivatives)


def _filled(
    derivation: Derivation, library: Library, second_derivatives: Callable[[Mathematics], list[Function]]
) -> Mapping[str, Any]:
    """The fields of the docstring and of the module."""
    module = _module(derivation, library, second_derivatives)
    return {**vars(docstring(derivation, library)), **vars(module)}


def _module(
    derivation: Derivation, library: Library, second_derivatives: Callable[[Mathematics], list[Function]]
) -> Module:
    arguments = signature(derivation, library)
    mathematics = Mathematics(derivation, library, arguments)
    ledger = _ledger(derivation, mathematics)
    with_gradient = mathematics.loss_and_gradient()
    functions = [
        mathematics.loss(),
        with_gradient,
        *second_derivatives(mathematics),
        mathematics.plain("_dropped", ledger.dropped_arguments, derivation.dropped),
    ]
    if ledger.factor_arguments:
        functions.append(mathematics.plain("_factor", ledger.factor_arguments, derivation.factor))
    in_full = mathematics.in_full()
    if in_full is not None:
        functions.append(in_full)
    guards = [
        code for one in arguments.likelihood for code in (one.broken, one.beyond, one.refuge, *one.within)
    ]
    return Module(
        class_name="".join(word.capitalize() for word in derivation.distribution.name.split("_")) + "Loss",
        arguments=arguments.telling(mathematics.told),
        ledger=ledger,
        vectors=Vectors(
            blocks=tuple(quantity.vector for quantity in derivation.learned),
            classes=any(q.domain.of_classes for q in derivation.data),
            any=any(one.vector for one in arguments.likelihood),
            sum_to_one=any(one.sums_to_one for one in arguments.likelihood),
            ascending=any(one.ascends for one in arguments.likelihood),
            bounding=any(one.at_most_length for one in arguments.likelihood),
        ),
        directions=mathematics.calculus.directions,
        sum_tolerance=SUM_TOLERANCE,
        eps_of_sum=EPS_OF_SUM,
        functions=functions,
        in_full=in_full is not None,
        third=library is NUMPY and derivation.request.third_derivatives,
        in_parts=bool(names_in(with_gradient.text) & definitions(library.name).keys()),
        words=pasted(library.name, "\n\n".join([*(function.text for function in functions), *guards])),
        imports=partial(imports, library.name, library.imports),
    )


def _ledger(derivation: Derivation, mathematics: Mathematics) -> Ledger:
    """The factor and what was dropped, with those of the data and the known parameters that they mention."""

    def mentioned(expression: Expr) -> Arguments:
        symbols = {mathematics.names[q.name]: q.plain.free_symbols for q in derivation.quantities}
        constants = (*mathematics.arguments.data, *mathematics.arguments.known)
        return Arguments(one for one in constants if expression.free_symbols & symbols[one.name])

    factor_arguments = mentioned(derivation.factor)
    return Ledger(
        factor=mathematics.code(derivation.factor),
        named=f"_factor({factor_arguments.names})" if factor_arguments else "FACTOR",
        factor_arguments=factor_arguments,
        dropped_arguments=mentioned(derivation.dropped),
    )
