"""Where downloads may lead: URLs, hosts, addresses, and every trick to get past them."""

from __future__ import annotations

import asyncio
import ssl
from ipaddress import ip_address, ip_network

import pytest

from visavis.errors import ImageDownloadError, ParameterError, UrlError, UrlForbiddenError
from visavis.server.addresses import DownloadPolicy, HttpUrl, Reach, parse_url
from visavis.server.fetch import GuardedFetcher
from visavis.service.orders import MAX_URL_LENGTH

from .download_world import JPEG, PUBLIC, MadeUpInternet, answer

_MALFORMED = {
    "nothing": "",
    "no scheme": "127.0.0.1/a.jpg",
    "scheme-relative": "//127.0.0.1/a.jpg",
    "file": "file:///etc/passwd",
    "file with host": "file://127.0.0.1/etc/passwd",
    "gopher": "gopher://127.0.0.1:6379/_INFO",
    "dict": "dict://127.0.0.1:11211/stat",
    "ftp": "ftp://127.0.0.1/a.jpg",
    "ldap": "ldap://127.0.0.1/",
    "data": "data:image/jpeg;base64,/9j/",
    "jar": "jar:http://127.0.0.1!/a.jpg",
    "javascript": "javascript:alert(1)",
    "view-source": "view-source:http://127.0.0.1/",
    "url prefix": "url:http://127.0.0.1/",
    "long s in scheme": "http\u017f://127.0.0.1/",
    "full-width scheme": "\uff48ttp://127.0.0.1/",
    "one slash": "http:/127.0.0.1/a.jpg",
    "no slash": "http:127.0.0.1/a.jpg",
    "three slashes": "http:///127.0.0.1/a.jpg",
    "no host": "http://",
    "no host, path": "http:///a.jpg",
    "no host, port": "http://:80/a.jpg",
    "no host, query": "http://?a=127.0.0.1",
    "dot": "http://./a.jpg",
    "two dots": "http://a..example/a.jpg",
    "leading dot": "http://.127.0.0.1/",
    "trailing dot": "http://localhost./",
    "trailing dot on an address": "http://127.0.0.1./",
    "decimal": "http://2130706433/",
    "decimal, too large": "http://4294967297/",
    "hexadecimal": "http://0x7f000001/",
    "hexadecimal, upper case": "http://0X7F000001/",
    "hexadecimal, first part": "http://0x7f.0.0.1/",
    "hexadecimal, short": "http://0x7f.1/",
    "hexadecimal, last part": "http://127.0.0.0x1/",
    "hexadecimal, empty": "http://127.0.0.0x/",
    "octal": "http://0177.0.0.1/",
    "octal, whole": "http://017700000001/",
    "octal, zeros": "http://00000177.00.00.01/",
    "mixed notations": "http://0x7f.0.1/",
    "short, two parts": "http://127.1/",
    "short, three parts": "http://127.0.1/",
    "zero": "http://0/",
    "five parts": "http://127.0.0.0.1/",
    "part too large": "http://127.0.0.256/",
    "circled digits": "http://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460/",
    "full-width digits": "http://\uff11\uff12\uff17.\uff10.\uff10.\uff11/",
    "Arabic digits": "http://\u0661\u0662\u0667.\u0660.\u0660.\u0661/",
    "ideographic dots": "http://127\u30020\u30020\u30021/",
    "full-width dots": "http://127\uff0e0\uff0e0\uff0e1/",
    "Kelvin sign": "http://\u212aubernetes.example/",
    "circled letters": "http://\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3/",
    "soft hyphen": "http://local\u00adhost/",
    "zero-width space": "http://local\u200bhost/",
    "zero-width joiner": "http://127.0.0.1\u200d/",
    "fraction slash": "http://127.0.0.1\u2044.example/",
    "account-of sign": "http://127.0.0.1\u2100.example/",
    "full-width at sign": "http://public.example\uff20127.0.0.1/",
    "percent-encoded host": "http://%31%32%37.0.0.1/",
    "percent-encoded letters": "http://%6c%6f%63alhost/",
    "percent-encoded dot": "http://127%2e0%2e0%2e1/",
    "percent-encoded null": "http://127.0.0.1%00.public.example/",
    "percent-encoded slash": "http://127.0.0.1%2f.public.example/",
    "user": "http://public.example@127.0.0.1/",
    "user and password": "http://user:secret@public.example/",
    "user, empty": "http://@127.0.0.1/",
    "two at signs": "http://a@public.example@127.0.0.1/",
    "user with port": "http://public.example:80@127.0.0.1/",
    "user, percent-encoded": "http://public.example%40127.0.0.1/",
    "backslash for slash": "http:\\\\127.0.0.1\\a.jpg",
    "backslash before at": "http://public.example\\@127.0.0.1/",
    "backslash in path": "http://public.example/\\127.0.0.1/",
    "space before": " http://public.example/",
    "space after": "http://public.example/ ",
    "space in path": "http://public.example/a b.jpg",
    "space in host": "http://127.0.0.1 .public.example/",
    "tab in scheme": "ht\ttp://127.0.0.1/",
    "line break in scheme": "http:/\n/127.0.0.1/",
    "line breaks, header": "http://public.example/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "line break alone": "http://public.example/a\nb",
    "null": "http://127.0.0.1\x00.public.example/",
    "delete": "http://public.example/\x7f",
    "next line": "http://public.example/\x85",
    "no-break space": "http://public.example/\u00a0",
    "line separator": "http://public.example/\u2028",
    "ideographic space": "http://public.example/\u3000a.jpg",
    "half a character": "http://public.example/\ud800.jpg",
    "half a character in host": "http://\ud800.example/",
    "port zero": "http://public.example:0/",
    "port empty": "http://public.example:/",
    "port too large": "http://public.example:65536/",
    "port with zero before": "http://public.example:080/",
    "port wraps round": "http://public.example:65616/",
    "port negative": "http://public.example:-80/",
    "port signed": "http://public.example:+80/",
    "port in Arabic digits": "http://public.example:\u0668\u0660/",
    "port, two": "http://public.example:80:22/",
    "port, hexadecimal": "http://public.example:0x50/",
    "IPv6 without brackets": "http://::1/",
    "IPv6, bracket open": "http://[::1/",
    "IPv6, bracket closed": "http://::1]/",
    "IPv6, empty": "http://[]/",
    "IPv6, text behind": "http://[::1].public.example/",
    "IPv6, text before": "http://public.example[::1]/",
    "IPv6, zone": "http://[fe80::1%eth0]/",
    "IPv6, zone escaped": "http://[fe80::1%25lo]/",
    "IPv6, zone as number": "http://[::1%1]/",
    "IPv6, two gaps": "http://[1::2::3]/",
    "IPv6, decimal inside": "http://[::2130706433]/",
    "IPv6, octal inside": "http://[::ffff:0177.0.0.1]/",
    "IPv4 in brackets": "http://[127.0.0.1]/",
    "IPvFuture": "http://[v1.127.0.0.1]/",
    "label begins with hyphen": "http://-a.example/",
    "label ends with hyphen": "http://a-.example/",
    "label too long": f"http://{'a' * 64}.example/",
    "host too long": f"http://{'a.' * 127}example/",
    "asterisk": "http://*.example/",
    "comma": "http://public.example,127.0.0.1/",
    "semicolon": "http://public.example;127.0.0.1/",
    "ampersand": "http://public.example&127.0.0.1/",
    "long": "http://public.example/" + "a" * MAX_URL_LENGTH,
    "long once escaped": "http://public.example/" + "\u4e2d" * (MAX_URL_LENGTH // 9 + 1),
}

_FORBIDDEN_ADDRESSES = {
    "this host": "0.0.0.0",
    "this network": "0.1.2.3",
    "loopback": "127.0.0.1",
    "loopback, other": "127.255.255.254",
    "private 10": "10.0.0.1",
    "private 172": "172.16.0.1",
    "private 172, last": "172.31.255.255",
    "private 192": "192.168.1.1",
    "carrier-grade NAT": "100.64.0.1",
    "carrier-grade NAT, last": "100.127.255.255",
    "link-local": "169.254.1.1",
    "metadata": "169.254.169.254",
    "metadata, tasks": "169.254.170.2",
    "metadata, Tencent": "169.254.0.23",
    "metadata, Alibaba": "100.100.100.200",
    "metadata, Azure": "168.63.129.16",
    "metadata, Oracle": "192.0.0.192",
    "protocol assignments": "192.0.0.8",
    "documentation 1": "192.0.2.1",
    "documentation 2": "198.51.100.1",
    "documentation 3": "203.0.113.1",
    "6to4 relay": "192.88.99.1",
    "benchmarks": "198.18.0.1",
    "benchmarks, last": "198.19.255.255",
    "multicast": "224.0.0.1",
    "multicast, last": "239.255.255.255",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "IPv6 unspecified": "::",
    "IPv6 loopback": "::1",
    "IPv6 loopback, long": "0:0:0:0:0:0:0:1",
    "mapped loopback": "::ffff:127.0.0.1",
    "mapped private, hexadecimal": "::ffff:c0a8:101",
    "mapped metadata": "::ffff:169.254.169.254",
    "compatible loopback": "::127.0.0.1",
    "compatible private": "::10.0.0.1",
    "compatible public": "::93.184.216.34",
    "translated": "::ffff:0:127.0.0.1",
    "6to4 loopback": "2002:7f00:1::",
    "6to4 private": "2002:c0a8:101::1",
    "6to4 public": "2002:5db8:d822::1",
    "Teredo": "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "Teredo to loopback": "2001:0:5db8:d822::80ff:fffe",
    "NAT64 loopback": "64:ff9b::127.0.0.1",
    "NAT64 metadata": "64:ff9b::a9fe:a9fe",
    "NAT64 public": "64:ff9b::93.184.216.34",
    "NAT64 local use": "64:ff9b:1::10.0.0.1",
    "NAT64 local use, deep": "64:ff9b:1:fffe::7f00:1",
    "ISATAP private": "2606:2800:220:1:0:5efe:a00:1",
    "ISATAP loopback": "2606:2800:220:1:200:5efe:7f00:1",
    "unique local": "fc00::1",
    "unique local, fd": "fd12:3456:789a::1",
    "metadata, Amazon IPv6": "fd00:ec2::254",
    "metadata, Google IPv6": "fd20:ce::254",
    "IPv6 link-local": "fe80::1",
    "IPv6 link-local, last": "febf::1",
    "site-local": "fec0::1",
    "IPv6 multicast": "ff02::1",
    "discard": "100::1",
    "ORCHID": "2001:20::1",
    "benchmarks, IPv6": "2001:2::1",
    "IPv6 documentation": "2001:db8::1",
    "IPv6 documentation, new": "3fff::1",
    "segment routing": "5f00::1",
    "IPv6 unassigned": "4000::1",
}

_NAMES = {
    "localhost": ["127.0.0.1"],
    "localhost, two": ["::1", "127.0.0.1"],
    "public, then private": [PUBLIC, "10.0.0.1"],
    "private, then public": ["10.0.0.1", PUBLIC],
    "public IPv4, private IPv6": [PUBLIC, "fd12::1"],
    "many public, one metadata": [f"93.184.216.{i}" for i in range(1, 200)] + ["169.254.169.254"],
    "zone": ["fe80::1%1"],
    "public with zone": ["2606:2800:220:1::1%1"],
    "mapped": ["::ffff:10.0.0.1"],
}

_REDIRECTS = {
    "loopback": ("http://127.0.0.1/", UrlForbiddenError),
    "loopback by name": ("http://inside.example/", UrlForbiddenError),
    "scheme-relative": ("//127.0.0.1/", UrlForbiddenError),
    "metadata": ("http://169.254.169.254/latest/meta-data/", UrlForbiddenError),
    "metadata, other notation": ("http://0xa9fea9fe/", ImageDownloadError),
    "IPv6": ("http://[::1]/", UrlForbiddenError),
    "mapped": ("http://[::ffff:127.0.0.1]/", UrlForbiddenError),
    "other port": ("http://public.example:22/", UrlForbiddenError),
    "same host, changed its mind": ("/again.jpg", UrlForbiddenError),
    "file": ("file:///etc/passwd", ImageDownloadError),
    "gopher": ("gopher://127.0.0.1:6379/_INFO", ImageDownloadError),
    "user": ("http://public.example@127.0.0.1/", ImageDownloadError),
    "backslashes": ("\\\\127.0.0.1\\", ImageDownloadError),
    "slash and backslash": ("/\\127.0.0.1/", ImageDownloadError),
    "tab": ("/\t/127.0.0.1/", ImageDownloadError),
    "space": ("http://127.0.0.1/ a", ImageDownloadError),
    "no host": ("http:///127.0.0.1/", ImageDownloadError),
    "no slashes": ("http:127.0.0.1/", ImageDownloadError),
    "bad bracket": ("http://[::1/", ImageDownloadError),
    "not UTF-8": ("http://\xff.example/", ImageDownloadError),
    "long": ("http://public.example/" + "a" * MAX_URL_LENGTH, ImageDownloadError),
}


def _fetch(world: MadeUpInternet, url: str, policy: DownloadPolicy | None = None) -> bytes:
    trusts_nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    fetcher = GuardedFetcher(policy, resolve=world.resolve, connect=world.connect, tls=trusts_nobody)
    return asyncio.run(fetcher.fetch_picture(url, 100_000, 5.0))


def _literal(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def test_there_are_enough_tricks() -> None:
    assert len(_MALFORMED) + len(_FORBIDDEN_ADDRESSES) + len(_NAMES) + len(_REDIRECTS) >= 200


@pytest.mark.parametrize("url", _MALFORMED.values(), ids=_MALFORMED)
def test_malformed_or_ambiguous_url_is_refused_before_anything_is_resolved(url: str) -> None:
    world = MadeUpInternet()
    with pytest.raises(UrlError):
        _fetch(world, url)
    assert (world.resolved, world.connected) == ([], [])


@pytest.mark.parametrize("address", _FORBIDDEN_ADDRESSES.values(), ids=_FORBIDDEN_ADDRESSES)
def test_forbidden_address_is_reached_neither_directly_nor_by_name(address: str) -> None:
    world = MadeUpInternet({"public.example": [[address]]})
    for url in (f"http://{_literal(address)}/a.jpg", f"https://{_literal(address)}/", "http://public.example/"):
        with pytest.raises(UrlForbiddenError):
            _fetch(world, url)
    assert world.connected == []
    assert world.resolved == ["public.example"]


@pytest.mark.parametrize("addresses", _NAMES.values(), ids=_NAMES)
def test_one_forbidden_address_spoils_the_name(addresses: list[str]) -> None:
    world = MadeUpInternet({"public.example": [addresses]})
    with pytest.raises(UrlForbiddenError) as caught:
        _fetch(world, "http://public.example/")
    assert world.connected == []
    assert not any(address in str(caught.value) for address in addresses)


@pytest.mark.parametrize(("target", "error"), _REDIRECTS.values(), ids=_REDIRECTS)
def test_redirect_to_a_forbidden_place_is_not_followed(target: str, error: type[ImageDownloadError]) -> None:
    world = MadeUpInternet({"public.example": [[PUBLIC], ["10.0.0.1"]], "inside.example": [["10.0.0.1"]]})
    world.answers[PUBLIC] = answer(f"Location: {target}", status="302 Found")
    with pytest.raises(ImageDownloadError) as caught:
        _fetch(world, "http://public.example/")
    assert type(caught.value) is error
    assert world.connected == [(PUBLIC, 80)]


def test_nothing_and_nonsense_from_the_resolver() -> None:
    for addresses in ([], ["not an address"], [PUBLIC, ""]):
        world = MadeUpInternet({"public.example": [addresses]})
        with pytest.raises(ImageDownloadError) as caught:
            _fetch(world, "http://public.example/")
        assert type(caught.value) is ImageDownloadError
        assert world.connected == []


@pytest.mark.parametrize(
    ("url", "address", "port", "request_line", "host"),
    [
        ("http://public.example/a.jpg", PUBLIC, 80, "/a.jpg", "public.example"),
        ("HTTP://PUBLIC.Example/A.jpg", PUBLIC, 80, "/A.jpg", "public.example"),
        ("http://public.example", PUBLIC, 80, "/", "public.example"),
        ("http://public.example?x=1", PUBLIC, 80, "/?x=1", "public.example"),
        ("http://public.example#@127.0.0.1/", PUBLIC, 80, "/", "public.example"),
        ("http://public.example/?@127.0.0.1/#x", PUBLIC, 80, "/?@127.0.0.1/", "public.example"),
        ("http://public.example?@127.0.0.1/", PUBLIC, 80, "/?@127.0.0.1/", "public.example"),
        ("http://public.example//127.0.0.1/", PUBLIC, 80, "//127.0.0.1/", "public.example"),
        ("http://public.example/../..//a", PUBLIC, 80, "/../..//a", "public.example"),
        ("http://public.example:443/", PUBLIC, 443, "/", "public.example:443"),
        ("http://public.example:80/", PUBLIC, 80, "/", "public.example"),
        ("https://public.example/", PUBLIC, 443, "/", "public.example"),
        ("http://public.example/%zz%e4?s=a%2Bb~*'()!", PUBLIC, 80, "/%zz%e4?s=a%2Bb~*'()!", "public.example"),
        ("http://public.example/\u4e2d.jpg?\u6587", PUBLIC, 80, "/%E4%B8%AD.jpg?%E6%96%87", "public.example"),
        ("http://93.184.216.34/", PUBLIC, 80, "/", "93.184.216.34"),
        ("http://[::ffff:5db8:d822]/", PUBLIC, 80, "/", "[::ffff:5db8:d822]"),
        ("http://[2606:2800:0220:0001::0001]/", "2606:2800:220:1::1", 80, "/", "[2606:2800:220:1::1]"),
        ("https://[2606:2800:220:1::1]:80/", "2606:2800:220:1::1", 80, "/", "[2606:2800:220:1::1]:80"),
        ("http://a_b.public.example/", PUBLIC, 80, "/", "a_b.public.example"),
        ("http://xn--fiqs8s.example/", PUBLIC, 80, "/", "xn--fiqs8s.example"),
    ],
)
def test_good_url_goes_to_the_checked_address(url: str, address: str, port: int, request_line: str, host: str) -> None:
    names = ("public.example", "a_b.public.example", "xn--fiqs8s.example")
    world = MadeUpInternet({name: [[PUBLIC], ["127.0.0.1"]] for name in names})
    assert _fetch(world, url) == JPEG
    assert world.connected == [(address, port)]
    head = world.writers[0].written.decode().split("\r\n")
    assert head[:2] == [f"GET {request_line} HTTP/1.1", f"Host: {host}"]
    assert world.server_names == [parse_url(url).host if url.lower().startswith("https") else None]
    assert world.writers[0].is_aborted


@pytest.mark.parametrize(
    "address",
    [
        *("1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0"),
        *("223.5.5.5", "169.253.255.255", "169.255.0.0", "192.167.255.255", "192.169.0.0", "198.17.255.255"),
        *("198.20.0.0", "168.63.129.15", "168.63.129.17", "2400:3200::1", "2001:200::1", "2606:4700::1111"),
        "::ffff:1.1.1.1",
    ],
)
def test_neighbours_of_forbidden_networks_are_public(address: str) -> None:
    assert DownloadPolicy().allows_address(ip_address(address))


def test_opened_network_opens_itself_only() -> None:
    policy = DownloadPolicy(allowed_networks=(ip_network("10.1.0.0/16"), ip_network("::1/128")))
    allowed = {a for a in ("10.1.0.1", "::ffff:10.1.0.1", "10.2.0.1", "::1", "127.0.0.1") if _allows(policy, a)}
    assert allowed == {"10.1.0.1", "::ffff:10.1.0.1", "::1"}


def test_opened_network_may_stand_beside_a_public_address() -> None:
    policy = DownloadPolicy(allowed_networks=(ip_network("10.1.0.0/16"),))
    world = MadeUpInternet({"a.example": [["10.1.0.9", PUBLIC]]})
    assert _fetch(world, "http://a.example/", policy) == JPEG
    assert world.connected == [("10.1.0.9", 80)]


def test_some_addresses_stay_forbidden_whatever_is_opened() -> None:
    policy = DownloadPolicy(allowed_networks=(ip_network("0.0.0.0/0"), ip_network("::/0")))
    for address in (
        *("0.0.0.0", "169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "224.0.0.1"),
        *("255.255.255.255", "::", "fd00:ec2::254", "fd20:ce::254", "fe80::1", "fe80::1%1", "ff02::1"),
        *("fec0::1", "::ffff:0:127.0.0.1", "64:ff9b:1::7f00:1"),
        *("::ffff:169.254.169.254", "::169.254.169.254", "64:ff9b::169.254.169.254", "2002:a9fe:a9fe::1"),
        *("64:ff9b:1::a9fe:a9fe", "2001:0:5db8:d822::5601:5601", "2001:0:a9fe:a9fe::a247:27dd"),
    ):
        assert not _allows(policy, address), address
    assert _allows(policy, "127.0.0.1")
    assert _allows(policy, "fd12::1")


def test_translated_addresses_are_judged_by_what_is_inside_once_their_network_is_opened() -> None:
    policy = DownloadPolicy(allowed_networks=(ip_network("64:ff9b::/96"), ip_network("2002::/16")))
    assert _allows(policy, "64:ff9b::93.184.216.34")
    assert _allows(policy, "2002:5db8:d822::1")
    assert not _allows(policy, "64:ff9b::10.0.0.1")
    assert not _allows(policy, "2002:a00:1::1")


def _allows(policy: DownloadPolicy, address: str) -> bool:
    try:
        policy.require_addresses([address])
    except UrlForbiddenError:
        return False
    return True


def test_off_is_off() -> None:
    world = MadeUpInternet({"public.example": [[PUBLIC]]})
    everything = (ip_network("0.0.0.0/0"),)
    with pytest.raises(UrlForbiddenError):
        _fetch(world, "http://public.example/", DownloadPolicy(Reach.OFF, allowed_networks=everything))
    assert (world.resolved, world.connected) == ([], [])


@pytest.mark.parametrize(
    ("host", "is_open"),
    [
        ("pictures.example", True),
        ("PICTURES.example", True),
        ("a.cdn.example", True),
        ("a.b.cdn.example", True),
        ("93.184.216.34", True),
        ("[2606:2800:220:1::1]", True),
        ("cdn.example", False),
        ("evilcdn.example", False),
        ("pictures.example.evil.test", False),
        ("a.pictures.example", False),
        ("93.184.216.35", False),
        ("[2606:2800:220:1::2]", False),
    ],
)
def test_listed_hosts(host: str, is_open: bool) -> None:
    hosts = ("pictures.example", "*.cdn.example", "93.184.216.34", "2606:2800:220:1::1")
    policy = DownloadPolicy(Reach.HOSTS, hosts)
    world = MadeUpInternet({name: [[PUBLIC]] for name in ("pictures.example", "a.cdn.example", "a.b.cdn.example")})
    if is_open:
        assert _fetch(world, f"http://{host}/", policy) == JPEG
    else:
        with pytest.raises(UrlForbiddenError):
            _fetch(world, f"http://{host}/", policy)
        assert (world.resolved, world.connected) == ([], [])


def test_listed_host_does_not_open_a_forbidden_address() -> None:
    world = MadeUpInternet({"pictures.example": [["10.0.0.1"]]})
    with pytest.raises(UrlForbiddenError):
        _fetch(world, "http://pictures.example/", DownloadPolicy(Reach.HOSTS, ("pictures.example",)))
    assert world.connected == []


def test_redirect_leaves_no_list() -> None:
    world = MadeUpInternet({"pictures.example": [[PUBLIC]], "other.example": [["1.1.1.1"]]})
    world.answers[PUBLIC] = answer("Location: http://other.example/", status="301 Moved")
    with pytest.raises(UrlForbiddenError):
        _fetch(world, "http://pictures.example/", DownloadPolicy(Reach.HOSTS, ("pictures.example",)))
    assert world.connected == [(PUBLIC, 80)]


@pytest.mark.parametrize("port", [1, 22, 25, 79, 81, 442, 6379, 8080, 65535])
def test_other_ports_are_closed_unless_configured(port: int) -> None:
    world = MadeUpInternet({"public.example": [[PUBLIC]]})
    with pytest.raises(UrlForbiddenError):
        _fetch(world, f"http://public.example:{port}/")
    assert world.resolved == []
    assert _fetch(world, f"http://public.example:{port}/", DownloadPolicy(ports=frozenset({port}))) == JPEG
    with pytest.raises(UrlForbiddenError):
        _fetch(world, "http://public.example/", DownloadPolicy(ports=frozenset({port})))


@pytest.mark.parametrize(
    "pattern",
    ["", "*", "*.", "*.*.example", "a.*.example", "Pictures.example", "a.example:80", "a/b", "a.example.", "1"],
)
def test_pattern_that_is_not_one_is_refused(pattern: str) -> None:
    with pytest.raises(ParameterError):
        DownloadPolicy(Reach.HOSTS, (pattern,))


def test_policy_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(ParameterError):
        DownloadPolicy(Reach.HOSTS)
    with pytest.raises(ParameterError):
        DownloadPolicy(Reach.PUBLIC, ("a.example",))
    for ports in (frozenset[int](), frozenset({0}), frozenset({80, 65536})):
        with pytest.raises(ParameterError):
            DownloadPolicy(ports=ports)


def test_longest_url() -> None:
    beginning = "http://public.example/"
    url = parse_url(beginning + "a" * (MAX_URL_LENGTH - len(beginning)))
    assert len(url.target) == MAX_URL_LENGTH - len(beginning) + 1


def test_origin_has_neither_path_nor_query() -> None:
    url = parse_url("https://public.example:8443/secret?sig=secret#secret")
    assert url == HttpUrl("https", "public.example", 8443, "/secret?sig=secret")
    assert url.origin == "https://public.example:8443"
