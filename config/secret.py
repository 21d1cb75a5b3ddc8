"""The secret that signs sessions and encrypts credentials: from the environment, else generated in the data folder."""

import os
import secrets
from pathlib import Path

from config import environment

SHORTEST = 40


def secret_key(data: Path) -> tuple[str, bool]:
    """The secret, and whether it was generated here (then the server may be reached from this machine only)."""
    given = environment.text("BATON_SECRET")
    if given and len(given) < SHORTEST:
        raise environment.WrongVariable(f"BATON_SECRET must have at least {SHORTEST} characters.")
    return (given, False) if given else (_generated(data / "secret"), True)


def _generated(file: Path) -> str:
    """What the file holds. Written whole under another name and linked, so that two processes agree on one secret."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = file.with_name(f"secret.{os.getpid()}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        try:
            os.link(draft, file)
        except FileExistsError:
            pass  # another process was first
        finally:
            draft.unlink()
    return file.read_text().strip()
