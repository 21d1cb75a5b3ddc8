"""What uvicorn serves: Django for HTTP, Channels for sockets."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path, re_path

http = get_asgi_application()  # before anything that imports models

from config.celery import app as celery  # noqa: E402
from config.origins import OurOrigins  # noqa: E402
from orchestrator.consumers import LiveConsumer  # noqa: E402
from orchestrator.worker import publisher  # noqa: E402


async def no_such_socket(_scope: Any, receive: Any, send: Any) -> None:
    """Closes a socket at an address that does not exist."""
    await receive()
    await send({"type": "websocket.close", "code": 4404})


async def lifespan(_scope: Any, receive: Any, send: Any) -> None:
    """A server starts: from now on this process's commits ring and wake."""
    while (await receive())["type"] == "lifespan.startup":
        celery.set_default()  # the publisher's thread sends by our app
        publisher.start()
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})


websocket_routes = [
    path("live/", LiveConsumer.as_asgi()),
    re_path(r"^.*$", no_such_socket),  # type: ignore[arg-type]  # Channels routes applications, not views
]

application = ProtocolTypeRouter(
    {"http": http, "lifespan": lifespan, "websocket": OurOrigins(URLRouter(websocket_routes))}
)
