"""What goes wrong while runs go on: a plan of moments, carried out in the main thread, which starts again what died."""

import math
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.faults import blows, clock
from tests.faults.armed_points import CRASHED, mark_of
from tests.faults.losses import Losses, held
from tests.faults.scene import armed, disarmed
from tests.faults.starter import Interval
from tests.processes import System

USUAL = 225.0
"""Seconds of 500 runs, for which the numbers of the plan are meant."""
LEASE_OVER = 25.0
GONE = 30.0
BROKER_SILENT = 7.0
SUSPENDED = 30.0
CLOCK_JUMP = 60.0
AHEAD = 10.0
"""Seconds that a moment may come before its share of the jobs."""
BEGINS_WITHIN = 8.0
"""Seconds that a worker needs until it works, on a busy machine."""
STARTS_WITHIN = 15.0
"""Seconds in which the web server, or its database, is back."""
POISONED = 70
"""The exit status of a worker whose step was poison."""
CRASH_POINTS = ("claim:charge", "commit:agent", "publish:prompt", "ask:check")
PLAN = {
    # what: how often in the usual time, how often at least, and when the first comes (a share of the distance between two)
    "kill worker": (9, 3, 0.5),
    "kill valkey": (6, 2, 0.8),
    "flush valkey": (2, 1, 0.4),
    "kill web": (2, 1, 0.7),
    "deploy worker": (3, 2, 0.6),
    "deploy web": (1, 1, 0.25),
    "arm worker": (5, 5, 0.3),
    "repeat messages": (40, 10, 0.5),
    "stop worker": (1, 1, 0.35),
    "stop valkey": (2, 1, 0.55),
    "lose worker": (1, 1, 0.15),
    "jump the clock forward": (1, 1, 0.45),
    "jump the clock back": (1, 1, 0.65),
    "suspend everything": (1, 1, 0.75),
}
Moment = tuple[float, str]


