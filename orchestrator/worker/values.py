"""What templates of a step read: `inputs`, `item` and `index`, and the outputs of earlier nodes by their key.

Read when asked for, one query for what the node's config names; inside a container the nearest scope wins.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from orchestrator.engine.graph import BODY, START, Graph, Node
from orchestrator.engine.paths import child_path, container_scope, is_item_scope, item_index, parent_step, scope_of
from orchestrator.engine.state import Step
from orchestrator.engine.templating import WrongTemplate, names
from orchestrator.engine.values import Json, NodeKey, ScopePath, StepPath

RESERVED = frozenset({"inputs", "item", "index"})
Outputs = Callable[[Sequence[str]], Mapping[str, tuple[str, str | None, str | None]]]
"""(status, output as JSON text or a `#` reference, input) by path."""


@dataclass(slots=True)
class Values(Mapping[str, Json]):
    """Lazy, for one step."""

    graph: Graph
    step: Step
    inputs: Callable[[], Json]
    outputs: Outputs
    collected: Callable[[str], Json]
    known: dict[str, Json] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Json:
        if name not in self.known:
            self._load(name)
        return self.known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(["inputs", *self._every_name()])

    def __len__(self) -> int:
        return 1 + len(self._every_name())

    def prefetch(self, node: Node) -> None:
        """Read at once what the config's templates name."""
        try:
            wanted = names({key: part for key, part in node.config.items() if key != BODY})
        except WrongTemplate:
            return  # the node says so when it fills it
        self._read([name for name in wanted if name not in self.known and name not in RESERVED])

    def _load(self, name: str) -> None:
        if name == "inputs":
            self.known[name] = self.inputs()
        elif name in RESERVED:
            self._load_item()
        else:
            self._read([name])
        if name not in self.known:
            raise KeyError(name)

    def _load_item(self) -> None:
        item = _item_of(self.step)
        if item is None:
            return
        text = self.step.input if item == self.step.path else self.outputs([item])[item][2]
        self.known |= {"item": json.loads(text or "null"), "index": item_index(item)}

    def _read(self, wanted: Sequence[str]) -> None:
        paths = {name: path for name in wanted if (path := self._path(name)) is not None}
        if not paths:
            return
        found = self.outputs(list(paths.values()))
        for name, path in paths.items():
            status, output, _ = found.get(path, ("", None, None))
            self.known[name] = self._decode(output) if status in ("succeeded", "failed") else None

    def _decode(self, output: str | None) -> Json:
        if output is None:
            return None
        return self.collected(output) if output.startswith("#") else json.loads(output)

    def _path(self, name: str) -> StepPath | None:
        """The step that the name means here; the nearest scope wins."""
        for prefix, scope in _scopes(self.step):
            key = NodeKey(prefix + name)
            if key in self.graph.nodes:
                return child_path(scope, key)
        return None

    def _every_name(self) -> list[str]:
        prefixes = [prefix for prefix, _ in _scopes(self.step)]
        own = [key for key in self.graph.nodes if key != self.step.node]
        found = (key[len(prefix) :] for prefix in prefixes for key in own if key.startswith(prefix))
        return [name for name in dict.fromkeys(found) if "/" not in name and name != START]


def _item_of(step: Step) -> StepPath | None:
    """The innermost item that the step is, or is in."""
    if step.path.endswith("]"):
        return step.path
    return StepPath(step.scope) if is_item_scope(step.scope) else None


def _scopes(step: Step) -> Iterator[tuple[str, ScopePath]]:
    """(prefix of node keys, scope) from the step's own outwards. A body of one node has nothing beside it."""
    scope = step.scope
    if scope and not is_item_scope(scope):
        scope = scope_of(parent_step(scope) or StepPath(""))
    key = step.node
    depth = len([part for part in scope.split("/") if "[" in part])
    parts = key.split("/")
    while True:
        yield "".join(f"{part}/" for part in parts[:depth]), scope
        if not scope:
            return
        container = parent_step(container_scope(scope))
        scope = scope_of(container) if container else ScopePath("")
        depth -= 1
