"""A server on loopback that answers what a test wrote down: for the parts of the command line that speak with one."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from orchestrator.engine.values import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What comes back. A body that is no text is sent as JSON."""

    body: Json = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class ApiServer:
    """`answers` by "METHOD path?query"; of several for one request each is given once, the last again and again."""

    address: str
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def on(self, request: str, *answers: Answer) -> None:
        self.answers[request] = list(answers)

    def sent(self, request: str) -> list[Json]:
        """The JSON bodies of those requests."""
        return [json.loads(body) for name, _, body in self.asked if name == request]


@contextmanager
def api_server() -> Iterator[ApiServer]:
    """A running one on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    found = ApiServer(address=f"http://127.0.0.1:{server.server_address[1]}")
    server.RequestHandlerClass = _handler(found)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(of: ApiServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            name = f"{self.command} {self.path}"
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            of.asked.append((name, dict(self.headers), body))
            answers = of.answers.get(name) or [Answer(status=404, body={"detail": f"nothing for {name}"})]
            self.send(answers.pop(0) if len(answers) > 1 else answers[0])

        def send(self, answer: Answer) -> None:
            body = (answer.body if isinstance(answer.body, str) else json.dumps(answer.body)).encode()
            self.send_response(answer.status)
            for key, value in {**answer.headers, "Content-Length": str(len(body))}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

        do_GET = do_POST = answer  # noqa: N815  # http.server's names

    return Handler
