"""The server's secret key: a file that only its owner can read, made once and never overwritten."""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import secrets
from pathlib import Path

from visavis.errors import SecretKeyError

SECRET_KEY_FILE = "secret.key"
SECRET_KEY_BYTES = 32
_READ_LIMIT_BYTES = 1024


def load_secret_key(path: Path) -> bytes:
    """Read the secret key, or make one where there is none yet.

    Everything that is encrypted in the store is lost without it: a backup of the store needs one of this file too.
    Several processes may call this at the same time; all get the same key.

    Args:
        path: of the file: 32 bytes in base64, mode 0600. Its folder is created where it is missing.

    Raises:
        SecretKeyError: it cannot be read or made, or is not a secret key.
    """
    content = _read(path)
    if content is None:
        _create(path)
        content = _read(path)
    if content is None:
        raise SecretKeyError(f"{path} was deleted while it was being made")
    return _decode(path, content)


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(_READ_LIMIT_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SecretKeyError(f"cannot read {path}: {error.strerror}") from error


def _decode(path: Path, content: bytes) -> bytes:
    try:
        key = base64.b64decode(content.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise SecretKeyError(f"{path} is not a secret key: it is not base64") from None
    if len(key) != SECRET_KEY_BYTES:
        raise SecretKeyError(f"{path} is not a secret key: {len(key)} bytes where {SECRET_KEY_BYTES} are needed")
    return key


def _create(path: Path) -> None:
    content = base64.b64encode(secrets.token_bytes(SECRET_KEY_BYTES)) + b"\n"
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _write_privately(temporary, content)
            # A link, where a rename would overwrite: of several processes the first wins, and the others take its key.
            with contextlib.suppress(FileExistsError):
                os.link(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        _keep_names(path.parent)
    except OSError as error:
        raise SecretKeyError(f"cannot make {path}: {error.strerror}") from error


def _write_privately(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _keep_names(folder: Path) -> None:
    """A file is safe from a loss of power only when its folder is written too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
