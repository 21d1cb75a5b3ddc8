"""Every page of a filled team, in both themes, wide and on a phone: nothing stands in anybody's way, and nothing is heavy.

The list of pages is compared with the addresses that the product has: one that is missing fails.
"""

import re
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import Browser, Page, expect

from config.help import CHAPTERS, DOCS
from tests.browser.conftest import WATCH
from tests.browser.products import put, session_of, signed_in
from tests.browser.waiting import until
from tests.command_line import Product, product
from tests.security.page_cases import CASES
from tests.servers import wait_until
from tests.world import MESSAGE

AXE = (Path(__file__).resolve().parents[1] / "vendor" / "axe.js").read_text()
FOUND = """async () => (await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}))
  .violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target).join(" ")}`)"""
UNGUARDED = """[...document.querySelectorAll("form[method=post]")]
  .filter((form) => !form.querySelector("[name=csrfmiddlewaretoken]")?.value).map((form) => form.action)"""
WIDER = """[...document.querySelectorAll("main *")].filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
  .slice(0, 5).map((one) => one.className || one.tagName)"""
SETTLED = (
    "() => document.readyState === 'complete' && !document.querySelector('main .htmx-request, main [aria-busy=true]')"
)
NO_NUMBER = {"expression": "abs(@)", "data": "{{ inputs.message }}"}
FAILS = {"inputs": MESSAGE, "nodes": {"cut": {"type": "transform", "config": NO_NUMBER}}, "edges": []}
LIGHT, LIGHT_RUN = 150_000, 250_000
"""Bytes over the wire of everything that a page brings to a browser that has never been here."""
PAGES: Mapping[str, str] = {
    "workflows": "/workflows/",
    "workflows, none found": "/workflows/?q=zzzz",
    "archived workflows": "/workflows/?archived=1",
    "templates": "/workflows/templates/",
    "import": "/workflows/import/",
    "workflow": "/workflows/{workflow}/",
    "workflow, a step": "/workflows/{workflow}/?step=reply",
    "workflow, versions": "/workflows/{workflow}/?tab=versions",
    "workflow, runs": "/workflows/{workflow}/?tab=runs",
    "workflow, settings": "/workflows/{workflow}/?tab=settings",
    "start": "/workflows/{workflow}/start/",
    "start with a sample": "/workflows/{workflow}/start/?sample=0",
    "runs": "/runs/",
    "runs, none found": "/runs/?q=zzzz",
    "run": "/runs/{done}/",
    "run, timeline": "/runs/{done}/?tab=timeline&step=billing",
    "run, log": "/runs/{done}/?tab=log",
    "run, result": "/runs/{done}/?tab=result&step=classify",
    "run that waits": "/runs/{waiting}/?step=reply",
    "run that failed": "/runs/{failed}/",
    "skip": "/runs/{failed}/skip/?path=cut",
    "inbox": "/inbox/",
    "inbox, all": "/inbox/?view=all",
    "inbox, none found": "/inbox/?q=zzzz",
    "review": "/inbox/{review}/",
    "review that is decided": "/inbox/{decided}/",
    "team": "/settings/team/",
    "profile": "/settings/profile/",
    "members": "/settings/members/",
    "new member": "/settings/members/new/",
    "member": "/settings/members/{member}/",
    "tokens": "/settings/tokens/",
    "new token": "/settings/tokens/new/",
    "audit": "/settings/audit/",
    "tables": "/settings/tables/",
    "table": "/settings/tables/rows/customers/",
    "queues": "/settings/queues/",
    "new queue": "/settings/queues/new/",
    "queue": "/settings/queues/edit/{queue}/",
    "connections": "/settings/connections/",
    "choose a provider": "/settings/connections/add/",
    "new connection": "/settings/connections/add/anthropic/",
    "connection": "/settings/connections/{connection}/",
    "limits": "/settings/limits/",
    "help": "/help/",
    "help, found": "/help/?q=queue",
    "help page": "/help/first-steps/",
    "help, long page": "/help/reference/nodes/",
    "two factors": "/accounts/2fa/",
    "password": "/accounts/password/change/",
    "sign out": "/accounts/logout/",
    "nothing": "/no/such/page/",
}
BEFORE: Mapping[str, str] = {
    "sign in": "/accounts/login/",
    "forgotten password": "/accounts/password/reset/",
    "dead link": "/sign-in/nothing/",
    "dead invitation": "/join/nothing/",
}
"""Before the sign-in."""
WITHOUT_HELP = ("nothing", "two factors", "password", "sign out")
"""A page that is not there, and the forms of django-allauth, whose layout has no place for the link."""
NO_PAGES = {
    "": "leads on",
    "settings/": "leads on",
    "inbox/count/": "a number",
    "inbox/fragment/": "a part of other pages: that of a run that waits",
    "inbox/<int:review_id>/fragment/": "a part of other pages",
    "runs/comments/": "a part of other pages: that of a run",
    "runs/<int:run_id>/steps/": "a part of another page",
    "runs/<int:run_id>/state/": "for a program",
    "runs/<int:run_id>/log.txt": "a file",
    "runs/export/<slug:kind>/": "a file",
    "workflows/<int:workflow_id>/export/": "a file",
    "settings/audit/export/": "a file",
    "command-menu/": "a part of every page",
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Product, Mapping[str, Any]]]:
    """A team with something of everything, and the numbers that fill the addresses."""
    with product(tmp_path_factory.mktemp("pages") / "data") as running:
        assert running.baton("demo").status == 0
        yield running, fill(running)


