"""What a tool gets while it runs: the guarded client, tables, files, documents, people, secrets. Nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import httpx2

from orchestrator import documents
from orchestrator.contract.errors import Suspended, ToolRefused
from orchestrator.contract.questions import Decision, PersonQuestion
from orchestrator.contract.tool import Credentials
from orchestrator.engine.values import Json
from orchestrator.queries import files
from orchestrator.worker import clients, committers
from orchestrator.worker.journal import Journal
from teams import keys, tables
from teams.models import Connection
from teams.values import TeamsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Tooling:
    """Whose data tools may read, and the start of the round."""

    team: int
    run: int
    now: datetime


@dataclass(slots=True)
class StepToolContext:
    """contract.tool.ToolContext of one call."""

    key: str
    tooling: Tooling
    journal: Journal

    @property
    def now(self) -> datetime:
        return self.tooling.now

    @property
    def http(self) -> httpx2.AsyncClient:
        return clients.http()

    def look_up(self, *, table: str, where: Mapping[str, Json], limit: int) -> list[dict[str, Json]]:
        try:
            return committers.run(tables.look_up, team_id=self.tooling.team, table=table, where=where, limit=limit)
        except TeamsError as error:
            raise ToolRefused(str(error)) from error

    def open_file(self, reference: str) -> tuple[str, bytes]:
        try:
            return committers.run(files.read, team=self.tooling.team, run=self.tooling.run, reference=reference)
        except files.NoSuchFile as error:
            raise ToolRefused(str(error)) from error

    def parse(self, *, name: str, content: bytes) -> Json:
        try:
            return documents.parse(name=name, content=content)
        except documents.DocumentRefused as error:
            raise ToolRefused(str(error)) from error

    def ask(self, question: PersonQuestion) -> Decision:
        key = f"{self.key}/ask"
        decision = self.journal.decision(key)
        if decision is None:
            self.journal.ask([self.journal.person_ask(key, question)])
            raise Suspended(frozenset({key}))
        return decision

    def secret(self, connection: str) -> Mapping[str, str]:
        return committers.run(_secrets, self.tooling.team, connection)

    def credentials(self, *, kind: str, name: str) -> Credentials:
        return committers.run(_credentials, self.tooling.team, kind, name)


def _credentials(team: int, provider: str, name: str) -> Credentials:
    found = Connection.objects.of(team).filter(provider=provider, name=name).first()
    if found is None:
        raise ToolRefused(
            f"There is no connection {name!r} of kind {provider!r}. An admin of the team can add it in the settings."
        )
    return Credentials(settings=found.settings, secrets=keys.secrets_of(found))


def _secrets(team: int, provider: str) -> Mapping[str, str]:
    found = Connection.objects.of(team).filter(provider=provider).order_by("-is_default", "id").first()
    if found is None:
        raise ToolRefused(f"There is no connection {provider!r}. An admin of the team can add it in the settings.")
    return keys.secrets_of(found)
