"""`visavis analyze DIR`: every picture of a folder, one row each, into a CSV or a Parquet file."""

from __future__ import annotations

import csv
import functools
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from rich.console import Console
from rich.progress import Progress

from visavis.api import open_engine, read_settings
from visavis.cli.analyze_record import (
    COLUMNS,
    TEXT_COLUMNS,
    WHOLE_COLUMNS,
    Row,
    analysis_row,
    failure_row,
)
from visavis.cli.dataset_run import progress_bar, require_folder
from visavis.config import Settings
from visavis.engine.pipeline import FaceEngine
from visavis.errors import AcquisitionError, FileMissingError, InputError, ParameterError
from visavis.evaluation.layouts import PICTURE_SUFFIXES
from visavis.evaluation.workers import FILE_MISSING, Failure, work_on_all
from visavis.service.ports import FaceAnalyst
from visavis.service.quality import QualityLevel
from visavis.types import FaceChoice

_ROWS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class FolderRun:
    """What to do with a folder.

    Attributes:
        folder: searched with all folders below it.
        csv: file to write; None: none.
        parquet: the same.
        level: whose flaws a row names.
        choice: which face is the subject.
        workers: processes; None: one a core.
        runtime: see `FaceEngine`.
        precision: the same.
    """

    folder: Path
    csv: Path | None
    parquet: Path | None
    level: QualityLevel
    choice: FaceChoice
    workers: int | None = None
    runtime: str | None = None
    precision: str | None = None


def analyze_folder(run: FolderRun) -> None:
    """Write a row for every picture, in the order of their paths, with a progress bar on stderr.

    Raises:
        ParameterError: no file was named, there are no pictures, or Parquet is asked for and pyarrow is missing.
        FileMissingError: a file cannot be written.
        VisavisError: an engine could not be opened, or failed for a reason other than a picture.
    """
    if run.csv is None and run.parquet is None:
        raise ParameterError("a folder is analysed into a file: name it with --csv or --parquet")
    require_folder(run.csv, run.parquet)
    paths = find_pictures(run.folder)
    failed = 0
    with ExitStack() as files:
        outputs = [files.enter_context(output) for output in _outputs(run)]
        bar = files.enter_context(progress_bar())
        for path, row in zip(paths, _rows(run, paths, bar), strict=True):
            failed += bool(row["error"])
            for output in outputs:
                output.write({"path": _written(path.relative_to(run.folder)), **row})
    Console(stderr=True).print(f"{len(paths):,} pictures, {failed:,} of them without a result", highlight=False)


def find_pictures(folder: Path) -> list[Path]:
    """The pictures of a folder and those below it, by their endings, sorted by path; hidden ones are left out.

    Raises:
        ParameterError: there are none.
    """
    found = [
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in PICTURE_SUFFIXES and not _is_hidden(path.relative_to(folder)) and path.is_file()
    ]
    if not found:
        raise ParameterError(f"no pictures in {folder}")
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def _written(path: Path) -> str:
    """Names need not be UTF-8 on every disk; tables have to."""
    return path.as_posix().encode("utf-8", "backslashreplace").decode("utf-8")


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def analyze_one(analyst: FaceAnalyst, path: Path, choice: FaceChoice, level: QualityLevel) -> Row:
    """The row of a picture file. Errors of the picture are rows; errors of the engine are raised."""
    try:
        analyzed = analyst.analyze(path.read_bytes(), choice)
    except OSError as error:
        return failure_row(Failure(FILE_MISSING, f"cannot be read: {error.strerror}"))
    except (InputError, AcquisitionError) as error:
        return failure_row(Failure(error.code, str(error)))
    return analysis_row(analyzed, level.flaws(analyzed.measures))


def _rows(run: FolderRun, paths: Sequence[Path], bar: Progress) -> Iterator[Row]:
    """In the order of the paths, whichever is ready first."""
    settings, workers = read_settings(), run.workers or len(os.sched_getaffinity(0))
    factory = functools.partial(_open_worker, settings, run.runtime, run.precision)
    # Fetches missing models before several processes want them.
    with factory() as engine:
        _ = engine.examiner.analyser
        task = functools.partial(analyze_one, choice=run.choice, level=run.level)
        done, early, following = bar.add_task("analysing", total=len(paths)), dict[int, Row](), 0
        for index, result in work_on_all(factory if workers > 1 else lambda: engine, task, paths, workers):
            bar.advance(done)
            early[index] = failure_row(result) if isinstance(result, Failure) else result
            while following in early:
                yield early.pop(following)
                following += 1


def _open_worker(settings: Settings, runtime: str | None, precision: str | None) -> FaceEngine:
    # One thread each: a process a core is faster than threads within one.
    return open_engine(settings, threads=1, runtime=runtime, precision=precision)


class _Output(Protocol):
    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def write(self, row: Row) -> None: ...


def _outputs(run: FolderRun) -> Iterator[_Output]:
    if run.csv is not None:
        yield _CsvOutput(run.csv)
    if run.parquet is not None:
        yield _ParquetOutput(run.parquet)


class _CsvOutput:
    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("w", newline="", encoding="utf-8")
        except OSError as error:
            raise FileMissingError(f"cannot write {path}: {error.strerror}") from error
        self._writer = csv.DictWriter(self._file, COLUMNS, restval="", lineterminator="\n")

    def __enter__(self) -> Self:
        self._writer.writeheader()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, row: Row) -> None:
        self._writer.writerow(
            {name: f"{value:.6g}" if isinstance(value, float) else value for name, value in row.items()}
        )


class _ParquetOutput:
    def __init__(self, path: Path) -> None:
        try:
            import pyarrow
            from pyarrow import parquet
        except ImportError as error:
            raise ParameterError("--parquet needs pyarrow: install visavis with the extra `parquet`") from error
        self._arrow, self._rows = pyarrow, list[Row]()
        self._schema: Any = pyarrow.schema([(name, self._type_of(name)) for name in COLUMNS])
        try:
            self._writer = parquet.ParquetWriter(path, self._schema)
        except OSError as error:
            raise FileMissingError(f"cannot write {path}: {error.strerror}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._flush()
        self._writer.close()

    def write(self, row: Row) -> None:
        self._rows.append(row)
        if len(self._rows) >= _ROWS_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        rows = [{name: row.get(name, "" if name in TEXT_COLUMNS else None) for name in COLUMNS} for row in self._rows]
        self._writer.write_table(self._arrow.Table.from_pylist(rows, schema=self._schema))
        self._rows.clear()

    def _type_of(self, column: str) -> Any:
        if column in TEXT_COLUMNS:
            return self._arrow.string()
        return self._arrow.int32() if column in WHOLE_COLUMNS else self._arrow.float64()
