"""Where the sockets of one data folder's embedded servers are: a short, private folder that others can find again.

A unix socket's path may have 107 characters, so sockets cannot live in the data folder of a deep clone. The name comes
from the data folder, so that a later start finds what an earlier one left behind.
"""

import hashlib
import os
import secrets
import shutil
import stat
from pathlib import Path

from config.private_files import write_private

HOME = Path("/tmp")  # noqa: S108  # nosec B108  # short; private() refuses a folder that somebody else made


class ForeignFolder(RuntimeError):
    """A folder in the temporary folder has our name but is not ours, or others may enter it."""


def runtime_folder(data: Path, *, part: str = "") -> Path:
    """The folder for sockets of the data folder. `part` tells folders apart that belong to different users."""
    digest = hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:12]
    return HOME / f"baton-{os.geteuid()}-{digest}{part}"


def private(folder: Path, *, owner: int | None = None) -> Path:
    """The folder, made with mode 0700 if it is not there. Raises ForeignFolder if another user could look into it."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    allowed = {os.geteuid()} if owner is None else {os.geteuid(), owner}
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in allowed or found.st_mode & 0o077:
        raise ForeignFolder(f"{folder} is not private to you. Delete it, or set BATON_DATA to another folder.")
    return folder


def broker_socket(data: Path) -> Path:
    """The socket of the embedded Valkey."""
    return runtime_folder(data) / "valkey.sock"


def postgres_folder(data: Path) -> Path:
    """The folder with the socket of the embedded PostgreSQL."""
    return runtime_folder(data, part="-postgres")


def postgres_password(data: Path) -> str:
    """The password of the embedded PostgreSQL, made when it is first asked for."""
    file = data / "postgres.password"
    if not file.exists():
        write_private(file, secrets.token_urlsafe(24))
    return file.read_text().strip()


def remove_runtime(data: Path) -> None:
    """Take the folders of the sockets away; nothing of a stopped product stays outside the data folder."""
    for folder in (runtime_folder(data), postgres_folder(data)):
        shutil.rmtree(folder, ignore_errors=True)
