"""What may be told to a run: commands. All of them are small values; payloads travel as references."""

from dataclasses import dataclass

from orchestrator.engine.values import OUT, PortName, ScopePath, StepPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """The step asks something and goes on. `due` is in seconds from the commit, `event` the name that answers it."""

    path: StepPath
    attempt: int
    key: str
    kind: str
    body: str = "null"
    due: float | None = None
    event: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeed:
    """The node's code is done. With a gate, people decide before the edges are."""

    path: StepPath
    attempt: int
    output: str
    ports: tuple[PortName, ...] = (OUT,)
    gate: Ask | None = None
    mark: str = ""
    """`cached`, or `unreviewed` where a gate let it pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail:
    """The node's code raised. `transient`: a call failed in a way that passes. `repeatable`: the round holds no completed
    call of a tool that is not idempotent. `jitter` is a number from 0 to 1."""

    path: StepPath
    attempt: int
    error: str
    code: str
    transient: bool = False
    repeatable: bool = True
    retry_after: float | None = None
    jitter: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """The step sleeps until one of the keys is answered; at once ready if one already is."""

    path: StepPath
    attempt: int
    on: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spawn:
    """The step is a container: its body runs once per item; `key` is answered when all of them are done."""

    path: StepPath
    attempt: int
    key: str
    size: int
    items: str
    cap: int = 0
    stop_on_error: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """The step must not go on without people. `code` says why; the answer is retried, skipped or failed."""

    path: StepPath
    attempt: int
    code: str
    body: str = "null"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack:
    """The worker is lost (`crashed`), or gives the step back."""

    path: StepPath
    attempt: int
    crashed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A question is answered, once. `answer` is what is stored (JSON text), `output` an edited output or a skip's."""

    path: StepPath
    round: int
    key: str
    verdict: str = ""
    output: str | None = None
    answer: str = "null"
    port: PortName | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """A failed step again, in a new round."""

    path: StepPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """A failed step is taken as done, with an output that a person typed."""

    path: StepPath
    output: str
    ports: tuple[PortName, ...] = (OUT,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Nothing new is claimed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Claiming goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """All open steps are closed."""


# Follow-ups that only the engine tells itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Decide:
    """One incoming edge of a step is decided."""

    path: StepPath
    scope: ScopePath
    live: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckItem:
    """Steps of an item were decided: it may be done."""

    path: StepPath


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckScope:
    """Items of a scope changed: open more, or close it."""

    path: ScopePath


StepCommand = Ask | Succeed | Fail | Wait | Spawn | Incident | TakeBack
PersonCommand = Answer | Retry | Skip | Pause | Resume | Cancel
FollowUp = Decide | CheckItem | CheckScope
Command = StepCommand | PersonCommand | FollowUp
