"""Reviews in the terminal: what is asked is shown, and decided through the same operation as everywhere."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import click
from rich.console import Console, Group, RenderableType
from rich.json import JSON
from rich.markdown import Markdown
from rich.panel import Panel
from rich.text import Text

from config.cli.editing import edited_json, edited_text, filled, json_or_text, plain, text_of
from orchestrator.engine.values import Json, JsonObject

APPROVABLE = frozenset({"output", "tool_call", "plan"})
WITHOUT_COMMENT = frozenset({"approved", "edited", "answered", "raised"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What goes to the server."""

    verdict: str
    value: Json = None
    comment: str = ""

    def to_json(self) -> JsonObject:
        return {"verdict": self.verdict, "value": self.value, "comment": self.comment}


@dataclass(slots=True)
class Approver:
    """Decides what `--approve all` may decide: approves, and gives a form its sample's answers."""

    answers: Mapping[str, Json] = field(default_factory=dict)

    def decide(self, review: JsonObject) -> Decided | None:
        """None where a person must look: budgets, incidents, and forms that the sample has no answer for."""
        choices = list(review.get("choices") or {})
        if review["kind"] in APPROVABLE:
            return Decided(verdict=choices[0] if choices else "approved")
        node = _node_of(review["path"])
        if review["kind"] == "input" and node in self.answers:
            return Decided(verdict=choices[0] if choices else "answered", value=self.answers[node])
        return None


@dataclass(slots=True)
class Asker:
    """Asks whoever sits at the terminal."""

    console: Console

    def decide(self, review: JsonObject) -> Decided | None:
        self._show(review)
        verdicts = [verdict["word"] for verdict in review["verdicts"]]
        verdict = self._choose(verdicts)
        if verdict == "later":
            return None
        takes = next(one["takes"] for one in review["verdicts"] if one["word"] == verdict)
        value = self._value(review) if takes == "value" else None
        comment = "" if verdict in WITHOUT_COMMENT else _comment()
        return Decided(verdict=verdict, value=value, comment=comment)

    def _show(self, review: JsonObject) -> None:
        where = f"{review['path']} · {review['kind'].replace('_', ' ')}"
        title = Text(plain(review["title"]))
        self.console.print(Panel(_rendered(review), title=title, subtitle=Text(where)))
        if review.get("instructions"):
            self.console.print(Markdown(plain(review["instructions"])))

    def _choose(self, verdicts: list[str]) -> str:
        words = [*verdicts, "later"]
        shown = "  ".join(f"[{number}] {word.replace('_', ' ')}" for number, word in enumerate(words, 1))
        self.console.print(shown, markup=False, highlight=False)
        while True:
            said = click.prompt("Decide", err=True).strip().lower().replace(" ", "_")
            if said.isdigit() and 1 <= int(said) <= len(words):
                return words[int(said) - 1]
            found = [word for word in words if word.startswith(said)] if said else []
            if len(found) == 1:
                return found[0]
            self.console.print(f"Type a number from 1 to {len(words)}, or the beginning of a word.")

    def _value(self, review: JsonObject) -> Json:
        """A form is filled, an incident's output typed, anything else edited from what it is."""
        schema = review.get("edit_schema") or {}
        if review["kind"] in ("input", "budget") and schema.get("properties"):
            return filled(schema)
        if review["kind"] == "incident":
            return json_or_text("Output (JSON or text)")
        edited = edited_json if review["kind"] == "tool_call" else edited_text
        return edited(review.get("editable"), self.console)


def _node_of(path: str) -> str:
    """The node of the file that a path begins with: `each` of `each[3]/ask`."""
    return re.split(r"[/\[#]", path, maxsplit=1)[0]


def _comment() -> str:
    return str(click.prompt("Comment", default="", show_default=False, err=True))


def _rendered(review: JsonObject) -> RenderableType:
    """All of it: a text as Markdown, with whatever stands beside it as JSON. Of a tool call nothing may be hidden."""
    subject = review.get("subject")
    key, text = text_of(subject)
    if text is None or review["kind"] == "tool_call":
        return JSON(json.dumps(subject, ensure_ascii=False))
    rest = {name: part for name, part in subject.items() if name != key} if isinstance(subject, Mapping) else {}
    beside = [JSON(json.dumps(rest, ensure_ascii=False))] if rest else []
    return Group(Markdown(plain(text)), *beside)
