"""What parent and workers tell each other: single messages through a pipe of each worker's own.

A pipe needs no lock that a worker could take to its grave, and its end tells each side that the other is gone.
"""

from __future__ import annotations

import asyncio
import enum
import time
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess


class Order(enum.Enum):
    """What the parent tells a worker."""

    STOP = b"stop"
    """Refuse what comes from now on, and say when nothing is under way any more."""
    END = b"end"
    """No worker has anything under way: end."""


class Notice(enum.Enum):
    """What a worker tells the parent."""

    READY = b"ready"
    IDLE = b"idle"
    FAILED = b"failed"
    """It cannot serve; why follows, after a space."""


class WorkerLink:
    """The worker's end.

    Attributes:
        stop_ordered: set once the parent has said so, or is gone.
        end_ordered: likewise.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.stop_ordered = asyncio.Event()
        self.end_ordered = asyncio.Event()

    def start(self) -> None:
        """Listen to the parent, in the event loop that runs."""
        asyncio.get_running_loop().add_reader(self._connection.fileno(), self._hear)

    def close(self) -> None:
        """Listen no more."""
        asyncio.get_running_loop().remove_reader(self._connection.fileno())
        self._connection.close()

    def tell(self, notice: Notice, reason: str = "") -> None:
        """Tell the parent, if it is still there."""
        try:
            self._connection.send_bytes(f"{notice.value.decode()} {reason}".encode())
        except OSError:
            self._lose()

    def _hear(self) -> None:
        try:
            order = Order(self._connection.recv_bytes())
        except (EOFError, OSError):
            self._lose()
            return
        self.stop_ordered.set()
        if order is Order.END:
            self.end_ordered.set()

    def _lose(self) -> None:
        """Without a parent there is nobody to say that other workers are done."""
        asyncio.get_running_loop().remove_reader(self._connection.fileno())
        self.stop_ordered.set()
        self.end_ordered.set()


class WorkerHandle:
    """The parent's end, and the process behind it.

    Attributes:
        process: the worker.
        connection: to it; readable when it has said something, or is gone.
        started_at: `time.monotonic()` seconds.
        is_lost: whether its end of the pipe is closed.
        is_ready: whether it serves.
        is_idle: whether it has said that nothing is under way any more.
        failure: why it cannot serve; None: it has not said so.
    """

    def __init__(self, process: BaseProcess, connection: Connection) -> None:
        self.process = process
        self.connection = connection
        self.started_at = time.monotonic()
        self.is_lost = False
        self.is_ready = False
        self.is_idle = False
        self.failure: str | None = None

    def hear(self) -> None:
        """Take in what it has said; does not wait."""
        try:
            while self.connection.poll():
                self._take(self.connection.recv_bytes())
        except (EOFError, OSError):
            self._lose()

    def order(self, order: Order) -> None:
        """Tell the worker, if it is still there."""
        try:
            self.connection.send_bytes(order.value)
        except OSError:
            self._lose()

    def _lose(self) -> None:
        self.is_lost, self.is_ready = True, False

    def _take(self, message: bytes) -> None:
        word, _, reason = message.partition(b" ")
        match Notice(word):
            case Notice.READY:
                self.is_ready = True
            case Notice.IDLE:
                self.is_idle = True
            case Notice.FAILED:
                self.failure = reason.decode()
