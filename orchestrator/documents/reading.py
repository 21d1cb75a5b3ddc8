"""The parent's side: starts one child per document, bounds its time, memory and output, and reads its answer.

Nothing of the document is parsed here. The child gets no environment, no arguments of the user and no open files but
three anonymous ones: the content, its answer, its complaints.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO

from orchestrator.documents.errors import DocumentRefused
from orchestrator.engine.values import Json

LARGEST = 25 << 20
LONGEST_SECONDS = 60.0
OUT_OF_MEMORY = 3
_TOO_MUCH = "Reading the document takes too much time or memory. Split it, or save only the part that is needed."
_DAMAGED = "The document is damaged, or is not what its first bytes say. Open it, save it anew, and try again."
_ROOT = str(Path(__file__).resolve().parent.parent.parent)
_START = "import sys; sys.path.insert(0, sys.argv[1]); from orchestrator.documents.child import main; main(sys.argv[2])"
_slots = threading.BoundedSemaphore(max(2, os.cpu_count() or 2))
"""Children at the same time in one process; the others wait their turn."""


def parse(*, name: str, content: bytes, timeout: float = LONGEST_SECONDS) -> Json:
    """{"kind", "title", "text", "article", "tables", "links", "pages", "truncated"} of a document.

    `kind` is pdf, docx, xlsx, csv, html or text, told by the content; the name only helps to tell CSV from text. A table is
    {"name", "page", "rows"}. `article` is the readable part of an HTML page. Raises DocumentRefused.
    """
    if not content:
        raise DocumentRefused("The document is empty. Choose another file.")
    if len(content) > LARGEST:
        raise DocumentRefused(f"The document has {len(content) >> 20} MiB; at most {LARGEST >> 20} MiB are read.")
    with (
        _slots,
        tempfile.TemporaryFile() as source,
        tempfile.TemporaryFile() as answer,
        tempfile.TemporaryFile() as said,
    ):
        source.write(content)
        source.seek(0)
        code = _run(Path(name).suffix.lower()[:10], (source, answer, said), timeout)
        return _answer_of(code, answer, said)


def _run(suffix: str, files: tuple[IO[bytes], IO[bytes], IO[bytes]], timeout: float) -> int:
    source, answer, said = files
    child = subprocess.Popen(
        [sys.executable, "-I", "-c", _START, _ROOT, suffix],
        stdin=source,
        stdout=answer,
        stderr=said,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        cwd="/",
        start_new_session=True,
    )
    try:
        return child.wait(timeout)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()


def _answer_of(code: int, answer: IO[bytes], said: IO[bytes]) -> Json:
    if code < 0 or code == OUT_OF_MEMORY:
        raise DocumentRefused(_TOO_MUCH)
    if code != 0:
        raise DocumentRefused(_DAMAGED, detail=_last_line(said))
    answer.seek(0)
    found = json.load(answer)
    if "refused" in found:
        raise DocumentRefused(found["refused"])
    return found["document"]


def _last_line(said: IO[bytes]) -> str:
    size = said.seek(0, os.SEEK_END)
    said.seek(max(0, size - 2000))
    lines = said.read().decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:200] if lines else ""
