"""What the crash points and those who wait for them agree on."""

from pathlib import Path

from tests.processes import data_folder

CRASHED = 71
"""The exit status of a process that died where it was told to."""


def mark_of(point: str) -> Path:
    """The file that says that the crash has happened."""
    return data_folder() / f"crashed-at-{point}"
