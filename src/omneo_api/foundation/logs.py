"""Structured logs: a JSON line per request and failure, route templates instead of paths, no personal data."""

import logging
import sys
import traceback
from collections.abc import Mapping
from typing import Any

import orjson
import structlog


def configure_logs(level: str = "info") -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=lambda value, **_: orjson.dumps(value, default=str)),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.BytesLoggerFactory(file=sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    logging.getLogger().handlers = [_Bridge(logging.WARNING)]


class _Bridge(logging.Handler):
    """Warnings of libraries, without their texts: those may quote the values of rows."""

    def emit(self, record: logging.LogRecord) -> None:
        fault = record.exc_info[1] if record.exc_info else None
        logger.warning(
            "library", source=record.name, kind=type(fault).__name__ if fault else None, where=_places(fault)
        )


logger = structlog.get_logger()


def log_request(
    request_id: str, method: str, route: str, status: int, seconds: float, trace: Mapping[str, Any]
) -> None:
    logger.info(
        "request",
        request_id=request_id,
        method=method,
        route=route,
        status=status,
        ms=round(seconds * 1000, 2),
        tenant=trace.get("tenant"),
        user=trace.get("user"),
    )


def log_failure(request_id: str, fault: BaseException) -> None:
    """The place and kind of an unexpected failure. Its text is left out: database errors quote the values of rows."""
    logger.error("failure", request_id=request_id, kind=type(fault).__name__, where=_places(fault))


def _places(fault: BaseException | None) -> list[str]:
    frames = traceback.extract_tb(fault.__traceback__) if fault else []
    return [f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno} {frame.name}" for frame in frames[-8:]]
