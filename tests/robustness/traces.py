"""Looks for pieces of what must not be kept in whatever was written."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

CONTENT_RUN = 64
TEXT_RUN = 48
_MIN_KINDS = 12
"""Fewer different bytes than this in a block, and it is padding, as every file has it."""


@dataclass
class _Runs:
    """Contents of which no run of `length` bytes may occur anywhere.

    Any such run holds one of the contents' blocks of half that length that begin at a multiple of it.
    """

    length: int
    names: list[str] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    blocks: dict[bytes, list[tuple[int, int]]] = field(default_factory=dict)

    def add(self, name: str, content: bytes) -> None:
        half = self.length // 2
        for start in range(0, len(content) - half + 1, half):
            block = content[start : start + half]
            if len(set(block)) >= _MIN_KINDS:
                self.blocks.setdefault(block, []).append((len(self.contents), start))
        self.names.append(name)
        self.contents.append(content)

    def find(self, text: bytes) -> Iterator[str]:
        half, blocks = self.length // 2, self.blocks
        for start in range(len(text) - half + 1):
            for index, offset in blocks.get(text[start : start + half], ()):
                if _common_run(text, start, self.contents[index], offset, half) >= self.length:
                    yield self.names[index]


class TraceSearcher:
    """Knows what must not be found."""

    def __init__(self) -> None:
        self._contents = _Runs(CONTENT_RUN)
        self._texts = _Runs(TEXT_RUN)
        self._secrets: list[tuple[str, bytes]] = []

    def add_content(self, name: str, content: bytes) -> None:
        """Bytes, and base64 of them that begins at any of them, plain or percent-encoded."""
        self._contents.add(name, content)
        for shift in range(3):
            text = base64.b64encode(content[shift:])
            for form in {text, quote(text, safe="").encode()}:
                self._texts.add(f"{name} in base64", form)

    def add_secret(self, name: str, secret: str | bytes) -> None:
        """Something short, of which the whole must not be found, nor its percent-encoded form or base64."""
        plain = secret.encode() if isinstance(secret, str) else secret
        assert len(plain) >= 8, "it would be found by chance"
        for form in {plain, quote(plain, safe="").encode(), *_base64_cores(plain)}:
            self._secrets.append((name, form))

    def search(self, text: bytes) -> set[str]:
        """Names of what is found."""
        found = {name for name, secret in self._secrets if secret in text}
        return found | set(self._contents.find(text)) | set(self._texts.find(text))

    def search_files(self, folders: Iterable[Path]) -> dict[str, set[str]]:
        """Path → what is found in that file or in its name; only where there is something. Links are not followed."""
        findings = {}
        for folder in folders:
            for parent, _, names in os.walk(folder):
                for path in (Path(parent, name) for name in names):
                    if path.is_file() and not path.is_symlink():
                        found = self.search(path.read_bytes()) | self.search(os.fsencode(path.name))
                        if found:
                            findings[str(path)] = found
        return findings


def _base64_cores(plain: bytes) -> Iterator[bytes]:
    """Of base64 at each alignment, the characters that do not depend on what stands around."""
    for shift in range(3):
        text = base64.b64encode(bytes(shift) + plain)
        yield text[(0, 2, 3)[shift] : len(text) - (0, 3, 2)[(shift + len(plain)) % 3]]


def _common_run(text: bytes, start: int, content: bytes, offset: int, length: int) -> int:
    """How long the run is that two texts have in common around a block that they have in common."""
    before = 0
    while before < min(start, offset) and text[start - before - 1] == content[offset - before - 1]:
        before += 1
    end, content_end = start + length, offset + length
    after = 0
    room = min(len(text) - end, len(content) - content_end)
    while after < room and text[end + after] == content[content_end + after]:
        after += 1
    return before + length + after
