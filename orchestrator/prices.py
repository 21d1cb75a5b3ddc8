"""What a model costs: prices from genai-prices (offline), as a value that each call's ledger row keeps.

Money is integer micro-dollars. An unknown price is None, never zero.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Self

from genai_prices import data_snapshot
from genai_prices.types import ModelPrice, TieredPrices

from orchestrator.contract.codec import message_to_json
from orchestrator.contract.messages import PICTURES, Attachment, ModelRequest, Part, Usage
from orchestrator.engine.templating import as_text
from orchestrator.engine.values import JsonObject

MILLION = 1_000_000
BYTES_PER_TOKEN = 3.5
PICTURE_TOKENS = 1600
"""What vendors count for a large picture."""
FREE_PROVIDERS = frozenset({"demo"})
FIELDS: Mapping[str, str] = {
    "input": "input_mtok",
    "output": "output_mtok",
    "cached": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """Rates that hold for all tokens of a call that reads more than `above` tokens."""

    above: int
    input: int
    output: int
    cached: int
    cache_write: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Micro-dollars per million tokens; `tiers` in ascending order."""

    input: int
    output: int
    cached: int
    cache_write: int
    tiers: tuple[Tier, ...] = ()

    def as_json(self) -> JsonObject:
        return asdict(self) | {"tiers": [asdict(tier) for tier in self.tiers]}

    @classmethod
    def from_json(cls, source: JsonObject) -> Self:
        return cls(**{**source, "tiers": tuple(Tier(**tier) for tier in source.get("tiers", ()))})


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenEstimate:
    """Tokens that a request will read, before the call. Always an estimate here: bytes / 3.5."""

    tokens: int
    is_estimate: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Most:
    """What a call may use at most, as far as one can know before it; the cost is None where the price is unknown."""

    tokens_in: int
    tokens_out: int
    cost: int | None


FREE = Price(input=0, output=0, cached=0, cache_write=0)


def price_of(*, provider: str, model: str, at: datetime, base_url: str = "") -> Price | None:
    """The list price of a model at a time, or None where it is unknown.

    `provider` is the name of ours; of a compatible server the vendor is known by its `base_url` alone.
    """
    if provider in FREE_PROVIDERS:
        return FREE
    known = (None, base_url or None) if provider == "openai_chat" else (provider, None)
    if known == (None, None):
        return None
    try:
        _, found = data_snapshot.get_snapshot().find_provider_model(model, None, *known)
    except LookupError:
        return None
    return _price(found.get_prices(at))


def cost(usage: Usage | None, price: Price | None) -> int | None:
    """Micro-dollars of a call, rounded up; None where usage or price are unknown."""
    if usage is None or price is None:
        return None
    rates = _rates(price, usage.input)
    fresh = max(0, usage.input - usage.cached - usage.cache_write)
    total = (
        fresh * rates.input
        + usage.cached * rates.cached
        + usage.cache_write * rates.cache_write
        + usage.output * rates.output
    )
    return -(-total // MILLION)


def most(request: ModelRequest, price: Price | None) -> Most:
    """To reserve before a call: what it is estimated to read, all of its max_tokens, and what that costs."""
    tokens = estimate_tokens(request).tokens
    return Most(
        tokens_in=tokens,
        tokens_out=request.max_tokens,
        cost=cost(Usage(input=tokens, output=request.max_tokens), price),
    )


def estimate_text(text: str) -> TokenEstimate:
    """About how many tokens a text is."""
    return TokenEstimate(tokens=max(1, round(len(text.encode("utf-8", "replace")) / BYTES_PER_TOKEN)))


def estimate_tokens(request: ModelRequest) -> TokenEstimate:
    """About how many tokens the request will read; for a vendor's own count ask the vendor."""
    said = [request.system, *(as_text(message_to_json(message)) for message in request.messages)]
    said += [as_text([tool.name, tool.description, dict(tool.schema)]) for tool in request.tools]
    size = sum(len(text.encode("utf-8", "replace")) for text in said)
    seen = sum(_looked_at(part) for message in request.messages for part in message.parts)
    return TokenEstimate(tokens=max(1, round(size / BYTES_PER_TOKEN) + seen))


def _looked_at(part: Part) -> int:
    """About how many tokens a file costs that the model looks at itself: a PDF is text and pictures of its pages."""
    if not isinstance(part, Attachment):
        return 0
    return (
        PICTURE_TOKENS if part.media_type in PICTURES else max(PICTURE_TOKENS, round(part.size / BYTES_PER_TOKEN / 4))
    )


def _rates(price: Price, tokens: int) -> Price | Tier:
    fitting = [tier for tier in price.tiers if tokens > tier.above]
    return fitting[-1] if fitting else price


def _price(source: ModelPrice) -> Price | None:
    if getattr(source, "input_mtok", None) is None or getattr(source, "output_mtok", None) is None:
        return None
    starts = sorted({tier.start for name in FIELDS.values() for tier in _tiers(source, name)})
    return Price(**_at(source, 0), tiers=tuple(Tier(above=start, **_at(source, start + 1)) for start in starts))


def _at(source: ModelPrice, tokens: int) -> dict[str, int]:
    """Micro-dollars per million tokens of a call that reads so many. Cached tokens without a rate of their own cost as input."""
    found = {name: _rate(source, field, tokens) for name, field in FIELDS.items()}
    plain = found["input"] or 0
    return {name: plain if rate is None else rate for name, rate in found.items()}


def _rate(source: ModelPrice, field: str, tokens: int) -> int | None:
    value = getattr(source, field, None)
    if isinstance(value, TieredPrices):
        value = next((tier.price for tier in reversed(value.tiers) if tokens > tier.start), value.base)
    return None if value is None else int((Decimal(value) * MILLION).to_integral_value())


def _tiers(source: ModelPrice, field: str) -> list:  # type: ignore[type-arg]  # genai_prices' own tiers
    value = getattr(source, field, None)
    return value.tiers if isinstance(value, TieredPrices) else []
