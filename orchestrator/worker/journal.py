"""The journal of one step's round, as its code sees it: what was done is answered from here, what is asked waits here.

Read in one query when first needed. Every write is fenced by the claim's attempt.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from django.conf import settings
from django.db import DatabaseError, InterfaceError

from orchestrator.contract.questions import Decision, PersonQuestion, question_to_json
from orchestrator.engine.graph import Graph
from orchestrator.engine.messages import Ask, Incident
from orchestrator.engine.values import BatonError, Json, StepPath
from orchestrator.operations import calls, work
from orchestrator.operations.calls import At, Entry, Holds, Intent, Outcome, PayloadTooLarge, RunTooLarge, Spent
from orchestrator.queries import steps
from orchestrator.queries.steps import StoredQuestion
from orchestrator.worker import committers
from orchestrator.worker.held import Held
from orchestrator.worker.identity import identity
from teams.opened import redact_opened

PATIENCE, PAUSE = 60.0, 0.5
"""Seconds for which the result of a call is kept while the database is away, and between two tries."""
LEASE_PATIENCE = 5.0
"""Seconds for which a call waits until the process has renewed its lease."""


class Stopped(BaseException):
    """The claim is no longer this process's: whatever it would write is refused."""


class IncidentNeeded(BaseException):
    """The step must not go on by itself."""

    def __init__(self, code: str, body: Json) -> None:
        super().__init__(code)
        self.code, self.body = code, body


