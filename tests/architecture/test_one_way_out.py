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
    "AsyncAnthropic": "http_client",
    "Anthropic": "http_client",
    "AsyncOpenAI": "http_client",
    "OpenAI": "http_client",
    "anthropic.AsyncAnthropic": "http_client",
    "openai.AsyncOpenAI": "http_client",
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


def unguarded_calls(module: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(module):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        is_bare = name in MAKERS and MAKERS[name] not in {keyword.arg for keyword in node.keywords}
        if is_bare or name in SHORTCUTS:
            yield name, node.lineno


SOURCES = [path for path in product(*(app for app in APPS if app != "config")) if place(path) != OUTBOUND]


def test_nobody_else_imports_a_client() -> None:
    assert [f"{place(path, line)} {name}" for path in SOURCES for name, line in foreign_imports(imported(path))] == []


def test_every_client_is_given_the_guarded_transport() -> None:
    assert [f"{place(path, line)} {name}" for path in SOURCES for name, line in unguarded_calls(tree(path))] == []


@pytest.mark.parametrize("call", ["httpx2.AsyncClient()", "httpx2.get('http://a')", "AsyncOpenAI(api_key='a')"])
def test_the_lint_sees_a_client_without_a_guard(call: str) -> None:
    assert list(unguarded_calls(ast.parse(call)))


def test_the_lint_lets_a_guarded_client_pass() -> None:
    assert not list(unguarded_calls(ast.parse("httpx2.AsyncClient(transport=guarded)")))


@pytest.mark.parametrize("name", ["requests.get", "urllib.request.urlopen", "aiohttp", "socket.socket"])
def test_the_lint_sees_an_import(name: str) -> None:
    assert list(foreign_imports(iter([(name, 1)])))
