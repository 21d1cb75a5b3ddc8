"""Prices: list prices as integers, tiers, unknown ones, and estimates before a call."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.contract.messages import ModelRequest, ToolSpec, Usage, user
from orchestrator.prices import Price, Tier, cost, estimate_tokens, most, price_of
from orchestrator.registry import provider_types

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PRICE = Price(input=3_000_000, output=15_000_000, cached=300_000, cache_write=3_750_000)
counts = st.integers(0, 10**7)


def test_a_known_model_has_its_list_price() -> None:
    price = price_of(provider="anthropic", model="claude-sonnet-4-5", at=NOW)
    assert price is not None
    assert (price.input, price.output, price.cached, price.cache_write) == (3_000_000, 15_000_000, 300_000, 3_750_000)


def test_an_unknown_model_has_no_price_and_no_cost() -> None:
    assert price_of(provider="openai", model="no-such-model", at=NOW) is None
    assert price_of(provider="no-such-vendor", model="gpt-4o", at=NOW) is None
    assert cost(Usage(input=1, output=1), None) is None
    assert cost(None, PRICE) is None


def test_a_compatible_server_is_priced_by_its_address_alone() -> None:
    assert price_of(provider="openai_chat", model="deepseek-chat", at=NOW, base_url="https://api.deepseek.com/v1")
    assert price_of(provider="openai_chat", model="gpt-4o", at=NOW, base_url="http://localhost:11434/v1") is None
    assert price_of(provider="openai_chat", model="gpt-4o", at=NOW) is None


def test_the_demo_model_is_free() -> None:
    assert cost(Usage(input=10**9, output=10**9), price_of(provider="demo", model="demo", at=NOW)) == 0


@pytest.mark.parametrize("name", ["anthropic", "openai"])
def test_the_models_behind_the_aliases_have_prices(name: str) -> None:
    for model in provider_types()[name].aliases.values():
        assert price_of(provider=name, model=model, at=NOW) is not None, model


def test_cached_tokens_are_part_of_the_input_and_cost_their_own_rate() -> None:
    assert cost(Usage(input=1_000_000), PRICE) == 3_000_000
    assert cost(Usage(input=1_000_000, cached=400_000, cache_write=100_000), PRICE) == 1_500_000 + 120_000 + 375_000
    assert cost(Usage(output=10), PRICE) == 150
    assert cost(Usage(input=1), Price(input=1, output=0, cached=0, cache_write=0)) == 1  # rounded up, never lost


def test_a_tier_holds_for_all_tokens_of_a_long_call() -> None:
    tier = Tier(above=200_000, input=6_000_000, output=22_500_000, cached=600_000, cache_write=7_500_000)
    price = Price(
        **{name: getattr(PRICE, name) for name in ("input", "output", "cached", "cache_write")}, tiers=(tier,)
    )
    assert cost(Usage(input=200_000, output=1000), price) == 600_000 + 15_000
    assert cost(Usage(input=200_001, output=1000), price) == 1_200_006 + 22_500


def test_a_price_survives_json() -> None:
    price = price_of(provider="anthropic", model="claude-sonnet-4-5", at=NOW)
    assert price is not None
    assert price.tiers
    assert Price.from_json(price.as_json()) == price


@given(read=counts, written=counts, cached=counts)
def test_a_cost_is_a_whole_number_and_grows_with_use(read: int, written: int, cached: int) -> None:
    less = cost(Usage(input=read + cached, output=written, cached=cached), PRICE)
    more = cost(Usage(input=read + cached + 1, output=written + 1, cached=cached), PRICE)
    assert isinstance(less, int)
    assert isinstance(more, int)
    assert 0 <= less < more


def test_an_estimate_counts_all_that_is_sent_and_says_that_it_is_one() -> None:
    small = ModelRequest(model="m", messages=(user("x" * 350),))
    tool = ToolSpec(name="t", description="d" * 3500, schema={"type": "object"})
    large = ModelRequest(model="m", system="y" * 350, messages=(user("x" * 350),), tools=(tool,))
    assert 100 <= estimate_tokens(small).tokens <= 130
    assert estimate_tokens(large).tokens > 1200
    assert estimate_tokens(large).is_estimate


def test_what_is_reserved_covers_all_of_max_tokens() -> None:
    request = ModelRequest(model="m", messages=(user("hi"),), max_tokens=1000)
    reserved = most(request, PRICE)
    assert reserved.tokens_out == 1000
    assert reserved.cost is not None
    assert reserved.cost > 15_000
    assert most(request, None).cost is None
