"""The process that loads a server: requests signed as the vendors' SDKs sign them, its own processor time measured.

    python -m visavis.bench.http_load PAIRS.json

One JSON object a line each way. `{"api", "url", "key", "secret", "seconds", "connections", "rate"}` → `{"requests",
"seconds", "cpu_s", "latency_s": [...], "errors", "first_error"}`. Without a rate each connection sends its next request
as soon as the last one is answered; with one, requests are due at even intervals, and a latency counts from when its
request was due.
"""

from __future__ import annotations

import hashlib
import http.client
import itertools
import json
import secrets
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from visavis.protocols.signing import alibaba, baidu, kuaidi100, native, tencent
from visavis.protocols.signing.base import Answer, AnswerError, Endpoint, SignedRequest, Signer

Sign = Callable[[], SignedRequest]

_READERS: dict[str, Callable[[bytes], Answer]] = {
    "alibaba": alibaba.read_answer,
    "baidu": baidu.read_answer,
    "tencent": tencent.read_answer,
    "kuaidi100": kuaidi100.read_answer,
    "native": native.read_answer,
}
_SIGNERS: dict[str, Callable[[Signer, bytes, bytes], SignedRequest]] = {
    "alibaba": alibaba.sign_comparison,
    "tencent": tencent.sign_comparison,
    "kuaidi100": kuaidi100.sign_comparison,
    "native": native.sign_comparison,
}


@dataclass(slots=True)
class _Tally:
    latency_s: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


class _Load:
    def __init__(self, command: dict[str, Any], pairs: list[tuple[bytes, bytes]]) -> None:
        self._command = command
        self._endpoint = Endpoint.parse(command["url"])
        self._read = _READERS[command["api"]]
        self._sign = self._make_signers(pairs)
        self._tally = _Tally()
        self._due = itertools.count()

    def run(self) -> dict[str, Any]:
        """Load for the commanded time."""
        started, cpu = time.perf_counter(), time.process_time()
        end = started + self._command["seconds"]
        threads = [
            threading.Thread(target=self._work, args=(number, started, end))
            for number in range(self._command["connections"])
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {
            "requests": len(self._tally.latency_s),
            "seconds": time.perf_counter() - started,
            "cpu_s": time.process_time() - cpu,
            "latency_s": self._tally.latency_s,
            "errors": len(self._tally.errors),
            "first_error": self._tally.errors[0] if self._tally.errors else None,
        }

    def _make_signers(self, pairs: list[tuple[bytes, bytes]]) -> list[Sign]:
        """One for each pair. Alibaba's nonce is good for one request; the others may be sent again and again."""
        api = self._command["api"]
        if api == "alibaba":
            bodies = [alibaba.sign_comparison(self._signer(), *of).body for of in pairs]
            digested = [(body, hashlib.sha256(body).hexdigest()) for body in bodies]
            return [lambda of=of: alibaba.sign_body_acs3(self._signer(), *of) for of in digested]  # type: ignore[misc]
        if api == "baidu":
            connection = self._connect()
            token = baidu.read_token(_send(connection, baidu.request_token(self._signer())))
            connection.close()
            made = [baidu.request_match(self._signer(), token, *of) for of in pairs]
        else:
            made = [_SIGNERS[api](self._signer(), *of) for of in pairs]
        return [lambda request=request: request for request in made]  # type: ignore[misc]

    def _signer(self) -> Signer:
        command = self._command
        return Signer(self._endpoint, command["key"], command["secret"], time.time(), secrets.token_hex(16))

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._endpoint.host, timeout=60)

    def _work(self, number: int, started: float, end: float) -> None:
        connection, rate = self._connect(), self._command["rate"]
        turns = itertools.cycle(self._sign[number % len(self._sign) :] + self._sign[: number % len(self._sign)])
        while True:
            due = time.perf_counter() if rate is None else started + next(self._due) / rate
            if due >= end:
                return
            time.sleep(max(0.0, due - time.perf_counter()))
            try:
                self._read(_send(connection, next(turns)()))
            except (AnswerError, OSError, http.client.HTTPException) as error:
                self._tally.errors.append(f"{type(error).__name__}: {error}"[:200])
                connection.close()
            self._tally.latency_s.append(time.perf_counter() - due)


def _send(connection: http.client.HTTPConnection, request: SignedRequest) -> bytes:
    parts = urlsplit(request.url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    connection.request(request.method, target, body=request.body, headers=dict(request.headers))
    return connection.getresponse().read()


def main() -> None:
    """Serve commands until standard input ends."""
    names = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    pairs = [(Path(reference).read_bytes(), Path(probe).read_bytes()) for reference, probe, _ in names["1mp"]]
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_Load(json.loads(line), pairs).run()) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
