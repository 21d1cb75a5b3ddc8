"""What a model call may cost and what it did: our guess before it, the vendor's own count after it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from orchestrator import prices
from orchestrator.contract.codec import answer_to_json
from orchestrator.contract.errors import CallError, NodeError
from orchestrator.contract.messages import ModelAnswer, ModelRequest, Usage
from orchestrator.engine.values import BatonError
from orchestrator.operations.calls import Spent
from orchestrator.queries.routes import Route
from orchestrator.worker.kept import Kept

_prices: Kept[prices.Price | None] = Kept()
forget = _prices.clear


def guess(where: Route, request: ModelRequest) -> Spent:
    """The most that the call can use: its input as estimated, and all of max_tokens. It is reserved, and it is what a call
    is booked with whose end nobody knows."""
    price = _price(where)
    most = prices.most(request, price)
    return Spent(
        provider=where.provider,
        model=where.model,
        tokens_in=most.tokens_in,
        tokens_out=most.tokens_out,
        cost=most.cost,
        price=_as_text(price),
        is_estimate=True,
    )


def units(found: Spent, *, limited: frozenset[str]) -> Mapping[str, int]:
    """In the units of budgets. Raises NodeError where money is limited and the price is unknown."""
    if found.cost is None and "money" in limited:
        raise NodeError(f"The price of {found.model} is unknown, so no money budget can hold. Set its price first.")
    return {"calls": 1, "tokens": found.tokens_in + found.tokens_out, "money": found.cost or 0}


def used(where: Route, answer: ModelAnswer, guessed: Spent) -> Spent:
    """What the vendor counted; where it told nothing, our estimate of what it read and wrote, marked as one."""
    price = _price(where)
    counted = answer.usage or _estimated(answer, guessed)
    return Spent(
        provider=where.provider,
        model=answer.model or where.model,
        tokens_in=counted.input,
        tokens_cached=counted.cached,
        tokens_written=counted.cache_write,
        tokens_out=counted.output,
        cost=prices.cost(counted, price),
        price=_as_text(price),
        is_estimate=answer.usage is None,
    )


def lost(error: BatonError, guessed: Spent) -> Spent | None:
    """What a failed call is booked with: nothing where the vendor refused it or never heard of it, else the guess (R15)."""
    return guessed if isinstance(error, CallError) and not error.is_refusal else None


def _estimated(answer: ModelAnswer, guessed: Spent) -> Usage:
    written = prices.estimate_text(json.dumps(answer_to_json(answer)["parts"], ensure_ascii=False)).tokens
    return Usage(input=guessed.tokens_in, output=min(written, guessed.tokens_out))


def _price(where: Route) -> prices.Price | None:
    """The list price of this day; it goes into the ledger with the call."""
    base_url = str(where.settings.get("base_url") or "")

    def read() -> prices.Price | None:
        return prices.price_of(provider=where.provider, model=where.model, at=datetime.now(UTC), base_url=base_url)

    return _prices.get((where.provider, where.model, base_url), read)


def _as_text(price: prices.Price | None) -> str:
    return json.dumps(price.as_json()) if price else "null"
