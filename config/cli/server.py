"""Which server a command speaks with: the one of BATON_URL, the one of the data folder, or one of its own for a moment."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from types import FrameType

import click

from config import environment
from config.cli.client import Client, NoServer, opener
from config.supervisor.program import CHILD

START_SECONDS = 90.0
STOP_SECONDS = 20.0
POLL = 0.1


@contextmanager
def server() -> Iterator[Client]:
    """A client of the running server; where none runs, of an embedded one in a temporary folder that ends with the block."""
    found = running()
    if found is not None:
        yield found
        return
    with temporary() as own:
        yield own


def needed() -> Client:
    """A client of a server whose data stays. Raises NoServer where none runs."""
    found = running()
    if found is None:
        raise NoServer
    return found


def running() -> Client | None:
    """The server that BATON_URL names, or the data folder's server.json. Raises NoServer where BATON_URL lacks a token."""
    address, token = environment.text("BATON_URL"), environment.text("BATON_TOKEN")
    if address:
        if not token:
            raise NoServer("BATON_URL is set, so set BATON_TOKEN to an API token of that server as well.")
        return Client(address=address, token=token)
    return of_data_folder(environment.data_folder())


def of_data_folder(folder: Path) -> Client | None:
    """The server of a data folder, if it answers."""
    try:
        found = json.loads((folder / "server.json").read_text(encoding="utf-8"))
        client = Client(address=str(found["address"]), token=str(found["token"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return client if _answers(client.address) else None


def _answers(address: str) -> bool:
    try:
        with opener(address).open(f"{address}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, HTTPException, ValueError):
        return False


@contextmanager
def temporary() -> Iterator[Client]:
    """The whole embedded set-up in a folder of its own."""
    click.echo("No server is running: starting one for this command. What it stores is gone with it.", err=True)
    with _ending_by_signal(), tempfile.TemporaryDirectory(prefix="baton-") as folder:
        process = _start(Path(folder))
        try:
            yield _wait_for(process, Path(folder))
        finally:
            _stop(process)


@contextmanager
def _ending_by_signal() -> Iterator[None]:
    """SIGTERM and a closed terminal end the block as Ctrl-C does, so that its server is stopped."""
    signals = (signal.SIGTERM, signal.SIGHUP)
    before = [(number, signal.signal(number, _leave)) for number in signals]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _leave(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _start(folder: Path) -> subprocess.Popen[bytes]:
    without = {"DATABASE_URL", "REDIS_URL", "BATON_URL", "BATON_TOKEN", "POSTGRES"}
    variables = {name: value for name, value in os.environ.items() if name not in without}
    variables |= {"BATON_DATA": str(folder), "PORT": "0", "DATABASE_URL": "", "REDIS_URL": "", "BATON_URL": ""}
    variables |= {"BATON_DEMO": "0"}
    dies_with_us = (sys.executable, "-I", "-S", str(CHILD), str(os.getpid()), str(int(signal.SIGTERM)), "-")
    with (folder / "server.log").open("wb") as log:
        return subprocess.Popen(
            [*dies_with_us, sys.executable, "-m", "config.supervisor"],
            cwd=environment.BASE,
            env=variables,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _wait_for(process: subprocess.Popen[bytes], folder: Path) -> Client:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        client = of_data_folder(folder)
        if client is not None:
            return client
        time.sleep(POLL)
    said = (folder / "server.log").read_text(errors="replace")[-800:]
    raise NoServer(f"The embedded server did not start. It said:\n{said}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
