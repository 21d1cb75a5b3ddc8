"""Structured output: validated always, repaired at most n times, and never a way to fetch or to hang."""

import json
import time
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from orchestrator.contract.context import Context
from orchestrator.contract.messages import ModelAnswer, ModelRequest, Part, Stop, Text, user
from orchestrator.structured import (
    ModelRefused,
    OutputInvalid,
    WrongSchema,
    answer_structured,
    check_schema,
    misfits,
    parse,
)

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
ADA = {"name": "Ada", "age": 36}


@dataclass
class Scripted:
    """A context whose model says the given texts in order, and which remembers what it was asked."""

    texts: list[str]
    stop: Stop = Stop.END
    calls: list[tuple[str, ModelRequest]] = field(default_factory=list)

    def model(self, key: str, request: ModelRequest) -> ModelAnswer:
        self.calls.append((key, request))
        text = self.texts[len(self.calls) - 1]
        parts: tuple[Part, ...] = (Text(text=text),) if text else ()
        return ModelAnswer(model="m", parts=parts, stop=self.stop)


def run(said: Scripted, repairs: int = 2, schema: dict[str, Any] = SCHEMA) -> tuple[Any, ModelAnswer]:
    request = ModelRequest(model="m", messages=(user("who?"),))
    return answer_structured(cast(Context, said), "answer", request, schema, repairs)


def test_a_fitting_answer_takes_one_call_that_carries_the_schema() -> None:
    said = Scripted([json.dumps(ADA)])
    value, answer = run(said)
    assert value == ADA
    assert answer.text() == json.dumps(ADA)
    assert [key for key, _ in said.calls] == ["answer"]
    assert said.calls[0][1].output_schema == SCHEMA


def test_a_misfit_is_repaired_with_the_validators_words() -> None:
    said = Scripted(['{"name": "Ada", "age": -1}', "no json", json.dumps(ADA)])
    value, _ = run(said)
    assert value == ADA
    assert [key for key, _ in said.calls] == ["answer", "answer/repair:1", "answer/repair:2"]
    history = said.calls[1][1].messages
    assert [message.role.value for message in history] == ["user", "assistant", "user"]
    assert "age: -1 is less than the minimum of 0" in str(history[2])
    assert len(said.calls[2][1].messages) == 5


def test_after_the_last_repair_the_errors_are_told() -> None:
    said = Scripted(['{"name": "Ada"}'] * 2)
    with pytest.raises(OutputInvalid, match="'age' is a required property") as caught:
        run(said, repairs=1)
    assert caught.value.code == "output_invalid"
    assert caught.value.data["output"] == '{"name": "Ada"}'
    assert len(said.calls) == 2


def test_without_repairs_there_is_one_call() -> None:
    said = Scripted(["{}"])
    with pytest.raises(OutputInvalid):
        run(said, repairs=0)
    assert len(said.calls) == 1


def test_an_empty_answer_can_be_repaired() -> None:
    said = Scripted(["", json.dumps(ADA)])
    assert run(said)[0] == ADA
    assert "(no answer)" in str(said.calls[1][1].messages)


def test_a_refusal_is_not_repaired() -> None:
    with pytest.raises(ModelRefused, match="no, thanks"):
        run(Scripted(["no, thanks"], stop=Stop.REFUSAL))


def test_an_answer_that_was_cut_off_is_told_so() -> None:
    with pytest.raises(OutputInvalid, match="cut off at max_tokens"):
        run(Scripted(['{"name": "A'], stop=Stop.LENGTH), repairs=0)


def test_json_in_one_fenced_block_is_accepted_and_in_two_it_is_not() -> None:
    assert parse('Here it is:\n```json\n{"a": 1}\n```\nDone.') == {"a": 1}
    assert parse("```\n[1]\n```") == [1]
    for wrong in ("```json\n1\n```\n```json\n2\n```", "nothing", "```json\n{oops\n```", "NaN", "[" * 100_000):
        with pytest.raises(ValueError, match=r"."):
            parse(wrong)


def test_a_reference_to_another_document_is_never_fetched() -> None:
    for address in ("http://127.0.0.1:1/schema.json", "file:///etc/passwd"):
        with pytest.raises(WrongSchema):
            misfits({}, {"$ref": address})


def test_references_inside_the_schema_work() -> None:
    schema = {"$defs": {"n": {"type": "integer"}}, "type": "array", "items": {"$ref": "#/$defs/n"}}
    assert misfits([1, 2], schema) == []
    assert misfits([1, "x"], schema) == ["1: 'x' is not of type 'integer'"]


def test_a_hostile_pattern_costs_linear_time() -> None:
    schema = {
        "type": "object",
        "patternProperties": {"^(a+)+$": {"type": "string", "pattern": "^(a+)+$"}},
        "additionalProperties": False,
    }
    begun = time.perf_counter()
    assert misfits({"a" * 5000: "a" * 5000 + "!"}, schema)
    assert misfits({"b": ""}, schema) == ["the whole value: these properties are not allowed: b"]
    assert time.perf_counter() - begun < 1


def test_a_pattern_that_re2_does_not_know_is_a_wrong_schema() -> None:
    with pytest.raises(WrongSchema, match="Correct it"):
        misfits("a", {"pattern": "(?=a)"})


def test_a_wrong_schema_is_named() -> None:
    with pytest.raises(WrongSchema, match="type"):
        check_schema({"type": "no-such-type"})


def test_open_objects_are_checked_by_their_own_schema() -> None:
    schema = {"type": "object", "additionalProperties": {"type": "integer"}}
    assert misfits({"a": 1}, schema) == []
    assert misfits({"a": "x"}, schema) == ["a: 'x' is not of type 'integer'"]
