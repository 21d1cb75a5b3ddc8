"""http_request calls an address and says what came back."""

import json
from collections.abc import Iterator

import pytest

from orchestrator.contract.errors import CallTimeout, ToolRefused, TransientCallError, UnknownOutcome
from orchestrator.contract.policies import checked_arguments
from orchestrator.contract.tool import Policy
from orchestrator.tools.http_request import TOOL
from tests.fakes.tool_context import FakeToolContext, Outside, use
from tests.fakes.web import LocalServer


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


@pytest.fixture
def context(server: LocalServer) -> FakeToolContext:
    return FakeToolContext(outside=Outside(trusted={("127.0.0.1", server.port)}))


def test_json_comes_back_as_json(server, context):
    url = server.page("/orders", b'{"orders": [1, 2]}', "application/json")
    found = use(TOOL, {"url": url, "headers": {"X-Team": "blue"}}, context)
    assert (found["status"], found["body"], found["truncated"]) == (200, {"orders": [1, 2]}, False)
    assert set(found["headers"]) <= {"content-type", "date"}
    assert found["headers"]["content-type"] == "application/json"
    assert server.asked[0].headers["x-team"] == "blue"


def test_an_error_status_is_a_result(server, context):
    server.answers["/busy"] = (503, {"Retry-After": "7"}, b"later")
    found = use(TOOL, {"url": server.url("/busy")}, context)
    assert (found["status"], found["body"], found["headers"]["retry-after"]) == (503, "later", "7")


@pytest.mark.parametrize(
    ("body", "kind", "sent"),
    [({"a": [1]}, "application/json", b'{"a": [1]}'), ("hello", "text/plain; charset=utf-8", b"hello")],
)
def test_a_body_is_sent_as_json_or_text(server, context, body, kind, sent):
    server.page("/new", b"ok", "text/plain")
    assert use(TOOL, {"url": server.url("/new"), "method": "POST", "body": body}, context)["body"] == "ok"
    asked = server.asked[0]
    assert (asked.method, asked.headers["content-type"], asked.body) == ("POST", kind, sent)


def test_a_long_answer_is_cut_and_says_so(server, context):
    url = server.page("/long", json.dumps("x" * 100).encode(), "application/json")
    found = use(TOOL, {"url": url, "max_characters": 10}, context)
    assert (found["body"], found["truncated"]) == ('"' + "x" * 9, True)


def test_half_a_surrogate_pair_is_replaced(server, context):
    url = server.page("/odd", b'["\\ud800", "\\u0000"]', "application/json")
    assert use(TOOL, {"url": url}, context)["body"] == ["\ufffd", "\ufffd"]


def test_reading_is_allowed_and_changing_asks():
    effects = {
        method: TOOL.effects(checked_arguments(TOOL, {"url": "https://example.org", "method": method}))
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
    }
    assert [name for name, effect in effects.items() if effect.policy is Policy.ALLOW] == ["GET", "HEAD"]
    assert [name for name, effect in effects.items() if effect.read_only] == ["GET", "HEAD"]
    assert [name for name, effect in effects.items() if not effect.idempotent] == ["POST", "PATCH"]
    assert all(effect.leaves for effect in effects.values())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"url": "ftp://example.org/"}, "whole http or https address"),
        ({"url": "not an address"}, "cannot be called"),
        ({"url": "http://127.0.0.1:1/"}, "not a public web address"),
        ({"url": "https://example.org", "headers": {"Host": "inside"}}, "may not be set"),
        ({"url": "https://example.org", "headers": {"X": "a\r\nY: b"}}, "one line"),
        ({"url": "https://example.org", "method": "TRACE"}, "method"),
    ],
)
def test_what_cannot_be_called_says_why(arguments, words):
    with pytest.raises(ToolRefused, match=words):
        use(TOOL, arguments)


def test_nobody_there_is_a_refusal_that_a_model_can_read(server):
    with LocalServer() as gone:
        url, port = gone.url("/"), gone.port
    with pytest.raises(ToolRefused, match="could not be reached"):
        use(TOOL, {"url": url}, FakeToolContext(outside=Outside(trusted={("127.0.0.1", port)})))


def test_a_lost_connection_may_be_tried_again_where_nothing_was_changed(server, context):
    server.answers["/lost"] = None
    with pytest.raises(TransientCallError) as caught:
        use(TOOL, {"url": server.url("/lost")}, context)
    assert not isinstance(caught.value, CallTimeout)


def test_a_lost_connection_after_a_change_has_an_unknown_outcome(server, context):
    server.answers["/lost"] = None
    with pytest.raises(UnknownOutcome, match="look there first"):
        use(TOOL, {"url": server.url("/lost"), "method": "POST"}, context)
