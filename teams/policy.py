"""Who may do what: roles, actions and the permissions of API tokens, as tables. Pure: no Django, no database."""

from enum import StrEnum


class Role(StrEnum):
    """What a member is in a team."""

    viewer = "viewer"
    runner = "runner"
    editor = "editor"
    publisher = "publisher"
    admin = "admin"
    owner = "owner"
    reviewer = "reviewer"
