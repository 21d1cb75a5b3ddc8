"""How much the processes hold: memory, open files, connections. Measured before everything and after it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import psutil
from django.db import connection

from tests.faults import blows
from tests.processes import System

GROWTH, MORE_MEMORY = 1.5, 48.0
"""A process may hold half as much again as at the beginning, and so many megabytes more."""
MORE_FILES, MORE_CONNECTIONS = 32, 10
"""Threads of the web server and of the test open theirs when they first need one."""
PATIENCE = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """`memory` (megabytes) and `files` by the name of a process, and what the servers say of their clients."""

    memory: dict[str, float]
    files: dict[str, int]
    broker_clients: int
    database_connections: int

    def more_than(self, before: "Footprint") -> Iterator[str]:
        """What is not back to where it was."""
        for name, found in self.memory.items():
            most = before.memory.get(name, found) * GROWTH + MORE_MEMORY
            if found > most:
                yield f"{name} holds {found:.0f} MB, at the beginning {before.memory[name]:.0f} MB"
        for name, number in self.files.items():
            if number > before.files.get(name, number) + MORE_FILES:
                yield f"{name} has {number} open files, at the beginning {before.files[name]}"
        if self.broker_clients > before.broker_clients + MORE_CONNECTIONS:
            yield f"the broker has {self.broker_clients} clients, at the beginning {before.broker_clients}"
        if self.database_connections > before.database_connections + MORE_CONNECTIONS:
            found_now, found_then = self.database_connections, before.database_connections
            yield f"the database has {found_now} connections, at the beginning {found_then}"

    def line(self, before: "Footprint") -> str:
        """Both in words: the largest process of a kind, then and now."""
        memory = [f"{kind} {before.largest(kind):.0f} then {self.largest(kind):.0f} MB" for kind in ("worker", "web")]
        clients = f"broker clients {before.broker_clients} then {self.broker_clients}"
        sessions = f"database connections {before.database_connections} then {self.database_connections}"
        return ", ".join([*memory, clients, sessions])

    def largest(self, kind: str) -> float:
        return max((found for name, found in self.memory.items() if name.startswith(kind)), default=0.0)


def measured(system: System) -> Footprint:
    """Workers and the web server, with their children."""
    memory, files = {}, {}
    for name, pid in system.pids().items():
        if name.startswith(("worker", "web")):
            processes = _with_children(pid)
            memory[name] = sum(process.memory_info().rss for process in processes) / 2**20
            files[name] = sum(process.num_fds() for process in processes)
    with blows.broker() as client:
        clients = int(client.info("clients")["connected_clients"])
    return Footprint(memory=memory, files=files, broker_clients=clients, database_connections=_sessions())


def _with_children(pid: int) -> list[psutil.Process]:
    one = psutil.Process(pid)
    return [one, *one.children(recursive=True)]


def _sessions() -> int:
    """Connections to a PostgreSQL server; SQLite's are among the open files."""
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def back_to(before: Footprint, system: System) -> tuple[Footprint, list[str]]:
    """Measured again and again until all is back to where it was; what is not after half a minute."""
    limit = time.monotonic() + PATIENCE
    while True:
        found = measured(system)
        problems = list(found.more_than(before))
        if not problems or time.monotonic() > limit:
            return found, problems
        time.sleep(1)
