"""Work on pictures on several processes. A process that dies takes one picture with it at most."""

from __future__ import annotations

import functools
import multiprocessing
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from visavis.errors import AcquisitionError, EngineError, InputError, VisavisError
from visavis.service.ports import FaceAcquirer
from visavis.types import FaceChoice

EngineT = TypeVar("EngineT")
ResultT = TypeVar("ResultT")
AcquirerFactory = Callable[[], FaceAcquirer]
WORKER_LOST = "worker_lost"
FILE_MISSING = "file_missing"
_ATTEMPTS = 2
_BATCH = 8


@dataclass(frozen=True, slots=True)
class Failure:
    """A picture that gave no result.

    Attributes:
        code: stable name of the error, e.g. `no_face`; `file_missing` when it could not be read, `worker_lost` when the
            process that worked on it died twice.
        message: for people.
    """

    code: str
    message: str


Outcome = NDArray[np.float32] | Failure
"""A template (D,) float32 with unit L2 norm, or why there is none."""


def acquire_one(acquirer: FaceAcquirer, path: Path, choice: FaceChoice) -> Outcome:
    """The template of a picture file. Errors of the picture are outcomes; errors of the engine are raised."""
    try:
        content = path.read_bytes()
    except OSError as error:
        return Failure(FILE_MISSING, f"cannot be read: {error.strerror}")
    try:
        return acquirer.acquire(content, choice).template.vector
    except (InputError, AcquisitionError) as error:
        return Failure(error.code, str(error))


def acquire_all(
    factory: AcquirerFactory, paths: Sequence[Path], choice: FaceChoice, workers: int
) -> Iterator[tuple[int, Outcome]]:
    """Outcomes of `paths` as (index, outcome), in the order in which they are ready.

    Args:
        factory: opens an engine; for more than one worker it must be picklable, each process calls it once.
        paths: picture files.
        choice: which face is the subject.
        workers: processes; 1 works in this process.

    Raises:
        VisavisError: an engine could not be opened, or failed for a reason other than a picture.
    """
    return work_on_all(factory, functools.partial(acquire_one, choice=choice), paths, workers)


def work_on_all(
    factory: Callable[[], EngineT], task: Callable[[EngineT, Path], ResultT], paths: Sequence[Path], workers: int
) -> Iterator[tuple[int, ResultT | Failure]]:
    """What `task` makes of every path, as (index, result), in the order in which they are ready.

    Args:
        factory: opens what the task works with; each process calls it once.
        task: errors of a picture are results to it; what it raises ends the work.
        paths: picture files.
        workers: processes; 1 works in this process. For more than one, factory, task and results must be picklable.

    Raises:
        VisavisError: the factory or the task raised it, or a process ended while it called the factory.
    """
    if workers <= 1:
        engine = factory()
        for index, path in enumerate(paths):
            yield index, task(engine, path)
        return
    pool = _Pool(factory, task, paths)
    try:
        yield from pool.run(min(workers, len(paths)))
    finally:
        pool.stop()


@dataclass(slots=True, eq=False)
class _Worker:
    process: BaseProcess
    connection: Connection
    ready: bool = False
    assigned: deque[int] = field(default_factory=deque)


class _Pool(Generic[EngineT, ResultT]):
    """One batch at a time for each process, so that the picture on which a process died is known."""

    def __init__(
        self, factory: Callable[[], EngineT], task: Callable[[EngineT, Path], ResultT], paths: Sequence[Path]
    ) -> None:
        self._factory, self._task, self._paths = factory, task, paths
        self._context = multiprocessing.get_context("spawn")
        self._waiting = deque(range(len(paths)))
        self._attempts: Counter[int] = Counter()
        self._workers: list[_Worker] = []

    def run(self, workers: int) -> Iterator[tuple[int, ResultT | Failure]]:
        for _ in range(workers):
            self._start()
        missing = len(self._paths)
        while missing:
            by_connection = {worker.connection: worker for worker in self._workers}
            for connection in wait(list(by_connection)):
                for result in self._receive(by_connection[connection]):  # type: ignore[index]
                    missing -= 1
                    yield result

    def stop(self) -> None:
        for worker in self._workers:
            worker.process.terminate()
            worker.process.join()
            worker.connection.close()

    def _start(self) -> None:
        here, there = self._context.Pipe()
        process = self._context.Process(target=serve, args=(there, self._factory, self._task), daemon=True)
        process.start()
        there.close()
        self._workers.append(_Worker(process, here))

    def _receive(self, worker: _Worker) -> list[tuple[int, ResultT | Failure]]:
        try:
            message = worker.connection.recv()
        except (EOFError, OSError):
            return self._bury(worker)
        if isinstance(message, VisavisError):
            raise message
        results: list[tuple[int, ResultT | Failure]] = []
        if message is not None:
            results.append((worker.assigned.popleft(), message))
        worker.ready = True
        if not worker.assigned:
            self._assign(worker)
        return results

    def _assign(self, worker: _Worker) -> None:
        while self._waiting and len(worker.assigned) < _BATCH:
            worker.assigned.append(self._waiting.popleft())
        if worker.assigned:
            try:
                worker.connection.send([self._paths[index] for index in worker.assigned])
            except OSError:
                return  # It died; the next wait reports it.

    def _bury(self, worker: _Worker) -> list[tuple[int, ResultT | Failure]]:
        """Blame the picture it was working on, give the others back, and start another process."""
        worker.process.join()
        worker.connection.close()
        self._workers.remove(worker)
        if not worker.ready:
            raise EngineError(f"a worker process ended with status {worker.process.exitcode} while opening the engine")
        lost: list[tuple[int, ResultT | Failure]] = []
        if worker.assigned:
            victim = worker.assigned[0]
            self._attempts[victim] += 1
            if self._attempts[victim] >= _ATTEMPTS:
                worker.assigned.popleft()
                lost.append((victim, Failure(WORKER_LOST, f"its process ended {_ATTEMPTS} times")))
        self._waiting.extendleft(reversed(worker.assigned))
        self._start()
        return lost


def serve(connection: Connection, factory: Callable[[], Any], task: Callable[[Any, Path], Any]) -> None:
    """A worker process: open an engine, say so, then answer batches of paths until the pipe ends."""
    try:
        engine = factory()
        connection.send(None)
        while True:
            for path in connection.recv():
                connection.send(task(engine, path))
    except VisavisError as error:
        connection.send(error)
    except (EOFError, OSError):
        return  # The parent is gone.
