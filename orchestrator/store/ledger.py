"""Money: rows of the ledger and what budgets count as spent. The sum of a run's rows is its cost: whoever writes here adds what
the function returns to the run, in the same transaction.

The ledger has one row for each call that cost money or may have. A vendor's refusal by an HTTP status before any answer costs
nothing: it leaves no row; the call's own row tells of it.
"""

import json
from dataclasses import dataclass, field

from orchestrator.engine.values import Json
from orchestrator.store import holds
from orchestrator.store.database import NOW, execute
from orchestrator.store.holds import Holds

POSSIBLY_BILLED = "possibly_billed"
_WRITE = f"""
    INSERT INTO ledger (team_id, run_id, path, round, key, attempt, provider, model, tokens_in, tokens_cached, tokens_written,
        tokens_out, cost, price, outcome, is_estimate, at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, {NOW})"""
_FORGET_GUESS = f"""
    DELETE FROM ledger WHERE id = (SELECT max(id) FROM ledger WHERE run_id = %s AND path = %s AND round = %s AND key = %s
    AND attempt = %s AND outcome = '{POSSIBLY_BILLED}') RETURNING cost"""


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """A step's claim and round: where its calls are written."""

    run: int
    path: str
    round: int
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a model call used: tokens, micro-dollars (None: unknown), and the price of that day as JSON text."""

    provider: str
    model: str
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_written: int = 0
    tokens_out: int = 0
    cost: int | None = None
    price: str = "null"
    is_estimate: bool = False
    """Ours, not the vendor's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a call ended: `outcome` (a payload reference) or `error` (JSON text)."""

    key: str
    kind: str
    target: str
    outcome: str | None = None
    error: str | None = None
    spent: Spent | None = None
    is_unsure: bool = False
    """Nobody knows whether the vendor did the work: `spent` is a guess."""
    holds: Holds = field(default_factory=Holds)

    def status(self) -> str:
        return "done" if self.error is None else "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A started call as its row has it. `request` is JSON text that holds its guess, `holds` what it reserved."""

    key: str
    kind: str
    request: str
    holds: str


def guess_as_json(guess: Spent) -> Json:
    """What a request keeps of the most that its call may use, for whoever finds it without an end."""
    return [guess.tokens_in, guess.tokens_out, guess.cost, guess.price]


def settle(at: At, team: int, outcome: Outcome, *, counts: bool) -> int:
    """A call has ended: give back what it held, count what it used; micro-dollars to add to the run."""
    holds.give_back(outcome.holds, spent=_units(outcome.spent))
    if outcome.spent is None:
        return 0
    word = POSSIBLY_BILLED if outcome.is_unsure else outcome.status() if counts else "wasted"
    _write(at, team, outcome.key, outcome.spent, word)
    return _cost(outcome.spent)


def replace_guess(at: At, team: int, outcome: Outcome) -> int | None:
    """A call was taken for lost and booked by its guess; now its real end is known. Micro-dollars to add to the run (or to
    take away, below 0); None where there is nothing to replace."""
    if outcome.kind != "model" or outcome.is_unsure:
        return None
    found = execute(_FORGET_GUESS, [at.run, at.path, at.round, outcome.key, at.attempt]).fetchall()
    if not found:
        return None
    holds.correct(outcome.holds, spent=_units(outcome.spent))
    if outcome.spent is not None:
        _write(at, team, outcome.key, outcome.spent, "wasted")
    return _cost(outcome.spent) - (found[0][0] or 0)


def book_lost(at: At, team: int, started: Started) -> int:
    """Nobody will end this call, and nobody knows whether the vendor answered: its guess counts as spent. Micro-dollars to
    add to the run."""
    held = Holds.from_json(started.holds)
    holds.give_back(held, spent=held.reserved())
    if started.kind != "model":
        return 0
    guess = _guess_of(started.request, held)
    _write(at, team, started.key, guess, POSSIBLY_BILLED)
    return _cost(guess)


def _guess_of(request: str, held: Holds) -> Spent:
    said = json.loads(request)
    tokens_in, tokens_out, cost, price = said.get("guess") or (0, 0, None, "null")
    return Spent(
        provider=said["provider"],
        model=said["model"],
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        cost=held.reserved().get("money", cost),
        price=price,
        is_estimate=True,
    )


def _units(spent: Spent | None) -> dict[str, int]:
    """In the units of budgets; a call that was refused counts as a call all the same."""
    if spent is None:
        return {"calls": 1}
    return {"calls": 1, "tokens": spent.tokens_in + spent.tokens_out, "money": _cost(spent)}


def _cost(spent: Spent | None) -> int:
    return spent.cost or 0 if spent else 0


def _write(at: At, team: int, key: str, spent: Spent, word: str) -> None:
    where = [team, at.run, at.path, at.round, key, at.attempt, spent.provider, spent.model]
    tokens = [spent.tokens_in, spent.tokens_cached, spent.tokens_written, spent.tokens_out]
    execute(_WRITE, [*where, *tokens, spent.cost, spent.price, word, spent.is_estimate])