def fill(running: Product) -> Mapping[str, Any]:
    client = running.client
    failing = client.post("workflows", {"name": "Fails", "document": FAILS})
    failed = client.post("runs", {"workflow": failing["slug"], "input": {"message": "x"}})["id"]
    member = client.post("members", {"email": "dora@example.org", "role": "viewer", "name": "Dora"})["id"]
    link = client.post("connections", {"name": "Another", "provider": "demo"})["id"]
    put(running, "queues/support", {"name": "Support"})
    wait_until(lambda: client.get(f"runs/{failed}")["status"] == "failed", seconds=60)
    runs = client.get("runs")["items"]
    done = next(one for one in runs if one["workflow"] == "support-ticket" and one["status"] == "succeeded")
    waiting = next(one for one in runs if one["status"] == "waiting")
    return {
        "workflow": workflow_of(running),
        "done": done["id"],
        "waiting": waiting["id"],
        "failed": failed,
        "review": client.get("reviews", run=waiting["id"])["items"][0]["id"],
        "decided": client.get("reviews", run=done["id"], view="all", status="closed")["items"][0]["id"],
        "member": member,
        "queue": "support",
        "connection": link,
    }


def workflow_of(running: Product) -> int:
    """The id of the support ticket, which its pages are called by."""
    headers = {"Cookie": f"baton_session={session_of(running)}"}
    with urllib.request.urlopen(
        urllib.request.Request(f"{running.client.address}/workflows/", headers=headers)
    ) as page:
        found = re.search(r'href="/workflows/(\d+)/"[^>]*>\s*Support ticket', page.read().decode())
    assert found
    return int(found[1])


def visit(page: Page, address: str) -> None:
    page.goto(address)
    until(page, SETTLED)


def flaws(page: Page) -> list[str]:
    """What axe finds, what the policy has refused, what is too wide, forms that would be refused."""
    page.evaluate(AXE)
    found = list(page.evaluate(FOUND))
    found += [f"refused by the policy: {one}" for one in page.evaluate("window.refused")]
    found += [f"no token: {one}" for one in page.evaluate(UNGUARDED)]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append(f"wider than the window: {page.evaluate(WIDER)}")
    return found


def flaws_of(browser: Browser, running: Product, address: str, *, is_signed_in: bool = True) -> list[str]:
    """All flaws in both themes at both widths, each with where it is."""
    found: list[str] = []
    with signed_in(browser, running, reduced_motion="reduce") as context:
        if not is_signed_in:
            context.clear_cookies()
        context.add_init_script(WATCH)
        page = context.new_page()
        page.on("pageerror", lambda error: found.append(f"script: {error}"))
        page.on("console", lambda said: found.append(f"console: {said.text}") if is_error(said, address) else None)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            for width in (1440, 360):
                page.set_viewport_size({"width": width, "height": 900})
                visit(page, address)
                found += [f"{theme} {width}: {one}" for one in flaws(page)]
    return found


def is_error(said: Any, address: str) -> bool:
    """A page that is not found says so on the console; that is no fault."""
    return said.type == "error" and not (said.location.get("url", "").endswith(address) and "404" in said.text)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_flaw(browser: Browser, filled: tuple[Product, Mapping[str, Any]], name: str) -> None:
    running, numbers = filled
    assert flaws_of(browser, running, PAGES[name].format(**numbers)) == []


@pytest.mark.parametrize("name", BEFORE)
def test_a_page_before_the_sign_in_has_no_flaw(
    browser: Browser, filled: tuple[Product, Mapping[str, Any]], name: str
) -> None:
    assert flaws_of(browser, filled[0], BEFORE[name], is_signed_in=False) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_light_and_leads_to_its_help(
    browser: Browser, filled: tuple[Product, Mapping[str, Any]], name: str
) -> None:
    running, numbers = filled
    with signed_in(browser, running) as context:
        page = context.new_page()
        wire, sizes = context.new_cdp_session(page), dict[str, float]()
        wire.send("Network.enable")
        wire.on("Network.loadingFinished", lambda told: sizes.update({told["requestId"]: told["encodedDataLength"]}))
        visit(page, PAGES[name].format(**numbers))
        assert sum(sizes.values()) < (LIGHT_RUN if name.startswith("run") else LIGHT)
        if name not in WITHOUT_HELP:
            helps(page, running)


def helps(page: Page, running: Product) -> None:
    """The link to the help leads to a document, and to a heading that is in it."""
    link = page.get_by_role("link", name="Help for this page")
    expect(link).to_be_visible()
    target = str(link.get_attribute("href"))
    name, _, anchor = target.removeprefix("/help/").partition("#")
    names = {one.removeprefix("help/") for _title, listed in CHAPTERS for one in listed}
    if not name:
        assert page.url.startswith(f"{running.client.address}/help/")
        return
    assert name.strip("/") in names, target
    assert any((DOCS / f"{folder}{name.strip('/')}.md").is_file() for folder in ("", "help/")), target
    if anchor:
        page.goto(target)
        expect(page.locator(f'[id="{anchor}"]')).to_have_count(1)


def test_every_page_of_the_product_is_in_the_list() -> None:
    routes = {name.split(" ")[1] for name in CASES if name.startswith("GET")} - set(NO_PAGES)
    seen = {route_of(address) for address in PAGES.values()}
    assert routes - seen == set()


def route_of(address: str) -> str:
    path = re.sub(r"\{(\w+)\}", lambda found: "support" if found[1] == "queue" else "1", address.partition("?")[0])
    try:
        return str(resolve(path).route)
    except Resolver404:
        return ""
