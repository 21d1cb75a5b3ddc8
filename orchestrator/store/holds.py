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
_LEVEL = f"{_LEAST}(per_minute, level + ({NOW} - filled_at) * per_minute / 60.0)"
_TAKE_SLOT = f"""
    UPDATE capacity SET used = used + 1, level = CASE WHEN per_minute IS NULL THEN 0 ELSE {_LEVEL} - 1 END, filled_at = {NOW}
    WHERE id = %s AND (capacity IS NULL OR used < capacity) AND (per_minute IS NULL OR {_LEVEL} >= 1)"""
_FREE_SLOT = "UPDATE capacity SET used = used - 1 WHERE id = %s AND used > 0"
_WAIT_OF_SLOT = f"""
    SELECT CASE WHEN capacity IS NOT NULL AND used >= capacity THEN NULL
        ELSE (1 - level) * 60.0 / per_minute - ({NOW} - filled_at) END FROM capacity WHERE id = %s"""


class Blocked(BatonError):
    """A budget is reached or no slot is free; the step waits."""

    code = "blocked"


class BudgetReached(Blocked):
    """A budget is reached. People are asked to raise it, to go on with a cheaper model, or to stop."""

    code = "budget_reached"


class NoSlot(Blocked):
    """The connection, workflow or team is at its limit."""

    code = "limit_reached"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a call asks for: `units` (money, tokens, calls) of the budgets, a slot of each limit, by id."""

    budgets: tuple[tuple[int, str], ...] = ()
    units: Mapping[str, int] = field(default_factory=dict)
    limits: tuple[int, ...] = ()
    model: str = ""
    """The cheaper model that people chose for one of these budgets; empty: the one that is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """What a started call has: (budget, unit, amount) and limits."""

    budgets: tuple[tuple[int, str, int], ...] = ()
    limits: tuple[int, ...] = ()

    def to_json(self) -> str:
        return json.dumps([self.budgets, self.limits]) if self.budgets or self.limits else "[]"

    @classmethod
    def from_json(cls, text: str) -> Self:
        found = json.loads(text)
        if not found:
            return cls()
        return cls(budgets=tuple(tuple(one) for one in found[0]), limits=tuple(found[1]))

    def reserved(self) -> dict[str, int]:
        """The largest reservation of each unit: what the call may have cost."""
        found: dict[str, int] = {}
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
    """Reserve and take, inside the caller's transaction. Raises BudgetReached, NoSlot (the transaction is rolled back)."""
    reserved = []
    for budget, unit in wanted.budgets:
        amount = wanted.units.get(unit, 0)
        if execute(_RESERVE, [amount, budget, amount]).rowcount != 1:
            raise BudgetReached(
                budget=budget, unit=unit, amount=amount, is_stopped=_is_stopped(budget), model=wanted.model
            )
        reserved.append((budget, unit, amount))
    for limit in wanted.limits:
        if execute(_TAKE_SLOT, [limit]).rowcount != 1:
            raise NoSlot(limit=limit, wait=_seconds_until_free(limit))
    return Holds(budgets=tuple(reserved), limits=wanted.limits)


def _is_stopped(budget: int) -> bool:
    row = execute("SELECT stopped FROM budget WHERE id = %s", [budget]).fetchone()
    return bool(row and row[0])


def _seconds_until_free(limit: int) -> float | None:
    """How long until the rate allows it; None where a slot must be given back first."""
    row = execute(_WAIT_OF_SLOT, [limit]).fetchone()
    return None if row is None or row[0] is None else max(0.05, float(row[0]))


def give_back(held: Holds, *, spent: Mapping[str, int]) -> None:
    """Settle the reservations with what was really spent, and free the slots."""
    for budget, unit, amount in held.budgets:
        execute(_SETTLE, [amount, spent.get(unit, 0), budget])
    for limit in held.limits:
        execute(_FREE_SLOT, [limit])
