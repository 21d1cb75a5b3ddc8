"""The demo model's checking: each sentence of one text against those of the others, by the words and figures they share."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from orchestrator.engine.values import Json, JsonObject
from orchestrator.providers._demo_request import Section, Task, scalars
from orchestrator.providers._demo_text import sentences
from orchestrator.providers._demo_write import similar

CHECKS = re.compile(r"\b(?:check|verify|validate|compare|fact|proofread|audit)\w*\b", re.I)
NEGATED = re.compile(r"^(?:un|in|not_?|non_?|false_?|dis)", re.I)
SUPPORTED = 0.7
MOST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    claim: str
    evidence: str
    source: str
    likeness: float

    @property
    def is_supported(self) -> bool:
        return self.likeness >= SUPPORTED


def is_check(task: Task) -> bool:
    return bool(CHECKS.search(task.instruction)) and len([s for s in task.sections if s.text.strip()]) >= 2


def findings(task: Task) -> list[Finding]:
    """A finding for each sentence of the text under check: the first long section that is no data."""
    target = next((section for section in task.sections if not section.is_data and len(section.text.split()) > 4), None)
    if target is None:
        return []
    others = [pair for section in task.material() if section is not target for pair in _sentences(section)]
    return [_finding(claim, others) for claim in _claims(target)[:MOST]]


def pair_of(schema: JsonObject) -> tuple[str, str] | None:
    """Two properties that are lists and opposites by name, such as `valid` and `invalid`: (the one, its opposite)."""
    lists = [
        name
        for name, part in (schema.get("properties") or {}).items()
        if isinstance(part, Mapping) and part.get("type") == "array"
    ]
    for name in lists:
        bare = NEGATED.sub("", name)
        if bare != name and bare in lists:
            return bare, name
    return None


def item_for(finding: Finding, schema: JsonObject) -> Json:
    """A finding in the form of one item: a text, or an object whose properties are told apart by their names."""
    if schema.get("type") == "string":
        return finding.claim
    properties: JsonObject = schema.get("properties") or {}
    return {
        name: value
        for place, (name, part) in enumerate(properties.items())
        if (value := _property(finding, name, part, place)) is not None
    }


def _property(finding: Finding, name: str, schema: JsonObject, place: int) -> Json:
    said = f"{name} {schema.get('description', '')}".lower()
    if schema.get("type") == "boolean":
        return finding.is_supported
    if schema.get("type") in ("number", "integer"):
        return round(finding.likeness, 2) if schema["type"] == "number" else round(finding.likeness)
    if schema.get("enum"):
        return schema["enum"][0 if finding.is_supported else -1]
    if re.search(r"\b(?:source|page|document|where)\b", name.lower()):
        return finding.source
    if place == 0 or re.search(r"claim|statement|sentence of the (?:draft|text)", said):
        return finding.claim
    if finding.is_supported:
        return finding.evidence
    if finding.evidence and finding.likeness >= 0.3:
        return f"The nearest that is said: {finding.evidence}"
    return "Nothing like it is said."


def _finding(claim: str, others: list[tuple[str, str]]) -> Finding:
    source, sentence = max(others, key=lambda pair: similar(claim, pair[1]), default=("", ""))
    return Finding(
        claim=claim, evidence=sentence, source=source, likeness=similar(claim, sentence) if sentence else 0.0
    )


def _claims(section: Section) -> list[str]:
    """Sentences that state something; a source's name before a colon is no part of one."""
    plain = [re.sub(r"^[\w./-]+\.\w{2,4}: ", "", sentence) for sentence in sentences(section.text)]
    return [
        sentence
        for sentence in dict.fromkeys(plain)
        if len(sentence.split()) >= 4 and sentence.endswith((".", "!", "”"))
    ]


def _sentences(section: Section) -> Iterator[tuple[str, str]]:
    if not section.is_data:
        yield from ((section.label, sentence) for sentence in sentences(section.text))
        return
    name = section.label
    for _, value in scalars(section.data):
        if isinstance(value, str) and len(value.split()) < 5:
            name = value
        elif isinstance(value, str):
            yield from ((name, sentence) for sentence in sentences(value))
