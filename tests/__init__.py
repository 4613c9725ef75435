"""Tests of the project.

The whole suite has minutes; the whole evidence has a command (`derive verify`, with `--accuracy` the
certificate).  What takes long is therefore tested on a sample of the losses, chosen by content: a loss
that changes is drawn anew.
"""

from hashlib import sha256
from pathlib import Path

from derive.catalogue import CATALOGUE, VARIANTS
from derive.request import fitting_links, request

GENERATED = Path(__file__).parents[1] / "generated" / "numpy"

# One in so many of the losses is in the sample.
ONE_IN = 8


def sampled():
    """The sample of the losses, as (name, options): those whose committed module's digest says so, or that have none."""
    return [(name, options) for name, options in VARIANTS if _is_drawn(request(name, **options).slug)]


def _is_drawn(slug, beside=""):
    module = GENERATED / f"{slug}.py"
    if not module.is_file():
        return True
    return int(sha256(module.read_bytes() + beside.encode()).hexdigest(), 16) % ONE_IN == 0


def sampled_links():
    """The sample of the densities with a link of one parameter, as (name, options)."""
    return [
        (name, {"link": {parameter: link.name}})
        for name, row in CATALOGUE.items()
        for parameter, domain in row.learnable.items()
        for link in fitting_links(domain)
        if _is_drawn(name, f"{parameter}={link.name}")
    ]
