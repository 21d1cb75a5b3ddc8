"""Files that hold secrets: readable by their owner alone from the first byte, and complete or not there."""

import os
import secrets
from pathlib import Path


def write_private(file: Path, content: str) -> None:
    """Write the file with mode 0600 under another name, then put it in its place."""
    draft = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "w") as opened:
        opened.write(content)
    draft.replace(file)
