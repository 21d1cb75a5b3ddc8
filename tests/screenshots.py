"""The pictures of the documents: every page of a filled team, in both themes, wide and on a phone. `python -m tests.screenshots`.

Starts the product with a folder of its own, lets `baton demo` fill it, and writes docs/images/. With words as arguments only the
pages with such a name are taken.
"""

import io
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from tests.browser.products import signed_in
from tests.browser.serving import chromium
from tests.command_line import ROOT, Product, product

IMAGES = ROOT / "docs" / "images"
COLOURS = 200
SETTLE = 800
"""Milliseconds."""
THEMES = ("light", "dark")
WIDTHS = {1440: 900, 360: 740}
QUIET = "document.querySelectorAll('.is-spinning').forEach((one) => one.classList.remove('is-spinning'))"


def pages(found: Product) -> Mapping[str, str]:
    """The address of each page, by the name of its picture."""
    runs = found.client.get("runs")["items"]
    waiting = next(run["id"] for run in runs if run["status"] == "waiting")
    done = next(run["id"] for run in runs if run["status"] == "succeeded" and run["workflow"] == "support-ticket")
    review = found.client.get("reviews", run=waiting)["items"][0]["id"]
    return {
        "workflows": "/workflows/",
        "templates": "/workflows/templates/",
        "workflow": "/workflows/3/",
        "start": "/workflows/3/start/",
        "import": "/workflows/import/",
        "runs": "/runs/",
        "run": f"/runs/{done}/",
        "run-waiting": f"/runs/{waiting}/",
        "run-timeline": f"/runs/{done}/?tab=timeline",
        "run-log": f"/runs/{done}/?tab=log",
        "run-result": f"/runs/{done}/?tab=result",
        "inbox": "/inbox/",
        "review": f"/inbox/{review}/",
        "queues": "/settings/queues/",
        "connections": "/settings/connections/",
        "limits": "/settings/limits/",
        "members": "/settings/members/",
        "tokens": "/settings/tokens/",
        "profile": "/settings/profile/",
        "tables": "/settings/tables/",
        "audit": "/settings/audit/",
        "help": "/help/",
        "help-page": "/help/first-steps/",
        "sign-in": "/accounts/login/",
    }


def main() -> int:
    wanted = sys.argv[1:]
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="baton-pictures-") as folder, product(Path(folder) / "data") as found:
        assert found.baton("demo").status == 0
        addresses = {name: path for name, path in pages(found).items() if not wanted or name in wanted}
        with chromium() as browser:
            for name, picture in taken(browser, found, addresses):
                (IMAGES / f"{name}.png").write_bytes(picture)
    return 0


def taken(browser: Browser, found: Product, addresses: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """Every picture with its name. Raises AssertionError where a page does not answer."""
    for theme in THEMES:
        for width, height in WIDTHS.items():
            viewport = {"width": width, "height": height}
            with signed_in(browser, found, viewport=viewport, color_scheme=theme, reduced_motion="reduce") as context:
                page = context.new_page()
                for name, address in addresses.items():
                    if name == "sign-in":
                        context.clear_cookies()
                    answer = page.goto(address)
                    assert answer is not None
                    assert answer.ok, f"{address} answers {answer.status}"
                    yield f"{name}-{theme}-{width}", small(shot(page, is_whole=width == min(WIDTHS)))


def shot(page: Page, *, is_whole: bool) -> bytes:
    """The page when its fragments have come: a page with a stream is never idle, so a moment must do."""
    page.wait_for_timeout(SETTLE)
    page.evaluate(QUIET)
    return page.screenshot(full_page=is_whole, animations="disabled")


def small(picture: bytes) -> bytes:
    """The same with a palette: a third of the bytes, and no difference to be seen."""
    made = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS).save(made, "PNG", optimize=True)
    return made.getvalue()


if __name__ == "__main__":
    sys.exit(main())
