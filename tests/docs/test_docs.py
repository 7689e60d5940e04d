"""What users read is true: links lead somewhere, both languages say the same, commands and options exist."""

from __future__ import annotations

import inspect
import json
import re
import shlex
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np
import pytest
import typer
from numpy.typing import NDArray
from pydantic import BaseModel

import visavis
import visavis.client
from tests.docs import accuracy_tables
from visavis import errors, types
from visavis.cli import app
from visavis.cli.document import comparison_document, error_document
from visavis.engine.detection.base import Candidates
from visavis.engine.detection.search import find_faces
from visavis.engine.image import ImageLimits
from visavis.engine.picture import Picture
from visavis.engine.profile import find_profile
from visavis.findings import Findings
from visavis.presentation import Check, NonResponse, PadResult
from visavis.protocols.alibaba import routes as alibaba
from visavis.protocols.alibaba import translate as alibaba_subjects
from visavis.protocols.baidu import routes as baidu
from visavis.protocols.baidu import translate as baidu_subjects
from visavis.protocols.kuaidi100 import routes as kuaidi100
from visavis.protocols.kuaidi100 import translate as kuaidi100_subjects
from visavis.protocols.native import answers, schema
from visavis.protocols.native import body as native_body
from visavis.protocols.native import routes as native
from visavis.protocols.native import translate as native_subjects
from visavis.protocols.native.errors import PROBLEM_STATUS, status_of
from visavis.protocols.native.messages import MESSAGES
from visavis.protocols.tencent import routes as tencent
from visavis.protocols.tencent import translate as tencent_subjects
from visavis.server import admin_api, http, metrics, worker
from visavis.server.certificates import VENDOR_HOSTS
from visavis.service import comparison
from visavis.service.accounts import AccountState, Interface, KeyKind
from visavis.service.controls import DOCUMENTS, ControlPolicy
from visavis.service.orders import MAX_URL_LENGTH, Control, InlinePicture, Subject
from visavis.service.verdicts import LEVELS, judge, share_refused_at
from visavis.storage.account_rows import COUNT_LIMIT, RATE_LIMIT
from visavis.storage.generate import generate_pair
from visavis.types import (
    AcquiredFace,
    BoundingBox,
    Comparison,
    ComparisonDecision,
    DetectedFace,
    EngineIdentity,
    FaceImage,
    FmrEstimate,
    ImageFormat,
    Landmarks,
    Template,
    Timings,
)

