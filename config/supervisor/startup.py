"""The order of a start: the servers, what has to be done once, web and workers, then the words of welcome."""

import json
import signal
import socket
import sys
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from config import environment
from config.runtime import runtime_folder
from config.supervisor.loop import Loop, say
from config.supervisor.plan import Plan, servers, servers_answer, web, workers
from config.supervisor.program import Program, send, start
from config.supervisor.server_file import write_server_file
from config.supervisor.watched import tail

SERVERS_SECONDS = 60.0
PREPARE_SECONDS = 600.0
WEB_SECONDS = 60.0
WORKER_SECONDS = 20.0
DEMO_SECONDS = 120.0


class NotStarted(RuntimeError):
    """A part did not come up."""


def start_all(loop: Loop, plan: Plan, listener: socket.socket) -> None:
    """Start everything; returns when the web server answers and a worker listens. Raises NotStarted, Stopped."""
    loop.add(servers(plan))
    _expect(loop.until(lambda: servers_answer(plan), seconds=SERVERS_SECONDS), loop, "The servers do not answer")
    for one in loop.watched:
        say(one.program.name, "ready")
    welcome = _prepare(loop, plan)
    loop.add([web(plan, listener), *workers(plan)])
    write_server_file(plan.data, address=plan.address, token=welcome["token"])
    _expect(loop.until(lambda: _answers(plan, "/healthz"), seconds=WEB_SECONDS), loop, "The web server does not answer")
    say("web", "ready")
    _greet(plan, welcome)
    is_ready = loop.until(lambda: _answers(plan, "/readyz"), seconds=WORKER_SECONDS)
    for program in workers(plan):
        say(program.name, "ready" if is_ready else f"not ready yet; see {plan.data / 'logs'}")
    if is_ready and welcome["is_first"] and environment.is_on("BATON_DEMO"):
        _fill(loop, plan)


def _fill(loop: Loop, plan: Plan) -> None:
    """Let the first team have something to look at. Whatever becomes of it, the product runs."""
    log = plan.data / "logs" / "demo.log"
    command = (sys.executable, "-m", "config.cli.main", "demo")
    own = {**plan.shared, "BATON_URL": "", "BATON_TOKEN": ""}
    process = start(Program(name="demo", command=command, environment=own), log=log, folder=loop.folder)
    try:
        is_done = loop.until(lambda: process.poll() is not None, seconds=DEMO_SECONDS)
    finally:
        send(process, signal.SIGKILL)
    say(
        "demo",
        "three workflows have run, one run waits in the inbox" if is_done and not process.wait() else f"see {log}",
    )


def _expect(is_true: bool, loop: Loop, otherwise: str) -> None:  # noqa: FBT001  # reads as a sentence
    if not is_true:
        last = [line for one in loop.watched if not one.is_running for line in tail(one.log)]
        raise NotStarted("\n".join([f"{otherwise}.", *last]))


def _prepare(loop: Loop, plan: Plan) -> Mapping[str, Any]:
    """Migrations and the first team, in a process with Django; what it tells."""
    result = runtime_folder(plan.data) / "prepared.json"
    log = plan.data / "logs" / "prepare.log"
    log.unlink(missing_ok=True)
    command = (sys.executable, "-m", "config.prepare", str(result))
    process = start(Program(name="prepare", command=command, environment=plan.shared), log=log, folder=loop.folder)
    try:
        loop.until(lambda: process.poll() is not None, seconds=PREPARE_SECONDS)
    finally:
        send(process, signal.SIGKILL)
    if process.wait() != 0:
        raise NotStarted("\n".join(tail(log, 6)))
    return _taken(result)


def _taken(result: Path) -> Mapping[str, Any]:
    """What the file says; it is gone then, for it holds secrets."""
    told: dict[str, Any] = json.loads(result.read_text())
    result.unlink()
    return told


def _answers(plan: Plan, path: str) -> bool:
    connection = HTTPConnection(plan.host, plan.port, timeout=1)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _greet(plan: Plan, welcome: Mapping[str, Any]) -> None:
    lines = ["", f"Baton answers at {plan.address}"]
    if welcome["sign_in"]:
        lines.append(f"Sign in, once:   {plan.address}{welcome['sign_in']}")
    lines.extend([f"Logs: {plan.data / 'logs'}. Ctrl-C ends everything.", ""])
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
