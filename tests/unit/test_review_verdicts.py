"""What may be decided about each kind of review."""

from typing import Any

import pytest

from orchestrator.contract.questions import Kind, PersonQuestion
from reviews import verdicts
from reviews.errors import WrongDecision
from reviews.verdicts import VERDICTS, Given, Takes

ARGUMENTS = {
    "type": "object",
    "required": ["amount"],
    "properties": {"amount": {"type": "number", "maximum": 100}},
    "additionalProperties": False,
}
CHEAPER = {"cheaper_model": "fast"}


def check(kind: Kind, verdict: str, value: Any = None, *, comment: str = "", **more: Any) -> Given:
    required, is_gate = more.pop("reason_required", False), more.pop("is_gate", True)
    question = PersonQuestion(kind=kind, title="Refund?", **more)
    given = Given(verdict=verdict, value=value, comment=comment)
    return verdicts.check_decision(
        question=question, given=given, is_gate=is_gate, reason_required=required, most_bytes=1000
    )


def test_each_kind_has_the_verdicts_of_the_design() -> None:
    assert {kind: [verdict.word for verdict in found] for kind, found in VERDICTS.items()} == {
        Kind.OUTPUT: ["approved", "edited", "changes_requested", "rejected"],
        Kind.TOOL_CALL: ["approved", "edited", "rejected"],
        Kind.PLAN: ["approved", "edited", "changes_requested", "rejected"],
        Kind.BUDGET: ["raised", "cheaper", "stopped"],
        Kind.INPUT: ["answered", "declined"],
        Kind.INCIDENT: ["retried", "skipped", "failed"],
    }


@pytest.mark.parametrize("kind", list(Kind))
def test_a_word_of_another_kind_is_refused_with_those_that_are_possible(kind: Kind) -> None:
    with pytest.raises(WrongDecision) as refused:
        check(kind, "published", subject=CHEAPER)
    assert refused.value.data["verdicts"] == [verdict.word for verdict in VERDICTS[kind]]


@pytest.mark.parametrize("kind", list(Kind))
def test_a_verdict_that_takes_no_value_refuses_one(kind: Kind) -> None:
    for verdict in VERDICTS[kind]:
        if verdict.takes is Takes.NONE:
            with pytest.raises(WrongDecision, match="takes no value"):
                check(kind, verdict.word, {"amount": 1}, comment="why", subject=CHEAPER)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_verdict_that_takes_a_value_needs_one(kind: Kind) -> None:
    for verdict in VERDICTS[kind]:
        if verdict.takes is Takes.VALUE:
            with pytest.raises(WrongDecision, match="needs a value"):
                check(kind, verdict.word)


@pytest.mark.parametrize("kind", [Kind.OUTPUT, Kind.TOOL_CALL, Kind.PLAN])
def test_what_was_edited_must_fit_its_schema(kind: Kind) -> None:
    assert check(kind, "edited", {"amount": 5}, schema=ARGUMENTS).value == {"amount": 5}
    with pytest.raises(WrongDecision, match="amount: 500 is greater than the maximum of 100"):
        check(kind, "edited", {"amount": 500}, schema=ARGUMENTS)
    with pytest.raises(WrongDecision, match="other"):
        check(kind, "edited", {"amount": 5, "other": 1}, schema=ARGUMENTS)


def test_edited_arguments_are_an_object_even_without_a_schema() -> None:
    with pytest.raises(WrongDecision, match="is not of type 'object'"):
        check(Kind.TOOL_CALL, "edited", "refund it all")


def test_an_output_without_a_schema_may_become_anything() -> None:
    assert check(Kind.OUTPUT, "edited", ["a", 1]).value == ["a", 1]


def test_a_form_is_checked_and_gets_its_defaults() -> None:
    form = {"type": "object", "required": ["date"], "properties": {"date": {}, "place": {"default": "Berlin"}}}
    assert check(Kind.INPUT, "answered", {"date": "1 May"}, schema=form).value == {"date": "1 May", "place": "Berlin"}
    with pytest.raises(WrongDecision, match="'date' is a required property"):
        check(Kind.INPUT, "answered", {}, schema=form)