_ROOT = Path(__file__).parents[2]
_PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "training/**/*.md")
    for path in _ROOT.glob(pattern)
    if not any(part.startswith(".") for part in path.relative_to(_ROOT).parts)
)
_ENGLISH_ONLY = {_ROOT / "CHANGELOG.md"}
_COMMAND_LINE = tuple(_ROOT / "docs" / name for name in ("command-line.md", "command-line.zh-CN.md"))
_PYTHON = tuple(_ROOT / "docs" / name for name in ("python.md", "python.zh-CN.md"))
_PIPELINE = tuple(_ROOT / "docs" / name for name in ("pipeline.md", "pipeline.zh-CN.md"))
_SERVER = tuple(_ROOT / "docs" / name for name in ("server.md", "server.zh-CN.md"))
_KEYS = tuple(_ROOT / "docs" / name for name in ("keys.md", "keys.zh-CN.md"))
_REST = tuple(_ROOT / "docs" / name for name in ("rest.md", "rest.zh-CN.md"))
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^(#+) (.+)$", re.M)
_OPTION = re.compile(r"`(--[a-z-]+)")
_HOST = re.compile(r"(?<![\w.@-])(?<![^/]/)(?:[a-z0-9-]+\.)+(?:org|com|net|io|cn|dev|ai)\b")
_KNOWN_HOSTS = {"keepachangelog.com", "semver.org"}
# Names that nobody can own (RFC 2606), and those that the vendors' clients connect to.
_EXAMPLE_HOSTS = re.compile(r"(?:[a-z0-9-]+\.)*example\.com|" + "|".join(map(re.escape, VENDOR_HOSTS)))
_ABSOLUTE_PATH = re.compile(r"(?<![\w./~)\]}>$-])/[a-zA-Z][\w.-]*(?:/[\w.-]+)+")
# The last are paths of our APIs, not of files.
_EXAMPLE_PATHS = ("/var/lib/visavis", "/v1/", "/admin/v1/", "/health/", "/oauth/2.0", "/rest/2.0")


def _name(path: Path) -> str:
    return path.relative_to(_ROOT).as_posix()


def _is_english(path: Path) -> bool:
    return not path.name.endswith(".zh-CN.md")


def _counterpart(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(".md") + ".zh-CN.md")


def _blocks(text: str, language: str) -> list[str]:
    return [body for kind, body in _FENCE.findall(text) if kind == language]


def _prose(text: str) -> str:
    return _FENCE.sub("", text)


def _headings(text: str) -> list[tuple[int, str]]:
    return [(len(marks), title) for marks, title in _HEADING.findall(_prose(text))]


def _anchor(title: str) -> str:
    """As code hosts make it: lower case, punctuation dropped, blanks to hyphens."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _commands(text: str) -> list[list[str]]:
    """Words of every line that a reader would type, without variables before them."""
    typed = [line[2:] for block in _blocks(text, "console") for line in block.splitlines() if line.startswith("$ ")]
    return [_without_variables(shlex.split(line, comments=True)) for line in typed]


def _without_variables(words: list[str]) -> list[str]:
    while words and re.match(r"[A-Z_]+=", words[0]):
        words = words[1:]
    return words


def _tree() -> dict[str, Any]:
    """Every command by its full name; the root is ``."""
    root: Any = typer.main.get_command(app)
    found: dict[str, Any] = {"visavis": root}

    def walk(name: str, group: Any) -> None:
        for child in group.list_commands(None):
            command = group.get_command(None, child)
            found[f"{name} {child}"] = command
            if hasattr(command, "list_commands"):
                walk(f"{name} {child}", command)

    walk("visavis", root)
    return found


_TREE = _tree()
_COMMANDS = sorted(name for name in _TREE if name != "visavis")


def _options(command: Any) -> set[str]:
    return {opt for param in command.params for opt in param.opts if opt.startswith("--")} - {"--help"}


def _sections(text: str) -> dict[str, str]:
    """What each command's heading is followed by, up to the next heading."""
    parts = re.split(r"^##+ (.+)$", text, flags=re.M)
    return {title.strip("`"): body for title, body in zip(parts[1::2], parts[2::2], strict=True)}


def _documented(section: str) -> set[str]:
    return {
        option
        for row in re.findall(r"^\| (`--[^|]*(?:\\\|[^|]*)*)\|", section, re.M)
        for option in _OPTION.findall(row)
    }


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_relative_links_lead_somewhere(page: Path) -> None:
    for target in _LINK.findall(_prose(page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        linked = (page.parent / file).resolve() if file else page
        assert linked.exists(), f"{_name(page)} links to {target}"
        if anchor:
            anchors = {_anchor(title) for _, title in _headings(linked.read_text("utf-8"))}
            assert anchor in anchors, f"{_name(page)} links to {target}; there are {sorted(anchors)}"


@pytest.mark.parametrize("page", [p for p in _PAGES if _is_english(p) and p not in _ENGLISH_ONLY], ids=_name)
def test_both_languages_have_the_same_structure(page: Path) -> None:
    other = _counterpart(page)
    assert other.is_file(), f"{_name(page)} has no Chinese counterpart"
    ours, theirs = page.read_text("utf-8"), other.read_text("utf-8")
    assert [level for level, _ in _headings(ours)] == [level for level, _ in _headings(theirs)]
    assert f"]({other.name})" in ours
    assert f"]({page.name})" in theirs


@pytest.mark.parametrize("page", [p for p in _PAGES if not _is_english(p)], ids=_name)
def test_chinese_pages_have_an_english_counterpart(page: Path) -> None:
    assert page.with_name(page.name.replace(".zh-CN", "")).is_file()


@pytest.mark.parametrize("page", [p for p in _PAGES if _is_english(p) and p not in _ENGLISH_ONLY], ids=_name)
def test_both_languages_show_the_same_commands(page: Path) -> None:
    assert _commands(page.read_text("utf-8")) == _commands(_counterpart(page).read_text("utf-8"))


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_commands_that_are_shown_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (_ROOT / "Makefile").read_text("utf-8"), re.M))
    for words in _commands(page.read_text("utf-8")):
        if words[0] == "make":
            assert {word for word in words[1:] if "=" not in word} <= targets, words
        elif words[0].endswith("visavis"):
            _assert_exists(["visavis", *words[1:]])


def _assert_exists(words: list[str]) -> None:
    depth = len(words)
    while " ".join(words[:depth]) not in _TREE:
        depth -= 1
    command, rest = _TREE[" ".join(words[:depth])], words[depth:]
    typed = {word.partition("=")[0] for word in rest if word.startswith("--")} - {"--help"}
    assert typed <= _options(command), words
    if hasattr(command, "list_commands"):
        assert all(word.startswith("--") for word in rest), f"no such command: {words}"


@pytest.mark.parametrize("page", _COMMAND_LINE, ids=_name)
@pytest.mark.parametrize("name", _COMMANDS)
def test_every_option_is_documented_and_none_besides(page: Path, name: str) -> None:
    sections = _sections(page.read_text("utf-8"))
    assert name in sections, f"{_name(page)} has no heading for `{name}`"
    assert _documented(sections[name]) == _options(_TREE[name])


@pytest.mark.parametrize("page", _COMMAND_LINE, ids=_name)
def test_no_command_is_documented_that_does_not_exist(page: Path) -> None:
    assert sorted(title for title in _sections(page.read_text("utf-8")) if title.startswith("visavis ")) == _COMMANDS


@pytest.mark.parametrize("page", _COMMAND_LINE, ids=_name)
def test_defaults_are_those_of_the_command_line(page: Path) -> None:
    sections = _sections(page.read_text("utf-8"))
    for name in _COMMANDS:
        for param in _TREE[name].params:
            stated = re.search(rf"^\| `{param.opts[0]}[ `].*\| `([^`|]+)` \|$", sections[name], re.M)
            if stated and not stated[1].startswith("VISAVIS_"):
                default = param.default.value if isinstance(param.default, types.FaceChoice) else param.default
                assert stated[1] == str(default), (name, param.opts)


@pytest.mark.parametrize("page", _COMMAND_LINE, ids=_name)
def test_json_documents_have_the_keys_that_are_shown(page: Path) -> None:
    shown, failed = (json.loads(block) for block in _blocks(page.read_text("utf-8"), "json"))
    assert _shape(shown) == _shape(json.loads(json.dumps(comparison_document(_comparison()))))
    error = error_document(errors.NoFaceError("no face was found in the picture"))
    assert failed.keys() == {"reference_path", "probe_path", "error"}
    assert failed["error"].keys() == error["error"].keys()


def _shape(document: Any) -> Any:
    """Keys in their order, lists by their first entry; numbers and texts do not matter."""
    if isinstance(document, dict):
        return {key: _shape(value) for key, value in document.items()}
    if isinstance(document, list):
        return [_shape(document[0])] if document else []
    return None


def _comparison() -> Comparison:
    face = DetectedFace(BoundingBox(1, 2, 3, 4), Landmarks((1, 1), (2, 1), (1.5, 2), (1, 3), (2, 3)), 0.9)
    template = Template(np.array([1.0], np.float32), "model")
    stages = Timings(dict.fromkeys(("decode", "detect", "align", "template", "compare"), 0.001))
    acquired = AcquiredFace(5, 6, ImageFormat.JPEG, (face,), template, stages)
    return Comparison(
        score=0.9,
        fmr=FmrEstimate(1e-8, 0.0, 2e-8, True),
        decision=ComparisonDecision.MATCH,
        threshold=0.4,
        decision_fmr=1e-4,
        reference=acquired,
        probe=acquired,
        engine=EngineIdentity("model", "00", "detector", "openvino", "fp32", "default"),
        calibration_id="calibration",
        timings=stages,
    )


def _public_types() -> Iterator[type]:
    for name, member in inspect.getmembers(types, inspect.isclass):
        if member.__module__ == types.__name__ and not name.startswith("_") and name != "NetworkRun":
            yield member


@pytest.mark.parametrize("page", _PYTHON, ids=_name)
def test_python_page_names_the_public_interface(page: Path) -> None:
    text = page.read_text("utf-8")
    for name in set(visavis.__all__) - {"__version__"}:
        assert name in text, name
    for member_name, member in inspect.getmembers(visavis.FaceEngine):
        if not member_name.startswith("_") and member.__doc__:
            is_internal = any(phrase in member.__doc__ for phrase in ("for benchmarks", "for training", "for servers"))
            assert is_internal or f"| `{member_name}" in text, member_name
    for argument in set(inspect.signature(visavis.FaceEngine).parameters):
        assert f"| `{argument}` |" in text, argument
    for member in _public_types():
        row = re.search(rf"^\| `{member.__name__}` \|(.*)$", text, re.M)
        assert row, member
        for field in getattr(member, "__dataclass_fields__", {}):
            assert f"`{field}`" in row[1], (member, field)


@pytest.mark.parametrize("page", _PYTHON, ids=_name)
def test_python_page_draws_the_whole_tree_of_errors(page: Path) -> None:
    (tree,) = (block for block in _blocks(page.read_text("utf-8"), "text") if block.startswith("VisavisError"))
    drawn = re.findall(r"\b(\w+Error)\b", tree)
    public = [
        name
        for name, member in inspect.getmembers(errors, inspect.isclass)
        if issubclass(member, errors.VisavisError) and not name.startswith("_")
    ]
    assert sorted(drawn) == sorted(public)


def _rows(text: str) -> list[list[str]]:
    """Every row of every table, its cells without blanks."""
    lines = re.findall(r"^\| (.*) \|$", text, re.M)
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)] for line in lines]


