"""Who asks, as a value: a person in a team, by session or token, or the operator of the server. Pure: no Django."""

from dataclasses import dataclass
from enum import StrEnum

from teams.errors import NotAllowed
from teams.policy import Action, Permission, Role, may, may_with_token


class Through(StrEnum):
    """How a request came in."""

    page = "page"
    token = "token"  # noqa: S105  # a word, no password
    operator = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, in which team, with which role; `permissions` only where a token asks, `session_round` where a
    session does: it ends with its round."""

    team_id: int
    role: Role
    through: Through
    name: str
    user_id: int | None = None
    member_id: int | None = None
    token_id: int | None = None
    permissions: frozenset[Permission] | None = None
    session_round: int = 0

    def may(self, action: Action) -> bool:
        """Whether role and token allow it."""
        if self.permissions is None:
            return may(self.role, action)
        return may_with_token(self.role, self.permissions, action)

    def demand(self, action: Action) -> None:
        """Raises NotAllowed, with what would be needed, unless role and token allow it."""
        if self.may(action):
            return
        if may(self.role, action):
            raise NotAllowed(f"This API token was not made for this: {action.sentence}", action=action)
        raise NotAllowed(
            f"As {self.role} you may not do this: {action.sentence} Ask an admin of the team.",
            action=action,
            role=self.role,
        )


def operator(team_id: int) -> Caller:
    """Whoever has a shell on the server; for its commands only."""
    return Caller(team_id=team_id, role=Role.owner, through=Through.operator, name="the operator of the server")
