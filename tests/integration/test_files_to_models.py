"""A file of a run's input, on its way to a model: described in the journal, read for the call alone."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from orchestrator.contract.messages import Attachment, ModelRequest, ToolUse
from orchestrator.contract.policies import inherited
from orchestrator.engine.graph import compile_document
from orchestrator.engine.values import NodeKey
from orchestrator.models import Call, Payload
from orchestrator.operations import files, starting
from orchestrator.operations.starting import Wanted
from orchestrator.worker.attachments import LARGEST
from teams.models import Connection
from tests import runs
from tests.personas import Personas, personas
from tests.plugins.providers.scripted import calls, says, script
from tests.plugins.tools import remember

pytestmark = [pytest.mark.django_db, pytest.mark.store]

PNG = b"\x89PNG\r\n\x1a\n" + b"a-picture-of-a-cat"
FILE = {"type": "string", "format": "file"}
INPUTS = {"type": "object", "properties": {"photo": FILE, "papers": {"type": "array", "items": FILE}}}


@pytest.fixture
def people() -> Iterator[Personas]:
    found = personas()
    Connection.objects.create(team=found.team, name="scripted", provider="scripted")
    for kept in (script.asked, remember.remembered):
        kept.clear()
    yield found
    script.answer = None


def upload(people: Personas, content: bytes = PNG, name: str = "cat.png") -> str:
    return f"file:{files.upload(by=people.alice, name=name, content=content).pk}"


def looking(kind: str = "prompt", **config: Any) -> dict[str, Any]:
    says_it = {"prompt": "What is it?"} if kind == "prompt" else {"goal": "Say what it is."}
    node = {"type": kind, "config": {"model": "scripted/one", "files": "{{ inputs.photo }}", **says_it, **config}}
    return {"inputs": INPUTS, "nodes": {"look": node}, "edges": []}


def played(people: Personas, document: dict[str, Any], **given: Any) -> int:
    version = runs.a_version(document, team=people.team)
    run = starting.start_run(by=people.alice, wanted=Wanted(version=version, given=given))
    runs.work(run)
    return run


def seen(request: ModelRequest) -> list[Attachment]:
    return [part for message in request.messages for part in message.parts if isinstance(part, Attachment)]


@pytest.mark.parametrize("kind", ["prompt", "agent"])
def test_the_model_gets_the_content_and_the_journal_does_not(people: Personas, kind: str) -> None:
    script.answer = lambda _: says("A cat.")
    run = played(people, looking(kind), photo=upload(people))
    assert runs.output(run, "look")["text"] == "A cat."
    (photo,) = seen(script.asked[0])
    assert (photo.name, photo.media_type, photo.size, photo.content) == ("cat.png", "image/png", len(PNG), PNG)
    kept = [*Payload.unscoped.filter(run=run).values_list("body", flat=True)]
    kept += [str(row) for row in Call.unscoped.filter(run=run).values()]
    assert "image/png" in "".join(kept)
    assert "a-picture-of-a-cat" not in "".join(kept)


def test_a_list_of_files_is_looked_at_in_its_order_and_none_is_none(people: Personas) -> None:
    script.answer = lambda _: says("Fine.")
    two = [upload(people, b"%PDF-1.7 x", "one.pdf"), upload(people, b"plain text", "two.txt")]
    run = played(people, looking(files="{{ inputs.papers }}"), papers=two)
    assert runs.status(run) == "succeeded"
    assert [(one.name, one.media_type) for one in seen(script.asked[0])] == [
        ("one.pdf", "application/pdf"),
        ("two.txt", "text/plain"),
    ]
    assert runs.status(played(people, looking(files="{{ inputs.papers }}"), papers=[])) == "succeeded"
    assert seen(script.asked[1]) == []


def test_after_a_pause_the_conversation_still_has_the_file(people: Personas) -> None:
    use = ToolUse(id="r", name="remember", arguments={"word": "cat"})
    script.answer = lambda request: calls(use) if len(request.messages) == 1 else says("Kept.")
    run = played(people, looking("agent", tools=["remember"]), photo=upload(people))
    runs.answer(runs.open_questions(run)[0], "approved")
    runs.work(run)
    assert runs.output(run, "look")["text"] == "Kept."
    assert [one.content for one in seen(script.asked[1])] == [PNG]
    assert len(script.asked) == 2


def test_what_no_model_looks_at_fails_with_what_to_do(people: Personas) -> None:
    run = played(people, looking(), photo=upload(people, b"\x7fELF\x00\x01", "program"))
    error = json.loads(runs.step(run, "look").error or "")
    assert error["code"] == "file_not_looked_at"
    assert "read_document" in error["message"]


def test_files_that_are_too_large_together_are_refused_before_the_call(people: Personas) -> None:
    half = b"%PDF-1.7" + b"x" * (LARGEST // 2)
    papers = [upload(people, half, "a.pdf"), upload(people, half, "b.pdf")]
    run = played(people, looking(files="{{ inputs.papers }}"), papers=papers)
    assert json.loads(runs.step(run, "look").error or "")["code"] == "files_too_large"
    assert script.asked == []


def test_a_file_of_another_run_is_not_there(people: Personas) -> None:
    script.answer = lambda _: says("A cat.")
    mine = upload(people)
    played(people, looking(), photo=mine)
    run = played(people, looking(files=mine))
    assert "There is no file" in json.loads(runs.step(run, "look").error or "")["message"]


def test_who_looks_at_files_has_read_text_of_strangers() -> None:
    graph = compile_document(looking())
    assert inherited(graph, NodeKey("look"), lambda _: []).untrusted
    assert not inherited(compile_document(looking(files="")), NodeKey("look"), lambda _: []).untrusted