@pytest.mark.parametrize("page", _SERVER, ids=_name)
def test_server_page_lists_every_series(page: Path) -> None:
    made = re.findall(r'(Counter|Gauge|Histogram)\(\s*"(\w+)"', inspect.getsource(metrics))
    series = [(f"`{name}{'_total' if kind == 'Counter' else ''}`", kind.lower()) for kind, name in made]
    listed = [(row[0], row[1]) for row in _rows(page.read_text("utf-8")) if row[0].startswith("`visavis_")]
    assert sorted(listed) == sorted(series)


@pytest.mark.parametrize("page", _SERVER, ids=_name)
def test_server_page_states_every_deadline(page: Path) -> None:
    stated = [
        tuple(float(re.sub(r"[^\d.]", "", cell)) for cell in row[1:])
        for row in _rows(page.read_text("utf-8"))
        if len(row) == 4 and row[1].endswith(" s")
    ]
    assert stated == [
        (alibaba.ANSWER_TIMEOUT_S, alibaba_subjects.DOWNLOAD_TIMEOUT_S, alibaba.AlibabaAdapter.body_limit_bytes),
        (tencent.ANSWER_TIMEOUT_S, tencent_subjects.DOWNLOAD_TIMEOUT_S, tencent.TencentAdapter.body_limit_bytes),
        (baidu.TIMEOUT_S, baidu_subjects.URL_TIMEOUT_S, baidu.BaiduAdapter.body_limit_bytes),
        (
            kuaidi100.ANSWER_TIMEOUT_S,
            kuaidi100_subjects.DOWNLOAD_TIMEOUT_S,
            kuaidi100.Kuaidi100Adapter.body_limit_bytes,
        ),
        (native.ANSWER_TIMEOUT_S, native_subjects.DOWNLOAD_TIMEOUT_S, native_body.BODY_LIMIT_BYTES),
    ]


