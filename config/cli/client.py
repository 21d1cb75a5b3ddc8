"""The API as the command line uses it: JSON over HTTP to one server, whose problems are told in their own words."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from orchestrator.engine.values import BatonError, Json, JsonObject

SECONDS = 60


class ServerRefused(BatonError):
    """The server refused the request."""

    code = "server_refused"


class NoServer(BatonError):
    """No server answers. Start one with `make run`, or set BATON_URL and BATON_TOKEN."""

    code = "no_server"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Speaks with the server at `address` under an API token."""

    address: str
    token: str

    def get(self, path: str, **query: Json) -> Json:
        """GET /api/v1/<path>."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._send("GET", path + (f"?{urlencode(given)}" if given else ""))

    def post(self, path: str, body: Json = None, *, once: bool = False) -> Json:
        """POST JSON; with `once` under an Idempotency-Key of its own."""
        headers = {"Content-Type": "application/json"}
        if once:
            headers["Idempotency-Key"] = uuid.uuid4().hex
        return self._send("POST", path, data=json.dumps(body or {}).encode(), headers=headers)

    def post_text(self, path: str, text: str) -> Json:
        """POST a workflow file."""
        return self._send("POST", path, data=text.encode(), headers={"Content-Type": "application/yaml"})

    def upload(self, path: str, file: Path) -> Json:
        """POST one file as a form does."""
        boundary = uuid.uuid4().hex
        name = file.name.replace('"', "_")
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        data = head.encode() + file.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return self._send("POST", path, data=data, headers=headers)

    def text(self, path: str) -> str:
        """GET something that is no JSON."""
        with self._open(Request(self._url(path), headers=self._headers({}))) as answer:  # noqa: S310
            return answer.read().decode()

    def _send(
        self, method: str, path: str, *, data: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Json:
        request = Request(self._url(path), data=data, method=method, headers=self._headers(headers or {}))  # noqa: S310
        with self._open(request) as answer:
            said = answer.read()
        return json.loads(said) if said else None

    def _url(self, path: str) -> str:
        return f"{self.address.rstrip('/')}/api/v1/{path}"

    def _headers(self, more: Mapping[str, str]) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Accept": "application/json", **more}

    def _open(self, request: Request) -> IO[bytes]:
        try:
            # The address is the operator's.
            return urlopen(request, timeout=SECONDS)  # type: ignore[no-any-return]  # noqa: S310  # nosec B310
        except HTTPError as error:
            raise _refused(error) from error
        except (URLError, HTTPException, OSError) as error:
            raise NoServer(f"{self.address} does not answer ({error}). Is the server running?") from error


def _refused(error: HTTPError) -> ServerRefused:
    """The problem document of the server, in one line."""
    try:
        problem: JsonObject = json.loads(error.read())
    except ValueError:
        problem = {}
    said = problem.get("detail") or problem.get("title") or error.reason
    return ServerRefused(str(said), status=error.code, code=problem.get("code"))
