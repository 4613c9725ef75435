"""The same work for many rows, in several processes, with a bar of its progress where a person watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

Row = TypeVar("Row")
Result = TypeVar("Result")


def shared_out(
    work: Callable[[Row], Result], rows: Sequence[Row], title: str, workers: int | None = None
) -> Iterator[Result]:
    """What `work` gives for each row, in order; a single row needs no other process.

    workers  how many processes; as many as there are cores if None
    """
    from rich.console import Console
    from rich.progress import track

    def watched(results: Iterator[Result]) -> Iterator[Result]:
        return iter(
            track(
                results,
                description=title,
                total=len(rows),
                console=Console(stderr=True),
                transient=True,
                disable=len(rows) < 2 or not sys.stderr.isatty(),
            )
        )

    if len(rows) < 2:
        yield from watched(map(work, rows))
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from watched(pool.map(work, rows))