def test_server_page_states_times_and_sizes() -> None:
    text = " ".join(_SERVER[0].read_text("utf-8").split())
    limits = ImageLimits()
    for stated in (
        f"for at most {worker.GRACE_S} seconds",
        f"URLs of at most {MAX_URL_LENGTH:,} characters",
        f"{limits.max_pixels // 10**6} megapixels, sides of {limits.min_side} to {limits.max_side:,} px",
        f"time for a body to arrive | {native_body.BODY_TIMEOUT_S:.0f} s",
        f"not arrived after {http._READ_S:.0f} seconds",
    ):
        assert stated in text, stated


@pytest.mark.parametrize("page", _KEYS, ids=_name)
def test_keys_page_lists_kinds_interfaces_and_states(page: Path) -> None:
    listed = [row[0].strip("`") for row in _rows(page.read_text("utf-8"))]
    for names in (KeyKind, Interface, AccountState):
        assert [name for name in listed if name in set(names)] == [member.value for member in names]


@pytest.mark.parametrize("page", _KEYS, ids=_name)
def test_keys_page_states_the_forms_of_keys(page: Path) -> None:
    rows = {row[0].strip("`"): row for row in _rows(page.read_text("utf-8"))}
    for kind in KeyKind:
        pair = generate_pair(kind)
        prefix = re.match(r"`(\w+)`", rows[kind][1])
        (letters,) = re.findall(r"\d+", rows[kind][1].partition("`")[0] or rows[kind][1].rpartition("`")[2])
        (secret,) = re.findall(r"\d+", rows[kind][2])
        assert pair.key_id.startswith(prefix[1] if prefix else "")
        assert len(pair.key_id) == int(letters) + len(prefix[1] if prefix else "")
        assert len(pair.secret) == int(secret) + (len(pair.key_id) if kind is KeyKind.NATIVE else 0)


