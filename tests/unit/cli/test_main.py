"""What all commands share: help, version, errors, and what a crash reveals."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.running import run_visavis
from visavis import __version__
from visavis.cli import print_error
from visavis.errors import ImageTooLargeError, NoFaceError

_CRASH = """
import sys
import visavis.cli.compare as command
from visavis.cli import main

def crash(path):
    passphrase = "open " + "sesame"
    raise RuntimeError("crashed on purpose")

command.read_picture = crash
sys.argv = ["visavis", "compare", "a.jpg", "b.jpg"]
main()
"""

_QUICK_START = """
import sys
import visavis.cli.compare
print(sorted({"matplotlib", "scipy", "onnx", "openvino", "skimage"} & set(sys.modules)))
"""


def test_version() -> None:
    outcome = run_visavis("--version")
    assert (outcome.status, outcome.out) == (0, f"visavis {__version__}\n")


def test_help_lists_every_command() -> None:
    outcome = run_visavis("--help")
    assert outcome.status == 0
    for name in ("compare", "detect", "evaluate", "calibrate", "bench", "models", "demo"):
        assert name in outcome.out
        assert run_visavis(name, "--help").status == 0


@pytest.mark.parametrize(
    "arguments",
    [("no-such-command",), ("compare", "--no-such-option"), ("compare", "--fmr", "abc", "a", "b"), ("detect",)],
)
def test_wrong_use_is_status_2(arguments: tuple[str, ...]) -> None:
    outcome = run_visavis(*arguments)
    assert (outcome.status, outcome.out) == (2, "")
    assert "Error" in outcome.err


def test_no_command_shows_the_help() -> None:
    outcome = run_visavis()
    assert "compare" in outcome.out + outcome.err


def test_error_is_one_line_with_its_side_and_code(capsys: pytest.CaptureFixture[str]) -> None:
    error = NoFaceError("no face was found in the [bold]picture[/]")
    error.side = "probe"
    print_error(error, "[a].jpg: ")
    out, err = capsys.readouterr()
    assert (out, err) == ("", "error: [a].jpg: probe: no face was found in the [bold]picture[/] (no_face)\n")


def test_long_error_stays_on_its_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    print_error(ImageTooLargeError("pixel count", 61_000_000, 60_000_000))
    assert capsys.readouterr().err == (
        "error: the picture's pixel count is 61,000,000; at most 60,000,000 (image_too_large)\n"
    )


@pytest.mark.parametrize(("name", "text"), [("THREADS", "many"), ("AUTO_PULL", "perhaps"), ("PRECISION", "int8")])
def test_setting_that_is_not_valid_is_named(
    name: str, text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(f"VISAVIS_{name}", text)
    picture = tmp_path / "a.jpg"
    picture.write_bytes(b"not looked at")
    outcome = run_visavis("detect", str(picture))
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.startswith(f"error: VISAVIS_{name}: ")
    assert outcome.err.endswith(" (settings)\n")


def test_models_that_may_not_be_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VISAVIS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("VISAVIS_AUTO_PULL", "false")
    picture = tmp_path / "a.jpg"
    picture.write_bytes(b"not looked at")
    outcome = run_visavis("compare", str(picture), str(picture))
    assert outcome.status == 2
    assert "visavis models pull yunet-2023mar sface-2021dec" in outcome.err
    assert outcome.err.endswith("(model_not_found)\n")


def test_interrupted_command_does_not_look_like_a_non_match(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(path: Path) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr("visavis.cli.compare.read_picture", interrupt)
    assert run_visavis("compare", "a.jpg", "b.jpg").status == 130


def test_crash_shows_no_values_of_variables() -> None:
    environment = os.environ | {"COLUMNS": "200"}
    crashed = subprocess.run([sys.executable, "-c", _CRASH], capture_output=True, text=True, env=environment)
    assert "crashed on purpose" in crashed.stderr
    assert "open sesame" not in crashed.stderr + crashed.stdout
    assert "b.jpg" not in crashed.stderr + crashed.stdout


def test_compare_starts_without_what_it_does_not_need() -> None:
    answer = subprocess.run([sys.executable, "-c", _QUICK_START], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
