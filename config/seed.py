"""The first team: made when there is none, so that the first start shows something."""

import socket
from dataclasses import dataclass
from datetime import datetime

from teams.models import Team
from teams.operations.first_team import first_owner
from teams.operations.sign_in import sign_in_link
from teams.operations.tokens import local_token


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """What the operator gets at a start: the path of a one-time sign-in link, and the token of the `baton` command.
    `is_first`: the team was made just now."""

    sign_in: str = ""
    token: str = ""
    is_first: bool = False


def seed(*, now: datetime) -> Welcome:
    """Make the first team and its owner if there is none; a fresh link and token at every start."""
    is_first = not Team.objects.exists()
    owner = first_owner(now=now)
    token = local_token(member=owner, machine=socket.gethostname(), now=now)
    return Welcome(sign_in=sign_in_link(user=owner.user, now=now), token=token.text, is_first=is_first)
