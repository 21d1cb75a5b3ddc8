"""Files of a run that models look at: described where a node names them, read just before a call that was not made yet."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from orchestrator.contract.errors import NodeError
from orchestrator.contract.messages import PDF, PICTURES, Attachment, Message, ModelRequest, Part
from orchestrator.engine.values import Json
from orchestrator.queries import files
from orchestrator.worker import committers

MIB = 1024 * 1024
LARGEST = 20 * MIB
"""Of all files in one call: vendors refuse requests of 32 MB, and a file grows by a third on its way."""


class NotLookedAt(NodeError):
    """No model looks at this kind of file. Pictures, PDFs and texts can be shown; let read_document read others."""

    code = "file_not_looked_at"


class TooMuchToLookAt(NodeError):
    """The files of this call are too large together. Show fewer of them, or smaller ones."""

    code = "files_too_large"


def described(references: Json, *, team: int, run: int) -> tuple[Attachment, ...]:
    """The files that the value names. Raises NodeError."""
    found = tuple(_described(one, team, run) for one in _named(references))
    size = sum(one.size for one in found)
    if size > LARGEST:
        raise TooMuchToLookAt(f"The files have {size:,} bytes together; a call takes {LARGEST:,}. Show fewer of them.")
    return found


def with_contents(request: ModelRequest, *, team: int, run: int) -> ModelRequest:
    """The request with the contents of its files."""
    if not any(isinstance(part, Attachment) for message in request.messages for part in message.parts):
        return request

    def filled(part: Part) -> Part:
        if not isinstance(part, Attachment):
            return part
        return replace(part, content=_content(part.reference, team, run))

    return replace(request, messages=tuple(_each(request.messages, filled)))


def _each(messages: Sequence[Message], filled: Callable[[Part], Part]) -> Iterator[Message]:
    for message in messages:
        yield replace(message, parts=tuple(filled(part) for part in message.parts))


def _named(references: Json) -> list[str]:
    listed = references if isinstance(references, list) else [references]
    named = [one for one in listed if one not in ("", None)]
    wrong = next((one for one in named if not isinstance(one, str)), None)
    if wrong is not None:
        raise NodeError(f"{str(wrong)[:100]!r} is no file. A file is named file:<id>, as the run's input has it.")
    return named


def _described(reference: str, team: int, run: int) -> Attachment:
    try:
        facts = committers.run(files.facts_of, team=team, run=run, reference=reference)
    except files.NoSuchFile as error:
        raise NodeError(str(error)) from error
    kind = facts.media_type
    if kind not in PICTURES and kind != PDF and not kind.startswith("text/"):
        raise NotLookedAt(f"{facts.name} is {kind}, which no model looks at. Let the tool read_document read it.")
    return Attachment(reference=reference, name=facts.name, media_type=kind, size=facts.size)


def _content(reference: str, team: int, run: int) -> bytes:
    try:
        return committers.run(files.read, team=team, run=run, reference=reference)[1]
    except files.NoSuchFile as error:
        raise NodeError(str(error)) from error
