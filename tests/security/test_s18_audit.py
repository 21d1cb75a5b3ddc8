"""S18: the audit log is only added to, and chained by hashes so that a change shows."""

import ast
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from teams.audit import BATCH, SETTLED, BrokenChain, chain_audit, record, verify_chain
from teams.callers import operator
from teams.models import AuditEntry
from teams.models.audit import LogIsAppendOnly
from teams.operations.teams import set_max_concurrent_runs
from tests.append_only import triggers_of
from tests.architecture.sources import ROOT, functions, place, product
from tests.personas import NOW, Personas, personas

pytestmark = [pytest.mark.django_db, pytest.mark.store]

LATER = NOW + SETTLED
TABLE = "audit_entry"
CHANGES = [
    "UPDATE audit_entry SET action = 'nothing'",
    "UPDATE audit_entry SET at = '2020-01-01 00:00:00'",
    "UPDATE audit_entry SET data = '{}'",
    "UPDATE audit_entry SET user_id = 77, user_name = 'somebody else'",
    "UPDATE audit_entry SET team_id = 77",
    "DELETE FROM audit_entry",
]
READS = {"is_alive", "is_newcomer", "invited", "first_owner", "invite"}
"""What changes nothing itself: reads, and what is composed of other operations."""
SAID = {"add_comment", "edit_comment", "delete_comment", "forget_comments"}
"""What people say to each other shows itself."""
OF_ONESELF = {"save_profile"}
"""What changes only how the product looks to the one who does it, in all of their teams."""


def run(statement: str) -> None:
    """What somebody does who has got hold of the database."""
    with connection.cursor() as cursor:
        cursor.execute(statement)


def undone(world: Personas) -> None:
    with transaction.atomic():
        set_max_concurrent_runs(by=world.alice, most=3, now=NOW)
        raise ZeroDivisionError


def chained() -> list[AuditEntry]:
    personas()
    chain_audit(now=LATER)
    return list(AuditEntry.unscoped.order_by("link_number"))


@pytest.mark.parametrize("statement", CHANGES)
@pytest.mark.parametrize("is_chained", [False, True])
def test_the_database_refuses_to_change_the_log(statement: str, is_chained: bool) -> None:
    personas()
    if is_chained:
        chain_audit(now=LATER)
    before = list(AuditEntry.unscoped.order_by("id").values())
    with triggers_of(TABLE), pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        run(statement)
    assert list(AuditEntry.unscoped.order_by("id").values()) == before


def test_the_database_refuses_to_link_an_entry_anew() -> None:
    chained()
    with triggers_of(TABLE), pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        run("UPDATE audit_entry SET digest = 'forged'")


def test_the_database_lets_entries_be_added_and_linked() -> None:
    with triggers_of(TABLE):
        assert len(chained()) == 3


def test_postgresql_refuses_to_empty_the_log(is_postgres: bool) -> None:
    if not is_postgres:
        pytest.skip("SQLite has no TRUNCATE; its DELETE is refused above")
    with triggers_of(TABLE), pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        run("TRUNCATE audit_entry")


def test_the_models_refuse_to_change_the_log() -> None:
    world = personas()
    rows = AuditEntry.objects.of(world.team.pk)
    with pytest.raises(LogIsAppendOnly):
        rows.update(action="nothing")
    with pytest.raises(LogIsAppendOnly):
        rows.delete()


def test_entries_are_chained_in_the_order_of_their_ids() -> None:
    rows = chained()
    assert [row.link_number for row in rows] == [1, 2, 3]
    assert [row.pk for row in rows] == sorted(row.pk for row in rows)
    assert verify_chain() == rows[-1].digest
    assert chain_audit(now=LATER) == 0


def test_young_entries_wait_for_those_of_slower_transactions() -> None:
    personas()
    assert chain_audit(now=LATER - timedelta(seconds=1)) == 0
    assert chain_audit(now=LATER) == 3


def test_an_entry_that_comes_late_is_linked_behind_the_others() -> None:
    world = personas()
    record(by=world.alice, action="slow", subject="its transaction takes minutes", now=LATER)
    slow = AuditEntry.unscoped.latest("id")
    record(by=world.alice, action="quick", subject="another", now=NOW)
    assert chain_audit(now=LATER) == 4
    assert chain_audit(now=LATER + SETTLED) == 1
    numbers = dict(AuditEntry.unscoped.values_list("action", "link_number"))
    assert (numbers["quick"], numbers["slow"]) == (4, 5)
    assert slow.pk < AuditEntry.unscoped.latest("id").pk
    assert verify_chain()


@pytest.mark.parametrize("statement", CHANGES[:-1])
def test_a_change_behind_the_triggers_breaks_the_chain(statement: str) -> None:
    chained()
    run(f"{statement} WHERE link_number = 2")
    with pytest.raises(BrokenChain, match="was changed"):
        verify_chain()


def test_a_missing_entry_breaks_the_chain() -> None:
    chained()
    run("DELETE FROM audit_entry WHERE link_number = 2")
    with pytest.raises(BrokenChain, match="Link 2 of the audit log is missing"):
        verify_chain()


def test_a_long_log_is_chained_in_batches() -> None:
    by = operator(1)
    for number in range(BATCH + 5):
        record(by=by, action="test", subject=str(number), now=NOW)
    assert [chain_audit(now=LATER) for _ in range(3)] == [BATCH, 5, 0]
    assert verify_chain()


def test_an_operation_that_is_undone_leaves_no_entry() -> None:
    world = personas()
    before = AuditEntry.unscoped.count()
    with pytest.raises(ZeroDivisionError):
        undone(world)
    assert AuditEntry.unscoped.count() == before


def writes_an_entry(function: ast.AST) -> bool:
    called = {
        node.func.id for node in ast.walk(function) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    return bool(called & {"record", "_record"})


def test_every_operation_of_this_app_writes_its_entry() -> None:
    operations = [path for path in product("teams") if path.parent == ROOT / "teams" / "operations"]
    silent = [
        f"{place(path)}: {function.name}"
        for path in operations
        for function in functions(path)
        if not function.name.startswith("_")
        and function.name not in READS | SAID | OF_ONESELF
        and not writes_an_entry(function)
    ]
    assert operations
    assert silent == []
