"""pg_dump and pg_restore: those of the embedded PostgreSQL where they are installed, else those from PATH."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from config.supervisor.postgres import NoPostgres, binary_folder


class MissingProgram(RuntimeError):
    """A program of PostgreSQL is not installed here."""


class ProgramFailed(RuntimeError):
    """A program of PostgreSQL ended with an error."""


def dump(database: Mapping[str, Any], *, target: Path) -> None:
    """Write the whole database in PostgreSQL's own format. Raises MissingProgram, ProgramFailed."""
    _run("pg_dump", database, "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")


def load(database: Mapping[str, Any], *, source: Path) -> None:
    """Replace the database by a dump, all of it or nothing. Raises MissingProgram, ProgramFailed."""
    flags = ("--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error")
    _run("pg_restore", database, *flags, f"--dbname={database['NAME']}", str(source))


def _run(name: str, database: Mapping[str, Any], *arguments: str) -> None:
    done = subprocess.run(
        [_find(name), *arguments],
        env={**os.environ, **_connection(database)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ProgramFailed(f"{name} failed: {done.stderr.strip()}. It must not be older than the server.")


def _find(name: str) -> str:
    try:
        return str(binary_folder() / name)
    except NoPostgres:
        found = shutil.which(name)
    if not found:
        raise MissingProgram(
            f"{name} is not installed. Install PostgreSQL's client programs (on Debian `apt install postgresql-client`), "
            "in the server's version or a newer one."
        )
    return found


def _connection(database: Mapping[str, Any]) -> dict[str, str]:
    """libpq's variables: a password does not belong on a command line."""
    parts = {
        "PGHOST": database.get("HOST"),
        "PGPORT": database.get("PORT"),
        "PGUSER": database.get("USER"),
        "PGPASSWORD": database.get("PASSWORD"),
        "PGDATABASE": database.get("NAME"),
        "PGSSLMODE": database.get("OPTIONS", {}).get("sslmode"),
    }
    return {name: str(value) for name, value in parts.items() if value}
