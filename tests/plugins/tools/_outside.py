"""A world outside of every run that counts what is done to it: a small HTTP server at COUNTER_PORT, and how tools reach it."""

import json
import os
import threading
import time
from collections import Counter
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pydantic import BaseModel, Field

from orchestrator.contract.tool import ToolContext
from orchestrator.engine.values import Json

ADDRESS = f"http://127.0.0.1:{os.environ.get('COUNTER_PORT', '0')}/"


class Arguments(BaseModel, extra="forbid"):
    """For which job."""

    job: int = Field(description="The number of the job")


async def do(context: ToolContext, what: str, job: int) -> Json:
    """One effect outside, seen there exactly as often as it happened."""
    response = await context.http.post(ADDRESS, json={"what": what, "job": job})
    return {"seen": response.json()["seen"]}


class Outside:
    """The server. `seen` counts (what, job); an answer comes `delay` seconds after the effect."""

    def __init__(self, port: int, *, delay: float = 0.0) -> None:
        self.seen: Counter[tuple[str, int]] = Counter()
        self.delay = delay
        self._lock = threading.Lock()
        outside = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                said = json.loads(self.rfile.read(int(self.headers["content-length"])))
                body = json.dumps({"seen": outside.note(said["what"], said["job"])}).encode()
                time.sleep(outside.delay)
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                with suppress(BrokenPipeError):  # whoever asked was killed
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=self._server.serve_forever, name="outside", daemon=True).start()

    def note(self, what: str, job: int) -> int:
        with self._lock:
            self.seen[what, job] += 1
            return self.seen[what, job]
