"""Dockerfile and docker-compose.yml, as far as they can be tried without Docker: they parse, and every command and health
check of ours in them starts. The images themselves are not built here."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.environment import VARIABLES
from config.runtime import broker_socket
from tests import servers
from tests.architecture.sources import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OURS = ("prepare", "web", "worker")
INSTRUCTION = re.compile(
    r"^(FROM|RUN|WORKDIR|COPY|USER|ENV|VOLUME|EXPOSE|STOPSIGNAL|HEALTHCHECK|CMD)\s+(.+)$", re.DOTALL
)


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, continued lines joined."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    found = [INSTRUCTION.match(line) for line in joined.splitlines() if line.strip()]
    assert all(found), "an instruction that is not known here"
    return [(match[1], match[2]) for match in found if match]


def one(name: str) -> str:
    return next(value for key, value in reversed(instructions()) if key == name)


def test_the_image_is_slim_and_not_root() -> None:
    assert one("FROM").startswith("python:3.11-slim")
    assert one("USER") == "baton"


def test_what_the_image_copies_exists() -> None:
    for key, value in instructions():
        if key == "COPY":
            assert all((ROOT / source).exists() for source in shlex.split(value)[:-1])


def test_the_image_is_installed_from_the_lock() -> None:
    runs = " ".join(value for key, value in instructions() if key == "RUN")
    assert "--require-hashes -r requirements/run.txt" in runs


def test_every_service_is_watched_and_has_its_volumes() -> None:
    services = COMPOSE["services"]
    assert set(services) == {*OURS, "postgres", "redis"}
    assert [name for name, service in services.items() if "healthcheck" not in service] == []
    used = {volume.partition(":")[0] for service in services.values() for volume in service["volumes"]}
    assert used == set(COMPOSE["volumes"])


def test_workers_are_scaled_by_replicas() -> None:
    assert COMPOSE["services"]["worker"]["deploy"]["replicas"] >= 2


def test_the_services_set_only_variables_that_exist() -> None:
    known = {variable.name for variable in VARIABLES}
    assert set(COMPOSE["x-baton"]["environment"]) <= known


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A data folder with a Valkey, and the variables that a container would have."""
    data = tmp_path_factory.mktemp("container")
    from_table = {variable.name: "" for variable in VARIABLES}
    own = {
        "BATON_DATA": str(data),
        "BATON_SECRET": "a secret of the tests with enough characters",
        "BATON_BIND": "127.0.0.1",
        "BATON_URL": "http://localhost:8000",
        "PORT": str(servers.free_port()),
        "REDIS_URL": f"unix://{broker_socket(data)}?db=0",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    with servers.sockets(data), servers.valkey(data):
        yield {**os.environ, **from_table, **own, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def test_the_commands_and_health_checks_of_ours_start(surroundings: dict[str, str], tmp_path: Path) -> None:
    services = COMPOSE["services"]
    assert finished(services["prepare"]["command"], surroundings) == 0
    assert json.loads(one("CMD")) == services["web"]["command"]
    check = json.loads(one("HEALTHCHECK").partition("CMD ")[2])
    assert ["CMD", *check] == services["web"]["healthcheck"]["test"]
    for name in ("web", "worker"):
        test = services[name]["healthcheck"]["test"][1:]
        assert finished(test, surroundings) == 1
        with servers.process(services[name]["command"], surroundings, log=tmp_path / name):
            servers.wait_until(lambda test=test: finished(test, surroundings) == 0, seconds=60)  # type: ignore[misc]


@pytest.mark.parametrize("name", ["postgres", "redis"])
def test_the_commands_of_the_servers_exist(name: str) -> None:
    service = COMPOSE["services"][name]
    for command in (service.get("command", ["postgres"]), service["healthcheck"]["test"][1:]):
        assert command[0] in {"postgres", "pg_isready", "valkey-server", "valkey-cli"}
        if found := shutil.which(command[0]):
            assert subprocess.run([found, "--version"], check=False, capture_output=True).returncode == 0


def finished(command: list[str], environment: dict[str, str]) -> int:
    return subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, timeout=60).returncode
