"""The measured search: of equal forms, the one that loses the fewest bits on the declared domain.

`bench` measures, `places` finds where in an expression digits are lost, `search` moves there, and
`weaknesses` tells what no move cured.  What is chosen for a row of the catalogue is committed
(`choices.toml`), so that deriving never searches; for a person's own density `tuned` searches on the
fly, and only for what loses bits.
"""

from __future__ import annotations

from dataclasses import replace

from derive.choices import Committed
from derive.derivation import Derivation, derivation
from derive.request import Request
from derive.tune.bench import Bench
from derive.tune.search import Search
from derive.tune.weaknesses import weaknesses


def tuned(derived: Derivation) -> Derivation:
    """The derivation in the best forms that were found, with the weaknesses that remain.

    The same losses give the same choices, on every machine.  Losses of vectors are left as they are.
    """
    if any(quantity.vector for quantity in derived.quantities):
        return derived
    bench = Bench(derived)
    best = Search(derived, bench).best()
    return replace(best, weaknesses=weaknesses(bench, best))


def measured(request: Request) -> Committed:
    """What is to be committed for a loss of the catalogue, whatever is committed now."""
    best = tuned(derivation(request, {}))
    return Committed(best.choices, best.weaknesses)
