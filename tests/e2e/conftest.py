"""One server for the tests that only ask it; those that stop, change or starve theirs start one of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live_server import LiveServer, live_server
from visavis.client import Client
from visavis.service.accounts import KeyKind


@pytest.fixture(scope="package")
def server(model_home: Path) -> Iterator[LiveServer]:
    with live_server() as running:
        yield running


@pytest.fixture(scope="package")
def client(server: LiveServer) -> Iterator[Client]:
    with Client(server.url, server.keys[KeyKind.NATIVE][1]) as opened:
        yield opened
