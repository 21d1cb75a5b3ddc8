"""Runs the code of one claimed step and says what it came to: one command for the engine."""

import json
import logging
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from pydantic import BaseModel, ValidationError

from orchestrator.contract.errors import NodeError, Suspended, TransientCallError
from orchestrator.contract.node import NodeType, Result
from orchestrator.contract.policies import evaluate
from orchestrator.contract.questions import Kind, PersonQuestion
from orchestrator.engine.gates import Gate, When, is_asked_by_score, is_sampled
from orchestrator.engine.graph import Node
from orchestrator.engine.messages import Ask, Fail, Incident, Spawn, StepCommand, Succeed, Wait
from orchestrator.engine.settle import GATE
from orchestrator.engine.templating import read_path
from orchestrator.engine.values import BatonError, Json
from orchestrator.operations.calls import demand_room, encode
from orchestrator.queries.steps import round_start
from orchestrator.registry import UnknownType, node_type
from orchestrator.worker import committers, results
from orchestrator.worker.context import Reference, Spawning, StepContext
from orchestrator.worker.journal import IncidentNeeded, Stopped
from teams.opened import redact_opened

logger = logging.getLogger(__name__)
_configs: dict[int, tuple[Node, BaseModel]] = {}
MOST_CONFIGS = 20_000


class WrongConfig(NodeError):
    """The node's settings are not what its type expects. Open the workflow in the builder and publish it again."""

    code = "wrong_config"


class Unexpected(NodeError):
    """The step's code broke. The log of the worker has the details."""

    code = "unexpected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a step came to: a command (None: its claim is over), the payloads to store with it, its output for the turn."""

    command: StepCommand | None = None
    kept: tuple[tuple[str, str], ...] = ()
    output: Json = field(default=None)
    has_output: bool = False


class Ran(NamedTuple):
    """A result and whether it came from the cache."""

    result: Result
    cached: bool


def execute(context: StepContext) -> Done:
    """Run the step's code. Whatever happens in it becomes a command; only a broken database is raised."""
    step = context.step
    try:
        kind = node_type(context.node.type)
        config = config_of(context.node, kind)
        ran = _run(context, kind, config)
        return _succeed(context, kind, config, ran)
    except UnknownType as error:
        return Done(command=Incident(path=step.path, attempt=step.attempt, code="unknown_type", body=_said(error)))
    except Suspended as suspended:
        return Done(command=Wait(path=step.path, attempt=step.attempt, on=suspended.keys))
    except Spawning as spawning:
        return _spawn(context, spawning)
    except IncidentNeeded as needed:
        return Done(command=context.journal.incident(needed))
    except Stopped:
        return Done()
    except (DatabaseError, InterfaceError):
        raise
    except BatonError as error:
        return Done(command=_fail(context, error))
    except Exception:  # a node's code may raise anything; the step fails with it, the worker does not
        logger.exception("step failed unexpectedly", extra={"run": context.claim.run, "step": step.path})
        return Done(command=_fail(context, Unexpected()))


def _run(context: StepContext, kind: NodeType, config: BaseModel) -> Ran:
    """The node's code, or an earlier result of the same config on the same values where the node allows it."""
    if not context.node.cache:
        return Ran(kind.run(context, config), cached=False)
    key = results.key_of(context, config)
    found = results.find(context, key)
    if found is not None:
        return Ran(found, cached=True)
    result = kind.run(context, config)
    results.keep(context, key, result)
    return Ran(result, cached=False)


def config_of(node: Node, kind: NodeType) -> BaseModel:
    """The checked config, kept in memory: graphs are immutable. Raises WrongConfig."""
    found = _configs.get(id(node))
    if found is not None and found[0] is node:
        return found[1]
    try:
        config = kind.config.model_validate(_upgraded(node, kind))
    except ValidationError as error:
        raise WrongConfig(f"The settings of {node.key!r} are wrong: {error.errors()[0]['msg']}.") from error
    if len(_configs) > MOST_CONFIGS:
        _configs.clear()
    _configs[id(node)] = (node, config)
    return config


def _upgraded(node: Node, kind: NodeType) -> Json:
    if kind.upgrade is not None and node.revision < kind.revision:
        return kind.upgrade(dict(node.config), node.revision)
    return dict(node.config)


def _succeed(context: StepContext, kind: NodeType, config: BaseModel, ran: Ran) -> Done:
    result, step = ran.result, context.step
    output, kept = _encoded(result.output)
    if kept:
        size = sum(len(body.encode()) for _, body in kept)
        committers.run(demand_room, run=context.claim.run, size=size)
    gate = context.node.gate
    asked, mark = None, "cached" if ran.cached else ""
    if gate is not None:
        value = result.output
        if _needs_people(gate, value, context):
            asked = _gate_question(context, kind, config, gate, value)
        else:
            mark = "unreviewed"
    command = Succeed(
        path=step.path, attempt=step.attempt, output=output, ports=tuple(sorted(result.ports)), gate=asked, mark=mark
    )
    is_plain = asked is None and not isinstance(result.output, Reference)
    return Done(command=command, kept=kept, output=result.output, has_output=is_plain)


def _encoded(output: Json) -> tuple[str, tuple[tuple[str, str], ...]]:
    if isinstance(output, Reference):
        return output.text, ()
    return encode(output, limit=settings.BATON_PAYLOAD_LIMIT)


def _needs_people(gate: Gate, output: Json, context: StepContext) -> bool:
    match gate.when:
        case When.ALWAYS:
            return True
        case When.CONDITION:
            values = {"output": output, **(output if isinstance(output, dict) else {})}
            return evaluate(gate.condition, values) is not False
        case When.SCORE:
            return is_asked_by_score(gate, read_path(gate.score, output))
        case When.SAMPLE:
            return is_sampled(gate, context.random(GATE))


def _gate_question(context: StepContext, kind: NodeType, config: BaseModel, gate: Gate, output: Json) -> Ask:
    question = PersonQuestion(
        kind=Kind.OUTPUT,
        title=context.node.title or context.node.key,
        subject=context.shown(output),
        schema=kind.output_schema(config),
        queue=gate.queue,
        instructions=gate.instructions,
        due=gate.due,
        on_expiry=gate.on_expiry if gate.due is not None else "",
    )
    return replace(context.journal.person_ask(GATE, question), due=gate.due)


def _spawn(context: StepContext, spawning: Spawning) -> Done:
    step = context.step
    items = json.dumps(spawning.items, ensure_ascii=False, separators=(",", ":"))
    command = Spawn(
        path=step.path,
        attempt=step.attempt,
        key=spawning.key,
        size=len(spawning.items),
        items=items,
        cap=spawning.cap,
        stop_on_error=spawning.stop_on_error,
    )
    return Done(command=command)


def _fail(context: StepContext, error: BatonError) -> Fail:
    step = context.step
    is_transient = isinstance(error, TransientCallError)
    tries = committers.run(round_start, run=context.claim.run, path=step.path)[1] if is_transient else 0
    return Fail(
        path=step.path,
        attempt=step.attempt,
        error=_said(error),
        code=error.code,
        transient=is_transient,
        repeatable=context.is_repeatable(),
        retry_after=error.retry_after if isinstance(error, TransientCallError) else None,
        jitter=context.random(f"jitter:{tries}"),
    )


def _said(error: BatonError) -> str:
    message = redact_opened(str(error))[:2000]
    return json.dumps({"code": error.code, "message": message}, ensure_ascii=False)
