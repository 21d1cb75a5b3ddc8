"""Pictures, PDFs and texts that a model looks at: in each vendor's form, and what the demo model honestly says of them."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any

import pytest
from anthropic.types import DocumentBlockParam, ImageBlockParam, TextBlockParam
from openai.types.chat import ChatCompletionUserMessageParam
from openai.types.responses import ResponseInputItemParam
from pydantic import TypeAdapter

from orchestrator.contract.codec import message_from_json, message_to_json
from orchestrator.contract.messages import Attachment, Message, ModelRequest, Part, Role, Text
from orchestrator.contract.provider import Provider
from orchestrator.prices import estimate_tokens
from tests.contract.providers import VENDORS, make_provider
from tests.model_server.checking import Server

PICTURE = Attachment(reference="file:1", name="cat.png", media_type="image/png", size=4, content=b"\x89PNG")
PAPER = Attachment(reference="file:2", name="paper.pdf", media_type="application/pdf", size=8, content=b"%PDF-1.7")
NOTES = Attachment(
    reference="file:3", name="notes.txt", media_type="text/plain", size=27, content=b"The tower leans to the left"
)


@pytest.fixture(params=[*VENDORS, "demo"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def provider(name: str, server: Server) -> AsyncIterator[Provider]:
    made = make_provider(name, server)
    yield made
    await made.close()


def asking(*files: Attachment) -> ModelRequest:
    parts: tuple[Part, ...] = (*files, Text(text="What is to be seen?"))
    return ModelRequest(model="fake", messages=(Message(role=Role.USER, parts=parts),))


def said(server: Server) -> list[Any]:
    """The messages of the last request."""
    body = server.calls()[-1]["body"]
    return list(body.get("messages") or body["input"])


def blocks(server: Server) -> list[Any]:
    """The parts of its messages."""
    found = [one["content"] for one in said(server)]
    return [block for content in found if isinstance(content, list) for block in content]


def checked(name: str, messages: list[Any]) -> None:
    """The vendor's own types accept it."""
    if name == "anthropic":
        for block in (block for message in messages for block in message["content"]):
            TypeAdapter(TextBlockParam | ImageBlockParam | DocumentBlockParam).validate_python(block)
        return
    kind: Any = {"openai": ResponseInputItemParam, "openai_chat": ChatCompletionUserMessageParam}[name]
    for message in messages:
        whole = TypeAdapter(kind).validate_python(message)
        TypeAdapter(kind).dump_json(whole)  # what pydantic reads lazily is read now


async def test_a_picture_and_a_pdf_are_sent_in_the_vendors_form(server: Server, provider: Provider, name: str) -> None:
    answer = await provider.complete(asking(PICTURE, PAPER), on_delta=None)
    assert answer.text()
    if name == "demo":
        return
    checked(name, said(server))
    text = json.dumps(blocks(server))
    assert [b64encode(one.content).decode() in text for one in (PICTURE, PAPER)] == [True, True]
    assert len([one for one in blocks(server) if one["type"] not in ("text", "input_text")]) == 2
    assert "What is to be seen?" in json.dumps(said(server))


async def test_a_text_is_read_as_text_by_every_model(server: Server, provider: Provider, name: str) -> None:
    answer = await provider.complete(asking(NOTES), on_delta=None)
    if name == "demo":
        assert "leans to the left" in answer.text()
    else:
        assert "## notes.txt\\n\\nThe tower leans to the left" in json.dumps(said(server))


async def test_the_demo_model_says_that_it_cannot_look(server: Server) -> None:
    demo = make_provider("demo", server)
    answer = await demo.complete(asking(PICTURE, PAPER), on_delta=None)
    told = "It was given: cat.png (image/png, 4 bytes), paper.pdf (application/pdf, 8 bytes)."
    assert answer.text().endswith(f"The demo model cannot look into files. {told}")


@pytest.mark.parametrize("kind", ["image/png", "image/jpeg", "image/gif", "image/webp"])
async def test_every_kind_of_picture_is_taken(server: Server, provider: Provider, name: str, kind: str) -> None:
    picture = Attachment(reference="file:1", name="a", media_type=kind, size=3, content=b"abc")
    await provider.complete(asking(picture), on_delta=None)
    if name != "demo":
        checked(name, said(server))
        assert kind in json.dumps(said(server))


def test_what_is_kept_of_a_file_is_not_its_content() -> None:
    (message,) = asking(PICTURE).messages
    kept = json.loads(json.dumps(message_to_json(message)))
    assert kept["parts"][0] == {"attachment": "file:1", "name": "cat.png", "media_type": "image/png", "size": 4}
    assert message_from_json(kept) == message


def test_files_are_part_of_the_estimate() -> None:
    assert estimate_tokens(asking(PICTURE)).tokens > 1600 + estimate_tokens(asking()).tokens
