"""There is one outbound client (security S5): only orchestrator/outbound.py opens connections for workflows.

config/ is not looked at: what it reaches is named by the operator alone, never by a workflow.
"""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.sources import APPS, imported, place, product, tree

OUTBOUND = "orchestrator/outbound.py"
CLIENTS = frozenset(
    {
        "aiohttp",
        "ftplib",
        "http.client",
        "httpcore",
        "httpcore2",
        "httpx",
        "httpx_aiohttp",
        "paramiko",
        "pycurl",
        "requests",
    }
    | {"smtplib", "socket", "telnetlib", "urllib.request", "urllib3", "websockets", "xmlrpc"}
)
"""Whatever can open a connection. httpx2 is not among them: its types are part of the contract, its calls are below."""
MAKERS = {
    "httpx2.AsyncClient": "transport",
    "httpx2.Client": "transport",
    "anthropic.Anthropic": "http_client",
    "anthropic.AsyncAnthropic": "http_client",
    "openai.AsyncOpenAI": "http_client",
    "openai.OpenAI": "http_client",
}
"""Clients that must be given the guarded transport, and the argument by which they are."""
SHORTCUTS = frozenset(
    {f"httpx2.{name}" for name in ("get", "post", "put", "patch", "delete", "head", "options", "request", "stream")}
    | {"httpx2.AsyncHTTPTransport", "httpx2.HTTPTransport", "asyncio.open_connection", "socket.create_connection"}
)


def foreign_imports(names: Iterator[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    for name, line in names:
        if any(name == client or name.startswith(f"{client}.") for client in CLIENTS):
            yield name, line


def full_names(module: ast.Module) -> dict[str, str]:
    """What the names of a file stand for: `from openai import OpenAI as O` makes O `openai.OpenAI`."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(module)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }


def unguarded_calls(module: ast.Module) -> Iterator[tuple[str, int]]:
    names = full_names(module)
    for node in ast.walk(module):
        if not isinstance(node, ast.Call):
            continue
        first, dot, rest = ast.unparse(node.func).partition(".")
        name = f"{names.get(first, first)}{dot}{rest}"
        is_bare = name in MAKERS and MAKERS[name] not in {keyword.arg for keyword in node.keywords}
        if is_bare or name in SHORTCUTS:
            yield name, node.lineno


SOURCES = [path for path in product(*(app for app in APPS if app != "config")) if place(path) != OUTBOUND]


def test_nobody_else_imports_a_client() -> None:
    assert [f"{place(path, line)} {name}" for path in SOURCES for name, line in foreign_imports(imported(path))] == []


def test_every_client_is_given_the_guarded_transport() -> None:
    assert [f"{place(path, line)} {name}" for path in SOURCES for name, line in unguarded_calls(tree(path))] == []


@pytest.mark.parametrize(
    "call",
    [
        "import httpx2; httpx2.AsyncClient()",
        "import httpx2 as h; h.get('http://a')",
        "from openai import AsyncOpenAI as Client; Client(api_key='a')",
        "import anthropic; anthropic.AsyncAnthropic()",
    ],
)
def test_the_lint_sees_a_client_without_a_guard(call: str) -> None:
    assert list(unguarded_calls(ast.parse(call)))


def test_the_lint_lets_a_guarded_client_pass() -> None:
    assert not list(unguarded_calls(ast.parse("import httpx2; httpx2.AsyncClient(transport=guarded)")))


@pytest.mark.parametrize("name", ["requests.get", "urllib.request.urlopen", "aiohttp", "socket.socket"])
def test_the_lint_sees_an_import(name: str) -> None:
    assert list(foreign_imports(iter([(name, 1)])))
