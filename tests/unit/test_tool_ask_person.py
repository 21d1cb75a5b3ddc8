"""ask_person puts a question to people and gives back what they filled in."""

import pytest

from orchestrator.contract.errors import Suspended, ToolRefused
from orchestrator.contract.questions import Decision, Kind, PersonQuestion
from orchestrator.tools.ask_person import ANSWER, TOOL
from tests.fakes.tool_context import FakeToolContext, use

FORM = {"type": "object", "properties": {"day": {"type": "string", "format": "date"}}, "required": ["day"]}


def test_the_answer_comes_back_and_the_question_had_its_form():
    asked: list[PersonQuestion] = []

    def answer(question: PersonQuestion) -> Decision:
        asked.append(question)
        return Decision(verdict="answered", value={"day": "2026-11-09"}, comment="by phone")

    found = use(TOOL, {"question": "Which day?", "form": FORM, "queue": "sales"}, FakeToolContext(answer=answer))
    assert found == {"answered": True, "value": {"day": "2026-11-09"}, "comment": "by phone"}
    assert (asked[0].kind, asked[0].schema, asked[0].queue, asked[0].title) == (Kind.INPUT, FORM, "sales", "Which day?")


def test_without_a_form_one_text_is_asked_for_and_declining_is_told():
    asked: list[PersonQuestion] = []

    def answer(question: PersonQuestion) -> Decision:
        asked.append(question)
        return Decision(verdict="declined", comment="not my customer")

    found = use(TOOL, {"question": "Which day?"}, FakeToolContext(answer=answer))
    assert found == {"answered": False, "value": None, "comment": "not my customer"}
    assert asked[0].schema == ANSWER


def test_nobody_has_answered_yet_suspends():
    with pytest.raises(Suspended):
        use(TOOL, {"question": "Which day?"})


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"type": "string"}, "type object"),
        ({"type": "object", "properties": {"a": {"type": "text"}}}, "is not valid"),
        ({"type": "object", "properties": {"a": {"$ref": "https://evil.example/x"}}}, "leads outside"),
        ({"type": "object", "properties": {"a": {"type": "string", "pattern": "(?=x)"}}}, "RE2"),
    ],
)
def test_a_form_that_cannot_be_shown_is_refused(form, words):
    with pytest.raises(ToolRefused, match=words):
        use(TOOL, {"question": "?", "form": form})
