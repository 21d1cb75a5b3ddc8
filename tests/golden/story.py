"""What is kept of a release: a run that waits in every way there is, and the events of runs that ended in every way there is."""

from collections.abc import Mapping
from typing import Any

from orchestrator.contract.messages import ModelAnswer, ModelRequest, ToolUse
from orchestrator.engine.fold import View
from orchestrator.models import Run, Step
from orchestrator.operations import runs as operations
from teams.models import Connection
from tests import runs
from tests.plugins.providers.scripted import calls, says, script
from tests.plugins.tools import peek, remember

LONG = " ".join(["a long message"] * 3000)
"""Too long to stand in a row."""


def document() -> dict[str, Any]:
    """A tool call, an item, an output, an event and a time are waited for, and then everything is put together."""
    ready = {"type": "checkpoint", "config": {"title": "Ready?", "subject": "{{ item }}"}}
    body = {
        "nodes": {"ready": ready, "noted": {"type": "noop", "config": {}}},
        "edges": [["ready", "approved", "noted"]],
    }
    remembers = {"model": "scripted/one", "goal": "Remember two words.", "tools": ["remember", "peek"]}
    together = "{{ agent.text }} | {{ each }} | {{ reply }} | {{ paid }}"
    nodes = {
        "say": {"type": "prompt", "config": {"model": "scripted/one", "prompt": "{{ inputs.message }}"}},
        "agent": {"type": "agent", "config": remembers},
        "each": {"type": "map", "config": {"items": ["x", "y"], "body": body}},
        "reply": {"type": "transform", "config": {"template": "{{ say.text }}"}, "gate": {"when": "always"}},
        "paid": {"type": "wait", "config": {"event": "paid", "correlation": "7"}},
        "later": {"type": "wait", "config": {"seconds": 1000}},
        "sum": {"type": "transform", "config": {"template": together}},
    }
    joined = [[before, "out", "sum"] for before in ("agent", "each", "reply", "paid", "later")]
    said = [["say", "out", after] for after in ("agent", "each", "reply", "paid", "later")]
    message = {"type": "object", "properties": {"message": {"type": "string"}}}
    return {"inputs": message, "nodes": nodes, "edges": [*said, *joined], "output": {"sum": "{{ sum }}"}}


def answers(request: ModelRequest) -> ModelAnswer:
    """The scripted model: a greeting, or two words to remember at once, then the end."""
    if not request.tools:
        return says("good morning")
    words = [ToolUse(id=f"remember-{word}", name="remember", arguments={"word": word}) for word in ("a", "b")]
    look = ToolUse(id="peek-c", name="peek", arguments={"word": "c"})
    return calls(*words, look) if len(request.messages) == 1 else says("remembered")


def paused_run() -> int:
    """A paused run: a call of its agent was approved and made, one item is decided, everything else is still open."""
    listen()
    team = runs.a_team()
    Connection.objects.create(team=team, name="scripted", provider="scripted")
    run = runs.start(runs.a_version(document(), team=team), {"message": LONG})
    runs.work(run)
    for path in ("agent", "each[0]/ready"):
        runs.answer(next(one for one in runs.open_questions(run) if one.path == path), "approved")
    runs.work(run)
    assert remember.remembered == ["a"]
    operations.pause(run=run, by="golden")
    return run


def listen() -> None:
    """The model and the tools as this story wants them, with nothing said and done yet."""
    script.answer = answers
    for said in (script.asked, remember.remembered, peek.peeked):
        said.clear()


def logs() -> dict[str, Any]:
    """The events of runs that ended in different ways, and what their rows say."""
    return {name: {"events": runs.facts(run), **_as_json(view_of_rows(run))} for name, run in _played().items()}


def _played() -> Mapping[str, int]:
    mapped = {"items": [1, 2, 3], "body": {"nodes": {"one": {"type": "noop", "config": {}}}, "edges": []}}
    return {
        "succeeded": runs.played("a -> b, a -> c, b -> d, c -> d"),
        "branches": runs.played("a -> b, a.other -> c -> d"),
        "items": runs.played({"nodes": {"each": {"type": "map", "config": mapped}}, "edges": []}),
        "retried": _retried(),
        "skipped": _skipped(),
        "cancelled": _cancelled(),
        "handled": runs.played("a -> b, a.error -> c", a=_raises() | {"on_error": "port"}),
    }


def _raises() -> dict[str, Any]:
    return {"type": "poison", "config": {"how": "raise"}}


def _retried() -> int:
    run = runs.played("a -> b", a=_raises())
    operations.retry(run=run, path="a", by="golden")
    runs.work(run)
    return run


def _skipped() -> int:
    run = runs.played("a -> b", a=_raises())
    operations.skip(run=run, path="a", output="by hand", by="golden")
    runs.work(run)
    return run


def _cancelled() -> int:
    run = runs.played("a -> b", a={"type": "checkpoint", "config": {"title": "Go on?"}})
    operations.cancel(run=run, by="golden")
    return run


def view_of_rows(run: int) -> View:
    """The statuses that are stored."""
    rows = Step.unscoped.filter(run=run).exclude(status="pending").values_list("path", "status")
    return View(run=Run.unscoped.get(pk=run).status, steps=dict(rows))


def _as_json(view: View) -> dict[str, Any]:
    return {"run": view.run, "steps": dict(view.steps)}