@dataclass(slots=True)
class Journal:
    """One per execution of a step's code."""

    claim: Held
    round: int
    graph: Graph
    _entries: dict[str, Entry] | None = None
    _questions: dict[str, StoredQuestion] = field(default_factory=dict)
    _stored: set[str] | None = None
    begun: set[str] = field(default_factory=set)
    """Calls of tools that must not be repeated, begun by this execution and not ended."""
    _open: set[str] = field(default_factory=set)
    """All calls that this execution has begun and not ended."""

    @property
    def at(self) -> At:
        return At(run=self.claim.run, path=self.claim.path, round=self.round, attempt=self.claim.attempt)

    def entries(self) -> dict[str, Entry]:
        """Every call of the round by its key."""
        if self._entries is None:
            is_new = self.claim.attempt == 1  # nothing can have been written before the first claim
            self._entries, self._questions = ({}, {}) if is_new else committers.run(self._read)
        return self._entries

    def _read(self) -> tuple[dict[str, Entry], dict[str, StoredQuestion]]:
        run, path = self.claim.run, self.claim.path
        asked = steps.questions(run=run, path=path, round_number=self.round)
        return calls.entries(run=run, path=path, round_number=self.round), {one.key: one for one in asked}

    def found(self, *, key: str, kind: str, target: str, digest: str) -> Entry | None:
        """The finished call under this key. The journal wins over what the request looks like now; another kind or target
        is an incident."""
        entry = self.entries().get(key)
        if entry is None:
            return None
        if entry.kind != kind or entry.target != target:
            was = {"key": key, "recorded": [entry.kind, entry.target], "now": [kind, target]}
            raise IncidentNeeded("journal_mismatch", was)
        if entry.status != "done":
            return None
        if entry.digest != digest:
            committers.run(calls.mark_drift, at=self.at, key=key)
        return entry

    def not_stored(self, kept: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Those of these messages (hash, body) that no earlier request of the round has stored; from now on they are."""
        if self._stored is None:
            requests = [json.loads(one.request) for one in self.entries().values() if one.kind == "model"]
            self._stored = {digest for request in requests for digest in request["messages"]}
        new = [(digest, body) for digest, body in dict(kept).items() if digest not in self._stored]
        self._stored.update(digest for digest, _ in new)
        return new

    def begin(self, intents: Sequence[Intent], kept: Sequence[tuple[str, str]] = ()) -> list[Holds]:
        """Write the intents of parallel calls. Raises Stopped, and Blocked and RunTooLarge of operations.calls."""
        self.demand_lease()
        known = self.entries()
        lost = [one.key for one in intents if one.key in known or one.key in self._open]
        try:
            held = committers.run(calls.begin, at=self.at, intents=intents, kept=kept, lost=lost)
        except calls.Fenced as fenced:
            raise Stopped from fenced
        self.begun.update(one.key for one in intents if one.kind == "tool" and not one.is_idempotent)
        self._open.update(one.key for one in intents)
        return held

    def demand_lease(self) -> None:
        """A process that could not renew its lease for 15 s starts no call until it has: others may have its steps. Raises
        Stopped when that takes long; then the pulse gives the step back, and no crash is counted."""
        until = time.monotonic() + LEASE_PATIENCE
        while not identity.may_claim():
            if time.monotonic() > until:
                raise Stopped
            time.sleep(0.05)

    def end(self, outcome: Outcome, value: Json = None, *, is_idempotent: bool = True) -> None:
        """Write how a call ended; `value` is its result as JSON. Raises Stopped where the attempt is over."""
        if outcome.error is not None:
            self._write_end(replace(outcome, error=redact_opened(outcome.error)), ())
            return
        try:
            self._write_result(outcome, value, must_fit=True)
        except (PayloadTooLarge, RunTooLarge) as error:
            value = self._end_without_result(outcome, error)
        told = json.dumps(value)
        self._remember(outcome.key, outcome.kind, outcome.target, told, is_idempotent=is_idempotent)

    def _end_without_result(self, outcome: Outcome, error: BatonError) -> Json:
        """A result that is too large ends the call all the same: a tool has been called, a model paid."""
        if outcome.kind != "tool":
            said = json.dumps({"code": error.code, "message": str(error)})
            self._write_end(replace(outcome, error=said), ())
            raise error
        value = {"refused": f"The tool was called, but its result cannot be kept. {error}"}
        self._write_result(outcome, value, must_fit=False)
        return value

    def _write_result(self, outcome: Outcome, value: Json, *, must_fit: bool) -> None:
        reference, kept = calls.encode(value, limit=settings.BATON_PAYLOAD_LIMIT)
        self._write_end(replace(outcome, outcome=reference), kept, must_fit=must_fit)

    def _write_end(self, outcome: Outcome, kept: Sequence[tuple[str, str]], *, must_fit: bool = False) -> None:
        """Keep a result that was paid for while the database is away. Where the answer to a try was lost, the next one finds
        what was stored and changes nothing."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                counts = committers.run(calls.end, at=self.at, outcome=outcome, kept=kept, must_fit=must_fit)
                break
            except (DatabaseError, InterfaceError):
                if time.monotonic() > until:
                    raise
            time.sleep(PAUSE)
        if not counts:
            raise Stopped
        self._open.discard(outcome.key)
        self.begun.discard(outcome.key)

    def record(self, *, key: str, kind: str, target: str, digest: str, request: str, value: Json) -> None:
        """Write a call that changes nothing outside once it is done, without an intent before it."""
        reference, kept = calls.encode(value, limit=settings.BATON_PAYLOAD_LIMIT)
        try:
            committers.run(
                calls.record,
                at=self.at,
                made=calls.Made(key=key, kind=kind, target=target, digest=digest, request=request, outcome=reference),
                kept=kept,
            )
        except calls.Fenced as fenced:
            raise Stopped from fenced
        self._remember(key, kind, target, json.dumps(value))

    def _remember(self, key: str, kind: str, target: str, outcome: str, *, is_idempotent: bool = True) -> None:
        self.entries()[key] = Entry(
            key=key,
            kind=kind,
            target=target,
            digest="",
            status="done",
            is_idempotent=is_idempotent,
            outcome=outcome,
            error=None,
            attempt=self.claim.attempt,
            request="null",
        )

    def question(self, key: str) -> StoredQuestion | None:
        self.entries()
        return self._questions.get(key)

    def decision(self, key: str) -> Decision | None:
        """What was answered under this key, if it was."""
        question = self.question(key)
        if question is None or question.status != "answered":
            return None
        return self._decode(question.answer or "null")

    def _decode(self, answer: str) -> Decision:
        said = json.loads(answer)
        if not isinstance(said, dict):
            return Decision(verdict=str(said))
        value = said.get("value")
        if "stored" in said:
            value = json.loads(committers.run(calls.bodies, self.claim.run, [said["stored"]])[said["stored"]])
        return Decision(
            verdict=said["verdict"], value=value, comment=said.get("comment") or "", by=said.get("by") or ""
        )

    def ask(self, asks: Sequence[Ask]) -> None:
        """Store questions; the step goes on. They are visible at once. Raises Stopped."""
        new = [one for one in asks if self.question(one.key) is None]
        if not new:
            return
        done = committers.run(
            work.go_on,
            run=self.claim.run,
            worker=0,
            queue="",
            commands=new,
            graph=self.graph,
            may_claim=False,
        )
        if done.refused:
            raise Stopped
        for one in new:
            self._questions[one.key] = StoredQuestion(
                id=0, key=one.key, kind=one.kind, status="open", body=one.body, answer=None
            )

    def person_ask(self, key: str, question: PersonQuestion) -> Ask:
        body = json.dumps(question_to_json(question), ensure_ascii=False)
        return Ask(path=StepPath(self.claim.path), attempt=self.claim.attempt, key=key, kind=question.kind, body=body)

    def plain_ask(self, key: str, kind: str, *, due: float | None = None, event: str | None = None) -> Ask:
        path = StepPath(self.claim.path)
        return Ask(path=path, attempt=self.claim.attempt, key=key, kind=kind, due=due, event=event)

    def has_repeatable_round(self) -> bool:
        """Whether a new round would repeat no tool that must not be repeated: one that was called, or may have been."""
        found = [one for one in self.entries().values() if one.kind == "tool" and not one.is_idempotent]
        return not self.begun and not any(one.status in ("started", "done") for one in found)

    def incident(self, needed: IncidentNeeded) -> Incident:
        body = json.dumps({"code": needed.code, "facts": needed.body}, ensure_ascii=False)
        return Incident(path=StepPath(self.claim.path), attempt=self.claim.attempt, code=needed.code, body=body)


__all__ = ["Holds", "IncidentNeeded", "Intent", "Journal", "Outcome", "Spent", "Stopped"]
