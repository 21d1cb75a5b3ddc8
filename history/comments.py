"""Comments on runs and their steps: looks whether the run and the step are there, then asks teams, where comments live."""

from datetime import datetime

from orchestrator.models import Step
from orchestrator.queries.run_steps import StepNotFound
from orchestrator.queries.runs import find
from teams.callers import Caller
from teams.comments import Said, comments_on, said_of
from teams.operations import comments


def subject_of(run: int) -> str:
    """How a run is named."""
    return f"run:{run}"


def on_run(*, by: Caller, run: int, step: str | None = "") -> list[Said]:
    """On the run (empty), on one of its steps, or on all of it (None). Raises RunNotFound, NotAllowed."""
    find(team=by.team_id, run=run)
    return comments_on(by=by, subject=subject_of(run), place=step)


def add(*, by: Caller, run: int, step: str, text: str, now: datetime) -> Said:
    """Raises RunNotFound, StepNotFound, WrongComment, NotAllowed."""
    find(team=by.team_id, run=run)
    if step and not Step.objects.of(by.team_id).filter(run=run, path=step).exists():
        raise StepNotFound(f"Run {run} has no step {step!r}. Name one as the run lists it.", path=step)
    said = comments.add_comment(by=by, subject=subject_of(run), place=step, text=text, now=now)
    return said_of(said, by=by)


def edit(*, by: Caller, comment: int, text: str, now: datetime) -> Said:
    """Raises NoSuchComment, NotYourComment, WrongComment, NotAllowed."""
    return said_of(comments.edit_comment(by=by, comment=comment, text=text, now=now), by=by)


def delete(*, by: Caller, comment: int) -> Said:
    """What was said, now that it is gone. Raises NoSuchComment, NotYourComment, NotAllowed."""
    gone = comments.delete_comment(by=by, comment=comment)
    return said_of(gone, by=by)


def run_of(said: Said) -> int:
    """The run that a comment is about."""
    return int(said.subject.removeprefix("run:"))
