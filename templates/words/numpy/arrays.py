"""Every word computes in float64 and answers in the dtype of its arguments."""

import numpy as np


def _wide(*arguments):
    """The arguments as float64 arrays, and the floating dtype in which to answer."""
    kind = np.result_type(*arguments)
    kind = kind if kind.kind == "f" else np.dtype(np.float64)
    return (*(np.asarray(value, dtype=np.float64) for value in arguments), kind)
