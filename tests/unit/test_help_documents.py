"""The project's documents as HTML."""

from ui.documents import anchor_of, render_document

TEXT = """# Reviewing

See [claims](#claims), [steps](first-steps.md) and [the code](../x.py). ![A review](images/review.png) ![Gone](images/no.png)

## Claims & leases

| a | b |
| - | - |
| <b>1</b> | 2 |
"""


def resolve(target: str) -> str | None:
    return {
        "#claims": "#claims",
        "first-steps.md": "/help/first-steps/",
        "images/review.png": "/help/images/review.png",
    }.get(target)


def test_the_first_heading_is_the_title_and_the_second_level_the_contents() -> None:
    found = render_document(TEXT, resolve=resolve)
    assert found.title == "Reviewing"
    assert [(one.anchor, one.text) for one in found.headings] == [("claims--leases", "Claims & leases")]
    assert 'id="claims--leases"' in found.html


def test_links_lead_where_the_help_serves_their_target_and_others_are_text() -> None:
    html = render_document(TEXT, resolve=resolve).html
    assert '<a href="/help/first-steps/">steps</a>' in html
    assert "<span>the code</span>" in html


def test_a_picture_that_is_not_there_is_its_description() -> None:
    html = render_document(TEXT, resolve=resolve).html
    assert '<img src="/help/images/review.png" alt="A review" loading="lazy"' in html
    assert "Gone" in html
    assert html.count("<img") == 1


def test_html_in_a_document_is_text() -> None:
    assert "&lt;b&gt;1&lt;/b&gt;" in render_document(TEXT, resolve=resolve).html


def test_anchors_are_those_of_the_usual_hosts() -> None:
    assert anchor_of("What `make run` does, first?") == "what-make-run-does-first"
