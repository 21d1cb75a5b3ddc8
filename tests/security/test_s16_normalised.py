"""S16: no NUL and no lone surrogate of a model gets further than its provider; JSON only, as RFC 8259 has it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.contract.codec import answer_to_json
from orchestrator.contract.messages import ModelRequest, user
from orchestrator.providers import anthropic, openai, openai_chat
from orchestrator.providers._clean import clean, clean_text
from orchestrator.providers._errors import SdkErrors
from orchestrator.providers._parts import tool_use
from orchestrator.providers._reading import loads
from orchestrator.providers.demo import respond

BAD = "a\ud83d\0b\udc00"
GOOD = "a\ufffd\ufffdb\ufffd"
ERRORS = SdkErrors(vendor="V", status=OSError, timeout=OSError, connection=OSError, other=OSError)
any_text = st.text(alphabet=st.characters(), max_size=40) | st.text(
    alphabet=st.sampled_from("a\0\ud83d\ude00\udc00é"), max_size=12
)
values = st.recursive(
    any_text | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_whatever_a_model_says_can_be_stored(value: object) -> None:
    stored = json.dumps(clean(value), ensure_ascii=False)
    assert "\0" not in stored
    stored.encode()


@given(st.text())
def test_good_text_stays_as_it_is(text: str) -> None:
    assert clean_text(text) == text.replace("\0", "\ufffd")


def test_the_halves_of_a_pair_that_came_apart_are_joined() -> None:
    assert clean_text("\ud83d" + "\ude00") == "\U0001f600"


def test_answers_of_every_vendor_are_normalised_in_all_their_parts() -> None:
    message = {
        "model": BAD,
        "stop_reason": "end_turn",
        "content": [
            {"type": "text", "text": BAD},
            {"type": "thinking", "thinking": BAD, "signature": "s"},
            {"type": "tool_use", "id": BAD, "name": BAD, "input": {BAD: [BAD]}},
        ],
    }
    call = {"id": BAD, "function": {"name": BAD, "arguments": json.dumps({BAD: BAD})}}
    completion = {
        "model": BAD,
        "choices": [{"finish_reason": "stop", "message": {"content": BAD, "tool_calls": [call]}}],
    }
    item = {"type": "function_call", "call_id": BAD, "name": BAD, "arguments": "{" + BAD}
    texts = {"type": "message", "content": [{"type": "output_text", "text": BAD}]}
    response = {"model": BAD, "status": "completed", "output": [texts, item, {"type": "reasoning", "summary": [BAD]}]}
    answers = (
        anthropic.answer(message, request_id=""),
        openai_chat.answer(completion, request_id=""),
        openai.answer(response, ERRORS, request_id=""),
    )
    for answer in answers:
        stored = json.dumps(answer_to_json(answer), ensure_ascii=False)
        stored.encode()
        assert "\0" not in stored
        assert GOOD in stored


def test_the_demo_model_gives_no_such_text_either() -> None:
    answer = respond(ModelRequest(model="demo", messages=(user(f"Summarise: {BAD} is a sentence of words."),)), 1)
    answer.text().encode()
    assert "\0" not in answer.text()


def test_requests_are_normalised_on_their_way_out() -> None:
    request = ModelRequest(model="m", system=BAD, messages=(user(BAD),))
    for parameters in (
        anthropic.parameters(request),
        openai.parameters(request),
        openai_chat.parameters(request, native_schemas=True),
    ):
        said = json.dumps(parameters, ensure_ascii=False)
        said.encode()
        assert "\\u0000" not in said


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", '{"a": -Infinity}'])
def test_numbers_that_json_does_not_know_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no JSON"):
        loads(text)


@pytest.mark.parametrize("text", ['{"a": NaN}', "[1]", '"x"', "{", "[" * 100_000, '{"a": ' * 100_000, "1" * 5000])
def test_arguments_that_are_no_json_object_are_kept_as_text(text: str) -> None:
    use = tool_use(identity="1", name="t", arguments=text)
    assert use.arguments == {}
    assert use.malformed == text
