"""A jump of the database's clock, as the rows see it.

The clock of a running machine cannot be set for a few processes alone. But all that the product compares with the database's
clock are times in rows: after a jump of the clock by so many seconds each of them looks so many seconds older. So they are
made older (or younger) here, in one transaction, and the clock stays. The processes' own steady clocks do not jump, nor would
they in a real one.
"""

from django.db import connection, transaction

SHOWN: dict[str, tuple[str, ...]] = {
    "run": ("woken_at",),
    "step": ("round_at", "started_at", "deadline_at"),
    "call": ("started_at",),
    "question": ("due_at",),
    "capacity": ("filled_at",),
    "worker": ("seen_at",),
    "tick": ("due",),
}
"""Every time that a statement of orchestrator/store compares with the database's clock, in the order of locks."""


def jump(seconds: float) -> None:
    """Forward, or back with a negative number."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT id FROM run ORDER BY id FOR UPDATE")  # then nobody else holds steps or calls
        for table, columns in SHOWN.items():
            changes = ", ".join(f"{column} = {column} - {float(seconds)!r}" for column in columns)
            cursor.execute(f"UPDATE {table} SET {changes}")
