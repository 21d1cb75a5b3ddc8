"""What a supervisor leaves for the next one: a lock that ends with it, and the list of its processes.

A killed supervisor never blocks a start: the lock is gone with its process, and what outlived it is ended here.
"""

import fcntl
import json
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

GRACE_SECONDS = 3.0


class AlreadyRunning(RuntimeError):
    """Another supervisor works in this data folder."""


def lock(data: Path) -> int:
    """The open lock of the data folder, held until this process ends. Raises AlreadyRunning."""
    handle = os.open(data / "supervisor.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(handle, 20).decode() or "unknown"
        os.close(handle)
        raise AlreadyRunning(
            f"Baton already runs on {data} (process {holder}). Stop it, or set BATON_DATA to another folder."
        ) from None
    os.ftruncate(handle, 0)
    os.write(handle, str(os.getpid()).encode())
    return handle


def record(file: Path, processes: Iterable[int]) -> None:
    """Write down which processes are ours, each with its start time, so that a reused number is not taken for it."""
    found = {str(process): started for process in processes if (started := _started(process))}
    draft = file.with_suffix(".new")
    draft.write_text(json.dumps(found))
    draft.replace(file)


def end_predecessors(file: Path, *, postgres: Path) -> None:
    """End what an earlier supervisor left running, and drop PostgreSQL's lock file if no server holds it."""
    left = {process for process, started in _recorded(file).items() if _started(process) == started}
    _end(left | _postmaster(postgres))
    file.unlink(missing_ok=True)
    (postgres / "postmaster.pid").unlink(missing_ok=True)


def _recorded(file: Path) -> dict[int, str]:
    try:
        return {int(process): str(started) for process, started in json.loads(file.read_text()).items()}
    except (FileNotFoundError, ValueError, AttributeError):
        return {}


def _postmaster(files: Path) -> set[int]:
    """The server of the cluster, if the process in its lock file really is one."""
    try:
        process = int((files / "postmaster.pid").read_text().splitlines()[0])
        command = Path(f"/proc/{process}/cmdline").read_bytes()
    except (OSError, ValueError, IndexError):
        return set()
    return {process} if os.fsencode(files) in command else set()


def _end(processes: set[int]) -> None:
    """SIGINT (the fast shutdown of all of them), then SIGKILL."""
    _send(processes, signal.SIGCONT)
    _send(processes, signal.SIGINT)
    limit = time.monotonic() + GRACE_SECONDS
    while any(map(_started, processes)) and time.monotonic() < limit:
        time.sleep(0.05)
    _send({process for process in processes if _started(process)}, signal.SIGKILL)


def _send(processes: set[int], number: signal.Signals) -> None:
    for process in processes:
        try:
            os.kill(process, number)
        except ProcessLookupError:
            continue


def _started(process: int) -> str:
    """When the process was started, in ticks since the machine was; empty for one that is gone or a zombie."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]
