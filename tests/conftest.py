"""What all tests share: one Valkey (and one PostgreSQL with DATABASE=postgres) for a run, and no Chromium, no browser test."""

import shutil
from contextlib import ExitStack

import pytest

from tests import servers

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_stack = ExitStack()


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
def is_postgres() -> bool:
    """Whether this run uses PostgreSQL."""
    return servers.is_postgres()
