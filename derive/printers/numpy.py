"""NumPy, with SciPy's special functions."""

from derive.printers.code import Code


class NumPy(Code):
    """Prints NumPy code."""

    language = "numpy"
    library = "np"

    def total(self, body: str) -> str:
        return f"np.sum({body}, axis=-1)"
