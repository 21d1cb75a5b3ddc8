"""One-time links that sign a person in: the first owner at the first start, and people who were invited."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.urls import reverse

from teams.access import member_of
from teams.audit import record
from teams.callers import Caller, Through
from teams.errors import Conflict, NotFound
from teams.models import Member, SignInLink, User
from teams.policy import Action, Role
from teams.tokens import digest_of, new_link_secret

OPERATORS_LINK_LASTS = timedelta(hours=1)
INVITATION_LASTS = timedelta(days=7)
LONGEST_NAME = 150


class DeadLink(NotFound):
    """This sign-in link was used already or is too old. Ask for a new one, or sign in with your password or passkey."""

    code = "dead_link"


class KnownPerson(Conflict):
    """This person has an account and signs in with it. Only newcomers get an invitation link."""

    code = "known_person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """Whom a link is for: the address, the name as far as it is known, and (team, role) of each team that awaits them."""

    email: str
    name: str
    teams: tuple[tuple[str, Role], ...]


def sign_in_link(*, user: User, now: datetime, lasts: timedelta = OPERATORS_LINK_LASTS) -> str:
    """The path of a link that signs this person in once. For the operator of the server: it is as good as a password."""
    with transaction.atomic():
        path = reverse("sign_in_link", args=[_new_link(user, now=now, lasts=lasts)])
        _record(user, "member.sign_in_link_made", Through.operator, now)
    return path


def invitation_link(*, by: Caller, member_id: int, now: datetime) -> str:
    """The path of a link for a newcomer. Refused for who has signed in before or is in another team as well.

    Else an admin of one team could come in as that person and see the other team.
    """
    by.demand(Action.edit_members)
    member = member_of(by, member_id)
    user = member.user
    if not is_newcomer(member):
        raise KnownPerson
    with transaction.atomic():
        path = reverse("join", args=[_new_link(user, now=now, lasts=INVITATION_LASTS)])
        record(by=by, action="member.invited", subject=user.email, now=now)
    return path


def is_newcomer(member: Member) -> bool:
    """Whether this person has never been here: no sign-in, no password, no other team. Owners are none, whatever they did."""
    user = member.user
    if user.last_login or user.has_usable_password() or member.role == Role.owner:
        return False
    return not Member.unscoped.filter(user=user).exclude(team=member.team_id).exists()


def is_alive(*, secret: str, now: datetime) -> bool:
    """Whether that link would sign somebody in. Changes nothing: mail scanners follow links."""
    return _alive(secret, now).filter(user__is_active=True).exists()


def invited(*, secret: str, now: datetime) -> Invited:
    """Whom that link would sign in. Changes nothing. Raises DeadLink."""
    link = _alive(secret, now).filter(user__is_active=True).select_related("user").first()
    if link is None:
        raise DeadLink
    members = Member.unscoped.filter(user=link.user).select_related("team").order_by("pk")
    teams = tuple((member.team.name, Role(member.role)) for member in members)
    return Invited(email=link.user.email, name=link.user.name, teams=teams)


def use_sign_in_link(*, secret: str, now: datetime, name: str = "") -> User:
    """Who the link signs in; it is used up. `name` is what that person wants to be called from now on. Raises DeadLink."""
    with transaction.atomic():
        link = _alive(secret, now).select_related("user").first()
        if link is None or not link.user.is_active or not _alive(secret, now).update(used_at=now):
            raise DeadLink
        if name.strip():
            link.user.name = name.strip()[:LONGEST_NAME]
            link.user.save(update_fields=["name"])
        _record(link.user, "member.used_sign_in_link", Through.page, now)
    return link.user


def sign_out_elsewhere(*, user: User, now: datetime) -> User:
    """Every session of this person ends, and within a minute every socket; the caller signs the present one in anew."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(session_round=F("session_round") + 1)
        SignInLink.objects.filter(user=user, used_at=None).update(used_at=now)
        _record(user, "member.signed_out_everywhere", Through.page, now)
    user.refresh_from_db()
    return user


def _new_link(user: User, *, now: datetime, lasts: timedelta) -> str:
    """The secret of the link's address."""
    secret = new_link_secret()
    SignInLink.objects.create(user=user, digest=digest_of(secret), created_at=now, expires_at=now + lasts)
    return secret


def _alive(secret: str, now: datetime) -> QuerySet[SignInLink]:
    return SignInLink.objects.filter(digest=digest_of(secret), used_at=None, expires_at__gt=now)


def _record(user: User, action: str, through: Through, now: datetime) -> None:
    """An entry in each of the person's teams."""
    for member in Member.unscoped.filter(user=user):
        is_own = through is Through.page
        by = Caller(
            team_id=member.team_id,
            role=Role(member.role),
            through=through,
            name=user.email if is_own else "the operator of the server",
            user_id=user.pk if is_own else None,
        )
        record(by=by, action=action, subject=user.email, now=now)
