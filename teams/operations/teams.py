"""Teams: make one, set its limits and switches, delete it."""

import secrets
from datetime import datetime

from django.db import transaction
from django.utils.text import slugify

from teams.audit import record
from teams.callers import Caller, operator
from teams.errors import NotAllowed, NotFound, WrongInput
from teams.models import Member, Team, User
from teams.policy import Action, Role

LONGEST_NAME = 100


class WrongTeamName(WrongInput):
    """A team needs a name of at most 100 characters."""

    code = "wrong_team_name"


def create_team(*, name: str, owner: User, now: datetime) -> Team:
    """A new team with its first owner. Code is off until an admin turns it on."""
    _check_name(name)
    with transaction.atomic():
        team = Team.objects.create(name=name.strip(), slug=_free_slug(name), created_at=now)
        Member.objects.create(team=team, user=owner, role=Role.owner, created_at=now)
        by = operator(team.pk)
        record(by=by, action="team.created", subject=team.name, data={"owner": owner.email}, now=now)
    return team


def found_team(*, by: Caller, name: str, now: datetime) -> Team:
    """A further team, of which the caller becomes the owner. For who manages a team already: it may use the whole server."""
    by.demand(Action.edit_members)
    owner = User.objects.filter(pk=by.user_id or 0).first()
    if owner is None or by.permissions is not None:
        raise NotAllowed("Only a person who is signed in can make a team.")
    with transaction.atomic():
        team = create_team(name=name, owner=owner, now=now)
        record(by=by, action="team.founded", subject=team.name, now=now)
    return team


def rename_team(*, by: Caller, name: str, now: datetime) -> None:
    """Give the team another name; its address stays."""
    by.demand(Action.edit_switch)
    _check_name(name)
    with transaction.atomic():
        team = Team.objects.select_for_update().get(pk=by.team_id)
        data = {"from": team.name, "to": name.strip()}
        Team.objects.filter(pk=by.team_id).update(name=name.strip())
        record(by=by, action="team.renamed", subject=name.strip(), data=data, now=now)


def set_max_concurrent_runs(*, by: Caller, most: int | None, now: datetime) -> None:
    """How many runs of the team may run at the same time; None is no limit."""
    by.demand(Action.edit_budget)
    if most is not None and most < 1:
        raise WrongInput("The limit of runs at the same time must be 1 or more; leave it empty for none.")
    with transaction.atomic():
        Team.objects.filter(pk=by.team_id).update(max_concurrent_runs=most)
        record(by=by, action="team.limit_set", subject="max_concurrent_runs", data={"most": most}, now=now)


def allow_code(*, by: Caller, is_allowed: bool, now: datetime) -> None:
    """Whether the team's workflows may run code that people wrote."""
    by.demand(Action.edit_switch)
    with transaction.atomic():
        Team.objects.filter(pk=by.team_id).update(allows_code=is_allowed)
        record(by=by, action="team.switch_set", subject="allows_code", data={"is_on": is_allowed}, now=now)


def delete_team(*, by: Caller, name: str, now: datetime) -> None:
    """Delete the caller's team with all that it has; the audit log stays. `name` is typed again to be sure."""
    by.demand(Action.delete_team)
    with transaction.atomic():
        team = Team.objects.select_for_update().filter(pk=by.team_id).first()
        if team is None:
            raise NotFound
        if name != team.name:
            raise WrongTeamName(f"Type the team's name, {team.name!r}, to delete it.")
        record(by=by, action="team.deleted", subject=team.name, now=now)
        team.delete()


def _check_name(name: str) -> None:
    if not name.strip() or len(name.strip()) > LONGEST_NAME:
        raise WrongTeamName


def _free_slug(name: str) -> str:
    slug = slugify(name)[:50] or "team"
    return slug if not Team.objects.filter(slug=slug).exists() else f"{slug}-{secrets.token_hex(4)}"
