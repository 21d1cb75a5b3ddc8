"""What runs inside a step gives the same again when it is replayed: no clock, no chance, no environment of its own.

A node asks its context: `ctx.now`, `ctx.random(key)`, `ctx.uuid(key)`, `ctx.once(key, function)`.
"""

import ast
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.sources import place, product, tree

MODULES = frozenset({"random", "secrets", "time"})
NAMES = frozenset(
    {"os.environ", "os.getenv", "os.environb", "os.urandom", "uuid.uuid1", "uuid.uuid4"}
    | {f"datetime.{name}" for name in ("now", "utcnow", "today")}
    | {"date.today", "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.date.today", "timezone.now"}
)


def broken(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Every use of something that differs from one run to the next."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names if alias.name.partition(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module:
            full = {f"{node.module}.{alias.name}" for alias in node.names}
            is_banned = node.module.partition(".")[0] in MODULES
            yield from ((name, node.lineno) for name in full if is_banned or name in NAMES)
        elif isinstance(node, ast.Attribute) and (name := ast.unparse(node)) in NAMES:
            yield name, node.lineno


def sources() -> Iterator[Path]:
    for path in product("orchestrator"):
        if path.parent.name in {"nodes", "tools"}:
            yield path


def test_nodes_and_tools_use_nothing_that_changes() -> None:
    assert [f"{place(path, line)} {name}" for path in sources() for name, line in broken(tree(path))] == []


@pytest.mark.parametrize(
    "line",
    [
        "import random",
        "from random import choice",
        "from time import monotonic",
        "from os import environ",
        "import os; os.environ['A']",
        "import uuid; uuid.uuid4()",
        "from uuid import uuid4",
        "from datetime import datetime; datetime.now()",
        "import datetime; datetime.datetime.now()",
    ],
)
def test_the_lint_sees(line: str) -> None:
    assert list(broken(ast.parse(textwrap.dedent(line))))


def test_the_lint_lets_values_pass() -> None:
    assert not list(broken(ast.parse("from datetime import datetime, timedelta\nx: datetime = ctx.now + timedelta(1)")))
