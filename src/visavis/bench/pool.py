"""Processes of one contestant, seen from the process that measures."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from visavis.errors import BenchError

_WORKER = Path(__file__).with_name("worker.py")
_OWN_VARIABLES_OF_PYTHON = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV")


@dataclass(frozen=True, slots=True)
class Contestant:
    """Something that compares two photos.

    Attributes:
        name: as the report calls it.
        python: the interpreter that runs it.
        script: defines `open_contestant`; see `worker`.
        options: handed to `open_contestant`.
        scores: True when its scores mean something: then mated pairs must outscore non-mated ones.
    """

    name: str
    python: Path
    script: Path
    options: Mapping[str, str] = field(default_factory=dict)
    scores: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker said; the fields that its command does not fill stay empty.

    Attributes:
        facts: versions and settings by name.
        pairs: completed comparisons.
        seconds: how long they took.
        stages: seconds by stage, all pairs together.
        mated: scores of mated pairs, higher = more alike.
        non_mated: scores of non-mated pairs.
        rss_mb: the most memory that the process ever held, 10^6 bytes.
    """

    facts: dict[str, str] = field(default_factory=dict)
    pairs: int = 0
    seconds: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)
    mated: list[float] = field(default_factory=list)
    non_mated: list[float] = field(default_factory=list)
    rss_mb: float = 0.0


class _Process:
    """One worker: lines in, lines out."""

    def __init__(self, contestant: Contestant, manifest: Path) -> None:
        self._name = contestant.name
        self._errors = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115 (`close` closes it)
        command = [str(contestant.python), "-P", str(_WORKER), str(contestant.script), str(manifest)]
        # A session of its own: Ctrl-C reaches the measuring process alone, which then ends the workers itself.
        try:
            self._popen = subprocess.Popen(
                [*command, json.dumps(dict(contestant.options))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                text=True,
                bufsize=1,
                env=_environment(contestant.python),
                start_new_session=True,
            )
        except OSError as error:
            self._errors.close()
            raise BenchError(f"{contestant.name} cannot be started: {error}") from error
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def send(self, line: str) -> None:
        assert self._popen.stdin is not None
        try:
            self._popen.stdin.write(line + "\n")
        except BrokenPipeError as error:
            raise self._death() from error

    def receive(self, timeout_s: float) -> Answer:
        try:
            line = self._lines.get(timeout=timeout_s)
        except queue.Empty:
            raise BenchError(f"{self._name} gave no answer within {timeout_s:.0f} s") from None
        if line is None:
            raise self._death()
        return _parse_answer(self._name, line)

    def close(self) -> None:
        """End the process and whatever it started; a worker has nothing to save."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()
        self._reader.join()
        for stream in (self._popen.stdin, self._popen.stdout, self._errors):
            assert stream is not None
            with contextlib.suppress(BrokenPipeError):
                stream.close()

    def _read(self) -> None:
        assert self._popen.stdout is not None
        for line in self._popen.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _death(self) -> BenchError:
        status = self._popen.wait()
        self._errors.seek(0)
        said = " | ".join(line.strip() for line in self._errors.read().splitlines()[-3:])
        return BenchError(f"a process of {self._name} ended (status {status}): {said or 'it said nothing'}")


class Pool:
    """All processes of one contestant, ready for work. A context manager: they end with it, whatever happens.

    Raises:
        BenchError: on entry or later, when a process dies, or does not answer.
    """

    START_TIMEOUT_S = 300.0
    ANSWER_TIMEOUT_S = 600.0

    def __init__(self, contestant: Contestant, manifest: Path, processes: int) -> None:
        self.contestant = contestant
        self._manifest = manifest
        self._count = processes
        self._processes: list[_Process] = []

    def __enter__(self) -> Self:
        try:
            for _ in range(self._count):
                self._processes.append(_Process(self.contestant, self._manifest))
            for process in self._processes:
                process.receive(self.START_TIMEOUT_S)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ask(self, command: str, processes: int) -> list[Answer]:
        """Send one line to the first `processes` processes at once; their answers in order."""
        for process in self._processes[:processes]:
            process.send(command)
        return [process.receive(self.ANSWER_TIMEOUT_S) for process in self._processes[:processes]]

    def close(self) -> None:
        """End the processes; may be called again."""
        while self._processes:
            self._processes.pop().close()


def _environment(python: Path) -> dict[str, str]:
    """Ours, but a foreign interpreter must not see what was meant for our own."""
    if python == Path(sys.executable):
        return dict(os.environ)
    return {name: value for name, value in os.environ.items() if name not in _OWN_VARIABLES_OF_PYTHON}


def _parse_answer(name: str, line: str) -> Answer:
    try:
        fields: dict[str, Any] = json.loads(line)
        return Answer(**fields)
    except (json.JSONDecodeError, TypeError) as error:
        raise BenchError(f"{name} gave an answer that cannot be read: {line.strip()[:80]}") from error
