"""The web server: `python -m config.web`, behind the supervisor or by itself.

Frames of a socket are at most 64 KiB; a client that opens thousands of connections is turned away with 503.
"""

import argparse
import os
import socket
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import uvicorn
from django.conf import settings

from config import environment
from config.binding import OpenBind, PortTaken, listening, refuse_open_bind

CONNECTIONS = 2000
FRAME_BYTES = 65_536
GRACE_SECONDS = 5
WRONG_SETTINGS = 78
"""The exit status (EX_CONFIG of sysexits.h) that tells the supervisor that starting again is useless."""


def main() -> int:
    """Serve until told to stop."""
    try:
        address = environment.text("BATON_BIND")
        refuse_open_bind(address=address, debug=settings.DEBUG, secret_is_generated=settings.BATON_SECRET_IS_GENERATED)
        listener = _inherited() or listening(address, environment.number("PORT"))
    except (OpenBind, PortTaken) as error:
        print(error, file=sys.stderr)  # noqa: T201  # the operator reads it
        return WRONG_SETTINGS
    uvicorn.Server(configuration()).run(sockets=[listener])
    return 0


def configuration() -> uvicorn.Config:
    """What uvicorn is told. Who may set X-Forwarded-For is named by its own variable FORWARDED_ALLOW_IPS."""
    return uvicorn.Config(
        "config.asgi:application",
        access_log=False,
        date_header=True,
        http="httptools",
        lifespan="on",
        limit_concurrency=CONNECTIONS,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        ws="auto",
        ws_max_size=FRAME_BYTES,
    )


def _inherited() -> socket.socket | None:
    """The socket that the supervisor has bound: connections wait in it while this process is replaced."""
    parser = argparse.ArgumentParser(prog="python -m config.web")
    parser.add_argument("--fd", type=int, help="a listening socket that was inherited")
    number = parser.parse_args().fd
    return socket.socket(fileno=number) if number is not None else None


if __name__ == "__main__":
    sys.exit(main())
