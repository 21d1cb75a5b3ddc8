"""Triggers that keep logs append-only, out of the way of tests that empty tables, and back for tests that look at them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection

ON_SQLITE = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"
ON_POSTGRES = (
    """SELECT tgname, tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A trigger as the migrations left it."""

    name: str
    table: str
    definition: str


TRIGGERS: list[Trigger] = []
"""What the migrations installed, found before it was taken away."""


def take_triggers_away() -> None:
    """Remember all triggers of the test database and drop them. Called once, after the migrations."""
    is_sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute(ON_SQLITE if is_sqlite else ON_POSTGRES)
        TRIGGERS.extend(Trigger(name=name, table=table, definition=sql) for name, table, sql in cursor.fetchall())
        for trigger in TRIGGERS:
            cursor.execute(f"DROP TRIGGER {trigger.name}" + ("" if is_sqlite else f" ON {trigger.table}"))


@contextmanager
def triggers_of(table: str) -> Iterator[None]:
    """The table as in production. For tests inside a transaction, which takes the triggers away again."""
    there = [trigger for trigger in TRIGGERS if trigger.table == table]
    assert there, f"the migrations install no trigger on {table}"
    with connection.cursor() as cursor:
        for trigger in there:
            cursor.execute(trigger.definition)
    yield