@pytest.mark.parametrize("page", _KEYS, ids=_name)
def test_keys_page_states_the_ranges_of_limits(page: Path) -> None:
    rows = {row[0].strip("`"): row[2] for row in _rows(page.read_text("utf-8")) if row[0].startswith("`--")}
    assert rows["--per-second"].endswith(f" {RATE_LIMIT:,}")
    assert COUNT_LIMIT == 10**15
    assert rows["--per-day"].endswith(" 10^15") and rows["--total"].endswith(" 10^15")


@pytest.mark.parametrize("page", _KEYS, ids=_name)
def test_keys_page_lists_the_requests_of_administrators(page: Path) -> None:
    paths = admin_api.create_admin_api(cast(Any, None)).openapi()["paths"]
    offered = {f"`{method.upper()} {path}`" for path, methods in paths.items() for method in methods}
    assert {row[0] for row in _rows(page.read_text("utf-8")) if admin_api.PREFIX in row[0]} == offered


@pytest.mark.parametrize("page", _REST, ids=_name)
def test_rest_page_lists_every_error(page: Path) -> None:
    statuses = {problem.value: status for problem, status in PROBLEM_STATUS.items()}
    for _, member in inspect.getmembers(errors, inspect.isclass):
        if issubclass(member, errors.VisavisError) and status_of(member) != 500 and _code(member) in MESSAGES:
            statuses[_code(member)] = status_of(member)
    listed = {row[1].strip("`"): int(row[0]) for row in _rows(page.read_text("utf-8")) if row[0].isdigit()}
    assert listed == statuses


def _code(error: type[errors.VisavisError]) -> str:
    return errors.VisavisError.code.fget(error.__new__(error))  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("page", _REST, ids=_name)
def test_rest_page_shows_answers_as_they_are(page: Path) -> None:
    blocks = [json.loads(block) for block in _blocks(page.read_text("utf-8"), "json")]
    kinds: list[type[BaseModel]] = [
        answers.CompareAnswer,
        answers.DetectAnswer,
        answers.AnalyzeAnswer,
        answers.LivenessAnswer,
        answers.CalibrationAnswer,
        answers.ErrorAnswer,
    ]
    for block, kind in zip(blocks, kinds, strict=True):
        assert _shape(kind.model_validate(block).model_dump(mode="json")) == _shape(block)


@pytest.mark.parametrize("page", _REST, ids=_name)
def test_rest_page_states_what_each_level_of_quality_demands(page: Path) -> None:
    rules = [level.rules[0] for level in native_subjects.QUALITY_LEVELS.values()]
    assert list(native_subjects.QUALITY_LEVELS) == ["low", "normal", "high"]
    demanded = {
        "left_eye": [f"{max(rule.max_occlusion.values())}" for rule in rules],
        "blurred": [f"{rule.max_blur}" for rule in rules],
        "too_dark": [f"{rule.illumination[0]:.0f}" for rule in rules],
        "turned": [f"{rule.max_angle:.0f}°" for rule in rules],
    }
    listed = [row for row in _rows(page.read_text("utf-8")) if len(row) == 4 and row[0].startswith("`")]
    rows = {re.findall(r"`([\w.]+)", row[0])[0]: row for row in listed}
    assert {name: rows[name][1:] for name in demanded} == demanded
    regions = re.findall(r"`(\w+)`", rows["left_eye"][0])
    assert all([region.value for region in rule.max_occlusion] == regions for rule in rules)
    assert [bool(cell) for cell in rows["incomplete"][1:]] == [rule.must_be_complete for rule in rules]