@dataclass
class Rampage:
    """`seconds` is how long it lasts; `counts` what was done to whom."""

    system: System
    seconds: float
    is_postgres: bool
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    counts: Counter[str] = field(default_factory=Counter)
    losses: Losses = field(default_factory=Losses)
    problems: list[str] = field(default_factory=list)
    waking: list[tuple[float, str]] = field(default_factory=list)
    returning: list[tuple[float, str]] = field(default_factory=list)
    began_at: float = 0.0
    """When a worker was started last."""
    silent: list[Interval] = field(default_factory=list)
    """When the broker did not answer."""
    dark: list[Interval] = field(default_factory=list)
    """When nobody can expect an answer of the web server: it was stopped, or its database was away."""

    def moments(self) -> Iterator[Moment]:
        """When what happens, in no order."""
        scale = self.seconds / USUAL
        plan = PLAN | ({"restart postgres": (6, 5, 0.85)} if self.is_postgres else {})
        for what, (usual, least, first) in plan.items():
            times = max(least, round(usual * scale))
            yield from ((self.seconds * (number + first) / times, what) for number in range(times))

    def go(self, share_started: Callable[[], float]) -> None:
        """Until every moment has come, and nothing is stopped or away any more. A moment also waits for its share of the jobs
        to be started, so that a slow machine has it in the middle of its work."""
        began = time.monotonic()
        waiting = sorted(self.moments())
        while waiting or self.waking or self.returning:
            self.tend()
            share = share_started()
            now = min(time.monotonic() - began, self.seconds * share + AHEAD if share < 1 else math.inf)
            if waiting and waiting[0][0] <= now:
                at, what = waiting.pop(0)
                if self._must_wait(what):
                    waiting = sorted([*waiting, (at + 1.0, what)])
                else:
                    began += self._do(what)
            time.sleep(0.05)

    def _must_wait(self, what: str) -> bool:
        """While a worker is gone or has just begun, the others are left alone: somebody must be there to work."""
        just_begun = time.monotonic() - self.began_at < BEGINS_WITHIN
        return (just_begun or bool(self.returning)) and what.endswith((" worker", "everything"))

    def tend(self) -> None:
        """Start again what has ended, wake what has slept long enough, bring back who was gone."""
        for name, process in list(self.system.running.items()):
            if process.poll() is not None:
                self.counts[self._why(name, process.returncode)] += 1
                self._start(name)
        for at, name in [one for one in self.waking if time.monotonic() >= one[0]]:
            self.waking.remove((at, name))
            self.system.tell(name, signal.SIGCONT)
        for at, name in [one for one in self.returning if time.monotonic() >= one[0]]:
            self.returning.remove((at, name))
            self._start(name)

    def _start(self, name: str) -> None:
        if name.startswith("worker"):
            self.began_at = time.monotonic()
        self.system.start(name)

    def _why(self, name: str, status: int) -> str:
        what = name.partition("-")[0]
        if status == CRASHED:
            self.system.programs[name] = disarmed(self.system.programs[name])
            return f"{what} that died at a crash point"
        if status != POISONED:
            self.problems.append(f"{name} ended by itself with {status}")
        return f"{what} that poison ended"

    def _do(self, what: str) -> float:
        """Do it; for how many seconds time did not count."""
        self.counts[what] += 1
        began = time.monotonic()
        if what == "suspend everything":
            asleep_at = time.time()  # as the database's clock: on this machine they are one
            blows.suspend(self.system, SUSPENDED)
            self.losses.standstills.append((asleep_at, time.time()))
            self._nobody_answered(since=began)
            return SUSPENDED
        verb, _, whom = what.partition(" ")
        name = self._busiest() if whom == "worker" else whom
        match verb:
            case "kill" | "restart":
                self._kill(name, signal.SIGQUIT if verb == "restart" else signal.SIGKILL)
            case "stop":
                self._stop(name, LEASE_OVER if whom == "worker" else BROKER_SILENT)
            case "lose":
                self._lose(name)
            case "deploy":
                self._deploy(name)
            case "arm":
                self._arm(name)
            case "flush":
                blows.flush()
            case "jump":
                blows.unless_away(lambda: clock.jump(CLOCK_JUMP if whom.endswith("forward") else -CLOCK_JUMP))
            case "repeat":
                self.counts.update(blows.repeat_messages(self.chance))
        return 0.0

    def _busiest(self) -> str:
        """The worker whose end hurts most."""
        workers = self.chance.sample(self.system.workers(), len(self.system.workers()))
        return max(workers, key=lambda name: len(held(name)))

    def _kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """A worker starts again at once, a server after a moment. SIGQUIT is PostgreSQL's immediate shutdown."""
        began = time.monotonic()
        self._end(name, number)
        if name.startswith("worker"):
            self._start(name)
            return
        time.sleep(self.chance.uniform(0.2, 1.0))
        if name == "web":
            self._start(name)
        else:
            self.system.start_again(name)
        if name != "valkey":
            self._nobody_answered(since=began)

    def _nobody_answered(self, *, since: float) -> None:
        self.dark.append((since, time.monotonic() + STARTS_WITHIN))

    def _end(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        self.waking = [(at, other) for at, other in self.waking if other != name]
        if name.startswith("worker"):
            self.losses.note(name)
        self.system.tell(name, signal.SIGCONT)
        self.system.kill(name, number)

    def _lose(self, name: str) -> None:
        """As a machine that is gone: the others take its steps when its lease is over."""
        self._end(name)
        self.returning.append((time.monotonic() + GONE, name))

    def _stop(self, name: str, seconds: float) -> None:
        now = time.monotonic()
        self.system.tell(name, signal.SIGSTOP)
        self.waking.append((now + seconds, name))
        if name == "valkey":
            self.silent.append((now, now + seconds))

    def _deploy(self, name: str) -> None:
        """As a new release comes: the old process is told to end and leaves no crash behind, the new one has other words."""
        began, before = time.monotonic(), held(name)
        self.waking = [(at, other) for at, other in self.waking if other != name]
        self.system.stop(name)
        crashed = blows.crashes_since(before)
        self.problems += [
            f"the deploy of {name} counted a crash of {claim.path} in run {claim.run}" for claim in crashed
        ]
        if name == "web":
            self._nobody_answered(since=began)
        else:
            self.system.programs[name] = armed(disarmed(self.system.programs[name]), {"REWORDED": "1"})
        self._start(name)

    def _arm(self, name: str) -> None:
        """The next process of the worker dies at one of the named points, unless all have had their turn."""
        point = self._next_point()
        if point:
            self._end(name)
            self.system.programs[name] = armed(disarmed(self.system.programs[name]), {"CRASH_AT": point})
            self._start(name)

    def _next_point(self) -> str:
        """One at which nobody has died and nobody will."""
        taken = {program.environment.get("CRASH_AT") for program in self.system.programs.values()}
        free = [point for point in CRASH_POINTS if point not in taken and not mark_of(point.partition(":")[0]).exists()]
        return free[0] if free else ""
