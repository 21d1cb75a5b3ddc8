"""The group of all commands, and how an expected error is told."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import click

from config import environment
from config.cli import backups, demo, doctor, files, run
from orchestrator import registry
from orchestrator.engine.values import BatonError
from teams.values import TeamsError


class Group(click.Group):
    """Tells errors that a person can mend in one line, with exit 1; everything else keeps its traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (*backups.EXPECTED, BatonError, TeamsError) as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            if error.filename is None:
                raise
            raise click.ClickException(f"{error.filename}: {error.strerror}") from error


@click.group(cls=Group)
def main() -> None:
    """Agent workflows that a team draws in the browser, runs durably, and stays in charge of."""
    registry.add_packages(environment.parts("BATON_PLUGINS"))


main.add_command(backups.backup_command)
main.add_command(backups.restore_command)
main.add_command(run.run_command)
main.add_command(files.validate_command)
main.add_command(files.export_command)
main.add_command(files.import_command)
main.add_command(demo.demo_command)
main.add_command(doctor.doctor_command)

if __name__ == "__main__":
    main()
