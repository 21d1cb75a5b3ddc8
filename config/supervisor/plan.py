"""Which programs a set-up consists of: decided once, from the environment and the data folder."""

import socket
import sys
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from config import environment
from config.addresses import database_url, redis_url
from config.runtime import broker_socket
from config.supervisor import broker, postgres
from config.supervisor.program import Program

LETTING_GO = 5.0
"""Seconds that a worker needs after its time to drain: it gives its steps back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Servers first, then web and workers; None where the operator named a server of their own."""

    data: Path
    port: int
    broker: Path | None
    cluster: postgres.Cluster | None
    shared: dict[str, str]
    """Variables of every child."""

    @property
    def address(self) -> str:
        """What to type into a browser; an IP address is no valid domain of a passkey."""
        return environment.text("BATON_URL").rstrip("/") or f"http://localhost:{self.port}"

    @property
    def host(self) -> str:
        """Where this machine itself finds the web server."""
        bind = environment.text("BATON_BIND")
        if bind == "localhost" or not ip_address(bind).is_unspecified:
            return bind
        return "::1" if ":" in bind else "127.0.0.1"


def plan(*, data: Path, port: int) -> Plan:
    """The set-up. Makes the PostgreSQL cluster if it is wanted and not there."""
    is_own_database = not environment.text("DATABASE_URL") and environment.is_on("POSTGRES")
    cluster = postgres.cluster(data) if is_own_database else None
    return Plan(
        data=data,
        port=port,
        broker=None if environment.text("REDIS_URL") else broker_socket(data),
        cluster=cluster,
        shared={
            "BATON_DATA": str(data),
            "DATABASE_URL": database_url(data),
            "REDIS_URL": redis_url(data),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PORT": str(port),
            "PYTHONUNBUFFERED": "1",
        },
    )


def servers(plan: Plan) -> list[Program]:
    """Valkey and PostgreSQL, as far as they are ours."""
    found = [broker.program(path=plan.broker, data=plan.data)] if plan.broker else []
    return [*found, *([postgres.program(plan.cluster)] if plan.cluster else [])]


def servers_answer(plan: Plan) -> bool:
    """Whether our servers can be used."""
    return (not plan.broker or broker.answers(plan.broker)) and (not plan.cluster or postgres.answers(plan.cluster))


def web(plan: Plan, listener: socket.socket) -> Program:
    """The web server, on a socket that stays open while it is replaced."""
    return Program(
        name="web",
        command=(sys.executable, "-m", "config.web", "--fd", str(listener.fileno())),
        environment=plan.shared,
        descriptors=(listener.fileno(),),
    )


def workers(plan: Plan) -> list[Program]:
    """The workers, each in a slot of its own: a restarted one takes its predecessor's steps back at once."""
    return [_worker(plan, f"worker-{number + 1}") for number in range(environment.number("BATON_WORKERS"))]


def _worker(plan: Plan, name: str) -> Program:
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING")
    threads = ("-P", "threads", "-c", environment.text("BATON_THREADS"))
    celery = (sys.executable, "-m", "celery", "--quiet", "-A", "config", "worker", *threads, *quiet, "-n", f"{name}@%h")
    return Program(
        name=name,
        command=celery,
        environment={**plan.shared, "BATON_SLOT": environment.text("BATON_SLOT") or name},
        patience=environment.number("BATON_DRAIN_SECONDS") + LETTING_GO,
    )
