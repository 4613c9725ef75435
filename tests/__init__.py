"""Tests of the project.

The whole suite has minutes; the whole evidence has a command (`derive verify`, with `--accuracy` the
certificate).  What takes long is therefore tested on a sample of the losses, chosen by content: a loss
that changes is drawn anew.
"""

from hashlib import sha256
from pathlib import Path

from derive.catalogue import VARIANTS
from derive.request import request

GENERATED = Path(__file__).parents[1] / "generated" / "numpy"

# One in so many of the losses is in the sample.
ONE_IN = 8


def sampled():
    """The sample of the losses, as (name, options): those whose committed module's digest says so, or that have none."""
    return [(name, options) for name, options in VARIANTS if _is_drawn(request(name, **options).slug)]


def _is_drawn(slug):
    module = GENERATED / f"{slug}.py"
    return not module.is_file() or int(sha256(module.read_bytes()).hexdigest(), 16) % ONE_IN == 0
