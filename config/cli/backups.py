"""`baton backup` and `baton restore`."""

from contextlib import ExitStack, suppress
from pathlib import Path

import click
from django.conf import settings
from django.utils import timezone

from config.backup import WrongArchive, backup, default_target, restore
from config.environment import WrongVariable
from config.postgres_programs import MissingProgram, ProgramFailed
from config.supervisor import postgres
from config.supervisor.borrowed import stopped_product
from config.supervisor.predecessors import AlreadyRunning

EXPECTED = (
    AlreadyRunning,
    MissingProgram,
    ProgramFailed,
    WrongArchive,
    WrongVariable,
    postgres.NoPostgres,
    postgres.RootOnly,
    postgres.WrongCluster,
)


@click.command(name="backup")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
def backup_command(file: Path | None) -> None:
    """Write the database, the uploads and the secret into one FILE. The server may run.

    Without FILE it goes into the folder `backups` of the data folder. Keep it as private as the database itself.
    """
    now = timezone.now()
    with _database_there():
        made = backup(target=(file or default_target(now)).absolute(), now=now)
    click.echo(f"Backup written: {made} ({made.stat().st_size:,} bytes)")


@click.command(name="restore")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore_command(file: Path, yes: bool) -> None:  # noqa: FBT001  # click passes it by keyword
    """Replace the database, the uploads and the secret by those of FILE. The server must not run."""
    if not yes:
        click.confirm(f"Replace everything in {settings.BATON_DATA} by {file}?", abort=True)
    with stopped_product(settings.BATON_DATA):
        restore(archive=file)
    click.echo("Restored. Start the server again; it brings an older database up to date.")


def _database_there() -> ExitStack:
    """Our own database is started where the product does not run; where it runs, it is there already."""
    stack = ExitStack()
    with suppress(AlreadyRunning):
        stack.enter_context(stopped_product(settings.BATON_DATA))
    return stack
