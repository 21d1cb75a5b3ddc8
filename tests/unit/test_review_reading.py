"""Questions as they are stored, and what is made of those that nobody wrote for people."""

import json

import pytest

from orchestrator.contract.questions import Kind, PersonQuestion, question_from_json, question_to_json
from reviews.reading import stored_question


def test_a_question_survives_being_stored() -> None:
    question = PersonQuestion(
        kind=Kind.TOOL_CALL,
        title="Refund?",
        subject={"tool": "pay", "arguments": {"amount": 3}},
        schema={"type": "object"},
        queue="money",
        instructions="Not above 100.",
        choices={"yes": "Yes"},
        context="The customer is angry.",
    )
    stored = json.dumps(question_to_json(question))
    assert question_from_json(json.loads(stored)) == question
    assert stored_question(kind="tool_call", path="agent", key="turn:1/tool:a", body=stored) == question


@pytest.mark.parametrize(
    "source", [{}, {"kind": "output"}, {"kind": "song", "title": ""}, {"kind": "plan", "title": 3}]
)
def test_what_is_no_question_is_refused(source: dict[str, object]) -> None:
    with pytest.raises((KeyError, ValueError)):
        question_from_json(source)


@pytest.mark.parametrize(
    "body", ["null", "[1]", "no JSON", '{"title": 3}', '{"title": "a", "choices": []  , "schema": 4}']
)
def test_a_body_that_nobody_can_read_is_still_shown(body: str) -> None:
    question = stored_question(kind="output", path="draft", key="gate", body=body)
    assert question.title == "draft needs review"
    assert question.queue == "default"


def test_an_incident_of_the_engine_gets_words() -> None:
    question = stored_question(kind="incident", path="agent", key="incident:3:crashed_three_times", body="null")
    assert question.title == "agent needs a decision"
    assert question.instructions.startswith("The worker was lost three times")


def test_an_unknown_incident_is_named_by_its_code() -> None:
    question = stored_question(kind="incident", path="agent", key="incident:1:moon", body='{"code": "moon"}')
    assert question.instructions.startswith("moon ")
    assert question.subject == {"code": "moon"}


def test_text_that_cannot_be_stored_is_cleaned() -> None:
    body = json.dumps({"title": "a\0b", "queue": "c\0"})
    question = stored_question(kind="output", path="draft", key="gate", body=body)
    assert (question.title, question.queue) == ("a\ufffdb", "c\ufffd")
