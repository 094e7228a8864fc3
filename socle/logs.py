"""How the processes log: one JSON line an event on standard error, never personal data."""

import json
import logging
import sys
from typing import Any

import structlog

_ENCODER = json.JSONEncoder(ensure_ascii=False, default=repr)


def configure_logs(component: str, level: int = logging.INFO) -> None:
    """Send structlog's events to standard error as JSON, each with its component's name."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_format),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(component=component)


def _format(event: dict[str, Any], **_: Any) -> str:
    return _ENCODER.encode(event)
