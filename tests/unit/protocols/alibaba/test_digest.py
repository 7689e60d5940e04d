"""SM3 comes from a library, whichever has it."""

from __future__ import annotations

import hashlib
import hmac
import sys
from types import ModuleType
from typing import Any

import pytest

from tests.conformance.alibaba.client import Order
from tests.unit.protocols.alibaba.exchange import Bench
from visavis.protocols.alibaba.digest import find_digest

# GB/T 32905-2016, example 1.
SM3_OF_ABC = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
needs_sm3 = pytest.mark.skipif("sm3" not in hashlib.algorithms_available, reason="this OpenSSL has no SM3")
_real_new = hashlib.new


def _new_without_sm3(name: str, content: bytes = b"", **options: Any) -> Any:
    if name == "sm3":
        raise ValueError("unsupported hash type sm3")
    return _real_new(name, content, **options)


class _Context:
    """A stand-in for `cryptography`'s contexts, over a hash that every Python has."""

    def __init__(self, *arguments: object) -> None:
        key = next((item for item in arguments if isinstance(item, bytes)), None)
        self._hash = hashlib.sha256() if key is None else hmac.new(key, digestmod="sha256")

    def update(self, content: bytes) -> None:
        self._hash.update(content)

    def finalize(self) -> bytes:
        return self._hash.digest()


class _Unsupported(Exception):
    pass


def _install(monkeypatch: pytest.MonkeyPatch, is_supported: bool) -> None:
    hashes, macs, exceptions = (ModuleType(name) for name in ("hashes", "hmac", "exceptions"))

    def make_hash(*arguments: object) -> _Context:
        if not is_supported:
            raise _Unsupported
        return _Context(*arguments)

    vars(hashes).update(SM3=object, Hash=make_hash)
    vars(macs).update(HMAC=_Context)
    vars(exceptions).update(UnsupportedAlgorithm=_Unsupported)
    for name, module in (
        ("cryptography", ModuleType("cryptography")),
        ("cryptography.exceptions", exceptions),
        ("cryptography.hazmat", ModuleType("cryptography.hazmat")),
        ("cryptography.hazmat.primitives", ModuleType("cryptography.hazmat.primitives")),
        ("cryptography.hazmat.primitives.hashes", hashes),
        ("cryptography.hazmat.primitives.hmac", macs),
    ):
        monkeypatch.setitem(sys.modules, name, module)


@needs_sm3
def test_sm3_of_openssl() -> None:
    digest = find_digest("sm3")
    assert digest is not None
    assert digest.hash_bytes(b"abc").hex() == SM3_OF_ABC


def test_sm3_of_cryptography() -> None:
    """The real library, where it is installed, computes the same."""
    hashes = pytest.importorskip("cryptography.hazmat.primitives.hashes")
    context = hashes.Hash(hashes.SM3())
    context.update(b"abc")
    assert context.finalize().hex() == SM3_OF_ABC


def test_second_library_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashlib, "new", _new_without_sm3)
    _install(monkeypatch, is_supported=True)
    digest = find_digest("sm3")
    assert digest is not None
    assert digest.hash_bytes(b"abc") == hashlib.sha256(b"abc").digest()
    assert digest.authenticate(b"key", b"abc") == hmac.digest(b"key", b"abc", "sha256")


def _without_cryptography(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("cryptography", "cryptography.hazmat.primitives.hashes"):
        monkeypatch.setitem(sys.modules, name, None)


@needs_sm3
@pytest.mark.parametrize("is_installed", [True, False])
def test_without_any_library_the_method_is_unsupported(monkeypatch: pytest.MonkeyPatch, is_installed: bool) -> None:
    request = Order(signature="sm3", parameters={}).request()
    monkeypatch.setattr(hashlib, "new", _new_without_sm3)
    if is_installed:
        _install(monkeypatch, is_supported=False)
    else:
        _without_cryptography(monkeypatch)
    response = Bench().answer(request)
    assert (response.status, response.error_code) == (400, "InvalidSignatureMethod")


def test_unknown_hash() -> None:
    assert find_digest("sha0") is None


@needs_sm3
def test_sm3_hash_of_the_body_may_be_in_a_header_of_its_own() -> None:
    """Some kits send `x-acs-content-sm3`."""
    parameters = {"SourceImageValue": "http://example.com/a.jpg", "TargetImageValue": "http://example.com/b.jpg"}
    stated = Order(signature="sm3", parameters=parameters).request().header("x-acs-content-sha256")
    order = Order(signature="sm3", parameters=parameters)
    order.common = {"x-acs-content-sha256": None, "x-acs-content-sm3": stated}
    assert Bench().answer(order.request()).status == 200
