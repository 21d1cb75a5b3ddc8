"""Takes secrets out of log records: message, keys and traceback."""

import logging

from teams.opened import redact_opened

_FORMATTER = logging.Formatter()
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class RedactingFilter(logging.Filter):
    """Belongs on every handler, so that records of all libraries pass it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact_opened(record.getMessage()), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = _FORMATTER.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact_opened(record.exc_text)
        for key, value in list(vars(record).items()):
            if key not in _STANDARD and not isinstance(value, bool | int | float | None):
                setattr(record, key, redact_opened(str(value)))
        return True
