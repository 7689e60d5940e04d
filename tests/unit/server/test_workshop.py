"""The queue before the engine: bounded, fair, and in time."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence

import pytest

from tests.protocol_fakes import FACE
from visavis.errors import DeadlineExceededError, EngineError, NoFaceError, QueueFullError
from visavis.server.workshop import EngineWorkshop
from visavis.service.comparison import PictureJob
from visavis.service.orders import PictureRules
from visavis.types import AcquiredFace, FaceChoice, Template, Timings

RULES = PictureRules(1000)
LATER = 1e12


def job(name: str) -> PictureJob:
    return PictureJob(name.encode(), RULES, FaceChoice.LARGEST, None)


class SlowEngine:
    """Works on one job at a time, when it is let; remembers the order."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.done: list[str] = []
        self.threads: set[str] = set()

    def acquire(self, jobs: Sequence[PictureJob]) -> list[AcquiredFace]:
        assert self.gate.wait(10)
        self.threads.add(threading.current_thread().name)
        self.done += [job.content.decode() for job in jobs]
        if jobs[0].content == b"faceless":
            raise NoFaceError("no face")
        if jobs[0].content == b"broken":
            raise EngineError("out of memory")
        return [AcquiredFace(1, 1, None, (FACE,), Template(None, "m"), Timings()) for _ in jobs]  # type: ignore[arg-type]

    def detect(self, one: PictureJob) -> AcquiredFace:
        return self.acquire([one])[0]


def test_accounts_take_turns_and_the_engine_has_one_thread() -> None:
    async def run() -> list[str]:
        engine = SlowEngine()
        workshop = EngineWorkshop(engine.acquire, engine.detect, places=20)
        calls = [asyncio.ensure_future(workshop.acquire("greedy", [job(f"g{n}")], LATER)) for n in range(4)]
        calls += [asyncio.ensure_future(workshop.acquire("modest", [job(f"m{n}")], LATER)) for n in range(2)]
        await asyncio.sleep(0)
        engine.gate.set()
        await asyncio.gather(*calls)
        workshop.close()
        assert len(engine.threads) == 1
        return engine.done

    assert asyncio.run(run()) == ["g0", "g1", "m0", "g2", "m1", "g3"]


def test_full_queue_refuses_and_leaves_room_for_others() -> None:
    async def run() -> None:
        engine = SlowEngine()
        workshop = EngineWorkshop(engine.acquire, engine.detect, places=4)
        calls = [asyncio.ensure_future(workshop.acquire("greedy", [job(str(n))], LATER)) for n in range(3)]
        await asyncio.sleep(0)
        assert workshop.waiting == 2
        with pytest.raises(QueueFullError):
            await workshop.acquire("greedy", [job("too many")], LATER)
        calls += [asyncio.ensure_future(workshop.acquire("modest", [job("m")], LATER)) for _ in range(1)]
        await asyncio.sleep(0)
        assert workshop.waiting == 3
        engine.gate.set()
        await asyncio.gather(*calls)
        workshop.close()

    asyncio.run(run())


def test_call_whose_time_is_over_is_not_worked_on() -> None:
    async def run() -> list[str]:
        engine = SlowEngine()
        workshop = EngineWorkshop(engine.acquire, engine.detect, places=4)
        first = asyncio.ensure_future(workshop.acquire("a", [job("first")], LATER))
        late = asyncio.ensure_future(workshop.acquire("a", [job("late")], time.monotonic() + 0.01))
        await asyncio.sleep(0.05)
        engine.gate.set()
        await first
        with pytest.raises(DeadlineExceededError):
            await late
        workshop.close()
        return engine.done

    assert asyncio.run(run()) == ["first"]


def test_call_that_was_given_up_is_skipped_and_errors_come_back() -> None:
    async def run() -> list[str]:
        engine = SlowEngine()
        workshop = EngineWorkshop(engine.acquire, engine.detect, places=4)
        first = asyncio.ensure_future(workshop.acquire("a", [job("first")], LATER))
        gone = asyncio.ensure_future(workshop.acquire("a", [job("gone")], LATER))
        faceless = asyncio.ensure_future(workshop.detect("a", job("faceless"), LATER))
        await asyncio.sleep(0)
        gone.cancel()
        engine.gate.set()
        await first
        with pytest.raises(NoFaceError):
            await faceless
        workshop.close()
        return engine.done

    assert asyncio.run(run()) == ["first", "faceless"]


def test_failure_of_the_engine_is_logged_and_no_reason_to_stop(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        engine = SlowEngine()
        engine.gate.set()
        workshop = EngineWorkshop(engine.acquire, engine.detect, places=4)
        with pytest.raises(EngineError):
            await workshop.acquire("a", [job("broken")], LATER)
        with pytest.raises(NoFaceError):
            await workshop.acquire("a", [job("faceless")], LATER)
        await workshop.acquire("a", [job("good")], LATER)
        workshop.close()

    asyncio.run(run())
    assert [record.getMessage() for record in caplog.records] == ["the engine failed: out of memory"]
