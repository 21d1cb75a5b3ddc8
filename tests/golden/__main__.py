"""`python -m tests.golden`: keep what this version leaves behind, in a folder with its number. Once, before its release."""

import os
import sys
from pathlib import Path

import django
from django.test.utils import setup_databases, teardown_databases

from tests import servers
from tests.golden.versions import FOLDER, this_version


def main() -> None:
    """Play the story in a database of its own and write what is in it."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    with servers.started():
        django.setup()
        before = setup_databases(verbosity=0, interactive=False)
        try:
            _keep(FOLDER / this_version())
        finally:
            teardown_databases(before, verbosity=0)


def _keep(folder: Path) -> None:
    from tests.golden import rows, story  # noqa: PLC0415  # models can be imported once Django is set up

    folder.mkdir(exist_ok=True)
    story.paused_run()
    rows.write(folder / "paused_run.json", rows.dumped())
    rows.write(folder / "events.json", story.logs())
    sys.stdout.write(f"{folder}: a paused run and the events of others\n")


if __name__ == "__main__":
    main()
