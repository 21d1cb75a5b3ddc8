"""The embedded PostgreSQL for a command that needs it while the product is stopped."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config import environment
from config.runtime import private, remove_runtime, runtime_folder
from config.supervisor import postgres
from config.supervisor.predecessors import end_predecessors, lock
from config.supervisor.program import send, start

SECONDS = 60.0


@contextmanager
def stopped_product(data: Path) -> Iterator[None]:
    """While the product does not run: nobody may start it meanwhile, and our database answers. Raises AlreadyRunning."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = lock(data)
    runtime = private(runtime_folder(data))
    try:
        end_predecessors(runtime / "processes.json", postgres=data / "postgres")
        with _database(data):
            yield
    finally:
        remove_runtime(data)
        os.close(handle)


@contextmanager
def _database(data: Path) -> Iterator[None]:
    if environment.text("DATABASE_URL") or not environment.is_on("POSTGRES"):
        yield
    else:
        with running(postgres.cluster(data), data):
            yield


@contextmanager
def running(cluster: postgres.Cluster, data: Path) -> Iterator[None]:
    """The server, from its first answer until its last process has ended. Raises WrongCluster."""
    program = postgres.program(cluster)
    process = start(program, log=data / "logs" / "postgres.log", folder=data)
    limit = time.monotonic() + SECONDS
    try:
        while not postgres.answers(cluster):
            if time.monotonic() > limit or process.poll() is not None:
                raise postgres.WrongCluster(f"PostgreSQL does not answer; see {data / 'logs' / 'postgres.log'}.")
            time.sleep(0.05)
        yield
    finally:
        send(process, program.stop_signal)
        process.wait()
