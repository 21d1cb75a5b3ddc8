"""S5: hostile addresses, redirects to inside, names that change or mix their answers, and no other way out."""

import ast
import asyncio
from pathlib import Path

import aiohttp
import httpx2
import pytest
from aiohttp import web

from orchestrator.outbound import AddressRefused, GuardedClient, OutboundTransport

NUMERIC = ("2130706433", "0x7f000001", "127.1", "0", "0177.0.0.1")
INSIDE = (
    "127.0.0.1",
    "localhost",
    "169.254.169.254",
    "100.64.0.1",
    "10.0.0.1",
    "93.184.216.34:6379",
    "224.0.0.1",
    "255.255.255.255",
)
SIX = ("[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[fd00:ec2::254]", "[2002:7f00:1::]")
HOSTILE = [f"http://{host}/" for host in (*NUMERIC, *INSIDE, *SIX)]
ROOT = Path(__file__).resolve().parents[2]
WAYS_OUT = {
    "httpx",
    "httpx2",
    "aiohttp",
    "requests",
    "urllib3",
    "urllib.request",
    "http.client",
    "httpx_aiohttp",
    "ftplib",
    "pycurl",
}
MAY_IMPORT = {
    "orchestrator/outbound.py": WAYS_OUT,
    "orchestrator/contract/provider.py": {"httpx2"},  # a type
    "orchestrator/contract/tool.py": {"httpx2"},  # a type
}
APPS = ("config", "builder", "reviews", "history", "orchestrator", "teams", "ui")


async def get(url: str, transport: OutboundTransport) -> httpx2.Response:
    async with GuardedClient(transport, longest=3) as client:
        return await client.get(url)


async def inside() -> tuple[web.AppRunner, int]:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/away":
            raise web.HTTPFound(request.query["to"])
        return web.Response(text="inside")

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, runner.addresses[0][1]


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_address_is_refused(url: str) -> None:
    expected = "not a public web address|not a canonical IPv4 address|Invalid IPv4"
    with pytest.raises((httpx2.HTTPError, httpx2.InvalidURL), match=expected):
        asyncio.run(get(url, OutboundTransport()))


def test_a_trusted_host_answers_and_its_redirect_inside_is_refused() -> None:
    async def scenario() -> None:
        runner, port = await inside()
        other, other_port = await inside()
        try:
            trusted = {("127.0.0.1", port)}
            assert (await get(f"http://127.0.0.1:{port}/", OutboundTransport(trusted=trusted))).text == "inside"
            for target in (f"http://127.0.0.1:{other_port}/", "http://169.254.169.254/latest/"):
                with pytest.raises(AddressRefused, match="not a public"):
                    await get(f"http://127.0.0.1:{port}/away?to={target}", OutboundTransport(trusted=trusted))
        finally:
            await runner.cleanup()
            await other.cleanup()

    asyncio.run(scenario())


def test_a_public_site_cannot_redirect_to_a_trusted_host() -> None:
    client = GuardedClient(OutboundTransport(trusted={("127.0.0.1", 11434)}))
    first = httpx2.Request("GET", "https://public.example/")
    with pytest.raises(AddressRefused):
        client._redirected(first, httpx2.Request("GET", "http://127.0.0.1:11434/api/tags"))


@pytest.mark.parametrize("answers", [["127.0.0.1"], ["10.0.0.8", "192.168.1.1"], ["169.254.169.254"]])
def test_a_name_that_points_inside_is_refused(answers: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Rebinding cannot help: the address that is checked is the address that is connected to."""

    async def resolve(self: object, host: str, port: int = 0, family: int = 0) -> list[dict[str, object]]:
        return [{"hostname": host, "host": ip, "port": port, "family": 2, "proto": 6, "flags": 0} for ip in answers]

    monkeypatch.setattr(aiohttp.ThreadedResolver, "resolve", resolve)
    monkeypatch.setattr(aiohttp.AsyncResolver, "resolve", resolve, raising=False)
    with pytest.raises(AddressRefused, match="not a public web address"):
        asyncio.run(get("http://looks-fine.example/", OutboundTransport()))


def test_no_other_module_opens_connections_of_its_own() -> None:
    """Providers and tools are handed the transport; they may name httpx2's types, and only providers build its client."""
    found = {
        f"{path.relative_to(ROOT)}: {name}"
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        for name in imported(path)
        if name in WAYS_OUT and not is_allowed(str(path.relative_to(ROOT)), name)
    }
    assert not found, f"these modules must use orchestrator.outbound: {sorted(found)}"


def is_allowed(path: str, name: str) -> bool:
    if path.startswith(("orchestrator/providers/", "orchestrator/tools/", "orchestrator/worker/")):
        return name == "httpx2"
    if path.startswith(
        ("config/cli/", "config/supervisor/", "config/healthcheck.py")
    ):  # they call this product's own server, at the operator's address
        return name in {"httpx2", "http.client", "urllib.request"}
    return name in MAY_IMPORT.get(path, set())


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names} | {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {
                node.module,
                node.module.partition(".")[0],
                *(f"{node.module}.{alias.name}" for alias in node.names),
            }
    return names


def test_httpx2_clients_are_built_on_the_given_transport() -> None:
    """Every call that makes an httpx2 client or transport names its transport."""
    for folder in ("providers", "tools", "worker"):
        for path in (ROOT / "orchestrator" / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in ("httpx2.AsyncClient", "httpx2.Client"):
                    names = {keyword.arg for keyword in node.keywords}
                    assert "transport" in names, f"{path}: {ast.unparse(node)}"
                if isinstance(node, ast.Attribute) and node.attr in ("HTTPTransport", "AsyncHTTPTransport"):
                    pytest.fail(f"{path} uses {node.attr}: use the transport that it is given")
