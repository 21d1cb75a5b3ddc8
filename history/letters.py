"""Tells people by mail that a run which they started has ended or failed, if they want that. Found from state alone by the
sweeper's tick, so no commit of a run waits for it, and what a crash left out is found later.

A letter holds no data of the run: its name, what became of it, and the way to its page.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from orchestrator.models import Run
from orchestrator.queries.words import run_word
from teams.letters import send_soon, sends_mail, write_letter
from teams.models import Member, User
from teams.policy import Role
from teams.time_zones import time_zones

BACK = timedelta(hours=1)
"""How far the first look of a process goes back; letters are written once, so looking again does no harm."""
OVERLAP = timedelta(minutes=1)
"""A transaction may become visible after later ones."""
MOST = 200


class Reporter:
    """Remembers how far it has looked."""

    def __init__(self) -> None:
        self.since: datetime | None = None

    def tick(self, now: float) -> None:
        """A listener of the sweeper's tick. `now` is the database's clock."""
        at = datetime.fromtimestamp(now, UTC)
        if not sends_mail():
            return
        since, self.since = self.since or at - BACK, at - OVERLAP
        people = set(User.objects.filter(run_letters_since__isnull=False, is_active=True).values_list("pk", flat=True))
        if people:
            ended = _ended(people, since)
            for run in _wanted(ended):
                _report(run, at)
            if len(ended) == MOST:
                self.since = datetime.fromtimestamp(ended[-1].finished_at or now, UTC)
        send_soon(now=at)


report_runs = Reporter().tick


def _ended(people: set[int], since: datetime) -> list[Run]:
    """Runs of these people that have ended since then; not the tests of drafts."""
    runs = Run.unscoped.filter(finished_at__gte=since.timestamp(), started_by__in=people, is_test=False)
    return list(runs.select_related("started_by", "version__workflow", "team").order_by("finished_at")[:MOST])


def _wanted(runs: list[Run]) -> list[Run]:
    """Those that ended after their people began to want letters, and that they may still see."""
    members = Member.unscoped.filter(user__in={run.started_by_id for run in runs}).exclude(role=Role.reviewer)
    seen = set(members.values_list("user", "team"))
    return [run for run in runs if _is_late_enough(run) and (run.started_by_id, run.team_id) in seen]


def _is_late_enough(run: Run) -> bool:
    since = run.started_by.run_letters_since if run.started_by else None
    return since is not None and since.timestamp() < (run.finished_at or 0)


def _report(run: Run, now: datetime) -> None:
    """A run that was retried and ended again is told again: `seq` has moved on."""
    name, word = run.version.workflow.name, run_word(run.status).text
    subject = _("%(word)s: %(name)s, run #%(run)d") % {"word": _(word), "name": name, "run": run.pk}
    write_letter(
        user_id=run.started_by_id or 0,
        key=f"run:{run.pk}:{run.seq}",
        subject=" ".join(subject.split())[:200],
        text=_text(run, name, word),
        now=now,
    )


def _text(run: Run, name: str, word: str) -> str:
    address = settings.BATON_URL + reverse("history:run", args=[run.pk])
    where = address if settings.BATON_URL else _("Open Baton and look for run #%d.") % run.pk
    person = str(run.started_by)
    return "\n\n".join(
        [
            _("Hello %s,") % person,
            _("a run that you started in the team %(team)s has ended.") % {"team": run.team.name},
            f"{name}\n{_('Run')} #{run.pk}: {_(word)}, {_ended_at(run)}",
            where,
            _("You get this because you asked for it in your profile, where you can turn it off."),
        ]
    )


def _ended_at(run: Run) -> str:
    """In the time zone of the person."""
    chosen = run.started_by.time_zone if run.started_by else ""
    zone = ZoneInfo(chosen) if chosen in time_zones() else UTC
    return datetime.fromtimestamp(run.finished_at or 0, zone).strftime("%Y-%m-%d %H:%M %Z")
