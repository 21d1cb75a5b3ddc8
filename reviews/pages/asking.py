"""Which reviews an address asks for, and the address that asks for them."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import QueryDict

from orchestrator.contract.questions import Kind
from reviews.policy import LIVE, State
from reviews.queries import UNDECIDED, Filters, View

LONGEST = 200
LARGEST = 2**63


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The filters of a list; `query` is them as an address has them. What makes no sense is left out."""

    filters: Filters
    after: int = 0

    @property
    def query(self) -> str:
        """Without the place in the list."""
        return self.query_with()

    def query_with(self, **changed: str) -> str:
        """The filters with some of them changed."""
        filters = self.filters
        written = {
            "view": "" if filters.view is View.QUEUES else filters.view.value,
            "queue": filters.queue,
            "kind": filters.kind,
            "workflow": filters.workflow,
            "run": str(filters.run or ""),
            "q": filters.text,
        }
        return urlencode({name: value for name, value in {**written, **changed}.items() if value})

    @property
    def is_filtered(self) -> bool:
        """Whether anything but the view is chosen."""
        return replace(self.filters, view=View.QUEUES, states=frozenset()) != Filters()


def asked_of(given: QueryDict) -> Asked:
    """What the address asks for."""
    view = given.get("view", "")
    kind = given.get("kind", "")
    chosen = View(view) if view in set(View) else View.QUEUES
    return Asked(
        filters=Filters(
            view=chosen,
            states=_states(chosen),
            kind=kind if kind in set(Kind) else "",
            queue=_text(given, "queue"),
            workflow=_text(given, "workflow"),
            run=_number(given.get("run", "")) or None,
            text=_text(given, "q"),
        ),
        after=_number(given.get("after", "")),
    )


def _states(view: View) -> frozenset[State]:
    """What I decided a moment ago is among mine until it cannot be undone any more."""
    return frozenset(LIVE) if view is View.MINE else UNDECIDED


def _text(given: QueryDict, name: str) -> str:
    return given.get(name, "").replace("\x00", "").strip()[:LONGEST]


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 20 and int(text) < LARGEST else 0
