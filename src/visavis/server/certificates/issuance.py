"""Making and renewing, as a whole."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from visavis.errors import ParameterError
from visavis.server.certificates.authority import (
    Identity,
    certificate_pem,
    issue_certificate,
    key_pem,
    make_authority,
    read_authority,
    read_certificate,
)
from visavis.server.certificates.files import CertificateFiles, write_files
from visavis.server.certificates.hosts import LOCAL_HOSTS, VENDOR_HOSTS, host_names, hosts_of


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
    names = host_names((*VENDOR_HOSTS, *LOCAL_HOSTS, *hosts))
    files = CertificateFiles(folder)
    for path in (files.authority, files.authority_key, files.server, files.server_key):
        if os.path.lexists(path):
            raise ParameterError(
                f"{path} exists already; --renew makes a new server certificate from the authority that is there"
            )
    authority = make_authority(now)
    server = issue_certificate(authority, names, now)
    write_files(
        {
            files.authority_key: key_pem(authority.key),
            files.authority: certificate_pem(authority.certificate),
            files.server_key: key_pem(server.key),
            files.server: certificate_pem(server.certificate) + certificate_pem(authority.certificate),
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
    authority = read_authority(files)
    if authority.certificate.not_valid_after_utc <= now:
        raise ParameterError(
            f"the authority in {files.authority} has expired; make a new one in another folder, and give it to clients"
        )
    old = hosts_of(read_certificate(files.server)) if os.path.lexists(files.server) else ()
    names = host_names((*VENDOR_HOSTS, *LOCAL_HOSTS, *old, *hosts))
    server = issue_certificate(authority, names, now)
    write_files(
        {
            files.server_key: key_pem(server.key),
            files.server: certificate_pem(server.certificate) + certificate_pem(authority.certificate),
        },
        overwrite=True,
    )
    return _issued(files, server, authority)


def _issued(files: CertificateFiles, server: Identity, authority: Identity) -> Issued:
    return Issued(
        files,
        hosts_of(server.certificate),
        server.certificate.not_valid_after_utc,
        authority.certificate.not_valid_after_utc,
    )
