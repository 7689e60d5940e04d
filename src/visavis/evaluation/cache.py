"""Templates on disk, so that a second run takes seconds and an interrupted one goes on where it stopped.

One file for each engine, pipeline version and choice of face; records are appended, each with its own checksum, and a
record that was cut short is skipped. Templates are biometric data: the folder is 0700 and every file 0600.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import zlib
from dataclasses import astuple
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from visavis.evaluation.workers import Failure, Outcome
from visavis.types import EngineIdentity, FaceChoice

FOLDER = "templates-cache"
_MARK = b"VVT\x01"
# mark, SHA-256 of the picture, kind of record, length of the payload; the payload and a CRC-32 of all of it follow.
_HEAD = struct.Struct("<4s32scI")
_CHECK = struct.Struct("<I")
_TEMPLATE, _FAILURE = b"T", b"F"
_LONGEST = 1 << 20


def picture_key(content: bytes) -> bytes:
    """SHA-256 of a picture file, 32 bytes."""
    return hashlib.sha256(content).digest()


def clear_cache(home: Path) -> int:
    """Delete all cached templates below `home`; how many files went."""
    files = sorted((home / FOLDER).glob("*.templates"))
    for file in files:
        file.unlink()
    return len(files)


class TemplateCache:
    """Outcomes by picture. A context manager; appends as results come in."""

    def __init__(self, home: Path, identity: EngineIdentity, pipeline: str, choice: FaceChoice) -> None:
        """Args: home: the product's folder; pipeline: changes whenever the same picture may give another template."""
        words = json.dumps([astuple(identity), pipeline, choice.value])
        self.path = home / FOLDER / f"{hashlib.sha256(words.encode()).hexdigest()[:32]}.templates"
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._outcomes = _read_records(self.path.read_bytes())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)

    def __len__(self) -> int:
        return len(self._outcomes)

    def get(self, key: bytes) -> Outcome | None:
        """What is known about the picture with this `picture_key`."""
        return self._outcomes.get(key)

    def put(self, key: bytes, outcome: Outcome) -> None:
        """Remember; the record is on its way to the disk when this returns."""
        self._outcomes[key] = outcome
        os.write(self._file, _record(key, outcome))


def _record(key: bytes, outcome: Outcome) -> bytes:
    if isinstance(outcome, Failure):
        kind, payload = _FAILURE, json.dumps([outcome.code, outcome.message]).encode()[:_LONGEST]
    else:
        kind, payload = _TEMPLATE, np.ascontiguousarray(outcome, "<f4").tobytes()
    record = _HEAD.pack(_MARK, key, kind, len(payload)) + payload
    return record + _CHECK.pack(zlib.crc32(record))


def _read_records(content: bytes) -> dict[bytes, Outcome]:
    outcomes: dict[bytes, Outcome] = {}
    at = content.find(_MARK)
    while at >= 0:
        end = _read_record(content, at, outcomes)
        # After a damaged record the next mark may lie inside what the record claimed to be.
        at = content.find(_MARK, end or at + 1)
    return outcomes


def _read_record(content: bytes, at: int, outcomes: dict[bytes, Outcome]) -> int | None:
    """Where the record that starts at `at` ends; None when it is damaged."""
    if at + _HEAD.size > len(content):
        return None
    key: bytes
    kind: bytes
    length: int
    _, key, kind, length = _HEAD.unpack_from(content, at)
    end = at + _HEAD.size + length
    if length > _LONGEST or end + _CHECK.size > len(content):
        return None
    if _CHECK.unpack_from(content, end)[0] != zlib.crc32(content[at:end]):
        return None
    outcomes[key] = _outcome(kind, content[at + _HEAD.size : end])
    return end + _CHECK.size


def _outcome(kind: bytes, payload: bytes) -> Outcome:
    if kind == _FAILURE:
        return Failure(*json.loads(payload))
    vector: NDArray[np.float32] = np.frombuffer(payload, "<f4").astype(np.float32)
    return vector