@pytest.mark.parametrize("page", _REST, ids=_name)
def test_rest_page_states_what_each_level_of_a_control_demands(page: Path) -> None:
    policy, shares = ControlPolicy(), {True: "passes", False: "is refused"}
    if not _is_english(page):
        shares = {True: "通过", False: "拒绝"}
    blurred = Findings(pad=PadResult(None, None, NonResponse.TOO_BLURRED))
    untold = judge(policy, Control.LIVENESS, Subject(InlinePicture(b"")), blurred)
    expected = {}
    for name in LEVELS[Control.LIVENESS]:
        low = policy.liveness[LEVELS[Control.LIVENESS][name]]
        high = policy.synthesis[LEVELS[Control.SYNTHESIS][name]]
        told = [f"{low:g}", _percent(low, Check.PAD), f"{high:g}", _percent(high, Check.SYNTHESIS)]
        expected[f"`{name}`"] = [*told, shares[bool(untold.levels[name].passes)]]
    rows = {row[0]: row[1:] for row in _rows(page.read_text("utf-8")) if len(row) == 6}
    assert {name: rows[name] for name in expected} == expected


def _percent(score: float, check: Check) -> str:
    return f"{100 * share_refused_at(score, check):.2g} %"


@pytest.mark.parametrize("page", _REST, ids=_name)
def test_rest_page_explains_every_condition_and_reason(page: Path) -> None:
    text = page.read_text("utf-8")
    listed = [row[0].strip("`") for row in _rows(text) if len(row) == 4]
    conditions = get_args(schema.Condition)
    assert [name for name in listed if name in conditions] == list(conditions)
    untested = [row[0].strip("`") for row in _rows(text) if len(row) == 4 and row[2] != row[3] and row[0] != row[1]]
    assert set(untested) & set(conditions) == DOCUMENTS
    for reason in NonResponse:
        assert f"`{reason}`" in text


@pytest.mark.parametrize("page", _REST, ids=_name)
def test_rest_page_names_the_whole_client(page: Path) -> None:
    text = page.read_text("utf-8")
    rows = {row[0]: row[1] for row in _rows(text)}
    for name in visavis.client.__all__:
        member = getattr(visavis.client, name)
        assert f"`{name}`" in text, name
        fields = getattr(member, "__dataclass_fields__", {})
        assert [field for field in fields if f"`{field}`" not in rows[f"`{name}`"]] == [], name
    for name, _ in inspect.getmembers(visavis.client.Client, inspect.isfunction):
        assert name.startswith("_") or f"`{name}(" in text, name
    for name in inspect.signature(visavis.client.Client).parameters:
        assert f"`{name}`" in text, name


def test_face_tokens_live_as_long_as_the_pages_say() -> None:
    assert comparison.FACE_TOKEN_LIFETIME_S == 3600
    assert "For an hour the token" in " ".join(_REST[0].read_text("utf-8").split())
    assert "an hour after its picture" in (_ROOT / "docs" / "privacy.md").read_text("utf-8")


@pytest.mark.parametrize("page", _PIPELINE, ids=_name)
def test_pipeline_page_says_which_templates_are_averaged(page: Path) -> None:
    default, accurate = (find_profile(name).mirror_min_turn for name in ("default", "accurate"))
    rows = re.findall(r"^\| [^|]+ \| [^|\d]*(\d\.\d+)[^|\d]* \| [^|\d]+ \|$", page.read_text("utf-8"), re.M)
    assert rows == [str(default)]
    assert accurate == 0


class _BlindDetector:
    """Sees no face, and keeps the canvases that it was shown."""

    detector_id = "blind"

    def __init__(self) -> None:
        self.canvases: list[NDArray[np.uint8]] = []

    def detect(self, canvases: NDArray[np.uint8]) -> list[Candidates]:
        self.canvases += list(canvases)
        return [Candidates(np.empty((0, 4)), np.empty((0, 5, 2)), np.empty(0)) for _ in canvases]


