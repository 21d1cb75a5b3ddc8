"""Rows of this app, one file per family."""

from teams.models.member import Member
from teams.models.scoping import OfTeam, TeamRow, UnscopedQuery
from teams.models.team import Team
from teams.models.user import User

__all__ = ["Member", "OfTeam", "Team", "TeamRow", "UnscopedQuery", "User"]
