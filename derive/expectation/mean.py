"""A mean with the estimate of its error, and what all ways to take one keep to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

DIGITS = 20

# Mass is left out where it falls below exp(-40), about 1e-18.
LAST = -40

# Mass so close to an end of its interval that more binary digits tell it from the end is left out, and
# counts as error.
MOST_BITS = 12_000


@dataclass(frozen=True)
class Mean:
    """A mean, and by how much it may be off."""

    value: Any
    error: Any
