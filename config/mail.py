"""Where mail goes, from one address."""

from typing import Any
from urllib.parse import unquote, urlsplit

from config import environment


def mail_settings(url: str) -> dict[str, Any]:
    """Django's EMAIL_* settings for smtp://, smtp+tls:// (STARTTLS) or nothing (the log)."""
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    split = urlsplit(url)
    if split.scheme not in {"smtp", "smtp+tls"} or not split.hostname:
        raise environment.WrongVariable(
            "BATON_MAIL_URL must be smtp://HOST:PORT or smtp+tls://USER:PASSWORD@HOST:PORT."
        )
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": split.hostname,
        "EMAIL_PORT": split.port or 25,
        "EMAIL_HOST_USER": unquote(split.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(split.password or ""),
        "EMAIL_USE_TLS": split.scheme == "smtp+tls",
        "EMAIL_TIMEOUT": 10,
    }
