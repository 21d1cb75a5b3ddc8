"""A program that the supervisor starts, and one process of it."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

CHILD = Path(__file__).with_name("child.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to start and how it ends. `wrapper` goes before everything (unshare); `user` is uid:gid, or - for ours."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str = "-"
    wrapper: tuple[str, ...] = ()
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    """What the kernel sends when the supervisor itself is killed."""
    patience: float = 8.0
    """Seconds from the stop signal to SIGKILL."""
    descriptors: tuple[int, ...] = ()
    """Open files that the process inherits."""
    is_server: bool = False
    """Whether the others need it: then it is stopped after them."""


def start(program: Program, *, log: Path, folder: Path) -> subprocess.Popen[bytes]:
    """A running process of the program: leader of a session of its own, so that a Ctrl-C of the terminal spares it."""
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    launcher = (sys.executable, "-I", "-S", str(CHILD), str(os.getpid()), str(int(program.death_signal)), program.user)
    with log.open("ab") as output:
        return subprocess.Popen(
            [*program.wrapper, *launcher, *program.command],
            cwd=folder,
            env={**os.environ, **program.environment},
            pass_fds=program.descriptors,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )


def send(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """A signal to the process, or for SIGKILL to all of its session's first group."""
    try:
        if number is signal.SIGKILL:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
    except ProcessLookupError:
        return


def how_it_ended(status: int) -> str:
    """The words for an exit status as subprocess reports it."""
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"ended with exit {status}"
