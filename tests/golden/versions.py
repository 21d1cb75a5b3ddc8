"""The versions of which something is kept. Knows no Django."""

import tomllib
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent


def this_version() -> str:
    """As pyproject.toml has it."""
    found: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    return found


def kept_versions() -> list[str]:
    """By the names of their folders."""
    return sorted(file.parent.name for file in FOLDER.glob("*/paused_run.json"))
