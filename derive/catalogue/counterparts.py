"""What other libraries call these losses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Counterpart:
    """placeholder until the peers land."""

    variant: str
    statement: str


def counterparts(variant: str) -> list[Counterpart]:
    return []
