"""The product as `make run` starts it, and the `baton` command against it: in this process, alone, or at a terminal."""

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner

from config.cli.client import Client
from config.cli.main import main
from config.cli.server import of_data_folder
from config.environment import VARIABLES
from orchestrator.engine.values import Json, JsonObject
from tests.model_server.checking import Server as ModelServer
from tests.servers import process, wait_until

STEERING = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")
"""Colours and movements of the cursor."""
ROOT = Path(__file__).resolve().parent.parent
GALLERY = ROOT / "builder" / "gallery"
SECONDS = 90
SHOWN_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a command ended."""

    status: int
    output: str
    errors: str

    @property
    def result(self) -> JsonObject:
        found: JsonObject = json.loads(self.output)
        return found

    def step(self, path: str) -> JsonObject:
        return next(step for step in self.result["steps"] if step["path"] == path)

    def ran(self) -> set[str]:
        return {step["path"] for step in self.result["steps"] if step["status"] == "succeeded"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A running set-up with a data folder of its own, and a model server that it may reach."""

    data: Path
    client: Client
    models: ModelServer
    own: Mapping[str, str]
    """What it sees of the environment."""

    @property
    def sign_in(self) -> str:
        """The address that it printed for its operator, of the link that signs in once."""
        found = re.search(r"Sign in, once: +(\S+)", self.said.read_text())
        assert found, self.said.read_text()
        return found[1]

    @property
    def said(self) -> Path:
        """What the supervisor has printed."""
        return self.data.parent / "said.log"

    def baton(self, *arguments: str | Path) -> Done:
        """The command in this process, without a terminal."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.own.items():
                patch.setenv(name, value)
            done = CliRunner().invoke(main, [str(one) for one in arguments])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Done(status=done.exit_code, output=done.stdout, errors=done.stderr)


@contextmanager
def product(data: Path, **more: str) -> Iterator[Product]:
    """Started and ended with the block, on free ports. `more` are variables, such as POSTGRES="1"."""
    models, own = ModelServer(), {**variables(data), **more}
    try:
        trusted = {"BATON_TRUSTED_HOSTS": models.url.removeprefix("http://")}
        log = data.parent / "said.log"
        command = [sys.executable, "-m", "config.supervisor"]
        with process(command, {**os.environ, **own, **trusted}, log=log) as found:
            wait_until(lambda: "worker-1   ready" in log.read_text() or found.poll() is not None, seconds=SECONDS)
            client = of_data_folder(data)
            assert client is not None, log.read_text()
            yield Product(data=data, client=client, models=models, own=own)
    finally:
        models.stop()


def variables(data: Path) -> dict[str, str]:
    """What a command and its server see of the environment; the developer's own does not count."""
    own = {"PORT": "0", "BATON_DATA": str(data), "BATON_MODEL_CALLS": "forbidden", "BATON_PLUGINS": "tests.plugins"}
    return {**{one.name: "" for one in VARIABLES}, "BATON_LOG_LEVEL": "WARNING", "BATON_DEMO": "0", **own}


def alone(data: Path, *arguments: str | Path, **own: str) -> Done:
    """The command in a process of its own, as people start it."""
    done = subprocess.run(
        [sys.executable, "-m", "config.cli.main", *map(str, arguments)],
        env={**os.environ, **variables(data), **own},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        cwd=ROOT,
    )
    return Done(status=done.returncode, output=done.stdout, errors=done.stderr)


@dataclass(slots=True, kw_only=True)
class Terminal:
    """A command at a terminal: what it shows is read, what a person would type is written."""

    process: subprocess.Popen[bytes]
    master: int
    shown: str = ""
    read_up_to: int = field(default=0)

    def expect(self, text: str) -> None:
        """Wait until the text is shown, after what was expected before."""
        until = time.monotonic() + SHOWN_SECONDS
        while text not in self.shown[self.read_up_to :]:
            assert self.process.poll() is None or self._more(0), f"{text!r} was not shown: {self.shown}"
            assert time.monotonic() < until, f"{text!r} was not shown: {self.shown}"
            self._more(0.2)
        self.read_up_to = self.shown.index(text, self.read_up_to) + len(text)

    def type(self, *lines: str) -> None:
        os.write(self.master, "".join(f"{line}\n" for line in lines).encode())

    def done(self) -> Done:
        """How it ended; what it wrote to stdout is apart from what it showed."""
        until = time.monotonic() + SECONDS
        while self.process.poll() is None:
            assert time.monotonic() < until, self.shown
            self._more(0.1)
        assert self.process.stdout
        output = self.process.stdout.read().decode()
        return Done(status=self.process.returncode, output=output, errors=self.shown)

    def _more(self, seconds: float) -> bool:
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        with suppress(OSError):  # the other side is closed
            found = os.read(self.master, 65536).decode(errors="replace")
            self.shown += STEERING.sub("", found)
            return bool(found)
        return False


@contextmanager
def at_terminal(data: Path, *arguments: str | Path, own: Mapping[str, Json] | None = None) -> Iterator[Terminal]:
    """The command with a terminal for stdin and stderr; stdout goes into a pipe, as with `baton run --json > file`."""
    master, slave = pty.openpty()
    command: Sequence[str] = [sys.executable, "-m", "config.cli.main", *map(str, arguments)]
    environment = {**os.environ, **variables(data), "TERM": "xterm", "COLUMNS": "100", "EDITOR": "", "VISUAL": ""}
    started = subprocess.Popen(
        command,
        env={**environment, **(own or {})},
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=slave,
        start_new_session=True,
        cwd=ROOT,
    )
    os.close(slave)
    try:
        yield Terminal(process=started, master=master)
    finally:
        started.kill()
        started.wait()
        assert started.stdout
        started.stdout.close()
        os.close(master)
