"""Torch, tensor operations only."""

from derive.printers.code import Code


class Torch(Code):
    """Prints Torch code."""

    language = "torch"
    library = "torch"

    def total(self, body: str) -> str:
        return f"torch.sum({body}, dim=-1)"
