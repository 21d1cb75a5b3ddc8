"""`make run`: what it starts answers, what dies comes back, what is stopped leaves nothing, and nothing left blocks a start."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psutil
import pytest

from config.environment import VARIABLES
from config.runtime import postgres_folder, runtime_folder
from tests.servers import process, wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A running `make run`."""

    data: Path
    log: Path
    supervisor: psutil.Process

    @property
    def port(self) -> int:
        return int(json.loads((self.data / "server.json").read_text())["address"].rpartition(":")[2])

    @property
    def said(self) -> str:
        return self.log.read_text()

    def child(self, word: str) -> psutil.Process:
        """The child whose command line has that word."""
        return next(one for one in self.supervisor.children() if word in " ".join(one.cmdline()))

    def answers(self, path: str) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path, headers={"Host": "localhost"})
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()


def variables(data: Path, **own: str) -> dict[str, str]:
    return {
        **os.environ,
        **{one.name: "" for one in VARIABLES},
        "PORT": "0",
        "BATON_DATA": str(data),
        "BATON_DEMO": "0",
        **own,
    }


@contextmanager
def running(data: Path, **own: str) -> Iterator[Product]:
    log = data.parent / "said.log"
    log.write_text("")
    with process([sys.executable, "-m", "config.supervisor"], variables(data, **own), log=log) as found:
        product = Product(data=data, log=log, supervisor=psutil.Process(found.pid))
        wait_until(lambda: "worker-1   ready" in product.said or found.poll() is not None, seconds=START_SECONDS)
        assert found.poll() is None, product.said
        yield product


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_everything_starts_and_nothing_is_left(data: Path) -> None:
    with running(data) as product:
        assert product.answers("/healthz")
        assert product.answers("/readyz")
        assert re.search(rf"Baton answers at http://localhost:{product.port}\b", product.said)
        private = [data / "secret", data / "server.json", data / "baton.sqlite3"]
        assert {stat.S_IMODE(file.stat().st_mode) for file in private} == {0o600}
        children = product.supervisor.children(recursive=True)
        product.supervisor.send_signal(signal.SIGTERM)
        assert product.supervisor.wait(20) == 0
    assert [one for one in children if one.is_running()] == []
    assert not runtime_folder(data).exists()
    assert not (data / "server.json").exists()


def test_what_dies_comes_back(data: Path) -> None:
    with running(data) as product:
        for word in ("valkey-server", "celery", "config.web"):
            killed = product.child(word)
            killed.kill()
            wait_until(lambda killed=killed: not killed.is_running(), seconds=10)  # type: ignore[misc]
            wait_until(lambda: product.answers("/readyz"), seconds=30)
        assert product.said.count("killed by SIGKILL, started again") == 3


def test_the_children_of_a_killed_supervisor_die_and_the_next_start_works(data: Path) -> None:
    with running(data) as product:
        children = product.supervisor.children(recursive=True)
        product.supervisor.kill()
        wait_until(lambda: not any(one.is_running() for one in children), seconds=10)
    with running(data) as product:
        assert product.answers("/readyz")


def test_what_outlived_a_killed_supervisor_is_ended_by_the_next(data: Path) -> None:
    with running(data) as product:
        stopped = product.child("valkey-server")
        stopped.suspend()
        product.supervisor.kill()
        product.supervisor.wait()
    try:
        with running(data) as product:
            assert product.answers("/readyz")
            assert not stopped.is_running()
    finally:
        if stopped.is_running():
            stopped.kill()


def test_a_second_one_on_the_same_data_is_refused(data: Path) -> None:
    with running(data):
        assert "Baton already runs" in refused(data)


def test_a_port_that_is_taken_is_named(data: Path) -> None:
    with running(data) as product:
        assert f"port {product.port} cannot be used" in refused(data.parent / "other", PORT=str(product.port))


def test_an_open_address_needs_a_secret(data: Path) -> None:
    assert "set BATON_SECRET" in refused(data, BATON_BIND="0.0.0.0")
    assert "BATON_DEBUG" in refused(data, BATON_BIND="0.0.0.0", BATON_DEBUG="1", BATON_SECRET="x" * 40)


def test_a_wrong_variable_is_named(data: Path) -> None:
    assert "PORT must be a whole number" in refused(data, PORT="eight")


@pytest.mark.parametrize("mode", [0o700, 0o755])
def test_postgres_is_brought_along_below_private_and_open_folders(tmp_path: Path, mode: int) -> None:
    data = tmp_path / "deep" / ("long" * 20) / "data"
    data.mkdir(parents=True, mode=mode)
    with running(data, POSTGRES="1") as product:
        assert product.answers("/readyz")
        assert len(list(data.glob("*.sqlite3"))) == 0
        product.child("postgres").kill()
        wait_until(lambda: not product.answers("/readyz"), seconds=10)
        wait_until(lambda: product.answers("/readyz"), seconds=30)
        product.supervisor.send_signal(signal.SIGTERM)
        assert product.supervisor.wait(20) == 0
    assert not postgres_folder(data).exists()


def refused(data: Path, **own: str) -> str:
    """What a start says that does not come about."""
    done = subprocess.run(
        [sys.executable, "-m", "config.supervisor"],
        env=variables(data, **own),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr
