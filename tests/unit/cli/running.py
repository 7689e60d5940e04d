"""The command line as a user runs it, in this process."""

from __future__ import annotations

import contextlib
import io
import sys
from dataclasses import dataclass
from unittest import mock

from visavis.cli import main


@dataclass(frozen=True)
class Outcome:
    """What a user sees of a command."""

    status: int
    out: str
    err: str


def run_visavis(*arguments: str) -> Outcome:
    """`visavis ARGUMENTS`."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", ["visavis", *arguments]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        else:
            status = 0
    return Outcome(status, out.getvalue(), err.getvalue())
