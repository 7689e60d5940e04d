"""A server with a certificate of `visavis tls init`, reached by https under a vendor's own name."""

from __future__ import annotations

import io
import os
import ssl
import time
from pathlib import Path

import httpx
import pytest
from PIL import Image
from typer.testing import CliRunner

from tests.faces import Pixels, astronaut
from tests.live_server import live_server
from visavis.cli import tls
from visavis.protocols.signing import alibaba
from visavis.protocols.signing.base import Endpoint, Signer
from visavis.service.accounts import KeyKind

VENDOR = "cloudauth.aliyuncs.com"


def encode(pixels: Pixels) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


def test_client_of_a_vendor_reaches_the_server_under_the_vendors_name(model_home: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(tls.app, ["init", "--output", str(tmp_path)])
    assert result.exit_code == 0, result.output
    trusting = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    with live_server(tls_cert=str(tmp_path / "server.pem"), tls_key=str(tmp_path / "server.key")) as server:
        assert server.url.startswith("https://127.0.0.1:")
        # The request is signed for the vendor's name; only the connection goes elsewhere, as a hosts file makes it.
        key, secret = server.keys[KeyKind.ALIBABA]
        signer = Signer(Endpoint("https", VENDOR), key, secret, time.time(), os.urandom(16).hex())
        request = alibaba.sign_comparison(signer, encode(astronaut()), encode(astronaut()[:, 20:]))
        with httpx.Client(verify=trusting, trust_env=False, timeout=30) as client:
            response = client.request(
                request.method,
                server.url + "/",
                content=request.body,
                headers=list(request.headers),
                extensions={"sni_hostname": VENDOR},
            )
            assert response.request.headers["host"] == VENDOR
            assert alibaba.read_answer(response.content).is_match
        # A client of its own for each: the connection that is open already would be used again.
        with (
            httpx.Client(verify=trusting, trust_env=False) as elsewhere,
            pytest.raises(httpx.ConnectError, match="Hostname mismatch"),
        ):
            elsewhere.get(server.url, extensions={"sni_hostname": "ecs.aliyuncs.com"})
        with httpx.Client(trust_env=False) as stranger, pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY"):
            stranger.get(server.url, extensions={"sni_hostname": VENDOR})
