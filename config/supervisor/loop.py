"""The loop of the supervisor: signals, deaths and restarts, in one thread."""

import signal
import sys
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from config.supervisor.predecessors import record
from config.supervisor.program import Program
from config.supervisor.watched import Watched

STOPPING = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
HEARD = STOPPING | {signal.SIGCHLD}
LOG_BYTES = 20_000_000
SEEN_EVERY = 0.1
"""Seconds between two looks while something is awaited."""


class Stopped(Exception):
    """The operator asked for the end."""


class Loop:
    """All programs under watch. Signals are taken one by one with sigtimedwait; nothing runs in a handler."""

    def __init__(self, *, data: Path, folder: Path, processes: Path) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
        self.watched: list[Watched] = []
        self._logs = data / "logs"
        self.folder = folder
        self._processes = processes
        self._recorded: set[int] = set()

    def add(self, programs: Iterable[Program]) -> None:
        """Start programs and watch them from now on."""
        for program in programs:
            log = self._logs / f"{program.name}.log"
            shorten(log)
            self.watched.append(Watched(program=program, log=log, folder=self.folder))
        self.tend()

    def tend(self) -> None:
        """One look at every program."""
        for one in self.watched:
            if said := one.tend(time.monotonic()):
                say(one.program.name, said)
        self._record()

    def wait(self, seconds: float) -> None:
        """Sleep until a child ends or the time is over. Raises Stopped when the operator asked for the end."""
        heard = signal.sigtimedwait(HEARD, seconds)
        if heard and heard.si_signo in STOPPING:
            raise Stopped
        self.tend()

    def until(self, is_true: Callable[[], bool], *, seconds: float) -> bool:
        """Keep watch until something holds, or until the time is over or a program has given up."""
        limit = time.monotonic() + seconds
        while not is_true():
            if time.monotonic() > limit or any(one.has_given_up for one in self.watched):
                return False
            self.wait(SEEN_EVERY)
        return True

    def forever(self) -> None:
        """Keep watch. Ends by Stopped alone."""
        while True:
            due = [one.due_at - time.monotonic() for one in self.watched if not one.is_running and not one.has_given_up]
            self.wait(max(0.05, min([60.0, *due])))
            for one in self.watched:
                shorten(one.log)

    def end(self) -> None:
        """Stop what uses the servers, then the servers. A second signal kills at once."""
        servers = [one for one in self.watched if one.program.is_server]
        for group in ([one for one in self.watched if one not in servers], servers):
            self._end(group)
        self._record()

    def _end(self, group: list[Watched]) -> None:
        while running := [one for one in group if one.is_running]:
            for one in running:
                one.stop(time.monotonic())
            heard = signal.sigtimedwait(HEARD, SEEN_EVERY)
            if heard and heard.si_signo == signal.SIGINT:
                for one in running:
                    one.asked_to_stop_at = 0.0

    def _record(self) -> None:
        running = {one.process.pid for one in self.watched if one.process}
        if running != self._recorded:
            record(self._processes, running)
            self._recorded = running


def shorten(log: Path) -> None:
    """Move a log that has grown long to NAME.1; its writer, who appends, goes on in the emptied file."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.with_suffix(".log.1").write_bytes(log.read_bytes())
        log.write_bytes(b"")


def say(name: str, what: str) -> None:
    """One calm line."""
    sys.stdout.write(f"{datetime.now().astimezone():%H:%M:%S}  {name:<10} {what}\n")
    sys.stdout.flush()
