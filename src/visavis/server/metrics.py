"""What operators watch, counted over all workers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

_ENVIRONMENT = "PROMETHEUS_MULTIPROC_DIR"
_LATENCY_BUCKETS_S = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


def share_metrics(folder: Path) -> None:
    """Let all processes that are started from now on count into this folder. Before `Metrics` is made anywhere."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for stale in folder.glob("*.db"):
        stale.unlink()
    os.environ[_ENVIRONMENT] = str(folder)


def render_metrics() -> tuple[bytes, str]:
    """All counts of all workers in Prometheus' text format, and its content type."""
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    registry: CollectorRegistry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry), CONTENT_TYPE_LATEST


def forget_worker(pid: int) -> None:
    """A worker is gone: its gauges no longer count."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(pid)  # type: ignore[no-untyped-call]


class Metrics:
    """The counters of one worker."""

    def __init__(self, model_id: str, runtime: str, precision: str) -> None:
        from prometheus_client import Counter, Gauge, Histogram

        self._requests = Counter("visavis_requests", "Requests answered.", ["api", "status"])
        self._errors = Counter("visavis_errors", "Requests answered with an error.", ["api", "code"])
        self._latency = Histogram(
            "visavis_request_seconds", "From first byte to answer.", ["api"], buckets=_LATENCY_BUCKETS_S
        )
        self._stages = Histogram(
            "visavis_stage_seconds", "In each stage of the engine, by picture.", ["stage"], buckets=_LATENCY_BUCKETS_S
        )
        self._waiting = Gauge("visavis_queue_depth", "Calls that wait for the engine.", multiprocess_mode="livesum")
        labels = ["model", "runtime", "precision"]
        models = Gauge("visavis_model", "1 for the model that is served.", labels, multiprocess_mode="livemax")
        models.labels(model_id, runtime, precision).set(1)

    def count_request(self, api: str, status: int, error_code: str | None, seconds: float) -> None:
        """A request was answered."""
        self._requests.labels(api, str(status)).inc()
        self._latency.labels(api).observe(seconds)
        if error_code is not None:
            self._errors.labels(api, error_code).inc()

    def count_stage(self, stage: str, seconds: float) -> None:
        """A stage of the engine took so long."""
        self._stages.labels(stage).observe(seconds)

    def show_waiting(self, count: int) -> None:
        """So many calls wait now."""
        self._waiting.set(count)
