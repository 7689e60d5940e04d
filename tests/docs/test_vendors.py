"""What docs/vendors says is true: tables are those of the adapters, snippets compile, what is named exists."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path

import pytest

from tests.docs import vendor_tables
from tests.docs.test_docs import _FENCE, _TREE, _blocks, _commands, _counterpart, _headings, _is_english, _prose
from tests.protocol_fakes import LinearScores
from visavis import errors
from visavis.cli.call import KEY_VARIABLE
from visavis.config import Settings
from visavis.protocols.alibaba.translate import write_thresholds
from visavis.protocols.kuaidi100 import errors as kuaidi100_errors
from visavis.protocols.scale import make_scale, read_anchors
from visavis.protocols.signing import alibaba, baidu, kuaidi100, tencent
from visavis.protocols.signing.curl import SECRET_VARIABLE
from visavis.server.certificates import VENDOR_HOSTS
from visavis.service.accounts import AccountState

_PAGES = vendor_tables.pages()
_ENGLISH = [page for page in _PAGES if _is_english(page)]
_VARIABLE = re.compile(r"\bVISAVIS_\w+")
_COMMAND = re.compile(r"`(visavis [^`]+)`|^\$ (visavis .+)$", re.M)
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
_READERS = {
    "alibaba": alibaba.read_answer,
    "baidu": baidu.read_answer,
    "kuaidi100": kuaidi100.read_answer,
    "tencent": tencent.read_answer,
}


def _name(page: Path) -> str:
    return page.name


def _vendor(page: Path) -> str:
    return page.name.partition(".")[0]


def _text(page: Path) -> str:
    return page.read_text("utf-8")


def test_every_vendor_has_its_pages_and_no_other() -> None:
    assert sorted(map(_vendor, _ENGLISH)) == sorted(vendor_tables.VENDORS)
    assert len(_PAGES) == 2 * len(_ENGLISH)


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_tables_are_those_of_the_adapters(page: Path) -> None:
    """Mended by `python -m tests.docs.vendor_tables`."""
    assert _text(page) == vendor_tables.fill(_text(page), chinese=not _is_english(page))


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_every_table_is_there_once_and_of_this_vendor(page: Path) -> None:
    wanted = {"scale", "limits", "errors", "accounts", "hosts"} | ({"tokens"} if _vendor(page) == "baidu" else set())
    wanted |= set() if _vendor(page) == "alibaba" else {"quality"}
    wanted |= {"controls"} if _vendor(page) in ("baidu", "kuaidi100") else set()
    marks = re.findall(r"<!-- table (\w+)\.(\w+) -->", _text(page))
    assert sorted(marks) == sorted((_vendor(page), name) for name in wanted)
    assert _text(page).count("<!-- end -->") == len(marks)


@pytest.mark.parametrize("page", _ENGLISH, ids=_name)
def test_both_languages_have_the_same_headings_blocks_and_tables(page: Path) -> None:
    ours, theirs = _text(page), _text(_counterpart(page))
    assert [level for level, _ in _headings(ours)] == [level for level, _ in _headings(theirs)]
    assert _FENCE.findall(ours) == _FENCE.findall(theirs)
    rows, their_rows = (re.findall(r"^(?:\||- |\d\. )", _prose(text), re.M) for text in (ours, theirs))
    assert rows == their_rows


@pytest.mark.parametrize("page", _ENGLISH, ids=_name)
def test_both_languages_name_the_same_code(page: Path) -> None:
    """In any order: sentences are built differently."""
    assert _named_code(page) == _named_code(_counterpart(page))


def _named_code(page: Path) -> set[str]:
    """Outside of the tables that are made, whose texts differ."""
    text = re.sub(r"<!-- table.*?<!-- end -->", "", _prose(_text(page)), flags=re.S)
    return set(re.findall(r"`([^`]+)`", text))


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_python_snippets_compile(page: Path) -> None:
    snippets = _blocks(_text(page), "python")
    assert snippets
    for snippet in snippets:
        compile(snippet, page.name, "exec")


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_json_parses_and_is_an_answer_that_clients_can_read(page: Path) -> None:
    documents = [json.loads(block) for block in _blocks(_text(page), "json")]
    assert documents
    answer = _READERS[_vendor(page)](json.dumps(documents[0]).encode())
    assert 0 < answer.score < 100


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_json_has_the_members_that_the_adapter_sends(page: Path) -> None:
    vendor = _vendor(page)
    sent = vendor_tables.ask_score(vendor)
    shown = json.loads(_blocks(_text(page), "json")[0])
    assert _shape(shown) == _shape(sent)


@pytest.mark.parametrize("page", [page for page in _PAGES if _vendor(page) == "baidu"], ids=_name)
def test_liveness_check_that_is_shown_has_the_members_that_the_adapter_sends(page: Path) -> None:
    shown = json.loads(_blocks(_text(page), "json")[1])
    assert _shape(shown) == _shape(vendor_tables.ask_faceverify())
    assert shown["result"]["thresholds"] == vendor_tables.ask_faceverify()["result"]["thresholds"]


def _shape(document: object) -> object:
    if isinstance(document, dict):
        return {key: _shape(value) for key, value in document.items()}
    if isinstance(document, list):
        return [_shape(entry) for entry in document]
    is_number = isinstance(document, int | float) and not isinstance(document, bool)
    return "number" if is_number else type(document).__name__


@pytest.mark.parametrize("page", [page for page in _PAGES if _vendor(page) == "alibaba"], ids=_name)
def test_thresholds_that_are_shown_are_those_of_the_scale(page: Path) -> None:
    scores = LinearScores()
    thresholds = write_thresholds(make_scale(read_anchors("visavis.protocols.alibaba"), scores), scores)
    assert json.loads(_blocks(_text(page), "json")[0])["Data"]["ConfidenceThresholds"] == thresholds


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_variables_exist(page: Path) -> None:
    known = {f"VISAVIS_{name.upper()}" for name in Settings.model_fields} | {KEY_VARIABLE, SECRET_VARIABLE}
    assert set(_VARIABLE.findall(_text(page))) <= known


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_commands_and_their_options_exist(page: Path) -> None:
    shown = [inline or typed for inline, typed in _COMMAND.findall(_text(page))]
    assert {f"visavis {name}" for name in ("keys create", "accounts create", "serve", "call", "tls init")} <= {
        _command_of(words) for words in shown
    }
    for words in shown:
        options = {opt for param in _TREE[_command_of(words)].params for opt in param.opts}
        assert set(_OPTION.findall(words)) <= options, words


def _command_of(words: str) -> str:
    parts = words.split()
    depth = next(count for count in range(len(parts), 0, -1) if " ".join(parts[:count]) in _TREE)
    found = " ".join(parts[:depth])
    assert found != "visavis", words
    return found


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_key_is_made_for_the_vendor_of_the_page(page: Path) -> None:
    made = [words for words in _commands(_text(page)) if words[1:3] == ["keys", "create"]]
    assert [words[-1] for words in made] == [_vendor(page)]


def test_every_host_of_the_certificate_belongs_to_one_vendor() -> None:
    found = [host for vendor in vendor_tables.VENDORS for host in vendor_tables.vendor_hosts(vendor)]
    assert sorted(found) == sorted(VENDOR_HOSTS)


@pytest.mark.parametrize("vendor", vendor_tables.VENDORS)
def test_every_error_of_a_call_is_in_a_table(vendor: str) -> None:
    table = vendor_tables.TABLES["errors"](vendor, False)
    for kind in vendor_tables.kinds_of_calls(vendor):
        codes = {base("…").code for base in kind.__mro__ if base in _with_plain_constructors()}
        codes.add(vendor_tables.make_error(kind).code)
        assert any(f"`{code}`" in table for code in codes), kind


def _with_plain_constructors() -> set[type[errors.VisavisError]]:
    members = [member for _, member in inspect.getmembers(errors, inspect.isclass)]
    plain = errors.VisavisError.__init__
    return {kind for kind in members if issubclass(kind, errors.VisavisError) and kind.__init__ is plain}


@pytest.mark.parametrize("vendor", vendor_tables.VENDORS)
def test_account_table_shows_every_state(vendor: str) -> None:
    table = vendor_tables.TABLES["accounts"](vendor, False)
    for state in AccountState:
        assert state == "active" or f"`{state.value}`" in table or "any state but `active`" in table


def test_errors_are_named_by_the_class_that_has_them_all() -> None:
    every = vendor_tables.kinds_below(errors.AcquisitionError)
    assert {errors.NoFaceError, errors.LivenessRefusedError} < set(every)
    assert vendor_tables.name_kinds(every) == ["acquisition"]
    assert vendor_tables.name_kinds([errors.NoFaceError, errors.FaceTooSmallError]) == ["no_face", "face_too_small"]
    assert vendor_tables.name_kinds([errors.NoFaceError]) == ["no_face"]
    urls = [errors.ImageDownloadError, errors.UrlForbiddenError]
    assert vendor_tables.name_kinds(urls) == ["image_download", "url_forbidden"]
    assert vendor_tables.name_kinds([*urls, errors.UrlError]) == ["image_download"]


def test_table_changes_with_the_adapter(monkeypatch: pytest.MonkeyPatch) -> None:
    before = vendor_tables.TABLES["errors"]("kuaidi100", False)
    row = kuaidi100_errors.Row(kuaidi100_errors.Code.NOT_FOUND, "nobody there")
    table = dict(kuaidi100_errors.TABLE) | {errors.NoFaceError: row}
    monkeypatch.setattr(kuaidi100_errors, "TABLE", table)
    after = vendor_tables.TABLES["errors"]("kuaidi100", False)
    assert "| `404` | 200 | sourceImage: nobody there | `no_face` |" in after.splitlines()
    assert after != before
