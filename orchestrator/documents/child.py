"""The child's side: limits itself, tells the kind by the content, hands it to that kind's reader, writes JSON to stdout.

Started by `reading` alone. It must not import anything of the product but this package: what it parses may be hostile.
"""

import contextlib
import importlib
import json
import os
import resource
import sys

from orchestrator.contract.cleaning import cleaned
from orchestrator.documents.errors import DocumentRefused
from orchestrator.documents.kinds import kind_of
from orchestrator.documents.reading import OUT_OF_MEMORY
from orchestrator.engine.values import Json

CPU_SECONDS = 20
MEMORY = 1 << 30
OUTPUT = 48 << 20
OPEN_FILES = 64


def main(suffix: str) -> None:
    """Read stdin, write {"document": ...} or {"refused": message}. Ends the process with OUT_OF_MEMORY where it runs out."""
    _limit()
    try:
        answer = _answer(suffix, sys.stdin.buffer.read())
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()


def _limit() -> None:
    for name, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, OUTPUT),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError):  # the machine's own limit is lower already
            resource.setrlimit(name, (most, most))


def _answer(suffix: str, content: bytes) -> Json:
    try:
        kind = kind_of(content, suffix)
        reader = importlib.import_module(f"orchestrator.documents.{kind}")
        return {"document": cleaned(_EMPTY | {"kind": kind} | reader.read(content))}
    except DocumentRefused as error:
        return {"refused": str(error)}
    except ImportError as error:
        return {
            "refused": f"{error.name} is not installed. Install the extra `documents`: pip install 'baton[documents]'."
        }


_EMPTY = {"title": "", "text": "", "article": "", "tables": [], "links": [], "pages": 1, "truncated": False}
