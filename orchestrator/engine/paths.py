"""How steps and scopes are named, and what lies above them."""

from orchestrator.engine.values import NodeKey, ScopePath, StepPath


def is_item_scope(scope: ScopePath) -> bool:
    """Whether the scope is one item (its steps have edges), not the items of a container."""
    return scope.endswith("]")


def container_scope(item: StepPath | ScopePath) -> ScopePath:
    """The scope that an item belongs to: `each` of `each[3]`."""
    return ScopePath(item[: item.rindex("[")])


def item_path(scope: ScopePath, index: int) -> StepPath:
    return StepPath(f"{scope}[{index}]")


def item_index(item: StepPath) -> int:
    """3 of `each[3]`."""
    return int(item[item.rindex("[") + 1 : -1])


def child_path(scope: ScopePath, node: NodeKey) -> StepPath:
    """The step of a node in its scope: the last part of the node's key, under the item."""
    name = node.rpartition("/")[2]
    return StepPath(f"{scope}/{name}" if scope else name)


def round_scope(container: StepPath, round_number: int) -> ScopePath:
    """The scope of a container's round: `each`, in later rounds `each#2`."""
    return ScopePath(container if round_number == 1 else f"{container}#{round_number}")


def parent_step(scope: ScopePath) -> StepPath | None:
    """The step that a scope belongs to: `each` of `each#2`, and of an item scope the container of its items."""
    if not scope:
        return None
    own = container_scope(scope) if is_item_scope(scope) else scope
    base, mark, number = own.rpartition("#")
    return StepPath(base if mark and number.isdigit() else own)


def ancestors(scope: ScopePath) -> list[StepPath]:
    """The item and container steps above the steps of a scope, innermost first."""
    found: list[StepPath] = []
    while scope:
        if is_item_scope(scope):
            found.append(StepPath(scope))
            scope = container_scope(scope)
        container = parent_step(scope)
        if container is None:
            break
        found.append(container)
        scope = scope_of(container)
    return found


def scope_of(path: StepPath) -> ScopePath:
    """Where a step of that path runs: `each[3]` of `each[3]/draft`, `each` of `each[3]`, "" of `draft`."""
    if path.endswith("]"):
        return container_scope(path)
    return ScopePath(path.rpartition("/")[0])
