"""What the frame of every page shows of teams: the one that is looked at, and the others of the person who is signed in.

A context processor. It asks the database when a whole page is rendered, and not for a fragment of one.
"""

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils import timezone

from teams.authentication import NoTeam, caller_of, teams_of
from teams.callers import Caller
from teams.models import Team, User
from ui.requests import is_partial


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """Caller and team are None for who is in no team."""

    caller: Caller | None = None
    team: Team | None = None
    teams: tuple[Team, ...] = ()


def shell(request: HttpRequest) -> dict[str, Shell]:
    """Context processor: `shell` for whole pages of people who are signed in."""
    if is_partial(request) or not isinstance(getattr(request, "user", None), User):
        return {}
    return {"shell": _shell(request)}


def _shell(request: HttpRequest) -> Shell:
    try:
        caller = caller_of(request, now=timezone.now())
    except NoTeam:
        return Shell()
    teams = tuple(teams_of(caller.user_id or 0))
    return Shell(caller=caller, team=next((team for team in teams if team.pk == caller.team_id), None), teams=teams)
