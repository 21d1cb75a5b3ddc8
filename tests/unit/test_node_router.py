"""A router: by conditions, or by a model that sorts a text; one route or several."""

import pytest
from pydantic import ValidationError

from orchestrator.contract.errors import NodeError
from orchestrator.nodes.router import NODE
from orchestrator.structured import OutputInvalid
from tests.fakes.context import FakeContext, says

RULES = {
    "large": {"field": "inputs.total", "is": "above", "value": 100},
    "urgent": {
        "any": [
            {"field": "inputs.tags", "is": "contains", "value": "urgent"},
            {"field": "inputs.vip", "is": "equal", "value": True},
        ]
    },
}
TOPICS = {"billing": "invoices, payments", "access": "log-in, passwords"}


def decide(inputs: dict[str, object], **more: object):
    return FakeContext(values={"inputs": inputs}).run(NODE, {"routes": RULES, **more})


def sort(answer: str, **more: object):
    context = FakeContext(values={"inputs": {"message": "My invoice is wrong"}}, script=[says(answer)])
    config = {"routes": TOPICS, "text": "{{ inputs.message }}", **more}
    return context.run(NODE, config), context


def test_the_first_condition_that_holds_is_the_route():
    result = decide({"total": 500, "vip": True})
    assert (result.ports, result.output["routes"]) == ({"large"}, ["large"])
    assert result.reason == "large: its condition holds"


def test_with_several_every_condition_that_holds_is_one():
    assert decide({"total": 500, "tags": ["urgent"]}, several=True).ports == {"large", "urgent"}


def test_where_none_holds_otherwise_is_taken():
    result = decide({"total": 5}, otherwise="small")
    assert (result.ports, result.reason) == ({"small"}, "small: no condition holds")


def test_a_pattern_goes_through_re2():
    routes = {"order": {"field": "inputs.text", "is": "matches", "value": "C-[0-9]+"}}
    assert FakeContext(values={"inputs": {"text": "for C-17"}}).run(NODE, {"routes": routes}).ports == {"order"}
    wrong = {"order": {"field": "inputs.text", "is": "matches", "value": "(?=x)"}}
    with pytest.raises(NodeError, match="RE2"):
        FakeContext(values={"inputs": {"text": "x"}}).run(NODE, {"routes": wrong})


def test_a_model_chooses_and_says_why():
    result, context = sort('{"routes": ["billing"], "reason": "It speaks of an invoice."}')
    assert (result.ports, result.output) == ({"billing"}, {"routes": ["billing"], "reason": "It speaks of an invoice."})
    key, request = context.requests[0]
    assert (key, request.model) == ("classify", "fast")
    assert "- billing: invoices, payments" in request.system
    assert request.output_schema is not None
    assert request.output_schema["properties"]["routes"]["items"]["enum"] == ["billing", "access"]


def test_a_model_may_choose_several_where_that_is_wanted():
    both = '{"routes": ["access", "billing"], "reason": "Both."}'
    assert sort(both, several=True)[0].ports == {"access", "billing"}


def test_two_routes_where_one_is_wanted_are_sent_back():
    context = FakeContext(
        script=[says('{"routes": ["access", "billing"], "reason": ""}'), says('{"routes": ["access"], "reason": ""}')]
    )
    assert context.run(NODE, {"routes": TOPICS, "text": "x"}).ports == {"access"}
    assert [key for key, _ in context.requests] == ["classify", "classify/repair:1"]


def test_a_model_that_finds_none_takes_otherwise():
    assert sort('{"routes": [], "reason": "Something else."}')[0].ports == {"otherwise"}


def test_an_empty_text_is_sorted_without_a_model():
    context = FakeContext(values={"inputs": {"message": " "}})
    assert context.run(NODE, {"routes": TOPICS, "text": "{{ inputs.message }}", "otherwise": "ask"}).ports == {"ask"}
    assert context.requests == []


def test_a_route_that_the_model_makes_up_is_never_taken():
    with pytest.raises(OutputInvalid):
        FakeContext(script=[says('{"routes": ["refund"], "reason": ""}')] * 3).run(
            NODE, {"routes": TOPICS, "text": "x"}
        )


def test_its_ports_are_its_routes_and_otherwise():
    assert NODE.ports(NODE.config.model_validate({"routes": TOPICS, "text": "x", "otherwise": "ask"})) == (
        "billing",
        "access",
        "ask",
    )
    same = NODE.config.model_validate({"routes": TOPICS, "text": "x", "otherwise": "access"})
    assert NODE.ports(same) == ("billing", "access")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"routes": {}}, "routes"),
        ({"routes": TOPICS}, "need `text`"),
        (
            {"routes": {"a": "words", "b": {"field": "x", "is": "empty"}}, "text": "x"},
            "all descriptions or all conditions",
        ),
        ({"routes": {"a": {"field": "x", "is": "like"}}}, "is no comparison"),
        ({"routes": {"a": {"eval": "1"}}}, "A condition is"),
        ({"routes": {"error": "words"}, "text": "x"}, "cannot name a port"),
        ({"routes": {"a b": "words"}, "text": "x"}, "cannot name a port"),
        ({"routes": TOPICS, "text": "x", "otherwise": "*"}, "cannot name a port"),
    ],
)
def test_a_wrong_setting_is_named(config, words):
    with pytest.raises(ValidationError, match=words):
        NODE.config.model_validate(config)
