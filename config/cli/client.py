"""The API as the command line uses it: JSON over HTTP to one server, whose problems are told in their own words."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from orchestrator.engine.values import BatonError, Json, JsonObject

SECONDS = 60
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


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
        return self._said(self._request("GET", path)).decode(errors="replace")

    def _send(
        self, method: str, path: str, *, data: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Json:
        said = self._said(self._request(method, path, data=data, headers=headers))
        try:
            return json.loads(said) if said else None
        except ValueError as error:
            raise NoServer(f"{self.address} answers, but not as Baton does. Is the address right?") from error

    def _request(
        self, method: str, path: str, *, data: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Request:
        told = {"Authorization": f"Bearer {self.token}", "Accept": "application/json", **(headers or {})}
        address = f"{self.address.rstrip('/')}/api/v1/{path}"
        if not address.startswith(("http://", "https://")):
            raise NoServer(f"{self.address} is no address. Write it as https://baton.example.com.")
        return Request(address, data=data, method=method, headers=told)  # noqa: S310  # checked above

    def _said(self, request: Request) -> bytes:
        try:
            with opener(self.address).open(request, timeout=SECONDS) as answer:
                return bytes(answer.read())
        except HTTPError as error:
            raise _refused(error) from error
        except (URLError, HTTPException, OSError, ValueError) as error:
            raise NoServer(f"{self.address} does not answer ({error}). Is the server running?") from error


class _Staying(HTTPRedirectHandler):
    """The token goes to the address that it is for and nowhere else."""

    def redirect_request(self, *_: object) -> None:
        return None


def opener(address: str) -> OpenerDirector:
    """Opens addresses of that server. This machine is not asked for through a proxy."""
    is_here = urlsplit(address).hostname in LOOPBACK
    return build_opener(_Staying, *([ProxyHandler({})] if is_here else []))


def part(text: str) -> str:
    """The text as one part of a path."""
    return quote(text, safe="")


def _refused(error: HTTPError) -> ServerRefused:
    """The problem document of the server, in its own words."""
    try:
        found = json.loads(error.read())
    except (ValueError, OSError, HTTPException):
        found = None
    problem: JsonObject = found if isinstance(found, Mapping) else {}
    said = problem.get("detail") or problem.get("title") or f"The server answered {error.code} {error.reason}."
    return ServerRefused(str(said), status=error.code, code=problem.get("code"))
