"""The authority, and what it signs."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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

from visavis.errors import ParameterError
from visavis.server.certificates.files import CertificateFiles, read_file

AUTHORITY_DAYS = 3652
"""Ten years."""
SERVER_DAYS = 398
"""The most that the strictest clients accept."""

_CLOCK_SKEW = timedelta(hours=1)
_CRITICAL = True


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def make_authority(now: datetime) -> Identity:
    """A new one, which signs itself.

    Args:
        now: from when it is good, less an hour for clocks that are behind.
    """
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
    return Identity(certificate, key)


def issue_certificate(authority: Identity, names: Sequence[x509.GeneralName], now: datetime) -> Identity:
    """A server certificate with a new key; it never outlives the authority.

    Args:
        authority: that signs it.
        names: that it is good for.
        now: from when it is good, less an hour for clocks that are behind.
    """
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
    return Identity(certificate, key)


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


def read_authority(files: CertificateFiles) -> Identity:
    """The authority of a folder.

    Raises:
        FileMissingError: a file cannot be read.
        ParameterError: they are not those of an authority.
    """
    certificate = read_certificate(files.authority)
    try:
        key = load_pem_private_key(read_file(files.authority_key), None)
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
    return Identity(certificate, key)


def read_certificate(path: Path) -> x509.Certificate:
    """The first certificate of a file.

    Raises:
        FileMissingError: it cannot be read.
        ParameterError: it has none.
    """
    try:
        certificate = x509.load_pem_x509_certificate(read_file(path))
        certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise ParameterError(f"{path} is not a certificate in PEM") from None
    return certificate


def certificate_pem(certificate: x509.Certificate) -> bytes:
    """For a file that everybody may read."""
    return certificate.public_bytes(Encoding.PEM)


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """For a file that only its owner may read; without a passphrase."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
