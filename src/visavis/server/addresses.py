"""Which URLs and which addresses pictures may be downloaded from."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import quote

from visavis.errors import ImageDownloadError, ParameterError, UrlError, UrlForbiddenError
from visavis.service.orders import MAX_URL_LENGTH

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_DEFAULT_PORTS = {"http": 80, "https": 443}

_URL = re.compile(r"(https?)://([^/?#]*)([^#]*)(?:#.*)?", re.ASCII | re.IGNORECASE)
_AUTHORITY = re.compile(r"(?:\[([0-9a-f:.]{2,45})\]|([0-9a-z._-]{1,253}))(?::([1-9][0-9]{0,4}))?", re.ASCII)
_LABEL = re.compile(r"(?!-)[0-9a-z_-]{1,63}(?<!-)", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f\\]|\s")


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in texts)


# Refused even inside a network that the operator opens: no file server lives here, but credentials do.
_NEVER = _networks(
    "0.0.0.0/8",
    "169.254.0.0/16",  # link-local, and the metadata service of most clouds
    "100.100.100.200/32",  # metadata, Alibaba Cloud
    "168.63.129.16/32",  # metadata, Azure: otherwise a public address
    "192.0.0.192/32",  # metadata, Oracle Cloud
    "224.0.0.0/4",
    "255.255.255.255/32",
    "fd00:ec2::/32",  # metadata, Amazon
    "fd20:ce::254/128",  # metadata, Google
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
    "::ffff:0:0:0/96",  # IPv4 in disguise (RFC 2765); the plain mapped form is unwrapped first
    "64:ff9b:1::/48",  # local-use NAT64: where in it the IPv4 address stands is not knowable
)

# IANA's special-purpose registries, written out: what `ipaddress` calls global differs between Python versions.
_NOT_PUBLIC = _networks(
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
    "2001::/23",  # Teredo among others
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")
_LOOPBACK = IPv6Address("::1")
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)


@dataclass(frozen=True, slots=True)
class HttpUrl:
    """A URL that says one thing only.

    Attributes:
        scheme: `http` or `https`.
        host: a name in lower-case ASCII, or an address in its usual form, without brackets.
        port: 1..65535.
        target: path and query, ASCII, as it is sent.
        address: the host, where it is an address.
    """

    scheme: str
    host: str
    port: int
    target: str
    address: Address | None = None

    @property
    def authority(self) -> str:
        """Host and, where it is not the scheme's own, port; the value of a `Host` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """What may be logged of it."""
        return f"{self.scheme}://{self.authority}"


def parse_url(text: str) -> HttpUrl:
    """Read a URL strictly: what two programs could read in two ways is refused.

    Raises:
        UrlError: malformed, ambiguous, longer than `MAX_URL_LENGTH`, or of another scheme than http and https.
    """
    require_plain_text(text)
    match = _URL.fullmatch(text)
    if match is None:
        raise UrlError("not an http or https URL with a host")
    authority = _AUTHORITY.fullmatch(match[2].lower()) if match[2].isascii() else None
    if authority is None:
        raise UrlError("the URL's host or port is not valid")
    scheme = match[1].lower()
    port = int(authority[3] or _DEFAULT_PORTS[scheme])
    if port > 65535:
        raise UrlError("the URL's port is not valid")
    address = IPv6Address(_canonical_v6(authority[1])) if authority[1] else _read_name(authority[2])
    host = authority[2] if address is None else str(address)
    return HttpUrl(scheme, host, port, _escape(match[3]), address)


def require_plain_text(text: str) -> None:
    """Refuse text that cannot be a URL, or part of one, whatever it says.

    Raises:
        UrlError: too long, or with white space, control characters or backslashes.
    """
    if len(text) > MAX_URL_LENGTH:
        raise UrlError(f"the URL has {len(text):,} characters; at most {MAX_URL_LENGTH:,}")
    if _UNSAFE.search(text):
        raise UrlError("the URL has white space, control characters or backslashes")


def _canonical_v6(text: str) -> str:
    try:
        return str(IPv6Address(text))
    except ValueError:
        raise UrlError("the URL's host is not a valid IPv6 address") from None


def _read_name(host: str) -> IPv4Address | None:
    """The address that a host spells; None for a name."""
    labels = host.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise UrlError("the URL's host is not valid")
    if not _NUMBER.fullmatch(labels[-1]):
        return None
    try:
        return IPv4Address(host)
    except ValueError:
        raise UrlError("the URL's host is not an IPv4 address in its usual form") from None


