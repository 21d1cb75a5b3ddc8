"""What has to be done once before the server runs: `python -m config.prepare`.

Copies the database if a migration is about to change it, migrates, gathers the static files, and makes the first team.
With a file as its argument it writes there, in JSON, what the supervisor tells the operator; with --print it prints
the sign-in link.
"""

import json
import os
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from config import environment
from config.backup import backup, default_target
from config.binding import OpenBind, refuse_open_bind
from config.postgres_programs import MissingProgram, ProgramFailed
from config.private_files import write_private
from config.static_files import gather
from config.web import WRONG_SETTINGS

django.setup()

from config.seed import Welcome, seed  # noqa: E402  # its models need Django

COPIES_KEPT = 5
COPY = "before-migration"


def main() -> int:
    """Prepare; what went wrong goes to standard error."""
    try:
        refuse_open_bind(
            address=environment.text("BATON_BIND"),
            debug=settings.DEBUG,
            secret_is_generated=settings.BATON_SECRET_IS_GENERATED,
        )
        migrate(now=timezone.now())
    except (OpenBind, MissingProgram, ProgramFailed) as error:
        print(error, file=sys.stderr)  # noqa: T201  # the operator reads it
        return WRONG_SETTINGS
    gather()
    _tell(seed(now=timezone.now()))
    return 0


def _tell(welcome: Welcome) -> None:
    for argument in sys.argv[1:]:
        if argument == "--print":
            sys.stdout.write(f"Sign in, once: {settings.BATON_URL}{welcome.sign_in}\n")
        else:
            write_private(Path(argument), json.dumps(asdict(welcome)))


def migrate(*, now: datetime) -> Path | None:
    """Bring the database up to date; the copy that was made before, if there was anything to lose."""
    executor = MigrationExecutor(connection)
    is_new = not executor.loader.applied_migrations
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return None
    copy = None if is_new or not environment.is_on("BATON_MIGRATION_COPY") else _copy(now)
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    return copy


def _copy(now: datetime) -> Path:
    """A backup; only the newest ones of its kind are kept."""
    made = backup(target=default_target(now, reason=COPY), now=now)
    for old in sorted(made.parent.glob(f"{COPY}-*"))[:-COPIES_KEPT]:
        old.unlink()
    return made


if __name__ == "__main__":
    sys.exit(main())
