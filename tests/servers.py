"""The servers that the tests share: a Valkey, and with DATABASE=postgres a PostgreSQL, for one run of pytest.

The process that pytest was started in makes the folder and ends the servers; xdist's workers inherit the address.
"""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from config.environment import VARIABLES
from config.runtime import broker_socket, private, remove_runtime, runtime_folder
from config.supervisor import borrowed, broker, postgres
from config.supervisor.program import send, start

FOLDER = "BATON_TEST_FOLDER"


def folder() -> Path:
    """The data folder of this run of the tests."""
    if FOLDER not in os.environ:
        made = Path(tempfile.mkdtemp(prefix="baton-tests-")).resolve()
        os.environ[FOLDER] = str(made)
        atexit.register(_forget, made, os.getpid())
    return Path(os.environ[FOLDER])


def is_postgres() -> bool:
    """Whether this run is to use PostgreSQL."""
    return os.environ.get("DATABASE", "sqlite") == "postgres"


def environment() -> dict[str, str]:
    """The variables under which the product's settings are read. What the developer's shell has set does not count."""
    return {
        **{variable.name: "" for variable in VARIABLES},
        "BATON_DATA": str(folder()),
        "BATON_SECRET": "a fixed secret of the tests, long enough to be accepted",
        "BATON_MODEL_CALLS": "forbidden",
        "BATON_COMMITTERS": "0",
        "BATON_PLUGINS": "tests.plugins",
        "POSTGRES": "1" if is_postgres() else "0",
    }


def test_database() -> str:
    """The name of the test database: a file, because several connections and processes share it."""
    return "test_baton" if is_postgres() else str(folder() / "test.sqlite3")


test_database.__test__ = False  # type: ignore[attr-defined]  # pytest takes it for a test otherwise


@contextmanager
def started() -> Iterator[None]:
    """Our servers, from their first answer until they have ended."""
    data = folder()
    with ExitStack() as stack:
        stack.enter_context(sockets(data))
        stack.enter_context(valkey(data))
        if is_postgres():
            stack.enter_context(borrowed.running(postgres.cluster(data), data))
        yield


@contextmanager
def sockets(data: Path) -> Iterator[None]:
    """The private folder of a data folder's sockets."""
    private(runtime_folder(data))
    try:
        yield
    finally:
        remove_runtime(data)


@contextmanager
def process(command: Sequence[str], environment: Mapping[str, str], *, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a session of its own, ended with everything that it started."""
    with log.open("ab") as output:
        found = subprocess.Popen(command, env=environment, stdout=output, stderr=output, start_new_session=True)
    try:
        yield found
    finally:
        found.terminate()
        with suppress(subprocess.TimeoutExpired):
            found.wait(20)
        send(found, signal.SIGKILL)
        found.wait()


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def valkey(data: Path) -> Iterator[int]:
    """A Valkey of one data folder; its process number."""
    path = broker_socket(data)
    program = broker.program(path=path, data=data)
    process = start(program, log=data / "logs" / "valkey.log", folder=data)
    try:
        wait_until(lambda: broker.answers(path), seconds=20)
        yield process.pid
    finally:
        send(process, program.stop_signal)
        process.wait()


def wait_until(is_true: Callable[[], bool], *, seconds: float) -> None:
    """Look again and again until something holds; AssertionError when the time is over."""
    limit = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < limit, f"still not true after {seconds} s"
        time.sleep(0.02)


def _forget(made: Path, maker: int) -> None:
    if os.getpid() == maker:  # a forked child must not take the folder away
        shutil.rmtree(made, ignore_errors=True)
