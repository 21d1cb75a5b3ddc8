"""The product's pages on a port of this process, and a Chromium to look at them with. For tests and for measurements."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test import override_settings
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, sync_playwright

HOST = "127.0.0.1"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")


@contextmanager
def served() -> Iterator[str]:
    """The address of the product's pages, and of those of tests/browser/pages.py; no sockets."""
    folders = [*settings.TEMPLATES[0]["DIRS"], Path(__file__).parent / "templates"]
    templates = [{**settings.TEMPLATES[0], "DIRS": folders}]
    own = {"ROOT_URLCONF": "tests.browser.pages", "TEMPLATES": templates, "ALLOWED_HOSTS": ["localhost"]}
    with override_settings(**own):
        thread = LiveServerThread(HOST, StaticFilesHandler)
        thread.daemon = True
        thread.start()
        thread.is_ready.wait()
        assert not thread.error, thread.error
        yield f"http://localhost:{thread.port}"
        thread.terminate()
        thread.join()


def chromium_path() -> str | None:
    """Debian's Chromium. (Playwright's own is not installed.)"""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running Chromium. Playwright's loop runs in this thread as long, so Django is told that nothing is asynchronous."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with sync_playwright() as playwright:
            running = playwright.chromium.launch(executable_path=chromium_path(), args=list(ARGUMENTS))
            yield running
            running.close()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
