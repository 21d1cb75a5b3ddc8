"""`python -m config.supervisor`: the whole product on one machine."""

import os
import sys
from pathlib import Path

from config import environment
from config.binding import PortTaken, listening
from config.environment import BASE, WrongVariable
from config.runtime import ForeignFolder, private, remove_runtime, runtime_folder
from config.supervisor import broker, postgres
from config.supervisor.loop import Loop, Stopped, say
from config.supervisor.plan import plan
from config.supervisor.predecessors import AlreadyRunning, end_predecessors, lock
from config.supervisor.server_file import remove_server_file
from config.supervisor.startup import NotStarted, start_all

EXPECTED = (
    AlreadyRunning,
    ForeignFolder,
    NotStarted,
    PortTaken,
    WrongVariable,
    broker.NoBroker,
    postgres.NoPostgres,
    postgres.RootOnly,
    postgres.WrongCluster,
)
"""What a person can mend: said in one line, without a traceback."""


def main() -> int:
    """Run until stopped; 0 where the operator asked for the end."""
    try:
        os.umask(0o077)
        data = environment.data_folder()
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock(data)
        _run(data, private(runtime_folder(data)))
    except EXPECTED as error:
        print(error, file=sys.stderr)  # noqa: T201  # the operator reads it
        return 1
    return 0


def _run(data: Path, runtime: Path) -> None:
    end_predecessors(runtime / "processes.json", postgres=data / "postgres")
    loop = Loop(data=data, folder=BASE, processes=runtime / "processes.json")
    try:
        with listening(environment.text("BATON_BIND"), environment.number("PORT")) as listener:
            start_all(loop, plan(data=data, port=listener.getsockname()[1]), listener)
            loop.forever()
    except Stopped:
        say("baton", "stopping")
    finally:
        loop.end()
        remove_server_file(data)
        remove_runtime(data)


if __name__ == "__main__":
    sys.exit(main())
