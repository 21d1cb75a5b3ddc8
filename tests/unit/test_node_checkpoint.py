"""A checkpoint: people decide, and their word is the port."""

from typing import Any

import pytest
from pydantic import ValidationError

from orchestrator.contract.errors import Suspended
from orchestrator.contract.questions import Decision, Kind
from orchestrator.nodes.checkpoint import NODE, UnknownVerdict
from tests.fakes.context import FakeContext

FORM = {"type": "object", "properties": {"day": {"type": "string"}}, "required": ["day"]}
LOOK = {"title": "Send to {{ inputs.name }}?", "subject": "{{ reply.text }}", "queue": "support"}
VALUES = {"inputs": {"name": "Ada"}, "reply": {"text": "Dear Ada"}}


def decided(config, **decision: Any):
    context = FakeContext(values=VALUES, decisions={"ask": Decision(**decision)})
    return context.run(NODE, config)


def test_it_asks_with_everything_filled_and_waits():
    context = FakeContext(values=VALUES)
    with pytest.raises(Suspended) as caught:
        context.run(NODE, LOOK | {"instructions": "Check the name {{ inputs.name }}."})
    assert caught.value.keys == {"ask"}
    question = context.asked["ask"]
    assert (question.kind, question.title, question.subject) == (Kind.OUTPUT, "Send to Ada?", "Dear Ada")
    assert (question.instructions, question.queue) == ("Check the name Ada.", "support")


def test_what_was_approved_goes_on_as_it_was():
    result = decided(LOOK, verdict="approved", by="bo", comment="fine")
    assert result.output == {"verdict": "approved", "value": "Dear Ada", "comment": "fine", "by": "bo"}
    assert (set(result.ports), result.reason) == ({"approved"}, "approved by bo")


def test_what_was_edited_goes_on_as_it_is_now():
    result = decided(LOOK, verdict="edited", value="Dearest Ada")
    assert (result.output["value"], set(result.ports)) == ("Dearest Ada", {"edited"})


def test_a_rejection_is_a_port_with_its_comment():
    result = decided(LOOK, verdict="rejected", comment="No.")
    assert (result.output["comment"], result.ports) == ("No.", {"rejected"})


def test_buttons_of_its_author_are_its_ports():
    config = LOOK | {"kind": "choose", "choices": {"refund": "Pay back", "keep": "Decline"}}
    assert NODE.ports(NODE.config.model_validate(config)) == ("refund", "keep")
    assert decided(config, verdict="keep").ports == {"keep"}


def test_a_form_gives_what_was_filled_in():
    config = {"kind": "form", "title": "Which day?", "form": FORM}
    context = FakeContext(decisions={"ask": Decision(verdict="answered", value={"day": "Monday"})})
    result = context.run(NODE, config)
    assert (result.output["value"], set(result.ports)) == ({"day": "Monday"}, {"answered"})
    assert (context.asked["ask"].kind, context.asked["ask"].schema) == (Kind.INPUT, FORM)
    assert decided(config, verdict="declined").output["value"] is None


def test_one_that_nobody_decided_in_time_expires():
    assert decided(LOOK, verdict="expired").ports == {"expired"}


@pytest.mark.parametrize(
    ("policy", "verdict"), [("approve", "approved"), ("reject", "rejected"), ("expired", "expired")]
)
def test_nobody_in_time_means_what_its_author_chose(policy, verdict):
    result = decided(LOOK | {"due": 60, "on_expiry": policy}, verdict="expired")
    assert (set(result.ports), result.output["verdict"], result.output["by"]) == ({verdict}, verdict, "")
    assert policy == "expired" or "automatically" in result.reason


def test_it_has_the_port_expired_only_where_that_can_happen():
    def ports(**more):
        return NODE.ports(NODE.config.model_validate(LOOK | more))

    assert "expired" not in ports()
    assert "expired" in ports(due=60)
    assert "expired" not in ports(due=60, on_expiry="reject")


def test_the_question_carries_its_time():
    context = FakeContext(values=VALUES)
    with pytest.raises(Suspended):
        context.run(NODE, LOOK | {"due": 60, "on_expiry": "reject"})
    assert (context.asked["ask"].due, context.asked["ask"].on_expiry) == (60, "reject")


def test_a_verdict_that_is_none_of_its_ports_is_an_error():
    with pytest.raises(UnknownVerdict, match="approved, edited, rejected"):
        decided(LOOK, verdict="changes_requested")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({}, "title"),
        ({"title": "x", "kind": "choose"}, "needs `choices`"),
        ({"title": "x", "kind": "form"}, "needs `form`"),
        ({"title": "x", "kind": "form", "form": {"type": "string"}}, "type object with properties"),
        ({"title": "x", "choices": {"a": "A"}}, "does not belong to kind output"),
        ({"title": "x", "form": FORM}, "does not belong to kind output"),
        ({"title": "x", "kind": "choose", "choices": {"error": "A"}}, "cannot name a port"),
        ({"title": "x", "kind": "vote"}, "kind"),
        ({"title": "x", "on_expiry": "approve"}, "never happens without `due`"),
        ({"title": "x", "due": 0}, "greater than 0"),
        ({"title": "x", "due": 60, "on_expiry": "edited"}, "one of expired, approve, reject"),
        ({"title": "x", "kind": "form", "form": FORM, "due": 60, "on_expiry": "approve"}, "one of expired, reject"),
    ],
)
def test_a_wrong_setting_is_named(config, words):
    with pytest.raises(ValidationError, match=words):
        NODE.config.model_validate(config)
