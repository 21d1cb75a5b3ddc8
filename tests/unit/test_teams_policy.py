"""The role table of the security design, and what tokens add to it."""

import pytest

from teams.callers import Caller, Through
from teams.errors import NotAllowed
from teams.policy import (
    ALLOWED,
    LADDER,
    Action,
    Permission,
    Role,
    may,
    may_with_token,
    permissions_of,
    role_table,
    roles_that_may_name,
)

LEAST = {
    Action.see: Role.viewer,
    Action.start_run: Role.runner,
    Action.control_run: Role.runner,
    Action.comment: Role.runner,
    Action.edit_draft: Role.editor,
    Action.start_test_run: Role.editor,
    Action.edit_memory: Role.editor,
    Action.edit_dataset: Role.editor,
    Action.edit_table: Role.editor,
    Action.skip_step: Role.editor,
    Action.publish: Role.publisher,
    Action.restore: Role.publisher,
    Action.edit_queue: Role.publisher,
    Action.edit_gate_policy: Role.publisher,
    Action.share_outside: Role.publisher,
    Action.edit_members: Role.admin,
    Action.edit_connection: Role.admin,
    Action.edit_trigger: Role.admin,
    Action.edit_budget: Role.admin,
    Action.delete_run: Role.admin,
    Action.edit_switch: Role.admin,
    Action.see_all_tokens: Role.admin,
    Action.see_audit: Role.admin,
    Action.name_owners: Role.owner,
    Action.delete_team: Role.owner,
}
EVERYBODYS = {Action.see_reviews, Action.decide_review, Action.comment_on_review, Action.edit_own_tokens}


def caller(role: Role, permissions: set[Permission] | None = None) -> Caller:
    through = Through.page if permissions is None else Through.token
    granted = None if permissions is None else frozenset(permissions)
    return Caller(team_id=1, role=role, through=through, name="bob", permissions=granted)


def test_every_action_is_in_the_table_of_the_design() -> None:
    assert set(Action) == set(LEAST) | EVERYBODYS


@pytest.mark.parametrize(("action", "least"), LEAST.items())
def test_a_role_may_what_it_and_those_below_it_may(action: Action, least: Role) -> None:
    assert [role for role in LADDER if may(role, action)] == list(LADDER[LADDER.index(least) :])


@pytest.mark.parametrize("action", sorted(EVERYBODYS))
def test_everybody_may_decide_what_their_queues_hold(action: Action) -> None:
    assert all(may(role, action) for role in Role)


def test_a_reviewer_sees_reviews_and_nothing_else() -> None:
    assert ALLOWED[Role.reviewer] == EVERYBODYS


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", Action)
def test_a_token_never_allows_more_than_the_role(role: Role, action: Action) -> None:
    everything = frozenset(Permission)
    assert not may_with_token(role, everything, action) or may(role, action)


@pytest.mark.parametrize("action", Action)
def test_a_token_allows_nothing_beyond_its_permissions(action: Action) -> None:
    allowing = {one for one in Permission if may_with_token(Role.owner, frozenset({one}), action)}
    if action is Action.edit_own_tokens:
        assert allowing == set(), "a token could make itself a stronger one"
    else:
        assert allowing
        assert not may_with_token(Role.owner, frozenset(Permission) - allowing, action)


def test_permissions_that_are_of_no_use_to_a_role_are_not_offered() -> None:
    assert permissions_of(Role.reviewer) == {Permission.read, Permission.review}
    assert permissions_of(Role.runner) == {Permission.read, Permission.review, Permission.run}
    assert permissions_of(Role.owner) == set(Permission)


def test_only_owners_name_owners() -> None:
    assert roles_that_may_name(Role.owner) == set(Role)
    assert roles_that_may_name(Role.admin) == set(Role) - {Role.owner}
    assert roles_that_may_name(Role.publisher) == set()


def test_a_refusal_says_what_was_refused_and_whom_to_ask() -> None:
    with pytest.raises(NotAllowed, match=r"As viewer you may not do this: Publish a draft as a version\. Ask an admin"):
        caller(Role.viewer).demand(Action.publish)


def test_a_refused_token_is_told_apart_from_a_refused_role() -> None:
    with pytest.raises(NotAllowed, match="This API token was not made for this"):
        caller(Role.owner, {Permission.read}).demand(Action.publish)


def test_the_printed_table_has_a_line_for_each_action() -> None:
    lines = role_table().splitlines()
    assert len(lines) == len(Action) + 2
    assert "| Publish a draft as a version. |   |   |   | x | x | x |   | publish |" in lines
