"""A worker whose threads are all stuck, and the supervisor that starts another in its place."""

import os
import signal
import sys
from pathlib import Path

from config.cli.server import of_data_folder
from tests.command_line import variables
from tests.servers import process, wait_until

STUCK_FILE = """schema: 1
name: Stuck
inputs: {type: object, properties: {}}
nodes:
  stuck: {type: hang, timeout: 1, config: {}}
edges: []
output: {}
"""


def test_the_supervisor_replaces_a_worker_that_is_stuck(tmp_path: Path) -> None:
    data, log = tmp_path / "data", tmp_path / "said.log"
    own = {"BATON_THREADS": "4", "BATON_DRAIN_SECONDS": "1"}
    command = [sys.executable, "-m", "config.supervisor"]
    with process(command, {**os.environ, **variables(data), **own}, log=log) as supervisor:
        wait_until(lambda: "worker-1   ready" in log.read_text() or supervisor.poll() is not None, seconds=90)
        client = of_data_folder(data)
        assert client is not None, log.read_text()
        version = client.post_text("workflows/unlisted", STUCK_FILE)["version"]
        run = client.post("runs", {"version": version, "input": {}})["id"]
        wait_until(lambda: client.get(f"runs/{run}")["status"] == "failed", seconds=60)
        assert client.get(f"runs/{run}")["error"]["code"] == "timeout"
        wait_until(lambda: "worker-1   ended with exit 70, started again" in log.read_text(), seconds=90)
        supervisor.send_signal(signal.SIGTERM)
        supervisor.wait(30)
