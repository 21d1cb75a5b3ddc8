"""Fills the full text of runs from the sweeper's tick, from state alone: a run's input soon after it began, its outputs once it
has ended or failed. Nothing is written on the hot path, no commit of a run waits for it, and nothing told is needed: what a
crash left out is found by the next tick.

Two cursors say how far it has come. They stay a minute behind the clock, because a transaction may become visible late; what
lies in that minute is looked at again, and passed over where its words are there already.
"""

import time

from history import search_index
from history.models import SearchProgress
from history.search_index import Found
from history.search_words import searchable
from orchestrator.queries.texts import values_of

BEHIND = 60.0
"""Seconds by which a cursor stays behind."""
PAGE = 2_000
MOST = 100
"""Runs that are indexed in one tick, of each kind."""
ALLOWED = 0.5
"""Seconds that one tick may take."""


def index_runs(now: float) -> None:
    """A listener of the sweeper's tick. `now` is the database's clock."""
    progress, _ = SearchProgress.objects.get_or_create(pk=1)
    limit = time.monotonic() + ALLOWED
    begun = search_index.begun_after(progress.run, limit=PAGE)
    done = _index(begun, limit)
    run = max((one.run for one in done if one.at < now - BEHIND), default=progress.run)
    ended = search_index.ended_after(progress.ended_at, limit=PAGE)
    closed = _index(ended, limit)
    ended_at = max((one.at for one in closed if one.at < now - BEHIND), default=progress.ended_at)
    if (run, ended_at) != (progress.run, progress.ended_at):
        SearchProgress.objects.filter(pk=1).update(run=run, ended_at=ended_at)


def _index(found: list[Found], limit: float) -> list[Found]:
    """Those that are indexed now: the first of them, without a gap."""
    written = 0
    for number, one in enumerate(found):
        if one.is_indexed:
            continue
        if written == MOST or time.monotonic() > limit:
            return found[:number]
        search_index.write(run=one.run, seq=one.seq, words=searchable(values_of(one.run)))
        written += 1
    return found
