"""Reviews in the terminal: what `--approve all` decides by itself, and what a person is shown and may type."""

import io
import json

import click
import pytest
from rich.console import Console

from config.cli.asking import Approver, Asker, Decided
from orchestrator.engine.values import Json, JsonObject

WORDS = {
    "output": ["approved", "edited:value", "changes_requested:maybe", "rejected"],
    "tool_call": ["approved", "edited:value", "rejected"],
    "plan": ["approved", "edited:value", "changes_requested:maybe", "rejected"],
    "input": ["answered:value", "declined"],
    "budget": ["raised:value", "stopped"],
    "incident": ["retried", "skipped:value", "failed"],
}


def review(kind: str, subject: Json = None, **more: Json) -> JsonObject:
    verdicts = [{"word": word.partition(":")[0], "takes": word.partition(":")[2] or "none"} for word in WORDS[kind]]
    whole = {"id": 1, "kind": kind, "path": "reply", "title": "Reply", "subject": subject, "editable": subject}
    return {**whole, "choices": {}, "verdicts": verdicts, "edit_schema": None, "instructions": "", **more}


class Terminal:
    """What a person typed, and what was shown."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch, self.output = monkeypatch, io.StringIO()
        self.console = Console(file=self.output, width=100)
        monkeypatch.delenv("EDITOR", raising=False)
        monkeypatch.delenv("VISUAL", raising=False)

    def asked(self, asked: JsonObject, *lines: str) -> Decided | None:
        self.monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        return Asker(console=self.console).decide(asked)

    @property
    def shown(self) -> str:
        return self.output.getvalue()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(monkeypatch)


@pytest.mark.parametrize("kind", ["output", "tool_call", "plan"])
def test_outputs_tool_calls_and_plans_are_approved(kind: str) -> None:
    assert Approver().decide(review(kind, {"text": "Hello"})) == Decided(verdict="approved")


def test_of_an_authors_own_buttons_the_first_is_taken() -> None:
    choices = {"refund": "Pay back", "keep": "Decline"}
    assert Approver().decide(review("output", choices=choices)) == Decided(verdict="refund")


def test_a_form_gets_the_samples_answers() -> None:
    answers = {"reply": {"answer": "Tuesday"}}
    assert Approver(answers=answers).decide(review("input")) == Decided(verdict="answered", value={"answer": "Tuesday"})


@pytest.mark.parametrize("path", ["each[3]/ask", "each#2/ask", "each/ask", "each"])
def test_a_form_inside_a_map_or_loop_gets_the_answers_of_its_node(path: str) -> None:
    found = Approver(answers={"each": {"answer": "x"}}).decide(review("input", path=path))
    assert found == Decided(verdict="answered", value={"answer": "x"})


def test_a_form_without_an_answer_is_left_to_a_person() -> None:
    assert Approver(answers={"other": {"answer": "x"}}).decide(review("input")) is None


@pytest.mark.parametrize("kind", ["budget", "incident"])
def test_budgets_and_incidents_are_left_to_a_person(kind: str) -> None:
    assert Approver(answers={"reply": {"answer": "x"}}).decide(review(kind)) is None


def test_what_is_asked_is_shown(terminal: Terminal) -> None:
    asked = review("output", {"text": "Dear **Maren**"}, instructions="Is it polite?")
    assert terminal.asked(asked, "1") == Decided(verdict="approved")
    for words in ("Reply", "Dear Maren", "Is it polite?", "reply · output", "[1] approved", "[5] later"):
        assert words in terminal.shown


def test_of_a_tool_call_nothing_is_hidden(terminal: Terminal) -> None:
    terminal.asked(review("tool_call", {"tool": "send", "text": "Hi", "arguments": {"to": "a@b.example"}}), "1")
    for part in ('"tool": "send"', '"text": "Hi"', '"to": "a@b.example"'):
        assert part in terminal.shown


def test_what_stands_beside_a_text_is_shown_too(terminal: Terminal) -> None:
    terminal.asked(review("output", {"text": "Hello", "data": {"amount": 89}}), "1")
    assert "Hello" in terminal.shown
    assert '"amount": 89' in terminal.shown
    terminal.asked(review("output", {"verdict": "fine", "amount": 90}), "1")
    assert '"amount": 90' in terminal.shown


def test_arguments_of_a_tool_are_edited_whole(terminal: Terminal) -> None:
    asked = review("tool_call", {"tool": "send"}, editable={"text": "Hi"})
    found = terminal.asked(asked, "edited", '{"text": "Ho", "to": "c"}', ".")
    assert found == Decided(verdict="edited", value={"text": "Ho", "to": "c"})


@pytest.mark.parametrize(("typed", "verdict"), [("1", "approved"), ("app", "approved"), ("REJ", "rejected")])
def test_a_number_or_the_beginning_of_a_word_decides(terminal: Terminal, typed: str, verdict: str) -> None:
    found = terminal.asked(review("output", "x"), typed, "")
    assert found is not None
    assert found.verdict == verdict


@pytest.mark.parametrize("wrong", ["0", "6", "x", "-1"])
def test_what_decides_nothing_is_asked_again(terminal: Terminal, wrong: str) -> None:
    assert terminal.asked(review("output", "x"), wrong, "1") == Decided(verdict="approved")
    assert "Type a number from 1 to 5" in terminal.shown


def test_later_leaves_it_open(terminal: Terminal) -> None:
    assert terminal.asked(review("output", "x"), "later") is None


def test_changes_come_with_a_comment(terminal: Terminal) -> None:
    found = terminal.asked(review("output", "x"), "changes requested", "Warmer, please.")
    assert found == Decided(verdict="changes_requested", comment="Warmer, please.")
    assert found.to_json() == {"verdict": "changes_requested", "value": None, "comment": "Warmer, please."}


def test_a_text_is_edited_as_a_text_and_the_rest_of_the_output_stays(terminal: Terminal) -> None:
    found = terminal.asked(review("output", {"text": "Old", "tokens": 5}), "edited", "New", "", "text", ".")
    assert found == Decided(verdict="edited", value={"text": "New\n\ntext", "tokens": 5})
    assert terminal.asked(review("output", "Old"), "edited", "New", ".") == Decided(verdict="edited", value="New")


def test_anything_else_is_edited_as_json_until_it_is_some(terminal: Terminal) -> None:
    asked = review("tool_call", {"tool": "t"}, editable={"a": 1, "b": [2]})
    found = terminal.asked(asked, "edited", "{no json", ".", '{"a": 2}', ".")
    assert found == Decided(verdict="edited", value={"a": 2})
    assert "This is no JSON" in terminal.shown


def test_an_end_of_the_input_decides_nothing(terminal: Terminal) -> None:
    with pytest.raises(click.Abort):
        terminal.asked(review("output", "Old"), "edited")
    with pytest.raises(click.Abort):
        terminal.asked(review("output", "Old"))


def test_an_editor_of_the_environment_is_used(terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i "s/Old/New/" "$1"\n')
    editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(editor))
    assert terminal.asked(review("output", {"text": "Old one"}), "edited") == Decided(
        verdict="edited", value={"text": "New one"}
    )


FORM: JsonObject = {
    "type": "object",
    "required": ["when", "how_many"],
    "properties": {
        "when": {"type": "string", "title": "When"},
        "how_many": {"type": "integer"},
        "note": {"type": "string"},
        "urgent": {"type": "boolean", "default": False},
    },
}


def test_a_form_is_filled_field_by_field(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    found = terminal.asked(review("input", edit_schema=FORM), "answered", "Tuesday", "many", "3", "", "")
    assert found == Decided(verdict="answered", value={"when": "Tuesday", "how_many": 3, "urgent": False})
    captured = capsys.readouterr()
    assert "This must be JSON of type integer." in captured.err
    assert captured.out == "", "stdout is for the result alone"


def test_a_budget_is_raised_by_an_amount(terminal: Terminal) -> None:
    schema = {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "number"}}}
    found = terminal.asked(review("budget", {"unit": "money"}, edit_schema=schema), "raised", "0.5")
    assert found == Decided(verdict="raised", value={"amount": 0.5})


@pytest.mark.parametrize(("typed", "value"), [('{"text": "done"}', {"text": "done"}), ("done", "done")])
def test_a_skipped_step_gets_a_typed_output(terminal: Terminal, typed: str, value: Json) -> None:
    found = terminal.asked(review("incident"), "skipped", typed, "seen by hand")
    assert found == Decided(verdict="skipped", value=value, comment="seen by hand")


def test_text_from_outside_does_not_steer_the_terminal(terminal: Terminal) -> None:
    evil = "\x1b[2Jgone\x9b1m \x07[/nothing] [bold]"
    asked = review("output", {"text": evil}, title=f"{evil} title", instructions=evil, path="each[0]/reply")
    terminal.asked(asked, "1")
    assert "each[0]/reply" in terminal.shown
    assert "[/nothing] [bold] title" in terminal.shown
    assert not {"\x1b", "\x9b", "\x07"} & set(terminal.shown)
    assert json.dumps(evil)  # what the server has stays as it is
