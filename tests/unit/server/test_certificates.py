"""Authority and server certificate: what strict clients make of them, and what never happens to files."""

from __future__ import annotations

import os
import ssl
import stat
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from visavis.errors import FileMissingError, ParameterError, VisavisError
from visavis.server.certificates import (
    LOCAL_HOSTS,
    MAX_HOSTS,
    VENDOR_HOSTS,
    CertificateFiles,
    make_certificates,
    renew_certificate,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAMES = ("ca.key", "ca.pem", "server.key", "server.pem")


def subject_of(host: str) -> x509.verification.Subject:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def verify(files: CertificateFiles, host: str, at: datetime, authority: Path | None = None) -> None:
    """As a client does that trusts the authority and nobody else."""
    leaf, *chain = x509.load_pem_x509_certificates(files.server.read_bytes())
    trusted = x509.load_pem_x509_certificate((authority or files.authority).read_bytes())
    verifier = PolicyBuilder().store(Store([trusted])).time(at).build_server_verifier(subject_of(host))
    verifier.verify(leaf, chain)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("host", [*VENDOR_HOSTS, *LOCAL_HOSTS, "face.example.org", "a.b.example.org", "10.0.0.8"])
def test_client_that_trusts_the_authority_accepts_the_server(tmp_path: Path, host: str) -> None:
    issued = make_certificates(tmp_path, ["Face.Example.org", "*.b.example.org", "10.0.0.8"], NOW)
    verify(issued.files, host, NOW)


@pytest.mark.parametrize("host", ["aliyuncs.com", "x.cloudauth.aliyuncs.com", "example.org", "127.0.0.2"])
def test_other_hosts_are_not_accepted(tmp_path: Path, host: str) -> None:
    issued = make_certificates(tmp_path, now=NOW)
    with pytest.raises(VerificationError):
        verify(issued.files, host, NOW)


def test_certificate_of_another_authority_is_not_accepted(tmp_path: Path) -> None:
    issued = make_certificates(tmp_path / "a", now=NOW)
    other = make_certificates(tmp_path / "b", now=NOW)
    with pytest.raises(VerificationError):
        verify(issued.files, VENDOR_HOSTS[0], NOW, other.files.authority)


def test_periods(tmp_path: Path) -> None:
    issued = make_certificates(tmp_path, now=NOW)
    start = NOW - timedelta(hours=1)
    assert issued.expires_at == start + timedelta(days=398, seconds=-1)
    assert issued.authority_expires_at == start + timedelta(days=3652)
    verify(issued.files, "localhost", start)
    verify(issued.files, "localhost", issued.expires_at)
    for moment in (start - timedelta(seconds=1), issued.expires_at + timedelta(seconds=1)):
        with pytest.raises(VerificationError):
            verify(issued.files, "localhost", moment)


def test_keys_are_p_256_and_for_their_owner_only(tmp_path: Path) -> None:
    previous = os.umask(0)
    try:
        files = make_certificates(tmp_path / "deep" / "tls", now=NOW).files
    finally:
        os.umask(previous)
    assert sorted(contents(files.folder)) == list(NAMES)
    for path, certificate in ((files.authority_key, files.authority), (files.server_key, files.server)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(certificate.stat().st_mode) == 0o644
        key = load_pem_private_key(path.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        assert key.curve.name == "secp256r1"
        assert x509.load_pem_x509_certificate(certificate.read_bytes()).public_key() == key.public_key()
        assert b"PRIVATE" not in certificate.read_bytes()


def test_server_key_can_sign_no_certificates(tmp_path: Path) -> None:
    files = make_certificates(tmp_path, now=NOW).files
    server, authority = x509.load_pem_x509_certificates(files.server.read_bytes())
    assert authority == x509.load_pem_x509_certificate(files.authority.read_bytes())
    assert server.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    assert server.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign is False
    assert authority.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature is False
    constraints = authority.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (True, True, 0)


def test_files_are_what_a_tls_server_takes(tmp_path: Path) -> None:
    """A handshake in memory, with the checks that newer Pythons make by default."""
    files = make_certificates(tmp_path).files
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(files.server, files.server_key)
    client_context = ssl.create_default_context(cafile=str(files.authority))
    client_context.verify_flags |= ssl.VERIFY_X509_STRICT
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname="aip.baidubce.com")
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server, client, server):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    assert ("DNS", "iai.tencentcloudapi.com") in (client.getpeercert() or {})["subjectAltName"]


def test_hosts_are_named_once_and_in_order(tmp_path: Path) -> None:
    issued = make_certificates(tmp_path, ["LOCALHOST", "b.example", "0:0:0:0:0:0:0:1", "a.example", "b.example"], NOW)
    assert issued.hosts == (*VENDOR_HOSTS, *LOCAL_HOSTS, "b.example", "a.example")


@pytest.mark.parametrize(
    "host",
    [
        "",
        " ",
        ".",
        "a..b",
        ".example.org",
        "example.org.",
        "-a.example",
        "a-.example",
        "a_b.example",
        "*",
        "*.org",
        "a.*.example.org",
        "*a.example.org",
        "https://example.org",
        "example.org:443",
        "user@example.org",
        "10.0.0.256",
        "10.0.0",
        "10.0.0.0/8",
        "fe80::1%eth0",
        "[::1]",
        "a" * 64 + ".example",
        "a." * 127 + "ab",
        "exa\0mple.org",
        "example.org\n",
        "ж.example",
    ],
)
def test_what_is_no_host_is_refused(tmp_path: Path, host: str) -> None:
    with pytest.raises(ParameterError, match="neither a host name nor an address") as caught:
        make_certificates(tmp_path / "tls", ["good.example", host], NOW)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200
    assert not (tmp_path / "tls").exists()


def test_name_in_another_script_is_told_its_other_form(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="xn--"):
        make_certificates(tmp_path, ["人脸.example"], NOW)
    assert make_certificates(tmp_path, ["xn--gmqu69j.example"], NOW).hosts[-1] == "xn--gmqu69j.example"


def test_hosts_have_a_limit(tmp_path: Path) -> None:
    room = MAX_HOSTS - len(VENDOR_HOSTS) - len(LOCAL_HOSTS)
    hosts = [f"h{number}.example" for number in range(room + 1)]
    with pytest.raises(ParameterError, match="at most 100 hosts, not for 101"):
        make_certificates(tmp_path, hosts, NOW)
    assert len(make_certificates(tmp_path, hosts[:-1], NOW).hosts) == MAX_HOSTS


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_overwritten(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("precious")
    with pytest.raises(ParameterError, match=f"{name} exists already; --renew"):
        make_certificates(tmp_path, now=NOW)
    assert contents(tmp_path) == {name: b"precious"}


def test_link_that_leads_nowhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "server.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ParameterError, match="exists already"):
        make_certificates(tmp_path, now=NOW)
    assert not (tmp_path / "elsewhere").exists()


def test_file_that_another_process_makes_meanwhile_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing of ours stays beside it."""
    link = os.link

    def race(source: Path, target: Path) -> None:
        if target.name == "server.key":
            target.write_text("precious")
        link(source, target)

    monkeypatch.setattr(os, "link", race)
    with pytest.raises(ParameterError, match=r"cannot write to .*: File exists"):
        make_certificates(tmp_path, now=NOW)
    assert contents(tmp_path) == {"server.key": b"precious"}


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ParameterError, match=f"cannot write to {tmp_path / 'file'}: "):
        make_certificates(tmp_path / "file", now=NOW)
    with pytest.raises(ParameterError, match=f"cannot write to {tmp_path / 'file' / 'tls'}: Not a directory"):
        make_certificates(tmp_path / "file" / "tls", now=NOW)


def test_renewal_keeps_the_authority_and_the_names(tmp_path: Path) -> None:
    first = make_certificates(tmp_path, ["face.example.org", "10.0.0.8"], NOW)
    before = contents(tmp_path)
    later = NOW + timedelta(days=390)
    issued = renew_certificate(tmp_path, ["new.example"], later)
    after = contents(tmp_path)
    assert sorted(after) == list(NAMES)
    assert {name for name in NAMES if before[name] != after[name]} == {"server.key", "server.pem"}
    assert issued.hosts == (*first.hosts, "new.example")
    assert after["server.pem"].endswith(before["ca.pem"])
    assert issued.expires_at == later + timedelta(days=398, hours=-1, seconds=-1)
    assert stat.S_IMODE(issued.files.server_key.stat().st_mode) == 0o600
    for host in ("face.example.org", "10.0.0.8", "new.example", VENDOR_HOSTS[0]):
        verify(issued.files, host, later + timedelta(days=30))
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(issued.files.server, issued.files.server_key)


def test_renewal_makes_a_server_certificate_where_there_is_none(tmp_path: Path) -> None:
    files = make_certificates(tmp_path, ["face.example.org"], NOW).files
    files.server.unlink()
    files.server_key.unlink()
    assert renew_certificate(tmp_path, (), NOW).hosts == (*VENDOR_HOSTS, *LOCAL_HOSTS)
    verify(files, VENDOR_HOSTS[0], NOW)


def test_renewal_does_not_outlive_the_authority(tmp_path: Path) -> None:
    first = make_certificates(tmp_path, now=NOW)
    last_days = first.authority_expires_at - timedelta(days=10)
    issued = renew_certificate(tmp_path, (), last_days)
    assert issued.expires_at == first.authority_expires_at
    verify(issued.files, "localhost", last_days)
    before = contents(tmp_path)
    with pytest.raises(ParameterError, match="has expired"):
        renew_certificate(tmp_path, (), first.authority_expires_at)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("missing", [NAMES, ("ca.pem",), ("ca.key",)], ids=str)
def test_renewal_without_an_authority_is_refused(tmp_path: Path, missing: tuple[str, ...]) -> None:
    make_certificates(tmp_path, now=NOW)
    for name in missing:
        (tmp_path / name).unlink()
    before = contents(tmp_path)
    with pytest.raises(FileMissingError, match=r"cannot read .*ca\.(pem|key): No such file"):
        renew_certificate(tmp_path, (), NOW)
    assert contents(tmp_path) == before


def _rsa_key() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("ca.pem", b"", "ca.pem is not a certificate in PEM"),
        ("ca.pem", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "ca.pem is not a certificate"),
        ("ca.pem", b"x" * 300_000, "ca.pem has more than 262,144 bytes"),
        ("ca.key", b"", "ca.key is not a private key"),
        ("ca.key", b"\xff" * 100, "ca.key is not a private key"),
        ("ca.key", _rsa_key(), "ca.key is not the private key of .*ca.pem"),
        ("server.pem", b"broken", "server.pem is not a certificate in PEM"),
    ],
)
def test_file_that_is_something_else_is_named(tmp_path: Path, name: str, content: bytes, complaint: str) -> None:
    make_certificates(tmp_path, now=NOW)
    (tmp_path / name).write_bytes(content)
    before = contents(tmp_path)
    with pytest.raises(VisavisError, match=complaint):
        renew_certificate(tmp_path, (), NOW)
    assert contents(tmp_path) == before


def test_keys_of_two_authorities_are_not_mixed(tmp_path: Path) -> None:
    make_certificates(tmp_path / "a", now=NOW)
    make_certificates(tmp_path / "b", now=NOW)
    (tmp_path / "a" / "ca.key").write_bytes((tmp_path / "b" / "ca.key").read_bytes())
    with pytest.raises(ParameterError, match="is not the private key of"):
        renew_certificate(tmp_path / "a", (), NOW)


def test_certificate_of_a_server_is_no_authority(tmp_path: Path) -> None:
    files = make_certificates(tmp_path, now=NOW).files
    files.authority.write_bytes(files.server.read_bytes())
    files.authority_key.write_bytes(files.server_key.read_bytes())
    with pytest.raises(ParameterError, match="is not the certificate of an authority"):
        renew_certificate(tmp_path, (), NOW)


def test_authority_made_elsewhere_is_used_as_it_is(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "our company")])
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(minutes=5))
        .not_valid_after(NOW + timedelta(days=1000))
        .add_extension(x509.BasicConstraints(True, None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier(b"their own way"), critical=False)
        .sign(key, SHA256())
    )
    files = CertificateFiles(tmp_path)
    files.authority.write_bytes(certificate.public_bytes(Encoding.PEM))
    files.authority_key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    issued = renew_certificate(tmp_path, (), NOW)
    verify(issued.files, "localhost", NOW)
    server = x509.load_pem_x509_certificate(files.server.read_bytes())
    assert server.not_valid_before_utc == NOW - timedelta(minutes=5)
    own = server.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert own.key_identifier == b"their own way"


def test_renewal_that_cannot_write_leaves_everything_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_certificates(tmp_path, now=NOW)
    before = contents(tmp_path)

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ParameterError, match="No space left on device"):
        renew_certificate(tmp_path, (), NOW)
    assert contents(tmp_path) == before
