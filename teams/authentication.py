"""Who asks: a person's session or an API token. Answers with a Caller, or raises NotSignedIn.

A token counts in the Authorization header alone, and a request that has the header never falls back to its cookie.
A session that changes anything must bring its CSRF token, also where Django's own check is off.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from teams.callers import Caller, Through
from teams.errors import NotAllowed, NotSignedIn
from teams.models import ApiToken, Member, Team, User
from teams.policy import Permission, Role
from teams.tokens import is_same, prefix_of

CHOSEN_TEAM = "team"
"""Under this key the session keeps the team that a person looks at."""
NOTED_EVERY = timedelta(minutes=1)


class WrongToken(NotSignedIn):
    """This API token is not known, has expired or was revoked. Make a new one on the page of your tokens."""

    code = "wrong_token"


class NoTeam(NotAllowed):
    """You are in no team. Ask an admin of one to add you."""

    code = "no_team"


class NoCsrfToken(NotAllowed):
    """The request lacks the CSRF token of its session. Send it as X-CSRFToken, or use an API token."""

    code = "no_csrf_token"


def caller_of(request: HttpRequest, *, now: datetime) -> Caller:
    """Who sent this request. Raises NotSignedIn, WrongToken, NoTeam, NoCsrfToken."""
    header = request.headers.get("Authorization")
    if header is not None:
        return caller_with_token(_bearer(header), now=now)
    if not isinstance(request.user, User):
        raise NotSignedIn
    _check_csrf(request)
    return caller_in_team(request.user, chosen=request.session.get(CHOSEN_TEAM))


def caller_with_token(text: str, *, now: datetime) -> Caller:
    """Whose token that is. Raises WrongToken. The time of use is noted to the minute."""
    row = ApiToken.unscoped.select_related("member__user").filter(prefix=prefix_of(text)).first()
    is_known = is_same(text, row.digest if row else None)
    if row is None or not is_known or not _is_alive(row, now):
        raise WrongToken
    unnoted = Q(last_used_at=None) | Q(last_used_at__lt=now - NOTED_EVERY)
    if row.last_used_at is None or row.last_used_at < now - NOTED_EVERY:
        ApiToken.objects.of(row.team_id).filter(unnoted, pk=row.pk).update(last_used_at=now)
    return _caller(
        row.member, Through.token, token_id=row.pk, permissions=frozenset(Permission(name) for name in row.permissions)
    )


def caller_in_team(user: User, *, chosen: int | None = None) -> Caller:
    """That person in the chosen team, else in the one joined first. Raises NoTeam."""
    members = list(Member.unscoped.select_related("user").filter(user=user, user__is_active=True).order_by("pk"))
    for member in sorted(members, key=lambda member: member.team_id != chosen):
        return _caller(member, Through.page)
    raise NoTeam


def teams_of(user_id: int) -> list[Team]:
    """The teams that this person is in."""
    return list(Team.objects.filter(pk__in=Member.unscoped.filter(user=user_id).values("team")).order_by("name"))


def memberships(user_id: int) -> list[Member]:
    """This person in each of their teams, by the teams' names."""
    return list(Member.unscoped.filter(user=user_id).select_related("team").order_by("team__name", "pk"))


def gone(callers: Collection[Caller], *, now: datetime) -> list[Caller]:
    """Those who are no longer what they were: out of the team, another role, signed out, token ended. Two queries for all."""
    members = Member.unscoped.filter(pk__in={caller.member_id for caller in callers}, user__is_active=True)
    known = {pk: (role, turn) for pk, role, turn in members.values_list("pk", "role", "user__session_round")}
    tokens = ApiToken.unscoped.filter(pk__in={caller.token_id for caller in callers if caller.token_id})
    alive = {token.pk for token in tokens.filter(revoked_at=None) if token.expires_at is None or token.expires_at > now}
    return [
        caller
        for caller in callers
        if not _is_known(caller, *known.get(caller.member_id or 0, ("", 0)))
        or (caller.token_id and caller.token_id not in alive)
    ]


def _is_known(caller: Caller, role: str, session_round: int) -> bool:
    is_session = caller.through is Through.page
    return role == caller.role and (not is_session or session_round == caller.session_round)


def _caller(
    member: Member,
    through: Through,
    *,
    token_id: int | None = None,
    permissions: frozenset[Permission] | None = None,
) -> Caller:
    return Caller(
        team_id=member.team_id,
        role=Role(member.role),
        through=through,
        name=member.user.email,
        user_id=member.user_id,
        member_id=member.pk,
        token_id=token_id,
        permissions=permissions,
        session_round=member.user.session_round if through is Through.page else 0,
    )


def _bearer(header: str) -> str:
    kind, _, text = header.partition(" ")
    if kind.lower() != "bearer" or not text.strip():
        raise WrongToken("The Authorization header must be `Bearer` and an API token.")
    return text.strip()


def _is_alive(row: ApiToken, now: datetime) -> bool:
    is_in_time = row.expires_at is None or row.expires_at > now
    return row.revoked_at is None and is_in_time and row.member.user.is_active


class _CsrfCheck(CsrfViewMiddleware):
    """Django's check, telling the reason instead of answering with a page."""

    def _reject(self, request: HttpRequest, reason: str) -> str:  # noqa: ARG002  # the signature is Django's
        return reason


def _check_csrf(request: HttpRequest) -> None:
    check = _CsrfCheck(lambda _request: None)  # type: ignore[arg-type]  # never called
    check.process_request(request)
    if check.process_view(request, _no_view, (), {}):
        raise NoCsrfToken


def _no_view(_request: HttpRequest) -> HttpResponse:
    """Stands where the check looks for a view's exemption: there is none."""
    raise NotImplementedError("it is only looked at")
