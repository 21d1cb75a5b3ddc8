"""What a commit tells other apps, inside its transaction."""

from dataclasses import dataclass

from orchestrator.engine.state import RunStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class StepAsked:
    """A question of a person was stored. `body` is the JSON text of a contract.questions.PersonQuestion."""

    run: int
    question: int
    path: str
    round: int
    key: str
    kind: str
    body: str
    event: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionWithdrawn:
    """Nobody waits for its answer any more."""

    run: int
    question: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAnswered:
    """Its answer is stored."""

    run: int
    path: str
    round: int
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunClosed:
    """The run succeeded or was cancelled. `asked` tells whether any of its steps has ever asked something."""

    run: int
    status: RunStatus
    asked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetReached:
    """A budget blocks calls, and nobody has been asked about it yet. `run` is the first that was blocked, `model` the cheaper
    model that its calls go to already."""

    run: int
    budget: int
    team: int
    subject: str
    unit: str
    most: int
    spent: int
    model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetSet:
    """Somebody has set a budget that people were asked about: nobody needs to answer any more."""

    budget: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionPublished:
    """A version can be started from now on; `queues` are the slugs of the queues that its nodes name."""

    team: int
    queues: frozenset[str]


Notice = StepAsked | QuestionWithdrawn | QuestionAnswered | RunClosed
