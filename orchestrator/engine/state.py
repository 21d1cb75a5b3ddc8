"""What is true of a run and of the steps around a command, as immutable values, and the table of statuses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from orchestrator.engine.values import NodeKey, PortName, ScopePath, StepPath

ROOT = ScopePath("")


class StepStatus(StrEnum):
    """Where a step stands."""

    PENDING = "pending"
    """Some of its incoming edges are decided; not shown."""
    READY = "ready"
    """It may be claimed. The row is the outbox."""
    RUNNING = "running"
    """A worker holds it."""
    WAITING = "waiting"
    """It waits for an answer; the reason says for what."""
    SUCCEEDED = "succeeded"
    """Its output is there."""
    FAILED = "failed"
    """It gave up. With ports, an error port handled it."""
    SKIPPED = "skipped"
    """No live edge led to it."""
    CANCELLED = "cancelled"
    """The run, or its scope, was closed before it ended."""


class RunStatus(StrEnum):
    """Where a run stands; derived from its counters by `run_status`."""

    QUEUED = "queued"
    """No step was ever claimed."""
    RUNNING = "running"
    """Steps are ready or running."""
    WAITING = "waiting"
    """All its open steps wait."""
    PAUSED = "paused"
    """A person stopped it: nothing new is claimed."""
    FAILING = "failing"
    """A failure that nothing handles; what runs finishes, nothing new is claimed."""
    FAILED = "failed"
    """The same, and nothing runs any more. Retry or Skip sets it going again."""
    SUCCEEDED = "succeeded"
    """All its steps are decided."""
    CANCELLED = "cancelled"
    """A person ended it."""


class Reason(StrEnum):
    """What a waiting step waits for; those of people first."""

    OUTPUT = "output"
    """People look at its output."""
    TOOL_CALL = "tool_call"
    """People look at the arguments of a tool."""
    PLAN = "plan"
    """People look at its sub-tasks."""
    INPUT = "input"
    """People fill in a form."""
    BUDGET = "budget"
    """A budget is reached."""
    INCIDENT = "incident"
    """People decide what the product must not."""
    RETRY = "retry"
    """The next try is due later."""
    TIMER = "timer"
    """A time."""
    EVENT = "event"
    """An event from outside."""
    LIMIT = "limit"
    """A free slot."""
    SCOPE = "scope"
    """The steps inside it."""


PEOPLE = frozenset({Reason.OUTPUT, Reason.TOOL_CALL, Reason.PLAN, Reason.INPUT, Reason.BUDGET, Reason.INCIDENT})
OPEN = frozenset({StepStatus.READY, StepStatus.RUNNING, StepStatus.WAITING})
BUSY = frozenset({StepStatus.READY, StepStatus.RUNNING})
FINAL_RUN = frozenset({RunStatus.SUCCEEDED, RunStatus.CANCELLED})
"""Statuses that nothing leads out of; a failed run can be set going again."""

STEP_TRANSITIONS: Mapping[StepStatus, frozenset[StepStatus]] = {
    StepStatus.PENDING: frozenset({StepStatus.READY, StepStatus.SKIPPED}),
    StepStatus.READY: frozenset({StepStatus.RUNNING, StepStatus.WAITING, StepStatus.CANCELLED}),
    StepStatus.RUNNING: frozenset(
        {StepStatus.READY, StepStatus.WAITING, StepStatus.SUCCEEDED, StepStatus.FAILED, StepStatus.CANCELLED}
    ),
    StepStatus.WAITING: frozenset({StepStatus.READY, StepStatus.SUCCEEDED, StepStatus.FAILED, StepStatus.CANCELLED}),
    StepStatus.FAILED: frozenset({StepStatus.READY, StepStatus.WAITING, StepStatus.SUCCEEDED}),
    StepStatus.SUCCEEDED: frozenset(),
    StepStatus.SKIPPED: frozenset(),
    StepStatus.CANCELLED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One node at one scope. Payloads are references: JSON as text, or @hash of a stored one.

    The four numbers: `attempt` fences claims, `round` names the calls' journal, `tries` is what the retry policy has
    used, `crashes` counts lost workers. The `inner_` counters are those of an item whose body has several nodes.
    """

    path: StepPath
    node: NodeKey
    scope: ScopePath = ROOT
    queue: str = "default"
    quick: bool = False
    status: StepStatus = StepStatus.PENDING
    reason: str = ""
    attempt: int = 0
    round: int = 1
    tries: int = 0
    crashes: int = 0
    worker: int | None = None
    undecided: int = 0
    live: int = 0
    inner_open: int = 0
    inner_busy: int = 0
    inner_failures: int = 0
    begun: bool = False
    asks: bool = False
    """Whether it has ever asked something."""
    ports: tuple[PortName, ...] | None = None
    input: str | None = None
    output: str | None = None
    original: str | None = None
    """The node's own output where people edited it."""
    error: str | None = None

    def is_item(self) -> bool:
        """Whether it stands for an item whose body has several nodes: the engine settles it, no worker does."""
        return self.node.endswith("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The items of a container step's round. `active` counts items that are neither final nor waiting."""

    path: ScopePath
    container: StepPath
    round: int
    key: str
    size: int
    cap: int = 0
    stop_on_error: bool = False
    next: int = 0
    open: int = 0
    active: int = 0
    done: int = 0
    failed: int = 0
    is_closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a step asked under a key of its round. `waited`: the step sleeps until it is answered."""

    path: StepPath
    round: int
    key: str
    kind: str
    is_open: bool = True
    waited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The counters of a run. `open` counts steps of the root graph, `ready` and `running` those of all scopes."""

    status: RunStatus = RunStatus.QUEUED
    open: int = 0
    ready: int = 0
    running: int = 0
    failures: int = 0
    started: bool = False
    paused: bool = False

    def is_claimable(self) -> bool:
        return not (self.paused or self.failures or self.status in FINAL_RUN)


def run_status(run: Run) -> RunStatus:
    """The status that the counters mean. Cancelled is told by a command, never derived."""
    if run.status is RunStatus.CANCELLED:
        return RunStatus.CANCELLED
    if run.failures:
        return RunStatus.FAILING if run.running else RunStatus.FAILED
    if run.open == 0:
        return RunStatus.SUCCEEDED
    if run.paused:
        return RunStatus.PAUSED
    if run.ready == 0 and run.running == 0:
        return RunStatus.WAITING
    return RunStatus.RUNNING if run.started else RunStatus.QUEUED


QuestionId = tuple[StepPath, int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What `advance` may look at: the run, and the steps, scopes and questions near a command (see `neighbourhood`)."""

    run: Run
    steps: Mapping[StepPath, Step] = field(default_factory=dict)
    scopes: Mapping[ScopePath, Scope] = field(default_factory=dict)
    questions: Mapping[QuestionId, Question] = field(default_factory=dict)
