"""What the frame of every page shows of teams: the one that is looked at, and the others of the person who is signed in.

A context processor. It asks the database when a whole page is rendered, and not for a fragment of one.
"""

from dataclasses import dataclass

from django.http import HttpRequest

from teams.authentication import CHOSEN_TEAM, NoTeam, caller_in_team, teams_of
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
    user = getattr(request, "user", None)
    if is_partial(request) or not isinstance(user, User):
        return {}
    return {"shell": _shell(request, user)}


def _shell(request: HttpRequest, user: User) -> Shell:
    """Nothing is checked here: also the page that tells of a missing CSRF token has a frame."""
    try:
        caller = caller_in_team(user, chosen=request.session.get(CHOSEN_TEAM))
    except NoTeam:
        return Shell()
    teams = tuple(teams_of(caller.user_id or 0))
    return Shell(caller=caller, team=next((team for team in teams if team.pk == caller.team_id), None), teams=teams)
