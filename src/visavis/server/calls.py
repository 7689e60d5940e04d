"""What a worker has under way, and whether it takes more."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class CallsUnderWay:
    """The requests that a worker answers now, refusals included.

    Attributes:
        is_stopping: whether new requests are refused.
    """

    def __init__(self) -> None:
        self.is_stopping = False
        self._count = 0
        self._none = asyncio.Event()
        self._none.set()

    @contextmanager
    def counted(self) -> Iterator[None]:
        """One more, until the end of the block."""
        self._count += 1
        self._none.clear()
        try:
            yield
        finally:
            self._count -= 1
            if not self._count:
                self._none.set()

    async def wait_until_none(self) -> None:
        """Return once none is under way."""
        await self._none.wait()