def _escape(rest: str) -> str:
    try:
        # Every printable ASCII character is sent as it came; signed URLs break when theirs are touched.
        escaped = quote(rest, safe="".join(map(chr, range(0x21, 0x7F))))
    except UnicodeEncodeError:
        raise UrlError("the URL has half a character") from None
    target = escaped if escaped.startswith("/") else f"/{escaped}"
    if len(target) > MAX_URL_LENGTH:
        raise UrlError(f"the URL's path has {len(target):,} characters; at most {MAX_URL_LENGTH:,}")
    return target


class Reach(enum.StrEnum):
    """How far downloads may go."""

    OFF = "off"
    HOSTS = "hosts"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class DownloadPolicy:
    """Where pictures may be downloaded from.

    Attributes:
        reach: nowhere, listed hosts only, or the public internet.
        hosts: for `Reach.HOSTS`: exact names or addresses, or `*.suffix` for every name below a suffix. Their addresses
            must be public, or in `allowed_networks`, all the same.
        allowed_networks: opened besides public addresses, e.g. that of an intranet file server. Cloud metadata,
            link-local and multicast addresses stay forbidden.
        ports: which ports.

    Raises:
        ParameterError: hosts without `Reach.HOSTS` or the reverse, a pattern or port that is not valid, no ports.
    """

    reach: Reach = Reach.PUBLIC
    hosts: tuple[str, ...] = ()
    allowed_networks: tuple[Network, ...] = ()
    ports: frozenset[int] = frozenset(_DEFAULT_PORTS.values())

    def __post_init__(self) -> None:
        if bool(self.hosts) != (self.reach is Reach.HOSTS):
            raise ParameterError("hosts are listed if, and only if, downloads are limited to them")
        for pattern in self.hosts:
            _require_pattern(pattern)
        if not self.ports or not all(1 <= port <= 65535 for port in self.ports):
            raise ParameterError("download ports must be 1 to 65535, at least one")

    def require_url(self, url: HttpUrl) -> None:
        """Check all that can be known before the name is resolved.

        Raises:
            UrlForbiddenError: downloads are off, or the port or the host is not open.
        """
        if self.reach is Reach.OFF:
            raise UrlForbiddenError("this server downloads no pictures")
        if url.port not in self.ports:
            raise UrlForbiddenError(f"port {url.port} is not open for downloads")
        if self.reach is Reach.HOSTS and not any(_fits(url.host, pattern) for pattern in self.hosts):
            raise UrlForbiddenError("the host is not on the list of this server")

    def require_addresses(self, texts: Iterable[str]) -> tuple[Address, ...]:
        """All addresses of a host, in their order, without repetition.

        Raises:
            UrlForbiddenError: one of them is forbidden; then all are. It does not say which: that is nobody's business.
            ImageDownloadError: one is not an address, or there is none.
        """
        try:
            addresses = tuple(dict.fromkeys(_unwrap(ip_address(text)) for text in texts))
        except ValueError:
            raise ImageDownloadError("the host's name resolves to something that is not an address") from None
        if not addresses:
            raise ImageDownloadError("the host's name has no address")
        if not all(self.allows_address(address) for address in addresses):
            raise UrlForbiddenError("the host's address is not open for downloads")
        return addresses

    def allows_address(self, address: Address) -> bool:
        """Whether it is public or opened, and so is every IPv4 address inside it."""
        address = _unwrap(address)
        if _is_in(address, _NEVER) or (isinstance(address, IPv6Address) and address.scope_id is not None):
            return False
        if not (_is_public(address) or _is_in(address, self.allowed_networks)):
            return False
        return all(self.allows_address(inner) for inner in _embedded(address))


def _require_pattern(pattern: str) -> None:
    host = pattern.removeprefix("*.")
    try:
        name = f"[{host}]" if ":" in host else host
        is_valid = parse_url(f"http://{name}/").host == host
    except UrlError:
        is_valid = False
    if not is_valid:
        raise ParameterError(f"{pattern!r} is not a host name in lower case, an address, or '*.' and a suffix")


def _fits(host: str, pattern: str) -> bool:
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def _unwrap(address: Address) -> Address:
    """An IPv4-mapped address as what the system connects to: the IPv4 address."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return not _is_in(address, _NOT_PUBLIC)


def _embedded(address: Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that a tunnel or a translator would take out of an IPv6 address."""
    if isinstance(address, IPv4Address) or address == _LOOPBACK:
        return ()
    low = IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in _NAT64 or address in _COMPATIBLE or (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP:
        return (low,)
    if address.sixtofour is not None:
        return (address.sixtofour,)
    return address.teredo or ()
