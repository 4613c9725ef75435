"""The libraries that modules are written for, and how each spells what guards need."""

from __future__ import annotations

from dataclasses import dataclass

from derive.printers.code import Code
from derive.printers.numpy import NumPy
from derive.printers.torch import Torch


@dataclass(frozen=True)
class Library:
    """An array library.

    name        the target, which is also the folder of the words that the library lacks
    printer     what prints mathematics in it
    infinite    where an array is infinite, as it is computed fastest
    finite      whether all of an array is finite, likewise: it may say no where squares or sums overflow
    least, most  the least and the largest entry of an array, as a number
    whole, none  whether all of an array is whole, and whether none of it is true
    quick       whether the table of arguments holds the quick tests
    axis        what it calls an axis in a reduction
    data_first  whether data come first among the arguments (else the target comes last)
    overwrites  whether the gradient is computed in its own temporaries
    imports     what code in it may need
    shapes      how arguments go together, in prose: scalars, then vectors
    """

    name: str
    printer: type[Code]
    infinite: str
    finite: str
    least: str
    most: str
    whole: str
    none: str
    quick: bool
    axis: str
    data_first: bool
    overwrites: bool
    imports: tuple[str, ...]
    shapes: tuple[str, str]

    def of(self, function: str, value: str) -> str:
        """A function of an array, entry by entry."""
        return f"{self.printer.library}.{function}({value})"

    def over_entries(self, function: str, value: str) -> str:
        """A function of the entries of each vector, which lie along the last axis."""
        return f"{self.printer.library}.{function}({value}, {self.axis}=-1)"


NUMPY = Library(
    name="numpy",
    printer=NumPy,
    infinite="np.isinf({0})",
    finite="_finite({0})",
    least="{0}.min()",
    most="{0}.max()",
    whole="np.array_equal({0}, np.floor({0}))",
    none="not np.any({0})",
    quick=True,
    axis="axis",
    data_first=True,
    overwrites=False,
    imports=(
        "import itertools",
        "import math",
        "import numpy as np",
        "import warnings",
        "from collections.abc import Callable",
        "from scipy import special",
        "from typing import NamedTuple",
    ),
    shapes=(
        "All arguments broadcast, with a warning where that makes samples that no argument has.",
        "The class axis is the last one; the other axes broadcast, with a warning where that makes samples\n"
        "that no argument has.",
    ),
)

TORCH = Library(
    name="torch",
    printer=Torch,
    infinite="(torch.abs({0}) == math.inf)",
    finite="math.isfinite(torch.sum({0}))",
    least="torch.amin({0}).item()",
    most="torch.amax({0}).item()",
    whole="torch.sum({0} - torch.floor({0})).item() == 0",
    none="not torch.any({0}).item()",
    quick=False,
    axis="dim",
    data_first=False,
    overwrites=True,
    imports=(
        "import inspect",
        "import math",
        "import torch",
        "import torch.nn.functional as F",
        "import warnings",
        "from collections.abc import Callable",
        "from typing import NamedTuple",
    ),
    shapes=(
        "All arguments broadcast, with a warning where that makes samples that no argument has.",
        "The class axis is the second one, as in torch.nn (the only one where there is one axis); the other\n"
        "axes broadcast, with a warning where that makes samples that no argument has.",
    ),
)
