"""Rows of this app, one file per family."""

from teams.models.audit import AuditEntry
from teams.models.comment import Comment
from teams.models.connection import Connection, Secret
from teams.models.idempotency import IdempotencyKey
from teams.models.letter import Letter
from teams.models.member import Member
from teams.models.scoping import OfTeam, TeamRow, UnscopedQuery
from teams.models.table import Table, TableCell, TableRow
from teams.models.team import Team
from teams.models.token import ApiToken, SignInLink
from teams.models.user import User

__all__ = [
    "ApiToken",
    "AuditEntry",
    "Comment",
    "Connection",
    "IdempotencyKey",
    "Letter",
    "Member",
    "OfTeam",
    "Secret",
    "SignInLink",
    "Table",
    "TableCell",
    "TableRow",
    "Team",
    "TeamRow",
    "UnscopedQuery",
    "User",
]
