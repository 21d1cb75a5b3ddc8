"""A backup is made while the server writes, brings everything back, and is refused where it does not fit."""

import os
import sqlite3
import stat
import subprocess
import sys
import tarfile
import threading
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from config import postgres_programs
from config.environment import VARIABLES
from config.supervisor import borrowed, postgres
from config.supervisor.postgres import NoPostgres


def surroundings(data: Path, **own: str) -> dict[str, str]:
    unset = {one.name: "" for one in VARIABLES}
    return {**os.environ, **unset, "BATON_DATA": str(data), "DJANGO_SETTINGS_MODULE": "config.settings", **own}


def baton(data: Path, *arguments: str, **own: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "config.cli.main", *arguments]
    return subprocess.run(
        command, env=surroundings(data, **own), capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with a database, an upload and a secret."""
    folder = tmp_path / "data"
    (folder / "uploads").mkdir(parents=True)
    (folder / "uploads" / "one.pdf").write_bytes(b"a file")
    (folder / "secret").write_text("s" * 50)
    with closing(connected(folder)) as database:
        database.executescript("PRAGMA journal_mode=WAL; CREATE TABLE pair (a INTEGER, b INTEGER);")
    return folder


def connected(data: Path) -> sqlite3.Connection:
    return sqlite3.connect(data / "baton.sqlite3", timeout=30)


def write_pairs(data: Path, until: threading.Event) -> None:
    """Rows that are only right together, until told to stop."""
    with closing(connected(data)) as database:
        number = 0
        while not until.is_set():
            with database:
                database.execute("INSERT INTO pair VALUES (?, ?)", [number, 0])
                database.execute("UPDATE pair SET b = ? WHERE a = ?", [number, number])
            number += 1


def test_a_backup_under_load_is_consistent_and_comes_back(data: Path, tmp_path: Path) -> None:
    enough = threading.Event()
    writer = threading.Thread(target=write_pairs, args=(data, enough))
    writer.start()
    done = baton(data, "backup", str(tmp_path / "copy.tar.gz"))
    enough.set()
    writer.join()
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE((tmp_path / "copy.tar.gz").stat().st_mode) == 0o600
    (data / "uploads" / "one.pdf").unlink()
    (data / "secret").write_text("lost")
    with closing(connected(data)) as database, database:
        database.execute("DROP TABLE pair")
    assert baton(data, "restore", "--yes", str(tmp_path / "copy.tar.gz")).returncode == 0
    assert (data / "uploads" / "one.pdf").read_bytes() == b"a file"
    assert (data / "secret").read_text() == "s" * 50
    with closing(connected(data)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT count(*) FROM pair WHERE a <> b").fetchone() == (0,)
        assert database.execute("SELECT count(*) FROM pair").fetchone()[0] > 0


def test_a_restore_into_an_empty_folder_makes_everything(data: Path, tmp_path: Path) -> None:
    baton(data, "backup", str(tmp_path / "copy.tar.gz"))
    assert baton(tmp_path / "new", "restore", "--yes", str(tmp_path / "copy.tar.gz")).returncode == 0
    assert (tmp_path / "new" / "uploads" / "one.pdf").exists()


def test_a_file_that_is_no_backup_changes_nothing(data: Path, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_bytes(b"no archive")
    done = baton(data, "restore", "--yes", str(tmp_path / "wrong"))
    assert done.returncode == 1
    assert "Name a file that `baton backup` made" in done.stderr
    assert (data / "uploads" / "one.pdf").exists()


def test_an_archive_that_leaves_its_folder_is_refused(data: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "evil.tar.gz", "w:gz") as archive:
        archive.add(data / "secret", arcname="../escaped")
    assert baton(data, "restore", "--yes", str(tmp_path / "evil.tar.gz")).returncode == 1
    assert not (data.parent / "escaped").exists()
    assert not (data / "escaped").exists()


def test_postgres_without_its_programs_says_what_to_install(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Path:
        raise NoPostgres

    monkeypatch.setattr(postgres_programs, "binary_folder", missing)
    monkeypatch.setenv("PATH", str(data))
    with pytest.raises(postgres_programs.MissingProgram, match="postgresql-client"):
        postgres_programs.dump({"NAME": "baton"}, target=data / "dump")


def test_a_migration_is_preceded_by_a_copy(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert prepared(data) == []
    with closing(connected(data)) as database, database:
        database.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
        database.execute("DROP TABLE django_session")
    assert len(prepared(data)) == 1
    assert len(prepared(data)) == 1


def prepared(data: Path) -> list[Path]:
    """The copies that are there after one more preparation."""
    subprocess.run(
        [sys.executable, "-m", "config.prepare"], env=surroundings(data), check=True, capture_output=True, timeout=120
    )
    return sorted((data / "backups").glob("before-migration-*"))


@pytest.mark.store
def test_postgres_comes_back_as_it_was(tmp_path: Path) -> None:
    data, copy = tmp_path / "data", str(tmp_path / "copy.tar.gz")
    data.mkdir(mode=0o700)
    statement(data, "CREATE TABLE pair AS SELECT 7 AS a")
    assert baton(data, "backup", copy, POSTGRES="1").returncode == 0
    statement(data, "DELETE FROM pair")
    restored = baton(data, "restore", "--yes", copy, POSTGRES="1")
    assert restored.returncode == 0, restored.stderr
    assert statement(data, "SELECT a FROM pair") == [(7,)]
    wrong = baton(data, "restore", "--yes", copy)
    assert wrong.returncode == 1
    assert "The backup is of postgresql, the database here is sqlite" in wrong.stderr


def statement(data: Path, text: str) -> list[tuple[object, ...]]:
    """Run one statement on the embedded PostgreSQL of a data folder."""
    found = postgres.cluster(data)
    with (
        borrowed.running(found, data),
        psycopg.connect(host=str(found.sockets), user="baton", password=found.password, dbname="baton") as connection,
    ):
        cursor = connection.execute(text)
        return cursor.fetchall() if cursor.description else []
