"""The demo model's writing: summaries, points, findings, articles, letters, questions, from what the request holds."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from orchestrator.engine.values import Json
from orchestrator.providers._demo_extract import person
from orchestrator.providers._demo_records import facts_for, relevant, told
from orchestrator.providers._demo_request import Section, Task, records, scalars
from orchestrator.providers._demo_text import best, overlap, sentences, shorten, stems

COUNTS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
COUNTED = re.compile(
    rf"\b(\d{{1,4}}|{'|'.join(COUNTS)})(?:[- ]\w+)? (sentence|point|bullet|fact|line|item|word|paragraph)s?\b", re.I
)
OFFERED = re.compile(
    r"\b(?:topics?|options?|choices?|between|such as)(?: [\w ]{1,20})?:?\s+([^.:;\n]*(?:,| or | and )[^.:;\n]*)", re.I
)
LETTER = re.compile(r"\b(?:reply|respond|answer (?:to )?the|letter|e-?mail|write (?:back )?to|message to)\b", re.I)
ASKS = re.compile(r"\bquestion\b|\bask (?:back|what|which|whether|for clarif)|\bclarif", re.I)
OBJECT_END = re.compile(r" (?:of|for|on|about|from|in|that|which)\b", re.I)
FORBIDS = re.compile(r"\b(?:never|do not|don't|without|nor)\b[^.;\n]*", re.I)
ARTICLE = re.compile(r"\b(?:article|story|report|post|newsletter|script|essay|brief|blog|page|press release)\b", re.I)
POINTS = re.compile(r"\b(?:list|bullets?|key points|facts|points|takeaways|outline)\b", re.I)
EACH = re.compile(r"\b(?:for each|each of|digest|one by one|every)\b", re.I)
VERB = re.compile(
    r"\b(?:write|answer|draft|compose|reply|respond|prepare|create|produce|ask|list|give|make|summari[sz]e|condense|outline)\b[^.\n]*",
    re.I,
)


def write(task: Task) -> str:
    """The text that the request asks for."""
    if task.comment:
        return _revised(task)
    wanted = _wanted(task.instruction)
    if ASKS.search(wanted) and not LETTER.search(wanted):
        return _question(task)
    if LETTER.search(wanted):
        return _letter(task)
    if ARTICLE.search(wanted) and not re.search(r"\bsummar", wanted, re.I):
        return _article(task)
    if EACH.search(wanted) and list(_sources(task)):
        return _each(task)
    if POINTS.search(wanted):
        return _points(task)
    return _findings(task) if task.results or _rows(task) else _summary(task)


def count_in(instruction: str, unit: str, usual: int) -> int:
    """How many of a unit an instruction wants; the larger where it gives a range."""
    found = [
        COUNTS.get(number.lower()) or int(number)
        for number, name in COUNTED.findall(instruction)
        if name.lower() == unit
    ]
    return max(1, *found) if found else usual


def title_for(task: Task) -> str:
    """The topic as the request names it, else the beginning of the best sentence."""
    short = [section.text for section in task.sections if not section.is_data and 3 <= len(section.text.split()) <= 40]
    named = sentences(task.topic() or next(iter(short), ""))
    source = named or body_sentences(task) or [task.instruction or "Untitled"]
    top = named[0] if named else best(source, 1, task.focus())[0]
    return shorten(re.sub(r"[.?!]+$", "", top), 90)


def body_sentences(task: Task) -> list[str]:
    """Every sentence of the material, data's texts included."""
    found = [sentence for section in _content(task) for sentence in _sentences_of(section)]
    return list(dict.fromkeys(found)) or sentences(task.text()) or sentences(task.instruction)


def _wanted(instruction: str) -> str:
    """What is to be written: of each clause that says so the verb and its object, `write an article` of `... on these facts`."""
    found = [match[0] for match in VERB.finditer(FORBIDS.sub("", instruction))]
    return " ".join(OBJECT_END.split(clause, maxsplit=1)[0] for clause in found)


def _content(task: Task) -> list[Section]:
    """Sections to draw from: those with something to tell, not the short ones that only direct."""
    sections = [section for section in task.material() if section.is_data or len(section.text.split()) > 40]
    return sections or list(task.material())


def _sentences_of(section: Section) -> list[str]:
    if not section.is_data:
        return sentences(section.text)
    texts = [str(value) for _, value in scalars(section.data) if isinstance(value, str) and len(value.split()) >= 5]
    if records(section.data) and not texts:
        return [told(row) for row in records(section.data)]
    return [sentence for text in texts for sentence in sentences(text)]


def _rows(task: Task) -> list[tuple[str, list]]:  # type: ignore[type-arg]  # of JSON objects
    return [(section.label, records(section.data)) for section in task.material() if records(section.data)]


