"""OAuth access tokens that carry their own proof, so that nothing has to be stored.

    24.<proof, 32 hex>.2592000.<expiry>.<number>-<key id in hex>

The proof is an HMAC over all the rest and over the secret that the token was asked for with. A token dies with its key,
with that secret, and with the server's own key.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from visavis.service.accounts import AccessKey

LIFETIME_S = 2_592_000

_WELL_FORMED = re.compile(r"2[45]\.([0-9a-f]{32})\.[0-9]{1,10}\.([0-9]{1,12})\.[0-9]{1,12}-([0-9A-Za-z]{1,256})", re.A)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token that looks like one; nothing is proven yet.

    Attributes:
        claims: everything but the proof.
        proof: 32 hexadecimal digits.
        expires_at: Unix seconds.
        key_id: of the key that it stands for; None where the text names none that this server could have.
    """

    claims: str
    proof: str
    expires_at: int
    key_id: str | None

    def is_genuine(self, token_key: bytes, key: AccessKey) -> bool:
        """Whether it was issued here, for one of the key's live secrets."""
        proofs = [_prove(token_key, self.claims, secret) for secret in key.secrets]
        return any(hmac.compare_digest(self.proof, proof) for proof in proofs)


def issue_token(token_key: bytes, key_id: str, secret: str, now: float) -> str:
    """A new token, valid for `LIFETIME_S` seconds from `now`."""
    claims = f"24.{LIFETIME_S}.{int(now) + LIFETIME_S}.{secrets.randbelow(10**9)}-{key_id.encode().hex()}"
    kind, rest = claims.split(".", 1)
    return f"{kind}.{_prove(token_key, claims, secret)}.{rest}"


def parse_token(text: str) -> AccessToken | None:
    """What a token says; None where the text is no token at all."""
    found = _WELL_FORMED.fullmatch(text)
    if not found:
        return None
    proof, expires_at, key_text = found.groups()
    kind, _, rest = text.split(".", 2)
    try:
        key_id = bytes.fromhex(key_text).decode()
    except ValueError:
        key_id = None
    return AccessToken(f"{kind}.{rest}", proof, int(expires_at), key_id)


def _prove(token_key: bytes, claims: str, secret: str) -> str:
    secret_hash = hashlib.sha256(secret.encode()).digest()
    return hmac.new(token_key, b"baidu access token\0" + secret_hash + claims.encode(), hashlib.sha256).hexdigest()[:32]
