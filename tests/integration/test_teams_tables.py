"""Tables that agents look records up in."""

import time

import pytest

from teams.errors import NotAllowed, NotFound
from teams.models import AuditEntry, Table, TableCell, TableRow
from teams.operations.tables import delete_table, import_table
from teams.policy import Role
from teams.records import WrongTable
from teams.tables import LookUpError, UnknownColumn, UnknownTable, WrongLookUp, look_up, tables_of
from tests.personas import NOW, Personas, personas

pytestmark = [pytest.mark.django_db, pytest.mark.store]

CUSTOMERS = [
    {"id": "C-1", "Name": "Zoë Müller", "plan": "pro", "seats": 5, "tags": ["a"]},
    {"id": "C-2", "Name": "Ada", "plan": "Pro", "seats": 7, "tags": []},
    {"id": "C-3", "Name": "Bo", "plan": "free", "seats": 5, "tags": None},
]


def with_customers(role: Role = Role.editor) -> Personas:
    world = personas(bobs_role=role)
    import_table(by=world.bob, name="customers", rows=CUSTOMERS, now=NOW)
    return world


def ids(world: Personas, limit: int = 20, **where: object) -> list[str]:
    return [row["id"] for row in look_up(world.team.pk, "customers", where, limit=limit)]


def test_a_record_comes_back_as_it_was_imported() -> None:
    assert look_up(with_customers().team.pk, "customers", {"id": "C-1"}) == [CUSTOMERS[0]]


def test_case_and_blanks_do_not_count() -> None:
    world = with_customers()
    assert ids(world, name=" ZOË MÜLLER ") == ["C-1"]
    assert [row["id"] for row in look_up(world.team.pk, " Customers", {"PLAN": "pro"})] == ["C-1", "C-2"]


def test_all_conditions_must_hold() -> None:
    world = with_customers()
    assert ids(world, plan="pro", seats="5") == ["C-1"]
    assert ids(world, plan="free", seats=7) == []


def test_without_a_condition_the_first_rows_come() -> None:
    assert ids(with_customers(), limit=2) == ["C-1", "C-2"]


def test_at_most_the_limit_comes_back() -> None:
    assert ids(with_customers(), limit=1, seats=5) == ["C-1"]


def test_an_unknown_table_is_answered_with_those_there_are() -> None:
    world = with_customers()
    with pytest.raises(UnknownTable, match=r"There is no table 'orders'; there are customers\."):
        look_up(world.team.pk, "orders", {"id": 1})
    with pytest.raises(UnknownTable, match="import one first"):
        look_up(world.other_team.pk, "customers", {"id": "C-1"})


def test_an_unknown_column_is_answered_with_those_there_are() -> None:
    with pytest.raises(UnknownColumn, match="it has id, Name, plan, seats, tags"):
        look_up(with_customers().team.pk, "customers", {"mail": "x"})


@pytest.mark.parametrize(
    ("where", "limit"), [({"id": "C-1"}, 0), ({"id": "C-1"}, 101), ({"id": None}, 1), ({"id": []}, 1)]
)
def test_a_look_up_that_makes_no_sense_is_refused(where: dict, limit: int) -> None:
    with pytest.raises(WrongLookUp) as refused:
        look_up(with_customers().team.pk, "customers", where, limit=limit)
    assert isinstance(refused.value, LookUpError)


def test_an_import_replaces_the_whole_table() -> None:
    world = with_customers()
    import_table(by=world.bob, name=" customers ", rows=[{"id": "C-9"}], now=NOW)
    assert tables_of(world.team.pk) == {"customers": ["id"]}
    assert look_up(world.team.pk, "customers", {"id": "C-1"}) == []
    assert TableRow.objects.of(world.team).count() == TableCell.objects.of(world.team).count() == 1
    entry = AuditEntry.objects.of(world.team.pk).latest("id")
    assert (entry.action, entry.subject, entry.data) == ("table.imported", "customers", {"rows": 1, "columns": ["id"]})


def test_a_wrong_import_leaves_the_table_as_it_was() -> None:
    world = with_customers()
    with pytest.raises(WrongTable):
        import_table(by=world.bob, name="customers", rows=[{"a": 1}, {"A": 2}], now=NOW)
    assert ids(world, id="C-1") == ["C-1"]


def test_teams_tables_of_one_name_are_apart() -> None:
    world = with_customers()
    import_table(by=world.charlie, name="customers", rows=[{"id": "C-1", "secret": "x"}], now=NOW)
    assert look_up(world.team.pk, "customers", {"id": "C-1"}) == [CUSTOMERS[0]]


def test_a_runner_imports_and_deletes_nothing() -> None:
    world = personas(bobs_role=Role.runner)
    import_table(by=world.alice, name="customers", rows=CUSTOMERS, now=NOW)
    with pytest.raises(NotAllowed):
        import_table(by=world.bob, name="customers", rows=CUSTOMERS, now=NOW)
    with pytest.raises(NotAllowed):
        delete_table(by=world.bob, name="customers", now=NOW)


def test_a_deleted_table_is_gone_with_its_rows() -> None:
    world = with_customers()
    with pytest.raises(NotFound):
        delete_table(by=world.charlie, name="customers", now=NOW)
    delete_table(by=world.bob, name="customers", now=NOW)
    assert not Table.objects.of(world.team).exists()
    assert not TableCell.objects.of(world.team).exists()


def test_a_look_up_in_many_rows_reads_by_the_index() -> None:
    world = personas(bobs_role=Role.editor)
    rows = [{"id": f"C-{number}", "mail": f"p{number}@example.org", "plan": "pro"} for number in range(20_000)]
    import_table(by=world.bob, name="people", rows=rows, now=NOW)
    started = time.perf_counter()
    for number in range(0, 20_000, 1_000):
        assert look_up(world.team.pk, "people", {"mail": f"P{number}@example.org", "plan": "PRO"}) == [rows[number]]
    assert time.perf_counter() - started < 2, "20 look-ups took over 2 s: the index is not used"
