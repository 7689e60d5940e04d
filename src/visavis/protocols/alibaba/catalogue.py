"""Rows of the vendor's table of gateway errors that this server never answers with, and why not."""

from __future__ import annotations

from collections.abc import Mapping

from visavis.protocols.alibaba.errors import Fault

_NO_TEMPORARY_KEYS = "there are no temporary credentials here: whatever token comes is not found"
_BY_ACCOUNT = "rates are counted by account: Throttling.User"

UNSENT: Mapping[Fault, str] = {
    Fault(400, "InvalidParameter", "Specified parameter <Name> is not valid."): "the code names it too: Invalid<Name>",
    Fault(404, "InvalidProduct.NotFound", "Cannot find product according to your specified domain."): (
        "one product is served, under any host"
    ),
    Fault(404, "InvalidProtocol.NeedSsl", "Your request is denied as lack of ssl protect."): (
        "HTTP is accepted wherever the server listens for it"
    ),
    Fault(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired."): _NO_TEMPORARY_KEYS,
    Fault(400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed."): _NO_TEMPORARY_KEYS,
    Fault(400, "Throttling.Api", "Request was denied due to api flow control."): _BY_ACCOUNT,
    Fault(400, "Throttling", "Request was denied due to request throttling."): _BY_ACCOUNT,
}
"""Row → reason."""
