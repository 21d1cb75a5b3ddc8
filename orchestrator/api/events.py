"""What happened in a run, after event N: as JSON, and as server-sent events that go on. Both are the same object."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router

from orchestrator.queries import events as queries
from orchestrator.queries import runs
from orchestrator.schemas import EventOut, EventPage
from teams.policy import Action
from teams.routes import Demanding, caller

router = Router(tags=["events"])
Many = Annotated[int, Query(ge=1, le=1000)]
After = Annotated[int, Query(ge=0)]


@router.get("/runs/{run_id}/events", auth=Demanding(Action.see), response=EventPage)
def list_events(request: HttpRequest, run_id: int, after: After = 0, limit: Many = 500) -> EventPage:
    """What happened in the run after event `after`: 0 for all of it."""
    run = runs.find(team=caller(request).team_id, run=run_id)
    found = queries.events(run=run_id, after=after, limit=limit)
    shown = [EventOut(run=run_id, seq=seq, at=at, facts=facts) for seq, at, facts in found]
    following = shown[-1].seq if shown else after
    return EventPage(events=shown, next=following, is_end=following >= run.seq, status=run.status)