def test_a_cheaper_model_is_offered_where_there_is_one() -> None:
    assert check(Kind.BUDGET, "cheaper", subject={"cheaper_model": "fast"}).verdict == "cheaper"
    with pytest.raises(WrongDecision, match="Use one of: raised, stopped"):
        check(Kind.BUDGET, "cheaper", subject={"unit": "money"})


def test_a_number_that_is_none_is_refused() -> None:
    for number in (float("nan"), float("inf")):
        with pytest.raises(WrongDecision, match="number that is none"):
            check(Kind.OUTPUT, "edited", {"amount": number})


def test_whoever_wants_changes_says_which() -> None:
    with pytest.raises(WrongDecision, match="Say in the comment what should change"):
        check(Kind.OUTPUT, "changes_requested", comment="  ")
    assert check(Kind.OUTPUT, "changes_requested", comment=" shorter ").comment == "shorter"


def test_a_request_for_changes_may_mark_places() -> None:
    marks = [{"text": "Dear Sir", "comment": "Use her name.", "at": 0}]
    assert check(Kind.OUTPUT, "changes_requested", marks, schema=ARGUMENTS).value == marks
    with pytest.raises(WrongDecision, match="does not fit"):
        check(Kind.OUTPUT, "changes_requested", {"amount": 5}, schema=ARGUMENTS)


def test_a_checkpoint_cannot_be_sent_back() -> None:
    with pytest.raises(WrongDecision, match="Use one of: approved, edited, rejected"):
        check(Kind.OUTPUT, "changes_requested", comment="shorter", is_gate=False)


def test_a_refusal_needs_a_reason_where_the_queue_says_so() -> None:
    assert check(Kind.OUTPUT, "rejected").verdict == "rejected"
    with pytest.raises(WrongDecision, match="wants a reason"):
        check(Kind.OUTPUT, "rejected", reason_required=True)
    assert check(Kind.OUTPUT, "rejected", comment="rude", reason_required=True).comment == "rude"
    assert check(Kind.OUTPUT, "approved", reason_required=True).verdict == "approved"


def test_an_authors_buttons_take_the_place_of_the_verdicts() -> None:
    choices = {"publish": "Publish it", "hold": "Hold it back"}
    assert check(Kind.OUTPUT, "publish", choices=choices).value is None
    assert check(Kind.OUTPUT, "hold", "another text", choices=choices).value == "another text"
    with pytest.raises(WrongDecision, match="Use one of: publish, hold"):
        check(Kind.OUTPUT, "approved", choices=choices)
    assert check(Kind.TOOL_CALL, "approved", choices=choices).verdict == "approved"


def test_a_value_that_is_too_large_is_refused_with_its_size() -> None:
    with pytest.raises(WrongDecision, match="it may have 1,000"):
        check(Kind.OUTPUT, "edited", "x" * 2000)


def test_a_comment_that_is_too_long_is_refused() -> None:
    with pytest.raises(WrongDecision, match="at most 20,000 characters"):
        check(Kind.OUTPUT, "rejected", comment="x" * 20_001)


def test_what_cannot_be_stored_is_cleaned() -> None:
    kept = check(Kind.OUTPUT, "edited", {"a\0": "b\ud800"}, comment="c\0")
    assert kept.value == {"a\ufffd": "b\ufffd"}
    assert kept.comment == "c\ufffd"


def test_an_askers_broken_schema_loses_no_answer() -> None:
    assert check(Kind.OUTPUT, "edited", "x", schema={"$ref": "#/nowhere"}).value == "x"


def test_only_the_arguments_of_a_tool_call_can_be_edited() -> None:
    call = PersonQuestion(kind=Kind.TOOL_CALL, title="", subject={"tool": "pay", "arguments": {"amount": 1}})
    assert verdicts.editable(call) == {"amount": 1}
    assert verdicts.editable(PersonQuestion(kind=Kind.OUTPUT, title="", subject="text")) == "text"


def test_the_hash_of_a_value_does_not_depend_on_the_order_of_its_names() -> None:
    assert verdicts.digest({"a": 1, "b": 2}) == verdicts.digest({"b": 2, "a": 1}) != verdicts.digest({"a": 1})


def test_the_table_names_every_verdict() -> None:
    table = verdicts.verdict_table()
    assert table.count("\n") == 2 + sum(len(found) for found in VERDICTS.values())
