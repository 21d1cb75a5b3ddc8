"""Addresses of the database and of Redis: from the environment, else those of the embedded servers of the data folder."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import dj_database_url

from config import environment
from config.runtime import broker_socket, postgres_folder, postgres_password

POSTGRES_OPTIONS = {  # planning costs more than running the hot statements: plan each once per connection
    "server_side_binding": True,
    "prepare_threshold": 5,
}
POSTGRES_FLAGS = "-c plan_cache_mode=force_generic_plan"
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",  # a deferred transaction that turns into a writer fails at once when another writes
    "timeout": 30,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
}


def database_url(data: Path) -> str:
    """The address of the database."""
    given = environment.text("DATABASE_URL")
    if given:
        return given
    return (
        embedded_postgres(data) if environment.is_on("POSTGRES") else f"sqlite:///{quote(str(data / 'baton.sqlite3'))}"
    )


def embedded_postgres(data: Path) -> str:
    """The address of the PostgreSQL that the supervisor starts."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    return f"postgres://baton:{postgres_password(data)}@{quote(str(postgres_folder(data)), safe='')}/baton"


def database(url: str) -> dict[str, Any]:
    """Django's description of the database at that address, with the options that the product needs."""
    found: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=None))
    options = dict(found.get("OPTIONS", {}))
    if found["ENGINE"].endswith("postgresql"):
        flags = f"{options.get('options', '')} {POSTGRES_FLAGS}".strip()
        return {**found, "OPTIONS": {**POSTGRES_OPTIONS, **options, "options": flags}}
    if found["ENGINE"].endswith("sqlite3"):
        return {**found, "OPTIONS": {**SQLITE_OPTIONS, **options}}
    raise environment.WrongVariable(f"DATABASE_URL must be postgres:// or sqlite:///, not {urlsplit(url).scheme}://.")


def redis_url(data: Path) -> str:
    """The address of Redis as redis-py reads it."""
    given = environment.text("REDIS_URL") or f"unix://{broker_socket(data)}?db=0"
    if urlsplit(given).scheme not in {"redis", "rediss", "unix"}:
        raise environment.WrongVariable("REDIS_URL must be redis://, rediss:// or unix://PATH?db=0.")
    return given


def broker_url(redis: str) -> str:
    """The same address as Celery reads it."""
    split = urlsplit(redis)
    if split.scheme != "unix":
        return redis
    number = parse_qs(split.query).get("db", ["0"])[0]
    return f"redis+socket://{split.path}?virtual_host={number}"
