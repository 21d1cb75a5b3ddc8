"""The demo model and tools: it calls what fits, with arguments of the request, and goes on with what it is given."""

import json
from typing import Any

from orchestrator.contract.messages import ModelRequest, Stop, ToolSpec, user
from orchestrator.providers.demo import respond
from tests.unit.demo import carry_on

WHERE = {
    "type": "object",
    "description": 'The columns and their values, such as {"member": "M-100"}.',
    "additionalProperties": True,
}
LOOKUP = ToolSpec(
    name="find_rows",
    description="Looks rows up in one of the tables: members, lockers, courses.",
    schema={
        "type": "object",
        "required": ["table", "where"],
        "properties": {"table": {"type": "string"}, "where": WHERE, "limit": {"type": "integer", "default": 5}},
    },
)
PAGE = ToolSpec(
    name="web_page",
    description="Fetches a page and gives its text.",
    schema={"type": "object", "required": ["url"], "properties": {"url": {"type": "string", "format": "uri"}}},
)
ROWS = {
    "rows": [
        {
            "member": "M-207",
            "locker": "L-12",
            "state": "broken",
            "note": "The lock was forced on Sunday and is replaced on Friday.",
        }
    ],
    "count": 1,
}


def request(text: str, *tools: ToolSpec, system: str = "", **more: Any) -> ModelRequest:
    return ModelRequest(model="demo", system=system, messages=(user(text),), tools=tools, **more)


def called(asked: ModelRequest) -> list[tuple[str, Any]]:
    return [(use.name, dict(use.arguments)) for use in respond(asked, 10).tool_uses()]


def test_labelled_arguments_are_taken_as_they_are() -> None:
    text = '## message\n\nMy locker is broken.\n\n## table\n\nlockers\n\n## where\n\n{"member": "M-207"}'
    asked = request(
        text,
        LOOKUP,
        system="Goal: find out what is wrong.\n\nCall find_rows once with the table and where of the input.",
    )
    assert called(asked) == [("find_rows", {"table": "lockers", "where": {"member": "M-207"}})]
    assert respond(asked, 10).stop is Stop.TOOLS


def test_an_identifier_in_the_text_is_looked_up_in_the_table_that_is_meant() -> None:
    asked = request(
        "My member number is M-207. Which courses did I book?", LOOKUP, system="Help the person with find_rows."
    )
    ((name, arguments),) = called(asked)
    assert name == "find_rows"
    assert arguments == {"table": "courses", "where": {"member": "M-207"}}


def test_every_address_is_fetched_in_parallel() -> None:
    asked = request("Compare https://a.example/x and https://b.example/y.", PAGE)
    assert called(asked) == [("web_page", {"url": "https://a.example/x"}), ("web_page", {"url": "https://b.example/y"})]
    ids = [use.id for use in respond(asked, 10).tool_uses()]
    assert len(set(ids)) == 2


def test_a_tool_that_does_not_fit_is_not_called() -> None:
    assert called(request("What a fine day it is today.", LOOKUP, PAGE)) == []


def test_a_forbidden_tool_is_not_called() -> None:
    assert called(request("See https://a.example/x.", PAGE, system="Do not call web_page.")) == []


def test_it_goes_on_with_the_result_and_does_not_call_again() -> None:
    asked = request(
        "My locker is broken. My member number is M-207.", LOOKUP, system="Find out with find_rows what is wrong."
    )
    first = respond(asked, 10)
    after = carry_on(asked, first, *(json.dumps(ROWS) for _ in first.tool_uses()))
    second = respond(after, 10)
    assert second.tool_uses() == ()
    assert "The lock was forced on Sunday" in second.text()
    assert "state broken" in second.text()


def test_a_refused_name_is_replaced_by_the_nearest_that_exists() -> None:
    asked = request('## table\n\nlocker\n\n## where\n\n{"member": "M-207"}', LOOKUP, system="Call find_rows.")
    refusal = "There is no table 'locker'; there are courses, lockers, members."
    again = respond(carry_on(asked, respond(asked, 10), refusal, is_error=True), 10)
    assert [dict(use.arguments) for use in again.tool_uses()] == [{"table": "lockers", "where": {"member": "M-207"}}]
    assert again.tool_uses()[0].id != respond(asked, 10).tool_uses()[0].id


def test_refusals_without_an_end_do_not_make_it_call_without_an_end() -> None:
    asked = request('## table\n\nlocker\n\n## where\n\n{"member": "M-207"}', LOOKUP, system="Call find_rows.")
    for _ in range(10):
        answer = respond(asked, 10)
        if not answer.tool_uses():
            break
        asked = carry_on(asked, answer, "There is no table 'locker'; there are courses, lockers.", is_error=True)
    assert answer.tool_uses() == ()
    assert answer.text()


def test_nothing_found_is_said() -> None:
    asked = request("My member number is M-999.", LOOKUP, system="Find the member with find_rows.")
    answer = respond(carry_on(asked, respond(asked, 10), json.dumps({"rows": [], "count": 0})), 10)
    assert "nothing was found" in answer.text().lower()


def test_a_demanded_tool_is_called_in_any_case_with_fitting_arguments() -> None:
    ((name, arguments),) = called(request("Good morning.", LOOKUP, must_use_tool=True))
    assert name == "find_rows"
    assert set(arguments) >= {"table", "where"}
