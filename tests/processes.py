"""The whole product in a temporary folder, for benchmarks and fault tests: real servers, workers, a model server.

Two processes: one that knows no Django makes the folder and starts the other (`inside`), whose environment holds the set-up;
that one builds a `System` and may kill, stop and start every part of it. Each part ends with its process id, never by name.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from config import environment
from config.binding import listening
from config.runtime import remove_runtime
from config.supervisor import broker, postgres
from config.supervisor.plan import Plan, plan, servers, servers_answer, web, workers
from config.supervisor.program import CHILD, Program, send, start
from tests import servers as test_servers

BASE = Path(__file__).resolve().parent.parent
SECRET = "a fixed secret of the measurements, long enough to be accepted"
DATABASES = ("postgres", "sqlite")


def variables(folder: Path, *, database: str, more: Mapping[str, str]) -> dict[str, str]:
    """The environment of the measuring process and of everything that it starts. The developer's own does not count."""
    model_port, counter_port = test_servers.free_port(), test_servers.free_port()
    return {
        **{variable.name: "" for variable in environment.VARIABLES},
        "BATON_DATA": str(folder / "data"),
        "BATON_SECRET": SECRET,
        "BATON_MODEL_CALLS": "forbidden",
        "BATON_TRUSTED_HOSTS": f"127.0.0.1:{model_port},127.0.0.1:{counter_port}",
        "BATON_PLUGINS": "tests.plugins",
        "BATON_WORKERS": "2",
        "BATON_LOG_LEVEL": "WARNING",
        "POSTGRES": "1" if database == "postgres" else "0",
        "PORT": str(test_servers.free_port()),
        "MODEL_PORT": str(model_port),
        "COUNTER_PORT": str(counter_port),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        **more,
    }


def inside(module: str, arguments: Sequence[str], *, database: str, **more: str) -> int:
    """Run `python -m module` in a new set-up and wait; its exit status. The folder is gone then, unless KEEP is set."""
    folder = Path(tempfile.mkdtemp(prefix="baton-system-")).resolve()
    given = variables(folder, database=database, more=more)
    (folder / "data").mkdir(mode=0o700)
    dies_with_us = (sys.executable, "-I", "-S", str(CHILD), str(os.getpid()), str(int(signal.SIGTERM)), "-")
    command = [*dies_with_us, sys.executable, "-m", module, *arguments]
    process = subprocess.Popen(command, cwd=BASE, env={**os.environ, **given})
    try:
        return process.wait()
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        process.wait()
        remove_runtime(folder / "data")
        if "KEEP" not in os.environ:
            shutil.rmtree(folder, ignore_errors=True)


def data_folder() -> Path:
    """The data folder of the set-up that this process is in."""
    return environment.data_folder()


def model_port() -> int:
    return int(os.environ["MODEL_PORT"])


@dataclass
class System:
    """The running parts by name: valkey, postgres, worker-1, worker-2 ..., model, web, and what a test adds."""

    plan: Plan
    programs: dict[str, Program]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        """Start a part. From the main thread only: the kernel ends a child when the thread that made it ends."""
        log = self.plan.data / "logs" / f"{name}.log"
        self.running[name] = start(self.programs[name], log=log, folder=BASE)

    def add(self, program: Program) -> None:
        self.programs[program.name] = program
        self.start(program.name)

    def tell(self, name: str, number: signal.Signals) -> None:
        send(self.running[name], number)

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """End a part without a word, and wait for its end."""
        self.tell(name, number)
        self.running.pop(name).wait()

    def stop(self, name: str) -> None:
        """End a part as the supervisor does."""
        process = self.running.pop(name)
        send(process, self.programs[name].stop_signal)
        send(process, signal.SIGCONT)
        try:
            process.wait(self.programs[name].patience)
        except subprocess.TimeoutExpired:
            send(process, signal.SIGKILL)
            process.wait()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    def stop_all(self) -> None:
        """Workers and clients first, then the servers that they need."""
        for name in sorted(self.running, key=lambda name: self.programs[name].is_server):
            self.stop(name)

    def pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self.running.items()}

    def workers(self) -> list[str]:
        return sorted(name for name in self.programs if name.startswith("worker-"))

    def expect_alive(self) -> None:
        for name, process in self.running.items():
            if process.poll() is not None:
                log = self.plan.data / "logs" / f"{name}.log"
                raise RuntimeError(f"{name} has ended: {log.read_text()[-2000:]}")

    def wait_for_servers(self) -> None:
        wait_until(self._servers_answer, seconds=60)

    def _servers_answer(self) -> bool:
        self.expect_alive()
        with suppress(psycopg.OperationalError):
            return servers_answer(self.plan)
        return False

    def start_again(self, name: str) -> None:
        """A server that was killed, as soon as it answers; a socket that it left is taken away."""
        if name == "valkey" and self.plan.broker:
            self.plan.broker.unlink(missing_ok=True)
        self.start(name)
        wait_until(lambda: self._answers(name), seconds=60)

    def _answers(self, name: str) -> bool:
        """Of one server alone: another one may be stopped just now."""
        if name == "postgres" and self.plan.cluster:
            return postgres.answers(self.plan.cluster)
        return not self.plan.broker or broker.answers(self.plan.broker)

    def start_model_server(self, *arguments: str) -> None:
        """The local server that speaks the vendors' protocols, at MODEL_PORT."""
        command = (sys.executable, "-m", "tests.model_server", "--port", str(model_port()), *arguments)
        self.add(Program(name="model", command=command, is_server=True))
        wait_until(lambda: answers_at(model_port()), seconds=20)

    def start_web(self, listener: socket.socket) -> None:
        self.add(web(self.plan, listener))
        wait_until(lambda: answers_at(self.plan.port), seconds=30)


def as_they_are(program: Program) -> Program:
    """No worker is changed."""
    return program


@contextmanager
def system(prepare: Callable[[], None], *, change: Callable[[Program], Program] = as_they_are) -> Iterator[System]:
    """The servers, a database prepared by `prepare`, then the workers, each changed by `change`; ends with the block."""
    found = plan(data=data_folder(), port=environment.number("PORT"))
    programs = {program.name: program for program in (*servers(found), *map(change, workers(found)))}
    made = System(plan=found, programs=programs)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the parts are stopped
    with test_servers.sockets(found.data):
        try:
            for program in servers(found):
                made.start(program.name)
            made.wait_for_servers()
            prepare()
            for name in made.workers():
                made.start(name)
            yield made
        finally:
            made.stop_all()


def listener(port: int) -> socket.socket:
    return listening("127.0.0.1", port)


def answers_at(port: int) -> bool:
    """Whether somebody listens at the port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(is_true: Callable[[], object], *, seconds: float, every: float = 0.02) -> None:
    """Look again and again until something holds. Raises TimeoutError."""
    limit = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > limit:
            raise TimeoutError(f"not true after {seconds} s: {is_true}")
        time.sleep(every)
