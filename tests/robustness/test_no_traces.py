"""After a thousand requests of every kind, nothing of pictures, templates and secrets is on disk or in a log."""

from __future__ import annotations

import base64
import os
import random
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import httpx
import psutil
import pytest

from tests.live_server import LiveServer, live_server
from tests.robustness.trace_workload import (
    URL_PASSWORD,
    WRONG_SECRET,
    Pictures,
    Workload,
    make_pictures,
)
from tests.robustness.traces import CONTENT_RUN, TEXT_RUN, TraceSearcher
from visavis.api import open_engine
from visavis.engine.image import ImageLimits
from visavis.engine.picture import Picture
from visavis.protocols.signing.kuaidi100 import make_sign
from visavis.service.accounts import KeyKind
from visavis.storage import SECRET_KEY_FILE
from visavis.types import FaceChoice

_COUNT, _WARM_COUNT = 1000, 200
_GROWTH = 0.15


@pytest.mark.slow
def test_nothing_is_left_of_a_thousand_requests(
    model_home: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    home, temporary, copy = (tmp_path / name for name in ("home", "temporary", "copy"))
    home.mkdir()
    temporary.mkdir()
    with live_server(folder=home, variables={"TMPDIR": str(temporary)}) as server:
        workload = Workload(server, make_pictures())
        (worker,) = _workers(server)
        with _watched_files(worker, temporary) as opened:
            workload.run(_WARM_COUNT)
            warm_bytes = worker.memory_info().rss
            workload.run(_COUNT - _WARM_COUNT)
            end_bytes = worker.memory_info().rss
        workload.close()
        kept = _kept_template(workload)
        metrics = httpx.get(f"{server.admin_url}/metrics", trust_env=False).content
        # What the database has not yet put in order, too.
        shutil.copytree(home, copy, ignore=lambda folder, names: {"models"} if Path(folder) == home else set())
        assert any(path.name.endswith("-wal") for path in copy.iterdir())
    # So it is the server's own templates that are looked for.
    assert kept in make_templates(workload.pictures).values()
    searcher = make_searcher(workload)
    searcher.add_secret("server's secret key", (home / SECRET_KEY_FILE).read_bytes().strip())
    for folder in (home, copy):
        (folder / SECRET_KEY_FILE).unlink()
    findings = searcher.search_files((home, copy, temporary))
    findings |= {"log": searcher.search(server.read_log().encode()), "metrics": searcher.search(metrics)}
    record_property("memory", (warm_bytes, end_bytes))
    assert workload.sent.total() == _COUNT
    assert findings == {"log": set(), "metrics": set()}
    assert not opened, "the server opened files for requests"
    assert abs(end_bytes - warm_bytes) < _GROWTH * warm_bytes, f"{warm_bytes:,} bytes, then {end_bytes:,}"
    # That all of this would have been found: in a page of the database, and in the name of a file.
    page = (copy / "visavis.db").read_bytes()[:4096]
    for name, planted in plants(workload):
        (temporary / "planted").write_bytes(page + planted + page)
        assert name in searcher.search_files((temporary,))[str(temporary / "planted")]
    (temporary / "planted").rename(temporary / f"spool-{WRONG_SECRET}")
    assert "wrong secret" in searcher.search_files((temporary,))[str(temporary / f"spool-{WRONG_SECRET}")]


def make_searcher(workload: Workload) -> TraceSearcher:
    """Knows all that the workload sent and got and that must not be kept."""
    searcher, pictures = TraceSearcher(), workload.pictures
    for name, content in _contents(pictures).items():
        searcher.add_content(name, content)
    for name, content in make_templates(pictures).items():
        searcher.add_content(name, content)
    for kind, (key, secret) in workload.server.keys.items():
        searcher.add_secret(f"{kind} secret", secret)
        if kind is KeyKind.KUAIDI100:
            searcher.add_secret("sign", make_sign(key, secret))
    for token in workload.access_tokens:
        searcher.add_secret("access token", token)
    searcher.add_secret("wrong secret", WRONG_SECRET)
    searcher.add_secret("password in a URL", URL_PASSWORD)
    return searcher


def _kept_template(workload: Workload) -> bytes:
    """What the store has, decrypted, behind a face token that was given."""
    with workload.server.open_store() as store:
        (account,) = store.list_accounts()
        found = store.get_face(account.account_id, workload.face_tokens[KeyKind.KUAIDI100], time.time())
    assert found is not None
    return found.vector


def make_templates(pictures: Pictures) -> dict[str, bytes]:
    """Float32 templates, made as the server makes them: of one picture and of two together."""
    limits = ImageLimits()
    with open_engine() as engine:
        found = {}
        for name in ("mated", "stranger"):
            pair = [Picture(pictures.reference, limits), Picture(getattr(pictures, name), limits)]
            for side, face in zip(("reference", name), engine.acquire_all(pair, [FaceChoice.LARGEST] * 2), strict=True):
                found[f"template of {side} beside {name}"] = face.template.vector.tobytes()
            alone = engine.acquire_all([pair[1]], [FaceChoice.LARGEST])[0]
            found[f"template of {name} alone"] = alone.template.vector.tobytes()
    return found


def plants(workload: Workload) -> list[tuple[str, bytes]]:
    """Of each kind the least that must be found."""
    pictures = workload.pictures
    contents = [*_contents(pictures).items(), *make_templates(pictures).items()]
    pieces = [(name, _run(content, CONTENT_RUN)) for name, content in contents]
    for shift in range(3):
        text = base64.b64encode(pictures.mated[shift:])
        pieces.append(("mated in base64", _run(text, TEXT_RUN)))
    pieces += [(f"{kind} secret", secret.encode()) for kind, (_, secret) in workload.server.keys.items()]
    pieces.append(("access token", workload.access_tokens[len(workload.access_tokens) // 2].encode()))
    pieces.append(("wrong secret", quote(WRONG_SECRET).encode()))
    return pieces


def _run(content: bytes, length: int) -> bytes:
    """From behind the headers, which are the same in many files."""
    start = len(content) * 2 // 3 + 1
    return content[start : start + length]


def _contents(pictures: Pictures) -> dict[str, bytes]:
    names = ("reference", "mated", "stranger", "faceless", "garbage", "padding")
    return {name: getattr(pictures, name) for name in names}


def _workers(server: LiveServer) -> list[psutil.Process]:
    children = psutil.Process(server.pid).children()
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


@contextmanager
def _watched_files(worker: psutil.Process, temporary: Path) -> Iterator[set[str]]:
    """Temporary and deleted files that the worker holds open at any of many moments: such leave nothing to search."""
    opened: set[str] = set()
    is_over = threading.Event()
    folder = Path(f"/proc/{worker.pid}/fd")

    def watch() -> None:
        while not is_over.wait(0.004):
            for name in os.listdir(folder):
                try:
                    target = os.readlink(folder / name)
                except FileNotFoundError:
                    continue
                is_metrics = target.startswith(str(temporary / "visavis-metrics-"))
                if (target.startswith(str(temporary)) and not is_metrics) or target.endswith(" (deleted)"):
                    opened.add(target)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield opened
    finally:
        is_over.set()
        thread.join()


@pytest.fixture
def searcher() -> TraceSearcher:
    made = TraceSearcher()
    made.add_content("picture", random.Random(5).randbytes(5000) + bytes(500))
    made.add_secret("secret", "a secret/with+signs=")
    return made


@pytest.mark.parametrize("start", [0, 1, 31, 32, 33, 63, 1000, 5000 - CONTENT_RUN])
def test_searcher_finds_the_shortest_run(searcher: TraceSearcher, start: int) -> None:
    content = random.Random(5).randbytes(5000)
    run = content[start : start + CONTENT_RUN]
    noise = random.Random(6).randbytes(777)
    assert searcher.search(noise + run + noise) == {"picture"}
    assert searcher.search(noise + run[:-1]) == set()


@pytest.mark.parametrize("shift", [0, 1, 2])
@pytest.mark.parametrize("start", [0, 5, 23, 24, 25, 600])
@pytest.mark.parametrize("is_escaped", [False, True])
def test_searcher_finds_base64_at_every_alignment(
    searcher: TraceSearcher, shift: int, start: int, is_escaped: bool
) -> None:
    text = base64.b64encode(random.Random(5).randbytes(5000)[300 + shift :])
    form = quote(text, safe="").encode() if is_escaped else text
    run = form[start : start + TEXT_RUN]
    assert searcher.search(b'{"x": "' + run + b'"') == {"picture in base64"}
    assert searcher.search(run[1:-1] + b"...") == set()


def test_searcher_finds_secrets_however_they_are_written(searcher: TraceSearcher) -> None:
    secret = b"a secret/with+signs="
    texts = [b"key=" + secret, quote(secret, safe="").encode()]
    texts += [base64.b64encode(b"x" * shift + secret + b"yz") for shift in range(7)]
    for text in texts:
        assert searcher.search(b"GET /?" + text) == {"secret"}
    assert searcher.search(secret[:-1]) == set()


def test_searcher_takes_padding_for_nothing(searcher: TraceSearcher) -> None:
    assert searcher.search(bytes(4096) + b"\xff" * 4096 + b"A" * 4096) == set()


def test_searcher_looks_into_files_and_at_their_names(searcher: TraceSearcher, tmp_path: Path) -> None:
    run = random.Random(5).randbytes(5000)[700:800]
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "file").write_bytes(b"..." + run)
    (tmp_path / "deep" / base64.b64encode(run).decode().replace("/", "_")[:40]).touch()
    (tmp_path / "link").symlink_to(tmp_path / "deep" / "er" / "file")
    assert searcher.search_files((tmp_path,)) == {str(tmp_path / "deep" / "er" / "file"): {"picture"}}
    (tmp_path / "a secret%2Fwith+signs=").touch()
    (tmp_path / quote("a secret/with+signs=", safe="")).touch()
    assert searcher.search_files((tmp_path,))[str(tmp_path / quote("a secret/with+signs=", safe=""))] == {"secret"}


def test_files_that_are_held_open_are_seen(tmp_path: Path) -> None:
    with _watched_files(psutil.Process(), tmp_path) as opened, (tmp_path / "spool").open("wb"):
        with tempfile.TemporaryFile(dir=tmp_path) as nameless:
            name = os.readlink(f"/proc/self/fd/{nameless.fileno()}")
            time.sleep(0.2)
        assert {str(tmp_path / "spool"), name} <= opened
