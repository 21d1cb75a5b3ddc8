"""Logs as events: a fixed message, then keys. Whoever logs writes `logger.info("run started", extra={"run": 7})`."""

import json
import logging
from typing import Any

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


class EventFormatter(logging.Formatter):
    """One line: time, level, logger, message, and each key of the record as key=value."""

    default_msec_format = "%s.%03d"

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # the name is the standard library's
        keys = {key: value for key, value in vars(record).items() if key not in _STANDARD}
        return " ".join([super().formatMessage(record), *(f"{key}={_shown(value)}" for key, value in keys.items())])


def _shown(value: object) -> str:
    """A value on one line; quoted where it would be hard to tell where it ends."""
    shown = str(value)
    return shown if shown and shown.isprintable() and " " not in shown else json.dumps(shown)


def is_no_probe(record: logging.LogRecord) -> bool:
    """Whether a record is worth a line: /readyz answers 503 at every start, and says why in its body."""
    return record.args != ("Service Unavailable", "/readyz")


def logging_settings(level: str) -> dict[str, Any]:
    """Django's LOGGING: everything to standard error, in one format."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"events": {"()": "config.logs.EventFormatter"}},
        "filters": {
            "probes": {"()": "django.utils.log.CallbackFilter", "callback": is_no_probe},
            "secrets": {"()": "teams.log_filter.RedactingFilter"},
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "events", "filters": ["secrets"]}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.request": {"filters": ["probes"]},
            "django.server": {"handlers": [], "propagate": True},
            "uvicorn.access": {"level": "WARNING"},
            "httpx2": {"level": "WARNING"},
        },
    }
