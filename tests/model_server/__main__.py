"""Starts the model server: `python -m tests.model_server --port 0` prints the address it took."""

import argparse
import asyncio
import json
import signal
from pathlib import Path

from aiohttp import web

from tests.model_server.control import make_app
from tests.model_server.server import DEFAULTS, FakeModel


async def serve(model: FakeModel, host: str, port: int) -> None:
    """Until SIGTERM or SIGINT. A client that leaves cancels its handler, so a hanging answer costs nothing once given up."""
    runner = web.AppRunner(make_app(model), access_log=None, handler_cancellation=True, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, host, port, backlog=4096).start()
    print(f"http://{host}:{runner.addresses[0][1]}", flush=True)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    await runner.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.model_server", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=28080)
    parser.add_argument("--config", type=Path, help="a JSON file: settings and scripts")
    parser.add_argument("--log-limit", type=int, default=10_000, help="calls that /__fake/calls keeps")
    for name in ("latency", "rate", "jitter"):
        parser.add_argument(f"--{name}", type=float)
    parser.add_argument("--tokens", type=int)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--fail", help="such as 529:0.1")
    given = vars(parser.parse_args())
    config = json.loads(given["config"].read_text()) if given["config"] else {}
    config |= {key: given[key] for key in (*DEFAULTS, "fail") if given.get(key) is not None}
    asyncio.run(serve(FakeModel(config, given["log_limit"]), given["host"], given["port"]))


if __name__ == "__main__":
    main()
