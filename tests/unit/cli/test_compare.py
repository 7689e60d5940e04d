"""`visavis compare`: exit statuses like those of diff, JSON, drawings, and many pairs from a CSV file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.faces import admiral, astronaut, identity_of, write_calibration
from tests.robustness.pictures.builders import encode
from tests.unit.cli.running import run_visavis
from visavis.cli.compare import read_pairs
from visavis.errors import FileMissingError, ParameterError


@pytest.fixture(autouse=True)
def folder(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """Current folder with pictures in it; settings for fp32 and the calibration of these tests, see `faces.KNOTS`."""
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "astronaut.jpg").write_bytes(encode(astronaut(), "JPEG", quality=95))
    (folder / "admiral.png").write_bytes(encode(admiral(), "PNG"))
    (folder / "grey.jpg").write_bytes(encode(np.full((300, 400, 3), 127, np.uint8), "JPEG"))
    (folder / "text.jpg").write_text("not a picture")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("VISAVIS_PRECISION", "fp32")
    monkeypatch.setenv("VISAVIS_CALIBRATION", str(write_calibration(folder / "by-hand.json")))
    if "model_home" in request.fixturenames:
        monkeypatch.setenv("VISAVIS_HOME", str(request.getfixturevalue("model_home")))
    yield folder


def test_match_is_status_0(model_home: Path) -> None:
    outcome = run_visavis("compare", "astronaut.jpg", "astronaut.jpg")
    assert (outcome.status, outcome.err) == (0, "")
    lines = [line.split(maxsplit=1) for line in outcome.out.splitlines()]
    table = {first: rest.strip() for first, rest in (line for line in lines if len(line) == 2)}
    assert table["decision"] == "match at false match rate 1e-04"
    assert table["score"] == "1.000  (threshold 0.500)"
    assert table["calibration"] == "by-hand"
    assert table["reference"].startswith("512×512 JPEG, 1 face, the subject ")
    assert table["engine"] == "sface-2021dec, openvino fp32, profile default"


def test_non_match_is_status_1(model_home: Path) -> None:
    outcome = run_visavis("compare", "astronaut.jpg", "admiral.png")
    assert (outcome.status, outcome.err) == (1, "")
    assert "non-match at false match rate 1e-04" in outcome.out


def test_requested_rate_decides(model_home: Path) -> None:
    """At 1 in 10 the threshold is 0: these two strangers match."""
    outcome = run_visavis("compare", "astronaut.jpg", "admiral.png", "--fmr", "0.1")
    assert outcome.status == 0
    assert "match at false match rate 1e-01" in outcome.out


@pytest.mark.parametrize(
    ("pictures", "message"),
    [
        (("astronaut.jpg", "grey.jpg"), "error: probe: no face was found in the picture (no_face)\n"),
        (("text.jpg", "astronaut.jpg"), "(image_format)\n"),
        (
            ("missing.jpg", "astronaut.jpg"),
            "error: cannot read missing.jpg: No such file or directory (file_missing)\n",
        ),
        ((".", "astronaut.jpg"), "error: cannot read .: Is a directory (file_missing)\n"),
    ],
    ids=["no face", "not a picture", "missing", "folder"],
)
def test_error_is_status_2(pictures: tuple[str, str], message: str, model_home: Path) -> None:
    outcome = run_visavis("compare", *pictures)
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.endswith(message)
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("astronaut.jpg", "admiral.png", "--fmr", "0"),
        ("astronaut.jpg", "admiral.png", "--fmr", "1"),
        ("astronaut.jpg", "admiral.png", "--fmr", "-0.1"),
        ("astronaut.jpg", "admiral.png", "--fmr", "nan"),
        ("astronaut.jpg",),
        (),
        ("astronaut.jpg", "--pairs", "pairs.csv"),
        ("--pairs", "pairs.csv", "--draw", "out.png"),
    ],
)
def test_arguments_that_make_no_sense_are_status_2(arguments: tuple[str, ...]) -> None:
    outcome = run_visavis("compare", *arguments)
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.endswith("(parameter)\n")


def test_rate_below_what_the_calibration_claims_is_refused(model_home: Path) -> None:
    outcome = run_visavis("compare", "astronaut.jpg", "admiral.png", "--fmr", "1e-12")
    assert (outcome.status, outcome.out) == (2, "")
    assert "1e-12 is not within 1.0e-08 and 1" in outcome.err


def test_json_document(model_home: Path) -> None:
    outcome = run_visavis("compare", "astronaut.jpg", "admiral.png", "--json")
    assert outcome.status == 1
    document = json.loads(outcome.out)
    assert list(document) == [
        "decision",
        "score",
        "threshold",
        "decision_fmr",
        "fmr",
        "reference",
        "probe",
        "engine",
        "calibration",
        "timings_s",
    ]
    assert (document["decision"], document["decision_fmr"]) == ("non-match", 1e-4)
    assert document["threshold"] == pytest.approx(0.5)
    assert document["fmr"]["value"] == pytest.approx(10 ** (-1 - 6 * document["score"]))
    assert list(document["fmr"]) == ["value", "low", "high", "extrapolated"]
    identity = identity_of()
    assert document["engine"] == {name: getattr(identity, name) for name in document["engine"]}
    assert document["calibration"] == "by-hand"
    assert document["probe"]["image"] == {"width": 512, "height": 600, "format": "PNG"}
    (face,) = document["probe"]["faces"]
    assert set(face) == {"box", "landmarks", "probability"}
    assert face["landmarks"]["nose_tip"] == pytest.approx([268, 236], abs=9)
    assert list(document["timings_s"]) == ["decode", "detect", "align", "template", "compare"]


def test_drawing_is_written(model_home: Path, folder: Path) -> None:
    outcome = run_visavis("compare", "astronaut.jpg", "admiral.png", "--draw", "out.png")
    assert outcome.status == 1
    with Image.open(folder / "out.png") as picture:
        assert picture.format == "PNG"
        assert min(picture.size) > 500


@pytest.mark.parametrize(
    ("name", "code"), [("no/such/folder/out.png", "file_missing"), ("out.xyz", "parameter")], ids=["folder", "format"]
)
def test_drawing_that_cannot_be_written_is_status_2(name: str, code: str, model_home: Path) -> None:
    outcome = run_visavis("compare", "astronaut.jpg", "admiral.png", "--draw", name)
    assert outcome.status == 2
    assert outcome.err.endswith(f"({code})\n")


PAIRS = "id,reference,probe\n1,astronaut.jpg,astronaut.jpg\n2,astronaut.jpg,admiral.png\n"


def test_pairs_of_a_csv_file(model_home: Path, folder: Path) -> None:
    """Paths are relative to the file, not to the current folder; the byte order mark of a spreadsheet is no matter."""
    (folder / "pairs.csv").write_text("\ufeff" + PAIRS, "utf-8")
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(elsewhere)
        outcome = run_visavis("compare", "--pairs", "../pairs.csv")
    assert outcome.status == 1
    same, different = csv.DictReader(io.StringIO(outcome.out))
    assert (same["reference"], same["probe"]) == ("astronaut.jpg", "astronaut.jpg")
    assert (same["decision"], different["decision"]) == ("match", "non-match")
    assert float(same["score"]) == pytest.approx(1, abs=1e-5)
    assert float(different["fmr"]) == pytest.approx(10 ** (-1 - 6 * float(different["score"])), rel=1e-3)
    assert same["error"] == different["error"] == ""


def test_all_pairs_that_match_are_status_0(model_home: Path, folder: Path) -> None:
    (folder / "pairs.csv").write_text("reference,probe\nastronaut.jpg,astronaut.jpg\n")
    assert run_visavis("compare", "--pairs", "pairs.csv").status == 0


@pytest.mark.parametrize("as_json", [False, True])
def test_bad_row_is_status_2_and_the_others_are_answered(as_json: bool, model_home: Path, folder: Path) -> None:
    rows = ["missing.jpg,admiral.png", "astronaut.jpg,grey.jpg", "text.jpg,grey.jpg", "astronaut.jpg,astronaut.jpg"]
    (folder / "pairs.csv").write_text("\n".join(["reference,probe", *rows]))
    outcome = run_visavis("compare", "--pairs", "pairs.csv", *(["--json"] if as_json else []))
    assert outcome.status == 2
    codes = ["file_missing", "no_face", "image_format"]
    if as_json:
        documents = [json.loads(line) for line in outcome.out.splitlines()]
        assert [document["error"]["code"] for document in documents[:3]] == codes
        assert [document["error"]["side"] for document in documents[:3]] == [None, "probe", "reference"]
        assert (documents[3]["probe_path"], documents[3]["decision"]) == ("astronaut.jpg", "match")
    else:
        lines = list(csv.DictReader(io.StringIO(outcome.out)))
        assert [line["error"] for line in lines] == [*codes, ""]
        assert [line["decision"] for line in lines] == ["", "", "", "match"]
    for row in rows[:3]:
        assert row.replace(",", ", ") + ": " in outcome.err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"reference,other\na,b\n", r"no column 'probe'; its columns: reference, other"),
        (b"", r"no column 'reference'; its columns: none"),
        (b"reference,probe\n", "has no pairs"),
        (b"reference,probe\na.jpg,b.jpg\nc.jpg,\n", "line 3: reference and probe must both be named"),
        (b"reference,probe\na.jpg\n", "line 2: reference and probe"),
        (b"reference,probe\n\xff\xfe,b\n", "not a CSV file in UTF-8"),
        (b'reference,probe\n"' + b"x" * 200_000 + b'",b\n', "not a CSV file"),
    ],
    ids=["column", "empty", "no rows", "hole", "short row", "not UTF-8", "endless field"],
)
def test_file_that_is_no_list_of_pairs(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_bytes(content)
    with pytest.raises(ParameterError, match=message):
        read_pairs(path)


def test_missing_list_of_pairs(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError, match="cannot read"):
        read_pairs(tmp_path / "none.csv")
    outcome = run_visavis("compare", "--pairs", "none.csv")
    assert (outcome.status, outcome.out) == (2, "")
