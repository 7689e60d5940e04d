"""What must be there and right before a server starts: a sentence now is better than the same one from every worker."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

from visavis.config import Settings
from visavis.engine.calibration import Calibration
from visavis.engine.landmarks.mesh import MESH_MODEL
from visavis.engine.models import ModelStore, ensure_models
from visavis.engine.pipeline import DETECTOR
from visavis.errors import CalibrationFormatError, CalibrationNotFoundError, FileMissingError, SettingsError
from visavis.server.parts import download_policy, open_redis_of
from visavis.server.places import secret_key_file, store_url
from visavis.storage import load_secret_key, open_store
from visavis.types import EngineIdentity


def check_settings(settings: Settings) -> None:
    """Refuse settings that cannot be; nothing is made or fetched.

    Raises:
        SettingsError: one is wrong, or names a file that is.
    """
    if (settings.tls_cert is None) != (settings.tls_key is None):
        raise SettingsError("VISAVIS_TLS_CERT and VISAVIS_TLS_KEY go together: set both, or neither")
    if settings.tls_cert and settings.tls_key:
        _check_tls(settings.tls_cert, settings.tls_key)
    for host in settings.public_hosts:
        if not host.isascii():
            raise SettingsError(f"VISAVIS_PUBLIC_HOSTS: {host!r} is not ASCII; write international names as xn--…")
    download_policy(settings)


def prepare(settings: Settings, say: Callable[[str], None]) -> None:
    """See to it that models, calibration, secret key, store and Redis are there, right, and of this version.

    Args:
        settings: where they are.
        say: told in sentences what was fetched or made.

    Raises:
        VisavisError: one of them is missing or wrong.
    """
    store = ModelStore(settings.home)
    ensure_models(store, (DETECTOR, settings.model, MESH_MODEL), auto_pull=settings.auto_pull, announce=say)
    if settings.calibration is not None:
        _check_calibration(settings, settings.calibration, store.spec(settings.model).sha256)
    path = secret_key_file(settings)
    is_new = not path.exists()
    secret_key = load_secret_key(path)
    if is_new:
        say(f"made a secret key: {path}; keep a copy, without it the store cannot be read")
    open_store(store_url(settings), secret_key, migrate=True).close()
    redis = open_redis_of(settings)
    if redis:
        with redis:
            redis.check()


def _check_tls(certificate: Path, key: Path) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror or error
        raise SettingsError(f"VISAVIS_TLS_CERT and VISAVIS_TLS_KEY cannot be used: {reason}") from error


def _check_calibration(settings: Settings, path: Path, sha256: str) -> None:
    try:
        calibration = Calibration.read(path)
        # Which precision `auto` is, only an engine knows: that one is checked by the workers.
        precision = calibration.precision if settings.precision == "auto" else settings.precision
        identity = EngineIdentity(settings.model, sha256, DETECTOR, settings.runtime, precision, settings.profile)
        calibration.require_match(identity)
    except (FileMissingError, CalibrationFormatError, CalibrationNotFoundError) as error:
        raise SettingsError(f"VISAVIS_CALIBRATION: {error}") from error
