"""What a posted form says: the verdict, and the value where something was changed or filled in."""

from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from orchestrator.contract.questions import Kind
from orchestrator.engine.values import Json
from orchestrator.operations import files
from reviews import queries
from reviews.errors import WrongDecision
from reviews.pages.editor import Editor
from reviews.pages.item import Posted, editor_for
from reviews.queries import Shown
from reviews.verdicts import Given, Takes
from reviews.visibility import decidable
from teams.callers import Caller


class WrongForm(WrongDecision):
    """Correct the fields that are marked, then decide again."""

    code = "wrong_form"


class Rearranged(WrongDecision):
    """A row was added or dropped: the form comes back with it."""

    code = "rearranged"


def given_of(*, by: Caller, review: int, posted: Posted, now: datetime) -> Given:
    """Raises WrongForm, Rearranged, NoSuchReview, NotInQueue, NotAllowed."""
    decidable(review, by)
    shown = queries.get_review(review=review, by=by, now=now)
    editor = editor_for(shown, posted=posted)
    if editor.is_rearranged:
        raise Rearranged
    word = posted.data.get("verdict", "")
    verdict, value = _decided(shown, editor, word)
    if value is not None:
        value = editor.value(store=_store(by, shown))
    port = posted.data.get("port", "") if verdict == "skipped" else ""
    return Given(verdict=verdict, value=value, comment=posted.data.get("comment", ""), port=port)


def _decided(shown: Shown, editor: Editor, word: str) -> tuple[str, Json]:
    """The verdict, and a value where it comes with one. A verdict that is approved with a change is `edited`."""
    offered = {verdict.word: verdict for verdict in shown.verdicts}
    verdict = offered.get(word)
    if word == "approved" and "edited" in offered:
        edited = _changed(editor)
        return ("edited", edited) if edited is not None else ("approved", None)
    if verdict is None or verdict.takes is Takes.NONE or verdict.needs_comment:
        return word, None
    if verdict.takes is Takes.MAYBE:
        return word, _maybe(shown, editor)
    _check(editor)
    return word, editor.value()


def _maybe(shown: Shown, editor: Editor) -> Json:
    """A cheaper model may come with an amount; an author's button with a change."""
    if shown.question.kind is Kind.BUDGET:
        if not editor.is_filled:
            return None
        _check(editor)
        return editor.value()
    if shown.question.kind is Kind.INPUT:
        _check(editor)
        return editor.value()
    return _changed(editor)


def _changed(editor: Editor) -> Json:
    """The value where it was changed. A form that does not even hold the original is none of a person's faults: what
    nobody touched goes on as it is."""
    if editor.is_untouched():
        return None
    _check(editor)
    return editor.value() if editor.is_edited() else None


def _check(editor: Editor) -> None:
    if not editor.is_valid():
        raise WrongForm(_("Correct the fields that are marked, then decide again."))


def _store(by: Caller, shown: Shown) -> Any:
    def store(file: "UploadedFile[Any]") -> str:
        row = files.bring(team=by.team_id, run=shown.review.run_id, name=file.name or "", content=file.read())
        return f"file:{row.pk}"

    return store
