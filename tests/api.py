"""The REST API for tests: a client with an API token, and people to be."""

import json
from collections.abc import Sequence
from typing import Any

from django.test import Client

from teams.callers import Caller
from teams.models import Member
from teams.operations.tokens import create_token
from teams.policy import Permission, Role, permissions_of
from tests.personas import NOW, Personas, personas


class Api:
    """Speaks with /api/v1 as one person's token; answers are the parsed JSON, `status` is that of the last one."""

    def __init__(self, token: str | None) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.status = 0
        self.answer: Any = None

    def get(self, path: str, /, **query: Any) -> Any:
        return self._kept(self.client.get(f"/api/v1/{path}", query, headers=self.headers))

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        return self.send("post", path, body, key=key)

    def send(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        text = json.dumps(body if body is not None else {})
        call = getattr(self.client, method)
        return self._kept(call(f"/api/v1/{path}", text, content_type="application/json", headers=headers))

    def post_yaml(self, path: str, text: str) -> Any:
        call = self.client.post(f"/api/v1/{path}", text, content_type="application/yaml", headers=self.headers)
        return self._kept(call)

    def upload(self, file: Any) -> Any:
        return self._kept(self.client.post("/api/v1/files", {"file": file}, headers=self.headers))

    def _kept(self, answer: Any) -> Any:
        self.answer, self.status = answer, answer.status_code
        if answer.streaming or not answer.content:
            return None
        is_json = "json" in answer.get("Content-Type", "")
        return json.loads(answer.content) if is_json else answer.content.decode()


def api_of(by: Caller, permissions: Sequence[Permission] | None = None) -> Api:
    """A client with a token of that person for these permissions; without them for all that the role has."""
    chosen = permissions_of(by.role) if permissions is None else permissions
    return Api(create_token(by=by, name="test", permissions=chosen, expires_at=None, now=NOW).text)


def api_as(people: Personas, role: Role) -> Api:
    """Bob's client, in that role."""
    Member.objects.of(people.team).filter(pk=people.bob.member_id or 0).update(role=role)
    bob = Member.objects.of(people.team).select_related("user").get(pk=people.bob.member_id or 0)
    return api_of(Caller(**{**_fields(people.bob), "role": Role(bob.role)}))


def _fields(by: Caller) -> dict[str, Any]:
    return {name: getattr(by, name) for name in by.__dataclass_fields__}


def owner() -> tuple[Personas, Api]:
    """Everybody, and the client of Alice, who owns her team."""
    people = personas()
    return people, api_of(people.alice)
