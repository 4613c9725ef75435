"""A computation that overwrites its own temporaries: fresh memory costs more than most arithmetic.

`(y - mu) * e` becomes `(y - mu).mul_(e)`: the same operations in the same order, so the same bits.
Overwritten is only what the computation made itself and nobody reads again.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence, Set

# How Torch spells each in place; of the functions, those of one argument, with a "_" at the end.
OPERATORS: dict[type, str] = {ast.Add: "add_", ast.Sub: "sub_", ast.Mult: "mul_", ast.Div: "div_"}
FUNCTIONS = frozenset(
    (
        "abs",
        "cos",
        "cosh",
        "exp",
        "lgamma",
        "log",
        "log1p",
        "sigmoid",
        "sign",
        "sin",
        "sinh",
        "sqrt",
        "square",
        "tanh",
    )
)


def overwriting(
    arguments: Sequence[str], assignments: Sequence[tuple[str, str]], results: Sequence[str]
) -> tuple[list[tuple[str, str]], list[str]]:
    """The assignments and results of a function, as code in which temporaries are overwritten.

    No result shares its memory with another one or with an argument.
    """
    steps = [_parsed(code) for _, code in assignments] + [_parsed(code) for code in results]
    # A result that is a name is read by whoever called.
    handed_out = {step.id for step in steps if isinstance(step, ast.Name)}
    tensors, own, codes = {*arguments}, set[str](), []
    for place, step in enumerate(steps):
        read = [*_names(step)]
        later = {name for other in steps[place + 1 :] for name in _names(other)}
        spent = {name for name in own - later - handed_out if read.count(name) == 1}
        if isinstance(step, ast.Name):
            codes.append(step.id if step.id in own else f"torch.clone({step.id})")
            own.discard(step.id)
        elif tensors.isdisjoint(read):
            codes.append(f"torch.full_like({arguments[0]}, {_code(step)})")
        else:
            codes.append(_code(_Overwriting(tensors, spent).visit(step)))
        if place < len(assignments):
            tensors.add(assignments[place][0])
            if not isinstance(step, ast.Name | ast.Subscript):
                own.add(assignments[place][0])
    names = [name for name, _ in assignments]
    return list(zip(names, codes, strict=False)), codes[len(names) :]


class _Overwriting(ast.NodeTransformer):
    """Writes what is computed from temporaries into them.

    tensors  the names of all tensors
    spent    the names of those that are read here for the last time, and once
    """

    def __init__(self, tensors: Set[str], spent: Set[str]) -> None:
        self.tensors = tensors
        self.spent = spent

    def temporary(self, node: ast.expr) -> bool:
        """Whether the tensor is nobody else's: views and what is read elsewhere are not."""
        if isinstance(node, ast.Name):
            return node.id in self.spent
        made = isinstance(node, ast.BinOp | ast.UnaryOp | ast.Call)
        return made and not self.tensors.isdisjoint(_names(node))

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        left, right = self.visit(node.left), self.visit(node.right)
        operator = OPERATORS.get(type(node.op))
        if operator and self.temporary(left):
            return _method(left, operator, right)
        if isinstance(node.op, ast.Add | ast.Mult) and self.temporary(right):
            return _method(right, OPERATORS[type(node.op)], left)
        if isinstance(node.op, ast.Sub) and self.temporary(right):
            return _method(_method(right, "neg_"), "add_", left)
        return ast.BinOp(left, node.op, right)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        operand = self.visit(node.operand)
        return _method(operand, "neg_") if self.temporary(operand) else ast.UnaryOp(node.op, operand)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        arguments = [self.visit(argument) for argument in node.args]
        function = ast.unparse(node.func).removeprefix("torch.")
        if function in FUNCTIONS and self.temporary(arguments[0]):
            return _method(arguments[0], f"{function}_")
        return ast.Call(node.func, arguments, node.keywords)


def _parsed(code: str) -> ast.expr:
    return ast.parse(code, mode="eval").body


def _names(node: ast.AST) -> Iterator[str]:
    """The names whose numbers the expression reads, as often as it does; a shape is none of the numbers."""
    if isinstance(node, ast.Name):
        yield node.id
    elif not (isinstance(node, ast.Attribute) and node.attr == "shape"):
        for part in ast.iter_child_nodes(node):
            yield from _names(part)


def _method(tensor: ast.expr, name: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(ast.Attribute(tensor, name), list(arguments), [])


def _code(node: ast.expr) -> str:
    """The expression as code, powers of names without spaces."""
    return re.sub(r"(\w|\)) \*\* (?=\w)", r"\1**", ast.unparse(node))
