"""The folder of models: what is there, is it what it should be, and who may use it."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import platformdirs

from visavis.engine.models.catalogue import CATALOGUE, ModelSpec, RecognitionManifest
from visavis.engine.models.own import prepare_own, read_record, write_record
from visavis.errors import (
    LicenceNotAcceptedError,
    ModelIntegrityError,
    ModelNotFoundError,
    ModelStoreError,
    ParameterError,
)

TEMPORARY_PREFIX = ".tmp-"
"""Of everything in the folder that is not finished yet. Whoever holds the lock may delete what another left behind."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_LICENCES = ".licences.json"


class ModelStore:
    """Models in `home`/models, readable by any number of processes while one of them writes.

    Files appear there by renaming only, so what has a model's name is complete; a model is hashed each time it is
    loaded all the same.

    Args:
        home: the folder of visavis; by default the user's cache folder for it. It is created when first written to.
        catalogue: models that can be pulled.
    """

    def __init__(self, home: Path | None = None, *, catalogue: Sequence[ModelSpec] = CATALOGUE) -> None:
        self._home = home or Path(platformdirs.user_cache_dir("visavis"))
        self._catalogue = {spec.name: spec for spec in catalogue}

    @property
    def folder(self) -> Path:
        """Where the model files lie."""
        return self._home / "models"

    def specs(self) -> tuple[ModelSpec, ...]:
        """The catalogue, then the user's own models by name.

        Raises:
            ModelFormatError: the record of a user's model is damaged.
        """
        return tuple(self.spec(name) for name in self._names())

    def spec(self, name: str) -> ModelSpec:
        """One model of the catalogue or of the user's own.

        Raises:
            ModelNotFoundError: there is none of that name; the message lists those that exist.
            ModelFormatError: its record is damaged.
        """
        if name in self._catalogue:
            return self._catalogue[name]
        try:
            content = self._record(name).read_bytes() if self._may_be_own(name) else None
        except FileNotFoundError:
            content = None
        except OSError as error:
            raise ModelStoreError(f"cannot read {self._record(name)}: {error.strerror}") from error
        if content is None:
            raise ModelNotFoundError(f"no model is called {name!r}; there are: {', '.join(self._names())}")
        return read_record(name, content)

    def path(self, name: str) -> Path:
        """Where the model's file lies, or would lie.

        Raises:
            ModelNotFoundError: there is no model of that name.
        """
        return self.folder / self.spec(name).file_name

    def is_present(self, name: str) -> bool:
        """Whether a file of the right name and size is there; its hash is checked by `load` and `verify`.

        Raises:
            ModelNotFoundError: there is no model of that name.
        """
        spec = self.spec(name)
        path = self.folder / spec.file_name
        return path.is_file() and path.stat().st_size == spec.size_bytes

    def load(self, name: str) -> bytes:
        """The model's file. It is read once, and those very bytes are hashed.

        Raises:
            ModelNotFoundError: there is no model of that name, or it has not been pulled.
            ModelIntegrityError: its SHA-256 is not the expected one.
            LicenceNotAcceptedError: it is for research only, and the user has not accepted that.
        """
        spec = self.spec(name)
        if not self.is_accepted(name):
            raise LicenceNotAcceptedError(
                f"{name} may be used for research only ({spec.licence}); to accept that: "
                f"`visavis models pull {name} --accept-licence {name}`"
            )
        return self._read(spec)

    def verify(self, name: str) -> None:
        """Check the SHA-256 of the model's file.

        Raises:
            ModelNotFoundError: there is no model of that name, or it has not been pulled.
            ModelIntegrityError: its SHA-256 is not the expected one.
        """
        self._read(self.spec(name))

    def is_accepted(self, name: str) -> bool:
        """Whether the model may be used: it is not for research only, or the user has accepted that it is.

        Raises:
            ModelNotFoundError: there is no model of that name.
        """
        spec = self.spec(name)
        return not spec.research_only or self._acceptances().get(name, {}).get("licence") == spec.licence

    def accept(self, name: str) -> None:
        """Record that the user accepts the licence of a research-only model. Call it with the folder locked.

        Raises:
            ModelNotFoundError: there is no model of that name.
        """
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        acceptances = self._acceptances() | {name: {"licence": self.spec(name).licence, "accepted": now}}
        self.write(_LICENCES, json.dumps(acceptances, indent=2).encode())

    def add(self, onnx_path: Path, manifest: Path | RecognitionManifest, name: str) -> ModelSpec:
        """Take in a user's own recogniser.

        Args:
            onnx_path: an ONNX file with its weights inside.
            manifest: how to feed it: a JSON or TOML file, or its content.
            name: lower-case letters, digits, `-` and `_`; not one that exists.

        Raises:
            ParameterError: the name cannot be used.
            FileMissingError: a file cannot be read.
            ModelFormatError: the model or the manifest cannot be used, or they contradict one another.
            ModelStoreError: the folder cannot be written.
        """
        if not self._may_be_own(name):
            raise ParameterError(
                f"a model cannot be called {name!r}: use 1 to 64 of a-z, 0-9, - and _, and no name of the catalogue"
            )
        spec, converted = prepare_own(onnx_path, manifest, name)
        with self.locked():
            if self._record(name).exists():
                raise ParameterError(f"there is a model {name!r} already; `visavis models remove {name}` removes it")
            self.write(spec.file_name, converted)
            self.write(self._record(name).name, write_record(spec))
        return spec

    def remove(self, name: str) -> bool:
        """Delete the model's files, those of other versions of visavis included.

        Returns:
            False when there was nothing to delete.

        Raises:
            ModelNotFoundError: there is no model of that name.
            ModelStoreError: a file cannot be deleted.
        """
        if not self._files(name):
            # Says that the name is unknown, if it is; a damaged record has a file and so gets past.
            self.spec(name)
            return False
        with self.locked():
            for path in self._files(name):
                path.unlink(missing_ok=True)
        return True

    def is_intact(self, name: str) -> bool:
        """Whether the file is there, can be read, and has the expected SHA-256."""
        try:
            self.verify(name)
        except (ModelNotFoundError, ModelIntegrityError, ModelStoreError):
            return False
        return True

    @contextlib.contextmanager
    def locked(self, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Write access: one process at a time, what died half-way cleaned up.

        Args:
            on_wait: called once if another process has to finish first.

        Raises:
            ModelStoreError: the folder cannot be written.
        """
        # Comparing pictures needs no lock, so it need not pay for the import.
        from filelock import FileLock, Timeout

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / ".lock")
            try:
                lock.acquire(timeout=0)
            except Timeout:
                on_wait()
                lock.acquire()
            try:
                self._delete_unfinished()
                yield
            finally:
                lock.release()
        except OSError as error:
            raise ModelStoreError(
                f"cannot write to {self.folder} ({error.strerror or error}); "
                "set VISAVIS_HOME to a folder that you can write to"
            ) from error

    def write(self, file_name: str, content: bytes) -> None:
        """Write a file of the folder so that it is there complete or not at all. Call it with the folder locked."""
        path = self.folder / file_name
        unfinished = path.with_name(f"{TEMPORARY_PREFIX}{file_name}")
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
        _sync_folder(self.folder)

    def _read(self, spec: ModelSpec) -> bytes:
        path = self.folder / spec.file_name
        try:
            content = path.read_bytes()
        except FileNotFoundError as error:
            raise ModelNotFoundError(f"the model {spec.name} is not here: {_remedy(spec)}") from error
        except OSError as error:
            raise ModelStoreError(f"cannot read {path}: {error.strerror}") from error
        actual = hashlib.sha256(content).hexdigest()
        if actual != spec.sha256:
            raise ModelIntegrityError(
                f"{path} is damaged or was changed: its SHA-256 is {actual}, expected {spec.sha256}; {_remedy(spec)}"
            )
        return content

    def _names(self) -> list[str]:
        own = sorted(path.stem for path in self.folder.glob("*.json") if self._may_be_own(path.stem))
        return [*self._catalogue, *own]

    def _may_be_own(self, name: str) -> bool:
        return bool(_NAME.fullmatch(name)) and name not in self._catalogue

    def _record(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _files(self, name: str) -> list[Path]:
        if name not in self._catalogue and not self._may_be_own(name):
            return []
        # The record goes first: without it a file that is left over belongs to nobody.
        return sorted(self.folder.glob(f"{name}.*"), key=lambda path: path.suffix != ".json")

    def _acceptances(self) -> dict[str, dict[str, str]]:
        try:
            content = json.loads((self.folder / _LICENCES).read_bytes())
        except (OSError, ValueError):
            content = None
        # What cannot be read is no consent.
        entries = content.items() if isinstance(content, dict) else ()
        return {name: entry for name, entry in entries if isinstance(entry, dict)}

    def _delete_unfinished(self) -> None:
        for path in self.folder.glob(f"{TEMPORARY_PREFIX}*"):
            if path.is_dir():
                # The pip of a dead pull may still be writing there; then the next one deletes the rest.
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remedy(spec: ModelSpec) -> str:
    if spec.source is None:
        return f"run `visavis models remove {spec.name}`, then `visavis models add` again"
    consent = f" --accept-licence {spec.name}" if spec.research_only else ""
    return f"run `visavis models pull {spec.name}{consent}`"
