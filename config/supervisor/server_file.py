"""server.json in the data folder: how the `baton` command of this machine finds the running server."""

import json
import os
from pathlib import Path

from config.private_files import write_private

NAME = "server.json"


def write_server_file(data: Path, *, address: str, token: str) -> None:
    """Write where the server is and the token that the command uses, for the owner of the data folder alone."""
    write_private(data / NAME, json.dumps({"address": address, "token": token, "process": os.getpid()}))


def remove_server_file(data: Path) -> None:
    """There is no server any more."""
    (data / NAME).unlink(missing_ok=True)
