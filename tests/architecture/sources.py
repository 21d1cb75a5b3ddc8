"""The project's own Python files, as git knows them, parsed once."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("config", "ui", "teams", "orchestrator", "builder", "reviews", "history")


@cache
def committed(pattern: str = "*") -> tuple[Path, ...]:
    """Files under version control that are still there."""
    listed = subprocess.run(["git", "ls-files", pattern], cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file())


def product(*apps: str) -> tuple[Path, ...]:
    """The product's modules, of all apps or of some; no migrations."""
    chosen = apps or APPS
    return tuple(
        path
        for path in committed("*.py")
        if path.relative_to(ROOT).parts[0] in chosen and "migrations" not in path.parts
    )


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(), filename=str(path))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a file, methods and inner ones too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """Every dotted name that a file imports, with its line: `a.b` for `from a import b`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def place(path: Path, line: int = 0) -> str:
    """A place as editors open it."""
    return f"{path.relative_to(ROOT)}:{line}" if line else str(path.relative_to(ROOT))
