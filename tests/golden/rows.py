"""All rows of a database as JSON, and back into an empty one whose tables may be newer."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import Model

OURS = ("teams", "orchestrator", "reviews")
OF_PROCESSES = ("tick", "worker")


def models() -> Iterator[type[Model]]:
    """Every table of ours that can hold something of a run."""
    for label in OURS:
        found = apps.get_app_config(label).get_models(include_auto_created=True)
        yield from (model for model in found if model._meta.db_table not in OF_PROCESSES)


def dumped() -> dict[str, list[dict[str, Any]]]:
    """Every row by table; columns that are empty are left out."""
    found = {}
    for model in models():
        rows = [_row(model, row) for row in model._base_manager.values()]
        if rows:
            found[model._meta.db_table] = sorted(rows, key=lambda row: json.dumps(row, cls=DjangoJSONEncoder))
    return found


def _row(model: type[Model], row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None and name != "pk"}


def write(file: Path, value: Any) -> None:
    """One value, fit for a diff."""
    file.write_text(json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True, cls=DjangoJSONEncoder) + "\n")


def load(rows: dict[str, list[dict[str, Any]]]) -> None:
    """Put the rows where they were. Columns that came later take their defaults."""
    tables = {model._meta.db_table: model for model in models()}
    for table, found in rows.items():
        assert table in tables, (
            f"The table {table} is gone: say in tests/golden/rows.py what a migration made of its rows."
        )
        _insert(tables[table], found)
    with connection.cursor() as cursor:  # PostgreSQL counts on from where it was, SQLite from the largest id
        for statement in connection.ops.sequence_reset_sql(no_style(), [tables[table] for table in rows]):
            cursor.execute(statement)


def _insert(model: type[Model], rows: list[dict[str, Any]]) -> None:
    fields = {field.attname: field for field in model._meta.concrete_fields}
    gone = {name for row in rows for name in row} - fields.keys()
    assert not gone, (
        f"{model._meta.db_table} has no {sorted(gone)} any more: say in tests/golden/rows.py what became of it."
    )
    made = [model(**{name: fields[name].to_python(value) for name, value in row.items()}) for row in rows]
    model._base_manager.bulk_create(made)
