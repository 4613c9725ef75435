"""Every word computes in float64 and answers in the dtype of its arguments."""

import math

import numpy as np


def _finite(x):
    """Whether all of an array is finite, by their sum (where that overflows, it is not said to be)."""
    return math.isfinite(np.add.reduce(x, axis=None))


def _wide(*arguments):
    """The arguments as float64 arrays, and the floating dtype in which to answer."""
    kind = np.result_type(*arguments)
    kind = kind if kind.kind == "f" else np.dtype(np.float64)
    return (*(np.asarray(value, dtype=np.float64) for value in arguments), kind)


def _split(condition, one, other, *arguments):
    """What `one` gives of the arguments where the condition holds and `other` elsewhere, each only where it is asked for."""
    if condition.all():
        return one(*arguments)
    if not condition.any():
        return other(*arguments)
    condition, *arguments = np.broadcast_arrays(condition, *arguments)
    result = np.empty(condition.shape)
    for places, function in ((np.nonzero(condition), one), (np.nonzero(~condition), other)):
        result[places] = function(*(argument[places] for argument in arguments))
    return result
