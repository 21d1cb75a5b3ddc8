"""The first team: made when there is none, so that the first start shows something."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """What the operator gets at a start: the path of a one-time sign-in link, and the token of the `baton` command."""

    sign_in: str = ""
    token: str = ""


def seed(*, now: datetime) -> Welcome:
    """Make the first team and its owner if there is none; a fresh link and token at every start."""
    del now
    return Welcome()
