"""What people read about reviews: words and icons of kinds, states, verdicts, reasons and acts. Pure; translated when drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext_noop as _

from orchestrator.contract.questions import Kind
from orchestrator.queries.words import Word
from reviews.verdicts import Verdict

KINDS: Mapping[str, Word] = {
    Kind.OUTPUT: Word(text=_("Output"), icon="file-text"),
    Kind.TOOL_CALL: Word(text=_("Tool call"), icon="wrench"),
    Kind.PLAN: Word(text=_("Plan"), icon="list-tree"),
    Kind.BUDGET: Word(text=_("Budget"), icon="wallet"),
    Kind.INPUT: Word(text=_("Input"), icon="user-pen"),
    Kind.INCIDENT: Word(text=_("Incident"), icon="shield-alert"),
}
STATES: Mapping[str, Word] = {
    "open": Word(text=_("Waits for a decision"), icon="user-check"),
    "conflict": Word(text=_("The votes disagree"), icon="triangle-alert"),
    "expired": Word(text=_("Expired"), icon="hourglass"),
    "withdrawn": Word(text=_("Withdrawn"), icon="circle-slash"),
}
_GOOD, _BAD, _AGAIN = "circle-check", "circle-x", "rotate-cw"
VERDICTS: Mapping[str, Word] = {
    "approved": Word(text=_("Approved"), icon=_GOOD),
    "edited": Word(text=_("Approved with edits"), icon=_GOOD),
    "changes_requested": Word(text=_("Changes requested"), icon=_AGAIN),
    "rejected": Word(text=_("Rejected"), icon=_BAD),
    "raised": Word(text=_("Raised"), icon=_GOOD),
    "cheaper": Word(text=_("Goes on cheaper"), icon=_GOOD),
    "stopped": Word(text=_("Stopped"), icon=_BAD),
    "answered": Word(text=_("Answered"), icon=_GOOD),
    "declined": Word(text=_("Declined"), icon=_BAD),
    "retried": Word(text=_("Retried"), icon=_AGAIN),
    "skipped": Word(text=_("Skipped with an output"), icon=_GOOD),
    "failed": Word(text=_("Failed"), icon=_BAD),
    "expired": Word(text=_("Nobody decided in time"), icon="hourglass"),
}
REASONS: Mapping[str, str] = {
    "not_needed": _("The step does not need an answer any more, so there is nothing left to decide."),
    "run_cancelled": _("The run was cancelled, so there is nothing left to decide."),
    "run_succeeded": _("The run ended without it, so there is nothing left to decide."),
    "budget_set": _("Somebody set the budget anew, so there is nothing left to decide."),
    "expired": _("Its time was over before anybody decided."),
    "automatic": _("Its time was over. It went on as the workflow's author chose for that case."),
    "answered_elsewhere": _("It was settled on the run itself."),
}
ACTS: Mapping[str, str] = {
    "opened": _("Asked"),
    "claimed": _("Claimed"),
    "taken_over": _("Taken over"),
    "released": _("Released"),
    "decided": _("Decided"),
    "disagreed": _("The votes disagree"),
    "undone": _("Undone"),
    "applied": _("Given to the run"),
    "expired": _("Expired"),
    "withdrawn": _("Withdrawn"),
    "answered_elsewhere": _("Settled on the run"),
}
SOURCES: Mapping[str, str] = {"api": _("by API"), "link": _("by link"), "cli": _("on the command line")}
_LABELS: Mapping[str, tuple[str, str, str]] = {
    "approved": (_("Approve"), "1", "check"),
    "changes_requested": (_("Request changes"), "2", "rotate-ccw"),
    "rejected": (_("Reject"), "3", "x"),
    "raised": (_("Raise the budget"), "1", "wallet"),
    "cheaper": (_("Continue with a cheaper model"), "2", "arrow-down"),
    "stopped": (_("Stop what waits"), "3", "circle-stop"),
    "answered": (_("Send the answer"), "1", "send"),
    "declined": (_("Decline"), "3", "x"),
    "retried": (_("Retry the step"), "1", "rotate-cw"),
    "skipped": (_("Skip with this output"), "2", "check"),
    "failed": (_("Let the step fail"), "3", "x"),
}
MOST_KEYS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A verdict as a button. `edited_label` takes the label's place once something was changed."""

    word: str
    label: str
    key: str
    icon: str
    sentence: str = ""
    edited_label: str = ""
    is_primary: bool = False
    is_danger: bool = False
    needs_comment: bool = False
    wants_reason: bool = False


def buttons_of(verdicts: Sequence[Verdict], *, reason_required: bool, is_authors: bool = False) -> tuple[Button, ...]:
    """What may be decided, in order. Approving with edits is approving, with something changed. `is_authors`: the buttons
    are ports that the workflow's author named."""
    shown = [verdict for verdict in verdicts if verdict.word != "edited"]
    if is_authors:
        return tuple(_authors(verdict, number) for number, verdict in enumerate(shown))
    may_edit = len(shown) < len(verdicts)
    return tuple(
        replace(
            _ours(verdict, reason_required=reason_required),
            is_primary=number == 0,
            edited_label=_("Approve with edits") if verdict.word == "approved" and may_edit else "",
        )
        for number, verdict in enumerate(shown)
    )


def _authors(verdict: Verdict, number: int) -> Button:
    key = str(number + 1) if number < MOST_KEYS else ""
    return Button(word=verdict.word, label=verdict.sentence, key=key, icon="chevron-right", is_primary=number == 0)


def _ours(verdict: Verdict, *, reason_required: bool) -> Button:
    label, key, icon = _LABELS[verdict.word]
    return Button(
        word=verdict.word,
        label=label,
        key=key,
        icon=icon,
        sentence=verdict.sentence,
        is_danger=verdict.refuses,
        needs_comment=verdict.needs_comment,
        wants_reason=verdict.refuses and reason_required,
    )


def verdict_word(verdict: str, choices: Mapping[str, object] | None = None) -> Word:
    """A verdict that was decided; an author's own button by its label."""
    if choices and verdict in choices:
        return Word(text=str(choices[verdict]), icon=_GOOD)
    return VERDICTS.get(verdict, Word(text=verdict, icon=_GOOD))
