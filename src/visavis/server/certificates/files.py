"""Where certificates and keys are, and how they get there."""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from visavis.errors import FileMissingError, ParameterError

_READ_LIMIT_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """Where the files are.

    Attributes:
        folder: that they are all in.
    """

    folder: Path

    @property
    def authority(self) -> Path:
        """Certificate of the authority, for clients; nothing secret."""
        return self.folder / "ca.pem"

    @property
    def authority_key(self) -> Path:
        """Its private key: who has it can pass for any server to those clients."""
        return self.folder / "ca.key"

    @property
    def server(self) -> Path:
        """Certificate chain of the server, its own certificate first."""
        return self.folder / "server.pem"

    @property
    def server_key(self) -> Path:
        """Its private key."""
        return self.folder / "server.key"


def read_file(path: Path) -> bytes:
    """The content of a small file.

    Raises:
        FileMissingError: it cannot be read.
        ParameterError: it is too large to be a certificate or a key.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_READ_LIMIT_BYTES + 1)
    except OSError as error:
        raise FileMissingError(f"cannot read {path}: {error.strerror}") from error
    if len(content) > _READ_LIMIT_BYTES:
        raise ParameterError(f"{path} has more than {_READ_LIMIT_BYTES:,} bytes")
    return content


def write_files(contents: dict[Path, bytes], *, overwrite: bool) -> None:
    """Write all files beside their places first: what can fail fails before any of them is in its place.

    Args:
        contents: by path, all in one folder, which is made where it is missing. A `.key` gets mode 0600.
        overwrite: whether what is there may be replaced.

    Raises:
        ParameterError: one cannot be written, or is there already.
    """
    temporary = {path: path.with_name(f".{path.name}.{secrets.token_hex(8)}") for path in contents}
    folder = next(iter(contents)).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in contents.items():
            _write_file(temporary[path], content, 0o600 if path.suffix == ".key" else 0o644)
        if overwrite:
            for path in contents:
                temporary[path].replace(path)
        else:
            _link(temporary)
    except OSError as error:
        raise ParameterError(f"cannot write to {folder}: {error.strerror}") from error
    finally:
        for path in temporary.values():
            with contextlib.suppress(OSError):
                path.unlink()


def _link(temporary: dict[Path, Path]) -> None:
    """All into their places or none; links, where a rename would overwrite what another process has made meanwhile."""
    linked: list[Path] = []
    try:
        for path, source in temporary.items():
            os.link(source, path)
            linked.append(path)
    except OSError:
        for path in linked:
            path.unlink()
        raise


def _write_file(path: Path, content: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
