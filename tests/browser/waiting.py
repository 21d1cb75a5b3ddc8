"""Waiting on a condition in a page. Playwright's own `wait_for_function` evaluates text in the page, which our policy forbids."""

import time
from typing import Any

from playwright.sync_api import Page

SECONDS = 10.0
FRAME = "() => new Promise((done) => requestAnimationFrame(() => done()))"


def until(page: Page, condition: str, arg: Any = None) -> None:
    """Look once per frame until the JavaScript expression or function gives something true."""
    last = time.monotonic() + SECONDS
    while not page.evaluate(condition, arg):
        if time.monotonic() > last:
            raise AssertionError(f"after {SECONDS:g} s it is still not so: {condition}")
        page.evaluate(FRAME)
