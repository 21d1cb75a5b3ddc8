"""One model call of a step: journalled before and after, with its reservation, its slot, its deadline and its ledger row."""

import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from orchestrator.contract.codec import answer_from_json, answer_to_json, message_to_json
from orchestrator.contract.errors import CallTimeout
from orchestrator.contract.messages import ModelAnswer, ModelRequest, OnDelta
from orchestrator.engine.values import BatonError, Json
from orchestrator.operations import calls
from orchestrator.operations.calls import Holds, Intent, Outcome, Spent, Wanted
from orchestrator.queries.routes import Route, route
from orchestrator.worker import breakers, clients, committers, deltas, io, spending
from orchestrator.worker.held import holding
from orchestrator.worker.journal import Journal, Stopped
from orchestrator.worker.kept import Kept
from orchestrator.worker.limits import taking

LONGEST_CALL = 600.0
"""Seconds in all that one call may take: a stream that drips never trips a read timeout."""


_routes: Kept[Route] = Kept()
_takes: Kept[Wanted] = Kept()


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """Whose budgets and limits a call takes from."""

    team: int
    run: int
    workflow: int


def forget_routes() -> None:
    """Connections, budgets or limits have changed: read them anew at the next call."""
    for forget in (_routes.clear, _takes.clear, breakers.forget, spending.forget):
        forget()


def call_model(journal: Journal, payer: Payer, *, key: str, request: ModelRequest) -> ModelAnswer:
    """The recorded answer, or a new one. Raises the errors of contract.errors, Suspended while a budget or limit blocks."""
    said, kept = _as_stored(request)
    digest = calls.digest_of(said)
    entry = journal.found(key=key, kind="model", target=request.model, digest=digest)
    if entry is not None:
        return answer_from_json(json.loads(entry.outcome or "null"))
    where, wanted = _way(payer, request)
    guess = spending.guess(where, request)
    intent = Intent(
        key=key,
        kind="model",
        target=request.model,
        digest=digest,
        request=_with_route(said, where, guess),
        wanted=_in_units(wanted, guess),
    )
    new = journal.not_stored(kept)
    (held,) = taking(journal, lambda: _begin(journal, where, intent, new))
    return _make(journal, where, key=key, request=request, held=held, guess=guess)


def _begin(journal: Journal, where: Route, intent: Intent, kept: Sequence[tuple[str, str]]) -> list[Holds]:
    breakers.ask(where.connection)
    return journal.begin([intent], kept)


def _make(journal: Journal, where: Route, *, key: str, request: ModelRequest, held: Holds, guess: Spent) -> ModelAnswer:
    outcome = Outcome(key=key, kind="model", target=request.model, holds=held)
    try:
        answer = _wait(journal, where, key, request)
    except BatonError as error:
        said = json.dumps({"code": error.code, "message": str(error)[:2000]}, ensure_ascii=False)
        lost = spending.lost(error, guess)
        journal.end(replace(outcome, error=said, spent=lost, is_unsure=lost is not None))
        breakers.tell(where.connection, error)
        raise
    journal.end(replace(outcome, spent=spending.used(where, answer, guess)), answer_to_json(answer))
    breakers.tell(where.connection, None)
    return answer


def _wait(journal: Journal, where: Route, key: str, request: ModelRequest) -> ModelAnswer:
    client = clients.provider(where)
    on_delta: OnDelta | None = deltas.collector(journal.claim, key) if deltas.is_watched(journal.claim.run) else None
    asked = replace(request, model=where.model)

    async def complete() -> ModelAnswer:
        async with asyncio.timeout(LONGEST_CALL):
            return await client.complete(asked, on_delta=on_delta)

    future: Future[ModelAnswer] = io.submit(complete)
    holding.track(journal.claim, future)
    try:
        return future.result()
    except TimeoutError as error:
        raise CallTimeout(f"The model took longer than {LONGEST_CALL:.0f} s.") from error
    except CancelledError as error:
        raise _why_stopped(journal) from error
    finally:
        deltas.forget(journal.claim, key)


def _why_stopped(journal: Journal) -> BaseException:
    """A deadline fails the call; a claim that is over ends the step's code."""
    if holding.is_overdue(journal.claim):
        return CallTimeout("The step's time is over.")
    return Stopped()


def _as_stored(request: ModelRequest) -> tuple[str, list[tuple[str, str]]]:
    """The request as its parameters and the hashes of its messages; each message is stored once per run."""
    kept = []
    for message in request.messages:
        body = json.dumps(message_to_json(message), ensure_ascii=False, separators=(",", ":"))
        kept.append((calls.digest_of(body), body))
    for part in (request.system, json.dumps([_tool(spec) for spec in request.tools], ensure_ascii=False)):
        body = json.dumps(part, ensure_ascii=False)
        kept.append((calls.digest_of(body), body))
    hashes = [digest for digest, _ in kept]
    said = {
        "messages": hashes[:-2],
        "system": hashes[-2],
        "tools": hashes[-1],
        "output_schema": request.output_schema,
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "must_use_tool": request.must_use_tool,
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")), kept


def _tool(spec: Json) -> Json:
    return {"name": spec.name, "description": spec.description, "schema": spec.schema}


def _with_route(said: str, where: Route, guess: Spent) -> str:
    added = {"connection": where.connection, "provider": where.provider, "model": where.model}
    added["guess"] = calls.guess_as_json(guess)
    return json.dumps({**json.loads(said), **added}, ensure_ascii=False, separators=(",", ":"))


def _way(payer: Payer, request: ModelRequest) -> tuple[Route, Wanted]:
    """Where the call goes and what it takes. A budget that people let go on with a cheaper model sends it there."""
    where = route_for(payer.team, request.model)
    cheaper = _taken(payer, where).model
    if cheaper and cheaper != request.model:
        where = route_for(payer.team, cheaper)
    return where, _taken(payer, where)


def _taken(payer: Payer, where: Route) -> Wanted:
    month = datetime.now(UTC).strftime("%Y-%m")
    return _takes.get((payer, where.connection, month), lambda: _take(payer, where, month))


def _in_units(wanted: Wanted, guess: Spent) -> Wanted:
    if not wanted.budgets and not wanted.limits:
        return wanted
    return replace(wanted, units=spending.units(guess, limited=frozenset(unit for _, unit in wanted.budgets)))


def _take(payer: Payer, where: Route, month: str) -> Wanted:
    return committers.run(
        calls.wanted_of,
        team=payer.team,
        run=payer.run,
        workflow=payer.workflow,
        connection=str(where.connection),
        month=month,
    )


def route_for(team: int, model: str) -> Route:
    """Where a call for the model goes; read anew every two seconds."""
    return _routes.get((team, model), lambda: committers.run(route, team=team, model=model))
