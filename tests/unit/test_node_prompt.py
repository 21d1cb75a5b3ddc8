"""A prompt: one call, text or data, repaired, corrected by people, done anew after feedback."""

import json

import pytest
from pydantic import ValidationError

from orchestrator.contract.codec import message_to_json
from orchestrator.contract.context import Feedback
from orchestrator.contract.errors import Suspended, TransientCallError
from orchestrator.contract.messages import Message, Role, Stop, Text, user
from orchestrator.contract.questions import Decision, Kind
from orchestrator.nodes.prompt import NODE
from orchestrator.structured import ModelRefused, OutputInvalid
from tests.fakes.context import FakeContext, says

SCHEMA = {
    "type": "object",
    "required": ["sum"],
    "properties": {"sum": {"type": "number"}},
    "additionalProperties": False,
}


def texts(messages: tuple[Message, ...]) -> list[tuple[str, str]]:
    return [
        (message.role.value, "".join(part.text for part in message.parts if isinstance(part, Text)))
        for message in messages
    ]


def test_the_filled_prompt_is_asked_once_and_the_text_goes_on():
    context = FakeContext(values={"inputs": {"text": "long", "tone": "calm"}}, script=[says("short")])
    result = context.run(
        NODE,
        {
            "model": "fast",
            "system": "Be {{ inputs.tone }}.",
            "prompt": "Shorten: {{ inputs.text }}",
            "temperature": 0.2,
        },
    )
    assert (result.output, result.reason) == ({"text": "short"}, "")
    key, request = context.requests[0]
    assert (key, request.model, request.system, request.temperature) == ("answer", "fast", "Be calm.", 0.2)
    assert texts(request.messages) == [("user", "Shorten: long")]


def test_running_it_again_repeats_no_call_even_when_its_wording_changed():
    context = FakeContext(script=[says("one")])
    assert context.run(NODE, {"prompt": "Say a number"}).output == context.run(NODE, {"prompt": "Name one"}).output
    assert len(context.requests) == 1


def test_data_that_fits_the_schema_goes_on_as_data():
    context = FakeContext(script=[says('```json\n{"sum": 3}\n```')])
    output = context.run(NODE, {"prompt": "Add", "output_schema": SCHEMA}).output
    assert output["data"] == {"sum": 3}
    assert json.loads(output["text"]) == {"sum": 3}
    assert context.requests[0][1].output_schema == SCHEMA


def test_an_answer_that_does_not_fit_is_sent_back_with_what_is_wrong():
    context = FakeContext(script=[says("three"), says('{"sum": "3"}'), says('{"sum": 3}')])
    assert context.run(NODE, {"prompt": "Add", "output_schema": SCHEMA}).output["data"] == {"sum": 3}
    assert [key for key, _ in context.requests] == ["answer", "answer/repair:1", "answer/repair:2"]
    assert "'3' is not of type 'number'" in texts(context.requests[2][1].messages)[-1][1]


def test_a_pause_between_repairs_repeats_none_of_them():
    context = FakeContext(script=[says("three"), TransientCallError("busy"), says('{"sum": 3}')])
    config = {"prompt": "Add", "output_schema": SCHEMA}
    with pytest.raises(TransientCallError):
        context.run(NODE, config)
    assert context.run(NODE, config).output["data"] == {"sum": 3}
    assert [key for key, _ in context.requests] == ["answer", "answer/repair:1", "answer/repair:1"]


def test_after_the_last_repair_it_fails_with_advice():
    context = FakeContext(script=[says("a"), says("b")])
    with pytest.raises(OutputInvalid, match="does not fit"):
        context.run(NODE, {"prompt": "Add", "output_schema": SCHEMA, "repairs": 1})


def test_after_the_last_repair_a_person_may_correct_it():
    context = FakeContext(script=[says("about three")])
    config = {"prompt": "Add", "output_schema": SCHEMA, "repairs": 0, "if_invalid": "ask", "queue": "sums"}
    with pytest.raises(Suspended):
        context.run(NODE, config)
    question = context.asked["answer/fix"]
    assert (question.kind, question.subject, question.schema, question.queue) == (
        Kind.INPUT,
        "about three",
        SCHEMA,
        "sums",
    )
    context.decisions["answer/fix"] = Decision(verdict="answered", value={"sum": 3})
    result = context.run(NODE, config)
    assert (result.output["data"], result.reason, len(context.requests)) == ({"sum": 3}, "corrected by a person", 1)


def test_nobody_wants_to_correct_it():
    context = FakeContext(script=[says("x")], decisions={"answer/fix": Decision(verdict="declined", comment="no idea")})
    with pytest.raises(OutputInvalid, match=r"Nobody corrected it. no idea"):
        context.run(NODE, {"prompt": "Add", "output_schema": SCHEMA, "repairs": 0, "if_invalid": "ask"})


@pytest.mark.parametrize("more", [{}, {"output_schema": SCHEMA}])
def test_a_refusal_says_what_the_model_said(more):
    context = FakeContext(script=[says("I will not.", stop=Stop.REFUSAL)])
    with pytest.raises(ModelRefused, match="I will not"):
        context.run(NODE, {"prompt": "x"} | more)


def test_a_text_that_was_cut_off_says_so():
    context = FakeContext(script=[says("It was", stop=Stop.LENGTH)])
    assert context.run(NODE, {"prompt": "x", "max_tokens": 5}).reason == "cut off at 5 tokens"


def test_a_new_round_shows_the_last_output_and_the_comment():
    feedback = Feedback(output={"text": "Dear Ada"}, comment="Warmer, please.", marks=[{"quote": "Dear"}])
    context = FakeContext(values={"inputs": {"name": "Ada"}}, script=[says("Dearest Ada")], feedback=feedback)
    context.run(NODE, {"prompt": "Greet {{ inputs.name }}"})
    said = texts(context.requests[0][1].messages)
    assert said[:2] == [("user", "Greet Ada"), ("assistant", "Dear Ada")]
    assert "Warmer, please." in said[2][1]
    assert '"quote": "Dear"' in said[2][1]


def test_a_new_round_goes_on_from_the_last_conversation():
    last = [user("Greet Ada"), Message(role=Role.ASSISTANT, parts=(Text(text="Hi"),))]
    transcript = [message_to_json(message) for message in last]
    context = FakeContext(
        script=[says("Hello")], feedback=Feedback(output={"text": "Hi"}, comment="Longer.", transcript=transcript)
    )
    context.run(NODE, {"prompt": "anything"})
    assert texts(context.requests[0][1].messages)[:2] == [("user", "Greet Ada"), ("assistant", "Hi")]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({}, "prompt"),
        ({"prompt": "x", "promt": "y"}, "promt"),
        ({"prompt": "x", "output_schema": {"type": "objekt"}}, "At type"),
        ({"prompt": "x", "max_tokens": 0}, "max_tokens"),
        ({"prompt": "x", "temperature": 9}, "temperature"),
        ({"prompt": "x", "if_invalid": "shrug"}, "if_invalid"),
    ],
)
def test_a_wrong_setting_is_named(config, words):
    with pytest.raises(ValidationError, match=words):
        NODE.config.model_validate(config)
