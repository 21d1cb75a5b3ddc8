"""Who may do what: roles, actions and the permissions of API tokens, as tables. Pure: no Django, no database."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """What a member is in a team."""

    viewer = "viewer"
    runner = "runner"
    editor = "editor"
    publisher = "publisher"
    admin = "admin"
    owner = "owner"
    reviewer = "reviewer"


class Permission(StrEnum):
    """What an API token was made for; it never allows more than its member's role."""

    read = "read"
    run = "run"
    review = "review"
    edit = "edit"
    publish = "publish"
    admin = "admin"


class Action(StrEnum):
    """What can be done in a team, with a sentence for the documentation and for refusals."""

    sentence: str

    def __new__(cls, name: str, sentence: str) -> "Action":
        action = str.__new__(cls, name)
        action._value_ = name
        action.sentence = sentence
        return action

    see = "see", "See workflows, runs, costs and history."
    see_reviews = "see_reviews", "See the reviews of the own queues and what led to them."
    start_run = "start_run", "Start a run of a published version."
    control_run = "control_run", "Cancel, pause, resume and retry a run."
    comment = "comment", "Comment on workflows and runs."
    comment_on_review = "comment_on_review", "Comment on a review of the own queues."
    decide_review = (
        "decide_review",
        "Claim and decide a review, as far as its queue's members, four eyes and policy permit.",
    )
    edit_draft = "edit_draft", "Edit a draft."
    start_test_run = "start_test_run", "Start a test run of a draft."
    edit_memory = "edit_memory", "Change what agents remember."
    edit_dataset = "edit_dataset", "Change datasets of evaluations."
    edit_table = "edit_table", "Import and delete tables that agents look records up in."
    skip_step = "skip_step", "Skip a step with an output of one's own."
    publish = "publish", "Publish a draft as a version."
    restore = "restore", "Make an earlier version the current one."
    edit_queue = "edit_queue", "Make and change review queues."
    edit_gate_policy = "edit_gate_policy", "Change who must look at what passes a gate."
    share_outside = "share_outside", "Share a run with people outside the team."
    edit_members = "edit_members", "Add and remove members and change their roles, owners excepted."
    edit_connection = "edit_connection", "Make, change and delete connections and their secrets."
    edit_trigger = "edit_trigger", "Make and change what starts runs by itself."
    edit_budget = "edit_budget", "Set budgets and limits."
    delete_run = "delete_run", "Delete finished runs, and set for how long they are kept."
    edit_switch = "edit_switch", "Turn on and off what the team's workflows may use, code for example."
    see_all_tokens = "see_all_tokens", "List and revoke everybody's API tokens."
    see_audit = "see_audit", "Read the audit log."
    name_owners = "name_owners", "Make a member an owner, and no longer one."
    delete_team = "delete_team", "Delete the team or hand it over."
    edit_own_tokens = "edit_own_tokens", "Make, list and revoke one's own API tokens."


LADDER = (Role.viewer, Role.runner, Role.editor, Role.publisher, Role.admin, Role.owner)
"""Each role may all that those before it may."""

_FIRST: Mapping[Role, tuple[Action, ...]] = {
    Role.viewer: (
        Action.see,
        Action.see_reviews,
        Action.decide_review,
        Action.comment_on_review,
        Action.edit_own_tokens,
    ),
    Role.runner: (Action.start_run, Action.control_run, Action.comment),
    Role.editor: (
        Action.edit_draft,
        Action.start_test_run,
        Action.edit_memory,
        Action.edit_dataset,
        Action.edit_table,
        Action.skip_step,
    ),
    Role.publisher: (
        Action.publish,
        Action.restore,
        Action.edit_queue,
        Action.edit_gate_policy,
        Action.share_outside,
    ),
    Role.admin: (
        Action.edit_members,
        Action.edit_connection,
        Action.edit_trigger,
        Action.edit_budget,
        Action.delete_run,
        Action.edit_switch,
        Action.see_all_tokens,
        Action.see_audit,
    ),
    Role.owner: (Action.name_owners, Action.delete_team),
    Role.reviewer: (Action.see_reviews, Action.decide_review, Action.comment_on_review, Action.edit_own_tokens),
}

_BY_TOKEN: Mapping[Permission, tuple[Action, ...]] = {
    Permission.read: (Action.see, Action.see_reviews),
    Permission.run: _FIRST[Role.runner],
    Permission.review: (Action.see_reviews, Action.decide_review, Action.comment_on_review),
    Permission.edit: _FIRST[Role.editor],
    Permission.publish: _FIRST[Role.publisher],
    Permission.admin: (*_FIRST[Role.admin], *_FIRST[Role.owner]),
}


def _allowed(role: Role) -> frozenset[Action]:
    steps = LADDER[: LADDER.index(role) + 1] if role in LADDER else (role,)
    return frozenset(action for step in steps for action in _FIRST[step])


ALLOWED: Mapping[Role, frozenset[Action]] = MappingProxyType({role: _allowed(role) for role in Role})


def may(role: Role, action: Action) -> bool:
    """Whether a member with this role may do that."""
    return action in ALLOWED[role]


def may_with_token(role: Role, permissions: frozenset[Permission], action: Action) -> bool:
    """Whether a token of a member with this role, made for these permissions, may do that.

    No token makes tokens (`edit_own_tokens`): else a token for reading could make itself one for everything.
    """
    return may(role, action) and any(action in _BY_TOKEN[permission] for permission in permissions)


def permissions_of(role: Role) -> frozenset[Permission]:
    """The permissions that are of use to a member with this role: those that allow at least one of its actions."""
    return frozenset(
        permission for permission, actions in _BY_TOKEN.items() if any(action in ALLOWED[role] for action in actions)
    )


def roles_that_may_name(role: Role) -> frozenset[Role]:
    """The roles that a member with this role may give and take."""
    if may(role, Action.name_owners):
        return frozenset(Role)
    return frozenset(Role) - {Role.owner} if may(role, Action.edit_members) else frozenset()


def role_page() -> str:
    """The page of the documentation that holds the table."""
    return f"# Roles\n\nGenerated by `make docs` from `teams/policy.py`.\n\n{role_table()}"


def role_table() -> str:
    """The roles as a Markdown table, for the documentation."""
    roles = (*LADDER, Role.reviewer)
    lines = [
        f"| may | {' | '.join(roles)} | token permission |",
        f"| --- |{' --- |' * (len(roles) + 1)}",
    ]
    for action in Action:
        marks = " | ".join("x" if may(role, action) else " " for role in roles)
        lines.append(f"| {action.sentence} | {marks} | {_permissions_shown(action)} |")
    return "\n".join(lines) + "\n"


def _permissions_shown(action: Action) -> str:
    return ", ".join(permission for permission, actions in _BY_TOKEN.items() if action in actions) or "none"
