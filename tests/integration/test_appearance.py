"""The frame of pages without a browser: themes in cookies, teams of the shell, error pages, the style guide, vendored files."""

import gzip
import re

import pytest
from django.test import Client

from config import vendoring
from config.styleguide import styleguide
from teams.shell import shell
from tests.architecture.sources import ROOT, committed
from tests.personas import PASSWORD, personas
from ui.icons import known

LARGEST_CSS = 12 * 1024


@pytest.mark.django_db
def test_a_choice_is_kept_and_goes_back_to_the_page() -> None:
    client = Client()
    answer = client.post("/appearance/", {"theme": "dark", "next": "/accounts/login/"})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/")
    assert answer.cookies["baton_theme"]["samesite"] == "Lax"
    assert 'data-theme="dark"' in client.get("/accounts/login/").content.decode()


@pytest.mark.parametrize("next_page", ["https://example.org/", "//example.org", "javascript:alert(1)", ""])
def test_it_never_leads_to_another_site(next_page: str) -> None:
    assert Client().post("/appearance/", {"theme": "dark", "next": next_page})["Location"] == "/"


@pytest.mark.django_db
def test_what_is_no_choice_is_ignored() -> None:
    client = Client()
    assert client.post("/appearance/", {"theme": '"><script>', "keys": "maybe"}).cookies == {}
    client.cookies["baton_theme"] = '"><script>'
    assert 'data-theme="auto"' in client.get("/accounts/login/").content.decode()


def test_an_address_that_is_none_says_what_to_do() -> None:
    page = Client().get("/no/such/page").content.decode()
    assert "There is nothing here" in page
    assert "Go to the first page" in page


@pytest.mark.django_db
def test_a_page_names_the_team_and_a_fragment_asks_for_none() -> None:
    personas()
    client = Client()
    client.post("/accounts/login/", {"login": "alice@example.org", "password": PASSWORD})
    request = client.get("/").wsgi_request
    assert shell(request)["shell"].team is not None
    request.META["HTTP_HX_REQUEST_TYPE"] = "partial"
    del request.headers
    assert shell(request) == {}


@pytest.mark.django_db
def test_the_style_guide_draws_every_component() -> None:
    request = Client().get("/accounts/login/").wsgi_request
    request.method = "GET"
    page = styleguide(request).content.decode()
    names = {path.stem for path in committed("*.html") if path.parent.name == "components"}
    inside = {"json_branch", "nav_item", "schema_node", "schema_rows"}
    text = "".join(path.read_text() for path in committed("templates/styleguide/*.html"))
    tags = {"pill", "field", "form_errors", "json_tree", "diff", "json_diff", "sparkline", "copy"}
    assert {name for name in names - inside - tags if f"components/{name}.html" not in text} == set()
    assert all(sign in page for sign in ('class="pill"', "<ins>", 'class="sparkline"', "<copy-button", 'class="json"'))


def test_the_style_guide_is_no_page_of_the_product() -> None:
    assert Client().get("/styleguide/").status_code == 404


def test_vendored_files_are_as_locked_and_the_sprite_is_complete() -> None:
    assert vendoring.problems() == []


def test_a_changed_file_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendoring, "_digest", lambda name: "other" if name.endswith("htmx.js") else "")
    assert "static/vendor/htmx.js is not as locked; restore it." in vendoring.problems()


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    text = "".join(path.read_text() for path in committed("*.html"))
    assert set(re.findall(r'{% icon "([a-z0-9-]+)"', text)) - known() == set()


def test_the_styles_of_every_page_are_small() -> None:
    shared = ("tokens", "base", "layout", "components", "forms", "overlays", "data")
    sheets = b"".join((ROOT / f"static/css/{name}.css").read_bytes() for name in shared)
    assert len(gzip.compress(sheets)) < LARGEST_CSS


def test_no_style_names_a_colour_but_the_tokens() -> None:
    named = re.compile(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(")
    sheets = [path for path in committed("static/css/*.css") if path.name != "tokens.css"]
    assert [path.name for path in sheets if named.search(path.read_text())] == []