def _summary(task: Task) -> str:
    source = body_sentences(task)
    if not source:
        return "The request holds no text to work on. Add the text, or name where it comes from."
    limit = count_in(task.instruction, "sentence", 4)
    chosen = best(source, limit, task.focus())
    return _within(" ".join(chosen), task)


def _points(task: Task) -> str:
    limit = next(
        (
            count_in(task.instruction, unit, 0)
            for unit in ("point", "bullet", "fact", "item")
            if count_in(task.instruction, unit, 0)
        ),
        10,
    )
    return _within("\n".join(f"- {sentence}" for sentence in best(body_sentences(task), limit, task.focus())), task)


def _each(task: Task) -> str:
    """One paragraph for each source: its name, and what it says most."""
    limit = count_in(task.instruction, "sentence", 3)
    told_of = [(name, " ".join(best(source, limit, task.focus()))) for name, source in _sources(task)]
    return _within("\n\n".join(f"{name}: {said}" if name else said for name, said in told_of if said), task)


def _findings(task: Task) -> str:
    """What data and texts say on the request: rows as prose, then the best sentences of what else there is."""
    known = {str(value) for section in task.sections if section.is_data for _, value in scalars(section.data)}
    parts: list[str] = []
    for section in task.results or task.material():
        rows = records(section.data)
        if rows and not _is_envelope(rows):
            parts += [told(row, known) for row in relevant(rows, task.focus(), 3)]
        elif section.is_data:
            parts += [_nothing(section)] if rows or not section.data else best(_sentences_of(section), 3, task.focus())
        else:
            parts += best(sentences(section.text), 3, task.focus())
    return _within("\n".join(dict.fromkeys(parts)) or _summary(task), task)


def _is_envelope(rows: Sequence[Json]) -> bool:
    """Such as {"rows": [], "count": 0}: nothing was found."""
    return len(rows) == 1 and not any(value for value in rows[0].values() if not isinstance(value, int))


def _nothing(section: Section) -> str:
    return f"{section.label.replace('_', ' ').capitalize()}: nothing was found."


def _article(task: Task) -> str:
    """Title, what is best, then each source in its own paragraph, within the wanted length."""
    limit = count_in(task.instruction, "word", 300)
    sources = list(_sources(task))
    every = [sentence for _, source in sources for sentence in source]
    lead = best(every, 2, task.focus())
    share = max(1, round((limit - 40) / 22 / max(1, len(sources))))
    paragraphs = [title_for(task), " ".join(lead)]
    for name, source in sources:
        rest = [sentence for sentence in best(source, share + 2, task.focus()) if sentence not in lead][:share]
        if rest:
            paragraphs += [part for part in (name, " ".join(rest)) if part]
    return _within("\n\n".join(paragraphs), task)


def _sources(task: Task) -> Iterator[tuple[str, list[str]]]:
    """Texts by the name of where they come from."""
    for section in _content(task):
        rows = records(section.data)
        if not rows:
            yield section.label, _sentences_of(section)
        for row in rows:
            texts = {key: str(value) for key, value in row.items() if isinstance(value, str) and value.strip()}
            long = max(texts, key=lambda key: len(texts[key]), default="")
            name = next((value for key, value in texts.items() if key != long and len(value) <= 120), "")
            yield (name, sentences(texts[long])) if long else ("", [told(row)])


def _letter(task: Task) -> str:
    """A greeting by name, the message as it was understood, a paragraph for each finding, facts of the record, an end."""
    message = task.message()
    others = [section for section in task.material() if section is not message]
    rows = [row for section in others if section.is_data for row in records(section.data)[:1]]
    paragraphs = [f"Hello{_name(message, rows)},", _understood(message)]
    for section in others:
        if not section.is_data and len(section.text.split()) > 3:
            paragraphs.append(_finding(section))
    focus = frozenset(stems(task.instruction))
    facts = [fact for row in rows[:1] for fact in facts_for(row, focus, 4)]
    paragraphs += [" ".join(facts), *_asked_for(task), "Kind regards"]
    return _within("\n\n".join(part for part in paragraphs if part), task)


def _name(message: Section | None, rows: Sequence[Json]) -> str:
    named = [
        str(value)
        for row in rows
        for key, value in row.items()
        if re.fullmatch(r"(?:first_?|full_?|contact_?)?name", key, re.I)
    ]
    found = (named[0] if named else "") or (person(message.text) if message else "")
    return f" {found.split()[0]}" if found else ""


