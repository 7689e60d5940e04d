"""The older signature, HmacSHA1 or HmacSHA256 over decoded parameters: pure functions."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping

from visavis.protocols.tencent.errors import named_fault

_DIGESTS = {"HmacSHA1": "sha1", "HmacSHA256": "sha256"}


def digest_name(parameters: Mapping[str, str]) -> str:
    """Which hash SignatureMethod asks for; SHA-1 where there is none.

    Raises:
        Fault: another one.
    """
    try:
        return _DIGESTS[parameters.get("SignatureMethod", "HmacSHA1")]
    except KeyError:
        raise named_fault("InvalidParameterValue", "SignatureMethod") from None


def strings_to_sign(method: str, host: str, parameters: Mapping[str, str]) -> tuple[str, ...]:
    """What the signature may be over: names as they are, and, where that differs, with dots for underscores."""
    plain = {name: value for name, value in parameters.items() if name != "Signature"}
    dotted = {name.replace("_", "."): value for name, value in plain.items()}
    return tuple(
        f"{method}{host}/?" + "&".join(f"{name}={value}" for name, value in sorted(chosen.items()))
        for chosen in ((plain,) if dotted.keys() == plain.keys() else (plain, dotted))
    )


def sign(secret: str, digest: str, text: str) -> str:
    """The signature that the owner of the secret makes; base64."""
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), digest)).decode()
