"""Templates and qualities on disk: a second run takes seconds, an interrupted one goes on where it stopped.

One file of each kind for each engine, version and choice of face; records are appended, each with its own checksum, and
a record that was cut short is skipped. Templates are biometric data: the folder is 0700 and every file 0600.
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
_TEMPLATE, _FAILURE, _QUALITY = b"T", b"F", b"Q"
_NUMBER = struct.Struct("<d")
_SUFFIXES = (".templates", ".qualities")
_LONGEST = 1 << 20


def picture_key(content: bytes) -> bytes:
    """SHA-256 of a picture file, 32 bytes."""
    return hashlib.sha256(content).digest()


def clear_cache(home: Path) -> int:
    """Delete all cached templates and qualities below `home`; how many files went."""
    files = sorted(file for file in (home / FOLDER).glob("*") if file.suffix in _SUFFIXES)
    for file in files:
        file.unlink()
    return len(files)


class _RecordFile:
    """Records by picture key, in a file that is only ever appended to. A context manager."""

    def __init__(self, home: Path, words: list[object], suffix: str) -> None:
        name = hashlib.sha256(json.dumps(words).encode()).hexdigest()[:32]
        self.path = home / FOLDER / f"{name}{suffix}"
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self.records = _read_records(self.path.read_bytes())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)

    def __len__(self) -> int:
        return len(self.records)

    def append(self, key: bytes, kind: bytes, payload: bytes) -> None:
        """The record is on its way to the disk when this returns."""
        record = _HEAD.pack(_MARK, key, kind, len(payload)) + payload
        os.write(self._file, record + _CHECK.pack(zlib.crc32(record)))
        self.records[key] = kind, payload


class TemplateCache(_RecordFile):
    """Outcomes by picture; appends as results come in."""

    def __init__(self, home: Path, identity: EngineIdentity, pipeline: str, choice: FaceChoice) -> None:
        """Args: home: the product's folder; pipeline: changes whenever the same picture may give another template."""
        super().__init__(home, [astuple(identity), pipeline, choice.value], ".templates")

    def get(self, key: bytes) -> Outcome | None:
        """What is known about the picture with this `picture_key`."""
        found = self.records.get(key)
        return None if found is None else _outcome(*found)

    def put(self, key: bytes, outcome: Outcome) -> None:
        """Remember."""
        if isinstance(outcome, Failure):
            self.append(key, _FAILURE, json.dumps([outcome.code, outcome.message]).encode()[:_LONGEST])
        else:
            self.append(key, _TEMPLATE, np.ascontiguousarray(outcome, "<f4").tobytes())


class QualityCache(_RecordFile):
    """Qualities by picture, apart from the templates: they change with what measures faces, templates do not."""

    def __init__(self, home: Path, identity: EngineIdentity, analysis: str, choice: FaceChoice) -> None:
        """Args: home: the product's folder; analysis: changes whenever the same picture may give another quality."""
        super().__init__(home, [astuple(identity), analysis, choice.value], ".qualities")

    def get(self, key: bytes) -> float | None:
        """The quality of the picture with this `picture_key`, 0..100, as far as it is known."""
        kind, payload = self.records.get(key, (b"", b""))
        if kind != _QUALITY or len(payload) != _NUMBER.size:
            return None
        quality: float = _NUMBER.unpack(payload)[0]
        return quality

    def put(self, key: bytes, quality: float) -> None:
        """Remember."""
        self.append(key, _QUALITY, _NUMBER.pack(quality))


def _read_records(content: bytes) -> dict[bytes, tuple[bytes, bytes]]:
    records: dict[bytes, tuple[bytes, bytes]] = {}
    at = content.find(_MARK)
    while at >= 0:
        end = _read_record(content, at, records)
        # After a damaged record the next mark may lie inside what the record claimed to be.
        at = content.find(_MARK, end or at + 1)
    return records


def _read_record(content: bytes, at: int, records: dict[bytes, tuple[bytes, bytes]]) -> int | None:
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
    records[key] = kind, content[at + _HEAD.size : end]
    return end + _CHECK.size


def _outcome(kind: bytes, payload: bytes) -> Outcome:
    if kind == _FAILURE:
        return Failure(*json.loads(payload))
    vector: NDArray[np.float32] = np.frombuffer(payload, "<f4").astype(np.float32)
    return vector
