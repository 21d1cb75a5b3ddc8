"""The run that the fault tests kill and stop: prompt, agent with a gated tool, map of five, checkpoint, a charge; some poison.

Every model call says in its text which job and which call it is, so that the model server's log can be held against the ledger.
"""

from typing import Any

from orchestrator.models import Limit
from teams.models import Team
from teams.operations.connections import ConnectionForm, create_connection
from tests.processes import model_port

FAULTS: list[dict[str, Any]] = [
    {"kind": "status", "status": 429, "rate": 0.02},
    {"kind": "status", "status": 500, "rate": 0.02},
    {"kind": "status", "status": 529, "rate": 0.01},
    {"kind": "truncate", "after": 1, "rate": 0.01},
    {"kind": "hang", "seconds": 3600, "rate": 0.003},
    {"kind": "drip", "interval": 0.2, "rate": 0.003},
    {"kind": "lie", "about": "usage", "rate": 0.005},
    {"kind": "lie", "about": "ids", "rate": 0.01},
    {"kind": "lie", "about": "shape", "rate": 0.005},
]
"""What the model server does to answers. A drip takes longer than a step may; a run that is watched is streamed."""
SLOTS = 64
STEP_SECONDS = 20
"""What a node may take: a call that hangs ends then, and is tried again."""
AMPLE = {"money": 5.0, "tokens": 1_000_000, "calls": 500}
TIGHT = AMPLE | {"calls": 4}
"""Half of what the run needs: it stops in the middle, and people raise it."""
MESSAGES, RESPONSES = "anthropic/claude-haiku-4-5", "openai/gpt-4.1"
"""Models whose prices are known, so that money is counted; the local server answers to any name."""


def says(call: str, more: str = "") -> str:
    return f"job {{{{ inputs.job }}}} call {call}{more}."


def document() -> dict[str, Any]:
    tolerant = {"timeout": STEP_SECONDS, "retry": {"tries": 8, "wait": 0.5, "longest": 4.0}}
    item = {"type": "prompt", "config": {"prompt": says("item", " {{ index }}"), "model": MESSAGES}, **tolerant}
    nodes = {
        "prompt": {"type": "prompt", "config": {"prompt": says("prompt"), "model": MESSAGES}, **tolerant},
        "agent": {
            "type": "agent",
            "config": {
                "goal": "Tally the job.",
                "model": RESPONSES,
                "inputs": {"order": says("agent") + " {{ inputs.marker }}"},
                "tools": ["tally"],
                "policies": {"tally": "ask"},
            },
            **tolerant,
        },
        "each": {
            "type": "map",
            "config": {"items": "{{ inputs.items }}", "cap": 3, "body": {"nodes": {"say": item}, "edges": []}},
        },
        "poison": {"type": "poison", "config": {"how": "{{ inputs.poison }}"}, "timeout": STEP_SECONDS},
        "check": {"type": "checkpoint", "config": {"title": "Charge?", "subject": "{{ agent.text }}"}},
        "charge": {"type": "tool", "config": {"tool": "charge", "arguments": {"job": "{{ inputs.job }}"}}, **tolerant},
    }
    edges = [
        ["prompt", "out", "agent"],
        ["prompt", "out", "each"],
        ["prompt", "out", "poison"],
        ["agent", "out", "check"],
        ["each", "out", "check"],
        ["check", "approved", "charge"],
        ["check", "edited", "charge"],
    ]
    return {"nodes": nodes, "edges": edges}


def job(number: int) -> dict[str, Any]:
    """The input of a run; 2 in 100 are poison, one raises and one takes its worker down."""
    poison = {25: "raise", 75: "die"}.get(number % 100, "none")
    marker = f'[[fake tool=tally args={{"job":{number}}}]]'
    return {"job": number, "marker": marker, "items": [1, 2, 3, 4, 5], "poison": poison}


def budget(number: int) -> dict[str, float]:
    """Of the run: one in twenty has to be raised."""
    return TIGHT if number % 20 == 10 else AMPLE


def connect(team: Team, by: Any, now: Any) -> None:
    """Connections to the model server over its three protocols, with slots."""
    address = f"http://127.0.0.1:{model_port()}"
    chat = ConnectionForm(
        name="Chat", provider="openai_chat", settings={"base_url": f"{address}/v1"}, aliases={"default": "fake"}
    )
    messages = ConnectionForm(
        name="Messages", provider="anthropic", settings={"base_url": address}, secrets={"api_key": "any"}
    )
    responses = ConnectionForm(
        name="Responses", provider="openai", settings={"base_url": f"{address}/v1"}, secrets={"api_key": "any"}
    )
    for form in (chat, messages, responses):
        connection = create_connection(by=by, form=form, now=now)
        Limit.unscoped.update_or_create(team=team, subject=f"connection:{connection.pk}", defaults={"capacity": SLOTS})
