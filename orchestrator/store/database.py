"""How statements reach the two databases: on the driver's own cursor, prepared once per connection."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection

from orchestrator.engine.values import Json

IS_POSTGRES = connection.vendor == "postgresql"
NOW = "extract(epoch FROM clock_timestamp())::float8" if IS_POSTGRES else "((julianday('now') - 2440587.5) * 86400.0)"


def execute(statement: str, parameters: Sequence[Json]) -> Any:
    """The driver's cursor after the statement. Its text must be one of few: PostgreSQL plans each text once.

    The driver's errors come as Django's (DatabaseError, InterfaceError): that is what everybody above catches.
    """
    connection.ensure_connection()
    driver: Any = connection.connection
    with connection.wrap_database_errors:
        if IS_POSTGRES:
            return driver.execute(statement, parameters, prepare=True)
        return driver.execute(_with_question_marks(statement), parameters)


def array(values: Sequence[Json]) -> Json:
    """A list as one parameter."""
    return list(values) if IS_POSTGRES else json.dumps(list(values))


def current_time() -> float:
    """Seconds since the epoch on the database's clock."""
    return float(execute(f"SELECT {NOW}", []).fetchone()[0])


@cache
def _with_question_marks(statement: str) -> str:
    return statement.replace("%s", "?")
