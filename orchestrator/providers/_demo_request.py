"""What a request asks the demo model and what it gives to work on: instructions, labelled sections, data, results of tools.

It reads the texts that a vendor would get, and nothing else.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.contract.messages import Message, ModelRequest, Role, Text, ToolResult, ToolUse
from orchestrator.engine.values import Json, JsonObject
from orchestrator.providers._demo_text import blocks, listed, sentences, stems

LARGEST = 400_000
LABEL = re.compile(
    r"^(?:#{1,6}\s+|\*\*)?(?P<label>[^\s:{}\[\]\"][^:{}\[\]\"\n]{0,80}?)(?:\*\*)?:\s*$|^#{1,6}\s+(?P<head>.{1,160})$"
)
INLINE = re.compile(r"^(?:[-*]\s+)?(?P<label>[A-Za-z][\w./-]*(?: [\w./-]+){0,3}):[ \t]+(?P<value>\S.*)$")
TOPIC = re.compile(r":[ \t]+(\S[^:\n]{4,400})$", re.M)
TAG = re.compile(r"<(?P<tag>[a-zA-Z][\w-]{0,40})>\s*\n?(?P<body>.*?)\n?\s*</(?P=tag)>", re.S)
IMPERATIVE = listed(
    "add analyse analyze answer ask call check choose classify combine compare compose condense create decide "
    "describe draft explain extract find generate give identify list make name plan produce read reply respond "
    "review rewrite say shorten show state suggest summarise summarize tell translate turn use verify write"
)
COMMUNICATION = frozenset(stems("message mail email letter question request comment text chat inquiry note"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A labelled part of a request; `data` where it is JSON, or came from a tool."""

    label: str
    text: str
    data: Json = None

    @property
    def is_data(self) -> bool:
        return isinstance(self.data, dict | list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A request, taken apart."""

    instruction: str
    sections: tuple[Section, ...]
    results: tuple[Section, ...]
    errors: tuple[tuple[ToolUse, str], ...]
    uses: tuple[ToolUse, ...]
    earlier: str = ""
    """The model's last text, where a person has answered to it."""
    comment: str = ""
    """What the person answered."""

    def material(self) -> tuple[Section, ...]:
        """What there is to work on: results of tools, then sections with something in them."""
        return self.results + tuple(section for section in self.sections if section.text.strip())

    def text(self) -> str:
        return "\n\n".join(section.text for section in self.material())

    def focus(self) -> frozenset[str]:
        """Stems of what the request is about: its topic and short sections, else all of its instruction."""
        short = [section.text for section in self.sections if not section.is_data and len(section.text.split()) <= 40]
        if self.topic():
            return frozenset(stems(" ".join([self.topic(), *short])))
        return frozenset(stems(" ".join([self.instruction, *short]))) - frozenset(map(_stem_of, IMPERATIVE))

    def topic(self) -> str:
        """What follows the last colon of the instruction, as in `What matters most: dates.`; "" where there is none."""
        found = TOPIC.findall(self.instruction)
        return found[-1].strip() if found else ""

    def labelled(self, name: str) -> Section | None:
        """The section of exactly that name."""
        wanted = _key(name)
        return next(
            (section for section in self.sections if _key(section.label) == wanted and section.text.strip()), None
        )

    def message(self) -> Section | None:
        """What somebody wrote, if the request has such a part: labelled so, or in the first person."""
        texts = [section for section in self.sections if section.text.strip() and not section.is_data]
        named = [
            section
            for section in texts
            if COMMUNICATION & set(stems(section.label)) and len(section.label.split()) <= 4
        ]
        spoken = [section for section in texts if re.search(r"\b(?:I|my|we|our)\b", section.text)]
        return next(iter(named or spoken), None)


def read(request: ModelRequest) -> Task:
    """Take a request apart."""
    said = _texts(request.messages, Role.ASSISTANT)
    texts = _texts(request.messages, Role.USER)
    results = [part for message in request.messages for part in message.parts if isinstance(part, ToolResult)]
    comment = (
        texts.pop()
        if said and len(texts) > 1 and isinstance(request.messages[-1].parts[-1], Text) and not results
        else ""
    )
    instruction, sections = _divide("\n\n".join(texts)[:LARGEST], has_system=bool(request.system.strip()))
    uses = {part.id: part for message in request.messages for part in message.parts if isinstance(part, ToolUse)}
    if not sections and not results and not request.system and instruction:
        sections = [Section(label="", text=instruction)]
    return Task(
        instruction=f"{request.system}\n{instruction}".strip(),
        sections=tuple(sections),
        results=tuple(_result(part) for part in results if not part.is_error),
        errors=tuple((uses[part.id], part.content) for part in results if part.is_error and part.id in uses),
        uses=tuple(uses.values()),
        earlier=said[-1] if comment else "",
        comment=comment,
    )


def _texts(messages: Sequence[Message], role: Role) -> list[str]:
    found = [
        "\n\n".join(part.text for part in message.parts if isinstance(part, Text))
        for message in messages
        if message.role is role
    ]
    return [text for text in found if text.strip()]


def parse_data(text: str) -> Json:
    """The JSON that a text is, or None."""
    bare = text.strip()
    if bare[:1] not in "{[" or not bare:
        return None
    try:
        return json.loads(bare)
    except (ValueError, RecursionError):
        return None


def scalars(data: Json, path: str = "") -> Iterator[tuple[str, Json]]:
    """Every text, number and truth value in data with its path."""
    if isinstance(data, Mapping):
        for key, part in data.items():
            yield from scalars(part, f"{path}.{key}" if path else str(key))
    elif isinstance(data, list):
        for part in data:
            yield from scalars(part, path)
    elif data is not None and data != "":
        yield path, data


def records(data: Json) -> list[JsonObject]:
    """The objects of a list, or the one object; a wrapper such as {"rows": [...]} is opened."""
    if isinstance(data, Mapping):
        lists = [part for part in data.values() if isinstance(part, list) and part and isinstance(part[0], Mapping)]
        if len(lists) == 1 and len(data) <= 3:
            return records(lists[0])
        return [data]
    if isinstance(data, list):
        return [part for part in data if isinstance(part, Mapping)]
    return []


def _result(part: ToolResult) -> Section:
    return Section(label=part.name, text=part.content[:LARGEST], data=parse_data(part.content[:LARGEST]))


def _divide(text: str, *, has_system: bool) -> tuple[str, list[Section]]:
    """The words before the first label, and the labelled sections."""
    sections = [_section(match["tag"], match["body"]) for match in TAG.finditer(text)]
    rest = TAG.sub("\n\n", text)
    whole = parse_data(rest)
    if isinstance(whole, dict):
        return "", sections + list(_of_object(whole))
    head, found = _labelled(rest.splitlines())
    opening, loose = ("", head) if has_system and not found and not sections else _opening(head)
    if loose.strip():
        found.insert(0, _section("", loose))
    opened = [inner for section in found for inner in (section, *_of_object(section.data))]
    return opening, sections + opened


def _of_object(data: Json) -> Iterator[Section]:
    for key, part in data.items() if isinstance(data, Mapping) else ():
        text = part if isinstance(part, str) else json.dumps(part, ensure_ascii=False)
        yield Section(label=str(key), text=text, data=part if isinstance(part, dict | list) else parse_data(text))


def _section(label: str, text: str) -> Section:
    return Section(label=label.strip(), text=text.strip(), data=parse_data(text))


def _labelled(lines: list[str]) -> tuple[str, list[Section]]:
    """The text before the first label, and the sections; under a heading with # no line is a label of the short kind."""
    head: list[str] = []
    found: list[tuple[str, list[str]]] = []
    is_under_heading = False
    for number, line in enumerate(lines):
        block = LABEL.match(line)
        inline = None if is_under_heading or not _begins(lines, number, found) else INLINE.match(line)
        if block and (len(line.split()) <= 10 or line.startswith("#")):
            is_under_heading = line.startswith("#")
            found.append((block["label"] or block["head"], []))
        elif inline and inline["label"].split()[0].lower() not in IMPERATIVE:
            found.append((inline["label"], [inline["value"]]))
        else:
            (found[-1][1] if found else head).append(line)
    return "\n".join(head), [_section(label, "\n".join(body)) for label, body in found]


def _begins(lines: list[str], number: int, found: list[tuple[str, list[str]]]) -> bool:
    """Whether a line begins a paragraph, or follows a label and its one value."""
    if number == 0 or not lines[number - 1].strip():
        return True
    return bool(found) and len(found[-1][1]) == 1 and found[-1][1][0] != ""


def _opening(text: str) -> tuple[str, str]:
    """Instructions at the beginning of a text, and what follows them."""
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]
    instructions: list[str] = []
    while paragraphs and parse_data(paragraphs[0]) is None and _commands(paragraphs[0]):
        instructions.append(paragraphs.pop(0))
    if not paragraphs and len(instructions) == 1:
        return _first_sentences(instructions[0])
    return "\n".join(instructions), "\n\n".join(paragraphs)


def _commands(paragraph: str) -> bool:
    return any(set(re.findall(r"[a-z]+", sentence.lower())[:3]) & IMPERATIVE for sentence in sentences(paragraph)[:1])


def _first_sentences(paragraph: str) -> tuple[str, str]:
    """One paragraph: its commands first, then the text that they are about."""
    head, colon, tail = paragraph.partition(":")
    if colon and len(head.split()) <= 14 and len(tail.split()) >= 6:
        return head.strip(), tail.strip()
    parts = [sentence for block in blocks(paragraph) for sentence in sentences(block)]
    count = next((number for number, sentence in enumerate(parts) if not _commands(sentence)), len(parts))
    return " ".join(parts[:count]), " ".join(parts[count:])


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name).strip().lower()


def _stem_of(word: str) -> str:
    return (stems(word) or [word])[0]
