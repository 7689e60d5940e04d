"""What all parts of the store share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from visavis.storage.database import Database


@dataclass(frozen=True, slots=True)
class StoreContext:
    """With what a store works.

    Attributes:
        database: where its rows are.
        secret_key: from which its encryption keys are derived.
        clock: Unix seconds.
    """

    database: Database
    secret_key: bytes = field(repr=False)
    clock: Callable[[], float]


class StorePart:
    """One port's part of `SqlStore`, which inherits them all."""

    def __init__(self, context: StoreContext) -> None:
        self._database = context.database
        self._clock = context.clock
