"""A certificate authority of one's own, and the server certificate that it signs; for clients that insist on TLS."""

from visavis.server.certificates.files import CertificateFiles
from visavis.server.certificates.hosts import LOCAL_HOSTS, MAX_HOSTS, VENDOR_HOSTS
from visavis.server.certificates.issuance import Issued, make_certificates, renew_certificate

__all__ = [
    "LOCAL_HOSTS",
    "MAX_HOSTS",
    "VENDOR_HOSTS",
    "CertificateFiles",
    "Issued",
    "make_certificates",
    "renew_certificate",
]
