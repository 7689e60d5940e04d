"""Everything that one worker is made of, opened in order and closed in reverse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import TYPE_CHECKING

from visavis.api import control_policy, open_engine
from visavis.config import Settings
from visavis.engine.pipeline import FaceEngine
from visavis.errors import ParameterError, SettingsError
from visavis.protocols.alibaba.routes import AlibabaAdapter
from visavis.protocols.baidu.routes import BaiduAdapter
from visavis.protocols.base import Adapter
from visavis.protocols.kuaidi100.routes import Kuaidi100Adapter
from visavis.protocols.native.routes import create_native_app
from visavis.protocols.tencent.routes import TencentAdapter
from visavis.server.addresses import DownloadPolicy, Reach
from visavis.server.app import Dispatcher, ThreadOffload
from visavis.server.calls import CallsUnderWay
from visavis.server.engine import EngineJobs
from visavis.server.fetch import GuardedFetcher, SystemResolver
from visavis.server.metrics import Metrics
from visavis.server.places import secret_key_file, store_url
from visavis.server.workshop import EngineWorkshop
from visavis.service.admission import Admission
from visavis.service.comparison import FaceService
from visavis.service.ports import NonceLog
from visavis.storage import SqlStore, derive_key, load_secret_key, open_redis, open_store

if TYPE_CHECKING:
    from visavis.storage.redis_store import RedisStore


@dataclass(slots=True)
class Parts:
    """One worker's parts."""

    dispatcher: Dispatcher
    engine: FaceEngine
    workshop: EngineWorkshop
    store: SqlStore
    offload: ThreadOffload
    resolver: SystemResolver
    redis: RedisStore | None
    is_ready: bool = False

    def close(self) -> None:
        """Let go of everything."""
        self.is_ready = False
        self.workshop.close()
        self.resolver.close()
        self.offload.close()
        if self.redis:
            self.redis.close()
        self.store.close()
        self.engine.close()


def open_parts(settings: Settings, calls: CallsUnderWay) -> Parts:
    """Open engine and store, and join them with the APIs. Takes about a second; the models are warm afterwards.

    Args:
        settings: what to serve.
        calls: counts the requests under way, and says whether the worker stops.

    Raises:
        VisavisError: a part is missing or wrong; the message says which and what to do.
    """
    engine = open_engine(settings)
    calibration = engine.calibration
    secret_key = load_secret_key(secret_key_file(settings))
    store = open_store(store_url(settings), secret_key, migrate=False)
    redis = open_redis_of(settings)
    counts = redis or store
    offload = ThreadOffload()
    resolver = SystemResolver(settings.downloads_at_once)
    jobs = EngineJobs(engine)
    identity = engine.identity
    metrics = Metrics(identity.model_id, identity.runtime, identity.precision)
    workshop = EngineWorkshop(jobs.acquire, jobs.detect, settings.queue_places, metrics)
    service = FaceService(
        workshop=workshop,
        scores=calibration,
        admission=Admission(counts, store, offload),
        tokens=store,
        fetcher=GuardedFetcher(download_policy(settings), resolve=resolver, at_once=settings.downloads_at_once),
        policy=control_policy(settings),
        offload=offload,
        token_key=derive_key(secret_key, "face tokens"),
    )
    adapters = _open_adapters(
        service, store, counts, offload, derive_key(secret_key, "access tokens"), settings.public_hosts
    )
    native = create_native_app(
        service=service,
        keys=store,
        offload=offload,
        identity=identity,
        calibration_id=calibration.calibration_id,
        check_calibration_ids=engine.examiner.calibration_ids,
        is_ready=lambda: parts.is_ready and not calls.is_stopping,
    )
    parts = Parts(Dispatcher(adapters, native, metrics, calls), engine, workshop, store, offload, resolver, redis)
    engine.warm_up(thoroughly=True)
    parts.is_ready = True
    return parts


def open_redis_of(settings: Settings) -> RedisStore | None:
    """Where nonces and rates are kept instead of in the store, if anywhere."""
    return open_redis(settings.redis_url.get_secret_value()) if settings.redis_url else None


def _open_adapters(
    service: FaceService,
    keys: SqlStore,
    nonces: NonceLog,
    offload: ThreadOffload,
    token_key: bytes,
    hosts: Sequence[str],
) -> dict[str, Adapter]:
    return {
        "alibaba": AlibabaAdapter(service=service, keys=keys, nonces=nonces, offload=offload, public_hosts=hosts),
        "tencent": TencentAdapter(service=service, keys=keys, offload=offload, public_hosts=hosts),
        "baidu": BaiduAdapter(service=service, keys=keys, offload=offload, token_key=token_key, public_hosts=hosts),
        "kuaidi100": Kuaidi100Adapter(service=service, keys=keys, offload=offload),
    }


def download_policy(settings: Settings) -> DownloadPolicy:
    """From where pictures may be downloaded."""
    try:
        networks = tuple(ip_network(text) for text in settings.download_networks)
    except ValueError as error:
        raise SettingsError(f"VISAVIS_DOWNLOAD_NETWORKS: {error}") from error
    try:
        return DownloadPolicy(_REACH[settings.downloads], settings.download_hosts, networks)
    except ParameterError as error:
        raise SettingsError(f"VISAVIS_DOWNLOADS, VISAVIS_DOWNLOAD_HOSTS: {error}") from error


_REACH = {"off": Reach.OFF, "allow-list": Reach.HOSTS, "public": Reach.PUBLIC}
