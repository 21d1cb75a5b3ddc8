"""Problems of the settings that every node has: retry, timeout, what an error means, cache, gate."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields

from orchestrator.engine.conditions import WrongCondition, check_condition
from orchestrator.engine.gates import LONGEST_DUE, Gate, When
from orchestrator.engine.problem import KEY, Problem, Severity
from orchestrator.engine.retry import RetryPolicy
from orchestrator.engine.values import Json, JsonObject

NODE_FIELDS = frozenset(
    {
        "type",
        "config",
        "retry",
        "timeout",
        "on_error",
        "default",
        "cache",
        "gate",
        "queue",
        "revision",
        "title",
        "notes",
    }
)
ON_ERROR = ("fail", "default", "port")
LONGEST_TIMEOUT, LONGEST_CACHE, LONGEST_TEXT = 7 * 24 * 3600, 90 * 24 * 3600, 10_000
Found = tuple[str, str]
"""(field, message)."""


def setting_problems(node: str, source: JsonObject) -> Iterator[Problem]:
    """What is wrong with the common settings of a node."""
    for name in sorted(source.keys() - NODE_FIELDS):
        yield _wrong(node, (name, f"A node has no setting {name!r}: remove it, or move it into `config`."))
    for found in (*_simple(source), *_retry(source.get("retry")), *_gate(source.get("gate"))):
        yield _wrong(node, found)
    if source.get("default") is not None and source.get("on_error") != "default":
        message = "`default` is used only where `on_error` is default: set that, or remove it."
        yield Problem(severity=Severity.HINT, code="unused_default", node=node, field="default", message=message)


def _wrong(node: str, found: Found) -> Problem:
    field, message = found
    return Problem(code="wrong_setting", node=node, field=field, message=message)


def _simple(source: JsonObject) -> Iterator[Found]:
    for name in ("title", "notes", "queue"):
        text = source.get(name) or ""
        if not isinstance(text, str) or len(text) > LONGEST_TEXT:
            yield name, f"`{name}` is a text of at most {LONGEST_TEXT} characters."
    if source.get("timeout") is not None and not _is_number(source["timeout"], 0, LONGEST_TIMEOUT, above=True):
        yield "timeout", "`timeout` is a number of seconds above 0, at most seven days."
    if (source.get("on_error") or "fail") not in ON_ERROR:
        yield "on_error", f"`on_error` is one of {', '.join(ON_ERROR)}."
    if source.get("cache") is not None and not _is_whole(source["cache"], 0, LONGEST_CACHE):
        yield "cache", "`cache` is a whole number of seconds, 0 for never, at most 90 days."
    if source.get("revision") is not None and not _is_whole(source["revision"], 1, 10_000):
        yield "revision", "`revision` is a whole number, 1 at least; leave it out."


def _retry(source: Json) -> Iterator[Found]:
    if source is None:
        return
    if not isinstance(source, Mapping):
        yield "retry", "`retry` is an object such as {tries: 4, wait: 1}."
        return
    yield from _unknown("retry", source, {each.name for each in fields(RetryPolicy)})
    checks: Mapping[str, tuple[Callable[[Json], bool], str]] = {
        "tries": (lambda value: _is_whole(value, 1, 100), "a whole number from 1 (never again) to 100"),
        "wait": (lambda value: _is_number(value, 0, 86_400), "a number of seconds, at most a day"),
        "factor": (lambda value: _is_number(value, 1, 10), "a number from 1 to 10"),
        "longest": (lambda value: _is_number(value, 0, 86_400), "a number of seconds, at most a day"),
        "node_errors": (lambda value: isinstance(value, bool), "true or false"),
    }
    for name, (is_right, words) in checks.items():
        if name in source and not is_right(source[name]):
            yield f"retry.{name}", f"`{name}` is {words}."


def _gate(source: Json) -> Iterator[Found]:
    if source is None:
        return
    if not isinstance(source, Mapping):
        yield "gate", "`gate` is an object such as {when: always, queue: support}."
        return
    yield from _unknown("gate", source, {each.name for each in fields(Gate)})
    yield from _gate_rule(source)
    for name in ("queue", "instructions"):
        if not isinstance(source.get(name, ""), str):
            yield f"gate.{name}", f"`{name}` is a text."
    if "max_rounds" in source and not _is_whole(source["max_rounds"], 0, 20):
        yield "gate.max_rounds", "`max_rounds` is a whole number from 0 to 20."
    yield from _gate_time(source)


def _gate_time(source: JsonObject) -> Iterator[Found]:
    due, expiry = source.get("due"), source.get("on_expiry", "expired")
    if due is not None and not _is_number(due, 0, LONGEST_DUE, above=True):
        yield (
            "gate.due",
            "`due` is a number of seconds above 0, at most 366 days; without it people may take their time.",
        )
    if not isinstance(expiry, str) or not KEY.fullmatch(expiry):
        words = "`on_expiry` is what happens when nobody decides in time: approve, reject, or the port that is taken."
        yield "gate.on_expiry", words
    elif "on_expiry" in source and due is None:
        yield (
            "gate.on_expiry",
            "`on_expiry` never happens without `due`: say how many seconds people have, or remove it.",
        )


def _gate_rule(source: JsonObject) -> Iterator[Found]:
    when = source.get("when", "always")
    if when not in list(When):
        yield "gate.when", f"`when` is one of {', '.join(When)}."
    elif when == When.CONDITION:
        yield from _condition(source.get("condition"))
    elif when == When.SCORE:
        yield from _score(source)
    elif when == When.SAMPLE and not _is_number(source.get("percent"), 0, 100, above=True):
        yield "gate.percent", "A gate with `when: sample` needs `percent`, above 0 and at most 100."


def _condition(condition: Json) -> Iterator[Found]:
    if condition is None:
        yield "gate.condition", "A gate with `when: condition` needs `condition`: {field, is, value} over the output."
        return
    try:
        check_condition(condition)
    except WrongCondition as error:
        yield "gate.condition", str(error)


def _score(source: JsonObject) -> Iterator[Found]:
    if not isinstance(source.get("score"), str) or not source["score"]:
        yield "gate.score", "A gate with `when: score` needs `score`: the path of a number in the output."
    if not _is_number(source.get("below"), float("-inf"), float("inf")):
        yield "gate.below", "A gate with `when: score` needs `below`: the number under which people look."


def _unknown(name: str, source: JsonObject, known: set[str]) -> Iterator[Found]:
    for extra in sorted(source.keys() - known):
        yield f"{name}.{extra}", f"`{name}` has no {extra!r}; it has {', '.join(sorted(known))}."


def _is_number(value: Json, least: float, most: float, *, above: bool = False) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return least <= value <= most and not (above and value == least)


def _is_whole(value: Json, least: int, most: int) -> bool:
    return isinstance(value, int) and _is_number(value, least, most)
