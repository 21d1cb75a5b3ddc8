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
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import click

from config import environment
from config.cli.client import Client, NoServer

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
        found = json.loads((folder / "server.json").read_text())
    except (OSError, ValueError):
        return None
    client = Client(address=found["address"], token=found["token"])
    return client if _answers(client.address) else None


def _answers(address: str) -> bool:
    try:
        # The address is of our own file.
        with urlopen(f"{address}/healthz", timeout=5) as answer:  # noqa: S310  # nosec B310
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


@contextmanager
def temporary() -> Iterator[Client]:
    """The whole embedded set-up in a folder of its own."""
    click.echo("No server is running: starting one for this command.", err=True)
    with tempfile.TemporaryDirectory(prefix="baton-") as folder:
        process = _start(Path(folder))
        try:
            yield _wait_for(process, Path(folder))
        finally:
            _stop(process)


def _start(folder: Path) -> subprocess.Popen[bytes]:
    without = {"DATABASE_URL", "REDIS_URL", "BATON_URL", "BATON_TOKEN", "POSTGRES"}
    variables = {name: value for name, value in os.environ.items() if name not in without}
    variables |= {"BATON_DATA": str(folder), "PORT": "0", "DATABASE_URL": "", "REDIS_URL": "", "BATON_URL": ""}
    with (folder / "server.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "config.supervisor"],
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
