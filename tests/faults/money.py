"""The ledger against the model server's own log, and every sum that is kept beside it: of the runs, of the budgets."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Sum

from orchestrator.models import Budget, LedgerEntry, Run
from tests.faults.control import ask_server

SAID = re.compile(r"job (\d+) call (prompt|agent|item)(?: (\d))?\.")
UNTRUE_USAGE = "lie_usage"
COMPLETE = frozenset({None, "drip", "lie_ids", UNTRUE_USAGE})
"""How an answer may have come that is one nevertheless."""
CERTAIN = ("done", "wasted")
Place = tuple[int, str]
Tokens = tuple[int, int]


@dataclass
class Answered:
    """What the server answered in full to the calls of one step: tokens of each, and how many had an untrue usage."""

    tokens: Counter[Tokens] = field(default_factory=Counter)
    untrue: int = 0


@dataclass
class Booked:
    """The ledger rows of one step: tokens of those that are certain, how many count an estimate in place of an untrue usage,
    and what is possibly billed."""

    certain: Counter[Tokens] = field(default_factory=Counter)
    estimated: int = 0
    possibly: int = 0
    possible_tokens: int = 0


def problems(runs: Iterable[Run]) -> Iterator[str]:
    """Everything about money that does not agree."""
    jobs = {run.pk: int(json.loads(run.input)["job"]) for run in runs}
    answered, booked = answers_of_the_server(), rows_of_the_ledger(jobs)
    for place in sorted({*answered, *booked}):
        yield from disagreements(place, answered[place], booked[place])
    yield from sums_of_runs(runs)
    yield from sums_of_budgets(runs)


def disagreements(place: Place, server: Answered, rows: Booked) -> Iterator[str]:
    """Each answer is in the ledger with its tokens, or possibly billed at its price or more; the ledger invents nothing."""
    invented = rows.certain - server.tokens
    if invented or rows.estimated > server.untrue:
        yield f"{place}: the ledger has {dict(invented)} and {rows.estimated} estimates that the server did not answer"
    missing = server.tokens - rows.certain
    number = missing.total() + server.untrue - rows.estimated
    if number > rows.possibly:
        yield f"{place}: {number} answers are not in the ledger, {rows.possibly} are possibly billed"
    tokens = sum((read + written) * times for (read, written), times in missing.items())
    if tokens > rows.possible_tokens:
        yield f"{place}: answers of {tokens} tokens are not in the ledger, {rows.possible_tokens} are possibly billed"


def answers_of_the_server() -> defaultdict[Place, Answered]:
    """By job and step, from its log."""
    found: defaultdict[Place, Answered] = defaultdict(Answered)
    for call in ask_server("calls")["calls"]:
        said = SAID.search(json.dumps(call["body"]))
        if said:
            number, name, item = said.groups()
            _add(found[int(number), f"each[{item}]" if name == "item" else name], call["answered"])
    return found


def _add(place: Answered, told: Mapping[str, Any]) -> None:
    if told.get("status") != 200 or told.get("client_gone") or told.get("outcome") not in COMPLETE:
        return
    if told.get("outcome") == UNTRUE_USAGE:
        place.untrue += 1
    else:
        place.tokens[told["usage"]["input"], told["usage"]["output"]] += 1


def rows_of_the_ledger(jobs: Mapping[int, int]) -> defaultdict[Place, Booked]:
    found: defaultdict[Place, Booked] = defaultdict(Booked)
    for row in LedgerEntry.unscoped.filter(run__in=list(jobs)):
        place = found[jobs[row.run_id or 0], row.path]
        if row.outcome not in CERTAIN:
            place.possibly += 1
            place.possible_tokens += row.tokens_in + row.tokens_out
        elif row.is_estimate:
            place.estimated += 1
        else:
            place.certain[row.tokens_in, row.tokens_out] += 1
    return found


def sums_of_runs(runs: Iterable[Run]) -> Iterator[str]:
    """What a run is said to have cost is the sum of its ledger rows."""
    sums = dict(LedgerEntry.unscoped.values("run_id").annotate(sum=Sum("cost")).values_list("run_id", "sum"))
    for run in runs:
        if run.cost != (sums.get(run.pk) or 0):
            yield f"run {run.pk} is said to have cost {run.cost}, the sum of its ledger rows is {sums.get(run.pk) or 0}"


def sums_of_budgets(runs: Iterable[Run]) -> Iterator[str]:
    """What a run's budget of money is said to have spent is what the run cost: no reservation was kept or given back twice."""
    spent = dict(Budget.unscoped.filter(unit="money").values_list("subject", "spent"))
    for run in runs:
        found = spent.get(f"run:{run.pk}", run.cost)
        if found != run.cost:
            yield f"the budget of run {run.pk} is said to have spent {found}, the run cost {run.cost}"


def totals(runs: Iterable[Run]) -> str:
    """In words: how much of it there was."""
    chosen = [run.pk for run in runs]
    counts = Counter(LedgerEntry.unscoped.filter(run__in=chosen).values_list("outcome", flat=True))
    return "ledger rows: " + ", ".join(f"{what} {number}" for what, number in sorted(counts.items()))
