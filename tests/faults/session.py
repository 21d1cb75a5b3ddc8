"""The process that breaks one set-up and judges what is left: `python -m tests.faults.session RUNS`. Started by tests.faults."""

import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import django

import config.celery  # noqa: F401  # by which the publisher sends

django.setup()

from django.db import DatabaseError, InterfaceError, connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from orchestrator.models import Budget, Run  # noqa: E402
from orchestrator.worker import publisher  # noqa: E402
from teams.callers import Caller  # noqa: E402
from teams.models import Team  # noqa: E402
from teams.operations.tokens import create_token  # noqa: E402
from teams.policy import Role, permissions_of  # noqa: E402
from tests import runs  # noqa: E402
from tests.benchmarks.measured import prepare, wait_for_workers  # noqa: E402
from tests.fakes.asking import a_member  # noqa: E402
from tests.faults import acts, footprint, money, oracle, shape  # noqa: E402
from tests.faults.control import tell_server  # noqa: E402
from tests.faults.losses import percentile  # noqa: E402
from tests.faults.people import Rivals  # noqa: E402
from tests.faults.rampage import Rampage  # noqa: E402
from tests.faults.starter import MOST_OPEN, Starter  # noqa: E402
from tests.plugins.tools._outside import Outside  # noqa: E402
from tests.processes import System, listener, system, wait_until  # noqa: E402

Result = TypeVar("Result")
SECONDS_A_RUN = 0.45
SHORTEST = 90.0
WARM = 20
"""The first jobs: nothing goes wrong yet, and what the processes hold then is what they may hold in the end."""
AFTERMATH = 240.0
"""Seconds after the last fault within which every run must have ended."""
LONGEST_RESTART, LONGEST_AFTER_REDIS, LONGEST_WITHOUT_BROKER = 25.0, 5.0, 10.0
"""The bars: kill to restart (p95), Redis back to first step, and a request while Redis does not answer."""

MOST_LOAD = 2.5
"""Load for each core above which the times of restarts are told and not judged."""


def patient(function: Callable[[], Result], *, seconds: float = 60) -> Result:
    """Try again while the database is away."""
    limit = time.monotonic() + seconds
    while True:
        try:
            return function()
        except (DatabaseError, InterfaceError):
            connection.close()
            if time.monotonic() > limit:
                raise
            time.sleep(0.2)


@dataclass
class Session:
    """One set-up with everybody in it."""

    system: System
    number: int
    team: Team
    starter: Starter
    rivals: Rivals
    outside: Outside
    rampage: Rampage
    before: footprint.Footprint | None = None

    def play(self) -> None:
        """Warm up, break everything, then wait until all is quiet."""
        self.rivals.start()
        self.starter.start(range(1, WARM + 1), 2.0, self._is_full).join()
        self._wait_until_quiet(None)
        self.before = footprint.measured(self.system)
        tell_server("settings", {"faults": shape.FAULTS})
        thread = self.starter.start(range(WARM + 1, self.number + 1), self.rampage.seconds, self._is_full)
        self.rampage.go(lambda: self.starter.last / self.number if thread.is_alive() else 1.0)
        self._wait_until_quiet(thread)
        self.rivals.ended.set()

    def _wait_until_quiet(self, starting: threading.Thread | None) -> None:
        """Nothing goes wrong any more but what the model server and poison do: until all is quiet, or the patience is over."""

        def is_quiet() -> bool:
            self.rampage.tend()
            if (starting and starting.is_alive()) or patient(self._unended):
                return False
            return not patient(lambda: list(oracle.left_behind()))

        with suppress(TimeoutError):
            wait_until(is_quiet, seconds=AFTERMATH, every=0.5)

    def _is_full(self) -> bool:
        return patient(self._unended, seconds=AFTERMATH) >= MOST_OPEN

    def _unended(self) -> int:
        return Run.unscoped.exclude(status__in=oracle.ENDED).count()

    def judge(self) -> tuple[oracle.Verdict, str]:
        """What the oracle says, and the figures in words."""
        found, grown = footprint.back_to(self.before or footprint.measured(self.system), self.system)
        lost = self.rampage.losses.restarts()
        restarts = [seconds for seconds, _ in lost]
        without_broker = self.starter.slowest(self.rampage.silent, without=self.rampage.dark)
        p50, p95 = percentile(restarts, 0.5), percentile(restarts, 0.95)
        noticed = [*self.rampage.problems, *grown]
        if not restarts:
            noticed.append("no worker held a step when it was killed: nothing was measured")
        if p95 > LONGEST_RESTART and not _is_busy():
            noticed += _over("kill to restart p95", p95, LONGEST_RESTART)
            noticed += [
                f"{seconds:.1f} s after a kill: {claim}" for seconds, claim in lost if seconds > LONGEST_RESTART
            ]
        noticed += _over("a request while Redis was silent", without_broker, LONGEST_WITHOUT_BROKER)
        verdict = oracle.judge(
            oracle.Witness(
                version=self.starter.version,
                number=self.number,
                jobs=self.starter.jobs,
                seen=self.outside.seen,
                won_by_both=self.rivals.both,
                noticed=noticed,
            )
        )
        figures = [
            f"kill to restart p95 {p95:.1f} s, p50 {p50:.1f} s of {len(restarts)} steps{_busy_note()}",
            f"slowest request {self.starter.slowest(without=self.rampage.dark):.1f} s, {without_broker:.1f} s without Redis",
            f"starts repeated {self.starter.unanswered}",
            found.line(self.before or found),
            money.totals(Run.unscoped.filter(version=self.starter.version)),
        ]
        return verdict, "; ".join(figures)

    def encore(self, verdict: oracle.Verdict) -> str:
        """The acts that need quiet."""
        stage = acts.Stage(system=self.system, team=self.team)
        try:
            verdict.other += acts.sleep_for_a_minute(stage)
            seconds = acts.after_redis(stage)
        except (TimeoutError, RuntimeError) as error:
            verdict.other.append(f"the quiet acts did not come to their end: {error}")
            return "no figures of the quiet acts"
        verdict.other += _over("Redis back to first step", seconds[-1], LONGEST_AFTER_REDIS)
        return f"all stopped for {acts.SUSPENDED:.0f} s; Redis back to first step {seconds[-1]:.1f} s"


