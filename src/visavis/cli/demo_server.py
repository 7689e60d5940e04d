"""The second half of `visavis demo`: a server on a free loopback port, asked through every API that it speaks."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from visavis.protocols.signing import alibaba, baidu, kuaidi100, native, tencent
from visavis.protocols.signing.base import Answer, Endpoint, SignedRequest, Signer
from visavis.server.launch import launch_server
from visavis.service.accounts import KeyKind

_TIMEOUT_S = 30.0

Ask = Callable[[Signer, bytes, bytes], Answer]


def _asking(sign: Callable[[Signer, bytes, bytes], SignedRequest], read: Callable[[bytes], Answer]) -> Ask:
    return lambda signer, reference, probe: read(_send(sign(signer, reference, probe)))


def _ask_baidu(signer: Signer, reference: bytes, probe: bytes) -> Answer:
    token = baidu.read_token(_send(baidu.request_token(signer)))
    return baidu.read_answer(_send(baidu.request_match(signer, token, reference, probe)))


def _send(request: SignedRequest) -> bytes:
    return httpx.request(
        request.method,
        request.url,
        content=request.body,
        headers=list(request.headers),
        timeout=_TIMEOUT_S,
        trust_env=False,
    ).content


_APIS: tuple[tuple[KeyKind, str, Ask], ...] = (
    (KeyKind.ALIBABA, "Alibaba Cloud CompareFaces", _asking(alibaba.sign_comparison, alibaba.read_answer)),
    (KeyKind.BAIDU, "Baidu face/v3/match", _ask_baidu),
    (KeyKind.TENCENT, "Tencent Cloud CompareMaskFace", _asking(tencent.sign_comparison, tencent.read_answer)),
    (KeyKind.KUAIDI100, "Kuaidi100", _asking(kuaidi100.sign_comparison, kuaidi100.read_answer)),
    (KeyKind.NATIVE, "visavis /v1/compare", _asking(native.sign_comparison, native.read_answer)),
)


def show_server(reference: bytes, mated: bytes, stranger: bytes, console: Console) -> None:
    """Start a server with keys for every API, compare the photos through each, print one table, stop.

    Raises:
        EngineError: the server did not start.
    """
    table = Table("API", "same person", "two persons", "recommended threshold")
    with (
        tempfile.TemporaryDirectory(prefix="visavis-demo-") as folder,
        launch_server(Path(folder), workers=1) as server,
    ):
        console.print(f"\n[bold]$ visavis serve[/]\nserving on {server.url}", soft_wrap=True)
        for kind, name, ask in _APIS:
            answers = []
            for probe in (mated, stranger):
                signer = Signer(Endpoint.parse(server.url), *server.keys[kind], time.time(), secrets.token_hex(16))
                answers.append(ask(signer, reference, probe))
            table.add_row(name, *(_verdict(answer) for answer in answers), f"{answers[0].threshold:.6g}")
    console.print(table)
    console.print("the server has stopped; its keys and its store are deleted")


def _verdict(answer: Answer) -> str:
    return f"{answer.score:.6g} ({'match' if answer.is_match else 'non-match'})"
