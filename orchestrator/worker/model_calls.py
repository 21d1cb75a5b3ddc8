"""One model call of a step: journalled before and after, with its reservation, its slot, its deadline and its ledger row."""

import asyncio
import json
from collections.abc import Mapping
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from orchestrator import prices
from orchestrator.contract.codec import answer_from_json, answer_to_json, message_to_json
from orchestrator.contract.errors import CallTimeout, NodeError
from orchestrator.contract.messages import ModelAnswer, ModelRequest, OnDelta
from orchestrator.engine.values import BatonError, Json
from orchestrator.operations import calls
from orchestrator.operations.calls import Holds, Intent, Outcome, Spent, Wanted
from orchestrator.queries.routes import Route, route
from orchestrator.worker import clients, committers, deltas, io
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
    _routes.clear()
    _takes.clear()


def call_model(journal: Journal, payer: Payer, *, key: str, request: ModelRequest) -> ModelAnswer:
    """The recorded answer, or a new one. Raises the errors of contract.errors, Suspended while a budget or limit blocks."""
    said, kept = _as_stored(request)
    digest = calls.digest_of(said)
    entry = journal.found(key=key, kind="model", target=request.model, digest=digest)
    if entry is not None:
        return answer_from_json(json.loads(entry.outcome or "null"))
    where, wanted = _way(payer, request)
    intent = Intent(
        key=key,
        kind="model",
        target=request.model,
        digest=digest,
        request=_with_route(said, where),
        wanted=wanted,
    )
    new = journal.not_stored(kept)
    (held,) = taking(journal, lambda: journal.begin([intent], new))
    return _make(journal, where, key=key, request=request, held=held)


def _make(journal: Journal, where: Route, *, key: str, request: ModelRequest, held: Holds) -> ModelAnswer:
    outcome = Outcome(key=key, kind="model", target=request.model, holds=held)
    try:
        answer = _wait(journal, where, key, request)
    except BatonError as error:
        said = json.dumps({"code": error.code, "message": str(error)[:2000]}, ensure_ascii=False)
        journal.end(replace(outcome, error=said))
        raise
    journal.end(replace(outcome, spent=_spent(where, answer)), answer_to_json(answer))
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


def _with_route(said: str, where: Route) -> str:
    added = {"connection": where.connection, "provider": where.provider, "model": where.model}
    return json.dumps({**json.loads(said), **added}, ensure_ascii=False, separators=(",", ":"))


def _way(payer: Payer, request: ModelRequest) -> tuple[Route, Wanted]:
    """Where the call goes and what it takes. A budget that people let go on with a cheaper model sends it there."""
    where = route_for(payer.team, request.model)
    cheaper = _taken(payer, where).model
    if cheaper and cheaper != request.model:
        where = route_for(payer.team, cheaper)
    return where, _wanted(payer, where, request)


def _taken(payer: Payer, where: Route) -> Wanted:
    month = datetime.now(UTC).strftime("%Y-%m")
    return _takes.get((payer, where.connection, month), lambda: _take(payer, where, month))


def _wanted(payer: Payer, where: Route, request: ModelRequest) -> Wanted:
    wanted = _taken(payer, where)
    if not wanted.budgets:
        return wanted
    return replace(wanted, units=_units(where, request, {unit for _, unit in wanted.budgets}))


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


def _units(where: Route, request: ModelRequest, limited: set[str]) -> Mapping[str, int]:
    """The most that the call can use: its input as estimated, and all of max_tokens."""
    tokens = prices.estimate_tokens(request).tokens
    units = {"calls": 1, "tokens": tokens + request.max_tokens}
    if "money" in limited:
        money = prices.most(request, _price(where))
        if money is None:
            raise NodeError(f"The price of {where.model} is unknown, so no money budget can hold. Set its price first.")
        units["money"] = money
    return units


def _price(where: Route) -> prices.Price | None:
    """The list price of this day; it goes into the ledger with the call."""
    base_url = str(where.settings.get("base_url") or "")
    return prices.price_of(provider=where.provider, model=where.model, at=datetime.now(UTC), base_url=base_url)


def _spent(where: Route, answer: ModelAnswer) -> Spent:
    usage, price = answer.usage, _price(where)
    if usage is None:
        return Spent(provider=where.provider, model=where.model)
    return Spent(
        provider=where.provider,
        model=answer.model,
        tokens_in=usage.input,
        tokens_cached=usage.cached,
        tokens_written=usage.cache_write,
        tokens_out=usage.output,
        cost=prices.cost(usage, price),
        price=json.dumps(price.as_json()) if price else "null",
    )
