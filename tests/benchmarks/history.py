"""W9: the page of runs over a long history. Server time of the page and of its list alone, middleware and templates
included, without the network; `cpu_ms` is this process's part of it, `best_ms` what a calm machine would be near to.

`--runs` says how many runs there are: 10,000 unless told otherwise, up to 1,000,000.
"""

import json
import os
import random
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice

from django.db import connection, transaction
from django.test import Client

from history import search_index
from history.search_words import searchable
from orchestrator.models import LedgerEntry, Run, Version
from teams.models import Team, User
from tests import runs
from tests.benchmarks.graphs import chain
from tests.benchmarks.measured import Measured
from tests.benchmarks.report import RUNS, Figure, percentile, report
from tests.personas import personas

BATCH, TIMES, WARM, LIMIT = 2_000, 40, 3, 0.050
STATUSES = ["succeeded"] * 90 + ["failed"] * 7 + ["cancelled"] * 2
OPEN = ("running", "waiting", "queued")
WORDS = [f"{first}{second}" for first in ("lost", "new", "old", "paid", "sent") for second in map(str, range(1000))]
HEADERS = {"HX-Request": "true", "HX-Request-Type": "partial"}
"""The list alone, as filters and Live fetch it."""
WHOLE = "whole page"


def history(found: Measured) -> None:
    """Every kind of question to the list, many times each with other values."""
    number = int(os.environ[RUNS])
    chance = random.Random(9)
    versions = filled(number, chance)
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(email="alice@example.org"), "django.contrib.auth.backends.ModelBackend")
    newest = Run.unscoped.order_by("-pk").values_list("pk", flat=True)[0]
    for what, question in questions(chance, versions, newest=newest, number=number).items():
        headers = {} if what == WHOLE else HEADERS
        queries = [question() for _ in range(TIMES + WARM)]
        used = time.process_time()
        times = [asked(client, query, headers) for query in queries][WARM:]
        p95 = percentile(times, 95)
        values = {
            "runs": number,
            "best_ms": min(times) * 1000,
            "p50_ms": percentile(times, 50) * 1000,
            "p95_ms": p95 * 1000,
            "cpu_ms": (time.process_time() - used) / (TIMES + WARM) * 1000,
        }
        is_met = number > 10_000 or p95 <= LIMIT
        report(
            Figure(id="W9", what=what, database=found.database, values=values, bar="p95 50 ms at 10,000", is_met=is_met)
        )


def questions(
    chance: random.Random, versions: list[Version], *, newest: int, number: int
) -> dict[str, Callable[[], str]]:
    """The addresses of each kind; `newest` is the id of the newest of `number` runs."""

    def run() -> int:
        return newest - chance.randrange(number)

    def day() -> str:
        at = Run.unscoped.filter(pk__lte=run()).order_by("-pk").values_list("created_at", flat=True)[0]
        return datetime.fromtimestamp(at, UTC).date().isoformat()

    def slug() -> str:
        return chance.choice(versions).workflow.slug

    return {
        WHOLE: lambda: "",
        "list": lambda: "",
        "list, any page": lambda: f"before={run()}",
        "status, many": lambda: "status=succeeded",
        "status, some": lambda: f"status=failed&before={run()}",
        "status, few": lambda: f"status={chance.choice(OPEN)}",
        "workflow": lambda: f"workflow={slug()}",
        "workflow and status": lambda: f"workflow={slug()}&status=failed",
        "person": lambda: f"by={User.objects.get(email='bob@example.org').pk}",
        "date": lambda: f"since={day()}",
        "date, old": lambda: f"until={day()}",
        "cost, none": lambda: "cost_from=900",
        "duration": lambda: "longer=50 s",
        "waits for me": lambda: "waits=me",
        "text, rare": lambda: f"q=rare{chance.randrange(number)}x",
        "text, a phrase": lambda: f'q="{chance.choice(WORDS)} {chance.choice(WORDS)}"',
        "text, common": lambda: "q=parcel",
        "text, a beginning": lambda: "q=lost12",
        "text and filters": lambda: f"q=parcel&status=failed&workflow={slug()}",
    }


def asked(client: Client, query: str, headers: Mapping[str, str]) -> float:
    """Seconds of the answer with that query."""
    begun = time.perf_counter()
    answer = client.get(f"/runs/?{query}", headers=headers)
    took = time.perf_counter() - begun
    assert answer.status_code == 200, answer.content[:500]
    return took


def filled(number: int, chance: random.Random) -> list[Version]:
    """So many runs of twenty workflows, with their words and what they cost."""
    people = personas()
    team = Team.objects.get(pk=people.team.pk)
    versions = [runs.a_version(chain(1), team=team) for _ in range(20)]
    users = [people.alice.user_id, people.bob.user_id, None]
    rows = made(number, chance, team, versions, users)
    while some := list(islice(rows, BATCH)):
        with transaction.atomic():
            Run.objects.bulk_create(some)
            LedgerEntry.objects.bulk_create(paid(team, one) for one in some)
            for one in some:
                search_index.write(run=one.pk, seq=one.seq, words=searchable([json.loads(one.input)]))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    return versions


def made(
    number: int, chance: random.Random, team: Team, versions: list[Version], users: list[int | None]
) -> Iterator[Run]:
    """Runs over a year, the last twenty of which have not ended."""
    now = time.time()
    for index in range(number):
        is_open = index >= number - 20
        at = now - 31_536_000 * (1 - index / number)
        said = " ".join(chance.choices(WORDS, k=40))
        common = "parcel" if chance.random() < 0.3 else "invoice"
        yield Run(
            team=team,
            version=chance.choice(versions),
            status=chance.choice(OPEN) if is_open else chance.choice(STATUSES),
            seq=10,
            open=0,
            ready=0,
            running=0,
            failures=0,
            started=True,
            paused=False,
            asks=False,
            input=json.dumps({"message": f"{common} rare{index}x {said}"}),
            trigger=chance.choice(["person", "api", "command"]),
            started_by_id=chance.choice(users),
            created_at=at,
            finished_at=None if is_open else at + chance.expovariate(1 / 20),
            woken_at=at,
            wakes=0,
            cost=chance.randrange(100_000),
        )


def paid(team: Team, run: Run) -> LedgerEntry:
    return LedgerEntry(
        team=team,
        run=run,
        path="step",
        round=1,
        key="call",
        attempt=1,
        provider="demo",
        model="demo",
        tokens_in=900,
        tokens_out=100,
        outcome="done",
        at=run.created_at,
    )
