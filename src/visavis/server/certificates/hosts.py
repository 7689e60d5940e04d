"""The names that a certificate is good for."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address

from cryptography import x509

from visavis.errors import ParameterError

MAX_HOSTS = 100
VENDOR_HOSTS = (
    "cloudauth.aliyuncs.com",
    "cloudauth.cn-beijing.aliyuncs.com",
    "cloudauth.cn-hangzhou.aliyuncs.com",
    "cloudauth.cn-shanghai.aliyuncs.com",
    "iai.tencentcloudapi.com",
    "iai.ap-guangzhou.tencentcloudapi.com",
    "iai.ap-beijing.tencentcloudapi.com",
    "iai.ap-shanghai.tencentcloudapi.com",
    "aip.baidubce.com",
    "cloud.kuaidi100.com",
)
"""Where the vendors' official clients connect to unless they are told otherwise."""
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


def host_names(hosts: Iterable[str]) -> tuple[x509.GeneralName, ...]:
    """Each once, in their order.

    Raises:
        ParameterError: one is none, or there are too many.
    """
    names = dict.fromkeys(_host_name(host) for host in hosts)
    if len(names) > MAX_HOSTS:
        raise ParameterError(f"a certificate is made for at most {MAX_HOSTS} hosts, not for {len(names)}")
    return tuple(names)


def _host_name(host: str) -> x509.GeneralName:
    """A name, a name with `*` as its first label, or an address."""
    with contextlib.suppress(ValueError):
        address = ip_address(host)
        if "%" not in host:
            return x509.IPAddress(address)
    name = host.lower()
    labels = name.removeprefix("*.").split(".")
    is_wildcard_of_domain = not name.startswith("*.") or len(labels) > 1
    is_name = len(name) <= 253 and all(_LABEL.fullmatch(label) for label in labels) and not labels[-1].isdigit()
    if not (is_name and is_wildcard_of_domain):
        hint = "" if host.isascii() else "; write it in its xn-- form"
        raise ParameterError(f"{host[:100]!r} is neither a host name nor an address{hint}")
    return x509.DNSName(name)


def hosts_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """The inverse: the names and addresses that a certificate is good for."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    return tuple(_host_text(name) for name in names if isinstance(name, x509.DNSName | x509.IPAddress))


def _host_text(name: x509.GeneralName) -> str:
    value: str | IPv4Address | IPv6Address = name.value
    return str(value)
