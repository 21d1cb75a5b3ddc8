"""W6: how long a fresh process takes to its first finished run, what is installed, what idle processes hold."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import psutil

from config.cli.client import Client
from config.cli.server import of_data_folder
from config.environment import BASE, VARIABLES
from tests.benchmarks.report import Figure, report

SETTLE = 8.0
RUN_SET = BASE / "requirements" / "run.txt"
REQUIREMENT = re.compile(r"^([A-Za-z0-9_.\-]+)(?:\[[^\]]*\])?==", re.MULTILINE)
FILE = "schema: 1\nname: First\nnodes:\n  a: {type: transform, config: {template: hello}}\noutput: {said: '{{ a }}'}\n"


def startup() -> None:
    """W6, on the embedded set-up; a first start makes the database, the second is the one that counts."""
    with tempfile.TemporaryDirectory(prefix="baton-start-") as folder:
        _start_and_stop(Path(folder))
        seconds, memory = _start_and_stop(Path(folder))
    values = {"seconds_to_first_run": seconds, "idle_mb": memory, "installed_mb": installed_megabytes()}
    bar = "8 s to the first run; 400 MB installed; 450 MB idle"
    report(Figure(id="W6", what="make run, installed", database="sqlite", values=values, bar=bar, is_met=True))


def _start_and_stop(folder: Path) -> tuple[float, float]:
    began = time.perf_counter()
    variables = {**os.environ, **{variable.name: "" for variable in VARIABLES}, "BATON_DATA": str(folder), "PORT": "0"}
    variables["BATON_DEMO"] = "0"
    process = subprocess.Popen(
        [sys.executable, "-m", "config.supervisor"], cwd=BASE, env=variables, stdout=subprocess.DEVNULL
    )
    try:
        _first_run(_client(folder))
        seconds = time.perf_counter() - began
        time.sleep(SETTLE)
        return seconds, _memory(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _client(folder: Path) -> Client:
    limit = time.monotonic() + 90
    while time.monotonic() < limit:
        client = of_data_folder(folder)
        if client:
            return client
        time.sleep(0.05)
    raise TimeoutError(folder)


def _first_run(client: Client) -> None:
    version = client.post_text("workflows/unlisted", FILE)["version"]
    run = client.post("runs", {"version": version, "input": {}, "trigger": "command"}, once=True)["id"]
    while (status := client.get(f"runs/{run}/events")["status"]) != "succeeded":
        if status in ("failed", "cancelled"):
            raise RuntimeError(json.dumps(client.get(f"runs/{run}")))
        time.sleep(0.02)


def _memory(pid: int) -> float:
    """Megabytes of all processes, what they share counted once."""
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return sum(one.memory_full_info().pss for one in family) / 2**20


def installed_megabytes() -> float:
    """Of the packages that `make run` installs, compiled files included."""
    found = 0
    for name in REQUIREMENT.findall(RUN_SET.read_text()):
        try:
            listed = files(name) or []
        except PackageNotFoundError:
            continue
        for one in listed:
            path = Path(str(one.locate()))
            found += path.stat().st_size if path.is_file() else 0
    return found / 2**20
