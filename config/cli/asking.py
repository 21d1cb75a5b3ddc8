"""Reviews in the terminal: what is asked is shown, and decided through the same operation as everywhere."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

import click
from rich.console import Console
from rich.json import JSON
from rich.markdown import Markdown
from rich.panel import Panel

from orchestrator.engine.values import Json, JsonObject

APPROVABLE = frozenset({"output", "tool_call", "plan"})
END_OF_TEXT = "."


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
        if review["kind"] in APPROVABLE:
            choices = list(review.get("choices") or {})
            return Decided(verdict=choices[0] if choices else "approved")
        if review["kind"] == "input" and review["path"] in self.answers:
            return Decided(verdict="answered", value=self.answers[review["path"]])
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
        comment = (
            click.prompt("Comment", default="", show_default=False) if verdict not in ("approved", "edited") else ""
        )
        return Decided(verdict=verdict, value=value, comment=comment)

    def _show(self, review: JsonObject) -> None:
        where = f"{review['path']} · {review['kind'].replace('_', ' ')}"
        self.console.print(Panel(_rendered(review.get("subject")), title=review["title"], subtitle=where))
        if review.get("instructions"):
            self.console.print(Markdown(review["instructions"]))

    def _choose(self, verdicts: list[str]) -> str:
        words = [*verdicts, "later"]
        shown = "  ".join(f"[{number}] {word.replace('_', ' ')}" for number, word in enumerate(words, 1))
        self.console.print(shown, markup=False)
        while True:
            said = click.prompt("Decide").strip().lower().replace(" ", "_")
            if said.isdigit() and 1 <= int(said) <= len(words):
                return words[int(said) - 1]
            found = [word for word in words if word.startswith(said)] if said else []
            if len(found) == 1:
                return found[0]
            self.console.print(f"Type a number from 1 to {len(words)}, or the beginning of a word.")

    def _value(self, review: JsonObject) -> Json:
        """The person's version: a text as a text, anything else as JSON."""
        old = review.get("editable")
        key, text = _text_of(old)
        new = _edited(text if text is not None else json.dumps(old, ensure_ascii=False, indent=2), self.console)
        if text is None:
            return json.loads(new)
        return {**dict(old or {}), key: new} if key is not None else new


def _text_of(value: Json) -> tuple[str | None, str | None]:
    """The text in a value that is one, or an object around one: most outputs are {"text": ...}."""
    if isinstance(value, str):
        return None, value
    if isinstance(value, Mapping):
        texts = [key for key, part in value.items() if isinstance(part, str)]
        if len(texts) == 1 or "text" in texts:
            key = "text" if "text" in texts else texts[0]
            return key, value[key]
    return None, None


def _edited(text: str, console: Console) -> str:
    """Through $EDITOR where there is one, else line by line to a lone full stop."""
    if os.environ.get("EDITOR") or os.environ.get("VISUAL"):
        return (click.edit(text) or text).strip()
    console.print(f"Type the new text; a line with only {END_OF_TEXT!r} ends it.")
    lines: list[str] = []
    while (line := sys.stdin.readline()) and line.rstrip("\n") != END_OF_TEXT:
        lines.append(line.rstrip("\n"))
    return "\n".join(lines).strip()


def _rendered(subject: Json) -> Json:
    _, text = _text_of(subject)
    if text is not None:
        return Markdown(text)
    return JSON(json.dumps(subject, ensure_ascii=False))
