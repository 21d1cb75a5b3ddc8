"""The settings describe both databases and Redis by addresses, and the wiring answers."""

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from config.celery import app


@pytest.mark.store
@pytest.mark.django_db
def test_the_database_has_the_options_that_the_product_relies_on(is_postgres: bool) -> None:
    with connection.cursor() as cursor:
        if is_postgres:
            cursor.execute("SHOW plan_cache_mode")
            assert cursor.fetchone() == ("force_generic_plan",)
        else:
            found = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
            assert found == ["wal", 2]
            assert cursor.execute("PRAGMA busy_timeout").fetchone() == (30_000,)


def test_health_needs_neither_database_nor_redis() -> None:
    response = Client().get("/healthz")
    assert response.json() == {"status": "ok"}


@pytest.mark.django_db
def test_readiness_names_what_is_missing() -> None:
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert response.json() == {
        "status": "not ready",
        "database": "ok",
        "migrations": "ok",
        "redis": "ok",
        "worker": "no worker listens; start one with `celery -A config worker -P threads`",
    }


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/healthz", "/no-such-page", "/accounts/login/"])
def test_every_answer_carries_the_policy(path: str) -> None:
    policy = Client().get(path)["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_celery_only_carries_hints() -> None:
    conf = app.conf
    assert (conf.task_acks_late, conf.result_backend, conf.task_ignore_result) == (False, None, True)
    assert conf.accept_content == ["json"]
    assert conf.worker_prefetch_multiplier == 1
    assert conf.broker_transport_options["socket_timeout"] == 5
    assert conf.broker_transport_options["socket_connect_timeout"] == 2
    assert conf.broker_transport_options["health_check_interval"] == 5


def test_the_tests_never_reach_a_real_model() -> None:
    assert settings.BATON_MODEL_CALLS == "forbidden"
