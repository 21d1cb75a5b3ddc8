"""/healthz: this process answers. /readyz: database, Redis, migrations and a worker are there as well."""

import logging
from collections.abc import Callable

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

logger = logging.getLogger(__name__)


class NotReady(Exception):
    """Something that the server needs is not there; the message says what."""


@require_safe
@never_cache
def healthz(_request: HttpRequest) -> JsonResponse:
    """Touches neither database nor Redis: it tells only whether this process should be restarted."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(_request: HttpRequest) -> JsonResponse:
    """200 where everything is there, else 503 with what is missing."""
    found = readiness()
    is_ready = all(outcome == "ok" for outcome in found.values())
    return JsonResponse({"status": "ok" if is_ready else "not ready", **found}, status=200 if is_ready else 503)


def readiness() -> dict[str, str]:
    """What the server needs, each with "ok" or with what is wrong."""
    checks = {"database": _database, "migrations": _migrations, "redis": _redis, "worker": _worker}
    return {name: _outcome(name, check) for name, check in checks.items()}


def _outcome(name: str, check: Callable[[], None]) -> str:
    try:
        check()
    except NotReady as reason:
        return str(reason)
    except (DatabaseError, redis.RedisError) as error:
        logger.warning("not ready", extra={"part": name, "error": repr(error)})
        return "does not answer"
    return "ok"


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _migrations() -> None:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        raise NotReady(f"{len(missing)} migrations are missing; run `python manage.py migrate`")


def _redis() -> None:
    _client().ping()


def _worker() -> None:
    """A worker waits for wake-ups at Redis with a blocking pop."""
    if not any(client.get("cmd") == "brpop" for client in _client().client_list()):
        raise NotReady("no worker listens; start one with `celery -A config worker -P threads`")


def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=1)
