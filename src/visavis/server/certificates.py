"""A certificate authority of one's own, and the server certificate that it signs; for clients that insist on TLS."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from visavis.errors import FileMissingError, ParameterError

AUTHORITY_DAYS = 3652
"""Ten years."""
SERVER_DAYS = 398
"""The most that the strictest clients accept."""
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

_CLOCK_SKEW = timedelta(hours=1)
_READ_LIMIT_BYTES = 256 * 1024
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_CRITICAL = True


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """Where the files are.

    Attributes:
        folder: that they are all in.
    """

    folder: Path

    @property
    def authority(self) -> Path:
        """Certificate of the authority, for clients; nothing secret."""
        return self.folder / "ca.pem"

    @property
    def authority_key(self) -> Path:
        """Its private key: who has it can pass for any server to those clients."""
        return self.folder / "ca.key"

    @property
    def server(self) -> Path:
        """Certificate chain of the server, its own certificate first."""
        return self.folder / "server.pem"

    @property
    def server_key(self) -> Path:
        """Its private key."""
        return self.folder / "server.key"


@dataclass(frozen=True, slots=True)
class Issued:
    """What was made.

    Attributes:
        files: where it is.
        hosts: names and addresses that the server certificate is good for.
        expires_at: when it ends.
        authority_expires_at: when its authority ends.
    """

    files: CertificateFiles
    hosts: tuple[str, ...]
    expires_at: datetime
    authority_expires_at: datetime


@dataclass(frozen=True, slots=True)
class _Identity:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def make_certificates(folder: Path, hosts: Sequence[str] = (), now: datetime | None = None) -> Issued:
    """Make an authority and a server certificate for the vendors' host names, this machine, and `hosts`.

    Args:
        folder: made where it is missing. Private keys get mode 0600.
        hosts: further names and addresses.
        now: for tests.

    Raises:
        ParameterError: a host is none, one of the files exists already, or one cannot be written.
    """
    now = now or datetime.now(UTC)
    names = _host_names((*VENDOR_HOSTS, *LOCAL_HOSTS, *hosts))
    files = CertificateFiles(folder)
    for path in (files.authority, files.authority_key, files.server, files.server_key):
        if os.path.lexists(path):
            raise ParameterError(
                f"{path} exists already; --renew makes a new server certificate from the authority that is there"
            )
    authority = _make_authority(now)
    server = _issue(authority, names, now)
    _write(
        {
            files.authority_key: _key_pem(authority.key),
            files.authority: _pem(authority.certificate),
            files.server_key: _key_pem(server.key),
            files.server: _pem(server.certificate) + _pem(authority.certificate),
        },
        overwrite=False,
    )
    return _issued(files, server, authority)


def renew_certificate(folder: Path, hosts: Sequence[str] = (), now: datetime | None = None) -> Issued:
    """Make a new server certificate, with a new key, from the authority in `folder`; the old one's names stay.

    Args:
        folder: see `make_certificates`.
        hosts: names and addresses besides those of the old certificate.
        now: for tests.

    Raises:
        FileMissingError: there is no authority, or it cannot be read.
        ParameterError: a host is none, a file is not what it should be, the authority has expired, or a file cannot be
            written.
    """
    now = now or datetime.now(UTC)
    files = CertificateFiles(folder)
    authority = _read_authority(files)
    if authority.certificate.not_valid_after_utc <= now:
        raise ParameterError(
            f"the authority in {files.authority} has expired; make a new one in another folder, and give it to clients"
        )
    old = _old_hosts(files.server) if os.path.lexists(files.server) else ()
    names = _host_names((*VENDOR_HOSTS, *LOCAL_HOSTS, *old, *hosts))
    server = _issue(authority, names, now)
    _write(
        {
            files.server_key: _key_pem(server.key),
            files.server: _pem(server.certificate) + _pem(authority.certificate),
        },
        overwrite=True,
    )
    return _issued(files, server, authority)


def _host_names(hosts: Iterable[str]) -> tuple[x509.GeneralName, ...]:
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


def _make_authority(now: datetime) -> _Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    # Two authorities with the same name would be taken for each other by clients that look for one by its name.
    common_name = f"visavis private CA {secrets.token_hex(4)}"
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    start = now - _CLOCK_SKEW
    builder = _builder(subject, subject, key, start, start + timedelta(days=AUTHORITY_DAYS))
    certificate = (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), _CRITICAL)
        .add_extension(_key_usage(signs_certificates=True), _CRITICAL)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .sign(key, SHA256())
    )
    return _Identity(certificate, key)


def _issue(authority: _Identity, names: Sequence[x509.GeneralName], now: datetime) -> _Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate
    start = max(now - _CLOCK_SKEW, issuer.not_valid_before_utc)
    # Both ends count: a second less, or it is a day more to those that count days.
    end = min(start + timedelta(days=SERVER_DAYS, seconds=-1), issuer.not_valid_after_utc)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "visavis")])
    certificate = (
        _builder(subject, issuer.subject, key, start, end)
        .add_extension(x509.SubjectAlternativeName(names), False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), _CRITICAL)
        .add_extension(_key_usage(signs_certificates=False), _CRITICAL)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(_key_id_of(issuer), False)
        .sign(authority.key, SHA256())
    )
    return _Identity(certificate, key)


def _key_id_of(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    try:
        own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        own = x509.SubjectKeyIdentifier.from_public_key(issuer.public_key())
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _read_authority(files: CertificateFiles) -> _Identity:
    certificate = _read_certificate(files.authority)
    try:
        key = load_pem_private_key(_read(files.authority_key), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ParameterError(f"{files.authority_key} is not a private key without a passphrase") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise ParameterError(f"{files.authority_key} is not the private key of {files.authority}")
    try:
        is_authority = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        is_authority = False
    if not is_authority:
        raise ParameterError(f"{files.authority} is not the certificate of an authority")
    return _Identity(certificate, key)


def _read_certificate(path: Path) -> x509.Certificate:
    try:
        certificate = x509.load_pem_x509_certificate(_read(path))
        certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise ParameterError(f"{path} is not a certificate in PEM") from None
    return certificate


def _old_hosts(path: Path) -> tuple[str, ...]:
    certificate = _read_certificate(path)
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    return tuple(_host_text(name) for name in names if isinstance(name, x509.DNSName | x509.IPAddress))


def _host_text(name: x509.GeneralName) -> str:
    value: str | IPv4Address | IPv6Address = name.value
    return str(value)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_READ_LIMIT_BYTES + 1)
    except OSError as error:
        raise FileMissingError(f"cannot read {path}: {error.strerror}") from error
    if len(content) > _READ_LIMIT_BYTES:
        raise ParameterError(f"{path} has more than {_READ_LIMIT_BYTES:,} bytes")
    return content


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(contents: dict[Path, bytes], *, overwrite: bool) -> None:
    """Write all files beside their places first: what can fail fails before any of them is in its place."""
    temporary = {path: path.with_name(f".{path.name}.{secrets.token_hex(8)}") for path in contents}
    folder = next(iter(contents)).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in contents.items():
            _write_file(temporary[path], content, 0o600 if path.suffix == ".key" else 0o644)
        if overwrite:
            for path in contents:
                temporary[path].replace(path)
        else:
            _link(temporary)
    except OSError as error:
        raise ParameterError(f"cannot write to {folder}: {error.strerror}") from error
    finally:
        for path in temporary.values():
            with contextlib.suppress(OSError):
                path.unlink()


def _link(temporary: dict[Path, Path]) -> None:
    """All into their places or none; links, where a rename would overwrite what another process has made meanwhile."""
    linked: list[Path] = []
    try:
        for path, source in temporary.items():
            os.link(source, path)
            linked.append(path)
    except OSError:
        for path in linked:
            path.unlink()
        raise


def _write_file(path: Path, content: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _issued(files: CertificateFiles, server: _Identity, authority: _Identity) -> Issued:
    names = server.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return Issued(
        files,
        tuple(_host_text(name) for name in names),
        server.certificate.not_valid_after_utc,
        authority.certificate.not_valid_after_utc,
    )
