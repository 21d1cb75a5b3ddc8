"""What a call takes of budgets and limits, by conditional updates: never over the line, however many take at once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from orchestrator.engine.values import BatonError
from orchestrator.store.database import IS_POSTGRES, NOW, array, execute

_CHOSEN = "= ANY(%s)" if IS_POSTGRES else "IN (SELECT value FROM json_each(%s))"
_BUDGETS = f"SELECT id, unit, subject, model FROM budget WHERE team_id = %s AND subject {_CHOSEN}"
_LIMITS = f"SELECT id FROM capacity WHERE team_id = %s AND subject {_CHOSEN}"
_RESERVE = """
    UPDATE budget SET reserved = reserved + %s WHERE id = %s AND NOT stopped AND spent + reserved + %s <= most"""
_SETTLE = "UPDATE budget SET reserved = reserved - %s, spent = spent + %s WHERE id = %s"
_LEAST = "least" if IS_POSTGRES else "min"
_PASSED = f"(CASE WHEN filled_at > {NOW} THEN 60.0 ELSE {NOW} - filled_at END)"
"""Seconds since the bucket was filled; a clock that was set back must not hold calls until it is there again."""
_LEVEL = f"{_LEAST}(per_minute, level + {_PASSED} * per_minute / 60.0)"
_TOKENS = f"{_LEAST}(tokens_per_minute, tokens_left + {_PASSED} * tokens_per_minute / 60.0)"
# A call that wants more tokens than a minute has goes when the minute is full, and the next ones wait longer.
_TAKE_SLOT = f"""
    UPDATE capacity SET used = used + 1, level = CASE WHEN per_minute IS NULL THEN 0 ELSE {_LEVEL} - 1 END,
        tokens_left = CASE WHEN tokens_per_minute IS NULL THEN 0 ELSE {_TOKENS} - %s END, filled_at = {NOW}
    WHERE id = %s AND (capacity IS NULL OR used < capacity) AND (per_minute IS NULL OR {_LEVEL} >= 1)
        AND (tokens_per_minute IS NULL OR {_TOKENS} >= {_LEAST}(%s, tokens_per_minute))"""
_FREE_SLOT = f"""
    UPDATE capacity SET used = CASE WHEN used > 0 THEN used - 1 ELSE 0 END,
        tokens_left = CASE WHEN tokens_per_minute IS NULL THEN 0 ELSE {_LEAST}(tokens_per_minute, tokens_left + %s) END
    WHERE id = %s"""
_WAITS = f"""
    SELECT capacity IS NOT NULL AND used >= capacity,
        CASE WHEN per_minute IS NULL THEN 0 ELSE (1 - level) * 60.0 / per_minute - {_PASSED} END,
        CASE WHEN tokens_per_minute IS NULL THEN 0 ELSE
            ({_LEAST}(%s, tokens_per_minute) - tokens_left) * 60.0 / tokens_per_minute - {_PASSED} END
    FROM capacity WHERE id = %s"""
SHORTEST_WAIT = 0.05


class Blocked(BatonError):
    """A budget is reached or no slot is free; the step waits."""

    code = "blocked"


class BudgetReached(Blocked):
    """A budget is reached. People are asked to raise it, to go on with a cheaper model, or to stop."""

    code = "budget_reached"


class NoSlot(Blocked):
    """The connection, workflow or team is at its limit."""

    code = "limit_reached"


class TokensSpent(Blocked):
    """The connection's tokens of this minute are used up. The step waits until there are enough again."""

    code = "tokens_per_minute_reached"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a call asks for: `units` (money, tokens, calls) of the budgets, a slot and tokens of each limit, by id."""

    budgets: tuple[tuple[int, str], ...] = ()
    units: Mapping[str, int] = field(default_factory=dict)
    limits: tuple[int, ...] = ()
    model: str = ""
    """The cheaper model that people chose for one of these budgets; empty: the one that is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """What a started call has: (budget, unit, amount), limits, and the tokens that it took of each limit."""

    budgets: tuple[tuple[int, str, int], ...] = ()
    limits: tuple[int, ...] = ()
    tokens: int = 0

    def to_json(self) -> str:
        return json.dumps([self.budgets, self.limits, self.tokens]) if self.budgets or self.limits else "[]"

    @classmethod
    def from_json(cls, text: str) -> Self:
        found = json.loads(text)
        if not found:
            return cls()
        budgets, limits, *tokens = found
        return cls(budgets=tuple(tuple(one) for one in budgets), limits=tuple(limits), tokens=sum(tokens))

    def reserved(self) -> dict[str, int]:
        """The largest reservation of each unit: what the call may have cost."""
        found = {"tokens": self.tokens} if self.tokens else {}
        for _, unit, amount in self.budgets:
            found[unit] = max(amount, found.get(unit, 0))
        return found