def _is_busy() -> bool:
    """Whether others use this machine so much that times say more about them than about us."""
    return os.getloadavg()[1] > MOST_LOAD * (os.cpu_count() or 1)


def _busy_note() -> str:
    return f" on a busy machine (load {os.getloadavg()[1]:.1f}, not judged)" if _is_busy() else ""


def _over(what: str, seconds: float, bar: float) -> Iterator[str]:
    if seconds > bar:
        yield f"{what} took {seconds:.1f} s, the bar is {bar:.0f} s"


def main() -> int:
    number = max(WARM + 1, int(sys.argv[1]))
    with system(prepare) as found:
        found.start_model_server("--latency", "0.05", "--seed", "11", "--log-limit", "200000")
        open_port = listener(found.plan.port)  # while this is open, the web server can be replaced
        found.start_web(open_port)
        wait_for_workers(found)
        publisher.start()
        with open_port:
            return report(set_up(found, number))


def set_up(found: System, number: int) -> Session:
    team = Team.objects.get(pk=runs.a_team().pk)
    owner = a_member(team, "Owner", Role.owner)
    shape.connect(team, owner, timezone.now())
    for unit in ("money", "tokens", "calls"):
        Budget.unscoped.create(team=team, subject=f"team:{team.pk}", unit=unit, most=10**12)
    outside = Outside(int(os.environ["COUNTER_PORT"]))
    people = a_member(team, "First", Role.admin), a_member(team, "Second", Role.admin)
    is_postgres = connection.vendor == "postgresql"
    return Session(
        system=found,
        number=number,
        team=team,
        starter=Starter(
            port=found.plan.port, token=_token(owner), version=runs.a_version(shape.document(), team=team).pk
        ),
        rivals=Rivals(people=people, outside=outside, ended=threading.Event()),
        outside=outside,
        rampage=Rampage(system=found, seconds=max(SHORTEST, number * SECONDS_A_RUN), is_postgres=is_postgres),
    )


def _token(by: Caller) -> str:
    permissions = permissions_of(by.role)
    return create_token(by=by, name="starter", permissions=permissions, expires_at=None, now=timezone.now()).text


def report(session: Session) -> int:
    """Play it, and print one line, then a sentence for whatever is not clean."""
    began = time.monotonic()
    session.play()
    verdict, figures = session.judge()
    last = session.encore(verdict)
    killed, people = told(session.rampage.counts), told(session.rivals.counts)
    line = (
        f"{connection.vendor}: {session.number} runs, {verdict.line()}; {last}; {figures}; {killed}; reviews: {people}"
    )
    print(f"{line}; {time.monotonic() - began:.0f} s")
    print("\n".join(verdict.sentences()), flush=True)
    return 0 if verdict.is_clean() else 1


def told(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{what} {number}" for what, number in sorted(counts.items()))


if __name__ == "__main__":
    try:
        status = main()
    except (TimeoutError, RuntimeError):
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    os._exit(status)