def _understood(message: Section | None) -> str:
    if message is None:
        return "Thank you for writing."
    said = [sentence for sentence in sentences(message.text) if len(sentence.split()) > 3]
    quoted = " ".join(said) if len(said) <= 2 else " ".join(best(said, 2))
    return f"Thank you for your message: “{shorten(quoted, 240)}”" if quoted else "Thank you for writing."


def _finding(section: Section) -> str:
    topic = re.sub(
        r"^(?:the )?(?:findings?|results?|answers?|notes?)(?: (?:on|about|for|of))?(?: the)?\s*",
        "",
        section.label,
        flags=re.I,
    ).strip()
    said = " ".join(best(sentences(section.text), 6)) or section.text.strip()
    return f"{topic[:1].upper()}{topic[1:]}: {said}" if topic else said


def _asked_for(task: Task) -> Iterator[str]:
    """What a person's comment wants mentioned."""
    for match in re.finditer(
        r"\b(?:mention|include|add|say) (?:that )?[\"“']([^\"”']{3,300})[\"”']", task.instruction, re.I
    ):
        yield match[1].strip().rstrip(".") + "."


def _question(task: Task) -> str:
    message = task.message()
    name = _name(message, [row for _, rows in _rows(task) for row in rows])
    offered = OFFERED.search(task.instruction.replace("\n", " "))
    listed = [part.strip() for part in re.split(r",| and | or ", offered[1]) if part.strip()] if offered else []
    if len(listed) > 1:
        about = f"is it about {', '.join(listed[:-1])} or {listed[-1]}, or about something else"
    else:
        topic = best(sentences(message.text), 1)[0] if message and sentences(message.text) else ""
        about = f"could you say more about what you need{f', where you write “{shorten(topic, 120)}”' if topic else ''}"
    return f"Hello{name}, thank you for your message. So that the right person can help: {about}?"


def _revised(task: Task) -> str:
    """The last answer, changed as the comment on it says; where that is nothing to do so, written anew with it in mind."""
    comment, text = task.comment, task.earlier
    for old, new in re.findall(r"replace [\"“']([^\"”']+)[\"”'] (?:with|by) [\"“']([^\"”']+)[\"”']", comment, re.I):
        text = text.replace(old, new)
    for gone in re.findall(r"(?:remove|delete|leave out) [\"“']([^\"”']+)[\"”']", comment, re.I):
        text = text.replace(gone, "")
    if re.search(r"\b(?:shorter|brief|briefer|shorten|too long)\b", comment, re.I):
        text = _halved(text, stems(comment))
    added = re.findall(
        r"\b(?:mention|include|add|say)(?: that)? [\"“']?([^\"”'\n]{3,300}?)[\"”']?(?:[.\n]|$)", comment, re.I
    )
    text = _with_added(text, [f"{wanted[:1].upper()}{wanted[1:]}." for wanted in added])
    return (
        text if text != task.earlier else write(replace(task, comment="", instruction=f"{task.instruction}\n{comment}"))
    )


def _halved(text: str, focus: Sequence[str]) -> str:
    """Half of the sentences of each long paragraph."""
    paragraphs = text.split("\n\n")
    kept = [sentences(paragraph) for paragraph in paragraphs]
    return "\n\n".join(
        " ".join(best(found, (len(found) + 1) // 2, focus)) if len(found) > 1 else paragraph
        for found, paragraph in zip(kept, paragraphs, strict=True)
    )


def _with_added(text: str, added: Sequence[str]) -> str:
    """New sentences before the closing words of a letter, else at the end."""
    if not added:
        return text
    paragraphs = text.split("\n\n")
    place = len(paragraphs) - 1 if len(paragraphs) > 2 and len(paragraphs[-1].split()) <= 3 else len(paragraphs)
    return "\n\n".join([*paragraphs[:place], " ".join(added), *paragraphs[place:]])


def _within(text: str, task: Task) -> str:
    """Not much longer than the number of words that was asked for."""
    limit = count_in(task.instruction, "word", 0)
    if not limit or len(text.split()) <= limit * 1.15:
        return text
    kept: list[str] = []
    for paragraph in text.split("\n\n"):
        left = int(limit * 1.1) - sum(len(part.split()) for part in kept)
        inside = []
        for sentence in sentences(paragraph) or [paragraph]:
            if len(sentence.split()) <= left:
                inside.append(sentence)
                left -= len(sentence.split())
        if inside:
            kept.append(" ".join(inside))
    return "\n\n".join(kept) or shorten(text, limit * 7)


def similar(first: str, second: str) -> float:
    """How much of one sentence another says, figures counting double."""
    own, other = stems(first), set(stems(second))
    figures = [each for each in own if each[:1].isdigit()]
    return overlap([*own], other) * (overlap(figures, other) if figures else 1.0)