def budgets_of(*, team: int, subjects: list[str]) -> tuple[tuple[tuple[int, str], ...], str]:
    """(id, unit) of the budgets of these subjects, in the order of `subjects`: from narrow to wide; and the cheaper model
    that people chose for one of them, the narrowest first."""
    rows = execute(_BUDGETS, [team, array(subjects)]).fetchall()
    rows.sort(key=lambda row: (subjects.index(row[2]), row[0]))
    return tuple((row[0], row[1]) for row in rows), next((row[3] for row in rows if row[3]), "")


def limits_of(*, team: int, subjects: list[str]) -> tuple[int, ...]:
    """The ids of the limits of these subjects, in one order for all."""
    return tuple(sorted(row[0] for row in execute(_LIMITS, [team, array(subjects)]).fetchall()))


def take(wanted: Wanted) -> Holds:
    """Reserve and take, inside the caller's transaction. Raises BudgetReached, NoSlot, TokensSpent: then it is rolled back."""
    reserved = []
    for budget, unit in wanted.budgets:
        amount = wanted.units.get(unit, 0)
        if execute(_RESERVE, [amount, budget, amount]).rowcount != 1:
            raise BudgetReached(
                budget=budget, unit=unit, amount=amount, is_stopped=_is_stopped(budget), model=wanted.model
            )
        reserved.append((budget, unit, amount))
    tokens = wanted.units.get("tokens", 0) if wanted.limits else 0
    for limit in wanted.limits:
        if execute(_TAKE_SLOT, [float(tokens), limit, float(tokens)]).rowcount != 1:
            raise _blocked(limit, tokens)
    return Holds(budgets=tuple(reserved), limits=wanted.limits, tokens=tokens)


def _is_stopped(budget: int) -> bool:
    row = execute("SELECT stopped FROM budget WHERE id = %s", [budget]).fetchone()
    return bool(row and row[0])


def _blocked(limit: int, tokens: int) -> Blocked:
    """Why the limit gave nothing, and how long until it may; None where a slot must be given back first."""
    row = execute(_WAITS, [float(tokens), limit]).fetchone()
    is_full, until_next, until_tokens = row or (False, 0, 0)
    if is_full:
        return NoSlot(limit=limit, wait=None)
    if until_tokens > until_next:
        return TokensSpent(limit=limit, wait=max(SHORTEST_WAIT, float(until_tokens)))
    return NoSlot(limit=limit, wait=max(SHORTEST_WAIT, float(until_next)))


def give_back(held: Holds, *, spent: Mapping[str, int]) -> None:
    """Settle the reservations with what was really spent, free the slots, and give unused tokens back to their minute."""
    for budget, unit, amount in held.budgets:
        execute(_SETTLE, [amount, spent.get(unit, 0), budget])
    for limit in held.limits:
        execute(_FREE_SLOT, [float(held.tokens - spent.get("tokens", 0)), limit])


def correct(held: Holds, *, spent: Mapping[str, int]) -> None:
    """The reservations were counted as spent, and all was given back; now it is known what was really spent."""
    for budget, unit, amount in held.budgets:
        execute(_SETTLE, [0, spent.get(unit, 0) - amount, budget])
