"""What the REST API takes and gives for a team's members, tokens, tables and audit log. Times are UTC."""

from datetime import datetime
from typing import Self

from ninja import Schema
from pydantic import AwareDatetime, ConfigDict, Field

from teams.callers import Caller
from teams.models import ApiToken, Member, Table
from teams.policy import Action, Permission, Role
from teams.values import Json


class Given(Schema):
    """A request's body: what it does not know is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")


class Me(Schema):
    """Who asks. `may` are the actions that role and token allow; `permissions` are those of the token, if one asks."""

    name: str
    team: int
    role: Role
    through: str
    permissions: list[Permission] | None
    may: list[str]

    @classmethod
    def of(cls, by: Caller) -> Self:
        permissions = None if by.permissions is None else sorted(by.permissions)
        may = [action.value for action in Action if by.may(action)]
        return cls(name=by.name, team=by.team_id, role=by.role, through=by.through, permissions=permissions, may=may)


class MemberIn(Given):
    """A person to add."""

    email: str = Field(max_length=254)
    role: Role
    name: str = Field(default="", max_length=150)


class RoleIn(Given):
    """The role to give."""

    role: Role


class MemberOut(Schema):
    """A member."""

    id: int
    name: str
    email: str
    role: Role
    created_at: datetime

    @classmethod
    def of(cls, row: Member) -> Self:
        user = row.user
        return cls(id=row.pk, name=str(user), email=user.email, role=Role(row.role), created_at=row.created_at)


class MemberPage(Schema):
    """The team's members."""

    items: list[MemberOut]


class Invitation(Schema):
    """A link that signs a newcomer in, once."""

    url: str


class TokenIn(Given):
    """A token to make. Without `expires_at` it holds until it is revoked."""

    name: str
    permissions: list[Permission]
    expires_at: AwareDatetime | None = None


class TokenOut(Schema):
    """A token without its secret."""

    id: int
    name: str
    prefix: str
    member: str
    permissions: list[Permission]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, row: ApiToken) -> Self:
        times = ("created_at", "expires_at", "last_used_at", "revoked_at")
        found = {name: getattr(row, name) for name in ("id", "name", "prefix", "permissions", *times)}
        return cls(member=row.member.user.email, **found)


class NewTokenOut(Schema):
    """A token's text: keep it, it is not shown again."""

    id: int
    token: str


class TokenPage(Schema):
    """API tokens."""

    items: list[TokenOut]


class TableIn(Given):
    """The records of a table: objects with the same keys."""

    rows: list[dict[str, Json]]


class TableOut(Schema):
    """A table."""

    name: str
    columns: list[str]
    row_count: int
    changed_at: datetime

    @classmethod
    def of(cls, row: Table) -> Self:
        return cls.model_validate(row)


class TablePage(Schema):
    """The team's tables."""

    items: list[TableOut]


class RowPage(Schema):
    """Records of a table."""

    items: list[dict[str, Json]]
    next: int | None


class AuditOut(Schema):
    """An entry of the audit log."""

    id: int
    at: datetime
    action: str
    subject: str
    data: Json
    user_name: str
    through: str
    token_id: int | None


class AuditPage(Schema):
    """Entries of the audit log."""

    items: list[AuditOut]
    next: int | None
