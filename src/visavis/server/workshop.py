"""The engine behind a bounded queue: one thread works, so that the event loop never waits, and nobody waits in vain."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from visavis.errors import DeadlineExceededError, EngineError, QueueFullError
from visavis.server.metrics import Metrics
from visavis.service.comparison import PictureJob
from visavis.types import AcquiredFace

_log = logging.getLogger("visavis.server")


@dataclass(eq=False, slots=True)
class _Task:
    work: Callable[[], list[AcquiredFace]]
    deadline: float
    done: asyncio.Future[list[AcquiredFace]]


class FairQueue:
    """Waiting tasks by account, taken in turn from each: an account that sends many cannot push the others back.

    Args:
        places: tasks that may wait, of all accounts together.
    """

    def __init__(self, places: int) -> None:
        self._places = places
        self._waiting: OrderedDict[str, deque[_Task]] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, account_id: str, task: _Task) -> None:
        """Wait at the end of the account's line.

        Raises:
            QueueFullError: no place is left, or the account holds more than its share of a queue that is half full.
        """
        line = self._waiting.get(account_id)
        share = max(1, self._places // (len(self._waiting) + (line is None) + 1))
        is_over_share = line is not None and len(line) >= share and self._count >= self._places // 2
        if self._count >= self._places or is_over_share:
            raise QueueFullError("too many calls are waiting")
        self._waiting.setdefault(account_id, deque()).append(task)
        self._count += 1

    def take(self) -> _Task | None:
        """The next task: of the account whose turn it is, its oldest."""
        if not self._waiting:
            return None
        account_id, line = self._waiting.popitem(last=False)
        task = line.popleft()
        if line:
            self._waiting[account_id] = line
        self._count -= 1
        return task


class EngineWorkshop:
    """See `service.comparison.Workshop`.

    Args:
        acquire: finds the subjects of several pictures and makes their templates.
        detect: the same of one picture, searched for small faces too.
        places: tasks that may wait.
        metrics: counts stages and the queue; None: nothing is counted.
    """

    def __init__(
        self,
        acquire: Callable[[Sequence[PictureJob]], list[AcquiredFace]],
        detect: Callable[[PictureJob], AcquiredFace],
        places: int,
        metrics: Metrics | None = None,
    ) -> None:
        self._acquire = acquire
        self._detect = detect
        self._queue = FairQueue(places)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="engine")
        self._is_busy = False
        self._metrics = metrics

    @property
    def waiting(self) -> int:
        """Tasks in the queue now."""
        return len(self._queue)

    async def acquire(self, account_id: str, jobs: Sequence[PictureJob], deadline: float) -> list[AcquiredFace]:
        """See `Workshop.acquire`."""
        return await self._run(account_id, lambda: self._acquire(jobs), deadline)

    async def detect(self, account_id: str, job: PictureJob, deadline: float) -> AcquiredFace:
        """See `Workshop.detect`."""
        (found,) = await self._run(account_id, lambda: [self._detect(job)], deadline)
        return found

    def close(self) -> None:
        """Finish what runs; start nothing more."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    async def _run(
        self, account_id: str, work: Callable[[], list[AcquiredFace]], deadline: float
    ) -> list[AcquiredFace]:
        task = _Task(work, deadline, asyncio.get_running_loop().create_future())
        self._queue.put(account_id, task)
        self._start_next()
        found = await task.done
        if self._metrics:
            for one in found:
                for stage, seconds in one.timings.stages.items():
                    self._metrics.count_stage(stage, seconds)
        return found

    def _start_next(self) -> None:
        if self._metrics:
            self._metrics.show_waiting(len(self._queue))
        while not self._is_busy:
            task = self._queue.take()
            if task is None:
                return
            if task.done.cancelled():
                continue
            if time.monotonic() >= task.deadline:
                task.done.set_exception(DeadlineExceededError("the call waited too long"))
                continue
            self._is_busy = True
            loop = asyncio.get_running_loop()
            running = loop.run_in_executor(self._thread, task.work)
            running.add_done_callback(lambda outcome, task=task: self._finish(task, outcome))  # type: ignore[misc]

    def _finish(self, task: _Task, outcome: asyncio.Future[list[AcquiredFace]]) -> None:
        self._is_busy = False
        error = outcome.exception()
        if isinstance(error, EngineError):
            _log.error("the engine failed: %s", error)
        if not task.done.done():
            if error is not None:
                task.done.set_exception(error)
            else:
                task.done.set_result(outcome.result())
        self._start_next()
