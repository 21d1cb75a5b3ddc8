"""What all tests share: one Valkey (and one PostgreSQL with DATABASE=postgres) for a run, no call that leaves
this machine, and no Chromium, no browser test."""

import shutil
import sys
from contextlib import ExitStack

import pytest
from pytest_django import DjangoDbBlocker

from orchestrator.outbound import forbid_real_calls
from tests import servers
from tests.append_only import take_triggers_away

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_stack = ExitStack()
forbid_real_calls()


def pytest_configure(config: pytest.Config) -> None:
    """The process that a person started has the servers; xdist's workers use them."""
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        _stack.enter_context(servers.started())


def pytest_unconfigure() -> None:
    _stack.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests need a browser."""
    if any(map(shutil.which, BROWSERS)):
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason="there is no Chromium here"))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """The migrated database; append-only logs can be emptied after a test (tests/append_only.py)."""
    with django_db_blocker.unblock():
        take_triggers_away()


@pytest.fixture(scope="session")
def is_postgres() -> bool:
    """Whether this run uses PostgreSQL."""
    return servers.is_postgres()


@pytest.fixture(autouse=True)
def _nothing_kept_of_another_test() -> None:
    """Versions never change and their ids are never used again, except by tests that roll back."""
    graphs = sys.modules.get("orchestrator.store.graphs")
    if graphs is not None:
        graphs.graph_of.cache_clear()
    calls = sys.modules.get("orchestrator.worker.model_calls")
    if calls is not None:
        calls.forget_routes()
