"""Prometheus metrics of this process, served at `/metrics`."""

from functools import lru_cache
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

REQUESTS = Counter(
    "omneo_requests", "Answers by method, route and status.", ["method", "route", "status"], registry=REGISTRY
)
SECONDS = Histogram(
    "omneo_request_seconds",
    "Time from request to answer.",
    ["method", "route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)
JOBS = Counter("omneo_jobs", "Finished jobs by task and outcome.", ["task", "outcome"], registry=REGISTRY)


@lru_cache(maxsize=8192)
def _children(method: str, route: str, status: int) -> tuple[Any, Any]:
    return REQUESTS.labels(method, route, status), SECONDS.labels(method, route)


def observe(method: str, route: str, status: int, seconds: float) -> None:
    count, time_taken = _children(method, route, status)
    count.inc()
    time_taken.observe(seconds)


def exposition() -> bytes:
    return generate_latest(REGISTRY)
