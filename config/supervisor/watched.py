"""One program under watch: started again when it dies, at once the first time, then with growing pauses."""

import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from config.supervisor.program import Program, how_it_ended, send, start

WRONG_SETTINGS = 78
STEADY_SECONDS = 30.0
"""Whoever ran this long is started again at once."""
LONGEST_PAUSE = 30.0
TAIL_LINES = 3


def pause_before(failures: int) -> float:
    """Seconds to wait before a start after so many quick deaths in a row."""
    return 0.0 if failures <= 1 else min(LONGEST_PAUSE, 0.5 * 2 ** (failures - 2))


@dataclass(slots=True, kw_only=True)
class Watched:
    """A program, its process, and when it is due again. All times are those of one monotonic clock."""

    program: Program
    log: Path
    folder: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    due_at: float = 0.0
    failures: int = 0
    has_given_up: bool = False
    asked_to_stop_at: float | None = None

    @property
    def is_running(self) -> bool:
        return self.process is not None

    def tend(self, now: float) -> str:
        """Take note of a death, start what is due; what happened in words, or nothing."""
        said = self._note_death(now)
        if self.process is None and self.asked_to_stop_at is None and not self.has_given_up and now >= self.due_at:
            self.process = start(self.program, log=self.log, folder=self.folder)
            self.started_at = now
        return said

    def stop(self, now: float) -> None:
        """Ask the process to end; kill it when its patience is over. To be called until it no longer runs."""
        if self.asked_to_stop_at is None:
            self.asked_to_stop_at = now
            self._send(self.program.stop_signal)
            self._send(signal.SIGCONT)  # one that is stopped could not hear
        elif now - self.asked_to_stop_at > self.program.patience:
            self._send(signal.SIGKILL)
        self._note_death(now)

    def _send(self, number: signal.Signals) -> None:
        if self.process is not None:
            send(self.process, number)

    def _note_death(self, now: float) -> str:
        if self.process is None or (status := self.process.poll()) is None:
            return ""
        send(self.process, signal.SIGKILL)  # what it may have left in its group
        self.process = None
        self.failures = 1 if now - self.started_at > STEADY_SECONDS else self.failures + 1
        self.due_at = now + pause_before(self.failures)
        self.has_given_up = status == WRONG_SETTINGS
        return self._words(status)

    def _words(self, status: int) -> str:
        if self.has_given_up:
            return f"gave up: {' / '.join(tail(self.log))}"
        pause = pause_before(self.failures)
        again = f"again in {pause:g} s; see {self.log}" if pause else "started again"
        return f"{how_it_ended(status)}, {again}"


def tail(log: Path, lines: int = TAIL_LINES) -> list[str]:
    """The last lines of a log."""
    return log.read_text(errors="replace").splitlines()[-lines:] if log.exists() else []