@pytest.mark.parametrize("page", _PIPELINE, ids=_name)
def test_pipeline_page_lists_the_looks_of_the_search(page: Path) -> None:
    detector = _BlindDetector()
    white = FaceImage(np.full((1000, 1000, 3), 255, np.uint8), 1000, 1000)
    assert find_faces(detector, Picture(white, ImageLimits())) == ()
    rows = re.findall(r"^\| (\d) \| (\d+)×\2 \| ([\d.]+) \|", page.read_text("utf-8"), re.M)
    assert [int(size) for _, size, _ in rows] == [len(canvas) for canvas in detector.canvases]
    for (_, _, border), canvas in zip(rows, detector.canvases, strict=True):
        shown = int((canvas[len(canvas) // 2, :, 0] > 0).sum())
        assert float(border) == pytest.approx((len(canvas) - shown) / 2 / shown, abs=0.02)


@pytest.mark.parametrize("page", _PIPELINE, ids=_name)
@pytest.mark.parametrize(("column", "profile"), [(1, "default"), (2, "accurate")])
def test_pipeline_page_lists_the_steps_of_the_refinement(page: Path, column: int, profile: str) -> None:
    rows = re.findall(r"^\| (\d) \| ([^|]*px[^|]*) \| ([^|]*) \|$", page.read_text("utf-8"), re.M)
    plan = find_profile(profile).refinement
    steps = [row for row in rows if row[column] != "–"]
    assert len(steps) == len(plan)
    for row, step in zip(steps, plan, strict=True):
        assert [int(size) for size in re.findall(r"(\d+) px", row[column])] == [view.size_px for view in step.views]
        assert re.findall(r"0\.\d+", row[column]) == ([str(step.min_turn)] if step.min_turn else [])


def test_stated_size_of_the_calibrations_is_theirs() -> None:
    folder = resources.files("visavis.engine") / "calibrations"
    files = [file for file in folder.iterdir() if not file.name.startswith("exclusions")]
    (size,) = {(counts["non_mated_comparisons"], counts["people"]) for counts in map(_counts, files)}
    comparisons, people = size
    assert f"{comparisons / 1e6:.2f} million" in (_ROOT / "README.md").read_text("utf-8")
    assert f"{comparisons / 1e4:.0f} 万" in (_ROOT / "README.zh-CN.md").read_text("utf-8")
    english, chinese = (page.read_text("utf-8") for page in _PIPELINE)
    assert f"{comparisons / 1e6:.2f} million, of {people:,} people" in english
    assert f"{people:,} 人的 {comparisons / 1e4:.0f} 万次" in chinese


@pytest.mark.parametrize("name", ["MODEL_CARD.md", "MODEL_CARD.zh-CN.md"])
def test_model_card_describes_the_centre_that_is_used(name: str) -> None:
    card = (_ROOT / "training" / "template_centre" / name).read_text("utf-8")
    file = resources.files("visavis.engine.recognition") / "centres" / "sface-2021dec.json"
    centre = json.loads(file.read_text("utf-8"))
    length = centre["length"] / centre["share"]
    for stated in (f"{centre['people']:,}", f"{centre['pictures']:,}", f"{length:.3f}", f"**{centre['share']}**"):
        assert stated in card, stated


def _counts(calibration: Traversable) -> dict[str, int]:
    counts: dict[str, int] = json.loads(calibration.read_text("utf-8"))["counts"]
    return counts


@pytest.mark.parametrize("page", accuracy_tables.pages(), ids=_name)
def test_measured_figures_are_those_of_the_files(page: Path) -> None:
    """Mended by `python -m tests.docs.accuracy_tables`."""
    text = page.read_text("utf-8")
    results = accuracy_tables.load_results()
    assert text == accuracy_tables.fill(text, results, chinese=not _is_english(page))


def test_a_table_holds_the_figures_of_its_file() -> None:
    point = {"fmr": 1e-4, "threshold": 0.41234, "fnmr": 0.02, "frr": 0.0312, "claimed_fmr": 1.17e-4}
    point |= {"frr_low": 0.021, "frr_high": 0.042}
    results = {"cfp-test": {"protocols": {"cfp-ff": {"operating_points": [point]}}}}
    page = "before\n<!-- table cfp-ff -->\nold\n<!-- end -->\nafter\n"
    assert accuracy_tables.fill(page, results, chinese=True) == (
        "before\n<!-- table cfp-ff -->\n"
        "| FMR | 阈值 | FNMR | FRR | 95 % 区间 | 校准给出的 FMR |\n| --- | --- | --- | --- | --- | --- |\n"
        "| 1e-4 | 0.4123 | 2.00 % | 3.12 % | 2.10 – 4.20 % | 1.2e-4 |\n"
        "<!-- end -->\nafter\n"
    )
    assert accuracy_tables.fill(page, {}, chinese=False) == page.replace("old\n", "")


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_nothing_names_a_host_or_a_place_on_one_machine(page: Path) -> None:
    text = page.read_text("utf-8")
    hosts = {host for host in _HOST.findall(text.lower()) if not _EXAMPLE_HOSTS.fullmatch(host)}
    assert hosts <= _KNOWN_HOSTS
    paths = {path for path in _ABSOLUTE_PATH.findall(text) if not path.startswith(_EXAMPLE_PATHS)}
    assert not paths
