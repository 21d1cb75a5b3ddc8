"""The branches of a support ticket do not wait for each other: with a model that takes a second, their times overlap."""

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from orchestrator.engine.values import JsonObject
from tests.command_line import GALLERY, Done, Product

MESSAGE = "My invoice is wrong and I can't log into my account."
MODEL = "openai_chat/fake"
LATENCY = 1.0
Span = tuple[datetime, datetime]


def look_up(table: str) -> JsonObject:
    """The call that the branch with this table makes."""
    arguments = {"table": table, "where": {"customer": "C-1001"}}
    call = {"name": "lookup_record", "arguments": arguments}
    return {"when": {"offers_tool": "lookup_record", "contains": table}, "tool_calls": [call]}


ROUTES = {"json": {"routes": ["billing", "access"], "reason": "It speaks of both."}}
SCRIPT = {
    "name": "ticket",
    "turns": [
        {"when": {"any_tool_result": "lookup_record", "contains": "F-21877"}, "text": "Invoice F-21877 is an error."},
        {"when": {"any_tool_result": "lookup_record", "contains": "19 November"}, "text": "Locked on 19 November."},
        look_up("invoices"),
        look_up("accounts"),
        {"when": {"contains": "Customer record"}, "text": "Dear Maren, F-21877 is an error; a code unlocks the rest."},
        {"when": {"contains": "Sort the text"}, **ROUTES},
    ],
}


@pytest.fixture(scope="module")
def slow(product: Product) -> Iterator[Product]:
    """The product with a connection to a model server that takes a second for each answer."""
    product.models.control("script", SCRIPT)
    product.models.control("settings", {"latency": LATENCY})
    settings = {"base_url": f"{product.models.url}/v1"}
    form = {"name": "Slow model", "provider": "openai_chat", "settings": settings}
    made = product.client.post("connections", form)
    product.client.post(f"connections/{made['id']}/test")
    yield product
    product.models.control("reset", {})


def ticket(folder: Path) -> Path:
    """The template, its models replaced by the slow one. Its tables are beside it."""
    text = (GALLERY / "support_ticket.yaml").read_text()
    text = text.replace("money: 0.50, ", "")  # nobody knows this model's price
    for alias in ("fast", "default", "strong"):
        text = text.replace(f"model: {alias}\n", f"model: {MODEL}\n")
    shutil.copytree(GALLERY / "support_ticket", folder / "support_ticket")
    file = folder / "slow_ticket.yaml"
    file.write_text(text)
    return file


def span(done: Done, path: str) -> Span:
    step = done.step(path)
    return datetime.fromisoformat(step["started_at"]), datetime.fromisoformat(step["finished_at"])


def seconds(one: Span) -> float:
    return (one[1] - one[0]).total_seconds()


def overlap(one: Span, two: Span) -> float:
    return (min(one[1], two[1]) - max(one[0], two[0])).total_seconds()


def test_the_branches_of_two_problems_run_at_the_same_time(slow: Product, tmp_path: Path) -> None:
    done = slow.baton("run", ticket(tmp_path), "--input", MESSAGE, "--approve", "all", "--json")
    assert done.status == 0, done.errors
    assert done.result["output"]["reply"].startswith("Dear Maren, F-21877")
    spans = {path: span(done, path) for path in ("classify", "billing", "access", "reply")}
    billing, access = spans["billing"], spans["access"]
    assert min(seconds(billing), seconds(access)) >= 2 * LATENCY, "each branch asks the model twice"
    shorter = min(seconds(billing), seconds(access))
    assert overlap(billing, access) > shorter / 2
    whole = (min(one[0] for one in spans.values()), max(one[1] for one in spans.values()))
    assert seconds(whole) < sum(map(seconds, spans.values())) - shorter / 2
    assert slow.models.control("stats")["max_in_flight"] >= 2
    assert len(slow.models.calls()) == 6, "sorting, two for each branch, the reply"
