"""Structured logs: one JSON line each, without secrets, safe from injected line ends."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRET_WORDS = ("password", "secret", "token", "cookie", "authorization", "key")


def _mask(_logger: object, _name: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key in entry:
        if any(word in key.lower() for word in _SECRET_WORDS) and key not in {"event", "exception"}:
            entry[key] = "[masked]"
    return entry


def configure(log_format: str, level: str) -> None:
    """Send all logs, also those of libraries, to stderr in `log_format` ("json" or "console") from `level` up."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _mask,
    ]
    last: Any = structlog.processors.JSONRenderer() if log_format == "json" else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last]
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("uvicorn.access", "mail.log", "aiosqlite", "httpx2", "httpcore2", "alembic"):
        logging.getLogger(noisy).setLevel("WARNING")


def get(name: str) -> Any:  # noqa: ANN401  (structlog's bound loggers have no useful static type)
    """Return the logger called `name`."""
    return structlog.get_logger(part=name)
