"""lookup_record finds rows of the team's tables."""

import pytest

from orchestrator.contract.errors import ToolRefused
from orchestrator.tools.lookup_record import TOOL
from tests.fakes.tool_context import FakeToolContext, Outside, use

CUSTOMERS = [{"customer": "C-1", "name": "Ada", "since": 2023}, {"customer": "C-2", "name": "Bo", "since": 2025}]


@pytest.fixture
def context() -> FakeToolContext:
    return FakeToolContext(outside=Outside(tables={"customers": CUSTOMERS}))


def test_it_gives_the_rows_that_match(context):
    assert use(TOOL, {"table": "customers", "where": {"customer": "c-1"}}, context) == {
        "rows": [CUSTOMERS[0]],
        "count": 1,
    }


def test_no_match_is_an_answer_too(context):
    assert use(TOOL, {"table": "customers", "where": {"since": 1999}}, context) == {"rows": [], "count": 0}


def test_the_limit_holds(context):
    assert use(TOOL, {"table": "customers", "limit": 1}, context)["count"] == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"table": "orders"}, "there are customers"),
        ({"table": "customers", "where": {"city": "Ulm"}}, "there are customer, name, since"),
        ({"table": "customers", "where": {"since": {"$gt": 1}}}, "Wrong arguments for lookup_record: where.since"),
        ({"table": "customers", "limit": 1000}, "limit"),
        ({"table": "customers", "sql": "drop"}, "sql"),
    ],
)
def test_what_cannot_be_looked_up_says_what_to_correct(context, arguments, words):
    with pytest.raises(ToolRefused, match=words):
        use(TOOL, arguments, context)
